-- migrate:up
-- One row: which way orders are taken, and since when. docs/decisions/0029-orders-without-redis.md
-- epoch: rises when Redis is left; counters of an older one count for nothing. seen_at: when Redis was
-- given its last lease, by the database's clock.
CREATE TABLE order_intake (
  id         TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  way        VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch      BIGINT UNSIGNED NOT NULL,
  seen_at    DATETIME(3) NOT NULL,
  changed_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO order_intake VALUES (1, 'redis', 1, '2000-01-01', '2000-01-01');

-- What an order was placed with: hashes of the Idempotency-Key and of the body. One key, one order,
-- whichever way each attempt went.
ALTER TABLE orders
  ADD COLUMN key_hash CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN body_hash CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD UNIQUE KEY orders_key (user_id, key_hash);

-- Other ids under which an order was acknowledged, where two attempts with one key went two ways.
CREATE TABLE order_aliases (
  id         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE order_aliases;
ALTER TABLE orders DROP KEY orders_key, DROP COLUMN body_hash, DROP COLUMN key_hash;
DROP TABLE order_intake;
