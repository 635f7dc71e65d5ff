package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"homefront/internal/apptest"
	"homefront/internal/pgtest"
)

// good is an environment that serve accepts.
func good(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{
		"DATABASE_URL":           "postgres://homefront_app:a-long-password-of-its-own@127.0.0.1/homefront",
		"HOMEFRONT_SECRET":       "3031323334353637383961626364656666676869616b6c6d6e6f707172737475",
		"HOMEFRONT_SMTP_HOST":    "mail.example.org",
		"HOMEFRONT_MAIL_FROM":    "appointments@example.org",
		"HOMEFRONT_PUBLIC_URL":   "https://app.example.org",
		"HOMEFRONT_STAFF_MFA":    "off",
		"HOMEFRONT_ADDR":         "127.0.0.1:8080",
		"HOMEFRONT_READ_CONNS":   "4",
		"HOMEFRONT_LOG_LEVEL":    "info",
		"HOMEFRONT_SMTP_TLS":     "starttls",
		"HOMEFRONT_ORIGINS":      "",
		"HOMEFRONT_METRICS_ADDR": "",
	} {
		t.Setenv(name, value)
	}
}

func TestConfigurationNamesEveryWrongValueAtOnce(t *testing.T) {
	good(t)
	if err := load().check(needAll); err != nil {
		t.Fatalf("a good one: %v", err)
	}
	bad := map[string]string{
		"HOMEFRONT_ADDR": "nonsense", "HOMEFRONT_READ_CONNS": "many", "HOMEFRONT_WRITE_CONNS": "0", "HOMEFRONT_LOG_LEVEL": "loud", "HOMEFRONT_SECRET": strings.Repeat("0", 64),
		"HOMEFRONT_STAFF_MFA": "required", "HOMEFRONT_PUBLIC_URL": "http://app.example.org", "HOMEFRONT_SMTP_TLS": "maybe", "HOMEFRONT_SMTP_HOST": "",
		"DATABASE_URL": "postgres://postgres:postgres@127.0.0.1/homefront", "HOMEFRONT_ORIGINS": "app.example.org", "HOMEFRONT_TRUSTED_PROXIES": "everybody",
		"HOMEFRONT_MAIL_FROM": "nobody", "HOMEFRONT_MAIL_REPLY_TO": "zz", "HOMEFRONT_METRICS_ADDR": "q",
	}
	for name, value := range bad {
		t.Setenv(name, value)
	}
	err := load().check(needAll)
	if err == nil {
		t.Fatal("accepted")
	}
	for name := range bad {
		if !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	for _, secret := range []string{"postgres:postgres", strings.Repeat("0", 64)} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the message holds a secret: %v", err)
		}
	}
}

func TestJitsiIsSetUpWholeOrNotAtAll(t *testing.T) {
	good(t)
	secret := strings.Repeat("s", 32)
	for name, c := range map[string]struct{ url, id, secret, wrong string }{
		"whole":                {"https://meet.example.org", "homefront", secret, ""},
		"next door":            {"http://127.0.0.1:8000", "homefront", secret, ""},
		"in the clear":         {"http://meet.example.org", "homefront", secret, "URL"},
		"with a slash":         {"https://meet.example.org/", "homefront", secret, "URL"},
		"with a password":      {"https://me:pw@meet.example.org", "homefront", secret, "URL"},
		"without an address":   {"", "homefront", secret, "URL"},
		"without an id":        {"https://meet.example.org", "", secret, "APP_ID"},
		"without a secret":     {"https://meet.example.org", "homefront", "", "SECRET"},
		"with too short a one": {"https://meet.example.org", "homefront", secret[1:], "SECRET"},
	} {
		for setting, value := range map[string]string{"URL": c.url, "APP_ID": c.id, "SECRET": c.secret} {
			t.Setenv("HOMEFRONT_JITSI_"+setting, value)
		}
		err := load().check(needAll)
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || strings.Count(err.Error(), "HOMEFRONT_JITSI_") != 1 || !strings.Contains(err.Error(), "HOMEFRONT_JITSI_"+c.wrong+":")) {
			t.Errorf("%s: %v", name, err)
		}
		if got := load().jitsi(); got.URL != c.url || got.AppID != c.id || got.Secret != c.secret {
			t.Errorf("%s: rooms are made with %+v", name, got)
		}
		if c.secret != "" && err != nil && strings.Contains(err.Error(), c.secret) {
			t.Errorf("%s: the message holds the secret", name)
		}
	}
}

func TestEveryCommandNeedsOnlyWhatItUses(t *testing.T) {
	good(t)
	for _, name := range []string{"HOMEFRONT_SMTP_HOST", "HOMEFRONT_MAIL_FROM", "HOMEFRONT_PUBLIC_URL"} {
		if err := os.Unsetenv(name); err != nil {
			t.Fatal(err)
		}
	}
	c := load()
	if err := c.check(needDatabase); err != nil {
		t.Errorf("the database's commands ask for mail: %v", err)
	}
	err := c.check(needAll)
	for _, name := range []string{"HOMEFRONT_SMTP_HOST", "HOMEFRONT_MAIL_FROM", "HOMEFRONT_PUBLIC_URL"} {
		if err == nil || !strings.Contains(err.Error(), name+": missing") {
			t.Errorf("serve does not ask for %s: %v", name, err)
		}
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	good(t)
	var out bytes.Buffer
	if err := load().print(&out); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); strings.Contains(s, "a-long-password") || strings.Contains(s, "303132") || !strings.Contains(s, "(set, hidden)") {
		t.Errorf("printed\n%s", s)
	}
}

func TestServeRefusesUnsafeDatabases(t *testing.T) {
	db := pgtest.New(t)
	for url, word := range map[string]string{db.SuperURL: "superuser", db.OwnerURL: "rewrite the audit log", db.AppURL: "may lose"} {
		c := load()
		c.DatabaseURL, c.SMTPHost, c.SMTPTLS, c.MailFrom = url, "127.0.0.1", "none", "a@example.org"
		a, err := assemble(t.Context(), c, apptest.Secret, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		// The tests' own PostgreSQL runs without fsync, which serve must refuse too.
		if err := a.checkDatabase(t.Context()); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("told %v, want a word on %q", err, word)
		}
		a.Core.Close()
	}
}
