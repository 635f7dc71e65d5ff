package notices

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	jobAttempts = 10 // of the job itself, which fails only when the database does
	sendTimeout = 45 * time.Second
	// lease is how long a worker may hold a message; longer than any job may run.
	lease = 3 * time.Minute
)

// pauses are the waits after each failed attempt, 26 hours in all: a mail server that is down over night, or that makes
// strangers wait (greylisting), costs nobody a mail. One attempt more than there are pauses, then it is abandoned.
var pauses = []time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 40 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// deliver sends one message: claim it, send it with no transaction open, tell what came of it. Killed between, it is
// claimed again when its lease is over, and the second mail has the Message-ID of the first. So each mail goes out at
// least once, and twice only when the worker died between the server's yes and ours.
func (s *Service) deliver(ctx context.Context, job SendMessage) error {
	mail, err := s.claim(ctx, job.MessageID)
	if err != nil || mail == nil {
		return err
	}
	sent := s.post(ctx, *mail)
	return s.settle(context.WithoutCancel(ctx), job.MessageID, sent)
}

// claim takes the message for this worker and writes the mail, or answers nil when there is nothing to send now.
func (s *Service) claim(ctx context.Context, id uuid.UUID) (*Mail, error) {
	return services.Mutate(ctx, s.core, "message.claim", func(tx *services.Tx) (*Mail, error) {
		p, err := loadParcel(tx, id)
		if err != nil {
			return nil, err
		}
		if p == nil || !p.State.Waiting() {
			tx.Unchanged()
			return nil, nil
		}
		if free := p.free(); free.After(tx.Now()) {
			tx.Unchanged()
			return nil, tx.Enqueue(SendMessage{id}, free)
		}
		before := p.Message
		mail, err := s.take(tx, p)
		if err != nil {
			return nil, err
		}
		tx.Changed(before, p.Message)
		store(tx, &p.Message)
		return mail, nil
	})
}

// take decides what becomes of a message that is due.
func (s *Service) take(tx *services.Tx, p *parcel) (*Mail, error) {
	if p.Attempts > len(pauses) { // its workers died again and again
		return nil, s.failed(tx, &p.Message, errors.New("stalled"))
	}
	d, err := parseDetails(p.Data)
	if err != nil {
		p.Attempts++
		return nil, s.failed(tx, &p.Message, err)
	}
	if why := p.unfit(&d, tx.Now()); why != "" {
		return nil, s.skip(tx, &p.Message, why)
	}
	if later := p.hold(&d, tx.Now()); later.After(tx.Now()) {
		p.State, p.SendAfter = models.MessageQueued, later
		return nil, tx.Enqueue(SendMessage{p.ID}, later)
	}
	to := p.reader()
	stopped, err := s.stopped(tx, to.Address)
	if err != nil {
		return nil, err
	}
	if stopped {
		return nil, s.skip(tx, &p.Message, "address_stopped")
	}
	now := tx.Now()
	p.ClaimedAt, p.SentTo, p.Neutral, p.Language = &now, to.Address, !to.Words, languageFor(to.Language).tag
	p.Attempts++
	mail, err := s.compose(&p.Message, to)
	if err != nil {
		return nil, s.failed(tx, &p.Message, err)
	}
	p.State = models.MessageSending
	return mail, nil
}

// post hands the mail over. A panic below is a failed attempt like any other: it must not leave the message claimed.
func (s *Service) post(ctx context.Context, m Mail) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.core.Log.ErrorContext(ctx, "the mailer panicked", "message", m.ID, "panic", services.PanicOf(p))
			err = errors.New("panic")
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return s.mailer.Send(ctx, m)
}

// settle tells what came of an attempt. While the database is away it waits, up to a quarter of a minute: a mail that went out
// and is not marked would go out again.
func (s *Service) settle(ctx context.Context, id uuid.UUID, sent error) error {
	unavailable := &services.Error{Kind: services.KindUnavailable, Code: services.CodeUnavailable}
	for wait := time.Second; ; wait *= 2 {
		_, err := services.Mutate(ctx, s.core, "message.settle", func(tx *services.Tx) (bool, error) {
			return true, s.mark(tx, id, sent)
		})
		if err == nil || sent != nil || wait > 8*time.Second || !errors.Is(err, unavailable) {
			return err
		}
		time.Sleep(wait)
	}
}

func (s *Service) mark(tx *services.Tx, id uuid.UUID, sent error) error {
	p, err := loadParcel(tx, id)
	if err != nil {
		return err
	}
	if p == nil || p.State == models.MessageSent || (sent != nil && p.State != models.MessageSending) {
		tx.Unchanged() // another worker was done with it first
		return nil
	}
	before := p.Message
	var permanent PermanentError
	switch {
	case sent == nil:
		now := tx.Now()
		p.State, p.SentAt, p.LastError = models.MessageSent, &now, ""
		tx.Queue(`delete from bounces where address_mac = $1 and count < $2`, s.addressMAC(p.SentTo), models.BouncesToStop)
		err = reached(tx, &p.Message)
	case errors.As(sent, &permanent) && permanent.Permanent():
		p.State, p.LastError = models.MessageBounced, failure(sent)
		tx.Queue(`insert into bounces as b (address_mac, count, last_at) values ($1, 1, $2)
			on conflict (address_mac) do update set count = b.count + 1, last_at = excluded.last_at`, s.addressMAC(p.SentTo), tx.Now())
		err = s.callInstead(tx, &p.Message)
	default:
		err = s.failed(tx, &p.Message, sent)
	}
	if err != nil {
		return err
	}
	tx.Changed(before, p.Message)
	store(tx, &p.Message)
	return nil
}

// failed puts a message back in line, or gives it up when it was tried often enough. The next attempt is a new job of
// ours rather than a retry of the queue's: it commits with the row that says when.
func (s *Service) failed(tx *services.Tx, m *models.Message, why error) error {
	m.LastError = failure(why)
	if m.Attempts > len(pauses) {
		m.State = models.MessageAbandoned
		return s.callInstead(tx, m)
	}
	pause := pauses[m.Attempts-1]
	pause += pause * time.Duration(m.ID[15]) / 1024 // up to a quarter more, so that a server that comes back is not stormed
	m.State, m.SendAfter = models.MessageQueued, tx.Now().Add(pause)
	return tx.Enqueue(SendMessage{m.ID}, m.SendAfter)
}

func (s *Service) skip(tx *services.Tx, m *models.Message, why string) error {
	m.State, m.LastError = models.MessageSkipped, why
	if why == "deceased" || why == "merged" {
		return nil
	}
	return s.callInstead(tx, m)
}

// callInstead gives a person of staff the task to tell somebody what no mail will.
func (s *Service) callInstead(tx *services.Tx, m *models.Message) error {
	if m.Event.Followed() {
		return tx.Enqueue(Settled{m.ID}, tx.Now())
	}
	if !m.Event.Essential() {
		return nil
	}
	record, id := m.Record, m.RecordID
	if record == "" || id == nil {
		record, id = "message", &m.ID
	}
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskCall, MemberID: m.MemberID, Record: record, RecordID: id, Queue: "coordinators",
		Title: "Call: an important mail does not reach this person", DueAt: tx.Now().Add(24 * time.Hour)})
	return err
}

// reached tells those who follow a message that it went out after all, if somebody was to be called because of it.
func reached(tx *services.Tx, m *models.Message) error {
	if !m.Event.Followed() || m.RecordID == nil {
		return nil
	}
	var calls bool
	err := tx.Batch(services.Statement{SQL: `select exists (select from tasks where record = $1 and record <> '' and record_id = $2 and status in ('open', 'snoozed'))`,
		Args: []any{m.Record, *m.RecordID}, Scan: services.ScanOne("task", &calls)})
	if err != nil || !calls {
		return err
	}
	return tx.Enqueue(Settled{m.ID}, tx.Now())
}

// stopped says whether an address refused so often that we no longer write to it.
func (s *Service) stopped(tx *services.Tx, address string) (stopped bool, err error) {
	err = tx.Batch(services.Statement{
		SQL:  `select exists (select from bounces where address_mac = $1 and count >= $2)`,
		Args: []any{s.addressMAC(address), models.BouncesToStop},
		Scan: services.ScanOne("address", &stopped),
	})
	return stopped, err
}

func store(tx *services.Tx, m *models.Message) {
	tx.Queue(`update messages set state = $2, send_after = $3, claimed_at = $4, sent_at = $5, attempts = $6, last_error = $7, sent_to = $8, neutral = $9, language = $10
		where id = $1`, m.ID, string(m.State), m.SendAfter, m.ClaimedAt, m.SentAt, m.Attempts, m.LastError, m.SentTo, m.Neutral, m.Language)
}

var address = regexp.MustCompile(`[^\s<>"']+@[^\s<>"']+`)

// failure keeps why an attempt failed. A Mailer's errors name nobody; should one ever, the address goes.
func failure(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return oneLine(address.ReplaceAllString(err.Error(), "…"), 200)
}

// one takes the first row of a statement, or leaves found false.
func one(found *bool, into ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		if !rows.Next() {
			return rows.Err()
		}
		*found = true
		return rows.Scan(into...)
	}
}
