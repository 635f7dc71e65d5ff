package programs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func as(ifMatch string) context.Context {
	return services.WithCall(context.Background(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount,
		AccountID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11c"), Roles: []models.Role{models.RoleCoordinator}}, IfMatch: ifMatch})
}

func code(err error) services.Code {
	var e *services.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestPrograms(t *testing.T) {
	s := programs.New(coretest.New(t), programs.Config{OrgName: "Homefront"})
	from, until := models.NewDate(2026, time.March, 1), models.NewDate(2026, time.February, 1)

	p, err := s.Create(as(""), programs.NewProgram{Name: " Battle Buddy ", Slug: "battle-buddy", StartsOn: &from})
	if err != nil || p.Name != "Battle Buddy" || p.Status != models.ProgramPlanned || p.StartsOn.String() != "2026-03-01" {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := s.Create(as(""), programs.NewProgram{Name: "Another", Slug: "battle-buddy"}); code(err) != programs.CodeSlugTaken {
		t.Errorf("a taken slug: %v", err)
	}
	_, err = s.Create(as(""), programs.NewProgram{Name: " ", Slug: "Not A Slug", StartsOn: &from, EndsOn: &until})
	if e := new(services.Error); !errors.As(err, &e) || len(e.Fields) != 3 {
		t.Errorf("not all violations at once: %v", err)
	}
	if _, err := s.UpdateProgram(as(""), p.ID, programs.ProgramPatch{}); code(err) != services.CodeIfMatchRequired {
		t.Errorf("no If-Match: %v", err)
	}
	changed, err := s.UpdateProgram(as(`"1"`), p.ID, programs.ProgramPatch{Status: services.Some(models.ProgramActive), StartsOn: services.Null[models.Date]()})
	if err != nil || changed.Version != 2 || changed.Status != models.ProgramActive || changed.StartsOn != nil || changed.Name != "Battle Buddy" {
		t.Errorf("%+v %v", changed, err)
	}
	if _, err := s.UpdateProgram(as(`"1"`), p.ID, programs.ProgramPatch{}); code(err) != services.CodeStale {
		t.Errorf("a stale edit: %v", err)
	}
	if _, err := s.Get(as(""), services.NewID()); code(err) != services.CodeNotFound {
		t.Error(err)
	}
	page, err := s.List(as(""), programs.ProgramQuery{PageQuery: services.PageQuery{Limit: 25}, Status: []models.ProgramStatus{models.ProgramActive, models.ProgramPlanned}})
	if err != nil || len(page.Data) != 1 || page.Data[0].ID != p.ID {
		t.Errorf("%+v %v", page, err)
	}
	if page, err := s.List(as(""), programs.ProgramQuery{PageQuery: services.PageQuery{Limit: 25}, Status: []models.ProgramStatus{models.ProgramCancelled}}); err != nil || len(page.Data) != 0 {
		t.Errorf("%+v %v", page, err)
	}
}
