-- Orders on their way (design "Orders"). payload holds the arguments: an order is signed anew each time it is sent, with
-- the nonce of the machine's latest birth. due_at: when to send it (again). document, document_version: what a
-- putDocument brings, index of DOCUMENTS; a newer one of its kind takes its place.
ALTER TABLE orders ADD COLUMN document SMALLINT;
ALTER TABLE orders ADD COLUMN document_version BIGINT;
ALTER TABLE orders ADD COLUMN created_key UUID REFERENCES api_keys (id);
ALTER TABLE orders ADD COLUMN sends INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN due_at TIMESTAMPTZ NOT NULL DEFAULT now();
DROP INDEX orders_waiting;
CREATE INDEX orders_waiting ON orders (machine_id, counter) WHERE state IN ('QUEUED', 'SENT');
CREATE INDEX orders_due ON orders (due_at) WHERE state IN ('QUEUED', 'SENT');
GRANT INSERT, UPDATE (state, result) ON orders TO spiral_app;
GRANT UPDATE (epoch, counter, sends, due_at) ON orders TO spiral_ingest;

-- As the newest birth said: the highest counter the board has taken, and the nonce that proves that it still runs.
ALTER TABLE machines ADD COLUMN birth_order_counter BIGINT NOT NULL DEFAULT 0;
ALTER TABLE machines ADD COLUMN birth_nonce BIGINT;
GRANT UPDATE (birth_order_counter, birth_nonce) ON machines TO spiral_ingest;

ALTER TABLE planograms ADD COLUMN created_key UUID REFERENCES api_keys (id);

-- As planograms: each version of a machine's settings ever made here.
CREATE TABLE machine_settings (
  machine_id UUID NOT NULL REFERENCES machines (id),
  version BIGINT NOT NULL CHECK (version > 0),
  operator_id UUID NOT NULL REFERENCES operators (id),
  document BYTEA NOT NULL,
  crc BIGINT NOT NULL,
  created_by UUID REFERENCES users (id),
  created_key UUID REFERENCES api_keys (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (machine_id, version)
);
CALL protect_tenants('machine_settings');
GRANT SELECT, INSERT ON machine_settings TO spiral_app;

-- EVA-DTS reports that readAudit orders asked for, part by part as they came.
CREATE TABLE audit_parts (
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  counter BIGINT NOT NULL,
  part SMALLINT NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  parts SMALLINT NOT NULL,
  seq BIGINT NOT NULL,
  text BYTEA NOT NULL,
  received_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (machine_id, epoch, counter, part)
);
CREATE INDEX audit_parts_operator ON audit_parts (operator_id, received_at DESC);
CALL protect_tenants('audit_parts');
GRANT SELECT ON audit_parts TO spiral_app;
GRANT SELECT, INSERT ON audit_parts TO spiral_ingest;
