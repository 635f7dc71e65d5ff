package forms_test

import (
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services/forms"
)

func day(y int, m time.Month, d int) *models.Date {
	on := models.NewDate(y, m, d)
	return &on
}

// dates is the day on which each answer goes, by question.
func (d *desk) dates(response uuid.UUID) string {
	d.Helper()
	var out string
	d.sql(scanInto(`select string_agg(field || '=' || coalesce(purge_on::text, 'kept'), ' ' order by field) from form_answers where response_id = $1`, response, &out))
	return out
}

func TestTermsCountFromTheAnswerOrFromTheEnd(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	form := d.form(question("a", kept(10, "answered")), question("b", kept(30, "ended")), question("c"), question("d", open), question("e", open, kept(5, "ended")))
	answers := map[string]any{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}
	// Eleven at night in New York is the next day in UTC: days are those of the person.
	d.core.Clock.Set(time.Date(2026, time.March, 3, 4, 0, 0, 0, time.UTC))
	a := asked(form, luis, luis, answers)
	id := d.asks(a)
	const atFirst = "a=2026-03-12 b=2029-03-01 c=2027-03-02 d=kept e=2029-03-01"
	if got := d.dates(id); got != atFirst {
		t.Errorf("at first: %s", got)
	}
	late := asked(form, luis, luis, nil)
	due := d.asks(late)
	d.end(day(2026, time.June, 1), a.RecordID, late.RecordID)
	if got := d.dates(id); got != "a=2026-03-12 b=2026-07-01 c=2027-03-02 d=kept e=2026-06-06" {
		t.Errorf("ended: %s", got)
	}
	if n := d.count(`select count(*) from form_responses where status = 'moot' and id = $1`, due); n != 1 {
		t.Error("what is due is not moot")
	}
	_, err := d.Answer(d.as(luis), due, forms.GiveAnswers{Answers: answers})
	d.want(err, forms.CodeNoLongerAsked)
	d.end(nil, a.RecordID, late.RecordID)
	if got := d.dates(id); got != atFirst {
		t.Errorf("taken back: %s", got)
	}
	if n := d.count(`select count(*) from form_responses where status = 'due' and ended_on is null and id = $1`, due); n != 1 {
		t.Error("what was moot is not due")
	}
	d.end(day(2029, time.February, 27), a.RecordID)
	if got := d.dates(id); got != "a=2026-03-12 b=2029-03-01 c=2027-03-02 d=kept e=2029-03-01" {
		t.Errorf("an end that comes late makes the term longer: %s", got)
	}
	d.core.Clock.Set(time.Date(2026, time.March, 10, 15, 0, 0, 0, time.UTC))
	d.end(nil, a.RecordID)
	_, err = d.Change(d.as(luis, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"a": "new", "c": "3"}})
	d.ok(err)
	if got := d.dates(id); got != "a=2026-03-20 b=2029-03-01 c=2027-03-02 d=kept e=2029-03-01" {
		t.Errorf("changed: %s", got)
	}
}

func TestAnAnswerIsGoneOnItsDay(t *testing.T) {
	d := openDesk(t)
	luis, cora := d.person("Luis Ortega", "1984-03-17"), d.person("Cora Lane", "1980-01-01", models.RoleCoordinator)
	required := func(f *models.FormField) { f.Required = true }
	form := d.form(question("soon", required, kept(10, "answered")), question("later"), question("ride", open))
	id := d.asks(asked(form, luis, luis, map[string]any{"soon": "1", "later": "2", "ride": "3"}))
	d.core.Clock.Set(time.Date(2026, time.March, 12, 3, 59, 0, 0, time.UTC)) // 23:59 on the eleventh
	d.purge()
	if got := d.states(luis, id); got != "soon:given=1 later:given=2 ride:given=3" {
		t.Errorf("a minute before: %s", got)
	}
	d.core.Clock.Set(time.Date(2026, time.March, 12, 4, 0, 0, 0, time.UTC))
	for who, s := range map[string]soul{"the person": luis, "staff": cora} {
		if got := d.states(s, id); got != "soon:purged later:given=2 ride:given=3" {
			t.Errorf("%s at use: %s", who, got)
		}
	}
	if n := d.count(`select count(*) from form_answers where field = 'soon' and sealed is not null`); n != 1 {
		t.Error("the bytes went without the job")
	}
	// What is gone does not stand in the way of the rest, and may be answered again.
	_, err := d.Change(d.as(luis, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"later": "two"}})
	d.ok(err)
	for range 2 { // idempotent
		d.purge()
	}
	if n := d.count(`select count(*) from form_answers where field = 'soon' and num_nonnulls(value, sealed, sealed_key) = 0 and purged_at is not null`); n != 1 {
		t.Error("the job left bytes")
	}
	if n := d.count(`select count(*) from form_answers where purged_at is null`); n != 2 {
		t.Error("the job took more than was due")
	}
	if n := d.count(`select count(*) from audit_log where action = 'form_answer.purge' and actor_kind = 'system' and $1 = any(objects) and $2 = any(subjects)`, id, luis.member); n != 1 {
		t.Errorf("%d rows of the log tell of it", n)
	}
	if got := d.states(luis, id); got != "soon:purged later:given=two ride:given=3" {
		t.Errorf("after the job: %s", got)
	}
	_, err = d.Change(d.as(luis, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"soon": "again"}})
	d.ok(err)
	if got := d.states(luis, id); got != "soon:given=again later:given=two ride:given=3" {
		t.Errorf("answered again: %s", got)
	}
}

// backup copies a database, and answers the copy.
type backup func(d *desk, name string)

func TestARestoredBackupCleansItself(t *testing.T) {
	ways := map[string]backup{"copied": func(d *desk, name string) {
		d.core.Close() // a database is copied while nobody uses it
		d.exec(`create database ` + name + ` template ` + d.db.Name + ` strategy file_copy`)
	}}
	if programs := dumpPrograms(t); programs != "" {
		ways["dumped"] = func(d *desk, name string) {
			file := filepath.Join(t.TempDir(), name)
			d.run(filepath.Join(programs, "pg_dump"), "--format=custom", "--file", file, d.db.SuperURL)
			d.exec(`create database ` + name)
			d.run(filepath.Join(programs, "pg_restore"), "--exit-on-error", "--dbname", elsewhere(d.db, name).SuperURL, file)
		}
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { restoreAfterThePurge(t, way) })
	}
}

func restoreAfterThePurge(t *testing.T, way backup) {
	const secret = "canary-of-the-backup"
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	id := d.asks(asked(d.form(question("soon", kept(10, "answered")), question("ride", open)), luis, luis, map[string]any{"soon": secret, "ride": "by car"}))
	var sealed []byte
	d.sql(scanInto(`select sealed from form_answers where response_id = $1 and sealed is not null`, id, &sealed))
	name := d.db.Name + "_backup"
	way(d, name)
	t.Cleanup(func() { d.exec(`drop database if exists ` + name + ` with (force)`) })
	restored := elsewhere(d.db, name)

	before := deskOn(t, restored, morning.AddDate(0, 0, 5))
	if got := before.states(luis, id); got != "soon:given="+secret+" ride:given=by car" {
		t.Errorf("before the date the backup says %s", got)
	}
	before.core.Close()

	after := morning.AddDate(0, 0, 11)
	live := deskOn(t, d.db, after)
	live.purge()
	if in := holds(d.db.Dump(t), hex.EncodeToString(sealed)); len(in) > 0 {
		t.Errorf("the live database holds the sealed answer in %v", in)
	}
	if in := holds(restored.Dump(t), hex.EncodeToString(sealed)); len(in) != 1 {
		t.Fatalf("the backup holds the sealed answer in %v: nothing is proved", in)
	}
	back := deskOn(t, restored, after)
	if got := back.states(luis, id); got != "soon:purged ride:given=by car" {
		t.Errorf("at once after the restore: %s", got)
	}
	back.purge()
	tables := restored.Dump(t)
	if in := holds(tables, hex.EncodeToString(sealed)); len(in) > 0 {
		t.Errorf("after the job the restored database holds the sealed answer in %v", in)
	}
	if in := holds(tables, "by car"); len(in) != 1 {
		t.Errorf("the open answer is in %v", in)
	}
	if got := back.states(luis, id); got != "soon:purged ride:given=by car" {
		t.Errorf("after the job: %s", got)
	}
}

// elsewhere is another database of the same server.
func elsewhere(db *pgtest.DB, name string) *pgtest.DB {
	in := func(url string) string { return strings.Replace(url, "/"+db.Name, "/"+name, 1) }
	return &pgtest.DB{Name: name, AppURL: in(db.AppURL), OwnerURL: in(db.OwnerURL), SuperURL: in(db.SuperURL)}
}

// dumpPrograms is where pg_dump of the server's own version is; empty where the server came without.
func dumpPrograms(t *testing.T) string {
	t.Helper()
	db := pgtest.New(t)
	c, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	var dir string
	if err := c.QueryRow(t.Context(), `select setting from pg_config where name = 'BINDIR'`).Scan(&dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "pg_dump")); err != nil {
		return ""
	}
	return dir
}

func (d *desk) run(program string, args ...string) {
	d.Helper()
	if out, err := exec.CommandContext(context.Background(), program, args...).CombinedOutput(); err != nil {
		d.Fatalf("%s: %v %s", program, err, out)
	}
}

// What decided whether a question is asked may be destroyed before the answer to it: that answer can still be put right.
func TestAnAnswerBelowADestroyedOneCanBePutRight(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	yes := func(f *models.FormField) { f.Type, f.Required = models.FieldYesNo, true }
	hangs := func(on string, value any) func(*models.FormField) {
		return func(f *models.FormField) {
			f.ShowIf = &models.FormCondition{Field: on, Is: models.IsEqual, Value: value}
		}
	}
	short := func(f *models.FormField) { n := 10; f.MaxLength = &n }
	form := d.form(question("p", yes, kept(10, "answered")), question("f", short, hangs("p", true)), question("g", hangs("p", false)))
	id := d.asks(asked(form, luis, luis, map[string]any{"p": true, "f": "old"}))
	d.core.Clock.Set(morning.AddDate(0, 0, 20))
	d.purge()
	change := func(version int, patch map[string]any) string {
		_, err := d.Change(d.as(luis, matching(version)), id, forms.ChangeAnswers{Answers: patch})
		return strings.Join(codes(t, err), "|")
	}
	for want, patch := range map[string]map[string]any{
		"":                     {"f": "new"},
		"/answers/g not_asked": {"g": "never asked"},
		"/answers/f too_long":  {"f": "much too long for it"},
		"/answers/f not_asked": {"p": false, "f": "again"},
	} {
		version := 1 + d.count(`select count(*) from form_answers where field = 'f' and edition = 2`)
		if got := change(version, patch); got != want {
			t.Errorf("%v: %q, want %q", patch, got, want)
		}
	}
	if got := d.states(luis, id); got != "p:purged f:given=new g:none" {
		t.Error(got)
	}
}

// Nobody is told that an answer was stored which is gone the same moment.
func TestAnAnswerWhoseTermIsOverIsNotTaken(t *testing.T) {
	d := openDesk(t)
	luis, cora := d.person("Luis Ortega", "1984-03-17"), d.person("Cora Lane", "1980-01-01", models.RoleCoordinator)
	a := asked(d.form(question("brief", kept(5, "ended")), question("long")), luis, luis, map[string]any{"brief": "1", "long": "2"})
	id := d.asks(a)
	d.end(day(2026, time.March, 2), a.RecordID)
	for version, at := range map[int]int{1: 4, 2: 5} {
		d.core.Clock.Set(morning.AddDate(0, 0, at))
		_, err := d.Change(d.as(cora, matching(d.count(`select version from form_responses where id = $1`, id))), id, forms.ChangeAnswers{Answers: map[string]any{"brief": "new"}})
		if got := strings.Join(codes(t, err), "|"); got != map[int]string{4: "", 5: "/answers/brief term_over"}[at] {
			t.Errorf("change %d: %s", version, got)
		}
	}
	_, err := d.Change(d.as(cora, matching(d.count(`select version from form_responses where id = $1`, id))), id, forms.ChangeAnswers{Answers: map[string]any{"long": "new"}})
	d.ok(err)
}

// A zone that nobody knows stops nothing: those who have it have the days of UTC.
func TestAnUnknownZoneDoesNotStopThePurge(t *testing.T) {
	d := openDesk(t)
	luis, ana := d.person("Luis Ortega", "1984-03-17"), d.person("Ana Silva", "1990-01-02")
	d.exec(`update members set time_zone = 'Mars/Olympus' where id = $1`, ana.member)
	form := d.form(question("soon", kept(10, "answered")))
	for _, s := range []soul{luis, ana} {
		d.asks(asked(form, s, s, map[string]any{"soon": "1"}))
	}
	gone := func() int { return d.count(`select count(*) from form_answers where purged_at is not null`) }
	d.core.Clock.Set(time.Date(2026, time.March, 12, 1, 0, 0, 0, time.UTC)) // still the eleventh in New York
	if d.purge(); gone() != 1 {
		t.Errorf("%d are gone by the day of UTC", gone())
	}
	d.core.Clock.Set(time.Date(2026, time.March, 12, 4, 0, 0, 0, time.UTC))
	if d.purge(); gone() != 2 {
		t.Errorf("%d are gone", gone())
	}
}
