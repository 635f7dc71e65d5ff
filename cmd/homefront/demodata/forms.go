package demodata

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// The forms that the demo asks, and one that is being written.
const (
	beforeWeMeet = "Before we meet"
	forTheDay    = "For the day itself"
	howWasIt     = "How was it?"
)

func ptr[T any](v T) *T { return &v }

func option(value, label string) models.FormOption {
	return models.FormOption{Value: value, Label: label}
}

func showIf(field string, is models.ConditionKind, value any) *models.FormCondition {
	return &models.FormCondition{Field: field, Is: is, Value: value}
}

// intake is what applicants are asked. The second version asks one thing more.
func intake() models.FormFields {
	close, known := []models.Role{models.RoleCoordinator, models.RoleCoach}, []models.Role{models.RoleCoordinator, models.RoleCoach, models.RoleResponder}
	return models.FormFields{
		{Key: "reach", Type: models.FieldChoice, Label: "How do we reach you best?", Required: true, Sensitive: ptr(false),
			Options: []models.FormOption{option("call", "A call"), option("text", "A text"), option("mail", "A letter or an e-mail")}},
		{Key: "reach_when", Type: models.FieldMultiChoice, Label: "When is a good time?", Help: "As many as you like.", Sensitive: ptr(false), MaxChoices: ptr(3),
			ShowIf:  &models.FormCondition{Field: "reach", Is: models.IsOneOf, Values: []any{"call", "text"}},
			Options: []models.FormOption{option("mornings", "Mornings"), option("afternoons", "Afternoons"), option("evenings", "Evenings"), option("weekends", "Weekends")}},
		{Key: "hopes", Type: models.FieldText, Label: "What would you like to be different in three months?", Help: "A line is enough. Nobody has to tell a story.", Required: true,
			Multiline: true, MaxLength: ptr(2000), Readers: close, RetentionDays: ptr(365), RetentionFrom: models.RetentionEnded},
		{Key: "nights", Type: models.FieldScale, Label: "How have your nights been lately?", Min: ptr(0.0), Max: ptr(10.0), MinLabel: "Hardly any sleep", MaxLabel: "I wake up rested",
			Readers: known, RetentionDays: ptr(90)},
		{Key: "call_me", Type: models.FieldYesNo, Label: "Would you like somebody to call you about that this week?", ShowIf: showIf("nights", models.IsAtMost, 3.0), Readers: known, RetentionDays: ptr(90)},
		{Key: "animal", Type: models.FieldYesNo, Label: "Does a service animal come with you?", Required: true, Sensitive: ptr(false)},
		{Key: "animal_needs", Type: models.FieldText, Label: "What does it need from us?", Help: "Water, room under the table, a walk at half time …", ShowIf: showIf("animal", models.IsEqual, true), Sensitive: ptr(false)},
		{Key: "at_home", Type: models.FieldNumber, Label: "How many people live with you?", Min: ptr(0.0), Max: ptr(15.0), Readers: close},
		{Key: "from_day", Type: models.FieldDate, Label: "From which day could you begin?", Sensitive: ptr(false)},
		{Key: "agreed", Type: models.FieldSignature, Label: "I have read above who sees what I write here, and for how long it is kept.", Required: true, RetentionDays: ptr(1095), RetentionFrom: models.RetentionEnded},
	}
}

func intakeNow() models.FormFields {
	return append(intake(), models.FormField{Key: "buddy_before", Type: models.FieldYesNo, Label: "Have you been somebody's battle buddy before?", Sensitive: ptr(false)})
}

// registration is what each person is asked who comes to a table, or for a day.
func registration() models.FormFields {
	kitchen := []models.Role{models.RoleAdmin, models.RoleCoordinator, models.RoleFacilitator}
	month := func(f models.FormField) models.FormField {
		f.Readers, f.RetentionDays, f.RetentionFrom = kitchen, ptr(30), models.RetentionEnded
		return f
	}
	return models.FormFields{
		month(models.FormField{Key: "eats", Type: models.FieldMultiChoice, Label: "What should the cooks leave out, or think of?", Options: []models.FormOption{
			option("vegetarian", "No meat"), option("no_pork", "No pork"), option("no_peanuts", "No peanuts"), option("no_dairy", "No milk"), option("no_gluten", "No wheat"), option("other", "Something else")}}),
		month(models.FormField{Key: "eats_other", Type: models.FieldText, Label: "What else?", Required: true, ShowIf: &models.FormCondition{Field: "eats", Is: models.IsOneOf, Values: []any{"other"}}}),
		month(models.FormField{Key: "own_plate", Type: models.FieldYesNo, Label: "Must it be kept away from your plate altogether?", ShowIf: &models.FormCondition{Field: "eats", Is: models.IsAnswered}}),
		month(models.FormField{Key: "room", Type: models.FieldMultiChoice, Label: "What would help you in the room?", Options: []models.FormOption{
			option("near_door", "A seat near the door"), option("step_free", "A way without steps"), option("quiet_corner", "A quiet corner"), option("large_print", "Large print"), option("interpreter", "An interpreter")}}),
		month(models.FormField{Key: "room_more", Type: models.FieldText, Label: "Is there more we should know about that?", ShowIf: &models.FormCondition{Field: "room", Is: models.IsAnswered}}),
		{Key: "ride", Type: models.FieldChoice, Label: "How do you get there?", Sensitive: ptr(false), RetentionDays: ptr(365),
			Options: []models.FormOption{option("car", "By car"), option("bus", "By bus"), option("with_somebody", "Somebody takes me along"), option("needs_ride", "I need a ride")}},
	}
}

func feedback() models.FormFields {
	return models.FormFields{
		{Key: "worth_it", Type: models.FieldScale, Label: "Was it worth your time?", Min: ptr(1.0), Max: ptr(5.0), MinLabel: "No", MaxLabel: "Very much", Sensitive: ptr(false)},
		{Key: "change", Type: models.FieldText, Label: "What should we do differently?", Multiline: true},
	}
}

// asks makes the forms. What an interrupted load published stands for ever, and is used again.
func (l *loader) asks() error {
	joyce := l.office["coordinator"]
	if _, err := l.db.Exec(l.ctx, `update form_versions set published_by = $1 where published_by is null and published_at is not null`, joyce.member); err != nil {
		return err
	}
	l.forms = map[string]uuid.UUID{}
	there, err := l.s.Forms.List(l.at(l.now, joyce), forms.FormFilter{PageQuery: services.PageQuery{Limit: 100}})
	if err != nil {
		return err
	}
	versions := map[string]int{}
	for _, f := range there.Data {
		l.forms[f.Title] = f.ID
		if f.Current != nil {
			versions[f.Title] = f.Current.Number
		}
	}
	if versions[beforeWeMeet] == 0 {
		err = l.publishes(l.ago(opened-2), forms.NewForm{Title: beforeWeMeet, Purpose: models.FormIntake, Fields: intake(),
			Description: "Ten short questions, of which you may skip most. Your coordinator and your coach read them; nobody else does."})
		if err != nil {
			return err
		}
	}
	if versions[forTheDay] == 0 {
		err = l.publishes(l.ago(opened-2).Add(40*time.Minute), forms.NewForm{Title: forTheDay, Purpose: models.FormRegistration, Fields: registration(),
			Description: "So that everybody can eat, and find a good seat. The kitchen and whoever leads the day read it; a month later it is gone."})
		if err != nil {
			return err
		}
	}
	if versions[beforeWeMeet] < 2 {
		fields := intakeNow()
		next, err := l.s.Forms.AddVersion(l.at(l.ago(75), joyce), l.forms[beforeWeMeet], forms.NewFormVersion{Fields: &fields})
		if err != nil {
			return err
		}
		l.intake = next.ID
	}
	carol := l.office["carol.esposito"]
	if _, err := l.s.Forms.Create(l.at(l.ago(6), carol), forms.NewForm{Title: howWasIt, Purpose: models.FormFeedback, Fields: feedback()}); err != nil {
		return err
	}
	_, err = l.s.Forms.Clone(l.at(l.ago(5), carol), l.forms[forTheDay], forms.CloneForm{Title: "For a weekend away", Purpose: models.FormApplication})
	return err
}

func (l *loader) publishes(at time.Time, in forms.NewForm) error {
	joyce := l.office["coordinator"]
	made, err := l.s.Forms.Create(l.at(at, joyce), in)
	if err != nil {
		return err
	}
	l.forms[in.Title] = made.ID
	_, err = l.s.Forms.Publish(l.at(at.Add(20*time.Minute), joyce), made.Draft.ID)
	return err
}

var (
	wishes = []string{"To sleep through until five.", "To go to the store on a Saturday and not count the doors.", "Somebody to call who does not ask why.",
		"More patience at the table.", "A reason to get out before noon.", "To talk with my father about it, once.", "Fewer arguments about small things."}
	animals = []string{"A bowl of water, and room under the table.", "She stays by my left side; no petting please."}
)

// tells are the answers of somebody to the questions for intake; n makes them differ. now: to those that are asked today.
func (l *loader) tells(p *person, n int, now bool) map[string]any {
	out := map[string]any{"reach": []string{"call", "text", "mail"}[n%3], "hopes": wishes[n%len(wishes)], "animal": n%7 == 2, "agreed": p.name()}
	if n%3 < 2 {
		out["reach_when"] = []any{[]string{"mornings", "evenings", "weekends"}[n/3%3]}
	}
	if nights := n * 7 % 11; n%5 > 0 {
		out["nights"] = float64(nights)
		if nights <= 3 {
			out["call_me"] = n%2 == 0
		}
	}
	if n%7 == 2 {
		out["animal_needs"] = animals[n/7%len(animals)]
	}
	if n%4 > 0 {
		out["at_home"] = float64(n % 5)
	}
	if now {
		out["buddy_before"] = n%3 == 0
	}
	return out
}

// eats are the answers of somebody to the questions for a day; n makes them differ.
func eats(n int) map[string]any {
	out := map[string]any{"ride": []string{"car", "car", "bus", "with_somebody", "needs_ride"}[n%5]}
	if n%3 > 0 {
		dish := []string{"vegetarian", "no_peanuts", "no_dairy", "other", "no_pork", "no_gluten"}[n/3%6]
		out["eats"], out["own_plate"] = []any{dish}, dish == "no_peanuts"
		if dish == "other" {
			out["eats_other"] = "No mushrooms, please"
		}
	}
	if n%4 == 1 {
		out["room"] = []any{[]string{"near_door", "quiet_corner", "step_free"}[n/4%3]}
		if n%8 == 1 {
			out["room_more"] = "A chair with its back to the wall."
		}
	}
	return out
}

// dueOf finds what somebody was asked for a record and has not answered; Nil when nothing waits.
func (l *loader) dueOf(record uuid.UUID) (id uuid.UUID, err error) {
	err = l.db.QueryRow(l.ctx, `select coalesce((select id from form_responses where record_id = $1 and status = 'due'), '00000000-0000-0000-0000-000000000000')`, record).Scan(&id)
	return id, err
}

// answersLater what a record asks, unless it is moot by then.
func (l *loader) answersLater(p *person, at time.Time, record uuid.UUID, answers map[string]any) error {
	id, err := l.dueOf(record)
	if err != nil || id == uuid.Nil {
		return err
	}
	_, err = l.s.Forms.Answer(l.at(at, p), id, forms.GiveAnswers{Answers: answers})
	return err
}
