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

func (h *hall) pass(w uuid.UUID, in workshops.NewPass) *workshops.MadePass {
	h.t.Helper()
	in.Label = "Partner clinic"
	p, err := h.MakePass(h.staff(), w, in)
	if err != nil {
		h.t.Fatalf("%v %v", err, fieldsOf(err))
	}
	return p
}

func TestAPassSkipsTheQueue(t *testing.T) {
	h := openHall(t)
	opens := planningDay.AddDate(0, 0, 20)
	w := h.open(workshops.NewWorkshop{Capacity: number(2), GuestsPerParty: 2, ApprovalRequired: true, OpensAt: &opens}, startsOn).ID
	p := h.pass(w, workshops.NewPass{Uses: 3})
	luis, ana, bo, eve := h.person("Luis", false), h.person("Ana", false), h.person("Bo", false), h.person("Eve", false)
	with := func(m uuid.UUID, token string) workshops.Register {
		in := members(m)
		in.Pass = token
		return in
	}
	if _, err := h.Register(h.me(luis), w, members(luis)); codeOf(err) != workshops.CodeNotOpen {
		t.Errorf("before it opens: %v", err)
	}
	h.want(h.register(h.me(luis), w, with(luis, p.Token)), models.RegistrationConfirmed)

	h.core.Clock.Set(opens)
	in := guests(eve, 1)
	first := h.want(h.register(h.me(eve), w, in), models.RegistrationWaitlisted)       // two, and one seat
	h.want(h.register(h.me(ana), w, with(ana, p.Token)), models.RegistrationConfirmed) // past those who wait
	second := h.want(h.register(h.me(bo), w, with(bo, p.Token)), models.RegistrationWaitlisted)
	if *second.WaitlistPosition != 1 || *h.now(first.ID).WaitlistPosition != 2 {
		t.Errorf("the pass waits at %d", *second.WaitlistPosition)
	}
	late := h.person("Late", false)
	if _, err := h.Register(h.me(late), w, with(late, p.Token)); codeOf(err) != workshops.CodePassUsedUp {
		t.Errorf("a fourth use: %v", err)
	}
	if _, err := h.Cancel(h.me(ana), h.one(w, ana), workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if r, err := h.AcceptOffer(h.me(bo), second.ID); err != nil || r.State != models.RegistrationConfirmed {
		t.Errorf("approval was not to be asked: %v", err)
	}
	if _, err := h.Register(h.me(late), w, with(late, p.Token)); codeOf(err) != workshops.CodePassUsedUp {
		t.Errorf("who leaves gives a use back: %v", err)
	}
	h.checkCounts()
}

// one is the registration that a member leads.
func (h *hall) one(w, lead uuid.UUID) uuid.UUID {
	h.t.Helper()
	page, err := h.Registrations(h.staff(), w, workshops.RegistrationQuery{PageQuery: services.PageQuery{Limit: 100}})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, r := range page.Data {
		if r.LeadMemberID == lead {
			return r.ID
		}
	}
	h.t.Fatal("no such party")
	return uuid.Nil
}

func TestWhoseAPassIs(t *testing.T) {
	h := openHall(t)
	w, other := h.open(workshops.NewWorkshop{ApprovalRequired: true}, startsOn).ID, h.open(workshops.NewWorkshop{Title: "Other"}, startsOn).ID
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	use := func(m, w uuid.UUID, token string) services.Code {
		in := members(m)
		in.Pass = token
		_, err := h.Register(h.me(m), w, in)
		return codeOf(err)
	}
	own := h.pass(w, workshops.NewPass{MemberID: &luis})
	if n := h.count(`select count(*) from messages where event = 'workshop.pass' and member_id = $1 and data::text not like '%' || $2 || '%'`, luis, own.Token); n != 1 {
		t.Errorf("%d mails", n)
	}
	for what, got := range map[string]services.Code{"somebody else's": use(ana, w, own.Token), "of another workshop": use(luis, other, own.Token), "forged": use(luis, w, own.Token[:len(own.Token)-2]+"AA")} {
		if got != services.CodeNotFound {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := use(luis, w, own.Token); got != "" {
		t.Errorf("one's own: %s", got)
	}
	gone := h.pass(w, workshops.NewPass{})
	if _, err := h.RevokePass(h.staff(), gone.ID); err != nil {
		t.Fatal(err)
	}
	if got := use(ana, w, gone.Token); got != workshops.CodePassRevoked {
		t.Errorf("taken back: %s", got)
	}
	soon := planningDay.Add(time.Hour)
	brief := h.pass(w, workshops.NewPass{ExpiresAt: &soon})
	h.core.Clock.Set(soon)
	if got := use(ana, w, brief.Token); got != workshops.CodePassExpired {
		t.Errorf("expired: %s", got)
	}
	facts, err := h.ShowPass(services.AsSystem(t.Context(), "test"), workshops.PassToken{Token: brief.Token})
	if err != nil || facts.State != models.PassExpired || facts.WorkshopID != w {
		t.Errorf("%+v %v", facts, err)
	}
	// Nobody approves themselves.
	if _, err := h.MakePass(h.staff(), w, workshops.NewPass{Label: "Me", MemberID: &h.boss}); codeOf(err) != workshops.CodeOwnRecord {
		t.Errorf("for oneself: %v", err)
	}
	mine := members(h.boss)
	mine.Pass, mine.LeadMemberID = h.pass(w, workshops.NewPass{}).Token, &h.boss
	if _, err := h.Register(h.staff(), w, mine); codeOf(err) != services.CodeNotFound {
		t.Errorf("one's own: %v", err)
	}
	sam := h.person("Sam", false)
	h.married(h.boss, sam)
	if got := use(sam, w, h.pass(w, workshops.NewPass{}).Token); got != services.CodeNotFound {
		t.Errorf("made by somebody close: %s", got)
	}
	page, err := h.Passes(h.staff(), w, services.PageQuery{Limit: 100})
	if err != nil || len(page.Data) != 5 {
		t.Errorf("%d passes, %v", len(page.Data), err)
	}
}

// However many come at once, no pass is used more often than it may be.
func TestAPassIsNeverOverused(t *testing.T) {
	h := openHall(t)
	w := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, FacilitatorIDs: []uuid.UUID{h.ann}})
	made := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	p := h.pass(w.ID, workshops.NewPass{Uses: 3})
	replicas := []*workshops.Service{h.Service, h.replica()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := map[services.Code]int{}
	for i, m := range h.crowd(12) {
		wg.Go(func() {
			in := members(m)
			in.SessionID, in.Pass = &made[i%2].ID, p.Token
			code := codeOf(patiently(func() error { _, err := replicas[i/2%2].Register(h.me(m), w.ID, in); return err }))
			mu.Lock()
			got[code]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if got[""] != 3 || got[workshops.CodePassUsedUp] != 9 {
		t.Errorf("%v", got)
	}
	h.checkCounts()
}

func TestAPassEndsWithItsWorkshopAndSeatsOneParty(t *testing.T) {
	h := openHall(t)
	detail := h.open(workshops.NewWorkshop{GuestsPerParty: 1}, startsOn)
	never := planningDay.AddDate(50, 0, 0).Add(123)
	p := h.pass(detail.ID, workshops.NewPass{ExpiresAt: &never})
	if !p.ExpiresAt.Equal(*detail.EndsAt) {
		t.Errorf("it works until %v", p.ExpiresAt)
	}
	luis, ana := h.person("Luis", false), h.person("Ana", false)
	in := members(luis, ana)
	in.LeadMemberID, in.Pass = &luis, p.Token
	booked := h.register(h.staff(), detail.ID, in)
	h.exec(`update registrations set shared_with_guardians = true where id = $1`, booked.ID)
	split, err := h.Split(h.staff(), booked.ID, workshops.Split{AttendeeIDs: []uuid.UUID{booked.Attendees[1].ID}, LeadMemberID: ana})
	if err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from registrations where pass_id = $1`, p.ID); n != 1 {
		t.Errorf("%d parties with one use", n)
	}
	if now := h.now(split.ID); split.SharedWithGuardians || now.SharedWithGuardians {
		t.Errorf("the new lead has shared nothing: %v, stored %v", split.SharedWithGuardians, now.SharedWithGuardians)
	}
	valid := h.pass(detail.ID, workshops.NewPass{})
	h.callOff(detail.ID)
	if facts, err := h.ShowPass(services.AsSystem(t.Context(), "test"), workshops.PassToken{Token: valid.Token}); err != nil || facts.State != models.PassExpired {
		t.Errorf("called off: %+v %v", facts, err)
	}
}
