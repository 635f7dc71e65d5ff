package workshops

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// checkWorkshop says everything that is wrong with a plan in itself; what a draft may still lack is not. before is nil
// for a new one: what was there already is not asked for again.
func checkWorkshop(tx *services.Tx, w models.Workshop, at site, team []uuid.UUID, before *models.Workshop) error {
	wrong := checkValues(w)
	sameVenue, sameRoom := before != nil && sameID(before.VenueID, w.VenueID), before != nil && sameID(before.RoomID, w.RoomID)
	wrong = append(wrong, checkSite(w.Format, w.VenueID, w.RoomID, at, sameVenue, sameRoom)...)
	if !sameVenue || !sameRoom || !sameInt(before.Capacity, w.Capacity) || !sameInt(before.ChildCapacity, w.ChildCapacity) {
		wrong = append(wrong, at.tooSmall("/capacity", or(w.Capacity, 0), w.ChildCapacity)...)
	}
	program, err := checkProgram(tx, w, before)
	if err != nil {
		return err
	}
	asked, err := checkAsked(tx, w, before)
	if err != nil {
		return err
	}
	on := tx.Now()
	if w.EndsAt != nil && w.EndsAt.After(on) {
		on = *w.EndsAt
	}
	unfit, err := checkTeam(tx, "/facilitator_ids", team, w.MinorsAllowed() && !w.IsTemplate, local(on, w.TimeZone))
	if err != nil {
		return err
	}
	if wrong = slices.Concat(wrong, program, asked, unfit); len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

func checkValues(w models.Workshop) (wrong []services.FieldError) {
	add := func(broken bool, field string, code services.Code, message string) {
		if broken {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	add(w.Title == "", "/title", "required", "Give the workshop a title.")
	add(!models.KnownZone(w.TimeZone), "/time_zone", "unknown", "Use an IANA time zone such as America/New_York.")
	add(w.OnlineCapacity != nil && w.Format != models.FormatHybrid, "/online_capacity", "hybrid_only", "Only a hybrid workshop has places online apart from its capacity.")
	add(w.OpensAt != nil && w.ClosesAt != nil && !w.ClosesAt.After(*w.OpensAt), "/closes_at", "before_opening", "Registration must close after it opens.")
	add(w.GuestsPerParty >= w.MaxParty, "/guests_per_party", "too_many", "A party has at least one person who is no guest: allow fewer guests, or a larger party.")
	add(w.MinToRun != nil && w.Capacity != nil && *w.MinToRun > *w.Capacity+or(w.ChildCapacity, 0)+or(w.OnlineCapacity, 0), "/min_to_run", "above_capacity", "It cannot need more people than it has seats for.")
	add(w.DecideBy != nil && w.MinToRun == nil, "/decide_by", "without_minimum", "Say how many people it needs, or leave the day of the decision out.")
	add(w.DecideBy != nil && w.StartsAt != nil && !w.DecideBy.Before(*w.StartsAt), "/decide_by", "after_start", "Decide before the first session starts.")
	add(w.JoinURL != "" && !secureURL(w.JoinURL), "/join_url", "invalid", "Use a whole address that begins with https://.")
	add(!w.ReminderHours.Sensible(), "/reminder_hours", "out_of_range", "Remind people one to three times, each 1 to 168 hours before.")
	add(w.IsTemplate && w.Visibility != models.VisibilityDraft, "/is_template", "not_a_draft", "Only a draft can become a template; clone this one instead.")
	return wrong
}

func secureURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// checkVenue says why a plan cannot take place at a venue. One that was chosen before it was archived stays.
func checkVenue(field string, format models.Format, id *uuid.UUID, venue *models.Venue, chosenBefore bool) []services.FieldError {
	switch {
	case id == nil:
		return nil
	case venue == nil:
		return []services.FieldError{{Field: field, Code: "unknown", Message: "There is no such venue."}}
	case venue.ArchivedAt != nil && !chosenBefore:
		return []services.FieldError{{Field: field, Code: "archived", Message: "This venue is out of use. Choose another, or restore it."}}
	case format == models.FormatOnline:
		return []services.FieldError{{Field: field, Code: "online", Message: "An online workshop has no venue. Leave it out, or choose another format."}}
	}
	return nil
}

func checkProgram(tx *services.Tx, w models.Workshop, before *models.Workshop) ([]services.FieldError, error) {
	if w.ProgramID == nil || (before != nil && sameID(before.ProgramID, w.ProgramID)) {
		return nil, nil
	}
	var found []models.Program
	if err := tx.DB.Where("id = ?", *w.ProgramID).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	switch {
	case len(found) == 0:
		return []services.FieldError{{Field: "/program_id", Code: "unknown", Message: "There is no such program."}}, nil
	case !found[0].Status.Running():
		return []services.FieldError{{Field: "/program_id", Code: "over", Message: "This program has ended. Choose one that is planned or active."}}, nil
	}
	return nil, nil
}

func sameID(a, b *uuid.UUID) bool { return a == b || (a != nil && b != nil && *a == *b) }

// lacking lists all that stands between a workshop and its publication.
func lacking(tx *services.Tx, w models.Workshop) ([]services.FieldError, error) {
	var missing []services.FieldError
	add := func(lacks bool, field string, code services.Code, message string, args ...any) {
		if lacks {
			missing = append(missing, services.FieldError{Field: field, Code: code, Message: fmt.Sprintf(message, args...)})
		}
	}
	sessions, err := upcoming(tx, w.ID)
	if err != nil {
		return nil, err
	}
	add(w.IsTemplate, "/is_template", "template", "A template is never published. Clone it, and publish the clone.")
	add(w.Summary == "", "/summary", "required", "Say in a sentence or two what it is: the catalog shows that.")
	add(w.Capacity == nil, "/capacity", "required", "Say how many seats there are.")
	add(w.Format == models.FormatHybrid && w.OnlineCapacity == nil, "/online_capacity", "required", "Say how many places there are online.")
	add(len(sessions) == 0, "/sessions", "required", "Plan at least one session that is still to come.")
	opening := w.Visibility != models.VisibilityPublished // later, registration may well have closed
	add(opening && w.ClosesAt != nil && !w.ClosesAt.After(tx.Now()), "/closes_at", "past", "Registration would have closed already.")
	add(w.DecideBy != nil && w.Visibility == models.VisibilityDraft && !w.DecideBy.After(tx.Now()), "/decide_by", "past", "The day of the decision has passed already.")
	add(w.DecideBy != nil && len(sessions) > 0 && !w.DecideBy.Before(sessions[0].StartsAt), "/decide_by", "after_start", "Decide before the first session starts.")
	places, err := placesOf(tx, w, sessions)
	if err != nil {
		return nil, err
	}
	missing = append(missing, lackingPlaces(w, sessions, places)...)
	team, err := lackingTeam(tx, w, sessions)
	return append(missing, team...), err
}

// places are the venues and rooms of a plan.
type places struct {
	venues map[uuid.UUID]models.Venue
	rooms  map[uuid.UUID]models.Room
}

func (p places) at(venue, room *uuid.UUID) (at site) {
	if venue != nil {
		v := p.venues[*venue]
		at.venue = &v
	}
	if room != nil {
		r := p.rooms[*room]
		at.room = &r
	}
	return at
}

func placesOf(tx *services.Tx, w models.Workshop, sessions []models.WorkshopSession) (p places, err error) {
	var venues, rooms []uuid.UUID
	for i := range sessions {
		venue, room := placed(&w, &sessions[i])
		if venue != nil {
			venues = append(venues, *venue)
		}
		if room != nil {
			rooms = append(rooms, *room)
		}
	}
	if p.venues, err = calendar.Places(tx, venues); err != nil {
		return p, err
	}
	p.rooms, err = calendar.RoomsByID(tx, rooms)
	return p, err
}

// lackingPlaces asks of every session where it takes place, of online ones where to join, and of venues and rooms that
// they hold as many people as there are seats.
func lackingPlaces(w models.Workshop, sessions []models.WorkshopSession, known places) (missing []services.FieldError) {
	add := func(field string, code services.Code, message string, args ...any) {
		one := services.FieldError{Field: field, Code: code, Message: fmt.Sprintf(message, args...)}
		if !slices.Contains(missing, one) {
			missing = append(missing, one)
		}
	}
	for i := range sessions {
		s := &sessions[i]
		venue, room := placed(&w, s)
		if w.Format != models.FormatOnline && venue == nil && s.LocationNote == "" && w.LocationNote == "" {
			add("/venue_id", "required", "Say where it takes place: a venue, or a note.")
		}
		if kind, address := w.RoomOf(s); w.Format != models.FormatInPerson && kind == models.RoomURL && address == "" {
			add("/join_url", "required", "Say where to join online.")
		}
		if venue == nil || w.Format == models.FormatOnline {
			continue
		}
		at := known.at(venue, room)
		if at.venue.ArchivedAt != nil {
			add("/venue_id", "archived", "%s is out of use. Choose another venue, or restore it.", at.venue.Name)
		}
		if at.room != nil && at.room.ArchivedAt != nil {
			add("/room_id", "archived", "%s is out of use. Choose another room, or restore it.", at.room.Name)
		}
		of := s
		if w.AttendanceMode == models.AttendSeries {
			of = nil
		}
		seats, children := w.Seats(nil, of)
		for _, e := range at.tooSmall("/capacity", seats, children) {
			add(e.Field, e.Code, "%s", e.Message)
		}
	}
	return missing
}

// lackingTeam asks that somebody leads every session and, where minors may come, that all who do are cleared on its day.
func lackingTeam(tx *services.Tx, w models.Workshop, sessions []models.WorkshopSession) ([]services.FieldError, error) {
	teams, err := sessionTeams(tx, w.ID)
	if err != nil {
		return nil, err
	}
	var missing []services.FieldError
	last := map[uuid.UUID]time.Time{}
	var everybody []uuid.UUID
	for i := range sessions {
		s := &sessions[i]
		if len(teams[s.ID]) == 0 && !slices.ContainsFunc(missing, func(e services.FieldError) bool { return e.Field == "/facilitator_ids" }) {
			missing = append(missing, services.FieldError{Field: "/facilitator_ids", Code: "required", Message: "Somebody must lead every session; nobody does on " + s.LocalStart + "."})
		}
		for _, id := range teams[s.ID] {
			if !slices.Contains(everybody, id) {
				everybody = append(everybody, id)
			}
			last[id] = local(s.EndsAt, s.TimeZone)
		}
	}
	for _, id := range everybody {
		unfit, err := checkTeam(tx, "/facilitator_ids", []uuid.UUID{id}, w.MinorsAllowed(), last[id])
		if err != nil {
			return nil, err
		}
		for _, e := range unfit {
			e.Field = "/facilitator_ids"
			missing = append(missing, e)
		}
	}
	return missing, nil
}
