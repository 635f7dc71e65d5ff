// Package tasks keeps the work that people here have to do: what waits, in whose queue, until when, and what came of it.
package tasks

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Service holds the use cases.
type Service struct{ core *services.Core }

// NewService makes it. It has no jobs: what is due is asked at use.
func NewService(core *services.Core) *Service { return &Service{core: core} }

// New is a task to be opened. Title names nobody: it stands in lists.
type New struct {
	Kind     models.TaskKind
	MemberID *uuid.UUID // whom it is about
	Record   string     // the kind of record it is about, in the singular; "" for none
	RecordID *uuid.UUID
	Queue    string     // "coordinators", "admins", …
	Owner    *uuid.UUID // the member who is to do it; nil leaves it to the queue
	Title    string
	DueAt    time.Time
}

// Open opens a task. While a live one of the same kind about the same record and member exists, it answers that one's
// id instead, due at the earlier of the two times.
func Open(tx *services.Tx, t New) (uuid.UUID, error) {
	row := models.Task{
		Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
		Kind:   t.Kind, Title: strings.TrimSpace(t.Title), MemberID: t.MemberID, About: t.Record, RecordID: t.RecordID,
		Queue: t.Queue, OwnerID: t.Owner, DueAt: t.DueAt, Status: models.TaskOpen,
	}
	var id uuid.UUID
	err := tx.Batch(services.Statement{
		SQL: `insert into tasks as t (id, version, created_at, updated_at, kind, title, member_id, record, record_id, queue, owner_id, due_at, status)
			values ($1, 1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open')
			on conflict (record, record_id, kind, member_id) where status in ('open', 'snoozed') and record <> ''
			do update set due_at = least(t.due_at, excluded.due_at) returning id`,
		Args: []any{row.ID, tx.Now(), string(row.Kind), row.Title, row.MemberID, row.About, row.RecordID, row.Queue, row.OwnerID, row.DueAt},
		Scan: services.ScanOne("task", &id),
	})
	if err != nil {
		return uuid.Nil, err
	}
	if id == row.ID {
		tx.Changed(nil, row)
	} else {
		tx.Object(id)
	}
	return id, nil
}

const moot = "What it was about has been settled."

// CloseFor drops the live tasks about a record, of the given kinds or of all, because there is nothing left to do.
func CloseFor(tx *services.Tx, record string, recordID uuid.UUID, kinds ...models.TaskKind) error {
	q := tx.DB.Model(&models.Task{}).Where("record = ? AND record_id = ? AND status IN ?", record, recordID, live)
	if len(kinds) > 0 {
		q = q.Where("kind IN ?", kinds)
	}
	var rows []models.Task
	if err := q.Clauses(forUpdate).Order("id").Find(&rows).Error; err != nil {
		return err
	}
	for i := range rows {
		before := rows[i]
		closeTask(tx, &rows[i], models.TaskDropped)
		reason := moot
		rows[i].Reason = &reason
		if err := store(tx, before, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}
