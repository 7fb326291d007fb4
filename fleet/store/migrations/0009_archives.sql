-- Months of sales that have gone to object storage. A month is closed first (archived_before): what is booked from then
-- on goes to the oldest month that is left, flagged. Later it is written out, read back, and only then dropped.
ALTER TABLE fleet_settings ADD COLUMN archived_before TIMESTAMPTZ NOT NULL DEFAULT '-infinity';

-- fingerprint: of the rows written, so that one that changed meanwhile is written again. dropped_at: its rows are no
-- longer here. kept_until: brought back by somebody, for so long.
CREATE TABLE archives (
  operator_id UUID NOT NULL REFERENCES operators (id),
  month DATE NOT NULL CHECK (extract(day FROM month) = 1),
  manifest TEXT NOT NULL,
  manifest_sha256 BYTEA NOT NULL,
  rows BIGINT NOT NULL,
  fingerprint BIGINT NOT NULL,
  written_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  dropped_at TIMESTAMPTZ,
  kept_until TIMESTAMPTZ,
  PRIMARY KEY (operator_id, month)
);
CALL protect_tenants('archives');
GRANT SELECT ON archives TO spiral_app;
