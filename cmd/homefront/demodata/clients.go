package demodata

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/coaching"
	"homefront/services/people"
)

// How far somebody has come with their coach.
const (
	waits     = iota // in the match queue
	partnered        // in the queue until the other of a couple has answered
	turned           // back in the queue: the coach who was proposed declined
	proposed         // to the coach and to them
	halfway          // the coach has said yes
	meets            // active
	rests
	reached // completed
	left    // ended
)

// client is one or two people who are coached, and how it goes.
type client struct {
	who   []*person
	by    *person // the parent who asked for somebody under age
	with  *mentor
	fate  int
	asked int  // how many days ago
	fast  bool // every week, and as long as staff agreed on; else every other week, six times
	long  int  // sessions agreed on
	n     int

	id     uuid.UUID
	begun  bool
	over   time.Time // from when on nothing more happens; zero: it goes on
	day    time.Weekday
	hour   int
	today  bool      // one of those whom the first coach sees today
	signed uuid.UUID // what they agreed to
	goal   uuid.UUID
	done   int // sessions written down

	former *mentor   // whom they had before
	handed time.Time // when that ended
}

func (c *client) joint() bool { return len(c.who) > 1 }

// acts is who answers and books: the parent of somebody under age.
func (c *client) acts() *person {
	if c.by != nil {
		return c.by
	}
	return c.who[0]
}

// live says whether something can happen with their coach at a time.
func (c *client) live(at time.Time) bool { return c.begun && (c.over.IsZero() || at.Before(c.over)) }

// coached is coaching as a whole: who coaches, who is coached, and what becomes of it.
func (l *loader) coached() error {
	if err := l.coaches(); err != nil {
		return err
	}
	if err := l.named(); err != nil {
		return err
	}
	all, err := l.clientele()
	if err != nil {
		return err
	}
	l.clients = all
	for _, c := range all {
		l.asksForCoach(c)
	}
	l.coachingTales()
	if err := l.pass(); err != nil {
		return fmt.Errorf("coaching: %w", err)
	}
	return l.coachingToday()
}

// named are the people of coaching who sign in by a name: a veteran, and two who are coached together.
func (l *loader) named() error {
	member := []models.Role{models.RoleMember}
	alder := &family{name: "Alder", home: homes[0], joined: l.ago(300)}
	nate := l.cast.add(alder, "Nate", he, 41, models.KindVeteran)
	nate.email, nate.roles, nate.service = "veteran@"+Domain, member, []stint{{models.BranchArmy, models.ComponentActive, 20, 8}}
	marsh := &family{name: "Marsh", home: homes[0], joined: l.ago(290)}
	walt := l.cast.add(marsh, "Walt", he, 46, models.KindVeteran)
	walt.email, walt.roles, walt.service = "walt@"+Domain, member, []stint{{models.BranchNavy, models.ComponentActive, 19, 10}}
	june := l.cast.add(marsh, "June", she, 44, models.KindSpouse)
	june.email, june.roles = "june@"+Domain, member
	marsh.ties = append(marsh.ties, tie{one: june, other: walt, kind: models.RelationSpouse})
	l.folk["veteran"], l.folk["walt"], l.folk["june"] = nate, walt, june
	for _, f := range []*family{alder, marsh} {
		l.told = append(l.told, f)
		if err := l.move(f); err != nil {
			return err
		}
	}
	return nil
}

// fates is how many there are of each, but for those whose story is told by name, and how many days ago the first asked and how many
// days later each of the others.
var fates = []struct{ fate, count, couples, asked, apart int }{
	{reached, 11, 1, 330, 14}, {left, 6, 1, 240, 17}, {rests, 4, 0, 75, 6}, {meets, 24, 2, 88, 1}, {halfway, 2, 0, 6, 2}, {proposed, 2, 0, 4, 1}, {turned, 1, 0, 19, 0}, {partnered, 1, 1, 9, 0}, {waits, 6, 0, 24, 4},
}

// weeks is how many sessions staff agree on with those who come every week.
var weeks = map[int]int{reached: 10, left: 10, rests: 12, meets: 14, halfway: 8, proposed: 8, turned: 8, partnered: 8, waits: 8}

// rounds is whose clients they become, in turn.
var rounds = []string{"coach", "responder", "hal.norwood", "rosa.quintana", "dev.malhotra", "walter.boyd", "supervisor", "coach", "responder", "dev.malhotra", "rosa.quintana", "ed.zielinski"}

// notNow are those who take nobody new by now: enough clients, a check that lapsed, suspended.
var notNow = []string{"dev.malhotra", "ed.zielinski", "walter.boyd"}

// clientele puts together who is coached.
func (l *loader) clientele() ([]*client, error) {
	alone, pairs, err := l.candidates()
	if err != nil {
		return nil, err
	}
	tom := l.mentors["coach"]
	jonah := l.folk["teen"]
	out := []*client{
		{who: []*person{l.folk["veteran"]}, with: tom, fate: meets, asked: 84, fast: true, long: 14},
		{who: []*person{l.folk["june"], l.folk["walt"]}, with: tom, fate: meets, asked: 86, fast: true, long: 14},
		{who: []*person{jonah}, by: l.folk["guardian"], with: l.mentors["responder"], fate: meets, asked: 70, long: 6},
	}
	turn := 0
	for _, f := range fates {
		for i := range f.count {
			c := &client{fate: f.fate, asked: f.asked - i*f.apart, fast: i%3 != 1, long: 6, with: l.mentors[rounds[turn%len(rounds)]]}
			turn++
			if c.with == tom && c.fate == meets {
				c.fast = true
			}
			if c.fast {
				c.long = weeks[c.fate]
			}
			if i < f.couples && len(pairs) > 0 {
				c.who, pairs = pairs[0], pairs[1:]
				c.with = tom
				if c.fate != meets && c.fate != partnered {
					c.with = l.mentors["rosa.quintana"]
				}
			} else {
				n := slices.IndexFunc(alone, func(p *person) bool { return !l.since(p).After(l.ago(c.asked + 2)) })
				if n < 0 {
					return nil, fmt.Errorf("nobody is left to be coached")
				}
				c.who, alone = []*person{alone[n]}, slices.Delete(alone, n, n+1)
			}
			if c.fate < meets && slices.Contains(notNow, c.with.local) {
				c.with = tom
			}
			out = append(out, c)
		}
	}
	todays := slices.DeleteFunc([]int{9, 10, 11, 13, 14, 15, 16}, func(hour int) bool {
		here := l.soonest().In(tom.zone)
		return time.Date(here.Year(), here.Month(), here.Day(), hour, 0, 0, 0, tom.zone).Sub(here).Abs() < time.Hour
	})
	for i, c := range out {
		c.n = i
		c.day, c.hour = c.with.hour()
		if c.with == tom && c.fate == meets && c.fast && c.who[0] != l.folk["veteran"] && len(todays) > 0 {
			c.today, c.day, c.hour, todays = true, tom.days[0], todays[0], todays[1:]
		}
	}
	return out, nil
}

// candidates are grown people with an account, and couples among them, who wait for no place in the program. What they do elsewhere
// goes on.
func (l *loader) candidates() (alone []*person, pairs [][]*person, err error) {
	rows, err := l.db.Query(l.ctx, `select member_id from enrollments where program_id = $1 and state in ('applied', 'waitlisted', 'enrolled')`, l.programs[oneOnOne])
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	waiting := map[uuid.UUID]bool{}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, nil, err
		}
		waiting[id] = true
	}
	fit := func(p *person) bool {
		return p.roles != nil && p.status == models.MemberActive && p.adult(l.day(-360)) && !waiting[p.member]
	}
	for _, f := range l.families {
		var couple []*person
		for _, t := range f.ties {
			if (t.kind == models.RelationSpouse || t.kind == models.RelationPartner) && fit(t.one) && fit(t.other) && slices.Contains(t.other.kinds, models.KindVeteran) {
				couple = []*person{t.one, t.other}
			}
		}
		if couple != nil && len(pairs) < 5 {
			pairs = append(pairs, couple)
			continue
		}
		for _, p := range f.people {
			if fit(p) && !slices.Contains(alone, p) && !slices.ContainsFunc(pairs, func(c []*person) bool { return slices.Contains(c, p) }) {
				alone = append(alone, p)
				break
			}
		}
	}
	return alone, pairs, rows.Err()
}

// asksForCoach puts on the agenda how somebody comes to a coach. Of those with a long package staff took the wish down on the telephone.
func (l *loader) asksForCoach(c *client) {
	at := l.ago(c.asked).Add(time.Duration(c.n*7%50) * time.Minute)
	l.when(at, func(at time.Time) error {
		in := coaching.AskForCoach{ProgramID: ptr(l.programs[oneOnOne]), CoachWishes: coaching.CoachWishes{FocusAreas: focuses[c.n%len(focuses)], Modalities: []models.Modality{models.ModalityOnline, models.ModalityPhone},
			Hours: []string{"MO 17:00-20:00", "WE 17:00-20:00", "SA 09:00-12:00"}}, Hopes: hoped[c.n%len(hoped)]}
		if c.n%4 == 0 {
			in.CoachGender = c.with.who.gender
		}
		by := c.acts()
		if by != c.who[0] || c.fast {
			in.MemberID = &c.who[0].member
		}
		if c.joint() {
			in.PartnerMemberID = &c.who[1].member
		}
		if c.fast {
			by, in.PackageSessions = l.desk(c.n), &c.long
		}
		made, err := l.s.Coaching.AskForCoach(l.at(at, by), in)
		if err != nil {
			return fmt.Errorf("%s asks for a coach: %w", c.who[0].name(), err)
		}
		c.id = made.ID
		return nil
	})
	l.made.Engagements++
	if c.joint() && c.fate != partnered {
		l.goesOn(c, at.Add(3*time.Hour), "joins", func(at time.Time) error {
			_, err := l.s.Coaching.JoinEngagement(l.at(at, c.who[1]), c.id)
			return err
		})
	}
	if c.fate > partnered {
		l.matched(c, at)
	}
}

// desk is who of the coordinators sees to it.
func (l *loader) desk(n int) *person { return l.office[[]string{"coordinator", "carol.esposito"}[n%2]] }

// goesOn is a step of somebody's way on the agenda.
func (l *loader) goesOn(c *client, at time.Time, what string, do func(at time.Time) error) {
	l.when(at, func(at time.Time) error {
		if c.id == uuid.Nil {
			return nil
		}
		if err := do(at); err != nil {
			return fmt.Errorf("%s with %s %s: %w", c.who[0].name(), c.with.who.name(), what, err)
		}
		return nil
	})
}

// notSinceThen is why staff match those for whom the program was not made.
const notSinceThen = "Nobody else has an evening for them: we coach families, and who served before, too."

// matched: a coach is proposed, and everybody says yes, here or on the telephone.
func (l *loader) matched(c *client, asked time.Time) {
	s, matched := l.s.Coaching, asked.Add(26*time.Hour)
	l.goesOn(c, matched, "is matched", func(at time.Time) error {
		_, err := s.Match(l.at(at, l.desk(c.n)), c.id, coaching.MatchCoach{CoachID: c.with.who.member, Reason: "Has an evening free, and knows what nights are.", WaiveReason: notSinceThen})
		return err
	})
	switch c.fate {
	case proposed:
		return
	case turned:
		l.goesOn(c, matched.Add(20*time.Hour), "is declined", func(at time.Time) error {
			_, err := s.DeclineMatch(l.at(at, c.with.who), c.id)
			return err
		})
		return
	}
	if c.n%3 > 0 || c.fate == halfway || c.by != nil {
		l.goesOn(c, matched.Add(14*time.Hour), "is accepted", func(at time.Time) error {
			_, err := s.AcceptMatch(l.at(at, c.with.who), c.id, coaching.SayYes{})
			return err
		})
	}
	if c.fate == halfway {
		return
	}
	l.goesOn(c, matched.Add(26*time.Hour), "begins", func(at time.Time) error { return l.saysYes(c, at) })
	l.goesOn(c, matched.Add(28*time.Hour), "books", func(at time.Time) error { return l.booksAll(c, at) })
}

// saysYes: those who are coached say yes, and agree to the limits of confidentiality.
func (l *loader) saysYes(c *client, at time.Time) error {
	s := l.s.Coaching
	if c.n%3 == 0 && c.by == nil {
		if _, err := s.ActivateEngagement(l.at(at, l.desk(c.n)), c.id, coaching.ActivateEngagement{StaffReason: people.StaffReason{Reason: "All said yes on the telephone."}, WaiveReason: notSinceThen}); err != nil {
			return err
		}
	} else {
		for _, p := range c.who {
			by := p
			if c.by != nil {
				by = c.by
			}
			if _, err := s.AcceptMatch(l.at(at, by), c.id, coaching.SayYes{}); err != nil {
				return err
			}
		}
	}
	c.begun = true
	for i, p := range c.who {
		by, about := p, (*person)(nil)
		if c.by != nil {
			by, about = c.by, p
		}
		id, err := l.says(by, at.Add(time.Duration(i+1)*20*time.Minute), models.ConsentConfidentiality, people.Grant, about)
		if err != nil {
			return err
		}
		c.signed = id
	}
	return nil
}
