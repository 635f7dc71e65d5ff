package coaching_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// trips are the statements that are sent, by round trip.
type trips struct {
	sync.Mutex
	sent [][]string
}

func (l *trips) trip(sql ...string) {
	l.Lock()
	defer l.Unlock()
	l.sent = append(l.sent, sql)
}

func (l *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	l.trip(d.SQL)
	return ctx
}
func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (l *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	l.trip()
	return ctx
}
func (l *trips) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	l.Lock()
	defer l.Unlock()
	last := len(l.sent) - 1
	l.sent[last] = append(l.sent[last], d.SQL)
}
func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// of counts the round trips of what is done, those from the lock on the coach's time on, and the statements of all.
func (l *trips) of(do func()) (all, locked, statements int) {
	l.Lock()
	l.sent = nil
	l.Unlock()
	do()
	for _, sql := range l.sent {
		statements += len(sql)
		if locked > 0 || slices.ContainsFunc(sql, func(s string) bool { return strings.Contains(s, "for no key update of resources") }) {
			locked++
		}
	}
	return len(l.sent), locked, statements
}

// asked is a call as a request makes it: with a key.
func asked(ctx context.Context) context.Context {
	call, err := services.CallFrom(ctx)
	if err != nil {
		panic(err)
	}
	call.Method, call.Path, call.IdempotencyKey, call.BodyMAC = "POST", "/v1/coaching-sessions", uuid.NewString(), []byte("body")
	return ctx
}

// The coach's time is locked while others wait for it, so that a booking says in few words what it has to say.
func TestABookingTakesFewRoundTrips(t *testing.T) {
	l := &trips{}
	p := openPractice(t, func(s *services.Settings) { s.Tracer = l })
	coach, mia := p.coach(), p.member()
	e := p.engagement(coach, mia)
	p.exec(`update engagements set package_sessions = 100`)
	for name, by := range map[string]func() context.Context{"the client": func() context.Context { return asked(p.as(mia)) }, "the coach": func() context.Context { return asked(p.coaches(coach)) }} {
		ctx, day := by(), 0
		if name == "the coach" {
			day = 1
		}
		all, locked, statements := l.of(func() { p.booking(p.BookSession(ctx, at(e, slot.AddDate(0, 0, day)))) })
		if all > 7 || locked > 3 || statements > 31 {
			t.Errorf("%s: %d round trips, %d of them with the coach locked, %d statements:\n%v", name, all, locked, statements, l.sent)
		}
	}
	series := func(week, times int) coaching.BookCoaching {
		in := at(e, slot.AddDate(0, 0, 7*week))
		in.Repeat = &coaching.CoachingRepeat{EveryWeeks: 1, Times: times}
		return in
	}
	p.exec(`update coaches set horizon_days = 366`)
	few, _, said := l.of(func() { p.booking(p.BookSession(asked(p.as(mia)), series(1, 3))) })
	var made *coaching.CoachingBooking
	many, _, saidOfMany := l.of(func() { made = p.booking(p.BookSession(asked(p.as(mia)), series(4, 12))) })
	if many > few || saidOfMany > said || len(made.Series.Booked) != 12 {
		t.Errorf("%d sessions in %d round trips and %d statements; 3 in %d and %d", len(made.Series.Booked), many, saidOfMany, few, said)
	}
}

// What a booking answers is what is read afterwards.
func TestABookingAnswersWhatIsRead(t *testing.T) {
	p := openPractice(t)
	coach, mia, luis := p.coach(), p.member(), p.member("Luis")
	p.exec(`update members set preferred_name = ' Lou ' where id = $1`, luis)
	e := p.engagement(coach, luis, mia)
	for i, by := range []context.Context{p.as(mia), p.coaches(coach), p.desk()} {
		in := at(e, slot.AddDate(0, 0, i))
		if i == 1 {
			in.Modality = models.ModalityInPerson
		}
		made := p.booking(p.BookSession(by, in))
		read := p.shows(p.Session(by, made.ID))
		if got, want := asJSON(t, made.CoachingSessionView), asJSON(t, read); got != want {
			t.Errorf("it answers\n%s\nand reads\n%s", got, want)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
