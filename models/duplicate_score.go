package models

import (
	"slices"
	"strings"
	"unicode"
)

// Face is what two records are compared by: names without case and accents, how they sound (double metaphone), and where the
// person lives and is reached.
type Face struct {
	Given, Family, Preferred, Former        string
	GivenSound, FamilySound, PreferredSound string
	BirthDate                               *Date
	Email, Phone, PostalCode, AddressLine1  string
}

// What speaks for two records being one person, and against. Names and birth date alone make 70 points, which is likely; the
// same names alone 40, which is nothing: half a town is called James Smith. An address or number in common says little of people
// who are plainly two, since families share them, so that twins and parents with their children stay apart.
const (
	sameFamily, similarFamily, otherFamily = 20, 15, -8 // people take another name when they marry
	sameGiven, longerGiven, nickname       = 20, 18, 17
	similarGiven, middleGiven, initialOnly = 14, 12, 10
	otherGiven                             = -25
	namesSwapped                           = 34
	sameBirth, swappedBirth, nearBirth     = 30, 22, 18
	otherBirth                             = -30
	otherSuffix, oneSuffix                 = -40, -8
	// generation is from how many years on two dates are no slip of the pen: a parent and a child may share all but one digit.
	generation = 15
)

// What is in common counts in full for people who may be one, less where only the given names look alike, and hardly for people
// who are plainly two.
var inCommon = []struct {
	reason             DuplicateReason
	full, less, hardly int
	same               func(a, b *Face) bool
}{
	{DuplicateSameEmail, 15, 9, 5, func(a, b *Face) bool { return a.Email != "" && a.Email == b.Email }},
	{DuplicateSamePhone, 12, 7, 4, func(a, b *Face) bool { return a.Phone != "" && a.Phone == b.Phone }},
	{DuplicateSameAddress, 10, 5, 2, func(a, b *Face) bool {
		return a.AddressLine1 != "" && a.AddressLine1 == b.AddressLine1 && a.PostalCode == b.PostalCode
	}},
}

// Alike says how likely a and b are one person, from 0 to 100, and why.
func (f *Face) Alike(o *Face) (score int, why Texts[DuplicateReason]) {
	add := func(points int, reason DuplicateReason) {
		score += points
		if reason != "" {
			why = append(why, reason)
		}
	}
	given, givenWhy := f.givenAlike(o)
	family, familyWhy := f.familyAlike(o)
	switch {
	case given == sameGiven && family == sameFamily:
		add(given+family, DuplicateSameName)
	case given < 0 && f.swapped(o):
		given = namesSwapped
		add(given, DuplicateSwappedNames)
	default:
		add(given, givenWhy)
		add(family, familyWhy)
	}
	birth, birthWhy := birthAlike(f.BirthDate, o.BirthDate)
	add(birth, birthWhy)
	switch a, b := suffix(f), suffix(o); {
	case a == b || birth == sameBirth && (a == "" || b == ""):
	case a != "" && b != "":
		add(otherSuffix, DuplicateOtherSuffix)
	default:
		add(oneSuffix, DuplicateOtherSuffix)
	}
	for _, c := range inCommon {
		switch {
		case !c.same(f, o):
		case given == similarGiven:
			add(c.less, c.reason)
		case given > 0:
			add(c.full, c.reason)
		default:
			add(c.hardly, c.reason)
		}
	}
	return min(max(score, 0), 100), why
}

func (f *Face) givenAlike(o *Face) (int, DuplicateReason) {
	a, b := nameWords(f.Given), nameWords(o.Given)
	if len(a) == 0 || len(b) == 0 {
		return 0, ""
	}
	if strings.Join(a, "") == strings.Join(b, "") {
		return sameGiven, ""
	}
	switch called, also := append(nameWords(f.Preferred), a[0]), append(nameWords(o.Preferred), b[0]); {
	case a[0] == b[0] && len(a[0]) > 1:
		return longerGiven, DuplicateSimilarGiven
	case share(called, also, sameFormal), share(called, also, shortened):
		return nickname, DuplicateNickname
	case (len(a[0]) == 1 || len(b[0]) == 1) && a[0][0] == b[0][0]:
		return initialOnly, DuplicateInitial
	case looksLike(a[0], b[0], f.GivenSound == o.GivenSound):
		return similarGiven, DuplicateSimilarGiven
	case len(a)+len(b) > 2 && share(a, b, func(x, y string) bool { return x == y && len(x) > 2 }):
		return middleGiven, DuplicateSimilarGiven
	}
	return otherGiven, DuplicateOtherGiven
}

func (f *Face) familyAlike(o *Face) (int, DuplicateReason) {
	a, b := nameWords(f.Family), nameWords(o.Family)
	same := func(x, y string) bool { return x == y && len(x) > 2 }
	switch x, y := strings.Join(a, ""), strings.Join(b, ""); {
	case x == "" || y == "":
		return 0, ""
	case x == y:
		return sameFamily, ""
	case share(a, b, same), share(nameWords(f.Former), b, same), share(a, nameWords(o.Former), same):
		return similarFamily, DuplicateSimilarFamily
	case looksLike(x, y, f.FamilySound == o.FamilySound), len(x) > 6 && len(y) > 6 && edits(x, y) <= 2:
		return similarFamily, DuplicateSimilarFamily
	}
	return otherFamily, DuplicateOtherFamily
}

func (f *Face) swapped(o *Face) bool {
	join := func(s string) string { return strings.Join(nameWords(s), "") }
	return join(f.Given) != "" && join(f.Family) != "" && join(f.Given) == join(o.Family) && join(f.Family) == join(o.Given)
}

func birthAlike(a, b *Date) (int, DuplicateReason) {
	if a == nil || b == nil {
		return 0, ""
	}
	x, y := a.Format("20060102"), b.Format("20060102")
	off := 0
	for i := range x {
		if x[i] != y[i] {
			off++
		}
	}
	years := a.Year() - b.Year()
	switch {
	case off == 0:
		return sameBirth, DuplicateSameBirth
	case x[:4] == y[:4] && x[4:6] == y[6:] && x[6:] == y[4:6]:
		return swappedBirth, DuplicateSwappedBirth
	case off == 1 && -generation < years && years < generation:
		return nearBirth, DuplicateNearBirth
	}
	return otherBirth, DuplicateOtherBirth
}

// suffixes tell a parent from a child of the same name.
var suffixes = []string{"jr", "sr", "junior", "senior", "ii", "iii", "iv"}

func suffix(f *Face) string {
	words := strings.FieldsFunc(f.Given+" "+f.Family, notLetter)
	for _, w := range words {
		if slices.Contains(suffixes, w) {
			return w[:1] + w[len(w)-1:]
		}
	}
	return ""
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }

// nameWords are a name's words without suffixes; an apostrophe parts none.
func nameWords(name string) []string {
	words := strings.FieldsFunc(name, notLetter)
	out := words[:0]
	for _, w := range words {
		if w = strings.NewReplacer("'", "", "’", "").Replace(w); w != "" && !slices.Contains(suffixes, w) {
			out = append(out, w)
		}
	}
	return out
}

func share(a, b []string, same func(x, y string) bool) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.ContainsFunc(b, func(y string) bool { return same(x, y) }) })
}

// looksLike takes one letter for a slip of the pen, and two where the names sound the same. The first letter is rarely wrong, and
// twins are often called alike but for it.
func looksLike(a, b string, soundSame bool) bool {
	if len(a) < 4 || len(b) < 4 {
		return false
	}
	n := edits(a, b)
	return n <= 1 && (a[0] == b[0] || soundSame) || n == 2 && soundSame && a[0] == b[0]
}

// edits counts the letters to add, drop, change or swap with their neighbour to make b of a (optimal string alignment).
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		now := make([]int, len(y)+1)
		now[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		before, last = last, now
	}
	return last[len(y)]
}

// sameFormal says whether two names are used for one another. A short name can stand for several.
func sameFormal(a, b string) bool {
	return a == b && len(a) > 1 || slices.Contains(formal[a], b) || slices.Contains(formal[b], a) || share(formal[a], formal[b], func(x, y string) bool { return x == y })
}

// formal are the names that short forms stand for, as they are usual in the United States.
var formal = func() map[string][]string {
	out := map[string][]string{}
	for name, shorts := range map[string]string{
		"abigail": "abby gail", "abraham": "abe", "albert": "al bert", "alexander": "alex al sandy", "alexandra": "alex sandra lexi", "alfred": "al fred", "allison": "allie ally",
		"amanda": "mandy", "andrea": "andi", "andrew": "andy drew", "angela": "angie", "anthony": "tony", "antonio": "tony", "barbara": "barb", "benjamin": "ben benny",
		"catherine": "cathy kate katie cat", "charles": "charlie chuck chas", "christine": "chris chrissy tina", "christopher": "chris kit", "cynthia": "cindy",
		"daniel": "dan danny", "david": "dave davey", "deborah": "deb debbie", "dennis": "denny", "donald": "don donnie", "dorothy": "dot dottie", "edward": "ed eddie ted ned",
		"elizabeth": "liz lizzie beth betty eliza libby", "eugene": "gene", "evelyn": "evie", "francis": "frank", "francisco": "frank paco pancho", "frederick": "fred freddie",
		"gabriel": "gabe", "george": "georgie", "gerald": "jerry gerry", "gregory": "greg", "guadalupe": "lupe", "harold": "hal harry", "henry": "hank harry", "isabella": "bella izzy",
		"jacob": "jake", "james": "jim jimmy jamie", "jacqueline": "jackie", "janet": "jan", "jeffrey": "jeff", "jennifer": "jen jenny", "jessica": "jess jessie", "jesus": "chuy",
		"john": "jack johnny jon", "jonathan": "jon", "jose": "pepe", "joseph": "joe joey", "joshua": "josh", "judith": "judy", "katherine": "kathy kate katie kat", "kathleen": "kathy",
		"kenneth": "ken kenny", "kimberly": "kim", "lawrence": "larry", "leonard": "len leo", "linda": "lindy", "manuel": "manny", "margaret": "maggie meg peggy marge", "matthew": "matt",
		"megan": "meg", "melissa": "missy mel", "michael": "mike mikey mick", "miguel": "mike", "nancy": "nan", "nathaniel": "nate nat", "nathan": "nate", "nicholas": "nick", "nicole": "nikki",
		"pamela": "pam", "patricia": "pat patty tricia trish", "patrick": "pat", "peter": "pete", "philip": "phil", "phillip": "phil", "raymond": "ray", "rebecca": "becky becca",
		"richard": "rick dick rich ricky", "robert": "bob rob bobby robbie bert", "ronald": "ron ronnie", "rosemary": "rosie", "samantha": "sam", "samuel": "sam sammy", "sandra": "sandy",
		"sarah": "sally", "stephanie": "steph", "stephen": "steve", "steven": "steve", "susan": "sue susie suzy", "teresa": "terry tess", "theodore": "ted teddy theo", "theresa": "terry tess",
		"thomas": "tom tommy", "timothy": "tim", "valerie": "val", "veronica": "ronnie", "victoria": "vicky tori", "vincent": "vince", "virginia": "ginny", "walter": "walt", "wesley": "wes",
		"william": "bill will billy liam", "zachary": "zach zack",
	} {
		for _, s := range strings.Fields(shorts) {
			out[s] = append(out[s], name)
		}
	}
	return out
}()

// shortened says whether one name is the beginning of the other: Xav for Xavier, Alex for Alexandra.
func shortened(x, y string) bool {
	return len(x) > 2 && len(y) > 2 && (strings.HasPrefix(x, y) || strings.HasPrefix(y, x))
}
