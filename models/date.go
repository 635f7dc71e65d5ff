package models

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day on the calendar without a time or zone: a birth date. "2006-01-02" in JSON, date in SQL.
type Date struct{ time.Time }

// NewDate is the day y-m-d.
func NewDate(y int, m time.Month, d int) Date { return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} }

// DateOf is the day on which t falls in its own location.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// ParseDate reads "2006-01-02".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	return Date{t}, err
}

func (d Date) String() string { return d.Format(time.DateOnly) }

// MarshalText implements encoding.TextMarshaler, and so JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// MarshalJSON hides the one of time.Time.
func (d Date) MarshalJSON() ([]byte, error) { return []byte(`"` + d.String() + `"`), nil }

// UnmarshalText implements encoding.TextUnmarshaler: days in queries.
func (d *Date) UnmarshalText(b []byte) error {
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return err
	}
	*d = Date{t}
	return nil
}

// UnmarshalJSON reads what MarshalJSON writes; null leaves d alone.
func (d *Date) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) != len(`"2006-01-02"`) {
		return fmt.Errorf("a date is written like 2006-01-02")
	}
	parsed, err := ParseDate(string(b[1 : len(b)-1]))
	*d = parsed
	return err
}

// Scan implements sql.Scanner.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*d = DateOf(v)
		return nil
	case string:
		parsed, err := ParseDate(v)
		*d = parsed
		return err
	}
	return fmt.Errorf("date: cannot read %T", src)
}

// Value implements driver.Valuer.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Age is the number of whole years from d to the day on, a birthday on 29 February being on 1 March in common years.
func (d Date) Age(on Date) int {
	age := on.Year() - d.Year()
	if on.Month() < d.Month() || (on.Month() == d.Month() && on.Day() < d.Day()) {
		age--
	}
	return age
}

// Earlier is the first of two instants.
func Earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Later is the last of two instants.
func Later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
