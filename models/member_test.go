package models

import (
	"testing"
	"time"
)

func TestPhone(t *testing.T) {
	for typed, want := range map[string]string{
		"(910) 555-0142": "+19105550142", "910.555.0142": "+19105550142", "1 910 555 0142": "+19105550142", "+1 910-555-0142": "+19105550142",
		"+44 20 7946 0018": "+442079460018", "0044 20 7946 0018": "+442079460018", " 910\u00a0555 0142 ": "+19105550142",
		"": "", "911": "", "555-0142": "", "+0 910 555 0142": "", "call me": "", "+1910555014212345": "", "2 910 555 0142": "", "+1 910 555 0142 x5": "", "٩١٠٥٥٥٠١٤٢": "",
	} {
		got, ok := Phone(typed)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v", typed, got, ok)
		}
	}
}

func TestMinorOn(t *testing.T) {
	leap := NewDate(2008, time.February, 29)
	march := NewDate(2008, time.March, 10)
	for _, tc := range []struct {
		name  string
		born  *Date
		kinds []Kind
		on    Date
		want  bool
	}{
		{"the day before", &march, nil, NewDate(2026, time.March, 9), true},
		{"the birthday", &march, nil, NewDate(2026, time.March, 10), false},
		{"a leap day in a common year, 28 February", &leap, nil, NewDate(2026, time.February, 28), true},
		{"a leap day in a common year, 1 March", &leap, nil, NewDate(2026, time.March, 1), false},
		{"no birth date, a child", nil, []Kind{KindChild}, NewDate(2026, time.March, 1), true},
		{"no birth date", nil, []Kind{KindVeteran}, NewDate(2026, time.March, 1), false},
		{"a grown child", &march, []Kind{KindChild}, NewDate(2030, time.March, 1), false},
	} {
		if got := (&Member{BirthDate: tc.born, Kinds: tc.kinds}).MinorOn(tc.on); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestDayIn(t *testing.T) {
	now := time.Date(2026, time.March, 10, 2, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{"America/New_York": "2026-03-09", "UTC": "2026-03-10", "Pacific/Kiritimati": "2026-03-10", "Nowhere/Else": "2026-03-10"} {
		if got := DayIn(now, zone).String(); got != want {
			t.Errorf("%s: %s", zone, got)
		}
	}
}

func TestGuardianshipInForce(t *testing.T) {
	born, on := NewDate(2015, time.May, 5), NewDate(2026, time.March, 3)
	child := Member{BirthDate: &born, Status: MemberActive}
	dead := child
	dead.Status = MemberDeceased
	yesterday := NewDate(2026, time.March, 2)
	for _, tc := range []struct {
		name  string
		g     Guardianship
		child Member
		want  bool
	}{
		{"claimed", Guardianship{Status: GuardianshipClaimed}, child, true},
		{"confirmed", Guardianship{Status: GuardianshipConfirmed}, child, true},
		{"refused", Guardianship{Status: GuardianshipRefused}, child, false},
		{"ended", Guardianship{Status: GuardianshipEnded}, child, false},
		{"until today", Guardianship{Status: GuardianshipConfirmed, Until: &on}, child, true},
		{"until yesterday", Guardianship{Status: GuardianshipConfirmed, Until: &yesterday}, child, false},
		{"of a child who died", Guardianship{Status: GuardianshipConfirmed}, dead, false},
	} {
		if got := tc.g.InForce(&tc.child, on); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestName(t *testing.T) {
	lou := "Lou"
	for want, m := range map[string]Member{"Luis Ortega": {GivenName: "Luis", FamilyName: "Ortega"}, "Lou Ortega": {GivenName: "Luis", FamilyName: "Ortega", PreferredName: &lou}, "Lou": {GivenName: "Luis", PreferredName: &lou}} {
		if got := m.Name(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
