package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// TodayQuery is which day a coach asks for.
type TodayQuery struct {
	Date     models.Date `query:"date" doc:"Absent: today"`
	TimeZone string      `query:"time_zone" maxLength:"60" doc:"IANA name; absent: that of the coach's profile"`
}

// TodayFlag is something to know before a session.
type TodayFlag string

// The flags.
const (
	FlagFirstSession    TodayFlag = "first_session"
	FlagLastOfPackage   TodayFlag = "last_of_package"
	FlagOverPackage     TodayFlag = "over_package"
	FlagLimitsNotAgreed TodayFlag = "limits_not_agreed"
	FlagMinor           TodayFlag = "minor"
	FlagNeedsLog        TodayFlag = "needs_log"
	FlagNoShows         TodayFlag = "no_shows"
	FlagNeedsYes        TodayFlag = "needs_your_yes"
	FlagWithStaff       TodayFlag = "with_staff"
	FlagPaused          TodayFlag = "paused"
)

// CoachToday is a coach's day in one answer.
type CoachToday struct {
	Date        models.Date       `json:"date"`
	TimeZone    string            `json:"time_zone" example:"America/Chicago"`
	Suspended   bool              `json:"suspended" doc:"No contact until staff say otherwise: nothing is shown that was said in confidence"`
	Sessions    []TodaySession    `json:"sessions" nullable:"false" doc:"Of the day, in order, without those that were called off; 60 at most"`
	Overdue     []TodayStep       `json:"overdue" nullable:"false" doc:"Steps of all clients that were due before the day, the longest overdue first; 100 at most"`
	Unlogged    []TodaySession    `json:"unlogged" nullable:"false" doc:"Sessions of earlier days that are not written down, the oldest first; 60 at most"`
	Requests    []TodaySession    `json:"requests" nullable:"false" doc:"Sessions that wait for the coach's yes, soonest first; 60 at most"`
	Proposals   []TodayProposal   `json:"proposals" nullable:"false" doc:"Clients who were proposed and wait for the coach's answer"`
	Credentials []TodayCredential `json:"credentials" nullable:"false" doc:"What coaching asks for and ends within 60 days, or has ended"`
}

// TodaySession is one session of a coach's day.
type TodaySession struct {
	SessionID       uuid.UUID            `json:"coaching_session_id"`
	EngagementID    uuid.UUID            `json:"engagement_id"`
	State           models.CoachingState `json:"state" enum:"requested,booked,in_progress,completed,no_show_member,no_show_coach"`
	StartsAt        time.Time            `json:"starts_at"`
	EndsAt          time.Time            `json:"ends_at"`
	MinutesUntil    int                  `json:"minutes_until" doc:"To its start; negative once it has begun" example:"25"`
	Modality        models.Modality      `json:"modality" enum:"online,phone,in_person"`
	Place           string               `json:"place"`
	Joint           bool                 `json:"joint" doc:"Two people are coached together"`
	People          []TodayPerson        `json:"people" nullable:"false" doc:"Empty while one of them is close to the coach, or kept to other staff: talk with the coordinators"`
	Number          int                  `json:"number" doc:"Which it is of those that were agreed on" example:"3"`
	PackageSessions int                  `json:"package_sessions" doc:"How many were agreed on" example:"6"`
	NoShowsInARow   int                  `json:"no_shows_in_a_row" doc:"Before this one"`
	Agreed          []TodayStep          `json:"agreed" nullable:"false" doc:"What was agreed and is open, the overdue first; 20 at most"`
	Flags           []TodayFlag          `json:"flags" nullable:"false" enum:"first_session,last_of_package,over_package,limits_not_agreed,minor,needs_log,no_shows,needs_your_yes,with_staff,paused"`
}

// TodayPerson is one of those who are coached, as their coach sees them.
type TodayPerson struct {
	MemberID  uuid.UUID `json:"member_id"`
	FirstName string    `json:"first_name" example:"Luis"`
}

// TodayStep is an open step.
type TodayStep struct {
	ID           uuid.UUID     `json:"id"`
	EngagementID uuid.UUID     `json:"engagement_id"`
	Text         string        `json:"text" example:"Put the phone into the kitchen at ten"`
	Broken       bool          `json:"unreadable" doc:"What is stored of the words is not what was written, and is left out"`
	MemberID     *uuid.UUID    `json:"member_id" nullable:"true" doc:"Whom it is for; null: both"`
	OwnerID      *uuid.UUID    `json:"owner_id" nullable:"true" doc:"Who does it; null: both of them"`
	People       []TodayPerson `json:"people" nullable:"false" doc:"Who is coached"`
	DueOn        *models.Date  `json:"due_on" nullable:"true"`
	Overdue      bool          `json:"overdue"`
	SessionID    *uuid.UUID    `json:"coaching_session_id" nullable:"true" doc:"The session in which it was agreed"`
}

// TodayProposal is a client who was proposed.
type TodayProposal struct {
	EngagementID uuid.UUID  `json:"engagement_id"`
	HandOverID   *uuid.UUID `json:"hand_over_id" nullable:"true" doc:"When they come from another coach"`
	Since        time.Time  `json:"since"`
}

// TodayCredential is a credential that ends.
type TodayCredential struct {
	Kind      models.CredentialKind `json:"kind" enum:"background_check,child_safety_training,coaching_agreement,coach_training"`
	ExpiresOn *models.Date          `json:"expires_on" nullable:"true" doc:"Its last day; null when there is none on file"`
	Lapsed    bool                  `json:"lapsed" doc:"No new bookings"`
}

// Today is a coach's day: their sessions with what was agreed last time, what is overdue, what waits for them. Six statements,
// whatever the number of clients.
// Errors: not_found for somebody without a coach's profile; invalid for an unknown zone and for a day of another age.
func (s *Service) Today(ctx context.Context, in TodayQuery) (*CoachToday, error) {
	return services.Disclose(ctx, s.core, "coaching.today", func(d *services.Disclosure) (*CoachToday, error) {
		t, err := openToday(d, in)
		if err != nil {
			return nil, err
		}
		if err := t.readSessions(); err != nil {
			return nil, err
		}
		if err := t.readSteps(); err != nil {
			return nil, err
		}
		if t.lacks, err = people.MissingConsents(d.Tx(), t.clients(), []models.ConsentKind{models.ConsentConfidentiality}); err != nil {
			return nil, err
		}
		d.Subject(t.clients()...)
		return t.view(), nil
	})
}

// today is a coach's day on its way to being shown.
type today struct {
	tx       *services.Tx
	me       uuid.UUID
	now      time.Time
	day      models.Date
	zone     string
	from, to time.Time
	coach    todayCoach
	sessions []todaySession
	steps    []todayStep
	lacks    map[uuid.UUID][]models.ConsentKind
}

func openToday(d *services.Disclosure, in TodayQuery) (*today, error) {
	tx := d.Tx()
	t := &today{tx: tx, me: tx.Actor().MemberID, now: tx.Now(), zone: in.TimeZone, day: in.Date}
	var coaches []todayCoach
	err := tx.Batch(services.Statement{SQL: readTodayCoach, Args: []any{t.me, models.DateOf(t.now).Time, models.Texts[models.CredentialKind](models.ForCoachesOf(true))}, Scan: services.RowsInto(&coaches)})
	if err != nil {
		return nil, err
	}
	if len(coaches) == 0 {
		return nil, services.NotFound("coach")
	}
	t.coach = coaches[0]
	if t.zone == "" {
		t.zone = t.coach.TimeZone
	}
	if !models.KnownZone(t.zone) {
		return nil, services.InvalidField("query/time_zone", "unknown_zone", "Use the IANA name of a time zone, such as America/New_York.")
	}
	if t.day.IsZero() {
		t.day = models.DayIn(t.now, t.zone)
	}
	if t.from, _, _, err = models.LocalTime(t.day.String()+"T00:00", t.zone); err == nil {
		t.to, _, _, err = models.LocalTime(t.day.AddDate(0, 0, 1).Format(time.DateOnly)+"T00:00", t.zone)
	}
	if err != nil {
		return nil, services.InvalidField("query/date", "out_of_range", "Ask for a day of the years 1900 to 2999.")
	}
	return t, nil
}

// clients are all whom the day tells of.
func (t *today) clients() []uuid.UUID {
	var out []uuid.UUID
	for i := range t.sessions {
		for _, p := range t.sessions[i].People {
			out = append(out, p.MemberID)
		}
	}
	for i := range t.steps {
		for _, p := range t.steps[i].People {
			out = append(out, p.MemberID)
		}
	}
	slices.SortFunc(out, compareIDs)
	return slices.Compact(out)
}

func (t *today) view() *CoachToday {
	out := &CoachToday{Date: t.day, TimeZone: t.zone, Suspended: t.coach.SuspendedAt != nil, Sessions: []TodaySession{}, Overdue: []TodayStep{}, Unlogged: []TodaySession{},
		Requests: []TodaySession{}, Proposals: []TodayProposal{}, Credentials: t.coach.ending(models.DayIn(t.now, t.coach.TimeZone))}
	for _, p := range t.coach.Proposals {
		out.Proposals = append(out.Proposals, TodayProposal{p.EngagementID, p.HandOverID, p.Since.UTC()})
	}
	for i := range t.steps {
		if step := t.steps[i].view(t.day); step.Overdue && len(out.Overdue) < overdueAtMost {
			out.Overdue = append(out.Overdue, step)
		}
	}
	for i := range t.sessions {
		row := &t.sessions[i]
		shown := t.session(row)
		if !row.StartsAt.Before(t.from) && row.StartsAt.Before(t.to) {
			out.Sessions = append(out.Sessions, shown)
		} else if row.State != models.CoachingRequested {
			out.Unlogged = append(out.Unlogged, shown)
		}
		if row.State == models.CoachingRequested && row.StartsAt.After(t.now) {
			out.Requests = append(out.Requests, shown)
		}
	}
	return out
}

// session shows one, with what was agreed in its engagement.
func (t *today) session(row *todaySession) TodaySession {
	out := TodaySession{SessionID: row.ID, EngagementID: row.EngagementID, State: row.State, StartsAt: row.StartsAt.UTC(), EndsAt: row.EndsAt.UTC(),
		MinutesUntil: int(row.StartsAt.Sub(t.now).Minutes()), Modality: row.Modality, Place: row.Place, Joint: row.Joint, People: firstNames(row.People),
		Number: row.Number, PackageSessions: row.PackageSessions, NoShowsInARow: row.NoShows, Agreed: []TodayStep{}, Flags: t.flags(row)}
	for i := range t.steps {
		if t.steps[i].EngagementID == row.EngagementID && len(out.Agreed) < agreedAtMost {
			out.Agreed = append(out.Agreed, t.steps[i].view(t.day))
		}
	}
	return out
}

func (t *today) flags(row *todaySession) []TodayFlag {
	out := []TodayFlag{}
	raise := func(yes bool, flag TodayFlag) {
		if yes {
			out = append(out, flag)
		}
	}
	raise(row.Number == 1, FlagFirstSession)
	raise(row.Number == row.PackageSessions, FlagLastOfPackage)
	raise(row.Number > row.PackageSessions, FlagOverPackage)
	raise(slices.ContainsFunc(row.People, func(p todayPerson) bool { return len(t.lacks[p.MemberID]) > 0 }), FlagLimitsNotAgreed)
	raise(slices.ContainsFunc(row.People, func(p todayPerson) bool { return p.minor(t.day) }), FlagMinor)
	raise(row.LoggedAt == nil && row.State != models.CoachingRequested && !row.EndsAt.After(t.now), FlagNeedsLog)
	raise(row.NoShows > 0, FlagNoShows)
	raise(row.State == models.CoachingRequested, FlagNeedsYes)
	raise(row.ToStaffAt != nil, FlagWithStaff)
	raise(row.EngagementState == models.EngagementPaused, FlagPaused)
	return out
}
