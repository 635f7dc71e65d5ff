-- +goose Up

CREATE TABLE programs (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    name       text NOT NULL CONSTRAINT programs_name CHECK (btrim(name) <> ''),
    slug       text NOT NULL CONSTRAINT programs_slug_form CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    summary    text NOT NULL DEFAULT '',
    status     text NOT NULL CONSTRAINT programs_status CHECK (status IN ('planned', 'active', 'completed', 'cancelled')),
    starts_on  date,
    ends_on    date,
    CONSTRAINT programs_slug UNIQUE (slug),
    CONSTRAINT programs_order CHECK (ends_on >= starts_on)
);
CREATE INDEX programs_by_name ON programs ((lower(name)), id);

CREATE TABLE venues (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    name          text NOT NULL CONSTRAINT venues_name CHECK (btrim(name) <> ''),
    address       text NOT NULL DEFAULT '',
    time_zone     text NOT NULL, -- IANA name
    capacity      integer CONSTRAINT venues_capacity CHECK (capacity > 0),
    accessibility text NOT NULL DEFAULT '',
    notes         text NOT NULL DEFAULT '', -- for staff
    archived_at   timestamptz
);
CREATE INDEX venues_by_name ON venues ((lower(name)), id);

CREATE TABLE workshops (
    id                    uuid PRIMARY KEY,
    version               integer NOT NULL,
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,
    program_id            uuid CONSTRAINT workshops_program REFERENCES programs,
    title                 text NOT NULL CONSTRAINT workshops_title CHECK (btrim(title) <> ''),
    summary               text NOT NULL DEFAULT '',
    description           text NOT NULL DEFAULT '',
    materials             text NOT NULL DEFAULT '',
    format                text NOT NULL CONSTRAINT workshops_format CHECK (format IN ('in_person', 'online', 'hybrid')),
    attendance_mode       text NOT NULL CONSTRAINT workshops_attendance_mode CHECK (attendance_mode IN ('series', 'drop_in')),
    venue_id              uuid CONSTRAINT workshops_venue REFERENCES venues,
    location_note         text NOT NULL DEFAULT '',
    join_url              text NOT NULL DEFAULT '', -- shown to staff and confirmed attendees alone
    time_zone             text NOT NULL,            -- IANA name
    capacity              integer CONSTRAINT workshops_capacity CHECK (capacity > 0),
    child_capacity        integer CONSTRAINT workshops_child_capacity CHECK (child_capacity >= 0), -- null: children sit on capacity
    online_capacity       integer CONSTRAINT workshops_online_capacity CHECK (online_capacity > 0), -- hybrid only
    min_to_run            integer CONSTRAINT workshops_min_to_run CHECK (min_to_run > 0),
    waitlist_capacity     integer CONSTRAINT workshops_waitlist_capacity CHECK (waitlist_capacity >= 0), -- parties; null: no limit
    opens_at              timestamptz,
    closes_at             timestamptz,
    approval_required     boolean NOT NULL,
    cancel_deadline_hours integer NOT NULL CONSTRAINT workshops_cancel_deadline CHECK (cancel_deadline_hours >= 0),
    guests_per_party      integer NOT NULL CONSTRAINT workshops_guests CHECK (guests_per_party >= 0),
    max_party             integer NOT NULL CONSTRAINT workshops_max_party CHECK (max_party BETWEEN 1 AND 20),
    minimum_age           integer CONSTRAINT workshops_minimum_age CHECK (minimum_age BETWEEN 0 AND 99),
    teen_program          boolean NOT NULL, -- staffed for minors without an adult of their own
    audience_kinds        text[] NOT NULL DEFAULT '{}',
    offer_hours           integer NOT NULL CONSTRAINT workshops_offer_hours CHECK (offer_hours BETWEEN 2 AND 168),
    visibility            text NOT NULL CONSTRAINT workshops_visibility CHECK (visibility IN ('draft', 'published', 'cancelled', 'completed')),
    is_template           boolean NOT NULL,
    -- Of the sessions that are not cancelled, kept by every write of a session: the first start, the last end, and when
    -- the catalog stops listing it (series: when nobody can join any more; drop_in: at the last start).
    starts_at             timestamptz,
    ends_at               timestamptz,
    listed_until          timestamptz,
    published_at          timestamptz,
    cancelled_at          timestamptz,
    completed_at          timestamptz,
    cancel_reason         text NOT NULL DEFAULT '',
    CONSTRAINT workshops_window CHECK (closes_at > opens_at),
    CONSTRAINT workshops_template CHECK (NOT is_template OR visibility = 'draft'),
    CONSTRAINT workshops_published CHECK (visibility NOT IN ('published', 'completed') OR published_at IS NOT NULL),
    CONSTRAINT workshops_listed CHECK (visibility <> 'published' OR (starts_at IS NOT NULL AND capacity IS NOT NULL)),
    CONSTRAINT workshops_online CHECK (online_capacity IS NULL OR format = 'hybrid')
);
-- The catalog reads a page of this index in order; listed_until is its last column so that what is over costs no look
-- at the table.
CREATE INDEX workshops_catalog ON workshops (starts_at, id, listed_until) WHERE visibility = 'published';
CREATE INDEX workshops_catalog_title ON workshops ((lower(title)), id, listed_until) WHERE visibility = 'published';
CREATE INDEX workshops_by_start ON workshops ((coalesce(starts_at, 'infinity'::timestamptz)), id);
CREATE INDEX workshops_by_title ON workshops ((lower(title)), id);
CREATE INDEX workshops_ended ON workshops (ends_at) WHERE visibility = 'published';
CREATE INDEX workshops_search ON workshops USING gin ((folded(title || ' ' || summary)) gin_trgm_ops);
CREATE INDEX workshops_of_program ON workshops (program_id, starts_at);
CREATE INDEX workshops_at_venue ON workshops (venue_id);

CREATE TABLE workshop_facilitators (
    workshop_id uuid NOT NULL CONSTRAINT workshop_facilitators_workshop REFERENCES workshops,
    member_id   uuid NOT NULL CONSTRAINT workshop_facilitators_member REFERENCES members,
    PRIMARY KEY (workshop_id, member_id)
);
CREATE INDEX workshop_facilitators_member_id ON workshop_facilitators (member_id);

CREATE TABLE workshop_sessions (
    id              uuid PRIMARY KEY,
    version         integer NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    workshop_id     uuid NOT NULL CONSTRAINT workshop_sessions_workshop REFERENCES workshops,
    title           text NOT NULL DEFAULT '',
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    local_start     text NOT NULL CONSTRAINT workshop_sessions_local_start CHECK (local_start ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$'),
    time_zone       text NOT NULL, -- IANA name, of local_start
    venue_id        uuid CONSTRAINT workshop_sessions_venue REFERENCES venues, -- null: the workshop's
    location_note   text NOT NULL DEFAULT '',
    join_url        text NOT NULL DEFAULT '',
    -- Null: the workshop's. Of drop_in sessions only.
    capacity        integer CONSTRAINT workshop_sessions_capacity CHECK (capacity > 0),
    child_capacity  integer CONSTRAINT workshop_sessions_child_capacity CHECK (child_capacity >= 0),
    online_capacity integer CONSTRAINT workshop_sessions_online_capacity CHECK (online_capacity > 0),
    status          text NOT NULL CONSTRAINT workshop_sessions_status CHECK (status IN ('scheduled', 'completed', 'cancelled')),
    cancel_reason   text NOT NULL DEFAULT '',
    sequence        integer NOT NULL, -- iCalendar SEQUENCE: counts what people were told
    rule_group      uuid,             -- those made together by one rule
    CONSTRAINT workshop_sessions_order CHECK (ends_at > starts_at),
    CONSTRAINT workshop_sessions_of UNIQUE (workshop_id, id)
);
CREATE INDEX workshop_sessions_in_order ON workshop_sessions (workshop_id, starts_at, id);
CREATE INDEX workshop_sessions_due ON workshop_sessions (starts_at) WHERE status = 'scheduled';
CREATE INDEX workshop_sessions_at_venue ON workshop_sessions (venue_id);

CREATE TABLE session_facilitators (
    session_id uuid NOT NULL CONSTRAINT session_facilitators_session REFERENCES workshop_sessions,
    member_id  uuid NOT NULL CONSTRAINT session_facilitators_member REFERENCES members,
    PRIMARY KEY (session_id, member_id)
);
CREATE INDEX session_facilitators_member_id ON session_facilitators (member_id);

-- Where seats are counted: one per workshop (series) or session (drop_in), and per mode when hybrid. Its row is locked by
-- everyone who takes or frees a seat, and the counters are changed under that lock in the same transaction. taken counts
-- adults and children, taken_children the children among them, waiting the parties on the list; nobody is ever seated
-- beyond capacity, whatever the code believes.
CREATE TABLE pools (
    id             uuid PRIMARY KEY,
    workshop_id    uuid NOT NULL CONSTRAINT pools_workshop REFERENCES workshops,
    session_id     uuid,
    mode           text CONSTRAINT pools_mode CHECK (mode IN ('in_person', 'online')),
    capacity       integer NOT NULL CONSTRAINT pools_capacity CHECK (capacity >= 0),
    child_capacity integer CONSTRAINT pools_child_capacity CHECK (child_capacity >= 0),
    taken          integer NOT NULL DEFAULT 0,
    taken_children integer NOT NULL DEFAULT 0 CONSTRAINT pools_children_taken CHECK (taken_children BETWEEN 0 AND taken),
    waiting        integer NOT NULL DEFAULT 0 CONSTRAINT pools_waiting CHECK (waiting >= 0),
    CONSTRAINT pools_session FOREIGN KEY (workshop_id, session_id) REFERENCES workshop_sessions (workshop_id, id),
    CONSTRAINT pools_of UNIQUE NULLS NOT DISTINCT (workshop_id, session_id, mode),
    CONSTRAINT pools_not_oversold CHECK (CASE WHEN child_capacity IS NULL THEN taken <= capacity
                                              ELSE taken - taken_children <= capacity AND taken_children <= child_capacity END)
);
CREATE INDEX pools_of_session ON pools (session_id) WHERE session_id IS NOT NULL;

-- +goose Down
DROP TABLE pools, session_facilitators, workshop_sessions, workshop_facilitators, workshops, venues, programs;
