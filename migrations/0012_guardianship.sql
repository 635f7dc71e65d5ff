-- +goose Up

-- Who had entered somebody whom they may act for no longer. When that right comes back, so does the place. It is not kept
-- with the attendee, whose later changes are none of theirs.
CREATE TABLE released_places (
    attendee_id   uuid PRIMARY KEY CONSTRAINT released_places_attendee REFERENCES attendees,
    released_from uuid NOT NULL CONSTRAINT released_places_from REFERENCES members,
    released_at   timestamptz NOT NULL
);
CREATE INDEX released_places_of ON released_places (released_from);

-- A guardian shows this booking to the other guardians of the children in it.
ALTER TABLE registrations ADD COLUMN shared_with_guardians boolean NOT NULL DEFAULT false;

-- What ends by itself is looked for among those that stand, and told again for a while after it ended.
CREATE INDEX guardianships_standing ON guardianships (child_id) WHERE status IN ('claimed', 'confirmed');
CREATE INDEX guardianships_closed ON guardianships (closed_at) WHERE closed_at IS NOT NULL;

-- An address that a guardian reads is not the child's own.
-- +goose StatementBegin
CREATE FUNCTION address_of_guardian(child uuid, address text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT EXISTS (SELECT FROM guardianships g JOIN members p ON p.id = g.guardian_id LEFT JOIN accounts a ON a.member_id = p.id
        WHERE g.child_id = child AND g.status <> 'refused' AND (lower(p.email) = lower(address) OR lower(a.email) = lower(address)))
    $$;
-- +goose StatementEnd

-- A new address that we are to write to is used once its owner has followed the link in it.
ALTER TABLE one_time_tokens DROP CONSTRAINT one_time_tokens_kind, ADD CONSTRAINT one_time_tokens_kind CHECK (kind IN ('verify', 'reset', 'contact')),
    ADD CONSTRAINT one_time_tokens_contact CHECK (kind <> 'contact' OR account_id IS NOT NULL);

-- +goose Down
DELETE FROM one_time_tokens WHERE kind = 'contact';
ALTER TABLE one_time_tokens DROP CONSTRAINT one_time_tokens_contact, DROP CONSTRAINT one_time_tokens_kind,
    ADD CONSTRAINT one_time_tokens_kind CHECK (kind IN ('verify', 'reset'));
DROP FUNCTION address_of_guardian(uuid, text);
DROP INDEX guardianships_closed, guardianships_standing;
ALTER TABLE registrations DROP COLUMN shared_with_guardians;
DROP TABLE released_places;
