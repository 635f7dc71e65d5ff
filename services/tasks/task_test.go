package tasks_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var noon = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

type office struct {
	*testing.T
	core  *services.Core
	tasks *tasks.Service
}

type person struct {
	member uuid.UUID
	roles  []models.Role
}

func open(t *testing.T) *office {
	t.Helper()
	core := coretest.New(t)
	core.Clock.Set(noon)
	services.Handle(core.Jobs, 1, func(context.Context, tasks.Assigned) error { return nil })
	return &office{t, core, tasks.NewService(core)}
}

func (o *office) exec(sql string, args ...any) {
	o.Helper()
	if _, err := o.core.Writes().Exec(o.Context(), sql, args...); err != nil {
		o.Fatal(err)
	}
}

func (o *office) person(roles ...models.Role) person {
	o.Helper()
	p := person{services.NewID(), roles}
	o.exec(`insert into members (id, version, created_at, updated_at, given_name, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, 'Somebody', 'active', 'en', 'America/New_York', true, false, true, false)`, p.member, noon)
	o.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, $1::uuid || '@example.org', $3, 'active', $2)`,
		p.member, noon, roles)
	return p
}

func (o *office) as(p person, ifMatch ...int) context.Context {
	c := &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: p.member, MemberID: p.member, Roles: p.roles}}
	if len(ifMatch) > 0 {
		c.IfMatch = services.ETag(ifMatch[0])
	}
	return services.WithCall(o.Context(), c)
}

func (o *office) open(t tasks.New) uuid.UUID {
	o.Helper()
	id, err := o.tryOpen(t)
	if err != nil {
		o.Fatal(err)
	}
	return id
}

func (o *office) tryOpen(t tasks.New) (uuid.UUID, error) {
	if t.Title == "" {
		t.Title = "Call back"
	}
	if t.DueAt.IsZero() {
		t.DueAt = noon.Add(time.Hour)
	}
	return services.Mutate(services.AsSystem(o.Context(), "test"), o.core, "test.open", func(tx *services.Tx) (uuid.UUID, error) {
		tx.Unchanged()
		return tasks.Open(tx, t)
	})
}

func (o *office) list(p person, f tasks.Filter) []uuid.UUID {
	o.Helper()
	f.Limit = max(f.Limit, 25)
	page, err := o.tasks.List(o.as(p), f)
	if err != nil {
		o.Fatal(err)
	}
	ids := make([]uuid.UUID, len(page.Data))
	for i, t := range page.Data {
		ids[i] = t.ID
	}
	return ids
}

var refused = coretest.Refused

func TestWhoSeesWhichQueue(t *testing.T) {
	o := open(t)
	people := map[string]person{"admin": o.person(models.RoleAdmin), "coordinator": o.person(models.RoleCoordinator), "coach": o.person(models.RoleCoach),
		"facilitator": o.person(models.RoleFacilitator), "responder": o.person(models.RoleCoach, models.RoleResponder), "member": o.person(models.RoleMember)}
	sees := map[string][]string{
		"admins": {"admin"}, "coordinators": {"admin", "coordinator"}, "coaches": {"admin", "coordinator", "coach", "responder"},
		"facilitators": {"admin", "coordinator", "facilitator"}, "moderators": {"admin", "coordinator"}, "responders": {"responder"},
	}
	for queue, who := range sees {
		id := o.open(tasks.New{Kind: models.TaskCall, Queue: queue})
		for name, p := range people {
			_, err := o.tasks.Get(o.as(p), id)
			listed := slices.Contains(o.list(p, tasks.Filter{}), id)
			if want := slices.Contains(who, name); (err == nil) != want || listed != want {
				t.Errorf("%s sees a task of the %s: got %v, listed %v", name, queue, err, listed)
			}
			if err != nil {
				refused(t, err, services.KindNotFound, services.CodeNotFound)
			}
		}
	}
	owner := people["facilitator"].member
	owned := o.open(tasks.New{Kind: models.TaskCall, Queue: "admins", Owner: &owner})
	if got := o.list(people["facilitator"], tasks.Filter{Mine: true}); !slices.Equal(got, []uuid.UUID{owned}) {
		t.Errorf("an owner sees %v", got)
	}
}

func TestNobodySeesATaskAboutThemselvesOrSomebodyClose(t *testing.T) {
	o := open(t)
	carol, dan := o.person(models.RoleCoordinator), o.person(models.RoleAdmin)
	daughter, stranger := o.person(models.RoleMember), o.person(models.RoleMember)
	o.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values ($1, 1, $2, $2, $3, $4, 'claimed')`, services.NewID(), noon, carol.member, daughter.member)
	for _, about := range []person{carol, daughter} {
		id := o.open(tasks.New{Kind: models.TaskCall, Queue: "coordinators", MemberID: &about.member})
		_, err := o.tasks.Get(o.as(carol), id)
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		_, err = o.tasks.Complete(o.as(carol), id, tasks.CompleteTask{Outcome: "Fine"})
		refused(t, err, services.KindNotFound, services.CodeNotFound)
		if _, err := o.tasks.Get(o.as(dan), id); err != nil {
			t.Error(err)
		}
	}
	other := o.open(tasks.New{Kind: models.TaskCall, Queue: "coordinators", MemberID: &stranger.member})
	if got := o.list(carol, tasks.Filter{}); !slices.Equal(got, []uuid.UUID{other}) {
		t.Errorf("%v", got)
	}
}

func TestTheSameThingTwiceIsOneTask(t *testing.T) {
	o := open(t)
	record := services.NewID()
	task := tasks.New{Kind: models.TaskReviewRegistration, Queue: "coordinators", Record: "registration", RecordID: &record, DueAt: noon.Add(48 * time.Hour)}
	ids := make([]uuid.UUID, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			mine := task
			mine.DueAt = mine.DueAt.Add(-time.Duration(i) * time.Hour)
			var err error
			if ids[i], err = o.tryOpen(mine); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("%v", ids)
	}
	boss := o.person(models.RoleCoordinator)
	got, err := o.tasks.Get(o.as(boss), ids[0])
	if err != nil || !got.DueAt.Equal(noon.Add(41*time.Hour)) {
		t.Errorf("due %v, %v: the earliest counts", got, err)
	}

	closeFor := func(kinds ...models.TaskKind) {
		_, err := services.Mutate(services.AsSystem(t.Context(), "test"), o.core, "test.close", func(tx *services.Tx) (struct{}, error) {
			tx.Unchanged()
			return struct{}{}, tasks.CloseFor(tx, "registration", record, kinds...)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	closeFor(models.TaskCall)
	if len(o.list(boss, tasks.Filter{})) != 1 {
		t.Error("another kind was closed")
	}
	closeFor()
	got, err = o.tasks.Get(o.as(boss), ids[0])
	if err != nil || got.Status != models.TaskDropped || got.Reason == nil || got.ClosedBy != nil || got.ClosedAt == nil {
		t.Errorf("%+v, %v", got, err)
	}
	if again := o.open(task); again == ids[0] {
		t.Error("a closed task does not stand for a new one")
	}
	_, err = o.tasks.Reopen(o.as(boss), ids[0], tasks.TaskReason{Reason: "After all"})
	refused(t, err, services.KindConflict, "already_open")
}

func TestATasksLife(t *testing.T) {
	o := open(t)
	boss, coach, helper := o.person(models.RoleCoordinator), o.person(models.RoleCoach), o.person(models.RoleCoach)
	id := o.open(tasks.New{Kind: models.TaskCall, Queue: "coaches"})

	step := func(what string) func(*models.Task, error) *models.Task {
		return func(got *models.Task, err error) *models.Task {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			return got
		}
	}
	got := step("take")(o.tasks.Assign(o.as(coach), id, tasks.AssignTask{OwnerID: &coach.member}))
	if *got.OwnerID != coach.member || got.Version != 2 {
		t.Errorf("%+v", got)
	}
	_, err := o.tasks.Assign(o.as(helper), id, tasks.AssignTask{OwnerID: &helper.member})
	refused(t, err, services.KindForbidden, "assign_others")
	_, err = o.tasks.Assign(o.as(coach), id, tasks.AssignTask{OwnerID: &helper.member})
	refused(t, err, services.KindForbidden, "assign_others")
	step("give")(o.tasks.Assign(o.as(boss), id, tasks.AssignTask{OwnerID: &helper.member}))
	nobody := o.person(models.RoleMember)
	_, err = o.tasks.Assign(o.as(boss), id, tasks.AssignTask{OwnerID: &nobody.member})
	refused(t, err, services.KindInvalid, services.CodeInvalid)

	_, err = o.tasks.Update(o.as(boss), id, tasks.PatchTask{})
	refused(t, err, services.KindUnconditional, services.CodeIfMatchRequired)
	_, err = o.tasks.Update(o.as(boss, 1), id, tasks.PatchTask{})
	refused(t, err, services.KindStale, services.CodeStale)
	got = step("edit")(o.tasks.Update(o.as(boss, 3), id, tasks.PatchTask{Title: services.Some(" Call again "), DueAt: services.Some(noon.Add(-time.Hour))}))
	if got.Title != "Call again" || got.Queue != "coaches" {
		t.Errorf("%+v", got)
	}
	if late := o.list(boss, tasks.Filter{Overdue: true}); len(late) != 1 {
		t.Errorf("%v", late)
	}

	until := noon.Add(2 * time.Hour)
	step("snooze")(o.tasks.Snooze(o.as(helper), id, tasks.SnoozeTask{Until: until}))
	for _, wrong := range []time.Time{noon, noon.AddDate(1, 0, 1)} {
		_, err = o.tasks.Snooze(o.as(helper), id, tasks.SnoozeTask{Until: wrong})
		refused(t, err, services.KindInvalid, services.CodeInvalid)
	}
	if open, away := o.list(boss, tasks.Filter{}), o.list(boss, tasks.Filter{Status: []models.TaskStatus{"snoozed"}}); len(open) != 0 || len(away) != 1 {
		t.Errorf("open %v, snoozed %v", open, away)
	}
	o.core.Clock.Set(until)
	if open, away := o.list(boss, tasks.Filter{}), o.list(boss, tasks.Filter{Status: []models.TaskStatus{"snoozed"}}); len(open) != 1 || len(away) != 0 {
		t.Errorf("its time has come: open %v, snoozed %v", open, away)
	}
	if got, _ := o.tasks.Get(o.as(boss), id); got.Status != models.TaskOpen || got.SnoozedUntil != nil {
		t.Errorf("%+v", got)
	}

	for name, err := range map[string]error{
		"outcome": second(o.tasks.Complete(o.as(helper), id, tasks.CompleteTask{Outcome: " \n "})),
		"reason":  second(o.tasks.Drop(o.as(helper), id, tasks.TaskReason{Reason: "  "})),
	} {
		if !errors.Is(err, &services.Error{Kind: services.KindInvalid, Code: services.CodeInvalid}) {
			t.Errorf("a blank %s: %v", name, err)
		}
	}
	got = step("done")(o.tasks.Complete(o.as(helper), id, tasks.CompleteTask{Outcome: "Reached her"}))
	if got.Status != models.TaskDone || *got.ClosedBy != helper.member || *got.Outcome != "Reached her" {
		t.Errorf("%+v", got)
	}
	for what, err := range map[string]error{
		"done":   second(o.tasks.Complete(o.as(helper), id, tasks.CompleteTask{Outcome: "x"})),
		"drop":   second(o.tasks.Drop(o.as(helper), id, tasks.TaskReason{Reason: "x"})),
		"snooze": second(o.tasks.Snooze(o.as(helper), id, tasks.SnoozeTask{Until: until.Add(time.Hour)})),
		"assign": second(o.tasks.Assign(o.as(boss), id, tasks.AssignTask{})),
		"edit":   second(o.tasks.Update(o.as(boss, got.Version), id, tasks.PatchTask{})),
	} {
		t.Run(what, func(t *testing.T) { refused(t, err, services.KindConflict, "task_closed") })
	}
	got = step("reopen")(o.tasks.Reopen(o.as(boss), id, tasks.TaskReason{Reason: "She called back"}))
	if got.Status != models.TaskOpen || got.ClosedAt != nil || got.Outcome != nil {
		t.Errorf("%+v", got)
	}
	_, err = o.tasks.Reopen(o.as(boss), id, tasks.TaskReason{Reason: "Again"})
	refused(t, err, services.KindConflict, "task_open")
	got = step("drop")(o.tasks.Drop(o.as(boss), id, tasks.TaskReason{Reason: "Moved away"}))
	if got.Status != models.TaskDropped || *got.Reason != "Moved away" {
		t.Errorf("%+v", got)
	}
}

func second(_ *models.Task, err error) error { return err }

func TestTasksByHandAndTheirList(t *testing.T) {
	o := open(t)
	boss, coach := o.person(models.RoleCoordinator), o.person(models.RoleCoach)
	var made []uuid.UUID
	for i := range 5 {
		got, err := o.tasks.Create(o.as(boss), tasks.CreateTask{Title: "Call", Queue: "coaches", OwnerID: &coach.member, DueAt: noon.Add(time.Duration(5-i) * time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, got.ID)
	}
	slices.Reverse(made)
	var seen []uuid.UUID
	f := tasks.Filter{PageQuery: services.PageQuery{Limit: 2}, Queue: []string{"coaches"}, Kind: string(models.TaskGeneral)}
	for {
		page, err := o.tasks.List(o.as(coach), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range page.Data {
			seen = append(seen, task.ID)
		}
		if page.NextCursor == nil {
			break
		}
		f.Cursor = *page.NextCursor
	}
	if !slices.Equal(seen, made) {
		t.Errorf("%v, want %v", seen, made)
	}
	unknown := services.NewID()
	_, err := o.tasks.Create(o.as(boss), tasks.CreateTask{Title: "Call", Queue: "coaches", MemberID: &unknown, DueAt: noon})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.tasks.Create(o.as(boss), tasks.CreateTask{Title: "   ", Queue: "coaches", DueAt: noon})
	refused(t, err, services.KindInvalid, services.CodeInvalid)
	_, err = o.tasks.Get(o.as(boss), unknown)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
}
