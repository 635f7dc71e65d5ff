package programs

import (
	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// lockProgram reads a program and holds its row: whoever takes or frees a place, or moves a date that others nest in, waits
// here for the one before. Cohorts are locked after their program, enrollments after both.
// Errors: not_found.
func lockProgram(tx *services.Tx, id uuid.UUID) (*models.Program, error) {
	tx.Locks(services.LockPrograms)
	return program(tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), id)
}

// lockCohort reads a cohort of that program and holds its row. The caller holds the program's.
// Errors: not_found, also for a cohort of another program.
func lockCohort(tx *services.Tx, programID, id uuid.UUID) (*models.Cohort, error) {
	tx.Locks(services.LockPrograms)
	var found []models.Cohort
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? and program_id = ?", id, programID).Limit(1).Find(&found).Error
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("cohort")
	}
	return &found[0], nil
}

// seat takes delta places, or gives them back when delta is negative, in the program and in the cohort, of which either may
// be nil: who moves between cohorts keeps the program's. The caller holds the rows, and has looked whether there is room;
// the constraints programs_not_oversold and cohorts_not_oversold refuse what is too much all the same. Versions stay: a
// count is no edit.
func seat(tx *services.Tx, p *models.Program, c *models.Cohort, delta int) {
	if delta == 0 {
		return
	}
	if p != nil {
		p.Taken += delta
		tx.Queue(`update programs set taken = taken + $2 where id = $1`, p.ID, delta)
	}
	if c != nil {
		c.Taken += delta
		tx.Queue(`update cohorts set taken = taken + $2 where id = $1`, c.ID, delta)
	}
}
