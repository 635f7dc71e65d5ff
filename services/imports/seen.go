package imports

import (
	"encoding/json"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"homefront/models"
)

// place is a person of an earlier row.
type place struct {
	row   int
	label string
}

// seen is who stood in the rows before.
type seen struct {
	prints map[string]int
	people map[string]place
}

func newSeen() *seen { return &seen{map[string]int{}, map[string]place{}} }

// plainName is a name for comparison: no accents, no case, no punctuation.
func plainName(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.IsPunct(r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}

// keys are what two rows of one person share: the first given name and the family name, and one thing beside.
func (p *person) keys() []string {
	first, _, _ := strings.Cut(plainName(p.member.GivenName), " ")
	called := first + "|" + plainName(p.bare) + "|"
	var out []string
	if p.member.Email != nil {
		out = append(out, called+"e"+strings.ToLower(*p.member.Email))
	}
	if p.member.Phone != nil {
		out = append(out, called+"p"+*p.member.Phone)
	}
	if p.member.BirthDate != nil {
		out = append(out, called+"b"+p.member.BirthDate.String())
	}
	return out
}

var sameReasons = map[byte]string{'e': "same_email", 'p': "same_phone", 'b': "same_birth_date"}

// repeat is the earlier row that holds the very same cells, or 0. Rows are only ever compared with earlier ones, so that a
// batch that is judged a second time finds the same.
func (s *seen) repeat(row *models.ImportRow) int {
	if first := s.prints[string(row.Fingerprint)]; first < row.Number {
		return first
	}
	return 0
}

// likely are people of earlier rows who may be p.
func (s *seen) likely(row int, p *person) (out []ImportMatch) {
	at := map[place]int{}
	for _, key := range p.keys() {
		where, ok := s.people[key]
		if !ok || where.row >= row {
			continue
		}
		reason := sameReasons[key[strings.LastIndexByte(key, '|')+1]]
		if n, known := at[where]; known {
			out[n].Score, out[n].Reasons = min(out[n].Score+5, 99), append(out[n].Reasons, reason)
			continue
		}
		at[where] = len(out)
		out = append(out, ImportMatch{Row: where.row, Person: where.label, Score: 90, Reasons: []string{"same_name", reason}})
	}
	return out
}

// learn adds rows, those apart that cannot be taken: nobody is lost because a bad row of theirs came first.
func (s *seen) learn(r *reader, rows []models.ImportRow) error {
	for n := range rows {
		row := &rows[n]
		fam, err := r.family(row)
		if err != nil {
			return err
		}
		s.add(row, &fam)
	}
	return nil
}

func (s *seen) add(row *models.ImportRow, fam *family) {
	if fam.failed() || s.repeat(row) != 0 {
		return
	}
	if _, known := s.prints[string(row.Fingerprint)]; !known {
		s.prints[string(row.Fingerprint)] = row.Number
	}
	for _, p := range append([]*person{&fam.main}, pointers(fam.others)...) {
		for _, key := range p.keys() {
			if _, known := s.people[key]; !known {
				s.people[key] = place{row.Number, p.label}
			}
		}
	}
}

func (r *reader) family(row *models.ImportRow) (family, error) {
	var cells []string
	var notes []CellIssue
	if err := json.Unmarshal(row.Cells, &cells); err != nil {
		return family{}, err
	}
	if err := json.Unmarshal(row.Notes, &notes); err != nil {
		return family{}, err
	}
	return r.read(row.Number, cells, notes), nil
}
