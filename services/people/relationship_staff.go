package people

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// RecordRelationship is a family tie of a child as staff know it.
type RecordRelationship struct {
	MemberID uuid.UUID               `json:"member_id" doc:"Who is the kind"`
	Kind     models.RelationshipKind `json:"kind" enum:"spouse,partner,former_spouse,parent,child,stepchild,sibling,grandparent,guardian,caregiver,survivor_of,battle_buddy,emergency_contact" example:"sibling"`
	OtherID  uuid.UUID               `json:"other_id" doc:"Of whom"`
	StartsOn *models.Date            `json:"starts_on,omitempty" required:"false"`
}

// RecordRelationship enters a tie of a child. Two adults are linked only by one asking and the other accepting. It gives
// nobody a right to act: that comes from guardianship. Errors: forbidden own_record; not_found; conflict adults_ask,
// adult_and_minor and already_linked; invalid same_person.
func (s *Service) RecordRelationship(ctx context.Context, in RecordRelationship) (*models.Relationship, error) {
	return services.Mutate(ctx, s.core, "relationship.create", func(tx *services.Tx) (*models.Relationship, error) {
		if in.MemberID == in.OtherID {
			return nil, services.InvalidField("/other_id", "same_person", "Choose two different people.")
		}
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), in.MemberID, in.OtherID); err != nil {
			return nil, err
		}
		both, err := Load(tx, []uuid.UUID{in.MemberID, in.OtherID})
		if err != nil {
			return nil, err
		}
		if len(both) < 2 {
			return nil, services.NotFound("member")
		}
		if !both[0].MinorOn(today(tx, &both[0])) && !both[1].MinorOn(today(tx, &both[1])) {
			return nil, services.Conflict("adults_ask", "Two adults are linked when one asks and the other accepts. Ask them to do it in the app.")
		}
		if err := safeForMinor(tx, in, both); err != nil {
			return nil, err
		}
		r := &models.Relationship{Record: head(tx), MemberID: &in.MemberID, Kind: in.Kind, OtherID: &in.OtherID, Status: models.RelationshipAccepted, StartsOn: in.StartsOn}
		if err := tx.DB.Create(r).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *r)
		return r, nil
	})
}

// safeForMinor: an adult is no battle buddy of a minor, unless they live together.
// Errors: conflict adult_and_minor.
func safeForMinor(tx *services.Tx, in RecordRelationship, both []models.Member) error {
	if in.Kind != models.RelationBattleBuddy || both[0].MinorOn(today(tx, &both[0])) == both[1].MinorOn(today(tx, &both[1])) {
		return nil
	}
	var together bool
	err := tx.DB.Raw(`select exists (select from household_members a join household_members b on b.household_id = a.household_id
		where a.member_id = @one and b.member_id = @two and daterange(a.starts_on, a.ends_on) @> cast(@day as date) and daterange(b.starts_on, b.ends_on) @> cast(@day as date))`,
		sql.Named("one", in.MemberID), sql.Named("two", in.OtherID), sql.Named("day", models.DateOf(tx.Now()))).Scan(&together).Error
	if err == nil && !together {
		err = services.Conflict("adult_and_minor", "An adult and somebody under 18 of another household cannot be battle buddies.")
	}
	return err
}

func relationship(db *gorm.DB, id uuid.UUID) (*models.Relationship, error) {
	var rows []models.Relationship
	// What waits for an answer or was refused is between the two.
	if err := db.Where("id = ? AND status IN ('accepted', 'ended')", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("relationship")
	}
	return &rows[0], nil
}

// GetRelationship answers one relationship. Errors: forbidden own_record; not_found, also for asks.
func (s *Service) GetRelationship(ctx context.Context, id uuid.UUID) (*models.Relationship, error) {
	return look(ctx, s, "relationship.read", id, func(db *gorm.DB, _ *services.Actor) (*models.Relationship, []uuid.UUID, error) {
		r, err := relationship(db, id)
		if err != nil {
			return nil, nil, err
		}
		return r, []uuid.UUID{*r.MemberID, *r.OtherID}, nil
	})
}

// EndRelationship ends a tie, whoever entered it. Errors: forbidden own_record; not_found; conflict relationship_ended.
func (s *Service) EndRelationship(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Relationship, error) {
	return services.Mutate(ctx, s.core, "relationship.end", func(tx *services.Tx) (*models.Relationship, error) {
		r, err := relationship(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := mayHandle(tx.DB, tx.Actor(), tx.Now(), "relationship", *r.MemberID, *r.OtherID); err != nil {
			return nil, err
		}
		if r.Status == models.RelationshipEnded {
			return nil, services.Conflict("relationship_ended", "This relationship has ended already.")
		}
		before := *r
		end(tx, r)
		if err := tx.Because(*r.MemberID, in.Reason); err != nil {
			return nil, err
		}
		return r, storeRelationship(tx, before, r)
	})
}

// Relationships lists a member's ties, those that ended included. Errors: forbidden own_record; not_found.
func (s *Service) Relationships(ctx context.Context, memberID uuid.UUID) (*services.Page[models.Relationship], error) {
	return look(ctx, s, "relationship.list", memberID, func(db *gorm.DB, actor *services.Actor) (*services.Page[models.Relationship], []uuid.UUID, error) {
		if _, err := member(db, actor, memberID); err != nil {
			return nil, nil, err
		}
		page := &services.Page[models.Relationship]{Data: []models.Relationship{}}
		return page, []uuid.UUID{memberID}, db.Scopes(actor.NotRestricted("member_id"), actor.NotRestricted("other_id")).
			Where("(member_id = ? OR other_id = ?) AND status IN ('accepted', 'ended')", memberID, memberID).
			Order("created_at, id").Limit(atMost).Find(&page.Data).Error
	})
}
