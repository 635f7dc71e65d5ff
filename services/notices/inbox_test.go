package notices_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

func TestInbox(t *testing.T) {
	w := newWorld(t)
	ana, bo := w.member("ana", nil), w.member("bo", map[string]any{"language": "es", "time_zone": "America/New_York"})
	for i, e := range models.NoticeEvents() {
		w.Clock.Set(start.Add(time.Duration(i) * time.Minute))
		w.send(notice(e, ana))
	}
	w.send(notice(models.NoticeRegistrationConfirmed, bo))
	w.out.hook = func(notices.Mail) error { return errors.New("down") } // the inbox does not wait for the mail
	w.run()

	all := w.inbox(ana, notices.Inbox{})
	if len(all) != len(models.NoticeEvents())-len(models.MailOnly()) {
		t.Errorf("%d of %d", len(all), len(models.NoticeEvents()))
	}
	for _, n := range all {
		if word := tells(n.Title); word != "" || n.Title == "" || n.Body == "" || !strings.HasPrefix(n.Link, "/") {
			t.Errorf("%+v says %q", n, word)
		}
		if n.Event == models.NoticeAccountVerify || n.Event == models.NoticeAccountReset {
			t.Errorf("%s is in the inbox", n.Event)
		}
	}
	theirs := w.inbox(bo, notices.Inbox{})
	if len(theirs) != 1 || theirs[0].Title != "Su cita del martes 6 de octubre" || !strings.Contains(theirs[0].Body, "Moral Injury Retreat") ||
		!strings.Contains(theirs[0].Body, "Cuándo: martes, 6 de octubre de 2026, 6:00 p. m. a 7:30 p. m. EDT") {
		t.Errorf("%+v", theirs)
	}
}

func TestInboxIsOnesOwn(t *testing.T) {
	w := newWorld(t)
	ana, bo := w.member("ana", nil), w.member("bo", nil)
	for range 3 {
		w.send(notice(models.NoticeRegistrationConfirmed, ana))
	}
	id := w.inbox(ana, notices.Inbox{})[1].ID
	_, others := w.svc.ReadNotification(w.as(bo, models.RoleMember), id)
	_, unknown := w.svc.ReadNotification(w.as(bo, models.RoleMember), uuid.New())
	_, admins := w.svc.ReadNotification(w.as(bo, models.RoleAdmin), id)
	if others == nil || unknown == nil || others.Error() != unknown.Error() || admins == nil || !errors.Is(others, services.NotFound("")) {
		t.Errorf("%v %v %v", others, unknown, admins)
	}
	if r, err := w.svc.ReadAllNotifications(w.as(bo, models.RoleMember)); err != nil || r.Read != 0 {
		t.Error(r, err)
	}
	if got := len(w.inbox(ana, notices.Inbox{Unread: true})); got != 3 {
		t.Errorf("%d unread", got)
	}

	first, err := w.svc.ReadNotification(w.as(ana), id)
	if err != nil || first.ReadAt == nil || first.ID != id {
		t.Fatal(first, err)
	}
	w.Clock.Advance(time.Hour)
	again, err := w.svc.ReadNotification(w.as(ana), id)
	if err != nil || !again.ReadAt.Equal(*first.ReadAt) {
		t.Error(again, err)
	}
	if got := len(w.inbox(ana, notices.Inbox{Unread: true})); got != 2 {
		t.Errorf("%d unread", got)
	}
	if r, err := w.svc.ReadAllNotifications(w.as(ana)); err != nil || r.Read != 2 {
		t.Error(r, err)
	}
	if got := len(w.inbox(ana, notices.Inbox{Unread: true})); got != 0 {
		t.Errorf("%d unread", got)
	}
}

func TestInboxPages(t *testing.T) {
	w := newWorld(t)
	ana := w.member("ana", nil)
	for range 7 {
		w.send(notice(models.NoticeRegistrationConfirmed, ana)) // all of one moment: the id breaks the tie
	}
	in := notices.Inbox{PageQuery: services.PageQuery{Limit: 3, Count: true}}
	seen := map[uuid.UUID]bool{}
	for pages := 1; ; pages++ {
		page, err := w.svc.Notifications(w.as(ana), in)
		if err != nil || *page.Total != 7 {
			t.Fatal(err)
		}
		for _, n := range page.Data {
			seen[n.ID] = true
		}
		if page.NextCursor == nil {
			if len(seen) != 7 || pages != 3 {
				t.Errorf("%d on %d pages", len(seen), pages)
			}
			return
		}
		in.Cursor = *page.NextCursor
	}
}

// An admin looks after everybody's mail but that of people close to them: it tells of bookings.
func TestTheMailOfPeopleCloseToAnAdminIsAColleagues(t *testing.T) {
	w := newWorld(t)
	admin, other, ex := w.member("ada", nil), w.member("otto", nil), w.member("ben", nil)
	w.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'former_spouse', $4, 'accepted')`,
		services.NewID(), start, admin, ex)
	w.out.hook = func(notices.Mail) error { return refusal{} }
	w.send(notice(models.NoticeRegistrationConfirmed, ex))
	w.run()
	list := func(by uuid.UUID) []notices.Delivery {
		t.Helper()
		page, err := w.svc.Deliveries(w.as(by, models.RoleAdmin), notices.Deliveries{PageQuery: services.PageQuery{Limit: 10}})
		if err != nil {
			t.Fatal(err)
		}
		return page.Data
	}
	if mine, theirs := list(admin), list(other); len(mine) != 0 || len(theirs) != 1 {
		t.Fatalf("she lists %d, a colleague %d", len(mine), len(theirs))
	}
	id := list(other)[0].ID
	if _, err := w.svc.Retry(w.as(admin, models.RoleAdmin), id); !errors.Is(err, services.NotFound("message")) {
		t.Errorf("she sends it again: %v", err)
	}
	if _, err := w.svc.Retry(w.as(other, models.RoleAdmin), id); err != nil {
		t.Error(err)
	}
}
