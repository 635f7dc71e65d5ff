package records_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

// fill gives a member one row of every source of the timeline.
func fill(h *house, p human) {
	h.Helper()
	m, by := p.member, h.cora.member
	w := h.workshopAt("Living with Hypervigilance", 5, noon.Add(time.Hour))
	r := h.register(p, w)
	h.exec(`insert into attendance (id, session_id, attendee_id, status, source, recorded_by, recorded_at) select $1, s.id, $2, 'present', 'staff', $3, $4 from workshop_sessions s where s.workshop_id = $5`,
		services.NewID(), r.Attendees[0].ID, by, noon.Add(3*time.Hour), w)
	h.exec(`insert into service_records (id, version, created_at, updated_at, member_id, component, branch, entered_on, verification, verification_method, verified_by, verified_on)
		values ($1, 2, $2, $3, $4, 'active', 'army', '2003-07-07', 'verified', 'dd214_seen', $5, '2026-03-03')`, services.NewID(), noon, noon.Add(time.Minute), m, by)
	h.exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, recorded_by) values ($1, 1, $2, $2, $3, 'first_aid', '2026-01-01', $4)`, services.NewID(), noon, m, by)
	h.exec(`insert into contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line) values ($1, 1, $2, $2, $3, 'call', 'out', $2, $4, 'reached', 'Spoke about the ride')`,
		services.NewID(), noon, m, by)
	h.exec(`insert into help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at)
		values ($1, 1, $2, $2, $3, 'talk', 'call', 'America/New_York', 'received', false, $2, $2)`, services.NewID(), noon, m)
	h.exec(`insert into referrals (id, version, created_at, updated_at, member_id, to_name, need, how, status, by_id) values ($1, 1, $2, $2, $3, 'Legal Aid', 'legal', 'information', 'offered', $4)`, services.NewID(), noon, m, by)
	h.exec(`insert into tasks (id, version, created_at, updated_at, kind, title, member_id, queue, due_at, status) values ($1, 1, $2, $2, 'general', 'Call about the ride', $3, 'coordinators', $2, 'open')`, services.NewID(), noon, m)
	home, document, version, other := services.NewID(), services.NewID(), services.NewID(), h.known("Old Record", 40)
	h.exec(`insert into households (id, version, created_at, updated_at, name) values ($1, 1, $2, $2, 'Ortega')`, home, noon)
	h.exec(`insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) values ($1, $2, $2, $3, $4, 'adult', '2026-01-01')`, services.NewID(), noon, home, m)
	h.exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) values ($1, 1, $2, $2, 'photo_release', 'Photo release', true, false, 'published')`, document, noon)
	h.exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
		values ($1, 1, $2, $2, $3, 1, 'en', 'Yes', encode(sha256('Yes'::bytea), 'hex'), true, $2, $2)`, version, noon, document)
	h.exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash)
		values ($1, 1, $2, $2, $3, $4, $5, 'granted', true, 'typed', $3, 'Luis Ortega', '2026-03-03', $2, 'x')`, services.NewID(), noon, m, document, version)
	h.link(m, models.RelationBattleBuddy, h.known("Ben Price", 40))
	h.guard(m, h.known("Maya Ortega", 9, models.KindChild))
	h.exec(`insert into merges (id, winner_id, loser_id, merged_by, merged_at, undo_until, loser_before) values ($1, $2, $3, $4, $5, $5, '{}')`, services.NewID(), m, other, by, noon)
	sheet := services.NewID()
	h.exec(`insert into imports (id, version, created_at, updated_at, created_by, file_name, file_hash, format, rows, columns, mapping, options, status)
		values ($1, 1, $2, $2, $3, 'people.csv', sha256('a'::bytea), 'csv', 1, '[]', '[]', '{}', 'done')`, sheet, noon, by)
	h.exec(`insert into import_rows (id, import_id, number, cells, fingerprint, state, member_id, fate) values ($1, $2, 2, '[]', 'x', 'written', $3, 'update')`, services.NewID(), sheet, m)
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, 'protected', $3, $4, '2027-01-01', 'live', $5)`,
		services.NewID(), noon, m, other, by)
	e := h.enrolled(m, m, h.program("Family Awareness", 0), nil, models.EnrollmentActive)
	h.exec(`insert into enrollment_events (id, enrollment_id, at, by_id, step, from_state, to_state) values ($1, $2, $3, $4, 'enroll', 'applied', 'enrolled'), ($5, $2, $3, $4, 'move_ahead', 'waitlisted', 'waitlisted')`,
		services.NewID(), e, noon, by, services.NewID())
	h.exec(`update form_responses set status = 'answered', answered_at = $2, form_version_id = (select v.id from form_versions v where v.form_id = form_responses.form_id) where id = $1`, h.asked(m, m, e), noon)
	h.exec(`insert into eligibility_waivers (id, member_id, program_id, rule_key, waived_by, waived_at) select $1, $2, program_id, 'veterans', $3, $4 from enrollments where id = $5`, services.NewID(), m, by, noon, e)
	death := h.bury(m)
	if _, err := h.records.Reverse(h.as(h.cora), death, records.DeathReason{Reason: "Another man"}); err != nil {
		h.Fatal(err)
	}
	h.coached(m)
}

// coached gives a member an engagement that is over, with a session that took place.
func (h *house) coached(member uuid.UUID) {
	h.Helper()
	coach, e, s, then := h.human("Dana Wells", models.RoleCoach).member, services.NewID(), services.NewID(), noon.AddDate(0, 0, -7)
	h.exec(`insert into coaches (id, created_at, updated_at, modalities, time_zone) values ($1, $2, $2, '{online}', 'America/New_York')`, coach, then)
	h.exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, language, time_zone, requested_at, requested_by, activated_at, closed_at, end_reason)
		values ($1, $2, $2, $3, $4, 'completed', 'en', 'America/New_York', $2, $5, $2, $6, 'goals_reached')`, e, then, h.program("Coaching", 0), coach, member, noon)
	h.exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state) values ($1, $2, $3, false, false, 'joined')`, services.NewID(), e, member)
	h.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, minutes, logged_at, logged_by)
		values ($1, $2, $2, $3, $4, 'completed', $2, $5, 'America/New_York', 'online', $6, $1, $5, 50, $5, $4)`, s, then, e, coach, then.Add(time.Hour), member)
	h.exec(`insert into coaching_attendance (session_id, member_id, status) values ($1, $2, 'present')`, s, member)
}

func kindsOf(entries []records.TimelineEntry) (out []string) {
	for _, e := range entries {
		if !slices.Contains(out, string(e.Kind)) {
			out = append(out, string(e.Kind))
		}
	}
	slices.Sort(out)
	return out
}

func TestTimeline(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	fill(h, luis)
	h.core.Clock.Set(noon.Add(5 * time.Hour))
	all := records.TimelineFilter{PageQuery: services.PageQuery{Limit: 100}}
	staff, err := h.records.Timeline(h.as(h.cora), luis.member, all)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, k := range records.TimelineKinds() {
		want = append(want, string(k))
	}
	if got := kindsOf(staff.Data); !slices.Equal(got, want) {
		t.Errorf("staff see %v, want %v", got, want)
	}
	for i, e := range staff.Data {
		if e.Title == "" || strings.Contains(e.Title, "%") || i > 0 && e.At.After(staff.Data[i-1].At) {
			t.Errorf("%d: %+v", i, e)
		}
		if e.Kind == "coaching_session" && (e.By == nil || *e.By != "Dana" || e.Title != "Met with a coach" || e.Detail.About != "") {
			t.Errorf("%+v", e)
		}
		if e.Kind == "contact" && (e.By == nil || *e.By != "Cora" || e.Detail.About != "Spoke about the ride") {
			t.Errorf("%+v", e)
		}
	}
	own, err := h.records.Timeline(h.as(luis), luis.member, all)
	if err != nil {
		t.Fatal(err)
	}
	if got := kindsOf(own.Data); !slices.Equal(got, []string{"account", "attendance", "coaching_session", "consent", "contact", "credential", "engagement", "enrollment", "form", "guardianship", "help_request", "member", "referral", "registration", "relationship", "service_record"}) {
		t.Errorf("one's own: %v", got)
	}
	for _, e := range own.Data {
		if e.Kind == "enrollment" && (e.By != nil || e.Detail.What != "" || slices.Contains([]string{"move_ahead", "withdraw", "restore"}, e.Step)) {
			t.Errorf("one's own tells %+v", e)
		}
	}
	mine, err := h.records.OwnTimeline(h.as(luis), all)
	if err != nil || len(mine.Data) != len(own.Data) {
		t.Errorf("%v, %d and %d entries", err, len(mine.Data), len(own.Data))
	}
	if _, err := h.records.Timeline(h.as(luis), h.cora.member, all); codeOf(err) != services.CodeNotFound {
		t.Errorf("another's: %v", err)
	}
	h.link(h.dan.member, models.RelationSibling, luis.member)
	if _, err := h.records.Timeline(h.as(h.dan), luis.member, all); codeOf(err) != "own_record" {
		t.Errorf("a brother's: %v", err)
	}
	if n := h.count(`select count(*) from audit_log where action = 'timeline.read' and subjects @> array[$1::uuid]`, luis.member); n != 2 {
		t.Errorf("%d looks in the log", n)
	}
	few, err := h.records.Timeline(h.as(h.cora), luis.member, records.TimelineFilter{Kind: []records.TimelineKind{"contact", "task"}, From: noon, Until: noon.Add(time.Second), PageQuery: page})
	if err != nil || !slices.Equal(kindsOf(few.Data), []string{"contact", "task"}) {
		t.Errorf("%v %v", err, kindsOf(few.Data))
	}
	if staff, err = h.records.Timeline(h.as(h.cora), luis.member, all); err != nil {
		t.Fatal(err)
	}
	var paged []records.TimelineEntry
	for cursor := ""; ; {
		next, err := h.records.Timeline(h.as(h.cora), luis.member, records.TimelineFilter{PageQuery: services.PageQuery{Limit: 3, Cursor: cursor}})
		if err != nil {
			t.Fatal(err)
		}
		paged = append(paged, next.Data...)
		if next.NextCursor == nil {
			break
		}
		cursor = *next.NextCursor
	}
	if len(paged) != len(staff.Data) || !slices.EqualFunc(paged, staff.Data, func(a, b records.TimelineEntry) bool { return a.ID == b.ID && a.Title == b.Title }) {
		t.Errorf("%d entries by threes, %d at once", len(paged), len(staff.Data))
	}
}

// What somebody else ended, and what another entered about a child, are not told.
func TestTimelineTellsNothingOfOthers(t *testing.T) {
	h := build(t)
	luis, ana := h.human("Luis Ortega"), h.human("Ana Ortega")
	h.link(luis.member, models.RelationPartner, ana.member)
	h.exec(`update relationships set status = 'ended', ended_at = $2, ended_by = $1`, ana.member, noon.Add(time.Minute))
	h.core.Clock.Set(noon.Add(time.Hour))
	in := records.TimelineFilter{Kind: []records.TimelineKind{"relationship"}, PageQuery: page}
	his, err := h.records.OwnTimeline(h.as(luis), in)
	if err != nil || len(his.Data) != 1 || his.Data[0].Step != "linked" || his.Data[0].Detail.Status != "accepted" {
		t.Errorf("he learns that she ended it: %v %+v", err, his.Data)
	}
	hers, err := h.records.OwnTimeline(h.as(ana), in)
	if err != nil || len(hers.Data) != 2 || hers.Data[0].Step != "ended" {
		t.Errorf("%v %+v", err, hers.Data)
	}
	teen := h.human("Theo Ortega")
	h.exec(`update members set birth_date = '2011-01-01', kinds = '{child}' where id = $1`, teen.member)
	h.guard(luis.member, teen.member)
	h.guard(ana.member, teen.member)
	w := h.workshop("Teens", 5)
	h.register(luis, w, teen.member)
	second, err := h.workshops.Register(h.as(ana), w, with(ana.member, teen.member))
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.records.OwnTimeline(h.as(teen), records.TimelineFilter{PageQuery: page})
	if err != nil || slices.ContainsFunc(got.Data, func(e records.TimelineEntry) bool { return e.RecordID == second.ID || e.Kind == "guardianship" }) {
		t.Errorf("%v %+v", err, got.Data)
	}
}

// At a size where it matters every table but the one person's own row is reached by an index.
func TestTimelineAndAccessLogReadNoWholeTable(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	fill(h, luis)
	for name, q := range records.Queries(h.core, h.as(h.cora), luis.member) {
		plan := h.plan(q.SQL, q.Args...)
		if strings.Contains(plan, "Seq Scan") {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
	}
}

// plan is how PostgreSQL reads when it may not read whole tables: where it still does, there is no index.
func (h *house) plan(sql string, args ...any) string {
	h.Helper()
	conn, err := h.core.Writes().Acquire(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	defer conn.Release()
	tx, err := conn.Begin(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = tx.Rollback(h.Context()) }()
	if _, err := tx.Exec(h.Context(), "set local enable_seqscan = off"); err != nil {
		h.Fatal(err)
	}
	rows, err := tx.Query(h.Context(), "explain "+sql, args...)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			h.Fatal(err)
		}
		out.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		h.Fatal(err)
	}
	return out.String()
}

// Whoever on staff reads a record leaves a line that its owner sees, and what is sealed leaves none.
func TestAccessLog(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	if _, err := h.people.Get(h.as(h.cora), luis.member); err != nil {
		t.Fatal(err)
	}
	if _, err := h.records.Timeline(h.as(h.dan), luis.member, records.TimelineFilter{PageQuery: page}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.people.List(h.as(h.dan), peopleNamed("Ortega")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.people.OwnNeeds(h.as(luis)); err != nil {
		t.Fatal(err)
	}
	id := h.report(luis.member)
	if _, err := h.records.Death(h.as(h.dan), id); err != nil {
		t.Fatal(err)
	}
	old := h.known("Luis Ortega", 40)
	if _, err := h.people.Get(h.as(h.cora), old); err != nil {
		t.Fatal(err)
	}
	h.exec(`update members set status = 'merged', merged_into = $2 where id = $1`, old, luis.member)
	for _, action := range []string{"separation.read", "separation.list", "something.new"} {
		h.exec(`insert into audit_log (id, at, actor_kind, member_id, roles, action, outcome, subjects) values ($1, $2, 'account', $3, '{coordinator}', $4, 'read', array[$5::uuid])`,
			services.NewID(), noon, h.cora.member, action, luis.member)
	}
	h.exec(`insert into audit_log (id, at, actor_kind, member_id, roles, action, outcome, subjects) values ($1, $2, 'account', $3, '{member}', 'member.read', 'read', array[$4::uuid])`,
		services.NewID(), noon, services.NewID(), luis.member)
	got, err := h.records.AccessLog(h.as(luis), records.AccessQuery{PageQuery: page})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range got.Data {
		kinds = append(kinds, e.Kind)
		if e.Role != models.RoleCoordinator || e.On.String() != "2026-03-03" || e.What == "" {
			t.Errorf("%+v", e)
		}
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"record", "record", "search", "timeline"}) {
		t.Errorf("%v", kinds)
	}
	first, err := h.records.AccessLog(h.as(luis), records.AccessQuery{PageQuery: services.PageQuery{Limit: 1}})
	if err != nil || len(first.Data) != 1 || first.NextCursor == nil {
		t.Errorf("%v %+v", err, first)
	}
	if none, err := h.records.AccessLog(h.as(h.dan), records.AccessQuery{PageQuery: page}); err != nil || len(none.Data) != 0 {
		t.Errorf("%v %+v", err, none)
	}
}

// Every look that is logged is one that the person is told of, or one that we have decided to seal.
func TestEveryLookIsToldOrSealed(t *testing.T) {
	shown, words := records.Shown()
	written, used := map[string]bool{}, map[string]bool{}
	call := regexp.MustCompile(`(?:Disclose|disclosePage|look)\w*(?:\[[^\]]*\])?\([^"\n]*"([a-z_]+\.[a-z_]+)"`)
	seen := 0
	err := filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path) //nolint:gosec // our own source
		for action := range shown {
			if !strings.HasSuffix(path, "access.go") && !strings.HasSuffix(path, "policy.go") && strings.Contains(string(source), `"`+action+`"`) {
				written[action] = true
			}
		}
		for _, found := range call.FindAllSubmatch(source, -1) {
			seen++
			if action := string(found[1]); !records.Told(action) {
				t.Errorf("%s: nobody has decided whether people are told of %s; see access.go", path, action)
			}
		}
		return err
	})
	if err != nil || seen < 10 {
		t.Errorf("%v, %d looks", err, seen)
	}
	for action, kind := range shown {
		if used[kind] = true; !written[action] {
			t.Errorf("people are promised a line of %s, and nothing writes one", action)
		}
		if words[kind] == "" {
			t.Errorf("nobody says what %s is", kind)
		}
	}
	for kind := range words {
		if !used[kind] {
			t.Errorf("no look is of the kind %s", kind)
		}
	}
}

// The log tells days: no bound finds out at what hour somebody looked.
func TestAccessLogTellsNoHours(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	if _, err := h.people.Get(h.as(h.cora), luis.member); err != nil { // at noon in New York
		t.Fatal(err)
	}
	midnight := time.Date(2026, time.March, 3, 5, 0, 0, 0, time.UTC)
	for _, at := range []time.Duration{0, time.Minute, 12 * time.Hour, 12*time.Hour + 1, 24*time.Hour - 1, 24 * time.Hour, -time.Minute} {
		from, err := h.records.AccessLog(h.as(luis), records.AccessQuery{From: midnight.Add(at), PageQuery: page})
		if want := at < 24*time.Hour; err != nil || len(from.Data) == 1 != want {
			t.Errorf("from %s: %v %d", at, err, len(from.Data))
		}
		until, err := h.records.AccessLog(h.as(luis), records.AccessQuery{Until: midnight.Add(at), PageQuery: page})
		if want := at > 0; err != nil || len(until.Data) == 1 != want {
			t.Errorf("until %s: %v %d", at, err, len(until.Data))
		}
	}
}

func with(ids ...uuid.UUID) (in registerInput) {
	for _, id := range ids {
		in.Attendees = append(in.Attendees, attendeeInput{MemberID: &id})
	}
	return in
}
