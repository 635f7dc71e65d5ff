-- +goose Up

-- The group of everything the running server may do. Members of it hold the login.
-- A role belongs to the cluster, not to the database: an operator, or another database here, may have made it.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'homefront_runtime') THEN
        CREATE ROLE homefront_runtime NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
-- +goose StatementEnd

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gist;

GRANT USAGE ON SCHEMA public TO homefront_runtime;
GRANT SELECT ON goose_db_version TO homefront_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO homefront_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO homefront_runtime;

-- What search compares: no case, no accents. unaccent itself is only STABLE, since its dictionary could change;
-- naming the dictionary makes the wrapper safe to index.
-- +goose StatementBegin
CREATE FUNCTION folded(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;
-- +goose StatementEnd

CREATE TABLE audit_log (
    id           uuid PRIMARY KEY,
    at           timestamptz NOT NULL,
    xid          xid8 NOT NULL DEFAULT pg_current_xact_id(),
    actor_kind   text NOT NULL CHECK (actor_kind IN ('account', 'system', 'anonymous')),
    actor_name   text NOT NULL DEFAULT '',
    account_id   uuid,
    member_id    uuid,
    session_id   uuid,
    roles        text[] NOT NULL DEFAULT '{}',
    action       text NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('done', 'read', 'not_found', 'refused')),
    objects      uuid[] NOT NULL DEFAULT '{}',
    subjects     uuid[] NOT NULL DEFAULT '{}',
    changes      jsonb NOT NULL DEFAULT '[]',
    reason       bytea CHECK (reason IS NULL OR (octet_length(reason) >= 33 AND get_byte(reason, 0) = 1)),
    reason_key   uuid,
    request_id   text NOT NULL DEFAULT '',
    address      inet
);
CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_account ON audit_log (account_id, at DESC, id DESC);
CREATE INDEX audit_log_action ON audit_log (action, at DESC, id DESC);
CREATE INDEX audit_log_objects ON audit_log USING gin (objects);
CREATE INDEX audit_log_subjects ON audit_log USING gin (subjects);

-- The hash chain over the log, laid by the sealer in batches: a chain head locked by every writer would serialize all writes.
CREATE TABLE audit_chain (
    seq      bigint PRIMARY KEY,
    audit_id uuid NOT NULL UNIQUE,
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32)
);
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log, audit_chain FROM homefront_runtime;

CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL,
    method     text NOT NULL,
    path       text NOT NULL,
    key        text NOT NULL,
    body_mac   bytea NOT NULL,
    answer     jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, method, path, key)
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- GCRA: one timestamp a key. Unlogged: a crash forgives everyone, which is the right way to fail for a limit.
CREATE UNLOGGED TABLE rate_limits (
    key bytea PRIMARY KEY,
    tat timestamptz NOT NULL
);
CREATE INDEX rate_limits_tat ON rate_limits (tat);

CREATE TABLE subject_keys (
    id           uuid PRIMARY KEY,
    member_id    uuid NOT NULL,
    wrapped      bytea,
    current      boolean NOT NULL DEFAULT true, -- a merge leaves the winner several keys, one of them for new text
    created_at   timestamptz NOT NULL,
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX subject_keys_current ON subject_keys (member_id) WHERE current AND destroyed_at IS NULL;
CREATE INDEX subject_keys_member ON subject_keys (member_id);

-- +goose Down
DROP TABLE subject_keys, rate_limits, idempotency_keys, audit_chain, audit_log;
DROP FUNCTION folded(text);
