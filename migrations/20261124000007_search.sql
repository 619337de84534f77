-- migrate:up
-- Words and pairs of characters of the title, in a form that every full-text parser leaves whole:
-- see shared/domain/catalog/search.ts.
ALTER TABLE products ADD COLUMN terms TEXT NULL, ADD FULLTEXT KEY products_terms (terms);

-- migrate:down
ALTER TABLE products DROP KEY products_terms, DROP COLUMN terms;
