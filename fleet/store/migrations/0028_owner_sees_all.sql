-- A login that owns the tables and was granted spiral_app, to take it on, is under the policies of that role too: the
-- restrictive one of scopes let it see and make no machine. The owner is under no scope; spiral_app never is the owner.
CREATE OR REPLACE FUNCTION sees_all_machines() RETURNS BOOLEAN
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(current_setting('app.machine_scope', true), '') = '*'
    OR pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'public.machines'::regclass), 'USAGE')
$$;
