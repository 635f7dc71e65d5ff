package api_test

import (
	"bytes"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/apptest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// coachOf makes an account's owner a checked coach, who works from nine to noon every day in Chicago.
func coachOf(a *apptest.App, id uuid.UUID) {
	then := a.Core.Clock.Now().AddDate(0, -1, 0)
	for _, kind := range models.ForCoachesOf(true) {
		a.Exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) values ($1, 1, $2, $2, $3, $4, $2::timestamptz::date, '2099-12-31')`, services.NewID(), then, id, string(kind))
	}
	a.Exec(`insert into coaches (id, created_at, updated_at, bio, specialties, languages, modalities, time_zone) values ($1, $2, $2, 'I coach sleep.', '{sleep}', '{en}', '{phone}', 'America/Chicago')`, id, then)
	schedule := services.NewID()
	a.Exec(`insert into coach_schedules (id, created_at, updated_at, coach_id, name, time_zone, starts_on) values ($1, $2, $2, $3, 'Mornings', 'America/Chicago', $2::timestamptz::date)`, schedule, then, id)
	a.Exec(`insert into coach_hours (id, schedule_id, rule, from_time, until_time) values ($1, $2, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU', '09:00', '12:00')`, services.NewID(), schedule)
}

func TestFreeTimesOfCoachesByHTTP(t *testing.T) {
	a := apptest.New(t)
	dana, luis := a.As("Dana Reed", models.RoleCoach), a.As("Luis Ortega")
	coachOf(a, dana.Member)
	at := "/v1/coaches/" + dana.Member.String() + "/slots"
	day := a.Core.Clock.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	ask := url.Values{"from": {day}, "to": {day}, "time_zone": {"America/New_York"}}
	first := luis.Get(at + "?" + ask.Encode()).Want(200)
	var got coaching.CoachSlots
	first.JSON(&got)
	if len(got.Days) != 1 || got.Days[0].Day.String() != day || len(got.Days[0].Slots) != 5 || got.Days[0].Slots[0].LocalStart != day+"T10:00" || got.CoachTimeZone != "America/Chicago" || got.Empty != nil {
		t.Errorf("nine in Chicago is ten in New York: %+v", got)
	}
	luis.Do("GET", at+"?"+ask.Encode(), nil, "If-None-Match", first.Header.Get("ETag")).Want(304)
	var none coaching.CoachSlots
	luis.Get(at + "?from=2020-02-01").Want(200).JSON(&none)
	if none.Empty == nil || none.Empty.Why != "over" || none.Empty.NextDay == nil || none.To.String() != "2020-02-14" {
		t.Errorf("%+v", none)
	}
	var offers coaching.AnySlots
	luis.Get("/v1/coaching-slots?limit=3&specialty=sleep&modality=phone&" + ask.Encode()).Want(200).JSON(&offers)
	if len(offers.Slots) != 3 || !offers.More || len(offers.Coaches) != 1 || offers.Coaches[0].Name != "Dana R." || !offers.Slots[0].StartsAt.Equal(got.Days[0].Slots[0].StartsAt) {
		t.Errorf("%+v", offers)
	}
	var own coaching.AnySlots
	dana.Get("/v1/coaching-slots").Want(200).JSON(&own)
	if len(own.Slots) != 0 {
		t.Errorf("a coach is offered themselves: %+v", own)
	}
	a.Nobody().Get(at).Want(401)
	luis.Get(at + "?time_zone=Mars/Olympus").Want(422)
	luis.Get(at + "?from=2026-12-01&to=2027-03-01").Want(422)
	luis.Get(at + "?from=tomorrow").Want(422)
	luis.Get(at + "?form=2026-12-01").Want(400)
	luis.Get(at+"?engagement_id="+services.NewID().String()).WantCode(404, services.CodeNotFound)
	unknown := luis.Get("/v1/coaches/"+services.NewID().String()+"/slots").WantCode(404, services.CodeNotFound)
	a.Exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, 'protected', $3, $4, '2099-01-01', 'live', $3)`,
		services.NewID(), a.Core.Clock.Now(), dana.Member, luis.Member)
	apart := luis.Get(at).WantCode(404, services.CodeNotFound)
	if same := func(b []byte) []byte { return b[:bytes.Index(b, []byte(`"request_id"`))] }; !bytes.Equal(same(apart.Body), same(unknown.Body)) {
		t.Errorf("whoever is kept apart from a coach can tell:\n%s\n%s", apart.Body, unknown.Body)
	}
}
