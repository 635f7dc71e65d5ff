package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

const formResponseTag = "Forms"

var (
	seatFormID       = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719101")
	seatVersionID    = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719102")
	seatResponseID   = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719103")
	seatAttendeeID   = uuid.MustParse("0199c1f5-21aa-7b10-8c30-4e5f60719104")
	seatAskedAt      = time.Date(2026, time.September, 14, 15, 0, 0, 0, time.UTC)
	seatAnsweredAt   = time.Date(2026, time.September, 15, 1, 20, 0, 0, time.UTC)
	seatPurgeOn      = models.NewDate(2027, time.September, 14)
	seatFields       = models.FormFields{{Key: "comes_by_car", Type: models.FieldYesNo, Label: "Do you come by car?", Required: true, Sensitive: ptr(false), Readers: []models.Role{models.RoleCoordinator, models.RoleFacilitator}}, {Key: "seat_needs", Type: models.FieldText, Label: "What would help you feel at ease in the room?", Readers: []models.Role{models.RoleCoordinator, models.RoleFacilitator}}, {Key: "call_before", Type: models.FieldText, Label: "Whom should we call if you feel unwell?", Readers: []models.Role{models.RoleCoordinator}}}
	seatDue          = forms.FormResponseRow{FormResponse: models.FormResponse{Record: models.Record{ID: seatResponseID, Version: 1, CreatedAt: seatAskedAt, UpdatedAt: seatAskedAt}, FormID: seatFormID, MemberID: mayaID, AskedFor: models.FormRecordAttendee, RecordID: seatAttendeeID, Status: models.FormResponseDue}, Title: "Before you come", MemberName: "Maya Ortega"}
	seatAnswered     = forms.FormResponseRow{FormResponse: models.FormResponse{Record: models.Record{ID: seatResponseID, Version: 2, CreatedAt: seatAskedAt, UpdatedAt: seatAnsweredAt}, FormID: seatFormID, FormVersionID: &seatVersionID, MemberID: mayaID, AskedFor: models.FormRecordAttendee, RecordID: seatAttendeeID, Status: models.FormResponseAnswered, AnsweredAt: &seatAnsweredAt}, Title: "Before you come", MemberName: "Maya Ortega"}
	seatAnswers      = map[string]any{"comes_by_car": true, "seat_needs": "A seat near the door"}
	seatAnswersShown = []forms.AnswerShown{{Field: "comes_by_car", State: forms.AnswerGiven, Value: true}, {Field: "seat_needs", State: forms.AnswerGiven, Value: "A seat near the door", PurgeOn: &seatPurgeOn}, {Field: "call_before", State: forms.AnswerWithheld}}
)

var listOwnFormResponsesOp = op{
	ID: "listOwnFormResponses", Tag: formResponseTag, Summary: "Forms that I am asked to fill in",
	Doc: "What the caller is asked, about themselves and about children or adults whom they act for and whom they signed up themselves; what is due comes first. " +
		"What another guardian of the child entered is not in it.\n\n" +
		"Of those that are due, `fields` holds the questions, ready to be shown (of the first five forms on a page; read the response itself for others); send the answers with `answerForm`. " +
		"`may_answer` is false of what a parent fills in for a minor, of what is over, and of forms that ask nothing yet. " +
		"Answers already given are not in this list: read them one by one with `getFormResponse`.",
	Example: services.Page[forms.MyFormResponse]{Data: []forms.MyFormResponse{{FormResponseRow: seatDue, MayAnswer: true, AsksID: &seatVersionID, Fields: seatFields}}},
}

var listFormResponsesOp = op{
	ID: "listFormResponses", Tag: formResponseTag, Summary: "Who has answered a form, and who has not",
	Doc: "For staff: the latest asked first, without any answers. `status=due` is whom to remind. Narrow it by form, by member, or by the enrollment or attendee that it was asked for.\n\n" +
		"Coordinators see all but those of themselves and of people close to them. Facilitators see those of people who come to what they lead, from 7 days before it begins to 7 days after it ends, " +
		"with first name and initial. Other staff see none yet. Each look is logged, and the people on the page find it in their access log.",
	Example: services.Page[forms.FormResponseRow]{Data: []forms.FormResponseRow{seatAnswered}},
}

var getFormResponseOp = op{
	ID: "getFormResponse", Tag: formResponseTag, Summary: "Questions and answers",
	Doc: "The questions, in their order, and for each an entry in `answers`, once it is answered:\n\n" +
		"| `state` | what it means |\n|---|---|\n" +
		"| `given` | `value` is the answer; `purge_on` the day on which it is destroyed |\n" +
		"| `none` | not answered, or not asked because of another answer |\n" +
		"| `withheld` | not for your role. Whether it was answered is not told either. A question that is asked because of another answer is withheld from whoever may not read that one |\n" +
		"| `purged` | it was answered, and is destroyed since: its date has come |\n\n" +
		"The person sees all their answers, also those that a parent gave for them; a guardian what they entered themselves, for as long as they may act for the child. " +
		"Staff see the answers to questions that name one of their roles, in their own scope (see `listFormResponses`); each look is logged, and the person finds it in their access log.\n\n" +
		"While the response is due, `fields` holds the questions that are asked now, and `asks_version_id` their version. The ETag is the version of the answers, for `changeFormResponse`.",
	Example: forms.FormResponseView{FormResponseRow: seatAnswered, Number: ptr(1), AsksID: &seatVersionID, Description: "So that everybody has a good day.", Fields: seatFields, Answers: seatAnswersShown, MayAnswer: true},
}

var answerFormOp = op{
	ID: "answerForm", Tag: formResponseTag, Summary: "Answer a form",
	Doc: "Answers what is due: the person, the guardian who signed them up, or a coordinator who types what they were told (`recorded_by` says so; the entry stays that of whoever told it). The same of answers that staff send along with a registration or an enrollment.\n\n" +
		"`answers` is an object by the key of the question: text, choice, date and signature are strings, number and scale numbers, yes/no `true` or `false`, multi-choice a list of option values. " +
		"The JSON Schema of the version says the same. Send nothing for questions that were not shown. Every fault is told at once, under `/answers/<key>`; no message repeats an answer.\n\n" +
		"Send `asks_version_id` back as `form_version_id`: when the questions have changed meanwhile, the answer is 409 `form_changed`; read them again, and keep what was typed.\n\n" +
		"Sensitive answers are kept encrypted under the person's own key, and destroyed on their date. The answer of this operation holds none of them.\n\n" +
		"A minor reads what a parent entered about them, and leaves it as it is: 403 `guardian_answers`. Facilitators read and do not record: 403 `not_yours_to_record`.",
	Errors:  []services.Code{forms.CodeAlreadyAnswered, forms.CodeNoLongerAsked, forms.CodeFormChanged, forms.CodeNoQuestions},
	Request: forms.GiveAnswers{FormVersionID: &seatVersionID, Answers: seatAnswers},
	Example: seatAnswered,
}

var changeFormResponseOp = op{
	ID: "changeFormResponse", Tag: formResponseTag, Summary: "Change answers",
	Doc: "Merges answer by answer: what is absent stays, null clears, and answers to questions that are no longer asked because of the change go with it. " +
		"The whole is held against the version that was answered, so that a required question cannot be cleared. Where an answer was destroyed on its date, only what is sent is held against the questions; " +
		"what was destroyed may be answered again, and does not hide what was asked because of it.\n\n" +
		"A changed answer is kept for its full term again; one that is sent as it stands keeps its date. " +
		"Once the enrollment or the workshop has ended, only coordinators change anything: 409 `record_ended`. Staff change only what they may read, and hide no question that they may not read (422 `withheld`). " +
		"Where the time for which an answer is kept is over already, it is not taken: 422 `term_over`.",
	Errors:  []services.Code{forms.CodeNotAnswered, forms.CodeNoLongerAsked, forms.CodeRecordEnded},
	Request: forms.ChangeAnswers{Answers: map[string]any{"seat_needs": "A quiet corner"}},
	Example: seatAnswered,
}
