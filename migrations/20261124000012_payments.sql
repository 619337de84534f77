-- migrate:up
-- An order that may be paid: written before WeChat hears of it, so that whoever closes the order knows
-- that WeChat must be asked first. checked_at, checks: when and how often it was asked for the payment.
CREATE TABLE prepays (
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  prepay_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  settled    TINYINT(1) NOT NULL DEFAULT 0,
  checks     INT UNSIGNED NOT NULL DEFAULT 0,
  check_at   DATETIME(3) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  KEY prepays_due (settled, check_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Money that arrived: once per order, whatever comes how often. late: for an order that was closed.
CREATE TABLE payments (
  order_id       CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  transaction_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen     BIGINT UNSIGNED NOT NULL,
  late           TINYINT(1) NOT NULL,
  paid_at        DATETIME(3) NOT NULL,
  created_at     DATETIME(3) NOT NULL,
  UNIQUE KEY payments_transaction (transaction_id),
  KEY payments_paid (paid_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- Money that goes back: one refund per order, of all that was paid. refund_no is WeChat's out_refund_no.
CREATE TABLE refunds (
  order_id   CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  refund_no  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cause      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state      VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT UNSIGNED NOT NULL,
  came_from  VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  restock    TINYINT(1) NOT NULL DEFAULT 0,
  reason     VARCHAR(200) NULL,
  attempt    INT UNSIGNED NOT NULL DEFAULT 1,
  checks     INT UNSIGNED NOT NULL DEFAULT 0,
  check_at   DATETIME(3) NOT NULL,
  created_at DATETIME(3) NOT NULL,
  updated_at DATETIME(3) NOT NULL,
  UNIQUE KEY refunds_no (refund_no),
  KEY refunds_due (state, check_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- What a person has to look at: money without an order, amounts that differ, bills that disagree.
CREATE TABLE payment_incidents (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  order_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  detail     VARCHAR(255) NOT NULL,
  trace_id   VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(3) NOT NULL,
  UNIQUE KEY payment_incidents_once (order_id, kind, detail)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- migrate:down
DROP TABLE payment_incidents;
DROP TABLE refunds;
DROP TABLE payments;
DROP TABLE prepays;
