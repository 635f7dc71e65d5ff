package forms_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
)

func TestAFormIsAskedOnceForARecord(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	form := d.form(question("wish"), question("ride", open))
	first := asked(form, luis, luis, nil)
	d.ok(d.ask(first, first))
	again := first
	again.Answers = map[string]any{"wish": "quiet"}
	d.ok(d.ask(again))
	if n := d.count(`select count(*) from form_responses where status = 'due'`); n != 1 {
		t.Errorf("%d are due", n)
	}
	if n := d.count(`select count(*) from form_answers`); n != 0 {
		t.Errorf("%d answers to what was asked before", n)
	}
	var wg sync.WaitGroup
	race := asked(form, luis, luis, map[string]any{"wish": "quiet"})
	for range 8 {
		wg.Go(func() {
			if err := d.ask(race); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := d.count(`select count(*) from form_answers`); n != 1 {
		t.Errorf("%d answers after a race", n)
	}
	if got := d.states(luis, d.response(race)); got != "wish:given=quiet ride:none" {
		t.Error(got)
	}
}

func TestEveryFaultIsToldAtItsPlace(t *testing.T) {
	d := openDesk(t)
	luis, ana := d.person("Luis Ortega", "1984-03-17"), d.person("Ana Silva", "1990-01-02")
	form := d.form(question("wish", func(f *models.FormField) { f.Required = true }), question("age", func(f *models.FormField) { f.Type = models.FieldNumber }))
	one, two := asked(form, luis, luis, map[string]any{"age": "x"}), asked(form, ana, ana, map[string]any{"wish": " "})
	one.Pointer, two.Pointer = "/attendees/0/answers", "/attendees/1/answers"
	err := d.ask(one, two, asked(form, luis, luis, nil))
	d.want(err, services.CodeInvalid)
	var at []string
	for _, f := range err.(*services.Error).Fields {
		at = append(at, f.Field)
	}
	got := strings.Join(at, " ")
	for _, place := range []string{"/attendees/0/answers/wish", "/attendees/0/answers/age", "/attendees/1/answers/wish"} {
		if !strings.Contains(got, place) {
			t.Errorf("%s is not in %s", place, got)
		}
	}
	if n := d.count(`select count(*) from form_responses`); n != 0 {
		t.Errorf("%d responses in spite of faults", n)
	}
}

func TestAnswersAreSplitBetweenPlainAndSealed(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	kinds := func(k models.FieldType) func(*models.FormField) { return func(f *models.FormField) { f.Type = k } }
	form := d.form(question("ill", kinds(models.FieldYesNo)), question("well", kinds(models.FieldYesNo)), question("wish"), question("ride", open))
	a := asked(form, luis, luis, map[string]any{"ill": true, "well": false, "wish": "a seat near the door", "ride": "by car"})
	d.ok(d.ask(a))
	if n := d.count(`select count(*) from form_answers where sealed is not null and value is null and purge_on = '2027-03-02' and given_on = '2026-03-02'`); n != 3 {
		t.Errorf("%d sealed answers", n)
	}
	if n := d.count(`select count(*) from form_answers where field = 'ride' and value = '"by car"' and sealed is null and purge_on is null`); n != 1 {
		t.Error("the open answer is not plain")
	}
	if n := d.count(`select count(distinct octet_length(sealed)) from form_answers where sealed is not null`); n != 1 {
		t.Error("the length of a sealed answer tells yes from no")
	}
	if got := d.states(luis, d.response(a)); got != "ill:given=true well:given=false wish:given=a seat near the door ride:given=by car" {
		t.Error(got)
	}
}

func TestAnsweringAndChanging(t *testing.T) {
	d := openDesk(t)
	luis, cora := d.person("Luis Ortega", "1984-03-17"), d.person("Cora Lane", "1980-01-01", models.RoleCoordinator)
	detail := question("detail", func(f *models.FormField) {
		f.Required, f.ShowIf = true, &models.FormCondition{Field: "allergy", Is: models.IsEqual, Value: true}
	})
	form := d.form(question("allergy", func(f *models.FormField) { f.Type, f.Required = models.FieldYesNo, true }), detail, question("wish"))
	id := d.asks(asked(form, luis, luis, nil))
	old := services.NewID()
	_, err := d.Answer(d.as(luis), id, forms.GiveAnswers{FormVersionID: &old, Answers: map[string]any{}})
	d.want(err, forms.CodeFormChanged)
	_, err = d.Change(d.as(luis, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"wish": "x"}})
	d.want(err, forms.CodeNotAnswered)
	_, err = d.Answer(d.as(luis), id, forms.GiveAnswers{Answers: map[string]any{"allergy": true}})
	d.want(err, services.CodeInvalid)
	row, err := d.Answer(d.as(cora), id, forms.GiveAnswers{Answers: map[string]any{"allergy": true, "detail": "nuts", "wish": "quiet"}})
	d.ok(err)
	if row.Version != 2 || row.RecordedBy == nil || *row.RecordedBy != cora.member || d.count(`select count(*) from form_responses where entered_by = $1`, luis.member) != 1 {
		t.Errorf("%+v", row)
	}
	_, err = d.Answer(d.as(luis), id, forms.GiveAnswers{Answers: map[string]any{"allergy": false}})
	d.want(err, forms.CodeAlreadyAnswered)

	_, err = d.Change(d.as(luis, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"allergy": false}})
	d.want(err, services.CodeStale)
	_, err = d.Change(d.as(luis, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"allergy": nil}})
	d.want(err, services.CodeInvalid)
	_, err = d.Change(d.as(luis, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"allergy": false, "detail": "nuts"}})
	d.want(err, services.CodeInvalid)
	same, err := d.Change(d.as(luis, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"wish": "quiet"}})
	d.ok(err)
	if same.Version != 2 {
		t.Error("an answer sent as it stands is a change")
	}
	_, err = d.Change(d.as(luis, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"allergy": false, "wish": nil}})
	d.ok(err)
	if got := d.states(luis, id); got != "allergy:given=false detail:none wish:none" {
		t.Error(got)
	}
	if n := d.count(`select count(*) from form_answers where response_id = $1 and edition = 3`, id); n != 1 {
		t.Error("what was hidden or cleared stays, or what was changed was not sealed anew")
	}
	d.end(&models.Date{Time: morning.AddDate(0, 0, 1).Truncate(24 * time.Hour)}, recordOf(d, id))
	_, err = d.Change(d.as(luis, matching(3)), id, forms.ChangeAnswers{Answers: map[string]any{"wish": "x"}})
	d.want(err, forms.CodeRecordEnded)
	_, err = d.Change(d.as(cora, matching(3)), id, forms.ChangeAnswers{Answers: map[string]any{"wish": "x"}})
	d.ok(err)
}

func TestChangesRaceByVersion(t *testing.T) {
	d := openDesk(t)
	luis := d.person("Luis Ortega", "1984-03-17")
	id := d.asks(asked(d.form(question("wish")), luis, luis, map[string]any{"wish": "nothing"}))
	var wg sync.WaitGroup
	var won, stale atomic.Int32
	for i := range 8 {
		wg.Go(func() {
			_, err := d.Change(d.as(luis, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"wish": fmt.Sprint("wish ", i)}})
			if err == nil {
				won.Add(1)
			} else if e, ok := err.(*services.Error); ok && e.Code == services.CodeStale {
				stale.Add(1)
			} else {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || stale.Load() != 7 {
		t.Errorf("%d changes won, %d were stale", won.Load(), stale.Load())
	}
	if got := d.states(luis, id); !strings.HasPrefix(got, "wish:given=wish ") {
		t.Error(got)
	}
}

func TestAskingManyTakesTheRoundTripsOfOne(t *testing.T) {
	db := pgtest.New(t)
	way, c := db.Counted(t)
	core := coretest.On(t, way, func(s *services.Settings) { s.WriteConns, s.ReadConns = 1, 1 })
	core.Clock.Set(morning)
	d := &desk{TB: t, Service: forms.New(core), core: core, db: db}
	form := d.form(question("one"), question("two"), question("ride", open))
	batch := func(n int) (all []forms.Asked) {
		for i := range n {
			s := d.person(fmt.Sprint("Luis ", i), "1984-03-17")
			all = append(all, asked(form, s, s, map[string]any{"one": "a", "two": "b", "ride": "c"}))
		}
		return all
	}
	d.ok(d.ask(batch(1)...)) // statements are prepared once
	d.ok(d.ask(batch(2)...))
	one := batch(1)
	c.Taken()
	d.ok(d.ask(one...))
	few := c.Taken()
	many := batch(40)
	c.Taken()
	d.ok(d.ask(many...))
	if lots := c.Taken(); few > 6 || lots > few+2 { // a long message may be answered in part while it is sent
		t.Errorf("%d round trips for one, %d for forty", few, lots)
	}
	if n := d.count(`select count(*) from form_answers where sealed is not null`); n != 2*44 {
		t.Errorf("%d sealed answers", n)
	}
}

func TestASealedAnswerOpensInItsPlaceAlone(t *testing.T) {
	d := openDesk(t)
	luis, ana := d.person("Luis Ortega", "1984-03-17"), d.person("Ana Silva", "1990-01-02")
	form := d.form(question("one"), question("two"))
	of := func(s soul) forms.Asked { return asked(form, s, s, map[string]any{"one": "first", "two": "second"}) }
	a, b := d.asks(of(luis)), d.asks(of(ana))
	restore := func() func() {
		d.exec(`create table kept as select id, sealed, sealed_key, edition from form_answers`)
		return func() {
			d.exec(`update form_answers f set sealed = k.sealed, sealed_key = k.sealed_key, edition = k.edition from kept k where k.id = f.id`)
			d.exec(`drop table kept`)
		}
	}
	if got := d.states(luis, a); got != "one:given=first two:given=second" {
		t.Fatal(got)
	}
	for name, swap := range map[string]string{
		"the answer to another question": `update form_answers f set sealed = o.sealed from form_answers o where o.response_id = f.response_id and o.field <> f.field`,
		"another person's answer":        `update form_answers f set sealed = o.sealed from form_answers o where o.response_id <> f.response_id and o.field = f.field`,
		"another person's, with the key": `update form_answers f set sealed = o.sealed, sealed_key = o.sealed_key from form_answers o where o.response_id <> f.response_id and o.field = f.field`,
		"another edition":                `update form_answers set edition = edition + 1`,
	} {
		back := restore()
		d.exec(swap)
		if one, other := d.states(luis, a), d.states(ana, b); one != "broken" || other != "broken" {
			t.Errorf("%s: %s; %s", name, one, other)
		}
		back()
	}
	if got := d.states(ana, b); got != "one:given=first two:given=second" {
		t.Error(got)
	}
	before := d.count(`select edition from form_answers where response_id = $1 and field = 'one'`, a)
	d.exec(`create table kept as select id, sealed from form_answers`)
	_, err := d.Change(d.as(luis, matching(1)), a, forms.ChangeAnswers{Answers: map[string]any{"one": "third"}})
	d.ok(err)
	if after := d.count(`select edition from form_answers where response_id = $1 and field = 'one'`, a); after <= before {
		t.Error("a changed answer keeps its edition")
	}
	d.exec(`update form_answers f set sealed = k.sealed from kept k where k.id = f.id`)
	if got := d.states(luis, a); got != "broken" {
		t.Errorf("an earlier answer opens in the place of the later: %s", got)
	}
}

func TestAnswersOpenAfterAMerge(t *testing.T) {
	d := openDesk(t)
	bob, robert := d.person("Bob Hill", "1984-03-17"), d.person("Robert Hill", "1984-03-17")
	form := d.form(question("wish"))
	theirs := func(s soul) forms.Asked { return asked(form, s, s, map[string]any{"wish": "of " + s.member.String()}) }
	lost, own := d.asks(theirs(bob)), d.asks(theirs(robert))
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), d.core, "test.merge", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		m := &services.Merge{Tx: tx, Winner: robert.member, Loser: bob.member, By: robert.member}
		if err := forms.Merge(m); err != nil {
			return 0, err
		}
		return 0, services.MergeKeys(m)
	})
	d.ok(err)
	if got := d.states(robert, lost); got != "wish:given=of "+bob.member.String() {
		t.Error(got)
	}
	if got := d.states(robert, own); got != "wish:given=of "+robert.member.String() {
		t.Error(got)
	}
	if got := d.states(bob, lost); got != string(services.CodeNotFound) {
		t.Error(got)
	}
	_, err = d.Change(d.as(robert, matching(1)), lost, forms.ChangeAnswers{Answers: map[string]any{"wish": "new"}})
	d.ok(err)
	if got := d.states(robert, lost); got != "wish:given=new" {
		t.Error(got)
	}
}

func recordOf(d *desk, response [16]byte) (id [16]byte) {
	d.Helper()
	d.sql(scanInto(`select record_id from form_responses where id = $1`, response, &id))
	return id
}

// What staff type along with a registration is nobody's own words; what the person or their guardian sends is.
func TestAnswersThatComeAlongSayWhoTypedThem(t *testing.T) {
	d := openDesk(t)
	cora := d.person("Cora Lane", "1980-01-01", models.RoleCoordinator)
	luis, maya := d.person("Luis Ortega", "1984-03-17"), d.person("Maya Ortega", "2014-05-05")
	form := d.form(question("agreed", func(f *models.FormField) { f.Type = models.FieldSignature }))
	for _, c := range []struct {
		name             string
		who, about, whom soul
		typed            bool
	}{{"by staff", cora, luis, luis, true}, {"by staff for a child", cora, maya, luis, true}, {"by themselves", luis, luis, luis, false}, {"by the guardian", luis, maya, luis, false}} {
		a := asked(form, c.about, c.whom, map[string]any{"agreed": "Luis Ortega"})
		_, err := services.Mutate(d.as(c.who), d.core, "test.ask", func(tx *services.Tx) (int, error) {
			tx.Unchanged()
			return 0, forms.Ask(tx, a)
		})
		d.ok(err)
		if n := d.count(`select count(*) from form_responses where id = $1 and recorded_by is not distinct from $2`, d.response(a), map[bool]any{true: c.who.member, false: nil}[c.typed]); n != 1 {
			t.Errorf("%s: recorded_by is wrong", c.name)
		}
	}
}

// What is still to be answered goes to whoever has the place now; what was answered stays with whoever said it.
func TestWhatIsDueIsHandedOver(t *testing.T) {
	d := openDesk(t)
	maya := d.person("Maya Ortega", "2014-05-05")
	luis, rosa := d.person("Luis Ortega", "1984-03-17"), d.person("Rosa Diaz", "1985-03-17")
	d.guard(luis, maya)
	d.guard(rosa, maya)
	form := d.form(question("wish"))
	waits, said, other := asked(form, maya, luis, nil), asked(form, maya, luis, map[string]any{"wish": "his"}), asked(form, maya, luis, nil)
	due, answered, elsewhere := d.asks(waits), d.asks(said), d.asks(other)
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), d.core, "test.hand", func(tx *services.Tx) (int, error) {
		tx.Unchanged()
		return 0, forms.Hand(tx, models.FormRecordAttendee, rosa.member, waits.RecordID, said.RecordID)
	})
	d.ok(err)
	_, err = d.Answer(d.as(luis), due, forms.GiveAnswers{Answers: map[string]any{"wish": "late"}})
	d.want(err, services.CodeNotFound)
	_, err = d.Answer(d.as(rosa), due, forms.GiveAnswers{Answers: map[string]any{"wish": "hers"}})
	d.ok(err)
	for id, want := range map[string]string{d.states(luis, answered): "wish:given=his", d.states(rosa, answered): "not_found", d.states(rosa, elsewhere): "not_found"} {
		if id != want {
			t.Errorf("%s, want %s", id, want)
		}
	}
}

// Staff do not destroy unseen what hangs on an answer that they change.
func TestStaffHideNothingThatTheyMayNotRead(t *testing.T) {
	d := openDesk(t)
	luis, cora := d.person("Luis Ortega", "1984-03-17"), d.person("Cora Lane", "1980-01-01", models.RoleCoordinator)
	admin := d.person("Ada Lane", "1980-01-01", models.RoleAdmin)
	kind := func(f *models.FormField) { f.Type = models.FieldYesNo }
	hangs := func(f *models.FormField) {
		f.ShowIf = &models.FormCondition{Field: "p", Is: models.IsEqual, Value: true}
	}
	form := d.form(question("p", kind, readBy(models.RoleAdmin, models.RoleCoordinator)), question("f", hangs, readBy(models.RoleAdmin)), question("g", hangs, readBy(models.RoleAdmin, models.RoleCoordinator)))
	for name, answers := range map[string]map[string]any{"answered": {"p": true, "f": "secret", "g": "open"}, "not answered": {"p": true, "g": "open"}} {
		id := d.asks(asked(form, luis, luis, answers))
		for _, value := range []any{false, nil} {
			_, err := d.Change(d.as(cora, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"p": value}})
			if got := strings.Join(codes(t, err), "|"); got != "/answers/p withheld" {
				t.Errorf("%s, %v: %s", name, value, got)
			}
		}
		_, err := d.Change(d.as(cora, matching(1)), id, forms.ChangeAnswers{Answers: map[string]any{"g": "else"}})
		d.ok(err)
		_, err = d.Change(d.as(admin, matching(2)), id, forms.ChangeAnswers{Answers: map[string]any{"p": false}})
		d.ok(err)
		if got := d.states(luis, id); got != "p:given=false f:none g:none" {
			t.Errorf("%s: %s", name, got)
		}
	}
}
