package imports_test

import (
	"strings"
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
)

// whole is somebody of whom we know everything that a record has room for.
func (o *office) whole() models.Member {
	o.Helper()
	by := o.known(models.Member{GivenName: "Rosa", FamilyName: "Ortega"})
	m := o.known(models.Member{GivenName: "Luis", FamilyName: "Ortega", PreferredName: ptr("Lou"), LegalName: ptr("Luis Alberto Ortega"), FormerNames: ptr("Reyes"), Pronouns: ptr("he/him"),
		BirthDate: ptr(models.NewDate(1984, 3, 17)), Gender: ptr(models.GenderSelfDescribed), GenderWords: ptr("two-spirit"), RaceEthnicity: models.Texts[models.RaceEthnicity]{models.RaceNative, models.RaceHispanic},
		Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive, Email: ptr("luis@example.org"), Phone: ptr("+19105550142"),
		Address:  models.Address{AddressLine1: "5 Elm St", AddressLine2: "Apt 3", City: "Raeford", Region: "NC", PostalCode: "28376", Country: "US"},
		Language: "es", TimeZone: "America/Denver", ReferralSource: ptr("VA clinic"), Tags: models.Texts[string]{"old"},
		Needs: models.Needs{AccessibilityNeeds: "wheelchair", DietaryNeeds: "no shellfish", ServiceAnimal: true, ServiceAnimalTask: "wakes me", ServiceAnimalCare: "do not pet"},
		Preferences: models.Preferences{EmailOptIn: true, SMSOptIn: true, PushOptIn: true, QuietFrom: ptr("21:00"), QuietUntil: ptr("08:00"), SafeChannel: ptr(models.SafeBySMS), SafeFrom: ptr("10:00"),
			SafeUntil: ptr("15:00"), ProgramWords: true},
		EnteredBy: &by.ID})
	if empty := o.text(`select coalesce(string_agg(key, ', '), '') from members m, jsonb_each(to_jsonb(m)) e where m.id = $1 and key <> 'merged_into' and value in ('null', '""', '[]', 'false')`, m.ID); empty != "" {
		o.Fatalf("this test must learn of %s", empty)
	}
	return m
}

func (o *office) text(sql string, args ...any) (s string) {
	o.Helper()
	if err := o.core.Writes().QueryRow(o.Context(), sql, args...).Scan(&s); err != nil {
		o.Fatal(err)
	}
	return s
}

func TestARollBackRestoresEveryColumn(t *testing.T) {
	o := open(t)
	luis := o.whole()
	before := o.picture()
	v := must[*imports.ImportView](t)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, Bytes: []byte(
		"First name,Last name,Email,Preferred name,Pronouns,DOB,Gender,Phone,Address,City,State,Zip,Country,Language,Time zone,Referral source,Tags,Kind,Status\n" +
			"Luis,Ortega,luis@example.org,Luigi,they/them,,man,910-555-0199,12 Oak Ave,Calgary,AB,T2P 1A1,CA,en,America/Edmonton,friend,new,caregiver,inactive\n")}))
	must[*imports.ImportView](t)(o.imports.Update(o.as(o.boss, v.Version), v.ID, imports.PatchImport{Update: services.Some(imports.Overwrite)}))
	o.checked(v.ID)
	if got := o.run(v.ID); got.States["written"] != 1 || o.count(`select count(*) from members where id = $1 and race_ethnicity <> '{}' and gender = 'man' and gender_words is null`, luis.ID) != 1 {
		t.Fatalf("%v", got.States)
	}
	if kept := o.text(`select string_agg(key, ',' order by key) from import_rows r, jsonb_each(r.before) where import_id = $1`, v.ID); strings.Contains(kept, "email") || strings.Contains(kept, "needs") ||
		!strings.Contains(kept, "phone") {
		t.Errorf("the image holds %s", kept)
	}
	if got := o.rollBack(v.ID); got.States["rolled_back"] != 1 || o.picture() != before {
		t.Errorf("%v: %s", got.States, o.text(`select to_jsonb(m)::text from members m where id = $1`, luis.ID))
	}
}

func TestAnImportWhoseJobIsLostGoesOn(t *testing.T) {
	o := open(t)
	lose := func() { o.exec(`delete from river_job where kind like 'import.%'`) }
	v := must[*imports.ImportView](t)(o.imports.Upload(o.as(o.boss), imports.Upload{Format: imports.CSV, Bytes: []byte("Name,Email\nLuis Ortega,luis@example.org\n")}))
	must[*imports.ImportView](t)(o.imports.Check(o.as(o.boss), v.ID))
	lose()
	if got := o.checked(v.ID); got.Status != models.ImportChecked || got.Fates["create"] != 1 {
		t.Errorf("%s %v", got.Status, got.Fates)
	}
	must[*imports.ImportView](t)(o.imports.Run(o.as(o.boss), v.ID))
	lose()
	again := must[*imports.ImportView](t)(o.imports.Run(o.as(o.boss), v.ID))
	must[*imports.ImportView](t)(o.imports.Run(o.as(o.boss), v.ID)) // once too often does no harm
	if o.runDue(); o.get(v.ID).Status != models.ImportDone || again.Status != models.ImportRunning || o.count(`select count(*) from members where family_name = 'Ortega'`) != 1 {
		t.Errorf("%s", o.get(v.ID).Status)
	}
	must[*imports.ImportView](t)(o.imports.RollBack(o.as(o.boss), v.ID, imports.RollBackImport{Reason: "The wrong file"}))
	lose()
	_, err := o.imports.Run(o.as(o.boss), v.ID)
	refused(t, err, "import_state")
	if got := o.rollBack(v.ID); got.Status != models.ImportRolledBack || o.count(`select count(*) from members where family_name = 'Ortega'`) != 0 {
		t.Errorf("%s", got.Status)
	}
	if other := o.upload("Name,Email\nAna Becker,ana@example.org\n"); o.run(other.ID).Status != models.ImportDone {
		t.Error("others wait for ever")
	}
}

func TestARecordThatCannotBeKeptHoldsNobodyUp(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luis", FamilyName: "Ortega", Email: ptr("luis@example.org")})
	ana := o.known(models.Member{GivenName: "Ana", FamilyName: "Becker", Email: ptr("ana@example.org")})
	for n, born := range []*models.Date{nil, ptr(models.NewDate(2012, 8, 2))} { // the same child twice: once with a birth date the database refuses
		o.known(models.Member{GivenName: "Maya", FamilyName: "Becker", Email: ptr([]string{"maya@example.org", "m2@example.org"}[n]), BirthDate: born, EnteredBy: &ana.ID, Kinds: models.Texts[models.Kind]{models.KindChild}})
	}
	v := o.upload("Name,Email,DOB,City\nLuis Ortega,luis@example.org,,Reno\nMaya Becker,maya@example.org,8/2/2012,Reno\nAna Becker,ana@example.org,,Reno\n")
	o.exec(`update import_rows set fate = 'update', match_id = (select id from members where email = 'maya@example.org'), decision = 'update' where import_id = $1 and number = 3`, v.ID)
	o.exec(`update members set time_zone = 'Old/Zone' where id = $1`, luis.ID)
	changes := o.count(`select count(*) from audit_log where action = 'import.run' and $1 = any(subjects)`, luis.ID)
	if got := o.run(v.ID); got.Status != models.ImportDone || got.States["written"] != 1 || got.States["left"] != 2 {
		t.Fatalf("%s %v", got.Status, got.States)
	}
	for _, n := range []int{2, 3} {
		if r := o.rows(v.ID, imports.RowFilter{})[n]; r.Why != "record_invalid" || r.MemberID != nil {
			t.Errorf("%+v", r)
		}
	}
	if o.count(`select count(*) from members where city = 'Reno'`) != 1 || o.count(`select count(*) from audit_log where action = 'import.run' and $1 = any(subjects)`, luis.ID) != changes {
		t.Error("a record that was left has changed")
	}
	// Corrected, the row is taken up; and a roll-back that meets such a record keeps it and goes on.
	o.exec(`update members set time_zone = 'America/New_York' where id = $1`, luis.ID)
	if got := o.run(v.ID); got.States["written"] != 2 {
		t.Errorf("%v", got.States)
	}
	o.exec(`update members set time_zone = 'Old/Zone' where id = $1`, luis.ID)
	if got := o.rollBack(v.ID); got.Status != models.ImportRolledBack || got.States["rolled_back"] != 1 || got.States["kept"] != 1 || o.rows(v.ID, imports.RowFilter{})[2].Why != "record_invalid" {
		t.Errorf("%s %v", got.Status, got.States)
	}
}

func TestMatchesThatWereClosedSinceAreNotShown(t *testing.T) {
	o := open(t)
	other := o.person("Dan", "Reed", models.RoleCoordinator)
	first := o.known(models.Member{GivenName: "Greta", FamilyName: "Star", Email: ptr("greta@example.org"), Phone: ptr("+19105550142")})
	second := o.known(models.Member{GivenName: "Greta", FamilyName: "Star", Email: ptr("greta@example.org")})
	v := o.upload("Name,Email,Phone\nGreta Star,greta@example.org,910-555-0142\n")
	r := o.rows(v.ID, imports.RowFilter{})[2]
	if len(r.Matches) != 2 {
		t.Fatalf("%+v", r)
	}
	closed := second
	if *r.Matches[0].MemberID != first.ID {
		closed = first
	}
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), noon, closed.ID, other.member)
	r = o.rows(v.ID, imports.RowFilter{})[2]
	decided := must[*imports.ImportRowView](t)(o.imports.DecideRow(o.as(o.boss), v.ID, 2, imports.DecideRow{Decision: services.Some(models.DecideSkip)}))
	file := must[[]byte](t)(o.imports.Problems(o.as(o.boss), v.ID))
	if len(r.Matches) != 1 || len(decided.Matches) != 1 || strings.Contains(string(file), closed.ID.String()) || !strings.Contains(string(file), r.Matches[0].MemberID.String()) {
		t.Errorf("%+v %+v %s", r, decided, file)
	}
}
