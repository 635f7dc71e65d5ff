-- +goose Up

-- What can be in one place at a time. Its row is what a booking locks, so that bookings of the same thing queue.
CREATE TABLE resources (
    kind text NOT NULL CONSTRAINT resources_kind CHECK (kind IN ('staff', 'member', 'room', 'venue')),
    id   uuid NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Every booking of every resource. during is the booking with its buffers, starts_at and ends_at are without them.
CREATE TABLE commitments (
    id            uuid PRIMARY KEY,
    resource_kind text NOT NULL,
    resource_id   uuid NOT NULL,
    during        tstzrange NOT NULL CONSTRAINT commitments_during CHECK (NOT isempty(during) AND lower(during) IS NOT NULL AND upper(during) IS NOT NULL),
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    source        text NOT NULL, -- the kind of record that booked: session, …
    source_id     uuid NOT NULL,
    CONSTRAINT commitments_resource FOREIGN KEY (resource_kind, resource_id) REFERENCES resources,
    CONSTRAINT commitments_no_overlap EXCLUDE USING gist (resource_kind WITH =, resource_id WITH =, during WITH &&)
);
CREATE INDEX commitments_source ON commitments (source, source_id);

-- +goose Down
DROP TABLE commitments, resources;
