package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

var (
	coachScheduleExample = coaching.CoachScheduleView{
		CoachSchedule: models.CoachSchedule{Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc011"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
			CoachID: coachID, Name: "School year", TimeZone: "America/Chicago", StartsOn: models.NewDate(2026, time.September, 7)},
		Hours: []models.CoachHours{{Rule: "FREQ=WEEKLY;BYDAY=MO,WE", FromTime: "16:00", UntilTime: "20:00"}, {Rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", FromTime: "09:00", UntilTime: "12:00"}},
	}
	coachDayExample = models.CoachOverride{Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc012"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		CoachID: coachID, Day: models.NewDate(2026, time.December, 23), TimeZone: "America/Chicago", Windows: models.Texts[string]{"09:00-12:00"}}
	coachTimeOffExample = models.CoachTimeOff{Record: models.Record{ID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc013"), Version: 1, CreatedAt: plannedAt, UpdatedAt: plannedAt},
		CoachID: coachID, StartsAt: time.Date(2026, time.December, 24, 6, 0, 0, 0, time.UTC), EndsAt: time.Date(2027, time.January, 2, 6, 0, 0, 0, time.UTC), Note: "Family visit"}
	coachOutsideExample = []coaching.OutsideSession{{SessionID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc021"), EngagementID: uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bc022"),
		State: models.CoachingBooked, StartsAt: time.Date(2026, time.December, 28, 22, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, time.December, 28, 22, 50, 0, 0, time.UTC), Why: models.OutsideTimeOff}}
)

const nothingCalledOff = `

` + "`outside`" + ` lists what is booked with the coach and does not lie in their hours now, or lies in their time off. Nothing is called off by itself: move it or call it off.`

const whoKeepsHours = " Coaches keep their own, coordinators anybody's but those of somebody close to them."

var getCoachAvailabilityOp = op{
	ID: "getCoachAvailability", Tag: "Coaches", Summary: "When a coach works",
	Doc: `Weekly hours, other hours on single days, and time off, all from now on. For the coach and coordinators; what clients ask is ` + "`GET /v1/coaches/{coach_id}/slots`" + `.

- The hours of all **schedules** add up. They hold by the clock on the wall of each schedule's zone, summer and winter.
- An **override** is what holds on its day in place of all schedules: its windows, or nothing when there are none.
- **Time off** takes away whatever is left.` + nothingCalledOff,
	Errors: []services.Code{"own_record"},
	Example: coaching.CoachAvailability{CoachID: coachID, TimeZone: "America/Chicago", Schedules: []coaching.CoachScheduleView{coachScheduleExample}, Overrides: []models.CoachOverride{coachDayExample},
		TimeOff: []models.CoachTimeOff{coachTimeOffExample}, Outside: coachOutsideExample},
}

var createCoachScheduleOp = op{
	ID: "createCoachSchedule", Tag: "Coaches", Summary: "Add weekly hours",
	Doc: `Each of ` + "`hours`" + ` is a weekly rule of RFC 5545 and from when to when it holds on its days: ` + "`FREQ=WEEKLY;BYDAY=MO,WE`" + `, every other week with ` + "`INTERVAL=2`" + `. Weeks are skipped from the
week of ` + "`starts_on`" + ` on, which begins on a Monday unless ` + "`WKST`" + ` says otherwise. ` + "`COUNT` and `UNTIL`" + ` are refused: the schedule has a first and a last day. Hours that overlap are one.

Hours past midnight are two: until ` + "`24:00`" + `, and from ` + "`00:00`" + ` of the next day. A time that the clocks skip is read as RFC 5545 does: later by the gap.` + whoKeepsHours + nothingCalledOff,
	Errors: []services.Code{coaching.CodeTooManyHours, "own_record"},
	Request: coaching.NewCoachSchedule{Name: "School year", TimeZone: "America/Chicago", StartsOn: &coachScheduleExample.StartsOn,
		Hours: []coaching.CoachHoursInput{{Rule: "FREQ=WEEKLY;BYDAY=MO,WE", FromTime: "16:00", UntilTime: "20:00"}, {Rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", FromTime: "09:00", UntilTime: "12:00"}}},
	Example: coaching.CoachScheduleSaved{CoachScheduleView: coachScheduleExample, Outside: []coaching.OutsideSession{}},
}

var getCoachScheduleOp = op{
	ID: "getCoachSchedule", Tag: "Coaches", Summary: "Weekly hours of a coach",
	Doc:     "For the coach and coordinators.",
	Errors:  []services.Code{"own_record"},
	Example: coachScheduleExample,
}

var updateCoachScheduleOp = op{
	ID: "updateCoachSchedule", Tag: "Coaches", Summary: "Change weekly hours",
	Doc:     "What is absent stays; `hours` are replaced whole." + whoKeepsHours + nothingCalledOff,
	Errors:  []services.Code{coaching.CodeTooManyHours, "own_record"},
	Request: map[string]any{"hours": []map[string]any{{"rule": "FREQ=WEEKLY;BYDAY=TU", "from_time": "16:00", "until_time": "20:00"}}},
	Example: coaching.CoachScheduleSaved{CoachScheduleView: coachScheduleExample, Outside: coachOutsideExample},
}

var deleteCoachScheduleOp = op{
	ID: "deleteCoachSchedule", Tag: "Coaches", Summary: "Take weekly hours away",
	Doc:    "What is booked in them stays, and is in `outside` of the coach's availability." + whoKeepsHours,
	Errors: []services.Code{"own_record"},
}

var setCoachOverrideOp = op{
	ID: "setCoachOverride", Tag: "Coaches", Summary: "Other hours on one day", NoMatch: true,
	Doc: `In place of what the schedules say of that day, from its midnight to the next in ` + "`time_zone`" + `; no windows are a day without sessions. The whole day is sent each time, so a phone may repeat it. From today
to two years ahead.` + whoKeepsHours + nothingCalledOff,
	Errors:  []services.Code{coaching.CodeTooManyHours, "own_record"},
	Request: coaching.SetOverride{Windows: []string{"09:00-12:00"}},
	Example: coaching.CoachOverrideSaved{CoachOverride: coachDayExample, Outside: []coaching.OutsideSession{}},
}

var deleteCoachOverrideOp = op{
	ID: "deleteCoachOverride", Tag: "Coaches", Summary: "Have the usual hours hold on a day", NoMatch: true,
	Doc:    "The schedules hold again. What is booked stays." + whoKeepsHours,
	Errors: []services.Code{"own_record"},
}

var createCoachTimeOffOp = op{
	ID: "createCoachTimeOff", Tag: "Coaches", Summary: "Add time off",
	Doc:     "Those who are coached can book no session that reaches into it; the coach and coordinators can, as outside any hours. A year at most. The note is for the coach and coordinators." + whoKeepsHours + nothingCalledOff,
	Errors:  []services.Code{coaching.CodeTooManyHours, "own_record"},
	Request: coaching.NewCoachTimeOff{StartsAt: coachTimeOffExample.StartsAt, EndsAt: coachTimeOffExample.EndsAt, Note: coachTimeOffExample.Note},
	Example: coaching.CoachTimeOffSaved{CoachTimeOff: coachTimeOffExample, Outside: coachOutsideExample},
}

var getCoachTimeOffOp = op{
	ID: "getCoachTimeOff", Tag: "Coaches", Summary: "Time off of a coach",
	Doc:     "For the coach and coordinators.",
	Errors:  []services.Code{"own_record"},
	Example: coachTimeOffExample,
}

var deleteCoachTimeOffOp = op{
	ID: "deleteCoachTimeOff", Tag: "Coaches", Summary: "Take time off back",
	Doc:    "The hours hold again." + whoKeepsHours,
	Errors: []services.Code{"own_record"},
}
