package paper_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"homefront/internal/papertest"
	"homefront/services"
	"homefront/services/paper"
)

func code(err error) services.Code {
	var e *services.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

var at = time.Date(2026, 10, 27, 22, 0, 0, 0, time.UTC)

// keep leaves a document where PAPER_DIR says, for somebody to look at.
func keep(t *testing.T, name string, pdf []byte) {
	t.Helper()
	if dir := os.Getenv("PAPER_DIR"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func picture(t *testing.T, text string) []byte {
	t.Helper()
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := barcode.Scale(c, 300, 300)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, image.Image(scaled)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func modules(t testing.TB, text string) [][]bool {
	t.Helper()
	c, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]bool, c.Bounds().Dy())
	for y := range rows {
		for x := range c.Bounds().Dx() {
			r, _, _, _ := c.At(x, y).RGBA()
			rows[y] = append(rows[y], r == 0)
		}
	}
	return rows
}

func BenchmarkBadgesWithCodes(b *testing.B) {
	sheets := paper.Badges{Organization: "Harvesting Happiness for Heroes", At: at}
	for i := range 2_000 {
		sheets.Badges = append(sheets.Badges, paper.Badge{Name: "Ann B.", Code: modules(b, fmt.Sprintf("HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2L%04d", i))})
	}
	for b.Loop() {
		pdf, err := sheets.PDF()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(pdf)), "bytes")
	}
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
		c := paper.Certificate{Organization: "Harvesting Happiness", Title: "Certificate of Completion", Name: name, Did: "has completed", What: "Battle Buddy (spring)",
			Lines: []string{"10 of 12 sessions attended"}, Day: "December 11, 2026", Number: "6A2F-0C9B-F001", At: at}
		pdf, err := c.PDF()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := papertest.Lines(t, pdf)
		if !slices.Contains(lines, want) || !slices.Contains(lines, "Battle Buddy (spring)") || !slices.Contains(lines, "No. 6A2F-0C9B-F001") {
			t.Errorf("%s: %q", name, lines)
		}
		for range 3 {
			if again, err := c.PDF(); err != nil || !bytes.Equal(pdf, again) {
				t.Fatalf("%s: other bytes the second time %v", name, err)
			}
		}
	}
	pdf, err := paper.Certificate{Organization: "希望 🧘", Title: "Certificate", Name: "Lee", What: "Yoga 🧘 outdoors", At: at}.PDF()
	if err != nil || !slices.Contains(papertest.Lines(t, pdf), "Yoga outdoors") || !slices.Contains(papertest.Lines(t, pdf), "Xi Wang") {
		t.Errorf("what is no name: %v", err)
	}
	_, err = paper.Certificate{Name: "李 小龍 Lee", At: at}.PDF()
	if code(err) != paper.CodeNotPrintable || !strings.Contains(err.Error(), "李小龍") {
		t.Errorf("letters that are not there: %v", err)
	}
}

func TestSheetsShowEveryNameInLettersThatStaffCanRead(t *testing.T) {
	for name, want := range map[string]string{
		"Nguyễn Thị Ánh":  "Nguyễn Thị Ánh",
		"Łukasz":          "Łukasz",
		"Ωmega":           "Ωmega",
		"Дмитрий":         "Дмитрий",
		"김민수":             "Gimminsu",
		"محمد":            "Mhmd",
		"علي":             "Ly",
		"שרה Cohen":       "Shrh Cohen",
		"李小龙":             "Li Xiao Long",
		"O’Neill-Łukasik": "O’Neill-Łukasik",
		"Jo 😀":            "Jo",
		"😀":               "",
		"\u202eevil":      "evil",
		" Ann\tB\nC ":     "Ann B C",
	} {
		if got := paper.Readable(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestASignInSheetHasEverybodyOnNumberedPages(t *testing.T) {
	names := []string{"Nguyễn T.", "Łukasz W.", "Ωmega K.", "Дмитрий П.", "김민수 G.", "محمد ع.", strings.Repeat("Maximiliana ", 5) + "W.", "Bo"}
	s := paper.SignInSheet{Organization: "Harvesting Happiness for Heroes", Title: "Living with Hypervigilance: " + strings.Repeat("an evening for families ", 5), When: "Tuesday, October 27, 2026, 6:00 PM – 7:30 PM EDT",
		Where: "Haymount Community House, 212 Hay St, Fayetteville, NC 28301", WithModes: true, Blank: 8, At: at}
	for i := range 500 {
		row := paper.SignInRow{Name: names[i%len(names)], Kind: "adult", Mode: "in person"}
		if i%7 == 3 {
			row.Kind, row.Mode, row.Note = "child", "online", "takes part online"
		}
		s.Rows = append(s.Rows, row)
	}
	began := time.Now()
	pdf, err := s.PDF()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in %s", len(pdf), time.Since(began))
	keep(t, "sheet.pdf", pdf)
	lines := papertest.Lines(t, pdf)
	pages := 0
	for _, l := range lines {
		if strings.HasPrefix(l, "Page ") {
			pages++
		}
	}
	if pages != 22 || !slices.Contains(lines, "Page 22 of 22") || !slices.Contains(lines, "Gimminsu G.") {
		t.Errorf("%d pages, %q", pages, lines[:40])
	}
	for _, n := range []string{"1", "500", "508", "Nguyễn T.", "Дмитрий П."} {
		if !slices.Contains(lines, n) {
			t.Errorf("%q is not on it", n)
		}
	}
	for range 2 {
		if again, err := s.PDF(); err != nil || !bytes.Equal(again, pdf) {
			t.Fatal("other bytes the second time")
		}
	}
	s.Rows, s.WithModes = nil, false
	if pdf, err = s.PDF(); err != nil || !slices.Contains(papertest.Lines(t, pdf), "Page 1 of 1") {
		t.Errorf("nobody expected: %v", err)
	}
	keep(t, "sheet-empty.pdf", pdf)
}

func TestBadgesFillWholeSheets(t *testing.T) {
	b := paper.Badges{Organization: "Harvesting Happiness for Heroes", At: at}
	for i, name := range []string{"Nguyễn T.", "Łukasz W.", "Ωmega K.", "Дмитрий П.", "김민수 G.", "محمد L.", "Wolfeschlegelsteinhausenbergerdorff W.", "Maria del Carmen Guadalupe R.", "Bo", "Jo K."} {
		one := paper.Badge{Name: name}
		if i%2 == 1 {
			one.Code = modules(t, fmt.Sprintf("HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI%d", i))
		}
		b.Badges = append(b.Badges, one)
	}
	pdf, err := b.PDF()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "badges.pdf", pdf)
	lines := papertest.Lines(t, pdf)
	heads := 0
	for _, l := range lines {
		if l == b.Organization {
			heads++
		}
	}
	if heads != 16 || !slices.Contains(lines, "Bo") || !slices.Contains(lines, "Mhmd L.") || len(papertest.Drawn(t, pdf)) != 5 {
		t.Errorf("%d badges, %d codes: %q", heads, len(papertest.Drawn(t, pdf)), lines)
	}
}

func TestACertificateShowsWhereItCanBeChecked(t *testing.T) {
	c := paper.Certificate{Organization: "Harvesting Happiness for Heroes", Title: "Certificate of Attendance", Name: "Nguyễn Thị Ánh", Did: "has attended", What: "Living with Hypervigilance",
		Lines: []string{"October 27, 2026 – December 8, 2026", "6 of 7 sessions, 9 hours"}, Small: slices.Repeat([]string{"Oct 27 (1 h 30 min)"}, 40), Day: "December 9, 2026",
		Number: "7ZQK-91XM-4T0C-VE5H-2BWD-R8GN-3P", Check: "https://app.homefront.example/v1/certificates/verify/7ZQK91XM4T0CVE5H2BWDR8GN3P", At: at}
	c.QR = picture(t, c.Check)
	pdf, err := c.PDF()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, "certificate.pdf", pdf)
	lines := papertest.Lines(t, pdf)
	if !slices.Contains(lines, c.Check) || !slices.Contains(lines, "No. "+c.Number) || bytes.Count(pdf, []byte("/Subtype /Image")) != 1 {
		t.Errorf("%q", lines)
	}
}
