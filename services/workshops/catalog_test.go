package workshops_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

func TestDraftsDoNotExistForOthers(t *testing.T) {
	p := plan(t)
	w := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}, JoinURL: "https://meet.example.org/x"})
	s := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, JoinURL: "https://meet.example.org/y"})[0]
	_, hidden := p.Get(p.visitor(), w.ID)
	_, unknown := p.Get(p.visitor(), services.NewID())
	if hidden == nil || hidden.Error() != unknown.Error() || codeOf(hidden) != services.CodeNotFound {
		t.Errorf("%v, %v", hidden, unknown)
	}
	_, hidden = p.Session(p.visitor(), s.ID)
	_, unknown = p.Session(p.visitor(), services.NewID())
	if hidden == nil || hidden.Error() != unknown.Error() {
		t.Errorf("%v, %v", hidden, unknown)
	}
	_, hidden = p.Sessions(p.visitor(), w.ID, workshops.SessionQuery{})
	if codeOf(hidden) != services.CodeNotFound {
		t.Error(hidden)
	}
	leads := p.as(p.ann, "", models.RoleFacilitator)
	if got, err := p.Get(leads, w.ID); err != nil || got.JoinURL == "" || got.Registration != models.WindowClosed {
		t.Errorf("who leads it: %+v %v", got, err)
	}
	if page, err := p.List(leads, workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}, Facilitating: true}); err != nil || len(page.Data) != 1 {
		t.Errorf("%+v %v", page, err)
	}
	if page, err := p.List(leads, workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	if _, err := p.List(p.visitor(), workshops.CatalogQuery{Visibility: []models.Visibility{models.VisibilityDraft}}); codeOf(err) != services.CodeForbidden {
		t.Error(err)
	}
	if _, err := p.Publish(p.staff(), w.ID); err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	got, err := p.Get(p.visitor(), w.ID)
	if err != nil || got.JoinURL != "" || got.Registration != models.WindowOpen || got.Facilitators[0].MemberID != nil || got.Facilitators[0].Name != "Ann R." || got.Seats[0].Open != 30 {
		t.Errorf("%+v %v", got, err)
	}
	if one, err := p.Session(p.visitor(), s.ID); err != nil || one.JoinURL != "" {
		t.Errorf("%+v %v", one, err)
	}
	if one, err := p.Session(p.staff(), s.ID); err != nil || one.JoinURL == "" {
		t.Errorf("%+v %v", one, err)
	}
}

func TestCatalogFilters(t *testing.T) {
	p := plan(t)
	prog, err := programs.New(p.core, programs.Config{}).Create(p.staff(), programs.NewProgram{Name: "Family", Slug: "family"})
	if err != nil {
		t.Fatal(err)
	}
	p.open(workshops.NewWorkshop{Title: "Sleep for Spouses", AudienceKinds: []models.Kind{models.KindSpouse}, ProgramID: &prog.ID}, "2026-10-01T18:00")
	p.open(workshops.NewWorkshop{Title: "Anger", Summary: "50% talk_it over", Format: models.FormatOnline, JoinURL: "https://meet.example.org/a"}, "2026-10-02T18:00")
	full := p.open(workshops.NewWorkshop{Title: "Café Évening", Capacity: number(1), TimeZone: "America/Los_Angeles"}, "2026-10-03T18:00")
	p.take(full.ID, 1, nil)
	past := p.open(workshops.NewWorkshop{Title: "Last Week"}, "2026-09-02T18:00")
	p.core.Clock.Set(time.Date(2026, 9, 10, 0, 0, 0, 0, time.UTC))
	cases := []struct {
		name string
		in   workshops.CatalogQuery
		want []string
	}{
		{"all", workshops.CatalogQuery{}, []string{"Sleep for Spouses", "Anger", "Café Évening"}},
		{"by title", workshops.CatalogQuery{PageQuery: services.PageQuery{Sort: "-title"}}, []string{"Sleep for Spouses", "Café Évening", "Anger"}},
		{"words", workshops.CatalogQuery{Q: "spouse"}, []string{"Sleep for Spouses"}},
		{"a typing mistake", workshops.CatalogQuery{Q: "sleap for spouses"}, []string{"Sleep for Spouses"}},
		{"words apart", workshops.CatalogQuery{Q: "spouzes  SLEEP"}, []string{"Sleep for Spouses"}},
		{"words of two workshops", workshops.CatalogQuery{Q: "sleep anger"}, nil},
		{"accents", workshops.CatalogQuery{Q: "CAFE evening"}, []string{"Café Évening"}},
		{"a literal %", workshops.CatalogQuery{Q: "50% talk_it"}, []string{"Anger"}},
		{"a wildcard is none", workshops.CatalogQuery{Q: "%%%"}, nil},
		{"format", workshops.CatalogQuery{Format: []models.Format{models.FormatOnline, models.FormatHybrid}}, []string{"Anger"}},
		{"audience", workshops.CatalogQuery{Audience: models.KindVeteran}, []string{"Anger", "Café Évening"}},
		{"program", workshops.CatalogQuery{ProgramID: prog.ID}, []string{"Sleep for Spouses"}},
		{"from", workshops.CatalogQuery{StartsGTE: time.Date(2026, 10, 2, 22, 0, 0, 0, time.UTC)}, []string{"Anger", "Café Évening"}},
		{"until", workshops.CatalogQuery{StartsLT: time.Date(2026, 10, 2, 22, 0, 0, 0, time.UTC)}, []string{"Sleep for Spouses"}},
		{"open seats", workshops.CatalogQuery{OpenSeats: true}, []string{"Sleep for Spouses", "Anger"}},
		{"zone", workshops.CatalogQuery{TimeZone: []string{"America/Los_Angeles"}}, []string{"Café Évening"}},
		{"near a zone", workshops.CatalogQuery{NearTimeZone: "America/Chicago"}, []string{"Sleep for Spouses", "Anger"}},
		{"near another", workshops.CatalogQuery{NearTimeZone: "America/Denver"}, []string{"Café Évening"}},
	}
	for _, c := range cases {
		c.in.Limit, c.in.Count = 25, true
		page, err := p.List(p.visitor(), c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, r := range page.Data {
			got = append(got, r.Title)
		}
		if !slices.Equal(got, c.want) || *page.Total != int64(len(c.want)) {
			t.Errorf("%s: %q of %d, want %q", c.name, got, *page.Total, c.want)
		}
	}
	if _, err := p.List(p.visitor(), workshops.CatalogQuery{NearTimeZone: "Mars/Olympus"}); codeOf(err) != services.CodeInvalid {
		t.Error(err)
	}
	page, err := p.List(p.staff(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 4 || page.Data[0].ID != past.ID || page.Data[3].Registration != models.WindowFull || page.Data[3].Seats[0].Open != 0 {
		t.Errorf("%+v %v", page, err)
	}
}

// Many workshops start at the same minute; a page must neither repeat nor hide one.
func TestPagesOverEqualStarts(t *testing.T) {
	p := plan(t)
	want := map[uuid.UUID]bool{}
	for i := range 7 {
		want[p.open(workshops.NewWorkshop{Title: fmt.Sprint("W", i%2)}, "2026-10-27T18:00").ID] = true
	}
	p.draft(workshops.NewWorkshop{Title: "W2"})
	for _, sort := range []string{"starts_at", "-starts_at", "title", "-title"} {
		for _, who := range []context.Context{p.visitor(), p.staff()} {
			seen := map[uuid.UUID]bool{}
			in := workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 2, Sort: sort}}
			for range 10 {
				page, err := p.List(who, in)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Data {
					if seen[r.ID] {
						t.Errorf("%s: twice", sort)
					}
					seen[r.ID] = true
				}
				if page.NextCursor == nil {
					break
				}
				in.Cursor = *page.NextCursor
			}
			for id := range want {
				if !seen[id] {
					t.Errorf("%s: one is missing of %d", sort, len(seen))
				}
			}
		}
	}
}
