-- +goose Up
-- What was signed never changes again, whoever asks. Its ciphertext moves from a key that was retired to another one, or is erased; that
-- of a draft is not put back in its place. A merge of two members may name another.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION coaching_note_is_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.note_id, NEW.number, NEW.kind, NEW.written_at, NEW.withheld)
            IS DISTINCT FROM (OLD.id, OLD.note_id, OLD.number, OLD.kind, OLD.written_at, OLD.withheld)
        OR NEW.body IS NOT NULL AND (NEW.body, NEW.body_key) IS DISTINCT FROM (OLD.body, OLD.body_key)
            AND (OLD.body IS NULL OR NEW.body = OLD.body OR NEW.body_key = OLD.body_key
                OR NOT EXISTS (SELECT FROM subject_keys k WHERE k.id = OLD.body_key AND NOT k.current)) THEN
        RAISE EXCEPTION 'a signed note is final' USING ERRCODE = 'check_violation', CONSTRAINT = 'coaching_note_texts_final';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- What tells one log from another is made of its words, too: it goes after the days in which a phone sends a log again.
ALTER TABLE coaching_logs ALTER COLUMN body_mac DROP NOT NULL;
CREATE INDEX coaching_logs_to_forget ON coaching_logs (logged_at) WHERE body_mac IS NOT NULL;

-- +goose Down
DROP INDEX coaching_logs_to_forget;
UPDATE coaching_logs SET body_mac = '' WHERE body_mac IS NULL;
ALTER TABLE coaching_logs ALTER COLUMN body_mac SET NOT NULL;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION coaching_note_is_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.note_id, NEW.number, NEW.kind, NEW.written_at, NEW.withheld)
        IS DISTINCT FROM (OLD.id, OLD.note_id, OLD.number, OLD.kind, OLD.written_at, OLD.withheld) THEN
        RAISE EXCEPTION 'a signed note is final' USING ERRCODE = 'check_violation', CONSTRAINT = 'coaching_note_texts_final';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
