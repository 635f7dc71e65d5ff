package workshops_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/programs"
	"homefront/services/workshops"
)

// hand is one member of staff at work.
type hand struct {
	*storm
	*office
	r   *rand.Rand
	k   int // the last session that has been
	now time.Time
	n   int
}

func one[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func (h *hand) seat() seat {
	h.mu.Lock()
	defer h.mu.Unlock()
	return one(h.r, h.seats)
}

func (h *hand) enrollment() uuid.UUID {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.enrollments) == 0 {
		return uuid.Nil
	}
	return one(h.r, h.enrollments)
}

func (h *hand) sessionOf(workshop uuid.UUID, from, to int) workshops.WorkshopSessionDetail {
	return h.sessions[slices.Index(h.plans, workshop)][from+h.r.IntN(to-from+1)]
}

// sessionOfSeat is one that the seat is good for: of a series one of these.
func (h *hand) sessionOfSeat(of seat, from, to int) workshops.WorkshopSessionDetail {
	all := h.sessions[slices.Index(h.plans, of.workshop)]
	if i := slices.IndexFunc(all, func(d workshops.WorkshopSessionDetail) bool { return of.session != nil && d.ID == *of.session }); i >= 0 {
		return all[i]
	}
	return all[from+h.r.IntN(to-from+1)]
}

func (h *hand) day() *models.Date {
	d := models.NewDate(2026, time.October, 20+h.r.IntN(45))
	return &d
}

var stormReason = workshops.Justification{Reason: "It was another"}

// acts are what a hand can do, with how often of a hundred times.
var acts = []struct {
	what  string
	often int
	do    func(*hand) error
}{
	{"sheet", 35, func(h *hand) error {
		first := h.seat()
		session := h.sessionOfSeat(first, 0, h.k)
		in := workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{{AttendeeID: first.attendee, Status: h.status()}}}
		for range h.r.IntN(40) {
			if next := h.seat(); next.workshop == first.workshop && (next.session == nil || *next.session == session.ID) && !slices.ContainsFunc(in.Entries, func(e workshops.AttendanceEntry) bool { return e.AttendeeID == next.attendee }) {
				in.Entries = append(in.Entries, workshops.AttendanceEntry{AttendeeID: next.attendee, Status: h.status()})
			}
		}
		_, err := h.office.workshops.RecordAttendance(h.staff(), session.ID, in)
		if err == nil {
			h.done.Add(int64(len(in.Entries) - 1)) // each is a write
		}
		return err
	}},
	{"scan", 14, func(h *hand) error {
		who := h.seat()
		session := h.sessionOfSeat(who, max(0, h.k-1), h.k)
		at := session.StartsAt.Add(time.Duration(h.r.IntN(30)) * time.Minute)
		h.n++
		a, err := h.office.workshops.CheckIn(h.staff(), session.ID, workshops.Scan{Code: who.code, Nonce: fmt.Sprintf("scan-%d-%d-%d", h.k, h.r.Uint64(), h.n), ScannedAt: &at})
		if err == nil && a.Result != models.ScanOK {
			err = services.Conflict("not_ok", "Not checked in.")
		}
		return err
	}},
	{"undo", 6, func(h *hand) error {
		who := h.seat()
		_, err := h.office.workshops.UndoCheckIn(h.staff(), h.sessionOfSeat(who, max(0, h.k-1), h.k).ID, who.attendee, stormReason)
		return err
	}},
	{"complete", 9, func(h *hand) error {
		_, err := h.office.workshops.CompleteSession(h.staff(), h.sessionOf(one(h.r, h.plans), 0, h.k).ID)
		return err
	}},
	{"reopen", 5, func(h *hand) error {
		_, err := h.office.workshops.ReopenSession(h.staff(), h.sessionOf(one(h.r, h.plans), 0, h.k).ID, stormReason)
		return err
	}},
	{"call off", 1, func(h *hand) error {
		_, err := h.office.workshops.CancelSession(h.staff(), h.sessionOf(one(h.r, h.plans), h.k+1-h.r.IntN(20)/19, stormSessions-1).ID, workshops.SessionCancellation{Reason: "Snow"})
		return err
	}},
	{"restore", 3, func(h *hand) error {
		_, err := h.office.workshops.RestoreSession(h.staff(), h.sessionOf(one(h.r, h.plans), h.k+1, stormSessions-1).ID, workshops.SessionRestoration{})
		return err
	}},
	{"cancel", 2, func(h *hand) error {
		_, err := h.office.workshops.Cancel(h.staff(), h.seat().registration, workshops.Cancellation{Reason: "Moved away"})
		return err
	}},
	{"reinstate", 6, func(h *hand) error {
		_, err := h.office.workshops.Reinstate(h.staff(), h.seat().registration, workshops.Reinstatement{Reason: stormReason.Reason})
		return err
	}},
	{"excuse", 2, func(h *hand) error {
		who := h.seat()
		_, err := h.office.workshops.NotThisTime(h.staff(), who.registration, who.attendee, workshops.Excuse{SessionID: h.sessionOfSeat(who, h.k+1, stormSessions-1).ID})
		return err
	}},
	{"register", 2, func(h *hand) error {
		i := h.r.IntN(len(h.plans))
		m := one(h.r, h.people[:36])
		in := members(m)
		in.LeadMemberID = &m
		if i%4 == 3 {
			in.SessionID = &h.sessions[i][h.r.IntN(stormSessions)].ID
		}
		r, err := h.office.workshops.Register(h.staff(), h.plans[i], in)
		if err == nil {
			h.sit(r)
		}
		return err
	}},
	{"move", 2, func(h *hand) error {
		to := services.Null[uuid.UUID]()
		if h.r.IntN(4) > 0 {
			to = services.Some(one(h.r, h.lines))
		}
		_, err := h.office.workshops.Update(h.staff(), one(h.r, h.plans), workshops.WorkshopPatch{ProgramID: to})
		return err
	}},
	{"shift", 1, func(h *hand) error {
		session := h.sessionOf(one(h.r, h.plans), h.k, stormSessions-1)
		at, _ := time.Parse("2006-01-02T15:04", session.LocalStart)
		_, err := h.office.workshops.UpdateSession(h.staff(), session.ID, workshops.SessionPatch{LocalStart: services.Some(at.Add(time.Duration(h.r.IntN(300)) * time.Minute).Format("2006-01-02T15:04"))})
		return err
	}},
	{"enroll", 4, func(h *hand) error {
		m := one(h.r, h.people)
		e, err := h.office.programs.Apply(h.staff(), one(h.r, h.lines), programs.Apply{MemberID: &m, StartsOn: h.day(), State: one(h.r, []models.EnrollmentState{models.EnrollmentEnrolled, models.EnrollmentActive})})
		if err == nil {
			h.mu.Lock()
			h.enrollments = append(h.enrollments, e.ID)
			h.mu.Unlock()
		}
		return err
	}},
	{"withdraw", 1, func(h *hand) error {
		_, err := h.office.programs.Withdraw(h.staff(), h.enrollment(), programs.WithdrawStep{Reason: models.EnrollmentEndMoved})
		return err
	}},
	{"finish", 1, func(h *hand) error {
		_, err := h.office.programs.Complete(h.staff(), h.enrollment(), programs.CompleteStep{Reason: models.EnrollmentEndFinished})
		return err
	}},
	{"take back", 3, func(h *hand) error {
		_, err := h.office.programs.Reopen(h.staff(), h.enrollment(), programs.WordsStep{})
		return err
	}},
	{"pause", 2, func(h *hand) error {
		until := models.DateOf(h.now.AddDate(0, 0, 1+h.r.IntN(20)))
		_, err := h.office.programs.Pause(h.staff(), h.enrollment(), programs.PauseStep{Until: &until})
		return err
	}},
	{"resume", 1, func(h *hand) error {
		_, err := h.office.programs.Resume(h.staff(), h.enrollment())
		return err
	}},
}

func (h *hand) status() models.AttendanceStatus {
	return one(h.r, []models.AttendanceStatus{models.AttendancePresent, models.AttendancePresent, models.AttendanceAbsent, models.AttendanceLate, models.AttendanceExcused})
}

func (h *hand) act() {
	pick := h.r.IntN(100)
	for _, a := range acts {
		if pick -= a.often; pick >= 0 {
			continue
		}
		err := patiently(func() error { return a.do(h) })
		var refused *services.Error
		switch {
		case err == nil:
			h.done.Add(1)
			n, _ := h.kinds.LoadOrStore(a.what, new(atomic.Int64))
			n.(*atomic.Int64).Add(1)
		case errors.As(err, &refused) && refused.Kind != services.KindUnavailable && refused.Kind != services.KindForbidden:
			h.refused.Add(1)
		default:
			h.t.Errorf("%s: %v", a.what, err)
			h.refused.Add(1)
		}
		return
	}
}
