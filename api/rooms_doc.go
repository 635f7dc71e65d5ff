package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

var (
	roomExample = models.Room{
		Record:  models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf111"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		VenueID: venueExample.ID, Name: "Blue Room", Capacity: count(12), Accessibility: "Second floor by elevator; hearing loop", Notes: "Chairs are in 2.14",
	}
	freeFacilitatorsExample = services.Page[workshops.FreeFacilitator]{Data: []workshops.FreeFacilitator{
		{MemberID: facilitatorID, Name: "Dana Reyes", Free: true, Busy: []workshops.BusyTime{}, Missing: []models.CredentialKind{}}}}
)

var listRoomsOp = op{
	ID: "listRooms", Tag: "Programs", Summary: "The rooms of a venue",
	Doc:     "Those in use, by name; `archived=true` gives those that are not. `notes` are for staff.",
	Example: services.Page[models.Room]{Data: []models.Room{roomExample}},
}

var createRoomOp = op{
	ID: "createRoom", Tag: "Programs", Summary: "Add a room to a venue",
	Doc: `A room is booked by itself: two rooms of a venue never stand in each other's way. What is planned at the venue without a room takes all of it,
rooms that are added later too: it collides with whatever is planned in any of them, and they with it (409 ` + "`double_booked`" + `). Workshops and sessions name the
room as ` + "`room_id`" + `; who comes sees its name and accessibility beside those of the venue.`,
	Errors:  []services.Code{calendar.CodeVenueArchived, calendar.CodeRoomExists},
	Request: calendar.NewRoom{Name: roomExample.Name, Capacity: roomExample.Capacity, Accessibility: roomExample.Accessibility, Notes: roomExample.Notes},
	Example: roomExample,
}

var getRoomOp = op{
	ID: "getRoom", Tag: "Programs", Summary: "One room",
	Doc:     "Archived ones too. `notes` are for staff.",
	Example: roomExample,
}

var updateRoomOp = op{
	ID: "updateRoom", Tag: "Programs", Summary: "Change a room",
	Doc:     "What is absent stays. What is planned in it stays, too, also when it would hold fewer people than there are seats; the next edit of that workshop says so.",
	Errors:  []services.Code{calendar.CodeRoomExists},
	Request: map[string]any{"capacity": 10, "accessibility": "Second floor by elevator"},
	Example: roomExample,
}

var archiveRoomOp = op{
	ID: "archiveRoom", Tag: "Programs", Summary: "Take a room out of use",
	Doc:     "Nothing new can be planned in it: sessions of a workshop that is in it answer 409 `room_archived` when they are planned or restored. Refused while something is still to come in it. The venue stays in use.",
	Errors:  []services.Code{calendar.CodeRoomInUse},
	Example: roomExample,
}

var restoreRoomOp = op{
	ID: "restoreRoom", Tag: "Programs", Summary: "Take a room back into use",
	Doc:     "Undoes the archiving.",
	Errors:  []services.Code{calendar.CodeRoomExists},
	Example: roomExample,
}

var listFreeRoomsOp = op{
	ID: "listFreeRooms", Tag: "Programs", Summary: "Which rooms are free?",
	Doc: `Venues and rooms in which nothing is booked from ` + "`starts_at`" + ` to ` + "`ends_at`" + `, by venue and room. A row without ` + "`room_id`" + ` is a venue in whole: it is
free when none of its rooms is booked. ` + "`seats`" + ` leaves out what is known to hold fewer people.

What is free now can be taken before you plan: planning answers 409 ` + "`double_booked`" + ` then.`,
	Example: services.Page[calendar.FreeRoom]{Data: []calendar.FreeRoom{{VenueID: venueExample.ID, VenueName: venueExample.Name, Address: venueExample.Address, TimeZone: venueExample.TimeZone,
		Accessibility: venueExample.Accessibility, RoomID: &roomExample.ID, RoomName: &roomExample.Name, RoomAccessibility: &roomExample.Accessibility, Capacity: roomExample.Capacity}}},
}

const whoIsFree = `Those who can sign in and have the role ` + "`facilitator`" + `, by family name, who are booked for nothing else meanwhile and, where minors may come, hold what that
needs on the day. `

var listFreeFacilitatorsOp = op{
	ID: "listFreeFacilitators", Tag: "Programs", Summary: "Who is free at a time?",
	Doc: whoIsFree + `Send ` + "`minors=true`" + ` for something that people under 18 may come to.

` + "`all=true`" + ` gives the others, too, with what stands in the way: when they are booked, but not for what, and what they lack.`,
	Example: freeFacilitatorsExample,
}

var sessionFreeFacilitatorsOp = op{
	ID: "listFreeFacilitatorsOfSession", Tag: "Workshops", Summary: "Who is free to lead this session?",
	Doc: whoIsFree + `Who leads it already is left out: these are who could come in their place. To replace somebody, send the new
` + "`facilitator_ids`" + ` to ` + "`PATCH /v1/sessions/{session_id}`" + `; those who come are not told.

` + "`all=true`" + ` gives the others, too, with what stands in the way: when they are booked, but not for what, and what they lack.`,
	Example: freeFacilitatorsExample,
}
