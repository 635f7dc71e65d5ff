package api_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

// publishedForm is a form with one published version.
func publishedForm(a *apptest.App, fields models.FormFields) (form, version uuid.UUID) {
	form, version = services.NewID(), services.NewID()
	asked, _ := json.Marshal(fields)
	schema, _ := json.Marshal(fields.Schema())
	now := a.Core.Clock.Now()
	a.Exec(`insert into forms (id, version, created_at, updated_at, title, purpose) values ($1, 1, $2, $2, 'Before you come', 'registration')`, form, now)
	a.Exec(`insert into form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at) values ($1, 1, $2, $2, $3, 1, $4, $5, $2)`, version, now, form, asked, schema)
	return form, version
}

// askForm asks somebody, as a registration does.
func askForm(t *testing.T, a *apptest.App, form, about, by uuid.UUID, answers map[string]any) (string, error) {
	t.Helper()
	record := services.NewID()
	if sent, _ := json.Marshal(answers); json.Unmarshal(sent, &answers) != nil {
		t.Fatalf("%s", sent)
	}
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), a.Core, "test.ask", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		return 0, forms.Ask(tx, forms.Asked{FormID: form, MemberID: about, EnteredBy: by, Record: models.FormRecordAttendee, RecordID: record, Answers: answers, Pointer: "/answers"})
	})
	if err != nil {
		return "", err
	}
	var id uuid.UUID
	a.Scan(`select id from form_responses where record_id = $1`, []any{record}, &id)
	return "/v1/form-responses/" + id.String(), nil
}

// shapes are the ways in which a text may stand somewhere: plain, in hex, and in base64 at each of the three places where
// it may begin.
func shapes(text string) []string {
	out := []string{text, hex.EncodeToString([]byte(text))}
	for lead := range 3 {
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			whole := enc.EncodeToString(append(make([]byte, lead), text...))
			from, until := (lead*8+5)/6, (lead+len(text))*8/6
			out = append(out, whole[from:until])
		}
	}
	return out
}

func TestSensitiveAnswersAreNowhereInClear(t *testing.T) {
	a := apptest.New(t)
	luis, cora, boss := a.As("Luis Ortega"), a.As("Cora Lane", models.RoleCoordinator), a.As("Adam Boss", models.RoleAdmin)
	kind := func(key string, k models.FieldType) models.FormField {
		f := models.FormField{Key: key, Type: k, Label: "About " + key}
		if k == models.FieldChoice || k == models.FieldMultiChoice {
			f.Options = []models.FormOption{{Value: "optioncanary" + key, Label: "Yes"}, {Value: "other", Label: "No"}}
		}
		if k == models.FieldScale {
			zero, ten := 0.0, 10.0
			f.Min, f.Max = &zero, &ten
		}
		return f
	}
	plain := kind("plain", models.FieldText)
	plain.Sensitive = new(bool)
	long := kind("story", models.FieldText)
	long.Multiline = true
	form, version := publishedForm(a, models.FormFields{plain, kind("line", models.FieldText), long, kind("count", models.FieldNumber), kind("pick", models.FieldChoice),
		kind("picks", models.FieldMultiChoice), kind("since", models.FieldDate), kind("ill", models.FieldYesNo), kind("pain", models.FieldScale), kind("name", models.FieldSignature)})

	var canaries []string
	texts := func(word string) map[string]any {
		n := len(canaries)
		out := map[string]any{"line": fmt.Sprintf("canary-line-%s-%d", word, n), "story": fmt.Sprintf("canary story\nof \"%s\" %d", word, n), "count": float64(918273640000 + n*7 + 1),
			"since": fmt.Sprintf("18%02d-11-27", 10+n%80), "name": fmt.Sprintf("Canary Signer %s %d", word, n)}
		for _, v := range out {
			if f, ok := v.(float64); ok {
				v = fmt.Sprintf("%.0f", f)
			}
			canaries = append(canaries, strings.Split(v.(string), "\n")[0])
		}
		return out
	}
	full := func(word string) map[string]any {
		out := texts(word)
		out["plain"], out["pick"], out["picks"], out["ill"], out["pain"] = "open-canary-"+word, "optioncanarypick", []string{"optioncanarypicks"}, true, 7
		return out
	}
	var told []string // what was answered in errors and in what a repeated request is told
	note := func(answers ...*apptest.Answer) {
		for _, x := range answers {
			told = append(told, string(x.Body))
		}
	}

	due, err := askForm(t, a, form, luis.Member, luis.Member, nil)
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(word string) map[string]any {
		out := full(word)
		out["line"], out["count"], out["since"], out["pick"] = strings.Repeat(out["line"].(string), 60), "canary-number-"+word, "canary-day-"+word, "canary-option-"+word
		out["picks"], out["ill"], out["pain"], out["name"] = []string{"canary-choice-" + word}, "canary-yes-"+word, "canary-scale-"+word, map[string]any{"x": "canary-object-" + word}
		canaries = append(canaries, "canary-number-"+word, "canary-day-"+word, "canary-option-"+word, "canary-choice-"+word, "canary-yes-"+word, "canary-scale-"+word, "canary-object-"+word)
		return out
	}
	canaries = append(canaries, "canary-as-a-text", "canary-unread", "canary-not-json")
	note(luis.Post(due+"/answer", map[string]any{"answers": wrong("first")}, "Idempotency-Key", "wrong").Want(422),
		luis.Post(due+"/answer", map[string]any{"answers": "canary-as-a-text"}).Want(422),
		luis.Post(due+"/answer", `{"answers": {"line": "canary-not-json}}`).Want(400),
		luis.Post(due+"/answer", map[string]any{"answers": map[string]any{}, "form_version_id": "canary-unread"}),
		luis.Post(due+"/answer", map[string]any{"answers": texts("version"), "form_version_id": services.NewID()}).WantCode(409, forms.CodeFormChanged))
	given := full("given")
	body := map[string]any{"answers": given, "form_version_id": version}
	first := luis.Post(due+"/answer", body, "Idempotency-Key", "answer").Want(200)
	again := luis.Post(due+"/answer", body, "Idempotency-Key", "answer").Want(200)
	if again.Header.Get("Idempotency-Replayed") != "true" || string(first.Body) != string(again.Body) {
		t.Errorf("%s, then %s", first.Body, again.Body)
	}
	note(first, again, luis.Post(due+"/answer", map[string]any{"answers": full("twice")}, "Idempotency-Key", "twice").WantCode(409, forms.CodeAlreadyAnswered),
		luis.Patch(due, 2, map[string]any{"answers": texts("changed")}).Want(200),
		luis.Patch(due, 2, map[string]any{"answers": texts("stale")}).Want(412),
		luis.Patch(due, 3, map[string]any{"answers": wrong("second")}).Want(422),
		cora.Patch(due, 3, map[string]any{"answers": texts("told")}).Want(200))
	if _, err := askForm(t, a, form, luis.Member, luis.Member, full("asked")); err != nil {
		t.Fatal(err)
	}
	if _, err := askForm(t, a, form, luis.Member, luis.Member, wrong("asked")); err == nil {
		t.Error("wrong answers were taken")
	} else {
		fields, _ := json.Marshal(err)
		told = append(told, err.Error(), string(fields))
	}

	// It can be read, by those whom it is for.
	var v forms.FormResponseView
	cora.Get(due).Want(200).JSON(&v)
	if len(v.Answers) != 10 || slices.ContainsFunc(v.Answers, func(x forms.AnswerShown) bool { return x.State != forms.AnswerGiven }) || !strings.HasPrefix(v.Answers[1].Value.(string), "canary-line-told") {
		t.Errorf("%+v", v.Answers)
	}
	boss.Get(due).Want(200)
	luis.Get(due).Want(200)
	note(cora.Get("/v1/form-responses?member_id="+luis.Member.String()).Want(200), luis.Get("/v1/me/form-responses").Want(200), luis.Get("/v1/me/home").Want(200),
		luis.Get("/v1/me/access-log").Want(200), boss.Get("/v1/audit-log").Want(200))
	a.RunDue()

	tables := a.DB.Dump(t)
	inText := map[string]string{"log": a.Log.String(), "answers": strings.Join(told, "\n"), "mail": fmt.Sprint(a.Mail.To(luis.Email), a.Mail.To(cora.Email), a.Mail.To(boss.Email))}
	for _, canary := range canaries {
		for _, shape := range shapes(canary) {
			for where, text := range tables {
				if strings.Contains(text, shape) {
					t.Errorf("the table %s holds %s as %s", where, canary, shape)
				}
			}
			for where, text := range inText {
				if strings.Contains(text, shape) {
					t.Errorf("%s: holds %s as %s", where, canary, shape)
				}
			}
		}
	}
	if len(canaries) < 40 {
		t.Errorf("only %d canaries", len(canaries))
	}
	for where, text := range tables {
		if strings.Contains(text, "optioncanary") && where != "public.form_versions" {
			t.Errorf("the table %s tells which option was chosen", where)
		}
	}
	if n := a.Count(`select count(*) from form_answers where field <> 'plain' and (value is not null or sealed is null or purge_on is null)`); n != 0 {
		t.Errorf("%d sensitive answers are not sealed", n)
	}
	if n := a.Count(`select count(distinct octet_length(sealed)) from form_answers where field in ('ill', 'pain', 'pick', 'picks', 'count')`); n != 1 {
		t.Errorf("short answers have %d lengths", n)
	}
	// The search does find what is there.
	if !strings.Contains(tables["public.form_answers"], "open-canary-given") {
		t.Error("the open canary is nowhere: nothing is proved")
	}
	if !strings.Contains(fmt.Sprint(tables), shapes("Luis")[0]) {
		t.Error("not even a name is found")
	}
}

func TestAHiddenResponseIsAsOneThatIsNot(t *testing.T) {
	a := apptest.New(t)
	luis, ana := a.As("Luis Ortega"), a.As("Ana Silva")
	dana, carl, kim := a.As("Dana Reed", models.RoleFacilitator), a.As("Carl Hope", models.RoleCoach), a.As("Kim Ortega", models.RoleCoordinator)
	a.Exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted', $3, $2)`,
		services.NewID(), a.Core.Clock.Now(), kim.Member, luis.Member)
	form, _ := publishedForm(a, models.FormFields{{Key: "wish", Type: models.FieldText, Label: "What would help you?"}})
	hidden, err := askForm(t, a, form, luis.Member, luis.Member, map[string]any{"wish": "a seat near the door"})
	if err != nil {
		t.Fatal(err)
	}
	unknown := "/v1/form-responses/" + uuid.NewString()
	same := func(x, y *apptest.Answer) {
		t.Helper()
		one, other := x.Want(404).Map(), y.Want(404).Map()
		delete(one, "request_id")
		delete(other, "request_id")
		if fmt.Sprint(one) != fmt.Sprint(other) {
			t.Errorf("%v and %v", one, other)
		}
	}
	for _, who := range []*apptest.Client{ana, dana, carl, kim} {
		before := a.Count(`select count(*) from audit_log where outcome = 'not_found' and member_id = $1`, who.Member)
		same(who.Get(hidden), who.Get(unknown))
		if n := a.Count(`select count(*) from audit_log where outcome = 'not_found' and member_id = $1`, who.Member); n != before+2 {
			t.Errorf("%s leaves %d rows of vain looks", who.Email, n-before)
		}
		same(who.Post(hidden+"/answer", map[string]any{"answers": map[string]any{}}), who.Post(unknown+"/answer", map[string]any{"answers": map[string]any{}}))
		same(who.Patch(hidden, 9, map[string]any{"answers": map[string]any{}}), who.Patch(unknown, 9, map[string]any{"answers": map[string]any{}}))
	}
	for _, who := range []*apptest.Client{dana, carl, kim} {
		if page := who.Get("/v1/form-responses?count=true").Want(200); page.Header.Get("X-Total-Count") != "0" {
			t.Errorf("%s lists %s", who.Email, page.Body)
		}
	}
	ana.Get("/v1/form-responses").Want(403)
	luis.Patch(hidden, 0, map[string]any{"answers": map[string]any{}}).Want(428)
	luis.Patch(hidden, 1, map[string]any{}).Want(422)
}

func TestThePersonIsToldWhoReadTheirAnswers(t *testing.T) {
	a := apptest.New(t)
	luis, cora := a.As("Luis Ortega"), a.As("Cora Lane", models.RoleCoordinator)
	form, _ := publishedForm(a, models.FormFields{{Key: "wish", Type: models.FieldText, Label: "What would help you?"}})
	path, err := askForm(t, a, form, luis.Member, luis.Member, nil)
	if err != nil {
		t.Fatal(err)
	}
	var home struct {
		Forms []forms.DueForm `json:"forms"`
	}
	luis.Get("/v1/me/home").Want(200).JSON(&home)
	if len(home.Forms) != 1 || !home.Forms[0].Self || "/v1/form-responses/"+home.Forms[0].ResponseID.String() != path {
		t.Errorf("%+v", home)
	}
	var page services.Page[forms.MyFormResponse]
	luis.Get("/v1/me/form-responses").Want(200).JSON(&page)
	if len(page.Data) != 1 || !page.Data[0].MayAnswer || len(page.Data[0].Fields) != 1 {
		t.Fatalf("%+v", page)
	}
	luis.Post(path+"/answer", map[string]any{"answers": map[string]any{"wish": "a seat near the door"}, "form_version_id": page.Data[0].AsksID}).Want(200)
	luis.Get(path).Want(200)
	kinds := func() (out []string) {
		var log struct {
			Data []struct{ Kind, What, Role string }
		}
		luis.Get("/v1/me/access-log").Want(200).JSON(&log)
		for _, l := range log.Data {
			out = append(out, l.Role+" "+l.Kind)
		}
		return out
	}
	if got := kinds(); len(got) != 0 {
		t.Errorf("one's own look is told: %v", got)
	}
	if got := cora.Get(path).Want(200); got.Header.Get("ETag") != `"2"` || !strings.Contains(string(got.Body), "near the door") {
		t.Errorf("%v %s", got.Header, got.Body)
	}
	if got := kinds(); !slices.Equal(got, []string{"coordinator form"}) {
		t.Errorf("%v", got)
	}
	a.Core.Clock.Advance(366 * 24 * time.Hour)
	luis.SignIn()
	if got := luis.Get(path).Want(200).Body; strings.Contains(string(got), "near the door") || !strings.Contains(string(got), `"purged"`) {
		t.Errorf("after its day: %s", got)
	}
}
