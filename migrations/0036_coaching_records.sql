-- +goose Up

-- How long people wait for a coach is counted by when they asked.
CREATE INDEX engagements_requested ON engagements (requested_at);

-- Whose kin somebody is, is asked for each coach of a list, and at each look of staff. Without an index that begins with the member, the
-- planner takes the one of household_members_once for it, and reads all of it each time.
CREATE INDEX household_members_living ON household_members USING gist (member_id, daterange(starts_on, ends_on));

-- +goose Down
DROP INDEX household_members_living, engagements_requested;
