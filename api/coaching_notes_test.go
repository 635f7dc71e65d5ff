package api_test

import (
	"encoding/hex"
	"fmt"
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

// couch is a coach with a client, and everybody else who might look.
type couch struct {
	*apptest.App
	t                            *testing.T
	coach, mia                   *apptest.Client
	others                       map[string]*apptest.Client
	program, engagement, session uuid.UUID
}

func openCouch(t *testing.T) *couch {
	t.Helper()
	c := &couch{App: apptest.New(t), t: t, program: services.NewID(), engagement: services.NewID(), session: services.NewID()}
	c.Core.Clock.Set(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	c.coach, c.mia = c.As("Dana Reyes", models.RoleCoach, models.RoleMember), c.As("Mia Rivera")
	c.others = map[string]*apptest.Client{"coordinator": c.As("Cora Okafor", models.RoleCoordinator), "admin": c.As("Ada Okafor", models.RoleAdmin), "facilitator": c.As("Fay Okafor", models.RoleFacilitator),
		"coach": c.As("Ora Reyes", models.RoleCoach), "supervisor": c.As("Eli Reyes", models.RoleCoach), "privacy officer": c.As("Pia Okafor", models.RolePrivacyOfficer), "member": c.As("Luis Ortega")}
	now := c.Core.Clock.Now()
	c.Exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'Coaching', 'coaching', 'active')`, c.program, now)
	for _, coach := range []*apptest.Client{c.coach, c.others["coach"], c.others["supervisor"]} {
		c.Exec(`insert into coaches (id, created_at, updated_at, modalities, time_zone) values ($1, $2, $2, '{online}', 'America/New_York')`, coach.Member, now)
	}
	c.Exec(`update coaches set supervisor_id = $2 where id = $1`, c.others["coach"].Member, c.others["supervisor"].Member)
	c.Exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, language, time_zone, requested_at, requested_by, activated_at)
		values ($1, $2, $2, $3, $4, 'active', 'en', 'America/New_York', $2, $5, $2)`, c.engagement, now, c.program, c.coach.Member, c.mia.Member)
	c.Exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) values ($1, $2, $3, $4)`, services.NewID(), c.engagement, c.coach.Member, now)
	c.Exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) values ($1, $2, $3, false, true, 'joined', $4)`, services.NewID(), c.engagement, c.mia.Member, now)
	c.Exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at)
		values ($1, $2, $2, $3, $4, 'completed', $5, $2, 'America/New_York', 'online', $6, $1, $2)`, c.session, now, c.engagement, c.coach.Member, now.Add(-50*time.Minute), c.mia.Member)
	c.Exec(`insert into coaching_attendance (session_id, member_id) values ($1, $2)`, c.session, c.mia.Member)
	return c
}

// bare is an answer without what differs between any two requests.
func bare(a *apptest.Answer) string {
	var head []string
	for _, name := range []string{"Content-Type", "Cache-Control", "X-Total-Count", "Etag", "Location", "Retry-After"} {
		head = append(head, a.Header.Get(name))
	}
	body := anyUUID.ReplaceAllString(string(a.Body), "id")
	return fmt.Sprint(a.Status, head, body, len(a.Body))
}

// Whoever may not read a note is answered for it, and for all that hangs on it, as for an id that there is not.
func TestAHiddenNoteAnswersLikeAnUnknownOne(t *testing.T) {
	c := openCouch(t)
	note := c.coach.Post("/v1/coaching-sessions/"+c.session.String()+"/notes", object{"tier": "supervision", "text": "words", "sign": true}).Want(201).ID()
	draft := c.coach.Post("/v1/engagements/"+c.engagement.String()+"/notes", object{"tier": "shared", "text": "words"}).Want(201).ID()
	unknown := services.NewID()
	ways := map[string]func(*apptest.Client, uuid.UUID) *apptest.Answer{
		"read": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Get("/v1/coaching-notes/" + id.String())
		},
		"versions": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Get("/v1/coaching-notes/" + id.String() + "/versions?count=true")
		},
		"save": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Put("/v1/coaching-notes/"+id.String(), 1, object{"text": "x"})
		},
		"save unconditionally": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Put("/v1/coaching-notes/"+id.String(), 0, object{"text": "x"})
		},
		"sign": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Post("/v1/coaching-notes/"+id.String()+"/sign", nil)
		},
		"amend": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Post("/v1/coaching-notes/"+id.String()+"/amend", object{"text": "x", "reason": "x"})
		},
		"throw away": func(who *apptest.Client, id uuid.UUID) *apptest.Answer {
			return who.Delete("/v1/coaching-notes/"+id.String(), 1)
		},
	}
	for role, who := range c.others {
		who.SignIn()
		for _, stale := range []bool{false, true} {
			if stale {
				c.Core.Clock.Set(c.Core.Clock.Now().Add(services.StepUpFor + time.Second))
			}
			for name, way := range ways {
				want := bare(way(who, unknown))
				for _, id := range []uuid.UUID{note, draft} {
					if got := bare(way(who, id)); got != want {
						t.Errorf("%s, %s: %s\nan unknown id: %s", role, name, got, want)
					}
				}
				if !strings.HasPrefix(want, "404") && !strings.HasPrefix(want, "403") {
					t.Errorf("%s, %s: %s", role, name, want)
				}
			}
			if stale {
				who.SignIn()
			}
		}
		for _, path := range []string{"/v1/engagements/%s/notes?count=true", "/v1/coaching-sessions/%s/notes?count=true"} {
			id := pickID(strings.Contains(path, "engagements"), c.engagement, c.session)
			got, want := bare(who.Get(fmt.Sprintf(path, id))), bare(who.Get(fmt.Sprintf(path, unknown)))
			if role == "coordinator" || role == "admin" { // they see that there is coaching, and none of its notes
				want = bare(who.Get(fmt.Sprintf(path, id) + "&tier=private"))
				if !strings.Contains(got, `"data":[]`) {
					t.Errorf("%s lists %s", role, got)
				}
			}
			if got != want {
				t.Errorf("%s lists %s, want %s", role, got, want)
			}
		}
	}
	// The member it is about is one of them, for what is not shared with her.
	c.mia.SignIn()
	for name, way := range ways {
		if got, want := bare(way(c.mia, note)), bare(way(c.mia, unknown)); got != want {
			t.Errorf("Mia, %s: %s, want %s", name, got, want)
		}
	}
}

func pickID(yes bool, a, b uuid.UUID) uuid.UUID {
	if yes {
		return a
	}
	return b
}

// Every read of the program, by everybody, shows the words of a note to its readers alone, and only where notes are opened.
func TestNoPathShowsTheWordsOfANoteToOthers(t *testing.T) {
	c := openCouch(t)
	words := map[string]string{"shared": "Zinniamarigold", "private": "Zinniafoxglove", "supervision": "Zinniahollyhock"}
	ids := map[string]uuid.UUID{}
	for tier, word := range words {
		a := c.coach.Post("/v1/coaching-sessions/"+c.session.String()+"/notes", object{"tier": tier, "text": "before " + word + " after", "sign": true}, "Idempotency-Key", tier).Want(201)
		again := c.coach.Post("/v1/coaching-sessions/"+c.session.String()+"/notes", object{"tier": tier, "text": "before " + word + " after", "sign": true}, "Idempotency-Key", tier).Want(201)
		ids[tier] = a.ID()
		if again.ID() != ids[tier] || again.Header.Get("Idempotency-Replayed") != "true" || strings.Contains(string(a.Body), word) || a.Header.Get("Location") != "/v1/coaching-notes/"+ids[tier].String() {
			t.Errorf("writing answers %v %s", a.Header, a.Body)
		}
	}
	readers := map[*apptest.Client][]string{c.coach: {"shared", "private", "supervision"}, c.mia: {"shared"}}
	everybody := []*apptest.Client{c.coach, c.mia}
	for _, who := range c.others {
		everybody = append(everybody, who)
	}
	for _, who := range everybody {
		for _, route := range c.Routes() {
			if route.Method != http.MethodGet || strings.HasPrefix(route.Path, "/livez") || strings.HasPrefix(route.Path, "/readyz") {
				continue
			}
			if !strings.Contains(route.Path, "{note_id}") {
				c.looks(who, c.fill(route.Path, uuid.Nil), words, "")
				continue
			}
			for tier, id := range ids {
				c.looks(who, c.fill(route.Path, id), words, pickTier(slices.Contains(readers[who], tier), tier))
			}
		}
	}
	for _, bad := range []string{`{"tier":"shared","text":"Zinniamarigold","extra":"Zinniamarigold"}`, `{"tier":"Zinniamarigold","text":"x"}`, `{"text":"Zinniamarigold"}`, `{"tier":"shared","text":"Zinniamarigold","text":"Zinniamarigold"}`,
		`{"tier":"shared","text":["Zinniamarigold"]}`, `{"tier":"shared","text":"Zinniamarigold" Zinniamarigold`, `{"tier":"shared","text":"Zinniamarigold` + strings.Repeat("x", 20000) + `"}`, `{"tier":"shared","text":"Zinniamarigold","member_id":"Zinniamarigold"}`} {
		a := c.coach.Do(http.MethodPost, "/v1/engagements/"+c.engagement.String()+"/notes", bad)
		if a.Status < 400 || a.Status >= 500 || strings.Contains(string(a.Body), "Zinniamarigold") {
			t.Errorf("%.60s answers %d %s", bad, a.Status, a.Body)
		}
	}
	for _, word := range words {
		if strings.Contains(c.Log.String(), word) {
			t.Errorf("the log holds %s", word)
		}
		for _, table := range []string{"idempotency_keys", "audit_log", "messages", "river_job", "coaching_notes", "coaching_note_texts"} {
			if n := c.Count(`select count(*) from `+table+` t where t::text like '%'||$1||'%' or t::text like '%'||$2||'%'`, word, hex.EncodeToString([]byte(word))); n > 0 {
				t.Errorf("%d rows of %s hold %s", n, table, word)
			}
		}
	}
}

// looks wants somebody to read the words of one tier at a path, or of none.
func (c *couch) looks(who *apptest.Client, path string, words map[string]string, reads string) {
	a := who.Do(http.MethodGet, path, nil)
	for tier, word := range words {
		if got := strings.Contains(string(a.Body), word); got != (tier == reads) {
			c.t.Errorf("%s at %s reads of %s: %v", who.Email, path, tier, got)
		}
	}
	if a := who.Do(http.MethodGet, path+"?q="+words["shared"], nil); a.Status == http.StatusOK && strings.Contains(string(a.Body), c.mia.Member.String()) {
		c.t.Errorf("%s finds Mia at %s by a word of her note: %s", who.Email, path, a.Body)
	}
}

func pickTier(yes bool, tier string) string {
	if yes {
		return tier
	}
	return ""
}

// fill puts ids into a path: those of the coaching, and of the member.
func (c *couch) fill(path string, note uuid.UUID) string {
	for name, id := range map[string]uuid.UUID{"note_id": note, "engagement_id": c.engagement, "coaching_session_id": c.session, "member_id": c.mia.Member, "coach_id": c.coach.Member, "program_id": c.program} {
		path = strings.ReplaceAll(path, "{"+name+"}", id.String())
	}
	for strings.Contains(path, "{") {
		head, rest, _ := strings.Cut(path, "{")
		_, tail, _ := strings.Cut(rest, "}")
		path = head + services.NewID().String() + tail
	}
	return path
}

// Supervisors find what coaches wrote for them, page by page, for as long as they supervise them; nobody else finds any of it.
func TestSupervisorsFindTheNotesWrittenForThem(t *testing.T) {
	c := openCouch(t)
	const here = "/v1/me/supervision-notes"
	supervisor := c.others["supervisor"]
	list := func(who *apptest.Client, query string) (ids []uuid.UUID, next string) {
		t.Helper()
		var page services.Page[coaching.NoteView]
		a := who.Get(here + query).Want(200)
		a.JSON(&page)
		if strings.Contains(string(a.Body), "Zinniahollyhock") {
			t.Errorf("the list shows words: %s", a.Body)
		}
		for _, n := range page.Data {
			ids = append(ids, n.ID)
		}
		if page.NextCursor != nil {
			next = *page.NextCursor
		}
		return ids, next
	}
	c.Exec(`update coaches set supervisor_id = $2 where id = $1`, c.coach.Member, supervisor.Member)
	var want []uuid.UUID
	for i := range 3 {
		c.Core.Clock.Set(c.Core.Clock.Now().Add(time.Second))
		n := c.coach.Post("/v1/engagements/"+c.engagement.String()+"/notes", object{"tier": "supervision", "text": fmt.Sprint("Zinniahollyhock ", i), "sign": true}).Want(201)
		want = append([]uuid.UUID{n.ID()}, want...) // the newest first
	}
	for _, other := range []object{{"tier": "supervision", "text": "a draft"}, {"tier": "private", "text": "x", "sign": true}, {"tier": "shared", "text": "x", "sign": true}} {
		c.coach.Post("/v1/engagements/"+c.engagement.String()+"/notes", other).Want(201)
	}
	first, next := list(supervisor, "?limit=2")
	second, _ := list(supervisor, "?limit=2&cursor="+next)
	if got := append(first, second...); !slices.Equal(got, want) {
		t.Errorf("the supervisor finds %v, not %v", got, want)
	}
	supervisor.SignIn()
	supervisor.Get("/v1/coaching-notes/" + want[0].String()).Want(200)
	log := string(c.mia.Get("/v1/me/access-log").Want(200).Body)
	if !strings.Contains(log, `"kind":"note_list"`) {
		t.Errorf("Mia's access log is %s", log)
	}
	for role, who := range c.others {
		if ids, _ := list(who, ""); role != "supervisor" && ids != nil {
			t.Errorf("%s finds %v", role, ids)
		}
	}
	if ids, _ := list(c.coach, ""); ids != nil {
		t.Errorf("the author finds %v", ids)
	}
	c.Exec(`update coaches set supervisor_id = $2 where id = $1`, c.coach.Member, c.others["coordinator"].Member)
	if ids, _ := list(supervisor, ""); ids != nil {
		t.Errorf("who supervises no more finds %v", ids)
	}
	if ids, _ := list(c.others["coordinator"], ""); !slices.Equal(ids, want) {
		t.Errorf("the new supervisor finds %v", ids)
	}
}

// A coach drafts, saves, signs and amends; the client reads it and sees who else did; a password of six minutes ago opens nothing.
func TestANoteFromDraftToAccessLog(t *testing.T) {
	c := openCouch(t)
	a := c.coach.Post("/v1/engagements/"+c.engagement.String()+"/notes", object{"tier": "shared", "text": ""}).Want(201)
	note := "/v1/coaching-notes/" + a.ID().String()
	if a.Header.Get("ETag") != `"1"` {
		t.Errorf("the draft has the ETag %s", a.Header.Get("ETag"))
	}
	c.coach.Put(note, 0, object{"text": "x"}).WantCode(428, services.CodeIfMatchRequired)
	c.coach.Put(note, 1, object{"text": "We looked at sleep."}).Want(200)
	c.coach.Put(note, 1, object{"text": "lost"}).WantCode(412, services.CodeStale)
	c.mia.Get(note).WantCode(404, services.CodeNotFound)
	c.coach.Post(note+"/sign", nil, "If-Match", `"1"`).WantCode(412, services.CodeStale)
	c.coach.Post(note+"/sign", nil, "If-Match", `"2"`).Want(200)
	c.coach.Put(note, 3, object{"text": "x"}).WantCode(409, "note_signed")
	c.coach.Delete(note, 3).WantCode(409, "note_signed")
	c.coach.Post(note+"/amend", object{"text": "We looked at sleep, and at Monday.", "reason": "Monday was missing."}).Want(200)
	if m := c.mia.Get(note).Want(200).Map(); m["words"].(object)["text"] != "We looked at sleep, and at Monday." || m["break_glass"] != nil {
		t.Errorf("Mia reads %v", m)
	}
	if m := c.mia.Get(note + "/versions").Want(200).Map(); len(m["data"].([]any)) != 2 {
		t.Errorf("Mia reads the versions %v", m)
	}
	c.coach.Get(note).Want(200)
	c.Core.Clock.Set(c.Core.Clock.Now().Add(services.StepUpFor + time.Second))
	c.coach.Get(note).WantCode(403, services.CodeStepUpRequired)
	c.coach.Get("/v1/coaching-notes/"+services.NewID().String()).WantCode(404, services.CodeNotFound)
	c.coach.Get("/v1/engagements/" + c.engagement.String() + "/notes").Want(200)
	c.mia.Get(note).Want(200)
	log := string(c.mia.Get("/v1/me/access-log").Want(200).Body)
	if strings.Count(log, `"kind":"note"`) != 1 || strings.Count(log, `"kind":"note_list"`) != 1 || strings.Count(log, `"role":"coach"`) != 2 {
		t.Errorf("Mia's access log is %s", log)
	}
	c.Exec(`revoke insert on audit_log from homefront_runtime`)
	if got := c.mia.Get(note).WantCode(503, services.CodeUnavailable); strings.Contains(string(got.Body), "Monday") {
		t.Errorf("without its row in the log the answer is %s", got.Body)
	}
	c.Exec(`grant insert on audit_log to homefront_runtime`)
	for _, role := range []string{"coordinator", "admin", "facilitator", "member", "privacy officer"} {
		c.others[role].Post("/v1/engagements/"+c.engagement.String()+"/notes", object{"tier": "shared", "text": "x"}).WantCode(403, services.CodeForbidden)
	}
}
