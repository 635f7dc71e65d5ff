-- +goose Up

-- By when somebody who waits for a coach hears from us, as they were told.
ALTER TABLE engagements ADD COLUMN answer_by timestamptz;
UPDATE engagements SET answer_by = requested_at + interval '48 hours' WHERE state = 'requested';

-- +goose Down
ALTER TABLE engagements DROP COLUMN answer_by;
