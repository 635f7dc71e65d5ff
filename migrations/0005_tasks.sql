-- +goose Up

-- Work that somebody here has to do, about a member or a record.
CREATE TABLE tasks (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    kind          text NOT NULL,
    title         text NOT NULL,
    member_id     uuid CONSTRAINT tasks_member REFERENCES members,
    record        text NOT NULL DEFAULT '',
    record_id     uuid,
    queue         text NOT NULL CONSTRAINT tasks_queue CHECK (queue IN ('admins', 'coordinators', 'coaches', 'facilitators', 'moderators', 'responders')),
    owner_id      uuid CONSTRAINT tasks_owner REFERENCES members,
    due_at        timestamptz NOT NULL,
    status        text NOT NULL CONSTRAINT tasks_status CHECK (status IN ('open', 'snoozed', 'done', 'dropped')),
    snoozed_until timestamptz,
    outcome       text,
    reason        text,
    closed_at     timestamptz,
    closed_by     uuid CONSTRAINT tasks_closed_by REFERENCES members,
    CONSTRAINT tasks_of_record CHECK ((record = '') = (record_id IS NULL)),
    CONSTRAINT tasks_snoozed CHECK ((status = 'snoozed') = (snoozed_until IS NOT NULL)),
    CONSTRAINT tasks_closed CHECK ((status IN ('done', 'dropped')) = (closed_at IS NOT NULL))
);
-- The same thing twice is one task, whoever finds it first.
CREATE UNIQUE INDEX tasks_one_live ON tasks (record, record_id, kind, member_id) NULLS NOT DISTINCT WHERE status IN ('open', 'snoozed') AND record <> '';
CREATE INDEX tasks_queue_due ON tasks (queue, due_at, id) WHERE status IN ('open', 'snoozed');
CREATE INDEX tasks_owner_due ON tasks (owner_id, due_at, id) WHERE status IN ('open', 'snoozed');
CREATE INDEX tasks_by_due ON tasks (due_at, id);
CREATE INDEX tasks_by_age ON tasks (created_at, id);
CREATE INDEX tasks_about ON tasks (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX tasks_record ON tasks (record, record_id) WHERE record <> '';

-- +goose Down
DROP TABLE tasks;
