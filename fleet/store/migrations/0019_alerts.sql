-- Alerts as rules open and close them, and what rules need to know: since when a machine is offline, how it usually
-- sells, what other parts of the fleet have seen.

-- When presence last turned; null while online, or never seen.
ALTER TABLE machines ADD COLUMN offline_since TIMESTAMPTZ;
UPDATE machines SET offline_since = last_heartbeat WHERE NOT online;
CREATE INDEX machines_offline ON machines (operator_id, offline_since) WHERE offline_since IS NOT NULL;
CREATE FUNCTION note_presence() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  NEW.offline_since = CASE WHEN NEW.online THEN NULL ELSE now() END;
  RETURN NEW;
END
$$;
CREATE TRIGGER presence_turned BEFORE UPDATE OF online ON machines FOR EACH ROW
  WHEN (OLD.online IS DISTINCT FROM NEW.online) EXECUTE FUNCTION note_presence();

-- An alert without a machine is of many at once (outage). instance: which of its kind. dismissed: a person resolved it
-- while its cause was still there, so it does not open again before that is gone.
ALTER TABLE alerts ALTER COLUMN machine_id DROP NOT NULL;
ALTER TABLE alerts ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN dismissed BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE alerts ADD COLUMN resolved_by UUID REFERENCES users (id);
CREATE UNIQUE INDEX alerts_open_operator ON alerts (operator_id, rule) WHERE machine_id IS NULL AND resolved_at IS NULL;
CREATE INDEX alerts_dismissed ON alerts (operator_id, machine_id) WHERE dismissed;
CREATE INDEX alerts_inbox ON alerts (operator_id, opened_at DESC, id DESC) WHERE resolved_at IS NULL;
CREATE INDEX alerts_machine ON alerts (machine_id, opened_at DESC);

-- What happened to an alert, in order. note: a person's words, or why a rule closed it.
CREATE TABLE alert_events (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  operator_id UUID NOT NULL REFERENCES operators (id),
  alert_id UUID NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
  at TIMESTAMPTZ NOT NULL DEFAULT now(),
  kind VARCHAR(12) NOT NULL
    CHECK (kind IN ('opened', 'changed', 'acknowledged', 'assigned', 'commented', 'snoozed', 'resolved')),
  user_id UUID REFERENCES users (id),
  api_key_id UUID REFERENCES api_keys (id),
  note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alert_events_alert ON alert_events (alert_id, id);

-- quiet_*: minutes of the day in time_zone; from > to goes over midnight, both null: never quiet.
CREATE TABLE alert_settings (
  operator_id UUID PRIMARY KEY REFERENCES operators (id),
  time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC',
  quiet_from SMALLINT CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_to SMALLINT CHECK (quiet_to BETWEEN 0 AND 1439),
  temperature_unit CHAR(1) NOT NULL DEFAULT 'F' CHECK (temperature_unit IN ('C', 'F')),
  CHECK (num_nulls(quiet_from, quiet_to) IN (0, 2))
);

-- What an operator has set otherwise than the table of rules; thresholds: only those set.
CREATE TABLE alert_rules (
  operator_id UUID NOT NULL REFERENCES operators (id),
  rule VARCHAR(40) NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT true,
  severity VARCHAR(10) CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  thresholds JSONB NOT NULL DEFAULT '{}',
  PRIMARY KEY (operator_id, rule)
);

-- Maintenance (rule 'all') and snoozes: what is to be still, until when. One at a time of each.
CREATE TABLE alert_mutes (
  machine_id UUID NOT NULL REFERENCES machines (id),
  rule VARCHAR(40) NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  until_at TIMESTAMPTZ NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  created_by UUID REFERENCES users (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (machine_id, rule)
);

-- One row a machine that is looked at: locked by whoever evaluates it. memory: alerts/memory.ts. due_at: when to look
-- though nothing happens.
CREATE TABLE alert_states (
  machine_id UUID PRIMARY KEY REFERENCES machines (id),
  operator_id UUID NOT NULL REFERENCES operators (id),
  memory JSONB NOT NULL DEFAULT '{}',
  due_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX alert_states_due ON alert_states (due_at);
INSERT INTO alert_states (machine_id, operator_id) SELECT id, operator_id FROM machines;

-- What other parts of the fleet know of a machine, while it is so (store/alert-signals.ts). until_mark: it is over once
-- the machine's ledger is booked beyond.
CREATE TABLE alert_signals (
  machine_id UUID NOT NULL REFERENCES machines (id),
  signal VARCHAR(40) NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  detail TEXT NOT NULL,
  raised_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  until_mark BIGINT,
  PRIMARY KEY (machine_id, signal)
);

-- How a machine usually sells (alerts/unusual.ts); null: its history says too little.
CREATE TABLE sales_profiles (
  machine_id UUID PRIMARY KEY REFERENCES machines (id),
  operator_id UUID NOT NULL REFERENCES operators (id),
  hours REAL[] CHECK (cardinality(hours) = 168),
  spread REAL,
  computed_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CALL protect_tenants('alert_events');
CALL protect_tenants('alert_settings');
CALL protect_tenants('alert_rules');
CALL protect_tenants('alert_mutes');
CALL protect_tenants('alert_states');
CALL protect_tenants('alert_signals');
CALL protect_tenants('sales_profiles');

GRANT SELECT, INSERT ON alert_events TO spiral_app, spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON alert_settings, alert_rules TO spiral_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_mutes TO spiral_app;
GRANT SELECT ON alert_settings, alert_rules, alert_mutes TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON alert_states, sales_profiles TO spiral_ingest;
-- A change of rules or mutes lets its machines be looked at.
GRANT SELECT, UPDATE (due_at) ON alert_states TO spiral_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON alert_signals TO spiral_ingest;
GRANT SELECT ON alert_signals, sales_profiles TO spiral_app;
GRANT SELECT ON sales_quarters TO spiral_ingest;

-- What rules look for among a machine's many rows.
CREATE INDEX ledger_records_boots ON ledger_records (machine_id, received_at) WHERE kind = 1;
CREATE INDEX ledger_records_unbooked ON ledger_records (machine_id, received_at)
  WHERE flag IN ('unknownKind', 'malformed', 'rejected');
CREATE INDEX payments_claims ON payments (machine_id, booked_at) WHERE kind = 'claim';
