-- Machines are looked at when something is due of them, no more every quarter of an hour: whoever changes what rules
-- read, and is not ingest, which marks it, asks for a look.

-- TG_ARGV: the column that names the machine.
CREATE FUNCTION look_at_machine() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE alert_states SET due_at = now() WHERE machine_id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION look_at_machine FROM PUBLIC;
CREATE TRIGGER certificate_looked_at AFTER INSERT OR UPDATE OF revoked_at ON machine_certificates
  FOR EACH ROW EXECUTE FUNCTION look_at_machine('machine_id');
CREATE TRIGGER machine_looked_at AFTER UPDATE OF operator_id, epoch, time_zone ON machines
  FOR EACH ROW EXECUTE FUNCTION look_at_machine('id');
CREATE TRIGGER alert_dismissed AFTER UPDATE OF resolved_by ON alerts
  FOR EACH ROW WHEN (NEW.machine_id IS NOT NULL) EXECUTE FUNCTION look_at_machine('machine_id');

-- Processes that look at machines. What one of them had marked and not looked at when it died is among the machines
-- heard of since looked_until: whoever finds it dead has those looked at.
CREATE TABLE alert_lookouts (
  id UUID PRIMARY KEY,
  looked_until TIMESTAMPTZ NOT NULL,
  alive_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_lookouts TO spiral_ingest;
