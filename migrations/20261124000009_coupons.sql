-- migrate:up
-- total: how many can be claimed in all (NULL: any number); claimed: how many have been.
-- withdrawn_at: from then on nobody claims it; what was claimed stays good.
CREATE TABLE coupons (
  id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name             VARCHAR(64) NOT NULL,
  kind             VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen       BIGINT UNSIGNED NULL,
  percent_off      TINYINT UNSIGNED NULL,
  max_discount_fen BIGINT UNSIGNED NULL,
  threshold_fen    BIGINT UNSIGNED NOT NULL,
  valid_from       DATETIME(3) NOT NULL,
  valid_until      DATETIME(3) NOT NULL,
  total            INT UNSIGNED NULL,
  per_user         INT UNSIGNED NOT NULL,
  claimed          INT UNSIGNED NOT NULL DEFAULT 0,
  withdrawn_at     DATETIME(3) NULL,
  created_by       BIGINT UNSIGNED NULL,
  created_at       DATETIME(3) NOT NULL,
  updated_at       DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- How often a user has claimed a coupon, and how many of these claims are in orders. A row with
-- claimed = 0 is a claim that was refused. version rises with each change, as that of skus does.
CREATE TABLE user_coupons (
  user_id    BIGINT UNSIGNED NOT NULL,
  coupon_id  BIGINT UNSIGNED NOT NULL,
  claimed    INT UNSIGNED NOT NULL DEFAULT 0,
  used       INT UNSIGNED NOT NULL DEFAULT 0,
  version    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, coupon_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Every use of a claim, in the transaction that writes its order. Its state makes giving back happen once.
CREATE TABLE coupon_uses (
  order_id     CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  user_id      BIGINT UNSIGNED NOT NULL,
  coupon_id    BIGINT UNSIGNED NOT NULL,
  discount_fen BIGINT UNSIGNED NOT NULL,
  state        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at   DATETIME(3) NOT NULL,
  updated_at   DATETIME(3) NOT NULL,
  KEY coupon_uses_claim (user_id, coupon_id, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE coupon_uses;
DROP TABLE user_coupons;
DROP TABLE coupons;
