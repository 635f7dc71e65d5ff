package imports

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

type rollBackArgs struct {
	ImportID uuid.UUID `json:"import_id"`
}

// Kind implements services.JobArgs.
func (rollBackArgs) Kind() string { return "import.roll_back" }

// RollBackImport is why somebody undoes something.
type RollBackImport struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"The wrong file: last year's list"`
}

// RollBack begins to take back what an import wrote: whom it entered is deleted, whom it changed is as before, if nobody
// has touched them since. Errors: not_found; conflict import_state, import_running, import_purged; invalid for a blank
// reason.
func (s *Service) RollBack(ctx context.Context, id uuid.UUID, in RollBackImport) (*ImportView, error) {
	return services.Mutate(ctx, s.core, "import.roll_back", func(tx *services.Tx) (*ImportView, error) {
		i, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if !i.Status.Wrote() && i.Status != models.ImportRollingBack {
			return nil, wrongState(i)
		}
		if i.PurgedAt != nil {
			return nil, services.Conflict("import_purged", "The rows of this import were dropped 30 days after it was done. It cannot be rolled back any more.")
		}
		words := services.Prose(in.Reason)
		if words == "" {
			return nil, services.InvalidField("/reason", "required", "Say why.")
		}
		if i.Status == models.ImportRollingBack {
			return s.resume(tx, i, rollBackArgs{id})
		}
		before := *i
		i.Version, i.Status, i.Handled = i.Version+1, models.ImportRollingBack, 0
		if err := errors.Join(tx.Reason(i.CreatedBy, words), store(tx, before, i), tx.Enqueue(rollBackArgs{id}, tx.Now())); err != nil {
			return nil, err
		}
		return view(tx.DB, i)
	})
}

// rollBack is the job. It goes from the last row to the first: what a later row did to somebody whom an earlier one
// entered is undone first.
func (s *Service) rollBack(ctx context.Context, args rollBackArgs) error {
	until, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	for until.Err() == nil {
		if going, err := s.takeBack(ctx, args.ImportID); err != nil || !going {
			return err
		}
	}
	return s.again(ctx, args)
}

// backAtOnce is less than a batch: some eighty foreign keys point to members, and each is asked about every one who goes,
// which takes up to 10 ms.
const backAtOnce = 40

func (s *Service) takeBack(ctx context.Context, id uuid.UUID) (bool, error) {
	return services.Mutate(ctx, s.core, "import.roll_back", func(tx *services.Tx) (bool, error) {
		i, err := locked(tx, id)
		if err != nil || i.Status != models.ImportRollingBack {
			tx.Unchanged()
			return false, ignoreMissing(err)
		}
		tx.Object(id)
		before := *i
		var rows []models.ImportRow
		if err := tx.DB.Where("import_id = ? AND state = 'written'", id).Order("number DESC").Limit(backAtOnce).Find(&rows).Error; err != nil {
			return false, err
		}
		if len(rows) == 0 {
			now := tx.Now()
			i.Status, i.FinishedAt = models.ImportRolledBack, &now
			return false, store(tx, before, i)
		}
		if err := holdAll(tx, rows); err != nil {
			return false, err
		}
		for n := range rows {
			tx.Subject(rows[n].MemberIDs...)
			if err := undo(tx, &rows[n], rows[n+1:]); err != nil {
				return false, err
			}
		}
		i.Handled += len(rows)
		return true, store(tx, before, i)
	})
}

// holdAll locks everybody the rows are about at once, in the order of their ids.
func holdAll(tx *services.Tx, rows []models.ImportRow) error {
	var ids []uuid.UUID
	for _, row := range rows {
		ids = append(ids, row.MemberIDs...)
	}
	_, err := people.Held(tx, ids)
	return err
}

// undo takes one row back, or says why what it wrote stays. earlier are the rows that come next.
func undo(tx *services.Tx, row *models.ImportRow, earlier []models.ImportRow) error {
	why, err := "", error(nil)
	if row.Before != nil && string(row.Before) != "null" {
		why, err = restore(tx, row, earlier)
	} else {
		why, err = remove(tx, row)
	}
	if err != nil {
		return err
	}
	state := models.RowRolledBack
	if why != "" {
		state = models.RowKept
	}
	return tx.DB.Exec(`update import_rows set state = ?, why = ? where id = ?`, state, why, row.ID).Error
}

// restore puts a changed member back. The version moves on, so that nobody's If-Match of meanwhile holds; the row that
// entered the member, if it is of this import, learns of it.
func restore(tx *services.Tx, row *models.ImportRow, earlier []models.ImportRow) (why string, err error) {
	if row.MemberID == nil {
		return "gone", nil
	}
	held, err := people.Held(tx, []uuid.UUID{*row.MemberID})
	if err != nil {
		return "", err
	}
	m := held[*row.MemberID]
	switch {
	case m == nil:
		return "gone", nil
	case m.Gone():
		return "closed", nil
	case row.WrittenVersion == nil || m.Version != *row.WrittenVersion:
		return "changed_since", nil
	}
	was := *m
	if err := putBack(row.Before, &was); err != nil {
		return "", err
	}
	switch err := people.Revise(tx, *m, &was); {
	case refused(err):
		return "record_invalid", nil
	case err != nil:
		return "", err
	}
	for n := range earlier {
		if id := earlier[n].MemberID; id != nil && *id == *row.MemberID {
			earlier[n].WrittenVersion = &was.Version
		}
	}
	return "", tx.DB.Exec(`update import_rows set written_version = ? where import_id = ? and member_id = ? and number < ? and state = 'written'`,
		was.Version, row.ImportID, *row.MemberID, row.Number).Error
}

func remove(tx *services.Tx, row *models.ImportRow) (why string, err error) {
	var all []made
	if err := json.Unmarshal(row.Made, &all); err != nil {
		return "", err
	}
	d := people.Departures{Members: map[uuid.UUID]int{}}
	for _, m := range all {
		switch m.Table {
		case models.Member{}.TableName():
			d.Members[m.ID] = 1
		case models.Household{}.TableName():
			d.Households = append(d.Households, m.ID)
		case models.HouseholdMember{}.TableName():
			d.Stays = append(d.Stays, m.ID)
		case models.Relationship{}.TableName():
			d.Relationships = append(d.Relationships, m.ID)
		case models.Guardianship{}.TableName():
			d.Guardianships = append(d.Guardianships, m.ID)
		case models.ServiceRecord{}.TableName():
			d.Service = append(d.Service, m.ID)
		}
	}
	if row.MemberID == nil {
		return "gone", nil
	}
	if row.WrittenVersion != nil {
		d.Members[*row.MemberID] = *row.WrittenVersion
	}
	whole, err := people.TakeBack(tx, d)
	if err != nil || whole {
		return "", err
	}
	return "used_since", nil
}
