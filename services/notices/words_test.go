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
			file := strings.Replace(icsText(mail), "PRODID:-//Homefront//Homefront//EN", "", 1) // which no calendar shows
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
	for _, text := range []string{mail.Subject, mail.Text, mail.HTML, icsText(mail)} {
		if !strings.Contains(text, "Moral Injury Retreat") {
			t.Errorf("the title is missing in %q", text)
		}
	}
	for _, want := range []string{"VFW Hall", org, "6:00 PM to 7:30 PM EDT (4:00 PM MDT where you are)", base + "/workshops/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be001"} {
		if !strings.Contains(mail.Text, want) || !strings.Contains(mail.HTML, want) {
			t.Errorf("%q is missing in\n%s", want, mail.Text)
		}
	}
}

// Who comes to a place goes by its clock; who takes part online by their own.
func TestTimesAreThoseToGoBy(t *testing.T) {
	w := newWorld(t)
	cases := []struct {
		language, zone string
		online         bool
		when, subject  string
	}{
		{"en", "America/Denver", true, "When: Tuesday, October 6, 2026 at 4:00 PM to 5:30 PM MDT\n", "Your appointment on Tuesday, October 6"},
		{"en", "Asia/Tokyo", true, "When: Wednesday, October 7, 2026 at 7:00 AM to 8:30 AM JST\n", "Your appointment on Wednesday, October 7"},
		{"en", "Asia/Almaty", true, "When: Wednesday, October 7, 2026 at 3:00 AM to 4:30 AM GMT+5\n", "Your appointment on Wednesday, October 7"},
		{"en", "Pacific/Honolulu", false, "When: Tuesday, October 6, 2026 at 6:00 PM to 7:30 PM EDT (12:00 PM HST where you are)\n", "Your appointment on Tuesday, October 6"},
		{"en", "Asia/Tokyo", false, "When: Tuesday, October 6, 2026 at 6:00 PM to 7:30 PM EDT (Wednesday, October 7 at 7:00 AM JST where you are)\n", "Your appointment on Tuesday, October 6"},
		{"es", "America/New_York", false, "Cuándo: martes, 6 de octubre de 2026, 6:00 p. m. a 7:30 p. m. EDT\n", "Su cita del martes 6 de octubre"},
		{"es", "America/Denver", false, "Cuándo: martes, 6 de octubre de 2026, 6:00 p. m. a 7:30 p. m. EDT (4:00 p. m. MDT donde está usted)\n", "Su cita del martes 6 de octubre"},
	}
	for i, c := range cases {
		to := w.member(fmt.Sprintf("reader%d", i), map[string]any{"language": c.language, "time_zone": c.zone})
		n := notice(models.NoticeRegistrationConfirmed, to)
		n.Data["online"] = c.online
		mail := w.one(n)
		if !strings.Contains(mail.Text, c.when) || !strings.Contains(html.UnescapeString(mail.HTML), strings.TrimSpace(strings.TrimPrefix(c.when, strings.SplitAfter(c.when, ":")[0]))) || mail.Subject != c.subject {
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
		for line := range strings.Lines(mail.Text + icsText(mail)) {
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

// icsText is all calendar files of a mail.
func icsText(m notices.Mail) string {
	var text strings.Builder
	for _, file := range m.ICS {
		text.Write(file.Bytes)
	}
	return text.String()
}

func TestCalendarFiles(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	for _, c := range []struct {
		event  models.NoticeEvent
		n      int
		method string
		status string
		files  int
		words  string
	}{
		{models.NoticeRegistrationConfirmed, 1, "REQUEST", "CONFIRMED", 1, "The attached file puts it into your calendar"},
		{models.NoticeWorkshopChanged, 1, "REQUEST", "CONFIRMED", 1, "The attached file corrects your calendar"},
		{models.NoticeSessionRestored, 1, "REQUEST", "CONFIRMED", 1, "The attached file puts it back into your calendar"},
		{models.NoticeSessionCancelled, 1, "CANCEL", "CANCELLED", 1, "The attached file takes it out of your calendar"},
		{models.NoticeRegistrationCancelled, 1, "CANCEL", "CANCELLED", 1, "The attached file takes it out of your calendar"},
		{models.NoticeRegistrationCancelled, 2, "CANCEL", "CANCELLED", 2, "The attached files, one for each date, take it out of your calendar"},
		{models.NoticeWorkshopCancelled, 3, "CANCEL", "CANCELLED", 3, "The attached files, one for each date, take it out of your calendar"},
		{models.NoticeRegistrationConfirmed, 3, "PUBLISH", "CONFIRMED", 1, "The attached file puts it into your calendar"},
	} {
		n := notice(c.event, to)
		n.Events = sessions(c.n)
		mail := w.one(n)
		var events []*ics.VEvent
		for _, file := range mail.ICS {
			cal, err := ics.ParseCalendar(bytes.NewReader(file.Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if file.Method != c.method || !strings.Contains(string(file.Bytes), "METHOD:"+c.method) || !strings.Contains(string(file.Bytes), "STATUS:"+c.status) {
				t.Errorf("%s: %s\n%s", c.event, file.Method, file.Bytes)
			}
			events = append(events, cal.Events()...)
		}
		if len(mail.ICS) != c.files || len(events) != c.n || !strings.Contains(mail.Text, c.words) {
			t.Errorf("%s: %d events in %d files\n%s", c.event, len(events), len(mail.ICS), mail.Text)
		}
		for i, e := range events {
			if e.Id() != n.Events[i].UID || e.GetProperty(ics.ComponentPropertySequence).Value != fmt.Sprint(i) || e.GetProperty(ics.ComponentPropertySummary).Value != "Appointment" {
				t.Errorf("%s: %s", c.event, icsText(mail))
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

func TestOneDateIsCalledOffAndRestored(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		language string
		words    bool
		event    models.NoticeEvent
		others   int
		subject  string
		text     []string
	}{
		{"en", false, models.NoticeSessionCancelled, 4, "Your appointment on Tuesday, October 6 does not take place", []string{"your booking for the other dates holds", "Was planned for: Tuesday, October 6"}},
		{"en", false, models.NoticeSessionCancelled, 0, "Your appointment on Tuesday, October 6 does not take place", []string{"It was the last date that was still to come of your booking."}},
		{"en", true, models.NoticeSessionCancelled, 4, "Moral Injury Retreat does not take place on Tuesday, October 6", nil},
		{"en", false, models.NoticeSessionRestored, 0, "Your appointment on Tuesday, October 6 takes place after all", []string{"When: Tuesday, October 6"}},
		{"es", false, models.NoticeSessionCancelled, 4, "Su cita del martes 6 de octubre no tendrá lugar", []string{"su reserva para las demás fechas sigue valiendo", "Estaba previsto para: martes"}},
		{"es", true, models.NoticeSessionRestored, 0, "Moral Injury Retreat sí tendrá lugar el martes 6 de octubre", []string{"Cuándo: martes"}},
	} {
		to := w.member("ana", map[string]any{"language": c.language, "program_words": c.words, "email": services.NewID().String() + "@example.org"})
		n := notice(c.event, to)
		n.Data["others"] = c.others
		mail := w.one(n)
		if mail.Subject != c.subject {
			t.Errorf("%q, want %q", mail.Subject, c.subject)
		}
		for _, want := range c.text {
			if !strings.Contains(mail.Text, want) {
				t.Errorf("%q is missing in\n%s", want, mail.Text)
			}
		}
		if in := w.inbox(to, notices.Inbox{}); len(in) != 1 || in[0].Title != c.subject || c.others > 0 && strings.Contains(in[0].Body, "last") {
			t.Errorf("inbox: %+v", in)
		}
	}
}

func TestASeriesIsMoreThanItsFirstDate(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		language string
		more     int
		last     string
		want     string
	}{
		{"en", 5, "2026-11-10T23:00:00Z", " EDT (4:00 PM MDT where you are), and 5 more, until Tuesday, November 10\n"},
		{"en", 1, "2027-01-05T23:00:00Z", ", and one more, on Tuesday, January 5, 2027\n"},
		{"es", 5, "2026-11-10T23:00:00Z", ", y 5 veces más, hasta el martes 10 de noviembre\n"},
	} {
		n := notice(models.NoticeRegistrationConfirmed, w.member("ana", map[string]any{"language": c.language, "email": services.NewID().String() + "@example.org"}))
		n.Data["more"], n.Data["last_at"] = c.more, c.last
		if mail := w.one(n); !strings.Contains(mail.Text, c.want) {
			t.Errorf("%q is missing in\n%s", c.want, mail.Text)
		}
	}
}

// Seats are the whole party's; somebody who is asked to join it has one.
func TestAnInvitationCountsNoSeats(t *testing.T) {
	w := newWorld(t)
	if mail := w.one(notices.Notice{Event: models.NoticeRegistrationInvited, Address: "guest@example.net", Data: details()}); strings.Contains(mail.Text, "Places") {
		t.Error(mail.Text)
	}
	if mail := w.one(notice(models.NoticeRegistrationConfirmed, w.member("ana", nil))); !strings.Contains(mail.Text, "Places: 3") {
		t.Error(mail.Text)
	}
}
