package people_test

import (
	"testing"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// TestAnAskNeverReachesWhoIsKeptApart: the asker sees what they see of anybody who does not answer; the other never
// learns of it, and cannot accept it by its id.
func TestAnAskNeverReachesWhoIsKeptApart(t *testing.T) {
	for _, kind := range []string{"protected", "mutual"} {
		o := open(t)
		ana, luis, eve := o.person("Ana Ortega"), o.person("Luis Ortega"), o.person("Eve Stone")
		o.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
			values ($1, 1, $2, $2, $3, $4, $5, '2026-12-01', 'live', $6)`, services.NewID(), noon, kind, ana.member, luis.member, o.boss.member)
		for _, way := range [][2]person{{luis, ana}, {ana, luis}} {
			asker, other := way[0], way[1]
			asked := must[*people.RelationshipLink](t)(o.people.Ask(o.as(asker), people.AskRelationship{Email: other.email, Kind: models.RelationBattleBuddy}))
			silent := must[*people.RelationshipLink](t)(o.people.Ask(o.as(asker), people.AskRelationship{Email: eve.email, Kind: models.RelationBattleBuddy}))
			if *asked.WaitsFor != *silent.WaitsFor || asked.Status != silent.Status || !asked.ExpiresAt.Equal(*silent.ExpiresAt) {
				t.Errorf("%s: asked %+v, a stranger %+v", kind, asked, silent)
			}
			for _, l := range must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(other))).Data {
				if l.ID == asked.ID {
					t.Errorf("%s: it reached them", kind)
				}
			}
			_, err := o.people.Accept(o.as(other), asked.ID)
			refused(t, err, services.KindNotFound, services.CodeNotFound)
			_, err = o.people.Link(o.as(other), asked.ID)
			refused(t, err, services.KindNotFound, services.CodeNotFound)
		}
		if n := len(must[*services.Page[people.RelationshipLink]](t)(o.people.Links(o.as(eve))).Data); n != 2 {
			t.Errorf("%s: a stranger sees %d asks, not both", kind, n)
		}
	}
}
