-- +goose Up

-- Holders of credentials are warned 60 days before, too: each later stage moves on by one.
DROP INDEX credentials_to_warn;
ALTER TABLE credentials DROP CONSTRAINT credentials_warned;
UPDATE credentials SET warned = warned + 1 WHERE warned > 0;
ALTER TABLE credentials ADD CONSTRAINT credentials_warned CHECK (warned BETWEEN 0 AND 4);
CREATE INDEX credentials_to_warn ON credentials (expires_on, id) WHERE revoked_at IS NULL AND warned < 4;

-- Since when staff are asked to find other coaches for the clients of one who may coach no longer.
ALTER TABLE coaches ADD COLUMN clients_to_staff_at timestamptz;

-- +goose Down
ALTER TABLE coaches DROP COLUMN clients_to_staff_at;
DROP INDEX credentials_to_warn;
ALTER TABLE credentials DROP CONSTRAINT credentials_warned;
UPDATE credentials SET warned = greatest(warned - 1, 0);
ALTER TABLE credentials ADD CONSTRAINT credentials_warned CHECK (warned BETWEEN 0 AND 3);
CREATE INDEX credentials_to_warn ON credentials (expires_on, id) WHERE revoked_at IS NULL AND warned < 3;
