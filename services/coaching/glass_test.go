package coaching_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/tasks"
)

const emergency = "She told a facilitator that she will not be here tomorrow"

// openOffice is a notebook, an admin, a second one and a privacy officer.
type office struct {
	*notebook
	admin, second, officer uuid.UUID
}

func openGlassOffice(t *testing.T, change ...func(*services.Settings)) *office {
	t.Helper()
	o := &office{notebook: openNotebook(t, change...)}
	o.admin, o.second, o.officer = o.staff("Ada", models.RoleAdmin), o.staff("Bo", models.RoleAdmin), o.staff("Pia", models.RolePrivacyOfficer)
	return o
}

func (o *office) breaks(member uuid.UUID) *coaching.GlassView {
	o.t.Helper()
	return must[*coaching.GlassView](o.t)(o.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: member, Reason: emergency}))
}

func (o *office) asAdmin(who uuid.UUID) context.Context { return o.as(who, models.RoleAdmin) }

func (o *office) asOfficer() context.Context { return o.as(o.officer, models.RolePrivacyOfficer) }

// told lists who was told of an opening, each once.
func (o *office) told(glass uuid.UUID) string {
	o.t.Helper()
	return o.text(`select coalesce(string_agg(m.given_name, ',' order by m.given_name), '') from messages s join members m on m.id = s.member_id where s.event = 'glass.broken' and s.record_id = $1`, glass)
}

func TestAnAdminOpensOneMembersNotesForSomeMinutes(t *testing.T) {
	o := openGlassOffice(t)
	note := o.signed(models.NotePrivate, "what she said")
	g := must[*coaching.GlassView](t)(o.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: o.mia, Reason: "  " + emergency + "  ", Minutes: 20}))
	if !g.Open || !g.Until.Equal(practiceDay.Add(20*time.Minute)) || g.MemberID != o.mia || g.OpenedBy != o.admin || g.ClosedAt != nil || g.ToldAt != nil {
		t.Errorf("%+v", g)
	}
	if got := o.reads(o.asAdmin(o.admin), note); got != "what she said" {
		t.Errorf("the admin reads %q", got)
	}
	if got := o.reads(o.asAdmin(o.second), note); got != "not_found" {
		t.Errorf("another admin reads %q", got)
	}
	if got := o.told(g.ID); got != "Bo,Dana,Pia" {
		t.Errorf("told at once: %s", got)
	}
	if n := o.openTasks(models.TaskReviewBreakGlass, g.ID); n != 1 {
		t.Errorf("%d tasks to review it", n)
	}
	for name, who := range map[string]struct {
		ctx  context.Context
		sees int
	}{"the second admin": {o.asAdmin(o.second), 1}, "who opened it": {o.asAdmin(o.admin), 0}} {
		page, err := o.tasks.List(who.ctx, taskFilter("admins"))
		if err != nil || len(page.Data) != who.sees {
			t.Errorf("%s sees %d tasks, %v", name, len(page.Data), err)
		}
	}
	refused(t, second(o.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: o.mia, Reason: emergency})), coaching.CodeGlassOpen)
	list := must[services.Page[models.CoachingNote]](t)(o.GlassNotes(o.asAdmin(o.admin), g.ID, services.PageQuery{Limit: 10}))
	if len(list.Data) != 1 || list.Data[0].ID != note {
		t.Errorf("listed %+v", list.Data)
	}
	refused(t, second(o.GlassNotes(o.asAdmin(o.second), g.ID, services.PageQuery{})), services.CodeNotFound)

	o.core.Clock.Set(practiceDay.Add(20 * time.Minute))
	if got := o.reads(o.asAdmin(o.admin), note); got != "not_found" {
		t.Errorf("when the time is up the admin reads %q", got)
	}
	refused(t, second(o.GlassNotes(o.asAdmin(o.admin), g.ID, services.PageQuery{})), coaching.CodeGlassOver)
	if again := o.breaks(o.mia); again.ID == g.ID || !again.Until.Equal(practiceDay.Add(80*time.Minute)) {
		t.Errorf("opened again: %+v", again)
	}
}

func taskFilter(queue string) tasks.Filter { return tasks.Filter{Queue: []string{queue}} }

func TestWhoOpensItReviewsNothing(t *testing.T) {
	o := openGlassOffice(t)
	g := o.breaks(o.mia)
	for name, do := range map[string]func(context.Context) error{
		"close": func(ctx context.Context) error {
			return second(o.CloseGlass(ctx, g.ID, coaching.CloseGlass{Words: "All is well"}))
		},
		"seal": func(ctx context.Context) error {
			return second(o.SealGlassNotice(ctx, g.ID, coaching.GlassReason{Reason: "Because"}))
		},
		"unseal": func(ctx context.Context) error {
			return second(o.UnsealGlassNotice(ctx, g.ID, coaching.GlassReason{Reason: "Because"}))
		},
		"reopen": func(ctx context.Context) error {
			return second(o.ReopenGlass(ctx, g.ID, coaching.GlassReason{Reason: "Because"}))
		},
	} {
		if err := do(o.as(o.admin, models.RoleAdmin, models.RolePrivacyOfficer)); codeOf(err) != coaching.CodeOwnReview {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := o.count(`select count(*) from audit_log where action like 'break_glass.%' and outcome = 'refused' and member_id = $1`, o.admin); n != 4 {
		t.Errorf("the log tells of %d attempts", n)
	}
	refused(t, second(o.CloseGlass(o.asOfficer(), g.ID, coaching.CloseGlass{Words: "Seen"})), coaching.CodeGlassReadable)
	ended := must[*coaching.GlassView](t)(o.EndGlass(o.asAdmin(o.second), g.ID))
	if ended.Open || ended.EndedAt == nil || ended.ClosedAt != nil {
		t.Errorf("ended: %+v", ended)
	}
	if again := must[*coaching.GlassView](t)(o.EndGlass(o.asAdmin(o.admin), g.ID)); again.Version != ended.Version {
		t.Errorf("ended twice: %+v", again)
	}
	if got := o.told(g.ID); strings.Contains(got, "Mia") {
		t.Errorf("the member is told before the review: %s", got)
	}
	closed := must[*coaching.GlassView](t)(o.CloseGlass(o.asOfficer(), g.ID, coaching.CloseGlass{Words: "I called both. It was right."}))
	if closed.ClosedBy == nil || *closed.ClosedBy != o.officer || closed.ToldAt == nil {
		t.Errorf("closed: %+v", closed)
	}
	if got := o.told(g.ID); got != "Bo,Dana,Mia,Pia" {
		t.Errorf("told: %s", got)
	}
	if n := o.openTasks(models.TaskReviewBreakGlass, g.ID); n != 0 {
		t.Error("the task is still open")
	}
	refused(t, second(o.CloseGlass(o.asAdmin(o.second), g.ID, coaching.CloseGlass{Words: "Seen"})), coaching.CodeGlassReviewed)
	detail := must[*coaching.GlassDetail](t)(o.Glass(o.asAdmin(o.second), g.ID))
	if detail.ReasonWords == nil || *detail.ReasonWords != emergency || detail.ReviewWords == nil || *detail.ReviewWords != "I called both. It was right." || detail.SealReasonWords != nil {
		t.Errorf("%+v", detail)
	}
	reopened := must[*coaching.GlassView](t)(o.ReopenGlass(o.asAdmin(o.second), g.ID, coaching.GlassReason{Reason: "The facilitator remembers it otherwise"}))
	if reopened.ClosedAt != nil || reopened.ToldAt == nil || o.openTasks(models.TaskReviewBreakGlass, g.ID) != 1 {
		t.Errorf("reopened: %+v", reopened)
	}
	refused(t, second(o.ReopenGlass(o.asOfficer(), g.ID, coaching.GlassReason{Reason: "Again"})), coaching.CodeGlassInReview)
	must[*coaching.GlassView](t)(o.CloseGlass(o.asAdmin(o.second), g.ID, coaching.CloseGlass{Words: "Looked again"}))
	o.later(practiceDay.AddDate(0, 1, 0))
	if n := o.mails(models.NoticeGlassBroken, o.mia); n != 1 {
		t.Errorf("the member is told %d times", n)
	}
	// Once the member's keys are destroyed nobody reads why, and that it happened stays.
	o.exec(`update subject_keys set wrapped = null, destroyed_at = now() where member_id = $1`, o.mia)
	if erased := must[*coaching.GlassDetail](t)(o.Glass(o.asOfficer(), g.ID)); erased.ReasonWords != nil || erased.ReviewWords != nil {
		t.Errorf("%+v", erased)
	}
}

func TestTheMemberIsToldWithinADayOrWhenTheSealEnds(t *testing.T) {
	o := openGlassOffice(t)
	luis := o.member("Luis")
	open, sealed := o.breaks(o.mia), o.breaks(luis)
	got := must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), sealed.ID, coaching.GlassReason{Reason: "Her husband reads her messages"}))
	if got.SealedUntil == nil || !got.SealedUntil.Equal(practiceDay.Add(90*24*time.Hour)) || got.NoticeSealedBy == nil || *got.NoticeSealedBy != o.officer {
		t.Errorf("%+v", got)
	}
	refused(t, second(o.SealGlassNotice(o.asAdmin(o.second), sealed.ID, coaching.GlassReason{Reason: "Again"})), coaching.CodeNoticeSealed)
	o.later(practiceDay.Add(24*time.Hour - time.Second))
	if o.mails(models.NoticeGlassBroken, o.mia)+o.mails(models.NoticeGlassBroken, luis) != 0 {
		t.Error("told before the time")
	}
	o.later(practiceDay.Add(24 * time.Hour))
	if o.mails(models.NoticeGlassBroken, o.mia) != 1 || o.mails(models.NoticeGlassBroken, luis) != 0 {
		t.Errorf("after a day: %s and %s", o.told(open.ID), o.told(sealed.ID))
	}
	refused(t, second(o.SealGlassNotice(o.asOfficer(), open.ID, coaching.GlassReason{Reason: "Too late"})), coaching.CodeMemberTold)
	refused(t, second(o.UnsealGlassNotice(o.asOfficer(), open.ID, coaching.GlassReason{Reason: "Nothing to unseal"})), coaching.CodeMemberTold)
	closed := must[*coaching.GlassView](t)(o.CloseGlass(o.asOfficer(), sealed.ID, coaching.CloseGlass{Words: "It was right"}))
	if closed.ToldAt != nil || o.mails(models.NoticeGlassBroken, luis) != 0 {
		t.Error("closing the review breaks the seal")
	}
	o.later(practiceDay.Add(90*24*time.Hour - time.Second))
	if o.mails(models.NoticeGlassBroken, luis) != 0 {
		t.Error("told before the seal ends")
	}
	o.later(practiceDay.Add(90 * 24 * time.Hour))
	if o.mails(models.NoticeGlassBroken, luis) != 1 {
		t.Error("not told when the seal ends")
	}

	third := o.breaks(o.mia)
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), third.ID, coaching.GlassReason{Reason: "For now"}))
	if after := must[*coaching.GlassView](t)(o.UnsealGlassNotice(o.asAdmin(o.second), third.ID, coaching.GlassReason{Reason: "She lives with her sister now"})); after.ToldAt == nil {
		t.Errorf("unsealed: %+v", after)
	}
	o.later(practiceDay.AddDate(1, 0, 0))
	if n := o.mails(models.NoticeGlassBroken, o.mia); n != 2 {
		t.Errorf("%d notices of two openings", n)
	}
}

// Nobody opens their own notes or those of somebody close, and cannot tell them from an unknown id; nor see that somebody else did.
func TestWhoseNotesNobodyOpens(t *testing.T) {
	o := openGlassOffice(t)
	wife, apart, restricted, merged := o.member("Ana"), o.member("Sam"), o.member("Rex"), o.member("Max")
	o.couple(o.admin, wife)
	o.apart(apart, o.admin, models.SeparationProtected)
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), practiceDay, restricted, o.second)
	o.exec(`update members set merged_into = $2, status = 'merged' where id = $1`, merged, o.mia)
	admin := o.asAdmin(o.admin)
	_, unknown := o.BreakGlass(admin, coaching.BreakGlassIn{MemberID: services.NewID(), Reason: emergency})
	refused(t, unknown, services.CodeNotFound)
	for name, member := range map[string]uuid.UUID{"oneself": o.admin, "one's wife": wife, "kept apart": apart, "kept to others": restricted, "merged": merged} {
		_, err := o.BreakGlass(admin, coaching.BreakGlassIn{MemberID: member, Reason: emergency})
		if err == nil || err.Error() != unknown.Error() {
			t.Errorf("%s: %v, unknown: %v", name, err, unknown)
		}
	}
	if n := o.count(`select count(*) from audit_log where action = 'break_glass.open' and outcome = 'refused' and cardinality(objects) = 1 and cardinality(subjects) = 0`); n != 6 {
		t.Errorf("%d refused attempts are logged", n)
	}
	if n := o.count(`select count(*) from break_glass`); n != 0 {
		t.Errorf("%d are open", n)
	}
	// The second admin opens those of the first one's wife: he does not hear of it, sees nothing and closes nothing.
	g := must[*coaching.GlassView](t)(o.BreakGlass(o.asAdmin(o.second), coaching.BreakGlassIn{MemberID: wife, Reason: emergency}))
	if got := o.told(g.ID); got != "Pia" {
		t.Errorf("told: %s", got)
	}
	if page := must[services.Page[coaching.GlassView]](t)(o.Glasses(admin, coaching.GlassFilter{PageQuery: services.PageQuery{Limit: 10, Count: true}})); len(page.Data) != 0 || *page.Total != 0 {
		t.Errorf("listed %+v", page.Data)
	}
	for name, err := range map[string]error{"read": second(o.Glass(admin, g.ID)), "end": second(o.EndGlass(admin, g.ID)), "close": second(o.CloseGlass(admin, g.ID, coaching.CloseGlass{Words: "Mine"})),
		"seal": second(o.SealGlassNotice(admin, g.ID, coaching.GlassReason{Reason: "Mine"}))} {
		if codeOf(err) != services.CodeNotFound || err.Error() != second(o.Glass(admin, services.NewID())).Error() {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, roles := range map[string][]models.Role{"a coordinator": {models.RoleCoordinator}, "the coach": {models.RoleCoach}, "a member": {models.RoleMember}} {
		if err := second(o.Glass(o.as(o.coach, roles...), g.ID)); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A named colleague opens what is kept to them, and the privacy officer can look into it; another admin does not see it.
	kept := must[*coaching.GlassView](t)(o.BreakGlass(o.asAdmin(o.second), coaching.BreakGlassIn{MemberID: restricted, Reason: emergency}))
	if err := second(o.Glass(o.asOfficer(), kept.ID)); err != nil {
		t.Error(err)
	}
	refused(t, second(o.Glass(admin, kept.ID)), services.CodeNotFound)
}

func TestTheSixthInADayIsRefusedAlsoWhenAllComeAtOnce(t *testing.T) {
	o := openGlassOffice(t)
	other := o.replica()
	members := make([]uuid.UUID, 12)
	for i := range members {
		members[i] = o.member(fmt.Sprintf("M%d", i))
	}
	var mu sync.Mutex
	got := map[services.Code]int{}
	var all sync.WaitGroup
	for i, m := range members {
		all.Go(func() {
			s := o.Service
			if i%2 == 0 {
				s = other
			}
			err := patiently(func() error {
				return second(s.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: m, Reason: emergency}))
			})
			mu.Lock()
			defer mu.Unlock()
			got[codeOf(err)]++
		})
	}
	all.Wait()
	if got[""] != models.GlassPerDay || got[coaching.CodeGlassOften] != len(members)-models.GlassPerDay {
		t.Errorf("%v", got)
	}
	_, err := o.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: o.mia, Reason: emergency})
	var known *services.Error
	if !errors.As(err, &known) || known.Kind != services.KindForbidden {
		t.Errorf("%v", err)
	}
	if err := second(o.BreakGlass(o.asAdmin(o.second), coaching.BreakGlassIn{MemberID: o.mia, Reason: emergency})); err != nil {
		t.Errorf("another admin: %v", err)
	}
	o.core.Clock.Set(practiceDay.Add(24 * time.Hour))
	o.breaks(o.mia)
}

// An admin who reviews for the office as its privacy officer too knows of the openings of a record that is kept to others; they read it no more.
func TestARecordKeptToOthersIsClosedAtOnce(t *testing.T) {
	o := openGlassOffice(t)
	note := o.signed(models.NotePrivate, "what she said")
	both := func() context.Context { return o.as(o.admin, models.RoleAdmin, models.RolePrivacyOfficer) }
	g := must[*coaching.GlassView](t)(o.BreakGlass(both(), coaching.BreakGlassIn{MemberID: o.mia, Reason: emergency}))
	if got := o.reads(both(), note); got != "what she said" {
		t.Errorf("the admin reads %q", got)
	}
	o.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), practiceDay, o.mia, o.second)
	if got := o.reads(both(), note); got != "not_found" {
		t.Errorf("kept to others the admin reads %q", got)
	}
	refused(t, second(o.GlassNotes(both(), g.ID, services.PageQuery{Limit: 1})), coaching.CodeGlassOver)
}

// Nor does a program with a fault open for longer, or let who opened it review: the database refuses it.
func TestTheDatabaseHoldsBrokenGlassToItsRules(t *testing.T) {
	o := openGlassOffice(t)
	g := o.breaks(o.mia)
	must[*coaching.GlassView](t)(o.EndGlass(o.asAdmin(o.second), g.ID))
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), g.ID, coaching.GlassReason{Reason: "Her husband reads along"}))
	must[*coaching.GlassView](t)(o.CloseGlass(o.asOfficer(), g.ID, coaching.CloseGlass{Words: "It was right"}))
	for sql, rule := range map[string]string{
		`update break_glass set closed_by = opened_by where id = $1`:                              "break_glass_review_by_another",
		`update break_glass set notice_sealed_by = opened_by where id = $1`:                       "break_glass_review_by_another",
		`update break_glass set until = opened_at + interval '60 minutes 1 second' where id = $1`: "break_glass_an_hour",
		`update break_glass set opened_by = member_id where id = $1`:                              "break_glass_not_oneself",
	} {
		if err := o.try(o.db.SuperURL, sql, g.ID); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestAReasonSaysSomething(t *testing.T) {
	o := openGlassOffice(t)
	for _, reason := range []string{"", "short", strings.Repeat(" ", 40), " nineteen characters ", strings.Repeat("é", 19)} {
		err := second(o.BreakGlass(o.asAdmin(o.admin), coaching.BreakGlassIn{MemberID: o.mia, Reason: reason}))
		if got := fieldsOf(err); len(got) != 1 || got[0] != "/reason too_short" {
			t.Errorf("%q: %v", reason, err)
		}
	}
	o.breaks(o.mia)
	g := o.breaks(o.member("Luis"))
	must[*coaching.GlassView](t)(o.EndGlass(o.asAdmin(o.admin), g.ID))
	if err := second(o.CloseGlass(o.asOfficer(), g.ID, coaching.CloseGlass{Words: "   "})); codeOf(err) != services.CodeInvalid {
		t.Error(err)
	}
	// Neither why nor what was found stands anywhere in clear.
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), g.ID, coaching.GlassReason{Reason: "Canary-of-the-seal"}))
	must[*coaching.GlassView](t)(o.CloseGlass(o.asOfficer(), g.ID, coaching.CloseGlass{Words: "Canary-of-the-review"}))
	must[*coaching.GlassDetail](t)(o.Glass(o.asOfficer(), g.ID))
	dump := o.dump()
	for _, canary := range []string{"not be here tomorrow", "Canary-of-the-seal", "Canary-of-the-review"} {
		if way := holds(dump, canary); way != "" {
			t.Errorf("%q stands in the database, %s", canary, way)
		}
	}
}

// overdue runs what looks every hour for those who are to know.
func (o *office) overdue(at time.Time) {
	o.t.Helper()
	o.exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'break_glass.overdue', '{}', 3, $1, 1)`, at)
	o.later(at)
}

func (o *office) toldAt(glass uuid.UUID) string {
	o.t.Helper()
	return o.text(`select coalesce(to_char(told_at at time zone 'UTC', 'MM-DD HH24:MI'), 'not yet') from break_glass where id = $1`, glass)
}

// A job that is lost keeps nobody from learning of it.
func TestTheMemberIsToldAlsoWhenTheJobIsLost(t *testing.T) {
	o := openGlassOffice(t)
	luis := o.member("Luis")
	open, sealed := o.breaks(o.mia), o.breaks(luis)
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), sealed.ID, coaching.GlassReason{Reason: "Her husband reads her messages"}))
	o.exec(`delete from river_job where kind = 'break_glass.tell'`)
	o.overdue(practiceDay.Add(23 * time.Hour))
	if got := o.toldAt(open.ID); got != "not yet" {
		t.Errorf("told before the time: %s", got)
	}
	o.overdue(practiceDay.Add(25 * time.Hour))
	o.overdue(practiceDay.Add(26 * time.Hour))
	if o.toldAt(open.ID) != "09-02 13:00" || o.mails(models.NoticeGlassBroken, o.mia) != 1 || o.mails(models.NoticeGlassBroken, luis) != 0 {
		t.Errorf("after a day: %s and %s", o.told(open.ID), o.told(sealed.ID))
	}
	o.overdue(practiceDay.Add(90*24*time.Hour + time.Hour))
	if o.mails(models.NoticeGlassBroken, luis) != 1 {
		t.Error("not told when the seal ends")
	}
}

// No mail tells somebody under 18, since a guardian may read it: a person does.
func TestAMinorIsToldInPerson(t *testing.T) {
	o := openGlassOffice(t)
	tom := o.person(models.Member{GivenName: "Tom", FamilyName: "Rivera", BirthDate: on(2010, time.June, 1), Kinds: models.Texts[models.Kind]{models.KindChild}}, models.RoleMember)
	maya := o.child(o.mia, true)
	his, hers := o.breaks(tom), o.breaks(maya)
	o.later(practiceDay.Add(24 * time.Hour))
	if n := o.count(`select count(*) from messages where event = 'glass.broken' and member_id in ($1, $2) and (channel <> 'in_app' or state <> 'sent')`, tom, maya); n != 0 {
		t.Errorf("%d are mailed", n)
	}
	if o.mails(models.NoticeGlassBroken, tom) != 1 || o.mails(models.NoticeGlassBroken, maya) != 0 || o.toldAt(his.ID) != "09-02 12:00" || o.toldAt(hers.ID) != "not yet" {
		t.Errorf("he %s, she %s", o.toldAt(his.ID), o.toldAt(hers.ID))
	}
	for _, g := range []uuid.UUID{his.ID, hers.ID} {
		if n := o.openTasks(models.TaskTellOfGlass, g); n != 1 {
			t.Errorf("%d tasks to tell", n)
		}
	}
	// A seal takes it back, and its end asks again.
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), hers.ID, coaching.GlassReason{Reason: "Her father asks what she says"}))
	o.overdue(practiceDay.Add(25 * time.Hour))
	if n := o.openTasks(models.TaskTellOfGlass, hers.ID); n != 0 {
		t.Error("she is to be told in spite of the seal")
	}
	must[*coaching.GlassView](t)(o.UnsealGlassNotice(o.asAdmin(o.second), hers.ID, coaching.GlassReason{Reason: "He has left"}))
	o.overdue(practiceDay.Add(26 * time.Hour))
	if o.openTasks(models.TaskTellOfGlass, hers.ID) != 1 || o.toldAt(hers.ID) != "not yet" {
		t.Errorf("unsealed: %s", o.toldAt(hers.ID))
	}
	task := uuid.MustParse(o.text(`select id::text from tasks where kind = 'tell_of_break_glass' and record_id = $1 and status = 'open'`, hers.ID))
	must[*models.Task](t)(o.tasks.Complete(o.asAdmin(o.second), task, tasks.CompleteTask{Outcome: "Told her at school"}))
	o.overdue(practiceDay.Add(28 * time.Hour))
	if got := o.toldAt(hers.ID); got != "09-02 14:00" || o.mails(models.NoticeGlassBroken, maya) != 0 {
		t.Errorf("when somebody has told her: %s", got)
	}
}
