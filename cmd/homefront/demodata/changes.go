package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/workshops"
)

func (l *loader) hours(least, more int) time.Duration {
	return time.Duration(least)*time.Hour + time.Duration(l.rng.IntN(more*60))*time.Minute
}

// answers: whoever was invited says yes some hours later, now and then no, or nothing until the time has passed.
func (l *loader) answers(c *course, p *party, view *workshops.RegistrationView) {
	for _, a := range view.Attendees {
		if a.State != models.AttendeeInvited {
			continue
		}
		if p.unsure {
			l.when(a.InviteExpiresAt.Add(time.Second), l.due)
			continue
		}
		who, no := p.invites[0], l.rng.IntN(9) == 0 && !c.approval && p.family != l.ellery
		l.when(p.at.Add(l.hours(1, 9)), func(at time.Time) error {
			state, err := l.state(p)
			if err != nil || !state.Live() {
				return err
			}
			if no {
				_, err = l.s.Workshops.RefuseInvitation(l.at(at, who), p.id, a.ID)
			} else {
				_, err = l.s.Workshops.AcceptInvitation(l.at(at, who), p.id, a.ID, workshops.Acceptance{})
			}
			if err != nil {
				return fmt.Errorf("%s answers: %w", who.name(), err)
			}
			return l.offers(c)
		})
	}
}

// changes: staff decide about what waits for them, and some parties cannot come after all, a few of them late.
func (l *loader) changes(c *course, p *party, state models.RegistrationState) {
	if state == models.RegistrationPending {
		if p.start.After(l.now) && l.rng.IntN(2) == 0 {
			return // still on somebody's desk
		}
		at := p.at.Add(l.hours(20, 50))
		if at.After(p.start.Add(-2 * time.Hour)) {
			at = p.at.Add(20 * time.Minute)
		}
		l.when(at, func(at time.Time) error { return l.decide(c, p, at) })
		return
	}
	rarely := 9
	if c.fill > 100 {
		rarely = 4 // so that those who wait are offered something
	}
	if c.solo() || p.family == l.ellery || l.rng.IntN(rarely) > 0 {
		return
	}
	at := p.at.Add(l.hours(24, 24*9))
	if at.After(p.start.Add(-3*time.Hour)) || l.rng.IntN(3) == 0 {
		at = p.start.Add(-l.hours(3, 18))
	}
	l.when(at, func(at time.Time) error { return l.cancel(c, p, at) })
}

// state is where a party stands by now.
func (l *loader) state(p *party) (state models.RegistrationState, err error) {
	return state, l.db.QueryRow(l.ctx, `select state from registrations where id = $1`, p.id).Scan(&state)
}

func (l *loader) decide(c *course, p *party, at time.Time) error {
	state, err := l.state(p)
	if err != nil || state != models.RegistrationPending {
		return err
	}
	ctx := l.at(at, l.office["coordinator"])
	if c.approval {
		l.decided++
	}
	if c.approval && l.decided%6 == 3 {
		_, err = l.s.Workshops.Decline(ctx, p.id, workshops.Justification{Reason: "We talked on the telephone; another date suits them better."})
	} else {
		_, err = l.s.Workshops.Approve(ctx, p.id, workshops.Approval{})
	}
	if err != nil {
		return fmt.Errorf("decision about %s: %w", p.lead.name(), err)
	}
	return l.offers(c)
}

func (l *loader) cancel(c *course, p *party, at time.Time) error {
	state, err := l.state(p)
	if err != nil || !state.Live() {
		return err
	}
	in := workshops.Cancellation{}
	if p.actor != p.lead {
		in.Reason = "They called: the car broke down."
	}
	if _, err := l.s.Workshops.Cancel(l.at(at, p.actor), p.id, in); err != nil {
		return fmt.Errorf("%s cancels: %w", p.lead.name(), err)
	}
	return l.offers(c)
}

// offers: whoever was offered seats since we last looked takes them, declines, or lets the time pass.
func (l *loader) offers(c *course) error {
	rows, err := l.db.Query(l.ctx, `select r.id, r.lead_member_id, r.offered_at, r.offer_expires_at from registrations r where r.workshop_id = $1 and r.state = 'offered' order by r.offered_at, r.id`, c.workshop)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, lead uuid.UUID
		var offered, expires time.Time
		if err := rows.Scan(&id, &lead, &offered, &expires); err != nil {
			return err
		}
		if l.answering[id].Equal(offered) || lead == l.ellery.lead().member {
			continue
		}
		l.answering[id] = offered
		l.answerOffer(c, id, lead, offered, expires)
	}
	return rows.Err()
}

func (l *loader) answerOffer(c *course, id, lead uuid.UUID, offered, expires time.Time) {
	who := l.known[lead]
	if who.roles == nil {
		who = l.office["coordinator"]
	}
	answer := offered.Add(l.hours(1, 4))
	turn := len(l.answering) % 5
	if turn < 2 || c.silent || !answer.Before(expires) {
		c.silent = false
		l.when(expires.Add(time.Second), func(at time.Time) error {
			if err := l.due(at); err != nil {
				return err
			}
			return l.offers(c)
		})
		return
	}
	l.when(answer, func(at time.Time) error {
		var err error
		if turn != 3 {
			_, err = l.s.Workshops.AcceptOffer(l.at(at, who), id)
		} else {
			_, err = l.s.Workshops.DeclineOffer(l.at(at, who), id)
		}
		if err != nil {
			return fmt.Errorf("%s answers an offer: %w", who.name(), err)
		}
		return l.offers(c)
	})
}

// The household of member@ and spouse@ has something of everything.

// memberComes has a place in what is to come.
func memberComes(l *loader, _ *course) (*request, int) {
	return &request{family: l.ellery, lead: l.ellery.people[0]}, 2
}

// memberFamily came with all four.
func memberFamily(l *loader, _ *course) (*request, int) {
	f := l.ellery
	return &request{family: f, lead: f.people[0], come: f.people[2:], invites: f.people[1:2]}, 1
}

// memberWaits is third in line.
func memberWaits(l *loader, c *course) (*request, int) {
	return &request{family: l.ellery, lead: l.ellery.people[0]}, c.seats + 2
}

// memberIsOffered a seat: he was first in line when somebody cancelled three hours ago.
func memberIsOffered(l *loader, c *course) (*request, int) {
	l.when(l.now.Add(-3*time.Hour), func(at time.Time) error { return l.giveUp(c, at) })
	return &request{family: l.ellery, lead: l.ellery.people[0]}, c.seats
}

// nobodyAnswers: somebody cancels shortly before the start, and the first in line lets the offer expire.
func nobodyAnswers(l *loader, c *course) (*request, int) {
	l.when(c.first.Add(-60*time.Hour), func(at time.Time) error {
		c.silent = true
		if err := l.giveUp(c, at); err != nil {
			return err
		}
		return l.offers(c)
	})
	return nil, 0
}

// giveUp has the first who got a seat cancel.
func (l *loader) giveUp(c *course, at time.Time) error {
	var id, lead uuid.UUID
	err := l.db.QueryRow(l.ctx, `select id, lead_member_id from registrations where workshop_id = $1 and state = 'confirmed' order by created_at, id limit 1`, c.workshop).Scan(&id, &lead)
	if err != nil {
		return err
	}
	who, in := l.known[lead], workshops.Cancellation{}
	if who.roles == nil {
		who, in.Reason = l.office["coordinator"], "They called: a new shift at work."
	}
	_, err = l.s.Workshops.Cancel(l.at(at, who), id, in)
	return err
}

// spouseAsksMember along: she comes with the children, and he has not answered yet.
func spouseAsksMember(l *loader, _ *course) (*request, int) {
	f := l.ellery
	return &request{family: f, lead: f.people[1], come: f.people[2:], invites: f.people[:1], unsure: true, at: l.now.Add(-20 * time.Hour)}, 1
}
