package people_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// papers is an office whose database and ended teen accounts the test can look at.
type papers struct {
	*office
	db    *pgtest.DB
	ended []uuid.UUID
}

func openPapers(t *testing.T) *papers {
	t.Helper()
	p := &papers{db: pgtest.New(t)}
	core := coretest.On(t, p.db)
	core.Clock.Set(noon)
	services.Handle(core.Jobs, 1, func(context.Context, people.CredentialsChanged) error { return nil })
	services.Handle(core.Jobs, 1, func(context.Context, people.GuardianshipChanged) error { return nil })
	services.Handle(core.Jobs, 1, func(_ context.Context, job people.TeenConsentEnded) error {
		p.ended = append(p.ended, job.MemberID)
		return nil
	})
	p.office = &office{T: t, core: core, people: people.New(core), tasks: tasks.NewService(core)}
	p.boss = p.person("Carol Whitfield", models.RoleCoordinator)
	return p
}

func super(t *testing.T, db *pgtest.DB, statements ...string) {
	t.Helper()
	db.Super(t, func(c *pgx.Conn) error {
		for _, sql := range statements {
			if _, err := c.Exec(t.Context(), sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// paperwork publishes a document.
func (o *office) paperwork(kind models.ConsentKind, change ...func(*people.CreateConsentDocument)) people.ConsentDocumentView {
	o.Helper()
	in := people.CreateConsentDocument{Kind: kind, Title: "About " + string(kind), RequiredOf: []models.ConsentGroup{models.AskEveryone}, Body: "# " + string(kind) + "\r\n\r\nThe first text.\n"}
	for _, do := range change {
		do(&in)
	}
	d, err := o.people.CreateConsentDocument(o.as(o.boss), in)
	if err != nil {
		o.Fatal(err)
	}
	o.publish(d.Draft.ID, people.PublishConsentVersion{})
	view, err := o.people.ConsentDocument(o.as(o.boss), d.ID)
	if err != nil {
		o.Fatal(err)
	}
	return *view
}

func (o *office) publish(version uuid.UUID, in people.PublishConsentVersion) models.ConsentVersion {
	o.Helper()
	v, err := o.people.PublishConsentVersion(o.as(o.boss), version, in)
	if err != nil {
		o.Fatal(err)
	}
	return *v
}

// rewrite publishes the next text of a document at once.
func (o *office) rewrite(document uuid.UUID, body string, material bool) models.ConsentVersion {
	o.Helper()
	v, err := o.people.AddConsentVersion(o.as(o.boss), document, people.NewConsentVersion{Body: body, Material: material})
	if err != nil {
		o.Fatal(err)
	}
	return o.publish(v.ID, people.PublishConsentVersion{})
}

func signing(v *models.ConsentVersion, name string, said people.Answer, about ...uuid.UUID) people.SignConsent {
	in := people.SignConsent{VersionID: v.ID, TextHash: v.TextHash, Decision: said, NameTyped: name}
	if len(about) > 0 {
		in.MemberID = &about[0]
	}
	return in
}

func (o *office) sign(p person, v *models.ConsentVersion, name string, said people.Answer, about ...uuid.UUID) people.OwnConsent {
	o.Helper()
	c, err := o.people.Sign(o.as(p), signing(v, name, said, about...), "Homefront/3.1")
	if err != nil {
		o.Fatal(err)
	}
	return *c
}

// has asks the step, and holds the SQL scope of lists against it.
func (o *office) has(member uuid.UUID, kind models.ConsentKind) bool {
	o.Helper()
	var has bool
	_, err := services.Mutate(services.AsSystem(o.Context(), "test"), o.core, "test.consent", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		var listed int64
		err := tx.DB.Table("members").Scopes(people.WithoutConsent(kind, tx.Now())).Where("members.id = ?", member).Count(&listed).Error
		if err != nil {
			return struct{}{}, err
		}
		if has, err = people.HasConsent(tx, member, kind); err == nil && has != (listed == 0) {
			o.Errorf("the step says %v, the scope lists %d", has, listed)
		}
		return struct{}{}, err
	})
	if err != nil {
		o.Fatal(err)
	}
	return has
}

func (o *office) due(p person) map[string]string {
	o.Helper()
	page, err := o.people.DueConsents(o.as(p))
	if err != nil {
		o.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range page.Data {
		for _, f := range d.For {
			out[string(d.Kind)+" "+f.Name] = f.Why
		}
	}
	return out
}

func (o *office) wantDue(p person, want map[string]string) {
	o.Helper()
	if got := o.due(p); len(got) != len(want) || !equalMaps(got, want) {
		o.Errorf("due: %v, want %v", got, want)
	}
}

func equalMaps(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// guardian makes p a confirmed guardian of a child.
func (o *office) guardian(p person, child uuid.UUID) uuid.UUID {
	o.Helper()
	page, err := o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all, GuardianID: p.member, ChildID: child})
	if err != nil {
		o.Fatal(err)
	}
	if len(page.Data) > 0 {
		g := must[*models.Guardianship](o.T)(o.people.ConfirmGuardianship(o.as(o.boss), page.Data[0].ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
		return g.ID
	}
	g := must[*models.Guardianship](o.T)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: p.member, ChildID: child, Evidence: "Birth certificate"}))
	return g.ID
}

func (o *office) openDecisions() []models.Task {
	o.Helper()
	page, err := o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all, Kind: string(models.TaskDecideConsent)})
	if err != nil {
		o.Fatal(err)
	}
	return page.Data
}

func (o *office) settle() {
	o.Helper()
	if _, err := o.core.RunDue(o.Context(), o.core.Clock.Now()); err != nil {
		o.Fatal(err)
	}
}

func TestSigningKeepsTheEvidence(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	luis := o.person("Luis Ortega")
	if strings.Contains(d.Current.Body, "\r") || d.Current.TextHash != models.TextHash(d.Current.Body) {
		t.Errorf("%+v", d.Current)
	}
	o.wantDue(luis, map[string]string{"photo_release Luis Ortega": "never_signed"})

	wrong := signing(d.Current, "Luis Ortega", people.Grant)
	wrong.TextHash = models.TextHash("something else")
	_, err := o.people.Sign(o.as(luis), wrong, "")
	refused(t, err, services.KindConflict, "text_changed")
	_, err = o.people.Sign(o.as(luis), signing(d.Current, "Ana Ortega", people.Grant), "")
	if got := fields(t, err); got["/name_typed"] != "not_your_name" {
		t.Errorf("%v", got)
	}
	stranger := o.person("Tom Reyes")
	_, err = o.people.Sign(o.as(luis), signing(d.Current, "Luis Ortega", people.Grant, stranger.member), "")
	refused(t, err, services.KindNotFound, "not_found")

	c := o.sign(luis, d.Current, " luis a. ORTEGA ", people.Grant)
	again := o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	if c.ID != again.ID || c.Status != models.ConsentGranted || !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Errorf("%+v %+v", c, again)
	}
	o.wantDue(luis, map[string]string{})
	kept := must[*people.ConsentEvidence](t)(o.people.GetConsent(o.as(o.boss), c.ID))
	if *kept.NameTyped != "luis a. ORTEGA" || *kept.UserAgent != "Homefront/3.1" || !kept.SignedAt.Equal(noon) || kept.TextHash != d.Current.TextHash || !kept.Intact || !kept.CountsNow ||
		kept.Body != d.Current.Body || kept.SignerName != "Luis Ortega" {
		t.Errorf("%+v", kept)
	}
	if n := o.count(`select count(*) from audit_log where action = 'consent.read' and $1 = any (subjects)`, luis.member); n != 1 {
		t.Errorf("%d looks are logged", n)
	}
	own := must[*people.OwnConsentView](t)(o.people.OwnConsent(o.as(luis), c.ID))
	if own.Body != d.Current.Body {
		t.Errorf("%+v", own)
	}
	_, err = o.people.OwnConsent(o.as(stranger), c.ID)
	refused(t, err, services.KindNotFound, "not_found")
	_, err = o.people.RevokeOwnConsent(o.as(stranger), c.ID)
	refused(t, err, services.KindNotFound, "not_found")

	// Revoking takes effect at once; the history keeps everything; one may agree again.
	revoked := must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(luis), c.ID))
	twice := must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(luis), c.ID))
	if revoked.Status != models.ConsentRevoked || !revoked.RevokedAt.Equal(*twice.RevokedAt) || o.has(luis.member, models.ConsentPhotoRelease) {
		t.Errorf("%+v", revoked)
	}
	o.wantDue(luis, map[string]string{"photo_release Luis Ortega": "revoked"})
	o.core.Clock.Advance(time.Minute)
	o.sign(luis, d.Current, "Luis Ortega", people.Decline)
	o.wantDue(luis, map[string]string{"photo_release Luis Ortega": "declined"})
	o.core.Clock.Advance(time.Minute)
	o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	history := must[*services.Page[people.OwnConsent]](t)(o.people.OwnConsents(o.as(luis), all))
	var told []models.ConsentStatus
	for _, h := range history.Data {
		told = append(told, h.Status)
	}
	if !slices.Equal(told, []models.ConsentStatus{"granted", "declined", "revoked"}) || !history.Data[0].Latest || history.Data[1].Latest {
		t.Errorf("%v", told)
	}
}

func TestTheNameTypedIsTheSigners(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentCodeOfConduct)
	jose := o.person("José Núñez-O’Hara")
	if _, err := o.core.Writes().Exec(t.Context(), `update members set preferred_name = 'Pepe', legal_name = 'José María Núñez Ohara' where id = $1`, jose.member); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{"Jose Nunez O'Hara": true, "PEPE NUÑEZ-OHARA": true, "José María Núñez Ohara": true, "Jose M. Nunez O'Hara Jr.": true, "Nunez": false, "José": false,
		"Pepe": false, "x": false, "Josephine Nunez-Ohara": false, "Jose Nunez O'Hara and everybody else in this very house": false} {
		_, err := o.people.Sign(o.as(jose), signing(d.Current, name, people.Grant), "")
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAPublishedTextIsFinal(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentLiabilityWaiver)
	luis := o.person("Luis Ortega")
	c := o.sign(luis, d.Current, "Luis Ortega", people.Grant)

	_, err := o.people.UpdateConsentVersion(o.as(o.boss, d.Current.Version), d.Current.ID, people.PatchConsentVersion{Body: services.Some("Another text")})
	refused(t, err, services.KindConflict, "version_published")
	_, err = o.people.UpdateConsentDocument(o.as(o.boss, d.Version), d.ID, people.PatchConsentDocument{Title: services.Some("Something else")})
	refused(t, err, services.KindConflict, "document_published")
	_, err = o.people.PublishConsentVersion(o.as(o.boss), d.Current.ID, people.PublishConsentVersion{})
	refused(t, err, services.KindConflict, "version_published")

	tamper := map[string]string{
		"update consent_document_versions set body = 'You owe us everything', text_hash = encode(sha256('You owe us everything'), 'hex')": "a published text is final",
		"update consent_document_versions set effective_from = now()":                                                                     "a published text is final",
		"delete from consent_document_versions":                                                                                           "a published text is final",
		"update consents set text_hash = repeat('0', 64)":                                                                                 "permission denied",
		"update consents set version_id = gen_random_uuid()":                                                                              "permission denied",
		"update consents set signed_on = '2020-01-01'":                                                                                    "permission denied",
		"update consents set method = 'paper', signed_at = '2020-01-01'":                                                                  "permission denied",
	}
	for sql, want := range tamper {
		if _, err := o.core.Writes().Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := o.core.Writes().Exec(t.Context(), `insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material)
		values (gen_random_uuid(), 1, now(), now(), $1, 7, 'en', 'One text', encode(sha256('Another'), 'hex'), true)`, d.ID); err == nil {
		t.Error("a text with the hash of another is stored")
	}

	// Whoever owns the database can do what they want to it; we see it.
	super(t, o.db, `alter table consent_document_versions disable trigger all`, `alter table consent_document_versions drop constraint consent_document_versions_hash`,
		`update consent_document_versions set body = 'You owe us everything'`)
	if kept := must[*people.ConsentEvidence](t)(o.people.GetConsent(o.as(o.boss), c.ID)); kept.Intact {
		t.Errorf("%+v", kept)
	}
}

func TestANewTextAsksAgain(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease, func(in *people.CreateConsentDocument) { in.Optional = true })
	luis, ana := o.person("Luis Ortega"), o.person("Ana Ortega")
	c := o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	o.sign(ana, d.Current, "Ana Ortega", people.Decline)
	o.wantDue(ana, map[string]string{})

	mended := o.rewrite(d.ID, "A comma, mended", false)
	if !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("a mended comma asks again")
	}
	o.wantDue(luis, map[string]string{})

	draft := must[*models.ConsentVersion](t)(o.people.AddConsentVersion(o.as(o.boss), d.ID, people.NewConsentVersion{Body: "We may sell them", Material: true}))
	_, err := o.people.AddConsentVersion(o.as(o.boss), d.ID, people.NewConsentVersion{Body: "We may give them away", Material: true})
	refused(t, err, services.KindConflict, "draft_exists")
	from := noon.Add(48 * time.Hour)
	o.publish(draft.ID, people.PublishConsentVersion{EffectiveFrom: &from})
	_, err = o.people.Sign(o.as(luis), signing(draft, "Luis Ortega", people.Grant), "")
	refused(t, err, services.KindNotFound, "not_found") // not in force yet
	if !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("a text that is not in force yet asks again")
	}

	o.core.Clock.Set(from)
	if o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("a signature of the earlier text still counts")
	}
	o.wantDue(luis, map[string]string{"photo_release Luis Ortega": "new_version"})
	o.wantDue(ana, map[string]string{"photo_release Ana Ortega": "new_version"})
	_, err = o.people.Sign(o.as(luis), signing(&mended, "Luis Ortega", people.Grant), "")
	refused(t, err, services.KindConflict, "version_superseded")
	o.settle()
	o.settle()
	if n := o.count(`select count(*) from consents where id = $1 and status = 'superseded' and version = 2`, c.ID); n != 1 {
		t.Error("the job does not write it down, or twice")
	}
	o.sign(luis, draft, "Luis Ortega", people.Grant)
	if !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("the new text does not count")
	}
	page := must[*services.Page[people.ConsentRow]](t)(o.people.Consents(o.as(o.boss), people.ConsentFilter{PageQuery: all, MemberID: luis.member, History: true}))
	if len(page.Data) != 2 || page.Data[1].Status != models.ConsentSuperseded || page.Data[1].Number != 1 {
		t.Errorf("%+v", page.Data)
	}

	// Retired: nobody is asked and nothing counts. The way back: it does again.
	must[*people.ConsentDocumentView](t)(o.people.RetireConsentDocument(o.as(o.boss), d.ID))
	_, err = o.people.Sign(o.as(ana), signing(draft, "Ana Ortega", people.Grant), "")
	refused(t, err, services.KindConflict, "document_retired")
	if o.has(luis.member, models.ConsentPhotoRelease) || len(o.due(ana)) != 0 {
		t.Error("a retired document counts")
	}
	_, err = o.people.ConsentDocument(o.as(luis), d.ID)
	refused(t, err, services.KindNotFound, "not_found")
	must[*people.ConsentDocumentView](t)(o.people.ReinstateConsentDocument(o.as(o.boss), d.ID))
	if !o.has(luis.member, models.ConsentPhotoRelease) {
		t.Error("a reinstated document does not count")
	}
}

func TestOneDocumentOfAKindIsInForce(t *testing.T) {
	o := openPapers(t)
	o.paperwork(models.ConsentSMS)
	second := must[*people.ConsentDocumentView](t)(o.people.CreateConsentDocument(o.as(o.boss), people.CreateConsentDocument{Kind: models.ConsentSMS, Title: "Again", Body: "Text"}))
	_, err := o.people.PublishConsentVersion(o.as(o.boss), second.Draft.ID, people.PublishConsentVersion{})
	refused(t, err, services.KindConflict, "kind_published")
	o.paperwork(models.ConsentStoryRelease)
	o.paperwork(models.ConsentStoryRelease)
	_, err = o.people.CreateConsentDocument(o.as(o.boss), people.CreateConsentDocument{Kind: models.ConsentSMS, Title: " ", Assent: true, Language: "x", Body: " "})
	if got := fields(t, err); len(got) != 4 {
		t.Errorf("%v", got)
	}
	past := noon.Add(-time.Hour)
	_, err = o.people.PublishConsentVersion(o.as(o.boss), second.Draft.ID, people.PublishConsentVersion{EffectiveFrom: &past})
	if got := fields(t, err); got["/effective_from"] != "out_of_range" {
		t.Errorf("%v", got)
	}
}

func TestASignatureExpires(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentLiabilityWaiver, func(in *people.CreateConsentDocument) { in.ExpiresMonths = ptr(12) })
	luis := o.person("Luis Ortega")
	c := o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	if c.ExpiresOn == nil || c.ExpiresOn.String() != "2027-03-02" {
		t.Fatalf("%v", c.ExpiresOn)
	}
	o.core.Clock.Set(time.Date(2027, 3, 2, 17, 0, 0, 0, time.UTC))
	if !o.has(luis.member, models.ConsentLiabilityWaiver) {
		t.Error("it ends before its last day")
	}
	o.core.Clock.Set(time.Date(2027, 3, 3, 17, 0, 0, 0, time.UTC))
	if o.has(luis.member, models.ConsentLiabilityWaiver) {
		t.Error("it outlives its last day")
	}
	o.wantDue(luis, map[string]string{"liability_waiver Luis Ortega": "expired"})
	_, err := o.people.RevokeOwnConsent(o.as(luis), c.ID)
	refused(t, err, services.KindConflict, "nothing_to_revoke")
	o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	if !o.has(luis.member, models.ConsentLiabilityWaiver) {
		t.Error("signing again does not help")
	}
}

func TestRevokingTextMessagesTurnsThemOff(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentSMS)
	luis := o.person("Luis Ortega")
	c := o.sign(luis, d.Current, "Luis Ortega", people.Grant)
	must[*people.Me](t)(o.people.UpdateMe(o.as(luis), people.PatchMe{PreferencesPatch: people.PreferencesPatch{SMSOptIn: services.Some(true)}}))
	must[*people.ConsentRow](t)(o.people.RevokeConsent(o.as(o.boss), c.ID, people.StaffReason{Reason: "He called"}))
	if me := must[*people.Me](t)(o.people.Me(o.as(luis))); me.Member.SMSOptIn {
		t.Error("text messages go on")
	}
	if o.has(luis.member, models.ConsentSMS) {
		t.Error("the consent stands")
	}
	must[*people.ConsentRow](t)(o.people.ReinstateConsent(o.as(o.boss), c.ID, people.StaffReason{Reason: "Another Luis"}))
	if !o.has(luis.member, models.ConsentSMS) {
		t.Error("it does not stand again")
	}
	must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(luis), c.ID))
	_, err := o.people.ReinstateConsent(o.as(o.boss), c.ID, people.StaffReason{Reason: "Another Luis"})
	refused(t, err, services.KindConflict, "signer_revoked")
}
