package coaching_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/papertest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/imports"
)

// sat is a session of an engagement in a state, with whom it was for.
func (p *practice) sat(engagement uuid.UUID, state models.CoachingState, at time.Time, minutes *int) uuid.UUID {
	p.t.Helper()
	id := services.NewID()
	p.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, minutes)
		select $1, $2, $2, e.id, e.coach_id, $4, $5, $6, 'America/New_York', 'phone', e.requested_by, $1, case when $4 not in ('requested', 'booked', 'in_progress') then $6::timestamptz end, $7
		from engagements e where e.id = $3`, id, practiceDay, engagement, string(state), at, at.Add(50*time.Minute), minutes)
	p.exec(`insert into coaching_attendance (session_id, member_id, status) select $1, member_id, case when $3 = 'completed' then 'present' end from engagement_participants where engagement_id = $2`,
		id, engagement, string(state))
	if state == models.CoachingCompleted {
		p.exec(`insert into coach_clients (coach_id, member_id, number) select e.coach_id, p.member_id, row_number() over (order by p.member_id) + (select count(*) from coach_clients n where n.coach_id = e.coach_id)
			from engagements e join engagement_participants p on p.engagement_id = e.id where e.id = $1 and not exists (select from coach_clients n where n.coach_id = e.coach_id and n.member_id = p.member_id)`, engagement)
	}
	return id
}

func TestReportsOfAnotherAgeAreRefused(t *testing.T) {
	p := openPractice(t)
	far, long := models.NewDate(9999, time.December, 31), models.NewDate(1, time.June, 1)
	for _, day := range []models.Date{far, long} {
		refused(t, second(p.Caseloads(p.desk(), coaching.CaseloadQuery{From: day, Weeks: 4})), services.CodeInvalid)
		refused(t, second(p.Waiting(p.desk(), coaching.WaitingQuery{To: day})), services.CodeInvalid)
		refused(t, second(p.HoursLog(p.desk(), p.coach(), coaching.HoursLogQuery{To: day}, coaching.HoursPage{})), services.CodeInvalid)
	}
}

func TestCaseloadsCountWhatEachCoachHas(t *testing.T) {
	p := openPractice(t)
	dana, eli := p.coach("Dana"), p.coach("Eli")
	boss := p.desk()
	p.exec(`update coaches set supervisor_id = $2, accepting = false where id = $1`, dana, eli)
	p.exec(`update credentials set expires_on = '2026-08-30' where member_id = $1 and kind = 'background_check'`, eli)
	active, couple, paused := p.engagement(dana, p.member()), p.engagement(dana, p.member(), p.member()), p.engagement(dana, p.member())
	p.exec(`update engagements set state = 'paused', paused_at = $2 where id = $1`, paused, practiceDay)
	over := p.engagement(dana, p.member())
	p.exec(`update engagements set state = 'completed', closed_at = $2 where id = $1`, over, practiceDay)
	forty := 40
	p.sat(active, models.CoachingCompleted, practiceDay.AddDate(0, 0, -20), &forty)
	p.sat(couple, models.CoachingCompleted, practiceDay.AddDate(0, 0, -10), nil)
	p.sat(active, models.CoachingCompleted, practiceDay.AddDate(0, 0, -40), nil) // too long ago
	p.sat(active, models.CoachingBooked, practiceDay.AddDate(0, 0, -1), nil)     // of this week, and not written down
	p.sat(active, models.CoachingBooked, practiceDay.AddDate(0, 0, 3), nil)
	p.sat(couple, models.CoachingBooked, practiceDay.AddDate(0, 0, 20), nil)
	p.sat(active, models.CoachingCancelledByMember, practiceDay.AddDate(0, 0, 2), nil)
	p.exec(`insert into coach_time_off (id, created_at, updated_at, coach_id, starts_at, ends_at) values ($1, $2, $2, $3, '2026-09-03T04:00:00Z', '2026-09-04T04:00:00Z')`, services.NewID(), practiceDay, dana)
	p.exec(`insert into coach_overrides (id, created_at, updated_at, coach_id, day, time_zone, windows) values ($1, $2, $2, $3, '2026-09-04', 'America/New_York', '{09:00-12:00}')`, services.NewID(), practiceDay, dana)

	got := must[*coaching.CaseloadReport](t)(p.Caseloads(boss, coaching.CaseloadQuery{Weeks: 1, PageQuery: services.PageQuery{Limit: 25}}))
	if got.From.String() != "2026-08-31" || got.To.String() != "2026-09-06" || len(got.Data) != 2 {
		t.Fatalf("%+v", got)
	}
	at := slices.IndexFunc(got.Data, func(l coaching.CoachLoad) bool { return l.CoachID == dana })
	l := got.Data[at]
	if l.Name != "Dana Okafor" || l.Accepting || l.Clients != 3 || l.Active != 2 || l.Paused != 1 || l.Proposed != 0 || l.Ahead != 1 || l.Unlogged != 1 || l.HeldMinutes != 90 || l.HeldHours != 1.5 {
		t.Errorf("%+v", l)
	}
	// Monday to Wednesday eight hours each, Thursday off, on Friday three.
	if l.Offered == nil || *l.Offered != 27*60 || l.Booked != 100 || l.Utilization == nil || math.Abs(*l.Utilization-100.0/1620) > 1e-9 {
		t.Errorf("offered %v booked %d share %v", l.Offered, l.Booked, l.Utilization)
	}
	if l.Supervisor == nil || *l.Supervisor != "Eli Okafor" || len(l.Missing) != 0 || l.CredentialsEnd == nil || l.CredentialsEnd.String() != "2027-12-31" {
		t.Errorf("%+v", l)
	}
	if e := got.Data[1-at]; !slices.Equal(e.Missing, []models.CredentialKind{models.CredentialBackgroundCheck}) || e.CredentialsEnd != nil || e.Supervisor != nil || e.Utilization == nil || *e.Utilization != 0 {
		t.Errorf("%+v", e)
	}
	// What nobody wrote down counts however long ago it was, whichever weeks are asked for.
	p.sat(active, models.CoachingBooked, practiceDay.AddDate(0, 0, -40), nil)
	p.sat(couple, models.CoachingBooked, practiceDay.AddDate(0, 0, -100), nil)
	for _, from := range []models.Date{{}, models.NewDate(2026, time.August, 3), models.NewDate(2026, time.October, 5)} {
		got := must[*coaching.CaseloadReport](t)(p.Caseloads(boss, coaching.CaseloadQuery{From: from, Weeks: 1, PageQuery: services.PageQuery{Limit: 25}}))
		if n := got.Data[at].Unlogged; n != 3 {
			t.Errorf("from %s %d are not written down", from, n)
		}
	}
	p.exec(`update coaches set suspended_at = $2 where id = $1`, dana, practiceDay)
	p.exec(`update coaches set archived_at = $2 where id = $1`, eli, practiceDay)
	got = must[*coaching.CaseloadReport](t)(p.Caseloads(boss, coaching.CaseloadQuery{Weeks: 1, PageQuery: services.PageQuery{Limit: 25}}))
	if len(got.Data) != 1 || got.Data[0].SuspendedAt == nil || got.Data[0].Offered != nil {
		t.Errorf("%+v", got.Data)
	}
}

func TestWaitingTimes(t *testing.T) {
	p := openPractice(t)
	dana := p.coach()
	asked := func(daysAgo int) uuid.UUID {
		e := p.engagement(dana, p.member())
		p.exec(`update engagements set requested_at = $2 where id = $1`, e, practiceDay.AddDate(0, 0, -daysAgo))
		return e
	}
	for _, days := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10} {
		e := asked(50)
		p.sat(e, models.CoachingCompleted, practiceDay.AddDate(0, 0, -50+days), nil)
		p.sat(e, models.CoachingCompleted, practiceDay.AddDate(0, 0, -1), nil)
	}
	early := asked(700) // entered of a time before the request, when that could be
	p.sat(early, models.CoachingCompleted, practiceDay.AddDate(0, 0, -710), nil)
	back, to := models.NewDate(2024, time.September, 1), models.NewDate(2024, time.December, 31)
	if a := must[*coaching.WaitingReport](t)(p.Waiting(p.desk(), coaching.WaitingQuery{From: back, To: to})).All; a.Begun != 1 || *a.Median != 0 {
		t.Errorf("waited for less than nothing: %v", *a.Median)
	}
	p.sat(asked(45), models.CoachingNoShowMember, practiceDay.AddDate(0, 0, -40), nil)
	proposed, requested, paused, ended, twice := asked(10), asked(8), asked(100), asked(20), asked(20)
	p.exec(`update engagements set state = 'matched' where id = $1`, proposed)
	p.exec(`update engagements set state = 'requested', coach_id = null where id = $1`, requested)
	p.exec(`update engagements set state = 'paused', paused_at = $2 where id = $1`, paused, practiceDay)
	p.exec(`update engagements set state = 'ended', closed_at = $2, end_reason = 'no_contact' where id = $1`, ended, practiceDay)
	p.exec(`update engagements set state = 'ended', closed_at = $2, end_reason = 'superseded' where id = $1`, twice, practiceDay)
	got := must[*coaching.WaitingReport](t)(p.Waiting(p.desk(), coaching.WaitingQuery{}))
	if got.From.String() != "2025-10-01" || got.To.String() != "2026-09-01" {
		t.Errorf("of %s to %s", got.From, got.To)
	}
	if a := got.All; a.Requests != 15 || a.Begun != 10 || a.Waiting != 4 || a.Ended != 1 || a.Median == nil || *a.Median != 5.5 || *a.P90 != 9.1 {
		t.Errorf("%+v", a)
	}
	var months []string
	for _, m := range got.Months {
		months = append(months, fmt.Sprint(m.Month, " ", m.Requests))
	}
	if !slices.Equal(months, []string{"2026-05 1", "2026-07 11", "2026-08 3"}) {
		t.Errorf("%v", months)
	}
	var now []string
	for _, w := range got.Now {
		now = append(now, fmt.Sprint(w.FromDays, " ", w.Requested, w.Proposed, w.Accepted))
	}
	if !slices.Equal(now, []string{"0 0 0 0", "7 1 1 0", "14 0 0 0", "30 0 0 1", "60 0 0 0"}) || got.Oldest == nil || *got.Oldest != 45 {
		t.Errorf("%v %v", now, got.Oldest)
	}
	_, err := p.Waiting(p.desk(), coaching.WaitingQuery{From: models.NewDate(2026, time.May, 2), To: models.NewDate(2026, time.May, 1)})
	refused(t, err, services.CodeInvalid)
}

func TestHoursLog(t *testing.T) {
	p := openPractice(t)
	dana, eli := p.coach("Dana"), p.coach("Eli")
	mia := p.person(models.Member{GivenName: "=Mia", FamilyName: "Rivera"}, models.RoleMember)
	ana, kin := p.member("Ana"), p.member("Kim")
	p.couple(p.boss, kin)
	one, two, hers, others := p.engagement(dana, mia), p.engagement(dana, mia, ana), p.engagement(dana, kin), p.engagement(eli, ana)
	forty := 40
	p.sat(one, models.CoachingCompleted, time.Date(2026, 8, 3, 14, 0, 0, 0, time.UTC), &forty)
	p.sat(two, models.CoachingCompleted, time.Date(2026, 8, 4, 3, 30, 0, 0, time.UTC), nil) // the third, still, in New York
	p.sat(hers, models.CoachingCompleted, time.Date(2026, 8, 5, 14, 0, 0, 0, time.UTC), nil)
	p.sat(one, models.CoachingNoShowMember, time.Date(2026, 8, 6, 14, 0, 0, 0, time.UTC), nil)
	p.sat(one, models.CoachingCompleted, time.Date(2026, 7, 31, 14, 0, 0, 0, time.UTC), nil) // before
	p.sat(others, models.CoachingCompleted, time.Date(2026, 8, 3, 14, 0, 0, 0, time.UTC), nil)
	august := coaching.HoursLogQuery{From: models.NewDate(2026, time.August, 1), To: models.NewDate(2026, time.August, 31)}
	page := coaching.HoursPage{PageQuery: services.PageQuery{Limit: 2}}
	got := must[*coaching.HoursLog](t)(p.Service.HoursLog(p.coaches(dana), dana, august, page))
	if got.Totals != (coaching.HoursTotals{Sessions: 3, Minutes: 140, Hours: 2.33, ProBonoMinutes: 140, ProBonoHours: 2.33, IndividualMinutes: 90, CoupleMinutes: 50, Clients: 3}) {
		t.Errorf("%+v", got.Totals)
	}
	if len(got.Data) != 2 || got.NextCursor == nil || got.Data[0].Minutes != 40 || !slices.Equal(got.Data[0].Clients, []string{"M. R."}) || got.Data[1].Kind != "couple" || got.Data[1].Count != 2 || got.Data[1].On.String() != "2026-08-03" {
		t.Errorf("%+v", got.Data)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coaching.hours_log' and $1 = any(subjects) and outcome = 'read'`, ana); n != 1 {
		t.Errorf("%d lines in her access log", n)
	}
	// Staff read of nobody close to them.
	all := must[*coaching.HoursLog](t)(p.Service.HoursLog(p.desk(), dana, august, coaching.HoursPage{PageQuery: services.PageQuery{Limit: 25}}))
	if len(all.Data) != 3 || !slices.Equal(all.Data[2].Clients, []string{"–"}) || all.Data[2].Numbers[0] != 0 {
		t.Errorf("%+v", all.Data)
	}
	if c := all.ByClient.Data; len(c) != 3 || c[2].Clients[0] != "–" || c[2].Numbers[0] != 0 || c[2].FirstOn != nil || c[2].Sessions != 1 {
		t.Errorf("how long somebody close has had a coach: %+v", c)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coaching.hours_log' and member_id = $2 and $1 = any(subjects)`, kin, p.boss); n != 0 {
		t.Error("the log says that somebody close was read")
	}
	for _, ctx := range []uuid.UUID{eli, mia} {
		_, err := p.Service.HoursLog(p.coaches(ctx), dana, august, page)
		refused(t, err, services.CodeNotFound)
		_, err = p.HoursLogFile(p.coaches(ctx), dana, imports.CSV, coaching.HoursByClient, august)
		refused(t, err, services.CodeNotFound)
	}
	_, err := p.Service.HoursLog(p.coaches(dana), dana, coaching.HoursLogQuery{From: models.NewDate(2026, time.August, 2), To: models.NewDate(2026, time.August, 1)}, page)
	refused(t, err, services.CodeInvalid)

	file := must[*coaching.File](t)(p.HoursLogFile(p.coaches(dana), dana, imports.CSV, coaching.HoursBySession, august))
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file.Bytes, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 4 || strings.Join(rows[1][:9], "|") != "2026-08-03|M. R.|1|1|individual|phone|40|0.67|false" || file.Name != "coaching-hours-2026-08-01-2026-08-31.csv" {
		t.Errorf("%v %v %s", rows, err, file.Name)
	}
	printed := must[*coaching.File](t)(p.HoursLogFile(p.coaches(dana), dana, coaching.PDFHours, "", august))
	words := strings.Join(papertest.Lines(t, printed.Bytes), "\n")
	for _, want := range []string{"Coaching hours: Dana Okafor", "August 1, 2026 to August 31, 2026", "2.33", "hours, groups", "M. R., A. R.", "Aug 5, 2026", "by phone", "Page 1 of 2"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q does not stand in %s", want, words)
		}
	}
	if dir := os.Getenv("PAPER_DIR"); dir != "" {
		for i := range 70 {
			p.sat(one, models.CoachingCompleted, time.Date(2026, 8, 10, 14, i, 0, 0, time.UTC), nil)
		}
		long := must[*coaching.File](t)(p.HoursLogFile(p.coaches(dana), dana, coaching.PDFHours, "", august))
		if err := os.WriteFile(dir+"/hours.pdf", long.Bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
