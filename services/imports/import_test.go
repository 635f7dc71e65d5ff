package imports_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

func refused(t *testing.T, err error, code services.Code) {
	t.Helper()
	var e *services.Error
	if !errors.As(err, &e) || e.Code != code && (len(e.Fields) == 0 || e.Fields[0].Code != code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestAFamilyComesWithItsHousehold(t *testing.T) {
	o := open(t)
	v := o.upload("Name,DOB,Email,Cell,Branch,Entered,City,Zip,Spouse name,Spouse email,Child 1 name,Child 1 DOB,Child 2 name,Child 2 DOB\n" +
		"\"Ortega, Luis\",3/17/1984,luis@example.org,(910) 555-0142,Army Guard,7/7/2003,Fayetteville,2134,Ana,ana@example.org,Maya,8/2/2014,Ben Cole,1/1/2001\n" +
		"Ana Ortega,,ana@example.org,,,,,,,,,,,\n")
	if v.Fates["create"] != 1 || v.Fates["duplicate"] != 1 {
		t.Fatalf("%v", v.Fates)
	}
	if r := o.rows(v.ID, imports.RowFilter{})[3]; r.Matches[0].Row != 2 || r.Matches[0].Person != "spouse" {
		t.Errorf("%+v", r)
	}
	o.run(v.ID)
	for sql, want := range map[string]int{
		`select count(*) from members where family_name = 'Ortega' or family_name = 'Cole'`:                                                                         4,
		`select count(*) from members where given_name = 'Luis' and postal_code = '02134' and kinds = '{veteran}' and status = 'prospective'`:                       1,
		`select count(*) from members where given_name = 'Ana' and kinds = '{spouse}' and email = 'ana@example.org' and city = 'Fayetteville'`:                      1,
		`select count(*) from household_members s join households h on h.id = s.household_id where h.name = 'Ortega'`:                                               4,
		`select count(*) from household_members where role = 'child'`:                                                                                               1,
		`select count(*) from guardianships where status = 'claimed'`:                                                                                               1,
		`select count(*) from relationships where kind = 'parent' and status = 'accepted'`:                                                                          1,
		`select count(*) from service_records where branch = 'army' and component = 'national_guard' and entered_on = '2003-07-07' and verification = 'unverified'`: 1,
		`select count(*) from accounts`: 1,
	} {
		if got := o.count(sql); got != want {
			t.Errorf("%s: %d, want %d", sql, got, want)
		}
	}
}

func TestWhatWeKnowIsFilledOrOverwritten(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luís", FamilyName: "Ortega", Email: ptr("luis@example.org"), Phone: ptr("+19105550142"), Address: models.Address{City: "Raeford"}, Tags: models.Texts[string]{"old"}})
	const text = "First Name,Last Name,Email,Phone,City,State,Tags,Status\nLUIS,ORTEGA,LUIS@example.org,910-555-0199,Fayetteville,NC,new,inactive\n"
	v := must[*imports.ImportView](t)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, Bytes: []byte(text)}))
	if v = o.checked(v.ID); v.Fates["update"] != 1 {
		t.Fatalf("%v", v.Fates)
	}
	if r := o.rows(v.ID, imports.RowFilter{})[2]; strings.Join(r.Changes, ",") != "tags" {
		t.Errorf("%v", r.Changes)
	}
	must[*imports.ImportView](t)(o.imports.Update(o.as(o.boss, v.Version), v.ID, imports.PatchImport{Update: services.Some(imports.Overwrite)}))
	if v = o.checked(v.ID); v.Fates["update"] != 1 {
		t.Fatalf("%v", v.Fates)
	}
	o.run(v.ID)
	if n := o.count(`select count(*) from members where id = $1 and given_name = 'Luís' and phone = '+19105550199' and city = 'Fayetteville' and region = 'NC' and tags = '{old,new}' and status = 'inactive' and version = 2`, luis.ID); n != 1 {
		t.Error("not overwritten")
	}
	o.rollBack(v.ID)
	if n := o.count(`select count(*) from members where id = $1 and phone = '+19105550142' and city = 'Raeford' and region = '' and tags = '{old}' and status = 'prospective' and version = 3`, luis.ID); n != 1 {
		t.Error("not as before")
	}
}

func TestColleaguesRecordsStayClosed(t *testing.T) {
	o := open(t)
	other := o.person("Dan", "Reed", models.RoleCoordinator)
	secret := o.known(models.Member{GivenName: "Greta", FamilyName: "Star", Email: ptr("greta@example.org"), BirthDate: ptr(models.NewDate(1980, 3, 4))})
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), noon, secret.ID, other.member)
	o.exec(`update members set email = 'carol@homefront.example' where id = $1`, o.boss.member)
	v := o.upload("Name,Email,DOB,City\nGreta Star,greta@example.org,3/4/1980,Raeford\nCarol Whitfield,carol@homefront.example,,Raeford\n")
	rows := o.rows(v.ID, imports.RowFilter{})
	if v.Fates["error"] != 1 || v.Fates["create"] != 1 || len(rows) != 2 {
		t.Fatalf("%v", v.Fates)
	}
	// Somebody whose record is kept to others is as new as anybody; one's own row says that a colleague enters it.
	if r := rows[2]; len(r.Matches) != 0 || len(r.Errors) != 0 {
		t.Errorf("a hidden record shows: %+v", r)
	}
	if r := rows[3]; len(r.Matches) != 0 || len(r.Errors) != 1 || r.Errors[0].Code != "handled_by_colleague" || r.Errors[0].Cell != "" {
		t.Errorf("one's own row tells %+v", r)
	}
	if n := o.count(`select count(*) from import_rows where match_id is not null`); n != 0 {
		t.Errorf("%d matches are kept", n)
	}
	o.run(v.ID)
	if n := o.count(`select count(*) from members where city = 'Raeford' and id in ($1, $2)`, secret.ID, o.boss.member); n != 0 {
		t.Error("a closed record was changed")
	}
	if f := must[*imports.File](t)(o.imports.Export(o.as(o.boss), imports.ExportMembers{Format: imports.CSV})); f.Rows != 2 {
		t.Errorf("%d rows leave", f.Rows)
	}
}

func TestBadCellsCanBeLeftOut(t *testing.T) {
	o := open(t)
	text := "Name,Email,DOB,Phone\nLuis Ortega,nonsense,13/13/1980,12\n,ana@example.org,,\n"
	v := must[*imports.ImportView](t)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, Bytes: []byte(text)}))
	must[*imports.ImportView](t)(o.imports.Update(o.as(o.boss, 1), v.ID, imports.PatchImport{SkipBadCells: services.Some(true)}))
	if v = o.checked(v.ID); v.Fates["create"] != 1 || v.Fates["error"] != 1 {
		t.Fatalf("%v", v.Fates)
	}
	rows := o.rows(v.ID, imports.RowFilter{})
	if r := rows[2]; len(r.Errors) != 3 || !r.Errors[0].Ignored || r.Errors[0].Cell == "" {
		t.Errorf("%+v", r.Errors)
	}
	o.run(v.ID)
	if n := o.count(`select count(*) from members where family_name = 'Ortega' and email is null and birth_date is null and phone is null`); n != 1 {
		t.Error("not taken")
	}
}

func TestWhatOthersUsedIsKept(t *testing.T) {
	o := open(t)
	v := o.upload("Name,Email\nLuis Ortega,luis@example.org\nAna Becker,ana@example.org\nBen Cole,ben@example.org\n")
	o.run(v.ID)
	o.exec(`update members set version = 2, city = 'Raeford' where given_name = 'Luis'`)
	o.exec(`insert into service_records (id, version, created_at, updated_at, member_id, component, branch, entered_on) select $1, 1, $2, $2, id, 'active', 'army', '2001-01-01' from members where given_name = 'Ana'`,
		services.NewID(), noon)
	back := o.rollBack(v.ID)
	if back.States["kept"] != 2 || back.States["rolled_back"] != 1 {
		t.Errorf("%v", back.States)
	}
	for _, r := range o.rows(v.ID, imports.RowFilter{State: []models.RowState{models.RowKept}}) {
		if r.Why != "used_since" {
			t.Errorf("%+v", r)
		}
	}
	if n := o.count(`select count(*) from members where given_name in ('Luis', 'Ana')`); n != 2 {
		t.Errorf("%d are left", n)
	}
}

func TestStatesOfAnImport(t *testing.T) {
	o := open(t)
	v := o.upload("Name,Email\nLuis Ortega,luis@example.org\n")
	other := o.upload("Name,Email\nAna Becker,ana@example.org\n")
	must[*imports.ImportView](t)(o.imports.Run(o.as(o.boss), v.ID))
	_, err := o.imports.Run(o.as(o.boss), other.ID)
	refused(t, err, "import_running")
	must[*imports.ImportView](t)(o.imports.Pause(o.as(o.boss), v.ID))
	o.runDue()
	if got := o.get(v.ID); got.Status != models.ImportPaused || got.States["pending"] != 1 {
		t.Errorf("%s %v", got.Status, got.States)
	}
	// Who may not import any more does not by a job that waits.
	must[*imports.ImportView](t)(o.imports.Run(o.as(o.boss), v.ID))
	o.exec(`update accounts set roles = '{member}' where id = $1`, o.boss.account)
	o.runDue()
	if got := o.get(v.ID); got.Status != models.ImportFailed || got.Why != "not_allowed_now" || got.States["written"] != 0 {
		t.Errorf("%s %s %v", got.Status, got.Why, got.States)
	}
	o.exec(`update accounts set roles = '{coordinator}' where id = $1`, o.boss.account)
	if got := o.run(v.ID); got.Status != models.ImportDone {
		t.Errorf("%s", got.Status)
	}
	_, err = o.imports.Update(o.as(o.boss, o.get(v.ID).Version), v.ID, imports.PatchImport{})
	refused(t, err, "import_state")
	must[*imports.ImportView](t)(o.imports.Cancel(o.as(o.boss), other.ID))
	_, err = o.imports.Run(o.as(o.boss), other.ID)
	refused(t, err, "import_state")

	o.core.Clock.Set(noon.AddDate(0, 0, 31))
	o.purge()
	if n := o.count(`select count(*) from import_rows where cells <> '[]' or before is not null`) + o.count(`select count(*) from imports where file_name <> '' or columns <> '[]'`); n != 0 {
		t.Errorf("%d rows are kept after 30 days", n)
	}
	_, err = o.imports.RollBack(o.as(o.boss), v.ID, imports.RollBackImport{Reason: "too late"})
	refused(t, err, "import_purged")
	// The same row is known again all the same.
	o.exec(`update members set email = null, given_name = 'Lou' where family_name = 'Ortega'`)
	if again := o.upload("Name,Email\nLuis Ortega,luis@example.org\n"); again.Fates["update"] != 1 {
		t.Errorf("%v", again.Fates)
	}
}

func (o *office) purge() {
	o.Helper()
	o.exec(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at) values ('{}', 'import.purge', 3, 1, 'default', $1, 'available', $1)`, noon)
	o.runDue()
}

func TestADecisionAfterTheRun(t *testing.T) {
	o := open(t)
	v := o.upload("Name,Email,City\nLuis Ortega,luis@example.org,\nLUIS ORTEGA,luis@example.org,Raeford\n")
	o.run(v.ID)
	if got := o.get(v.ID); got.States["left"] != 1 || got.Open != 1 {
		t.Fatalf("%v", got.States)
	}
	must[*imports.ImportRowView](t)(o.imports.DecideRow(o.as(o.boss), v.ID, 3, imports.DecideRow{Decision: services.Some(models.DecideUpdate)}))
	o.run(v.ID)
	if n := o.count(`select count(*) from members where email = 'luis@example.org' and city = 'Raeford'`); n != 1 {
		t.Error("the decision was not carried out")
	}
	if back := o.rollBack(v.ID); back.States["rolled_back"] != 2 || o.count(`select count(*) from members`) != 1 {
		t.Errorf("%v", back.States)
	}
}

func TestFiftyThousandRows(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	o := open(t)
	var b strings.Builder
	b.WriteString("First Name,Last Name,Email,Phone,City\n")
	for n := range 50_000 {
		fmt.Fprintf(&b, "Luis,Fam%dily,p%d@example.org,910%07d,Fayetteville\n", n, n, 2000000+n)
	}
	began := time.Now()
	v := must[*imports.ImportView](t)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, Bytes: []byte(b.String())}))
	t.Logf("50,000 rows taken in %s", time.Since(began))
	if v.Rows != 50_000 || v.States["pending"] != 50_000 {
		t.Errorf("%d %v", v.Rows, v.States)
	}
}

func TestAnExportOfManyIsSmallInMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // other tests leave more uncollected
	o := open(t)
	many := 100_000
	if testing.Short() {
		many = 5_000
	}
	for from := 0; from < many; from += 5_000 {
		o.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words, email, city)
			select gen_random_uuid(), 1, $1, $1, 'Luis', 'Family ' || n, 'active', 'en', 'America/New_York', true, false, false, false, 'p' || n || '@example.org', 'Fayetteville'
			from generate_series($2::int + 1, $2::int + 5000) n`, noon, from)
	}
	o.exec(`analyze members`)
	for _, format := range []string{imports.CSV, imports.XLSX} {
		var before, peak runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		high, stop, done := uint64(0), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					runtime.ReadMemStats(&peak)
					high = max(high, peak.HeapInuse)
				}
			}
		}()
		began := time.Now()
		f := must[*imports.File](t)(o.imports.Export(o.as(o.boss), imports.ExportMembers{Format: format}))
		close(stop)
		<-done
		n, err := io.Copy(io.Discard, f)
		if err != nil || int(n) != f.Size || f.Rows != many {
			t.Errorf("%s: %d of %d bytes, %d rows, %v", format, n, f.Size, f.Rows, err)
		}
		_ = f.Close()
		t.Logf("%s: %d rows, %d bytes in %s, heap from %d to at most %d MB", format, f.Rows, f.Size, time.Since(began), before.HeapInuse>>20, high>>20)
		if grown := int64(high) - int64(before.HeapInuse); grown > 96<<20 {
			t.Errorf("%s: the heap grew by %d MB", format, grown>>20)
		}
	}
	if n := o.count(`select count(*) from exports where finished_at is null`); n != 0 {
		t.Error("an export never ended")
	}
}

func TestOneExportAtATime(t *testing.T) {
	o := open(t)
	o.exec(`insert into exports (id, created_at, created_by, format, columns, filter, rows) values ($1, $2, $3, 'csv', '{}', '{}', 0)`, services.NewID(), noon, o.boss.member)
	_, err := o.imports.Export(o.as(o.boss), imports.ExportMembers{Format: imports.CSV})
	refused(t, err, "export_running")
	o.core.Clock.Set(noon.Add(11 * time.Minute)) // its server died
	_ = must[*imports.File](t)(o.imports.Export(o.as(o.boss), imports.ExportMembers{Format: imports.CSV})).Close()
	for range 6 {
		var f *imports.File
		if f, err = o.imports.Export(o.as(o.boss), imports.ExportMembers{Format: imports.CSV}); err == nil {
			_ = f.Close()
		}
	}
	refused(t, err, services.CodeTooMany)
}
