package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// SavedSearchPath names a saved search.
type SavedSearchPath struct {
	SavedSearchID uuid.UUID `path:"saved_search_id" doc:"The saved search's id"`
}

func (s *Server) savedSearches(r *router) {
	can, p := services.CanManagePeople, s.People

	post(r, "/saved-searches", saveSearchOp, can, func(ctx context.Context, in *struct{ Body people.SaveSearch }) (*models.SavedSearch, error) {
		return p.SaveSearch(ctx, in.Body)
	})
	get(r, "/saved-searches", listSavedSearchesOp, can, func(ctx context.Context, in *services.PageQuery) (*services.Page[people.SavedSearchRow], error) {
		return p.ListSavedSearches(ctx, *in)
	})
	get(r, "/saved-searches/{saved_search_id}", getSavedSearchOp, can, func(ctx context.Context, in *SavedSearchPath) (*models.SavedSearch, error) {
		return p.SavedSearch(ctx, in.SavedSearchID)
	})
	get(r, "/saved-searches/{saved_search_id}/members", runSavedSearchOp, can, func(ctx context.Context, in *struct {
		SavedSearchPath
		services.PageQuery
	}) (*services.Page[people.MemberSummary], error) {
		return p.SavedSearchMembers(ctx, in.SavedSearchID, in.PageQuery)
	})
	patch(r, "/saved-searches/{saved_search_id}", updateSavedSearchOp, can, func(ctx context.Context, in *struct {
		SavedSearchPath
		Body people.PatchSavedSearch
	}) (*models.SavedSearch, error) {
		return p.UpdateSavedSearch(ctx, in.SavedSearchID, in.Body)
	})
	del(r, "/saved-searches/{saved_search_id}", deleteSavedSearchOp, can, func(ctx context.Context, in *SavedSearchPath) error {
		return p.DeleteSavedSearch(ctx, in.SavedSearchID)
	})
}
