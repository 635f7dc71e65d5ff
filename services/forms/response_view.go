package forms

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// FormResponseRow is a response without its answers.
type FormResponseRow struct {
	models.FormResponse
	Title      string `json:"title" doc:"Of the form" example:"Before we meet"`
	MemberName string `json:"member_name" doc:"First name and initial for facilitators" example:"Maya Ortega"`
}

// AnswerState says what there is of an answer.
type AnswerState string

// The states.
const (
	AnswerGiven    AnswerState = "given"
	AnswerNone     AnswerState = "none"     // not answered, or not asked
	AnswerWithheld AnswerState = "withheld" // not for the caller, answered or not
	AnswerPurged   AnswerState = "purged"   // its day has passed
)

// AnswerShown is the answer to one question as the caller may see it.
type AnswerShown struct {
	Field   string       `json:"field" doc:"The key of the question" example:"seat_needs"`
	State   AnswerState  `json:"state" enum:"given,none,withheld,purged" doc:"none: not answered, or not asked; withheld: not for your role, whether or not it was answered; purged: answered, and destroyed since on its date" example:"given"`
	Value   any          `json:"value,omitempty" doc:"The answer, when given: text, number, true or false, a day, or a list of options, as the question's type says"`
	PurgeOn *models.Date `json:"purge_on" nullable:"true" doc:"Of one that is given: the day on which it is destroyed; null when it is kept"`
}

// FormResponseView is a response with the questions, and the answers as far as the caller may see them.
type FormResponseView struct {
	FormResponseRow
	Description string            `json:"description" doc:"Of the form, in Markdown"`
	Number      *int              `json:"number" doc:"Of the version that was answered, or will be; null when the form asks nothing yet" example:"2"`
	AsksID      *uuid.UUID        `json:"asks_version_id" nullable:"true" doc:"The version whose questions are in fields; send it as form_version_id with the answers"`
	MayAnswer   bool              `json:"may_answer" doc:"Whether the caller may answer it, or change the answers, at this moment"`
	Fields      models.FormFields `json:"fields" nullable:"false" maxItems:"100" doc:"The questions, in their order: those that were answered, or while it is due those that are asked now"`
	Answers     []AnswerShown     `json:"answers" nullable:"false" maxItems:"100" doc:"One for each question, in their order, once it is answered"`
}

// Response shows one response: to the person all of it, to a guardian what they entered, to staff the answers to questions that
// name one of their roles. The look is logged; that of staff the person is told of.
// Errors: not_found.
func (s *Service) Response(ctx context.Context, id uuid.UUID) (*FormResponseView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	mine, err := s.isOwn(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	action := "form_response.read"
	if mine || !services.CanReadAnswers.Allows(actor) {
		action = "form_response.read_own"
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*FormResponseView, error) {
		d.Object(id)
		l, err := seen(d.Tx(), id, false)
		if err == nil && mine && !l.sight.Own {
			err = errNoResponse // the right to act ended since
		}
		if err != nil {
			return nil, err
		}
		d.Subject(l.MemberID)
		return l.view(d.Tx())
	})
}

// isOwn says whether a look at the response is one at one's own, before anything of it is read: under which name it is logged
// depends on that.
func (s *Service) isOwn(ctx context.Context, actor *services.Actor, id uuid.UUID) (bool, error) {
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (bool, error) {
		ties, err := people.TiesOf(db, actor.MemberID)
		if err != nil {
			return false, err
		}
		var n int64
		err = db.Table("form_responses").Scopes(own(actor.MemberID, ties.Acting(now))).Where("form_responses.id = ?", id).Count(&n).Error
		return n > 0, err
	})
}

// row is the response without answers, for the caller.
func (l *look) row(actor *services.Actor) FormResponseRow {
	return FormResponseRow{FormResponse: l.FormResponse, Title: l.Title, MemberName: nameFor(l.member(), actor, l.sight.Own)}
}

// nameFor is how the caller knows somebody. What a child is called is known to whoever entered that; a guardian reads the
// given name.
func nameFor(m *models.Member, actor *services.Actor, own bool) string {
	switch {
	case own && m.ID != actor.MemberID:
		m.PreferredName = nil
		return m.Name()
	case own || actor.Coordinates():
		return m.Name()
	case m.PreferredName != nil:
		return models.Initialed(*m.PreferredName, m.FamilyName)
	}
	return models.Initialed(m.GivenName, m.FamilyName)
}

// view reads the questions, and opens the answers that the caller may see.
func (l *look) view(tx *services.Tx) (*FormResponseView, error) {
	actor := tx.Actor()
	v := &FormResponseView{FormResponseRow: l.row(actor), Description: l.Description, MayAnswer: l.hinders(actor) == nil, Fields: models.FormFields{}, Answers: []AnswerShown{}}
	version, err := l.version(tx.DB)
	if err != nil || version == nil {
		v.MayAnswer = false
		return v, err
	}
	v.Fields, v.Number, v.AsksID = version.Fields, &version.Number, &version.ID
	if l.Status != models.FormResponseAnswered {
		return v, nil
	}
	s := &sheet{response: l.FormResponse, version: version, today: l.member().Today(tx.Now())}
	if s.rows, err = answersOf(tx.DB, l.ID); err != nil {
		return nil, err
	}
	readable := make([]string, 0, len(version.Fields))
	for i := range version.Fields {
		if key := version.Fields[i].Key; l.sight.Own || readableBy(version.Fields, key, actor.Roles) {
			readable = append(readable, key)
		}
	}
	values, err := s.read(tx, readable)
	if err != nil {
		return nil, err
	}
	for i := range version.Fields {
		key := version.Fields[i].Key
		v.Answers = append(v.Answers, s.shown(key, slices.Contains(readable, key), values))
	}
	return v, nil
}

// shown is the answer to one question.
func (s *sheet) shown(key string, readable bool, values map[string]any) AnswerShown {
	a := AnswerShown{Field: key, State: AnswerWithheld}
	if !readable {
		return a
	}
	row := s.rows[key]
	switch {
	case row == nil:
		a.State = AnswerNone
	case row.PurgedBy(s.today):
		a.State = AnswerPurged
	default:
		a.State, a.Value, a.PurgeOn = AnswerGiven, values[key], row.PurgeOn
	}
	return a
}

// readableBy says whether staff of these roles may read the answer to a question. Whether a question was asked gives away the
// answer that it hangs on: whoever may not read that one reads neither.
func readableBy(fields models.FormFields, key string, roles []models.Role) bool {
	for range fields { // no chain is longer
		f := fields.Field(key)
		if f == nil || !f.ReadBy(roles) {
			return false
		}
		if f.ShowIf == nil {
			return true
		}
		key = f.ShowIf.Field
	}
	return false
}

// version is the one that was answered; of what is due the one that is asked now; of the rest none.
func (l *look) version(db *gorm.DB) (*models.FormVersion, error) {
	if l.FormVersionID != nil {
		var v models.FormVersion
		return &v, db.Where("id = ?", *l.FormVersionID).Take(&v).Error
	}
	if l.Status != models.FormResponseDue {
		return nil, nil
	}
	found, err := Published(db, l.FormID)
	return found[l.FormID], err
}
