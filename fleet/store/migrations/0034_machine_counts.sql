-- How many machines of an operator there are by status, so that its overview does not pass through 50,000 of them.

-- Signed changes, which add up to the count: nobody who books waits for another's row. A job adds up what has gathered.
CREATE TABLE machine_counts (
  operator_id UUID NOT NULL REFERENCES operators (id),
  status VARCHAR(20) NOT NULL,
  currency CHAR(3) NOT NULL,
  simulated BOOLEAN NOT NULL,
  currency_decimals SMALLINT NOT NULL,
  machines INTEGER NOT NULL
);
CREATE INDEX machine_counts_operator ON machine_counts (operator_id);
CALL protect_tenants('machine_counts');
-- Counts of all machines are for who sees all; who does not has his own counted.
CREATE POLICY scope ON machine_counts AS RESTRICTIVE TO spiral_app USING ((SELECT sees_all_machines()));
GRANT SELECT ON machine_counts TO spiral_app;

-- As the owner: whoever changes a machine need not be let at its operator's counts.
CREATE FUNCTION machine_counts_follow() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO machine_counts
    VALUES (OLD.operator_id, OLD.status, OLD.currency, OLD.simulated, OLD.currency_decimals, -1);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO machine_counts
    VALUES (NEW.operator_id, NEW.status, NEW.currency, NEW.simulated, NEW.currency_decimals, 1);
  END IF;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION machine_counts_follow FROM PUBLIC;
CREATE TRIGGER machine_counts_insert AFTER INSERT ON machines FOR EACH ROW EXECUTE FUNCTION machine_counts_follow();
CREATE TRIGGER machine_counts_delete AFTER DELETE ON machines FOR EACH ROW EXECUTE FUNCTION machine_counts_follow();
CREATE TRIGGER machine_counts_update AFTER UPDATE OF operator_id, status, currency, simulated, currency_decimals
  ON machines FOR EACH ROW
  WHEN ((OLD.operator_id, OLD.status, OLD.currency, OLD.simulated, OLD.currency_decimals)
    IS DISTINCT FROM (NEW.operator_id, NEW.status, NEW.currency, NEW.simulated, NEW.currency_decimals))
  EXECUTE FUNCTION machine_counts_follow();

INSERT INTO machine_counts
SELECT operator_id, status, currency, simulated, currency_decimals, count(*) FROM machines GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW seen_machine_counts WITH (security_barrier = true, security_invoker = true) AS
  SELECT operator_id, status, currency, simulated, currency_decimals, sum(machines)::integer AS machines
  FROM machine_counts WHERE (SELECT sees_all_machines()) GROUP BY 1, 2, 3, 4, 5 HAVING sum(machines) <> 0
  UNION ALL
  SELECT operator_id, status, currency, simulated, currency_decimals, count(*)::integer
  FROM machines WHERE NOT (SELECT sees_all_machines()) GROUP BY 1, 2, 3, 4, 5;
GRANT SELECT ON seen_machine_counts TO spiral_app;
