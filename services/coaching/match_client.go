package coaching

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// suggestTo names the coaches who fit best to somebody who waits for one, or for a child. It tells them no more than the list of coaches
// does: it leaves out from whom they themselves are kept apart, as that list does, and nobody because of the other of a couple, or of the
// child. Whether a coach can be theirs is asked when staff match.
// Errors: conflict not_now.
func (g *engaging) suggestTo(d *services.Disclosure) ([]MatchSuggestion, error) {
	me := g.tx.Actor().MemberID
	known := g.sight.taking(g.e, g.participants, me)
	d.Subject(known...)
	if g.e.State != models.EngagementRequested || !g.takesPart() {
		return nil, g.notNow()
	}
	fitting, err := g.fittingFor(me, known)
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
	return g.rankFor(fitting, slots), nil
}

// fittingFor reads who may take them on, as far as the reader may know.
func (g *engaging) fittingFor(me uuid.UUID, known []uuid.UUID) (found []fittingCoach, err error) {
	out, err := othersApart(g.tx.DB, g.tx.Now(), []uuid.UUID{me})
	if err != nil {
		return nil, err
	}
	var linked []uuid.UUID // as they see it themselves
	err = g.tx.DB.Raw(`select case when member_id = @me then other_id else member_id end from relationships
		where (member_id = @me or other_id = @me) and status = 'accepted' and asked_by is not null`, map[string]any{"me": me}).Scan(&linked).Error
	if err != nil {
		return nil, err
	}
	who, err := people.Load(g.tx, known)
	if err != nil {
		return nil, err
	}
	minors := slices.ContainsFunc(who, func(m models.Member) bool { return m.MinorOn(m.Today(g.tx.Now())) })
	return found, g.fittingBut(slices.Concat(out, linked, known, []uuid.UUID{me}), nil, minors).Scan(&found).Error
}

// rankFor puts first who meets best what was asked for, then who is free first. How many clients somebody has does not count: the order
// would tell it.
func (g *engaging) rankFor(fitting []fittingCoach, slots map[uuid.UUID][]models.Slot) []MatchSuggestion {
	out, suits := make([]MatchSuggestion, len(fitting)), g.suiting()
	for i := range fitting {
		c := &fitting[i]
		out[i] = g.weigh(c, slots[c.ID], suits)
		out[i].MatchProfile = &MatchProfile{Bio: c.Bio, Specialties: c.Specialties, Languages: c.Languages, Modalities: c.Modalities, TimeZone: c.TimeZone, SessionMinutes: c.SessionMinutes}
		out[i].Reasons, out[i].Points = g.e.ForClient(out[i].Reasons), 0
		for j := range out[i].Reasons {
			out[i].Points += *out[i].Reasons[j].Points
			out[i].Reasons[j].Points = nil
		}
	}
	slices.SortStableFunc(out, func(a, b MatchSuggestion) int {
		return cmp.Or(comesLast(a)-comesLast(b), b.Points-a.Points, compareFree(a.NextFree, b.NextFree), cmp.Compare(a.Name, b.Name))
	})
	out = out[:min(len(out), mostForClient)]
	for i := range out {
		out[i].MatchWeight = nil
	}
	return out
}

func comesLast(m MatchSuggestion) int {
	if m.Declined {
		return 1
	}
	return 0
}

// compareFree puts who is never free last.
func compareFree(a, b *time.Time) int {
	switch {
	case a != nil && b != nil:
		return a.Compare(*b)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}
