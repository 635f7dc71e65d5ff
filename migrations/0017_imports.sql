-- +goose Up

-- A spreadsheet that somebody brought. Its rows are kept below until 30 days after it was worked off, so that stopped work
-- goes on where it stood and can be rolled back.
CREATE TABLE imports (
    id          uuid PRIMARY KEY,
    version     integer NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    created_by  uuid NOT NULL CONSTRAINT imports_created_by REFERENCES members,
    file_name   text NOT NULL,
    file_hash   bytea NOT NULL CONSTRAINT imports_file_hash CHECK (octet_length(file_hash) = 32), -- HMAC of the bytes
    format      text NOT NULL CONSTRAINT imports_format CHECK (format IN ('csv', 'xlsx')),
    sheet       text NOT NULL DEFAULT '',
    rows        integer NOT NULL CONSTRAINT imports_rows CHECK (rows BETWEEN 0 AND 50000),
    columns     jsonb NOT NULL, -- [{name, letter, dropped, why, samples}]
    mapping     jsonb NOT NULL, -- one field per column, '' for none
    options     jsonb NOT NULL,
    status      text NOT NULL CONSTRAINT imports_status CHECK (status IN ('uploaded', 'checking', 'checked', 'running', 'paused', 'done', 'failed',
                    'rolling_back', 'rolled_back', 'cancelled')),
    handled     integer NOT NULL DEFAULT 0, -- rows that the present check, run or roll-back is past
    why         text NOT NULL DEFAULT '', -- a code, when it failed
    finished_at timestamptz,
    purged_at   timestamptz -- the cells are gone
);
CREATE INDEX imports_by_age ON imports (created_at, id);
CREATE INDEX imports_of ON imports (created_by, created_at, id);
CREATE INDEX imports_unpurged ON imports (updated_at) WHERE purged_at IS NULL;
-- Two at once could enter the same person twice.
CREATE UNIQUE INDEX imports_one_at_a_time ON imports ((true)) WHERE status IN ('running', 'rolling_back');

CREATE TABLE import_rows (
    id              uuid PRIMARY KEY,
    import_id       uuid NOT NULL CONSTRAINT import_rows_import REFERENCES imports ON DELETE CASCADE,
    number          integer NOT NULL CONSTRAINT import_rows_number CHECK (number >= 1), -- as the spreadsheet counts
    cells           jsonb NOT NULL, -- texts; what must not be kept is empty
    notes           jsonb NOT NULL DEFAULT '[]', -- what reading the file found: cells that were not kept, rows of another width
    fingerprint     bytea NOT NULL, -- HMAC of the cells: the same row of the same file is known again
    fate            text CONSTRAINT import_rows_fate CHECK (fate IN ('create', 'update', 'unchanged', 'duplicate', 'error', 'skipped')),
    errors          jsonb NOT NULL DEFAULT '[]', -- [{column, cell, code, message, ignored}]
    changes         text[] NOT NULL DEFAULT '{}', -- fields that an update would change
    matches         jsonb NOT NULL DEFAULT '[]', -- [{member_id | row, person, score, reasons}]
    score           integer NOT NULL DEFAULT 0, -- of the best match
    match_id        uuid CONSTRAINT import_rows_match REFERENCES members ON DELETE SET NULL,
    decision        text CONSTRAINT import_rows_decision CHECK (decision IN ('create', 'update', 'skip')),
    state           text NOT NULL CONSTRAINT import_rows_state CHECK (state IN ('pending', 'written', 'left', 'rolled_back', 'kept')),
    member_id       uuid CONSTRAINT import_rows_member REFERENCES members ON DELETE SET NULL,
    member_ids      uuid[] NOT NULL DEFAULT '{}', -- everybody the row brought
    made            jsonb NOT NULL DEFAULT '[]', -- [{table, id, person}]
    before          jsonb, -- the member as it was before an update
    written_version integer,
    why             text NOT NULL DEFAULT '', -- a code: why it was left or kept
    CONSTRAINT import_rows_once UNIQUE (import_id, number)
);
CREATE INDEX import_rows_by_fate ON import_rows (import_id, fate, number) WHERE fate IS NOT NULL;
CREATE INDEX import_rows_by_score ON import_rows (import_id, score, id);
CREATE INDEX import_rows_pending ON import_rows (import_id, number) WHERE state = 'pending';
CREATE INDEX import_rows_written_of ON import_rows (import_id, number) WHERE state = 'written';
CREATE INDEX import_rows_written ON import_rows (fingerprint) WHERE state IN ('written', 'kept');
CREATE INDEX import_rows_of_member ON import_rows (member_id) WHERE member_id IS NOT NULL;
CREATE INDEX import_rows_of_match ON import_rows (match_id) WHERE match_id IS NOT NULL;
CREATE INDEX import_rows_of_members ON import_rows USING gin (member_ids) WHERE member_ids <> '{}';

-- What was taken out: of whom is in filter and rows, and no more than that.
CREATE TABLE exports (
    id          uuid PRIMARY KEY,
    created_at  timestamptz NOT NULL,
    created_by  uuid NOT NULL CONSTRAINT exports_created_by REFERENCES members,
    format      text NOT NULL CONSTRAINT exports_format CHECK (format IN ('csv', 'xlsx')),
    columns     text[] NOT NULL,
    filter      jsonb NOT NULL,
    rows        integer NOT NULL, -- when it was asked for
    finished_at timestamptz
);
CREATE UNIQUE INDEX exports_one_at_a_time ON exports (created_by) WHERE finished_at IS NULL;
CREATE INDEX exports_of ON exports (created_by, created_at);

-- +goose Down
DROP TABLE exports, import_rows, imports;
