-- migrate:up
CREATE TABLE cart_items (
  user_id    BIGINT UNSIGNED NOT NULL,
  sku_id     BIGINT UNSIGNED NOT NULL,
  quantity   INT UNSIGNED NOT NULL,
  selected   TINYINT(1) NOT NULL DEFAULT 1,
  added_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id, sku_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE cart_items;
