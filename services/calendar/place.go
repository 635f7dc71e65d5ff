package calendar

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Codes of places that are out of use.
const (
	CodeVenueArchived services.Code = "venue_archived" // nothing new is planned there, and it takes no new room
	CodeRoomArchived  services.Code = "room_archived"  // nothing new is planned in it
)

// place is what one can plan at: a venue, or a room of one.
type place interface {
	comparable
	models.Model
	models.Venue | models.Room
}

// kind is how places of one sort are found and stored.
type kind[T place] struct {
	name    string
	columns []string // that an edit may change
	record  func(*T) *models.Record
}

// find reads a place.
// Errors: not_found.
func (k kind[T]) find(db *gorm.DB, id uuid.UUID) (T, error) {
	var found []T
	if err := db.Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return *new(T), err
	}
	if len(found) == 0 {
		return *new(T), services.NotFound(k.name)
	}
	return found[0], nil
}

// change stores what becomes of a place, if that is anything else.
func (k kind[T]) change(ctx context.Context, s *Service, action string, id uuid.UUID, do func(*services.Tx, *T) error) (*T, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*T, error) {
		at, err := k.find(tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}), id)
		if err != nil {
			return nil, err
		}
		before := at
		if err := do(tx, &at); err != nil {
			return nil, err
		}
		if before == at {
			tx.Unchanged()
			return &at, nil
		}
		r := k.record(&at)
		r.Version, r.UpdatedAt = r.Version+1, tx.Now()
		tx.Changed(before, at)
		return &at, tx.DB.Model(&at).Select(append([]string{"archived_at", "version", "updated_at"}, k.columns...)).Where("id = ?", id).Updates(at).Error
	})
}

// unarchived selects the places in use, or else those that are not.
func unarchived(archived bool) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if archived {
			return db.Where("archived_at is not null")
		}
		return db.Where("archived_at is null")
	}
}

// pageOf makes the page that is shown of one that was read.
func pageOf[R, T any](rows services.Page[R], show func(R) T) services.Page[T] {
	page := services.Page[T]{Data: make([]T, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
	for i, r := range rows.Data {
		page.Data[i] = show(r)
	}
	return page
}

// bookedAhead counts what is still to come at a venue, or in one room of it. Until the transaction ends nobody books there:
// the venue is locked as Hold locks it.
func bookedAhead(tx *services.Tx, venueID uuid.UUID, room *uuid.UUID) (n int, err error) {
	tx.Locks(services.LockResources)
	tx.Queue(`insert into resources (kind, id) values ('venue', $1) on conflict do nothing`, venueID)
	tx.Queue(`select 1 from resources where kind = 'venue' and id = $1 for no key update`, venueID)
	return n, tx.Batch(services.Statement{
		SQL:  `select count(*) from commitments where resource_kind = 'venue' and resource_id = $1 and ($2::uuid is null or room_id = $2) and ends_at > $3`,
		Args: []any{venueID, room, tx.Now()},
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				if err := rows.Scan(&n); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// archive takes a place out of use, of which at says since when, unless something is booked there from now on.
func archive(tx *services.Tx, at **time.Time, venueID uuid.UUID, room *uuid.UUID, code services.Code, there string) error {
	booked, err := bookedAhead(tx, venueID, room)
	switch {
	case err != nil:
		return err
	case booked == 1:
		return services.Conflict(code, "One booking is still to come %s. Move or cancel it first.", there)
	case booked > 1:
		return services.Conflict(code, "%d bookings are still to come %s. Move or cancel them first.", booked, there)
	}
	if *at == nil {
		now := tx.Now()
		*at = &now
	}
	return nil
}

// outOfUse asks, with the resources locked and what the sources hold still there, for a place that is new to one of the claims
// and was archived. What was booked at a place before stays there.
func (c *claims) outOfUse(now time.Time, found *error) services.Statement {
	return services.Statement{
		SQL: `select v.name, coalesce(r.name, ''), v.archived_at is null
			from unnest($1::text[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::uuid[]) as wanted(kind, id, room, ends, source, source_id)
			join venues v on v.id = wanted.id left join rooms r on r.id = wanted.room
			where wanted.kind = 'venue' and wanted.ends > $7 and (v.archived_at is not null or r.archived_at is not null)
				and not exists (select from commitments b where b.source = wanted.source and b.source_id = wanted.source_id and b.resource_id = wanted.id
					and b.room_id is not distinct from wanted.room and b.ends_at > $7)
			order by wanted.ends limit 1`,
		Args: []any{c.kinds, c.resourceIDs, c.rooms, c.ends, c.sources, c.sourceIDs, now},
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				var venue, room string
				var roomAlone bool
				if err := rows.Scan(&venue, &room, &roomAlone); err != nil {
					return err
				}
				if *found = services.Conflict(CodeVenueArchived, "%s is out of use. Choose another venue, or restore it.", venue); roomAlone {
					*found = services.Conflict(CodeRoomArchived, "%s (%s) is out of use. Choose another room, or restore it.", venue, room)
				}
			}
			return nil
		},
	}
}
