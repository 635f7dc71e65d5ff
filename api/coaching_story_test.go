package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// practice is a house in which people are coached, made over HTTP as its staff make it.
type practice struct {
	*apptest.App
	t         *testing.T
	cora      *apptest.Client
	dana, eli *apptest.Client // coaches
	all       []*apptest.Client
	names     map[*apptest.Client]string
}

func openPractice(t *testing.T, now time.Time) *practice {
	t.Helper()
	p := &practice{App: apptest.New(t), t: t, names: map[*apptest.Client]string{}}
	p.Core.Clock.Set(now)
	p.cora = p.as("Cora Diaz", models.RoleCoordinator)
	p.cora.Post("/v1/programs", object{"name": "Coaching", "slug": "coaching", "status": "active", "starts_on": "2026-01-01"}).Want(201)
	for _, one := range list(p.cora.Get("/v1/consent-documents/templates").Want(200)) {
		if template := one.(object); template["kind"] == "confidentiality_limits" {
			delete(template, "note")
			draft := p.cora.Get(p.cora.Post("/v1/consent-documents", template).Want(201).Header.Get("Location")).Want(200).Map()["draft"].(object)
			p.cora.Post("/v1/consent-versions/"+draft["id"].(string)+"/publish", object{}).Want(200)
		}
	}
	p.dana = p.coach("Dana Reyes", object{"specialties": []string{"sleep", "anger"}, "horizon_days": 90}, models.RoleCoach, models.RoleFacilitator)
	p.eli = p.coach("Eli Stone", object{"specialties": []string{"work"}, "horizon_days": 90}, models.RoleCoach)
	return p
}

func list(a *apptest.Answer) []any { return a.Map()["data"].([]any) }

// as is somebody with an account, who signs in again whenever time passes.
func (p *practice) as(name string, roles ...models.Role) *apptest.Client {
	p.t.Helper()
	c := p.As(name, roles...)
	p.all, p.names[c] = append(p.all, c), name
	return c
}

// coach is somebody who is checked and trained, and works on weekday mornings in Chicago.
func (p *practice) coach(name string, profile object, roles ...models.Role) *apptest.Client {
	p.t.Helper()
	c := p.as(name, roles...)
	for _, kind := range models.ForCoaches() {
		p.cora.Post("/v1/members/"+c.Member.String()+"/credentials", object{"kind": kind, "issued_on": "2026-01-05", "expires_on": "2027-12-31"}).Want(201)
	}
	profile["member_id"], profile["time_zone"], profile["join_url"] = c.Member, "America/Chicago", "https://meet.example.org/"+c.Member.String()
	p.cora.Post("/v1/coaches", profile).Want(201)
	c.Post("/v1/coaches/"+c.Member.String()+"/schedules", object{"name": "Mornings", "time_zone": "America/Chicago", "hours": []object{{"rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "from_time": "09:00", "until_time": "12:00"}}}).Want(201)
	return c
}

// at lets time pass, with what is due meanwhile; by then everybody's token has run out.
func (p *practice) at(now time.Time) {
	p.t.Helper()
	p.Core.Clock.Set(now)
	p.RunDue()
	for _, c := range p.all {
		c.SignIn()
	}
}

func (p *practice) told(event models.NoticeEvent, who *apptest.Client) int {
	p.t.Helper()
	return p.Count(`select count(*) from messages where event = $1 and member_id = $2`, string(event), who.Member)
}

func (p *practice) entry(who *apptest.Client, start time.Time) *ics.VEvent {
	p.t.Helper()
	return (&season{App: p.App, t: p.t}).entry(who, start)
}

// agree has somebody read the limits of confidentiality, and sign them.
func (p *practice) agree(engagement string, who *apptest.Client) {
	p.t.Helper()
	var limits coaching.LimitsView
	who.Get(engagement + "/limits").Want(200).JSON(&limits)
	who.Post("/v1/me/consents", object{"version_id": limits.Text.VersionID, "text_hash": limits.Text.TextHash, "decision": "granted", "name_typed": p.names[who]}).Want(201)
}

// engaged is an engagement of one that is ready for its first session.
func (p *practice) engaged(coach, who *apptest.Client) string {
	p.t.Helper()
	at := who.Post("/v1/engagements", object{"focus_areas": []string{"sleep"}}).Want(201).Header.Get("Location")
	p.cora.Post(at+"/match", object{"coach_id": coach.Member}).Want(200)
	coach.Post(at+"/accept", object{}).Want(200)
	who.Post(at+"/accept", object{}).Want(200)
	p.agree(at, who)
	return at
}

func idOf(path string) uuid.UUID { return uuid.MustParse(path[strings.LastIndex(path, "/")+1:]) }

// book books one session and answers its path.
func (p *practice) book(who *apptest.Client, engagement string, start time.Time) string {
	p.t.Helper()
	return who.Post("/v1/coaching-sessions", object{"engagement_id": idOf(engagement), "starts_at": start, "modality": "online"}).Want(201).Header.Get("Location")
}

func (p *practice) view(who *apptest.Client, engagement string) (e coaching.EngagementView) {
	p.t.Helper()
	who.Get(engagement).Want(200).JSON(&e)
	return e
}

// hidden wants an answer to be that of an id that there is not.
func (p *practice) hidden(who *apptest.Client, path string, id uuid.UUID) {
	p.t.Helper()
	got, want := who.Get(path), who.Get(strings.ReplaceAll(path, id.String(), services.NewID().String()))
	if got.Status != 404 || bare(got) != bare(want) {
		p.t.Errorf("%s at %s: %d %s\nan unknown id: %d %s", who.Email, path, got.Status, got.Body, want.Status, want.Body)
	}
}

// neutral wants no mail to somebody to say what they come for.
func (p *practice) neutral(who *apptest.Client, more ...string) {
	p.t.Helper()
	for _, m := range p.Mail.To(who.Email) {
		text := m.Subject + "\n" + m.Text
		for _, file := range m.ICS {
			text += "\n" + string(file.Bytes)
		}
		for _, word := range append([]string{"coach", "therap", "counsel", "session"}, more...) {
			if at := strings.Index(strings.ToLower(text), word); at >= 0 {
				p.t.Errorf("%s reads %q in the mail %q: …%.200s", who.Email, word, m.Subject, text[max(0, at-60):])
			}
		}
	}
}

func day(month time.Month, d, hour, minute int) time.Time {
	return time.Date(2026, month, d, hour, minute, 0, 0, time.UTC)
}

// one is one person's way with a coach, from the asking to the end. She lives in Berlin, her coaches in Chicago: in the last week of
// October the clocks there are six hours apart, before and after it seven.
type one struct {
	*practice
	mia                    *apptest.Client
	at_                    string // the engagement's path
	sessions               []coaching.CoachingBooked
	moved, first           string // paths of sessions
	goal, tick, late, note uuid.UUID
	private                uuid.UUID
}

// I need someone to talk to.
func TestCoachingTheWholeWay(t *testing.T) {
	o := &one{practice: openPractice(t, day(time.October, 5, 12, 0))}
	o.mia = o.as("Mia Rivera")
	o.mia.Patch("/v1/me", 0, object{"time_zone": "Europe/Berlin"}).Want(200)
	o.ask()
	o.slots()
	o.package_()
	o.moves()
	o.meets()
	o.logs()
	o.reads()
	o.nextTime()
	o.another()
	o.handsOver()
	o.completes()
}

const (
	hopes   = "Sleep through the night like a Zinniahope"
	summary = "We looked at the evenings. Zinniasummary"
	inner   = "Ask about the nights before the anniversary. Zinniainner"
)

func (o *one) ask() {
	asked := o.mia.Post("/v1/engagements", object{"hopes": hopes, "focus_areas": []string{"sleep"}, "hours": []string{"TU 14:00-18:00", "WE 14:00-18:00"}, "modalities": []string{"online"}}).Want(201)
	o.at_ = asked.Header.Get("Location")
	queue := o.cora.Get("/v1/engagements?waiting=true&sort=requested_at").Want(200)
	if rows := list(queue); len(rows) != 1 || rows[0].(object)["id"] != asked.ID().String() || rows[0].(object)["waiting_days"] != 0.0 || strings.Contains(string(queue.Body), "Zinniahope") {
		o.t.Fatalf("the queue: %s", queue.Body)
	}
	if open := list(o.cora.Get("/v1/tasks?kind=match_coach").Want(200)); len(open) != 1 {
		o.t.Errorf("%d tasks", len(open))
	}
	o.hidden(o.dana, o.at_, asked.ID())
	var found coaching.MatchSuggestions
	o.cora.Get(o.at_ + "/match-suggestions").Want(200).JSON(&found)
	if len(found.Data) != 2 || found.Data[0].CoachID != o.dana.Member || found.Data[0].Points <= found.Data[1].Points || found.Data[0].Free == 0 {
		o.t.Fatalf("%+v", found)
	}
	if reasons := found.Data[0].Reasons; !slices.ContainsFunc(reasons, func(r models.MatchReason) bool {
		return r.Code == "specialties" && *r.Points > 0 && strings.Contains(r.Words, "sleep")
	}) {
		o.t.Errorf("%+v", reasons)
	}
	o.cora.Post(o.at_+"/match", object{"coach_id": o.dana.Member, "reason": "Works with sleep"}).Want(200)
	o.RunDue()
	if o.told(models.NoticeCoachingMatched, o.mia) != 1 || o.told(models.NoticeCoachingProposed, o.dana) != 1 {
		o.t.Error("who is proposed is not told")
	}
	if e := o.view(o.dana, o.at_); e.People[0].Hopes == nil || *e.People[0].Hopes != hopes {
		o.t.Error("the coach does not read what she hopes for")
	}
	if e := o.view(o.cora, o.at_); e.People[0].Hopes != nil {
		o.t.Error("staff read what she hopes for")
	}
	o.dana.Post(o.at_+"/accept", object{}).Want(200)
	if e := o.view(o.mia, o.at_); e.State != models.EngagementMatched || !slices.Equal(e.Missing, []string{"your_yes", "limits"}) {
		o.t.Errorf("%s, missing %v", e.State, e.Missing)
	}
	o.mia.Post(o.at_+"/accept", object{}).Want(200)
	o.mia.Post("/v1/coaching-sessions", object{"engagement_id": asked.ID(), "starts_at": day(time.October, 13, 14, 0), "modality": "online"}).WantCode(409, coaching.CodeLimitsNotAgreed)
	o.agree(o.at_, o.mia)
	if e := o.view(o.mia, o.at_); e.State != models.EngagementActive || len(e.Missing) != 0 || e.SessionsLeft != 6 {
		o.t.Fatalf("%+v", e)
	}
}

// slots: nine in Chicago is four in the afternoon in Berlin, and three where the clocks there are set back already.
func (o *one) slots() {
	var got coaching.CoachSlots
	o.mia.Get("/v1/coaches/" + o.dana.Member.String() + "/slots?from=2026-10-20&to=2026-11-03&engagement_id=" + idOf(o.at_).String()).Want(200).JSON(&got)
	first := map[string]models.LocalSlot{}
	for _, d := range got.Days {
		first[d.Day.String()] = d.Slots[0]
	}
	for when, want := range map[string]string{"2026-10-20": "2026-10-20T16:00 +02:00 14:00", "2026-10-27": "2026-10-27T15:00 +01:00 14:00", "2026-11-03": "2026-11-03T16:00 +01:00 15:00"} {
		if s := first[when]; s.LocalStart+" "+s.UTCOffset+" "+s.StartsAt.UTC().Format("15:04") != want {
			o.t.Errorf("%s: %+v, want %s", when, s, want)
		}
	}
	if got.TimeZone != "Europe/Berlin" || got.CoachTimeZone != "America/Chicago" || len(first) != 11 {
		o.t.Errorf("%s, %s, %d days", got.TimeZone, got.CoachTimeZone, len(first))
	}
}

// package_: every other Tuesday at four by her clock, but for one on which the coach leads a workshop.
func (o *one) package_() {
	w, _ := published(o.App, o.cora, o.dana.Member, object{"time_zone": "America/New_York"})
	o.cora.Post("/v1/workshops/"+w.String()+"/sessions", object{"local_start": "2026-11-24T10:00", "minutes": 90}).Want(201)
	var made coaching.CoachingBooking
	o.mia.Post("/v1/coaching-sessions", object{"engagement_id": idOf(o.at_), "starts_at": day(time.October, 13, 14, 0), "modality": "online", "repeat": object{"every_weeks": 2, "times": 6}}).Want(201).JSON(&made)
	o.sessions = made.Series.Booked
	var starts []time.Time
	for _, s := range o.sessions {
		if starts = append(starts, s.StartsAt.UTC()); !strings.HasSuffix(s.LocalStart, "T16:00") {
			o.t.Errorf("%+v", s)
		}
	}
	if want := []time.Time{day(time.October, 13, 14, 0), day(time.October, 27, 15, 0), day(time.November, 10, 15, 0), day(time.December, 8, 15, 0), day(time.December, 22, 15, 0)}; !slices.Equal(starts, want) {
		o.t.Fatalf("%v, want %v", starts, want)
	}
	if not := made.Series.NotBooked; len(not) != 1 || not[0].LocalStart != "2026-11-24T16:00" || not[0].Code != "double_booked" || strings.Contains(not[0].Message, "Hypervigilance") {
		o.t.Errorf("%+v", not)
	}
	if e := o.view(o.mia, o.at_); e.SessionsUsed != 5 || e.SessionsLeft != 1 || !e.Next.StartsAt.Equal(starts[0]) {
		o.t.Errorf("%d used, %d left, next %+v", e.SessionsUsed, e.SessionsLeft, e.Next)
	}
	o.RunDue()
	if n := o.told(models.NoticeCoachingBooked, o.mia); n != 1 {
		o.t.Errorf("%d mails about one booking", n)
	}
	for _, start := range starts {
		for _, who := range []*apptest.Client{o.mia, o.dana} {
			o.entry(who, start)
		}
	}
	o.first = "/v1/coaching-sessions/" + o.sessions[0].ID.String()
}

// moves: twice, and no more. In calendars it is the same entry; reminders follow.
func (o *one) moves() {
	before := map[*apptest.Client]*ics.VEvent{o.mia: o.entry(o.mia, o.sessions[0].StartsAt), o.dana: o.entry(o.dana, o.sessions[0].StartsAt)}
	at := o.first
	for _, d := range []int{14, 15} {
		moved := o.mia.Post(at+"/reschedule", object{"starts_at": day(time.October, d, 14, 0)}).Want(200)
		if o.mia.Get(at).Want(200).Map()["rescheduled_to"] != moved.ID().String() || moved.Map()["rescheduled_from"] != idOf(at).String() {
			o.t.Error("the two do not name one another")
		}
		at = "/v1/coaching-sessions/" + moved.ID().String()
		o.RunDue()
		for who, was := range before {
			now := o.entry(who, day(time.October, d, 14, 0))
			if now.Id() != was.Id() || sequence(o.t, now) <= sequence(o.t, was) {
				o.t.Errorf("%s has %s as number %d, and had %s as number %d", who.Email, now.Id(), sequence(o.t, now), was.Id(), sequence(o.t, was))
			}
			before[who] = now
		}
	}
	o.mia.Post(at+"/reschedule", object{"starts_at": day(time.October, 16, 14, 0)}).WantCode(409, coaching.CodeMovesUsed)
	o.moved = at
	o.at(day(time.October, 12, 14, 5))
	if n := o.told(models.NoticeCoachingReminder, o.mia); n != 0 {
		o.t.Errorf("she is reminded %d times of what was moved", n)
	}
	o.at(day(time.October, 14, 14, 5))
	o.at(day(time.October, 14, 15, 0))
	if n := o.told(models.NoticeCoachingReminder, o.mia); n != 1 {
		o.t.Errorf("she is reminded %d times", n)
	}
	o.neutral(o.mia, "dana", "sleep")
}

// meets: the door opens a quarter of an hour before, for the coach an hour, and is shut when it is over.
func (o *one) meets() {
	room := "https://meet.example.org/" + o.dana.Member.String()
	goal := o.mia.Post(o.at_+"/goals", object{"words": "Six hours on five nights", "measure": "The sleep diary", "target_on": "2026-12-20"}).Want(201)
	o.goal = goal.ID()
	o.at(day(time.October, 15, 13, 40))
	o.mia.Post(o.moved+"/join", object{}).WantCode(409, coaching.CodeTooEarly)
	if got := o.dana.Post(o.moved+"/join", object{}).Want(200).Map(); got["url"] != room {
		o.t.Errorf("%v", got)
	}
	o.cora.Post(o.moved+"/join", object{}).WantCode(403, "not_their_coach")
	var today coaching.CoachToday
	o.dana.Get("/v1/me/coaching/today").Want(200).JSON(&today)
	if len(today.Sessions) != 1 || today.Sessions[0].MinutesUntil != 20 || today.Sessions[0].Number != 1 || today.Sessions[0].PackageSessions != 6 || today.Sessions[0].People[0].FirstName != "Mia" ||
		!slices.Contains(today.Sessions[0].Flags, "first_session") {
		o.t.Errorf("%+v", today)
	}
	o.at(day(time.October, 15, 13, 45))
	if got := o.mia.Post(o.moved+"/join", object{}).Want(200).Map(); got["url"] != room {
		o.t.Errorf("%v", got)
	}
	o.at(day(time.October, 15, 15, 5)) // a conversation may run over by a quarter of an hour
	o.mia.Post(o.moved+"/join", object{}).WantCode(409, coaching.CodeSessionOver)
}

// logs: all in one call. The next time asked for is that of the workshop, which loses nothing else.
func (o *one) logs() {
	o.tick, o.late = services.NewID(), services.NewID()
	a := o.dana.Post(o.moved+"/log", object{"log_id": services.NewID(), "outcome": "completed", "minutes": 45, "shared_summary": object{"text": summary}, "private_note": object{"text": inner},
		"next_steps": []object{{"id": o.tick, "text": "Put the phone into the kitchen", "due_on": "2026-10-18", "goal_id": o.goal}, {"id": o.late, "text": "Write the diary", "due_on": "2026-10-20"}},
		"goals":      []object{{"goal_id": o.goal, "progress": 40}}, "next": object{"starts_at": day(time.November, 24, 15, 0)}}).Want(200)
	var made coaching.LoggedCoaching
	a.JSON(&made)
	if made.State != models.CoachingCompleted || made.Minutes != 45 || len(made.Notes) != 2 || len(made.StepIDs) != 2 || made.Next == nil || made.Next.Booked || made.Next.Code != "double_booked" || strings.Contains(string(a.Body), "Zinnia") {
		o.t.Fatalf("%s", a.Body)
	}
	for _, n := range made.Notes {
		if n.Tier == models.NoteShared {
			o.note = n.ID
		} else {
			o.private = n.ID
		}
	}
	o.RunDue()
	if o.told(models.NoticeCoachingLogged, o.mia) != 1 {
		o.t.Error("she is not told that there is something to read")
	}
	if seen := o.mia.Get(o.moved).Want(200).Map(); seen["state"] != "completed" || seen["minutes"] != 45.0 {
		o.t.Errorf("%v", seen)
	}
}

func notePath(id uuid.UUID) string { return "/v1/coaching-notes/" + id.String() }
