package coaching_test

import (
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// guards confirms somebody as another guardian of a child.
func (p *practice) guards(guardian, child uuid.UUID) {
	p.t.Helper()
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, guardian, child, p.boss)
}

// Two guardians who ask for one child at once are both answered as if alone: one wish is the child's, the other waits for staff.
func TestTwoGuardiansAskAtOnce(t *testing.T) {
	p := openPractice(t, many)
	for range 8 {
		one, two := p.member("Gia"), p.member("Hal")
		maya := p.child(one, true)
		p.guards(two, maya)
		who := []uuid.UUID{one, two}
		got := race(2, func(i int) error {
			_, err := p.AskForCoach(p.as(who[i]), coaching.AskForCoach{MemberID: &maya})
			return err
		})
		if got[""] != 2 {
			t.Errorf("%v", got)
		}
		if s := p.text(`select string_agg(p.state || ':' || array_to_string(e.review, ','), ' ' order by p.state) from engagement_participants p join engagements e on e.id = p.engagement_id where p.member_id = $1`, maya); s != "joined: refused:second" {
			t.Error(s)
		}
	}
}

// Of two wishes that staff let go on at once one does; the other is told so and waits as before.
func TestTwoWishesForOneChildAreLetGoOnAtOnce(t *testing.T) {
	p := openPractice(t, many)
	for range 4 {
		asking := []uuid.UUID{p.member("Gia"), p.member("Hal"), p.member("Ida")}
		maya := p.child(asking[0], true)
		var wishes []uuid.UUID
		for i, guardian := range asking {
			if i > 0 {
				p.guards(guardian, maya)
			}
			wishes = append(wishes, p.asks(p.as(guardian), coaching.AskForCoach{MemberID: &maya}).ID)
		}
		must[*coaching.EngagementView](t)(p.EndEngagement(p.as(asking[0]), wishes[0], coaching.EndEngagement{}))
		got := race(2, func(i int) error {
			_, err := p.AskPartner(p.desk(), wishes[1+i], people.StaffReason{Reason: "They agree."})
			return err
		})
		if got[""] != 1 || got[coaching.CodeAlreadyAsked] != 1 {
			t.Errorf("%v", got)
		}
		if s := p.text(`select string_agg(p.state || ':' || array_to_string(e.review, ','), ' ' order by p.state) from engagement_participants p join engagements e on e.id = p.engagement_id
			where p.member_id = $1 and e.live`, maya); s != "joined: refused:second" {
			t.Error(s)
		}
	}
}

// Two who ask the same person to be coached with them, at once, hear nothing of one another: one of them is asked along.
func TestTwoAskForOnePartnerAtOnce(t *testing.T) {
	p := openPractice(t, many)
	for range 8 {
		bea, asking := p.member("Bea"), []uuid.UUID{p.member("Ann"), p.member("Carl")}
		for _, a := range asking {
			p.couple(a, bea)
		}
		got := race(2, func(i int) error {
			_, err := p.AskForCoach(p.as(asking[i]), coaching.AskForCoach{PartnerMemberID: &bea})
			return err
		})
		if got[""] != 2 || p.mails(models.NoticeCoachingInvited, bea) != 1 {
			t.Errorf("%v, %d mails", got, p.mails(models.NoticeCoachingInvited, bea))
		}
		if s := p.text(`select string_agg(p.state || ':' || array_to_string(e.review, ','), ' ' order by p.state) from engagement_participants p join engagements e on e.id = p.engagement_id where p.member_id = $1`, bea); s != "asked: refused:partner_not_asked" {
			t.Error(s)
		}
	}
}

// Both of a couple ask each other at once: one wish is enough, and nothing breaks.
func TestTwoAskOneAnotherAtOnce(t *testing.T) {
	p := openPractice(t, many)
	for range 8 {
		two := []uuid.UUID{p.member("Ann"), p.member("Bea")}
		p.couple(two[0], two[1])
		got := race(2, func(i int) error {
			_, err := p.AskForCoach(p.as(two[i]), coaching.AskForCoach{PartnerMemberID: &two[1-i]})
			return err
		})
		if got[""]+got[coaching.CodeAlreadyAsked] != 2 || got[""] == 0 {
			t.Errorf("%v", got)
		}
		if n := p.count(`select count(*) from engagement_participants where member_id = any($1) and state in ('asked', 'joined')`, two); n < 2 {
			t.Errorf("%d take part", n)
		}
	}
}
