package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

const formTag = "Forms"

var (
	intakeFormID   = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719001")
	intakeTextID   = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719002")
	intakeDraftID  = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719003")
	intakeAt       = time.Date(2026, time.February, 2, 15, 0, 0, 0, time.UTC)
	intakeReaders  = []models.Role{models.RoleAdmin, models.RoleCoordinator, models.RoleFacilitator}
	intakeQuestion = models.FormFields{
		{Key: "comes_by_car", Type: models.FieldYesNo, Label: "Do you come by car?", Required: true, Sensitive: ptr(false), Readers: intakeReaders},
		{Key: "parking", Type: models.FieldChoice, Label: "Do you need parking close to the door?", Options: []models.FormOption{{Value: "yes", Label: "Yes"}, {Value: "van", Label: "Yes, for a van with a ramp"}, {Value: "no", Label: "No"}},
			ShowIf: &models.FormCondition{Field: "comes_by_car", Is: models.IsEqual, Value: true}, Sensitive: ptr(false), Readers: intakeReaders},
		{Key: "at_ease", Type: models.FieldText, Label: "What would help you feel at ease in the room?", Help: "A seat near the door, a quiet corner, a break …", Multiline: true,
			Sensitive: ptr(true), Readers: intakeReaders, RetentionDays: ptr(60), RetentionFrom: models.RetentionEnded},
	}
	intakeForm    = models.Form{Record: models.Record{ID: intakeFormID, Version: 1, CreatedAt: intakeAt, UpdatedAt: intakeAt}, Title: "Before we meet", Description: "Three short questions. Your coordinator reads them.", Purpose: models.FormIntake}
	intakeCurrent = forms.FormVersionSummary{Record: models.Record{ID: intakeTextID, Version: 2, CreatedAt: intakeAt, UpdatedAt: intakeAt}, FormID: intakeFormID, Number: 1, FieldCount: 3, PublishedAt: &intakeAt, PublishedBy: &coordinatorID}
	intakeDraft   = forms.FormVersionSummary{Record: models.Record{ID: intakeDraftID, Version: 1, CreatedAt: intakeAt, UpdatedAt: intakeAt}, FormID: intakeFormID, Number: 2, FieldCount: 3}
	intakeView    = forms.FormView{Form: intakeForm, Current: &intakeCurrent}
	intakeDrafted = forms.FormView{Form: intakeForm, Draft: &intakeDraft}
	intakeText    = forms.FormVersionView{FormVersion: models.FormVersion{Record: intakeCurrent.Record, FormID: intakeFormID, Number: 1, Fields: intakeQuestion, Schema: intakeQuestion.Schema(), PublishedAt: &intakeAt, PublishedBy: &coordinatorID},
		Title: intakeForm.Title, Description: intakeForm.Description, Purpose: intakeForm.Purpose}
	intakeNext = forms.FormVersionView{FormVersion: models.FormVersion{Record: intakeDraft.Record, FormID: intakeFormID, Number: 2, Fields: intakeQuestion, Schema: intakeQuestion.Schema()},
		Title: intakeForm.Title, Description: intakeForm.Description, Purpose: intakeForm.Purpose}
)

// fieldRules is what a frontend needs to know to build and show a form.
const fieldRules = "A question has a `key` (names the answer; keep it when only the words change), a `label`, and a `type`:\n\n" +
	"| type | the answer | its own attributes |\n|---|---|---|\n" +
	"| `text` | a string, not blank | `max_length` (500; 4000 with `multiline`), `multiline` |\n" +
	"| `number` | a number | `min`, `max` |\n" +
	"| `scale` | a whole number | `min`, `max` (needed, from 0 to 100), `min_label`, `max_label` |\n" +
	"| `choice` | the `value` of an option | `options` |\n" +
	"| `multi_choice` | an array of different values of options | `options`, `min_choices`, `max_choices` |\n" +
	"| `date` | `2006-01-02` | `earliest`, `latest` |\n" +
	"| `yes_no` | `true` or `false` | |\n" +
	"| `signature` | the name typed, from 2 characters; the `label` is what is agreed to | |\n\n" +
	"`show_if` shows a question only for some answers to an *earlier* one. While that one is unanswered, or not shown itself, the condition does not hold. What is not shown must not be answered, and is never required.\n\n" +
	"`sensitive` (true when absent) answers are encrypted under the person's own key and destroyed after `retention_days` (365), counted from `retention_from`: `answered`, or `ended`: of what it was asked for. " +
	"`readers` names the roles that may read the answer (admin and coordinator). Name at least one that reaches the answers (422 `no_reader`): admin or coordinator, or facilitator where the form is not for intake. What is left out is filled in: the answer shows what holds.\n\n" +
	"**Never asked**, in any words, English or Spanish: Social Security number, DoD or VA file number, diagnosis, trauma history, disability rating, firearms owned, immigration status. " +
	"A label, help, option or key that asks for one is refused: 422 with `never_asked` at its place, and a sentence that names the topic, why, and what to ask instead. At most 100 questions, 60 options each, 1000 in all."

var listFormsOp = op{
	ID: "listForms", Tag: formTag, Summary: "The forms",
	Doc:     "By title, each with the version that is asked now (`current`) and the one being written (`draft`), without their questions. Archived ones only with `archived=true`. Sorts: `title` (default), `created_at`.",
	Example: services.Page[forms.FormView]{Data: []forms.FormView{intakeView}},
}

var createFormOp = op{
	ID: "createForm", Tag: formTag, Summary: "Build a form",
	Doc:     "Makes the form and its first draft; nobody is asked anything until `publishFormVersion`. Every rule that is broken is named at once, with its place in `fields`.\n\n" + fieldRules,
	Request: forms.NewForm{Title: intakeForm.Title, Description: intakeForm.Description, Purpose: models.FormIntake, Fields: intakeQuestion},
	Example: intakeDrafted,
}

var previewFormOp = op{
	ID: "previewForm", Tag: formTag, Summary: "Try questions out", NoKey: true,
	Doc: "Stores nothing. Answers the questions as they would be stored, the JSON Schema made from them, which of them the given `answers` show, and what those answers would be refused for. " +
		"Questions that break a rule are 422 as in `createForm`; answers that do are in `errors`, with 200.\n\n" +
		"The schema is JSON Schema 2020-12 in standard keywords alone, `format` asserted: the same verdict in the app (with ajv, say) and here. Beyond it we refuse text that holds a Social Security number.\n\n" +
		"Codes of `errors`: `required`, `unknown_field`, `not_asked` (another answer hides the question), `blank`, `wrong_type`, `too_short`, `too_long`, `out_of_range`, `unknown_option`, `too_few`, `too_many`, `chosen_twice`, `bad_date`, `social_security_number`. " +
		"No sentence repeats an answer. `null`, blank text and an empty list count as no answer.",
	Request: forms.PreviewForm{Fields: intakeQuestion, Answers: map[string]any{"comes_by_car": false, "parking": "van"}},
	Example: forms.FormPreview{Fields: intakeQuestion, Schema: intakeQuestion.Schema(), Shown: []string{"comes_by_car", "at_ease"},
		Errors: []services.FieldError{{Field: "/answers/parking", Code: forms.CodeNotAsked, Message: "The other answers make that this question is not asked. Leave its answer out."}}},
}

var getFormOp = op{
	ID: "getForm", Tag: formTag, Summary: "One form", Doc: "With the version that is asked now and the draft, if any. Their questions: `getFormVersion`.", Example: intakeView,
}

var updateFormOp = op{
	ID: "updateForm", Tag: formTag, Summary: "Change a form's title or description",
	Doc:     "Merge-patch. Questions are changed in a draft. The purpose stays; clone the form for another.",
	Request: forms.PatchForm{Title: services.Some("Before we meet")},
	Example: intakeView,
}

var archiveFormOp = op{
	ID: "archiveForm", Tag: formTag, Summary: "Put a form away",
	Doc: "Nothing new may ask it. Answers stay, and what waits for an answer can still be answered. 409 `form_in_use` names the planned and active programs, and the draft and published workshops, that still ask it: " +
		"choose another form for them first. `restoreForm` is the way back.",
	Errors:  []services.Code{"form_in_use", "already_archived"},
	Example: intakeView,
}

var restoreFormOp = op{
	ID: "restoreForm", Tag: formTag, Summary: "Take an archived form out again", Doc: "It may be chosen again, as it was.",
	Errors:  []services.Code{"not_archived"},
	Example: intakeView,
}

var cloneFormOp = op{
	ID: "cloneForm", Tag: formTag, Summary: "Copy a form",
	Doc:     "A new form whose first draft has the questions of this one's latest version: the draft if there is one, else what was published last. An archived form can be copied.",
	Request: forms.CloneForm{Title: "Before we meet, summer 2026"},
	Example: func() forms.FormView {
		v := intakeDrafted
		v.Title, v.ClonedFrom = "Before we meet, summer 2026", &intakeFormID
		return v
	}(),
}

var diffFormOp = op{
	ID: "diffForm", Tag: formTag, Summary: "What changed between two versions",
	Doc: "Questions are the same when their keys are. `moved` lists the fewest questions that explain the new order. `comparable` says whether answers to both may be counted together: `no` for another type or another scale; " +
		"`with_care` for other words, options, bounds, conditions or required; `yes` for the rest.",
	Example: forms.FormDiff{FormID: intakeFormID, From: 1, To: 2, Comparable: forms.ComparableWithCare, Added: []forms.FormDiffField{{Key: "interpreter", Type: models.FieldYesNo, Label: "Do you need an interpreter?", At: 4}},
		Removed: []forms.FormDiffField{}, Moved: []forms.FormFieldMoved{{Key: "at_ease", From: 3, To: 1}},
		Changed: []forms.FormFieldChanged{{Key: "parking", Comparable: forms.ComparableWithCare, Attributes: []forms.FormAttributeChange{{Name: "label", Before: "Do you need parking?", After: "Do you need parking close to the door?"}}}}},
}

var getCurrentFormOp = op{
	ID: "getCurrentForm", Tag: formTag, Summary: "What a form asks now",
	Doc: "The published version with its questions, for whoever is about to answer: a program's `intake_form_id` and a workshop's `registration_form_id` lead here. Show the questions in their order, hide those whose `show_if` does not hold, " +
		"and tell people who reads each answer (`readers`) and how long it is kept. 404 while nothing is published.\n\n" + fieldRules,
	Example: intakeText,
}

var listFormVersionsOp = op{
	ID: "listFormVersions", Tag: formTag, Summary: "The versions of a form", Doc: "The newest first, a draft included, without their questions. Sort: `number`.",
	Example: services.Page[forms.FormVersionSummary]{Data: []forms.FormVersionSummary{intakeDraft, intakeCurrent}},
}

var createFormVersionOp = op{
	ID: "createFormVersion", Tag: formTag, Summary: "Begin the next version of a form",
	Doc:     "A draft with the questions of the latest version, or with `fields`. A form has one draft at a time: 409 `draft_exists`.\n\n" + fieldRules,
	Request: forms.NewFormVersion{},
	Errors:  []services.Code{"draft_exists", "form_archived"},
	Example: intakeNext,
}

var getFormVersionOp = op{
	ID: "getFormVersion", Tag: formTag, Summary: "One version with its questions",
	Doc:     "Answers are kept with the version they answered: show them under these questions. Members see what is published; a draft is 404 for them.",
	Example: intakeText,
}

var updateFormVersionOp = op{
	ID: "updateFormVersion", Tag: formTag, Summary: "Edit a draft",
	Doc:     "`fields` replaces all questions. What is published never changes, not even in the database: 409 `version_published`.\n\n" + fieldRules,
	Request: forms.PatchFormVersion{Fields: services.Some(intakeQuestion)},
	Errors:  []services.Code{"version_published"},
	Example: intakeNext,
}

var publishFormVersionOp = op{
	ID: "publishFormVersion", Tag: formTag, Summary: "Publish a draft", MayMatch: true,
	Doc: "From now on the form asks this, for good: it never changes again. Answers to earlier versions stay with what they answered; what was asked and waits for an answer is answered in the newest version. " +
		"A draft without questions is refused: 422 `empty`. Send the draft's ETag in If-Match to be told (412) when somebody changed it since you read it.",
	Errors:  []services.Code{"version_published", "form_archived"},
	Example: intakeText,
}

var deleteFormVersionOp = op{
	ID: "deleteFormVersion", Tag: formTag, Summary: "Throw a draft away", Doc: "What is published stays: 409 `version_published`.",
	Errors: []services.Code{"version_published"},
}
