-- +goose Up

-- What somebody told us of a member's death. It counts once a second member of staff has confirmed it, and can be taken back.
CREATE TABLE deaths (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    member_id    uuid NOT NULL CONSTRAINT deaths_member REFERENCES members,
    status       text NOT NULL CONSTRAINT deaths_status CHECK (status IN ('reported', 'confirmed', 'withdrawn', 'reversed')),
    died_on      date,
    source       bytea NOT NULL CONSTRAINT deaths_source_sealed CHECK (octet_length(source) >= 33 AND get_byte(source, 0) = 1), -- who told us; of the member's key
    source_key   uuid NOT NULL,
    reported_by  uuid NOT NULL CONSTRAINT deaths_reported_by REFERENCES members,
    reported_at  timestamptz NOT NULL,
    confirmed_by uuid CONSTRAINT deaths_confirmed_by REFERENCES members,
    confirmed_at timestamptz,
    closed_by    uuid CONSTRAINT deaths_closed_by REFERENCES members, -- who withdrew or reversed it
    closed_at    timestamptz,
    CONSTRAINT deaths_two_staff CHECK (confirmed_by <> reported_by AND reported_by <> member_id AND confirmed_by <> member_id),
    CONSTRAINT deaths_confirmed CHECK ((status IN ('confirmed', 'reversed')) = (confirmed_at IS NOT NULL) AND (confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CONSTRAINT deaths_closed CHECK ((status IN ('withdrawn', 'reversed')) = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL))
);
CREATE UNIQUE INDEX deaths_one_live ON deaths (member_id) WHERE status IN ('reported', 'confirmed');
CREATE INDEX deaths_of ON deaths (member_id, reported_at DESC, id DESC);
CREATE INDEX deaths_by_report ON deaths (reported_at, id);

-- What a confirmed death ended, row by row, so that it can be given back.
CREATE TABLE death_effects (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL,
    death_id   uuid NOT NULL CONSTRAINT death_effects_death REFERENCES deaths,
    place      integer NOT NULL, -- in the order in which they happened
    record     text NOT NULL, -- the kind of record: registration, account, …
    record_id  uuid NOT NULL,
    action     text NOT NULL CONSTRAINT death_effects_action CHECK (action IN ('ended', 'left', 'handed_back', 'opened', 'to_staff')),
    before     jsonb NOT NULL DEFAULT '{}', -- what must be known to give it back: states, times and ids
    outcome    text CONSTRAINT death_effects_outcome CHECK (outcome IN ('given_back', 'waitlisted', 'settled', 'not_possible')),
    undone_at  timestamptz,
    CONSTRAINT death_effects_undone CHECK ((outcome IS NULL) = (undone_at IS NULL)),
    CONSTRAINT death_effects_in_order UNIQUE (death_id, place)
);
CREATE INDEX death_effects_on ON death_effects (record_id);

-- Both ways to ask for the life of one person's rows that the timeline and the first screen read.
CREATE INDEX registrations_led_live ON registrations (lead_member_id) WHERE live;
CREATE INDEX household_members_by_change ON household_members (member_id, created_at DESC);

-- +goose Down
DROP INDEX household_members_by_change, registrations_led_live;
DROP TABLE death_effects, deaths;
