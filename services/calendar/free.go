package calendar

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// longestSpan bounds what is asked to be free.
const longestSpan = 31 * 24 * time.Hour

// Span is from when to when something is to be free.
type Span struct {
	StartsAt time.Time `query:"starts_at" required:"true" doc:"From" example:"2026-10-27T22:00:00Z"`
	EndsAt   time.Time `query:"ends_at" required:"true" doc:"Until; at most 31 days later" example:"2026-10-27T23:30:00Z"`
}

// Check says what is wrong with a span.
// Errors: invalid.
func (s *Span) Check() error {
	if !s.EndsAt.After(s.StartsAt) || s.EndsAt.Sub(s.StartsAt) > longestSpan {
		return services.InvalidField("query/ends_at", "invalid", "It must end after it starts, and at most 31 days later.")
	}
	return nil
}

// Free is the scope of rows about resources of one kind that nothing but source stands in the way of in a span. column, a
// constant, names the resource.
func Free(kind models.ResourceKind, column string, s Span, source uuid.UUID) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return db.Where(`not exists (select from commitments c where c.resource_kind = ? and c.resource_id = `+column+` and c.during && tstzrange(?, ?) and c.source_id <> ?)`,
			kind, s.StartsAt, s.EndsAt, source)
	}
}

// FreeRoomQuery asks for places that are free.
type FreeRoomQuery struct {
	services.PageQuery
	Span
	Seats    int    `query:"seats" minimum:"1" maximum:"100000" doc:"Places that hold so many people, or of which nobody has said" example:"12"`
	TimeZone string `query:"time_zone" maxLength:"60" doc:"Places in this zone; an IANA name" example:"America/New_York"`
}

// FreeRoom is a place that is free: a room, or a venue in whole.
type FreeRoom struct {
	VenueID           uuid.UUID  `json:"venue_id"`
	VenueName         string     `json:"venue_name" example:"Haymount Community House"`
	Address           string     `json:"address" example:"212 Hay St, Fayetteville, NC 28301"`
	TimeZone          string     `json:"time_zone" example:"America/New_York"`
	Accessibility     string     `json:"accessibility" doc:"Of the venue" example:"Step-free entrance on Old St"`
	RoomID            *uuid.UUID `json:"room_id" nullable:"true" doc:"Null: the venue in whole is free, with all its rooms"`
	RoomName          *string    `json:"room_name" example:"Blue Room"`
	RoomAccessibility *string    `json:"room_accessibility" example:"Second floor by elevator; hearing loop"`
	Capacity          *int       `json:"capacity" doc:"How many people it holds: the room, where that is known, else the venue; null when unknown" example:"12"`
	PlaceID           uuid.UUID  `json:"-"`
	NameKey           string     `json:"-"`
}

var freeRoomList = services.List[FreeRoom]{
	IDColumn: "p.place_id", ID: func(r FreeRoom) uuid.UUID { return r.PlaceID }, Default: "name",
	Sorts: []services.Sort[FreeRoom]{{Name: "name", Column: "p.name_key", Cast: "text", Key: func(r FreeRoom) any { return r.NameKey }}},
}

// freePlaces are the venues and rooms in use that are free in a span, of which the arguments are the ends, twice.
const freePlaces = `(select v.id as venue_id, v.name as venue_name, v.address, v.time_zone, v.accessibility, null::uuid as room_id, null::text as room_name,
		null::text as room_accessibility, v.capacity, v.id as place_id, lower(v.name) as name_key
	from venues v where v.archived_at is null
		and not exists (select from commitments c where c.resource_kind = 'venue' and c.resource_id = v.id and c.during && tstzrange(?, ?))
	union all select v.id, v.name, v.address, v.time_zone, v.accessibility, r.id, r.name, r.accessibility, coalesce(r.capacity, v.capacity), r.id, lower(v.name || ' ' || r.name)
	from rooms r join venues v on v.id = r.venue_id where v.archived_at is null and r.archived_at is null
		and not exists (select from commitments c where c.resource_kind = 'venue' and c.resource_id = v.id and c.during && tstzrange(?, ?) and coalesce(c.room_id, r.id) = r.id)) as p`

// FreeRooms lists places that nothing is booked in from one time to another, by venue and room. A venue in whole is free when
// none of its rooms is booked.
// Errors: invalid for a span that ends before it starts.
func (s *Service) FreeRooms(ctx context.Context, in FreeRoomQuery) (services.Page[FreeRoom], error) {
	if err := in.Check(); err != nil {
		return services.Page[FreeRoom]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[FreeRoom], error) {
		q := db.Table(freePlaces, in.StartsAt, in.EndsAt, in.StartsAt, in.EndsAt).Select("p.*")
		if in.Seats > 0 {
			q = q.Where("(p.capacity is null or p.capacity >= ?)", in.Seats)
		}
		if in.TimeZone != "" {
			q = q.Where("p.time_zone = ?", in.TimeZone)
		}
		return freeRoomList.Find(ctx, s.core, q, in.PageQuery)
	})
}
