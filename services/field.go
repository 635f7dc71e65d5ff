package services

import "encoding/json"

// Field is a value of a PATCH (RFC 7396): absent (not Set), null (Set, Value nil) or a value.
type Field[T any] struct {
	Set   bool
	Value *T
}

// UnmarshalJSON is called only for a member that is present.
func (f *Field[T]) UnmarshalJSON(b []byte) error {
	f.Set = true
	return json.Unmarshal(b, &f.Value)
}

// MarshalJSON is for tests and examples; an absent field wants omitzero.
func (f Field[T]) MarshalJSON() ([]byte, error) { return json.Marshal(f.Value) }

// IsZero makes omitzero leave an absent field out.
func (f Field[T]) IsZero() bool { return !f.Set }

// Or is the value to store in a column that must hold something: null and absent leave current.
func (f Field[T]) Or(current T) T {
	if f.Value == nil {
		return current
	}
	return *f.Value
}

// OrZero is the value to store in a column that is never null and whose zero means none: null clears, absent leaves
// current.
func (f Field[T]) OrZero(current T) T {
	if f.Set && f.Value == nil {
		return *new(T)
	}
	return f.Or(current)
}

// OrNull is the value to store in a column that can be null: absent leaves current.
func (f Field[T]) OrNull(current *T) *T {
	if !f.Set {
		return current
	}
	return f.Value
}

// Some is a Field that is set to v.
func Some[T any](v T) Field[T] { return Field[T]{Set: true, Value: &v} }

// Null is a Field that clears.
func Null[T any]() Field[T] { return Field[T]{Set: true} }
