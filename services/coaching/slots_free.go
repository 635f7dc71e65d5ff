package coaching

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	slotDays        = 62  // at most in one answer
	usualSlotDays   = 14  // when nobody says until when
	mostSlotCoaches = 200 // of whom free times are looked for
)

// SlotDaysQuery says for which days slots are asked.
type SlotDaysQuery struct {
	From     string `query:"from" format:"date" maxLength:"10" doc:"The first day, in time_zone; absent: today" example:"2026-11-01"`
	To       string `query:"to" format:"date" maxLength:"10" doc:"The last day, at most 61 days after the first; absent: 13 days after it" example:"2026-11-14"`
	TimeZone string `query:"time_zone" maxLength:"60" doc:"IANA name of the zone whose days and clock the answer shows; absent: your own" example:"America/New_York"`
}

// CoachSlotQuery asks for the slots of one coach.
type CoachSlotQuery struct {
	SlotDaysQuery
	EngagementID uuid.UUID `query:"engagement_id" doc:"For this engagement: once the coach is matched with it, times are left out at which those who are coached are elsewhere, in a session or at work; and with a minor those at which the coach may not see one"`
}

// AnySlotQuery asks for the slots of any coach.
type AnySlotQuery struct {
	SlotDaysQuery
	Specialty models.Focus    `query:"specialty" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence" doc:"Only coaches who name it"`
	Language  string          `query:"language" maxLength:"35" doc:"BCP 47; only coaches who speak it" example:"es"`
	Modality  models.Modality `query:"modality" enum:"online,phone,in_person" doc:"Only coaches who meet people so"`
	Limit     int             `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most"`
}

// NoSlots says why there are none, and where there are some.
type NoSlots struct {
	Why      string     `json:"why" enum:"over,too_soon,too_far,none_free" doc:"over: the days have passed; too_soon: clients book earlier than that; too_far: not yet to be booked; none_free: all is taken, or no hours are kept"`
	Message  string     `json:"message" doc:"In words" example:"Nothing is free on these days. The next free day is 2026-11-16."`
	NextDay  *string    `json:"next_day" format:"date" doc:"The next day on which something is free; null when nothing is, as far ahead as can be booked" example:"2026-11-16"`
	NextSlot *time.Time `json:"next_starts_at" doc:"and its first slot"`
}

// CoachSlots is when sessions with a coach can begin.
type CoachSlots struct {
	CoachID       uuid.UUID        `json:"coach_id"`
	TimeZone      string           `json:"time_zone" doc:"Of days and local times" example:"America/New_York"`
	CoachTimeZone string           `json:"coach_time_zone" doc:"Where the coach is" example:"America/Chicago"`
	From          models.Date      `json:"from"`
	To            models.Date      `json:"to"`
	NoticeHours   int              `json:"notice_hours" doc:"Clients book no later than so many hours before" example:"24"`
	BookableUntil time.Time        `json:"bookable_until" doc:"and nothing that begins then or later, which is the coach's horizon"`
	Days          []models.SlotDay `json:"days" nullable:"false" doc:"Those with slots, in order"`
	Empty         *NoSlots         `json:"empty,omitempty" doc:"When there is none"`
}

// OfferedSlot is a slot of one of several coaches.
type OfferedSlot struct {
	CoachID uuid.UUID `json:"coach_id"`
	models.LocalSlot
}

// SlotCoach is whom a slot is with.
type SlotCoach struct {
	ID             uuid.UUID                     `json:"id"`
	Name           string                        `json:"name" gorm:"-" doc:"First name and initial" example:"Dana O."`
	Specialties    models.Texts[models.Focus]    `json:"specialties" nullable:"false"`
	Languages      models.Texts[string]          `json:"languages" nullable:"false"`
	Modalities     models.Texts[models.Modality] `json:"modalities" nullable:"false"`
	SessionMinutes int                           `json:"session_minutes" example:"50"`
	Given          string                        `json:"-"`
	Family         string                        `json:"-"`
}

// AnySlots is when sessions with any of several coaches can begin.
type AnySlots struct {
	TimeZone string        `json:"time_zone" example:"America/New_York"`
	From     models.Date   `json:"from"`
	To       models.Date   `json:"to"`
	Slots    []OfferedSlot `json:"slots" nullable:"false" doc:"By time; at the same time, of the coach with the fewest clients first"`
	More     bool          `json:"more" doc:"There are more than the limit: ask again from a later day"`
	Coaches  []SlotCoach   `json:"coaches" nullable:"false" doc:"Those of the slots"`
	Empty    *NoSlots      `json:"empty,omitempty" doc:"When there is none"`
}

// slotView is who asks for which days.
type slotView struct {
	me    uuid.UUID
	now   time.Time
	zone  string
	first models.Date
	last  models.Date
	span  models.TimeSpan
}

// of reads the days that are asked for, in the zone that is asked for or that of who asks.
// Errors: invalid.
func (in *SlotDaysQuery) of(db *gorm.DB, actor *services.Actor, now time.Time) (v slotView, err error) {
	v = slotView{me: actor.MemberID, now: now, zone: in.TimeZone}
	if v.zone == "" {
		v.zone = models.DefaultTimeZone
		if err := db.Raw(`select time_zone from members where id = ?`, v.me).Scan(&v.zone).Error; err != nil {
			return v, err
		}
	}
	var wrong []services.FieldError
	day := func(text, field string, otherwise models.Date) models.Date {
		if text == "" {
			return otherwise
		}
		d, err := models.ParseDate(text)
		if err != nil || d.Year() < 1970 || d.Year() > 2999 {
			wrong = append(wrong, services.FieldError{Field: "query/" + field, Code: "bad_date", Message: "Give a day like 2026-11-01."})
		}
		return d
	}
	v.first = day(in.From, "from", models.DayIn(now, v.zone))
	v.last = day(in.To, "to", models.Date{Time: v.first.AddDate(0, 0, usualSlotDays-1)})
	if days := v.last.Sub(v.first.Time).Hours() / 24; len(wrong) == 0 && (days < 0 || days >= slotDays) {
		wrong = append(wrong, services.FieldError{Field: "query/to", Code: "out_of_range", Message: "The last day comes on or after the first, and at most 61 days after it."})
	}
	v.span, err = models.DaysSpan(v.first, v.last, v.zone)
	for _, e := range models.FieldErrors(err) {
		wrong = append(wrong, services.FieldError{Field: "query/" + e.Field, Code: services.Code(e.Code), Message: "It " + e.Message + "."})
	}
	if len(wrong) > 0 {
		return v, services.Invalid(wrong...)
	}
	return v, nil
}

// keptFrom is SQL that says whether the coach c and a member are kept apart, by a separation in force on a models.SeparationDay.
const keptFrom = `exists (select from separations s where s.status = 'live' and (s.ends_on is null or s.ends_on >= @separation_day)
	and (s.first_id = c.id and s.second_id = @me or s.second_id = c.id and s.first_id = @me))`

// CoachSlots lists when sessions with one coach can begin, as clients can book them, by the days of a zone. Of a coach who takes no
// sessions for now, coordinators see that there are none.
// Errors: not_found for somebody who does not coach, and for an engagement that is not the caller's to see; invalid for days
// that are none or too many.
func (s *Service) CoachSlots(ctx context.Context, coachID uuid.UUID, in CoachSlotQuery) (*CoachSlots, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CoachSlots, error) {
		var found []models.Coach
		err := db.Table("coaches as c").Select("c.*").Scopes(visibleCoaches(actor, now)).Where("c.id = ?", coachID).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("coach")
		}
		v, err := in.of(db, actor, now)
		if err != nil {
			return nil, err
		}
		q := slotsAsked{coaches: []uuid.UUID{coachID}, from: v.span.From, till: v.span.Until, now: now, limits: true}
		if in.EngagementID != uuid.Nil {
			if err := q.forEngagement(db, actor, coachID, in.EngagementID); err != nil {
				return nil, err
			}
		}
		return v.ofCoach(db, &found[0], q)
	})
}

// forEngagement also takes out what those have booked who are coached in it by the coach, or are about to be. Before that it is nobody's
// to learn when they are busy.
// Errors: not_found.
func (q *slotsAsked) forEngagement(db *gorm.DB, actor *services.Actor, coachID, id uuid.UUID) error {
	v, err := viewing(db, actor, q.now)
	if err != nil {
		return err
	}
	e, participants, err := v.engagement(db, id)
	if err != nil {
		return err
	}
	sight := v.sightOf(e, participants)
	if e.State.OnCaseload() && *e.CoachID == coachID && !sight.Left {
		for i := range participants {
			if participants[i].State == models.ParticipantJoined {
				q.members = append(q.members, participants[i].MemberID)
			}
		}
	}
	var who []models.Member
	if err := db.Raw(`select id, birth_date, kinds, time_zone from members where id = any(?)`, models.IDs(sight.taking(e, participants, actor.MemberID))).Scan(&who).Error; err != nil {
		return err
	}
	q.minors = slices.ContainsFunc(who, func(m models.Member) bool { return m.MinorOn(m.Today(q.now)) })
	return nil
}

func (v *slotView) ofCoach(db *gorm.DB, c *models.Coach, q slotsAsked) (*CoachSlots, error) {
	slots, err := q.find(db)
	if err != nil {
		return nil, err
	}
	out := &CoachSlots{CoachID: c.ID, TimeZone: v.zone, CoachTimeZone: c.TimeZone, From: v.first, To: v.last, NoticeHours: c.NoticeHours}
	if out.Days, err = models.SlotDays(slots[c.ID], v.zone); err != nil {
		return nil, err
	}
	a := models.Availability{Coach: *c}
	var earliest time.Time
	if earliest, out.BookableUntil, err = a.Bookable(v.now); err != nil {
		return nil, err
	}
	if len(out.Days) == 0 {
		out.Empty, err = v.none(db, q, earliest, out.BookableUntil)
	}
	return out, err
}

// none says why there is nothing, with the next that is free. from and until are when clients can book.
func (v *slotView) none(db *gorm.DB, q slotsAsked, from, until time.Time) (*NoSlots, error) {
	no := &NoSlots{Why: "none_free", Message: "Nothing is free on these days."}
	switch {
	case !v.span.Until.After(v.now):
		no.Why, no.Message = "over", "These days have passed."
	case !v.span.Until.After(from):
		no.Why, no.Message = string(models.WhyTooSoon), "These days are too soon to be booked. Ask us if it cannot wait."
	case !v.span.From.Before(until):
		no.Why, no.Message = string(models.WhyTooFar), "These days cannot be booked yet."
	}
	first, err := v.next(db, q, until)
	if err != nil || first == nil {
		return no, err
	}
	local, err := first.Local(v.zone)
	if err != nil {
		return nil, err
	}
	day := local.LocalStart[:len(time.DateOnly)]
	no.NextDay, no.NextSlot = &day, &local.StartsAt
	no.Message += " The next free day is " + day + "."
	return no, nil
}

// next finds the next slot: after the days that are asked for, and where nothing is, from now on.
func (v *slotView) next(db *gorm.DB, q slotsAsked, until time.Time) (*models.Slot, error) {
	q.from, q.till = v.now, until
	known, err := q.read(db)
	if err != nil {
		return nil, err
	}
	for _, from := range []time.Time{v.span.Until, v.now} {
		var first *models.Slot
		for i := range known {
			one, err := known[i].Slots(from, until, v.now, true, 1)
			if err != nil {
				return nil, err
			}
			if len(one) > 0 && (first == nil || one[0].StartsAt.Before(first.StartsAt)) {
				first = &one[0]
			}
		}
		if first != nil {
			return first, nil
		}
	}
	return nil, nil
}

// AnySlots lists the first times at which a session with any coach who takes new clients can begin: never with oneself, with
// somebody close to one, or with whom one is kept apart from.
// Errors: invalid for days that are none or too many.
func (s *Service) AnySlots(ctx context.Context, in AnySlotQuery) (*AnySlots, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*AnySlots, error) {
		v, err := in.of(db, actor, now)
		if err != nil {
			return nil, err
		}
		coaches, err := in.coaches(db, actor, now)
		if err != nil {
			return nil, err
		}
		q := slotsAsked{from: v.span.From, till: v.span.Until, now: now, limits: true, most: in.Limit + 1}
		for i := range coaches {
			q.coaches = append(q.coaches, coaches[i].ID)
		}
		return v.ofAny(db, coaches, q, in.Limit)
	})
}

// coaches are those whom the caller may be coached by and who have room for a client, the least busy first.
func (in *AnySlotQuery) coaches(db *gorm.DB, actor *services.Actor, now time.Time) ([]SlotCoach, error) {
	var out []SlotCoach
	err := db.Raw(`select c.id, c.specialties, c.languages, c.modalities, c.session_minutes, `+calledSQL+` from coaches c join members m on m.id = c.id
		cross join lateral (select count(*) as clients from engagements e where e.coach_id = c.id and e.state in ('matched', 'active', 'paused')) load
		where `+works+` and c.accepting and load.clients < c.caseload_limit and c.id <> @me and c.id not in (select kin_of(@me, @today)) and not `+keptFrom+`
			and (@specialty = '' or @specialty = any(c.specialties)) and (@language = '' or @language = any(c.languages)) and (@modality = '' or @modality = any(c.modalities))
		order by load.clients, c.id limit @most`, map[string]any{
		"me": actor.MemberID, "today": models.DateOf(now), "separation_day": models.SeparationDay(now),
		"specialty": string(in.Specialty), "language": in.Language, "modality": string(in.Modality), "most": mostSlotCoaches}).Scan(&out).Error
	for i := range out {
		out[i].Name = models.Initialed(out[i].Given, out[i].Family)
	}
	return out, err
}

// slotOf is a slot of one of several coaches, by number.
type slotOf struct {
	models.Slot
	coach int
}

// ofAll are the first slots of all coaches together, by time and the order of the coaches. Mostly a week has enough of them, and
// nothing more need be read.
func (q slotsAsked) ofAll(db *gorm.DB) (all []slotOf, err error) {
	for _, till := range []time.Time{q.firstWeek(), q.till} {
		part := q
		part.till, all = till, nil
		known, err := part.find(db)
		if err != nil {
			return nil, err
		}
		for i, id := range q.coaches {
			for _, s := range known[id] {
				all = append(all, slotOf{s, i})
			}
		}
		if len(all) >= q.most || !till.Before(q.till) {
			break
		}
	}
	slices.SortFunc(all, func(a, b slotOf) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.coach, b.coach)) })
	return all, nil
}

// firstWeek ends a week after what most coaches' notice leaves, or with what is asked for.
func (q *slotsAsked) firstWeek() time.Time {
	from := q.from
	if q.now.After(from) {
		from = q.now
	}
	if week := from.Add(8 * 24 * time.Hour); week.Before(q.till) {
		return week
	}
	return q.till
}

// ofAny takes the first slots of all coaches, who are in their order.
func (v *slotView) ofAny(db *gorm.DB, coaches []SlotCoach, q slotsAsked, limit int) (*AnySlots, error) {
	all, err := q.ofAll(db)
	if err != nil {
		return nil, err
	}
	out := &AnySlots{TimeZone: v.zone, From: v.first, To: v.last, Slots: []OfferedSlot{}, Coaches: []SlotCoach{}, More: len(all) > limit}
	shown := map[int]bool{}
	for _, one := range all[:min(len(all), limit)] {
		local, err := one.Local(v.zone)
		if err != nil {
			return nil, err
		}
		out.Slots = append(out.Slots, OfferedSlot{coaches[one.coach].ID, local})
		if !shown[one.coach] {
			shown[one.coach] = true
			out.Coaches = append(out.Coaches, coaches[one.coach])
		}
	}
	if len(out.Slots) == 0 {
		out.Empty, err = v.none(db, q, v.now, v.now.AddDate(1, 0, 2))
	}
	return out, err
}
