package outreach_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/tasks"
)

func (o *office) work(p person, view string) *outreach.Work {
	o.Helper()
	return must[*outreach.Work](o.T)(o.outreach.Work(o.as(p), outreach.WorkQuery{PageQuery: all, View: view}))
}

// todo opens a task by hand about somebody.
func (o *office) todo(member, owner *uuid.UUID, queue string, due time.Time) *models.Task {
	o.Helper()
	return must[*models.Task](o.T)(o.tasks.Create(o.as(o.boss), tasks.CreateTask{Title: "Look into it", MemberID: member, Queue: queue, OwnerID: owner, DueAt: due}))
}

func TestADayOfStaff(t *testing.T) {
	o := open(t)
	luis, ed := o.person("Luis Ortega"), o.person("Ed Helper", models.RoleCoordinator)
	o.exec(`update members set safe_channel = 'sms', safe_from = '20:00', safe_until = '22:00', preferred_name = 'Lou', time_zone = 'America/Los_Angeles' where id = $1`, luis.member)
	c := o.log(o.boss, luis.member)
	o.todo(&luis.member, &o.boss.member, "coordinators", noon.Add(2*time.Hour))
	late := o.todo(nil, nil, "coordinators", noon.Add(-time.Hour))
	o.todo(nil, &ed.member, "coordinators", noon.Add(-time.Hour))
	snoozed := o.todo(nil, nil, "coaches", noon.Add(-2*time.Hour))
	must[*models.Task](t)(o.tasks.Snooze(o.as(o.boss), snoozed.ID, tasks.SnoozeTask{Until: noon.Add(5 * time.Hour)}))
	h := o.ask(luis, "")

	w := o.work(o.boss, "")
	if len(w.Data) != 3 || w.Data[0].ID != late.ID || !w.Data[0].Overdue || w.Data[0].Person != nil || w.Counts != (outreach.WorkCounts{Mine: 1, Queue: 2, Overdue: 1, HelpWaiting: 1}) {
		t.Fatalf("%+v", w)
	}
	help, call := w.Data[1], w.Data[2]
	if help.Help == nil || help.Help.ID != h.ID || *help.Person.Channel != "call" || help.Person.Name != "Lou Ortega" {
		t.Errorf("%+v", help)
	}
	if p := call.Person; !call.Mine || *p.Channel != "sms" || *p.SafeFrom != "20:00" || p.TimeZone != "America/Los_Angeles" || p.SafeNow || p.LastContact == nil || !p.LastContact.At.Equal(c.At) ||
		p.Separations == nil || *p.Separations {
		t.Errorf("%+v", p)
	}
	for view, want := range map[string]int{"mine": 1, "queue": 2, "overdue": 1, "team": 1, "all": 3} {
		if got := len(o.work(o.boss, view).Data); got != want {
			t.Errorf("%s shows %d, want %d", view, got, want)
		}
	}
	o.core.Clock.Set(noon.Add(12 * time.Hour)) // 21:00 in Los Angeles, and the snoozed one is back
	w = o.work(o.boss, "")
	if len(w.Data) != 4 || w.Data[0].ID != snoozed.ID || w.Data[0].Status != models.TaskOpen || !w.Data[3].Person.SafeNow {
		t.Errorf("%+v", w)
	}
	var seen []uuid.UUID
	q := outreach.WorkQuery{PageQuery: services.PageQuery{Limit: 2}}
	for {
		page := must[*outreach.Work](t)(o.outreach.Work(o.as(o.boss), q))
		for _, i := range page.Data {
			seen = append(seen, i.ID)
		}
		if page.NextCursor == nil {
			break
		}
		q.Cursor = *page.NextCursor
	}
	if len(seen) != 4 || len(slices.Compact(slices.Clone(seen))) != 4 {
		t.Errorf("paged: %v", seen)
	}
}

func TestSeparationsAreToldToThoseWhoMayKnow(t *testing.T) {
	o := open(t)
	luis, xavier := o.person("Luis Ortega"), o.person("Xavier Kept")
	ana, coach := o.person("Ana Ortega", models.RoleCoordinator), o.person("Carl Coach", models.RoleCoach)
	o.kin(ana.member, luis.member)
	o.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, 'protected', $3, $4, '2026-12-01', 'live', $5)`,
		services.NewID(), noon, luis.member, xavier.member, o.boss.member)
	o.todo(&xavier.member, nil, "coordinators", noon)
	o.todo(&xavier.member, &coach.member, "coaches", noon)
	flag := func(p person) *bool { return o.work(p, "").Data[0].Person.Separations }
	if got := flag(o.boss); got == nil || !*got {
		t.Error("a coordinator is not told")
	}
	if got := flag(ana); got == nil || *got {
		t.Error("somebody close to one of them is told")
	}
	if got := flag(coach); got != nil {
		t.Error("a coach is told")
	}
}

func TestWorkTakesThreeQueriesWhateverThereIs(t *testing.T) {
	o := open(t)
	fill := func(n int) {
		for range n {
			m := o.person("Somebody New")
			o.log(o.boss, m.member)
			o.ask(m, "")
		}
	}
	way, turns := o.db.Counted(t)
	core := coretest.On(t, way, func(s *services.Settings) { s.ReadConns, s.WriteConns = 1, 1 })
	core.Clock.Set(o.core.Clock.Now())
	second := outreach.New(core, outreach.Config{})
	ask := func() int {
		must[*outreach.Work](t)(second.Work(o.as(o.boss), outreach.WorkQuery{PageQuery: all})) // prepares its statements
		turns.Taken()
		must[*outreach.Work](t)(second.Work(o.as(o.boss), outreach.WorkQuery{PageQuery: all}))
		return turns.Taken()
	}
	fill(2)
	few := ask()
	fill(40)
	many := ask()
	t.Logf("round trips: %d for 2, %d for 42", few, many)
	if few != many || many > 5 { // three, the line that tells of the look, and its commit
		t.Errorf("%d round trips for 2 items, %d for 42", few, many)
	}
}

func TestHandingOverAColleaguesWork(t *testing.T) {
	o := open(t)
	luis, ed, ana := o.person("Luis Ortega"), o.person("Ed Helper", models.RoleCoordinator), o.person("Ana Ortega", models.RoleCoordinator)
	o.kin(ana.member, luis.member)
	about := o.todo(&luis.member, &ed.member, "coordinators", noon)
	other := o.todo(nil, &ed.member, "coordinators", noon)
	max := o.person("Max Member")
	h, hers := o.ask(max, ""), o.ask(luis, "")
	must[*models.HelpRequest](t)(o.outreach.Take(o.as(ed), h.ID))
	must[*models.HelpRequest](t)(o.outreach.Take(o.as(ed), hers.ID))
	o.due(noon)
	before := o.told(models.NoticeTaskAssigned, ana)
	got := must[*outreach.HandedOver](t)(o.outreach.HandOver(o.as(o.boss), outreach.HandOver{From: ed.member, To: &ana.member}))
	moved := map[uuid.UUID]string{}
	for _, one := range got.Data {
		moved[one.TaskID] = string(one.Code)
		if one.Moved != (one.Code == "") {
			t.Errorf("%+v", one)
		}
	}
	want := map[uuid.UUID]string{about.ID: "own_record", other.ID: "", o.helpTask(h.ID).ID: "", o.helpTask(hers.ID).ID: "own_record"}
	if len(moved) != len(want) {
		t.Fatalf("%+v", got)
	}
	for id, code := range want {
		if moved[id] != code {
			t.Errorf("%s: %q, want %q", id, moved[id], code)
		}
	}
	o.due(noon)
	if n := o.told(models.NoticeTaskAssigned, ana) - before; n != 2 { // one for the tasks, one for the request
		t.Errorf("%d mails", n)
	}
	if n := o.count(`select count(*) from help_requests where taken_by = $1`, ana.member); n != 1 {
		t.Errorf("%d requests are hers", n)
	}
	_, err := o.outreach.HandOver(o.as(o.boss), outreach.HandOver{From: ed.member, To: &ed.member})
	field(t, err, "/to", "same_person")
	_, err = o.outreach.HandOver(o.as(o.boss), outreach.HandOver{From: ed.member, To: &luis.member})
	field(t, err, "/to", "not_staff")
	got = must[*outreach.HandedOver](t)(o.outreach.HandOver(o.as(o.boss), outreach.HandOver{From: ed.member}))
	if len(got.Data) != 2 || !got.Data[0].Moved || !got.Data[1].Moved || o.mine(luis)[0].Status != models.HelpReceived {
		t.Errorf("%+v", got)
	}
}

// Who is given work by somebody else gets one mail; who takes it themselves none.
func TestTheNewOwnerIsTold(t *testing.T) {
	o := open(t)
	ed := o.person("Ed Helper", models.RoleCoordinator)
	task := o.todo(nil, nil, "coordinators", noon)
	must[*models.Task](t)(o.tasks.Assign(o.as(o.boss), task.ID, tasks.AssignTask{OwnerID: &o.boss.member}))
	must[*models.Task](t)(o.tasks.Assign(o.as(o.boss), task.ID, tasks.AssignTask{OwnerID: &ed.member}))
	o.due(noon)
	if o.told(models.NoticeTaskAssigned, ed) != 1 || o.told(models.NoticeTaskAssigned, o.boss) != 0 {
		t.Error("who is told is wrong")
	}
}

// Whoever answered a request sees what belongs to it for thirty days more.
func TestWhoTookARequestSeesThePersonForAMonth(t *testing.T) {
	o := open(t)
	ray, luis := o.person("Ray Stone", models.RoleCoach, models.RoleResponder), o.person("Luis Ortega")
	id := o.ask(luis, "").ID
	must[*models.HelpRequest](t)(o.outreach.Take(o.as(ray), id))
	must[*outreach.AnsweredHelp](t)(o.outreach.AnswerHelp(o.as(ray), id, call))
	sees := func() int {
		return len(must[*services.Page[models.Contact]](t)(o.outreach.Contacts(o.as(ray), luis.member, outreach.ContactFilter{PageQuery: all})).Data)
	}
	o.core.Clock.Set(noon.AddDate(0, 0, 29))
	if n := sees(); n != 1 {
		t.Errorf("%d contacts after 29 days", n)
	}
	o.core.Clock.Set(noon.AddDate(0, 0, 31))
	if _, err := o.outreach.Contacts(o.as(ray), luis.member, outreach.ContactFilter{PageQuery: all}); err == nil {
		t.Error("the contacts are shown after a month")
	}
}

// Whom a list of requests or of work shows, the log tells of; the list of requests is told to the person, too.
func TestListsOfPeopleAreLogged(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	o.ask(luis, "")
	must[*services.Page[outreach.HelpRow]](t)(o.outreach.HelpRequests(o.as(o.boss), outreach.HelpFilter{PageQuery: all}))
	must[*outreach.Work](t)(o.outreach.Work(o.as(o.boss), outreach.WorkQuery{PageQuery: all}))
	for _, action := range []string{"help_request.list", "work.read"} {
		if n := o.count(`select count(*) from audit_log where action = $1 and outcome = 'read' and subjects @> array[$2::uuid]`, action, luis.member); n != 1 {
			t.Errorf("%d lines of %s", n, action)
		}
	}
}
