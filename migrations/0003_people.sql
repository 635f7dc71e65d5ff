-- +goose Up

-- A person we know. An address may be shared by two members, so neither e-mail nor phone is unique here.
CREATE TABLE members (
    id                  uuid PRIMARY KEY,
    version             integer NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    given_name          text NOT NULL CONSTRAINT members_given_name CHECK (btrim(given_name) <> ''),
    family_name         text NOT NULL DEFAULT '',
    preferred_name      text,
    legal_name          text,
    pronouns            text,
    birth_date          date CONSTRAINT members_birth_date CHECK (birth_date >= '1880-01-01'),
    gender              text CONSTRAINT members_gender CHECK (gender IN ('woman', 'man', 'nonbinary', 'self_described', 'undisclosed')),
    kinds               text[] NOT NULL DEFAULT '{}' CONSTRAINT members_kinds CHECK (kinds <@ ARRAY['veteran', 'service_member', 'guard_reserve', 'spouse',
                            'partner', 'child', 'parent', 'sibling', 'caregiver', 'survivor', 'supporter', 'staff']),
    status              text NOT NULL CONSTRAINT members_status CHECK (status IN ('prospective', 'active', 'inactive', 'deceased', 'merged')),
    email               text,
    phone               text CONSTRAINT members_phone CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    address_line1       text NOT NULL DEFAULT '',
    address_line2       text NOT NULL DEFAULT '',
    city                text NOT NULL DEFAULT '',
    region              text NOT NULL DEFAULT '',
    postal_code         text NOT NULL DEFAULT '',
    country             text NOT NULL DEFAULT '',
    language            text NOT NULL,
    time_zone           text NOT NULL, -- IANA name
    referral_source     text,
    tags                text[] NOT NULL DEFAULT '{}',
    accessibility_needs text NOT NULL DEFAULT '',
    dietary_needs       text NOT NULL DEFAULT '',
    service_animal      boolean NOT NULL DEFAULT false,
    service_animal_task text NOT NULL DEFAULT '',
    service_animal_care text NOT NULL DEFAULT '',
    email_opt_in        boolean NOT NULL,
    sms_opt_in          boolean NOT NULL,
    push_opt_in         boolean NOT NULL,
    quiet_from          text CONSTRAINT members_quiet_from CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'), -- wall clock in time_zone
    quiet_until         text CONSTRAINT members_quiet_until CHECK (quiet_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    safe_channel        text CONSTRAINT members_safe_channel CHECK (safe_channel IN ('email', 'sms', 'push', 'call')),
    safe_from           text CONSTRAINT members_safe_from CHECK (safe_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    safe_until          text CONSTRAINT members_safe_until CHECK (safe_until ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    program_words       boolean NOT NULL, -- false: messages name no program
    entered_by          uuid CONSTRAINT members_entered_by REFERENCES members,
    merged_into         uuid CONSTRAINT members_merged_into REFERENCES members,
    search_text         text NOT NULL GENERATED ALWAYS AS (replace(folded(given_name || ' ' || coalesce(preferred_name, '') || ' ' || family_name || ' '
                            || coalesce(legal_name, '') || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '')), '''', '')) STORED,
    CONSTRAINT members_merged CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    CONSTRAINT members_quiet_pair CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CONSTRAINT members_safe_pair CHECK ((safe_from IS NULL) = (safe_until IS NULL))
);
CREATE INDEX members_search ON members USING gin (search_text gin_trgm_ops);
CREATE INDEX members_email ON members (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX members_phone_number ON members (phone) WHERE phone IS NOT NULL;
CREATE INDEX members_by_name ON members ((folded(family_name || ' ' || given_name)), id);
CREATE INDEX members_by_age ON members (created_at, id);
CREATE INDEX members_by_change ON members (updated_at, id);
CREATE INDEX members_merged_from ON members (merged_into) WHERE merged_into IS NOT NULL;
-- A parent who taps twice adds one child.
CREATE UNIQUE INDEX members_child_once ON members (entered_by, folded(given_name), folded(family_name), birth_date)
    WHERE entered_by IS NOT NULL AND status <> 'merged';

-- What one guardian keeps about a child. Each guardian has a row of their own and never learns of another's.
CREATE TABLE dependent_details (
    id                  uuid PRIMARY KEY,
    version             integer NOT NULL,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    member_id           uuid NOT NULL CONSTRAINT dependent_details_member REFERENCES members,
    entered_by          uuid NOT NULL CONSTRAINT dependent_details_entered_by REFERENCES members,
    email               text,
    phone               text CONSTRAINT dependent_details_phone CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    address_line1       text NOT NULL DEFAULT '',
    address_line2       text NOT NULL DEFAULT '',
    city                text NOT NULL DEFAULT '',
    region              text NOT NULL DEFAULT '',
    postal_code         text NOT NULL DEFAULT '',
    country             text NOT NULL DEFAULT '',
    accessibility_needs text NOT NULL DEFAULT '',
    dietary_needs       text NOT NULL DEFAULT '',
    service_animal      boolean NOT NULL DEFAULT false,
    service_animal_task text NOT NULL DEFAULT '',
    service_animal_care text NOT NULL DEFAULT '',
    CONSTRAINT dependent_details_once UNIQUE (member_id, entered_by)
);
CREATE INDEX dependent_details_entered ON dependent_details (entered_by);

-- Up to five per member and per person who entered them: a shared limit would tell one guardian of another's entries.
CREATE TABLE emergency_contacts (
    id           uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL,
    member_id    uuid NOT NULL CONSTRAINT emergency_contacts_member REFERENCES members,
    entered_by   uuid NOT NULL CONSTRAINT emergency_contacts_entered_by REFERENCES members, -- the member's own list when equal to member_id
    place        integer NOT NULL CONSTRAINT emergency_contacts_place CHECK (place BETWEEN 1 AND 5),
    name         text NOT NULL,
    relation     text NOT NULL DEFAULT '',
    phone        text NOT NULL CONSTRAINT emergency_contacts_phone CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    email        text,
    may_be_told  text NOT NULL CONSTRAINT emergency_contacts_may_be_told CHECK (may_be_told IN ('emergency_only', 'membership', 'anything')),
    CONSTRAINT emergency_contacts_once UNIQUE (member_id, entered_by, place)
);
CREATE INDEX emergency_contacts_entered ON emergency_contacts (entered_by);

CREATE TABLE households (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name       text NOT NULL
);
CREATE INDEX households_by_name ON households (folded(name), id);
CREATE INDEX households_by_age ON households (created_at, id);

-- A child of two homes belongs to two households; nobody belongs to one household twice on one day.
CREATE TABLE household_members (
    id           uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    household_id uuid NOT NULL CONSTRAINT household_members_household REFERENCES households,
    member_id    uuid NOT NULL CONSTRAINT household_members_member REFERENCES members,
    role         text NOT NULL CONSTRAINT household_members_role CHECK (role IN ('adult', 'child', 'dependent_adult', 'other')),
    starts_on    date NOT NULL,
    ends_on      date, -- the first day on which they are no longer in it
    CONSTRAINT household_members_order CHECK (ends_on >= starts_on),
    CONSTRAINT household_members_once EXCLUDE USING gist (household_id WITH =, member_id WITH =, daterange(starts_on, ends_on) WITH &&)
);
CREATE INDEX household_members_of ON household_members (member_id);

-- member_id is the KIND of other_id. While an ask waits, the side that was asked is not known to us yet, only the
-- address it went to: so an ask tells nobody whether the address belongs to a member.
CREATE TABLE relationships (
    id          uuid PRIMARY KEY,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    member_id   uuid CONSTRAINT relationships_member REFERENCES members,
    kind        text NOT NULL CONSTRAINT relationships_kind CHECK (kind IN ('spouse', 'partner', 'former_spouse', 'parent', 'child', 'stepchild', 'sibling',
                    'grandparent', 'guardian', 'caregiver', 'survivor_of', 'battle_buddy', 'emergency_contact')),
    other_id    uuid CONSTRAINT relationships_other REFERENCES members,
    status      text NOT NULL CONSTRAINT relationships_status CHECK (status IN ('asked', 'accepted', 'declined', 'lapsed', 'ended')),
    asked_by    uuid CONSTRAINT relationships_asked_by REFERENCES members, -- null: staff recorded it
    asked_email text,
    expires_at  timestamptz,
    decided_at  timestamptz,
    starts_on   date,
    ends_on     date,
    ended_at    timestamptz,
    ended_by    uuid CONSTRAINT relationships_ended_by REFERENCES members,
    CONSTRAINT relationships_two CHECK (member_id <> other_id),
    CONSTRAINT relationships_sides CHECK (CASE WHEN status IN ('accepted', 'ended') THEN member_id IS NOT NULL AND other_id IS NOT NULL
                                               ELSE asked_by IN (member_id, other_id) END),
    CONSTRAINT relationships_ask CHECK (status IN ('accepted', 'ended') OR (asked_email IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT relationships_dates CHECK (ends_on >= starts_on)
);
CREATE UNIQUE INDEX relationships_one_live ON relationships (member_id, kind, other_id) WHERE status = 'accepted';
-- A declined ask still looks like a silent one to whoever asked, so it still stands in the way of a second.
CREATE UNIQUE INDEX relationships_one_ask ON relationships (asked_by, kind, (member_id IS NULL), lower(asked_email)) WHERE status IN ('asked', 'declined');
CREATE INDEX relationships_asked_of ON relationships (lower(asked_email)) WHERE status = 'asked';
CREATE INDEX relationships_asked_from ON relationships (asked_by) WHERE asked_by IS NOT NULL;
CREATE INDEX relationships_from ON relationships (member_id);
CREATE INDEX relationships_to ON relationships (other_id);

-- Whether one is in force also depends on the child's age, which is asked at use.
CREATE TABLE guardianships (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    guardian_id  uuid NOT NULL CONSTRAINT guardianships_guardian REFERENCES members,
    child_id     uuid NOT NULL CONSTRAINT guardianships_child REFERENCES members,
    status       text NOT NULL CONSTRAINT guardianships_status CHECK (status IN ('claimed', 'confirmed', 'refused', 'ended')),
    evidence     text,
    confirmed_by uuid CONSTRAINT guardianships_confirmed_by REFERENCES members,
    confirmed_at timestamptz,
    until        date, -- the last day
    closed_by    uuid CONSTRAINT guardianships_closed_by REFERENCES members,
    closed_at    timestamptz,
    CONSTRAINT guardianships_two CHECK (guardian_id <> child_id),
    CONSTRAINT guardianships_seen CHECK (status <> 'confirmed' OR (evidence IS NOT NULL AND confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL))
);
CREATE UNIQUE INDEX guardianships_one_live ON guardianships (guardian_id, child_id) WHERE status IN ('claimed', 'confirmed');
CREATE INDEX guardianships_of_child ON guardianships (child_id);
CREATE INDEX guardianships_of_guardian ON guardianships (guardian_id);
CREATE INDEX guardianships_by_age ON guardianships (created_at, id);

CREATE TABLE credentials (
    id          uuid PRIMARY KEY,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    member_id   uuid NOT NULL CONSTRAINT credentials_member REFERENCES members,
    kind        text NOT NULL CONSTRAINT credentials_kind CHECK (kind IN ('background_check', 'child_safety_training', 'coaching_agreement', 'coach_training',
                    'responder_training', 'first_aid')),
    issued_on   date NOT NULL,
    expires_on  date, -- the last day on which it counts
    recorded_by uuid CONSTRAINT credentials_recorded_by REFERENCES members,
    revoked_at  timestamptz,
    CONSTRAINT credentials_order CHECK (expires_on >= issued_on)
);
CREATE INDEX credentials_of ON credentials (member_id, kind);
CREATE INDEX credentials_expiry ON credentials (expires_on) WHERE revoked_at IS NULL;

CREATE TABLE service_records (
    id           uuid PRIMARY KEY,
    version      integer NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    member_id    uuid NOT NULL CONSTRAINT service_records_member REFERENCES members,
    component    text NOT NULL CONSTRAINT service_records_component CHECK (component IN ('active', 'reserve', 'national_guard')),
    branch       text NOT NULL CONSTRAINT service_records_branch CHECK (branch IN ('army', 'marine_corps', 'navy', 'air_force', 'space_force', 'coast_guard')),
    entered_on   date NOT NULL,
    separated_on date,
    character    text CONSTRAINT service_records_character CHECK (character IN ('honorable', 'general', 'other_than_honorable', 'bad_conduct', 'dishonorable',
                     'uncharacterized', 'undisclosed')),
    CONSTRAINT service_records_order CHECK (separated_on >= entered_on)
);
CREATE INDEX service_records_of ON service_records (member_id);

-- Whose records a person must not handle, beside their own: whoever they are or were linked to, the other guardians of
-- their children, and who lives with them on the given day. An ended link still counts, or unlinking would open the record.
-- +goose StatementBegin
CREATE FUNCTION kin_of(person uuid, on_day date) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT other_id FROM relationships WHERE member_id = person AND status IN ('accepted', 'ended')
    UNION SELECT member_id FROM relationships WHERE other_id = person AND status IN ('accepted', 'ended')
    UNION SELECT child_id FROM guardianships WHERE guardian_id = person AND status <> 'refused'
    UNION SELECT guardian_id FROM guardianships WHERE child_id = person AND status <> 'refused'
    UNION SELECT other.guardian_id FROM guardianships mine JOIN guardianships other ON other.child_id = mine.child_id
        WHERE mine.guardian_id = person AND other.guardian_id <> person AND mine.status <> 'refused' AND other.status <> 'refused'
    UNION SELECT theirs.member_id FROM household_members mine JOIN household_members theirs ON theirs.household_id = mine.household_id
        WHERE mine.member_id = person AND theirs.member_id <> person
          AND daterange(mine.starts_on, mine.ends_on) @> on_day AND daterange(theirs.starts_on, theirs.ends_on) @> on_day
    $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION kin_of(uuid, date);
DROP TABLE service_records, credentials, guardianships, relationships, household_members, households, emergency_contacts, dependent_details, members;
