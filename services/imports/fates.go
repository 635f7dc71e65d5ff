package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// fates judges rows in their order. What a row is wins in this order: an error, a repeat of an earlier row, somebody an
// earlier row tells of, somebody an earlier import brought by the very same row, somebody we know under that name and
// address, somebody who resembles a member, somebody new.
func (s *Service) fates(tx *services.Tx, i *models.Import, r *reader, seen *seen, rows []models.ImportRow) ([]judged, error) {
	out := make([]judged, len(rows))
	var open []*judged
	for n := range rows {
		j := &out[n]
		j.row = &rows[n]
		fam, err := r.family(j.row)
		if err != nil {
			return nil, err
		}
		j.fam, j.issues = fam, fam.issues
		switch first := seen.repeat(j.row); {
		case fam.failed():
			j.fate = models.FateError
		case first != 0:
			j.fate = models.FateSkipped
			j.issues = append(j.issues, CellIssue{Code: "repeats", Message: fmt.Sprintf("Row %d holds the very same.", first), Ignored: true})
		default:
			if j.matches = seen.likely(j.row.Number, &j.fam.main); j.matches != nil {
				j.fate = models.FateDuplicate
			} else {
				open = append(open, j)
			}
		}
		seen.add(j.row, &j.fam)
	}
	k, err := s.known(tx.DB, i, open)
	if err != nil {
		return nil, err
	}
	var fresh []*judged
	for n, j := range open {
		if k.judge(n, j, r); j.fate != "" {
			continue
		}
		for _, p := range j.fam.others {
			if k.family[place{n, p.label}] || len(seen.likely(j.row.Number, &p)) > 0 {
				j.issues = append(j.issues, CellIssue{Person: p.label, Code: alreadyKnown, Ignored: true,
					Message: "This relative is known, or stands in an earlier row, and is not entered again. Add them to the household."})
			}
		}
		fresh = append(fresh, j)
	}
	return out, s.resembling(tx.DB, i, fresh, k)
}

// alreadyKnown is the code of a relative who is left out.
const alreadyKnown services.Code = "already_known"

// known is what the database knows of a batch of rows.
type known struct {
	before map[string]uuid.UUID        // by fingerprint: whom an earlier import brought by the same row
	held   map[uuid.UUID]models.Member // the members of before
	named  map[int][]models.Member     // by place: members of that very name
	family map[place]bool              // by place and label: relatives of whom we have a member of that name
	closed map[uuid.UUID]bool          // the creator's own record, and those of people close to them
	hidden map[uuid.UUID]bool          // kept to other staff: as if they did not exist
}

// creator is the actor whose eyes a job has: what is closed to who brought the sheet must not come to them by it.
func creator(i *models.Import) *services.Actor {
	return &services.Actor{Kind: models.ActorAccount, MemberID: i.CreatedBy}
}

func (s *Service) known(db *gorm.DB, i *models.Import, open []*judged) (*known, error) {
	k := &known{before: map[string]uuid.UUID{}, held: map[uuid.UUID]models.Member{}, family: map[place]bool{}, closed: map[uuid.UUID]bool{}, hidden: map[uuid.UUID]bool{}}
	if err := k.remember(db, open); err != nil {
		return nil, err
	}
	var asked []people.Named
	var whose []place
	for n, j := range open {
		for _, p := range append([]*person{&j.fam.main}, pointers(j.fam.others)...) {
			asked, whose = append(asked, people.Named{GivenName: p.member.GivenName, FamilyName: p.member.FamilyName}), append(whose, place{n, p.label})
		}
	}
	named, err := people.NamedLike(db, asked)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, members := range named {
		for _, m := range members {
			ids = append(ids, m.ID)
		}
	}
	for id := range k.held {
		ids = append(ids, id)
	}
	if err := k.close(db, i, ids, s.core.Clock.Now()); err != nil {
		return nil, err
	}
	k.named = map[int][]models.Member{}
	for n, members := range named {
		members = slices.DeleteFunc(members, func(m models.Member) bool { return k.hidden[m.ID] })
		if whose[n].label == "main" {
			k.named[whose[n].row] = members
		} else {
			k.family[whose[n]] = relativeKnown(open[whose[n].row], whose[n].label, members)
		}
	}
	return k, nil
}

// remember finds whom the same rows of earlier imports brought; merged records stand for the one that was kept.
func (k *known) remember(db *gorm.DB, open []*judged) error {
	prints := make([][]byte, len(open))
	for n, j := range open {
		prints[n] = j.row.Fingerprint
	}
	if len(prints) == 0 {
		return nil
	}
	var rows []struct {
		Fingerprint   []byte
		models.Member `gorm:"embedded"`
	}
	err := db.Raw(`select distinct on (r.fingerprint) r.fingerprint, m.* from import_rows r join members first on first.id = r.member_id
		join members m on m.id = coalesce(first.merged_into, first.id)
		where r.fingerprint in ? and r.state in ('written', 'kept') order by r.fingerprint, r.id`, prints).Scan(&rows).Error
	for _, row := range rows {
		k.before[string(row.Fingerprint)], k.held[row.ID] = row.ID, row.Member
	}
	return err
}

// close learns which of the members are a colleague's to handle, and which the creator must not know of.
func (k *known) close(db *gorm.DB, i *models.Import, ids []uuid.UUID, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	var open, seen []uuid.UUID
	among := func() *gorm.DB { return db.Table("members").Where("members.id IN ?", ids) }
	if err := among().Scopes(creator(i).NotOwn("members.id", now)).Pluck("id", &open).Error; err != nil {
		return err
	}
	if err := among().Scopes(creator(i).NotRestricted("members.id")).Pluck("id", &seen).Error; err != nil {
		return err
	}
	for _, id := range ids {
		k.hidden[id] = !slices.Contains(seen, id)
		k.closed[id] = !k.hidden[id] && !slices.Contains(open, id)
	}
	return nil
}

// relativeKnown says whether a relative of the row is a member already: of that name, with nothing that speaks against it.
func relativeKnown(j *judged, label string, members []models.Member) bool {
	at := slices.IndexFunc(j.fam.others, func(p person) bool { return p.label == label })
	return slices.ContainsFunc(members, func(m models.Member) bool { return same(&j.fam.others[at].member, &m) })
}

// same says whether a row of the same name is about m: an address or number in common and birth dates that do not differ,
// or the same birth date and no address or number that differs.
func same(row, m *models.Member) bool {
	agree, differ := 0, 0
	compare := func(a, b *string) {
		switch {
		case a == nil || b == nil:
		case strings.EqualFold(*a, *b):
			agree++
		default:
			differ++
		}
	}
	compare(row.Email, m.Email)
	compare(row.Phone, m.Phone)
	born := row.BirthDate != nil && m.BirthDate != nil
	if born && row.BirthDate.String() != m.BirthDate.String() {
		return false
	}
	return agree > 0 || born && differ == 0
}

// judge decides on a row by what is known, or leaves its fate open.
func (k *known) judge(n int, j *judged, r *reader) {
	var found []models.Member
	if id, ok := k.before[string(j.row.Fingerprint)]; ok && !k.hidden[id] {
		found = append(found, k.held[id])
	} else {
		for _, m := range k.named[n] {
			if same(&j.fam.main.member, &m) {
				found = append(found, m)
			}
		}
	}
	if slices.ContainsFunc(found, func(m models.Member) bool { return k.closed[m.ID] }) {
		j.colleague()
		return
	}
	switch {
	case len(found) > 1:
		j.fate = models.FateDuplicate
		for _, m := range found {
			id := m.ID
			j.matches = append(j.matches, ImportMatch{MemberID: &id, Person: "main", Score: 95, Reasons: []string{"same_name", "several_members"}})
		}
		j.matchID = j.matches[0].MemberID
	case len(found) == 1:
		j.meet(&found[0], r)
	}
}

// colleague leaves a row about the caller, or somebody close to them, to somebody else.
func (j *judged) colleague() {
	j.fate, j.matches, j.matchID = models.FateError, nil, nil
	j.issues = append(j.issues, CellIssue{Code: "handled_by_colleague", Message: "A colleague has to enter this row."})
}

// meet compares the row with the member it is about.
func (j *judged) meet(m *models.Member, r *reader) {
	id := m.ID
	j.matchID, j.matches = &id, []ImportMatch{{MemberID: &id, Person: "main", Score: 100, Reasons: []string{"same_person"}}}
	if m.Status == models.MemberDeceased {
		j.fate = models.FateError
		j.issues = append(j.issues, CellIssue{Code: "member_closed", Message: "This member has died. Nothing is changed of the record."})
		return
	}
	after := *m
	j.changes = r.merge(&j.fam.main, &after)
	if j.fate = models.FateUpdate; len(j.changes) == 0 {
		j.fate = models.FateUnchanged
	}
	if len(j.fam.others) > 0 && j.fate == models.FateUpdate {
		j.issues = append(j.issues, CellIssue{Code: "family_left_out", Ignored: true, Message: "This person is known. Their relatives in this row are not entered: add them to the household."})
	}
}

// resembling looks for members who may be the people of rows that are still open; whom nobody resembles is new.
func (s *Service) resembling(db *gorm.DB, i *models.Import, fresh []*judged, k *known) error {
	asked := make([]people.Likeness, len(fresh))
	for n, j := range fresh {
		m := &j.fam.main.member
		asked[n] = people.Likeness{GivenName: m.GivenName, FamilyName: m.FamilyName, PreferredName: value(m.PreferredName), BirthDate: m.BirthDate,
			Email: value(m.Email), Phone: value(m.Phone), PostalCode: m.PostalCode, AddressLine1: m.AddressLine1}
	}
	found, err := people.FindDuplicates(db, asked)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	for _, matches := range found {
		for _, m := range matches {
			ids = append(ids, m.MemberID)
		}
	}
	if err := k.close(db, i, ids, s.core.Clock.Now()); err != nil {
		return err
	}
	for n, j := range fresh {
		j.weigh(found[n], k)
	}
	return nil
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func reasons(in []models.DuplicateReason) []string {
	out := make([]string, len(in))
	for n, r := range in {
		out[n] = string(r)
	}
	return out
}

const (
	// leastScore of a resemblance that somebody should look at.
	leastScore = 60
	// mostMatches are shown of one row.
	mostMatches = 5
)

func (j *judged) weigh(found []people.Match, k *known) {
	for _, m := range found {
		if m.Score < leastScore || len(j.matches) == mostMatches || k.hidden[m.MemberID] {
			continue
		}
		if k.closed[m.MemberID] {
			j.colleague()
			return
		}
		id := m.MemberID
		j.matches = append(j.matches, ImportMatch{MemberID: &id, Person: "main", Score: m.Score, Reasons: reasons(m.Reasons)})
	}
	if j.matches != nil {
		slices.SortStableFunc(j.matches, func(a, b ImportMatch) int { return b.Score - a.Score })
		j.fate, j.matchID = models.FateDuplicate, j.matches[0].MemberID
		return
	}
	j.fate = models.FateCreate
}
