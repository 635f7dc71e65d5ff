package services_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type fixture struct {
	*services.Core
	db *pgtest.DB
}

func open(t *testing.T) fixture {
	t.Helper()
	db := pgtest.New(t)
	return fixture{openOn(t, db), db}
}

func openOn(t *testing.T, db *pgtest.DB) *services.Core {
	t.Helper()
	c := coretest.On(t, db)
	services.Handle(c.Jobs, 3, func(context.Context, noop) error { return nil })
	return c
}

type noop struct {
	ID uuid.UUID `json:"id"`
}

func (noop) Kind() string { return "test.noop" }

var alice = &services.Actor{Kind: models.ActorAccount, AccountID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11c"),
	MemberID: uuid.MustParse("0199c1f2-0000-7000-8000-00000000a11d"), Roles: []models.Role{models.RoleCoordinator}}

func call(c *services.Call) context.Context {
	if c.Actor == nil {
		c.Actor = alice
	}
	return services.WithCall(context.Background(), c)
}

// thing is a model of the tests' own, kept in a table that every database has.
type thing = models.SubjectKey

func newThing(at time.Time) thing {
	return thing{ID: services.NewID(), MemberID: services.NewID(), Wrapped: []byte("wrapped"), Current: true, CreatedAt: at}
}
