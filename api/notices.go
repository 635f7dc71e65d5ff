package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/notices"
)

// NotificationPath names an item of one's inbox.
type NotificationPath struct {
	NotificationID uuid.UUID `path:"notification_id" doc:"The notification's id"`
}

// MessagePath names a message.
type MessagePath struct {
	MessageID uuid.UUID `path:"message_id" doc:"The message's id"`
}

func (s *Server) notices(r *router) {
	get(r, "/me/notifications", listNotificationsOp, services.CanUseAccount, func(ctx context.Context, in *notices.Inbox) (services.Page[notices.Notification], error) {
		return s.Notices.Notifications(ctx, *in)
	})
	act(r, "/me/notifications/read-all", readAllNotificationsOp, services.CanUseAccount, func(ctx context.Context, _ *struct{}) (*notices.ReadAll, error) {
		return s.Notices.ReadAllNotifications(ctx)
	})
	act(r, "/me/notifications/{notification_id}/read", readNotificationOp, services.CanUseAccount, func(ctx context.Context, in *struct{ NotificationPath }) (*notices.Notification, error) {
		return s.Notices.ReadNotification(ctx, in.NotificationID)
	})

	get(r, "/messages", listMessagesOp, services.CanManageMail, func(ctx context.Context, in *notices.Deliveries) (services.Page[notices.Delivery], error) {
		return s.Notices.Deliveries(ctx, *in)
	})
	act(r, "/messages/{message_id}/retry", retryMessageOp, services.CanManageMail, func(ctx context.Context, in *struct{ MessagePath }) (*notices.Delivery, error) {
		return s.Notices.Retry(ctx, in.MessageID)
	})
}
