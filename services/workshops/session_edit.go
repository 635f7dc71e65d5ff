package workshops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// SessionScope is how far a change of a session reaches.
type SessionScope string

// The scopes.
const (
	ScopeThis             SessionScope = "this"
	ScopeThisAndFollowing SessionScope = "this_and_following"
	ScopeAll              SessionScope = "all"
)

// SessionPatch changes a session; what is absent stays, null clears.
type SessionPatch struct {
	Scope          SessionScope                      `json:"scope,omitempty" enum:"this,this_and_following,all" default:"this" doc:"this_and_following: those after it that are still scheduled change in the same way; all: every one that is still scheduled and has not begun. Of sessions made by a rule, those of the rule. A new start shifts each by as much on the clock on the wall"`
	LocalStart     services.Field[string]            `json:"local_start,omitzero" required:"false" minLength:"16" maxLength:"16" doc:"Wall-clock time in the session's time zone" example:"2026-10-28T18:30"`
	Minutes        services.Field[int]               `json:"minutes,omitzero" required:"false" minimum:"1" maximum:"10080" doc:"Elapsed length"`
	TimeZone       services.Field[string]            `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name; the time on the wall stays"`
	Title          services.Field[string]            `json:"title,omitzero" required:"false" maxLength:"160"`
	VenueID        services.Field[uuid.UUID]         `json:"venue_id,omitzero" required:"false" doc:"null: the workshop's"`
	RoomID         services.Field[uuid.UUID]         `json:"room_id,omitzero" required:"false" doc:"A room, with its venue where venue_id is absent; null: all of its venue. Another venue_id alone leaves the room behind"`
	LocationNote   services.Field[string]            `json:"location_note,omitzero" required:"false" maxLength:"500"`
	JoinURL        services.Field[string]            `json:"join_url,omitzero" required:"false" maxLength:"500" doc:"https"`
	OnlineRoom     services.Field[models.OnlineRoom] `json:"online_room,omitzero" required:"false" enum:"url,jitsi" doc:"null: at join_url where it has one of its own, else as the workshop"`
	Capacity       services.Field[int]               `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"5000" doc:"Drop-in only; null: the workshop's"`
	ChildCapacity  services.Field[int]               `json:"child_capacity,omitzero" required:"false" minimum:"0" maximum:"5000"`
	OnlineCapacity services.Field[int]               `json:"online_capacity,omitzero" required:"false" minimum:"1" maximum:"5000"`
	FacilitatorIDs services.Field[[]uuid.UUID]       `json:"facilitator_ids,omitzero" required:"false" maxItems:"20" doc:"Who leads it, in place of who did"`
}

// lockSession reads a session for a change, with its workshop, which is locked first.
func lockSession(tx *services.Tx, id uuid.UUID) (models.Workshop, models.WorkshopSession, error) {
	var of []uuid.UUID
	if err := tx.DB.Model(&models.WorkshopSession{}).Where("id = ?", id).Limit(1).Pluck("workshop_id", &of).Error; err != nil {
		return models.Workshop{}, models.WorkshopSession{}, err
	}
	if len(of) == 0 {
		return models.Workshop{}, models.WorkshopSession{}, services.NotFound("session")
	}
	var found []models.WorkshopSession
	w, err := lockWorkshop(tx, of[0])
	if err == nil {
		err = tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Limit(1).Find(&found).Error
	}
	if err != nil {
		return models.Workshop{}, models.WorkshopSession{}, hiddenSession(err)
	}
	return w, found[0], nil
}

// hiddenSession says "no such session" where the workshop is hidden: the words for an unknown id.
func hiddenSession(err error) error {
	if missing := services.NotFound("workshop"); missing.Is(err) {
		return services.NotFound("session")
	}
	return err
}

// UpdateSession moves or changes one session, or it and those that follow, or all of its series. Those who come are told of another time or place.
// Errors: not_found; unconditional and stale as for every edit; invalid for values that contradict the workshop; conflict
// workshop_over, session_over, double_booked, venue_archived, room_archived or capacity_below_taken.
func (s *Service) UpdateSession(ctx context.Context, id uuid.UUID, in SessionPatch) (*SessionChange, error) {
	if err := s.checkRoom(in.OnlineRoom.Or("")); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "session.update", func(tx *services.Tx) (*SessionChange, error) {
		w, first, err := lockSession(tx, id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(first.Version); err != nil {
			return nil, err
		}
		if err := movable(w, first); err != nil {
			return nil, err
		}
		was, err := reached(tx, first, in.Scope)
		if err != nil {
			return nil, err
		}
		m := move{tx: tx, workshop: w, in: in, first: first, was: was}
		if err := m.run(); err != nil {
			return nil, err
		}
		return changeOf(tx, id, m.now)
	})
}

// changeOf answers the session that was asked for, with the others that changed with it.
func changeOf(tx *services.Tx, id uuid.UUID, now []models.WorkshopSession) (*SessionChange, error) {
	all, err := sessionDetails(tx, now)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(d WorkshopSessionDetail) bool { return d.ID == id })
	changed := all[i]
	return &SessionChange{WorkshopSessionDetail: changed, Following: slices.Delete(all, i, i+1)}, nil
}

func movable(w models.Workshop, s models.WorkshopSession) error {
	switch {
	case w.Visibility.Over():
		return services.Conflict(CodeWorkshopOver, "This workshop is %s. Restore it first.", w.Visibility)
	case s.Status != models.SessionScheduled:
		return services.Conflict(CodeSessionOver, "This session is %s. Only a scheduled one can be changed.", s.Status)
	}
	return nil
}

// reached are a session and the others that an act on it reaches: those of its rule, or else of its workshop, that are as it
// is. Of what was called off, those come back that were called off for the same reason and are still ahead.
func reached(tx *services.Tx, first models.WorkshopSession, scope SessionScope) ([]models.WorkshopSession, error) {
	q := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("workshop_id = ? and status = ?", first.WorkshopID, first.Status)
	switch scope {
	case ScopeThisAndFollowing:
		q = q.Where("(starts_at, id) >= (?, ?)", first.StartsAt, first.ID)
	case ScopeAll:
		q = q.Where("(starts_at > ? or id = ?)", tx.Now(), first.ID)
	default:
		return []models.WorkshopSession{first}, nil
	}
	if first.RuleGroup != nil {
		q = q.Where("rule_group = ?", *first.RuleGroup)
	}
	if first.Status == models.SessionCancelled {
		q = q.Where("starts_at > ? and cancel_reason = ?", tx.Now(), first.CancelReason)
	}
	var out []models.WorkshopSession
	return out, q.Order("starts_at, id").Find(&out).Error
}

// move is one change of one or more sessions.
type move struct {
	tx       *services.Tx
	workshop models.Workshop
	in       SessionPatch
	first    models.WorkshopSession // the one that in is about
	room     *models.Room           // the one that in names
	was, now []models.WorkshopSession
}

func (m *move) run() error {
	shift, err := m.shift()
	if err != nil {
		return err
	}
	teams, err := sessionTeams(m.tx, m.workshop.ID)
	if err != nil {
		return err
	}
	if m.room, err = findRoom(m.tx, m.in.RoomID.Value); err != nil {
		return err
	}
	var bookings []calendar.Booking
	for _, before := range m.was {
		after, err := m.apply(before, shift)
		if err != nil {
			return err
		}
		m.now = append(m.now, after)
		was, now := teams[before.ID], teams[before.ID]
		if m.in.FacilitatorIDs.Set {
			now = distinctIDs(m.in.FacilitatorIDs.Or(nil))
		}
		if before.ID == m.first.ID || m.in.FacilitatorIDs.Set || retimed(before, after) || replaced(before, after) || reseated(before, after) {
			past := retimed(before, after) && !after.StartsAt.After(m.tx.Now())
			if err := checkSession(m.tx, m.workshop, after, before, m.asked(was, now, before, after), "/local_start", past); err != nil {
				return err
			}
		}
		setSessionTeam(m.tx, before.ID, was, now)
		bookings = append(bookings, booking(&m.workshop, &after, now))
	}
	if m.rebooks() {
		if err := hold(m.tx, bookings); err != nil {
			return err
		}
	}
	return m.store()
}

// asked are those of a team whose clearance matters anew: who was added, or everybody when the day is another.
func (m *move) asked(was, now []uuid.UUID, before, after models.WorkshopSession) []uuid.UUID {
	if retimed(before, after) {
		return now
	}
	return without(now, was)
}

func (m *move) rebooks() bool {
	return m.in.FacilitatorIDs.Set || m.in.VenueID.Set || m.in.RoomID.Set || m.in.LocalStart.Set || m.in.Minutes.Set || m.in.TimeZone.Set
}

// wall is how local times are written.
const wall = "2006-01-02T15:04"

// shift is by how much the clock on the wall moves, as a length of time on a clock that knows no daylight saving.
func (m *move) shift() (time.Duration, error) {
	if m.in.LocalStart.Value == nil {
		return 0, nil
	}
	to, err := time.Parse(wall, *m.in.LocalStart.Value)
	if err != nil {
		return 0, services.InvalidField("/local_start", "invalid", "Write the local date and time without offset, such as 2026-10-27T18:00.")
	}
	from, err := time.Parse(wall, m.first.LocalStart)
	return to.Sub(from), err
}

// apply is what becomes of one session.
func (m *move) apply(s models.WorkshopSession, shift time.Duration) (models.WorkshopSession, error) {
	in := m.in
	s.Title, s.LocationNote = clean(in.Title.Or(s.Title)), clean(in.LocationNote.Or(s.LocationNote))
	venue := s.VenueID
	if in.RoomID.Value != nil && !in.VenueID.Set {
		venue = nil // each session that this reaches goes into the room, wherever it was
	}
	s.VenueID, s.RoomID = relocated(venue, s.RoomID, in.VenueID, in.RoomID, m.room)
	s.JoinURL = strings.TrimSpace(in.JoinURL.Or(s.JoinURL))
	s.OnlineRoom = in.OnlineRoom.OrNull(s.OnlineRoom)
	s.Capacity, s.ChildCapacity, s.OnlineCapacity = in.Capacity.OrNull(s.Capacity), in.ChildCapacity.OrNull(s.ChildCapacity), in.OnlineCapacity.OrNull(s.OnlineCapacity)
	length := s.EndsAt.Sub(s.StartsAt)
	if in.Minutes.Value != nil {
		length = time.Duration(*in.Minutes.Value) * time.Minute
	}
	if shift == 0 && in.TimeZone.Value == nil {
		s.EndsAt = s.StartsAt.Add(length)
		return s, nil
	}
	s.TimeZone = in.TimeZone.Or(s.TimeZone)
	from, err := time.Parse(wall, s.LocalStart)
	if err != nil {
		return s, err
	}
	at, err := models.Recurrence{Rule: "FREQ=DAILY;COUNT=1", Start: from.Add(shift).Format(wall), TimeZone: s.TimeZone, Minutes: int(length / time.Minute)}.Expand(1)
	if err != nil {
		return s, ruleErrors(err)
	}
	s.StartsAt, s.EndsAt, s.LocalStart = at[0].StartsAt, at[0].EndsAt, at[0].LocalStart
	return s, nil
}

func retimed(a, b models.WorkshopSession) bool {
	return !a.StartsAt.Equal(b.StartsAt) || !a.EndsAt.Equal(b.EndsAt)
}

// replaced says whether people have to go elsewhere.
func replaced(a, b models.WorkshopSession) bool {
	return !sameID(a.VenueID, b.VenueID) || !sameID(a.RoomID, b.RoomID) || a.LocationNote != b.LocationNote
}

// sessionEditable are the columns that a change of a session may write.
var sessionEditable = []string{"title", "starts_at", "ends_at", "local_start", "time_zone", "venue_id", "room_id", "location_note", "join_url", "online_room", "capacity", "child_capacity", "online_capacity", "sequence"}

func (m *move) store() error {
	for i, before := range m.was {
		if retimed(before, m.now[i]) || replaced(before, m.now[i]) {
			m.now[i].Sequence++
		}
		if err := saveSession(m.tx, before, &m.now[i], sessionEditable...); err != nil {
			return err
		}
	}
	if err := storeTimes(m.tx, m.workshop); err != nil {
		return err
	}
	if m.in.Capacity.Set || m.in.ChildCapacity.Set || m.in.OnlineCapacity.Set {
		if err := syncPools(m.tx, m.workshop); err != nil {
			return err
		}
	}
	if m.workshop.Visibility != models.VisibilityPublished {
		return nil
	}
	if err := sessionsMoved(m.tx, m.was, m.now); err != nil {
		return err
	}
	return m.askAgain()
}

// askAgain offers seats that were free too shortly before the old start to ask anybody.
func (m *move) askAgain() error {
	later := false
	for i := range m.was {
		later = later || m.now[i].StartsAt.After(m.was[i].StartsAt)
	}
	if !later {
		return nil
	}
	pools, err := lockAllPools(m.tx, m.workshop.ID)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(pools))
	for i := range pools {
		ids[i] = pools[i].ID
	}
	return promote(m.tx, ids)
}

// CancelReason is why something does not take place.
type CancelReason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Told to everybody who comes" example:"The venue has no heating this week"`
}

// restored tells those who come, and gives the seats of drop_in sessions to those who wait for one.
func restored(tx *services.Tx, w models.Workshop, sessions ...models.WorkshopSession) error {
	pools, err := lockAllPools(tx, w.ID)
	if err != nil {
		return err
	}
	if err := sessionsRestored(tx, sessions...); err != nil {
		return err
	}
	var ids []uuid.UUID
	for _, p := range pools {
		if p.SessionID != nil && slices.ContainsFunc(sessions, func(s models.WorkshopSession) bool { return s.ID == *p.SessionID }) {
			ids = append(ids, p.ID)
		}
	}
	return promote(tx, ids)
}
