package forms

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
)

// Asked is a form asked of somebody for one record.
type Asked struct {
	FormID    uuid.UUID
	MemberID  uuid.UUID // whom it is about
	EnteredBy uuid.UUID // whose entry it is: the member's own, or of the guardian who brings them
	Record    string    // models.FormRecordEnrollment or models.FormRecordAttendee
	RecordID  uuid.UUID
	Answers   map[string]any // nil: due
	Pointer   string         // where in the caller's body the answers are
}

func (a *Asked) compare(b *Asked) int {
	return cmp.Or(cmp.Compare(a.Record, b.Record), bytes.Compare(a.RecordID[:], b.RecordID[:]), bytes.Compare(a.FormID[:], b.FormID[:]))
}

// Ask asks forms of people, once for each record: asking again changes nothing. Answers that came along are held against the
// version that is published now, which is kept with them; without any the response is due. It takes the same few round trips
// however many are asked.
// Errors: invalid, naming every fault of every answer below its pointer; also for answers to a form without questions.
func Ask(tx *services.Tx, asked ...Asked) error {
	if len(asked) == 0 {
		return nil
	}
	asked = slices.Clone(asked)
	slices.SortStableFunc(asked, func(a, b Asked) int { return a.compare(&b) }) // two who ask the same wait for one another
	asked = slices.CompactFunc(asked, func(a, b Asked) bool { return a.compare(&b) == 0 })
	versions, err := publishedFor(tx, asked)
	if err != nil {
		return err
	}
	if err := checkAll(asked, versions); err != nil {
		return err
	}
	days, err := daysOf(tx, asked)
	if err != nil {
		return err
	}
	sheets := make([]*sheet, len(asked))
	for i := range asked {
		sheets[i] = asked[i].sheet(tx, versions[asked[i].FormID], days[asked[i].MemberID])
	}
	sheets, err = insertResponses(tx, sheets)
	if err != nil {
		return err
	}
	for _, s := range sheets {
		tx.Changed(nil, s.response)
	}
	return write(tx, sheets...)
}

// publishedFor reads the newest published version of the forms that came with answers.
func publishedFor(tx *services.Tx, asked []Asked) (map[uuid.UUID]*models.FormVersion, error) {
	var ids []uuid.UUID
	for i := range asked {
		if asked[i].Answers != nil && !slices.Contains(ids, asked[i].FormID) {
			ids = append(ids, asked[i].FormID)
		}
	}
	return Published(tx.DB, ids...)
}

// checkAll holds all answers against the questions.
func checkAll(asked []Asked, versions map[uuid.UUID]*models.FormVersion) error {
	var faults []services.FieldError
	for i := range asked {
		a := &asked[i]
		if a.Answers == nil {
			continue
		}
		a.Answers = models.Given(a.Answers)
		v, ok := versions[a.FormID]
		if !ok {
			faults = append(faults, services.FieldError{Field: a.Pointer, Code: CodeNoQuestions, Message: "This form has no questions yet. Leave the answers out; they can be given later."})
			continue
		}
		found, err := Validate(v, a.Answers, a.Pointer)
		if err != nil {
			return err
		}
		faults = append(faults, found...)
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

// daysOf is the day on which each of those who answer is, in their own zone.
func daysOf(tx *services.Tx, asked []Asked) (map[uuid.UUID]models.Date, error) {
	var ids []uuid.UUID
	for i := range asked {
		if asked[i].Answers != nil {
			ids = append(ids, asked[i].MemberID)
		}
	}
	days := map[uuid.UUID]models.Date{}
	if len(ids) == 0 {
		return days, nil
	}
	err := tx.Batch(services.Statement{SQL: `select id, time_zone from members where id = any($1)`, Args: []any{ids}, Scan: func(rows pgx.Rows) error {
		var id uuid.UUID
		var zone string
		_, err := pgx.ForEachRow(rows, []any{&id, &zone}, func() error {
			days[id] = models.DayIn(tx.Now(), zone)
			return nil
		})
		return err
	}})
	return days, err
}

// sheet makes the response, with the answers that came along. What staff typed is theirs to have typed: nobody's own words, and
// nobody's own signature.
func (a *Asked) sheet(tx *services.Tx, v *models.FormVersion, today models.Date) *sheet {
	now := tx.Now()
	s := &sheet{version: v, today: today, response: models.FormResponse{
		Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, FormID: a.FormID, MemberID: a.MemberID, EnteredBy: a.EnteredBy,
		AskedFor: a.Record, RecordID: a.RecordID, Status: models.FormResponseDue}}
	if a.Answers != nil {
		s.response.Status, s.response.AnsweredAt, s.response.FormVersionID, s.given = models.FormResponseAnswered, &now, &v.ID, a.Answers
		if by := tx.Actor().MemberID; by != uuid.Nil && by != a.MemberID && by != a.EnteredBy {
			s.response.RecordedBy = &by
		}
	}
	return s
}

// insertResponses stores those that were not asked before, and answers them.
func insertResponses(tx *services.Tx, sheets []*sheet) ([]*sheet, error) {
	var ids, formIDs, members, by, records []uuid.UUID
	var versions, typed []*uuid.UUID
	var kinds, status []string
	for _, s := range sheets {
		r := &s.response
		ids, formIDs, members, by, records = append(ids, r.ID), append(formIDs, r.FormID), append(members, r.MemberID), append(by, r.EnteredBy), append(records, r.RecordID)
		versions, typed, kinds, status = append(versions, r.FormVersionID), append(typed, r.RecordedBy), append(kinds, r.AskedFor), append(status, string(r.Status))
	}
	var stored []uuid.UUID
	err := tx.Batch(services.Statement{
		SQL: `insert into form_responses (id, version, created_at, updated_at, form_id, form_version_id, member_id, entered_by, recorded_by, record, record_id, status, answered_at)
			select n.id, 1, $9, $9, n.form_id, n.form_version_id, n.member_id, n.entered_by, n.recorded_by, n.record, n.record_id, n.status, case when n.status = 'answered' then $9::timestamptz end
			from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $10::uuid[])
				as n (id, form_id, form_version_id, member_id, entered_by, record, record_id, status, recorded_by)
			on conflict (record, record_id, form_id) do nothing returning id`,
		Args: []any{ids, formIDs, versions, members, by, kinds, records, status, tx.Now(), typed},
		Scan: func(rows pgx.Rows) (err error) {
			stored, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		},
	})
	return slices.DeleteFunc(sheets, func(s *sheet) bool { return !slices.Contains(stored, s.response.ID) }), err
}
