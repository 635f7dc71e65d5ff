package workshops

import (
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// A child may be booked by two guardians who do not know of one another. The second booking holds a seat of its own until
// staff have looked; approved, it shares the first one's seat; and when the first is given up, it takes the seat over. So
// neither guardian can tell from their own booking whether there is another.

// resolveSeconds decides, when staff accept a party, whether its second bookings are still second.
func (d *desk) resolveSeconds(p *party) error {
	for i := range p.attendees {
		a := &p.attendees[i]
		if !a.Second || a.MemberID == nil {
			continue
		}
		var first bool
		err := d.tx.Batch(services.Statement{
			SQL:  `select exists (select from attendees where pool_id = $1 and member_id = $2 and live and state = 'attending' and not second and id <> $3)`,
			Args: []any{a.PoolID, *a.MemberID, a.ID},
			Scan: services.ScanOne("attendee", &first),
		})
		if err != nil {
			return err
		}
		a.Second, a.SharesSeat = first, first
	}
	return nil
}

// noteLeavers remembers the children who held a place of their own before a party is stored, and hold none after.
func (d *desk) noteLeavers(p *party) {
	for _, was := range p.wasThere {
		if was.MemberID == nil || was.Kind != models.SeatChild || was.Second || !was.Live || !was.Goes() {
			continue
		}
		i := slices.IndexFunc(p.attendees, func(a models.Attendee) bool { return a.ID == was.ID })
		if i < 0 || !p.Live || !p.attendees[i].Goes() {
			d.left = append(d.left, was)
		}
	}
}

// handOver gives the places of the children who left to their second bookings, if there are any.
func (d *desk) handOver() error {
	left := d.left
	if d.left = nil; len(left) == 0 {
		return nil
	}
	members := make([]uuid.UUID, len(left))
	for i, a := range left {
		members[i] = *a.MemberID
	}
	var seconds []struct {
		models.Attendee
		RegistrationState models.RegistrationState
	}
	err := d.tx.Batch(services.Statement{
		SQL: `select distinct on (a.pool_id, a.member_id) ` + attendeeColumns + `, r.state as registration_state from attendees a join registrations r on r.id = a.registration_id
			where r.workshop_id = $1 and r.session_id is not distinct from $2 and a.live and a.state = 'attending' and a.second and a.member_id = any($3)
			order by a.pool_id, a.member_id, a.shares_seat desc, a.id`,
		Args: []any{d.workshop.ID, d.sessionID, members}, Scan: rowsInto(&seconds),
	})
	if err != nil {
		return err
	}
	for _, s := range seconds {
		if !slices.ContainsFunc(left, func(l models.Attendee) bool { return l.PoolID == s.PoolID && *l.MemberID == *s.MemberID }) {
			continue
		}
		after := s.Attendee
		after.Second, after.SharesSeat = false, false
		if s.SharesSeat && s.RegistrationState.HoldsSeats() {
			pool := d.pool(s.PoolID)
			pool.Taken, pool.TakenChildren = pool.Taken+1, pool.TakenChildren+1
		}
		d.tx.Queue(`update attendees set second = false, shares_seat = false, updated_at = $2 where id = $1`, s.ID, d.tx.Now())
		d.tx.Changed(s.Attendee, after)
	}
	return nil
}
