package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"homefront/services"
)

// Problem is every error that the API answers (RFC 9457).
type Problem struct { //nolint:errname // the word of the RFC
	Type      string                `json:"type" doc:"Always about:blank; switch on code" example:"about:blank"`
	Title     string                `json:"title" doc:"The status in words" example:"Conflict"`
	Status    int                   `json:"status" doc:"The HTTP status" example:"409"`
	Code      services.Code         `json:"code" doc:"Stable name of what went wrong" example:"registration_closed"`
	Detail    string                `json:"detail,omitempty" doc:"What happened and what to do, for a person to read"`
	RequestID string                `json:"request_id" doc:"Quote it when you ask for help"`
	Errors    []services.FieldError `json:"errors,omitempty" doc:"Every value that breaks a rule"`

	retryAfter int
	err        error
}

func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statuses = map[services.Kind]int{
	services.KindUnreadable:      http.StatusBadRequest,
	services.KindUnauthenticated: http.StatusUnauthorized,
	services.KindForbidden:       http.StatusForbidden,
	services.KindNotFound:        http.StatusNotFound,
	services.KindConflict:        http.StatusConflict,
	services.KindGone:            http.StatusGone,
	services.KindStale:           http.StatusPreconditionFailed,
	services.KindInvalid:         http.StatusUnprocessableEntity,
	services.KindUnconditional:   http.StatusPreconditionRequired,
	services.KindTooMany:         http.StatusTooManyRequests,
	services.KindUnavailable:     http.StatusServiceUnavailable,
}

// codes names the errors that arise before a use case runs, or outside every route.
var codes = map[int]services.Code{
	http.StatusBadRequest:                  "unreadable",
	http.StatusUnauthorized:                services.CodeUnauthenticated,
	http.StatusForbidden:                   services.CodeForbidden,
	http.StatusNotFound:                    services.CodeNotFound,
	http.StatusMethodNotAllowed:            "method_not_allowed",
	http.StatusRequestTimeout:              "request_timeout",
	http.StatusRequestEntityTooLarge:       "too_large",
	http.StatusUnsupportedMediaType:        "unsupported_media_type",
	http.StatusUnprocessableEntity:         services.CodeInvalid,
	http.StatusTooManyRequests:             services.CodeTooMany,
	http.StatusRequestHeaderFieldsTooLarge: "headers_too_large",
	http.StatusServiceUnavailable:          services.CodeUnavailable,
}

func newProblem(status int, code services.Code, detail string) *Problem {
	if code == "" {
		code = "internal"
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// problemOf is the one place where an error becomes an answer. What is not one of ours tells nothing.
func problemOf(err error) *Problem {
	var known *Problem
	var ours *services.Error
	var fibers *fiber.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &ours):
		p := newProblem(statuses[ours.Kind], ours.Code, ours.Message)
		p.Errors = ours.Fields
		p.retryAfter = int((ours.RetryAfter + 999_999_999) / 1_000_000_000)
		return p
	case errors.As(err, &fibers) && fibers.Code < http.StatusInternalServerError:
		return newProblem(fibers.Code, codes[fibers.Code], fiberDetails[fibers.Code])
	}
	p := newProblem(http.StatusInternalServerError, "internal", "Something went wrong on our side. It has been logged under this request id.")
	p.err = err
	return p
}

var fiberDetails = map[int]string{
	http.StatusNotFound:                    "There is no such path.",
	http.StatusMethodNotAllowed:            "This path does not take this method; see Allow.",
	http.StatusRequestEntityTooLarge:       "The body is larger than this takes: 1 MiB, a spreadsheet 20 MiB.",
	http.StatusRequestHeaderFieldsTooLarge: "The headers are larger than 16 KiB.",
	http.StatusRequestTimeout:              "The request took too long to arrive.",
	http.StatusBadRequest:                  "The request cannot be read.",
}

// send writes the problem to a fiber context, with its headers.
func (p *Problem) send(c *fiber.Ctx) error {
	if p.RequestID = requestID(c); p.RequestID == "" { // refused before it was a request: 408, 413, 431
		p.RequestID = uuid.NewString()
		c.Set(fiber.HeaderXRequestID, p.RequestID)
	}
	if p.retryAfter > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="homefront"`)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Status(p.Status).Send(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

// invalid turns what Huma found in a request into a problem: unreadable things are 400, values that break a rule 422.
func invalid(status int, errs []error) *Problem {
	var fields []services.FieldError
	readable := status != http.StatusBadRequest
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			continue
		}
		f := fieldOf(detail)
		if f.Code == "unknown_field" || f.Code == "unknown_parameter" || f.Code == "unparsable" {
			readable = false
		}
		fields = append(fields, f)
	}
	if readable {
		return &Problem{Type: "about:blank", Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Code: services.CodeInvalid, Detail: "Some values are not valid.", Errors: fields}
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(http.StatusBadRequest), Status: http.StatusBadRequest, Code: "unreadable", Detail: "The request has parts that are not understood.", Errors: fields}
}

// rules are Huma's sentences, by how they begin, what we call them, and what we say instead: %s is the rest of Huma's.
var rules = []struct {
	begins string
	code   services.Code
	says   string
}{
	{"unexpected property", "unknown_field", "There is no such field here."},
	{"unknown query parameter", "unknown_parameter", "There is no such parameter here."},
	{"expected required property", "required", "This is required."},
	{"required ", "required", "This is required."},
	{"expected length >= ", "too_short", "This must have at least %s characters."},
	{"expected length <= ", "too_long", "This may have at most %s characters."},
	{"expected array length >= ", "too_few", "This needs at least %s entries."},
	{"expected array length <= ", "too_many", "This may have at most %s entries."},
	{"expected number >= ", "too_small", "This must be %s or more."},
	{"expected number <= ", "too_large", "This must be %s or less."},
	{"expected value to be one of ", "not_allowed", "This must be one of %s."},
	{"expected array items to be unique", "repeated", "The same entry stands here twice."},
	{"expected string to be RFC 3339 date-time", "bad_format", "This must be a time like 2026-10-27T18:00:00Z."},
	{"expected string to be RFC 3339 date", "bad_format", "This must be a date like 2026-10-27."},
	{"expected string to be RFC 5322 email", "bad_format", "This must be an e-mail address."},
	{"expected string to be RFC 4122 uuid", "bad_format", "This must be an id as we gave it."},
	{"expected string to ", "bad_format", "This does not have the form it must have."},
	{"expected value", "not_allowed", "This is not one of the values it can have."},
	{"expected object with", "too_few", "This needs at least one field."},
	{"expected ", "wrong_type", "This must be of the type %s."},
}

func fieldOf(d *huma.ErrorDetail) services.FieldError {
	// What no rule knows is a parser's complaint, whose own words may repeat the value.
	f := services.FieldError{Field: pointer(d.Location), Code: "unparsable", Message: "This cannot be read as the type it should have."}
	for _, r := range rules {
		if rest, ok := strings.CutPrefix(d.Message, r.begins); ok {
			f.Code, f.Message = r.code, strings.Replace(r.says, "%s", strings.ReplaceAll(strings.Trim(rest, `"`), "\"", ""), 1)
			if r.code == "too_short" && rest == "1" {
				f.Message = "This must not be empty."
			}
			break
		}
	}
	if rest, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		name, _, _ := strings.Cut(rest, " ")
		f.Field += "/" + name
	}
	return f
}

// pointer turns body.attendees[0].member_id into /attendees/0/member_id, and query.limit into query/limit.
func pointer(location string) string {
	location = strings.NewReplacer("[", ".", "]", "").Replace(location)
	head, rest, _ := strings.Cut(location, ".")
	rest = strings.ReplaceAll(rest, ".", "/")
	if head != "body" {
		return head + "/" + rest
	}
	if rest == "" {
		return ""
	}
	return "/" + rest
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// teachHuma replaces Huma's own errors: they repeat what was sent, passwords too.
func teachHuma() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		switch {
		case status == http.StatusUnprocessableEntity || status == http.StatusBadRequest && len(errs) > 0:
			return invalid(status, errs)
		case status == http.StatusInternalServerError:
			return problemOf(errors.Join(append(errs, errors.New(msg))...))
		default:
			return newProblem(status, codes[status], sentence(msg))
		}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := huma.NewError(status, msg, errs...).(*Problem)
		if call, err := services.CallFrom(ctx.Context()); err == nil {
			p.RequestID = call.RequestID
		}
		return p
	}
}

func (s *Server) logFault(ctx context.Context, p *Problem, method, route string) {
	if p.err != nil {
		s.log.ErrorContext(ctx, "internal error", "request_id", p.RequestID, "method", method, "route", route, "err", p.err)
	}
}
