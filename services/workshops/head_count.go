package workshops

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// HeadCountInput is how many people were at an open event, kind by kind.
type HeadCountInput struct {
	Counts []HeadCountOf `json:"counts" minItems:"1" maxItems:"6" doc:"In place of what was entered before; a kind that is left out is 0"`
	Note   string        `json:"note,omitempty" maxLength:"500" doc:"How it was counted; names nobody" example:"Counted at the flag ceremony"`
}

// HeadCountOf is one kind.
type HeadCountOf struct {
	Kind  models.HeadCountKind `json:"kind" enum:"veteran,service_member,family,child,supporter,unknown" example:"veteran"`
	Count int                  `json:"count" minimum:"0" maximum:"100000" example:"120"`
}

// HeadCountView is what was counted. Its version is 0 while nobody has counted.
type HeadCountView struct {
	SessionID  uuid.UUID     `json:"session_id"`
	Version    int           `json:"version" doc:"How often it was entered; 0 while it was not"`
	Counts     []HeadCountOf `json:"counts" nullable:"false" doc:"Every kind, those of which there were none too"`
	Total      int           `json:"total" example:"164"`
	Note       string        `json:"note"`
	RecordedBy *uuid.UUID    `json:"recorded_by" nullable:"true"`
	RecordedAt *time.Time    `json:"recorded_at"`
}

// Edition is what an answer's ETag header holds.
func (v *HeadCountView) Edition() int { return v.Version }

var headKinds = []models.HeadCountKind{models.HeadVeteran, models.HeadServiceMember, models.HeadFamily, models.HeadChild, models.HeadSupporter, models.HeadUnknown}

func viewOf(h *models.HeadCount) *HeadCountView {
	out := &HeadCountView{SessionID: h.SessionID, Version: h.Version, Note: h.Note}
	for _, kind := range headKinds {
		n := *h.Of(kind)
		out.Counts = append(out.Counts, HeadCountOf{kind, n})
		out.Total += n
	}
	if h.Version > 0 {
		out.RecordedBy, out.RecordedAt = &h.RecordedBy, inUTC(&h.RecordedAt)
	}
	return out
}

// HeadCount shows what was counted at a session.
// Errors: not_found for a session that the caller does not lead.
func (s *Service) HeadCount(ctx context.Context, sessionID uuid.UUID) (*HeadCountView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*HeadCountView, error) {
		var ids []uuid.UUID
		err := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Scopes(led(actor)).Where("s.id = ?", sessionID).Limit(1).Pluck("s.id", &ids).Error
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, services.NotFound("session")
		}
		return counted(db, sessionID)
	})
}

func counted(db *gorm.DB, sessionID uuid.UUID) (*HeadCountView, error) {
	var rows []models.HeadCount
	if err := db.Where("session_id = ?", sessionID).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return viewOf(&models.HeadCount{SessionID: sessionID}), nil
	}
	return viewOf(&rows[0]), nil
}

// PutHeadCount enters how many people were at a session, or corrects it; If-Match holds the ETag of what was read, "0" where
// nobody has counted. They are contacts: no report counts them among people. What was entered before is in the audit log.
// Errors: not_found for a session that the caller does not lead; stale; invalid for a kind that is given twice; conflict
// not_published, session_not_started over 3 hours before the start, wrong_state for a cancelled session.
func (s *Service) PutHeadCount(ctx context.Context, sessionID uuid.UUID, in HeadCountInput) (*HeadCountView, error) {
	return services.Mutate(ctx, s.core, "session.head_count", func(tx *services.Tx) (*HeadCountView, error) {
		session, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		var had []models.HeadCount
		if err := tx.DB.Where("session_id = ?", sessionID).Limit(1).Find(&had).Error; err != nil {
			return nil, err
		}
		now := models.HeadCount{SessionID: sessionID, Version: 1, Note: services.Prose(in.Note), RecordedBy: tx.Actor().MemberID, RecordedAt: tx.Now()}
		if len(had) > 0 {
			now.Version = had[0].Version + 1
		}
		if err := tx.CheckVersion(now.Version - 1); err != nil {
			return nil, err
		}
		if err := in.fill(&now); err != nil {
			return nil, err
		}
		switch {
		case session.Status == models.SessionCancelled:
			return nil, services.Conflict(CodeWrongState, "This session was cancelled.")
		case tx.Now().Before(session.StartsAt.Add(-doorsBefore)):
			return nil, services.Conflict(CodeNotStarted, "Nobody is there yet. People can be counted from 3 hours before the start.")
		}
		if err := published(tx, session); err != nil {
			return nil, err
		}
		saveHeadCount(tx, had, now)
		return viewOf(&now), nil
	})
}

func (in *HeadCountInput) fill(h *models.HeadCount) error {
	var faults []services.FieldError
	seen := map[models.HeadCountKind]bool{}
	for i, c := range in.Counts {
		if seen[c.Kind] {
			faults = append(faults, services.FieldError{Field: fmt.Sprintf("/counts/%d/kind", i), Code: "listed_twice", Message: "This kind is in the list twice."})
		}
		seen[c.Kind] = true
		*h.Of(c.Kind) = c.Count
		h.Total += c.Count
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

func saveHeadCount(tx *services.Tx, had []models.HeadCount, h models.HeadCount) {
	if len(had) > 0 {
		tx.Changed(had[0], h)
	} else {
		tx.Changed(nil, h)
	}
	tx.Queue(`insert into head_counts (session_id, version, veterans, service_members, family, children, supporters, unknown, note, recorded_by, recorded_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		on conflict (session_id) do update set version = excluded.version, veterans = excluded.veterans, service_members = excluded.service_members, family = excluded.family,
			children = excluded.children, supporters = excluded.supporters, unknown = excluded.unknown, note = excluded.note, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at`,
		h.SessionID, h.Version, h.Veterans, h.ServiceMembers, h.Family, h.Children, h.Supporters, h.Unknown, h.Note, h.RecordedBy, h.RecordedAt)
}
