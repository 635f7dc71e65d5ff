-- +goose Up

-- Others whom a task concerns: who is close to one of them does not see it.
ALTER TABLE tasks ADD COLUMN also_about uuid[] NOT NULL DEFAULT '{}';
CREATE INDEX tasks_also_about ON tasks USING gin (also_about) WHERE also_about <> '{}';

-- +goose Down
DROP INDEX tasks_also_about;
ALTER TABLE tasks DROP COLUMN also_about;
