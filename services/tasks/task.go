package tasks

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

var (
	live      = []models.TaskStatus{models.TaskOpen, models.TaskSnoozed}
	forUpdate = clause.Locking{Strength: "NO KEY UPDATE"}
)

var _ = services.Meanings(map[string]*services.Error{
	"tasks_one_live": services.Conflict("already_open", "There is an open task of this kind about the same record."),
	"tasks_member":   services.NotFound("member"),
	"tasks_owner":    services.NotFound("member"),
})

// Visible is the scope of one person's tasks: those they own and those of their queues. Admins see every queue but the
// responders', coordinators every one but theirs and the admins'. Nobody sees a task about themselves or somebody close.
func Visible(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return actor.NotOwn("tasks.member_id", now)(db.Where("(tasks.queue IN ? OR tasks.owner_id = ?)", queuesOf(actor), actor.MemberID).
			Where("(tasks.also_about = '{}' OR NOT tasks.also_about && (ARRAY(SELECT closed_to(?, ?)) || ?::uuid))", actor.MemberID, models.DateOf(now), actor.MemberID))
	}
}

func queuesOf(actor *services.Actor) []string {
	queues := models.QueuesOf(actor.Roles)
	if actor.Coordinates() {
		queues = append(queues, "coordinators", "coaches", "facilitators", "moderators")
	}
	return queues
}

// Filter picks tasks of the list.
type Filter struct {
	services.PageQuery
	Queue    []string            `query:"queue,explode" maxItems:"6" enum:"admins,coordinators,coaches,facilitators,moderators,responders" doc:"Only of these queues"`
	Status   []models.TaskStatus `query:"status,explode" maxItems:"4" enum:"open,snoozed,done,dropped" doc:"Only in these statuses; open when absent"`
	Kind     string              `query:"kind" maxLength:"60" doc:"Only of this kind"`
	MemberID uuid.UUID           `query:"member_id" doc:"Only about this member"`
	Mine     bool                `query:"mine" doc:"Only those I own"`
	Overdue  bool                `query:"overdue" doc:"Only those whose time has passed"`
}

var list = services.List[models.Task]{
	IDColumn: "tasks.id",
	ID:       func(t models.Task) uuid.UUID { return t.ID },
	Sorts: []services.Sort[models.Task]{
		{Name: "due_at", Column: "tasks.due_at", Cast: "timestamptz", Key: func(t models.Task) any { return t.DueAt }},
		{Name: "created_at", Column: "tasks.created_at", Cast: "timestamptz", Key: func(t models.Task) any { return t.CreatedAt }},
	},
	Default: "due_at",
}

// List pages through the caller's tasks, those due first at the top.
func (s *Service) List(ctx context.Context, f Filter) (*services.Page[models.Task], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.Task], error) {
		q := inStatus(db.Model(&models.Task{}).Scopes(Visible(actor, now)), f.Status, now)
		if len(f.Queue) > 0 {
			q = q.Where("tasks.queue IN ?", f.Queue)
		}
		if f.Kind != "" {
			q = q.Where("tasks.kind = ?", f.Kind)
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("tasks.member_id = ?", f.MemberID)
		}
		if f.Mine {
			q = q.Where("tasks.owner_id = ?", actor.MemberID)
		}
		if f.Overdue {
			q = q.Where("tasks.due_at < ?", now)
		}
		page, err := list.Find(ctx, s.core, q, f.PageQuery)
		for i := range page.Data {
			wake(&page.Data[i], now)
		}
		return &page, err
	})
}

// inStatus counts a snoozed task whose time has come as open: no job wakes it.
func inStatus(q *gorm.DB, asked []models.TaskStatus, now time.Time) *gorm.DB {
	if len(asked) == 0 {
		asked = []models.TaskStatus{models.TaskOpen}
	}
	if !slices.ContainsFunc(asked, func(s models.TaskStatus) bool { return !s.Live() }) {
		q = q.Where("tasks.status IN ('open', 'snoozed')") // as the indexes of what waits say it
	}
	return q.Where("(CASE WHEN tasks.status = 'snoozed' AND tasks.snoozed_until <= ? THEN 'open' ELSE tasks.status END) IN ?", now, asked)
}

func wake(t *models.Task, now time.Time) {
	if t.Status == models.TaskSnoozed && !t.SnoozedUntil.After(now) {
		t.Status, t.SnoozedUntil = models.TaskOpen, nil
	}
}

// Get answers one task. Errors: not_found, also for tasks of other people's queues.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*models.Task, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.Task, error) {
		return one(db, actor, id, now)
	})
}

func one(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*models.Task, error) {
	var rows []models.Task
	if err := db.Scopes(Visible(actor, now)).Where("tasks.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("task")
	}
	wake(&rows[0], now)
	return &rows[0], nil
}

// CreateTask is a task that somebody opens by hand.
type CreateTask struct {
	Title    string     `json:"title" minLength:"3" maxLength:"120" doc:"What to do. It stands in lists: name nobody" example:"Call about the ride to Saturday's workshop"`
	MemberID *uuid.UUID `json:"member_id,omitempty" required:"false" doc:"Whom it is about"`
	Queue    string     `json:"queue" enum:"admins,coordinators,coaches,facilitators,moderators,responders" example:"coordinators"`
	OwnerID  *uuid.UUID `json:"owner_id,omitempty" required:"false" doc:"Who is to do it; absent leaves it to the queue"`
	DueAt    time.Time  `json:"due_at" example:"2026-05-04T16:00:00Z"`
}

// Create opens a task by hand. Errors: not_found for an unknown member or owner; invalid when the title is blank or
// the owner does not work here, or is close to whom it is about (own_record).
func (s *Service) Create(ctx context.Context, in CreateTask) (*models.Task, error) {
	return services.Mutate(ctx, s.core, "task.create", func(tx *services.Tx) (*models.Task, error) {
		in.Title = services.Line(in.Title)
		if in.Title == "" {
			return nil, services.InvalidField("/title", "required", "Say what there is to do.")
		}
		row := models.Task{
			Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			Kind:   models.TaskGeneral, Title: in.Title, MemberID: in.MemberID, Queue: in.Queue, OwnerID: in.OwnerID, DueAt: in.DueAt.UTC(), Status: models.TaskOpen,
		}
		if in.MemberID != nil {
			var open int64 // a record that is kept to others is like one that does not exist
			if err := tx.DB.Table("members").Where("id = ?", *in.MemberID).Scopes(tx.Actor().NotRestricted("id")).Count(&open).Error; err != nil || open == 0 {
				return nil, cmp.Or(err, error(services.NotFound("member")))
			}
		}
		if in.OwnerID != nil {
			if err := give(tx, &row, *in.OwnerID); err != nil {
				return nil, err
			}
		}
		if err := tx.DB.Create(&row).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, row)
		return &row, nil
	})
}

// PatchTask is what can be edited of a task.
type PatchTask struct {
	Title services.Field[string]    `json:"title,omitzero" required:"false" minLength:"3" maxLength:"120" example:"Call about the ride to Sunday's workshop"`
	Queue services.Field[string]    `json:"queue,omitzero" required:"false" enum:"admins,coordinators,coaches,facilitators,moderators,responders" doc:"Hands it to another queue"`
	DueAt services.Field[time.Time] `json:"due_at,omitzero" required:"false"`
}

// Update edits a task. Errors: not_found, stale, conflict task_closed.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in PatchTask) (*models.Task, error) {
	return s.change(ctx, id, "task.update", func(tx *services.Tx, t *models.Task) error {
		if err := tx.CheckVersion(t.Version); err != nil {
			return err
		}
		if err := stillLive(t); err != nil {
			return err
		}
		t.Title = services.Line(in.Title.Or(t.Title))
		t.Queue = in.Queue.Or(t.Queue)
		t.DueAt = in.DueAt.Or(t.DueAt).UTC()
		if t.Title == "" {
			return services.InvalidField("/title", "required", "Say what there is to do.")
		}
		return nil
	})
}

// CompleteTask closes a task with what came of it.
type CompleteTask struct {
	Outcome string `json:"outcome" minLength:"1" maxLength:"1000" example:"Saw the birth certificate at the front desk"`
}

// Complete closes a task. Errors: not_found; conflict task_closed; invalid for a blank outcome.
func (s *Service) Complete(ctx context.Context, id uuid.UUID, in CompleteTask) (*models.Task, error) {
	return s.change(ctx, id, "task.done", func(tx *services.Tx, t *models.Task) error {
		if err := stillLive(t); err != nil {
			return err
		}
		outcome, err := said("/outcome", in.Outcome)
		if err != nil {
			return err
		}
		t.Outcome = outcome
		closeTask(tx, t, models.TaskDone)
		return nil
	})
}

// TaskReason is a reason that somebody gives.
type TaskReason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" example:"The family has moved away"`
}

// Drop closes a task that nobody will do. Errors: not_found; conflict task_closed; invalid for a blank reason.
func (s *Service) Drop(ctx context.Context, id uuid.UUID, in TaskReason) (*models.Task, error) {
	return s.change(ctx, id, "task.drop", func(tx *services.Tx, t *models.Task) error {
		if err := stillLive(t); err != nil {
			return err
		}
		reason, err := said("/reason", in.Reason)
		if err != nil {
			return err
		}
		t.Reason = reason
		closeTask(tx, t, models.TaskDropped)
		return nil
	})
}

// Reopen is the way back from done and dropped. Errors: not_found; conflict task_open, and already_open when a newer
// task about the same record waits.
func (s *Service) Reopen(ctx context.Context, id uuid.UUID, in TaskReason) (*models.Task, error) {
	return s.change(ctx, id, "task.reopen", func(tx *services.Tx, t *models.Task) error {
		if t.Status.Live() {
			return services.Conflict("task_open", "This task is still open.")
		}
		reason, err := said("/reason", in.Reason)
		t.Status, t.ClosedAt, t.ClosedBy, t.Outcome, t.Reason = models.TaskOpen, nil, nil, nil, reason
		return err
	})
}

// SnoozeTask puts a task away until a time.
type SnoozeTask struct {
	Until time.Time `json:"until" doc:"When it is open again, within a year" example:"2026-05-11T13:00:00Z"`
}

// Snooze hides a task from the open ones until a time. Errors: not_found; conflict task_closed; invalid when the time
// is not within the coming year.
func (s *Service) Snooze(ctx context.Context, id uuid.UUID, in SnoozeTask) (*models.Task, error) {
	return s.change(ctx, id, "task.snooze", func(tx *services.Tx, t *models.Task) error {
		if err := stillLive(t); err != nil {
			return err
		}
		if !in.Until.After(tx.Now()) || in.Until.After(tx.Now().AddDate(1, 0, 0)) {
			return services.InvalidField("/until", "out_of_range", "Choose a time within the coming year.")
		}
		until := in.Until.UTC()
		t.Status, t.SnoozedUntil = models.TaskSnoozed, &until
		return nil
	})
}

// AssignTask gives a task to somebody.
type AssignTask struct {
	OwnerID *uuid.UUID `json:"owner_id" nullable:"true" doc:"The member id of the person on staff; null gives it back to the queue"`
}

// Assign gives a task to somebody on staff or back to its queue. Coordinators assign anybody; others take tasks
// themselves and give back their own. The new owner gets a mail. Errors: not_found; forbidden assign_others; conflict
// task_closed, help_request_task; invalid when the new owner does not work here (not_staff), or when it is about them or
// somebody close to them (own_record).
func (s *Service) Assign(ctx context.Context, id uuid.UUID, in AssignTask) (*models.Task, error) {
	return s.change(ctx, id, "task.assign", func(tx *services.Tx, t *models.Task) error {
		actor := tx.Actor()
		mine := func(owner *uuid.UUID) bool { return owner == nil || *owner == actor.MemberID }
		if !actor.Coordinates() && (!mine(in.OwnerID) || !mine(t.OwnerID)) {
			return services.Forbidden("assign_others", "You can take a task yourself or give yours back. Ask a coordinator to assign somebody else.")
		}
		if err := stillLive(t); err != nil {
			return err
		}
		if in.OwnerID == nil {
			t.OwnerID = nil
			return nil
		}
		return give(tx, t, *in.OwnerID)
	})
}

func (s *Service) change(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Task) error) (*models.Task, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.Task, error) {
		t, err := one(tx.DB.Clauses(forUpdate), tx.Actor(), id, tx.Now())
		if err != nil {
			return nil, err
		}
		if t.Kind == models.TaskHelpRequest {
			return nil, errHelpRequest
		}
		before := *t
		if err := do(tx, t); err != nil {
			return nil, err
		}
		return t, store(tx, before, t)
	})
}

var columns = []string{"title", "also_about", "queue", "owner_id", "due_at", "status", "snoozed_until", "outcome", "reason", "closed_at", "closed_by", "version", "updated_at"}

func store(tx *services.Tx, before models.Task, t *models.Task) error {
	t.Version, t.UpdatedAt = t.Version+1, tx.Now()
	tx.Changed(before, *t)
	return tx.DB.Model(&models.Task{}).Where("id = ?", t.ID).Select(columns).Updates(t).Error
}

func closeTask(tx *services.Tx, t *models.Task, as models.TaskStatus) {
	at := tx.Now()
	t.Status, t.SnoozedUntil, t.ClosedAt = as, nil, &at
	if id := tx.Actor().MemberID; id != uuid.Nil {
		t.ClosedBy = &id
	}
}

// said is what somebody wrote, who must write something.
func said(field, words string) (*string, error) {
	if words = services.Prose(words); words == "" {
		return nil, services.InvalidField(field, "required", "Say it in a few words.")
	}
	return &words, nil
}

func stillLive(t *models.Task) error {
	if !t.Status.Live() {
		return services.Conflict("task_closed", "This task is closed. Reopen it first.")
	}
	return nil
}
