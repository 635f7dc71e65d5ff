package demodata_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/forms"
	"homefront/services/programs"
)

// programs: what issue 4 brought is there, in each of its states.
func (p *program) programs(t *testing.T) {
	for want, sql := range map[string]string{
		"active applied completed denied enrolled paused superseded waitlisted withdrawn": `select string_agg(distinct state, ' ' order by state) from enrollments`,
		"eligibility guardianship held second_application":                                `select string_agg(distinct r, ' ' order by r) from enrollments, unnest(review) r where state = 'applied'`,
		"active completed planned":                                                        `select string_agg(distinct status, ' ' order by status) from cohorts`,
		"15":                                                                              `select count(*)::text from cohorts`,
		"answered due moot":                                                               `select string_agg(distinct status, ' ' order by status) from form_responses`,
		"attendee enrollment":                                                             `select string_agg(distinct record, ' ' order by record) from form_responses`,
		"1 2":                                                                             `select string_agg(distinct v.number::text, ' ' order by v.number::text) from form_responses r join form_versions v on v.id = r.form_version_id`,
		"2 3":                                                                             `select count(*) filter (where published_at is null) || ' ' || count(*) filter (where published_at is not null) from form_versions`,
		"age any completed era kinds not once_per_household service_verified": `select replace(string_agg(distinct x #>> '{}', ' ' order by x #>> '{}'), 'eras', 'era') from programs, jsonb_path_query(rules, '$.**.rule') x`,
		"0 2":        `select sum(differences) || ' ' || count(*) from roll_up_checks`,
		"true false": `select bool_or(withdrawn_at is null) || ' ' || bool_and(withdrawn_at is null) from eligibility_waivers`,
	} {
		if have := p.column(sql)[0]; have != want {
			t.Errorf("want %q, have %q: %s", want, have, sql)
		}
	}
	for state, least := range map[models.EnrollmentState]int{models.EnrollmentActive: 25, models.EnrollmentCompleted: 15, models.EnrollmentEnrolled: 8, models.EnrollmentApplied: 10,
		models.EnrollmentWithdrawn: 8, models.EnrollmentWaitlisted: 3, models.EnrollmentPaused: 2, models.EnrollmentDenied: 4} {
		if n := p.count(`select count(*) from enrollments where state = $1`, string(state)); n < least {
			t.Errorf("%d enrollments are %s, want %d", n, state, least)
		}
	}
	if n := p.count(`select count(*) from enrollments`); n < 105 || n > 145 {
		t.Errorf("%d enrollments", n)
	}
	for what, sql := range map[string]string{
		"somebody who did not come three times in a row":   `select count(*) from enrollments where state = 'active' and consecutive_absences >= 3 and sessions_attended > 0`,
		"many who have come":                               `select count(*) / 40 from enrollments where sessions_attended > 0`,
		"some who have missed something":                   `select count(*) / 5 from enrollments where sessions_missed > 0`,
		"some whose program offered more than once":        `select count(*) / 15 from enrollments where sessions_offered > 2`,
		"somebody who became active by coming":             `select count(*) from enrollment_events where step = 'activate' and by_id is null`,
		"a pause that ended by itself":                     `select count(*) from enrollment_events where step = 'resume' and by_id is null`,
		"a pause that goes on":                             `select count(*) from enrollments where state = 'paused' and paused_until > $1::timestamptz::date`,
		"a withdrawal and a denial that were taken back":   `select count(distinct from_state) / 2 from enrollment_events where step = 'reopen'`,
		"words of staff in a history":                      `select count(*) / 10 from enrollment_events where words is not null`,
		"a line in which somebody was moved ahead":         `select count(*) from enrollments where state = 'waitlisted' and moved_ahead_at is not null`,
		"a place that is free while somebody waits":        `select count(*) from tasks where kind = 'place_free' and status = 'open'`,
		"an application to look at":                        `select count(*) / 5 from tasks where kind = 'review_enrollment' and status = 'open'`,
		"one of somebody who died":                         `select count(*) from enrollments where end_reason = 'died' and state = 'withdrawn'`,
		"one that was given back to who is alive":          `select count(*) from enrollment_events where step = 'restore'`,
		"a rule that was set aside by enrolling":           `select count(*) from eligibility_waivers w join programs p on p.id = w.program_id where p.name = 'Coaching'`,
		"two guardians who applied for one child":          `select count(*) from (select from enrollments where live group by program_id, member_id having count(distinct entered_by) = 2) x`,
		"answers that are kept until a day":                `select count(*) / 10 from form_answers where purge_on > $1::timestamptz::date and sealed is not null`,
		"answers of intake that are gone":                  `select count(*) from form_answers a join form_responses r on r.id = a.response_id where r.record = 'enrollment' and a.purged_at is not null and a.sealed is null`,
		"answers about a day that are gone":                `select count(*) / 5 from form_answers a join form_responses r on r.id = a.response_id where r.record = 'attendee' and a.purged_at is not null and a.sealed is null`,
		"a form of a day to come that is answered":         `select count(*) from form_responses r join attendees a on a.id = r.record_id join registrations g on g.id = a.registration_id join workshops w on w.id = g.workshop_id where r.status = 'answered' and w.starts_at > $1`,
		"a cohort to come in which somebody has a place":   `select count(*) from cohorts where status = 'planned' and taken > 0`,
		"a cohort that is over, with people who completed": `select count(*) from cohorts c where status = 'completed' and exists (select from enrollments where cohort_id = c.id and state = 'completed')`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if p.count(sql, args...) == 0 {
			t.Errorf("there is no %s", what)
		}
	}
	for what, sql := range map[string]string{
		"applications from before somebody came":            `select count(*) from enrollments e join members m on m.id = e.member_id where e.applied_at < m.created_at`,
		"programs that count wrong":                         `select count(*) from programs p where taken <> (select count(*) from enrollments where program_id = p.id and state in ('enrolled', 'active', 'paused'))`,
		"cohorts that count wrong":                          `select count(*) from cohorts p where taken <> (select count(*) from enrollments where cohort_id = p.id and state in ('enrolled', 'active', 'paused'))`,
		"answers whose day has come":                        `select count(*) from form_answers where purged_at is null and purge_on < $1::timestamptz::date`,
		"events of an enrollment that are to come":          `select count(*) from enrollment_events where at > $1`,
		"histories that do not end where the enrollment is": `select count(*) from enrollments e where state <> (select to_state from enrollment_events v where v.enrollment_id = e.id order by at desc, id desc limit 1)`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if n := p.count(sql, args...); n > 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	p.inPrograms(t)
}

// inPrograms: what there is can be read, and gone on with, by the accounts that the demo names.
func (p *program) inPrograms(t *testing.T) {
	p.Core.Clock.Set(now)
	home, err := p.Records.Home(p.as("member"))
	if err != nil || len(home.Forms) == 0 || home.Forms[0].Title != "Before we meet" || len(home.Programs) < 2 {
		t.Fatalf("%+v, %v", home, err)
	}
	asked, err := p.Forms.Response(p.as("member"), home.Forms[0].ResponseID)
	if err != nil || !asked.MayAnswer || len(asked.Fields) != 11 {
		t.Fatalf("%+v, %v", asked, err)
	}
	for _, id := range p.column(`select r.id::text from form_responses r join members m on m.id = r.member_id where r.status = 'answered' and r.record = 'enrollment' order by r.answered_at limit 3`) {
		seen, err := p.Forms.Response(p.as("coordinator"), uuid.MustParse(id))
		if err != nil || len(seen.Answers) < 10 {
			t.Errorf("%+v, %v", seen, err)
		}
	}
	id := p.column(`select e.id::text from enrollments e where state = 'completed' and sessions_attended > 2 limit 1`)
	if len(id) == 0 {
		t.Fatal("nobody completed")
	}
	if c, err := p.Programs.Certificate(p.as("coordinator"), uuid.MustParse(id[0])); err != nil || len(c.Bytes) < 1000 {
		t.Errorf("no certificate: %v", err)
	}
	if lines, err := p.Programs.History(p.as("coordinator"), uuid.MustParse(id[0]), all); err != nil || len(lines.Data) < 2 {
		t.Errorf("%+v, %v", lines, err)
	}
	coach := uuid.MustParse(p.column(`select id::text from programs where name = 'Coaching'`)[0])
	if line, err := p.Programs.Line(p.as("coordinator"), coach, programs.WaitlistQuery{Limit: 50}); err != nil || len(line.Data) < 3 {
		t.Errorf("%+v, %v", line, err)
	}
	for name, want := range map[string]int{"member": 3, "spouse": 4, "guardian": 2, "apart": 1} {
		if mine, err := p.Programs.Enrollments(p.as(name), programs.EnrollmentQuery{EnrollmentFilter: programs.EnrollmentFilter{PageQuery: all}}); err != nil || len(mine.Data) < want {
			t.Errorf("%s: %d enrollments, %v", name, len(mine.Data), err)
		}
	}
}

// answers: what is due can be answered, and whoever waits can be given a place.
func (p *program) answers(t *testing.T) {
	p.Core.Clock.Set(now)
	home, err := p.Records.Home(p.as("member"))
	if err != nil || len(home.Forms) == 0 {
		t.Fatalf("%+v, %v", home, err)
	}
	_, err = p.Forms.Answer(p.as("member"), home.Forms[0].ResponseID, forms.GiveAnswers{Answers: map[string]any{"reach": "mail", "hopes": "A line.", "animal": false, "agreed": "Marcus Ellery"}})
	if err != nil {
		t.Error(err)
	}
	coach := uuid.MustParse(p.column(`select id::text from programs where name = 'Coaching'`)[0])
	line, err := p.Programs.Line(p.as("coordinator"), coach, programs.WaitlistQuery{Limit: 1})
	if err != nil || len(line.Data) == 0 {
		t.Fatalf("%+v, %v", line, err)
	}
	if got, err := p.Programs.Enroll(p.as("coordinator"), line.Data[0].ID, programs.EnrollStep{}); err != nil || got.State != models.EnrollmentEnrolled {
		t.Errorf("%+v, %v", got, err)
	}
}
