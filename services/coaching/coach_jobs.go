package coaching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	coachWatchEvery = 10 * time.Minute
	coachWatchBatch = 500
	coachRecord     = "coach"
)

// watchCoaches is the job that finds what is booked with somebody who may not coach any more, whyever: suspended, archived, their
// account or role gone, a credential lapsed or revoked. It looks at how things are, so that nothing that changes them can
// forget to tell.
type watchCoaches struct{}

// Kind implements services.JobArgs.
func (watchCoaches) Kind() string { return "coach.watch" }

// coachChanged is the same for one coach, at once.
type coachChanged struct {
	CoachID uuid.UUID `json:"coach_id"`
}

// Kind implements services.JobArgs.
func (coachChanged) Kind() string { return "coach.changed" }

func (s *Service) coachJobs() {
	services.Handle(s.core.Jobs, 3, s.watchCoaches)
	services.Every(s.core.Jobs, coachWatchEvery, watchCoaches{})
	services.Handle(s.core.Jobs, 5, s.coachChanged)
}

func (s *Service) watchCoaches(ctx context.Context, job watchCoaches) error {
	return s.recheckCoaches(ctx, job.Kind(), uuid.Nil)
}

func (s *Service) coachChanged(ctx context.Context, job coachChanged) error {
	return s.recheckCoaches(ctx, job.Kind(), job.CoachID)
}

// minorComes is SQL that says whether one of those whom the session s is for is under age on its day, which is SQL.
func minorComes(day string) string {
	return `exists (select from engagement_participants p join members b on b.id = p.member_id where p.engagement_id = s.engagement_id and p.state in ('asked', 'joined')
		and (b.birth_date > ` + day + ` - interval '18 years' or b.birth_date is null and 'child' = any(b.kinds)))`
}

const sessionDay = `(s.starts_at at time zone c.time_zone)::date`

// strayed is SQL that names the engagements whose sessions ahead are not where they belong: with a coach who may not hold one of
// them, and not all with staff; or with staff, though the coach may hold all of them again. What is paused stays with staff.
// may tells the two apart. Its arguments: now, what coaches must hold, what work with minors asks too, and a coach or NULL for all.
var strayed = `select s.engagement_id, bool_and(coach.may) as may from coaching_sessions s join coaches c on c.id = s.coach_id
	cross join lateral (select ` + works + ` and ` + holdsAll("cast(@kinds as text[])", sessionDay) + ` and (not ` + minorComes(sessionDay) + ` or ` + holdsAll("cast(@minors as text[])", sessionDay) + `) as may) coach
	where s.state in ('requested', 'booked', 'in_progress') and s.starts_at > @now and (cast(@coach as uuid) is null or s.coach_id = @coach)
	group by s.engagement_id
	having bool_or(not coach.may) and bool_or(s.to_staff_at is null)
		or bool_and(coach.may) and bool_or(s.to_staff_at is not null) and exists (select from engagements e where e.id = s.engagement_id and e.state = 'active')`

// unasked is SQL that names the coaches of whose clients staff are to be asked, or no longer: the mark says that they were. Of those
// who died, staff are asked when the death is recorded.
var unasked = `select c.id from coaches c
	cross join lateral (select not (` + works + ` and ` + holdsAll("cast(@kinds as text[])", coachDay) + `) and ` + clientsOf + ` > 0 as astray) clients
	where (cast(@coach as uuid) is null or c.id = @coach) and clients.astray <> (c.clients_to_staff_at is not null)
		and exists (select from members m where m.id = c.id and m.status not in ('deceased', 'merged'))`

func (s *Service) coachArgs(coach uuid.UUID) map[string]any {
	args := map[string]any{"now": s.core.Clock.Now(), "kinds": kindNames(false), "minors": kindNames(true), "coach": nil}
	if coach != uuid.Nil {
		args["coach"] = coach
	}
	return args
}

// recheckCoaches puts right what belongs elsewhere, of one coach or of all. Each engagement is a use case of its own, so that one
// that fails keeps none of the others waiting.
func (s *Service) recheckCoaches(ctx context.Context, job string, coach uuid.UUID) error {
	args := s.coachArgs(coach)
	engagements, err := s.idsOf(ctx, `select engagement_id from (`+strayed+`) s order by engagement_id limit 500`, args)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range engagements {
		_, err := services.Mutate(services.AsSystem(ctx, job), s.core, "coach.recheck_sessions", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged()
			return nil, recheckSessions(tx, args, id)
		})
		failed = errors.Join(failed, err)
	}
	coaches, err := s.idsOf(ctx, unasked+` order by c.id limit 500`, args)
	for _, id := range coaches {
		_, err := services.Mutate(services.AsSystem(ctx, job), s.core, "coach.recheck_clients", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged()
			return nil, recheckClients(tx, args, id)
		})
		failed = errors.Join(failed, err)
	}
	if failed = errors.Join(failed, err); failed == nil && len(engagements) == coachWatchBatch {
		return s.recheckCoaches(ctx, job, coach)
	}
	return failed
}

func (s *Service) idsOf(ctx context.Context, query string, args map[string]any) ([]uuid.UUID, error) {
	return services.Read(services.AsSystem(ctx, "coach.watch"), s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(query, args).Scan(&ids).Error
	})
}

// recheckSessions asks again, under the lock, about the sessions of one engagement.
func recheckSessions(tx *services.Tx, args map[string]any, id uuid.UUID) error {
	e, participants, _, err := openEngagement(tx, id)
	if err != nil {
		return err
	}
	var found []struct{ May bool }
	err = tx.DB.Raw(`select may from (`+strayed+`) s where engagement_id = @id`, args, map[string]any{"id": id}).Scan(&found).Error
	switch {
	case err != nil || len(found) == 0:
		return err
	case found[0].May:
		_, err = backFromStaff(tx, e, participants)
		return err
	}
	_, err = toStaff(tx, e, participants)
	return err
}

// recheckClients asks again, under the lock, whether the clients of a coach need another one, and has staff asked once.
func recheckClients(tx *services.Tx, args map[string]any, id uuid.UUID) error {
	before, err := lockCoach(tx.DB.Clauses(forUpdate), id)
	if err != nil {
		return err
	}
	var still []uuid.UUID
	if err := tx.DB.Raw(`select id from (`+unasked+`) c where id = @id`, args, map[string]any{"id": id}).Scan(&still).Error; err != nil || len(still) == 0 {
		return err
	}
	c, now := *before, tx.Now()
	if c.ClientsToStaffAt = nil; before.ClientsToStaffAt == nil {
		c.ClientsToStaffAt = &now
		_, err = tasks.Open(tx, tasks.New{Kind: models.TaskReassignClients, MemberID: &id, Record: coachRecord, RecordID: &id, Queue: "coordinators",
			Title: "Find other coaches for the clients of somebody who may not coach now", DueAt: now.Add(24 * time.Hour)})
	} else {
		err = tasks.CloseFor(tx, coachRecord, id, models.TaskReassignClients)
	}
	if err != nil {
		return err
	}
	tx.Changed(*before, c)
	return tx.DB.Model(&models.Coach{}).Where("id = ?", id).Select("clients_to_staff_at").Updates(&c).Error
}
