package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

func count(n int) *int { return &n }

var venueExample = models.Venue{
	Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf101"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
	Name:   "Haymount Community House", Address: "212 Hay St, Fayetteville, NC 28301", TimeZone: "America/New_York", Capacity: count(40),
	Accessibility: "Step-free entrance on Old St; accessible toilet", Notes: "Key box code from the office",
}

var listVenuesOp = op{
	ID: "listVenues", Tag: "Programs", Summary: "Places where things happen",
	Doc:     "Those in use, by name; `archived=true` gives those that are not. `q` finds part of the name or address, whatever the case and accents. `notes` are for staff.",
	Example: services.Page[models.Venue]{Data: []models.Venue{venueExample}},
}

var createVenueOp = op{
	ID: "createVenue", Tag: "Programs", Summary: "Add a venue",
	Doc: "A venue holds one session at a time: what is planned there is held in the calendar, and a second booking answers 409 `double_booked`.",
	Request: calendar.NewVenue{Name: venueExample.Name, Address: venueExample.Address, TimeZone: venueExample.TimeZone, Capacity: count(40),
		Accessibility: venueExample.Accessibility, Notes: venueExample.Notes},
	Example: venueExample,
}

var getVenueOp = op{
	ID: "getVenue", Tag: "Programs", Summary: "One venue",
	Doc:     "Archived ones too. `notes` are for staff.",
	Example: venueExample,
}

var updateVenueOp = op{
	ID: "updateVenue", Tag: "Programs", Summary: "Change a venue",
	Doc:     "What is absent stays. Sessions that are planned there keep their time, whatever becomes of the time zone.",
	Request: map[string]any{"capacity": 36, "notes": "Key box code from the office"},
	Example: venueExample,
}

var archiveVenueOp = op{
	ID: "archiveVenue", Tag: "Programs", Summary: "Take a venue out of use",
	Doc:     "Nothing new can be planned there: sessions of a workshop that is there answer 409 `venue_archived` when they are planned or restored. Refused while something is still to come there.",
	Errors:  []services.Code{calendar.CodeVenueInUse},
	Example: venueExample,
}

var restoreVenueOp = op{
	ID: "restoreVenue", Tag: "Programs", Summary: "Take a venue back into use",
	Doc:     "Undoes the archiving.",
	Example: venueExample,
}
