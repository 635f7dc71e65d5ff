// Package tasks keeps the work that people here have to do: what waits, in whose queue, until when, and what came of it.
package tasks

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

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
	// AlsoAbout are others it concerns. Whoever is one of them or close to one never sees it.
	AlsoAbout []uuid.UUID
	Record    string // the kind of record it is about, in the singular; "" for none
	RecordID  *uuid.UUID
	Queue     string     // "coordinators", "admins", …
	Owner     *uuid.UUID // the member who is to do it; nil leaves it to the queue
	Title     string
	DueAt     time.Time
}

// Open opens a task. While a live one of the same kind about the same record and member exists, it answers that one's
// id instead, due at the earlier of the two times, and awake: what happened again is not put away.
func Open(tx *services.Tx, t New) (uuid.UUID, error) {
	row := models.Task{
		Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
		Kind:   t.Kind, Title: strings.TrimSpace(t.Title), MemberID: t.MemberID, AlsoAbout: t.AlsoAbout, About: t.Record, RecordID: t.RecordID,
		Queue: t.Queue, OwnerID: t.Owner, DueAt: t.DueAt, Status: models.TaskOpen,
	}
	for range 3 { // the one in the way may be closed before it is read
		made, err := insert(tx, &row)
		if err != nil {
			return uuid.Nil, err
		}
		if made {
			tx.Changed(nil, row)
			return row.ID, nil
		}
		if id, err := again(tx, &row); err != nil || id != uuid.Nil {
			return id, err
		}
	}
	return uuid.Nil, services.Unavailable(services.CodeBusy, "Several people are working on this at once. Try again shortly.")
}

func insert(tx *services.Tx, t *models.Task) (made bool, err error) {
	return made, tx.Batch(services.Statement{
		SQL: `insert into tasks (id, version, created_at, updated_at, kind, title, member_id, also_about, record, record_id, queue, owner_id, due_at, status)
			values ($1, 1, $2, $2, $3, $4, $5, coalesce($11::uuid[], '{}'), $6, $7, $8, $9, $10, 'open')
			on conflict (record, record_id, kind, member_id) where status in ('open', 'snoozed') and record <> '' do nothing returning id`,
		Args: []any{t.ID, tx.Now(), string(t.Kind), t.Title, t.MemberID, t.About, t.RecordID, t.Queue, t.OwnerID, t.DueAt, []uuid.UUID(t.AlsoAbout)},
		Scan: func(rows pgx.Rows) error {
			made = rows.Next()
			return rows.Err()
		},
	})
}

// again is what a new cause changes of the live task about the same thing. It answers no id when there is none any more.
func again(tx *services.Tx, cause *models.Task) (uuid.UUID, error) {
	var rows []models.Task
	err := tx.DB.Clauses(forUpdate).Where("record = ? AND record <> '' AND record_id = ? AND kind = ? AND member_id IS NOT DISTINCT FROM ? AND status IN ?",
		cause.About, cause.RecordID, cause.Kind, cause.MemberID, live).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return uuid.Nil, err
	}
	t, before := &rows[0], rows[0]
	if cause.DueAt.Before(t.DueAt) {
		t.DueAt = cause.DueAt
	}
	t.Status, t.SnoozedUntil = models.TaskOpen, nil
	t.AlsoAbout = slices.Clone(t.AlsoAbout)
	for _, id := range cause.AlsoAbout {
		if !slices.Contains(t.AlsoAbout, id) {
			t.AlsoAbout = append(t.AlsoAbout, id)
		}
	}
	if t.DueAt.Equal(before.DueAt) && before.Status == models.TaskOpen && len(t.AlsoAbout) == len(before.AlsoAbout) {
		tx.Object(t.ID)
		return t.ID, nil
	}
	return t.ID, store(tx, before, t)
}

const moot = "What it was about has been settled."

// CloseFor drops the live tasks about a record, of the given kinds or of all, because there is nothing left to do.
func CloseFor(tx *services.Tx, record string, recordID uuid.UUID, kinds ...models.TaskKind) error {
	return each(tx, about(record, recordID, kinds), drop(tx, moot))
}

// CloseAbout is CloseFor for the tasks that are about one member too.
func CloseAbout(tx *services.Tx, record string, recordID, memberID uuid.UUID, kinds ...models.TaskKind) error {
	return each(tx, func(db *gorm.DB) *gorm.DB { return about(record, recordID, kinds)(db).Where("member_id = ?", memberID) }, drop(tx, moot))
}

// DoneFor closes the live tasks about a record with what came of them.
func DoneFor(tx *services.Tx, record string, recordID uuid.UUID, outcome string, kinds ...models.TaskKind) error {
	return each(tx, about(record, recordID, kinds), func(t *models.Task) {
		closeTask(tx, t, models.TaskDone)
		t.Outcome = &outcome
	})
}

// GiveFor hands the live tasks about a record to somebody, or with nil back to their queue, due at a new time.
func GiveFor(tx *services.Tx, record string, recordID uuid.UUID, owner *uuid.UUID, dueAt time.Time) error {
	return each(tx, about(record, recordID, nil), func(t *models.Task) {
		t.OwnerID, t.DueAt, t.Status, t.SnoozedUntil = owner, dueAt, models.TaskOpen, nil
	})
}

func drop(tx *services.Tx, reason string) func(*models.Task) {
	return func(t *models.Task) {
		closeTask(tx, t, models.TaskDropped)
		t.Reason = &reason
	}
}

// about finds the tasks of a record. Their index holds no others, which PostgreSQL cannot tell from a parameter: it must be said.
func about(record string, recordID uuid.UUID, kinds []models.TaskKind) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		db = db.Where("record = ? AND record <> '' AND record_id = ?", record, recordID)
		if len(kinds) > 0 {
			db = db.Where("kind IN ?", kinds)
		}
		return db
	}
}

// each changes the live tasks of a scope.
func each(tx *services.Tx, scope func(*gorm.DB) *gorm.DB, change func(*models.Task)) error {
	var rows []models.Task
	err := tx.DB.Model(&models.Task{}).Scopes(scope).Where("status IN ?", live).Clauses(forUpdate).Order("id").Find(&rows).Error
	for i := 0; i < len(rows) && err == nil; i++ {
		before := rows[i]
		change(&rows[i])
		err = store(tx, before, &rows[i])
	}
	return err
}
