package models

import (
	"testing"
	"time"
)

func TestWhereAProgramMayGo(t *testing.T) {
	all := []ProgramStatus{ProgramPlanned, ProgramActive, ProgramCompleted, ProgramCancelled}
	may := map[ProgramStatus]string{ // in the order of all
		ProgramPlanned:   "-+-+",
		ProgramActive:    "+-++",
		ProgramCompleted: "-+--",
		ProgramCancelled: "++--",
	}
	for _, from := range all {
		for i, to := range all {
			if want := may[from][i] == '+'; from.Becomes(to) != want {
				t.Errorf("%s becomes %s: %v", from, to, !want)
			}
			if CohortStatus(from).Becomes(CohortStatus(to)) != from.Becomes(to) {
				t.Errorf("a cohort moves otherwise from %s to %s", from, to)
			}
		}
	}
	if ProgramStatus("gone").Becomes(ProgramActive) {
		t.Error("an unknown status leads somewhere")
	}
}

func TestWhenAProgramTakesApplications(t *testing.T) {
	on := func(m time.Month, d int) *Date {
		day := NewDate(2026, m, d)
		return &day
	}
	for _, tc := range []struct {
		name string
		p    Program
		want bool
	}{
		{"open", Program{Status: ProgramActive, TakesApplications: true}, true},
		{"planned ones too", Program{Status: ProgramPlanned, TakesApplications: true}, true},
		{"not by itself", Program{Status: ProgramActive}, false},
		{"nor once it is over", Program{Status: ProgramCancelled, TakesApplications: true}, false},
		{"on the last day", Program{Status: ProgramActive, TakesApplications: true, ApplicationsCloseOn: on(9, 10)}, true},
		{"after it", Program{Status: ProgramActive, TakesApplications: true, ApplicationsCloseOn: on(9, 9)}, false},
		{"after its own last day", Program{Status: ProgramActive, TakesApplications: true, EndsOn: on(9, 9)}, false},
	} {
		if got := tc.p.OpenOn(*on(9, 10)); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}
