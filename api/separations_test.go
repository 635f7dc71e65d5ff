package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/api"
	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// world is the same few days of a kept-apart person, where the other may be anywhere.
type world struct {
	t      *testing.T
	app    *apptest.App
	x      *apptest.Client
	near   *apptest.Client   // a coordinator who is close to the other
	ids    map[string]string // by name of a path parameter
	theirs map[string]string // the same of somebody else, who is registered in the first workshop
	lines  []string
	called map[string]bool
	known  map[string]string // ids in the order of their first appearance
	mailed int
}

var (
	anyUUID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anySecret = regexp.MustCompile(`"(next_cursor|code|check_in_code|access_token|refresh_token|token|kid|x)":"[^"]+"`)
	anyLink   = regexp.MustCompile(`(#|=|/)[A-Za-z0-9_-]{30,}`)
	anyNumber = regexp.MustCompile(`"epoch":[0-9]+`)
)

// plain is text without what tells two equal worlds apart.
func (w *world) plain(s string) string {
	s = anyUUID.ReplaceAllStringFunc(s, func(id string) string {
		if w.known[id] == "" {
			w.known[id] = fmt.Sprintf("id-%d", len(w.known)+1)
		}
		return w.known[id]
	})
	return anyNumber.ReplaceAllString(anyLink.ReplaceAllString(anySecret.ReplaceAllString(s, `"$1":"…"`), "$1…"), "")
}

// headers that differ between any two answers.
var passing = []string{"Date", "X-Request-Id", "Ratelimit", "Retry-After", "Etag", "Content-Length"}

func (w *world) do(method, path string, body any, headers ...string) *apptest.Answer {
	w.t.Helper()
	return w.doAs(w.x, method, path, body, headers...)
}

// staffSays marks what somebody on staff is answered: they read that a colleague looks, and no more.
const staffSays = "staff: "

func (w *world) doAs(who *apptest.Client, method, path string, body any, headers ...string) *apptest.Answer {
	w.t.Helper()
	w.app.Core.Clock.Set(w.app.Core.Clock.Now().Add(time.Second))
	a := who.Do(method, path, body, headers...)
	if who != w.x {
		method = staffSays + method
	}
	w.note(method, path, a)
	w.settle()
	return a
}

func (w *world) note(method, path string, a *apptest.Answer) {
	w.t.Helper()
	var head []string
	for name, values := range a.Header {
		if !slices.Contains(passing, name) {
			head = append(head, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(head)
	body := string(a.Body)
	if strings.HasSuffix(path, "/timeline") { // what one request did has no order there
		list, rest, _ := strings.Cut(anyUUID.ReplaceAllString(body, "id"), `],"next_cursor"`)
		entries := strings.Split(list+",", `{"at"`)
		slices.Sort(entries)
		body = strings.Join(entries, "\n") + rest
	}
	w.lines = append(w.lines, w.plain(fmt.Sprintf("%s %s → %d\n  %s\n  %s", method, path, a.Status, strings.Join(head, "; "), body)))
	for _, r := range w.app.Routes() {
		if r.Method == method && matches(r.Path, strings.SplitN(path, "?", 2)[0]) {
			w.called[r.Method+" "+r.Path] = true
		}
	}
}

func matches(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i := range min(len(want), len(have)) {
		if !strings.HasPrefix(want[i], "{") && want[i] != have[i] {
			return false
		}
	}
	return len(want) == len(have)
}

// settle works what is due, and notes what X is mailed.
func (w *world) settle() {
	w.t.Helper()
	w.app.RunDue()
	mails := w.app.Mail.To(w.x.Email)
	for _, m := range mails[w.mailed:] {
		text := fmt.Sprintf("mail %s to %s (%s): %s\n%s\n%s\n%v", m.ID, m.To, m.ToName, m.Subject, m.Text, m.HTML, m.Headers)
		for _, f := range m.ICS {
			text += "\n" + f.Method + strings.ReplaceAll(string(f.Bytes), "\r\n ", "") // unfolded
		}
		w.lines = append(w.lines, w.plain(text))
	}
	w.mailed = len(mails)
}

var worldDay = time.Date(2026, time.March, 3, 17, 0, 0, 0, time.UTC)

// openWorld is the world before X asks for anything. where says where the other is: there, elsewhere or nowhere.
func openWorld(t *testing.T, where string) *world {
	a := apptest.New(t)
	a.Core.Clock.Set(worldDay)
	boss := a.As("Cora Lane", models.RoleCoordinator)
	leader := func(name string) uuid.UUID { return a.As(name, models.RoleFacilitator).Member }
	w := &world{t: t, app: a, x: a.As("Xavier Stone"), called: map[string]bool{}, known: map[string]string{}}
	y, z, z2, friend := a.As("Yara Lind"), a.As("Zoe Hart"), a.As("Zack Hart"), a.As("Fred Moss")
	first, session := published(a, boss, leader("Dana Reed"), map[string]any{"capacity": 6, "waitlist_capacity": 5})
	second, _ := published(a, boss, leader("Eve Reed"), map[string]any{"title": "Sleep"})
	full, _ := published(a, boss, leader("Finn Reed"), map[string]any{"title": "Full", "capacity": 1})
	there, elsewhere := z, z2
	switch where {
	case "there":
		there = y
	case "elsewhere":
		elsewhere = y
	}
	at := func(id uuid.UUID) string { return "/v1/workshops/" + id.String() + "/registrations" }
	boss.Post("/v1/separations", map[string]any{"kind": "protected", "protected_id": y.Member, "kept_apart_id": w.x.Member, "review_on": "2026-12-01", "reason": "Asked for by her"}).Want(201)
	var theirs workshops.RegistrationView
	there.Post(at(first), map[string]any{}).Want(201).JSON(&theirs)
	elsewhere.Post(at(second), map[string]any{}).Want(201)
	seat := there.Post(at(full), map[string]any{}).Want(201).ID()
	var invited workshops.RegistrationView
	friend.Post(at(second), map[string]any{"attendees": []any{map[string]any{"member_id": friend.Member},
		map[string]any{"invite": map[string]any{"name": "Xavier", "email": w.x.Email}}}}).Want(201).JSON(&invited)
	a.RunDue()
	w.mailed = len(a.Mail.To(w.x.Email))
	w.near = a.As("Nell Lind", models.RoleCoordinator)
	a.Exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, decided_at) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted', $3, $2)`,
		services.NewID(), worldDay, w.near.Member, y.Member)
	program := boss.Post("/v1/programs", map[string]any{"name": "Battle Buddy", "slug": "battle-buddy", "status": "active", "starts_on": "2026-01-01", "takes_applications": true}).Want(201).ID()
	enrollments := "/v1/programs/" + program.String() + "/enrollments"
	cohort := func(name string, who *apptest.Client) (id, enrollment uuid.UUID) {
		id = boss.Post("/v1/programs/"+program.String()+"/cohorts", map[string]any{"name": name, "starts_on": "2026-02-01"}).Want(201).ID()
		return id, boss.Post(enrollments, map[string]any{"member_id": who.Member, "cohort_id": id}).Want(201).ID()
	}
	spring, placed := cohort("Spring", there)
	cohort("Autumn", elsewhere)
	a.RunDue()
	w.ids = map[string]string{"workshop_id": first.String(), "session_id": session.String(), "member_id": w.x.Member.String(), "program_id": program.String(), "cohort_id": spring.String()}
	w.inProgram(boss)
	w.theirs = map[string]string{"program_id": program.String(), "cohort_id": spring.String(), "enrollment_id": placed.String(), "workshop_id": first.String(), "session_id": session.String(), "member_id": y.Member.String(),
		"registration_id": theirs.ID.String(), "attendee_id": theirs.Attendees[0].ID.String()}
	w.inCoaching(boss, there, elsewhere, program)
	w.live(at(first), at(full), func() { there.Post("/v1/registrations/"+seat.String()+"/cancel", map[string]any{}).Want(200) }, invited, boss)
	w.sweep(w.theirs)
	w.sweep(w.ids)
	return w
}

// inProgram is what X asks for in a program, and what becomes of it: by staff who must not know why, and by others.
func (w *world) inProgram(boss *apptest.Client) {
	w.t.Helper()
	program, spring := "/v1/programs/"+w.ids["program_id"], w.ids["cohort_id"]
	w.do("GET", "/v1/programs", nil)
	w.do("GET", program, nil)
	w.do("GET", program+"/cohorts", nil)
	w.do("GET", "/v1/cohorts/"+spring, nil)
	own := w.do("POST", program+"/enrollments", map[string]any{"cohort_id": spring, "note": "Evenings"}, "Idempotency-Key", "program").Want(201).ID().String()
	w.do("POST", program+"/enrollments", map[string]any{}).Want(409)
	at := "/v1/enrollments/" + own
	w.do("GET", at, nil).Want(200)
	w.doAs(w.near, "POST", at+"/enroll", map[string]any{"cohort_id": spring}).Want(200)
	w.doAs(w.near, "GET", at, nil).Want(200)
	w.doAs(w.near, "GET", "/v1/enrollments?review=true", nil).Want(200)
	w.do("GET", at, nil).Want(200)
	w.do("GET", at+"/timeline", nil).Want(200)
	boss.Post(at+"/enroll", map[string]any{"cohort_id": nil}).Want(200)
	w.settle()
	w.doAs(w.near, "POST", at+"/move", map[string]any{"cohort_id": spring}).Want(200)
	w.do("GET", at, nil).Want(200)
	w.do("GET", "/v1/enrollments?count=true", nil).Want(200)
	w.do("GET", "/v1/me/home", nil).Want(200)
	w.do("GET", "/v1/me/timeline", nil).Want(200)
	w.ids["enrollment_id"] = own
}

// live is what X asks for, over a while.
func (w *world) live(first, full string, free func(), invited workshops.RegistrationView, boss *apptest.Client) {
	w.t.Helper()
	w.do("GET", "/v1/workshops", nil)
	w.do("GET", strings.TrimSuffix(first, "/registrations"), nil)
	var own workshops.RegistrationView
	w.do("POST", first, map[string]any{"attendees": []any{map[string]any{"member_id": w.x.Member}, map[string]any{"guest": map[string]any{"name": "Rosa Ortega", "kind": "adult"}},
		map[string]any{"invite": map[string]any{"name": "Yara", "email": "yara.lind@homefront.example"}}}}, "Idempotency-Key", "one").Want(201).JSON(&own)
	w.do("POST", first, map[string]any{}).Want(409)
	at := "/v1/registrations/" + own.ID.String()
	guest, yara := at+"/attendees/"+own.Attendees[1].ID.String(), at+"/attendees/"+own.Attendees[2].ID.String()
	w.do("GET", at, nil).Want(200)
	w.do("POST", at+"/attendees", map[string]any{"guest": map[string]any{"name": "Ned", "kind": "adult"}})
	w.do("PATCH", guest, map[string]any{"guest": map[string]any{"name": "Nina", "kind": "adult"}}, "If-Match", "*")
	w.do("DELETE", yara, nil, "If-Match", "*")
	w.do("GET", "/v1/me/registrations?count=true", nil)
	w.do("GET", "/v1/me/party-invitations", nil)
	w.do("POST", "/v1/registrations/"+invited.ID.String()+"/attendees/"+invited.Attendees[1].ID.String()+"/accept", map[string]any{}).Want(200)
	w.do("GET", "/v1/me/party-invitations", nil)

	waits := w.do("POST", full, map[string]any{}).Want(201).ID().String()
	free()
	w.settle()
	w.do("POST", "/v1/registrations/"+waits+"/accept-offer", nil).Want(200)
	w.do("POST", "/v1/registrations/"+waits+"/cancel", map[string]any{}).Want(200)
	// What staff decide they say themselves; the words for it are the same too.
	boss.Post(at+"/approve", map[string]any{"reason": "Looked at"}).Want(200)
	w.settle()
	w.do("GET", at, nil).Want(200)
	w.do("GET", at+"/attendees/"+own.Attendees[0].ID.String()+"/check-in-code", nil)
	w.do("GET", "/v1/me/notifications?count=true", nil).Want(200)
	w.do("GET", "/v1/me", nil).Want(200)
	w.ids["registration_id"], w.ids["attendee_id"] = own.ID.String(), own.Attendees[0].ID.String()
}

// sweep calls every operation that a member may call with the given ids. It leaves out what would sign X out.
func (w *world) sweep(ids map[string]string) {
	w.t.Helper()
	for _, r := range w.app.Routes() {
		if !memberMay(r) {
			continue
		}
		path := pathParam.ReplaceAllStringFunc(r.Path, func(name string) string {
			if id := ids[strings.Trim(name, "{}")]; id != "" {
				return id
			}
			return "0199c1f2-0000-7000-8000-00000000dead"
		})
		var body any
		if r.Method != http.MethodGet && r.Method != http.MethodDelete {
			body = map[string]any{}
		}
		w.do(r.Method, path, body, "If-Match", "*")
	}
}

func memberMay(r api.Route) bool {
	return !r.Can.Public && slices.Contains(r.Can.Roles, models.RoleMember) && r.ID != "logout" && !strings.HasPrefix(r.ID, "end") && r.ID != "changePassword"
}

// Every answer, mail and notification that a kept-apart person can get is equal whether the other is registered where they
// ask, registered elsewhere, or nowhere.
func TestAKeptApartPersonCannotTellWhereTheOtherIs(t *testing.T) {
	there := openWorld(t, "there")
	for _, r := range there.app.Routes() {
		if memberMay(r) && !there.called[r.Method+" "+r.Path] {
			t.Errorf("%s %s was not asked", r.Method, r.Path)
		}
	}
	for _, where := range []string{"elsewhere", "nowhere"} {
		other := openWorld(t, where)
		if len(there.lines) != len(other.lines) {
			t.Errorf("%d answers and mails, %s %d", len(there.lines), where, len(other.lines))
		}
		differ := 0
		for i := range min(len(there.lines), len(other.lines)) {
			if there.lines[i] == other.lines[i] {
				continue
			}
			if differ++; differ <= 5 {
				t.Errorf("there:\n%s\n%s:\n%s", there.lines[i], where, other.lines[i])
			}
		}
	}
	for _, line := range there.lines {
		for _, word := range []string{"separat", "kept apart", "kept_apart", "clash", `"held"`} {
			if strings.Contains(strings.ToLower(line), word) && (word != `"held"` || !strings.HasPrefix(line, staffSays)) {
				t.Errorf("X, or who must not know, reads the word %q in %s", word, line)
			}
		}
	}
	jobs := there.app.Count(`select count(*) from river_job where state <> 'completed'`)
	t.Logf("%d answers and mails over %d operations in each of three worlds; %d jobs to come", len(there.lines), len(there.called), jobs)
}

// Who has no business with separations is answered as if there were none.
func TestSeparationsAreStaffsAlone(t *testing.T) {
	a := apptest.New(t)
	boss := a.As("Cora Lane", models.RoleCoordinator)
	x, y := a.As("Xavier Stone"), a.As("Yara Lind", models.RoleAdmin, models.RoleMember)
	body := map[string]any{"kind": "protected", "protected_id": y.Member, "kept_apart_id": x.Member, "review_on": time.Now().AddDate(0, 6, 0).Format(time.DateOnly), "reason": "Asked for by her"}
	made := boss.Post("/v1/separations", body).Want(201)
	at := "/v1/separations/" + made.ID().String()
	boss.Post("/v1/separations", body).WantCode(409, "already_separated")
	if !strings.HasSuffix(made.Header.Get("Location"), at) || made.Header.Get("Etag") != `"1"` {
		t.Errorf("%v", made.Header)
	}
	boss.Patch(at, 1, map[string]any{"reason": "Reviewed", "review_on": time.Now().AddDate(0, 9, 0).Format(time.DateOnly)}).Want(200)
	for _, role := range []models.Role{models.RoleMember, models.RoleCoach, models.RoleFacilitator, models.RoleModerator, models.RoleResponder, models.RolePrivacyOfficer} {
		who := a.As("Role "+string(role), role)
		who.Get(at).WantCode(403, services.CodeForbidden)
		who.Get("/v1/separations").WantCode(403, services.CodeForbidden)
	}
	hidden, unknown := y.Get(at).Want(404), y.Get("/v1/separations/"+services.NewID().String()).Want(404)
	if blank(hidden.Body) != blank(unknown.Body) {
		t.Errorf("%s\n%s", hidden.Body, unknown.Body)
	}
	if list := y.Get("/v1/separations?count=true").Want(200); list.Header.Get("X-Total-Count") != "0" {
		t.Errorf("%s %v", list.Body, list.Header)
	}
	y.Post("/v1/separations", map[string]any{"kind": "mutual", "protected_id": y.Member, "kept_apart_id": x.Member, "review_on": "2027-01-01", "reason": "Because"}).WantCode(403, "own_record")
	boss.Post(at+"/end", map[string]any{"reason": "Both asked for it"}).Want(200)
	boss.Post(at+"/reinstate", map[string]any{"reason": "Too early"}).Want(200)
	boss.Get("/v1/members/" + x.Member.String() + "/holds").Want(200)
	boss.Post("/v1/members/"+x.Member.String()+"/release-hold", map[string]any{"reason": "Not held"}).WantCode(404, services.CodeNotFound)
}
