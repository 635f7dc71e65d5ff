package services

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
)

// Kind is the class of an error; the HTTP face maps it to a status, once.
type Kind string

// The kinds.
const (
	KindUnreadable      Kind = "unreadable"
	KindUnauthenticated Kind = "unauthenticated"
	KindForbidden       Kind = "forbidden"
	KindNotFound        Kind = "not_found"
	KindConflict        Kind = "conflict"
	KindGone            Kind = "gone"
	KindStale           Kind = "stale"
	KindInvalid         Kind = "invalid"
	KindUnconditional   Kind = "unconditional"
	KindTooMany         Kind = "too_many"
	KindUnavailable     Kind = "unavailable"
)

// Code is stable and snake_case: what a frontend switches on.
type Code string

// Codes that belong to no one domain.
const (
	CodeNotFound         Code = "not_found"
	CodeInvalid          Code = "invalid"
	CodeForbidden        Code = "forbidden"
	CodeUnauthenticated  Code = "unauthenticated"
	CodeStepUpRequired   Code = "step_up_required"
	CodeStale            Code = "stale"
	CodeIfMatchRequired  Code = "if_match_required"
	CodeKeyInUse         Code = "idempotency_key_in_use"
	CodeKeyReused        Code = "idempotency_key_reused"
	CodeTooMany          Code = "too_many_requests"
	CodeUnavailable      Code = "unavailable"
	CodeBusy             Code = "busy"
	CodeBadCursor        Code = "bad_cursor"
	CodeDuplicate        Code = "duplicate"
	CodeUnknownReference Code = "unknown_reference"
)

// FieldError names one value that breaks a rule. Field is a JSON pointer into the body ("/attendees/0/member_id"),
// or "query/limit", "path/member_id", "header/Idempotency-Key".
type FieldError struct {
	Field   string `json:"field" doc:"JSON pointer into the body, or query/NAME, path/NAME, header/NAME"`
	Code    Code   `json:"code" doc:"Stable name of the rule that was broken"`
	Message string `json:"message" doc:"The rule, in words"`
}

// Error is every error that a caller may know about. Any other error is ours, and tells nothing.
type Error struct {
	Kind       Kind
	Code       Code
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Is lets errors.Is compare by kind and code, whatever the words.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Kind == e.Kind && t.Code == e.Code
}

// NotFound says that there is no such thing, or none that the caller may see: the two are never told apart.
func NotFound(what string) *Error {
	return &Error{Kind: KindNotFound, Code: CodeNotFound, Message: "No such " + what + "."}
}

// IsNotFound says whether err is that something is not there for the caller.
func IsNotFound(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindNotFound
}

// Conflict says that the state of things, not the request, stands in the way.
func Conflict(code Code, message string, args ...any) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: fmt.Sprintf(message, args...)}
}

// Invalid lists every value that breaks a rule.
func Invalid(fields ...FieldError) *Error {
	return &Error{Kind: KindInvalid, Code: CodeInvalid, Message: "Some values are not valid.", Fields: fields}
}

// InvalidField is Invalid for one value.
func InvalidField(field string, code Code, message string, args ...any) *Error {
	return Invalid(FieldError{field, code, fmt.Sprintf(message, args...)})
}

// Forbidden says that the caller is known and may not.
func Forbidden(code Code, message string, args ...any) *Error {
	return &Error{Kind: KindForbidden, Code: code, Message: fmt.Sprintf(message, args...)}
}

// Unauthenticated says that the caller is not known.
func Unauthenticated(message string) *Error {
	return &Error{Kind: KindUnauthenticated, Code: CodeUnauthenticated, Message: message}
}

// TooMany asks the caller to wait.
func TooMany(after time.Duration, message string) *Error {
	return &Error{Kind: KindTooMany, Code: CodeTooMany, Message: message, RetryAfter: max(after, time.Second)}
}

// Unavailable says that we cannot now, and that trying again is right.
func Unavailable(code Code, message string) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Message: message, RetryAfter: 2 * time.Second}
}

var meanings = map[string]*Error{}

// Meanings declares what the violation of a named constraint means to a caller. Each domain declares its own, once.
func Meanings(m map[string]*Error) bool {
	maps.Copy(meanings, m)
	return true
}

// translate turns what the database says into what a caller may know. An error it does not know passes unchanged.
func translate(err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, pgx.ErrNoRows) {
		return NotFound("record")
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return translatePg(pg, err)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) || connectionLost(err) {
		return Unavailable(CodeUnavailable, "The database cannot be reached. Try again shortly.")
	}
	return err
}

func translatePg(pg *pgconn.PgError, err error) error {
	if meaning, ok := meanings[pg.ConstraintName]; ok && pg.ConstraintName != "" {
		return meaning
	}
	switch pg.Code {
	case "23505", "23P01":
		return Conflict(CodeDuplicate, "This already exists.")
	case "23503":
		return Conflict(CodeUnknownReference, "This names a record that does not exist, or one that others still use.")
	case "23514", "23502", "22P02", "22003", "22001", "22007", "22008":
		return &Error{Kind: KindInvalid, Code: CodeInvalid, Message: "A value is outside what can be stored."}
	case "22021":
		return &Error{Kind: KindUnreadable, Code: "bad_text", Message: "Text must be valid UTF-8 without NUL."}
	case "55P03", "40001", "40P01":
		return Unavailable(CodeBusy, "Many people are doing this at once. Try again shortly.")
	case "57014", "53300", "53200", "57P01", "57P02", "57P03", "25006", "42501":
		return Unavailable(CodeUnavailable, "The database cannot do this now. Try again shortly.")
	}
	return err
}

// connectionLost covers what pgx reports as plain text when a connection dies in use.
func connectionLost(err error) bool {
	return pgconn.SafeToRetry(err) || errors.Is(err, errClosed)
}

// PanicOf says of what kind a panic was. Its value may hold somebody's words, and is told only when it is the runtime's own.
func PanicOf(thrown any) string {
	if err, ok := thrown.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of type %T", thrown)
}
