package main

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5"

	"homefront/services"
	"homefront/services/outreach"
	"homefront/services/workshops"
)

// Config is every setting, read from the environment once.
type Config struct {
	Addr        string   `env:"HOMEFRONT_ADDR" envDefault:"127.0.0.1:8080" doc:"Where the API listens"`
	MetricsAddr string   `env:"HOMEFRONT_METRICS_ADDR" doc:"Where /metrics listens; empty serves none"`
	PublicURL   string   `env:"HOMEFRONT_PUBLIC_URL" envDefault:"http://127.0.0.1:8080" doc:"Where people reach the app; every link in a mail begins with it"`
	OrgName     string   `env:"HOMEFRONT_ORG_NAME" envDefault:"Homefront" doc:"The organization's name, for mails to those who chose to see it"`
	DataDir     string   `env:"HOMEFRONT_DATA" envDefault:".data" doc:"Where demo keeps its private PostgreSQL"`
	LogLevel    string   `env:"HOMEFRONT_LOG_LEVEL" envDefault:"info" doc:"debug, info, warn or error"`
	Origins     []string `env:"HOMEFRONT_ORIGINS" doc:"Comma-separated origins of browsers that may call the API"`
	Proxies     []string `env:"HOMEFRONT_TRUSTED_PROXIES" doc:"Comma-separated addresses or networks whose X-Forwarded-For is believed"`

	PerSecond int `env:"HOMEFRONT_REQUESTS_PER_SECOND" envDefault:"50" doc:"Requests a second that one account, or one address before sign-in, may make; four seconds' worth may come at once"`

	DatabaseURL string `env:"DATABASE_URL" secret:"true" doc:"PostgreSQL as the runtime role; serve needs it"`
	MigrateURL  string `env:"HOMEFRONT_MIGRATE_URL" secret:"true" doc:"PostgreSQL as the owner role; migrate needs it"`
	ReadConns   int    `env:"HOMEFRONT_READ_CONNS" envDefault:"4" doc:"Database connections for reads"`
	WriteConns  int    `env:"HOMEFRONT_WRITE_CONNS" envDefault:"4" doc:"Database connections for writes"`
	Workers     int    `env:"HOMEFRONT_WORKERS" envDefault:"4" doc:"Jobs worked at once"`

	Secret       string   `env:"HOMEFRONT_SECRET" secret:"true" doc:"32 random bytes in hex or base64, as 'openssl rand -hex 32' prints; serve needs it. Losing it loses everything that is encrypted"`
	KEK          string   `env:"HOMEFRONT_KEK" secret:"true" doc:"Key-encryption key, 32 random bytes in base64: people's keys are wrapped by it. Empty: by one derived from HOMEFRONT_SECRET"`
	KEKFile      string   `env:"HOMEFRONT_KEK_FILE" doc:"A file that holds it, in place of HOMEFRONT_KEK"`
	KEKURI       string   `env:"HOMEFRONT_KEK_URI" doc:"The key of a key management service that opens what the file holds, such as awskms:///alias/homefront?region=us-east-1; asked once, at the start"`
	PreviousKEKs []string `env:"HOMEFRONT_KEK_PREVIOUS" secret:"true" doc:"Comma-separated key-encryption keys that open what they wrapped: those before, and the next one, which every process must know before one uses it. Each as in HOMEFRONT_KEK, or file:PATH; with HOMEFRONT_KEK_URI sealed by it"`

	StaffedHours string `env:"HOMEFRONT_STAFFED_HOURS" envDefault:"Mon-Fri 09:00-17:00 America/New_York" doc:"When a person on the team reads help requests: days, hours, IANA zone. Members are told so"`
	ReviewShare  int    `env:"HOMEFRONT_REVIEW_SHARE" envDefault:"0" doc:"Per cent of all registrations and applications, 0 to 100, that staff look at by lot: then being looked at says nothing of a person"`

	JitsiURL    string `env:"HOMEFRONT_JITSI_URL" doc:"Your own Jitsi with token authentication, such as https://meet.example.org; workshops can then be held in rooms of it. Empty: at addresses that planners write down"`
	JitsiAppID  string `env:"HOMEFRONT_JITSI_APP_ID" doc:"Its app_id"`
	JitsiSecret string `env:"HOMEFRONT_JITSI_SECRET" secret:"true" doc:"Its app_secret, 32 characters or more"`

	StaffMFA string `env:"HOMEFRONT_STAFF_MFA" envDefault:"off" doc:"off; 'required' waits for the version that has factors"`

	SMTPHost     string `env:"HOMEFRONT_SMTP_HOST" doc:"Mail server; serve needs it"`
	SMTPPort     int    `env:"HOMEFRONT_SMTP_PORT" envDefault:"587" doc:"Its port"`
	SMTPUser     string `env:"HOMEFRONT_SMTP_USERNAME" doc:"Empty signs in nowhere"`
	SMTPPassword string `env:"HOMEFRONT_SMTP_PASSWORD" secret:"true" doc:"The mail server's password"`
	SMTPTLS      string `env:"HOMEFRONT_SMTP_TLS" envDefault:"starttls" doc:"none, starttls or tls"`
	MailFrom     string `env:"HOMEFRONT_MAIL_FROM" doc:"The sender's address; keep it neutral, it shows on lock screens; serve needs it"`
	MailFromName string `env:"HOMEFRONT_MAIL_FROM_NAME" envDefault:"Appointments" doc:"The sender's name; keep it neutral too"`
	MailReplyTo  string `env:"HOMEFRONT_MAIL_REPLY_TO" doc:"A mailbox that somebody reads; without it mails say that replies are not read"`

	unreadable map[string]string // by setting: what a value that cannot be read should be
}

// load reads the environment. What cannot be read keeps its default, and check tells of it with all else that is wrong.
func load() Config {
	var c Config
	err := env.Parse(&c)
	c.unreadable = map[string]string{}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return c
	}
	for _, err := range all.Errors {
		var one env.ParseError
		if !errors.As(err, &one) {
			continue
		}
		f, _ := reflect.TypeOf(c).FieldByName(one.Name)
		c.unreadable[f.Tag.Get("env")] = "a whole number"
		if n, err := strconv.Atoi(f.Tag.Get("envDefault")); err == nil {
			reflect.ValueOf(&c).Elem().FieldByName(one.Name).SetInt(int64(n))
		}
	}
	return c
}

// need is what a command must find in the configuration, beside values that make sense.
type need int

// What commands need: nothing (demo makes it up), the database and its secret, or all that serving takes.
const (
	needNothing need = iota
	needDatabase
	needAll
)

// check names every wrong value at once.
func (c Config) check(n need) error {
	var errs []error
	wrong := func(name, rule string) { errs = append(errs, fmt.Errorf("%s: %s", name, rule)) }
	for _, name := range slices.Sorted(maps.Keys(c.unreadable)) {
		wrong(name, c.unreadable[name])
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		wrong("HOMEFRONT_ADDR", "host:port, such as 127.0.0.1:8080")
	}
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.HasSuffix(c.PublicURL, "/") {
		wrong("HOMEFRONT_PUBLIC_URL", "an http or https URL without a slash at its end")
	}
	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		wrong("HOMEFRONT_LOG_LEVEL", "debug, info, warn or error")
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"HOMEFRONT_READ_CONNS", c.ReadConns}, {"HOMEFRONT_WRITE_CONNS", c.WriteConns}, {"HOMEFRONT_WORKERS", c.Workers}} {
		if n.value < 1 || n.value > 100 {
			wrong(n.name, "1 to 100")
		}
	}
	if c.PerSecond < 1 || c.PerSecond > 1_000_000 {
		wrong("HOMEFRONT_REQUESTS_PER_SECOND", "1 to 1000000")
	}
	if _, err := outreach.ParseHours(c.StaffedHours); err != nil {
		wrong("HOMEFRONT_STAFFED_HOURS", "as in Mon-Fri 09:00-17:00 America/New_York")
	}
	if c.ReviewShare < 0 || c.ReviewShare > 100 {
		wrong("HOMEFRONT_REVIEW_SHARE", "0 to 100")
	}
	for _, p := range c.Proxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			if _, err := netip.ParseAddr(p); err != nil {
				wrong("HOMEFRONT_TRUSTED_PROXIES", "addresses or networks, such as 10.0.0.0/8")
			}
		}
	}
	for _, o := range c.Origins {
		if u, err := url.Parse(o); err != nil || u.Host == "" || u.Path != "" {
			wrong("HOMEFRONT_ORIGINS", "origins, such as https://app.example.org")
		}
	}
	if c.StaffMFA != "off" {
		wrong("HOMEFRONT_STAFF_MFA", "off: this version has no second factors to require")
	}
	if c.SMTPTLS != "none" && c.SMTPTLS != "starttls" && c.SMTPTLS != "tls" {
		wrong("HOMEFRONT_SMTP_TLS", "none, starttls or tls")
	}
	if c.SMTPPort < 1 || c.SMTPPort > 65535 {
		wrong("HOMEFRONT_SMTP_PORT", "1 to 65535")
	}
	errs = append(errs, c.checkJitsi()...)
	if n >= needDatabase {
		errs = append(errs, c.checkDatabase()...)
	}
	if n == needAll {
		errs = append(errs, c.checkServe()...)
	}
	for _, m := range []struct{ name, value string }{{"HOMEFRONT_MAIL_FROM", c.MailFrom}, {"HOMEFRONT_MAIL_REPLY_TO", c.MailReplyTo}} {
		if _, err := mail.ParseAddress(m.value); m.value != "" && err != nil {
			wrong(m.name, "an e-mail address")
		}
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddr); c.MetricsAddr != "" && err != nil {
		wrong("HOMEFRONT_METRICS_ADDR", "host:port, such as 127.0.0.1:9090")
	}
	if len(errs) > 0 {
		return fmt.Errorf("the configuration has wrong values:\n%w", errors.Join(errs...))
	}
	return nil
}

func (c Config) checkDatabase() (errs []error) {
	wrong := func(name, rule string) { errs = append(errs, fmt.Errorf("%s: %s", name, rule)) }
	if _, err := c.secret(); err != nil {
		wrong("HOMEFRONT_SECRET", err.Error())
	}
	for name, rule := range c.checkKEKs() {
		wrong(name, rule)
	}
	if _, err := pgx.ParseConfig(c.DatabaseURL); c.DatabaseURL == "" || err != nil {
		wrong("DATABASE_URL", "a PostgreSQL URL, such as postgres://homefront_app:…@db.example.org/homefront")
	} else if u, err := url.Parse(c.DatabaseURL); err == nil && u.User != nil {
		if password, set := u.User.Password(); set && (len(password) < 12 || password == u.User.Username()) {
			wrong("DATABASE_URL", "the password is too weak: 12 characters or more, and not the user's name")
		}
	}
	return errs
}

// checkJitsi asks for all of it, or none: a room without a token stands open.
func (c Config) checkJitsi() (errs []error) {
	wrong := func(name, rule string) { errs = append(errs, fmt.Errorf("%s: %s", name, rule)) }
	if c.JitsiURL == "" && c.JitsiAppID == "" && c.JitsiSecret == "" {
		return nil
	}
	switch u, err := url.Parse(c.JitsiURL); {
	case c.JitsiURL == "":
		wrong("HOMEFRONT_JITSI_URL", "missing: the app id and the secret are of no use without it")
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(c.JitsiURL, "/") || u.Scheme != "https" && !loopback(c.JitsiURL):
		wrong("HOMEFRONT_JITSI_URL", "an https URL without a slash at its end")
	}
	if c.JitsiAppID == "" {
		wrong("HOMEFRONT_JITSI_APP_ID", "missing: it is in the settings of your Jitsi as app_id")
	}
	if len(c.JitsiSecret) < 32 {
		wrong("HOMEFRONT_JITSI_SECRET", "32 characters or more, the same as app_secret in the settings of your Jitsi")
	}
	return errs
}

func (c Config) jitsi() workshops.Jitsi {
	return workshops.Jitsi{URL: c.JitsiURL, AppID: c.JitsiAppID, Secret: c.JitsiSecret}
}

func (c Config) checkServe() (errs []error) {
	wrong := func(name, rule string) { errs = append(errs, fmt.Errorf("%s: %s", name, rule)) }
	for _, n := range []struct{ name, value string }{{"HOMEFRONT_SMTP_HOST", c.SMTPHost}, {"HOMEFRONT_MAIL_FROM", c.MailFrom}} {
		if n.value == "" {
			wrong(n.name, "missing")
		}
	}
	_, chosen := os.LookupEnv("HOMEFRONT_PUBLIC_URL")
	switch {
	case !chosen:
		wrong("HOMEFRONT_PUBLIC_URL", "missing: every link in a mail begins with it")
	case !strings.HasPrefix(c.PublicURL, "https://") && !loopback(c.PublicURL):
		wrong("HOMEFRONT_PUBLIC_URL", "https, since links in mails carry secrets")
	}
	return errs
}

func loopback(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// secret decodes the deployment's secret: hex first, since hex is also valid base64.
func (c Config) secret() ([]byte, error) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(strings.TrimSpace(c.Secret)); err == nil && len(b) == services.SecretBytes {
			if _, err := services.NewKeys(b); err != nil {
				return nil, err
			}
			return b, nil
		}
	}
	return nil, errors.New("32 random bytes in hex or base64; 'openssl rand -hex 32' makes one")
}

// print lists every setting, where it comes from, and its default. Secrets are masked.
func (c Config) print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "SETTING\tVALUE\tFROM\tDEFAULT\tMEANING")
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		name, from, fallback := f.Tag.Get("env"), "default", f.Tag.Get("envDefault")
		if _, set := os.LookupEnv(name); set {
			from = "environment"
		}
		value := strings.Trim(fmt.Sprint(v.Field(i).Interface()), "[]")
		if f.Tag.Get("secret") == "true" && value != "" {
			value = "(set, hidden)"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", name, orDash(value), from, orDash(fallback), f.Tag.Get("doc"))
	}
	return out.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (c Config) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(c.LogLevel)) // check has refused a bad one
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
