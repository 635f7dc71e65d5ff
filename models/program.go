package models

var _ = table(Program{})

// ProgramStatus is where a program stands.
type ProgramStatus string

// The statuses.
const (
	ProgramPlanned   ProgramStatus = "planned"
	ProgramActive    ProgramStatus = "active"
	ProgramCompleted ProgramStatus = "completed"
	ProgramCancelled ProgramStatus = "cancelled"
)

// Running says whether new workshops may be put under it.
func (s ProgramStatus) Running() bool { return s == ProgramPlanned || s == ProgramActive }

// Program is a line of work of the organization, such as Battle Buddy or Family Awareness.
type Program struct {
	Record
	Name     string        `json:"name" privacy:"none,erase=keep" example:"Family Awareness"`
	Slug     string        `json:"slug" privacy:"none,erase=keep" doc:"Short name for addresses; unique" example:"family-awareness"`
	Summary  string        `json:"summary" privacy:"none,erase=keep" example:"What PTSD does to a household, and what a household can do"`
	Status   ProgramStatus `json:"status" enum:"planned,active,completed,cancelled" privacy:"none,erase=keep" example:"active"`
	StartsOn *Date         `json:"starts_on" nullable:"true" privacy:"none,erase=keep" doc:"First day"`
	EndsOn   *Date         `json:"ends_on" nullable:"true" privacy:"none,erase=keep" doc:"Last day; null when open-ended"`
}

// TableName implements Model.
func (Program) TableName() string { return "programs" }

// Subjects implements Model.
func (Program) Subjects() []string { return nil }
