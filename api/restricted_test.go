package api_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// logistics stay visible: whoever has a place must be checked in. The audit log is for those who watch over all of us.
var logistics = regexp.MustCompile(`^/v1/(workshops|registrations|sessions|check-in|attendees|audit-log|restrictions)|/(restrict|lift-restriction)$`)

// changing tells one answer to the same question from another.
var changing = regexp.MustCompile(`"request_id":"[^"]*"`)

// TestARestrictedRecordAnswersAsAnUnknownOne calls every operation that a coordinator may with the ids of a restricted
// record and of what hangs on it, in the path, the query and the body, and with ids that nothing has: the two answers are
// equal byte for byte, and no list holds the id.
func TestARestrictedRecordAnswersAsAnUnknownOne(t *testing.T) {
	a := apptest.New(t)
	carol := a.As("Carol Whitfield", models.RoleCoordinator)
	dan := a.As("Dan Reed", models.RoleAdmin)
	rita := a.As("Rita Okafor", models.RoleCoordinator)
	luis := a.As("Luis Hidden")
	hidden, open := hang(t, carol, luis)
	maps.Copy(hidden, hangCoaching(a, carol, luis, open["program_id"]))
	dan.Post("/v1/members/"+luis.Member.String()+"/restrict", object{"staff_ids": []uuid.UUID{carol.Member}, "reason": "A public person"}).Want(200)

	doc := load(t, a)
	compared, lists := 0, 0
	for _, route := range a.Routes() {
		if logistics.MatchString(route.Path) || route.Can.Public || !route.Can.Allows(&services.Actor{Roles: []models.Role{models.RoleCoordinator}}) || route.Path == "/v1/me" || strings.HasPrefix(route.Path, "/v1/me/") {
			continue
		}
		unknown := map[string]uuid.UUID{}
		for name := range hidden {
			unknown[name] = services.NewID()
		}
		body := exampleOf(t, doc.Paths.Value(route.Path).GetOperation(route.Method))
		path := fill(route.Path, open)
		if !strings.Contains(path, "{") && !strings.Contains(body, luisInExamples) {
			if route.Method == "GET" {
				lists++
				for _, query := range []string{"", "?member_id=" + luis.Member.String()} {
					answer := rita.Get(path + query)
					if text := strings.ReplaceAll(string(answer.Body), query, ""); strings.Contains(text, luis.Member.String()) || strings.Contains(text, "Luis Hidden") {
						t.Errorf("%s%s shows %s", route.Path, query, answer.Body)
					}
				}
			}
			continue
		}
		if !filling(path, hidden) {
			continue
		}
		ask := func(ids map[string]uuid.UUID) (int, string) {
			answer := rita.Do(route.Method, fill(path, ids), sent(body, ids), "If-Match", `"1"`)
			text := changing.ReplaceAllString(string(answer.Body), "")
			for name, id := range ids {
				text = strings.ReplaceAll(text, id.String(), name)
			}
			return answer.Status, text
		}
		status, text := ask(hidden)
		otherStatus, otherText := ask(unknown)
		compared++
		if status != otherStatus || text != otherText {
			t.Errorf("%s %s\nrestricted: %d %s\nunknown:    %d %s", route.Method, route.Path, status, text, otherStatus, otherText)
		}
	}
	book := func(engagement uuid.UUID) string {
		return bare(rita.Post("/v1/coaching-sessions", object{"engagement_id": engagement, "starts_at": a.Core.Clock.Now().Add(100 * time.Hour), "modality": "online"}))
	}
	if got, want := book(hidden["engagement_id"]), book(services.NewID()); got != want {
		t.Errorf("booking answers %s, and of an unknown engagement %s", got, want)
	}
	t.Logf("%d operations compared, %d lists searched", compared, lists)
	if compared < 30 {
		t.Errorf("only %d operations", compared)
	}
}

// hang gives luis one of everything that has an id of its own, and answers these ids by the name of their path parameter; and those
// of what he is in, and anybody may see.
func hang(t *testing.T, carol, luis *apptest.Client) (hidden, open map[string]uuid.UUID) {
	t.Helper()
	at := "/v1/members/" + luis.Member.String()
	maya := luis.Post("/v1/me/dependents", object{"given_name": "Maya", "family_name": "Hidden", "birth_date": "2020-08-02"}).Want(201).ID()
	var claims services.Page[models.Guardianship]
	carol.Get("/v1/guardianships?child_id=" + maya.String()).Want(200).JSON(&claims)
	var made forms.FormView
	carol.Post("/v1/forms", object{"title": "Before we meet", "purpose": "intake", "fields": []object{{"key": "hope", "type": "text", "label": "What do you hope for?"}}}).Want(201).JSON(&made)
	carol.Post("/v1/form-versions/"+made.Draft.ID.String()+"/publish", object{}).Want(200)
	form := made.ID
	program := carol.Post("/v1/programs", object{"name": "Family Awareness", "slug": "family-awareness", "starts_on": "2026-01-01", "status": "active", "intake_form_id": form,
		"rules": []object{{"key": "veterans", "rule": "kinds", "values": []string{"veteran"}}}}).Want(201).ID()
	in := "/v1/programs/" + program.String()
	cohort := carol.Post(in+"/cohorts", object{"name": "Spring", "starts_on": "2026-02-01"}).Want(201).ID()
	waiver := carol.Post(in+"/waivers", object{"member_id": luis.Member, "rule_key": "veterans", "reason": "Served beside us"}).Want(201).ID()
	enrollment := carol.Post(in+"/enrollments", object{"member_id": luis.Member, "cohort_id": cohort}).Want(201).ID()
	var asked services.Page[models.FormResponse]
	carol.Get("/v1/form-responses?member_id=" + luis.Member.String()).Want(200).JSON(&asked)
	return map[string]uuid.UUID{
		"member_id":         luis.Member,
		"enrollment_id":     enrollment,
		"waiver_id":         waiver,
		"response_id":       asked.Data[0].ID,
		"service_record_id": carol.Post(at+"/service-records", object{"component": "active", "branch": "army", "entered_on": "2015-07-07"}).Want(201).ID(),
		"credential_id":     carol.Post(at+"/credentials", object{"kind": "first_aid", "issued_on": "2025-09-01"}).Want(201).ID(),
		"household_id":      carol.Post("/v1/households", object{"name": "Hidden", "members": []object{{"member_id": luis.Member, "role": "adult"}}}).Want(201).ID(),
		"relationship_id":   carol.Post("/v1/relationships", object{"member_id": luis.Member, "kind": "parent", "other_id": maya}).Want(201).ID(),
		"guardianship_id":   claims.Data[0].ID,
	}, map[string]uuid.UUID{"program_id": program, "cohort_id": cohort, "form_id": form}
}

const luisInExamples = "0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"

func exampleOf(t *testing.T, op any) string {
	t.Helper()
	text, err := json.Marshal(op)
	if err != nil {
		t.Fatal(err)
	}
	var it struct {
		RequestBody struct {
			Content map[string]struct {
				Example json.RawMessage `json:"example"`
			} `json:"content"`
		} `json:"requestBody"`
	}
	if err := json.Unmarshal(text, &it); err != nil {
		t.Fatal(err)
	}
	return string(it.RequestBody.Content["application/json"].Example)
}

func sent(body string, ids map[string]uuid.UUID) any {
	if body == "" {
		return nil
	}
	return json.RawMessage(strings.ReplaceAll(body, luisInExamples, ids["member_id"].String()))
}

// filling says whether there is an id for each of a path's parameters.
func filling(path string, ids map[string]uuid.UUID) bool {
	return !strings.Contains(fill(path, ids), "{")
}

func fill(path string, ids map[string]uuid.UUID) string {
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id.String())
	}
	return path
}
