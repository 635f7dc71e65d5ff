package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/accounts"
)

// LoginInput is a sign-in and the device it comes from.
type LoginInput struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Body      accounts.Login
}

// OwnSessionPath names a session.
type OwnSessionPath struct {
	SessionID uuid.UUID `path:"session_id" doc:"The session's id"`
}

// SignedOut is what signing out answers.
type SignedOut struct {
	Status string `json:"status" enum:"signed_out" example:"signed_out"`
}

// signingKeys stands outside the version, where every verifier of tokens looks for it.
func (s *Server) signingKeys(r *router) {
	get(r, "/.well-known/jwks.json", jwksOp, services.CanReadPublic, func(ctx context.Context, _ *struct{}) (*accounts.JWKS, error) {
		return s.Accounts.JWKS(ctx)
	})
}

func (s *Server) auth(r *router) {
	start(r, "/auth/register", registerAccountOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.SignUp }) (*accounts.MailPromised, error) {
		return s.Accounts.Register(ctx, in.Body)
	})
	act(r, "/auth/email/verify", verifyEmailOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.VerifyEmail }) (*accounts.EmailVerified, error) {
		return s.Accounts.VerifyEmail(ctx, in.Body)
	})
	act(r, "/auth/login", loginOp, services.CanSignIn, func(ctx context.Context, in *LoginInput) (*accounts.SignedIn, error) {
		return s.Accounts.Login(ctx, in.Body, in.UserAgent)
	})
	act(r, "/auth/refresh", refreshOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.RefreshSession }) (*accounts.SignedIn, error) {
		return s.Accounts.Refresh(ctx, in.Body)
	})
	act(r, "/auth/logout", logoutOp, services.CanUseAccount, func(ctx context.Context, _ *struct{}) (*SignedOut, error) {
		return &SignedOut{"signed_out"}, s.Accounts.Logout(ctx)
	})
	act(r, "/auth/step-up", stepUpOp, services.CanUseAccount, func(ctx context.Context, in *struct{ Body accounts.StepUp }) (*accounts.SteppedUp, error) {
		return s.Accounts.StepUp(ctx, in.Body)
	})
	start(r, "/auth/password/forgot", forgotPasswordOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.ForgotPassword }) (*accounts.MailPromised, error) {
		return s.Accounts.ForgotPassword(ctx, in.Body)
	})
	act(r, "/auth/password/reset", resetPasswordOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.ResetPassword }) (*accounts.PasswordSet, error) {
		return s.Accounts.ResetPassword(ctx, in.Body)
	})
	act(r, "/auth/invitations/accept", acceptAccountInvitationOp, services.CanSignIn, func(ctx context.Context, in *struct{ Body accounts.AcceptInvitation }) (*accounts.OwnAccount, error) {
		return s.Accounts.AcceptInvitation(ctx, in.Body)
	})

	put(r, "/me/password", changePasswordOp, services.CanUseAccount, func(ctx context.Context, in *struct{ Body accounts.ChangePassword }) (*accounts.PasswordSet, error) {
		return s.Accounts.ChangePassword(ctx, in.Body)
	})
	get(r, "/me/sessions", listOwnSessionsOp, services.CanUseAccount, func(ctx context.Context, in *struct{ services.PageQuery }) (services.Page[accounts.OwnSession], error) {
		return s.Accounts.Sessions(ctx, in.PageQuery)
	})
	del(r, "/me/sessions/{session_id}", endOwnSessionOp, services.CanUseAccount, func(ctx context.Context, in *struct{ OwnSessionPath }) error {
		return s.Accounts.EndSession(ctx, in.SessionID)
	})
	del(r, "/me/sessions", endOtherSessionsOp, services.CanUseAccount, func(ctx context.Context, _ *struct{}) error {
		return s.Accounts.EndOtherSessions(ctx)
	})
}
