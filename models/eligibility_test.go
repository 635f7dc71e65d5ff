package models

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	met     = VerdictMet
	notMet  = VerdictNotMet
	unknown = VerdictUnknown
	waived  = VerdictWaived
)

var (
	rulesDay = NewDate(2027, time.March, 1)
	buddy    = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf001")
	retreat  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf002")
	coaching = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9bf003")
)

func ref[T any](v T) *T { return &v }

func bornOn(y int, m time.Month, d int) *Date { return ref(NewDate(y, m, d)) }

func served(with func(*ServiceRecord)) ServiceRecord {
	s := ServiceRecord{Component: ComponentActive, Branch: BranchArmy, EnteredOn: NewDate(2003, time.May, 1), SeparatedOn: bornOn(2007, time.May, 1),
		Character: ref(CharacterHonorable), Verification: ServiceUnverified}
	if with != nil {
		with(&s)
	}
	return s
}

func by(kind RuleKind, values ...string) Rule {
	return Rule{Key: string(kind), Rule: kind, Values: values}
}

func about(kind RuleKind, programs ...uuid.UUID) Rule {
	return Rule{Key: string(kind), Rule: kind, ProgramIDs: programs}
}

func years(from, until *int) Rule {
	return Rule{Key: "age", Rule: RuleAge, Min: from, Max: until}
}

var veteran = []Kind{KindVeteran}

// cases has for every kind of rule the facts that lead to each of its verdicts.
var cases = []struct {
	name  string
	rule  Rule
	facts Facts
	want  Verdict
}{
	{"one of the kinds", by(RuleKinds, "veteran", "service_member"), Facts{Kinds: []Kind{KindSpouse, KindVeteran}}, met},
	{"other kinds", by(RuleKinds, "veteran"), Facts{Kinds: []Kind{KindSpouse}}, notMet},
	{"staff who say no more", by(RuleKinds, "veteran"), Facts{Kinds: []Kind{KindStaff}}, notMet},
	{"no kind known", by(RuleKinds, "veteran"), Facts{}, unknown},

	{"18 on the day", years(ref(18), nil), Facts{On: rulesDay, BirthDate: bornOn(2009, time.March, 1)}, met},
	{"18 the day after", years(ref(18), nil), Facts{On: rulesDay, BirthDate: bornOn(2009, time.March, 2)}, notMet},
	{"still 12", years(nil, ref(12)), Facts{On: rulesDay, BirthDate: bornOn(2014, time.March, 2)}, met},
	{"13 on the day", years(nil, ref(12)), Facts{On: rulesDay, BirthDate: bornOn(2014, time.March, 1)}, notMet},
	{"between", years(ref(13), ref(17)), Facts{On: rulesDay, BirthDate: bornOn(2010, time.March, 2)}, met},
	{"born on a leap day, 18 on 1 March", years(ref(18), ref(18)), Facts{On: NewDate(2026, time.March, 1), BirthDate: bornOn(2008, time.February, 29)}, met},
	{"born on a leap day, 17 on 28 February", years(ref(18), nil), Facts{On: NewDate(2026, time.February, 28), BirthDate: bornOn(2008, time.February, 29)}, notMet},
	{"not born yet", years(ref(0), nil), Facts{On: rulesDay, BirthDate: bornOn(2028, time.January, 1)}, notMet},
	{"no birth date", years(ref(18), nil), Facts{On: rulesDay, Kinds: veteran}, unknown},

	{"served in an era", by(RuleEra, "vietnam", "post_9_11"), Facts{Service: []ServiceRecord{served(nil)}}, met},
	{"served in another era", by(RuleEra, "peacetime"), Facts{Service: []ServiceRecord{served(nil)}}, notMet},
	{"one of two periods", by(RuleEra, "peacetime"), Facts{Service: []ServiceRecord{served(nil), served(func(s *ServiceRecord) {
		s.EnteredOn, s.SeparatedOn = NewDate(1978, time.May, 1), bornOn(1982, time.May, 1)
	})}}, met},
	{"in country before the era of Vietnam", by(RuleEra, "vietnam"), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) {
		s.EnteredOn, s.SeparatedOn, s.Deployments = NewDate(1957, time.May, 1), bornOn(1961, time.May, 1), Deployments{{Place: "Viet Nam"}}
	})}}, met},
	{"a veteran without a period on record", by(RuleEra, "vietnam"), Facts{Kinds: veteran}, unknown},
	{"nobody knows what they are", by(RuleEra, "vietnam"), Facts{}, unknown},
	{"a spouse without a period on record", by(RuleEra, "vietnam"), Facts{Kinds: []Kind{KindSpouse}}, notMet},
	{"what fits could not be confirmed", by(RuleEra, "post_9_11"), Facts{Kinds: veteran, Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServiceNotConfirmed })}}, unknown},
	{"what does not fit could not be confirmed", by(RuleEra, "korea"), Facts{Kinds: veteran, Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServiceNotConfirmed })}}, notMet},
	{"another period fits, and stands", by(RuleEra, "post_9_11"), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServiceNotConfirmed }), served(nil)}}, met},

	{"the branch", by(RuleBranch, "army"), Facts{Service: []ServiceRecord{served(nil)}}, met},
	{"another branch", by(RuleBranch, "navy", "coast_guard"), Facts{Service: []ServiceRecord{served(nil)}}, notMet},
	{"a service member without a period on record", by(RuleBranch, "navy"), Facts{Kinds: []Kind{KindServiceMember}}, unknown},

	{"the component", by(RuleComponent, "active"), Facts{Service: []ServiceRecord{served(nil)}}, met},
	{"another component", by(RuleComponent, "national_guard"), Facts{Service: []ServiceRecord{served(nil)}}, notMet},
	{"of the Guard, without a period on record", by(RuleComponent, "national_guard"), Facts{Kinds: []Kind{KindGuardReserve}}, unknown},

	{"verified", by(RuleVerified), Facts{Service: []ServiceRecord{served(nil), served(func(s *ServiceRecord) { s.Verification = ServiceVerified })}}, met},
	{"not looked into yet", by(RuleVerified), Facts{Service: []ServiceRecord{served(nil)}}, unknown},
	{"being looked into", by(RuleVerified), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServicePending })}}, unknown},
	{"one not confirmed, one to look into", by(RuleVerified), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServiceNotConfirmed }), served(nil)}}, unknown},
	{"none confirmed", by(RuleVerified), Facts{Kinds: veteran, Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Verification = ServiceNotConfirmed })}}, notMet},
	{"a veteran, nothing on record", by(RuleVerified), Facts{Kinds: veteran}, unknown},
	{"a supporter, nothing on record", by(RuleVerified), Facts{Kinds: []Kind{KindSupporter}}, notMet},

	{"the character", by(RuleCharacter, "honorable", "general"), Facts{Service: []ServiceRecord{served(nil)}}, met},
	{"another character", by(RuleCharacter, "honorable"), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Character = ref(CharacterDishonorable) })}}, notMet},
	{"character undisclosed", by(RuleCharacter, "honorable"), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Character = ref(CharacterUndisclosed) })}}, unknown},
	{"character never asked", by(RuleCharacter, "honorable"), Facts{Service: []ServiceRecord{served(func(s *ServiceRecord) { s.Character = nil })}}, unknown},

	{"the gender", by(RuleGender, "woman"), Facts{Gender: ref(GenderWoman)}, met},
	{"another gender", by(RuleGender, "woman"), Facts{Gender: ref(GenderMan)}, notMet},
	{"gender undisclosed", by(RuleGender, "woman"), Facts{Gender: ref(GenderUndisclosed)}, unknown},
	{"gender not asked", by(RuleGender, "woman"), Facts{}, unknown},
	{"gender in their own words", by(RuleGender, "woman"), Facts{Gender: ref(GenderSelfDescribed)}, unknown},
	{"gender in their own words, named", by(RuleGender, "self_described"), Facts{Gender: ref(GenderSelfDescribed)}, met},

	{"the state by its code", by(RuleState, "NC", "VA"), Facts{Region: " nc "}, met},
	{"the state by its name", by(RuleState, "NC"), Facts{Region: "North Carolina", Country: "US"}, met},
	{"the state with stops", by(RuleState, "DC"), Facts{Region: "Washington, D.C.", Country: "us"}, met},
	{"a territory with a country code of its own", by(RuleState, "PR"), Facts{Country: "PR", Region: "San Juan"}, met},
	{"another state", by(RuleState, "NC"), Facts{Region: "SC"}, notMet},
	{"another country", by(RuleState, "NC"), Facts{Region: "NC", Country: "DE"}, notMet},
	{"Delaware, not Germany", by(RuleState, "DE"), Facts{Region: "DE", Country: "DE"}, notMet},
	{"no address", by(RuleState, "NC"), Facts{}, unknown},
	{"a region we do not know", by(RuleState, "NC"), Facts{Region: "Fayetteville"}, unknown},

	{"has a place there", about(RuleEnrolled, buddy, coaching), Facts{Programs: []Standing{{ProgramID: coaching, HasPlace: true, HadPlace: true}}}, met},
	{"had a place there", about(RuleEnrolled, buddy), Facts{Programs: []Standing{{ProgramID: buddy, HadPlace: true}}}, notMet},
	{"has a place elsewhere", about(RuleEnrolled, buddy), Facts{Programs: []Standing{{ProgramID: coaching, HasPlace: true}}}, notMet},

	{"has completed it", about(RuleCompleted, buddy), Facts{Programs: []Standing{{ProgramID: buddy, HadPlace: true, Completed: true}}}, met},
	{"is at it", about(RuleCompleted, buddy), Facts{Programs: []Standing{{ProgramID: buddy, HasPlace: true, HadPlace: true}}}, notMet},

	{"for the first time", about(RuleOncePerMember), Facts{ProgramID: &retreat, Programs: []Standing{{ProgramID: buddy, HadPlace: true}}}, met},
	{"applied only", about(RuleOncePerMember), Facts{ProgramID: &retreat, Programs: []Standing{{ProgramID: retreat}}}, met},
	{"once more", about(RuleOncePerMember), Facts{ProgramID: &retreat, Programs: []Standing{{ProgramID: retreat, HadPlace: true}}}, notMet},
	{"in another one", about(RuleOncePerMember, buddy), Facts{ProgramID: &retreat, Programs: []Standing{{ProgramID: buddy, HadPlace: true}}}, notMet},
	{"of which program?", about(RuleOncePerMember), Facts{}, unknown},

	{"nobody of the home", about(RuleOncePerHouse), Facts{ProgramID: &retreat, InHousehold: true, HouseholdHad: []uuid.UUID{buddy}}, met},
	{"somebody of the home", about(RuleOncePerHouse), Facts{ProgramID: &retreat, InHousehold: true, HouseholdHad: []uuid.UUID{retreat}}, notMet},
	{"they themselves", about(RuleOncePerHouse), Facts{ProgramID: &retreat, Programs: []Standing{{ProgramID: retreat, HadPlace: true}}}, notMet},
	{"no home known", about(RuleOncePerHouse), Facts{ProgramID: &retreat}, unknown},

	{"signed", by(RuleConsentOnRecord, "photo_release", "story_release"), Facts{Consents: []ConsentKind{ConsentStoryRelease}}, met},
	{"not signed", by(RuleConsentOnRecord, "photo_release"), Facts{Consents: []ConsentKind{ConsentSMS}}, notMet},

	{"no rule of ours", Rule{Key: "x", Rule: "horoscope"}, Facts{}, unknown},
}

func TestEveryKindOfRule(t *testing.T) {
	reached := map[RuleKind]map[Verdict]string{}
	for _, c := range cases {
		got := Rules{c.rule}.Judge(&c.facts, nil)
		if got.Verdict != c.want || got.Rules[0].Verdict != c.want {
			t.Errorf("%s: %s, want %s", c.name, got.Verdict, c.want)
		}
		wellSaid(t, c.name, got.Rules)
		if reached[c.rule.Rule] == nil {
			reached[c.rule.Rule] = map[Verdict]string{}
		}
		reached[c.rule.Rule][c.want] = outcomeOf(got.Rules[0])
		let := Rules{c.rule}.Judge(&c.facts, map[string]bool{c.rule.Key: true})
		if let.Verdict != met || let.Rules[0].Verdict != waived || outcomeOf(let.Rules[0]) == outcomeOf(got.Rules[0]) {
			t.Errorf("%s, waived: %+v", c.name, let)
		}
		wellSaid(t, c.name, let.Rules)
	}
	never := []RuleKind{RuleEnrolled, RuleCompleted, RuleConsentOnRecord}
	for kind, sentences := range reached {
		if kind == "horoscope" {
			continue
		}
		for _, v := range []Verdict{met, notMet, unknown} {
			if _, ok := sentences[v]; ok == (v == unknown && slices.Contains(never, kind)) {
				t.Errorf("%s: a case for %s: %v", kind, v, ok)
			}
			for w, other := range sentences {
				if v != w && other == sentences[v] {
					t.Errorf("%s says the same of %s and %s: %s", kind, v, w, other)
				}
			}
		}
	}
	if len(reached) != 15 {
		t.Errorf("%d kinds of rule have cases", len(reached))
	}
}

func outcomeOf(v RuleVerdict) string { return strings.TrimPrefix(v.Sentence, v.Asks) }

// wellSaid: every verdict has a sentence that reads as one.
func wellSaid(t *testing.T, name string, rules []RuleVerdict) {
	t.Helper()
	for _, v := range rules {
		first := v.Sentence[:1]
		if v.Asks == "" || outcomeOf(v) == "" || strings.ToUpper(first) != first || !strings.HasSuffix(v.Sentence, ".") ||
			strings.ContainsAny(v.Sentence, "%{}_<>") || strings.Contains(v.Sentence, "  ") || strings.Contains(v.Sentence, "..") || strings.Contains(v.Sentence, "nil") {
			t.Errorf("%s: %q", name, v.Sentence)
		}
		wellSaid(t, name, v.Rules)
	}
}

// Leaves that are met, not met and unknown of the facts below.
var (
	yes     = Rule{Key: "yes", Rule: RuleKinds, Values: []string{"veteran"}}
	no      = Rule{Key: "no", Rule: RuleKinds, Values: []string{"spouse"}}
	perhaps = Rule{Key: "perhaps", Rule: RuleAge, Min: ref(18)}
	someone = Facts{Kinds: veteran}
)

func of(kind RuleKind, inside ...Rule) Rule {
	return Rule{Key: string(kind), Rule: kind, Rules: inside}
}

func TestKleene(t *testing.T) {
	for name, c := range map[string]struct {
		rule Rule
		want Verdict
	}{
		"all met": {of(RuleAll, yes, yes), met}, "all with one not": {of(RuleAll, perhaps, no, yes), notMet}, "all with one unknown": {of(RuleAll, yes, perhaps), unknown},
		"any met": {of(RuleAny, no, perhaps, yes), met}, "any with none": {of(RuleAny, no, no), notMet}, "any unknown": {of(RuleAny, no, perhaps), unknown},
		"not met": {of(RuleNot, yes), notMet}, "not not met": {of(RuleNot, no), met}, "not unknown": {of(RuleNot, perhaps), unknown},
		"not any": {of(RuleNot, of(RuleAny, no, perhaps)), unknown}, "not all": {of(RuleNot, of(RuleAll, no, perhaps)), met},
		"a not that is no not": {of(RuleNot), unknown},
	} {
		got := Rules{c.rule}.Judge(&someone, nil)
		if got.Verdict != c.want {
			t.Errorf("%s: %s, want %s", name, got.Verdict, c.want)
		}
		wellSaid(t, name, got.Rules)
	}
	if got := (Rules{}).Judge(nil, nil); got.Verdict != met || got.Rules == nil {
		t.Errorf("no rules let everybody in: %+v", got)
	}
	if got := (Rules{yes, perhaps, no}).Judge(&someone, nil); got.Verdict != notMet || len(got.Sentences(notMet)) != 1 || len(got.Sentences(unknown)) != 1 ||
		!slices.Equal(got.Unsettled(), []string{"perhaps", "no"}) {
		t.Errorf("%+v", got)
	}
}

// A waiver is for somebody: wherever its rule lies, it never makes the whole worse.
func TestWaiversAtAnyDepth(t *testing.T) {
	for name, c := range map[string]struct {
		rule  Rule
		waive string
		want  Verdict
	}{
		"inside all":        {of(RuleAll, yes, no), "no", met},
		"inside any":        {of(RuleAny, no, no), "no", met},
		"inside not":        {of(RuleNot, yes), "yes", met},
		"unknown in not":    {of(RuleNot, perhaps), "perhaps", met},
		"not itself":        {of(RuleNot, yes), "not", waived},
		"twice turned":      {of(RuleNot, of(RuleAll, of(RuleNot, no), yes)), "no", met},
		"any around":        {of(RuleAny, no, of(RuleAll, no, perhaps)), "any", waived},
		"nobody's business": {of(RuleAll, yes, no), "other", notMet},
	} {
		got := Rules{c.rule}.Judge(&someone, map[string]bool{c.waive: true})
		if got.Rules[0].Verdict != c.want {
			t.Errorf("%s: %s, want %s", name, got.Rules[0].Verdict, c.want)
		}
		wellSaid(t, name, got.Rules)
	}
}

func TestMembersLearnNothingOfTheirHousehold(t *testing.T) {
	rules := Rules{of(RuleAny, about(RuleOncePerHouse), of(RuleAll, of(RuleNot, Rule{Key: "again", Rule: RuleOncePerHouse}), no)), yes}
	one := Facts{Kinds: veteran, ProgramID: &retreat, InHousehold: true}
	other := one
	other.HouseholdHad = []uuid.UUID{retreat}
	free, taken, unhoused := rules.Judge(&one, nil), rules.Judge(&other, nil), rules.Judge(&Facts{Kinds: veteran, ProgramID: &retreat}, nil)
	if free.Verdict != met || taken.Verdict != notMet || unhoused.Verdict != unknown {
		t.Errorf("staff: %s %s %s", free.Verdict, taken.Verdict, unhoused.Verdict)
	}
	if seen := free.ForMember(); seen.Verdict != unknown || !reflect.DeepEqual(seen, taken.ForMember()) || !reflect.DeepEqual(seen, unhoused.ForMember()) || seen.Rules[0].Rules[0].Verdict != unknown || seen.Rules[1].Verdict != met {
		t.Errorf("%+v", seen)
	}
	if free.Rules[0].Rules[0].Verdict != met {
		t.Error("masking changed what staff see")
	}
	let := rules.Judge(&other, map[string]bool{"once_per_household": true}).ForMember()
	if let.Verdict != met || let.Rules[0].Rules[0].Verdict != waived {
		t.Errorf("%+v", let)
	}
}

func TestGuardiansLearnNothingOfOneAnother(t *testing.T) {
	rules := Rules{about(RuleEnrolled, buddy), about(RuleCompleted, buddy), about(RuleOncePerMember), about(RuleOncePerHouse),
		by(RuleConsentOnRecord, "photo_release"), by(RuleState, "NC"), by(RuleKinds, "child")}
	bare := Facts{Kinds: []Kind{KindChild}, ProgramID: &retreat}
	full := Facts{Kinds: []Kind{KindChild}, ProgramID: &retreat, Region: "NC", InHousehold: true, Consents: []ConsentKind{ConsentPhotoRelease},
		Programs: []Standing{{ProgramID: buddy, HasPlace: true, Completed: true, HadPlace: true}, {ProgramID: retreat, HadPlace: true}}}
	a, b := rules.Judge(&bare, nil).ForGuardian(), rules.Judge(&full, nil).ForGuardian()
	if !reflect.DeepEqual(a, b) || a.Verdict != unknown || a.Rules[6].Verdict != met {
		t.Errorf("%+v\n%+v", a, b)
	}
	wellSaid(t, "guardian", a.Rules)
	all := map[string]bool{}
	for i := range rules {
		all[rules[i].Key] = true
	}
	if let := rules.Judge(&bare, all).ForGuardian(); let.Verdict != met || slices.ContainsFunc(let.Rules, func(v RuleVerdict) bool { return v.Verdict != waived }) {
		t.Errorf("all of them waived: %+v", let)
	}
}

func TestSentences(t *testing.T) {
	names := &Facts{On: rulesDay, Kinds: veteran, ProgramID: &retreat, ProgramNames: map[uuid.UUID]string{buddy: "Battle Buddy", retreat: "Retreats"}, BirthDate: bornOn(2012, time.January, 1)}
	worded := yes
	worded.Words = " For those who served  after September 11. "
	shouted := no
	shouted.Words = "Are you married?"
	for want, rule := range map[string]Rule{
		"This is for veterans. The record says so.":                                                                                                                                               yes,
		"This is for veterans, service members or members of the Guard or Reserve. The record says so.":                                                                                           by(RuleKinds, "veteran", "service_member", "guard_reserve"),
		"This is for people who are 13 to 17 years old on the first day. The birth date on record fits.":                                                                                          years(ref(13), ref(17)),
		"This is for people who are at least 18 years old on the first day. The birth date on record does not fit. If it is wrong, ask us.":                                                       years(ref(18), nil),
		"This is for people who have completed Battle Buddy, this program or another program. That is not done yet. Ask us how to get there.":                                                     about(RuleCompleted, buddy, retreat, coaching),
		"This is for people who served in the era of Vietnam or since September 11, 2001. " + "The service on record does not settle it yet. Add the period of service that is meant, or ask us.": by(RuleEra, "vietnam", "post_9_11"),
		"This is for people who live in North Carolina or the District of Columbia. The address on record does not name the state yet. Add it, or ask us.":                                        by(RuleState, "NC", "DC"),
		"For those who served after September 11. The record says so.":                                                                                                                            worded,
		"Are you married? The record says otherwise. If it is out of date, change it or ask us.":                                                                                                  shouted,
		"Any one of these is enough: for spouses; For those who served after September 11. At least one of them is met.":                                                                          of(RuleAny, no, worded),
		"All of these are needed: for veterans; (any one of these is enough: for spouses; not for veterans). Not all of them are met.":                                                            of(RuleAll, yes, of(RuleAny, no, of(RuleNot, yes))),
		"This is not for spouses. Nothing on record speaks against it.":                                                                                                                           of(RuleNot, no),
		"This is for households of which nobody has had a place in this program before. It is not on record yet. Staff ask about it.":                                                             about(RuleOncePerHouse),
	} {
		if got := (Rules{rule}).Judge(names, nil).Rules[0].Sentence; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestRulesKeepTheirShape(t *testing.T) {
	fine := Rules{of(RuleAny, yes, of(RuleNot, no)), perhaps, about(RuleOncePerHouse), by(RuleVerified), about(RuleEnrolled, buddy)}
	if faults := fine.Check("/rules"); faults != nil {
		t.Errorf("%v", faults)
	}
	if named, this := fine.Programs(); !this || !slices.Equal(named, []uuid.UUID{buddy}) || !fine.Has("no") || fine.Has("nothing") {
		t.Errorf("%v %v", named, this)
	}
	deep := of(RuleAll, yes)
	for range 4 {
		deep = Rule{Key: "a" + deep.Key, Rule: RuleAll, Rules: []Rule{deep}}
	}
	many := Rules{}
	for i := range 41 {
		r := yes
		r.Key = "k" + strings.Repeat("a", i/20) + string(rune('a'+i%20))
		many = append(many, r)
	}
	for name, c := range map[string]struct {
		rules Rules
		want  []string
	}{
		"keys":              {Rules{yes, of(RuleAll, yes), {Key: "Bad Key", Rule: RuleVerified}, {Rule: RuleVerified}}, []string{"/rules/1/rules/0/key duplicate_key", "/rules/2/key bad_key", "/rules/3/key bad_key"}},
		"long key":          {Rules{{Key: strings.Repeat("a", 41), Rule: RuleVerified}}, []string{"/rules/0/key bad_key"}},
		"no such rule":      {Rules{{Key: "x", Rule: "horoscope"}}, []string{"/rules/0/rule unknown_rule"}},
		"empty any":         {Rules{of(RuleAny)}, []string{"/rules/0/rules required"}},
		"not of two":        {Rules{of(RuleNot, yes, no)}, []string{"/rules/0/rules one_rule"}},
		"not of none":       {Rules{of(RuleNot)}, []string{"/rules/0/rules one_rule"}},
		"a leaf with rules": {Rules{{Key: "x", Rule: RuleVerified, Rules: []Rule{yes}}}, []string{"/rules/0/rules not_allowed"}},
		"all with values":   {Rules{{Key: "x", Rule: RuleAll, Rules: []Rule{yes}, Values: []string{"veteran"}}}, []string{"/rules/0/values not_allowed"}},
		"no values":         {Rules{by(RuleKinds)}, []string{"/rules/0/values required"}},
		"wrong values":      {Rules{by(RuleKinds, "veteran", "wizard", "veteran")}, []string{"/rules/0/values/1 unknown_value", "/rules/0/values/2 duplicate"}},
		"states":            {Rules{by(RuleState, "NC", "nc", "ZZ")}, []string{"/rules/0/values/1 unknown_value", "/rules/0/values/2 unknown_value"}},
		"undisclosed":       {Rules{by(RuleCharacter, "undisclosed"), by(RuleGender, "undisclosed")}, []string{"/rules/0/values/0 unknown_value", "/rules/1/values/0 unknown_value"}},
		"consents":          {Rules{by(RuleConsentOnRecord, "tattoo")}, []string{"/rules/0/values/0 unknown_value"}},
		"verified values":   {Rules{by(RuleVerified, "verified")}, []string{"/rules/0/values not_allowed"}},
		"no bounds":         {Rules{years(nil, nil)}, []string{"/rules/0/min required"}},
		"bounds reversed":   {Rules{years(ref(18), ref(17))}, []string{"/rules/0/max out_of_range"}},
		"bounds too far":    {Rules{years(ref(-1), ref(121))}, []string{"/rules/0/min out_of_range", "/rules/0/max out_of_range"}},
		"bounds elsewhere":  {Rules{{Key: "x", Rule: RuleKinds, Values: []string{"veteran"}, Min: ref(1)}}, []string{"/rules/0/min not_allowed"}},
		"programs missing":  {Rules{about(RuleEnrolled), about(RuleCompleted)}, []string{"/rules/0/program_ids required", "/rules/1/program_ids required"}},
		"programs elsewhere": {Rules{{Key: "x", Rule: RuleVerified, ProgramIDs: []uuid.UUID{buddy}}, about(RuleOncePerMember, buddy, buddy)},
			[]string{"/rules/0/program_ids not_allowed", "/rules/1/program_ids/1 duplicate"}},
		"too deep":       {Rules{deep}, []string{"/rules/0/rules/0/rules/0/rules/0/rules too_deep"}},
		"too many":       {many, []string{"/rules too_many"}},
		"words too long": {Rules{{Key: "x", Rule: RuleVerified, Words: strings.Repeat("ä", 201)}}, []string{"/rules/0/words too_long"}},
	} {
		var got []string
		for _, f := range c.rules.Check("/rules") {
			got = append(got, f.Pointer+" "+f.Code)
			if !strings.HasSuffix(f.Message, ".") {
				t.Errorf("%s: %q", name, f.Message)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestRulesAreAColumn(t *testing.T) {
	rules := Rules{of(RuleAny, yes, perhaps), about(RuleOncePerMember, buddy)}
	stored, err := rules.Value()
	var back Rules
	if err != nil || back.Scan(stored) != nil || !reflect.DeepEqual(back, rules) {
		t.Errorf("%v %v", back, err)
	}
	if none, err := Rules(nil).Value(); err != nil || none != "[]" {
		t.Errorf("%v %v", none, err)
	}
	if text, err := json.Marshal(rules.Judge(&someone, nil)); err != nil || !strings.Contains(string(text), `"asks"`) {
		t.Errorf("%s %v", text, err)
	}
}

// A waiver names a key, and is good for what the rule under it asked when it was made.
func TestARuleThatAsksSomethingElseIsAnother(t *testing.T) {
	nested := func(words string, kinds ...string) Rule {
		return Rule{Key: "either", Rule: RuleAny, Words: words, Rules: []Rule{{Key: "who", Rule: RuleKinds, Values: kinds, Words: words}, {Key: "first", Rule: RuleOncePerMember}}}
	}
	other := uuid.New()
	for name, c := range map[string]struct {
		after Rules
		is    *uuid.UUID
		want  []string
	}{
		"other words, other order": {Rules{nested("For us", "spouse", "veteran")}, &buddy, nil},
		"a program by its name":    {Rules{{Key: "either", Rule: RuleAny, Rules: []Rule{{Key: "who", Rule: RuleKinds, Values: []string{"veteran", "spouse"}}, {Key: "first", Rule: RuleOncePerMember, ProgramIDs: []uuid.UUID{buddy}}}}}, &buddy, nil},
		"other values":             {Rules{nested("", "veteran")}, &buddy, []string{"either", "who"}},
		"another program":          {Rules{nested("", "veteran", "spouse")}, &other, []string{"either", "first"}},
		"gone":                     {nil, &buddy, []string{"either", "first", "who"}},
	} {
		if got := (Rules{nested("", "veteran", "spouse")}).Outdated(&buddy, c.after, c.is); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
