package workshops_test

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// The waitlist as it is meant to be, in memory: what the simulator compares the product with. It is written from the
// description of the domain and asks nothing of the product's code. Nothing is counted but from the people themselves, and
// nothing is locked. A use case answers why it may be refused; where there is no reason it must succeed.

// simPool is a set of seats; children are on the same ones where childSeats is negative.
type simPool struct {
	mode       string
	seats      int
	childSeats int
}

// simPerson is one of a party.
type simPerson struct {
	id      uuid.UUID
	pool    int
	child   bool
	guest   bool
	invited bool
	member  uuid.UUID // who it is, as far as we know
	known   uuid.UUID // of an invitation: the member whose address was asked
	state   string
	until   time.Time // of an invitation
	number  int       // of the invitation, in the order in which they were sent
}

func (p *simPerson) sits() bool  { return p.state == "invited" || p.state == "attending" }
func (p *simPerson) comes() bool { return p.state == "attending" }

// seems says whether the party believes that the person is of it: a refusal looks like an invitation until its time is over.
func (p *simPerson) seems(now time.Time) bool {
	return p.sits() || p.state == "refused" && now.Before(p.until)
}

// simParty is a registration.
type simParty struct {
	id      uuid.UUID
	lead    uuid.UUID
	state   string
	review  bool // staff look at it before it is confirmed
	late    bool
	people  []simPerson
	queued  int       // place in line
	moved   time.Time // when staff moved it ahead
	until   time.Time // of the offer
	number  int       // of the offer, among offers and invitations
	bounced bool      // nobody read of the offer
	offered time.Time // when it was offered seats last
	offers  int       // how often
}

func (p *simParty) holds() bool {
	return p.state == "pending_approval" || p.state == "confirmed" || p.state == "offered"
}
func (p *simParty) live() bool { return p.holds() || p.state == "waitlisted" }

func (p *simParty) person(id uuid.UUID) *simPerson {
	if i := slices.IndexFunc(p.people, func(a simPerson) bool { return a.id == id }); i >= 0 {
		return &p.people[i]
	}
	return nil
}

// simNeed is the seats of each pool: for adults, for children.
type simNeed [2][2]int

func needOf(people ...simPerson) (n simNeed) {
	for i := range people {
		if p := &people[i]; p.sits() {
			n[p.pool][index(p.child)]++
		}
	}
	return n
}

func index(child bool) int {
	if child {
		return 1
	}
	return 0
}

func (n simNeed) plus(m simNeed) simNeed {
	for i := range n {
		for j := range n[i] {
			n[i][j] += m[i][j]
		}
	}
	return n
}

// simClock is what one member's quiet hours are.
type simClock struct {
	zone        *time.Location
	from, until string // HH:MM; empty: none
}

// simLine is a workshop, or one session of it that has places of its own: its seats and everybody who wants one.
type simLine struct {
	workshop, session uuid.UUID
	opens, closes     time.Time   // zero: at once; at the start
	starts            []time.Time // of the sessions that a place is good for
	ends              time.Time
	approval          bool
	mostWaiting       int // parties per pool; negative: no limit
	offerHours        int
	deadlineHours     int
	pools             []simPool
	parties           []*simParty
	queue, numbers    int
	clocks            map[uuid.UUID]simClock
}

func (l *simLine) clone() *simLine {
	c := *l
	c.pools = slices.Clone(l.pools)
	c.parties = make([]*simParty, len(l.parties))
	for i, p := range l.parties {
		q := *p
		q.people = slices.Clone(p.people)
		c.parties[i] = &q
	}
	return &c
}

func (l *simLine) party(id uuid.UUID) *simParty {
	if i := slices.IndexFunc(l.parties, func(p *simParty) bool { return p.id == id }); i >= 0 {
		return l.parties[i]
	}
	return nil
}

// taken is what those who hold seats take, all of them counted.
func (l *simLine) taken() (n simNeed) {
	for _, p := range l.parties {
		if p.holds() {
			n = n.plus(needOf(p.people...))
		}
	}
	return n
}

func (l *simLine) holdsAll(n simNeed) bool {
	for i, pool := range l.pools {
		adults, children := n[i][0], n[i][1]
		if pool.childSeats < 0 {
			adults, children = adults+children, 0
		}
		if adults > pool.seats || children > max(pool.childSeats, 0) {
			return false
		}
	}
	return true
}

// fits says whether so many find seats. Who needs none of a pool need not care how full it is.
func (l *simLine) fits(n simNeed) bool { return l.holdsAll(l.taken().plus(n)) }

// spare says whether so many find seats once all who wait and fit have theirs, the first first: whatever the hour, a newcomer is
// seated only if no waiting party fits.
func (l *simLine) spare(n simNeed) bool {
	all := l.taken()
	for _, p := range l.line() {
		if with := all.plus(needOf(p.people...)); l.holdsAll(with) {
			all = with
		}
	}
	return l.holdsAll(all.plus(n))
}

// line is who waits, in order: moved ahead, then as they came.
func (l *simLine) line() (out []*simParty) {
	for _, p := range l.parties {
		if p.state == "waitlisted" {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *simParty) int {
		switch {
		case a.moved.IsZero() != b.moved.IsZero():
			return index(a.moved.IsZero()) - index(b.moved.IsZero())
		case !a.moved.Equal(b.moved):
			return a.moved.Compare(b.moved)
		}
		return cmp.Or(cmp.Compare(a.queued, b.queued), bytes.Compare(a.id[:], b.id[:]))
	})
	return out
}

func (l *simLine) listFull(n simNeed) bool {
	for i := range l.pools {
		waiting := 0
		for _, p := range l.line() {
			if m := needOf(p.people...); m[i] != [2]int{} {
				waiting++
			}
		}
		if n[i] != [2]int{} && l.mostWaiting >= 0 && waiting >= l.mostWaiting {
			return true
		}
	}
	return false
}

// last is until when a place is worth having: the start, or of a series that one may join later the end of registration.
func (l *simLine) last() time.Time {
	last := l.starts[0]
	if l.closes.After(last) {
		last = l.starts[len(l.starts)-1]
		if l.closes.Before(last) {
			last = l.closes
		}
	}
	return last
}

// window says why nobody may register now.
func (l *simLine) window(now time.Time) string {
	closes := l.starts[0]
	if !l.closes.IsZero() {
		closes = l.closes
	}
	switch {
	case !now.Before(closes):
		return "registration_closed"
	case now.Before(l.opens):
		return "registration_not_open"
	}
	return ""
}

// asks says whether there is time to answer an offer.
func (l *simLine) asks(now time.Time) bool { return now.Before(l.last().Add(-2 * time.Hour)) }

// settle offers what is free to the first in line that fit, for as long as there is time to answer.
func (l *simLine) settle(now time.Time) {
	if !l.asks(now) {
		return
	}
	for _, p := range l.line() {
		if n := needOf(p.people...); n != (simNeed{}) && l.fits(n) {
			l.numbers++
			p.state, p.until, p.number, p.bounced = "offered", l.deadline(now, l.clocks[p.lead]), l.numbers, false
			p.offered, p.offers = now, p.offers+1
		}
	}
}

// deadline gives the hours that an offer has outside quiet hours, two at least, and till two hours before the start.
func (l *simLine) deadline(now time.Time, clock simClock) time.Time {
	until := earlier(clock.awake(now, l.offerHours), l.last().Add(-2*time.Hour))
	if least := clock.awake(now, 2); until.Before(least) {
		until = least
	}
	return earlier(until, l.last())
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// awake is when so many hours have passed that were not quiet, minute by minute.
func (c simClock) awake(from time.Time, hours int) time.Time {
	at := from
	for left := hours * 60; left > 0; at = at.Add(time.Minute) {
		if c.from == "" || !between(at.In(c.zone).Format("15:04"), c.from, c.until) {
			left--
		}
	}
	return at
}

func between(clock, from, until string) bool {
	if from < until {
		return from <= clock && clock < until
	}
	return clock >= from || clock < until
}

// hasPlace says whether a member has a live place already.
func (l *simLine) hasPlace(member uuid.UUID, except *simParty) bool {
	return member != uuid.Nil && slices.ContainsFunc(l.parties, func(p *simParty) bool {
		return p != except && p.live() && slices.ContainsFunc(p.people, func(a simPerson) bool { return a.comes() && a.member == member })
	})
}

// alone says whether a child would come without an adult who comes for certain.
func alone(people []simPerson) bool {
	child := slices.ContainsFunc(people, func(a simPerson) bool { return a.sits() && a.child })
	return child && !slices.ContainsFunc(people, func(a simPerson) bool { return a.comes() && !a.child })
}

func deserted(p *simParty, now time.Time) bool {
	return !slices.ContainsFunc(p.people, func(a simPerson) bool { return a.seems(now) })
}

// isLate says whether the deadline of the next session has passed.
func (l *simLine) isLate(now time.Time) bool {
	for _, start := range l.starts {
		if now.Before(start) {
			return now.After(start.Add(-time.Duration(l.deadlineHours) * time.Hour))
		}
	}
	return true
}

func (l *simLine) end(p *simParty, state string) { p.state, p.until = state, time.Time{} }

// enqueue puts a party at the end of the line.
func (l *simLine) enqueue(p *simParty) {
	l.queue++
	p.state, p.queued = "waitlisted", l.queue
}

// comers are people as they are entered: those who are invited have a time to answer.
func (l *simLine) comers(entries []simEntry, ids []uuid.UUID, now time.Time) (people []simPerson) {
	for i, e := range entries {
		a := simPerson{pool: e.pool, child: e.child, guest: e.guest, invited: e.invite, member: e.member, known: e.known, state: "attending"}
		if i < len(ids) {
			a.id = ids[i]
		}
		if e.invite {
			l.numbers++
			a.state, a.until, a.number = "invited", l.inviteUntil(now), l.numbers
		}
		people = append(people, a)
	}
	return people
}

// inviteUntil: two days, and the seat is certain two hours before the start.
func (l *simLine) inviteUntil(now time.Time) time.Time {
	return earlier(now.Add(48*time.Hour), l.last().Add(-2*time.Hour))
}

func (l *simLine) tooLate(entries []simEntry, now time.Time) bool {
	return !l.inviteUntil(now).After(now) && slices.ContainsFunc(entries, func(e simEntry) bool { return e.invite })
}

// due is the next time, later than after, from which somebody's time to answer is over.
func (l *simLine) due(after time.Time) (next time.Time) {
	at := func(t time.Time) {
		if t.After(after) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, p := range l.parties {
		if p.state == "offered" {
			at(p.until)
		}
		for i := range p.people {
			if a := &p.people[i]; p.live() && (a.state == "invited" || a.state == "refused" && needOf(p.people...) == (simNeed{})) {
				at(a.until)
			}
		}
	}
	return next
}

// pass ends what nobody answered in time, in the order in which it was asked. What ends at one instant is for several workers to end,
// any of them first: back takes it the other way round.
func (l *simLine) pass(now time.Time, back bool) {
	type due struct {
		at     time.Time
		number int
		end    func()
	}
	var all []due
	for _, p := range l.parties {
		if p.state == "offered" && !now.Before(p.until) {
			all = append(all, due{p.until, p.number, func() { l.expire(p, now) }})
		}
		for i := range p.people {
			if a := &p.people[i]; a.invited && (a.state == "invited" || a.state == "refused") && !now.Before(a.until) {
				all = append(all, due{a.until, a.number, func() { l.lapse(p, a, now) }})
			}
		}
	}
	slices.SortFunc(all, func(a, b due) int {
		if back {
			a.number, b.number = b.number, a.number
		}
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.number, b.number))
	})
	for _, d := range all {
		d.end()
		l.settle(now)
	}
}

// expire ends an offer; one that did not arrive is kept as long as there is time to ask the next.
func (l *simLine) expire(p *simParty, now time.Time) {
	last := l.last().Add(-2 * time.Hour)
	switch {
	case p.state != "offered" || now.Before(p.until):
	case p.bounced && p.until.Before(last):
		p.until = last
	default:
		l.end(p, "expired")
	}
}

func (l *simLine) lapse(p *simParty, a *simPerson, now time.Time) {
	if !p.live() {
		return
	}
	if a.state == "invited" {
		a.state = "lapsed"
	}
	if deserted(p, now) {
		l.end(p, "cancelled")
	}
}
