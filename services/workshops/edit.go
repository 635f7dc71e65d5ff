package workshops

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/programs"
)

// Codes of states that stand in the way of a change of plan.
const (
	CodeWorkshopOver services.Code = "workshop_over"
	CodeNotReady     services.Code = "not_ready"
)

// Update changes a workshop. More seats are offered to those who wait in the same transaction; sessions to come move to
// another venue, and get who is added to lead it; those who come are told of another place. Waivers of rules that ask
// something else from now on are withdrawn.
// Errors: not_found; unconditional and stale as for every edit; invalid for values that contradict one another; conflict
// workshop_over, has_registrations, capacity_below_taken, double_booked, venue_archived or room_archived where sessions would
// be booked anew at a place out of use, or not_ready when it is published and would lack
// what a published one needs.
func (s *Service) Update(ctx context.Context, id uuid.UUID, in WorkshopPatch) (*WorkshopDetail, error) {
	if err := s.checkRoom(in.OnlineRoom.Or("")); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "workshop.update", func(tx *services.Tx) (*WorkshopDetail, error) {
		before, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(before.Version); err != nil {
			return nil, err
		}
		if before.Visibility.Over() {
			return nil, services.Conflict(CodeWorkshopOver, "This workshop is %s. Restore it first.", before.Visibility)
		}
		e := edit{tx: tx, before: before, after: before}
		room, err := findRoom(tx, in.RoomID.Value)
		if err != nil {
			return nil, err
		}
		in.apply(&e.after, room)
		if err := e.run(in); err != nil {
			return nil, err
		}
		if !sameID(e.before.ProgramID, e.after.ProgramID) {
			if err := tellAnew(tx, id); err != nil {
				return nil, err
			}
		}
		return detail(tx.DB, tx.Actor(), id, tx.Now())
	})
}

// edit is one change of a workshop's plan.
type edit struct {
	tx               *services.Tx
	before, after    models.Workshop
	teamWas, teamNow []uuid.UUID
}

func (e *edit) run(in WorkshopPatch) error {
	if err := e.check(in); err != nil {
		return err
	}
	sessions, err := upcoming(e.tx, e.after.ID)
	if err != nil {
		return err
	}
	if err := e.rebook(sessions); err != nil {
		return err
	}
	if e.reshaped() {
		if err := lockUnregistered(e.tx, e.after.ID, false); err != nil {
			return err
		}
	}
	if e.asksOther() {
		if _, err := lockAllPools(e.tx, e.after.ID); err != nil {
			return err
		}
	}
	if err := refreshTimes(e.tx, &e.after); err != nil {
		return err
	}
	if err := saveWorkshop(e.tx, e.before, &e.after, append(slices.Clone(editable), timeColumns...)...); err != nil {
		return err
	}
	of := func(w *models.Workshop) programs.Target {
		return programs.Target{WorkshopID: &w.ID, ProgramID: w.ProgramID}
	}
	if err := programs.RulesReplaced(e.tx, of(&e.before), e.before.Rules, of(&e.after), e.after.Rules); err != nil {
		return err
	}
	setTeam(e.tx, e.after.ID, e.teamWas, e.teamNow)
	if e.seatsChanged() {
		if err := syncPools(e.tx, e.after); err != nil {
			return err
		}
	}
	if e.after.Visibility != models.VisibilityPublished {
		return nil
	}
	if err := e.decideAnew(); err != nil {
		return err
	}
	if e.asksOther() {
		if err := askEverybody(e.tx, &e.before, &e.after); err != nil {
			return err
		}
	}
	if err := ready(e.tx, e.after); err != nil {
		return err
	}
	if !slices.Equal(e.before.ReminderHours, e.after.ReminderHours) {
		if err := sessionsPlanned(e.tx, sessions...); err != nil {
			return err
		}
	}
	return e.tellPlace(sessions)
}

func (e *edit) check(in WorkshopPatch) (err error) {
	if at := in.DecideBy.Value; at != nil && !at.After(e.tx.Now()) {
		return services.InvalidField("/decide_by", "past", "The day of the decision has passed already.")
	}
	if e.teamWas, err = teamOf(e.tx, e.after.ID); err != nil {
		return err
	}
	e.teamNow = e.teamWas
	if in.FacilitatorIDs.Set {
		e.teamNow = distinctIDs(in.FacilitatorIDs.Or(nil))
	}
	at, err := findSite(e.tx, e.after.VenueID, e.after.RoomID)
	if err != nil {
		return err
	}
	asked := without(e.teamNow, e.teamWas)
	if e.after.MinorsAllowed() && !e.before.MinorsAllowed() {
		asked = e.teamNow
	}
	return checkWorkshop(e.tx, e.after, at, asked, &e.before)
}

// reshaped says whether seats would be counted another way, which those who have one could not follow.
func (e *edit) reshaped() bool {
	return e.after.Format != e.before.Format || e.after.AttendanceMode != e.before.AttendanceMode
}

// asksOther says whether those who come are asked something else than before.
func (e *edit) asksOther() bool {
	return !sameID(e.before.RegistrationFormID, e.after.RegistrationFormID)
}

func (e *edit) seatsChanged() bool {
	b, a := e.before, e.after
	return !sameInt(b.Capacity, a.Capacity) || !sameInt(b.ChildCapacity, a.ChildCapacity) || !sameInt(b.OnlineCapacity, a.OnlineCapacity) ||
		b.Format != a.Format || b.AttendanceMode != a.AttendanceMode
}

// rebook gives the sessions to come the people and the place of the new plan.
func (e *edit) rebook(sessions []models.WorkshopSession) error {
	added, left := without(e.teamNow, e.teamWas), without(e.teamWas, e.teamNow)
	moved := e.elsewhere() || e.before.Format != e.after.Format || e.before.IsTemplate != e.after.IsTemplate
	if len(sessions) == 0 || (!moved && len(added) == 0 && len(left) == 0) {
		return nil
	}
	teams, err := sessionTeams(e.tx, e.after.ID)
	if err != nil {
		return err
	}
	var bookings []calendar.Booking
	for i := range sessions {
		was := teams[sessions[i].ID]
		now := append(without(was, left), without(added, was)...)
		setSessionTeam(e.tx, sessions[i].ID, was, now)
		bookings = append(bookings, booking(&e.after, &sessions[i], now))
	}
	return hold(e.tx, bookings)
}

// elsewhere says whether the venue or the room is another.
func (e *edit) elsewhere() bool {
	return !sameID(e.before.VenueID, e.after.VenueID) || !sameID(e.before.RoomID, e.after.RoomID)
}

// tellPlace tells those who come to sessions that take place elsewhere now.
func (e *edit) tellPlace(sessions []models.WorkshopSession) error {
	b, a := e.before, e.after
	var was, now []models.WorkshopSession
	for _, s := range sessions {
		venue := s.VenueID == nil && e.elsewhere()
		note := s.LocationNote == "" && b.LocationNote != a.LocationNote
		if !venue && !note {
			continue
		}
		after := s
		after.Sequence++
		if err := saveSession(e.tx, s, &after, "sequence"); err != nil {
			return err
		}
		was, now = append(was, s), append(now, after)
	}
	return sessionsMoved(e.tx, was, now)
}

// ready refuses what a published workshop must not lack, all at once.
func ready(tx *services.Tx, w models.Workshop) error {
	missing, err := lacking(tx, w)
	if err != nil || len(missing) == 0 {
		return err
	}
	refused := services.Conflict(CodeNotReady, "The workshop is not ready for people to register. See what is missing in errors.")
	refused.Fields = missing
	return refused
}

// lockUnregistered locks a workshop's pools and sees that nobody has registered: nobody now when live, else nobody ever.
// Errors: conflict has_registrations.
func lockUnregistered(tx *services.Tx, workshopID uuid.UUID, live bool) error {
	if _, err := lockAllPools(tx, workshopID); err != nil {
		return err
	}
	var n int64
	q := tx.DB.Model(&models.Registration{}).Where("workshop_id = ?", workshopID)
	if live {
		q = q.Where("live")
	}
	if err := q.Count(&n).Error; err != nil {
		return err
	}
	if n > 0 {
		return services.Conflict(CodeHasRegistrations, "%d registrations stand in the way. Cancel the workshop instead, so that everybody is told, or make a new one.", n)
	}
	return nil
}
