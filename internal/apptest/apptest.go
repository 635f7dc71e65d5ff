// Package apptest is the whole program on a database of its own, for tests that speak HTTP to it. Every answer that a
// test receives is held against the OpenAPI description.
package apptest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/argon2"

	"homefront/api"
	"homefront/internal/pgtest"
	"homefront/migrations"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// Secret is the deployment's secret in tests.
var Secret = []byte("0123456789abcdefghijklmnopqrstuv")

// Password signs every test account in.
const Password = "homefront-demo-1775"

// passwordHash costs next to nothing to compare with: a password is checked at the cost that its hash was made at.
var passwordHash = sync.OnceValue(func() string {
	salt := []byte("0123456789abcdef")
	hash := argon2.IDKey([]byte(Password), salt, 1, 8, 1, 32)
	return fmt.Sprintf("$argon2id$v=19$m=8,t=1,p=1$%s$%s", base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
})

// App is one running program.
type App struct {
	*api.Server
	DB   *pgtest.DB
	Mail *Mailbox
	Log  *bytes.Buffer

	t    testing.TB
	spec *contract
}

// Mailbox keeps what would have been mailed.
type Mailbox struct {
	mu    sync.Mutex
	mails []notices.Mail
}

// Send implements notices.Mailer.
func (b *Mailbox) Send(_ context.Context, m notices.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, m)
	return nil
}

// To lists the mails to one address, in order.
func (b *Mailbox) To(address string) (out []notices.Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.mails {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

// New is a program on an empty, migrated database. No jobs run by themselves: RunDue does, at a time of the test's own.
func New(t testing.TB) *App {
	t.Helper()
	return On(t, pgtest.New(t))
}

// On is one more program on a database: another replica, with its own settings where change says so.
func On(t testing.TB, db *pgtest.DB, change ...func(*services.Settings)) *App {
	t.Helper()
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&locked{w: &logged}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	settings := services.Settings{DatabaseURL: db.AppURL, Secret: Secret, ReadConns: 4, WriteConns: 4, Log: log, DecodeAnswers: true}
	for _, do := range change {
		do(&settings)
	}
	core, err := services.Open(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(core.Close)
	latest, err := migrations.Latest()
	if err != nil {
		t.Fatal(err)
	}
	box := &Mailbox{}
	all := api.Assemble(core, api.Outside{Mailer: box, PublicURL: "https://app.homefront.example", OrgName: "Harvesting Happiness for Heroes", MailFrom: "appointments@homefront.example"})
	server := api.New(api.Settings{Version: "test", Migration: latest, PerSecond: 1_000_000, Log: log}, all)
	return &App{Server: server, DB: db, Mail: box, Log: &logged, t: t, spec: contractOf(t, server)}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// RunDue works every job due by now, as the queue would.
func (a *App) RunDue() {
	a.t.Helper()
	if _, err := a.Core.RunDue(a.t.Context(), a.Core.Clock.Now()); err != nil {
		a.t.Fatal(err)
	}
}

// Listen serves on a loopback port and answers the base URL, for tests that need real connections.
func (a *App) Listen() string {
	a.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		a.t.Fatal(err)
	}
	go func() { _ = a.Server.App.Listener(l) }()
	a.t.Cleanup(func() { _ = a.Server.App.Shutdown() })
	return "http://" + l.Addr().String()
}

// Exec runs SQL as the superuser: for what a test sets up, or breaks.
func (a *App) Exec(sql string, args ...any) {
	a.t.Helper()
	a.DB.Super(a.t, func(c *pgx.Conn) error {
		_, err := c.Exec(context.Background(), sql, args...)
		return err
	})
}

// Scan reads one row as the superuser.
func (a *App) Scan(sql string, args []any, into ...any) {
	a.t.Helper()
	a.DB.Super(a.t, func(c *pgx.Conn) error { return c.QueryRow(context.Background(), sql, args...).Scan(into...) })
}

// Count reads one number as the superuser.
func (a *App) Count(sql string, args ...any) (n int) {
	a.t.Helper()
	a.Scan(sql, args, &n)
	return n
}

// Client speaks to the program as one account, or as nobody.
type Client struct {
	App     *App
	Account uuid.UUID
	Member  uuid.UUID
	Email   string
	Token   string
	Refresh string
}

// Nobody is not signed in.
func (a *App) Nobody() *Client { return &Client{App: a} }

// Member makes a person without an account and answers the id.
func (a *App) Member(name string, born string, kinds ...models.Kind) uuid.UUID {
	a.t.Helper()
	id := services.NewID()
	now := a.Core.Clock.Now()
	given, family, _ := strings.Cut(name, " ")
	if kinds == nil {
		kinds = []models.Kind{models.KindVeteran}
	}
	kindsValue, _ := models.Texts[models.Kind](kinds).Value()
	a.Exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, birth_date, kinds, status, language, time_zone,
		email_opt_in, sms_opt_in, push_opt_in, program_words) values ($1, 1, $2, $2, $3, $4, $5::text::date, $6::text::text[], 'active', 'en', 'America/New_York', true, false, false, false)`,
		id, now, given, family, born, kindsValue)
	return id
}

// As makes an account with the given roles, signed in. Without roles it is a member's.
func (a *App) As(name string, roles ...models.Role) *Client {
	a.t.Helper()
	if roles == nil {
		roles = []models.Role{models.RoleMember}
	}
	kind := models.KindVeteran
	if roles[0] != models.RoleMember {
		kind = models.KindStaff
	}
	c := &Client{App: a, Account: services.NewID(), Member: a.Member(name, "1984-03-17", kind), Email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@homefront.example"}
	now := a.Core.Clock.Now()
	rolesValue, _ := models.Texts[models.Role](roles).Value()
	a.Exec(`update members set email = $2 where id = $1`, c.Member, c.Email)
	a.Exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, password_hash, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, $4, $5, $6::text::text[], 'active', $2, $2)`, c.Account, now, c.Member, c.Email, passwordHash(), rolesValue)
	c.SignIn()
	return c
}

// SignIn takes a new pair of tokens.
func (c *Client) SignIn() {
	c.App.t.Helper()
	var in struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	(&Client{App: c.App}).Post("/v1/auth/login", map[string]any{"email": c.Email, "password": Password}).Want(200).JSON(&in)
	c.Token, c.Refresh = in.AccessToken, in.RefreshToken
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	t    testing.TB
	what string
}

// Do sends a request. body is JSON-encoded unless it is a string or nil; headers are pairs.
func (c *Client) Do(method, path string, body any, headers ...string) *Answer {
	c.App.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			c.App.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	req := httptest.NewRequest(method, path, reader)
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.App.Server.App.Test(req, int(30*time.Second/time.Millisecond))
	if err != nil {
		c.App.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		c.App.t.Fatal(err)
	}
	a := &Answer{Status: res.StatusCode, Header: res.Header, Body: got, t: c.App.t, what: method + " " + path}
	c.App.spec.check(c.App.t, method, path, a)
	if a.Status >= 500 && a.Status != http.StatusServiceUnavailable {
		c.App.t.Errorf("%s answers %d %s\nlog: %s", a.what, a.Status, a.Body, c.App.Log.String())
	}
	return a
}

// Get, Post, Put, Patch and Delete are Do with the method. Patch, Put and Delete take the If-Match as version; 0 sends none.
func (c *Client) Get(path string) *Answer { c.App.t.Helper(); return c.Do("GET", path, nil) }

// Post sends a body, nil for none.
func (c *Client) Post(path string, body any, headers ...string) *Answer {
	c.App.t.Helper()
	return c.Do("POST", path, body, headers...)
}

// Put replaces.
func (c *Client) Put(path string, version int, body any) *Answer {
	c.App.t.Helper()
	return c.Do("PUT", path, body, ifMatch(version)...)
}

// Patch changes.
func (c *Client) Patch(path string, version int, body any) *Answer {
	c.App.t.Helper()
	return c.Do("PATCH", path, body, ifMatch(version)...)
}

// Delete removes.
func (c *Client) Delete(path string, version int) *Answer {
	c.App.t.Helper()
	return c.Do("DELETE", path, nil, ifMatch(version)...)
}

func ifMatch(version int) []string {
	if version == 0 {
		return nil
	}
	return []string{"If-Match", services.ETag(version)}
}

// Want fails the test unless the answer has this status.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s answers %d %s, want %d", a.what, a.Status, a.Body, status)
	}
	return a
}

// WantCode fails the test unless the answer is a problem with this status and code.
func (a *Answer) WantCode(status int, code services.Code) *Answer {
	a.t.Helper()
	a.Want(status)
	var p api.Problem
	a.JSON(&p)
	if p.Code != code {
		a.t.Fatalf("%s answers %s, want the code %s", a.what, a.Body, code)
	}
	return a
}

// JSON decodes the answer.
func (a *Answer) JSON(into any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		a.t.Fatalf("%s answers %s: %v", a.what, a.Body, err)
	}
	return a
}

// Map is the answer as a map, for scenarios that look at a few fields.
func (a *Answer) Map() map[string]any {
	a.t.Helper()
	var m map[string]any
	a.JSON(&m)
	return m
}

// ID is the id of the record that was answered.
func (a *Answer) ID() uuid.UUID {
	a.t.Helper()
	var v struct {
		ID uuid.UUID `json:"id"`
	}
	a.JSON(&v)
	return v.ID
}
