-- +goose Up

-- Beyond age and audience: rules as data, and what those who come are asked.
ALTER TABLE workshops
    ADD COLUMN rules                jsonb NOT NULL DEFAULT '[]' CONSTRAINT workshops_rules CHECK (jsonb_typeof(rules) = 'array'),
    ADD COLUMN registration_form_id uuid CONSTRAINT workshops_registration_form REFERENCES forms;
CREATE INDEX workshops_registration_form_id ON workshops (registration_form_id) WHERE registration_form_id IS NOT NULL;

ALTER TABLE registrations DROP CONSTRAINT registrations_review, ADD CONSTRAINT registrations_review
    CHECK (review <@ ARRAY['approval_required', 'guardianship', 'second_booking', 'age', 'held', 'eligibility']);

-- +goose Down
ALTER TABLE registrations DROP CONSTRAINT registrations_review, ADD CONSTRAINT registrations_review
    CHECK (review <@ ARRAY['approval_required', 'guardianship', 'second_booking', 'age', 'held']);
ALTER TABLE workshops DROP COLUMN registration_form_id, DROP COLUMN rules;
