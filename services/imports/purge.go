package imports

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

type purgeArgs struct{}

// Kind implements services.JobArgs.
func (purgeArgs) Kind() string { return "import.purge" }

// abandonedAfter is how long a sheet that nothing was written of waits for somebody.
const abandonedAfter = 7 * 24 * time.Hour

// purge drops the cells of sheets that have served. What stays of a row says whom it brought, so that the same row is
// known again, and nothing of what it said.
func (s *Service) purge(ctx context.Context, _ purgeArgs) error {
	now := s.core.Clock.Now()
	ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Model(&models.Import{}).Where("purged_at IS NULL AND (updated_at < ? OR updated_at < ? AND finished_at IS NULL AND status IN ('uploaded', 'checked', 'checking'))",
			now.Add(-keptFor), now.Add(-abandonedAfter)).Order("updated_at").Limit(50).Pluck("id", &ids).Error
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.drop(services.AsSystem(ctx, purgeArgs{}.Kind()), id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) drop(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "import.purge", func(tx *services.Tx) (struct{}, error) {
		i, err := locked(tx, id)
		if err != nil {
			return struct{}{}, err
		}
		before := *i
		now := tx.Now()
		i.PurgedAt, i.Columns, i.Mapping = &now, []byte("[]"), []byte("[]")
		if !i.Status.Wrote() && i.Status != models.ImportRolledBack {
			i.Status = models.ImportCancelled
		}
		if err := tx.DB.Exec(`update import_rows set cells = '[]', notes = '[]', errors = '[]', matches = '[]', before = null where import_id = ?`, id).Error; err != nil {
			return struct{}{}, err
		}
		if err := tx.DB.Exec(`update imports set columns = '[]', file_name = '' where id = ?`, id).Error; err != nil {
			return struct{}{}, err
		}
		i.FileName = ""
		return struct{}{}, store(tx, before, i)
	})
	return err
}
