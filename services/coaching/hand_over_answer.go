package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/tasks"
)

// CodeOwnHandOver is of one of the two coaches of a hand-over, who answers for somebody else.
const CodeOwnHandOver services.Code = "own_hand_over"

// AcceptHandOver says yes: the coach who would take over, or one of those who are coached, who says too whether what came
// before is for the new coach to read. With the last yes it happens: the new coach has the engagement, the coach until now reads no
// more of it than what they wrote, and booked sessions go along where the new coach works, has room and is free.
// Errors: not_found; forbidden own_hand_over for the two coaches, who answer for nobody else; conflict not_now when it is over, coach_unavailable; invalid unknown_member for whom the caller cannot answer, and
// history required.
func (s *Service) AcceptHandOver(ctx context.Context, id uuid.UUID, in AnswerHandOver) (*HandOverView, error) {
	return services.Mutate(ctx, s.core, "hand_over.accept", func(tx *services.Tx) (*HandOverView, error) {
		o, err := openHandOver(tx, id)
		if err != nil {
			return nil, err
		}
		if err := o.accept(in); err != nil {
			return nil, err
		}
		if err := o.whenAll(); err != nil {
			return nil, err
		}
		return handOverOf(tx, id)
	})
}

// accept notes a yes.
func (o *handing) accept(in AnswerHandOver) error {
	now, me := o.tx.Now(), o.tx.Actor().MemberID
	if in.MemberID != nil && (me == o.h.FromCoachID || me == o.h.ToCoachID) {
		return services.Forbidden(CodeOwnHandOver, "You are one of the two coaches of this hand-over. Those who are coached say yes themselves, or to a colleague of our staff who takes it down.")
	}
	if o.new {
		before := *o.h
		if o.h.CoachAcceptedAt == nil {
			o.h.CoachAcceptedAt = &now
		}
		o.tx.Changed(before, *o.h)
		return o.tx.DB.Model(&models.HandOver{}).Where("id = ?", o.h.ID).Update("coach_accepted_at", o.h.CoachAcceptedAt).Error
	}
	if !o.takesPart() {
		return o.notNow()
	}
	p, err := o.answers(in.MemberID)
	if err != nil {
		return err
	}
	if in.History == nil {
		return services.InvalidField("/history", "required", "Say whether the new coach may read what came before.")
	}
	a := models.HandOverAnswer{HandOverID: o.h.ID, MemberID: p.MemberID, History: *in.History, AnsweredAt: now, AnsweredBy: o.tx.Actor().MemberID}
	o.tx.Changed(nil, a)
	o.tx.Queue(`insert into hand_over_answers (hand_over_id, member_id, history, answered_at, answered_by) values ($1, $2, $3, $4, $5)
		on conflict (hand_over_id, member_id) do update set history = excluded.history, answered_at = excluded.answered_at, answered_by = excluded.answered_by`,
		a.HandOverID, a.MemberID, a.History, a.AnsweredAt, a.AnsweredBy)
	return nil
}

// whenAll hands over when everybody has said yes.
func (o *handing) whenAll() error {
	var answers []models.HandOverAnswer
	if err := o.tx.DB.Where("hand_over_id = ?", o.h.ID).Find(&answers).Error; err != nil {
		return err
	}
	history := !slices.ContainsFunc(o.participants, func(p models.EngagementParticipant) bool { return p.State == models.ParticipantLeft }) // whom nobody asked
	for _, m := range takingPart(o.participants) {
		i := slices.IndexFunc(answers, func(a models.HandOverAnswer) bool { return a.MemberID == m })
		if i < 0 {
			return nil
		}
		history = history && answers[i].History
	}
	if o.h.CoachAcceptedAt == nil {
		return nil
	}
	return o.apply(history)
}

// apply hands over.
func (o *handing) apply(history bool) error {
	minors, err := o.minors()
	if err != nil {
		return err
	}
	near, err := o.closeTo(o.h.ToCoachID)
	if err != nil {
		return err
	}
	if near || o.kept(o.h.ToCoachID) {
		return errNotThisCoach
	}
	if err := mayTakeOn(o.tx, o.h.ToCoachID, minors); err != nil {
		return err
	}
	if err := o.endTerm(models.CoachHandedOver); err != nil {
		return err
	}
	if err := o.beginTerm(o.h.ToCoachID, history); err != nil {
		return err
	}
	if err := o.takeAlong(); err != nil {
		return err
	}
	o.e.CoachID = &o.h.ToCoachID
	if err := o.changeSettled(); err != nil {
		return err
	}
	if err := o.save(); err != nil {
		return err
	}
	if err := tasks.CloseFor(o.tx, engagementRecord, o.e.ID, models.TaskAnotherCoach, models.TaskFindNewTime); err != nil {
		return err
	}
	if err := closeHandOver(o.tx, o.h, models.HandOverDone); err != nil {
		return err
	}
	if err := o.informCoach(models.NoticeCoachingActive, o.h.ToCoachID); err != nil {
		return err
	}
	return o.informCoach(models.NoticeCoachingEnded, o.h.FromCoachID)
}

// closeTo says whether a coach is close to one of those who are coached, or kept from their records.
func (g *engaging) closeTo(coach uuid.UUID) (near bool, err error) {
	err = g.tx.DB.Raw(`select exists (select from closed_to(?, ?) k where k = any(?))`, coach, models.DateOf(g.tx.Now()), models.IDs(takingPart(g.participants))).Scan(&near).Error
	return near, err
}

// takeAlong moves booked sessions to the new coach where they fit, and calls the others off; one transaction with everything
// else, so that nobody holds a time that is not theirs.
func (o *handing) takeAlong() error {
	ahead, err := sessionsAhead(o.tx, o.e)
	if err != nil || len(ahead) == 0 {
		return err
	}
	var stay, off []models.CoachingSession
	if o.h.MoveSessions {
		if stay, off, err = o.fit(ahead); err != nil {
			return err
		}
	} else {
		off = ahead
	}
	o.h.Moved, o.h.CalledOff = len(stay), len(off)
	if len(stay) > 0 {
		if err := o.tellFormer(stay); err != nil {
			return err
		}
		if err := tellAll(o.tx, o.e, o.participants, models.NoticeCoachingMoved, stay); err != nil {
			return err
		}
	}
	if len(off) == 0 {
		return nil
	}
	if err := endSessions(o.tx, off, models.CoachingCancelledByStaff); err != nil {
		return err
	}
	return tellAll(o.tx, o.e, o.participants, models.NoticeCoachingCancelled, off)
}

// tellFormer takes what goes along out of the calendar of the coach until now.
func (o *handing) tellFormer(sessions []models.CoachingSession) error {
	t, err := readTeller(o.tx, o.e, o.participants, o.h.FromCoachID)
	if err != nil {
		return err
	}
	return t.tellCoach(models.NoticeCoachingCancelled, sessions)
}

// fit books with the new coach what they take over and are free for, and says which sessions those are.
func (o *handing) fit(ahead []models.CoachingSession) (stay, leave []models.CoachingSession, err error) {
	var c models.Coach
	if err := o.tx.DB.Where("id = ?", o.h.ToCoachID).Take(&c).Error; err != nil {
		return nil, nil, err
	}
	e := *o.e
	e.CoachID = &c.ID
	b := &booking{tx: o.tx, e: &e, participants: o.participants, coach: c, members: takingPart(o.participants), left: 1} // of the package they are already
	if b.humans, err = readHumans(o.tx, b.members...); err != nil {
		return nil, nil, err
	}
	plan, wanted, leave, err := b.takesOver(ahead)
	if err != nil {
		return nil, nil, err
	}
	answers, err := plan.Hold(b.claims(wanted)...)
	if err != nil {
		return nil, nil, err
	}
	for i, s := range wanted {
		if answers[i] != nil {
			leave = append(leave, s)
			continue
		}
		before, now := s, o.tx.Now()
		s.CoachID, s.ToStaffAt, s.Sequence, s.Version, s.UpdatedAt = c.ID, nil, s.Sequence+1, s.Version+1, now
		if s.Modality == models.ModalityInPerson {
			s.Place = c.Place
		}
		o.tx.Changed(before, s)
		o.tx.Queue(`update coaching_sessions set coach_id = $2, to_staff_at = null, sequence = $3, version = $4, updated_at = $5, place = $6 where id = $1`, s.ID, s.CoachID, s.Sequence, s.Version, now, s.Place)
		stay = append(stay, s)
	}
	return stay, leave, planReminders(o.tx, &c, stay)
}

// takesOver sorts out which sessions the coach takes over as they are booked: within their hours and limits, too, which bind no coach
// who chooses a time. This one chose none: they said yes to the people, and a proposal shows them no times. It locks all whose time
// a session takes, and asks everything of all sessions in one round trip.
func (b *booking) takesOver(ahead []models.CoachingSession) (plan *calendar.Plan, wanted, leave []models.CoachingSession, err error) {
	starts := make([]time.Time, len(ahead))
	for i := range ahead {
		starts[i] = ahead[i].StartsAt
	}
	may, slots := b.mayCoachAt(starts), slotCheck{c: &b.coach, now: b.tx.Now()}
	reads, err := slots.read(b.tx.DB, starts, idsOfSessions(ahead))
	if err != nil {
		return nil, nil, nil, err
	}
	plan = calendar.PlanEach(b.tx, b.claims(ahead)...)
	if err := b.tx.Batch(slices.Concat(reads, []services.Statement{may.read(b.coach.ID)}, plan.Reads)...); err != nil {
		return nil, nil, nil, err
	}
	for i := range ahead {
		s := &ahead[i]
		takes := may.may[i] && plan.Free(s.ID) && firstOf(b.offers(s.Modality), b.rules(s.Modality, s.StartsAt)) == nil
		if takes {
			if takes, err = slots.takes(s); err != nil {
				return nil, nil, nil, err
			}
		}
		if takes {
			wanted = append(wanted, *s)
		} else {
			leave = append(leave, *s)
		}
	}
	return plan, wanted, leave, nil
}

// DeclineHandOver says no: the coach who would take over, or one of those who are coached. No reason is asked, and nothing changes.
// Errors: not_found; conflict not_now when it is over.
func (s *Service) DeclineHandOver(ctx context.Context, id uuid.UUID) (*HandOverView, error) {
	return s.endHandOver(ctx, "hand_over.decline", id, models.HandOverDeclined, func(o *handing) bool {
		return o.new || o.sight.Participant && o.takesPart() || o.sight.Guardian
	})
}

// CancelHandOver takes a proposal back: staff, or the coach of now.
// Errors: not_found; conflict not_now when it is over.
func (s *Service) CancelHandOver(ctx context.Context, id uuid.UUID) (*HandOverView, error) {
	return s.endHandOver(ctx, "hand_over.cancel", id, models.HandOverCancelled, func(o *handing) bool {
		return !o.new && (o.sight.Staff || o.sight.Coach)
	})
}

func (s *Service) endHandOver(ctx context.Context, action string, id uuid.UUID, as models.HandOverState, may func(*handing) bool) (*HandOverView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*HandOverView, error) {
		o, err := openHandOver(tx, id)
		if err != nil {
			return nil, err
		}
		if !may(o) {
			return nil, services.Conflict(CodeNotNow, "This is not for you to answer. Whoever is to answer declines it; staff or the coach of now take it back.")
		}
		tx.Subject(takingPart(o.participants)...)
		if err := closeHandOver(tx, o.h, as); err != nil {
			return nil, err
		}
		if as == models.HandOverDeclined {
			if err := o.askDesk(models.TaskAnotherCoach, "A hand-over to another coach was declined"); err != nil {
				return nil, err
			}
		}
		return handOverOf(tx, id)
	})
}
