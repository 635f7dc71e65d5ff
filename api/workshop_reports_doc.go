package api

import (
	"time"

	"homefront/models"
	"homefront/services/workshops"
)

const reportDoc = `Attendance is counted in completed sessions. People are counted once each, however many sessions they came to, and by the first kind that fits; named guests, whom we do not know, apart. Staff who were there as
staff alone count nowhere. Walk-ins are who came to the door without a registration. Head counts of open events are contacts: they are neither people nor attendances, and stand apart.

The numbers are for staff and whole: nothing is held back that is small. Before they are given outside, leave out kinds of fewer than five people.`

var (
	reportRate     = 0.9076923076923077
	reportsProgram = "Family Awareness"
)

var getWorkshopReportOp = op{
	ID: "getWorkshopReport", Tag: "Attendance", Summary: "What came of a workshop, in numbers", Doc: "For the debrief, and for those who pay for it. " + reportDoc,
	Example: workshops.WorkshopReport{
		Workshop: workshops.ReportedWorkshop{ID: sessionExample.WorkshopID, Title: "Living with Hypervigilance", Program: &reportsProgram, Format: models.FormatInPerson, Visibility: models.VisibilityCompleted,
			TimeZone: "America/New_York", StartsAt: &workshopStarts, EndsAt: &workshopEnds},
		AsOf: workshopEnds, Planned: 6, Held: 6, Cancelled: 1,
		People:        workshops.ReportedPeople{Attended: 24, Guests: 2, WalkIns: 3, Veterans: 14, Serving: 2, Family: 7, Supporters: 1, ByKind: []workshops.KindNumber{{Kind: models.KindVeteran, Count: 14}}},
		Attendance:    workshops.ReportedAttendance{Attendances: 118, Late: 9, Excused: 4, NoShows: 12, Minutes: 10620, Hours: 177, Rate: &reportRate},
		Registrations: workshops.ReportedRegistrations{Parties: 16, Confirmed: 13, Cancelled: 2, LateCancels: 1, Expired: 1, WaitlistPeople: 6, WaitlistSeated: 4},
		Sessions: []workshops.ReportedSession{{ID: sessionExample.ID, Title: "Sleep", StartsAt: workshopStarts, On: models.NewDate(2026, time.October, 27), Status: models.SessionCompleted, Present: 19, Late: 2,
			Excused: 1, Absent: 2, Minutes: 1890, WalkIns: 1}},
	},
}

var getWorkshopReportCSVOp = op{
	ID: "getWorkshopReportCSV", Tag: "Attendance", Summary: "The report of a workshop as CSV",
	Doc: "One number a line, in the columns workshop_id, workshop, part, of, measure, value: the reports of several workshops go below one another, and a pivot table makes of them what is asked. `of` is the kind of people, or " +
		"the day and id of the session. At most 30 papers at once, then one each 10 seconds.\n\n" + reportDoc,
	Example: File{ContentType: csvType},
}
