-- +goose Up

-- Who of those who are coached said that the coach did not come: from then on the coach alone does not change how the session ended.
-- It is settled once staff have decided.
ALTER TABLE coaching_sessions
    ADD COLUMN missed_by  uuid CONSTRAINT coaching_sessions_missed_by REFERENCES members,
    ADD COLUMN settled_at timestamptz;
CREATE INDEX coaching_sessions_of_missed ON coaching_sessions (missed_by) WHERE missed_by IS NOT NULL;

UPDATE coaching_sessions s SET missed_by = t.member_id FROM tasks t
    WHERE t.record_id = s.id AND t.kind = 'call' AND t.status = 'open' AND s.state = 'no_show_coach';

-- How many hours before their sessions people are reminded, and whether the coach is, too.
ALTER TABLE coaches
    ADD COLUMN reminder_hours integer[] NOT NULL DEFAULT '{24}'
        CONSTRAINT coaches_reminder_hours CHECK (cardinality(reminder_hours) BETWEEN 1 AND 3 AND 1 <= ALL (reminder_hours) AND 168 >= ALL (reminder_hours)),
    ADD COLUMN remind_coach boolean NOT NULL DEFAULT false;

-- +goose Down
ALTER TABLE coaches
    DROP COLUMN remind_coach,
    DROP COLUMN reminder_hours;
ALTER TABLE coaching_sessions
    DROP COLUMN settled_at,
    DROP COLUMN missed_by;
