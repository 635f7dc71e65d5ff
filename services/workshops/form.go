package workshops

import (
	"errors"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// asking is what a use case makes of the form of a workshop, beside the places themselves. A place never waits for answers:
// who gives none with it is asked, and answers later.
type asking struct {
	answered  []uuid.UUID // attendees whose answers came along
	due       []forms.Asked
	goOn, end []uuid.UUID // attendees who are back, and who are out
}

// answers takes along what somebody who is entered answered at once; what is wrong with it is told with all the rest.
func (e *entry) answers(d *desk, a *models.Attendee, at string, in AttendeeInput) {
	switch {
	case in.Answers == nil:
	case d.workshop.RegistrationFormID == nil:
		e.fault(at+"/answers", "not_asked", "Nothing is asked here. Leave answers out.")
	case in.MemberID == nil:
		e.fault(at+"/answers", "not_asked", "Only members are asked. Whoever you invite answers for themselves.")
	case a.MemberID != nil:
		e.given = append(e.given, d.asked(a, in.Answers, at+"/answers"))
	}
}

// ask stores the answers that came along.
func (e *entry) ask(d *desk) error {
	faults, err := d.take(e.given...)
	e.faults = append(e.faults, faults...)
	return err
}

// asked is the form of the workshop, asked of one attendee. Whose entry it is, is who entered them; an adult who was invited
// answers for themselves, and whoever invited them reads nothing of it.
func (d *desk) asked(a *models.Attendee, answers map[string]any, pointer string) forms.Asked {
	by := a.EnteredBy
	if a.InviteID != nil {
		by = *a.MemberID
	}
	return forms.Asked{FormID: *d.workshop.RegistrationFormID, MemberID: *a.MemberID, EnteredBy: by, Record: models.FormRecordAttendee, RecordID: a.ID, Answers: answers, Pointer: pointer}
}

// take stores answers, or says what is wrong with them.
func (d *desk) take(given ...forms.Asked) ([]services.FieldError, error) {
	if len(given) == 0 {
		return nil, nil
	}
	for i := range given {
		d.asking.answered = append(d.asking.answered, given[i].RecordID)
	}
	err := forms.Ask(d.tx, given...)
	var wrong *services.Error
	if errors.As(err, &wrong) && wrong.Kind == services.KindInvalid {
		return wrong.Fields, nil
	}
	return nil, err
}

// answer takes along what an adult who accepts answered at once.
// Errors: invalid.
func (at *asked) answer(d *desk, a *models.Attendee) error {
	switch {
	case at.in.Answers == nil:
		return nil
	case d.workshop.RegistrationFormID == nil:
		return services.InvalidField("/answers", "not_asked", "Nothing is asked here. Leave answers out.")
	case a.MemberID == nil:
		return services.InvalidField("/answers", "not_asked", "Only members are asked. Say which member it is.")
	}
	wrong, err := d.take(d.asked(a, at.in.Answers, "/answers"))
	if err == nil && len(wrong) > 0 {
		err = services.Invalid(wrong...)
	}
	return err
}

// follow notes whose place begins, ends or goes on again with what becomes of a party; the registration as it was is nil for
// one that is new. Somebody who waits for a seat is not asked yet, and keeps what they answered.
func (d *desk) follow(p *party, registration *models.Registration, was, a *models.Attendee) {
	if a.MemberID == nil || d.workshop.RegistrationFormID == nil {
		return
	}
	there, wasThere := a.Live && a.Goes(), was != nil && was.Live && was.Goes()
	seated, wasSeated := there && p.State.Seated(), wasThere && (registration == nil || registration.State.Seated())
	switch {
	case wasThere && !there:
		d.asking.end = append(d.asking.end, a.ID)
	case there && !wasThere && was != nil && was.MemberID != nil:
		d.asking.goOn = append(d.asking.goOn, a.ID)
	}
	if seated && !wasSeated && !slices.Contains(d.asking.answered, a.ID) {
		d.asking.due = append(d.asking.due, d.asked(a, nil, ""))
	}
}

// askAll asks those whose places begin, and ends what was asked of those whose places end.
func (d *desk) askAll() error {
	a := d.asking
	d.asking.due, d.asking.goOn, d.asking.end = nil, nil, nil
	if len(a.goOn) > 0 {
		if err := forms.EndOf(d.tx, *d.workshop.RegistrationFormID, models.FormRecordAttendee, nil, a.goOn...); err != nil {
			return err
		}
	}
	if len(a.end) > 0 {
		today := models.DayIn(d.tx.Now(), d.workshop.TimeZone)
		if err := forms.EndOf(d.tx, *d.workshop.RegistrationFormID, models.FormRecordAttendee, &today, a.end...); err != nil {
			return err
		}
	}
	if len(a.due) == 0 {
		return nil
	}
	return forms.Ask(d.tx, a.due...)
}

// placesEnded ends what a form asked for the places of a workshop, or for those of one session of a drop-in workshop; with a nil
// day they go on again. A form that a workshop no longer asks has always ended.
func placesEnded(tx *services.Tx, form, workshopID uuid.UUID, sessionID *uuid.UUID, on *models.Date) error {
	var ids []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select f.record_id from registrations r join attendees a on a.registration_id = r.id
			join form_responses f on f.record = 'attendee' and f.record_id = a.id and f.form_id = $1
		where r.workshop_id = $2 and ($3::uuid is null or r.session_id = $3) and r.live and a.state = 'attending' and (f.ended_on is null) = $4 order by 1`,
		Args: []any{form, workshopID, sessionID, on != nil}, Scan: idsInto(&ids)})
	if err != nil {
		return err
	}
	return forms.EndOf(tx, form, models.FormRecordAttendee, on, ids...)
}

// sessionPlacesEnded does so when a session is closed, or opened again, of a workshop in which a place is good for one.
func sessionPlacesEnded(tx *services.Tx, session *models.WorkshopSession, on *models.Date) error {
	var form []uuid.UUID
	err := tx.Batch(services.Statement{SQL: `select registration_form_id from workshops where id = $1 and registration_form_id is not null and attendance_mode = 'drop_in'`,
		Args: []any{session.WorkshopID}, Scan: idsInto(&form)})
	if err != nil || len(form) == 0 {
		return err
	}
	return placesEnded(tx, form[0], session.WorkshopID, &session.ID, on)
}

// askEverybody asks the members who have a place what the workshop asks from now on, and no longer what it asked before. Its
// pools are locked, so that whoever registers meanwhile is asked as they do.
func askEverybody(tx *services.Tx, before, after *models.Workshop) error {
	today := models.DayIn(tx.Now(), after.TimeZone)
	if before.RegistrationFormID != nil {
		if err := placesEnded(tx, *before.RegistrationFormID, after.ID, nil, &today); err != nil {
			return err
		}
	}
	if after.RegistrationFormID == nil {
		return nil
	}
	if err := placesEnded(tx, *after.RegistrationFormID, after.ID, nil, nil); err != nil {
		return err
	}
	var seated []models.Attendee
	err := tx.Batch(services.Statement{SQL: `select ` + attendeeColumns + ` from registrations r join attendees a on a.registration_id = r.id
		where r.workshop_id = $1 and r.state in ('pending_approval', 'confirmed') and a.state = 'attending' and a.member_id is not null order by a.id`,
		Args: []any{after.ID}, Scan: services.RowsInto(&seated)})
	if err != nil {
		return err
	}
	d, asked := &desk{tx: tx, workshop: *after}, make([]forms.Asked, len(seated))
	for i := range seated {
		asked[i] = d.asked(&seated[i], nil, "")
	}
	return forms.Ask(tx, asked...)
}

// AttendeeForm is where the workshop's form stands for one attendee; what they answered is read there alone.
type AttendeeForm struct {
	ResponseID uuid.UUID                 `json:"response_id" doc:"For GET /v1/form-responses/{response_id}"`
	Status     models.FormResponseStatus `json:"status" enum:"due,answered,moot" example:"due"`
	by         uuid.UUID                 // whose entry it is, which need not be who entered the place by now
}

// formRow is one attendee's response.
type formRow struct {
	RecordID  uuid.UUID
	ID        uuid.UUID
	Status    models.FormResponseStatus
	EnteredBy uuid.UUID
}

// formsSQL reads where the workshop's own form stands for the attendees of registrations; formsOf is the same in GORM's words.
const (
	formsSQL = formsFrom + `any($1)`
	formsOf  = formsFrom + `any(?::uuid[])`

	formsFrom = `select f.record_id, f.id, f.status, f.entered_by from registrations r join workshops w on w.id = r.workshop_id join attendees a on a.registration_id = r.id
		join form_responses f on f.record = 'attendee' and f.record_id = a.id and f.form_id = w.registration_form_id where r.id = `
)

func formsByAttendee(rows []formRow) map[uuid.UUID]*AttendeeForm {
	out := make(map[uuid.UUID]*AttendeeForm, len(rows))
	for _, r := range rows {
		out[r.RecordID] = &AttendeeForm{ResponseID: r.ID, Status: r.Status, by: r.EnteredBy}
	}
	return out
}

// readForms reads where the form stands for a party, as this transaction leaves it.
func (d *desk) readForms(p *party) (map[uuid.UUID]*AttendeeForm, error) {
	if d.workshop.RegistrationFormID == nil {
		return nil, nil
	}
	var rows []formRow
	err := d.tx.Batch(services.Statement{SQL: formsSQL, Args: []any{[]uuid.UUID{p.ID}}, Scan: services.RowsInto(&rows)})
	return formsByAttendee(rows), err
}
