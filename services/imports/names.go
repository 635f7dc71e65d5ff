package imports

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"homefront/services"
)

// name is what a cell says somebody is called.
type name struct {
	given, family, preferred string
	second                   string // whom a couple's cell names beside: "Luis & Ana Ortega"
}

var (
	titles = words("mr mrs ms miss mx dr rev fr prof sir pvt pv2 pfc spc cpl sgt ssg ssgt sfc msg msgt tsgt smsgt cmsgt 1sg sgm csm gysgt lcpl mgysgt wo wo1 cw2 cw3 cw4 cw5 " +
		"lt 1lt 2lt ltjg lcdr cdr cpt capt maj ltc ltcol col bg mg ltg gen adm radm vadm ens sn sa po1 po2 po3 cpo scpo mcpo amn a1c sra sergeant captain major colonel lieutenant general " +
		"corporal private")
	suffixes = map[string]string{"jr": "Jr.", "sr": "Sr.", "ii": "II", "iii": "III", "iv": "IV", "junior": "Jr.", "senior": "Sr."}
	degrees  = words("md phd esq rn lcsw usa usn usaf usmc uscg ussf ret retired dds jd mba cpa")
	// particles begin a family name of several words.
	particles = words("de del dela la las los da das do dos di du van von der den ter ten zu zur af bin ibn al el st saint mac le san santa")
	nickname  = regexp.MustCompile(`["“”(\[]([^"“”()\[\]]{1,40})["“”)\]]`)
	couple    = regexp.MustCompile(`(?i)\s*(?:&|\+|\band\b)\s*`)
)

func words(list string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		out[w] = true
	}
	return out
}

// plainWord is a word as the lists above have it.
func plainWord(w string) string { return strings.ToLower(strings.Trim(w, ".,;")) }

// splitName takes a whole name apart as people write it in one column: "Ortega, Luis", "LUIS ORTEGA", "Mr. Luis A. Ortega
// Jr.", "Robert (Bob) de la Cruz", "Luis & Ana Ortega". Titles, ranks and single initials are left out.
func splitName(text string) name {
	var n name
	text = services.Line(text)
	if m := nickname.FindStringSubmatch(text); m != nil && !degrees[plainWord(m[1])] {
		n.preferred = cased(services.Line(m[1]))
	}
	text = services.Line(nickname.ReplaceAllString(text, " "))
	if parts := couple.Split(text, 2); len(parts) == 2 && parts[0] != "" && parts[1] != "" {
		text, n.second = ofCouple(parts[0], parts[1])
	}
	last, first, comma := strings.Cut(text, ",")
	var given, family []string
	suffix := ""
	if rest, s := cutSuffix(strings.Fields(strings.ReplaceAll(first, ",", " "))); comma && len(rest) > 0 && !onlySuffix(rest) { // Ortega, Luis A., Jr.
		given, suffix = noTitles(rest), s
		family, s = cutSuffix(noTitles(strings.Fields(last)))
		suffix = cmpOr(suffix, s)
	} else {
		all, s := cutSuffix(strings.Fields(last))
		all, suffix = noTitles(all), cmpOr(s, suffixOf(first))
		given, family = cutFamily(all)
	}
	given = noInitials(given)
	n.given = cased(strings.Join(given, " "))
	if n.family = cased(strings.Join(family, " ")); len(family) > 1 && n.family != strings.Join(family, " ") && particles[plainWord(family[0])] {
		first, rest, _ := strings.Cut(n.family, " ")
		n.family = strings.ToLower(first) + " " + rest
	}
	if n.given == "" {
		n.given, n.family = n.family, ""
	}
	if suffix != "" {
		n.family = strings.TrimSpace(n.family + " " + suffix)
	}
	return n
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// ofCouple gives both the family name that they share.
func ofCouple(a, b string) (first, second string) {
	if last, rest, comma := strings.Cut(a, ","); comma { // Ortega, Luis & Ana
		if strings.Contains(b, " ") && !strings.Contains(b, ",") {
			return last + ", " + rest, b
		}
		if strings.Contains(b, ",") {
			return a, b
		}
		return last + ", " + rest, last + ", " + b
	}
	if len(noTitles(strings.Fields(a))) == 1 {
		_, family := cutFamily(noTitles(strings.Fields(b)))
		if len(family) > 0 {
			return strings.TrimSpace(a + " " + strings.Join(family, " ")), b
		}
	}
	return a, b
}

func noTitles(in []string) []string {
	for len(in) > 1 && titles[plainWord(in[0])] {
		in = in[1:]
	}
	return in
}

// cutSuffix takes Jr., III and degrees off the end.
func cutSuffix(in []string) (rest []string, suffix string) {
	for len(in) > 0 {
		word := plainWord(in[len(in)-1])
		if s := suffixes[word]; s != "" && len(in) > 1 {
			suffix = s
		} else if !degrees[word] || len(in) == 1 {
			break
		}
		in = in[:len(in)-1]
	}
	return in, suffix
}

func onlySuffix(in []string) bool {
	return len(in) == 1 && (suffixes[plainWord(in[0])] != "" || degrees[plainWord(in[0])])
}

func suffixOf(text string) string {
	for w := range strings.FieldsSeq(text) {
		if s := suffixes[plainWord(w)]; s != "" {
			return s
		}
	}
	return ""
}

// cutFamily: the last word is the family name, with the particles before it.
func cutFamily(in []string) (given, family []string) {
	if len(in) < 2 {
		return in, nil
	}
	at := len(in) - 1
	for at > 1 && particles[plainWord(in[at-1])] {
		at--
	}
	return in[:at], in[at:]
}

// noInitials leaves out single letters beside a name that is written out. J.R. is a name.
func noInitials(in []string) []string {
	long := slices.ContainsFunc(in, func(w string) bool { return len([]rune(strings.Trim(w, "."))) > 1 })
	if !long {
		return in
	}
	return slices.DeleteFunc(slices.Clone(in), func(w string) bool { return len([]rune(strings.Trim(w, "."))) <= 1 })
}

// cased writes names that are all capitals or all small as names are written; others stay as they are.
func cased(text string) string {
	if text == "" || (text != strings.ToUpper(text) && text != strings.ToLower(text)) || len([]rune(text)) < 2 {
		return text
	}
	all := strings.Fields(strings.ToLower(text))
	for i, w := range all {
		if s := suffixes[plainWord(w)]; s != "" && i > 0 {
			all[i] = s
		} else if i > 0 && particles[w] && w != "st" && w != "san" && w != "santa" && w != "saint" && w != "mac" {
			all[i] = w
		} else if strings.Count(w, ".") > 1 { // J.R.
			all[i] = strings.ToUpper(w)
		} else {
			all[i] = capital(w)
		}
	}
	return strings.Join(all, " ")
}

// capital writes o'neill-mcdonald as O'Neill-McDonald.
func capital(w string) string {
	r := []rune(w)
	for i := range r {
		start := i == 0 || r[i-1] == '-' || (r[i-1] == '\'' || r[i-1] == '’') && i == 2
		mc := i >= 2 && len(r)-i > 1 && r[i-1] == 'c' && r[i-2] == 'M' && (i == 2 || r[i-3] == '-')
		if start || mc {
			r[i] = unicode.ToUpper(r[i])
		}
	}
	return string(r)
}
