package models

import (
	"slices"
	"testing"
	"time"
)

func TestOnlyAWaitingPartyIsLiveWithoutSeats(t *testing.T) {
	for _, s := range RegistrationStates() {
		if s.Live() != (s.HoldsSeats() || s == RegistrationWaitlisted) {
			t.Errorf("%s", s)
		}
		for _, next := range registrationMoves[s] {
			if !slices.Contains(RegistrationStates(), next) || next == s {
				t.Errorf("%s becomes %s", s, next)
			}
		}
		if !s.Live() && s.Becomes(RegistrationOffered) {
			t.Errorf("what is %s is offered seats", s)
		}
	}
}

func TestInitialed(t *testing.T) {
	for _, c := range []struct{ given, family, want string }{
		{"Luis", "Ortega", "Luis O."}, {"Rosa Ortega", "", "Rosa O."}, {"Maya", "", "Maya"}, {"Ana", "ñandú", "Ana Ñ."}, {" Ana ", " ", "Ana"}, {"", "", ""},
	} {
		if got := Initialed(c.given, c.family); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.given, c.family, got, c.want)
		}
	}
}

func TestTheSumsOfAttendance(t *testing.T) {
	var r RollUp
	if r.Rate() != nil {
		t.Error("a rate before the first session")
	}
	day := time.Date(2026, 10, 27, 22, 0, 0, 0, time.UTC)
	for i, s := range []AttendanceStatus{AttendanceAbsent, AttendancePresent, AttendanceAbsent, AttendanceExcused, AttendanceAbsent} {
		r.Add(s, day.AddDate(0, 0, 7*i))
	}
	if r.Offered != 5 || r.Attended != 1 || r.Excused != 1 || r.Missed != 3 || r.ConsecutiveAbsences != 2 || !r.LastSeenAt.Equal(day.AddDate(0, 0, 7)) || *r.Rate() != 0.25 {
		t.Errorf("%+v", r)
	}
}
