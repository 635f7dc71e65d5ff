package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

var (
	reportedCoach      = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be1a7")
	reportedSession    = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be1b3")
	loadSupervisor     = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9be1a8")
	loadSupervisorName = "Sam Ortiz"
	offeredMinutes     = 4800
	utilizationShare   = 0.3958333333333333
	loadCredentialsEnd = models.NewDate(2027, time.December, 31)
	reportedFirst      = models.NewDate(2026, time.February, 11)
	reportedMedian     = 9.5
	reportedP90        = 21.0
	reportedOldest     = 41
	waitedAWeek        = 7
	reportedWaits      = coaching.WaitTimes{Requests: 31, Begun: 24, Waiting: 4, Ended: 3, Median: &reportedMedian, P90: &reportedP90}
)

var getCoachingCaseloadsOp = op{
	ID: "getCoachingCaseloads", Tag: "Coaching", Summary: "How much each coach has to do",
	Doc: `Everybody who coaches, by name, suspended ones too, without those who are archived: clients by state beside the limit, what is ahead, what was held, and how much of the offered hours is booked.
Who leads a team of coaches sees here whom to match next, and who needs help. It says nothing of any client.

**Utilization** is booked minutes through offered minutes of the weeks asked for, Monday to Sunday where the organization is. Offered are the hours that the coach keeps, with overrides and without time off, whether
or not clients can still book them; buffers are not offered. Booked are sessions that took place, are to take place, or to which nobody came. Sessions that were called off are neither.

**Supervision and credentials.** ` + "`supervisor`" + ` is null when nobody reads a coach's supervision notes. ` + "`credentials_missing`" + ` lists what they must hold and do not today: no new bookings until it is recorded.
` + "`sessions_not_logged`" + ` are those whose time has passed and of which nothing is written down.`,
	Errors: []services.Code{services.CodeInvalid},
	Example: coaching.CaseloadReport{From: models.NewDate(2026, time.September, 7), To: models.NewDate(2026, time.October, 4), Page: services.Page[coaching.CoachLoad]{Data: []coaching.CoachLoad{{
		CoachID: reportedCoach, Name: "Dana Wells", Accepting: true, Limit: 12, Clients: 9, Proposed: 1, Active: 7, Paused: 1, Ahead: 11, HeldMinutes: 1250, HeldHours: 20.83, Booked: 1900, Offered: &offeredMinutes,
		Utilization: &utilizationShare, SupervisorID: &loadSupervisor, Supervisor: &loadSupervisorName, Missing: models.Texts[models.CredentialKind]{}, CredentialsEnd: &loadCredentialsEnd}}}},
}

var getCoachingWaitingOp = op{
	ID: "getCoachingWaiting", Tag: "Coaching", Summary: "How long people wait for a coach",
	Doc: `From the request to the first session that took place: how many asked, how many have begun, still wait or ended without one, and the days that half and nine of ten waited at most; of all requests
of the days asked for, and month by month. A month that is young looks quick: who asked in it and waits still is in ` + "`waiting`" + `, not in the median.

` + "`waiting_now`" + ` is who waits at this moment, whenever they asked, by how long: without a coach, with one proposed, and accepted but without a session. Paused engagements do not wait. A couple is one request.
Requests that ended because two records of one person were merged count nowhere.`,
	Errors: []services.Code{services.CodeInvalid},
	Example: coaching.WaitingReport{AsOf: time.Date(2026, time.September, 30, 21, 0, 0, 0, time.UTC), From: models.NewDate(2025, time.October, 1), To: models.NewDate(2026, time.September, 30), All: reportedWaits,
		Months: []coaching.WaitMonth{{Month: "2026-09", WaitTimes: reportedWaits}}, Now: []coaching.WaitingNow{{UntilDays: &waitedAWeek, Requested: 3, Proposed: 1, Accepted: 2}}, Oldest: &reportedOldest},
}

const hoursLogDoc = `Coaches see their own log, coordinators everybody's. It holds the sessions that were completed, with the minutes noted, else those planned; an hour is sixty minutes, and a shorter session counts as a part of one.
Those who certify coaches ask what each client had: from when to when they were with the coach, hours paid and hours pro bono, and of a group how many they were. Names are the organization's to keep: clients stand here with initials and a
number that tells two of the same initials apart. It counts from 1 for each coach, in the order in which their first sessions were logged, and is nobody else's ever. Whether a session was paid is as the coach's profile said when it was logged,
unless the log or its correction says otherwise; what was held before profiles said it is pro bono. Two who were coached together are a group: their sessions stand once, so that all rows add up to the sums.
People close to the caller, and records kept to others, are a dash, without number and dates.

Each look is told to the clients in it, in their access log.`

var getCoachHoursLogOp = op{
	ID: "getCoachHoursLog", Tag: "Coaching", Summary: "The hours a coach has held", Doc: "Page by page, the first session first, with the sums of all days asked for; and in `by_client` the same by client, with pages of their own: `client_cursor` takes `by_client.next_cursor`. " + hoursLogDoc,
	Errors: []services.Code{services.CodeInvalid},
	Example: coaching.HoursLog{CoachID: reportedCoach, Coach: "Dana Wells", TimeZone: "America/Chicago", From: models.NewDate(2026, time.January, 1), To: models.NewDate(2026, time.December, 31),
		Totals: coaching.HoursTotals{Sessions: 118, Minutes: 5870, Hours: 97.83, PaidMinutes: 4900, PaidHours: 81.67, ProBonoMinutes: 970, ProBonoHours: 16.17, IndividualMinutes: 5270, CoupleMinutes: 600, Clients: 21},
		Page: services.Page[coaching.HoursLine]{Data: []coaching.HoursLine{{SessionID: reportedSession, On: models.NewDate(2026, time.September, 3), StartsAt: time.Date(2026, time.September, 3, 22, 0, 0, 0, time.UTC),
			Clients: []string{"M. R."}, Numbers: []int{3}, Count: 1, Kind: "individual", Minutes: 50, Modality: models.ModalityOnline, Paid: true}}},
		ByClient: services.Page[coaching.HoursOfClient]{Data: []coaching.HoursOfClient{{Clients: []string{"M. R."}, Numbers: []int{3}, GroupSize: 1, FirstOn: &reportedFirst, Sessions: 9, PaidMinutes: 300, PaidHours: 5, ProBonoMinutes: 150, ProBonoHours: 2.5}}}},
}

var getCoachHoursLogCSVOp = op{
	ID: "getCoachHoursLogCSV", Tag: "Coaching", Summary: "The hours a coach has held, as CSV",
	Doc: "One session a line, at most 5,000: on, clients, client_numbers, client_count, kind, modality, minutes, hours, paid, coaching_session_id. With `by=client` one client a line, or two who were coached together: clients, client_numbers, group_size, first_on, last_on (empty while it goes on), sessions, paid_minutes, paid_hours, pro_bono_minutes, pro_bono_hours. No cell computes in a spreadsheet program. At most 30 files at once, then one each 10 seconds. " +
		hoursLogDoc,
	Errors: []services.Code{services.CodeInvalid, services.CodeTooMany}, Example: File{ContentType: csvType},
}

var getCoachHoursLogPDFOp = op{
	ID: "getCoachHoursLogPDF", Tag: "Coaching", Summary: "The hours a coach has held, on paper",
	Doc:    "Letter paper, in English: the sessions, then a table by client; on each page the organization's name, the sums, and that the organization keeps the clients' names in confidence. At most 5,000 sessions; at most 30 files at once, then one each 10 seconds. " + hoursLogDoc,
	Errors: []services.Code{services.CodeInvalid, services.CodeTooMany}, Example: File{ContentType: "application/pdf"},
}
