package tasks

import (
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Assigned is the job that tells somebody of work they were given by somebody else.
type Assigned struct {
	TaskID uuid.UUID `json:"task_id"`
}

// Kind implements services.JobArgs.
func (Assigned) Kind() string { return "task.assigned" }

// CodeHelpRequest says that a task stands for a help request, which is what to take, hand over, answer or close.
const CodeHelpRequest services.Code = "help_request_task"

var errHelpRequest = services.Conflict(CodeHelpRequest, "This task stands for a help request. Take, hand over, answer or close the request itself; the task follows.")

// give makes somebody the owner of a task, and has them told unless they took it themselves.
func give(tx *services.Tx, t *models.Task, owner uuid.UUID) error {
	if err := MayOwn(tx, "/owner_id", owner, t); err != nil {
		return err
	}
	if owner != tx.Actor().MemberID && (t.OwnerID == nil || *t.OwnerID != owner || t.Version == 1) {
		if err := tx.Enqueue(Assigned{TaskID: t.ID}, tx.Now()); err != nil {
			return err
		}
	}
	t.OwnerID = &owner
	return nil
}

// MayOwn checks who is to do some work: somebody with a live account and a role of staff, and, where the work is about
// people, nobody who is one of them or close to one. Errors: invalid not_staff, own_record at the field.
func MayOwn(tx *services.Tx, field string, owner uuid.UUID, work ...*models.Task) error {
	if err := WorksHere(tx, field, owner); err != nil {
		return err
	}
	for _, t := range work {
		near, err := near(tx, owner, t)
		if err != nil {
			return err
		}
		if near {
			return services.InvalidField(field, "own_record", "This is about them or somebody close to them. Choose a colleague.")
		}
	}
	return nil
}

// WorksHere checks that somebody has a live account and a role of staff. Errors: invalid not_staff at the field.
func WorksHere(tx *services.Tx, field string, member uuid.UUID) error {
	var roles []models.Texts[models.Role]
	err := tx.DB.Table("accounts").Where("member_id = ? AND status = 'active'", member).Limit(1).Pluck("roles", &roles).Error
	if err != nil {
		return err
	}
	if len(roles) == 0 || !slices.ContainsFunc(roles[0], models.Role.Staff) {
		return services.InvalidField(field, "not_staff", "Choose somebody who works here and can sign in.")
	}
	return nil
}

// near says whether one of those a task is about is kept from a person: they are one, or close to one.
func near(tx *services.Tx, person uuid.UUID, t *models.Task) (bool, error) {
	about := slices.Clone(t.AlsoAbout)
	if t.MemberID != nil {
		about = append(about, *t.MemberID)
	}
	if len(about) == 0 {
		return false, nil
	}
	var known, open int64
	q := tx.DB.Table("members").Where("members.id IN ?", []uuid.UUID(about))
	if err := q.Count(&known).Error; err != nil {
		return false, err
	}
	who := &services.Actor{MemberID: person}
	err := tx.DB.Table("members").Where("members.id IN ?", []uuid.UUID(about)).Scopes(who.NotOwn("members.id", tx.Now())).Count(&open).Error
	return open < known, err
}

// Handed is what became of one task of a colleague.
type Handed struct {
	TaskID   uuid.UUID     `json:"task_id"`
	Record   string        `json:"record" doc:"The kind of record it is about, or empty" example:"guardianship"`
	RecordID *uuid.UUID    `json:"record_id" nullable:"true"`
	Title    string        `json:"title" example:"Confirm a guardianship"`
	Moved    bool          `json:"moved" doc:"False: it stays with its owner, for the reason in code"`
	Code     services.Code `json:"code,omitempty" doc:"own_record: the new owner is close to whom it is about. not_answering: it is a help request, and they answer none" example:"own_record"`
	Message  string        `json:"message,omitempty" example:"This is about them or somebody close to them. Choose a colleague."`
}

// HandOverAtMost is how many tasks move at once.
const HandOverAtMost = 200

// HandOver gives the live tasks that from owns, or those of them in ids, to somebody else or with nil back to their
// queues, as far as the caller sees them. The new owner is told once. from must work here no longer, or anyhow.
func HandOver(tx *services.Tx, from uuid.UUID, to *uuid.UUID, ids []uuid.UUID) ([]Handed, error) {
	var rows []models.Task
	q := tx.DB.Model(&models.Task{}).Scopes(Visible(tx.Actor(), tx.Now())).Where("tasks.owner_id = ? AND tasks.status IN ?", from, live)
	if len(ids) > 0 {
		q = q.Where("tasks.id IN ?", ids)
	}
	if err := q.Clauses(forUpdate).Order("tasks.id").Limit(HandOverAtMost).Find(&rows).Error; err != nil {
		return nil, err
	}
	out, told := make([]Handed, 0, len(rows)), false
	for i := range rows {
		t, before := &rows[i], rows[i]
		one := Handed{TaskID: t.ID, Record: t.About, RecordID: t.RecordID, Title: t.Title}
		refusal, err := refusesOwner(tx, t, to)
		if err != nil {
			return nil, err
		}
		if refusal != nil {
			one.Code, one.Message = refusal.Code, refusal.Message
			out = append(out, one)
			continue
		}
		t.OwnerID, one.Moved = to, true
		if err := store(tx, before, t); err != nil {
			return nil, err
		}
		if to != nil && *to != tx.Actor().MemberID && !told {
			if err := tx.Enqueue(Assigned{TaskID: t.ID}, tx.Now()); err != nil {
				return nil, err
			}
			told = true
		}
		out = append(out, one)
	}
	return out, nil
}

func refusesOwner(tx *services.Tx, t *models.Task, to *uuid.UUID) (*services.Error, error) {
	if t.Kind == models.TaskHelpRequest {
		return errHelpRequest, nil
	}
	if to == nil {
		return nil, nil
	}
	close, err := near(tx, *to, t)
	if err != nil || !close {
		return nil, err
	}
	return &services.Error{Code: "own_record", Message: "This is about them or somebody close to them. Choose a colleague."}, nil
}
