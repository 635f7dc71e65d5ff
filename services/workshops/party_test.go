package workshops_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// invite is a party of a lead and one invited adult.
func invite(lead uuid.UUID, email string) workshops.Register {
	in := members(lead)
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana Ortega", Email: email}})
	return in
}

// token is the secret of an invitation's mail.
func (h *hall) token(registration uuid.UUID) workshops.InvitationToken {
	h.t.Helper()
	var id uuid.UUID
	h.scan(`select invite_id from attendees where registration_id = $1 and invite_id is not null order by id desc limit 1`, registration, &id)
	return workshops.InvitationToken{Token: services.OneTimeToken(h.core.Keys, id)}
}

func (h *hall) scan(sql string, arg any, into ...any) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error { return c.QueryRow(h.t.Context(), sql, arg).Scan(into...) })
}

func TestAnInvitedAdultAnswersForThemselves(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(4)})
	r := h.want(h.register(h.me(h.member), w, invite(h.member, "ana@example.org")), models.RegistrationConfirmed)
	if n := h.count(`select count(*) from messages where event = 'registration.invited' and address = 'ana@example.org'`); n != 1 {
		t.Errorf("%d invitations", n)
	}
	if n := h.count(`select taken from pools where workshop_id = $1`, w); n != 2 {
		t.Errorf("%d seats are held", n)
	}
	nobody := services.AsAnonymous(t.Context())
	shown, err := h.ShowInvitation(nobody, h.token(r.ID))
	if err != nil || shown.InvitedBy != "Mia" || shown.State != "invited" || shown.Workshop.JoinURL != nil {
		t.Fatalf("%v %+v", err, shown)
	}
	for range 2 {
		got, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID))
		if err != nil || got.State != "attending" {
			t.Fatalf("%v %+v", err, got)
		}
	}
	if n := h.count(`select count(*) from messages where event = 'registration.confirmed' and address = 'ana@example.org' and calendar is not null`); n != 1 {
		t.Errorf("%d confirmations", n)
	}
	// From then on the place is theirs: who leads cannot take it.
	if err := h.RemoveAttendee(h.me(h.member), r.ID, r.Attendees[1].ID); codeOf(err) != workshops.CodeNotYours {
		t.Errorf("the lead removes them: %v", err)
	}
	if _, err := h.ShowInvitation(nobody, workshops.InvitationToken{Token: "AZnB8o9rejSw0WovDJvgAf2rnqhS0WbEaFz1QGtk3kI"}); codeOf(err) != services.CodeNotFound {
		t.Errorf("a forged token: %v", err)
	}
	h.checkCounts()
}

// Refused, registered already, and silent look the same to who invited.
func TestEveryNoLooksLikeSilence(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{})
	h.exec(`update members set email = 'bob@example.org' where id = $1`, h.bob)
	h.register(h.me(h.bob), w, workshops.Register{})
	var parties []*workshops.RegistrationView
	leads := h.crowd(3)
	for i, email := range []string{"ana@example.org", "bob@example.org", "eve@example.org"} {
		parties = append(parties, h.register(h.me(leads[i]), w, invite(leads[i], email)))
	}
	if _, err := h.RefuseByLink(services.AsAnonymous(t.Context()), h.token(parties[0].ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(parties[1].ID)); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("%v", err)
	}
	same := func(want models.AttendeeState) {
		t.Helper()
		for i, p := range parties {
			r, err := h.Registration(h.me(leads[i]), p.ID)
			if err != nil || r.Attendees[1].State != want || r.Attendees[1].Name != "Ana Ortega" || r.Attendees[1].MemberID != nil {
				t.Errorf("number %d: %v %+v", i, err, r.Attendees[1])
			}
		}
	}
	same(models.AttendeeInvited)
	h.later(planningDay.Add(48 * time.Hour))
	same(models.AttendeeLapsed)
	if r := h.now(parties[0].ID); r.Attendees[1].State != models.AttendeeRefused {
		t.Errorf("staff see %s", r.Attendees[1].State)
	}
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(parties[2].ID)); codeOf(err) != workshops.CodeInvitationOver {
		t.Errorf("too late: %v", err)
	}
	h.checkCounts()
}

func TestAnotherAdultLeadsWhenTheLeadLeaves(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{GuestsPerParty: 1})
	h.exec(`update members set email = 'ann@example.org' where id = $1`, h.ann)
	in := invite(h.member, "ann@example.org")
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatChild}})
	r := h.register(h.me(h.member), w, in)
	if _, err := h.Leave(h.me(h.member), r.ID, r.Attendees[0].ID); codeOf(err) != workshops.CodeAdultRequired {
		t.Errorf("before anybody accepted: %v", err)
	}
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Leave(h.me(h.member), r.ID, r.Attendees[0].ID); err != nil {
		t.Fatal(err)
	}
	got, err := h.Registration(h.me(h.ann), r.ID)
	if err != nil || got.LeadMemberID != h.ann || len(got.Attendees) != 2 {
		t.Errorf("%v %+v", err, got)
	}
	if _, err := h.Registration(h.me(h.member), r.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("who left still sees it: %v", err)
	}
	if n := h.mails(models.NoticeRegistrationCancelled, r.ID); n != 1 {
		t.Errorf("%d mails to who left", n)
	}
	h.checkCounts()
}

func TestAPartyIsParted(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(4), GuestsPerParty: 2})
	h.exec(`update members set email = 'ann@example.org' where id = $1`, h.ann)
	in := invite(h.member, "ann@example.org")
	in.Attendees = append(in.Attendees, guests(h.member, 2).Attendees[1:]...)
	r := h.register(h.me(h.member), w, in)
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	split := workshops.Split{AttendeeIDs: []uuid.UUID{r.Attendees[1].ID, r.Attendees[2].ID}, LeadMemberID: h.ann}
	q, err := h.Split(h.me(h.member), r.ID, split)
	if err != nil || q.State != models.RegistrationConfirmed || q.LeadMemberID != h.ann || len(q.Attendees) != 2 {
		t.Fatalf("%v %+v", err, q)
	}
	if rest := h.now(r.ID); len(rest.Attendees) != 2 {
		t.Errorf("%+v", rest)
	}
	if n := h.count(`select taken from pools where workshop_id = $1`, w); n != 4 {
		t.Errorf("%d seats", n)
	}
	if _, err := h.Split(h.me(h.member), r.ID, split); !slices.Contains(fieldsOf(err), "/attendee_ids unknown_attendee") {
		t.Errorf("again: %v %v", err, fieldsOf(err))
	}
	h.checkCounts()
}

func TestAPartyGrowsWhileThereIsRoom(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(2), GuestsPerParty: 5})
	rosa := workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}}
	r := h.register(h.me(h.member), w, workshops.Register{})
	bigger, err := h.AddAttendee(h.me(h.member), r.ID, rosa)
	if err != nil || bigger.ID != r.ID || len(bigger.Attendees) != 2 || bigger.Version != r.Version+1 {
		t.Fatalf("%v %+v", err, bigger)
	}
	beside, err := h.AddAttendee(h.me(h.member), r.ID, rosa)
	if err != nil || beside.ID == r.ID || beside.State != models.RegistrationWaitlisted || *beside.WaitlistPosition != 1 {
		t.Fatalf("%v %+v", err, beside)
	}
	swapped, err := h.SwapAttendee(h.me(h.member), r.ID, bigger.Attendees[1].ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Elena", Kind: models.SeatAdult}})
	if err != nil || len(swapped.Attendees) != 2 || swapped.Attendees[1].Name != "Elena" {
		t.Fatalf("%v %+v", err, swapped)
	}
	if err := h.RemoveAttendee(h.as(h.member, `"1"`, models.RoleMember), r.ID, swapped.Attendees[1].ID); codeOf(err) != services.CodeStale {
		t.Errorf("with an old ETag: %v", err)
	}
	if err := h.RemoveAttendee(h.me(h.member), r.ID, swapped.Attendees[1].ID); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(beside.ID), models.RegistrationOffered)
	h.checkCounts()
}

func TestCallingOffEndsEveryRegistration(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	waits := h.register(h.me(h.ann), w, workshops.Register{})
	if _, err := h.CancelWorkshop(h.staff(), w, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{holders.ID, waits.ID} {
		h.want(h.now(id), models.RegistrationCancelled)
		if n := h.mails(models.NoticeWorkshopCancelled, id); n != 1 {
			t.Errorf("%d mails", n)
		}
	}
	h.checkCounts()
}

func TestDropInPlacesArePerSession(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Capacity: number(1), FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(d.ID, "2")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Register(h.me(h.member), d.ID, workshops.Register{}); !slices.Equal(fieldsOf(err), []string{"/session_id required"}) {
		t.Errorf("%v", err)
	}
	var got []*workshops.RegistrationView
	for i := range sessions {
		got = append(got, h.want(h.register(h.me(h.member), d.ID, workshops.Register{SessionID: &sessions[i].ID}), models.RegistrationConfirmed))
	}
	if got[1].Workshop.StartsAt.Equal(*got[0].Workshop.StartsAt) {
		t.Error("both start at once")
	}
	h.want(h.register(h.me(h.bob), d.ID, workshops.Register{SessionID: &sessions[0].ID}), models.RegistrationWaitlisted)
	if _, err := h.CancelSession(h.staff(), sessions[0].ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(got[0].ID), models.RegistrationCancelled)
	if n := h.count(`select count(*) from messages where event = 'workshop.cancelled' and record_id = $1 and calendar->>'method' = 'CANCEL' and data->>'starts_at' is not null`, got[0].ID); n != 1 {
		t.Errorf("%d mails take it out of the calendar", n)
	}
	h.want(h.now(got[1].ID), models.RegistrationConfirmed)
	h.checkCounts()
}

func TestHybridSeatsAreCountedPerMode(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Format: models.FormatHybrid, Capacity: number(1), OnlineCapacity: number(1), JoinURL: "https://meet.example.org/x"})
	room, online := models.ModeInPerson, models.ModeOnline
	at := func(m *models.AttendanceMode, who uuid.UUID) workshops.Register {
		return workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &who, Mode: m}}}
	}
	if _, err := h.Register(h.me(h.member), w, workshops.Register{}); !slices.Equal(fieldsOf(err), []string{"/attendees/0/mode required"}) {
		t.Errorf("%v", err)
	}
	if r := h.want(h.register(h.me(h.member), w, at(&room, h.member)), models.RegistrationConfirmed); r.Workshop.JoinURL != nil {
		t.Error("who sits in the room gets the link")
	}
	if _, err := h.Register(h.me(h.member), w, at(&online, h.member)); codeOf(err) != workshops.CodeAlreadyRegistered {
		t.Errorf("both ways: %v", err)
	}
	if r := h.want(h.register(h.me(h.ann), w, at(&online, h.ann)), models.RegistrationConfirmed); r.Workshop.JoinURL == nil {
		t.Error("who takes part online gets no link")
	}
	if r := h.want(h.register(h.me(h.bob), w, at(&room, h.bob)), models.RegistrationWaitlisted); *r.WaitlistPosition != 1 {
		t.Errorf("place %d", *r.WaitlistPosition)
	}
	h.checkCounts()
}
