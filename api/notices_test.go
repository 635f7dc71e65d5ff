package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

type noMail struct{}

func (noMail) Send(context.Context, notices.Mail) error { return nil }

// noticeServer is the API with two members; the token names the role and the member, as in "admin-1".
func noticeServer(t *testing.T) (ask func(method, path, token string) (int, map[string]any), run func(sql string, args ...any)) {
	t.Helper()
	db := pgtest.New(t)
	core := coretest.On(t, db)
	owner, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(context.Background()) })
	run = func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []string{"1", "2"} {
		run(`insert into members (id, version, created_at, updated_at, given_name, status, email, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
			values ($1, 1, now(), now(), 'Ana', 'active', 'ana' || $2 || '@example.org', 'en', 'America/Denver', true, false, false, false)`, noticeMember(n), n)
	}
	s := New(Settings{Version: "test", Log: core.Log, PerSecond: 200}, Services{Core: core, Notices: notices.New(core, noMail{}, notices.Config{BaseURL: "https://app.example.org"}),
		Authenticate: func(_ context.Context, token string) (*services.Actor, error) {
			role, n, ok := strings.Cut(token, "-")
			if !ok {
				return nil, services.Unauthenticated("This token does not hold.")
			}
			return &services.Actor{Kind: models.ActorAccount, AccountID: noticeMember(n), MemberID: noticeMember(n), Roles: []models.Role{models.Role(role)}, AuthTime: core.Clock.Now()}, nil
		}})
	return func(method, path, token string) (int, map[string]any) {
		t.Helper()
		req := httptest.NewRequest(method, path, nil)
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := s.App.Test(req, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		var body map[string]any
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body
	}, run
}

func noticeMember(n string) uuid.UUID { return uuid.NewSHA1(uuid.Nil, []byte(n)) }

func TestNoticesOverHTTP(t *testing.T) {
	ask, run := noticeServer(t)
	id := uuid.New()
	run(`insert into messages (id, member_id, event, state, record, record_id, data, attempts, last_error, sent_to, created_at, send_after)
		values ($1, $2, 'registration.confirmed', 'abandoned', 'registration', $3, '{"title": "Moral Injury Retreat"}', 12, 'timeout', 'ana1@example.org', now(), now())`,
		id, noticeMember("1"), uuid.New())

	for _, c := range []struct {
		method, path, token string
		status              int
	}{
		{"GET", "/v1/me/notifications", "", http.StatusUnauthorized},
		{"GET", "/v1/me/notifications?unread=true&count=true&sort=-created_at", "member-1", http.StatusOK},
		{"GET", "/v1/me/notifications?sort=data", "member-1", http.StatusUnprocessableEntity},
		{"POST", "/v1/me/notifications/" + id.String() + "/read", "member-2", http.StatusNotFound},
		{"POST", "/v1/me/notifications/" + id.String() + "/read", "admin-2", http.StatusNotFound},
		{"POST", "/v1/me/notifications/" + id.String() + "/read", "member-1", http.StatusOK},
		{"POST", "/v1/me/notifications/read-all", "member-1", http.StatusOK},
		{"GET", "/v1/messages", "", http.StatusUnauthorized},
		{"GET", "/v1/messages", "member-1", http.StatusForbidden},
		{"GET", "/v1/messages", "coordinator-1", http.StatusForbidden},
		{"GET", "/v1/messages?state=nonsense", "admin-2", http.StatusUnprocessableEntity},
		{"GET", "/v1/messages?member_id=" + noticeMember("2").String(), "admin-2", http.StatusOK},
		{"POST", "/v1/messages/" + id.String() + "/retry", "member-1", http.StatusForbidden},
		{"POST", "/v1/messages/" + id.String() + "/retry", "coordinator-2", http.StatusForbidden},
		{"POST", "/v1/messages/" + uuid.NewString() + "/retry", "admin-2", http.StatusNotFound},
	} {
		if status, body := ask(c.method, c.path, c.token); status != c.status {
			t.Errorf("%s %s as %q: %d %v", c.method, c.path, c.token, status, body)
		}
	}

	_, page := ask("GET", "/v1/messages?state=abandoned&state=bounced&event=registration.confirmed", "admin-2")
	rows := page["data"].([]any)
	if len(rows) != 1 {
		t.Fatalf("%v", page)
	}
	row := rows[0].(map[string]any)
	if row["to"] != "a***@example.org" || row["last_error"] != "timeout" || row["state"] != "abandoned" {
		t.Errorf("%v", row)
	}
	for _, hidden := range []string{"data", "calendar", "address", "sent_to", "name", "key"} {
		if _, shown := row[hidden]; shown {
			t.Errorf("%s is shown", hidden)
		}
	}

	if status, body := ask("POST", "/v1/messages/"+id.String()+"/retry", "admin-2"); status != http.StatusOK || body["state"] != "queued" {
		t.Errorf("%d %v", status, body)
	}
	if status, body := ask("POST", "/v1/messages/"+id.String()+"/retry", "admin-2"); status != http.StatusConflict || body["code"] != "message_not_retryable" {
		t.Errorf("%d %v", status, body)
	}
	run(`update messages set state = 'bounced', purged_at = now() where id = $1`, id)
	if status, body := ask("POST", "/v1/messages/"+id.String()+"/retry", "admin-2"); status != http.StatusConflict || body["code"] != "message_purged" {
		t.Errorf("%d %v", status, body)
	}
}
