package records_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/records"
	"homefront/services/workshops"
)

func (h *house) merge(as human, winner, loser uuid.UUID, fields ...string) (*records.MergeView, error) {
	return h.records.Merge(h.as(as), winner, records.MergeMember{LoserID: loser, Fields: fields, Reason: "One person"})
}

func TestWhatStandsAgainstAMerge(t *testing.T) {
	h := build(t)
	luis, lou, ana := h.known("Luis Ortega", 40), h.known("Lou Ortega", 40), h.known("Ana Ortega", 38)
	gone := h.known("Gil Gone", 70)
	h.bury(gone)
	cora2, boss := h.human("Cora Dias", models.RoleCoordinator), h.human("Ada Boss", models.RoleAdmin)
	mother, mother2 := h.known("Mia Lane", 35), h.known("Mia Laine", 35)
	for _, m := range []uuid.UUID{mother, mother2} {
		h.exec(`update members set entered_by = $2 where id = $1`, h.known("Tom Lane", 8, models.KindChild), m)
	}
	apart, kept := h.known("Ida Moon", 30), h.known("Ida Moone", 30)
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, 'protected', $3, $4, '2026-06-01', 'live', $5)`,
		services.NewID(), noon, apart, kept, h.cora.member)
	child := h.known("Lulu Ortega", 9, models.KindChild)
	secret := h.known("Sue Secret", 50)
	h.exec(`insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values ($1, $2, $3, $4, $4)`, services.NewID(), noon, secret, boss.member)
	h.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted')`, services.NewID(), noon, h.dan.member, ana)
	for what, c := range map[string]struct {
		as            human
		winner, loser uuid.UUID
		want          services.Code
	}{
		"the same":             {h.cora, luis, luis, people.CodeSamePerson},
		"unknown":              {h.cora, luis, services.NewID(), services.CodeNotFound},
		"kept to others":       {h.cora, luis, secret, services.CodeNotFound},
		"one's own":            {h.cora, h.cora.member, luis, "own_record"},
		"a sister's":           {h.dan, luis, ana, "own_record"},
		"one has died":         {h.cora, luis, gone, people.CodeOneDeceased},
		"the same child twice": {h.cora, mother, mother2, people.CodeChildrenFirst},
		"a child":              {h.cora, luis, child, people.CodeChildAndAdult},
		"kept apart":           {h.cora, apart, kept, people.CodeAskColleague},
		"two coordinators":     {h.cora, h.dan.member, cora2.member, "role_above_own"},
		"an admin":             {h.cora, luis, boss.member, "role_above_own"},
		"the only admin":       {boss, h.dan.member, boss.member, "own_record"},
	} {
		t.Run(what, func(t *testing.T) {
			before := h.count(`select count(*) from merge_moves`)
			if _, err := h.merge(c.as, c.winner, c.loser); codeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			seen, err := h.records.Preview(h.as(c.as), c.winner, records.MergePreview{With: c.loser})
			if codeOf(err) != c.want && (err != nil || seen.Obstacle == nil || seen.Obstacle.Code != c.want) {
				t.Errorf("the preview says %v %+v, want %s", err, seen, c.want)
			}
			if h.count(`select count(*) from merge_moves`) != before {
				t.Error("it moved something")
			}
		})
	}
	if _, err := h.merge(boss, h.dan.member, cora2.member); err != nil {
		t.Errorf("an admin merges two coordinators: %v", err)
	}
	if _, err := h.merge(h.cora, luis, lou); err != nil {
		t.Fatal(err)
	}
	if _, err := h.merge(h.cora, ana, lou); codeOf(err) != people.CodeAlreadyMerged {
		t.Errorf("merged twice: %v", err)
	}
	if _, err := h.records.Merge(h.as(h.cora), luis, records.MergeMember{LoserID: ana, Reason: "  "}); codeOf(err) != services.CodeInvalid {
		t.Errorf("without a reason: %v", err)
	}
	list, err := h.records.Merges(h.as(h.cora), records.MergeFilter{PageQuery: page})
	if err != nil || len(list.Data) != 2 || list.Data[0].Loser.GivenName != "Lou" || !list.Data[0].Undoable {
		t.Errorf("%v %+v", err, list.Data)
	}
}

func TestAChainOfMergesEndsAtOneRecord(t *testing.T) {
	h := build(t)
	a, b, c := h.known("Ann Lee", 30), h.known("Anne Lee", 30), h.known("Anna Lee", 30)
	first, err := h.merge(h.cora, b, a)
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.merge(h.cora, c, b)
	if err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from members where id in ($1, $2) and merged_into = $3`, a, b, c); n != 2 {
		t.Errorf("%d of the two end at the third", n)
	}
	view, err := h.people.Get(h.as(h.cora), a)
	if err != nil || view.MergedInto == nil || *view.MergedInto != c {
		t.Errorf("%v %+v", err, view)
	}
	if _, err := h.records.Undo(h.as(h.cora), first.ID, records.UndoMerge{Reason: "No"}); codeOf(err) != records.CodeMergedAgain {
		t.Errorf("the inner one first: %v", err)
	}
	for _, id := range []uuid.UUID{second.ID, first.ID} {
		if _, err := h.records.Undo(h.as(h.cora), id, records.UndoMerge{Reason: "No"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := h.count(`select count(*) from members where merged_into is not null`); n != 0 {
		t.Errorf("%d are merged still", n)
	}
	again, err := h.merge(h.cora, b, a)
	if err != nil {
		t.Fatal(err)
	}
	h.core.Clock.Set(noon.Add(models.MergeUndoFor))
	if _, err := h.records.Undo(h.as(h.cora), again.ID, records.UndoMerge{Reason: "Late"}); codeOf(err) != records.CodeUndoTooLate {
		t.Errorf("after thirty days: %v", err)
	}
}

// The account goes with the record when the winner has none, and is the winner's at once; else it is closed, until the undo.
func TestAccountsFollowAMerge(t *testing.T) {
	h := build(t)
	lou, luis := h.human("Lou Ortega"), h.known("Luis Ortega", 40)
	m, err := h.merge(h.cora, luis, lou.member)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.text(`select member_id || ' ' || status from accounts where id = $1`, lou.account); got != luis.String()+" active" {
		t.Errorf("the account is %s", got)
	}
	if n := h.count(`select count(*) from accounts where id = $1 and auth_changed_at = $2`, lou.account, h.core.Clock.Now()); n != 1 {
		t.Error("the replicas do not learn of it")
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "No"}); err != nil {
		t.Fatal(err)
	}
	if got := h.text(`select member_id::text from accounts where id = $1`, lou.account); got != lou.member.String() {
		t.Errorf("the account is %s's", got)
	}
	both := h.human("Luisa Ortega")
	h.exec(`insert into sessions (id, account_id, created_at, last_used_at, expires_at, auth_time) values ($1, $2, $3, $3, $4, $3)`, services.NewID(), both.account, noon, noon.AddDate(0, 1, 0))
	m, err = h.merge(h.cora, lou.member, both.member)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.text(`select a.status || ' ' || s.end_reason from accounts a join sessions s on s.account_id = a.id where a.id = $1`, both.account); got != "suspended merged" {
		t.Errorf("the loser's account is %s", got)
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "No"}); err != nil {
		t.Fatal(err)
	}
	if got := h.text(`select status from accounts where id = $1`, both.account); got != "active" {
		t.Errorf("after the undo %s", got)
	}
}

// A child whom two guardians have booked in two records keeps both places: by a merge neither learns of the other.
func TestMergingAChildTellsNoGuardianOfTheOther(t *testing.T) {
	h := build(t)
	luis, ana := h.human("Luis Ortega"), h.human("Ana Reyes")
	maya, maia := h.known("Maya Ortega", 9, models.KindChild), h.known("Maia Ortega", 9, models.KindChild)
	h.guard(luis.member, maya)
	h.guard(ana.member, maia)
	at := h.workshop("Family", 6)
	one, two := h.register(luis, at, maya), h.register(ana, at, maia)
	m, err := h.merge(h.cora, maya, maia)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []uuid.UUID{one.ID, two.ID} {
		if got := h.text(`select state from registrations where id = $1`, id); got != "confirmed" {
			t.Errorf("a party is %s", got)
		}
	}
	if n := h.count(`select count(*) from attendees where member_id = $1 and state = 'attending' and second`, maya); n != 1 {
		t.Errorf("%d second places", n)
	}
	h.checkCounts()
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Two girls"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from attendees where member_id = $1 and state = 'attending' and not second`, maia); n != 1 {
		t.Error("the other child's place is not hers again")
	}
	h.checkCounts()
}

// What is written about the loser while the merge runs is the winner's within seconds.
func TestWhatCameLateFollowsTheMerge(t *testing.T) {
	h := build(t)
	luis, lou := h.known("Luis Ortega", 40), h.known("Lou Ortega", 40)
	m, err := h.merge(h.cora, luis, lou)
	if err != nil {
		t.Fatal(err)
	}
	h.exec(`insert into contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line) values ($1, 1, $2, $2, $3, 'call', 'out', $2, $4, 'reached', 'Spoke')`,
		services.NewID(), noon, lou, h.cora.member)
	if _, err := h.core.RunDue(t.Context(), noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from contacts where member_id = $1`, luis); n != 1 {
		t.Error("it names the loser still")
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "No"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from contacts where member_id = $1`, lou); n != 1 {
		t.Error("the undo does not know of it")
	}
}

// Whoever registers while their record is merged away either has a place under the winner or is refused; never a place of nobody.
func TestMergeAgainstRegistration(t *testing.T) {
	h := build(t)
	for i := range 12 {
		luis, lou := h.human("Luis Ortega "+string(rune('a'+i))), h.human("Lou Ortega "+string(rune('a'+i)))
		at := h.workshop("Race", 2)
		var wg sync.WaitGroup
		var merged, booked error
		wg.Go(func() { _, merged = h.merge(h.cora, luis.member, lou.member) })
		wg.Go(func() {
			_, booked = h.workshops.Register(h.as(lou), at, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &lou.member}}})
		})
		wg.Wait()
		if merged != nil {
			t.Fatal(merged)
		}
		if n := h.count(`select count(*) from attendees a join registrations r on r.id = a.registration_id where $1 in (a.member_id, r.lead_member_id, r.entered_by)`, lou.member); n > 0 {
			t.Errorf("round %d: a place of a record that is merged away (%v)", i, booked)
		}
		if booked == nil {
			if n := h.count(`select count(*) from registrations where lead_member_id = $1`, luis.member); n != 1 {
				t.Errorf("round %d: it was booked and is nowhere", i)
			}
		}
	}
	h.checkCounts()
}

func TestMergesAtOnce(t *testing.T) {
	h := build(t)
	for range 6 {
		a, b := h.known("Ann Lee", 30), h.known("Anne Lee", 30)
		both := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() { _, both[0] = h.merge(h.cora, a, b) })
		wg.Go(func() { _, both[1] = h.merge(h.dan, b, a) })
		wg.Wait()
		if (both[0] == nil) == (both[1] == nil) {
			t.Fatalf("%v, %v", both[0], both[1])
		}
		for _, err := range both {
			if err != nil && codeOf(err) != people.CodeAlreadyMerged {
				t.Error(err)
			}
		}
		var id uuid.UUID
		if err := h.core.Writes().QueryRow(t.Context(), `select id from merges where $1 in (winner_id, loser_id)`, a).Scan(&id); err != nil {
			t.Fatal(err)
		}
		c := h.known("Anna Lee", 30)
		var undone, onward error
		wg.Go(func() { _, undone = h.records.Undo(h.as(h.cora), id, records.UndoMerge{Reason: "No"}) })
		wg.Go(func() { _, onward = h.merge(h.dan, c, a) })
		wg.Wait()
		if undone != nil && codeOf(undone) != records.CodeMergedAgain || onward != nil && codeOf(onward) != people.CodeAlreadyMerged {
			t.Errorf("undo %v, merge %v", undone, onward)
		}
		if n := h.count(`select count(*) from members m join members k on k.id = m.merged_into where k.status = 'merged'`); n > 0 {
			t.Error("somebody is merged into a record that is merged away")
		}
	}
}
