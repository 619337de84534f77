-- migrate:up
-- What a buyer was told of an order, one row per state and way of telling, so that a message that is
-- delivered twice tells nobody twice. claim: the delivery that is at it while state is `sending`.
CREATE TABLE order_notices (
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  news       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  detail     VARCHAR(200) NULL,
  claim      CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  claimed_at DATETIME(3) NOT NULL,
  PRIMARY KEY (order_id, news, channel)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The language that the user's WeChat last asked for.
ALTER TABLE users ADD COLUMN language CHAR(2) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- migrate:down
ALTER TABLE users DROP COLUMN language;
DROP TABLE order_notices;
