package coaching_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestACoachsDay(t *testing.T) {
	p := openPractice(t)
	mia, luis, ann, dana := p.member(), p.member("Luis"), p.member("Ann"), p.coach()
	guardian := p.member("Gil")
	teen := p.child(guardian, true)
	p.signsFor(guardian, teen)
	hers, couples, teens := p.engagement(dana, mia), p.engagement(dana, luis, ann), p.engagement(dana, teen)
	p.exec(`update engagements set package_sessions = 1 where id = $1`, couples)
	yesterday := p.toLog(dana, hers, atTwo)
	today := p.toLog(dana, hers, atTwo.AddDate(0, 0, 1))
	p.toLog(dana, couples, atTwo.AddDate(0, 0, 1).Add(time.Hour))
	later := p.toLog(dana, teens, atTwo.AddDate(0, 0, 2))
	must[*models.CoachingAction](t)(p.AddAction(p.as(mia), hers, coaching.NewAction{Text: "Phone away", DueOn: on(2026, time.September, 1)}))
	must[*models.CoachingAction](t)(p.AddAction(p.as(mia), hers, coaching.NewAction{Text: "Read", DueOn: on(2026, time.September, 20)}))
	must[*models.CoachingAction](t)(p.AddAction(p.coaches(dana), teens, coaching.NewAction{Text: "Sign up", DueOn: on(2026, time.August, 20)}))
	p.exec(`update coaching_sessions set state = 'requested' where id = $1`, later)
	p.takesBack(ann)
	p.exec(`update credentials set expires_on = '2026-10-01' where member_id = $1 and kind = 'coach_training'`, dana)
	p.core.Clock.Set(atTwo.AddDate(0, 0, 1).Add(-25 * time.Minute))

	day := must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{}))
	if day.Date.String() != "2026-09-02" || day.TimeZone != "America/New_York" || len(day.Sessions) != 2 || len(day.Unlogged) != 1 || len(day.Requests) != 1 || len(day.Overdue) != 2 {
		t.Fatalf("the day is %+v", day)
	}
	first, second := day.Sessions[0], day.Sessions[1]
	if first.SessionID != today || first.MinutesUntil != 25 || first.Number != 2 || first.PackageSessions != 6 || len(first.People) != 1 || first.People[0].FirstName != "Mia" || len(first.Flags) != 0 {
		t.Fatalf("first: %+v", first)
	}
	if len(first.Agreed) != 2 || first.Agreed[0].Text != "Phone away" || !first.Agreed[0].Overdue || first.Agreed[1].Text != "Read" || first.Agreed[1].Overdue {
		t.Fatalf("agreed: %+v", first.Agreed)
	}
	if len(second.People) != 2 || !second.Joint || !slices.Equal(second.Flags, []coaching.TodayFlag{coaching.FlagFirstSession, coaching.FlagLastOfPackage, coaching.FlagLimitsNotAgreed}) {
		t.Fatalf("second: %+v", second)
	}
	if day.Unlogged[0].SessionID != yesterday || !slices.Contains(day.Unlogged[0].Flags, coaching.FlagNeedsLog) {
		t.Fatalf("unlogged: %+v", day.Unlogged)
	}
	if r := day.Requests[0]; r.SessionID != later || !slices.Contains(r.Flags, coaching.FlagMinor) || !slices.Contains(r.Flags, coaching.FlagNeedsYes) {
		t.Fatalf("requests: %+v", day.Requests)
	}
	if day.Overdue[0].Text != "Sign up" || day.Overdue[0].People[0].FirstName != "Maya" {
		t.Fatalf("overdue: %+v", day.Overdue)
	}
	if len(day.Credentials) != 1 || day.Credentials[0].Kind != models.CredentialCoachTraining || day.Credentials[0].Lapsed {
		t.Fatalf("credentials: %+v", day.Credentials)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coaching.today' and outcome = 'read' and subjects @> $1`, []uuid.UUID{mia, luis, ann, teen}); n != 1 {
		t.Fatal("the log does not tell of the look")
	}

	// On the day after, somebody has not come twice.
	p.exec(`update coaching_sessions set state = 'no_show_member', closed_at = starts_at where engagement_id = $1 and starts_at < $2`, hers, atTwo.AddDate(0, 0, 2))
	p.toLog(dana, hers, atTwo.AddDate(0, 0, 3))
	p.core.Clock.Set(atTwo.AddDate(0, 0, 1))
	day = must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{Date: models.NewDate(2026, time.September, 4), TimeZone: "Asia/Kathmandu"}))
	if len(day.Sessions) != 1 || day.Sessions[0].NoShowsInARow != 2 || day.TimeZone != "Asia/Kathmandu" || !slices.Contains(day.Sessions[0].Flags, coaching.FlagNoShows) {
		t.Fatalf("the day after: %+v", day.Sessions)
	}

	_, err := p.Today(p.coaches(dana), coaching.TodayQuery{TimeZone: "Nowhere/Else"})
	refused(t, err, services.CodeInvalid)
	_, err = p.Today(p.coaches(mia), coaching.TodayQuery{})
	refused(t, err, services.CodeNotFound)
	p.exec(`update coaches set suspended_at = $2 where id = $1`, dana, practiceDay)
	day = must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{}))
	if !day.Suspended || len(day.Overdue) != 0 || len(day.Sessions) == 0 || len(day.Sessions[0].Agreed) != 0 {
		t.Fatalf("suspended: %+v", day)
	}
}

// listening collects the statements that are sent, but for those that begin, end and log a use case.
type listening struct {
	sync.Mutex
	said []string
}

func (l *listening) hear(sql string) {
	l.Lock()
	defer l.Unlock()
	if sql != "begin" && sql != "commit" && !strings.HasPrefix(sql, "insert into audit_log") {
		l.said = append(l.said, sql)
	}
}

func (l *listening) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	l.hear(d.SQL)
	return ctx
}
func (*listening) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (*listening) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (l *listening) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	l.hear(d.SQL)
}
func (*listening) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestACoachsDayTakesSixStatements(t *testing.T) {
	l := &listening{}
	p := openPractice(t, func(s *services.Settings) { s.Tracer = l })
	dana := p.coach()
	for i := range 6 {
		e := p.engagement(dana, p.member())
		p.toLog(dana, e, time.Date(2026, time.September, 2, 13+i, 0, 0, 0, time.UTC))
		must[*models.CoachingAction](t)(p.AddAction(p.coaches(dana), e, coaching.NewAction{Text: "Read", DueOn: on(2026, time.September, 1)}))
	}
	p.core.Clock.Set(practiceDay.AddDate(0, 0, 1))
	l.said = nil
	day := must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{}))
	if len(day.Sessions) != 6 || len(day.Overdue) != 6 || len(l.said) > 6 {
		t.Fatalf("%d sessions, %d steps, %d statements: %s", len(day.Sessions), len(day.Overdue), len(l.said), strings.Join(l.said, "\n"))
	}
}

func TestMyCoaching(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	if none := must[*coaching.MyCoaching](t)(p.My(p.as(mia))); len(none.Engagements) != 0 {
		t.Fatalf("she has %+v", none)
	}
	e := p.engagement(dana, mia, luis)
	hers := must[*models.CoachingGoal](t)(p.SetGoal(p.as(mia), e, coaching.NewGoal{Words: "Drink less", MemberID: &mia}))
	p.goal(luis, e, "Talk on Sundays")
	s := p.toLog(dana, e, atTwo)
	p.toLog(dana, e, atTwo.AddDate(0, 0, 7))
	p.core.Clock.Set(atTwo.Add(time.Hour))
	p.log(dana, s, coaching.LogCoaching{SharedSummary: &coaching.LogNote{Text: "Sundays."}, Notes: []coaching.LogTieredNote{{Tier: models.NoteShared, LogNote: coaching.LogNote{Text: "Yours.", MemberID: &mia}}},
		NextSteps: []coaching.NewAction{{Text: "Talk"}, {Text: "Pour it out", GoalID: &hers.ID}}})
	p.takesBack(luis)
	one, other := must[*coaching.MyCoaching](t)(p.My(p.as(mia))), must[*coaching.MyCoaching](t)(p.My(p.as(luis)))
	if len(one.Engagements) != 1 || len(other.Engagements) != 1 {
		t.Fatalf("she has %+v", one)
	}
	m, l := one.Engagements[0], other.Engagements[0]
	if len(m.Goals) != 2 || len(m.Steps) != 2 || len(m.Notes) != 2 || len(m.Sessions) != 1 || len(m.Due) != 0 || m.Coach != "Dana O." || m.As != "participant" || m.Goals[0].Words != "Drink less" {
		t.Fatalf("she sees %+v", m)
	}
	if len(l.Goals) != 1 || len(l.Steps) != 1 || len(l.Notes) != 1 || l.Goals[0].Words != "Talk on Sundays" || l.Steps[0].Text != "Talk" || !slices.Equal(l.Due, []string{"agree_to_limits"}) {
		t.Fatalf("he sees %+v", l)
	}
	p.exec(`update engagements set state = 'matched' where id = $1`, e)
	p.exec(`update engagement_participants set accepted_at = null where member_id = $1`, mia)
	if got := must[*coaching.MyCoaching](t)(p.My(p.as(mia))); !slices.Equal(got.Engagements[0].Due, []string{"accept_coach"}) {
		t.Fatalf("due: %v", got.Engagements[0].Due)
	}
}

func TestADayOfAnotherAgeIsRefused(t *testing.T) {
	p := openPractice(t)
	dana := p.coach()
	for _, day := range []models.Date{models.NewDate(9999, time.December, 31), models.NewDate(0, time.January, 1), models.NewDate(2999, time.December, 31), models.NewDate(1899, time.December, 31)} {
		if _, err := p.Today(p.coaches(dana), coaching.TodayQuery{Date: day}); !slices.Equal(fieldsOf(err), []string{"query/date out_of_range"}) {
			t.Errorf("%s: %v %v", day, err, fieldsOf(err))
		}
	}
}

// However much is overdue with one client, what was agreed with another for today is shown.
func TestWhatIsOverdueTakesNoPlaceOfWhatIsAgreed(t *testing.T) {
	p := openPractice(t)
	mia, luis, dana := p.member(), p.member("Luis"), p.coach()
	hers, his := p.engagement(dana, mia), p.engagement(dana, luis)
	must[*models.CoachingAction](t)(p.AddAction(p.as(mia), hers, coaching.NewAction{Text: "Read"}))
	must[*models.CoachingAction](t)(p.AddAction(p.as(luis), his, coaching.NewAction{Text: "Run", DueOn: on(2026, time.August, 1)}))
	p.exec(`with a as (insert into coaching_actions (id, created_at, updated_at, engagement_id, member_id, owner_id, set_by, due_on)
			select gen_random_uuid(), $2, $2, engagement_id, member_id, owner_id, set_by, '2026-08-02' from coaching_actions, generate_series(1, 600) where engagement_id = $1 returning id)
		insert into coaching_words (id, action_id, member_id, edition, body, body_key) select gen_random_uuid(), a.id, w.member_id, 1, w.body, w.body_key
			from a, coaching_words w join coaching_actions o on o.id = w.action_id where o.engagement_id = $1`, his, practiceDay)
	p.toLog(dana, hers, atTwo)
	day := must[*coaching.CoachToday](t)(p.Today(p.coaches(dana), coaching.TodayQuery{}))
	if len(day.Sessions) != 1 || len(day.Sessions[0].Agreed) != 1 || day.Sessions[0].Agreed[0].Text != "Read" || len(day.Overdue) != 100 || day.Overdue[0].Text != "Run" {
		t.Errorf("%d overdue, %+v", len(day.Overdue), day.Sessions)
	}
}

// A coach who became close to a client writes nothing about them any more, and their day does not name them.
func TestACoachWhoBecameCloseWritesNothing(t *testing.T) {
	b := openNotebook(t)
	note := b.signed(models.NoteShared, "early")
	s := b.toLog(b.coach, b.engagement, atTwo)
	b.core.Clock.Set(atTwo.Add(time.Hour))
	b.couple(b.mia, b.coach)
	coach := b.coaches(b.coach)
	in := coaching.WriteNote{Tier: models.NoteShared, Text: "late", Sign: true}
	refused(t, second(b.WriteEngagementNote(coach, b.engagement, in)), services.CodeNotFound)
	refused(t, second(b.WriteSessionNote(coach, s, in)), services.CodeNotFound)
	refused(t, second(b.LogSession(coach, s, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"})), services.CodeNotFound)
	if got := b.reads(coach, note); got != "not_found" {
		t.Errorf("they read %s", got)
	}
	day := must[*coaching.CoachToday](t)(b.Today(coach, coaching.TodayQuery{}))
	if len(day.Sessions) != 1 || len(day.Sessions[0].People) != 0 || len(day.Sessions[0].Agreed) != 0 {
		t.Errorf("their day is %+v", day.Sessions)
	}
}
