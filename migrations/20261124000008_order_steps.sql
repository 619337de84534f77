-- migrate:up
ALTER TABLE orders
  MODIFY COLUMN reason VARCHAR(200) NULL,
  ADD COLUMN items_fen BIGINT UNSIGNED NOT NULL DEFAULT 0 AFTER state,
  ADD COLUMN discount_fen BIGINT UNSIGNED NOT NULL DEFAULT 0 AFTER items_fen,
  ADD COLUMN coupon_id BIGINT UNSIGNED NULL AFTER discount_fen,
  ADD COLUMN paid_at DATETIME(3) NULL,
  ADD COLUMN carrier VARCHAR(32) NULL,
  ADD COLUMN tracking_no VARCHAR(64) NULL,
  ADD COLUMN shipped_at DATETIME(3) NULL,
  ADD KEY orders_state (state, id),
  ADD KEY orders_shipped (state, shipped_at);
UPDATE orders SET items_fen = total_fen;

-- One row for each step that an order took, in the transaction that takes it.
CREATE TABLE order_history (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  step       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  to_state   VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor      VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_id   BIGINT UNSIGNED NULL,
  reason     VARCHAR(200) NULL,
  trace_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(3) NOT NULL,
  KEY order_history_order (order_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE order_history;
ALTER TABLE orders
  DROP KEY orders_shipped,
  DROP KEY orders_state,
  DROP COLUMN shipped_at,
  DROP COLUMN tracking_no,
  DROP COLUMN carrier,
  DROP COLUMN paid_at,
  DROP COLUMN coupon_id,
  DROP COLUMN discount_fen,
  DROP COLUMN items_fen,
  MODIFY COLUMN reason VARCHAR(64) NULL;
