package coaching

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/people"
	"homefront/services/tasks"
)

// MatchCoach proposes a coach to those who asked for one.
type MatchCoach struct {
	CoachID uuid.UUID `json:"coach_id" doc:"The coach's member id"`
	Reason  string    `json:"reason,omitempty" maxLength:"1000" doc:"Why this coach, for colleagues: kept sealed, in the audit log" example:"Knows night shifts herself."`

	WaiveReason string `json:"waive_reason,omitempty" maxLength:"500" doc:"Why rules of the program that somebody does not meet, or is not known to meet, do not count for them. Kept sealed"`
}

// ActivateEngagement says that everybody agreed who is to.
type ActivateEngagement struct {
	people.StaffReason
	WaiveReason string `json:"waive_reason,omitempty" maxLength:"500" doc:"As of POST /v1/engagements/{engagement_id}/match"`
}

// SayYes is a yes for oneself, or for somebody else.
type SayYes struct {
	MemberID *uuid.UUID `json:"member_id,omitempty" doc:"Staff: who said yes to them, on the phone say. Absent: the caller, or the child whom they asked for"`
}

func isConflict(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && e.Kind == services.KindConflict
}

// load is SQL that counts the clients of the coach c, and those who would be by a hand-over that waits for answers.
const load = `((select count(*) from engagements l where l.coach_id = c.id and l.state in ('matched', 'active', 'paused'))
	+ (select count(*) from hand_overs o where o.to_coach_id = c.id and o.state = 'proposed'))`

// room locks the coach and says whether they have a place for one more client, and may coach these people now. Two who match
// at once wait for one another.
// Errors: conflict caseload_full, coach_unavailable.
func (g *engaging) roomWith(coach uuid.UUID) error {
	minors, err := g.minors()
	if err != nil {
		return err
	}
	calendar.Lock(g.tx, calendar.Resource{Kind: models.ResourcePerson, ID: coach})
	if err := mayTakeOn(g.tx, coach, minors); err != nil {
		return err
	}
	var c struct {
		Clients       int
		CaseloadLimit int
		Close         bool
	}
	err = g.tx.DB.Raw(`select c.caseload_limit, `+load+` as clients, exists (select from closed_to(c.id, ?) k where k = any(?)) as close from coaches c where c.id = ?`,
		models.DateOf(g.tx.Now()), models.IDs(takingPart(g.participants)), coach).Scan(&c).Error
	switch {
	case err != nil:
		return err
	case c.Close || g.kept(coach) || slices.Contains(takingPart(g.participants), coach): // nobody coaches themselves
		return errNotThisCoach
	case c.Clients >= c.CaseloadLimit:
		return services.Conflict(CodeCaseloadFull, "This coach takes no more clients: they have %d of at most %d. Choose another, or raise the limit with them.", c.Clients, c.CaseloadLimit)
	}
	return nil
}

// accepting says whether a coach takes new clients, of whom they are told before.
func accepting(tx *services.Tx, coach uuid.UUID) error {
	var n int64
	err := tx.DB.Model(&models.Coach{}).Where("id = ? and accepting", coach).Count(&n).Error
	if err == nil && n == 0 {
		err = services.Conflict(CodeCoachUnavailable, "This coach takes no new clients now. Choose another.")
	}
	return err
}

// Match proposes a coach: the coach, and each of those who are coached, say yes or no to it. It takes a place of the coach's caseload at
// once; two who want the last place wait for one another.
// Errors: not_found; forbidden own_record; conflict not_now unless somebody waits for a coach, partner_not_in until both of a couple
// have said that they take part, coach_unavailable (it never says why: no coach of ours, not checked, no new clients, too close, kept
// apart), caseload_full; invalid not_eligible where rules of the program are not met, or not known to be, and no waive_reason is given.
func (s *Service) Match(ctx context.Context, id uuid.UUID, in MatchCoach) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.match", func(tx *services.Tx) (*EngagementView, error) {
		g, err := engageApart(tx, id, in.CoachID)
		if g == nil {
			return nil, err
		}
		if err := firstOf(g.mayMatch(), err); err != nil { // that a colleague was faster says more than that it is being changed
			return nil, err
		}
		if err := g.roomWith(in.CoachID); err != nil {
			return nil, err
		}
		if err := accepting(tx, in.CoachID); err != nil {
			return nil, err
		}
		waived, err := g.settleRules(in.WaiveReason)
		if err != nil {
			return nil, err
		}
		if err := g.becauseBoth(in.Reason, waived); err != nil {
			return nil, err
		}
		if err := g.propose(in.CoachID); err != nil {
			return nil, err
		}
		return g.view()
	})
}

func (g *engaging) mayMatch() error {
	if err := g.only(); err != nil {
		return err
	}
	if g.e.State != models.EngagementRequested {
		return g.notNow()
	}
	for i := range g.participants {
		if g.participants[i].State == models.ParticipantJoined {
			continue
		}
		if !g.e.Joint {
			return services.Conflict(CodePartnerNotIn, "This stands beside another wish for the same person, so they take no part in it yet. Let them (ask-partner) once the other is closed, or end this one.")
		}
		return services.Conflict(CodePartnerNotIn, "Not everybody who is to be coached has said that they take part. See to that first, or end the request.")
	}
	if g.split() {
		return services.Conflict(CodeStaffResume, "These two are not coached together. End the request, and talk with each of them.")
	}
	return nil
}

func (g *engaging) propose(coach uuid.UUID) error {
	now, me := g.tx.Now(), g.tx.Actor().MemberID
	g.e.CoachID, g.e.State, g.e.MatchedAt, g.e.MatchedBy = &coach, models.EngagementMatched, &now, &me
	if err := g.save(); err != nil {
		return err
	}
	if err := g.beginTerm(coach, g.e.ActivatedAt == nil); err != nil {
		return err
	}
	if err := tasks.DoneFor(g.tx, engagementRecord, g.e.ID, "A coach was proposed.", models.TaskMatchCoach); err != nil {
		return err
	}
	if err := g.informCoach(models.NoticeCoachingProposed, coach); err != nil {
		return err
	}
	return g.inform(models.NoticeCoachingMatched)
}

// AcceptMatch says yes to the coach who is proposed, or as that coach to the client. When everybody has, the engagement is active.
// For somebody under 18 the guardian answers who asked for them; staff answer for whoever told them, the coach for nobody else.
// Errors: not_found; conflict not_now unless a coach is proposed; coach_unavailable when they may not coach any more; invalid
// unknown_member for somebody for whom the caller cannot answer.
func (s *Service) AcceptMatch(ctx context.Context, id uuid.UUID, in SayYes) (*EngagementView, error) {
	return s.step(ctx, "engagement.accept", id, func(g *engaging) error {
		if g.e.State != models.EngagementMatched || !g.takesPart() {
			return g.notNow()
		}
		if g.sight.Coach && in.MemberID == nil {
			now := g.tx.Now()
			g.e.CoachAcceptedAt = &now
			return g.begin()
		}
		p, err := g.answers(in.MemberID)
		if err != nil {
			return err
		}
		if p.AcceptedAt == nil {
			now, before := g.tx.Now(), *p
			p.AcceptedAt = &now
			if err := g.saveParticipant(before, p); err != nil {
				return err
			}
		}
		return g.begin()
	})
}

// answers is the participant for whom the caller says something. For a minor their guardian does, for an adult they
// themselves; staff for whom they name.
func (g *engaging) answers(named *uuid.UUID) (*models.EngagementParticipant, error) {
	who, err := g.members()
	if err != nil {
		return nil, err
	}
	me := g.tx.Actor().MemberID
	for i := range g.participants {
		p := &g.participants[i]
		m := who[p.MemberID]
		if m == nil || named != nil && p.MemberID != *named || p.State != models.ParticipantJoined {
			continue
		}
		minor := m.MinorOn(m.Today(g.tx.Now()))
		switch {
		case g.sight.Staff && named != nil,
			g.sight.Participant && p.MemberID == me && !minor,
			g.sight.Guardian && p.EnteredBy != nil && *p.EnteredBy == me && minor:
			return p, nil
		}
	}
	return nil, services.InvalidField("/member_id", "unknown_member", "Name one of those who are coached, for whom you may answer. Until somebody is 18, the parent or guardian who asked for them answers; our team does for whoever told them.")
}

// begin makes it active when the coach and everybody who is coached have said yes.
// Errors: conflict coach_unavailable.
func (g *engaging) begin() error {
	if g.e.CoachAcceptedAt == nil {
		return nil
	}
	for i := range g.participants {
		if p := &g.participants[i]; p.State == models.ParticipantJoined && p.AcceptedAt == nil {
			return nil
		}
	}
	if g.kept(*g.e.CoachID) || g.split() {
		return errNotThisCoach
	}
	minors, err := g.minors()
	if err != nil {
		return err
	}
	if err := mayTakeOn(g.tx, *g.e.CoachID, minors); err != nil {
		return err
	}
	now := g.tx.Now()
	g.e.State, g.e.ActivatedAt = models.EngagementActive, &now
	if !g.sight.Coach {
		if err := g.informCoach(models.NoticeCoachingActive, *g.e.CoachID); err != nil {
			return err
		}
	}
	return g.inform(models.NoticeCoachingActive)
}

// ActivateEngagement says, by staff, that the coach and everybody else have agreed, who did not say so here: on the phone say.
// Errors: not_found; forbidden own_record; conflict not_now unless a coach is proposed, coach_unavailable; invalid without a reason, and
// not_eligible as of Match.
func (s *Service) ActivateEngagement(ctx context.Context, id uuid.UUID, in ActivateEngagement) (*EngagementView, error) {
	return s.step(ctx, "engagement.activate", id, func(g *engaging) error {
		if err := g.only(); err != nil {
			return err
		}
		if g.e.State != models.EngagementMatched {
			return g.notNow()
		}
		if err := g.because(in.Reason, true); err != nil {
			return err
		}
		waived, err := g.settleRules(in.WaiveReason)
		if err != nil {
			return err
		}
		if err := g.becauseBoth(in.Reason, waived); err != nil {
			return err
		}
		now := g.tx.Now()
		if g.e.CoachAcceptedAt == nil {
			g.e.CoachAcceptedAt = &now
		}
		for i := range g.participants {
			p, before := &g.participants[i], g.participants[i]
			if p.State != models.ParticipantJoined || p.AcceptedAt != nil {
				continue
			}
			p.AcceptedAt = &now
			if err := g.saveParticipant(before, p); err != nil {
				return err
			}
		}
		return g.begin()
	})
}

// DeclineMatch says no to the coach who is proposed, or as that coach to the client; no reason is asked, and nobody is told
// who said it. The request goes back into the match queue. The coach stays known as one who did not fit, and comes last among suggestions.
// Errors: not_found; conflict not_now unless a coach is proposed.
func (s *Service) DeclineMatch(ctx context.Context, id uuid.UUID) (*EngagementNow, error) {
	return services.Mutate(ctx, s.core, "engagement.decline", func(tx *services.Tx) (*EngagementNow, error) {
		g, err := engage(tx, id)
		if err != nil {
			return nil, err
		}
		if g.e.State != models.EngagementMatched || !g.takesPart() {
			return nil, g.notNow()
		}
		if err := g.endTerm(models.CoachDeclined); err != nil {
			return nil, err
		}
		if err := g.requeue(); err != nil {
			return nil, err
		}
		return &EngagementNow{g.e.ID, g.e.State}, g.save()
	})
}
