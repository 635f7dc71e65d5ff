package people

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	askFor = 30 * 24 * time.Hour
	// A refusal stands this long: whoever was refused may ask again, and nobody is asked.
	refusedFor = 90 * 24 * time.Hour
)

// asks bounds how many people one account can ask.
var asks = services.Limit{Name: "relationship.ask", Every: time.Hour, Burst: 10}

// LinkDirection says which of two people the kind is about.
type LinkDirection string

// The directions, from where the caller stands: "I am their spouse", "they are my caregiver".
const (
	IAm     LinkDirection = "i_am"
	TheyAre LinkDirection = "they_are"
)

// RelationshipLink is a relationship as one of the two sees it. A refused ask looks like one that waits.
type RelationshipLink struct {
	ID        uuid.UUID               `json:"id"`
	Kind      models.RelationshipKind `json:"kind" enum:"spouse,partner,former_spouse,parent,child,stepchild,sibling,grandparent,guardian,caregiver,survivor_of,battle_buddy,emergency_contact" example:"spouse"`
	Direction LinkDirection           `json:"direction" enum:"i_am,they_are" doc:"Who is the kind: you of them, or they of you"`
	Status    string                  `json:"status" enum:"asked,accepted" example:"asked"`
	WaitsFor  *string                 `json:"waits_for" enum:"you,them" doc:"Whose answer an ask waits for; null once accepted"`
	Email     *string                 `json:"email" doc:"The address you asked, while it waits" example:"ana.ortega@example.org"`
	OtherID   *uuid.UUID              `json:"other_id" nullable:"true" doc:"Who they are, once accepted"`
	OtherName *string                 `json:"other_name" doc:"Their name, once accepted or when they asked you" example:"Ana Ortega"`
	CreatedAt time.Time               `json:"created_at"`
	ExpiresAt *time.Time              `json:"expires_at" doc:"When an unanswered ask goes away"`
}

// Identity is what an answer's Location header ends in.
func (l RelationshipLink) Identity() uuid.UUID { return l.ID }

// AskRelationship names the person by an e-mail address, whether or not it is one we know.
type AskRelationship struct {
	Email     string                  `json:"email" format:"email" maxLength:"254" example:"ana.ortega@example.org"`
	Kind      models.RelationshipKind `json:"kind" enum:"spouse,partner,former_spouse,parent,child,stepchild,sibling,grandparent,guardian,caregiver,survivor_of,battle_buddy,emergency_contact"`
	Direction LinkDirection           `json:"direction,omitempty" enum:"i_am,they_are" default:"i_am" doc:"i_am: I am their spouse. they_are: they are my caregiver"`
}

// Ask asks another adult to be linked. The answer is the same for every address, a member's or not: whoever signs in
// with it sees the ask and may accept, refuse or leave it. Errors: forbidden adults_only; conflict already_asked;
// invalid for one's own address; too_many.
func (s *Service) Ask(ctx context.Context, in AskRelationship) (*RelationshipLink, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, asks, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "relationship.ask", func(tx *services.Tx) (*RelationshipLink, error) {
		me, err := adult(tx)
		if err != nil {
			return nil, err
		}
		email := &in.Email
		var p problems
		p.tidyEmail("/email", &email)
		if email == nil {
			p.add("/email", "required", "Write their e-mail address.")
		}
		if err := p.err(); err != nil {
			return nil, err
		}
		if own, err := verifiedEmail(tx.DB, me.ID); err != nil || strings.EqualFold(own, *email) {
			return nil, firstError(err, services.InvalidField("/email", "own_address", "This is your own address."))
		}
		expires := tx.Now().Add(askFor)
		r := models.Relationship{Record: head(tx), Kind: in.Kind, Status: models.RelationshipAsked, AskedBy: &me.ID, AskedEmail: email, ExpiresAt: &expires}
		if in.Direction == TheyAre {
			r.OtherID = &me.ID
		} else {
			r.MemberID = &me.ID
		}
		if err := beforeAsk(tx, &r); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(&r).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, r)
		return link(r, me.ID, nil), nil
	})
}

// beforeAsk lets asks that have run out go, and keeps an earlier refusal of the same person in force.
func beforeAsk(tx *services.Tx, r *models.Relationship) error {
	var over []models.Relationship
	err := tx.DB.Clauses(forUpdate).Where("asked_by = ? AND lower(asked_email) = lower(?) AND status IN ('asked', 'declined') AND expires_at <= ?",
		*r.AskedBy, *r.AskedEmail, tx.Now()).Order("id").Find(&over).Error
	if err != nil {
		return err
	}
	for i := range over {
		before := over[i]
		over[i].Status = models.RelationshipLapsed
		if err := storeRelationship(tx, before, &over[i]); err != nil {
			return err
		}
	}
	var refused []time.Time
	err = tx.DB.Raw(`select decided_at from relationships where asked_by = ? and lower(asked_email) = lower(?) and status in ('declined', 'lapsed') and decided_at > ?
		order by decided_at desc limit 1`, *r.AskedBy, *r.AskedEmail, tx.Now().Add(-refusedFor)).Scan(&refused).Error
	if len(refused) > 0 {
		r.Status, r.DecidedAt = models.RelationshipDeclined, &refused[0]
	}
	return err
}

// adult is the signed-in member, who must be of age. Errors: not_found; forbidden adults_only.
func adult(tx *services.Tx) (*models.Member, error) {
	me, err := self(tx.DB, tx.Actor())
	if err != nil {
		return nil, err
	}
	if me.MinorOn(today(tx, me)) {
		return nil, services.Forbidden("adults_only", "You can do this yourself from your 18th birthday on. Until then ask us.")
	}
	return me, nil
}

// askedAt is the address at which somebody is asked, or "": nobody under 18 is asked anything, nor learns that they were.
func askedAt(db *gorm.DB, me *models.Member, now time.Time) (string, error) {
	if me.MinorOn(me.Today(now)) {
		return "", nil
	}
	return verifiedEmail(db, me.ID)
}

// verifiedEmail is the address somebody proved to be theirs, or "".
func verifiedEmail(db *gorm.DB, memberID uuid.UUID) (string, error) {
	var found []string
	err := db.Table("accounts").Where("member_id = ? AND status = 'active' AND email_verified_at IS NOT NULL", memberID).Limit(1).Pluck("email", &found).Error
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// link is r as me sees it; other is the person on the far side, when known to me.
func link(r models.Relationship, me uuid.UUID, other *models.Member) *RelationshipLink {
	l := &RelationshipLink{ID: r.ID, Kind: r.Kind, Direction: TheyAre, Status: "accepted", CreatedAt: r.CreatedAt}
	mine := r.AskedBy != nil && *r.AskedBy == me
	if r.Status != models.RelationshipAccepted {
		waits := "you"
		if mine {
			waits, l.Email = "them", r.AskedEmail
		}
		l.Status, l.WaitsFor, l.ExpiresAt = "asked", &waits, r.ExpiresAt
	}
	if (r.MemberID != nil && *r.MemberID == me) || (r.MemberID == nil && !mine) {
		l.Direction = IAm
	}
	if other != nil {
		name := other.Name()
		l.OtherName = &name
		if r.Status == models.RelationshipAccepted {
			l.OtherID = &other.ID
		}
	}
	return l
}

// Links lists those the caller is linked to, the asks they wait for and the asks that wait for them.
func (s *Service) Links(ctx context.Context) (*services.Page[RelationshipLink], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[RelationshipLink], error) {
		page := &services.Page[RelationshipLink]{Data: []RelationshipLink{}}
		me, err := self(db, actor)
		if err != nil {
			return nil, err
		}
		now := s.core.Clock.Now()
		email, err := askedAt(db, me, now)
		if err != nil {
			return nil, err
		}
		var rows []models.Relationship
		err = db.Where(mine(db, me.ID, email, now)).
			Order("created_at, id").Limit(atMost).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		others, err := farSides(db, rows, me.ID)
		for _, r := range rows {
			page.Data = append(page.Data, *link(r, me.ID, others[r.ID]))
		}
		return page, err
	})
}

// Link answers one of the caller's links or asks. Errors: not_found.
func (s *Service) Link(ctx context.Context, id uuid.UUID) (*RelationshipLink, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*RelationshipLink, error) {
		me, err := self(db, actor)
		if err != nil {
			return nil, services.NotFound("relationship")
		}
		email, err := askedAt(db, me, s.core.Clock.Now())
		if err != nil {
			return nil, err
		}
		var rows []models.Relationship
		err = db.Where("id = ?", id).Where(mine(db, actor.MemberID, email, s.core.Clock.Now())).Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return nil, firstError(err, services.NotFound("relationship"))
		}
		others, err := farSides(db, rows, actor.MemberID)
		return link(rows[0], actor.MemberID, others[id]), err
	})
}

// mine is the scope of one person's links: those that both agreed to, the asks they sent, a refused one included, and
// those that wait at the address they proved to be theirs. What staff recorded of a child is not shown here: it is no
// agreement, and a guardian could learn of another by it.
func mine(db *gorm.DB, me uuid.UUID, email string, now time.Time) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true}).
		Where("(member_id = ? OR other_id = ?) AND status = 'accepted' AND asked_by IS NOT NULL", me, me).
		Or("asked_by = ? AND status IN ('asked', 'declined') AND expires_at > ?", me, now).
		Or(waitsFor(db, me, email, now))
}

// waitsFor picks the asks that wait at an address which somebody proved to be theirs. Of two people whom staff keep apart
// neither is asked by the other: the ask is taken, looks like any that nobody answers, and lapses.
func waitsFor(db *gorm.DB, me uuid.UUID, email string, now time.Time) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true}).
		Where("relationships.status = 'asked' AND lower(relationships.asked_email) = lower(?) AND relationships.expires_at > ? AND relationships.asked_by <> ?", email, now, me).
		Where(`relationships.asked_by NOT IN (SELECT CASE s.first_id WHEN ? THEN s.second_id ELSE s.first_id END FROM separations s
			WHERE s.status = 'live' AND (s.ends_on IS NULL OR s.ends_on >= ?) AND (s.first_id = ? OR s.second_id = ?))`, me, models.DateOf(now), me, me)
}

// farSide is the other person of a relationship, as far as me may know them: never the one whom me has asked.
func farSide(r *models.Relationship, me uuid.UUID) *uuid.UUID {
	for _, id := range []*uuid.UUID{r.MemberID, r.OtherID} {
		if id != nil && *id != me {
			return id
		}
	}
	return nil
}

func farSides(db *gorm.DB, rows []models.Relationship, me uuid.UUID) (map[uuid.UUID]*models.Member, error) {
	var ids []uuid.UUID
	for i := range rows {
		if id := farSide(&rows[i], me); id != nil {
			ids = append(ids, *id)
		}
	}
	out := map[uuid.UUID]*models.Member{}
	if len(ids) == 0 {
		return out, nil
	}
	var people []models.Member
	if err := db.Where("id IN ?", ids).Find(&people).Error; err != nil {
		return nil, err
	}
	for i := range rows {
		id := farSide(&rows[i], me)
		for j := range people {
			if id != nil && people[j].ID == *id {
				out[rows[i].ID] = &people[j]
			}
		}
	}
	return out, nil
}

// toMe reads an ask that waits for the signed-in adult. Errors: not_found, also for one that ran out.
func toMe(tx *services.Tx, id uuid.UUID) (*models.Relationship, *models.Member, error) {
	me, err := adult(tx)
	if err != nil {
		return nil, nil, err
	}
	email, err := verifiedEmail(tx.DB, me.ID)
	if err != nil {
		return nil, nil, err
	}
	var rows []models.Relationship
	err = tx.DB.Clauses(forUpdate).Where("id = ?", id).Where(waitsFor(tx.DB, me.ID, email, tx.Now())).
		Limit(1).Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = services.NotFound("request")
	}
	if err != nil {
		return nil, nil, err
	}
	return &rows[0], me, nil
}

// Accept links the two. Errors: not_found; forbidden adults_only; conflict already_linked.
func (s *Service) Accept(ctx context.Context, id uuid.UUID) (*RelationshipLink, error) {
	return services.Mutate(ctx, s.core, "relationship.accept", func(tx *services.Tx) (*RelationshipLink, error) {
		r, me, err := toMe(tx, id)
		if err != nil {
			return nil, err
		}
		before, at := *r, tx.Now()
		r.Status, r.DecidedAt, r.AskedEmail, r.ExpiresAt = models.RelationshipAccepted, &at, nil, nil
		if r.MemberID == nil {
			r.MemberID = &me.ID
		} else {
			r.OtherID = &me.ID
		}
		if err := storeRelationship(tx, before, r); err != nil {
			return nil, err
		}
		others, err := farSides(tx.DB, []models.Relationship{*r}, me.ID)
		return link(*r, me.ID, others[r.ID]), err
	})
}

// Unlink ends a link, takes an own ask back, or refuses one, alone and at once. The other is not told: a refused ask goes
// on looking unanswered. Errors: not_found.
func (s *Service) Unlink(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "relationship.unlink", func(tx *services.Tx) (struct{}, error) {
		person, err := self(tx.DB, tx.Actor())
		if err != nil {
			return struct{}{}, services.NotFound("relationship")
		}
		me := person.ID
		email, err := askedAt(tx.DB, person, tx.Now())
		if err != nil {
			return struct{}{}, err
		}
		var rows []models.Relationship
		err = tx.DB.Clauses(forUpdate).Where("id = ?", id).Where(mine(tx.DB, me, email, tx.Now())).Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return struct{}{}, firstError(err, services.NotFound("relationship"))
		}
		before, r := rows[0], rows[0]
		switch {
		case r.Status == models.RelationshipAccepted:
			end(tx, &r)
		case *r.AskedBy == me:
			r.Status = models.RelationshipLapsed
		default:
			at := tx.Now()
			r.Status, r.DecidedAt = models.RelationshipDeclined, &at
		}
		return struct{}{}, storeRelationship(tx, before, &r)
	})
	return err
}

func end(tx *services.Tx, r *models.Relationship) {
	at, by, on := tx.Now(), tx.Actor().MemberID, models.DateOf(tx.Now())
	if r.StartsOn != nil && on.Before(r.StartsOn.Time) {
		on = *r.StartsOn
	}
	r.Status, r.EndedAt, r.EndedBy, r.EndsOn = models.RelationshipEnded, &at, &by, &on
}

func storeRelationship(tx *services.Tx, before models.Relationship, r *models.Relationship) error {
	edited(tx, &r.Record)
	tx.Changed(before, *r)
	return tx.DB.Model(&models.Relationship{}).Where("id = ?", r.ID).
		Select("member_id", "other_id", "status", "asked_email", "expires_at", "decided_at", "starts_on", "ends_on", "ended_at", "ended_by", "version", "updated_at").Updates(r).Error
}
