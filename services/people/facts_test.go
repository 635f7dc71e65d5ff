package people_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// tally counts the statements that reach PostgreSQL.
type tally struct{ atomic.Int64 }

func (t *tally) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.Add(1)
	return ctx
}

func (*tally) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func factsOf(t *testing.T, core *services.Core, on models.Date, members ...uuid.UUID) map[uuid.UUID]*models.Facts {
	t.Helper()
	facts, err := services.Read(services.AsSystem(t.Context(), "test"), core, func(db *gorm.DB) (map[uuid.UUID]*models.Facts, error) {
		return people.EligibilityFacts(db, core.Clock.Now(), on, members)
	})
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

func TestEligibilityFacts(t *testing.T) {
	o := open(t)
	on := models.NewDate(2026, time.June, 1)
	luis, ana, bare := o.person("Luis Ortega"), o.person("Ana Ortega"), o.known(models.Member{GivenName: "Sam"})
	o.exec(`update members set kinds = '{veteran,parent}', gender = 'man', region = 'NC', country = 'US' where id = $1`, luis.member)
	o.exec(`update members set birth_date = null where id = $1`, bare.ID)
	for _, year := range []int{2008, 2003} {
		left := models.NewDate(year+2, time.May, 1)
		must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.member, people.AddServiceRecord{Component: models.ComponentActive, Branch: models.BranchArmy,
			EnteredOn: models.NewDate(year+1, time.May, 1), SeparatedOn: &left}))
	}
	photo, sms := o.paperwork(models.ConsentPhotoRelease), o.paperwork(models.ConsentSMS)
	o.sign(luis, photo.Current, "Luis Ortega", people.Grant)
	o.sign(luis, sms.Current, "Luis Ortega", people.Decline)
	o.sign(ana, sms.Current, "Ana Ortega", people.Grant)
	maya := o.child(luis, "Maya Ortega", 9)
	o.guardian(luis, maya.ID)
	o.sign(luis, photo.Current, "Luis Ortega", people.Grant, maya.ID)

	// Two homes: in one an aunt who has left; in the other one who comes next week, and a grandfather.
	aunt, guest, grandfather := o.known(models.Member{GivenName: "Rosa"}), o.known(models.Member{GivenName: "Gil"}), o.known(models.Member{GivenName: "Abel"})
	today, last, next := models.DateOf(noon), models.DateOf(noon.AddDate(0, 0, -7)), models.DateOf(noon.AddDate(0, 0, 7))
	home := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{
		{MemberID: luis.member, Role: models.HouseholdAdult, StartsOn: &last}, {MemberID: ana.member, Role: models.HouseholdAdult, StartsOn: &last},
		{MemberID: maya.ID, Role: models.HouseholdChild, StartsOn: &last}, {MemberID: aunt.ID, Role: models.HouseholdAdult, StartsOn: &last}}}))
	must[*people.HouseholdView](t)(o.people.Leave(o.as(o.boss), home.ID, aunt.ID, people.LeaveHousehold{On: &today}))
	must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Second", Members: []people.JoinHousehold{
		{MemberID: maya.ID, Role: models.HouseholdChild, StartsOn: &last}, {MemberID: grandfather.ID, Role: models.HouseholdAdult, StartsOn: &last},
		{MemberID: luis.member, Role: models.HouseholdAdult, StartsOn: &next}, {MemberID: guest.ID, Role: models.HouseholdOther, StartsOn: &next}}}))

	facts := factsOf(t, o.core, on, luis.member, ana.member, maya.ID, aunt.ID, bare.ID, services.NewID())
	if len(facts) != 5 {
		t.Fatalf("%d people", len(facts))
	}
	f := facts[luis.member]
	if f.MemberID != luis.member || f.On != on || !slices.Equal(f.Kinds, []models.Kind{models.KindVeteran, models.KindParent}) || *f.BirthDate != *born(40) || *f.Gender != models.GenderMan || f.Region != "NC" || f.Country != "US" {
		t.Errorf("%+v", f)
	}
	if len(f.Service) != 2 || f.Service[0].EnteredOn.Year() != 2004 || !slices.Contains(f.Service[1].Eras(), models.EraPost911) || f.Service[0].Verification != models.ServiceUnverified {
		t.Errorf("%+v", f.Service)
	}
	for id, want := range map[uuid.UUID][]models.ConsentKind{luis.member: {models.ConsentPhotoRelease}, ana.member: {models.ConsentSMS}, maya.ID: {models.ConsentPhotoRelease}, bare.ID: nil} {
		if got := facts[id].Consents; !slices.Equal(got, want) {
			t.Errorf("consents %v, want %v", got, want)
		}
	}
	same := func(a, b []uuid.UUID) bool {
		slices.SortFunc(a, byText)
		slices.SortFunc(b, byText)
		return slices.Equal(a, b)
	}
	for id, want := range map[uuid.UUID][]uuid.UUID{luis.member: {ana.member, maya.ID}, maya.ID: {luis.member, ana.member, grandfather.ID}, aunt.ID: nil, bare.ID: nil} {
		if got := facts[id]; !same(got.Household, want) || got.InHousehold != (want != nil) {
			t.Errorf("household %v %v, want %v", got.InHousehold, got.Household, want)
		}
	}
	if b := facts[bare.ID]; b.BirthDate != nil || b.Gender != nil || b.Region != "" || len(b.Service) != 0 {
		t.Errorf("%+v", b)
	}
	// A year later the text was rewritten: what was signed no longer counts.
	o.rewrite(photo.ID, "# Another text", true)
	if f := factsOf(t, o.core, on, luis.member)[luis.member]; f.Consents != nil {
		t.Errorf("%v", f.Consents)
	}
	if none := factsOf(t, o.core, on); len(none) != 0 {
		t.Errorf("%v", none)
	}
}

func byText(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

func TestFactsTakeFourQueriesHoweverManyPeople(t *testing.T) {
	db, asked := pgtest.New(t), &tally{}
	core := coretest.On(t, db, func(s *services.Settings) { s.Tracer = asked })
	var ids []uuid.UUID
	for range 50 {
		m := models.Member{GivenName: "Somebody"}
		_, err := services.Mutate(services.AsSystem(t.Context(), "test"), core, "member.create", func(tx *services.Tx) (struct{}, error) { return struct{}{}, people.NewMember(tx, &m) })
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, m.ID)
	}
	for _, n := range []int{1, 50} {
		before := asked.Load()
		if facts := factsOf(t, core, models.DateOf(noon), ids[:n]...); len(facts) != n {
			t.Errorf("%d people", len(facts))
		}
		if took := asked.Load() - before; took != 4 {
			t.Errorf("%d statements for %d people", took, n)
		}
	}
}
