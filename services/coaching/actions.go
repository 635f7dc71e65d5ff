package coaching

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// NewAction is a next step.
type NewAction struct {
	ID       *uuid.UUID   `json:"id,omitempty" doc:"Made by the client; absent: the server makes one"`
	Text     string       `json:"text" minLength:"1" maxLength:"500" doc:"What is to be done" example:"Put the phone into the kitchen at ten"`
	OwnerID  *uuid.UUID   `json:"owner_id,omitempty" doc:"Who does it: one of those who are coached, or the coach. Absent: whom it is for"`
	MemberID *uuid.UUID   `json:"member_id,omitempty" doc:"For one of a couple alone, who then reads it alone; absent: for both"`
	GoalID   *uuid.UUID   `json:"goal_id,omitempty" doc:"The goal it leads to"`
	DueOn    *models.Date `json:"due_on,omitempty"`
}

// EditAction changes a step.
type EditAction struct {
	Text    services.Field[string]      `json:"text,omitzero" required:"false" minLength:"1" maxLength:"500"`
	OwnerID services.Field[uuid.UUID]   `json:"owner_id,omitzero" required:"false" doc:"Null: both who are coached, together"`
	DueOn   services.Field[models.Date] `json:"due_on,omitzero" required:"false" doc:"Null for no date"`
	Dropped services.Field[bool]        `json:"dropped,omitzero" required:"false" doc:"True when it is no longer wanted; false takes that back"`
}

// ActionView is a step with its words.
type ActionView struct {
	models.CoachingAction
	Text   string `json:"text" example:"Put the phone into the kitchen at ten"`
	Broken bool   `json:"unreadable" doc:"What is stored of the words is not what was written, and is left out. It has been logged; new words can be set"`
}

func stepView(a models.CoachingAction, said spoken) ActionView {
	return ActionView{a, said.Text, said.broken}
}

// ActionQuery pages through steps.
type ActionQuery struct {
	State []ActionState `query:"state,explode" maxItems:"3" enum:"open,done,dropped" doc:"One or several; absent: all"`
	services.PageQuery
}

// ActionState is where a step stands.
type ActionState string

// actionStates is what the states are in SQL, of a row x.
var actionStates = map[ActionState]string{
	"open":    "x.done_at is null and x.dropped_at is null",
	"done":    "x.done_at is not null",
	"dropped": "x.dropped_at is not null",
}

var actionList = services.List[models.CoachingAction]{
	IDColumn: "x.id", ID: func(a models.CoachingAction) uuid.UUID { return a.ID }, Default: "created_at",
	Sorts: []services.Sort[models.CoachingAction]{{Name: "created_at", Column: "x.created_at", Cast: "timestamptz", Key: func(a models.CoachingAction) any { return a.CreatedAt }}},
}

// addActions adds steps that were agreed on, in a session or without one. Whether they may be added is for the caller to say.
// Errors: invalid for no words, for people who are not of the engagement and for goals that the confidant does not read.
func (c *confidant) addActions(tx *services.Tx, sessionID *uuid.UUID, in []NewAction) ([]models.CoachingAction, error) {
	if len(in) == 0 {
		return nil, nil
	}
	goals, err := c.goalsNamed(tx, in)
	if err != nil {
		return nil, err
	}
	e, participants := c.engagement, c.participants
	out := make([]models.CoachingAction, 0, len(in))
	var copies []saying
	for i := range in {
		a, err := in[i].placed(e, participants, goals, fmt.Sprintf("/next_steps/%d", i))
		if err != nil {
			return nil, err
		}
		a.Record = models.Record{ID: made(in[i].ID), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		a.SessionID, a.SetBy = sessionID, tx.Actor().MemberID
		tx.Changed(nil, *a)
		tx.Queue(`insert into coaching_actions (id, version, created_at, updated_at, engagement_id, goal_id, session_id, member_id, owner_id, set_by, due_on)
			values ($1, 1, $2, $2, $3, $4, $5, $6, $7, $8, $9)`, a.ID, tx.Now(), e.ID, a.GoalID, a.SessionID, a.MemberID, a.OwnerID, a.SetBy, a.DueOn)
		for _, reader := range readers(participants, a.MemberID) {
			copies = append(copies, saying{models.CoachingWords{ID: services.NewID(), ActionID: &a.ID, MemberID: reader, Edition: 1}, spoken{Text: services.Prose(in[i].Text)}})
		}
		out = append(out, *a)
	}
	return out, say(tx, copies...)
}

// goalsNamed are the goals that some steps lead to, by id.
func (c *confidant) goalsNamed(tx *services.Tx, in []NewAction) (map[uuid.UUID]models.CoachingGoal, error) {
	var ids models.IDs
	for i := range in {
		if in[i].GoalID != nil {
			ids = append(ids, *in[i].GoalID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var goals []models.CoachingGoal
	err := tx.DB.Table("coaching_goals as x").Scopes(c.goals).Where("x.id = any(?)", ids).Find(&goals).Error
	out := map[uuid.UUID]models.CoachingGoal{}
	for _, g := range goals {
		out[g.ID] = g
	}
	return out, err
}

// placed says whom a step is for, who does it, and to what goal it leads. A step to one person's goal is for that person alone.
func (in *NewAction) placed(e *models.Engagement, participants []models.EngagementParticipant, goals map[uuid.UUID]models.CoachingGoal, at string) (*models.CoachingAction, error) {
	if services.Prose(in.Text) == "" {
		return nil, services.InvalidField(at+"/text", "required", "Say what is to be done.")
	}
	a := &models.CoachingAction{EngagementID: e.ID, GoalID: in.GoalID, MemberID: in.MemberID, OwnerID: in.OwnerID, DueOn: in.DueOn}
	coached := readers(participants, nil)
	if len(coached) == 1 && a.MemberID == nil {
		a.MemberID = &coached[0]
	}
	if in.GoalID != nil {
		goal, ok := goals[*in.GoalID]
		if !ok {
			return nil, services.InvalidField(at+"/goal_id", "unknown_goal", "Name a goal of this engagement.")
		}
		if goal.MemberID != nil && a.MemberID != nil && *goal.MemberID != *a.MemberID {
			return nil, services.InvalidField(at+"/member_id", "not_their_goal", "This goal is somebody else's.")
		}
		if goal.MemberID != nil {
			a.MemberID = goal.MemberID
		}
	}
	if a.MemberID != nil && !slices.Contains(coached, *a.MemberID) {
		return nil, services.InvalidField(at+"/member_id", "not_coached", "Name somebody who is coached here.")
	}
	if a.OwnerID == nil {
		a.OwnerID = a.MemberID
	}
	return a, ownedWell(a, e, coached, at)
}

// ownedWell refuses a step whose owner cannot read it.
func ownedWell(a *models.CoachingAction, e *models.Engagement, coached []uuid.UUID, at string) error {
	switch {
	case a.OwnerID == nil && a.MemberID == nil, a.OwnerID != nil && e.CoachID != nil && *a.OwnerID == *e.CoachID:
		return nil
	case a.OwnerID != nil && slices.Contains(coached, *a.OwnerID) && (a.MemberID == nil || *a.MemberID == *a.OwnerID):
		return nil
	}
	return services.InvalidField(at+"/owner_id", "not_an_owner", "Name somebody who reads it: whom it is for, or the coach.")
}

// AddAction adds a step to an engagement. Of a couple nobody adds one for the other alone. The answer holds no words: they are
// read. The same one under the same id is added once.
// Errors: not_found; invalid for people and goals that are not of the engagement; conflict engagement_not_active,
// too_many_actions, id_taken.
func (s *Service) AddAction(ctx context.Context, engagementID uuid.UUID, in NewAction) (*models.CoachingAction, error) {
	return services.Mutate(ctx, s.core, "coaching_action.create", func(tx *services.Tx) (*models.CoachingAction, error) {
		c, err := inConfidence(tx, engagementID, "engagement")
		if err != nil {
			return nil, tx.Hidden(err, engagementID)
		}
		return c.add(tx, in)
	})
}

// AddActionTo is AddAction for a step that leads to a goal.
// Errors: as AddAction.
func (s *Service) AddActionTo(ctx context.Context, goalID uuid.UUID, in NewAction) (*models.CoachingAction, error) {
	return services.Mutate(ctx, s.core, "coaching_action.create", func(tx *services.Tx) (*models.CoachingAction, error) {
		c, _, err := openGoal(tx, goalID, false)
		if err != nil {
			return nil, tx.Hidden(err, goalID)
		}
		in.GoalID = &goalID
		return c.add(tx, in)
	})
}

// add adds one step of whoever calls, whose own place among the fields is the body itself.
func (c *confidant) add(tx *services.Tx, in NewAction) (*models.CoachingAction, error) {
	if known, err := c.addedBefore(tx, in); err != nil || known != nil {
		tx.Unchanged()
		return known, err
	}
	if err := c.mayAdd(tx, "coaching_actions", actionStates["open"], actionsAtMost, CodeActionsFull); err != nil {
		return nil, err
	}
	if _, err := c.whose(in.MemberID); err != nil {
		return nil, err
	}
	if in.GoalID != nil {
		if _, err := c.goal(tx, *in.GoalID, false); err != nil {
			return nil, services.InvalidField("/goal_id", "unknown_goal", "Name a goal of this engagement.")
		}
	}
	added, err := c.addActions(tx, nil, []NewAction{in})
	if err != nil {
		return nil, single(err)
	}
	return &added[0], c.mayTouch(added[0].MemberID)
}

// addedBefore is the step that the actor added before under its id, with these words: a phone that got no answer sends it again.
func (c *confidant) addedBefore(tx *services.Tx, in NewAction) (*models.CoachingAction, error) {
	if in.ID == nil {
		return nil, nil
	}
	action, err := c.action(tx, *in.ID, false)
	if services.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	said, err := c.said(tx, "action_id", action.ID)
	if err == nil && (action.SetBy != c.me || said[action.ID].Text != services.Prose(in.Text)) {
		err = errSaidTaken
	}
	return action, err
}

// single makes the places of fields in a list of one those of the body.
func single(err error) error {
	var e *services.Error
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	out.Fields = slices.Clone(e.Fields)
	for i := range out.Fields {
		out.Fields[i].Field = out.Fields[i].Field[len("/next_steps/0"):]
	}
	return &out
}

// Actions lists the steps of an engagement to those who are coached and to their coach. One of a couple sees their own and those
// of both.
// Errors: not_found.
func (s *Service) Actions(ctx context.Context, engagementID uuid.UUID, in ActionQuery) (services.Page[ActionView], error) {
	return services.Disclose(ctx, s.core, "coaching_action.list", func(d *services.Disclosure) (services.Page[ActionView], error) {
		c, err := confidantFor(d, engagementID, "engagement")
		if err != nil {
			return services.Page[ActionView]{Data: []ActionView{}}, err
		}
		return s.actionPage(ctx, d, c, d.DB, in)
	})
}

// ActionsOf lists the steps to a goal.
// Errors: not_found.
func (s *Service) ActionsOf(ctx context.Context, goalID uuid.UUID, in ActionQuery) (services.Page[ActionView], error) {
	return services.Disclose(ctx, s.core, "coaching_action.list", func(d *services.Disclosure) (services.Page[ActionView], error) {
		none := services.Page[ActionView]{Data: []ActionView{}}
		engagement, err := saidIn(d.Tx(), "coaching_goals", goalID, "goal")
		if err != nil {
			return none, err
		}
		c, err := confidantFor(d, engagement, "goal")
		if err != nil {
			return none, err
		}
		d.Object(goalID)
		if _, err := c.goal(d.Tx(), goalID, false); err != nil {
			return none, err
		}
		return s.actionPage(ctx, d, c, d.DB.Where("x.goal_id = ?", goalID), in)
	})
}

func (s *Service) actionPage(ctx context.Context, d *services.Disclosure, c *confidant, of *gorm.DB, in ActionQuery) (services.Page[ActionView], error) {
	q := of.Table("coaching_actions as x").Scopes(c.actions)
	if len(in.State) > 0 {
		any := d.DB
		for _, state := range in.State {
			any = any.Or(actionStates[state])
		}
		q = q.Where(any)
	}
	found, err := actionList.Find(ctx, s.core, q, in.PageQuery)
	if err != nil {
		return services.Page[ActionView]{Data: []ActionView{}}, err
	}
	views, err := c.actionViews(d.Tx(), found.Data)
	return services.Page[ActionView]{Data: views, NextCursor: found.NextCursor, Total: found.Total}, err
}

func (c *confidant) actionViews(tx *services.Tx, actions []models.CoachingAction) ([]ActionView, error) {
	ids := make([]uuid.UUID, len(actions))
	for i := range actions {
		ids[i] = actions[i].ID
	}
	said, err := c.said(tx, "action_id", ids...)
	if err != nil {
		return nil, err
	}
	out := make([]ActionView, len(actions))
	for i := range actions {
		out[i] = stepView(actions[i], said[actions[i].ID])
	}
	return out, nil
}

// Action shows one step.
// Errors: not_found.
func (s *Service) Action(ctx context.Context, id uuid.UUID) (*ActionView, error) {
	return services.Disclose(ctx, s.core, "coaching_action.read", func(d *services.Disclosure) (*ActionView, error) {
		engagement, err := saidIn(d.Tx(), "coaching_actions", id, "step")
		if err != nil {
			return nil, err
		}
		c, err := confidantFor(d, engagement, "step")
		if err != nil {
			return nil, err
		}
		d.Object(id)
		action, err := c.action(d.Tx(), id, false)
		if err != nil {
			return nil, err
		}
		views, err := c.actionViews(d.Tx(), []models.CoachingAction{*action})
		if err != nil {
			return nil, err
		}
		return &views[0], nil
	})
}

// action reads one in the confidant's scope.
// Errors: not_found.
func (c *confidant) action(tx *services.Tx, id uuid.UUID, lock bool) (*models.CoachingAction, error) {
	var actions []models.CoachingAction
	q := tx.DB.Table("coaching_actions as x").Scopes(c.actions).Where("x.id = ?", id)
	if lock {
		q = q.Clauses(forUpdate)
	}
	if err := q.Limit(1).Find(&actions).Error; err != nil {
		return nil, err
	}
	if len(actions) == 0 {
		return nil, services.NotFound("step")
	}
	return &actions[0], nil
}
