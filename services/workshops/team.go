package workshops

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/people"
)

// sourceSession is what the calendar knows a session's bookings by.
const sourceSession = "session"

// checkTeam says which of those who are to lead cannot: unknown, gone, or not cleared on the day for work with minors.
func checkTeam(tx *services.Tx, field string, team []uuid.UUID, minors bool, on time.Time) ([]services.FieldError, error) {
	known, err := people.Load(tx, team)
	if err != nil {
		return nil, err
	}
	var wrong []services.FieldError
	for i, id := range team {
		at := fmt.Sprintf("%s/%d", field, i)
		n := slices.IndexFunc(known, func(m models.Member) bool { return m.ID == id })
		if n < 0 || known[n].Gone() {
			wrong = append(wrong, services.FieldError{Field: at, Code: "unknown", Message: "There is no such member to lead it."})
			continue
		}
		if !minors {
			continue
		}
		cleared, missing, err := people.Cleared(tx, id, on)
		if err != nil {
			return nil, err
		}
		if !cleared {
			wrong = append(wrong, services.FieldError{Field: at, Code: "not_cleared", Message: fmt.Sprintf(
				"%s lacks what work with minors needs on %s: %s. Record it, or set a minimum age of 18.", known[n].Name(), models.DateOf(on), credentialWords(missing))})
		}
	}
	return wrong, nil
}

func credentialWords(kinds []models.CredentialKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = strings.ReplaceAll(string(k), "_", " ")
	}
	return strings.Join(words, ", ")
}

// setTeam stores who leads a workshop by default.
func setTeam(tx *services.Tx, workshopID uuid.UUID, before, after []uuid.UUID) {
	for _, id := range without(before, after) {
		tx.Changed(models.WorkshopFacilitator{WorkshopID: workshopID, MemberID: id}, nil)
		tx.Queue(`delete from workshop_facilitators where workshop_id = $1 and member_id = $2`, workshopID, id)
	}
	for _, id := range without(after, before) {
		tx.Changed(nil, models.WorkshopFacilitator{WorkshopID: workshopID, MemberID: id})
		tx.Queue(`insert into workshop_facilitators (workshop_id, member_id) values ($1, $2)`, workshopID, id)
	}
}

// setSessionTeam stores who leads one session.
func setSessionTeam(tx *services.Tx, sessionID uuid.UUID, before, after []uuid.UUID) {
	for _, id := range without(before, after) {
		tx.Changed(models.SessionFacilitator{SessionID: sessionID, MemberID: id}, nil)
		tx.Queue(`delete from session_facilitators where session_id = $1 and member_id = $2`, sessionID, id)
	}
	for _, id := range without(after, before) {
		tx.Changed(nil, models.SessionFacilitator{SessionID: sessionID, MemberID: id})
		tx.Queue(`insert into session_facilitators (session_id, member_id) values ($1, $2)`, sessionID, id)
	}
}

func teamOf(tx *services.Tx, workshopID uuid.UUID) ([]uuid.UUID, error) {
	team := []uuid.UUID{}
	return team, tx.DB.Model(&models.WorkshopFacilitator{}).Where("workshop_id = ?", workshopID).Order("member_id").Pluck("member_id", &team).Error
}

// sessionTeams are those who lead each session of a workshop.
func sessionTeams(tx *services.Tx, workshopID uuid.UUID) (map[uuid.UUID][]uuid.UUID, error) {
	var rows []models.SessionFacilitator
	err := tx.DB.Where("session_id in (select id from workshop_sessions where workshop_id = ?)", workshopID).Order("session_id, member_id").Find(&rows).Error
	teams := map[uuid.UUID][]uuid.UUID{}
	for _, r := range rows {
		teams[r.SessionID] = append(teams[r.SessionID], r.MemberID)
	}
	return teams, err
}

// without lists those of a that are not in b.
func without(a, b []uuid.UUID) []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(a), func(id uuid.UUID) bool { return slices.Contains(b, id) })
}

// booking is what a session claims of the calendar: its people, and its place unless it is held online.
func booking(w *models.Workshop, s *models.WorkshopSession, team []uuid.UUID) calendar.Booking {
	b := calendar.Booking{Source: sourceSession, SourceID: s.ID, StartsAt: s.StartsAt, EndsAt: s.EndsAt}
	if w.IsTemplate || w.Visibility == models.VisibilityCancelled || s.Status == models.SessionCancelled {
		return b
	}
	for _, id := range team {
		b.Resources = append(b.Resources, calendar.Resource{Kind: models.ResourcePerson, ID: id})
	}
	if venue, room := placed(w, s); venue != nil && w.Format != models.FormatOnline {
		place := calendar.Resource{Kind: models.ResourceVenue, ID: *venue}
		if room != nil {
			place.Room = *room
		}
		b.Resources = append(b.Resources, place)
	}
	return b
}

// hold books the calendar for sessions, and says in words what is in the way. Everybody who plans may see what it is.
func hold(tx *services.Tx, bookings []calendar.Booking) error {
	if len(bookings) == 0 {
		return nil
	}
	err := calendar.Hold(tx, bookings...)
	var taken *calendar.DoubleBooked
	if !errors.As(err, &taken) {
		return err
	}
	names, err := nameClashes(tx, taken.Clashes)
	if err != nil {
		return err
	}
	return calendar.Describe(taken.Clashes, names.tell)
}

// names are the words for what a clash is about.
type names struct {
	resources map[uuid.UUID]string
	rooms     map[uuid.UUID]models.Room
	sessions  map[uuid.UUID]sessionName
}

type sessionName struct {
	ID       uuid.UUID
	Title    string
	TimeZone string
}

func nameClashes(tx *services.Tx, clashes []calendar.Clash) (*names, error) {
	n := &names{resources: map[uuid.UUID]string{}, sessions: map[uuid.UUID]sessionName{}}
	var members, venues, rooms, sessions []uuid.UUID
	for _, c := range clashes {
		if c.Kind == models.ResourceVenue {
			venues, rooms = append(venues, c.ID), append(rooms, c.Room)
		} else {
			members = append(members, c.ID)
		}
		if c.Source == sourceSession {
			sessions = append(sessions, c.SourceID)
		}
	}
	known, err := people.Load(tx, members)
	if err != nil {
		return nil, err
	}
	for i := range known {
		n.resources[known[i].ID] = known[i].Name()
	}
	places, err := calendar.Places(tx, venues)
	if err != nil {
		return nil, err
	}
	for id, v := range places {
		n.resources[id] = v.Name
	}
	if n.rooms, err = calendar.RoomsByID(tx, rooms); err != nil {
		return nil, err
	}
	var titles []sessionName
	err = tx.DB.Raw(`select s.id, w.title, s.time_zone from workshop_sessions s join workshops w on w.id = s.workshop_id where s.id in ?`, append(sessions, uuid.Nil)).Scan(&titles).Error
	for _, t := range titles {
		n.sessions[t.ID] = t
	}
	return n, err
}

func (n *names) tell(c calendar.Clash) string {
	who := n.resources[c.ID]
	if who == "" {
		who = "The " + string(c.Kind)
	}
	if room, ok := n.rooms[c.Room]; ok {
		who += " (" + room.Name + ")"
	}
	s, ours := n.sessions[c.SourceID]
	if !ours {
		return fmt.Sprintf("%s is busy from %s to %s.", who, c.StartsAt.UTC().Format(time.RFC3339), c.EndsAt.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("%s is booked for %q on %s (%s).", who, s.Title, local(c.StartsAt, s.TimeZone).Format("2006-01-02 from 15:04")+" to "+local(c.EndsAt, s.TimeZone).Format("15:04"), s.TimeZone)
}

// local is t on the clock of a zone; an unknown zone reads as UTC.
func local(t time.Time, zone string) time.Time {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return t.In(loc)
}
