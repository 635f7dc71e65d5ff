package workshops_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/workshops"
)

// counted is the use cases on a way to the database on which round trips are counted.
func (h *hall) counted() (*workshops.Service, *pgtest.Turns) {
	h.t.Helper()
	way, turns := h.db.Counted(h.t)
	core := coretest.On(h.t, way, func(s *services.Settings) { s.ReadConns, s.WriteConns = 1, 1 })
	core.Clock.Set(planningDay)
	notices.New(core, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example"})
	return workshops.New(core, workshops.Config{BaseURL: "https://homefront.example"}), turns
}

// call is a member's own request, with a key.
func call(who uuid.UUID) context.Context {
	return services.WithCall(context.Background(), &services.Call{Method: "POST", Path: "/v1/x", IdempotencyKey: "key", BodyMAC: []byte("body"),
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: who, MemberID: who, Roles: []models.Role{models.RoleMember}}})
}

// A party of one takes four round trips at most, the transaction itself and its key included.
func TestRegisteringAloneTakesFewRoundTrips(t *testing.T) {
	h := openHall(t)
	w := h.workshop(workshops.NewWorkshop{Capacity: number(3)})
	counted, c := h.counted()
	for i, want := range []models.RegistrationState{models.RegistrationConfirmed, models.RegistrationConfirmed, models.RegistrationConfirmed, models.RegistrationWaitlisted, models.RegistrationWaitlisted} {
		who := h.person("Luis", false)
		c.Taken()
		r, err := counted.Register(call(who), w, workshops.Register{})
		if err != nil {
			t.Fatal(err)
		}
		h.want(r, want)
		if n := c.Taken(); i > 0 && i != 3 && n > 4 { // the first of each kind also prepares its statements
			t.Errorf("number %d took %d round trips", i+1, n)
		} else {
			t.Logf("number %d took %d round trips", i+1, n)
		}
	}
}

// What rules and a form cost beside, however many come: the facts, the places in programs, what was waived; the questions, the
// day and the key of those who answer, and asking the others.
func TestRulesAndAFormTakeAFewMore(t *testing.T) {
	h := openHall(t)
	form, program := h.form(), h.program("Retreats")
	past := models.Rule{Key: "not_again", Rule: models.RuleOncePerMember, ProgramIDs: []uuid.UUID{program}}
	counted, c := h.counted()
	for _, kind := range []struct {
		name           string
		in             workshops.NewWorkshop
		answers        bool
		children, most int
	}{
		{"rules", workshops.NewWorkshop{Rules: models.Rules{forVeterans}}, false, 0, 9},
		{"rules about programs", workshops.NewWorkshop{Rules: models.Rules{forVeterans, past}}, false, 0, 12},
		{"a form for later", workshops.NewWorkshop{RegistrationFormID: &form}, false, 0, 5},
		{"a form with answers", workshops.NewWorkshop{RegistrationFormID: &form}, true, 0, 9},
		{"both, with answers", workshops.NewWorkshop{Rules: models.Rules{forVeterans, past}, RegistrationFormID: &form}, true, 0, 17},
		{"both, with three children", workshops.NewWorkshop{Rules: models.Rules{forVeterans}, RegistrationFormID: &form}, true, 3, 17},
	} {
		kind.in.Capacity = number(30)
		w := h.workshop(kind.in)
		n := 0
		for range 2 { // the first also prepares its statements
			lead := h.person("Luis", false)
			in := workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &lead}}}
			if kind.answers {
				in.Attendees[0] = answering(lead, "Here")
			}
			for range kind.children {
				child := h.child(lead, true)
				in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &child})
			}
			c.Taken()
			r, err := counted.Register(call(lead), w, in)
			if err != nil {
				t.Fatal(err)
			}
			h.want(r, models.RegistrationConfirmed)
			n = c.Taken()
		}
		t.Logf("%s: %d round trips", kind.name, n)
		if n > kind.most {
			t.Errorf("%s: %d round trips, more than %d", kind.name, n, kind.most)
		}
	}
}
