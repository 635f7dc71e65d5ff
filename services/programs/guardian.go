package programs

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// FollowGuardian does for a child's enrollments what became of a guardianship. Whose entry one is stays as it was: what its
// guardian sees and may do is judged at each use, so that it ends at once and comes back by itself. While they may act no longer
// staff find out who looks after it, but for who has come of age, and answers for themselves. Doing it twice does nothing more.
func FollowGuardian(ctx context.Context, core *services.Core, guardianshipID uuid.UUID) error {
	_, err := services.Mutate(ctx, core, "enrollment.follow_guardian", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		return nil, followGuardian(tx, guardianshipID)
	})
	return err
}

func followGuardian(tx *services.Tx, guardianshipID uuid.UUID) error {
	g, inForce, err := people.InForce(tx, guardianshipID)
	if err != nil {
		return err
	}
	var entered []struct {
		ID    uuid.UUID
		Asked bool
	}
	since := time.Time{}
	if g.ClosedAt != nil {
		since = *g.ClosedAt
	}
	err = tx.Batch(services.Statement{SQL: `select e.id, exists (select from tasks t where t.record = 'enrollment' and t.record_id = e.id and t.kind = $3 and t.member_id = $1 and t.created_at >= $4) as asked
		from enrollments e where e.member_id = $1 and e.entered_by = $2 and e.live order by e.id`,
		Args: []any{g.ChildID, g.GuardianID, string(models.TaskGuardianGone), since}, Scan: services.RowsInto(&entered)})
	if err != nil || len(entered) == 0 {
		return err
	}
	may := inForce
	if !may {
		if may, err = people.MayActFor(tx, &services.Actor{MemberID: g.GuardianID}, g.ChildID); err != nil {
			return err
		}
	}
	alone, err := minor(tx, g.ChildID)
	if err != nil {
		return err
	}
	for _, e := range entered {
		switch {
		case may || !alone:
			err = tasks.CloseFor(tx, "enrollment", e.ID, models.TaskGuardianGone)
		case !e.Asked:
			_, err = tasks.Open(tx, tasks.New{Kind: models.TaskGuardianGone, MemberID: &g.ChildID, AlsoAbout: []uuid.UUID{g.GuardianID}, Record: "enrollment", RecordID: &e.ID,
				Queue: "coordinators", Title: "An enrollment whose guardian has gone: who looks after it now?", DueAt: sameDay(tx.Now())})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// minor says whether somebody is under 18 now, and there.
func minor(tx *services.Tx, id uuid.UUID) (bool, error) {
	found, err := people.Load(tx, []uuid.UUID{id})
	if err != nil || len(found) == 0 {
		return false, err
	}
	m := &found[0]
	return !m.Gone() && m.MinorOn(m.Today(tx.Now())), nil
}
