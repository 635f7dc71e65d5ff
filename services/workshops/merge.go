package workshops

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "workshop_facilitators", Column: "member_id", Key: "workshop_id"},
	services.Link{Table: "session_facilitators", Column: "member_id", Key: "session_id"},
	services.Link{Table: "workshop_passes", Column: "made_by"},
	services.Link{Table: "workshop_passes", Column: "member_id"},
	services.Link{Table: "registrations", Column: "lead_member_id"},
	services.Link{Table: "registrations", Column: "entered_by"},
	services.Link{Table: "attendees", Column: "member_id"},
	services.Link{Table: "attendees", Column: "entered_by"},
	services.Link{Table: "check_ins", Column: "scanned_by",
		Unless: "exists (select from check_ins w where w.session_id = t.session_id and w.scanned_by = $1 and w.nonce = t.nonce)"},
	services.Link{Table: "attendance", Column: "recorded_by"},
	services.Link{Table: "head_counts", Column: "recorded_by", Key: "session_id"},
	services.Link{Table: "released_places", Column: "released_from", Key: "attendee_id"},
	services.Link{Table: "certificates", Column: "member_id"},
	services.Link{Table: "certificates", Column: "issued_by"},
	services.Link{Table: "certificates", Column: "revoked_by"},
	services.Link{Table: "workshop_messages", Column: "written_by"},
	services.Link{Table: "workshop_messages", Column: "recalled_by"},
	services.Link{Table: "workshop_message_people", Column: "member_id"},
	services.Link{Table: "session_feedback", Column: "member_id", Unless: "exists (select from session_feedback w where w.session_id = t.session_id and w.member_id = $1)"},
	services.Link{Table: "thanks", Column: "from_member_id",
		Unless: "t.to_member_id = $1 or exists (select from thanks w where w.session_id = t.session_id and w.from_member_id = $1 and w.to_member_id = t.to_member_id)"},
	services.Link{Table: "thanks", Column: "to_member_id",
		Unless: "t.from_member_id = $1 or exists (select from thanks w where w.session_id = t.session_id and w.to_member_id = $1 and w.from_member_id = t.from_member_id)"},
)

const (
	// lockGrounds keeps everybody else's hands off the parties in which the loser is, or which they entered: whoever changes a
	// party writes back whom it names.
	lockGrounds = `select p.id from pools p join (select distinct r.workshop_id, r.session_id from registrations r where r.id in (
			select id from registrations where $1 in (lead_member_id, entered_by) union select registration_id from attendees where member_id = $1
			union select registration_id from attendees where entered_by = $1)) g
		on g.workshop_id = p.workshop_id and g.session_id is not distinct from p.session_id order by p.id for no key update of p`
	// twicePlaced are where the two have a place each.
	twicePlaced = `select distinct r.workshop_id, r.session_id from attendees t join registrations r on r.id = t.registration_id
		where t.member_id = $2 and t.live and t.state = 'attending' and not t.second and exists (select from attendees w join registrations o on o.id = w.registration_id
			where w.member_id = $1 and w.live and w.state = 'attending' and not w.second and o.workshop_id = r.workshop_id and o.session_id is not distinct from r.session_id)
		order by r.workshop_id, r.session_id`
	partiesOfTwo = `r.workshop_id = $1 and r.session_id is not distinct from $2 and r.live
		and r.id in (select a.registration_id from attendees a where a.member_id in ($3, $4) and a.live and a.state = 'attending')`
)

// Merge gives the winner the loser's places, parties and rosters. Where both have a place in one workshop the winner's stays, and
// the loser's party is superseded, or goes on without them when others are in it; the seat goes to who waits. A child whom two
// guardians have registered keeps both places until staff look: neither guardian learns of the other by a merge.
func Merge(m *services.Merge) error {
	m.Tx.Locks(services.LockPools)
	if _, err := m.Find(lockGrounds, m.Loser); err != nil {
		return err
	}
	var grounds []models.Pool
	if err := m.Tx.Batch(services.Statement{SQL: twicePlaced, Args: []any{m.Winner, m.Loser}, Scan: services.RowsInto(&grounds)}); err != nil {
		return err
	}
	for _, g := range grounds {
		if err := supersede(m, g); err != nil {
			return err
		}
	}
	for _, of := range []struct{ table, key string }{{"workshop_facilitators", "workshop_id"}, {"session_facilitators", "session_id"}} {
		err := m.Remove(of.table, of.key, "t.member_id = $2 and exists (select from "+of.table+" w where w.member_id = $1 and w."+of.key+" = t."+of.key+")", m.Winner, m.Loser)
		if err != nil {
			return err
		}
	}
	if err := m.Move(links...); err != nil {
		return err
	}
	return tellOf(m.Tx, m.Winner)
}

// tellOf has programs told again where people were, once it is settled who they are. What they were told so far is moved by
// programs; only a session that changed meanwhile needs it.
func tellOf(tx *services.Tx, members ...uuid.UUID) error {
	for _, id := range members {
		if err := tx.Enqueue(TellPrograms{id}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// supersede gives up the loser's place where the winner has one.
func supersede(m *services.Merge, ground models.Pool) error {
	set := &partySet{}
	d, err := openDesk(m.Tx, ground.WorkshopID, ground.SessionID, set.statements(partiesOfTwo, "r.id", ground.WorkshopID, ground.SessionID, m.Winner, m.Loser)...)
	if err != nil {
		return err
	}
	var parties []*party
	var of, who []uuid.UUID
	var kept models.Attendee
	for _, p := range set.parties() {
		for i := range p.attendees {
			switch a := &p.attendees[i]; {
			case !a.Goes() || a.Second || a.MemberID == nil:
			case *a.MemberID == m.Winner:
				kept = *a
			case *a.MemberID == m.Loser:
				parties, of, who = append(parties, p), append(of, p.ID), append(who, a.ID)
			}
		}
	}
	return m.Watch(models.MoveSuperseded, "registrations", of, func() error {
		return m.Watch(models.MoveSuperseded, "attendees", who, func() error {
			for i, p := range parties {
				if err := d.giveWay(p, who[i], &kept); err != nil {
					return err
				}
			}
			return d.close(parties...)
		})
	})
}

// giveWay takes one attendee out of a party, because the same person comes with another.
func (d *desk) giveWay(p *party, id uuid.UUID, kept *models.Attendee) error {
	a, err := p.attendee(id)
	if err != nil {
		return err
	}
	if a.Kind == models.SeatChild && a.EnteredBy != kept.EnteredBy {
		p.quiet = p.State != models.RegistrationPending
		a.Second = true
		if !p.quiet {
			p.lookAt(models.ReviewSecondBooking)
		}
		return nil
	}
	now := d.tx.Now()
	d.change(p, func() { a.State, a.LeftAt = models.AttendeeRemoved, &now })
	if !p.deserted(now) {
		return nil
	}
	if err := d.end(p, models.RegistrationSuperseded); err != nil {
		return err
	}
	return d.withdraw(p)
}

// Unmerge gives the loser back what was theirs. A place that was superseded is given back when its seats are free still; else it
// is left as it is, for staff to see to.
func Unmerge(u *services.Unmerge) error {
	u.Tx.Locks(services.LockPools)
	var parties []uuid.UUID
	for _, table := range []string{"registrations", "attendees"} {
		for _, move := range u.Of(table) {
			parties = append(parties, move.RowID)
		}
	}
	u.Tx.Queue(`select p.id from pools p join (select distinct r.workshop_id, r.session_id from registrations r
			where r.id = any($1) or r.id in (select registration_id from attendees where id = any($1))) g
		on g.workshop_id = p.workshop_id and g.session_id is not distinct from p.session_id order by p.id for no key update of p`, parties)
	seats := func(m *models.MergeMove) (bool, error) {
		return m.What == models.MoveSuperseded && (m.Table == "registrations" || m.Table == "attendees"), nil
	}
	err := u.BackWith([]string{"workshop_facilitators", "session_facilitators", "workshop_passes", "registrations", "attendees", "check_ins", "attendance", "head_counts", "released_places", "certificates", "session_feedback", "thanks", "workshop_messages", "workshop_message_people"}, seats)
	if err != nil {
		return err
	}
	for _, move := range u.Of("attendees") {
		if move.What != models.MoveSuperseded {
			continue
		}
		if err := reseat(u, move); err != nil {
			return err
		}
	}
	return tellOf(u.Tx, u.Winner, u.Loser)
}

// reseat gives one attendee, and the party that ended with them, back what they had.
func reseat(u *services.Unmerge, seat *models.MergeMove) error {
	var at []models.Registration
	err := u.Tx.Batch(services.Statement{SQL: `select r.id, r.workshop_id, r.session_id from attendees a join registrations r on r.id = a.registration_id where a.id = $1`,
		Args: []any{seat.RowID}, Scan: services.RowsInto(&at)})
	if err != nil || len(at) == 0 {
		return err
	}
	var whole *models.MergeMove
	for _, move := range u.Of("registrations") {
		if move.RowID == at[0].ID && move.What == models.MoveSuperseded {
			whole = move
		}
	}
	done, err := u.Try(func() (bool, error) {
		d, p, err := openKnown(u.Tx, at[0].WorkshopID, at[0].SessionID, at[0].ID)
		if err != nil {
			return false, err
		}
		a, err := p.attendee(seat.RowID)
		if err != nil {
			return false, err
		}
		back, err := asBefore(p, a, whole, seat)
		if err != nil || back == nil {
			return false, err
		}
		d.change(p, back)
		if d.oversold() || p.State == models.RegistrationOffered && !p.OfferStands(u.Tx.Now()) {
			return false, nil
		}
		if err := d.close(p); err != nil {
			return false, err
		}
		return true, d.askToReview(p)
	})
	if err != nil {
		return err
	}
	seat.End(done)
	if whole != nil {
		whole.End(done)
	}
	return nil
}

// seatImage and partyImage are what a merge may have changed of the two; null where it did not.
type (
	seatImage struct {
		State  *models.AttendeeState
		Second *bool
	}
	partyImage struct {
		State          *models.RegistrationState
		OfferExpiresAt *time.Time `json:"offer_expires_at"`
		Review         *[]models.ReviewReason
	}
)

func imagesOf[T any](move *models.MergeMove) (before, after T, err error) {
	if move == nil {
		return before, after, nil
	}
	if err := json.Unmarshal(*move.Before, &before); err != nil {
		return before, after, err
	}
	return before, after, json.Unmarshal(*move.After, &after)
}

// asBefore is what puts a party back, or nil when it changed since.
func asBefore(p *party, a *models.Attendee, whole, seat *models.MergeMove) (func(), error) {
	had, has, err := imagesOf[seatImage](seat)
	if err != nil {
		return nil, err
	}
	was, is, err := imagesOf[partyImage](whole)
	if err != nil || has.State != nil && a.State != *has.State || is.State != nil && p.State != *is.State {
		return nil, err
	}
	return func() {
		if had.State != nil {
			a.State, a.LeftAt = *had.State, nil
		}
		if had.Second != nil {
			a.Second = *had.Second
		}
		if was.State != nil {
			p.State, p.ClosedAt, p.OfferExpiresAt = *was.State, nil, was.OfferExpiresAt
		}
		if was.Review != nil {
			p.Review = slices.Clone(*was.Review)
		}
	}, nil
}
