-- Tags of machines, people and keys that see only machines with certain tags, and how a program is known by its key.

CREATE TABLE machine_tags (
  machine_id UUID NOT NULL REFERENCES machines (id) ON DELETE CASCADE,
  operator_id UUID NOT NULL REFERENCES operators (id),
  tag VARCHAR(40) NOT NULL CHECK (tag ~ '^[a-z0-9][a-z0-9 ._:/-]*$'),
  PRIMARY KEY (machine_id, tag)
);
CREATE INDEX machine_tags_tag ON machine_tags (operator_id, tag, machine_id);

-- `app.machine_scope`: '*' for all machines, or an array of tags. Set beside app.operator_id (store/tenancy.ts); where
-- nobody set it, no machine is seen.
CREATE FUNCTION sees_all_machines() RETURNS BOOLEAN
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT coalesce(current_setting('app.machine_scope', true), '') = '*' $$;

-- As the owner: the tags themselves are under the same policy.
CREATE FUNCTION machines_in_scope() RETURNS SETOF UUID
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT machine_id FROM machine_tags WHERE operator_id = tenant()
    AND tag = ANY (nullif(nullif(current_setting('app.machine_scope', true), '*'), '')::text[])
$$;

-- Restrictive: it takes from what `tenant` gives. A row of no machine is the whole operator's: not for a scoped caller.
-- Both questions are asked once a statement, not once a row.
CREATE PROCEDURE protect_scope(target REGCLASS, machine_column NAME DEFAULT 'machine_id')
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE POLICY scope ON %s AS RESTRICTIVE TO spiral_app
    USING ((SELECT sees_all_machines()) OR %I IN (SELECT machines_in_scope()))
    WITH CHECK ((SELECT sees_all_machines()) OR %I IN (SELECT machines_in_scope()))', target, machine_column,
    machine_column);
END
$$;

-- From now on a table with machine_id is under the scope, too, as it becomes a tenant's.
CREATE OR REPLACE PROCEDURE protect_tenants(target REGCLASS, owner_column NAME DEFAULT 'operator_id')
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO spiral_app USING (%I = tenant()) WITH CHECK (%I = tenant())', target,
    owner_column, owner_column);
  EXECUTE format('CREATE POLICY ingest ON %s TO spiral_ingest USING (true) WITH CHECK (true)', target);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
  IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = target AND attname = 'machine_id' AND NOT attisdropped) THEN
    CALL protect_scope(target);
  END IF;
END
$$;

CALL protect_scope('machines', 'id');
DO $$
DECLARE
  found RECORD;
BEGIN
  FOR found IN
    SELECT c.oid::regclass AS target FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND a.attname = 'machine_id'
      AND NOT a.attisdropped
  LOOP
    CALL protect_scope(found.target);
  END LOOP;
END
$$;
CALL protect_tenants('machine_tags');
GRANT SELECT, INSERT, DELETE ON machine_tags TO spiral_app;

-- Telemetry has no row security; its view asks for tenant and scope itself.
CREATE OR REPLACE VIEW machine_telemetry WITH (security_barrier = true) AS
  SELECT m.operator_id, t.* FROM telemetry t JOIN machines m ON m.id = t.machine_id
  WHERE m.operator_id = tenant()
    AND ((SELECT sees_all_machines()) OR m.id IN (SELECT machines_in_scope()));

CREATE OR REPLACE VIEW known_machines WITH (security_barrier = true) AS
  SELECT tenant() AS operator_id, m.id, m.serial_number, m.currency_decimals,
    CASE WHEN m.operator_id = tenant() THEN m.location_name ELSE '' END AS location_name
  FROM machines m
  WHERE (m.operator_id = tenant()
      OR EXISTS (SELECT 1 FROM machine_owners o WHERE o.machine_id = m.id AND o.operator_id = tenant()))
    AND ((SELECT sees_all_machines()) OR m.id IN (SELECT machines_in_scope()));

-- Sums over all machines are for who sees all; who does not gets his from those of his machines.
CREATE POLICY scope ON fleet_days AS RESTRICTIVE TO spiral_app USING ((SELECT sees_all_machines()));
CREATE VIEW seen_days WITH (security_barrier = true, security_invoker = true) AS
  SELECT operator_id, day, time_zone, currency, payment_method, simulated, sales, amount FROM fleet_days
  WHERE (SELECT sees_all_machines())
  UNION ALL
  SELECT operator_id, day, time_zone, currency, payment_method, simulated, sales, amount FROM sales_days
  WHERE NOT (SELECT sees_all_machines());
GRANT SELECT ON seen_days TO spiral_app;

-- tags: null for all machines. An owner sees all.
ALTER TABLE users ADD COLUMN tags TEXT[];
ALTER TABLE users ADD COLUMN disabled_at TIMESTAMPTZ;
ALTER TABLE users ADD CHECK (role <> 'owner' OR tags IS NULL);
GRANT SELECT (tags, disabled_at) ON users TO spiral_app;

-- prefix: the beginning of the key, to tell one from another. A revoked key's name is free again.
ALTER TABLE api_keys ADD COLUMN prefix VARCHAR(12) NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN tags TEXT[];
ALTER TABLE api_keys ADD COLUMN requests_per_minute INTEGER NOT NULL DEFAULT 600
  CHECK (requests_per_minute BETWEEN 1 AND 60000);
ALTER TABLE api_keys DROP CONSTRAINT api_keys_operator_id_name_key;
CREATE UNIQUE INDEX api_keys_name ON api_keys (operator_id, name) WHERE revoked_at IS NULL;
REVOKE SELECT, UPDATE ON api_keys FROM spiral_app;
GRANT SELECT (id, operator_id, name, prefix, scopes, tags, requests_per_minute, created_by, created_at, expires_at,
  revoked_at, last_used_at) ON api_keys TO spiral_app;
GRANT UPDATE (name, scopes, tags, requests_per_minute, expires_at, revoked_at, last_used_at) ON api_keys TO spiral_app;

-- The door for programs: lets one key through. What its maker may do now bounds it; a maker who is disabled ends it.
CREATE FUNCTION find_key(hash BYTEA)
  RETURNS TABLE (id UUID, operator_id UUID, scopes TEXT[], tags TEXT[], requests_per_minute INTEGER,
    expires_at TIMESTAMPTZ, last_used_at TIMESTAMPTZ, maker_role VARCHAR, maker_tags TEXT[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT k.id, k.operator_id, k.scopes, k.tags, k.requests_per_minute, k.expires_at, k.last_used_at, u.role, u.tags
  FROM api_keys k LEFT JOIN users u ON u.id = k.created_by
  WHERE k.key_hash = hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
    AND u.disabled_at IS NULL
$$;

-- Sessions: what a person may see of them, and how each began.
ALTER TABLE sessions ADD COLUMN id UUID NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE sessions ADD COLUMN means VARCHAR(10) NOT NULL DEFAULT 'password' CHECK (means IN ('password', 'oidc'));
ALTER TABLE sessions ADD COLUMN address VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN user_agent VARCHAR(200) NOT NULL DEFAULT '';
GRANT DELETE ON sessions TO spiral_app;
CREATE INDEX sessions_user ON sessions (user_id);

DROP FUNCTION find_user;
CREATE FUNCTION find_user(wanted TEXT)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, tags TEXT[], operator_id UUID, operator_name VARCHAR,
    password_hash TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.tags, u.operator_id, o.name, u.password_hash
  FROM users u JOIN operators o ON o.id = u.operator_id WHERE u.name = wanted AND u.disabled_at IS NULL
$$;

DROP FUNCTION find_session;
CREATE FUNCTION find_session(hash BYTEA)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, tags TEXT[], operator_id UUID, operator_name VARCHAR,
    session_id UUID, expires_at TIMESTAMPTZ)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.tags, s.operator_id, o.name, s.id, s.expires_at
  FROM sessions s JOIN users u ON u.id = s.user_id JOIN operators o ON o.id = s.operator_id
  WHERE s.token_hash = hash AND s.expires_at > now() AND u.disabled_at IS NULL
$$;

REVOKE EXECUTE ON FUNCTION machines_in_scope, find_key, find_user, find_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION machines_in_scope, find_key, find_user, find_session TO spiral_app;
REVOKE EXECUTE ON PROCEDURE protect_scope FROM PUBLIC;
