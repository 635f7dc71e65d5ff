package smtp

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"strings"
	"testing"

	"homefront/services/notices"
)

func TestSinkRefusesLargeMessages(t *testing.T) {
	sink := startSink(t)
	s := senderTo(t, sink.Addr())
	big := notices.Mail{ID: "big", To: "a@example.org", Subject: "Big", Text: strings.Repeat("word ", maxCaughtBytes/4)}
	var failed *SendError
	if err := s.Send(t.Context(), big); !errors.As(err, &failed) || failed.Code != 552 || !failed.Permanent() {
		t.Errorf("%v", err)
	}
	if n := len(sink.Mails()); n != 0 {
		t.Errorf("%d mails kept", n)
	}
}

func TestSinkForgetsTheOldest(t *testing.T) {
	sink := &Sink{}
	for i := range maxCaught + 20 {
		sink.keep(readMail(fmt.Appendf(nil, "Subject: %d\r\n\r\nx\r\n", i+1), nil))
	}
	mails := sink.Mails()
	if len(mails) != maxCaught || mails[0].Subject != "520" || mails[len(mails)-1].Subject != "21" {
		t.Errorf("%d mails, %s to %s", len(mails), mails[0].Subject, mails[len(mails)-1].Subject)
	}
	if _, ok := sink.Mail("20"); ok {
		t.Error("20 should be forgotten")
	}
	if m, ok := sink.Mail("21"); !ok || m.Subject != "21" {
		t.Errorf("%+v", m)
	}
	for range 100 {
		sink.keep(CaughtMail{Raw: make([]byte, maxCaughtBytes)})
	}
	if n := len(sink.Mails()); n != maxSinkBytes/maxCaughtBytes || sink.bytes > maxSinkBytes {
		t.Errorf("%d mails of %d bytes", n, sink.bytes)
	}
}

func TestSinkReadsWhatItCan(t *testing.T) {
	nested := "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	for range 50 {
		nested += "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	}
	for _, raw := range []string{
		"", "no header at all", "Subject: =?utf-8?q?broken\r\n\r\nbody", "Content-Type: multipart/mixed\r\n\r\nx", nested,
		"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!", "Subject: \xff\xfe\r\n\r\n\xff",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9=\r\n--b--",
	} {
		m := readMail([]byte(raw), []string{"a@example.org"})
		if _, err := json.Marshal(m); err != nil {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if m := readMail([]byte("no header at all"), nil); m.Text != "no header at all" {
		t.Errorf("%q", m.Text)
	}
}

func TestPages(t *testing.T) {
	sink := &Sink{}
	if page := string(sink.HTML()); !strings.Contains(page, "No mail yet") {
		t.Error(page)
	}
	evil := `<script>alert(1)</script>`
	body := `<p class="x">Confirm <a href="https://h.example/v?a=1&amp;b=2">here</a></p>` + evil + `" onload="alert(1)`
	sink.keep(CaughtMail{Subject: evil, From: evil, To: []string{evil, "b"}, Text: evil + "</pre>", HTML: body, ICS: evil, Raw: []byte(evil)})

	list := string(sink.HTML())
	page, ok := sink.MailHTML("1")
	if !ok {
		t.Fatal("no page")
	}
	for _, p := range []string{list, string(page)} {
		if strings.Contains(p, "<script") || strings.Contains(p, `" onload=`) {
			t.Errorf("not escaped:\n%s", p)
		}
	}
	if !strings.Contains(list, `href="/dev/mail/1"`) {
		t.Error(list)
	}
	_, rest, _ := strings.Cut(string(page), `srcdoc="`)
	framed, _, _ := strings.Cut(rest, `"`)
	if got := html.UnescapeString(framed); got != `<base target="_blank">`+body {
		t.Errorf("the frame shows %q", got)
	}
	if !strings.Contains(string(page), `sandbox="allow-popups allow-popups-to-escape-sandbox"`) {
		t.Error("no sandbox")
	}
	if _, ok := sink.MailHTML("2"); ok {
		t.Error("a page for no mail")
	}
}

func TestSinkJSON(t *testing.T) {
	sink := startSink(t)
	if err := senderTo(t, sink.Addr()).Send(t.Context(), aMail()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sink.Mails()[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"id":"1"`, `"message_id":"0197-abc@homefront.example"`, `"to":["ana@example.org"]`, `"ics":"BEGIN:VCALENDAR`, `"headers":{`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if text, err := json.Marshal((&Sink{}).Mails()); err != nil || string(text) != "[]" {
		t.Errorf("%s %v", text, err)
	}
}

func TestCloseEndsTheServer(t *testing.T) {
	sink := startSink(t)
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
	if err := senderTo(t, sink.Addr()).Send(t.Context(), aMail()); err == nil {
		t.Error("a closed sink took mail")
	}
}
