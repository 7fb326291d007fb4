-- The nightly check of the books, a share a night: how far it is, so that who is stopped or killed goes on from there.
-- last_at: when the machine was checked whole, or first listed. marks: how far its ledgers were then; null: never checked.
CREATE TABLE book_checks (
  machine_id UUID PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  last_at TIMESTAMPTZ NOT NULL,
  marks BIGINT,
  wrong BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX book_checks_oldest ON book_checks (last_at, machine_id);
CREATE INDEX book_checks_wrong ON book_checks (machine_id) WHERE wrong;
INSERT INTO book_checks (machine_id, last_at) SELECT id, now() FROM machines;

-- The same for the days of fleet_days.
CREATE TABLE day_checks (
  day DATE PRIMARY KEY,
  last_at TIMESTAMPTZ NOT NULL,
  wrong BOOLEAN NOT NULL DEFAULT false
);

-- The days of a machine are in the zone it is in: a machine that is put into another has them all summed anew, since
-- days of two zones overlap, or leave hours out between them. Until the job has summed, everything is pending.
-- The lock is the job's ("DAYS"): a day that is being summed in the old zone would stay.
CREATE FUNCTION sales_days_follow_zone() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(x'44415953'::int);
  DELETE FROM sales_days WHERE machine_id = NEW.id;
  UPDATE sales_quarters SET dirty = true, day_sales = 0, day_amount = 0 WHERE machine_id = NEW.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER sales_days_zone AFTER UPDATE OF time_zone ON machines
  FOR EACH ROW WHEN (OLD.time_zone <> NEW.time_zone) EXECUTE FUNCTION sales_days_follow_zone();

WITH moved AS (
  SELECT DISTINCT m.id FROM machines m JOIN sales_days d ON d.machine_id = m.id WHERE d.time_zone <> m.time_zone
), gone AS (
  DELETE FROM sales_days d USING moved WHERE d.machine_id = moved.id
)
UPDATE sales_quarters q SET dirty = true, day_sales = 0, day_amount = 0 FROM moved WHERE q.machine_id = moved.id;
