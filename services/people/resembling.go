package people

import (
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// resemblingSQL leaves out those who are known by a name that they gave at a door, and nothing more: they may come a second time.
// Of whoever is to be kept apart from somebody that makes no difference.
const resemblingSQL = `select m.id from members m where m.id <> @self and m.status <> 'merged' and m.id in (
		select id from members where lower(email) = @email and email is not null
		union select member_id from accounts where lower(email) = @email
		union select id from members where phone = @phone and phone is not null
		union select id from members where folded(family_name || ' ' || given_name) = any(array(select folded(n) from unnest(cast(@names as text[])) n))
		union select id from members where @family <> '' and dmetaphone(folded(family_name)) = dmetaphone(folded(@family)) and status <> 'merged'
			and folded(family_name) = folded(@family) and folded(preferred_name) = folded(@given))
	and (m.status <> 'prospective' or exists (select from accounts c where c.member_id = m.id)
		or exists (select from separations s where m.id in (s.first_id, s.second_id) and s.status = 'live' and (s.ends_on is null or s.ends_on >= cast(@day as date))))
	order by m.id limit 20`

// Resembling are members whom somebody new may be, by what is said at a door, where nobody is asked a birth date: by e-mail,
// phone, or the whole name in any order. Whoever HoldIfAlike holds for that is among them; so what follows from a likeness to
// anybody says nothing of who is kept apart. A first name alone is like nobody's.
func Resembling(tx *services.Tx, m *models.Member) (ids []uuid.UUID, err error) {
	email := ""
	if m.Email != nil {
		email = strings.ToLower(*m.Email)
	}
	return ids, tx.DB.Raw(resemblingSQL, map[string]any{"self": m.ID, "email": email, "phone": m.Phone, "names": turned(m.GivenName + " " + m.FamilyName),
		"family": m.FamilyName, "given": m.GivenName, "day": models.SeparationDay(tx.Now()).String()}).Scan(&ids).Error
}

// turned are the words of a name, each of them first once: wherever the family name begins, one of these begins with it.
func turned(name string) models.Texts[string] {
	out, words := models.Texts[string]{}, strings.Fields(name)
	for i := 1; i < len(words); i++ {
		out = append(out, strings.Join(append(append([]string{}, words[i:]...), words[:i]...), " "))
	}
	if len(words) > 1 {
		out = append(out, strings.Join(words, " "))
	}
	return out
}
