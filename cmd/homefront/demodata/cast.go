package demodata

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// person is one of the cast. Ids are filled in when they are stored.
type person struct {
	given, family string
	gender        models.Gender
	born          models.Date
	kinds         []models.Kind
	role          models.HouseholdRole
	email         string
	phone         string
	roles         []models.Role // of the account; none: no account
	service       []stint
	needs         models.Needs
	status        models.MemberStatus

	member, account uuid.UUID
}

func (p *person) name() string { return p.given + " " + p.family }

// actor is the person as signed in.
func (p *person) actor() *services.Actor {
	return &services.Actor{Kind: models.ActorAccount, AccountID: p.account, MemberID: p.member, Roles: p.roles}
}

func (p *person) adult(on models.Date) bool { return p.born.Age(on) >= models.AdultAge }

// tie is a relationship: one is the kind of other.
type tie struct {
	one, other *person
	kind       models.RelationshipKind
}

// ward is a guardianship.
type ward struct {
	guardian, child *person
	confirmed       bool
}

// family is a household, and who is what to whom in it.
type family struct {
	name   string
	home   home
	joined time.Time
	people []*person
	ties   []tie
	wards  []ward

	id uuid.UUID // filled in when it is stored
}

// lead is who speaks for the household.
func (f *family) lead() *person { return f.people[0] }

// children are those whom guardian may act for.
func (f *family) children(guardian *person, confirmed bool) (out []*person) {
	for _, w := range f.wards {
		if w.guardian == guardian && (w.confirmed || !confirmed) {
			out = append(out, w.child)
		}
	}
	return out
}

// casting invents households. All chance comes from rng, in one order, so that the same day gives the same people.
type casting struct {
	rng    *rand.Rand
	now    time.Time
	today  models.Date
	emails map[string]int
	phones map[string]int
	n      int
}

func newCasting(rng *rand.Rand, now time.Time) *casting {
	return &casting{rng: rng, now: now, today: models.DateOf(now), emails: map[string]int{}, phones: map[string]int{}}
}

func pick[T any](c *casting, from []T) T { return from[c.rng.IntN(len(from))] }

func (c *casting) chance(percent int) bool { return c.rng.IntN(100) < percent }

// shapes are the kinds of household, and how many there are of each. The sum is 120.
var shapes = []struct {
	count int
	make  func(*casting, *family)
}{
	{31, veteranFamily}, {17, veteranCouple}, {9, servingFamily}, {6, guardFamily}, {9, guardCouple}, {14, veteranAlone}, {6, oneParent},
	{5, veteranAndParent}, {6, siblings}, {6, caredFor}, {5, survivors}, {6, supporter},
}

// households are all but the demo accounts' own.
func (c *casting) households() (out []*family) {
	for _, shape := range shapes {
		for range shape.count {
			f := c.family(familyNames[(c.n*37)%len(familyNames)])
			shape.make(c, f)
			out = append(out, f)
		}
	}
	c.rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	// They came to us over two years, the last a few days ago.
	for i, f := range out {
		f.joined = c.now.AddDate(0, 0, -740+i*6).Add(time.Duration(c.rng.IntN(9*60)) * time.Minute)
	}
	return out
}

func (c *casting) family(name string) *family {
	f := &family{name: name, home: homes[where[c.n%len(where)]]}
	c.n++
	return f
}

// add brings somebody into the household. Adults have an address and a telephone; given may be empty.
func (c *casting) add(f *family, given string, gender models.Gender, age int, kinds ...models.Kind) *person {
	p := &person{family: f.name, given: given, gender: gender, kinds: kinds, role: models.HouseholdAdult, status: models.MemberActive,
		born: models.DateOf(c.now.AddDate(-age, 0, -1-c.rng.IntN(360)))}
	names := map[bool][]string{true: womensNames, false: mensNames}[gender == models.GenderWoman]
	if age < models.AdultAge {
		p.role = models.HouseholdChild
		names = map[bool][]string{true: girlsNames, false: boysNames}[gender == models.GenderWoman]
	}
	for p.given == "" || f.has(p) {
		p.given = pick(c, names)
	}
	if age >= models.AdultAge {
		p.email, p.phone = c.address(p.name()), c.telephone(f.home)
	}
	f.people = append(f.people, p)
	return p
}

func (f *family) has(p *person) bool {
	for _, o := range f.people {
		if o.given == p.given {
			return true
		}
	}
	return false
}

func (c *casting) address(name string) string {
	local := strings.ToLower(strings.ReplaceAll(name, " ", "."))
	c.emails[local]++
	if n := c.emails[local]; n > 1 {
		local += fmt.Sprint(n)
	}
	return local + "@" + Domain
}

func (c *casting) telephone(h home) string {
	n := c.phones[h.city]
	c.phones[h.city]++
	return fmt.Sprintf("+1%s55501%02d", h.areas[n/100%len(h.areas)], n%100)
}

// signsIn gives somebody an account. Not everybody has one: staff register the others on the telephone.
func (c *casting) signsIn(p *person, percent int) {
	if c.chance(percent) {
		p.roles = []models.Role{models.RoleMember}
	}
}

func otherOf(g models.Gender) models.Gender {
	if g == models.GenderWoman {
		return models.GenderMan
	}
	return models.GenderWoman
}

// gender is a veteran's or soldier's: about one in five is a woman.
func (c *casting) gender() models.Gender {
	if c.chance(22) {
		return models.GenderWoman
	}
	return models.GenderMan
}

// veteran has served in one of several eras, by age.
func (c *casting) veteran(f *family, age int) *person {
	p := c.add(f, "", c.gender(), age, models.KindVeteran)
	p.service = []stint{{pick(c, branches), models.ComponentActive, 18 + c.rng.IntN(4), 3 + c.rng.IntN(8)}}
	if c.chance(25) && age > 40 { // some went on in the reserve
		p.service = append(p.service, stint{p.service[0].branch, models.ComponentReserve, p.service[0].entered + p.service[0].years + 1, 2 + c.rng.IntN(4)})
	}
	c.signsIn(p, 85)
	return p
}

// veteranAge is of one who served in Vietnam, in the Gulf War, or most often after 2001.
func (c *casting) veteranAge() int {
	switch n := c.rng.IntN(10); {
	case n < 2:
		return 72 + c.rng.IntN(8)
	case n < 4:
		return 52 + c.rng.IntN(9)
	default:
		return 30 + c.rng.IntN(16)
	}
}

func (c *casting) spouse(f *family, of *person, age int) *person {
	gender, kind, relation := otherOf(of.gender), models.KindSpouse, models.RelationSpouse
	if c.chance(8) {
		gender = of.gender
	}
	if c.chance(15) {
		kind, relation = models.KindPartner, models.RelationPartner
	}
	p := c.add(f, "", gender, age, kind)
	f.ties = append(f.ties, tie{one: p, other: of, kind: relation})
	c.signsIn(p, 60)
	return p
}

// kids are children of the household with its adults as guardians. A few guardianships still wait for staff.
func (c *casting) kids(f *family, count int, guardians ...*person) {
	confirmed := !c.chance(9)
	for range count {
		gender := models.GenderMan
		if c.chance(50) {
			gender = models.GenderWoman
		}
		kid := c.add(f, "", gender, 3+c.rng.IntN(14), models.KindChild)
		for _, g := range guardians {
			f.wards = append(f.wards, ward{guardian: g, child: kid, confirmed: confirmed})
			f.ties = append(f.ties, tie{one: g, other: kid, kind: models.RelationParent})
		}
	}
}

func veteranFamily(c *casting, f *family) {
	v := c.veteran(f, 32+c.rng.IntN(14))
	s := c.spouse(f, v, 31+c.rng.IntN(13))
	c.kids(f, 1+c.rng.IntN(2), v, s)
}

func veteranCouple(c *casting, f *family) {
	age := c.veteranAge()
	c.spouse(f, c.veteran(f, age), max(27, age-4+c.rng.IntN(7)))
}

func servingFamily(c *casting, f *family) {
	p := c.add(f, "", c.gender(), 26+c.rng.IntN(12), models.KindServiceMember)
	p.service = []stint{{pick(c, branches), models.ComponentActive, 18 + c.rng.IntN(5), 0}}
	c.signsIn(p, 80)
	c.kids(f, 1+c.rng.IntN(2), p, c.spouse(f, p, 25+c.rng.IntN(12)))
}

func guardian(c *casting, f *family) *person {
	p := c.add(f, "", c.gender(), 27+c.rng.IntN(18), models.KindGuardReserve)
	component := models.ComponentGuard
	if c.chance(35) {
		component = models.ComponentReserve
	}
	p.service = []stint{{models.BranchArmy, component, 19 + c.rng.IntN(5), 0}}
	if c.chance(40) {
		p.kinds = append(p.kinds, models.KindVeteran)
		p.service = []stint{{models.BranchArmy, models.ComponentActive, 18, 4}, {models.BranchArmy, component, 23, 0}}
	}
	c.signsIn(p, 80)
	return p
}

func guardFamily(c *casting, f *family) {
	p := guardian(c, f)
	c.kids(f, 1+c.rng.IntN(2), p, c.spouse(f, p, 28+c.rng.IntN(14)))
}

func guardCouple(c *casting, f *family) {
	c.spouse(f, guardian(c, f), 27+c.rng.IntN(16))
}

func veteranAlone(c *casting, f *family) { c.veteran(f, c.veteranAge()) }

func oneParent(c *casting, f *family) {
	v := c.veteran(f, 31+c.rng.IntN(12))
	c.kids(f, 1+c.rng.IntN(2), v)
}

func veteranAndParent(c *casting, f *family) {
	v := c.veteran(f, 30+c.rng.IntN(10))
	p := c.add(f, "", models.GenderWoman, 58+c.rng.IntN(12), models.KindParent)
	c.signsIn(p, 50)
	f.ties = append(f.ties, tie{one: p, other: v, kind: models.RelationParent})
}

func siblings(c *casting, f *family) {
	v := c.veteran(f, 29+c.rng.IntN(14))
	s := c.add(f, "", otherOf(v.gender), 27+c.rng.IntN(16), models.KindSibling)
	c.signsIn(s, 50)
	f.ties = append(f.ties, tie{one: s, other: v, kind: models.RelationSibling})
}

// caredFor is a veteran whom a spouse cares for: the caregiver may act for them, as they agreed.
func caredFor(c *casting, f *family) {
	v := c.veteran(f, 38+c.rng.IntN(35))
	v.roles, v.role = nil, models.HouseholdDependent
	v.needs = models.Needs{AccessibilityNeeds: "Wheelchair; a seat near the door", ServiceAnimal: true, ServiceAnimalTask: "Fetches what was dropped", ServiceAnimalCare: "Please do not pet her; a bowl of water"}
	s := c.spouse(f, v, max(30, v.born.Age(c.today)-5))
	s.kinds, s.roles = append(s.kinds, models.KindCaregiver), []models.Role{models.RoleMember}
	f.ties = append(f.ties, tie{one: s, other: v, kind: models.RelationCaregiver})
	f.people[0], f.people[1] = s, v
}

func survivors(c *casting, f *family) {
	p := c.add(f, "", models.GenderWoman, 33+c.rng.IntN(18), models.KindSurvivor, models.KindSpouse)
	c.signsIn(p, 80)
	c.kids(f, 1+c.rng.IntN(2), p)
}

func supporter(c *casting, f *family) {
	p := c.add(f, "", pick(c, []models.Gender{models.GenderWoman, models.GenderMan, models.GenderNonbinary}), 24+c.rng.IntN(45), models.KindSupporter)
	c.signsIn(p, 50)
	if c.chance(40) {
		p.status = models.MemberProspective
	}
}

// ellery is the household of member@ and spouse@.
func (c *casting) ellery() *family {
	f := c.family("Ellery")
	f.home, f.joined = homes[0], c.now.AddDate(0, 0, -400)
	m := c.add(f, "Marcus", models.GenderMan, 39, models.KindVeteran)
	m.email, m.roles = "member@"+Domain, []models.Role{models.RoleMember}
	m.service = []stint{{models.BranchArmy, models.ComponentActive, 19, 9}}
	s := c.add(f, "Dana", models.GenderWoman, 37, models.KindSpouse)
	s.email, s.roles = "spouse@"+Domain, []models.Role{models.RoleMember}
	f.ties = append(f.ties, tie{one: s, other: m, kind: models.RelationSpouse})
	for _, kid := range []struct {
		given  string
		gender models.Gender
		age    int
	}{{"Eli", models.GenderMan, 14}, {"Nora", models.GenderWoman, 8}} {
		k := c.add(f, kid.given, kid.gender, kid.age, models.KindChild)
		for _, g := range []*person{m, s} {
			f.wards = append(f.wards, ward{guardian: g, child: k, confirmed: true})
			f.ties = append(f.ties, tie{one: g, other: k, kind: models.RelationParent})
		}
	}
	return f
}

// twoHomes makes the first child of a household a child of another one too: the parents have parted, and each is the
// guardian.
func (c *casting) twoHomes(first, second *family) {
	kid, one, other := first.wards[0].child, first.lead(), second.lead()
	second.wards = append(second.wards, ward{guardian: other, child: kid, confirmed: true})
	second.ties = append(second.ties, tie{one: other, other: kid, kind: models.RelationParent}, tie{one: one, other: other, kind: models.RelationFormerSpouse})
	second.people = append(second.people, kid)
	if second.joined.Before(first.joined) {
		second.joined = first.joined.AddDate(0, 0, 9)
	}
}
