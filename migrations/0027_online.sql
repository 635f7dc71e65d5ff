-- +goose Up

-- Where a session takes place online: at an address that the planner wrote down, or in a room of our own Jitsi. A session
-- with neither a room kind nor an address of its own takes the workshop's. The room's name follows from the session and
-- how often its room was renewed: then it is another room.
ALTER TABLE workshops
    ADD COLUMN online_room text NOT NULL DEFAULT 'url' CONSTRAINT workshops_online_room CHECK (online_room IN ('url', 'jitsi'));
ALTER TABLE workshop_sessions
    ADD COLUMN online_room text CONSTRAINT workshop_sessions_online_room CHECK (online_room IN ('url', 'jitsi')),
    ADD COLUMN room_renewals integer NOT NULL DEFAULT 0 CONSTRAINT workshop_sessions_room_renewals CHECK (room_renewals >= 0);

-- The catalog for everybody reads a page of this index in order; what is over costs no look at the table.
CREATE INDEX workshops_for_all ON workshops (starts_at, id, ends_at) WHERE visibility = 'published' AND is_public;

-- +goose Down
DROP INDEX workshops_for_all;
ALTER TABLE workshop_sessions DROP COLUMN room_renewals, DROP COLUMN online_room;
ALTER TABLE workshops DROP COLUMN online_room;
