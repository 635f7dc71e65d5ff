package workshops_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services/workshops"
)

// letter is what a message is made of.
type letter struct {
	Event string
	Data  struct {
		StartsAt time.Time  `json:"starts_at"`
		More     int        `json:"more"`
		LastAt   *time.Time `json:"last_at"`
		Others   int        `json:"others"`
		Begun    bool       `json:"begun"`
		Online   bool       `json:"online"`
		Place    string     `json:"place"`
	}
	Calendar struct {
		Method string                      `json:"method"`
		Events []struct{ UID, URL string } `json:"events"`
	}
}

// letters are the messages about a record to a member, oldest first.
func (h *hall) letters(record, member uuid.UUID) (out []letter) {
	h.t.Helper()
	h.super(func(c *pgx.Conn) error {
		rows, err := c.Query(h.t.Context(), `select event, data, coalesce(calendar, '{}') from messages where record_id = $1 and member_id = $2 order by id`, record, member)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l letter, err error) {
			var data, calendar []byte
			if err = row.Scan(&l.Event, &data, &calendar); err != nil {
				return l, err
			}
			if err = json.Unmarshal(data, &l.Data); err != nil {
				return l, err
			}
			return l, json.Unmarshal(calendar, &l.Calendar)
		})
		return err
	})
	return out
}

func (h *hall) lastLetter(record, member uuid.UUID) letter {
	h.t.Helper()
	all := h.letters(record, member)
	if len(all) == 0 {
		h.t.Fatal("no message")
	}
	return all[len(all)-1]
}

func TestASessionThatIsCalledOffIsToldAsThat(t *testing.T) {
	e := openHall(t).evenings("3")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	callOff := func() letter {
		t.Helper()
		if _, err := e.CancelSession(e.staff(), e.sessions[2].ID, workshops.SessionCancellation{Reason: "The hall is flooded"}); err != nil {
			t.Fatal(err)
		}
		return e.lastLetter(r.ID, e.member)
	}
	if l := callOff(); l.Event != "session.cancelled" || l.Data.Others != 2 || l.Calendar.Method != "CANCEL" || !l.Data.StartsAt.Equal(e.sessions[2].StartsAt) {
		t.Errorf("called off: %+v", l)
	}
	if _, err := e.RestoreSession(e.staff(), e.sessions[2].ID, workshops.SessionRestoration{}); err != nil {
		t.Fatal(err)
	}
	if l := e.lastLetter(r.ID, e.member); l.Event != "session.restored" || l.Calendar.Method != "REQUEST" || !l.Data.StartsAt.Equal(e.sessions[2].StartsAt) {
		t.Errorf("restored: %+v", l)
	}
	e.core.Clock.Set(e.sessions[1].EndsAt)
	if l := callOff(); l.Event != "session.cancelled" || l.Data.Others != 0 {
		t.Errorf("the last one to come: %+v", l)
	}
	if n := e.mails(models.NoticeWorkshopChanged, r.ID); n != 0 {
		t.Errorf("%d mails say that it changed", n)
	}
}

func TestASeriesIsNamedWhole(t *testing.T) {
	e := openHall(t).evenings("4")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	d := e.lastLetter(r.ID, e.member).Data
	if !d.StartsAt.Equal(e.sessions[0].StartsAt) || d.More != 3 || d.LastAt == nil || !d.LastAt.Equal(e.sessions[3].StartsAt) {
		t.Errorf("%+v", d)
	}
	one := openHall(t).evenings("1")
	r = one.register(one.me(one.member), one.workshop, workshops.Register{})
	if d := one.lastLetter(r.ID, one.member).Data; d.More != 0 || d.LastAt != nil {
		t.Errorf("one session: %+v", d)
	}
}

func TestWhoComesOnlineIsToldSo(t *testing.T) {
	h := openHall(t)
	hybrid := h.workshop(workshops.NewWorkshop{Format: models.FormatHybrid, Capacity: number(2), OnlineCapacity: number(2), JoinURL: "https://meet.example.org/x"})
	for mode, want := range map[models.AttendanceMode]bool{models.ModeInPerson: false, models.ModeOnline: true} {
		member := h.person("Guest", false)
		r := h.register(h.me(member), hybrid, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &member, Mode: &mode}}})
		if d := h.lastLetter(r.ID, member).Data; d.Online != want || (d.Place == "Online") != want {
			t.Errorf("%s: %+v", mode, d)
		}
	}
	online := h.workshop(workshops.NewWorkshop{Format: models.FormatOnline, JoinURL: "https://meet.example.org/y"})
	r := h.register(h.me(h.member), online, workshops.Register{})
	if d := h.lastLetter(r.ID, h.member).Data; !d.Online {
		t.Errorf("%+v", d)
	}
}

func TestCallingOffIsAboutWhatIsStillToCome(t *testing.T) {
	e := openHall(t).evenings("3")
	r := e.register(e.me(e.member), e.workshop, workshops.Register{})
	e.core.Clock.Set(e.sessions[0].EndsAt)
	if _, err := e.CancelWorkshop(e.staff(), e.workshop, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	l := e.lastLetter(r.ID, e.member)
	if l.Event != "workshop.cancelled" || !l.Data.Begun || !l.Data.StartsAt.Equal(e.sessions[1].StartsAt) || l.Data.More != 1 || len(l.Calendar.Events) != 2 || l.Calendar.Method != "CANCEL" {
		t.Errorf("%+v", l)
	}
}

func TestWhoHasNothingToComeIsNotToldThatItIsCalledOff(t *testing.T) {
	h := openHall(t)
	d := h.draft(workshops.NewWorkshop{AttendanceMode: models.AttendDropIn, Capacity: number(2), FacilitatorIDs: []uuid.UUID{h.ann}})
	sessions := h.sessionsOf(d.ID, "2")
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err)
	}
	was := h.register(h.me(h.member), d.ID, workshops.Register{SessionID: &sessions[0].ID})
	comes := h.register(h.me(h.member), d.ID, workshops.Register{SessionID: &sessions[1].ID})
	h.core.Clock.Set(sessions[0].EndsAt)
	if _, err := h.CancelWorkshop(h.staff(), d.ID, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	if a, b := h.mails(models.NoticeWorkshopCancelled, was.ID), h.mails(models.NoticeWorkshopCancelled, comes.ID); a != 0 || b != 1 {
		t.Errorf("%d mails of what was, %d of what is to come", a, b)
	}
	h.checkCounts()
}
