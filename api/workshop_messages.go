package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// WorkshopMessagePath names a message to those who come.
type WorkshopMessagePath struct {
	MessageID uuid.UUID `path:"workshop_message_id" doc:"The message's id"`
}

func (s *Server) workshopMessages(r *router) {
	post(r, "/workshops/{workshop_id}/messages", messageWorkshopOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.WriteToAttendees
	}) (*workshops.WorkshopMessageView, error) {
		return s.Workshops.MessageWorkshop(ctx, in.WorkshopID, in.Body)
	})
	get(r, "/workshops/{workshop_id}/messages", listWorkshopMessagesOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.MessagesQuery
	}) (services.Page[workshops.WorkshopMessageView], error) {
		return s.Workshops.Messages(ctx, in.WorkshopID, in.MessagesQuery)
	})
	act(r, "/workshops/{workshop_id}/messages/preview", previewWorkshopMessageOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.WriteToAttendees
	}) (*workshops.MessagePreview, error) {
		return s.Workshops.PreviewWorkshopMessage(ctx, in.WorkshopID, in.Body)
	})
	post(r, "/sessions/{session_id}/messages", messageSessionOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.WriteToAttendees
	}) (*workshops.WorkshopMessageView, error) {
		return s.Workshops.MessageSession(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/messages/preview", previewSessionMessageOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.WriteToAttendees
	}) (*workshops.MessagePreview, error) {
		return s.Workshops.PreviewSessionMessage(ctx, in.SessionID, in.Body)
	})
	get(r, "/workshop-messages/{workshop_message_id}", getWorkshopMessageOp, services.CanMessageAttendees, func(ctx context.Context, in *struct{ WorkshopMessagePath }) (*workshops.WorkshopMessageView, error) {
		return s.Workshops.Message(ctx, in.MessageID)
	})
	get(r, "/workshop-messages/{workshop_message_id}/deliveries", listMessageDeliveriesOp, services.CanMessageAttendees, func(ctx context.Context, in *struct {
		WorkshopMessagePath
		workshops.DeliveriesOfMessage
	}) (services.Page[workshops.MessageDelivery], error) {
		return s.Workshops.MessageDeliveries(ctx, in.MessageID, in.DeliveriesOfMessage)
	})
	act(r, "/workshop-messages/{workshop_message_id}/recall", recallWorkshopMessageOp, services.CanMessageAttendees, func(ctx context.Context, in *struct{ WorkshopMessagePath }) (*workshops.WorkshopMessageView, error) {
		return s.Workshops.RecallMessage(ctx, in.MessageID)
	})
}
