-- +goose Up

-- Words of staff to those who come. They wait, so that they can be taken back, and then go out in batches.
CREATE TABLE workshop_messages (
    id          uuid PRIMARY KEY,
    created_at  timestamptz NOT NULL,
    workshop_id uuid NOT NULL CONSTRAINT workshop_messages_workshop REFERENCES workshops,
    session_id  uuid, -- to those who come to this one alone
    written_by  uuid NOT NULL CONSTRAINT workshop_messages_written_by REFERENCES members,
    subject     text NOT NULL CONSTRAINT workshop_messages_subject_length CHECK (char_length(subject) <= 120),
    body        text NOT NULL CONSTRAINT workshop_messages_body_length CHECK (char_length(body) <= 4000),
    states      text[] NOT NULL CONSTRAINT workshop_messages_states
                CHECK (cardinality(states) > 0 AND states <@ ARRAY['confirmed', 'waitlisted', 'offered', 'pending_approval', 'cancelled']),
    kinds       text[] NOT NULL CONSTRAINT workshop_messages_kinds CHECK (kinds <@ ARRAY['adult', 'child']),
    modes       text[] NOT NULL CONSTRAINT workshop_messages_modes CHECK (modes <@ ARRAY['in_person', 'online']),
    attendance  text[] NOT NULL CONSTRAINT workshop_messages_attendance CHECK (attendance <@ ARRAY['present', 'late', 'excused', 'absent']),
    essential   boolean NOT NULL,
    state       text NOT NULL CONSTRAINT workshop_messages_state CHECK (state IN ('waiting', 'sending', 'sent', 'recalled')),
    sends_at    timestamptz NOT NULL,
    people      integer NOT NULL DEFAULT 0 CONSTRAINT workshop_messages_people CHECK (people >= 0), -- to whom it went
    sent_at     timestamptz,
    recalled_at timestamptz,
    recalled_by uuid CONSTRAINT workshop_messages_recalled_by REFERENCES members,
    purged_at   timestamptz,
    CONSTRAINT workshop_messages_session FOREIGN KEY (workshop_id, session_id) REFERENCES workshop_sessions (workshop_id, id),
    CONSTRAINT workshop_messages_of_session CHECK (cardinality(attendance) = 0 OR session_id IS NOT NULL),
    CONSTRAINT workshop_messages_sent CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT workshop_messages_recalled CHECK ((state = 'recalled') = (recalled_at IS NOT NULL))
);
CREATE INDEX workshop_messages_of_workshop ON workshop_messages (workshop_id, created_at DESC, id DESC);
CREATE INDEX workshop_messages_session_id ON workshop_messages (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX workshop_messages_author ON workshop_messages (written_by);
CREATE INDEX workshop_messages_taken_back ON workshop_messages (recalled_by) WHERE recalled_by IS NOT NULL;
CREATE INDEX workshop_messages_unpurged ON workshop_messages (sends_at) WHERE purged_at IS NULL;

-- To whom it went: a member, or somebody invited of whom we know only what their lead wrote. What became of it the notice
-- says; without one there was no way to write to them.
CREATE TABLE workshop_message_people (
    id                  uuid PRIMARY KEY,
    created_at          timestamptz NOT NULL,
    workshop_message_id uuid NOT NULL CONSTRAINT workshop_message_people_message REFERENCES workshop_messages,
    member_id           uuid CONSTRAINT workshop_message_people_member REFERENCES members,
    attendee_id         uuid CONSTRAINT workshop_message_people_attendee REFERENCES attendees,
    notice_id           uuid CONSTRAINT workshop_message_people_notice REFERENCES messages,
    CONSTRAINT workshop_message_people_somebody CHECK (num_nonnulls(member_id, attendee_id) = 1)
);
CREATE INDEX workshop_message_people_of ON workshop_message_people (workshop_message_id, id);
CREATE INDEX workshop_message_people_member_id ON workshop_message_people (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX workshop_message_people_attendee_id ON workshop_message_people (attendee_id) WHERE attendee_id IS NOT NULL;
CREATE UNIQUE INDEX workshop_message_people_notice_id ON workshop_message_people (notice_id) WHERE notice_id IS NOT NULL;

-- How many hours before the start people are reminded.
ALTER TABLE workshops ADD COLUMN reminder_hours integer[] NOT NULL DEFAULT '{24}'
    CONSTRAINT workshops_reminder_hours CHECK (cardinality(reminder_hours) BETWEEN 1 AND 3 AND 1 <= ALL (reminder_hours) AND 168 >= ALL (reminder_hours));

-- +goose Down
ALTER TABLE workshops DROP COLUMN reminder_hours;
DROP TABLE workshop_message_people, workshop_messages;
