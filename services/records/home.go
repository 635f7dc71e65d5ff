package records

import (
	"context"

	"gorm.io/gorm"

	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/forms"
	"homefront/services/notices"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// Home is the first screen of the phone: what comes next, and what waits for one's answer. Every list is short, and there
// is a route with the whole of it.
type Home struct {
	Name          string                     `json:"name" doc:"What to call the person" example:"Luis"`
	Next          []workshops.HomeItem       `json:"next" nullable:"false" doc:"What one comes to next, and children whom one registered; soonest first, at most 8"`
	Coaching      []coaching.HomeSession     `json:"coaching" nullable:"false" doc:"Sessions with a coach that come next, one's own and those of minors for whom one asked; soonest first, at most 5"`
	Offers        []workshops.HomeOffer      `json:"offers" nullable:"false" doc:"Seats that are held until one answers; the first to run out first, at most 5"`
	Invitations   []workshops.HomeInvitation `json:"invitations" nullable:"false" doc:"Parties that ask one along, at most 5"`
	Consents      []people.DueText           `json:"consents" nullable:"false" doc:"Texts that wait for one's answer. /v1/me/consents/due has them in full"`
	Relationships int                        `json:"relationship_asks" doc:"How many ask to be linked; counted up to 100" example:"1"`
	Unread        int                        `json:"unread" doc:"Notifications not read yet; counted up to 100" example:"3"`
	HelpRequest   *outreach.OpenHelp         `json:"help_request" doc:"One's own open request for a call; null when there is none"`
	Programs      []programs.OpenEnrollment  `json:"programs" nullable:"false" doc:"Programs that one has applied for, waits for or is in; the oldest first, at most 5"`
	Forms         []forms.DueForm            `json:"forms" nullable:"false" doc:"Forms that wait for one's answers, also about children whom one entered; the oldest first, at most 5"`
}

const homeForms = 5

// Home reads it. Nothing in it changes by the mere passing of seconds, so that a phone that asks again with the ETag is
// told that nothing is new in a few bytes.
// Errors: not_found for somebody without a record.
func (s *Service) Home(ctx context.Context) (*Home, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*Home, error) {
		waiting, err := people.WaitingFor(db, actor, now)
		if err != nil {
			return nil, err
		}
		next, err := workshops.HomeOf(db, s.core.Keys, actor, now)
		if err != nil {
			return nil, err
		}
		out := &Home{Name: firstName(waiting), Next: next.Items, Offers: next.Offers, Invitations: next.Invitations, Consents: waiting.Consents, Relationships: waiting.Asks}
		if out.Coaching, err = coaching.HomeOf(db, actor, now); err != nil {
			return nil, err
		}
		if out.Unread, err = notices.Unread(db, actor, now); err != nil {
			return nil, err
		}
		if out.HelpRequest, err = outreach.OpenRequest(db, actor.MemberID); err != nil {
			return nil, err
		}
		if out.Programs, err = programs.OpenOf(db, actor, now); err != nil {
			return nil, err
		}
		out.Forms, err = forms.DueFor(db, actor, now, homeForms)
		return out, err
	})
}

func firstName(w *people.Waiting) string {
	if p := w.Me.PreferredName; p != nil && *p != "" {
		return *p
	}
	return w.Me.GivenName
}
