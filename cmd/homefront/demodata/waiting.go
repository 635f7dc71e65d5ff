package demodata

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// children: guardians apply for them, two of them for the same child; of one nobody has confirmed who may act for them.
func (l *loader) children(map[string][]came) {
	joyce, mother, father := l.office["coordinator"], l.folk["guardian"], l.ellery.lead()
	sadie, jonah := l.folk["child of two homes"], l.folk["teen"]
	l.seats(l.asksIn(sadie, awareness, l.ago(110), mother, programs.Apply{Note: "Saturdays she is with me"}), l.ago(108), l.day(-108), joyce)
	l.asksIn(sadie, awareness, l.ago(4), father, programs.Apply{Note: "Saturdays she is with us every other week"})
	l.asksIn(jonah, awareness, l.now.Add(-31*time.Hour), mother, programs.Apply{})
	claimed, confirmed := 0, 0
	for _, f := range l.families {
		if len(f.wards) == 0 || f.wards[0].guardian.roles == nil || !f.joined.Before(l.ago(60)) {
			continue
		}
		w := f.wards[0]
		switch {
		case !w.confirmed && claimed < 2:
			claimed++
			l.asksIn(w.child, awareness, l.ago(claimed+1), w.guardian, programs.Apply{})
		case w.confirmed && confirmed < 3:
			confirmed++
			l.seats(l.asksIn(w.child, awareness, l.ago(50+confirmed), w.guardian, programs.Apply{}), l.ago(45), l.day(-45), joyce)
		}
	}
}

// strangers are those with an account whom the rules of a program are likely to let in, and who have nothing to do with it yet.
func (l *loader) strangers(program string, by map[string][]came, fits func(*person) bool) (out []*person) {
	for _, p := range l.signedUp() {
		in := func(e *place) bool { return e.who == p && e.program == program }
		if p.adult(l.day(-30)) && fits(p) && !slices.ContainsFunc(l.enrolled, in) && !slices.ContainsFunc(by[program], func(c came) bool { return c.who == p }) &&
			l.homeFamily(p).joined.Before(l.ago(70)) {
			out = append(out, p)
		}
	}
	return out
}

func of(kinds ...models.Kind) func(*person) bool {
	return func(p *person) bool {
		return slices.ContainsFunc(p.kinds, func(k models.Kind) bool { return slices.Contains(kinds, k) })
	}
}

// newcomers ask to be let into what begins next; some are in, some wait for an answer, some were told no.
func (l *loader) newcomers(by map[string][]came) {
	joyce, s := l.office["coordinator"], l.s.Programs
	for n, program := range []string{battleBuddy, awareness, retreats, happiness} {
		who := l.strangers(program, by, of(warriors...))
		next := l.cohorts[program][len(l.cohorts[program])-1]
		for i := range min(8, len(who)) {
			p := who[(n*11+i*4)%len(who)]
			at, in := l.now.AddDate(0, 0, -28+i*3).Add(time.Duration(n*3+i)*time.Hour), programs.Apply{CohortID: &next.id}
			if program == battleBuddy && i%3 < 2 {
				in.Answers = l.tells(p, i+n, true)
			}
			e := l.asksIn(p, program, at, p, in)
			switch i {
			case 0, 4, 5:
				l.goes(e, at.AddDate(0, 0, 2), joyce, did(s.Enroll, programs.EnrollStep{Words: "We talked; a good fit."}))
			case 1:
				l.goes(e, at.AddDate(0, 0, 3), joyce, did(s.Deny, programs.DenyStep{Reason: models.EnrollmentEndOtherHelp, Words: "The county's group meets two streets from their house."}))
			case 2:
				l.goes(e, at.AddDate(0, 0, 4), joyce, did(s.Deny, programs.DenyStep{Reason: models.EnrollmentEndNoContact}))
				if n < 2 {
					l.goes(e, at.AddDate(0, 0, 9), joyce, did(s.Reopen, programs.WordsStep{Words: "Called back at last."}))
				}
			case 3:
				l.goes(e, at.AddDate(0, 0, 5), p, did(s.Withdraw, programs.WithdrawStep{}))
			}
		}
	}
}

// full: coaching has as many as it takes, and a line. In one place somebody is whom the rules would not let in.
func (l *loader) full(by map[string][]came) {
	joyce, s := l.office["coordinator"], l.s.Programs
	who := l.strangers(oneOnOne, by, func(p *person) bool { return of(warriors...)(p) && p.born.Age(l.day(0)) < 46 })
	older := l.strangers(oneOnOne, by, func(p *person) bool { return of(models.KindVeteran)(p) && p.born.Age(l.day(0)) > 66 })
	if len(older) > 0 {
		l.asksIn(older[0], oneOnOne, l.ago(88), nil, programs.Apply{State: models.EnrollmentActive, WaiveReason: "He trains our coaches, and would like to be coached once himself."})
	}
	last := l.cohorts[oneOnOne][1]
	for i, p := range who[:min(20, len(who))] {
		at := l.ago(62 - i*3).Add(time.Duration(i%5) * time.Hour)
		in := programs.Apply{}
		if i%3 == 1 {
			in.Answers = l.tells(p, i, true)
		}
		e := l.asksIn(p, oneOnOne, at, p, in)
		if i >= 18 {
			continue // on somebody's desk; of some of them a fact is missing
		}
		l.when(at.AddDate(0, 0, 1), func(at time.Time) error { return l.seatOrLine(e, at, last) })
	}
	l.when(l.ago(19), func(at time.Time) error { // those who have met their coach
		met, err := l.those(`program_id = $1 and state = 'enrolled'`, l.programs[oneOnOne])
		if err != nil || len(met) == 0 {
			return err
		}
		_, err = s.BulkStep(l.at(at, joyce), programs.BulkStep{EnrollmentIDs: met, Step: models.StepActivate, DryRun: ptr(false)})
		return err
	})
	l.when(l.ago(7), func(at time.Time) error { // the last in line has waited since spring, elsewhere
		line, err := l.those(`program_id = $1 and state = 'waitlisted' and waitlisted_at = (select max(waitlisted_at) from enrollments where program_id = $1 and state = 'waitlisted')`, l.programs[oneOnOne])
		if err != nil || len(line) == 0 {
			return err
		}
		_, err = s.MoveAhead(l.at(at, joyce), line[0], programs.WordsStep{Words: "Waited for a coach in Killeen before."})
		return err
	})
	l.when(l.now.Add(-27*time.Hour), func(at time.Time) error { // so that a place is free
		in, err := l.those(`program_id = $1 and state in ('enrolled', 'active') and cohort_id = $2`, l.programs[oneOnOne], last.id)
		if err != nil || len(in) == 0 {
			return err
		}
		_, err = s.Withdraw(l.at(at, joyce), in[0], programs.WithdrawStep{Reason: models.EnrollmentEndMoved, Words: "To Oregon, with all they have."})
		return err
	})
}

// seatOrLine gives a place while there is one, and a place in line after that.
func (l *loader) seatOrLine(e *place, at time.Time, in cohort) error {
	if e.id == uuid.Nil {
		return nil
	}
	var taken, places int
	if err := l.db.QueryRow(l.ctx, `select taken, capacity from programs where id = $1`, l.programs[e.program]).Scan(&taken, &places); err != nil {
		return err
	}
	var err error
	if taken < places {
		_, err = l.s.Programs.Enroll(l.at(at, l.office["coordinator"]), e.id, programs.EnrollStep{CohortID: services.Some(in.id)})
	} else {
		_, err = l.s.Programs.Waitlist(l.at(at, l.office["coordinator"]), e.id, programs.WordsStep{})
	}
	return err
}

// ours are the Ellerys: he asks for a coach and has not answered what he is asked; his rank, changed the day before, has to be
// looked at first. She has a place in what begins next. And two rules were set aside for somebody, one of them by mistake.
func (l *loader) ours(by map[string][]came) {
	joyce, carol, marcus, dana := l.office["coordinator"], l.office["carol.esposito"], l.ellery.lead(), l.ellery.people[1]
	l.asksIn(marcus, oneOnOne, l.ago(2), marcus, programs.Apply{Note: "Any coach but on Tuesdays"})
	next := l.cohorts[retreats][1]
	l.goes(l.asksIn(dana, retreats, l.ago(20), dana, programs.Apply{CohortID: &next.id}), l.ago(17), joyce, did(l.s.Programs.Enroll, programs.EnrollStep{}))
	l.goes(l.asksIn(dana, caregivers, l.ago(24), nil, programs.Apply{State: models.EnrollmentWaitlisted}), l.ago(3), joyce, did(l.s.Programs.Enroll, programs.EnrollStep{}))
	if len(by[retreats]) < 2 {
		return
	}
	target := programs.Target{ProgramID: ptr(l.programs[retreats])}
	for i, c := range by[retreats][:2] {
		f := l.homeFamily(c.who)
		other := f.otherAdult(c.who)
		if other == nil {
			continue
		}
		l.when(l.ago(13-i), func(at time.Time) error {
			made, err := l.s.Programs.Waive(l.at(at, carol), target, programs.WaiveRule{MemberID: other.member, RuleKey: "once", Reason: "They had to leave on the first day: the child was ill."})
			if err != nil || i == 0 {
				return err
			}
			_, err = l.s.Programs.WithdrawWaiver(l.at(at.Add(2*time.Hour), carol), made.ID, programs.WaiverReason{Reason: "It was the other household."})
			return err
		})
		if i == 0 {
			in := programs.Apply{State: models.EnrollmentEnrolled, CohortID: &next.id}
			l.asksIn(other, retreats, l.ago(12), nil, in)
		}
	}
}

// nights are the jobs of last night: pauses that are over, answers whose day has come, and the sums added up anew.
func (l *loader) nights() error {
	at := l.now.Add(-7 * time.Hour)
	for i, kind := range []string{"enrollment.resume_paused", "form_answer.purge", "program.check_roll_ups", "workshop.check_told"} {
		if err := l.nightly(kind, at.Add(time.Duration(i)*time.Minute)); err != nil {
			return err
		}
	}
	return nil
}
