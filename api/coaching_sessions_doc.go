package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/coaching"
)

var (
	bookedSessionID  = uuid.MustParse("0199c1f3-51c0-7d11-9a40-3c1e5f7a9b01")
	movedSessionID   = uuid.MustParse("0199c1f3-51c0-7d11-9a40-3c1e5f7a9b02")
	secondSessionID  = uuid.MustParse("0199c1f3-51c0-7d11-9a40-3c1e5f7a9b03")
	coachingSeriesID = uuid.MustParse("0199c1f3-51c0-7d11-9a40-3c1e5f7a9b0f")
	bookedEngagement = uuid.MustParse("0199c1f3-4e20-7c55-8b1d-2f6a8c0d4e11")
	bookedMember     = uuid.MustParse("0199c1f2-2b70-7aa2-9f13-6d5e4c3b2a10")
	bookedCoach      = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc001")
	sessionBegins    = time.Date(2026, time.December, 1, 23, 0, 0, 0, time.UTC)
	sessionMoved     = time.Date(2026, time.December, 3, 23, 0, 0, 0, time.UTC)
	bookedSession    = coaching.CoachingSessionView{
		CoachingSession: models.CoachingSession{
			Record: models.Record{ID: bookedSessionID, Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt}, EngagementID: bookedEngagement, CoachID: bookedCoach, State: models.CoachingBooked,
			StartsAt: sessionBegins, EndsAt: sessionBegins.Add(50 * time.Minute), TimeZone: "America/New_York", Modality: models.ModalityOnline, BookedBy: bookedMember,
		},
		CoachName: "Dana R.", People: coaching.CoachingPeople{{MemberID: bookedMember, Name: "Luis O."}}, FreeUntil: sessionBegins.Add(-24 * time.Hour), MovesLeft: 2,
		Can: []string{"cancel", "reschedule"},
	}
	movedSession = func() coaching.CoachingSessionView {
		s := bookedSession
		s.ID, s.StartsAt, s.EndsAt, s.FreeUntil = movedSessionID, sessionMoved, sessionMoved.Add(50*time.Minute), sessionMoved.Add(-24*time.Hour)
		s.RescheduledFrom, s.Sequence, s.Moves, s.MovesLeft = &bookedSessionID, 1, 1, 1
		return s
	}()
	bookingExample = func() coaching.CoachingBooking {
		first := bookedSession
		first.SeriesID = &coachingSeriesID
		return coaching.CoachingBooking{CoachingSessionView: first, Series: &coaching.CoachingSeries{
			SeriesID: coachingSeriesID,
			Booked: []coaching.CoachingBooked{
				{ID: bookedSessionID, StartsAt: sessionBegins, EndsAt: sessionBegins.Add(50 * time.Minute), LocalStart: "2026-12-01T18:00"},
				{ID: secondSessionID, StartsAt: sessionBegins.AddDate(0, 0, 14), EndsAt: sessionBegins.AddDate(0, 0, 14).Add(50 * time.Minute), LocalStart: "2026-12-15T18:00"},
			},
			NotBooked: []coaching.CoachingNotBooked{{StartsAt: sessionBegins.AddDate(0, 0, 28), LocalStart: "2026-12-29T18:00", Code: calendar.CodeDoubleBooked, Message: "That time is not free any more. Choose another."}},
		}}
	}()
)

// withState is the session of the examples in another state.
func withState(s models.CoachingState, can ...string) coaching.CoachingSessionView {
	v := bookedSession
	v.State, v.Version, v.Can = s, 2, append([]string{}, can...)
	if !s.Live() {
		v.ClosedAt = &plannedAt
	}
	return v
}

var bookingErrors = []services.Code{services.CodeNotFound, coaching.CodeNotActive, coaching.CodeLimitsNotAgreed, coaching.CodeCoachUnavailable, coaching.CodePackageUsed, coaching.CodePlaceNotSeen, coaching.CodeNotASlot, coaching.CodeTooSoon,
	coaching.CodeTooFar, coaching.CodeDayFull, coaching.CodeWeekFull, calendar.CodeDoubleBooked, coaching.CodeSessionIDTaken}

const sessionStates = `

| state | what it means |
|---|---|
| ` + "`requested`" + ` | the coach approves bookings and has not answered; the time is held |
| ` + "`booked`" + ` | it will take place. With ` + "`to_staff_at`" + ` the coach cannot hold it, and staff look for another time or another coach |
| ` + "`in_progress`" + ` | it has begun |
| ` + "`completed`" + ` | it took place and was logged |
| ` + "`declined`" + ` | the coach said no, or did not answer in time |
| ` + "`cancelled_by_member`, `cancelled_by_coach`, `cancelled_by_staff`" + ` | called off; ` + "`late`" + ` says that it counts as one of those agreed on |
| ` + "`no_show_member`, `no_show_coach`" + ` | somebody did not come; the first counts. With ` + "`with_team`" + ` it was said of the coach, and our team decides |
| ` + "`rescheduled`" + ` | another session took its place: ` + "`rescheduled_to`" + ` |

` + "`can`" + ` lists what the caller can do with a session now, so that an app need not know the rules.`

var listCoachingSessionsOp = op{
	ID: "listCoachingSessions", Tag: "Coaching", Summary: "Sessions",
	Doc: `By when they begin, the next last with ` + "`sort=-starts_at`" + `. Members see their own, and those of children whom they entered; coaches those of their clients; coordinators all but those of themselves and
of people close to them, and records kept to others: facts alone, never what is said. ` + "`upcoming=true`" + ` gives what is still to take place, ` + "`to_staff=true`" + ` what staff find another time for.
Looks of coaches and coordinators are in the audit log, and in the access log of those whom they saw.` + sessionStates,
	Example: services.Page[coaching.CoachingSessionView]{Data: []coaching.CoachingSessionView{bookedSession}},
}

var getCoachingSessionOp = op{
	ID: "getCoachingSession", Tag: "Coaching", Summary: "One session",
	Doc:     `With ` + "`reason`" + `, where somebody said why it was called off: whoever wrote it reads it, and the coach whose session it was, for as long as they coach them and 90 days after; nobody else. A hidden session is a 404 equal to that of an unknown id.` + sessionStates,
	Example: bookedSession,
}

var bookCoachingSessionOp = op{
	ID: "bookCoachingSession", Tag: "Coaching", Summary: "Book a session, or several",
	Doc: `Who may: those who are coached, a guardian who entered a child, the coach, coordinators. The engagement must be ` + "`active`" + `, everybody in it must have agreed to the limits of confidentiality (409
` + "`limits_not_agreed`" + ` says who has still to sign), and a session must be left of those agreed on (` + "`package_used`" + `: the coach or staff add some by
` + "`POST /v1/engagements/{engagement_id}/extend`" + `).

**Members** choose one of ` + "`GET /v1/coaches/{coach_id}/slots`" + `. Of a hundred who want the same, one gets it; the others get 409 ` + "`double_booked`" + `. That code says no more than that the time is not free for
everybody: neither who is busy nor with what. Where the coach approves bookings the session is ` + "`requested`" + ` and holds its time until they answer; without an answer it is declined when it would begin.
**The coach and staff** book at any time that is free, outside hours, notice and horizon too, also what took place in the last seven days.

**Several at once**: with ` + "`repeat`" + ` the same hour comes again every so many weeks, on the clock of ` + "`time_zone`" + ` (absent: that of whoever books), across changes to daylight saving too. All that fit are booked, as
long as sessions are left; ` + "`series.not_booked`" + ` lists the others with the reason. When none fits, it is the error of the first.

**Offline**: make ` + "`id`" + ` in the app and send the same again as often as you like: it is answered with what came of it. With ` + "`repeat`" + ` it is the id of the series, and ` + "`not_booked`" + ` is empty when it is sent again: why dates did not fit is told once.

Everybody has a mail with the entry for their calendar, neutral in its words unless they chose otherwise, and those who are coached reminders as the coach set them (` + "`reminder_hours`" + `, a day before unless said otherwise), outside their quiet hours.`,
	Errors: bookingErrors,
	Request: coaching.BookCoaching{ID: &coachingSeriesID, EngagementID: bookedEngagement, StartsAt: sessionBegins, Modality: models.ModalityOnline, TimeZone: "America/New_York",
		Repeat: &coaching.CoachingRepeat{EveryWeeks: 2, Times: 3}},
	Example: bookingExample,
}

var rescheduleCoachingSessionOp = op{
	ID: "rescheduleCoachingSession", Tag: "Coaching", Summary: "Move a session",
	Doc: `Answers the session that took its place; the old one stays, ` + "`rescheduled`" + `, and the two name one another. In calendars it is the same entry at another time. The old time is given up only when the new one is held:
whoever cannot move keeps what they had.

Members move until ` + "`free_until`" + ` (409 ` + "`too_late`" + ` after it) and ` + "`moves_left`" + ` times (` + "`moves_used`" + `); one that staff look for a new time for, freely. The coach and staff move at any time. Only moves
are counted: who calls off before ` + "`free_until`" + ` and books anew has used none. Send ` + "`id`" + ` to be able to send it again.`,
	Errors:  append([]services.Code{coaching.CodeSessionState, coaching.CodeSessionBegun, coaching.CodeTooLate, coaching.CodeMovesUsed}, bookingErrors...),
	Request: coaching.RescheduleCoaching{ID: &movedSessionID, StartsAt: sessionMoved}, Example: movedSession,
}

var cancelCoachingSessionOp = op{
	ID: "cancelCoachingSession", Tag: "Coaching", Summary: "Call a session off",
	Doc: `Those who are coached and the coach need not say why; coordinators must (422 ` + "`required` at `/reason`" + `). A ` + "`reason`" + ` is kept sealed under the key of the person whose it is; the others hear that it does not take place, and no more. It is not in this answer.

Members call off until the session begins; after ` + "`free_until`" + ` it is ` + "`late`" + ` and counts as one of those agreed on, unless it was only requested or the coach cannot hold it anyway. Say so before they do it. The coach and
staff call off at any time what is not logged. Sending it again changes nothing.`,
	Errors:  []services.Code{coaching.CodeSessionState, coaching.CodeSessionBegun},
	Request: coaching.CancelCoaching{Reason: "My daughter is ill"}, Example: withState(models.CoachingCancelledByMember),
}

var cancelCoachingSeriesOp = op{
	ID: "cancelCoachingSeries", Tag: "Coaching", Summary: "Call off the rest of a series",
	Doc:     `Coordinators say why. All its sessions that have not begun, each by the rules of ` + "`POST /v1/coaching-sessions/{coaching_session_id}/cancel`" + `, and one mail about all of them. Nothing left to call off is no error.`,
	Request: coaching.CancelCoaching{},
	Example: coaching.CoachingSeriesCancelled{SeriesID: coachingSeriesID, Cancelled: bookingExample.Series.Booked},
}

var acceptCoachingSessionOp = op{
	ID: "acceptCoachingSession", Tag: "Coaching", Summary: "Say yes to a requested session",
	Doc:    `For its coach, and coordinators. Those who asked are told, with the entry for their calendar. Sending it again changes nothing.`,
	Errors: []services.Code{coaching.CodeNotTheirCoach, coaching.CodeSessionState, coaching.CodeSessionBegun, coaching.CodeNotActive, coaching.CodeLimitsNotAgreed, coaching.CodeCoachUnavailable}, Example: bookedSession,
}

var declineCoachingSessionOp = op{
	ID: "declineCoachingSession", Tag: "Coaching", Summary: "Say no to a requested session",
	Doc:    `For its coach, and coordinators. No reason is asked for. Those who asked hear that this time does not work out and may choose another; it counts for nothing.`,
	Errors: []services.Code{coaching.CodeNotTheirCoach, coaching.CodeSessionState}, Example: withState(models.CoachingDeclined, "restore"),
}

var startCoachingSessionOp = op{
	ID: "startCoachingSession", Tag: "Coaching", Summary: "Begin a session",
	Doc:    `For its coach, and coordinators; from an hour before its time on. Nobody has to: a session can be logged without having been started.`,
	Errors: []services.Code{coaching.CodeNotTheirCoach, coaching.CodeSessionState, coaching.CodeTooEarly}, Example: withState(models.CoachingInProgress, "cancel", "no_show", "log", "join"),
}

var markCoachingNoShowOp = op{
	ID: "markCoachingNoShow", Tag: "Coaching", Summary: "Somebody did not come",
	Doc: `From ten minutes after the start on. The coach and coordinators, who say why, say it of either side; marking the other side later corrects it, and ` + "`restore`" + ` takes it back.

**Those who are coached** say it of the coach, for a week, also when the coach said it of them. A coordinator has the task to call them, and the session is ` + "`with_team`" + `: the coach alone neither turns it, takes it back nor
logs it (409 ` + "`with_our_team`" + `). Whoever said it may take it back by ` + "`restore`" + `, and say it again; the task stays until staff close it. A coordinator decides: by marking either side (the same one: it stays so), by ` + "`restore`" + `,
which leaves it to the coach to log it, or by ` + "`PATCH …/log`" + ` with what came of it.

` + "`member`" + `: nobody of those who are coached came. They are absent in the program's attendance, and the session counts as one of those agreed on. ` + "`coach`" + `: it counts for nothing.`,
	Errors:  []services.Code{coaching.CodeNotTheirCoach, coaching.CodeSessionState, coaching.CodeTooEarly, coaching.CodeTooLate, coaching.CodeWithOurTeam},
	Request: coaching.CoachingNoShow{Who: "member"}, Example: withState(models.CoachingNoShowMember, "no_show", "restore"),
}

var restoreCoachingSessionOp = op{
	ID: "restoreCoachingSession", Tag: "Coaching", Summary: "Take back how a session ended",
	Doc: `It is ` + "`booked`" + ` again. Coordinators say why; others may. A session that is booked is answered as it is.

| what became of it | who takes it back, and until when |
|---|---|
| ` + "`cancelled_by_member`" + ` | those who are coached: within a day, before it begins, by what a booking of theirs asks; coordinators |
| ` + "`cancelled_by_coach`, `declined`" + ` | the coach: within a day, before it begins; coordinators |
| ` + "`cancelled_by_staff`" + ` | coordinators |
| ` + "`in_progress`" + ` | the coach, coordinators |
| ` + "`completed`, `no_show_member`, `no_show_coach`" + ` | its coach: for 30 days, and not when it is ` + "`with_team`" + `; coordinators. That the coach did not come: who said so, within a week |

What was called off comes back when its time is still free for everybody and all that a booking asks still holds: for coordinators up to seven days after its start, too. Everybody is told of one that is ahead.
What was written down loses its outcome, minutes and attendance, in the program too; notes, goals and next steps stay. It can be logged anew under another ` + "`log_id`" + `; the log before, sent again, is answered as it was and changes nothing.`,
	Errors:  append([]services.Code{coaching.CodeNotTheirCoach, coaching.CodeOthersCalledOff, coaching.CodeSessionState, coaching.CodeTooLate, coaching.CodeSessionBegun, coaching.CodeWithOurTeam}, bookingErrors[:len(bookingErrors)-1]...),
	Request: coaching.RestoreCoaching{Reason: "She called the wrong one off"}, Example: bookedSession,
}

var setCoachingLateOp = op{
	ID: "setCoachingLate", Tag: "Coaching", Summary: "Clear a late mark, or set it",
	Doc: `For coordinators, who say why, at any time: whether a session that those who are coached called off counts as one of those agreed on. What is left of the package follows. Where it took place all the same, ` + "`restore`" + ` it
instead: that takes the mark off, too.`,
	Errors:  []services.Code{coaching.CodeCoordinatorsOnly, coaching.CodeSessionState},
	Request: coaching.LateCoaching{Reason: "Her son was taken to hospital"}, Example: withState(models.CoachingCancelledByMember, "restore"),
}

const coachingJoinHours = `

| who | from | until |
|---|---|---|
| those who are coached; for a child who cannot sign in, the guardian who entered them | 15 minutes before the start | 15 minutes after its end, or as long as the coach keeps free after it (` + "`after_minutes`" + `) where that is longer; sooner once it is written down |
| the coach | 60 minutes before the start | the same |
`

var getCoachingJoinStateOp = op{
	ID: "getCoachingJoinState", Tag: "Coaching", Summary: "Is it time to meet?", Cached: true,
	Doc: `For a page that somebody has open while they wait. It holds no address and no number, and can be polled. ` + "`phone`" + `: the coach calls, and nobody need dial.` + coachingJoinHours + `
Others who see the session, coordinators among them, have no part in it: 403 ` + "`not_their_coach`" + `.`,
	Errors: []services.Code{coaching.CodeNotTheirCoach},
	Example: coaching.CoachingJoinState{SessionID: bookedSessionID, State: "early", As: "client", Modality: models.ModalityOnline, CoachName: "Dana R.", OpensAt: sessionBegins.Add(-15 * time.Minute),
		ClosesAt: sessionBegins.Add(65 * time.Minute), StartsAt: sessionBegins, TimeZone: "America/New_York"},
}

var joinCoachingSessionOp = op{
	ID: "joinCoachingSession", Tag: "Coaching", Summary: "Meet", NoKey: true,
	Doc: `Online it answers the address to open at once: the coach's own room, or one of the organization's Jitsi that nobody can guess and nobody enters without the token in the address, which is made for this person, this session and
these hours. Show it to nobody, keep it nowhere, and ask again to come back. By phone the coach sees here whom to call; no other ever sees a number. In person it says where. Each time is logged, and that the coach saw a number is
in the access log of whose it is.

**With somebody under 18**, online and by phone, no place can be looked into. What stands for it: a coach who is cleared for minors; each joining in the audit log; the guardian who asked has times and places, as the child has; and a
guardian who asks to be there is let in. In the place of a child who cannot sign in the guardian joins, and by phone is called where the child has no number. Of one who signs in the guardian gets no address: they sit beside, or the coach
lets them into a room that is the coach's own. Nobody else gets an address, staff neither: nobody listens unseen.` + coachingJoinHours + `
Before that it is 409 ` + "`too_early`" + `; afterwards, or when it does not take place, ` + "`over`" + `; while the coach has not answered, ` + "`wrong_state`" + `.`,
	Errors:  []services.Code{coaching.CodeNotTheirCoach, coaching.CodeSessionState, coaching.CodeTooEarly, coaching.CodeSessionOver, coaching.CodeNoRoom},
	Request: coaching.JoinCoaching{Name: "Lou"},
	Example: coaching.CoachingTicket{SessionID: bookedSessionID, Modality: models.ModalityOnline, URL: "https://meet.example.org/qx2m7ceo5v4hzr6nd3kfwyba1u?jwt=eyJhbGciOiJIUzI1NiJ9.e30.c2ln", Room: models.RoomJitsi,
		Call: []coaching.CoachingCall{}, OpensAt: sessionBegins.Add(-15 * time.Minute), ClosesAt: sessionBegins.Add(65 * time.Minute)},
}
