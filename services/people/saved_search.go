package people

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

var _ = services.Meanings(map[string]*services.Error{
	"saved_searches_once": services.Conflict("name_taken", "You have a saved search of this name."),
})

// SaveSearch is a set of filters with a name.
type SaveSearch struct {
	Name   string          `json:"name" minLength:"1" maxLength:"80" example:"Post-9/11, North Carolina"`
	Shared bool            `json:"shared,omitempty" doc:"Colleagues see and run it too"`
	Filter models.Criteria `json:"filter"`
}

// savedSearches is the scope of the saved searches that somebody may run: their own and the shared ones.
func savedSearches(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where("(saved_searches.owner_id = ? OR saved_searches.shared)", actor.MemberID)
	}
}

func savedSearch(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*models.SavedSearch, error) {
	var rows []models.SavedSearch
	if err := db.Scopes(savedSearches(actor)).Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("saved search")
	}
	return &rows[0], nil
}

// tidySearch brings a saved search into the form in which it is kept.
func tidySearch(r *models.SavedSearch) error {
	var p problems
	if r.Name = services.Line(r.Name); r.Name == "" {
		p.add("/name", "required", "Give the search a name.")
	}
	if r.Filter.MaxAge > 0 && r.Filter.MinAge > r.Filter.MaxAge {
		p.add("/filter/max_age", "before_start", "The highest age lies below the lowest.")
	}
	if len(r.Filter.Tag) > 0 {
		r.Filter.Tag = tidyTags(r.Filter.Tag)
	}
	return p.err()
}

// SaveSearch keeps a set of filters. Errors: conflict name_taken; invalid, naming each value.
func (s *Service) SaveSearch(ctx context.Context, in SaveSearch) (*models.SavedSearch, error) {
	return services.Mutate(ctx, s.core, "saved_search.create", func(tx *services.Tx) (*models.SavedSearch, error) {
		r := &models.SavedSearch{Record: head(tx), OwnerID: tx.Actor().MemberID, Name: in.Name, Shared: in.Shared, Filter: in.Filter}
		if err := tidySearch(r); err != nil {
			return nil, err
		}
		tx.Changed(nil, *r)
		return r, tx.DB.Create(r).Error
	})
}

// SavedSearchRow is a saved search in a list.
type SavedSearchRow struct {
	models.SavedSearch `gorm:"embedded"`
	SortName           string `json:"-"`
}

var savedSearchList = services.List[SavedSearchRow]{
	IDColumn: "saved_searches.id",
	ID:       func(r SavedSearchRow) uuid.UUID { return r.ID },
	Sorts: []services.Sort[SavedSearchRow]{
		{Name: "name", Column: "folded(saved_searches.name)", Cast: "text", Key: func(r SavedSearchRow) any { return r.SortName }},
		{Name: "created_at", Column: "saved_searches.created_at", Cast: "timestamptz", Key: func(r SavedSearchRow) any { return r.CreatedAt }},
	},
	Default: "name",
}

// ListSavedSearches pages through the caller's saved searches and those that colleagues share.
func (s *Service) ListSavedSearches(ctx context.Context, in services.PageQuery) (*services.Page[SavedSearchRow], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[SavedSearchRow], error) {
		q := db.Table("saved_searches").Select("saved_searches.*, folded(saved_searches.name) AS sort_name").Scopes(savedSearches(actor))
		page, err := savedSearchList.Find(ctx, s.core, q, in)
		return &page, err
	})
}

// SavedSearch answers one. Errors: not_found.
func (s *Service) SavedSearch(ctx context.Context, id uuid.UUID) (*models.SavedSearch, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.SavedSearch, error) { return savedSearch(db, actor, id) })
}

// SavedSearchMembers runs a saved search, whose filters are read anew each time; the caller's own record and those of
// people close to them are left to colleagues. Errors: not_found; those of a list.
func (s *Service) SavedSearchMembers(ctx context.Context, id uuid.UUID, in services.PageQuery) (*services.Page[MemberSummary], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[MemberSummary], error) {
		saved, err := savedSearch(db, actor, id)
		if err != nil {
			return nil, err
		}
		f := MemberFilter{Criteria: saved.Filter}
		page, err := members.Find(ctx, s.core, f.on(db, actor, s.core.Clock.Now()), in)
		return &page, err
	})
}

// PatchSavedSearch is what can be edited of a saved search.
type PatchSavedSearch struct {
	Name   services.Field[string]          `json:"name,omitzero" required:"false" minLength:"1" maxLength:"80"`
	Shared services.Field[bool]            `json:"shared,omitzero" required:"false"`
	Filter services.Field[models.Criteria] `json:"filter,omitzero" required:"false" doc:"All the filters anew"`
}

// UpdateSavedSearch edits one's own. Errors: not_found; forbidden not_owner; stale; conflict name_taken; invalid.
func (s *Service) UpdateSavedSearch(ctx context.Context, id uuid.UUID, in PatchSavedSearch) (*models.SavedSearch, error) {
	return services.Mutate(ctx, s.core, "saved_search.update", func(tx *services.Tx) (*models.SavedSearch, error) {
		r, err := ownSearch(tx, id)
		if err != nil {
			return nil, err
		}
		before := *r
		r.Name, r.Shared, r.Filter = in.Name.Or(r.Name), in.Shared.Or(r.Shared), in.Filter.OrZero(r.Filter)
		if err := tidySearch(r); err != nil {
			return nil, err
		}
		edited(tx, &r.Record)
		tx.Changed(before, *r)
		return r, tx.DB.Model(&models.SavedSearch{}).Where("id = ?", r.ID).Select("name", "shared", "filter", "version", "updated_at").Updates(r).Error
	})
}

// DeleteSavedSearch forgets one's own. Errors: not_found; forbidden not_owner; stale.
func (s *Service) DeleteSavedSearch(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "saved_search.delete", func(tx *services.Tx) (struct{}, error) {
		r, err := ownSearch(tx, id)
		if err != nil {
			return struct{}{}, err
		}
		tx.Changed(*r, nil)
		return struct{}{}, tx.DB.Where("id = ?", r.ID).Delete(&models.SavedSearch{}).Error
	})
	return err
}

func ownSearch(tx *services.Tx, id uuid.UUID) (*models.SavedSearch, error) {
	r, err := savedSearch(tx.DB.Clauses(forUpdate), tx.Actor(), id)
	if err != nil {
		return nil, err
	}
	if r.OwnerID != tx.Actor().MemberID {
		return nil, services.Forbidden("not_owner", "This search is a colleague's. Save one of your own from its filters.")
	}
	return r, tx.CheckVersion(r.Version)
}
