package demodata

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/tasks"
)

// meeting is a session of somebody with their coach.
type meeting struct {
	*client
	id         uuid.UUID
	start, end time.Time
	turn       int // how many were booked before it, of anybody
}

// coach is who held it, or is to.
func (m *meeting) coach() *mentor {
	if m.former != nil && m.start.Before(m.handed) {
		return m.former
	}
	return m.with
}

// booksAll books an hour of the week for as long as was agreed on: those who are coached do, or the coach.
func (l *loader) booksAll(c *client, at time.Time) error {
	by, after, every := c.acts(), at.Add(26*time.Hour), 2
	if c.n%2 == 0 || c.with.approves {
		by = c.with.who
	}
	if c.fast {
		every = 1
	}
	start := c.with.next(c.day, c.hour, after)
	if c.today {
		by = c.with.who // at that hour of a day on which he may not work
	}
	return l.booksSeries(c, l.at(at, by), start, every, c.long)
}

func (l *loader) booksSeries(c *client, ctx context.Context, start time.Time, every, times int) error {
	in := coaching.BookCoaching{EngagementID: c.id, StartsAt: start, Modality: c.way(), TimeZone: c.with.zone.String(), Repeat: &coaching.CoachingRepeat{EveryWeeks: every, Times: times}}
	made, err := l.s.Coaching.BookSession(ctx, in)
	if err != nil {
		return err
	}
	for _, s := range made.Series.Booked {
		l.meeting(&meeting{client: c, id: s.ID, start: s.StartsAt, end: s.EndsAt, turn: l.meetings})
		l.meetings++
		l.made.CoachingSessions++
	}
	l.ending(c, made.Series.Booked)
	return nil
}

// way is how they meet: online, by phone, and some in a room.
func (c *client) way() models.Modality {
	switch {
	case c.n%4 == 1:
		return models.ModalityPhone
	case c.with.place != "" && c.n%3 == 2:
		return models.ModalityInPerson
	}
	return models.ModalityOnline
}

// turn is what happens to some of the sessions, beside that they take place.
type turn struct {
	every, at int
	becomes   func(*meeting)
}

func (l *loader) fallsOut() []turn {
	return []turn{{11, 5, l.moves}, {17, 7, l.callsOff}, {29, 11, l.tooLate}, {31, 13, l.coachIsIll}, {37, 19, l.officeCallsOff}, {43, 21, l.comesBack}, {97, 23, l.coachDoesNotCome}}
}

// meeting puts on the agenda what becomes of a session. Today's take place, as far as anybody knows.
func (l *loader) meeting(m *meeting) {
	if models.DayIn(m.start, m.with.zone.String()) != models.DayIn(l.now, m.with.zone.String()) {
		for _, t := range l.fallsOut() {
			if m.turn%t.every == t.at {
				t.becomes(m)
				return
			}
		}
	}
	l.takesPlace(m)
}

// does is a step about a session at a time, unless it is called off by then or its time is somebody else's.
func (l *loader) does(m *meeting, at time.Time, what string, do func(at time.Time) error) {
	l.when(at, func(at time.Time) error {
		if !m.live(at) {
			return nil
		}
		if err := do(at); err != nil && !taken(err) {
			return fmt.Errorf("%s with %s %s: %w", m.who[0].name(), m.with.who.name(), what, err)
		}
		return nil
	})
}

// takesPlace: the coach writes it down when it is over, but for some of the last days.
func (l *loader) takesPlace(m *meeting) {
	if m.end.After(l.now) {
		l.does(m, m.start.Add(time.Minute), "begins", func(at time.Time) error {
			_, err := l.s.Coaching.StartSession(l.at(at, m.with.who), m.id)
			return err
		})
		return
	}
	switch late := m.end.After(l.ago(6)) && m.end.Before(l.now.Add(-26*time.Hour)); {
	case m.today && m.hour == 10 && m.end.After(l.now.Add(-20*time.Hour)):
		return
	case late && m.fate == meets && m.with.local != "walter.boyd" && l.unwritten < 3:
		l.unwritten++
		return
	}
	after := m.end.Add(12 * time.Minute)
	if after.After(l.now) {
		after = m.end.Add(time.Second)
	}
	l.does(m, after, "is written down", func(at time.Time) error { return l.writesDown(m, at) })
}

// moves: those who are coached ask for another day of the coach's, or the coach moves it; now and then twice.
func (l *loader) moves(m *meeting) {
	l.does(m, m.start.Add(-70*time.Hour), "is moved", func(at time.Time) error {
		by, to := m.acts(), m.with.next(m.with.days[(m.turn+1)%len(m.with.days)], m.with.from+m.turn%(m.with.until-m.with.from), m.start.Add(20*time.Hour))
		if m.turn%2 == 0 {
			by, to = m.with.who, m.start.Add(25*time.Hour)
		}
		next, err := l.s.Coaching.RescheduleSession(l.at(at, by), m.id, coaching.RescheduleCoaching{StartsAt: to})
		if taken(err) {
			l.takesPlace(m)
			return nil
		}
		if err != nil {
			return err
		}
		l.made.CoachingSessions++
		again := &meeting{client: m.client, id: next.ID, start: next.StartsAt, end: next.EndsAt, turn: m.turn + 11}
		if m.turn%22 == 5 {
			again.turn = 2
		}
		l.meeting(again)
		return nil
	})
}

func (l *loader) callsOff(m *meeting) {
	l.cancels(m, 60*time.Hour, m.acts())
}

func (l *loader) tooLate(m *meeting) {
	l.cancels(m, 3*time.Hour, m.acts())
}

func (l *loader) coachIsIll(m *meeting) {
	l.cancels(m, 20*time.Hour, m.with.who)
}

func (l *loader) officeCallsOff(m *meeting) {
	l.cancels(m, 44*time.Hour, l.desk(m.turn))
}

func (l *loader) cancels(m *meeting, before time.Duration, by *person) {
	reason := unable[m.turn%len(unable)]
	switch {
	case by == m.with.who:
		reason = "In bed with a fever"
	case by != m.acts():
		reason = "The line at the house is down that day"
	}
	l.does(m, m.start.Add(-before), "is called off", func(at time.Time) error {
		_, err := l.s.Coaching.CancelSession(l.at(at, by), m.id, coaching.CancelCoaching{Reason: reason})
		return err
	})
}

// comesBack: called off by mistake, and restored an hour later.
func (l *loader) comesBack(m *meeting) {
	l.cancels(m, 50*time.Hour, m.with.who)
	l.does(m, m.start.Add(-49*time.Hour), "comes back", func(at time.Time) error {
		_, err := l.s.Coaching.RestoreSession(l.at(at, m.with.who), m.id, coaching.RestoreCoaching{})
		return err
	})
	l.takesPlace(m)
}

// coachDoesNotCome, and they say so. Staff call them.
func (l *loader) coachDoesNotCome(m *meeting) {
	l.does(m, m.start.Add(30*time.Minute), "waits for the coach", func(at time.Time) error {
		_, err := l.s.Coaching.MarkNoShow(l.at(at, m.acts()), m.id, coaching.CoachingNoShow{Who: "coach"})
		if err != nil || at.After(l.ago(10)) {
			return err
		}
		ids, err := l.ids(`select id from tasks where record_id = $1 and kind = 'call'`, m.id)
		if err == nil && len(ids) > 0 {
			_, err = l.s.Tasks.Complete(l.at(at.Add(4*time.Hour), l.desk(m.turn)), ids[0], tasks.CompleteTask{Outcome: "Called. A flat tire, and an apology."})
		}
		return err
	})
}

// writesDown logs a session in one call.
func (l *loader) writesDown(m *meeting, at time.Time) error {
	in := coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"}
	if m.turn%19 == 9 && !m.today {
		in.Outcome = "no_show_member"
		in.PrivateNote = &coaching.LogNote{Text: "Did not come, and did not answer the telephone. I wrote two lines.", MemberID: &m.who[0].member}
		_, err := l.s.Coaching.LogSession(l.at(at, m.coach().who), m.id, in)
		return err
	}
	l.notesOf(m, &in)
	l.agrees(m, &in, at)
	if m.turn%6 == 1 {
		in.Minutes = ptr(35 + m.turn%30)
	}
	if m.turn%6 == 3 && m.coach().paid {
		in.Paid = ptr(false) // an hour given
	}
	logged, err := l.s.Coaching.LogSession(l.at(at, m.coach().who), m.id, in)
	if err != nil {
		return err
	}
	m.done++
	l.ticks(m, at, logged.StepIDs)
	l.afterwords(m, at, logged.Notes)
	if m.done == 1 {
		return l.setsGoal(m, at)
	}
	return nil
}

// notesOf are the notes of a session: what they read, and what the coach keeps or brings to supervision.
func (l *loader) notesOf(m *meeting, in *coaching.LogCoaching) {
	about := &m.who[0].member
	in.SharedSummary = &coaching.LogNote{Text: summaries[m.turn%len(summaries)]}
	if m.joint() {
		in.SharedSummary.Text = jointSummaries[m.turn%len(jointSummaries)]
		if m.turn%5 == 2 {
			in.Notes = []coaching.LogTieredNote{{Tier: models.NoteShared, LogNote: coaching.LogNote{MemberID: &m.who[m.turn%2].member, Text: aloneNotes[m.turn%len(aloneNotes)]}}}
		}
		if m.turn%9 == 4 {
			in.Attendance = []coaching.LogAttendance{{MemberID: m.who[1].member, Status: models.AttendanceExcused}}
			in.SharedSummary.MemberID = about
		}
	}
	if m.turn%4 == 1 {
		in.PrivateNote = &coaching.LogNote{Text: privately[m.turn%len(privately)], MemberID: about}
	}
	if m.turn%9 == 2 && m.with.supervised {
		in.SupervisionNote = &coaching.LogNote{Text: toSupervision[m.turn%len(toSupervision)], MemberID: about}
	}
	if m.turn%23 == 6 {
		in.Sign = ptr(false)
	}
}

// agrees are the next steps, and how far the goal is.
func (l *loader) agrees(m *meeting, in *coaching.LogCoaching, at time.Time) {
	if m.turn%3 < 2 {
		step := coaching.NewAction{Text: steps[m.turn%len(steps)], DueOn: ptr(models.DateOf(at.AddDate(0, 0, 6)))}
		if m.joint() {
			step.Text = jointSteps[m.turn%len(jointSteps)]
		}
		if m.goal != uuid.Nil && m.turn%2 == 0 {
			step.GoalID = &m.goal
		}
		in.NextSteps = []coaching.NewAction{step}
	}
	if m.goal == uuid.Nil || m.turn%2 == 0 {
		return
	}
	far := coaching.GoalProgress{GoalID: m.goal, Progress: min(100, 12*m.done)}
	if far.Progress == 100 {
		far.State = ptr(models.GoalAchieved)
	}
	in.Goals = []coaching.GoalProgress{far}
}

// ticks: most steps are done some days later, by one of those who are coached.
func (l *loader) ticks(m *meeting, at time.Time, steps []uuid.UUID) {
	for _, id := range steps {
		if m.turn%7 > 4 || at.After(l.ago(4)) {
			continue
		}
		l.does(m, at.AddDate(0, 0, 3).Add(2*time.Hour), "does it", func(at time.Time) error {
			_, err := l.s.Coaching.DoneAction(l.at(at, m.who[0]), id)
			return err
		})
	}
}

// afterwords: drafts are signed on the next day, but for the last ones; and one in some is put right.
func (l *loader) afterwords(m *meeting, at time.Time, notes []coaching.LoggedNote) {
	for _, n := range notes {
		switch {
		case n.State == models.NoteDraft && m.turn%2 == 0:
			l.does(m, at.Add(21*time.Hour), "is signed", func(at time.Time) error {
				_, err := l.s.Coaching.SignNote(l.at(at, m.with.who), n.ID)
				return err
			})
		case n.State == models.NoteSigned && n.Tier == models.NoteShared && m.turn%47 == 12 && !m.joint():
			l.does(m, at.Add(22*time.Hour), "is amended", func(at time.Time) error {
				_, err := l.s.Coaching.AmendNote(l.at(at, m.with.who), n.ID, coaching.AmendNote{Text: amendedTo, Reason: "It was the mornings."})
				return err
			})
		}
	}
}

// setsGoal: after the first session there is something to reach. One in seven is given up for another.
func (l *loader) setsGoal(m *meeting, at time.Time) error {
	aim := aims[m.n%len(aims)]
	in := coaching.NewGoal{Words: aim[0], Measure: aim[1], TargetOn: ptr(models.DateOf(at.AddDate(0, 0, 70)))}
	if m.n%7 == 3 && !m.joint() {
		first, err := l.s.Coaching.SetGoal(l.at(at.Add(5*time.Minute), m.with.who), m.client.id, coaching.NewGoal{Words: "Run ten miles", MemberID: &m.who[0].member})
		if err != nil {
			return err
		}
		l.does(m, at.AddDate(0, 0, 9), "drops a goal", func(at time.Time) error {
			_, err := l.s.Coaching.ChangeGoal(l.at(at, m.who[0]), first.ID, coaching.EditGoal{State: field(models.GoalDropped), Reason: field("My knee has other plans.")})
			return err
		})
	}
	made, err := l.s.Coaching.SetGoal(l.at(at.Add(6*time.Minute), m.with.who), m.client.id, in)
	if err == nil {
		m.goal = made.ID
	}
	return err
}
