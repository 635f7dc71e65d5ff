-- +goose Up

-- What people are asked: intake, questions of a registration. The questions are in its versions; one at a time may be a draft.
CREATE TABLE forms (
    id          uuid PRIMARY KEY,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    title       text NOT NULL CONSTRAINT forms_title CHECK (btrim(title) <> ''),
    description text NOT NULL DEFAULT '',
    purpose     text NOT NULL CONSTRAINT forms_purpose CHECK (purpose IN ('intake', 'registration', 'application', 'feedback')),
    cloned_from uuid CONSTRAINT forms_cloned_from REFERENCES forms,
    archived_at timestamptz
);
CREATE INDEX forms_by_title ON forms ((folded(title)), id);

-- fields is what staff built; schema is the JSON Schema (2020-12) made from it, which answers are held against.
CREATE TABLE form_versions (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    form_id      uuid NOT NULL CONSTRAINT form_versions_form REFERENCES forms,
    number       integer NOT NULL CONSTRAINT form_versions_number CHECK (number > 0),
    fields       jsonb NOT NULL CONSTRAINT form_versions_fields CHECK (jsonb_typeof(fields) = 'array'),
    schema       jsonb NOT NULL CONSTRAINT form_versions_schema CHECK (jsonb_typeof(schema) = 'object'),
    published_at timestamptz,
    published_by uuid CONSTRAINT form_versions_published_by REFERENCES members,
    CONSTRAINT form_versions_once UNIQUE (form_id, number),
    CONSTRAINT form_versions_of UNIQUE (id, form_id),
    CONSTRAINT form_versions_published CHECK (published_at IS NOT NULL OR published_by IS NULL)
);
CREATE UNIQUE INDEX form_versions_one_draft ON form_versions (form_id) WHERE published_at IS NULL;

-- What people have answered never gets other questions, whoever asks. Only a merge of two members may name another publisher.
-- +goose StatementBegin
CREATE FUNCTION form_version_is_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.form_id, NEW.number, NEW.fields, NEW.schema, NEW.published_at)
        IS DISTINCT FROM (OLD.id, OLD.form_id, OLD.number, OLD.fields, OLD.schema, OLD.published_at) THEN
        RAISE EXCEPTION 'a published version is final' USING ERRCODE = 'check_violation', CONSTRAINT = 'form_versions_final';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER form_versions_final BEFORE UPDATE OR DELETE ON form_versions
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION form_version_is_final();

-- One person asked one form for one record: an enrollment, a place in a workshop. It is due until it is answered, in the
-- version that was published then. Whose entry it is decides which guardian sees it.
CREATE TABLE form_responses (
    id              uuid PRIMARY KEY,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    form_id         uuid NOT NULL CONSTRAINT form_responses_form REFERENCES forms,
    form_version_id uuid,
    member_id       uuid NOT NULL CONSTRAINT form_responses_member REFERENCES members,
    entered_by      uuid NOT NULL CONSTRAINT form_responses_entered_by REFERENCES members,
    recorded_by     uuid CONSTRAINT form_responses_recorded_by REFERENCES members, -- of the staff, who typed what they were told
    record          text NOT NULL CONSTRAINT form_responses_record CHECK (record IN ('enrollment', 'attendee')),
    record_id       uuid NOT NULL,
    status          text NOT NULL CONSTRAINT form_responses_status CHECK (status IN ('due', 'answered', 'moot')),
    answered_at     timestamptz,
    ended_on        date, -- when the record ended, for answers that are kept until some time after that
    CONSTRAINT form_responses_once UNIQUE (record, record_id, form_id),
    CONSTRAINT form_responses_version FOREIGN KEY (form_version_id, form_id) REFERENCES form_versions (id, form_id),
    CONSTRAINT form_responses_answered CHECK ((status = 'answered') = (answered_at IS NOT NULL) AND (answered_at IS NULL) = (form_version_id IS NULL))
);
CREATE INDEX form_responses_of_member ON form_responses (member_id, created_at, id);
CREATE INDEX form_responses_entered ON form_responses (entered_by, created_at, id);
CREATE INDEX form_responses_recorded ON form_responses (recorded_by) WHERE recorded_by IS NOT NULL;
CREATE INDEX form_responses_of_form ON form_responses (form_id, created_at, id);
CREATE INDEX form_responses_of_version ON form_responses (form_version_id);
CREATE INDEX form_responses_by_time ON form_responses (created_at, id);
CREATE INDEX form_responses_due ON form_responses (created_at, id) WHERE status = 'due';

-- The answers. A sensitive one is sealed under the person's key, an open one is plain; purged ones leave their date alone.
CREATE TABLE form_answers (
    id          uuid PRIMARY KEY,
    response_id uuid NOT NULL CONSTRAINT form_answers_response REFERENCES form_responses,
    field       text NOT NULL,
    value       jsonb,
    sealed      bytea CONSTRAINT form_answers_sealed CHECK (octet_length(sealed) >= 33 AND get_byte(sealed, 0) = 1),
    sealed_key  uuid CONSTRAINT form_answers_key REFERENCES subject_keys,
    edition     integer NOT NULL, -- bound into the ciphertext
    given_on    date NOT NULL,    -- in the person's zone; terms count from it
    purge_on    date,             -- the first day on which it is no longer to be had
    purged_at   timestamptz,
    CONSTRAINT form_answers_once UNIQUE (response_id, field),
    CONSTRAINT form_answers_one CHECK (CASE WHEN purged_at IS NULL THEN num_nonnulls(value, sealed) = 1 ELSE num_nonnulls(value, sealed, sealed_key) = 0 END),
    CONSTRAINT form_answers_with_key CHECK ((sealed IS NULL) = (sealed_key IS NULL)),
    CONSTRAINT form_answers_kept CHECK (sealed IS NULL OR purge_on IS NOT NULL) -- no sensitive answer is kept for ever
);
CREATE INDEX form_answers_to_purge ON form_answers (purge_on) WHERE purged_at IS NULL AND purge_on IS NOT NULL;
CREATE INDEX form_answers_of_key ON form_answers (sealed_key) WHERE sealed_key IS NOT NULL;

-- +goose Down
DROP TABLE form_answers, form_responses, form_versions, forms;
DROP FUNCTION form_version_is_final;
