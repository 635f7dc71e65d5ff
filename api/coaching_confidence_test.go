package api_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// confidence is what one client told her coach, in every place where it can be kept, and everybody who must not read it.
type confidence struct {
	*practice
	mia, sam *apptest.Client            // the client, and the supervisor of her coach
	facts    map[string]*apptest.Client // who see that there is coaching
	others   map[string]*apptest.Client // who see nothing of it
	ids      map[string]uuid.UUID       // by name of a path parameter
	notes    map[uuid.UUID]string       // with a word of each
	elses    uuid.UUID                  // a note about somebody else
	asked    int
	secrets  []string // that nobody else reads: all words, and which notes, goals and steps there are
}

// hiding are the parameters of paths that name something of an engagement. Of these, insides names what staff do not see either.
var hiding, insides = []string{"note_id", "engagement_id", "coaching_session_id", "goal_id", "action_id", "hand_over_id", "series_id"}, []string{"note_id", "goal_id", "action_id"}

func openConfidence(t *testing.T) *confidence {
	t.Helper()
	c := &confidence{practice: openPractice(t, day(time.October, 5, 15, 0)), notes: map[uuid.UUID]string{}}
	c.mia, c.sam = c.as("Mia Rivera"), c.coach("Sam Ortiz", object{}, models.RoleCoach)
	ruth, luis := c.coach("Ruth Mensah", object{}, models.RoleCoach), c.as("Luis Ortega")
	c.cora.Patch("/v1/coaches/"+c.dana.Member.String(), 1, object{"supervisor_id": c.sam.Member}).Want(200)
	c.cora.Patch("/v1/coaches/"+c.eli.Member.String(), 1, object{"supervisor_id": ruth.Member}).Want(200)
	c.elses = c.eli.Post(c.engaged(c.eli, luis)+"/notes", object{"tier": "shared", "text": "Zinniaelse", "sign": true}).Want(201).ID()
	c.facts = map[string]*apptest.Client{"coordinator": c.cora}
	c.others = map[string]*apptest.Client{"coach of another": c.eli, "supervisor of another": ruth, "client of another": luis}
	for _, role := range models.Roles() {
		if role == models.RoleCoordinator {
			continue
		}
		who := c.as("Some "+strings.ReplaceAll(string(role), "_", " "), role)
		if role == models.RoleAdmin {
			c.facts[string(role)] = who
		} else {
			c.others[string(role)] = who
		}
	}
	c.say()
	return c
}

// say has her tell, and the coach write, with a word of its own in each place.
func (c *confidence) say() {
	at := c.engaged(c.dana, c.mia)
	c.mia.Patch(at, c.view(c.mia, at).Version, object{"hopes": "Zinniahope"}).Want(200)
	goal := c.mia.Post(at+"/goals", object{"words": "Zinniagoal", "measure": "Zinniameasure"}).Want(201).ID()
	first, second := c.book(c.mia, at, day(time.October, 13, 14, 0)), c.book(c.mia, at, day(time.October, 20, 14, 0))
	c.mia.Post(second+"/cancel", object{"reason": "Zinniareason"}).Want(200)
	third := c.book(c.mia, at, day(time.October, 27, 14, 0))
	over := c.cora.Post(at+"/hand-over", object{"to_coach_id": c.sam.Member, "reason": "Zinniaover"}).Want(201).ID()
	c.cora.Post("/v1/hand-overs/"+over.String()+"/cancel", nil).Want(200)
	c.at(day(time.October, 13, 14, 55))
	step := services.NewID()
	var made coaching.LoggedCoaching
	c.dana.Post(first+"/log", object{"log_id": services.NewID(), "outcome": "completed", "shared_summary": object{"text": "Zinniashared"}, "private_note": object{"text": "Zinniaprivate"}, "supervision_note": object{"text": "Zinniasupervision"},
		"next_steps": []object{{"id": step, "text": "Zinniastep", "goal_id": goal}}}).Want(200).JSON(&made)
	for _, n := range made.Notes {
		c.notes[n.ID] = "Zinnia" + string(n.Tier)
		if n.Tier == models.NoteSupervision {
			c.dana.Post(notePath(n.ID)+"/amend", object{"text": "Zinniasupervision, amended", "reason": "Zinniawhy"}).Want(200)
		}
	}
	c.notes[c.dana.Post(at+"/notes", object{"tier": "shared", "text": "Zinniadraft"}).Want(201).ID()] = "Zinniadraft"
	c.ids = map[string]uuid.UUID{"engagement_id": idOf(at), "coaching_session_id": idOf(first), "goal_id": goal, "action_id": step, "hand_over_id": over, "member_id": c.mia.Member, "coach_id": c.dana.Member,
		"series_id": services.NewID(), "third": idOf(third)}
	c.secrets = []string{"Zinnia", goal.String(), step.String()}
	for id := range c.notes {
		c.secrets = append(c.secrets, id.String())
	}
}

// path fills a route: with the ids of what she told, or with those of nothing where unknown names the parameter.
func (c *confidence) path(route string, note uuid.UUID, unknown ...string) string {
	nothing := uuid.MustParse("0199c1f2-0000-7000-8000-00000000dead")
	return pathParam.ReplaceAllStringFunc(route, func(name string) string {
		name = strings.Trim(name, "{}")
		if id := c.ids[name]; id != uuid.Nil && !slices.Contains(unknown, name) {
			return id.String()
		}
		if name == "note_id" && !slices.Contains(unknown, name) {
			return note.String()
		}
		if name == "day" {
			return "2026-10-20"
		}
		return nothing.String()
	})
}

func takes(route string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(route, "{"+n+"}") })
}

// unlike wants an answer about what is hidden to be that about nothing.
func (c *confidence) unlike(role string, who *apptest.Client, method, route, query string) {
	c.t.Helper()
	var body any
	if method != http.MethodGet && method != http.MethodDelete {
		body = object{}
	}
	want := who.Do(method, c.path(route, uuid.Nil, hiding...)+query, body, "If-Match", "*")
	for note := range c.notes {
		c.asked++
		if got := who.Do(method, c.path(route, note)+query, body, "If-Match", "*"); bare(got) != bare(want) || got.Status < 400 {
			c.t.Errorf("%s, %s %s%s: %d %s\nof nothing: %d %s", role, method, route, query, got.Status, got.Body, want.Status, want.Body)
		}
		if !strings.Contains(route, "{note_id}") {
			return
		}
	}
}

// silent wants an answer to hold nothing of what she told.
func (c *confidence) silent(role string, who *apptest.Client, path string) int {
	c.t.Helper()
	c.asked++
	a := who.Get(path)
	for _, secret := range c.secrets {
		if at := strings.Index(string(a.Body), secret); at >= 0 && a.Status == http.StatusOK {
			c.t.Errorf("%s reads %q at %s: …%.300s", role, secret, path, a.Body[max(0, at-100):])
		}
	}
	return a.Status
}

// No path that the router has shows anybody else what somebody told her coach, or that there is something.
func TestCoachingIsKeptByEveryPath(t *testing.T) {
	c := openConfidence(t)
	for _, route := range c.Routes() {
		if route.Can.Public || route.Path == "/livez" || route.Path == "/readyz" {
			continue
		}
		for role, who := range c.others {
			if takes(route.Path, hiding) {
				c.unlike(role, who, route.Method, route.Path, "")
			}
		}
		for role, who := range c.facts {
			if takes(route.Path, insides) {
				c.unlike(role, who, route.Method, route.Path, "")
			}
		}
		if route.Method == http.MethodGet {
			c.sweep(route.Path)
		}
	}
	if c.asked < 4000 {
		t.Errorf("%d paths were asked for", c.asked)
	}
	for role, who := range c.facts {
		for _, format := range []string{"csv", "xlsx"} {
			if a := who.Post("/v1/members/export", object{"format": format}).Want(200); strings.Contains(string(a.Body), "Zinnia") {
				t.Errorf("%s takes words out", role)
			}
		}
	}
	c.unharmed()
}

// sweep asks for a read, and staff and coaches with all by which a list could be narrowed down to her.
func (c *confidence) sweep(route string) {
	note := slices.Collect(maps.Keys(c.notes))[0]
	queries := []string{"?count=true", "?q=Zinniashared", "?member_id=" + c.mia.Member.String(), "?coach_id=" + c.dana.Member.String(), "?engagement_id=" + c.ids["engagement_id"].String()}
	if takes(route, hiding) {
		queries = []string{"?count=true"}
	}
	path := c.path(route, note)
	for _, group := range []map[string]*apptest.Client{c.facts, c.others} {
		for role, who := range group {
			if c.silent(role, who, path) == http.StatusForbidden || len(group) > len(c.facts) && !strings.HasSuffix(role, " of another") {
				continue
			}
			for _, query := range queries {
				c.silent(role, who, path+query)
			}
		}
	}
}

// unharmed: her own still read it, and her log tells of no look that was refused, but the audit log does.
func (c *confidence) unharmed() {
	for id, word := range c.notes {
		if text := string(c.dana.Get(notePath(id)).Want(200).Body); !strings.Contains(text, word) {
			c.t.Errorf("the coach reads %s", text)
		}
		readers := map[*apptest.Client]bool{c.mia: word == "Zinniashared", c.sam: word == "Zinniasupervision"}
		for who, may := range readers {
			if may {
				who.Get(notePath(id)).Want(200)
			} else {
				c.hidden(who, notePath(id), id)
			}
		}
		for role, who := range c.others {
			if role == "coach of another" || role == "supervisor of another" {
				if n := c.Count(`select count(*) from audit_log where outcome = 'not_found' and member_id = $1 and $2 = any(objects)`, who.Member, id); n == 0 {
					c.t.Errorf("no line tells that the %s tried %s", role, word)
				}
			}
		}
	}
	for _, one := range list(c.mia.Get("/v1/me/access-log?limit=100").Want(200)) {
		if look := one.(object); look["kind"] == "note" && look["role"] != "coach" {
			c.t.Errorf("her log tells of %v", look)
		}
	}
}

// An emergency opens all her notes to one admin for the minutes asked for, and to nobody else.
func TestCoachingBehindBrokenGlass(t *testing.T) {
	c := openConfidence(t)
	ada, bo, officer := c.as("Ada Stone", models.RoleAdmin), c.as("Bo Reed", models.RoleAdmin), c.as("Pia Lund", models.RolePrivacyOfficer)
	rob := c.as("Rob Stone")
	link := ada.Post("/v1/me/relationships", object{"email": rob.Email, "kind": "sibling"}).Want(201)
	rob.Post("/v1/me/relationships/"+link.ID().String()+"/accept", nil).Want(200)
	nothing := ada.Post("/v1/break-glass", breaking(services.NewID())).WantCode(404, services.CodeNotFound)
	for _, id := range []uuid.UUID{ada.Member, rob.Member} {
		if got := ada.Post("/v1/break-glass", breaking(id)); bare(got) != bare(nothing) {
			t.Errorf("of oneself or a brother: %s", got.Body)
		}
	}
	ada.Post("/v1/break-glass", object{"member_id": c.mia.Member, "reason": strings.Repeat("x", 19)}).WantCode(422, services.CodeInvalid)
	c.Core.Clock.Set(c.Core.Clock.Now().Add(services.StepUpFor + time.Second))
	ada.Post("/v1/break-glass", breaking(c.mia.Member)).WantCode(403, services.CodeStepUpRequired)
	ada.SignIn()

	now := c.Core.Clock.Now()
	var glass coaching.GlassView
	ada.Post("/v1/break-glass", object{"member_id": c.mia.Member, "reason": glassReason, "minutes": 30}).Want(201).JSON(&glass)
	at := "/v1/break-glass/" + glass.ID.String()
	if !glass.Until.Equal(now.Add(30 * time.Minute)) {
		t.Errorf("until %s", glass.Until)
	}
	c.RunDue()
	if len(c.Mail.To(c.dana.Email)) == 0 || c.told(models.NoticeGlassBroken, c.dana) != 1 || c.told(models.NoticeGlassBroken, bo) != 1 || c.told(models.NoticeGlassBroken, officer) != 1 || c.told(models.NoticeGlassBroken, c.mia) != 0 {
		t.Error("told at once are the coach, the other admins and the privacy officer")
	}
	if rows := list(ada.Get(at + "/notes").Want(200)); len(rows) != len(c.notes) {
		t.Errorf("%d notes: %v", len(rows), rows)
	}
	c.opened(ada, glass.ID)
	bo.SignIn()
	for id := range c.notes {
		c.hidden(bo, notePath(id), id)
	}
	c.hidden(bo, at+"/notes", glass.ID)
	c.hidden(ada, notePath(c.elses), c.elses)
	c.Core.Clock.Set(glass.Until.Add(-time.Second))
	ada.SignIn()
	c.opened(ada, glass.ID)
	c.Core.Clock.Set(glass.Until)
	ada.SignIn()
	for id := range c.notes {
		c.hidden(ada, notePath(id), id)
		c.hidden(ada, notePath(id)+"/versions", id)
	}
	ada.Get(at+"/notes").WantCode(409, coaching.CodeGlassOver)

	c.at(now.Add(time.Hour))
	adminLooks := func() (n int) {
		for _, one := range list(c.mia.Get("/v1/me/access-log?limit=100").Want(200)) {
			if look := one.(object); look["role"] == "admin" && look["kind"] == "note" {
				n++
			}
		}
		return n
	}
	if n := adminLooks(); n != 0 {
		t.Errorf("before she is told her log says so %d times", n)
	}
	ada.Post(at+"/close", object{"words": "It was right"}).WantCode(403, coaching.CodeOwnReview)
	officer.Post(at+"/close", object{"words": "I called both. It was right."}).Want(200)
	c.RunDue()
	if c.told(models.NoticeGlassBroken, c.mia) != 1 || adminLooks() < len(c.notes) {
		t.Errorf("told %d times, and her log says so %d times", c.told(models.NoticeGlassBroken, c.mia), adminLooks())
	}
	for range models.GlassPerDay - 1 {
		ada.Post("/v1/break-glass", breaking(c.Member("Lou Ortega", "1980-01-01"))).Want(201)
	}
	ada.Post("/v1/break-glass", breaking(c.Member("Lou Ortega", "1980-01-01"))).WantCode(403, coaching.CodeGlassOften)
	c.at(now.Add(24*time.Hour + time.Minute))
	ada.Post("/v1/break-glass", breaking(c.mia.Member)).Want(201)
}

// opened wants an admin to read every note, with the banner.
func (c *confidence) opened(ada *apptest.Client, glass uuid.UUID) {
	c.t.Helper()
	for id, word := range c.notes {
		read := ada.Get(notePath(id)).Want(200)
		if banner, _ := read.Map()["break_glass"].(object); banner["id"] != glass.String() || !strings.Contains(string(read.Body), word) {
			c.t.Errorf("%s", read.Body)
		}
		ada.Get(notePath(id) + "/versions").Want(200)
	}
}
