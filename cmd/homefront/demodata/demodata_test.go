package demodata_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"homefront/api"
	"homefront/cmd/homefront/demodata"
	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/notices"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// now is some weeks before the clocks go back in America.
var now = time.Date(2026, 10, 5, 15, 20, 0, 0, time.UTC)

type mailer struct{ sent atomic.Int64 }

func (m *mailer) Send(context.Context, notices.Mail) error {
	m.sent.Add(1)
	return nil
}

// program is a database with the services on it.
type program struct {
	api.Services
	t    *testing.T
	db   *pgtest.DB
	mail *mailer
}

func open(t *testing.T) *program {
	t.Helper()
	db := pgtest.New(t)
	core := coretest.On(t, db)
	p := &program{t: t, db: db, mail: &mailer{}}
	p.Services = api.Assemble(core, api.Outside{Mailer: p.mail, PublicURL: "http://127.0.0.1:8080", OrgName: "Harvesting Happiness for Heroes", MailFrom: "appointments@demo.homefront.example"})
	return p
}

func (p *program) load() (demodata.Summary, error) { return p.loadAt(now) }

func (p *program) loadAt(at time.Time) (demodata.Summary, error) {
	p.Core.Clock.Set(at)
	return demodata.Load(p.t.Context(), p.Services, p.db.OwnerURL)
}

func (p *program) super(do func(*pgx.Conn) error) {
	p.t.Helper()
	p.db.Super(p.t, do)
}

func (p *program) exec(sql string, args ...any) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error {
		_, err := c.Exec(p.t.Context(), sql, args...)
		return err
	})
}

// column reads one column of texts.
func (p *program) column(sql string, args ...any) (out []string) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error {
		rows, err := c.Query(p.t.Context(), sql, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return out
}

func (p *program) count(sql string, args ...any) (n int) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error { return c.QueryRow(p.t.Context(), sql, args...).Scan(&n) })
	return n
}

// told are the facts of a database that do not hold ids.
func (p *program) told() []string {
	return slices.Concat(
		p.column(`select concat_ws('|', given_name, family_name, email, phone, birth_date, kinds, address_line1, created_at) from members order by 1`),
		p.column(`select concat_ws('|', title, starts_at, visibility) from workshops order by 1`),
		p.column(`select concat_ws('|', w.title, w.starts_at, m.given_name, m.family_name, r.state, r.created_at, r.late_cancel) from registrations r
			join workshops w on w.id = r.workshop_id join members m on m.id = r.lead_member_id order by 1`),
		p.column(`select concat_ws('|', w.title, s.starts_at, coalesce(m.given_name || m.family_name, a.guest_name), t.status, t.source) from attendance t
			join workshop_sessions s on s.id = t.session_id join workshops w on w.id = s.workshop_id
			join attendees a on a.id = t.attendee_id left join members m on m.id = a.member_id order by 1`),
		p.column(`select concat_ws('|', w.title, c.name_shown, c.minutes, c.issued_at, c.superseded_at, c.revoked_at) from certificates c
			join attendees a on a.id = c.attendee_id join registrations r on r.id = a.registration_id join workshops w on w.id = r.workshop_id order by 1`),
		p.column(`select concat_ws('|', m.given_name, m.family_name, f.asked_at, f.given_at, f.group_id is null) from session_feedback f join members m on m.id = f.member_id order by 1`),
		p.column(`select concat_ws('|', p.label, p.used, p.uses, p.revoked_at, m.email) from workshop_passes p left join members m on m.id = p.member_id order by 1`),
		p.column(`select concat_ws('|', subject, state, people, sends_at) from workshop_messages order by 1`),
		p.column(`select concat_ws('|', event, state, address, created_at) from messages order by 1`),
		p.column(`select concat_ws('|', m.email, d.kind, c.status, c.signed_at) from consents c join consent_documents d on d.id = c.document_id join members m on m.id = c.member_id order by 1`),
		p.column(`select concat_ws('|', kind, title, status, due_at, queue) from tasks order by 1`),
		p.column(`select concat_ws('|', m.email, c.kind, c.outcome, c.at, c.line) from contacts c join members m on m.id = c.member_id order by 1`),
		p.column(`select concat_ws('|', i.file_name, i.status, r.number, r.fate, r.state, r.score) from import_rows r join imports i on i.id = r.import_id order by 1`),
		p.column(`select concat_ws('|', status, score, reasons) from duplicate_pairs order by 1`),
		p.column(`select concat_ws('|', g.name, c.name, m.given_name, m.family_name, e.state, e.review, e.second, e.applied_at, e.starts_on, e.ends_on, e.end_reason, e.waitlisted_at,
			e.sessions_offered, e.sessions_attended, e.consecutive_absences) from enrollments e join programs g on g.id = e.program_id join members m on m.id = e.member_id left join cohorts c on c.id = e.cohort_id order by 1`),
		p.column(`select concat_ws('|', m.email, e.state, e.joint, e.package_sessions, e.requested_at, e.activated_at, e.closed_at, e.end_reason, e.resume_on, e.change_asked_at, c.email)
			from engagements e join engagement_participants p on p.engagement_id = e.id join members m on m.id = p.member_id left join members c on c.id = e.coach_id order by 1`),
		p.column(`select concat_ws('|', m.email, a.status, s.state, s.starts_at, s.modality, s.moves, s.sequence, s.late, s.minutes, s.logged_at, c.email)
			from coaching_sessions s join coaching_attendance a on a.session_id = s.id join members m on m.id = a.member_id join members c on c.id = s.coach_id order by 1`),
		p.column(`select concat_ws('|', m.email, n.tier, n.state, n.member_id is null, t.number, t.kind, t.written_at) from coaching_note_texts t join coaching_notes n on n.id = t.note_id join members m on m.id = t.member_id order by 1`),
		p.column(`select concat_ws('|', m.email, a.due_on, a.done_at) from coaching_actions a left join members m on m.id = a.owner_id order by 1`),
		p.column(`select concat_ws('|', m.email, g.state, g.progress, g.target_on) from coaching_goals g left join members m on m.id = g.member_id order by 1`),
		p.column(`select concat_ws('|', f.title, m.given_name, m.family_name, r.record, r.status, r.answered_at, r.ended_on, (select count(*) from form_answers a where a.response_id = r.id))
			from form_responses r join forms f on f.id = r.form_id join members m on m.id = r.member_id order by 1`))
}

func TestLoad(t *testing.T) {
	p := open(t)
	made, err := p.load()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", made)
	if made.Members < 310 || made.Members > 360 || made.Households < 126 || made.Households > 134 || made.Workshops != 47 || made.Registrations < 300 || made.Engagements != 60 || made.CoachingSessions < 500 {
		t.Errorf("made %+v", made)
	}
	if have := p.count(`select count(*) from members`); have != made.Members {
		t.Errorf("%d members, told of %d", have, made.Members)
	}
	if d := time.Until(p.Core.Clock.Now()); d.Abs() > time.Minute {
		t.Errorf("the clock is off by %s after loading", d)
	}

	t.Run("every kind and state is there", func(t *testing.T) { p.has(t) })
	t.Run("counters are true", func(t *testing.T) { p.recount(t) })
	t.Run("the hours make sense", func(t *testing.T) { p.timely(t) })
	t.Run("history is not mailed", func(t *testing.T) { p.mailed(t) })
	t.Run("everybody signs in", func(t *testing.T) { p.signIn(t) })
	t.Run("people and the work on them", func(t *testing.T) { p.people(t) })
	t.Run("programs and who is in them", func(t *testing.T) { p.programs(t) })
	t.Run("workshops and what happens around them", func(t *testing.T) { p.workshops(t) })
	t.Run("coaching, from the asking to the end", func(t *testing.T) { p.coaching(t) })
	t.Run("the demo accounts have a story", func(t *testing.T) { p.stories(t) })
	t.Run("a second load changes nothing", func(t *testing.T) {
		before := p.told()
		p.exec(`insert into members (id, version, created_at, updated_at, given_name, status, language, time_zone, email, email_opt_in, sms_opt_in, push_opt_in, program_words)
			values (gen_random_uuid(), 1, now(), now(), 'Visitor', 'prospective', 'en', 'America/New_York', 'visitor@elsewhere.example', true, false, false, false)`)
		again, err := p.load()
		if err != nil || again != (demodata.Summary{}) {
			t.Errorf("a second load made %+v, %v", again, err)
		}
		p.exec(`delete from members where email = 'visitor@elsewhere.example'`)
		if !slices.Equal(before, p.told()) {
			t.Error("a second load changed data")
		}
	})
	t.Run("another database gets the same, an interrupted one too", func(t *testing.T) {
		q := open(t)
		q.exec(`alter table import_rows rename to import_rows_away`)
		if _, err := q.load(); err == nil {
			t.Fatal("loading did not fail without a table")
		}
		if n := q.count(`select count(*) from members`); n < 100 {
			t.Fatalf("%d members were made before the interruption", n)
		}
		q.exec(`alter table import_rows_away rename to import_rows`)
		if _, err := q.load(); err != nil {
			t.Fatal(err)
		}
		differ(t, p.told(), q.told())
	})
	t.Run("who is asked can answer", func(t *testing.T) { p.answers(t) })
	t.Run("what is left to do can be done", func(t *testing.T) {
		if _, err := p.Core.RunDue(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if n := p.count(`select count(*) from messages where state in ('abandoned', 'bounced', 'sending') or (state = 'queued' and send_after <= $1)`, now); n > 0 {
			t.Errorf("%d messages could not be sent", n)
		}
	})
}

func differ(t *testing.T, a, b []string) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%d facts and %d facts", len(a), len(b))
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("fact %d differs:\n%s\n%s", i, a[i], b[i])
		}
	}
}

func (p *program) has(t *testing.T) {
	for want, sql := range map[string]string{
		strings.Join([]string{"cancelled", "confirmed", "declined", "expired", "offered", "pending_approval", "waitlisted"}, " "): `select string_agg(distinct state, ' ' order by state) from registrations`,
		"attending invited lapsed refused":    `select string_agg(distinct state, ' ' order by state) from attendees`,
		"absent excused late present":         `select string_agg(distinct status, ' ' order by status) from attendance`,
		"check_in completion staff":           `select string_agg(distinct source, ' ' order by source) from attendance`,
		"cancelled completed draft published": `select string_agg(distinct visibility, ' ' order by visibility) from workshops`,
		"hybrid in_person online":             `select string_agg(distinct format, ' ' order by format) from workshops where visibility = 'published'`,
		"drop_in series":                      `select string_agg(distinct attendance_mode, ' ' order by attendance_mode) from workshops where visibility = 'published'`,
		"cancelled completed scheduled":       `select string_agg(distinct status, ' ' order by status) from workshop_sessions`,
		"claimed confirmed ended":             `select string_agg(distinct status, ' ' order by status) from guardianships`,
		"accepted asked":                      `select string_agg(distinct status, ' ' order by status) from relationships`,
		"battle_buddy caregiver former_spouse grandparent parent partner sibling spouse":                              `select string_agg(distinct kind, ' ' order by kind) from relationships`,
		"caregiver child guard_reserve parent partner service_member sibling spouse staff supporter survivor veteran": `select string_agg(distinct k, ' ' order by k) from members, unnest(kinds) k`,
		"admin analyst coach coordinator facilitator member moderator privacy_officer responder":                      `select string_agg(distinct r, ' ' order by r) from accounts, unnest(roles) r`,
		"active national_guard reserve": `select string_agg(distinct component, ' ' order by component) from service_records`,
		"6":                             `select count(*)::text from programs`,
		"3":                             `select count(*)::text from workshops where is_template`,
		"2 47":                          `select count(*) filter (where visibility = 'draft') || ' ' || count(*) from workshops where not is_template`,
	} {
		if have := p.column(sql)[0]; have != want {
			t.Errorf("want %q, have %q: %s", want, have, sql)
		}
	}
	for what, sql := range map[string]string{
		"a full workshop with a waitlist": `select count(*) from workshops w join pools p on p.workshop_id = w.id where w.visibility = 'published' and w.starts_at > $1 and p.taken = p.capacity and p.waiting > 1`,
		"one with few seats left":         `select count(*) from workshops w join pools p on p.workshop_id = w.id where w.visibility = 'published' and w.starts_at > $1 and p.capacity - p.taken between 1 and 4`,
		"one that needs approval":         `select count(*) from workshops where visibility = 'published' and starts_at > $1 and approval_required`,
		"one that is cancelled":           `select count(*) from workshops where visibility = 'cancelled' and starts_at > $1`,
		"one that is not open yet":        `select count(*) from workshops where visibility = 'published' and opens_at > $1`,
		"one that runs":                   `select count(*) from workshops where visibility = 'published' and starts_at < $1 and ends_at > $1`,
		"a weekly series across a clock change": `select count(*) from (select w.id from workshops w join workshop_sessions s on s.workshop_id = w.id where w.visibility = 'published' and w.starts_at > $1
			group by w.id having count(distinct s.starts_at::time) = 2 and count(distinct right(s.local_start, 5)) = 1) x`,
		"a few guests":             `select count(*) / 5 from attendees where guest_name is not null and created_at < $1`,
		"a few late cancellations": `select count(*) / 3 from registrations where late_cancel and created_at < $1`,
		"a party to look at":       `select count(*) from tasks where status = 'open' and kind = 'review_registration' and created_at < $1`,
		"a task that is open":      `select count(*) from tasks where status = 'open' and created_at < $1`,
	} {
		if p.count(sql, now) == 0 {
			t.Errorf("there is no %s", what)
		}
	}
}

func (p *program) recount(t *testing.T) {
	wrong := p.column(`select concat_ws(' ', w.title, p.taken, x.taken, p.taken_children, x.children, p.waiting, x.waiting) from pools p join workshops w on w.id = p.workshop_id
		cross join lateral (select count(*) filter (where r.state <> 'waitlisted') taken, count(*) filter (where r.state <> 'waitlisted' and a.kind = 'child') children,
			count(distinct r.id) filter (where r.state = 'waitlisted') waiting
			from attendees a join registrations r on r.id = a.registration_id
			where a.pool_id = p.id and a.state in ('invited', 'attending') and not a.beyond and r.state in ('pending_approval', 'confirmed', 'offered', 'waitlisted')) x
		where (p.taken, p.taken_children, p.waiting) <> (x.taken, x.children, x.waiting)`)
	if len(wrong) > 0 {
		t.Errorf("pools that count wrong: %q", wrong)
	}
}

func (p *program) timely(t *testing.T) {
	for what, sql := range map[string]string{
		"registrations made after the start of a series":     `select count(*) from registrations r join workshops w on w.id = r.workshop_id where r.session_id is null and r.source = 'registered' and r.created_at > w.starts_at`,
		"registrations made by people who came later":        `select count(*) from registrations r join members m on m.id = r.lead_member_id where r.created_at < m.created_at`,
		"what is told to have happened in the future":        `select count(*) from audit_log where at > $1::timestamptz + interval '1 minute'`,
		"attendance at a session to come":                    `select count(*) from attendance t join workshop_sessions s on s.id = t.session_id where s.starts_at > $1`,
		"offers that have run out":                           `select count(*) from registrations where state = 'offered' and offer_expires_at <= $1`,
		"invitations that have run out":                      `select count(*) from attendees a join registrations r on r.id = a.registration_id where a.state = 'invited' and r.live and a.invite_expires_at <= $1`,
		"workshops that ended and are not closed":            `select count(*) from workshops where visibility = 'published' and ends_at < $1::timestamptz - interval '1 day'`,
		"sessions that ended and are not closed":             `select count(*) from workshop_sessions s join workshops w on w.id = s.workshop_id where s.status = 'scheduled' and w.visibility = 'published' and s.ends_at < $1::timestamptz - interval '1 day'`,
		"children who are grown up, but one":                 `select greatest(count(*) - 1, 0) from members where kinds = '{child}' and birth_date <= ($1::timestamptz - interval '17 years')::date`,
		"addresses that are not the demo's":                  `select count(*) from members where email not like '%@` + demodata.Domain + `'`,
		"telephone numbers that could be somebody's":         `select count(*) from (select phone from members union all select phone from emergency_contacts) x where phone !~ '^\+1[2-9][0-9]{2}55501[0-9]{2}$'`,
		"families of whom everybody may see messages' words": `select greatest(count(*) - 40, 0) from members where program_words`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if n := p.count(sql, args...); n > 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
}

func (p *program) mailed(t *testing.T) {
	// A few words about offers that expired long ago are sent by the jobs that expired them, and one message to those who come.
	if n := p.mail.sent.Load(); n > 40 {
		t.Errorf("%d mails went out while loading", n)
	}
	if n := p.count(`select count(*) from messages where state = 'queued' and send_after < $1::timestamptz - interval '2 days'`, now); n > 0 {
		t.Errorf("%d messages of history wait to be sent", n)
	}
	if n := p.count(`select count(*) from messages where state = 'queued'`); n < 15 || n > 150 {
		t.Errorf("%d messages wait to be sent", n)
	}
	queued, jobs := p.count(`select count(*) from messages where state = 'queued'`), p.count(`select count(*) from river_job where kind = 'message.send'`)
	if jobs < queued || jobs > queued+25 {
		t.Errorf("%d jobs for %d messages", jobs, queued)
	}
	if n := p.count(`select count(*) from river_job where kind not in ('message.send', 'session.remind', 'feedback.ask', 'coaching_session.remind') and scheduled_at < $1`, now); n > 0 {
		t.Errorf("%d jobs of history wait", n)
	}
	if n := p.count(`select count(*) from river_job where kind = 'session.remind' and scheduled_at > $1`, now); n == 0 {
		t.Error("nobody will be reminded of anything")
	}
}

func (p *program) signIn(t *testing.T) {
	if n := p.count(`select count(distinct password_hash) from accounts`); n != 1 {
		t.Errorf("%d password hashes, so not all accounts have the demo's password", n)
	}
	for _, known := range demodata.SignIns {
		name := known.Name
		in := accounts.Login{Email: name + "@" + demodata.Domain, Password: demodata.Password}
		got, err := p.Accounts.Login(services.AsAnonymous(t.Context()), in, "test")
		if err != nil {
			t.Errorf("%s cannot sign in: %v", name, err)
			continue
		}
		actor, err := p.Authenticate(services.AsAnonymous(t.Context()), got.AccessToken)
		if err != nil || actor.MemberID != got.Account.MemberID {
			t.Errorf("%s: %v, %v", name, actor, err)
		}
	}
	if n := p.count(`select count(*) from accounts where (email_verified_at is null or status <> 'active') and email <> 'abel.thornquist@` + demodata.Domain + `'`); n > 0 {
		t.Errorf("%d accounts are not ready", n)
	}
	p.exec(`delete from refresh_tokens`)
	p.exec(`delete from sessions`)
}

func (p *program) stories(t *testing.T) {
	const of = ` from registrations r join workshops w on w.id = r.workshop_id join members m on m.id = r.lead_member_id where m.email = 'member@` + demodata.Domain + `'`
	for what, sql := range map[string]string{
		"a confirmed place to come": `select count(*)` + of + ` and r.state = 'confirmed' and w.starts_at > $1`,
		"a place in line":           `select count(*)` + of + ` and r.state = 'waitlisted' and w.starts_at > $1`,
		"an open offer":             `select count(*)` + of + ` and r.state = 'offered' and r.offer_expires_at > $1`,
		"a past one, attended by all four": `select count(*) / 4 from attendance t join attendees a on a.id = t.attendee_id
			join registrations r on r.id = a.registration_id join workshops w on w.id = r.workshop_id join members m on m.id = r.lead_member_id
			where m.email = 'member@` + demodata.Domain + `' and t.status = 'present' and w.ends_at < $1`,
		"an invitation from his wife": `select count(*) from attendees where invite_email = 'member@` + demodata.Domain + `' and state = 'invited' and invite_expires_at > $1`,
		"a workshop that facilitator@ leads within a day": `select count(*) from session_facilitators f join workshop_sessions s on s.id = f.session_id join members m on m.id = f.member_id
			where m.email = 'facilitator@` + demodata.Domain + `' and s.starts_at between $1 and $1::timestamptz + interval '24 hours'`,
		"a series that begins tomorrow, with seats": `select count(*) from workshops w join pools p on p.workshop_id = w.id where w.visibility = 'published' and p.capacity - p.taken > 10
			and w.starts_at between $1 and $1::timestamptz + interval '48 hours' and (select count(*) from workshop_sessions s where s.workshop_id = w.id) > 1`,
	} {
		if p.count(sql, now) == 0 {
			t.Errorf("there is no %s", what)
		}
	}
	children := p.count(`select count(*) from guardianships g join members m on m.id = g.guardian_id where m.email in ('member@` + demodata.Domain + `', 'spouse@` + demodata.Domain + `') and g.status = 'confirmed'`)
	if children != 5 {
		t.Errorf("%d guardianships of two parents, their two children and one of another home", children)
	}
}

func TestRealDataIsLeftAlone(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *program){
		"a member": func(t *testing.T, p *program) {
			p.exec(`insert into members (id, version, created_at, updated_at, given_name, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
				values (gen_random_uuid(), 1, now(), now(), 'Ana', 'active', 'en', 'America/New_York', true, false, false, false)`)
		},
		"an account": func(t *testing.T, p *program) {
			if _, err := p.Accounts.CreateStaff(t.Context(), "ana@elsewhere.example", "four goats on a blue ferry", "Ana Ortega", models.RoleAdmin); err != nil {
				t.Fatal(err)
			}
		},
		"an account beside the first of an interrupted start": func(t *testing.T, p *program) {
			for _, email := range []string{"admin@" + demodata.Domain, "ana@elsewhere.example"} {
				if _, err := p.Accounts.CreateStaff(t.Context(), email, "four goats on a blue ferry", "Ana Ortega", models.RoleAdmin); err != nil {
					t.Fatal(err)
				}
			}
		},
		"a program": func(_ *testing.T, p *program) {
			p.exec(`insert into programs (id, version, created_at, updated_at, name, slug, status, time_zone) values (gen_random_uuid(), 1, now(), now(), 'Ours', 'ours', 'active', 'America/New_York')`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			prepare(t, p)
			before := p.count(`select (select count(*) from members) + (select count(*) from accounts) + (select count(*) from audit_log)`)
			if made, err := p.load(); err == nil || !strings.Contains(err.Error(), "not the demo's") {
				t.Errorf("loading made %+v and answers %v", made, err)
			}
			if after := p.count(`select (select count(*) from members) + (select count(*) from accounts) + (select count(*) from audit_log)`); after != before {
				t.Errorf("%d rows became %d", before, after)
			}
		})
	}
}
