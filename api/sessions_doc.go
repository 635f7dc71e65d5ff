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
	seriesID       = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c0")
	sessionExample = workshops.WorkshopSessionDetail{
		WorkshopSession: models.WorkshopSession{
			Record:     models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c1"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
			WorkshopID: workshopID, Title: "Sleep", StartsAt: workshopStarts, EndsAt: workshopStarts.Add(90 * time.Minute), LocalStart: "2026-10-27T18:00", TimeZone: "America/New_York",
			Status: models.SessionScheduled, RuleGroup: &seriesID,
		},
		Place: workshopExample.Place, Facilitators: workshopExample.Facilitators,
	}
	newSessionsExample = workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 90, Recurrence: &workshops.SessionRule{Rule: "FREQ=WEEKLY;COUNT=6", ExceptDates: []string{"2026-11-24"}}}
)

var listSessionsOp = op{
	ID: "listSessions", Tag: "Workshops", Summary: "The sessions of a workshop",
	Doc:     "In order of their start; cancelled ones too, unless `status` says otherwise.",
	Example: services.Page[workshops.WorkshopSessionDetail]{Data: []workshops.WorkshopSessionDetail{sessionExample}},
}

var createSessionsOp = op{
	ID: "createSessions", Tag: "Workshops", Summary: "Plan a session, or a series by a rule",
	Doc: `One session, or with ` + "`recurrence`" + ` those that its rule gives. The clock on the wall rules: 18:00 stays 18:00 across daylight-saving changes. A
time that does not exist on a day moves forward by the gap; of a time that exists twice the first is taken.

Those who lead a session and its venue are held in the calendar. When one of them is booked already, nothing is made, and the answer, 409
` + "`double_booked`" + `, says what it collides with. Ask ` + "`/preview`" + ` first to see it all. ` + "`Location`" + ` is that of the first session.`,
	Errors:  []services.Code{calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived, workshops.CodeWorkshopOver, workshops.CodeTooManySessions},
	Request: newSessionsExample,
	Example: workshops.SessionSeries{Data: []workshops.WorkshopSessionDetail{sessionExample}},
}

var previewSessionsOp = op{
	ID: "previewSessions", Tag: "Workshops", Summary: "What a rule would give", NoKey: true,
	Doc:     "Takes what planning sessions takes and stores nothing: the dates, those moved by a daylight-saving change, those that exist twice, and those on which somebody or something is booked already.",
	Request: newSessionsExample,
	Example: workshops.SessionPreviews{Data: []workshops.SessionPreview{{StartsAt: workshopStarts, EndsAt: workshopStarts.Add(90 * time.Minute), LocalStart: "2026-10-27T18:00", TimeZone: "America/New_York"}}},
}

var getSessionOp = op{
	ID: "getSession", Tag: "Workshops", Summary: "One session",
	Doc:     "Who sees the workshop sees its sessions. `join_url` is shown to coordinators and those who lead it.",
	Example: sessionExample,
}

var updateSessionOp = op{
	ID: "updateSession", Tag: "Workshops", Summary: "Move or change a session, those that follow, or all of its series",
	Doc: `With ` + "`scope: \"this_and_following\"`" + ` every later session that is still scheduled changes in the same way; with ` + "`all`" + ` every one of the series
that is still scheduled and has not begun; of sessions made by a rule, those of the rule. A new start shifts each by as much on the clock on the wall. Everybody who comes is told of another time or place, once, and their
calendar entry follows. A ` + "`room_id`" + ` alone brings every session that it reaches into that room, also one that had a venue of its own. The answer is the session, with the others in ` + "`following`" + `.`,
	Errors:  []services.Code{workshops.CodeWorkshopOver, workshops.CodeSessionOver, workshops.CodeCapacityTaken, calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived},
	Request: map[string]any{"local_start": "2026-10-28T18:30", "scope": "this_and_following"},
	Example: workshops.SessionChange{WorkshopSessionDetail: sessionExample, Following: []workshops.WorkshopSessionDetail{}},
}

var cancelSessionOp = op{
	ID: "cancelSession", Tag: "Workshops", Summary: "Call off a session, those that follow, or all of its series",
	Doc: `Everybody who comes is told why, in one mail for all that is called off; of a drop-in session their places end, and there is a mail for each.
` + "`scope`" + ` reaches as when changing a session: what has begun or is over stays. The last session of a published workshop cannot be called off: cancel
the workshop. Of a drop-in workshop at most 100 sessions that people have places in, with 600 parties, are called off at once, and come back at once: 409 ` + "`too_many_at_once`" + `
says to do it in parts. The answer is the session, with the others in ` + "`following`" + `.`,
	Errors:  []services.Code{workshops.CodeWorkshopOver, workshops.CodeSessionOver, workshops.CodeLastSession, workshops.CodeTooManyAtOnce},
	Request: workshops.SessionCancellation{Reason: "The venue has no heating this week", Scope: workshops.ScopeThis},
	Example: workshops.SessionChange{WorkshopSessionDetail: sessionExample, Following: []workshops.WorkshopSessionDetail{}},
}

var restoreSessionOp = op{
	ID: "restoreSession", Tag: "Workshops", Summary: "Have a cancelled session take place after all",
	Doc: `Before it would start, when its people and its place are still free, and the place is in use. Everybody who comes is told. With ` + "`scope`" + ` others of its series come back
with it, those that were called off for the same reason and have not begun: all of them, or none when something of theirs is taken by now. Of a drop-in
session the parties whose places ended with it have again what they had, as when a workshop is restored. The body may be left out.`,
	Errors:  []services.Code{workshops.CodeWorkshopOver, workshops.CodeWrongState, workshops.CodeSessionOver, calendar.CodeDoubleBooked, calendar.CodeVenueArchived, calendar.CodeRoomArchived, workshops.CodeTooManyAtOnce},
	Request: workshops.SessionRestoration{Scope: workshops.ScopeThis},
	Example: workshops.SessionChange{WorkshopSessionDetail: sessionExample, Following: []workshops.WorkshopSessionDetail{}},
}
