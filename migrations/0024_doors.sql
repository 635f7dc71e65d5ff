-- +goose Up

-- station is which door or desk scanned. by_hand: staff found the person by name, no code was read.
ALTER TABLE check_ins
    ADD COLUMN station text NOT NULL DEFAULT '' CONSTRAINT check_ins_station CHECK (char_length(station) <= 40),
    ADD COLUMN by_hand boolean NOT NULL DEFAULT false;

-- Who came without a registration has one from then on: walk_in_session_id is where they came to the door.
ALTER TABLE registrations
    ADD COLUMN source text NOT NULL DEFAULT 'registered' CONSTRAINT registrations_source CHECK (source IN ('registered', 'walk_in')),
    ADD COLUMN walk_in_session_id uuid,
    ADD CONSTRAINT registrations_walk_in_session FOREIGN KEY (workshop_id, walk_in_session_id) REFERENCES workshop_sessions (workshop_id, id),
    ADD CONSTRAINT registrations_walked_in CHECK ((source = 'walk_in') = (walk_in_session_id IS NOT NULL));
CREATE INDEX registrations_walk_ins ON registrations (walk_in_session_id, id) WHERE walk_in_session_id IS NOT NULL;

-- Somebody whom staff let in although no seat was free. They sit beyond the pool: its counters never count them.
ALTER TABLE attendees ADD COLUMN beyond boolean NOT NULL DEFAULT false;

-- How many people were at an open event, counted by looking: contacts, never unduplicated people. One row per session,
-- corrected in place.
CREATE TABLE head_counts (
    session_id      uuid PRIMARY KEY CONSTRAINT head_counts_session REFERENCES workshop_sessions,
    version         integer NOT NULL,
    veterans        integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_veterans CHECK (veterans BETWEEN 0 AND 100000),
    service_members integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_service_members CHECK (service_members BETWEEN 0 AND 100000),
    family          integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_family CHECK (family BETWEEN 0 AND 100000),
    children        integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_children CHECK (children BETWEEN 0 AND 100000),
    supporters      integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_supporters CHECK (supporters BETWEEN 0 AND 100000),
    unknown         integer NOT NULL DEFAULT 0 CONSTRAINT head_counts_unknown CHECK (unknown BETWEEN 0 AND 100000),
    total           integer NOT NULL GENERATED ALWAYS AS (veterans + service_members + family + children + supporters + unknown) STORED,
    note            text NOT NULL DEFAULT '' CONSTRAINT head_counts_note CHECK (char_length(note) <= 500),
    recorded_by     uuid NOT NULL CONSTRAINT head_counts_recorded_by REFERENCES members,
    recorded_at     timestamptz NOT NULL
);
CREATE INDEX head_counts_by ON head_counts (recorded_by);

-- +goose Down
DROP TABLE head_counts;
ALTER TABLE attendees DROP COLUMN beyond;
ALTER TABLE registrations DROP COLUMN walk_in_session_id, DROP COLUMN source;
ALTER TABLE check_ins DROP COLUMN by_hand, DROP COLUMN station;
