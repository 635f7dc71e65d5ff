package programs_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/programs"
)

// house is an office that writes to people, with an open program.
type house struct {
	*office
	open *programs.ProgramView
}

type postbox struct{}

func (postbox) Send(context.Context, notices.Mail) error { return nil }

func newHouse(t *testing.T, change ...func(*programs.NewProgram)) *house {
	t.Helper()
	o := newOffice(t)
	notices.New(o.core, postbox{}, notices.Config{BaseURL: "https://app.homefront.example", From: "hello@homefront.example"})
	return &house{office: o, open: o.program(append(change, func(p *programs.NewProgram) { p.TakesApplications = true })...)}
}

func places(n int) func(*programs.NewProgram) {
	return func(p *programs.NewProgram) { p.Capacity = &n }
}

// child makes somebody of so many years with a guardian.
func (h *house) child(years int, status models.GuardianshipStatus, guardians ...uuid.UUID) uuid.UUID {
	h.Helper()
	id := h.person("Maya", "Ortega")
	h.exec(`update members set birth_date = $2, kinds = '{child}' where id = $1`, id, h.core.Clock.Now().AddDate(-years, 0, -1))
	for _, g := range guardians {
		h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, confirmed_at, confirmed_by, evidence)
			values ($1, 1, $2, $2, $3, $4, $5, case when $5 = 'confirmed' then $2::timestamptz end, case when $5 = 'confirmed' then $6::uuid end, case when $5 = 'confirmed' then 'seen' end)`,
			services.NewID(), h.core.Clock.Now(), g, id, string(status), h.coord)
	}
	return id
}

// separate keeps the second from the first.
func (h *house) separate(kind models.SeparationKind, first, second uuid.UUID) {
	h.Helper()
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
		values ($1, 1, $2, $2, $3, $4, $5, '2027-01-01', 'live', $6)`, services.NewID(), h.core.Clock.Now(), string(kind), first, second, h.coord)
}

func (h *house) apply(ctx context.Context, in programs.Apply) *programs.EnrollmentView {
	h.Helper()
	v, err := h.Apply(ctx, h.open.ID, in)
	if err != nil {
		h.Fatal(err)
	}
	return v
}

// entered has staff enter somebody new in a state.
func (h *house) entered(state models.EnrollmentState, cohort *uuid.UUID) *programs.EnrollmentView {
	h.Helper()
	m := h.person("Luis", "Ortega")
	return h.apply(h.staff(""), programs.Apply{MemberID: &m, State: state, CohortID: cohort})
}

func (h *house) told(member uuid.UUID, event models.NoticeEvent) int {
	h.Helper()
	return h.number(`select count(*) from messages where member_id = $1 and event = $2`, member, string(event))
}

func (h *house) tasks(record uuid.UUID, kind models.TaskKind) int {
	h.Helper()
	return h.number(`select count(*) from tasks where record_id = $1 and kind = $2 and status = 'open'`, record, string(kind))
}

func (h *house) due(at time.Time) {
	h.Helper()
	if _, err := h.core.RunDue(h.Context(), at); err != nil {
		h.Fatal(err)
	}
}

// seats checks that the counters say what a count does.
func (h *house) seats() {
	h.Helper()
	if n := h.number(`select count(*) from programs p where taken <> (select count(*) from enrollments e where e.program_id = p.id and e.state in ('enrolled', 'active', 'paused'))`); n > 0 {
		h.Errorf("%d programs count their places wrong", n)
	}
	if n := h.number(`select count(*) from cohorts c where taken <> (select count(*) from enrollments e where e.cohort_id = c.id and e.state in ('enrolled', 'active', 'paused'))`); n > 0 {
		h.Errorf("%d cohorts count their places wrong", n)
	}
}

var refused = coretest.Refused

func TestAMemberAppliesAndStaffDecide(t *testing.T) {
	h := newHouse(t)
	ana := h.person("Ana", "Ortega")
	spring := h.cohort(h.open.ID, "Spring")
	v := h.apply(h.by(ana), programs.Apply{CohortID: &spring.ID, Note: " Evenings "})
	if v.State != models.EnrollmentApplied || v.Note == nil || *v.Note != "Evenings" || v.Cohort == nil || v.Review != nil || v.EnteredByID != nil || v.StartsOn != nil {
		t.Fatalf("%+v", v)
	}
	if h.told(ana, models.NoticeEnrollmentReceived) != 1 || h.tasks(v.ID, programs.TaskReviewEnrollment) != 1 {
		t.Error("no mail, or no task")
	}
	_, err := h.Apply(h.by(ana), h.open.ID, programs.Apply{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	_, err = h.Enroll(h.by(ana), v.ID, programs.EnrollStep{})
	refused(t, err, services.KindNotFound, services.CodeNotFound)

	got, err := h.Enroll(h.staff(""), v.ID, programs.EnrollStep{Words: "A good talk"})
	if err != nil || got.State != models.EnrollmentEnrolled || got.StartsOn.String() != "2026-09-07" || got.EnrolledAt == nil || got.Version != 2 || *got.CohortID != spring.ID {
		t.Fatalf("%+v %v", got, err)
	}
	if h.told(ana, models.NoticeEnrollmentEnrolled) != 1 || h.tasks(v.ID, programs.TaskReviewEnrollment) != 0 {
		t.Error("no mail, or the task is still open")
	}
	if h.number(`select taken from programs where id = $1`, h.open.ID) != 1 || h.number(`select taken from cohorts where id = $1`, spring.ID) != 1 {
		t.Error("places")
	}
	if n := h.number(`select count(*) from enrollment_events where enrollment_id = $1 and words is not null`, v.ID); n != 1 {
		t.Errorf("%d lines with words", n)
	}
	_, err = h.Withdraw(h.by(ana), v.ID, programs.WithdrawStep{Reason: models.EnrollmentEndConduct, Words: "x", On: on(2026, 9, 6)})
	if got := fields(err); !slices.Equal(got, []string{"/on staff_only", "/reason staff_only", "/words staff_only"}) {
		t.Error(got, err)
	}
	left, err := h.Withdraw(h.by(ana), v.ID, programs.WithdrawStep{})
	if err != nil || left.State != models.EnrollmentWithdrawn || *left.EndReason != models.EnrollmentEndMemberRequest || left.EndsOn.String() != "2026-09-07" {
		t.Fatalf("%+v %v", left, err)
	}
	if h.told(ana, models.NoticeEnrollmentWithdrawn) != 0 {
		t.Error("who leaves needs no mail about it")
	}
	h.seats()

	lines, err := h.History(h.staff(""), v.ID, services.PageQuery{Limit: 25})
	if err != nil || len(lines.Data) != 3 || lines.Data[1].Words == nil || *lines.Data[1].Words != "A good talk" || *lines.Data[1].ByName != "Cora Diaz" || lines.Data[2].By != "entered_by" {
		t.Fatalf("%+v %v", lines.Data, err)
	}
	mine, err := h.History(h.by(ana), v.ID, services.PageQuery{Limit: 25})
	if err != nil || len(mine.Data) != 3 || mine.Data[1].Words != nil || mine.Data[1].ByName != nil || mine.Data[1].By != "team" || mine.Data[0].By != "you" {
		t.Fatalf("%+v %v", mine.Data, err)
	}
	if _, err := h.History(h.by(h.person("Eve", "Ames")), v.ID, services.PageQuery{}); code(err) != services.CodeNotFound {
		t.Error(err)
	}
}

func TestWhenMembersCannotApply(t *testing.T) {
	h := newHouse(t)
	ana := h.person("Ana", "Ortega")
	other := h.program()
	elsewhere := h.cohort(other.ID, "Elsewhere")
	_, err := h.Apply(h.by(ana), other.ID, programs.Apply{})
	refused(t, err, services.KindConflict, programs.CodeApplicationsClosed)
	_, err = h.Apply(h.by(ana), h.open.ID, programs.Apply{CohortID: &elsewhere.ID})
	if got := fields(err); !slices.Equal(got, []string{"/cohort_id unknown_cohort"}) {
		t.Error(got, err)
	}
	_, err = h.Apply(h.by(ana), services.NewID(), programs.Apply{})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = h.Apply(h.by(ana), h.open.ID, programs.Apply{State: models.EnrollmentActive, StartsOn: on(2026, 9, 1), WaiveReason: "me"})
	if got := fields(err); len(got) != 3 {
		t.Error(got, err)
	}
	somebody := h.person("Eve", "Ames")
	_, err = h.Apply(h.by(ana), h.open.ID, programs.Apply{MemberID: &somebody})
	if got := fields(err); !slices.Equal(got, []string{"/member_id unknown_member"}) {
		t.Error(got, err)
	}
	h.exec(`update programs set applications_close_on = '2026-09-06' where id = $1`, h.open.ID)
	_, err = h.Apply(h.by(ana), h.open.ID, programs.Apply{})
	refused(t, err, services.KindConflict, programs.CodeApplicationsClosed)
	if _, err := h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &ana}); err != nil {
		t.Error("staff go by no closing day:", err)
	}
	h.exec(`update programs set status = 'completed', closed_at = now() where id = $1`, other.ID)
	_, err = h.Apply(h.staff(""), other.ID, programs.Apply{MemberID: &somebody})
	refused(t, err, services.KindConflict, programs.CodeNotRunning)
	_, err = h.Apply(h.staff(""), h.open.ID, programs.Apply{MemberID: &h.coord})
	refused(t, err, services.KindConflict, programs.CodeApplicationsClosed) // they ask as anybody
}

func TestATeenNeedsAGuardian(t *testing.T) {
	h := newHouse(t)
	mother := h.person("Rosa", "Ortega")
	teen := h.child(15, models.GuardianshipConfirmed, mother)
	_, err := h.Apply(h.by(teen), h.open.ID, programs.Apply{})
	if got := fields(err); !slices.Equal(got, []string{"/member_id adult_required"}) {
		t.Error(got, err)
	}
	v := h.apply(h.by(mother), programs.Apply{MemberID: &teen})
	if h.told(mother, models.NoticeEnrollmentReceived) != 1 || h.told(teen, models.NoticeEnrollmentReceived) != 0 {
		t.Error("the guardian hears of it, not the child")
	}
	got, err := h.Enrollment(h.by(teen), v.ID)
	if err != nil || got.Note != nil {
		t.Errorf("it is their own: %+v %v", got, err)
	}
	h.exec(`update guardianships set status = 'ended', closed_at = $2 where child_id = $1`, teen, h.core.Clock.Now())
	if _, err := h.Enrollment(h.by(mother), v.ID); code(err) != services.CodeNotFound {
		t.Error("who may act no longer still sees it:", err)
	}
	if _, err := h.Withdraw(h.by(mother), v.ID, programs.WithdrawStep{}); code(err) != services.CodeNotFound {
		t.Error("who may act no longer still changes it:", err)
	}
	if page, err := h.Enrollments(h.by(mother), programs.EnrollmentQuery{}); err != nil || len(page.Data) != 0 {
		t.Error(page, err)
	}
}

func TestAClaimedGuardianshipIsLookedAt(t *testing.T) {
	h := newHouse(t)
	mother := h.person("Rosa", "Ortega")
	child := h.child(8, models.GuardianshipClaimed, mother)
	v := h.apply(h.by(mother), programs.Apply{MemberID: &child})
	seen, err := h.Enrollment(h.staff(""), v.ID)
	if err != nil || !slices.Equal(seen.Review, []models.EnrollmentReview{models.EnrollmentReviewGuardianship}) || v.Review != nil {
		t.Errorf("%v %v", seen, err)
	}
}

var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// stripped is what an answer says beside what names the row itself.
func stripped(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return ids.ReplaceAllString(string(text), "id")
}

// Two guardians enter the same child: neither learns of the other, in any answer, list or mail.
func TestASecondGuardianLearnsNothing(t *testing.T) {
	h := newHouse(t)
	mother, father := h.person("Rosa", "Ortega"), h.person("Rosa", "Ortega")
	child := h.child(8, models.GuardianshipConfirmed, mother, father)
	first, second := h.apply(h.by(mother), programs.Apply{MemberID: &child}), h.apply(h.by(father), programs.Apply{MemberID: &child})
	if a, b := stripped(t, first), stripped(t, second); a != b {
		t.Errorf("the answers differ:\n%s\n%s", a, b)
	}
	for _, who := range []struct{ me, mine, other uuid.UUID }{{mother, first.ID, second.ID}, {father, second.ID, first.ID}} {
		page, err := h.Enrollments(h.by(who.me), programs.EnrollmentQuery{})
		if err != nil || len(page.Data) != 1 || page.Data[0].ID != who.mine {
			t.Errorf("%+v %v", page, err)
		}
		if _, err := h.Enrollment(h.by(who.me), who.other); code(err) != services.CodeNotFound {
			t.Error(err)
		}
		if _, err := h.History(h.by(who.me), who.other, services.PageQuery{}); code(err) != services.CodeNotFound {
			t.Error(err)
		}
		if _, err := h.Withdraw(h.by(who.me), who.other, programs.WithdrawStep{}); code(err) != services.CodeNotFound {
			t.Error(err)
		}
		_, err = h.Apply(h.by(who.me), h.open.ID, programs.Apply{MemberID: &child})
		refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	}
	staff, err := h.Enrollment(h.staff(""), second.ID)
	if err != nil || !staff.Second || !slices.Contains(staff.Review, models.EnrollmentReviewSecond) {
		t.Errorf("%+v %v", staff, err)
	}

	// Staff decide one, and then the other.
	if _, err := h.Enroll(h.staff(""), first.ID, programs.EnrollStep{}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Enroll(h.staff(""), second.ID, programs.EnrollStep{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	if _, err := h.Deny(h.staff(""), second.ID, programs.DenyStep{Reason: models.EnrollmentEndDuplicate}); err != nil {
		t.Fatal(err)
	}
	got, err := h.Enrollment(h.by(father), second.ID)
	if err != nil || got.State != models.EnrollmentDenied || *got.EndReason != models.EnrollmentEndOther {
		t.Errorf("%+v %v", got, err)
	}
	lines, err := h.History(h.by(father), second.ID, services.PageQuery{Limit: 25})
	if err != nil || len(lines.Data) != 2 || *lines.Data[1].Reason != models.EnrollmentEndOther {
		t.Errorf("%+v %v", lines, err)
	}
	if h.told(mother, models.NoticeEnrollmentReceived) != 1 || h.told(father, models.NoticeEnrollmentReceived) != 1 || h.told(father, models.NoticeEnrollmentEnrolled) != 0 {
		t.Error("mails")
	}

	// The first leaves; the second may then have the place, and stands by itself.
	if _, err := h.Withdraw(h.by(mother), first.ID, programs.WithdrawStep{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reopen(h.staff(""), second.ID, programs.WordsStep{}); err != nil {
		t.Fatal(err)
	}
	placed, err := h.Enroll(h.staff(""), second.ID, programs.EnrollStep{})
	if err != nil || placed.Second || len(placed.Review) != 0 {
		t.Errorf("%+v %v", placed, err)
	}
	_, err = h.Reopen(h.staff(""), first.ID, programs.WordsStep{})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
	h.seats()
	h.learnsNothingOfSessions(father, child, second.ID)
	h.learnsNothingOfAMerge(father, second.ID)
}

func TestFiftyApplicationsOfOneAreOne(t *testing.T) {
	h := newHouse(t)
	mother, father := h.person("Rosa", "Ortega"), h.person("Raul", "Ortega")
	child := h.child(8, models.GuardianshipConfirmed, mother, father)
	var made, had int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			by := mother
			if i%2 == 1 {
				by = father
			}
			_, err := h.Apply(h.by(by), h.open.ID, programs.Apply{MemberID: &child})
			for code(err) == services.CodeBusy {
				_, err = h.Apply(h.by(by), h.open.ID, programs.Apply{MemberID: &child})
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case code(err) == programs.CodeAlreadyEnrolled:
				had++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made != 2 || had != 48 {
		t.Errorf("%d made, %d refused", made, had)
	}
	if h.number(`select count(*) from enrollments where not second`) != 1 || h.number(`select count(*) from enrollments where second`) != 1 {
		t.Error("rows")
	}
}

// Two coordinators on two servers give the last place away: one of them does.
func TestTheLastPlaceIsGivenOnce(t *testing.T) {
	h := newHouse(t, places(1))
	another := coretest.On(t, h.db)
	another.Clock.Set(h.core.Clock.Now())
	notices.New(another, postbox{}, notices.Config{BaseURL: "https://app.homefront.example"})
	servers := []*programs.Service{h.Service, programs.New(another, programs.Config{})}
	for round := range 10 {
		rows := []uuid.UUID{h.entered(models.EnrollmentWaitlisted, nil).ID, h.entered(models.EnrollmentApplied, nil).ID}
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, s := range servers {
			both.Go(func() { _, errs[i] = s.Enroll(h.staff(""), rows[i], programs.EnrollStep{}) })
		}
		both.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: %v %v", round, errs[0], errs[1])
		}
		for i, err := range errs {
			if err != nil {
				refused(t, err, services.KindConflict, programs.CodeProgramFull)
				continue
			}
			if _, err := h.Withdraw(h.staff(""), rows[i], programs.WithdrawStep{Reason: models.EnrollmentEndSchedule}); err != nil {
				t.Fatal(err)
			}
		}
		h.seats()
	}
}

// Who leaves while staff enroll them has left, or has not: never both.
func TestLeavingAndEnrollingAtOnce(t *testing.T) {
	h := newHouse(t)
	for range 15 {
		ana := h.person("Ana", "Ortega")
		v := h.apply(h.by(ana), programs.Apply{})
		var left, enrolled error
		var both sync.WaitGroup
		both.Go(func() { _, left = h.Withdraw(h.by(ana), v.ID, programs.WithdrawStep{}) })
		both.Go(func() { _, enrolled = h.Enroll(h.staff(""), v.ID, programs.EnrollStep{}) })
		both.Wait()
		if left != nil || enrolled != nil && code(enrolled) != programs.CodeWrongState {
			t.Fatalf("%v %v", left, enrolled)
		}
		if n := h.number(`select count(*) from enrollments where id = $1 and state = 'withdrawn'`, v.ID); n != 1 {
			t.Fatal("not withdrawn")
		}
	}
	h.seats()
}
