package workshops

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/services"
	"homefront/services/programs"
)

// checkTold is the job that compares what programs were told with what is known.
type checkTold struct{}

// Kind implements services.JobArgs.
func (checkTold) Kind() string { return "workshop.check_told" }

func (s *Service) checkTold(ctx context.Context, _ checkTold) error {
	f := programs.Findings{Source: sourceOccasion}
	if err := f.Look(ctx, s.core, wronglyTold); err != nil {
		return err
	}
	return f.Report(ctx, s.core)
}

// wronglyTold compares the two for so many sessions after an id, with those that programs know of and we do not. It is written
// apart from tellPrograms, and being one statement sees no write half done.
const wronglyTold = `with part as (select id from (
		(select id from workshop_sessions where status = 'completed' and id > @after order by id limit @most)
		union (select distinct source_id from program_attendance where source = '` + sourceOccasion + `' and source_id > @after order by source_id limit @most)) u order by id limit @most),
	known as (
		select s.id, w.program_id, a.member_id, s.starts_at, (s.starts_at at time zone s.time_zone)::date as on_day,
			case when bool_or(t.status = 'present') then 'present' when bool_or(t.status = 'late') then 'late' when bool_or(t.status = 'excused') then 'excused' else 'absent' end as status
		from part join workshop_sessions s on s.id = part.id and s.status = 'completed' join workshops w on w.id = s.workshop_id and w.program_id is not null
			join attendance t on t.session_id = s.id join attendees a on a.id = t.attendee_id and a.member_id is not null
		group by s.id, w.program_id, a.member_id),
	told as (
		select p.source_id as id, p.program_id, p.member_id, p.starts_at, p.on_day, p.status
		from part join program_attendance p on p.source = '` + sourceOccasion + `' and p.source_id = part.id),
	wrong as ((table known except table told) union all (table told except table known))
	select id, id in (select id from wrong) as wrong from part order by id`

// RecountSession sums up a session anew and says again to its program who was there. There is nothing to put right unless the
// nightly check says so.
// Errors: not_found.
func (s *Service) RecountSession(ctx context.Context, id uuid.UUID) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.recount", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		if _, err := ledSession(tx.DB, tx.Actor(), id, alone); err != nil {
			return nil, err
		}
		if err := sumUpSessions(tx, id); err != nil {
			return nil, err
		}
		if err := tellPrograms(tx, id); err != nil {
			return nil, err
		}
		tx.Object(id)
		tx.Unchanged() // what was entered stays
		return sessionDetail(tx.DB, tx.Actor(), id)
	})
}

// TellPrograms is the job that says again where somebody was: two records became one, or two again, and what was told of one
// is the other's.
type TellPrograms struct {
	MemberID uuid.UUID `json:"member_id"`
}

// Kind implements services.JobArgs.
func (TellPrograms) Kind() string { return "workshop.tell_programs" }

const tellBatch = 100

func (s *Service) tellAgain(ctx context.Context, args TellPrograms) error {
	after := uuid.Nil
	for {
		ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
			return ids, db.Raw(`select distinct s.id from attendees a join attendance t on t.attendee_id = a.id join workshop_sessions s on s.id = t.session_id
				where a.member_id = ? and s.status = 'completed' and s.id > ? order by s.id limit ?`, args.MemberID, after, tellBatch).Scan(&ids).Error
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		_, err = services.Mutate(services.AsSystem(ctx, args.Kind()), s.core, "workshop.tell_programs", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged()
			return nil, tellPrograms(tx, ids...)
		})
		if err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}
