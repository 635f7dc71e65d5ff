package models

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NeverAskedTopic is something that we never ask anybody. What is not kept cannot leak, be subpoenaed or be held against
// somebody.
type NeverAskedTopic string

// The topics.
const (
	NeverSSN         NeverAskedTopic = "social_security_number"
	NeverDoDNumber   NeverAskedTopic = "dod_number"
	NeverVAFile      NeverAskedTopic = "va_file_number"
	NeverDiagnosis   NeverAskedTopic = "diagnosis"
	NeverTrauma      NeverAskedTopic = "trauma_history"
	NeverRating      NeverAskedTopic = "disability_rating"
	NeverFirearms    NeverAskedTopic = "firearms"
	NeverImmigration NeverAskedTopic = "immigration_status"
)

// Sentence names the topic, says why it is not asked and what to ask instead.
func (t NeverAskedTopic) Sentence() string {
	switch t {
	case NeverSSN:
		return "This asks for a Social Security or taxpayer number. Whoever gets hold of one can take a person's identity, and nothing here needs it. The record already tells people apart: leave the question out."
	case NeverDoDNumber:
		return "This asks for a DoD or military number. It opens a person's military records, and nothing here needs it. Service is confirmed by seeing a document that is not kept: leave the question out, or ask which branch they served in."
	case NeverVAFile:
		return "This asks for a VA file or claim number. It opens a person's benefits, and is often their Social Security number. Ask whether they want help with VA benefits instead."
	case NeverDiagnosis:
		return "This asks for a diagnosis or a medical history. Nobody has to have one, or tell one, to take part. Ask what would help them take part or feel at ease, or what staff on site must know in an emergency."
	case NeverTrauma:
		return "This asks what somebody went through. Telling it on a form can do harm, and nobody is there to listen. Ask what would help them feel safe here, or what to avoid."
	case NeverRating:
		return "This asks for a disability rating. It decides nothing here, and people fear for their benefits when they are asked. Ask what access or support they need."
	case NeverFirearms:
		return "This asks about firearms that somebody has. A list of them frightens people off and can be taken from us. Ask them to agree to the rules of the venue, or offer help with safe storage to everybody."
	case NeverImmigration:
		return "This asks for citizenship or immigration status. No service here depends on it, and a record of it can be used against people. Ask in which language they want to be spoken to, or whether they want legal help."
	}
	return "This is never asked."
}

// NeverAskedFinding is a part of a question that asks for what is never asked.
type NeverAskedFinding struct {
	Attribute string // such as label, or options/2/label
	Topic     NeverAskedTopic
}

// NeverAsked looks through everything of a question that staff write. An option is read alone and as an answer to the label:
// "Do you own any of these?", "Guns"; together with it only for what the option names, for a form may have a thousand of them.
// "Social Security" is what somebody lives on where it can only be chosen.
func (f *FormField) NeverAsked() []NeverAskedFinding {
	var found []NeverAskedFinding
	look := func(attribute string, topic NeverAskedTopic, ok bool) bool {
		if ok {
			found = append(found, NeverAskedFinding{attribute, topic})
		}
		return ok
	}
	for _, part := range [][2]string{{"key", f.Key}, {"label", f.Label}, {"help", f.Help}, {"min_label", f.MinLabel}, {"max_label", f.MaxLabel}} {
		topic, ok := NeverAsked(part[1])
		look(part[0], topic, ok)
	}
	lead := f.leadsTo()
	asksInterest := broadInterest().MatchString(foldWords(f.Label))
	for i, o := range f.Options {
		at := "options/" + strconv.Itoa(i)
		topic, ok := NeverAsked(o.Value)
		if ok = ok && !(asksInterest && bareTopic(o.Value)) && !names(NeverSSN, o.Value); look(at+"/value", topic, ok) {
			continue
		}
		topic, ok = NeverAsked(o.Label)
		if of := toldIn(o.Label); !ok && len(of) > 0 {
			topic, ok = asksFor(lead+" "+o.Label, of)
		}
		look(at+"/label", topic, ok && !(asksInterest && bareTopic(o.Label)) && !names(NeverSSN, o.Label))
	}
	return found
}

// leadsTo is the end of the label, which an option can go on with: the rest of it was judged alone.
func (f *FormField) leadsTo() string {
	const most = 200
	parts := clauses(strings.TrimRight(f.Label, " .:?!…"))
	if len(parts) == 0 {
		return ""
	}
	last := parts[len(parts)-1]
	if cut := len(last) - most; cut > 0 {
		if at := strings.IndexByte(last[cut:], ' '); at >= 0 {
			return last[cut+at:]
		}
	}
	return last
}

// NeverAsked says whether a text, in English or Spanish, asks for what is never asked. To name a thing is not to ask for it:
// "please leave your diagnosis out" and "a firearm-free venue" pass.
func NeverAsked(text string) (NeverAskedTopic, bool) { return asksFor(text, neverAsked()) }

func asksFor(text string, topics []neverAskedRule) (NeverAskedTopic, bool) {
	for _, clause := range clauses(text) {
		told := foldWords(clause)
		forbidden := forbids().FindStringIndex(told)
		var named []string
		if forbidden == nil {
			named = namedIn(clause)
		}
		for i := range topics {
			if t := &topics[i]; t.asks(told, named, forbidden) || forbidden == nil && t.runTogether(told) {
				return t.topic, true
			}
		}
	}
	return "", false
}

// namedIn is what a text comes to where it names a thing and no more: without what is in brackets, "yes or no" and the like, and
// also without what is before a colon.
func namedIn(clause string) []string {
	clause = bracketed().ReplaceAllString(clause, " ")
	out := []string{nameAlone(clause)}
	for at := strings.IndexByte(clause, ':'); at >= 0; at = strings.IndexByte(clause, ':') {
		clause = clause[at+1:]
		out = append(out, nameAlone(clause)) // "Optional: SSN"
	}
	return out
}

func nameAlone(text string) string {
	return possessive().ReplaceAllString(pleaseTell().ReplaceAllString(foldWords(text), ""), "")
}

// neverAskedRule is how one topic is asked for.
type neverAskedRule struct {
	topic    NeverAskedTopic
	stems    []string         // one of them is in every text that asks; the cheap look comes first
	patterns []*regexp.Regexp // of folded words
	gently   []*regexp.Regexp // asks too, unless it is about what people want to learn
	ordinary *regexp.Regexp   // what may follow and makes it something else: PTSD workshops, firearm safety
	rules    func(told string) bool
	bare     *regexp.Regexp // the whole text, as namedIn has it
	squeezed []string       // written without spaces
}

func (t *neverAskedRule) asks(told string, named []string, forbidden []int) bool {
	if !slices.ContainsFunc(t.stems, func(stem string) bool { return strings.Contains(told, stem) }) || t.rules != nil && t.rules(told) {
		return false
	}
	if t.bare != nil && slices.ContainsFunc(named, t.bare.MatchString) {
		return true
	}
	return slices.ContainsFunc(t.patterns, func(p *regexp.Regexp) bool { return t.meets(p, told, forbidden, false) }) ||
		slices.ContainsFunc(t.gently, func(p *regexp.Regexp) bool { return t.meets(p, told, forbidden, true) })
}

// runTogether finds what is written without spaces. What is written with them was judged already.
func (t *neverAskedRule) runTogether(told string) bool {
	squeezed := strings.ReplaceAll(told, " ", "")
	return slices.ContainsFunc(t.squeezed, func(s string) bool { return strings.Contains(squeezed, s) }) &&
		!slices.ContainsFunc(t.patterns, func(p *regexp.Regexp) bool { return p.MatchString(told) })
}

// meets says whether a pattern is in the text where it asks: not after "please do not write", nor before "blacked out".
func (t *neverAskedRule) meets(p *regexp.Regexp, told string, forbidden []int, gentle bool) bool {
	for _, at := range p.FindAllStringIndex(told, -1) {
		before, after := told[:at[0]], strings.TrimSpace(told[at[1]:])
		switch {
		case forbidden != nil && forbidden[1] <= at[1]: // "do not give your SSN"
		case coveredUp().MatchString(after):
		case t.ordinary != nil && t.ordinary.MatchString(after):
		case gentle && interest().MatchString(before):
		default:
			return true
		}
	}
	return false
}

// toldIn are the topics that a text may be about.
func toldIn(text string) []neverAskedRule {
	told := foldWords(text)
	var out []neverAskedRule
	for _, t := range neverAsked() {
		if slices.ContainsFunc(t.stems, func(stem string) bool { return strings.Contains(told, stem) }) {
			out = append(out, t)
		}
	}
	return out
}

// names says whether a text only names a topic.
func names(topic NeverAskedTopic, text string) bool {
	return slices.ContainsFunc(neverAsked(), func(t neverAskedRule) bool {
		return t.topic == topic && slices.ContainsFunc(namedIn(text), t.bare.MatchString)
	})
}

// bareTopic says whether a text only names a condition, as a list of topics does.
func bareTopic(text string) bool { return names(NeverDiagnosis, text) || names(NeverTrauma, text) }

// foldWords writes a text as plain lowercase words with single spaces: without accents, marks that hide, hyphens and dots. S.S.N.
// and s-s-n become ssn, # becomes number.
func foldWords(text string) string {
	var b strings.Builder
	var last rune
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r), r == '\'', r == '’', r == '`':
			continue
		case r == '%':
			b.WriteString(" percent ")
		case r == '#':
			b.WriteString(" number ")
		case r == '&':
			b.WriteString(" and ")
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if unicode.IsLetter(r) && unicode.IsDigit(last) || unicode.IsDigit(r) && unicode.IsLetter(last) {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
		last = r
	}
	return strings.Join(joinLetters(strings.Fields(b.String())), " ")
}

// joinLetters makes one word of letters that stand alone side by side: s s n.
func joinLetters(words []string) []string {
	var out []string
	joining := false
	for _, w := range words {
		single := len(w) == 1 && w[0] >= 'a' && w[0] <= 'z'
		if single && joining {
			out[len(out)-1] += w
		} else {
			out = append(out, w)
		}
		joining = single
	}
	return out
}

// clauses cuts a text where one thing that is said ends and another begins, so that a "do not" reaches no further than it is
// meant to. Dots inside abbreviations end nothing.
func clauses(text string) []string {
	text = abbreviated().ReplaceAllString(strings.ReplaceAll(text, "_", " "), "$1 ")
	var ends []int
	for _, at := range sentenceEnd().FindAllStringIndex(text, -1) {
		ends = append(ends, at[1])
	}
	for _, at := range turn().FindAllStringIndex(text, -1) {
		ends = append(ends, at[0])
	}
	slices.Sort(ends)
	var out []string
	from := 0
	for _, end := range append(ends, len(text)) {
		if end > from {
			out = append(out, text[from:end])
			from = end
		}
	}
	return out
}

var (
	sentenceEnd = pattern(`[!?\n]|(?:[\p{L}\p{M}]{3,}|\d)\.(?:\s|$)`)
	abbreviated = pattern(`(?i)\b(soc|sec|dept|num|nro|admin|approx|ident|dis|mil)\.`)
	turn        = pattern(`(?i),[\s_-]*(?:and\s+|y\s+)?(?:please\s+)?(?:but|just|only|instead|give|tell|enter|write|send|list|describe|name|what|which|how|do you|have you|are you|then|pero|sino|escriba|indique|diga|cual|qué|que|tiene)\b|\b(?:but|however|instead|pero|sino)\b`)
	// forbids is what tells people not to give something, or that nobody asks for it.
	forbids   = pattern(`\b(?:do not|dont|never|not|need not|no need to|please do not|no) (?:please |ever |to |us |nos |le |lo )?(?:give|write|tell|include|share|enter|send|mention|name|state|list|add|put|type|provide|asks?|asked|need|want|describe|disclose|store|keep|collect|require|escriba|escribas|de su|diga|incluya|ponga|envie|comparta|mencione|pedimos|preguntamos|necesitamos|guardamos)\b|\bleave out\b|\bnunca (?:pedimos|preguntamos|escriba|incluya|diga)\b`)
	bracketed = pattern(`\([^)]*\)|\[[^\]]*\]`)
	// pleaseTell is what makes a question of a name: guns, how many? TBI: yes or no?
	pleaseTell = pattern(`(?: (?:yes|no|yn|si|or|o|if|any|so|how (?:many|much|often)|cuant[oa]s|cuales?|which|ones?|what kinds?|what types?|please|por favor|list|describe|describa|explain|explique|specify|especifique|details?|optional|required|opcional))+$`)
	possessive = pattern(`^(?:your|my|any|the|su|sus|tu|tus) `)
	// coveredUp is what may follow a number that is not to be seen.
	coveredUp     = pattern(`^(?:\w+ ){0,4}(?:blacked out|covered|redacted|removed|crossed out|hidden|out of (?:it|your|this)|tachado|cubierto|oculto)\b`)
	interest      = pattern(`\b(?:learn\w*|interest\w*|topics?|subjects?|understand\w*|recogni[sz]\w*|information|talk about|hear (?:more )?about|resources?|aprend\w*|interes\w*|temas?|informacion|reconocer|entender)\b`)                    //nolint:misspell // Spanish
	broadInterest = pattern(`\b(?:learn\w*|interest\w*|topics?|subjects?|understand\w*|information|talks?|hear|resources?|workshops?|sessions?|classes|speakers?|presentations?|aprend\w*|interes\w*|temas?|informacion|taller\w*|charlas?)\b`) //nolint:misspell // Spanish
)

// pattern compiles at first use: few processes ever build a form.
func pattern(p string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(p) })
}

// HoldsSSN says whether a text looks like it holds a Social Security number: in groups of 3, 2 and 4 digits, or nine digits in
// a row near the words.
func HoldsSSN(text string) bool {
	text = norm.NFKC.String(text)
	return groupedSSN().MatchString(text) || nineDigits().MatchString(text)
}

var (
	groupedSSN = pattern(`(?:^|[^\d-])\d{3}\s?[-\s.\x{2010}-\x{2015}\x{2212}]\s?\d{2}\s?[-\s.\x{2010}-\x{2015}\x{2212}]\s?\d{4}(?:$|[^\d-])`)
	nineDigits = pattern(`(?is)\b(?:ssn|s\.s\.n\.?|soc(?:ial)?\s+sec(?:urity)?|(?:seguro|seguridad)\s+social|nss|my\s+social)\b[^\d]{0,40}\d{9}(?:$|\D)|(?:^|\D)\d{9}\b[^\d]{0,40}\b(?:ssn|soc(?:ial)?\s+sec(?:urity)?|(?:seguro|seguridad)\s+social|nss)\b`)
)
