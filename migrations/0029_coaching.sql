-- +goose Up

-- Somebody who coaches. The id is their member id: they are one human, whatever they do here.
CREATE TABLE coaches (
    id                  uuid PRIMARY KEY CONSTRAINT coaches_member REFERENCES members,
    version             integer NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    bio                 text NOT NULL DEFAULT '',
    specialties         text[] NOT NULL DEFAULT '{}',
    languages           text[] NOT NULL DEFAULT '{}',
    modalities          text[] NOT NULL CONSTRAINT coaches_modalities CHECK (modalities <@ ARRAY['online', 'phone', 'in_person'] AND modalities <> '{}'),
    time_zone           text NOT NULL, -- whose days and weeks the limits count
    place               text NOT NULL DEFAULT '',
    place_visible       boolean NOT NULL DEFAULT false, -- others can see into it
    online_room         text NOT NULL DEFAULT 'url' CONSTRAINT coaches_online_room CHECK (online_room IN ('url', 'jitsi')),
    join_url            text NOT NULL DEFAULT '',
    with_minors         boolean NOT NULL DEFAULT false,
    accepting           boolean NOT NULL DEFAULT true,  -- takes new clients
    caseload_limit      integer NOT NULL DEFAULT 12 CONSTRAINT coaches_caseload CHECK (caseload_limit BETWEEN 0 AND 200),
    session_minutes     integer NOT NULL DEFAULT 50 CONSTRAINT coaches_session_minutes CHECK (session_minutes BETWEEN 10 AND 240),
    slot_minutes        integer NOT NULL DEFAULT 30 CONSTRAINT coaches_slot_minutes CHECK (slot_minutes BETWEEN 5 AND 240),
    before_minutes      integer NOT NULL DEFAULT 0 CONSTRAINT coaches_before CHECK (before_minutes BETWEEN 0 AND 120),
    after_minutes       integer NOT NULL DEFAULT 10 CONSTRAINT coaches_after CHECK (after_minutes BETWEEN 0 AND 120),
    notice_hours        integer NOT NULL DEFAULT 24 CONSTRAINT coaches_notice CHECK (notice_hours BETWEEN 0 AND 336),
    horizon_days        integer NOT NULL DEFAULT 60 CONSTRAINT coaches_horizon CHECK (horizon_days BETWEEN 1 AND 366),
    max_per_day         integer CONSTRAINT coaches_per_day CHECK (max_per_day BETWEEN 1 AND 24),
    max_per_week        integer CONSTRAINT coaches_per_week CHECK (max_per_week BETWEEN 1 AND 100),
    approves_bookings   boolean NOT NULL DEFAULT false, -- what clients book waits for the coach's yes
    cancel_notice_hours integer NOT NULL DEFAULT 24 CONSTRAINT coaches_cancel_notice CHECK (cancel_notice_hours BETWEEN 0 AND 336),
    moves_allowed       integer NOT NULL DEFAULT 2 CONSTRAINT coaches_moves CHECK (moves_allowed BETWEEN 0 AND 20),
    supervisor_id       uuid CONSTRAINT coaches_supervisor REFERENCES members,
    suspended_at        timestamptz, -- no new contact until staff say otherwise
    archived_at         timestamptz,
    CONSTRAINT coaches_not_their_own_supervisor CHECK (supervisor_id <> id)
);
CREATE INDEX coaches_of_supervisor ON coaches (supervisor_id) WHERE supervisor_id IS NOT NULL;

-- The hours of a coach by the clock on the wall of one zone. Those of several schedules add up.
CREATE TABLE coach_schedules (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    coach_id   uuid NOT NULL CONSTRAINT coach_schedules_coach REFERENCES coaches,
    name       text NOT NULL CONSTRAINT coach_schedules_name CHECK (btrim(name) <> ''),
    time_zone  text NOT NULL,
    starts_on  date NOT NULL, -- first day; its week is the first of rules that skip weeks
    ends_on    date,          -- last day
    CONSTRAINT coach_schedules_order CHECK (ends_on >= starts_on)
);
CREATE INDEX coach_schedules_of_coach ON coach_schedules (coach_id);

-- One weekly rule of a schedule: an RRULE of FREQ=WEEKLY, and from when to when on its days.
CREATE TABLE coach_hours (
    id          uuid PRIMARY KEY,
    schedule_id uuid NOT NULL CONSTRAINT coach_hours_schedule REFERENCES coach_schedules ON DELETE CASCADE,
    rule        text NOT NULL,
    from_time   text NOT NULL CONSTRAINT coach_hours_from CHECK (from_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    until_time  text NOT NULL CONSTRAINT coach_hours_until CHECK (until_time ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'),
    CONSTRAINT coach_hours_order CHECK (until_time > from_time)
);
CREATE INDEX coach_hours_of_schedule ON coach_hours (schedule_id);

-- One day on which other hours hold than those of the schedules: none at all when there are no windows.
CREATE TABLE coach_overrides (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    coach_id   uuid NOT NULL CONSTRAINT coach_overrides_coach REFERENCES coaches,
    day        date NOT NULL,
    time_zone  text NOT NULL, -- the day is a day there
    windows    text[] NOT NULL DEFAULT '{}', -- HH:MM-HH:MM each
    CONSTRAINT coach_overrides_once UNIQUE (coach_id, day)
);

CREATE TABLE coach_time_off (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    coach_id   uuid NOT NULL CONSTRAINT coach_time_off_coach REFERENCES coaches,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    note       text NOT NULL DEFAULT '',
    CONSTRAINT coach_time_off_order CHECK (ends_at > starts_at)
);
CREATE INDEX coach_time_off_of_coach ON coach_time_off (coach_id, ends_at);

-- A coach with one or two people, from the asking to the end.
CREATE TABLE engagements (
    id                uuid PRIMARY KEY,
    version           integer NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    program_id        uuid NOT NULL CONSTRAINT engagements_program REFERENCES programs,
    coach_id          uuid CONSTRAINT engagements_coach REFERENCES coaches,
    state             text NOT NULL CONSTRAINT engagements_state CHECK (state IN ('requested', 'matched', 'active', 'paused', 'completed', 'ended')),
    live              boolean NOT NULL GENERATED ALWAYS AS (state IN ('requested', 'matched', 'active', 'paused')) STORED,
    joint             boolean NOT NULL DEFAULT false,
    focus_areas       text[] NOT NULL DEFAULT '{}',
    language          text NOT NULL,
    coach_gender      text CONSTRAINT engagements_coach_gender CHECK (coach_gender IN ('woman', 'man', 'nonbinary')),
    modalities        text[] NOT NULL DEFAULT '{}' CONSTRAINT engagements_modalities CHECK (modalities <@ ARRAY['online', 'phone', 'in_person']),
    wanted_coach_id   uuid CONSTRAINT engagements_wanted_coach REFERENCES coaches,
    time_zone         text NOT NULL,
    hours             text[] NOT NULL DEFAULT '{}', -- that suit them, each "MO 18:00-20:00" in time_zone
    package_sessions  integer NOT NULL DEFAULT 6 CONSTRAINT engagements_package CHECK (package_sessions BETWEEN 1 AND 100),
    review            text[] NOT NULL DEFAULT '{}', -- why staff look twice
    requested_at      timestamptz NOT NULL,
    requested_by      uuid NOT NULL CONSTRAINT engagements_requested_by REFERENCES members,
    matched_at        timestamptz,
    matched_by        uuid CONSTRAINT engagements_matched_by REFERENCES members,
    coach_accepted_at timestamptz,
    activated_at      timestamptz,
    paused_at         timestamptz,
    pause_reason      text CONSTRAINT engagements_pause_reason CHECK (pause_reason IN ('asked', 'away', 'staff', 'held')),
    resume_on         date,
    closed_at         timestamptz,
    end_reason        text CONSTRAINT engagements_end_reason CHECK (end_reason IN ('goals_reached', 'package_used', 'asked', 'moved', 'no_contact', 'referred', 'no_coach', 'died', 'superseded', 'other')),
    change_asked_at   timestamptz, -- somebody would like another coach: staff alone see it
    CONSTRAINT engagements_live_state UNIQUE (id, live),
    CONSTRAINT engagements_have_coach CHECK (state NOT IN ('matched', 'active', 'paused') OR coach_id IS NOT NULL),
    CONSTRAINT engagements_closed CHECK ((state IN ('completed', 'ended')) = (closed_at IS NOT NULL)),
    CONSTRAINT engagements_paused CHECK ((state = 'paused') = (paused_at IS NOT NULL))
);
CREATE INDEX engagements_of_coach ON engagements (coach_id, state) WHERE coach_id IS NOT NULL;
CREATE INDEX engagements_of_program ON engagements (program_id);
CREATE INDEX engagements_by_state ON engagements (state, requested_at, id);
CREATE INDEX engagements_created ON engagements (created_at, id);
CREATE INDEX engagements_of_wanted ON engagements (wanted_coach_id) WHERE wanted_coach_id IS NOT NULL;
CREATE INDEX engagements_of_requester ON engagements (requested_by);
CREATE INDEX engagements_of_matcher ON engagements (matched_by) WHERE matched_by IS NOT NULL;
CREATE INDEX engagements_change_asked ON engagements (change_asked_at) WHERE change_asked_at IS NOT NULL;

-- Who is coached. Hopes are each person's own, sealed.
CREATE TABLE engagement_participants (
    id            uuid PRIMARY KEY,
    engagement_id uuid NOT NULL,
    member_id     uuid NOT NULL CONSTRAINT engagement_participants_member REFERENCES members,
    entered_by    uuid CONSTRAINT engagement_participants_entered_by REFERENCES members, -- the guardian or staff who asked for them
    joint         boolean NOT NULL,
    live          boolean NOT NULL,
    state         text NOT NULL CONSTRAINT engagement_participants_state CHECK (state IN ('asked', 'joined', 'refused', 'left')),
    hopes         bytea CONSTRAINT engagement_participants_hopes_sealed CHECK (octet_length(hopes) >= 33 AND get_byte(hopes, 0) = 1),
    hopes_key     uuid CONSTRAINT engagement_participants_hopes_key REFERENCES subject_keys,
    accepted_at   timestamptz, -- the coach who was proposed
    left_at       timestamptz,
    change_asked_at timestamptz, -- who of them would like another coach
    CONSTRAINT engagement_participants_engagement FOREIGN KEY (engagement_id, live) REFERENCES engagements (id, live) ON UPDATE CASCADE,
    CONSTRAINT engagement_participants_once UNIQUE (engagement_id, member_id),
    CONSTRAINT engagement_participants_with_key CHECK ((hopes IS NULL) = (hopes_key IS NULL))
);
CREATE UNIQUE INDEX engagement_participants_one_live ON engagement_participants (member_id, joint) WHERE live AND state IN ('asked', 'joined');
CREATE INDEX engagement_participants_of_member ON engagement_participants (member_id);
CREATE INDEX engagement_participants_entered ON engagement_participants (entered_by) WHERE entered_by IS NOT NULL;
CREATE INDEX engagement_participants_of_key ON engagement_participants (hopes_key) WHERE hopes_key IS NOT NULL;

-- Each coach whom an engagement had or was offered, and whether what came before is theirs to read.
CREATE TABLE engagement_coaches (
    id            uuid PRIMARY KEY,
    engagement_id uuid NOT NULL CONSTRAINT engagement_coaches_engagement REFERENCES engagements,
    coach_id      uuid NOT NULL CONSTRAINT engagement_coaches_coach REFERENCES coaches,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz,
    outcome       text CONSTRAINT engagement_coaches_outcome CHECK (outcome IN ('declined', 'handed_over', 'ended')),
    history       boolean NOT NULL DEFAULT true, -- the shared notes, goals and steps from before they began are theirs to read
    CONSTRAINT engagement_coaches_ended CHECK ((ends_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX engagement_coaches_one ON engagement_coaches (engagement_id) WHERE ends_at IS NULL;
CREATE INDEX engagement_coaches_of_engagement ON engagement_coaches (engagement_id, starts_at);
CREATE INDEX engagement_coaches_of_coach ON engagement_coaches (coach_id, ends_at);

CREATE TABLE coaching_sessions (
    id               uuid PRIMARY KEY,
    version          integer NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    engagement_id    uuid NOT NULL CONSTRAINT coaching_sessions_engagement REFERENCES engagements,
    coach_id         uuid NOT NULL CONSTRAINT coaching_sessions_coach REFERENCES coaches,
    state            text NOT NULL CONSTRAINT coaching_sessions_state CHECK (state IN ('requested', 'booked', 'in_progress', 'completed', 'declined', 'cancelled_by_member',
        'cancelled_by_coach', 'cancelled_by_staff', 'no_show_member', 'no_show_coach', 'rescheduled')),
    live             boolean NOT NULL GENERATED ALWAYS AS (state IN ('requested', 'booked', 'in_progress')) STORED,
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    time_zone        text NOT NULL, -- of those who booked it
    modality         text NOT NULL CONSTRAINT coaching_sessions_modality CHECK (modality IN ('online', 'phone', 'in_person')),
    place            text NOT NULL DEFAULT '',
    booked_by        uuid NOT NULL CONSTRAINT coaching_sessions_booked_by REFERENCES members,
    series_id        uuid, -- the same for what was booked at once
    chain_id         uuid NOT NULL, -- the first session of a chain of moves: the iCalendar UID
    sequence         integer NOT NULL DEFAULT 0,
    moves            integer NOT NULL DEFAULT 0, -- by those who are coached
    rescheduled_from uuid CONSTRAINT coaching_sessions_from REFERENCES coaching_sessions,
    rescheduled_to   uuid CONSTRAINT coaching_sessions_to REFERENCES coaching_sessions,
    late             boolean NOT NULL DEFAULT false, -- called off by those who are coached after the deadline
    closed_at        timestamptz,
    to_staff_at      timestamptz, -- the coach cannot hold it: staff find another time or another coach
    minutes          integer CONSTRAINT coaching_sessions_minutes CHECK (minutes BETWEEN 0 AND 480), -- that it really took
    logged_at        timestamptz,
    logged_by        uuid CONSTRAINT coaching_sessions_logged_by REFERENCES members,
    CONSTRAINT coaching_sessions_order CHECK (ends_at > starts_at),
    CONSTRAINT coaching_sessions_closed CHECK ((state IN ('requested', 'booked', 'in_progress')) = (closed_at IS NULL)),
    CONSTRAINT coaching_sessions_moved CHECK ((state = 'rescheduled') = (rescheduled_to IS NOT NULL)),
    CONSTRAINT coaching_sessions_logged CHECK ((logged_at IS NULL) = (logged_by IS NULL))
);
CREATE INDEX coaching_sessions_of_engagement ON coaching_sessions (engagement_id, starts_at, id);
CREATE INDEX coaching_sessions_of_coach ON coaching_sessions (coach_id, starts_at, id);
CREATE INDEX coaching_sessions_coming ON coaching_sessions (starts_at, id) WHERE state IN ('requested', 'booked', 'in_progress');
CREATE INDEX coaching_sessions_ordered ON coaching_sessions (starts_at, id);
CREATE INDEX coaching_sessions_of_chain ON coaching_sessions (chain_id);
CREATE INDEX coaching_sessions_of_series ON coaching_sessions (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX coaching_sessions_to_staff ON coaching_sessions (to_staff_at) WHERE to_staff_at IS NOT NULL;
CREATE INDEX coaching_sessions_of_booker ON coaching_sessions (booked_by);
CREATE INDEX coaching_sessions_of_logger ON coaching_sessions (logged_by) WHERE logged_by IS NOT NULL;
CREATE UNIQUE INDEX coaching_sessions_moved_from ON coaching_sessions (rescheduled_from) WHERE rescheduled_from IS NOT NULL;
CREATE INDEX coaching_sessions_moved_to ON coaching_sessions (rescheduled_to) WHERE rescheduled_to IS NOT NULL;

-- Whom a session was for, and whether they were there.
CREATE TABLE coaching_attendance (
    session_id uuid NOT NULL CONSTRAINT coaching_attendance_session REFERENCES coaching_sessions,
    member_id  uuid NOT NULL CONSTRAINT coaching_attendance_member REFERENCES members,
    status     text CONSTRAINT coaching_attendance_status CHECK (status IN ('present', 'late', 'excused', 'absent')), -- null until it is known
    PRIMARY KEY (session_id, member_id)
);
CREATE INDEX coaching_attendance_of_member ON coaching_attendance (member_id);

-- +goose Down
DROP TABLE coaching_attendance, coaching_sessions, engagement_coaches, engagement_participants, engagements, coach_time_off, coach_overrides, coach_hours, coach_schedules, coaches;
