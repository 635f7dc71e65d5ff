package coaching

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// MatchSuggestion is a coach who could take somebody on, and why they fit.
type MatchSuggestion struct {
	CoachID uuid.UUID `json:"coach_id"`
	Name    string    `json:"name" doc:"First name and initial" example:"Dana R."`
	*MatchWeight
	Reasons  []models.MatchReason `json:"reasons" nullable:"false"`
	NextFree *time.Time           `json:"next_free" doc:"The first session they could hold within the hours asked for, in the next four weeks"`
	*MatchProfile
}

// MatchWeight is what our team sees of it.
type MatchWeight struct {
	Points   int  `json:"points" required:"false" doc:"From 0 to 100. This and what follows up to declined are for our team alone, and absent for others" example:"82"`
	Clients  int  `json:"clients" required:"false" doc:"That they have now, and those who would be by a hand-over that waits" example:"7"`
	Limit    int  `json:"limit" required:"false" doc:"Most clients at a time" example:"12"`
	Free     int  `json:"free" required:"false" doc:"Sessions they could hold within the hours asked for, in the next four weeks" example:"9"`
	Declined bool `json:"declined" required:"false" doc:"One of them said no to the other before; listed last"`
}

// MatchProfile is of the coach's profile what helps to choose.
type MatchProfile struct {
	Bio            string                        `json:"bio" required:"false" doc:"This and what follows are for those who asked, and absent for our team" example:"Army, 2003 to 2011. I coach sleep, anger and the first year at home."`
	Specialties    models.Texts[models.Focus]    `json:"specialties" required:"false" nullable:"false" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence"`
	Languages      models.Texts[string]          `json:"languages" required:"false" nullable:"false" doc:"BCP 47" example:"[\"en\",\"es\"]"`
	Modalities     models.Texts[models.Modality] `json:"modalities" required:"false" nullable:"false" enum:"online,phone,in_person"`
	TimeZone       string                        `json:"time_zone" required:"false" doc:"IANA name" example:"America/Chicago"`
	SessionMinutes int                           `json:"session_minutes" required:"false" example:"50"`
}

// MatchSuggestions are the coaches for one engagement, the best first.
type MatchSuggestions struct {
	EngagementID uuid.UUID          `json:"engagement_id"`
	Data         []MatchSuggestion  `json:"data" nullable:"false" doc:"At most 20; 5 for those who asked"`
	Eligibility  []MatchEligibility `json:"eligibility,omitempty" required:"false" nullable:"false" doc:"For our team, until it is active: what the rules of the program say today of each who is to be coached"`
}

const (
	// lookAheadWeeks is how far the hours that suit somebody are compared with those of a coach.
	lookAheadWeeks = 4
	// mostSuggested is how many coaches are named, and mostCoaches how many are looked at.
	mostSuggested = 20
	mostCoaches   = 200
	// mostForClient is how many coaches those are shown who asked for one.
	mostForClient = 5
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

	Bio, TimeZone  string
	SessionMinutes int
}

// fittingSQL are the coaches who may take on these members: who coach, are checked, take new clients and have a place; who work with
// minors where one is; who are not close to any of them or kept from their records, nor kept apart.
var fittingSQL = `with open as materialized (select c.*, ` + load + ` as clients from coaches c
		where ` + works + ` and c.accepting and (c.with_minors or not @minors) and c.id <> all(cast(@out as uuid[])) and ` + holdsAll("cast(@kinds as text[])", "cast(@day as date)") + `)
	select c.id, ` + calledSQL + `, m.gender, c.specialties, c.languages, c.modalities, c.caseload_limit, c.clients, c.bio, c.time_zone, c.session_minutes,
		exists (select from engagement_coaches t where t.engagement_id = @engagement and t.coach_id = c.id and t.outcome = 'declined') as declined
	from open c join members m on m.id = c.id
	where c.clients < c.caseload_limit and not exists (select from closed_to(c.id, @day) k where k = any(cast(@members as uuid[])))
	order by c.clients, c.id limit @most`

// MatchSuggestions ranks the coaches who could take somebody on, with points and reasons. Missing are those who could not: see
// Match. Who declined before comes last. Those who take part, and the guardian who asked, see a few of them while they wait, see
// suggestTo; staff also what the rules of the program say.
// Errors: not_found; forbidden own_record; conflict not_now once it is over, to those who asked once a coach is proposed, and to who
// has not said yes to take part.
func (s *Service) MatchSuggestions(ctx context.Context, id uuid.UUID) (*MatchSuggestions, error) {
	return lookAt(ctx, s, "engagement.suggest", id, func(d *services.Disclosure, _ viewer, g *engaging) (*MatchSuggestions, error) {
		out := &MatchSuggestions{EngagementID: id}
		var err error
		if g.sight.Participant || g.sight.Guardian {
			out.Data, err = g.suggestTo(d)
			return out, err
		}
		d.Subject(takingPart(g.participants)...)
		if err := g.only(); err != nil {
			return nil, err
		}
		if !g.e.State.Live() {
			return nil, g.notNow()
		}
		if g.e.ActivatedAt == nil {
			if out.Eligibility, err = g.verdicts(); err != nil {
				return nil, err
			}
		}
		out.Data, err = g.suggest()
		return out, err
	})
}

// suggest ranks who fits, without the coach of now. It takes a handful of statements, however many coaches there are.
func (g *engaging) suggest() ([]MatchSuggestion, error) {
	each, err := fittingEach(g.tx, []*engaging{g})
	if err != nil || len(each[0]) == 0 {
		return []MatchSuggestion{}, err
	}
	fitting := each[0]
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
		return cmp.Or(comesLast(a)-comesLast(b), b.Points-a.Points, cmp.Compare(a.Clients, b.Clients))
	})
	return out[:min(len(out), mostSuggested)]
}

// fittingEach reads of each engagement who may take its people on, in two round trips.
func fittingEach(tx *services.Tx, all []*engaging) ([][]fittingCoach, error) {
	var of []uuid.UUID
	for _, g := range all {
		of = append(of, g.suggestedFor()...)
	}
	var apart []models.Separation
	var who []models.Member
	separations, err := services.Find(tx.DB.Where("(first_id = any(@who) or second_id = any(@who)) and status = 'live' and (ends_on is null or ends_on >= @day)",
		map[string]any{"who": models.IDs(of), "day": models.SeparationDay(tx.Now())}), &apart)
	if err != nil {
		return nil, err
	}
	members, err := services.Find(tx.DB.Where("id in ?", of), &who)
	if err != nil {
		return nil, err
	}
	if err := tx.Batch(separations, members); err != nil {
		return nil, err
	}
	out, reads := make([][]fittingCoach, len(all)), make([]services.Statement, len(all))
	for i, g := range all {
		if reads[i], err = services.Find(g.fitting(apart, who), &out[i]); err != nil {
			return nil, err
		}
	}
	return out, tx.Batch(reads...)
}

// suggestedFor are those for whom coaches are suggested: once nobody takes part, who did first.
func (g *engaging) suggestedFor() []uuid.UUID {
	members := takingPart(g.participants)
	if len(members) == 0 {
		members = []uuid.UUID{g.participants[0].MemberID}
	}
	return members
}

// fitting asks who may take them on. apart and who may be about others, too.
func (g *engaging) fitting(apart []models.Separation, who []models.Member) *gorm.DB {
	members, now := g.suggestedFor(), g.tx.Now()
	out := slices.Clone(members)
	for i := range apart {
		if s := &apart[i]; slices.Contains(members, s.FirstID) || slices.Contains(members, s.SecondID) {
			out = append(out, s.FirstID, s.SecondID)
		}
	}
	if g.e.CoachID != nil {
		out = append(out, *g.e.CoachID)
	}
	minors := slices.ContainsFunc(who, func(m models.Member) bool {
		return slices.Contains(takingPart(g.participants), m.ID) && m.MinorOn(m.Today(now))
	})
	return g.fittingBut(out, members, minors)
}

// fittingBut asks who may take on somebody, without some, and without those who are close to the members or kept from their records.
func (g *engaging) fittingBut(out, members []uuid.UUID, minors bool) *gorm.DB {
	return g.tx.DB.Raw(fittingSQL, map[string]any{"minors": minors, "out": models.IDs(out), "kinds": kindNames(minors),
		"day": models.DayIn(g.tx.Now(), g.e.TimeZone), "engagement": g.e.ID, "members": models.IDs(members), "most": mostCoaches})
}

// weigh says how well a coach fits who is free at these times.
func (g *engaging) weigh(c *fittingCoach, slots []models.Slot, suits func(models.Slot) bool) MatchSuggestion {
	out := MatchSuggestion{CoachID: c.ID, Name: models.Initialed(c.Given, c.Family), MatchWeight: &MatchWeight{Clients: c.Clients, Limit: c.CaseloadLimit, Declined: c.Declined}}
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
