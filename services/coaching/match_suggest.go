package coaching

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// MatchSuggestion is a coach who could take somebody on, and why they fit.
type MatchSuggestion struct {
	CoachID  uuid.UUID            `json:"coach_id"`
	Name     string               `json:"name" doc:"First name and initial" example:"Dana R."`
	Points   int                  `json:"points" doc:"From 0 to 100" example:"82"`
	Reasons  []models.MatchReason `json:"reasons" nullable:"false"`
	Clients  int                  `json:"clients" doc:"That they have now, and those who would be by a hand-over that waits" example:"7"`
	Limit    int                  `json:"limit" doc:"Most clients at a time" example:"12"`
	Free     int                  `json:"free" doc:"Sessions they could hold within the hours asked for, in the next four weeks" example:"9"`
	NextFree *time.Time           `json:"next_free" doc:"The first of those"`
	Declined bool                 `json:"declined" doc:"One of them said no to the other before; listed last"`
}

// MatchSuggestions are the coaches for one engagement, the best first.
type MatchSuggestions struct {
	EngagementID uuid.UUID         `json:"engagement_id"`
	Data         []MatchSuggestion `json:"data" nullable:"false" doc:"At most 20"`
}

const (
	// lookAheadWeeks is how far the hours that suit somebody are compared with those of a coach.
	lookAheadWeeks = 4
	// mostSuggested is how many coaches are named, and mostCoaches how many are looked at.
	mostSuggested = 20
	mostCoaches   = 200
)

// fittingCoach is a coach who may take these people on.
type fittingCoach struct {
	ID            uuid.UUID
	Given, Family string
	Gender        *models.Gender
	Specialties   models.Texts[models.Focus]
	Languages     models.Texts[string]
	Modalities    models.Texts[models.Modality]
	CaseloadLimit int
	Clients       int
	Declined      bool
}

// fittingSQL are the coaches who may take on these members: who coach, are checked, take new clients and have a place; who work with
// minors where one is; who are not close to any of them or kept from their records, nor kept apart.
var fittingSQL = `with open as materialized (select c.*, ` + load + ` as clients from coaches c
		where ` + works + ` and c.accepting and (c.with_minors or not @minors) and c.id <> all(cast(@out as uuid[])) and ` + holdsAll("cast(@kinds as text[])", "cast(@day as date)") + `)
	select c.id, ` + calledSQL + `, m.gender, c.specialties, c.languages, c.modalities, c.caseload_limit, c.clients,
		exists (select from engagement_coaches t where t.engagement_id = @engagement and t.coach_id = c.id and t.outcome = 'declined') as declined
	from open c join members m on m.id = c.id
	where c.clients < c.caseload_limit and not exists (select from closed_to(c.id, @day) k where k = any(cast(@members as uuid[])))
	order by c.clients, c.id limit @most`

// MatchSuggestions ranks the coaches who could take somebody on, with points and reasons. Missing are those who could not: see
// Match. Who declined before comes last.
// Errors: not_found; forbidden own_record; conflict not_now once it is over.
func (s *Service) MatchSuggestions(ctx context.Context, id uuid.UUID) (*MatchSuggestions, error) {
	return services.Disclose(ctx, s.core, "engagement.suggest", func(d *services.Disclosure) (*MatchSuggestions, error) {
		tx := d.Tx()
		v, err := viewing(d.DB, tx.Actor(), tx.Now())
		if err != nil {
			return nil, err
		}
		d.Object(id)
		e, participants, err := v.engagement(d.DB, id, false)
		if err != nil {
			return nil, err
		}
		g := &engaging{tx: tx, e: e, participants: participants, sight: v.sightOf(e, participants)}
		d.Subject(takingPart(participants)...)
		if err := g.only(); err != nil {
			return nil, err
		}
		if !e.State.Live() {
			return nil, g.notNow()
		}
		found, err := g.suggest()
		if err != nil {
			return nil, err
		}
		return &MatchSuggestions{EngagementID: e.ID, Data: found}, nil
	})
}

// suggest ranks who fits, without the coach of now. It takes a handful of statements, however many coaches there are.
func (g *engaging) suggest() ([]MatchSuggestion, error) {
	fitting, err := g.fitting()
	if err != nil || len(fitting) == 0 {
		return []MatchSuggestion{}, err
	}
	ids := make([]uuid.UUID, len(fitting))
	for i := range fitting {
		ids[i] = fitting[i].ID
	}
	slots, err := freeAhead(g.tx, ids)
	if err != nil {
		return nil, err
	}
	return g.rank(fitting, slots), nil
}

// freeAhead is when coaches are free in the next weeks.
func freeAhead(tx *services.Tx, coaches []uuid.UUID) (map[uuid.UUID][]models.Slot, error) {
	now := tx.Now()
	return coachSlots(tx.DB, coaches, now, now.AddDate(0, 0, 7*lookAheadWeeks), now, true)
}

// rank puts the best first, and who declined before last.
func (g *engaging) rank(fitting []fittingCoach, slots map[uuid.UUID][]models.Slot) []MatchSuggestion {
	out, suits := make([]MatchSuggestion, len(fitting)), g.suiting()
	for i := range fitting {
		out[i] = g.weigh(&fitting[i], slots[fitting[i].ID], suits)
	}
	slices.SortStableFunc(out, func(a, b MatchSuggestion) int {
		last := func(m MatchSuggestion) int {
			if m.Declined {
				return 1
			}
			return 0
		}
		return cmp.Or(last(a)-last(b), b.Points-a.Points, cmp.Compare(a.Clients, b.Clients))
	})
	return out[:min(len(out), mostSuggested)]
}

// fitting reads who may take them on.
func (g *engaging) fitting() ([]fittingCoach, error) {
	members := takingPart(g.participants)
	if len(members) == 0 {
		members = []uuid.UUID{g.participants[0].MemberID}
	}
	out, err := othersApart(g.tx.DB, g.tx.Now(), members)
	if err != nil {
		return nil, err
	}
	minors, err := g.minors()
	if err != nil {
		return nil, err
	}
	if g.e.CoachID != nil {
		out = append(out, *g.e.CoachID)
	}
	var found []fittingCoach
	return found, g.tx.DB.Raw(fittingSQL, map[string]any{"minors": minors, "out": models.IDs(append(out, members...)), "kinds": kindNames(minors),
		"day": models.DayIn(g.tx.Now(), g.e.TimeZone), "engagement": g.e.ID, "members": models.IDs(members), "most": mostCoaches}).Scan(&found).Error
}

// weigh says how well a coach fits who is free at these times.
func (g *engaging) weigh(c *fittingCoach, slots []models.Slot, suits func(models.Slot) bool) MatchSuggestion {
	out := MatchSuggestion{CoachID: c.ID, Name: models.Initialed(c.Given, c.Family), Clients: c.Clients, Limit: c.CaseloadLimit, Declined: c.Declined}
	for _, at := range apartInTime(slots) {
		if !suits(at) {
			continue
		}
		if out.Free++; out.NextFree == nil {
			starts := at.StartsAt.UTC()
			out.NextFree = &starts
		}
	}
	fit := models.CoachFit{Specialties: c.Specialties, Languages: c.Languages, Modalities: c.Modalities, Gender: c.Gender, Clients: c.Clients, Limit: c.CaseloadLimit,
		Free: out.Free, Declined: c.Declined, Wanted: g.e.WantedCoachID != nil && *g.e.WantedCoachID == c.ID}
	out.Points, out.Reasons = g.e.Fit(&fit)
	return out
}

// apartInTime leaves of slots those that could all be held: each begins when the one before is over.
func apartInTime(slots []models.Slot) []models.Slot {
	var out []models.Slot
	for _, s := range slots {
		if len(out) == 0 || !s.StartsAt.Before(out[len(out)-1].EndsAt) {
			out = append(out, s)
		}
	}
	return out
}

// suiting says of times whether they lie in the hours that suit those who asked; any does when they named none.
func (g *engaging) suiting() func(models.Slot) bool {
	loc, err := time.LoadLocation(g.e.TimeZone)
	if err != nil || len(g.e.Hours) == 0 {
		return func(models.Slot) bool { return true }
	}
	var windows []models.WeekWindow
	for _, h := range g.e.Hours {
		if w, ok := models.ParseWeekWindow(h); ok {
			windows = append(windows, w)
		}
	}
	return func(at models.Slot) bool {
		starts, ends := at.StartsAt.In(loc), at.EndsAt.In(loc)
		return slices.ContainsFunc(windows, func(w models.WeekWindow) bool { return w.Holds(starts, ends) })
	}
}
