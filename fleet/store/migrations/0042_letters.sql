-- Letters with a link to a password, from the transaction that made the link until they are sent; a link that is taken, or
-- makes room for another, needs none. Its token is sealed (sealing.ts): the database alone lets nobody in.
CREATE TABLE letters (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  operator_id UUID NOT NULL REFERENCES operators (id),
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash BYTEA NOT NULL REFERENCES password_links (token_hash) ON DELETE CASCADE,
  sealed_token BYTEA NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  due_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  tries SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX letters_due ON letters (due_at);
CREATE INDEX letters_user ON letters (user_id);
CREATE INDEX letters_token ON letters (token_hash);
CALL protect_tenants('letters');
GRANT INSERT ON letters TO spiral_app;
GRANT SELECT, UPDATE, DELETE ON letters TO spiral_ingest;
GRANT SELECT (id, name, email, disabled_at) ON users TO spiral_ingest;
