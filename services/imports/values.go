package imports

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"homefront/models"
	"homefront/services"
)

var (
	numeric    = regexp.MustCompile(`^(\d{1,4})[/.\-\s](\d{1,2})[/.\-\s](\d{1,4})$`)
	dayMonth   = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th)?[\s\-./]*([\pL]{3,9})\.?[\s\-./,]*'?(\d{4}|\d{2})$`)
	monthDay   = regexp.MustCompile(`^([\pL]{3,9})\.?[\s\-./]*(\d{1,2})(?:st|nd|rd|th)?[\s\-./,]+'?(\d{4}|\d{2})$`)
	yearMonth  = regexp.MustCompile(`^(\d{4})[\s\-./]+([\pL]{3,9})\.?[\s\-./]+(\d{1,2})$`)
	compact    = regexp.MustCompile(`^(19|20)\d{6}$`)
	serial     = regexp.MustCompile(`^(\d{5})(?:\.\d+)?$`)
	yearAlone  = regexp.MustCompile(`^(18|19|20)\d{2}(\.0+)?$`)
	atMidnight = regexp.MustCompile(`[T ]0?\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[AaPp][Mm])?Z?$`)
)

var months = func() map[string]time.Month {
	out := map[string]time.Month{"sept": time.September}
	for m := time.January; m <= time.December; m++ {
		out[strings.ToLower(m.String())], out[strings.ToLower(m.String()[:3])] = m, m
	}
	return out
}()

// The day that workbooks count from. 1899-12-30 and not the 31st makes up for 29 February 1900, which never was and which
// they count.
var (
	epoch1900 = time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC)
	epoch1904 = time.Date(1904, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// parseDate reads a day in the ways people write it. order decides what 03/04/1980 is; a day that cannot be in that order
// is an error, never turned round in silence. Two digits of a year are the latest such year that is not after today.
func parseDate(text string, order DateOrder, date1904 bool, today models.Date) (models.Date, services.Code) {
	text = strings.TrimSpace(atMidnight.ReplaceAllString(text, ""))
	if m := numeric.FindStringSubmatch(text); m != nil {
		return ordered(m[1], m[2], m[3], order, today)
	}
	switch lower := strings.ToLower(text); {
	case compact.MatchString(text):
		return day(text[:4], text[4:6], text[6:], today)
	case yearAlone.MatchString(text):
		return models.Date{}, "year_alone"
	case serial.MatchString(text):
		days, _ := strconv.Atoi(text[:5])
		from := epoch1900
		if date1904 {
			from = epoch1904
		}
		return models.DateOf(from.AddDate(0, 0, days)), ""
	default:
		if m := dayMonth.FindStringSubmatch(lower); m != nil {
			return worded(m[3], m[2], m[1], today)
		}
		if m := monthDay.FindStringSubmatch(lower); m != nil {
			return worded(m[3], m[1], m[2], today)
		}
		if m := yearMonth.FindStringSubmatch(lower); m != nil {
			return worded(m[1], m[2], m[3], today)
		}
	}
	return models.Date{}, "bad_date"
}

func ordered(a, b, c string, order DateOrder, today models.Date) (models.Date, services.Code) {
	switch {
	case len(a) >= 3:
		return day(a, b, c, today)
	case len(c) == 3 || len(a) > 2:
		return models.Date{}, "bad_date"
	case len(c) <= 2 && order == YMD:
		return day(a, b, c, today)
	case order == DMY:
		return day(c, b, a, today)
	default:
		return day(c, a, b, today)
	}
}

func worded(year, month, d string, today models.Date) (models.Date, services.Code) {
	m, ok := months[month]
	if !ok {
		return models.Date{}, "bad_date"
	}
	return day(year, strconv.Itoa(int(m)), d, today)
}

func day(year, month, d string, today models.Date) (models.Date, services.Code) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	n, _ := strconv.Atoi(d)
	if len(year) == 1 || len(year) == 3 {
		return models.Date{}, "bad_date"
	}
	if len(year) == 2 {
		if y += today.Year() / 100 * 100; y > today.Year() {
			y -= 100
		}
	}
	date := models.NewDate(y, time.Month(m), n)
	if m < 1 || m > 12 || n < 1 || date.Day() != n || y < 1880 {
		return models.Date{}, "impossible_date"
	}
	return date, ""
}

var dateMessages = map[services.Code]string{
	"bad_date":        "This is not a date we can read. Write it like 1980-03-04.",
	"year_alone":      "This is a year alone. Write the whole date, like 1980-03-04, or leave the cell empty.",
	"impossible_date": "There is no such day in the order of dates that you chose. Check the cell, or choose another order.",
}

var (
	extension  = regexp.MustCompile(`(?i)\s*(?:,|;)?\s*(?:x|ext\.?|extension|#)\s*\d{1,6}$`)
	asNumber   = regexp.MustCompile(`^[1-9]\d{9,10}\.0+$|^[1-9](?:\.\d+)?[eE]\+?\d{1,2}$`)
	phoneNoise = regexp.MustCompile(`(?i)\s*\(?\b(?:cell|mobile|home|work|c|h|w|m|phone|tel)\b\.?:?\)?\s*`)
	zipShort   = regexp.MustCompile(`^\d{4}(\.0+)?$|^\d{8}$`)
)

// parsePhone reads one number: labels and extensions beside it go, and so does what a spreadsheet made of it as a number.
func parsePhone(text string) (string, bool) {
	if asNumber.MatchString(text) {
		if f, err := strconv.ParseFloat(text, 64); err == nil && f < 1e15 {
			text = strconv.FormatFloat(f, 'f', 0, 64)
		}
	}
	if number, ok := models.Phone(text); ok {
		return number, true
	}
	first, _, _ := strings.Cut(text, ";")
	if parts := strings.Split(first, "/"); len(parts) == 2 && len(parts[0]) >= 10 {
		first = parts[0]
	}
	first = phoneNoise.ReplaceAllString(extension.ReplaceAllString(first, ""), "")
	return models.Phone(first)
}

// parseEmail reads one address, also as "Luis Ortega <luis@example.org>", and the first of several.
func parseEmail(text string) (string, bool) {
	text = strings.TrimPrefix(strings.Trim(text, " ,;."), "mailto:")
	first := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ',' })
	if len(first) == 0 {
		return "", false
	}
	a, err := mail.ParseAddress(strings.TrimSpace(first[0]))
	if err != nil {
		return "", false
	}
	name, domain, _ := strings.Cut(a.Address, "@")
	return name + "@" + strings.ToLower(domain), strings.Contains(domain, ".") && len(a.Address) <= 254
}

// looksLikeFormula is text that a spreadsheet program would compute (OWASP, CSV injection); the wide forms are those that
// Excel takes for the narrow ones.
func looksLikeFormula(text string) bool {
	if text == "" {
		return false
	}
	return strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0])
}

// formula is text that cannot be meant as a value: a telephone number or a negative number may begin with a sign.
func formula(text string) bool {
	if !looksLikeFormula(text) {
		return false
	}
	r := []rune(text)
	return !strings.ContainsRune("+-", r[0]) || len(r) > 1 && (r[1] < '0' || r[1] > '9') && r[1] != ' ' && r[1] != '('
}

// parseService reads branch and component, which stand in one column as often as in two: "USMC", "Army Guard", "USNR".
func parseService(texts ...string) (branch models.Branch, component models.Component, ok bool) {
	ok = true
	for _, text := range texts {
		plain := plainHeader(text)
		if plain == "" {
			continue
		}
		if known, found := forces[strings.ReplaceAll(plain, "u s ", "us ")]; found {
			branch, component = cmpBranch(branch, known.branch), cmpComponent(component, known.component)
			continue
		}
		b, c := forceWords(plain)
		if b == "" && c == "" {
			ok = false
		}
		branch, component = cmpBranch(branch, b), cmpComponent(component, c)
	}
	if branch != "" && component == "" {
		component = models.ComponentActive
	}
	return branch, component, ok
}

type force struct {
	branch    models.Branch
	component models.Component
}

// forces are the short names.
var forces = map[string]force{
	"usa": {models.BranchArmy, ""}, "ra": {models.BranchArmy, models.ComponentActive}, "usar": {models.BranchArmy, models.ComponentReserve},
	"arng": {models.BranchArmy, models.ComponentGuard}, "usmc": {models.BranchMarines, ""}, "usmcr": {models.BranchMarines, models.ComponentReserve},
	"usn": {models.BranchNavy, ""}, "usnr": {models.BranchNavy, models.ComponentReserve}, "usaf": {models.BranchAirForce, ""}, "af": {models.BranchAirForce, ""},
	"usafr": {models.BranchAirForce, models.ComponentReserve}, "afr": {models.BranchAirForce, models.ComponentReserve}, "afres": {models.BranchAirForce, models.ComponentReserve},
	"ang": {models.BranchAirForce, models.ComponentGuard}, "ussf": {models.BranchSpaceForce, ""}, "sf": {models.BranchSpaceForce, ""},
	"uscg": {models.BranchCoastGuard, ""}, "cg": {models.BranchCoastGuard, ""}, "uscgr": {models.BranchCoastGuard, models.ComponentReserve},
	"ad": {"", models.ComponentActive}, "ng": {"", models.ComponentGuard}, "guard": {"", models.ComponentGuard},
}

func forceWords(plain string) (b models.Branch, c models.Component) {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(plain, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("marine", "usmc", "corps"):
		b = models.BranchMarines
	case has("coast", "uscg"):
		b = models.BranchCoastGuard
	case has("space", "ussf"):
		b = models.BranchSpaceForce
	case has("air", "usaf"):
		b = models.BranchAirForce
	case has("navy", "naval", "usn"):
		b = models.BranchNavy
	case has("army", "arng"):
		b = models.BranchArmy
	}
	switch {
	case has("reserve", "resv"):
		c = models.ComponentReserve
	case b != models.BranchCoastGuard && has("guard", "arng"):
		c = models.ComponentGuard
	case has("active", "regular"):
		c = models.ComponentActive
	}
	return b, c
}

func cmpBranch(a, b models.Branch) models.Branch {
	if a != "" {
		return a
	}
	return b
}

func cmpComponent(a, b models.Component) models.Component {
	if a != "" {
		return a
	}
	return b
}

var kindWords = map[string]models.Kind{
	"veteran": models.KindVeteran, "vet": models.KindVeteran, "retired": models.KindVeteran, "retiree": models.KindVeteran, "former military": models.KindVeteran,
	"prior service": models.KindVeteran, "veterans": models.KindVeteran, "warrior": models.KindVeteran,
	"service member": models.KindServiceMember, "servicemember": models.KindServiceMember, "active duty": models.KindServiceMember, "active": models.KindServiceMember,
	"ad": models.KindServiceMember, "military": models.KindServiceMember, "guard reserve": models.KindGuardReserve, "national guard": models.KindGuardReserve,
	"guard": models.KindGuardReserve, "reserve": models.KindGuardReserve, "reserves": models.KindGuardReserve, "reservist": models.KindGuardReserve,
	"spouse": models.KindSpouse, "wife": models.KindSpouse, "husband": models.KindSpouse, "military spouse": models.KindSpouse, "partner": models.KindPartner,
	"fiance": models.KindPartner, "fiancee": models.KindPartner, "girlfriend": models.KindPartner, "boyfriend": models.KindPartner,
	"survivor": models.KindSurvivor, "gold star": models.KindSurvivor, "gold star family": models.KindSurvivor, "widow": models.KindSurvivor, "widower": models.KindSurvivor,
	"caregiver": models.KindCaregiver, "care giver": models.KindCaregiver, "parent": models.KindParent, "mother": models.KindParent, "father": models.KindParent,
	"mom": models.KindParent, "dad": models.KindParent, "sibling": models.KindSibling, "brother": models.KindSibling, "sister": models.KindSibling,
	"child": models.KindChild, "son": models.KindChild, "daughter": models.KindChild, "dependent": models.KindChild, "kid": models.KindChild,
	"supporter": models.KindSupporter, "friend": models.KindSupporter, "donor": models.KindSupporter, "volunteer": models.KindSupporter, "civilian": models.KindSupporter,
}

var between = regexp.MustCompile(`\s*(?:[,;/|&+]|\band\b)\s*`)

// parseKinds reads several kinds in one cell. bad is the first word that is none.
func parseKinds(text string) (kinds models.Texts[models.Kind], bad string) {
	for _, part := range between.Split(strings.ToLower(text), -1) {
		plain := plainHeader(part)
		if plain == "" {
			continue
		}
		kind, ok := kindWords[plain]
		if !ok {
			return nil, plain
		}
		kinds = append(kinds, kind)
	}
	return kinds, ""
}

var genderWords = map[string]models.Gender{
	"f": models.GenderWoman, "female": models.GenderWoman, "woman": models.GenderWoman, "w": models.GenderWoman, "m": models.GenderMan, "male": models.GenderMan,
	"man": models.GenderMan, "nonbinary": models.GenderNonbinary, "non binary": models.GenderNonbinary, "nb": models.GenderNonbinary, "x": models.GenderNonbinary,
	"other": models.GenderSelfDescribed, "self described": models.GenderSelfDescribed, "self describe": models.GenderSelfDescribed,
	"undisclosed": models.GenderUndisclosed, "prefer not to say": models.GenderUndisclosed, "decline": models.GenderUndisclosed, "declined": models.GenderUndisclosed,
}

var statusWords = map[string]models.MemberStatus{
	"active": models.MemberActive, "current": models.MemberActive, "yes": models.MemberActive, "y": models.MemberActive, "enrolled": models.MemberActive,
	"inactive": models.MemberInactive, "former": models.MemberInactive, "no": models.MemberInactive, "n": models.MemberInactive, "closed": models.MemberInactive,
	"prospective": models.MemberProspective, "prospect": models.MemberProspective, "lead": models.MemberProspective, "new": models.MemberProspective,
	"inquiry": models.MemberProspective, "deceased": models.MemberDeceased, "dead": models.MemberDeceased, "died": models.MemberDeceased,
}

// blank is what people write into cells that hold nothing.
func blank(text string) bool {
	switch strings.ToLower(text) {
	case "", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "unk", "tbd", "?":
		return true
	}
	return false
}
