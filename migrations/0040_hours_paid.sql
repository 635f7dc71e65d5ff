-- +goose Up

-- Those who certify coaches tell hours that are paid from hours pro bono. All that was held before this was said counts as pro bono,
-- until somebody corrects it.
ALTER TABLE coaches ADD COLUMN paid boolean NOT NULL DEFAULT false;
ALTER TABLE coaching_sessions ADD COLUMN paid boolean NOT NULL DEFAULT false; -- as it was when the session was written down

-- By which number a coach's log of hours calls a client: no name, and nobody else's ever, also when two records turn out to be one.
CREATE TABLE coach_clients (
    coach_id  uuid NOT NULL CONSTRAINT coach_clients_coach REFERENCES coaches,
    member_id uuid NOT NULL CONSTRAINT coach_clients_member REFERENCES members,
    number    integer NOT NULL CONSTRAINT coach_clients_number CHECK (number > 0),
    PRIMARY KEY (coach_id, member_id),
    CONSTRAINT coach_clients_once UNIQUE (coach_id, number)
);
CREATE INDEX coach_clients_of_member ON coach_clients (member_id);
INSERT INTO coach_clients (coach_id, member_id, number)
SELECT coach_id, member_id, row_number() OVER (PARTITION BY coach_id ORDER BY since, member_id)
FROM (SELECT s.coach_id, a.member_id, min(s.starts_at) AS since FROM coaching_sessions s JOIN coaching_attendance a ON a.session_id = s.id
    WHERE s.state = 'completed' AND coalesce(a.status, 'present') IN ('present', 'late') GROUP BY s.coach_id, a.member_id) held;

-- +goose Down
DROP TABLE coach_clients;
ALTER TABLE coaching_sessions DROP COLUMN paid;
ALTER TABLE coaches DROP COLUMN paid;
