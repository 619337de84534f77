-- migrate:up
-- A file that an admin asked for, how far it is, and who asked. Written while it is made:
-- same: tells equal requests apart while they are being done (NULL once they are done or failed).
-- run: which message may go on with it. claim, claimed_until: the delivery that is at it.
-- part_no: the last part number given out. after_id: the last order in a part that is saved.
-- crc, size: checksum and bytes of the text so far, which the end of the gzip file repeats.
CREATE TABLE exports (
  id            CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  kind          VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  format        VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_time     DATETIME(3) NOT NULL,
  to_time       DATETIME(3) NOT NULL,
  same          CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  state         VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason        VARCHAR(200) NULL,
  run           INT UNSIGNED NOT NULL DEFAULT 1,
  tries         INT UNSIGNED NOT NULL DEFAULT 0,
  claim         CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  claimed_until DATETIME(3) NULL,
  upload_id     VARCHAR(1024) CHARACTER SET ascii COLLATE ascii_bin NULL,
  part_no       INT UNSIGNED NOT NULL DEFAULT 0,
  parts         JSON NOT NULL,
  after_id      CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  row_count     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  crc           INT UNSIGNED NOT NULL DEFAULT 0,
  size          BIGINT UNSIGNED NOT NULL DEFAULT 0,
  ended         TINYINT(1) NOT NULL DEFAULT 0,
  created_by    BIGINT UNSIGNED NOT NULL,
  created_at    DATETIME(3) NOT NULL,
  updated_at    DATETIME(3) NOT NULL,
  UNIQUE KEY exports_same (same)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE exports;
