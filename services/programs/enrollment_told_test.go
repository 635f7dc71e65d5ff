package programs_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// toldOf is all that a member may read of one enrollment of theirs.
func (h *house) toldOf(me, id uuid.UUID) string {
	h.Helper()
	v, err := h.Enrollment(h.by(me), id)
	if err != nil {
		h.Fatal(err)
	}
	lines, err := h.History(h.by(me), id, services.PageQuery{Limit: 25})
	if err != nil {
		h.Fatal(err)
	}
	all, err := h.Enrollments(h.by(me), programs.EnrollmentQuery{})
	if err != nil {
		h.Fatal(err)
	}
	return stripped(h.T, []any{v, lines, all})
}

func (h *house) inStates(me uuid.UUID, states ...models.EnrollmentState) int {
	h.Helper()
	page, err := h.Enrollments(h.by(me), programs.EnrollmentQuery{EnrollmentFilter: programs.EnrollmentFilter{State: states}})
	if err != nil {
		h.Fatal(err)
	}
	return len(page.Data)
}

// learnsNothingOfSessions has a child come to sessions with somebody else: whoever entered them reads what they read before.
func (h *house) learnsNothingOfSessions(guardian, child, id uuid.UUID) {
	h.Helper()
	before := h.toldOf(guardian, id)
	h.exec(`update enrollments set state = 'active', activated_at = '2026-09-08', sessions_offered = 4, sessions_attended = 3, sessions_missed = 1, consecutive_absences = 1, last_seen_at = '2026-09-22',
		version = version + 1, updated_at = '2026-09-08' where id = $1`, id)
	h.exec(`insert into enrollment_events (id, enrollment_id, at, step, from_state, to_state) values ($1, $2, '2026-09-08', 'activate', 'enrolled', 'active')`, services.NewID(), id)
	if after := h.toldOf(guardian, id); after != before {
		h.Errorf("sessions show:\n%s\n%s", before, after)
	}
	if h.inStates(guardian, models.EnrollmentActive) != 0 || h.inStates(guardian, models.EnrollmentEnrolled) != 1 {
		h.Error("a filter tells that the child has begun")
	}
	for _, sort := range []string{"last_seen_at", "-consecutive_absences"} {
		_, err := h.Enrollments(h.by(guardian), programs.EnrollmentQuery{EnrollmentFilter: programs.EnrollmentFilter{PageQuery: services.PageQuery{Sort: sort}}})
		if got := fields(err); !slices.Equal(got, []string{"query/sort unknown_sort"}) {
			h.Error(got, err)
		}
	}
	_, err := h.Enrollments(h.by(guardian), programs.EnrollmentQuery{EnrollmentFilter: programs.EnrollmentFilter{AbsentFrom: 1}})
	if got := fields(err); !slices.Equal(got, []string{"query/absences_gte staff_only"}) {
		h.Error(got, err)
	}
	own, err := h.Enrollment(h.by(child), id)
	if err != nil || own.State != models.EnrollmentActive || own.Attended != 3 || own.AttendanceRate == nil || own.ActivatedAt == nil {
		h.Errorf("their own is theirs: %+v %v", own, err)
	}
}

// learnsNothingOfAMerge ends it because another record of the child stays.
func (h *house) learnsNothingOfAMerge(guardian, id uuid.UUID) {
	h.Helper()
	h.exec(`update enrollments set state = 'superseded', closed_at = '2026-09-09', closed_from = 'active', end_reason = 'merged' where id = $1`, id)
	if h.inStates(guardian, models.EnrollmentSuperseded) != 0 || h.inStates(guardian, models.EnrollmentWithdrawn) != 1 {
		h.Error("a filter tells of a merge")
	}
	if v, err := h.Enrollment(h.by(guardian), id); err != nil || v.State != models.EnrollmentWithdrawn || *v.EndReason != models.EnrollmentEndOther {
		h.Errorf("%+v %v", v, err)
	}
}

// A caregiver enters an adult who is there already, on their own: it looks like any other application.
func TestACaregiverLearnsNothing(t *testing.T) {
	h := newHouse(t)
	cares, alone, there := h.person("Rosa", "Ortega"), h.person("Luis", "Ortega"), h.person("Luis", "Ortega")
	for _, adult := range []uuid.UUID{alone, there} {
		h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by) values ($1, 1, $2, $2, $3, 'caregiver', $4, 'accepted', $4)`,
			services.NewID(), h.core.Clock.Now(), cares, adult)
	}
	h.apply(h.by(there), programs.Apply{})
	a, b := h.apply(h.by(cares), programs.Apply{MemberID: &alone}), h.apply(h.by(cares), programs.Apply{MemberID: &there})
	if x, y := stripped(t, a), stripped(t, b); x != y {
		t.Errorf("the answers differ:\n%s\n%s", x, y)
	}
	seen, err := h.Enrollment(h.staff(""), b.ID)
	if err != nil || !seen.Second || !slices.Equal(seen.Review, []models.EnrollmentReview{models.EnrollmentReviewSecond}) {
		t.Errorf("%+v %v", seen, err)
	}
	_, err = h.Apply(h.by(cares), h.open.ID, programs.Apply{MemberID: &there})
	refused(t, err, services.KindConflict, programs.CodeAlreadyEnrolled)
}

func TestWhatToLookAtIsInOrder(t *testing.T) {
	h := newHouse(t)
	mother, father := h.person("Rosa", "Ortega"), h.person("Raul", "Ortega")
	child := h.child(8, models.GuardianshipClaimed, mother, father)
	h.separate(models.SeparationProtected, mother, father)
	h.apply(h.by(mother), programs.Apply{MemberID: &child})
	v := h.apply(h.by(father), programs.Apply{MemberID: &child})
	seen, err := h.Enrollment(h.staff(""), v.ID)
	if want := []models.EnrollmentReview{models.EnrollmentReviewGuardianship, models.EnrollmentReviewHeld, models.EnrollmentReviewSecond}; err != nil || !slices.Equal(seen.Review, want) {
		t.Errorf("%+v %v", seen, err)
	}
}

// What staff write with an enrollment is read by staff alone.
func TestWhatStaffWriteIsForStaff(t *testing.T) {
	h := newHouse(t)
	ana := h.person("Ana", "Ortega")
	v := h.apply(h.staff(""), programs.Apply{MemberID: &ana, Note: " Drinks again "})
	mine, err := h.Enrollment(h.by(ana), v.ID)
	if err != nil || *mine.Note != "" || h.number(`select count(*) from enrollments where note <> ''`) != 0 {
		t.Errorf("%+v %v", mine, err)
	}
	if lines, err := h.History(h.by(ana), v.ID, services.PageQuery{Limit: 25}); err != nil || lines.Data[0].Words != nil {
		t.Errorf("%+v %v", lines, err)
	}
	lines, err := h.History(h.staff(""), v.ID, services.PageQuery{Limit: 25})
	if err != nil || len(lines.Data) != 1 || lines.Data[0].Words == nil || *lines.Data[0].Words != "Drinks again" {
		t.Errorf("%+v %v", lines, err)
	}
}

// What a death did, what was taken back and the line are work of staff; some reasons read other.
func TestWhatMembersReadOfTheHistory(t *testing.T) {
	h := newHouse(t)
	ana := h.person("Ana", "Ortega")
	v := h.apply(h.by(ana), programs.Apply{})
	for i, line := range [][3]string{{"waitlist", "waitlisted", ""}, {"move_ahead", "waitlisted", ""}, {"withdraw", "withdrawn", "died"}, {"restore", "waitlisted", ""}, {"deny", "denied", "conduct"}} {
		h.exec(`insert into enrollment_events (id, enrollment_id, at, step, from_state, to_state, reason) values ($1, $2, $3, $4, 'applied', $5, nullif($6, ''))`,
			services.NewID(), v.ID, h.core.Clock.Now().AddDate(0, 0, i+1), line[0], line[1], line[2])
	}
	mine, err := h.History(h.by(ana), v.ID, services.PageQuery{Limit: 25})
	var steps []models.EnrollmentStep
	for _, l := range mine.Data {
		steps = append(steps, l.Step)
	}
	if want := []models.EnrollmentStep{models.StepApply, models.StepWaitlist, models.StepDeny}; err != nil || !slices.Equal(steps, want) || *mine.Data[2].Reason != models.EnrollmentEndOther {
		t.Errorf("%v %v", steps, err)
	}
	if all, err := h.History(h.staff(""), v.ID, services.PageQuery{Limit: 25}); err != nil || len(all.Data) != 6 || *all.Data[5].Reason != models.EnrollmentEndConduct {
		t.Errorf("%+v %v", all, err)
	}
}

// A child whom staff enter is entered for a guardian, who then sees it, is written to and answers what it asks.
func TestStaffEnterAChildForAGuardian(t *testing.T) {
	h := newHouse(t)
	form := services.NewID()
	h.exec(`insert into forms (id, version, created_at, updated_at, title, purpose) values ($1, 1, $2, $2, 'Before you come', 'intake')`, form, h.core.Clock.Now())
	h.exec(`update programs set intake_form_id = $2 where id = $1`, h.open.ID, form)
	mother, father, stranger := h.person("Rosa", "Ortega"), h.person("Raul", "Ortega"), h.person("Eve", "Ames")
	none, claimed := h.child(15, models.GuardianshipConfirmed), h.child(15, models.GuardianshipClaimed, mother)
	both, sole := h.child(15, models.GuardianshipConfirmed, mother, father), h.child(15, models.GuardianshipConfirmed, mother)
	ended := h.child(15, models.GuardianshipConfirmed, mother)
	h.exec(`update guardianships set until = '2026-09-06' where child_id = $1`, ended)
	for _, try := range []struct {
		in   programs.Apply
		want string
	}{
		{programs.Apply{MemberID: &none}, "/entered_for guardian_required"}, {programs.Apply{MemberID: &claimed}, "/entered_for guardian_required"},
		{programs.Apply{MemberID: &both}, "/entered_for guardian_required"}, {programs.Apply{MemberID: &ended}, "/entered_for guardian_required"},
		{programs.Apply{MemberID: &both, EnteredFor: &stranger}, "/entered_for not_guardian"}, {programs.Apply{MemberID: &both, EnteredFor: &both}, "/entered_for not_guardian"},
		{programs.Apply{MemberID: &ended, EnteredFor: &mother}, "/entered_for not_guardian"}, {programs.Apply{MemberID: &stranger, EnteredFor: &mother}, "/entered_for not_minor"},
	} {
		_, err := h.Apply(h.staff(""), h.open.ID, try.in)
		if got := fields(err); !slices.Equal(got, []string{try.want}) {
			t.Errorf("%v %v, want %s", got, err, try.want)
		}
	}
	if _, err := h.Apply(h.by(mother), h.open.ID, programs.Apply{MemberID: &both, EnteredFor: &mother}); !slices.Equal(fields(err), []string{"/entered_for staff_only"}) {
		t.Error(err)
	}
	many, err := h.BulkEnroll(h.staff(""), h.open.ID, programs.BulkEnroll{MemberIDs: []uuid.UUID{none, sole, both, stranger}, DryRun: real()})
	if err != nil || !slices.Equal(outcomes(many), []string{"refused", "done", "refused", "done"}) || many.Items[0].Code != programs.CodeGuardianRequired || len(many.Items[0].Sentences) == 0 {
		t.Fatalf("%+v %v", many, err)
	}
	one := h.apply(h.staff(""), programs.Apply{MemberID: &both, EnteredFor: &father})
	h.apply(h.staff(""), programs.Apply{MemberID: &claimed, EnteredFor: &mother})
	for of, guardian := range map[uuid.UUID]uuid.UUID{*many.Items[1].EnrollmentID: mother, one.ID: father} {
		if v, err := h.Enrollment(h.by(guardian), of); err != nil || v.State != models.EnrollmentEnrolled {
			t.Errorf("%+v %v", v, err)
		}
		if h.number(`select count(*) from form_responses where record_id = $1 and entered_by = $2 and status = 'due'`, of, guardian) != 1 {
			t.Error("the form is not asked of the guardian")
		}
		if h.number(`select count(*) from messages where record_id = $1 and member_id = $2`, of, guardian) != 1 {
			t.Error("the guardian is not written to")
		}
	}
	if _, err := h.Enrollment(h.by(mother), one.ID); code(err) != services.CodeNotFound {
		t.Error("the other guardian sees it:", err)
	}
}

// A coordinator who looks at what they entered for their own child looks as a parent.
func TestALookAtOnesOwnChildIsNoLookOfStaff(t *testing.T) {
	h := newHouse(t)
	child := h.child(8, models.GuardianshipConfirmed, h.coord)
	v := h.apply(h.staff(""), programs.Apply{MemberID: &child})
	if _, err := h.Enrollment(h.staff(""), v.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.History(h.staff(""), v.ID, services.PageQuery{Limit: 25}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Certificate(h.staff(""), v.ID); code(err) != programs.CodeNotCompleted {
		t.Fatal(err)
	}
	if n := h.number(`select count(*) from audit_log where action in ('enrollment.read', 'enrollment.history', 'enrollment.certificate')`); n != 0 {
		t.Errorf("%d looks of staff", n)
	}
	if n := h.number(`select count(*) from audit_log where action = 'enrollment.read_own' and outcome = 'read' and subjects @> array[$1::uuid]`, child); n < 2 {
		t.Errorf("%d looks at one's own", n)
	}
}

// A program planned in silence is seen by who has entered somebody there, while they may act for them.
func TestAReleasedGuardianSeesNoSilentProgram(t *testing.T) {
	h := newHouse(t)
	silent := h.program(func(p *programs.NewProgram) { p.Status = models.ProgramPlanned })
	mother := h.person("Rosa", "Ortega")
	child := h.child(8, models.GuardianshipConfirmed, mother)
	if _, err := h.Apply(h.staff(""), silent.ID, programs.Apply{MemberID: &child, State: models.EnrollmentWaitlisted}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Get(h.by(mother), silent.ID); err != nil {
		t.Error(err)
	}
	if page, err := h.List(h.by(mother), programs.ProgramQuery{PageQuery: services.PageQuery{Limit: 25, Count: true}}); err != nil || len(page.Data) != 2 || *page.Total != 2 {
		t.Errorf("%+v %v", page, err)
	}
	h.exec(`update guardianships set status = 'ended', closed_at = $2 where child_id = $1`, child, h.core.Clock.Now())
	if _, err := h.Get(h.by(mother), silent.ID); code(err) != services.CodeNotFound {
		t.Error("who may act no longer sees it:", err)
	}
	if _, err := h.Get(h.by(child), silent.ID); err != nil {
		t.Error(err)
	}
}

// The button of a mail leads to what it says.
func TestMailsLeadWhereTheySay(t *testing.T) {
	h := newHouse(t)
	a, b := h.entered(models.EnrollmentApplied, nil), h.entered(models.EnrollmentActive, nil)
	if _, err := h.Deny(h.staff(""), a.ID, programs.DenyStep{Reason: models.EnrollmentEndNoPlace}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Complete(h.staff(""), b.ID, programs.CompleteStep{Reason: models.EnrollmentEndFinished}); err != nil {
		t.Fatal(err)
	}
	for event, link := range map[models.NoticeEvent]string{models.NoticeEnrollmentDenied: "/help-requests/new", models.NoticeEnrollmentReceived: "/enrollments/" + a.ID.String(),
		models.NoticeEnrollmentCompleted: "/enrollments/" + b.ID.String() + "/certificate"} {
		if h.number(`select count(*) from messages where event = $1 and data->>'link' = $2`, string(event), link) != 1 {
			t.Errorf("%s does not lead to %s", event, link)
		}
	}
}
