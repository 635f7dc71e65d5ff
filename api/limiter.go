package api

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"

	"homefront/services"
)

// The general limit keeps one caller from starving the others. It counts in this process, per account or, before
// sign-in, per address; what guards secrets or people counts in the database (services.Limit).
const (
	perSecond = 50
	burst     = 200
	callers   = 20_000 // remembered at once; the longest unseen is forgotten
)

type limiter struct {
	callers *expirable.LRU[string, *rate.Limiter]
	policy  string
}

func newLimiter() *limiter {
	return &limiter{
		callers: expirable.NewLRU[string, *rate.Limiter](callers, nil, 10*time.Minute),
		policy:  fmt.Sprintf(`"general";q=%d;w=%d`, burst, burst/perSecond),
	}
}

// take counts one request and says in RateLimit how many are left.
func (l *limiter) take(c *fiber.Ctx, call *services.Call) error {
	key := call.Address
	if id := call.Actor.AccountID; id != uuid.Nil {
		key = string(id[:])
	}
	bucket, ok := l.callers.Get(key)
	if !ok {
		bucket = rate.NewLimiter(perSecond, burst)
		l.callers.Add(key, bucket)
	}
	allowed := bucket.Allow()
	left := max(0, int(bucket.Tokens()))
	c.Set("RateLimit-Policy", l.policy)
	c.Set("RateLimit", fmt.Sprintf(`"general";r=%d;t=%d`, left, (burst-left+perSecond-1)/perSecond))
	if !allowed {
		return services.TooMany(time.Second, "Too many requests at once. Wait a second, then go on.")
	}
	return nil
}
