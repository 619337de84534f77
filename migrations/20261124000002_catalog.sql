-- migrate:up
CREATE TABLE categories (
  id        BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id BIGINT UNSIGNED NULL,
  name      VARCHAR(64) NOT NULL,
  position  INT NOT NULL DEFAULT 0,
  KEY categories_parent (parent_id, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- min_price_fen repeats the cheapest SKU's price, so that sorting by price needs no join.
CREATE TABLE products (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  category_id   BIGINT UNSIGNED NOT NULL,
  title         VARCHAR(128) NOT NULL,
  description   TEXT NOT NULL,
  images        JSON NOT NULL,
  status        VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sales         INT UNSIGNED NOT NULL DEFAULT 0,
  min_price_fen BIGINT UNSIGNED NOT NULL,
  created_at    DATETIME(3) NOT NULL,
  updated_at    DATETIME(3) NOT NULL,
  KEY products_newest (status, id),
  KEY products_sales (status, sales, id),
  KEY products_price (status, min_price_fen, id),
  KEY products_category_newest (status, category_id, id),
  KEY products_category_sales (status, category_id, sales, id),
  KEY products_category_price (status, category_id, min_price_fen, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- stock: units not yet taken by an order in the database. version: rises with each change of stock,
-- so that whoever mirrors the row elsewhere can tell older from newer.
CREATE TABLE skus (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id     BIGINT UNSIGNED NOT NULL,
  title          VARCHAR(128) NOT NULL,
  price_fen      BIGINT UNSIGNED NOT NULL,
  stock          INT UNSIGNED NOT NULL DEFAULT 0,
  version        BIGINT UNSIGNED NOT NULL DEFAULT 0,
  limit_per_user INT UNSIGNED NULL,
  attributes     JSON NOT NULL,
  position       INT NOT NULL DEFAULT 0,
  KEY skus_product (product_id, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE skus;
DROP TABLE products;
DROP TABLE categories;
