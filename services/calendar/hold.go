// Package calendar knows what is booked when, so that nobody and nothing is in two places at once.
package calendar

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CodeDoubleBooked is the code of a clash.
const CodeDoubleBooked services.Code = "double_booked"

var _ = services.Meanings(map[string]*services.Error{
	"commitments_no_overlap": services.Conflict(CodeDoubleBooked, "Somebody or something of this is already booked at that time. Choose another time, or another person or place."),
})

// Resource is what can be in one place at a time. Of a venue one can book a room alone: rooms of one venue do not stand in
// each other's way, and all of them stand in the way of the whole, which is what a venue without a room is.
type Resource struct {
	Kind models.ResourceKind
	ID   uuid.UUID
	Room uuid.UUID // Nil for all of it
}

// Booking is one source's claim on resources from StartsAt to EndsAt. The buffers keep resources free before and after;
// those of neighbours add up.
type Booking struct {
	Source           string
	SourceID         uuid.UUID
	Resources        []Resource
	StartsAt, EndsAt time.Time
	Before, After    time.Duration
}

// Clash is an earlier claim that stands in the way of one that was asked for.
type Clash struct {
	Resource
	Wanted           uuid.UUID // the source that was to be booked
	Source           string
	SourceID         uuid.UUID
	StartsAt, EndsAt time.Time
}

// DoubleBooked lists what stands in the way. Shown as it is, it says that something is busy; the domain that booked it
// can say more to those who may see it.
type DoubleBooked struct{ Clashes []Clash } //nolint:errname // named as its code

func (e *DoubleBooked) Error() string { return e.Unwrap().Error() }

// Unwrap is what a caller is told who may know no more.
func (e *DoubleBooked) Unwrap() error {
	return Describe(e.Clashes, func(c Clash) string {
		return fmt.Sprintf("The %s is busy from %s to %s.", c.Kind, c.StartsAt.UTC().Format(time.RFC3339), c.EndsAt.UTC().Format(time.RFC3339))
	})
}

// Describe makes the conflict of clashes with a sentence for each.
func Describe(clashes []Clash, tell func(Clash) string) *services.Error {
	lines := make([]string, len(clashes))
	for i, c := range clashes {
		lines[i] = tell(c)
	}
	return services.Conflict(CodeDoubleBooked, "%s", strings.Join(slices.Compact(lines), " ")+" Choose another time, or another person or place.")
}

// maxClashes is how many clashes an answer names.
const maxClashes = 10

// Hold books all resources of all bookings, or none. What a source held before is given up, so a booking that moved is
// held again the same way; a booking without resources only gives up. Call it once in a use case, with everything: it
// locks the resources in one order, so that two use cases that want the same ones wait and never deadlock.
// Errors: DoubleBooked, which is conflict double_booked; conflict venue_archived or room_archived for a place that is out of
// use and that the source has not held until now.
func Hold(tx *services.Tx, bookings ...Booking) error {
	claims := claimsOf(bookings)
	tx.Locks(services.LockResources)
	kinds, ids := claims.resources()
	lock(tx, kinds, ids)
	sources, sourceIDs := sourcesOf(bookings)
	var archived error
	booked := 0
	err := tx.Batch(claims.outOfUse(tx.Now(), &archived), services.Statement{
		SQL:  `delete from commitments c using unnest($1::text[], $2::uuid[]) as s(source, id) where c.source = s.source and c.source_id = s.id`,
		Args: []any{sources, sourceIDs},
		Scan: func(pgx.Rows) error { return nil },
	}, services.Statement{
		SQL:  insertClaims + ` on conflict do nothing returning 1`,
		Args: []any{claims.ids(), claims.kinds, claims.resourceIDs, claims.lower, claims.upper, claims.starts, claims.ends, claims.sources, claims.sourceIDs, claims.rooms},
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				booked++
			}
			return nil
		},
	})
	switch {
	case err != nil:
		return err
	case archived != nil:
		return archived
	case booked == len(claims.kinds):
		return nil
	}
	return claims.clashes(tx)
}

// Release gives up what sources of one kind hold.
func Release(tx *services.Tx, source string, ids ...uuid.UUID) error {
	tx.Queue(`delete from commitments where source = $1 and source_id = any($2::uuid[])`, source, ids)
	return nil
}

// claims are the rows of commitments that bookings make, by column.
type claims struct {
	kinds, sources             []string
	resourceIDs, sourceIDs     []uuid.UUID
	rooms                      []*uuid.UUID // nil for all of the resource
	lower, upper, starts, ends []time.Time
}

func claimsOf(bookings []Booking) claims {
	c := claims{kinds: []string{}, sources: []string{}, resourceIDs: []uuid.UUID{}, sourceIDs: []uuid.UUID{}, rooms: []*uuid.UUID{}, lower: []time.Time{}, upper: []time.Time{}, starts: []time.Time{}, ends: []time.Time{}}
	for _, b := range bookings {
		for i, r := range b.Resources {
			if slices.Contains(b.Resources[:i], r) {
				continue
			}
			c.kinds, c.resourceIDs, c.rooms = append(c.kinds, string(r.Kind)), append(c.resourceIDs, r.ID), append(c.rooms, r.room())
			c.sources, c.sourceIDs = append(c.sources, b.Source), append(c.sourceIDs, b.SourceID)
			c.lower, c.upper = append(c.lower, b.StartsAt.Add(-b.Before)), append(c.upper, b.EndsAt.Add(b.After))
			c.starts, c.ends = append(c.starts, b.StartsAt), append(c.ends, b.EndsAt)
		}
	}
	return c
}

func (r Resource) room() *uuid.UUID {
	if r.Room == uuid.Nil {
		return nil
	}
	return &r.Room
}

func (c *claims) ids() []uuid.UUID {
	out := make([]uuid.UUID, len(c.kinds))
	for i := range out {
		out[i] = services.NewID()
	}
	return out
}

// resources are those of all claims, in the order in which they are locked.
func (c *claims) resources() ([]string, []uuid.UUID) {
	all := make([]Resource, len(c.kinds))
	for i, kind := range c.kinds {
		all[i] = Resource{Kind: models.ResourceKind(kind), ID: c.resourceIDs[i]}
	}
	return inOrder(all)
}

func sourcesOf(bookings []Booking) ([]string, []uuid.UUID) {
	sources, ids := []string{}, []uuid.UUID{}
	for _, b := range bookings {
		sources, ids = append(sources, b.Source), append(ids, b.SourceID)
	}
	return sources, ids
}

const (
	// collides is what the exclusion constraint asks of a claim and a commitment c.
	collides = `c.resource_kind = wanted.kind and c.resource_id = wanted.id and c.during && tstzrange(wanted.lower, wanted.upper)
		and (c.room_id is null or wanted.room is null or c.room_id = wanted.room)`
	roomOrNil = `coalesce(c.room_id, '00000000-0000-0000-0000-000000000000')`
)

// clashes finds what kept the claims out: those of others, and those among the claims themselves.
func (c *claims) clashes(tx *services.Tx) error {
	found := &DoubleBooked{}
	err := tx.Batch(services.Statement{
		SQL: `select wanted.source_id, c.resource_kind, c.resource_id, ` + roomOrNil + `, c.source, c.source_id, c.starts_at, c.ends_at
			from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::uuid[], $8::uuid[]) as wanted(kind, id, lower, upper, source, source_id, room)
			join commitments c on ` + collides + `
			where (c.source, c.source_id) <> (wanted.source, wanted.source_id)
			order by c.starts_at, c.resource_kind, c.resource_id limit $7`,
		Args: []any{c.kinds, c.resourceIDs, c.lower, c.upper, c.sources, c.sourceIDs, maxClashes, c.rooms},
		Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				var one Clash
				if err := rows.Scan(&one.Wanted, &one.Kind, &one.ID, &one.Room, &one.Source, &one.SourceID, &one.StartsAt, &one.EndsAt); err != nil {
					return err
				}
				found.Clashes = append(found.Clashes, one)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	return found
}

// Busy lists what would stand in the way of bookings now, without booking them: what a planner is shown beforehand. Of each
// thing that a booking wants it finds the first clashes, at most so many.
func Busy(db *gorm.DB, most int, bookings ...Booking) ([]Clash, error) {
	c := claimsOf(bookings)
	wanted, err := json.Marshal(c.rows())
	if err != nil {
		return nil, err
	}
	var found []Clash
	return found, db.Raw(`select wanted.source_id as wanted, c.resource_kind as kind, c.resource_id as id, `+roomOrNil+` as room, c.source, c.source_id, c.starts_at, c.ends_at
		from jsonb_to_recordset(?::jsonb) as wanted(kind text, id uuid, room uuid, lower timestamptz, upper timestamptz, source_id uuid)
		cross join lateral (select * from commitments c where `+collides+` order by c.starts_at limit ?) c
		order by c.starts_at, c.resource_kind, c.resource_id`, string(wanted), most).Scan(&found).Error
}

type claim struct {
	Kind     string     `json:"kind"`
	ID       uuid.UUID  `json:"id"`
	Room     *uuid.UUID `json:"room"`
	Lower    time.Time  `json:"lower"`
	Upper    time.Time  `json:"upper"`
	SourceID uuid.UUID  `json:"source_id"`
}

func (c *claims) rows() []claim {
	out := make([]claim, len(c.kinds))
	for i := range out {
		out[i] = claim{c.kinds[i], c.resourceIDs[i], c.rooms[i], c.lower[i], c.upper[i], c.sourceIDs[i]}
	}
	return out
}
