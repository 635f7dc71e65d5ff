package coaching

import (
	"context"

	"homefront/services"
)

// sealedColumns are the words of coaching: what is put under a new key of its person when keys rotate. A test keeps the list whole.
var sealedColumns = []services.SealedColumn{
	{Table: "coaching_note_texts", Body: "body", Key: "body_key",
		Record: "select 'coaching_notes:' || n.tier || ':' || n.id from coaching_notes n where n.id = t.note_id", Version: "case t.kind when 'draft' then 0 else t.number end", Earlier: "case t.kind when 'draft' then t.number end"},
	{Table: "coaching_words", Body: "body", Key: "body_key", Record: "'coaching_words:' || t.id", Version: "t.edition"},
	{Table: "engagement_participants", Body: "hopes", Key: "hopes_key", Record: "'engagement_participants:' || t.id", Version: "1"},
	{Table: "coaching_sessions", Body: "reason", Key: "reason_key", Record: "'coaching_sessions:' || t.id", Version: "1"},
	{Table: "break_glass", Body: "reason", Key: "reason_key", Record: "'break_glass:' || t.id || ':reason'", Version: "1"},
	{Table: "break_glass", Body: "seal_reason", Key: "seal_reason_key", Record: "'break_glass:' || t.id || ':seal_reason'", Version: "1"},
	{Table: "break_glass", Body: "words", Key: "words_key", Record: "'break_glass:' || t.id || ':words'", Version: "1"},
}

// sealedBlock is what notes, hopes, goals and steps are padded to: their length tells no more than how many such blocks they take.
const sealedBlock = 512

// RotateKeys gives everybody a new key and puts the words of coaching under it, while everybody reads and writes; see
// services.Core.RotateKeys, which answers until when to wait before it is called again.
func (s *Service) RotateKeys(ctx context.Context, progress func(services.Rotation)) (services.Rotation, error) {
	return s.core.RotateKeys(ctx, sealedColumns, progress)
}
