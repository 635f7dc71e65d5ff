package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// MyCoaching is all that somebody needs of their coaching in one answer.
type MyCoaching struct {
	Engagements []MyEngagement `json:"engagements" nullable:"false" doc:"Those in which they are coached, or are asked to be: the live ones first, then those that ended in the last 90 days; 10 at most"`
}

// MyEngagement is one engagement as those see it who are coached.
type MyEngagement struct {
	EngagementView
	Due      []string            `json:"due" nullable:"false" enum:"answer_invitation,accept_coach,agree_to_limits,answer_hand_over" doc:"What the reader is asked to do, in order"`
	Sessions []MyCoachingSession `json:"sessions" nullable:"false" doc:"The next ones, soonest first; 5 at most"`
	Goals    []GoalView          `json:"goals" nullable:"false" doc:"Open ones"`
	Steps    []ActionView        `json:"steps" nullable:"false" doc:"Open ones, by the day they are due; 50 at most"`
	Notes    []MyCoachingNote    `json:"notes" nullable:"false" doc:"The last notes shared with the reader, the newest first, without their words; 5 at most"`
}

// MyCoachingSession is one of the next sessions.
type MyCoachingSession struct {
	ID           uuid.UUID            `json:"id"`
	EngagementID uuid.UUID            `json:"-"`
	State        models.CoachingState `json:"state" enum:"requested,booked,in_progress"`
	StartsAt     time.Time            `json:"starts_at"`
	EndsAt       time.Time            `json:"ends_at"`
	TimeZone     string               `json:"time_zone" example:"America/New_York"`
	Modality     models.Modality      `json:"modality" enum:"online,phone,in_person"`
	Place        string               `json:"place"`
	ToStaffAt    *time.Time           `json:"to_staff_at" doc:"Set while staff look for a new time or another coach"`
}

// MyCoachingNote is a note without its words.
type MyCoachingNote struct {
	ID           uuid.UUID  `json:"id" doc:"GET /v1/coaching-notes/{note_id} shows it"`
	EngagementID uuid.UUID  `json:"-"`
	SessionID    *uuid.UUID `json:"coaching_session_id" nullable:"true"`
	SignedAt     time.Time  `json:"signed_at"`
}

const (
	myEngagementsAtMost = 10
	mySessionsAtMost    = 5
	myStepsAtMost       = 50
	myNotesAtMost       = 5
	myPastFor           = 90 * 24 * time.Hour
)

// My is the caller's coaching: who coaches them, when they meet next, their goals and steps, what was shared with them last, and what
// they are asked to do. What was said in it alone to the other of a couple is not in it.
func (s *Service) My(ctx context.Context) (*MyCoaching, error) {
	return services.Disclose(ctx, s.core, "coaching.read_own", func(d *services.Disclosure) (*MyCoaching, error) {
		tx, out := d.Tx(), &MyCoaching{Engagements: []MyEngagement{}}
		d.Subject(tx.Actor().MemberID)
		views, err := myEngagements(tx)
		if err != nil || len(views) == 0 {
			return out, err
		}
		m := &mine{tx: tx, me: tx.Actor().MemberID}
		for i := range views {
			m.ids = append(m.ids, views[i].ID)
			out.Engagements = append(out.Engagements, MyEngagement{EngagementView: views[i], Due: m.due(&views[i]), Sessions: []MyCoachingSession{}, Goals: []GoalView{}, Steps: []ActionView{}, Notes: []MyCoachingNote{}})
		}
		if err := m.fill(out.Engagements); err != nil {
			return nil, err
		}
		return out, m.answers(out.Engagements)
	})
}

// myEngagements are those in which the caller is coached, or is asked to be.
func myEngagements(tx *services.Tx) ([]EngagementView, error) {
	v := viewer{actor: tx.Actor(), now: tx.Now()}
	var found []models.Engagement
	err := tx.DB.Table("engagements as e").Where(`e.id in (select p.engagement_id from engagement_participants p where p.member_id = ? and p.state in ('asked', 'joined'))
		and (e.live or e.closed_at > ?)`, tx.Actor().MemberID, tx.Now().Add(-myPastFor)).Order("e.live desc, e.requested_at desc, e.id").Limit(myEngagementsAtMost).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return viewEngagements(tx, v, found)
}

// mine is somebody's own coaching on its way to being shown.
type mine struct {
	tx  *services.Tx
	me  uuid.UUID
	ids []uuid.UUID
}

// due is what the caller is asked to do in an engagement, but for a hand-over.
func (m *mine) due(e *EngagementView) []string {
	out := []string{}
	if !e.State.Live() {
		return out
	}
	n := slices.IndexFunc(e.People, func(p EngagementPerson) bool { return p.You })
	if n < 0 {
		return out
	}
	switch you := e.People[n]; you.State {
	case models.ParticipantAsked:
		out = append(out, "answer_invitation")
	case models.ParticipantJoined:
		if e.State == models.EngagementMatched && you.AcceptedAt == nil {
			out = append(out, "accept_coach")
		}
		if !you.Agreed && !you.Minor {
			out = append(out, "agree_to_limits")
		}
	}
	return out
}

// place is where an engagement stands among those that are shown.
func (m *mine) place(engagement uuid.UUID) int { return slices.Index(m.ids, engagement) }

const (
	readMySessions = `select k.* from unnest($1::uuid[]) e(id) cross join lateral (select s.id, s.engagement_id, s.state, s.starts_at, s.ends_at, s.time_zone, s.modality, s.place, s.to_staff_at
		from coaching_sessions s where s.engagement_id = e.id and s.live and s.ends_at > $2 and exists (select from coaching_attendance a where a.session_id = s.id and a.member_id = $3)
		order by s.starts_at, s.id limit $4) k order by k.starts_at, k.id`
	readMyNotes = `select k.* from unnest($1::uuid[]) e(id) cross join lateral (select n.id, n.engagement_id, n.session_id, n.signed_at from coaching_notes n
		where n.engagement_id = e.id and n.tier = 'shared' and n.state = 'signed'
			and exists (select from coaching_note_texts t where t.note_id = n.id and t.member_id = $2 and t.kind <> 'draft' and not t.withheld)
		order by n.signed_at desc, n.id desc limit $3) k order by k.signed_at desc, k.id desc`
)

// fill adds sessions, notes, goals and steps: five statements, however many engagements there are.
func (m *mine) fill(out []MyEngagement) error {
	var sessions []MyCoachingSession
	var notes []MyCoachingNote
	err := m.tx.Batch(
		services.Statement{SQL: readMySessions, Args: []any{m.ids, m.tx.Now(), m.me, mySessionsAtMost}, Scan: services.RowsInto(&sessions)},
		services.Statement{SQL: readMyNotes, Args: []any{m.ids, m.me, myNotesAtMost}, Scan: services.RowsInto(&notes)},
	)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		s.StartsAt, s.EndsAt = s.StartsAt.UTC(), s.EndsAt.UTC()
		e := &out[m.place(s.EngagementID)]
		e.Sessions = append(e.Sessions, s)
	}
	for _, n := range notes {
		n.SignedAt = n.SignedAt.UTC()
		e := &out[m.place(n.EngagementID)]
		e.Notes = append(e.Notes, n)
	}
	return m.confide(out)
}

// confide adds the open goals and steps with their words.
func (m *mine) confide(out []MyEngagement) error {
	var goals []models.CoachingGoal
	var steps []models.CoachingAction
	if err := m.said("coaching_goals", "goal_id", "x.state = 'open'", "x.created_at, x.id", goalsAtMost*myEngagementsAtMost).Find(&goals).Error; err != nil {
		return err
	}
	if err := m.said("coaching_actions", "action_id", actionStates["open"], "x.due_on nulls last, x.created_at, x.id", actionsAtMost*myEngagementsAtMost).Find(&steps).Error; err != nil {
		return err
	}
	words, err := m.words(goals, steps)
	if err != nil {
		return err
	}
	for i := range goals {
		w := words[goals[i].ID]
		e := &out[m.place(goals[i].EngagementID)]
		e.Goals = append(e.Goals, GoalView{CoachingGoal: goals[i], Words: w.Text, Measure: w.Measure, Broken: w.broken})
	}
	for i := range steps {
		if e := &out[m.place(steps[i].EngagementID)]; len(e.Steps) < myStepsAtMost {
			e.Steps = append(e.Steps, stepView(steps[i], words[steps[i].ID]))
		}
	}
	return nil
}

// said are goals or steps that are the caller's to read, by the rules of a confidant.
func (m *mine) said(table, of, open, order string, most int) *gorm.DB {
	return m.tx.DB.Table(table+" as x").Joins("join engagements e on e.id = x.engagement_id").
		Joins("join engagement_participants p on p.engagement_id = e.id and p.member_id = ? and p.state = 'joined'", m.me).Select("x.*").
		Where("x.engagement_id = any(?)", models.IDs(m.ids)).Where(open).
		Where(`(x.member_id = ? or x.member_id is null and (e.pause_reason is distinct from 'held' or x.created_at < e.paused_at))`, m.me).
		Where(`exists (select from coaching_words w join subject_keys k on k.id = w.body_key and k.destroyed_at is null where w.`+of+` = x.id and w.member_id = ?)`, m.me).
		Order(order).Limit(most)
}

// words opens those of goals and steps together.
func (m *mine) words(goals []models.CoachingGoal, steps []models.CoachingAction) (map[uuid.UUID]spoken, error) {
	if len(goals)+len(steps) == 0 {
		return nil, nil
	}
	var of models.IDs
	for i := range goals {
		of = append(of, goals[i].ID)
	}
	for i := range steps {
		of = append(of, steps[i].ID)
	}
	var rows []models.CoachingWords
	err := m.tx.DB.Where("(goal_id = any(?) or action_id = any(?)) and member_id = ?", of, of, m.me).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return openWords(m.tx, rows)
}

// answers adds the hand-overs that wait for the caller's answer.
func (m *mine) answers(out []MyEngagement) error {
	var waiting []uuid.UUID
	err := m.tx.DB.Table("hand_overs as h").Where(`h.engagement_id = any(?) and h.state = 'proposed' and not exists (select from hand_over_answers a where a.hand_over_id = h.id and a.member_id = ?)
		and exists (select from engagement_participants p where p.engagement_id = h.engagement_id and p.member_id = ? and p.state = 'joined')`, models.IDs(m.ids), m.me, m.me).
		Pluck("h.engagement_id", &waiting).Error
	for _, id := range waiting {
		e := &out[m.place(id)]
		e.Due = append(e.Due, "answer_hand_over")
	}
	return err
}
