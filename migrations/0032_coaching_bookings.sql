-- +goose Up

-- Why a session was called off, sealed under the key of the person whose reason it is. Who wrote it reads it, and its coach.
ALTER TABLE coaching_sessions
    ADD COLUMN reason     bytea CONSTRAINT coaching_sessions_reason_sealed CHECK (octet_length(reason) >= 33 AND get_byte(reason, 0) = 1),
    ADD COLUMN reason_key uuid CONSTRAINT coaching_sessions_reason_key REFERENCES subject_keys,
    ADD COLUMN reason_by  uuid CONSTRAINT coaching_sessions_reason_by REFERENCES members,
    ADD CONSTRAINT coaching_sessions_reason_whole CHECK ((reason IS NULL) = (reason_key IS NULL) AND (reason IS NULL) = (reason_by IS NULL));
CREATE INDEX coaching_sessions_of_reason_key ON coaching_sessions (reason_key) WHERE reason_key IS NOT NULL;
CREATE INDEX coaching_sessions_of_reason_by ON coaching_sessions (reason_by) WHERE reason_by IS NOT NULL;

-- +goose Down
ALTER TABLE coaching_sessions
    DROP CONSTRAINT coaching_sessions_reason_whole,
    DROP COLUMN reason_by,
    DROP COLUMN reason_key,
    DROP COLUMN reason;
