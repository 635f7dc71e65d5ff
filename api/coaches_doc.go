package api

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

var (
	coachID          = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc001")
	coachSupervisor  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc002")
	coachCheckedTill = models.NewDate(2027, 8, 31)
	coachSeen        = coaching.CoachView{
		Record: models.Record{ID: coachID, Version: 3, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		Name:   "Dana R.", Bio: "Army, 2003 to 2011. I coach sleep, anger and the first year at home.", Specialties: models.Texts[models.Focus]{"sleep", "anger", "transition"},
		Languages: models.Texts[string]{"en", "es"}, Modalities: models.Texts[models.Modality]{models.ModalityOnline, models.ModalityPhone}, TimeZone: "America/Chicago", TakesClients: true,
		SessionMinutes: 50, NoticeHours: 24, HorizonDays: 60, CancelNoticeHours: 24, MovesAllowed: 2,
	}
	coachExample = coachInside(coachSeen, &coaching.CoachWork{
		Status: coaching.CoachWorking, MayCoach: true, Clients: 9, CaseloadLimit: 12, Accepting: true, OnlineRoom: models.RoomURL, JoinURL: "https://meet.example.org/dana", SlotMinutes: 30, AfterMinutes: 10,
		MaxPerDay: count(5), SupervisorID: &coachSupervisor, SupervisorName: new("Ruth Mensah"), Credentials: []coaching.CoachCredential{
			{Kind: models.CredentialBackgroundCheck, Current: true, LastDay: &coachCheckedTill}, {Kind: models.CredentialCoachTraining, Current: true, LastDay: &coachCheckedTill},
			{Kind: models.CredentialCoachingAgreement, Current: true}}})
)

func coachInside(c coaching.CoachView, work *coaching.CoachWork) coaching.CoachView {
	c.Name, c.CoachWork = "Dana Reyes", work
	return c
}

const whoSeesCoaches = `

**Who sees what.** Everybody sees who coaches: first name and initial, and what helps to choose. The fields from ` + "`status`" + ` on are for the coach and for coordinators, and absent for others; they
are absent too where a coordinator is close to the coach. Whom the reader is kept apart from is not there, in no list and by no id.`

var listCoachesOp = op{
	ID: "listCoaches", Tag: "Coaches", Summary: "Who coaches here",
	Doc: `By first name. Filters narrow one another; a repeated one means any of its values. ` + "`takes_clients`" + ` says who would take a new client today: works here, is checked and trained, and has room;
` + "`accepting=true`" + ` gives those alone. When somebody is free: ` + "`GET /v1/coaches/{coach_id}/slots`" + `, or ` + "`GET /v1/coaching-slots`" + ` for any of them.

Coordinators ask for those who are suspended, archived or without an account with ` + "`status`" + `; for others these lists are empty.` + whoSeesCoaches,
	Example: services.Page[coaching.CoachView]{Data: []coaching.CoachView{coachSeen}},
}

var createCoachOp = op{
	ID: "createCoach", Tag: "Coaches", Summary: "Make somebody a coach",
	Doc: `For somebody whose account is active and has the role ` + "`coach`" + ` (422 ` + "`not_a_coach`" + ` otherwise); the id of the profile is their member id. Only ` + "`member_id`" + ` is needed:

- language and time zone are those of their record; they work by phone, online when there is a room (` + "`join_url`, or `online_room` `jitsi`" + `), in person when there is a place;
- 50 minutes every half hour, 10 minutes kept free after each, booked a day to 60 days ahead, at most 12 clients.

They take bookings as soon as they have weekly hours (` + "`POST /v1/coaches/{coach_id}/schedules`" + `) and hold a current background check, coach training and coaching agreement
(` + "`POST /v1/members/{member_id}/credentials`" + `), for clients under 18 child safety training too. Nobody makes the profile of themselves or of somebody close to them.`,
	Errors:  []services.Code{coaching.CodeCoachExists, "own_record"},
	Request: map[string]any{"member_id": coachID, "specialties": []string{"sleep", "anger"}, "languages": []string{"en", "es"}, "join_url": "https://meet.example.org/dana"},
	Example: coachExample,
}

var getCoachOp = op{
	ID: "getCoach", Tag: "Coaches", Summary: "One coach",
	Doc:     "Coaches see their own profile whatever its status; coordinators everybody's, and that they looked is in the coach's access log." + whoSeesCoaches,
	Example: coachExample,
}

var updateCoachOp = op{
	ID: "updateCoach", Tag: "Coaches", Summary: "Change how somebody coaches",
	Doc: `Coaches change their own, coordinators anybody's but that of somebody close to them. ` + "`place_visible`, `with_minors`, `caseload_limit`, `supervisor_id` and `paid`" + ` are for coordinators (422
` + "`coordinators_only`" + `); a coach who changes their place makes ` + "`place_visible`" + ` false until a coordinator has seen it.

What is booked stays as it is: lengths, buffers and rules hold for what is booked from now on, and of cancelling and moving for what is called off from now on. New ` + "`reminder_hours`" + ` hold for what is booked, too. To another ` + "`place`" + ` the answer lists in ` + "`elsewhere`" + ` what is booked at the old
one: people will go there. The coach or staff move such a session to the same hour (` + "`POST /v1/coaching-sessions/{coaching_session_id}/reschedule`" + `), and everybody is told where it is now.

The supervisor reads the coach's supervision notes as long as they are named here (` + "`GET /v1/me/supervision-notes`" + `). It is another coach, a coordinator or an admin, never somebody close to the coach (422 ` + "`not_a_supervisor`" + `), and nobody names
themselves (` + "`not_yourself`" + `). Each change is in the audit log.`,
	Errors:  []services.Code{"own_record"},
	Request: map[string]any{"bio": coachSeen.Bio, "max_per_day": 5, "after_minutes": 15},
	Example: coachExample,
}

const whatSuspends = ` Within minutes staff have a task to find other times or coaches for what is booked, and the clients hear that we will find them a new time; the sessions stay booked until staff have.`

var suspendCoachOp = op{
	ID: "suspendCoach", Tag: "Coaches", Summary: "Have a coach take nothing new",
	Doc: "They are in nobody's list any more, take no client and no booking, and find none of their clients until they are reinstated; what they send of one is 403 `coach_suspended`." + whatSuspends + ` The same happens by itself when an account is suspended or loses the role, and when a credential
lapses before the day of a session. The reason is sealed in the audit log. To end their access at once, suspend the account.`,
	Errors:  []services.Code{"own_record"},
	Request: people.StaffReason{Reason: "A complaint that we look into"},
	Example: coachExample,
}

var reinstateCoachOp = op{
	ID: "reinstateCoach", Tag: "Coaches", Summary: "Take a suspension back",
	Doc:     "What staff have found nothing else for by then stays with the coach, and the tasks about it are dropped.",
	Errors:  []services.Code{"own_record"},
	Request: people.StaffReason{Reason: "There was nothing in it"},
	Example: coachExample,
}

var archiveCoachOp = op{
	ID: "archiveCoach", Tag: "Coaches", Summary: "Keep the profile of somebody who coaches no more",
	Doc:     "Better hand their clients over first." + whatSuspends + " What they did is kept. The reason is sealed in the audit log.",
	Errors:  []services.Code{"own_record"},
	Request: people.StaffReason{Reason: "Moves to Oregon in June, and stops coaching"},
	Example: coachExample,
}

var restoreCoachOp = op{
	ID: "restoreCoach", Tag: "Coaches", Summary: "Take an archived profile into use again",
	Doc:     "Undoes the archiving; what was handed over stays so. The reason is sealed in the audit log.",
	Errors:  []services.Code{"own_record"},
	Request: people.StaffReason{Reason: "Is back, and coaches again"},
	Example: coachExample,
}
