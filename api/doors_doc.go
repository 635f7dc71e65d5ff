package api

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	doorsOpen    = workshopStarts.Add(-3 * time.Hour)
	doorsClose   = workshopEnds.Add(12 * time.Hour)
	lateFrom     = workshopStarts.Add(15 * time.Minute)
	doorScan     = workshops.ScanAnswer{ID: registrationID, Result: models.ScanOK, Name: &scannedName, Kind: &scannedKind, Since: &workshopStarts, ScannedAt: workshopStarts}
	countedHeads = 164
	walkInDone   = workshops.WalkedIn{Result: models.ScanOK, RegistrationID: &registrationID, AttendeeID: &attendeeID, Name: scannedName, Kind: models.SeatAdult, Since: &workshopStarts}
	headCountNow = workshops.HeadCountView{SessionID: sessionExample.ID, Version: 1, Total: countedHeads, Note: "Counted at the flag ceremony", RecordedBy: &attendingLead, RecordedAt: &workshopStarts,
		Counts: []workshops.HeadCountOf{{Kind: models.HeadVeteran, Count: 120}, {Kind: models.HeadServiceMember}, {Kind: models.HeadFamily, Count: 30}, {Kind: models.HeadChild, Count: 14}, {Kind: models.HeadSupporter}, {Kind: models.HeadUnknown}}}
	liveNow = workshops.LiveCounts{Expected: 28, CheckedIn: 24, WalkIns: 2, Beyond: 1, Late: 3, Excused: 2, NotYet: 4}
)

var getCheckInPackOp = op{
	ID: "getCheckInPack", Tag: "Attendance", Summary: "The signed list that a scanner works from without connection",
	Doc: `For coordinators and those who lead the session. Fetch it while there is a connection, verify ` + "`jws`" + ` once with the key of its ` + "`kid`" + ` from ` + "`/.well-known/jwks.json`" + `
(EdDSA; ` + "`typ`" + ` must be ` + "`check-in-pack+jws`" + `), and keep its payload: it is ` + "`contents`" + `, byte for byte what was signed. Keep the verified list, not the key: keys change.

**Answering a scan.** Trim the code's text, take its SHA-256 in lowercase hexadecimal, and look it up in ` + "`entries`" + `:

1. Not listed: ` + "`unknown`" + `; ` + "`see_staff`" + ` when ` + "`complete`" + ` is false.
2. The entry's ` + "`answer`" + ` is not ` + "`ok`" + `: that is the answer; of ` + "`already_checked_in`" + ` with ` + "`since`" + `.
3. The time is before ` + "`doors_from`" + ` or after ` + "`doors_until`" + `: ` + "`see_staff`" + `.
4. This scanner has checked the ` + "`attendee_id`" + ` in before: ` + "`already_checked_in`" + ` since then.
5. Else ` + "`ok`" + `.

Keep every scan with a nonce, its time and the code's text, and send them to ` + "`POST /v1/sessions/{session_id}/check-ins/sync`" + `. What counts is what the server answers then: another scanner
may have been earlier, and a place may have been given up since. The list holds everybody who has, or had, a code in the workshop, up to 5,000 people, with first name and initial and no codes. After ` + "`expires_at`" + `, 12 hours after the session's end, it is of no use: delete it.
The look is logged.`,
	Errors: []services.Code{workshops.CodeWrongState},
	Example: workshops.CheckInPack{JWS: "eyJhbGciOiJFZERTQSIsImtpZCI6IjAxOTljMWYyIiwidHlwIjoiY2hlY2staW4tcGFjaytqd3MifQ.e30.c2lnbmF0dXJl", Contents: workshops.CheckInPackContents{
		Version: 1, SessionID: sessionExample.ID, WorkshopID: sessionExample.WorkshopID, Title: "Living with Hypervigilance", StartsAt: workshopStarts, EndsAt: workshopEnds, TimeZone: "America/New_York",
		DoorsFrom: doorsOpen, DoorsUntil: doorsClose, LateAfter: lateFrom, IssuedAt: doorsOpen, ExpiresAt: doorsClose, Complete: true, Entries: []workshops.CheckInPackEntry{
			{AttendeeID: attendeeID, CodeSHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Answer: models.ScanOK, Name: scannedName, Kind: models.SeatAdult}}}},
}

var syncCheckInsOp = op{
	ID: "syncCheckIns", Tag: "Attendance", Summary: "Send the scans of a scanner that was without connection",
	Doc: `Up to 500 scans in one call, in any order; each is taken as ` + "`POST /v1/sessions/{session_id}/check-ins`" + ` takes it and answered in the order in which they were sent. A scan that
cannot be taken (its time lies in the future, its nonce belongs to another code) is answered with ` + "`fault`" + ` in place of ` + "`scan`" + `; the others are taken all the same.

**The order in which scanners send does not matter.** The earliest scan of a person, by the scanners' clocks, is the check-in: its time decides whether they were late. All others answer ` + "`already_checked_in`" + `
since that time, those that were answered ` + "`ok`" + ` before an earlier one came in, too: sending a queue again answers what holds now, and changes nothing. After a check-in was undone, scans from before the undoing answer ` + "`see_staff`" + `.`,
	Request: workshops.ScanQueue{Scans: []workshops.QueuedScan{{Code: checkInExample.Code, Nonce: "s7-000142-9f31", ScannedAt: workshopStarts, Station: "Door 2"}}},
	Example: workshops.SyncedScans{SessionID: sessionExample.ID, CheckedIn: 1, Results: []workshops.SyncedScan{{Nonce: "s7-000142-9f31", Scan: &doorScan},
		{Nonce: "s7-000143-02aa", Fault: &workshops.ScanFault{Code: workshops.CodeNonceReused, Message: "This nonce belongs to a scan of another code. Make a new one for each scan."}}}},
}

var checkInByHandOp = op{
	ID: "checkInByHand", Tag: "Attendance", Summary: "Check somebody in by name",
	Doc: `Of somebody who has forgotten their code. Find them on the roster (` + "`GET /v1/workshops/{workshop_id}/roster?session_id=&q=`" + `), ask for their name, and check them in. It answers as a scan of
their code would: ` + "`ok`" + `, or why not.

Somebody on the waitlist, or with an open offer, is on the roster with ` + "`waiting=true`" + `. If their whole party finds seats that are free (one that is offered to somebody else is not), the party is confirmed by this, is told so, and this person is
checked in: ` + "`ok`" + `. Else it is ` + "`not_confirmed`" + `, and so it is where staff have something to look at first, but for the approval that everybody needs. Those who wait before them are not asked: they are not here.

To take it back: ` + "`POST /v1/sessions/{session_id}/attendees/{attendee_id}/undo-check-in`" + `.`,
	Request: workshops.HandCheckIn{Nonce: "desk-000017-4c1e", Station: "Door 2"}, Example: doorScan,
}

var walkInOp = op{
	ID: "walkIn", Tag: "Attendance", Summary: "Let somebody in who has not registered",
	Doc: `A first name will do. Who is new becomes a member with the status ` + "`prospective`" + `; they have a confirmed place, and are checked in. Coordinators may name a member in place of a name.

* **Seats.** They get a seat that is free. Those on the waitlist are not asked first, since they are not here; a seat that is offered to somebody or kept for somebody invited is not free. When none is, it is 409 ` + "`full`" + `: say in
  ` + "`over_capacity_reason`" + ` why they are let in all the same. They are marked ` + "`beyond`" + ` then, take no seat, and are counted apart.
* **Series.** A place in a series is good for the sessions that are left. Cancel the registration when they came for once.
* **Children** come with an adult who is checked in: ` + "`with_attendee_id`" + `. That adult answers for them and leads the registration. A child whom we know comes with somebody who may act for it. Workshops that are staffed for minors need no adult. Else it is 409 ` + "`adult_required`" + `.
* **Members.** Age, audience and rules are asked as in a registration (422), unless ` + "`waive_reason`" + ` says why not. Where nobody under 18 may come a child is 422 ` + "`too_young`" + `, new or known.
* **` + "`see_staff`" + `** is the ` + "`result`" + ` where staff look first: where everybody is approved, of a child whose age nobody knows where an age matters, by lot, for reasons that are not told, and of somebody new whose whole name, e-mail or phone is that of somebody we
  know. They are not let in yet, and coordinators have a task for the same day, about the record that was made of somebody new. They let them in by ` + "`member_id`" + `, with a new ` + "`id`" + ` and, unless it was the likeness alone, a ` + "`waive_reason`" + `.
* **Without connection**, keep ` + "`id`" + ` and ` + "`scanned_at`" + ` and send it later: the same id answers the same, or ` + "`cancelled`" + ` once it was undone. With another name or member it is 409 ` + "`id_taken`" + `: make a new id for each person.
* **Who has a place, or waits** for one, is 409 ` + "`already_registered`" + `: check them in by name at ` + "`POST /v1/sessions/{session_id}/attendees/{attendee_id}/check-in`" + `.

People are let in from 3 hours before the start until 12 hours after the end.`,
	Errors:  []services.Code{workshops.CodeDoorsClosed, workshops.CodeFull, workshops.CodeAdultRequired, workshops.CodeAlreadyRegistered, workshops.CodeWrongState, workshops.CodeIDTaken},
	Request: workshops.WalkIn{ID: &registrationID, GivenName: "Luis", Kind: models.SeatAdult, Station: "Door 2"}, Example: walkInDone,
}

var undoWalkInOp = op{
	ID: "undoWalkIn", Tag: "Attendance", Summary: "Take a walk-in back",
	Doc:    "When somebody was entered who has a place already, or twice. The check-in, the attendance that followed from it and the place go; a seat that is free by that goes to who waits. The member stays, and can be merged with another record. When others have joined the party, or they were at another session since, it is 409 `wrong_state`: cancel, split or change the registration.",
	Errors: []services.Code{workshops.CodeWrongState}, Request: workshops.Justification{Reason: "She is on the roster under her maiden name"},
	Example: workshops.WalkedIn{Result: models.ScanCancelled, RegistrationID: &registrationID, AttendeeID: &attendeeID, Name: scannedName, Kind: models.SeatAdult},
}

var getHeadCountOp = op{
	ID: "getHeadCount", Tag: "Attendance", Summary: "How many people were counted at a session",
	Doc:     "For open events at which nobody is asked their name. Its version is 0 while nobody has counted. The ETag is for If-Match of the next correction.",
	Example: headCountNow,
}

var putHeadCountOp = op{
	ID: "putHeadCount", Tag: "Attendance", Summary: "Enter how many people were at a session",
	Doc: `Counted by looking, kind by kind, in place of what was entered before; ` + "`If-Match`" + ` holds the ETag of what was read, ` + "`\"0\"`" + ` the first time. They are contacts: reports show them apart, and never count them
among people. From 3 hours before the start. What was entered before is in the audit log.`,
	Errors:  []services.Code{workshops.CodeNotYet, workshops.CodeNotStarted, workshops.CodeWrongState},
	Request: workshops.HeadCountInput{Note: "Counted at the flag ceremony", Counts: []workshops.HeadCountOf{{Kind: models.HeadVeteran, Count: 120}, {Kind: models.HeadFamily, Count: 30}, {Kind: models.HeadChild, Count: 14}}},
	Example: headCountNow,
}

var getLiveCountOp = op{
	ID: "getLiveCount", Tag: "Attendance", Summary: "How many have come so far", Cached: true,
	Doc: `To be polled while the doors are open: send the ETag in ` + "`If-None-Match`" + ` and it answers 304 while nothing has changed. It names nobody. ` + "`expected`" + ` are those who registered beforehand; they are here, or ` + "`excused`" + `, or
` + "`absent`" + `, or ` + "`not_yet`" + `. ` + "`checked_in`" + ` is everybody who is here, by what staff entered, or else by a scan, ` + "`walk_ins`" + ` among them.`,
	Example: workshops.LiveCount{SessionID: sessionExample.ID, Status: models.SessionScheduled, Capacity: 30, LiveCounts: liveNow, By: []workshops.LiveCountOf{{Kind: models.SeatAdult, LiveCounts: liveNow}},
		HeadCount: nil, LastScanAt: &workshopStarts},
}
