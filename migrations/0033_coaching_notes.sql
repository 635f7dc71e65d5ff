-- +goose Up

-- A note of a coach. Its words are in the table below, sealed.
CREATE TABLE coaching_notes (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    engagement_id uuid NOT NULL CONSTRAINT coaching_notes_engagement REFERENCES engagements,
    session_id    uuid CONSTRAINT coaching_notes_session REFERENCES coaching_sessions,
    author_id     uuid NOT NULL CONSTRAINT coaching_notes_author REFERENCES members,
    tier          text NOT NULL CONSTRAINT coaching_notes_tier CHECK (tier IN ('shared', 'private', 'supervision')),
    member_id     uuid CONSTRAINT coaching_notes_member REFERENCES members, -- null: about what several said together
    state         text NOT NULL CONSTRAINT coaching_notes_state CHECK (state IN ('draft', 'signed')),
    signed_at     timestamptz,
    current       integer NOT NULL DEFAULT 1 CONSTRAINT coaching_notes_current CHECK (current > 0), -- the number of the text in force
    CONSTRAINT coaching_notes_signed CHECK ((state = 'signed') = (signed_at IS NOT NULL)),
    CONSTRAINT coaching_notes_amended CHECK (state = 'signed' OR current = 1),
    CONSTRAINT coaching_notes_joint CHECK (member_id IS NOT NULL OR tier = 'shared')
);
CREATE INDEX coaching_notes_of_engagement ON coaching_notes (engagement_id, created_at, id);
CREATE INDEX coaching_notes_of_session ON coaching_notes (session_id, created_at, id) WHERE session_id IS NOT NULL;
CREATE INDEX coaching_notes_of_author ON coaching_notes (author_id);
CREATE INDEX coaching_notes_to_supervise ON coaching_notes (author_id, created_at, id) WHERE tier = 'supervision' AND state = 'signed';
CREATE INDEX coaching_notes_of_member ON coaching_notes (member_id) WHERE member_id IS NOT NULL;

-- Each version of the words of a note: a draft has the first alone. What several read has a row for each of them, under their own key.
CREATE TABLE coaching_note_texts (
    id         uuid PRIMARY KEY,
    note_id    uuid NOT NULL CONSTRAINT coaching_note_texts_note REFERENCES coaching_notes,
    number     integer NOT NULL CONSTRAINT coaching_note_texts_number CHECK (number > 0),
    kind       text NOT NULL CONSTRAINT coaching_note_texts_kind CHECK (kind IN ('draft', 'signed', 'amendment')),
    member_id  uuid NOT NULL CONSTRAINT coaching_note_texts_member REFERENCES members, -- whose key seals it
    body       bytea CONSTRAINT coaching_note_texts_sealed CHECK (octet_length(body) >= 33 AND get_byte(body, 0) = 1), -- null once erased
    body_key   uuid CONSTRAINT coaching_note_texts_key REFERENCES subject_keys,
    written_at timestamptz NOT NULL,
    written_by uuid NOT NULL CONSTRAINT coaching_note_texts_written_by REFERENCES members,
    withheld   boolean NOT NULL DEFAULT false, -- signed while something stood between those whom it names: taken, and not delivered
    CONSTRAINT coaching_note_texts_once UNIQUE (note_id, number, member_id),
    CONSTRAINT coaching_note_texts_with_key CHECK ((body IS NULL) = (body_key IS NULL))
);
CREATE INDEX coaching_note_texts_of_member ON coaching_note_texts (member_id, note_id);
CREATE INDEX coaching_note_texts_of_key ON coaching_note_texts (body_key) WHERE body_key IS NOT NULL;
CREATE INDEX coaching_note_texts_of_writer ON coaching_note_texts (written_by);

-- What was signed never changes again, whoever asks. Its ciphertext may be put under another key, and a merge of two members may name
-- another.
-- +goose StatementBegin
CREATE FUNCTION coaching_note_is_final() RETURNS trigger
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
CREATE TRIGGER coaching_note_texts_final BEFORE UPDATE OR DELETE ON coaching_note_texts
    FOR EACH ROW WHEN (OLD.kind <> 'draft') EXECUTE FUNCTION coaching_note_is_final();

-- What a note is, and whose, is written once.
REVOKE UPDATE ON coaching_notes, coaching_note_texts FROM homefront_runtime;
GRANT UPDATE (version, updated_at, author_id, member_id, state, signed_at, current) ON coaching_notes TO homefront_runtime;
GRANT UPDATE (kind, member_id, body, body_key, written_at, written_by, withheld) ON coaching_note_texts TO homefront_runtime;

-- +goose Down
DROP TABLE coaching_note_texts, coaching_notes;
DROP FUNCTION coaching_note_is_final();
