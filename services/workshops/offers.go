package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/tasks"
)

// leastOffer is the shortest time that anybody is given to answer. Nobody is offered seats later than this before the
// last moment to have one: seats that are free then are for those whom staff call, or who stand at the door.
const leastOffer = 2 * time.Hour

// ExpireOffer is the job that ends an offer nobody answered.
type ExpireOffer struct {
	RegistrationID uuid.UUID `json:"registration_id"`
}

// Kind implements services.JobArgs.
func (ExpireOffer) Kind() string { return "registration.expire_offer" }

// promote offers free seats to those who wait: in the order of the list, each party that fits what is left. A party that
// is too large is passed over and keeps its place.
func (d *desk) promote() error {
	if !d.offering() {
		return nil
	}
	for offered := true; offered && d.room() > 0; { // once some are seated, others than those that were read may be the first that still fit
		fitting, err := d.fitting()
		if err != nil {
			return err
		}
		offered = false
		for _, p := range fitting {
			if d.fits(p.need()) {
				if err := d.offer(p); err != nil {
					return err
				}
				offered = true
			}
		}
	}
	return nil
}

// room is how many seats are free in pools that somebody waits for.
func (d *desk) room() (seats int) {
	for i := range d.pools {
		adults, children := d.pools[i].Open()
		switch {
		case d.pools[i].Waiting == 0:
		case d.pools[i].ChildCapacity == nil:
			seats += adults
		default:
			seats += adults + children
		}
	}
	return seats
}

const lineOrder = `coalesce(r.moved_ahead_at, 'infinity'::timestamptz), r.queued_at, r.id`

// readFitting finds the first parties of the line each of which would fit what is free of every pool ($3 its id, $4 seats
// for adults or for all, $5 those for children or null). Each takes a seat, so that no more of them are seated than there
// are seats ($6), and none of those who are passed ($7). In a long line of parties that are too large it answers nothing, and nothing else is read.
const readFitting = `select r.id from registrations r
	where r.workshop_id = $1 and r.session_id is not distinct from $2 and r.state = 'waitlisted'
		and exists (select from attendees a where a.registration_id = r.id and a.state in ('invited', 'attending'))
		and not exists (select from attendees a join unnest($3::uuid[], $4::int[], $5::int[]) room(pool_id, seats, children) on room.pool_id = a.pool_id
			where a.registration_id = r.id and a.state in ('invited', 'attending')
			group by room.pool_id, room.seats, room.children
			having count(*) filter (where room.children is null or a.kind = 'adult') > room.seats or count(*) filter (where a.kind = 'child') > room.children)
		and r.id <> all($7)
	order by ` + askOrder + ` limit $6`

// fitting reads those parties whole, in the order of the line.
func (d *desk) fitting(passed ...uuid.UUID) ([]*party, error) {
	pools, seats, forChildren := make([]uuid.UUID, len(d.pools)), make([]int, len(d.pools)), make([]*int, len(d.pools))
	for i := range d.pools {
		adults, children := d.pools[i].Open()
		pools[i], seats[i] = d.pools[i].ID, adults
		if d.pools[i].ChildCapacity != nil {
			forChildren[i] = &children
		}
	}
	var ids []uuid.UUID
	err := d.tx.Batch(services.Statement{SQL: readFitting, Args: []any{d.workshop.ID, d.sessionID, pools, seats, forChildren, d.room(), append([]uuid.UUID{}, passed...)}, Scan: idsInto(&ids)})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	set := &partySet{}
	err = d.tx.Batch(set.statements(`r.id = any($1)`, askOrder, ids)...)
	return set.parties(), err
}

// offer holds seats for a party that waited, and asks.
func (d *desk) offer(p *party) error {
	now := d.tx.Now()
	lead := p.people[p.LeadMemberID]
	expires := offerDeadline(now, d.lastSeat(), d.workshop.OfferHours, &lead)
	d.change(p, func() { p.State, p.OfferedAt, p.OfferExpiresAt = models.RegistrationOffered, &now, &expires })
	d.store(p)
	if err := d.tx.Enqueue(ExpireOffer{p.ID}, expires); err != nil {
		return err
	}
	return d.tell(p, models.NoticeRegistrationOffered)
}

// offerDeadline counts the hours outside the lead's quiet hours. The answer is due two hours before the start, so that
// the next can still be asked; but two hours to answer are always given.
func offerDeadline(now, start time.Time, hours int, lead *models.Member) time.Time {
	end := outsideQuietHours(now, time.Duration(hours)*time.Hour, lead)
	if last := start.Add(-leastOffer); last.Before(end) {
		end = last
	}
	if least := outsideQuietHours(now, leastOffer, lead); end.Before(least) {
		end = least
	}
	if start.Before(end) {
		return start
	}
	return end
}

// outsideQuietHours is when d has passed, on a clock that stands still in the member's quiet hours.
func outsideQuietHours(from time.Time, d time.Duration, m *models.Member) time.Time {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil || m.QuietFrom == nil || m.QuietUntil == nil || *m.QuietFrom == *m.QuietUntil {
		return from.Add(d)
	}
	at := from.In(zone)
	for range 60 { // a day has at least some minutes that are not quiet; the longest offer is a week
		if quietAt(at, *m.QuietFrom, *m.QuietUntil) {
			at = nextClock(at, *m.QuietUntil)
			continue
		}
		quiet := nextClock(at, *m.QuietFrom)
		if runs := quiet.Sub(at); d > runs {
			d, at = d-runs, quiet
			continue
		}
		return at.Add(d).UTC()
	}
	return at.Add(d).UTC()
}

func quietAt(t time.Time, from, until string) bool {
	clock := t.Format("15:04")
	if from < until {
		return from <= clock && clock < until
	}
	return clock >= from || clock < until
}

// nextClock is the next time after t at which the wall clock shows hh:mm.
func nextClock(t time.Time, clock string) time.Time {
	hm, err := time.Parse("15:04", clock)
	if err != nil {
		return t.Add(time.Hour)
	}
	next := time.Date(t.Year(), t.Month(), t.Day(), hm.Hour(), hm.Minute(), 0, 0, t.Location())
	if !next.After(t) {
		next = time.Date(t.Year(), t.Month(), t.Day()+1, hm.Hour(), hm.Minute(), 0, 0, t.Location())
	}
	return next
}

// AcceptOffer takes the seats that were offered, all of them. Where staff have something to look at it becomes pending; so it does
// where somebody is too young, not of the audience, or does not meet the rules by now: they have waited for it, and lose nothing
// by what changed.
// Errors: not_found; forbidden when the caller does not lead the party; conflict wrong_state, workshop_over, or
// offer_expired.
func (s *Service) AcceptOffer(ctx context.Context, id uuid.UUID) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.accept_offer", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openOffer(tx, id)
		if err != nil {
			return nil, err
		}
		now := tx.Now()
		if d.over() {
			return nil, services.Conflict(CodeWorkshopOver, "It is over.")
		}
		if !p.OfferStands(now) {
			return nil, services.Conflict(CodeOfferExpired, "The time to answer is over. The next on the list is asked.")
		}
		if err := d.seat(p); err != nil {
			return nil, err
		}
		return d.finish(p, d.settleOffer)
	})
}

// DeclineOffer gives the offered seats to the next, and leaves the list.
// Errors: not_found; forbidden when the caller does not lead the party; conflict wrong_state.
func (s *Service) DeclineOffer(ctx context.Context, id uuid.UUID) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, "registration.decline_offer", func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openOffer(tx, id)
		if err != nil {
			return nil, err
		}
		if err := d.end(p, models.RegistrationCancelled); err != nil {
			return nil, err
		}
		return d.finish(p, func(p *party) error { return d.settle(p, models.NoticeRegistrationCancelled) })
	})
}

func openOffer(tx *services.Tx, id uuid.UUID) (*desk, *party, error) {
	d, p, err := openPartyApart(tx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := leads(tx.Actor(), p); err != nil {
		return nil, nil, err
	}
	if p.State != models.RegistrationOffered {
		return nil, nil, services.Conflict(CodeWrongState, "Nothing is offered to this party at the moment.")
	}
	return d, p, nil
}

// settleOffer withdraws the question that was answered, and says what came of it.
func (d *desk) settleOffer(p *party) error {
	notices.Recall(d.tx, "registration", p.ID, models.NoticeRegistrationOffered)
	if err := tasks.CloseFor(d.tx, "registration", p.ID, models.TaskCall); err != nil {
		return err
	}
	if err := d.askToReview(p); err != nil {
		return err
	}
	return d.tellState(p)
}

// expireOffer ends an offer whose time has passed and offers the seats to the next. One that did not reach the lead is
// no silence: staff have the task to call, and it is kept for them as long as that makes sense. Most offers are answered
// by then, which a look tells without a transaction.
func (s *Service) expireOffer(ctx context.Context, args ExpireOffer) error {
	due, err := s.due(ctx, `select exists (select from registrations where id = ? and state = 'offered' and offer_expires_at <= ?)`, args.RegistrationID)
	if err != nil || !due {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "registration.expire_offer", func(tx *services.Tx) (*struct{}, error) {
		d, p, err := openParty(tx, args.RegistrationID)
		if err != nil {
			return nil, err
		}
		now := tx.Now()
		if p.State != models.RegistrationOffered || p.OfferStands(now) {
			tx.Unchanged()
			return nil, nil
		}
		kept, err := d.keepForCall(p)
		if err != nil || kept {
			return nil, err
		}
		if err := d.end(p, models.RegistrationExpired); err != nil {
			return nil, err
		}
		_, err = d.finish(p, func(p *party) error { return d.settle(p, models.NoticeRegistrationExpired) })
		return nil, err
	})
	return err
}

// keepForCall extends an offer whose mail came back, up to the last moment at which the next can still be asked.
func (d *desk) keepForCall(p *party) (bool, error) {
	last := d.lastSeat().Add(-leastOffer)
	if !p.OfferExpiresAt.Before(last) {
		return false, nil
	}
	var unreached bool
	err := d.tx.Batch(services.Statement{
		SQL: `select exists (select from messages where record = 'registration' and record_id = $1 and event = $2 and member_id = $3
			and created_at >= $4 and state in ('bounced', 'abandoned', 'skipped'))`,
		Args: []any{p.ID, string(models.NoticeRegistrationOffered), p.LeadMemberID, *p.OfferedAt},
		Scan: services.ScanOne("message", &unreached),
	})
	if err != nil || !unreached {
		return false, err
	}
	p.OfferExpiresAt = &last
	if _, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskCall, MemberID: &p.LeadMemberID, Record: "registration", RecordID: &p.ID, Queue: "coordinators",
		Title: "Call: seats are held for somebody whom no mail reaches", DueAt: d.tx.Now().Add(4 * time.Hour)}); err != nil {
		return false, err
	}
	if err := d.tx.Enqueue(ExpireOffer{p.ID}, last); err != nil {
		return false, err
	}
	return true, d.close(p)
}

// due asks by a query of an id and now whether a job has anything to do.
func (s *Service) due(ctx context.Context, query string, id uuid.UUID) (bool, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (due bool, err error) {
		return due, db.Raw(query, id, s.core.Clock.Now()).Scan(&due).Error
	})
}
