package workshops

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/paper"
)

// papers bounds how many lists one account draws: each is work for the server, and leaves it with names.
var papers = services.Limit{Name: "workshop.papers", Every: 10 * time.Second, Burst: 30}

// mostOnPaper bounds one list: nobody signs in more people by hand.
const mostOnPaper = 2_000

// BadgeQuery is what badges show.
type BadgeQuery struct {
	Codes bool `query:"codes" doc:"With the check-in code of each, for stations that scan. Whoever has the badge has the code"`
}

// atDoor is one person on a list for the door.
type atDoor struct {
	ID          uuid.UUID
	MemberID    *uuid.UUID
	Kind        models.SeatKind
	Mode        *models.AttendanceMode
	CodeVersion int
	Given       string
	Family      string
	SortName    string
}

// name is first name and initial, in letters that the sheet has: the initial is that of the name as it is read there.
func (e *atDoor) name() string {
	given, family := paper.Readable(e.Given), paper.Readable(e.Family)
	if given == "" && family == "" {
		return "Guest"
	}
	return models.Initialed(given, family)
}

// doorList is a session and who is expected.
type doorList struct {
	session models.WorkshopSession
	title   string
	place   string
	format  models.Format
	people  []atDoor
}

// readDoorList reads who is expected at a session, by name, as the roster has them.
// Errors: not_found; conflict wrong_state for a session that is cancelled; invalid too_many_rows.
func readDoorList(db *gorm.DB, actor *services.Actor, sessionID uuid.UUID) (*doorList, error) {
	var found []struct {
		Session       models.WorkshopSession `gorm:"embedded"`
		WorkshopTitle string
		Place         string
		Format        models.Format
	}
	err := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Joins("left join venues v on v.id = coalesce(s.venue_id, w.venue_id)").
		Select("s.*, w.title as workshop_title, w.format, "+placeOf+" as place").Scopes(led(actor)).Where("s.id = ?", sessionID).Limit(1).Find(&found).Error
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("session")
	}
	l := &doorList{session: found[0].Session, title: found[0].WorkshopTitle, place: found[0].Place, format: found[0].Format}
	if l.session.Status == models.SessionCancelled {
		return nil, services.Conflict(CodeWrongState, "This session was cancelled.")
	}
	if l.session.Title != "" {
		l.title += ": " + l.session.Title
	}
	l.people, err = services.Rows[atDoor](db.Table("attendees as a").Joins("join registrations r on r.id = a.registration_id").Joins("left join members m on m.id = a.member_id").
		Select("a.id, a.member_id, a.kind, a.mode, a.code_version, "+rosterGiven+" as given, coalesce(m.family_name, '') as family, "+rosterSort+" as sort_name").
		Where("r.workshop_id = ? and (r.session_id is null or r.session_id = ?) and r.state = 'confirmed' and a.state = 'attending'", l.session.WorkshopID, sessionID).
		Order("sort_name, a.id"), mostOnPaper+1)
	if err != nil {
		return nil, err
	}
	if len(l.people) > mostOnPaper {
		return nil, services.InvalidField("path/session_id", "too_many_rows", "More than %d people are expected; check them in with their codes instead.", mostOnPaper)
	}
	return l, nil
}

// SignInSheet draws the list on which people sign at the door: first names and initials, and lines for walk-ins.
// Errors: not_found; too_many; conflict wrong_state; invalid too_many_rows.
func (s *Service) SignInSheet(ctx context.Context, sessionID uuid.UUID) (*PaperFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, papers, actor.AccountID.String()); err != nil {
		return nil, err
	}
	l, err := services.Read(ctx, s.core, func(db *gorm.DB) (*doorList, error) { return readDoorList(db, actor, sessionID) })
	if err != nil {
		return nil, err
	}
	sheet := paper.SignInSheet{Organization: s.cfg.OrgName, Title: l.title, When: timesInWords(&l.session), Where: l.place, WithModes: l.format == models.FormatHybrid,
		Blank: blankLines, At: s.core.Clock.Now()}
	for i := range l.people {
		p := &l.people[i]
		row := paper.SignInRow{Name: p.name(), Kind: string(p.Kind)}
		if p.Mode != nil {
			row.Mode = strings.ReplaceAll(string(*p.Mode), "_", " ")
			if *p.Mode == models.ModeOnline {
				row.Note = "takes part online"
			}
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	drawn, err := sheet.PDF()
	return &PaperFile{Name: "sign-in-" + l.session.LocalStart[:len("2006-01-02")] + ".pdf", ContentType: pdfType, Bytes: drawn}, err
}

// blankLines are for those who are not on the list, at least.
const blankLines = 8

// timesInWords is when a session is, on the clock of the place.
func timesInWords(session *models.WorkshopSession) string {
	zone, err := time.LoadLocation(session.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	from, until := session.StartsAt.In(zone), session.EndsAt.In(zone)
	end := "3:04 PM MST"
	if from.YearDay() != until.YearDay() {
		end = "January 2, 3:04 PM MST"
	}
	return from.Format("Monday, January 2, 2006, 3:04 PM") + " – " + until.Format(end)
}

// Badges draws name badges of those who are expected in the room: first names and initials.
// Errors: not_found; too_many; conflict wrong_state; invalid too_many_rows.
func (s *Service) Badges(ctx context.Context, sessionID uuid.UUID, in BadgeQuery) (*PaperFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, papers, actor.AccountID.String()); err != nil {
		return nil, err
	}
	l, err := s.badgeList(ctx, actor, sessionID, in)
	if err != nil {
		return nil, err
	}
	sheet := paper.Badges{Organization: s.cfg.OrgName, At: s.core.Clock.Now()}
	for i := range l.people {
		p := &l.people[i]
		if p.Mode != nil && *p.Mode == models.ModeOnline {
			continue
		}
		badge := paper.Badge{Name: p.name()}
		if in.Codes {
			if badge.Code, err = qrModules(checkInCode(s.core.Keys, p.ID, p.CodeVersion)); err != nil {
				return nil, err
			}
		}
		sheet.Badges = append(sheet.Badges, badge)
	}
	drawn, err := sheet.PDF()
	return &PaperFile{Name: "badges-" + l.session.LocalStart[:len("2006-01-02")] + ".pdf", ContentType: pdfType, Bytes: drawn}, err
}

// badgeList is who gets a badge. With codes the look is logged: who has them can be checked in as anybody.
func (s *Service) badgeList(ctx context.Context, actor *services.Actor, sessionID uuid.UUID, in BadgeQuery) (*doorList, error) {
	if !in.Codes {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*doorList, error) { return readDoorList(db, actor, sessionID) })
	}
	return services.Disclose(ctx, s.core, "session.badges", func(d *services.Disclosure) (*doorList, error) {
		d.Object(sessionID)
		l, err := readDoorList(d.DB, actor, sessionID)
		if err != nil {
			return nil, err
		}
		for i := range l.people {
			if member := l.people[i].MemberID; member != nil {
				d.Subject(*member)
			}
		}
		return l, nil
	})
}
