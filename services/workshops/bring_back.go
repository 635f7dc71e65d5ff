package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// TaskComesBack asks staff whether a party has its place again, when what it was for takes place after all and something has
// changed for somebody of it.
const TaskComesBack models.TaskKind = "registration_comes_back"

// calledOff selects the registrations that ended with a workshop, or with one session of it, and that nothing happened to since.
const calledOff = `r.workshop_id = $1 and r.called_off_as is not null`

// goneParties is what is known of the separations of people whose places ended with a workshop or a session, read before
// anything of it is locked: people come before pools.
func goneParties(tx *services.Tx, workshopID uuid.UUID) (*people.Separations, error) {
	apart := people.SeparationsAmong(tx, `select r.lead_member_id from registrations r where `+calledOff+` union
		select a.member_id from attendees a join registrations r on r.id = a.registration_id where `+calledOff+` and a.state = 'attending' and a.member_id is not null`, workshopID)
	return apart, tx.Batch(apart.Lock(), apart.Read())
}

// bringBack gives the parties that ended with a workshop, or with one session of it, what they had: their seats, or their place
// in line. Whoever was offered seats stands first in line, behind those whom staff had moved up before. Their mails, what a form
// asks them, reminders and check-in codes follow. Parties for whom something has changed since are for staff. Those of a session
// that stays cancelled stay as they are.
func bringBack(tx *services.Tx, apart *people.Separations, workshopID uuid.UUID) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{SQL: `select distinct r.workshop_id, r.session_id from registrations r where ` + calledOff + ` order by r.workshop_id, r.session_id`,
		Args: []any{workshopID}, Scan: services.RowsInto(&grounds)})
	if err != nil || len(grounds) == 0 {
		return err
	}
	if err := atOnce(tx, calledOff+` and exists (select from workshop_sessions s where s.id = r.session_id and s.status = 'scheduled')`, workshopID); err != nil {
		return err
	}
	if _, err := lockAllPools(tx, workshopID); err != nil {
		return err
	}
	for _, g := range grounds {
		if err := bringBackTo(tx, apart, g); err != nil {
			return err
		}
	}
	return nil
}

// backOrder: who had seats has them again before anybody else is asked.
const backOrder = `case when r.called_off_as in ('confirmed', 'pending_approval') then 0 when r.called_off_as = 'offered' then 1 else 2 end, coalesce(r.queued_at, r.created_at), r.id`

func bringBackTo(tx *services.Tx, apart *people.Separations, g models.Pool) error {
	set := &partySet{}
	d, err := openDesk(tx, g.WorkshopID, g.SessionID, set.statements(`r.workshop_id = $1 and r.session_id is not distinct from $2 and r.called_off_as is not null`,
		backOrder, g.WorkshopID, g.SessionID)...)
	if err != nil || len(d.meetings) == 0 || d.over() {
		return err
	}
	d.apart = apart
	parties := set.parties()
	changed, err := d.changedSince(parties)
	if err != nil {
		return err
	}
	var back, left []*party
	for i, p := range parties {
		switch d.askAgain(p); {
		case p.empty(): // nobody is left of it
			left = append(left, p)
		case changed[p.ID]:
			left = append(left, p)
			if err := d.askWhetherBack(p); err != nil {
				return err
			}
		default:
			d.takeBack(p, i)
			back = append(back, p)
		}
	}
	for _, p := range left { // from now on they come back by staff's hand alone
		p.CalledOffAs = nil
	}
	d.shrunk = true // what is free now is offered
	if err := d.close(append(left, back...)...); err != nil {
		return err
	}
	return d.tellBack(back)
}

// takeBack gives one party what it had. Of those for whom there are no seats now, each stands in line as it comes back, by its number.
func (d *desk) takeBack(p *party, number int) {
	ahead, was := d.tx.Now().Add(time.Duration(number)*time.Microsecond), *p.CalledOffAs
	if d.apart.Held(p.members()...) {
		p.lookAt(models.ReviewHeld)
	}
	d.change(p, func() {
		p.ClosedAt, p.LateCancel = nil, false
		switch {
		case was.Seated() && d.fits(p.need()) && was == models.RegistrationConfirmed && len(p.Review) == 0:
			p.State = models.RegistrationConfirmed
		case was.Seated() && d.fits(p.need()):
			p.State = models.RegistrationPending
		case was == models.RegistrationWaitlisted:
			p.State = models.RegistrationWaitlisted
		default: // it was offered seats, or there are fewer than before
			if p.State = models.RegistrationWaitlisted; p.QueuedAt == nil {
				d.queue(p)
			}
			if p.MovedAheadAt == nil {
				p.MovedAheadAt = &ahead
			}
		}
	})
}

// askAgain gives those who were invited and had not answered the time that they would be given now. Who had refused in silence
// seems to be asked again like them.
func (d *desk) askAgain(p *party) {
	now := d.tx.Now()
	until := now.Add(inviteFor)
	if last := d.lastSeat().Add(-certainUntil); last.Before(until) {
		until = last
	}
	for i := range p.attendees {
		a := &p.attendees[i]
		switch asked := a.State == models.AttendeeInvited || a.State == models.AttendeeRefused && a.InviteExpiresAt.After(*p.ClosedAt); {
		case !asked:
		case until.After(now):
			if a.InviteExpiresAt = &until; a.State == models.AttendeeInvited {
				a.JoinedAt = nil // of whom nobody knew who they are, is asked once more
			}
		default:
			a.InviteExpiresAt = &now
			if a.State == models.AttendeeInvited {
				a.State, a.LeftAt = models.AttendeeLapsed, &now
			}
		}
	}
}

// changedSince finds the parties that staff look at before they come back: somebody of them has died, has another place at the
// same time by now or here, or was entered by somebody who may act for them no longer.
func (d *desk) changedSince(parties []*party) (map[uuid.UUID]bool, error) {
	out, seen := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	busy, err := d.elsewhere(parties)
	if err != nil {
		return nil, err
	}
	lost, err := d.withoutAuthority(parties)
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		lead := p.people[p.LeadMemberID]
		out[p.ID] = lead.Status == models.MemberDeceased
		for i := range p.attendees {
			a := &p.attendees[i]
			if !a.Goes() || a.MemberID == nil {
				continue
			}
			m := p.people[*a.MemberID]
			twice := seen[m.ID] && !a.Second
			seen[m.ID] = seen[m.ID] || !a.Second
			out[p.ID] = out[p.ID] || twice || m.Status == models.MemberDeceased || slices.Contains(busy, m.ID) || lost[a.ID]
		}
	}
	return out, nil
}

// elsewhereSQL finds who has a seat, taken since, in something that takes place at the same time; or one here. Of all their seats
// only those are looked at that may be such: who comes to a hundred sessions is asked about a hundred times.
const elsewhereSQL = `with seats as materialized (select a.member_id, r.workshop_id, r.session_id, r.created_at from attendees a join registrations r on r.id = a.registration_id
		where a.member_id = any($1) and a.live and a.state = 'attending' and r.state in ('confirmed', 'pending_approval')
			and (r.created_at >= $3 or r.workshop_id = $4 and (r.session_id is null or r.session_id = any($2)))),
	here as materialized (select id, starts_at, ends_at from workshop_sessions where id = any($2))
	select distinct seats.member_id from seats cross join here where exists (select from workshop_sessions o where o.workshop_id = seats.workshop_id
		and (seats.session_id is null or seats.session_id = o.id) and o.status = 'scheduled' and o.starts_at < here.ends_at and here.starts_at < o.ends_at
		and (seats.created_at >= $3 or o.id = here.id))`

func (d *desk) elsewhere(parties []*party) (busy []uuid.UUID, err error) {
	var members, sessions []uuid.UUID
	since := d.tx.Now()
	for _, p := range parties {
		members = append(members, p.members()...)
		if p.ClosedAt.Before(since) {
			since = *p.ClosedAt
		}
	}
	for i := range d.meetings {
		if d.toCome(&d.meetings[i]) {
			sessions = append(sessions, d.meetings[i].ID)
		}
	}
	return busy, d.tx.Batch(services.Statement{SQL: elsewhereSQL, Args: []any{members, sessions, since, d.workshop.ID}, Scan: idsInto(&busy)})
}

// withoutAuthority finds the attendees whom somebody entered who may act for them no longer.
func (d *desk) withoutAuthority(parties []*party) (map[uuid.UUID]bool, error) {
	var entered, by, of models.IDs
	for _, p := range parties {
		for i := range p.attendees {
			if a := &p.attendees[i]; a.Goes() && a.MemberID != nil && a.EnteredBy != *a.MemberID && a.InviteID == nil {
				entered, by, of = append(entered, a.ID), append(by, a.EnteredBy), append(of, *a.MemberID)
			}
		}
	}
	authority, err := people.AuthorityOfEach(d.tx, by, of)
	lost := map[uuid.UUID]bool{}
	for i := range entered {
		lost[entered[i]] = !authority[i].Allowed
	}
	return lost, err
}

// askWhetherBack leaves a party as it ended, for staff to reinstate. The words say nothing of why.
func (d *desk) askWhetherBack(p *party) error {
	_, err := tasks.Open(d.tx, tasks.New{Kind: TaskComesBack, MemberID: &p.LeadMemberID, Record: "registration", RecordID: &p.ID, Queue: "coordinators",
		Title: "It takes place after all: see whether this party comes, and reinstate it", DueAt: soon(d.tx.Now(), d.starts())})
	return err
}

// noLongerBack drops what staff were to see of parties that have not come back, when what they were for is called off again or
// is over: of a workshop, or of these sessions of it.
func noLongerBack(tx *services.Tx, workshopID uuid.UUID, sessions ...uuid.UUID) error {
	var ids []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select r.id from registrations r join tasks t on t.record = 'registration' and t.record <> '' and t.record_id = r.id and t.kind = $3
		and t.status in ('open', 'snoozed') where r.workshop_id = $1 and (cardinality($2::uuid[]) = 0 or r.session_id = any($2)) order by r.id`,
		Args: []any{workshopID, append([]uuid.UUID{}, sessions...), string(TaskComesBack)}, Scan: idsInto(&ids)})
	for _, id := range ids {
		if err == nil {
			err = tasks.CloseFor(tx, "registration", id, TaskComesBack)
		}
	}
	return err
}

// tellBack tells everybody who is back where they stand, and asks again whom there is to ask. Those who were offered what is free
// have been told that.
func (d *desk) tellBack(back []*party) error {
	offered, err := d.offeredNow(back)
	if err != nil {
		return err
	}
	for _, p := range back {
		if err := d.inviteMoved(p); err != nil {
			return err
		}
		if slices.Contains(offered, p.ID) {
			continue
		}
		event := eventOf(p.State)
		if p.State == models.RegistrationConfirmed {
			event = models.NoticeRegistrationReinstated
		}
		if err := firstOf(d.askToReview(p), d.tell(p, event)); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) offeredNow(back []*party) (ids []uuid.UUID, err error) {
	var waiting []uuid.UUID
	for _, p := range back {
		if p.State == models.RegistrationWaitlisted {
			waiting = append(waiting, p.ID)
		}
	}
	if len(waiting) == 0 {
		return nil, nil
	}
	return ids, d.tx.Batch(services.Statement{SQL: `select id from registrations where id = any($1) and state = 'offered'`, Args: []any{waiting}, Scan: idsInto(&ids)})
}
