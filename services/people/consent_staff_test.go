package people_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

func paper(v *models.ConsentVersion, name string) people.RecordConsent {
	return people.RecordConsent{VersionID: v.ID, TextHash: v.TextHash, Decision: people.Grant, Method: models.ConsentPaper, SignedOn: models.DateOf(noon), Name: name}
}

func TestStaffRecordPaperAndWords(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentLiabilityWaiver, func(in *people.CreateConsentDocument) { in.ExpiresMonths = ptr(12) })
	luis, witness := o.known(models.Member{GivenName: "Luis", FamilyName: "Ortega", BirthDate: born(40)}), o.known(models.Member{GivenName: "Rosa"})

	in := paper(d.Current, "L. Ortega")
	in.SignedOn = models.NewDate(2026, time.January, 15)
	row := must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), luis.ID, in))
	if row.Status != models.ConsentGranted || row.ExpiresOn.String() != "2027-01-14" || row.MemberName != "Luis Ortega" || !o.has(luis.ID, models.ConsentLiabilityWaiver) {
		t.Errorf("%+v", row)
	}
	kept := must[*people.ConsentEvidence](t)(o.people.GetConsent(o.as(o.boss), row.ID))
	if *kept.SeenBy != o.boss.member || *kept.NameTyped != "L. Ortega" || kept.Address != nil || kept.Method != models.ConsentPaper {
		t.Errorf("%+v", kept)
	}

	ana := o.known(models.Member{GivenName: "Ana", BirthDate: born(39)})
	said := paper(d.Current, "")
	said.Method = models.ConsentVerbal
	said.SignedOn = models.DateOf(noon.AddDate(0, 0, 2))
	_, err := o.people.RecordConsent(o.as(o.boss), ana.ID, said)
	if got := fields(t, err); len(got) != 3 || got["/read_aloud"] != "read_aloud" || got["/witness_id"] != "required" || got["/signed_on"] != "out_of_range" {
		t.Errorf("%v", got)
	}
	said.SignedOn, said.ReadAloud, said.WitnessID = models.DateOf(noon), true, &o.boss.member
	_, err = o.people.RecordConsent(o.as(o.boss), ana.ID, said)
	if got := fields(t, err); got["/witness_id"] != "not_a_witness" {
		t.Errorf("%v", got)
	}
	said.WitnessID = &witness.ID
	row = must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), ana.ID, said))
	if row.Method != models.ConsentVerbal || !o.has(ana.ID, models.ConsentLiabilityWaiver) {
		t.Errorf("%+v", row)
	}
	_, err = o.people.RecordConsent(o.as(o.boss), ana.ID, paper(d.Current, " "))
	if got := fields(t, err); got["/name"] != "required" {
		t.Errorf("%v", got)
	}
	changed := paper(d.Current, "Ana")
	changed.TextHash = models.TextHash("another")
	_, err = o.people.RecordConsent(o.as(o.boss), ana.ID, changed)
	refused(t, err, services.KindConflict, "text_changed")
	unknown := paper(d.Current, "Ana")
	_, err = o.people.RecordConsent(o.as(o.boss), uuid.New(), unknown)
	refused(t, err, services.KindNotFound, "not_found")

	// An earlier text, signed before it was replaced, is kept and does not count.
	o.rewrite(d.ID, "A wholly new text", true)
	old := must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), witness.ID, paper(d.Current, "Rosa")))
	if old.Status != models.ConsentSuperseded || o.has(witness.ID, models.ConsentLiabilityWaiver) {
		t.Errorf("%+v", old)
	}
}

// What somebody took back stays taken back, whatever older paper comes out of a drawer.
func TestAnOlderPaperChangesNoLaterAnswer(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	luis := o.person("Luis Ortega")
	mine := o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(luis), mine.ID))
	old := paper(d.Current, "Luis Ortega")
	old.SignedOn = models.DateOf(noon.AddDate(0, 0, -30))
	_, err := o.people.RecordConsent(o.as(o.boss), luis.member, old)
	refused(t, err, services.KindConflict, "answered_since")
	if o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("it stands again")
	}
	o.core.Clock.Advance(48 * time.Hour)
	newer := paper(d.Current, "Luis Ortega")
	newer.SignedOn = models.DateOf(noon.AddDate(0, 0, 2))
	must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), luis.member, newer))
	old.Decision = people.Decline
	_, err = o.people.RecordConsent(o.as(o.boss), luis.member, old)
	refused(t, err, services.KindConflict, "answered_since")
	if !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("the newer paper counts for nothing")
	}
}

// A witness whose record is kept to others is, for those others, nobody.
func TestAHiddenWitnessIsUnknown(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	dan, rita := o.person("Dan Reed", models.RoleAdmin), o.person("Rita Okafor", models.RoleCoordinator)
	luis, rosa := o.person("Luis Ortega"), o.person("Rosa Diaz")
	o.restrict(dan, rosa.member, o.boss.member)
	said := people.RecordConsent{VersionID: d.Current.ID, TextHash: d.Current.TextHash, Decision: people.Grant, Method: models.ConsentVerbal, SignedOn: models.DateOf(noon), ReadAloud: true, WitnessID: &rosa.member}
	_, err := o.people.RecordConsent(o.as(rita), luis.member, said)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), luis.member, said))
}

func TestStaffRecordForAChild(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentLiabilityWaiver)
	ana, tom, maya := o.parents(11)
	_, err := o.people.RecordConsent(o.as(o.boss), maya, paper(d.Current, "Maya Ortega"))
	if got := fields(t, err); got["/signed_by"] != "guardian_signs" {
		t.Errorf("%v", got)
	}
	in := paper(d.Current, "Ana Ortega")
	stranger := o.person("Rosa Diaz")
	in.SignedBy = &stranger.member
	_, err = o.people.RecordConsent(o.as(o.boss), maya, in)
	if got := fields(t, err); got["/signed_by"] != "not_guardian" {
		t.Errorf("%v", got)
	}
	in.SignedBy = &ana.member
	before := o.seen(tom)
	row := must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), maya, in))
	if row.Status != models.ConsentGrantedOnBehalf || !o.has(maya, models.ConsentLiabilityWaiver) || o.seen(tom) != before {
		t.Errorf("%+v", row)
	}
	in.SignedBy, in.Decision = &tom.member, people.Decline
	must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), maya, in))
	if o.has(maya, models.ConsentLiabilityWaiver) || len(o.openDecisions()) != 1 {
		t.Error("a refusal on paper is none")
	}
	if kept := must[*people.ConsentEvidence](t)(o.people.GetConsent(o.as(o.boss), row.ID)); kept.CountsNow || kept.Status != models.ConsentGrantedOnBehalf {
		t.Errorf("%+v", kept)
	}
}

func TestStaffLeaveTheirOwnConsentsToColleagues(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	boss := people.StaffReason{Reason: "Because"}
	child := o.child(o.boss, "Kit Whitfield", 9).ID
	colleague := o.person("Dana Reyes", models.RoleCoordinator)
	must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(colleague), must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(colleague),
		people.GuardianshipFilter{PageQuery: all, ChildID: child})).Data[0].ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
	mine := o.sign(o.boss, d.Current, "Carol Whitfield", people.Grant)
	kits := o.sign(o.boss, d.Current, "Carol Whitfield", people.Grant, child)
	for name, try := range map[string]func() error{
		"record own": func() error {
			_, err := o.people.RecordConsent(o.as(o.boss), o.boss.member, paper(d.Current, "Carol"))
			return err
		},
		"record the child's": func() error {
			in := paper(d.Current, "Carol")
			in.SignedBy = &o.boss.member
			_, err := o.people.RecordConsent(o.as(o.boss), child, in)
			return err
		},
		"read own":           func() error { _, err := o.people.GetConsent(o.as(o.boss), mine.ID); return err },
		"read the child's":   func() error { _, err := o.people.GetConsent(o.as(o.boss), kits.ID); return err },
		"revoke own":         func() error { _, err := o.people.RevokeConsent(o.as(o.boss), mine.ID, boss); return err },
		"revoke the child's": func() error { _, err := o.people.RevokeConsent(o.as(o.boss), kits.ID, boss); return err },
		"reinstate":          func() error { _, err := o.people.ReinstateConsent(o.as(o.boss), mine.ID, boss); return err },
		"decide": func() error {
			_, err := o.people.DecideConsent(o.as(o.boss), kits.ID, people.DecideConsent{Outcome: models.ConsentStands, Reason: "Because"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { refused(t, try(), services.KindForbidden, "own_record") })
	}
	if page := must[*services.Page[people.ConsentRow]](t)(o.people.Consents(o.as(o.boss), people.ConsentFilter{PageQuery: all})); len(page.Data) != 0 {
		t.Errorf("%+v", page.Data)
	}
	if page := must[*services.Page[people.ConsentRow]](t)(o.people.Consents(o.as(colleague), people.ConsentFilter{PageQuery: all})); len(page.Data) != 2 {
		t.Errorf("%+v", page.Data)
	}
	if page := must[*services.Page[people.MissingSigner]](t)(o.people.MissingSigners(o.as(o.boss), d.ID, all)); slices.ContainsFunc(page.Data, func(m people.MissingSigner) bool { return m.MemberID == o.boss.member || m.MemberID == child }) {
		t.Errorf("%+v", page.Data)
	}
}

func TestWhoIsMissing(t *testing.T) {
	o := openPapers(t)
	lists := map[string][]models.ConsentGroup{"adults": {models.AskAdults}, "minors": {models.AskMinors}, "members": {models.AskMembers}, "spouses": {"spouse", "caregiver"}, "nobody": {}, "staff": {models.AskStaff}}
	ids := map[string]people.ConsentDocumentView{}
	for name, who := range lists {
		ids[name] = o.paperwork(models.ConsentStoryRelease, func(in *people.CreateConsentDocument) { in.RequiredOf = who })
	}
	m := map[string]uuid.UUID{}
	for name, one := range map[string]models.Member{
		"Adult": {BirthDate: born(40), Kinds: models.Texts[models.Kind]{"veteran"}}, "Spouse": {Kinds: models.Texts[models.Kind]{"spouse", "staff"}}, "Employee": {Kinds: models.Texts[models.Kind]{"staff"}},
		"Teen": {BirthDate: born(15), Kinds: models.Texts[models.Kind]{"child"}}, "Undated": {Kinds: models.Texts[models.Kind]{"child"}},
		"Gone": {BirthDate: born(70), Kinds: models.Texts[models.Kind]{"spouse"}, Status: models.MemberDeceased}} {
		one.GivenName = name
		m[name] = o.known(one).ID
	}
	missing := func(list string) (names []string) {
		for _, s := range must[*services.Page[people.MissingSigner]](t)(o.people.MissingSigners(o.as(o.boss), ids[list].ID, all)).Data {
			names = append(names, s.Name)
		}
		return names
	}
	for list, want := range map[string][]string{"adults": {"Adult", "Employee", "Spouse"}, "minors": {"Teen", "Undated"}, "members": {"Adult", "Spouse", "Teen", "Undated"}, "spouses": {"Spouse"}, "staff": {"Employee", "Spouse"}, "nobody": nil} {
		if got := missing(list); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", list, got, want)
		}
	}
	must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), m["Adult"], paper(ids["adults"].Current, "Adult")))
	no := paper(ids["adults"].Current, "Spouse")
	no.Decision = people.Decline
	must[*people.ConsentRow](t)(o.people.RecordConsent(o.as(o.boss), m["Spouse"], no))
	page := must[*services.Page[people.MissingSigner]](t)(o.people.MissingSigners(o.as(o.boss), ids["adults"].ID, services.PageQuery{Limit: 1, Count: true}))
	if len(page.Data) != 1 || page.Data[0].Name != "Employee" || page.Data[0].Answered || *page.Total != 2 || page.NextCursor == nil {
		t.Errorf("%+v", page)
	}
	page = must[*services.Page[people.MissingSigner]](t)(o.people.MissingSigners(o.as(o.boss), ids["adults"].ID, services.PageQuery{Limit: 1, Cursor: *page.NextCursor}))
	if len(page.Data) != 1 || page.Data[0].Name != "Spouse" || !page.Data[0].Answered {
		t.Errorf("%+v", page)
	}
	rows := must[*services.Page[people.ConsentRow]](t)(o.people.Consents(o.as(o.boss), people.ConsentFilter{PageQuery: all, DocumentID: ids["adults"].ID, Status: []models.ConsentStatus{models.ConsentDeclined}}))
	if len(rows.Data) != 1 || rows.Data[0].MemberName != "Spouse" {
		t.Errorf("%+v", rows.Data)
	}

	// The step asks the same of many at once.
	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), o.core, "test.missing", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		got, err := people.MissingConsents(tx, []uuid.UUID{m["Adult"], m["Spouse"]}, []models.ConsentKind{models.ConsentPhotoRelease, models.ConsentStoryRelease})
		if fmt.Sprint(got[m["Adult"]], got[m["Spouse"]]) != "[photo_release] [photo_release story_release]" {
			t.Errorf("%v", got)
		}
		return struct{}{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// statements counts what is asked of the database.
type statements struct{ n atomic.Int32 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.n.Add(1)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestTheListOfALargeFamilyCostsNoMore(t *testing.T) {
	o := openPapers(t)
	for _, kind := range []models.ConsentKind{models.ConsentPrivacyNotice, models.ConsentCodeOfConduct, models.ConsentLiabilityWaiver, models.ConsentPhotoRelease} {
		o.paperwork(kind)
	}
	ana := o.person("Ana Ortega")
	asked := &statements{}
	core := coretest.On(t, o.db, func(s *services.Settings) { s.Tracer = asked })
	core.Clock.Set(noon)
	counted := people.New(core)
	due := func() (int, int32) {
		asked.n.Store(0)
		page := must[*services.Page[people.ConsentDue]](t)(counted.DueConsents(o.as(ana)))
		n := 0
		for _, d := range page.Data {
			n += len(d.For)
		}
		return n, asked.n.Load()
	}
	if n, cost := due(); n != 4 || cost > 5 {
		t.Errorf("alone: %d answers wanted, %d statements", n, cost)
	}
	for _, name := range []string{"Maya Ortega", "Leo Ortega", "Kit Ortega"} {
		o.child(ana, name, 10)
	}
	if n, cost := due(); n != 16 || cost > 5 {
		t.Errorf("with three children: %d answers wanted, %d statements", n, cost)
	} else {
		t.Logf("16 answers wanted, %d statements", cost)
	}
}

func TestStarterTexts(t *testing.T) {
	o := openPapers(t)
	page := must[*services.Page[people.ConsentTemplate]](t)(o.people.ConsentTemplates(o.as(o.boss)))
	if len(page.Data) != 6 {
		t.Errorf("%d templates", len(page.Data))
	}
	for _, template := range page.Data {
		d := must[*people.ConsentDocumentView](t)(o.people.CreateConsentDocument(o.as(o.boss), template.CreateConsentDocument))
		if d.Status != models.ConsentDocumentDraft || d.Draft.Body != template.Body || d.Current != nil {
			t.Errorf("%+v", d)
		}
	}
}
