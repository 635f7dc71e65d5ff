package demodata

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// stories are the households in which something happens that chance would not bring about. None of them comes to workshops
// unless the story says so. What the code calls somebody by stands in folk.
func (l *loader) stories() []*family {
	l.folk = map[string]*person{}
	c, member := l.cast, []models.Role{models.RoleMember}
	home := func(name string, joined int, town int) *family {
		f := &family{name: name, home: homes[town], joined: l.ago(joined).Add(-time.Duration(joined%7) * time.Hour)}
		l.told = append(l.told, f)
		return f
	}
	who := func(key string, f *family, given string, gender models.Gender, age int, roles []models.Role, kinds ...models.Kind) *person {
		p := c.add(f, given, gender, age, kinds...)
		p.roles, l.folk[key] = roles, p
		return p
	}

	coyle := home("Coyle", 390, 0)
	mother := who("guardian", coyle, "Renata", she, 41, member, models.KindParent)
	lorna := who("grandmother", coyle, "Lorna", she, 67, nil, models.KindParent)
	jonah := who("teen", coyle, "Jonah", he, 15, nil, models.KindChild)
	sadie := who("child of two homes", coyle, "Sadie", she, 10, nil, models.KindChild)
	maddie := who("of age", coyle, "Maddie", she, 17, nil, models.KindChild)
	mother.email, jonah.email, jonah.phone = "guardian@"+Domain, "teen@"+Domain, c.telephone(coyle.home)
	maddie.born = models.DateOf(l.now.AddDate(-models.AdultAge, 0, -cameOfAge))
	for _, kid := range []*person{jonah, sadie, maddie} {
		coyle.wards = append(coyle.wards, ward{guardian: mother, child: kid, confirmed: true})
		coyle.ties = append(coyle.ties, tie{one: mother, other: kid, kind: models.RelationParent})
	}
	coyle.wards = append(coyle.wards, ward{guardian: lorna, child: jonah, confirmed: true})
	coyle.ties = append(coyle.ties, tie{one: lorna, other: mother, kind: models.RelationParent}, tie{one: lorna, other: jonah, kind: models.RelationGrandparent})

	victor := who("kept apart", home("Strand", 300, 0), "Victor", he, 44, member, models.KindVeteran)
	victor.email, victor.service = "apart@"+Domain, []stint{{models.BranchMarines, models.ComponentActive, 19, 6}}
	who("protected", home("Maron", 320, 0), "Elise", she, 39, member, models.KindSpouse)

	thornquist := home("Thornquist", 500, 0)
	abel := who("late", thornquist, "Abel", he, 94, member, models.KindVeteran)
	abel.born, abel.service = models.NewDate(1932, time.March, 9), []stint{{models.BranchNavy, models.ComponentActive, 19, 4}}
	edith := who("widow", thornquist, "Edith", she, 88, nil, models.KindSpouse)
	thornquist.ties = append(thornquist.ties, tie{one: edith, other: abel, kind: models.RelationSpouse})

	ruben := who("fades", home("Brandt", 330, 0), "Ruben", he, 41, member, models.KindVeteran)
	ruben.service = []stint{{models.BranchArmy, models.ComponentActive, 19, 8}}

	luther := who("alive", home("Beck", 450, 0), "Luther", he, 70, member, models.KindVeteran)
	luther.born, luther.service = models.NewDate(1955, time.April, 17), []stint{{models.BranchArmy, models.ComponentActive, 18, 2}}

	bill := who("known twice", home("Haverford", 420, 0), "William", he, 58, member, models.KindVeteran)
	bill.born, bill.service = models.NewDate(1968, time.May, 30), []stint{{models.BranchAirForce, models.ComponentActive, 20, 8}}
	who("Katherine", home("Oyelaran", 280, 2), "Katherine", she, 47, member, models.KindSpouse).born = models.NewDate(1979, time.January, 21)
	who("Jon", home("Lindgren", 260, 1), "Jonathan", he, 36, member, models.KindVeteran).born = models.NewDate(1990, time.October, 12)
	who("Marta", home("Sokol", 240, 3), "Marta", she, 33, member, models.KindSibling).born = models.NewDate(1993, time.July, 4)
	return l.told
}

// cameOfAge is how many days ago one of them turned 18.
const cameOfAge = 20

// guarded is what became of who may act for whom: a child of two homes, an order that ended, an 18th birthday, and a
// link that two of them accepted.
func (l *loader) guarded() error {
	joyce, mother, father, sadie := l.office["coordinator"], l.folk["guardian"], l.ellery.lead(), l.folk["child of two homes"]
	_, err := l.s.People.CreateGuardianship(l.at(l.ago(370), joyce), people.ClaimGuardianship{GuardianID: father.member, ChildID: sadie.member,
		Evidence: "Birth certificate names both parents, seen at the front desk"})
	if err != nil {
		return err
	}
	if _, err := l.s.People.Join(l.at(l.ago(369), joyce), l.ellery.id, people.JoinHousehold{MemberID: sadie.member, Role: models.HouseholdChild}); err != nil {
		return err
	}
	asked, err := l.s.People.Ask(l.at(l.ago(360), mother), people.AskRelationship{Email: father.email, Kind: models.RelationFormerSpouse, Direction: people.IAm})
	if err != nil {
		return err
	}
	if _, err := l.s.People.Accept(l.at(l.ago(358), father), asked.ID); err != nil {
		return err
	}
	order, err := l.guardianship(l.folk["grandmother"], l.folk["teen"])
	if err != nil {
		return err
	}
	if _, err := l.s.People.EndGuardianship(l.at(l.ago(95), joyce), order, people.StaffReason{Reason: "The order ended; his mother looks after him again."}); err != nil {
		return err
	}
	return l.nightly("guardianship.end_due", l.ago(cameOfAge-1))
}

func (l *loader) guardianship(guardian, child *person) (id uuid.UUID, err error) {
	return id, l.db.QueryRow(l.ctx, `select id from guardianships where guardian_id = $1 and child_id = $2`, guardian.member, child.member).Scan(&id)
}

// nightly runs a job that comes by itself, as at a time.
func (l *loader) nightly(kind string, at time.Time) error {
	if _, err := l.db.Exec(l.ctx, `insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', $1, '{}', 3, $2, 1)`, kind, at); err != nil {
		return err
	}
	return l.due(at)
}

// teenAccount is the account of somebody of 15, whose mother signed for it.
func (l *loader) teenAccount(signed time.Time) error {
	jonah := l.folk["teen"]
	jonah.roles = []models.Role{models.RoleMember}
	_, err := services.Mutate(l.system(signed.Add(26*time.Hour)), l.s.Core, "demo.account", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, l.open(tx, jonah)
	})
	return err
}

// apart keeps two people apart, one of whom asks for a place where the other has one. Nobody is told why it waits.
func (l *loader) apart() error {
	joyce, victor, elise := l.office["coordinator"], l.folk["kept apart"], l.folk["protected"]
	_, err := l.s.Records.CreateSeparation(l.at(l.ago(40), joyce), newSeparation(elise, victor, l.day(140)))
	if err != nil {
		return err
	}
	where, err := l.comes(elise, l.ago(4), nil)
	if err != nil {
		return err
	}
	if _, err := l.comes(victor, l.now.Add(-21*time.Hour), where); err != nil {
		return err
	}
	l.asksIn(victor, battleBuddy, l.now.Add(-20*time.Hour), victor, programs.Apply{Answers: l.tells(victor, 6, true)})
	return l.pass()
}

// comes registers somebody alone for a workshop to come: for only, or for one that has a place and was announced by then,
// if it can be one that is in no other story.
func (l *loader) comes(p *person, at time.Time, only *course) (*course, error) {
	fresh, used := []*course{}, []*course{}
	for _, c := range l.courses {
		switch {
		case only != nil && c != only, only == nil && !l.opensFor(c, p, at):
		case slices.Contains(l.storied, c):
			used = append(used, c)
		default:
			fresh = append(fresh, c)
		}
	}
	for _, c := range append(fresh, used...) {
		in := workshops.Register{LeadMemberID: &p.member, Attendees: []workshops.AttendeeInput{{MemberID: &p.member}}}
		if c.format == models.FormatHybrid {
			online := models.ModeOnline
			in.Attendees[0].Mode = &online
		}
		_, err := l.s.Workshops.Register(l.at(at, p), c.workshop, in)
		if refused(err) {
			continue
		}
		l.made.Registrations++
		l.storied = append(l.storied, c)
		return c, err
	}
	return nil, fmt.Errorf("no workshop for %s", p.name())
}

// opensFor says whether somebody could register at a time for what is still to come.
func (l *loader) opensFor(c *course, p *person, at time.Time) bool {
	return !c.draft && !c.dropIn && !c.approval && !c.teens && c.callOff == 0 && c.opensIn == 0 && c.cast == nil && c.fill <= 60 &&
		c.first.After(l.now.Add(50*time.Hour)) && l.published(c, c.first).Before(at) && l.fits(c, p, models.DateOf(c.first))
}

// restricted is a colleague's record, which only two others may open.
func (l *loader) restricted() error {
	_, err := l.s.People.Restrict(l.at(l.ago(120), l.office["admin"]), l.office["analyst"].member,
		people.RestrictMember{StaffIDs: []uuid.UUID{l.office["admin"].member, l.office["coordinator"].member}, Reason: "A colleague's own record"})
	return err
}

// signedUp are grown people with an account whom chance made, in the order in which they came.
func (l *loader) signedUp() (out []*person) {
	for _, f := range l.families {
		for _, p := range f.people {
			if p.roles != nil && p.status == models.MemberActive && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
