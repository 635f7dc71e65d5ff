package workshops_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// decideBy is when the tests decide: 17:00 in New York, a week before the first session.
var decideBy = time.Date(2026, 10, 20, 21, 0, 0, 0, time.UTC)

// needing is a published workshop that needs so many people.
func (h *hall) needing(n int) uuid.UUID {
	return h.workshop(workshops.NewWorkshop{MinToRun: number(n), DecideBy: &decideBy})
}

// asked counts the tasks that ask whether a workshop runs, of a status.
func (h *hall) asked(workshop uuid.UUID, status models.TaskStatus) int {
	h.t.Helper()
	return h.count(`select count(*) from tasks where record = 'workshop' and record_id = $1 and kind = 'decide_to_run' and status = $2`, workshop, string(status))
}

func (h *hall) wantAsked(what string, workshop uuid.UUID, open, done, dropped int) {
	h.t.Helper()
	got := [3]int{h.asked(workshop, models.TaskOpen), h.asked(workshop, models.TaskDone), h.asked(workshop, models.TaskDropped)}
	if want := [3]int{open, done, dropped}; got != want {
		h.t.Errorf("%s: open, done, dropped %v, want %v", what, got, want)
	}
}

func TestTooFewOnTheDayOfTheDecision(t *testing.T) {
	h := openHall(t)
	w := h.needing(3)
	h.register(h.me(h.member), w, guests(h.member, 0))
	d, err := h.Get(h.staff(), w)
	if err != nil || d.Decision == nil || *d.Decision != (workshops.WorkshopDecision{Minimum: 3, Confirmed: 1, DecideBy: d.DecideBy}) || !d.DecideBy.Equal(decideBy) {
		t.Fatalf("%+v %v", d.Decision, err)
	}
	if seen, err := h.Get(h.visitor(), w); err != nil || seen.Decision != nil {
		t.Errorf("members see it: %+v %v", seen, err)
	}
	h.later(decideBy.Add(-time.Minute))
	h.wantAsked("the minute before", w, 0, 0, 0)
	h.later(decideBy)
	h.wantAsked("on the day", w, 1, 0, 0)
	if n := h.count(`select count(*) from tasks where record_id = $1 and queue = 'coordinators' and member_id is null and due_at = $2`, w, time.Date(2026, 10, 21, 3, 59, 0, 0, time.UTC)); n != 1 {
		t.Error("it is not due by the end of that day in New York")
	}
	h.later(decideBy.Add(2 * time.Hour))
	h.wantAsked("and once", w, 1, 0, 0)
	for range 2 {
		h.register(h.me(h.person("Guest", false)), w, workshops.Register{})
	}
	h.later(decideBy.Add(3 * time.Hour))
	h.wantAsked("enough by now", w, 0, 0, 1)
	if d, _ := h.Get(h.staff(), w); !d.Decision.Met || d.Decision.Confirmed != 3 {
		t.Errorf("%+v", d.Decision)
	}
}

func TestEnoughPeopleAskNothing(t *testing.T) {
	h := openHall(t)
	w := h.needing(2)
	h.register(h.me(h.member), w, workshops.Register{})
	h.register(h.me(h.bob), w, workshops.Register{})
	h.later(decideBy.AddDate(0, 0, 1))
	h.wantAsked("met", w, 0, 0, 0)
}

func TestItRunsAnyway(t *testing.T) {
	h := openHall(t)
	w := h.needing(3)
	h.later(decideBy)
	if _, err := h.RunAnyway(h.staff(), w, workshops.RunAnyway{Reason: " "}); !slices.Equal(fieldsOf(err), []string{"/reason required"}) {
		t.Error(err)
	}
	d, err := h.RunAnyway(h.staff(), w, workshops.RunAnyway{Reason: "A small group is good for this"})
	if err != nil || d.Decision.RanAnywayAt == nil || d.Decision.Reason != "A small group is good for this" || d.Decision.Met {
		t.Fatalf("%+v %v", d, err)
	}
	h.wantAsked("decided", w, 0, 1, 0)
	if again, err := h.RunAnyway(h.staff(), w, workshops.RunAnyway{Reason: "Again"}); err != nil || again.Decision.Reason != d.Decision.Reason || again.Version != d.Version {
		t.Errorf("deciding twice: %+v %v", again, err)
	}
	h.later(decideBy.AddDate(0, 0, 1))
	h.wantAsked("a day later", w, 0, 1, 0)
	raised, err := h.Update(h.staff(), w, workshops.WorkshopPatch{MinToRun: services.Some(4)})
	if err != nil || raised.Decision.RanAnywayAt != nil || raised.Decision.Reason != "" {
		t.Errorf("another minimum: %+v %v", raised, err)
	}
	h.later(decideBy.AddDate(0, 0, 1).Add(time.Minute))
	h.wantAsked("asked anew", w, 1, 1, 0)
	if _, err := h.Update(h.staff(), w, workshops.WorkshopPatch{MinToRun: services.Null[int](), DecideBy: services.Null[time.Time]()}); err != nil {
		t.Fatal(err)
	}
	h.wantAsked("no minimum any more", w, 0, 1, 1)
	if _, err := h.RunAnyway(h.staff(), w, workshops.RunAnyway{Reason: "x"}); codeOf(err) != workshops.CodeNothingToDecide {
		t.Error(err)
	}
}

func TestTheQuestionEndsWithTheWorkshop(t *testing.T) {
	h := openHall(t)
	w := h.needing(3)
	h.later(decideBy)
	if _, err := h.CancelWorkshop(h.staff(), w, workshops.CancelReason{Reason: "Too few"}); err != nil {
		t.Fatal(err)
	}
	h.wantAsked("called off", w, 0, 0, 1)
	if _, err := h.RestoreWorkshop(h.staff(), w); err != nil {
		t.Fatal(err)
	}
	h.later(decideBy.Add(time.Minute))
	h.wantAsked("restored, and still too few", w, 1, 0, 1)
	h.later(time.Date(2026, 10, 27, 22, 30, 0, 0, time.UTC))
	h.wantAsked("it has begun", w, 0, 0, 2)
}

func TestTheDayOfTheDecisionMovesWithTheSessions(t *testing.T) {
	h := openHall(t)
	w := h.needing(3)
	h.later(decideBy)
	h.wantAsked("asked", w, 1, 0, 0)
	s := h.session(w)
	if _, err := h.UpdateSession(h.staff(), s, workshops.SessionPatch{LocalStart: services.Some("2026-11-10T18:00")}); err != nil {
		t.Fatal(err)
	}
	moved := time.Date(2026, 11, 3, 22, 0, 0, 0, time.UTC) // 17:00, with the clocks set back
	if d, err := h.Get(h.staff(), w); err != nil || !d.DecideBy.Equal(moved) {
		t.Errorf("%+v %v", d.DecideBy, err)
	}
	h.wantAsked("there is time again", w, 0, 0, 1)
	h.later(moved.Add(-time.Minute))
	h.wantAsked("the old day asks nothing", w, 0, 0, 1)
	h.later(moved)
	h.wantAsked("the new day does", w, 1, 0, 1)
}

func TestADecisionNeedsAMinimumAndADayBeforeTheStart(t *testing.T) {
	p := plan(t)
	by := decideBy.AddDate(0, 0, 10)
	if _, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatInPerson, DecideBy: &by}); !slices.Equal(fieldsOf(err), []string{"/decide_by without_minimum"}) {
		t.Error(err)
	}
	w := p.draft(workshops.NewWorkshop{MinToRun: number(3), DecideBy: &by, FacilitatorIDs: []uuid.UUID{p.ann}})
	p.sessions(w.ID, oneEvening)
	if _, err := p.Publish(p.staff(), w.ID); !slices.Equal(fieldsOf(err), []string{"/decide_by after_start"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{DecideBy: services.Some(planningDay.Add(-time.Hour))}); !slices.Equal(fieldsOf(err), []string{"/decide_by past"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{DecideBy: services.Some(planningDay.Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
	p.core.Clock.Set(planningDay.Add(2 * time.Hour))
	if _, err := p.Publish(p.staff(), w.ID); !slices.Equal(fieldsOf(err), []string{"/decide_by past"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}
