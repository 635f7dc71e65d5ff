package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

var (
	workshopID        = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001")
	facilitatorID     = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0fa")
	workshopStarts    = time.Date(2026, 10, 27, 22, 0, 0, 0, time.UTC)
	workshopEnds      = time.Date(2026, 12, 2, 0, 30, 0, 0, time.UTC)
	workshopPublished = plannedAt.Add(48 * time.Hour)
	programName       = programExample.Name
	venueName         = venueExample.Name
	seatsExample      = workshops.SeatList{{PoolID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0b1"), Capacity: 30, Open: 4, Registration: models.WindowOpen}}
	workshopExample   = workshops.WorkshopDetail{
		Workshop: models.Workshop{
			Record: models.Record{ID: workshopID, Version: 3, CreatedAt: plannedAt, UpdatedAt: workshopPublished}, ProgramID: &programExample.ID,
			Title: "Living with Hypervigilance", Summary: "Six evenings for veterans and the people they live with",
			Description: "What hypervigilance is for, what it costs at home, and what helps.", Materials: "A notebook",
			Format: models.FormatInPerson, AttendanceMode: models.AttendSeries, VenueID: &venueExample.ID, LocationNote: "Second floor, ring twice", TimeZone: "America/New_York",
			Capacity: count(30), WaitlistCapacity: count(10), CancelDeadlineHours: 24, GuestsPerParty: 1, MaxParty: 8, MinimumAge: count(16), AudienceKinds: models.Texts[models.Kind]{}, Rules: workshopRules, RegistrationFormID: &workshopFormID, OfferHours: 24,
			Visibility: models.VisibilityPublished, StartsAt: &workshopStarts, EndsAt: &workshopEnds, PublishedAt: &workshopPublished,
		},
		Program:      &programName,
		Place:        &workshops.WorkshopPlace{ID: venueExample.ID, Name: venueExample.Name, Address: venueExample.Address, TimeZone: venueExample.TimeZone, Accessibility: venueExample.Accessibility},
		Facilitators: workshops.FacilitatorList{{MemberID: &facilitatorID, Name: "Dana R."}}, Sessions: 6, Seats: seatsExample, Registration: models.WindowOpen,
		Asks: []string{"This is for veterans or spouses."},
	}
	workshopRules      = models.Rules{{Key: "who", Rule: models.RuleKinds, Values: []string{"veteran", "spouse"}}}
	workshopFormID     = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0f1")
	workshopRowExample = workshops.WorkshopRow{
		ID: workshopID, Title: workshopExample.Title, Summary: workshopExample.Summary, ProgramID: &programExample.ID, Format: models.FormatInPerson, AttendanceMode: models.AttendSeries,
		VenueID: &venueExample.ID, VenueName: &venueName, TimeZone: "America/New_York", AudienceKinds: models.Texts[models.Kind]{}, MinimumAge: count(16),
		StartsAt: &workshopStarts, EndsAt: &workshopEnds, Visibility: models.VisibilityPublished, Sessions: 6, Seats: seatsExample, Registration: models.WindowOpen,
	}
)

var listWorkshopsOp = op{
	ID: "listWorkshops", Tag: "Workshops", Summary: "The catalog", Cached: true,
	Doc: `What is published and can still be joined, soonest first, with the open seats of every row. A series is listed until it starts, or
until ` + "`closes_at`" + ` when that is later; a drop-in workshop until its last session starts.

Coordinators see everything, drafts and past ones too; ` + "`visibility`" + ` and ` + "`templates`" + ` narrow it. ` + "`facilitating=true`" + ` gives what the caller leads.

` + "`near_time_zone`" + ` finds workshops whose clocks differ from that zone's by at most an hour on the day: what one can attend without
getting up at night. Sort by ` + "`starts_at`" + ` or ` + "`title`" + `.`,
	Example: services.Page[workshops.WorkshopRow]{Data: []workshops.WorkshopRow{workshopRowExample}},
}

var createWorkshopOp = op{
	ID: "createWorkshop", Tag: "Workshops", Summary: "Plan a workshop",
	Doc: `Makes a draft, which only coordinators and those who lead it see. Only the title and the format must be known; what publishing needs,
it says. Then plan its sessions.

` + "`room_id`" + ` books a room alone; a venue without one is booked in whole, with all its rooms. More seats than the place holds answer 422 with both numbers. With
` + "`is_public`" + ` it is, once published, in the public catalog without sign-in, too. ` + "`min_to_run`" + ` and ` + "`decide_by`" + ` have coordinators decide whether it takes
place: see ` + "`POST /v1/workshops/{workshop_id}/run-anyway`" + `.

Capacity counts seats in *pools*: one for a series, one per session for drop-in, one per mode when hybrid. Whoever is to lead it must be
cleared for work with minors unless ` + "`minimum_age`" + ` is 18 or more.

` + "`audience_kinds`" + ` and ` + "`minimum_age`" + ` are quick, and what the catalog filters by. ` + "`rules`" + ` come on top: conditions of eligibility as data, as of a program,
all of which a member must meet to register; which there are is told at ` + "`GET /v1/programs/{program_id}/eligibility`" + `. "This program" in a rule is the workshop's.
` + "`registration_form_id`" + ` names a published form of purpose ` + "`registration`" + `, which each member who comes is asked.`,
	Request: workshops.NewWorkshop{Title: workshopExample.Title, Summary: workshopExample.Summary, Format: models.FormatInPerson, ProgramID: &programExample.ID, VenueID: &venueExample.ID,
		Capacity: count(30), WaitlistCapacity: count(10), GuestsPerParty: 1, MinimumAge: count(16), Rules: workshopRules, FacilitatorIDs: []uuid.UUID{facilitatorID}},
	Example: workshopExample,
}

var getWorkshopOp = op{
	ID: "getWorkshop", Tag: "Workshops", Summary: "One workshop with its open seats",
	Doc: `Published workshops are for everybody; one that was cancelled or is completed for those who had registered; drafts for coordinators and
those who lead them. For anybody else they do not exist: 404.

` + "`rules`" + ` say who may come, beyond age and audience, and ` + "`asks`" + ` says it in sentences; ` + "`GET /v1/workshops/{workshop_id}/eligibility`" + ` says it of one person.

` + "`join_url`" + ` is shown to coordinators and those who lead it; who has a place online joins with ` + "`POST /v1/sessions/{session_id}/join`" + `. The ETag counts edits, not
registrations.`,
	Example: workshopExample,
}

var updateWorkshopOp = op{
	ID: "updateWorkshop", Tag: "Workshops", Summary: "Change a workshop",
	Doc: `What is absent stays; null clears. Of a published workshop:

* more seats are offered to those who wait, at once; fewer than are taken are refused with the number that is;
* another venue, room, note or link moves the sessions to come with it, and everybody who comes is told;
* who is added to lead it, or left out, is so in every session to come;
* new ` + "`rules`" + ` are for who registers from then on: whoever has a place keeps it, and whoever waits keeps waiting. Waivers of a rule
  that asks something else from now on under its key, or is gone, are withdrawn; other ` + "`words`" + ` alone change nothing;
* a new ` + "`registration_form_id`" + ` is asked of everybody who has a place, too. Answers to the form before it are kept as long as its questions say, also when
  the form is taken away with null; what was not answered by then need not be any more;
* it must stay what could be published.

The format and attendance mode can change only while nobody has ever registered.`,
	Errors:  []services.Code{workshops.CodeWorkshopOver, workshops.CodeCapacityTaken, workshops.CodeHasRegistrations, workshops.CodeNotReady, calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived},
	Request: map[string]any{"capacity": 36, "waitlist_capacity": nil},
	Example: workshopExample,
}

var publishWorkshopOp = op{
	ID: "publishWorkshop", Tag: "Workshops", Summary: "Put a draft into the catalog",
	Doc: `It needs a summary, seats, a session to come, a place or a link to join, and somebody who leads every session; where minors may come, all
who lead are cleared on their last day; its registration form must not have been archived meanwhile. What is missing is listed all at once in ` + "`errors`" + `.`,
	Errors:  []services.Code{workshops.CodeWrongState, workshops.CodeNotReady},
	Example: workshopExample,
}

var unpublishWorkshopOp = op{
	ID: "unpublishWorkshop", Tag: "Workshops", Summary: "Take a workshop out of the catalog",
	Doc:     "Back to a draft, while nobody is registered or waits. Once somebody is, cancel it instead, so that they are told.",
	Errors:  []services.Code{workshops.CodeWrongState, workshops.CodeHasRegistrations},
	Example: workshopExample,
}

var cancelWorkshopOp = op{
	ID: "cancelWorkshop", Tag: "Workshops", Summary: "Call a workshop off",
	Doc:     "Ends every registration, tells everybody why, and frees its people and places in the calendar. It can be restored before its first session would start. A draft is given up the same way.",
	Errors:  []services.Code{workshops.CodeWrongState, workshops.CodeTooManyAtOnce},
	Request: workshops.CancelReason{Reason: "The facilitator is ill. We will offer it again in spring."},
	Example: workshopExample,
}

var runAnywayOp = op{
	ID: "runWorkshopAnyway", Tag: "Workshops", Summary: "Have a workshop take place with fewer people than it needs",
	Doc: `Coordinators get one task at ` + "`decide_by`" + ` when fewer people are confirmed than ` + "`min_to_run`" + `; it goes away by itself, within a quarter of an hour, when enough are
confirmed after all. This decides it, then or before: the task is done, ` + "`decision.ran_anyway_at`" + ` says when, and nobody who comes is told. The other way to
decide is ` + "`POST /v1/workshops/{workshop_id}/cancel`" + `. Another ` + "`min_to_run`" + ` or ` + "`decide_by`" + ` asks for the decision anew; when the sessions move, the day moves with them.`,
	Errors:  []services.Code{workshops.CodeWrongState, workshops.CodeNothingToDecide},
	Request: workshops.RunAnyway{Reason: "Four is a good group for this"},
	Example: decidedExample(),
}

func decidedExample() workshops.WorkshopDetail {
	w := workshopExample
	w.MinToRun, w.DecideBy = count(6), &decideBy
	w.Decision = &workshops.WorkshopDecision{Minimum: 6, Confirmed: 4, DecideBy: &decideBy, RanAnywayAt: &decideBy, Reason: "Four is a good group for this"}
	return w
}

var decideBy = workshopStarts.Add(-7 * 24 * time.Hour)

var restoreWorkshopOp = op{
	ID: "restoreWorkshop", Tag: "Workshops", Summary: "Have a cancelled workshop take place after all",
	Doc:     "Before its first session would start; a completed one is reopened. Its people and places must still be free and in use, and its form not archived (409 `not_ready`). The parties whose registrations ended with it have again what they had, a seat or their place in line, and are told; who was offered seats stands first in line. Where somebody has died, has another place at that time by now, or may act for a child no longer, staff have a task instead.",
	Errors:  []services.Code{workshops.CodeWrongState, calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived, workshops.CodeNotReady, workshops.CodeTooManyAtOnce},
	Example: workshopExample,
}

var completeWorkshopOp = op{
	ID: "completeWorkshop", Tag: "Workshops", Summary: "Close a workshop that is over",
	Doc: `After its last session has ended and its sessions are closed; ` + "`sessions_open`" + ` names in ` + "`errors`" + ` those whose attendance is to be entered. Sessions that nobody
had a place in are closed with it. A day later it happens by itself, and staff have a task for each session that nobody closed by then.

Parties that still wait, for a seat or for approval, become ` + "`expired`" + ` as soon as it is over, and are told kindly.`,
	Errors:  []services.Code{workshops.CodeWrongState, workshops.CodeSessionsOpen},
	Example: workshopExample,
}

var cloneWorkshopOp = op{
	ID: "cloneWorkshop", Tag: "Workshops", Summary: "Plan a workshop like another",
	Doc: `Makes a draft with everything of the original, or of a template, its rules and form too, but its registrations. With ` + "`starts_on`" + ` the sessions come along: as
many days later as the first one, at the same time on the wall, across daylight-saving changes; when registration opens and closes, and ` + "`decide_by`" + `,
move by as many. Without it, none do. Cancelled sessions are
left out.`,
	Errors:  []services.Code{calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived},
	Request: workshops.CloneWorkshop{Title: "Living with Hypervigilance, spring", StartsOn: day(2027, time.March, 2)},
	Example: workshopExample,
}
