package people_test

import (
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Battle buddies ask and accept like anyone; whoever asked, each sees the other, and each can end it alone and unseen.
func TestBattleBuddiesAreLinkedBothWaysAndEitherEndsIt(t *testing.T) {
	o := open(t)
	luis, ray := o.person("Luis Ortega"), o.person("Ray Quinn")
	links := func(p person) []people.RelationshipLink {
		t.Helper()
		return must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(p))).Data
	}
	for round, ends := range []person{luis, ray} {
		asked := must[*people.RelationshipLink](t)(o.people.Ask(o.as(luis), people.AskRelationship{Email: ray.email, Kind: models.RelationBattleBuddy, Direction: people.IAm}))
		if got := links(ray); len(got) != 1 || got[0].Status != "asked" || *got[0].WaitsFor != "you" {
			t.Errorf("round %d: ray sees %+v", round, got)
		}
		must[*people.RelationshipLink](t)(o.people.Accept(o.as(ray), asked.ID))
		for name, p := range map[string]person{"luis": luis, "ray": ray} {
			if got := links(p); len(got) != 1 || got[0].Status != "accepted" || got[0].Kind != models.RelationBattleBuddy || got[0].OtherID == nil || *got[0].OtherID == p.member {
				t.Errorf("round %d: %s sees %+v", round, name, got)
			}
		}
		before := o.count("select count(*) from messages")
		if err := o.people.Unlink(o.as(ends), asked.ID); err != nil {
			t.Fatal(err)
		}
		if len(links(luis))+len(links(ray)) != 0 {
			t.Errorf("round %d: they see %+v and %+v", round, links(luis), links(ray))
		}
		if n := o.count("select count(*) from messages"); n != before {
			t.Errorf("round %d: %d messages tell of it", round, n-before)
		}
	}
}
