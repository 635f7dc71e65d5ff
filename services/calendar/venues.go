package calendar

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CodeVenueInUse is the code of a venue that cannot be archived yet.
const CodeVenueInUse services.Code = "venue_in_use"

// Service has the use cases of venues.
type Service struct{ core *services.Core }

// New makes the service.
func New(core *services.Core) *Service { return &Service{core: core} }

// NewVenue is what makes a venue.
type NewVenue struct {
	Name          string `json:"name" minLength:"1" maxLength:"120" example:"Haymount Community House"`
	Address       string `json:"address,omitempty" maxLength:"300" example:"212 Hay St, Fayetteville, NC 28301"`
	TimeZone      string `json:"time_zone" minLength:"1" maxLength:"60" doc:"IANA name" example:"America/New_York"`
	Capacity      *int   `json:"capacity,omitempty" minimum:"1" maximum:"100000" doc:"How many people it holds" example:"40"`
	Accessibility string `json:"accessibility,omitempty" maxLength:"1000" example:"Step-free entrance on Old St"`
	Notes         string `json:"notes,omitempty" maxLength:"2000" doc:"For staff"`
}

// VenuePatch changes a venue; what is absent stays.
type VenuePatch struct {
	Name          services.Field[string] `json:"name,omitzero" required:"false" minLength:"1" maxLength:"120"`
	Address       services.Field[string] `json:"address,omitzero" required:"false" maxLength:"300"`
	TimeZone      services.Field[string] `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name"`
	Capacity      services.Field[int]    `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"100000"`
	Accessibility services.Field[string] `json:"accessibility,omitzero" required:"false" maxLength:"1000"`
	Notes         services.Field[string] `json:"notes,omitzero" required:"false" maxLength:"2000"`
}

// VenueQuery filters the list of venues.
type VenueQuery struct {
	services.PageQuery
	Q        string `query:"q" maxLength:"120" doc:"Part of the name or address, whatever the case and accents"`
	TimeZone string `query:"time_zone" maxLength:"60" doc:"IANA name"`
	Archived bool   `query:"archived" doc:"Those out of use, in place of those in use"`
}

// venueRow carries what the list is sorted by, in the database's own lower case.
type venueRow struct {
	models.Venue
	NameKey string
}

var venueList = services.List[venueRow]{
	IDColumn: "id", ID: func(v venueRow) uuid.UUID { return v.ID }, Default: "name",
	Sorts: []services.Sort[venueRow]{{Name: "name", Column: "lower(name)", Cast: "text", Key: func(v venueRow) any { return v.NameKey }}},
}

// Venues lists venues by name.
func (s *Service) Venues(ctx context.Context, in VenueQuery) (services.Page[models.Venue], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[models.Venue]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[models.Venue], error) {
		q := db.Model(&models.Venue{}).Select("*, lower(name) as name_key").Scopes(unarchived(in.Archived))
		if in.TimeZone != "" {
			q = q.Where("time_zone = ?", in.TimeZone)
		}
		if in.Q != "" {
			q = q.Where("position(folded(?) in folded(name || ' ' || address)) > 0", services.Line(in.Q))
		}
		rows, err := venueList.Find(ctx, s.core, q, in.PageQuery)
		return pageOf(rows, func(v venueRow) models.Venue { return shown(actor, v.Venue) }), err
	})
}

// Venue shows one, archived or not.
// Errors: not_found.
func (s *Service) Venue(ctx context.Context, id uuid.UUID) (*models.Venue, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*models.Venue, error) {
		v, err := venues.find(db, id)
		if err != nil {
			return nil, err
		}
		v = shown(actor, v)
		return &v, nil
	})
}

// shown leaves out what is for staff.
func shown(actor *services.Actor, v models.Venue) models.Venue {
	if !actor.Staff() {
		v.Notes = ""
	}
	return v
}

var venues = kind[models.Venue]{name: "venue", columns: []string{"name", "address", "time_zone", "capacity", "accessibility", "notes"}, record: func(v *models.Venue) *models.Record { return &v.Record }}

// CreateVenue adds one.
// Errors: invalid for an unknown time zone.
func (s *Service) CreateVenue(ctx context.Context, in NewVenue) (*models.Venue, error) {
	return services.Mutate(ctx, s.core, "venue.create", func(tx *services.Tx) (*models.Venue, error) {
		v := models.Venue{
			Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			Name:   services.Line(in.Name), Address: services.Prose(in.Address), TimeZone: in.TimeZone, Capacity: in.Capacity,
			Accessibility: services.Prose(in.Accessibility), Notes: services.Prose(in.Notes),
		}
		if err := checkVenue(v); err != nil {
			return nil, err
		}
		tx.Changed(nil, v)
		return &v, tx.DB.Create(&v).Error
	})
}

// UpdateVenue changes one. Sessions that are planned there keep their time.
// Errors: not_found; unconditional and stale as for every edit; invalid for an unknown time zone.
func (s *Service) UpdateVenue(ctx context.Context, id uuid.UUID, in VenuePatch) (*models.Venue, error) {
	return venues.change(ctx, s, "venue.update", id, func(tx *services.Tx, v *models.Venue) error {
		if err := tx.CheckVersion(v.Version); err != nil {
			return err
		}
		v.Name, v.Address, v.TimeZone = services.Line(in.Name.Or(v.Name)), services.Prose(in.Address.OrZero(v.Address)), in.TimeZone.Or(v.TimeZone)
		v.Capacity = in.Capacity.OrNull(v.Capacity)
		v.Accessibility, v.Notes = services.Prose(in.Accessibility.OrZero(v.Accessibility)), services.Prose(in.Notes.OrZero(v.Notes))
		return checkVenue(*v)
	})
}

// ArchiveVenue takes a venue out of use: nothing new can be planned there.
// Errors: not_found; conflict venue_in_use while something is booked there from now on.
func (s *Service) ArchiveVenue(ctx context.Context, id uuid.UUID) (*models.Venue, error) {
	return venues.change(ctx, s, "venue.archive", id, func(tx *services.Tx, v *models.Venue) error {
		return archive(tx, &v.ArchivedAt, v.ID, nil, CodeVenueInUse, "there")
	})
}

// RestoreVenue takes an archived venue back into use.
// Errors: not_found.
func (s *Service) RestoreVenue(ctx context.Context, id uuid.UUID) (*models.Venue, error) {
	return venues.change(ctx, s, "venue.restore", id, func(_ *services.Tx, v *models.Venue) error {
		v.ArchivedAt = nil
		return nil
	})
}

func checkVenue(v models.Venue) error {
	var wrong []services.FieldError
	if v.Name == "" {
		wrong = append(wrong, services.FieldError{Field: "/name", Code: "required", Message: "Give the venue a name."})
	}
	if !models.KnownZone(v.TimeZone) {
		wrong = append(wrong, services.FieldError{Field: "/time_zone", Code: "unknown", Message: "Use an IANA time zone such as America/New_York."})
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// Places reads venues by their ids, for the domains that plan there. An id that is nobody's is left out.
func Places(tx *services.Tx, ids []uuid.UUID) (map[uuid.UUID]models.Venue, error) {
	out := map[uuid.UUID]models.Venue{}
	if len(ids) == 0 {
		return out, nil
	}
	var found []models.Venue
	err := tx.DB.Where("id in ?", ids).Find(&found).Error
	for _, v := range found {
		out[v.ID] = v
	}
	return out, err
}
