package api

import (
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	checkInExample = workshops.CheckInCode{AttendeeID: attendeeID, Code: "HF1.AZnB8o9rejSw0WovDJvg0gABc2lnbmF0dXJlLTE2LWI"}
	scannedName    = "Luis O."
	scannedKind    = models.SeatAdult
	wasPresent     = models.AttendancePresent
	stayed         = 75
	fullRate       = 1.0
	rollUpExample  = &workshops.AttendanceSummary{RollUp: models.RollUp{Offered: 1, Attended: 1, LastSeenAt: &workshopStarts}, Rate: &fullRate}
)

var getCheckInCodeOp = op{
	ID: "getCheckInCode", Tag: "Attendance", Summary: "The check-in code of one attendee",
	Doc:    "The text of the QR code to show at the door: signed, and naming nobody. For the attendee, for who entered them, and for staff. It is the same for all sessions.",
	Errors: []services.Code{workshops.CodeNotYours, workshops.CodeNotConfirmed}, Example: checkInExample,
}

var getCheckInPictureOp = op{
	ID: "getCheckInPicture", Tag: "Attendance", Summary: "The check-in code as a picture",
	Doc:    "A PNG of 512 pixels a side.",
	Errors: []services.Code{workshops.CodeNotYours, workshops.CodeNotConfirmed}, Example: File{ContentType: "image/png"},
}

var renewCheckInCodeOp = op{
	ID: "renewCheckInCode", Tag: "Attendance", Summary: "Make a new check-in code",
	Doc:    "As after a phone was lost. The code before it answers `revoked` from then on.",
	Errors: []services.Code{workshops.CodeNotYours, workshops.CodeNotConfirmed}, Example: checkInExample,
}

var getRosterOp = op{
	ID: "getRoster", Tag: "Attendance", Summary: "Who is expected at a session",
	Doc: `First name and initial, who came, and attendance so far; nothing about health. ` + "`form`" + ` is whether they answered the registration form, not what. For coordinators, and for those who lead the workshop. Without
` + "`session_id`" + ` it is the session that runs or comes next. ` + "`q`" + ` finds people by how a name of theirs begins. With
` + "`waiting=true`" + ` it is those who wait for a seat, or are offered one, by ` + "`state`" + `, in place of those who are expected: to check in by name who of them stands at the door.`,
	Example: services.Page[workshops.RosterEntry]{Data: []workshops.RosterEntry{{AttendeeID: attendeeID, RegistrationID: registrationID, SessionID: sessionExample.ID, Name: scannedName, Kind: models.SeatAdult, State: models.RegistrationConfirmed,
		CheckedInAt: &workshopStarts, Status: &wasPresent, Minutes: &stayed, Form: "answered", Attendance: rollUpExample}}},
}

var checkInOp = op{
	ID: "checkIn", Tag: "Attendance", Summary: "Take the scan of a check-in code",
	Doc: `Answers 200 with a ` + "`result`" + `:

| result | meaning |
|---|---|
| ` + "`ok`" + ` | checked in, by this scan |
| ` + "`already_checked_in`" + ` | by another scan, the earliest, ` + "`since`" + ` when |
| ` + "`unknown`" + ` | not a code of ours, or altered |
| ` + "`revoked`" + ` | an older code; a new one was made |
| ` + "`wrong_workshop`" + ` | of another workshop or session |
| ` + "`cancelled`" + ` | the place was given up |
| ` + "`not_confirmed`" + ` | waits for approval, for a seat or for an answer |
| ` + "`see_staff`" + ` | something only a person can sort out; also outside the time in which a scan counts, and before the workshop is published |

By the scanner's time a scan counts from 3 hours before the start until 12 hours after the end. A scanner without connection keeps its scans and sends
them later, each with its ` + "`scanned_at`" + `: at most 14 days ago and no more than 5 minutes ahead, else 422. The same ` + "`nonce`" + ` counts once and answers what holds now, however often it
is sent: a scan that was ` + "`ok`" + ` is ` + "`already_checked_in`" + ` when another scanner sends an earlier one of the same person later, and ` + "`see_staff`" + ` once its check-in was taken back; with another code it is 422 ` + "`nonce_reused`" + `. Who is checked in is ` + "`present`" + `, and ` + "`late`" + ` from 15 minutes after the start, unless staff have entered something else.`,
	Request: workshops.Scan{Code: checkInExample.Code, Nonce: "s7-000142-9f31"},
	Example: workshops.ScanAnswer{ID: registrationID, Result: models.ScanOK, Name: &scannedName, Kind: &scannedKind, Since: &workshopStarts, ScannedAt: workshopStarts},
}

var undoCheckInOp = op{
	ID: "undoCheckIn", Tag: "Attendance", Summary: "Take a check-in back",
	Doc:    "When the wrong person was scanned. The attendance that followed from it goes, too.",
	Errors: []services.Code{workshops.CodeWrongState}, Request: workshops.Justification{Reason: "Scanned the code of the wrong child"},
	Example: models.CheckIn{ID: registrationID, SessionID: sessionExample.ID, AttendeeID: &attendeeID, Result: models.ScanOK, ScannedAt: workshopStarts, RecordedAt: workshopStarts, ScannedBy: attendingLead, UndoneAt: &workshopEnds},
}

var recordAttendanceOp = op{
	ID: "recordAttendance", Tag: "Attendance", Summary: "Enter the attendance of a whole roster", NoMatch: true,
	Doc: `All in one call, or any part. Each entry stands for itself and replaces what was known of that person; two people may enter at once, and the later
word on a person counts. It also corrects a completed session: the sums follow. Before the start people can only be excused.`,
	Errors:  []services.Code{workshops.CodeNotStarted, workshops.CodeWrongState},
	Request: workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{{AttendeeID: attendeeID, Status: models.AttendancePresent, Minutes: &stayed}}},
	Example: workshops.SavedAttendance{SessionID: sessionExample.ID, Entries: []models.Attendance{{ID: registrationID, SessionID: sessionExample.ID, AttendeeID: attendeeID, Status: models.AttendancePresent,
		Minutes: &stayed, Source: models.FromStaff, RecordedBy: &attendingLead, RecordedAt: workshopStarts}}},
}

var completeSessionOp = op{
	ID: "completeSession", Tag: "Attendance", Summary: "Close a session",
	Doc:    "Who has a place and of whom nothing is known was absent; the sums of attendance take the session in. Who still waits for a drop-in session that has ended waits for nothing, and is told so. Corrections stay possible. Completing it again changes nothing.",
	Errors: []services.Code{workshops.CodeNotYet, workshops.CodeNotStarted, workshops.CodeWrongState}, Example: sessionExample,
}

var reopenSessionOp = op{
	ID: "reopenSession", Tag: "Attendance", Summary: "Take the closing of a session back",
	Doc:    "Those who were marked absent only by it are unknown again.",
	Errors: []services.Code{workshops.CodeWrongState}, Request: workshops.Justification{Reason: "Closed the wrong evening"}, Example: sessionExample,
}
