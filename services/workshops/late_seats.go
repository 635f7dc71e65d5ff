package workshops

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// From leastOffer before the last moment to have a place nobody is asked by mail any more. Seats that are free then stay with
// those who wait: staff call them, or have them before them at the door.

// TaskFreeSeats asks staff to call those who wait for seats that are free, and that nobody can be offered in time any more.
const TaskFreeSeats models.TaskKind = "free_seats"

// offering says whether there is time yet to offer seats to those who wait.
func (d *desk) offering() bool {
	return d.tx.Now().Before(d.lastSeat().Add(-leastOffer)) && d.workshop.Visibility == models.VisibilityPublished
}

// spare says whether seats are left for a newcomer once everybody who waits and fits has theirs. While seats are offered they
// have them: promote is called first.
func (d *desk) spare(n need) (bool, error) {
	if !d.fits(n) || d.offering() {
		return d.fits(n), nil
	}
	all, passed := d.pools, []uuid.UUID{}
	d.pools = slices.Clone(all)
	defer func() { d.pools = all }()
	for d.room() > 0 {
		waiting, err := d.fitting(passed...)
		if err != nil || len(waiting) == 0 {
			return d.fits(n), err
		}
		for _, p := range waiting {
			passed = append(passed, p.ID)
			if d.fits(p.need()) {
				d.keep(p.need())
			}
		}
	}
	return d.fits(n), nil
}

// keep counts seats as taken.
func (d *desk) keep(n need) {
	for id, s := range n {
		pool := d.pool(id)
		pool.Taken += s.adults + s.children
		pool.TakenChildren += s.children
	}
}

// seat gives a party the seats it was offered, or that staff spoke with it about: for certain, or until staff have looked at what
// there is to look at.
func (d *desk) seat(p *party) error {
	if d.workshop.ApprovalRequired && p.PassID == nil {
		p.lookAt(models.ReviewByRule)
	}
	if unfit, err := d.unfit(p); err != nil {
		return err
	} else if unfit {
		p.lookAt(models.ReviewEligibility)
	}
	if d.heldFor(p) {
		p.lookAt(models.ReviewHeld)
	}
	now := d.tx.Now()
	d.change(p, func() {
		p.OfferExpiresAt = nil
		if len(p.Review) > 0 {
			p.State = models.RegistrationPending
			return
		}
		p.State, p.ConfirmedAt = models.RegistrationConfirmed, &now
	})
	return nil
}

// seatsWait says whether somebody waits for seats that are free and that nobody can be offered any more.
func (d *desk) seatsWait() (bool, error) {
	if d.offering() || d.over() || d.room() == 0 {
		return false, nil
	}
	waiting, err := d.fitting()
	return len(waiting) > 0, err
}

// callForSeats has one open task say so for as long as it holds. Freed says whether there is more to have than before.
func (d *desk) callForSeats(freed bool) error {
	if d.offering() || d.over() || !d.waited() {
		return nil
	}
	wait, err := d.seatsWait()
	switch {
	case err != nil:
		return err
	case !wait:
		return d.nobodyToCall()
	case !freed:
		return nil
	}
	record, id := d.ground()
	var asked bool
	err = d.tx.Batch(services.Statement{SQL: `select exists (select from tasks where record = $1 and record_id = $2 and kind = $3 and status in ('open', 'snoozed'))`,
		Args: []any{record, id, string(TaskFreeSeats)}, Scan: services.ScanOne("task", &asked)})
	if err != nil {
		return err
	}
	_, err = tasks.Open(d.tx, tasks.New{Kind: TaskFreeSeats, Record: record, RecordID: &id, Queue: "coordinators",
		Title: "Seats are free, and it is too late to offer them: call who waits, and move them up", DueAt: d.tx.Now()})
	if err != nil || asked {
		return err
	}
	return d.tx.Enqueue(watchSeats{d.workshop.ID, d.sessionID}, d.tx.Now().Add(watchEvery))
}

// waited says whether anybody waits for these seats, or did before this use case.
func (d *desk) waited() bool {
	waits := func(p models.Pool) bool { return p.Waiting > 0 }
	return slices.ContainsFunc(d.pools, waits) || slices.ContainsFunc(d.was, waits)
}

// ground is what the seats are of, as tasks name it.
func (d *desk) ground() (string, uuid.UUID) {
	if d.sessionID != nil {
		return sourceSession, *d.sessionID
	}
	return "workshop", d.workshop.ID
}

func (d *desk) nobodyToCall() error {
	record, id := d.ground()
	return tasks.CloseFor(d.tx, record, id, TaskFreeSeats)
}

// watchSeats is the job that looks again whether there is still anybody to call, for as long as the task waits: it ends with the
// session, too.
type watchSeats struct {
	WorkshopID uuid.UUID  `json:"workshop_id"`
	SessionID  *uuid.UUID `json:"session_id"`
}

// Kind implements services.JobArgs.
func (watchSeats) Kind() string { return "workshop.watch_seats" }

func (s *Service) watchSeats(ctx context.Context, job watchSeats) error {
	record, id := (&desk{sessionID: job.SessionID, workshop: models.Workshop{Record: models.Record{ID: job.WorkshopID}}}).ground()
	asked, err := services.Read(ctx, s.core, func(db *gorm.DB) (asked bool, err error) {
		return asked, db.Raw(`select exists (select from tasks where record = ? and record_id = ? and kind = ? and status in ('open', 'snoozed'))`, record, id, string(TaskFreeSeats)).Scan(&asked).Error
	})
	if err != nil || !asked {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "workshop.watch_seats", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		d, err := openDesk(tx, job.WorkshopID, job.SessionID)
		if err != nil {
			return nil, err
		}
		wait, err := d.seatsWait()
		switch {
		case err != nil:
			return nil, err
		case !wait:
			return nil, d.nobodyToCall()
		}
		return nil, tx.Enqueue(job, sooner(tx.Now().Add(watchEvery), d.ends()))
	})
	return err
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
