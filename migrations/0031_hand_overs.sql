-- +goose Up

-- Another coach is to take over. It happens when the new coach and everybody who is coached have said yes.
CREATE TABLE hand_overs (
    id                uuid PRIMARY KEY,
    version           integer NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    engagement_id     uuid NOT NULL CONSTRAINT hand_overs_engagement REFERENCES engagements,
    from_coach_id     uuid NOT NULL CONSTRAINT hand_overs_from REFERENCES coaches,
    to_coach_id       uuid NOT NULL CONSTRAINT hand_overs_to REFERENCES coaches,
    state             text NOT NULL CONSTRAINT hand_overs_state CHECK (state IN ('proposed', 'done', 'declined', 'cancelled')),
    move_sessions     boolean NOT NULL, -- what is booked goes along where the new coach is free; else it is called off
    proposed_by       uuid NOT NULL CONSTRAINT hand_overs_proposed_by REFERENCES members,
    coach_accepted_at timestamptz,
    closed_at         timestamptz,
    moved             integer NOT NULL DEFAULT 0, -- sessions that went along
    called_off        integer NOT NULL DEFAULT 0, -- and those that did not
    CONSTRAINT hand_overs_two CHECK (from_coach_id <> to_coach_id),
    CONSTRAINT hand_overs_closed CHECK ((state = 'proposed') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX hand_overs_one_open ON hand_overs (engagement_id) WHERE state = 'proposed';
CREATE INDEX hand_overs_of_engagement ON hand_overs (engagement_id, created_at);
CREATE INDEX hand_overs_from_coach ON hand_overs (from_coach_id, created_at);
CREATE INDEX hand_overs_to_coach ON hand_overs (to_coach_id, state);
CREATE INDEX hand_overs_created ON hand_overs (created_at, id);
CREATE INDEX hand_overs_of_proposer ON hand_overs (proposed_by);

-- What each of those who are coached said to it, and whether what came before is for the new coach to read.
CREATE TABLE hand_over_answers (
    hand_over_id uuid NOT NULL CONSTRAINT hand_over_answers_of REFERENCES hand_overs,
    member_id    uuid NOT NULL CONSTRAINT hand_over_answers_member REFERENCES members,
    history      boolean NOT NULL,
    answered_at  timestamptz NOT NULL,
    answered_by  uuid NOT NULL CONSTRAINT hand_over_answers_by REFERENCES members, -- themselves, their guardian, or staff on their word
    PRIMARY KEY (hand_over_id, member_id)
);
CREATE INDEX hand_over_answers_of_member ON hand_over_answers (member_id);
CREATE INDEX hand_over_answers_of_answerer ON hand_over_answers (answered_by);

-- +goose Down
DROP TABLE hand_over_answers, hand_overs;
