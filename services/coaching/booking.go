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
	teller       *teller
	left         int // sessions that are left of those agreed on
}

// bookingDate is one date that is asked for.
type bookingDate struct {
	at      time.Time
	local   string
	moved   bool  // the clock has no such hour that day
	refused error // why it is not booked
}

// openBooking checks what holds for any session of the engagement, and locks all whose time it takes. except are sessions that are
// given up for what is booked.
// Errors: conflict engagement_not_active, limits_not_agreed.
func openBooking(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, client bool, except ...uuid.UUID) (*booking, error) {
	if e.State != models.EngagementActive || e.CoachID == nil {
		return nil, services.Conflict(CodeNotActive, "Sessions can be booked while the engagement is active. This one is %s.", e.State)
	}
	b := &booking{tx: tx, e: e, participants: participants, client: client, members: takingPart(participants)}
	if err := b.meet(); err != nil {
		return nil, err
	}
	return b, b.lock(except)
}

// meet gets to know everybody, before anybody's time is locked: whether they have agreed, and how they are written to.
// Errors: conflict limits_not_agreed.
func (b *booking) meet() error {
	asked, err := askAgreed(b.tx, b.participants)
	if err != nil {
		return err
	}
	if b.teller, err = askTeller(b.tx, b.participants, *b.e.CoachID, b.tx.Actor().MemberID); err != nil {
		return err
	}
	if err := b.tx.Batch(append(asked.Reads, b.teller.reads...)...); err != nil {
		return err
	}
	b.teller.settle()
	b.humans = b.teller.humans
	return haveAgreed(b.tx, asked)
}

// lock locks all whose time a session takes. The coach, and how many sessions are left, are read after it: others wait meanwhile, so
// that little is asked from here on.
func (b *booking) lock(except []uuid.UUID) error {
	calendar.Lock(b.tx, b.resources()...)
	used, found := 0, []models.Coach{}
	coach, err := services.Find(b.tx.DB.Where("id = ?", *b.e.CoachID), &found)
	if err != nil {
		return err
	}
	err = b.tx.Batch(coach, services.Statement{
		SQL:  `select count(*)::int from coaching_sessions s where s.engagement_id = $1 and s.id <> all($2::uuid[]) and ` + models.UsesPackageSQL,
		Args: []any{b.e.ID, append([]uuid.UUID{}, except...)}, Scan: services.ScanOne("engagement", &used),
	})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return services.NotFound("coach")
	}
	b.coach, b.left = found[0], b.e.PackageSessions-used
	return nil
}

// resources are all whose time a session takes.
func (b *booking) resources() []calendar.Resource {
	out := []calendar.Resource{{Kind: models.ResourcePerson, ID: *b.e.CoachID}}
	for _, m := range b.members {
		out = append(out, calendar.Resource{Kind: models.ResourcePerson, ID: m})
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
	return datesIn(zone, in)
}

// datesIn are the dates that are asked for, by the clock of a zone that is known.
// Errors: invalid too_far for a year that no calendar has.
func datesIn(zone string, in BookCoaching) ([]bookingDate, error) {
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
		at, moved, _, err := models.LocalTime(asked, zone)
		if err != nil {
			return nil, errNoSuchYear
		}
		out = append(out, bookingDate{at: at, local: asked, moved: moved})
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
	ids, wanted := idsToBook(in), make([]models.CoachingSession, len(dates))
	for i := range dates {
		wanted[i] = b.session(ids, in.Modality, dates[i].at, zone)
	}
	plan := calendar.PlanEach(b.tx, b.claims(wanted)...)
	if err := b.check(in.Modality, dates, plan); err != nil {
		return nil, err
	}
	held, err := b.hold(plan, wanted, dates)
	if err != nil {
		return nil, err
	}
	if len(held) == 0 {
		return nil, dates[0].refused
	}
	return held, b.store(held)
}

// check notes why sessions cannot begin at some of the dates, and asks what the plan asks: one round trip, however many dates.
// Staff and the coach choose times outside hours and notice, too.
func (b *booking) check(modality models.Modality, dates []bookingDate, plan *calendar.Plan, except ...uuid.UUID) error {
	var starts []time.Time
	var of []*bookingDate
	for i := range dates {
		d := &dates[i]
		if d.refused = firstOf(b.within(d.at), b.rules(modality, d.at)); d.refused == nil {
			starts, of = append(starts, d.at), append(of, d)
		} else if !refusal(d.refused) {
			return d.refused
		}
	}
	if len(of) == 0 {
		return nil
	}
	may, slots := b.mayCoachAt(starts), slotCheck{c: &b.coach, now: b.tx.Now(), staff: !b.client}
	reads, err := slots.read(b.tx.DB, starts, except)
	if err != nil {
		return err
	}
	if err := b.tx.Batch(slices.Concat(reads, []services.Statement{may.read(b.coach.ID)}, plan.Reads)...); err != nil {
		return err
	}
	for i, d := range of {
		if d.refused = errNotThatDay; may.may[i] {
			d.refused = slots.at(d.at)
		}
		if d.refused != nil && !refusal(d.refused) {
			return d.refused
		}
	}
	return nil
}

// mayCoachAt is the question whether the coach may coach these people at some times.
func (b *booking) mayCoachAt(starts []time.Time) *mayCoachOn {
	m := &mayCoachOn{}
	for _, at := range starts {
		m.ask(models.DayIn(at, b.coach.TimeZone), b.minorsOn(at))
	}
	return m
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

// rules says why there can be no session at a moment, as far as that is known without asking.
// Errors: conflict package_used, place_not_visible.
func (b *booking) rules(modality models.Modality, at time.Time) error {
	if b.left <= 0 {
		return b.packageUsed()
	}
	if modality == models.ModalityInPerson && !b.coach.PlaceVisible && b.minorsOn(at) {
		return services.Conflict(CodePlaceNotSeen, "Somebody under 18 meets a coach in person where others can see in, and this coach has no such place. Choose another way to meet.")
	}
	return nil
}

func (b *booking) packageUsed() error {
	return services.Conflict(CodePackageUsed, "All %d sessions that were agreed on are used or booked. The coach or staff can agree on more with you.", b.e.PackageSessions)
}

// hold takes the times of as many sessions as are left of what was agreed on, of each as a whole or not at all. wanted are those of
// the dates, each at its place; what is busy uses up none of those that are left.
func (b *booking) hold(plan *calendar.Plan, wanted []models.CoachingSession, dates []bookingDate) ([]models.CoachingSession, error) {
	var free []models.CoachingSession
	var of []*bookingDate
	for i := range dates {
		switch d := &dates[i]; {
		case d.refused != nil:
		case !plan.Free(wanted[i].ID):
			d.refused = errTaken
		case len(free) == b.left:
			d.refused = b.packageUsed()
		default:
			free, of = append(free, wanted[i]), append(of, d)
		}
	}
	if len(free) == 0 {
		return nil, nil
	}
	answers, err := plan.Hold(b.claims(free)...)
	var held []models.CoachingSession
	for i := range answers {
		if answers[i] != nil {
			of[i].refused = errTaken
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
	addSessions(b.tx, sessions, b.members)
	return planSessions(b.tx, &b.coach, sessions...)
}

func wordsOf[T ~string](of []T) string {
	out := make([]string, len(of))
	for i := range of {
		out[i] = strings.ReplaceAll(string(of[i]), "_", " ")
	}
	return strings.Join(out, ", ")
}
