package workshops_test

import (
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func (h *hall) callOff(w uuid.UUID) {
	h.t.Helper()
	if _, err := h.CancelWorkshop(h.staff(), w, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hall) takesPlace(w uuid.UUID) {
	h.t.Helper()
	if _, err := h.RestoreWorkshop(h.staff(), w); err != nil {
		h.t.Fatal(err)
	}
}

func TestARestoredWorkshopBringsItsPeopleBack(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(3), GuestsPerParty: 3}, startsOn).ID
	luis, left, ana, bo, big := h.person("Luis", false), h.person("Left", false), h.person("Ana", false), h.person("Bo", false), h.person("Big", false)
	first := h.register(h.me(luis), w, members(luis))
	goes := h.register(h.me(left), w, members(left))
	spare := h.register(h.me(bo), w, members(bo))
	large := h.want(h.register(h.me(big), w, guests(big, 2)), models.RegistrationWaitlisted)
	last := h.want(h.register(h.me(ana), w, members(ana)), models.RegistrationWaitlisted)
	if _, err := h.Cancel(h.me(left), goes.ID, workshops.Cancellation{}); err != nil { // their seat is offered to Ana: the large party does not fit
		t.Fatal(err)
	}
	h.want(h.now(last.ID), models.RegistrationOffered)
	code, err := h.CheckInCode(h.me(luis), first.ID, first.Attendees[0].ID)
	if err != nil {
		t.Fatal(err)
	}

	h.callOff(w)
	for _, id := range []uuid.UUID{first.ID, spare.ID, large.ID, last.ID} {
		h.want(h.now(id), models.RegistrationCancelled)
	}
	h.takesPlace(w)
	h.want(h.now(first.ID), models.RegistrationConfirmed)
	h.want(h.now(spare.ID), models.RegistrationConfirmed)
	h.want(h.now(goes.ID), models.RegistrationCancelled) // they had left before
	h.want(h.now(last.ID), models.RegistrationOffered)   // first in line, and the seat is free
	if r := h.want(h.now(large.ID), models.RegistrationWaitlisted); *r.WaitlistPosition != 1 || !r.QueuedAt.Equal(*large.QueuedAt) {
		t.Errorf("the large party waits at %d since %v", *r.WaitlistPosition, r.QueuedAt)
	}
	for id, want := range map[uuid.UUID]models.NoticeEvent{first.ID: models.NoticeRegistrationReinstated, last.ID: models.NoticeRegistrationOffered} {
		if n := h.count(`select count(*) from messages where record_id = $1 and event = $2 and state = 'queued'`, id, string(want)); n != 1 {
			t.Errorf("%d mails %s", n, want)
		}
	}
	if again, err := h.CheckInCode(h.me(luis), first.ID, first.Attendees[0].ID); err != nil || again.Code != code.Code {
		t.Errorf("the code is another: %v", err)
	}
	h.checkCounts()

	// Twice is as once.
	h.callOff(w)
	h.takesPlace(w)
	h.want(h.now(first.ID), models.RegistrationConfirmed)
	h.checkCounts()
}

// What changed meanwhile is for staff: a death, another place at the same time, a guardian who may act no longer, a separation.
func TestWhoseLifeChangedMeanwhileIsForStaff(t *testing.T) {
	h := openHall(t)
	w, other := h.open(workshops.NewWorkshop{}, startsOn).ID, h.open(workshops.NewWorkshop{Title: "At the same time"}, startsOn).ID
	dead, busy, mother, apart, protected := h.person("Dead", false), h.person("Busy", false), h.person("Mother", false), h.person("Apart", false), h.person("Safe", false)
	child := h.child(mother, true)
	parties := map[string]uuid.UUID{}
	for name, in := range map[string]workshops.Register{"dead": members(dead), "busy": members(busy), "child": members(mother, child), "apart": members(apart)} {
		parties[name] = h.want(h.register(h.me(*in.Attendees[0].MemberID), w, in), models.RegistrationConfirmed).ID
	}
	h.callOff(w)
	h.exec(`update members set status = 'deceased' where id = $1`, dead)
	h.register(h.me(busy), other, members(busy))
	h.exec(`update guardianships set status = 'ended', closed_at = $2 where child_id = $1`, child, planningDay)
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, status, review_on, created_by)
		values ($1, 1, $2, $2, 'protected', $3, $4, 'live', '2027-01-01', $5)`, services.NewID(), planningDay, protected, apart, h.boss)
	h.takesPlace(w)
	for _, name := range []string{"dead", "busy", "child"} {
		h.want(h.now(parties[name]), models.RegistrationCancelled)
		if n := h.count(`select count(*) from tasks where kind = 'registration_comes_back' and record_id = $1 and status = 'open'`, parties[name]); n != 1 {
			t.Errorf("%s: %d tasks", name, n)
		}
	}
	h.want(h.now(parties["apart"]), models.RegistrationPending)
	if r, err := h.Reinstate(h.staff(), parties["busy"], workshops.Reinstatement{Reason: "Comes here instead"}); err != nil || r.State != models.RegistrationConfirmed {
		t.Errorf("%v", err)
	}
	if n := h.count(`select count(*) from tasks where kind = 'registration_comes_back' and record_id = $1 and status = 'open'`, parties["busy"]); n != 0 {
		t.Error("the task stays open")
	}
	h.callOff(w)
	if n := h.count(`select count(*) from tasks where kind = 'registration_comes_back' and status = 'open'`); n != 0 {
		t.Errorf("%d tasks about what is called off again", n)
	}
	h.checkCounts()
}

func TestARestoredSessionBringsItsPeopleBack(t *testing.T) {
	h := openHall(t)
	w := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Capacity: number(1), FacilitatorIDs: []uuid.UUID{h.ann}})
	made := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	at := func(m uuid.UUID, s int) uuid.UUID {
		in := members(m)
		in.SessionID = &made[s].ID
		return h.register(h.me(m), w.ID, in).ID
	}
	first, waits, second := at(luis, 0), at(ana, 0), at(ana, 1)
	if _, err := h.CancelSession(h.staff(), made[0].ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	h.callOff(w.ID)
	h.takesPlace(w.ID) // the session stays cancelled
	h.want(h.now(first), models.RegistrationCancelled)
	h.want(h.now(second), models.RegistrationConfirmed)
	if _, err := h.RestoreSession(h.staff(), made[0].ID, workshops.SessionRestoration{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(first), models.RegistrationConfirmed)
	h.want(h.now(waits), models.RegistrationWaitlisted)
	if n := h.mails(models.NoticeRegistrationReinstated, first); n != 1 {
		t.Errorf("%d mails", n)
	}
	h.checkCounts()
}

// Somebody invited who had not answered is asked again, under the old link; somebody who had refused in silence looks the same.
func TestInvitationsComeBack(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{}, startsOn).ID
	luis := h.person("Luis", false)
	in := members(luis)
	for _, name := range []string{"Ana", "Bo"} {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: name, Email: name + "@example.net"}})
	}
	booked := h.register(h.me(luis), w, in)
	if _, err := h.RefuseInvitation(h.staff(), booked.ID, booked.Attendees[2].ID); err != nil {
		t.Fatal(err)
	}
	h.callOff(w)
	h.takesPlace(w)
	seen, err := h.Registration(h.me(luis), booked.ID)
	if err != nil {
		t.Fatal(err)
	}
	asked, refused := seen.Attendees[1], seen.Attendees[2]
	if asked.State != models.AttendeeInvited || refused.State != asked.State || !asked.InviteExpiresAt.Equal(*refused.InviteExpiresAt) {
		t.Errorf("%+v\n%+v", asked, refused)
	}
	if n := h.count(`select count(*) from messages where record_id = $1 and event = 'registration.invited' and state = 'queued'`, booked.ID); n != 1 {
		t.Errorf("%d invitations wait to be sent", n)
	}
	h.checkCounts()
}

// With fewer seats than before, who had one stands before whom one was offered.
func TestTheLineKeepsItsOrderWithFewerSeats(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(2)}, startsOn).ID
	sits, left, asked := h.person("Sits", false), h.person("Left", false), h.person("Asked", false)
	seated, goes := h.register(h.me(sits), w, members(sits)), h.register(h.me(left), w, members(left))
	offered := h.register(h.me(asked), w, members(asked))
	if _, err := h.Cancel(h.me(left), goes.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(offered.ID), models.RegistrationOffered)
	h.callOff(w)
	h.exec(`update pools set capacity = 1, taken = 1 where workshop_id = $1`, w) // somebody else has the only seat there is
	h.takesPlace(w)
	for i, id := range []uuid.UUID{seated.ID, offered.ID} {
		if r := h.want(h.now(id), models.RegistrationWaitlisted); *r.WaitlistPosition != i+1 {
			t.Errorf("number %d waits at %d", i+1, *r.WaitlistPosition)
		}
	}
}

// What is called off can be taken back: as many sessions as that takes at once, and no more.
func TestSoManySessionsAreCalledOffAtOnce(t *testing.T) {
	h := openHall(t)
	w := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, FacilitatorIDs: []uuid.UUID{h.ann}})
	made := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60, Recurrence: weekly("FREQ=DAILY;COUNT=102")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	for i := range made[:101] {
		h.register(h.me(h.member), w.ID, workshops.Register{SessionID: &made[i].ID})
	}
	if _, err := h.CancelWorkshop(h.staff(), w.ID, workshops.CancelReason{Reason: "Snow"}); codeOf(err) != workshops.CodeTooManyAtOnce {
		t.Errorf("101 at once: %v", err)
	}
	if _, err := h.CancelSession(h.staff(), made[100].ID, workshops.SessionCancellation{Reason: "Snow", Scope: workshops.ScopeThisAndFollowing}); err != nil {
		t.Fatal(err)
	}
	h.callOff(w.ID)
	h.takesPlace(w.ID)
	if n := h.count(`select count(*) from registrations where state = 'confirmed'`); n != 100 {
		t.Errorf("%d are back", n)
	}
	h.checkCounts()
}
