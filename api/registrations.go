package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// RegistrationPath names a party.
type RegistrationPath struct {
	RegistrationID uuid.UUID `path:"registration_id" doc:"The registration's id"`
}

// AttendeePath names one person of a party.
type AttendeePath struct {
	RegistrationPath
	AttendeeID uuid.UUID `path:"attendee_id" doc:"The attendee's id"`
}

func (s *Server) registrations(r *router) {
	post(r, "/workshops/{workshop_id}/registrations", registerOp, services.CanRegister, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.Register
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Register(ctx, in.WorkshopID, in.Body)
	})
	get(r, "/workshops/{workshop_id}/eligibility", workshopEligibilityOp, services.CanRegister, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.EligibilityQuery
	}) (*programs.EligibilityView, error) {
		return s.Workshops.Eligibility(ctx, in.WorkshopID, in.EligibilityQuery)
	})
	get(r, "/workshops/{workshop_id}/registrations", listRegistrationsOp, services.CanDecide, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.RegistrationQuery
	}) (services.Page[workshops.RegistrationView], error) {
		return s.Workshops.Registrations(ctx, in.WorkshopID, in.RegistrationQuery)
	})
	get(r, "/workshops/{workshop_id}/waitlist", listWaitlistOp, services.CanDecide, func(ctx context.Context, in *struct {
		WorkshopPath
		workshops.WaitlistQuery
	}) (services.Page[workshops.RegistrationView], error) {
		return s.Workshops.Waitlist(ctx, in.WorkshopID, in.WaitlistQuery)
	})
	get(r, "/me/registrations", listMyRegistrationsOp, services.CanRegister, func(ctx context.Context, in *workshops.MyRegistrationQuery) (services.Page[workshops.RegistrationView], error) {
		return s.Workshops.MyRegistrations(ctx, *in)
	})
	get(r, "/registrations/{registration_id}", getRegistrationOp, services.CanRegister, func(ctx context.Context, in *struct{ RegistrationPath }) (*workshops.RegistrationView, error) {
		return s.Workshops.Registration(ctx, in.RegistrationID)
	})
	act(r, "/registrations/{registration_id}/share", shareRegistrationOp, services.CanRegister, func(ctx context.Context, in *RegistrationPath) (*workshops.RegistrationView, error) {
		return s.Workshops.Share(ctx, in.RegistrationID)
	})
	act(r, "/registrations/{registration_id}/unshare", unshareRegistrationOp, services.CanRegister, func(ctx context.Context, in *RegistrationPath) (*workshops.RegistrationView, error) {
		return s.Workshops.Unshare(ctx, in.RegistrationID)
	})
	act(r, "/registrations/{registration_id}/cancel", cancelRegistrationOp, services.CanRegister, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Cancellation
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Cancel(ctx, in.RegistrationID, in.Body)
	})
	act(r, "/registrations/{registration_id}/accept-offer", acceptOfferOp, services.CanRegister, func(ctx context.Context, in *struct{ RegistrationPath }) (*workshops.RegistrationView, error) {
		return s.Workshops.AcceptOffer(ctx, in.RegistrationID)
	})
	act(r, "/registrations/{registration_id}/decline-offer", declineOfferOp, services.CanRegister, func(ctx context.Context, in *struct{ RegistrationPath }) (*workshops.RegistrationView, error) {
		return s.Workshops.DeclineOffer(ctx, in.RegistrationID)
	})
	act(r, "/registrations/{registration_id}/split", splitRegistrationOp, services.CanRegister, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Split
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Split(ctx, in.RegistrationID, in.Body)
	})
	s.decisions(r)
	s.attendees(r)
	s.partyInvitations(r)
}

// decisions are staff's.
func (s *Server) decisions(r *router) {
	act(r, "/registrations/{registration_id}/approve", approveRegistrationOp, services.CanDecide, func(ctx context.Context, in *struct {
		RegistrationPath
		Body *workshops.Approval
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Approve(ctx, in.RegistrationID, approvalOf(in.Body))
	})
	act(r, "/registrations/{registration_id}/decline", declineRegistrationOp, services.CanDecide, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Justification
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Decline(ctx, in.RegistrationID, in.Body)
	})
	act(r, "/registrations/{registration_id}/reinstate", reinstateRegistrationOp, services.CanDecide, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Reinstatement
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.Reinstate(ctx, in.RegistrationID, in.Body)
	})
	act(r, "/registrations/{registration_id}/move-up", moveUpRegistrationOp, services.CanDecide, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.Justification
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.MoveUp(ctx, in.RegistrationID, in.Body)
	})
}

// attendees are the people of a party, one by one.
func (s *Server) attendees(r *router) {
	act(r, "/registrations/{registration_id}/attendees", addAttendeeOp, services.CanRegister, func(ctx context.Context, in *struct {
		RegistrationPath
		Body workshops.AttendeeInput
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.AddAttendee(ctx, in.RegistrationID, in.Body)
	})
	patch(r, "/registrations/{registration_id}/attendees/{attendee_id}", swapAttendeeOp, services.CanRegister, func(ctx context.Context, in *struct {
		AttendeePath
		Body workshops.AttendeeInput
	}) (*workshops.RegistrationView, error) {
		return s.Workshops.SwapAttendee(ctx, in.RegistrationID, in.AttendeeID, in.Body)
	})
	del(r, "/registrations/{registration_id}/attendees/{attendee_id}", removeAttendeeOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) error {
		return s.Workshops.RemoveAttendee(ctx, in.RegistrationID, in.AttendeeID)
	})
	act(r, "/registrations/{registration_id}/attendees/{attendee_id}/leave", leavePartyOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) (*workshops.RegistrationView, error) {
		return s.Workshops.Leave(ctx, in.RegistrationID, in.AttendeeID)
	})
	act(r, "/registrations/{registration_id}/attendees/{attendee_id}/accept", joinPartyOp, services.CanRegister, func(ctx context.Context, in *struct {
		AttendeePath
		Body workshops.Acceptance
	}) (*workshops.Invitation, error) {
		return s.Workshops.AcceptInvitation(ctx, in.RegistrationID, in.AttendeeID, in.Body)
	})
	act(r, "/registrations/{registration_id}/attendees/{attendee_id}/refuse", turnDownPartyOp, services.CanRegister, func(ctx context.Context, in *struct{ AttendeePath }) (*workshops.Invitation, error) {
		return s.Workshops.RefuseInvitation(ctx, in.RegistrationID, in.AttendeeID)
	})
	act(r, "/registrations/{registration_id}/attendees/{attendee_id}/excuse", excuseAttendeeOp, services.CanRegister, func(ctx context.Context, in *struct {
		AttendeePath
		Body workshops.Excuse
	}) (*models.Attendance, error) {
		return s.Workshops.NotThisTime(ctx, in.RegistrationID, in.AttendeeID, in.Body)
	})
}

// partyInvitations are for the adults whom somebody asked along, with the link of the mail or in the app.
func (s *Server) partyInvitations(r *router) {
	get(r, "/me/party-invitations", listMyPartyInvitationsOp, services.CanRegister, func(ctx context.Context, _ *struct{}) (services.Page[workshops.Invitation], error) {
		return s.Workshops.MyInvitations(ctx)
	})
	act(r, "/party-invitations/show", showPartyInvitationOp, services.CanAnswer, func(ctx context.Context, in *struct{ Body workshops.InvitationToken }) (*workshops.Invitation, error) {
		return s.Workshops.ShowInvitation(ctx, in.Body)
	})
	act(r, "/party-invitations/accept", acceptPartyInvitationOp, services.CanAnswer, func(ctx context.Context, in *struct{ Body workshops.InvitationToken }) (*workshops.Invitation, error) {
		return s.Workshops.AcceptByLink(ctx, in.Body)
	})
	act(r, "/party-invitations/refuse", refusePartyInvitationOp, services.CanAnswer, func(ctx context.Context, in *struct{ Body workshops.InvitationToken }) (*workshops.Invitation, error) {
		return s.Workshops.RefuseByLink(ctx, in.Body)
	})
}
