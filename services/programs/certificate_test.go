package programs_test

import (
	"bytes"
	"compress/zlib"
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"homefront/services"
	"homefront/services/programs"
)

var (
	streams = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
	shown   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
	escaped = regexp.MustCompile(`(?s)\\(.)`)
)

// textOf is what a certificate says, line by line: the text of its pages is UTF-16 in compressed streams.
func textOf(t *testing.T, pdf []byte) (lines []string) {
	t.Helper()
	for _, s := range streams.FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(s[1]))
		if err != nil {
			continue
		}
		page, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range shown.FindAllSubmatch(page, -1) {
			raw := escaped.ReplaceAllFunc(text[1], func(b []byte) []byte {
				if b[1] == 'r' {
					return []byte{'\r'}
				}
				return b[1:]
			})
			units := make([]uint16, len(raw)/2)
			for i := range units {
				units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
			}
			lines = append(lines, string(utf16.Decode(units)))
		}
	}
	return lines
}

func TestCertificatesShowNamesAsWellAsTheyCan(t *testing.T) {
	at := time.Date(2026, 12, 11, 17, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{
		"Nguyễn Thị Ánh":           "Nguyễn Thị Ánh",
		"Đặng Hữu Phước":           "Đặng Hữu Phước",
		"Žofie Dvořáková":          "Žofie Dvořáková",
		"José Muñoz":               "José Muñoz",
		"Jose\u0301 Mun\u0303oz":   "José Muñoz",
		"Олександр Щербаченко":     "Олександр Щербаченко",
		"Ελένη Παπαδοπούλου":       "Ελένη Παπαδοπούλου",
		"Keʻalohi O’Neill-Łukasik": "Ke‘alohi O’Neill-Łukasik",
		strings.Repeat("Maximiliana Wolfeschlegelsteinhausen ", 3) + "Smith": strings.Repeat("Maximiliana Wolfeschlegelsteinhausen ", 3) + "Smith",
	} {
		c := programs.Certificate{Organization: "Harvesting Happiness", Title: "Certificate of Completion", Name: name, Did: "has completed", What: "Battle Buddy (spring)",
			Lines: []string{"10 of 12 sessions attended"}, Day: "December 11, 2026", Number: "6A2F-0C9B-F001", At: at}
		pdf, err := c.PDF()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := textOf(t, pdf)
		if !slices.Contains(lines, want) || !slices.Contains(lines, "Battle Buddy (spring)") || !slices.Contains(lines, "No. 6A2F-0C9B-F001") {
			t.Errorf("%s: %q", name, lines)
		}
		for range 3 {
			if again, err := c.PDF(); err != nil || !bytes.Equal(pdf, again) {
				t.Fatalf("%s: other bytes the second time %v", name, err)
			}
		}
	}
	_, err := programs.Certificate{Name: "李 小龍 Lee", At: at}.PDF()
	if code(err) != programs.CodeNotPrintable || !strings.Contains(err.Error(), "李小龍") {
		t.Errorf("letters that are not there: %v", err)
	}
}

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
	lines := textOf(t, mine.Bytes)
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
	if err != nil || strings.Contains(strings.Join(textOf(t, hers.Bytes), " "), "sessions attended") {
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
