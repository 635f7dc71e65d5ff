package notices_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// telling is what must not be seen by somebody who looks over a shoulder. Matched without case.
var telling = []string{"moral", "injury", "retreat", "veteran", "ptsd", "workshop", "taller", "vfw", "hall", "valor", "program", "coach", "homefront", "session reminder", "therap", "militar"}

func tells(text string) string {
	for _, word := range telling {
		if strings.Contains(strings.ToLower(text), word) {
			return word
		}
	}
	return ""
}

func TestNothingTellsByDefault(t *testing.T) {
	w := newWorld(t)
	for _, language := range []string{"en", "es", "es-MX", "tlh"} {
		to := w.member("m"+language, map[string]any{"language": language})
		for _, event := range models.NoticeEvents() {
			n := notice(event, to)
			n.Events = sessions(2)
			mail := w.one(n)
			file := strings.Replace(string(mail.ICS), "PRODID:-//Homefront//Homefront//EN", "", 1) // which no calendar shows
			for part, text := range map[string]string{"subject": mail.Subject, "text": mail.Text, "html": mail.HTML, "ics": file, "to": mail.ToName} {
				if !event.InInbox() { // their link is what they are for, and the callers name none that tells
					text = strings.ReplaceAll(text, "/workshops/", "/")
				}
				if word := tells(text); word != "" {
					t.Errorf("%s %s: the %s says %q:\n%s", language, event, part, word, text)
				}
			}
			if mail.Subject == "" || mail.Text == "" || !strings.Contains(mail.HTML, html.EscapeString(mail.Subject)) {
				t.Errorf("%s %s: subject %q is missing, or not in the HTML", language, event, mail.Subject)
			}
			if preheader(mail.HTML) == "" {
				t.Errorf("%s %s: no preheader", language, event)
			}
			if mail.Subject != strings.Join(strings.Fields(mail.Subject), " ") || strings.ContainsAny(mail.Text+mail.HTML, "{}") && strings.Contains(mail.Text, "{{") {
				t.Errorf("%s %s: %q", language, event, mail.Subject)
			}
		}
	}
}

var hidden = regexp.MustCompile(`(?s)<div style="display:none[^>]*>(.*?)</div>`)

func preheader(text string) string {
	if m := hidden.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func TestProgramWordsOnlyWhenChosen(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", map[string]any{"program_words": true})
	n := notice(models.NoticeRegistrationConfirmed, to)
	n.Events = sessions(1)
	mail := w.one(n)
	for _, text := range []string{mail.Subject, mail.Text, mail.HTML, string(mail.ICS)} {
		if !strings.Contains(text, "Moral Injury Retreat") {
			t.Errorf("the title is missing in %q", text)
		}
	}
	for _, want := range []string{"VFW Hall", org, "(6:00 PM EDT there)", base + "/workshops/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"} {
		if !strings.Contains(mail.Text, want) || !strings.Contains(mail.HTML, want) {
			t.Errorf("%q is missing in\n%s", want, mail.Text)
		}
	}
}

func TestTimesAreTheReaders(t *testing.T) {
	w := newWorld(t)
	cases := []struct{ language, zone, when, subject string }{
		{"en", "America/Denver", "When: Tuesday, October 6, 2026 at 4:00 PM to 5:30 PM MDT", "Your appointment on Tuesday, October 6"},
		{"en", "Asia/Tokyo", "When: Wednesday, October 7, 2026 at 7:00 AM to 8:30 AM JST", "Your appointment on Wednesday, October 7"},
		{"en", "Asia/Almaty", "When: Wednesday, October 7, 2026 at 3:00 AM to 4:30 AM GMT+5", "Your appointment on Wednesday, October 7"},
		{"es", "America/New_York", "Cuándo: martes, 6 de octubre de 2026, 6:00 p. m. a 7:30 p. m. EDT", "Su cita del martes 6 de octubre"},
	}
	for i, c := range cases {
		to := w.member(fmt.Sprintf("reader%d", i), map[string]any{"language": c.language, "time_zone": c.zone})
		mail := w.one(notice(models.NoticeRegistrationConfirmed, to))
		if !strings.Contains(mail.Text, c.when) || !strings.Contains(html.UnescapeString(mail.HTML), strings.TrimPrefix(c.when, strings.SplitAfter(c.when, ":")[0])) || mail.Subject != c.subject {
			t.Errorf("%s %s: %q\n%s", c.language, c.zone, mail.Subject, mail.Text)
		}
	}
	// Who has no member row reads the time of the place.
	mail := w.one(notices.Notice{Event: models.NoticeRegistrationInvited, Address: "guest@example.net", Data: details()})
	if !strings.Contains(mail.Text, "6:00 PM to 7:30 PM EDT") {
		t.Error(mail.Text)
	}
}

func TestMailsAreSafe(t *testing.T) {
	w := newWorld(t)
	evil := "<script>alert(1)</script> & \"x\"\r\nBcc: evil@example.net\r\n\r\n\x1b\x07\u202egnp"
	to := w.member("ana", map[string]any{"program_words": true, "preferred_name": "<b>Ana</b>\r\nX-Evil: 1"})
	for _, event := range models.NoticeEvents() {
		n := notice(event, to)
		for _, key := range []string{"title", "place", "by", "device"} {
			n.Data[key] = evil
		}
		n.Events = sessions(1)
		n.Events[0].Title, n.Events[0].Location = evil, evil
		mail := w.one(n)
		if strings.ContainsAny(mail.Subject+mail.ToName+mail.To, "\r\n\x1b\x07\u202e") {
			t.Errorf("%s: header %q %q", event, mail.Subject, mail.ToName)
		}
		if strings.Contains(mail.HTML, "<script") || strings.Contains(mail.HTML, "<b>") {
			t.Errorf("%s: HTML of a user's", event)
		}
		for line := range strings.Lines(mail.Text + string(mail.ICS)) {
			if strings.HasPrefix(line, "Bcc") || strings.HasPrefix(line, "X-Evil") {
				t.Errorf("%s: injected %q", event, line)
			}
		}
		if regexp.MustCompile(`(?i)<(img|script|iframe|form|object)|url\(|@import|https?://[^"\s<]*(?:\.png|\.gif)`).MatchString(mail.HTML) {
			t.Errorf("%s: something is loaded", event)
		}
		for _, link := range regexp.MustCompile(`https?://[^"\s<]+`).FindAllString(mail.HTML+mail.Text, -1) {
			if !strings.HasPrefix(link, base+"/") {
				t.Errorf("%s: leads to %s", event, link)
			}
		}
		if !strings.Contains(mail.Text, "never ask for your password") || !strings.Contains(mail.Text, "Replies to this address are not read") {
			t.Errorf("%s: the footer is not all there", event)
		}
	}
}

func TestForeignLinksAreRefused(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	for _, link := range []string{"https://evil.example", "//evil.example", "javascript:alert(1)", "x", "/a\r\nb", `/a"b`, `/\evil.example`} {
		n := notice(models.NoticeRegistrationConfirmed, to)
		n.Data["link"] = link
		if err := w.trySend(n); err == nil {
			t.Errorf("%q was taken", link)
		}
	}
	for _, n := range []notices.Notice{{Event: "no.such", MemberID: to}, {Event: models.NoticeAccountReset}, {Event: models.NoticeAccountReset, MemberID: to, Data: map[string]any{"deadline": "soon"}}} {
		if err := w.trySend(n); err == nil {
			t.Errorf("%+v was taken", n)
		}
	}
}

func TestTheTokenIsInTheMailAlone(t *testing.T) {
	w := newWorld(t)
	id := services.NewID()
	mail := w.one(notices.Notice{Event: models.NoticeAccountVerify, Address: "new@example.net", Data: map[string]any{"token_id": id, "deadline": start.AddDate(0, 0, 1)}})
	found := regexp.MustCompile(regexp.QuoteMeta(base+"/verify?token=") + `(\S+)`).FindStringSubmatch(mail.Text)
	if found == nil {
		t.Fatal(mail.Text)
	}
	token, _ := url.QueryUnescape(found[1])
	if got, ok := services.OneTimeID(w.Keys, token); !ok || got != id {
		t.Errorf("%q opens %v", token, got)
	}
	row := columnJSON(t, w, `select to_jsonb(m) from messages m`)
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	if strings.Contains(row, token) || strings.Contains(row, fmt.Sprintf("%x", raw[16:])) {
		t.Error("the row holds the token")
	}
	if w.sent(notices.Notice{Event: models.NoticeAccountVerify, Address: "late@example.net", Data: map[string]any{"token_id": id, "deadline": start}}) != nil || w.fate() != "skipped too_late" {
		t.Error("a link that no longer works was mailed")
	}
}

func TestCalendarFiles(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	for _, c := range []struct {
		event  models.NoticeEvent
		n      int
		method string
		status string
	}{
		{models.NoticeRegistrationConfirmed, 1, "REQUEST", "CONFIRMED"},
		{models.NoticeWorkshopChanged, 1, "REQUEST", "CONFIRMED"},
		{models.NoticeRegistrationCancelled, 1, "CANCEL", "CANCELLED"},
		{models.NoticeWorkshopCancelled, 3, "PUBLISH", "CANCELLED"},
		{models.NoticeRegistrationConfirmed, 3, "PUBLISH", "CONFIRMED"},
	} {
		n := notice(c.event, to)
		n.Events = sessions(c.n)
		mail := w.one(n)
		cal, err := ics.ParseCalendar(bytes.NewReader(mail.ICS))
		if err != nil {
			t.Fatal(err)
		}
		if mail.ICSMethod != c.method || len(cal.Events()) != c.n || !strings.Contains(string(mail.ICS), "STATUS:"+c.status) {
			t.Errorf("%s: %s with %d events\n%s", c.event, mail.ICSMethod, len(cal.Events()), mail.ICS)
		}
		for i, e := range cal.Events() {
			if e.Id() != n.Events[i].UID || e.GetProperty(ics.ComponentPropertySequence).Value != fmt.Sprint(i) || e.GetProperty(ics.ComponentPropertySummary).Value != "Appointment" {
				t.Errorf("%s: %s", c.event, mail.ICS)
			}
			if e.GetProperty(ics.ComponentPropertyLocation) != nil || e.GetProperty(ics.ComponentPropertyDescription) != nil {
				t.Errorf("%s: place or description in a neutral entry", c.event)
			}
		}
	}
	if mail := w.one(notice(models.NoticeRegistrationWaitlisted, to)); len(mail.ICS) != 0 {
		t.Error("a calendar file without an event")
	}
}
