package models

import (
	"database/sql/driver"
	"time"

	"github.com/google/uuid"
)

var _ = table(Form{}, FormVersion{})

// FormPurpose is what a form is asked for.
type FormPurpose string

// The purposes.
const (
	FormIntake       FormPurpose = "intake"       // of applicants to a program
	FormRegistration FormPurpose = "registration" // of each person who comes to a workshop
	FormApplication  FormPurpose = "application"  // of applicants to a retreat
	FormFeedback     FormPurpose = "feedback"
)

// Form is what people are asked. Its questions are in its versions: one at a time may be a draft, the last published one is
// what is asked now.
type Form struct {
	Record
	Title       string      `json:"title" privacy:"none,erase=keep" doc:"People see it above the questions" example:"Before we meet"`
	Description string      `json:"description" privacy:"none,erase=keep" doc:"What it is for and who reads the answers, in Markdown; people see it too" example:"Six short questions. Your coordinator reads them; you can skip most."`
	Purpose     FormPurpose `json:"purpose" enum:"intake,registration,application,feedback" privacy:"none,erase=keep" doc:"intake: asked of applicants to a program; registration: of each person who comes to a workshop; application: to a retreat" example:"intake"`
	ClonedFrom  *uuid.UUID  `json:"cloned_from" nullable:"true" privacy:"none,erase=keep" doc:"The form it was copied from"`
	ArchivedAt  *time.Time  `json:"archived_at" privacy:"none,erase=keep" doc:"Since when nothing new may ask it"`
}

// TableName implements Model.
func (Form) TableName() string { return "forms" }

// Subjects implements Model.
func (Form) Subjects() []string { return nil }

// FormVersion is one state of a form's questions. Once it is published nobody can change it, not even in the database: what
// people answered is kept with what they were asked.
type FormVersion struct {
	Record
	FormID      uuid.UUID  `json:"form_id" privacy:"none,erase=keep"`
	Number      int        `json:"number" privacy:"none,erase=keep" doc:"Counts the versions of the form from 1" example:"2"`
	Fields      FormFields `json:"fields" gorm:"type:jsonb" nullable:"false" maxItems:"100" privacy:"none,erase=keep" doc:"The questions, in their order"`
	Schema      JSONSchema `json:"schema" gorm:"type:jsonb" privacy:"none,erase=keep" doc:"JSON Schema 2020-12 made from the questions; answers are held against it"`
	PublishedAt *time.Time `json:"published_at" privacy:"none,erase=keep" doc:"Null for a draft"`
	PublishedBy *uuid.UUID `json:"published_by" nullable:"true" privacy:"none,erase=keep" doc:"Of the staff; null in what members are shown"`
}

// TableName implements Model.
func (FormVersion) TableName() string { return "form_versions" }

// Subjects implements Model.
func (FormVersion) Subjects() []string { return []string{"published_by"} }

// JSONSchema is a JSON Schema of draft 2020-12.
type JSONSchema map[string]any

// Scan implements sql.Scanner.
func (s *JSONSchema) Scan(src any) error {
	*s = nil // a map would keep what it holds
	return scanJSON("schema", src, s)
}

// Value implements driver.Valuer.
func (s JSONSchema) Value() (driver.Value, error) { return valueJSON(s) }
