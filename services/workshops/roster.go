package workshops

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// RosterQuery asks for the roster of one session.
type RosterQuery struct {
	services.PageQuery
	SessionID uuid.UUID `query:"session_id" doc:"Which session; absent: the one that runs or comes next, else the last"`
	Q         string    `query:"q" maxLength:"60" doc:"Who has a name that begins so; accents and capitals do not matter" example:"ort"`
	Waiting   bool      `query:"waiting" doc:"Those who wait, or are offered a seat, in place of those who are expected: for who stands at the door"`
}

// RosterEntry is one person who is expected: enough to greet them, and no more.
type RosterEntry struct {
	AttendeeID     uuid.UUID                `json:"attendee_id"`
	RegistrationID uuid.UUID                `json:"registration_id" doc:"The same for those who come together"`
	SessionID      uuid.UUID                `json:"session_id"`
	Name           string                   `json:"name" doc:"First name and initial" example:"Luis O."`
	Kind           models.SeatKind          `json:"kind" enum:"adult,child"`
	State          models.RegistrationState `json:"state" enum:"confirmed,waitlisted,offered" doc:"Of the party: confirmed, unless those who wait are asked for" example:"confirmed"`
	Mode           *models.AttendanceMode   `json:"mode" enum:"in_person,online"`
	CheckedInAt    *time.Time               `json:"checked_in_at"`
	WalkIn         bool                     `json:"walk_in" doc:"Came to a session without a registration"`
	Beyond         bool                     `json:"beyond" doc:"Let in although no seat was free"`
	Status         *models.AttendanceStatus `json:"status" enum:"present,late,excused,absent" doc:"Null while nothing is known"`
	Minutes        *int                     `json:"minutes"`
	Form           string                   `json:"form,omitempty" enum:"answered,due,none" doc:"Where the workshop's registration form stands; the answers are for those who may read them, at /v1/form-responses. Absent of people close to the caller"`
	Attendance     *AttendanceSummary       `json:"attendance" doc:"Over all completed sessions of this workshop; null of people close to the caller"`
}

// rosterRow is an entry before names are shortened.
type rosterRow struct {
	models.Attendee `gorm:"embedded"`
	SortName        string
	Given           string
	Family          string
	CheckedInAt     *time.Time
	Status          *models.AttendanceStatus
	Minutes         *int
	Form            string
	WalkIn          bool
	PartyState      models.RegistrationState
	Closed          bool // the caller must not handle their record
}

var rosterList = services.List[rosterRow]{
	IDColumn: "a.id", ID: func(r rosterRow) uuid.UUID { return r.ID }, Default: "name",
	Sorts: []services.Sort[rosterRow]{{Name: "name", Column: rosterSort, Cast: "text", Key: func(r rosterRow) any { return r.SortName }}},
}

// literally has what people type mean itself in a pattern.
var literally = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

const (
	rosterGiven = `coalesce(nullif(m.preferred_name, ''), m.given_name, a.guest_name, a.invite_name, '')`
	rosterSort  = `folded(` + rosterGiven + ` || ' ' || coalesce(m.family_name, ''))`
)

// Roster lists who is expected at a session, for those who lead it: first name and initial, whether they are checked in,
// and their attendance. Nothing about health. Of people close to the caller, whose records a colleague handles, only what it
// takes to let them in.
// Errors: not_found for a workshop that the caller does not lead; invalid for a session that is not of it.
func (s *Service) Roster(ctx context.Context, workshopID uuid.UUID, in RosterQuery) (services.Page[RosterEntry], error) {
	page := services.Page[RosterEntry]{Data: []RosterEntry{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[RosterEntry], error) {
		if err := ledWorkshop(db, actor, workshopID); err != nil {
			return page, err
		}
		session, err := rosterSession(db, workshopID, in.SessionID, s.core.Clock.Now())
		if err != nil || session == uuid.Nil {
			return page, err
		}
		q := db.Table("attendees as a").Select(`a.*, `+rosterSort+` as sort_name, `+rosterGiven+` as given, coalesce(m.family_name, '') as family, c.scanned_at as checked_in_at, t.status, t.minutes, r.source = 'walk_in' as walk_in, r.state as party_state,
				coalesce(nullif(f.status, 'moot'), 'none') as form,
				coalesce(a.member_id in (select closed_to(?, ?)), false) as closed`, actor.MemberID, models.DateOf(s.core.Clock.Now())).
			Joins("join registrations r on r.id = a.registration_id").Joins("left join members m on m.id = a.member_id").
			Joins("join workshops w on w.id = r.workshop_id").
			Joins("left join form_responses f on f.record = 'attendee' and f.record_id = a.id and f.form_id = w.registration_form_id").
			Joins("left join attendance t on t.session_id = ? and t.attendee_id = a.id", session).
			Joins("left join check_ins c on c.session_id = ? and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null", session).
			Where("r.workshop_id = ? and (r.session_id is null or r.session_id = ?) and a.state = 'attending'", workshopID, session)
		if in.Waiting {
			q = q.Where("r.state in ('waitlisted', 'offered')")
		} else {
			q = q.Where("r.state = 'confirmed'")
		}
		if named := services.Line(in.Q); named != "" {
			q = q.Where(`' ' || `+rosterSort+` like '% ' || folded(?) || '%'`, literally.Replace(named))
		}
		rows, err := rosterList.Find(ctx, s.core, q, in.PageQuery)
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		for i := range rows.Data {
			page.Data = append(page.Data, rows.Data[i].entry(session))
		}
		return page, err
	})
}

// rosterSession is the session whose roster is asked for.
func rosterSession(db *gorm.DB, workshopID, asked uuid.UUID, now time.Time) (uuid.UUID, error) {
	var ids []uuid.UUID
	q := db.Model(&models.WorkshopSession{}).Where("workshop_id = ?", workshopID)
	if asked != uuid.Nil {
		q = q.Where("id = ?", asked)
	} else {
		q = q.Where("status <> 'cancelled'").Order(gorm.Expr("(ends_at <= ?), case when ends_at > ? then starts_at end, starts_at desc", now, now))
	}
	if err := q.Limit(1).Pluck("id", &ids).Error; err != nil {
		return uuid.Nil, err
	}
	switch {
	case len(ids) > 0:
		return ids[0], nil
	case asked != uuid.Nil:
		return uuid.Nil, services.InvalidField("query/session_id", "unknown_session", "This workshop has no such session.")
	}
	return uuid.Nil, nil
}

func (r *rosterRow) entry(session uuid.UUID) RosterEntry {
	out := RosterEntry{AttendeeID: r.ID, RegistrationID: r.RegistrationID, SessionID: session, Name: models.Initialed(strings.TrimSpace(r.Given), r.Family), Kind: r.Kind, State: r.PartyState, Mode: r.Mode,
		CheckedInAt: inUTC(r.CheckedInAt), WalkIn: r.WalkIn, Beyond: r.Beyond}
	if !r.Closed {
		out.Status, out.Minutes, out.Attendance, out.Form = r.Status, r.Minutes, summaryOf(r.RollUp), r.Form
	}
	return out
}
