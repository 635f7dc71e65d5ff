package workshops

import (
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// site is where a plan takes place: a venue, and a room of it where it does not take all of it.
type site struct {
	venue *models.Venue
	room  *models.Room
}

// findSite reads the place of a plan; what there is none of, or none such, is nil.
func findSite(tx *services.Tx, venueID, roomID *uuid.UUID) (at site, err error) {
	if venueID != nil {
		found, err := calendar.Places(tx, []uuid.UUID{*venueID})
		if err != nil {
			return at, err
		}
		if v, ok := found[*venueID]; ok {
			at.venue = &v
		}
	}
	at.room, err = findRoom(tx, roomID)
	return at, err
}

func findRoom(tx *services.Tx, id *uuid.UUID) (*models.Room, error) {
	if id == nil {
		return nil, nil
	}
	found, err := calendar.RoomsByID(tx, []uuid.UUID{*id})
	if r, ok := found[*id]; ok {
		return &r, err
	}
	return nil, err
}

// holds is how many people the place holds, and its name; nil when nobody has said.
func (at site) holds() (*int, string) {
	switch {
	case at.room != nil && at.room.Capacity != nil:
		name := at.room.Name
		if at.venue != nil {
			name = at.venue.Name + " (" + name + ")"
		}
		return at.room.Capacity, name
	case at.venue != nil:
		return at.venue.Capacity, at.venue.Name
	}
	return nil, ""
}

// tooSmall says that a place holds fewer people than there are seats in it.
func (at site) tooSmall(field string, seats int, children *int) []services.FieldError {
	most, name := at.holds()
	if total := seats + or(children, 0); most != nil && total > *most {
		return []services.FieldError{{Field: field, Code: "above_venue", Message: fmt.Sprintf("%s holds %d people, fewer than the %d seats.", name, *most, total)}}
	}
	return nil
}

// checkSite says why a plan cannot take place there. What was chosen before it was archived stays.
func checkSite(format models.Format, venueID, roomID *uuid.UUID, at site, venueBefore, roomBefore bool) []services.FieldError {
	wrong := checkVenue("/venue_id", format, venueID, at.venue, venueBefore)
	bad := func(code services.Code, message string) []services.FieldError {
		return append(wrong, services.FieldError{Field: "/room_id", Code: code, Message: message})
	}
	switch {
	case roomID == nil:
		return wrong
	case at.room == nil:
		return bad("unknown", "There is no such room.")
	case venueID == nil || at.room.VenueID != *venueID:
		return bad("not_of_venue", "This room is at another venue. Choose one of this venue's, or the other venue.")
	case at.room.ArchivedAt != nil && !roomBefore:
		return bad("archived", "This room is out of use. Choose another, or restore it.")
	}
	return wrong
}

// relocated is the place after a change: at another venue the room is left behind, and a room brings its venue along where
// there was none.
func relocated(venue, room *uuid.UUID, toVenue, toRoom services.Field[uuid.UUID], found *models.Room) (*uuid.UUID, *uuid.UUID) {
	at, in := toVenue.OrNull(venue), toRoom.OrNull(room)
	if !toRoom.Set && !sameID(at, venue) {
		in = nil
	}
	if at == nil && toRoom.Value != nil && found != nil {
		at = &found.VenueID
	}
	return at, in
}

// reseated says whether a session has other seats of its own in its place.
func reseated(a, b models.WorkshopSession) bool {
	return !sameInt(a.Capacity, b.Capacity) || !sameInt(a.ChildCapacity, b.ChildCapacity)
}

// placed is where a session takes place: its own venue and room, or else the workshop's.
func placed(w *models.Workshop, s *models.WorkshopSession) (venue, room *uuid.UUID) {
	if s.VenueID != nil {
		return s.VenueID, s.RoomID
	}
	return w.VenueID, w.RoomID
}

// venueOfRoom is for plans that are only shown: a room brings its venue where none is named.
func venueOfRoom(db *gorm.DB, venue, room *uuid.UUID) (*uuid.UUID, error) {
	if venue != nil || room == nil {
		return venue, nil
	}
	var of []uuid.UUID
	if err := db.Model(&models.Room{}).Where("id = ?", *room).Limit(1).Pluck("venue_id", &of).Error; err != nil || len(of) == 0 {
		return nil, err
	}
	return &of[0], nil
}

// checkSeats says that a session has more seats than its place holds, where either is new.
func checkSeats(tx *services.Tx, w models.Workshop, s, before models.WorkshopSession, own site) ([]services.FieldError, error) {
	moved := !sameID(before.VenueID, s.VenueID) || !sameID(before.RoomID, s.RoomID)
	if w.Format == models.FormatOnline || !moved && !reseated(before, s) {
		return nil, nil
	}
	of, field := &s, "/capacity"
	if w.AttendanceMode == models.AttendSeries {
		of = nil
	}
	switch {
	case s.VenueID == nil:
		var err error
		if own, err = findSite(tx, w.VenueID, w.RoomID); err != nil {
			return nil, err
		}
	case moved && s.RoomID != nil:
		field = "/room_id"
	case moved:
		field = "/venue_id"
	}
	seats, children := w.Seats(nil, of)
	return own.tooSmall(field, seats, children), nil
}
