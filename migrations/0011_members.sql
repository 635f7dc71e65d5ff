-- +goose Up

-- dmetaphone, for names that sound alike; the runtime role cannot create it.
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- Demographics are asked for aggregates alone. Former names find somebody whom their file of years ago calls otherwise.
ALTER TABLE members
    ADD COLUMN gender_words   text,
    ADD COLUMN race_ethnicity text[] NOT NULL DEFAULT '{}' CONSTRAINT members_race_ethnicity CHECK (race_ethnicity <@ ARRAY['american_indian_or_alaska_native',
                                  'asian', 'black_or_african_american', 'hispanic_or_latino', 'middle_eastern_or_north_african',
                                  'native_hawaiian_or_pacific_islander', 'white', 'other', 'undisclosed']),
    ADD COLUMN former_names   text,
    ADD CONSTRAINT members_gender_words CHECK (gender_words IS NULL OR gender = 'self_described');
ALTER TABLE members DROP COLUMN search_text;
ALTER TABLE members ADD COLUMN search_text text NOT NULL GENERATED ALWAYS AS (replace(folded(given_name || ' ' || coalesce(preferred_name, '') || ' ' || family_name
    || ' ' || coalesce(legal_name, '') || ' ' || coalesce(former_names, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '')), '''', '')) STORED;
CREATE INDEX members_search ON members USING gin (search_text gin_trgm_ops);

-- The filters of the list.
CREATE INDEX members_tagged ON members USING gin (tags);
CREATE INDEX members_of_kind ON members USING gin (kinds);
CREATE INDEX members_with_status ON members (status, (folded(family_name || ' ' || given_name)), id);
CREATE INDEX members_region ON members ((folded(region))) WHERE region <> '';
CREATE INDEX members_postal_code ON members ((upper(postal_code) COLLATE "C")) WHERE postal_code <> '';
CREATE INDEX members_referred ON members ((folded(referral_source))) WHERE referral_source IS NOT NULL;
-- Counting tags reads this index alone.
CREATE INDEX members_tags_counted ON members (id) INCLUDE (tags, status) WHERE tags <> '{}';

ALTER TABLE service_records
    ADD COLUMN rank                text NOT NULL DEFAULT '',
    ADD COLUMN specialty           text NOT NULL DEFAULT '',
    ADD COLUMN deployments         jsonb NOT NULL DEFAULT '[]' CONSTRAINT service_records_deployments CHECK (jsonb_typeof(deployments) = 'array'),
    ADD COLUMN verification        text NOT NULL DEFAULT 'unverified' CONSTRAINT service_records_verification
                                       CHECK (verification IN ('unverified', 'pending', 'verified', 'not_confirmed')),
    ADD COLUMN verification_method text CONSTRAINT service_records_method CHECK (verification_method IN ('dd214_seen', 'ngb22_seen', 'va_letter', 'id_card', 'va_api',
                                       'id_me', 'vouched')),
    ADD COLUMN verified_by         uuid CONSTRAINT service_records_verified_by REFERENCES members,
    ADD COLUMN verified_on         date,
    ADD COLUMN verification_reason text,
    ADD CONSTRAINT service_records_seen CHECK (CASE verification
        WHEN 'verified' THEN verification_method IS NOT NULL AND verified_by IS NOT NULL AND verified_on IS NOT NULL
        WHEN 'not_confirmed' THEN verification_method IS NULL AND verified_by IS NOT NULL AND verified_on IS NOT NULL AND verification_reason IS NOT NULL
        ELSE verification_method IS NULL AND verified_by IS NULL AND verified_on IS NULL END);
CREATE INDEX service_records_branch ON service_records (branch, member_id);
CREATE INDEX service_records_verification_of ON service_records (verification, member_id);
CREATE INDEX service_records_verifier ON service_records (verified_by) WHERE verified_by IS NOT NULL;

-- The eras in which a period of service falls, as models.ServiceRecord.Eras has them: never stored, found by an index.
-- +goose StatementBegin
CREATE FUNCTION eras_of(entered date, separated date, deployments jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 -- the index knows the answer
    AS $$
DECLARE
    last date := coalesce(separated, 'infinity');
    held text[] := '{}';
BEGIN
    IF entered <= '1946-12-31' AND last >= '1941-12-07' THEN held := held || 'world_war_ii'::text; END IF;
    IF entered <= '1955-01-31' AND last >= '1950-06-27' THEN held := held || 'korea'::text; END IF;
    IF entered <= '1975-05-07' AND last >= '1964-08-05' THEN
        held := held || 'vietnam'::text;
    ELSIF deployments <> '[]' AND EXISTS (
        SELECT FROM jsonb_array_elements(deployments) d
        WHERE regexp_replace(public.folded(d ->> 'place'), '[^a-z]', '', 'g') LIKE '%vietnam%'
          AND coalesce((d ->> 'from')::date, entered) <= '1975-05-07' AND coalesce((d ->> 'until')::date, last) >= '1955-11-01') THEN
        held := held || 'vietnam'::text;
    END IF;
    IF last >= '1990-08-02' THEN held := held || 'gulf_war'::text; END IF;
    IF last >= '2001-09-11' THEN held := held || 'post_9_11'::text; END IF;
    RETURN CASE WHEN held = '{}' THEN ARRAY['peacetime'] ELSE held END;
END
    $$;
-- +goose StatementEnd
CREATE INDEX service_records_eras ON service_records USING gin (eras_of(entered_on, separated_on, deployments));

-- A record kept to named staff: one row for each of them. Without a row the record is open to whoever may see members.
CREATE TABLE member_restrictions (
    id            uuid PRIMARY KEY,
    created_at    timestamptz NOT NULL,
    member_id     uuid NOT NULL CONSTRAINT member_restrictions_member REFERENCES members,
    staff_id      uuid NOT NULL CONSTRAINT member_restrictions_staff REFERENCES members,
    restricted_by uuid NOT NULL CONSTRAINT member_restrictions_restricted_by REFERENCES members,
    CONSTRAINT member_restrictions_once UNIQUE (member_id, staff_id),
    CONSTRAINT member_restrictions_two CHECK (member_id <> staff_id)
);
CREATE INDEX member_restrictions_named ON member_restrictions (staff_id);
CREATE INDEX member_restrictions_by ON member_restrictions (restricted_by);

-- Whose records are kept to others than this person. One's own is never hidden from oneself.
-- +goose StatementBegin
CREATE FUNCTION restricted_from(person uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT r.member_id FROM member_restrictions r WHERE r.member_id IS DISTINCT FROM person
    EXCEPT SELECT mine.member_id FROM member_restrictions mine WHERE mine.staff_id = person
    $$;
-- +goose StatementEnd

-- Whose records a person must not handle: those of kin_of, and those kept to others.
-- +goose StatementBegin
CREATE FUNCTION closed_to(person uuid, on_day date) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT kin_of(person, on_day) UNION SELECT restricted_from(person)
    $$;
-- +goose StatementEnd

-- Few people are close to anybody. Left to its guess of a thousand, the planner would rather read whole tables than look up so many.
ALTER FUNCTION kin_of(uuid, date) ROWS 20;
ALTER FUNCTION restricted_from(uuid) ROWS 20;
ALTER FUNCTION closed_to(uuid, date) ROWS 40;

CREATE TABLE saved_searches (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    owner_id   uuid NOT NULL CONSTRAINT saved_searches_owner REFERENCES members,
    name       text NOT NULL CONSTRAINT saved_searches_name CHECK (btrim(name) <> ''),
    shared     boolean NOT NULL,
    filter     jsonb NOT NULL CONSTRAINT saved_searches_filter CHECK (jsonb_typeof(filter) = 'object')
);
CREATE UNIQUE INDEX saved_searches_once ON saved_searches (owner_id, folded(name));
CREATE INDEX saved_searches_by_name ON saved_searches (folded(name), id);
CREATE INDEX saved_searches_by_age ON saved_searches (created_at, id);

-- +goose Down
DROP TABLE saved_searches;
ALTER FUNCTION kin_of(uuid, date) ROWS 1000;
DROP FUNCTION closed_to(uuid, date);
DROP FUNCTION restricted_from(uuid);
DROP TABLE member_restrictions;
DROP INDEX service_records_branch, service_records_eras;
DROP FUNCTION eras_of(date, date, jsonb);
ALTER TABLE service_records
    DROP CONSTRAINT service_records_seen,
    DROP COLUMN rank, DROP COLUMN specialty, DROP COLUMN deployments, DROP COLUMN verification, DROP COLUMN verification_method, DROP COLUMN verified_by,
    DROP COLUMN verified_on, DROP COLUMN verification_reason;
DROP INDEX members_tagged, members_of_kind, members_with_status, members_region, members_postal_code, members_referred, members_tags_counted;
ALTER TABLE members DROP COLUMN search_text;
ALTER TABLE members
    DROP CONSTRAINT members_gender_words,
    DROP COLUMN gender_words, DROP COLUMN race_ethnicity, DROP COLUMN former_names;
ALTER TABLE members ADD COLUMN search_text text NOT NULL GENERATED ALWAYS AS (replace(folded(given_name || ' ' || coalesce(preferred_name, '') || ' ' || family_name
    || ' ' || coalesce(legal_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '')), '''', '')) STORED;
CREATE INDEX members_search ON members USING gin (search_text gin_trgm_ops);
DROP EXTENSION fuzzystrmatch;
