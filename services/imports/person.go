package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// person is somebody a row tells of.
type person struct {
	label  string // main, spouse, child1 …
	member models.Member
	set    []string // columns of members that the row holds a value for
	bare   string   // family name without suffix
}

// family is what one row holds.
type family struct {
	main    person
	others  []person
	service *models.ServiceRecord
	issues  []CellIssue
}

// reader turns rows into people.
type reader struct {
	columns  []ImportColumn
	options  ImportOptions
	date1904 bool
	now      time.Time
	at       map[string]int // field to column
}

func newReader(columns []ImportColumn, o ImportOptions, date1904 bool, now time.Time) *reader {
	r := &reader{columns: columns, options: o, date1904: date1904, now: now, at: map[string]int{}}
	for i, c := range columns {
		if _, taken := r.at[c.Field]; c.Field != "" && !taken {
			r.at[c.Field] = i
		}
	}
	return r
}

// line is one row while it is read.
type line struct {
	*reader
	number int
	cells  []string
	issues []CellIssue
}

// read makes the family of one row. What is wrong with it is in issues.
func (r *reader) read(number int, cells []string, notes []CellIssue) family {
	l := &line{reader: r, number: number, cells: cells, issues: slices.Clone(notes)}
	f := family{main: person{label: "main"}}
	second := l.names(&f.main)
	l.facts(&f.main)
	f.service = l.service(&f.main)
	l.spouse(&f, second)
	l.children(&f)
	for _, p := range append([]*person{&f.main}, pointers(f.others)...) {
		l.verify(p)
	}
	f.issues = l.issues
	return f
}

func pointers(in []person) []*person {
	out := make([]*person, len(in))
	for i := range in {
		out[i] = &in[i]
	}
	return out
}

// cell is the value of a field, empty when the sheet does not have it.
func (l *line) cell(field string) string {
	i, ok := l.at[field]
	if !ok || i >= len(l.cells) {
		return ""
	}
	text := l.cells[i]
	if formula(text) {
		l.bad(field, "formula", "This is a formula, not a value.")
		return ""
	}
	if !strings.HasSuffix(field, "name") && blank(text) {
		return ""
	}
	return text
}

// bad notes that a cell cannot be taken. Without a name there is nobody to take, so a name is never left out.
func (l *line) bad(field string, code services.Code, message string, args ...any) {
	issue := CellIssue{Code: code, Message: fmt.Sprintf(message, args...)}
	if i, ok := l.at[field]; ok {
		issue.Column, issue.Cell = l.columns[i].Name, cellName(i, l.number)
	}
	issue.Ignored = l.options.SkipBadCells && !slices.Contains([]string{"name", "given_name", "family_name"}, field)
	l.issues = append(l.issues, issue)
}

// note tells of something that is taken differently, whatever the options.
func (l *line) note(field string, code services.Code, message string) {
	l.bad(field, code, "%s", message)
	l.issues[len(l.issues)-1].Ignored = true
}

func (l *line) names(p *person) (second string) {
	m := &p.member
	var n name
	if whole := l.cell("name"); whole != "" {
		n = splitName(whole)
	}
	if given := l.cell("given_name"); given != "" {
		n.given = cased(given)
		if parts := couple.Split(given, 2); len(parts) == 2 && l.cell("family_name") != "" { // Luis & Ana | Ortega
			n.given, n.second = cased(parts[0]), parts[1]+" "+l.cell("family_name")
		}
		given := noInitials(noTitles(strings.Fields(n.given)))
		n.given = strings.Join(given, " ")
	}
	if middle := cased(l.cell("middle_name")); len(strings.Trim(middle, ".")) > 1 && n.given != "" {
		n.given += " " + middle
	}
	if family := l.cell("family_name"); family != "" {
		rest, suffix := cutSuffix(strings.Fields(strings.ReplaceAll(cased(family), ",", " ")))
		n.family = strings.TrimSpace(strings.Join(rest, " ") + " " + suffix)
		if n.given == "" { // the whole name stands in the column of family names
			whole := splitName(family)
			n.given, n.family = whole.given, whole.family
		}
	}
	if suffix := suffixOf(l.cell("suffix")); suffix != "" && !strings.HasSuffix(n.family, suffix) {
		n.family = strings.TrimSpace(n.family + " " + suffix)
	}
	if preferred := cased(l.cell("preferred_name")); preferred != "" {
		n.preferred = preferred
	}
	m.GivenName, m.FamilyName = n.given, n.family
	if n.preferred != "" && n.preferred != n.given {
		l.text(p, "preferred_name", &m.PreferredName, n.preferred)
	}
	if m.GivenName == "" {
		field := "given_name"
		if _, ok := l.at[field]; !ok {
			field = "name"
		}
		l.bad(field, "no_name", "The row names nobody.")
	}
	p.set = append(p.set, "given_name", "family_name")
	return n.second
}

func (l *line) text(p *person, column string, to **string, text string) {
	if text != "" {
		*to, p.set = &text, append(p.set, column)
	}
}

func (l *line) plain(p *person, field string, to *string) {
	if text := l.cell(field); text != "" {
		*to, p.set = text, append(p.set, field)
	}
}

func (l *line) date(field string) *models.Date {
	text := l.cell(field)
	if text == "" {
		return nil
	}
	d, code := parseDate(text, l.options.DateOrder, l.date1904, models.DateOf(l.now))
	if code != "" {
		l.bad(field, code, "%s", dateMessages[code])
		return nil
	}
	return &d
}

func (l *line) born(p *person, field string) {
	d := l.date(field)
	switch {
	case d == nil:
	case d.After(l.now.AddDate(0, 0, 1)) || d.Year() < 1900:
		l.bad(field, "out_of_range", "The birth date must lie in the past.")
	default:
		p.member.BirthDate, p.set = d, append(p.set, "birth_date")
	}
}

func (l *line) reach(p *person, prefix string) {
	if text := l.cell(prefix + "email"); text != "" {
		if address, ok := parseEmail(text); ok {
			l.text(p, "email", &p.member.Email, address)
		} else {
			l.bad(prefix+"email", "bad_email", "This is no e-mail address.")
		}
	}
	if text := l.cell(prefix + "phone"); text != "" {
		if number, ok := parsePhone(text); ok {
			l.text(p, "phone", &p.member.Phone, number)
		} else {
			l.bad(prefix+"phone", "bad_phone", "This is no telephone number; one of another country needs its +.")
		}
	}
}

// facts reads what stands of the main person beside the name.
func (l *line) facts(p *person) {
	m := &p.member
	l.born(p, "birth_date")
	l.reach(p, "")
	l.text(p, "pronouns", &m.Pronouns, l.cell("pronouns"))
	l.text(p, "referral_source", &m.ReferralSource, l.cell("referral_source"))
	for field, to := range map[string]*string{"address_line1": &m.AddressLine1, "address_line2": &m.AddressLine2, "city": &m.City, "region": &m.Region,
		"postal_code": &m.PostalCode, "language": &m.Language, "time_zone": &m.TimeZone} {
		l.plain(p, field, to)
	}
	l.place(p)
	if text := l.cell("gender"); text != "" {
		if g, ok := genderWords[plainHeader(text)]; ok {
			m.Gender, p.set = &g, append(p.set, "gender")
		} else {
			l.bad("gender", "unknown_gender", "Write woman, man, nonbinary, self described or undisclosed.")
		}
	}
	if text := l.cell("status"); text != "" {
		switch s := statusWords[plainHeader(text)]; s {
		case models.MemberDeceased:
			l.bad("status", "deceased", "A death is recorded by two of us together, not by an import.")
			l.issues[len(l.issues)-1].Ignored = false // nobody wants the dead to get mail
		case "":
			l.bad("status", "unknown_status", "Write active, inactive or prospective.")
		default:
			m.Status, p.set = s, append(p.set, "status")
		}
	}
	l.several(p)
}

func (l *line) place(p *person) {
	m := &p.member
	if country := l.cell("country"); country != "" {
		known := map[string]string{"usa": "US", "us": "US", "u s a": "US", "u s": "US", "united states": "US", "united states of america": "US", "america": "US",
			"canada": "CA", "mexico": "MX", "germany": "DE", "puerto rico": "PR", "japan": "JP", "uk": "GB", "united kingdom": "GB"}
		if code := known[plainHeader(country)]; code != "" {
			country = code
		}
		if len(country) == 2 {
			m.Country, p.set = strings.ToUpper(country), append(p.set, "country")
		} else {
			l.bad("country", "bad_country", "Write the country as two letters, like US.")
		}
	} else if m.AddressLine1+m.City+m.PostalCode != "" {
		m.Country = l.options.Country
	}
	if m.Country == "US" && zipShort.MatchString(m.PostalCode) { // as a number it lost its first zero
		digits, _, _ := strings.Cut(m.PostalCode, ".")
		m.PostalCode = "0" + digits
	}
	if len(m.PostalCode) == 9 && nine.MatchString(m.PostalCode) && m.Country == "US" {
		m.PostalCode = m.PostalCode[:5] + "-" + m.PostalCode[5:]
	}
}

// several reads the fields that more than one column may hold.
func (l *line) several(p *person) {
	m := &p.member
	for i, c := range l.columns {
		if i >= len(l.cells) || blank(l.cells[i]) {
			continue
		}
		switch c.Field {
		case "kinds":
			kinds, bad := parseKinds(l.cells[i])
			if bad != "" {
				l.badAt(i, "unknown_kind", "We do not know this kind of person. Write veteran, spouse, caregiver or another of our kinds.")
			}
			m.Kinds = append(m.Kinds, kinds...)
		case "tags":
			for _, tag := range between.Split(l.cells[i], -1) {
				if len([]rune(tag)) > 40 {
					l.badAt(i, "tag_too_long", "A tag has at most 40 characters.")
				} else if tag != "" && len(m.Tags) < 19 {
					m.Tags = append(m.Tags, strings.ToLower(tag))
				}
			}
		}
	}
	if len(m.Kinds) > 0 {
		p.set = append(p.set, "kinds")
	}
	if len(m.Tags) > 0 {
		p.set = append(p.set, "tags")
	}
}

func (l *line) badAt(i int, code services.Code, message string) {
	l.issues = append(l.issues, CellIssue{Column: l.columns[i].Name, Cell: cellName(i, l.number), Code: code, Message: message, Ignored: l.options.SkipBadCells})
}

// service reads a period of service. Without the day of entry there is none to write: branch and component become tags,
// so that nothing is lost.
func (l *line) service(p *person) *models.ServiceRecord {
	branch, component, ok := parseService(l.cell("branch"), l.cell("component"))
	if !ok {
		field := "branch"
		if l.cell(field) == "" {
			field = "component"
		}
		l.bad(field, "unknown_branch", "We do not know this branch or component.")
	}
	entered, separated := l.date("entered_on"), l.date("separated_on")
	if entered != nil && separated != nil && separated.Before(entered.Time) {
		l.bad("separated_on", "before_start", "Service cannot end before it began.")
		separated = nil
	}
	switch {
	case branch != "" && entered != nil:
		return &models.ServiceRecord{Branch: branch, Component: component, EnteredOn: *entered, SeparatedOn: separated}
	case branch != "":
		tag := strings.ReplaceAll(string(branch), "_", "-")
		if component != models.ComponentActive {
			tag += "-" + strings.ReplaceAll(string(component), "_", "-")
		}
		p.member.Tags = append(p.member.Tags, tag)
		if !slices.Contains(p.set, "tags") {
			p.set = append(p.set, "tags")
		}
	}
	return nil
}

func (l *line) spouse(f *family, second string) {
	text, field := l.cell("spouse_name"), "spouse_name"
	if text == "" {
		text, field = second, "name"
	}
	if text == "" {
		if l.cell("spouse_email")+l.cell("spouse_phone") != "" {
			l.note("spouse_email", "no_name", "There is an address and no name of a spouse: not taken.")
		}
		return
	}
	n := splitName(text)
	p := l.relative("spouse", n, f.main.member.FamilyName, models.KindSpouse)
	if field == "spouse_name" && slices.Contains(f.main.member.Kinds, models.KindSpouse) && !slices.ContainsFunc(f.main.member.Kinds, military) {
		p.member.Kinds = models.Texts[models.Kind]{l.options.Kind} // the row is the spouse's, and names the veteran beside
	}
	l.reach(&p, "spouse_")
	l.born(&p, "spouse_birth_date")
	f.others = append(f.others, p)
}

func military(k models.Kind) bool {
	return k == models.KindVeteran || k == models.KindServiceMember || k == models.KindGuardReserve
}

func (l *line) children(f *family) {
	for _, label := range []string{"child1", "child2", "child3", "child4"} {
		text := l.cell(label + "_name")
		if blank(text) {
			continue
		}
		p := l.relative(label, splitName(text), f.main.member.FamilyName, models.KindChild)
		l.born(&p, label+"_birth_date")
		f.others = append(f.others, p)
	}
}

// relative is somebody named beside the main person, whose family name they share unless they have their own.
func (l *line) relative(label string, n name, familyName string, kind models.Kind) person {
	if n.family == "" {
		rest, _ := cutSuffix(strings.Fields(familyName))
		n.family = strings.Join(rest, " ")
	}
	p := person{label: label, set: []string{"given_name", "family_name"}}
	p.member.GivenName, p.member.FamilyName, p.member.Kinds = n.given, n.family, models.Texts[models.Kind]{kind}
	if n.preferred != "" {
		p.member.PreferredName = &n.preferred
	}
	return p
}

// fieldFor names the cell of a member's value.
func fieldFor(label, column string) string {
	switch {
	case label == "main":
		return column
	case column == "given_name", column == "family_name":
		return label + "_name"
	}
	return label + "_" + column
}

// verify holds a person against the rules that staff's own entries are held against.
func (l *line) verify(p *person) {
	trial := p.member
	l.complete(&trial, p.label)
	for _, e := range people.CheckMember(&trial, l.now) {
		column := strings.TrimPrefix(e.Field, "/")
		field := fieldFor(p.label, column)
		if column == "given_name" && p.member.GivenName == "" {
			continue // said already
		}
		if _, ok := l.at[field]; !ok && strings.HasSuffix(field, "_name") && p.label == "main" {
			field = "name"
		}
		l.bad(field, e.Code, "%s", e.Message)
		if l.issues[len(l.issues)-1].Ignored {
			forget(p, column)
		}
	}
	p.member.Tags, p.member.Kinds = distinct(p.member.Tags), distinct(p.member.Kinds)
	rest, _ := cutSuffix(strings.Fields(p.member.FamilyName))
	p.bare = strings.Join(rest, " ")
}

// forget leaves out a value that cannot be taken.
func forget(p *person, column string) {
	m := &p.member
	switch column {
	case "email":
		m.Email = nil
	case "phone":
		m.Phone = nil
	case "birth_date":
		m.BirthDate = nil
	case "preferred_name":
		m.PreferredName = nil
	case "language":
		m.Language = ""
	case "time_zone":
		m.TimeZone = ""
	case "country":
		m.Country = ""
	case "address_line1", "address_line2", "city", "region", "postal_code":
		m.Address = models.Address{}
	case "pronouns":
		m.Pronouns = nil
	case "referral_source":
		m.ReferralSource = nil
	}
	p.set = slices.DeleteFunc(p.set, func(c string) bool { return c == column })
}

// complete adds what the options say of new people.
func (r *reader) complete(m *models.Member, label string) {
	o := r.options
	m.TimeZone, m.Language = cmpOr(m.TimeZone, o.TimeZone), cmpOr(m.Language, o.Language)
	if m.Status == "" {
		m.Status = o.Status
	}
	if len(m.Kinds) == 0 && label == "main" {
		m.Kinds = models.Texts[models.Kind]{o.Kind}
	}
	if m.ReferralSource == nil && o.ReferralSource != "" {
		source := o.ReferralSource
		m.ReferralSource = &source
	}
	if o.Tag != "" {
		m.Tags = append(slices.Clone(m.Tags), strings.ToLower(o.Tag))
	}
}

func distinct[T ~string](in models.Texts[T]) models.Texts[T] {
	out := make(models.Texts[T], 0, len(in))
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// failed says whether the row cannot be taken.
func (f *family) failed() bool {
	return slices.ContainsFunc(f.issues, func(i CellIssue) bool { return !i.Ignored })
}
