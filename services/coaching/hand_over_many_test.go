package coaching_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Who joins a client while the clients of a coach are handed over is asked about, too: whether they are kept apart from the new coach
// was not read before.
func TestWhoJoinsWhileClientsAreHandedOverIsAskedAbout(t *testing.T) {
	p := openPractice(t, many)
	leaves, sam, mia, luis := p.coach(), p.coach("Sam"), p.member(), p.member("Luis")
	e := p.engagement(leaves, mia)
	p.apart(luis, sam, models.SeparationMutual)
	hand := func() error {
		_, err := p.ReassignClients(p.desk(), leaves, coaching.ReassignClients{HandOvers: []coaching.ReassignedTo{{EngagementID: e, ToCoachID: sam}}})
		return err
	}
	done := make(chan error, 1)
	p.super(func(c *pgx.Conn) error {
		tx, err := c.Begin(t.Context())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `update engagements set joint = true where id = $1`, e); err != nil {
			return err
		}
		go func() { done <- hand() }()
		for p.count(`select count(*) from pg_locks where not granted`) == 0 && len(done) == 0 {
			time.Sleep(time.Millisecond) // until it waits for the engagement
		}
		if _, err := tx.Exec(t.Context(), `insert into engagement_participants (id, engagement_id, member_id, joint, live, state, accepted_at) values ($1, $2, $3, true, true, 'joined', $4)`,
			services.NewID(), e, luis, practiceDay); err != nil {
			return err
		}
		return tx.Commit(t.Context())
	})
	refused(t, <-done, services.CodeBusy)
	if err := hand(); err != nil || p.count(`select count(*) from hand_overs`) != 0 {
		t.Errorf("it is proposed to somebody from whom one of them is kept apart: %v", err)
	}
}

// Who could take over whom is asked about all clients at once.
func TestSuggestionsForManyTakeAsManyRoundTripsAsForOne(t *testing.T) {
	l := &trips{}
	p := openPractice(t, func(s *services.Settings) { s.Tracer = l })
	one, four := p.coach(), p.coach("Sam")
	p.clients(one, 1)
	p.clients(four, 4)
	ask := func(coach uuid.UUID, clients int) int {
		all, _, _ := l.of(func() {
			if got := must[*coaching.Reassignment](t)(p.ReassignClients(p.desk(), coach, coaching.ReassignClients{DryRun: true})); len(got.Suggestions) != clients {
				t.Errorf("%+v", got)
			}
		})
		return all
	}
	if few, most := ask(one, 1), ask(four, 4); most > few {
		t.Errorf("%d round trips for four clients, %d for one", most, few)
	}
}
