package api_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"homefront/internal/apptest"
	"homefront/models"
)

const otherPassword = "four goats on a blue ferry"

var linkToken = regexp.MustCompile(`token=([A-Za-z0-9_-]+)`)

// mailedToken takes the token out of the last mail to an address.
func mailedToken(t *testing.T, app *apptest.App, address string) string {
	t.Helper()
	app.RunDue()
	mails := app.Mail.To(address)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", address)
	}
	found := linkToken.FindStringSubmatch(mails[len(mails)-1].Text)
	if found == nil {
		t.Fatalf("no link in %s", mails[len(mails)-1].Text)
	}
	return found[1]
}

// From sign-up to sign-out on a phone, by the mails alone.
func TestAccountFromSignUpToSignOut(t *testing.T) {
	app := apptest.New(t)
	nobody := app.Nobody()
	nobody.Post("/v1/auth/register", map[string]any{"email": "Maria@example.org", "password": otherPassword, "name": "Maria Lopez", "birth_date": "1984-03-17"}).Want(202)
	nobody.Post("/v1/auth/login", map[string]any{"email": "maria@example.org", "password": otherPassword}).WantCode(401, "bad_credentials")
	token := mailedToken(t, app, "maria@example.org")
	nobody.Post("/v1/auth/email/verify", map[string]any{"token": token}).Want(200)
	nobody.Post("/v1/auth/email/verify", map[string]any{"token": token}).Want(422)

	var in struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int    `json:"expires_in"`
		Account      struct {
			Roles []string `json:"roles"`
		} `json:"account"`
	}
	nobody.Post("/v1/auth/login", map[string]any{"email": "maria@example.org", "password": otherPassword}, "User-Agent", "Homefront/1.4 (iPhone)").Want(200).JSON(&in)
	if in.TokenType != "Bearer" || in.ExpiresIn != 600 || len(in.Account.Roles) != 1 {
		t.Errorf("signed in: %+v", in)
	}
	maria := &apptest.Client{App: app, Token: in.AccessToken}
	sessions := maria.Get("/v1/me/sessions?count=true").Want(200)
	if sessions.Header.Get("X-Total-Count") != "1" || !strings.Contains(string(sessions.Body), "Homefront/1.4 (iPhone)") {
		t.Errorf("sessions: %v %s", sessions.Header, sessions.Body)
	}
	nobody.Post("/v1/auth/refresh", map[string]any{"refresh_token": in.RefreshToken}).Want(200).JSON(&in)
	maria.Token = in.AccessToken
	maria.Post("/v1/auth/step-up", map[string]any{"password": "no"}).Want(422)
	maria.Post("/v1/auth/step-up", map[string]any{"password": otherPassword}).Want(200)
	maria.Put("/v1/me/password", 0, map[string]any{"current_password": otherPassword, "new_password": apptest.Password}).Want(200)
	maria.Delete("/v1/me/sessions", 0).Want(204)

	nobody.Post("/v1/auth/password/forgot", map[string]any{"email": "maria@example.org"}).Want(202)
	nobody.Post("/v1/auth/password/forgot", map[string]any{"email": "nobody@example.org"}).Want(202)
	token = mailedToken(t, app, "maria@example.org")
	nobody.Post("/v1/auth/password/reset", map[string]any{"token": token, "password": otherPassword}).Want(200)
	maria.Get("/v1/me/sessions").Want(401)
	nobody.Post("/v1/auth/login", map[string]any{"email": "maria@example.org", "password": otherPassword}).Want(200).JSON(&in)
	maria.Token = in.AccessToken
	maria.Post("/v1/auth/logout", nil).Want(200)
	maria.Get("/v1/me/sessions").Want(401)
	nobody.Post("/v1/auth/refresh", map[string]any{"refresh_token": in.RefreshToken}).WantCode(401, "session_ended")
	if len(app.Mail.To("nobody@example.org")) != 0 {
		t.Error("an address without an account got a mail")
	}
	if log := app.Log.String(); strings.Contains(log, otherPassword) || strings.Contains(log, "maria@") || strings.Contains(log, token) || strings.Contains(log, in.RefreshToken) {
		t.Error("the log holds a secret")
	}
}

func TestStaffLookAfterAccounts(t *testing.T) {
	app := apptest.New(t)
	admin, coordinator, member := app.As("Ada King", models.RoleAdmin), app.As("Cora Diaz", models.RoleCoordinator), app.As("Kim Lee")
	if got := coordinator.Get("/v1/accounts?role=admin&role=coordinator&status=active&count=true&sort=email").Want(200); got.Header.Get("X-Total-Count") != "2" {
		t.Errorf("accounts: %v %s", got.Header, got.Body)
	}
	coordinator.Get("/v1/accounts?q=kim").Want(200)
	coordinator.Get("/v1/accounts?q=ki").Want(422)
	coordinator.Get("/v1/accounts?role=emperor").Want(422)
	member.Get("/v1/accounts").Want(403)
	path := "/v1/accounts/" + member.Account.String()
	if got := coordinator.Get(path).Want(200); got.Header.Get("ETag") != `"1"` || strings.Contains(string(got.Body), "argon2") {
		t.Errorf("account: %v %s", got.Header, got.Body)
	}
	coordinator.Patch(path, 0, map[string]any{"roles": []string{"facilitator"}}).Want(428)
	coordinator.Patch(path, 1, map[string]any{"roles": []string{"emperor"}}).Want(422)
	coordinator.Patch(path, 1, map[string]any{"roles": []string{}}).Want(422)
	coordinator.Patch(path, 1, map[string]any{"email": "x@example.org"}).Want(400)
	coordinator.Patch(path, 1, map[string]any{"roles": []string{"admin"}}).WantCode(403, "role_above_own")
	if got := coordinator.Patch(path, 1, map[string]any{"roles": []string{"facilitator", "member"}}).Want(200); got.Header.Get("ETag") != `"2"` {
		t.Errorf("changed: %v %s", got.Header, got.Body)
	}
	admin.Patch("/v1/accounts/"+admin.Account.String(), 1, map[string]any{"roles": []string{"member"}}).WantCode(403, "own_account")
	member.Get("/v1/me/sessions").Want(200)
	coordinator.Patch(path, 2, map[string]any{"status": "suspended"}).Want(422)
	admin.Patch(path, 2, map[string]any{"status": "suspended", "reason": "Asked for it"}).Want(200)
	member.Get("/v1/me/sessions").Want(401)

	sent := coordinator.Post("/v1/invitations", map[string]any{"email": "sam@example.org", "name": "Sam Ortiz", "roles": []string{"coach"}}, "Idempotency-Key", "invite-sam").Want(201)
	again := coordinator.Post("/v1/invitations", map[string]any{"email": "sam@example.org", "name": "Sam Ortiz", "roles": []string{"coach"}}, "Idempotency-Key", "invite-sam").Want(201)
	if string(sent.Body) != string(again.Body) {
		t.Errorf("%s and again %s", sent.Body, again.Body)
	}
	coordinator.Get(sent.Header.Get("Location")).Want(200)
	coordinator.Post("/v1/invitations", map[string]any{"email": "sam@example.org", "roles": []string{"admin"}}).WantCode(403, "role_above_own")
	app.Nobody().Post("/v1/auth/invitations/accept", map[string]any{"token": mailedToken(t, app, "sam@example.org"), "password": otherPassword}).Want(200)
	coordinator.Get("/v1/invitations?status=accepted").Want(200)
	coordinator.Delete("/v1/invitations/"+sent.ID().String(), 0).WantCode(409, "invitation_accepted")

	coordinator.Get("/v1/audit-log").Want(403)
	log := admin.Get("/v1/audit-log?action=account.change&outcome=done&subject=" + member.Member.String() + "&count=true").Want(200)
	if log.Header.Get("X-Total-Count") != "2" {
		t.Errorf("audit log: %v %s", log.Header, log.Body)
	}
	admin.Get("/v1/audit-log?at_gte=2026-01-01T00:00:00Z&at_lt=2100-01-01T00:00:00Z&actor=" + admin.Account.String()).Want(200)
	admin.Get("/v1/audit-log?actor=me").Want(400)
}

func TestSigningKeysArePublic(t *testing.T) {
	app := apptest.New(t)
	got := app.Nobody().Get("/.well-known/jwks.json").Want(200)
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	got.JSON(&set)
	if len(set.Keys) != 1 || set.Keys[0]["alg"] != "EdDSA" || set.Keys[0]["d"] != "" {
		t.Errorf("keys: %s", got.Body)
	}
	app.Nobody().Do("GET", "/.well-known/jwks.json", nil, "If-None-Match", got.Header.Get("ETag")).Want(304)
}

// A known and an unknown address get the same bytes, but for the request's id.
func TestAnswersDoNotTellWhoIsKnown(t *testing.T) {
	app := apptest.New(t)
	known := app.As("Kim Lee")
	for path, body := range map[string]func(email string) map[string]any{
		"/v1/auth/login":           func(e string) map[string]any { return map[string]any{"email": e, "password": "wrong"} },
		"/v1/auth/password/forgot": func(e string) map[string]any { return map[string]any{"email": e} },
		"/v1/auth/register": func(e string) map[string]any {
			return map[string]any{"email": e, "password": otherPassword, "name": "Kim Lee", "birth_date": "1984-03-17"}
		},
	} {
		a, b := app.Nobody().Post(path, body(known.Email)), app.Nobody().Post(path, body("unknown@homefront.example"))
		if a.Status != b.Status || plainBody(t, a.Body) != plainBody(t, b.Body) {
			t.Errorf("%s: %d %s and %d %s", path, a.Status, a.Body, b.Status, b.Body)
		}
		for name := range a.Header {
			if name != "X-Request-Id" && name != "Ratelimit" && name != "Date" && a.Header.Get(name) != b.Header.Get(name) {
				t.Errorf("%s: %s is %q and %q", path, name, a.Header.Get(name), b.Header.Get(name))
			}
		}
	}
}

func plainBody(t *testing.T, body []byte) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "request_id")
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
