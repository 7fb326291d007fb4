-- Row-level security: whatever bears operator_id is shown to spiral_app only for the operator named in
-- `app.operator_id` (SET LOCAL, see store/tenancy.ts); without a name it sees nothing. spiral_ingest books for all
-- operators. The owner is under the same rules (FORCE), by a policy of its own, so that no role passes them unseen.

CREATE FUNCTION tenant() RETURNS UUID
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT nullif(current_setting('app.operator_id', true), '')::uuid $$;

-- The one way a table becomes a tenant's. owner_column: where the operator's id stands.
CREATE PROCEDURE protect_tenants(target REGCLASS, owner_column NAME DEFAULT 'operator_id')
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO spiral_app USING (%I = tenant()) WITH CHECK (%I = tenant())', target,
    owner_column, owner_column);
  EXECUTE format('CREATE POLICY ingest ON %s TO spiral_ingest USING (true) WITH CHECK (true)', target);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
END
$$;

CALL protect_tenants('operators', 'id');
CALL protect_tenants('users');
CALL protect_tenants('sessions');
CALL protect_tenants('products');
CALL protect_tenants('machines');
CALL protect_tenants('machine_slots');
CALL protect_tenants('sync_cursors');
CALL protect_tenants('ledger_records');
CALL protect_tenants('transactions');
CALL protect_tenants('payments');
CALL protect_tenants('machine_faults');
CALL protect_tenants('set_aside');
CALL protect_tenants('voucher_redemptions');

-- Telemetry has no row security; its view asks for the tenant itself.
CREATE OR REPLACE VIEW machine_telemetry WITH (security_barrier = true) AS
  SELECT m.operator_id, t.* FROM telemetry t JOIN machines m ON m.id = t.machine_id WHERE m.operator_id = tenant();

-- Who signs in has no operator yet: the doors through which a user is found by name, and a session by its token.
ALTER TABLE users DROP CONSTRAINT users_role_check;
ALTER TABLE users ALTER COLUMN role SET DEFAULT 'owner';
UPDATE users SET role = 'owner' WHERE role = 'operator';
ALTER TABLE users ADD CONSTRAINT users_role_check
  CHECK (role IN ('owner', 'dispatcher', 'technician', 'driver', 'viewer'));

CREATE FUNCTION find_user(wanted TEXT)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, operator_id UUID, operator_name VARCHAR, password_hash TEXT)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.operator_id, o.name, u.password_hash
  FROM users u JOIN operators o ON o.id = u.operator_id WHERE u.name = wanted
$$;

CREATE FUNCTION find_session(hash BYTEA)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, operator_id UUID, operator_name VARCHAR, expires_at TIMESTAMPTZ)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, s.operator_id, o.name, s.expires_at
  FROM sessions s JOIN users u ON u.id = s.user_id JOIN operators o ON o.id = s.operator_id
  WHERE s.token_hash = hash AND s.expires_at > now()
$$;

-- Ends the session of this token, and all that are over.
CREATE FUNCTION end_session(hash BYTEA) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM sessions WHERE token_hash = hash OR expires_at < now()
$$;

REVOKE EXECUTE ON FUNCTION find_user, find_session, end_session FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_user, find_session, end_session TO spiral_app;
REVOKE EXECUTE ON PROCEDURE protect_tenants FROM PUBLIC;
REVOKE SELECT ON users FROM spiral_app;
GRANT SELECT (id, operator_id, name, role, created_at) ON users TO spiral_app;
REVOKE DELETE ON sessions FROM spiral_app;
GRANT SELECT ON telemetry TO spiral_ingest;
