package calendar

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/services"
)

// Lock locks resources in the order of Hold, for a use case that must know something of them before it books: what it reads
// after this stays true until it ends, since nobody else books them meanwhile. Name all that Hold or HoldEach is to book
// afterwards, so that they find everything locked already.
func Lock(tx *services.Tx, of ...Resource) {
	tx.Locks(services.LockResources)
	kinds, ids := inOrder(of)
	lock(tx, kinds, ids)
}

func lock(tx *services.Tx, kinds []string, ids []uuid.UUID) {
	tx.Queue(`insert into resources (kind, id) select kind, id from unnest($1::text[], $2::uuid[]) as r(kind, id) order by kind, id on conflict do nothing`, kinds, ids)
	tx.Queue(`select 1 from resources join unnest($1::text[], $2::uuid[]) as wanted(kind, id) using (kind, id) order by kind, id for no key update of resources`, kinds, ids)
}

// inOrder are the distinct resources in the order in which they are locked. A room is locked with its venue.
func inOrder(of []Resource) ([]string, []uuid.UUID) {
	all := make([]Resource, len(of))
	for i, r := range of {
		all[i] = Resource{Kind: r.Kind, ID: r.ID}
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.ID[:], b.ID[:]))
	})
	kinds, ids := []string{}, []uuid.UUID{}
	for _, r := range slices.Compact(all) {
		kinds, ids = append(kinds, string(r.Kind)), append(ids, r.ID)
	}
	return kinds, ids
}

// HoldEach books each booking that fits as a whole, in their order: of two that want the same, the earlier in the list gets
// it. The answers are as many as the bookings: nil for one that is booked, for any other its DoubleBooked, which names at
// most ten clashes. What the source of a booking held before is given up for it, or kept when it does not fit. Like Hold, call
// it once in a use case, with everything.
// Errors: conflict venue_archived or room_archived for a place that is out of use and that the source has not held until now.
func HoldEach(tx *services.Tx, bookings ...Booking) ([]error, error) {
	p := PlanEach(tx, bookings...)
	if err := tx.Batch(p.Reads...); err != nil {
		return nil, err
	}
	return p.Hold(bookings...)
}

// Plan is bookings of which it is known, with all that they want locked, what stands in their way.
type Plan struct {
	Reads []services.Statement // go into a Batch before the plan is used

	tx       *services.Tx
	archived error
	found    []Clash
}

// PlanEach is the first half of HoldEach, for a use case that has more to ask in the same round trip: it locks. What it asks is
// right because it comes after the lock.
func PlanEach(tx *services.Tx, bookings ...Booking) *Plan {
	p, all := &Plan{tx: tx}, claimsOf(bookings)
	tx.Locks(services.LockResources)
	kinds, ids := all.resources()
	lock(tx, kinds, ids)
	p.Reads = []services.Statement{all.outOfUse(tx.Now(), &p.archived), all.inTheWay(&p.found)}
	return p
}

// Free says whether nobody else holds anything that the booking of a source wants.
func (p *Plan) Free(sourceID uuid.UUID) bool {
	return !slices.ContainsFunc(p.found, func(c Clash) bool { return c.Wanted == sourceID })
}

// Hold is the second half of HoldEach, for those of the bookings that are still wanted.
// Errors: those of HoldEach.
func (p *Plan) Hold(bookings ...Booking) ([]error, error) {
	if p.archived != nil {
		return nil, p.archived
	}
	tx := p.tx
	answers, fit := fitting(bookings, p.found)
	c := claimsOf(fit)
	sources, sourceIDs := sourcesOf(fit)
	tx.Queue(`delete from commitments c using unnest($1::text[], $2::uuid[]) as s(source, id) where c.source = s.source and c.source_id = s.id`, sources, sourceIDs)
	tx.Queue(insertClaims, c.ids(), c.kinds, c.resourceIDs, c.lower, c.upper, c.starts, c.ends, c.sources, c.sourceIDs, c.rooms)
	return answers, nil
}

const insertClaims = `insert into commitments (id, resource_kind, resource_id, room_id, during, starts_at, ends_at, source, source_id)
	select id, kind, resource, room, tstzrange(lower, upper), starts, ends, source, source_id
	from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::text[], $9::uuid[], $10::uuid[])
		as c(id, kind, resource, lower, upper, starts, ends, source, source_id, room)`

// inTheWay asks, with the resources locked, for all that others hold where the claims are to be.
func (c *claims) inTheWay(into *[]Clash) services.Statement {
	return services.Statement{
		SQL: `select wanted.source_id, c.resource_kind, c.resource_id, ` + roomOrNil + `, c.source, c.source_id, c.starts_at, c.ends_at
			from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::uuid[], $7::uuid[]) as wanted(kind, id, lower, upper, source, source_id, room)
			join commitments c on ` + collides + `
			where (c.source, c.source_id) <> (wanted.source, wanted.source_id)
			order by c.starts_at, c.resource_kind, c.resource_id`,
		Args: []any{c.kinds, c.resourceIDs, c.lower, c.upper, c.sources, c.sourceIDs, c.rooms},
		Scan: func(rows pgx.Rows) error {
			*into = nil
			for rows.Next() {
				var one Clash
				if err := rows.Scan(&one.Wanted, &one.Kind, &one.ID, &one.Room, &one.Source, &one.SourceID, &one.StartsAt, &one.EndsAt); err != nil {
					return err
				}
				*into = append(*into, one)
			}
			return nil
		},
	}
}

// fitting goes through the bookings in order. A claim that stands in the way no longer does when its source has been given
// its new place by then.
func fitting(bookings []Booking, found []Clash) (answers []error, fit []Booking) {
	answers = make([]error, len(bookings))
	moved := map[claimant]bool{} // those that have their new place
	for i := range bookings {
		b := &bookings[i]
		var clashes []Clash
		for _, c := range found {
			if c.Wanted == b.SourceID && !moved[claimant{c.Source, c.SourceID}] {
				clashes = append(clashes, c)
			}
		}
		for j := range fit {
			clashes = append(clashes, b.against(&fit[j])...)
		}
		if len(clashes) > 0 {
			answers[i] = &DoubleBooked{Clashes: clashes[:min(len(clashes), maxClashes)]}
			continue
		}
		fit = append(fit, *b)
		moved[claimant{b.Source, b.SourceID}] = true
	}
	return answers, fit
}

// claimant is what booked.
type claimant struct {
	source string
	id     uuid.UUID
}

// against are the clashes with a booking that came first.
func (b *Booking) against(first *Booking) (clashes []Clash) {
	if !b.StartsAt.Add(-b.Before).Before(first.EndsAt.Add(first.After)) || !first.StartsAt.Add(-first.Before).Before(b.EndsAt.Add(b.After)) {
		return nil
	}
	for _, r := range b.Resources {
		for _, held := range first.Resources {
			if r.Kind == held.Kind && r.ID == held.ID && (r.Room == uuid.Nil || held.Room == uuid.Nil || r.Room == held.Room) {
				clashes = append(clashes, Clash{Resource: held, Wanted: b.SourceID, Source: first.Source, SourceID: first.SourceID, StartsAt: first.StartsAt, EndsAt: first.EndsAt})
			}
		}
	}
	return clashes
}
