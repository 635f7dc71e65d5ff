-- +goose Up

-- What people are asked to agree to. Who must sign is a set of words: groups (everyone, members, adults, minors, staff) or
-- kinds of member. Empty: only those sign who want to, or of whom something else (a workshop, coaching) asks it.
CREATE TABLE consent_documents (
    id             uuid PRIMARY KEY,
    version        integer NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    kind           text NOT NULL CONSTRAINT consent_documents_kind CHECK (kind IN ('privacy_notice', 'code_of_conduct', 'confidentiality_limits', 'liability_waiver',
                       'photo_release', 'story_release', 'sms', 'research', 'clinician_release', 'teen_account')),
    title          text NOT NULL,
    required_of    text[] NOT NULL DEFAULT '{}' CONSTRAINT consent_documents_required_of CHECK (required_of <@ ARRAY['everyone', 'members', 'adults', 'minors',
                       'staff', 'veteran', 'service_member', 'guard_reserve', 'spouse', 'partner', 'child', 'parent', 'sibling', 'caregiver', 'survivor', 'supporter']),
    optional       boolean NOT NULL,
    assent         boolean NOT NULL CONSTRAINT consent_documents_assent CHECK (NOT assent OR kind IN ('privacy_notice', 'code_of_conduct')),
    expires_months integer CONSTRAINT consent_documents_expires CHECK (expires_months BETWEEN 1 AND 120),
    status         text NOT NULL CONSTRAINT consent_documents_status CHECK (status IN ('draft', 'published', 'retired')),
    retired_at     timestamptz
);
-- Of a kind that asks one question there is one document in force; releases of a story or a study are many.
CREATE UNIQUE INDEX consent_documents_one_published ON consent_documents (kind)
    WHERE status = 'published' AND kind NOT IN ('story_release', 'research', 'clinician_release');
CREATE INDEX consent_documents_by_kind ON consent_documents (kind, id);
CREATE INDEX consent_documents_by_age ON consent_documents (created_at, id);

-- The texts. The one in force is the highest number that is published and whose effective_from has come.
CREATE TABLE consent_document_versions (
    id             uuid PRIMARY KEY,
    version        integer NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    document_id    uuid NOT NULL CONSTRAINT consent_document_versions_document REFERENCES consent_documents,
    number         integer NOT NULL CONSTRAINT consent_document_versions_number CHECK (number > 0),
    language       text NOT NULL,
    body           text NOT NULL, -- Markdown
    text_hash      text NOT NULL CONSTRAINT consent_document_versions_hash CHECK (text_hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    material       boolean NOT NULL, -- who agreed to an earlier text is asked again
    effective_from timestamptz,
    published_at   timestamptz,
    published_by   uuid CONSTRAINT consent_document_versions_published_by REFERENCES members,
    CONSTRAINT consent_document_versions_once UNIQUE (document_id, number),
    CONSTRAINT consent_document_versions_of UNIQUE (id, document_id),
    CONSTRAINT consent_document_versions_effective CHECK ((published_at IS NULL) = (effective_from IS NULL))
);
CREATE UNIQUE INDEX consent_document_versions_one_draft ON consent_document_versions (document_id) WHERE published_at IS NULL;

-- A text that people sign never changes again, whoever asks. Only a merge of two members may name another publisher.
-- +goose StatementBegin
CREATE FUNCTION consent_text_is_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.document_id, NEW.number, NEW.language, NEW.body, NEW.text_hash, NEW.material, NEW.effective_from, NEW.published_at)
        IS DISTINCT FROM (OLD.id, OLD.document_id, OLD.number, OLD.language, OLD.body, OLD.text_hash, OLD.material, OLD.effective_from, OLD.published_at) THEN
        RAISE EXCEPTION 'a published text is final' USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_document_versions_final';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER consent_document_versions_final BEFORE UPDATE OR DELETE ON consent_document_versions
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION consent_text_is_final();

-- One row per answer. latest marks the last answer of one signer about one member and document; the earlier ones are history.
-- For an adult their own answer counts, for a child those of its guardians: two guardians have a row each.
CREATE TABLE consents (
    id              uuid PRIMARY KEY,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    member_id       uuid NOT NULL CONSTRAINT consents_member REFERENCES members,
    document_id     uuid NOT NULL,
    version_id      uuid NOT NULL,
    status          text NOT NULL CONSTRAINT consents_status CHECK (status IN ('pending', 'granted', 'granted_on_behalf', 'declined', 'revoked', 'expired', 'superseded')),
    latest          boolean NOT NULL,
    method          text NOT NULL CONSTRAINT consents_method CHECK (method IN ('typed', 'paper', 'verbal')),
    signed_by       uuid NOT NULL CONSTRAINT consents_signed_by REFERENCES members,
    guardianship_id uuid CONSTRAINT consents_guardianship REFERENCES guardianships, -- by which a guardian signed
    name_typed      text, -- as typed, or as it stands on the paper
    seen_by         uuid CONSTRAINT consents_seen_by REFERENCES members, -- of the staff, who saw the paper or heard the words
    witness_id      uuid CONSTRAINT consents_witness REFERENCES members,
    witness_name    text,
    read_aloud      boolean NOT NULL DEFAULT false,
    signed_on       date NOT NULL, -- in the signer's zone, or as the paper says
    signed_at       timestamptz NOT NULL, -- when it reached us
    address         text,
    user_agent      text,
    text_hash       text NOT NULL,
    expires_on      date, -- the last day on which it counts
    revoked_at      timestamptz,
    revoked_by      uuid CONSTRAINT consents_revoked_by REFERENCES members,
    decision        text CONSTRAINT consents_decision CHECK (decision IN ('stands', 'set_aside')), -- of staff, where guardians differ
    decided_at      timestamptz,
    decided_by      uuid CONSTRAINT consents_decided_by REFERENCES members,
    CONSTRAINT consents_text FOREIGN KEY (version_id, document_id) REFERENCES consent_document_versions (id, document_id),
    CONSTRAINT consents_on_behalf CHECK (status NOT IN ('granted_on_behalf', 'pending') OR guardianship_id IS NOT NULL),
    CONSTRAINT consents_seen CHECK (method = 'typed' OR seen_by IS NOT NULL),
    CONSTRAINT consents_heard CHECK (method <> 'verbal' OR read_aloud),
    CONSTRAINT consents_revoked CHECK (status <> 'revoked' OR revoked_at IS NOT NULL),
    CONSTRAINT consents_decided CHECK ((decision IS NULL) = (decided_at IS NULL))
);
CREATE UNIQUE INDEX consents_one_latest ON consents (member_id, document_id, signed_by) WHERE latest;
CREATE INDEX consents_of ON consents (member_id, signed_at, id);
CREATE INDEX consents_signed ON consents (signed_by, signed_at, id);
CREATE INDEX consents_of_document ON consents (document_id, signed_at, id);
CREATE INDEX consents_of_version ON consents (version_id);
CREATE INDEX consents_by_age ON consents (signed_at, id);
CREATE INDEX consents_against ON consents (signed_at, id) WHERE status IN ('declined', 'revoked');
CREATE INDEX consents_open ON consents (document_id, id) WHERE latest AND status IN ('pending', 'granted', 'granted_on_behalf');
CREATE INDEX consents_refused ON consents (member_id, document_id) WHERE latest AND status IN ('declined', 'revoked') AND guardianship_id IS NOT NULL;
CREATE INDEX consents_guardianship_of ON consents (guardianship_id) WHERE guardianship_id IS NOT NULL;

-- What was signed, when and how is written once. The columns that a merge, an erasure or a later decision touches stay open.
REVOKE UPDATE ON consents FROM homefront_runtime;
GRANT UPDATE (version, updated_at, member_id, status, latest, signed_by, guardianship_id, name_typed, seen_by, witness_id, witness_name, address, user_agent,
    revoked_at, revoked_by, decision, decided_at, decided_by) ON consents TO homefront_runtime;

-- +goose Down
DROP TABLE consents, consent_document_versions, consent_documents;
DROP FUNCTION consent_text_is_final();
