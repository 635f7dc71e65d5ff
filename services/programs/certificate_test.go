package programs_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"homefront/internal/papertest"
	"homefront/services"
	"homefront/services/programs"
)

func TestWhoGetsACertificate(t *testing.T) {
	o := newHouse(t)
	p := o.program()
	c := o.cohort(p.ID, "Fall 2026")
	member := o.person("Jonathan", "Żółw")
	o.exec(`update members set preferred_name = 'Jo' where id = $1`, member)
	id, err := o.enrollRow(p, &c.ID, member, "completed", on(2026, 3, 1), on(2026, 6, 30))
	if err != nil {
		t.Fatal(err)
	}
	mine, err := o.Certificate(o.by(member), id)
	if err != nil {
		t.Fatal(err)
	}
	lines := papertest.Lines(t, mine.Bytes)
	for _, want := range []string{"Harvesting Happiness", "Jo Żółw", "has completed", "Family Awareness", "Fall 2026", "March 1, 2026 – June 30, 2026", "10 of 12 sessions attended", "September 7, 2026"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is not in %q", want, lines)
		}
	}
	if strings.Contains(strings.Join(lines, " "), "Jonathan") {
		t.Error("the legal name is on it")
	}
	end := strings.ToUpper(id.String()[24:])
	if mine.Name != "certificate-"+end[:4]+"-"+end[4:8]+"-"+end[8:]+".pdf" {
		t.Error(mine.Name)
	}
	staffs, err := o.Certificate(o.staff(""), id)
	if err != nil || !bytes.Equal(staffs.Bytes, mine.Bytes) {
		t.Errorf("staff get another: %v", err)
	}
	if n := o.number(`select count(*) from audit_log where action in ('enrollment.certificate', 'enrollment.read_own') and outcome = 'read' and subjects @> array[$1::uuid]`, member); n != 2 {
		t.Errorf("%d looks in the log", n)
	}
	mother := o.person("Rosa", "Żółw") // how often a child was there is not told to one of two who bring it
	o.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by) values ($1, 1, $2, $2, $3, 'caregiver', $4, 'accepted', $4)`,
		services.NewID(), o.core.Clock.Now(), mother, member)
	o.exec(`update enrollments set entered_by = $2 where id = $1`, id, mother)
	hers, err := o.Certificate(o.by(mother), id)
	if err != nil || strings.Contains(strings.Join(papertest.Lines(t, hers.Bytes), " "), "sessions attended") {
		t.Errorf("%v", err)
	}
	stranger, unknown := services.NotFound("enrollment"), services.NotFound("enrollment")
	if _, err := o.Certificate(o.by(o.person("A", "Stranger")), id); code(err) != stranger.Code || err.Error() != unknown.Error() {
		t.Error(err)
	}
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, now(), $2, $3, $3)`, services.NewID(), member, o.person("Other", "Staff"))
	if _, err := o.Certificate(o.staff(""), id); code(err) != services.CodeNotFound {
		t.Errorf("of a restricted record: %v", err)
	}
	live, err := o.enrollRow(p, nil, o.person("Not", "Yet"), "active", on(2026, 3, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Certificate(o.staff(""), live); code(err) != programs.CodeNotCompleted {
		t.Error(err)
	}
}

func TestARosterComputesNothing(t *testing.T) {
	o := newHouse(t)
	p := o.program()
	c := o.cohort(p.ID, "Fall")
	for given, family := range map[string]string{"=HYPERLINK(1)": "Zed", "Ann": "Abel", "Hidden": "Person"} {
		id := o.person(given, family)
		if _, err := o.enrollRow(p, &c.ID, id, "active", on(2026, 9, 1), nil); err != nil {
			t.Fatal(err)
		}
		if given == "Hidden" {
			o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, now(), $2, $3, $3)`, services.NewID(), id, o.person("Other", "Staff"))
		}
	}
	file, err := o.Roster(o.staff(""), c.ID, programs.RosterFormat{})
	if err != nil || file.Name != "cohort-2026-09-07.csv" || !strings.HasPrefix(file.ContentType, "text/csv") {
		t.Fatalf("%+v %v", file, err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Bytes, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "name" || rows[1][0] != "Ann Abel" || rows[2][0] != "'=HYPERLINK(1) Zed" || !slices.Equal(rows[1][1:6], []string{"active", "2026-09-01", "", "10", "12"}) {
		t.Errorf("%q %v", rows, err)
	}
	file, err = o.Roster(o.staff(""), c.ID, programs.RosterFormat{Format: "xlsx"})
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	cell, err := book.GetCellValue(book.GetSheetName(0), "A3")
	formula, _ := book.GetCellFormula(book.GetSheetName(0), "A3")
	if err != nil || cell != "=HYPERLINK(1) Zed" || formula != "" {
		t.Errorf("%q %q %v", cell, formula, err)
	}
	if n := o.number(`select count(*) from audit_log where action = 'cohort.roster' and outcome = 'read' and cardinality(subjects) = 2`); n != 2 {
		t.Errorf("%d looks in the log", n)
	}
	if _, err := o.Roster(o.staff(""), services.NewID(), programs.RosterFormat{}); code(err) != services.CodeNotFound {
		t.Error(err)
	}
}
