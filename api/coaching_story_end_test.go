package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services/coaching"
)

// reads: the summary, and nothing of what the coach keeps. She sees what the coach and staff looked at.
func (o *one) reads() {
	var mine coaching.MyCoaching
	o.mia.Get("/v1/me/coaching").Want(200).JSON(&mine)
	if e := mine.Engagements[0]; len(e.Notes) != 1 || e.Notes[0].ID != o.note || len(e.Steps) != 2 || len(e.Goals) != 1 || e.Goals[0].Progress != 40 || len(e.Sessions) != 4 || len(e.Due) != 0 {
		o.t.Errorf("%+v", e)
	}
	if got := o.mia.Get(notePath(o.note)).Want(200).Map()["words"].(object)["text"]; got != summary {
		o.t.Errorf("she reads %v", got)
	}
	o.hidden(o.mia, notePath(o.private), o.private)
	o.hidden(o.cora, notePath(o.note), o.note)
	if rows := list(o.mia.Get(o.at_ + "/notes").Want(200)); len(rows) != 1 {
		o.t.Errorf("%v", rows)
	}
	if got := o.dana.Get(notePath(o.private)).Want(200).Map()["words"].(object)["text"]; got != inner {
		o.t.Errorf("the coach reads %v", got)
	}
	o.mia.Post("/v1/actions/"+o.tick.String()+"/done", nil).Want(200)
	var goal coaching.GoalHistory
	o.mia.Get("/v1/goals/" + o.goal.String()).Want(200).JSON(&goal)
	if len(goal.History) == 0 || goal.History[0].Progress != 40 || goal.History[0].MovedBy != o.dana.Member {
		o.t.Errorf("%+v", goal)
	}
	kinds := o.looks()
	for _, want := range []string{"coach note 2026-10-15", "coach coach_day 2026-10-15", "coordinator engagement 2026-10-05"} {
		if !slices.Contains(kinds, want) {
			o.t.Errorf("her access log says %v, without %s", kinds, want)
		}
	}
	if slices.Contains(kinds, "coordinator note 2026-10-15") {
		o.t.Error("a refused look stands as a look")
	}
}

// looks are what her access log tells, each as role, kind and day.
func (o *one) looks() (out []string) {
	for _, e := range list(o.mia.Get("/v1/me/access-log?limit=100").Want(200)) {
		look := e.(object)
		out = append(out, look["role"].(string)+" "+look["kind"].(string)+" "+look["on"].(string))
		if told, _ := json.Marshal(look); strings.Contains(string(told), "Zinnia") || strings.Contains(string(told), "Dana") {
			o.t.Errorf("%s", told)
		}
	}
	return out
}

// nextTime: what was agreed stands on the coach's day; she calls off, once too late and once in time.
func (o *one) nextTime() {
	o.at(day(time.October, 27, 13, 0))
	var today coaching.CoachToday
	o.dana.Get("/v1/me/coaching/today").Want(200).JSON(&today)
	if len(today.Sessions) != 1 || today.Sessions[0].Number != 2 || len(today.Sessions[0].Agreed) != 1 || today.Sessions[0].Agreed[0].ID != o.late || len(today.Overdue) != 1 {
		o.t.Errorf("%+v", today)
	}
	second, last := "/v1/coaching-sessions/"+o.sessions[1].ID.String(), "/v1/coaching-sessions/"+o.sessions[4].ID.String()
	if late := o.mia.Post(second+"/cancel", object{"reason": "Zinniareason"}).Want(200).Map(); late["late"] != true || late["state"] != "cancelled_by_member" {
		o.t.Errorf("%v", late)
	}
	if e := o.view(o.mia, o.at_); e.SessionsUsed != 5 || e.SessionsLeft != 1 {
		o.t.Errorf("called off too late: %d used, %d left", e.SessionsUsed, e.SessionsLeft)
	}
	if free := o.mia.Post(last+"/cancel", object{}).Want(200).Map(); free["late"] != false {
		o.t.Errorf("%v", free)
	}
	if e := o.view(o.mia, o.at_); e.SessionsUsed != 4 || e.SessionsLeft != 2 {
		o.t.Errorf("called off in time: %d used, %d left", e.SessionsUsed, e.SessionsLeft)
	}
	o.RunDue()
	if text := o.dana.Get("/v1/me/notifications").Want(200); strings.Contains(string(text.Body), "Zinniareason") {
		o.t.Errorf("%s", text.Body)
	}
}

// another: she would like another coach. Staff hear of it; nothing that the coach sees differs.
func (o *one) another() {
	o.at(day(time.October, 28, 12, 0))
	paths := []string{o.at_, o.at_ + "/notes", o.at_ + "/goals", o.at_ + "/limits", "/v1/engagements?count=true", "/v1/coaching-sessions?count=true", "/v1/me/coaching/today",
		"/v1/me/notifications?count=true", "/v1/me/work", "/v1/me/home", "/v1/hand-overs?count=true"}
	see := func() (out []string) {
		for _, path := range paths {
			a := o.dana.Get(path).Want(200)
			out = append(out, a.Header.Get("ETag")+a.Header.Get("X-Total-Count")+string(a.Body))
		}
		return out
	}
	before, mails := see(), len(o.Mail.To(o.dana.Email))
	if e := o.mia.Post(o.at_+"/ask-for-another-coach", nil).Want(200).Map(); e["change_asked_at"] == nil {
		o.t.Errorf("%v", e)
	}
	o.RunDue()
	for i, now := range see() {
		if now != before[i] {
			o.t.Errorf("the coach sees another %s:\n%s\n%s", paths[i], before[i], now)
		}
	}
	if len(o.Mail.To(o.dana.Email)) != mails {
		o.t.Error("the coach has a mail")
	}
	if rows := list(o.dana.Get("/v1/engagements?change_asked=true").Want(200)); len(rows) != 0 {
		o.t.Errorf("%v", rows)
	}
	if open := list(o.cora.Get("/v1/tasks?kind=another_coach").Want(200)); len(open) != 1 || len(list(o.cora.Get("/v1/engagements?change_asked=true").Want(200))) != 1 {
		o.t.Errorf("%v", open)
	}
}

// handsOver: to a coach who is free at the same times, and may not read what came before.
func (o *one) handsOver() {
	made := o.cora.Post(o.at_+"/hand-over", object{"to_coach_id": o.eli.Member, "move_sessions": true}).Want(201)
	at := "/v1/hand-overs/" + made.ID().String()
	o.RunDue()
	if o.told(models.NoticeCoachingHandOver, o.mia) != 1 {
		o.t.Error("she is not asked")
	}
	o.hidden(o.eli, notePath(o.note), o.note)
	o.eli.Post(at+"/accept", object{}).Want(200)
	if e := o.view(o.mia, o.at_); e.OpenHandOverID == nil || *e.CoachID != o.dana.Member {
		o.t.Errorf("%+v", e)
	}
	o.mia.Post(at+"/accept", object{}).Want(422)
	was := o.entry(o.mia, o.sessions[2].StartsAt)
	if done := o.mia.Post(at+"/accept", object{"history": false}).Want(200).Map(); done["state"] != "done" || done["moved"] != 2.0 {
		o.t.Errorf("%v", done)
	}
	o.RunDue()
	o.entry(o.eli, o.sessions[2].StartsAt)
	if now := o.entry(o.mia, o.sessions[2].StartsAt); now.Id() != was.Id() {
		o.t.Errorf("%s, and was %s", now.Id(), was.Id())
	}
	// The new coach reads nothing of before, the old one what she wrote and no more.
	o.hidden(o.eli, notePath(o.note), o.note)
	o.hidden(o.eli, notePath(o.note)+"/versions", o.note)
	o.hidden(o.eli, "/v1/goals/"+o.goal.String(), o.goal)
	o.hidden(o.eli, "/v1/actions/"+o.late.String(), o.late)
	for _, path := range []string{o.at_ + "/notes?count=true", o.at_ + "/goals?count=true", o.at_ + "/actions?count=true", o.moved + "/notes?count=true"} {
		if a := o.eli.Do("GET", path, nil); a.Status != 404 && (len(list(a)) != 0 || a.Header.Get("X-Total-Count") != "0") {
			o.t.Errorf("the new coach at %s: %s %s", path, a.Header.Get("X-Total-Count"), a.Body)
		}
	}
	o.hidden(o.dana, o.at_, idOf(o.at_))
	o.hidden(o.dana, "/v1/goals/"+o.goal.String(), o.goal)
	o.dana.Get(notePath(o.note)).Want(200)
	o.dana.Get(notePath(o.private)).Want(200)
	for _, s := range list(o.dana.Get("/v1/coaching-sessions?upcoming=true").Want(200)) {
		o.t.Errorf("the old coach still has %v", s)
	}
	if open := list(o.cora.Get("/v1/tasks?kind=another_coach").Want(200)); len(open) != 0 {
		o.t.Errorf("%v", open)
	}
}

// completes: a session with the new coach, and the end. It stays readable to her.
func (o *one) completes() {
	third, fourth := "/v1/coaching-sessions/"+o.sessions[2].ID.String(), o.sessions[3]
	o.at(day(time.November, 10, 15, 55))
	var made coaching.LoggedCoaching
	o.dana.Post(third+"/log", object{"log_id": uuid.New(), "outcome": "completed"}).WantCode(404, "not_found")
	o.eli.Post(third+"/log", object{"log_id": uuid.New(), "outcome": "completed", "shared_summary": object{"text": "Zinniasecond"}}).Want(200).JSON(&made)
	o.hidden(o.dana, notePath(made.Notes[0].ID), made.Notes[0].ID)
	if got := o.mia.Get(notePath(made.Notes[0].ID)).Want(200).Map()["words"].(object)["text"]; got != "Zinniasecond" {
		o.t.Errorf("%v", got)
	}
	o.mia.Post(o.at_+"/complete", object{}).WantCode(403, "coach_or_staff")
	o.eli.Post(o.at_+"/complete", object{"reason": "goals_reached"}).Want(200)
	o.RunDue()
	if e := o.view(o.mia, o.at_); e.State != models.EngagementCompleted || e.Next != nil || *e.EndReason != "goals_reached" {
		o.t.Errorf("%+v", e)
	}
	if s := o.mia.Get("/v1/coaching-sessions/" + fourth.ID.String()).Want(200).Map(); s["state"] != "cancelled_by_coach" && s["state"] != "cancelled_by_staff" {
		o.t.Errorf("%v", s)
	}
	if e := o.entry(o.mia, fourth.StartsAt); e.GetProperty("STATUS") == nil || e.GetProperty("STATUS").Value != "CANCELLED" {
		o.t.Errorf("her calendar keeps %v", e.GetProperty("STATUS"))
	}
	o.mia.Post("/v1/coaching-sessions", object{"engagement_id": idOf(o.at_), "starts_at": day(time.November, 20, 15, 0), "modality": "online"}).WantCode(409, coaching.CodeNotActive)
	for _, id := range []uuid.UUID{o.note, made.Notes[0].ID} {
		o.mia.Get(notePath(id)).Want(200)
	}
	o.mia.Post("/v1/actions/"+o.late.String()+"/done", nil).Want(200)
	for _, want := range []string{"coach note 2026-10-28", "coach coach_day 2026-10-28", "coordinator engagement 2026-10-28"} {
		if kinds := o.looks(); !slices.Contains(kinds, want) {
			o.t.Errorf("her access log says %v, without %s", kinds, want)
		}
	}
	for _, who := range []*apptest.Client{o.mia, o.dana, o.eli} {
		for _, m := range o.Mail.To(who.Email) {
			if strings.Contains(m.Subject+m.Text, "Zinnia") {
				o.t.Errorf("a mail to %s holds words: %s", who.Email, m.Subject)
			}
		}
	}
	o.neutral(o.mia, "dana", "eli stone", "sleep")
	if log := o.Log.String(); strings.Contains(log, "Zinnia") || strings.Contains(log, "Rivera") {
		o.t.Error("the log holds words, or a name")
	}
}
