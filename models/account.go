package models

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

var _ = table(Account{}, OneTimeToken{})

// AccountStatus says whether an account may sign in.
type AccountStatus string

// The states of an account.
const (
	AccountActive    AccountStatus = "active"
	AccountSuspended AccountStatus = "suspended"
)

// Account is who signs in. It is of exactly one member.
type Account struct {
	Record
	MemberID        uuid.UUID     `json:"member_id" privacy:"none,erase=keep" doc:"The member whose account this is"`
	Email           string        `json:"email" privacy:"personal,erase=blank" example:"maria@example.org" doc:"What they sign in with"`
	PasswordHash    *string       `json:"-" privacy:"secret,erase=null"`
	Roles           Texts[Role]   `json:"roles" nullable:"false" privacy:"none,erase=keep" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member"`
	Status          AccountStatus `json:"status" privacy:"none,erase=keep" enum:"active,suspended"`
	EmailVerifiedAt *time.Time    `json:"email_verified_at" privacy:"none,erase=keep"`
	AuthChangedAt   time.Time     `json:"-" privacy:"none,erase=keep"`
	LastLoginAt     *time.Time    `json:"last_login_at" privacy:"personal,erase=null"`
	QuietLogins     bool          `json:"quiet_logins" privacy:"none,erase=keep" doc:"No message about sign-ins from new devices"`
}

// TableName implements Model.
func (Account) TableName() string { return "accounts" }

// Subjects implements Model.
func (Account) Subjects() []string { return []string{"member_id"} }

// Active says whether the account may sign in.
func (a *Account) Active() bool { return a.Status == AccountActive }

// Staff says whether any of the roles works here.
func (a *Account) Staff() bool { return slices.ContainsFunc(a.Roles, Role.Staff) }

// IsAdmin says whether the account counts as one of the admins, of whom one must remain.
func (a *Account) IsAdmin() bool { return a.Active() && slices.Contains(a.Roles, RoleAdmin) }

// MayChange says whether somebody with the roles a holds may take or give every one of the roles.
func (a *Account) MayChange(roles ...Role) bool {
	return !slices.ContainsFunc(roles, func(wanted Role) bool {
		return !slices.ContainsFunc(a.Roles, func(own Role) bool { return own.Grants(wanted) })
	})
}

// SortedRoles drops repetitions and puts the roles in the order of Roles.
func SortedRoles(roles []Role) Texts[Role] {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !slices.Contains(roles, r) })
}

// RoleChanges lists the roles of which just one of the two holds.
func RoleChanges(before, after []Role) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return slices.Contains(before, r) == slices.Contains(after, r) })
}

// OneTimeKind is what a mailed token is good for.
type OneTimeKind string

// The kinds: to verify the address of a sign-up, to choose a new password, to prove the address that we are to write to.
const (
	OneTimeVerify  OneTimeKind = "verify"
	OneTimeReset   OneTimeKind = "reset"
	OneTimeContact OneTimeKind = "contact"
)

// How long mailed tokens work.
const (
	VerifyFor = 24 * time.Hour
	ResetFor  = 60 * time.Minute
)

// OneTimeToken is a sign-up that waits for its address, or a forgotten password. The token itself is nowhere stored.
type OneTimeToken struct {
	ID           uuid.UUID   `gorm:"primaryKey" privacy:"none,erase=row"`
	Kind         OneTimeKind `privacy:"none,erase=row"`
	CreatedAt    time.Time   `privacy:"none,erase=row"`
	ExpiresAt    time.Time   `privacy:"none,erase=row"`
	UsedAt       *time.Time  `privacy:"none,erase=row"`
	Email        string      `privacy:"personal,erase=row"`
	AccountID    *uuid.UUID  `privacy:"none,erase=row"`
	Name         *string     `privacy:"personal,erase=row"`
	BirthDate    *Date       `privacy:"personal,erase=row"`
	PasswordHash *string     `json:"-" privacy:"secret,erase=row"`
}

// TableName implements Model.
func (OneTimeToken) TableName() string { return "one_time_tokens" }

// Subjects implements Model.
func (OneTimeToken) Subjects() []string { return nil }

// Good says whether the token still works as kind.
func (t *OneTimeToken) Good(kind OneTimeKind, now time.Time) bool {
	return t.Kind == kind && t.UsedAt == nil && now.Before(t.ExpiresAt)
}
