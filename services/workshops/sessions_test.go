package workshops_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/workshops"
)

func TestAWeeklySeriesKeepsItsTimeOnTheWall(t *testing.T) {
	p := plan(t)
	loc, _ := time.LoadLocation("America/New_York")
	for _, start := range []string{"2026-10-20T18:00", "2027-03-02T18:00"} {
		w := p.draft(workshops.NewWorkshop{})
		in := workshops.NewSessions{LocalStart: start, Minutes: 90, Recurrence: weekly("FREQ=WEEKLY;COUNT=4")}
		seen, err := p.Preview(p.staff(), w.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		made := p.sessions(w.ID, in)
		if len(made) != 4 || len(seen.Data) != 4 {
			t.Fatalf("%d sessions, %d previewed", len(made), len(seen.Data))
		}
		offsets := map[int]bool{}
		for i, s := range made {
			at := s.StartsAt.In(loc)
			_, offset := at.Zone()
			offsets[offset] = true
			if at.Format("15:04") != "18:00" || s.LocalStart != at.Format("2006-01-02T15:04") || s.EndsAt.Sub(s.StartsAt) != 90*time.Minute {
				t.Errorf("%+v", s.WorkshopSession)
			}
			if !seen.Data[i].StartsAt.Equal(s.StartsAt) || !seen.Data[i].EndsAt.Equal(s.EndsAt) || seen.Data[i].LocalStart != s.LocalStart {
				t.Errorf("previewed %+v, made %+v", seen.Data[i], s.WorkshopSession)
			}
			if s.RuleGroup == nil || *s.RuleGroup != *made[0].RuleGroup {
				t.Error("not one group")
			}
		}
		if len(offsets) != 2 {
			t.Errorf("the series from %s crosses no change of the clocks", start)
		}
	}
}

func TestAPreviewStoresNothingAndShowsWhatIsBusy(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	first := p.draft(workshops.NewWorkshop{VenueID: &hall})
	p.sessions(first.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	second := p.draft(workshops.NewWorkshop{VenueID: &hall})
	in := workshops.NewSessions{LocalStart: "2026-10-20T18:30", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")}
	seen, err := p.Preview(p.staff(), second.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := []bool{seen.Data[0].Busy, seen.Data[1].Busy, seen.Data[2].Busy}; !slices.Equal(got, []bool{false, true, false}) {
		t.Errorf("busy: %v", got)
	}
	if page, err := p.Sessions(p.staff(), second.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	_, err = p.AddSessions(p.staff(), second.ID, in)
	if codeOf(err) != calendar.CodeDoubleBooked || !strings.Contains(err.Error(), "Hall") || !strings.Contains(err.Error(), "Living with Hypervigilance") || !strings.Contains(err.Error(), "2026-10-27 from 18:00 to 19:00") {
		t.Errorf("the clash is not named: %v", err)
	}
	if page, _ := p.Sessions(p.staff(), second.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); len(page.Data) != 0 {
		t.Error("a refused series left sessions")
	}
}

func TestARuleThatIsWrongIsToldByItsField(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{})
	_, err := p.AddSessions(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2026-10-27 18:00", Minutes: 60, TimeZone: "Mars/Olympus", Recurrence: weekly("FREQ=HOURLY")})
	if got := fieldsOf(err); !slices.Contains(got, "/local_start invalid") || !slices.Contains(got, "/time_zone unknown") || len(got) != 3 {
		t.Errorf("%v", got)
	}
	_, err = p.Preview(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;UNTIL=20281231")})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/recurrence/rule too_many"}) {
		t.Errorf("%v", got)
	}
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;COUNT=150")})
	if _, err := p.AddSessions(p.staff(), w.ID, workshops.NewSessions{LocalStart: "2028-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=DAILY;COUNT=51")}); codeOf(err) != workshops.CodeTooManySessions {
		t.Error(err)
	}
}

func TestAHundredPlannersWantOneFacilitator(t *testing.T) {
	p := plan(t)
	const planners = 100
	ids := make([]uuid.UUID, planners)
	for i := range ids {
		ids[i] = p.draft(workshops.NewWorkshop{Title: fmt.Sprint("Evening ", i)}).ID
	}
	var wg sync.WaitGroup
	won := make(chan uuid.UUID, planners)
	for i, id := range ids {
		wg.Go(func() {
			_, err := p.AddSessions(p.staff(), id, workshops.NewSessions{LocalStart: fmt.Sprintf("2026-10-27T18:%02d", i%60), Minutes: 90, FacilitatorIDs: &[]uuid.UUID{p.ann}})
			switch {
			case err == nil:
				won <- id
			case codeOf(err) != calendar.CodeDoubleBooked:
				t.Errorf("neither booked nor refused: %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d sessions at once", len(won))
	}
}

func TestMovingASessionAndThoseThatFollow(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=4")})
	// By a week each: every session moves onto the place of the next, which must not count as a clash.
	moved, err := p.UpdateSession(p.staff(), made[1].ID, workshops.SessionPatch{Scope: workshops.ScopeThisAndFollowing, LocalStart: services.Some("2026-11-03T18:30"), Minutes: services.Some(75)})
	if err != nil {
		t.Fatal(err)
	}
	if moved.ID != made[1].ID || moved.LocalStart != "2026-11-03T18:30" || moved.Sequence != 1 || len(moved.Following) != 2 {
		t.Errorf("%+v", moved)
	}
	if s := moved.Following[1]; s.LocalStart != "2026-11-17T18:30" || s.StartsAt.Format("15:04") != "23:30" || s.EndsAt.Sub(s.StartsAt) != 75*time.Minute {
		t.Errorf("%+v", s.WorkshopSession)
	}
	page, err := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || page.Data[0].LocalStart != "2026-10-20T18:00" || page.Data[0].Version != 1 {
		t.Errorf("the one before moved too: %+v %v", page, err)
	}
	one, err := p.UpdateSession(p.as(p.boss, `"2"`, models.RoleCoordinator), moved.ID, workshops.SessionPatch{Title: services.Some("Sleep")})
	if err != nil || one.Title != "Sleep" || one.Sequence != 1 || one.Version != 3 {
		t.Errorf("a title is no move: %+v %v", one, err)
	}
	if _, err := p.UpdateSession(p.as(p.boss, `"2"`, models.RoleCoordinator), moved.ID, workshops.SessionPatch{}); codeOf(err) != services.CodeStale {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.as(p.boss, "", models.RoleCoordinator), moved.ID, workshops.SessionPatch{}); codeOf(err) != services.CodeIfMatchRequired {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.staff(), moved.ID, workshops.SessionPatch{LocalStart: services.Some("2026-10-20T18:15")}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	// Into the gap of 2027-03-14: the time moves forward by it.
	gap, err := p.UpdateSession(p.staff(), moved.ID, workshops.SessionPatch{LocalStart: services.Some("2027-03-14T02:30")})
	if err != nil || gap.LocalStart != "2027-03-14T03:30" {
		t.Errorf("%+v %v", gap, err)
	}
	if got, _ := p.Get(p.staff(), w.ID); !got.EndsAt.Equal(gap.EndsAt) || got.Version != 1 {
		t.Errorf("the workshop ends at %s, its last session at %s; version %d", got.EndsAt, gap.EndsAt, got.Version)
	}
}

func TestCancellingASessionAndRestoringIt(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := p.Publish(p.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	off, err := p.CancelSession(p.staff(), made[0].ID, workshops.SessionCancellation{Reason: "No heating"})
	if err != nil || off.Status != models.SessionCancelled || off.Sequence != 1 {
		t.Fatalf("%+v %v", off, err)
	}
	if got, _ := p.Get(p.staff(), w.ID); !got.StartsAt.Equal(made[1].StartsAt) || got.Sessions != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := p.CancelSession(p.staff(), made[1].ID, workshops.SessionCancellation{Reason: "No heating"}); codeOf(err) != workshops.CodeLastSession {
		t.Error(err)
	}
	if _, err := p.UpdateSession(p.staff(), made[0].ID, workshops.SessionPatch{Title: services.Some("x")}); codeOf(err) != workshops.CodeSessionOver {
		t.Error(err)
	}
	other := p.draft(workshops.NewWorkshop{})
	rival := p.sessions(other.ID, workshops.NewSessions{LocalStart: "2026-10-20T18:30", Minutes: 60, FacilitatorIDs: &[]uuid.UUID{p.ann}})
	if _, err := p.RestoreSession(p.staff(), made[0].ID, workshops.SessionRestoration{}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Errorf("ann is elsewhere by now: %v", err)
	}
	if _, err := p.CancelSession(p.staff(), rival[0].ID, workshops.SessionCancellation{Reason: "Not needed"}); err != nil {
		t.Fatal(err)
	}
	back, err := p.RestoreSession(p.staff(), made[0].ID, workshops.SessionRestoration{})
	if err != nil || back.Status != models.SessionScheduled || back.Sequence != 2 {
		t.Errorf("%+v %v", back, err)
	}
}
