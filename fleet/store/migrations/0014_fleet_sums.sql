-- Sums over a whole fleet, so that an operator of 50,000 machines reads them at once: days summed over machines, what
-- quarters hold beyond their day, and words by which a machine is found.

-- What of a quarter its day counts: the rest is pending until the job has summed, and is added when somebody reads.
ALTER TABLE sales_quarters ADD COLUMN day_sales INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sales_quarters ADD COLUMN day_amount NUMERIC(12, 3) NOT NULL DEFAULT 0;
UPDATE sales_quarters SET day_sales = sales, day_amount = amount WHERE NOT dirty;
CREATE INDEX sales_quarters_pending ON sales_quarters (operator_id, quarter) WHERE dirty;

-- The rows of sales_days added up over machines. The zone is in the key: "today" differs by zone.
CREATE TABLE fleet_days (
  operator_id UUID NOT NULL,
  day DATE NOT NULL,
  time_zone VARCHAR(64) NOT NULL,
  currency CHAR(3) NOT NULL,
  payment_method VARCHAR(10) NOT NULL,
  simulated BOOLEAN NOT NULL,
  sales BIGINT NOT NULL,
  amount NUMERIC(15, 3) NOT NULL,
  PRIMARY KEY (operator_id, day, time_zone, currency, payment_method, simulated)
);
CALL protect_tenants('fleet_days');
GRANT SELECT ON fleet_days TO spiral_app;

INSERT INTO fleet_days
SELECT operator_id, day, time_zone, currency, payment_method, simulated, sum(sales), sum(amount)
FROM sales_days GROUP BY 1, 2, 3, 4, 5, 6;

-- Whoever writes sales_days, the sums follow in the same statement.
CREATE FUNCTION fleet_days_add() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO fleet_days AS f
  SELECT operator_id, day, time_zone, currency, payment_method, simulated, sum(sales), sum(amount)
  FROM new_rows GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (operator_id, day, time_zone, currency, payment_method, simulated)
  DO UPDATE SET sales = f.sales + excluded.sales, amount = f.amount + excluded.amount;
  RETURN NULL;
END
$$;
CREATE FUNCTION fleet_days_take() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE fleet_days f SET sales = f.sales - gone.sales, amount = f.amount - gone.amount
  FROM (
    SELECT operator_id, day, time_zone, currency, payment_method, simulated, sum(sales) AS sales, sum(amount) AS amount
    FROM old_rows GROUP BY 1, 2, 3, 4, 5, 6
  ) gone
  WHERE (f.operator_id, f.day, f.time_zone, f.currency, f.payment_method, f.simulated)
    = (gone.operator_id, gone.day, gone.time_zone, gone.currency, gone.payment_method, gone.simulated);
  RETURN NULL;
END
$$;
CREATE TRIGGER fleet_days_insert AFTER INSERT ON sales_days REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION fleet_days_add();
CREATE TRIGGER fleet_days_delete AFTER DELETE ON sales_days REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION fleet_days_take();
CREATE TRIGGER fleet_days_update_old AFTER UPDATE ON sales_days REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION fleet_days_take();
CREATE TRIGGER fleet_days_update_new AFTER UPDATE ON sales_days REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION fleet_days_add();

-- Words of a machine's serial number and place, in lower case. Row security lets an index be asked only by comparisons
-- that give nothing away; LIKE is none of them, a range of words is.
CREATE TABLE machine_words (
  operator_id UUID NOT NULL,
  word TEXT COLLATE "C" NOT NULL,
  machine_id UUID NOT NULL REFERENCES machines (id),
  PRIMARY KEY (operator_id, word, machine_id)
);
CREATE INDEX machine_words_machine ON machine_words (machine_id);
CALL protect_tenants('machine_words');
GRANT SELECT ON machine_words TO spiral_app;

CREATE FUNCTION words_of(VARIADIC texts TEXT[]) RETURNS SETOF TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT left(word, 64) FROM regexp_split_to_table(lower(array_to_string(texts, ' ')), '[^[:alnum:]]+') word
  WHERE word <> ''
$$;
CREATE FUNCTION machine_words_follow() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM machine_words WHERE machine_id = NEW.id;
  END IF;
  INSERT INTO machine_words (operator_id, word, machine_id)
  SELECT NEW.operator_id, word, NEW.id FROM words_of(NEW.serial_number, NEW.location_name) word;
  RETURN NULL;
END
$$;
CREATE TRIGGER machine_words_insert AFTER INSERT ON machines FOR EACH ROW EXECUTE FUNCTION machine_words_follow();
CREATE TRIGGER machine_words_update AFTER UPDATE OF operator_id, serial_number, location_name ON machines
  FOR EACH ROW WHEN (OLD.operator_id <> NEW.operator_id OR OLD.serial_number <> NEW.serial_number
    OR OLD.location_name <> NEW.location_name) EXECUTE FUNCTION machine_words_follow();
INSERT INTO machine_words (operator_id, word, machine_id)
SELECT m.operator_id, word, m.id FROM machines m, words_of(m.serial_number, m.location_name) word;

CREATE INDEX machines_status ON machines (operator_id, status, serial_number);
-- Where a product is sold out.
CREATE INDEX machine_slots_empty ON machine_slots (operator_id, product_id, machine_id)
  WHERE quantity = 0 AND in_use;
