//go:build unix

package coretest

import (
	"errors"
	"slices"
	"testing"

	"homefront/services"
)

// CodeOf is the code of the domain's error; empty for none.
func CodeOf(err error) services.Code {
	var e *services.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// FieldsOf are the fields that an error names, each with its code, in order.
func FieldsOf(err error) (out []string) {
	var e *services.Error
	if errors.As(err, &e) {
		for _, f := range e.Fields {
			out = append(out, f.Field+" "+string(f.Code))
		}
	}
	slices.Sort(out)
	return out
}

// Refused wants the domain's error of this kind and code.
func Refused(t *testing.T, err error, kind services.Kind, code services.Code) {
	t.Helper()
	if !errors.Is(err, &services.Error{Kind: kind, Code: code}) {
		t.Errorf("got %v %v, want %s %s", err, FieldsOf(err), kind, code)
	}
}

// Must is the answer of a call that has to succeed.
func Must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v %v", err, FieldsOf(err))
		}
		return v
	}
}

// Patiently asks again when the server says that it is busy, as a client does.
func Patiently(do func() error) error {
	for {
		if err := do(); CodeOf(err) != services.CodeBusy {
			return err
		}
	}
}
