package workshops_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/people"
	"homefront/services/tasks"
	"homefront/services/workshops"

	"homefront/services"
)

// What is booked with minors for somebody whose check lapses becomes a task per workshop; the renewal takes it back.
func TestWhatALapsedCheckDoes(t *testing.T) {
	p := plan(t)
	staff := people.New(p.core)
	p.open(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}}, "2026-10-27T18:00")
	p.open(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann, p.bob}}, "2026-12-01T18:00")
	p.open(workshops.NewWorkshop{MinimumAge: number(18), FacilitatorIDs: []uuid.UUID{p.ann}}, "2026-12-08T18:00") // no minors
	open := func() []models.Task {
		t.Helper()
		page, err := tasks.NewService(p.core).List(p.staff(), tasks.Filter{PageQuery: services.PageQuery{Limit: 25}, Kind: string(models.TaskNotCleared)})
		if err != nil {
			t.Fatal(err)
		}
		return page.Data
	}
	run := func() {
		t.Helper()
		if _, err := p.core.RunDue(context.Background(), p.core.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	held, err := staff.Credentials(p.staff(), p.ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := staff.RevokeCredential(p.staff(), held.Data[0].ID, people.StaffReason{Reason: "The agency withdrew it"}); err != nil {
		t.Fatal(err)
	}
	run()
	got := open()
	if len(got) != 2 || got[0].About != "workshop" || *got[0].MemberID != p.ann || !got[0].DueAt.Equal(planningDay.Add(24*time.Hour)) {
		t.Fatalf("%+v", got)
	}
	if _, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "Teens", Format: models.FormatInPerson, FacilitatorIDs: []uuid.UUID{p.ann}}); len(fieldsOf(err)) != 1 || fieldsOf(err)[0] != "/facilitator_ids/0 not_cleared" {
		t.Errorf("she is assigned: %v", err)
	}
	if _, err := staff.AddCredential(p.staff(), p.ann, people.AddCredential{Kind: held.Data[0].Kind, IssuedOn: models.NewDate(2026, time.August, 31)}); err != nil {
		t.Fatal(err)
	}
	run()
	if got := open(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
