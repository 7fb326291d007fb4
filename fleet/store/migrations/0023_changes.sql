-- What changed, for whoever follows by cursor: written in the transaction of the change itself, without a number. A
-- sequencer numbers what it sees committed, one at a time and by operator: so numbers appear in their order and without
-- holes, however the transactions ended, and no commit waits for another's.
-- subject: sale = transaction id, alert = alert id. detail: what is not looked up when the row is read.
CREATE TABLE changes (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  operator_id UUID NOT NULL,
  seq BIGINT,
  kind VARCHAR(10) NOT NULL CHECK (kind IN ('sale', 'restock', 'alert', 'status')),
  machine_id UUID,
  subject UUID,
  detail JSONB NOT NULL DEFAULT '{}',
  recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX changes_feed ON changes (operator_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX changes_unnumbered ON changes (id) WHERE seq IS NULL;
CREATE TABLE change_counters (
  operator_id UUID PRIMARY KEY REFERENCES operators (id),
  seq BIGINT NOT NULL
);
CALL protect_tenants('changes');
CALL protect_tenants('change_counters');
GRANT SELECT ON changes, change_counters TO spiral_app;
GRANT INSERT ON changes TO spiral_ingest;

CREATE FUNCTION status_is_a_change() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO changes (operator_id, kind, machine_id, detail)
  VALUES (NEW.operator_id, 'status', NEW.id, jsonb_build_object('status', NEW.status, 'online', NEW.online));
  RETURN NULL;
END
$$;
CREATE TRIGGER status_changed AFTER UPDATE OF status, online ON machines FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.online IS DISTINCT FROM NEW.online)
  EXECUTE FUNCTION status_is_a_change();

CREATE FUNCTION alert_is_a_change() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO changes (operator_id, kind, machine_id, subject, detail)
  VALUES (NEW.operator_id, 'alert', NEW.machine_id, NEW.id, jsonb_build_object('rule', NEW.rule, 'state', NEW.state,
    'severity', NEW.severity, 'sentence', NEW.sentence));
  RETURN NULL;
END
$$;
CREATE TRIGGER alert_opened AFTER INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION alert_is_a_change();
CREATE TRIGGER alert_changed AFTER UPDATE OF state ON alerts FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION alert_is_a_change();
REVOKE EXECUTE ON FUNCTION status_is_a_change, alert_is_a_change FROM PUBLIC;
