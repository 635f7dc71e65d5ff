-- +goose Up

-- What a certificate of attendance states, as it was printed: it is not rewritten. One that was right and is not any more is
-- superseded by the next, one that should never have been given is revoked; its code goes on answering so.
CREATE TABLE certificates (
    id                uuid PRIMARY KEY,
    attendee_id       uuid NOT NULL CONSTRAINT certificates_attendee REFERENCES attendees,
    member_id         uuid CONSTRAINT certificates_member REFERENCES members, -- null: a named guest
    code              text NOT NULL CONSTRAINT certificates_code_form CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{26}$'), -- 128 random bits
    title             text NOT NULL,                                          -- of the workshop
    name_shown        text NOT NULL,                                          -- whole, as on the paper
    sessions          jsonb NOT NULL CONSTRAINT certificates_sessions CHECK (jsonb_typeof(sessions) = 'array'), -- attended: day, minutes
    minutes           integer NOT NULL CONSTRAINT certificates_minutes CHECK (minutes >= 0),
    sessions_attended integer NOT NULL CONSTRAINT certificates_attended CHECK (sessions_attended > 0),
    sessions_offered  integer NOT NULL CONSTRAINT certificates_offered CHECK (sessions_offered >= sessions_attended),
    first_on          date NOT NULL,
    last_on           date NOT NULL CONSTRAINT certificates_days CHECK (last_on >= first_on),
    issued_at         timestamptz NOT NULL,
    issued_on         date NOT NULL, -- in the workshop's time zone
    issued_by         uuid NOT NULL CONSTRAINT certificates_issued_by REFERENCES members,
    superseded_at     timestamptz,
    superseded_by     uuid CONSTRAINT certificates_superseded_by REFERENCES certificates DEFERRABLE INITIALLY DEFERRED, -- it comes after
    revoked_at        timestamptz,
    revoked_by        uuid CONSTRAINT certificates_revoked_by REFERENCES members,
    revoked_reason    text NOT NULL DEFAULT '' CONSTRAINT certificates_revoked_reason CHECK (char_length(revoked_reason) <= 1000),
    CONSTRAINT certificates_code UNIQUE (code),
    CONSTRAINT certificates_superseded CHECK ((superseded_at IS NULL) = (superseded_by IS NULL)),
    CONSTRAINT certificates_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
-- One stands for each attendee, however many were printed.
CREATE UNIQUE INDEX certificates_standing ON certificates (attendee_id) WHERE superseded_at IS NULL AND revoked_at IS NULL;
CREATE INDEX certificates_of_attendee ON certificates (attendee_id, issued_at, id);
CREATE INDEX certificates_member_id ON certificates (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX certificates_issuer ON certificates (issued_by);
CREATE INDEX certificates_revoker ON certificates (revoked_by) WHERE revoked_by IS NOT NULL;
CREATE INDEX certificates_successor ON certificates (superseded_by) WHERE superseded_by IS NOT NULL;

-- +goose Down
DROP TABLE certificates;
