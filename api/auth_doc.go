package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

var (
	accountAt      = time.Date(2026, 10, 1, 14, 30, 0, 0, time.UTC)
	accountID      = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0a1")
	accountMember  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0b1")
	accountSession = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c1")
	accountAddress = "203.0.113.7"
	accountToken   = "AZnB8o9rejSw0WovDJvgAQf3b0m2kN5x8Q1cT4yLr9s"
	accountOwn     = accounts.OwnAccount{ID: accountID, MemberID: accountMember, Email: "maria@example.org", Roles: models.Texts[models.Role]{models.RoleMember}, Status: models.AccountActive}
	signedIn       = accounts.SignedIn{AccessToken: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiIwMTk5YzFmMiJ9.c2lnbmF0dXJl",
		RefreshToken: "q8nQ0uJ1yF2m3Zt5Vb7xWc9rLh4kPd6sGa1eTi8oUvA", TokenType: "Bearer", ExpiresIn: 600, Account: accountOwn}
	mailComing = accounts.MailPromised{Status: "accepted", Detail: "If the address is right, a mail is on its way."}
)

var jwksOp = op{
	ID: "getSigningKeys", Tag: "System", Summary: "The keys that access tokens are verified with", Cached: true,
	Doc: `A JSON Web Key Set (RFC 7517) of Ed25519 keys, newest first. After a rotation the old key stays until its last token has ended.
Ask again when a token names a ` + "`kid`" + ` that you do not know.`,
	Example: accounts.JWKS{Keys: []accounts.JWK{{KeyType: "OKP", Curve: "Ed25519", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", KeyID: accountID, Use: "sig", Algorithm: "EdDSA"}}},
}

var registerAccountOp = op{
	ID: "registerAccount", Tag: "Sign-in", Summary: "Sign up", NoKey: true,
	Doc: `The answer is the same whether or not the address is known. A mail follows: with a link that makes the account, good for
24 hours, or with word that the address has one already.

Accounts are for people of 13 and over. Somebody of 13 to 17 is answered like anybody; once the address is verified, they have an account only when we
know them and a parent or guardian has agreed, and else a mail that says so. A password has at least 15 characters, of any kind, and is not made of common words,
repetitions, or the person's or our own name.`,
	Errors:  []services.Code{"password_too_short", "password_too_common", "too_young", "bad_format", "out_of_range"},
	Request: accounts.SignUp{Email: "maria@example.org", Password: "four goats on a blue ferry", Name: "Maria Lopez", BirthDate: models.NewDate(1984, 3, 17)},
	Example: mailComing,
}

var verifyEmailOp = op{
	ID: "verifyEmail", Tag: "Sign-in", Summary: "Confirm an address with the token of the mail", NoKey: true,
	Doc: `Makes the account; sign in next. The account becomes that of a person we know only when exactly one person without an
account has the address, and the name and birth date are the same; else a new, prospective member is made and a coordinator is
asked whether we know them. A link works once.`,
	Errors:  []services.Code{"bad_token", "account_exists"},
	Request: accounts.VerifyEmail{Token: accountToken},
	Example: accounts.EmailVerified{Email: "maria@example.org", Status: "verified"},
}

var loginOp = op{
	ID: "login", Tag: "Sign-in", Summary: "Sign in", NoKey: true,
	Doc: `Answers an access token of ten minutes and a refresh token. The session ends by itself after 30 days, for staff after 12
hours, or 30 minutes without a renewal.

Unknown addresses and wrong passwords are answered alike. After ten wrong passwords from one network the answer is 429 until the
time in ` + "`Retry-After`" + ` has passed; that keeps nobody out who signs in from elsewhere.`,
	Errors:  []services.Code{"bad_credentials", "account_suspended"},
	Request: accounts.Login{Email: "maria@example.org", Password: "four goats on a blue ferry"},
	Example: signedIn,
}

var refreshOp = op{
	ID: "refreshSession", Tag: "Sign-in", Summary: "Renew the access token", NoKey: true,
	Doc: `Spends the refresh token and answers a new pair: keep the new one. When the answer is lost, send the same refresh token again
within 60 seconds and get the same successor, as long as that has not been used. A spent token that comes back later ends the
session, because two hold it, and its owner is told.`,
	Errors:  []services.Code{"session_ended"},
	Request: accounts.RefreshSession{RefreshToken: signedIn.RefreshToken},
	Example: signedIn,
}

var logoutOp = op{
	ID: "logout", Tag: "Sign-in", Summary: "Sign out", NoKey: true,
	Doc:     "Ends this session, with its refresh token, on every server within a second.",
	Example: SignedOut{"signed_out"},
}

var stepUpOp = op{
	ID: "stepUp", Tag: "Sign-in", Summary: "Give the password once more", NoKey: true,
	Doc: `Answers an access token that is good for five minutes for what asks for a fresh password (403 ` + "`step_up_required`" + `). The
refresh token stays as it is.`,
	Errors:  []services.Code{"wrong_password"},
	Request: accounts.StepUp{Password: "four goats on a blue ferry"},
	Example: accounts.SteppedUp{AccessToken: signedIn.AccessToken, TokenType: "Bearer", ExpiresIn: 600, AuthTime: accountAt},
}

var forgotPasswordOp = op{
	ID: "forgotPassword", Tag: "Sign-in", Summary: "Ask for a new password", NoKey: true,
	Doc:     "The answer is the same whether or not the address has an account. If it has, a mail follows with a link that works once, within 60 minutes.",
	Errors:  []services.Code{"bad_format"},
	Request: accounts.ForgotPassword{Email: "maria@example.org"},
	Example: mailComing,
}

var resetPasswordOp = op{
	ID: "resetPassword", Tag: "Sign-in", Summary: "Choose a new password with the token of the mail", NoKey: true,
	Doc:     "Ends every session of the account. Sign in next.",
	Errors:  []services.Code{"bad_token", "password_too_short", "password_too_common"},
	Request: accounts.ResetPassword{Token: accountToken, Password: "four goats on a blue ferry"},
	Example: accounts.PasswordSet{EndedSessions: 2},
}

var acceptAccountInvitationOp = op{
	ID: "acceptAccountInvitation", Tag: "Sign-in", Summary: "Accept an invitation with the token of the mail", NoKey: true,
	Doc: `Makes the account with the roles that were offered; sign in next. When the address has an account already, give its password:
the roles are added to it.`,
	Errors:  []services.Code{"bad_token", "wrong_password", "password_too_short", "password_too_common", "role_above_own", "member_has_account"},
	Request: accounts.AcceptInvitation{Token: accountToken, Password: "four goats on a blue ferry", Name: "Sam Ortiz"},
	Example: accounts.OwnAccount{ID: accountID, MemberID: accountMember, Email: "sam@example.org", Roles: models.Texts[models.Role]{models.RoleFacilitator}, Status: models.AccountActive},
}

var changePasswordOp = op{
	ID: "changePassword", Tag: "Me", Summary: "Change one's password", NoMatch: true,
	Doc:     "Takes the current password. Every other session ends; this one stays.",
	Errors:  []services.Code{"wrong_password", "password_too_short", "password_too_common"},
	Request: accounts.ChangePassword{CurrentPassword: "four goats on a blue ferry", NewPassword: "the kettle sings before snow"},
	Example: accounts.PasswordSet{EndedSessions: 2},
}

var listOwnSessionsOp = op{
	ID: "listOwnSessions", Tag: "Me", Summary: "Where one is signed in",
	Doc: "The live sessions of one's account, the last used first. End those that you do not know, and change the password.",
	Example: services.Page[accounts.OwnSession]{Data: []accounts.OwnSession{{ID: accountSession, Current: true, CreatedAt: accountAt, LastUsedAt: accountAt.Add(time.Hour),
		ExpiresAt: accountAt.AddDate(0, 0, 30), UserAgent: "Homefront/1.4 (iPhone; iOS 19.1)", Address: &accountAddress}}},
}

var endOwnSessionOp = op{
	ID: "endOwnSession", Tag: "Me", Summary: "Sign out on one device", NoMatch: true,
	Doc: "Its access token stops working within a second, wherever it is used.",
}

var endOtherSessionsOp = op{
	ID: "endOtherSessions", Tag: "Me", Summary: "Sign out everywhere else", NoMatch: true,
	Doc: "Ends every session of the account but the one of this request.",
}
