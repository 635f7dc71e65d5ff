package demodata

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// taken says that a step does not fit any more: that time is somebody's, or it has been called off.
func taken(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Kind == services.KindConflict
}

// clientOf is the nth who is alone with a coach and has come so far, every week.
func (l *loader) clientOf(local string, fate, nth int) *client {
	for _, c := range l.clients {
		if c.with == l.mentors[local] && c.fate == fate && c.fast && !c.joint() && c.by == nil && c.who[0] != l.folk["veteran"] {
			if nth == 0 {
				return c
			}
			nth--
		}
	}
	return nil
}

// coachingTales are what happens to one of them each.
func (l *loader) coachingTales() {
	for _, tale := range []func(){l.handsOver, l.suspended, l.wouldRatherNot, l.asksFirst, l.restsUntil} {
		tale()
	}
}

// handsOver: one client goes along to another coach with all that was said, one would rather stay, and one has still to answer.
func (l *loader) handsOver() {
	s, imogen, tom := l.s.Coaching, l.mentors["supervisor"], l.mentors["coach"]
	yes, no := coaching.AnswerHandOver{History: ptr(true)}, l.mentors["responder"]
	if c := l.clientOf("ed.zielinski", meets, 0); c != nil {
		ed, handOver := c.with, uuid.Nil
		l.goesOn(c, l.ago(31), "is to be handed over", func(at time.Time) error {
			h, err := s.HandOver(l.at(at, ed.who), c.id, coaching.ProposeHandOver{ToCoachID: imogen.who.member, MoveSessions: true, Reason: "She knows more of grief than I do."})
			if err == nil {
				handOver = h.ID
			}
			return err
		})
		l.goesOn(c, l.ago(31).Add(5*time.Hour), "is taken on", func(at time.Time) error {
			_, err := s.AcceptHandOver(l.at(at, imogen.who), handOver, coaching.AnswerHandOver{})
			return err
		})
		l.goesOn(c, l.ago(31).Add(9*time.Hour), "is handed over", func(at time.Time) error {
			_, err := s.AcceptHandOver(l.at(at, c.who[0]), handOver, yes)
			c.with, c.former, c.handed = imogen, ed, at
			return err
		})
	}
	if c := l.clientOf("responder", meets, 0); c != nil {
		l.goesOn(c, l.ago(15), "stays", func(at time.Time) error {
			h, err := s.HandOver(l.at(at, no.who), c.id, coaching.ProposeHandOver{ToCoachID: tom.who.member, Reason: "Fewer evenings from next month on."})
			if err != nil {
				return err
			}
			_, err = s.DeclineHandOver(l.at(at.Add(8*time.Hour), c.who[0]), h.ID)
			return err
		})
	}
	if c := l.clientOf("walter.boyd", meets, 0); c != nil {
		l.goesOn(c, l.now.Add(-26*time.Hour), "is asked about another coach", func(at time.Time) error {
			h, err := s.HandOver(l.at(at, l.office["coordinator"]), c.id, coaching.ProposeHandOver{ToCoachID: imogen.who.member, MoveSessions: true})
			if err != nil {
				return err
			}
			_, err = s.AcceptHandOver(l.at(at.Add(3*time.Hour), imogen.who), h.ID, coaching.AnswerHandOver{})
			return err
		})
	}
}

// suspended: two days ago a coach was, and what is booked with him went to staff.
func (l *loader) suspended() {
	walter := l.mentors["walter.boyd"]
	l.when(l.now.Add(-50*time.Hour), func(at time.Time) error {
		for _, c := range l.clients {
			if c.with == walter && c.fate == meets && c.begun {
				c.over = at
			}
		}
		_, err := l.s.Coaching.SuspendCoach(l.at(at, l.office["coordinator"]), walter.who.member, people.StaffReason{Reason: "A complaint that we look into. He knows."})
		if err != nil {
			return err
		}
		return l.due(at.Add(2 * time.Minute))
	})
}

// wouldRatherNot: one would like another coach, and one takes back what they agreed to.
func (l *loader) wouldRatherNot() {
	if c := l.clientOf("dev.malhotra", meets, 0); c != nil {
		l.goesOn(c, l.ago(3), "asks for another coach", func(at time.Time) error {
			_, err := l.s.Coaching.AskForAnotherCoach(l.at(at, c.who[0]), c.id)
			return err
		})
	}
	for _, c := range l.clients {
		if c.today && !c.joint() {
			l.goesOn(c, l.ago(2), "takes it back", func(at time.Time) error {
				_, err := l.s.People.RevokeOwnConsent(l.at(at, c.who[0]), c.signed)
				return err
			})
			return
		}
	}
}

// asksFirst: a coach who answers what is booked with him said yes, said no, and has two to answer.
func (l *loader) asksFirst() {
	hal, s := l.mentors["hal.norwood"], l.s.Coaching
	var his []*client
	for _, c := range l.clients {
		if c.with == hal && c.fate == meets {
			his = append(his, c)
			l.goesOn(c, l.ago(24), "gets some more", func(at time.Time) error {
				_, err := s.ExtendEngagement(l.at(at, hal.who), c.id, coaching.ExtendEngagement{Sessions: 5, Reason: "Until the new job has begun."})
				return err
			})
		}
	}
	for i, days := range []int{20, 14, 2, 1} {
		if len(his) == 0 {
			return
		}
		c := his[i%len(his)]
		l.goesOn(c, l.ago(days).Add(6*time.Hour), "asks for an hour", func(at time.Time) error {
			made, err := l.asksHour(c, at)
			if err != nil || made == nil || i > 1 {
				return err
			}
			answer := l.at(at.Add(5*time.Hour), hal.who)
			if i == 1 {
				_, err = s.DeclineSession(answer, made.ID)
				return err
			}
			_, err = s.AcceptSession(answer, made.ID)
			l.takesPlace(&meeting{client: c, id: made.ID, start: made.StartsAt, end: made.EndsAt, turn: 1})
			return err
		})
	}
}

// asksHour books the first free hour of a coach, from three days on; nil when there is none.
func (l *loader) asksHour(c *client, at time.Time) (*coaching.CoachingBooking, error) {
	for hour := range c.with.until - c.with.from {
		for _, day := range c.with.days {
			made, err := l.s.Coaching.BookSession(l.at(at, c.acts()), coaching.BookCoaching{EngagementID: c.id, Modality: c.way(), StartsAt: c.with.next(day, c.with.from+hour, at.AddDate(0, 0, 3))})
			if err == nil {
				l.made.CoachingSessions++
			}
			if err == nil || !taken(err) {
				return made, err
			}
		}
	}
	return nil, nil
}

// restsUntil: it stood still while they were away, and went on by itself.
func (l *loader) restsUntil() {
	c := l.clientOf("rosa.quintana", meets, 0)
	if c == nil {
		return
	}
	l.goesOn(c, l.ago(44), "is away", func(at time.Time) error {
		_, err := l.s.Coaching.PauseEngagement(l.at(at, c.who[0]), c.id, coaching.PauseEngagement{ResumeOn: ptr(l.day(-32))})
		return err
	})
	l.goesOn(c, l.ago(30), "is back", func(at time.Time) error {
		if err := l.nightly("engagement.resume_due", at); err != nil {
			return err
		}
		if _, err := l.s.Coaching.ExtendEngagement(l.at(at.Add(time.Hour), c.with.who), c.id, coaching.ExtendEngagement{Sessions: 6, Reason: "For the weeks away."}); err != nil {
			return err
		}
		return l.booksSeries(c, l.at(at.Add(2*time.Hour), c.with.who), c.with.next(c.day, c.hour, at.Add(30*time.Hour)), 1, 4)
	})
}

// coachingToday is what is there since this morning: an hour that begins soon, one that has begun, what was read, what was opened in an emergency.
func (l *loader) coachingToday() error {
	for _, part := range []func() error{l.soon, l.underWay, l.reads, l.opensNotes, l.watched} {
		if err := part(); err != nil {
			return fmt.Errorf("coaching today: %w", err)
		}
	}
	return nil
}

// soon: a session online with veteran@ begins within the next hours, as early as the coach and the clock allow.
func (l *loader) soon() error {
	c := l.clients[0]
	if _, err := l.s.Coaching.ExtendEngagement(l.at(l.ago(1).Add(-time.Hour), c.with.who), c.id, coaching.ExtendEngagement{Sessions: 4, Reason: "The winter is long."}); err != nil {
		return err
	}
	begins := l.soonest()
	for range 24 {
		_, err := l.s.Coaching.BookSession(l.at(l.ago(1), c.with.who), coaching.BookCoaching{EngagementID: c.id, StartsAt: begins, Modality: models.ModalityOnline})
		if err == nil {
			l.made.CoachingSessions++
			return nil
		}
		if !taken(err) {
			return err
		}
		begins = begins.Add(30 * time.Minute)
	}
	return errors.New("no hour is free for veteran@")
}

// underWay: somebody is with their coach now, at whatever hour this is. Coaches book any time that both are free.
func (l *loader) underWay() error {
	begun, err := l.ids(`select id from coaching_sessions where state = 'in_progress'`)
	if err != nil || len(begun) > 0 {
		return err
	}
	start := l.now.Add(-20 * time.Minute).Truncate(5 * time.Minute)
	for _, c := range l.clients[1:] {
		if c.fate != meets || !c.live(l.now) || c.today || c.by != nil {
			continue
		}
		more := coaching.ExtendEngagement{Sessions: 1, Reason: "A hard week."}
		if _, err := l.s.Coaching.ExtendEngagement(l.at(l.ago(1), c.with.who), c.id, more); err != nil && !taken(err) {
			return err
		}
		made, err := l.s.Coaching.BookSession(l.at(l.ago(1).Add(time.Minute), c.with.who), coaching.BookCoaching{EngagementID: c.id, StartsAt: start, Modality: models.ModalityPhone})
		if taken(err) {
			continue
		}
		if err != nil {
			return err
		}
		l.made.CoachingSessions++
		_, err = l.s.Coaching.StartSession(l.at(start.Add(time.Minute), c.with.who), made.ID)
		return err
	}
	return errors.New("nobody is with their coach")
}

// soonest is the next half hour that is at least three quarters of an hour away.
func (l *loader) soonest() time.Time {
	return l.now.Add(45 * time.Minute).Truncate(30 * time.Minute).Add(30 * time.Minute)
}

// reads: the veteran read what his coach wrote, and so did the supervisor of what was brought to her.
func (l *loader) reads() error {
	for _, look := range []struct {
		by  *person
		at  time.Time
		sql string
		of  uuid.UUID
	}{
		{l.folk["veteran"], l.now.Add(-30 * time.Hour), `select id from coaching_notes where tier = 'shared' and state = 'signed' and member_id = $1 and created_at < $2 order by created_at desc limit 2`, l.folk["veteran"].member},
		{l.office["supervisor"], l.now.Add(-28 * time.Hour), `select id from coaching_notes where tier = 'supervision' and state = 'signed' and author_id = $1 and created_at < $2 order by created_at desc limit 2`, l.office["coach"].member},
	} {
		ids, err := l.ids(look.sql, look.of, look.at)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := l.s.Coaching.Note(l.with(look.at, look.by), id); err != nil {
				return err
			}
		}
	}
	return nil
}

// opensNotes: an admin opened somebody's notes in an emergency, and another found it right; since this morning one waits for its review.
func (l *loader) opensNotes() error {
	renee, sam := l.office["admin"], l.office["sam.delgado"]
	for _, g := range []struct {
		by, review *person
		at         time.Time
		reason     string
		nth        int
	}{
		{renee, sam, l.ago(18), "Told the facilitator at the door that tomorrow would not come, and does not answer the telephone.", 1},
		{sam, nil, l.now.Add(-5 * time.Hour), "A neighbor called: the door stands open since last night, and nobody has heard of him.", 2},
	} {
		who := l.clientOf("coach", meets, g.nth)
		if who == nil {
			who = l.clients[3]
		}
		opened, err := l.s.Coaching.BreakGlass(l.with(g.at, g.by), coaching.BreakGlassIn{MemberID: who.who[0].member, Reason: g.reason, Minutes: 30})
		if err != nil {
			return err
		}
		notes, err := l.s.Coaching.GlassNotes(l.with(g.at.Add(time.Minute), g.by), opened.ID, services.PageQuery{Limit: 2})
		if err != nil {
			return err
		}
		for _, n := range notes.Data {
			if _, err := l.s.Coaching.Note(l.with(g.at.Add(2*time.Minute), g.by), n.ID); err != nil {
				return err
			}
		}
		if _, err := l.s.Coaching.EndGlass(l.with(g.at.Add(11*time.Minute), g.by), opened.ID); err != nil {
			return err
		}
		if g.review == nil {
			continue
		}
		if _, err := l.s.Coaching.CloseGlass(l.with(g.at.Add(20*time.Hour), g.review), opened.ID, coaching.CloseGlass{Words: "I called both. It was right: she is with her sister since that night."}); err != nil {
			return err
		}
	}
	return nil
}

// watched is what the jobs of last night found: whose checks end, and whose have.
func (l *loader) watched() error {
	if err := l.nightly("credential.watch", l.now.Add(-9*time.Hour)); err != nil {
		return err
	}
	return l.nightly("coach.watch", l.now.Add(-8*time.Hour))
}

// with is at, by somebody who has just given their password.
func (l *loader) with(at time.Time, p *person) context.Context {
	actor := p.actor()
	actor.AuthTime = at
	l.s.Core.Clock.Set(at)
	return services.WithCall(l.ctx, &services.Call{Actor: actor, RequestID: "demo", IfMatch: "*"})
}

func (l *loader) ids(sql string, args ...any) ([]uuid.UUID, error) {
	rows, err := l.db.Query(l.ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
}
