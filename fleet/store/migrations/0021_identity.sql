-- Who a machine is: claims by which a board gets its certificate, the certificates, and machines of which there are two.

-- code_hash: SHA-256 of the code, which is shown once. serials: which machines it is good for; one of them, once.
CREATE TABLE machine_claims (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  code_hash BYTEA NOT NULL UNIQUE,
  serials TEXT[] NOT NULL CHECK (cardinality(serials) BETWEEN 1 AND 1000),
  note TEXT NOT NULL DEFAULT '',
  created_by UUID REFERENCES users (id),
  created_key UUID REFERENCES api_keys (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ,
  -- By whom: a repeat with the same request is answered alike.
  used_at TIMESTAMPTZ,
  machine_id UUID REFERENCES machines (id),
  fingerprint BYTEA,
  request_hash BYTEA,
  CHECK (num_nonnulls(used_at, machine_id, fingerprint, request_hash) IN (0, 4)),
  CHECK (revoked_at IS NULL OR used_at IS NULL)
);
CREATE INDEX machine_claims_operator ON machine_claims (operator_id, created_at DESC, id DESC);

-- fingerprint: SHA-256 of der. authority: generation that signed it. renewed_from: the certificate by which it was asked.
CREATE TABLE machine_certificates (
  fingerprint BYTEA PRIMARY KEY,
  operator_id UUID NOT NULL REFERENCES operators (id),
  machine_id UUID NOT NULL REFERENCES machines (id),
  epoch BIGINT NOT NULL,
  authority INTEGER NOT NULL,
  serial_number VARCHAR(40) NOT NULL,
  der BYTEA NOT NULL,
  request_hash BYTEA NOT NULL,
  renewed_from BYTEA,
  issued_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  not_before TIMESTAMPTZ NOT NULL,
  not_after TIMESTAMPTZ NOT NULL,
  revoked_at TIMESTAMPTZ,
  revoked_why VARCHAR(12) CHECK (revoked_why IN ('replaced', 'superseded', 'revoked')),
  UNIQUE (renewed_from, request_hash),
  CHECK ((revoked_at IS NULL) = (revoked_why IS NULL))
);
CREATE INDEX machine_certificates_machine ON machine_certificates (machine_id, issued_at DESC);
CREATE INDEX machine_certificates_revoked ON machine_certificates (not_after) WHERE revoked_at IS NOT NULL;

-- Machines that nobody lets in until somebody has looked. One at a time each; alerts read it.
CREATE TABLE machine_suspensions (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  machine_id UUID NOT NULL REFERENCES machines (id),
  reason VARCHAR(20) NOT NULL CHECK (reason IN ('clonedIdentity')),
  evidence TEXT NOT NULL,
  raised_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  lifted_at TIMESTAMPTZ,
  lifted_by UUID REFERENCES users (id),
  lifted_key UUID REFERENCES api_keys (id)
);
CREATE UNIQUE INDEX machine_suspensions_open ON machine_suspensions (machine_id) WHERE lifted_at IS NULL;
CREATE INDEX machine_suspensions_operator ON machine_suspensions (operator_id, raised_at DESC);

-- The newest birth of each machine with its nonce, and how often one came that did not follow it.
CREATE TABLE machine_births (
  machine_id UUID PRIMARY KEY REFERENCES machines (id),
  operator_id UUID NOT NULL REFERENCES operators (id),
  epoch BIGINT NOT NULL,
  boot BIGINT NOT NULL,
  connection BIGINT NOT NULL,
  nonce BIGINT NOT NULL,
  went_back SMALLINT NOT NULL DEFAULT 0,
  went_back_at TIMESTAMPTZ
);

CALL protect_tenants('machine_claims');
CALL protect_tenants('machine_certificates');
CALL protect_tenants('machine_suspensions');
CALL protect_tenants('machine_births');

-- Who stands at the door has no operator yet: the claim of a code, the machine of a certificate.
CREATE FUNCTION find_claim(hash BYTEA) RETURNS TABLE (id UUID, operator_id UUID)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.id, c.operator_id FROM machine_claims c WHERE c.code_hash = hash
$$;
CREATE FUNCTION find_certificate(wanted BYTEA) RETURNS TABLE (operator_id UUID, serial VARCHAR)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT m.operator_id, m.serial_number FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
  WHERE c.fingerprint = wanted
$$;
REVOKE EXECUTE ON FUNCTION find_claim, find_certificate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_claim, find_certificate TO spiral_app;

GRANT SELECT, INSERT, UPDATE (revoked_at, used_at, machine_id, fingerprint, request_hash) ON machine_claims TO spiral_app;
GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_why) ON machine_certificates TO spiral_app;
GRANT SELECT, UPDATE (lifted_at, lifted_by, lifted_key) ON machine_suspensions TO spiral_app;
-- A claim makes the machine if it is new, and gives it its next epoch if it is not.
GRANT INSERT, UPDATE (epoch, secret_hash) ON machines TO spiral_app;
GRANT INSERT ON sync_cursors, machine_owners TO spiral_app;
GRANT SELECT ON machine_certificates TO spiral_ingest;
GRANT SELECT, INSERT ON machine_suspensions TO spiral_ingest;
GRANT SELECT, INSERT, UPDATE ON machine_births TO spiral_ingest;
