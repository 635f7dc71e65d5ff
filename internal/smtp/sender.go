// Package smtp sends mail through an SMTP server, and catches it in the demo's own.
package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"homefront/services/notices"
)

// How a connection is encrypted.
const (
	TLSNone     = "none"
	TLSStartTLS = "starttls" // required, not merely tried: else anyone on the way could strip it
	TLSImplicit = "tls"
)

// Config says where mail goes and whom it is from.
type Config struct {
	Host, Username, Password string
	Port                     int
	TLS                      string
	From                     string // "Homefront <hello@homefront.example>" or a bare address
	ReplyTo                  string // as From, or empty
	Timeout                  time.Duration
}

// Sender hands each mail to the server over a connection of its own, so it may be used by any number of goroutines.
type Sender struct {
	cfg           Config
	from, replyTo *mail.Address
	domain        string         // of the Message-ID
	roots         *x509.CertPool // nil: those of the system
}

var _ notices.Mailer = (*Sender)(nil)

// New checks the configuration; it does not connect. A Timeout of 0 means 30 seconds for each exchange.
func New(cfg Config) (*Sender, error) {
	s := &Sender{cfg: cfg}
	if cfg.Host == "" || cfg.Port < 1 || cfg.Port > 65535 {
		return nil, errors.New("smtp: host and port are required")
	}
	if !slices.Contains([]string{TLSNone, TLSStartTLS, TLSImplicit}, cfg.TLS) {
		return nil, fmt.Errorf("smtp: TLS must be none, starttls or tls, not %q", cfg.TLS)
	}
	if cfg.Username != "" && cfg.TLS == TLSNone {
		return nil, errors.New("smtp: a password must not travel unencrypted; use starttls or tls")
	}
	var err error
	if s.from, err = mail.ParseAddress(cfg.From); err != nil {
		return nil, fmt.Errorf("smtp: from: %w", err)
	}
	if cfg.ReplyTo != "" {
		if s.replyTo, err = mail.ParseAddress(cfg.ReplyTo); err != nil {
			return nil, fmt.Errorf("smtp: reply-to: %w", err)
		}
	}
	if s.cfg.Timeout <= 0 {
		s.cfg.Timeout = 30 * time.Second
	}
	s.domain = s.from.Address[strings.LastIndex(s.from.Address, "@")+1:]
	return s, nil
}

// Send returns nil once the server has taken the mail. Any error is a *SendError.
func (s *Sender) Send(ctx context.Context, m notices.Mail) error {
	msg, err := s.compose(m)
	if err != nil {
		return &SendError{stage: "compose", permanent: true, err: err}
	}
	// go-mail watches the context while it dials only; closing the connection is what ends an exchange.
	var conn net.Conn
	unwatch := func() bool { return true }
	client, err := s.client(func(dialing context.Context, network, address string) (net.Conn, error) {
		c, err := s.dial(dialing, network, address)
		if err == nil {
			conn, unwatch = c, context.AfterFunc(ctx, func() { _ = c.Close() })
		}
		return c, err
	})
	if err != nil {
		return &SendError{stage: "connect", err: err}
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if conn != nil {
		defer func() { unwatch(); _ = conn.Close() }()
	}
	if err != nil {
		return connectError(ctx, err)
	}
	err = client.SendWithSMTPClient(session, msg)
	// Whatever fails after the server's 250 is no reason to send again.
	if msg.IsDelivered() {
		_ = conn.SetDeadline(time.Now().Add(2 * time.Second)) // a server slow to say goodbye is not waited for
		_ = client.CloseWithSMTPClient(session)
		return nil
	}
	return deliveryError(ctx, err)
}

func (s *Sender) client(dial gomail.DialContextFunc) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.cfg.Port), gomail.WithTimeout(s.cfg.Timeout), gomail.WithDialContextFunc(dial),
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	switch s.cfg.TLS {
	case TLSNone:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case TLSStartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTLSConfig(s.tlsConfig()))
	case TLSImplicit:
		// dial has encrypted the connection; this policy is the one under which go-mail finds that out, which it wants to
		// know before it sends a password.
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithTLSConfig(s.tlsConfig()))
	}
	if s.cfg.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.cfg.Username), gomail.WithPassword(s.cfg.Password))
	}
	return gomail.NewClient(s.cfg.Host, options...)
}

func (s *Sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: s.cfg.Timeout}
	if s.cfg.TLS == TLSImplicit {
		return (&tls.Dialer{NetDialer: dialer, Config: s.tlsConfig()}).DialContext(ctx, network, address)
	}
	return dialer.DialContext(ctx, network, address)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.cfg.Host, MinVersion: tls.VersionTLS12, RootCAs: s.roots}
}

var messageID = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,200}$`)

// compose writes the message: text and HTML as alternatives, and a calendar object both as an alternative, which calendars
// act upon (RFC 6047), and as invite.ics for programs that do not. Several calendar objects are no alternatives to the text,
// and are attached only.
func (s *Sender) compose(m notices.Mail) (*gomail.Msg, error) {
	to, err := recipient(m)
	if err != nil {
		return nil, err
	}
	if !messageID.MatchString(m.ID) {
		return nil, errors.New("the ID must be letters, digits, dots, pluses, dashes and underscores")
	}
	if m.Subject == "" || hasControl(m.Subject) {
		return nil, errors.New("the subject is empty or has control characters")
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	if s.replyTo != nil {
		msg.ReplyToMailAddress(s.replyTo)
	}
	msg.ToMailAddress(to)
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.Subject(m.Subject)
	// RFC 3834: out-of-office programs do not answer, and so no loop starts.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if err := setHeaders(msg, m.Headers); err != nil {
		return nil, err
	}
	return msg, setBody(msg, m)
}

func recipient(m notices.Mail) (*mail.Address, error) {
	a, err := mail.ParseAddress(m.To)
	if err != nil || a.Address != m.To || a.Name != "" {
		return nil, errors.New("the recipient must be one bare address")
	}
	if hasControl(m.ToName) {
		return nil, errors.New("the recipient's name has control characters")
	}
	return &mail.Address{Name: m.ToName, Address: m.To}, nil
}

// hasControl finds what could end a header line; it also refuses text that no header can carry.
func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl)
}

// ownHeaders are written by compose and go-mail; another one could redirect the mail or change what it is.
var ownHeaders = regexp.MustCompile(`^(From|Sender|To|Cc|Bcc|Reply-To|Subject|Date|Message-Id|Return-Path|Received|Resent-.*|Mime-.*|Content-.*)$`)

var (
	headerName  = regexp.MustCompile(`^[A-Za-z0-9-]{1,70}$`)
	headerValue = regexp.MustCompile(`^[\x20-\x7e]{1,900}$`)
)

func setHeaders(msg *gomail.Msg, headers map[string]string) error {
	for name, value := range headers {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			return fmt.Errorf("header %q: name or value is not printable ASCII", name)
		}
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if ownHeaders.MatchString(canonical) {
			return fmt.Errorf("header %q cannot be set", name)
		}
		msg.SetGenHeader(gomail.Header(canonical), value)
	}
	return nil
}

func setBody(msg *gomail.Msg, m notices.Mail) error {
	if m.Text == "" {
		return errors.New("the text is empty")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for i, file := range m.ICS {
		if !slices.Contains([]string{notices.MethodPublish, notices.MethodRequest, notices.MethodCancel}, file.Method) {
			return fmt.Errorf("unknown calendar method %q", file.Method)
		}
		name := "invite.ics"
		if len(m.ICS) > 1 {
			name = fmt.Sprintf("invite-%d.ics", i+1)
		} else if file.Method != notices.MethodPublish {
			// Base64, because quoted-printable would let a server change the line ends that RFC 5545 prescribes.
			msg.AddAlternativeString(gomail.ContentType("text/calendar; method="+file.Method), string(file.Bytes), gomail.WithPartEncoding(gomail.EncodingB64))
		}
		// application/ics, as large senders have it: with text/calendar some programs act on the object twice.
		msg.AttachReadSeeker(name, bytes.NewReader(file.Bytes), gomail.WithFileContentType("application/ics"))
	}
	return nil
}

// SendError says how far the mail came. Its text holds neither address nor the server's words, which often repeat the address;
// Unwrap gives those.
type SendError struct {
	Code      int    // the server's answer, 0 when there was none
	Enhanced  string // "5.1.1" (RFC 3463), or empty
	stage     string
	permanent bool
	err       error
}

var _ notices.PermanentError = (*SendError)(nil)

func (e *SendError) Error() string {
	switch {
	case e.Code != 0:
		return strings.TrimSpace(fmt.Sprintf("smtp: %s: the server answered %d %s", e.stage, e.Code, e.Enhanced))
	case e.stage == "deliver":
		return "smtp: deliver: the connection failed"
	}
	return fmt.Sprintf("smtp: %s: %v", e.stage, e.err)
}

func (e *SendError) Unwrap() error { return e.err }

// Permanent tells that the same mail will never be taken.
func (e *SendError) Permanent() bool { return e.permanent }

// connectError is never permanent: a refused login or a server that wants no mail today says nothing about this mail.
func connectError(ctx context.Context, err error) error {
	e := &SendError{stage: "connect", err: withCause(ctx, err)}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		e.Code = answer.Code
	}
	return e
}

// deliveryError goes by the answer's first digit alone. (go-mail's IsTemp takes a broken connection for permanent.)
func deliveryError(ctx context.Context, err error) error {
	e := &SendError{stage: "deliver", err: withCause(ctx, err)}
	var failed *gomail.SendError
	if errors.As(err, &failed) {
		e.Code, e.Enhanced = failed.ErrorCode(), failed.EnhancedStatusCode()
	}
	e.permanent = e.Code >= 500 && e.Code < 600 && !aboutLogin(e.Code)
	return e
}

// aboutLogin lists the answers of RFC 4954 that blame the session: the configuration will be mended, the mail is good.
func aboutLogin(code int) bool { return slices.Contains([]int{530, 534, 535, 538}, code) }

func withCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}
