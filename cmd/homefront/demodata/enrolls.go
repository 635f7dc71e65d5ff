package demodata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// place is somebody's way through a program; the id is filled in once they are in it.
type place struct {
	who     *person
	program string
	id      uuid.UUID
}

// newQuestions is how many days ago intake began to ask one thing more.
const newQuestions = 70

// way to somebody's enrollment, as a step of staff or of theirs.
type way func(ctx context.Context, id uuid.UUID) error

// goes takes a step of an enrollment at a time, unless it came to nothing before.
func (l *loader) goes(p *place, at time.Time, by *person, step way) {
	l.when(at, func(at time.Time) error {
		if p.id == uuid.Nil {
			return nil
		}
		if err := step(l.at(at, by), p.id); err != nil {
			return fmt.Errorf("%s in %s: %w", p.who.name(), p.program, err)
		}
		return nil
	})
}

// did makes a way of a use case whose answer nobody needs.
func did[In any](do func(context.Context, uuid.UUID, In) (*programs.EnrollmentView, error), in In) way {
	return func(ctx context.Context, id uuid.UUID) error {
		_, err := do(ctx, id, in)
		return err
	}
}

// asksIn has somebody apply at a time: for themselves, for a child whom they may act for, or on the telephone.
func (l *loader) asksIn(p *person, program string, at time.Time, by *person, in programs.Apply) *place {
	out := &place{who: p, program: program}
	l.enrolled = append(l.enrolled, out)
	if by == nil {
		by = l.office["carol.esposito"]
		if in.State == "" {
			in.State = models.EnrollmentApplied
		}
	}
	if by != p {
		in.MemberID = &p.member
	}
	l.when(at, func(at time.Time) error {
		made, err := l.s.Programs.Apply(l.at(at, by), l.programs[program], in)
		if notForThem(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s applies to %s: %w", p.name(), program, err)
		}
		out.id = made.ID
		return nil
	})
	return out
}

// notForThem says that the rules are not met, or that they are in it already.
func notForThem(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && (e.Code == programs.CodeNotEligible || e.Code == programs.CodeAlreadyEnrolled)
}

// seats gives a place from a day on, in the cohort of that day.
func (l *loader) seats(p *place, at time.Time, from models.Date, by *person) {
	in := programs.EnrollStep{On: &from}
	if g := l.cohortOn(p.program, from); g != nil {
		in.CohortID = services.Some(g.id)
	}
	l.goes(p, at, by, did(l.s.Programs.Enroll, in))
}

// early are those of whom the demo tells a story: they were in a program before most of what it offered. That they have
// begun shows by itself when they first come.
func (l *loader) early() error {
	joyce, dana := l.office["coordinator"], l.ellery.people[1]
	for i, p := range []*person{l.folk["fades"], l.folk["late"], l.folk["alive"]} {
		at := l.ago(190 - i)
		in := l.asksIn(p, battleBuddy, at, p, programs.Apply{Answers: l.tells(p, i+1, false), Note: "Mornings suit me best"})
		l.seats(in, at.AddDate(0, 0, 3), l.day(-180), joyce)
	}
	for i, p := range l.ellery.people {
		by := p
		if i > 1 {
			by = dana
		}
		in := l.asksIn(p, awareness, l.ago(140).Add(time.Duration(i)*time.Hour), by, programs.Apply{})
		l.seats(in, l.ago(136), l.day(-136), joyce)
	}
	bill := l.folk["known twice"]
	l.seats(l.asksIn(bill, happiness, l.ago(48), bill, programs.Apply{}), l.ago(46), l.day(-46), joyce)
	return l.pass()
}

// came is somebody who came to what a program offered.
type came struct {
	who         *person
	program     string
	first, last models.Date
}

// comers are the grown-ups who came to anything of a program, the first first.
func (l *loader) comers() (out []came, err error) {
	rows, err := l.db.Query(l.ctx, `select p.name, a.member_id, min(a.on_day)::timestamptz, max(a.on_day)::timestamptz from program_attendance a join programs p on p.id = a.program_id
		join members m on m.id = a.member_id where m.status = 'active' and a.status in ('present', 'late') and a.on_day < $1::timestamptz::date
		and not exists (select from enrollments e where e.program_id = a.program_id and e.member_id = a.member_id)
		group by p.name, a.member_id, m.family_name, m.given_name, m.birth_date order by p.name, min(a.starts_at), m.family_name, m.given_name, m.birth_date`, l.now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c came
		var id uuid.UUID
		var first, last time.Time
		if err := rows.Scan(&c.program, &id, &first, &last); err != nil {
			return nil, err
		}
		c.who, c.first, c.last = l.known[id], models.DateOf(first), models.DateOf(last)
		if c.who != nil && c.who.role != models.HouseholdChild && !slices.Contains(l.ellery.people, c.who) {
			out = append(out, c)
		}
	}
	return out, rows.Err()
}

// most is how many of those who came to a program were enrolled in it.
var most = map[string]int{battleBuddy: 18, awareness: 20, oneOnOne: 7, retreats: 10, happiness: 14, caregivers: 7}

// enrolls are the programs' people: who came and stayed, who was enrolled, who asks, waits, rests, left or was told no.
func (l *loader) enrolls() error {
	if l.intake != uuid.Nil {
		l.when(l.ago(newQuestions), func(at time.Time) error {
			_, err := l.s.Forms.Publish(l.at(at, l.office["coordinator"]), l.intake)
			return err
		})
	}
	all, err := l.comers()
	if err != nil {
		return err
	}
	byProgram := map[string][]came{}
	for _, c := range all {
		if p := byProgram[c.program]; !l.another(c, p) {
			byProgram[c.program] = append(p, c)
		}
	}
	for program, all := range byProgram {
		byProgram[program] = some(all, most[program])
	}
	for _, p := range lines {
		var asked, rest []came
		for i, c := range byProgram[p.name] {
			if i%2 == 0 {
				asked = append(asked, c)
			} else {
				rest = append(rest, c)
			}
		}
		sameDay(asked, func(i int, all []came) { l.applied(p.name, i, all) })
		sameDay(rest, func(i int, all []came) { l.together(p.name, i, all) })
		l.ends(p.name)
	}
	for _, part := range []func(map[string][]came){l.children, l.newcomers, l.full, l.ours} {
		part(byProgram)
	}
	return l.pass()
}

// another of their household is in it already, where one is enough.
func (l *loader) another(c came, had []came) bool {
	return c.program == retreats && slices.ContainsFunc(had, func(o came) bool { return slices.Contains(l.homeFamily(o.who).people, c.who) })
}

func (l *loader) homeFamily(p *person) *family {
	for _, f := range l.families {
		if slices.Contains(f.people, p) {
			return f
		}
	}
	return &family{}
}

func noon(d models.Date, days int) time.Time {
	return d.AddDate(0, 0, days).Add(16 * time.Hour)
}

// some of them, evenly, in their order.
func some(all []came, n int) []came {
	if len(all) <= n {
		return all
	}
	out := make([]came, n)
	for i := range out {
		out[i] = all[i*len(all)/n]
	}
	return out
}

// sameDay does something with those who first came on the same day; i counts who were before them.
func sameDay(all []came, do func(i int, all []came)) {
	for i := 0; i < len(all); {
		n := slices.IndexFunc(all[i:], func(c came) bool { return c.first != all[i].first })
		if n < 0 {
			n = len(all) - i
		}
		do(i, all[i:i+n])
		i += n
	}
}

// applied: they asked to be let in before they first came, and were given their places on the day after.
func (l *loader) applied(program string, i int, all []came) {
	first, ways := all[0].first, make([]*place, len(all))
	for j, c := range all {
		ways[j] = l.hopes(i+j, c)
	}
	l.when(noon(first, 1), func(at time.Time) error {
		in := programs.BulkStep{Step: models.StepEnroll, On: &first, DryRun: ptr(false)}
		if g := l.cohortOn(program, first); g != nil {
			in.CohortID = services.Some(g.id)
		}
		for _, p := range ways {
			if p.id != uuid.Nil {
				in.EnrollmentIDs = append(in.EnrollmentIDs, p.id)
			}
		}
		if len(in.EnrollmentIDs) == 0 {
			return nil
		}
		out, err := l.s.Programs.BulkStep(l.at(at, l.office["coordinator"]), in)
		if err != nil {
			return wrap(err, program)
		}
		return l.turnedAway(at, ways, out)
	})
	for j, c := range all {
		l.stays(2*(i+j), c, ways[j])
	}
}

// turnedAway are those whose application staff took on the telephone, and whom the rules do not let in.
func (l *loader) turnedAway(at time.Time, ways []*place, out *programs.BulkAnswer) error {
	for _, item := range out.Items {
		if item.Outcome == programs.BulkDone {
			continue
		}
		for _, p := range ways {
			if p.id != *item.EnrollmentID {
				continue
			}
			_, err := l.s.Programs.Deny(l.at(at.Add(time.Hour), l.office["coordinator"]), p.id, programs.DenyStep{Reason: models.EnrollmentEndNotEligible, Words: "Told on the telephone, with two other places to go."})
			if err != nil {
				return wrap(err, p.program)
			}
			p.id = uuid.Nil
		}
	}
	return nil
}

func wrap(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// hopes is the application of somebody some days before they first came.
func (l *loader) hopes(i int, c came) *place {
	by, at := c.who, models.Later(noon(c.first, -9), l.homeFamily(c.who).joined.Add(3*time.Hour))
	if c.who.roles == nil || c.program == caregivers {
		by = nil
	}
	in := programs.Apply{}
	asks := c.program == battleBuddy || c.program == oneOnOne
	if asks && i%2 == 0 && by != nil {
		in.Answers = l.tells(c.who, i, at.After(l.ago(newQuestions)))
	}
	p := l.asksIn(c.who, c.program, at, by, in)
	if asks && i%4 == 1 && c.who.roles != nil {
		l.goes(p, at.AddDate(0, 0, 2), c.who, func(_ context.Context, id uuid.UUID) error {
			later := at.AddDate(0, 0, 2)
			return l.answersLater(c.who, later, id, l.tells(c.who, i, later.After(l.ago(newQuestions))))
		})
	}
	return p
}

// together are those whom staff enrolled on the day after they first came, many at once.
func (l *loader) together(program string, n int, all []came) {
	first := all[0].first
	in, ways := programs.BulkEnroll{State: models.EnrollmentActive, StartsOn: &first, DryRun: ptr(false)}, make([]*place, len(all))
	if g := l.cohortOn(program, first); g != nil {
		in.CohortID = &g.id
	}
	for i, c := range all {
		in.MemberIDs = append(in.MemberIDs, c.who.member)
		ways[i] = &place{who: c.who, program: program}
		l.enrolled = append(l.enrolled, ways[i])
	}
	l.when(noon(first, 1).Add(2*time.Hour), func(at time.Time) error {
		out, err := l.s.Programs.BulkEnroll(l.at(at, l.office["carol.esposito"]), l.programs[program], in)
		if err != nil {
			return wrap(err, program)
		}
		for i, item := range out.Items {
			if item.Outcome == programs.BulkDone {
				ways[i].id = *item.EnrollmentID
			}
		}
		return nil
	})
	for i, c := range all {
		l.stays(2*(n+i)+1, c, ways[i])
	}
}

// stays is what becomes of somebody who is in a program now: most go on, and all who have a coach.
func (l *loader) stays(i int, c came, p *place) {
	if g := l.cohortOn(c.program, c.first); g == nil || c.program == oneOnOne || g.till.Before(l.now) || noon(c.first, 4).After(l.ago(1)) {
		return
	}
	joyce, s := l.office["coordinator"], l.s.Programs
	begun := noon(c.first, 3)
	switch i % 12 {
	case 2:
		l.goes(p, models.Later(begun, l.ago(9)), joyce, did(s.Pause, programs.PauseStep{Until: ptr(l.day(18 + i)), Words: "A new baby; back next month."}))
	case 4: // they come back by themselves, on the day that was said
		l.goes(p, models.Later(begun, l.ago(40)), joyce, did(s.Pause, programs.PauseStep{Until: ptr(models.DateOf(models.Later(begun, l.ago(40)).AddDate(0, 0, 20)))}))
	case 6:
		if c.who.roles != nil {
			l.goes(p, models.Later(begun, l.ago(15)), c.who, did(s.Withdraw, programs.WithdrawStep{}))
		}
	case 7:
		l.goes(p, models.Later(begun, l.ago(32)), joyce, did(s.Withdraw, programs.WithdrawStep{Reason: models.EnrollmentEndNoContact, Words: "Three calls and a letter."}))
		l.goes(p, models.Later(begun, l.ago(21)).Add(time.Hour), joyce, did(s.Reopen, programs.WordsStep{Words: "He rang: the telephone was lost."}))
	case 8:
		l.goes(p, models.Later(begun, l.ago(12)), joyce, did(s.Complete, programs.CompleteStep{Reason: models.EnrollmentEndGoalsMet}))
	case 10:
		l.goes(p, models.Later(begun, l.ago(26)), joyce, did(s.Withdraw, programs.WithdrawStep{Reason: models.EnrollmentEndSchedule}))
	}
}

// ends closes the cohorts that have run their course: who came often enough has completed, the others have left.
func (l *loader) ends(program string) {
	joyce := l.office["coordinator"]
	for _, g := range l.cohorts[program] {
		at := noon(g.till, 3)
		l.when(at, func(at time.Time) error {
			done, err := l.those(`cohort_id = $1 and state = 'active' and sessions_attended * 2 >= sessions_offered`, g.id)
			if err != nil {
				return err
			}
			left, err := l.those(`cohort_id = $1 and live and (state <> 'active' or sessions_attended * 2 < sessions_offered)`, g.id)
			if err != nil {
				return err
			}
			for _, b := range []programs.BulkStep{{EnrollmentIDs: done, Step: models.StepComplete, Reason: models.EnrollmentEndFinished, On: &g.till, DryRun: ptr(false)},
				{EnrollmentIDs: left, Step: models.StepWithdraw, Reason: models.EnrollmentEndSchedule, DryRun: ptr(false)}} {
				if len(b.EnrollmentIDs) == 0 {
					continue
				}
				if _, err := l.s.Programs.BulkStep(l.at(at, joyce), b); err != nil {
					return fmt.Errorf("the end of %s: %w", program, err)
				}
			}
			_, err = l.s.Programs.CompleteCohort(l.at(at.Add(time.Hour), joyce), g.id, programs.StatusReason{Reason: "It has run its course."})
			return err
		})
	}
}

// those enrollments that are so, in an order that does not depend on chance.
func (l *loader) those(so string, args ...any) (out []uuid.UUID, err error) {
	rows, err := l.db.Query(l.ctx, `select e.id from enrollments e join members m on m.id = e.member_id where `+so+` order by m.family_name, m.given_name, m.birth_date`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
