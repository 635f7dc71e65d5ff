package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Task{})

// TaskKind says what sort of work a task is. Each domain names its own.
type TaskKind string

// The kinds that more than one domain opens, or that people open by hand.
const (
	TaskGeneral             TaskKind = "general"
	TaskConfirmGuardianship TaskKind = "confirm_guardianship"
	TaskReviewRegistration  TaskKind = "review_registration"
	TaskCall                TaskKind = "call"
	TaskLinkPerson          TaskKind = "link_person"
	TaskCredentialLapsed    TaskKind = "credential_lapsed"
	TaskCompleteSession     TaskKind = "complete_session"
	TaskCredentialExpiring  TaskKind = "credential_expiring"
	TaskNotCleared          TaskKind = "facilitator_not_cleared" // leads minors without the credentials for it
	TaskHelpRequest         TaskKind = "help_request"
	TaskGuardianDecision    TaskKind = "guardian_decision" // whether a guardian is told of a teen's help request
	TaskFollowUp            TaskKind = "follow_up"
	TaskGuardianGone        TaskKind = "guardian_gone" // a place whose guardian may act no longer
	TaskNewContact          TaskKind = "new_contact"   // an address that a new adult shared with a guardian
	TaskDecideToRun         TaskKind = "decide_to_run" // whether a workshop takes place with fewer than it needs
	TaskTeenAccount         TaskKind = "teen_account"  // a teen wants an account, and no guardian has agreed yet
)

// TaskStatus is where a task stands.
type TaskStatus string

// The statuses. open and snoozed are live; a snoozed task is open again when its time has come.
const (
	TaskOpen    TaskStatus = "open"
	TaskSnoozed TaskStatus = "snoozed"
	TaskDone    TaskStatus = "done"
	TaskDropped TaskStatus = "dropped"
)

// Live says whether the task still waits for somebody.
func (s TaskStatus) Live() bool { return s == TaskOpen || s == TaskSnoozed }

// Queues are who shares a kind of work, and the role whose work it is.
var queues = map[Role]string{
	RoleAdmin: "admins", RoleCoordinator: "coordinators", RoleCoach: "coaches", RoleFacilitator: "facilitators", RoleModerator: "moderators", RoleResponder: "responders",
}

// QueuesOf lists the queues of somebody's roles.
func QueuesOf(roles []Role) []string {
	out := []string{}
	for _, r := range roles {
		if q, ok := queues[r]; ok {
			out = append(out, q)
		}
	}
	return out
}

// Task is work that a person here has to do, about a member or a record.
type Task struct {
	Record
	Kind         TaskKind   `json:"kind" privacy:"none,erase=keep" example:"confirm_guardianship"`
	Title        string     `json:"title" privacy:"personal,erase=keep" doc:"What to do; names nobody" example:"Confirm a guardianship"`
	MemberID     *uuid.UUID `json:"member_id" nullable:"true" privacy:"none,erase=keep" doc:"Whom it is about"`
	AlsoAbout    IDs        `json:"-" privacy:"none,erase=keep"` // others it concerns: who is close to one of them does not see it
	About        string     `json:"record" gorm:"column:record" privacy:"none,erase=keep" doc:"The kind of record it is about, or empty" example:"guardianship"`
	RecordID     *uuid.UUID `json:"record_id" nullable:"true" privacy:"none,erase=keep" doc:"That record's id"`
	Queue        string     `json:"queue" enum:"admins,coordinators,coaches,facilitators,moderators,responders" privacy:"none,erase=keep" example:"coordinators"`
	OwnerID      *uuid.UUID `json:"owner_id" nullable:"true" privacy:"none,erase=keep" doc:"The member who took it on; null while it waits in its queue"`
	DueAt        time.Time  `json:"due_at" privacy:"none,erase=keep"`
	Status       TaskStatus `json:"status" enum:"open,snoozed,done,dropped" privacy:"none,erase=keep" example:"open"`
	SnoozedUntil *time.Time `json:"snoozed_until" privacy:"none,erase=keep"`
	Outcome      *string    `json:"outcome" privacy:"personal,erase=null" doc:"What came of it" example:"Saw the birth certificate"`
	Reason       *string    `json:"reason" privacy:"personal,erase=null" doc:"Why it was dropped"`
	ClosedAt     *time.Time `json:"closed_at" privacy:"none,erase=keep"`
	ClosedBy     *uuid.UUID `json:"closed_by" nullable:"true" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Task) TableName() string { return "tasks" }

// Subjects implements Model.
func (Task) Subjects() []string { return []string{"member_id", "also_about"} }
