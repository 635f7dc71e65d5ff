package coaching

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// EngagementPatch changes what somebody would like of their coaching.
type EngagementPatch struct {
	Hopes         services.Field[string]            `json:"hopes,omitzero" required:"false" maxLength:"4000" doc:"One's own alone, or of a child by the guardian who asked. Null or blank takes them back"`
	FocusAreas    services.Field[[]models.Focus]    `json:"focus_areas,omitzero" required:"false" maxItems:"16" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence"`
	Hours         services.Field[[]string]          `json:"hours,omitzero" required:"false" maxItems:"42" doc:"Each as MO 18:00-20:00"`
	TimeZone      services.Field[string]            `json:"time_zone,omitzero" required:"false" maxLength:"60"`
	Language      services.Field[string]            `json:"language,omitzero" required:"false" maxLength:"35"`
	CoachGender   services.Field[models.Gender]     `json:"coach_gender,omitzero" required:"false" enum:"woman,man,nonbinary"`
	Modalities    services.Field[[]models.Modality] `json:"modalities,omitzero" required:"false" maxItems:"3" enum:"online,phone,in_person"`
	WantedCoachID services.Field[uuid.UUID]         `json:"wanted_coach_id,omitzero" required:"false"`
	History       services.Field[bool]              `json:"history,omitzero" required:"false" doc:"False takes back what was said at the hand-over to the coach of now: they read no more of what came before them. One of two is enough. Yes is said at a hand-over alone"`
}

// from takes the wishes that somebody names; what they leave out stays as it is.
func (p *EngagementPatch) from(w *CoachWishes) {
	if w.FocusAreas != nil {
		p.FocusAreas = services.Some(w.FocusAreas)
	}
	if w.Hours != nil {
		p.Hours = services.Some(w.Hours)
	}
	if w.TimeZone != "" {
		p.TimeZone = services.Some(w.TimeZone)
	}
	if w.Language != "" {
		p.Language = services.Some(w.Language)
	}
	if w.CoachGender != "" {
		p.CoachGender = services.Some(w.CoachGender)
	}
	if w.Modalities != nil {
		p.Modalities = services.Some(w.Modalities)
	}
	if w.WantedCoachID != nil {
		p.WantedCoachID = services.Some(*w.WantedCoachID)
	}
}

// apply changes the engagement, and lists the values that cannot be.
func (p *EngagementPatch) apply(e *models.Engagement) (faults []services.FieldError) {
	if p.FocusAreas.Set {
		e.FocusAreas = models.Texts[models.Focus](unique(p.FocusAreas.Value))
	}
	if p.Modalities.Set {
		e.Modalities = models.Texts[models.Modality](unique(p.Modalities.Value))
	}
	if p.CoachGender.Set {
		e.CoachGender = p.CoachGender.Value
	}
	if p.WantedCoachID.Set {
		e.WantedCoachID = p.WantedCoachID.Value
	}
	if p.TimeZone.Set {
		if p.TimeZone.Value == nil || !models.KnownZone(*p.TimeZone.Value) {
			faults = append(faults, services.FieldError{Field: "/time_zone", Code: "unknown", Message: "Use an IANA time zone such as America/New_York."})
		} else {
			e.TimeZone = *p.TimeZone.Value
		}
	}
	if p.Language.Set {
		faults = append(faults, p.speak(e)...)
	}
	if p.Hours.Set {
		e.Hours = models.Texts[string](unique(p.Hours.Value))
		for i, h := range e.Hours {
			if _, ok := models.ParseWeekWindow(h); !ok {
				faults = append(faults, services.FieldError{Field: fmt.Sprintf("/hours/%d", i), Code: "not_hours", Message: "Write a day and hours, like MO 18:00-20:00. The end comes after the start, 24:00 at the latest."})
			}
		}
	}
	return faults
}

func (p *EngagementPatch) speak(e *models.Engagement) []services.FieldError {
	if p.Language.Value != nil {
		if tag, ok := knownLanguage(*p.Language.Value); ok {
			e.Language = tag
			return nil
		}
	}
	return []services.FieldError{{Field: "/language", Code: "bad_language", Message: "Write the language as BCP 47 has it, like en or es-MX."}}
}

// unique is a list without repetitions; null is an empty one.
func unique[T comparable](of *[]T) []T {
	out := []T{}
	if of == nil {
		return out
	}
	seen := map[T]bool{}
	for _, v := range *of {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// UpdateEngagement changes what somebody would like: those who are coached and the guardian who asked for one of them, and staff
// all but the hopes. The answer holds no hopes; read them again.
// Errors: not_found; unconditional, stale; forbidden own_hopes for the hopes of somebody else, coach_reads for its coach; invalid
// for values that cannot be, and for history that is not taken back; conflict not_now once it is over, and for who has not said yes to take part or has left.
func (s *Service) UpdateEngagement(ctx context.Context, id uuid.UUID, in EngagementPatch) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.update", func(tx *services.Tx) (*EngagementView, error) {
		g, err := engage(tx, id)
		if err != nil {
			return nil, err
		}
		if !g.takesPart() {
			return nil, g.notNow()
		}
		if err := tx.CheckVersion(g.e.Version); err != nil {
			return nil, err
		}
		p := g.asker()
		switch {
		case g.sight.Coach:
			return nil, services.Forbidden("coach_reads", "What a client would like is for them to say. Ask them to change it.")
		case in.Hopes.Set && p == nil:
			return nil, services.Forbidden("own_hopes", "What somebody hopes is for them alone to say.")
		case !g.e.State.Live():
			return nil, g.notNow()
		}
		if faults := in.apply(g.e); len(faults) > 0 {
			return nil, services.Invalid(faults...)
		}
		if id := g.e.WantedCoachID; in.WantedCoachID.Set && id != nil {
			if err := g.knows(*id); err != nil {
				return nil, err
			}
		}
		if in.History.Set {
			if err := g.takeBackHistory(in.History); err != nil {
				return nil, err
			}
		}
		if in.Hopes.Set {
			before, words := *p, ""
			if in.Hopes.Value != nil {
				words = *in.Hopes.Value
			}
			if err := sealHopes(tx, p, words); err != nil {
				return nil, err
			}
			if err := g.saveParticipant(before, p); err != nil {
				return nil, err
			}
		}
		if err := g.save(); err != nil {
			return nil, err
		}
		return g.view()
	})
}

// takeBackHistory keeps from the coach of now what came before them.
// Errors: invalid for a yes, which is for everybody to say, at a hand-over.
func (g *engaging) takeBackHistory(to services.Field[bool]) error {
	if to.Value == nil || *to.Value {
		return services.InvalidField("/history", "at_hand_over", "That a coach may read what came before them is said at a hand-over. Here it is taken back: false.")
	}
	var terms []models.EngagementCoach
	if err := g.tx.DB.Where("engagement_id = ? and ends_at is null and history", g.e.ID).Find(&terms).Error; err != nil {
		return err
	}
	for i := range terms {
		before := terms[i]
		terms[i].History = false
		g.tx.Changed(before, terms[i])
		g.tx.Queue(`update engagement_coaches set history = false where id = $1`, terms[i].ID)
	}
	return nil
}

// knows: a coach whom the one who wishes for them does not find in the list is none. From whom a partner is kept apart, or a child, is
// not for the other to know, or the guardian; the matching asks it of all. Staff wish for all of them.
func (g *engaging) knows(coach uuid.UUID) error {
	wish := takingPart(g.participants)
	if g.asker() != nil {
		wish = []uuid.UUID{g.tx.Actor().MemberID}
	}
	apart, err := othersApart(g.tx.DB, g.tx.Now(), wish)
	if err != nil {
		return err
	}
	return knownCoach(g.tx, coach, apart)
}

// asker is the participant whom the caller speaks for: themselves, or somebody under 18 or in their care whom they entered.
func (g *engaging) asker() *models.EngagementParticipant {
	return g.sight.speaksFor(g.participants, g.tx.Actor().MemberID)
}

func (s sight) speaksFor(participants []models.EngagementParticipant, me uuid.UUID) *models.EngagementParticipant {
	for i := range participants {
		p := &participants[i]
		if s.Participant && p.MemberID == me || s.Guardian && p.EnteredBy != nil && *p.EnteredBy == me {
			return p
		}
	}
	return nil
}
