package workshops

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// desk is the ground of every use case that takes or frees seats: the pools of one workshop, or of one session of a
// drop-in workshop, locked, and what must be known with them. Whoever changes a registration holds these locks, so that
// nothing else about the workshop's parties moves meanwhile; every change of a party goes through change, which keeps
// the counters true.
type desk struct {
	tx         *services.Tx
	workshop   models.Workshop
	sessionID  *uuid.UUID
	meetings   []meeting // what a place is good for, in order; cancelled ones are left out
	pools      []models.Pool
	was        []models.Pool
	lastQueued *time.Time
	shrunk     bool                // a waiting party asks for less, or stands elsewhere in the line
	apart      *people.Separations // of those who ask for something here; nil where nobody does
	closed     models.IDs          // what the same fields of a party say, of whoever calls
	released   models.IDs
	asking     asking
}

// meeting is a session and where it takes place.
type meeting struct {
	models.WorkshopSession
	Place string
}

// workshopRow is a workshop with the end of its line.
type workshopRow struct {
	models.Workshop
	LastQueued *time.Time
}

// seats is how many places of one pool a party takes.
type seats struct{ adults, children int }

// need is what a party takes of each pool.
type need map[uuid.UUID]seats

const (
	lockPools = `select id, workshop_id, session_id, mode, capacity, child_capacity, taken, taken_children, waiting from pools
		where workshop_id = $1 and session_id is not distinct from $2 order by id` + poolLock
	// The statement after the lock sees what the party before us left behind.
	readWorkshop = `select w.id, w.version, w.program_id, w.title, w.format, w.attendance_mode, w.location_note, w.join_url, w.time_zone, w.waitlist_capacity, w.opens_at,
			w.closes_at, w.approval_required, w.cancel_deadline_hours, w.guests_per_party, w.max_party, w.minimum_age, w.teen_program, w.audience_kinds,
			w.rules, w.registration_form_id, w.offer_hours, w.visibility, w.is_template, w.starts_at, w.ends_at, w.cancelled_at,
			(select max(r.queued_at) from registrations r where r.workshop_id = w.id and r.session_id is not distinct from $2 and r.queued_at is not null) as last_queued
		from workshops w where w.id = $1`
	readMeetings = `select s.id, s.version, s.workshop_id, s.title, s.starts_at, s.ends_at, s.time_zone, s.join_url, s.status, s.sequence, ` + placeOf + ` as place
		from workshop_sessions s join workshops w on w.id = s.workshop_id left join venues v on v.id = coalesce(s.venue_id, w.venue_id)
		where s.workshop_id = $1 and s.status <> 'cancelled' and ($2::uuid is null or s.id = $2) order by s.starts_at, s.id`
	placeOf = `case when w.format = 'online' then 'Online' else
		concat_ws(', ', v.name || coalesce((select ' (' || x.name || ')' from rooms x where x.id = ` + roomOf + `), ''), nullif(v.address, ''), nullif(coalesce(nullif(s.location_note, ''), w.location_note), '')) end`
)

// openDesk locks the pools and reads what a place in the workshop means, with more statements in the same round trip.
// Errors: not_found.
func openDesk(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID, more ...services.Statement) (*desk, error) {
	return openDeskAfter(tx, nil, workshopID, sessionID, more...)
}

// openDeskAfter is openDesk with statements that come before the pools are locked, in the same round trip.
func openDeskAfter(tx *services.Tx, first []services.Statement, workshopID uuid.UUID, sessionID *uuid.UUID, more ...services.Statement) (*desk, error) {
	tx.Locks(services.LockPools)
	d := &desk{tx: tx, sessionID: sessionID}
	var found []workshopRow
	args := []any{workshopID, sessionID}
	statements := append(slices.Clone(first), []services.Statement{
		{SQL: lockPools, Args: args, Scan: services.RowsInto(&d.pools)},
		{SQL: readWorkshop, Args: args, Scan: services.RowsInto(&found)},
		{SQL: readMeetings, Args: args, Scan: services.RowsInto(&d.meetings)},
	}...)
	statements = append(statements, more...)
	if err := tx.Batch(statements...); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("workshop")
	}
	d.workshop, d.lastQueued = found[0].Workshop, found[0].LastQueued
	d.was = slices.Clone(d.pools)
	return d, nil
}

// idsInto collects the only column.
func idsInto(into *[]uuid.UUID) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	}
}

// starts is when what a place is good for begins; ends when it is over.
func (d *desk) starts() time.Time {
	if len(d.meetings) == 0 {
		return time.Time{}
	}
	return d.meetings[0].StartsAt
}

func (d *desk) ends() time.Time {
	var end time.Time
	for i := range d.meetings {
		if d.meetings[i].EndsAt.After(end) {
			end = d.meetings[i].EndsAt
		}
	}
	return end
}

// lastSeat is until when a place is still worth having: the start, or of a series that people may join after it began the
// end of registration, but no later than the last session.
func (d *desk) lastSeat() time.Time {
	last, closes := d.starts(), d.workshop.ClosesAt
	if n := len(d.meetings); n > 0 && d.workshop.AttendanceMode == models.AttendSeries && closes != nil && closes.After(last) {
		last = d.meetings[n-1].StartsAt
		if closes.Before(last) {
			last = *closes
		}
	}
	return last
}

// over says whether there is nothing left to have a place in.
func (d *desk) over() bool {
	return d.workshop.Visibility != models.VisibilityPublished || !d.tx.Now().Before(d.ends())
}

// firstDay is the local date on which ages count.
func (d *desk) firstDay() models.Date {
	zone := d.workshop.TimeZone
	if len(d.meetings) > 0 {
		zone = d.meetings[0].TimeZone
	}
	return models.DayIn(d.starts(), zone)
}

func (d *desk) poolOf(mode *models.AttendanceMode) *models.Pool {
	for i := range d.pools {
		if p := &d.pools[i]; (p.Mode == nil && mode == nil) || (p.Mode != nil && mode != nil && *p.Mode == *mode) {
			return p
		}
	}
	return nil
}

func (d *desk) pool(id uuid.UUID) *models.Pool {
	i := slices.IndexFunc(d.pools, func(p models.Pool) bool { return p.ID == id })
	if i < 0 {
		panic("a party's pool is not one of its workshop")
	}
	return &d.pools[i]
}

// fits says whether all of it finds seats: a party is seated together or not at all.
func (d *desk) fits(n need) bool {
	for id, s := range n {
		if !d.pool(id).Fits(s.adults, s.children) {
			return false
		}
	}
	return true
}

// oversold says whether more is taken than there is, which a use case that sees it must not store.
func (d *desk) oversold() bool {
	return slices.ContainsFunc(d.pools, func(p models.Pool) bool { return !p.Holds(p.Capacity, p.ChildCapacity) })
}

// change is the only way to change a party: what it held before is given back, what it holds after is taken. The caller
// has seen to it that it fits.
func (d *desk) change(p *party, edit func()) {
	waited := p.State == models.RegistrationWaitlisted
	d.count(p, -1)
	edit()
	d.count(p, +1)
	d.shrunk = d.shrunk || waited && p.State == models.RegistrationWaitlisted
}

func (d *desk) count(p *party, sign int) {
	for id, s := range p.need() {
		pool := d.pool(id)
		switch {
		case p.State.HoldsSeats():
			pool.Taken += sign * (s.adults + s.children)
			pool.TakenChildren += sign * s.children
		case p.State == models.RegistrationWaitlisted:
			pool.Waiting += sign
		}
	}
}

// close stores the parties and the counters. When seats became free it offers them first, or has staff call who waits.
func (d *desk) close(parties ...*party) error {
	for _, p := range parties {
		d.store(p)
	}
	freed := d.freed()
	if freed {
		if err := d.promote(); err != nil {
			return err
		}
	}
	if err := d.callForSeats(freed); err != nil {
		return err
	}
	d.saveCounts()
	return d.askAll()
}

// saveCounts queues what became of the counters.
func (d *desk) saveCounts() {
	for i := range d.pools {
		was, now := d.was[i], d.pools[i]
		if was == now {
			continue
		}
		d.tx.Queue(`update pools set taken = taken + $2, taken_children = taken_children + $3, waiting = waiting + $4 where id = $1`,
			now.ID, now.Taken-was.Taken, now.TakenChildren-was.TakenChildren, now.Waiting-was.Waiting)
		d.tx.Changed(was, now)
		d.was[i] = now
	}
}

// freed says whether a waiting party may fit now that did not before.
func (d *desk) freed() bool {
	if d.shrunk {
		return true
	}
	for i := range d.pools {
		was, now := d.was[i], d.pools[i]
		if now.Taken-now.TakenChildren < was.Taken-was.TakenChildren || now.TakenChildren < was.TakenChildren {
			return true
		}
	}
	return false
}

var errNoPools = errors.New("a published workshop has no pool of seats")
