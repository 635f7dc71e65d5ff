package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/accounts"
)

// AccountPath names an account.
type AccountPath struct {
	AccountID uuid.UUID `path:"account_id" doc:"The account's id"`
}

// AccountInvitationPath names an invitation.
type AccountInvitationPath struct {
	InvitationID uuid.UUID `path:"invitation_id" doc:"The invitation's id"`
}

func (s *Server) accounts(r *router) {
	get(r, "/accounts", listAccountsOp, services.CanListAccounts, func(ctx context.Context, in *accounts.AccountFilter) (services.Page[accounts.AccountView], error) {
		return s.Accounts.List(ctx, *in)
	})
	get(r, "/accounts/{account_id}", getAccountOp, services.CanListAccounts, func(ctx context.Context, in *struct{ AccountPath }) (*accounts.AccountView, error) {
		return s.Accounts.Get(ctx, in.AccountID)
	})
	patch(r, "/accounts/{account_id}", changeAccountOp, services.CanChangeAccounts, func(ctx context.Context, in *struct {
		AccountPath
		Body accounts.AccountChange
	}) (*accounts.AccountView, error) {
		return s.Accounts.Change(ctx, in.AccountID, in.Body)
	})

	post(r, "/invitations", inviteAccountOp, services.CanInvite, func(ctx context.Context, in *struct{ Body accounts.Invite }) (*accounts.InvitationView, error) {
		return s.Accounts.Invite(ctx, in.Body)
	})
	get(r, "/invitations", listAccountInvitationsOp, services.CanListAccounts, func(ctx context.Context, in *accounts.InvitationFilter) (services.Page[accounts.InvitationView], error) {
		return s.Accounts.Invitations(ctx, *in)
	})
	get(r, "/invitations/{invitation_id}", getAccountInvitationOp, services.CanListAccounts, func(ctx context.Context, in *struct{ AccountInvitationPath }) (*accounts.InvitationView, error) {
		return s.Accounts.Invitation(ctx, in.InvitationID)
	})
	del(r, "/invitations/{invitation_id}", withdrawAccountInvitationOp, services.CanInvite, func(ctx context.Context, in *struct{ AccountInvitationPath }) error {
		return s.Accounts.WithdrawInvitation(ctx, in.InvitationID)
	})
}
