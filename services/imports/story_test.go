package imports_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"homefront/models"
	"homefront/services/imports"
)

// dirty is a spreadsheet as real ones are, with what each row must turn out to be.
type dirty struct {
	*rand.Rand
	rows   [][]string
	fates  []models.Fate
	people int // whom the rows with the fate create bring, relatives too
	known  []models.Member
	n      int
}

var (
	givens    = strings.Fields("Luis Ana María José Siobhán Jürgen Thanh Kwame Olga Björn Chloé Dmitri Fatima Grace Hiro Ines Jamal Kateri Lars Mei")
	syllables = strings.Fields("bar cor dal fen gor hul jan kel mor nes por quin ras sol tur vel wen yar zan bri")
)

// human is a new person of the sheet.
type human struct {
	given, family, email, phone string
	born                        time.Time
}

func (d *dirty) human() human {
	d.n++
	family := syllables[d.n%20] + syllables[d.n/20%20] + syllables[d.n/400%20]
	h := human{given: givens[d.IntN(len(givens))], family: strings.ToUpper(family[:1]) + family[1:], email: fmt.Sprintf("p%d@mail%d.example", d.n, d.n%7), phone: fmt.Sprintf("+1910%03d%04d", 200+d.n/10000, d.n%10000),
		born: time.Date(1945+d.IntN(55), time.Month(1+d.IntN(12)), 1+d.IntN(28), 0, 0, 0, 0, time.UTC)}
	return h
}

func (d *dirty) name(h human) string {
	switch d.IntN(6) {
	case 0:
		return h.family + ", " + h.given
	case 1:
		return strings.ToUpper(h.given + " " + h.family)
	case 2:
		return "Mr. " + h.given + " Q. " + h.family
	case 3:
		return "SGT (Ret) " + strings.ToLower(h.given+" "+h.family)
	case 4:
		return "  " + h.family + " ,  " + h.given + " X."
	}
	return h.given + " " + h.family
}

func (d *dirty) date(t time.Time) string {
	return t.Format([]string{"01/02/2006", "2006-01-02", "2-Jan-06", "January 2 2006", "1/2/2006", "20060102", "Jan 2, 2006"}[d.IntN(7)])
}

func (d *dirty) phone(p string) string {
	a, b, c := p[2:5], p[5:8], p[8:]
	return []string{"(" + a + ") " + b + "-" + c, a + "." + b + "." + c, a + b + c, "1-" + a + "-" + b + "-" + c, p, a + "-" + b + "-" + c + " x12"}[d.IntN(6)]
}

var header = []string{"Veteran Name", "DOB", "E-mail", "Cell Phone", "City", "Branch", "Date entered", "Spouse Name", "Spouse Email", "Child 1", "Child 1 DOB", "Child 2", "SSN", "Notes"}

func (d *dirty) row(h human, fate models.Fate) []string {
	row := make([]string, len(header))
	row[0], row[1], row[2], row[3] = d.name(h), d.date(h.born), h.email, d.phone(h.phone)
	row[4], row[5] = "Fayetteville", []string{"USMC", "Army Guard", "Air Force", "", "Navy Reserve"}[d.IntN(5)]
	row[12], row[13] = fmt.Sprintf("%03d-45-6789", 100+d.IntN(500)), []string{"", "call, first", "said \"hi\"\ntwice", "=1+1"}[d.IntN(4)]
	d.rows, d.fates = append(d.rows, row), append(d.fates, fate)
	if fate == models.FateCreate {
		d.people++
	}
	return row
}

// sheet makes 2,000 rows. What repeats others stands below them.
func sheet(seed uint64) *dirty {
	d := &dirty{Rand: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // a fixed seed is the point
	var first []human
	for n := range 1_550 {
		h := d.human()
		row := d.row(h, models.FateCreate)
		first = append(first, h)
		if n%10 == 0 { // a family in one row
			d.people += 3
			row[6], row[7], row[8] = "7/7/1999", givens[n%20]+"-Ann", fmt.Sprintf("spouse%d@mail.example", n)
			row[9], row[10], row[11] = "Kim", d.date(time.Date(2012, 8, 2, 0, 0, 0, 0, time.UTC)), "Sam "+h.family
		}
		if n%10 == 1 { // a couple in one cell
			d.people++
			row[0] = h.given + " & Pat " + h.family
		}
	}
	for n := range 110 {
		row := d.row(d.human(), models.FateError)
		switch n % 4 {
		case 0:
			row[2] = "not an address"
		case 1:
			row[1] = "13/13/1980"
		case 2:
			row[3] = "555-01"
		case 3:
			row[0] = ""
		}
	}
	d.recognized()
	d.Shuffle(len(d.rows), func(a, b int) {
		d.rows[a], d.rows[b], d.fates[a], d.fates[b] = d.rows[b], d.rows[a], d.fates[b], d.fates[a]
	})
	for n := range 120 { // the same person once more, written otherwise, and with a number or a date alone
		h := first[n*3+2]
		row := d.row(h, models.FateDuplicate)
		row[4], row[1+n%3] = "Raeford", ""
		row[0] = "ms. " + h.given + " " + h.family
	}
	for n := range 40 {
		copied := append([]string{}, d.rows[n*7]...)
		if d.fates[n*7] != models.FateCreate {
			copied = append([]string{}, d.rows[1659+n]...)
		}
		d.rows, d.fates = append(d.rows, copied), append(d.fates, models.FateSkipped)
	}
	return d
}

// recognized are rows about people whom we have.
func (d *dirty) recognized() {
	have := func(h human, city string) models.Member {
		b := models.DateOf(h.born)
		m := models.Member{GivenName: h.given, FamilyName: h.family, BirthDate: &b, Email: &h.email, Phone: &h.phone, Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive}
		m.City = city
		if city != "" {
			m.Country = "US"
		}
		d.known = append(d.known, m)
		return m
	}
	for range 70 {
		h := d.human()
		have(h, "")
		d.row(h, models.FateUpdate)
	}
	for range 50 {
		h := d.human()
		have(h, "Fayetteville")
		d.row(h, models.FateUnchanged)[5] = ""
	}
	for range 60 { // a letter less in the name, another address, another number: somebody has to look
		h := d.human()
		have(h, "")
		h.family, h.email, h.phone = h.family[:4]+h.family[5:], "new."+h.email, strings.Replace(h.phone, "+1910", "+1704", 1)
		d.row(h, models.FateDuplicate)
	}
}

func (d *dirty) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(header)
	_ = w.WriteAll(d.rows)
	return b.String()
}

// tables counts what an import may write.
func (o *office) tables() map[string]int {
	o.Helper()
	out := map[string]int{}
	for _, m := range models.All() {
		switch m.(type) {
		case models.Import, models.ImportRow, models.AuditEntry, models.AuditLink, models.RateLimit, models.SubjectKey, models.Export:
			continue
		}
		out[m.TableName()] = o.count("select count(*) from " + m.TableName())
	}
	return out
}

// picture is what the members say, their versions aside.
func (o *office) picture() string {
	o.Helper()
	var all string
	err := o.core.Writes().QueryRow(o.Context(), `select coalesce(md5(string_agg((to_jsonb(m) - 'version' - 'updated_at')::text, '|' order by id)), '') from members m`).Scan(&all)
	if err != nil {
		o.Fatal(err)
	}
	return all
}

func TestTwoThousandDirtyRows(t *testing.T) {
	o := open(t)
	d := sheet(7)
	if len(d.rows) != 2_000 {
		t.Fatalf("%d rows", len(d.rows))
	}
	for _, m := range d.known {
		o.known(m)
	}
	tables, picture := o.tables(), o.picture()
	text := d.csv()

	began := time.Now()
	v := o.upload(text)
	t.Logf("read and checked in %s", time.Since(began))
	o.judgedAs(v, d)
	if o.picture() != picture || !maps.Equal(o.tables(), tables) {
		t.Fatal("the dry run wrote")
	}
	if n := o.count(`select count(*) from import_rows where cells::text ~ '\d{3}-\d{2}-\d{4}'`) + o.count(`select count(*) from imports where columns::text ~ '-45-6789'`); n != 0 {
		t.Errorf("%d rows keep an SSN", n)
	}
	// The same people again: half of those the sheet itself repeats are merged into one, the rest stay undecided.
	decided := must[*imports.RowsDecided](t)(o.imports.DecideRows(o.as(o.boss), v.ID, imports.DecideRows{Decision: models.DecideUpdate, MinScore: 95}))
	if decided.Rows == 0 || decided.Rows >= 180 {
		t.Errorf("%d decided", decided.Rows)
	}

	o.killedHalfWay(v)
	done := o.get(v.ID)
	if done.Status != models.ImportDone || done.States["pending"] != 0 {
		t.Fatalf("%s %v", done.Status, done.States)
	}
	if got, want := o.count(`select count(*) from members`)-tables["members"], d.people; got != want {
		t.Errorf("%d people came, want %d", got, want)
	}
	if got := o.count(`select count(*) from guardianships where status = 'claimed'`); got != 2*155 {
		t.Errorf("%d guardianships", got)
	}
	if n := o.count(`select count(*) from relationships r join members a on a.id = r.member_id join members b on b.id = r.other_id where not (b.kinds @> '{child}')`); n != 0 {
		t.Errorf("%d ties between adults", n)
	}
	if n := o.count(`select count(*) from messages`); n != 0 {
		t.Errorf("%d messages to people who were imported", n)
	}
	if n := o.count(`select count(*) from audit_log where action = 'import.run' and cardinality(subjects) > 0`); n < 4 {
		t.Errorf("%d batches in the log", n)
	}

	// The same file once more changes nothing.
	after, written := o.tables(), o.picture()
	again := o.upload(text)
	if again.Fates["create"] != 0 || again.Fates["update"] != 0 {
		t.Errorf("the same file again: %v", again.Fates)
		for n, r := range o.rows(again.ID, imports.RowFilter{Fate: []models.Fate{models.FateCreate, models.FateUpdate}}) {
			t.Logf("%d %+v", n, r)
			break
		}
	}
	o.run(again.ID)
	if o.picture() != written || !maps.Equal(o.tables(), after) {
		t.Error("the same file again changed something")
	}

	began = time.Now()
	back := o.rollBack(v.ID)
	t.Logf("rolled back in %s", time.Since(began))
	if back.Status != models.ImportRolledBack || back.States["kept"] != 0 {
		t.Errorf("%s %v", back.Status, back.States)
		for n, r := range o.rows(back.ID, imports.RowFilter{State: []models.RowState{models.RowKept}}) {
			t.Logf("%d %+v", n, r)
		}
	}
	if got := o.tables(); !maps.Equal(got, tables) {
		t.Errorf("left behind: %v, before %v", got, tables)
	}
	if o.picture() != picture {
		t.Error("the members are not as they were")
	}
	// Taken back is not written: the file can be imported again.
	if third := o.upload(text); third.Fates["create"] != v.Fates["create"] || third.Fates["update"] != v.Fates["update"] {
		t.Errorf("after the roll-back: %v, first %v", third.Fates, v.Fates)
	}
}

// judgedAs holds every row's fate against what it was made to be.
func (o *office) judgedAs(v *imports.ImportView, d *dirty) {
	o.Helper()
	want := map[string]int{}
	for _, f := range d.fates {
		want[string(f)]++
	}
	if !maps.Equal(want, v.Fates) {
		o.Errorf("the fates are %v, want %v", v.Fates, want)
	}
	numbers, wrong := o.numbers(v), 0
	for n, r := range o.rows(v.ID, imports.RowFilter{}) {
		if at, ok := numbers[n]; !ok || *r.Fate != d.fates[at] {
			if wrong++; wrong < 5 {
				o.Errorf("row %d is %s, want %s: %q %+v", n, *r.Fate, d.fates[at], d.rows[at], r)
			}
		}
		for _, issue := range r.Errors {
			if *r.Fate == models.FateError && issue.Cell == "" {
				o.Errorf("row %d: no cell is named: %+v", n, issue)
			}
		}
	}
}

// numbers are the places of the rows by the spreadsheet's numbers: the header is row 1, and none is empty.
func (o *office) numbers(v *imports.ImportView) map[int]int {
	out := map[int]int{}
	for n := range v.Rows {
		out[n+2] = n
	}
	return out
}

// killedHalfWay writes on a second server that dies in the middle, then goes on with the first.
func (o *office) killedHalfWay(v *imports.ImportView) {
	o.Helper()
	must[*imports.ImportView](o.T)(o.imports.Run(o.as(o.boss), v.ID))
	other := o.second()
	ctx, kill := context.WithCancel(o.Context())
	defer kill()
	died := make(chan error)
	go func() {
		_, err := other.core.RunDue(ctx, noon)
		died <- err
	}()
	for o.count(`select count(*) from import_rows where import_id = $1 and state <> 'pending'`, v.ID) == 0 {
		time.Sleep(time.Millisecond)
	}
	kill()
	if err := <-died; err == nil {
		o.Fatal("the other server was not in the middle")
	}
	half := o.get(v.ID)
	if half.Status != models.ImportRunning || half.States["pending"] == 0 || half.States["written"] == 0 {
		o.Fatalf("half way: %s %v", half.Status, half.States)
	}
	o.exec(`update river_job set state = 'available', finalized_at = null where kind = 'import.run'`) // as the queue does for a job whose server died
	o.runDue()
}
