package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Codes of goals and steps.
const (
	CodeNotActive   services.Code = "engagement_not_active"
	CodeGoalsFull   services.Code = "too_many_goals"
	CodeActionsFull services.Code = "too_many_actions"
)

var errSaidTaken = services.Conflict(CodeNoteTaken, "This id belongs to something else, or to this with other words. Make a new one for each goal and each step, and change them by PATCH.")

var _ = services.Meanings(map[string]*services.Error{"coaching_goals_pkey": errSaidTaken, "coaching_actions_pkey": errSaidTaken})

// How many goals and steps of one engagement are open at a time, at most.
const (
	goalsAtMost   = 30
	actionsAtMost = 200
)

// NewGoal is what somebody wants to reach.
type NewGoal struct {
	ID       *uuid.UUID   `json:"id,omitempty" doc:"Made by the client, so that it can be named before it is sent; absent: the server makes one"`
	MemberID *uuid.UUID   `json:"member_id,omitempty" doc:"Whose it is. Absent: of whoever is coached; of a couple, of both"`
	Words    string       `json:"words" minLength:"1" maxLength:"500" doc:"What is to be reached, so that one can see it" example:"Sleep six hours on five nights a week"`
	Measure  string       `json:"measure,omitempty" maxLength:"500" doc:"How one sees that it is reached" example:"Nights in the sleep diary"`
	TargetOn *models.Date `json:"target_on,omitempty" doc:"By when"`
}

// EditGoal changes a goal, or moves it on.
type EditGoal struct {
	Words    services.Field[string]           `json:"words,omitzero" required:"false" minLength:"1" maxLength:"500"`
	Measure  services.Field[string]           `json:"measure,omitzero" required:"false" maxLength:"500" doc:"Null clears it"`
	TargetOn services.Field[models.Date]      `json:"target_on,omitzero" required:"false" doc:"Null for no date"`
	Progress services.Field[int]              `json:"progress,omitzero" required:"false" minimum:"0" maximum:"100"`
	State    services.Field[models.GoalState] `json:"state,omitzero" required:"false" enum:"open,achieved,dropped" doc:"achieved sets progress to 100 unless another is sent; open opens it again"`
	Reason   services.Field[string]           `json:"reason,omitzero" required:"false" maxLength:"500" doc:"Why it was dropped, if they like to say"`
}

// GoalView is a goal with its words.
type GoalView struct {
	models.CoachingGoal
	Words   string `json:"words" example:"Sleep six hours on five nights a week"`
	Measure string `json:"measure" example:"Nights in the sleep diary"`
	Reason  string `json:"reason" doc:"Why it was dropped; empty when nobody said"`
	Broken  bool   `json:"unreadable" doc:"What is stored of the words is not what was written, and is left out. It has been logged; new words can be set"`
}

// GoalHistory is a goal with how it moved.
type GoalHistory struct {
	GoalView
	History []models.CoachingGoalMove `json:"history" nullable:"false" doc:"The newest first, 200 at most"`
}

// GoalQuery pages through the goals of an engagement.
type GoalQuery struct {
	State []models.GoalState `query:"state,explode" maxItems:"3" enum:"open,achieved,dropped" doc:"One or several; absent: all"`
	services.PageQuery
}

var goalList = services.List[models.CoachingGoal]{
	IDColumn: "x.id", ID: func(g models.CoachingGoal) uuid.UUID { return g.ID }, Default: "created_at",
	Sorts: []services.Sort[models.CoachingGoal]{{Name: "created_at", Column: "x.created_at", Cast: "timestamptz", Key: func(g models.CoachingGoal) any { return g.CreatedAt }}},
}

// SetGoal sets a goal, for one of those who are coached or for both. Of a couple nobody sets one for the other alone. The answer
// holds no words: they are read. The same one under the same id is set once.
// Errors: not_found; invalid for somebody who is not coached here; conflict engagement_not_active, too_many_goals, id_taken.
func (s *Service) SetGoal(ctx context.Context, engagementID uuid.UUID, in NewGoal) (*models.CoachingGoal, error) {
	return services.Mutate(ctx, s.core, "coaching_goal.create", func(tx *services.Tx) (*models.CoachingGoal, error) {
		c, err := inConfidence(tx, engagementID, "engagement")
		if err != nil {
			return nil, tx.Hidden(err, engagementID)
		}
		whose, err := c.whose(in.MemberID)
		if err != nil {
			return nil, err
		}
		if known, err := c.setBefore(tx, in, whose); err != nil || known != nil {
			tx.Unchanged()
			return known, err
		}
		if err := c.mayAdd(tx, "coaching_goals", "x.state = 'open'", goalsAtMost, CodeGoalsFull); err != nil {
			return nil, err
		}
		if err := c.mayTouch(whose); err != nil {
			return nil, err
		}
		goal := models.CoachingGoal{Record: models.Record{ID: made(in.ID), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, EngagementID: engagementID, MemberID: whose,
			SetBy: tx.Actor().MemberID, State: models.GoalOpen, TargetOn: in.TargetOn}
		words := spoken{Text: services.Prose(in.Words), Measure: services.Prose(in.Measure)}
		if words.Text == "" {
			return nil, services.InvalidField("/words", "required", "Say what is to be reached.")
		}
		if err := tx.DB.Create(&goal).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, goal)
		var copies []saying
		for _, reader := range readers(c.participants, whose) {
			copies = append(copies, saying{models.CoachingWords{ID: services.NewID(), GoalID: &goal.ID, MemberID: reader, Edition: 1}, words})
		}
		return &goal, say(tx, copies...)
	})
}

// setBefore is the goal that the actor set before under its id, with these words: a phone that got no answer sends it again.
func (c *confidant) setBefore(tx *services.Tx, in NewGoal, whose *uuid.UUID) (*models.CoachingGoal, error) {
	if in.ID == nil {
		return nil, nil
	}
	goal, err := c.goal(tx, *in.ID, false)
	if services.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	said, err := c.said(tx, "goal_id", goal.ID)
	if w := said[goal.ID]; err == nil && (goal.SetBy != c.me || !same(goal.MemberID, whose) || w.Text != services.Prose(in.Words) || w.Measure != services.Prose(in.Measure)) {
		err = errSaidTaken
	}
	return goal, err
}

// made is an id that the client made, or a new one.
func made(id *uuid.UUID) uuid.UUID {
	if id != nil && *id != uuid.Nil {
		return *id
	}
	return services.NewID()
}

// inConfidence opens an engagement to somebody who reads and writes what is said in it.
// Errors: not_found, of what was asked for.
func inConfidence(tx *services.Tx, engagementID uuid.UUID, what string) (*confidant, error) {
	e, participants, see, err := openEngagement(tx, engagementID)
	if services.IsNotFound(err) {
		return nil, services.NotFound(what)
	}
	if err != nil {
		return nil, err
	}
	return confide(tx.DB, tx.Actor(), e, participants, see, tx.Now(), what)
}

// mayAdd says whether one more goal or step may be added.
// Errors: conflict engagement_not_active, and full.
func (c *confidant) mayAdd(tx *services.Tx, table, open string, most int, full services.Code) error {
	if !begun(c.engagement) || c.left {
		return services.Conflict(CodeNotActive, "Goals and steps are set while the coaching goes on. This engagement is %s.", c.engagement.State)
	}
	var have int64
	if err := tx.DB.Table(table+" as x").Where("x.engagement_id = ?", c.engagement.ID).Where(open).Count(&have).Error; err != nil {
		return err
	}
	if int(have) >= most {
		return services.Conflict(full, "There are %d open ones. Close what is done or no longer wanted first.", have)
	}
	return nil
}

// whose is whom a goal or a step is for: the one who is coached, or of two the one who is named, or both (nil).
// Errors: invalid for somebody else, and for the other of a couple.
func (c *confidant) whose(asked *uuid.UUID) (*uuid.UUID, error) {
	only := alone(c.participants)
	switch {
	case asked == nil:
		return only, nil
	case !slices.Contains(readers(c.participants, nil), *asked):
		return nil, services.InvalidField("/member_id", "not_coached", "Name somebody who is coached here.")
	case !c.coach && *asked != c.me:
		return nil, services.InvalidField("/member_id", "not_yours", "It can be your own, or for both of you.")
	}
	return asked, nil
}

// Goals lists the goals of an engagement to those who are coached and to their coach. One of a couple sees their own and those of
// both.
// Errors: not_found.
func (s *Service) Goals(ctx context.Context, engagementID uuid.UUID, in GoalQuery) (services.Page[GoalView], error) {
	return services.Disclose(ctx, s.core, "coaching_goal.list", func(d *services.Disclosure) (services.Page[GoalView], error) {
		none := services.Page[GoalView]{Data: []GoalView{}}
		c, err := confidantFor(d, engagementID, "engagement")
		if err != nil {
			return none, err
		}
		q := d.DB.Table("coaching_goals as x").Scopes(c.goals)
		if len(in.State) > 0 {
			q = q.Where("x.state = any(?)", models.Texts[models.GoalState](in.State))
		}
		found, err := goalList.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return none, err
		}
		views, err := c.goalViews(d.Tx(), found.Data)
		return services.Page[GoalView]{Data: views, NextCursor: found.NextCursor, Total: found.Total}, err
	})
}

// confidantFor opens an engagement for reading, and tells the audit log whose words are shown.
// Errors: not_found, of what was asked for.
func confidantFor(d *services.Disclosure, engagementID uuid.UUID, what string) (*confidant, error) {
	tx := d.Tx()
	v, err := viewing(d.DB, tx.Actor(), tx.Now())
	if err != nil {
		return nil, err
	}
	e, participants, err := v.engagement(d.DB, engagementID)
	if services.IsNotFound(err) {
		return nil, services.NotFound(what)
	}
	if err != nil {
		return nil, err
	}
	c, err := confide(d.DB, tx.Actor(), e, participants, v.sightOf(e, participants), tx.Now(), what)
	if err == nil {
		c.hears(d)
	}
	return c, err
}

func (c *confidant) goalViews(tx *services.Tx, goals []models.CoachingGoal) ([]GoalView, error) {
	ids := make([]uuid.UUID, len(goals))
	for i := range goals {
		ids[i] = goals[i].ID
	}
	said, err := c.said(tx, "goal_id", ids...)
	if err != nil {
		return nil, err
	}
	out := make([]GoalView, len(goals))
	for i := range goals {
		w := said[goals[i].ID]
		out[i] = GoalView{CoachingGoal: goals[i], Words: w.Text, Measure: w.Measure, Reason: w.Why, Broken: w.broken}
	}
	return out, nil
}

// saidIn is the engagement that a goal or a step belongs to.
// Errors: not_found, of what was asked for.
func saidIn(tx *services.Tx, table string, id uuid.UUID, what string) (uuid.UUID, error) {
	var ids []uuid.UUID
	if err := tx.DB.Table(table).Where("id = ?", id).Limit(1).Pluck("engagement_id", &ids).Error; err != nil {
		return uuid.Nil, err
	}
	if len(ids) == 0 {
		return uuid.Nil, services.NotFound(what)
	}
	return ids[0], nil
}

const goalMovesAtMost = 200

// Goal shows one goal and how it moved.
// Errors: not_found.
func (s *Service) Goal(ctx context.Context, id uuid.UUID) (*GoalHistory, error) {
	return services.Disclose(ctx, s.core, "coaching_goal.read", func(d *services.Disclosure) (*GoalHistory, error) {
		engagement, err := saidIn(d.Tx(), "coaching_goals", id, "goal")
		if err != nil {
			return nil, err
		}
		c, err := confidantFor(d, engagement, "goal")
		if err != nil {
			return nil, err
		}
		d.Object(id)
		goal, err := c.goal(d.Tx(), id, false)
		if err != nil {
			return nil, err
		}
		views, err := c.goalViews(d.Tx(), []models.CoachingGoal{*goal})
		if err != nil {
			return nil, err
		}
		out := &GoalHistory{GoalView: views[0], History: []models.CoachingGoalMove{}}
		return out, d.DB.Where("goal_id = ?", id).Order("at desc, id desc").Limit(goalMovesAtMost).Find(&out.History).Error
	})
}

// goal reads one in the confidant's scope.
// Errors: not_found.
func (c *confidant) goal(tx *services.Tx, id uuid.UUID, lock bool) (*models.CoachingGoal, error) {
	var goals []models.CoachingGoal
	q := tx.DB.Table("coaching_goals as x").Scopes(c.goals).Where("x.id = ?", id)
	if lock {
		q = q.Clauses(forUpdate)
	}
	if err := q.Limit(1).Find(&goals).Error; err != nil {
		return nil, err
	}
	if len(goals) == 0 {
		return nil, services.NotFound("goal")
	}
	return &goals[0], nil
}

// openGoal is a goal that the actor reads and may change.
// Errors: not_found.
func openGoal(tx *services.Tx, id uuid.UUID, lock bool) (*confidant, *models.CoachingGoal, error) {
	engagement, err := saidIn(tx, "coaching_goals", id, "goal")
	if err != nil {
		return nil, nil, err
	}
	c, err := inConfidence(tx, engagement, "goal")
	if err != nil {
		return nil, nil, err
	}
	goal, err := c.goal(tx, id, lock)
	return c, goal, err
}

// ChangeGoal changes the words of a goal, its date, how far it is and whether it is open. What it was is kept in its history, words
// apart.
// Errors: not_found; stale; invalid for empty words; conflict engagement_not_active for what is of both of a couple that rests.
func (s *Service) ChangeGoal(ctx context.Context, id uuid.UUID, in EditGoal) (*GoalView, error) {
	return services.Mutate(ctx, s.core, "coaching_goal.update", func(tx *services.Tx) (*GoalView, error) {
		c, goal, err := openGoal(tx, id, true)
		if err != nil {
			return nil, tx.Hidden(err, id)
		}
		if err := tx.CheckVersion(goal.Version); err != nil {
			return nil, err
		}
		if err := c.mayTouch(goal.MemberID); err != nil {
			return nil, err
		}
		said, err := c.said(tx, "goal_id", id)
		if err != nil {
			return nil, err
		}
		words, was := said[id], said[id]
		if err := in.rephrase(&words); err != nil {
			return nil, err
		}
		before := *goal
		in.apply(goal, tx.Now())
		if goal.State != models.GoalDropped {
			words.Why = ""
		}
		goal.Version, goal.UpdatedAt = goal.Version+1, tx.Now()
		if err := saveGoal(tx, before, goal, tx.Now(), nil); err != nil {
			return nil, err
		}
		if words != was {
			if err := anew(tx, models.CoachingWords{GoalID: &id}, c.hearers(goal.MemberID), words); err != nil {
				return nil, err
			}
		}
		return &GoalView{CoachingGoal: *goal, Words: words.Text, Measure: words.Measure, Reason: words.Why}, nil
	})
}

func (in *EditGoal) rephrase(words *spoken) error {
	words.Text = services.Prose(in.Words.Or(words.Text))
	words.Measure = services.Prose(in.Measure.OrZero(words.Measure))
	words.Why = services.Prose(in.Reason.OrZero(words.Why))
	words.broken = false
	if words.Text == "" {
		return services.InvalidField("/words", "required", "Say what is to be reached.")
	}
	return nil
}

func (in *EditGoal) apply(goal *models.CoachingGoal, now time.Time) {
	goal.TargetOn = in.TargetOn.OrNull(goal.TargetOn)
	state := in.State.Or(goal.State)
	if state == models.GoalAchieved && goal.State != state {
		goal.Progress = 100
	}
	goal.Progress = in.Progress.Or(goal.Progress)
	become(goal, state, now)
}

// become moves a goal to a state.
func become(goal *models.CoachingGoal, state models.GoalState, now time.Time) {
	switch {
	case state == models.GoalOpen:
		goal.ClosedAt = nil
	case state != goal.State:
		goal.ClosedAt = &now
	}
	goal.State = state
}

// saveGoal stores a goal, and in its history what became of it: at the time of the session in which it was said, or now. That it stands
// where it stood is kept when a session says so: it outweighs what an earlier session turns out to have said.
func saveGoal(tx *services.Tx, before models.CoachingGoal, goal *models.CoachingGoal, at time.Time, session *uuid.UUID) error {
	tx.Changed(before, *goal)
	err := tx.DB.Model(goal).Select("state", "progress", "target_on", "closed_at", "version", "updated_at").Updates(goal).Error
	if err != nil || session == nil && before.State == goal.State && before.Progress == goal.Progress {
		return err
	}
	keepMove(tx, goal.ID, goal.State, goal.Progress, at, session)
	return nil
}

func keepMove(tx *services.Tx, goal uuid.UUID, state models.GoalState, progress int, at time.Time, session *uuid.UUID) {
	move := models.CoachingGoalMove{ID: services.NewID(), GoalID: goal, At: at, RecordedAt: tx.Now(), MovedBy: tx.Actor().MemberID, SessionID: session, State: state, Progress: progress}
	tx.Changed(nil, move)
	tx.Queue(`insert into coaching_goal_moves (id, goal_id, at, recorded_at, moved_by, session_id, state, progress) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		move.ID, move.GoalID, move.At, move.RecordedAt, move.MovedBy, move.SessionID, string(move.State), move.Progress)
}
