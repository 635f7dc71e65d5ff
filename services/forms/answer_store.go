package forms

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// sheet is one response with the questions it answers and what is to be written of it.
type sheet struct {
	response models.FormResponse
	version  *models.FormVersion
	today    models.Date                   // in the person's zone
	rows     map[string]*models.FormAnswer // what is stored, by question
	given    map[string]any                // what is to be stored
	cleared  []string                      // what is to be removed
}

// record is where a sealed answer belongs. With the key and the edition it is bound into the ciphertext, so that an answer
// put in the place of another, or of an earlier one, does not open.
func record(response uuid.UUID, field string) string {
	return "form_answer:" + response.String() + ":" + field
}

// sealedBlock is what sealed answers are padded to, so that their length does not tell which option was chosen.
const sealedBlock = 64

// write stores what was given and removes what was cleared, of all sheets: one round trip to seal, the rest travels with the
// next. The edition of an answer is the version of its response.
func write(tx *services.Tx, sheets ...*sheet) error {
	var rows []*models.FormAnswer
	var of []*sheet // whose row it is
	var open []services.Sealing
	var sealed []*models.FormAnswer
	for _, s := range sheets {
		for _, key := range slices.Sorted(maps.Keys(s.given)) {
			row, text, err := s.row(key)
			if err != nil {
				return err
			}
			rows, of = append(rows, row), append(of, s)
			if row.Value == nil {
				sealed = append(sealed, row)
				open = append(open, services.Sealing{Member: s.response.MemberID, Record: record(row.ResponseID, key), Version: row.Edition, Text: text})
			}
		}
		for _, key := range s.cleared {
			tx.Queue(`delete from form_answers where id = $1`, s.rows[key].ID)
			tx.Changed(*s.rows[key], nil)
		}
	}
	texts, err := tx.SealAll(open...)
	if err != nil {
		return err
	}
	for i := range texts {
		sealed[i].Sealed, sealed[i].SealedKey = texts[i].Sealed, &texts[i].Key
	}
	storeAnswers(tx, rows)
	for i, row := range rows {
		of[i].tell(tx, row)
	}
	return nil
}

// row is an answer as it will be stored, and the text to be sealed of a sensitive one.
func (s *sheet) row(key string) (*models.FormAnswer, string, error) {
	field := s.version.Fields.Field(key)
	value, err := json.Marshal(s.given[key])
	if err != nil {
		return nil, "", err
	}
	row := &models.FormAnswer{ID: services.NewID(), ResponseID: s.response.ID, Field: key, Edition: s.response.Version, GivenOn: s.today}
	if old := s.rows[key]; old != nil {
		row.ID = old.ID
	}
	row.PurgeOn = purgeOn(field, row.GivenOn, s.response.EndedOn)
	if field.IsSensitive() {
		return row, services.Padded(string(value), sealedBlock), nil
	}
	row.Value = (*json.RawMessage)(&value)
	return row, "", nil
}

// tell names an answer to the log; what it says, and to what, stays out of it.
func (s *sheet) tell(tx *services.Tx, row *models.FormAnswer) {
	if old := s.rows[row.Field]; old != nil {
		tx.Changed(*old, *row)
		return
	}
	tx.Changed(nil, *row)
}

func storeAnswers(tx *services.Tx, rows []*models.FormAnswer) {
	if len(rows) == 0 {
		return
	}
	n := len(rows)
	ids, responses, fields := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]string, n)
	values, sealed, keys := make([]*string, n), make([][]byte, n), make([]*uuid.UUID, n)
	editions, given, until := make([]int, n), make([]string, n), make([]*string, n)
	for i, r := range rows {
		ids[i], responses[i], fields[i], sealed[i], keys[i], editions[i], given[i] = r.ID, r.ResponseID, r.Field, r.Sealed, r.SealedKey, r.Edition, r.GivenOn.String()
		if r.Value != nil {
			text := string(*r.Value)
			values[i] = &text
		}
		if r.PurgeOn != nil {
			day := r.PurgeOn.String()
			until[i] = &day
		}
	}
	tx.Queue(`insert into form_answers (id, response_id, field, value, sealed, sealed_key, edition, given_on, purge_on)
		select id, response_id, field, value::jsonb, sealed, sealed_key, edition, given_on::date, purge_on::date
		from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::uuid[], $7::integer[], $8::text[], $9::text[])
			as n (id, response_id, field, value, sealed, sealed_key, edition, given_on, purge_on)
		on conflict (response_id, field) do update set value = excluded.value, sealed = excluded.sealed, sealed_key = excluded.sealed_key,
			edition = excluded.edition, given_on = excluded.given_on, purge_on = excluded.purge_on, purged_at = null`,
		ids, responses, fields, values, sealed, keys, editions, given, until)
}

// answersOf reads what is stored of a response.
func answersOf(db *gorm.DB, response uuid.UUID) (map[string]*models.FormAnswer, error) {
	var rows []models.FormAnswer
	if err := db.Where("response_id = ?", response).Limit(models.MaxFormFields).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[string]*models.FormAnswer, len(rows))
	for i := range rows {
		out[rows[i].Field] = &rows[i]
	}
	return out, nil
}

// read opens the given answers, in one round trip for all that are sealed. Those that are past their day are left out,
// whether or not a job has removed them.
func (s *sheet) read(tx *services.Tx, keys []string) (map[string]any, error) {
	out := make(map[string]any, len(keys))
	var texts []services.SealedText
	var fields []string
	for _, key := range keys {
		row := s.rows[key]
		switch {
		case row == nil || row.PurgedBy(s.today):
		case row.SealedKey != nil:
			fields = append(fields, key)
			texts = append(texts, services.SealedText{Key: *row.SealedKey, Record: record(row.ResponseID, key), Version: row.Edition, Sealed: row.Sealed})
		default:
			var value any
			if err := json.Unmarshal(*row.Value, &value); err != nil {
				return nil, err
			}
			out[key] = value
		}
	}
	opened, err := tx.UnsealAll(texts...)
	if err != nil {
		return nil, err
	}
	for i, text := range opened {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			return nil, errUnreadable // what the decoder says would quote the answer
		}
		out[fields[i]] = value
	}
	return out, nil
}
