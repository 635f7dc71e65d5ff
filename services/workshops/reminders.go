package workshops

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

const (
	// lookAhead is how long before the start those are found who are to be reminded before their quiet hours begin: these last
	// less than a day.
	lookAhead = 24 * time.Hour
	// between two looks at one session, so that everybody's own hours do not make a job for each.
	betweenLooks = 5 * time.Minute
)

// Remind is the job that reminds those who come to a session, so many hours before. StartsAt is the start it was made for:
// when the session has been moved since, another job has that start, and this one does nothing. Nor does it when the
// workshop does not remind at that distance any more.
type Remind struct {
	SessionID uuid.UUID `json:"session_id"`
	StartsAt  time.Time `json:"starts_at"`
	Hours     int       `json:"hours,omitempty"` // 24 when absent
}

// Kind implements services.JobArgs.
func (Remind) Kind() string { return "session.remind" }

// before is the moment of the reminder, for somebody without hours of their own. Hours are counted, not clocks read: across
// a change to daylight saving a reminder of a day before is an hour off on the wall.
func (r *Remind) before() time.Time { return r.StartsAt.Add(-time.Duration(r.Hours) * time.Hour) }

// sessionsPlanned puts the reminders of sessions of one workshop in line. What starts sooner than a reminder is due has
// none: the confirmation, or the mail of the change, says it all.
func sessionsPlanned(tx *services.Tx, sessions ...models.WorkshopSession) error {
	if len(sessions) == 0 {
		return nil
	}
	var found []models.Workshop
	err := tx.Batch(services.Statement{SQL: `select reminder_hours from workshops where id = $1`, Args: []any{sessions[0].WorkshopID}, Scan: services.RowsInto(&found)})
	if err != nil || len(found) == 0 {
		return err
	}
	for i := range sessions {
		for _, hours := range found[0].ReminderHours {
			if err := planReminder(tx, Remind{sessions[i].ID, sessions[i].StartsAt.UTC(), hours}); err != nil {
				return err
			}
		}
	}
	return nil
}

// planReminder puts a reminder in line, and where somebody's quiet hours may last until after the start, an earlier look.
func planReminder(tx *services.Tx, r Remind) error {
	at := r.before()
	if !at.After(tx.Now()) {
		return nil
	}
	if early := r.StartsAt.Add(-lookAhead); early.Before(at) {
		if early.Before(tx.Now()) {
			early = tx.Now()
		}
		if err := tx.Enqueue(r, early); err != nil {
			return err
		}
	}
	return tx.Enqueue(r, at)
}

const remindable = ` from workshop_sessions s join workshops w on w.id = s.workshop_id
	where s.id = $1 and s.starts_at = $2 and s.status = 'scheduled' and s.starts_at > $3 and w.visibility = 'published' and $4 = any(w.reminder_hours)`

// remind writes to everybody who has a place in the session, once for each start and distance, outside the hours in which
// they do not want to be written to. What is called off, moved or not published reminds nobody; nor is somebody reminded who
// has said that they do not come this time, or who has their place only since. A look tells the first without a transaction.
func (s *Service) remind(ctx context.Context, args Remind) error {
	if args.Hours == 0 {
		args.Hours = 24
	}
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (due bool, err error) {
		return due, db.Raw(`select exists (select from workshop_sessions s join workshops w on w.id = s.workshop_id
			where s.id = ? and s.starts_at = ? and s.status = 'scheduled' and s.starts_at > ? and w.visibility = 'published' and ? = any(w.reminder_hours))`,
			args.SessionID, args.StartsAt, s.core.Clock.Now(), args.Hours).Scan(&due).Error
	})
	if err != nil || !due {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "session.remind", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var sessions []models.WorkshopSession
		var excused []uuid.UUID
		err := tx.Batch(
			services.Statement{SQL: `select s.id, s.workshop_id, s.title, s.starts_at, s.ends_at, s.time_zone, s.venue_id, s.room_id, s.location_note, s.join_url, s.status, s.sequence` + remindable,
				Args: []any{args.SessionID, args.StartsAt, tx.Now(), args.Hours}, Scan: services.RowsInto(&sessions)},
			services.Statement{SQL: `select attendee_id from attendance where session_id = $1 and status = 'excused'`, Args: []any{args.SessionID}, Scan: idsInto(&excused)},
		)
		if err != nil || len(sessions) == 0 {
			return nil, err
		}
		tx.Object(sessions[0].ID)
		return nil, remindAll(tx, args, sessions[0], excused)
	})
	if errors.Is(err, services.NotFound("workshop")) {
		return nil
	}
	return err
}

// reminder is one reader to be reminded of a session.
type reminder struct {
	reader
	party *party
	key   string
	since time.Time // they have their place
}

// remindAll reminds those who are due, and comes back for the next of them.
func remindAll(tx *services.Tx, args Remind, session models.WorkshopSession, excused []uuid.UUID) error {
	parties, err := placesFor(tx, session)
	if err != nil || len(parties) == 0 {
		return err
	}
	d, err := readDesk(tx, session)
	if err != nil {
		return err
	}
	all, err := d.toRemind(args, parties, excused)
	if err != nil || len(all) == 0 {
		return err
	}
	hours, told, err := reminded(tx, all)
	if err != nil {
		return err
	}
	var next time.Time
	for _, r := range all {
		due := hours[r.member].Due(args.before(), session.StartsAt)
		wanted := due
		if args.before().Before(due) {
			wanted = args.before()
		}
		switch {
		case told[r.key] || !r.since.Before(wanted):
		case due.After(tx.Now()):
			if next.IsZero() || due.Before(next) {
				next = due
			}
		default:
			if err := d.sendReminder(session, r); err != nil {
				return err
			}
		}
	}
	if next.IsZero() {
		return nil
	}
	if soonest := tx.Now().Add(betweenLooks); next.Before(soonest) && soonest.Before(session.StartsAt) {
		next = soonest
	}
	return tx.Enqueue(args, next)
}

// toRemind are those who come to a session, each once: who is of two parties, as somebody who leads one and comes with
// another, is told once.
func (d *desk) toRemind(args Remind, parties []*party, excused []uuid.UUID) (out []reminder, err error) {
	known := map[string]bool{}
	for _, p := range parties {
		if p.State != models.RegistrationConfirmed || excusedFrom(p, excused) {
			continue
		}
		readers, err := d.readers(p)
		if err != nil {
			return nil, err
		}
		for _, r := range readers {
			to := r.address + r.member.String()
			if known[to] || r.seat != nil && slices.Contains(excused, r.seat.ID) {
				continue
			}
			known[to] = true
			out = append(out, reminder{reader: r, party: p, key: args.key(r.key(p)), since: since(p, r.seat)})
		}
	}
	return out, nil
}

// key makes it one reminder per reader, start and distance.
func (r *Remind) key(of string) string {
	key := fmt.Sprintf("%s:%s:%d:%s", models.NoticeSessionReminder, r.SessionID, r.StartsAt.Unix(), of)
	if r.Hours != 24 {
		key += fmt.Sprintf(":%d", r.Hours)
	}
	return key
}

// since is from when on somebody has their place.
func since(p *party, seat *models.Attendee) (at time.Time) {
	if p.ConfirmedAt != nil {
		at = *p.ConfirmedAt
	}
	if seat != nil && seat.JoinedAt != nil && seat.JoinedAt.After(at) {
		at = *seat.JoinedAt
	}
	return at
}

// reminded reads when each may be written to, and who has been already.
func reminded(tx *services.Tx, all []reminder) (map[uuid.UUID]notices.Hours, map[string]bool, error) {
	var members []uuid.UUID
	keys := make([]string, len(all))
	for i, r := range all {
		keys[i] = r.key
		if r.member != uuid.Nil {
			members = append(members, r.member)
		}
	}
	hours, err := notices.HoursOf(tx, members)
	if err != nil {
		return nil, nil, err
	}
	var sent []struct{ Key string }
	err = tx.Batch(services.Statement{SQL: `select key from messages where key = any($1) and key is not null`, Args: []any{keys}, Scan: services.RowsInto(&sent)})
	told := make(map[string]bool, len(sent))
	for _, m := range sent {
		told[m.Key] = true
	}
	return hours, told, err
}

func (d *desk) sendReminder(session models.WorkshopSession, r reminder) error {
	return notices.Send(d.tx, notices.Notice{
		Event: models.NoticeSessionReminder, MemberID: r.member, Address: r.address, Name: r.name, Record: "session", RecordID: session.ID,
		Key: r.key, Data: d.addJoin(d.about(&d.meetings[0], r.seat), r.party, r.reader, &d.meetings[0]),
	})
}
