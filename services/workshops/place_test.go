package workshops_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

func (p *planner) room(venue uuid.UUID, name string, seats ...int) uuid.UUID {
	p.t.Helper()
	in := calendar.NewRoom{Name: name, Accessibility: name + " by elevator"}
	if len(seats) > 0 {
		in.Capacity = &seats[0]
	}
	r, err := p.calendar.CreateRoom(p.staff(), venue, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.ID
}

var oneEvening = workshops.NewSessions{LocalStart: startsOn, Minutes: 90}

func TestRoomsOfOneVenueDoNotCollideAndTheWholeDoes(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	blue, red := p.room(hall, "Blue"), p.room(hall, "Red")
	first := p.draft(workshops.NewWorkshop{Title: "Sleep", RoomID: &blue})
	if first.VenueID == nil || *first.VenueID != hall || first.Place == nil || first.Place.Room == nil || first.Place.Room.Name != "Blue" || first.Place.Room.Accessibility != "Blue by elevator" || first.TimeZone != "America/New_York" {
		t.Fatalf("a room brings its venue: %+v", first)
	}
	p.sessions(first.ID, oneEvening)
	p.sessions(p.draft(workshops.NewWorkshop{VenueID: &hall, RoomID: &red}).ID, oneEvening)
	whole := p.draft(workshops.NewWorkshop{VenueID: &hall})
	_, err := p.AddSessions(p.staff(), whole.ID, oneEvening)
	if codeOf(err) != calendar.CodeDoubleBooked || !strings.Contains(err.Error(), "Hall (Blue) is booked for \"Sleep\"") || !strings.Contains(err.Error(), "Hall (Red)") {
		t.Errorf("the whole venue: %v", err)
	}
	if seen, err := p.Preview(p.staff(), whole.ID, oneEvening); err != nil || !seen.Data[0].Busy {
		t.Errorf("%+v %v", seen, err)
	}
	inRed := oneEvening
	inRed.RoomID = &red
	if seen, err := p.Preview(p.staff(), first.ID, inRed); err != nil || !seen.Data[0].Busy {
		t.Errorf("the room that is taken: %+v %v", seen, err)
	}
	green := p.room(hall, "Green")
	inGreen := oneEvening
	inGreen.RoomID = &green
	made := p.sessions(whole.ID, inGreen)
	if *made[0].VenueID != hall || made[0].Place.Room.Name != "Green" {
		t.Errorf("a session in a room of its own: %+v", made[0])
	}
	if _, err := p.Update(p.staff(), first.ID, workshops.WorkshopPatch{RoomID: services.Some(green)}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Errorf("into the room of another: %v", err)
	}
	if _, err := p.Update(p.staff(), first.ID, workshops.WorkshopPatch{RoomID: services.Null[uuid.UUID]()}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Errorf("into the whole: %v", err)
	}
}

func TestARoomIsOfItsVenue(t *testing.T) {
	p := plan(t)
	hall, barn := p.venue("Hall"), p.venue("Barn")
	blue, loft := p.room(hall, "Blue"), p.room(barn, "Loft")
	_, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatInPerson, VenueID: &hall, RoomID: &loft})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/room_id not_of_venue"}) {
		t.Errorf("%v", got)
	}
	w := p.draft(workshops.NewWorkshop{VenueID: &hall, RoomID: &blue})
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{RoomID: services.Some(loft)}); !slices.Equal(fieldsOf(err), []string{"/room_id not_of_venue"}) {
		t.Error(err)
	}
	nowhere := services.NewID()
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{RoomID: services.Some(nowhere)}); !slices.Equal(fieldsOf(err), []string{"/room_id unknown"}) {
		t.Error(err)
	}
	s := p.sessions(w.ID, oneEvening)[0]
	if s.RoomID != nil || s.Place.Room == nil || s.Place.Room.Name != "Blue" {
		t.Errorf("where the workshop is, room and all: %+v", s)
	}
	moved, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{VenueID: services.Some(barn)})
	if err != nil || moved.RoomID != nil || moved.Place.Room != nil || moved.Place.Name != "Barn" {
		t.Errorf("the room is left behind: %+v %v", moved, err)
	}
	own, err := p.UpdateSession(p.staff(), s.ID, workshops.SessionPatch{RoomID: services.Some(blue)})
	if err != nil || *own.VenueID != hall || own.Place.Room.Name != "Blue" || own.Sequence != 1 {
		t.Errorf("a room brings its venue: %+v %v", own, err)
	}
	back, err := p.UpdateSession(p.staff(), s.ID, workshops.SessionPatch{VenueID: services.Null[uuid.UUID]()})
	if err != nil || back.RoomID != nil || back.Place.Name != "Barn" || back.Place.Room != nil {
		t.Errorf("back to the workshop's place: %+v %v", back, err)
	}
	if _, err := p.calendar.ArchiveRoom(p.staff(), blue); err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpdateSession(p.staff(), s.ID, workshops.SessionPatch{RoomID: services.Some(blue)}); !slices.Equal(fieldsOf(err), []string{"/room_id archived"}) {
		t.Error(err)
	}
}

func TestMoreSeatsThanThePlaceHolds(t *testing.T) {
	p := plan(t)
	seats := 20
	v, err := p.calendar.CreateVenue(p.staff(), calendar.NewVenue{Name: "Hall", TimeZone: "America/New_York", Capacity: &seats})
	if err != nil {
		t.Fatal(err)
	}
	small := p.room(v.ID, "Blue", 8)
	_, err = p.Create(p.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatInPerson, VenueID: &v.ID, Capacity: number(15), ChildCapacity: number(6)})
	if !slices.Equal(fieldsOf(err), []string{"/capacity above_venue"}) || !strings.Contains(messagesOf(err), "Hall holds 20 people, fewer than the 21 seats.") {
		t.Errorf("%v %s", err, messagesOf(err))
	}
	w := p.draft(workshops.NewWorkshop{VenueID: &v.ID, Capacity: number(15), ChildCapacity: number(5)})
	_, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{RoomID: services.Some(small)})
	if !strings.Contains(messagesOf(err), "Hall (Blue) holds 8 people, fewer than the 20 seats.") {
		t.Errorf("%v %s", err, messagesOf(err))
	}
	in := oneEvening
	in.RoomID = &small
	if _, err := p.AddSessions(p.staff(), w.ID, in); !slices.Equal(fieldsOf(err), []string{"/room_id above_venue"}) {
		t.Errorf("%v", err)
	}
	s := p.sessions(w.ID, oneEvening)[0]
	if _, err := p.UpdateSession(p.staff(), s.ID, workshops.SessionPatch{RoomID: services.Some(small)}); !slices.Equal(fieldsOf(err), []string{"/room_id above_venue"}) {
		t.Errorf("%v", err)
	}
	visits := p.draft(workshops.NewWorkshop{RoomID: &small, Capacity: number(8), AttendanceMode: models.AttendDropIn})
	wide := workshops.NewSessions{LocalStart: "2026-10-28T18:00", Minutes: 60, Capacity: number(9)}
	if _, err := p.AddSessions(p.staff(), visits.ID, wide); !slices.Equal(fieldsOf(err), []string{"/capacity above_venue"}) {
		t.Errorf("a session with more seats of its own: %v", err)
	}
	hybrid := p.draft(workshops.NewWorkshop{Format: models.FormatHybrid, RoomID: &small, Capacity: number(8), OnlineCapacity: number(50)})
	if _, err := p.Update(p.staff(), hybrid.ID, workshops.WorkshopPatch{OnlineCapacity: services.Some(60)}); err != nil {
		t.Errorf("places online need no room: %v", err)
	}
	fewer := 5
	if _, err := p.calendar.UpdateRoom(p.staff(), small, calendar.RoomPatch{Capacity: services.Some(fewer)}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Update(p.staff(), hybrid.ID, workshops.WorkshopPatch{Title: services.Some("Another")}); err != nil {
		t.Errorf("what was there already is not asked for again: %v", err)
	}
	p.sessions(hybrid.ID, workshops.NewSessions{LocalStart: "2026-10-29T18:00", Minutes: 60, JoinURL: "https://meet.example.org/x", FacilitatorIDs: &[]uuid.UUID{p.ann}})
	if _, err := p.Publish(p.staff(), hybrid.ID); !slices.Contains(fieldsOf(err), "/capacity above_venue") {
		t.Errorf("published with more seats than the room holds: %v %v", err, fieldsOf(err))
	}
}

func TestARoomForAllOfASeries(t *testing.T) {
	p := plan(t)
	hall, barn := p.venue("Hall"), p.venue("Barn")
	blue := p.room(hall, "Blue", 8)
	w := p.draft(workshops.NewWorkshop{VenueID: &hall, AttendanceMode: models.AttendDropIn, Capacity: number(6)})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60, Recurrence: &workshops.SessionRule{Rule: "FREQ=WEEKLY;COUNT=3"}})
	change := func(i int, in workshops.SessionPatch) (*workshops.SessionChange, error) {
		return p.UpdateSession(p.staff(), made[i].ID, in)
	}
	if _, err := change(1, workshops.SessionPatch{VenueID: services.Some(barn)}); err != nil {
		t.Fatal(err)
	}
	if _, err := change(2, workshops.SessionPatch{Capacity: services.Some(30)}); err != nil {
		t.Fatal(err)
	}
	into := workshops.SessionPatch{Scope: workshops.ScopeAll, RoomID: services.Some(blue)}
	if _, err := change(0, into); !slices.Equal(fieldsOf(err), []string{"/room_id above_venue"}) || !strings.Contains(messagesOf(err), "Hall (Blue) holds 8 people, fewer than the 30 seats.") {
		t.Errorf("one of them has more seats than the room: %v %v", err, messagesOf(err))
	}
	if _, err := change(2, workshops.SessionPatch{Capacity: services.Null[int]()}); err != nil {
		t.Fatal(err)
	}
	all, err := change(0, into)
	if err != nil || len(all.Following) != 2 {
		t.Fatalf("%+v %v", all, err)
	}
	for _, s := range append(all.Following, all.WorkshopSessionDetail) {
		if *s.VenueID != hall || s.Place.Room == nil || s.Place.Room.Name != "Blue" {
			t.Errorf("%s is at %+v", s.LocalStart, s.Place)
		}
	}
	if _, err := change(0, workshops.SessionPatch{VenueID: services.Null[uuid.UUID]()}); err != nil {
		t.Fatal(err)
	}
	if _, err := change(0, workshops.SessionPatch{Scope: workshops.ScopeAll, Capacity: services.Some(30)}); !slices.Equal(fieldsOf(err), []string{"/capacity above_venue"}) {
		t.Errorf("more seats for all, of which two are in the room: %v", err)
	}
}

func TestNothingNewIsPlannedInAPlaceOutOfUse(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	blue := p.room(hall, "Blue")
	w := p.draft(workshops.NewWorkshop{RoomID: &blue})
	archived := func() {
		t.Helper()
		if _, err := p.calendar.ArchiveRoom(p.staff(), blue); err != nil {
			t.Fatal(err)
		}
	}
	restored := func() {
		t.Helper()
		if _, err := p.calendar.RestoreRoom(p.staff(), blue); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what string, want services.Code, err error) {
		t.Helper()
		if codeOf(err) != want || !strings.Contains(err.Error(), "is out of use") {
			t.Errorf("%s: %v", what, err)
		}
	}
	archived()
	_, err := p.AddSessions(p.staff(), w.ID, oneEvening)
	refused("where the workshop is", calendar.CodeRoomArchived, err)
	restored()
	s := p.sessions(w.ID, oneEvening)[0]
	if _, err := p.CancelSession(p.staff(), s.ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	archived()
	_, err = p.RestoreSession(p.staff(), s.ID, workshops.SessionRestoration{})
	refused("a session that takes place after all", calendar.CodeRoomArchived, err)
	restored()
	open := p.open(workshops.NewWorkshop{RoomID: &blue}, startsOn)
	if _, err := p.CancelWorkshop(p.staff(), open.ID, workshops.CancelReason{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.calendar.ArchiveVenue(p.staff(), hall); err != nil {
		t.Fatal(err)
	}
	_, err = p.RestoreWorkshop(p.staff(), open.ID)
	refused("a workshop that takes place after all", calendar.CodeVenueArchived, err)
	if _, err := p.calendar.RestoreVenue(p.staff(), hall); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RestoreWorkshop(p.staff(), open.ID); err != nil {
		t.Error(err)
	}
}

func messagesOf(err error) string {
	e, ok := err.(*services.Error)
	if !ok {
		return ""
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Message)
	}
	return strings.Join(out, " ")
}

func TestThoseWhoComeAreToldOfTheRoom(t *testing.T) {
	h := openHall(t)
	hall := h.venue("Hall")
	blue, red := h.room(hall, "Blue"), h.room(hall, "Red")
	w := h.workshop(workshops.NewWorkshop{RoomID: &blue})
	r := h.register(h.me(h.member), w, workshops.Register{})
	if r.Workshop.Place != "Hall (Blue), Room 2" || h.lastLetter(r.ID, h.member).Data.Place != r.Workshop.Place {
		t.Errorf("%q %q", r.Workshop.Place, h.lastLetter(r.ID, h.member).Data.Place)
	}
	if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{RoomID: services.Some(red)}); err != nil {
		t.Fatal(err)
	}
	if l := h.lastLetter(r.ID, h.member); l.Event != "workshop.changed" || l.Data.Place != "Hall (Red), Room 2" || l.Calendar.Method != "REQUEST" {
		t.Errorf("another room: %+v", l)
	}
	if got, err := h.Registration(h.me(h.member), r.ID); err != nil || got.Workshop.Place != "Hall (Red), Room 2" {
		t.Errorf("%+v %v", got, err)
	}
	s := h.session(w)
	if _, err := h.UpdateSession(h.staff(), s, workshops.SessionPatch{RoomID: services.Some(blue)}); err != nil {
		t.Fatal(err)
	}
	if l := h.lastLetter(r.ID, h.member); l.Event != "workshop.changed" || l.Data.Place != "Hall (Blue), Room 2" {
		t.Errorf("one session in another room: %+v", l)
	}
	if got, err := h.Session(h.me(h.member), s); err != nil || got.Place.Room == nil || got.Place.Room.Name != "Blue" {
		t.Errorf("%+v %v", got, err)
	}
}

func TestACloneHasAllThatIsNew(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	blue, red := p.room(hall, "Blue"), p.room(hall, "Red")
	by := planningDay.AddDate(0, 1, 0)
	tmpl := p.draft(workshops.NewWorkshop{RoomID: &blue, MinToRun: number(6), DecideBy: &by, IsPublic: true, IsTemplate: true})
	p.sessions(tmpl.ID, oneEvening)
	p.sessions(tmpl.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90, RoomID: &red})
	if page, err := p.List(p.staff(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}, Templates: true}); err != nil || len(page.Data) != 1 || page.Data[0].ID != tmpl.ID {
		t.Errorf("%+v %v", page, err)
	}
	on := models.NewDate(2026, 11, 10)
	made, err := p.Clone(p.staff(), tmpl.ID, workshops.CloneWorkshop{StartsOn: &on})
	if err != nil || made.IsTemplate || !made.IsPublic || *made.RoomID != blue || *made.MinToRun != 6 || made.Decision == nil || made.Decision.Minimum != 6 {
		t.Fatalf("%+v %v", made, err)
	}
	if want := by.AddDate(0, 0, 14); !made.DecideBy.Equal(want) {
		t.Errorf("decided by %s, want %s: as many days later, at the same time on the wall", made.DecideBy, want)
	}
	page, err := p.Sessions(p.staff(), made.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 2 || page.Data[0].Place.Room.Name != "Blue" || page.Data[1].Place.Room.Name != "Red" {
		t.Errorf("%+v %v", page, err)
	}
}
