package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/records"
)

// DuplicatePath names a pair of records that may be one person.
type DuplicatePath struct {
	PairID uuid.UUID `path:"pair_id" doc:"The pair's id"`
}

// MergePath names a merge.
type MergePath struct {
	MergeID uuid.UUID `path:"merge_id" doc:"The merge's id"`
}

// duplicates declares how two records of one person are found, made one and parted again.
func (s *Server) duplicates(r *router) {
	can, d := services.CanMerge, s.Records

	get(r, "/members/duplicates", listDuplicatesOp, can, func(ctx context.Context, in *records.DuplicateFilter) (services.Page[records.DuplicateView], error) {
		return d.Duplicates(ctx, *in)
	})
	act(r, "/members/duplicates/{pair_id}/dismiss", dismissDuplicateOp, can, func(ctx context.Context, in *struct {
		DuplicatePath
		Body records.DismissDuplicate
	}) (*records.DuplicateView, error) {
		return d.Dismiss(ctx, in.PairID, in.Body)
	})
	act(r, "/members/duplicates/{pair_id}/reopen", reopenDuplicateOp, can, func(ctx context.Context, in *struct {
		DuplicatePath
		Body records.DismissDuplicate
	}) (*records.DuplicateView, error) {
		return d.Reopen(ctx, in.PairID, in.Body)
	})
	get(r, "/members/{member_id}/merge-preview", previewMergeOp, can, func(ctx context.Context, in *struct {
		MemberPath
		records.MergePreview
	}) (*records.MergeView, error) {
		return d.Preview(ctx, in.MemberID, in.MergePreview)
	})
	act(r, "/members/{member_id}/merge", mergeMembersOp, can, func(ctx context.Context, in *struct {
		MemberPath
		Body records.MergeMember
	}) (*records.MergeView, error) {
		return d.Merge(ctx, in.MemberID, in.Body)
	})
	get(r, "/merges", listMergesOp, can, func(ctx context.Context, in *records.MergeFilter) (services.Page[records.MergeSummary], error) {
		return d.Merges(ctx, *in)
	})
	get(r, "/merges/{merge_id}", getMergeOp, can, func(ctx context.Context, in *MergePath) (*records.MergeView, error) {
		return d.GetMerge(ctx, in.MergeID)
	})
	act(r, "/merges/{merge_id}/undo", undoMergeOp, can, func(ctx context.Context, in *struct {
		MergePath
		Body records.UndoMerge
	}) (*records.MergeView, error) {
		return d.Undo(ctx, in.MergeID, in.Body)
	})
}
