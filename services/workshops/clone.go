package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// CloneWorkshop says what a copy is to be.
type CloneWorkshop struct {
	Title               string       `json:"title,omitempty" maxLength:"160" doc:"Absent: the same" example:"Living with Hypervigilance, spring"`
	StartsOn            *models.Date `json:"starts_on,omitempty" doc:"Local date of the first session of the copy: the others keep their distance in days and their time on the wall. Absent: no sessions are copied"`
	IsTemplate          bool         `json:"is_template,omitempty" doc:"Make a template of it"`
	WithoutFacilitators bool         `json:"without_facilitators,omitempty" doc:"Leave who leads it to be decided"`
}

// Clone makes a draft like another workshop, or of a template. Sessions that were cancelled are left out; when
// registration opens and closes, and when it is decided whether it runs, moves by as many days as the sessions.
// Errors: not_found; invalid for a date when there are no sessions to move, or facilitators who are not cleared then;
// conflict double_booked, or venue_archived or room_archived when the place is out of use.
func (s *Service) Clone(ctx context.Context, id uuid.UUID, in CloneWorkshop) (*WorkshopDetail, error) {
	return services.Mutate(ctx, s.core, "workshop.clone", func(tx *services.Tx) (*WorkshopDetail, error) {
		original, err := lockWorkshop(tx, id)
		if err != nil {
			return nil, err
		}
		sessions, days, err := in.toCopy(tx, original)
		if err != nil {
			return nil, err
		}
		w := in.copyOf(original, tx.Now(), days)
		team, err := teamOf(tx, id)
		if err != nil {
			return nil, err
		}
		if in.WithoutFacilitators {
			team = nil
		}
		at, err := findSite(tx, w.VenueID, w.RoomID)
		if err != nil {
			return nil, err
		}
		if err := checkWorkshop(tx, w, at, team, &original); err != nil {
			return nil, err
		}
		tx.Changed(nil, w)
		if err := tx.DB.Create(&w).Error; err != nil {
			return nil, err
		}
		setTeam(tx, w.ID, nil, team)
		if err := in.copySessions(tx, original, w, sessions, days); err != nil {
			return nil, err
		}
		if w.AttendanceMode == models.AttendSeries {
			if err := syncPools(tx, w); err != nil {
				return nil, err
			}
		}
		return detail(tx.DB, tx.Actor(), w.ID, tx.Now())
	})
}

// toCopy are the sessions that the copy gets, and by how many days they move.
func (in *CloneWorkshop) toCopy(tx *services.Tx, original models.Workshop) ([]models.WorkshopSession, int, error) {
	if in.StartsOn == nil {
		return nil, 0, nil
	}
	all, err := sessionsOf(tx, original.ID)
	if err != nil {
		return nil, 0, err
	}
	var kept []models.WorkshopSession
	for _, s := range all {
		if s.Status != models.SessionCancelled {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return nil, 0, services.InvalidField("/starts_on", "no_sessions", "There are no sessions to copy. Leave the date out, and plan sessions for the copy.")
	}
	first, err := time.Parse(wall, kept[0].LocalStart)
	return kept, int(in.StartsOn.Sub(models.DateOf(first).Time) / (24 * time.Hour)), err
}

func (in *CloneWorkshop) copyOf(original models.Workshop, now time.Time, days int) models.Workshop {
	w := original
	w.Record = models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}
	if title := clean(in.Title); title != "" {
		w.Title = title
	}
	w.Visibility, w.IsTemplate = models.VisibilityDraft, in.IsTemplate
	w.StartsAt, w.EndsAt, w.ListedUntil, w.PublishedAt, w.CancelledAt, w.CompletedAt, w.CancelReason = nil, nil, nil, nil, nil, nil, ""
	w.OpensAt, w.ClosesAt = onWall(original.OpensAt, w.TimeZone, days), onWall(original.ClosesAt, w.TimeZone, days)
	w.DecideBy, w.RanAnywayAt, w.RunAnywayReason = onWall(original.DecideBy, w.TimeZone, days), nil, ""
	if in.StartsOn == nil {
		w.OpensAt, w.ClosesAt, w.DecideBy = nil, nil, nil
	}
	return w
}

// onWall is so many days later at the same time on the wall.
func onWall(t *time.Time, zone string, days int) *time.Time {
	if t == nil {
		return nil
	}
	at := local(*t, zone).AddDate(0, 0, days).UTC()
	return &at
}

func (in *CloneWorkshop) copySessions(tx *services.Tx, original, w models.Workshop, sessions []models.WorkshopSession, days int) error {
	if len(sessions) == 0 {
		return nil
	}
	teams, err := sessionTeams(tx, original.ID)
	if err != nil {
		return err
	}
	groups := map[uuid.UUID]uuid.UUID{}
	made := make([]models.WorkshopSession, len(sessions))
	of := make([][]uuid.UUID, len(sessions))
	m := move{tx: tx, workshop: w}
	for i, s := range sessions {
		if made[i], err = m.apply(s, time.Duration(days)*24*time.Hour); err != nil {
			return err
		}
		made[i].Record = models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
		made[i].WorkshopID, made[i].Status, made[i].CancelReason, made[i].Sequence = w.ID, models.SessionScheduled, "", 0
		if s.RuleGroup != nil {
			if _, ok := groups[*s.RuleGroup]; !ok {
				groups[*s.RuleGroup] = services.NewID()
			}
			group := groups[*s.RuleGroup]
			made[i].RuleGroup = &group
		}
		if !in.WithoutFacilitators {
			of[i] = teams[s.ID]
		}
		if err := checkSession(tx, w, made[i], s, of[i], "/starts_on", false); err != nil {
			return err
		}
	}
	return addSessions(tx, w, made, func(i int) []uuid.UUID { return of[i] })
}
