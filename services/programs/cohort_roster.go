package programs

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

// RosterFormat is what a roster is wanted as.
type RosterFormat struct {
	Format string `query:"format" enum:"csv,xlsx" default:"csv" doc:"A file for spreadsheet programs"`
}

// RosterFile is a list of people as a file.
type RosterFile struct {
	Name        string
	ContentType string
	Bytes       []byte
}

// mostInRoster bounds one file: a cohort of more than that is no group that goes through something together.
const mostInRoster = 2_000

// rosters bounds how often one account takes a cohort's people out.
var rosters = services.Limit{Name: "cohort.roster", Every: 20 * time.Second, Burst: 30}

// rosterPerson is one line of a roster.
type rosterPerson struct {
	models.Enrollment
	GivenName     string
	FamilyName    string
	PreferredName *string
	Zone          string
	SortName      string
}

var rosterColumns = []string{"name", "state", "first_day", "last_day", "sessions_attended", "sessions_offered", "sessions_excused", "sessions_missed", "consecutive_absences", "last_seen", "enrollment_id"}

// Roster lists the people of a cohort by name, whatever became of them, for a spreadsheet program, in which no name computes.
// Own and relatives' enrollments are left to colleagues and absent, and so are restricted records. The log names everybody.
// Errors: not_found; too_many; invalid too_many_rows.
func (s *Service) Roster(ctx context.Context, id uuid.UUID, in RosterFormat) (*RosterFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, rosters, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "cohort.roster", func(d *services.Disclosure) (*RosterFile, error) {
		d.Object(id)
		now := d.Tx().Now()
		if _, err := cohort(d.DB, id); err != nil {
			return nil, err
		}
		found, err := services.Rows[rosterPerson](rosterOf(d.DB, actor, now, id), mostInRoster+1)
		if err != nil {
			return nil, err
		}
		if len(found) > mostInRoster {
			return nil, services.InvalidField("path/cohort_id", "too_many_rows", "This cohort has more than %d people; page through its enrollments instead.", mostInRoster)
		}
		rows := [][]string{rosterColumns}
		for i := range found {
			d.Subject(found[i].MemberID)
			rows = append(rows, found[i].cells(now))
		}
		format := in.Format
		if format == "" {
			format = imports.CSV
		}
		var out bytes.Buffer
		contentType, err := imports.WriteTable(&out, format, rows)
		return &RosterFile{Name: "cohort-" + models.DateOf(now).String() + "." + format, ContentType: contentType, Bytes: out.Bytes()}, err
	})
}

func rosterOf(db *gorm.DB, actor *services.Actor, now time.Time, id uuid.UUID) *gorm.DB {
	return db.Table("enrollments").Joins("join members m on m.id = enrollments.member_id").Joins("join programs p on p.id = enrollments.program_id").
		Where("enrollments.cohort_id = ? and enrollments.state <> 'superseded'", id).Scopes(actor.NotOwn("enrollments.member_id", now)).
		Select("enrollments.*, m.given_name, m.family_name, m.preferred_name, p.time_zone as zone, folded(m.family_name || ' ' || m.given_name) as sort_name").
		Order("sort_name, enrollments.id")
}

func (r *rosterPerson) cells(now time.Time) []string {
	who := models.Member{GivenName: r.GivenName, FamilyName: r.FamilyName, PreferredName: r.PreferredName}
	seen := ""
	if r.LastSeenAt != nil {
		seen = models.DayIn(*r.LastSeenAt, r.Zone).String()
	}
	return []string{who.Name(), string(r.StateOn(models.DayIn(now, r.Zone))), written(r.StartsOn), written(r.EndsOn), strconv.Itoa(r.Attended), strconv.Itoa(r.Offered),
		strconv.Itoa(r.Excused), strconv.Itoa(r.Missed), strconv.Itoa(r.ConsecutiveAbsences), seen, r.ID.String()}
}

func written(d *models.Date) string {
	if d == nil {
		return ""
	}
	return d.String()
}
