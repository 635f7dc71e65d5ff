package calendar

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Codes of rooms.
const (
	CodeRoomInUse  services.Code = "room_in_use" // it cannot be archived yet
	CodeRoomExists services.Code = "room_exists" // another room of the venue has the name
)

var _ = services.Meanings(map[string]*services.Error{
	"rooms_one_name": services.Conflict(CodeRoomExists, "This venue has a room of that name already. Choose another name, or use that room."),
})

// NewRoom is what makes a room.
type NewRoom struct {
	Name          string `json:"name" minLength:"1" maxLength:"120" example:"Blue Room"`
	Capacity      *int   `json:"capacity,omitempty" minimum:"1" maximum:"100000" doc:"How many people it holds" example:"12"`
	Accessibility string `json:"accessibility,omitempty" maxLength:"1000" doc:"What people with a disability need to know of this room" example:"Second floor by elevator; hearing loop"`
	Notes         string `json:"notes,omitempty" maxLength:"2000" doc:"For staff"`
}

// RoomPatch changes a room; what is absent stays.
type RoomPatch struct {
	Name          services.Field[string] `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	Capacity      services.Field[int]    `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"100000"`
	Accessibility services.Field[string] `json:"accessibility,omitzero" required:"false" maxLength:"1000"`
	Notes         services.Field[string] `json:"notes,omitzero" required:"false" maxLength:"2000"`
}

// RoomQuery filters the rooms of a venue.
type RoomQuery struct {
	services.PageQuery
	Archived bool `query:"archived" doc:"Those out of use, in place of those in use"`
}

// roomRow carries what the list is sorted by, in the database's own lower case.
type roomRow struct {
	models.Room
	NameKey string
}

var roomList = services.List[roomRow]{
	IDColumn: "id", ID: func(r roomRow) uuid.UUID { return r.ID }, Default: "name",
	Sorts: []services.Sort[roomRow]{{Name: "name", Column: "lower(name)", Cast: "text", Key: func(r roomRow) any { return r.NameKey }}},
}

// Rooms lists the rooms of a venue by name.
// Errors: not_found for an unknown venue.
func (s *Service) Rooms(ctx context.Context, venueID uuid.UUID, in RoomQuery) (services.Page[models.Room], error) {
	var none services.Page[models.Room]
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return none, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[models.Room], error) {
		if _, err := venues.find(db, venueID); err != nil {
			return none, err
		}
		q := db.Model(&models.Room{}).Select("*, lower(name) as name_key").Where("venue_id = ?", venueID).Scopes(unarchived(in.Archived))
		rows, err := roomList.Find(ctx, s.core, q, in.PageQuery)
		return pageOf(rows, func(r roomRow) models.Room { return shownRoom(actor, r.Room) }), err
	})
}

// Room shows one, archived or not.
// Errors: not_found.
func (s *Service) Room(ctx context.Context, id uuid.UUID) (*models.Room, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.Room, error) {
		r, err := rooms.find(db, id)
		if err != nil {
			return nil, err
		}
		r = shownRoom(actor, r)
		return &r, nil
	})
}

// shownRoom leaves out what is for staff.
func shownRoom(actor *services.Actor, r models.Room) models.Room {
	if !actor.Staff() {
		r.Notes = ""
	}
	return r
}

var rooms = kind[models.Room]{name: "room", columns: []string{"name", "capacity", "accessibility", "notes"}, record: func(r *models.Room) *models.Record { return &r.Record }}

// CreateRoom adds a room to a venue. What is booked there without a room has this one, too.
// Errors: not_found for an unknown venue; conflict venue_archived, or room_exists.
func (s *Service) CreateRoom(ctx context.Context, venueID uuid.UUID, in NewRoom) (*models.Room, error) {
	return services.Mutate(ctx, s.core, "room.create", func(tx *services.Tx) (*models.Room, error) {
		v, err := venues.find(tx.DB, venueID)
		if err != nil {
			return nil, err
		}
		if v.ArchivedAt != nil {
			return nil, services.Conflict(CodeVenueArchived, "%s is out of use. Restore it first.", v.Name)
		}
		r := models.Room{
			Record:  models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			VenueID: venueID, Name: services.Line(in.Name), Capacity: in.Capacity, Accessibility: services.Prose(in.Accessibility), Notes: services.Prose(in.Notes),
		}
		if err := checkRoom(r); err != nil {
			return nil, err
		}
		tx.Changed(nil, r)
		return &r, tx.DB.Create(&r).Error
	})
}

// UpdateRoom changes one. What is planned there stays, whatever becomes of its capacity.
// Errors: not_found; unconditional and stale as for every edit; conflict room_exists.
func (s *Service) UpdateRoom(ctx context.Context, id uuid.UUID, in RoomPatch) (*models.Room, error) {
	return rooms.change(ctx, s, "room.update", id, func(tx *services.Tx, r *models.Room) error {
		if err := tx.CheckVersion(r.Version); err != nil {
			return err
		}
		r.Name, r.Capacity = services.Line(in.Name.Or(r.Name)), in.Capacity.OrNull(r.Capacity)
		r.Accessibility, r.Notes = services.Prose(in.Accessibility.OrZero(r.Accessibility)), services.Prose(in.Notes.OrZero(r.Notes))
		return checkRoom(*r)
	})
}

// ArchiveRoom takes a room out of use: nothing new can be planned in it. The venue stays.
// Errors: not_found; conflict room_in_use while something is booked in it from now on.
func (s *Service) ArchiveRoom(ctx context.Context, id uuid.UUID) (*models.Room, error) {
	return rooms.change(ctx, s, "room.archive", id, func(tx *services.Tx, r *models.Room) error {
		return archive(tx, &r.ArchivedAt, r.VenueID, &r.ID, CodeRoomInUse, "in it")
	})
}

// RestoreRoom takes an archived room back into use.
// Errors: not_found; conflict room_exists when another has its name by now.
func (s *Service) RestoreRoom(ctx context.Context, id uuid.UUID) (*models.Room, error) {
	return rooms.change(ctx, s, "room.restore", id, func(_ *services.Tx, r *models.Room) error {
		r.ArchivedAt = nil
		return nil
	})
}

func checkRoom(r models.Room) error {
	if r.Name == "" {
		return services.InvalidField("/name", "required", "Give the room a name.")
	}
	return nil
}

// RoomsByID reads rooms, for the domains that plan there. An id that is nobody's is left out.
func RoomsByID(tx *services.Tx, ids []uuid.UUID) (map[uuid.UUID]models.Room, error) {
	out := map[uuid.UUID]models.Room{}
	if len(ids) == 0 {
		return out, nil
	}
	var found []models.Room
	err := tx.DB.Where("id in ?", ids).Find(&found).Error
	for _, r := range found {
		out[r.ID] = r
	}
	return out, err
}
