package api_test

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/records"
)

const glassReason = "She told a facilitator that she will not be here tomorrow"

func breaking(member uuid.UUID) map[string]any {
	return map[string]any{"member_id": member, "reason": glassReason}
}

// plain is an answer without what differs from call to call.
func plain(a *apptest.Answer) map[string]any {
	m := a.Map()
	delete(m, "request_id")
	return m
}

func TestBreakingGlassAtTheEdge(t *testing.T) {
	a := apptest.New(t)
	admin, second, officer := a.As("Ada Stone", models.RoleAdmin), a.As("Bo Reed", models.RoleAdmin), a.As("Pia Lund", models.RolePrivacyOfficer)
	mia := a.As("Mia Rivera")
	for _, role := range models.Roles() {
		if role != models.RoleAdmin {
			a.As("Some "+string(role), role).Post("/v1/break-glass", breaking(mia.Member)).WantCode(403, services.CodeForbidden)
		}
	}
	admin.Post("/v1/break-glass", map[string]any{"member_id": mia.Member, "reason": "too short"}).WantCode(422, services.CodeInvalid)
	admin.Post("/v1/break-glass", map[string]any{"member_id": mia.Member, "reason": strings.Repeat(" ", 15) + "short" + strings.Repeat(" ", 15)}).WantCode(422, services.CodeInvalid)
	for _, minutes := range []int{-1, 4, 61} {
		admin.Post("/v1/break-glass", map[string]any{"member_id": mia.Member, "reason": glassReason, "minutes": minutes}).WantCode(422, services.CodeInvalid)
	}
	unknown := plain(admin.Post("/v1/break-glass", breaking(services.NewID())).WantCode(404, services.CodeNotFound))
	if own := plain(admin.Post("/v1/break-glass", breaking(admin.Member)).WantCode(404, services.CodeNotFound)); !maps.Equal(own, unknown) {
		t.Errorf("oneself %v, unknown %v", own, unknown)
	}

	a.Core.Clock.Set(a.Core.Clock.Now().Add(6 * time.Minute))
	admin.Post("/v1/break-glass", breaking(mia.Member)).WantCode(403, services.CodeStepUpRequired)
	if n, others := a.Count(`select count(*) from audit_log where action = 'glass.break' and outcome = 'refused' and member_id = $1`, admin.Member),
		a.Count(`select count(*) from audit_log where action = 'glass.break' and outcome = 'refused'`); n != 1 || others != len(models.Roles()) {
		t.Errorf("without the password %d attempts are told, %d in all", n, others)
	}
	admin.SignIn()
	key := []string{"Idempotency-Key", uuid.NewString()}
	first := admin.Post("/v1/break-glass", breaking(mia.Member), key...).Want(201)
	var g coaching.GlassView
	first.JSON(&g)
	if again := admin.Post("/v1/break-glass", breaking(mia.Member), key...).Want(201); !bytes.Equal(again.Body, first.Body) || bytes.Contains(first.Body, []byte("tomorrow")) || !g.Open {
		t.Errorf("%s, again %s", first.Body, again.Body)
	}
	if n := a.Count(`select count(*) from idempotency_keys where answer::text like '%tomorrow%'`); n != 0 {
		t.Error("the reason is kept in clear for a replay")
	}
	path := "/v1/break-glass/" + g.ID.String()
	admin.Get(path + "/notes").Want(200)
	admin.Post(path+"/close", map[string]any{"words": "It was right"}).WantCode(403, coaching.CodeOwnReview)
	second.Post(path+"/close", map[string]any{"words": "It was right"}).WantCode(409, coaching.CodeGlassReadable)
	second.Get(path+"/notes").WantCode(403, services.CodeStepUpRequired)
	second.SignIn()
	second.Get(path+"/notes").WantCode(404, services.CodeNotFound)
	mia.Get(path).WantCode(403, services.CodeForbidden)
	officer.Get("/v1/break-glass/"+services.NewID().String()).WantCode(404, services.CodeNotFound)

	log := func() (kinds []string) {
		var page services.Page[records.AccessEntry]
		mia.Get("/v1/me/access-log").Want(200).JSON(&page)
		for _, e := range page.Data {
			kinds = append(kinds, string(e.Role)+" "+e.Kind)
		}
		return kinds
	}
	if got := log(); len(got) != 0 {
		t.Errorf("before she is told her log says %v", got)
	}
	var open services.Page[coaching.GlassView]
	officer.Get("/v1/break-glass?review=open&count=true").Want(200).JSON(&open)
	if len(open.Data) != 1 || open.Data[0].ID != g.ID {
		t.Errorf("%+v", open)
	}
	var detail coaching.GlassDetail
	if officer.Get(path).Want(200).JSON(&detail); *detail.ReasonWords != glassReason {
		t.Errorf("%+v", detail)
	}
	second.Post(path+"/end", nil).Want(200)
	admin.Get(path+"/notes").WantCode(409, coaching.CodeGlassOver)
	officer.Post(path+"/close", map[string]any{"words": "I called both. It was right."}).Want(200)
	if got := log(); len(got) != 1 || got[0] != "admin note_list" {
		t.Errorf("when she is told her log says %v", got)
	}
	a.RunDue()
	var sent []string
	for _, m := range a.Mail.To(mia.Email) {
		if m.Subject == "Something you should know" && !strings.Contains(m.Text, "note") {
			sent = append(sent, m.Subject)
		}
	}
	if len(sent) != 1 {
		t.Errorf("%d neutral mails to her among %d", len(sent), len(a.Mail.To(mia.Email)))
	}
	if text := string(mia.Get("/v1/me/notifications").Want(200).Body); !strings.Contains(text, "Your notes were opened") && !strings.Contains(text, "opened the notes of your coaching") {
		t.Errorf("her inbox: %s", text)
	}
	for range models.GlassPerDay - 1 {
		admin.Post("/v1/break-glass", breaking(a.Member("Lou Ortega", "1980-01-01"))).Want(201)
	}
	admin.Post("/v1/break-glass", breaking(a.Member("Lou Ortega", "1980-01-01"))).WantCode(403, coaching.CodeGlassOften)
}

func TestASealedNoticeKeepsTheAccessLogSilent(t *testing.T) {
	a := apptest.New(t)
	admin, officer, mia := a.As("Ada Stone", models.RoleAdmin), a.As("Pia Lund", models.RolePrivacyOfficer), a.As("Mia Rivera")
	path := "/v1/break-glass/" + admin.Post("/v1/break-glass", breaking(mia.Member)).Want(201).ID().String()
	admin.Get(path + "/notes").Want(200)
	officer.Post(path+"/seal-notice", map[string]any{"reason": "Her husband reads her messages"}).Want(200)
	start := a.Core.Clock.Now()
	silent := func(when time.Duration, want bool) {
		t.Helper()
		if _, err := a.Core.RunDue(t.Context(), start.Add(when)); err != nil {
			t.Fatal(err)
		}
		mia.SignIn()
		log, inbox := string(mia.Get("/v1/me/access-log").Want(200).Body), string(mia.Get("/v1/me/notifications").Want(200).Body)
		if strings.Contains(log, "note_list") == want || strings.Contains(inbox, "glass.broken") == want {
			t.Errorf("after %s: %s %s", when, log, inbox)
		}
	}
	silent(25*time.Hour, true)
	silent(89*24*time.Hour, true)
	silent(90*24*time.Hour, false)
}
