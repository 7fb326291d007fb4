-- Sales summed by machine, quarter of an hour (UTC) and means of payment, kept by booking in the same transaction: a late
-- sale lands in the quarter in which it was made. Days are summed from quarters by a job, in the zone the machine stood
-- in when the day was summed first; `dirty` says that its day does not have it yet.
CREATE TABLE sales_quarters (
  machine_id UUID NOT NULL,
  quarter TIMESTAMPTZ NOT NULL CHECK (extract(epoch FROM quarter)::bigint % 900 = 0),
  operator_id UUID NOT NULL,
  currency CHAR(3) NOT NULL,
  payment_method VARCHAR(10) NOT NULL,
  simulated BOOLEAN NOT NULL,
  sales INTEGER NOT NULL,
  amount NUMERIC(12, 3) NOT NULL,
  dirty BOOLEAN NOT NULL DEFAULT true,
  PRIMARY KEY (machine_id, quarter, operator_id, currency, payment_method)
);
CREATE INDEX sales_quarters_dirty ON sales_quarters (machine_id, quarter) WHERE dirty;

CREATE TABLE sales_days (
  machine_id UUID NOT NULL,
  day DATE NOT NULL,
  operator_id UUID NOT NULL,
  currency CHAR(3) NOT NULL,
  payment_method VARCHAR(10) NOT NULL,
  simulated BOOLEAN NOT NULL,
  time_zone VARCHAR(64) NOT NULL,
  sales INTEGER NOT NULL,
  amount NUMERIC(12, 3) NOT NULL,
  PRIMARY KEY (machine_id, day, operator_id, currency, payment_method)
);
CREATE INDEX sales_days_operator ON sales_days (operator_id, day) INCLUDE (currency, simulated, sales, amount);

CALL protect_tenants('sales_quarters');
CALL protect_tenants('sales_days');
GRANT SELECT ON sales_quarters, sales_days TO spiral_app;
GRANT SELECT, INSERT, UPDATE ON sales_quarters TO spiral_ingest;

-- One row a job. Its lock is an advisory one: who dies leaves it at once.
CREATE TABLE jobs (
  name VARCHAR(40) PRIMARY KEY,
  due_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  started_at TIMESTAMPTZ,
  ended_at TIMESTAMPTZ,
  -- Null: it ended well.
  error TEXT,
  runs BIGINT NOT NULL DEFAULT 0
);

-- What was sold before rollups were kept.
INSERT INTO sales_quarters (machine_id, quarter, operator_id, currency, payment_method, simulated, sales, amount)
SELECT machine_id, to_timestamp(floor(extract(epoch FROM booked_at) / 900) * 900), operator_id, currency,
  payment_method, bool_or(simulated), count(*), sum(amount)
FROM transactions WHERE status = 'completed' GROUP BY 1, 2, 3, 4, 5;
