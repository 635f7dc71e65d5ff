package tasks_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// What happened again is due earlier, and no longer put away; the log tells of it.
func TestANewCauseWakesATask(t *testing.T) {
	o := open(t)
	boss, about, other := o.person(models.RoleCoordinator), services.NewID(), o.person(models.RoleMember)
	cause := tasks.New{Kind: models.TaskCall, Record: "registration", RecordID: &about, Queue: "coordinators", DueAt: noon.Add(4 * time.Hour)}
	id := o.open(cause)
	if _, err := o.tasks.Snooze(o.as(boss), id, tasks.SnoozeTask{Until: noon.AddDate(0, 0, 5)}); err != nil {
		t.Fatal(err)
	}
	cause.DueAt, cause.AlsoAbout = noon.Add(time.Hour), models.IDs{other.member}
	if again := o.open(cause); again != id {
		t.Fatalf("%s, want %s", again, id)
	}
	got, err := o.tasks.Get(o.as(boss), id)
	if err != nil || got.Status != models.TaskOpen || got.SnoozedUntil != nil || !got.DueAt.Equal(cause.DueAt) || got.Version != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	var told string
	if err := o.core.Writes().QueryRow(t.Context(), `select changes::text from audit_log where action = 'test.open' order by at desc, id desc limit 1`).Scan(&told); err != nil {
		t.Fatal(err)
	}
	if told == "[]" {
		t.Error("the log does not tell that it moved")
	}
	o.open(cause) // nothing new
	if got, _ = o.tasks.Get(o.as(boss), id); got.Version != 3 {
		t.Errorf("version %d", got.Version)
	}
}

func TestNobodyIsGivenATaskAboutSomebodyClose(t *testing.T) {
	o := open(t)
	boss, ana, luis := o.person(models.RoleCoordinator), o.person(models.RoleCoordinator), o.person(models.RoleMember)
	o.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'spouse', $4, 'accepted')`, services.NewID(), noon, ana.member, luis.member)
	about := services.NewID()
	for _, task := range []tasks.New{{Kind: models.TaskCall, MemberID: &luis.member, Queue: "coordinators"}, {Kind: models.TaskCall, MemberID: &ana.member, Queue: "coordinators"},
		{Kind: models.TaskCall, Record: "x", RecordID: &about, AlsoAbout: models.IDs{luis.member}, Queue: "coordinators"}} {
		id := o.open(task)
		_, err := o.tasks.Assign(o.as(boss), id, tasks.AssignTask{OwnerID: &ana.member})
		refused(t, err, services.KindInvalid, services.CodeInvalid)
		if _, err := o.tasks.Assign(o.as(boss), id, tasks.AssignTask{OwnerID: &boss.member}); err != nil {
			t.Error(err)
		}
	}
	_, err := o.tasks.Create(o.as(boss), tasks.CreateTask{Title: "Call", Queue: "coaches", MemberID: &luis.member, OwnerID: &ana.member, DueAt: noon})
	refused(t, err, services.KindInvalid, services.CodeInvalid)
}
