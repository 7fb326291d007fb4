-- A machine that is sold keeps its old owner's history, and who had it must be able to read that: its serial number
-- and how its money is counted stay known to him; where it stands now is the new owner's.
CREATE INDEX machine_owners_operator ON machine_owners (operator_id, machine_id);

CREATE VIEW known_machines WITH (security_barrier = true) AS
  SELECT tenant() AS operator_id, m.id, m.serial_number, m.currency_decimals,
    CASE WHEN m.operator_id = tenant() THEN m.location_name ELSE '' END AS location_name
  FROM machines m
  WHERE m.operator_id = tenant()
    OR EXISTS (SELECT 1 FROM machine_owners o WHERE o.machine_id = m.id AND o.operator_id = tenant());
GRANT SELECT ON known_machines TO spiral_app;
