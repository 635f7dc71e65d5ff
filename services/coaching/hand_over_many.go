package coaching

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ReassignClients proposes other coaches to the clients of one.
type ReassignClients struct {
	DryRun       bool           `json:"dry_run,omitempty" doc:"Only say who could take over whom: at most 30 clients at a time, without those for whom a hand-over waits. hand_overs is left out"`
	HandOvers    []ReassignedTo `json:"hand_overs,omitempty" required:"false" nullable:"false" maxItems:"30" doc:"Whom to propose for whom"`
	MoveSessions bool           `json:"move_sessions,omitempty" doc:"As of POST /v1/engagements/{engagement_id}/hand-over"`
	Reason       string         `json:"reason,omitempty" maxLength:"1000" doc:"Kept sealed, in the audit log"`
}

// ReassignedTo is one client and who is to take over.
type ReassignedTo struct {
	EngagementID uuid.UUID `json:"engagement_id"`
	ToCoachID    uuid.UUID `json:"to_coach_id"`
}

// Reassignment is what came of it.
type Reassignment struct {
	DryRun      bool               `json:"dry_run"`
	Suggestions []MatchSuggestions `json:"suggestions" nullable:"false" doc:"Of a dry run: the three best for each client"`
	Proposed    []uuid.UUID        `json:"proposed" nullable:"false" doc:"The hand-overs that now wait for answers"`
	Refused     []ReassignRefused  `json:"refused" nullable:"false" doc:"Clients for whom nothing was proposed, and why"`
	Left        int                `json:"left" doc:"Clients that this coach still has, for whom no hand-over waits" example:"2"`
}

// ReassignRefused is a client for whom nothing was proposed.
type ReassignRefused struct {
	EngagementID uuid.UUID     `json:"engagement_id"`
	Code         services.Code `json:"code" example:"caseload_full"`
	Message      string        `json:"message"`
}

const mostReassigned, bestSuggested = 30, 3

// reassignable are the engagements of a coach that somebody else could take over.
const reassignable = `e.coach_id = ? and e.state in ('active', 'paused') and not exists (select from hand_overs h where h.engagement_id = e.id and h.state = 'proposed')`

// ReassignClients proposes new coaches for the clients of one who leaves, or with dry_run says who would fit. Each client is one
// hand-over, with its own yes or no; one that cannot be is told with its reason, and stops no other. Clients whom the caller does not
// see are for a colleague.
// Errors: not_found for somebody who is no coach; invalid required without hand_overs, and duplicate for a client who is named twice;
// unavailable busy when the people of one change meanwhile.
func (s *Service) ReassignClients(ctx context.Context, coach uuid.UUID, in ReassignClients) (*Reassignment, error) {
	return services.Mutate(ctx, s.core, "coach.reassign", func(tx *services.Tx) (*Reassignment, error) {
		tx.Unchanged()
		tx.Object(coach)
		v, err := viewing(tx.DB, tx.Actor(), tx.Now())
		if err != nil {
			return nil, err
		}
		var known int64
		if err := tx.DB.Model(&models.Coach{}).Where("id = ?", coach).Count(&known).Error; err != nil || known == 0 {
			return nil, firstOf(err, services.NotFound("coach"))
		}
		out := &Reassignment{DryRun: in.DryRun, Suggestions: []MatchSuggestions{}, Proposed: []uuid.UUID{}, Refused: []ReassignRefused{}}
		if in.DryRun {
			err = v.suggestFor(tx, coach, out)
		} else {
			err = v.reassign(tx, coach, in, out)
		}
		if err != nil {
			return nil, err
		}
		var left int64
		err = tx.DB.Table("engagements as e").Scopes(v.engagements).Where(reassignable, coach).Count(&left).Error
		out.Left = int(left)
		return out, err
	})
}

// suggestFor names the best for each client, in as many round trips as for one.
func (v viewer) suggestFor(tx *services.Tx, coach uuid.UUID, out *Reassignment) error {
	var clients []models.Engagement
	err := tx.DB.Table("engagements as e").Select("e.*").Scopes(v.engagements).Where(reassignable, coach).Order("e.requested_at, e.id").Limit(mostReassigned).Find(&clients).Error
	if err != nil {
		return err
	}
	of, all, ids := make([]uuid.UUID, len(clients)), make([]*engaging, len(clients)), []uuid.UUID{}
	for i := range clients {
		of[i], all[i] = clients[i].ID, &engaging{tx: tx, e: &clients[i]}
	}
	var parts []models.EngagementParticipant
	if err := tx.DB.Where("engagement_id in ?", of).Order("id").Find(&parts).Error; err != nil {
		return err
	}
	for _, g := range all {
		g.taken(parts)
		tx.Object(g.e.ID)
		tx.Subject(takingPart(g.participants)...)
	}
	fitting, err := fittingEach(tx, all)
	if err != nil {
		return err
	}
	for i := range fitting {
		for _, c := range fitting[i] {
			if !slices.Contains(ids, c.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	slots := map[uuid.UUID][]models.Slot{}
	if len(ids) > 0 {
		if slots, err = freeAhead(tx, ids); err != nil {
			return err
		}
	}
	for i, g := range all {
		ranked := g.rank(fitting[i], slots)
		out.Suggestions = append(out.Suggestions, MatchSuggestions{EngagementID: g.e.ID, Data: ranked[:min(len(ranked), bestSuggested)]})
	}
	return nil
}

// reassign proposes. All engagements are locked before any coach, each kind by ascending id.
func (v viewer) reassign(tx *services.Tx, coach uuid.UUID, in ReassignClients, out *Reassignment) error {
	to := map[uuid.UUID]uuid.UUID{}
	for _, h := range in.HandOvers {
		to[h.EngagementID] = h.ToCoachID
	}
	switch {
	case len(in.HandOvers) == 0:
		return services.InvalidField("/hand_overs", "required", "Say who takes over whom, or ask with dry_run who could.")
	case len(to) < len(in.HandOvers):
		return services.InvalidField("/hand_overs", "duplicate", "Name each client once.")
	}
	found, err := v.lockClients(tx, coach, to)
	if err != nil {
		return err
	}
	for id := range to {
		if !slices.ContainsFunc(found, func(g *engaging) bool { return g.e.ID == id }) {
			out.Refused = append(out.Refused, ReassignRefused{id, services.CodeNotFound, "No such client of this coach."})
		}
	}
	slices.SortFunc(found, func(a, b *engaging) int { x, y := to[a.e.ID], to[b.e.ID]; return bytes.Compare(x[:], y[:]) })
	for _, g := range found {
		err := g.only()
		var h *models.HandOver
		if err == nil {
			h, err = g.handOver(ProposeHandOver{ToCoachID: to[g.e.ID], MoveSessions: in.MoveSessions, Reason: in.Reason})
		}
		var known *services.Error
		switch {
		case err == nil:
			out.Proposed = append(out.Proposed, h.ID)
		case errors.As(err, &known):
			out.Refused = append(out.Refused, ReassignRefused{g.e.ID, known.Code, known.Message})
		default:
			return err
		}
	}
	slices.SortFunc(out.Refused, func(a, b ReassignRefused) int { return bytes.Compare(a.EngagementID[:], b.EngagementID[:]) })
	return nil
}

// taken gives an engagement those of the participants who are its own.
func (g *engaging) taken(parts []models.EngagementParticipant) {
	for _, p := range parts {
		if p.EngagementID == g.e.ID {
			g.participants = append(g.participants, p)
		}
	}
}

// lockClients locks those of the named engagements that are in scope, knowing what separations mean for their people.
// Errors: unavailable busy when their people change meanwhile.
func (v viewer) lockClients(tx *services.Tx, coach uuid.UUID, to map[uuid.UUID]uuid.UUID) ([]*engaging, error) {
	ids, members := []uuid.UUID{}, []uuid.UUID{coach}
	for id, c := range to {
		ids, members = append(ids, id), append(members, c)
	}
	var parts []models.EngagementParticipant
	if err := tx.DB.Where("engagement_id in ?", ids).Order("id").Find(&parts).Error; err != nil {
		return nil, err
	}
	members = append(members, takingPart(parts)...)
	apart, err := people.Apart(tx, members)
	if err != nil {
		return nil, err
	}
	var rows []models.Engagement
	lock, err := services.Find(tx.DB.Table("engagements as e").Select("e.*").Scopes(v.engagements).Where("e.id in ? and e.coach_id = ?", ids, coach).Order("e.id").Clauses(forUpdate), &rows)
	if err != nil {
		return nil, err
	}
	again, err := services.Find(tx.DB.Where("engagement_id in ?", ids).Order("id"), &parts)
	if err != nil {
		return nil, err
	}
	tx.Locks(services.LockEngagements)
	if err := tx.Batch(lock, again); err != nil {
		return nil, err
	}
	out := make([]*engaging, len(rows))
	for i := range rows {
		g := &engaging{tx: tx, e: &rows[i], was: rows[i], apart: apart}
		g.taken(parts)
		if err := g.among(members); err != nil {
			return nil, err
		}
		g.sight = v.sightOf(g.e, g.participants)
		out[i] = g
	}
	return out, nil
}
