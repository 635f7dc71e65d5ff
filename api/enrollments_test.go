package api_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
)

// enrollmentDesk is a coordinator with one program.
type enrollmentDesk struct {
	*testing.T
	app     *apptest.App
	boss    *apptest.Client
	program uuid.UUID
	cohort  uuid.UUID
	n       int
}

func newEnrollmentDesk(t *testing.T) *enrollmentDesk {
	t.Helper()
	d := &enrollmentDesk{T: t, app: apptest.New(t)}
	d.boss = d.app.As("Dana Whitfield", models.RoleCoordinator)
	d.program = d.boss.Post("/v1/programs", map[string]any{"name": "Family Awareness", "slug": "family-awareness", "status": "active", "takes_applications": true}).Want(201).ID()
	d.cohort = d.boss.Post("/v1/programs/"+d.program.String()+"/cohorts", map[string]any{"name": "Fall", "starts_on": "2020-01-01", "status": "active"}).Want(201).ID()
	return d
}

func (d *enrollmentDesk) member() uuid.UUID {
	d.n++
	return d.app.Member(fmt.Sprintf("Luis Ortega%d", d.n), "1984-03-17")
}

func (d *enrollmentDesk) path(verb string, id uuid.UUID) string {
	if verb == "move_ahead" {
		verb = "move-ahead"
	}
	return "/v1/enrollments/" + id.String() + "/" + verb
}

// body is what a step asks, at least.
func (d *enrollmentDesk) body(step models.EnrollmentStep) any {
	switch step {
	case models.StepDeny:
		return map[string]any{"reason": "no_place"}
	case models.StepComplete:
		return map[string]any{"reason": "finished"}
	case models.StepWithdraw:
		return map[string]any{"reason": "moved_away"}
	case models.StepPause:
		return map[string]any{"until": models.DateOf(d.app.Core.Clock.Now().AddDate(0, 1, 0)).String()}
	case models.StepMove:
		return map[string]any{"cohort_id": d.cohort}
	case models.StepResume:
		return nil
	}
	return map[string]any{}
}

func (d *enrollmentDesk) enter(state models.EnrollmentState) (id, member uuid.UUID) {
	d.Helper()
	member = d.member()
	a := d.boss.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{"member_id": member, "state": state}).Want(201)
	if a.Map()["state"] != string(state) {
		d.Fatalf("%s", a.Body)
	}
	return a.ID(), member
}

// in makes an enrollment in a state, by the steps that lead there, and says what it was before.
func (d *enrollmentDesk) in(state models.EnrollmentState) (id, member uuid.UUID, before models.EnrollmentState) {
	d.Helper()
	take := func(from models.EnrollmentState, step models.EnrollmentStep) (uuid.UUID, uuid.UUID, models.EnrollmentState) {
		d.Helper()
		id, member := d.enter(from)
		d.boss.Post(d.path(string(step), id), d.body(step)).Want(200)
		return id, member, from
	}
	switch state {
	case models.EnrollmentPaused:
		return take(models.EnrollmentActive, models.StepPause)
	case models.EnrollmentCompleted:
		return take(models.EnrollmentActive, models.StepComplete)
	case models.EnrollmentDenied:
		return take(models.EnrollmentApplied, models.StepDeny)
	case models.EnrollmentWithdrawn:
		return take(models.EnrollmentEnrolled, models.StepWithdraw)
	case models.EnrollmentSuperseded:
		id, member := d.enter(models.EnrollmentApplied)
		d.app.Exec(`update enrollments set state = 'superseded', closed_at = applied_at, closed_from = 'applied', end_reason = 'merged' where id = $1`, id)
		return id, member, models.EnrollmentApplied
	}
	id, member = d.enter(state)
	return id, member, ""
}

// TestEveryStepInEveryState takes every step that staff may take in every state, and holds state, status and code against the
// table of steps, which docs/enrollments.md prints.
func TestEveryStepInEveryState(t *testing.T) {
	d := newEnrollmentDesk(t)
	done, refused := 0, 0
	for _, rule := range models.EnrollmentRules() {
		if !rule.Staff || rule.Step == models.StepApply {
			continue
		}
		for _, state := range models.EnrollmentStates() {
			id, _, before := d.in(state)
			answer := d.boss.Post(d.path(string(rule.Step), id), d.body(rule.Step))
			next, ok := rule.Next[state]
			if !ok {
				refused++
				answer.WantCode(409, "wrong_state")
			} else {
				if next == models.EnrollmentBack {
					next = before
				}
				done++
				if got := answer.Want(200).Map()["state"]; got != string(next) {
					t.Errorf("%s in %s leads to %s, not %s", rule.Step, state, got, next)
				}
			}
			after := d.boss.Get("/v1/enrollments/" + id.String()).Want(200).Map()
			want := state
			if ok {
				want = next
			}
			if after["state"] != string(want) {
				t.Errorf("%s in %s: then it is %s", rule.Step, state, after["state"])
			}
			var possible []string
			if offered, some := after["possible"].([]any); some {
				for _, p := range offered {
					possible = append(possible, p.(string))
				}
			}
			for _, p := range want.Possible() {
				if !slices.Contains(possible, string(p)) {
					t.Errorf("%s is not offered in %s: %v", p, want, possible)
				}
			}
		}
	}
	for _, state := range models.EnrollmentStates() { // a new application beside one in each state
		_, member, _ := d.in(state)
		answer := d.boss.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{"member_id": member, "state": "applied"})
		if state.Live() {
			refused++
			answer.WantCode(409, "already_enrolled")
		} else {
			done++
			answer.Want(201)
		}
	}
	for state, step := range map[models.EnrollmentState]models.EnrollmentStep{models.EnrollmentApplied: models.StepApply, models.EnrollmentWaitlisted: models.StepWaitlist,
		models.EnrollmentEnrolled: models.StepEnroll, models.EnrollmentActive: models.StepActivate} {
		if id, _ := d.enter(state); step.Rule().Next[models.EnrollmentNew] != state || id == uuid.Nil {
			t.Errorf("nobody new becomes %s", state)
		}
		done++
	}
	counted := d.app.Count(`select count(*)::int from enrollments where state in ('enrolled', 'active', 'paused')`)
	if taken := d.app.Count(`select taken from programs where id = $1`, d.program); taken != counted {
		t.Errorf("%d places are counted, %d are held", taken, counted)
	}
	t.Logf("%d transitions, %d refusals", done, refused)
}

// TestWhoMayTakeSteps asks as the member, and as a coordinator about themselves.
func TestWhoMayTakeSteps(t *testing.T) {
	d := newEnrollmentDesk(t)
	luis := d.app.As("Luis Ortega")
	id := luis.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{}).Want(201).ID()
	for _, rule := range models.EnrollmentRules() {
		if !rule.Staff || rule.Step == models.StepApply {
			continue
		}
		body := d.body(rule.Step)
		if rule.Member {
			luis.Post(d.path(string(rule.Step), id), body).WantCode(422, services.CodeInvalid) // they give no reason
			body = map[string]any{}
		}
		if answer := luis.Post(d.path(string(rule.Step), id), body); rule.Member {
			answer.Want(200)
		} else {
			answer.WantCode(403, services.CodeForbidden)
		}
	}
	got := luis.Get("/v1/enrollments/" + id.String()).Want(200).Map()
	if got["state"] != "withdrawn" || got["end_reason"] != "member_request" {
		t.Error(got)
	}
	own := d.boss.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{}).Want(201)
	if own.Map()["state"] != "applied" {
		t.Errorf("a coordinator applies like anybody: %s", own.Body)
	}
	d.boss.Post(d.path("enroll", own.ID()), map[string]any{}).WantCode(404, services.CodeNotFound)
	d.boss.Post(d.path("withdraw", own.ID()), map[string]any{}).Want(200)
}

// TestAnEnrollmentOverHTTP walks through one enrollment as member and coordinator see it.
func TestAnEnrollmentOverHTTP(t *testing.T) {
	d := newEnrollmentDesk(t)
	ana := d.app.As("Ana Reyes")
	made := ana.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{"cohort_id": d.cohort, "note": "Evenings"}, "Idempotency-Key", "one").Want(201)
	again := ana.Post("/v1/programs/"+d.program.String()+"/enrollments", map[string]any{"cohort_id": d.cohort, "note": "Evenings"}, "Idempotency-Key", "one").Want(201)
	if made.Header.Get("Location") != "/v1/enrollments/"+made.ID().String() || string(made.Body) != string(again.Body) {
		t.Errorf("%v\n%s\n%s", made.Header, made.Body, again.Body)
	}
	path := "/v1/enrollments/" + made.ID().String()
	for _, staffOnly := range []string{"review", "possible", "entered_by", "second", "waitlist_position", "eligibility"} {
		if _, shown := made.Map()[staffOnly]; shown {
			t.Errorf("a member sees %s", staffOnly)
		}
	}
	d.boss.Post(path+"/enroll", map[string]any{"waive_reason": "She led it before"}).Want(200)
	start := d.boss.Get(path).Want(200).Map()["starts_on"]
	d.boss.Patch(path, 0, map[string]any{"starts_on": start}).WantCode(428, services.CodeIfMatchRequired)
	d.boss.Patch(path, 2, map[string]any{"note": "x"}).Want(400) // what a member wrote is theirs
	d.boss.Patch(path, 2, map[string]any{"starts_on": start}).Want(200)
	d.boss.Patch(path, 2, map[string]any{"starts_on": start}).WantCode(412, services.CodeStale)
	list := d.boss.Get("/v1/enrollments?state=enrolled&state=active&q=reyes&count=true&sort=-consecutive_absences").Want(200)
	if list.Header.Get("X-Total-Count") != "1" {
		t.Errorf("%v %s", list.Header, list.Body)
	}
	for _, sort := range []string{"applied_at", "-name", "last_seen_at", "-last_seen_at", "consecutive_absences"} {
		d.boss.Get("/v1/programs/" + d.program.String() + "/enrollments?limit=1&sort=" + sort).Want(200)
	}
	d.enter(models.EnrollmentActive)
	for _, sort := range []string{"applied_at", "-name", "last_seen_at", "-last_seen_at", "consecutive_absences"} {
		first := d.boss.Get("/v1/programs/" + d.program.String() + "/enrollments?limit=1&sort=" + sort).Want(200).Map()
		next := d.boss.Get("/v1/programs/" + d.program.String() + "/enrollments?limit=1&sort=" + sort + "&cursor=" + first["next_cursor"].(string)).Want(200).Map()
		if len(next["data"].([]any)) != 1 || next["next_cursor"] != nil {
			t.Errorf("%s: %v", sort, next)
		}
	}
	d.boss.Get("/v1/programs/" + d.program.String() + "/waitlist").Want(200)
	lines := d.boss.Get(path + "/timeline").Want(200).Map()["data"].([]any)
	if len(lines) != 2 || lines[1].(map[string]any)["by_name"] != "Dana Whitfield" {
		t.Error(lines)
	}
	if log := ana.Get("/v1/me/access-log").Want(200).Map()["data"].([]any); len(log) == 0 {
		t.Error("the looks of staff are not shown to the member")
	}
	d.app.RunDue()
	mails := d.app.Mail.To(ana.Email)
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	ana.Post(path+"/withdraw", map[string]any{}).Want(200)
	ana.Post(path+"/withdraw", map[string]any{}).WantCode(409, "wrong_state")
	d.app.Nobody().Get(path).Want(401)
	d.app.As("Eve Ames").Get(path).WantCode(404, services.CodeNotFound)
}

// TestTheIntakeForm: what a program asks may be answered with the application, or later.
func TestTheIntakeForm(t *testing.T) {
	d := newEnrollmentDesk(t)
	form, _ := publishedForm(d.app, models.FormFields{{Key: "wish", Type: models.FieldText, Label: "What would help you?", Required: true}})
	d.app.Exec(`update programs set intake_form_id = $2 where id = $1`, d.program, form)
	status := func(id uuid.UUID) (s string) {
		d.app.Scan(`select status from form_responses where record = 'enrollment' and record_id = $1`, []any{id}, &s)
		return s
	}
	path := "/v1/programs/" + d.program.String() + "/enrollments"
	ana, luis := d.app.As("Ana Reyes"), d.app.As("Luis Reyes")
	ana.Post(path, map[string]any{"answers": map[string]any{"wish": 7}}).WantCode(422, services.CodeInvalid)
	if n := d.app.Count(`select count(*)::int from enrollments`); n != 0 {
		t.Errorf("%d rows of a refused application", n)
	}
	answered := ana.Post(path, map[string]any{"answers": map[string]any{"wish": "A call on Sundays"}}).Want(201).ID()
	later := luis.Post(path, map[string]any{}).Want(201).ID()
	if status(answered) != "answered" || status(later) != "due" {
		t.Errorf("%s, %s", status(answered), status(later))
	}
	luis.Post(d.path("withdraw", later), map[string]any{}).Want(200)
	if status(later) != "moot" {
		t.Errorf("what nobody needs is still asked: %s", status(later))
	}
	d.boss.Post(d.path("reopen", later), map[string]any{}).Want(200)
	if status(later) != "due" {
		t.Errorf("it goes on, and is not asked: %s", status(later))
	}
}
