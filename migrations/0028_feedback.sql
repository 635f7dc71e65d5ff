-- +goose Up

-- Answers that are shown together. A group is never changed: its numbers are those of the moment at which it was formed, of
-- five people or more whom no earlier group had. It stands as long as all its answers do. Of one session, of what was left
-- over in several sessions of one workshop, or of several workshops of one program.
CREATE TABLE feedback_groups (
    id          uuid PRIMARY KEY,
    session_id  uuid,
    workshop_id uuid CONSTRAINT feedback_groups_workshop REFERENCES workshops,
    program_id  uuid CONSTRAINT feedback_groups_program REFERENCES programs,
    n           integer NOT NULL,
    score_sum   integer NOT NULL,
    low         integer NOT NULL, -- 0 to 6
    middle      integer NOT NULL, -- 7 and 8
    high        integer NOT NULL, -- 9 and 10
    formed_at   timestamptz NOT NULL,
    CONSTRAINT feedback_groups_session FOREIGN KEY (workshop_id, session_id) REFERENCES workshop_sessions (workshop_id, id),
    CONSTRAINT feedback_groups_of CHECK (num_nonnulls(workshop_id, program_id) = 1 AND (session_id IS NULL OR workshop_id IS NOT NULL)),
    CONSTRAINT feedback_groups_five CHECK (n >= 5),
    CONSTRAINT feedback_groups_bands CHECK (low >= 0 AND middle >= 0 AND high >= 0 AND low + middle + high = n),
    CONSTRAINT feedback_groups_sum CHECK (score_sum BETWEEN 0 AND 10 * n)
);
CREATE INDEX feedback_groups_of_session ON feedback_groups (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX feedback_groups_of_workshop ON feedback_groups (workshop_id) WHERE workshop_id IS NOT NULL;
CREATE INDEX feedback_groups_of_program ON feedback_groups (program_id) WHERE program_id IS NOT NULL;

-- Somebody who was at a session: whether they were asked how it was, and what they said, sealed. Who said what is kept so that
-- they can change it and take it back, and for nothing else.
CREATE TABLE session_feedback (
    id         uuid PRIMARY KEY,
    session_id uuid NOT NULL CONSTRAINT session_feedback_session REFERENCES workshop_sessions,
    member_id  uuid NOT NULL CONSTRAINT session_feedback_member REFERENCES members,
    asked_at   timestamptz,
    answer     bytea CONSTRAINT session_feedback_answer_sealed CHECK (octet_length(answer) >= 33 AND get_byte(answer, 0) = 1),
    answer_key uuid CONSTRAINT session_feedback_answer_key REFERENCES subject_keys,
    shown      bytea CONSTRAINT session_feedback_shown_sealed CHECK (octet_length(shown) >= 33 AND get_byte(shown, 0) = 1), -- whose words the group shows
    shown_key  uuid CONSTRAINT session_feedback_shown_key REFERENCES subject_keys,
    given_at   timestamptz,
    changed_at timestamptz,
    group_id   uuid CONSTRAINT session_feedback_group REFERENCES feedback_groups,
    seen       boolean NOT NULL DEFAULT false, -- it was of a group once
    revised    boolean NOT NULL DEFAULT false, -- it says something else since
    CONSTRAINT session_feedback_once UNIQUE (session_id, member_id),
    CONSTRAINT session_feedback_with_key CHECK ((answer IS NULL) = (answer_key IS NULL) AND (shown IS NULL) = (shown_key IS NULL)),
    CONSTRAINT session_feedback_given CHECK ((answer IS NULL) = (given_at IS NULL)),
    CONSTRAINT session_feedback_grouped CHECK (group_id IS NULL OR (seen AND answer IS NOT NULL)),
    CONSTRAINT session_feedback_shown_in CHECK (shown IS NULL OR group_id IS NOT NULL)
);
CREATE INDEX session_feedback_of_member ON session_feedback (member_id);
CREATE INDEX session_feedback_in_group ON session_feedback (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX session_feedback_with_words ON session_feedback (group_id) WHERE shown IS NOT NULL;
CREATE INDEX session_feedback_loose ON session_feedback (session_id) WHERE answer IS NOT NULL AND group_id IS NULL;
CREATE INDEX session_feedback_of_answer_key ON session_feedback (answer_key) WHERE answer_key IS NOT NULL;
CREATE INDEX session_feedback_of_shown_key ON session_feedback (shown_key) WHERE shown_key IS NOT NULL;

-- Thanks go to one person. Nothing ties them to a score.
CREATE TABLE thanks (
    id             uuid PRIMARY KEY,
    session_id     uuid NOT NULL CONSTRAINT thanks_session REFERENCES workshop_sessions,
    from_member_id uuid NOT NULL CONSTRAINT thanks_from REFERENCES members,
    to_member_id   uuid NOT NULL CONSTRAINT thanks_to REFERENCES members,
    words          bytea NOT NULL CONSTRAINT thanks_words_sealed CHECK (octet_length(words) >= 33 AND get_byte(words, 0) = 1),
    words_key      uuid NOT NULL CONSTRAINT thanks_words_key REFERENCES subject_keys,
    said_at        timestamptz NOT NULL,
    delivered_at   timestamptz NOT NULL, -- until then the sender may take them back, and the reader has none
    withheld       boolean NOT NULL DEFAULT false, -- between two who are kept apart: taken, and not delivered
    CONSTRAINT thanks_once UNIQUE (session_id, from_member_id, to_member_id),
    CONSTRAINT thanks_two CHECK (from_member_id <> to_member_id),
    CONSTRAINT thanks_order CHECK (delivered_at >= said_at)
);
CREATE INDEX thanks_to_member ON thanks (to_member_id, said_at, id);
CREATE INDEX thanks_from_member ON thanks (from_member_id);
CREATE INDEX thanks_of_key ON thanks (words_key);

-- Whom to ask how it was: those who were at what ended lately.
CREATE INDEX workshop_sessions_ended ON workshop_sessions (ends_at, id) WHERE status <> 'cancelled';

-- +goose Down
DROP INDEX workshop_sessions_ended;
DROP TABLE thanks, session_feedback, feedback_groups;
