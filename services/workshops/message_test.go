package workshops_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/workshops"
)

// post is a server process that mails: it works the jobs, and keeps what it sent.
type post struct {
	*hall
	core    *services.Core
	notices *notices.Service
	mu      sync.Mutex
	sent    map[string][]notices.Mail
	refuse  map[string]bool
}

type refused struct{}

func (refused) Error() string   { return "550 no such person" }
func (refused) Permanent() bool { return true }

// Send implements notices.Mailer.
func (p *post) Send(_ context.Context, m notices.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse[m.To] {
		return refused{}
	}
	p.sent[m.To] = append(p.sent[m.To], m)
	return nil
}

func (h *hall) post() *post {
	h.t.Helper()
	c, err := services.Open(h.t.Context(), services.Settings{DatabaseURL: h.db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 4, WriteConns: 4,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	p := &post{hall: h, core: c, sent: map[string][]notices.Mail{}, refuse: map[string]bool{}}
	p.notices = notices.New(c, p, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"})
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, $3, '{coordinator}', 'active', $2)
		on conflict do nothing`, h.boss, planningDay, h.address(h.boss)) // who writes still works here when it goes out
	return p
}

// at moves the time of all and works what is due by then.
func (p *post) at(t time.Time) {
	p.t.Helper()
	p.hall.core.Clock.Set(t)
	if _, err := p.core.RunDue(p.t.Context(), t); err != nil {
		p.t.Fatal(err)
	}
}

// reader is a person with an address who wants to read in mails what they are about, or only in the app.
func (h *hall) reader(name string, words bool) uuid.UUID {
	h.t.Helper()
	id := h.person(name, false)
	h.exec(`update members set email = $2, program_words = $3 where id = $1`, id, h.address(id), words)
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $3, $4, '{member}', 'active', $2)`,
		services.NewID(), planningDay, id, h.address(id))
	return id
}

func (h *hall) address(id uuid.UUID) string { return id.String() + "@example.org" }

// mailsTo are those with these words in their subject.
func (p *post) mailsTo(id uuid.UUID, subject string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.sent[p.address(id)] {
		if strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

var parking = workshops.WriteToAttendees{Subject: "Parking has moved", Body: "The lot is closed.\nPark at the <library>."}

func (h *hall) write(ctx context.Context, workshop uuid.UUID, in workshops.WriteToAttendees) *workshops.WorkshopMessageView {
	h.t.Helper()
	m, err := h.MessageWorkshop(ctx, workshop, in)
	if err != nil {
		h.t.Fatalf("%v %v", err, fieldsOf(err))
	}
	return m
}

func (h *hall) messageNow(id uuid.UUID) *workshops.WorkshopMessageView {
	h.t.Helper()
	m, err := h.Message(h.staff(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *hall) foretold(workshop uuid.UUID, in workshops.WriteToAttendees) [4]int {
	h.t.Helper()
	p, err := h.PreviewWorkshopMessage(h.staff(), workshop, in)
	if err != nil {
		h.t.Fatalf("%v %v", err, fieldsOf(err))
	}
	return [4]int{p.People, p.Mails, p.Phones, p.Unreachable}
}

func to(in workshops.MessageRecipients) workshops.WriteToAttendees {
	out := parking
	out.To = in
	return out
}

func TestAMessageGoesToThoseWhoComeWhenItGoesOut(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{Capacity: number(7), GuestsPerParty: 2})
	luis, ana, gone, dead, late := h.reader("Luis", true), h.reader("Ana", false), h.reader("Gus", true), h.reader("Dov", true), h.reader("Lea", true)
	maya := h.child(luis, true)
	family := members(luis, maya)
	family.Attendees = append(family.Attendees, workshops.AttendeeInput{Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}})
	h.want(h.register(h.me(luis), w, family), models.RegistrationConfirmed)
	h.register(h.me(ana), w, workshops.Register{})
	leaves := h.register(h.me(gone), w, workshops.Register{})
	h.register(h.me(dead), w, workshops.Register{})
	if got := h.foretold(w, parking); got != [4]int{4, 4, 0, 0} {
		t.Errorf("foretold: %v", got)
	}
	if got := h.foretold(w, to(workshops.MessageRecipients{Kinds: []models.SeatKind{models.SeatChild}})); got != [4]int{1, 1, 0, 0} {
		t.Errorf("through who registered the child: %v", got)
	}
	if got := h.foretold(w, to(workshops.MessageRecipients{Modes: []models.AttendanceMode{models.ModeOnline}})); got != [4]int{} {
		t.Errorf("online: %v", got)
	}
	m := h.write(h.staff(), w, parking)
	if m.State != models.WorkshopMessageWaiting || !m.SendsAt.Equal(planningDay.Add(10*time.Minute)) || m.Author != "Cora R." {
		t.Errorf("%+v", m)
	}
	if _, err := h.Cancel(h.me(gone), leaves.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	h.exec(`update members set status = 'deceased' where id = $1`, dead)
	h.register(h.me(late), w, workshops.Register{})
	p.at(planningDay.Add(10*time.Minute - time.Second))
	if n := p.mailsTo(luis, "Parking"); n != 0 {
		t.Error("it did not wait")
	}
	p.at(planningDay.Add(10 * time.Minute))
	p.at(planningDay.Add(11 * time.Minute))
	for id, want := range map[uuid.UUID]int{luis: 1, ana: 0, gone: 0, dead: 0, late: 1} {
		if n := p.mailsTo(id, "Parking has moved"); n != want {
			t.Errorf("%d mails to %s, want %d", n, id, want)
		}
	}
	got := h.messageNow(m.ID)
	if got.State != models.WorkshopMessageSent || got.People != 3 || got.Counts != (workshops.MessageCounts{Sent: 3}) || got.SentAt == nil {
		t.Errorf("%+v", got)
	}
	// What it says reaches the mails of those who want that, and the inbox of everybody.
	full, neutral := p.sent[h.address(luis)], p.sent[h.address(ana)]
	if text := full[len(full)-1].Text; !strings.Contains(text, "The lot is closed.\n\nPark at the <library>.") || strings.Contains(full[len(full)-1].HTML, "<library>") {
		t.Errorf("%s\n%s", text, full[len(full)-1].HTML)
	}
	if last := neutral[len(neutral)-1]; !strings.HasPrefix(last.Subject, "News about your appointment on Tuesday, October 27") || strings.Contains(last.Text+last.HTML, "lot") || !strings.Contains(last.Text, "/notifications/") {
		t.Errorf("%s\n%s", last.Subject, last.Text)
	}
	inbox, err := p.notices.Notifications(p.me(ana), notices.Inbox{PageQuery: services.PageQuery{Limit: 1}})
	if err != nil || !strings.HasPrefix(inbox.Data[0].Body, "Parking has moved\n\nThe lot is closed.") || strings.Contains(inbox.Data[0].Title, "Parking") {
		t.Errorf("%v %+v", err, inbox.Data)
	}
}

func TestAMessageIsTakenBackWhileItWaits(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{})
	luis := h.reader("Luis", true)
	h.register(h.me(luis), w, workshops.Register{})
	m := h.write(h.staff(), w, parking)
	h.core.Clock.Set(m.SendsAt.Add(-time.Second))
	for range 2 {
		if got, err := h.RecallMessage(h.staff(), m.ID); err != nil || got.State != models.WorkshopMessageRecalled || *got.RecalledBy != h.boss {
			t.Fatalf("%v %+v", err, got)
		}
	}
	p.at(m.SendsAt.Add(time.Hour))
	if n := p.mailsTo(luis, "Parking"); n != 0 {
		t.Errorf("%d mails", n)
	}
	after := planningDay.Add(48 * time.Hour)
	put := parking
	put.SendAfter = &after
	put.Essential = true
	m = h.write(h.staff(), w, put)
	p.at(after.Add(-time.Minute))
	if n := p.mailsTo(luis, "Parking"); n != 0 {
		t.Errorf("%d mails before they were wanted", n)
	}
	p.at(after)
	if _, err := h.RecallMessage(h.staff(), m.ID); codeOf(err) != workshops.CodeSentOut {
		t.Error(err)
	}
	if _, err := h.RecallMessage(h.staff(), uuid.New()); !errors.Is(err, services.NotFound("")) {
		t.Error(err)
	}
	// Ninety days later its words are gone.
	p.at(after.Add(notices.KeepContent + time.Hour))
	h.exec(`insert into river_job (args, kind, max_attempts, queue, scheduled_at, state, created_at) values ('{}', 'workshop_message.purge', 3, 'default', $1, 'available', $1)`, after)
	p.at(after.Add(notices.KeepContent + 2*time.Hour))
	if got := h.messageNow(m.ID); got.Subject != "" || got.Body != "" || got.PurgedAt == nil {
		t.Errorf("%+v", got)
	}
}

// The database, by whose clock jobs are fetched, is a second ahead of this server.
func TestAMessageThatIsFetchedEarlyWaits(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{})
	luis := h.reader("Luis", true)
	h.register(h.me(luis), w, workshops.Register{})
	m := h.write(h.staff(), w, parking)
	h.exec(`update river_job set scheduled_at = scheduled_at - interval '1 second' where kind = 'workshop_message.send'`)
	p.at(m.SendsAt.Add(-time.Second))
	if n := p.mailsTo(luis, "Parking"); n != 0 {
		t.Error("it did not wait")
	}
	p.at(m.SendsAt)
	if n := p.mailsTo(luis, "Parking"); n != 1 || h.messageNow(m.ID).State != models.WorkshopMessageSent {
		t.Errorf("%d mails", n)
	}
}

func TestAMessageWhoseJobIsLostGoesOutAllTheSame(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{})
	luis := h.reader("Luis", true)
	h.register(h.me(luis), w, workshops.Register{})
	m := h.write(h.staff(), w, parking)
	waits := h.write(h.staff(), w, workshops.WriteToAttendees{Subject: "Later", Body: "Later.", SendAfter: plus(m.SendsAt, time.Hour)})
	h.exec(`update river_job set state = 'discarded', finalized_at = $2 where kind = 'workshop_message.send' and args->>'message_id' = $1`, m.ID.String(), planningDay)
	sweep := func(at time.Time) int {
		t.Helper()
		h.exec(`insert into river_job (args, kind, max_attempts, queue, scheduled_at, state, created_at) values ('{}', 'workshop_message.sweep', 3, 'default', $1, 'available', $1)`, at)
		p.at(at)
		return h.count(`select count(*) from river_job where kind = 'workshop_message.send'`)
	}
	if n := sweep(m.SendsAt.Add(10 * time.Minute)); n != 2 || p.mailsTo(luis, "Parking") != 0 {
		t.Errorf("%d jobs of what is late by ten minutes", n)
	}
	late := m.SendsAt.Add(10*time.Minute + time.Second)
	if n := sweep(late); n != 3 || p.mailsTo(luis, "Parking") != 1 || h.messageNow(m.ID).State != models.WorkshopMessageSent {
		t.Errorf("%d jobs and %d mails", n, p.mailsTo(luis, "Parking"))
	}
	// One that has a job is left to it, however late.
	h.exec(`update river_job set scheduled_at = $2, state = 'retryable' where kind = 'workshop_message.send' and args->>'message_id' = $1`, waits.ID.String(), waits.SendsAt.Add(time.Hour))
	if n := sweep(waits.SendsAt.Add(30 * time.Minute)); n != 3 || h.messageNow(waits.ID).State != models.WorkshopMessageWaiting {
		t.Errorf("%d jobs", n)
	}
}

func plus(t time.Time, d time.Duration) *time.Time {
	t = t.Add(d)
	return &t
}

// TestAMessageDoesNotOutliveItsAuthorsRight: what was put off goes out only if who wrote it might still write it.
func TestAMessageDoesNotOutliveItsAuthorsRight(t *testing.T) {
	for name, c := range map[string]struct {
		change  string
		session bool
		goes    bool
	}{
		"nothing happens":            {"select $1::uuid", false, true},
		"leads it no longer":         {"delete from workshop_facilitators where member_id = $1", false, false},
		"leads this session alone":   {"delete from workshop_facilitators where member_id = $1", true, true},
		"is suspended":               {"update accounts set status = 'suspended' where member_id = $1", false, false},
		"is a facilitator no longer": {"update accounts set roles = '{member}' where member_id = $1", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := openHall(t).evenings("1")
			p := e.post()
			e.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, $3, '{facilitator}', 'active', $2)`, e.leader, planningDay, e.address(e.leader))
			luis := e.reader("Luis", true)
			e.register(e.me(luis), e.workshop, workshops.Register{})
			leader, put := e.as(e.leader, "", models.RoleFacilitator), parking
			put.SendAfter = plus(planningDay, 7*24*time.Hour)
			var m *workshops.WorkshopMessageView
			if c.session {
				var err error
				if m, err = e.MessageSession(leader, e.sessions[0].ID, put); err != nil {
					t.Fatal(err)
				}
			} else {
				m = e.write(leader, e.workshop, put)
			}
			e.exec(c.change, e.leader)
			p.at(m.SendsAt)
			got, mails, asked := e.messageNow(m.ID), p.mailsTo(luis, "Parking"), e.calls(m, workshops.TaskMessageWithheld, "open")
			if c.goes && (mails != 1 || asked != 0 || got.State != models.WorkshopMessageSent) {
				t.Errorf("%d mails, %d tasks, %+v", mails, asked, got)
			}
			if !c.goes && (mails != 0 || asked != 1 || got.State != models.WorkshopMessageRecalled || got.RecalledBy != nil) {
				t.Errorf("%d mails, %d tasks, %+v", mails, asked, got)
			}
		})
	}
}

// The sample is about the same session as the mail will be: of a series the next one.
func TestAPreviewNamesTheNextEvening(t *testing.T) {
	e := openHall(t).evenings("2")
	e.register(e.me(e.reader("Luis", true)), e.workshop, workshops.Register{})
	for at, want := range map[time.Time]string{planningDay: "Tuesday, October 27", e.sessions[0].EndsAt: "Tuesday, November 3"} {
		e.core.Clock.Set(at)
		got, err := e.PreviewWorkshopMessage(e.staff(), e.workshop, parking)
		if err != nil || got.Samples.NeutralSubject != "News about your appointment on "+want {
			t.Errorf("%v %+v", err, got)
		}
	}
}

func TestManyGetAMessageOnceWhateverHappensToTheWorkers(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{Capacity: number(500)})
	var all []uuid.UUID
	for range 230 {
		id := h.reader("Guest", true)
		all = append(all, id)
		h.register(h.me(id), w, workshops.Register{})
	}
	h.exec(`delete from river_job where kind = 'message.send'`)
	m := h.write(h.staff(), w, parking)
	h.core.Clock.Set(m.SendsAt)
	// Several workers, each with the job, and a job that runs again although it was done.
	again := func() {
		h.exec(`insert into river_job (args, kind, max_attempts, queue, scheduled_at, state, created_at)
			select args, kind, max_attempts, queue, $1, 'available', created_at from river_job, generate_series(1, 3) where kind = 'workshop_message.send'`, planningDay)
	}
	again()
	var wg sync.WaitGroup
	for range 2 {
		q := h.post()
		q.core.Clock.Set(m.SendsAt)
		wg.Go(func() {
			if _, err := q.core.RunDue(context.WithoutCancel(t.Context()), m.SendsAt); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	again()
	p.at(m.SendsAt.Add(time.Minute))
	if n := h.count(`select count(*) from messages where event = 'workshop.message'`); n != len(all) {
		t.Errorf("%d messages for %d people", n, len(all))
	}
	if n := h.count(`select count(distinct member_id) from workshop_message_people`); n != len(all) {
		t.Errorf("%d people", n)
	}
	if got := h.messageNow(m.ID); got.People != len(all) || got.State != models.WorkshopMessageSent || got.Counts.Sent != len(all) {
		t.Errorf("%+v", got)
	}
}

func TestAMessageWaitsForQuietHoursUnlessItMustNot(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{})
	sleeps, optedOut := h.reader("Luis", true), h.reader("Olga", true)
	h.exec(`update members set time_zone = 'America/New_York', quiet_from = '21:00', quiet_until = '09:00' where id = $1`, sleeps)
	h.exec(`update members set email_opt_in = false where id = $1`, optedOut)
	h.register(h.me(sleeps), w, workshops.Register{})
	h.register(h.me(optedOut), w, workshops.Register{})
	m := h.write(h.staff(), w, parking) // at 8 in the morning there
	p.at(m.SendsAt)
	if a, b := p.mailsTo(sleeps, "Parking"), p.mailsTo(optedOut, "Parking"); a != 0 || b != 0 {
		t.Errorf("%d in quiet hours, %d to who wants less mail", a, b)
	}
	if got := h.messageNow(m.ID).Counts; got != (workshops.MessageCounts{Queued: 1, Skipped: 1}) {
		t.Errorf("%+v", got)
	}
	if n := h.calls(m, models.TaskCall, "open"); n != 0 {
		t.Errorf("%d calls to who finds it in the app", n)
	}
	p.at(time.Date(2026, 9, 1, 13, 0, 0, 0, time.UTC))
	if n := p.mailsTo(sleeps, "Parking"); n != 1 {
		t.Errorf("%d mails in the morning", n)
	}
	urgent := parking
	urgent.Essential, urgent.Subject = true, "Come to the other door"
	p.at(time.Date(2026, 9, 2, 3, 0, 0, 0, time.UTC))
	m = h.write(h.staff(), w, urgent)
	p.at(m.SendsAt)
	if a, b := p.mailsTo(sleeps, "other door"), p.mailsTo(optedOut, "other door"); a != 1 || b != 1 {
		t.Errorf("%d and %d mails of what they must know", a, b)
	}
	if n := h.count(`select count(*) from messages where event = 'workshop.message'`); n != 4 {
		t.Error(fmt.Sprint(n, " messages"))
	}
}
