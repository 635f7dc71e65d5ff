package people

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
)

// Likeness is what is known of somebody who may be known already. Empty is unknown.
type Likeness struct {
	MemberID      uuid.UUID // nobody is their own duplicate; uuid.Nil for somebody new
	GivenName     string
	FamilyName    string
	PreferredName string
	BirthDate     *models.Date
	Email         string
	Phone         string // E.164
	PostalCode    string
	AddressLine1  string
}

// LikenessOf is that of a member.
func LikenessOf(m *models.Member) Likeness {
	return Likeness{MemberID: m.ID, GivenName: m.GivenName, FamilyName: m.FamilyName, PreferredName: known(m.PreferredName), BirthDate: m.BirthDate, Email: known(m.Email),
		Phone: known(m.Phone), PostalCode: m.PostalCode, AddressLine1: m.AddressLine1}
}

func known(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Match is a member who may be the same person.
type Match struct {
	MemberID uuid.UUID
	Score    int // 0 to 100; from models.DuplicateScore on
	Reasons  []models.DuplicateReason
}

// duplicateBatch bounds what one statement compares, and so its memory and time.
const duplicateBatch = 200

// candidatesSQL finds, for each of some people, the members who share something by which two records of one person are found:
// an address, a number, a birth date with a name that begins or sounds the same, a name that sounds the same with a birth date that
// differs in one part, a home. Each is one look into an index, and bounded; whoever shares none of it could not score enough.
const candidatesSQL = `
with q as materialized (
	select n::int, self, folded(given) as given, folded(family) as family, folded(preferred) as preferred, nullif(born, '')::date as born, nullif(lower(email), '') as email,
		nullif(phone, '') as phone, postal, nullif(folded(line), '') as line, dmetaphone(folded(given)) as given_sound, dmetaphone(folded(family)) as family_sound
	from unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[]) with ordinality
		as p(self, given, family, preferred, born, email, phone, postal, line, n)),
found as (
	select q.n, c.id from q cross join lateral (
		(select m.id from members m where lower(m.email) = q.email and m.email is not null and m.status <> 'merged' limit 30)
		union (select m.id from members m where m.phone = q.phone and m.phone is not null and m.status <> 'merged' limit 30)
		union (select m.id from members m where m.birth_date = q.born and m.birth_date is not null and m.status <> 'merged'
			and (left(folded(m.given_name), 1) in (left(q.given, 1), left(q.preferred, 1), left(q.family, 1)) or dmetaphone(folded(m.given_name)) = q.given_sound
				or folded(m.family_name) = q.family) limit 100)
		union (select m.id from members m where dmetaphone(folded(m.family_name)) = q.family_sound and dmetaphone(folded(m.given_name)) = q.given_sound and m.status <> 'merged'
			and q.family <> '' and (extract(year from m.birth_date) = extract(year from q.born))::int + (extract(month from m.birth_date) = extract(month from q.born))::int
				+ (extract(day from m.birth_date) = extract(day from q.born))::int + (extract(year from m.birth_date) = extract(year from q.born)
				and extract(month from m.birth_date) = extract(day from q.born) and extract(day from m.birth_date) = extract(month from q.born))::int >= 2 limit 50)
		union (select m.id from members m where folded(m.address_line1) = q.line and m.postal_code = q.postal and m.address_line1 <> '' and m.status <> 'merged' limit 30)
	) c where c.id <> q.self)
select f.n, m.id, q.given as a_given, q.family as a_family, q.preferred as a_preferred, q.given_sound as a_given_sound, q.family_sound as a_family_sound, q.born as a_birth_date,
	coalesce(q.email, '') as a_email, coalesce(q.phone, '') as a_phone, q.postal as a_postal_code, coalesce(q.line, '') as a_address_line1,
	coalesce((select folded(s.former_names) from members s where s.id = q.self), '') as a_former,
	folded(m.given_name) as b_given, folded(m.family_name) as b_family, coalesce(folded(m.preferred_name), '') as b_preferred, coalesce(folded(m.former_names), '') as b_former,
	dmetaphone(folded(m.given_name)) as b_given_sound, dmetaphone(folded(m.family_name)) as b_family_sound, m.birth_date as b_birth_date, coalesce(lower(m.email), '') as b_email,
	coalesce(m.phone, '') as b_phone, m.postal_code as b_postal_code, folded(m.address_line1) as b_address_line1
from found f join q using (n) join members m on m.id = f.id`

type twoFaces struct {
	N  int
	ID uuid.UUID
	A  models.Face `gorm:"embedded;embeddedPrefix:a_"`
	B  models.Face `gorm:"embedded;embeddedPrefix:b_"`
}

// FindDuplicates says of which members some people may be duplicates, by the index of the person, the likeliest first. A record
// that was merged away is never among them. It answers for everybody, whoever asks: what the caller shows goes through a scope.
func FindDuplicates(db *gorm.DB, people []Likeness) (map[int][]Match, error) {
	out := map[int][]Match{}
	for from := 0; from < len(people); from += duplicateBatch {
		batch := people[from:min(from+duplicateBatch, len(people))]
		var found []twoFaces
		if err := db.Raw(candidatesSQL, columnsOf(batch)...).Scan(&found).Error; err != nil {
			return nil, err
		}
		for i := range found {
			f := &found[i]
			if score, why := f.A.Alike(&f.B); score >= models.DuplicateScore {
				at := from + f.N - 1
				out[at] = append(out[at], Match{MemberID: f.ID, Score: score, Reasons: why})
			}
		}
	}
	for _, matches := range out {
		slices.SortFunc(matches, func(a, b Match) int { return cmp.Or(b.Score-a.Score, slices.Compare(a.MemberID[:], b.MemberID[:])) })
	}
	return out, nil
}

func columnsOf(people []Likeness) []any {
	ids := make(models.IDs, len(people))
	texts := make([]models.Texts[string], 8)
	for i, p := range people {
		born := ""
		if p.BirthDate != nil {
			born = p.BirthDate.Format("2006-01-02")
		}
		ids[i] = p.MemberID
		for j, v := range []string{p.GivenName, p.FamilyName, p.PreferredName, born, p.Email, p.Phone, p.PostalCode, p.AddressLine1} {
			texts[j] = append(texts[j], v)
		}
	}
	out := []any{ids}
	for _, t := range texts {
		out = append(out, t)
	}
	return out
}

// Summaries are the members of the given ids, as lists show them.
func Summaries(db *gorm.DB, ids []uuid.UUID) (map[uuid.UUID]MemberSummary, error) {
	out := map[uuid.UUID]MemberSummary{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []MemberSummary
	err := db.Session(&gorm.Session{NewDB: true}).Table("members").Select(summaryColumns).Where("members.id IN ?", ids).Find(&rows).Error
	for _, m := range rows {
		out[m.ID] = m
	}
	return out, err
}
