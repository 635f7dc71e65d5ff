package notices

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/services"
)

// headStart is how long before somebody's quiet hours a message is sent that must not wait for their end: long enough for
// a queue to be worked.
const headStart = 30 * time.Minute

// Hours are when somebody does not want to be written to, on the clock of their zone ("21:00"); empty for none.
type Hours struct {
	Zone                  string
	QuietFrom, QuietUntil string
	SafeFrom, SafeUntil   string // it is safe to write between these alone
}

// HoursOf reads the hours of members.
func HoursOf(tx *services.Tx, members []uuid.UUID) (map[uuid.UUID]Hours, error) {
	out := make(map[uuid.UUID]Hours, len(members))
	err := tx.Batch(services.Statement{
		SQL:  `select id, time_zone, coalesce(quiet_from, ''), coalesce(quiet_until, ''), coalesce(safe_from, ''), coalesce(safe_until, '') from members where id = any($1)`,
		Args: []any{members}, Scan: func(rows pgx.Rows) error {
			var id uuid.UUID
			var h Hours
			_, err := pgx.ForEachRow(rows, []any{&id, &h.Zone, &h.QuietFrom, &h.QuietUntil, &h.SafeFrom, &h.SafeUntil}, func() error {
				out[id] = h
				return nil
			})
			return err
		},
	})
	return out, err
}

// Free is the first moment from t on at which they may be written to.
func (h Hours) Free(t time.Time) time.Time {
	zone := zoneOf(h.Zone)
	for range 3 { // the end of one window may lie in the other
		at := leaveWindow(leaveWindow(t, zone, h.QuietFrom, h.QuietUntil), zone, h.SafeUntil, h.SafeFrom)
		if at.Equal(t) {
			break
		}
		t = at
	}
	return t
}

// Due is when to send what is wanted at one moment and of no use from another on: then, or when their quiet hours have
// ended; where that is too late, half an hour before they begin. Who may be written to at no such time gets it when it was
// wanted, and their hours hold it.
func (h Hours) Due(want, useless time.Time) time.Time {
	if at := h.Free(want); at.Before(useless) {
		return at
	}
	zone, at := zoneOf(h.Zone), want
	for range 3 {
		if begins, in := windowBegins(at, zone, h.QuietFrom, h.QuietUntil); in {
			at = begins.Add(-headStart)
		}
		if begins, in := windowBegins(at, zone, h.SafeUntil, h.SafeFrom); in {
			at = begins.Add(-headStart)
		}
		if h.Free(at).Equal(at) {
			return at
		}
	}
	return want
}
