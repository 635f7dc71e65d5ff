package records_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/records"
	"homefront/services/workshops"
)

// A death that was not true: everything that it ended is given back, and nobody was sent a word.
func TestDeathAndItsWayBack(t *testing.T) {
	h := build(t)
	luis, ana, buddy := h.human("Luis Ortega"), h.human("Ana Ortega"), h.human("Ben Price")
	maya := h.known("Maya Ortega", 10, models.KindChild)
	guardianship := h.guard(luis.member, maya)
	h.guard(ana.member, maya)
	h.link(luis.member, models.RelationSpouse, ana.member)
	h.link(buddy.member, models.RelationBattleBuddy, luis.member)
	alone, family, full, past := h.workshop("Alone", 1), h.workshop("Family", 6), h.workshop("Full", 1), h.workshopAt("Past", 3, noon.Add(time.Hour))
	seat := h.register(luis, alone)
	waits := h.register(h.human("Eve Stone"), alone) // waits for the only seat
	party := h.register(luis, family, maya)
	h.exec(`update attendees set member_id = $2, guest_name = null, kind = 'adult' where id = $1`, guestOf(h, party.ID, family), ana.member)
	h.register(h.human("Flo Hart"), full)
	line := h.register(luis, full)
	went := h.register(luis, past)
	h.core.Clock.Set(noon.Add(4 * time.Hour))
	h.exec(`insert into sessions (id, account_id, created_at, last_used_at, expires_at, auth_time) values ($1, $2, $3, $3, $4, $3)`, services.NewID(), luis.account, noon, noon.AddDate(0, 1, 0))
	h.exec(`insert into messages (id, member_id, event, created_at, send_after, record, record_id) values ($1, $2, 'session.reminder', $3, $4, 'session', $1)`, services.NewID(), luis.member, noon, noon.AddDate(0, 0, 6))
	h.exec(`insert into tasks (id, version, created_at, updated_at, kind, title, member_id, queue, due_at, status) values ($1, 1, $2, $2, 'general', 'Call about the ride', $3, 'coordinators', $2, 'open')`,
		services.NewID(), noon, luis.member)
	h.exec(`insert into help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at)
		values ($1, 1, $2, $2, $3, 'talk', 'call', 'America/New_York', 'received', false, $2, $2)`, services.NewID(), noon, luis.member)
	toFamily := func() int {
		return h.count(`select count(*) from messages where member_id in ($1, $2, $3, $4) and state <> 'recalled' or address <> '' and member_id is null`, luis.member, ana.member, buddy.member, maya)
	}
	queued := h.count(`select count(*) from messages where member_id = $1 and state = 'queued'`, luis.member)
	told := toFamily() - queued

	id := h.bury(luis.member)

	if got := h.text(`select status from members where id = $1`, luis.member); got != "deceased" {
		t.Errorf("status %s", got)
	}
	if n := h.count(`select count(*) from messages where member_id = $1 and state = 'queued'`, luis.member); n != 0 || queued == 0 {
		t.Errorf("%d messages of %d still go to somebody who has died", n, queued)
	}
	if n := toFamily(); n != told {
		t.Errorf("%d messages to those who were close, there were %d: nobody is told by a machine", n, told)
	}
	if n := h.count(`select count(*) from sessions where account_id = $1 and ended_at is null`, luis.account); n != 0 {
		t.Error("a session still stands")
	}
	state := func(id uuid.UUID) string { return h.text(`select state from registrations where id = $1`, id) }
	if state(seat.ID) != "cancelled" || state(waits.ID) != "offered" || state(line.ID) != "cancelled" || state(went.ID) != "confirmed" {
		t.Errorf("alone %s, next in line %s, waiting %s, past %s", state(seat.ID), state(waits.ID), state(line.ID), state(went.ID))
	}
	if lead := h.text(`select lead_member_id::text from registrations where id = $1`, party.ID); state(party.ID) != "confirmed" || lead != ana.member.String() {
		t.Errorf("the party is %s, led by %s", state(party.ID), lead)
	}
	if n := h.count(`select count(*) from tasks where record = 'death' and kind = 'call' and status = 'open' and member_id in ($1, $2) and also_about = array[$3::uuid]`, ana.member, buddy.member, luis.member); n != 2 {
		t.Errorf("%d calls to make, want one each to the wife and the buddy", n)
	}
	if n := h.count(`select count(*) from tasks where kind = 'call' and (title ilike '%death%' or title ilike '%died%')`); n != 0 {
		t.Error("a title in a list says it")
	}
	if n := h.count(`select count(*) from tasks where kind = 'guardian_lost' and member_id = $1 and status = 'open'`, maya); n != 1 {
		t.Errorf("%d tasks about the child", n)
	}
	h.checkCounts()
	if got, err := h.people.List(h.as(h.cora), peopleNamed("Luis Ortega")); err != nil || slices.ContainsFunc(got.Data, func(m people.MemberSummary) bool { return m.ID == luis.member }) {
		t.Errorf("a search offers somebody who has died: %v %v", got, err)
	}
	shown, err := h.records.Death(h.as(h.dan), id)
	if err != nil || *shown.Source != "His sister called" || len(shown.Effects) < 10 {
		t.Fatalf("%v %+v", err, shown)
	}

	back, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "It was a man of the same name"})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range back.Effects {
		if e.Outcome == nil || *e.Outcome == models.DeathNotPossible {
			t.Errorf("%s %s: %v", e.About, e.Action, e.Outcome)
		}
	}
	for what, sql := range map[string]string{
		"member":       `select count(*) from members where id = $1 and status = 'active'`,
		"account":      `select count(*) from accounts where member_id = $1 and status = 'active'`,
		"own task":     `select count(*) from tasks where member_id = $1 and kind = 'general' and status = 'open' and reason is null`,
		"help request": `select count(*) from help_requests where member_id = $1 and status = 'received' and ended_at is null`,
		"seat":         `select count(*) from attendees a join registrations r on r.id = a.registration_id where a.member_id = $1 and a.state = 'attending' and r.lead_member_id = $1 and r.state = 'confirmed' and r.workshop_id = '` + family.String() + `'`,
		"line":         `select count(*) from registrations where lead_member_id = $1 and state = 'waitlisted' and queued_at is not null and moved_ahead_at is null and id = '` + line.ID.String() + `'`,
		"first":        `select count(*) from registrations where lead_member_id = $1 and state = 'waitlisted' and moved_ahead_at is not null and id = '` + seat.ID.String() + `'`,
		"guardianship": `select count(*) from guardianships where guardian_id = $1 and status = 'confirmed' and closed_at is null and id = '` + guardianship.String() + `'`,
	} {
		if n := h.count(sql, luis.member); n != 1 {
			t.Errorf("%s was not given back", what)
		}
	}
	if n := h.count(`select count(*) from tasks where record = 'death' and status = 'open' and kind <> 'not_given_back'`); n != 0 {
		t.Errorf("%d calls are still to be made about somebody who lives", n)
	}
	if n := h.count(`select count(*) from tasks where record = 'death' and status = 'open' and kind = 'not_given_back' and member_id = $1`, luis.member); n != 1 {
		t.Error("nobody is told of the seat that went to somebody else")
	}
	if n := toFamily(); n != told {
		t.Errorf("%d messages after the correction, there were %d", n, told)
	}
	h.checkCounts()
	if n := h.count(`select count(*) from audit_log where action in ('death.report', 'death.confirm', 'death.reverse', 'death.read') and subjects @> array[$1::uuid]`, luis.member); n != 4 {
		t.Errorf("%d rows in the audit log", n)
	}
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "again"}); codeOf(err) != records.CodeDeathState {
		t.Errorf("a second time: %v", err)
	}
}

// guestOf puts one more adult into a party, whose seat is counted.
func guestOf(h *house, registration, workshop uuid.UUID) uuid.UUID {
	h.Helper()
	id := services.NewID()
	h.exec(`insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, guest_name, entered_by, joined_at)
		select $1, $2, $2, r.id, true, p.id, 'adult', 'attending', 'Ana', r.lead_member_id, $2 from registrations r join pools p on p.workshop_id = r.workshop_id where r.id = $3`, id, noon, registration)
	h.exec(`update pools set taken = taken + 1 where workshop_id = $1`, workshop)
	return id
}

// It takes two, neither of them close.
func TestTwoOfStaffConfirmADeath(t *testing.T) {
	h := build(t)
	luis, rosa := h.human("Luis Ortega"), h.human("Rosa Ortega", models.RoleCoordinator)
	h.link(rosa.member, models.RelationSibling, luis.member)
	in := records.ReportDeath{Source: "Rosa told us"}
	if _, err := h.records.Report(h.as(rosa), luis.member, in); codeOf(err) != "own_record" {
		t.Errorf("a sister reports: %v", err)
	}
	if _, err := h.records.Report(h.as(h.cora), h.cora.member, in); codeOf(err) != "own_record" {
		t.Errorf("oneself: %v", err)
	}
	tomorrow := models.DateOf(noon.AddDate(0, 0, 2))
	if _, err := h.records.Report(h.as(h.cora), luis.member, records.ReportDeath{Source: "  ", DiedOn: &tomorrow}); codeOf(err) != services.CodeInvalid {
		t.Errorf("a day to come: %v", err)
	}
	id := h.report(luis.member)
	if _, err := h.records.Report(h.as(h.dan), luis.member, in); codeOf(err) != "already_reported" {
		t.Errorf("twice: %v", err)
	}
	if _, err := h.records.Confirm(h.as(h.cora), id); codeOf(err) != records.CodeSecondStaff {
		t.Errorf("the same one confirms: %v", err)
	}
	if _, err := h.records.Confirm(h.as(rosa), id); codeOf(err) != services.CodeNotFound {
		t.Errorf("a sister confirms: %v", err)
	}
	if got, err := h.records.Deaths(h.as(rosa), records.DeathFilter{PageQuery: page}); err != nil || len(got.Data) != 0 {
		t.Errorf("a sister's list: %v %v", got, err)
	}
	if _, err := h.records.Deaths(h.as(luis), records.DeathFilter{PageQuery: page}); err != nil {
		t.Error(err)
	}
	if n := h.count(`select count(*) from tasks where kind = 'confirm_death' and status = 'open'`); n != 1 {
		t.Errorf("%d tasks to confirm it", n)
	}
	if _, err := h.records.Withdraw(h.as(h.dan), id, records.DeathReason{Reason: "Another man"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where kind = 'confirm_death' and status = 'open'`); n != 0 {
		t.Error("the task stands")
	}
	if _, err := h.records.Confirm(h.as(h.dan), id); codeOf(err) != records.CodeDeathState {
		t.Errorf("withdrawn: %v", err)
	}
	if got := h.text(`select status from members where id = $1`, luis.member); got != "active" {
		t.Errorf("a report alone ended something: %s", got)
	}
	again := h.bury(luis.member)
	if got, err := h.records.Deaths(h.as(h.cora), records.DeathFilter{Status: []models.DeathStatus{models.DeathConfirmed}, MemberID: luis.member, PageQuery: page}); err != nil || len(got.Data) != 1 || got.Data[0].ID != again {
		t.Errorf("%v %v", got, err)
	}
}

// Nobody takes the sign-in of somebody above them by calling them dead, nor gives it back by another door.
func TestDeathOfSomebodyOnStaff(t *testing.T) {
	h := build(t)
	amy, boss := h.human("Amy Boss", models.RoleAdmin), h.human("Bea Boss", models.RoleAdmin)
	id := h.report(amy.member)
	if _, err := h.records.Confirm(h.as(h.dan), id); codeOf(err) != "role_above_own" {
		t.Errorf("a coordinator ends an admin: %v", err)
	}
	h.exec(`insert into tasks (id, version, created_at, updated_at, kind, title, queue, owner_id, due_at, status) values ($1, 1, $2, $2, 'general', 'Order chairs', 'admins', $3, $2, 'open')`,
		services.NewID(), noon, amy.member)
	if _, err := h.records.Confirm(h.as(boss), id); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where title = 'Order chairs' and owner_id is null and status = 'open'`); n != 1 {
		t.Error("her work is not the queue's again")
	}
	call := services.WithCall(h.Context(), &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: boss.account, MemberID: boss.member, Roles: boss.roles}, IfMatch: "*"})
	if _, err := h.accounts.Change(call, amy.account, accounts.AccountChange{Status: services.Some(models.AccountActive)}); codeOf(err) != "member_deceased" {
		t.Errorf("the account opens by another door: %v", err)
	}
	if _, err := h.records.Reverse(h.as(boss), id, records.DeathReason{Reason: "She called"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where title = 'Order chairs' and owner_id = $1`, amy.member); n != 1 {
		t.Error("her work is not hers again")
	}
}

// Children of a party without another adult keep their places, and staff are asked.
func TestAPartyWithoutItsAdult(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	maya := h.known("Maya Ortega", 10, models.KindChild)
	h.guard(luis.member, maya)
	party := h.register(luis, h.workshop("Family", 4), maya)
	id := h.bury(luis.member)
	if n := h.count(`select count(*) from attendees where registration_id = $1 and state = 'attending'`, party.ID); n != 1 || h.text(`select state from registrations where id = $1`, party.ID) != "confirmed" {
		t.Errorf("%d still come", n)
	}
	if n := h.count(`select count(*) from tasks where kind = 'party_without_lead' and record_id = $1 and status = 'open'`, party.ID); n != 1 {
		t.Errorf("%d tasks", n)
	}
	h.checkCounts()
	if _, err := h.records.Reverse(h.as(h.dan), id, records.DeathReason{Reason: "Another man"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from attendees where registration_id = $1 and state = 'attending'`, party.ID); n != 2 {
		t.Errorf("%d come again", n)
	}
	if n := h.count(`select count(*) from tasks where kind = 'party_without_lead' and status = 'open'`); n != 0 {
		t.Error("the task stands")
	}
	h.checkCounts()
}

// Of two who confirm at once one does; who registers meanwhile has a place that ended, or none.
func TestDeathMeanwhile(t *testing.T) {
	h := build(t)
	luis, ed := h.human("Luis Ortega"), h.human("Ed Stone", models.RoleCoordinator)
	id := h.report(luis.member)
	var rooms []uuid.UUID
	for range 8 {
		rooms = append(rooms, h.workshop("Evening", 5))
	}
	var all sync.WaitGroup
	confirmed := make([]error, 2)
	for i, who := range []human{h.dan, ed} {
		all.Go(func() { _, confirmed[i] = h.records.Confirm(h.as(who), id) })
	}
	for _, room := range rooms {
		all.Go(func() {
			_, _ = h.workshops.Register(h.as(luis), room, workshops.Register{})
		})
	}
	all.Wait()
	slices.SortFunc(confirmed, func(a, b error) int {
		if a == nil {
			return -1
		}
		return 1
	})
	if confirmed[0] != nil || codeOf(confirmed[1]) != records.CodeDeathState {
		t.Errorf("%v", confirmed)
	}
	if n := h.count(`select count(*) from registrations where live and lead_member_id = $1`, luis.member); n != 0 {
		t.Errorf("%d live registrations of somebody who has died", n)
	}
	if n := h.count(`select count(*) from deaths where status = 'confirmed'`); n != 1 {
		t.Errorf("%d deaths", n)
	}
	h.checkCounts()
}

// Nobody signs up with the address of somebody who has died, and nobody is told so.
func TestNobodySignsUpAsTheDead(t *testing.T) {
	h := build(t)
	gone := h.known("Luis Ortega", 40)
	h.exec(`update members set email = 'luis@example.org' where id = $1`, gone)
	h.bury(gone)
	ctx := services.WithCall(h.Context(), &services.Call{Actor: &services.Actor{Kind: models.ActorAnonymous}, Address: "203.0.113.7"})
	answers := map[string]string{}
	for _, address := range []string{"luis@example.org", "somebody@example.org"} {
		got, err := h.accounts.Register(ctx, accounts.SignUp{Email: address, Password: "four quiet harbours at dawn", Name: "Luis Ortega", BirthDate: models.NewDate(1986, 3, 2)})
		if err != nil {
			t.Fatal(err)
		}
		body, _ := json.Marshal(got)
		answers[address] = string(body)
	}
	if answers["luis@example.org"] != answers["somebody@example.org"] {
		t.Errorf("the answers differ: %v", answers)
	}
	if _, err := h.core.RunDue(context.WithoutCancel(h.Context()), noon); err != nil {
		t.Logf("jobs: %v", err) // there is no mailer
	}
	if n := h.count(`select count(*) from messages where address = 'luis@example.org'`); n != 0 {
		t.Errorf("%d mails to somebody who has died", n)
	}
	if n := h.count(`select count(*) from messages where address = 'somebody@example.org' and event = 'account.verify'`); n != 1 {
		t.Errorf("%d mails to somebody who lives", n)
	}
}

// A request for a call that a mistaken death closed waits again: with its task, and with somebody reminded of it.
func TestHelpRequestComesBackWithItsTask(t *testing.T) {
	h := build(t)
	luis := h.human("Luis Ortega")
	a, err := h.outreach.Ask(h.as(luis), outreach.AskForHelp{})
	if err != nil {
		t.Fatal(err)
	}
	id := h.bury(luis.member)
	h.core.Clock.Set(noon.AddDate(0, 0, 1))
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another man"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where record = 'help_request' and record_id = $1 and status = 'open' and due_at = $2`, a.ID, h.core.Clock.Now()); n != 1 {
		t.Errorf("%d tasks for who asked for a call", n)
	}
	if _, err := h.core.RunDue(t.Context(), h.core.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select escalations from help_requests where id = $1`, a.ID); n != 1 {
		t.Errorf("%d reminders of what was due yesterday", n)
	}
	h.exec(`update tasks set status = 'dropped', closed_at = $1 where record = 'help_request'`, noon)
	if _, err := h.outreach.Ask(h.as(luis), outreach.AskForHelp{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from tasks where record = 'help_request' and record_id = $1 and status = 'open'`, a.ID); n != 1 {
		t.Errorf("%d tasks after asking again", n)
	}
}

// Both guardians of a child who died are called, each by a task that does not name the other.
func TestGuardiansOfAChildWhoDiedAreCalled(t *testing.T) {
	h := build(t)
	mum, dad := h.human("Mia Ortega"), h.human("Don Moss")
	child := h.known("Maya Ortega", 9, models.KindChild)
	h.guard(mum.member, child)
	h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence) values ($1, 1, $2, $2, $3, $4, 'claimed', 'Says so')`, services.NewID(), noon, dad.member, child)
	h.bury(child)
	for _, p := range []human{mum, dad} {
		if n := h.count(`select count(*) from tasks where record = 'death' and kind = 'call' and member_id = $1 and also_about = array[$2::uuid]`, p.member, child); n != 1 {
			t.Errorf("%d calls to %s", n, p.email)
		}
	}
}

// Two records of somebody who died are merged; the death was a mistake after all: the record that was kept lives.
func TestDeathIsTakenBackAfterAMerge(t *testing.T) {
	h := build(t)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	id := h.bury(l.member)
	h.exec(`update members set status = 'deceased' where id = $1`, w.member)
	h.one(w, l)
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another man"}); err != nil {
		t.Fatal(err)
	}
	if got := h.text(`select string_agg(status, ' ' order by status) from members where id in ($1, $2)`, w.member, l.member); got != "active merged" {
		t.Errorf("%s", got)
	}
}
