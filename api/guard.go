package api

import (
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

const requestIDKey = "request_id"

// observe gives every request an id, its safe headers, its measure and its log line. The log holds the route's
// pattern, never the path or the query: they may name people.
func (s *Server) observe(c *fiber.Ctx) error {
	started := time.Now()
	id := c.Get(fiber.HeaderXRequestID)
	if !acceptableID(id) {
		id = uuid.NewString()
	}
	c.Locals(requestIDKey, id)
	trace := traceID(c.Get("traceparent"))
	c.Set(fiber.HeaderXRequestID, id)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "no-store")
	err := c.Next()
	if err != nil {
		err = s.onError(c, err)
	}
	level := slog.LevelDebug
	if c.Response().StatusCode() >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	took := time.Since(started)
	s.metrics.seen(c.Method(), c.Route().Path, c.Response().StatusCode(), took)
	if s.log.Enabled(c.UserContext(), level) {
		s.log.Log(c.UserContext(), level, "request", "request_id", id, "trace_id", trace, "method", c.Method(), "route", c.Route().Path,
			"status", c.Response().StatusCode(), "took", took)
	}
	return err
}

// traceID is the trace that a caller's request belongs to (W3C Trace Context), so that its log lines and ours are found
// together; empty when there is none.
func traceID(traceparent string) string {
	if m := traceparentForm.FindStringSubmatch(traceparent); m != nil {
		return m[1]
	}
	return ""
}

var traceparentForm = regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$`)

func acceptableID(id string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return len(id) > 0 && len(id) <= 64 && strings.Trim(id, letters) == ""
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey).(string)
	return id
}

// guard stands before every operation and asks, in this order: who is it (401), may they (403), are they too fast
// (429), can the request be read (400, 415). The rest is the operation's.
func (s *Server) guard(can *services.Permission, o op, takesBody bool) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humafiber.UnwrapV2(hc)
		call, err := s.admit(c, can)
		if err == nil {
			err = s.limits.take(c, call)
		}
		if err == nil {
			if p := readable(c, takesBody, o); p != nil {
				err = p
			}
		}
		if err == nil {
			err = s.idempotent(c, call, o)
		}
		if err != nil {
			s.fail(hc, err)
			return
		}
		ctx := services.WithCall(hc.Context(), call)
		if o.Upload != nil {
			ctx = withUpload(ctx, c)
		}
		next(huma.WithContext(hc, ctx))
	}
}

func (s *Server) admit(c *fiber.Ctx, can *services.Permission) (*services.Call, error) {
	call := &services.Call{RequestID: requestID(c), Address: c.IP(), Method: c.Method(), Path: c.Path(),
		Query: string(c.Request().URI().QueryString()), IfMatch: c.Get(fiber.HeaderIfMatch)}
	if can.Public {
		call.Actor = &services.Actor{Kind: models.ActorAnonymous}
		return call, nil
	}
	token, err := bearer(c)
	if err != nil {
		return nil, err
	}
	if call.Actor, err = s.Authenticate(c.UserContext(), token); err != nil {
		return nil, err
	}
	var refused *services.Error
	switch {
	case !can.Allows(call.Actor):
		refused = services.Forbidden(services.CodeForbidden, "Your roles do not allow this.")
	case can.StepUp && s.Core.Clock.Now().Sub(call.Actor.AuthTime) > services.StepUpFor:
		refused = services.Forbidden(services.CodeStepUpRequired, "Give your password again first: POST /v1/auth/step-up.")
	default:
		return call, nil
	}
	if !can.StepUp {
		return nil, refused
	}
	return nil, s.tellRefused(c, call, can, refused)
}

// tellRefused tells the audit log who tried what asks for a fresh password, without one or without the role: so may a stolen token.
func (s *Server) tellRefused(c *fiber.Ctx, call *services.Call, can *services.Permission, refused *services.Error) error {
	if err := s.limits.take(c, call); err != nil {
		return err
	}
	_, err := services.Mutate(services.WithCall(c.UserContext(), call), s.Core, can.Name, func(tx *services.Tx) (*struct{}, error) {
		return nil, tx.Refused(can.Name, refused)
	})
	return err
}

// bearer takes the token from the one place where it belongs.
func bearer(c *fiber.Ctx) (string, error) {
	headers := c.Request().Header.PeekAll(fiber.HeaderAuthorization)
	if len(headers) != 1 {
		return "", services.Unauthenticated("Sign in, and send the access token in the Authorization header.")
	}
	scheme, token, _ := strings.Cut(string(headers[0]), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 4096 {
		return "", services.Unauthenticated("Send the access token as Authorization: Bearer TOKEN.")
	}
	return token, nil
}

func (s *Server) idempotent(c *fiber.Ctx, call *services.Call, o op) error {
	key := c.Get("Idempotency-Key")
	if key == "" || c.Method() != fiber.MethodPost || o.NoKey {
		return nil
	}
	if !printable(key) || len(key) > 128 {
		return services.InvalidField("header/Idempotency-Key", "bad_format", "A key is 1 to 128 printable ASCII characters.")
	}
	call.IdempotencyKey = key
	call.BodyMAC = s.Core.Keys.MAC("idempotency", []byte(call.Query), c.BodyRaw())
	return nil
}

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x21 || r > 0x7e }) < 0
}
