package models

import (
	"slices"
	"testing"
)

func day(t *testing.T, s string) *Date {
	t.Helper()
	if s == "" {
		return nil
	}
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

// EraCases are the boundary days of every era; the database computes the same (see services/people).
var eraCases = []struct {
	entered, separated string
	place, from, until string
	want               []Era
}{
	{"1938-01-01", "1941-12-06", "", "", "", []Era{EraPeacetime}},
	{"1938-01-01", "1941-12-07", "", "", "", []Era{EraWorldWarII}},
	{"1946-12-31", "1948-01-01", "", "", "", []Era{EraWorldWarII}},
	{"1947-01-01", "1950-06-26", "", "", "", []Era{EraPeacetime}},
	{"1947-01-01", "1950-06-27", "", "", "", []Era{EraKorea}},
	{"1955-01-31", "1957-01-01", "", "", "", []Era{EraKorea}},
	{"1955-02-01", "1964-08-04", "", "", "", []Era{EraPeacetime}},
	{"1955-02-01", "1964-08-05", "", "", "", []Era{EraVietnam}},
	{"1975-05-07", "1979-01-01", "", "", "", []Era{EraVietnam}},
	{"1975-05-08", "1990-08-01", "", "", "", []Era{EraPeacetime}},
	{"1975-05-08", "1990-08-02", "", "", "", []Era{EraGulfWar}},
	{"1994-01-01", "2001-09-10", "", "", "", []Era{EraGulfWar}},
	{"1994-01-01", "2001-09-11", "", "", "", []Era{EraGulfWar, EraPost911}},
	{"2020-01-01", "", "", "", "", []Era{EraGulfWar, EraPost911}},
	{"1985-01-01", "", "", "", "", []Era{EraGulfWar, EraPost911}},
	{"1943-03-01", "1968-03-01", "", "", "", []Era{EraWorldWarII, EraKorea, EraVietnam}},
	// In country before the war: from 1955-11-01, and only where a deployment says so.
	{"1955-02-01", "1960-01-01", "Vietnam", "1955-06-01", "1955-10-31", []Era{EraPeacetime}},
	{"1955-02-01", "1960-01-01", "Vietnam", "1955-06-01", "1955-11-01", []Era{EraVietnam}},
	{"1955-02-01", "1960-01-01", "Saigon, South Viet-Nam", "", "", []Era{EraVietnam}},
	{"1955-02-01", "1960-01-01", "Việt Nam", "1959-06-01", "", []Era{EraVietnam}},
	{"1955-02-01", "1960-01-01", "Thailand", "1959-06-01", "", []Era{EraPeacetime}},
	{"1994-01-01", "1996-01-01", "Vietnam", "1995-01-01", "", []Era{EraGulfWar}},
}

func TestEras(t *testing.T) {
	for _, c := range eraCases {
		r := ServiceRecord{EnteredOn: *day(t, c.entered), SeparatedOn: day(t, c.separated)}
		if c.place != "" {
			r.Deployments = Deployments{{Place: c.place, From: day(t, c.from), Until: day(t, c.until)}}
		}
		if got := r.Eras(); !slices.Equal(got, c.want) {
			t.Errorf("%s to %s, %s %s–%s: %v, want %v", c.entered, c.separated, c.place, c.from, c.until, got, c.want)
		}
	}
}
