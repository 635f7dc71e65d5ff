package api

import (
	"time"

	"homefront/models"
	"homefront/services/coaching"
)

var (
	slotDay      = models.NewDate(2026, time.December, 1)
	slotLastDay  = models.NewDate(2026, time.December, 14)
	slotsExample = []models.LocalSlot{
		{StartsAt: time.Date(2026, time.December, 1, 23, 0, 0, 0, time.UTC), EndsAt: time.Date(2026, time.December, 1, 23, 50, 0, 0, time.UTC), LocalStart: "2026-12-01T18:00", UTCOffset: "-05:00"},
		{StartsAt: time.Date(2026, time.December, 1, 23, 30, 0, 0, time.UTC), EndsAt: time.Date(2026, time.December, 2, 0, 20, 0, 0, time.UTC), LocalStart: "2026-12-01T18:30", UTCOffset: "-05:00"},
	}
	slotCoachExample = coaching.SlotCoach{ID: coachID, Name: coachSeen.Name, Specialties: coachSeen.Specialties, Languages: coachSeen.Languages, Modalities: coachSeen.Modalities, SessionMinutes: 50}
)

const howSlotsCome = `

**Days and clocks.** ` + "`from` and `to`" + ` are days of ` + "`time_zone`" + `, both counted, 62 at most; absent, 14 days from today in your own zone. Book with ` + "`starts_at`; show `local_start`" + `, which is what
the clock on the wall shows then. In the night in which clocks are set back an hour comes twice: such slots are ` + "`ambiguous`, and `utc_offset`" + ` tells the two apart. ` + "`moved`" + ` marks hours of the
coach that would have begun at a time which their clocks skip that day, and begin later by the gap.

**What is free.** The coach's weekly hours keep to the wall clock of their own zone; on a day with an override, its hours hold instead. Time off, and all that the coach is booked for, workshops
they lead too, is taken out with the buffers around it. Sessions begin every so many minutes from the start of the hours, and anew from midnight in hours that go past it. What a client cannot book
is left out: sooner than the coach's notice (` + "`notice_hours`), beyond their horizon (`bookable_until`)" + `, on days and in weeks on which they have as many sessions as they take, and days on which
a check or training of theirs is no longer current. Nothing is held for you by looking: booking answers 409 ` + "`double_booked`" + ` when somebody was faster.

**When there is nothing**, ` + "`empty`" + ` says why, and which day is the next with something free, as far ahead as can be booked: before the days you asked for when nothing comes after them.`

var getCoachSlotsOp = op{
	ID: "getCoachSlots", Tag: "Coaches", Summary: "When a coach is free",
	Doc: `The times at which a session with this coach can begin, by day. Days without any are left out.

With ` + "`engagement_id`" + `, which is what to ask for before booking, times are left out as well at which one of those who are coached has a session with another coach, and, when one of them
is under 18, those at which the coach may not see minors. An engagement that is not yours to see is 404.` + howSlotsCome,
	Cached: true,
	Example: coaching.CoachSlots{CoachID: coachID, TimeZone: "America/New_York", CoachTimeZone: "America/Chicago", From: slotDay, To: slotLastDay,
		NoticeHours: 24, BookableUntil: time.Date(2027, time.January, 24, 6, 0, 0, 0, time.UTC),
		Days: []models.SlotDay{{Day: slotDay, Slots: slotsExample}}},
}

var listCoachingSlotsOp = op{
	ID: "listCoachingSlots", Tag: "Coaches", Summary: "When any coach is free",
	Doc: `The first times at which a session with some coach can begin, by time, for people who care more for when than with whom. At the same time the coach with the fewest clients comes first.
Only coaches who would take a new client today: never yourself, and nobody close to you. ` + "`coaches`" + ` has each coach of the slots once.

` + "`limit`" + ` is how many slots there are at most; ` + "`more`" + ` says that there are more, from which you get by asking from a later day.` + howSlotsCome,
	Cached: true,
	Example: coaching.AnySlots{TimeZone: "America/New_York", From: slotDay, To: slotLastDay, Slots: []coaching.OfferedSlot{{CoachID: coachID, LocalSlot: slotsExample[0]}, {CoachID: coachID, LocalSlot: slotsExample[1]}},
		More: true, Coaches: []coaching.SlotCoach{slotCoachExample}},
}
