-- Telemetry by days, each row with whose machine it was; sums by the hour. Neither has row security, for TimescaleDB
-- refuses to compress such tables, and neither is the app role's to read: it sees its operator's through the views.
-- Where TimescaleDB is installed the store makes a hypertable and a continuous aggregate of the same names and columns
-- of these (telemetry-timescale.ts): whoever changes them here changes them there.
DROP VIEW machine_telemetry;
ALTER TABLE telemetry RENAME TO telemetry_before;
ALTER TABLE telemetry_default RENAME TO telemetry_before_default;
DROP INDEX telemetry_machine;

CREATE TABLE telemetry (
  machine_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  received_at TIMESTAMPTZ NOT NULL,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  body BYTEA NOT NULL,
  state VARCHAR(32) NOT NULL,
  temp_milli_c INTEGER,
  revenue_minor BIGINT NOT NULL,
  vends BIGINT NOT NULL
) PARTITION BY RANGE (received_at);
CREATE TABLE telemetry_default PARTITION OF telemetry DEFAULT;
CREATE INDEX telemetry_machine ON telemetry (machine_id, received_at DESC);
-- For an hour of all machines: rows come in the order of time.
CREATE INDEX telemetry_received ON telemetry USING brin (received_at);

DO $$
DECLARE
  day DATE;
BEGIN
  FOR day IN SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date FROM telemetry_before LOOP
    EXECUTE format('CREATE TABLE %I PARTITION OF telemetry FOR VALUES FROM (%L) TO (%L)',
      'telemetry_' || to_char(day, '"y"YYYY"m"MM"d"DD'), day || 'T00:00:00Z', (day + 1) || 'T00:00:00Z');
  END LOOP;
END
$$;
INSERT INTO telemetry (machine_id, operator_id, received_at, epoch, seq, body, state, temp_milli_c, revenue_minor, vends)
SELECT t.machine_id, coalesce(
    (SELECT o.operator_id FROM machine_owners o WHERE o.machine_id = m.id AND o.from_at <= t.received_at
      ORDER BY o.from_at DESC LIMIT 1), m.operator_id),
  t.received_at, t.epoch, t.seq, t.body, t.state, t.temp_milli_c, t.revenue_minor, t.vends
FROM telemetry_before t JOIN machines m ON m.id = t.machine_id;
DROP TABLE telemetry_before;

-- Counters are the machine's, since its epoch began: differences are taken when they are read. temp_*: of those reports
-- that had one.
CREATE TABLE telemetry_hours (
  machine_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  hour TIMESTAMPTZ NOT NULL,
  epoch BIGINT NOT NULL,
  samples BIGINT NOT NULL,
  temp_count BIGINT NOT NULL,
  temp_sum NUMERIC,
  temp_min INTEGER,
  temp_max INTEGER,
  revenue_min BIGINT NOT NULL,
  revenue_max BIGINT NOT NULL,
  vends_min BIGINT NOT NULL,
  vends_max BIGINT NOT NULL,
  PRIMARY KEY (machine_id, hour, operator_id, epoch)
) PARTITION BY RANGE (hour);
CREATE TABLE telemetry_hours_default PARTITION OF telemetry_hours DEFAULT;

-- Hours before it are summed for good. Null: none yet.
ALTER TABLE fleet_settings ADD COLUMN telemetry_rolled_to TIMESTAMPTZ;

CREATE VIEW machine_telemetry WITH (security_barrier = true) AS
  SELECT t.* FROM telemetry t
  WHERE t.operator_id = tenant() AND ((SELECT sees_all_machines()) OR t.machine_id IN (SELECT machines_in_scope()));

-- What is summed, and what is not yet.
CREATE VIEW machine_telemetry_hours WITH (security_barrier = true) AS
  SELECT h.* FROM telemetry_hours h
  WHERE h.operator_id = tenant() AND ((SELECT sees_all_machines()) OR h.machine_id IN (SELECT machines_in_scope()))
    AND h.hour < (SELECT telemetry_rolled_to FROM fleet_settings)
  UNION ALL
  SELECT t.machine_id, t.operator_id, date_trunc('hour', t.received_at, 'UTC'), t.epoch, count(*),
    count(t.temp_milli_c), sum(t.temp_milli_c)::numeric, min(t.temp_milli_c), max(t.temp_milli_c),
    min(t.revenue_minor), max(t.revenue_minor), min(t.vends), max(t.vends)
  FROM telemetry t
  WHERE t.operator_id = tenant() AND ((SELECT sees_all_machines()) OR t.machine_id IN (SELECT machines_in_scope()))
    AND t.received_at >= coalesce((SELECT telemetry_rolled_to FROM fleet_settings), '-infinity')
  GROUP BY 1, 2, 3, 4;

GRANT SELECT, INSERT ON telemetry TO spiral_ingest;
GRANT SELECT ON machine_telemetry, machine_telemetry_hours TO spiral_app;

-- Of a planogram in force: a product that is made later is found by it.
ALTER TABLE machine_slots ADD COLUMN product_number BIGINT;
CREATE INDEX machine_slots_wanted ON machine_slots (operator_id, product_number)
  WHERE product_id IS NULL AND product_number IS NOT NULL;
