package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

var (
	plannedAt      = time.Date(2026, 9, 1, 13, 0, 0, 0, time.UTC)
	programExample = models.Program{
		Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf001"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		Name:   "Family Awareness", Slug: "family-awareness", Summary: "What PTSD does to a household, and what a household can do", Status: models.ProgramActive,
		StartsOn: day(2026, time.January, 1),
	}
)

func day(y int, m time.Month, d int) *models.Date {
	on := models.NewDate(y, m, d)
	return &on
}

var listProgramsOp = op{
	ID: "listPrograms", Tag: "Programs", Summary: "The organization's programs",
	Doc:     "By name. `status` may be repeated.",
	Example: services.Page[models.Program]{Data: []models.Program{programExample}},
}

var createProgramOp = op{
	ID: "createProgram", Tag: "Programs", Summary: "Add a program",
	Doc:     "The slug is its short name for addresses, and unique.",
	Errors:  []services.Code{programs.CodeSlugTaken},
	Request: programs.NewProgram{Name: "Family Awareness", Slug: "family-awareness", Summary: programExample.Summary, Status: models.ProgramActive, StartsOn: day(2026, time.January, 1)},
	Example: programExample,
}

var getProgramOp = op{
	ID: "getProgram", Tag: "Programs", Summary: "One program",
	Doc:     "Programs are not hidden from anybody who is signed in.",
	Example: programExample,
}

var updateProgramOp = op{
	ID: "updateProgram", Tag: "Programs", Summary: "Change a program",
	Doc:     "What is absent stays; null clears a date. New workshops can be put under programs that are `planned` or `active` only; those that are there stay.",
	Errors:  []services.Code{programs.CodeSlugTaken},
	Request: map[string]any{"status": "completed", "ends_on": "2026-12-31"},
	Example: programExample,
}
