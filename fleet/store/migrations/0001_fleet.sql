-- The fleet's first tables. `ledger_records` is the truth; transactions, payments, slot counts and faults are derived
-- from it in the same transaction and can be rebuilt. Every tenant-owned table carries operator_id.
-- Money is NUMERIC(12,3) with its currency beside it; nothing here is ever a float.

CREATE TABLE fleet_settings (
  only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Raised by a restore from backup: machines then rewind to the mark they are told.
  incarnation BIGINT NOT NULL DEFAULT 1
);
INSERT INTO fleet_settings DEFAULT VALUES;

CREATE TABLE operators (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  name VARCHAR(255) NOT NULL UNIQUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE users (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  name VARCHAR(100) NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role VARCHAR(20) NOT NULL DEFAULT 'operator' CHECK (role IN ('operator')),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- token_hash: SHA-256 of the cookie, so that a read of this table opens no session.
CREATE TABLE sessions (
  token_hash BYTEA PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  operator_id UUID NOT NULL REFERENCES operators (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- number: what planograms and ledger records carry.
CREATE TABLE products (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  number BIGINT NOT NULL CHECK (number >= 0),
  name VARCHAR(255) NOT NULL,
  category VARCHAR(20) NOT NULL CHECK (category IN ('beverage', 'snack', 'candy')),
  sku VARCHAR(50) NOT NULL,
  default_price NUMERIC(12, 3) NOT NULL CHECK (default_price >= 0),
  currency CHAR(3) NOT NULL,
  tax_rate NUMERIC(7, 6) NOT NULL DEFAULT 0,
  image_url TEXT,
  UNIQUE (operator_id, number)
);
CREATE INDEX products_sku ON products (sku);

CREATE TABLE machines (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  serial_number VARCHAR(50) NOT NULL UNIQUE CHECK (serial_number ~ '^[A-Z0-9-]{1,32}$'),
  location_name VARCHAR(255) NOT NULL DEFAULT '',
  latitude DECIMAL(10, 7),
  longitude DECIMAL(10, 7),
  time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC',
  model VARCHAR(50) NOT NULL DEFAULT '',
  firmware_version VARCHAR(20) NOT NULL DEFAULT '',
  status VARCHAR(20) NOT NULL DEFAULT 'offline' CHECK (status IN ('operational', 'error', 'offline', 'maintenance')),
  last_heartbeat TIMESTAMPTZ,
  installed_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  currency CHAR(3) NOT NULL DEFAULT 'USD',
  currency_decimals SMALLINT NOT NULL DEFAULT 2 CHECK (currency_decimals BETWEEN 0 AND 3),
  simulated BOOLEAN NOT NULL DEFAULT false,
  telemetry_period_s INTEGER NOT NULL DEFAULT 300,
  -- SHA-256 of the 256-bit random password: a slow hash guards weak secrets and would drown a storm of reconnects.
  secret_hash BYTEA NOT NULL,
  epoch BIGINT NOT NULL DEFAULT 1,
  -- Presence: newest birth seen, and whether its connection still lives.
  online BOOLEAN NOT NULL DEFAULT false,
  birth_epoch BIGINT NOT NULL DEFAULT 0,
  birth_boot BIGINT NOT NULL DEFAULT 0,
  birth_connection BIGINT NOT NULL DEFAULT 0,
  door_open BOOLEAN NOT NULL DEFAULT false,
  -- When the boot that telemetry last spoke of began, by our clock: dates records whose machine does not know the time.
  uptime_boot BIGINT,
  uptime_began_at TIMESTAMPTZ
);
CREATE INDEX machines_serial_number ON machines (serial_number);
CREATE INDEX machines_last_heartbeat ON machines (last_heartbeat);
CREATE INDEX machines_operator ON machines (operator_id, serial_number);

CREATE TABLE machine_slots (
  machine_id UUID NOT NULL REFERENCES machines (id),
  operator_id UUID NOT NULL REFERENCES operators (id),
  slot_code VARCHAR(5) NOT NULL,
  product_id UUID REFERENCES products (id),
  quantity SMALLINT NOT NULL DEFAULT 0 CHECK (quantity >= 0),
  max_capacity SMALLINT NOT NULL DEFAULT 0 CHECK (max_capacity >= 0),
  price NUMERIC(12, 3) NOT NULL DEFAULT 0 CHECK (price >= 0),
  currency CHAR(3) NOT NULL,
  PRIMARY KEY (machine_id, slot_code)
);

-- One row a machine and epoch. mark: highest sequence committed; chain: chain CRC after it. The rest is what dating and
-- linking the next record needs of those before it.
CREATE TABLE sync_cursors (
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  mark BIGINT NOT NULL DEFAULT 0,
  chain BIGINT NOT NULL,
  forked BOOLEAN NOT NULL DEFAULT false,
  boot_no BIGINT NOT NULL DEFAULT 0,
  -- Unix ms at which this boot's monotonic clock read 0, by the machine's wall clock; null while it does not know.
  boot_wall_ms BIGINT,
  clock_quality SMALLINT NOT NULL DEFAULT 0,
  last_booked_at TIMESTAMPTZ,
  -- The credit in the machine, and since which record it is more than 0: those coins and bills paid the next sale.
  credit_minor BIGINT NOT NULL DEFAULT 0,
  credit_from_seq BIGINT NOT NULL DEFAULT 0,
  last_sale_id UUID,
  last_sale_booked_at TIMESTAMPTZ,
  last_sale_failed BOOLEAN NOT NULL DEFAULT false,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (machine_id, epoch)
);

-- flag: null = booked. Otherwise why not (unknownKind, malformed, rejected) or what is odd about it (unknownProduct).
-- chain: chain CRC after this record, to compare a repeated prefix with what we hold.
CREATE TABLE ledger_records (
  machine_id UUID NOT NULL,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  operator_id UUID NOT NULL,
  kind SMALLINT NOT NULL,
  body BYTEA NOT NULL,
  chain BIGINT NOT NULL,
  flag VARCHAR(20),
  flag_detail TEXT,
  booked_at TIMESTAMPTZ NOT NULL,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (machine_id, epoch, seq)
) PARTITION BY HASH (machine_id);
CREATE TABLE ledger_records_0 PARTITION OF ledger_records FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE ledger_records_1 PARTITION OF ledger_records FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE ledger_records_2 PARTITION OF ledger_records FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE ledger_records_3 PARTITION OF ledger_records FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX ledger_records_flagged ON ledger_records (received_at) WHERE flag IS NOT NULL;

-- id is derived from (machine, epoch, seq): rebuilding gives the same rows. No foreign key to machines: see the sharding
-- plan. Partitions by month are made ahead by the store; what fits none lands in the default one.
CREATE TABLE transactions (
  id UUID NOT NULL,
  booked_at TIMESTAMPTZ NOT NULL,
  operator_id UUID NOT NULL,
  machine_id UUID NOT NULL,
  slot_code VARCHAR(5) NOT NULL,
  product_id UUID,
  product_number BIGINT NOT NULL,
  planogram_version BIGINT NOT NULL,
  amount NUMERIC(12, 3) NOT NULL,
  paid NUMERIC(12, 3) NOT NULL,
  change NUMERIC(12, 3) NOT NULL,
  currency CHAR(3) NOT NULL,
  tax_rate NUMERIC(7, 6) NOT NULL DEFAULT 0,
  payment_method VARCHAR(10) NOT NULL
    CHECK (payment_method IN ('cash', 'card', 'mobile', 'wallet', 'free', 'test', 'mixed')),
  payment_ref VARCHAR(100),
  status VARCHAR(10) NOT NULL CHECK (status IN ('completed', 'refunded', 'failed', 'unknown')),
  dispensed_at TIMESTAMPTZ,
  device_time TIMESTAMPTZ,
  time_quality VARCHAR(10) NOT NULL CHECK (time_quality IN ('synced', 'kept', 'estimated', 'received')),
  sale_no BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  simulated BOOLEAN NOT NULL DEFAULT false,
  PRIMARY KEY (id, booked_at)
) PARTITION BY RANGE (booked_at);
CREATE TABLE transactions_default PARTITION OF transactions DEFAULT;
CREATE INDEX transactions_machine ON transactions (machine_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_operator ON transactions (operator_id, booked_at DESC, seq DESC, id DESC);
CREATE INDEX transactions_dispensed_at ON transactions (dispensed_at);

-- Every movement of money at a machine. amount: positive in, negative out. transaction_id: the sale it paid for, or gave
-- change or a refund of; null for money that came and went without one.
CREATE TABLE payments (
  machine_id UUID NOT NULL,
  epoch BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  operator_id UUID NOT NULL,
  kind VARCHAR(10) NOT NULL CHECK (kind IN ('coin', 'bill', 'change', 'refund', 'voucher', 'claim', 'manual')),
  amount NUMERIC(12, 3) NOT NULL,
  currency CHAR(3) NOT NULL,
  reference VARCHAR(100),
  reason VARCHAR(20),
  transaction_id UUID,
  booked_at TIMESTAMPTZ NOT NULL,
  PRIMARY KEY (machine_id, epoch, seq)
);
CREATE INDEX payments_transaction ON payments (transaction_id);
CREATE INDEX payments_unlinked ON payments (machine_id, epoch, seq) WHERE transaction_id IS NULL;

CREATE TABLE machine_faults (
  machine_id UUID NOT NULL,
  epoch BIGINT NOT NULL,
  raised_seq BIGINT NOT NULL,
  operator_id UUID NOT NULL,
  fault INTEGER NOT NULL,
  slot_code VARCHAR(5),
  detail BIGINT,
  severity VARCHAR(10) NOT NULL CHECK (severity IN ('info', 'warning', 'error', 'critical')),
  raised_at TIMESTAMPTZ NOT NULL,
  cleared_at TIMESTAMPTZ,
  cleared_seq BIGINT,
  PRIMARY KEY (machine_id, epoch, raised_seq)
);
CREATE UNIQUE INDEX machine_faults_open ON machine_faults (machine_id, fault, coalesce(slot_code, ''))
  WHERE cleared_at IS NULL;
CREATE INDEX machine_faults_operator ON machine_faults (operator_id, raised_at DESC);

-- Batches the fleet will not book: another history under the same sequence (fork), an epoch never issued, bytes that are
-- no batch. Kept once each (digest), for a person to look at.
CREATE TABLE set_aside (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  machine_id UUID NOT NULL,
  operator_id UUID NOT NULL,
  reason VARCHAR(20) NOT NULL CHECK (reason IN ('fork', 'unknownEpoch', 'undecodable')),
  detail TEXT NOT NULL,
  epoch BIGINT,
  first_seq BIGINT,
  payload BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  times INTEGER NOT NULL DEFAULT 1,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  UNIQUE (machine_id, digest)
);

-- Telemetry has no row security (Timescale refuses to compress such tables); the app role reads it through a view.
CREATE TABLE telemetry (
  machine_id UUID NOT NULL,
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

CREATE VIEW machine_telemetry WITH (security_barrier = true) AS
  SELECT m.operator_id, t.* FROM telemetry t JOIN machines m ON m.id = t.machine_id;

-- Status from what is known: presence first, then an open door, then open faults.
CREATE FUNCTION machine_status(machine UUID, is_online BOOLEAN, is_door_open BOOLEAN) RETURNS VARCHAR
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN NOT is_online THEN 'offline'
    WHEN is_door_open THEN 'maintenance'
    WHEN EXISTS (
      SELECT 1 FROM machine_faults f
      WHERE f.machine_id = machine AND f.cleared_at IS NULL AND f.severity IN ('error', 'critical')
    ) THEN 'error'
    ELSE 'operational'
  END
$$;
