package models

import (
	"slices"

	"github.com/google/uuid"
)

// rank orders the statuses by how much they say that somebody was there.
func (s AttendanceStatus) rank() int {
	return slices.Index([]AttendanceStatus{AttendanceAbsent, AttendanceExcused, AttendanceLate, AttendancePresent}, s)
}

// Better is the one of two statuses of one person at one occasion that counts: whoever came with one party was there,
// whatever another that expected them says.
func (s AttendanceStatus) Better(than AttendanceStatus) AttendanceStatus {
	if s.rank() < than.rank() {
		return than
	}
	return s
}

// Counts says whether attendance is summed up for the enrollment: it has, or had, a place.
func (e *Enrollment) Counts() bool {
	waits := e.State == EnrollmentApplied || e.State == EnrollmentWaitlisted || e.State == EnrollmentDenied
	return e.EnrolledAt != nil && e.StartsOn != nil && !waits
}

// SumUp adds up what the program offered the enrolled person: every occasion on a day of theirs, from the first to the
// last. What fell into a pause was not offered them, but whoever came all the same was there. there is the person's own
// attendance in the program, in any order.
func (e *Enrollment) SumUp(pauses []EnrollmentPause, there []ProgramAttendance) RollUp {
	var sums RollUp
	if !e.Counts() {
		return sums
	}
	there = slices.Clone(there)
	slices.SortFunc(there, func(a, b ProgramAttendance) int {
		if c := a.StartsAt.Compare(b.StartsAt); c != 0 {
			return c
		}
		return compareIDs(a.SourceID, b.SourceID)
	})
	for _, t := range there {
		if t.OnDay.Before(e.StartsOn.Time) || e.EndsOn != nil && t.OnDay.After(e.EndsOn.Time) {
			continue
		}
		paused := slices.ContainsFunc(pauses, func(p EnrollmentPause) bool { return p.Covers(t.OnDay) })
		if paused && !t.Status.Attended() {
			continue
		}
		sums.Add(t.Status, t.StartsAt)
	}
	return sums
}

// Same says whether two sums are equal; instants are.
func (r RollUp) Same(as RollUp) bool {
	seen := r.LastSeenAt == nil && as.LastSeenAt == nil || r.LastSeenAt != nil && as.LastSeenAt != nil && r.LastSeenAt.Equal(*as.LastSeenAt)
	r.LastSeenAt, as.LastSeenAt = nil, nil
	return seen && r == as
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
