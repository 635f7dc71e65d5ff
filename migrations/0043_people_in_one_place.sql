-- +goose Up
-- A body is in one place, whatever brings it there: who coaches and who is coached, who leads a workshop and who books an hour, is one
-- resource, a person. What stands twice at one hour already keeps the one place that it has: the work of a coach or of who leads.
LOCK TABLE resources, commitments;
ALTER TABLE resources DROP CONSTRAINT resources_kind;
INSERT INTO resources (kind, id) SELECT DISTINCT 'person', id FROM resources WHERE kind IN ('staff', 'member');
UPDATE commitments SET resource_kind = 'person' WHERE resource_kind = 'staff';
DELETE FROM commitments c USING commitments w
WHERE c.resource_kind = 'member' AND w.resource_kind = 'person' AND w.resource_id = c.resource_id AND w.during && c.during;
UPDATE commitments SET resource_kind = 'person' WHERE resource_kind = 'member';
DELETE FROM resources WHERE kind IN ('staff', 'member');
ALTER TABLE resources ADD CONSTRAINT resources_kind CHECK (kind IN ('person', 'venue'));

-- +goose Down
LOCK TABLE resources, commitments;
ALTER TABLE resources DROP CONSTRAINT resources_kind;
INSERT INTO resources (kind, id) SELECT k, id FROM resources, unnest('{staff,member}'::text[]) k WHERE kind = 'person';
UPDATE commitments c SET resource_kind = CASE WHEN EXISTS (SELECT FROM coaching_sessions s JOIN coaching_attendance a ON a.session_id = s.id
	WHERE s.id = c.source_id AND a.member_id = c.resource_id) THEN 'member' ELSE 'staff' END WHERE resource_kind = 'person';
DELETE FROM resources WHERE kind = 'person';
ALTER TABLE resources ADD CONSTRAINT resources_kind CHECK (kind IN ('staff', 'member', 'room', 'venue'));
