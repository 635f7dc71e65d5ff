package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services/imports"
)

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func send(c *apptest.Client, kind, file string, headers ...string) *apptest.Answer {
	return c.Do("POST", "/v1/imports", file, append([]string{"Content-Type", kind}, headers...)...)
}

// TestASpreadsheetComesInAndGoesOut is the way of a coordinator with a list, from the file to the roll-back.
func TestASpreadsheetComesInAndGoesOut(t *testing.T) {
	a := apptest.New(t)
	carol := a.As("Carol Whitfield", models.RoleCoordinator)
	before := a.Count(`select count(*) from members`)
	var v imports.ImportView
	sent := send(carol, "text/csv; charset=utf-8", "Who,DOB,Contact,SSN\n\"Ortega, Luis\",17/3/1984,luis@example.org,219-09-9999\nBEN COLE,3/4/80,ben@example.org,1\nBen Cole,,ben@example.org,2\n=1+1,x,y,z\n",
		"X-File-Name", "cont%C3%A1cts.csv").Want(201).JSON(&v)
	at := "/v1/imports/" + v.ID.String()
	if sent.Header.Get("Location") != at || sent.Header.Get("ETag") != `"1"` || v.FileName != "contácts.csv" || v.Rows != 4 || v.Columns[3].Dropped != "ssn" || v.Columns[2].Field != "email" || len(v.Notes) != 1 {
		t.Errorf("%s %+v", sent.Header, v)
	}
	if n := a.Count(`select count(*) from import_rows where cells::text like '%219%'`); n != 0 {
		t.Error("an SSN is kept")
	}
	carol.Post(at+"/run", nil).WantCode(409, "import_state")
	carol.Patch(at, 0, map[string]any{"date_order": "dmy"}).Want(428)
	carol.Patch(at, 1, map[string]any{"mapping": []any{map[string]any{"column": "D", "field": "tags"}}}).WantCode(422, "invalid")
	carol.Patch(at, 1, map[string]any{"mapping": []any{map[string]any{"column": "A", "field": "name"}}, "date_order": "dmy", "tag": "Spring"}).Want(200)
	carol.Post(at+"/check", nil).Want(202)
	a.RunDue()
	carol.Get(at).Want(200).JSON(&v)
	if v.Status != models.ImportChecked || v.Fates["create"] != 2 || v.Fates["duplicate"] != 1 || v.Fates["error"] != 1 || v.Open != 1 {
		t.Fatalf("%s %v", v.Status, v.Fates)
	}
	rows := carol.Get(at + "/rows?fate=error&count=true").Want(200)
	if rows.Header.Get("X-Total-Count") != "1" || !strings.Contains(string(rows.Body), `"cell":"A5"`) || !strings.Contains(string(rows.Body), `"formula"`) {
		t.Errorf("%s", rows.Body)
	}
	first := carol.Get(at + "/rows?limit=3").Want(200).Map()
	if next := carol.Get(fmt.Sprintf("%s/rows?limit=3&cursor=%s", at, first["next_cursor"])).Want(200).Map(); len(next["data"].([]any)) != 1 {
		t.Errorf("%v", next)
	}
	carol.Do("PATCH", at+"/rows/5", map[string]any{"decision": "create"}).WantCode(422, "invalid")
	carol.Do("PATCH", at+"/rows/4", map[string]any{"decision": "create"}).Want(200)
	carol.Do("PATCH", at+"/rows/4", map[string]any{"decision": nil}).Want(200)
	carol.Do("PATCH", at+"/rows/99", map[string]any{"decision": "skip"}).Want(404)
	carol.Post(at+"/decide", map[string]any{"decision": "skip", "min_score": 80}).Want(200)
	problems := carol.Get(at + "/problems").Want(200)
	if records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(problems.Body, []byte("\ufeff")))).ReadAll(); err != nil || len(records) < 3 || records[1][0] == "" ||
		!strings.Contains(string(problems.Body), "'=1+1") || problems.Header.Get("Content-Disposition") != `attachment; filename="problems.csv"` {
		t.Errorf("%v %s", err, problems.Body)
	}
	carol.Post(at+"/run", nil).Want(202)
	a.RunDue()
	carol.Get(at).Want(200).JSON(&v)
	if v.Status != models.ImportDone || v.States["written"] != 2 || a.Count(`select count(*) from members where tags @> '{spring}' and status = 'prospective'`) != 2 {
		t.Errorf("%s %v", v.Status, v.States)
	}
	if n := a.Count(`select count(*) from members where birth_date = '1984-03-17' and given_name = 'Luis' and family_name = 'Ortega'`); n != 1 {
		t.Error("the order of dates was not kept")
	}

	out := carol.Post("/v1/members/export", map[string]any{"format": "csv", "columns": []string{"family_name", "email", "birth_date"}, "filter": map[string]any{"tag": []string{"spring"}}}).Want(200)
	if string(out.Body) != "\ufefffamily_name,email,birth_date\r\nCole,ben@example.org,1980-04-03\r\nOrtega,luis@example.org,1984-03-17\r\n" {
		t.Errorf("%q", out.Body)
	}
	if out.Header.Get("Cache-Control") != "no-store" || out.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(out.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%v", out.Header)
	}
	if n := a.Count(`select count(*) from audit_log where action = 'export.read' and outcome = 'read' and cardinality(subjects) = 2`); n != 1 {
		t.Errorf("%d lines name whose data was taken out", n)
	}
	if n := a.Count(`select count(*) from audit_log where action = 'member.export' and outcome = 'read' and changes::text like '%spring%' and changes::text like '%"rows": [null, 2]%'`); n != 1 {
		var changes string
		a.Scan(`select changes::text from audit_log where action = 'member.export'`, nil, &changes)
		t.Errorf("the log says %s", changes)
	}
	book := carol.Post("/v1/members/export", map[string]any{"format": "xlsx"}).Want(200)
	f, err := excelize.OpenReader(bytes.NewReader(book.Body))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.GetRows("Members"); err != nil || len(got) != 1+a.Count(`select count(*) from members where id <> $1`, carol.Member) || strings.Contains(fmt.Sprint(got), "Whitfield") {
		t.Errorf("%v %v", got, err)
	}

	carol.Post(at+"/roll-back", map[string]any{"reason": "The wrong file"}).Want(202)
	a.RunDue()
	carol.Get(at).Want(200).JSON(&v)
	if v.Status != models.ImportRolledBack || a.Count(`select count(*) from members`) != before {
		t.Errorf("%s %v", v.Status, v.States)
	}
	if len(carol.Get("/v1/imports?status=rolled_back").Want(200).Map()["data"].([]any)) != 1 {
		t.Error("the list does not hold it")
	}
}

func TestOnlySpreadsheetsAreTaken(t *testing.T) {
	a := apptest.New(t)
	carol, member := a.As("Carol Whitfield", models.RoleCoordinator), a.As("Luis Ortega")
	send(member, "text/csv", "Name\nLuis\n").WantCode(403, "forbidden")
	send(a.Nobody(), "text/csv", "Name\nLuis\n").Want(401)
	for _, kind := range []string{"application/json", "application/x-www-form-urlencoded", "text/html", "application/zip", "", "text/csv; boundary=x"} {
		send(carol, kind, "Name\nLuis\n").Want(415)
	}
	send(carol, "text/csv", "Name\nLuis\n", "Content-Encoding", "gzip").Want(415)
	send(carol, "text/csv", "").WantCode(422, "invalid")
	send(carol, xlsx, "Name\nLuis\n").WantCode(422, "invalid")
	carol.Do("POST", "/v1/imports/"+uuid.NewString()+"/roll-back", "reason=x", "Content-Type", "text/csv").Want(415)
	// A file may be larger than other bodies, from those who may send one.
	large := "Name,Notes\n" + strings.Repeat("Luis Ortega,"+strings.Repeat("x", 1_500)+"\n", 2_000)
	send(carol, "text/csv", large).Want(201)
	base := a.Listen()
	status := func(c *apptest.Client, path, kind, file string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Authorization", "Bearer "+c.Token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 413 // the connection was closed while the body was still on its way
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for name, got := range map[string]int{
		"3 MB of JSON":     status(carol, "/v1/members", "application/json", large),
		"3 MB by a member": status(member, "/v1/imports", "text/csv", large),
		"21 MiB":           status(carol, "/v1/imports", "text/csv", strings.Repeat("Luis Ortega,x\n", 1_600_000)),
	} {
		if got != 413 {
			t.Errorf("%s answer %d", name, got)
		}
	}
	// The same request again is the same import.
	once, twice := send(carol, "text/csv", "Name\nLuis\n", "Idempotency-Key", "k"), send(carol, "text/csv", "Name\nLuis\n", "Idempotency-Key", "k")
	if once.ID() != twice.ID() || twice.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%s %s", once.Body, twice.Body)
	}
	send(carol, "text/csv", "Name\nAna\n", "Idempotency-Key", "k").WantCode(422, "idempotency_key_reused")
}

func TestSomebodyElsesImportIsHidden(t *testing.T) {
	a := apptest.New(t)
	carol, dan := a.As("Carol Whitfield", models.RoleCoordinator), a.As("Dan Reed", models.RoleCoordinator)
	id := send(carol, "text/csv", "Name\nLuis\n").Want(201).ID()
	for _, path := range []string{"", "/rows", "/problems"} {
		dan.Get("/v1/imports/" + id.String() + path).Want(404)
	}
	for _, verb := range []string{"/check", "/run", "/pause", "/cancel"} {
		dan.Post("/v1/imports/"+id.String()+verb, nil).Want(404)
	}
	dan.Post("/v1/imports/"+id.String()+"/decide", map[string]any{"decision": "skip"}).Want(404)
	if len(dan.Get("/v1/imports").Want(200).Map()["data"].([]any)) != 0 {
		t.Error("the list shows it")
	}
	a.As("Root Admin", models.RoleAdmin).Get("/v1/imports/" + id.String()).Want(200)
}
