package workshops_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func (h *hall) calls(m *workshops.WorkshopMessageView, kind models.TaskKind, status string) int {
	h.t.Helper()
	return h.count(`select count(*) from tasks where record_id = $1 and kind = $2 and status = $3`, m.ID, string(kind), status)
}

func TestWhoGetsNoMailIsCalled(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{})
	fine, bounces, unsafe := h.reader("Luis", true), h.reader("Bo", true), h.reader("Uma", true)
	without, nobody := h.person("Wes", false), h.person("Nan", false) // neither has an account
	h.exec(`update members set phone = '+19105550142' where id = $1`, without)
	h.exec(`update members set safe_channel = 'call', phone = '+19105550143' where id = $1`, unsafe)
	for _, id := range []uuid.UUID{fine, bounces, unsafe, without, nobody} {
		h.register(h.me(id), w, workshops.Register{})
	}
	p.refuse[h.address(bounces)] = true
	if got := h.foretold(w, parking); got != [4]int{5, 2, 2, 1} {
		t.Errorf("foretold: %v", got)
	}
	m := h.write(h.staff(), w, parking)
	p.at(m.SendsAt)
	if n := h.calls(m, models.TaskCall, "open"); n != 4 {
		t.Errorf("%d calls", n)
	}
	page, err := h.MessageDeliveries(h.staff(), m.ID, workshops.DeliveriesOfMessage{PageQuery: services.PageQuery{Limit: 10}})
	if err != nil {
		t.Fatal(err)
	}
	states := map[uuid.UUID]models.DeliveryState{}
	for _, d := range page.Data {
		states[*d.MemberID] = d.State
		if d.MemberID != nil && *d.MemberID == fine && (d.Name != "Luis R." || d.SentAt == nil) {
			t.Errorf("%+v", d)
		}
	}
	for id, want := range map[uuid.UUID]models.DeliveryState{fine: "sent", bounces: "bounced", unsafe: "unreached", without: "unreached", nobody: "unreached"} {
		if states[id] != want {
			t.Errorf("%s, want %s", states[id], want)
		}
	}
	bounced, err := h.MessageDeliveries(h.staff(), m.ID, workshops.DeliveriesOfMessage{PageQuery: services.PageQuery{Limit: 10}, State: []models.DeliveryState{models.DeliveryBounced}})
	if err != nil || len(bounced.Data) != 1 {
		t.Errorf("%v %+v", err, bounced.Data)
	}
	if n := h.count(`select count(*) from audit_log where action = 'workshop_message.deliveries' and $1 = any(subjects)`, fine); n != 1 {
		t.Errorf("%d rows tell of the look", n)
	}
	// One is called; the address of the other is put right, and the mail sent again.
	h.exec(`update tasks set status = 'done', outcome = 'Told', closed_at = $2 where member_id = $1 and kind = 'call'`, without, m.SendsAt)
	p.refuse[h.address(bounces)] = false
	var message uuid.UUID
	for _, d := range bounced.Data {
		message = p.noticeOf(d.ID)
	}
	if _, err := p.notices.Retry(p.as(p.boss, "", models.RoleAdmin), message); err != nil {
		t.Fatal(err)
	}
	p.at(m.SendsAt.Add(time.Hour))
	if open, done, dropped := h.calls(m, models.TaskCall, "open"), h.calls(m, models.TaskCall, "done"), h.calls(m, models.TaskCall, "dropped"); open != 2 || done != 1 || dropped != 1 {
		t.Errorf("%d open, %d done, %d dropped", open, done, dropped)
	}
	if got := h.messageNow(m.ID).Counts; got != (workshops.MessageCounts{Sent: 2, Unreached: 3}) {
		t.Errorf("%+v", got)
	}
}

func (p *post) noticeOf(delivery uuid.UUID) (id uuid.UUID) {
	p.t.Helper()
	p.super(func(c *pgx.Conn) error {
		return c.QueryRow(context.Background(), `select notice_id from workshop_message_people where id = $1`, delivery).Scan(&id)
	})
	return id
}

func TestManyUnreachedAreOneTask(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{Capacity: number(40)})
	for _, id := range h.crowd(20) {
		h.register(h.me(id), w, workshops.Register{})
	}
	bounces := h.reader("Bo", true)
	h.register(h.me(bounces), w, workshops.Register{})
	p.refuse[h.address(bounces)] = true
	m := h.write(h.staff(), w, parking)
	h.core.Clock.Set(m.SendsAt)
	p.core.Clock.Set(m.SendsAt)
	p.at(m.SendsAt)
	if each, all, dropped := h.calls(m, models.TaskCall, "open"), h.calls(m, workshops.TaskCallList, "open"), h.calls(m, models.TaskCall, "dropped"); each != 0 || all != 1 || dropped != 20 {
		t.Errorf("%d calls and %d lists; %d dropped", each, all, dropped)
	}
	if n := h.count(`select count(*) from tasks where kind = 'call_list' and (member_id is not null or also_about <> '{}')`); n != 0 {
		t.Error("the list names somebody")
	}
}

// Who was called from the list is not called again, each, when one of them is reached.
func TestAListOfCallsStaysOne(t *testing.T) {
	h := openHall(t)
	p := h.post()
	w := h.workshop(workshops.NewWorkshop{Capacity: number(40)})
	for _, id := range h.crowd(19) {
		h.register(h.me(id), w, workshops.Register{})
	}
	readers := []uuid.UUID{h.reader("Bo", true), h.reader("Cy", true)}
	for _, id := range readers {
		h.register(h.me(id), w, workshops.Register{})
		p.refuse[h.address(id)] = true
	}
	m := h.write(h.staff(), w, parking)
	p.at(m.SendsAt)
	open := func() [2]int {
		return [2]int{h.calls(m, workshops.TaskCallList, "open"), h.calls(m, models.TaskCall, "open")}
	}
	if got := open(); got != [2]int{1, 0} {
		t.Fatalf("%v", got)
	}
	reached := func(id uuid.UUID, at time.Time) {
		t.Helper()
		p.refuse[h.address(id)] = false
		var notice uuid.UUID
		h.super(func(c *pgx.Conn) error {
			return c.QueryRow(context.Background(), `select notice_id from workshop_message_people where member_id = $1`, id).Scan(&notice)
		})
		if _, err := p.notices.Retry(p.as(p.boss, "", models.RoleAdmin), notice); err != nil {
			t.Fatal(err)
		}
		p.at(at)
	}
	reached(readers[0], m.SendsAt.Add(time.Hour))
	if got := open(); got != [2]int{1, 0} {
		t.Errorf("with 20 left: %v", got)
	}
	h.exec(`update tasks set status = 'done', outcome = 'All told', closed_at = $1 where kind = 'call_list'`, m.SendsAt)
	reached(readers[1], m.SendsAt.Add(2*time.Hour))
	if got := open(); got != [2]int{} {
		t.Errorf("after all were called: %v", got)
	}
}
