package services

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
)

// StepUpFor is how long a fresh password or factor counts as fresh.
const StepUpFor = 5 * time.Minute

// Actor is who acts. It travels in the context; without one nothing can be read or written.
type Actor struct {
	Kind      models.ActorKind
	System    string // the job's name when Kind is system
	AccountID uuid.UUID
	SessionID uuid.UUID
	MemberID  uuid.UUID
	Roles     []models.Role
	AuthTime  time.Time // when a password or factor was last given
}

// Has says whether the actor holds any of the roles.
func (a *Actor) Has(roles ...models.Role) bool {
	return slices.ContainsFunc(roles, func(r models.Role) bool { return slices.Contains(a.Roles, r) })
}

// Coordinates says whether the actor runs programs: an admin or a coordinator.
func (a *Actor) Coordinates() bool { return a.Has(models.RoleAdmin, models.RoleCoordinator) }

// Staff says whether the actor works here.
func (a *Actor) Staff() bool { return slices.ContainsFunc(a.Roles, models.Role.Staff) }

// Call is what a use case knows of the request it serves: who, and how they asked. One value travels in the context.
type Call struct {
	Actor     *Actor
	RequestID string
	Address   string // of the client, as the edge established it; empty for jobs
	Method    string
	Path      string // the route's pattern with its real ids, without the query
	Query     string // raw; binds cursors to their filters
	IfMatch   string
	// IdempotencyKey is set on POSTs that take one; BodyMAC then tells another body from the same.
	IdempotencyKey string
	BodyMAC        []byte
	// Replayed is set by Mutate when the answer was stored by an earlier request.
	Replayed bool
	mutated  bool
	inside   bool
}

type callKey struct{}

var errNoActor = errors.New("no actor in the context")

// WithCall puts c into the context.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// CallFrom takes it out, or fails: a use case without an actor is a bug.
func CallFrom(ctx context.Context) (*Call, error) {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok || c.Actor == nil {
		return nil, errNoActor
	}
	return c, nil
}

// ActorFrom is the actor of the call.
func ActorFrom(ctx context.Context) (*Actor, error) {
	c, err := CallFrom(ctx)
	if err != nil {
		return nil, err
	}
	return c.Actor, nil
}

// AsSystem is the context of a job: every job acts under its own name. Each Mutate in a job wants its own.
func AsSystem(ctx context.Context, name string) context.Context {
	return WithCall(ctx, &Call{Actor: &Actor{Kind: models.ActorSystem, System: name}, RequestID: "job:" + name})
}

// AsAnonymous is the context of somebody who is not signed in, on the few routes that need no token.
func AsAnonymous(ctx context.Context) context.Context {
	return WithCall(ctx, &Call{Actor: &Actor{Kind: models.ActorAnonymous}})
}
