package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

var auditBefore, auditAfter = "active", "suspended"

var listAuditOp = op{
	ID: "listAudit", Tag: "Audit", Summary: "Who did what, and who read what",
	Doc: `One line for every use case that changed something, showed something guarded, or was refused, newest first. It is written in
the same transaction as what it tells of, and cannot be changed.

Filters can be combined: ` + "`actor`" + ` (account or member), ` + "`action`, `object`, `subject`, `outcome`, `at_gte`, `at_lt`" + `. Values are shown of
columns that hold no personal data; of the others, the names. Reading the log is written to it.

What people close to you did, and what was done about them, is left to colleagues and absent.`,
	Example: services.Page[accounts.AuditEntry]{Data: []accounts.AuditEntry{{
		ID: accountSession, At: accountAt, ActorKind: models.ActorAccount, AccountID: &accountID, MemberID: &accountMember, SessionID: &accountSession,
		Roles: models.Texts[models.Role]{models.RoleAdmin}, Action: "account.change", Outcome: models.OutcomeDone, Objects: models.IDs{accountID}, Subjects: models.IDs{accountMember},
		Changes:   accounts.AuditChanges{{Table: "accounts", ID: &accountID, Values: []accounts.AuditValue{{Column: "status", Before: &auditBefore, After: &auditAfter}}, Columns: []string{}}},
		RequestID: "0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001", Address: &accountAddress,
	}}},
}
