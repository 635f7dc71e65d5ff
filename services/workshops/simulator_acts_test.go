package workshops_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// simEntry is somebody who is entered: a member, a guest, or an adult who is asked along.
type simEntry struct {
	pool   int
	child  bool
	guest  bool
	invite bool
	member uuid.UUID
	known  uuid.UUID // whose address is invited; nil: nobody's we know
	claim  bool      // a child whose guardian is not confirmed
}

func (e simEntry) String() string {
	kind := "adult"
	if e.child {
		kind = "child"
	}
	switch {
	case e.guest:
		kind += " guest"
	case e.invite && e.known != uuid.Nil:
		kind += " invited, a member"
	case e.invite:
		kind += " invited"
	}
	return fmt.Sprintf("%s in %d", kind, e.pool)
}

// simEvent is one thing that somebody does.
type simEvent struct {
	kind    string
	staff   bool
	line    int // which of the workshop's lines
	party   uuid.UUID
	who     uuid.UUID // the attendee
	lead    uuid.UUID
	invite  uuid.UUID // what the token of the link is made from
	ids     []uuid.UUID
	entries []simEntry
	pools   []simPool
}

func (e simEvent) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s line %d", e.kind, e.line)
	if e.staff {
		b.WriteString(" by staff")
	}
	for i, id := range []uuid.UUID{e.party, e.who, e.lead} {
		if id != uuid.Nil {
			fmt.Fprintf(&b, " %s %s", []string{"party", "attendee", "lead"}[i], id)
		}
	}
	for _, in := range e.entries {
		b.WriteString(" with " + in.String())
	}
	if len(e.pools) > 0 {
		fmt.Fprintf(&b, " to %+v", e.pools)
	}
	return b.String()
}

// simAnswer is what the product said: who it made, or why it refused.
type simAnswer struct {
	party  uuid.UUID
	people []uuid.UUID
	codes  []string
}

// act does to the line what the event asks for, and answers the reasons for which it must be refused; then nothing changed.
func (l *simLine) act(e simEvent, now time.Time, got simAnswer) []string {
	after := l.clone()
	why := after.attempt(e, now, got)
	if len(why) == 0 {
		after.settle(now)
		*l = *after
	}
	return why
}

func (l *simLine) attempt(e simEvent, now time.Time, got simAnswer) (why []string) {
	no := func(when bool, code string) bool {
		if when {
			why = append(why, code)
		}
		return when
	}
	p := l.party(e.party)
	over := !now.Before(l.ends)
	if p == nil && e.kind != "register" {
		return []string{"not_found"}
	}
	switch e.kind {
	case "register":
		l.register(e, now, got, no)
	case "cancel":
		l.cancel(p, e, now, over, no)
	case "add":
		l.add(p, e, now, over, got, no)
	case "remove", "leave":
		l.remove(p, e, now, over, no)
	case "swap":
		l.swap(p, e, now, over, got, no)
	case "split":
		l.split(p, e, now, over, got, no)
	case "accept", "refuse":
		l.answer(p, e, now, over, no)
	default:
		l.decide(p, e, now, over, no)
	}
	return why
}

type simNo func(bool, string) bool

func (l *simLine) register(e simEvent, now time.Time, got simAnswer, no simNo) {
	p := &simParty{id: got.party, lead: e.lead, people: l.comers(e.entries, got.people, now)}
	need := needOf(p.people...)
	for _, a := range p.people {
		no(l.hasPlace(a.member, nil), "already_registered")
	}
	p.review = !e.staff && (l.approval || slices.ContainsFunc(e.entries, func(in simEntry) bool { return in.claim }))
	closed := l.window(now)
	no(closed != "", closed)
	no(l.tooLate(e.entries, now), "too_late")
	no(!l.holdsAll(need), "party_too_large")
	fits := l.spare(need)
	if no(!fits && l.listFull(need), "full") || no(alone(p.people), "adult_required") {
		return
	}
	l.parties = append(l.parties, p)
	switch {
	case !fits:
		l.enqueue(p)
	case p.review:
		p.state = "pending_approval"
	default:
		p.state = "confirmed"
	}
}

func (l *simLine) cancel(p *simParty, e simEvent, now time.Time, over bool, no simNo) {
	if p.state == "cancelled" || no(!p.live(), "wrong_state") || no(over && !e.staff, "workshop_over") {
		return
	}
	p.late = p.state == "confirmed" && l.isLate(now)
	l.end(p, "cancelled")
}

// again has staff look at a party that somebody joined.
func (l *simLine) again(p *simParty, e simEvent) {
	if !l.approval || e.staff {
		return
	}
	p.review = true
	if p.state == "confirmed" {
		p.state = "pending_approval"
	}
}

func (l *simLine) add(p *simParty, e simEvent, now time.Time, over bool, got simAnswer, no simNo) {
	comer := l.comers(e.entries, got.people[max(0, len(got.people)-1):], now)
	if closed := l.window(now); !e.staff {
		no(closed != "", closed)
	}
	no(!p.live() || p.state == "offered", "wrong_state")
	no(over, "workshop_over")
	no(l.tooLate(e.entries, now), "too_late")
	whole := append(slices.Clone(p.people), comer...)
	no(alone(whole), "adult_required")
	need := needOf(comer...)
	beside := p.holds() && !l.spare(need)
	no(beside && l.listFull(need), "full")
	no(!l.holdsAll(need), "party_too_large")
	if no(p.state == "waitlisted" && !l.holdsAll(needOf(whole...)), "party_too_large") || !p.live() || p.state == "offered" {
		return
	}
	if !beside {
		p.people = whole
		l.again(p, e)
		return
	}
	q := &simParty{id: got.party, lead: p.lead, people: comer, review: l.approval && !e.staff}
	l.enqueue(q)
	l.parties = append(l.parties, q)
}

func (l *simLine) remove(p *simParty, e simEvent, now time.Time, over bool, no simNo) {
	a := p.person(e.who)
	if no(a == nil, "not_found") {
		return
	}
	no(!p.live() || !a.seems(now), "wrong_state")
	no(over, "workshop_over")
	no(e.kind == "remove" && !e.staff && a.invited && a.comes() && a.member != e.lead, "not_yours_to_change")
	after := slices.Clone(p.people)
	gone := &after[slices.IndexFunc(after, func(b simPerson) bool { return b.id == a.id })]
	gone.state = "removed"
	last := deserted(&simParty{people: after}, now)
	lead := p.lead
	if a.member == p.lead && !last {
		next := slices.IndexFunc(after, func(b simPerson) bool { return b.comes() && !b.child && b.member != uuid.Nil })
		if no(next < 0, "adult_required") {
			return
		}
		lead = after[next].member
	}
	if no(!last && alone(after), "adult_required") || !p.live() || !a.seems(now) || over {
		return
	}
	p.people, p.lead = after, lead
	if last {
		p.late = p.state == "confirmed" && l.isLate(now)
		l.end(p, "cancelled")
	}
}

func (l *simLine) swap(p *simParty, e simEvent, now time.Time, over bool, got simAnswer, no simNo) {
	a := p.person(e.who)
	if no(a == nil, "not_found") {
		return
	}
	no(!p.live() || !a.seems(now), "wrong_state")
	no(over, "workshop_over")
	no(!e.staff && a.invited && a.comes() && a.member != e.lead, "not_yours_to_change")
	no(l.tooLate(e.entries, now), "too_late")
	after := slices.Clone(p.people)
	after[slices.IndexFunc(after, func(b simPerson) bool { return b.id == a.id })].state = "removed"
	after = append(after, l.comers(e.entries, got.people[max(0, len(got.people)-1):], now)...)
	no(alone(after), "adult_required")
	no(p.state == "waitlisted" && !l.holdsAll(needOf(after...)) || !l.holdsAll(needOf(after[len(after)-1])), "party_too_large")
	before := p.people
	p.people = after
	if no(p.holds() && !l.holdsAll(l.taken()), "full") {
		p.people = before
		return
	}
	l.again(p, e)
}

func (l *simLine) split(p *simParty, e simEvent, now time.Time, over bool, got simAnswer, no simNo) {
	q := *p
	q.id, q.lead, q.people, q.bounced, q.offers = got.party, e.lead, nil, false, index(p.state == "offered")
	var stay []simPerson
	for _, a := range p.people {
		if !slices.Contains(e.ids, a.id) {
			stay = append(stay, a)
			continue
		}
		no(!a.seems(now), "wrong_state")
		no(a.member != uuid.Nil && a.member == p.lead, "lead_stays")
		q.people = append(q.people, a)
	}
	no(!p.live(), "wrong_state")
	no(over, "workshop_over")
	no(len(q.people) != len(e.ids), "unknown_attendee")
	no(!slices.ContainsFunc(q.people, func(a simPerson) bool { return a.member == e.lead && a.comes() && !a.child }), "unknown_member")
	no(needOf(stay...) == (simNeed{}), "nobody_stays")
	if no(alone(stay) || alone(q.people), "adult_required") || !p.live() || over || needOf(stay...) == (simNeed{}) {
		return
	}
	l.numbers++
	p.people, q.number = stay, l.numbers
	l.parties = append(l.parties, &q)
}

// answer is what somebody says who was asked along.
func (l *simLine) answer(p *simParty, e simEvent, now time.Time, over bool, no simNo) {
	a := p.person(e.who)
	switch {
	case no(a == nil, "not_found"):
	case e.kind == "accept" && a.state == "attending", e.kind == "refuse" && a.state == "refused":
	case no(a.state != "invited" || !p.live(), "invitation_over"):
	case e.kind == "refuse":
		a.state = "refused"
	case no(over || !now.Before(a.until), "invitation_over"), no(l.hasPlace(a.known, nil), "already_registered"):
	default:
		a.state, a.member = "attending", a.known
	}
}

// decide is what the lead says to an offer, and what staff say of a party.
func (l *simLine) decide(p *simParty, e simEvent, now time.Time, over bool, no simNo) {
	confirm := func() {
		l.end(p, "confirmed")
		p.review, p.late, p.moved = false, false, time.Time{}
	}
	in := func(states ...string) bool { return !no(!slices.Contains(states, p.state), "wrong_state") }
	switch e.kind {
	case "accept_offer":
		if !in("offered") || no(over, "workshop_over") || no(!now.Before(p.until), "offer_expired") {
			return
		}
		l.seat(p)
	case "decline_offer":
		if in("offered") {
			l.end(p, "cancelled")
		}
	case "approve":
		if in("pending_approval") && !no(over, "workshop_over") {
			confirm()
		}
	case "decline":
		if in("pending_approval", "offered", "waitlisted") {
			l.end(p, "declined")
		}
	case "move_up":
		switch {
		case !in("waitlisted"):
		case l.asks(now):
			p.moved = now
		case !no(over, "workshop_over") && !no(!l.fits(needOf(p.people...)), "full"):
			l.seat(p)
		}
	case "bounce":
		p.bounced = p.bounced || p.state == "offered"
	case "reinstate":
		l.reinstate(p, now, over, confirm, no)
	}
}

// seat gives a party that waited its seats, or has staff look first.
func (l *simLine) seat(p *simParty) {
	p.review = p.review || l.approval
	if l.end(p, "confirmed"); p.review {
		p.state = "pending_approval"
	}
}

// reinstate brings a party back that had ended: seats if some are free, else ahead of those whom nobody moved.
func (l *simLine) reinstate(p *simParty, now time.Time, over bool, confirm func(), no simNo) {
	if no(p.live(), "wrong_state") || no(over, "workshop_over") {
		return
	}
	back := slices.Clone(p.people)
	for i := range back {
		if a := &back[i]; a.state == "invited" && !now.Before(a.until) {
			a.state = "lapsed"
		}
		no(back[i].comes() && l.hasPlace(back[i].member, p), "already_registered")
	}
	need := needOf(back...)
	switch {
	case no(need == simNeed{}, "wrong_state"), slices.ContainsFunc(back, func(a simPerson) bool { return a.comes() && l.hasPlace(a.member, p) }):
	case l.fits(need):
		p.people = back
		confirm()
	default:
		p.people = back
		l.enqueue(p)
		p.moved, p.late = now, false
	}
}

// holdsWith says whether everybody would keep their seats with other numbers of them.
func (l *simLine) holdsWith(pools []simPool) bool {
	c := *l
	c.pools = pools
	return c.holdsAll(l.taken())
}
