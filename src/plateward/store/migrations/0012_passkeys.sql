-- Passkeys: signing in with a device instead of a link.

SET LOCAL search_path = plateward;

CREATE TABLE passkeys (
    credential_id bytea PRIMARY KEY,
    user_id text NOT NULL REFERENCES users,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL CHECK (sign_count >= 0),
    name text NOT NULL,
    made_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);
COMMENT ON TABLE passkeys IS 'Public halves of the passkeys that people sign in with.';

CREATE TABLE passkey_challenges (
    challenge bytea PRIMARY KEY CHECK (length(challenge) = 32),
    user_id text REFERENCES users, -- NULL: to sign in, by whoever can
    expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys, passkey_challenges TO plateward_node;
