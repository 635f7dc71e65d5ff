package people_test

import (
	"testing"

	"homefront/models"
	"homefront/services/people"
)

// Names stand in mails that others get.
func TestNamesOfPeopleArePlain(t *testing.T) {
	o := open(t)
	evil := "Win at www.evil.example"
	_, err := o.people.Create(o.as(o.boss), people.CreateMember{GivenName: evil, FamilyName: evil, PreferredName: &evil, Kinds: []models.Kind{models.KindVeteran}})
	wrong := fields(t, err)
	for _, field := range []string{"/given_name", "/family_name", "/preferred_name"} {
		if wrong[field] != "not_a_name" {
			t.Errorf("%s is %q", field, wrong[field])
		}
	}
}
