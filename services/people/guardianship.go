package people

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	guardianshipRecord = "guardianship"
	// confirmWithin is how soon staff should have looked at a claim: until then every party with the child waits.
	confirmWithin = 2 * 24 * time.Hour
)

// ClaimGuardianship is a guardianship as staff enter it.
type ClaimGuardianship struct {
	GuardianID uuid.UUID    `json:"guardian_id"`
	ChildID    uuid.UUID    `json:"child_id"`
	Evidence   string       `json:"evidence,omitempty" maxLength:"300" doc:"What was seen; absent leaves it claimed, to be confirmed later" example:"Birth certificate, seen at the front desk"`
	Until      *models.Date `json:"until,omitempty" required:"false" doc:"The last day, as a court order may say"`
}

// CreateGuardianship enters a guardianship between two members, confirmed when evidence is given. Errors: forbidden
// own_record; not_found; conflict already_guardian; invalid when the guardian is no adult, the child is none, or
// either record is closed.
func (s *Service) CreateGuardianship(ctx context.Context, in ClaimGuardianship) (*models.Guardianship, error) {
	return services.Mutate(ctx, s.core, "guardianship.create", func(tx *services.Tx) (*models.Guardianship, error) {
		if err := notOwn(tx.DB, tx.Actor(), tx.Now(), in.GuardianID, in.ChildID); err != nil {
			return nil, err
		}
		both, err := Load(tx, []uuid.UUID{in.GuardianID, in.ChildID})
		if err != nil {
			return nil, err
		}
		if len(both) < 2 && in.GuardianID != in.ChildID {
			return nil, services.NotFound("member")
		}
		if err := fit(tx.Now(), in, both); err != nil {
			return nil, err
		}
		g := &models.Guardianship{Record: head(tx), GuardianID: in.GuardianID, ChildID: in.ChildID, Status: models.GuardianshipClaimed, Until: in.Until}
		if seen := services.Line(in.Evidence); seen != "" {
			confirm(tx, g, seen)
		}
		if err := tx.DB.Create(g).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *g)
		if g.Status == models.GuardianshipConfirmed {
			return g, tx.Enqueue(TeenConsentEnded{MemberID: g.ChildID}, tx.Now())
		}
		return g, askStaff(tx, g)
	})
}

func fit(now time.Time, in ClaimGuardianship, both []models.Member) error {
	var p problems
	for i := range both {
		m := &both[i]
		minor := m.MinorOn(m.Today(now))
		switch {
		case m.ID == in.GuardianID && (minor || m.Gone()):
			p.add("/guardian_id", "not_adult", "A guardian is a living person of 18 years or more.")
		case m.ID == in.ChildID && (!minor || m.Gone()):
			p.add("/child_id", "not_minor", "Guardianship is of a child under 18.")
		}
	}
	return p.err()
}

func confirm(tx *services.Tx, g *models.Guardianship, seen string) {
	at, by := tx.Now(), tx.Actor().MemberID
	g.Status, g.Evidence, g.ConfirmedAt, g.ConfirmedBy = models.GuardianshipConfirmed, &seen, &at, &by
	g.ClosedAt, g.ClosedBy = nil, nil
}

func askStaff(tx *services.Tx, g *models.Guardianship) error {
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskConfirmGuardianship, MemberID: &g.ChildID, Record: guardianshipRecord, RecordID: &g.ID,
		Queue: "coordinators", Title: "Confirm a guardianship", DueAt: tx.Now().Add(confirmWithin)})
	return err
}

// ConfirmGuardianship is what staff saw.
type ConfirmGuardianship struct {
	Evidence string       `json:"evidence" minLength:"3" maxLength:"300" doc:"What was seen. The document itself is never kept" example:"Birth certificate, seen at the front desk"`
	Until    *models.Date `json:"until,omitempty" required:"false" doc:"The last day, as a court order may say; absent for until the 18th birthday"`
}

// ConfirmGuardianship says that staff have seen proof. Errors: forbidden own_record; not_found; conflict
// guardianship_closed; invalid when the child has come of age.
func (s *Service) ConfirmGuardianship(ctx context.Context, id uuid.UUID, in ConfirmGuardianship) (*models.Guardianship, error) {
	return s.judge(ctx, id, "guardianship.confirm", func(tx *services.Tx, g *models.Guardianship) error {
		if !g.Status.Live() {
			return services.Conflict("guardianship_closed", "This guardianship was refused or ended. Reinstate it first.")
		}
		seen := services.Line(in.Evidence)
		if seen == "" {
			return services.InvalidField("/evidence", "required", "Say what you saw.")
		}
		children, err := Load(tx, []uuid.UUID{g.ChildID})
		if err != nil {
			return err
		}
		if err := fit(tx.Now(), ClaimGuardianship{ChildID: g.ChildID}, children); err != nil {
			return services.Conflict("not_minor", "The child has come of age or their record is closed.")
		}
		confirm(tx, g, seen)
		g.Until = in.Until
		if err := tx.Enqueue(TeenConsentEnded{MemberID: g.ChildID}, tx.Now()); err != nil { // what they refused counts from now on
			return err
		}
		return tasks.CloseFor(tx, guardianshipRecord, g.ID)
	})
}

// RefuseGuardianship turns a claim down. Errors: forbidden own_record; not_found; conflict guardianship_closed, and
// already_confirmed for what can only be ended.
func (s *Service) RefuseGuardianship(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Guardianship, error) {
	return s.judge(ctx, id, "guardianship.refuse", func(tx *services.Tx, g *models.Guardianship) error {
		if g.Status == models.GuardianshipConfirmed {
			return services.Conflict("already_confirmed", "This guardianship was confirmed. End it instead.")
		}
		return closeGuardianship(tx, g, models.GuardianshipRefused, in.Reason)
	})
}

// EndGuardianship ends one before the child's 18th birthday, as after a court's order. Errors: forbidden own_record;
// not_found; conflict guardianship_closed.
func (s *Service) EndGuardianship(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Guardianship, error) {
	return s.judge(ctx, id, "guardianship.end", func(tx *services.Tx, g *models.Guardianship) error {
		return closeGuardianship(tx, g, models.GuardianshipEnded, in.Reason)
	})
}

// ReinstateGuardianship is the way back from refused and ended: it is a claim again, to be confirmed. Errors: forbidden
// own_record; not_found; conflict guardianship_open, already_guardian when a newer one stands, and not_minor.
func (s *Service) ReinstateGuardianship(ctx context.Context, id uuid.UUID, in StaffReason) (*models.Guardianship, error) {
	return s.judge(ctx, id, "guardianship.reinstate", func(tx *services.Tx, g *models.Guardianship) error {
		if g.Status.Live() {
			return services.Conflict("guardianship_open", "This guardianship stands already.")
		}
		children, err := Load(tx, []uuid.UUID{g.ChildID})
		if err != nil {
			return err
		}
		if err := fit(tx.Now(), ClaimGuardianship{ChildID: g.ChildID}, children); err != nil {
			return services.Conflict("not_minor", "The child has come of age or their record is closed.")
		}
		if g.Until != nil && children[0].Today(tx.Now()).After(g.Until.Time) {
			g.Until = nil // or it would end again at once
		}
		g.Status, g.Evidence, g.ConfirmedAt, g.ConfirmedBy, g.ClosedAt, g.ClosedBy = models.GuardianshipClaimed, nil, nil, nil, nil, nil
		if err := tx.Because(g.ChildID, in.Reason); err != nil {
			return err
		}
		if err := tx.Enqueue(GuardianshipChanged{g.ID}, tx.Now()); err != nil {
			return err
		}
		return askStaff(tx, g)
	})
}

func closeGuardianship(tx *services.Tx, g *models.Guardianship, as models.GuardianshipStatus, reason string) error {
	if !g.Status.Live() {
		return services.Conflict("guardianship_closed", "This guardianship was refused or ended before.")
	}
	at, by := tx.Now(), tx.Actor().MemberID
	g.Status, g.ClosedAt, g.ClosedBy = as, &at, &by
	if err := tx.Because(g.ChildID, reason); err != nil {
		return err
	}
	return closed(tx, g)
}

// closed follows the end of a guardianship: nothing is left to confirm, and the child's places get somebody else to look
// after them.
func closed(tx *services.Tx, g *models.Guardianship) error {
	if err := tx.Enqueue(GuardianshipChanged{g.ID}, tx.Now()); err != nil {
		return err
	}
	if err := tx.Enqueue(TeenConsentEnded{MemberID: g.ChildID}, tx.Now()); err != nil { // which stood on it
		return err
	}
	return tasks.CloseFor(tx, guardianshipRecord, g.ID)
}

func (s *Service) judge(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Guardianship) error) (*models.Guardianship, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.Guardianship, error) {
		g, err := guardianship(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		if err := mayHandle(tx.DB, tx.Actor(), tx.Now(), "guardianship", g.GuardianID, g.ChildID); err != nil {
			return nil, err
		}
		before := *g
		if err := do(tx, g); err != nil {
			return nil, err
		}
		return g, storeGuardianship(tx, before, g)
	})
}

func storeGuardianship(tx *services.Tx, before models.Guardianship, g *models.Guardianship) error {
	edited(tx, &g.Record)
	tx.Changed(before, *g)
	return tx.DB.Model(&models.Guardianship{}).Where("id = ?", g.ID).
		Select("status", "evidence", "confirmed_by", "confirmed_at", "until", "closed_by", "closed_at", "version", "updated_at").Updates(g).Error
}

func guardianship(db *gorm.DB, id uuid.UUID) (*models.Guardianship, error) {
	var rows []models.Guardianship
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("guardianship")
	}
	return &rows[0], nil
}

// GetGuardianship answers one guardianship. Errors: forbidden own_record; not_found.
func (s *Service) GetGuardianship(ctx context.Context, id uuid.UUID) (*models.Guardianship, error) {
	return look(ctx, s, "guardianship.read", id, func(db *gorm.DB, _ *services.Actor) (*models.Guardianship, []uuid.UUID, error) {
		g, err := guardianship(db, id)
		if err != nil {
			return nil, nil, err
		}
		return g, []uuid.UUID{g.GuardianID, g.ChildID}, nil
	})
}

// GuardianshipFilter picks guardianships of the list.
type GuardianshipFilter struct {
	services.PageQuery
	Status     []models.GuardianshipStatus `query:"status,explode" maxItems:"4" enum:"claimed,confirmed,refused,ended" doc:"Only in these statuses"`
	GuardianID uuid.UUID                   `query:"guardian_id" doc:"Only of this guardian"`
	ChildID    uuid.UUID                   `query:"child_id" doc:"Only of this child"`
}

var guardianships = services.List[models.Guardianship]{
	IDColumn: "guardianships.id",
	ID:       func(g models.Guardianship) uuid.UUID { return g.ID },
	Sorts: []services.Sort[models.Guardianship]{
		{Name: "created_at", Column: "guardianships.created_at", Cast: "timestamptz", Key: func(g models.Guardianship) any { return g.CreatedAt }},
	},
	Default: "created_at",
}

// ListGuardianships pages through the guardianships, oldest first; those of the caller and of people close to them are
// a colleague's and left out.
func (s *Service) ListGuardianships(ctx context.Context, f GuardianshipFilter) (*services.Page[models.Guardianship], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[models.Guardianship], error) {
		q := db.Model(&models.Guardianship{}).Scopes(actor.NotOwn("guardian_id", now), actor.NotOwn("child_id", now))
		if len(f.Status) > 0 {
			q = q.Where("status IN ?", f.Status)
		}
		if f.GuardianID != uuid.Nil {
			q = q.Where("guardian_id = ?", f.GuardianID)
		}
		if f.ChildID != uuid.Nil {
			q = q.Where("child_id = ?", f.ChildID)
		}
		page, err := guardianships.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}
