package people_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

func army(from, until string) people.AddServiceRecord {
	in := people.AddServiceRecord{Component: "active", Branch: "army", EnteredOn: *date(from)}
	if until != "" {
		in.SeparatedOn = date(until)
	}
	return in
}

func date(s string) *models.Date {
	d, err := models.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return &d
}

// The filter of the list asks a function of the database; it must say what the record says.
func TestTheDatabaseComputesTheSameEras(t *testing.T) {
	o := open(t)
	edges := []string{"1930-05-05", "1941-12-06", "1941-12-07", "1946-12-31", "1947-01-01", "1950-06-26", "1950-06-27", "1955-01-31", "1955-02-01", "1955-10-31", "1955-11-01",
		"1964-08-04", "1964-08-05", "1975-05-07", "1975-05-08", "1990-08-01", "1990-08-02", "2001-09-10", "2001-09-11", "2024-02-29", ""}
	n := 0
	for i, from := range edges[:len(edges)-1] {
		for _, until := range edges[i:] {
			for _, place := range []string{"", "Việt Nam", "Germany"} {
				r := models.ServiceRecord{EnteredOn: *date(from), Deployments: models.Deployments{}}
				if until != "" {
					r.SeparatedOn = date(until)
				}
				if place != "" {
					r.Deployments = models.Deployments{{Place: place, From: &r.EnteredOn, Until: r.SeparatedOn}, {Place: place}}
				}
				var got []models.Era
				kept, err := r.Deployments.Value()
				if err != nil {
					t.Fatal(err)
				}
				if err := o.core.Writes().QueryRow(t.Context(), "select eras_of($1::text::date, nullif($2, '')::date, $3::text::jsonb)", from, until, kept).Scan(&got); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, r.Eras()) {
					t.Errorf("%s to %q in %q: %v, want %v", from, until, place, got, r.Eras())
				}
				n++
			}
		}
	}
	t.Logf("%d periods", n)
}

func TestServiceIsSane(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luis", BirthDate: date("1984-03-17")})
	bad := army("2003-07-07", "2011-07-06")
	bad.EnteredOn, bad.SeparatedOn = *date("2000-03-16"), date("1999-01-01")
	bad.Deployments = []models.Deployment{{Place: " ", From: date("2005-01-01"), Until: date("2004-01-01")}}
	_, err := o.people.AddServiceRecord(o.as(o.boss), luis.ID, bad)
	got := fields(t, err)
	for field, code := range map[string]services.Code{"/entered_on": "too_young", "/separated_on": "before_start", "/deployments/0/place": "required", "/deployments/0/until": "before_start"} {
		if got[field] != code {
			t.Errorf("%s is %q", field, got[field])
		}
	}
	_, err = o.people.AddServiceRecord(o.as(o.boss), luis.ID, army("2026-03-05", ""))
	if got := fields(t, err); got["/entered_on"] != "out_of_range" {
		t.Errorf("%v", got)
	}
	outside := army("2003-07-07", "2011-07-06")
	outside.Deployments = []models.Deployment{{Place: "Iraq", From: date("2003-07-06"), Until: date("2011-07-07")}}
	_, err = o.people.AddServiceRecord(o.as(o.boss), luis.ID, outside)
	if got := fields(t, err); got["/deployments/0/from"] != "outside_service" || got["/deployments/0/until"] != "outside_service" {
		t.Errorf("%v", got)
	}
	must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.ID, army("2000-03-17", "2011-07-06")))
	overlapping := army("2005-01-01", "")
	overlapping.Deployments = []models.Deployment{{Place: " Iraq ", From: date("2005-02-01")}}
	r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.ID, overlapping))
	if r.Deployments[0].Place != "Iraq" || !slices.Equal(r.Eras, []models.Era{models.EraGulfWar, models.EraPost911}) || r.Verification != models.ServiceUnverified {
		t.Errorf("%+v", r)
	}
	if got := must[*people.ServiceRecordView](t)(o.people.GetServiceRecord(o.as(o.boss), r.ID)); len(got.Deployments) != 1 || got.Deployments[0].From.String() != "2005-02-01" || got.Deployments[0].Until != nil {
		t.Errorf("%+v", got.Deployments)
	}
}

func TestVerificationKeepsWhoSawWhatAndHasAWayBack(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luis"})
	r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.ID, army("2003-07-07", "2011-07-06")))

	r = must[*people.ServiceRecordView](t)(o.people.MarkServicePending(o.as(o.boss), r.ID, people.PendingService{Note: "Asked the archive"}))
	if r.Verification != models.ServicePending || *r.VerificationReason != "Asked the archive" || r.VerifiedBy != nil || r.Version != 2 {
		t.Errorf("%+v", r)
	}
	_, err := o.people.MarkServicePending(o.as(o.boss), r.ID, people.PendingService{})
	refused(t, err, services.KindConflict, "already_pending")
	_, err = o.people.NotConfirmService(o.as(o.boss), r.ID, people.NotConfirmService{Reason: "   "})
	if got := fields(t, err); got["/reason"] != "required" {
		t.Errorf("%v", got)
	}
	r = must[*people.ServiceRecordView](t)(o.people.NotConfirmService(o.as(o.boss), r.ID, people.NotConfirmService{Reason: "No record under this name"}))
	if r.Verification != models.ServiceNotConfirmed || *r.VerifiedBy != o.boss.member || r.VerifiedOn.String() != "2026-03-03" || r.VerificationMethod != nil {
		t.Errorf("%+v", r)
	}
	_, err = o.people.NotConfirmService(o.as(o.boss), r.ID, people.NotConfirmService{Reason: "Again"})
	refused(t, err, services.KindConflict, "already_not_confirmed")
	for _, on := range []string{"2026-03-05", "2003-07-06"} {
		_, err = o.people.VerifyService(o.as(o.boss), r.ID, people.VerifyService{Method: models.MethodDD214, On: date(on)})
		if got := fields(t, err); got["/on"] != "out_of_range" {
			t.Errorf("%v", got)
		}
	}
	r = must[*people.ServiceRecordView](t)(o.people.VerifyService(o.as(o.boss), r.ID, people.VerifyService{Method: models.MethodDD214, On: date("2026-03-01")}))
	if r.Verification != models.ServiceVerified || *r.VerificationMethod != models.MethodDD214 || r.VerifiedOn.String() != "2026-03-01" || r.VerificationReason != nil {
		t.Errorf("%+v", r)
	}
	for _, try := range []func() error{
		func() error {
			_, err := o.people.VerifyService(o.as(o.boss), r.ID, people.VerifyService{Method: models.MethodVA})
			return err
		},
		func() error {
			_, err := o.people.MarkServicePending(o.as(o.boss), r.ID, people.PendingService{})
			return err
		},
		func() error {
			_, err := o.people.NotConfirmService(o.as(o.boss), r.ID, people.NotConfirmService{Reason: "Doubt"})
			return err
		},
	} {
		refused(t, try(), services.KindConflict, "already_verified")
	}
	// A colleague's correction is of somebody who has looked.
	r = must[*people.ServiceRecordView](t)(o.people.UpdateServiceRecord(o.as(o.boss, r.Version), r.ID, people.PatchServiceRecord{Rank: services.Some("Sergeant")}))
	if r.Verification != models.ServiceVerified || r.Rank != "Sergeant" {
		t.Errorf("%+v", r)
	}
	r = must[*people.ServiceRecordView](t)(o.people.UndoServiceVerification(o.as(o.boss), r.ID, people.StaffReason{Reason: "canary: wrong person"}))
	if r.Verification != models.ServiceUnverified || r.VerifiedBy != nil || r.VerificationMethod != nil {
		t.Errorf("%+v", r)
	}
	_, err = o.people.UndoServiceVerification(o.as(o.boss), r.ID, people.StaffReason{Reason: "Again"})
	refused(t, err, services.KindConflict, "not_verified")
	if n := o.count(`select count(*) from audit_log a where a::text ilike '%canary%'`); n != 0 {
		t.Error("the log holds the reason in clear")
	}
	if n := o.count(`select count(*) from audit_log where action = 'service_record.undo_verification' and reason is not null and $1 = any(subjects)`, luis.ID); n != 1 {
		t.Errorf("%d rows with the reason", n)
	}
}

func TestNobodyVerifiesTheirOwnServiceNorARelatives(t *testing.T) {
	o := open(t)
	dan := o.person("Dan Reed", models.RoleAdmin)
	ben := o.known(models.Member{GivenName: "Ben", BirthDate: born(16)})
	must[*models.Relationship](t)(o.people.RecordRelationship(o.as(dan), people.RecordRelationship{MemberID: o.boss.member, Kind: models.RelationSibling, OtherID: ben.ID}))
	for _, of := range []uuid.UUID{o.boss.member, ben.ID} {
		if _, err := o.core.Writes().Exec(t.Context(), "update members set birth_date = '1980-01-01' where id = $1", of); err != nil {
			t.Fatal(err)
		}
		r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(dan), of, army("2003-07-07", "")))
		for _, try := range []func() error{
			func() error {
				_, err := o.people.VerifyService(o.as(o.boss), r.ID, people.VerifyService{Method: models.MethodVouched})
				return err
			},
			func() error {
				_, err := o.people.MarkServicePending(o.as(o.boss), r.ID, people.PendingService{})
				return err
			},
			func() error {
				_, err := o.people.NotConfirmService(o.as(o.boss), r.ID, people.NotConfirmService{Reason: "Doubt"})
				return err
			},
			func() error {
				_, err := o.people.UndoServiceVerification(o.as(o.boss), r.ID, people.StaffReason{Reason: "Doubt"})
				return err
			},
			func() error { _, err := o.people.GetServiceRecord(o.as(o.boss), r.ID); return err },
		} {
			refused(t, try(), services.KindForbidden, "own_record")
		}
		must[*people.ServiceRecordView](t)(o.people.VerifyService(o.as(dan), r.ID, people.VerifyService{Method: models.MethodDD214}))
	}
}

func TestPeopleKeepTheirOwnServiceAndStaffLookAgain(t *testing.T) {
	o := open(t)
	luis, ana := o.person("Luis Ortega"), o.person("Ana Ortega")
	mine := must[*people.OwnServiceRecord](t)(o.people.AddOwnServiceRecord(o.as(luis), army("2005-07-07", "2011-07-06")))
	if mine.Verification != models.ServiceUnverified || mine.Version != 1 {
		t.Errorf("%+v", mine)
	}
	_, err := o.people.OwnServiceRecord(o.as(ana), mine.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.people.UpdateOwnServiceRecord(o.as(ana), mine.ID, people.PatchServiceRecord{Rank: services.Some("General")})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	open := func() []models.Task {
		return must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all})).Data
	}

	mine = must[*people.OwnServiceRecord](t)(o.people.UpdateOwnServiceRecord(o.as(luis), mine.ID, people.PatchServiceRecord{Rank: services.Some("Sergeant")}))
	if mine.Rank != "Sergeant" || len(open()) != 0 {
		t.Errorf("%+v, %d tasks", mine, len(open()))
	}
	must[*people.ServiceRecordView](t)(o.people.VerifyService(o.as(o.boss), mine.ID, people.VerifyService{Method: models.MethodIDCard, Note: "canary"}))
	same := must[*people.OwnServiceRecord](t)(o.people.UpdateOwnServiceRecord(o.as(luis), mine.ID, people.PatchServiceRecord{Rank: services.Some("Sergeant"), Deployments: services.Some([]models.Deployment{})}))
	if same.Verification != models.ServiceVerified || len(open()) != 0 {
		t.Errorf("an edit that changed nothing: %+v", same)
	}
	_, err = o.people.UpdateOwnServiceRecord(o.as(luis, 1), mine.ID, people.PatchServiceRecord{Rank: services.Some("Captain")})
	refused(t, err, services.KindStale, services.CodeStale)
	changed := must[*people.OwnServiceRecord](t)(o.people.UpdateOwnServiceRecord(o.as(luis), mine.ID, people.PatchServiceRecord{SeparatedOn: services.Some(*date("2015-07-06"))}))
	if changed.Verification != models.ServiceUnverified || changed.VerificationMethod != nil {
		t.Errorf("%+v", changed)
	}
	if got := open(); len(got) != 1 || got[0].Kind != models.TaskVerifyService || *got[0].RecordID != mine.ID || !got[0].DueAt.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("%+v", got)
	}
	must[*people.ServiceRecordView](t)(o.people.VerifyService(o.as(o.boss), mine.ID, people.VerifyService{Method: models.MethodIDCard}))
	if got := open(); len(got) != 0 {
		t.Errorf("the task stays: %+v", got)
	}
	if got := must[*services.Page[people.OwnServiceRecord]](t)(o.people.OwnServiceRecords(o.as(luis))); len(got.Data) != 1 || got.Data[0].Verification != models.ServiceVerified {
		t.Errorf("%+v", got.Data)
	}
	for range 19 {
		must[*people.OwnServiceRecord](t)(o.people.AddOwnServiceRecord(o.as(luis), army("2005-07-07", "")))
	}
	_, err = o.people.AddOwnServiceRecord(o.as(luis), army("2005-07-07", ""))
	refused(t, err, services.KindConflict, "too_many_records")
}
