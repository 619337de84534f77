-- migrate:up
-- For the first screen: products with a limited SKU, which are few, without reading the others.
ALTER TABLE skus ADD KEY skus_limited (limit_per_user, product_id);

-- migrate:down
ALTER TABLE skus DROP KEY skus_limited;
