package models

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// FuzzJudge holds the evaluator against a slow one that knows nothing of unknown: it completes what is missing in every way,
// asks each rule about complete facts, and tries every combination of what the rules may then say.
func FuzzJudge(f *testing.F) {
	for _, seed := range []string{"", "\x00\x01\x02", "any of these", "\x0e\x03\x01\x0f\x02\x00\x10\x04", "once per household, not twice", "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6"} {
		f.Add([]byte(seed))
	}
	for i := range 200 {
		seed := make([]byte, 64)
		for j := range seed {
			seed[j] = byte((i*131 + j*j*(i+7) + j*29) % 251)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data: data}
		facts := d.facts()
		rules := d.set()
		waived := map[string]bool{}
		for key := range d.keys {
			if d.roll(6) == 0 {
				waived[fmt.Sprintf("k%d", key)] = true
			}
		}
		if faults := rules.Check("/rules"); len(faults) > 0 {
			t.Fatalf("the dice make rules that are refused: %v", faults)
		}
		got := rules.Judge(facts, waived)
		if want := slowly(rules, facts, waived); got.Verdict != want {
			t.Fatalf("%s, want %s\nrules %+v\nfacts %+v\nwaived %v", got.Verdict, want, rules, facts, waived)
		}
		wellSaid(t, "fuzz", got.Rules)
		if without := rules.Judge(facts, nil); rank[got.Verdict] < rank[without.Verdict] {
			t.Fatalf("a waiver made it worse: %s, without %s", got.Verdict, without.Verdict)
		}
		masks(t, rules, facts, waived)
	})
}

var rank = map[Verdict]int{notMet: 0, unknown: 1, met: 2}

// masks: what a member is shown depends on nothing of the household, and what a guardian is shown on nothing of what another
// may have entered; neither ever contradicts what staff are shown.
func masks(t *testing.T, rules Rules, facts *Facts, waived map[string]bool) {
	t.Helper()
	full := rules.Judge(facts, waived)
	shown, acting := full.ForMember(), full.ForGuardian()
	for _, e := range []Eligibility{shown, acting} {
		if e.Verdict != unknown && e.Verdict != full.Verdict {
			t.Fatalf("staff see %s, others %s", full.Verdict, e.Verdict)
		}
		wellSaid(t, "masked", e.Rules)
	}
	for _, had := range [][]uuid.UUID{nil, {buddy}, {retreat}, {buddy, retreat, coaching}} {
		for _, housed := range []bool{false, true} {
			other := *facts
			other.InHousehold, other.HouseholdHad, other.Household = housed, had, []uuid.UUID{uuid.New()}
			if !reflect.DeepEqual(rules.Judge(&other, waived).ForMember(), shown) {
				t.Fatalf("the household shows\nrules %+v\nfacts %+v", rules, facts)
			}
			other.Programs, other.Consents, other.Region, other.Country = nil, nil, "", ""
			if !reflect.DeepEqual(rules.Judge(&other, waived).ForGuardian(), acting) {
				t.Fatalf("another guardian's entries show\nrules %+v\nfacts %+v", rules, facts)
			}
		}
	}
}

// dice makes facts and rules from bytes; when they run out it throws zeros.
type dice struct {
	data []byte
	keys int
}

func (d *dice) roll(sides int) int {
	if len(d.data) == 0 {
		return 0
	}
	n := int(d.data[0]) % sides
	d.data = d.data[1:]
	return n
}

func pick[T any](d *dice, from ...T) T { return from[d.roll(len(from))] }

var (
	fuzzKinds      = []string{"veteran", "service_member", "guard_reserve", "spouse", "child"}
	fuzzBranches   = []string{"army", "navy", "coast_guard"}
	fuzzComponents = []string{"active", "reserve", "national_guard"}
	fuzzCharacters = []string{"honorable", "general", "dishonorable"}
	fuzzEras       = []string{"vietnam", "post_9_11", "peacetime"}
	fuzzGenders    = []string{"woman", "man", "nonbinary"}
	fuzzStates     = []string{"NC", "VA", "PR"}
	fuzzConsents   = []string{"photo_release", "sms"}
	fuzzPrograms   = []uuid.UUID{buddy, retreat, coaching}
)

func (d *dice) facts() *Facts {
	f := &Facts{On: rulesDay, ProgramID: &retreat, ProgramNames: map[uuid.UUID]string{buddy: "Battle Buddy"}}
	for range d.roll(3) {
		f.Kinds = append(f.Kinds, Kind(pick(d, fuzzKinds...)))
	}
	if d.roll(3) > 0 {
		f.BirthDate = bornOn(2027-d.roll(30), time.Month(1+d.roll(12)), 1+d.roll(28))
	}
	f.Gender = pick(d, nil, ref(GenderUndisclosed), ref(GenderSelfDescribed), ref(GenderWoman), ref(GenderMan))
	f.Region, f.Country = pick(d, "", "NC", "Virginia", "?", "Puerto Rico"), pick(d, "", "US", "DE")
	for range d.roll(3) {
		f.Service = append(f.Service, d.service())
	}
	for range d.roll(3) {
		f.Consents = append(f.Consents, ConsentKind(pick(d, fuzzConsents...)))
	}
	for _, id := range fuzzPrograms {
		how := d.roll(4)
		f.Programs = append(f.Programs, Standing{ProgramID: id, HadPlace: how > 0, HasPlace: how == 2, Completed: how == 3})
	}
	f.InHousehold = d.roll(2) == 0
	for range d.roll(3) {
		f.HouseholdHad = append(f.HouseholdHad, pick(d, fuzzPrograms...))
	}
	if !f.InHousehold {
		f.HouseholdHad = nil
	}
	return f
}

func (d *dice) service() ServiceRecord {
	s := ServiceRecord{Branch: Branch(pick(d, fuzzBranches...)), Component: Component(pick(d, fuzzComponents...)),
		Verification: pick(d, ServiceUnverified, ServicePending, ServiceVerified, ServiceNotConfirmed)}
	if c := pick(d, append(fuzzCharacters, "", "undisclosed")...); c != "" {
		s.Character = ref(Character(c))
	}
	entered := pick(d, 1968, 1980, 2003)
	s.EnteredOn, s.SeparatedOn = NewDate(entered, time.March, 3), bornOn(entered+3, time.March, 3)
	return s
}

func (d *dice) set() Rules {
	rules := Rules{}
	for range 1 + d.roll(3) {
		rules = append(rules, d.rule(1))
	}
	return rules
}

func (d *dice) rule(depth int) Rule {
	r := Rule{Key: fmt.Sprintf("k%d", d.keys)}
	d.keys++
	if kind := d.roll(8); depth < 4 && kind < 3 && d.keys < 12 {
		r.Rule = []RuleKind{RuleAll, RuleAny, RuleNot}[kind]
		inside := 1
		if kind < 2 {
			inside += d.roll(2)
		}
		for range inside {
			r.Rules = append(r.Rules, d.rule(depth+1))
		}
		return r
	}
	some := func(from []string) []string { return slices.Delete(slices.Clone(from), 0, 1+d.roll(2))[:1] }
	switch d.roll(14) {
	case 0:
		r.Rule, r.Values = RuleKinds, some(fuzzKinds)
	case 1:
		r.Rule, r.Min = RuleAge, ref(1+d.roll(25))
		if d.roll(2) == 0 {
			r.Max = ref(*r.Min + d.roll(20))
		}
	case 2:
		r.Rule, r.Values = RuleEra, some(fuzzEras)
	case 3:
		r.Rule, r.Values = RuleBranch, some(fuzzBranches)
	case 4:
		r.Rule, r.Values = RuleComponent, some(fuzzComponents)
	case 5:
		r.Rule = RuleVerified
	case 6:
		r.Rule, r.Values = RuleCharacter, some(fuzzCharacters)
	case 7:
		r.Rule, r.Values = RuleGender, some(fuzzGenders)
	case 8:
		r.Rule, r.Values = RuleState, some(fuzzStates)
	case 9:
		r.Rule, r.ProgramIDs = RuleEnrolled, []uuid.UUID{pick(d, fuzzPrograms...)}
	case 10:
		r.Rule, r.ProgramIDs = RuleCompleted, []uuid.UUID{pick(d, fuzzPrograms...)}
	case 11:
		r.Rule = RuleOncePerMember
	case 12:
		r.Rule = RuleOncePerHouse
	default:
		r.Rule, r.Values = RuleConsentOnRecord, fuzzConsents[:1]
	}
	return r
}

// slowly writes the rules as a list of postfix steps over leaves, then tries every value of every leaf: what every completion
// of the facts leads to is the verdict. Where a rule is waived it may take whatever value serves the person best.
func slowly(rules Rules, facts *Facts, waived map[string]bool) Verdict {
	m := &machine{facts: facts, waived: waived}
	for i := range rules {
		m.compile(&rules[i])
	}
	m.steps = append(m.steps, step{all: len(rules)})
	return m.best(0, make([]bool, len(m.leaves)))
}

type step struct {
	leaf     int // of a leaf: its number, from 1
	all, any int // how many of the stack to join
	not      bool
}

type leaf struct {
	free   bool // waived
	values []bool
}

type machine struct {
	facts  *Facts
	waived map[string]bool
	leaves []leaf
	steps  []step
}

func (m *machine) compile(r *Rule) {
	if m.waived[r.Key] {
		m.leaves = append(m.leaves, leaf{free: true, values: []bool{true, false}})
		m.steps = append(m.steps, step{leaf: len(m.leaves)})
		return
	}
	for i := range r.Rules {
		m.compile(&r.Rules[i])
	}
	switch r.Rule {
	case RuleAll:
		m.steps = append(m.steps, step{all: len(r.Rules)})
	case RuleAny:
		m.steps = append(m.steps, step{any: len(r.Rules)})
	case RuleNot:
		m.steps = append(m.steps, step{not: true})
	default:
		l := leaf{}
		for _, complete := range completions(r, m.facts) {
			if v := plainly(r, complete); !slices.Contains(l.values, v) {
				l.values = append(l.values, v)
			}
		}
		m.leaves = append(m.leaves, l)
		m.steps = append(m.steps, step{leaf: len(m.leaves)})
	}
}

// best chooses the waived leaves for the person, then looks at all values of the others.
func (m *machine) best(i int, at []bool) Verdict {
	for ; i < len(m.leaves); i++ {
		if !m.leaves[i].free {
			continue
		}
		found := notMet
		for _, v := range []bool{true, false} {
			at[i] = v
			if got := m.best(i+1, at); rank[got] > rank[found] {
				found = got
			}
		}
		return found
	}
	yes, no := m.outcomes(0, at)
	switch {
	case yes && no:
		return unknown
	case yes:
		return met
	}
	return notMet
}

func (m *machine) outcomes(i int, at []bool) (yes, no bool) {
	for ; i < len(m.leaves); i++ {
		if m.leaves[i].free {
			continue
		}
		for _, v := range m.leaves[i].values {
			at[i] = v
			y, n := m.outcomes(i+1, at)
			yes, no = yes || y, no || n
		}
		return yes, no
	}
	v := m.run(at)
	return v, !v
}

func (m *machine) run(at []bool) bool {
	var stack []bool
	join := func(n int, with bool) bool {
		tail := stack[len(stack)-n:]
		stack = stack[:len(stack)-n]
		return slices.Contains(tail, with)
	}
	for _, s := range m.steps {
		switch {
		case s.leaf > 0:
			stack = append(stack, at[s.leaf-1])
		case s.not:
			stack[len(stack)-1] = !stack[len(stack)-1]
		case s.any > 0:
			stack = append(stack, join(s.any, true))
		default:
			stack = append(stack, !join(s.all, false))
		}
	}
	return stack[0]
}

// completions are the facts as they may be once all is known that one rule asks.
func completions(r *Rule, f *Facts) (out []Facts) {
	add := func(change func(*Facts)) {
		c := *f
		change(&c)
		out = append(out, c)
	}
	switch r.Rule {
	case RuleKinds:
		for _, k := range fuzzKinds {
			if len(f.Kinds) == 0 {
				add(func(c *Facts) { c.Kinds = []Kind{Kind(k)} })
			}
		}
	case RuleAge:
		for y := 1920; f.BirthDate == nil && y < 2028; y++ {
			add(func(c *Facts) { c.BirthDate = bornOn(y, time.January, 1) })
		}
	case RuleGender:
		for _, g := range fuzzGenders {
			if f.Gender == nil || *f.Gender == GenderUndisclosed || *f.Gender == GenderSelfDescribed {
				add(func(c *Facts) { c.Gender = ref(Gender(g)) })
			}
		}
	case RuleState:
		for _, s := range fuzzStates {
			if (f.Country == "" || f.Country == "US") && (f.Region == "" || f.Region == "?") {
				add(func(c *Facts) { c.Region = s })
			}
		}
	case RuleOncePerHouse:
		if !f.InHousehold {
			add(func(c *Facts) { c.HouseholdHad = []uuid.UUID{retreat} })
		}
		add(func(*Facts) {})
	case RuleEra, RuleBranch, RuleComponent, RuleCharacter, RuleVerified:
		for _, records := range histories(r.Rule, f) {
			add(func(c *Facts) { c.Service = records })
		}
	}
	if out == nil {
		add(func(*Facts) {})
	}
	return out
}

// histories are what the service of somebody may turn out to be.
func histories(kind RuleKind, f *Facts) [][]ServiceRecord {
	serving := len(f.Kinds) == 0
	for _, k := range f.Kinds {
		serving = serving || slices.Contains(fuzzKinds[:3], string(k))
	}
	if len(f.Service) == 0 {
		out := [][]ServiceRecord{nil}
		for i := range 27 {
			if serving {
				y := []int{1968, 1980, 2003}[i%3]
				out = append(out, []ServiceRecord{{Branch: Branch(fuzzBranches[i%3]), Component: Component(fuzzComponents[i/3%3]), Character: ref(Character(fuzzCharacters[i/9%3])),
					EnteredOn: NewDate(y, time.March, 3), SeparatedOn: bornOn(y+3, time.March, 3), Verification: ServiceVerified}})
			}
		}
		return out
	}
	out := [][]ServiceRecord{{}}
	for _, r := range f.Service {
		var next [][]ServiceRecord
		for _, so := range out {
			for _, as := range turnsOut(kind, r) {
				next = append(next, append(slices.Clone(so), as...))
			}
		}
		out = next
	}
	return out
}

// turnsOut is what one period may turn out to be: nothing at all where staff could not confirm it.
func turnsOut(kind RuleKind, r ServiceRecord) (out [][]ServiceRecord) {
	if kind == RuleVerified {
		out = append(out, []ServiceRecord{r})
		if r.Verification == ServiceUnverified || r.Verification == ServicePending {
			r.Verification = ServiceVerified
			out = append(out, []ServiceRecord{r})
		}
		return out
	}
	if r.Verification == ServiceNotConfirmed {
		out = append(out, nil)
	}
	if kind == RuleCharacter && (r.Character == nil || *r.Character == CharacterUndisclosed) {
		for _, c := range fuzzCharacters {
			r.Character = ref(Character(c))
			out = append(out, []ServiceRecord{r})
		}
		return out
	}
	return append(out, []ServiceRecord{r})
}

// plainly answers a rule about complete facts with yes or no.
func plainly(r *Rule, f Facts) bool {
	is := func(v string) bool { return slices.Contains(r.Values, v) }
	for _, s := range f.Service {
		era := map[int]string{1968: "vietnam", 1980: "peacetime", 2003: "post_9_11"}[s.EnteredOn.Year()]
		if r.Rule == RuleBranch && is(string(s.Branch)) || r.Rule == RuleComponent && is(string(s.Component)) || r.Rule == RuleEra && is(era) ||
			r.Rule == RuleCharacter && is(string(*s.Character)) || r.Rule == RuleVerified && s.Verification == ServiceVerified {
			return true
		}
	}
	switch r.Rule {
	case RuleKinds:
		return slices.ContainsFunc(f.Kinds, func(k Kind) bool { return is(string(k)) })
	case RuleAge:
		low := f.BirthDate.AddDate(*r.Min, 0, 0)
		return !low.After(f.On.Time) && (r.Max == nil || f.BirthDate.AddDate(*r.Max+1, 0, 0).After(f.On.Time))
	case RuleGender:
		return is(string(*f.Gender))
	case RuleState:
		code := map[string]string{"Virginia": "VA", "Puerto Rico": "PR", "NC": "NC", "VA": "VA", "PR": "PR"}[f.Region]
		return f.Country != "DE" && is(code)
	case RuleConsentOnRecord:
		return slices.ContainsFunc(f.Consents, func(k ConsentKind) bool { return is(string(k)) })
	case RuleEnrolled, RuleCompleted:
		return slices.ContainsFunc(f.Programs, func(s Standing) bool {
			return s.ProgramID == r.ProgramIDs[0] && (r.Rule == RuleEnrolled && s.HasPlace || r.Rule == RuleCompleted && s.Completed)
		})
	case RuleOncePerMember, RuleOncePerHouse:
		mine := slices.ContainsFunc(f.Programs, func(s Standing) bool { return s.ProgramID == retreat && s.HadPlace })
		return !mine && (r.Rule == RuleOncePerMember || !slices.Contains(f.HouseholdHad, retreat))
	}
	return false
}
