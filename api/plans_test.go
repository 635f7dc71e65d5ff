package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/jackc/pgx/v5"

	"homefront/internal/apptest"
	"homefront/internal/crowd"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
)

// crowdSize is how many members the plans are made for; a table with more rows than large is one that no list may read
// from end to end.
const crowdSize, large = 100_000, 4_000

// TestNoListReadsALargeTable asks for every list as the largest organization would have it, in each order and by each
// filter that it offers, and has PostgreSQL explain each statement that this took, planned as the program's connections
// plan it.
func TestNoListReadsALargeTable(t *testing.T) {
	db := pgtest.New(t)
	asked := &statements{seen: map[string]statement{}}
	a := apptest.On(t, db, func(s *services.Settings) { s.Tracer = asked })
	super, err := pgx.Connect(t.Context(), db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = super.Close(context.Background()) }()
	// Foreign keys are not checked row by row: that would take longer than all the rest.
	if _, err := super.Exec(t.Context(), "SET session_replication_role = replica"); err != nil {
		t.Fatal(err)
	}
	if err := crowd.Fill(t.Context(), super, crowdSize); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(t.Context(), "RESET session_replication_role"); err != nil {
		t.Fatal(err)
	}
	coordinator, member := a.As("Grace Coleman", models.RoleAdmin, models.RoleCoordinator, models.RolePrivacyOfficer), a.As("Luis Ortega")
	facilitator := a.As("Dana Reyes", models.RoleFacilitator)
	ids := samples(t, super)
	for _, sql := range []string{"INSERT INTO workshop_facilitators (workshop_id, member_id) VALUES ('" + ids["workshop_id"] + "', '" + facilitator.Member.String() + "')", "ANALYZE"} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	coached := openCrowdCoaching(t, a, super, asked, coordinator)
	maps.Copy(ids, coached.hold())
	for path, item := range load(t, a).Paths.Map() {
		if item.Get == nil || !listed(item.Get) {
			continue
		}
		filled, ok := fillPath(path, ids)
		if !ok {
			t.Errorf("%s: no sample for its path", path)
			continue
		}
		askers := []*apptest.Client{coordinator}
		switch {
		case strings.HasPrefix(path, "/v1/me/"):
			askers = []*apptest.Client{member}
		case path == "/v1/workshops": // each of them reads another catalog
			askers = append(askers, member, facilitator)
		case strings.HasPrefix(path, "/v1/workshops/"), strings.HasPrefix(path, "/v1/workshop-messages/"):
			askers = append(askers, facilitator)
		}
		askers = append(askers, coached.askers(path)...)
		for _, who := range askers {
			asked.during(path)
			for _, query := range queries(who, filled, item.Get) {
				asked.during(path + query)
				if answer := who.Get(filled + query); answer.Status >= 500 {
					t.Errorf("%s%s answers %d", path, query, answer.Status)
				}
			}
		}
	}
	holdSession(t, a, super, coordinator, asked)
	coached.end(member)
	asked.explain(t, super)
}

// holdSession takes a session that has ended, of a program's workshop, through all that happens at the door and after it: what
// these ask is of one session, and must not grow with all the others.
func holdSession(t *testing.T, a *apptest.App, super *pgx.Conn, coordinator *apptest.Client, asked *statements) {
	t.Helper()
	var id string
	if err := super.QueryRow(t.Context(), `WITH s AS (UPDATE workshop_sessions SET starts_at = now() - interval '3 hours', ends_at = now() - interval '1 hour'
			WHERE id = (SELECT r.workshop_id FROM registrations r JOIN workshops w ON w.id = r.workshop_id WHERE r.state = 'confirmed' AND w.visibility = 'published' LIMIT 1) RETURNING *)
		UPDATE workshops w SET program_id = (SELECT id FROM programs LIMIT 1), ends_at = s.ends_at FROM s WHERE w.id = s.workshop_id RETURNING s.id::text`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	var present, other string
	if err := super.QueryRow(t.Context(), `SELECT min(id::text), max(id::text) FROM registrations WHERE workshop_id = $1 AND state = 'confirmed'`, id).Scan(&present, &other); err != nil {
		t.Fatal(err)
	}
	if present == other {
		t.Fatal("nobody comes")
	}
	began := a.Core.Clock.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	do := func(want int, method, path string, body any, headers ...string) *apptest.Answer {
		t.Helper()
		path = strings.NewReplacer("{session}", "/v1/sessions/"+id, "{workshop}", "/v1/workshops/"+id).Replace(path)
		if !strings.HasSuffix(path, "/walk-ins") { // who is new is compared with everybody who is protected
			asked.during(method + " " + path)
		}
		answer := coordinator.Do(method, path, body, headers...)
		asked.during("")
		if answer.Status != want {
			t.Errorf("%s %s answers %d %s", method, path, answer.Status, answer.Body)
		}
		return answer
	}
	code := do(200, "GET", "/v1/registrations/"+present+"/attendees/"+present+"/check-in-code", nil).Map()["code"]
	do(200, "GET", "{session}/check-in-pack", nil)
	do(200, "POST", "{session}/check-ins", map[string]any{"code": code, "nonce": "phone-0001", "scanned_at": began})
	do(200, "POST", "{session}/check-ins/sync", map[string]any{"scans": []any{map[string]any{"code": code, "nonce": "phone-0002", "scanned_at": began}}})
	do(200, "POST", "{session}/attendees/"+other+"/check-in", map[string]any{"nonce": "desk-0001"})
	do(200, "POST", "{session}/attendees/"+other+"/undo-check-in", map[string]any{"reason": "It was her sister"})
	walkedIn := do(200, "POST", "{session}/walk-ins", map[string]any{"id": services.NewID(), "given_name": "Rosa", "family_name": "Ortega", "phone": "+19105550142", "over_capacity_reason": "Drove two hours"}).Map()["registration_id"]
	do(200, "POST", fmt.Sprint("{session}/walk-ins/", walkedIn, "/undo"), map[string]any{"reason": "She has gone"})
	do(200, "PUT", "{session}/head-counts", map[string]any{"counts": []any{map[string]any{"kind": "veteran", "count": 12}}}, "If-Match", `"0"`)
	for _, path := range []string{"{session}/live-count", "{session}/head-counts", "{session}/sign-in-sheet.pdf", "{session}/badges.pdf", "{workshop}/roster.csv", "{workshop}/roster.xlsx?needs=true",
		"{workshop}", "{session}", "/v1/public/workshops.ics", "/v1/public/workshops.atom"} {
		do(200, "GET", path, nil)
	}
	do(200, "PUT", "{session}/attendance", map[string]any{"entries": []any{map[string]any{"attendee_id": other, "status": "late", "minutes": 75}}})
	words := map[string]any{"subject": "Parking has moved", "body": "Please park at the library."}
	for _, of := range []string{"{workshop}", "{session}"} {
		do(200, "POST", of+"/messages/preview", words)
		sent := do(201, "POST", of+"/messages", words).ID().String()
		do(200, "GET", "/v1/workshop-messages/"+sent, nil)
	}
	do(200, "POST", "/v1/registrations/decide", map[string]any{"ids": []string{present}, "decision": "approve", "dry_run": true})
	do(200, "POST", "{session}/complete", nil)
	do(200, "POST", "{workshop}/certificates", map[string]any{"all": true})
	do(200, "GET", "/v1/registrations/"+other+"/attendees/"+other+"/certificate", nil)
	var program, leader string
	if err := super.QueryRow(t.Context(), `SELECT program_id::text, (SELECT member_id::text FROM session_facilitators LIMIT 1) FROM workshops WHERE id = $1`, id).Scan(&program, &leader); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"{workshop}/report", "{workshop}/feedback", "/v1/facilitators/" + leader + "/feedback", "/v1/programs/" + program + "/feedback"} {
		do(200, "GET", path, nil)
	}
	do(200, "POST", "{session}/reopen", map[string]any{"reason": "Somebody was there after all."})
	asked.during("the jobs that follow")
	if _, err := super.Exec(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, scheduled_at, state)
		SELECT '{}', kind, 1, now() - interval '1 hour', 'available' FROM unnest(ARRAY['feedback.ask_due', 'feedback.gather_left']) kind`); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Core.RunDue(t.Context(), a.Core.Clock.Now().Add(11*time.Minute)); err != nil {
		t.Fatal(err)
	}
}

// statements are those that lists took, each once.
type statements struct {
	mu       sync.Mutex
	request  string
	seen     map[string]statement
	settings map[*pgx.Conn]string
}

// statement is one of them, what was set for its transaction, and which request took it first.
type statement struct{ settings, request string }

func (s *statements) during(request string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.request = request
}

// TraceQueryStart implements pgx.QueryTracer.
func (s *statements) TraceQueryStart(ctx context.Context, conn *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	s.take(conn, q.SQL, q.Args)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (s *statements) TraceBatchQuery(_ context.Context, conn *pgx.Conn, q pgx.TraceBatchQueryData) {
	s.take(conn, q.SQL, q.Args)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (s *statements) take(conn *pgx.Conn, sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settings == nil {
		s.settings = map[*pgx.Conn]string{}
	}
	switch word := strings.ToLower(strings.TrimSpace(sql)); {
	case strings.Contains(word, "set_config("):
		s.settings[conn] = inlined(sql, args)
	case strings.HasPrefix(word, "begin"), strings.HasPrefix(word, "commit"), strings.HasPrefix(word, "rollback"):
		delete(s.settings, conn)
	case s.request != "" && slices.ContainsFunc([]string{"select", "with", "insert", "update", "delete"}, func(verb string) bool { return strings.HasPrefix(word, verb) }):
		if _, known := s.seen[sql]; !known {
			s.seen[sql] = statement{settings: s.settings[conn], request: s.request}
		}
	}
}

// inlined puts the arguments of a set_config into it; they are texts.
func inlined(sql string, args []any) string {
	for i, arg := range args {
		sql = strings.ReplaceAll(sql, "$"+strconv.Itoa(i+1), "'"+fmt.Sprint(arg)+"'")
	}
	return sql
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// explain fails the test for each sequential scan of a large table.
func (s *statements) explain(t *testing.T, super *pgx.Conn) {
	t.Helper()
	s.during("")
	sizes := map[string]float64{}
	rows, err := super.Query(t.Context(), `select relname, reltuples::float8 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var size float64
	if _, err := pgx.ForEachRow(rows, []any{&name, &size}, func() error { sizes[name] = size; return nil }); err != nil {
		t.Fatal(err)
	}
	if sizes["members"] < crowdSize {
		t.Fatalf("only %.0f members are there", sizes["members"])
	}
	if len(s.seen) < 50 {
		t.Fatalf("only %d statements were seen", len(s.seen))
	}
	for _, sql := range slices.Sorted(maps.Keys(s.seen)) {
		from := s.seen[sql]
		for _, table := range scanned(t, super, sql, from.settings) {
			if sizes[table] > large {
				t.Errorf("%s reads all of %s:\n%s", from.request, table, sql)
			}
		}
	}
	t.Logf("%d statements", len(s.seen))
}

// scanned lists the tables that the generic plan of a statement reads from end to end.
func scanned(t *testing.T, super *pgx.Conn, sql, settings string) (tables []string) {
	t.Helper()
	ctx := t.Context()
	most := 0
	for _, m := range placeholder.FindAllStringSubmatch(sql, -1) {
		n, _ := strconv.Atoi(m[1])
		most = max(most, n)
	}
	execute := "EXPLAIN (FORMAT JSON) EXECUTE explained"
	if most > 0 {
		execute += "(" + strings.TrimSuffix(strings.Repeat("NULL,", most), ",") + ")"
	}
	for _, step := range []string{"BEGIN", "SET LOCAL plan_cache_mode = force_generic_plan", settings, "PREPARE explained AS " + sql} {
		if _, err := super.PgConn().Exec(ctx, step).ReadAll(); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	results, err := super.PgConn().Exec(ctx, execute).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var plan []struct{ Plan node }
	if err := json.Unmarshal(results[0].Rows[0][0], &plan); err != nil {
		t.Fatal(err)
	}
	if _, err := super.PgConn().Exec(ctx, "DEALLOCATE explained; ROLLBACK").ReadAll(); err != nil {
		t.Fatal(err)
	}
	return plan[0].Plan.scans()
}

type node struct {
	Type     string `json:"Node Type"`
	Relation string `json:"Relation Name"`
	Plans    []node `json:"Plans"`
}

func (n node) scans() (tables []string) {
	if n.Type == "Seq Scan" {
		tables = append(tables, n.Relation)
	}
	for _, child := range n.Plans {
		tables = append(tables, child.scans()...)
	}
	return tables
}

func listed(o *openapi3.Operation) bool {
	ok := o.Responses.Value("200")
	if ok == nil || ok.Value.Content.Get("application/json") == nil {
		return false
	}
	return ok.Value.Content.Get("application/json").Schema.Value.Properties["next_cursor"] != nil
}

// samples are ids by the names that path and query parameters have.
func samples(t *testing.T, super *pgx.Conn) map[string]string {
	t.Helper()
	out := map[string]string{}
	rows, err := super.Query(t.Context(), `select table_name from information_schema.columns where table_schema = 'public' and column_name = 'id' and data_type = 'uuid'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var id string
		if super.QueryRow(t.Context(), "select id::text from "+table+" order by id limit 1 offset (select count(*) / 2 from "+table+")").Scan(&id) == nil {
			out[singular(table)+"_id"] = id
		}
	}
	out["response_id"], out["waiver_id"] = out["form_response_id"], out["eligibility_waiver_id"]
	var peopled string // few workshops of the crowd have people
	if err := super.QueryRow(t.Context(), `SELECT workshop_id::text FROM registrations WHERE state = 'waitlisted' ORDER BY id LIMIT 1`).Scan(&peopled); err != nil {
		t.Fatal(err)
	}
	out["workshop_id"], out["session_id"] = peopled, peopled
	return out
}

func singular(table string) string {
	if strings.HasSuffix(table, "ies") {
		return strings.TrimSuffix(table, "ies") + "y"
	}
	return strings.TrimSuffix(table, "s")
}

var listParam = regexp.MustCompile(`\{([a-z_]+)\}`)

func fillPath(path string, ids map[string]string) (string, bool) {
	whole := true
	return listParam.ReplaceAllStringFunc(path, func(p string) string {
		id := ids[strings.Trim(p, "{}")]
		if id == "" {
			whole = whole && strings.HasSuffix(p, "_id}")
			id = services.NewID().String() // nothing of the kind is there: the statements are asked all the same
		}
		return id
	}), whole
}

var offered = regexp.MustCompile(`Sort by one of: ([a-z_, ]+);`)

// queries are the plain list, its second page, each order, both ways, and each filter by itself, each with what the list must
// be told.
func queries(c *apptest.Client, path string, o *openapi3.Operation) []string {
	told := url.Values{}
	for _, p := range o.Parameters {
		if p.Value.In == "query" && p.Value.Required {
			told.Set(p.Value.Name, sampleOf(p.Value.Schema.Value))
		}
	}
	if told.Has("ends_at") {
		told.Set("ends_at", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}
	if len(told) == 0 {
		return optional(c, path+"?", "?", o)
	}
	return optional(c, path+"?"+told.Encode()+"&", "?"+told.Encode()+"&", o)
}

func optional(c *apptest.Client, path, told string, o *openapi3.Operation) []string {
	out := []string{told, told + "limit=100"}
	var first struct {
		NextCursor *string `json:"next_cursor"`
	}
	if answer := c.Get(path + "limit=1"); answer.Status == 200 && answer.JSON(&first) != nil && first.NextCursor != nil {
		out = append(out, told+"limit=1&cursor="+url.QueryEscape(*first.NextCursor))
	}
	for _, p := range o.Parameters {
		switch {
		case p.Value.In != "query" || p.Value.Required || slices.Contains([]string{"limit", "cursor", "count"}, p.Value.Name):
		case p.Value.Name == "sort":
			if m := offered.FindStringSubmatch(string(c.Get(path + "sort=unknown").Body)); m != nil {
				for _, name := range strings.Split(m[1], ", ") {
					out = append(out, told+"sort="+name, told+"sort=-"+name)
				}
			}
		default:
			out = append(out, told+p.Value.Name+"="+url.QueryEscape(sampleOf(p.Value.Schema.Value)))
		}
	}
	return out
}

func sampleOf(s *openapi3.Schema) string {
	switch {
	case s.Type.Is("array"):
		return sampleOf(s.Items.Value)
	case len(s.Enum) > 0:
		return fmt.Sprint(s.Enum[0])
	case s.Format == "uuid":
		return services.NewID().String()
	case s.Format == "date-time":
		return time.Now().UTC().Format(time.RFC3339)
	case s.Format == "date":
		return "2026-03-01"
	case s.Type.Is("boolean"):
		return "true"
	case s.Type.Is("integer"), s.Type.Is("number"):
		return "21"
	case s.Pattern != "":
		return fmt.Sprint(s.Example)
	}
	return "ortega"
}
