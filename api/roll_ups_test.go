package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
)

// night is a job of the night, which takes no arguments.
type night struct{ kind string }

func (n night) Kind() string { return n.kind }

// A sum that is wrong is found at night, shown to admins, and put right by a coordinator.
func TestAWrongSumIsFoundAndPutRight(t *testing.T) {
	app := apptest.New(t)
	app.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	ada, cora, mia := app.As("Ada Boss", models.RoleAdmin), app.As("Cora Diaz", models.RoleCoordinator), app.As("Mia Ortega", models.RoleMember)
	program := cora.Post("/v1/programs", object{"name": "Battle Buddy", "slug": "battle-buddy", "starts_on": "2026-08-01"}).Want(201).ID()
	cora.Post("/v1/programs/"+program.String()+"/activate", nil).Want(200)
	enrollment := cora.Post("/v1/programs/"+program.String()+"/enrollments", object{"member_id": mia.Member}).Want(201).ID().String()
	app.Exec(`update enrollments set sessions_offered = 2, sessions_missed = 2, consecutive_absences = 2 where id = $1`, enrollment)

	_, err := services.Mutate(services.AsSystem(t.Context(), "test"), app.Core, "test.night", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		for _, kind := range []string{"program.check_roll_ups", "workshop.check_told"} {
			if err := tx.Enqueue(night{kind}, time.Time{}); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	app.RunDue()
	if got := ada.Get("/v1/roll-up-checks?count=true").Want(200).Map()["data"].([]any); len(got) != 2 {
		t.Errorf("%v", got)
	}
	found := ada.Get("/v1/roll-up-checks?wrong=true&limit=1").Want(200).Map()["data"].([]any)
	if len(found) != 1 || found[0].(object)["source"] != "enrollments" || found[0].(object)["examples"].([]any)[0] != enrollment {
		t.Errorf("%v", found)
	}
	tasks := ada.Get("/v1/tasks?kind=check_roll_ups").Want(200).Map()["data"].([]any)
	if len(tasks) != 1 || tasks[0].(object)["queue"] != "admins" {
		t.Errorf("%v", tasks)
	}
	cora.Get("/v1/roll-up-checks").Want(403)
	mia.Get("/v1/roll-up-checks").Want(403)

	mia.Post("/v1/enrollments/"+enrollment+"/recount", nil).Want(403)
	cora.Post("/v1/enrollments/"+uuid.NewString()+"/recount", nil).Want(404)
	got := cora.Post("/v1/enrollments/"+enrollment+"/recount", nil, "Idempotency-Key", "r").Want(200).Map()
	if got["repaired"] != true || got["before"].(object)["missed"] != 2.0 || got["after"].(object)["missed"] != 0.0 || got["attendance_rate"] != nil {
		t.Errorf("%v", got)
	}
	if got := cora.Post("/v1/enrollments/"+enrollment+"/recount", nil).Want(200).Map(); got["repaired"] != false {
		t.Errorf("%v", got)
	}
	cora.Post("/v1/sessions/"+uuid.NewString()+"/recount", nil).Want(404)
	mia.Post("/v1/sessions/"+uuid.NewString()+"/recount", nil).Want(403)
}
