package workshops_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// full is a workshop whose seats one member has, and that party.
func (h *hall) full(seats int) (uuid.UUID, *workshops.RegistrationView) {
	h.t.Helper()
	w := h.workshop(workshops.NewWorkshop{Capacity: number(seats), GuestsPerParty: 9, MaxParty: number(10)})
	return w, h.want(h.register(h.me(h.member), w, guests(h.member, seats-1)), models.RegistrationConfirmed)
}

func TestAnOfferGoesDownTheLine(t *testing.T) {
	h := openHall(t)
	h.core.Clock.Set(time.Date(2026, 9, 1, 14, 0, 0, 0, time.UTC)) // 10:00 in New York
	w, holders := h.full(3)
	leads := h.crowd(4)
	line := []*workshops.RegistrationView{
		h.register(h.me(leads[0]), w, members(leads[0])), h.register(h.me(leads[1]), w, guests(leads[1], 2)), // three do not fit while two stay
		h.register(h.me(leads[2]), w, members(leads[2])), h.register(h.me(leads[3]), w, members(leads[3])),
	}
	if err := h.RemoveAttendee(h.me(h.member), holders.ID, holders.Attendees[1].ID); err != nil {
		t.Fatal(err)
	}
	first := h.want(h.now(line[0].ID), models.RegistrationOffered)
	// 24 hours outside the quiet hours, 21:00 to 08:00 in New York: 11 today, 13 tomorrow.
	if want := time.Date(2026, 9, 3, 1, 0, 0, 0, time.UTC); !first.OfferExpiresAt.Equal(want) {
		t.Errorf("it stands until %s, want %s", first.OfferExpiresAt, want)
	}
	h.want(h.now(line[1].ID), models.RegistrationWaitlisted)
	h.later(*first.OfferExpiresAt)
	h.want(h.now(line[0].ID), models.RegistrationExpired)
	h.want(h.now(line[1].ID), models.RegistrationWaitlisted)
	second := h.want(h.now(line[2].ID), models.RegistrationOffered)
	if _, err := h.AcceptOffer(h.me(leads[0]), line[0].ID); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("too late: %v", err)
	}
	if _, err := h.AcceptOffer(h.me(leads[3]), second.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("somebody else: %v", err)
	}
	if _, err := h.DeclineOffer(h.me(leads[2]), second.ID); err != nil {
		t.Fatal(err)
	}
	h.want(h.now(line[3].ID), models.RegistrationOffered)
	got, err := h.AcceptOffer(h.me(leads[3]), line[3].ID)
	if err != nil || got.State != models.RegistrationConfirmed || got.OfferExpiresAt != nil {
		t.Errorf("%v %+v", err, got)
	}
	for i, want := range []int{1, 0, 1, 1} {
		if n := h.mails(models.NoticeRegistrationOffered, line[i].ID); n != want {
			t.Errorf("number %d got %d offers", i, n)
		}
	}
	h.checkCounts()
}

// The time of an offer is asked when it is used, whether or not the job has come to it.
func TestAnOfferIsNotTakenAfterItsTime(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	waits := h.register(h.me(h.ann), w, workshops.Register{})
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	offered := h.want(h.now(waits.ID), models.RegistrationOffered)
	h.core.Clock.Set(*offered.OfferExpiresAt)
	if _, err := h.AcceptOffer(h.me(h.ann), waits.ID); codeOf(err) != workshops.CodeOfferExpired {
		t.Errorf("%v", err)
	}
}

func TestAnOfferThatDidNotArriveIsKept(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	waits := h.register(h.me(h.ann), w, workshops.Register{})
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	offered := h.want(h.now(waits.ID), models.RegistrationOffered)
	h.exec(`update messages set state = 'bounced' where record_id = $1 and event = 'registration.offered'`, waits.ID)
	h.later(*offered.OfferExpiresAt)
	kept := h.want(h.now(waits.ID), models.RegistrationOffered)
	if !kept.OfferExpiresAt.After(*offered.OfferExpiresAt) {
		t.Errorf("it stands until %s", kept.OfferExpiresAt)
	}
	if n := h.count(`select count(*) from tasks where kind = 'call' and record_id = $1 and status = 'open'`, waits.ID); n != 1 {
		t.Errorf("%d tasks to call", n)
	}
	h.later(*kept.OfferExpiresAt)
	h.want(h.now(waits.ID), models.RegistrationExpired)
}

func TestAnOfferThatIsReviewedKeepsItsSeats(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(1), ApprovalRequired: true})
	first := h.want(h.register(h.me(h.member), w, workshops.Register{}), models.RegistrationPending)
	waits := h.want(h.register(h.me(h.ann), w, workshops.Register{}), models.RegistrationWaitlisted)
	if _, err := h.Decline(h.staff(), first.ID, workshops.Justification{Reason: "Not yet"}); err != nil {
		t.Fatal(err)
	}
	got, err := h.AcceptOffer(h.me(h.ann), waits.ID)
	if err != nil || got.State != models.RegistrationPending {
		t.Errorf("%v %+v", err, got)
	}
	h.want(h.register(h.me(h.bob), w, workshops.Register{}), models.RegistrationWaitlisted)
	h.checkCounts()
}

func TestRaisingCapacityPromotesAndMovingUpChangesTheLine(t *testing.T) {
	h := openHall(t)
	w, _ := h.full(1)
	leads := h.crowd(3)
	var line []*workshops.RegistrationView
	for _, lead := range leads {
		line = append(line, h.register(h.me(lead), w, workshops.Register{}))
	}
	moved, err := h.MoveUp(h.staff(), line[2].ID, workshops.Justification{Reason: "Travels from far"})
	if err != nil || *moved.WaitlistPosition != 1 {
		t.Fatalf("%v %+v", err, moved)
	}
	if p := h.now(line[0].ID).WaitlistPosition; *p != 2 {
		t.Errorf("the first is number %d now", *p)
	}
	if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{Capacity: services.Some(3)}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []models.RegistrationState{models.RegistrationOffered, models.RegistrationWaitlisted, models.RegistrationOffered} {
		h.want(h.now(line[i].ID), want)
	}
	h.checkCounts()
}

func TestWhatEndedWaitsFirstInLine(t *testing.T) {
	h := openHall(t)
	w, holders := h.full(1)
	if _, err := h.Cancel(h.me(h.member), holders.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.want(h.register(h.me(h.ann), w, workshops.Register{}), models.RegistrationConfirmed)
	h.want(h.register(h.me(h.bob), w, workshops.Register{}), models.RegistrationWaitlisted)
	back, err := h.Reinstate(h.staff(), holders.ID, workshops.Reinstatement{Reason: "Our mistake"})
	if err != nil || back.State != models.RegistrationWaitlisted || *back.WaitlistPosition != 1 {
		t.Errorf("%v %+v", err, back)
	}
	h.checkCounts()
}

// 30 cancel, 100 come, and the capacity is changed 20 times, all at once.
func TestNobodyIsSkippedInTheCrowd(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(30)})
	holders := h.crowd(30)
	booked := make([]*workshops.RegistrationView, len(holders))
	for i, m := range holders {
		booked[i] = h.register(h.me(m), w, workshops.Register{})
	}
	for _, m := range h.crowd(20) {
		h.want(h.register(h.me(m), w, workshops.Register{}), models.RegistrationWaitlisted)
	}
	comers, other := h.crowd(100), h.replica()
	pick := func(i int) *workshops.Service { return []*workshops.Service{h.Service, other}[i%2] }
	var all sync.WaitGroup
	over, stop := make(chan int, 1), make(chan struct{})
	go h.watchSeats(w, stop, over)
	try := func(do func() error) {
		all.Go(func() {
			if err := patiently(do); err != nil && codeOf(err) != workshops.CodeCapacityTaken {
				t.Error(err)
			}
		})
	}
	for i := range booked {
		try(func() error {
			_, err := pick(i).Cancel(h.me(holders[i]), booked[i].ID, workshops.Cancellation{})
			return err
		})
	}
	for i := range comers {
		try(func() error { _, err := pick(i).Register(h.me(comers[i]), w, workshops.Register{}); return err })
	}
	for i := range 20 {
		try(func() error {
			_, err := pick(i).Update(h.staff(), w, workshops.WorkshopPatch{Capacity: services.Some(28 + i%5)})
			return err
		})
	}
	all.Wait()
	close(stop)
	if most := <-over; most > 0 {
		t.Errorf("%d sat beyond capacity", most)
	}
	h.checkCounts()
	// Who waits now waits behind nobody that was asked later, and there is no seat for them.
	if n := h.count(`select count(*) from registrations w join registrations o on o.workshop_id = w.workshop_id and o.state = 'offered' and o.queued_at > w.queued_at where w.state = 'waitlisted'`); n > 0 {
		t.Errorf("%d times somebody was skipped", n)
	}
	if n := h.count(`select least(capacity - taken, waiting) from pools where workshop_id = $1`, w); n != 0 {
		t.Errorf("%d seats are free while people wait", n)
	}
	if n := h.count(`select count(*) from (select record_id from messages where event = 'registration.offered' group by record_id having count(*) > 1) twice`); n > 0 {
		t.Errorf("%d were offered twice", n)
	}
	asked, told := h.count(`select count(*) from registrations where offered_at is not null`), h.count(`select count(*) from messages where event = 'registration.offered'`)
	if asked == 0 || asked != told {
		t.Errorf("%d offers, %d mails", asked, told)
	}
}

// watchSeats looks again and again how many sit beyond capacity, until it is stopped.
func (h *hall) watchSeats(w uuid.UUID, stop <-chan struct{}, over chan<- int) {
	most := 0
	h.super(func(c *pgx.Conn) error {
		for {
			var n int
			if err := c.QueryRow(context.Background(), `select count(*) - (select capacity from pools where workshop_id = $1) from registrations
				where workshop_id = $1 and state in ('confirmed', 'offered', 'pending_approval')`, w).Scan(&n); err != nil {
				return err
			}
			most = max(most, n)
			select {
			case <-stop:
				return nil
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	over <- most
}

// Whatever happens in whatever order, the counters are the attendees counted.
func TestCountersStayTrueWhateverHappens(t *testing.T) {
	h := openHall(t)
	seed := uint64(20261027)
	r := rand.New(rand.NewPCG(seed, seed))
	w := h.workshop(workshops.NewWorkshop{Capacity: number(6), ChildCapacity: number(3), GuestsPerParty: 3, MaxParty: number(6)})
	people := h.crowd(12)
	children := map[uuid.UUID]uuid.UUID{}
	for i, m := range people {
		if i%3 == 0 {
			children[m] = h.child(m, i%2 == 0)
		}
	}
	var made []*workshops.RegistrationView
	for range 150 {
		m := people[r.IntN(len(people))]
		var one *workshops.RegistrationView
		if len(made) > 0 {
			one = h.now(made[r.IntN(len(made))].ID)
		}
		var err error
		switch n := r.IntN(12); {
		case n < 4 || one == nil:
			in := guests(m, r.IntN(3))
			if child, ok := children[m]; ok && r.IntN(2) == 0 {
				in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &child})
			}
			if r.IntN(3) == 0 {
				in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: "Ana", Email: "ana@example.org"}})
			}
			var v *workshops.RegistrationView
			if v, err = h.Register(h.me(m), w, in); err == nil {
				made = append(made, v)
			}
		case n == 4:
			_, err = h.Cancel(h.me(one.LeadMemberID), one.ID, workshops.Cancellation{})
		case n == 5:
			_, err = h.AcceptOffer(h.me(one.LeadMemberID), one.ID)
		case n == 6:
			_, err = h.Reinstate(h.staff(), one.ID, workshops.Reinstatement{Reason: "Again"})
		case n == 7:
			_, err = h.Approve(h.staff(), one.ID, workshops.Approval{})
		case n == 8:
			err = h.RemoveAttendee(h.me(one.LeadMemberID), one.ID, one.Attendees[r.IntN(len(one.Attendees))].ID)
		case n == 9:
			_, err = h.AddAttendee(h.me(one.LeadMemberID), one.ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: []models.SeatKind{models.SeatAdult, models.SeatChild}[r.IntN(2)]}})
		case n == 10:
			_, err = h.SwapAttendee(h.me(one.LeadMemberID), one.ID, one.Attendees[r.IntN(len(one.Attendees))].ID, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}})
		default:
			h.later(h.core.Clock.Now().Add(time.Duration(r.IntN(30)) * time.Hour))
		}
		if err != nil && codeOf(err) == "" {
			t.Fatalf("seed %d: %v", seed, err)
		}
		h.checkCounts()
	}
	states := map[models.RegistrationState]int{}
	for _, v := range made {
		states[h.now(v.ID).State]++
	}
	t.Logf("%d registrations: %v", len(made), states)
	if len(states) < 4 {
		t.Errorf("too little happened: %v", states)
	}
}

func TestTheLineIsReadInItsOrder(t *testing.T) {
	h := openHall(t)
	w, _ := h.full(1)
	var want []uuid.UUID
	for _, lead := range h.crowd(5) {
		want = append(want, h.register(h.me(lead), w, workshops.Register{}).ID)
	}
	var got []uuid.UUID
	cursor := ""
	for range 3 {
		page, err := h.Waitlist(h.staff(), w, workshops.WaitlistQuery{PageQuery: services.PageQuery{Limit: 2, Cursor: cursor}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Data {
			got = append(got, r.ID)
		}
		if page.NextCursor != nil {
			cursor = *page.NextCursor
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
