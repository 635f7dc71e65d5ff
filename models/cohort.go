package models

import "github.com/google/uuid"

var _ = table(Cohort{})

// CohortStatus is where a cohort stands.
type CohortStatus string

// The statuses.
const (
	CohortPlanned   CohortStatus = "planned"
	CohortActive    CohortStatus = "active"
	CohortCompleted CohortStatus = "completed"
	CohortCancelled CohortStatus = "cancelled"
)

// Running says whether somebody may still be put into it.
func (s CohortStatus) Running() bool { return s == CohortPlanned || s == CohortActive }

// Becomes says whether a cohort of this status may be given the next: it moves as a program does.
func (s CohortStatus) Becomes(next CohortStatus) bool {
	return ProgramStatus(s).Becomes(ProgramStatus(next))
}

// Cohort is a group that goes through a program together. Its days lie within those of the program.
type Cohort struct {
	Record
	ProgramID       uuid.UUID    `json:"program_id" privacy:"none,erase=keep"`
	ProgramFirstDay Date         `json:"-" privacy:"none,erase=keep"`
	ProgramLastDay  Date         `json:"-" privacy:"none,erase=keep"`
	Name            string       `json:"name" privacy:"none,erase=keep" example:"Spring 2027"`
	StartsOn        Date         `json:"starts_on" privacy:"none,erase=keep" doc:"First day"`
	EndsOn          *Date        `json:"ends_on" nullable:"true" privacy:"none,erase=keep" doc:"Last day; null for as long as the program runs"`
	Capacity        *int         `json:"capacity" privacy:"none,erase=keep" doc:"Places; null for no limit of its own" example:"12"`
	Taken           int          `json:"taken" privacy:"none,erase=keep" doc:"Places taken: enrolled, active and paused" example:"9"`
	Status          CohortStatus `json:"status" enum:"planned,active,completed,cancelled" privacy:"none,erase=keep" example:"active"`
	StatusReason    string       `json:"status_reason" privacy:"none,erase=keep" doc:"Why it ended, or goes on again; for staff, empty to others"`
	Notes           string       `json:"notes" privacy:"none,erase=keep" doc:"For staff; empty to others"`
}

// TableName implements Model.
func (Cohort) TableName() string { return "cohorts" }

// Subjects implements Model.
func (Cohort) Subjects() []string { return nil }

// Full says whether not one more finds a place.
func (c *Cohort) Full() bool { return c.Capacity != nil && c.Taken >= *c.Capacity }
