-- +goose Up

-- Partners: the places that coordinators send people to, again and again.
CREATE TABLE referral_partners (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name       text NOT NULL CONSTRAINT referral_partners_name CHECK (btrim(name) <> '' AND char_length(name) <= 160),
    phone      text NOT NULL DEFAULT '' CONSTRAINT referral_partners_phone CHECK (char_length(phone) <= 40),
    url        text NOT NULL DEFAULT '' CONSTRAINT referral_partners_url CHECK (url = '' OR url ~ '^https?://'),
    needs      text[] NOT NULL DEFAULT '{}' CONSTRAINT referral_partners_needs CHECK (needs <@ ARRAY['housing', 'food', 'money', 'benefits', 'legal', 'employment',
                   'education', 'health', 'counseling', 'substance_use', 'family', 'child_care', 'transport', 'other']),
    region     text NOT NULL DEFAULT '' CONSTRAINT referral_partners_region CHECK (char_length(region) <= 80),
    note       text NOT NULL DEFAULT '' CONSTRAINT referral_partners_note CHECK (char_length(note) <= 500),
    active     boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX referral_partners_one ON referral_partners (folded(name), folded(region)) WHERE active;
CREATE INDEX referral_partners_by_name ON referral_partners ((folded(name)), id);
CREATE INDEX referral_partners_needs_of ON referral_partners USING gin (needs);

-- "Please call me." What was asked for, and each further time it was asked, is in help_request_asks.
CREATE TABLE help_requests (
    id                  uuid PRIMARY KEY,
    version             integer NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    member_id           uuid NOT NULL CONSTRAINT help_requests_member REFERENCES members,
    topic               text NOT NULL CONSTRAINT help_requests_topic CHECK (topic IN ('talk', 'practical', 'benefits', 'family', 'event', 'other')),
    channel             text NOT NULL CONSTRAINT help_requests_channel CHECK (channel IN ('call', 'text', 'email')),
    safe_from           text CONSTRAINT help_requests_safe_from CHECK (safe_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'), -- wall clock in time_zone
    safe_until          text CONSTRAINT help_requests_safe_until CHECK (safe_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    time_zone           text NOT NULL, -- IANA name, the member's when they asked
    status              text NOT NULL CONSTRAINT help_requests_status CHECK (status IN ('received', 'taken', 'answered', 'withdrawn', 'closed')),
    minor               boolean NOT NULL, -- under 18 when they asked
    asked_at            timestamptz NOT NULL, -- the last time
    due_at              timestamptz NOT NULL,
    escalations         integer NOT NULL DEFAULT 0,
    taken_by            uuid CONSTRAINT help_requests_taken_by REFERENCES members,
    taken_at            timestamptz,
    tried_at            timestamptz, -- the last attempt that reached nobody
    answered_at         timestamptz,
    ended_at            timestamptz,
    ended_by            uuid CONSTRAINT help_requests_ended_by REFERENCES members,
    guardian_told       boolean,
    guardian_decided_by uuid CONSTRAINT help_requests_guardian_decided_by REFERENCES members,
    guardian_decided_at timestamptz,
    guardian_reason     bytea CONSTRAINT help_requests_guardian_reason_sealed CHECK (octet_length(guardian_reason) >= 33 AND get_byte(guardian_reason, 0) = 1),
    guardian_reason_key uuid CONSTRAINT help_requests_guardian_reason_key REFERENCES subject_keys,
    CONSTRAINT help_requests_safe_pair CHECK ((safe_from IS NULL) = (safe_until IS NULL)),
    CONSTRAINT help_requests_taken CHECK ((taken_by IS NULL) = (taken_at IS NULL) AND (status <> 'taken' OR taken_by IS NOT NULL)),
    CONSTRAINT help_requests_ended CHECK ((status IN ('answered', 'withdrawn', 'closed')) = (ended_at IS NOT NULL)),
    CONSTRAINT help_requests_guardian CHECK ((guardian_told IS NULL) = (guardian_decided_at IS NULL) AND (guardian_told IS NULL OR minor)),
    CONSTRAINT help_requests_guardian_sealed CHECK ((guardian_reason IS NULL) = (guardian_reason_key IS NULL))
);
CREATE UNIQUE INDEX help_requests_one_live ON help_requests (member_id) WHERE status IN ('received', 'taken');
CREATE INDEX help_requests_of ON help_requests (member_id, created_at);
CREATE INDEX help_requests_queue ON help_requests (created_at, id) WHERE status IN ('received', 'taken');
CREATE INDEX help_requests_by_age ON help_requests (created_at, id);
CREATE INDEX help_requests_by_due ON help_requests (due_at, id);
CREATE INDEX help_requests_taker ON help_requests (taken_by, member_id) WHERE taken_by IS NOT NULL;

CREATE TABLE help_request_asks (
    id              uuid PRIMARY KEY,
    created_at      timestamptz NOT NULL,
    help_request_id uuid NOT NULL CONSTRAINT help_request_asks_request REFERENCES help_requests,
    member_id       uuid NOT NULL CONSTRAINT help_request_asks_member REFERENCES members,
    topic           text NOT NULL CONSTRAINT help_request_asks_topic CHECK (topic IN ('talk', 'practical', 'benefits', 'family', 'event', 'other')),
    note            bytea CONSTRAINT help_request_asks_note_sealed CHECK (octet_length(note) >= 33 AND get_byte(note, 0) = 1),
    note_key        uuid CONSTRAINT help_request_asks_note_key REFERENCES subject_keys,
    CONSTRAINT help_request_asks_sealed CHECK ((note IS NULL) = (note_key IS NULL))
);
CREATE INDEX help_request_asks_of ON help_request_asks (help_request_id, created_at, id);
CREATE INDEX help_request_asks_by ON help_request_asks (member_id);

-- A call, text, mail or visit. A correction keeps the row and its id; the words it replaces stay as a row that names it.
CREATE TABLE contacts (
    id              uuid PRIMARY KEY,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    member_id       uuid NOT NULL CONSTRAINT contacts_member REFERENCES members,
    kind            text NOT NULL CONSTRAINT contacts_kind CHECK (kind IN ('call', 'text', 'mail', 'visit')),
    direction       text NOT NULL CONSTRAINT contacts_direction CHECK (direction IN ('in', 'out')),
    at              timestamptz NOT NULL,
    by_id           uuid NOT NULL CONSTRAINT contacts_by REFERENCES members,
    outcome         text NOT NULL CONSTRAINT contacts_outcome CHECK (outcome IN ('reached', 'left_message', 'no_answer', 'wrong_number', 'declined', 'other')),
    line            text NOT NULL CONSTRAINT contacts_line CHECK (char_length(line) <= 280),
    next_step       text CONSTRAINT contacts_next_step CHECK (char_length(next_step) <= 200),
    follow_up_at    timestamptz,
    help_request_id uuid CONSTRAINT contacts_help_request REFERENCES help_requests,
    superseded_by   uuid CONSTRAINT contacts_superseded_by REFERENCES contacts,
    superseded_at   timestamptz,
    voided_at       timestamptz,
    voided_by       uuid CONSTRAINT contacts_voided_by REFERENCES members,
    void_reason     text CONSTRAINT contacts_void_reason CHECK (char_length(void_reason) <= 1000),
    CONSTRAINT contacts_superseded CHECK ((superseded_by IS NULL) = (superseded_at IS NULL) AND superseded_by <> id),
    CONSTRAINT contacts_voided CHECK ((voided_at IS NULL) = (voided_by IS NULL))
);
CREATE INDEX contacts_of ON contacts (member_id, at, id) WHERE superseded_by IS NULL;
CREATE INDEX contacts_all_of ON contacts (member_id);
CREATE INDEX contacts_by_whom ON contacts (by_id, at);
CREATE INDEX contacts_earlier ON contacts (superseded_by, superseded_at) WHERE superseded_by IS NOT NULL;
CREATE INDEX contacts_of_request ON contacts (help_request_id) WHERE help_request_id IS NOT NULL;

CREATE TABLE referrals (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    member_id    uuid NOT NULL CONSTRAINT referrals_member REFERENCES members,
    partner_id   uuid CONSTRAINT referrals_partner REFERENCES referral_partners,
    to_name      text NOT NULL CONSTRAINT referrals_to_name CHECK (char_length(to_name) <= 160),
    to_phone     text NOT NULL DEFAULT '' CONSTRAINT referrals_to_phone CHECK (char_length(to_phone) <= 40),
    to_url       text NOT NULL DEFAULT '' CONSTRAINT referrals_to_url CHECK (to_url = '' OR to_url ~ '^https?://'),
    need         text NOT NULL CONSTRAINT referrals_need CHECK (need IN ('housing', 'food', 'money', 'benefits', 'legal', 'employment', 'education', 'health',
                     'counseling', 'substance_use', 'family', 'child_care', 'transport', 'other')),
    need_text    text NOT NULL DEFAULT '' CONSTRAINT referrals_need_text CHECK (char_length(need_text) <= 280),
    how          text NOT NULL CONSTRAINT referrals_how CHECK (how IN ('warm', 'information')),
    status       text NOT NULL CONSTRAINT referrals_status CHECK (status IN ('offered', 'accepted', 'connected', 'not_connected', 'declined')),
    by_id        uuid CONSTRAINT referrals_by REFERENCES members,
    released_at  timestamptz, -- warm: when a consent to pass data on was on file
    answered_at  timestamptz, -- accepted or declined
    closed_at    timestamptz,
    closed_by    uuid CONSTRAINT referrals_closed_by REFERENCES members,
    reason       text CONSTRAINT referrals_reason CHECK (char_length(reason) <= 1000),
    follow_up_at timestamptz,
    CONSTRAINT referrals_closed CHECK ((status IN ('connected', 'not_connected', 'declined')) = (closed_at IS NOT NULL)),
    CONSTRAINT referrals_released CHECK (released_at IS NULL OR how = 'warm')
);
CREATE INDEX referrals_of ON referrals (member_id, created_at, id);
CREATE INDEX referrals_by_age ON referrals (created_at, id);
CREATE INDEX referrals_follow_up ON referrals ((coalesce(follow_up_at, 'infinity'::timestamptz)), id);
CREATE INDEX referrals_of_partner ON referrals (partner_id) WHERE partner_id IS NOT NULL;

-- How far the holder was warned of the end of a credential: 0 not yet, 1 a month before, 2 a week before, 3 it has lapsed.
ALTER TABLE credentials ADD COLUMN warned integer NOT NULL DEFAULT 0 CONSTRAINT credentials_warned CHECK (warned BETWEEN 0 AND 3);
CREATE INDEX credentials_to_warn ON credentials (expires_on, id) WHERE revoked_at IS NULL AND warned < 3;
CREATE INDEX credentials_by_expiry ON credentials (expires_on, id);

-- What somebody did is asked for as well as what waits for them.
DROP INDEX tasks_owner_due;
CREATE INDEX tasks_owned ON tasks (owner_id, due_at, id) WHERE owner_id IS NOT NULL;

-- +goose Down
DROP INDEX tasks_owned;
CREATE INDEX tasks_owner_due ON tasks (owner_id, due_at, id) WHERE status IN ('open', 'snoozed');
DROP INDEX credentials_by_expiry, credentials_to_warn;
ALTER TABLE credentials DROP COLUMN warned;
DROP TABLE referrals, contacts, help_request_asks, help_requests, referral_partners;
