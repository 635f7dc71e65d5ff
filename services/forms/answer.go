package forms

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// The codes of what stands against an answer.
const (
	CodeNoQuestions     services.Code = "no_questions"
	CodeFormChanged     services.Code = "form_changed"
	CodeAlreadyAnswered services.Code = "already_answered"
	CodeNotAnswered     services.Code = "not_answered"
	CodeNoLongerAsked   services.Code = "no_longer_asked"
	CodeRecordEnded     services.Code = "record_ended"
	CodeGuardianAnswers services.Code = "guardian_answers"
	CodeNotYours        services.Code = "not_yours_to_record"
	CodeWithheld        services.Code = "withheld"
	CodeTermOver        services.Code = "term_over"
)

var (
	errNoResponse = services.NotFound("form response")
	errUnreadable = errors.New("a stored answer is not JSON")
	lockResponse  = clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "form_responses"}}
)

var _ = services.Meanings(map[string]*services.Error{
	"form_responses_form": services.InvalidField("/form_id", "unknown_form", "There is no such form."),
})

// GiveAnswers answers a form that is due.
type GiveAnswers struct {
	FormVersionID *uuid.UUID     `json:"form_version_id,omitempty" required:"false" doc:"asks_version_id of the questions that were on the screen. When others are asked by now, the answer is 409 form_changed; without it the newest are taken for granted"`
	Answers       map[string]any `json:"answers" maxProperties:"100" doc:"By the key of the question. Leave out what was left open; null, blank text and an empty list count as left out"`
}

// ChangeAnswers changes some answers.
type ChangeAnswers struct {
	Answers map[string]any `json:"answers" maxProperties:"100" doc:"By the key of the question. What is absent stays; null clears"`
}

// hinders says why the caller may not answer or change the response now, or nil.
func (l *look) hinders(actor *services.Actor) error {
	switch {
	case l.sight.Own && !l.sight.Theirs:
		return services.Forbidden(CodeGuardianAnswers, "Your parent or guardian fills this in for you. Ask them to change it.")
	case !l.sight.Own && !actor.Coordinates():
		return services.Forbidden(CodeNotYours, "A coordinator records what people say on the phone. Ask one.")
	case l.Status == models.FormResponseMoot:
		return services.Conflict(CodeNoLongerAsked, "This is no longer asked: what it was for has ended.")
	case l.sight.Own && l.EndedOn != nil:
		return services.Conflict(CodeRecordEnded, "What this was asked for has ended. Ask us if something must be put right.")
	}
	return nil
}

// by notes whose hand it was. What staff type stays the entry of whoever told them; what an adult changes about themselves is
// their own from then on.
func (l *look) by(actor *services.Actor) {
	if l.sight.Own {
		l.RecordedBy = nil
		if l.MemberID == actor.MemberID {
			l.EnteredBy = actor.MemberID
		}
		return
	}
	l.RecordedBy = &actor.MemberID
}

// Answer answers a form that is due: the person, the guardian whose entry it is, or a coordinator who was told. The answers are
// held against the version that is published now. What it gives back holds none of them: it is stored for a repeated request.
// Errors: not_found; forbidden guardian_answers, not_yours_to_record; conflict already_answered, no_longer_asked, form_changed,
// no_questions; invalid, naming every fault.
func (s *Service) Answer(ctx context.Context, id uuid.UUID, in GiveAnswers) (*FormResponseRow, error) {
	return services.Mutate(ctx, s.core, "form_response.answer", func(tx *services.Tx) (*FormResponseRow, error) {
		l, err := seen(tx, id, true)
		if err != nil {
			return nil, err
		}
		if l.Status == models.FormResponseAnswered {
			return nil, services.Conflict(CodeAlreadyAnswered, "This has been answered. Read the answers and change them instead.")
		}
		if err := l.hinders(tx.Actor()); err != nil {
			return nil, err
		}
		version, err := l.version(tx.DB)
		switch {
		case err != nil:
			return nil, err
		case version == nil:
			return nil, services.Conflict(CodeNoQuestions, "This form has no questions yet. Try again later.")
		case in.FormVersionID != nil && *in.FormVersionID != version.ID:
			return nil, services.Conflict(CodeFormChanged, "The questions have changed since you read them. Read them again.")
		}
		answers := models.Given(in.Answers)
		faults, err := Validate(version, answers, "/answers")
		if err == nil {
			err = refuse(faults)
		}
		if err != nil {
			return nil, err
		}
		before, now := l.FormResponse, tx.Now()
		l.Status, l.AnsweredAt, l.FormVersionID = models.FormResponseAnswered, &now, &version.ID
		sheet := &sheet{version: version, today: l.member().Today(now), given: answers}
		return l.store(tx, before, sheet)
	})
}

// store writes the changed response and its answers.
func (l *look) store(tx *services.Tx, before models.FormResponse, s *sheet) (*FormResponseRow, error) {
	l.by(tx.Actor())
	l.Version++
	l.UpdatedAt = tx.Now()
	tx.Changed(before, l.FormResponse)
	s.response = l.FormResponse
	tx.Queue(`update form_responses set version = $2, updated_at = $3, status = $4, answered_at = $5, form_version_id = $6, entered_by = $7, recorded_by = $8 where id = $1`,
		l.ID, l.Version, l.UpdatedAt, string(l.Status), l.AnsweredAt, l.FormVersionID, l.EnteredBy, l.RecordedBy)
	if err := write(tx, s); err != nil {
		return nil, err
	}
	row := l.row(tx.Actor())
	return &row, nil
}

// Change changes answers: what is absent stays, null clears, and an answer to a question that is no longer asked because of it
// goes with it. The whole is held against the version that was answered; where an answer was destroyed on its date, only what is
// sent. Staff change what they may read. What it gives back holds no answers.
// Errors: not_found; unconditional, stale; forbidden guardian_answers, not_yours_to_record; conflict not_answered,
// no_longer_asked, record_ended; invalid, naming every fault, withheld and term_over among them.
func (s *Service) Change(ctx context.Context, id uuid.UUID, in ChangeAnswers) (*FormResponseRow, error) {
	return services.Mutate(ctx, s.core, "form_response.change", func(tx *services.Tx) (*FormResponseRow, error) {
		l, err := seen(tx, id, true)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(l.Version); err != nil {
			return nil, err
		}
		if err := l.hinders(tx.Actor()); err != nil {
			return nil, err
		}
		if l.Status == models.FormResponseDue {
			return nil, services.Conflict(CodeNotAnswered, "This has not been answered yet. Answer it first.")
		}
		sheet, err := l.edited(tx, in.Answers)
		if err != nil {
			return nil, err
		}
		if len(sheet.given) == 0 && len(sheet.cleared) == 0 {
			tx.Unchanged()
			tx.Object(l.ID)
			row := l.row(tx.Actor())
			return &row, nil
		}
		return l.store(tx, l.FormResponse, sheet)
	})
}

// edited is the response with a patch laid over it.
func (l *look) edited(tx *services.Tx, patch map[string]any) (*sheet, error) {
	version, err := l.version(tx.DB)
	if err != nil {
		return nil, err
	}
	if err := l.mayPatch(version.Fields, patch, tx.Actor()); err != nil {
		return nil, err
	}
	s := &sheet{response: l.FormResponse, version: version, today: l.member().Today(tx.Now())}
	if s.rows, err = answersOf(tx.DB, l.ID); err != nil {
		return nil, err
	}
	stored, err := s.read(tx, slices.Collect(maps.Keys(s.rows)))
	if err != nil {
		return nil, err
	}
	whole, given := maps.Clone(stored), models.Given(patch)
	maps.Copy(whole, given)
	maps.DeleteFunc(whole, func(key string, _ any) bool { _, sent := patch[key]; _, kept := given[key]; return sent && !kept })
	asks := s.asks(whole)
	shown := asks.Fields.Shown(whole)
	maps.DeleteFunc(whole, func(key string, _ any) bool {
		_, sent := patch[key]
		return !sent && !slices.Contains(shown, key) && hangsOn(asks.Fields, key, patch) != ""
	})
	faults, err := Validate(asks, whole, "/answers")
	if err != nil {
		return nil, err
	}
	if len(stored) < len(s.rows) {
		faults = slices.DeleteFunc(faults, func(f services.FieldError) bool { return !sentIn(patch, f) })
	}
	if len(faults) > 0 {
		return nil, services.Invalid(faults...)
	}
	if err := l.mayHide(s.asks(stored).Fields.Shown(stored), shown, version.Fields, patch, tx.Actor()); err != nil {
		return nil, err
	}
	s.compare(stored, whole)
	return s, refuse(s.tooLate())
}

// asks are the questions as far as what is stored still tells. Whether one is asked may have hung on an answer that is destroyed
// since: it is asked of whoever has answered it.
func (s *sheet) asks(known map[string]any) *models.FormVersion {
	fields, freed := slices.Clone(s.version.Fields), false
	for i := range fields {
		if fields[i].ShowIf == nil || s.rows[fields[i].Key] == nil {
			continue
		}
		on := fields[i].ShowIf.Field
		if _, is := known[on]; !is && s.rows[on] != nil && s.rows[on].PurgedBy(s.today) {
			fields[i].ShowIf, freed = nil, true
		}
	}
	if !freed {
		return s.version
	}
	return &models.FormVersion{Fields: fields}
}

// tooLate names the answers that would be destroyed as soon as they are stored: their term counts from an end that is long past.
func (s *sheet) tooLate() (faults []services.FieldError) {
	for _, key := range slices.Sorted(maps.Keys(s.given)) {
		if on := purgeOn(s.version.Fields.Field(key), s.today, s.response.EndedOn); on != nil && !on.After(s.today.Time) {
			faults = append(faults, services.FieldError{Field: "/answers/" + key, Code: CodeTermOver, Message: "The time for which this answer is kept is over: it would be destroyed at once. Leave it out."})
		}
	}
	return faults
}

// compare finds what differs: an answer that is sent again as it stands keeps its date.
func (s *sheet) compare(stored, whole map[string]any) {
	s.given = map[string]any{}
	for key, value := range whole {
		if old, ok := stored[key]; !ok || !reflect.DeepEqual(old, value) {
			s.given[key] = value
		}
	}
	for key := range stored {
		if _, ok := whole[key]; !ok {
			s.cleared = append(s.cleared, key)
		}
	}
	slices.Sort(s.cleared)
}

// mayPatch keeps staff to the answers that they may read: what they overwrite unseen nobody could ask them about.
func (l *look) mayPatch(fields models.FormFields, patch map[string]any, actor *services.Actor) error {
	if l.sight.Own {
		return nil
	}
	var faults []services.FieldError
	for _, key := range slices.Sorted(maps.Keys(patch)) {
		if fields.Field(key) != nil && !readableBy(fields, key, actor.Roles) {
			faults = append(faults, services.FieldError{Field: "/answers/" + key, Code: CodeWithheld, Message: "The answer to this question is not for your role, so it is not yours to change. Leave it out."})
		}
	}
	return refuse(faults)
}

// mayHide keeps staff from destroying unseen what they may not read, by an answer that hides its question. Whether that question
// was answered makes no difference: the refusal would tell.
func (l *look) mayHide(before, after []string, fields models.FormFields, patch map[string]any, actor *services.Actor) error {
	if l.sight.Own {
		return nil
	}
	var faults []services.FieldError
	for _, key := range before {
		if slices.Contains(after, key) || readableBy(fields, key, actor.Roles) {
			continue
		}
		at := "/answers/" + hangsOn(fields, key, patch)
		if !slices.ContainsFunc(faults, func(f services.FieldError) bool { return f.Field == at }) {
			faults = append(faults, services.FieldError{Field: at, Code: CodeWithheld, Message: "This hides a question that is not for your role, and would destroy any answer to it. Ask a colleague whose role may read it."})
		}
	}
	return refuse(faults)
}

// hangsOn names the question that was sent because of which another is shown or not; empty for none.
func hangsOn(fields models.FormFields, key string, sent map[string]any) string {
	for range fields { // no chain is longer
		f := fields.Field(key)
		if f == nil || f.ShowIf == nil {
			return ""
		}
		key = f.ShowIf.Field
		if _, ok := sent[key]; ok {
			return key
		}
	}
	return ""
}

func sentIn(patch map[string]any, f services.FieldError) bool {
	for key := range patch {
		if f.Field == "/answers/"+escaped(key) {
			return true
		}
	}
	return false
}
