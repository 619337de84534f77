-- migrate:up
-- total: recipients so far, which is also the last position that was given out.
-- expanded_to: the last user that an audience of all users has been expanded to.
CREATE TABLE campaigns (
  id         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  subject    VARCHAR(200) NOT NULL,
  html       MEDIUMTEXT NOT NULL,
  text       MEDIUMTEXT NULL,
  state      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  total      INT UNSIGNED NOT NULL DEFAULT 0,
  expanded_to BIGINT UNSIGNED NOT NULL DEFAULT 0,
  created_by BIGINT UNSIGNED NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- One row per recipient, so that a slice delivered twice sends nothing twice.
-- position counts from 1 within a campaign; a slice is a range of positions.
CREATE TABLE campaign_recipients (
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  position    INT UNSIGNED NOT NULL,
  email       VARCHAR(254) NOT NULL,
  state       VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  claim       CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  claimed_at  DATETIME(3) NULL,
  message_id  VARCHAR(128) NULL,
  error       VARCHAR(200) NULL,
  PRIMARY KEY (campaign_id, position),
  UNIQUE KEY campaign_recipients_email (campaign_id, email),
  KEY campaign_recipients_state (campaign_id, state),
  KEY campaign_recipients_message (message_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE campaign_recipients;
DROP TABLE campaigns;
