package outreach_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/tasks"
)

func (o *office) waiting(p person) []outreach.HelpRow {
	o.Helper()
	return must[*services.Page[outreach.HelpRow]](o.T)(o.outreach.HelpRequests(o.as(p), outreach.HelpFilter{PageQuery: all})).Data
}

func (o *office) mine(p person) []outreach.MyHelpRequest {
	o.Helper()
	return must[*outreach.MyHelp](o.T)(o.outreach.MyHelpRequests(o.as(p))).Data
}

func (o *office) helpTask(id uuid.UUID) models.Task {
	o.Helper()
	var t models.Task
	err := o.core.Writes().QueryRow(o.Context(), `select id, status, owner_id, due_at, queue from tasks where record_id = $1 and kind = 'help_request' order by created_at desc, id desc limit 1`, id).
		Scan(&t.ID, &t.Status, &t.OwnerID, &t.DueAt, &t.Queue)
	if err != nil {
		o.Fatal(err)
	}
	return t
}

// At night the answer tells when somebody reads it, and who answers now.
func TestAskingAtNight(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	o.core.Clock.Set(night)
	got := o.ask(luis, "It has been a hard week.")
	morning := time.Date(2026, time.March, 4, 14, 0, 0, 0, time.UTC)
	if got.Hours.OpenNow || !got.Hours.NextFrom.Equal(morning) || !strings.Contains(got.Hours.Words, "between 09:00 and 17:00, Mon to Fri (America/New_York)") {
		t.Errorf("%+v", got.Hours)
	}
	var said []string
	for _, l := range got.HelpNow {
		said = append(said, l.Call, l.Text)
	}
	for _, want := range []string{"988, then press 1", "838255", "911"} {
		if !slices.Contains(said, want) {
			t.Errorf("%s is missing in %v", want, said)
		}
	}
	if task := o.helpTask(got.ID); !task.DueAt.Equal(morning.Add(time.Hour)) || task.Queue != "coordinators" {
		t.Errorf("%+v", task)
	}
	if got.Status != models.HelpReceived || got.TakenBy != nil || got.Topic != models.HelpTalk || got.Channel != models.HelpByCall {
		t.Errorf("%+v", got.MyHelpRequest)
	}
	if o.told(models.NoticeHelpAsked, o.boss) != 1 || o.count(`select count(*) from messages where member_id = $1`, luis.member) != 0 {
		t.Error("who is told is wrong")
	}
	if n := o.count(`select count(*) from messages where data::text ~* 'luis|ortega|talk|hard'`); n != 0 {
		t.Errorf("%d mails tell who or what", n)
	}
	if n := o.count(`select count(*) from help_request_asks where position('hard week'::bytea in note) > 0`); n != 0 {
		t.Error("the note is not sealed")
	}
	v := must[*outreach.HelpView](t)(o.outreach.HelpRequest(o.as(o.boss), got.ID))
	if len(v.Asks) != 1 || v.Asks[0].Note != "It has been a hard week." || v.Name != "Luis Ortega" {
		t.Errorf("%+v", v)
	}
	if n := o.count(`select count(*) from audit_log where action = 'help_request.read' and $1 = any(subjects)`, luis.member); n != 1 {
		t.Errorf("the look is told %d times", n)
	}
}

func TestAskingAgainAddsToTheRequest(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	first := o.ask(luis, "one")
	o.core.Clock.Advance(10 * time.Minute)
	second := must[*outreach.HelpAnswer](t)(o.outreach.Ask(o.as(luis), outreach.AskForHelp{Topic: models.HelpBenefits, Channel: models.HelpByText, SafeFrom: ptr("22:00"), SafeUntil: ptr("06:00"), Note: "two"}))
	if second.ID != first.ID || second.Topic != models.HelpBenefits || *second.SafeFrom != "22:00" {
		t.Errorf("%+v", second)
	}
	v := must[*outreach.HelpView](t)(o.outreach.HelpRequest(o.as(o.boss), first.ID))
	if len(v.Asks) != 2 || v.Asks[1].Note != "two" || !v.DueAt.Equal(noon.Add(time.Hour)) || v.SafeNow {
		t.Errorf("%+v", v)
	}
	if _, err := o.outreach.Ask(o.as(luis), outreach.AskForHelp{SafeFrom: ptr("09:00")}); err == nil {
		t.Error("half of the safe hours is taken")
	}
	for range 18 {
		o.ask(luis, "again")
	}
	_, err := o.outreach.Ask(o.as(luis), outreach.AskForHelp{})
	refused(t, err, services.KindTooMany, services.CodeTooMany)

	// Two devices at once make one request.
	ana := o.person("Ana Ortega")
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			if _, err := o.outreach.Ask(o.as(ana), outreach.AskForHelp{Note: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := o.count(`select count(*) from help_requests where member_id = $1`, ana.member); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestOneOfTwoTakesIt(t *testing.T) {
	o := open(t)
	luis, rita := o.person("Luis Ortega"), o.person("Rita Responder", models.RoleResponder)
	for range 5 {
		h := o.ask(luis, "")
		errs := make([]error, 2)
		var wait sync.WaitGroup
		for i, p := range []person{o.boss, rita} {
			wait.Go(func() { _, errs[i] = o.outreach.Take(o.as(p), h.ID) })
		}
		wait.Wait()
		lost := errs[0]
		if lost == nil {
			lost = errs[1]
		}
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v", errs)
		}
		refused(t, lost, services.KindConflict, "already_taken")
		must[*outreach.MyHelpRequest](t)(o.outreach.Withdraw(o.as(luis), h.ID))
	}
}

func TestTheWayOfAHelpRequest(t *testing.T) {
	o := open(t)
	luis, ed := o.person("Luis Ortega"), o.person("Ed Helper", models.RoleCoordinator)
	h := o.ask(luis, "")
	must[*models.HelpRequest](t)(o.outreach.Take(o.as(o.boss), h.ID))
	if got := o.mine(luis)[0]; got.Status != models.HelpTaken || *got.TakenBy != "Dana" {
		t.Errorf("%+v", got)
	}
	if task := o.helpTask(h.ID); task.OwnerID == nil || *task.OwnerID != o.boss.member {
		t.Errorf("%+v", task)
	}
	must[*models.HelpRequest](t)(o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{To: &ed.member}))
	if task := o.helpTask(h.ID); *task.OwnerID != ed.member || o.told(models.NoticeTaskAssigned, ed) != 1 {
		t.Errorf("%+v", task)
	}
	tried := call
	tried.Outcome = models.OutcomeNoAnswer
	o.core.Clock.Advance(2 * time.Hour)
	got := must[*outreach.AnsweredHelp](t)(o.outreach.AnswerHelp(o.as(ed), h.ID, tried))
	if got.Request.Status != models.HelpTaken || !got.Request.DueAt.Equal(noon.Add(3*time.Hour)) || *got.Contact.HelpRequestID != h.ID || o.mine(luis)[0].TriedAt == nil {
		t.Errorf("%+v", got)
	}
	got = must[*outreach.AnsweredHelp](t)(o.outreach.AnswerHelp(o.as(ed), h.ID, call))
	if got.Request.Status != models.HelpAnswered || o.helpTask(h.ID).Status != models.TaskDone || o.mine(luis)[0].AnsweredAt == nil || len(o.waiting(o.boss)) != 0 {
		t.Errorf("%+v", got)
	}
	for name, err := range map[string]error{
		"take":     second(o.outreach.Take(o.as(o.boss), h.ID)),
		"answer":   second(o.outreach.AnswerHelp(o.as(o.boss), h.ID, call)),
		"hand":     second(o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{})),
		"close":    second(o.outreach.CloseHelp(o.as(o.boss), h.ID, why)),
		"withdraw": second(o.outreach.Withdraw(o.as(luis), h.ID)),
	} {
		if refused(t, err, services.KindConflict, "help_ended"); t.Failed() {
			t.Fatal(name)
		}
	}
	must[*models.HelpRequest](t)(o.outreach.ReopenHelp(o.as(o.boss), h.ID, why))
	if task := o.helpTask(h.ID); task.Status != models.TaskOpen || *task.OwnerID != ed.member {
		t.Errorf("%+v", task)
	}
	_, err := o.outreach.ReopenHelp(o.as(o.boss), h.ID, why)
	refused(t, err, services.KindConflict, "help_open")
	must[*models.HelpRequest](t)(o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{}))
	if got := o.mine(luis)[0]; got.Status != models.HelpReceived || got.TakenBy != nil {
		t.Errorf("%+v", got)
	}
	must[*models.HelpRequest](t)(o.outreach.CloseHelp(o.as(o.boss), h.ID, why))
	o.ask(luis, "new")
	_, err = o.outreach.ReopenHelp(o.as(o.boss), h.ID, why)
	refused(t, err, services.KindConflict, "already_open")
	fresh := o.mine(luis)[0].ID
	must[*outreach.MyHelpRequest](t)(o.outreach.Withdraw(o.as(luis), fresh))
	_, err = o.outreach.ReopenHelp(o.as(o.boss), fresh, why)
	refused(t, err, services.KindConflict, "help_withdrawn")
	_, err = o.outreach.DecideGuardian(o.as(o.boss), fresh, outreach.GuardianDecision{Reason: "None needed"})
	refused(t, err, services.KindConflict, "not_minor")
	if o.helpTask(fresh).Status != models.TaskDropped {
		t.Error("a withdrawn request leaves work")
	}
}

func second[T any](_ T, err error) error { return err }

// A teen's guardian never learns of it; a responder decides, and why is sealed.
func TestATeenAsksAtNight(t *testing.T) {
	o := open(t)
	father := o.person("Luis Ortega", models.RoleCoordinator) // who even works here
	maya := o.signedUp(o.member("Maya Ortega", 15))
	o.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at) values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Seen', $5, $2)`,
		services.NewID(), noon, father.member, maya.member, o.boss.member)
	rita := o.person("Rita Responder", models.RoleResponder)
	o.core.Clock.Set(night)
	h := o.ask(maya, "Please do not tell my dad.")
	if o.told(models.NoticeHelpAsked, rita) != 1 || o.told(models.NoticeHelpAsked, o.boss) != 1 || o.count(`select count(*) from messages where member_id = $1`, father.member) != 0 {
		t.Error("who is told is wrong")
	}
	o.due(night.Add(48 * time.Hour)) // reminders too
	if o.count(`select count(*) from messages where member_id = $1`, father.member) != 0 {
		t.Error("her father is reminded")
	}
	o.core.Clock.Set(night)
	if len(o.waiting(father)) != 0 || len(o.waiting(rita)) != 1 || len(o.mine(father)) != 0 {
		t.Error("who sees it is wrong")
	}
	for _, err := range []error{second(o.outreach.HelpRequest(o.as(father), h.ID)), second(o.outreach.Take(o.as(father), h.ID)), second(o.outreach.Withdraw(o.as(father), h.ID)),
		second(o.outreach.DecideGuardian(o.as(father), h.ID, outreach.GuardianDecision{Told: true, Reason: "I am"}))} {
		refused(t, err, services.KindNotFound, services.CodeNotFound)
	}
	if w := must[*outreach.Work](t)(o.outreach.Work(o.as(father), outreach.WorkQuery{PageQuery: all})); len(w.Data) != 0 || w.Counts != (outreach.WorkCounts{}) {
		t.Errorf("her father's day: %+v", w)
	}
	_, err := o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{To: &father.member})
	field(t, err, "/to", "own_record")

	must[*outreach.AnsweredHelp](t)(o.outreach.AnswerHelp(o.as(rita), h.ID, call))
	asked := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(rita), tasks.Filter{PageQuery: all, Kind: string(models.TaskGuardianDecision)}))
	if len(asked.Data) != 1 || asked.Data[0].Queue != "responders" {
		t.Fatalf("%+v", asked.Data)
	}
	_, err = o.outreach.DecideGuardian(o.as(rita), h.ID, outreach.GuardianDecision{Reason: "   "})
	field(t, err, "/reason", "required")
	got := must[*models.HelpRequest](t)(o.outreach.DecideGuardian(o.as(rita), h.ID, outreach.GuardianDecision{Told: false, Reason: "She is safe and asked us not to"}))
	if got.GuardianTold == nil || *got.GuardianTold || *got.GuardianDecidedBy != rita.member {
		t.Errorf("%+v", got)
	}
	if v := must[*outreach.HelpView](t)(o.outreach.HelpRequest(o.as(rita), h.ID)); v.GuardianWords == nil || *v.GuardianWords != "She is safe and asked us not to" {
		t.Errorf("%+v", v.GuardianWords)
	}
	if asked = must[*services.Page[models.Task]](t)(o.tasks.List(o.as(rita), tasks.Filter{PageQuery: all, Kind: string(models.TaskGuardianDecision)})); len(asked.Data) != 0 {
		t.Error("the decision is still asked for")
	}
}

// Reminders come when the time passes, three times, in staffed hours, and end with the answer.
func TestWeAreRemindedInTime(t *testing.T) {
	o := open(t)
	luis := o.person("Luis Ortega")
	h := o.ask(luis, "")
	o.due(noon.Add(59 * time.Minute))
	if n := o.told(models.NoticeHelpAsked, o.boss); n != 1 {
		t.Fatalf("%d mails before it is due", n)
	}
	o.due(noon.Add(61 * time.Minute))
	o.due(noon.Add(61 * time.Minute))
	if n := o.told(models.NoticeHelpAsked, o.boss); n != 2 {
		t.Fatalf("%d mails when it is due", n)
	}
	for hour := 2; hour < 7*24; hour += 3 {
		o.due(noon.Add(time.Duration(hour) * time.Hour))
	}
	if n := o.told(models.NoticeHelpAsked, o.boss); n != 4 {
		t.Errorf("%d mails in a week", n)
	}
	if n := o.count(`select escalations from help_requests where id = $1`, h.ID); n != 3 {
		t.Errorf("%d reminders", n)
	}
	ana := o.person("Ana Ortega")
	other := o.ask(ana, "")
	must[*outreach.AnsweredHelp](t)(o.outreach.AnswerHelp(o.as(o.boss), other.ID, call))
	before := o.told(models.NoticeHelpAsked, o.boss)
	o.due(o.core.Clock.Now().Add(7 * 24 * time.Hour))
	if o.told(models.NoticeHelpAsked, o.boss) != before {
		t.Error("an answered request reminds")
	}
}

func TestWhoSeesHelpRequests(t *testing.T) {
	o := open(t)
	luis, coach, rita := o.person("Luis Ortega"), o.person("Carl Coach", models.RoleCoach), o.person("Rita Responder", models.RoleResponder)
	h := o.ask(luis, "")
	if len(o.waiting(coach)) != 0 || len(o.waiting(rita)) != 1 || len(o.waiting(o.boss)) != 1 {
		t.Error("who sees it is wrong")
	}
	_, err := o.outreach.Take(o.as(coach), h.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	o.give(coach, luis.member)
	if len(o.waiting(coach)) != 1 {
		t.Error("a coach does not see who they look after")
	}
	own := o.ask(o.boss, "for me")
	if slices.ContainsFunc(o.waiting(o.boss), func(r outreach.HelpRow) bool { return r.ID == own.ID }) {
		t.Error("one sees one's own among the others'")
	}
	fac := o.person("Fay Facilitator", models.RoleFacilitator)
	_, err = o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{To: &fac.member})
	field(t, err, "/to", "not_answering")
	_, err = o.outreach.HandOverHelp(o.as(o.boss), h.ID, outreach.HandOverHelp{To: &luis.member})
	field(t, err, "/to", "not_staff")
	if _, err := o.tasks.Complete(o.as(o.boss), o.helpTask(h.ID).ID, tasks.CompleteTask{Outcome: "x"}); !errors.Is(err, services.Conflict(tasks.CodeHelpRequest, "")) {
		t.Errorf("its task is closed without it: %v", err)
	}
}

func TestStaffedHours(t *testing.T) {
	for _, bad := range []string{"", "Mon-Fri 09:00-17:00", "Mon-Fri 17:00-09:00 America/New_York", "Mon-Xyz 09:00-17:00 America/New_York", "Mon 09:00-17:00 Mars/Olympus", "Mon 9-17 America/New_York"} {
		if _, err := outreach.ParseHours(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	h := must[outreach.Hours](t)(outreach.ParseHours("Sat-Mon,Wed 10:00-12:30 America/Denver"))
	if !slices.Equal(h.Days, []time.Weekday{6, 0, 1, 3}) {
		t.Errorf("%v", h.Days)
	}
	ny := func(day, hour, minute int) time.Time {
		place, _ := time.LoadLocation("America/New_York")
		return time.Date(2026, time.March, day, hour, minute, 0, 0, place)
	}
	for _, c := range []struct{ asked, due time.Time }{
		{ny(3, 12, 0), ny(3, 13, 0)},
		{ny(3, 16, 30), ny(4, 9, 30)}, // half of the hour is left
		{ny(3, 23, 30), ny(4, 10, 0)},
		{ny(6, 17, 0), ny(9, 10, 0)}, // Friday evening; the clocks change on Sunday
		{ny(7, 12, 0), ny(9, 10, 0)},
	} {
		if got := outreach.DefaultHours.Due(c.asked); !got.Equal(c.due) {
			t.Errorf("asked %s is due %s, want %s", c.asked, got, c.due)
		}
	}
}
