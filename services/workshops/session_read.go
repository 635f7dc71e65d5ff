package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// SessionQuery filters the sessions of a workshop.
type SessionQuery struct {
	services.PageQuery
	Status    []models.SessionStatus `query:"status,explode" enum:"scheduled,completed,cancelled" maxItems:"3" doc:"One or several"`
	StartsGTE time.Time              `query:"starts_gte" doc:"At or after this time"`
	StartsLT  time.Time              `query:"starts_lt" doc:"Before this time"`
}

var sessionList = services.List[WorkshopSessionDetail]{
	IDColumn: "s.id", ID: func(s WorkshopSessionDetail) uuid.UUID { return s.ID }, Default: "starts_at",
	Sorts: []services.Sort[WorkshopSessionDetail]{{Name: "starts_at", Column: "s.starts_at", Cast: "timestamptz", Key: func(s WorkshopSessionDetail) any { return s.StartsAt }}},
}

const sessionColumns = `s.*, w.id in ` + facilitated + ` as leads,
	` + placeObject + roomOf + `)) from venues v where v.id = coalesce(s.venue_id, w.venue_id)) as place,
	coalesce((select json_agg(json_build_object('id', m.id, 'given', coalesce(m.preferred_name, m.given_name), 'family', m.family_name) order by m.given_name, m.id)
		from session_facilitators f join members m on m.id = f.member_id where f.session_id = s.id), '[]') as facilitators`

// sessionsSeenBy is a query of the sessions of workshops that actor sees.
func sessionsSeenBy(db *gorm.DB, actor *services.Actor) *gorm.DB {
	return db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Scopes(visible(actor)).
		Select(sessionColumns, actor.MemberID, actor.MemberID)
}

// shownTo leaves out what is for those who lead it and for coordinators. Who takes part online asks to join.
func (d *WorkshopSessionDetail) shownTo(actor *services.Actor) {
	if !d.Leads && !actor.Coordinates() {
		d.JoinURL = ""
	}
	d.Facilitators.shownTo(actor)
}

// Sessions lists the sessions of a workshop in order.
// Errors: not_found.
func (s *Service) Sessions(ctx context.Context, workshopID uuid.UUID, in SessionQuery) (services.Page[WorkshopSessionDetail], error) {
	var none services.Page[WorkshopSessionDetail]
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return none, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[WorkshopSessionDetail], error) {
		var seen []uuid.UUID
		if err := db.Table("workshops as w").Scopes(visible(actor)).Where("w.id = ?", workshopID).Limit(1).Pluck("w.id", &seen).Error; err != nil {
			return none, err
		}
		if len(seen) == 0 {
			return none, services.NotFound("workshop")
		}
		q := sessionsSeenBy(db, actor).Where("s.workshop_id = ?", workshopID)
		if len(in.Status) > 0 {
			q = q.Where("s.status in ?", in.Status)
		}
		if !in.StartsGTE.IsZero() {
			q = q.Where("s.starts_at >= ?", in.StartsGTE)
		}
		if !in.StartsLT.IsZero() {
			q = q.Where("s.starts_at < ?", in.StartsLT)
		}
		page, err := sessionList.Find(ctx, s.core, q, in.PageQuery)
		for i := range page.Data {
			page.Data[i].shownTo(actor)
		}
		return page, err
	})
}

// Session shows one session.
// Errors: not_found, when its workshop is hidden from the caller too.
func (s *Service) Session(ctx context.Context, id uuid.UUID) (*WorkshopSessionDetail, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*WorkshopSessionDetail, error) {
		return sessionDetail(db, actor, id)
	})
}

func sessionDetail(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*WorkshopSessionDetail, error) {
	var found []WorkshopSessionDetail
	if err := sessionsSeenBy(db, actor).Where("s.id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("session")
	}
	found[0].shownTo(actor)
	return &found[0], nil
}

// sessionDetails reads what was just made or changed, in order.
func sessionDetails(tx *services.Tx, of []models.WorkshopSession) ([]WorkshopSessionDetail, error) {
	ids := make([]uuid.UUID, len(of))
	for i := range of {
		ids[i] = of[i].ID
	}
	out := []WorkshopSessionDetail{}
	err := sessionsSeenBy(tx.DB, tx.Actor()).Where("s.id in ?", ids).Order("s.starts_at, s.id").Find(&out).Error
	for i := range out {
		out[i].shownTo(tx.Actor())
	}
	return out, err
}
