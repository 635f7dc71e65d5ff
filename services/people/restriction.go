package people

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// RestrictMember names the staff to whom a record is kept.
type RestrictMember struct {
	StaffIDs []uuid.UUID `json:"staff_ids" minItems:"1" maxItems:"20" doc:"Who alone may find, read and change the record: the whole list"`
	Replaces []uuid.UUID `json:"replaces,omitempty" maxItems:"20" doc:"The staff named until now, as you read them, in any order; absent for a record that is not restricted. 409 restriction_changed when others are named by now"`
	Reason   string      `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"A colleague's own record"`
}

// NamedStaff is one of the staff to whom a record is kept.
type NamedStaff struct {
	MemberID uuid.UUID `json:"member_id"`
	Name     string    `json:"name" example:"Carol Whitfield"`
}

// Restriction is a record that is kept to named staff.
type Restriction struct {
	MemberID     uuid.UUID    `json:"member_id"`
	Name         string       `json:"name" example:"Luis Ortega"`
	Staff        []NamedStaff `json:"staff" nullable:"false" gorm:"-"`
	RestrictedBy uuid.UUID    `json:"restricted_by" doc:"Who said so last"`
	Since        time.Time    `json:"since"`
	SortName     string       `json:"-"`
}

// Restrict keeps a record to the named staff, in place of those named before: for everybody else it is as if it did not
// exist, lists, counts and searches included. Places in a workshop stay visible to whoever runs it. An admin need not be
// named to change the list. Errors: forbidden own_record; not_found; conflict member_closed for a record that was merged
// away, and restriction_changed where others are named by now than Replaces says; invalid cannot_handle for somebody who does not work here, is the member or close to them.
func (s *Service) Restrict(ctx context.Context, memberID uuid.UUID, in RestrictMember) (*Restriction, error) {
	return services.Mutate(ctx, s.core, "member.restrict", func(tx *services.Tx) (*Restriction, error) {
		m, err := restrictable(tx, memberID)
		if err != nil {
			return nil, err
		}
		if m.Status == models.MemberMerged {
			return nil, services.Conflict("member_closed", "This record was merged into another. Restrict that one.")
		}
		staff := inIDOrder(in.StaffIDs)
		if err := mayBeNamed(tx, m.ID, in.StaffIDs); err != nil {
			return nil, err
		}
		named, err := openAgain(tx, m.ID)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(named, inIDOrder(in.Replaces)) {
			return nil, services.Conflict("restriction_changed", "Others are named by now. Read who is, then say again who should be.")
		}
		for _, id := range staff {
			row := models.MemberRestriction{ID: services.NewID(), CreatedAt: tx.Now(), MemberID: m.ID, StaffID: id, RestrictedBy: tx.Actor().MemberID}
			if err := tx.DB.Create(&row).Error; err != nil {
				return nil, err
			}
			tx.Changed(nil, row)
		}
		if err := tx.Because(m.ID, in.Reason); err != nil {
			return nil, err
		}
		found := []Restriction{{MemberID: m.ID, Name: m.Name()}}
		return &found[0], nameStaff(tx.DB, found)
	})
}

func inIDOrder(ids []uuid.UUID) []uuid.UUID {
	return slices.Compact(slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }))
}

// LiftRestriction opens a record to all who may see members. Errors: forbidden own_record; not_found; conflict
// not_restricted.
func (s *Service) LiftRestriction(ctx context.Context, memberID uuid.UUID, in StaffReason) (*Restriction, error) {
	return services.Mutate(ctx, s.core, "member.unrestrict", func(tx *services.Tx) (*Restriction, error) {
		m, err := restrictable(tx, memberID)
		if err != nil {
			return nil, err
		}
		found := []Restriction{{MemberID: m.ID, Name: m.Name()}}
		if err := nameStaff(tx.DB, found); err != nil {
			return nil, err
		}
		if len(found[0].Staff) == 0 {
			return nil, services.Conflict("not_restricted", "This record is not restricted.")
		}
		if _, err := openAgain(tx, m.ID); err != nil {
			return nil, err
		}
		found[0].Staff = []NamedStaff{}
		return &found[0], tx.Because(m.ID, in.Reason)
	})
}

// restrictable locks the row of a member, be it kept to others or not.
func restrictable(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	near, err := Kin(tx, tx.Actor().MemberID, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	if len(near) > 0 {
		return nil, services.Forbidden("own_record", "This is your own record or that of somebody close to you. Ask a colleague to handle it.")
	}
	tx.Locks(services.LockMembers)
	var rows []models.Member
	if err := tx.DB.Clauses(forUpdate).Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("member")
	}
	return &rows[0], nil
}

func mayBeNamed(tx *services.Tx, memberID uuid.UUID, ids []uuid.UUID) error {
	var able []uuid.UUID
	var staff models.Texts[models.Role]
	for _, r := range models.Roles() {
		if r.Staff() {
			staff = append(staff, r)
		}
	}
	err := tx.DB.Raw(`SELECT a.member_id FROM accounts a WHERE a.member_id IN ? AND a.member_id <> ? AND a.status = 'active' AND a.roles && ?::text[]
		AND NOT EXISTS (SELECT FROM kin_of(a.member_id, ?) k WHERE k = ?)`, ids, memberID, staff, models.DateOf(tx.Now()), memberID).Scan(&able).Error
	if err != nil {
		return err
	}
	var p problems
	for i, id := range ids {
		if !slices.Contains(able, id) {
			p.add(fmt.Sprintf("/staff_ids/%d", i), "cannot_handle", "Name somebody who works here and may handle this record.")
		}
	}
	return p.err()
}

// openAgain names nobody any more, and answers who was named, in the order of ids.
func openAgain(tx *services.Tx, memberID uuid.UUID) (named []uuid.UUID, err error) {
	var rows []models.MemberRestriction
	if err := tx.DB.Where("member_id = ?", memberID).Order("staff_id").Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	for _, row := range rows {
		tx.Changed(row, nil)
		named = append(named, row.StaffID)
	}
	return named, tx.DB.Where("member_id = ?", memberID).Delete(&models.MemberRestriction{}).Error
}

// nameStaff fills in who is named for each record, and by whom.
func nameStaff(db *gorm.DB, of []Restriction) error {
	ids := make([]uuid.UUID, len(of))
	at := map[uuid.UUID]*Restriction{}
	for i := range of {
		ids[i], at[of[i].MemberID] = of[i].MemberID, &of[i]
		of[i].Staff = []NamedStaff{}
	}
	var rows []struct {
		models.MemberRestriction
		Name string
	}
	err := db.Raw(`SELECT r.*, btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS name FROM member_restrictions r
		JOIN members m ON m.id = r.staff_id WHERE r.member_id IN ? ORDER BY r.member_id, name, r.staff_id`, ids).Scan(&rows).Error
	for _, row := range rows {
		r := at[row.MemberID]
		r.RestrictedBy, r.Since = row.RestrictedBy, row.CreatedAt
		r.Staff = append(r.Staff, NamedStaff{row.StaffID, row.Name})
	}
	return err
}

// NotHidden is a step: a record of one of the members, what it is called, is not found when that member's own is kept to
// others than the actor. Nobody's own is hidden from them. Errors: not_found.
func NotHidden(tx *services.Tx, what string, ids ...uuid.UUID) error {
	if tx.Actor().Kind == models.ActorSystem || len(ids) == 0 {
		return nil
	}
	var hidden bool
	err := tx.DB.Raw("select exists (select 1 from restricted_from(?) r where r in ?)", tx.Actor().MemberID, ids).Scan(&hidden).Error
	if err == nil && hidden {
		return services.NotFound(what)
	}
	return err
}

var restrictions = services.List[Restriction]{
	IDColumn: "members.id",
	ID:       func(r Restriction) uuid.UUID { return r.MemberID },
	Sorts: []services.Sort[Restriction]{
		{Name: "name", Column: "folded(members.family_name || ' ' || members.given_name)", Cast: "text", Key: func(r Restriction) any { return r.SortName }},
	},
	Default: "name",
}

// Restrictions pages through the records that are kept to named staff, for those who may change that; the look is
// logged. The caller's own and those of people close to them are left to colleagues.
func (s *Service) Restrictions(ctx context.Context, in services.PageQuery) (*services.Page[Restriction], error) {
	return services.Disclose(ctx, s.core, "restriction.list", func(d *services.Disclosure) (*services.Page[Restriction], error) {
		me := d.Tx().Actor().MemberID
		q := d.DB.Table("members").Select(`members.id AS member_id, btrim(coalesce(members.preferred_name, members.given_name) || ' ' || members.family_name) AS name,
			folded(members.family_name || ' ' || members.given_name) AS sort_name`).
			Where("members.id IN (SELECT member_id FROM member_restrictions)").
			Where("members.id <> ? AND members.id NOT IN (SELECT kin_of(?, ?))", me, me, models.DateOf(d.Tx().Now()))
		page, err := restrictions.Find(ctx, s.core, q, in)
		if err != nil || len(page.Data) == 0 {
			return &page, err
		}
		for _, r := range page.Data {
			d.Subject(r.MemberID)
		}
		return &page, nameStaff(d.DB, page.Data)
	})
}
