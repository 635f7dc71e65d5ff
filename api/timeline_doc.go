package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

var (
	timelineExample = services.Page[records.TimelineEntry]{Data: []records.TimelineEntry{{
		At: peopleAt, Kind: "registration", Title: "Place confirmed: Living with Hypervigilance", Step: "confirmed", Record: "registration", RecordID: ortegaLinkID,
		Detail: records.TimelineDetail{About: "Living with Hypervigilance", Status: "confirmed"},
	}, {
		At: peopleAt, Kind: "contact", Title: "We reached out", Step: "out", Record: "contact", RecordID: ortegaLinkID, By: ptr("Cora"),
		Detail: records.TimelineDetail{About: "Talked about the ride to the workshop", What: "call", Status: "reached"},
	}}}
	accessDay = models.NewDate(2026, 3, 3)
)

const timelinePages = " Newest first; `kind` repeated narrows it, `at_gte` and `at_lt` bound it. Show `title` as it is; switch on `kind` and `step`, and open `record` with `record_id`."

var memberTimelineOp = op{
	ID: "getMemberTimeline", Tag: "Timeline", Summary: "What happened with a member",
	Doc: "Registrations and attendance, programs step by step, forms that were answered, rules of eligibility that were waived, links, guardianships, households, service, signatures, calls, help requests, referrals, credentials, tasks, death, merges and imports, as far as the caller may see them." + timelinePages +
		"\n\nAdmins and coordinators see everybody's but their own family's (`own_record`); the look is logged. With one's own id it is `/v1/me/timeline`; anybody else's id answers 404. Separations are never in it.",
	Errors: []services.Code{"own_record"}, Example: timelineExample,
}

var myTimelineOp = op{
	ID: "getMyTimeline", Tag: "Timeline", Summary: "What happened with me",
	Doc:     "One's own registrations, attendance, steps in programs, forms that were answered, signatures, links, calls, referrals and so on." + timelinePages + "\n\nWithout the work of staff (tasks, merges, imports), without the reasons and the order of the waitlist that staff keep, and without what somebody else entered or ended.",
	Example: timelineExample,
}

var myAccessLogOp = op{
	ID: "getMyAccessLog", Tag: "Timeline", Summary: "Who read my record",
	Doc: "Each look of somebody on staff: their role, what they looked at and on which day in your time zone, newest first. No names. Looks at a record that was merged into yours are there, too. " +
		"One's own looks and those of guardians are not.",
	Example: services.Page[records.AccessEntry]{Data: []records.AccessEntry{{On: accessDay, Role: models.RoleCoordinator, Kind: "record", What: "Read your record"}}},
}
