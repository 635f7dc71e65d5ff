package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/people"
)

// FreeQuery asks who could lead.
type FreeQuery struct {
	services.PageQuery
	All bool `query:"all" doc:"Also who is busy, not cleared or leads it already, with what stands in the way"`
}

// FreeAtQuery asks who could lead from one time to another.
type FreeAtQuery struct {
	FreeQuery
	calendar.Span
	Minors   bool   `query:"minors" doc:"Only who is cleared for work with minors on its last day"`
	TimeZone string `query:"time_zone" maxLength:"60" doc:"IANA name of the zone of that day; absent: America/New_York" example:"America/New_York"`
}

// BusyTime is when somebody is booked; with what is not said.
type BusyTime struct {
	StartsAt time.Time `json:"starts_at" example:"2026-10-27T22:00:00Z"`
	EndsAt   time.Time `json:"ends_at" example:"2026-10-27T23:30:00Z"`
}

// mostBusy is how many times an answer names in which somebody is booked.
const mostBusy = 100

// FreeFacilitator is somebody who could lead, or what stands in the way.
type FreeFacilitator struct {
	MemberID uuid.UUID               `json:"member_id"`
	Name     string                  `json:"name" example:"Dana Reyes"`
	Free     bool                    `json:"free" doc:"Not busy, and cleared where minors may come" example:"true"`
	Leads    bool                    `json:"leads" doc:"They lead this session already"`
	Busy     []BusyTime              `json:"busy" nullable:"false" doc:"When they are booked meanwhile, the first hundred times"`
	Missing  []models.CredentialKind `json:"missing" nullable:"false" enum:"background_check,child_safety_training" doc:"What work with minors needs and they lack on that day"`
}

// facilitatorRow is a member with the role.
type facilitatorRow struct {
	ID            uuid.UUID
	GivenName     string
	PreferredName *string
	FamilyName    string
	Leads         bool
	NameKey       string
}

var facilitatorList = services.List[facilitatorRow]{
	IDColumn: "m.id", ID: func(f facilitatorRow) uuid.UUID { return f.ID }, Default: "name",
	Sorts: []services.Sort[facilitatorRow]{{Name: "name", Column: "folded(m.family_name || ' ' || m.given_name)", Cast: "text", Key: func(f facilitatorRow) any { return f.NameKey }}},
}

// wanted is what somebody is looked for to lead.
type wanted struct {
	calendar.Span
	session uuid.UUID // Nil when it is no session yet
	minors  bool
	on      models.Date
}

// FreeForSession lists who could lead a session, by name: those who may sign in as facilitators, are booked for nothing else
// meanwhile and, where minors may come, are cleared for that on its day.
// Errors: not_found.
func (s *Service) FreeForSession(ctx context.Context, id uuid.UUID, in FreeQuery) (services.Page[FreeFacilitator], error) {
	var none services.Page[FreeFacilitator]
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return none, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[FreeFacilitator], error) {
		var found []struct {
			models.WorkshopSession
			MinimumAge *int
			IsTemplate bool
		}
		err := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Scopes(visible(actor)).
			Select("s.*, w.minimum_age, w.is_template").Where("s.id = ?", id).Limit(1).Find(&found).Error
		if err != nil {
			return none, err
		}
		if len(found) == 0 {
			return none, services.NotFound("session")
		}
		f := &found[0]
		w := models.Workshop{MinimumAge: f.MinimumAge}
		return s.free(ctx, db, actor, in, wanted{Span: calendar.Span{StartsAt: f.StartsAt, EndsAt: f.EndsAt}, session: id,
			minors: w.MinorsAllowed() && !f.IsTemplate, on: models.DateOf(local(f.EndsAt, f.TimeZone))})
	})
}

// FreeAt lists who could lead something from one time to another, as FreeForSession does.
// Errors: invalid for a span that ends before it starts, or an unknown time zone.
func (s *Service) FreeAt(ctx context.Context, in FreeAtQuery) (services.Page[FreeFacilitator], error) {
	var none services.Page[FreeFacilitator]
	if err := in.Check(); err != nil {
		return none, err
	}
	zone := in.TimeZone
	if zone == "" {
		zone = models.DefaultTimeZone
	}
	if !models.KnownZone(zone) {
		return none, services.InvalidField("query/time_zone", "unknown", "Use an IANA time zone such as America/New_York.")
	}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return none, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[FreeFacilitator], error) {
		return s.free(ctx, db, actor, in.FreeQuery, wanted{Span: in.Span, minors: in.Minors, on: models.DateOf(local(in.EndsAt, zone))})
	})
}

func (s *Service) free(ctx context.Context, db *gorm.DB, actor *services.Actor, in FreeQuery, want wanted) (services.Page[FreeFacilitator], error) {
	const leads = `exists (select from session_facilitators f where f.session_id = ? and f.member_id = m.id)`
	q := db.Table("accounts as a").Joins("join members m on m.id = a.member_id").Scopes(actor.NotRestricted("m.id")).
		Select("m.id, m.given_name, m.preferred_name, m.family_name, "+leads+" as leads, folded(m.family_name || ' ' || m.given_name) as name_key", want.session).
		Where("a.roles @> ? and a.status = 'active' and m.status not in ('deceased', 'merged')", models.Texts[models.Role]{models.RoleFacilitator})
	if !in.All {
		q = q.Where("not "+leads, want.session).Scopes(calendar.Free(models.ResourcePerson, "m.id", want.Span, want.session))
		if want.minors {
			q = q.Scopes(people.ClearedOn("m.id", want.on))
		}
	}
	rows, err := facilitatorList.Find(ctx, s.core, q, in.PageQuery)
	page := services.Page[FreeFacilitator]{Data: make([]FreeFacilitator, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
	if err != nil {
		return page, err
	}
	ids := make([]uuid.UUID, len(rows.Data))
	for i, f := range rows.Data {
		member := models.Member{GivenName: f.GivenName, PreferredName: f.PreferredName, FamilyName: f.FamilyName}
		ids[i] = f.ID
		page.Data[i] = FreeFacilitator{MemberID: f.ID, Name: member.Name(), Free: true, Leads: f.Leads, Busy: []BusyTime{}, Missing: []models.CredentialKind{}}
	}
	if !in.All || len(ids) == 0 {
		return page, nil
	}
	return page, inTheWay(db, page.Data, ids, want)
}

// inTheWay fills in what keeps each of them from leading.
func inTheWay(db *gorm.DB, of []FreeFacilitator, ids []uuid.UUID, want wanted) error {
	at := map[uuid.UUID]*FreeFacilitator{}
	bookings := make([]calendar.Booking, len(ids))
	for i, id := range ids {
		at[id] = &of[i]
		bookings[i] = calendar.Booking{SourceID: id, Resources: []calendar.Resource{{Kind: models.ResourcePerson, ID: id}}, StartsAt: want.StartsAt, EndsAt: want.EndsAt}
	}
	clashes, err := calendar.Busy(db, mostBusy+1, bookings...) // one may be the session itself
	if err != nil {
		return err
	}
	for _, c := range clashes {
		if f := at[c.Wanted]; c.SourceID != want.session && len(f.Busy) < mostBusy {
			f.Busy, f.Free = append(f.Busy, BusyTime{c.StartsAt.UTC(), c.EndsAt.UTC()}), false
		}
	}
	if !want.minors {
		return nil
	}
	missing, err := people.MissingOn(db, ids, want.on)
	for id, kinds := range missing {
		at[id].Missing, at[id].Free = kinds, false
	}
	return err
}
