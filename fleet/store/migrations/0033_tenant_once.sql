-- Policies ask for the tenant once a statement, not once a row: of a list of 100 machines 4,000 slots are read, and the
-- setting was parsed for each of them.

DO $$
DECLARE
  found RECORD;
BEGIN
  FOR found IN
    SELECT c.oid::regclass AS target, a.attname AS owner_column
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
      AND a.attname = CASE c.relname WHEN 'operators' THEN 'id' ELSE 'operator_id' END
    WHERE p.polname = 'tenant' AND c.relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER POLICY tenant ON %s USING (%I = (SELECT tenant())) WITH CHECK (%I = (SELECT tenant()))',
      found.target, found.owner_column, found.owner_column);
  END LOOP;
END
$$;

CREATE OR REPLACE PROCEDURE protect_tenants(target REGCLASS, owner_column NAME DEFAULT 'operator_id')
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO spiral_app
    USING (%I = (SELECT tenant())) WITH CHECK (%I = (SELECT tenant()))', target, owner_column, owner_column);
  EXECUTE format('CREATE POLICY ingest ON %s TO spiral_ingest USING (true) WITH CHECK (true)', target);
  EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', target);
  IF EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = target AND attname = 'machine_id' AND NOT attisdropped) THEN
    CALL protect_scope(target);
  END IF;
END
$$;
