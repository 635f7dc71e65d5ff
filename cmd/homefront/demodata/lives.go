package demodata

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// request is a party that asks for places.
type request struct {
	family  *family
	lead    *person
	come    []*person // beside the lead: those whom the lead acts for
	invites []*person
	guest   string
	alone   bool // the lead does not come: a parent who sends a teenager
	unsure  bool // whoever is invited does not answer
	at      time.Time
}

func (r *request) seats() int {
	n := 1 + len(r.come) + len(r.invites)
	if r.guest != "" {
		n++
	}
	if r.alone {
		n--
	}
	return n
}

// party is a request that was answered.
type party struct {
	*request
	id    uuid.UUID
	start time.Time
	actor *person // who acts for the party: its lead, or staff on the telephone
}

// lives plays what happened to each workshop from its publication on, in the order of time.
func (l *loader) lives() error {
	for _, c := range l.courses {
		if c.draft {
			continue
		}
		if err := l.life(c); err != nil {
			return fmt.Errorf("%s%s: %w", c.title, c.suffix, err)
		}
	}
	return nil
}

func (l *loader) life(c *course) error {
	if c.opensIn == 0 {
		l.registrations(c)
	}
	if c.design == &coffee {
		l.fades(c)
	}
	if c.callOff != 0 {
		l.when(l.ago(-c.callOff), func(at time.Time) error {
			_, err := l.s.Workshops.CancelWorkshop(l.at(at, l.office["coordinator"]), c.workshop, workshops.CancelReason{Reason: c.because})
			return err
		})
	} else {
		l.meets(c)
	}
	return l.pass()
}

// event is something that happens at a time.
type event struct {
	at time.Time
	do func(at time.Time) error
}

// when puts an event on the agenda, unless it is still to come.
func (l *loader) when(at time.Time, do func(at time.Time) error) {
	if !at.Before(l.now) {
		return
	}
	i, _ := slices.BinarySearchFunc(l.agenda, at, func(e event, at time.Time) int {
		if e.at.After(at) {
			return 1
		}
		return -1
	})
	l.agenda = slices.Insert(l.agenda, i, event{at, do})
}

// pass lets time pass: what is on the agenda happens in order, with what follows from it.
func (l *loader) pass() error {
	for len(l.agenda) > 0 {
		next := l.agenda[0]
		l.agenda = l.agenda[1:]
		if err := next.do(next.at); err != nil {
			return fmt.Errorf("%s: %w", next.at.Format(time.DateTime), err)
		}
	}
	return nil
}

// registrations fill the workshop, or each session of a drop-in one.
func (l *loader) registrations(c *course) {
	of := []*session{nil}
	if c.dropIn {
		of = of[:0]
		for i := range c.meetings {
			of = append(of, &c.meetings[i])
		}
	}
	for _, s := range of {
		from, until := l.window(c, s)
		if !until.After(from) {
			continue
		}
		asked := l.requests(c, s)
		for i, r := range asked {
			if r.at.IsZero() {
				r.at = from.Add(time.Duration(float64(until.Sub(from)) * (float64(i) + l.rng.Float64()) / float64(len(asked))))
			}
			l.when(r.at, func(time.Time) error { return l.register(c, s, r) })
		}
	}
}

// window is when people register: from the day of publication to the day before the start, or until half an hour ago.
func (l *loader) window(c *course, s *session) (from, until time.Time) {
	start := c.first
	if s != nil {
		start = s.start
	}
	from, until = l.published(c, c.first).Add(3*time.Hour), start.Add(-30*time.Hour)
	if early := start.AddDate(0, 0, -14); s != nil && early.After(from) {
		from = early
	}
	latest := l.now.Add(-30 * time.Minute)
	if c.callOff != 0 {
		latest = l.now.AddDate(0, 0, c.callOff).Add(-time.Hour)
	}
	if until.After(latest) {
		until = latest
	}
	return from, until
}

// requests are who would like to come: those who live near first, in an order of chance.
func (l *loader) requests(c *course, s *session) []*request {
	near, far := []*family{}, []*family{}
	for _, f := range l.families {
		if !f.joined.Before(l.published(c, c.first)) {
			continue
		}
		if h := c.home(); h < 0 || f.home.city == homes[h].city || l.rng.IntN(6) == 0 {
			near = append(near, f)
		} else {
			far = append(far, f)
		}
	}
	for _, list := range [][]*family{near, far} {
		l.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	wanted := (c.seats + c.online + c.childSeats) * c.fill / 100
	if s != nil {
		wanted = wanted * (70 + l.rng.IntN(50)) / 100
	}
	var out []*request
	for _, f := range append(near, far...) {
		if wanted <= 0 {
			break
		}
		if r := l.request(c, f); r != nil {
			out = append(out, r)
			wanted -= r.seats()
		}
	}
	if c.cast != nil {
		if r, place := c.cast(l, c); r != nil {
			out = slices.Insert(out, min(place, len(out)), r)
		}
	}
	return out
}

// request is what one household would ask for, or nil.
func (l *loader) request(c *course, f *family) *request {
	on := models.DateOf(c.first)
	var adults []*person
	for _, p := range f.people {
		if p.role != models.HouseholdChild && p.status == models.MemberActive && l.fits(c, p, on) && p.born.Age(on) >= models.AdultAge {
			adults = append(adults, p)
		}
	}
	if c.teens {
		return l.sendsTeens(c, f, on)
	}
	if len(adults) == 0 {
		return nil
	}
	r := &request{family: f, lead: adults[0]}
	for _, p := range adults[1:] {
		if r.lead.roles == nil && p.roles != nil {
			r.lead = p
		}
	}
	if c.approval && len(adults) < 2 {
		return nil // it is for couples
	}
	if r.lead.roles == nil && l.rng.IntN(3) > 0 {
		return nil // of those without an account, few call
	}
	if c.solo() {
		return r
	}
	if c.children {
		for _, kid := range f.children(r.lead, false) {
			if kid.role == models.HouseholdChild && l.fits(c, kid, on) {
				r.come = append(r.come, kid)
			}
		}
		if len(r.come) == 0 && l.rng.IntN(3) > 0 {
			return nil
		}
	}
	for _, p := range adults {
		if p != r.lead && p.roles != nil && r.lead.roles != nil && r.seats() < c.party && (c.approval || l.rng.IntN(100) < 45) {
			r.invites = append(r.invites, p)
			r.unsure = l.rng.IntN(8) == 0
			break
		}
	}
	if c.guests > 0 && r.seats() < c.party && l.rng.IntN(7) == 0 {
		r.guest = pick(l.cast, womensNames) + " " + pick(l.cast, familyNames)
	}
	return r
}

// sendsTeens: a parent registers those who are old enough, and stays at home.
func (l *loader) sendsTeens(c *course, f *family, on models.Date) *request {
	r := &request{family: f, lead: f.lead(), alone: true}
	if r.lead.roles == nil {
		return nil
	}
	for _, kid := range f.children(r.lead, false) {
		if l.fits(c, kid, on) && len(r.come) < c.party {
			r.come = append(r.come, kid)
		}
	}
	if len(r.come) == 0 {
		return nil
	}
	return r
}

func (l *loader) fits(c *course, p *person, on models.Date) bool {
	w := models.Workshop{AudienceKinds: c.audience}
	return w.For(p.kinds) && p.born.Age(on) >= c.minimumAge
}

// solo: where the seats are few, people come one by one; so a list has an order that can be told beforehand.
func (c *course) solo() bool { return c.cast != nil && c.fill > 100 }

func (l *loader) register(c *course, s *session, r *request) error {
	in := workshops.Register{LeadMemberID: &r.lead.member}
	var mode *models.AttendanceMode
	if c.format == models.FormatHybrid {
		online := models.ModeOnline
		inPerson := models.ModeInPerson
		if mode = &online; r.family.home.city == homes[max(c.home(), 0)].city && l.rng.IntN(5) > 0 {
			mode = &inPerson
		}
	}
	for _, p := range append([]*person{r.lead}, r.come...) {
		if p == r.lead && r.alone {
			continue
		}
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &p.member, Mode: mode, Answers: l.answersAlong(c, r)})
	}
	for _, p := range r.invites {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Invite: &workshops.InviteInput{Name: p.name(), Email: p.email}, Mode: mode})
	}
	if r.guest != "" {
		in.Attendees = append(in.Attendees, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: r.guest, Kind: models.SeatAdult}, Mode: mode})
	}
	if s != nil {
		in.SessionID = &s.id
	}
	actor := r.lead
	if r.lead.roles == nil {
		actor = l.office["coordinator"]
	}
	if len(r.invites) > 0 { // the clock goes back from one workshop to the next, which a limit per time does not expect
		if err := l.s.Core.Forgive(l.ctx, workshops.InvitationsByMember, actor.member.String()); err != nil {
			return err
		}
	}
	view, err := l.s.Workshops.Register(l.at(r.at, actor), c.workshop, in)
	if refused(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s registers: %w", r.lead.name(), err)
	}
	c.parties++
	l.made.Registrations++
	p := &party{request: r, id: view.ID, start: c.first, actor: actor}
	if s != nil {
		p.start = s.start
	}
	for _, a := range view.Attendees {
		if r.family == l.ellery {
			l.theirs[a.ID] = true
		}
		l.answersTheDay(c, r, a.ID)
	}
	l.answers(c, p, view)
	l.changes(c, p, view.State)
	return nil
}

// refused says that neither a seat nor a place in line was left, as happens to the last, or that staff on the telephone
// saw that a child of two homes comes with the other parent.
func refused(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && (e.Code == workshops.CodeFull || e.Code == workshops.CodeAlreadyRegistered)
}

// answersAlong is what somebody who registers answers at once about a person of the party: half of them do.
func (l *loader) answersAlong(c *course, r *request) map[string]any {
	if c.asks == "" || r.lead.roles == nil {
		return nil
	}
	l.asked++
	if l.asked%4 > 1 {
		return nil
	}
	return eats(l.asked)
}

// answersTheDay is what is answered on the day after: of those who were asked then, one in two.
func (l *loader) answersTheDay(c *course, r *request, attendee uuid.UUID) {
	if c.asks == "" || r.lead.roles == nil {
		return
	}
	l.asked++
	if n := l.asked; n%2 == 0 {
		l.when(r.at.Add(26*time.Hour), func(at time.Time) error {
			var own bool
			if err := l.db.QueryRow(l.ctx, `select coalesce((select entered_by = $2 from form_responses where record_id = $1 and status = 'due'), false)`, attendee, r.lead.member).Scan(&own); err != nil || !own {
				return err
			}
			return l.answersLater(r.lead, at, attendee, eats(n))
		})
	}
}

// fades: Ruben came to the first table, months ago. Of late he says that he comes, and does not.
func (l *loader) fades(c *course) {
	ruben, once := l.folk["fades"], c.last.Before(l.ago(60))
	for i, s := range c.meetings {
		if once && i > 1 {
			break
		}
		l.when(s.start.Add(-40*time.Hour), func(at time.Time) error {
			made, err := l.s.Workshops.Register(l.at(at, ruben), c.workshop, workshops.Register{LeadMemberID: &ruben.member, SessionID: &s.id,
				Attendees: []workshops.AttendeeInput{{MemberID: &ruben.member}}})
			if err != nil {
				return err
			}
			l.made.Registrations++
			l.theirs[made.Attendees[0].ID], l.away[made.Attendees[0].ID] = once, !once
			return nil
		})
	}
}
