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

// EngagementNow is where an engagement stands after an answer of somebody who may not see it any more.
type EngagementNow struct {
	EngagementID uuid.UUID              `json:"engagement_id"`
	State        models.EngagementState `json:"state" enum:"requested,matched,active,paused,completed,ended" example:"requested"`
}

// JoinEngagement says yes to be coached together with somebody who asked.
// Errors: not_found; conflict not_now unless the caller is asked; conflict already_asked when they are coached with somebody else.
func (s *Service) JoinEngagement(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.join", func(tx *services.Tx) (*EngagementView, error) {
		g, err := answerPartner(tx, id, models.ParticipantJoined)
		if err != nil {
			return nil, err
		}
		if g.split() {
			g.e.Review = withReview(g.e.Review, reviewHeld)
		}
		if err := g.save(); err != nil {
			return nil, err
		}
		return g.view()
	})
}

// RefuseEngagement says no to it. Whoever asked is not told: to them it stays open. Our team sees it.
// Errors: not_found; conflict not_now unless the caller is asked.
func (s *Service) RefuseEngagement(ctx context.Context, id uuid.UUID) (*EngagementNow, error) {
	return services.Mutate(ctx, s.core, "engagement.refuse", func(tx *services.Tx) (*EngagementNow, error) {
		g, err := answerPartner(tx, id, models.ParticipantRefused)
		if err != nil {
			return nil, err
		}
		return &EngagementNow{g.e.ID, g.e.State}, g.askDesk(models.TaskMatchCoach, "See to a request for two people, of whom one would rather not")
	})
}

// answerPartner notes what somebody says who is asked along.
func answerPartner(tx *services.Tx, id uuid.UUID, answer models.ParticipantState) (*engaging, error) {
	g, err := engageApart(tx, id)
	if err != nil {
		return nil, err
	}
	p := g.asker()
	if p == nil || p.State != models.ParticipantAsked || !g.e.State.Live() {
		return nil, g.notNow()
	}
	before := *p
	p.State = answer
	return g, g.saveParticipant(before, p)
}

func withReview(review models.Texts[string], why string) models.Texts[string] {
	if slices.Contains(review, why) {
		return review
	}
	return append(slices.Clone(review), why)
}

// askDesk gives coordinators a task about the engagement. Nobody who is close to its people sees it.
func (g *engaging) askDesk(kind models.TaskKind, title string) error {
	var about []uuid.UUID
	for i := range g.participants {
		about = append(about, g.participants[i].MemberID)
	}
	_, err := tasks.Open(g.tx, tasks.New{Kind: kind, MemberID: &about[0], AlsoAbout: about[1:], Record: engagementRecord, RecordID: &g.e.ID, Queue: coachDesk,
		Title: title, DueAt: g.tx.Now().Add(callWithin)})
	return err
}

// AskPartner asks the other of a couple along, of whom staff had to look twice before, or who said no once and has changed
// their mind. Two who are kept apart are not coached together. Of the wish of another guardian it lets the child take part, once no
// other wish for them is open: it goes on like any, and to that guardian it looks as it did.
// Errors: not_found; forbidden own_record; conflict not_now, or already_asked when they are coached with somebody else, or by another wish.
func (s *Service) AskPartner(ctx context.Context, id uuid.UUID, in people.StaffReason) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.ask_partner", func(tx *services.Tx) (*EngagementView, error) {
		partner, err := refusedOf(tx, id)
		if err != nil {
			return nil, err
		}
		g, err := engageApart(tx, id, partner)
		if err != nil {
			return nil, err
		}
		if err := g.only(); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(g.participants, func(p models.EngagementParticipant) bool {
			return p.MemberID == partner && p.State == models.ParticipantRefused
		})
		if i < 0 || g.e.State != models.EngagementRequested || g.kept(partner) {
			return nil, g.notNow()
		}
		if err := g.because(in.Reason, true); err != nil {
			return nil, err
		}
		before := g.participants[i]
		g.participants[i].State = models.ParticipantAsked
		if !g.e.Joint {
			g.participants[i].State = models.ParticipantJoined
		}
		if err := g.saveParticipant(before, &g.participants[i]); err != nil {
			return nil, err
		}
		g.e.Review = slices.DeleteFunc(slices.Clone(g.e.Review), func(why string) bool { return why == reviewNotAsked || why == reviewSecond })
		if err := g.save(); err != nil {
			return nil, err
		}
		if g.e.Joint {
			if err := invitePartner(tx, g.e.ID, partner); err != nil {
				return nil, err
			}
		}
		return g.view()
	})
}

// refusedOf is the one of an engagement who is not asked, or said no; nil when there is none.
func refusedOf(tx *services.Tx, id uuid.UUID) (uuid.UUID, error) {
	var found []uuid.UUID
	err := tx.DB.Model(&models.EngagementParticipant{}).Where("engagement_id = ? and state = 'refused'", id).Limit(1).Pluck("member_id", &found).Error
	if err != nil || len(found) == 0 {
		return uuid.Nil, err
	}
	return found[0], nil
}

// LeaveEngagement ends the caller's own part in being coached as a couple, at once and without a reason. Before it has begun that is
// its end. Later it stands still and what is booked is called off: staff talk with the other. What they were told stays readable
// to both.
// Errors: not_found; conflict not_now for who does not take part, or is coached alone.
func (s *Service) LeaveEngagement(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.leave", func(tx *services.Tx) (*EngagementView, error) {
		g, err := engage(tx, id)
		if err != nil {
			return nil, err
		}
		p := g.asker()
		if !g.sight.Participant || p == nil || p.State != models.ParticipantJoined || !g.e.Joint || !g.e.State.Live() {
			return nil, g.notNow()
		}
		began := g.e.State == models.EngagementActive || g.e.State == models.EngagementPaused
		if began {
			if _, err := callOffAhead(tx, g.e, g.participants, models.CoachingCancelledByMember, true); err != nil {
				return nil, err
			}
		}
		before, now := *p, tx.Now()
		p.State, p.LeftAt = models.ParticipantLeft, &now
		if err := g.saveParticipant(before, p); err != nil {
			return nil, err
		}
		if err := g.left(began); err != nil {
			return nil, err
		}
		if err := g.save(); err != nil {
			return nil, err
		}
		return g.view()
	})
}

// left ends what has not begun, and has staff see to the rest.
func (g *engaging) left(began bool) error {
	if !began {
		if err := g.informAll(models.NoticeCoachingEnded); err != nil {
			return err
		}
		return g.close(models.EngagementEnded, models.EngagementEndAsked)
	}
	stood := g.e.State == models.EngagementPaused
	g.pause(models.PauseStaff, nil)
	if !stood { // else there is nothing to tell but that somebody left
		if err := g.informAll(models.NoticeCoachingPaused); err != nil {
			return err
		}
	}
	return g.askDesk(models.TaskHeldEngagement, "Talk with somebody whose partner has left coaching")
}
