package coaching

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// BookCoaching books one session, or several at once.
type BookCoaching struct {
	ID           *uuid.UUID      `json:"id,omitempty" doc:"Made by the client, so that a phone without a connection can refer to it: the session's, or with repeat the series'. Made here when absent"`
	EngagementID uuid.UUID       `json:"engagement_id"`
	StartsAt     time.Time       `json:"starts_at" doc:"A free slot of the coach. The coach and staff may book outside hours and notice, never over something else" example:"2026-12-01T23:00:00Z"`
	Modality     models.Modality `json:"modality" enum:"online,phone,in_person" doc:"One of those that the coach offers" example:"online"`
	TimeZone     string          `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name: by whose clock a repeated session stays at its hour. Absent: that of whoever books" example:"America/New_York"`
	Repeat       *CoachingRepeat `json:"repeat,omitempty" doc:"Books the same hour again"`
}

// CoachingRepeat says how often and how far apart.
type CoachingRepeat struct {
	EveryWeeks int `json:"every_weeks" minimum:"1" maximum:"8" example:"2"`
	Times      int `json:"times" minimum:"2" maximum:"26" doc:"How many sessions in all, with the first" example:"6"`
}

// CoachingSeries is what came of a booking that repeats.
type CoachingSeries struct {
	SeriesID  uuid.UUID           `json:"series_id"`
	Booked    []CoachingBooked    `json:"booked" nullable:"false" doc:"In order; the first is the session of the answer"`
	NotBooked []CoachingNotBooked `json:"not_booked" nullable:"false" doc:"The dates that do not fit, in order, and why. Empty when a booking is sent again with its id: why they did not is not kept"`
}

// CoachingBooked is one session of a series.
type CoachingBooked struct {
	ID         uuid.UUID `json:"id"`
	StartsAt   time.Time `json:"starts_at" example:"2026-12-01T23:00:00Z"`
	EndsAt     time.Time `json:"ends_at" example:"2026-12-01T23:50:00Z"`
	LocalStart string    `json:"local_start" doc:"On the clock of the booking's time zone" example:"2026-12-01T18:00"`
	Moved      bool      `json:"moved" doc:"Of a booking: the clock has no such hour that day; it begins as much later as the clock was set forward"`
}

// CoachingNotBooked is one date that does not fit.
type CoachingNotBooked struct {
	StartsAt   time.Time     `json:"starts_at" example:"2026-12-29T23:00:00Z"`
	LocalStart string        `json:"local_start" example:"2026-12-29T18:00"`
	Code       services.Code `json:"code" doc:"As in the error of a single booking" example:"double_booked"`
	Message    string        `json:"message" example:"That time is not free any more. Choose another."`
}

// CoachingBooking answers a booking: its first session, and of several the rest.
type CoachingBooking struct {
	CoachingSessionView
	Series *CoachingSeries `json:"series" doc:"Null when one session was asked for"`
}

var (
	errTaken   = services.Conflict(calendar.CodeDoubleBooked, "That time is not free any more. Choose another.")
	errIDTaken = services.Conflict(CodeSessionIDTaken, "Another session has this id. Make a new one.")
)

// BookSession books a session, or several: of these all that fit, in the order of time, as long as sessions are left of what was
// agreed on. Those who are coached and who act for them book free slots; the coach and staff book any time that is free. Where the
// coach approves bookings, what others than they and staff book is requested, and holds its time until they have answered. An id
// that was sent before is answered with what came of it.
// Errors: not_found; invalid for an unknown zone, seconds in the time, or a modality that the coach does not offer; conflict
// engagement_not_active, limits_not_agreed, coach_unavailable, package_used, place_not_visible, not_a_slot, too_soon, too_far,
// day_full, week_full, double_booked, id_taken. Of several they are of the first, and only when none fits.
func (s *Service) BookSession(ctx context.Context, in BookCoaching) (*CoachingBooking, error) {
	return services.Mutate(ctx, s.core, "coaching_session.book", func(tx *services.Tx) (*CoachingBooking, error) {
		var before []models.CoachingSession
		sent, err := sentBefore(tx, in, &before)
		if err != nil {
			return nil, err
		}
		e, participants, sight, err := openEngagement(tx, in.EngagementID, sent...)
		if err != nil {
			return nil, err
		}
		if sight.Left {
			return nil, services.Conflict(CodeNotActive, "Sessions can be booked while the engagement is active. This one is %s.", models.EngagementEnded)
		}
		if again, err := bookedBefore(tx, e, in, before); err != nil || again != nil {
			return again, err
		}
		b, err := openBooking(tx, e, participants, sight.client())
		if err != nil {
			return nil, err
		}
		dates, err := b.dates(in)
		if err != nil {
			return nil, err
		}
		sessions, err := b.book(in, dates)
		if err != nil {
			return nil, err
		}
		if err := b.tellBooked(sessions); err != nil {
			return nil, err
		}
		return &CoachingBooking{CoachingSessionView: b.shown(sight, &sessions[0]), Series: seriesOf(in, sessions, dates)}, nil
	})
}

// bookNext books one session that follows another, as the coach does at the end of one. When it does not fit, nothing has happened
// and the caller goes on. The engagement is locked; nothing of a later rank than resources may be.
// Errors: those of BookSession.
func bookNext(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, in BookCoaching) (*models.CoachingSession, error) {
	b, err := openBooking(tx, e, participants, false)
	if err != nil {
		return nil, err
	}
	in.Repeat = nil
	dates, err := b.dates(in)
	if err != nil {
		return nil, err
	}
	sessions, err := b.book(in, dates)
	if err != nil {
		return nil, err
	}
	return &sessions[0], b.tellBooked(sessions)
}

// sentBefore asks for what has the id of a booking already.
func sentBefore(tx *services.Tx, in BookCoaching, into *[]models.CoachingSession) ([]services.Statement, error) {
	if in.ID == nil {
		return nil, nil
	}
	column := "id = ?"
	if in.Repeat != nil {
		column = "series_id = ? and rescheduled_from is null"
	}
	read, err := services.Find(tx.DB.Where(column, *in.ID).Order("starts_at, id"), into)
	return []services.Statement{read}, err
}

// bookedBefore is what an earlier sending of the same booking made.
// Errors: conflict id_taken.
func bookedBefore(tx *services.Tx, e *models.Engagement, in BookCoaching, found []models.CoachingSession) (*CoachingBooking, error) {
	if len(found) == 0 {
		return nil, nil
	}
	first := &found[0]
	if first.EngagementID != e.ID || first.BookedBy != tx.Actor().MemberID {
		return nil, errIDTaken
	}
	tx.Unchanged()
	v, err := openSession(tx, first.ID)
	if err != nil {
		return nil, err
	}
	view, err := v.view()
	if err != nil {
		return nil, err
	}
	out := &CoachingBooking{CoachingSessionView: *view}
	if in.Repeat != nil {
		dates, err := datesIn(first.TimeZone, in)
		if err != nil {
			return nil, err
		}
		out.Series = &CoachingSeries{SeriesID: *in.ID, Booked: bookedOf(found, dates), NotBooked: []CoachingNotBooked{}}
	}
	return out, nil
}

// tellBooked tells what was booked: everybody, or where it waits for the coach's yes the coach alone. Of what has been already, and
// is entered afterwards, nobody is told.
func (b *booking) tellBooked(sessions []models.CoachingSession) error {
	if !sessions[len(sessions)-1].StartsAt.After(b.tx.Now()) {
		return nil
	}
	if sessions[0].State == models.CoachingRequested {
		return b.teller.tellCoach(models.NoticeCoachingAsked, sessions)
	}
	return b.teller.tellAll(models.NoticeCoachingBooked, sessions)
}

// shown is a session that was just booked, as whoever booked it sees it.
func (b *booking) shown(s sight, session *models.CoachingSession) CoachingSessionView {
	coach := b.humans[b.coach.ID]
	row := sessionRow{
		CoachingSession: *session, Joint: b.e.Joint, EngagementState: b.e.State, EngagementClosedAt: b.e.ClosedAt, CoachGiven: coach.Given, CoachFamily: coach.Family,
		CancelNoticeHours: b.coach.CancelNoticeHours, MovesAllowed: b.coach.MovesAllowed, AfterMinutes: b.coach.AfterMinutes, People: CoachingPeople{},
	}
	for _, id := range b.members {
		who := b.humans[id]
		row.People = append(row.People, CoachingPerson{MemberID: id, Name: who.name()})
	}
	slices.SortFunc(row.People, func(a, b CoachingPerson) int { return bytes.Compare(a.MemberID[:], b.MemberID[:]) })
	return row.view(s, b.tx.Now())
}

func seriesOf(in BookCoaching, sessions []models.CoachingSession, dates []bookingDate) *CoachingSeries {
	if in.Repeat == nil {
		return nil
	}
	out := &CoachingSeries{SeriesID: *sessions[0].SeriesID, Booked: bookedOf(sessions, dates), NotBooked: []CoachingNotBooked{}}
	for _, d := range dates {
		var why *services.Error
		if !errors.As(d.refused, &why) {
			continue
		}
		out.NotBooked = append(out.NotBooked, CoachingNotBooked{StartsAt: d.at.UTC(), LocalStart: d.local, Code: codeOfRefusal(why), Message: wordsOfRefusal(why)})
	}
	return out
}

// bookedOf shows sessions of a series; of the dates that were asked for it knows which the clock moved.
func bookedOf(sessions []models.CoachingSession, dates []bookingDate) []CoachingBooked {
	out := make([]CoachingBooked, len(sessions))
	for i := range sessions {
		s := &sessions[i]
		out[i] = CoachingBooked{ID: s.ID, StartsAt: s.StartsAt.UTC(), EndsAt: s.EndsAt.UTC(), LocalStart: localStart(s.StartsAt, s.TimeZone),
			Moved: slices.ContainsFunc(dates, func(d bookingDate) bool { return d.moved && d.at.Equal(s.StartsAt) })}
	}
	return out
}

// codeOfRefusal is what a single booking would have been refused with: of what is invalid, the rule that was broken.
func codeOfRefusal(e *services.Error) services.Code {
	if len(e.Fields) > 0 {
		return e.Fields[0].Code
	}
	return e.Code
}

func wordsOfRefusal(e *services.Error) string {
	if len(e.Fields) > 0 {
		return e.Fields[0].Message
	}
	return e.Message
}

const wallClock = "2006-01-02T15:04"

func localStart(at time.Time, zone string) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return at.In(loc).Format(wallClock)
}
