package imports

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

type checkArgs struct {
	ImportID uuid.UUID `json:"import_id"`
}

// Kind implements services.JobArgs.
func (checkArgs) Kind() string { return "import.check" }

// Check begins the dry run: every row gets its fate, and nobody is entered. One that is under way goes on. Errors: not_found; conflict import_state.
func (s *Service) Check(ctx context.Context, id uuid.UUID) (*ImportView, error) {
	return services.Mutate(ctx, s.core, "import.check", func(tx *services.Tx) (*ImportView, error) {
		i, err := locked(tx, id)
		if err != nil {
			return nil, err
		}
		if i.Status == models.ImportChecking {
			return s.resume(tx, i, checkArgs{id})
		}
		if !i.Status.Editable() {
			return nil, wrongState(i)
		}
		before := *i
		i.Version, i.Status, i.Handled = i.Version+1, models.ImportChecking, 0
		if err := forgetFates(tx, i.ID); err != nil {
			return nil, err
		}
		if err := errors.Join(store(tx, before, i), tx.Enqueue(checkArgs{id}, tx.Now())); err != nil {
			return nil, err
		}
		return view(tx.DB, i)
	})
}

// paged reads an import's rows in order, after the row of that number.
func paged(db *gorm.DB, id uuid.UUID, after int) (rows []models.ImportRow, err error) {
	return rows, db.Where("import_id = ? AND number > ?", id, after).Order("number").Limit(batch).Find(&rows).Error
}

// check is the job. It reads the sheet from its beginning, since a row may repeat any before it, and judges from where it
// stood: a job that was killed goes on there.
func (s *Service) check(ctx context.Context, args checkArgs) error {
	until, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	i, err := services.Read(ctx, s.core, func(db *gorm.DB) (*models.Import, error) { return find(db, system, args.ImportID) })
	if err != nil || i.Status != models.ImportChecking {
		return ignoreMissing(err)
	}
	r, err := s.readerOf(i)
	if err != nil {
		return err
	}
	seen := newSeen()
	for past, last := 0, 0; ; {
		rows, err := services.Read(ctx, s.core, func(db *gorm.DB) ([]models.ImportRow, error) { return paged(db, i.ID, last) })
		if err != nil {
			return err
		}
		if past >= i.Handled {
			if until.Err() != nil {
				return s.again(ctx, args)
			}
			going, err := s.judge(ctx, i, r, seen, rows)
			if err != nil || !going {
				return err
			}
		} else if err := seen.learn(r, rows); err != nil {
			return err
		}
		if len(rows) > 0 {
			last = rows[len(rows)-1].Number
		}
		past += len(rows)
	}
}

var system = &services.Actor{Kind: models.ActorSystem}

func ignoreMissing(err error) error {
	if errors.Is(err, services.NotFound("import")) {
		return nil
	}
	return err
}

// again lines the job up behind others that wait.
func (s *Service) again(ctx context.Context, args services.JobArgs) error {
	_, err := services.Mutate(ctx, s.core, args.Kind(), func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, tx.Enqueue(args, tx.Now())
	})
	return err
}

func (s *Service) readerOf(i *models.Import) (*reader, error) {
	columns, err := columnsOf(i)
	if err != nil {
		return nil, err
	}
	var o stored
	if err := json.Unmarshal(i.Options, &o); err != nil {
		return nil, err
	}
	return newReader(columns, o.ImportOptions, o.Date1904, s.core.Clock.Now()), nil
}

// judge gives one batch of rows their fates, in one transaction. It answers false when there is nothing more to do.
func (s *Service) judge(ctx context.Context, i *models.Import, r *reader, seen *seen, rows []models.ImportRow) (bool, error) {
	return services.Mutate(ctx, s.core, "import.check", func(tx *services.Tx) (bool, error) {
		now, err := locked(tx, i.ID)
		if err != nil {
			return false, err
		}
		tx.Object(i.ID)
		if now.Status != models.ImportChecking || now.Version != i.Version || now.Handled != i.Handled {
			tx.Unchanged() // cancelled meanwhile, or another job is at it
			return false, nil
		}
		before := *now
		if len(rows) == 0 {
			now.Status = models.ImportChecked
			return false, store(tx, before, now)
		}
		judged, err := s.fates(tx, now, r, seen, rows)
		if err != nil {
			return false, err
		}
		now.Handled += len(rows)
		if err := errors.Join(storeFates(tx, judged), store(tx, before, now)); err != nil {
			return false, err
		}
		for _, j := range judged {
			if j.matchID != nil {
				tx.Subject(*j.matchID)
			}
		}
		i.Handled = now.Handled
		return true, nil
	})
}

// judged is what was found of a row.
type judged struct {
	row     *models.ImportRow
	fam     family
	fate    models.Fate
	changes models.Texts[string]
	matches []ImportMatch
	matchID *uuid.UUID
	issues  []CellIssue
}

func storeFates(tx *services.Tx, all []judged) error {
	n := len(all)
	ids, fates, issues, matches, changes := make([]uuid.UUID, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	scores, matched := make([]int, n), make([]*uuid.UUID, n)
	for k, j := range all {
		ids[k], fates[k], matched[k] = j.row.ID, string(j.fate), j.matchID
		issues[k], matches[k] = string(asJSON(append([]CellIssue{}, j.issues...))), string(asJSON(append([]ImportMatch{}, j.matches...)))
		list, err := j.changes.Value()
		if err != nil {
			return err
		}
		changes[k] = list.(string)
		for _, m := range j.matches {
			scores[k] = max(scores[k], m.Score)
		}
	}
	tx.Queue(`update import_rows r set fate = t.fate, errors = t.errors::jsonb, matches = t.matches::jsonb, changes = t.changes::text[], score = t.score, match_id = t.match_id
		from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::uuid[]) t(id, fate, errors, matches, changes, score, match_id)
		where r.id = t.id`, ids, fates, issues, matches, changes, scores, matched)
	return nil
}
