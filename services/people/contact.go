package people

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// NewEmergencyContact is whom to call in an emergency.
type NewEmergencyContact struct {
	Name      string           `json:"name" minLength:"1" maxLength:"120" example:"Rosa Ortega"`
	Relation  string           `json:"relation,omitempty" maxLength:"60" example:"mother"`
	Phone     string           `json:"phone" maxLength:"40" example:"(910) 555-0177"`
	Email     *string          `json:"email,omitempty" required:"false" maxLength:"254"`
	MayBeTold models.MayBeTold `json:"may_be_told,omitempty" enum:"emergency_only,membership,anything" default:"emergency_only" doc:"What they may learn: nothing but an emergency, that this person is a member, or anything"`
}

// EmergencyContacts is a whole list, in the order of calling.
type EmergencyContacts struct {
	Contacts []NewEmergencyContact `json:"contacts" maxItems:"5"`
}

// OwnContacts lists the caller's own emergency contacts.
func (s *Service) OwnContacts(ctx context.Context) (*services.Page[models.EmergencyContact], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.EmergencyContact], error) {
		return contactList(db, actor.MemberID, actor.MemberID)
	})
}

func contactList(db *gorm.DB, memberID, enteredBy uuid.UUID) (*services.Page[models.EmergencyContact], error) {
	page := &services.Page[models.EmergencyContact]{Data: []models.EmergencyContact{}}
	return page, db.Where("member_id = ? AND entered_by = ?", memberID, enteredBy).Order("place").Find(&page.Data).Error
}

// ReplaceOwnContacts replaces the caller's own list. Errors: invalid, naming each value.
func (s *Service) ReplaceOwnContacts(ctx context.Context, in EmergencyContacts) (*services.Page[models.EmergencyContact], error) {
	return services.Mutate(ctx, s.core, "emergency_contacts.replace", func(tx *services.Tx) (*services.Page[models.EmergencyContact], error) {
		tx.Locks(services.LockMembers)
		me, err := self(tx.DB.Clauses(forUpdate), tx.Actor())
		if err != nil {
			return nil, err
		}
		return replaceContacts(tx, me.ID, me.ID, in)
	})
}

// DependentContacts lists what the caller entered for a child. Errors: not_found.
func (s *Service) DependentContacts(ctx context.Context, childID uuid.UUID) (*services.Page[models.EmergencyContact], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.EmergencyContact], error) {
		if _, err := dependentOf(db, actor, childID, s.core.Clock.Now()); err != nil {
			return nil, err
		}
		return contactList(db, childID, actor.MemberID)
	})
}

// ReplaceDependentContacts replaces the caller's own list for a child; other guardians keep theirs. Errors: not_found;
// invalid, naming each value.
func (s *Service) ReplaceDependentContacts(ctx context.Context, childID uuid.UUID, in EmergencyContacts) (*services.Page[models.EmergencyContact], error) {
	return services.Mutate(ctx, s.core, "emergency_contacts.replace", func(tx *services.Tx) (*services.Page[models.EmergencyContact], error) {
		tx.Locks(services.LockMembers)
		// The guardian's own row is locked, not the child's: two guardians never wait for one another.
		if _, err := self(tx.DB.Clauses(forUpdate), tx.Actor()); err != nil {
			return nil, err
		}
		if _, err := dependentOf(tx.DB, tx.Actor(), childID, tx.Now()); err != nil {
			return nil, err
		}
		return replaceContacts(tx, childID, tx.Actor().MemberID, in)
	})
}

// ReplaceContacts replaces the list that staff keep on a member's record. It is an edit of the record: If-Match is the
// member's. Errors: forbidden own_record; not_found; stale; invalid, naming each value.
func (s *Service) ReplaceContacts(ctx context.Context, memberID uuid.UUID, in EmergencyContacts) (*MemberView, error) {
	return services.Mutate(ctx, s.core, "emergency_contacts.replace", func(tx *services.Tx) (*MemberView, error) {
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), memberID); err != nil {
			return nil, err
		}
		m, err := locked(tx, memberID)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(m.Version); err != nil {
			return nil, err
		}
		before := *m
		if _, err := replaceContacts(tx, m.ID, m.ID, in); err != nil {
			return nil, err
		}
		if err := storeMember(tx, before, m); err != nil {
			return nil, err
		}
		v := &MemberView{Member: *m, Minor: m.MinorOn(today(tx, m))}
		return v, v.fill(tx.DB, tx.Actor())
	})
}

func replaceContacts(tx *services.Tx, memberID, enteredBy uuid.UUID, in EmergencyContacts) (*services.Page[models.EmergencyContact], error) {
	next, err := tidyContacts(tx, memberID, enteredBy, in)
	if err != nil {
		return nil, err
	}
	old, err := contactList(tx.DB, memberID, enteredBy)
	if err != nil {
		return nil, err
	}
	tx.Unchanged()
	for _, c := range old.Data {
		tx.Changed(c, nil)
	}
	if err := tx.DB.Where("member_id = ? AND entered_by = ?", memberID, enteredBy).Delete(&models.EmergencyContact{}).Error; err != nil {
		return nil, err
	}
	for i := range next {
		tx.Changed(nil, next[i])
	}
	page := &services.Page[models.EmergencyContact]{Data: next}
	if len(next) == 0 {
		return page, nil
	}
	return page, tx.DB.Create(&next).Error
}

func tidyContacts(tx *services.Tx, memberID, enteredBy uuid.UUID, in EmergencyContacts) ([]models.EmergencyContact, error) {
	var p problems
	out := make([]models.EmergencyContact, 0, len(in.Contacts))
	for i, c := range in.Contacts {
		at := fmt.Sprintf("/contacts/%d", i)
		row := models.EmergencyContact{ID: services.NewID(), CreatedAt: tx.Now(), MemberID: memberID, EnteredBy: enteredBy, Place: i + 1,
			Name: services.Line(c.Name), Relation: services.Line(c.Relation), Email: c.Email, MayBeTold: c.MayBeTold}
		if row.MayBeTold == "" {
			row.MayBeTold = models.ToldEmergency
		}
		if row.Name == "" {
			p.add(at+"/name", "required", "Give a name to ask for.")
		}
		phone := &c.Phone
		if p.tidyPhone(at+"/phone", &phone); phone == nil {
			p.add(at+"/phone", "required", "Give a telephone number.")
		} else {
			row.Phone = *phone
		}
		p.tidyEmail(at+"/email", &row.Email)
		out = append(out, row)
	}
	if len(out) > 5 {
		p.add("/contacts", "too_many", "Give at most five contacts.")
	}
	return out, p.err()
}
