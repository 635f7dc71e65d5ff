-- +goose Up

-- Who signs in. Every account is of exactly one member; a member may have none.
CREATE TABLE accounts (
    id                uuid PRIMARY KEY,
    version           integer NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    member_id         uuid NOT NULL CONSTRAINT accounts_of_member REFERENCES members,
    email             text NOT NULL CONSTRAINT accounts_email_plain CHECK (email = btrim(email) AND email LIKE '%_@_%'),
    password_hash     text CONSTRAINT accounts_password_hash CHECK (password_hash LIKE '$argon2id$v=19$%'),
    roles             text[] NOT NULL CONSTRAINT accounts_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['admin', 'coordinator', 'coach', 'facilitator',
                          'moderator', 'responder', 'privacy_officer', 'analyst', 'member']),
    status            text NOT NULL CONSTRAINT accounts_status CHECK (status IN ('active', 'suspended')),
    email_verified_at timestamptz,
    auth_changed_at   timestamptz NOT NULL, -- roles, status or password; the replicas reread what changed lately
    last_login_at     timestamptz,
    quiet_logins      boolean NOT NULL DEFAULT false,
    CONSTRAINT accounts_one_per_member UNIQUE (member_id)
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));
CREATE INDEX accounts_email_search ON accounts USING gin (folded(email) gin_trgm_ops);
CREATE INDEX accounts_with_role ON accounts USING gin (roles);
CREATE INDEX accounts_by_age ON accounts (created_at, id);
CREATE INDEX accounts_by_email ON accounts (email, id);
CREATE INDEX accounts_auth_changed ON accounts (auth_changed_at);

CREATE TABLE sessions (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL CONSTRAINT sessions_account REFERENCES accounts,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL, -- signing in, renewing and stepping up; access tokens touch no row
    expires_at   timestamptz NOT NULL, -- the latest end, whatever is used
    auth_time    timestamptz NOT NULL, -- when a password or factor was last given
    ended_at     timestamptz,
    end_reason   text CONSTRAINT sessions_end_reason CHECK (end_reason IN ('signed_out', 'ended_by_owner', 'password_changed', 'password_reset', 'suspended',
                     'refresh_reuse')),
    user_agent   text NOT NULL DEFAULT '',
    address      inet,
    CONSTRAINT sessions_ended CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_of_account ON sessions (account_id, created_at DESC, id DESC);
CREATE INDEX sessions_live ON sessions (account_id, last_used_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_lately ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX sessions_expired ON sessions (expires_at);

-- A refresh token is spent once. The successor is derived from it, so that a lost answer can be given again for a minute.
CREATE TABLE refresh_tokens (
    id           uuid PRIMARY KEY,
    session_id   uuid NOT NULL CONSTRAINT refresh_tokens_session REFERENCES sessions ON DELETE CASCADE,
    hash         bytea NOT NULL CONSTRAINT refresh_tokens_hash UNIQUE CONSTRAINT refresh_tokens_sha256 CHECK (octet_length(hash) = 32),
    issued_at    timestamptz NOT NULL,
    spent_at     timestamptz,
    successor_id uuid CONSTRAINT refresh_tokens_successor REFERENCES refresh_tokens ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT refresh_tokens_spent CHECK (successor_id IS NULL OR spent_at IS NOT NULL)
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_successors ON refresh_tokens (successor_id) WHERE successor_id IS NOT NULL;

-- A sign-up that waits for its address to be verified, or a forgotten password. The token in the mail is derived from the
-- id and the deployment's secret: nothing in this table opens anything. Nobody looks the address up when the row is made.
CREATE TABLE one_time_tokens (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CONSTRAINT one_time_tokens_kind CHECK (kind IN ('verify', 'reset')),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz,
    email         text NOT NULL,
    account_id    uuid CONSTRAINT one_time_tokens_account REFERENCES accounts,
    name          text,
    birth_date    date,
    password_hash text CONSTRAINT one_time_tokens_password_hash CHECK (password_hash LIKE '$argon2id$v=19$%'),
    CONSTRAINT one_time_tokens_sign_up CHECK (kind <> 'verify' OR used_at IS NOT NULL OR (name IS NOT NULL AND birth_date IS NOT NULL AND password_hash IS NOT NULL)),
    CONSTRAINT one_time_tokens_short CHECK (kind <> 'reset' OR expires_at <= created_at + interval '60 minutes')
);
CREATE INDEX one_time_tokens_of_account ON one_time_tokens (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX one_time_tokens_asked ON one_time_tokens (email, created_at);
CREATE INDEX one_time_tokens_expired ON one_time_tokens (expires_at);

CREATE TABLE invitations (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    email        text NOT NULL,
    name         text NOT NULL DEFAULT '',
    roles        text[] NOT NULL CONSTRAINT invitations_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['admin', 'coordinator', 'coach', 'facilitator',
                     'moderator', 'responder', 'privacy_officer', 'analyst', 'member']),
    member_id    uuid CONSTRAINT invitations_member REFERENCES members,
    invited_by   uuid NOT NULL CONSTRAINT invitations_invited_by REFERENCES members,
    expires_at   timestamptz NOT NULL,
    accepted_at  timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT invitations_one_end CHECK (accepted_at IS NULL OR withdrawn_at IS NULL),
    CONSTRAINT invitations_expiry CHECK (expires_at > created_at)
);
CREATE INDEX invitations_by_age ON invitations (created_at, id);
CREATE INDEX invitations_by_expiry ON invitations (expires_at, id);
CREATE INDEX invitations_email ON invitations (lower(email));
CREATE INDEX invitations_invited_by ON invitations (invited_by);
CREATE INDEX invitations_member ON invitations (member_id) WHERE member_id IS NOT NULL;

CREATE TABLE signing_keys (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    public     bytea NOT NULL CONSTRAINT signing_keys_ed25519 CHECK (octet_length(public) = 32),
    sealed     bytea NOT NULL,
    retired_at timestamptz
);
-- One key signs at a time: of two replicas that start at once, one makes it.
CREATE UNIQUE INDEX signing_keys_current ON signing_keys ((true)) WHERE retired_at IS NULL;

-- +goose Down
DROP TABLE signing_keys, invitations, one_time_tokens, refresh_tokens, sessions, accounts;
