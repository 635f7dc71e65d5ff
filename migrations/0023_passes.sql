-- +goose Up

-- A link that lets somebody in past the queue. The link itself is made from the id and a key of ours, and is stored nowhere.
CREATE TABLE workshop_passes (
    id          uuid PRIMARY KEY,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    workshop_id uuid NOT NULL CONSTRAINT workshop_passes_workshop REFERENCES workshops,
    label       text NOT NULL CONSTRAINT workshop_passes_label CHECK (btrim(label) <> '' AND char_length(label) <= 120),
    uses        integer NOT NULL CONSTRAINT workshop_passes_uses CHECK (uses BETWEEN 1 AND 200),
    used        integer NOT NULL DEFAULT 0, -- parties that registered with it; never given back
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    made_by     uuid NOT NULL CONSTRAINT workshop_passes_made_by REFERENCES members,
    member_id   uuid CONSTRAINT workshop_passes_member REFERENCES members, -- theirs alone
    address     text CONSTRAINT workshop_passes_address CHECK (char_length(address) <= 254), -- where it was mailed to, of somebody who is no member
    CONSTRAINT workshop_passes_not_overused CHECK (used BETWEEN 0 AND uses),
    CONSTRAINT workshop_passes_for_one CHECK (num_nonnulls(member_id, address) <= 1 AND (num_nonnulls(member_id, address) = 0 OR uses = 1))
);
CREATE INDEX workshop_passes_of_workshop ON workshop_passes (workshop_id, created_at, id);
CREATE INDEX workshop_passes_of_member ON workshop_passes (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX workshop_passes_maker ON workshop_passes (made_by);

ALTER TABLE registrations
    ADD COLUMN pass_id uuid CONSTRAINT registrations_pass REFERENCES workshop_passes,
    ADD COLUMN transferred_from uuid CONSTRAINT registrations_transferred_from REFERENCES registrations,
    ADD COLUMN transferred_to uuid CONSTRAINT registrations_transferred_to REFERENCES registrations,
    -- What it was when that which it is for was called off; only such a registration comes back by itself.
    ADD COLUMN called_off_as text CONSTRAINT registrations_called_off_as CHECK (called_off_as IN ('pending_approval', 'confirmed', 'waitlisted', 'offered')),
    ADD CONSTRAINT registrations_called_off CHECK (called_off_as IS NULL OR state = 'cancelled'),
    ADD CONSTRAINT registrations_transferred CHECK (transferred_to IS NULL OR transferred_to <> id);
CREATE INDEX registrations_by_pass ON registrations (pass_id) WHERE pass_id IS NOT NULL;
CREATE INDEX registrations_from ON registrations (transferred_from) WHERE transferred_from IS NOT NULL;
CREATE INDEX registrations_to ON registrations (transferred_to) WHERE transferred_to IS NOT NULL;
CREATE INDEX registrations_called_off_of ON registrations (workshop_id, session_id) WHERE called_off_as IS NOT NULL;
-- What waits for staff over all workshops, oldest first.
CREATE INDEX registrations_in_state ON registrations (state, created_at, id);
CREATE INDEX registrations_in_order ON registrations (created_at, id);

-- +goose Down
DROP INDEX registrations_in_order, registrations_in_state;
ALTER TABLE registrations DROP COLUMN called_off_as, DROP COLUMN transferred_to, DROP COLUMN transferred_from, DROP COLUMN pass_id;
DROP TABLE workshop_passes;
