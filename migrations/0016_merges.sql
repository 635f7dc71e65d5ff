-- +goose Up

-- What the search for duplicates looks people up by, beside e-mail and phone: how the two names sound, when they were born, where
-- they live.
CREATE INDEX members_by_sound ON members (dmetaphone(folded(family_name)), dmetaphone(folded(given_name))) WHERE status <> 'merged';
CREATE INDEX members_born_on ON members (birth_date) WHERE birth_date IS NOT NULL AND status <> 'merged';
CREATE INDEX members_living_at ON members (folded(address_line1), postal_code) WHERE address_line1 <> '' AND status <> 'merged';

-- Two records that may be one person. first_id is the smaller id: the two are one pair whichever is found first.
CREATE TABLE duplicate_pairs (
    id             uuid PRIMARY KEY,
    first_id       uuid NOT NULL CONSTRAINT duplicate_pairs_first REFERENCES members,
    second_id      uuid NOT NULL CONSTRAINT duplicate_pairs_second REFERENCES members,
    score          integer NOT NULL CONSTRAINT duplicate_pairs_score CHECK (score BETWEEN 0 AND 100),
    reasons        text[] NOT NULL,
    status         text NOT NULL CONSTRAINT duplicate_pairs_status CHECK (status IN ('open', 'dismissed', 'merged')),
    found_at       timestamptz NOT NULL, -- when it last became open
    closed_at      timestamptz,
    closed_by      uuid CONSTRAINT duplicate_pairs_closed_by REFERENCES members,
    CONSTRAINT duplicate_pairs_order CHECK (first_id < second_id),
    CONSTRAINT duplicate_pairs_once UNIQUE (first_id, second_id),
    CONSTRAINT duplicate_pairs_closed CHECK ((status = 'open') = (closed_at IS NULL))
);
CREATE INDEX duplicate_pairs_by_score ON duplicate_pairs (status, score DESC, id DESC);
CREATE INDEX duplicate_pairs_by_age ON duplicate_pairs (status, found_at, id);
CREATE INDEX duplicate_pairs_of_second ON duplicate_pairs (second_id);
CREATE INDEX duplicate_pairs_closed_of ON duplicate_pairs (closed_by) WHERE closed_by IS NOT NULL;

-- How far the search has come through the members, in the order in which they changed. One row.
CREATE TABLE duplicate_scans (
    id         integer PRIMARY KEY CONSTRAINT duplicate_scans_one CHECK (id = 1),
    changed_at timestamptz NOT NULL,
    member_id  uuid NOT NULL -- the last one looked at; a place in the order, not a reference
);
INSERT INTO duplicate_scans VALUES (1, '0001-01-01T00:00:00Z', '00000000-0000-0000-0000-000000000000');

-- That two records were one person: what the losing one was, and until when this can be taken back.
CREATE TABLE merges (
    id            uuid PRIMARY KEY,
    winner_id     uuid NOT NULL CONSTRAINT merges_winner REFERENCES members,
    loser_id      uuid NOT NULL CONSTRAINT merges_loser REFERENCES members,
    merged_by     uuid NOT NULL CONSTRAINT merges_merged_by REFERENCES members,
    merged_at     timestamptz NOT NULL,
    undo_until    timestamptz NOT NULL,
    undone_at     timestamptz,
    undone_by     uuid CONSTRAINT merges_undone_by REFERENCES members,
    fields        text[] NOT NULL DEFAULT '{}', -- of the winner's record, that took the loser's value
    loser_before  jsonb NOT NULL, -- the losing row as it was
    CONSTRAINT merges_two CHECK (winner_id <> loser_id),
    CONSTRAINT merges_undone CHECK ((undone_at IS NULL) = (undone_by IS NULL))
);
CREATE UNIQUE INDEX merges_one_live ON merges (loser_id) WHERE undone_at IS NULL;
CREATE INDEX merges_by_age ON merges (merged_at, id);
CREATE INDEX merges_of_winner ON merges (winner_id);
CREATE INDEX merges_of_loser ON merges (loser_id);
CREATE INDEX merges_by ON merges (merged_by);
CREATE INDEX merges_undone_of ON merges (undone_by) WHERE undone_by IS NOT NULL;

-- What a merge did to one column of one row. column_name is empty where the row itself was changed, superseded or taken out
-- (removed); then the values before, and after, stand beside it.
CREATE TABLE merge_moves (
    merge_id    uuid NOT NULL CONSTRAINT merge_moves_merge REFERENCES merges,
    seq         integer NOT NULL,
    table_name  text NOT NULL,
    row_id      uuid NOT NULL,
    column_name text NOT NULL DEFAULT '',
    what        text NOT NULL CONSTRAINT merge_moves_what CHECK (what IN ('moved', 'changed', 'superseded', 'removed', 'kept')),
    before      jsonb,
    after       jsonb,
    undone      text CONSTRAINT merge_moves_undone CHECK (undone IN ('restored', 'left')),
    PRIMARY KEY (merge_id, seq)
);

-- A registration whose person turned out to have another in the same place.
ALTER TABLE registrations DROP CONSTRAINT registrations_state, DROP CONSTRAINT registrations_closed;
ALTER TABLE registrations
    ADD CONSTRAINT registrations_state CHECK (state IN ('pending_approval', 'confirmed', 'waitlisted', 'offered', 'cancelled', 'declined', 'expired', 'superseded')),
    ADD CONSTRAINT registrations_closed CHECK ((state IN ('cancelled', 'declined', 'expired', 'superseded')) = (closed_at IS NOT NULL));

ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason CHECK (end_reason IN ('signed_out', 'ended_by_owner', 'password_changed', 'password_reset', 'suspended',
    'refresh_reuse', 'merged'));

-- +goose Down
UPDATE sessions SET end_reason = 'suspended' WHERE end_reason = 'merged';
ALTER TABLE sessions DROP CONSTRAINT sessions_end_reason;
ALTER TABLE sessions ADD CONSTRAINT sessions_end_reason CHECK (end_reason IN ('signed_out', 'ended_by_owner', 'password_changed', 'password_reset', 'suspended',
    'refresh_reuse'));
UPDATE registrations SET state = 'cancelled' WHERE state = 'superseded';
ALTER TABLE registrations DROP CONSTRAINT registrations_state, DROP CONSTRAINT registrations_closed;
ALTER TABLE registrations
    ADD CONSTRAINT registrations_state CHECK (state IN ('pending_approval', 'confirmed', 'waitlisted', 'offered', 'cancelled', 'declined', 'expired')),
    ADD CONSTRAINT registrations_closed CHECK ((state IN ('cancelled', 'declined', 'expired')) = (closed_at IS NOT NULL));
DROP TABLE merge_moves, merges, duplicate_scans, duplicate_pairs;
DROP INDEX members_living_at, members_born_on, members_by_sound;
