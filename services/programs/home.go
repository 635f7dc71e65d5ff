package programs

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// OpenEnrollment is what the first screen shows of an enrollment of one's own that has not ended.
type OpenEnrollment struct {
	EnrollmentID uuid.UUID              `json:"enrollment_id"`
	ProgramID    uuid.UUID              `json:"program_id"`
	Program      string                 `json:"program" example:"Family Awareness"`
	State        models.EnrollmentState `json:"state" enum:"applied,waitlisted,enrolled,active,paused" example:"active"`
	StartsOn     *models.Date           `json:"starts_on" nullable:"true" doc:"First day in the program; null while they wait"`
	PausedUntil  *models.Date           `json:"paused_until" nullable:"true" doc:"While paused: the first day on which it goes on"`
}

const homeEnrollments = 5

// OpenOf reads them: those with a place first, of these the newest.
func OpenOf(db *gorm.DB, actor *services.Actor, now time.Time) ([]OpenEnrollment, error) {
	var rows []struct {
		models.Enrollment `gorm:"embedded"`
		Program           string
		TimeZone          string
	}
	err := db.Raw(`select e.*, p.name as program, p.time_zone from enrollments e join programs p on p.id = e.program_id
		where e.member_id = ? and e.state in ('applied', 'waitlisted', 'enrolled', 'active', 'paused') and not e.second order by e.state in ('enrolled', 'active', 'paused') desc, e.applied_at desc, e.id desc limit ?`,
		actor.MemberID, homeEnrollments).Scan(&rows).Error
	out := make([]OpenEnrollment, len(rows))
	for i := range rows {
		e := &rows[i]
		out[i] = OpenEnrollment{EnrollmentID: e.ID, ProgramID: e.ProgramID, Program: e.Program, State: e.StateOn(models.DayIn(now, e.TimeZone)), StartsOn: e.StartsOn, PausedUntil: e.PausedUntil}
		if out[i].State != models.EnrollmentPaused {
			out[i].PausedUntil = nil
		}
	}
	return out, err
}
