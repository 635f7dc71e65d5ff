package workshops_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestAPartyMovesItsPlace(t *testing.T) {
	h := openHall(t)
	here, there := h.open(workshops.NewWorkshop{Title: "Autumn", Capacity: number(2), GuestsPerParty: 1}, "2026-10-27T18:00"), h.open(workshops.NewWorkshop{Title: "Winter", Capacity: number(2), GuestsPerParty: 1}, "2026-11-17T18:00")
	luis, ana, next := h.person("Luis", false), h.person("Ana", false), h.person("Next", false)
	booked := h.want(h.register(h.me(luis), here.ID, guests(luis, 1)), models.RegistrationConfirmed)
	waits := h.want(h.register(h.me(next), here.ID, members(next)), models.RegistrationWaitlisted)
	taken := h.want(h.register(h.me(ana), there.ID, members(ana)), models.RegistrationConfirmed)

	if _, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &there.ID}); codeOf(err) != workshops.CodeFull {
		t.Fatalf("one seat for two: %v", err)
	}
	if r := h.now(booked.ID); r.State != models.RegistrationConfirmed || r.TransferredTo != nil {
		t.Fatalf("the seats here are lost: %+v", r)
	}
	if _, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &here.ID}); len(fieldsOf(err)) != 1 {
		t.Errorf("to where it is: %v", err)
	}
	if _, err := h.Transfer(h.me(ana), booked.ID, workshops.Transfer{WorkshopID: &there.ID}); codeOf(err) != services.CodeNotFound {
		t.Errorf("somebody else's party: %v", err)
	}
	if _, err := h.Transfer(h.staff(), booked.ID, workshops.Transfer{WorkshopID: &there.ID}); len(fieldsOf(err)) != 1 {
		t.Errorf("staff without a reason: %v", err)
	}
	if _, err := h.Cancel(h.me(ana), taken.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	moved, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &there.ID})
	if err != nil {
		t.Fatal(err)
	}
	if h.want(moved, models.RegistrationConfirmed); moved.WorkshopID != there.ID || len(moved.Attendees) != 2 || *moved.TransferredFrom != booked.ID {
		t.Errorf("%+v", moved)
	}
	if old := h.now(booked.ID); old.State != models.RegistrationCancelled || old.LateCancel || *old.TransferredTo != moved.ID {
		t.Errorf("%+v", old)
	}
	h.want(h.now(waits.ID), models.RegistrationOffered)
	if n, m := h.mails(models.NoticeRegistrationMoved, moved.ID), h.mails(models.NoticeRegistrationCancelled, booked.ID); n != 1 || m != 0 {
		t.Errorf("%d mails of the move, %d of a cancellation", n, m)
	}
	if n := h.count(`select count(*) from messages, jsonb_array_elements(calendar->'events') e where record_id = $1 and event = 'registration.transferred'`, moved.ID); n != 2 {
		t.Errorf("the calendar learns of %d dates", n)
	}
	for at, want := range map[uuid.UUID]workshops.ReportedRegistrations{here.ID: {Parties: 1, WaitlistPeople: 1}, there.ID: {Parties: 2, Confirmed: 1, Cancelled: 1}} {
		if r, err := h.Report(h.staff(), at); err != nil || r.Registrations != want { // a party that moved counts where it is
			t.Errorf("%v %+v, want %+v", err, r.Registrations, want)
		}
	}
	h.checkCounts()
}

// Somebody who answers for their own place is moved by nobody else; an invitation that is open goes along by a new link.
func TestOnlyTheyThemselvesMoveTheirSeat(t *testing.T) {
	h := openHall(t)
	here, there := h.open(workshops.NewWorkshop{Title: "Autumn"}, "2026-10-27T18:00"), h.open(workshops.NewWorkshop{Title: "Winter"}, "2026-11-17T18:00")
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	in := members(luis)
	in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana", Phone: "+19105550142"}}, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Bo", Email: "bo@example.net"}})
	booked := h.register(h.me(luis), here.ID, in)
	if _, err := h.AcceptInvitation(h.staff(), booked.ID, booked.Attendees[1].ID, workshops.Acceptance{MemberID: &ana}); err != nil {
		t.Fatal(err)
	}
	to := workshops.Transfer{WorkshopID: &there.ID}
	for who, ctx := range map[string]uuid.UUID{"who leads": luis, "who accepted": ana} {
		if _, err := h.Transfer(h.me(ctx), booked.ID, to); codeOf(err) != workshops.CodePartFirst {
			t.Errorf("%s moves all: %v", who, err)
		}
	}
	alone, err := h.Split(h.me(ana), booked.ID, workshops.Split{AttendeeIDs: []uuid.UUID{booked.Attendees[1].ID}, LeadMemberID: ana})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := h.Transfer(h.me(luis), booked.ID, to)
	if err != nil {
		t.Fatal(err)
	}
	if len(moved.Attendees) != 2 || moved.Attendees[1].State != models.AttendeeInvited || h.mails(models.NoticeRegistrationInvited, moved.ID) != 1 {
		t.Errorf("%+v", moved.Attendees)
	}
	h.want(h.now(alone.ID), models.RegistrationConfirmed)
	if n := h.count(`select taken from pools where workshop_id = $1`, there.ID); n != 2 {
		t.Errorf("%d seats are taken there", n)
	}
	if r, err := h.Transfer(h.me(ana), alone.ID, to); err != nil || r.State != models.RegistrationConfirmed {
		t.Errorf("%v", err)
	}
	h.checkCounts()
}

func TestMembersMoveUntilTheDeadlineAndByTheRulesThere(t *testing.T) {
	h := openHall(t)
	here := h.open(workshops.NewWorkshop{Title: "Autumn", CancelDeadlineHours: number(24)}, "2026-10-27T18:00")
	strict := h.open(workshops.NewWorkshop{Title: "Strict", AudienceKinds: []models.Kind{models.KindSpouse}}, "2026-11-17T18:00")
	looked := h.open(workshops.NewWorkshop{Title: "Looked at", ApprovalRequired: true}, "2026-11-18T18:00")
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	booked, other := h.register(h.me(luis), here.ID, members(luis)), h.register(h.me(ana), here.ID, members(ana))
	if _, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &strict.ID}); codeOf(err) != services.CodeInvalid {
		t.Errorf("not of the audience: %v", err)
	}
	pending, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &looked.ID})
	if err != nil {
		t.Fatal(err)
	}
	h.want(pending, models.RegistrationPending)
	if n := h.count(`select count(*) from tasks where kind = 'review_registration' and record_id = $1`, pending.ID); n != 1 {
		t.Errorf("%d tasks to look at it", n)
	}
	h.core.Clock.Set(time.Date(2026, 10, 27, 12, 0, 0, 0, time.UTC))
	if _, err := h.Transfer(h.me(ana), other.ID, workshops.Transfer{WorkshopID: &looked.ID}); codeOf(err) != workshops.CodeTooLate {
		t.Errorf("after the deadline: %v", err)
	}
	moved, err := h.Transfer(h.staff(), other.ID, workshops.Transfer{WorkshopID: &strict.ID, Reason: "Called us", WaiveReason: "Comes with her sister"})
	if err != nil {
		t.Fatal(err)
	}
	if h.want(moved, models.RegistrationConfirmed); h.now(other.ID).LateCancel {
		t.Error("moving counts as cancelling late")
	}
	h.checkCounts()
}

// Two parties change places at once, and many want the last seat of a session: nobody waits for ever, nobody loses a seat, and
// nothing is oversold.
func TestManyMoveAtOnce(t *testing.T) {
	h := openHall(t)
	w := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Capacity: number(4), FacilitatorIDs: []uuid.UUID{h.ann}})
	made := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	var at []uuid.UUID
	for _, s := range made[:2] {
		for _, m := range h.crowd(4) {
			in := members(m)
			in.SessionID = &s.ID
			at = append(at, h.register(h.me(m), w.ID, in).ID)
		}
	}
	replicas := []*workshops.Service{h.Service, h.replica()}
	done := make([]bool, len(at))
	var wg sync.WaitGroup
	for i, id := range at {
		wg.Go(func() {
			err := patiently(func() error {
				_, err := replicas[i%2].Transfer(h.staff(), id, workshops.Transfer{SessionID: &made[2].ID, Reason: "They asked"})
				return err
			})
			if done[i] = err == nil; !done[i] && codeOf(err) != workshops.CodeFull {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	moved := 0
	for i := range done {
		if done[i] {
			moved++
			continue
		}
		h.want(h.now(at[i]), models.RegistrationConfirmed)
	}
	if n := h.count(`select taken from pools where session_id = $1`, made[2].ID); moved != 4 || n != 4 {
		t.Errorf("%d moved onto 4 seats, of which %d are taken", moved, n)
	}
	h.checkCounts()
}

// Moving sends invitations anew: it counts as inviting, and gives nobody longer to answer.
func TestMovingSendsNoMoreInvitationsThanInviting(t *testing.T) {
	h := openHall(t)
	at := []uuid.UUID{h.open(workshops.NewWorkshop{Title: "Autumn", MaxParty: number(10)}, "2026-10-27T18:00").ID, h.open(workshops.NewWorkshop{Title: "Winter", MaxParty: number(10)}, "2026-11-17T18:00").ID}
	luis := h.person("Luis", false)
	in := members(luis)
	for i := range 8 {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana", Email: string(rune('a'+i)) + "@example.net"}})
	}
	booked := h.register(h.me(luis), at[0], in)
	until := *booked.Attendees[1].InviteExpiresAt
	h.core.Clock.Set(planningDay.Add(20 * time.Minute))
	moved, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &at[1]})
	if err != nil {
		t.Fatal(err)
	}
	if !moved.Attendees[1].InviteExpiresAt.Equal(until) {
		t.Errorf("asked until %v, and now until %v", until, moved.Attendees[1].InviteExpiresAt)
	}
	if _, err := h.Transfer(h.me(luis), moved.ID, workshops.Transfer{WorkshopID: &at[0]}); codeOf(err) != services.CodeTooMany {
		t.Errorf("24 mails: %v", err)
	}
	if _, err := h.Transfer(h.staff(), moved.ID, workshops.Transfer{WorkshopID: &at[0], Reason: "They called"}); err != nil {
		t.Errorf("staff: %v", err)
	}
}

// married makes two people spouses.
func (h *hall) married(one, other uuid.UUID) {
	h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'spouse', $4, 'accepted')`, services.NewID(), planningDay, one, other)
}

// What staff enter needs no approval, but for those close to them.
func TestStaffApproveNobodyCloseToThemByEnteringThem(t *testing.T) {
	h := openHall(t)
	here, there := h.open(workshops.NewWorkshop{Title: "Autumn"}, "2026-10-27T18:00").ID, h.open(workshops.NewWorkshop{Title: "Winter", ApprovalRequired: true}, "2026-11-17T18:00").ID
	sam, luis := h.person("Sam", false), h.person("Luis", false)
	h.married(h.boss, sam)
	booked := h.register(h.me(sam), here, members(sam))
	if _, err := h.Transfer(h.staff(), booked.ID, workshops.Transfer{WorkshopID: &there, Reason: "Called", WaiveReason: "Comes along"}); codeOf(err) != workshops.CodeOwnRecord {
		t.Errorf("a spouse is moved: %v", err)
	}
	h.want(h.register(h.staff(), there, members(luis)), models.RegistrationConfirmed)
	h.want(h.register(h.staff(), there, members(sam)), models.RegistrationPending)
}

func TestWhereAPartyIsMovedTo(t *testing.T) {
	h := openHall(t)
	here := h.open(workshops.NewWorkshop{Title: "Autumn"}, "2026-10-27T18:00").ID
	hybrid := h.open(workshops.NewWorkshop{Title: "Both", Format: models.FormatHybrid, OnlineCapacity: number(5), JoinURL: "https://meet.example/x"}, "2026-11-17T18:00").ID
	w := h.draft(workshops.NewWorkshop{Title: "Hidden", AttendanceMode: models.AttendDropIn})
	hidden := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60})[0].ID
	luis, unknown, online := h.person("Luis", false), services.NewID(), models.ModeOnline
	booked := h.register(h.me(luis), here, members(luis))
	_, one := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{SessionID: &hidden, WorkshopID: &here})
	_, other := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{SessionID: &unknown, WorkshopID: &here})
	if one == nil || other == nil || one.Error() != other.Error() || codeOf(one) != services.CodeNotFound {
		t.Errorf("a hidden session: %v; none: %v", one, other)
	}
	if _, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &hybrid}); len(fieldsOf(err)) != 1 || fieldsOf(err)[0] != "/mode required" {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	if r, err := h.Transfer(h.me(luis), booked.ID, workshops.Transfer{WorkshopID: &hybrid, Mode: &online}); err != nil || r.State != models.RegistrationConfirmed {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}
