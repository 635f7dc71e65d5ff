package api

import (
	"context"

	"homefront/services"
	"homefront/services/records"
)

// timeline declares what one may read of what happened with a member.
func (s *Server) timeline(r *router) {
	can, t := services.CanSeeTimeline, s.Records

	get(r, "/members/{member_id}/timeline", memberTimelineOp, can, func(ctx context.Context, in *struct {
		MemberPath
		records.TimelineFilter
	}) (services.Page[records.TimelineEntry], error) {
		return t.Timeline(ctx, in.MemberID, in.TimelineFilter)
	})
	get(r, "/me/timeline", myTimelineOp, can, func(ctx context.Context, in *records.TimelineFilter) (services.Page[records.TimelineEntry], error) {
		return t.OwnTimeline(ctx, *in)
	})
	get(r, "/me/access-log", myAccessLogOp, can, func(ctx context.Context, in *records.AccessQuery) (services.Page[records.AccessEntry], error) {
		return t.AccessLog(ctx, *in)
	})
}
