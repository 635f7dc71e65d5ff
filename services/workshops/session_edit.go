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
	"homefront/services/tasks"
)

// SessionScope is how far a change of a session reaches.
type SessionScope string

// The scopes.
const (
	ScopeThis             SessionScope = "this"
	ScopeThisAndFollowing SessionScope = "this_and_following"
)

// SessionPatch changes a session; what is absent stays, null clears.
type SessionPatch struct {
	Scope          SessionScope                `json:"scope,omitempty" enum:"this,this_and_following" default:"this" doc:"this_and_following: those after it that are still scheduled change in the same way; of sessions made by a rule, those of the rule. A new start shifts each by as much on the clock on the wall"`
	LocalStart     services.Field[string]      `json:"local_start,omitzero" required:"false" minLength:"16" maxLength:"16" doc:"Wall-clock time in the session's time zone" example:"2026-10-28T18:30"`
	Minutes        services.Field[int]         `json:"minutes,omitzero" required:"false" minimum:"1" maximum:"10080" doc:"Elapsed length"`
	TimeZone       services.Field[string]      `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name; the time on the wall stays"`
	Title          services.Field[string]      `json:"title,omitzero" required:"false" maxLength:"160"`
	VenueID        services.Field[uuid.UUID]   `json:"venue_id,omitzero" required:"false" doc:"null: the workshop's"`
	LocationNote   services.Field[string]      `json:"location_note,omitzero" required:"false" maxLength:"500"`
	JoinURL        services.Field[string]      `json:"join_url,omitzero" required:"false" maxLength:"500" doc:"https"`
	Capacity       services.Field[int]         `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"5000" doc:"Drop-in only; null: the workshop's"`
	ChildCapacity  services.Field[int]         `json:"child_capacity,omitzero" required:"false" minimum:"0" maximum:"5000"`
	OnlineCapacity services.Field[int]         `json:"online_capacity,omitzero" required:"false" minimum:"1" maximum:"5000"`
	FacilitatorIDs services.Field[[]uuid.UUID] `json:"facilitator_ids,omitzero" required:"false" maxItems:"20" doc:"Who leads it, in place of who did"`
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

// UpdateSession moves or changes one session, or it and those that follow. Those who come are told of another time or place.
// Errors: not_found; unconditional and stale as for every edit; invalid for values that contradict the workshop; conflict
// workshop_over, session_over, double_booked or capacity_below_taken.
func (s *Service) UpdateSession(ctx context.Context, id uuid.UUID, in SessionPatch) (*SessionChange, error) {
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
		was := []models.WorkshopSession{first}
		if in.Scope == ScopeThisAndFollowing {
			if was, err = following(tx, first); err != nil {
				return nil, err
			}
		}
		m := move{tx: tx, workshop: w, in: in, was: was}
		if err := m.run(); err != nil {
			return nil, err
		}
		all, err := sessionDetails(tx, m.now)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(d WorkshopSessionDetail) bool { return d.ID == id })
		changed := all[i]
		return &SessionChange{WorkshopSessionDetail: changed, Following: slices.Delete(all, i, i+1)}, nil
	})
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

// following are a session and those after it that a change of it can reach.
func following(tx *services.Tx, first models.WorkshopSession) ([]models.WorkshopSession, error) {
	var out []models.WorkshopSession
	q := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).
		Where("workshop_id = ? and status = ? and (starts_at, id) >= (?, ?)", first.WorkshopID, models.SessionScheduled, first.StartsAt, first.ID)
	if first.RuleGroup != nil {
		q = q.Where("rule_group = ?", *first.RuleGroup)
	}
	return out, q.Order("starts_at, id").Find(&out).Error
}

// move is one change of one or more sessions.
type move struct {
	tx       *services.Tx
	workshop models.Workshop
	in       SessionPatch
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
	var bookings []calendar.Booking
	for i, before := range m.was {
		after, err := m.apply(before, shift)
		if err != nil {
			return err
		}
		m.now = append(m.now, after)
		was, now := teams[before.ID], teams[before.ID]
		if m.in.FacilitatorIDs.Set {
			now = distinctIDs(m.in.FacilitatorIDs.Or(nil))
		}
		if i == 0 || m.in.FacilitatorIDs.Set || retimed(before, after) {
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
	return m.in.FacilitatorIDs.Set || m.in.VenueID.Set || m.in.LocalStart.Set || m.in.Minutes.Set || m.in.TimeZone.Set
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
	from, err := time.Parse(wall, m.was[0].LocalStart)
	return to.Sub(from), err
}

// apply is what becomes of one session.
func (m *move) apply(s models.WorkshopSession, shift time.Duration) (models.WorkshopSession, error) {
	in := m.in
	s.Title, s.VenueID, s.LocationNote = clean(in.Title.Or(s.Title)), in.VenueID.OrNull(s.VenueID), clean(in.LocationNote.Or(s.LocationNote))
	s.JoinURL = strings.TrimSpace(in.JoinURL.Or(s.JoinURL))
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
	return !sameID(a.VenueID, b.VenueID) || a.LocationNote != b.LocationNote || a.JoinURL != b.JoinURL
}

// sessionEditable are the columns that a change of a session may write.
var sessionEditable = []string{"title", "starts_at", "ends_at", "local_start", "time_zone", "venue_id", "location_note", "join_url", "capacity", "child_capacity", "online_capacity", "sequence"}

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

// CancelSession calls off one session. Those who come are told; of a drop_in session their places end.
// Errors: not_found; invalid for an empty reason; conflict workshop_over, session_over, or last_session when nothing of a
// published workshop would be left.
func (s *Service) CancelSession(ctx context.Context, id uuid.UUID, in CancelReason) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.cancel", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		w, before, err := lockSession(tx, id)
		if err != nil {
			return nil, err
		}
		if err := movable(w, before); err != nil {
			return nil, err
		}
		after := before
		after.Status, after.CancelReason, after.Sequence = models.SessionCancelled, clean(in.Reason), before.Sequence+1
		if after.CancelReason == "" {
			return nil, services.InvalidField("/reason", "required", "Say why; everybody who comes is told.")
		}
		if err := calendar.Release(tx, sourceSession, id); err != nil {
			return nil, err
		}
		if _, err := lockAllPools(tx, w.ID); err != nil {
			return nil, err
		}
		if err := saveSession(tx, before, &after, "status", "cancel_reason", "sequence"); err != nil {
			return nil, err
		}
		if err := storeTimes(tx, w); err != nil {
			return nil, err
		}
		if w.Visibility == models.VisibilityPublished {
			if err := sessionCancelled(tx, after); err != nil {
				return nil, err
			}
		}
		if err := tasks.CloseFor(tx, sourceSession, id, models.TaskCompleteSession); err != nil {
			return nil, err
		}
		return sessionDetail(tx.DB, tx.Actor(), id)
	})
}

// RestoreSession has a cancelled session take place after all, before it starts. Who had a place of a drop_in session can
// be reinstated.
// Errors: not_found; conflict workshop_over, double_booked, or session_over when it is not cancelled or would have begun.
func (s *Service) RestoreSession(ctx context.Context, id uuid.UUID) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.restore", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		w, before, err := lockSession(tx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case w.Visibility.Over():
			return nil, services.Conflict(CodeWorkshopOver, "This workshop is %s. Restore it first.", w.Visibility)
		case before.Status != models.SessionCancelled:
			return nil, services.Conflict(CodeSessionOver, "This session is %s, not cancelled.", before.Status)
		case !before.StartsAt.After(tx.Now()):
			return nil, services.Conflict(CodeSessionOver, "This session would have begun already. Plan a new one.")
		}
		after := before
		after.Status, after.CancelReason, after.Sequence = models.SessionScheduled, "", before.Sequence+1
		teams, err := sessionTeams(tx, w.ID)
		if err != nil {
			return nil, err
		}
		if err := hold(tx, []calendar.Booking{booking(&w, &after, teams[id])}); err != nil {
			return nil, err
		}
		if err := saveSession(tx, before, &after, "status", "cancel_reason", "sequence"); err != nil {
			return nil, err
		}
		if err := storeTimes(tx, w); err != nil {
			return nil, err
		}
		if w.Visibility == models.VisibilityPublished {
			if err := restored(tx, w, after); err != nil {
				return nil, err
			}
		}
		return sessionDetail(tx.DB, tx.Actor(), id)
	})
}

// restored tells those who come, and gives the seats of a drop_in session to those who wait for one.
func restored(tx *services.Tx, w models.Workshop, s models.WorkshopSession) error {
	pools, err := lockAllPools(tx, w.ID)
	if err != nil {
		return err
	}
	if err := sessionRestored(tx, s); err != nil {
		return err
	}
	var ids []uuid.UUID
	for _, p := range pools {
		if p.SessionID != nil && *p.SessionID == s.ID {
			ids = append(ids, p.ID)
		}
	}
	return promote(tx, ids)
}
