package coaching

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// booking is what it takes to book sessions of one engagement, with the coach and everybody they are for locked: what is read of
// their times stays true until it is stored.
type booking struct {
	tx           *services.Tx
	e            *models.Engagement
	participants []models.EngagementParticipant
	client       bool // who books is coached, or acts for somebody who is
	coach        models.Coach
	members      []uuid.UUID
	humans       map[uuid.UUID]human
	left         int // sessions that are left of those agreed on
}

// bookingDate is one date that is asked for.
type bookingDate struct {
	at      time.Time
	local   string
	refused error // why it is not booked
}

// openBooking checks what holds for any session of the engagement, and locks all whose time it takes. except are sessions that are
// given up for what is booked.
// Errors: conflict engagement_not_active, limits_not_agreed.
func openBooking(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, client bool, except ...uuid.UUID) (*booking, error) {
	if e.State != models.EngagementActive || e.CoachID == nil {
		return nil, services.Conflict(CodeNotActive, "Sessions can be booked while the engagement is active. This one is %s.", e.State)
	}
	if err := agreed(tx, e, participants); err != nil {
		return nil, err
	}
	b := &booking{tx: tx, e: e, participants: participants, client: client, members: takingPart(participants)}
	var err error
	if b.humans, err = readHumans(tx, append(slices.Clone(b.members), tx.Actor().MemberID)...); err != nil {
		return nil, err
	}
	calendar.Lock(tx, b.resources()...)
	if err := tx.DB.Where("id = ?", *e.CoachID).Take(&b.coach).Error; err != nil {
		return nil, err
	}
	used := 0
	err = tx.Batch(services.Statement{
		SQL:  `select count(*)::int from coaching_sessions s where s.engagement_id = $1 and s.id <> all($2::uuid[]) and ` + models.UsesPackageSQL,
		Args: []any{e.ID, append([]uuid.UUID{}, except...)}, Scan: services.ScanOne("engagement", &used),
	})
	b.left = e.PackageSessions - used
	return b, err
}

// resources are all whose time a session takes.
func (b *booking) resources() []calendar.Resource {
	out := []calendar.Resource{{Kind: models.ResourceStaff, ID: *b.e.CoachID}}
	for _, m := range b.members {
		out = append(out, calendar.Resource{Kind: models.ResourceMember, ID: m})
	}
	return out
}

// zone is the time zone of a booking: the one that is named, else that of whoever books; staff book by the clock of those who are
// coached.
// Errors: invalid.
func (b *booking) zone(named string) (string, error) {
	switch {
	case named != "":
		if !models.KnownZone(named) {
			return "", services.InvalidField("/time_zone", "invalid", "Use an IANA name such as America/New_York.")
		}
		return named, nil
	case b.tx.Actor().MemberID == b.coach.ID:
		return b.coach.TimeZone, nil
	case b.client:
		return b.humans[b.tx.Actor().MemberID].TimeZone, nil
	}
	return b.e.TimeZone, nil
}

var errNoSuchYear = services.InvalidField("/starts_at", CodeTooFar, "Choose an earlier time.")

// dates are the dates that are asked for. They stay at their hour on the clock of the booking's zone; an hour that a day does not
// have is as much later as the clock was set forward.
// Errors: invalid.
func (b *booking) dates(in BookCoaching) ([]bookingDate, error) {
	zone, err := b.zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	if !in.StartsAt.Equal(in.StartsAt.Truncate(time.Minute)) {
		return nil, services.InvalidField("/starts_at", "invalid", "Give the time to the minute.")
	}
	out := []bookingDate{{at: in.StartsAt, local: localStart(in.StartsAt, zone)}}
	if in.Repeat == nil {
		return out, nil
	}
	wall, err := time.Parse(wallClock, out[0].local)
	if err != nil {
		return nil, errNoSuchYear
	}
	for i := 1; i < in.Repeat.Times; i++ {
		asked := wall.AddDate(0, 0, 7*in.Repeat.EveryWeeks*i).Format(wallClock)
		at, _, _, err := models.LocalTime(asked, zone)
		if err != nil { // the zone is known, so it is the year
			return nil, errNoSuchYear
		}
		out = append(out, bookingDate{at: at, local: asked})
	}
	return out, nil
}

// book books all dates that fit, as many as are left of what was agreed on, and notes why the others do not.
// Errors: invalid not_offered; those of the first date, when none fits.
func (b *booking) book(in BookCoaching, dates []bookingDate) ([]models.CoachingSession, error) {
	zone, err := b.zone(in.TimeZone)
	if err != nil {
		return nil, err
	}
	if err := b.offers(in.Modality); err != nil {
		return nil, err
	}
	if err := b.check(in.Modality, dates); err != nil {
		return nil, err
	}
	ids := idsToBook(in)
	var wanted []models.CoachingSession
	var of []*bookingDate
	for i := range dates {
		if dates[i].refused == nil {
			wanted, of = append(wanted, b.session(ids, in.Modality, dates[i].at, zone)), append(of, &dates[i])
		}
	}
	if wanted, err = b.hold(wanted, of); err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		return nil, dates[0].refused
	}
	return wanted, b.store(wanted)
}

// check notes why sessions cannot begin at some of the dates. Staff and the coach choose times outside hours and notice, too.
func (b *booking) check(modality models.Modality, dates []bookingDate, except ...uuid.UUID) error {
	var starts []time.Time
	var of []*bookingDate
	for i := range dates {
		d := &dates[i]
		if d.refused = b.within(d.at); d.refused == nil {
			d.refused = b.rules(modality, d.at)
		}
		if d.refused == nil {
			starts, of = append(starts, d.at), append(of, d)
		} else if !refusal(d.refused) {
			return d.refused
		}
	}
	each, err := checkSlots(b.tx.DB, &b.coach, starts, b.tx.Now(), !b.client, except...)
	for i := range each {
		of[i].refused = each[i]
	}
	return err
}

// within says whether a moment lies in the time for which the actor can book at all: those who are coached up to the coach's horizon,
// the coach and staff not before coaching was agreed on.
// Errors: conflict too_soon, too_far.
func (b *booking) within(at time.Time) error {
	now := b.tx.Now()
	if b.client {
		_, until, err := (&models.Availability{Coach: b.coach}).Bookable(now)
		if err == nil && !at.Before(until) {
			err = refusedSlot(models.WhyTooFar, &b.coach)
		}
		return err
	}
	if began := b.e.ActivatedAt; began != nil && at.Before(began.Truncate(time.Minute)) {
		return services.Conflict(CodeTooSoon, "Coaching had not begun then: not everybody had said yes. Choose a later time.")
	}
	return staffSlot(at, now)
}

// rules says why there can be no session on the day of a moment, whatever the hour.
// Errors: conflict package_used, place_not_visible, coach_unavailable.
func (b *booking) rules(modality models.Modality, at time.Time) error {
	if b.left <= 0 {
		return b.packageUsed()
	}
	minors := b.minorsOn(at)
	if minors && modality == models.ModalityInPerson && !b.coach.PlaceVisible {
		return services.Conflict(CodePlaceNotSeen, "Somebody under 18 meets a coach in person where others can see in, and this coach has no such place. Choose another way to meet.")
	}
	return mayCoach(b.tx, b.coach.ID, models.DayIn(at, b.coach.TimeZone), minors)
}

func (b *booking) packageUsed() error {
	return services.Conflict(CodePackageUsed, "All %d sessions that were agreed on are used or booked. The coach or staff can agree on more with you.", b.e.PackageSessions)
}

// hold takes the times of as many sessions as are left of what was agreed on, of each as a whole or not at all. What is busy is
// found first, so that it uses up none of them.
func (b *booking) hold(wanted []models.CoachingSession, of []*bookingDate) ([]models.CoachingSession, error) {
	busy := map[uuid.UUID]bool{}
	if len(wanted) > 1 {
		clashes, err := calendar.Busy(b.tx.DB, 1, b.claims(wanted)...)
		if err != nil {
			return nil, err
		}
		for _, c := range clashes {
			busy[c.Wanted] = true
		}
	}
	var free []models.CoachingSession
	var dates []*bookingDate
	for i := range wanted {
		switch {
		case busy[wanted[i].ID]:
			of[i].refused = errTaken
		case len(free) == b.left:
			of[i].refused = b.packageUsed()
		default:
			free, dates = append(free, wanted[i]), append(dates, of[i])
		}
	}
	answers, err := calendar.HoldEach(b.tx, b.claims(free)...)
	var held []models.CoachingSession
	for i := range answers {
		if answers[i] != nil {
			dates[i].refused = errTaken
			continue
		}
		held = append(held, free[i])
	}
	return held, err
}

// offers says whether the coach meets people this way.
// Errors: invalid not_offered.
func (b *booking) offers(m models.Modality) error {
	if slices.Contains(b.coach.Modalities, m) {
		return nil
	}
	return services.InvalidField("/modality", "not_offered", "This coach does not offer that. Choose one of: %s.", wordsOf(b.coach.Modalities))
}

// refusal says whether an error is about what was asked for, so that another date may do.
func refusal(err error) bool {
	var e *services.Error
	return errors.As(err, &e) && (e.Kind == services.KindConflict || e.Kind == services.KindInvalid)
}

// minorsOn says whether somebody whom the session is for is under 18 on its day.
func (b *booking) minorsOn(at time.Time) bool {
	return slices.ContainsFunc(b.members, func(id uuid.UUID) bool {
		h := b.humans[id]
		return h.minorOn(models.DayIn(at, h.TimeZone))
	})
}

// bookingIDs are the id of one session, or that of a series.
type bookingIDs struct {
	one    uuid.UUID
	series *uuid.UUID
}

func idsToBook(in BookCoaching) bookingIDs {
	id := services.NewID()
	if in.ID != nil {
		id = *in.ID
	}
	if in.Repeat != nil {
		return bookingIDs{series: &id}
	}
	return bookingIDs{one: id}
}

// session is one that is to be booked, the first of its chain.
func (b *booking) session(ids bookingIDs, modality models.Modality, at time.Time, zone string) models.CoachingSession {
	id := ids.one
	if ids.series != nil {
		id = services.NewID()
	}
	s := models.CoachingSession{
		Record: models.Record{ID: id}, EngagementID: b.e.ID, CoachID: b.coach.ID, State: models.CoachingBooked, TimeZone: zone, Modality: modality,
		BookedBy: b.tx.Actor().MemberID, SeriesID: ids.series, ChainID: id,
	}
	b.set(&s, at)
	return s
}

// set says when a session is, and where; and whether it waits for the coach's yes.
func (b *booking) set(s *models.CoachingSession, at time.Time) {
	s.StartsAt, s.EndsAt, s.Place, s.State = at.UTC(), at.UTC().Add(time.Duration(b.coach.SessionMinutes)*time.Minute), "", models.CoachingBooked
	if s.Modality == models.ModalityInPerson {
		s.Place = b.coach.Place
	}
	if b.client && b.coach.ApprovesBookings {
		s.State = models.CoachingRequested
	}
}

// claim is what a session takes of everybody's time.
func (b *booking) claim(s *models.CoachingSession) calendar.Booking {
	return calendar.Booking{
		Source: sourceSession, SourceID: s.ID, Resources: b.resources(), StartsAt: s.StartsAt, EndsAt: s.EndsAt,
		Before: time.Duration(b.coach.BeforeMinutes) * time.Minute, After: time.Duration(b.coach.AfterMinutes) * time.Minute,
	}
}

func (b *booking) claims(sessions []models.CoachingSession) []calendar.Booking {
	out := make([]calendar.Booking, len(sessions))
	for i := range sessions {
		out[i] = b.claim(&sessions[i])
	}
	return out
}

// store keeps sessions whose times are held, and plans what comes of them by itself.
func (b *booking) store(sessions []models.CoachingSession) error {
	for i := range sessions {
		if err := addSession(b.tx, &sessions[i], b.members); err != nil {
			return err
		}
		if err := planSession(b.tx, &sessions[i]); err != nil {
			return err
		}
	}
	return nil
}

func wordsOf[T ~string](of []T) string {
	out := make([]string, len(of))
	for i := range of {
		out[i] = strings.ReplaceAll(string(of[i]), "_", " ")
	}
	return strings.Join(out, ", ")
}
