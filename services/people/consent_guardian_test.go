package people_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// Ana and Tom are both guardians of Maya, and nobody tells one of the other.
func (o *papers) parents(years int) (ana, tom person, maya uuid.UUID) {
	o.Helper()
	ana, tom = o.person("Ana Ortega"), o.person("Tom Reyes")
	maya = o.child(ana, "Maya Ortega", years).ID
	o.guardian(ana, maya)
	o.guardian(tom, maya)
	return ana, tom, maya
}

// seen is all that one guardian can see of consents, as it would travel.
func (o *papers) seen(p person) string {
	o.Helper()
	due := must[*services.Page[people.ConsentDue]](o.T)(o.people.DueConsents(o.as(p)))
	history := must[*services.Page[people.OwnConsent]](o.T)(o.people.OwnConsents(o.as(p), all))
	told, err := json.Marshal([]any{due, history})
	if err != nil {
		o.Fatal(err)
	}
	return string(told)
}

func TestAGuardianSignsForAChild(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentLiabilityWaiver)
	ana := o.person("Ana Ortega")
	maya := o.child(ana, "Maya Ortega", 11).ID
	o.wantDue(ana, map[string]string{"liability_waiver Ana Ortega": "never_signed", "liability_waiver Maya Ortega": "never_signed"})

	c := o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	if c.Status != models.ConsentPending || c.Self || o.has(maya, models.ConsentLiabilityWaiver) {
		t.Errorf("%+v", c)
	}
	open := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(o.boss), tasks.Filter{PageQuery: all, MemberID: maya}))
	if len(open.Data) != 1 || open.Data[0].Kind != models.TaskConfirmGuardianship {
		t.Errorf("%+v", open.Data)
	}
	o.wantDue(ana, map[string]string{"liability_waiver Ana Ortega": "never_signed"})

	g := o.guardian(ana, maya)
	if !o.has(maya, models.ConsentLiabilityWaiver) || o.has(ana.member, models.ConsentLiabilityWaiver) {
		t.Error("the consent of a confirmed guardian does not count for the child alone")
	}
	o.settle()
	if n := o.count(`select count(*) from consents where id = $1 and status = 'granted_on_behalf'`, c.ID); n != 1 {
		t.Error("the job does not write down that the guardian is confirmed")
	}

	// What a guardian signed ends with the guardianship, and counts again with it.
	must[*models.Guardianship](t)(o.people.EndGuardianship(o.as(o.boss), g, people.StaffReason{Reason: "Order of the court"}))
	if o.has(maya, models.ConsentLiabilityWaiver) {
		t.Error("it outlives the guardianship")
	}
	_, err := o.people.Sign(o.as(ana), signing(d.Current, "Ana Ortega", people.Grant, maya), "")
	refused(t, err, services.KindNotFound, "not_found")
	must[*models.Guardianship](t)(o.people.ReinstateGuardianship(o.as(o.boss), g, people.StaffReason{Reason: "Set aside by the court"}))
	if o.has(maya, models.ConsentLiabilityWaiver) {
		t.Error("a claim is enough")
	}
	o.guardian(ana, maya)
	if !o.has(maya, models.ConsentLiabilityWaiver) {
		t.Error("it does not count again")
	}
}

func TestGuardiansWhoDiffer(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	ana, tom, maya := o.parents(11)
	for _, p := range []person{ana, tom} {
		o.wantDue(p, map[string]string{"photo_release Maya Ortega": "never_signed", "photo_release " + map[bool]string{true: "Ana Ortega", false: "Tom Reyes"}[p.member == ana.member]: "never_signed"})
	}
	before := o.seen(tom)
	hers := o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	if !o.has(maya, models.ConsentPhotoRelease) || o.seen(tom) != before {
		t.Error("one guardian is not enough, or the other can see it")
	}
	before = o.seen(ana)
	his := o.sign(tom, d.Current, "Tom Reyes", people.Decline, maya)
	if o.has(maya, models.ConsentPhotoRelease) {
		t.Error("the consent stands although the other guardian refuses")
	}
	if o.seen(ana) != before {
		t.Error("Ana can see that Tom refused")
	}
	work := o.openDecisions()
	if len(work) != 1 || *work[0].RecordID != hers.ID || len(work[0].AlsoAbout) != 2 {
		t.Fatalf("%+v", work)
	}

	// A stranger to both decides; nobody close to one of them, and neither hears of it.
	kin := o.person("Rosa Reyes", models.RoleCoordinator)
	if _, err := o.core.Writes().Exec(t.Context(), `insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values (gen_random_uuid(), 1, $1, $1, $2, 'sibling', $3, 'accepted')`,
		noon, kin.member, tom.member); err != nil {
		t.Fatal(err)
	}
	stands := people.DecideConsent{Outcome: models.ConsentStands, Reason: "The order gives Ana the say"}
	_, err := o.people.DecideConsent(o.as(kin), hers.ID, stands)
	refused(t, err, services.KindForbidden, "own_record")
	if page := must[*services.Page[models.Task]](t)(o.tasks.List(o.as(kin), tasks.Filter{PageQuery: all, Kind: string(models.TaskDecideConsent)})); len(page.Data) != 0 {
		t.Error("somebody close to Tom sees the task")
	}
	_, err = o.people.DecideConsent(o.as(o.boss), his.ID, stands)
	refused(t, err, services.KindConflict, "not_disputed")
	_, err = o.people.DecideConsent(o.as(o.boss), hers.ID, people.DecideConsent{Outcome: models.ConsentStands, Reason: "   "})
	if got := fields(t, err); got["/reason"] != "required" {
		t.Errorf("%v", got)
	}
	o.core.Clock.Advance(time.Hour)
	must[*people.ConsentRow](t)(o.people.DecideConsent(o.as(o.boss), hers.ID, stands))
	if !o.has(maya, models.ConsentPhotoRelease) || len(o.openDecisions()) != 0 || o.seen(ana) != before {
		t.Error("the decision does not count, or shows")
	}
	must[*people.ConsentRow](t)(o.people.DecideConsent(o.as(o.boss), hers.ID, people.DecideConsent{Outcome: models.ConsentSetAside, Reason: "Tom showed a newer order"}))
	if o.has(maya, models.ConsentPhotoRelease) || o.seen(ana) != before {
		t.Error("set aside, it counts, or shows")
	}

	// A new answer of either opens the question again; agreement ends it.
	o.core.Clock.Advance(time.Hour)
	must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(ana), hers.ID))
	o.core.Clock.Advance(time.Hour)
	o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	if o.has(maya, models.ConsentPhotoRelease) || len(o.openDecisions()) != 1 {
		t.Error("an old decision rules a new answer")
	}
	o.sign(tom, d.Current, "Tom Reyes", people.Grant, maya)
	if !o.has(maya, models.ConsentPhotoRelease) || len(o.openDecisions()) != 0 {
		t.Error("they agree, and it does not count, or the task stays")
	}
	must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(tom), must[*services.Page[people.OwnConsent]](t)(o.people.OwnConsents(o.as(tom), all)).Data[0].ID))
	if o.has(maya, models.ConsentPhotoRelease) || len(o.openDecisions()) != 1 {
		t.Error("what one took back counts by the other")
	}
}

// A claim binds nobody: whoever says they are the father cannot stop what the mother signed, nor sign himself.
func TestAClaimedGuardianDecidesNothing(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	ana, tom := o.person("Ana Ortega"), o.person("Tom Reyes")
	maya := o.child(ana, "Maya Ortega", 11).ID
	o.guardian(ana, maya)
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: tom.member, ChildID: maya}))
	o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	o.sign(tom, d.Current, "Tom Reyes", people.Decline, maya)
	if !o.has(maya, models.ConsentPhotoRelease) || len(o.openDecisions()) != 0 {
		t.Error("a claim stops it")
	}
	o.guardian(tom, maya)
	if o.has(maya, models.ConsentPhotoRelease) {
		t.Error("the refusal of a confirmed guardian does not count")
	}

	// Nobody answered anew: the job sees to the task, and drops it when the guardianship ends.
	settled := func(want int) {
		t.Helper()
		for range 2 {
			must[struct{}](t)(struct{}{}, o.settleConsents())
			if n := len(o.openDecisions()); n != want {
				t.Errorf("%d decisions are open, want %d", n, want)
			}
		}
	}
	settled(1)
	must[*models.Guardianship](t)(o.people.EndGuardianship(o.as(o.boss), o.guardian(tom, maya), people.StaffReason{Reason: "Order of the court"}))
	settled(0)
	if !o.has(maya, models.ConsentPhotoRelease) {
		t.Error("who is no guardian any more still refuses")
	}
}

func TestTwoGuardiansAnswerAtOnce(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	ana, tom := o.person("Ana Ortega"), o.person("Tom Reyes")
	for i := range 8 {
		child := o.child(ana, fmt.Sprintf("Child%c Ortega", 'a'+i), 10).ID
		o.guardian(ana, child)
		o.guardian(tom, child)
		var both sync.WaitGroup
		var errs [4]error
		for j := range errs { // each of them taps twice
			both.Go(func() {
				p, name, said := ana, "Ana Ortega", people.Grant
				if j%2 == 1 {
					p, name, said = tom, "Tom Reyes", people.Decline
				}
				_, errs[j] = o.people.Sign(o.as(p), signing(d.Current, name, said, child), "")
			})
		}
		both.Wait()
		if err := errors.Join(errs[:]...); err != nil {
			t.Fatal(err)
		}
		if o.has(child, models.ConsentPhotoRelease) || len(o.openDecisions()) != i+1 {
			t.Errorf("child %d: %d decisions are open", i, len(o.openDecisions()))
		}
		if n := o.count(`select count(*) from consents where member_id = $1`, child); n != 2 {
			t.Errorf("%d rows for two signatures", n)
		}
	}
}

func TestPublishingRaces(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	luis := o.person("Luis Ortega")
	text := d.Current
	for round := range 6 {
		next := must[*models.ConsentVersion](t)(o.people.AddConsentVersion(o.as(o.boss), d.ID, people.NewConsentVersion{Body: fmt.Sprintf("Text %d", round), Material: true}))
		var all sync.WaitGroup
		var publish [2]error
		var sign error
		for i := range publish {
			all.Go(func() {
				_, publish[i] = o.people.PublishConsentVersion(o.as(o.boss), next.ID, people.PublishConsentVersion{})
			})
		}
		all.Go(func() { _, sign = o.people.Sign(o.as(luis), signing(text, "Luis Ortega", people.Grant), "") })
		all.Wait()
		if (publish[0] == nil) == (publish[1] == nil) {
			t.Errorf("of two publishers: %v and %v", publish[0], publish[1])
		}
		refused(t, errors.Join(publish[:]...), services.KindConflict, "version_published")
		if sign != nil {
			refused(t, sign, services.KindConflict, "version_superseded")
		}
		if o.has(luis.member, models.ConsentPhotoRelease) {
			t.Error("a signature of the earlier text counts")
		}
		text = next
	}
	o.settle()
	if n := o.count(`select count(*) from consents where latest and status = 'granted'`); n != 0 {
		t.Errorf("%d superseded signatures are not written down", n)
	}
}

func TestAtEighteenWhatParentsSignedEnds(t *testing.T) {
	o := openPapers(t)
	d, optional := o.paperwork(models.ConsentCodeOfConduct, func(in *people.CreateConsentDocument) { in.Assent = true }), o.paperwork(models.ConsentPhotoRelease)
	ana, _, maya := o.parents(17)
	o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	o.sign(ana, optional.Current, "Ana Ortega", people.Grant, maya)
	teen := person{member: maya, account: services.NewID(), roles: []models.Role{models.RoleMember}}

	// Until then the teen assents where the document says so, and signs nothing else.
	o.wantDue(teen, map[string]string{"code_of_conduct Maya Ortega": "never_signed"})
	_, err := o.people.Sign(o.as(teen), signing(optional.Current, "Maya Ortega", people.Grant), "")
	refused(t, err, services.KindForbidden, "guardian_signs")
	o.sign(teen, d.Current, "Maya Ortega", people.Grant)
	if history := must[*services.Page[people.OwnConsent]](t)(o.people.OwnConsents(o.as(teen), all)); len(history.Data) != 1 {
		t.Errorf("%+v", history.Data)
	}
	if !o.has(maya, models.ConsentCodeOfConduct) || !o.has(maya, models.ConsentPhotoRelease) {
		t.Error("what the guardian signed does not count")
	}

	o.core.Clock.Set(noon.AddDate(1, 0, 0))
	if o.has(maya, models.ConsentCodeOfConduct) || o.has(maya, models.ConsentPhotoRelease) {
		t.Error("it outlives the 18th birthday")
	}
	o.wantDue(teen, map[string]string{"code_of_conduct Maya Ortega": "turned_18", "photo_release Maya Ortega": "turned_18"})
	o.wantDue(ana, map[string]string{"code_of_conduct Ana Ortega": "never_signed", "photo_release Ana Ortega": "never_signed"})
	history := must[*services.Page[people.OwnConsent]](t)(o.people.OwnConsents(o.as(teen), all))
	if len(history.Data) != 3 {
		t.Errorf("%+v", history.Data)
	}
	for _, h := range history.Data {
		if h.Status != models.ConsentExpired || (*ptrOr(h.NameTyped) != "" && *h.NameTyped != "Maya Ortega") {
			t.Errorf("%+v", h)
		}
	}
	must[struct{}](t)(struct{}{}, o.settleConsents())
	must[struct{}](t)(struct{}{}, o.settleConsents())
	if n := o.count(`select count(*) from consents where status = 'expired' and version = 2`); n != 3 {
		t.Errorf("the job writes %d down", n)
	}
	o.sign(teen, d.Current, "Maya Ortega", people.Grant)
	if !o.has(maya, models.ConsentCodeOfConduct) {
		t.Error("what the new adult signs does not count")
	}
}

func ptrOr(s *string) *string {
	if s == nil {
		return ptr("")
	}
	return s
}

// settleConsents runs the hourly job, by what publishing puts in line.
func (o *papers) settleConsents() error {
	_, err := o.core.Writes().Exec(o.Context(), `insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at)
		values ('{}', 'consent.settle', 5, 1, 'default', $1, 'available', $1)`, o.core.Clock.Now())
	if err == nil {
		_, err = o.core.RunDue(o.Context(), o.core.Clock.Now())
	}
	return err
}

func TestATeensAccountEndsWithTheConsent(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentTeenAccount, func(in *people.CreateConsentDocument) {
		in.RequiredOf, in.Optional = []models.ConsentGroup{models.AskMinors}, true
	})
	ana, tom, maya := o.parents(15)
	small := o.child(ana, "Leo Ortega", 6).ID
	o.guardian(ana, small)
	o.wantDue(ana, map[string]string{"teen_account Maya Ortega": "never_signed"})
	_, err := o.people.Sign(o.as(ana), signing(d.Current, "Ana Ortega", people.Grant, small), "")
	if got := fields(t, err); got["/member_id"] != "not_a_teen" {
		t.Errorf("%v", got)
	}
	c := o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	o.settle()
	o.ended = nil // of what the guardians, when they were confirmed, may have refused before
	if !o.has(maya, models.ConsentTeenAccount) || len(o.ended) != 0 {
		t.Errorf("%v", o.ended)
	}
	o.sign(tom, d.Current, "Tom Reyes", people.Decline, maya)
	o.settle()
	if o.has(maya, models.ConsentTeenAccount) || len(o.ended) != 1 || o.ended[0] != maya {
		t.Errorf("%v", o.ended)
	}
	must[*people.OwnConsent](t)(o.people.RevokeOwnConsent(o.as(ana), c.ID))
	o.settle()
	if len(o.ended) != 2 {
		t.Errorf("%v", o.ended)
	}
}

// A refusal that was given while the guardianship was a claim counts from the moment that staff confirm it.
func TestConfirmingAGuardianWhoRefusedEndsATeensAccount(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentTeenAccount, func(in *people.CreateConsentDocument) { in.RequiredOf = []models.ConsentGroup{models.AskMinors} })
	ana, tom := o.person("Ana Ortega"), o.person("Tom Reyes")
	maya := o.child(ana, "Maya Ortega", 15).ID
	o.guardian(ana, maya)
	o.sign(ana, d.Current, "Ana Ortega", people.Grant, maya)
	claim := must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: tom.member, ChildID: maya}))
	o.sign(tom, d.Current, "Tom Reyes", people.Decline, maya)
	o.settle()
	if o.ended = nil; !o.has(maya, models.ConsentTeenAccount) {
		t.Fatal("a claim stops it")
	}
	must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(o.boss), claim.ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))
	o.settle()
	if o.has(maya, models.ConsentTeenAccount) || len(o.ended) != 1 || o.ended[0] != maya {
		t.Errorf("nobody looks at the account again: %v", o.ended)
	}
}

// One text that cannot be settled keeps nobody waiting who has to decide between two guardians, and no other text.
func TestSettlingOneTextHoldsUpNothingElse(t *testing.T) {
	o := openPapers(t)
	photos, waiver := o.paperwork(models.ConsentPhotoRelease), o.paperwork(models.ConsentLiabilityWaiver)
	ana, tom := o.person("Ana Ortega"), o.person("Tom Reyes")
	maya := o.child(ana, "Maya Ortega", 11).ID
	o.guardian(ana, maya)
	must[*models.Guardianship](t)(o.people.CreateGuardianship(o.as(o.boss), people.ClaimGuardianship{GuardianID: tom.member, ChildID: maya}))
	o.sign(ana, photos.Current, "Ana Ortega", people.Grant, maya)
	o.sign(tom, photos.Current, "Tom Reyes", people.Decline, maya)
	o.guardian(tom, maya)
	o.sign(ana, photos.Current, "Ana Ortega", people.Grant)
	o.sign(ana, waiver.Current, "Ana Ortega", people.Grant)
	super(t, o.db, `update consents set expires_on = '2026-01-01' where signed_by = member_id and document_id = '`+photos.ID.String()+`'`,
		`create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$`,
		`create trigger broken before update on consents for each row when (old.document_id = '`+photos.ID.String()+`') execute function broken()`)
	o.rewrite(waiver.ID, "Anew", true)
	_ = o.settleConsents()
	if n := len(o.openDecisions()); n != 1 {
		t.Errorf("%d decisions are open", n)
	}
	if n := o.count(`select count(*) from consents where document_id = $1 and status = 'superseded'`, waiver.ID); n != 1 {
		t.Error("the other text is not settled")
	}
}

// A batch does not begin at the first answer again.
func TestManyAnswersAreSettledInBatches(t *testing.T) {
	o := openPapers(t)
	d := o.paperwork(models.ConsentPhotoRelease)
	super(t, o.db, `insert into members (id, version, created_at, updated_at, given_name, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
			select gen_random_uuid(), 1, now(), now(), 'Many' || n, '{veteran}', 'active', 'en', 'UTC', true, false, true, false from generate_series(1, 1203) n`,
		`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash, expires_on)
			select gen_random_uuid(), 1, now(), now(), id, '`+d.ID.String()+`', '`+d.Current.ID.String()+`', 'granted', true, 'typed', id, 'Many', '2025-01-01', '2025-01-01', 'x',
				case when given_name like '%7' then null else date '2026-01-01' end from members where given_name like 'Many%'`)
	if err := o.settleConsents(); err != nil {
		t.Fatal(err)
	}
	if n := o.count(`select count(*) from consents where status = 'expired' and version = 2`); n != 1203-120 {
		t.Errorf("%d are settled", n)
	}
}
