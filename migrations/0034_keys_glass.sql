-- +goose Up
-- Which key-encryption key a person's key is wrapped by: its fingerprint, or nothing for the one that is derived from the
-- deployment's secret.
ALTER TABLE subject_keys ADD COLUMN kek text NOT NULL DEFAULT '' CONSTRAINT subject_keys_kek CHECK (kek = '' OR kek ~ '^[0-9a-f]{16}$');
ALTER TABLE subject_keys ADD COLUMN retired_at timestamptz; -- since then it seals nothing new, and what it sealed is moved to another
CREATE INDEX subject_keys_by_kek ON subject_keys (kek, id) WHERE wrapped IS NOT NULL;
CREATE INDEX subject_keys_retired ON subject_keys (id) WHERE NOT current AND wrapped IS NOT NULL;

-- A round in which everybody is given a new key. One that was interrupted goes on where it stopped.
CREATE TABLE key_rotations (
    id          uuid PRIMARY KEY,
    started_at  timestamptz NOT NULL,
    resealed_at timestamptz, -- when a text was last moved; keys are destroyed a while after it
    finished_at timestamptz
);
CREATE UNIQUE INDEX key_rotations_one ON key_rotations ((true)) WHERE finished_at IS NULL;
CREATE INDEX key_rotations_ordered ON key_rotations (started_at);

-- An admin opened one member's notes in an emergency, for minutes. Reason, words and the reason of a seal are sealed under the
-- member's key.
CREATE TABLE break_glass (
    id              uuid PRIMARY KEY,
    version         integer NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    member_id       uuid NOT NULL CONSTRAINT break_glass_member REFERENCES members,
    opened_by       uuid NOT NULL CONSTRAINT break_glass_opened_by REFERENCES members,
    opened_at       timestamptz NOT NULL,
    until           timestamptz NOT NULL,
    ended_at        timestamptz, -- by who opened it, before its time
    reason          bytea NOT NULL CONSTRAINT break_glass_reason_sealed CHECK (octet_length(reason) >= 33 AND get_byte(reason, 0) = 1),
    reason_key      uuid NOT NULL CONSTRAINT break_glass_reason_key REFERENCES subject_keys,
    notice_due_at   timestamptz NOT NULL, -- the member is told then, unless the notice is sealed, or sooner when the review is closed
    told_at         timestamptz,          -- the member was
    notice_sealed_at timestamptz,
    notice_sealed_by uuid CONSTRAINT break_glass_notice_sealed_by REFERENCES members,
    sealed_until    timestamptz,
    seal_reason     bytea CONSTRAINT break_glass_seal_reason_sealed CHECK (octet_length(seal_reason) >= 33 AND get_byte(seal_reason, 0) = 1),
    seal_reason_key uuid CONSTRAINT break_glass_seal_reason_key REFERENCES subject_keys,
    closed_at       timestamptz,
    closed_by       uuid CONSTRAINT break_glass_closed_by REFERENCES members,
    words           bytea CONSTRAINT break_glass_words_sealed CHECK (octet_length(words) >= 33 AND get_byte(words, 0) = 1), -- of the reviewer
    words_key       uuid CONSTRAINT break_glass_words_key REFERENCES subject_keys,
    CONSTRAINT break_glass_not_oneself CHECK (member_id <> opened_by),
    CONSTRAINT break_glass_an_hour CHECK (until > opened_at AND until <= opened_at + interval '60 minutes'),
    CONSTRAINT break_glass_ended CHECK (ended_at >= opened_at AND ended_at <= until),
    CONSTRAINT break_glass_review_by_another CHECK (closed_by <> opened_by AND notice_sealed_by <> opened_by),
    CONSTRAINT break_glass_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (words IS NULL) AND (words IS NULL) = (words_key IS NULL)),
    CONSTRAINT break_glass_notice_sealed CHECK ((notice_sealed_at IS NULL) = (notice_sealed_by IS NULL) AND (notice_sealed_at IS NULL) = (sealed_until IS NULL)
        AND (notice_sealed_at IS NULL) = (seal_reason IS NULL) AND (seal_reason IS NULL) = (seal_reason_key IS NULL))
);
CREATE INDEX break_glass_of_opener ON break_glass (opened_by, opened_at, id);
CREATE INDEX break_glass_of_member ON break_glass (member_id, opened_at);
CREATE INDEX break_glass_ordered ON break_glass (opened_at, id);
CREATE INDEX break_glass_in_review ON break_glass (opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX break_glass_untold ON break_glass ((coalesce(sealed_until, notice_due_at))) WHERE told_at IS NULL;
CREATE INDEX break_glass_of_sealer ON break_glass (notice_sealed_by) WHERE notice_sealed_by IS NOT NULL;
CREATE INDEX break_glass_of_closer ON break_glass (closed_by) WHERE closed_by IS NOT NULL;
CREATE INDEX break_glass_of_reason_key ON break_glass (reason_key);
CREATE INDEX break_glass_of_seal_reason_key ON break_glass (seal_reason_key) WHERE seal_reason_key IS NOT NULL;
CREATE INDEX break_glass_of_words_key ON break_glass (words_key) WHERE words_key IS NOT NULL;

-- +goose Down
DROP TABLE break_glass, key_rotations;
ALTER TABLE subject_keys DROP COLUMN retired_at, DROP COLUMN kek;
