package smtp

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"homefront/services/notices"
)

func startSink(t *testing.T) *Sink {
	t.Helper()
	sink, err := NewSink()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

func senderTo(t *testing.T, addr string) *Sender {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	s, err := New(Config{Host: host, Port: number, TLS: TLSNone, From: "Homefront Ünited <hello@homefront.example>", ReplyTo: "desk@homefront.example", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func aMail() notices.Mail {
	return notices.Mail{
		ID: "0197-abc", To: "ana@example.org", ToName: `Ana "Anita" Núñez, Jr.`, Subject: "Your place in “Finding work” – 日本語 and more words so that it must be folded",
		Text: "Hello Ana,\n.\nyour place is confirmed — see you.\n" + strings.Repeat("long ", 300),
		HTML: "<p>Hello <b>Ana</b>, é</p>",
		ICS:  []notices.CalendarFile{{Method: "REQUEST", Bytes: []byte("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:é\r\nEND:VCALENDAR\r\n")}},
		Headers: map[string]string{
			"List-Unsubscribe":      "<https://homefront.example/u/" + strings.Repeat("a", 120) + ">",
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		},
	}
}

func TestSendToSink(t *testing.T) {
	sink := startSink(t)
	m := aMail()
	if err := senderTo(t, sink.Addr()).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	mails := sink.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	got := mails[0]
	if got.Subject != m.Subject || got.From != "Homefront Ünited <hello@homefront.example>" && got.From != `"Homefront Ünited" <hello@homefront.example>` {
		t.Errorf("subject %q from %q", got.Subject, got.From)
	}
	if got.MessageID != "0197-abc@homefront.example" || len(got.To) != 1 || got.To[0] != m.To {
		t.Errorf("id %q to %q", got.MessageID, got.To)
	}
	if strings.ReplaceAll(got.Text, "\r\n", "\n") != m.Text || got.HTML != m.HTML || got.ICS != string(m.ICS[0].Bytes) {
		t.Errorf("text %q html %q ics %q", got.Text, got.HTML, got.ICS)
	}
	if time.Since(got.Date).Abs() > time.Minute {
		t.Errorf("date %s", got.Date)
	}
	header := func(name string) string { return strings.Join(got.Headers[name], "|") }
	for name, want := range m.Headers {
		if header(name) != want {
			t.Errorf("%s: %q", name, header(name))
		}
	}
	if !strings.Contains(header("To"), "<ana@example.org>") || header("Reply-To") != "<desk@homefront.example>" || header("Auto-Submitted") != "auto-generated" || header("User-Agent") != "" {
		t.Errorf("%v", got.Headers)
	}
	raw := string(got.Raw)
	for _, want := range []string{"text/calendar; method=REQUEST; charset=UTF-8", `application/ics; name="invite.ics"`, `attachment; filename="invite.ics"`} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s in\n%s", want, raw)
		}
	}
	for line := range strings.SplitSeq(raw, "\r\n") {
		if len(line) > 200 || strings.Contains(line, "\n") {
			t.Errorf("line of %d octets: %q", len(line), line)
		}
	}
}

// Several calendar files are attached, and none passes for the mail itself: a program would act on one of them alone.
func TestSeveralCalendarFiles(t *testing.T) {
	sink := startSink(t)
	m := aMail()
	m.ICS = []notices.CalendarFile{
		{Method: "CANCEL", Bytes: []byte("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nX-N:1\r\nEND:VCALENDAR\r\n")},
		{Method: "CANCEL", Bytes: []byte("BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nX-N:2\r\nEND:VCALENDAR\r\n")},
	}
	if err := senderTo(t, sink.Addr()).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := sink.Mails()[0]
	if got.ICS != string(m.ICS[0].Bytes)+string(m.ICS[1].Bytes) {
		t.Errorf("%q", got.ICS)
	}
	raw := string(got.Raw)
	for _, want := range []string{`attachment; filename="invite-1.ics"`, `attachment; filename="invite-2.ics"`} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %s in\n%s", want, raw)
		}
	}
	if strings.Contains(raw, "text/calendar") {
		t.Error(raw)
	}
}

func TestPlainTextOnly(t *testing.T) {
	sink := startSink(t)
	if err := senderTo(t, sink.Addr()).Send(t.Context(), notices.Mail{ID: "1", To: "a@example.org", Subject: "Hi", Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	if got := sink.Mails()[0]; strings.TrimSpace(got.Text) != "Hello" || got.HTML != "" || got.ICS != "" || !strings.HasPrefix(got.Headers["Content-Type"][0], "text/plain") {
		t.Errorf("%+v", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	sink := startSink(t)
	s := senderTo(t, sink.Addr())
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			m := aMail()
			m.ID, m.To = fmt.Sprint("m", i), fmt.Sprintf("p%d@example.org", i)
			if err := s.Send(context.Background(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, m := range sink.Mails() {
		if m.To[0] != "p"+strings.TrimSuffix(m.MessageID[1:], "@homefront.example")+"@example.org" {
			t.Errorf("%s went to %s", m.MessageID, m.To)
		}
		seen[m.MessageID] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d of 40", len(seen))
	}
}

func TestInjectionIsRefused(t *testing.T) {
	sink := startSink(t)
	s := senderTo(t, sink.Addr())
	cases := map[string]func(*notices.Mail){
		"subject":            func(m *notices.Mail) { m.Subject = "Hi\r\nBcc: evil@example.org" },
		"subject LF":         func(m *notices.Mail) { m.Subject = "Hi\nBcc: evil@example.org" },
		"subject NEL":        func(m *notices.Mail) { m.Subject = "Hi\u0085there" },
		"subject not UTF-8":  func(m *notices.Mail) { m.Subject = "Hi\xff" },
		"no subject":         func(m *notices.Mail) { m.Subject = "" },
		"name":               func(m *notices.Mail) { m.ToName = "Ana\r\nBcc: evil@example.org" },
		"address":            func(m *notices.Mail) { m.To = "ana@example.org\r\nBcc: evil@example.org" },
		"address with CRLF":  func(m *notices.Mail) { m.To = "ana@example.org>\r\nRCPT TO:<evil@example.org" },
		"two addresses":      func(m *notices.Mail) { m.To = "ana@example.org, evil@example.org" },
		"a named address":    func(m *notices.Mail) { m.To = "Ana <ana@example.org>" },
		"no address":         func(m *notices.Mail) { m.To = "" },
		"id":                 func(m *notices.Mail) { m.ID = "a>\r\nX: 1" },
		"header value":       func(m *notices.Mail) { m.Headers = map[string]string{"X-A": "1\r\nBcc: evil@example.org"} },
		"header name":        func(m *notices.Mail) { m.Headers = map[string]string{"X-A: 1\r\nBcc": "evil@example.org"} },
		"own header":         func(m *notices.Mail) { m.Headers = map[string]string{"bcc": "evil@example.org"} },
		"own content type":   func(m *notices.Mail) { m.Headers = map[string]string{"content-type": "text/html"} },
		"own message id":     func(m *notices.Mail) { m.Headers = map[string]string{"Message-ID": "<x@y>"} },
		"calendar method":    func(m *notices.Mail) { m.ICS[0].Method = "REQUEST\r\nX: 1" },
		"no calendar method": func(m *notices.Mail) { m.ICS[0].Method = "" },
		"no text":            func(m *notices.Mail) { m.Text = "" },
	}
	for name, change := range cases {
		m := aMail()
		change(&m)
		var permanent notices.PermanentError
		if err := s.Send(t.Context(), m); !errors.As(err, &permanent) || !permanent.Permanent() {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Within the name, quotes and commas are only text.
	m := aMail()
	m.ToName = `x" <evil@example.org>, "y`
	if err := s.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if mails := sink.Mails(); len(mails) != 1 || len(mails[0].To) != 1 || mails[0].To[0] != m.To {
		t.Errorf("%+v", mails)
	}
}

// fakeServer answers each command with what answers has for it, else as a willing server would. "." is the end of the data,
// "" the greeting; an answer "drop" closes the connection and "hang" says nothing.
func fakeServer(t *testing.T, answers map[string]string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go converse(conn, answers)
		}
	}()
	return listener.Addr().String()
}

func converse(conn net.Conn, answers map[string]string) {
	defer func() { _ = conn.Close() }()
	willing := map[string]string{"": "220 fake ESMTP", "EHLO": "250-fake\r\n250 ENHANCEDSTATUSCODES", "DATA": "354 go on", "QUIT": "221 bye"}
	lines := bufio.NewScanner(conn)
	for verb, data := "", false; ; {
		answer, ok := answers[verb]
		if !ok {
			answer = willing[verb]
		}
		switch {
		case answer == "drop":
			return
		case answer == "hang":
		case answer != "":
			_, _ = fmt.Fprintf(conn, "%s\r\n", answer)
		case !data:
			_, _ = io.WriteString(conn, "250 fine\r\n")
		}
		data = data && verb != "." || verb == "DATA" && strings.HasPrefix(answer, "354")
		for verb = "more"; data && verb != "."; {
			if !lines.Scan() {
				return
			}
			verb = lines.Text()
		}
		if data {
			data = false
			continue
		}
		if !lines.Scan() {
			return
		}
		verb, _, _ = strings.Cut(strings.ToUpper(lines.Text()), " ")
	}
}

func TestErrorsAreClassified(t *testing.T) {
	cases := []struct {
		verb, answer string
		code         int
		enhanced     string
		permanent    bool
	}{
		{"RCPT", "550 5.1.1 <ana@example.org> unknown", 550, "5.1.1", true},
		{"RCPT", "450 4.2.1 <ana@example.org> greylisted", 450, "4.2.1", false},
		{"MAIL", "553 5.7.1 sender refused", 553, "5.7.1", true},
		{"MAIL", "452 4.3.1 full", 452, "4.3.1", false},
		{"MAIL", "530 5.7.0 log in first", 530, "5.7.0", false},
		{"DATA", "554 5.5.1 no", 554, "5.5.1", true},
		{"DATA", "421 4.3.2 going down", 421, "4.3.2", false},
		{".", "552 5.3.4 too big", 552, "5.3.4", true},
		{".", "451 4.3.0 later", 451, "4.3.0", false},
		{".", "drop", 0, "", false},
		{"RCPT", "drop", 0, "", false},
		{"", "554 no service", 554, "", false},
		{"", "drop", 0, "", false},
	}
	for _, c := range cases {
		t.Run(c.verb+" "+c.answer, func(t *testing.T) {
			err := senderTo(t, fakeServer(t, map[string]string{c.verb: c.answer})).Send(t.Context(), aMail())
			var failed *SendError
			if !errors.As(err, &failed) {
				t.Fatalf("%T %v", err, err)
			}
			if failed.Code != c.code || failed.Enhanced != c.enhanced || failed.Permanent() != c.permanent {
				t.Errorf("code %d %q permanent %v: %v", failed.Code, failed.Enhanced, failed.Permanent(), failed.Unwrap())
			}
			if strings.Contains(err.Error(), "example.org") {
				t.Errorf("the address is in %q", err)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	_ = listener.Close()
	var failed *SendError
	if err := senderTo(t, addr).Send(t.Context(), aMail()); !errors.As(err, &failed) || failed.Permanent() {
		t.Error(err)
	}
}

// After the server's 250 the mail is its own; an error then would send it twice.
func TestTakenIsSent(t *testing.T) {
	for _, answer := range []string{"drop", "500 what?", "hang"} {
		started := time.Now()
		if err := senderTo(t, fakeServer(t, map[string]string{"QUIT": answer})).Send(t.Context(), aMail()); err != nil {
			t.Errorf("%s: %v", answer, err)
		}
		if waited := time.Since(started); waited > 4*time.Second {
			t.Errorf("%s: waited %s for a goodbye", answer, waited)
		}
	}
}

func TestContextEndsTheExchange(t *testing.T) {
	for _, verb := range []string{"", "EHLO", "RCPT", "."} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		started := time.Now()
		err := senderTo(t, fakeServer(t, map[string]string{verb: "hang"})).Send(ctx, aMail())
		cancel()
		var failed *SendError
		if !errors.As(err, &failed) || failed.Permanent() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%q: %v", verb, err)
		}
		if waited := time.Since(started); waited > 2*time.Second {
			t.Errorf("%q: ended after %s", verb, waited)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{Host: "mail.example", Port: 587, TLS: TLSStartTLS, From: "a@example.org"}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"host": func(c *Config) { c.Host = "" }, "port": func(c *Config) { c.Port = 0 }, "tls": func(c *Config) { c.TLS = "maybe" },
		"from": func(c *Config) { c.From = "nobody" }, "reply-to": func(c *Config) { c.ReplyTo = "a@b\r\nX: 1" },
		"password in the clear": func(c *Config) { c.TLS, c.Username = TLSNone, "u" },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// authSession is a sink that wants a login.
type authSession struct {
	sinkSession
	in bool
}

func (a *authSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (a *authSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "homefront" || password != "right" {
			return gosmtp.ErrAuthFailed
		}
		a.in = true
		return nil
	}), nil
}

func (a *authSession) Mail(from string, o *gosmtp.MailOptions) error {
	if !a.in {
		return gosmtp.ErrAuthRequired
	}
	return a.sinkSession.Mail(from, o)
}

func TestEncryptedWithLogin(t *testing.T) {
	certificate, roots := selfSigned(t)
	for _, mode := range []string{TLSStartTLS, TLSImplicit} {
		t.Run(mode, func(t *testing.T) {
			sink := &Sink{}
			port := tlsServer(t, mode, certificate, sink)
			s, err := New(Config{Host: "127.0.0.1", Port: port, TLS: mode, Username: "homefront", Password: "right", From: "a@example.org", Timeout: 5 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Send(t.Context(), aMail()); err == nil {
				t.Error("an unknown certificate was trusted")
			}
			s.roots = roots
			if err := s.Send(t.Context(), aMail()); err != nil || len(sink.Mails()) != 1 {
				t.Errorf("%d mails, %v, %v", len(sink.Mails()), err, errors.Unwrap(err))
			}
			s.cfg.Password = "wrong"
			var failed *SendError
			if err := s.Send(t.Context(), aMail()); !errors.As(err, &failed) || failed.Permanent() || failed.Code != 535 {
				t.Errorf("%v", err)
			}
		})
	}
}

// A server that offers no STARTTLS gets no mail when it is required.
func TestStartTLSIsRequired(t *testing.T) {
	sink := startSink(t)
	s := senderTo(t, sink.Addr())
	s.cfg.TLS = TLSStartTLS
	if err := s.Send(t.Context(), aMail()); err == nil || len(sink.Mails()) != 0 {
		t.Errorf("%v, %d mails", err, len(sink.Mails()))
	}
}

func tlsServer(t *testing.T, mode string, certificate tls.Certificate, sink *Sink) int {
	t.Helper()
	server := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		return &authSession{sinkSession: sinkSession{sink: sink}}, nil
	}))
	server.Domain = "localhost"
	server.ErrorLog = log.New(io.Discard, "", 0)
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if mode == TLSImplicit {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return port
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}
