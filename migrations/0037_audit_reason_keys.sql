-- +goose NO TRANSACTION
-- +goose Up
-- A key is destroyed when nothing needs it. Every use case writes to the log, and none waits for this index to be built: it is made
-- without a lock, by itself. One that was interrupted leaves a useless index, which goes first.
DROP INDEX CONCURRENTLY IF EXISTS audit_log_of_reason_key;
CREATE INDEX CONCURRENTLY audit_log_of_reason_key ON audit_log (reason_key) WHERE reason_key IS NOT NULL;

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS audit_log_of_reason_key;
