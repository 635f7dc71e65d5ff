package models

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
)

// Hours is an integer[] column of hours before something.
type Hours []int

// DefaultReminderHours is when people are reminded of a session whose planner said nothing else.
func DefaultReminderHours() Hours { return Hours{24} }

// InOrder is each of them once, the most first; none is the default.
func (h Hours) InOrder() Hours {
	if len(h) == 0 {
		return DefaultReminderHours()
	}
	out := slices.Clone(h)
	slices.Sort(out)
	slices.Reverse(out)
	return slices.Compact(out)
}

// Sensible says whether people can be reminded so many hours before: one to three times, within a week.
func (h Hours) Sensible() bool {
	return len(h) >= 1 && len(h) <= 3 && !slices.ContainsFunc(h, func(n int) bool { return n < 1 || n > 168 })
}

// Scan implements sql.Scanner.
func (h *Hours) Scan(src any) error {
	var out []int
	if err := scanArray(pgtype.Int4ArrayOID, src, &out); err != nil {
		return fmt.Errorf("integer[]: %w", err)
	}
	*h = out
	return nil
}

// Value implements driver.Valuer.
func (h Hours) Value() (driver.Value, error) {
	texts := make([]string, len(h))
	for i, n := range h {
		texts[i] = strconv.Itoa(n)
	}
	return arrayText(texts)
}
