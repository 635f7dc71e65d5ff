package coaching_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Nobody tries to write on somebody else's coaching, or to review a relative's glass, unseen; the rows are those of an unknown id.
func TestARefusedWriteIsLoggedLikeThatOnAnUnknownID(t *testing.T) {
	o := openGlassOffice(t)
	other, session := o.coach2("Ora"), o.session()
	goal := must[*models.CoachingGoal](t)(o.SetGoal(o.as(o.mia), o.engagement, coaching.NewGoal{Words: "Sleep"})).ID
	step := must[*models.CoachingAction](t)(o.AddActionTo(o.as(o.mia), goal, coaching.NewAction{Text: "Phone away"})).ID
	o.couple(o.second, o.mia)
	glass := o.breaks(o.mia).ID
	by, note := o.coaches(other), coaching.WriteNote{Tier: models.NoteShared, Text: "x"}
	for name, try := range map[string]struct {
		id  uuid.UUID
		who uuid.UUID
		do  func(id uuid.UUID) error
	}{
		"note.write on an engagement": {o.engagement, other, func(id uuid.UUID) error { return second(o.WriteEngagementNote(by, id, note)) }},
		"note.write on a session":     {session, other, func(id uuid.UUID) error { return second(o.WriteSessionNote(by, id, note)) }},
		"coaching_session.log": {session, other, func(id uuid.UUID) error {
			return second(o.LogSession(by, id, coaching.LogCoaching{LogID: services.NewID(), Outcome: "completed"}))
		}},
		"coaching_goal.create":                    {o.engagement, other, func(id uuid.UUID) error { return second(o.SetGoal(by, id, coaching.NewGoal{Words: "x"})) }},
		"coaching_goal.update":                    {goal, other, func(id uuid.UUID) error { return second(o.ChangeGoal(by, id, coaching.EditGoal{})) }},
		"coaching_action.create on an engagement": {o.engagement, other, func(id uuid.UUID) error { return second(o.AddAction(by, id, coaching.NewAction{Text: "x"})) }},
		"coaching_action.create on a goal":        {goal, other, func(id uuid.UUID) error { return second(o.AddActionTo(by, id, coaching.NewAction{Text: "x"})) }},
		"coaching_action.update":                  {step, other, func(id uuid.UUID) error { return second(o.ChangeAction(by, id, coaching.EditAction{})) }},
		"coaching_action.done":                    {step, other, func(id uuid.UUID) error { return second(o.DoneAction(by, id)) }},
		"break_glass.close": {glass, o.second, func(id uuid.UUID) error {
			return second(o.CloseGlass(o.asAdmin(o.second), id, coaching.CloseGlass{Words: "All is well"}))
		}},
	} {
		action, _, _ := strings.Cut(name, " ")
		for _, id := range []uuid.UUID{try.id, services.NewID()} {
			refused(t, try.do(id), services.CodeNotFound)
			if n := o.count(`select count(*) from audit_log where action = $1 and outcome = 'refused' and member_id = $2 and objects = array[$3::uuid] and subjects = '{}' and changes = '[]'`, action, try.who, id); n != 1 {
				t.Errorf("%s of %v is told in %d rows", name, id == try.id, n)
			}
		}
	}
	// An id of a client's that another coach's note has is refused, for no two can have it; that it was tried is seen.
	taken, theirs := o.signed(models.NotePrivate, "words"), o.practice.engagement(other, o.member("Luis"))
	refused(t, second(o.WriteEngagementNote(by, theirs, coaching.WriteNote{ID: taken, Tier: models.NoteShared, Text: "x"})), coaching.CodeNoteTaken)
	if n := o.count(`select count(*) from audit_log where action = 'note.write' and outcome = 'refused' and member_id = $1 and objects = array[$2::uuid]`, other, taken); n != 1 {
		t.Errorf("trying an id that is another's is told in %d rows", n)
	}
}

// What is stored of one person's key, or of some words, is not what was written: it is told by table and id, and keeps nobody from the rest.
func TestABrokenKeyKeepsNobodyFromTheRest(t *testing.T) {
	var logged bytes.Buffer
	o := openGlassOffice(t, func(s *services.Settings) { s.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	luis := o.member("Luis")
	his := o.practice.engagement(o.coach, luis)
	for who, e := range map[uuid.UUID]uuid.UUID{o.mia: o.engagement, luis: his} {
		must[*coaching.EngagementView](t)(o.UpdateEngagement(o.as(who), e, coaching.EngagementPatch{Hopes: services.Some("to sleep")}))
		o.goal(who, e, "Sleep")
	}
	note, glass := o.signed(models.NoteShared, "words"), o.breaks(o.mia)
	o.exec(`update subject_keys set wrapped = (select wrapped from subject_keys where member_id = $2) where member_id = $1`, o.mia, luis)
	coach := o.coaches(o.coach)
	must[*coaching.CoachToday](t)(o.Today(coach, coaching.TodayQuery{}))
	must[*coaching.MyCoaching](t)(o.My(o.as(o.mia)))
	for e, opens := range map[uuid.UUID]bool{o.engagement: false, his: true} {
		if p := o.sees(coach, e).People[0]; (p.Hopes != nil) != opens || p.Unreadable == opens {
			t.Errorf("%v of hopes %v, unreadable %v", opens, p.Hopes, p.Unreadable)
		}
		goals := must[services.Page[coaching.GoalView]](t)(o.Goals(coach, e, coaching.GoalQuery{PageQuery: services.PageQuery{Limit: 5}}))
		if len(goals.Data) != 1 || goals.Data[0].Broken == opens || (goals.Data[0].Words == "Sleep") != opens {
			t.Errorf("%v of goals %+v", opens, goals.Data)
		}
	}
	if got := o.reads(o.as(o.mia), note); got != string(coaching.CodeNoteUnreadable) {
		t.Errorf("Mia reads %q", got)
	}
	if d := must[*coaching.GlassDetail](t)(o.Glass(o.asOfficer(), glass.ID)); !d.Unreadable || d.ReasonWords != nil {
		t.Errorf("the review shows %+v", d)
	}
	key := o.text(`select id::text from subject_keys where member_id = $1`, o.mia)
	participant := o.text(`select id::text from engagement_participants where member_id = $1`, o.mia)
	for _, told := range []string{"level=ERROR", "table=subject_keys id=" + key, "record=engagement_participants:" + participant, "record=break_glass:" + glass.ID.String() + ":reason"} {
		if !strings.Contains(logged.String(), told) {
			t.Errorf("the log does not tell %q: %s", told, logged.String())
		}
	}
	for _, action := range []string{"engagement.read", "coaching_goal.list", "break_glass.read"} {
		if n := o.count(`select count(*) from audit_log a, jsonb_array_elements(a.changes) c where a.action = $1 and c->'values' ? 'unreadable'`, action); n != 1 {
			t.Errorf("the log of acts tells of %s %d times", action, n)
		}
	}
	o.core.Clock.Set(practiceDay.Add(time.Minute)) // nor does it keep the keys of others from rotating
	if r := o.rotate(); r.Broken == 0 || r.Moved == 0 {
		t.Errorf("%+v", r)
	}
}
