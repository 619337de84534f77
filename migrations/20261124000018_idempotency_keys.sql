-- migrate:up
-- What became of requests with an Idempotency-Key; docs/decisions/0028-idempotency-keys.md.
-- slot: hash of route and key. request: hash of what was asked.
-- fence: the attempt that may write here; each takeover makes it larger. leased_until: it is at it.
-- effect: what the attempt's transaction returned, written in that transaction.
-- answer: what was answered, once it is decided. Rows go at expires_at.
CREATE TABLE idempotency_keys (
  user_id      BIGINT UNSIGNED NOT NULL,
  slot         CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request      CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fence        BIGINT UNSIGNED NOT NULL,
  leased_until DATETIME(3) NULL,
  effect       MEDIUMTEXT NULL,
  answer       MEDIUMTEXT NULL,
  expires_at   DATETIME(3) NOT NULL,
  PRIMARY KEY (user_id, slot),
  KEY idempotency_keys_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE idempotency_keys;
