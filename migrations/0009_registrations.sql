-- +goose Up

-- A party that wants to come. live is what the attendees' place in a pool hangs on: it follows from the state, and an
-- attendee's copy follows it by the composite key.
CREATE TABLE registrations (
    id               uuid PRIMARY KEY,
    version          integer NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    workshop_id      uuid NOT NULL CONSTRAINT registrations_workshop REFERENCES workshops,
    session_id       uuid, -- drop_in only
    lead_member_id   uuid NOT NULL CONSTRAINT registrations_lead REFERENCES members,
    entered_by       uuid NOT NULL CONSTRAINT registrations_entered_by REFERENCES members,
    state            text NOT NULL CONSTRAINT registrations_state
                     CHECK (state IN ('pending_approval', 'confirmed', 'waitlisted', 'offered', 'cancelled', 'declined', 'expired')),
    live             boolean NOT NULL GENERATED ALWAYS AS (state IN ('pending_approval', 'confirmed', 'waitlisted', 'offered')) STORED,
    review           text[] NOT NULL DEFAULT '{}' CONSTRAINT registrations_review
                     CHECK (review <@ ARRAY['approval_required', 'guardianship', 'second_booking', 'age']), -- why staff look at it; for staff alone
    queued_at        timestamptz, -- rises in the order in which parties joined the list: it is set under the pool's lock
    moved_ahead_at   timestamptz,
    offered_at       timestamptz,
    offer_expires_at timestamptz,
    confirmed_at     timestamptz,
    closed_at        timestamptz,
    late_cancel      boolean NOT NULL DEFAULT false,
    note             text NOT NULL DEFAULT '' CONSTRAINT registrations_note CHECK (char_length(note) <= 1000),
    CONSTRAINT registrations_session FOREIGN KEY (workshop_id, session_id) REFERENCES workshop_sessions (workshop_id, id),
    CONSTRAINT registrations_id_live UNIQUE (id, live),
    CONSTRAINT registrations_queued CHECK (state <> 'waitlisted' OR queued_at IS NOT NULL),
    CONSTRAINT registrations_offer CHECK ((state = 'offered') = (offer_expires_at IS NOT NULL)),
    CONSTRAINT registrations_confirmed CHECK (state <> 'confirmed' OR confirmed_at IS NOT NULL),
    CONSTRAINT registrations_closed CHECK ((state IN ('cancelled', 'declined', 'expired')) = (closed_at IS NOT NULL))
);
CREATE INDEX registrations_of_workshop ON registrations (workshop_id, created_at, id);
CREATE INDEX registrations_of_session ON registrations (session_id) WHERE session_id IS NOT NULL;
-- The waitlist in its order: those moved ahead first, then as they came.
CREATE INDEX registrations_waiting ON registrations (workshop_id, (coalesce(moved_ahead_at, 'infinity'::timestamptz)), queued_at, id) WHERE state = 'waitlisted';
-- What is over ends whatever still waits for something; few do at any time.
CREATE INDEX registrations_undecided ON registrations (workshop_id, session_id) WHERE state IN ('pending_approval', 'offered', 'waitlisted');
CREATE INDEX registrations_last_queued ON registrations (workshop_id, queued_at) WHERE queued_at IS NOT NULL;
CREATE INDEX registrations_led ON registrations (lead_member_id, created_at, id);
CREATE INDEX registrations_entered ON registrations (entered_by) WHERE entered_by <> lead_member_id;

-- One person of a party: a member, a named guest, or somebody invited, who may become a member when they accept.
CREATE TABLE attendees (
    id                uuid PRIMARY KEY,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    registration_id   uuid NOT NULL,
    live              boolean NOT NULL,
    pool_id           uuid NOT NULL CONSTRAINT attendees_pool REFERENCES pools,
    mode              text CONSTRAINT attendees_mode CHECK (mode IN ('in_person', 'online')),
    kind              text NOT NULL CONSTRAINT attendees_kind CHECK (kind IN ('adult', 'child')),
    state             text NOT NULL CONSTRAINT attendees_state CHECK (state IN ('invited', 'attending', 'refused', 'lapsed', 'removed')),
    member_id         uuid CONSTRAINT attendees_member REFERENCES members,
    guest_name        text CONSTRAINT attendees_guest_name CHECK (char_length(guest_name) <= 120),
    invite_name       text CONSTRAINT attendees_invite_name CHECK (char_length(invite_name) <= 120),
    invite_email      text CONSTRAINT attendees_invite_email CHECK (char_length(invite_email) <= 254),
    invite_phone      text CONSTRAINT attendees_invite_phone CHECK (invite_phone ~ '^\+[1-9][0-9]{6,14}$'),
    invite_id         uuid CONSTRAINT attendees_invitation UNIQUE,
    invite_expires_at timestamptz,
    entered_by        uuid NOT NULL CONSTRAINT attendees_entered_by REFERENCES members,
    second            boolean NOT NULL DEFAULT false, -- a child that another guardian has booked too
    code_version      integer NOT NULL DEFAULT 1,     -- of the check-in code; an older one is revoked
    joined_at         timestamptz,
    left_at           timestamptz,
    -- Attendance summed up over the completed sessions, rewritten whenever one of them changes.
    sessions_offered     integer NOT NULL DEFAULT 0,
    sessions_attended    integer NOT NULL DEFAULT 0,
    sessions_excused     integer NOT NULL DEFAULT 0,
    sessions_missed      integer NOT NULL DEFAULT 0,
    consecutive_absences integer NOT NULL DEFAULT 0,
    last_seen_at         timestamptz,
    CONSTRAINT attendees_registration FOREIGN KEY (registration_id, live) REFERENCES registrations (id, live) ON UPDATE CASCADE,
    CONSTRAINT attendees_somebody CHECK (num_nonnulls(member_id, guest_name) = 1 OR invite_name IS NOT NULL),
    CONSTRAINT attendees_invited CHECK (state NOT IN ('invited', 'refused', 'lapsed') OR (invite_id IS NOT NULL AND invite_expires_at IS NOT NULL))
);
-- One live place per member and pool. A second guardian's booking of a child stands beside it with a seat of its own.
CREATE UNIQUE INDEX attendees_one_place ON attendees (pool_id, member_id) WHERE live AND state = 'attending' AND NOT second;
CREATE INDEX attendees_of_registration ON attendees (registration_id, id);
CREATE INDEX attendees_in_pool ON attendees (pool_id) WHERE live;
CREATE INDEX attendees_member_id ON attendees (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX attendees_entered ON attendees (entered_by);
CREATE INDEX attendees_invited_as ON attendees (lower(invite_email)) WHERE state = 'invited' AND live;

-- Every scan of a check-in code, the vain ones too. A scanner that is offline sends its queue later, with its own times.
CREATE TABLE check_ins (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL CONSTRAINT check_ins_session REFERENCES workshop_sessions,
    attendee_id uuid CONSTRAINT check_ins_attendee REFERENCES attendees,
    nonce       text NOT NULL CONSTRAINT check_ins_nonce_length CHECK (char_length(nonce) BETWEEN 8 AND 64),
    code_mac    text NOT NULL, -- of what was scanned: a nonce belongs to one code
    result      text NOT NULL CONSTRAINT check_ins_result
                CHECK (result IN ('ok', 'unknown', 'wrong_workshop', 'cancelled', 'not_confirmed', 'already_checked_in', 'revoked', 'see_staff')),
    scanned_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    scanned_by  uuid NOT NULL CONSTRAINT check_ins_scanned_by REFERENCES members,
    undone_at   timestamptz,
    CONSTRAINT check_ins_nonce UNIQUE (session_id, scanned_by, nonce)
);
CREATE UNIQUE INDEX check_ins_once ON check_ins (session_id, attendee_id) WHERE result = 'ok' AND undone_at IS NULL;
CREATE INDEX check_ins_of_attendee ON check_ins (attendee_id);

CREATE TABLE attendance (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL CONSTRAINT attendance_session REFERENCES workshop_sessions,
    attendee_id uuid NOT NULL CONSTRAINT attendance_attendee REFERENCES attendees,
    status      text NOT NULL CONSTRAINT attendance_status CHECK (status IN ('present', 'late', 'excused', 'absent')),
    minutes     integer CONSTRAINT attendance_minutes CHECK (minutes BETWEEN 0 AND 1440),
    source      text NOT NULL CONSTRAINT attendance_source CHECK (source IN ('completion', 'member', 'check_in', 'staff')),
    recorded_by uuid CONSTRAINT attendance_recorded_by REFERENCES members,
    recorded_at timestamptz NOT NULL,
    CONSTRAINT attendance_once UNIQUE (session_id, attendee_id)
);
CREATE INDEX attendance_of_attendee ON attendance (attendee_id);

-- +goose Down
DROP TABLE attendance, check_ins, attendees, registrations;
