-- +goose Up

-- first_day and last_day are the program's dates with the open ends filled in: cohorts and enrollments refer to them, so that
-- the database itself keeps their dates within the program's, however the two change at once. taken is counted as seats of a
-- pool are: under the row's lock, in the change's own transaction.
ALTER TABLE programs
    ADD COLUMN population            text NOT NULL DEFAULT '',
    ADD COLUMN time_zone             text NOT NULL DEFAULT 'America/New_York', -- IANA name; its days are days there. The default serves a server of before that still runs
    ADD COLUMN rules                 jsonb NOT NULL DEFAULT '[]' CONSTRAINT programs_rules CHECK (jsonb_typeof(rules) = 'array'),
    ADD COLUMN intake_form_id        uuid CONSTRAINT programs_intake_form REFERENCES forms,
    ADD COLUMN capacity              integer CONSTRAINT programs_capacity CHECK (capacity > 0), -- null: no limit
    ADD COLUMN takes_applications    boolean NOT NULL DEFAULT false,
    ADD COLUMN applications_close_on date,
    ADD COLUMN taken                 integer NOT NULL DEFAULT 0 CONSTRAINT programs_taken CHECK (taken >= 0),
    ADD COLUMN closed_at             timestamptz, -- when it was completed or cancelled
    ADD COLUMN status_reason         text NOT NULL DEFAULT '', -- why it ended, or goes on again
    ADD COLUMN first_day             date NOT NULL GENERATED ALWAYS AS (coalesce(starts_on, '0001-01-01'::date)) STORED,
    ADD COLUMN last_day              date NOT NULL GENERATED ALWAYS AS (coalesce(ends_on, '9999-12-31'::date)) STORED,
    ADD CONSTRAINT programs_not_oversold CHECK (capacity IS NULL OR taken <= capacity),
    ADD CONSTRAINT programs_days UNIQUE (id, first_day, last_day);
CREATE INDEX programs_intake_form_id ON programs (intake_form_id) WHERE intake_form_id IS NOT NULL;

-- A group that goes through a program together.
CREATE TABLE cohorts (
    id                uuid PRIMARY KEY,
    version           integer NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    program_id        uuid NOT NULL,
    program_first_day date NOT NULL,
    program_last_day  date NOT NULL,
    name              text NOT NULL CONSTRAINT cohorts_name_given CHECK (btrim(name) <> ''),
    starts_on         date NOT NULL,
    ends_on           date, -- null: as long as the program
    capacity          integer CONSTRAINT cohorts_capacity CHECK (capacity > 0),
    taken             integer NOT NULL DEFAULT 0 CONSTRAINT cohorts_taken CHECK (taken >= 0),
    status            text NOT NULL CONSTRAINT cohorts_status CHECK (status IN ('planned', 'active', 'completed', 'cancelled')),
    status_reason     text NOT NULL DEFAULT '',
    notes             text NOT NULL DEFAULT '', -- for staff
    CONSTRAINT cohorts_program FOREIGN KEY (program_id, program_first_day, program_last_day) REFERENCES programs (id, first_day, last_day) ON UPDATE CASCADE,
    CONSTRAINT cohorts_of UNIQUE (id, program_id),
    CONSTRAINT cohorts_order CHECK (ends_on >= starts_on),
    CONSTRAINT cohorts_within_program CHECK (starts_on >= program_first_day AND coalesce(ends_on, starts_on) <= program_last_day),
    CONSTRAINT cohorts_not_oversold CHECK (capacity IS NULL OR taken <= capacity)
);
CREATE UNIQUE INDEX cohorts_name ON cohorts (program_id, lower(name));
CREATE INDEX cohorts_in_order ON cohorts (program_id, starts_on, id);

-- One person in one program. Its class follows from its state: live or ended, with a place (that counts for the capacity) or
-- without. second marks the application of a child by a second guardian, which must not reveal the first.
CREATE TABLE enrollments (
    id                uuid PRIMARY KEY,
    version           integer NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    program_id        uuid NOT NULL,
    program_first_day date NOT NULL,
    program_last_day  date NOT NULL,
    cohort_id         uuid,
    member_id         uuid NOT NULL CONSTRAINT enrollments_member REFERENCES members,
    entered_by        uuid NOT NULL CONSTRAINT enrollments_entered_by REFERENCES members,
    state             text NOT NULL CONSTRAINT enrollments_state
                      CHECK (state IN ('applied', 'waitlisted', 'enrolled', 'active', 'paused', 'completed', 'denied', 'withdrawn', 'superseded')),
    live              boolean NOT NULL GENERATED ALWAYS AS (state IN ('applied', 'waitlisted', 'enrolled', 'active', 'paused')) STORED,
    second            boolean NOT NULL DEFAULT false,
    review            text[] NOT NULL DEFAULT '{}' CONSTRAINT enrollments_review
                      CHECK (review <@ ARRAY['guardianship', 'second_application', 'held', 'eligibility']), -- for staff alone
    starts_on         date,
    ends_on           date,
    paused_until      date, -- the first day on which it goes on
    applied_at        timestamptz NOT NULL,
    waitlisted_at     timestamptz,
    moved_ahead_at    timestamptz,
    enrolled_at       timestamptz,
    activated_at      timestamptz,
    closed_at         timestamptz,
    closed_from       text, -- the state before it ended, for reopening
    end_reason        text,
    note              text NOT NULL DEFAULT '' CONSTRAINT enrollments_note CHECK (char_length(note) <= 1000),
    -- Attendance summed up over its days, rewritten by whatever changes one of them.
    sessions_offered     integer NOT NULL DEFAULT 0,
    sessions_attended    integer NOT NULL DEFAULT 0,
    sessions_excused     integer NOT NULL DEFAULT 0,
    sessions_missed      integer NOT NULL DEFAULT 0,
    consecutive_absences integer NOT NULL DEFAULT 0,
    last_seen_at         timestamptz,
    CONSTRAINT enrollments_program FOREIGN KEY (program_id, program_first_day, program_last_day) REFERENCES programs (id, first_day, last_day) ON UPDATE CASCADE,
    CONSTRAINT enrollments_cohort FOREIGN KEY (cohort_id, program_id) REFERENCES cohorts (id, program_id),
    CONSTRAINT enrollments_within_program CHECK (starts_on >= program_first_day AND starts_on <= program_last_day
                                                 AND ends_on >= coalesce(starts_on, program_first_day) AND ends_on <= program_last_day),
    CONSTRAINT enrollments_started CHECK (state NOT IN ('enrolled', 'active', 'paused', 'completed') OR starts_on IS NOT NULL),
    CONSTRAINT enrollments_waiting CHECK (state <> 'waitlisted' OR waitlisted_at IS NOT NULL),
    CONSTRAINT enrollments_paused CHECK ((state = 'paused') = (paused_until IS NOT NULL)),
    CONSTRAINT enrollments_closed CHECK ((state IN ('completed', 'denied', 'withdrawn', 'superseded')) = (closed_at IS NOT NULL)),
    CONSTRAINT enrollments_reasoned CHECK ((closed_at IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX enrollments_one_live ON enrollments (program_id, member_id)
    WHERE state IN ('applied', 'waitlisted', 'enrolled', 'active', 'paused') AND NOT second;
CREATE UNIQUE INDEX enrollments_one_second ON enrollments (program_id, member_id, entered_by)
    WHERE state IN ('applied', 'waitlisted', 'enrolled', 'active', 'paused') AND second;
CREATE INDEX enrollments_to_review ON enrollments (applied_at, id) WHERE live AND review <> '{}';
CREATE INDEX enrollments_by_absences ON enrollments (consecutive_absences, id);
CREATE INDEX enrollments_by_last_seen ON enrollments ((coalesce(last_seen_at, '-infinity'::timestamptz)), id);
CREATE INDEX enrollments_of_program ON enrollments (program_id, applied_at, id);
CREATE INDEX enrollments_by_state ON enrollments (program_id, state);
CREATE INDEX enrollments_by_age ON enrollments (applied_at, id);
CREATE INDEX enrollments_of_cohort ON enrollments (cohort_id, applied_at, id) WHERE cohort_id IS NOT NULL;
CREATE INDEX enrollments_of_member ON enrollments (member_id, applied_at, id);
CREATE INDEX enrollments_entered ON enrollments (entered_by, applied_at, id);
-- The waitlist in its order: those moved ahead first, then as they came.
CREATE INDEX enrollments_in_line ON enrollments (program_id, (coalesce(moved_ahead_at, 'infinity'::timestamptz)), waitlisted_at, id) WHERE state = 'waitlisted';
CREATE INDEX enrollments_to_resume ON enrollments (paused_until) WHERE state = 'paused';

-- Days that count no absences: from from_on, up to and without until_on, or ended_on when somebody came back earlier.
CREATE TABLE enrollment_pauses (
    id            uuid PRIMARY KEY,
    enrollment_id uuid NOT NULL CONSTRAINT enrollment_pauses_enrollment REFERENCES enrollments,
    from_on       date NOT NULL,
    until_on      date NOT NULL,
    ended_on      date,
    CONSTRAINT enrollment_pauses_order CHECK (until_on > from_on AND ended_on >= from_on AND ended_on <= until_on)
);
CREATE UNIQUE INDEX enrollment_pauses_one ON enrollment_pauses (enrollment_id) WHERE ended_on IS NULL;
CREATE INDEX enrollment_pauses_of ON enrollment_pauses (enrollment_id, from_on);

-- What happened to an enrollment: its own history.
CREATE TABLE enrollment_events (
    id            uuid PRIMARY KEY,
    enrollment_id uuid NOT NULL CONSTRAINT enrollment_events_enrollment REFERENCES enrollments,
    at            timestamptz NOT NULL,
    by_id         uuid CONSTRAINT enrollment_events_by REFERENCES members, -- null: by itself
    step          text NOT NULL,
    from_state    text,
    to_state      text NOT NULL,
    cohort_id     uuid CONSTRAINT enrollment_events_cohort REFERENCES cohorts, -- where they are after it
    reason        text,    -- one of a few words
    words         bytea CONSTRAINT enrollment_events_words_sealed CHECK (octet_length(words) >= 33 AND get_byte(words, 0) = 1), -- staff's own
    words_key     uuid CONSTRAINT enrollment_events_words_key REFERENCES subject_keys,
    CONSTRAINT enrollment_events_with_key CHECK ((words IS NULL) = (words_key IS NULL))
);
CREATE INDEX enrollment_events_of ON enrollment_events (enrollment_id, at, id);
CREATE INDEX enrollment_events_by_whom ON enrollment_events (by_id) WHERE by_id IS NOT NULL;

-- Who was at what a program offered: one row per person and occasion (a session of a workshop, later of coaching or a
-- retreat), kept by whoever holds the occasion and there whether or not the person is enrolled.
CREATE TABLE program_attendance (
    id         uuid PRIMARY KEY,
    source     text NOT NULL, -- of what kind the occasion is
    source_id  uuid NOT NULL,
    program_id uuid NOT NULL CONSTRAINT program_attendance_program REFERENCES programs,
    member_id  uuid NOT NULL CONSTRAINT program_attendance_member REFERENCES members,
    starts_at  timestamptz NOT NULL,
    on_day     date NOT NULL, -- in the occasion's own zone
    status     text NOT NULL CONSTRAINT program_attendance_status CHECK (status IN ('present', 'late', 'excused', 'absent')),
    CONSTRAINT program_attendance_once UNIQUE (source, source_id, member_id)
);
CREATE INDEX program_attendance_of ON program_attendance (program_id, member_id, starts_at, source_id);
CREATE INDEX program_attendance_of_member ON program_attendance (member_id);
-- What workshops know already.
INSERT INTO program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status)
SELECT gen_random_uuid(), 'workshop_session', s.id, w.program_id, a.member_id, s.starts_at, (s.starts_at AT TIME ZONE s.time_zone)::date,
    CASE WHEN bool_or(t.status = 'present') THEN 'present' WHEN bool_or(t.status = 'late') THEN 'late' WHEN bool_or(t.status = 'excused') THEN 'excused' ELSE 'absent' END
FROM attendance t JOIN attendees a ON a.id = t.attendee_id AND a.member_id IS NOT NULL
    JOIN workshop_sessions s ON s.id = t.session_id AND s.status = 'completed'
    JOIN workshops w ON w.id = s.workshop_id AND w.program_id IS NOT NULL
GROUP BY s.id, w.program_id, a.member_id;

-- A rule of eligibility that does not count for one person. Why is in the audit log, sealed.
CREATE TABLE eligibility_waivers (
    id           uuid PRIMARY KEY,
    member_id    uuid NOT NULL CONSTRAINT eligibility_waivers_member REFERENCES members,
    program_id   uuid CONSTRAINT eligibility_waivers_program REFERENCES programs,
    workshop_id  uuid CONSTRAINT eligibility_waivers_workshop REFERENCES workshops,
    rule_key     text NOT NULL,
    waived_by    uuid NOT NULL CONSTRAINT eligibility_waivers_by REFERENCES members,
    waived_at    timestamptz NOT NULL,
    withdrawn_by uuid CONSTRAINT eligibility_waivers_withdrawn_by REFERENCES members,
    withdrawn_at timestamptz,
    CONSTRAINT eligibility_waivers_one_of CHECK (num_nonnulls(program_id, workshop_id) = 1),
    CONSTRAINT eligibility_waivers_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE UNIQUE INDEX eligibility_waivers_one ON eligibility_waivers (member_id, coalesce(program_id, workshop_id), rule_key) WHERE withdrawn_at IS NULL;
CREATE INDEX eligibility_waivers_of_program ON eligibility_waivers (program_id, waived_at, id) WHERE program_id IS NOT NULL;
CREATE INDEX eligibility_waivers_of_workshop ON eligibility_waivers (workshop_id, waived_at, id) WHERE workshop_id IS NOT NULL;
CREATE INDEX eligibility_waivers_of_member ON eligibility_waivers (member_id, waived_at, id);
CREATE INDEX eligibility_waivers_by_whom ON eligibility_waivers (waived_by);
CREATE INDEX eligibility_waivers_withdrawn_by ON eligibility_waivers (withdrawn_by) WHERE withdrawn_by IS NOT NULL;

-- What the nightly check of the sums found.
CREATE TABLE roll_up_checks (
    id          uuid PRIMARY KEY,
    at          timestamptz NOT NULL,
    source      text NOT NULL, -- 'enrollments': the sums against the occasions; else a kind of occasion against what it is kept from
    looked_at   integer NOT NULL,
    differences integer NOT NULL,
    examples    uuid[] NOT NULL DEFAULT '{}' -- ids of at most 100 enrollments or occasions
);
CREATE INDEX roll_up_checks_by_age ON roll_up_checks (at, id);
CREATE INDEX roll_up_checks_wrong ON roll_up_checks (at, id) WHERE differences > 0;

-- +goose Down
DROP TABLE roll_up_checks, eligibility_waivers, program_attendance, enrollment_events, enrollment_pauses, enrollments, cohorts;
ALTER TABLE programs DROP CONSTRAINT programs_days, DROP CONSTRAINT programs_not_oversold, DROP COLUMN first_day, DROP COLUMN last_day, DROP COLUMN taken, DROP COLUMN closed_at, DROP COLUMN status_reason,
    DROP COLUMN applications_close_on, DROP COLUMN takes_applications, DROP COLUMN capacity, DROP COLUMN intake_form_id, DROP COLUMN rules, DROP COLUMN time_zone, DROP COLUMN population;
