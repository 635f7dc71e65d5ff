package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// ledAhead is a session still to come that somebody leads and minors may come to.
type ledAhead struct {
	WorkshopID uuid.UUID
	StartsAt   time.Time
	EndsAt     time.Time
	TimeZone   string
}

// recheckTeam looks at what somebody leads from now on with minors in it: of each workshop with a session on whose day
// they lack what that needs, a task; of the others, the task that such a lack once made is dropped. So it can run as
// often as it likes.
func (s *Service) recheckTeam(ctx context.Context, job people.CredentialsChanged) error {
	_, err := services.Mutate(ctx, s.core, "workshop.recheck_team", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		return nil, recheck(tx, job.MemberID)
	})
	return err
}

func recheck(tx *services.Tx, member uuid.UUID) error {
	var ahead []ledAhead
	err := tx.DB.Raw(`select s.workshop_id, s.starts_at, s.ends_at, s.time_zone from session_facilitators f
		join workshop_sessions s on s.id = f.session_id join workshops w on w.id = s.workshop_id
		where f.member_id = ? and s.status = 'scheduled' and s.ends_at > ? and not w.is_template and w.visibility in ('draft', 'published')
			and (w.minimum_age is null or w.minimum_age < ?) order by s.starts_at, s.id`, member, tx.Now(), models.AdultAge).Scan(&ahead).Error
	if err != nil {
		return err
	}
	wanted := map[uuid.UUID]time.Time{} // the first session of each workshop that they may not lead
	days := map[models.Date]bool{}
	for _, a := range ahead {
		day := models.DateOf(local(a.EndsAt, a.TimeZone))
		cleared, asked := days[day]
		if !asked {
			if cleared, _, err = people.Cleared(tx, member, day.Time); err != nil {
				return err
			}
			days[day] = cleared
		}
		if _, known := wanted[a.WorkshopID]; !cleared && !known {
			wanted[a.WorkshopID] = a.StartsAt
		}
	}
	if err := dropSettled(tx, member, wanted); err != nil {
		return err
	}
	for _, a := range ahead { // in the order of their sessions
		starts, lacks := wanted[a.WorkshopID]
		if !lacks {
			continue
		}
		due := tx.Now().Add(24 * time.Hour)
		if starts.Before(due) {
			due = starts
		}
		id := a.WorkshopID
		_, err := tasks.Open(tx, tasks.New{Kind: models.TaskNotCleared, MemberID: &member, Record: "workshop", RecordID: &id, Queue: "coordinators",
			Title: "Who leads this with minors lacks a current check: renew it or find somebody else", DueAt: due})
		if err != nil {
			return err
		}
		delete(wanted, id)
	}
	return nil
}

// dropSettled closes the tasks about workshops that are no longer a matter.
func dropSettled(tx *services.Tx, member uuid.UUID, wanted map[uuid.UUID]time.Time) error {
	var open []uuid.UUID
	err := tx.DB.Model(&models.Task{}).Where("member_id = ? AND kind = ? AND record = 'workshop' AND status IN ('open', 'snoozed')", member, models.TaskNotCleared).
		Order("record_id").Pluck("record_id", &open).Error
	for i := 0; i < len(open) && err == nil; i++ {
		if _, still := wanted[open[i]]; !still {
			err = tasks.CloseAbout(tx, "workshop", open[i], member, models.TaskNotCleared)
		}
	}
	return err
}
