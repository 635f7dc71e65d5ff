-- +goose Up

-- What somebody who is coached wants to reach. The words are in coaching_words.
CREATE TABLE coaching_goals (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    engagement_id uuid NOT NULL CONSTRAINT coaching_goals_engagement REFERENCES engagements,
    member_id     uuid CONSTRAINT coaching_goals_member REFERENCES members, -- of this one alone; null: of two who are coached together
    set_by        uuid NOT NULL CONSTRAINT coaching_goals_set_by REFERENCES members,
    state         text NOT NULL CONSTRAINT coaching_goals_state CHECK (state IN ('open', 'achieved', 'dropped')),
    progress      integer NOT NULL DEFAULT 0 CONSTRAINT coaching_goals_progress CHECK (progress BETWEEN 0 AND 100),
    target_on     date,
    closed_at     timestamptz,
    CONSTRAINT coaching_goals_closed CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX coaching_goals_of_engagement ON coaching_goals (engagement_id, created_at, id);
CREATE INDEX coaching_goals_of_member ON coaching_goals (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX coaching_goals_of_setter ON coaching_goals (set_by);

-- How a goal moved. What was said in a session counts from that session on, whenever it was written down.
CREATE TABLE coaching_goal_moves (
    id          uuid PRIMARY KEY,
    goal_id     uuid NOT NULL CONSTRAINT coaching_goal_moves_goal REFERENCES coaching_goals,
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    moved_by    uuid NOT NULL CONSTRAINT coaching_goal_moves_moved_by REFERENCES members,
    session_id  uuid CONSTRAINT coaching_goal_moves_session REFERENCES coaching_sessions,
    state       text NOT NULL CONSTRAINT coaching_goal_moves_state CHECK (state IN ('open', 'achieved', 'dropped')),
    progress    integer NOT NULL CONSTRAINT coaching_goal_moves_progress CHECK (progress BETWEEN 0 AND 100)
);
CREATE INDEX coaching_goal_moves_of_goal ON coaching_goal_moves (goal_id, at, id);
CREATE INDEX coaching_goal_moves_by_member ON coaching_goal_moves (moved_by);
CREATE INDEX coaching_goal_moves_of_session ON coaching_goal_moves (session_id) WHERE session_id IS NOT NULL;

-- A next step that was agreed on.
CREATE TABLE coaching_actions (
    id            uuid PRIMARY KEY,
    version       integer NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    engagement_id uuid NOT NULL CONSTRAINT coaching_actions_engagement REFERENCES engagements,
    goal_id       uuid CONSTRAINT coaching_actions_goal REFERENCES coaching_goals,
    session_id    uuid CONSTRAINT coaching_actions_session REFERENCES coaching_sessions, -- in which it was agreed
    member_id     uuid CONSTRAINT coaching_actions_member REFERENCES members, -- said to this one alone; null: to two who are coached together
    owner_id      uuid CONSTRAINT coaching_actions_owner REFERENCES members,  -- who does it; null: those two, together
    set_by        uuid NOT NULL CONSTRAINT coaching_actions_set_by REFERENCES members,
    due_on        date,
    done_at       timestamptz,
    done_by       uuid CONSTRAINT coaching_actions_done_by REFERENCES members,
    dropped_at    timestamptz,
    CONSTRAINT coaching_actions_done CHECK ((done_at IS NULL) = (done_by IS NULL)),
    CONSTRAINT coaching_actions_end CHECK (done_at IS NULL OR dropped_at IS NULL)
);
CREATE INDEX coaching_actions_of_engagement ON coaching_actions (engagement_id, created_at, id);
CREATE INDEX coaching_actions_open ON coaching_actions (engagement_id, due_on) WHERE done_at IS NULL AND dropped_at IS NULL;
CREATE INDEX coaching_actions_of_goal ON coaching_actions (goal_id, created_at, id) WHERE goal_id IS NOT NULL;
CREATE INDEX coaching_actions_of_session ON coaching_actions (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX coaching_actions_of_member ON coaching_actions (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX coaching_actions_of_owner ON coaching_actions (owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX coaching_actions_of_setter ON coaching_actions (set_by);
CREATE INDEX coaching_actions_of_doer ON coaching_actions (done_by) WHERE done_by IS NOT NULL;

-- The words of a goal or a step, sealed once for each of those who are coached and read it.
CREATE TABLE coaching_words (
    id        uuid PRIMARY KEY,
    goal_id   uuid CONSTRAINT coaching_words_goal REFERENCES coaching_goals,
    action_id uuid CONSTRAINT coaching_words_action REFERENCES coaching_actions,
    member_id uuid NOT NULL CONSTRAINT coaching_words_member REFERENCES members,
    edition   integer NOT NULL, -- bound into the seal
    body      bytea NOT NULL CONSTRAINT coaching_words_sealed CHECK (octet_length(body) >= 33 AND get_byte(body, 0) = 1),
    body_key  uuid NOT NULL CONSTRAINT coaching_words_key REFERENCES subject_keys,
    CONSTRAINT coaching_words_of CHECK (num_nonnulls(goal_id, action_id) = 1),
    CONSTRAINT coaching_words_of_goal UNIQUE (goal_id, member_id),
    CONSTRAINT coaching_words_of_action UNIQUE (action_id, member_id)
);
CREATE INDEX coaching_words_of_member ON coaching_words (member_id);
CREATE INDEX coaching_words_of_key ON coaching_words (body_key);

-- What a coach wrote down of a session in one call. The id is made by their phone: it may send the same again, for ever.
CREATE TABLE coaching_logs (
    id         uuid PRIMARY KEY,
    session_id uuid NOT NULL CONSTRAINT coaching_logs_session REFERENCES coaching_sessions, -- again after it was restored
    logged_by  uuid NOT NULL CONSTRAINT coaching_logs_logged_by REFERENCES members,
    logged_at  timestamptz NOT NULL,
    body_mac   bytea NOT NULL, -- of what was sent, so that another log is not taken for the same
    answer     jsonb NOT NULL CONSTRAINT coaching_logs_answer CHECK (jsonb_typeof(answer) = 'object') -- ids and facts, no words
);
CREATE INDEX coaching_logs_of_session ON coaching_logs (session_id);
CREATE INDEX coaching_logs_of_logger ON coaching_logs (logged_by);

-- What a coach has still to hold or to write down.
CREATE INDEX coaching_sessions_open_of_coach ON coaching_sessions (coach_id, starts_at, id) WHERE state IN ('requested', 'booked', 'in_progress');

-- +goose Down
DROP INDEX coaching_sessions_open_of_coach;
DROP TABLE coaching_logs, coaching_words, coaching_actions, coaching_goal_moves, coaching_goals;
