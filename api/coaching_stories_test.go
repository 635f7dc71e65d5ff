package api_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// couple has two who are linked coached together, and ready for the first session.
func (p *practice) couple(luis, ana *apptest.Client) string {
	p.t.Helper()
	link := luis.Post("/v1/me/relationships", object{"email": ana.Email, "kind": "spouse"}).Want(201)
	ana.Post("/v1/me/relationships/"+link.ID().String()+"/accept", nil).Want(200)
	at := luis.Post("/v1/engagements", object{"partner_member_id": ana.Member, "hopes": "Zinniahis", "focus_areas": []string{"relationships"}}).Want(201).Header.Get("Location")
	p.cora.Post(at+"/match", object{"coach_id": p.dana.Member}).WantCode(409, coaching.CodePartnerNotIn)
	ana.Post(at+"/join", nil).Want(200)
	ana.Patch(at, p.view(ana, at).Version, object{"hopes": "Zinniahers"}).Want(200)
	p.cora.Post(at+"/match", object{"coach_id": p.dana.Member}).Want(200)
	p.dana.Post(at+"/accept", object{}).Want(200)
	luis.Post(at+"/accept", object{}).Want(200)
	if e := p.view(luis, at); e.State != models.EngagementMatched {
		p.t.Errorf("it is %s with the yes of one", e.State)
	}
	ana.Post(at+"/accept", object{}).Want(200)
	return at
}

// Two are coached together. What one says alone stays with that one; a separation between them stops it at once, and says nothing.
func TestCoachingOfACouple(t *testing.T) {
	p := openPractice(t, day(time.October, 5, 15, 0))
	luis, ana := p.as("Luis Ortega"), p.as("Ana Ortega")
	at := p.couple(luis, ana)
	for _, one := range []struct {
		who   *apptest.Client
		reads string
		not   string
	}{{luis, "Zinniahis", "Zinniahers"}, {ana, "Zinniahers", "Zinniahis"}} {
		if text := string(one.who.Get(at).Want(200).Body); !strings.Contains(text, one.reads) || strings.Contains(text, one.not) {
			t.Errorf("%s reads of hopes: %s", one.who.Email, text)
		}
	}
	booking := object{"engagement_id": idOf(at), "starts_at": day(time.October, 13, 15, 0), "modality": "online", "repeat": object{"every_weeks": 1, "times": 3}}
	p.agree(at, luis)
	luis.Post("/v1/coaching-sessions", booking).WantCode(409, coaching.CodeLimitsNotAgreed)
	p.agree(at, ana)
	first := luis.Post("/v1/coaching-sessions", booking).Want(201).Header.Get("Location")
	p.RunDue()
	for _, who := range []*apptest.Client{luis, ana, p.dana} {
		p.entry(who, day(time.October, 13, 15, 0))
	}

	p.at(day(time.October, 13, 15, 55))
	joint, hers, his, inner := services.NewID(), services.NewID(), services.NewID(), services.NewID()
	p.dana.Post(first+"/log", object{"log_id": services.NewID(), "outcome": "completed", "private_note": object{"text": "Zinniainner"}}).Want(422) // of a couple it names one of them
	p.dana.Post(first+"/log", object{"log_id": services.NewID(), "outcome": "completed", "shared_summary": object{"id": joint, "text": "Zinniatogether"}, "private_note": object{"id": inner, "member_id": ana.Member, "text": "Zinniainner"},
		"notes": []object{{"id": hers, "tier": "shared", "member_id": ana.Member, "text": "Zinniaheralone"}, {"id": his, "tier": "shared", "member_id": luis.Member, "text": "Zinniahisalone"}}}).Want(200)
	if n := p.Count(`select count(distinct (member_id, body_key, body)) from coaching_note_texts where note_id = $1`, joint); n != 2 {
		t.Errorf("the joint note has %d ciphertexts", n)
	}
	if n := p.Count(`select count(*) from coaching_note_texts where note_id = $1 and member_id = $2`, hers, luis.Member); n != 0 {
		t.Error("what she said alone is sealed for him too")
	}
	reads := func() {
		t.Helper()
		for _, one := range []struct {
			who         *apptest.Client
			own, theirs uuid.UUID
			words       string
		}{{luis, his, hers, "Zinniahisalone"}, {ana, hers, his, "Zinniaheralone"}} {
			if text := one.who.Get(notePath(joint)).Want(200).Map()["words"].(object)["text"]; text != "Zinniatogether" {
				t.Errorf("%s reads together %v", one.who.Email, text)
			}
			if text := one.who.Get(notePath(one.own)).Want(200).Map()["words"].(object)["text"]; text != one.words {
				t.Errorf("%s reads alone %v", one.who.Email, text)
			}
			for _, hidden := range []uuid.UUID{one.theirs, inner} {
				p.hidden(one.who, notePath(hidden), hidden)
				p.hidden(one.who, notePath(hidden)+"/versions", hidden)
			}
			for _, path := range []string{at + "/notes?count=true", first + "/notes?count=true", "/v1/me/coaching"} {
				a := one.who.Get(path).Want(200)
				if strings.Contains(string(a.Body), one.theirs.String()) || strings.Contains(string(a.Body), inner.String()) || !slices.Contains([]string{"", "2"}, a.Header.Get("X-Total-Count")) {
					t.Errorf("%s at %s: %s %s", one.who.Email, path, a.Header.Get("X-Total-Count"), a.Body)
				}
			}
		}
	}
	reads()

	// From now on they are kept apart: nothing waits for a job.
	p.RunDue()
	mails := map[*apptest.Client]int{luis: len(p.Mail.To(luis.Email)), ana: len(p.Mail.To(ana.Email)), p.dana: len(p.Mail.To(p.dana.Email))}
	p.cora.Post("/v1/separations", object{"kind": "protected", "protected_id": ana.Member, "kept_apart_id": luis.Member, "review_on": "2027-03-01", "reason": "Asked for by her"}).Want(201)
	for _, who := range []*apptest.Client{luis, ana, p.dana} {
		text := who.Get(at).Want(200)
		if e := p.view(who, at); e.State != models.EngagementPaused || e.Next != nil || !e.PausedByUs {
			t.Errorf("%s sees %+v", who.Email, e)
		}
		silentOf(t, who.Email, string(text.Body))
		for _, s := range list(who.Get("/v1/coaching-sessions?upcoming=true").Want(200)) {
			t.Errorf("%s still has %v", who.Email, s)
		}
	}
	luis.Post(at+"/resume", nil).WantCode(409, coaching.CodeStaffResume)
	luis.Post("/v1/coaching-sessions", object{"engagement_id": idOf(at), "starts_at": day(time.October, 22, 15, 0), "modality": "online"}).WantCode(409, coaching.CodeNotActive)
	p.RunDue()
	for who, n := range mails {
		now := p.Mail.To(who.Email)
		if len(now) != n+2 { // that the session is called off, and that it is paused, as of any pause by our team
			t.Errorf("%s has %d mails about it", who.Email, len(now)-n)
		}
		for _, m := range now[n:] {
			silentOf(t, who.Email, m.Subject+m.Text)
		}
	}
	p.neutral(luis, "zinnia")
	p.neutral(ana, "zinnia")
	for _, who := range []*apptest.Client{luis, ana, p.dana} {
		silentOf(t, who.Email, string(who.Get("/v1/me/notifications").Want(200).Body))
		silentOf(t, who.Email, string(who.Get("/v1/me/access-log").Want(200).Body))
	}
	if open := list(p.cora.Get("/v1/tasks?kind=held_engagement").Want(200)); len(open) != 1 {
		t.Errorf("%v", open)
	}
	reads() // what was shared stays theirs
}

// silentOf wants a text not to tell of a separation.
func silentOf(t *testing.T, who, text string) {
	t.Helper()
	for _, word := range []string{"separat", "kept apart", "held", "protect", "court"} {
		if at := strings.Index(strings.ToLower(text), word); at >= 0 {
			t.Errorf("%s reads %q: …%.200s", who, word, text[max(0, at-60):])
		}
	}
}

// A phone that was offline sends what it has late, twice and in the wrong order; two phones write on one draft.
func TestCoachingFromAPhoneThatWasOffline(t *testing.T) {
	p := openPractice(t, day(time.October, 5, 15, 0))
	mia := p.as("Mia Rivera")
	at := p.engaged(p.dana, mia)
	first, second, third := p.book(mia, at, day(time.October, 13, 14, 0)), p.book(mia, at, day(time.October, 15, 14, 0)), p.book(mia, at, day(time.October, 16, 14, 0))
	p.at(day(time.October, 16, 8, 0))
	mia.Post(third+"/cancel", object{}).Want(200)
	p.at(day(time.October, 16, 15, 0))

	// The later session first; the goal was set offline, too.
	goal := services.NewID()
	for range 2 {
		if made := p.dana.Post(at+"/goals", object{"id": goal, "words": "Sleep"}).Want(201); made.ID() != goal {
			t.Errorf("%s", made.Body)
		}
	}
	log := func(text string, progress int) object {
		return object{"log_id": services.NewID(), "outcome": "completed", "shared_summary": object{"id": services.NewID(), "text": text}, "next_steps": []object{{"id": services.NewID(), "text": "Step " + text}},
			"goals": []object{{"goal_id": goal, "progress": progress}}}
	}
	later, earlier, never := log("Zinnialater", 60), log("Zinniaearlier", 30), log("Zinnianever", 90)
	once := p.dana.Post(second+"/log", later).Want(200)
	p.dana.Post(first+"/log", earlier).Want(200)
	var moved coaching.GoalHistory
	mia.Get("/v1/goals/" + goal.String()).Want(200).JSON(&moved)
	if len(moved.History) < 2 || moved.Progress != 60 || moved.History[0].Progress != 60 || moved.History[1].Progress != 30 {
		t.Errorf("the goal is at %d after %+v", moved.Progress, moved.History)
	}

	// The same again, after days and under another key: the same answer, and nothing twice.
	p.at(day(time.October, 19, 15, 0))
	if again := p.dana.Post(second+"/log", later, "Idempotency-Key", "again").Want(200); string(again.Body) != string(once.Body) {
		t.Errorf("first %s\nthen %s", once.Body, again.Body)
	}
	if notes, steps := len(list(mia.Get(at+"/notes").Want(200))), len(list(mia.Get(at+"/actions").Want(200))); notes != 2 || steps != 2 {
		t.Errorf("%d notes, %d steps", notes, steps)
	}
	other := log("Zinniaother", 10)
	other["log_id"] = later["log_id"]
	p.dana.Post(second+"/log", other).WantCode(409, coaching.CodeLogIDTaken)
	p.dana.Post(first+"/log", later).WantCode(409, coaching.CodeLogIDTaken)
	p.dana.Post(second+"/log", log("Zinniasecond", 10)).WantCode(409, coaching.CodeAlreadyLogged)

	// She had called off, and came all the same: the log waits on the phone until the session is booked again.
	refused := p.dana.Post(third+"/log", never).WantCode(409, coaching.CodeNotLoggable)
	if !strings.Contains(string(refused.Body), `"cancelled_by_member"`) || strings.Contains(string(refused.Body), "Zinnia") {
		t.Errorf("%s", refused.Body)
	}
	if n := p.Count(`select count(*) from coaching_notes where id = $1`, never["shared_summary"].(object)["id"]); n != 0 || len(list(p.dana.Get(third+"/notes").Want(200))) != 0 {
		t.Error("something of a refused log is stored")
	}
	p.dana.Post(p.book(p.dana, at, day(time.October, 16, 14, 0))+"/log", never).Want(200)
	mia.Get("/v1/goals/" + goal.String()).Want(200).JSON(&moved)
	if moved.Progress != 90 {
		t.Errorf("%+v", moved)
	}
	p.twoPhones(mia, at)
	if n := p.Count(`select count(*) from audit_log a where a::text like '%Zinnia%' or a::text like '%' || $1 || '%'`, hex.EncodeToString([]byte("Zinnia"))) + strings.Count(p.Log.String(), "Zinnia"); n != 0 {
		t.Errorf("%d lines of logs hold words", n)
	}
}

// twoPhones: of two savings of the same draft one wins, the other is told, reads, and saves on top of it.
func (p *practice) twoPhones(mia *apptest.Client, at string) {
	t, id := p.t, services.NewID()
	draft := object{"id": id, "tier": "shared", "text": ""}
	tag := p.dana.Post(at+"/notes", draft).Want(201).Header.Get("ETag")
	if again := p.dana.Post(at+"/notes", draft).Want(201); again.ID() != id || again.Header.Get("ETag") != tag {
		t.Errorf("%s %s", again.Header.Get("ETag"), again.Body)
	}
	save := func(tag, text string) *apptest.Answer {
		return p.dana.Do("PUT", notePath(id), object{"text": text}, "If-Match", tag)
	}
	saved := save(tag, "Zinniafrom the phone").Want(200).Header.Get("ETag")
	if saved == tag {
		t.Error("the ETag stays")
	}
	save(tag, "Zinniafrom the tablet").WantCode(412, services.CodeStale)
	p.hidden(mia, notePath(id), id)
	read := p.dana.Get(notePath(id)).Want(200)
	if read.Header.Get("ETag") != saved || read.Map()["words"].(object)["text"] != "Zinniafrom the phone" {
		t.Errorf("%s %s", read.Header.Get("ETag"), read.Body)
	}
	last := save(saved, "Zinniafrom both").Want(200).Header.Get("ETag")
	p.dana.Post(notePath(id)+"/sign", nil, "If-Match", saved).WantCode(412, services.CodeStale)
	signed := p.dana.Post(notePath(id)+"/sign", nil, "If-Match", last).Want(200).Header.Get("ETag")
	save(signed, "Zinniatoo late").WantCode(409, coaching.CodeNoteSigned)
	if text := mia.Get(notePath(id)).Want(200).Map()["words"].(object)["text"]; text != "Zinniafrom both" {
		t.Errorf("she reads %v", text)
	}
}

// A check of a coach ends before its day: what is booked goes to staff within the hour, and the members hear of a new time.
func TestCoachingWithACoachWhoseCheckLapses(t *testing.T) {
	p := openPractice(t, day(time.October, 5, 15, 0))
	mia, luis := p.as("Mia Rivera"), p.as("Luis Ortega")
	at, other := p.engaged(p.dana, mia), p.engaged(p.eli, luis)
	first, second, elsewhere := p.book(mia, at, day(time.October, 13, 14, 0)), p.book(mia, at, day(time.October, 20, 14, 0)), p.book(luis, other, day(time.October, 13, 14, 0))
	p.RunDue()
	var check string
	for _, one := range list(p.cora.Get("/v1/members/" + p.dana.Member.String() + "/credentials").Want(200)) {
		if c := one.(object); c["kind"] == "background_check" {
			check = "/v1/credentials/" + c["id"].(string)
		}
	}
	p.cora.Post(check+"/revoke", object{"reason": "A new one has to be made"}).Want(200)
	p.within(50 * time.Minute)

	for _, path := range []string{first, second} {
		if s := mia.Get(path).Want(200).Map(); s["state"] != "booked" || s["to_staff_at"] == nil {
			t.Errorf("%v", s)
		}
	}
	if s := luis.Get(elsewhere).Want(200).Map(); s["to_staff_at"] != nil {
		t.Errorf("%v", s)
	}
	if open := list(p.cora.Get("/v1/tasks?kind=find_new_time").Want(200)); len(open) != 1 {
		t.Errorf("%v", open)
	}
	if open := list(p.cora.Get("/v1/tasks?kind=reassign_clients").Want(200)); len(open) != 1 {
		t.Errorf("%v", open)
	}
	if rows := list(p.cora.Get("/v1/coaching-sessions?to_staff=true").Want(200)); len(rows) != 2 {
		t.Errorf("%v", rows)
	}
	if p.told(models.NoticeCoachingNewTime, mia) != 1 || p.told(models.NoticeCoachingNewTime, luis) != 0 {
		t.Errorf("she hears of it %d times", p.told(models.NoticeCoachingNewTime, mia))
	}
	p.neutral(mia, "check", "credential", "lapsed", "dana")
	for _, path := range []string{first, at, "/v1/me/coaching", "/v1/me/notifications", "/v1/coaches", "/v1/coaches/" + p.dana.Member.String()} {
		for _, word := range []string{"background", "credential", "lapsed", "revoked"} {
			if text := string(mia.Get(path).Want(200).Body); strings.Contains(text, word) {
				t.Errorf("she reads %q at %s: %s", word, path, text)
			}
		}
	}
	refused := mia.Post("/v1/coaching-sessions", object{"engagement_id": idOf(at), "starts_at": day(time.October, 21, 14, 0), "modality": "online"}).WantCode(409, coaching.CodeCoachUnavailable)
	if strings.Contains(string(refused.Body), "check") {
		t.Errorf("%s", refused.Body)
	}
	p.at(day(time.October, 12, 14, 5))
	if p.told(models.NoticeCoachingReminder, mia) != 0 || p.told(models.NoticeCoachingReminder, luis) != 1 {
		t.Errorf("reminded: %d and %d", p.told(models.NoticeCoachingReminder, mia), p.told(models.NoticeCoachingReminder, luis))
	}

	// With the new check what is still to come is hers again, and everybody hears that it holds.
	p.cora.Post("/v1/members/"+p.dana.Member.String()+"/credentials", object{"kind": "background_check", "issued_on": "2026-10-12"}).Want(201)
	p.within(50 * time.Minute)
	if s := mia.Get(second).Want(200).Map(); s["to_staff_at"] != nil || s["state"] != "booked" {
		t.Errorf("%v", s)
	}
	for _, kind := range []string{"find_new_time", "reassign_clients"} {
		if open := list(p.cora.Get("/v1/tasks?kind=" + kind).Want(200)); len(open) != 0 {
			t.Errorf("%v", open)
		}
	}
}

// within lets that time pass with the look at all coaches that the queue takes every ten minutes.
func (p *practice) within(d time.Duration) {
	p.t.Helper()
	now := p.Core.Clock.Now().Add(d)
	p.Exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'coach.watch', '{}', 3, $1, 1)`, now)
	p.at(now)
}
