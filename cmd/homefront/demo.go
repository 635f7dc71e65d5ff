package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"homefront/cmd/homefront/demodata"
	"homefront/internal/pgembed"
	"homefront/internal/smtp"
	"homefront/migrations"
)

type demoCmd struct{}

// Run needs nothing set: database, secret, mail and people are made up, and kept in the data directory.
func (demoCmd) Run(ctx context.Context, c Config) error {
	if err := c.check(needNothing); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(c.Addr)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("HOMEFRONT_ADDR: the demo has published passwords and shows every mail, so it listens on loopback only")
	}
	log := c.logger(os.Stderr)
	fmt.Println("Starting a private PostgreSQL …")
	pg, err := pgembed.Start(ctx, pgembed.Options{Dir: filepath.Join(c.DataDir, "postgres"), Log: log})
	if err != nil {
		return err
	}
	defer func() { _ = pg.Stop(context.Background()) }()
	if err := migrations.Up(ctx, pg.DSN(pgembed.OwnerRole, "")); err != nil {
		return err
	}
	if err := pg.GrantRuntime(ctx, ""); err != nil {
		return err
	}
	c.DatabaseURL = pg.DSN(pgembed.AppRole, "")
	secret, err := demoSecret(c.DataDir)
	if err != nil {
		return err
	}
	sink, err := smtp.NewSink()
	if err != nil {
		return err
	}
	defer func() { _ = sink.Close() }()
	c.useSink(sink.Addr())
	a, err := assemble(ctx, c, secret, log)
	if err != nil {
		return err
	}
	made, err := demodata.Load(ctx, a.Services, pg.DSN(pgembed.OwnerRole, ""))
	if err != nil {
		a.Core.Close()
		return err
	}
	showMail(a.Server.App, sink)
	showApp(a.Server.App)
	return a.run(ctx, func() { fmt.Print(demoScreen(c, made, pg.Version())) })
}

// useSink sends every mail to the built-in sink, whatever the environment says: demo people have no mailboxes.
func (c *Config) useSink(addr string) {
	host, port, _ := net.SplitHostPort(addr)
	c.SMTPHost, c.SMTPUser, c.SMTPPassword, c.SMTPTLS = host, "", "", smtp.TLSNone
	c.SMTPPort, _ = strconv.Atoi(port)
	if c.MailFrom == "" {
		c.MailFrom = "appointments@demo.homefront.example"
	}
	if os.Getenv("HOMEFRONT_PUBLIC_URL") == "" {
		c.PublicURL = "http://" + c.Addr
	}
}

// demoSecret is made at the first start and kept beside the database that it belongs to.
func demoSecret(dir string) ([]byte, error) {
	path := filepath.Join(dir, "secret")
	text, err := os.ReadFile(path)
	if err == nil {
		return hex.DecodeString(string(text))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return secret, os.WriteFile(path, []byte(hex.EncodeToString(secret)), 0o600)
}

// showMail serves the sink's mails, to this machine alone.
func showMail(app *fiber.App, sink *smtp.Sink) {
	local := func(show fiber.Handler) fiber.Handler {
		return func(c *fiber.Ctx) error {
			if ip := net.ParseIP(c.IP()); ip == nil || !ip.IsLoopback() {
				return fiber.ErrNotFound
			}
			return show(c)
		}
	}
	page := func(c *fiber.Ctx, html []byte) error {
		c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
		return c.Send(html)
	}
	app.Get("/dev/mail", local(func(c *fiber.Ctx) error { return page(c, sink.HTML()) }))
	app.Get("/dev/mail.json", local(func(c *fiber.Ctx) error { return c.JSON(sink.Mails()) }))
	app.Get("/dev/mail/:id", local(func(c *fiber.Ctx) error {
		html, ok := sink.MailHTML(c.Params("id"))
		if !ok {
			return fiber.ErrNotFound
		}
		return page(c, html)
	}))
}

// appPages are where the links of mails lead: pages of the frontend that an organization builds, and what those call.
var appPages = map[string]string{
	"/":                        "the app's home; GET /v1/me",
	"/sign-in":                 "signing in; POST /v1/auth/login",
	"/verify":                  "confirming an address; POST /v1/auth/email/verify with the token",
	"/reset":                   "choosing a new password; POST /v1/auth/password/reset with the token",
	"/welcome":                 "joining the staff; POST /v1/auth/invitations/accept with the token",
	"/invitation":              "answering an invitation to come along; POST /v1/party-invitations/show, accept or refuse with the token",
	"/pass":                    "a place past the queue; POST /v1/workshop-passes/show with the token, then POST /v1/workshops/{workshop_id}/registrations",
	"/join/:id":                "joining online; GET and POST /v1/sessions/{session_id}/join, or POST /v1/join with the token",
	"/sessions/:id/feedback":   "how it was; PUT /v1/sessions/{session_id}/feedback",
	"/thanks":                  "thanks that people said; GET /v1/me/thanks",
	"/notifications":           "the inbox; GET /v1/me/notifications",
	"/notifications/:id":       "one notification; GET /v1/me/notifications",
	"/registrations/:id":       "a booking; GET /v1/registrations/{registration_id}",
	"/account/sessions":        "where one is signed in; GET /v1/me/sessions",
	"/account/sessions/:id":    "where one is signed in; GET /v1/me/sessions",
	"/engagements/:id":         "coaching; GET /v1/engagements/{engagement_id}, and GET /v1/me/coaching",
	"/coaching/sessions/:id":   "a session of coaching; GET /v1/coaching-sessions/{coaching_session_id}",
	"/workshops/:id":           "a workshop; GET /v1/workshops/{workshop_id}",
	"/me/party-invitations":    "invitations; GET /v1/me/party-invitations",
	"/account/change-password": "a new password; PUT /v1/me/password",
}

// showApp stands in for the frontend that the demo does not have: who follows a link in a mail learns what belongs there.
func showApp(app *fiber.App) {
	for path, what := range appPages {
		app.Get(path, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
			c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'")
			return c.SendString(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Homefront demo</title>
<body style="font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem"><h1>Here your app opens</h1>
<p>This is the page for ` + html.EscapeString(what) + `.</p>
<p>Homefront is the backend; a frontend is generated from its description. See the <a href="/docs">reference</a> and the <a href="/dev/mail">mails</a>.</p></body></html>`)
		})
	}
}

func demoScreen(c Config, made demodata.Summary, pg string) string {
	base := "http://" + c.Addr
	data := "Demo data from an earlier start is kept."
	if made.Members > 0 {
		data = fmt.Sprintf("Made %d members in %d households, %d workshops with %d registrations, %d engagements with %d sessions of coaching in %s.",
			made.Members, made.Households, made.Workshops, made.Registrations, made.Engagements, made.CoachingSessions, made.Took.Round(1e8))
	}
	return fmt.Sprintf(`
  Homefront %s is running on PostgreSQL %s.

  API        %s/v1
  Reference  %s/docs
  Mail sent  %s/dev/mail

  %s
  Sign in with the password  %s  as
%s
  Everything is under %s. Ctrl-C stops it.

`, version, pg, base, base, base, data, demodata.Password, signIns(), c.DataDir)
}

func signIns() string {
	var b strings.Builder
	for _, s := range demodata.SignIns {
		fmt.Fprintf(&b, "    %-46s %s\n", s.Name+"@"+demodata.Domain, s.Shows)
	}
	return b.String()
}
