package records_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/records"
)

// Of two engagements of one person one goes on: the one that has begun. What the other had booked is called off, and comes back.
func TestAMergeOfTwoWhoAreCoached(t *testing.T) {
	h := build(t)
	h.coaches()
	dana, eli := h.coach("Dana Wells"), h.coach("Eli Stone")
	luis, lou := h.human("Luis Ortega"), h.human("Lou Ortega")
	theirs, others := h.engaged(models.EngagementActive, dana, luis.member), h.engaged(models.EngagementActive, eli, lou.member)
	keeps, goes := h.meets(theirs, 3), h.meets(others, 4)
	m, err := h.merge(h.cora, luis.member, lou.member)
	if err != nil {
		t.Fatal(err)
	}
	h.is("the kept one", h.engagement(theirs)+" "+h.session(keeps), "active booked 2")
	h.is("the other", h.engagement(others)+" "+h.session(goes), "ended superseded cancelled_by_staff 0")
	if n := h.count(`select count(*) from messages where event = 'coaching.cancelled' and member_id in ($1, $2)`, luis.member, eli.member); n != 2 {
		t.Errorf("%d hear that the session is off, want client and coach", n)
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Cousins"}); err != nil {
		t.Fatal(err)
	}
	h.is("the other", h.engagement(others)+" "+h.session(goes), "active booked 2")
	if n := h.count(`select count(*) from engagement_participants where member_id = $1 and live and engagement_id = $2`, lou.member, others); n != 1 {
		t.Error("it is not the loser's again")
	}
	if n := h.count(`select count(*) from engagement_coaches where engagement_id = $1 and ends_at is null`, others); n != 1 {
		t.Error("it has no coach")
	}

	// A mere request gives way to what has begun, whosever it is.
	h.exec(`update engagements set state = 'requested', coach_id = null where id = $1`, theirs)
	if m, err = h.merge(h.cora, luis.member, lou.member); err != nil {
		t.Fatal(err)
	}
	h.is("the winner's request", h.engagement(theirs), "ended superseded uncoached")
	h.is("what the loser had begun", h.engagement(others)+" "+h.session(goes), "active booked 2")
	if n := h.count(`select count(*) from commitments where source_id = $1 and resource_id = $2`, goes, luis.member); n != 1 {
		t.Error("the time of the session is not the winner's")
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Cousins"}); err != nil {
		t.Fatal(err)
	}
	h.is("the winner's request", h.engagement(theirs), "requested uncoached")
	if n := h.count(`select count(*) from tasks where kind = 'match_coach' and status = 'open'`); n != 1 {
		t.Errorf("%d tasks to match", n)
	}
}

func TestWhatAMergeDoesToCoachesAndCouples(t *testing.T) {
	h := build(t)
	h.coaches()
	boss := h.human("Ada Boss", models.RoleAdmin)
	dana := h.coach("Dana Wells")
	luis, lou, ana := h.human("Luis Ortega"), h.human("Lou Ortega"), h.human("Ana Ortega")
	if _, err := h.merge(boss, luis.member, dana.member); codeOf(err) != coaching.CodeLoserCoaches {
		t.Errorf("a coach is merged away: %v", err)
	}
	seen, err := h.records.Preview(h.as(boss), luis.member, records.MergePreview{With: dana.member})
	if err != nil || seen.Obstacle == nil || seen.Obstacle.Code != coaching.CodeLoserCoaches {
		t.Errorf("%+v %v", seen, err)
	}
	// A couple of one person, and somebody who would coach themselves.
	couple := h.engaged(models.EngagementActive, dana, luis.member, lou.member)
	if _, err := h.merge(boss, luis.member, lou.member); err != nil {
		t.Fatal(err)
	}
	h.is("a couple of one", h.engagement(couple), "ended superseded")
	own := h.engaged(models.EngagementActive, dana, ana.member)
	h.exec(`update coaches set supervisor_id = $2 where id = $1`, dana.member, ana.member)
	if _, err := h.merge(boss, dana.member, ana.member); err != nil {
		t.Fatal(err)
	}
	h.is("a coach of themselves", h.engagement(own), "ended superseded")
	if n := h.count(`select count(*) from coaches where supervisor_id is not null`); n != 0 {
		t.Error("somebody supervises themselves")
	}
}

// By which number a coach's log of hours calls somebody is theirs under whichever record, and never becomes anybody else's.
func TestAMergeKeepsTheNumbersOfClients(t *testing.T) {
	h := build(t)
	h.coaches()
	dana, eli := h.coach("Dana Wells"), h.coach("Eli Stone")
	luis, lou := h.human("Luis Ortega"), h.human("Lou Ortega")
	numbers := func() string {
		return h.text(`select string_agg(case coach_id when $1 then 'Dana ' else 'Eli ' end || case member_id when $2 then 'Luis ' else 'Lou ' end || number, ', ' order by coach_id = $1, number) from coach_clients`, dana.member, luis.member)
	}
	h.exec(`insert into coach_clients (coach_id, member_id, number) values ($1, $3, 1), ($1, $4, 2), ($2, $4, 1)`, dana.member, eli.member, luis.member, lou.member)
	m, err := h.merge(h.cora, luis.member, lou.member)
	if err != nil {
		t.Fatal(err)
	}
	if got := numbers(); got != "Eli Luis 1, Dana Luis 1, Dana Lou 2" {
		t.Error(got)
	}
	held := h.meets(h.engaged(models.EngagementActive, eli, luis.member), -3)
	h.exec(`update coaching_sessions set state = 'completed', closed_at = ends_at where id = $1`, held)
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Cousins"}); err != nil {
		t.Fatal(err)
	}
	if got := numbers(); got != "Eli Lou 1, Eli Luis 2, Dana Luis 1, Dana Lou 2" {
		t.Error(got)
	}
}

// A merge that brings two together who are kept apart stops their coaching, as a separation does.
func TestAMergeThatBringsTwoTogetherStopsTheirCoaching(t *testing.T) {
	h := build(t)
	h.coaches()
	dana := h.coach("Dana Wells")
	luis, lou := h.human("Luis Ortega"), h.human("Lou Ortega")
	h.separate(h.cora, models.SeparationProtected, dana.member, luis.member)
	e := h.engaged(models.EngagementActive, dana, lou.member)
	s := h.meets(e, 3)
	if _, err := h.merge(h.cora, luis.member, lou.member); err != nil {
		t.Fatal(err)
	}
	h.is("it", h.engagement(e)+" "+h.session(s), "paused held cancelled_by_staff 0")
}

// A child for whom two guardians have asked, in two records: neither learns of the other.
func TestMergingAChildKeepsTheWishOfTheSecondGuardian(t *testing.T) {
	h := build(t)
	h.coaches()
	luis, ana := h.human("Luis Ortega"), h.human("Ana Reyes")
	maya, maia := h.known("Maya Ortega", 15, models.KindChild), h.known("Maia Ortega", 15, models.KindChild)
	h.guard(luis.member, maya)
	h.guard(ana.member, maia)
	one, two := h.engaged(models.EngagementRequested, human{}, maya), h.engaged(models.EngagementRequested, human{}, maia)
	for e, g := range map[uuid.UUID]human{one: luis, two: ana} {
		h.exec(`update engagement_participants set entered_by = $2 where engagement_id = $1`, e, g.member)
	}
	m, err := h.merge(h.cora, maya, maia)
	if err != nil {
		t.Fatal(err)
	}
	h.is("the first", h.engagement(one), "requested uncoached")
	h.is("the second", h.engagement(two), "requested uncoached second")
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Two girls"}); err != nil {
		t.Fatal(err)
	}
	h.is("the second", h.engagement(two), "requested uncoached")
	if n := h.count(`select count(*) from engagement_participants where member_id = $1 and state = 'joined'`, maia); n != 1 {
		t.Error("it is not as it was")
	}
}

// A rotation of keys between a merge and its undo leaves each with a key of their own: what was said of one opens, or is erased, without
// the other.
func TestKeysAreOfOnePersonAgainAfterARotationAndAnUndo(t *testing.T) {
	h := build(t)
	c := h.coaches()
	dana, luis, lou := h.coach("Dana Wells"), h.human("Luis Ortega"), h.human("Lou Ortega")
	hopes := map[uuid.UUID]uuid.UUID{} // participant by member
	for _, who := range []human{luis, lou} {
		e := h.engaged(models.EngagementActive, dana, who.member)
		h.exec(`update engagements set state = 'completed', closed_at = $2 where id = $1`, e, noon)
		h.exec(`update engagement_participants set live = false where engagement_id = $1`, e)
		id := uuid.MustParse(h.text(`select id::text from engagement_participants where engagement_id = $1`, e))
		hopes[who.member] = id
		_, err := services.Mutate(services.AsSystem(h.Context(), "test"), h.core, "test.seal", func(tx *services.Tx) (int, error) {
			tx.Unchanged()
			body, key, err := tx.Seal(who.member, "engagement_participants:"+id.String(), 1, "to sleep")
			tx.Queue(`update engagement_participants set hopes = $2, hopes_key = $3 where id = $1`, id, []byte(body), key)
			return 0, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	opens := func(who human) bool {
		id := hopes[who.member]
		got, err := services.Mutate(services.AsSystem(h.Context(), "test"), h.core, "test.open", func(tx *services.Tx) (string, error) {
			tx.Unchanged()
			var row models.EngagementParticipant
			if err := tx.DB.Where("id = ?", id).Take(&row).Error; err != nil {
				return "", err
			}
			return tx.Unseal(*row.HopesKey, "engagement_participants:"+id.String(), 1, row.Hopes)
		})
		return err == nil && got == "to sleep"
	}
	rotate := func() (r services.Rotation) {
		for r.WaitUntil = h.core.Clock.Now().Add(time.Minute); !r.WaitUntil.IsZero(); {
			h.core.Clock.Set(r.WaitUntil)
			var err error
			if r, err = c.RotateKeys(h.Context(), func(services.Rotation) {}); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	m, err := h.merge(h.cora, luis.member, lou.member)
	if err != nil {
		t.Fatal(err)
	}
	rotate()
	if !opens(luis) || !opens(lou) {
		t.Error("a rotation after the merge loses words")
	}
	if _, err := h.records.Undo(h.as(h.cora), m.ID, records.UndoMerge{Reason: "Cousins"}); err != nil {
		t.Fatal(err)
	}
	if !opens(luis) || !opens(lou) {
		t.Error("the undo loses words")
	}
	h.exec(`update subject_keys set wrapped = null, destroyed_at = now() where member_id = $1 and wrapped is not null`, lou.member)
	if !opens(luis) || opens(lou) {
		t.Errorf("the one who was erased opens: %v, the other: %v", opens(lou), opens(luis))
	}
}
