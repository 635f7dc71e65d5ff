package api

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	joinOpens        = workshopStarts.Add(-15 * time.Minute)
	joinCloses       = workshopStarts.Add(90 * time.Minute)
	joinStateExample = workshops.JoinState{SessionID: sessionExample.ID, Title: "Living with Hypervigilance: Sleep", State: "early", As: "attendee", OpensAt: joinOpens, ClosesAt: joinCloses,
		StartsAt: workshopStarts, TimeZone: "America/New_York", Places: []workshops.JoinPlace{{AttendeeID: attendeeID, Name: "Luis O.", Kind: models.SeatAdult}}}
	joinTicketExample = workshops.JoinTicket{SessionID: sessionExample.ID, URL: "https://meet.example.org/qx2m7ceo5v4hzr6nd3kfwyba1u?jwt=eyJhbGciOiJIUzI1NiJ9.e30.c2ln", Room: models.RoomJitsi, As: "attendee",
		OpensAt: joinOpens, ClosesAt: joinCloses}
	joinLinkExample = workshops.JoinLink{SessionID: sessionExample.ID, Token: "AZnB8o9rejSw0WovDJvgAQAAAAHgVdjJ-x8vZ1S7p6Wn3uQT"}
)

const joinHours = `
| who | from | until |
|---|---|---|
| a confirmed attendee who takes part online | 15 minutes before the start | the end of the session |
| who leads the workshop or one session of it; coordinators | 60 minutes before the start | the end of the session |
`

var getJoinStateOp = op{
	ID: "getJoinState", Tag: "Online", Summary: "Is it time to join?", Cached: true,
	Doc: `What the app's page ` + "`/join/{session_id}`" + ` polls while somebody waits: ` + "`early`, `open` or `over`" + `, with the hours. It holds no address. When the session
moves, the hours move with it; one that is cancelled is ` + "`over`" + `.
` + joinHours + `
` + "`places`" + ` are as whom the caller may join: themselves, children whom they entered or are guardian of, and guests whom they bring. Who has no place
online in it, or sits in the room of a hybrid workshop, gets 404, as for an unknown id.`,
	Example: joinStateExample,
}

var joinSessionOp = op{
	ID: "joinSession", Tag: "Online", Summary: "Join a session online", NoKey: true,
	Doc: `Answers the address to open at once. It is made for this person and this moment: show it to nobody, keep it nowhere, and ask again to come back.
` + joinHours + `
Before that it is 409 ` + "`too_early`" + `, with the time in words; afterwards, or when it does not take place, 409 ` + "`over`" + `. Who leads it comes as ` + "`staff`" + `,
as do coordinators without a place of their own; with ` + "`attendee_id`" + ` one comes as one of ` + "`places`" + `.

` + "`room`" + ` says where it is. ` + "`url`" + `: at the address that the planner wrote down, which is the same for all. ` + "`jitsi`" + `: in a room of the organization's own, which nobody
can guess and nobody enters without a token. The token is in the address: for this person, this room and these hours, with the name that the others see (` + "`name`" + `, or
first name and initial) and an id that is another in each session. Staff are moderators. Each time somebody joins is logged.`,
	Errors:  []services.Code{workshops.CodeTooEarly, workshops.CodeOver, workshops.CodeNoRoom, workshops.CodeNotOnline, workshops.CodeNotYet},
	Request: workshops.JoinRequest{AttendeeID: &attendeeID, Name: "Lou"}, Example: joinTicketExample,
}

var renewRoomOp = op{
	ID: "renewRoom", Tag: "Online", Summary: "Another room for a session", NoKey: true,
	Doc: `For coordinators and those who lead it, when somebody is in the room who should not be: the session gets another room. Whoever has a place joins again and is
let in there; who is in the room before stays behind. Only of sessions in a room of our own; of others change ` + "`join_url`" + `. A session that moves keeps its room.`,
	Errors: []services.Code{workshops.CodeNotJitsi}, Example: sessionExample,
}

var showJoinStateOp = op{
	ID: "showJoinState", Tag: "Online", Summary: "Is it time to join? With the link from a mail", NoKey: true,
	Doc: `What ` + "`GET /v1/sessions/{session_id}/join`" + ` is to who has an account. People without one, whom staff registered by telephone or somebody asked along, find
` + "`/join/{session_id}?token=…`" + ` in their mails and in their calendar. It holds as long as their place does, and until their check-in code is renewed; then it is 404, as for a link
that never was one. One network address may ask for 120 states and addresses at once, then for two a second: poll every 30 seconds at most, and at ` + "`opens_at`" + `.`,
	Request: joinLinkExample, Example: joinStateExample,
}

var joinByLinkOp = op{
	ID: "joinByLink", Tag: "Online", Summary: "Join a session online, with the link from a mail", NoKey: true,
	Doc: `What ` + "`POST /v1/sessions/{session_id}/join`" + ` is to who has an account, with the same hours and the same answers. Opening the link must change nothing and
join nobody: send this when a person taps.`,
	Errors:  []services.Code{workshops.CodeTooEarly, workshops.CodeOver, workshops.CodeNoRoom},
	Request: workshops.JoinByLink{JoinLink: joinLinkExample}, Example: joinTicketExample,
}
