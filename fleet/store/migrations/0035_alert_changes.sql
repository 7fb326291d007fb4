-- Alerts become changes by the statement, not row by row: a look at many machines opens and closes many at once.

CREATE FUNCTION alerts_are_changes() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO changes (operator_id, kind, machine_id, subject, detail)
    SELECT operator_id, 'alert', machine_id, id,
      jsonb_build_object('rule', rule, 'state', state, 'severity', severity, 'sentence', sentence)
    FROM fresh;
  ELSE
    INSERT INTO changes (operator_id, kind, machine_id, subject, detail)
    SELECT f.operator_id, 'alert', f.machine_id, f.id,
      jsonb_build_object('rule', f.rule, 'state', f.state, 'severity', f.severity, 'sentence', f.sentence)
    FROM fresh f JOIN stale s ON s.id = f.id WHERE s.state IS DISTINCT FROM f.state;
  END IF;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION alerts_are_changes FROM PUBLIC;
DROP TRIGGER alert_opened ON alerts;
DROP TRIGGER alert_changed ON alerts;
DROP FUNCTION alert_is_a_change;
CREATE TRIGGER alerts_opened AFTER INSERT ON alerts
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION alerts_are_changes();
CREATE TRIGGER alerts_changed AFTER UPDATE ON alerts
  REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION alerts_are_changes();
