package workshops

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Seats is one pool of seats as people see it.
type Seats struct {
	PoolID          uuid.UUID              `json:"pool_id"`
	SessionID       *uuid.UUID             `json:"session_id" nullable:"true" doc:"Drop-in: the session whose seats these are"`
	StartsAt        *time.Time             `json:"starts_at" doc:"Drop-in: when that session starts"`
	Mode            *models.AttendanceMode `json:"mode" enum:"in_person,online" doc:"Hybrid: how one takes part on these seats"`
	Capacity        int                    `json:"capacity" example:"30"`
	Open            int                    `json:"open" doc:"Seats that nobody holds" example:"4"`
	ChildCapacity   *int                   `json:"child_capacity" doc:"Seats for children alone; null when they sit on the same seats"`
	OpenForChildren *int                   `json:"open_for_children" doc:"Those of them that nobody holds"`
	Waiting         int                    `json:"waiting" doc:"Parties on the waitlist" example:"0"`
	Registration    models.Window          `json:"registration" enum:"open,not_yet_open,closed,full" doc:"full still takes parties for the waitlist, while that has room"`

	row poolRow
}

// poolRow is what Seats are made of, in types that pgx reads without looking for a way.
type poolRow struct {
	session              pgtype.UUID
	starts               pgtype.Timestamptz
	mode                 pgtype.Text
	childCapacity        pgtype.Int4
	taken, takenChildren int
}

// SeatList is read from an array of records.
type SeatList []Seats

// ScanIndex says where a field of the record goes; the order is that of seatsColumn.
func (s *Seats) ScanIndex(i int) any {
	r := &s.row
	return [...]any{&s.PoolID, &r.session, &r.starts, &r.mode, &s.Capacity, &r.childCapacity, &r.taken, &r.takenChildren, &s.Waiting}[i]
}

// ScanNull implements pgtype.CompositeIndexScanner.
func (s *Seats) ScanNull() error { return errors.New("a pool is never null") }

// count fills in what the row says.
func (s *Seats) count() {
	pool := models.Pool{Capacity: s.Capacity, Taken: s.row.taken, TakenChildren: s.row.takenChildren}
	if s.row.childCapacity.Valid {
		children := int(s.row.childCapacity.Int32)
		pool.ChildCapacity, s.ChildCapacity = &children, &children
	}
	open, children := pool.Open()
	s.Open = open
	if s.ChildCapacity != nil {
		s.OpenForChildren = &children
	}
	if s.row.session.Valid {
		id := uuid.UUID(s.row.session.Bytes)
		s.SessionID = &id
	}
	if s.row.starts.Valid {
		at := s.row.starts.Time.UTC()
		s.StartsAt = &at
	}
	if s.row.mode.Valid {
		mode := models.AttendanceMode(s.row.mode.String)
		s.Mode = &mode
	}
}

// tell fills in the numbers and words, and says what holds for the workshop as a whole: open when any of its pools is.
func (l SeatList) tell(w *models.Workshop, now time.Time) models.Window {
	whole := models.WindowClosed
	for i := range l {
		l[i].count()
		start := l[i].StartsAt
		if start == nil {
			start = w.StartsAt
		}
		word := models.WindowClosed
		if start != nil {
			word = w.WindowAt(now, *start)
		}
		if word == models.WindowOpen && l[i].Open == 0 {
			word = models.WindowFull
		}
		l[i].Registration = word
		if rank[word] > rank[whole] {
			whole = word
		}
	}
	return whole
}

var rank = map[models.Window]int{models.WindowNotYetOpen: 1, models.WindowFull: 2, models.WindowOpen: 3}

// WorkshopFacilitatorView is who leads, as others see it.
type WorkshopFacilitatorView struct {
	MemberID *uuid.UUID `json:"member_id" nullable:"true" doc:"For staff"`
	Name     string     `json:"name" doc:"First name and initial" example:"Dana R."`
}

// FacilitatorList is read from a JSON column.
type FacilitatorList []WorkshopFacilitatorView

// Scan implements sql.Scanner.
func (l *FacilitatorList) Scan(src any) error {
	var people []struct {
		ID     uuid.UUID `json:"id"`
		Given  string    `json:"given"`
		Family string    `json:"family"`
	}
	if err := scanJSON(src, &people); err != nil {
		return err
	}
	*l = make(FacilitatorList, len(people))
	for i, p := range people {
		(*l)[i] = WorkshopFacilitatorView{MemberID: &p.ID, Name: models.Initialed(p.Given, p.Family)}
	}
	return nil
}

// shownTo leaves the ids to staff.
func (l FacilitatorList) shownTo(actor *services.Actor) {
	if actor.Staff() {
		return
	}
	for i := range l {
		l[i].MemberID = nil
	}
}

// WorkshopPlace is the venue as those who come need it.
type WorkshopPlace struct {
	ID            uuid.UUID `json:"id"`
	Name          string    `json:"name" example:"Haymount Community House"`
	Address       string    `json:"address" example:"212 Hay St, Fayetteville, NC 28301"`
	TimeZone      string    `json:"time_zone" example:"America/New_York"`
	Accessibility string    `json:"accessibility" example:"Step-free entrance on Old St"`
	Room          *RoomView `json:"room" doc:"The room; null when it has all of the venue"`
}

// RoomView is a room as those who come need it.
type RoomView struct {
	ID            uuid.UUID `json:"id"`
	Name          string    `json:"name" example:"Blue Room"`
	Accessibility string    `json:"accessibility" doc:"Of the room, beside what is said of the venue" example:"Second floor by elevator; hearing loop"`
}

// Scan implements sql.Scanner.
func (p *WorkshopPlace) Scan(src any) error { return scanJSON(src, p) }

func scanJSON(src, into any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, into)
	case string:
		return json.Unmarshal([]byte(v), into)
	}
	return fmt.Errorf("json: cannot read %T", src)
}

// WorkshopDetail is one workshop with all that a page about it shows, but its sessions.
type WorkshopDetail struct {
	models.Workshop
	Program      *string           `json:"program" doc:"Name of the program" example:"Family Awareness"`
	Place        *WorkshopPlace    `json:"venue" gorm:"type:json" doc:"Null when it has none"`
	Facilitators FacilitatorList   `json:"facilitators" gorm:"type:json" nullable:"false"`
	Sessions     int               `json:"sessions" doc:"How many are not cancelled" example:"6"`
	Seats        SeatList          `json:"seats" gorm:"type:record[]" nullable:"false" doc:"One pool; two when hybrid; of drop-in those of every session to come"`
	Registration models.Window     `json:"registration" gorm:"-" enum:"open,not_yet_open,closed,full" doc:"open when any pool is; full still takes parties for the waitlist, while that has room"`
	Decision     *WorkshopDecision `json:"decision,omitempty" gorm:"-" doc:"For staff: whether it has the people it needs; absent without min_to_run"`
	Asks         []string          `json:"asks,omitempty" gorm:"-" doc:"What its rules ask, in sentences; absent where it has none" example:"[\"This is for veterans or service members.\"]"`
	Leads        bool              `json:"-"`
}

// WorkshopRow is one row of the catalog.
type WorkshopRow struct {
	ID             uuid.UUID                 `json:"id"`
	Title          string                    `json:"title" example:"Living with Hypervigilance"`
	Summary        string                    `json:"summary" example:"Six evenings for veterans and the people they live with"`
	ProgramID      *uuid.UUID                `json:"program_id" nullable:"true"`
	Format         models.Format             `json:"format" enum:"in_person,online,hybrid" example:"in_person"`
	AttendanceMode models.Admission          `json:"attendance_mode" enum:"series,drop_in" example:"series"`
	VenueID        *uuid.UUID                `json:"venue_id" nullable:"true"`
	VenueName      *string                   `json:"venue_name" example:"Haymount Community House"`
	TimeZone       string                    `json:"time_zone" example:"America/New_York"`
	AudienceKinds  models.Texts[models.Kind] `json:"audience_kinds" nullable:"false" doc:"Empty for everybody"`
	MinimumAge     *int                      `json:"minimum_age"`
	StartsAt       *time.Time                `json:"starts_at" doc:"Null in a draft without sessions"`
	EndsAt         *time.Time                `json:"ends_at"`
	OpensAt        *time.Time                `json:"opens_at" doc:"When registration opens; null for at once"`
	ClosesAt       *time.Time                `json:"closes_at" doc:"When registration closes; null for at the start"`
	Visibility     models.Visibility         `json:"visibility" enum:"draft,published,cancelled,completed" example:"published"`
	IsTemplate     bool                      `json:"is_template"`
	Sessions       int                       `json:"sessions" doc:"How many are not cancelled" example:"6"`
	Seats          SeatList                  `json:"seats" gorm:"type:record[]" nullable:"false" doc:"One pool; two when hybrid; of drop-in those of the next sessions, at most 10"`
	Registration   models.Window             `json:"registration" gorm:"-" enum:"open,not_yet_open,closed,full" doc:"open when any pool is; full still takes parties for the waitlist, while that has room"`
	TitleKey       string                    `json:"-"`
}

func (r *WorkshopRow) tell(now time.Time) {
	w := models.Workshop{AttendanceMode: r.AttendanceMode, Visibility: r.Visibility, StartsAt: r.StartsAt, EndsAt: r.EndsAt, OpensAt: r.OpensAt, ClosesAt: r.ClosesAt}
	r.Registration = r.Seats.tell(&w, now)
}

// seatsColumn reads the pools of workshop w that can still be registered for, soonest first. Its arguments: now, and how
// many at most.
const seatsColumn = `array(select row(p.id, p.session_id, s.starts_at, p.mode, p.capacity, p.child_capacity, p.taken, p.taken_children, p.waiting)
	from pools p left join workshop_sessions s on s.id = p.session_id
	where p.workshop_id = w.id and (p.session_id is null or (s.status = 'scheduled' and s.ends_at > ?))
	order by s.starts_at, p.mode, p.id limit ?) as seats`

const sessionsColumn = `(select count(*) from workshop_sessions c where c.workshop_id = w.id and c.status <> 'cancelled') as sessions`

const facilitatorsColumn = `coalesce((select json_agg(json_build_object('id', m.id, 'given', coalesce(m.preferred_name, m.given_name), 'family', m.family_name) order by m.given_name, m.id)
	from workshop_facilitators f join members m on m.id = f.member_id where f.workshop_id = w.id), '[]') as facilitators`

// Where a workshop takes place, and one session of it: placeObject goes on with the room.
const (
	placeColumn = placeObject + `w.room_id)) from venues v where v.id = w.venue_id) as place`
	placeObject = `(select json_build_object('id', v.id, 'name', v.name, 'address', v.address, 'time_zone', v.time_zone, 'accessibility', v.accessibility,
		'room', (select json_build_object('id', x.id, 'name', x.name, 'accessibility', x.accessibility) from rooms x where x.id = `
	// roomOf is the room of session s of workshop w: one with a venue of its own is not in the workshop's.
	roomOf = `case when s.venue_id is null then w.room_id else s.room_id end`
)

// facilitated are the workshops that a member leads, in whole or one session of. Its arguments: the member, twice.
const facilitated = `(select workshop_id from workshop_facilitators where member_id = ?
	union all select (select s.workshop_id from workshop_sessions s where s.id = f.session_id) from session_facilitators f where f.member_id = ?)`

// visible is who sees which workshop, of a table named w: coordinators all; others what is published, what they lead, and
// what is over and they had registered for.
func visible(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Kind == models.ActorSystem || actor.Coordinates() {
			return db
		}
		return db.Where(`(w.visibility = 'published' or w.id in `+facilitated+` or (w.visibility in ('cancelled', 'completed') and exists (
			select 1 from registrations r left join attendees a on a.registration_id = r.id and a.member_id = ?
			where r.workshop_id = w.id and (r.lead_member_id = ? or a.id is not null))))`, actor.MemberID, actor.MemberID, actor.MemberID, actor.MemberID)
	}
}

// detail reads one workshop as actor may see it.
func detail(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*WorkshopDetail, error) {
	found, err := services.Rows[WorkshopDetail](db.Table("workshops as w").Scopes(visible(actor)).Where("w.id = ?", id).
		Select(`w.*, (select name from programs p where p.id = w.program_id) as program, w.id in `+facilitated+` as leads, `+
			placeColumn+`, `+facilitatorsColumn+`, `+sessionsColumn+`, `+seatsColumn, actor.MemberID, actor.MemberID, now, 1000), 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("workshop")
	}
	w := &found[0]
	if !w.Leads && !actor.Coordinates() {
		w.JoinURL = ""
	}
	w.Facilitators.shownTo(actor)
	w.Registration = w.Seats.tell(&w.Workshop, now)
	if w.Leads || actor.Coordinates() {
		if w.Decision, err = decisionOf(db, &w.Workshop); err != nil {
			return nil, err
		}
	} else {
		w.MinToRun, w.DecideBy = nil, nil // what is still to be decided unsettles who would come
	}
	w.Asks, err = asksOf(db, now, &w.Workshop)
	return w, err
}
