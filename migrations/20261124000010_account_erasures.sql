-- migrate:up
-- Closed accounts whose erasure is gone through again at due_at, since requests, jobs and messages that
-- were on their way may still have written something. email is kept until the first of these runs.
CREATE TABLE account_erasures (
  user_id   BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  email     VARCHAR(254) NULL,
  closed_at DATETIME(3) NOT NULL,
  due_at    DATETIME(3) NOT NULL,
  KEY account_erasures_due (due_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

ALTER TABLE users ADD KEY users_email (email);

-- migrate:down
ALTER TABLE users DROP KEY users_email;
DROP TABLE account_erasures;
