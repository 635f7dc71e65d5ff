package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// SessionAttendeePath names one person at one session.
type SessionAttendeePath struct {
	WorkshopSessionPath
	AttendeePlace
}

// AttendeePlace names an attendee outside their party.
type AttendeePlace struct {
	AttendeeID uuid.UUID `path:"attendee_id" doc:"The attendee's id"`
}

func (s *Server) attendance(r *router) {
	get(r, "/registrations/{registration_id}/attendees/{attendee_id}/check-in-code", getCheckInCodeOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) (*workshops.CheckInCode, error) {
		return s.Workshops.CheckInCode(ctx, in.RegistrationID, in.AttendeeID)
	})
	get(r, "/registrations/{registration_id}/attendees/{attendee_id}/check-in-code.png", getCheckInPictureOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) (File, error) {
		picture, err := s.Workshops.CheckInPicture(ctx, in.RegistrationID, in.AttendeeID)
		return File{ContentType: "image/png", Bytes: picture}, err
	})
	act(r, "/registrations/{registration_id}/attendees/{attendee_id}/check-in-code/renew", renewCheckInCodeOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) (*workshops.CheckInCode, error) {
		return s.Workshops.RenewCheckInCode(ctx, in.RegistrationID, in.AttendeeID)
	})
	get(r, "/workshops/{workshop_id}/roster", getRosterOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.RosterQuery
	}) (services.Page[workshops.RosterEntry], error) {
		return s.Workshops.Roster(ctx, in.WorkshopID, in.RosterQuery)
	})
	act(r, "/sessions/{session_id}/check-ins", checkInOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.Scan
	}) (*workshops.ScanAnswer, error) {
		return s.Workshops.CheckIn(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/attendees/{attendee_id}/undo-check-in", undoCheckInOp, services.CanAttend, func(ctx context.Context, in *struct {
		SessionAttendeePath
		Body workshops.Justification
	}) (*models.CheckIn, error) {
		return s.Workshops.UndoCheckIn(ctx, in.SessionID, in.AttendeeID, in.Body)
	})
	put(r, "/sessions/{session_id}/attendance", recordAttendanceOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.AttendanceSheet
	}) (*workshops.SavedAttendance, error) {
		return s.Workshops.RecordAttendance(ctx, in.SessionID, in.Body)
	})
	act(r, "/sessions/{session_id}/complete", completeSessionOp, services.CanAttend, func(ctx context.Context, in *struct{ WorkshopSessionPath }) (*workshops.WorkshopSessionDetail, error) {
		return s.Workshops.CompleteSession(ctx, in.SessionID)
	})
	act(r, "/sessions/{session_id}/reopen", reopenSessionOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopSessionPath
		Body workshops.Justification
	}) (*workshops.WorkshopSessionDetail, error) {
		return s.Workshops.ReopenSession(ctx, in.SessionID, in.Body)
	})
}
