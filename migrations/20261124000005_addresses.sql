-- migrate:up
CREATE TABLE addresses (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id    BIGINT UNSIGNED NOT NULL,
  name       VARCHAR(32) NOT NULL,
  phone      VARCHAR(20) NOT NULL,
  province   VARCHAR(32) NOT NULL,
  city       VARCHAR(32) NOT NULL,
  district   VARCHAR(32) NOT NULL,
  detail     VARCHAR(200) NOT NULL,
  is_default TINYINT(1) NOT NULL DEFAULT 0,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  KEY addresses_user (user_id, is_default, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The address as it was when the order was placed: changing or deleting it later changes no order.
ALTER TABLE orders DROP COLUMN address_id, ADD COLUMN address JSON NULL AFTER total_fen;

-- migrate:down
ALTER TABLE orders DROP COLUMN address, ADD COLUMN address_id BIGINT UNSIGNED NULL AFTER total_fen;
DROP TABLE addresses;
