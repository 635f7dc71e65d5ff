package notices_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

type refusal struct{}

func (refusal) Error() string {
	return "smtp: deliver: the server answered 550 5.1.1 ana@example.org is unknown"
}
func (refusal) Permanent() bool { return true }

func TestEveryMailArrivesWhenTheServerFailsHalfTheTime(t *testing.T) {
	w := newWorld(t)
	chance := rand.New(rand.NewPCG(1, 2))
	w.out.hook = func(notices.Mail) error {
		switch n := chance.IntN(100); {
		case n < 40:
			return errors.New("connection refused")
		case n < 50:
			panic("a bug in the mailer")
		}
		return nil
	}
	const n = 150
	to := w.member("ana", nil)
	for range n {
		w.send(notice(models.NoticeAccountNewLogin, to))
	}
	w.runUntil(start.Add(3 * 24 * time.Hour))
	seen := map[string]int{}
	for _, m := range w.out.taken() {
		seen[m.ID]++
	}
	abandoned := w.count(`select count(*) from messages where state = 'abandoned'`)
	if len(seen)+abandoned != n || abandoned > 2 || w.count(`select count(*) from messages where state = 'sent'`) != len(seen) {
		t.Errorf("%d mails, %d abandoned", len(seen), abandoned)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s went out %d times", id, times)
		}
	}
}

func TestAWorkerThatDiesLosesNothing(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	for _, accepted := range []bool{false, true} { // the server took it before the worker died, or not
		w.out.hook = func(m notices.Mail) error {
			if accepted {
				w.out.mails = append(w.out.mails, m)
			}
			runtime.Goexit()
			return nil
		}
		w.send(notice(models.NoticeRegistrationConfirmed, to))
		died := make(chan struct{})
		go func() {
			defer close(died)
			_, _ = w.RunDue(context.Background(), w.Clock.Now())
		}()
		<-died
		if got := w.fate(); got != "sending" {
			t.Fatal(got)
		}
		w.out.hook = nil
		if err := w.svc.Sweep(context.Background()); err == nil {
			t.Fatal("a sweep without an actor")
		}
		sweep := services.AsSystem(context.Background(), "message.sweep")
		if err := w.svc.Sweep(sweep); err != nil {
			t.Fatal(err)
		}
		w.run()
		if got := w.fate(); got != "sending" {
			t.Fatalf("taken from a worker that may still be alive: %s", got)
		}
		w.Clock.Advance(4 * time.Minute)
		if err := w.svc.Sweep(sweep); err != nil {
			t.Fatal(err)
		}
		w.run()
		mails := w.out.taken()
		if w.fate() != "sent" || len(mails) < 1 || len(mails) > 2 || (len(mails) == 2 && (!accepted || mails[0].ID != mails[1].ID)) {
			t.Errorf("%d mails, %s", len(mails), w.fate())
		}
	}
}

func TestTwoJobsSendOneMail(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	w.send(notice(models.NoticeRegistrationConfirmed, to))
	w.exec(`insert into river_job (args, kind, max_attempts, queue, scheduled_at, state, created_at)
		select args, kind, max_attempts, queue, scheduled_at, state, created_at from river_job, generate_series(1, 7)`)
	// The others run while the first is in the middle of sending.
	w.out.hook = func(notices.Mail) error {
		w.out.hook = nil
		_, err := w.RunDue(context.Background(), start)
		return err
	}
	w.runUntil(start.Add(time.Hour))
	if mails := w.out.taken(); len(mails) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}

func TestOneMessagePerKey(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			n := notice(models.NoticeRegistrationOffered, to)
			n.Key = "registration.offered:1"
			if err := w.trySend(n); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.run()
	if mails := w.out.taken(); len(mails) != 1 || w.count(`select count(*) from messages`) != 1 {
		t.Errorf("%d mails", len(mails))
	}
}

func TestARolledBackChangeTellsNobody(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), w.Core, "test.send", func(tx *services.Tx) (bool, error) {
		if err := notices.Send(tx, notice(models.NoticeRegistrationConfirmed, to)); err != nil {
			return false, err
		}
		return false, services.Conflict("no", "No.")
	})
	w.run()
	if err == nil || w.count(`select count(*) from messages`) != 0 || len(w.out.taken()) != 0 {
		t.Error("a message of a change that did not happen")
	}
}

func TestBounces(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	w.out.hook = func(notices.Mail) error { return refusal{} }
	for i := range models.BouncesToStop {
		if mails := w.sent(notice(models.NoticeRegistrationConfirmed, to)); len(mails) != 0 {
			t.Fatal("sent")
		}
		if got := w.fate(); !strings.HasPrefix(got, "bounced ") || !strings.Contains(got, "550 5.1.1") || strings.Contains(got, "@") {
			t.Errorf("bounce %d: %s", i, got)
		}
	}
	w.out.hook = func(notices.Mail) error { t.Error("a stopped address was written to"); return nil }
	w.sent(notice(models.NoticeRegistrationConfirmed, to))
	if w.fate() != "skipped address_stopped" {
		t.Error(w.fate())
	}
	if got := w.count(`select count(*) from tasks where kind = 'call' and member_id = $1`, to); got != models.BouncesToStop+1 {
		t.Errorf("%d calls", got)
	}
	if w.count(`select count(*) from bounces where encode(address_mac, 'escape') like '%example%'`) != 0 {
		t.Error("the table names somebody")
	}
	// An admin who knows better gives it another chance.
	w.out.hook = nil
	var id uuid.UUID
	if err := w.db.QueryRow(context.Background(), `select id from messages order by id desc limit 1`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	d, err := w.svc.Retry(w.as(to, models.RoleAdmin), id)
	if err != nil || d.To != "a***@example.org" {
		t.Fatal(d, err)
	}
	w.run()
	if len(w.out.taken()) != 1 || w.fate() != "sent" {
		t.Error(w.fate())
	}
	if _, err := w.svc.Retry(w.as(to, models.RoleAdmin), id); !errors.Is(err, services.Conflict(notices.CodeNotRetryable, "")) {
		t.Error(err)
	}
	if _, err := w.svc.Retry(w.as(to, models.RoleAdmin), uuid.New()); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
}

func TestASuccessForgivesBounces(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	for i := range 2 * models.BouncesToStop {
		w.out.hook = nil
		if i%2 == 0 {
			w.out.hook = func(notices.Mail) error { return refusal{} }
		}
		w.sent(notice(models.NoticeAccountNewLogin, to))
	}
	if w.fate() != "sent" {
		t.Error(w.fate())
	}
}

func TestAbandonedIsListedAndCanBeSentAgain(t *testing.T) {
	w := newWorld(t)
	admin, to := w.member("boss", nil), w.member("ana", nil)
	tries := 0
	w.out.hook = func(notices.Mail) error { tries++; return errors.New("dial tcp: connection refused") }
	w.send(notice(models.NoticeRegistrationOffered, to))
	w.exec(`update messages set data = data - 'deadline'`)
	w.runUntil(start.Add(3 * 24 * time.Hour))
	if w.fate() != "abandoned dial tcp: connection refused" || tries != 12 {
		t.Fatalf("%s after %d tries", w.fate(), tries)
	}
	if w.count(`select count(*) from tasks where kind = 'call' and record = 'registration'`) != 1 {
		t.Error("nobody is asked to call")
	}
	page, err := w.svc.Deliveries(w.as(admin, models.RoleAdmin), notices.Deliveries{PageQuery: services.PageQuery{Limit: 10, Count: true}, State: []models.MessageState{models.MessageAbandoned}})
	if err != nil || len(page.Data) != 1 || *page.Total != 1 || page.Data[0].To != "a***@example.org" || page.Data[0].Attempts != 12 {
		t.Fatalf("%+v %v", page, err)
	}
	w.out.hook = nil
	w.exec(`update members set email = 'new@example.org' where id = $1`, to)
	if _, err := w.svc.Retry(w.as(admin, models.RoleAdmin), page.Data[0].ID); err != nil {
		t.Fatal(err)
	}
	w.run()
	if mails := w.out.taken(); len(mails) != 1 || mails[0].To != "new@example.org" || mails[0].ID != page.Data[0].ID.String() {
		t.Errorf("%+v", mails)
	}
}

func TestWhoIsNotMailed(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		set   map[string]any
		event models.NoticeEvent
		fate  string
		calls int
	}{
		"dead":     {map[string]any{"status": "deceased"}, models.NoticeRegistrationConfirmed, "skipped deceased", 0},
		"nomail":   {map[string]any{"email": nil}, models.NoticeRegistrationConfirmed, "skipped no_address", 1},
		"nomail2":  {map[string]any{"email": nil}, models.NoticeRegistrationReceived, "skipped no_address", 0},
		"watched":  {map[string]any{"safe_channel": "call"}, models.NoticeRegistrationConfirmed, "skipped safe_channel", 1},
		"watched2": {map[string]any{"safe_channel": "sms"}, models.NoticeAccountNewLogin, "skipped safe_channel", 0},
		"watched3": {map[string]any{"safe_channel": "sms"}, models.NoticeAccountReset, "sent", 0}, // asked for, just now
		"safe":     {map[string]any{"safe_channel": "email"}, models.NoticeRegistrationConfirmed, "sent", 0},
		"few":      {map[string]any{"email_opt_in": false}, models.NoticeRegistrationWaitlisted, "skipped opted_out", 0},
		"few2":     {map[string]any{"email_opt_in": false}, models.NoticeRegistrationConfirmed, "sent", 0},
	} {
		to := w.member(name, c.set)
		w.sent(notice(c.event, to))
		if got := w.fate(); got != c.fate {
			t.Errorf("%s: %s", name, got)
		}
		if got := w.count(`select count(*) from tasks where member_id = $1`, to); got != c.calls {
			t.Errorf("%s: %d calls", name, got)
		}
	}
}

func TestASharedAddressGetsNoContent(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", map[string]any{"program_words": true})
	w.member("child", map[string]any{"email": "ana@example.org", "birth_date": start.AddDate(-9, 0, 0)})
	if mail := w.one(notice(models.NoticeRegistrationConfirmed, to)); !strings.Contains(mail.Subject, "Moral") {
		t.Errorf("a child's address is no news to its parent: %q", mail.Subject)
	}
	w.member("bo", map[string]any{"email": "ANA@example.org"})
	n := notice(models.NoticeRegistrationConfirmed, to)
	n.Events = sessions(1)
	mail := w.one(n)
	if tells(mail.Subject+mail.Text+mail.HTML) != "" || strings.Contains(mail.Text, "October") || strings.Contains(mail.Text, "ana,") || len(mail.ICS) != 0 {
		t.Errorf("%s\n%s", mail.Subject, mail.Text)
	}
}

func TestHours(t *testing.T) {
	w := newWorld(t)
	at := func(clock string) time.Time { // on October 1 in Denver
		zone, _ := time.LoadLocation("America/Denver")
		tm, err := time.ParseInLocation("2006-01-02 15:04", "2026-10-01 "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	quiet := map[string]any{"quiet_from": "21:00", "quiet_until": "08:00"}
	safe := map[string]any{"safe_from": "10:00", "safe_until": "15:00"}
	for name, c := range map[string]struct {
		set    map[string]any
		event  models.NoticeEvent
		now    time.Time
		expect time.Time
	}{
		"night":       {quiet, models.NoticeSessionReminder, at("23:30"), at("08:00").AddDate(0, 0, 1)},
		"early":       {quiet, models.NoticeSessionReminder, at("06:15"), at("08:00")},
		"end":         {quiet, models.NoticeSessionReminder, at("08:00"), at("08:00")},
		"day":         {quiet, models.NoticeSessionReminder, at("12:00"), at("12:00")},
		"nosuch":      {nil, models.NoticeSessionReminder, at("23:30"), at("23:30")},
		"answer":      {quiet, models.NoticeRegistrationConfirmed, at("23:30"), at("23:30")},
		"unsafe":      {safe, models.NoticeRegistrationConfirmed, at("16:00"), at("10:00").AddDate(0, 0, 1)},
		"unsafe2":     {safe, models.NoticeRegistrationConfirmed, at("09:00"), at("10:00")},
		"safe":        {safe, models.NoticeRegistrationConfirmed, at("14:59"), at("14:59")},
		"unsafereset": {safe, models.NoticeAccountReset, at("16:00"), at("16:00")},
	} {
		w.Clock.Set(c.now)
		to := w.member(name, c.set)
		n := notice(c.event, to)
		n.Data = without(n.Data, "deadline")
		w.send(n)
		w.runUntil(c.expect.Add(-time.Second))
		early := len(w.out.taken())
		if c.expect.Equal(c.now) {
			early = 0
			w.Clock.Set(c.now)
		}
		w.runUntil(c.expect)
		if early != 0 || w.fate() != "sent" {
			t.Errorf("%s: %d too early, then %s", name, early, w.fate())
		}
		w.out.taken()
	}
	// A reminder that its reader's hours would make late is of no use.
	w.Clock.Set(at("23:30"))
	n := notice(models.NoticeSessionReminder, w.member("dawn", quiet))
	n.Data["starts_at"] = at("07:00").AddDate(0, 0, 1)
	w.send(n)
	w.runUntil(at("09:00").AddDate(0, 0, 1))
	if w.fate() != "skipped too_late" {
		t.Error(w.fate())
	}
}

func TestRecall(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	n := notice(models.NoticeSessionReminder, to)
	n.Record, n.At = "session", start.Add(time.Hour)
	other := notice(models.NoticeSessionReminder, to)
	other.Record, other.At = "session", start.Add(time.Hour)
	w.send(n, other)
	if len(w.inbox(to, notices.Inbox{})) != 0 {
		t.Error("told before its time")
	}
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), w.Core, "test.recall", func(tx *services.Tx) (bool, error) {
		tx.Unchanged()
		notices.Recall(tx, "session", n.RecordID, models.NoticeSessionReminder)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.runUntil(start.Add(2 * time.Hour))
	if mails := w.out.taken(); len(mails) != 1 || w.count(`select count(*) from messages where state = 'recalled' and record_id = $1`, n.RecordID) != 1 {
		t.Errorf("%d mails", len(mails))
	}
	if len(w.inbox(to, notices.Inbox{})) != 1 {
		t.Error("the inbox shows what was withdrawn")
	}
}

func TestPurge(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	n := notice(models.NoticeRegistrationConfirmed, to)
	n.Key, n.Address, n.Name, n.Events = "k", "other@example.org", "Ana", sessions(1)
	w.sent(n)
	purge := services.AsSystem(context.Background(), "message.purge")
	for _, c := range []struct {
		after time.Duration
		kept  int
	}{{notices.KeepContent - time.Hour, 1}, {notices.KeepContent + time.Hour, 0}, {notices.KeepContent + time.Hour, 0}} {
		w.Clock.Set(start.Add(c.after))
		if err := w.svc.Purge(purge); err != nil {
			t.Fatal(err)
		}
		if got := len(w.inbox(to, notices.Inbox{})); got != c.kept {
			t.Errorf("%d in the inbox after %s", got, c.after)
		}
	}
	if row := columnJSON(t, w, `select to_jsonb(m) from messages m`); strings.Contains(row, "Moral") || strings.Contains(row, "example.org") || strings.Contains(row, "Ana") {
		t.Error(row)
	}
	if w.sent(n) != nil || w.fate() != "sent" {
		t.Error("an old event was told again")
	}
}

func TestTheQueueWorks(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	arrived := make(chan string, 1)
	w.out.hook = func(m notices.Mail) error { arrived <- m.ID; return nil }
	w.Clock.Set(time.Now())
	n := notice(models.NoticeRegistrationCancelled, to)
	w.send(n)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := w.Start(ctx, 4); err != nil {
		t.Fatal(err)
	}
	select {
	case <-arrived:
	case <-time.After(20 * time.Second):
		t.Error("no mail came")
	}
	if err := w.Jobs.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if w.fate() != "sent" {
		t.Error(w.fate())
	}
}

func TestSendCostsNoRoundTrip(t *testing.T) {
	w := newWorld(t)
	to := w.member("ana", nil)
	_, err := services.Mutate(services.AsSystem(context.Background(), "test"), w.Core, "test.send", func(tx *services.Tx) (bool, error) {
		tx.Unchanged()
		if err := notices.Send(tx, notice(models.NoticeRegistrationConfirmed, to)); err != nil {
			return false, err
		}
		notices.Recall(tx, "session", to)
		// Not even BEGIN has gone out.
		if n := w.count(`select count(*) from pg_stat_activity where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`); n != 0 {
			t.Errorf("%d open transactions", n)
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
