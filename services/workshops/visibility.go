package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ownRegistrations are the parties that a member leads, comes with, or has entered somebody into.
func ownRegistrations(member uuid.UUID) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where(`registrations.id in (select id from registrations where lead_member_id = ?
			 union select registration_id from attendees where member_id = ? and state = 'attending' and not second
			 union select registration_id from attendees where entered_by = ? and state = 'attending' and invite_id is null and member_id is not null)`, member, member, member)
	}
}

// ownNow is ownRegistrations without the parties of which nobody is left whom the member may still see, and with those
// that another guardian shares of a child of theirs. That is for reading alone.
func ownNow(member uuid.UUID, released, children []uuid.UUID) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		own := ownRegistrations(member)(db.Session(&gorm.Session{NewDB: true}))
		if len(released) > 0 {
			own = own.Where(`(not exists (select from attendees a where a.registration_id = registrations.id and a.member_id in ?)
				or exists (select from attendees a where a.registration_id = registrations.id and a.state <> 'removed' and (a.member_id is null or a.member_id not in ?)))`, released, released)
		}
		if len(children) == 0 {
			return db.Where(own)
		}
		return db.Where(own.Or(`registrations.shared_with_guardians and registrations.id in (
			select registration_id from attendees where member_id in ? and kind = 'child' and state = 'attending')`, children))
	}
}

// lostTo says whether nobody is left of the party whom the actor may still see: they had entered all of it for members
// whom they may act for no longer.
func (p *party) lostTo(actor *services.Actor) bool {
	if len(p.released) == 0 {
		return false
	}
	gone := false
	for i := range p.attendees {
		a := &p.attendees[i]
		if p.hides(a) {
			gone = true
		} else if a.State != models.AttendeeRemoved {
			return false
		}
	}
	return gone
}

// settled keeps somebody from changing a party with a child in it whom they may act for no longer. The child's place is
// about to get somebody else to look after it, and then the party is theirs to change again. Who neither leads the party
// nor entered the child has no say in its place, and is not kept waiting.
// Errors: not_found when nothing of the party is theirs to see; unavailable busy.
func (p *party) settled(tx *services.Tx) error {
	actor := tx.Actor()
	if p.lostTo(actor) {
		return services.NotFound("registration")
	}
	if p.State.Live() && slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return p.hides(&a) && a.State.HoldsSeat() && (p.LeadMemberID == actor.MemberID || a.EnteredBy == actor.MemberID)
	}) {
		return services.Unavailable(services.CodeBusy, "This party is just being changed. Try again in a few minutes.")
	}
	return nil
}

// The SQL of whose parties staff must not handle: of people close to them, of those whose records are kept to others, and of both
// sides of a separation of which they or somebody close to them are one. Its arguments: the caller, the day, models.SeparationDay.
const (
	notTheirs   = `with me as (select * from (values ($1::uuid, $2::date, $3::date))` + notTheirsOf
	notTheirsIn = `with me as (select * from (values (?::uuid, ?::date, ?::date))` + notTheirsOf
	notTheirsOf = ` v(id, day, last)), closed as materialized (select closed_to(me.id, me.day) as id from me)
		select id from closed union select unnest(array[s.first_id, s.second_id]) from separations s cross join me where s.status = 'live' and (s.ends_on is null or s.ends_on >= me.last)
			and (s.first_id = any(array(select id from closed union all select id from me)) or s.second_id = any(array(select id from closed union all select id from me)))`
)

// closedTo lists them.
func closedTo(db *gorm.DB, actor *services.Actor, now time.Time) (out []uuid.UUID, err error) {
	if !actor.Coordinates() {
		return nil, nil
	}
	return out, db.Raw(notTheirsIn, actor.MemberID, models.DateOf(now), models.SeparationDay(now)).Scan(&out).Error
}

// closedToCaller says whether one of these is of the party.
func (p *party) closedToCaller() bool {
	return slices.Contains(p.closed, p.LeadMemberID) || slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return a.MemberID != nil && slices.Contains(p.closed, *a.MemberID)
	})
}

// hides says whether the attendee is nobody to the caller any more.
func (p *party) hides(a *models.Attendee) bool {
	return a.MemberID != nil && slices.Contains(p.released, *a.MemberID)
}

// sharedTo says whether the actor sees the party only because another guardian shares it.
func (p *party) sharedTo(actor *services.Actor) bool {
	return p.LeadMemberID != actor.MemberID && !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool {
		return a.State == models.AttendeeAttending && (a.MemberID != nil && *a.MemberID == actor.MemberID && !a.Second ||
			a.EnteredBy == actor.MemberID && a.InviteID == nil && a.MemberID != nil)
	})
}

// sight is whom a member lost, and the children they are guardian of.
type sight struct{ released, children models.IDs }

// sightOf reads it, for those whose sight is not that of staff.
func sightOf(db *gorm.DB, actor *services.Actor, now time.Time) (sight, error) {
	ties, err := people.TiesOf(db, actor.MemberID)
	return sight{ties.Released(now), ties.Children(now)}, err
}
