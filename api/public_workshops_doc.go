package api

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// publicFor is how long, in seconds, anybody may keep what is the same for everybody.
const publicFor = 60

var (
	publicNext         = workshopStarts
	publicVenueExample = &workshops.PublicVenue{Name: venueExample.Name, Address: venueExample.Address, Accessibility: venueExample.Accessibility,
		Room: &workshops.PublicRoom{Name: roomExample.Name, Accessibility: roomExample.Accessibility}}
	publicWorkshopExample = workshops.PublicWorkshop{ID: workshopID, Title: workshopExample.Title, Summary: workshopExample.Summary, ProgramID: &programExample.ID, Program: &programName,
		Format: models.FormatInPerson, AttendanceMode: models.AttendSeries, Venue: publicVenueExample, TimeZone: "America/New_York", AudienceKinds: models.Texts[models.Kind]{}, MinimumAge: count(16),
		StartsAt: workshopStarts, EndsAt: workshopEnds, NextAt: &publicNext, Registration: models.WindowOpen, URL: "https://homefront.example.org/workshops/" + workshopID.String()}
)

const whatIsPublic = `

A workshop is here once it is published and its planner set ` + "`is_public`" + `, until it is over. Needs no token. Nobody is named: not who leads it, nor who comes. People are not
counted: ` + "`registration`" + ` says open or full, and no more. Where to join online is told to those who have a place. The venue, with the room, is shown where people come in person. The same for everybody:
may be kept for 60 seconds; send ` + "`If-None-Match`" + ` and get 304 while nothing changed.`

var listPublicWorkshopsOp = op{
	ID: "listPublicWorkshops", Tag: "Public", Summary: "The catalog for everybody", Cached: true, MaxAge: publicFor,
	Doc:     "For the organization's own web site. Soonest first; `near_time_zone` finds what one can attend from there without getting up at night. `url` leads to where one registers." + whatIsPublic,
	Example: services.Page[workshops.PublicWorkshop]{Data: []workshops.PublicWorkshop{publicWorkshopExample}},
}

var getPublicWorkshopOp = op{
	ID: "getPublicWorkshop", Tag: "Public", Summary: "One workshop for everybody", Cached: true, MaxAge: publicFor,
	Doc: "With its description and the sessions that are still to come." + whatIsPublic,
	Example: workshops.PublicWorkshopDetail{PublicWorkshop: publicWorkshopExample, Description: workshopExample.Description, Materials: workshopExample.Materials, Asks: workshopExample.Asks,
		Sessions: []workshops.PublicSession{{ID: sessionExample.ID, Title: "Sleep", StartsAt: workshopStarts, EndsAt: workshopStarts.Add(90 * time.Minute), TimeZone: "America/New_York", Venue: publicVenueExample,
			Registration: models.WindowOpen}}},
}

var getPublicCalendarOp = op{
	ID: "getPublicCalendar", Tag: "Public", Summary: "The catalog as a calendar to subscribe to", Cached: true, MaxAge: publicFor,
	Doc: "iCalendar (RFC 5545): an event for each of the next 200 sessions, in its own time zone, which is described in the file. `UID` stays for as long as the session exists, " +
		"`SEQUENCE` rises when it moves; one that is cancelled is gone. `URL` is the page of the app. With nothing to come it holds a time zone and no event." + whatIsPublic,
	Example: File{ContentType: calendarType},
}

var getPublicFeedOp = op{
	ID: "getPublicFeed", Tag: "Public", Summary: "The catalog as a feed", Cached: true, MaxAge: publicFor,
	Doc: "Atom (RFC 4287): an entry for each of the next 100 workshops, known by its `id` and `updated` when its plan changes. When it is full the feed does not say: an entry would be news " +
		"each time that a seat is taken. Filtered it is a feed of its own, with the filter in its `id`." + whatIsPublic,
	Example: File{ContentType: atomType},
}
