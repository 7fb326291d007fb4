-- A machine that gets a new board begins the next epoch. What its old board sent before that moved the machine's state;
-- what comes later are facts of their time. replaced_mark: how far the old ledger had come by then; null: this is the
-- board in the machine. Written when the next epoch's cursor is made, so it is the same for whoever issues the epoch.
-- Of machines that had several boards before this migration, the nightly check of the books finds what it would do
-- otherwise, and rebuild-books puts it in.
ALTER TABLE sync_cursors ADD COLUMN replaced_mark BIGINT;
ALTER TABLE sync_cursors ADD COLUMN replaced_at TIMESTAMPTZ;
ALTER TABLE sync_cursors ADD CHECK ((replaced_mark IS NULL) = (replaced_at IS NULL));

UPDATE sync_cursors c SET replaced_mark = c.mark, replaced_at = now()
FROM machines m WHERE m.id = c.machine_id AND c.epoch < m.epoch;
UPDATE machine_faults f SET cleared_at = greatest(f.raised_at, c.replaced_at)
FROM sync_cursors c
WHERE c.machine_id = f.machine_id AND c.epoch = f.epoch AND c.replaced_at IS NOT NULL AND f.cleared_at IS NULL;

-- The new board knows nothing of the old one's faults and door, and counts its boots anew. Faults of a former owner's
-- time, too: the function sees all rows.
CREATE FUNCTION replace_boards() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE sync_cursors SET replaced_mark = mark, replaced_at = now()
  WHERE machine_id = NEW.machine_id AND epoch < NEW.epoch AND replaced_mark IS NULL;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE machine_faults SET cleared_at = greatest(raised_at, now())
  WHERE machine_id = NEW.machine_id AND epoch < NEW.epoch AND cleared_at IS NULL;
  UPDATE machines SET door_open = false, uptime_boot = NULL, uptime_began_at = NULL,
    status = machine_status(id, online, false)
  WHERE id = NEW.machine_id;
  RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION replace_boards FROM PUBLIC;
CREATE TRIGGER replace_boards AFTER INSERT ON sync_cursors FOR EACH ROW EXECUTE FUNCTION replace_boards();
-- To hold the cursors while the next epoch is issued.
GRANT UPDATE (replaced_mark) ON sync_cursors TO spiral_app;
