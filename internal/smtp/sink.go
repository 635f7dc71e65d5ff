package smtp

import (
	"bytes"
	"encoding/base64"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

const (
	maxCaught      = 500
	maxCaughtBytes = 1 << 20  // of one message, as sent
	maxSinkBytes   = 64 << 20 // of all messages, as sent; the parsed texts are about as much again
	maxPartDepth   = 8        // of multiparts in multiparts
)

// CaughtMail is a mail that the sink took.
type CaughtMail struct {
	ID        string              `json:"id"` // a number, in order of arrival
	MessageID string              `json:"message_id"`
	From      string              `json:"from"` // as the header says
	To        []string            `json:"to"`   // as the envelope says
	Subject   string              `json:"subject"`
	Date      time.Time           `json:"date"`
	Text      string              `json:"text"`
	HTML      string              `json:"html"`
	ICS       string              `json:"ics"`
	Headers   map[string][]string `json:"headers"`
	Raw       []byte              `json:"-"`
}

// Sink is an SMTP server that keeps mail in memory, the last 500, and delivers none. It listens on the loopback address only.
type Sink struct {
	listener net.Listener
	server   *gosmtp.Server

	mu    sync.Mutex
	mails []CaughtMail // oldest first
	bytes int          // of all Raw
	last  int
}

// NewSink starts a sink on a free port.
func NewSink() (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listener: listener}
	s.server = gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &sinkSession{sink: s}, nil }))
	s.server.Domain = "localhost"
	s.server.MaxMessageBytes = maxCaughtBytes
	s.server.MaxRecipients = 50
	s.server.ReadTimeout = time.Minute
	s.server.WriteTimeout = time.Minute
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	return s, nil
}

// Addr is the address to send to, "127.0.0.1:2525".
func (s *Sink) Addr() string { return s.listener.Addr().String() }

// Close ends the server and its connections. The mails can still be read.
func (s *Sink) Close() error {
	err := s.server.Close()
	// When Close overtakes Serve the server does not know the listener yet.
	_ = s.listener.Close()
	return err
}

// Mails lists what was caught, newest first.
func (s *Sink) Mails() []CaughtMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.mails)
	slices.Reverse(out)
	if out == nil {
		out = []CaughtMail{}
	}
	return out
}

// Mail finds one by its ID.
func (s *Sink) Mail(id string) (CaughtMail, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mails {
		if m.ID == id {
			return m, true
		}
	}
	return CaughtMail{}, false
}

func (s *Sink) keep(m CaughtMail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	m.ID = strconv.Itoa(s.last)
	s.mails = append(s.mails, m)
	s.bytes += len(m.Raw)
	for len(s.mails) > maxCaught || s.bytes > maxSinkBytes {
		s.bytes -= len(s.mails[0].Raw)
		s.mails = slices.Delete(s.mails, 0, 1) // also forgets the deleted one, so that its memory is freed
	}
}

// sinkSession is one connection's mail in the making.
type sinkSession struct {
	sink *Sink
	to   []string
}

func (c *sinkSession) Reset()                                 { c.to = nil }
func (c *sinkSession) Logout() error                          { return nil }
func (c *sinkSession) Mail(string, *gosmtp.MailOptions) error { return nil }
func (c *sinkSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

func (c *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.sink.keep(readMail(raw, c.to))
	return nil
}

// readMail takes what it can: a message that cannot be parsed is still worth showing, as text.
func readMail(raw []byte, to []string) CaughtMail {
	m := CaughtMail{To: slices.Clone(to), Raw: raw, Date: time.Now().UTC(), Headers: map[string][]string{}}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Text = validText(raw)
		return m
	}
	m.MessageID = strings.Trim(msg.Header.Get("Message-Id"), "<>")
	m.From, m.Subject = decodeWords(msg.Header.Get("From")), decodeWords(msg.Header.Get("Subject"))
	m.Headers = msg.Header
	if date, err := msg.Header.Date(); err == nil {
		m.Date = date.UTC()
	}
	m.readPart(msg.Header.Get, msg.Body, 0)
	return m
}

// readPart walks the parts and takes the first of each kind, and every calendar file once.
func (m *CaughtMail) readPart(header func(string) string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045 §5.2
	}
	if strings.HasPrefix(kind, "multipart/") {
		m.readParts(multipart.NewReader(body, params["boundary"]), depth)
		return
	}
	target := map[string]*string{
		"text/plain": &m.Text, "text/html": &m.HTML, "text/calendar": &m.ICS, "application/ics": &m.ICS,
	}[kind]
	if target == nil || *target != "" && target != &m.ICS {
		return
	}
	content, _ := io.ReadAll(decodeTransfer(header("Content-Transfer-Encoding"), body)) // what came before an error is shown
	if text := validText(content); !strings.Contains(*target, text) {
		*target += text
	}
}

func (m *CaughtMail) readParts(parts *multipart.Reader, depth int) {
	if depth >= maxPartDepth {
		return
	}
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return
		}
		m.readPart(part.Header.Get, part, depth+1)
	}
}

func decodeTransfer(encoding string, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

func decodeWords(s string) string {
	if decoded, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
		return decoded
	}
	return validText([]byte(s))
}

func validText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
