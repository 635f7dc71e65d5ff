package coaching

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// EngagementClash is an engagement that brings together two people who are kept apart: those who are coached, their coach, who is
// proposed as their next one, and the guardian who comes with a minor.
type EngagementClash struct {
	EngagementID uuid.UUID              `json:"engagement_id"`
	State        models.EngagementState `json:"state" enum:"requested,matched,active,paused" example:"paused"`
	FirstID      uuid.UUID              `json:"-"`
	SecondID     uuid.UUID              `json:"-"`
	Proposed     bool                   `json:"-"` // one of them has nothing to do with it but that they might take it over
}

const (
	clashesOf = `select s.id as pair, s.first_id, s.second_id from separations s where s.id = @separation`
	// clashesOfMerged are those of two records that are about to be one, whichever of the two they name.
	clashesOfMerged = `select s.id as pair, case s.first_id when @loser then @winner else s.first_id end as first_id, case s.second_id when @loser then @winner else s.second_id end as second_id
		from separations s where s.status = 'live' and (s.ends_on is null or s.ends_on >= @day) and (s.first_id in (@winner, @loser) or s.second_id in (@winner, @loser))`

	clashesFrom = `with pairs as materialized (`
	clashesSQL  = `), people as (select p.*, at.member_id, at.engagement_id, at.proposed from pairs p cross join lateral (
			select x.member_id, x.engagement_id, false as proposed from engagement_participants x where x.live and x.state in ('asked', 'joined') and x.member_id in (p.first_id, p.second_id)
			union select x.entered_by, x.engagement_id, false from engagement_participants x join guardianships g on g.guardian_id = x.entered_by and g.child_id = x.member_id and g.status = 'confirmed'
				where x.live and x.state in ('asked', 'joined') and x.entered_by in (p.first_id, p.second_id)
			union select e.coach_id, e.id, false from engagements e where e.live and e.coach_id in (p.first_id, p.second_id)
			union select h.to_coach_id, h.engagement_id, true from hand_overs h where h.state = 'proposed' and h.to_coach_id in (p.first_id, p.second_id)) at)
		select distinct on (e.id) e.id as engagement_id, e.state, o.first_id, o.second_id, o.proposed or k.proposed as proposed from people o
			join people k on k.pair = o.pair and k.engagement_id = o.engagement_id and o.member_id = o.first_id and k.member_id = k.second_id
			join engagements e on e.id = o.engagement_id order by e.id, o.proposed or k.proposed, o.pair limit 500`
)

func engagementClashes(tx *services.Tx, pairs string, args map[string]any) ([]EngagementClash, error) {
	found := []EngagementClash{}
	return found, tx.DB.Raw(clashesFrom+pairs+clashesSQL, args).Scan(&found).Error
}

// SeparationClashes finds the engagements that bring both sides of a separation together.
func SeparationClashes(tx *services.Tx, separationID uuid.UUID) ([]EngagementClash, error) {
	return engagementClashes(tx, clashesOf, map[string]any{"separation": separationID})
}

// HoldApart stops every engagement that brings both sides of a separation together, at once: one that has begun is paused and
// its coming sessions are called off, in the words in which staff pause and call off any; one that was proposed waits to be matched again;
// one that waits is staff's to look at; a hand-over to one of them is taken back. Each is a task of the same day for staff who are close to neither. Nothing says why. The
// rows of both members are locked.
func HoldApart(tx *services.Tx, separationID uuid.UUID) error {
	tx.Locks(services.LockEngagements)
	return holdApart(tx, clashesOf, map[string]any{"separation": separationID})
}

func holdApart(tx *services.Tx, pairs string, args map[string]any) error {
	known, err := engagementClashes(tx, pairs, args)
	if err != nil || len(known) == 0 {
		return err
	}
	ids := make([]uuid.UUID, len(known))
	for i := range known {
		ids[i] = known[i].EngagementID
	}
	rows, err := engageAll(tx, ids)
	if err != nil {
		return err
	}
	found, err := engagementClashes(tx, pairs, args) // under the locks: one may have ended, or have another coach
	for i := range found {
		if at := slices.IndexFunc(rows, func(g *engaging) bool { return g.e.ID == found[i].EngagementID }); at >= 0 && err == nil {
			err = rows[at].hold(&found[i])
		}
	}
	return err
}

// engageAll locks engagements, whosoever's they are, by ascending id. The rank of the locks has been declared.
func engageAll(tx *services.Tx, ids []uuid.UUID) ([]*engaging, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []models.Engagement
	if err := tx.DB.Clauses(forUpdate).Where("id IN ?", ids).Order("id").Find(&rows).Error; err != nil {
		return nil, err
	}
	var participants []models.EngagementParticipant
	if err := tx.DB.Where("engagement_id IN ?", ids).Order("id").Find(&participants).Error; err != nil {
		return nil, err
	}
	out := make([]*engaging, len(rows))
	for i := range rows {
		out[i] = &engaging{tx: tx, e: &rows[i], was: rows[i]}
		for _, p := range participants {
			if p.EngagementID == rows[i].ID {
				out[i].participants = append(out[i].participants, p)
			}
		}
	}
	return out, nil
}

// hold stops one engagement, or what would bring the two together in it.
func (g *engaging) hold(c *EngagementClash) error {
	if !g.e.State.Live() {
		return nil
	}
	if err := cancelHandOvers(g.tx, g.e.ID, c.FirstID, c.SecondID); err != nil {
		return err
	}
	switch {
	case c.Proposed:
		g.tx.Subject(takingPart(g.participants)...)
	case g.e.State == models.EngagementActive || g.e.State == models.EngagementPaused:
		if err := g.holdActive(); err != nil {
			return err
		}
	default:
		if err := g.proposeAnew(); err != nil {
			return err
		}
	}
	if !c.Proposed {
		if err := g.save(); err != nil {
			return err
		}
	}
	_, err := tasks.Open(g.tx, tasks.New{Kind: models.TaskHeldEngagement, MemberID: &c.SecondID, AlsoAbout: []uuid.UUID{c.FirstID}, Record: engagementRecord, RecordID: &g.e.ID,
		Queue: coachDesk, Title: "See to an engagement that brings together two people who are kept apart", DueAt: g.tx.Now().Add(4 * time.Hour)})
	return err
}

// holdActive pauses what has begun, and tells of it what is told of any pause by staff: that nothing is would say why.
func (g *engaging) holdActive() error {
	if _, err := callOffAhead(g.tx, g.e, g.participants, models.CoachingCancelledByStaff, true); err != nil {
		return err
	}
	stood := g.e.State == models.EngagementPaused
	g.pause(models.PauseHeld, nil) // no day lets it go on by itself
	if stood {
		return nil
	}
	return g.informAll(models.NoticeCoachingPaused)
}

// proposeAnew takes the coach who was proposed out of an engagement that has not begun, as if they had declined, and has staff
// look at it.
func (g *engaging) proposeAnew() error {
	if !slices.Contains(g.e.Review, reviewHeld) {
		g.e.Review = append(slices.Clone(g.e.Review), reviewHeld)
	}
	if g.e.State != models.EngagementMatched {
		return nil
	}
	if err := g.endTerm(models.CoachDeclined); err != nil {
		return err
	}
	return g.requeue()
}
