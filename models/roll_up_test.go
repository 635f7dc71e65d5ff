package models

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// october is a day of the month in which the table below takes place; its occasions are in the evening.
func october(day int) Date { return NewDate(2026, time.October, day) }

func evening(day int) time.Time { return time.Date(2026, time.October, day, 22, 0, 0, 0, time.UTC) }

func datep(d Date) *Date { return &d }

func TestAttendanceIsSummedUpOverTheDaysOfAnEnrollment(t *testing.T) {
	got, gotten := EnrollmentActive, evening(1)
	seen := func(day int) *time.Time { at := evening(day); return &at }
	type there map[int]AttendanceStatus
	const present, late, excused, absent = AttendancePresent, AttendanceLate, AttendanceExcused, AttendanceAbsent
	from := func(first, until int, ended ...int) EnrollmentPause {
		p := EnrollmentPause{FromOn: october(first), UntilOn: october(until)}
		if len(ended) > 0 {
			p.EndedOn = datep(october(ended[0]))
		}
		return p
	}
	cases := []struct {
		name     string
		state    EnrollmentState
		from, to int // 0: open
		pauses   []EnrollmentPause
		there    there
		want     RollUp
	}{
		{"nothing was offered", got, 1, 0, nil, nil, RollUp{}},
		{"all kinds", got, 1, 0, nil, there{2: present, 3: late, 4: excused, 5: absent}, RollUp{Offered: 4, Attended: 2, Excused: 1, Missed: 1, ConsecutiveAbsences: 1, LastSeenAt: seen(3)}},
		{"absences one after the other", got, 1, 0, nil, there{2: present, 3: absent, 4: excused, 5: absent}, RollUp{Offered: 4, Attended: 1, Excused: 1, Missed: 2, ConsecutiveAbsences: 2, LastSeenAt: seen(2)}},
		{"coming again ends them", got, 1, 0, nil, there{2: absent, 3: absent, 4: late}, RollUp{Offered: 3, Attended: 1, Missed: 2, LastSeenAt: seen(4)}},
		{"never there", got, 1, 0, nil, there{2: absent, 3: absent}, RollUp{Offered: 2, Missed: 2, ConsecutiveAbsences: 2}},
		{"the first and the last day are theirs", got, 3, 5, nil, there{2: present, 3: present, 5: absent, 6: absent}, RollUp{Offered: 2, Attended: 1, Missed: 1, ConsecutiveAbsences: 1, LastSeenAt: seen(3)}},
		{"one day", got, 3, 3, nil, there{2: absent, 3: present, 4: absent}, RollUp{Offered: 1, Attended: 1, LastSeenAt: seen(3)}},
		{"a pause counts no absence and no excuse", got, 1, 0, []EnrollmentPause{from(3, 5)}, there{2: absent, 3: absent, 4: excused, 5: absent}, RollUp{Offered: 2, Missed: 2, ConsecutiveAbsences: 2}},
		{"but whoever comes was there", got, 1, 0, []EnrollmentPause{from(3, 5)}, there{2: absent, 3: present, 4: absent}, RollUp{Offered: 2, Attended: 1, Missed: 1, LastSeenAt: seen(3)}},
		{"the day on which it goes on is no day of the pause", got, 1, 0, []EnrollmentPause{from(3, 5)}, there{4: absent, 5: absent}, RollUp{Offered: 1, Missed: 1, ConsecutiveAbsences: 1}},
		{"a pause that ended earlier", got, 1, 0, []EnrollmentPause{from(3, 9, 4)}, there{3: absent, 4: absent, 8: absent}, RollUp{Offered: 2, Missed: 2, ConsecutiveAbsences: 2}},
		{"a pause that never was", got, 1, 0, []EnrollmentPause{from(3, 9, 3)}, there{3: absent}, RollUp{Offered: 1, Missed: 1, ConsecutiveAbsences: 1}},
		{"two pauses", got, 1, 0, []EnrollmentPause{from(2, 3), from(5, 7)}, there{2: absent, 3: absent, 5: excused, 6: late, 7: absent}, RollUp{Offered: 3, Attended: 1, Missed: 2, ConsecutiveAbsences: 1, LastSeenAt: seen(6)}},
		{"an open pause", EnrollmentPaused, 1, 0, []EnrollmentPause{from(3, 30)}, there{2: present, 4: absent, 29: absent, 30: absent}, RollUp{Offered: 2, Attended: 1, Missed: 1, ConsecutiveAbsences: 1, LastSeenAt: seen(2)}},
		{"who completed keeps it", EnrollmentCompleted, 1, 4, nil, there{2: present, 6: absent}, RollUp{Offered: 1, Attended: 1, LastSeenAt: seen(2)}},
		{"who withdrew keeps it", EnrollmentWithdrawn, 1, 4, nil, there{2: present, 6: absent}, RollUp{Offered: 1, Attended: 1, LastSeenAt: seen(2)}},
		{"who applied was offered nothing", EnrollmentApplied, 0, 0, nil, there{2: present}, RollUp{}},
		{"nor who waits", EnrollmentWaitlisted, 1, 0, nil, there{2: present}, RollUp{}},
		{"nor who was denied", EnrollmentDenied, 0, 0, nil, there{2: present}, RollUp{}},
		{"nor who withdrew an application", EnrollmentWithdrawn, 0, 0, nil, there{2: present}, RollUp{}},
	}
	for _, c := range cases {
		e := Enrollment{State: c.state}
		if c.from > 0 {
			e.StartsOn, e.EnrolledAt = datep(october(c.from)), &gotten
		}
		if c.to > 0 {
			e.EndsOn = datep(october(c.to))
		}
		var rows []ProgramAttendance
		for day, status := range c.there { // a map: in any order
			rows = append(rows, ProgramAttendance{SourceID: uuid.New(), StartsAt: evening(day), OnDay: october(day), Status: status})
		}
		if sums := e.SumUp(c.pauses, rows); !sums.Same(c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, sums, c.want)
		}
	}
}

func TestTheBetterStatusCounts(t *testing.T) {
	order := []AttendanceStatus{"", AttendanceAbsent, AttendanceExcused, AttendanceLate, AttendancePresent}
	for i, a := range order {
		for j, b := range order {
			if got := a.Better(b); got != order[max(i, j)] {
				t.Errorf("%q and %q: %q", a, b, got)
			}
		}
	}
}
