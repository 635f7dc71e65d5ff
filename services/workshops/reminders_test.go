package workshops_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// reminders are the sessions' reminders that went out to a member, by when their message was made.
func (p *post) reminders(member uuid.UUID) int { return p.mailsTo(member, "Reminder") }

// hoursOf gives somebody quiet hours on the clock of New York.
func (h *hall) hoursOf(member uuid.UUID, from, until string) {
	h.t.Helper()
	h.exec(`update members set time_zone = 'America/New_York', quiet_from = $2, quiet_until = $3 where id = $1`, member, from, until)
}

func newYork(t *testing.T, wall string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", wall, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestRemindersKeepOutOfQuietHours(t *testing.T) {
	h := openHall(t)
	p := h.post()
	// At half past seven in the morning, reminded two hours before.
	w := h.open(workshops.NewWorkshop{ReminderHours: []int{2}}, "2026-10-27T07:30").ID
	awake, early, night := h.reader("Ada", true), h.reader("Eve", true), h.reader("Nat", true)
	h.exec(`update members set quiet_from = null, quiet_until = null where id = $1`, awake)
	h.hoursOf(early, "22:00", "06:30") // over, in time
	h.hoursOf(night, "21:00", "08:00") // over only after the start
	for _, id := range []uuid.UUID{awake, early, night} {
		h.register(h.me(id), w, workshops.Register{})
	}
	for _, c := range []struct {
		at                 string
		awake, early, late int
	}{
		{"2026-10-26T07:29", 0, 0, 0},
		{"2026-10-26T20:29", 0, 0, 0},
		{"2026-10-26T20:35", 0, 0, 1}, // the evening before
		{"2026-10-27T05:29", 0, 0, 1},
		{"2026-10-27T05:31", 1, 0, 1},
		{"2026-10-27T06:29", 1, 0, 1},
		{"2026-10-27T06:31", 1, 1, 1},
		{"2026-10-27T08:01", 1, 1, 1},
		{"2026-10-28T08:01", 1, 1, 1},
	} {
		p.at(newYork(t, c.at))
		if a, b, n := p.reminders(awake), p.reminders(early), p.reminders(night); a != c.awake || b != c.early || n != c.late {
			t.Errorf("%s: %d, %d and %d reminders", c.at, a, b, n)
		}
	}
}

// Who calls off between the hour of the reminder and the end of their quiet hours is not reminded of it.
func TestNobodyIsRemindedOfWhatTheyGaveUpMeanwhile(t *testing.T) {
	e := openHall(t).evenings("1")
	p := e.post()
	leaves, excused, comes := e.reader("Lea", true), e.reader("Exa", true), e.reader("Cam", true)
	var places []*workshops.RegistrationView
	for _, id := range []uuid.UUID{leaves, excused, comes} {
		e.hoursOf(id, "17:00", "22:00")
		places = append(places, e.register(e.me(id), e.workshop, workshops.Register{}))
	}
	p.at(e.sessions[0].StartsAt.Add(-24 * time.Hour)) // at 18:00 there
	if _, err := e.Cancel(e.me(leaves), places[0].ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.NotThisTime(e.me(excused), places[1].ID, places[1].Attendees[0].ID, workshops.Excuse{SessionID: e.sessions[0].ID}); err != nil {
		t.Fatal(err)
	}
	p.at(e.sessions[0].StartsAt.Add(-20*time.Hour + time.Minute))
	if a, b, c := p.reminders(leaves), p.reminders(excused), p.reminders(comes); a != 0 || b != 0 || c != 1 {
		t.Errorf("%d, %d and %d reminders", a, b, c)
	}
}

func TestRemindersAtSeveralDistances(t *testing.T) {
	h := openHall(t)
	p := h.post()
	d := h.open(workshops.NewWorkshop{ReminderHours: []int{2, 48, 48}}, "2026-11-01T18:00") // the clock goes back that night
	if !slices.Equal(d.ReminderHours, models.Hours{48, 2}) {
		t.Errorf("%v", d.ReminderHours)
	}
	first, late, last := h.reader("Fay", true), h.reader("Lee", true), h.reader("Lou", true)
	start := newYork(t, "2026-11-01T18:00")
	h.register(h.me(first), d.ID, workshops.Register{})
	p.at(start.Add(-48 * time.Hour))
	if n := p.reminders(first); n != 1 || start.Add(-48*time.Hour).Equal(newYork(t, "2026-10-30T18:00")) {
		t.Errorf("%d reminders of two days before", n)
	}
	h.register(h.me(late), d.ID, workshops.Register{})
	p.at(start.Add(-2*time.Hour - time.Second))
	if a, b := p.reminders(first), p.reminders(late); a != 1 || b != 0 {
		t.Errorf("%d and %d reminders", a, b)
	}
	p.at(start.Add(-2 * time.Hour))
	h.register(h.me(last), d.ID, workshops.Register{})
	p.at(start.Add(-time.Hour))
	if a, b, c := p.reminders(first), p.reminders(late), p.reminders(last); a != 2 || b != 1 || c != 0 {
		t.Errorf("%d, %d and %d reminders: who just registered was told so", a, b, c)
	}
}

func TestReminderHoursAreThePlannersToChange(t *testing.T) {
	h := openHall(t)
	p := h.post()
	d := h.open(workshops.NewWorkshop{}, startsOn)
	if !slices.Equal(d.ReminderHours, models.Hours{24}) {
		t.Errorf("%v", d.ReminderHours)
	}
	luis := h.reader("Luis", true)
	h.register(h.me(luis), d.ID, workshops.Register{})
	start := newYork(t, startsOn)
	changed, err := h.Update(h.staff(), d.ID, workshops.WorkshopPatch{ReminderHours: services.Some([]int{3, 72})})
	if err != nil || !slices.Equal(changed.ReminderHours, models.Hours{72, 3}) {
		t.Fatalf("%v %+v", err, changed)
	}
	copied, err := h.Clone(h.staff(), d.ID, workshops.CloneWorkshop{})
	if err != nil || !slices.Equal(copied.ReminderHours, models.Hours{72, 3}) {
		t.Fatalf("%v %+v", err, copied)
	}
	for _, c := range []struct {
		before time.Duration
		want   int
	}{{73, 0}, {72, 1}, {24, 1}, {3, 2}, {0, 2}} {
		p.at(start.Add(-c.before * time.Hour))
		if n := p.reminders(luis); n != c.want {
			t.Errorf("%d hours before: %d reminders", c.before, n)
		}
	}
	for _, wrong := range [][]int{{0}, {169}, {1, 2, 3, 4}} {
		if _, err := h.Create(h.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatOnline, ReminderHours: wrong}); !slices.Contains(fieldsOf(err), "/reminder_hours out_of_range") {
			t.Errorf("%v: %v", wrong, fieldsOf(err))
		}
	}
}

// A reminder dies with its session, and lives again with it: one that never went out may go out after all.
func TestRemindersOfASessionThatIsRestored(t *testing.T) {
	e := openHall(t).evenings("2")
	p := e.post()
	luis := e.reader("Luis", true)
	e.register(e.me(luis), e.workshop, workshops.Register{})
	first, second := e.sessions[0], e.sessions[1]
	callOff := func(id uuid.UUID) {
		t.Helper()
		if _, err := e.CancelSession(e.staff(), id, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
			t.Fatal(err)
		}
	}
	callOff(first.ID)
	p.at(first.StartsAt.Add(-24 * time.Hour))
	if n := p.reminders(luis); n != 0 {
		t.Errorf("%d reminders of what is called off", n)
	}
	if _, err := e.RestoreSession(e.staff(), first.ID, workshops.SessionRestoration{}); err != nil {
		t.Fatal(err)
	}
	callOff(second.ID)
	if _, err := e.RestoreSession(e.staff(), second.ID, workshops.SessionRestoration{}); codeOf(err) == workshops.CodeWrongState {
		t.Fatal(err)
	}
	p.at(second.StartsAt.Add(-24 * time.Hour))
	if n := p.reminders(luis); n != 1 {
		t.Errorf("%d reminders of what takes place after all", n)
	}
	// One that waits for a mail server, and is called off meanwhile.
	third := openHall(t).evenings("2")
	q := third.post()
	ana := third.reader("Ana", true)
	third.register(third.me(ana), third.workshop, workshops.Register{})
	q.hall.core.Clock.Set(third.sessions[0].StartsAt.Add(-24 * time.Hour))
	third.later(third.sessions[0].StartsAt.Add(-24 * time.Hour)) // its mails are not sent
	third.exec(`delete from river_job where kind = 'message.send'`)
	if _, err := third.CancelSession(third.staff(), third.sessions[0].ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	if n := third.count(`select count(*) from messages where event = 'session.reminder' and state = 'recalled' and key is null`); n != 1 {
		t.Errorf("%d withdrawn", n)
	}
}
