package api_test

import (
	"slices"
	"testing"
	"time"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Somebody does not come, by HTTP: what is said of the coach is staff's to decide, with a reason.
func TestSomebodyDoesNotComeByHTTP(t *testing.T) {
	c := openRoom(t)
	cora := c.others["coordinator"]
	c.Exec(`update engagements set activated_at = $2 where id = $1`, c.engagement, c.Core.Clock.Now().AddDate(0, 0, -7))
	booked := c.coach.Post("/v1/coaching-sessions", object{"engagement_id": c.engagement, "starts_at": c.Core.Clock.Now().Add(-15 * time.Minute), "modality": "phone"}).Want(201)
	at := "/v1/coaching-sessions/" + booked.ID().String()
	if got := c.mia.Post(at+"/no-show", object{"who": "coach"}).Want(200).Map(); got["with_team"] != true || got["state"] != "no_show_coach" {
		t.Errorf("%v", got)
	}
	for _, path := range []string{"/no-show", "/log", "/restore"} {
		body := map[string]object{"/no-show": {"who": "member"}, "/log": {"log_id": services.NewID(), "outcome": "no_show_member"}, "/restore": {}}[path]
		c.coach.Post(at+path, body).WantCode(409, coaching.CodeWithOurTeam)
	}
	c.mia.Post(at+"/restore", nil).Want(200)
	c.mia.Post(at+"/no-show", object{"who": "coach"}).Want(200)
	cora.Post(at+"/restore", nil).WantCode(422, services.CodeInvalid)
	if got := cora.Post(at+"/restore", object{"reason": "They met by phone."}).Want(200).Map(); got["state"] != "booked" || got["with_team"] != false {
		t.Errorf("%v", got)
	}
	logged := object{"log_id": services.NewID(), "outcome": "completed"}
	first := c.coach.Post(at+"/log", logged).Want(200)
	if got := c.coach.Post(at+"/restore", object{}).Want(200).Map(); got["state"] != "booked" || got["logged_at"] != nil {
		t.Errorf("%v", got)
	}
	if again := c.coach.Post(at+"/log", logged).Want(200); string(again.Body) != string(first.Body) {
		t.Errorf("%s %s", first.Body, again.Body)
	}
	if got := c.mia.Get(at).Want(200).Map(); got["state"] != "booked" {
		t.Errorf("the first log, sent again, makes it %v", got["state"])
	}
	c.coach.Post(at+"/log", object{"log_id": services.NewID(), "outcome": "completed"}).Want(200)
}

// A series is called off, one of its sessions comes back, and a late mark goes.
func TestASeriesIsCalledOffByHTTP(t *testing.T) {
	c := openRoom(t)
	cora := c.others["coordinator"]
	c.Exec(`update coaches set cancel_notice_hours = 336 where id = $1`, c.coach.Member)
	start := time.Date(2026, 9, 10, 14, 0, 0, 0, time.UTC)
	booked := c.mia.Post("/v1/coaching-sessions", object{"engagement_id": c.engagement, "starts_at": start, "modality": "online", "repeat": object{"every_weeks": 1, "times": 2}}).Want(201)
	series, at := booked.Map()["series_id"].(string), "/v1/coaching-sessions/"+booked.ID().String()
	path := "/v1/coaching-series/" + series + "/cancel"
	cora.Post(path, object{}).WantCode(422, services.CodeInvalid)
	c.others["member"].Post(path, object{}).Want(404)
	var off coaching.CoachingSeriesCancelled
	if c.mia.Post(path, object{}).Want(200).JSON(&off); len(off.Cancelled) != 2 || off.Late != 1 {
		t.Errorf("%+v", off)
	}
	c.coach.Post(at+"/restore", object{}).WantCode(403, coaching.CodeOthersCalledOff)
	late := at + "/late"
	c.mia.Post(late, object{"late": false, "reason": "Please"}).WantCode(403, coaching.CodeCoordinatorsOnly)
	if got := cora.Post(late, object{"late": false, "reason": "Her son was ill"}).Want(200).Map(); got["late"] != false {
		t.Errorf("%v", got)
	}
	back := c.mia.Post(at+"/restore", nil).Want(200)
	if got := back.Map(); got["state"] != "booked" || back.Header.Get("ETag") != `"4"` {
		t.Errorf("%v %v", back.Header, got)
	}
	if got := c.mia.Post(path, object{"reason": "We travel"}).Want(200).Map(); len(got["cancelled"].([]any)) != 1 {
		t.Errorf("%v", got)
	}
	cora.Post(at+"/cancel", object{}).Want(200) // called off already, it is answered as it is
}

// Who asked for another coach keeps theirs after all.
func TestSomebodyKeepsTheirCoachByHTTP(t *testing.T) {
	c := openRoom(t)
	at := "/v1/engagements/" + c.engagement.String()
	c.mia.Post(at+"/keep-coach", nil).WantCode(409, coaching.CodeNotNow)
	if got := c.mia.Post(at+"/ask-for-another-coach", nil).Want(200).Map(); got["change_asked_at"] == nil {
		t.Errorf("%v", got)
	}
	c.coach.Post(at+"/keep-coach", nil).WantCode(409, coaching.CodeNotNow)
	c.others["coach"].Post(at+"/keep-coach", nil).Want(404)
	if got := c.mia.Post(at+"/keep-coach", nil).Want(200).Map(); got["change_asked_at"] != nil {
		t.Errorf("%v", got)
	}
	if got := c.others["coordinator"].Get("/v1/engagements?change_asked=true").Want(200).Map(); len(got["data"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}

// A partner who said no, and thought better of it, is asked again by staff, who say why.
func TestAPartnerIsAskedAgainByHTTP(t *testing.T) {
	c := openRoom(t)
	cora, luis := c.others["coordinator"], c.others["member"]
	c.Exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status, asked_by, decided_at)
		values ($1, 1, $2, $2, $3, $4, 'spouse', 'accepted', $3, $2)`, services.NewID(), c.Core.Clock.Now(), c.mia.Member, luis.Member)
	e := c.mia.Post("/v1/engagements", object{"program_id": c.program, "partner_member_id": luis.Member}).Want(201).ID().String()
	at := "/v1/engagements/" + e
	luis.Post(at+"/refuse", nil).Want(200)
	luis.Get(at).Want(404)
	c.mia.Post(at+"/ask-partner", object{"reason": "He would like to"}).WantCode(403, services.CodeForbidden)
	cora.Post(at+"/ask-partner", object{"reason": ""}).WantCode(422, services.CodeInvalid)
	cora.Post(at+"/ask-partner", object{"reason": "Luis called."}).Want(200)
	asked := func(who *apptest.Client) models.ParticipantState {
		var view coaching.EngagementView
		who.Get(at).Want(200).JSON(&view)
		i := slices.IndexFunc(view.People, func(p coaching.EngagementPerson) bool { return p.MemberID == luis.Member })
		if i < 0 {
			return ""
		}
		return view.People[i].State
	}
	if asked(luis) != models.ParticipantAsked {
		t.Errorf("he is %q", asked(luis))
	}
	cora.Post(at+"/ask-partner", object{"reason": "Luis called."}).WantCode(409, coaching.CodeNotNow)
	luis.Post(at+"/join", nil).Want(200)
	if asked(c.mia) != models.ParticipantJoined {
		t.Errorf("he is %q", asked(c.mia))
	}
}
