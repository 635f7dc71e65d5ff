package coaching

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// PauseEngagement lets an engagement stand still.
type PauseEngagement struct {
	ResumeOn *models.Date `json:"resume_on,omitempty" doc:"The day on which it goes on by itself, in time_zone of the engagement. Absent: when somebody resumes it" example:"2027-01-11"`
}

// EndEngagement ends one.
type EndEngagement struct {
	Reason models.EngagementEnd `json:"reason,omitempty" enum:"asked,moved,no_contact,referred,no_coach,other" doc:"asked when absent, which is the only one that members say"`
	Words  string               `json:"words,omitempty" maxLength:"1000" doc:"Staff and coach: kept sealed, in the audit log"`
}

// CompleteEngagement says that what was agreed on is done.
type CompleteEngagement struct {
	Reason models.EngagementEnd `json:"reason,omitempty" enum:"goals_reached,package_used" doc:"goals_reached when absent"`
}

// ExtendEngagement adds sessions to the package.
type ExtendEngagement struct {
	Sessions int    `json:"sessions" minimum:"1" maximum:"50" doc:"How many more" example:"4"`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000" doc:"Kept sealed, in the audit log" example:"Two more months, until the move is done."`
}

// step changes an engagement and shows it.
func (s *Service) step(ctx context.Context, action string, id uuid.UUID, do func(*engaging) error) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*EngagementView, error) {
		g, err := engageApart(tx, id)
		if err != nil {
			return nil, err
		}
		if err := do(g); err != nil {
			return nil, err
		}
		if err := g.save(); err != nil {
			return nil, err
		}
		return g.view()
	})
}

// PauseEngagement lets an active engagement stand still, by anybody in it. What is booked is called off. It keeps its place with the
// coach.
// Errors: not_found; conflict not_now unless it is active; invalid in_past for a day that is not to come.
func (s *Service) PauseEngagement(ctx context.Context, id uuid.UUID, in PauseEngagement) (*EngagementView, error) {
	return s.step(ctx, "engagement.pause", id, func(g *engaging) error {
		if g.e.State != models.EngagementActive || !g.takesPart() {
			return g.notNow()
		}
		if in.ResumeOn != nil && !in.ResumeOn.After(models.DayIn(g.tx.Now(), g.e.TimeZone).Time) {
			return services.InvalidField("/resume_on", "in_past", "Choose a day to come.")
		}
		if _, err := callOffAhead(g.tx, g.e, g.participants, g.calledOffBy(), true); err != nil {
			return err
		}
		g.pause(g.by(), in.ResumeOn)
		return g.informAll(models.NoticeCoachingPaused)
	})
}

// takesPart says whether the actor is one of those who may do things to it: not somebody who left, or has not said yes.
func (g *engaging) takesPart() bool {
	if !g.sight.Participant {
		return true
	}
	p := g.asker()
	return p != nil && p.State == models.ParticipantJoined
}

// pause lets it stand still. What is held stays held, whatever else happens, until staff resume it; and what is of both shows nothing
// new from then on, not from an earlier pause on.
func (g *engaging) pause(why models.PauseReason, until *models.Date) {
	now := g.tx.Now()
	if g.e.PauseReason != nil && *g.e.PauseReason == models.PauseHeld {
		return
	}
	if g.e.PausedAt == nil || why == models.PauseHeld {
		g.e.PausedAt = &now
	}
	g.e.State, g.e.PauseReason, g.e.ResumeOn = models.EngagementPaused, &why, until
}

// ResumeEngagement lets it go on. What our team has paused, our team resumes; so it is while its people are kept apart, in the same
// words.
// Errors: not_found; conflict not_now unless it is paused, staff_resume, coach_unavailable.
func (s *Service) ResumeEngagement(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return s.step(ctx, "engagement.resume", id, func(g *engaging) error {
		if g.e.State != models.EngagementPaused || !g.takesPart() {
			return g.notNow()
		}
		if err := g.mayGoOn(); err != nil {
			return err
		}
		g.resume()
		return g.informAll(models.NoticeCoachingResumed)
	})
}

var errStaffResume = services.Conflict(CodeStaffResume, "Our team has a look at it before it goes on. Ask us for a call.")

// mayGoOn says whether a paused engagement may be active again.
func (g *engaging) mayGoOn() error {
	apart := g.kept(*g.e.CoachID) || g.split()
	if apart || pausedByUs(g.e) && !g.sight.Staff {
		return errStaffResume
	}
	minors, err := g.minors()
	if err != nil {
		return err
	}
	return mayTakeOn(g.tx, *g.e.CoachID, minors)
}

func (g *engaging) resume() {
	g.e.State, g.e.PausedAt, g.e.PauseReason, g.e.ResumeOn = models.EngagementActive, nil, nil, nil
}

// CompleteEngagement closes an engagement that has done what it was for: by its coach, or staff. What is still booked is called off.
// Errors: not_found; conflict not_now unless it is active or paused; forbidden coach_or_staff.
func (s *Service) CompleteEngagement(ctx context.Context, id uuid.UUID, in CompleteEngagement) (*EngagementView, error) {
	if in.Reason == "" {
		in.Reason = models.EngagementEndGoalsReached
	}
	return s.step(ctx, "engagement.complete", id, func(g *engaging) error {
		if err := g.leads(); err != nil {
			return err
		}
		if g.e.State != models.EngagementActive && g.e.State != models.EngagementPaused {
			return g.notNow()
		}
		return g.finish(models.EngagementCompleted, in.Reason)
	})
}

// leads lets its coach and staff go on.
func (g *engaging) leads() error {
	if !g.sight.Coach && !g.sight.Staff {
		return services.Forbidden("coach_or_staff", "The coach or our team does this. Talk with them about it.")
	}
	if g.sight.Coach && pausedByUs(g.e) {
		return g.notNow()
	}
	return nil
}

// EndEngagement ends a live engagement, by anybody in it. Of a couple each leaves for themselves: see LeaveEngagement.
// Errors: not_found; conflict not_now once it is over, and leave_alone for one of a couple.
func (s *Service) EndEngagement(ctx context.Context, id uuid.UUID, in EndEngagement) (*EngagementView, error) {
	return s.step(ctx, "engagement.end", id, func(g *engaging) error {
		if !g.e.State.Live() || !g.takesPart() {
			return g.notNow()
		}
		if g.sight.Participant && g.e.Joint && len(g.sight.taking(g.e, g.participants, g.tx.Actor().MemberID)) > 1 {
			return services.Conflict("leave_alone", "You are coached as two: leave for yourself. The coach or our team ends it for both.")
		}
		why := models.EngagementEndAsked
		if in.Reason != "" && (g.sight.Coach || g.sight.Staff) {
			why = in.Reason
		}
		if err := g.because(in.Words, false); err != nil {
			return err
		}
		return g.finish(models.EngagementEnded, why)
	})
}

// finish closes an engagement: calls off what is ahead, tells its people, and closes what staff had to do.
func (g *engaging) finish(as models.EngagementState, why models.EngagementEnd) error {
	if g.e.State.OnCaseload() {
		if _, err := callOffAhead(g.tx, g.e, g.participants, g.calledOffBy(), true); err != nil {
			return err
		}
		if !g.sight.Coach {
			if err := g.informCoach(models.NoticeCoachingEnded, *g.e.CoachID); err != nil {
				return err
			}
		}
	}
	if err := g.inform(models.NoticeCoachingEnded); err != nil {
		return err
	}
	return g.close(as, why)
}

// close ends it and all that hangs on it, without telling anybody.
func (g *engaging) close(as models.EngagementState, why models.EngagementEnd) error {
	now := g.tx.Now()
	g.e.State, g.e.EndReason, g.e.ClosedAt = as, &why, &now
	g.e.PausedAt, g.e.PauseReason, g.e.ResumeOn = nil, nil, nil
	if err := g.changeSettled(); err != nil {
		return err
	}
	if err := g.endTerm(models.CoachEnded); err != nil {
		return err
	}
	if err := cancelHandOvers(g.tx, g.e.ID); err != nil {
		return err
	}
	return tasks.CloseFor(g.tx, engagementRecord, g.e.ID, models.TaskMatchCoach, models.TaskAnotherCoach, models.TaskHeldEngagement, models.TaskFindNewTime)
}

// endTerm ends the time of the coach it has now, if any.
func (g *engaging) endTerm(how models.CoachOutcome) error {
	var terms []models.EngagementCoach
	if err := g.tx.DB.Where("engagement_id = ? and ends_at is null", g.e.ID).Find(&terms).Error; err != nil {
		return err
	}
	for i := range terms {
		before, t, now := terms[i], &terms[i], g.tx.Now()
		t.EndsAt, t.Outcome = &now, &how
		g.tx.Changed(before, *t)
		if err := g.tx.DB.Model(&models.EngagementCoach{}).Where("id = ?", t.ID).Select("ends_at", "outcome").Updates(t).Error; err != nil {
			return err
		}
	}
	return nil
}

// beginTerm begins the time of a coach; history lets them read what was shared before, which is for those who are coached to say.
func (g *engaging) beginTerm(coach uuid.UUID, history bool) error {
	t := models.EngagementCoach{ID: services.NewID(), EngagementID: g.e.ID, CoachID: coach, StartsAt: g.tx.Now(), History: history}
	g.tx.Changed(nil, t)
	return g.tx.DB.Create(&t).Error
}

// resumeTerm lets the last time of a coach go on, with what they may read of what came before it.
func (g *engaging) resumeTerm(coach uuid.UUID) error {
	var last []models.EngagementCoach
	if err := g.tx.DB.Where("engagement_id = ? and coach_id = ?", g.e.ID, coach).Order("starts_at desc, id desc").Limit(1).Find(&last).Error; err != nil {
		return err
	}
	if len(last) == 0 {
		return g.beginTerm(coach, false)
	}
	before, t := last[0], &last[0]
	t.EndsAt, t.Outcome = nil, nil
	g.tx.Changed(before, *t)
	return g.tx.DB.Model(&models.EngagementCoach{}).Where("id = ?", t.ID).Select("ends_at", "outcome").Updates(t).Error
}

// ReopenEngagement takes an end back: with its coach where they can take it on and everybody was in agreement, else into the
// match queue.
// Errors: not_found; forbidden own_record; conflict not_now unless it is over, and for a death or a merge, whose undoing brings it
// back; already_asked when one of its people has another one by now; invalid without a reason.
func (s *Service) ReopenEngagement(ctx context.Context, id uuid.UUID, in people.StaffReason) (*EngagementView, error) {
	return s.step(ctx, "engagement.reopen", id, func(g *engaging) error {
		if err := g.only(); err != nil {
			return err
		}
		itself := g.e.EndReason != nil && (*g.e.EndReason == models.EngagementEndDied || *g.e.EndReason == models.EngagementEndSuperseded)
		if g.e.State.Live() || itself || len(takingPart(g.participants)) == 0 {
			return g.notNow()
		}
		if err := g.because(in.Reason, true); err != nil {
			return err
		}
		g.e.ClosedAt, g.e.EndReason = nil, nil
		back, err := g.coachAgain()
		if err != nil {
			return err
		}
		if back {
			g.e.State = models.EngagementActive
			if err := g.resumeTerm(*g.e.CoachID); err != nil {
				return err
			}
			return g.inform(models.NoticeCoachingResumed)
		}
		return g.requeue()
	})
}

// coachAgain says whether an engagement that is over may go on with the coach it had. What stands in the way is a reason to look for
// another.
func (g *engaging) coachAgain() (bool, error) {
	if g.e.CoachID == nil || g.e.ActivatedAt == nil || g.kept(*g.e.CoachID) || g.split() || g.e.Joint && len(takingPart(g.participants)) < 2 {
		return false, nil
	}
	err := g.roomWith(*g.e.CoachID)
	if isConflict(err) {
		return false, nil
	}
	return err == nil, err
}

// requeue puts it back into the match queue. Another coach is what they get with it.
func (g *engaging) requeue() error {
	if err := g.changeSettled(); err != nil {
		return err
	}
	if err := tasks.CloseFor(g.tx, engagementRecord, g.e.ID, models.TaskAnotherCoach); err != nil {
		return err
	}
	g.e.State, g.e.CoachID, g.e.AnswerBy = models.EngagementRequested, nil, new(g.tx.Now().Add(callWithin))
	g.e.MatchedAt, g.e.MatchedBy, g.e.CoachAcceptedAt = nil, nil, nil
	for i := range g.participants {
		p, before := &g.participants[i], g.participants[i]
		if p.AcceptedAt == nil {
			continue
		}
		p.AcceptedAt = nil
		if err := g.saveParticipant(before, p); err != nil {
			return err
		}
	}
	return g.askDesk(models.TaskMatchCoach, "Find a coach for somebody who asked for one")
}

// ExtendEngagement adds sessions to the package: by its coach, or staff.
// Errors: not_found; forbidden coach_or_staff; conflict not_now once it is over; invalid without a reason, and too_many beyond 100.
func (s *Service) ExtendEngagement(ctx context.Context, id uuid.UUID, in ExtendEngagement) (*EngagementView, error) {
	return s.step(ctx, "engagement.extend", id, func(g *engaging) error {
		if err := g.leads(); err != nil {
			return err
		}
		if !g.e.State.Live() {
			return g.notNow()
		}
		if g.e.PackageSessions+in.Sessions > 100 {
			return services.InvalidField("/sessions", "too_many", "A package has 100 sessions at most.")
		}
		g.e.PackageSessions += in.Sessions
		return g.because(in.Reason, true)
	})
}

// AskForAnotherCoach says that somebody would like another coach; no reason is asked. Our team gets a task; the coach is not told, and
// does not see it, nor does a partner. Asking again changes nothing.
// Errors: not_found; conflict not_now unless there is a coach.
func (s *Service) AskForAnotherCoach(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return s.step(ctx, "engagement.ask_another", id, func(g *engaging) error {
		if g.sight.Coach || !g.e.State.OnCaseload() || !g.takesPart() {
			return g.notNow()
		}
		g.unseen = true
		now := g.tx.Now()
		if g.e.ChangeAskedAt == nil {
			g.e.ChangeAskedAt = &now
		}
		if p := g.asker(); p != nil && p.ChangeAskedAt == nil {
			before := *p
			p.ChangeAskedAt = &now
			if err := g.saveParticipant(before, p); err != nil {
				return err
			}
		}
		return g.askDesk(models.TaskAnotherCoach, "Somebody would like another coach, and need not say why")
	})
}

// KeepCoach takes that back: for oneself, or as staff for all of them.
// Errors: not_found; conflict not_now for who has not asked.
func (s *Service) KeepCoach(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return s.step(ctx, "engagement.keep_coach", id, func(g *engaging) error {
		p := g.asker()
		if g.sight.Coach || g.e.ChangeAskedAt == nil || !g.takesPart() || p != nil && p.ChangeAskedAt == nil {
			return g.notNow()
		}
		g.unseen = true
		if p != nil {
			before := *p
			p.ChangeAskedAt = nil
			if err := g.saveParticipant(before, p); err != nil || g.changeAsked() {
				return err
			}
		}
		if err := g.changeSettled(); err != nil {
			return err
		}
		return tasks.CloseFor(g.tx, engagementRecord, g.e.ID, models.TaskAnotherCoach)
	})
}

// changeAsked says whether one of those who are coached would like another coach.
func (g *engaging) changeAsked() bool {
	return slices.ContainsFunc(g.participants, func(p models.EngagementParticipant) bool {
		return p.ChangeAskedAt != nil && p.State == models.ParticipantJoined
	})
}

// changeSettled forgets who would have liked another coach, now that nobody has to see to it any more.
func (g *engaging) changeSettled() error {
	g.e.ChangeAskedAt = nil
	for i := range g.participants {
		p, before := &g.participants[i], g.participants[i]
		if p.ChangeAskedAt == nil {
			continue
		}
		p.ChangeAskedAt = nil
		if err := g.saveParticipant(before, p); err != nil {
			return err
		}
	}
	return nil
}
