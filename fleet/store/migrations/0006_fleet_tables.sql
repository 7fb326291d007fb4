-- The rest of what an operator keeps: keys of programs, places, owners of machines over time, planograms with their
-- history, alerts, orders, visits, and who changed what.

-- key_hash: SHA-256 of the key, which is shown once. scopes: names of what it may do.
CREATE TABLE api_keys (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  name VARCHAR(100) NOT NULL,
  key_hash BYTEA NOT NULL UNIQUE,
  scopes TEXT[] NOT NULL DEFAULT '{}',
  created_by UUID REFERENCES users (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,
  revoked_at TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  UNIQUE (operator_id, name)
);

CREATE TABLE locations (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  name VARCHAR(255) NOT NULL,
  type VARCHAR(20) NOT NULL DEFAULT 'other' CHECK (type IN ('office', 'factory', 'gym', 'airport', 'station', 'school',
    'university', 'hospital', 'hotel', 'shop', 'street', 'other')),
  address TEXT NOT NULL DEFAULT '',
  -- IANA name: days and opening hours of the place are reckoned in it.
  time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC',
  latitude DECIMAL(10, 7) CHECK (latitude BETWEEN -90 AND 90),
  longitude DECIMAL(10, 7) CHECK (longitude BETWEEN -180 AND 180),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  UNIQUE (operator_id, name)
);

-- machines.location_name and time_zone stay: what the machine's lists need without a join. A location that is renamed
-- or moved to another zone takes its machines along.
ALTER TABLE machines ADD COLUMN location_id UUID REFERENCES locations (id);
CREATE INDEX machines_location ON machines (location_id);
CREATE FUNCTION location_moves_machines() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE machines SET location_name = NEW.name, time_zone = NEW.time_zone, latitude = NEW.latitude,
    longitude = NEW.longitude WHERE location_id = NEW.id;
  RETURN NULL;
END
$$;
CREATE TRIGGER location_changed AFTER UPDATE ON locations FOR EACH ROW EXECUTE FUNCTION location_moves_machines();

-- Whose a machine was when: what it sold is booked for the owner at that time, whoever has it now.
CREATE TABLE machine_owners (
  machine_id UUID NOT NULL REFERENCES machines (id),
  from_at TIMESTAMPTZ NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  PRIMARY KEY (machine_id, from_at)
);
INSERT INTO machine_owners (machine_id, from_at, operator_id) SELECT id, '-infinity', operator_id FROM machines;
-- Since when it is its present owner's: only what is booked before has to look into the list.
ALTER TABLE machines ADD COLUMN owned_since TIMESTAMPTZ NOT NULL DEFAULT '-infinity';

-- Each version ever planned for a machine. document: the bytes it gets, as its CRC is of them. applied_*: the record by
-- which the machine says that it is in force.
CREATE TABLE planograms (
  machine_id UUID NOT NULL REFERENCES machines (id),
  version BIGINT NOT NULL CHECK (version > 0),
  operator_id UUID NOT NULL REFERENCES operators (id),
  document BYTEA NOT NULL,
  crc BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_epoch BIGINT,
  applied_seq BIGINT,
  applied_at TIMESTAMPTZ,
  PRIMARY KEY (machine_id, version)
);

CREATE TABLE alerts (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  machine_id UUID NOT NULL REFERENCES machines (id),
  rule VARCHAR(40) NOT NULL,
  slot_code VARCHAR(5),
  severity VARCHAR(10) NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  sentence TEXT NOT NULL,
  state VARCHAR(12) NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'acknowledged', 'assigned', 'resolved')),
  assigned_to UUID REFERENCES users (id),
  acknowledged_by UUID REFERENCES users (id),
  opened_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  acknowledged_at TIMESTAMPTZ,
  resolved_at TIMESTAMPTZ,
  CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE UNIQUE INDEX alerts_open ON alerts (machine_id, rule, coalesce(slot_code, '')) WHERE resolved_at IS NULL;
CREATE INDEX alerts_operator ON alerts (operator_id, opened_at DESC);

-- Orders to machines (design "Orders"). counter: the machine takes each once. arguments, signature: as sent.
CREATE TABLE orders (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  counter BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  payload BYTEA NOT NULL,
  state VARCHAR(10) NOT NULL DEFAULT 'QUEUED'
    CHECK (state IN ('QUEUED', 'SENT', 'SUCCEEDED', 'FAILED', 'REJECTED', 'EXPIRED')),
  result VARCHAR(40),
  created_by UUID REFERENCES users (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,
  sent_at TIMESTAMPTZ,
  answered_at TIMESTAMPTZ,
  UNIQUE (machine_id, epoch, counter)
);
CREATE INDEX orders_waiting ON orders (machine_id) WHERE state IN ('QUEUED', 'SENT');
CREATE INDEX orders_operator ON orders (operator_id, created_at DESC);

-- A service person at a machine: what was found, taken and filled.
CREATE TABLE visits (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  machine_id UUID NOT NULL REFERENCES machines (id),
  user_id UUID REFERENCES users (id),
  started_at TIMESTAMPTZ NOT NULL,
  ended_at TIMESTAMPTZ,
  cash_counted NUMERIC(12, 3),
  currency CHAR(3),
  note TEXT NOT NULL DEFAULT '',
  CHECK (ended_at IS NULL OR ended_at >= started_at),
  CHECK ((cash_counted IS NULL) = (currency IS NULL))
);
CREATE INDEX visits_machine ON visits (machine_id, started_at DESC);
CREATE INDEX visits_operator ON visits (operator_id, started_at DESC);

-- Only ever appended to. before, after: the subject as JSON, null where it was not or is no more.
CREATE TABLE audit_log (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  operator_id UUID NOT NULL REFERENCES operators (id),
  user_id UUID REFERENCES users (id),
  api_key_id UUID REFERENCES api_keys (id),
  at TIMESTAMPTZ NOT NULL DEFAULT now(),
  action VARCHAR(40) NOT NULL,
  subject VARCHAR(40) NOT NULL,
  subject_id VARCHAR(100) NOT NULL,
  before JSONB,
  after JSONB
);
CREATE INDEX audit_log_operator ON audit_log (operator_id, id DESC);

CALL protect_tenants('api_keys');
CALL protect_tenants('locations');
CALL protect_tenants('machine_owners');
CALL protect_tenants('planograms');
CALL protect_tenants('alerts');
CALL protect_tenants('orders');
CALL protect_tenants('visits');
CALL protect_tenants('audit_log');

GRANT SELECT, INSERT, UPDATE ON api_keys, locations, alerts, visits TO spiral_app;
GRANT SELECT, INSERT ON planograms, audit_log TO spiral_app;
GRANT SELECT ON machine_owners, orders TO spiral_app;
GRANT SELECT ON locations, machine_owners TO spiral_ingest;
GRANT SELECT, UPDATE (applied_epoch, applied_seq, applied_at) ON planograms TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON alerts TO spiral_ingest;
GRANT SELECT, UPDATE (state, result, sent_at, answered_at) ON orders TO spiral_ingest;
-- Who is asked what a location's change does to its machines.
GRANT UPDATE (location_id, location_name, time_zone, latitude, longitude) ON machines TO spiral_app;
