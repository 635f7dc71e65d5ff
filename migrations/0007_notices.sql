-- +goose Up

-- One row per mail, and what the inbox shows. Its job says only which row; the row says everything else.
CREATE TABLE messages (
    id          uuid PRIMARY KEY,
    member_id   uuid CONSTRAINT messages_member REFERENCES members,
    address     text NOT NULL DEFAULT '' CONSTRAINT messages_address_length CHECK (char_length(address) <= 254),
    sent_to     text NOT NULL DEFAULT '' CONSTRAINT messages_sent_to_length CHECK (char_length(sent_to) <= 254),
    name        text NOT NULL DEFAULT '' CONSTRAINT messages_name_length CHECK (char_length(name) <= 200),
    event       text NOT NULL,
    channel     text NOT NULL DEFAULT 'email' CONSTRAINT messages_channel CHECK (channel IN ('email', 'in_app')),
    state       text NOT NULL DEFAULT 'queued'
                CONSTRAINT messages_state CHECK (state IN ('queued', 'sending', 'sent', 'bounced', 'abandoned', 'skipped', 'recalled')),
    key         text CONSTRAINT messages_key_length CHECK (char_length(key) BETWEEN 1 AND 200),
    record      text NOT NULL DEFAULT '',
    record_id   uuid,
    data        jsonb NOT NULL DEFAULT '{}',
    calendar    jsonb,
    language    text NOT NULL DEFAULT '',
    neutral     boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL,
    send_after  timestamptz NOT NULL,
    claimed_at  timestamptz,
    sent_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0 CONSTRAINT messages_attempts CHECK (attempts >= 0),
    last_error  text NOT NULL DEFAULT '' CONSTRAINT messages_last_error_length CHECK (char_length(last_error) <= 200),
    read_at     timestamptz,
    purged_at   timestamptz,
    CONSTRAINT messages_to_somebody CHECK (member_id IS NOT NULL OR address <> '' OR purged_at IS NOT NULL),
    CONSTRAINT messages_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT messages_claimed CHECK (state <> 'sending' OR claimed_at IS NOT NULL)
);
CREATE UNIQUE INDEX messages_one_per_key ON messages (key) WHERE key IS NOT NULL;
CREATE INDEX messages_inbox ON messages (member_id, created_at DESC, id DESC);
CREATE INDEX messages_created ON messages (created_at DESC, id DESC);
CREATE INDEX messages_unpurged ON messages (created_at) WHERE purged_at IS NULL;
-- Nearly all are sent or about to be; the others are what an admin looks for.
CREATE INDEX messages_fate ON messages (state, created_at DESC, id DESC) WHERE state NOT IN ('queued', 'sent');
CREATE INDEX messages_queued ON messages (send_after) WHERE state = 'queued';
CREATE INDEX messages_recall ON messages (record_id) WHERE state = 'queued';

-- How often mail to an address was refused for good since it was last taken. The address is an HMAC: the table names nobody,
-- and outlives the erasure of a person, whose address must stay stopped.
CREATE TABLE bounces (
    address_mac bytea PRIMARY KEY CONSTRAINT bounces_mac_length CHECK (octet_length(address_mac) = 32),
    count       integer NOT NULL CONSTRAINT bounces_count CHECK (count > 0),
    last_at     timestamptz NOT NULL
);

-- +goose Down
DROP TABLE bounces, messages;
