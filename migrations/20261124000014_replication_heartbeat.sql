-- migrate:up
-- One row, written now and then while somebody reads: how far the replica has come is what it has of it.
CREATE TABLE replication_heartbeat (
  id       TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  position BIGINT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE replication_heartbeat;
