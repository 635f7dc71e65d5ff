package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

var (
	accountExample = accounts.AccountView{Name: "Sam Ortiz", Account: models.Account{
		Record:   models.Record{ID: accountID, Version: 3, CreatedAt: accountAt, UpdatedAt: accountAt},
		MemberID: accountMember, Email: "sam@example.org", Roles: models.Texts[models.Role]{models.RoleFacilitator}, Status: models.AccountActive,
		EmailVerifiedAt: &accountAt, LastLoginAt: &accountAt,
	}}
	accountInvitationExample = accounts.InvitationView{Status: models.InvitationOpen, Invitation: models.Invitation{
		Record: models.Record{ID: accountSession, Version: 1, CreatedAt: accountAt, UpdatedAt: accountAt},
		Email:  "sam@example.org", Name: "Sam Ortiz", Roles: models.Texts[models.Role]{models.RoleFacilitator}, InvitedBy: accountMember, ExpiresAt: accountAt.AddDate(0, 0, 7),
	}}
)

var listAccountsOp = op{
	ID: "listAccounts", Tag: "Accounts", Summary: "Who can sign in",
	Doc:     "Newest first; sort by `created_at` or `email`. A search with `q` is written to the audit log, and limited to 40 at once, then one every two seconds. Accounts of people close to you are left to colleagues and absent.",
	Example: services.Page[accounts.AccountView]{Data: []accounts.AccountView{accountExample}},
}

var getAccountOp = op{
	ID: "getAccount", Tag: "Accounts", Summary: "One account",
	Doc:     "The look is written to the audit log. That of somebody close to you is a colleague's: 403 `own_record`.",
	Errors:  []services.Code{"own_record"},
	Example: accountExample,
}

var changeAccountOp = op{
	ID: "changeAccount", Tag: "Accounts", Summary: "Change roles, suspend, reinstate",
	Doc: `Takes effect within a second on every server, for access tokens that are in use too. A suspension needs a reason and ends every
session of the account.

An admin gives and takes any role; a coordinator ` + "`coach`, `facilitator`, `moderator` and `member`" + `. Nobody changes their own
roles or status, nor the account of somebody close to them, and one admin always remains.`,
	Errors: []services.Code{"role_above_own", "own_account", "own_record", "last_admin"},
	Request: accounts.AccountChange{Roles: services.Some([]models.Role{models.RoleFacilitator, models.RoleMember}), Status: services.Some(models.AccountActive),
		Reason: services.Some("Joins the retreat team")},
	Example: accountExample,
}

var inviteAccountOp = op{
	ID: "inviteAccount", Tag: "Accounts", Summary: "Invite somebody",
	Doc: `Sends a mail with a link that makes an account with the roles. You can offer only roles that you could give. Whether the address
has an account already is not told: its owner gives its password when they accept.`,
	Errors:  []services.Code{"role_above_own", "own_account", "own_record", "member_has_account", "unknown_member", "too_young"},
	Request: accounts.Invite{Email: "sam@example.org", Name: "Sam Ortiz", Roles: []models.Role{models.RoleFacilitator}},
	Example: accountInvitationExample,
}

var listAccountInvitationsOp = op{
	ID: "listAccountInvitations", Tag: "Accounts", Summary: "Invitations and what became of them",
	Doc:     "Newest first; sort by `created_at` or `expires_at`.",
	Example: services.Page[accounts.InvitationView]{Data: []accounts.InvitationView{accountInvitationExample}},
}

var getAccountInvitationOp = op{
	ID: "getAccountInvitation", Tag: "Accounts", Summary: "One invitation",
	Doc:     "What was offered, to whom, and what became of it. The link itself is in the mail alone.",
	Example: accountInvitationExample,
}

var withdrawAccountInvitationOp = op{
	ID: "withdrawAccountInvitation", Tag: "Accounts", Summary: "Withdraw an invitation", NoMatch: true,
	Doc:    "Its link stops working; a mail that was not sent yet stays here. Withdrawing twice is no error.",
	Errors: []services.Code{"invitation_accepted"},
}
