package workshops_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// account gives a member a login with a confirmed address.
func (h *hall) account(member uuid.UUID, email string) {
	h.t.Helper()
	h.exec(`insert into accounts (id, member_id, email, email_verified_at, auth_changed_at, status, roles, version, created_at, updated_at) values ($1, $1, $2, $3, $3, 'active', '{member}', 1, $3, $3)`, member, email, planningDay)
}

// Somebody who is asked along sees to what, when and where, and what they need to answer in the app.
func TestAnInvitationSaysToWhat(t *testing.T) {
	h := openHall(t)
	venue := h.venue("Haymount Hall")
	w := h.workshop(workshops.NewWorkshop{Format: models.FormatHybrid, VenueID: &venue, Capacity: number(4), OnlineCapacity: number(4), JoinURL: "https://meet.example.org/x"})
	h.account(h.ann, "ann@example.org")
	room := models.ModeInPerson
	in := invite(h.member, "ann@example.org")
	in.Attendees[0].Mode, in.Attendees[1].Mode = &room, &room
	r := h.register(h.me(h.member), w, in)
	shown, err := h.ShowInvitation(services.AsAnonymous(t.Context()), h.token(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := h.MyInvitations(h.me(h.ann))
	if err != nil || len(mine.Data) != 1 {
		t.Fatalf("%v %+v", err, mine)
	}
	for _, i := range []workshops.Invitation{*shown, mine.Data[0]} {
		b := i.Workshop
		if i.RegistrationID != r.ID || i.AttendeeID != r.Attendees[1].ID || b.ID != w || b.Title == "" || b.Format != models.FormatHybrid || b.StartsAt == nil || b.EndsAt == nil ||
			b.TimeZone != "America/New_York" || !strings.HasPrefix(b.Place, "Haymount Hall") || b.JoinURL != nil {
			t.Errorf("%+v", i)
		}
	}
	if got, err := h.AcceptInvitation(h.me(h.ann), mine.Data[0].RegistrationID, mine.Data[0].AttendeeID, workshops.Acceptance{}); err != nil || got.State != "attending" {
		t.Errorf("%v %+v", err, got)
	}
}

func TestAnInvitationToAPartyThatEndedIsOver(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	r := h.register(h.me(h.member), w, invite(h.member, "ana@example.org"))
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	nobody := services.AsAnonymous(t.Context())
	if shown, err := h.ShowInvitation(nobody, h.token(r.ID)); err != nil || shown.State != "over" {
		t.Errorf("%v %+v", err, shown)
	}
	if _, err := h.AcceptByLink(nobody, h.token(r.ID)); codeOf(err) != workshops.CodeInvitationOver {
		t.Errorf("accepts: %v", err)
	}
	if _, err := h.RefuseByLink(nobody, h.token(r.ID)); codeOf(err) != workshops.CodeInvitationOver {
		t.Errorf("refuses: %v", err)
	}
}

func TestStaffCallWhoHasNoMail(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{MaxParty: number(4)})
	by := func(name string) workshops.AttendeeInput {
		return workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: name, Phone: "+1 910 555 0142"}}
	}
	in := members(h.member)
	in.Attendees = append(in.Attendees, by("Ana Ortega"))
	r := h.register(h.me(h.member), w, in)
	calls := func() int {
		return h.count(`select count(*) from tasks where kind = 'call' and status = 'open' and record = 'attendee' and record_id in (select id from attendees where registration_id = $1)`, r.ID)
	}
	if n := calls(); n != 1 {
		t.Errorf("%d calls", n)
	}
	if _, err := h.AddAttendee(h.as(h.member, "*", models.RoleMember), r.ID, by("Eva Ortega")); err != nil || calls() != 2 {
		t.Errorf("%v, %d calls", err, calls())
	}
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil || calls() != 0 {
		t.Errorf("%v, %d calls are left", err, calls())
	}
}

// A name goes into mail that strangers get, in our name: it is a name and nothing else.
func TestNamesThatAreNone(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{GuestsPerParty: 1})
	bad := "Win at https://evil.example"
	in := members(h.member)
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: bad, Email: "ana@example.org"}},
		workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: bad, Kind: models.SeatAdult}})
	if _, err := h.Register(h.me(h.member), w, in); !slices.Equal(fieldsOf(err), []string{"/attendees/1/invite/name not_a_name", "/attendees/2/guest/name not_a_name"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}

func TestAMemberSendsAFewInvitations(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	r := h.register(h.me(h.member), w, workshops.Register{})
	ask := func() error {
		got, err := h.AddAttendee(h.as(h.member, "*", models.RoleMember), r.ID, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana Ortega", Email: "ana@example.org"}})
		if err == nil {
			err = h.RemoveAttendee(h.as(h.member, "*", models.RoleMember), r.ID, got.Attendees[len(got.Attendees)-1].ID)
		}
		return err
	}
	for range 20 {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
	}
	var e *services.Error
	if err := ask(); !errors.As(err, &e) || e.Kind != services.KindTooMany {
		t.Errorf("the 21st: %v", err)
	}
	h.core.Clock.Set(planningDay.Add(30 * time.Minute))
	if err := ask(); err != nil {
		t.Errorf("half an hour later: %v", err)
	}
}

func TestAPartyThatNeverFitsIsToldSo(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(2), GuestsPerParty: 4})
	_, err := h.Register(h.me(h.member), w, guests(h.member, 2))
	var e *services.Error
	if !slices.Equal(fieldsOf(err), []string{"/attendees party_too_large"}) || !errors.As(err, &e) || !strings.Contains(e.Fields[0].Message, "2") {
		t.Fatalf("%v %v", err, fieldsOf(err))
	}
	h.register(h.me(h.ann), w, guests(h.ann, 1))
	waits := h.want(h.register(h.me(h.member), w, guests(h.member, 1)), models.RegistrationWaitlisted)
	_, err = h.AddAttendee(h.as(h.member, "*", models.RoleMember), waits.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}})
	if !slices.Equal(fieldsOf(err), []string{"/attendees party_too_large"}) {
		t.Errorf("grows in line: %v %v", err, fieldsOf(err))
	}
}

func TestWhoBookedIsLedToTheSessionThatComesNext(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{Format: models.FormatOnline, JoinURL: "https://meet.example.org/all", FacilitatorIDs: []uuid.UUID{h.ann}})
	first := h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90, JoinURL: "https://meet.example.org/first"})[0]
	second := h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90})[0]
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	links := func(who uuid.UUID) (out []string) {
		t.Helper()
		all, err := h.Sessions(h.me(who), d.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 10}})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range []workshops.WorkshopSessionDetail{first, second} {
			one, err := h.Session(h.me(who), s.ID)
			if err != nil || one.JoinURL != all.Data[i].JoinURL {
				t.Errorf("%v, %q and %q", err, one.JoinURL, all.Data[i].JoinURL)
			}
			out = append(out, one.JoinURL)
		}
		return out
	}
	none, want := []string{"", ""}, []string{"/join/" + first.ID.String(), "/join/" + second.ID.String()}
	r := h.want(h.register(h.me(h.member), d.ID, workshops.Register{}), models.RegistrationConfirmed)
	if got := links(h.member); !slices.Equal(got, none) {
		t.Errorf("who booked: %q", got)
	}
	if got := links(h.bob); !slices.Equal(got, none) {
		t.Errorf("who did not: %q", got)
	}
	points := func(to string) {
		t.Helper()
		mine, err := h.Registration(h.me(h.member), r.ID)
		if err != nil || mine.Workshop.JoinURL == nil || *mine.Workshop.JoinURL != to {
			t.Errorf("%v %+v, want %s", err, mine.Workshop, to)
		}
	}
	points(want[0])
	h.core.Clock.Set(first.EndsAt.Add(time.Minute))
	points(want[1])
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if mine, err := h.Registration(h.me(h.member), r.ID); err != nil || mine.Workshop.JoinURL != nil {
		t.Errorf("who cancelled: %v %+v", err, mine.Workshop)
	}
}

func TestNothingIsPlannedInThePast(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{})
	_, err := h.AddSessions(h.staff(), d.ID, workshops.NewSessions{LocalStart: "2026-01-05T18:00", Minutes: 60})
	if !slices.Equal(fieldsOf(err), []string{"/local_start in_the_past"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}

// A nonce is of one code: what was answered to another is no answer to this one.
func TestANonceIsOfOneCode(t *testing.T) {
	e := openHall(t).evenings("1")
	first, second := e.register(e.me(e.member), e.workshop, workshops.Register{}), e.register(e.me(e.bob), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].StartsAt)
	session := e.sessions[0].ID
	if a := e.scan(session, e.code(first, 0), "same-nonce"); a.Result != models.ScanOK {
		t.Fatalf("%+v", a)
	}
	_, err := e.CheckIn(e.as(e.leader, "", models.RoleFacilitator), session, workshops.Scan{Code: e.code(second, 0), Nonce: "same-nonce"})
	if !slices.Equal(fieldsOf(err), []string{"/nonce nonce_reused"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	if a := e.scan(session, e.code(first, 0), "same-nonce"); a.Result != models.ScanOK {
		t.Errorf("sent again: %+v", a)
	}
	if a := e.scan(session, e.code(first, 0), "late-nonce"); a.Result != models.ScanAlready {
		t.Errorf("scanned twice: %+v", a)
	}
	if _, err := e.UndoCheckIn(e.as(e.leader, "", models.RoleFacilitator), session, first.Attendees[0].ID, workshops.Justification{Reason: "Somebody else's code"}); err != nil {
		t.Fatal(err)
	}
	for _, nonce := range []string{"same-nonce", "late-nonce"} {
		if a := e.scan(session, e.code(first, 0), nonce); a.Result != models.ScanSeeStaff {
			t.Errorf("after it was undone: %+v", a)
		}
	}
	if a := e.scan(session, e.code(first, 0), "next-nonce"); a.Result != models.ScanOK {
		t.Errorf("scanned anew: %+v", a)
	}
}
