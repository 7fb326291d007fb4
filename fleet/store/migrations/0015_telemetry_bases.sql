-- The newest whole telemetry report of each machine. Its owner is the machine's; no page reads it, so the app role has
-- no grant.
CREATE TABLE telemetry_bases (
  machine_id UUID PRIMARY KEY REFERENCES machines (id) ON DELETE CASCADE,
  received_at TIMESTAMPTZ NOT NULL,
  body BYTEA NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON telemetry_bases TO spiral_ingest;
