package api_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"homefront/internal/apptest"
	"homefront/internal/papertest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Coordinators see the numbers and every log of hours, a coach their own log alone, and nobody else either.
func TestWhoSeesTheReportsOfCoaching(t *testing.T) {
	a := apptest.New(t)
	boss, dana, eli, luis := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleCoach), a.As("Eli Stone", models.RoleCoach), a.As("Luis Ortega")
	for _, c := range []*apptest.Client{dana, eli} {
		a.Exec(`insert into coaches (id, created_at, updated_at, modalities, time_zone) values ($1, $2, $2, '{online}', 'America/New_York')`, c.Member, a.Core.Clock.Now())
	}
	var loads coaching.CaseloadReport
	boss.Get("/v1/coaching/caseloads?weeks=2&count=true").Want(200).JSON(&loads)
	if len(loads.Data) != 2 || loads.Data[0].Name != "Dana Reed" || loads.Data[0].Offered == nil || len(loads.Data[0].Missing) != 3 {
		t.Errorf("%+v", loads)
	}
	boss.Get("/v1/coaching/caseloads?weeks=14").WantCode(422, services.CodeInvalid)
	boss.Get("/v1/coaching/waiting").Want(200)
	boss.Get("/v1/coaching/waiting?from=2026-02-01&to=2026-01-01").WantCode(422, services.CodeInvalid)
	own := "/v1/coaches/" + dana.Member.String() + "/hours-log"
	unknown := "/v1/coaches/" + services.NewID().String() + "/hours-log"
	for suffix, kind := range map[string]string{"": "application/json", ".csv": "text/csv", ".pdf": "application/pdf"} {
		for _, c := range []*apptest.Client{boss, dana} {
			if got := c.Get(own + suffix).Want(200); !strings.HasPrefix(got.Header.Get("Content-Type"), kind) {
				t.Errorf("%s is %s", suffix, got.Header.Get("Content-Type"))
			}
		}
		eli.Get(own+suffix).WantCode(404, services.CodeNotFound)
		boss.Get(unknown+suffix).WantCode(404, services.CodeNotFound)
		luis.Get(own + suffix).Want(403)
	}
	for _, path := range []string{"/v1/coaching/caseloads", "/v1/coaching/waiting"} {
		dana.Get(path).Want(403)
		luis.Get(path).Want(403)
	}
}

// What a coach hands in to those who certify: hours paid and pro bono of each client, by number and without names.
func TestTheHoursLogOfAPaidCoach(t *testing.T) {
	a := apptest.New(t)
	boss, dana, mia, max := a.As("Cora Lane", models.RoleCoordinator), a.As("Dana Reed", models.RoleCoach, models.RoleMember), a.As("Mia Rivera"), a.As("Max Rivera")
	now, program := a.Core.Clock.Now(), services.NewID()
	profile := "/v1/coaches/" + dana.Member.String()
	a.Exec(`insert into coaches (id, created_at, updated_at, languages, modalities, time_zone) values ($1, $2, $2, '{en}', '{phone}', 'UTC')`, dana.Member, now)
	dana.Patch(profile, 1, object{"paid": true}).WantCode(422, services.CodeInvalid)
	boss.Patch(profile, 1, object{"paid": true}).Want(200)
	a.Exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'One on one', 'one-on-one', 'active')`, program, now)
	began := now.AddDate(0, 0, -10)
	hold := func(who *apptest.Client, daysAgo int, log object) *apptest.Answer {
		engagement, session := services.NewID(), services.NewID()
		a.Exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, language, time_zone, requested_at, requested_by, matched_at, coach_accepted_at, activated_at)
			values ($1, $2, $2, $3, $4, 'active', 'en', 'UTC', $2, $5, $2, $2, $2)`, engagement, began, program, dana.Member, who.Member)
		a.Exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) values ($1, $2, $3, $4)`, services.NewID(), engagement, dana.Member, began)
		a.Exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) values ($1, $2, $3, false, true, 'joined', $4)`, services.NewID(), engagement, who.Member, began)
		at := now.AddDate(0, 0, -daysAgo)
		a.Exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id) values ($1, $2, $2, $3, $4, 'booked', $5, $6, 'UTC', 'phone', $4, $1)`,
			session, began, engagement, dana.Member, at, at.Add(time.Hour))
		a.Exec(`insert into coaching_attendance (session_id, member_id) values ($1, $2)`, session, who.Member)
		log["log_id"], log["outcome"] = services.NewID(), "completed"
		return dana.Post("/v1/coaching-sessions/"+session.String()+"/log", log).Want(200)
	}
	if facts := hold(mia, 3, object{"minutes": 90}).Map(); facts["paid"] != true {
		t.Errorf("%v", facts)
	}
	given := hold(max, 2, object{"paid": false})
	days := "?" + url.Values{"from": {began.Format(time.DateOnly)}, "to": {now.Format(time.DateOnly)}}.Encode()
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(dana.Get(profile+"/hours-log.csv"+days+"&by=client").Want(200).Body, []byte("\ufeff")))).ReadAll()
	first := began.UTC().Format(time.DateOnly)
	want := "clients|client_numbers|group_size|first_on|last_on|sessions|paid_minutes|paid_hours|pro_bono_minutes|pro_bono_hours\nM. R.|1|1|" + first + "||1|90|1.50|0|0.00\nM. R.|2|1|" + first + "||1|0|0.00|60|1.00\n"
	var have strings.Builder
	for _, row := range rows {
		fmt.Fprintln(&have, strings.Join(row, "|"))
	}
	if err != nil || have.String() != want {
		t.Errorf("%v\n%s", err, &have)
	}
	boss.Get(profile+"/hours-log.csv"+days+"&by=name").WantCode(422, services.CodeInvalid)
	words := strings.Join(papertest.Lines(t, boss.Get(profile+"/hours-log.pdf"+days).Want(200).Body), "\n")
	for _, must := range []string{"hours paid", "1.50", "hours pro bono", "1.00", "2.50 hours with 2 clients", "in confidence by", "No.", "First day", "Page 2 of 2"} {
		if !strings.Contains(words, must) {
			t.Errorf("%q does not stand in %s", must, words)
		}
	}
	if strings.Contains(words, "Rivera") {
		t.Error("the log names a client")
	}

	// A coordinator puts right what was paid; the second table has pages of its own.
	session := "/v1/coaching-sessions/" + fmt.Sprint(given.Map()["coaching_session_id"]) + "/log"
	boss.Patch(session, int(given.Map()["version"].(float64)), object{"paid": true, "reason": "It was invoiced after all"}).Want(200)
	var log coaching.HoursLog
	dana.Get(profile + "/hours-log" + days + "&limit=1").Want(200).JSON(&log)
	if log.Totals.PaidMinutes != 150 || log.Totals.ProBonoMinutes != 0 || len(log.ByClient.Data) != 1 || log.ByClient.NextCursor == nil || log.NextCursor == nil {
		t.Fatalf("%+v", log)
	}
	dana.Get(profile+"/hours-log"+days+"&limit=1&client_cursor="+*log.NextCursor).WantCode(400, services.CodeBadCursor)
	lines := *log.NextCursor
	dana.Get(profile + "/hours-log" + days + "&limit=1&client_cursor=" + *log.ByClient.NextCursor + "&cursor=" + lines).Want(200).JSON(&log)
	if len(log.ByClient.Data) != 1 || log.ByClient.Data[0].Numbers[0] != 2 || log.ByClient.NextCursor != nil || log.Data[0].Numbers[0] != 2 {
		t.Errorf("%+v", log)
	}
}
