package models

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

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

// Running says whether new workshops may be put under it, and people enrolled in it.
func (s ProgramStatus) Running() bool { return s == ProgramPlanned || s == ProgramActive }

// becomes lists where a program may go from each status. Every end has a way back.
var becomes = map[ProgramStatus][]ProgramStatus{
	ProgramPlanned:   {ProgramActive, ProgramCancelled},
	ProgramActive:    {ProgramPlanned, ProgramCompleted, ProgramCancelled},
	ProgramCompleted: {ProgramActive},
	ProgramCancelled: {ProgramPlanned, ProgramActive},
}

// Becomes says whether a program of this status may be given the next.
func (s ProgramStatus) Becomes(next ProgramStatus) bool { return slices.Contains(becomes[s], next) }

// Program is a line of work of the organization, such as Battle Buddy or Family Awareness.
type Program struct {
	Record
	Name                string        `json:"name" privacy:"none,erase=keep" example:"Family Awareness"`
	Slug                string        `json:"slug" privacy:"none,erase=keep" doc:"Short name for addresses; unique" example:"family-awareness"`
	Summary             string        `json:"summary" privacy:"none,erase=keep" example:"What PTSD does to a household, and what a household can do"`
	Population          string        `json:"population" privacy:"none,erase=keep" doc:"Whom it is for, in a sentence; the rules decide" example:"Veterans since 2001 and the people they live with"`
	Status              ProgramStatus `json:"status" enum:"planned,active,completed,cancelled" privacy:"none,erase=keep" example:"active"`
	StartsOn            *Date         `json:"starts_on" nullable:"true" privacy:"none,erase=keep" doc:"First day"`
	EndsOn              *Date         `json:"ends_on" nullable:"true" privacy:"none,erase=keep" doc:"Last day; null when open-ended"`
	TimeZone            string        `json:"time_zone" privacy:"none,erase=keep" doc:"IANA name; its days are days there" example:"America/New_York"`
	Rules               Rules         `json:"rules" nullable:"false" privacy:"none,erase=keep" doc:"Who may enroll; empty for everybody"`
	IntakeFormID        *uuid.UUID    `json:"intake_form_id" nullable:"true" privacy:"none,erase=keep" doc:"What applicants are asked"`
	Capacity            *int          `json:"capacity" privacy:"none,erase=keep" doc:"Places; null for no limit" example:"40"`
	Taken               int           `json:"taken" privacy:"none,erase=keep" doc:"Places taken: enrolled, active and paused" example:"31"`
	TakesApplications   bool          `json:"takes_applications" privacy:"none,erase=keep" doc:"Whether members may apply themselves"`
	ApplicationsCloseOn *Date         `json:"applications_close_on" nullable:"true" privacy:"none,erase=keep" doc:"The last day on which they may"`
	ClosedAt            *time.Time    `json:"closed_at" privacy:"none,erase=keep" doc:"When it was completed or cancelled"`
	StatusReason        string        `json:"status_reason" privacy:"none,erase=keep" doc:"Why it ended, or goes on again; for staff, empty to others"`
	FirstDay            Date          `json:"-" gorm:"->" privacy:"none,erase=keep"`
	LastDay             Date          `json:"-" gorm:"->" privacy:"none,erase=keep"`
}

// TableName implements Model.
func (Program) TableName() string { return "programs" }

// Subjects implements Model.
func (Program) Subjects() []string { return nil }

// Full says whether not one more finds a place.
func (p *Program) Full() bool { return p.Capacity != nil && p.Taken >= *p.Capacity }

// OpenOn says whether members may apply on that day, which is one in the program's own zone.
func (p *Program) OpenOn(day Date) bool {
	return p.TakesApplications && p.Status.Running() && !ended(p.ApplicationsCloseOn, day) && !ended(p.EndsOn, day)
}

// ended says that a last day is over.
func ended(last *Date, day Date) bool { return last != nil && day.After(last.Time) }

// The open ends of a program, as the database fills them in.
var (
	firstDay = NewDate(1, time.January, 1)
	lastDay  = NewDate(9999, time.December, 31)
)

// SetDays fills in FirstDay and LastDay as the database does.
func (p *Program) SetDays() {
	p.FirstDay, p.LastDay = firstDay, lastDay
	if p.StartsOn != nil {
		p.FirstDay = *p.StartsOn
	}
	if p.EndsOn != nil {
		p.LastDay = *p.EndsOn
	}
}

// Today is the program's day at now.
func (p *Program) Today(now time.Time) Date { return DayIn(now, p.TimeZone) }
