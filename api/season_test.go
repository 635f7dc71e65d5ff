package api_test

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// A season of a workshop, from the template to the report, all of it over HTTP: it is planned, fills, has a snow day and a
// facilitator who falls ill, takes place, and people get what they are due for it.
func TestASeason(t *testing.T) {
	s := openSeason(t)
	s.plan()
	s.fill()
	s.decide()
	s.snow()
	s.illness()
	s.firstEvening()
	s.secondEvening()
	s.feedback()
	s.certify()
	s.report()
}

// planned is when the first evening was to begin.
var planned = time.Date(2026, time.December, 8, 23, 0, 0, 0, time.UTC)

// season is who is of it, and what has been made.
type season struct {
	*apptest.App
	t                          *testing.T
	cora, dana, eli            *apptest.Client
	luis, nora, ana, ben, omar *apptest.Client
	maya                       uuid.UUID
	workshop                   string
	sessions                   []string
	registrations              map[*apptest.Client]workshops.RegistrationView
	codes                      map[uuid.UUID]string // by attendee
	snowed                     time.Time
}

func openSeason(t *testing.T) *season {
	s := &season{App: apptest.New(t), t: t, registrations: map[*apptest.Client]workshops.RegistrationView{}, codes: map[uuid.UUID]string{}}
	s.Core.Clock.Set(time.Date(2026, time.November, 5, 15, 0, 0, 0, time.UTC)) // Thursday, 10:00 in New York
	s.cora, s.dana, s.eli = s.As("Cora Diaz", models.RoleCoordinator), s.As("Dana Reed", models.RoleFacilitator), s.As("Eli Stone", models.RoleFacilitator)
	s.luis, s.nora, s.ana, s.ben, s.omar = s.As("Luis Ortega"), s.As("Nora Lind"), s.As("Ana Silva"), s.As("Ben Okafor"), s.As("Omar Haddad")
	s.maya = s.Member("Maya Ortega", "2016-06-01", models.KindChild)
	s.Exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), s.Core.Clock.Now(), s.luis.Member, s.maya, s.cora.Member)
	for _, leader := range []*apptest.Client{s.dana, s.eli} {
		for _, kind := range models.ForMinors() {
			s.cora.Post("/v1/members/"+leader.Member.String()+"/credentials", object{"kind": kind, "issued_on": "2026-01-05", "expires_on": "2027-12-31"}).Want(201)
		}
	}
	return s
}

// members are those who come by themselves.
func (s *season) members() []*apptest.Client {
	return []*apptest.Client{s.luis, s.nora, s.ana, s.ben, s.omar}
}

// at lets time pass, with what is due meanwhile; by then everybody's token has run out.
func (s *season) at(now time.Time) {
	s.t.Helper()
	s.Core.Clock.Set(now)
	s.RunDue()
	for _, c := range append(s.members(), s.cora, s.dana, s.eli) {
		c.SignIn()
	}
}

// told counts the mails of an event to the member.
func (s *season) told(event models.NoticeEvent, who *apptest.Client) int {
	s.t.Helper()
	return s.Count(`select count(*) from messages where event = $1 and member_id = $2`, string(event), who.Member)
}

// entry is the last that the mails of a member have for their calendar about something with that start, read by another
// library.
func (s *season) entry(who *apptest.Client, start time.Time) *ics.VEvent {
	s.t.Helper()
	var last *ics.VEvent
	for _, m := range s.Mail.To(who.Email) {
		for _, file := range m.ICS {
			calendar, err := ics.ParseCalendar(bytes.NewReader(file.Bytes))
			if err != nil {
				s.t.Fatal(err)
			}
			for _, e := range calendar.Events() {
				if at, err := e.GetStartAt(); err == nil && at.Equal(start) {
					last = e
				}
			}
		}
	}
	if last == nil {
		s.t.Fatalf("%s has no entry for %s", who.Email, start)
	}
	return last
}

// plan makes this season's workshop from the template that was kept of the last.
func (s *season) plan() {
	venue := s.cora.Post("/v1/venues", object{"name": "Haymount Hall", "address": "418 Haymount Ave, Fayetteville", "time_zone": "America/New_York", "capacity": 40}).Want(201)
	room := s.cora.Post(venue.Header.Get("Location")+"/rooms", object{"name": "Blue Room", "capacity": 6, "accessibility": "Elevator; hearing loop"}).Want(201)
	template := s.cora.Post("/v1/workshops", object{"title": "Quiet Evenings", "summary": "Two evenings for families", "format": "hybrid", "venue_id": venue.ID(), "room_id": room.ID(),
		"join_url": "https://meet.example.org/quiet", "capacity": 4, "online_capacity": 2, "guests_per_party": 1, "min_to_run": 5, "decide_by": "2026-12-29T17:00:00Z",
		"facilitator_ids": []uuid.UUID{s.dana.Member}, "is_template": true, "is_public": true}).Want(201)
	kept := "/v1/workshops/" + template.ID().String()
	s.cora.Post(kept+"/sessions", object{"local_start": "2027-01-05T18:00", "minutes": 90, "recurrence": object{"rule": "FREQ=WEEKLY;COUNT=2"}}).Want(201)
	s.cora.Post(kept+"/publish", nil).WantCode(409, "not_ready")

	w := s.cora.Post(kept+"/clone", object{"title": "Quiet Evenings, winter", "starts_on": "2026-12-08"}).Want(201)
	s.workshop = "/v1/workshops/" + w.ID().String()
	if m := w.Map(); m["starts_at"] != "2026-12-08T23:00:00Z" || m["is_template"] != false || m["decision"].(object)["decide_by"] != "2026-12-01T17:00:00Z" {
		s.t.Errorf("%s", w.Body)
	}
	s.luis.Get(s.workshop).Want(404)
	s.cora.Post(s.workshop+"/publish", nil).Want(200)
	for _, one := range s.luis.Get(s.workshop + "/sessions").Want(200).Map()["data"].([]any) {
		s.sessions = append(s.sessions, one.(object)["id"].(string))
	}
	if len(s.sessions) != 2 {
		s.t.Fatalf("%d sessions", len(s.sessions))
	}
	if seen := s.Nobody().Get("/v1/public/workshops").Want(200); !strings.Contains(string(seen.Body), "Quiet Evenings, winter") || strings.Contains(string(seen.Body), "Dana") {
		s.t.Errorf("in the public catalog: %s", seen.Body)
	}
	beside := s.cora.Post("/v1/workshops", object{"title": "Beside it", "format": "in_person", "venue_id": venue.ID(), "room_id": room.ID(), "capacity": 4}).Want(201)
	s.cora.Post("/v1/workshops/"+beside.ID().String()+"/sessions", object{"local_start": "2026-12-08T19:00", "minutes": 60}).WantCode(409, "double_booked")
}

func (s *season) register(who *apptest.Client, attendees ...object) workshops.RegistrationView {
	s.t.Helper()
	var r workshops.RegistrationView
	who.Post(s.workshop+"/registrations", object{"attendees": attendees}).Want(201).JSON(&r)
	s.registrations[who] = r
	return r
}

func (s *season) want(who *apptest.Client, state models.RegistrationState) workshops.RegistrationView {
	s.t.Helper()
	var r workshops.RegistrationView
	who.Get("/v1/registrations/" + s.registrations[who].ID.String()).Want(200).JSON(&r)
	if r.State != state {
		s.t.Fatalf("%s is %s, want %s", who.Email, r.State, state)
	}
	s.registrations[who] = r
	return r
}

// fill: a father and his child, a friend with a guest, two online; who comes next waits, and gets the guest's seat.
func (s *season) fill() {
	here := func(who uuid.UUID) object { return object{"member_id": who, "mode": "in_person"} }
	online := func(who uuid.UUID) object { return object{"member_id": who, "mode": "online"} }
	s.register(s.luis, here(s.luis.Member), here(s.maya))
	s.register(s.nora, here(s.nora.Member), object{"guest": object{"name": "Rosa", "kind": "adult"}, "mode": "in_person"})
	s.register(s.ben, online(s.ben.Member))
	s.register(s.omar, online(s.omar.Member))
	for _, who := range []*apptest.Client{s.luis, s.nora, s.ben, s.omar} {
		s.want(who, models.RegistrationConfirmed)
	}
	if r := s.register(s.ana, here(s.ana.Member)); r.State != models.RegistrationWaitlisted || *r.WaitlistPosition != 1 {
		s.t.Fatalf("%+v", r)
	}
	if seen := s.luis.Get(s.workshop).Want(200).Map(); seen["registration"] != "full" || seen["seats"].([]any)[0].(object)["open"] != 0.0 {
		s.t.Errorf("%v", seen)
	}
	guest := s.registrations[s.nora].Attendees[1].ID
	s.nora.Delete("/v1/registrations/"+s.registrations[s.nora].ID.String()+"/attendees/"+guest.String(), s.registrations[s.nora].Version).Want(204)
	s.want(s.ana, models.RegistrationOffered)
	s.ana.Post("/v1/registrations/"+s.registrations[s.ana].ID.String()+"/accept-offer", nil).Want(200)
	s.RunDue()
	for _, who := range s.members() {
		s.want(who, models.RegistrationConfirmed)
		if s.told(models.NoticeRegistrationConfirmed, who) != 1 || s.entry(who, planned) == nil {
			s.t.Errorf("%s was not told", who.Email)
		}
	}
	for _, a := range s.registrations[s.luis].Attendees {
		s.code(s.luis, a.ID)
	}
	s.code(s.ana, s.registrations[s.ana].Attendees[0].ID)
}

// code is the check-in code of one attendee, as the phone keeps it.
func (s *season) code(who *apptest.Client, attendee uuid.UUID) {
	s.t.Helper()
	at := "/v1/registrations/" + s.registrations[who].ID.String() + "/attendees/" + attendee.String() + "/check-in-code"
	s.codes[attendee] = who.Get(at).Want(200).Map()["code"].(string)
}

// decide: on the day on which it is decided whether it runs, enough have come.
func (s *season) decide() {
	s.at(time.Date(2026, time.December, 1, 17, 0, 0, 0, time.UTC))
	d := s.cora.Get(s.workshop).Want(200).Map()["decision"].(object)
	if d["met"] != true || d["confirmed"] != 6.0 {
		s.t.Errorf("%v", d)
	}
	if n := s.Count(`select count(*) from tasks where kind = 'decide_to_run'`); n != 0 {
		s.t.Errorf("%d tasks ask about what is decided", n)
	}
}

// snow: the first evening moves by two days. Mails, calendars and reminders follow; the room and the leader are free then.
func (s *season) snow() {
	s.at(time.Date(2026, time.December, 7, 15, 0, 0, 0, time.UTC))
	before := map[*apptest.Client]*ics.VEvent{}
	for _, who := range s.members() {
		before[who] = s.entry(who, planned)
	}
	version := int(s.cora.Get("/v1/sessions/" + s.sessions[0]).Want(200).Map()["version"].(float64))
	moved := s.cora.Patch("/v1/sessions/"+s.sessions[0], version, object{"local_start": "2026-12-10T18:00"}).Want(200).Map()
	s.snowed = time.Date(2026, time.December, 10, 23, 0, 0, 0, time.UTC)
	if moved["starts_at"] != s.snowed.Format(time.RFC3339) {
		s.t.Errorf("%v", moved)
	}
	s.RunDue()
	for _, who := range s.members() {
		if n := s.told(models.NoticeWorkshopChanged, who); n != 1 {
			s.t.Errorf("%s got %d mails about the snow", who.Email, n)
		}
		if was, now := before[who], s.entry(who, s.snowed); now.Id() != was.Id() || sequence(s.t, now) <= sequence(s.t, was) {
			s.t.Errorf("%s has %s as number %d, and had %s as number %d", who.Email, now.Id(), sequence(s.t, now), was.Id(), sequence(s.t, was))
		}
	}
	s.at(time.Date(2026, time.December, 7, 23, 5, 0, 0, time.UTC)) // when the reminder of the old start was due
	s.reminded(0)
}

// sequence is the number by which calendars know the later of two entries.
func sequence(t *testing.T, e *ics.VEvent) int {
	t.Helper()
	n, err := strconv.Atoi(e.GetProperty(ics.ComponentPropertySequence).Value)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// reminded says how often everybody was reminded until now.
func (s *season) reminded(want int) {
	s.t.Helper()
	for _, who := range s.members() {
		if n := s.told(models.NoticeSessionReminder, who); n != want {
			s.t.Errorf("%s was reminded %d times, want %d", who.Email, n, want)
		}
	}
}

// illness: who led it cannot, and somebody who is free and cleared does.
func (s *season) illness() {
	s.at(time.Date(2026, time.December, 9, 14, 0, 0, 0, time.UTC))
	s.reminded(0)
	s.eli.Get("/v1/sessions/" + s.sessions[0] + "/live-count").Want(404)
	var free services.Page[workshops.FreeFacilitator]
	s.cora.Get("/v1/sessions/" + s.sessions[0] + "/free-facilitators").Want(200).JSON(&free)
	if !slices.ContainsFunc(free.Data, func(f workshops.FreeFacilitator) bool { return f.MemberID == s.eli.Member && f.Free }) {
		s.t.Fatalf("%+v", free.Data)
	}
	version := int(s.cora.Get("/v1/sessions/" + s.sessions[0]).Want(200).Map()["version"].(float64))
	s.cora.Patch("/v1/sessions/"+s.sessions[0], version, object{"facilitator_ids": []uuid.UUID{s.eli.Member}}).Want(200)
	s.at(s.snowed.Add(-24 * time.Hour))
	s.reminded(1)
}

func (s *season) scan(who *apptest.Client, attendee uuid.UUID, nonce, want string) {
	s.t.Helper()
	got := who.Post("/v1/sessions/"+s.sessions[0]+"/check-ins", object{"code": s.codes[attendee], "nonce": nonce}).Want(200).Map()
	if got["result"] != want {
		s.t.Errorf("%s is answered %v, want %s", nonce, got, want)
	}
}

// firstEvening: the codes of before the snow open the door; one joins online; somebody is entered by name.
func (s *season) firstEvening() {
	s.at(s.snowed.Add(-10 * time.Minute))
	father, child := s.registrations[s.luis].Attendees[0].ID, s.registrations[s.luis].Attendees[1].ID
	s.scan(s.eli, father, "door-0001", "ok")
	s.scan(s.eli, father, "door-0002", "already_checked_in")
	s.scan(s.eli, child, "door-0003", "ok")
	s.scan(s.eli, s.registrations[s.ana].Attendees[0].ID, "door-0004", "ok")
	by := "/v1/sessions/" + s.sessions[0] + "/attendees/" + s.registrations[s.nora].Attendees[0].ID.String() + "/check-in"
	s.eli.Post(by, object{"nonce": "door-0005"}).Want(200)
	if got := s.ben.Post("/v1/sessions/"+s.sessions[0]+"/join", object{}).Want(200).Map(); got["url"] != "https://meet.example.org/quiet" {
		s.t.Errorf("%v", got)
	}
	if got := s.eli.Get("/v1/sessions/" + s.sessions[0] + "/live-count").Want(200).Map(); got["checked_in"] != 4.0 || got["expected"] != 6.0 {
		s.t.Errorf("%v", got)
	}
	s.at(s.snowed.Add(2 * time.Hour))
	s.attended(s.eli, s.sessions[0], s.ben)
	s.eli.Post("/v1/sessions/"+s.sessions[0]+"/complete", nil).Want(200) // Omar did not come
}

// attended enters that people were there.
func (s *season) attended(by *apptest.Client, session string, who ...*apptest.Client) {
	s.t.Helper()
	var entries []object
	for _, c := range who {
		for _, a := range s.registrations[c].Attendees {
			if a.State == models.AttendeeAttending {
				entries = append(entries, object{"attendee_id": a.ID, "status": "present"})
			}
		}
	}
	by.Put("/v1/sessions/"+session+"/attendance", 0, object{"entries": entries}).Want(200)
}

// secondEvening is led by who planned to, and everybody comes.
func (s *season) secondEvening() {
	s.at(time.Date(2026, time.December, 14, 23, 0, 0, 0, time.UTC))
	s.reminded(2)
	s.at(time.Date(2026, time.December, 16, 1, 0, 0, 0, time.UTC))
	s.attended(s.dana, s.sessions[1], s.members()...)
	s.dana.Post("/v1/sessions/"+s.sessions[1]+"/complete", nil).Want(200)
}

// feedback is asked of adults, shown only when five have answered, and thanks go past it to who led.
func (s *season) feedback() {
	s.at(time.Date(2026, time.December, 16, 15, 0, 0, 0, time.UTC))
	results := func() (numbers any) { return s.cora.Get(s.workshop + "/feedback").Want(200).Map()["feedback"] }
	for i, who := range s.members() {
		if s.told(models.NoticeFeedbackAsked, who) == 0 {
			s.t.Errorf("%s was not asked", who.Email)
		}
		if numbers := results(); numbers != nil {
			s.t.Errorf("after %d answers: %v", i, numbers)
		}
		answer := object{"score": 6 + i, "word": "The quiet helped"}
		if who == s.luis {
			answer["thanks"] = object{"words": "Thank you for your patience with Maya"}
		}
		who.Do("PUT", "/v1/sessions/"+s.sessions[1]+"/feedback", answer).Want(200)
		s.RunDue()
	}
	if numbers, ok := results().(object); !ok || numbers["n"] != 5.0 || numbers["mean"] != 8.0 {
		s.t.Errorf("after five answers: %v", numbers)
	}
	s.dana.Get("/v1/sessions/" + s.sessions[1] + "/feedback/mine").Want(404)
	s.at(time.Date(2026, time.December, 16, 16, 0, 0, 0, time.UTC))
	if got := s.dana.Get("/v1/me/thanks").Want(200); !strings.Contains(string(got.Body), "patience with Maya") {
		s.t.Errorf("%s", got.Body)
	}
	if got := s.eli.Get("/v1/me/thanks").Want(200).Map(); len(got["data"].([]any)) != 0 {
		s.t.Errorf("%v", got)
	}
}

// certify: everybody who was there gets a certificate that strangers can check.
func (s *season) certify() {
	var made workshops.IssuedCertificates
	s.cora.Post(s.workshop+"/certificates", object{"all": true}).Want(200).JSON(&made)
	if len(made.Data) != 6 || made.More {
		s.t.Fatalf("%d certificates, left out %+v", len(made.Data), made.LeftOut)
	}
	hours := map[string]float64{}
	for _, c := range made.Data {
		checked := s.Nobody().Get("/v1/certificates/verify/" + c.Code).Want(200).Map()
		if checked["status"] != "valid" {
			s.t.Errorf("%v", checked)
			continue
		}
		statement := checked["statement"].(object)
		hours[statement["name"].(string)] = statement["hours"].(float64)
	}
	if hours["Luis O."] != 3 || hours["Maya O."] != 3 || hours["Omar H."] != 1.5 {
		s.t.Errorf("%v", hours)
	}
	own := s.registrations[s.luis]
	for _, a := range own.Attendees {
		got := s.luis.Get("/v1/registrations/" + own.ID.String() + "/attendees/" + a.ID.String() + "/certificate").Want(200)
		if !strings.HasPrefix(string(got.Body), "%PDF-") {
			s.t.Errorf("%.20q", got.Body)
		}
	}
}

// report is what the funder is told.
func (s *season) report() {
	s.cora.Post(s.workshop+"/complete", nil).Want(200)
	var r workshops.WorkshopReport
	s.cora.Get(s.workshop + "/report").Want(200).JSON(&r)
	if r.Held != 2 || r.People.Attended != 6 || r.Attendance.Attendances != 11 || r.Attendance.NoShows != 1 || r.Attendance.Hours != 16.5 ||
		r.Registrations.WaitlistPeople != 1 || r.Registrations.WaitlistSeated != 1 {
		s.t.Errorf("%+v", r)
	}
	if csv := s.cora.Get(s.workshop + "/report.csv").Want(200); !strings.Contains(string(csv.Body), "Quiet Evenings, winter") || strings.Contains(string(csv.Body), "Luis") {
		s.t.Errorf("%s", csv.Body)
	}
}
