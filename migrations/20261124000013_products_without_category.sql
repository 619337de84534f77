-- migrate:up
ALTER TABLE products MODIFY COLUMN category_id BIGINT UNSIGNED NULL;

-- migrate:down
UPDATE products SET category_id = 0 WHERE category_id IS NULL;
ALTER TABLE products MODIFY COLUMN category_id BIGINT UNSIGNED NOT NULL;
