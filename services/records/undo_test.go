package records_test

import (
	"fmt"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/records"
)

// one merges two of them as the same person; apart takes it back.
func (h *house) one(w, l human) *records.MergeView {
	h.Helper()
	m, err := h.records.Merge(h.as(h.cora), w.member, records.MergeMember{LoserID: l.member, Fields: []string{"email"}, Reason: "One person"})
	if err != nil {
		h.Fatal(err)
	}
	return m
}

func (h *house) apart(m *records.MergeView) *records.MergeView {
	h.Helper()
	u, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Cousins"})
	if err != nil {
		h.Fatal(err)
	}
	return u
}

// What staff edited of the kept record since stays, and is named; the rest goes back, with the other's address and mail.
func TestUndoPutsTheKeptRecordBackFieldByField(t *testing.T) {
	h := build(t)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	h.exec(`update members set phone = '+19105550199', address_line1 = '9 Other Road', city = 'Reno' where id = $1`, l.member)
	m, phone := h.one(w, l), "+19105550100"
	if got := h.text(`select email || ' ' || phone || ' ' || city from members where id = $1`, w.member); got != l.email+" +19105550199 Reno" {
		t.Fatalf("the kept record took %s", got)
	}
	c := services.WithCall(t.Context(), &services.Call{IfMatch: "*", Actor: &services.Actor{Kind: models.ActorAccount, AccountID: h.cora.account, MemberID: h.cora.member, Roles: h.cora.roles, AuthTime: noon}})
	if _, err := h.people.Update(c, w.member, people.PatchMember{ContactPatch: people.ContactPatch{Phone: services.Field[string]{Set: true, Value: &phone}}}); err != nil {
		t.Fatal(err)
	}
	u := h.apart(m)
	if got := fmt.Sprint(u.Left); got != fmt.Sprint([]records.MergedRow{{Record: "members", ID: w.member, Field: "phone"}}) {
		t.Errorf("left: %s", got)
	}
	if got := h.text(`select email || ' ' || phone || ' ' || address_line1 || city || ' ' || status from members where id = $1`, w.member); got != w.email+" "+phone+"  active" {
		t.Errorf("the kept record says %s", got)
	}
}

// A merge of many rows is taken back in few round trips, and what one constraint refuses holds up nothing else.
func TestUndoOfManyRows(t *testing.T) {
	h := build(t)
	boss := h.human("Ada Boss", models.RoleAdmin)
	w, l, x := h.human("Luis Ortega"), h.human("Lou Ortega", models.RoleCoordinator), h.human("Xenia Moss")
	h.exec(`insert into contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line)
		select gen_random_uuid(), 1, $1, $1, $2, 'call', 'out', $1, $3, 'reached', 'Spoke' from generate_series(1, 15000)`, noon, x.member, l.member)
	search := `insert into saved_searches (id, version, created_at, updated_at, owner_id, name, filter, shared) values (gen_random_uuid(), 1, $1, $1, $2, $3, '{}', false)`
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		h.exec(search, noon, l.member, name)
	}
	m, err := h.records.Merge(h.as(boss), w.member, records.MergeMember{LoserID: l.member, Reason: "One"})
	if err != nil {
		t.Fatal(err)
	}
	h.exec(search, noon, l.member, "C")
	v, err := h.records.GetMerge(h.as(boss), m.ID)
	if err != nil || !v.Undoable || len(v.Left) != 1 {
		t.Fatalf("%v %+v", err, v)
	}
	u, err := h.records.Undo(h.as(boss), m.ID, records.UndoMerge{Reason: "Cousins"})
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Left) != 1 || u.Left[0].Record != "saved_searches" {
		t.Errorf("left %+v", u.Left)
	}
	if n := h.count(`select count(*) from contacts where by_id = $1`, l.member); n != 15000 {
		t.Errorf("%d contacts are theirs again", n)
	}
	if got := h.text(`select string_agg(name, '' order by name) from saved_searches where owner_id = $1`, w.member); got != "C" {
		t.Errorf("the winner keeps %s", got)
	}
}

// A merge may bring two together who are kept apart: staff are asked, and asked again when an undo does.
func TestMergeLooksForWhoIsKeptApart(t *testing.T) {
	h := build(t)
	w, l, x := h.human("Luis Ortega"), h.human("Lou Ortega"), h.human("Xenia Moss")
	both := h.workshop("Both", 5)
	h.register(w, both)
	h.register(x, both)
	h.separate(h.cora, models.SeparationProtected, x.member, l.member)
	h.one(w, l)
	if n := h.count(`select count(*) from tasks where kind = 'separation_clash' and status = 'open'`); n != 1 {
		t.Errorf("%d tasks about the clash", n)
	}
}

// A party that waits for staff does so again after an undo, with the task to look at it.
func TestUndoAsksForReviewAgain(t *testing.T) {
	h := build(t)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	at := h.workshop("Shared", 5)
	h.exec(`update workshops set approval_required = true where id = $1`, at)
	h.register(w, at)
	r := h.register(l, at)
	u := h.apart(h.one(w, l))
	if n := h.count(`select count(*) from tasks where record_id = $1 and kind = 'review_registration' and status = 'open'`, r.ID); n != 1 || len(u.Left) > 0 {
		t.Errorf("%d tasks, left %v", n, u.Left)
	}
	h.checkCounts()
}

func TestAccountOfAMergedRecordStaysClosed(t *testing.T) {
	h := build(t)
	boss := h.human("Ada Boss", models.RoleAdmin)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	h.one(w, l)
	active := models.AccountActive
	c := services.WithCall(t.Context(), &services.Call{IfMatch: "*", Actor: &services.Actor{Kind: models.ActorAccount, AccountID: boss.account, MemberID: boss.member, Roles: boss.roles, AuthTime: noon}})
	_, err := h.accounts.Change(c, l.account, accounts.AccountChange{Status: services.Field[models.AccountStatus]{Set: true, Value: &active}})
	if codeOf(err) != "member_merged" || h.text(`select status from accounts where id = $1`, l.account) != "suspended" {
		t.Errorf("%v", err)
	}
}

// Of two open requests one stays: with the hours and the words of the later, one task, and all as it was after an undo.
func TestTwoRequestsForACallBecomeOne(t *testing.T) {
	h := build(t)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	from, until := "10:00", "11:00"
	if _, err := h.outreach.Ask(h.as(w), outreach.AskForHelp{Note: "Any time"}); err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(noon.Add(time.Minute))
	if _, err := h.outreach.Ask(h.as(l), outreach.AskForHelp{Topic: models.HelpFamily, Channel: models.HelpByText, SafeFrom: &from, SafeUntil: &until, Note: "Only then"}); err != nil {
		t.Fatal(err)
	}
	say := func() string {
		return h.text(`select string_agg(concat_ws(' ', r.status, r.topic, r.channel, r.safe_from, t.status, (select count(*) from help_request_asks a where a.help_request_id = r.id)), '; ' order by r.created_at)
			from help_requests r join tasks t on t.record_id = r.id`)
	}
	was := say()
	m := h.one(w, l)
	if got := say(); got != "received family text 10:00 open 2; closed family text 10:00 dropped 0" {
		t.Errorf("merged: %s", got)
	}
	if n := h.count(`select count(*) from river_job where kind = 'help_request.due' and args->>'help_request_id' = (select id::text from help_requests where status = 'received')`); n != 2 {
		t.Errorf("%d reminders", n)
	}
	h.apart(m)
	if got := say(); got != was {
		t.Errorf("undone: %s, was %s", got, was)
	}
}

// The job of a merge that was taken back leaves the next merge of the two alone.
func TestLateMovesBelongToTheMergeThatStands(t *testing.T) {
	h := build(t)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	first := h.one(w, l)
	h.apart(first)
	second := h.one(w, l)
	h.exec(`insert into contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line) values ($1, 1, $2, $2, $3, 'call', 'out', $2, $4, 'reached', 'Spoke')`,
		services.NewID(), noon, l.member, h.cora.member)
	if _, err := h.core.RunDue(t.Context(), noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	late := `select count(*) from merge_moves where table_name = 'contacts' and merge_id = $1`
	if a, b := h.count(late, first.ID), h.count(late, second.ID); a != 0 || b != 1 {
		t.Errorf("%d moves of the first merge, %d of the second", a, b)
	}
}
