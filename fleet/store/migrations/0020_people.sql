-- People: how they get and lose a password, second factors, sign-ins elsewhere, lock-out; what an operator sets for all.

ALTER TABLE operators ADD COLUMN currency CHAR(3) NOT NULL DEFAULT 'USD';
ALTER TABLE operators ADD COLUMN units VARCHAR(10) NOT NULL DEFAULT 'imperial' CHECK (units IN ('imperial', 'metric'));
ALTER TABLE operators ADD COLUMN time_zone VARCHAR(64) NOT NULL DEFAULT 'UTC';
-- Who signs in by password gets in with a second factor only.
ALTER TABLE operators ADD COLUMN second_factor_required BOOLEAN NOT NULL DEFAULT false;
GRANT UPDATE (name, currency, units, time_zone, second_factor_required) ON operators TO spiral_app;

-- password_hash null: invited, or signs in elsewhere only. totp_secret: sealed with a key made of the master key, which
-- is not in this database; it counts from totp_since on. totp_last_step: the newest code used, no older one is taken.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE users ADD COLUMN email VARCHAR(254);
ALTER TABLE users ADD COLUMN password_changed_at TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN totp_secret BYTEA;
ALTER TABLE users ADD COLUMN totp_since TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN totp_last_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD CHECK (totp_since IS NULL OR totp_secret IS NOT NULL);
GRANT SELECT (email, password_changed_at, totp_secret, totp_since, totp_last_step) ON users TO spiral_app;
GRANT INSERT (operator_id, name, role, tags, email) ON users TO spiral_app;
GRANT UPDATE (role, tags, email, disabled_at, password_hash, password_changed_at, totp_secret, totp_since,
  totp_last_step) ON users TO spiral_app;

-- SHA-256 of codes of 80 random bits; each is taken once, which deletes it.
CREATE TABLE recovery_codes (
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_hash BYTEA NOT NULL,
  operator_id UUID NOT NULL REFERENCES operators (id),
  PRIMARY KEY (user_id, code_hash)
);
CALL protect_tenants('recovery_codes');
GRANT SELECT, INSERT, DELETE ON recovery_codes TO spiral_app;

-- Links by which a person sets a password without one: token_hash is SHA-256 of 256 random bits. Used once, deleted.
CREATE TABLE password_links (
  token_hash BYTEA PRIMARY KEY,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  operator_id UUID NOT NULL REFERENCES operators (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX password_links_user ON password_links (user_id);
CALL protect_tenants('password_links');
GRANT SELECT, INSERT, DELETE ON password_links TO spiral_app;

-- Who somebody is at an identity provider. Never found by e-mail: whoever owns an address there need not be ours.
CREATE TABLE user_identities (
  issuer VARCHAR(500) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  operator_id UUID NOT NULL REFERENCES operators (id),
  linked_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX user_identities_user ON user_identities (user_id);
CALL protect_tenants('user_identities');
GRANT SELECT, INSERT, DELETE ON user_identities TO spiral_app;

-- Failed sign-ins. A row is of a name (whether or not there is such a user) from one address, or from all of them; key
-- is a digest of these. Nobody but the functions below reads it.
CREATE TABLE sign_in_guards (
  key BYTEA PRIMARY KEY,
  failures INTEGER NOT NULL DEFAULT 0,
  last_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  blocked_until TIMESTAMPTZ,
  succeeded_at TIMESTAMPTZ
);
CREATE INDEX sign_in_guards_age ON sign_in_guards (last_at);

-- 2 s after one failure more than are free, doubling to a quarter of an hour, never more.
CREATE FUNCTION sign_in_pause(failures INTEGER, free INTEGER) RETURNS INTERVAL
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN failures <= free THEN interval '0'
    ELSE least(interval '900 seconds', interval '1 second' * 2 ^ least(failures - free, 10)) END
$$;

-- Asked before the password is looked at: null lets the attempt through and counts it as failed until it is known to be
-- right, so that attempts side by side count, too. Otherwise: until when it is of no use. Somebody at an address from
-- which he has signed in before is not held up by what others try elsewhere: nobody can lock him out from outside.
CREATE FUNCTION begin_sign_in(pair BYTEA, everywhere BYTEA, pair_free INTEGER, everywhere_free INTEGER)
  RETURNS TIMESTAMPTZ
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  whole sign_in_guards;
  own sign_in_guards;
  until TIMESTAMPTZ;
BEGIN
  INSERT INTO sign_in_guards (key) VALUES (everywhere) ON CONFLICT DO NOTHING;
  SELECT * INTO whole FROM sign_in_guards WHERE key = everywhere FOR UPDATE;
  INSERT INTO sign_in_guards (key) VALUES (pair) ON CONFLICT DO NOTHING;
  SELECT * INTO own FROM sign_in_guards WHERE key = pair FOR UPDATE;
  until := own.blocked_until;
  IF own.succeeded_at IS NULL THEN
    until := greatest(until, whole.blocked_until);
  END IF;
  IF until > now() THEN
    RETURN until;
  END IF;
  -- A day without failures forgets them.
  UPDATE sign_in_guards SET last_at = now(),
    failures = CASE WHEN last_at < now() - interval '1 day' THEN 1 ELSE failures + 1 END
  WHERE key IN (pair, everywhere);
  UPDATE sign_in_guards SET blocked_until = now() + sign_in_pause(failures, pair_free) WHERE key = pair;
  UPDATE sign_in_guards SET blocked_until = now() + sign_in_pause(failures, everywhere_free) WHERE key = everywhere;
  RETURN NULL;
END
$$;

-- The attempt was right. good: signed in, and known at this address from now on; otherwise only not counted (a password
-- that was right, with the second factor still to come).
CREATE FUNCTION end_sign_in(pair BYTEA, everywhere BYTEA, good BOOLEAN) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE sign_in_guards SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE key = everywhere;
  IF good THEN
    UPDATE sign_in_guards SET failures = 0, blocked_until = NULL, succeeded_at = now() WHERE key = pair;
    DELETE FROM sign_in_guards
    WHERE last_at < now() - interval '90 days' OR (succeeded_at IS NULL AND last_at < now() - interval '2 days');
  ELSE
    UPDATE sign_in_guards SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE key = pair;
  END IF;
END
$$;

-- The doors before an operator is known: one row each, by name, by session, by link, by identity.
DROP FUNCTION find_user;
CREATE FUNCTION find_user(wanted TEXT)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, tags TEXT[], operator_id UUID, operator_name VARCHAR,
    second_factor_required BOOLEAN, second_factor BOOLEAN, password_hash TEXT, totp_secret BYTEA, email VARCHAR)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.tags, u.operator_id, o.name, o.second_factor_required, u.totp_since IS NOT NULL,
    u.password_hash, u.totp_secret, u.email
  FROM users u JOIN operators o ON o.id = u.operator_id WHERE u.name = wanted AND u.disabled_at IS NULL
$$;

DROP FUNCTION find_session;
CREATE FUNCTION find_session(hash BYTEA)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, tags TEXT[], operator_id UUID, operator_name VARCHAR,
    second_factor_required BOOLEAN, second_factor BOOLEAN, session_id UUID, means VARCHAR, expires_at TIMESTAMPTZ)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.tags, s.operator_id, o.name, o.second_factor_required, u.totp_since IS NOT NULL, s.id,
    s.means, s.expires_at
  FROM sessions s JOIN users u ON u.id = s.user_id JOIN operators o ON o.id = s.operator_id
  WHERE s.token_hash = hash AND s.expires_at > now() AND u.disabled_at IS NULL
$$;

CREATE FUNCTION find_link(hash BYTEA) RETURNS TABLE (id UUID, name VARCHAR, operator_id UUID)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.operator_id FROM password_links l JOIN users u ON u.id = l.user_id
  WHERE l.token_hash = hash AND l.expires_at > now() AND u.disabled_at IS NULL
$$;

CREATE FUNCTION find_identity(wanted_issuer TEXT, wanted_subject TEXT)
  RETURNS TABLE (id UUID, name VARCHAR, role VARCHAR, tags TEXT[], operator_id UUID, operator_name VARCHAR,
    second_factor_required BOOLEAN, second_factor BOOLEAN)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT u.id, u.name, u.role, u.tags, u.operator_id, o.name, o.second_factor_required, u.totp_since IS NOT NULL
  FROM user_identities i JOIN users u ON u.id = i.user_id JOIN operators o ON o.id = u.operator_id
  WHERE i.issuer = wanted_issuer AND i.subject = wanted_subject AND u.disabled_at IS NULL
$$;

-- The giving side offers a machine and gets a code; whoever of another operator brings it has the machine. code_hash:
-- SHA-256 of 130 random bits.
CREATE TABLE machine_transfers (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  machine_id UUID NOT NULL REFERENCES machines (id),
  operator_id UUID NOT NULL REFERENCES operators (id),
  code_hash BYTEA NOT NULL UNIQUE,
  created_by UUID REFERENCES users (id),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,
  accepted_at TIMESTAMPTZ,
  withdrawn_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX machine_transfers_open ON machine_transfers (machine_id)
  WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CALL protect_tenants('machine_transfers');
GRANT SELECT (id, machine_id, operator_id, created_by, created_at, expires_at, accepted_at, withdrawn_at), INSERT,
  UPDATE (withdrawn_at) ON machine_transfers TO spiral_app;

REVOKE EXECUTE ON FUNCTION begin_sign_in, end_sign_in, find_user, find_session, find_link, find_identity FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_sign_in, end_sign_in, find_user, find_session, find_link, find_identity TO spiral_app;
