package programs_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
)

// statements counts those that reach PostgreSQL.
type statements struct{ atomic.Int64 }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	s.Add(1)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func judge(t *testing.T, core *services.Core, to programs.Target, rules models.Rules, on models.Date, members ...uuid.UUID) map[uuid.UUID]models.Eligibility {
	t.Helper()
	out, err := services.Read(services.AsSystem(t.Context(), "test"), core, func(db *gorm.DB) (map[uuid.UUID]models.Eligibility, error) {
		return programs.Judge(db, core.Clock.Now(), to, rules, on, members...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asks is a rule about programs.
func asks(kind models.RuleKind, ids ...uuid.UUID) models.Rule {
	return models.Rule{Key: string(kind), Rule: kind, ProgramIDs: ids}
}

// household puts people into one home.
func (o *office) household(members ...uuid.UUID) {
	o.Helper()
	home := services.NewID()
	o.exec(`insert into households (id, version, created_at, updated_at, name) values ($1, 1, $2, $2, 'Ortega')`, home, o.core.Clock.Now())
	for _, m := range members {
		o.exec(`insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) values ($1, $2, $2, $3, $4, 'adult', '2020-01-01')`, services.NewID(), o.core.Clock.Now(), home, m)
	}
}

func TestRulesAskWhatBecameOfPeopleInPrograms(t *testing.T) {
	o := newOffice(t)
	retreat, buddy := o.program(), o.program(func(p *programs.NewProgram) { p.Name = "Battle Buddy" })
	done, here, gone, asked, fresh := o.person("Luis", "Ortega"), o.person("Ana", "Ortega"), o.person("Rosa", "Diaz"), o.person("Sam", "Reed"), o.person("Max", "Reed")
	at := func(p *programs.ProgramView, m uuid.UUID, state string, placed bool) {
		t.Helper()
		id, err := o.enrollRow(p, nil, m, state, p.StartsOn, nil)
		if err != nil {
			t.Fatal(err)
		}
		if placed {
			o.exec(`update enrollments set enrolled_at = applied_at where id = $1`, id)
		}
	}
	at(buddy, done, "completed", true)
	at(buddy, here, "active", true)
	at(buddy, gone, "withdrawn", true)
	at(buddy, asked, "denied", false)
	at(retreat, asked, "applied", false)
	o.household(done, fresh)
	o.household(asked)

	to := programs.Target{ProgramID: &retreat.ID}
	rules := models.Rules{asks(models.RuleEnrolled, buddy.ID), asks(models.RuleCompleted, buddy.ID), asks(models.RuleOncePerMember, buddy.ID), asks(models.RuleOncePerHouse, buddy.ID)}
	got := judge(t, o.core, to, rules, *on(2026, 9, 7), done, here, gone, asked, fresh, services.NewID())
	if len(got) != 5 {
		t.Errorf("%d people", len(got))
	}
	for who, want := range map[uuid.UUID][]models.Verdict{
		done:  {models.VerdictNotMet, models.VerdictMet, models.VerdictNotMet, models.VerdictNotMet},
		here:  {models.VerdictMet, models.VerdictNotMet, models.VerdictNotMet, models.VerdictNotMet},
		gone:  {models.VerdictNotMet, models.VerdictNotMet, models.VerdictNotMet, models.VerdictNotMet},
		asked: {models.VerdictNotMet, models.VerdictNotMet, models.VerdictMet, models.VerdictMet},
		fresh: {models.VerdictNotMet, models.VerdictNotMet, models.VerdictMet, models.VerdictNotMet}, // lives with one who had a place
	} {
		for i, w := range want {
			if v := got[who].Rules[i]; v.Verdict != w {
				t.Errorf("%s: %s, want %s", v.Rule, v.Verdict, w)
			}
		}
	}
	if s := got[done].Rules[1].Sentence; s != "This is for people who have completed Battle Buddy. That is done." {
		t.Error(s)
	}
	// Without names, this program is meant: that of a workshop is its program.
	workshop := services.NewID()
	o.exec(`insert into workshops (id, version, created_at, updated_at, title, format, attendance_mode, time_zone, approval_required, cancel_deadline_hours, guests_per_party, max_party, teen_program,
		offer_hours, visibility, is_template, program_id) values ($1, 1, $2, $2, 'Evening', 'online', 'series', 'UTC', false, 24, 0, 4, false, 24, 'draft', false, $3)`, workshop, o.core.Clock.Now(), buddy.ID)
	this := models.Rules{asks(models.RuleOncePerMember)}
	if got := judge(t, o.core, programs.Target{WorkshopID: &workshop}, this, *on(2026, 9, 7), here, fresh); got[here].Verdict != models.VerdictNotMet || got[fresh].Verdict != models.VerdictMet {
		t.Errorf("%+v", got)
	}
	o.exec(`update workshops set program_id = null where id = $1`, workshop)
	if got := judge(t, o.core, programs.Target{WorkshopID: &workshop}, this, *on(2026, 9, 7), here); got[here].Verdict != models.VerdictUnknown {
		t.Errorf("%+v", got)
	}
}

func TestJudgingTakesAsManyQueriesForOneAsForMany(t *testing.T) {
	db, asked := pgtest.New(t), &statements{}
	core := coretest.On(t, db, func(s *services.Settings) { s.Tracer = asked })
	var members []uuid.UUID
	for range 40 {
		members = append(members, services.NewID())
		_, err := core.Writes().Exec(t.Context(), `insert into members (id, version, created_at, updated_at, given_name, family_name, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
			values ($1, 1, $2, $2, 'Some', 'Body', '{veteran}', 'active', 'en', 'UTC', false, false, false, false)`, members[len(members)-1], time.Now())
		if err != nil {
			t.Fatal(err)
		}
	}
	here, there := services.NewID(), services.NewID()
	plain := models.Rules{{Key: "veterans", Rule: models.RuleKinds, Values: []string{"veteran"}}}
	full := append(slices.Clone(plain), asks(models.RuleCompleted, there), asks(models.RuleOncePerHouse))
	for _, c := range []struct {
		rules models.Rules
		want  int64
	}{{nil, 0}, {plain, 5}, {full, 7}} {
		for _, n := range []int{1, 40} {
			before := asked.Load()
			if got := judge(t, core, programs.Target{ProgramID: &here}, c.rules, models.DateOf(time.Now()), members[:n]...); len(got) != n {
				t.Errorf("%d people", len(got))
			}
			if took := asked.Load() - before; took != c.want {
				t.Errorf("%d rules, %d people: %d statements, want %d", len(c.rules), n, took, c.want)
			}
		}
	}
}

func TestRulesAreCheckedWhenTheyAreStored(t *testing.T) {
	o := newOffice(t)
	buddy, unknown := o.program().ID, services.NewID()
	in := programs.NewProgram{Name: "Retreats", Slug: "retreats", Rules: models.Rules{asks(models.RuleCompleted, buddy), {Key: "either", Rule: models.RuleAny, Rules: []models.Rule{
		{Key: "again", Rule: models.RuleOncePerHouse, ProgramIDs: []uuid.UUID{buddy, unknown}}}}}}
	_, err := o.Create(o.staff(""), in)
	if got := fields(err); !slices.Equal(got, []string{"/rules/1/rules/0/program_ids/1 unknown_program"}) {
		t.Errorf("%v %v", got, err)
	}
	in.Rules[1].Rules[0].Values = []string{"x"}
	in.Rules[0].Key = "Bad"
	_, err = o.Create(o.staff(""), in)
	if got := fields(err); !slices.Equal(got, []string{"/rules/0/key bad_key", "/rules/1/rules/0/values not_allowed"}) {
		t.Errorf("%v %v", got, err)
	}
	in.Rules = models.Rules{asks(models.RuleCompleted, buddy)}
	if p, err := o.Create(o.staff(""), in); err != nil || len(p.Rules) != 1 {
		t.Errorf("%v", err)
	}
}

// waive is staff who enroll somebody all the same.
func (o *office) waive(ctx context.Context, to programs.Target, member uuid.UUID, rules models.Rules, why string) error {
	_, err := services.Mutate(ctx, o.core, "test.enroll", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		judged, err := programs.Judge(tx.DB, tx.Now(), to, rules, *on(2026, 9, 7), member)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, programs.WaiveAll(tx, to, member, judged[member], why)
	})
	return err
}

func TestWaivers(t *testing.T) {
	o := newOffice(t)
	rules := models.Rules{{Key: "spouses", Rule: models.RuleKinds, Values: []string{"spouse"}}, {Key: "grown_up", Rule: models.RuleAge, Min: ptr(18)},
		{Key: "either", Rule: models.RuleAny, Rules: []models.Rule{{Key: "carolina", Rule: models.RuleState, Values: []string{"NC"}}}}}
	p := o.program(func(p *programs.NewProgram) { p.Rules = rules })
	to := programs.Target{ProgramID: &p.ID}
	luis, ana := o.person("Luis", "Ortega"), o.person("Ana", "Ortega")

	w, err := o.Waive(o.staff(""), to, programs.WaiveRule{MemberID: luis, RuleKey: "spouses", Reason: "Raises his sister's children"})
	if err != nil || *w.ProgramID != p.ID || w.WorkshopID != nil || w.WaivedBy != o.coord || w.WithdrawnAt != nil {
		t.Fatalf("%+v %v", w, err)
	}
	if n := o.number(`select count(*) from audit_log where action = 'waiver.create' and $1 = any(subjects) and reason is not null and changes::text not like '%sister%'`, luis); n != 1 {
		t.Errorf("%d sealed reasons", n)
	}
	got := judge(t, o.core, to, rules, *on(2026, 9, 7), luis, ana)
	if got[luis].Rules[0].Verdict != models.VerdictWaived || got[luis].Verdict != models.VerdictUnknown || got[ana].Verdict != models.VerdictNotMet {
		t.Errorf("%+v", got)
	}
	for want, in := range map[services.Code]programs.WaiveRule{
		"already_waived": {MemberID: luis, RuleKey: "spouses", Reason: "Once more"},
		"not_found":      {MemberID: o.coord, RuleKey: "spouses", Reason: "For myself"},
	} {
		if _, err := o.Waive(o.staff(""), to, in); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	_, unknown := o.Waive(o.staff(""), to, programs.WaiveRule{MemberID: ana, RuleKey: "spuoses", Reason: "A typing error"})
	_, blank := o.Waive(o.staff(""), to, programs.WaiveRule{MemberID: ana, RuleKey: "carolina", Reason: "   "})
	if f, g := fields(unknown), fields(blank); !slices.Equal(f, []string{"/rule_key unknown_rule"}) || !slices.Equal(g, []string{"/reason required"}) {
		t.Errorf("%v %v", f, g)
	}
	if _, err := o.Waive(o.staff(""), programs.Target{ProgramID: ptr(services.NewID())}, programs.WaiveRule{MemberID: ana, RuleKey: "spouses", Reason: "Elsewhere"}); code(err) != services.CodeNotFound {
		t.Error(err)
	}

	// Nobody waives for somebody close.
	o.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted')`, services.NewID(), o.core.Clock.Now(), o.coord, ana)
	if _, err := o.Waive(o.staff(""), to, programs.WaiveRule{MemberID: ana, RuleKey: "spouses", Reason: "My sister"}); code(err) != services.CodeNotFound {
		t.Error(err)
	}
	if err := o.waive(o.staff(""), to, ana, rules, "My sister"); code(err) != "own_record" {
		t.Error(err)
	}
	if err := o.waive(o.by(luis), to, luis, rules, "I want to"); code(err) != services.CodeForbidden {
		t.Error(err)
	}
	if err := o.waive(o.staff(""), to, luis, rules, " x "); !slices.Equal(fields(err), []string{"/waive_reason required"}) {
		t.Error(err)
	}

	// Staff enroll somebody all the same: what is not met, or not known, is waived, each once.
	if err := o.waive(o.staff(""), to, luis, rules, "Has been with us for years"); err != nil {
		t.Fatal(err)
	}
	if got := judge(t, o.core, to, rules, *on(2026, 9, 7), luis)[luis]; got.Verdict != models.VerdictMet || got.Rules[1].Verdict != models.VerdictMet || got.Rules[2].Verdict != models.VerdictWaived {
		t.Errorf("%+v", got)
	}
	if err := o.waive(o.staff(""), to, luis, rules, "Nothing is left to waive"); err != nil || o.number(`select count(*) from eligibility_waivers`) != 2 {
		t.Errorf("%v", err)
	}

	// Withdrawn, it counts again, and can be waived anew.
	if _, err := o.WithdrawWaiver(o.staff(""), w.ID, programs.WaiverReason{Reason: "  "}); !slices.Equal(fields(err), []string{"/reason required"}) {
		t.Error(err)
	}
	if w, err = o.WithdrawWaiver(o.staff(""), w.ID, programs.WaiverReason{Reason: "Another Luis was meant"}); err != nil || w.WithdrawnAt == nil || *w.WithdrawnBy != o.coord {
		t.Errorf("%+v %v", w, err)
	}
	if _, err := o.WithdrawWaiver(o.staff(""), w.ID, programs.WaiverReason{Reason: "Again"}); code(err) != "waiver_withdrawn" {
		t.Error(err)
	}
	if got := judge(t, o.core, to, rules, *on(2026, 9, 7), luis)[luis]; got.Rules[0].Verdict != models.VerdictNotMet {
		t.Errorf("%+v", got)
	}
	if _, err := o.Waive(o.staff(""), to, programs.WaiveRule{MemberID: luis, RuleKey: "spouses", Reason: "It was this Luis"}); err != nil {
		t.Error(err)
	}

	page := services.PageQuery{Limit: 25, Count: true}
	standing, err := o.Waivers(o.staff(""), to, programs.WaiverFilter{PageQuery: page})
	every, err2 := o.Waivers(o.staff(""), to, programs.WaiverFilter{PageQuery: page, MemberID: luis, Withdrawn: true})
	if err = errors.Join(err, err2); err != nil || len(standing.Data) != 2 || len(every.Data) != 3 || *every.Total != 3 || every.Data[0].Name != "Luis Ortega" || every.Data[0].WaivedAs != "Cora Diaz" {
		t.Errorf("%+v %+v %v", standing, every, err)
	}
	if _, err := o.Waivers(o.staff(""), to, programs.WaiverFilter{PageQuery: page, MemberID: ana}); code(err) != services.CodeNotFound {
		t.Errorf("the list of somebody close: %v", err)
	}
	if one, err := o.Waiver(o.staff(""), w.ID); err != nil || one.WithdrawnAt == nil || one.RuleKey != "spouses" {
		t.Errorf("%+v %v", one, err)
	}
	if _, err := o.Waiver(o.staff(""), services.NewID()); code(err) != services.CodeNotFound {
		t.Error(err)
	}
}

func ptr[T any](v T) *T { return &v }

// Two colleagues waive one rule at once: it is waived once, and both are told something true.
func TestOneRuleIsWaivedOnceAtATime(t *testing.T) {
	o := newOffice(t)
	rules := models.Rules{{Key: "spouses", Rule: models.RuleKinds, Values: []string{"spouse"}}}
	p := o.program(func(p *programs.NewProgram) { p.Rules = rules })
	luis := o.person("Luis", "Ortega")
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := o.Waive(o.staff(""), programs.Target{ProgramID: &p.ID}, programs.WaiveRule{MemberID: luis, RuleKey: "spouses", Reason: "Everybody at once"})
			errs <- err
		}()
	}
	done := 0
	for range 8 {
		switch err := <-errs; {
		case err == nil:
			done++
		case code(err) != "already_waived":
			t.Error(err)
		}
	}
	if done != 1 || o.number(`select count(*) from eligibility_waivers where withdrawn_at is null`) != 1 {
		t.Errorf("%d waivers", done)
	}
}

// A waiver was given for what a rule asked, not for whatever comes to stand under its key.
func TestAWaiverEndsWithItsRule(t *testing.T) {
	o := newOffice(t)
	first := func(words string, ids ...uuid.UUID) models.Rules {
		return models.Rules{{Key: "first", Rule: models.RuleOncePerMember, ProgramIDs: ids, Words: words}}
	}
	other := o.program()
	p := o.program(func(p *programs.NewProgram) { p.Rules = first("") })
	luis, standing := o.person("Luis", "Ortega"), func() int {
		return o.number(`select count(*) from eligibility_waivers where program_id = $1 and withdrawn_at is null`, p.ID)
	}
	if _, err := o.Waive(o.staff(""), programs.Target{ProgramID: &p.ID}, programs.WaiveRule{MemberID: luis, RuleKey: "first", Reason: "Left in the first week"}); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		rules models.Rules
		want  int
	}{{first("Only once"), 1}, {first("", p.ID), 1}, {first("", other.ID), 0}, {first(""), 0}} {
		if _, err := o.UpdateProgram(o.staff("*"), p.ID, programs.ProgramPatch{Rules: services.Some(c.rules)}); err != nil {
			t.Fatal(err)
		}
		if n := standing(); n != c.want {
			t.Errorf("%d: %d waivers stand, want %d", i, n, c.want)
		}
	}
	if n := o.number(`select count(*) from audit_log where action = 'program.update' and changes::text like '%withdrawn_by%' and $1 = any(subjects)`, luis); n != 1 {
		t.Errorf("%d rows of the log tell it", n)
	}
}

// A program goes on only with a form that can be asked: it may have been archived since it was chosen.
func TestAProgramIsNotBegunWithAnArchivedForm(t *testing.T) {
	o := newOffice(t)
	p, form := o.program(func(p *programs.NewProgram) { p.Status = models.ProgramPlanned }), services.NewID()
	o.exec(`insert into forms (id, version, created_at, updated_at, title, purpose, archived_at) values ($1, 1, $2, $2, 'Intake', 'intake', $2)`, form, o.core.Clock.Now())
	o.exec(`update programs set intake_form_id = $2 where id = $1`, p.ID, form)
	if _, err := o.ActivateProgram(o.staff(""), p.ID); code(err) != programs.CodeNotReady {
		t.Errorf("%v", err)
	}
	o.exec(`update programs set status = 'completed', closed_at = updated_at where id = $1`, p.ID)
	if _, err := o.ReopenProgram(o.staff(""), p.ID, programs.StatusReason{Reason: "It goes on"}); code(err) != programs.CodeNotReady {
		t.Errorf("%v", err)
	}
}

func TestEligibilityIsShownToWhomItIs(t *testing.T) {
	o := newOffice(t)
	p := o.program(func(p *programs.NewProgram) {
		p.StartsOn, p.EndsOn = on(2026, 12, 1), nil
		p.Rules = models.Rules{asks(models.RuleOncePerHouse), asks(models.RuleOncePerMember), {Key: "grown_up", Rule: models.RuleAge, Min: ptr(18)}}
	})
	luis, ana, maya := o.person("Luis", "Ortega"), o.person("Ana", "Ortega"), o.person("Maya", "Ortega")
	o.household(luis, ana)
	o.exec(`update members set birth_date = '2008-12-01', kinds = '{child}' where id = $1`, maya)
	o.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values ($1, 1, $2, $2, $3, $4, 'claimed')`, services.NewID(), o.core.Clock.Now(), luis, maya)
	id, err := o.enrollRow(p, nil, ana, "withdrawn", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	o.exec(`update enrollments set enrolled_at = applied_at where id = $1`, id)

	of := func(member uuid.UUID) programs.EligibilityQuery { return programs.EligibilityQuery{MemberID: member} }
	mine, err := o.Eligibility(o.by(luis), p.ID, programs.EligibilityQuery{})
	if err != nil || mine.Verdict != models.VerdictUnknown || mine.MemberID != luis || mine.On.String() != "2026-12-01" || mine.Rules[1].Verdict != models.VerdictMet {
		t.Fatalf("%+v %v", mine, err)
	}
	staff, err := o.Eligibility(o.staff(""), p.ID, of(luis))
	if err != nil || staff.Verdict != models.VerdictNotMet || staff.Rules[0].Verdict != models.VerdictNotMet {
		t.Errorf("%+v %v", staff, err)
	}
	if n := o.number(`select count(*) from audit_log where action = 'eligibility.read' and $1 = any(subjects) and outcome = 'read'`, luis); n != 1 {
		t.Errorf("%d looks are logged", n)
	}
	// 18 on the program's first day, although not yet today. What others may have entered stays open.
	child, err := o.Eligibility(o.by(luis), p.ID, of(maya))
	if err != nil || child.Verdict != models.VerdictUnknown || child.Rules[1].Verdict != models.VerdictUnknown || child.Rules[2].Verdict != models.VerdictMet {
		t.Errorf("%+v %v", child, err)
	}
	own, err := o.Eligibility(o.staff(""), p.ID, of(o.coord))
	if err != nil || own.Rules[0].Sentence != mine.Rules[0].Sentence {
		t.Errorf("staff see of themselves what everybody sees: %+v %v", own, err)
	}
	if _, err := o.Eligibility(o.by(ana), p.ID, of(luis)); code(err) != services.CodeNotFound {
		t.Errorf("a spouse asks: %v", err)
	}
	if _, err := o.Eligibility(o.by(luis), services.NewID(), of(luis)); code(err) != services.CodeNotFound {
		t.Error(err)
	}
	if n := o.number(`select count(*) from audit_log where action = 'eligibility.read_for' and outcome = 'not_found' and objects @> array[$1::uuid]`, luis); n != 1 {
		t.Errorf("%d looks in vain say whom they were for", n)
	}
	o.exec(`update members set status = 'merged', merged_into = $2 where id = $1`, ana, luis)
	if _, err := o.Eligibility(o.staff(""), p.ID, of(ana)); code(err) != "member_merged" {
		t.Error(err)
	}
}
