package models

import "slices"

// Role is what an account may be. An account can hold several.
type Role string

// The roles.
const (
	RoleAdmin          Role = "admin"
	RoleCoordinator    Role = "coordinator"
	RoleCoach          Role = "coach"
	RoleFacilitator    Role = "facilitator"
	RoleModerator      Role = "moderator"
	RoleResponder      Role = "responder"
	RolePrivacyOfficer Role = "privacy_officer"
	RoleAnalyst        Role = "analyst"
	RoleMember         Role = "member"
)

// Roles lists all of them in the order of tables and pages.
func Roles() []Role {
	return []Role{RoleAdmin, RoleCoordinator, RoleCoach, RoleFacilitator, RoleModerator, RoleResponder, RolePrivacyOfficer, RoleAnalyst, RoleMember}
}

// Grants says whether somebody with role r may give or take the role other. Nobody grants above themselves:
// the roles that see or decide most are an admin's to give.
func (r Role) Grants(other Role) bool {
	switch r {
	case RoleAdmin:
		return true
	case RoleCoordinator:
		return slices.Contains([]Role{RoleCoach, RoleFacilitator, RoleModerator, RoleMember}, other)
	default:
		return false
	}
}

// Staff says whether the role works here; a session of staff is shorter.
func (r Role) Staff() bool { return r != RoleMember }
