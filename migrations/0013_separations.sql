-- +goose Up

-- Who is kept apart: one protected from the other, or both from one another. A court's order itself is never stored.
CREATE TABLE separations (
    id         uuid PRIMARY KEY,
    version    integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    kind       text NOT NULL CONSTRAINT separations_kind CHECK (kind IN ('mutual', 'protected')),
    first_id   uuid NOT NULL CONSTRAINT separations_first REFERENCES members,  -- the protected side, or either of the two
    second_id  uuid NOT NULL CONSTRAINT separations_second REFERENCES members, -- who is kept apart, or the other of the two
    review_on  date NOT NULL,
    ends_on    date, -- the last day on which it holds
    status     text NOT NULL CONSTRAINT separations_status CHECK (status IN ('live', 'ended')),
    created_by uuid NOT NULL CONSTRAINT separations_created_by REFERENCES members,
    ended_by   uuid CONSTRAINT separations_ended_by REFERENCES members,
    ended_at   timestamptz,
    CONSTRAINT separations_two CHECK (first_id <> second_id),
    CONSTRAINT separations_ended CHECK ((status = 'ended') = (ended_at IS NOT NULL) AND (status = 'ended') = (ended_by IS NOT NULL))
);
-- Two people are kept apart once, whichever of them is named first.
CREATE UNIQUE INDEX separations_one_live ON separations (least(first_id, second_id), greatest(first_id, second_id)) WHERE status = 'live';
CREATE INDEX separations_of_first ON separations (first_id);
CREATE INDEX separations_of_second ON separations (second_id);
CREATE INDEX separations_by_age ON separations (created_at, id);
CREATE INDEX separations_by_review ON separations (review_on, id);

-- A new account that resembles somebody who is kept apart: staff look at what it asks for until one of them releases it.
CREATE TABLE member_holds (
    id           uuid PRIMARY KEY,
    created_at   timestamptz NOT NULL,
    member_id    uuid NOT NULL CONSTRAINT member_holds_member REFERENCES members,
    resembles_id uuid NOT NULL CONSTRAINT member_holds_resembles REFERENCES members,
    reasons      text[] NOT NULL CONSTRAINT member_holds_reasons CHECK (reasons <@ ARRAY['name', 'email', 'phone', 'address'] AND reasons <> '{}'),
    released_at  timestamptz,
    released_by  uuid CONSTRAINT member_holds_released_by REFERENCES members,
    CONSTRAINT member_holds_two CHECK (member_id <> resembles_id),
    CONSTRAINT member_holds_released CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE UNIQUE INDEX member_holds_once ON member_holds (member_id, resembles_id);
CREATE INDEX member_holds_resembling ON member_holds (resembles_id);

-- held: for a reason that must not show, as a separation, a held account, a drawn sample or a missing consent.
ALTER TABLE registrations DROP CONSTRAINT registrations_review;
ALTER TABLE registrations ADD CONSTRAINT registrations_review
    CHECK (review <@ ARRAY['approval_required', 'guardianship', 'second_booking', 'age', 'held']);

-- +goose Down
ALTER TABLE registrations DROP CONSTRAINT registrations_review;
UPDATE registrations SET review = array_remove(review, 'held');
ALTER TABLE registrations ADD CONSTRAINT registrations_review
    CHECK (review <@ ARRAY['approval_required', 'guardianship', 'second_booking', 'age']);
DROP TABLE member_holds, separations;
