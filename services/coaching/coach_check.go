package coaching

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
)

// CodeCoachUnavailable is the code of a coach who may not coach on the day in question. Why is for staff to know.
const CodeCoachUnavailable services.Code = "coach_unavailable"

// works is SQL that says whether somebody coaches here now: the coach c, neither suspended nor archived, alive, with an account
// that is active and of the role. Coaches are few: each one's rows are looked up, which offset 0 tells the planner.
const works = `(c.suspended_at is null and c.archived_at is null
	and exists (select from members m where m.id = c.id and m.status not in ('deceased', 'merged') offset 0)
	and exists (select from accounts a where a.member_id = c.id and a.status = 'active' and 'coach' = any(a.roles) offset 0))`

// holdsAll is SQL that says whether the coach c holds every credential of the kinds on a day, both of which are SQL.
func holdsAll(kinds, day string) string {
	return `not exists (select from unnest(` + kinds + `) need(kind) where not exists (select from credentials k where k.member_id = c.id and k.kind = need.kind
		and k.revoked_at is null and k.issued_on <= ` + day + ` and (k.expires_on is null or k.expires_on >= ` + day + `)))`
}

// mayCoachSQL asks of many days at once, each with minors or without.
var mayCoachSQL = `select ` + works + ` and (c.with_minors or not w.minors) and ` + holdsAll("case when w.minors then $4::text[] else $5::text[] end", "w.day") + `
	from unnest($2::date[], $3::boolean[]) with ordinality w(day, minors, number) join coaches c on c.id = $1 order by w.number`

// mayCoachOn asks mayCoach of each of some days. May has the answers, all no of somebody who is no coach.
type mayCoachOn struct {
	days   []time.Time
	minors []bool
	may    []bool
}

func (m *mayCoachOn) ask(on models.Date, minors bool) {
	m.days, m.minors, m.may = append(m.days, on.Time), append(m.minors, minors), append(m.may, false)
}

// read goes into a Batch.
func (m *mayCoachOn) read(coachID uuid.UUID) services.Statement {
	return services.Statement{SQL: mayCoachSQL, Args: []any{coachID, m.days, m.minors, kindNames(true), kindNames(false)}, Scan: func(rows pgx.Rows) error {
		for i := 0; rows.Next(); i++ {
			if err := rows.Scan(&m.may[i]); err != nil {
				return err
			}
		}
		return rows.Err()
	}}
}

var errNotThatDay = services.Conflict(CodeCoachUnavailable, "This coach takes no sessions on that day. Choose another day or another coach, or ask us to find one for you.")

// mayCoach refuses what is new with a coach who may not coach on a day, by the calendar of the coach's zone: suspended, archived,
// without an active account of the role, who does not work with minors where one is, or without the checks and trainings that coaching asks of them that day, of minors too.
// What is booked before one of these comes about goes to staff by itself.
// Errors: conflict coach_unavailable, which never says why.
func mayCoach(tx *services.Tx, coachID uuid.UUID, on models.Date, minors bool) error {
	m := &mayCoachOn{}
	m.ask(on, minors)
	err := tx.Batch(m.read(coachID))
	if err == nil && !m.may[0] {
		err = errNotThatDay
	}
	return err
}

// errNotThisCoach says that a coach does not come into question for somebody, in the same words for every cause: not checked, too
// close, or kept apart.
var errNotThisCoach = services.Conflict(CodeCoachUnavailable, "This coach cannot take this on now. Choose another, or ask us to find one.")

var mayTakeOnSQL = `select ` + works + ` and (c.with_minors or not $4) and ` + holdsAll("$2::text[]", `(cast($3 as timestamptz) at time zone c.time_zone)::date`) + ` from coaches c where c.id = $1`

// mayTakeOn is mayCoach for people whom a coach is to take on today.
// Errors: conflict coach_unavailable, which never says why.
func mayTakeOn(tx *services.Tx, coachID uuid.UUID, minors bool) error {
	may, err := oneYes(tx, mayTakeOnSQL, coachID, kindNames(minors), tx.Now(), minors)
	if err == nil && !may {
		err = errNotThisCoach
	}
	return err
}

// oneYes asks a question of one row; no row is a no.
func oneYes(tx *services.Tx, question string, args ...any) (may bool, err error) {
	err = tx.Batch(services.Statement{SQL: question, Args: args, Scan: func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&may); err != nil {
				return err
			}
		}
		return rows.Err()
	}})
	return may, err
}

// kindNames are the credentials that coaching asks for, as SQL takes them.
func kindNames(minors bool) models.Texts[models.CredentialKind] {
	return models.ForCoachesOf(minors)
}
