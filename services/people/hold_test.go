package people_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// An account is looked at again when its owner says something new of themselves, as long as it is new itself.
func TestANewAccountThatComesToResembleAKeptApartPersonIsHeld(t *testing.T) {
	o := open(t)
	kept, safe := o.known(models.Member{GivenName: "Xavier", Phone: ptr("+19105550101"), Address: models.Address{AddressLine1: "418 Haymount Ave", PostalCode: "28305"}}), o.known(models.Member{GivenName: "Yara"})
	_, err := o.core.Writes().Exec(t.Context(), `insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
		values ($1, 1, $2, $2, 'protected', $3, $4, '2027-01-31', 'live', $5)`, services.NewID(), noon, safe.ID, kept.ID, o.boss.member)
	if err != nil {
		t.Fatal(err)
	}
	held := func(p person) int {
		return o.count(`select count(*) from member_holds h join tasks t on t.member_id = h.member_id and t.kind = 'held_account' where h.member_id = $1 and h.resembles_id = $2`, p.member, kept.ID)
	}
	phone := people.PatchMe{ContactPatch: people.ContactPatch{Phone: services.Some("(910) 555-0101")}}
	home := people.PatchMe{ContactPatch: people.ContactPatch{AddressLine1: services.Some("418 haymount ave"), PostalCode: services.Some("28305")}}
	for name, in := range map[string]people.PatchMe{"Al Phone": phone, "Bo Home": home} {
		p := o.person(name)
		must[*people.Me](t)(o.people.UpdateMe(o.as(p), people.PatchMe{NamesPatch: people.NamesPatch{Pronouns: services.Some("he/him")}}))
		if held(p) != 0 {
			t.Errorf("%s is held at once", name)
		}
		must[*people.Me](t)(o.people.UpdateMe(o.as(p), in))
		if held(p) != 1 {
			t.Errorf("%s is held %d times", name, held(p))
		}
	}
	old := o.person("Cy Old")
	o.core.Clock.Set(noon.Add(91 * 24 * time.Hour))
	must[*people.Me](t)(o.people.UpdateMe(o.as(old), phone))
	if held(old) != 0 {
		t.Error("an account of long ago is held")
	}
}

// A middle initial is not enough to be somebody else; a twin is.
func TestANewAccountIsHeldUnderANameThatIsAlike(t *testing.T) {
	o := open(t)
	day := ptr(models.NewDate(1985, 5, 5))
	kept, safe := o.known(models.Member{GivenName: "Xavier", FamilyName: "Quill", BirthDate: day}), o.known(models.Member{GivenName: "Yara"})
	o.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by)
		values ($1, 1, $2, $2, 'protected', $3, $4, '2027-01-31', 'live', $5)`, services.NewID(), noon, safe.ID, kept.ID, o.boss.member)
	other := ptr(models.NewDate(1991, 8, 20))
	for _, c := range []struct {
		given, family string
		born          *models.Date
		held          int
	}{
		{"Xavier", "Quill", day, 1}, {"XAVIÉR", "Quìll", day, 1}, {"Xavier J", "Quill", day, 1}, {"Xavier", "Quil", day, 1}, {"Quill", "Xavier", day, 1}, {"Xav", "Quill", day, 1},
		{"Xavier", "Quill-Smith", day, 1}, {"Wanda", "Quill", day, 0}, {"Xavier", "Quill", other, 0}, {"Omar", "Haddad", day, 0},
	} {
		m := o.known(models.Member{GivenName: c.given, FamilyName: c.family, BirthDate: c.born})
		_, err := services.Mutate(services.AsSystem(t.Context(), "test"), o.core, "test.hold", func(tx *services.Tx) (struct{}, error) {
			tx.Unchanged()
			return struct{}{}, people.HoldIfAlike(tx, &m)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := o.count(`select count(*) from member_holds where member_id = $1 and resembles_id = $2`, m.ID, kept.ID); n != c.held {
			t.Errorf("%s %s, born %s, is held %d times, want %d", c.given, c.family, c.born, n, c.held)
		}
	}
}
