package api

import (
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"golang.org/x/time/rate"

	"homefront/services"
)

const (
	callers      = 20_000 // remembered at once; the longest unseen is forgotten
	burstSeconds = 4      // how many seconds' worth of requests may come at once
)

// limiter is the general limit, which keeps one caller from starving the others. It counts in this process, per account
// or, before sign-in, per address; what guards secrets or people counts in the database (services.Limit).
type limiter struct {
	callers   *expirable.LRU[string, *rate.Limiter]
	perSecond int
	burst     int
	policy    string
}

func newLimiter(perSecond int) *limiter {
	burst := perSecond * burstSeconds
	return &limiter{
		callers:   expirable.NewLRU[string, *rate.Limiter](callers, nil, 10*time.Minute),
		perSecond: perSecond, burst: burst,
		policy: fmt.Sprintf(`"general";q=%d;w=%d`, burst, burstSeconds),
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
		bucket = rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
		l.callers.Add(key, bucket)
	}
	allowed := bucket.Allow()
	left := max(0, int(bucket.Tokens()))
	c.Set("RateLimit-Policy", l.policy)
	c.Set("RateLimit", `"general";r=`+strconv.Itoa(left)+";t="+strconv.Itoa((l.burst-left+l.perSecond-1)/l.perSecond))
	if !allowed {
		return services.TooMany(time.Second, "Too many requests at once. Wait a second, then go on.")
	}
	return nil
}
