package coaching

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// GoalProgress is how far a goal was in a session.
type GoalProgress struct {
	GoalID   uuid.UUID         `json:"goal_id"`
	Progress int               `json:"progress" minimum:"0" maximum:"100" example:"60"`
	State    *models.GoalState `json:"state,omitempty" enum:"open,achieved,dropped" doc:"Absent: as it was by then, as far as is known when the log arrives"`
}

// moveGoals writes down how far goals were in a session. What a later session or a later entry said stays what holds: it then
// stands in the history alone, so that it does not matter in what order logs arrive.
// Errors: invalid for a goal that the confidant does not read.
func (c *confidant) moveGoals(tx *services.Tx, session *models.CoachingSession, in []GoalProgress) error {
	if len(in) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(in))
	for i := range in {
		ids[i] = in[i].GoalID
	}
	var goals []models.CoachingGoal
	err := tx.DB.Table("coaching_goals as x").Scopes(c.goals).Clauses(forUpdate).Where("x.id = any(?)", models.IDs(ids)).Order("x.id").Find(&goals).Error
	if err != nil {
		return err
	}
	last, err := lastMoves(tx.DB, ids)
	if err != nil {
		return err
	}
	by, err := lastMoves(tx.DB.Where("at <= ?", session.StartsAt), ids)
	if err != nil {
		return err
	}
	for i := range in {
		n := slices.IndexFunc(goals, func(g models.CoachingGoal) bool { return g.ID == in[i].GoalID })
		if n < 0 || slices.Index(ids, in[i].GoalID) < i {
			return services.InvalidField(fmt.Sprintf("/goals/%d/goal_id", i), "unknown_goal", "Name a goal of this engagement, once. A goal that was set offline is sent before the log.")
		}
		if err := in[i].move(tx, &goals[n], last[in[i].GoalID], by[in[i].GoalID], session); err != nil {
			return err
		}
	}
	return nil
}

// move writes down how far one was: last is the newest that is known of it, by what was known by the session.
func (p *GoalProgress) move(tx *services.Tx, goal *models.CoachingGoal, last, by models.CoachingGoalMove, session *models.CoachingSession) error {
	late, state := session.StartsAt.Before(last.At), goal.State
	if late {
		if state = by.State; state == "" {
			state = models.GoalOpen
		}
	}
	if p.State != nil {
		state = *p.State
	}
	if late {
		keepMove(tx, goal.ID, state, p.Progress, session.StartsAt, &session.ID)
		return nil
	}
	before := *goal
	goal.Progress = p.Progress
	become(goal, state, tx.Now())
	goal.Version, goal.UpdatedAt = goal.Version+1, tx.Now()
	return saveGoal(tx, before, goal, session.StartsAt, &session.ID)
}

// lastMoves are the newest of the given moves of each goal.
func lastMoves(db *gorm.DB, ids []uuid.UUID) (map[uuid.UUID]models.CoachingGoalMove, error) {
	var moves []models.CoachingGoalMove
	err := db.Select("distinct on (goal_id) *").Where("goal_id = any(?)", models.IDs(ids)).Order("goal_id, at desc, id desc").Find(&moves).Error
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]models.CoachingGoalMove{}
	for i := range moves {
		out[moves[i].GoalID] = moves[i]
	}
	return out, nil
}
