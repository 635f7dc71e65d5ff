package programs

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	// TaskCheckRollUps asks somebody to find out why sums of attendance are wrong.
	TaskCheckRollUps models.TaskKind = "check_roll_ups"

	sourceEnrollments = "enrollments" // the sums, as against a kind of occasion
	recordCheck       = "roll_up_check"

	// CheckEvery is how often the sums of attendance are checked.
	CheckEvery   = 24 * time.Hour
	checkBatch   = 1000
	mostExamples = 100
)

// checkRollUps is the job that adds all sums up anew.
type checkRollUps struct{}

// Kind implements services.JobArgs.
func (checkRollUps) Kind() string { return "program.check_roll_ups" }

func (s *Service) checkRollUps(ctx context.Context, _ checkRollUps) error {
	f := Findings{Source: sourceEnrollments}
	if err := f.Look(ctx, s.core, wrongSums); err != nil {
		return err
	}
	return f.Report(ctx, s.core)
}

// wrongSums adds up the attendance of so many enrollments after an id, apart from the code that keeps the sums and by the rules
// of models.Enrollment.SumUp. Being one statement it sees attendance and sums as of one moment, and so no write half done. It looks attendance up
// enrollment by enrollment: a batch is few beside all attendance, which a join would read anew for each.
const wrongSums = `with part as (select * from enrollments where id > @after order by id limit @most),
	counted as (
		select e.id, a.starts_at, a.source_id, a.status, a.status in ('present', 'late') as came
		from part e cross join lateral (select * from program_attendance where program_id = e.program_id and member_id = e.member_id offset 0) a
		where e.enrolled_at is not null and e.state not in ('applied', 'waitlisted', 'denied')
			and a.on_day >= e.starts_on and (e.ends_on is null or a.on_day <= e.ends_on)
			and (a.status in ('present', 'late') or not exists (select from enrollment_pauses p where p.enrollment_id = e.id
				and a.on_day >= p.from_on and a.on_day < coalesce(p.ended_on, p.until_on)))),
	since as (select *, count(*) filter (where came) over (partition by id order by starts_at desc, source_id desc) as seen_after from counted),
	sums as (
		select id, count(*) as offered, count(*) filter (where came) as attended, count(*) filter (where status = 'excused') as excused,
			count(*) filter (where status = 'absent') as missed, count(*) filter (where status = 'absent' and seen_after = 0) as absences,
			max(starts_at) filter (where came) as seen
		from since group by id)
	select e.id, (e.sessions_offered, e.sessions_attended, e.sessions_excused, e.sessions_missed, e.consecutive_absences)
			is distinct from (coalesce(t.offered, 0)::int, coalesce(t.attended, 0)::int, coalesce(t.excused, 0)::int, coalesce(t.missed, 0)::int, coalesce(t.absences, 0)::int)
			or e.last_seen_at is distinct from t.seen as wrong
	from part e left join sums t on t.id = e.id order by e.id`

// Findings are what one check found. Other domains check what they have said of their occasions with it.
type Findings struct {
	Source      string
	LookedAt    int
	Differences int
	Examples    []uuid.UUID
}

// Look works through a query of at most @most ids in their order, those after @after, which says of each whether it is wrong.
func (f *Findings) Look(ctx context.Context, core *services.Core, query string) error {
	after := uuid.Nil
	for {
		batch, err := services.Read(ctx, core, func(db *gorm.DB) (out []finding, err error) {
			return out, db.Raw(query, map[string]any{"after": after, "most": checkBatch}).Scan(&out).Error
		})
		if err != nil {
			return err
		}
		for _, one := range batch {
			f.take(one)
		}
		if len(batch) < checkBatch {
			return nil
		}
		after = batch[len(batch)-1].ID
	}
}

type finding struct {
	ID    uuid.UUID
	Wrong bool
}

func (f *Findings) take(one finding) {
	f.LookedAt++
	if !one.Wrong {
		return
	}
	f.Differences++
	if len(f.Examples) < mostExamples {
		f.Examples = append(f.Examples, one.ID)
	}
}

// Report keeps what was found, and asks an admin to look when anything is wrong: one task, which names last night's count.
// Nothing is put right by it, or nobody would learn what went wrong.
func (f *Findings) Report(ctx context.Context, core *services.Core) error {
	if f.Differences > 0 {
		core.Log.ErrorContext(ctx, "sums of attendance differ from what they add up", "source", f.Source, "looked_at", f.LookedAt, "differences", f.Differences)
	} else {
		core.Log.InfoContext(ctx, "sums of attendance checked", "source", f.Source, "looked_at", f.LookedAt)
	}
	_, err := services.Mutate(ctx, core, "roll_up.check", func(tx *services.Tx) (*struct{}, error) {
		row := models.RollUpCheck{ID: services.NewID(), At: tx.Now(), Source: f.Source, LookedAt: f.LookedAt, Differences: f.Differences, Examples: f.Examples}
		if err := dropEarlier(tx, f.Source); err != nil {
			return nil, err
		}
		tx.Changed(nil, row)
		if err := tx.DB.Create(&row).Error; err != nil || f.Differences == 0 {
			return nil, err
		}
		_, err := tasks.Open(tx, tasks.New{Kind: TaskCheckRollUps, Record: recordCheck, RecordID: &row.ID, Queue: "admins",
			Title: fmt.Sprintf("Find out why sums of attendance are wrong: %d of %d (%s)", f.Differences, f.LookedAt, f.Source), DueAt: tx.Now().Add(CheckEvery)})
		return nil, err
	})
	return err
}

// dropEarlier drops the task of the check before: what it names has been counted again.
func dropEarlier(tx *services.Tx, source string) error {
	var last []models.RollUpCheck
	if err := tx.DB.Where("source = ? and differences > 0", source).Order("at desc, id desc").Limit(1).Find(&last).Error; err != nil || len(last) == 0 {
		return err
	}
	return tasks.CloseFor(tx, recordCheck, last[0].ID, TaskCheckRollUps)
}
