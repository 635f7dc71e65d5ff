package workshops

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

// RosterFileQuery is what the file of a roster holds beside the usual.
type RosterFileQuery struct {
	Needs bool `query:"needs" doc:"For coordinators: with accessibility and dietary needs and service animals, as for a caterer. The log says so to each whose needs are read"`
}

// mostRosterSessions bounds the columns of the file: the last ones count.
const mostRosterSessions = 200

// rosterLine is one person of the file.
type rosterLine struct {
	models.Attendee
	RegistrationState models.RegistrationState
	WalkIn            bool
	LeadMemberID      uuid.UUID
	LeadGiven         string
	LeadFamily        string
	Given             string
	Family            string
	SortName          string
	Closed            bool
	models.Needs
}

// rosterMark is one person at one session.
type rosterMark struct {
	AttendeeID uuid.UUID
	SessionID  uuid.UUID
	Status     models.AttendanceStatus
	Minutes    *int
}

// RosterFile writes who is in a workshop for a spreadsheet program, in which no name computes: whoever has a live registration,
// and whoever was there. Coordinators get whole names and all states; who leads the workshop gets first names and initials of those
// who are confirmed. Of people close to the caller, and of records kept to others, there is only what it takes to let them in. The log
// names everybody but those.
// Errors: not_found; forbidden for needs, when the caller does not coordinate; too_many; invalid too_many_rows.
func (s *Service) RosterFile(ctx context.Context, workshopID uuid.UUID, format string, in RosterFileQuery) (*PaperFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if in.Needs && !actor.Coordinates() {
		return nil, services.Forbidden(services.CodeForbidden, "Only coordinators see what people need.")
	}
	if err := s.core.Take(ctx, papers, actor.AccountID.String()); err != nil {
		return nil, err
	}
	action := "workshop.roster"
	if in.Needs {
		action = "workshop.roster_needs"
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*PaperFile, error) {
		d.Object(workshopID)
		if err := ledWorkshop(d.DB, actor, workshopID); err != nil {
			return nil, err
		}
		f := &rosterFile{whole: actor.Coordinates(), needs: in.Needs}
		if err := f.read(d.DB, actor, d.Tx().Now(), workshopID); err != nil {
			return nil, err
		}
		for i := range f.lines {
			if member := f.lines[i].MemberID; member != nil && !f.lines[i].Closed {
				d.Subject(*member)
			}
		}
		var out bytes.Buffer
		contentType, err := imports.WriteTable(&out, format, f.table())
		return &PaperFile{Name: "roster-" + models.DateOf(d.Tx().Now()).String() + "." + format, ContentType: contentType, Bytes: out.Bytes()}, err
	})
}

type rosterFile struct {
	whole, needs bool // names; what people need
	sessions     []models.WorkshopSession
	lines        []rosterLine
	marks        map[[2]uuid.UUID]rosterMark
}

const rosterNeeds = ", m.accessibility_needs, m.dietary_needs, coalesce(m.service_animal, false) as service_animal, m.service_animal_task, m.service_animal_care"

// read takes three statements: the sessions, the people, their attendance.
func (f *rosterFile) read(db *gorm.DB, actor *services.Actor, now time.Time, workshopID uuid.UUID) error {
	err := db.Table("(?) as s", db.Table("workshop_sessions").Where("workshop_id = ? and status <> 'cancelled'", workshopID).Order("starts_at desc, id desc").Limit(mostRosterSessions)).
		Order("starts_at, id").Find(&f.sessions).Error
	if err != nil {
		return err
	}
	columns := `a.*, r.state as registration_state, r.source = 'walk_in' as walk_in, r.lead_member_id, coalesce(nullif(l.preferred_name, ''), l.given_name) as lead_given, l.family_name as lead_family, ` +
		rosterGiven + ` as given, coalesce(m.family_name, '') as family, ` + rosterSort + ` as sort_name, coalesce(a.member_id in (select closed_to(?, ?)), false) as closed`
	if f.needs {
		columns += rosterNeeds
	}
	q := db.Table("attendees as a").Joins("join registrations r on r.id = a.registration_id").Joins("join members l on l.id = r.lead_member_id").Joins("left join members m on m.id = a.member_id").
		Select(columns, actor.MemberID, models.DateOf(now)).Where("r.workshop_id = ?", workshopID).Order("sort_name, a.id")
	if f.whole {
		q = q.Where("(r.live and a.state in ('invited', 'attending') or a.sessions_offered > 0 or exists (select from attendance t where t.attendee_id = a.id and t.status in ('present', 'late')))")
	} else {
		q = q.Where("r.state = 'confirmed' and a.state = 'attending'")
	}
	if f.lines, err = services.Rows[rosterLine](q, mostOnPaper+1); err != nil {
		return err
	}
	if len(f.lines) > mostOnPaper {
		return services.InvalidField("path/workshop_id", "too_many_rows", "This workshop has more than %d people; page through its registrations instead.", mostOnPaper)
	}
	return f.readMarks(db, workshopID)
}

func (f *rosterFile) readMarks(db *gorm.DB, workshopID uuid.UUID) error {
	sessions, people := make(models.IDs, len(f.sessions)), make(models.IDs, len(f.lines))
	for i := range f.sessions {
		sessions[i] = f.sessions[i].ID
	}
	for i := range f.lines {
		people[i] = f.lines[i].ID
	}
	var found []rosterMark
	err := db.Raw(`select t.attendee_id, t.session_id, t.status, t.minutes from attendance t where t.attendee_id = any(?::uuid[]) and t.session_id = any(?::uuid[])`, people, sessions).Scan(&found).Error
	f.marks = make(map[[2]uuid.UUID]rosterMark, len(found))
	for _, m := range found {
		f.marks[[2]uuid.UUID{m.AttendeeID, m.SessionID}] = m
	}
	return err
}

func (f *rosterFile) table() [][]string {
	head := []string{"name", "kind", "mode", "state", "place", "comes_with"}
	for i := range f.sessions {
		head = append(head, f.sessions[i].LocalStart, f.sessions[i].LocalStart+" minutes")
	}
	head = append(head, "sessions_attended", "sessions_offered", "sessions_excused", "sessions_missed")
	if f.needs {
		head = append(head, "accessibility_needs", "dietary_needs", "service_animal")
	}
	rows := [][]string{append(head, "registration_id", "attendee_id")}
	for i := range f.lines {
		rows = append(rows, f.cells(&f.lines[i]))
	}
	return rows
}

func (f *rosterFile) cells(l *rosterLine) []string {
	name := models.Initialed(l.Given, l.Family)
	if f.whole && !l.Closed {
		name = services.Line(l.Given + " " + l.Family)
	}
	mode := ""
	if l.Mode != nil {
		mode = string(*l.Mode)
	}
	out := []string{name, string(l.Kind), mode, string(l.RegistrationState), l.place(), l.with()}
	for i := range f.sessions {
		m, known := f.marks[[2]uuid.UUID{l.ID, f.sessions[i].ID}]
		if !known || l.Closed {
			out = append(out, "", "")
			continue
		}
		minutes := ""
		if m.Minutes != nil {
			minutes = strconv.Itoa(*m.Minutes)
		}
		out = append(out, string(m.Status), minutes)
	}
	if l.Closed {
		out = append(out, "", "", "", "")
	} else {
		out = append(out, strconv.Itoa(l.Attended), strconv.Itoa(l.Offered), strconv.Itoa(l.Excused), strconv.Itoa(l.Missed))
	}
	if f.needs {
		out = append(out, l.needs()...)
	}
	return append(out, l.RegistrationID.String(), l.ID.String())
}

// place says as what somebody comes.
func (l *rosterLine) place() string {
	switch {
	case l.State != models.AttendeeAttending:
		return string(l.State)
	case l.WalkIn:
		return "walk_in"
	case l.MemberID == nil:
		return "guest"
	case *l.MemberID == l.LeadMemberID:
		return "lead"
	}
	return "attending"
}

// with is who leads the party, of those who do not lead it: first name and initial.
func (l *rosterLine) with() string {
	if l.MemberID != nil && *l.MemberID == l.LeadMemberID {
		return ""
	}
	return models.Initialed(l.LeadGiven, l.LeadFamily)
}

func (l *rosterLine) needs() []string {
	if l.Closed || l.MemberID == nil {
		return []string{"", "", ""}
	}
	animal := ""
	if l.ServiceAnimal {
		animal = services.Line("yes " + l.ServiceAnimalTask + " " + l.ServiceAnimalCare)
	}
	return []string{services.Line(l.AccessibilityNeeds), services.Line(l.DietaryNeeds), animal}
}
