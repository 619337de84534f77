-- migrate:up
-- id: a ULID made when the order is accepted; it sorts by time and is WeChat's out_trade_no.
CREATE TABLE orders (
  id          CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  user_id     BIGINT UNSIGNED NOT NULL,
  state       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total_fen   BIGINT UNSIGNED NOT NULL,
  address_id  BIGINT UNSIGNED NULL,
  remark      VARCHAR(200) NULL,
  reason      VARCHAR(64) NULL,
  created_at  DATETIME(3) NOT NULL,
  expires_at  DATETIME(3) NOT NULL,
  updated_at  DATETIME(3) NOT NULL,
  KEY orders_user (user_id, id),
  KEY orders_user_state (user_id, state, id),
  KEY orders_due (state, expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_items (
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sku_id     BIGINT UNSIGNED NOT NULL,
  product_id BIGINT UNSIGNED NOT NULL,
  title      VARCHAR(128) NOT NULL,
  sku_title  VARCHAR(128) NOT NULL,
  image      VARCHAR(512) NULL,
  price_fen  BIGINT UNSIGNED NOT NULL,
  quantity   INT UNSIGNED NOT NULL,
  PRIMARY KEY (order_id, sku_id),
  KEY order_items_sku (sku_id, order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Every change of skus.stock, in the same transaction. The unique key makes each step of an order
-- on a SKU happen once; rows without an order are deliveries and corrections.
CREATE TABLE stock_ledger (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku_id     BIGINT UNSIGNED NOT NULL,
  kind       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  delta      INT NOT NULL,
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  reason     VARCHAR(200) NULL,
  actor_id   BIGINT UNSIGNED NULL,
  created_at DATETIME(3) NOT NULL,
  UNIQUE KEY stock_ledger_step (order_id, sku_id, kind),
  KEY stock_ledger_sku (sku_id, kind, delta)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Messages written with the change that causes them and sent after its commit.
CREATE TABLE outbox (
  id            CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  queue         VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  message       MEDIUMTEXT NOT NULL,
  delay_seconds INT UNSIGNED NOT NULL DEFAULT 0,
  created_at    DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE outbox;
DROP TABLE stock_ledger;
DROP TABLE order_items;
DROP TABLE orders;
