package workshops_test

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// simKinds are the events, each as often as it is listed.
var simKinds = []struct {
	kind string
	of   int
}{
	{"register", 26}, {"add", 9}, {"remove", 6}, {"swap", 4}, {"split", 5}, {"leave", 3}, {"accept", 11}, {"refuse", 5}, {"cancel", 8}, {"accept_offer", 9}, {"decline_offer", 3},
	{"capacity", 5}, {"move_up", 4}, {"approve", 6}, {"decline", 3}, {"reinstate", 6}, {"bounce", 2},
}

// next is what happens in a workshop next: mostly something that can succeed, sometimes anything.
func (s *simulation) next(w *simWorkshop) simEvent {
	all := 0
	for _, k := range simKinds {
		all += k.of
	}
	n, kind := s.rand.IntN(all), ""
	for _, k := range simKinds {
		if n -= k.of; n < 0 {
			kind = k.kind
			break
		}
	}
	e := simEvent{kind: kind, line: s.rand.IntN(len(w.lines)), staff: s.rand.IntN(5) == 0}
	l := w.lines[e.line]
	switch kind {
	case "register":
		return s.register(l, e)
	case "capacity":
		return s.capacity(w, e)
	}
	wild := s.rand.IntN(12) == 0 && kind != "bounce" && kind != "leave"
	var could []simEvent
	for _, p := range l.parties {
		could = append(could, s.could(l, p, e, wild)...)
	}
	if len(could) == 0 {
		return s.register(l, simEvent{kind: "register", line: e.line, staff: e.staff})
	}
	return could[s.rand.IntN(len(could))]
}

// could are the ways in which the event may concern a party.
func (s *simulation) could(l *simLine, p *simParty, e simEvent, wild bool) (out []simEvent) {
	e.party, e.lead = p.id, p.lead
	one := func(ok bool) {
		if ok || wild {
			out = append(out, e)
		}
	}
	switch e.kind {
	case "cancel":
		one(p.live())
	case "accept_offer", "decline_offer", "bounce":
		e.staff = false
		one(p.state == "offered")
	case "approve":
		one(p.state == "pending_approval")
	case "decline":
		one(p.live() && p.state != "confirmed")
	case "move_up":
		one(p.state == "waitlisted")
	case "reinstate":
		one(!p.live())
	case "add":
		if s.bringsFew(l, p.lead) {
			e.entries = []simEntry{s.stranger(l)}
			one(p.live())
		}
	case "split":
		out = s.splits(p, e)
	default:
		out = s.aboutOne(l, p, e, wild)
	}
	return out
}

// aboutOne are the events that concern one of a party.
func (s *simulation) aboutOne(l *simLine, p *simParty, e simEvent, wild bool) (out []simEvent) {
	for i := range p.people {
		a := &p.people[i]
		e := e
		e.who = a.id
		ok := false
		switch e.kind {
		case "accept", "refuse":
			e.staff, e.invite = false, s.links[a.id]
			ok = a.invited && (a.state == "invited" || wild) && e.invite != uuid.Nil
		case "leave":
			e.staff, e.lead = false, a.member
			ok = a.comes() && !a.child && a.member != uuid.Nil
		case "remove", "swap":
			own := a.guest || a.invited // of children and of others who come it is not asked here who entered them
			ok = p.live() && (own || e.staff) && (wild || !a.comes() || a.guest || e.staff) && (e.kind == "remove" || a.member != p.lead)
			e.entries = nil
			if e.kind == "swap" {
				e.entries = []simEntry{{pool: a.pool, guest: true, child: s.rand.IntN(4) == 0}}
				ok = ok && s.bringsFew(l, p.lead)
			}
		}
		if ok {
			out = append(out, e)
		}
	}
	return out
}

// splits part an adult member from a party, with some of those who belong to nobody else.
func (s *simulation) splits(p *simParty, e simEvent) (out []simEvent) {
	e.staff = false
	for _, a := range p.people {
		if !a.comes() || a.child || a.member == uuid.Nil || a.member == p.lead {
			continue
		}
		e := e
		e.lead, e.who, e.ids = a.member, p.lead, []uuid.UUID{a.id}
		for _, b := range p.people {
			if b.id != a.id && b.guest && b.sits() && s.rand.IntN(2) == 0 {
				e.ids = append(e.ids, b.id)
			}
		}
		out = append(out, e)
	}
	return out
}

// bringsFew keeps parties far from the limits of people and guests that workshops set, which are not what is simulated.
func (s *simulation) bringsFew(l *simLine, lead uuid.UUID) bool {
	n := 0
	for _, p := range l.parties {
		if p.lead == lead {
			n += len(p.people)
		}
	}
	return n < 8
}

// stranger is a guest, or somebody who is asked along.
func (s *simulation) stranger(l *simLine) simEntry {
	e := simEntry{pool: s.rand.IntN(len(l.pools))}
	if s.rand.IntN(2) == 0 {
		e.guest, e.child = true, s.rand.IntN(3) == 0
		return e
	}
	e.invite = true
	if s.rand.IntN(2) == 0 {
		if who := s.people[s.rand.IntN(len(s.people))]; s.emails[who] != "" {
			e.known = who
		}
	}
	return e
}

func (s *simulation) register(l *simLine, e simEvent) simEvent {
	e.lead = s.people[s.rand.IntN(len(s.people))]
	for range 20 {
		if s.bringsFew(l, e.lead) && (s.rand.IntN(8) == 0 || !l.hasPlace(e.lead, nil)) {
			break
		}
		e.lead = s.people[s.rand.IntN(len(s.people))]
	}
	e.entries = []simEntry{{pool: s.rand.IntN(len(l.pools)), member: e.lead}}
	if e.staff && s.rand.IntN(2) == 0 {
		if other := s.people[s.rand.IntN(len(s.people))]; other != e.lead {
			e.entries = append(e.entries, simEntry{pool: s.rand.IntN(len(l.pools)), member: other})
		}
	}
	if kid, ok := s.kids[e.lead]; ok && s.rand.IntN(2) == 0 {
		kid.pool = s.rand.IntN(len(l.pools))
		e.entries = append(e.entries, kid)
	}
	if s.bringsFew(l, e.lead) {
		for range []int{0, 0, 0, 1, 1, 2}[s.rand.IntN(6)] {
			e.entries = append(e.entries, s.stranger(l))
		}
	}
	return e
}

// capacity is other numbers of seats, up or down, while everything is still to come.
func (s *simulation) capacity(w *simWorkshop, e simEvent) simEvent {
	if slices.ContainsFunc(w.lines, func(l *simLine) bool { return !s.now.Before(l.starts[0]) }) {
		return s.register(w.lines[e.line], simEvent{kind: "register", line: e.line})
	}
	e.pools = slices.Clone(w.seats)
	for i := range e.pools {
		e.pools[i].seats = max(1, e.pools[i].seats+s.rand.IntN(5)-2)
		if e.pools[i].childSeats >= 0 {
			e.pools[i].childSeats = max(0, e.pools[i].childSeats+s.rand.IntN(3)-1)
		}
	}
	return e
}

// do asks a server for it, and again while it is busy.
func (s *simulation) do(on *workshops.Service, workshop uuid.UUID, l *simLine, e simEvent) (got simAnswer) {
	var view *workshops.RegistrationView
	err := patiently(func() (err error) {
		view, err = s.ask(on, workshop, l, e)
		return err
	})
	if err != nil {
		got.codes = append(got.codes, string(codeOf(err)))
		if codeOf(err) == "" {
			got.codes[0] = err.Error()
		}
		got.codes = append(got.codes, fieldCodes(err)...)
		return got
	}
	if view != nil {
		got.party = view.ID
		for _, a := range view.Attendees {
			got.people = append(got.people, a.ID)
		}
	}
	return got
}

func (s *simulation) ask(on *workshops.Service, workshop uuid.UUID, l *simLine, e simEvent) (*workshops.RegistrationView, error) {
	by, nobody := s.me(e.lead), services.AsAnonymous(context.Background())
	if e.staff {
		by = s.staff()
	}
	why := workshops.Justification{Reason: "They called"}
	token := workshops.InvitationToken{Token: services.OneTimeToken(s.core.Keys, e.invite)}
	switch e.kind {
	case "register":
		in := workshops.Register{LeadMemberID: &e.lead, Attendees: s.inputs(l, e.entries)}
		if l.session != uuid.Nil {
			in.SessionID = &l.session
		}
		return on.Register(by, workshop, in)
	case "add":
		return on.AddAttendee(by, e.party, s.inputs(l, e.entries)[0])
	case "swap":
		return on.SwapAttendee(by, e.party, e.who, s.inputs(l, e.entries)[0])
	case "remove":
		return nil, on.RemoveAttendee(by, e.party, e.who)
	case "leave":
		_, err := on.Leave(by, e.party, e.who)
		return nil, err
	case "split":
		return on.Split(s.me(e.who), e.party, workshops.Split{AttendeeIDs: e.ids, LeadMemberID: e.lead})
	case "cancel":
		in := workshops.Cancellation{}
		if e.staff {
			in.Reason = why.Reason
		}
		return on.Cancel(by, e.party, in)
	case "accept":
		_, err := on.AcceptByLink(nobody, token)
		return nil, err
	case "refuse":
		_, err := on.RefuseByLink(nobody, token)
		return nil, err
	case "accept_offer":
		return on.AcceptOffer(by, e.party)
	case "decline_offer":
		return on.DeclineOffer(by, e.party)
	case "approve":
		return on.Approve(s.staff(), e.party, workshops.Approval{})
	case "decline":
		return on.Decline(s.staff(), e.party, why)
	case "move_up":
		return on.MoveUp(s.staff(), e.party, why)
	case "reinstate":
		return on.Reinstate(s.staff(), e.party, workshops.Reinstatement{Reason: why.Reason})
	}
	return nil, s.resize(on, workshop, e.pools)
}

func (s *simulation) resize(on *workshops.Service, workshop uuid.UUID, pools []simPool) error {
	patch := workshops.WorkshopPatch{Capacity: services.Some(pools[0].seats)}
	if pools[0].childSeats >= 0 {
		patch.ChildCapacity = services.Some(pools[0].childSeats)
	}
	if len(pools) > 1 {
		patch.OnlineCapacity = services.Some(pools[1].seats)
	}
	_, err := on.Update(s.staff(), workshop, patch)
	return err
}

func (s *simulation) inputs(l *simLine, entries []simEntry) (out []workshops.AttendeeInput) {
	for i, e := range entries {
		in := workshops.AttendeeInput{}
		if mode := models.AttendanceMode(l.pools[e.pool].mode); mode != "" {
			in.Mode = &mode
		}
		kind := models.SeatAdult
		if e.child {
			kind = models.SeatChild
		}
		switch {
		case e.guest:
			in.Guest = &workshops.GuestInput{Name: "Rosa Ortega", Kind: kind}
		case e.invite:
			in.Invite = &workshops.InviteInput{Name: "Ana Ortega", Email: "ana@example.org"}
			if e.known != uuid.Nil {
				in.Invite.Email = s.emails[e.known]
			}
		default:
			in.MemberID = &entries[i].member
		}
		out = append(out, in)
	}
	return out
}

// bounce has the mail about an offer come back.
func (s *simulation) bounce(e simEvent) {
	s.exec(`update messages set state = 'bounced' where id = (select id from messages where record_id = $1 and event = 'registration.offered' order by created_at desc, id desc limit 1)`, e.party)
}

// fieldCodes are what is wrong with the fields of a request.
func fieldCodes(err error) (out []string) {
	for _, f := range fieldsOf(err) {
		out = append(out, f[slices.Index([]byte(f), ' ')+1:])
	}
	return out
}
