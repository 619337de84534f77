-- migrate:up
-- Messages that an admin threw away: redacted, by whom and why. Written before the letter goes.
CREATE TABLE discarded_messages (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  queue      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  letter_id  VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body       MEDIUMTEXT NOT NULL,
  reason     VARCHAR(200) NOT NULL,
  actor_id   BIGINT UNSIGNED NOT NULL,
  created_at DATETIME(3) NOT NULL,
  UNIQUE KEY discarded_messages_letter (letter_id),
  KEY discarded_messages_queue (queue, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What the jobs of the clock did, summed up by day (UTC): counts is what their runs report, as JSON.
CREATE TABLE job_days (
  schedule   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day        DATE NOT NULL,
  runs       INT UNSIGNED NOT NULL,
  failures   INT UNSIGNED NOT NULL,
  counts     TEXT NOT NULL,
  last_at    DATETIME(3) NOT NULL,
  PRIMARY KEY (schedule, day),
  KEY job_days_day (day)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- How often the relay has tried a row, and from when on it tries again; that is its lease on it, too.
ALTER TABLE outbox
  ADD COLUMN attempts INT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN due_at DATETIME(3) NOT NULL DEFAULT '1970-01-02 00:00:00.000';

-- A person has looked at it: who, when, and what came of it.
ALTER TABLE payment_incidents
  ADD COLUMN closed_at DATETIME(3) NULL,
  ADD COLUMN closed_by BIGINT UNSIGNED NULL,
  ADD COLUMN note VARCHAR(200) NULL;

-- migrate:down
ALTER TABLE payment_incidents DROP COLUMN note, DROP COLUMN closed_by, DROP COLUMN closed_at;
ALTER TABLE outbox DROP COLUMN due_at, DROP COLUMN attempts;
DROP TABLE job_days;
DROP TABLE discarded_messages;
