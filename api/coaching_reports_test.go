package api_test

import (
	"strings"
	"testing"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Coordinators see the numbers and every log of hours, a coach their own log alone, and nobody else either.
func TestWhoSeesTheReportsOfCoaching(t *testing.T) {
	a := apptest.New(t)
	boss, dana, eli, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleCoach), a.As("Eli Stone", models.RoleCoach), a.As("Luis Ortega")
	for _, c := range []*apptest.Client{dana, eli} {
		a.Exec(`insert into coaches (id, created_at, updated_at, modalities, time_zone) values ($1, $2, $2, '{online}', 'America/New_York')`, c.Member, a.Core.Clock.Now())
	}
	var loads coaching.CaseloadReport
	boss.Get("/v1/coaching/caseloads?weeks=2&count=true").Want(200).JSON(&loads)
	if len(loads.Data) != 2 || loads.Data[0].Name != "Dana Reed" || loads.Data[0].Offered == nil || len(loads.Data[0].Missing) != 3 {
		t.Errorf("%+v", loads)
	}
	boss.Get("/v1/coaching/caseloads?weeks=14").WantCode(422, services.CodeInvalid)
	boss.Get("/v1/coaching/waiting").Want(200)
	boss.Get("/v1/coaching/waiting?from=2026-02-01&to=2026-01-01").WantCode(422, services.CodeInvalid)
	own := "/v1/coaches/" + dana.Member.String() + "/hours-log"
	unknown := "/v1/coaches/" + services.NewID().String() + "/hours-log"
	for suffix, kind := range map[string]string{"": "application/json", ".csv": "text/csv", ".pdf": "application/pdf"} {
		for _, c := range []*apptest.Client{boss, dana} {
			if got := c.Get(own + suffix).Want(200); !strings.HasPrefix(got.Header.Get("Content-Type"), kind) {
				t.Errorf("%s is %s", suffix, got.Header.Get("Content-Type"))
			}
		}
		eli.Get(own+suffix).WantCode(404, services.CodeNotFound)
		boss.Get(unknown+suffix).WantCode(404, services.CodeNotFound)
		luis.Get(own + suffix).Want(403)
	}
	for _, path := range []string{"/v1/coaching/caseloads", "/v1/coaching/waiting"} {
		dana.Get(path).Want(403)
		luis.Get(path).Want(403)
	}
}
