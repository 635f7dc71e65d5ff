package coaching_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// practice is where people are coached: the use cases on a fake clock, and ways to bring people.
type practice struct {
	*coaching.Service
	t       *testing.T
	core    *services.Core
	db      *pgtest.DB
	people  *people.Service
	tasks   *tasks.Service
	boss    uuid.UUID // coordinates
	program uuid.UUID // the only one that is running
	limits  uuid.UUID // the text of the limits of confidentiality in force
}

// practiceDay is when the tests begin: a Tuesday, eight in the morning in New York.
var practiceDay = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func openPractice(t *testing.T, change ...func(*services.Settings)) *practice {
	t.Helper()
	p := &practice{t: t, db: pgtest.New(t)}
	p.core = coretest.On(t, p.db, change...)
	p.core.Clock.Set(practiceDay)
	p.people, p.tasks = people.New(p.core), tasks.NewService(p.core)
	notices.New(p.core, nil, notices.Config{BaseURL: "https://homefront.example", From: "Homefront <hello@homefront.example>", OrgName: "Homefront"})
	p.Service = coaching.New(p.core, coaching.Config{BaseURL: "https://homefront.example", OrgName: "Homefront"})
	p.boss = p.staff("Cora", models.RoleCoordinator)
	p.program, p.limits = services.NewID(), services.NewID()
	p.exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'Coaching', 'coaching', 'active')`, p.program, practiceDay)
	document := services.NewID()
	p.exec(`insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status)
		values ($1, 1, $2, $2, 'confidentiality_limits', 'Limits of confidentiality', false, false, 'published')`, document, practiceDay)
	p.exec(`insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at)
		values ($1, 1, $2, $2, $3, 1, 'en', 'Coaching is not therapy.', encode(sha256('Coaching is not therapy.'), 'hex'), true, $2, $2)`, p.limits, practiceDay, document)
	return p
}

// replica is the use cases of another server process on the same database, at the same time of day.
func (p *practice) replica() *coaching.Service {
	p.t.Helper()
	c := coretest.On(p.t, p.db, func(s *services.Settings) { s.WriteConns = 8 })
	c.Clock.Set(p.core.Clock.Now())
	people.New(c)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	return coaching.New(c, coaching.Config{BaseURL: "https://homefront.example", OrgName: "Homefront"})
}

// as is a call of somebody who gave their password a moment ago, with the record as it is.
func (p *practice) as(member uuid.UUID, roles ...models.Role) context.Context {
	if len(roles) == 0 {
		roles = []models.Role{models.RoleMember}
	}
	return services.WithCall(context.Background(), &services.Call{IfMatch: "*",
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: member, SessionID: member, MemberID: member, Roles: roles, AuthTime: p.core.Clock.Now()}})
}

// desk is a call of the coordinator.
func (p *practice) desk() context.Context { return p.as(p.boss, models.RoleCoordinator) }

// coaches is a call of somebody as a coach.
func (p *practice) coaches(coach uuid.UUID) context.Context {
	return p.as(coach, models.RoleCoach, models.RoleMember)
}

// member is somebody of 46 whom we know, with an account.
func (p *practice) member(name ...string) uuid.UUID {
	p.t.Helper()
	name = append(name, "Mia")
	return p.person(models.Member{GivenName: name[0], FamilyName: "Rivera", BirthDate: on(1980, time.May, 2), Kinds: models.Texts[models.Kind]{models.KindVeteran}}, models.RoleMember)
}

func (p *practice) staff(name string, roles ...models.Role) uuid.UUID {
	p.t.Helper()
	return p.person(models.Member{GivenName: name, FamilyName: "Okafor", BirthDate: on(1975, time.March, 9), Kinds: models.Texts[models.Kind]{models.KindStaff}}, roles...)
}

// person is anybody; with roles they have an account, whose id is theirs.
func (p *practice) person(m models.Member, roles ...models.Role) uuid.UUID {
	p.t.Helper()
	m.Status = models.MemberActive
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), p.core, "test.person", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, people.NewMember(tx, &m)
	})
	if err != nil {
		p.t.Fatal(err)
	}
	if len(roles) > 0 {
		p.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
			values ($1, 1, $2, $2, $1, $3, $4, 'active', $2, $2)`, m.ID, practiceDay, m.ID.String()+"@example.org", roles)
	}
	return m.ID
}

// coach is somebody who coaches and is checked until the end of 2027, also for minors, from Monday to Friday between nine and
// five in New York: 50 minutes from every half hour on, 10 minutes after each kept free.
func (p *practice) coach(name ...string) uuid.UUID {
	p.t.Helper()
	name = append(name, "Dana")
	id := p.staff(name[0], models.RoleCoach)
	for _, kind := range models.ForCoachesOf(true) {
		p.exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, expires_on) values ($1, 1, $2, $2, $3, $4, '2026-01-01', '2027-12-31')`,
			services.NewID(), practiceDay, id, string(kind))
	}
	p.exec(`insert into coaches (id, created_at, updated_at, bio, specialties, languages, modalities, time_zone, place, place_visible, join_url, with_minors)
		values ($1, $2, $2, 'I coach sleep and anger.', '{sleep,anger}', '{en}', '{online,phone,in_person}', 'America/New_York', 'Room 4', true, 'https://meet.example.org/dana', true)`, id, practiceDay)
	schedule := services.NewID()
	p.exec(`insert into coach_schedules (id, created_at, updated_at, coach_id, name, time_zone, starts_on) values ($1, $2, $2, $3, 'Weekdays', 'America/New_York', '2026-01-05')`,
		schedule, practiceDay, id)
	p.exec(`insert into coach_hours (id, schedule_id, rule, from_time, until_time) values ($1, $2, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '09:00', '17:00')`, services.NewID(), schedule)
	return id
}

// child is a child of a guardian, whom staff have confirmed or not; teens are of 15.
func (p *practice) child(guardian uuid.UUID, confirmed bool) uuid.UUID {
	p.t.Helper()
	id := p.person(models.Member{GivenName: "Maya", FamilyName: "Rivera", BirthDate: on(2011, time.June, 1), Kinds: models.Texts[models.Kind]{models.KindChild}})
	if confirmed {
		p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
			values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, guardian, id, p.boss)
		return id
	}
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values ($1, 1, $2, $2, $3, $4, 'claimed')`,
		services.NewID(), practiceDay, guardian, id)
	return id
}

// couple links two adults, the second having accepted.
func (p *practice) couple(a, b uuid.UUID) {
	p.t.Helper()
	p.exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status, asked_by, decided_at)
		values ($1, 1, $2, $2, $3, $4, 'spouse', 'accepted', $3, $2)`, services.NewID(), practiceDay, a, b)
}

// apart keeps two people apart: mutually, or only the second from the first.
func (p *practice) apart(a, b uuid.UUID, kind models.SeparationKind) uuid.UUID {
	p.t.Helper()
	id := services.NewID()
	p.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, $3, $4, $5, '2027-09-01', 'live', $6)`,
		id, practiceDay, string(kind), a, b, p.boss)
	return id
}

// signs has a member agree to the limits of confidentiality.
func (p *practice) signs(members ...uuid.UUID) {
	p.t.Helper()
	for _, m := range members {
		p.exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, signed_on, signed_at, text_hash)
			select $1, 1, $2, $2, $3, v.document_id, v.id, 'granted', true, 'typed', $3, '2026-08-01', $2, v.text_hash from consent_document_versions v where v.id = $4`,
			services.NewID(), practiceDay, m, p.limits)
	}
}

// signsFor has a guardian agree to them for a child.
func (p *practice) signsFor(guardian, child uuid.UUID) {
	p.t.Helper()
	p.exec(`insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, guardianship_id, signed_on, signed_at, text_hash)
		select $1, 1, $2, $2, $3, v.document_id, v.id, 'granted_on_behalf', true, 'typed', $5, g.id, '2026-08-01', $2, v.text_hash
		from consent_document_versions v, guardianships g where v.id = $4 and g.guardian_id = $5 and g.child_id = $3`, services.NewID(), practiceDay, child, p.limits, guardian)
}

// takesBack has a member take back that they agreed.
func (p *practice) takesBack(member uuid.UUID) {
	p.t.Helper()
	p.exec(`update consents set status = 'revoked', revoked_at = $2, revoked_by = member_id where member_id = $1 and latest`, member, p.core.Clock.Now())
}

// engagement is one that is active for a month with a coach, of one member or two, each of whom has agreed to the limits.
func (p *practice) engagement(coach uuid.UUID, members ...uuid.UUID) uuid.UUID {
	p.t.Helper()
	id, then := services.NewID(), practiceDay.AddDate(0, -1, 0)
	joint := len(members) > 1
	p.exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, joint, focus_areas, language, time_zone, requested_at, requested_by, matched_at, matched_by, coach_accepted_at, activated_at)
		values ($1, $2, $2, $3, $4, 'active', $5, '{sleep}', 'en', 'America/New_York', $2, $6, $2, $7, $2, $2)`, id, then, p.program, coach, joint, members[0], p.boss)
	p.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) values ($1, $2, $3, $4)`, services.NewID(), id, coach, then)
	for _, m := range members {
		p.exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) values ($1, $2, $3, $4, true, 'joined', $5)`, services.NewID(), id, m, joint, then)
		if p.count(`select count(*) from consents where member_id = $1`, m) == 0 {
			p.signs(m)
		}
	}
	return id
}

// enteredBy notes the guardian who asked for a participant.
func (p *practice) enteredBy(engagement, child, guardian uuid.UUID) {
	p.t.Helper()
	p.exec(`update engagement_participants set entered_by = $3 where engagement_id = $1 and member_id = $2`, engagement, child, guardian)
}

func (p *practice) super(do func(*pgx.Conn) error) {
	p.t.Helper()
	p.db.Super(p.t, do)
}

func (p *practice) exec(sql string, args ...any) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error { _, err := c.Exec(context.Background(), sql, args...); return err })
}

func (p *practice) count(sql string, args ...any) (n int) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error { return c.QueryRow(context.Background(), sql, args...).Scan(&n) })
	return n
}

// text asks for one text, or a list of them as text.
func (p *practice) text(sql string, args ...any) (s string) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error { return c.QueryRow(context.Background(), sql, args...).Scan(&s) })
	return s
}

// dump is every row of every table as text, the way a backup holds them.
func (p *practice) dump() string {
	p.t.Helper()
	var all strings.Builder
	tables := strings.Split(p.text(`select string_agg(quote_ident(tablename), ' ' order by tablename) from pg_tables where schemaname = 'public'`), " ")
	for _, table := range tables {
		all.WriteString(p.text(`select coalesce(string_agg(t::text, E'\n'), '') from ` + table + ` t`))
	}
	return all.String()
}

// holds says in which way a text holds a word: as it is, in the other ways in which a database or a log writes bytes, or not.
func holds(text, word string) string {
	for way, form := range map[string]string{"plain": word, "hex": hex.EncodeToString([]byte(word)), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(word[:len(word)/3*3])), "=")} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			return way
		}
	}
	return ""
}

// later moves the clock and works what is due by then; mails are not ours to send.
func (p *practice) later(t time.Time) {
	p.t.Helper()
	p.exec(`delete from river_job where kind like 'message.%'`)
	if _, err := p.core.RunDue(p.t.Context(), t); err != nil {
		p.t.Fatal(err)
	}
}

// mails counts the messages of an event to somebody.
func (p *practice) mails(event models.NoticeEvent, to uuid.UUID) int {
	p.t.Helper()
	return p.count(`select count(*) from messages where event = $1 and member_id = $2 and state <> 'recalled'`, string(event), to)
}

// openTasks counts the open tasks of a kind about a record.
func (p *practice) openTasks(kind models.TaskKind, record uuid.UUID) int {
	p.t.Helper()
	return p.count(`select count(*) from tasks where kind = $1 and record_id = $2 and status = 'open'`, string(kind), record)
}

func on(year int, month time.Month, day int) *models.Date {
	d := models.NewDate(year, month, day)
	return &d
}

var codeOf, fieldsOf, patiently = coretest.CodeOf, coretest.FieldsOf, coretest.Patiently

// refused wants an error of this code.
func refused(t *testing.T, err error, want services.Code) {
	t.Helper()
	if codeOf(err) != want {
		t.Fatalf("got %v %v, want %s", err, fieldsOf(err), want)
	}
}

// must is the answer of a call that has to succeed.
func must[T any](t *testing.T) func(T, error) T { return coretest.Must[T](t) }
