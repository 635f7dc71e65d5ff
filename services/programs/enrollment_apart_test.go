package programs_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/programs"
)

// colleague is another coordinator, a sibling of somebody.
func (h *house) colleague(of uuid.UUID) func() context.Context {
	h.Helper()
	id := h.person("Dana", "Whitfield")
	h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted')`,
		services.NewID(), h.core.Clock.Now(), id, of)
	return func() context.Context {
		return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: id, MemberID: id, Roles: []models.Role{models.RoleCoordinator}}})
	}
}

// pairOf is somebody protected and somebody kept apart from them, who have both applied.
func (h *house) pairOf(kind models.SeparationKind) (protected, kept *programs.EnrollmentView) {
	h.Helper()
	p, k := h.person("Paula", "Reyes"), h.person("Karl", "Reyes")
	protected, kept = h.apply(h.by(p), programs.Apply{}), h.apply(h.by(k), programs.Apply{})
	h.separate(kind, p, k)
	return protected, kept
}

func TestWhoMayKnowIsToldOfAClash(t *testing.T) {
	h := newHouse(t)
	cohort, another := h.cohort(h.open.ID, "Fall"), h.cohort(h.open.ID, "Also Fall")
	for _, kind := range []models.SeparationKind{models.SeparationMutual, models.SeparationProtected} {
		for _, keptFirst := range []bool{true, false} {
			first, second := h.pairOf(kind)
			if keptFirst {
				first, second = second, first
			}
			if v, err := h.Enroll(h.staff(""), first.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID)}); err != nil || v.State != models.EnrollmentEnrolled {
				t.Fatal(v, err)
			}
			_, err := h.Enroll(h.staff(""), second.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID)})
			refused(t, err, services.KindConflict, programs.CodeSeparationClash)
			v, err := h.Enroll(h.staff(""), second.ID, programs.EnrollStep{CohortID: services.Some(another.ID)})
			if err != nil || v.State != models.EnrollmentEnrolled {
				t.Fatal(v, err)
			}
			_, err = h.Move(h.staff(""), second.ID, programs.MoveStep{CohortID: services.Some(cohort.ID)})
			refused(t, err, services.KindConflict, programs.CodeSeparationClash)
			if _, err := h.Withdraw(h.staff(""), second.ID, programs.WithdrawStep{Reason: models.EnrollmentEndSchedule}); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Move(h.staff(""), first.ID, programs.MoveStep{CohortID: services.Some(another.ID)}); err != nil {
				t.Fatal(err)
			}
			_, err = h.Reopen(h.staff(""), second.ID, programs.WordsStep{})
			refused(t, err, services.KindConflict, programs.CodeSeparationClash)
			if _, err := h.Withdraw(h.staff(""), first.ID, programs.WithdrawStep{Reason: models.EnrollmentEndSchedule}); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.seats()
}

// Whoever must not know of a separation leaves to colleagues what they ask for somebody who is kept apart, and cannot tell from
// any answer whether the other is there.
func TestWhoMustNotKnowLearnsNothing(t *testing.T) {
	h := newHouse(t)
	var answers []string
	for _, there := range []bool{true, false} {
		protected, kept := h.pairOf(models.SeparationProtected)
		cohort := h.cohort(h.open.ID, "Fall "+protected.ID.String())
		if there {
			if _, err := h.Enroll(h.staff(""), protected.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID)}); err != nil {
				t.Fatal(err)
			}
		}
		dana := h.colleague(protected.MemberID)
		v, err := h.Enroll(dana(), kept.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID), Words: "Please"})
		if err != nil || v.State != models.EnrollmentApplied || !slices.Equal(v.Review, []models.EnrollmentReview{models.EnrollmentReviewHeld}) || v.CohortID != nil {
			t.Fatalf("%+v %v", v, err)
		}
		answer := stripped(t, v)

		// Entered anew by them, it is an application like any other.
		if _, err := h.Withdraw(h.by(kept.MemberID), kept.ID, programs.WithdrawStep{}); err != nil {
			t.Fatal(err)
		}
		fresh, err := h.Apply(dana(), h.open.ID, programs.Apply{MemberID: &kept.MemberID, CohortID: &cohort.ID})
		if err != nil || fresh.State != models.EnrollmentApplied || !slices.Equal(fresh.Review, []models.EnrollmentReview{models.EnrollmentReviewHeld}) {
			t.Fatalf("%+v %v", fresh, err)
		}
		fresh.Cohort.Name = ""
		answers = append(answers, answer+stripped(t, fresh))
		if h.number(`select count(*) from audit_log where actor_kind = 'account' and account_id = $1 and ($2 = any(subjects) or $2 = any(objects))`, actorOf(dana()).AccountID, protected.MemberID) != 0 {
			t.Error("their own entry in the audit log names the other")
		}
		h.due(h.core.Clock.Now())
		if h.number(`select count(*) from tasks where record_id = $1 and kind = 'review_enrollment' and status = 'open' and $2 = any(also_about)`, fresh.ID, protected.MemberID) != 1 {
			t.Error("the task is not kept from who is close to the other")
		}

		// What was kept from them they do not decide in another way either; a colleague does.
		for _, still := range []func() (*programs.EnrollmentView, error){
			func() (*programs.EnrollmentView, error) {
				return h.Enroll(dana(), fresh.ID, programs.EnrollStep{CohortID: services.Null[uuid.UUID]()})
			},
			func() (*programs.EnrollmentView, error) { return h.Waitlist(dana(), fresh.ID, programs.WordsStep{}) },
			func() (*programs.EnrollmentView, error) {
				return h.Deny(dana(), fresh.ID, programs.DenyStep{Reason: models.EnrollmentEndNoPlace})
			},
		} {
			if v, err := still(); err != nil || v.State != models.EnrollmentApplied || !slices.Contains(v.Review, models.EnrollmentReviewHeld) {
				t.Fatalf("%+v %v", v, err)
			}
		}
		// Without a cohort nothing brings the two together.
		none, err := h.Enroll(h.staff(""), fresh.ID, programs.EnrollStep{CohortID: services.Null[uuid.UUID]()})
		if err != nil || none.State != models.EnrollmentEnrolled || len(none.Review) != 0 {
			t.Fatalf("%+v %v", none, err)
		}
		moved, err := h.Move(dana(), fresh.ID, programs.MoveStep{CohortID: services.Some(cohort.ID)})
		if err != nil || moved.CohortID != nil || !slices.Contains(moved.Review, models.EnrollmentReviewHeld) {
			t.Fatalf("%+v %v", moved, err)
		}
	}
	if answers[0] != answers[1] {
		t.Errorf("the answers differ:\n%s\n%s", answers[0], answers[1])
	}
	h.seats()
}

func actorOf(ctx context.Context) *services.Actor {
	a, _ := services.ActorFrom(ctx)
	return a
}

// The protected side has its place as anybody, from staff who must not know; if the other is there, others hear of it the same day.
func TestTheProtectedSideIsPlacedAsAnybody(t *testing.T) {
	h := newHouse(t)
	for _, there := range []bool{true, false} {
		protected, kept := h.pairOf(models.SeparationProtected)
		cohort := h.cohort(h.open.ID, "Fall "+protected.ID.String())
		if there {
			if _, err := h.Enroll(h.staff(""), kept.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID)}); err != nil {
				t.Fatal(err)
			}
		}
		dana := h.colleague(kept.MemberID)
		v, err := h.Enroll(dana(), protected.ID, programs.EnrollStep{CohortID: services.Some(cohort.ID)})
		if err != nil || v.State != models.EnrollmentEnrolled || len(v.Review) != 0 || *v.CohortID != cohort.ID {
			t.Fatalf("%+v %v", v, err)
		}
		h.due(h.core.Clock.Now())
		asked := h.tasks(kept.ID, "separation_clash")
		if (asked == 1) != there {
			t.Errorf("there: %v, tasks: %d", there, asked)
		}
	}
}

// What a kept-apart person asks for looks like everybody's to them, and is marked for staff.
func TestAHeldApplicationLooksLikeAny(t *testing.T) {
	h := newHouse(t)
	p, k, x := h.person("Rosa", "Ames"), h.person("Rosa", "Ames"), h.person("Rosa", "Ames")
	h.separate(models.SeparationProtected, p, k)
	held, plain := h.apply(h.by(k), programs.Apply{}), h.apply(h.by(x), programs.Apply{})
	if a, b := stripped(t, held), stripped(t, plain); a != b {
		t.Errorf("the answers differ:\n%s\n%s", a, b)
	}
	seen, err := h.Enrollment(h.staff(""), held.ID)
	if err != nil || !slices.Equal(seen.Review, []models.EnrollmentReview{models.EnrollmentReviewHeld}) {
		t.Errorf("%+v %v", seen, err)
	}
	other, err := h.Enrollment(h.staff(""), plain.ID)
	if err != nil || len(other.Review) != 0 {
		t.Errorf("%+v %v", other, err)
	}
}

// Where a share of all applications is looked at, being held says nothing.
func TestAShareOfApplicationsIsHeld(t *testing.T) {
	h := newHouse(t)
	another := coretest.On(t, h.db)
	another.Clock.Set(h.core.Clock.Now())
	notices.New(another, postbox{}, notices.Config{BaseURL: "https://app.homefront.example"})
	h.Service = programs.New(another, programs.Config{ReviewShare: 50})
	held := 0
	for range 24 {
		v := h.apply(h.by(h.person("Rosa", "Ames")), programs.Apply{})
		held += h.number(`select count(*) from enrollments where id = $1 and 'held' = any(review)`, v.ID)
	}
	if held < 3 || held > 21 {
		t.Errorf("%d of 24 were drawn", held)
	}
}
