-- +goose Up

-- The rooms of a venue. Whoever books a venue without a room books all of it.
CREATE TABLE rooms (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    venue_id      uuid NOT NULL CONSTRAINT rooms_venue REFERENCES venues,
    name          text NOT NULL CONSTRAINT rooms_name CHECK (btrim(name) <> ''),
    capacity      integer CONSTRAINT rooms_capacity CHECK (capacity > 0),
    accessibility text NOT NULL DEFAULT '',
    notes         text NOT NULL DEFAULT '', -- for staff
    archived_at   timestamptz,
    CONSTRAINT rooms_of UNIQUE (venue_id, id)
);
CREATE UNIQUE INDEX rooms_one_name ON rooms (venue_id, lower(name)) WHERE archived_at IS NULL;
CREATE INDEX rooms_by_name ON rooms (venue_id, (lower(name)), id);

-- A booking of a venue is of one room or, without a room, of all of it. As a range of rooms, one room is a point and all
-- of them the range without bounds, which is what nulls make of it: so the whole collides with every room, also with those
-- that are added later, and two rooms do not collide. What is no venue has no rooms, and is always booked whole.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);
ALTER TABLE commitments
    ADD COLUMN room_id uuid,
    ADD CONSTRAINT commitments_room FOREIGN KEY (resource_id, room_id) REFERENCES rooms (venue_id, id),
    ADD CONSTRAINT commitments_room_of_venue CHECK (room_id IS NULL OR resource_kind = 'venue'),
    DROP CONSTRAINT commitments_no_overlap;
ALTER TABLE commitments ADD CONSTRAINT commitments_no_overlap
    EXCLUDE USING gist (resource_kind WITH =, resource_id WITH =, during WITH &&, uuidrange(room_id, room_id, '[]') WITH &&);
CREATE INDEX commitments_of_room ON commitments (room_id, ends_at) WHERE room_id IS NOT NULL;

ALTER TABLE workshops
    ADD COLUMN is_public         boolean NOT NULL DEFAULT false, -- in the catalog that needs no sign-in
    ADD COLUMN room_id           uuid,
    ADD COLUMN decide_by         timestamptz, -- when staff decide whether it takes place with fewer than min_to_run
    ADD COLUMN ran_anyway_at     timestamptz, -- when they decided that it does
    ADD COLUMN run_anyway_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT workshops_room FOREIGN KEY (venue_id, room_id) REFERENCES rooms (venue_id, id),
    ADD CONSTRAINT workshops_room_of_venue CHECK (room_id IS NULL OR venue_id IS NOT NULL),
    ADD CONSTRAINT workshops_decide_by CHECK (decide_by IS NULL OR min_to_run IS NOT NULL);
CREATE INDEX workshops_in_room ON workshops (room_id) WHERE room_id IS NOT NULL;

-- A session with a venue of its own has the room beside it, or none; one without is where the workshop is, room and all.
ALTER TABLE workshop_sessions
    ADD COLUMN room_id uuid,
    ADD CONSTRAINT workshop_sessions_room FOREIGN KEY (venue_id, room_id) REFERENCES rooms (venue_id, id),
    ADD CONSTRAINT workshop_sessions_room_of_venue CHECK (room_id IS NULL OR venue_id IS NOT NULL);
CREATE INDEX workshop_sessions_in_room ON workshop_sessions (room_id) WHERE room_id IS NOT NULL;

-- +goose Down
ALTER TABLE workshop_sessions DROP COLUMN room_id;
ALTER TABLE workshops DROP COLUMN run_anyway_reason, DROP COLUMN ran_anyway_at, DROP COLUMN decide_by, DROP COLUMN room_id, DROP COLUMN is_public;
DELETE FROM commitments WHERE room_id IS NOT NULL;
ALTER TABLE commitments DROP CONSTRAINT commitments_no_overlap, DROP COLUMN room_id;
ALTER TABLE commitments ADD CONSTRAINT commitments_no_overlap EXCLUDE USING gist (resource_kind WITH =, resource_id WITH =, during WITH &&);
DROP TYPE uuidrange;
DROP TABLE rooms;
