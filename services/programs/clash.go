package programs

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// taskSeparationClash asks staff to see to two people who are kept apart and are in one place, here in one cohort.
const taskSeparationClash models.TaskKind = "separation_clash"

// CohortClash is a place of somebody in the cohort of whom they are kept apart from.
type CohortClash struct {
	SeparationID      uuid.UUID   `json:"separation_id"`
	ProgramID         uuid.UUID   `json:"program_id"`
	CohortID          uuid.UUID   `json:"cohort_id"`
	Program           string      `json:"program" example:"Family Awareness"`
	Cohort            string      `json:"cohort" example:"Spring 2027"`
	StartsOn          models.Date `json:"starts_on" doc:"First day of the cohort"`
	FirstID           uuid.UUID   `json:"-"`
	SecondID          uuid.UUID   `json:"-"`
	FirstEnrollmentID uuid.UUID   `json:"first_enrollment_id" doc:"The enrollment of the protected side, or of the first of the two"`
	KeptEnrollmentID  uuid.UUID   `json:"kept_apart_enrollment_id" doc:"The enrollment of who is kept apart, or of the second of the two"`
}

const cohortClashes = `select distinct on (c.id) s.id as separation_id, s.first_id, s.second_id, c.program_id, c.id as cohort_id, p.name as program, c.name as cohort, c.starts_on,
		o.id as first_enrollment_id, k.id as kept_enrollment_id
	from separations s join enrollments o on o.member_id = s.first_id and o.live join enrollments k on k.member_id = s.second_id and k.live and k.cohort_id = o.cohort_id
		join cohorts c on c.id = k.cohort_id join programs p on p.id = c.program_id
	where s.id = $1 and c.status in ('planned', 'active') and (c.ends_on is null or c.ends_on >= ($2::timestamptz at time zone p.time_zone)::date)
	order by c.id, k.id, o.id limit 500`

// CohortClashes finds the cohorts that are not over in which both sides of a separation have a place, or wait for one.
func CohortClashes(tx *services.Tx, separationID uuid.UUID) ([]CohortClash, error) {
	found := []CohortClash{}
	return found, tx.Batch(services.Statement{SQL: cohortClashes, Args: []any{separationID, tx.Now()}, Scan: services.RowsInto(&found)})
}

// AskAboutCohortClashes gives staff who are close to neither a task for each of them, due the same day.
func AskAboutCohortClashes(tx *services.Tx, found []CohortClash) error {
	for i := range found {
		c := &found[i]
		if _, err := tasks.Open(tx, tasks.New{Kind: taskSeparationClash, MemberID: &c.SecondID, AlsoAbout: []uuid.UUID{c.FirstID}, Record: "enrollment", RecordID: &c.KeptEnrollmentID,
			Queue: "coordinators", Title: "See to two people who are kept apart and are in the same cohort", DueAt: sameDay(tx.Now())}); err != nil {
			return err
		}
	}
	return nil
}

// sameDay is in four hours, but no later than today, where the organization is.
func sameDay(now time.Time) time.Time {
	due := now.Add(4 * time.Hour)
	if zone, err := time.LoadLocation(models.DefaultTimeZone); err == nil {
		y, m, d := now.In(zone).Date()
		if midnight := time.Date(y, m, d, 23, 59, 0, 0, zone).UTC(); midnight.Before(due) {
			due = midnight
		}
	}
	return due
}
