package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// CodeNothingToDecide is the code of a decision about a workshop that needs no minimum.
const CodeNothingToDecide services.Code = "nothing_to_decide"

// WorkshopDecision is whether a workshop has the people it needs, and what was decided.
type WorkshopDecision struct {
	Minimum     int        `json:"minimum" doc:"People it needs" example:"6"`
	Confirmed   int        `json:"confirmed" doc:"People who are confirmed, each once; nobody invited, offered a seat or waiting" example:"4"`
	Met         bool       `json:"met" example:"false"`
	DecideBy    *time.Time `json:"decide_by" doc:"When coordinators are asked, if fewer are confirmed then"`
	RanAnywayAt *time.Time `json:"ran_anyway_at" doc:"When it was decided that it runs with fewer"`
	Reason      string     `json:"reason,omitempty" doc:"Why it runs with fewer" example:"Four is a good group for this"`
}

// confirmedPeople counts who is confirmed for a workshop, whatever number of its sessions that is for.
func confirmedPeople(db *gorm.DB, workshopID uuid.UUID) (n int, err error) {
	return n, db.Raw(`select count(distinct coalesce(a.member_id, a.id)) from registrations r join attendees a on a.registration_id = r.id
		where r.workshop_id = ? and r.state = 'confirmed' and a.state = 'attending'`, workshopID).Scan(&n).Error
}

// decisionOf is for staff; nil where no minimum is set.
func decisionOf(db *gorm.DB, w *models.Workshop) (*WorkshopDecision, error) {
	if w.MinToRun == nil {
		return nil, nil
	}
	n, err := confirmedPeople(db, w.ID)
	return &WorkshopDecision{Minimum: *w.MinToRun, Confirmed: n, Met: n >= *w.MinToRun, DecideBy: w.DecideBy, RanAnywayAt: w.RanAnywayAt, Reason: w.RunAnywayReason}, err
}

// decision gives w the minimum and the day of the patch, and forgets what was decided about another.
func (in *WorkshopPatch) decision(w *models.Workshop) {
	minimum, by := w.MinToRun, w.DecideBy
	w.MinToRun, w.DecideBy = in.MinToRun.OrNull(w.MinToRun), whole(in.DecideBy.OrNull(w.DecideBy))
	if !sameInt(minimum, w.MinToRun) || !sameTime(by, w.DecideBy) {
		w.RanAnywayAt, w.RunAnywayReason = nil, ""
	}
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// decideAnew asks for the decision as the edit has it, once its day has come.
func (e *edit) decideAnew() error {
	if sameInt(e.before.MinToRun, e.after.MinToRun) && sameTime(e.before.DecideBy, e.after.DecideBy) {
		return nil
	}
	if err := noDecision(e.tx, e.after.ID); err != nil {
		return err
	}
	return decisionPlanned(e.tx, &e.after)
}

// noDecision takes back the question whether a workshop runs.
func noDecision(tx *services.Tx, workshopID uuid.UUID) error {
	return tasks.CloseFor(tx, "workshop", workshopID, models.TaskDecideToRun)
}

// askDecision is the job that asks on the day of the decision. DecideBy is the day it was made for: when that has been moved
// since, another job has it, and this one does nothing.
type askDecision struct {
	WorkshopID uuid.UUID `json:"workshop_id"`
	DecideBy   time.Time `json:"decide_by"`
}

// Kind implements services.JobArgs.
func (askDecision) Kind() string { return "workshop.ask_decision" }

// watchDecision is the job that looks again whether a decision is still wanted, as long as the task that asks for it waits.
type watchDecision struct {
	WorkshopID uuid.UUID `json:"workshop_id"`
	TaskID     uuid.UUID `json:"task_id"`
}

// Kind implements services.JobArgs.
func (watchDecision) Kind() string { return "workshop.watch_decision" }

// watchEvery is how soon a question that has answered itself is taken back.
const watchEvery = 15 * time.Minute

// decisionPlanned puts the question in line for its day; for a day that has passed it is asked at once.
func decisionPlanned(tx *services.Tx, w *models.Workshop) error {
	if w.DecideBy == nil || w.RanAnywayAt != nil {
		return nil
	}
	at := *w.DecideBy
	if now := tx.Now(); at.Before(now) {
		at = now
	}
	return tx.Enqueue(askDecision{w.ID, w.DecideBy.UTC()}, at)
}

// undecidedNow says whether a workshop has too few people, and nobody has said yet what is to become of it.
func undecidedNow(tx *services.Tx, w *models.Workshop) (bool, error) {
	now := tx.Now()
	if w.Visibility != models.VisibilityPublished || w.MinToRun == nil || w.DecideBy == nil || w.DecideBy.After(now) || w.RanAnywayAt != nil ||
		w.StartsAt == nil || !w.StartsAt.After(now) {
		return false, nil
	}
	n, err := confirmedPeople(tx.DB, w.ID)
	return n < *w.MinToRun, err
}

// askDecision opens the one task for coordinators, due by the end of the day.
func (s *Service) askDecision(ctx context.Context, job askDecision) error {
	return s.decide(ctx, job.WorkshopID, func(tx *services.Tx, w *models.Workshop) error {
		open, err := undecidedNow(tx, w)
		if err != nil || !open || !w.DecideBy.Equal(job.DecideBy) {
			return err
		}
		due := endOfDay(*w.DecideBy, w.TimeZone)
		if now := tx.Now(); !due.After(now) {
			due = endOfDay(now, w.TimeZone)
		}
		if due.After(*w.StartsAt) {
			due = *w.StartsAt
		}
		task, err := tasks.Open(tx, tasks.New{Kind: models.TaskDecideToRun, Record: "workshop", RecordID: &w.ID, Queue: "coordinators",
			Title: "Fewer people are confirmed than this workshop needs: call it off, or run it anyway", DueAt: due})
		if err != nil {
			return err
		}
		return tx.Enqueue(watchDecision{w.ID, task}, tx.Now().Add(watchEvery))
	})
}

// watchDecision takes the question back when enough people are confirmed by now, or it is moot for another reason.
func (s *Service) watchDecision(ctx context.Context, job watchDecision) error {
	return s.decide(ctx, job.WorkshopID, func(tx *services.Tx, w *models.Workshop) error {
		var waits int64
		if err := tx.DB.Model(&models.Task{}).Where("id = ? and status in ('open', 'snoozed')", job.TaskID).Count(&waits).Error; err != nil || waits == 0 {
			return err
		}
		open, err := undecidedNow(tx, w)
		if err != nil {
			return err
		}
		if !open {
			return noDecision(tx, w.ID)
		}
		return tx.Enqueue(job, tx.Now().Add(watchEvery))
	})
}

// decide is one look of a job at a workshop.
func (s *Service) decide(ctx context.Context, id uuid.UUID, look func(*services.Tx, *models.Workshop) error) error {
	_, err := services.Mutate(ctx, s.core, "workshop.decision", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		w, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		return nil, look(tx, &w)
	})
	return err
}

// endOfDay is the last minute of the day of t on the clock of a zone.
func endOfDay(t time.Time, zone string) time.Time {
	y, m, d := local(t, zone).Date()
	return time.Date(y, m, d, 23, 59, 0, 0, local(t, zone).Location()).UTC()
}

// RunAnyway is why a workshop runs with fewer people than it needs.
type RunAnyway struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"For staff; those who come are not told" example:"Four is a good group for this"`
}

// RunAnyway decides that a published workshop takes place with fewer people than its minimum. It closes the task that asked,
// and holds until the minimum or the day of the decision is another; calling it off is still possible. Deciding again keeps
// the first decision.
// Errors: not_found; invalid for an empty reason; conflict wrong_state when it is not published or has begun, or
// nothing_to_decide without a minimum.
func (s *Service) RunAnyway(ctx context.Context, id uuid.UUID, in RunAnyway) (*WorkshopDetail, error) {
	return services.Mutate(ctx, s.core, "workshop.run_anyway", func(tx *services.Tx) (*WorkshopDetail, error) {
		before, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		now, reason := tx.Now(), clean(in.Reason)
		switch {
		case reason == "":
			return nil, services.InvalidField("/reason", "required", "Say why it runs with fewer people.")
		case before.Visibility != models.VisibilityPublished:
			return nil, services.Conflict(CodeWrongState, "Only of a published workshop is it decided whether it runs; this one is %s.", before.Visibility)
		case before.MinToRun == nil:
			return nil, services.Conflict(CodeNothingToDecide, "This workshop runs with any number of people: it has no min_to_run.")
		case before.RanAnywayAt != nil:
			tx.Unchanged()
			return detail(tx.DB, tx.Actor(), id, now)
		case before.StartsAt == nil || !before.StartsAt.After(now):
			return nil, services.Conflict(CodeWrongState, "It has begun already.")
		}
		w := before
		w.RanAnywayAt, w.RunAnywayReason = &now, reason
		if err := saveWorkshop(tx, before, &w, "ran_anyway_at", "run_anyway_reason"); err != nil {
			return nil, err
		}
		if err := tasks.DoneFor(tx, "workshop", id, "It runs anyway.", models.TaskDecideToRun); err != nil {
			return nil, err
		}
		return detail(tx.DB, tx.Actor(), id, now)
	})
}
