package imports

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"homefront/models"
)

// ImportColumn is one column of the sheet.
type ImportColumn struct {
	Letter  string   `json:"letter" example:"C"`
	Name    string   `json:"name" doc:"As the header has it" example:"DOB"`
	Field   string   `json:"field" doc:"What the column is taken for; empty when it is not read" example:"birth_date"`
	Filled  int      `json:"filled" doc:"Rows in which it holds something"`
	Samples []string `json:"samples" nullable:"false" doc:"Up to three values"`
	Dropped string   `json:"dropped,omitempty" enum:"ssn,dod_number,va_file,diagnosis,disability,firearms,immigration" doc:"Why nothing of this column was kept: we never ask for this"`
}

// Fields are what a column can be read as.
var Fields = []string{
	"name", "given_name", "middle_name", "family_name", "suffix", "preferred_name", "pronouns", "birth_date", "gender", "kinds", "status", "email", "phone",
	"address_line1", "address_line2", "city", "region", "postal_code", "country", "language", "time_zone", "referral_source", "tags",
	"branch", "component", "entered_on", "separated_on",
	"spouse_name", "spouse_email", "spouse_phone", "spouse_birth_date",
	"child1_name", "child1_birth_date", "child2_name", "child2_birth_date", "child3_name", "child3_birth_date", "child4_name", "child4_birth_date",
}

// repeatable fields may be read from several columns.
var repeatable = []string{"tags", "kinds"}

// called is how headers name the fields, without case and punctuation.
var called = func() map[string]string {
	out := map[string]string{}
	for field, names := range map[string]string{
		"name":            "name|full name|fullname|client|client name|member|member name|veteran name|vet name|participant|participant name|contact|contact name|attendee|name of veteran",
		"given_name":      "given name|first name|first|fname|firstname|f name|forename|given",
		"middle_name":     "middle name|middle|mi|m i|middle initial|mname",
		"family_name":     "family name|last name|last|lname|lastname|l name|surname|family",
		"suffix":          "suffix|name suffix",
		"preferred_name":  "preferred name|nickname|nick name|goes by|preferred|called|aka",
		"pronouns":        "pronouns",
		"birth_date":      "birth date|birthdate|date of birth|dob|d o b|birthday|born|bday|birth",
		"gender":          "gender|sex",
		"kinds":           "kinds|kind|type|member type|relationship to military|affiliation|military affiliation|client type|category|who are you|i am a",
		"status":          "status|member status|active|client status",
		"email":           "email|e mail|email address|e mail address|mail|primary email|home email|personal email|email 1",
		"phone":           "phone|phone number|telephone|tel|mobile|cell|cell phone|mobile phone|cellphone|mobile number|cell number|primary phone|home phone|phone 1|contact number",
		"address_line1":   "address|street|street address|address 1|address line 1|mailing address|home address|addr|addr1|address1",
		"address_line2":   "address 2|address line 2|apt|unit|apartment|addr2|address2",
		"city":            "city|town|city town",
		"region":          "state|region|province|st|state province",
		"postal_code":     "zip|zip code|zipcode|postal code|postcode|postal|zip postal",
		"country":         "country",
		"language":        "language|preferred language",
		"time_zone":       "time zone|timezone|tz",
		"referral_source": "referral source|referred by|referral|how did you hear|how did you hear about us|source|heard about us",
		"tags":            "tags|tag|labels|groups|group|list|interests",
		"branch":          "branch|branch of service|service branch|military branch|service|branch of military|brance",
		"component":       "component|service component|duty status",
		"entered_on":      "entered|entered on|entry date|enlisted|enlistment date|date entered|date of entry|service start|start of service|ead",
		"separated_on":    "separated|separated on|separation date|discharge date|discharged|date separated|ets|service end|end of service|retired on|date of separation",
		"spouse_name":     "spouse|wife|husband|partner",
	} {
		for name := range strings.SplitSeq(names, "|") {
			out[name] = field
		}
	}
	for _, field := range Fields {
		out[strings.ReplaceAll(field, "_", " ")] = field
	}
	return out
}()

// plainHeader is a header without case and punctuation: "E-Mail (home)" and "e_mail home" are one.
func plainHeader(text string) string {
	var b strings.Builder
	var last rune
	for _, r := range strings.ToLower(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if b.Len() > 0 && last == ' ' {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			last = r
		case r != '\'' && r != '’':
			last = ' '
		}
	}
	return b.String()
}

var (
	ofSpouse = regexp.MustCompile(`^(?:spouses?|wife|wifes|husband|husbands|partner|partners|sp) (.+)$`)
	ofChild  = regexp.MustCompile(`^(?:child|kid|dependent|son|daughter)(?: ?([1-4]))?(?: (.*))?$`)
)

// fieldOf is what a header is taken for, or empty.
func fieldOf(header string) string {
	plain := plainHeader(header)
	if field := called[plain]; field != "" {
		return field
	}
	if m := ofSpouse.FindStringSubmatch(plain); m != nil {
		return ofPerson("spouse_", m[1], "name", "email", "phone", "birth_date")
	}
	if m := ofChild.FindStringSubmatch(plain); m != nil {
		number, rest := m[1], m[2]
		if number == "" { // Child Name 1
			if last := len(rest) - 2; last > 0 && rest[last] == ' ' && rest[last+1] >= '1' && rest[last+1] <= '4' {
				number, rest = rest[last+1:], rest[:last]
			} else {
				number = "1"
			}
		}
		if rest == "" {
			rest = "name"
		}
		return ofPerson("child"+number+"_", rest, "name", "birth_date")
	}
	for _, prefix := range []string{"veteran ", "vet ", "member ", "client ", "participant ", "applicant ", "your ", "current ", "home ", "primary ", "mailing "} {
		if rest, ok := strings.CutPrefix(plain, prefix); ok {
			return called[rest]
		}
	}
	return ""
}

func ofPerson(prefix, rest string, allowed ...string) string {
	field := called[rest]
	if field == "given_name" {
		field = "name"
	}
	if slices.Contains(allowed, field) {
		return prefix + field
	}
	return ""
}

// neverAsked are headers of what nobody may collect here (docs: what we never ask), and what we say it is.
var neverAsked = []struct {
	why     string
	headers *regexp.Regexp
}{
	{"ssn", regexp.MustCompile(`\bssn\b|\bssno?\b|social sec|soc sec|socialsec|\bss (no|num|number)\b|\bssa? ?number\b|last ?(4|four)\b|\bitin\b|tax ?payer`)},
	{"dod_number", regexp.MustCompile(`\bdod ?(id|no|num|number)\b|\bedipi\b|\bcac\b|military id|service (no|num|number)\b|\bserial (no|number)\b`)},
	{"va_file", regexp.MustCompile(`\bva ?(file|claim|id|no|num|number|card)\b|claim ?(no|num|number)\b|\bc ?file\b|\bva icn\b|\bicn\b`)},
	{"diagnosis", regexp.MustCompile(`diagnos|\bdx\b|\bicd\b|icd ?10|\bptsd\b|\btbi\b|\bmst\b|mental|psych|medication|prescri|medical|health (condition|history|issue)|symptom|trauma|suicid|self harm|substance|addiction|injur`)},
	{"disability", regexp.MustCompile(`disab|\brating\b|service connected|\bsc ?(percent|%)`)},
	{"firearms", regexp.MustCompile(`firearm|weapon|\bguns?\b`)},
	{"immigration", regexp.MustCompile(`immigra|citizen|\bvisa\b|\balien\b|green card|passport`)},
}

var (
	// ssnForm is nine digits as the Social Security Administration writes them; areas 000, 666 and 9xx were never given out.
	ssnForm = regexp.MustCompile(`\b\d{3}[- .]\d{2}[- .]\d{4}\b`)
	nine    = regexp.MustCompile(`^\d{9}$`)
	vaForm  = regexp.MustCompile(`(?i)^c ?\d{8,9}$`)
)

func ssnLike(text string) bool {
	return nine.MatchString(text) && text[:3] != "000" && text[:3] != "666" && text[0] != '9' && text[3:5] != "00" && text[5:] != "0000"
}

// never says why a column must not be kept, or nothing.
func never(header string, field string, values func(yield func(string) bool)) string {
	plain := plainHeader(header)
	for _, n := range neverAsked {
		if n.headers.MatchString(plain) {
			return n.why
		}
	}
	filled, ssn, va := 0, 0, 0
	for text := range values {
		filled++
		switch {
		case ssnForm.MatchString(text), ssnLike(text) && field != "postal_code" && field != "phone":
			ssn++
		case vaForm.MatchString(text):
			va++
		}
	}
	switch {
	case ssn*2 >= filled && ssn > 0:
		return "ssn"
	case va*2 >= filled && va > 0:
		return "va_file"
	}
	return ""
}

// survey names the columns and empties the cells that must not be kept: of whole columns, and single ones that look like
// an SSN: wherever they stand as it is written, and as nine digits where the column is nothing that we know.
func (s *sheet) survey() []ImportColumn {
	columns := make([]ImportColumn, len(s.header))
	taken := map[string]bool{}
	for i, name := range s.header {
		c := &columns[i]
		c.Letter, c.Name, c.Samples = letters(i), firstRunes(name, 120), []string{}
		c.Field = fieldOf(name)
		if c.Dropped = never(name, c.Field, s.column(i)); c.Dropped != "" {
			c.Field = ""
			if ssnForm.MatchString(c.Name) || ssnLike(c.Name) {
				c.Name = ""
			}
		}
		if c.Field == "name" && s.mostly(i, looks["email"]) { // "Contact" is either
			c.Field = ""
		}
		if taken[c.Field] && !slices.Contains(repeatable, c.Field) {
			c.Field = ""
		}
		taken[c.Field] = true
	}
	s.drop(columns)
	s.sniff(columns, taken)
	if taken["given_name"] && taken["family_name"] {
		for i := range columns {
			if columns[i].Field == "name" {
				columns[i].Field = ""
			}
		}
	}
	for i := range columns {
		for text := range s.column(i) {
			if columns[i].Filled++; len(columns[i].Samples) < 3 {
				columns[i].Samples = append(columns[i].Samples, firstRunes(text, 80))
			}
		}
	}
	return columns
}

// column yields what is filled of a column.
func (s *sheet) column(i int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, row := range s.rows {
			if i < len(row.cells) && row.cells[i] != "" && !yield(row.cells[i]) {
				return
			}
		}
	}
}

func (s *sheet) drop(columns []ImportColumn) {
	for r := range s.rows {
		row := &s.rows[r]
		for i, text := range row.cells {
			switch {
			case text == "":
			case columns[i].Dropped != "":
				row.cells[i] = ""
			case ssnForm.MatchString(text), columns[i].Field == "" && ssnLike(text):
				row.cells[i] = ""
				row.notes = append(row.notes, CellIssue{Column: columns[i].Name, Cell: cellName(i, row.number), Code: "not_kept", Ignored: true,
					Message: "This cell looks like it holds a Social Security number. It was not kept."})
			}
		}
	}
}

// looks tells by content what can be told by content.
var looks = map[string]func(string) bool{
	"email": func(t string) bool { return strings.Contains(t, "@") && strings.Contains(t, ".") },
	"phone": func(t string) bool { _, ok := models.Phone(t); return ok && len(t) >= 10 },
}

// mostly says whether seven in ten values of a column look so.
func (s *sheet) mostly(i int, like func(string) bool) bool {
	filled, hits := 0, 0
	for text := range s.column(i) {
		if filled++; like(text) {
			hits++
		}
	}
	return hits > 0 && hits*10 >= filled*7
}

// sniff guesses by content what an unnamed column is, where that is plain.
func (s *sheet) sniff(columns []ImportColumn, taken map[string]bool) {
	for i := range columns {
		if columns[i].Field != "" || columns[i].Dropped != "" || ofSpouse.MatchString(plainHeader(columns[i].Name)) {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(looks)) {
			if !taken[field] && s.mostly(i, looks[field]) {
				columns[i].Field, taken[field] = field, true
				break
			}
		}
	}
}

func firstRunes(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n])
	}
	return text
}
