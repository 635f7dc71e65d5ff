package coaching_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/coaching"
)

// A coach who is to call somebody without a number is given a guardian's of a child, and nobody else's who had a hand in it.
func TestWhoseNumberACoachIsGiven(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	p.exec(`update members set phone = '+19105550100' where id = $1`, p.boss)
	p.exec(`update members set phone = '+19105550142' where id = $1`, mia)
	maya := p.child(mia, true)
	p.signsFor(mia, maya)
	theirs := p.engagement(coach, maya)
	p.enteredBy(theirs, maya, mia)
	// Of an adult whose birthday nobody knows, and for whom staff asked.
	ray := p.person(models.Member{GivenName: "Ray", FamilyName: "Lund", Kinds: models.Texts[models.Kind]{models.KindVeteran}}, models.RoleMember)
	asked := p.asks(p.desk(), coaching.AskForCoach{MemberID: &ray})
	if n := p.count(`select count(*) from engagement_participants where engagement_id = $1 and entered_by is null`, asked.ID); n != 1 {
		t.Error("staff who ask for an adult act for them from then on")
	}
	must[*coaching.EngagementView](t)(p.EndEngagement(p.desk(), asked.ID, coaching.EndEngagement{}))
	lone := p.engagement(coach, p.member("Leo"))
	p.exec(`update engagement_participants set member_id = $2, entered_by = $3 where engagement_id = $1`, lone, ray, p.boss)
	child, adult := p.appointment(theirs, coach, slot, maya), p.appointment(lone, coach, slot.Add(time.Hour), ray)
	p.exec(`update coaching_sessions set modality = 'phone'`)
	p.core.Clock.Set(slot)
	number := func(session uuid.UUID) string {
		t.Helper()
		call := must[*coaching.CoachingTicket](t)(p.JoinSession(p.coaches(coach), session, coaching.JoinCoaching{})).Call
		if len(call) != 1 {
			t.Fatalf("%+v", call)
		}
		if call[0].Phone == nil {
			return ""
		}
		return *call[0].Phone
	}
	if got := number(child); got != "+19105550142" {
		t.Errorf("of the child: %q", got)
	}
	if got := number(adult); got != "" {
		t.Errorf("for somebody without a number they call %s", got)
	}
	p.exec(`update guardianships set until = '2026-09-01'`)
	if got := number(child); got != "" {
		t.Errorf("of who is their guardian no more: %q", got)
	}
}
