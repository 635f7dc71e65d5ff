package coaching

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CoachStatus is where somebody who coaches stands with us.
type CoachStatus string

// The statuses.
const (
	CoachWorking   CoachStatus = "working"
	CoachSuspended CoachStatus = "suspended"
	CoachArchived  CoachStatus = "archived"
	CoachAway      CoachStatus = "no_account" // cannot sign in, or has the role no longer
)

// CoachView is a coach as those see them who look for one.
type CoachView struct {
	models.Record
	Name              string                        `json:"name" doc:"First name and initial; the full name for the coach and coordinators" example:"Dana R."`
	Bio               string                        `json:"bio" example:"Army, 2003 to 2011. I coach sleep, anger and the first year at home."`
	Specialties       models.Texts[models.Focus]    `json:"specialties" nullable:"false" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence"`
	Languages         models.Texts[string]          `json:"languages" nullable:"false" doc:"BCP 47" example:"[\"en\",\"es\"]"`
	Modalities        models.Texts[models.Modality] `json:"modalities" nullable:"false" enum:"online,phone,in_person"`
	TimeZone          string                        `json:"time_zone" doc:"IANA name" example:"America/Chicago"`
	WithMinors        bool                          `json:"with_minors" doc:"Takes clients under 18"`
	TakesClients      bool                          `json:"takes_clients" doc:"Would take a new client today"`
	SessionMinutes    int                           `json:"session_minutes" example:"50"`
	NoticeHours       int                           `json:"notice_hours" doc:"Clients book no later than so many hours before" example:"24"`
	HorizonDays       int                           `json:"horizon_days" doc:"and no further ahead than so many days" example:"60"`
	ApprovesBookings  bool                          `json:"approves_bookings" doc:"What clients book waits for the coach's yes"`
	CancelNoticeHours int                           `json:"cancel_notice_hours" doc:"Until so many hours before, clients move and call off sessions; later a cancellation is marked late and counts in the package" example:"24"`
	MovesAllowed      int                           `json:"moves_allowed" doc:"How often a client may move one session" example:"2"`
	*CoachWork
}

// CoachWork is what the coach and coordinators see beside that.
type CoachWork struct {
	Status         CoachStatus       `json:"status" required:"false" enum:"working,suspended,archived,no_account" doc:"This and what follows are for the coach and for coordinators alone, and absent for others"`
	MayCoach       bool              `json:"may_coach" required:"false" doc:"Takes new sessions today: works here, and holds what every coach must"`
	Credentials    []CoachCredential `json:"credentials" required:"false" nullable:"false"`
	Clients        int               `json:"clients" required:"false" doc:"Engagements that are matched, active or paused" example:"9"`
	CaseloadLimit  int               `json:"caseload_limit" required:"false" doc:"Most clients at a time" example:"12"`
	Accepting      bool              `json:"accepting" required:"false" doc:"Takes new clients, as far as there is room"`
	Place          string            `json:"place" required:"false" doc:"Where they meet people" example:"Room 4, Haymount Community House"`
	PlaceVisible   bool              `json:"place_visible" required:"false" doc:"Others can see into it, as it must be for minors"`
	OnlineRoom     models.OnlineRoom `json:"online_room" required:"false" enum:"url,jitsi"`
	JoinURL        string            `json:"join_url" required:"false" doc:"Their own room online" example:"https://meet.example.org/dana"`
	SlotMinutes    int               `json:"slot_minutes" required:"false" doc:"Sessions may begin so many minutes apart, counted from the start of each window" example:"30"`
	BeforeMinutes  int               `json:"before_minutes" required:"false" doc:"Kept free before each session" example:"0"`
	AfterMinutes   int               `json:"after_minutes" required:"false" doc:"Kept free after it" example:"10"`
	MaxPerDay      *int              `json:"max_per_day" required:"false" doc:"Most sessions a day; null for no limit" example:"5"`
	MaxPerWeek     *int              `json:"max_per_week" required:"false" doc:"Most sessions a week; null for no limit" example:"20"`
	ReminderHours  models.Hours      `json:"reminder_hours" required:"false" nullable:"false" doc:"How many hours before each session people are reminded; the most first" example:"[24]"`
	RemindCoach    bool              `json:"remind_coach" required:"false" doc:"The coach is reminded, too"`
	SupervisorID   *uuid.UUID        `json:"supervisor_id" required:"false" nullable:"true" doc:"Who reads their supervision notes"`
	SupervisorName *string           `json:"supervisor_name" required:"false" example:"Ruth Mensah"`
	Paid           bool              `json:"paid" required:"false" doc:"Is paid for coaching; else their hours are pro bono"`
	SuspendedAt    *time.Time        `json:"suspended_at" required:"false" doc:"No new contact until staff say otherwise"`
	ArchivedAt     *time.Time        `json:"archived_at" required:"false" doc:"Coaches no more"`
	Elsewhere      []CoachElsewhere  `json:"elsewhere,omitempty" required:"false" nullable:"false" gorm:"-" doc:"In the answer to a change of place: what is booked at another one than that now, and stays there until it is moved, to the same hour if need be. At most 100, the next first"`
}

// CoachElsewhere is a session that is booked in person at another place than the coach's now.
type CoachElsewhere struct {
	SessionID    uuid.UUID `json:"session_id"`
	EngagementID uuid.UUID `json:"engagement_id"`
	StartsAt     time.Time `json:"starts_at" example:"2026-12-01T23:00:00Z"`
	Place        string    `json:"place" doc:"Where it is booked, and where those who are coached will be" example:"Room 4, Haymount Community House"`
}

// CoachCredential is one thing that a coach must hold, and whether they do.
type CoachCredential struct {
	Kind    models.CredentialKind `json:"kind" enum:"background_check,coach_training,coaching_agreement,child_safety_training" example:"background_check"`
	Current bool                  `json:"current" doc:"It counts today"`
	LastDay *models.Date          `json:"last_day" nullable:"true" doc:"The last day on which it counts, or counted; null when they never held it or it does not expire"`
}

// coachRow is a coach as they are read for somebody.
type coachRow struct {
	models.Coach
	Given, Family, NameKey string
	Works, Current, Inside bool
	Clients                int
	SupervisorName         *string
}

// SQL about the coach c: how many clients they have, and which day it is for them.
const (
	clientsOf = `(select count(*) from engagements e where e.coach_id = c.id and e.state in ('matched', 'active', 'paused'))`
	coachDay  = `(cast(@now as timestamptz) at time zone c.time_zone)::date`
	nameOf    = `lower(coalesce(m.preferred_name, m.given_name))`
)

// visibleCoaches is the scope over coaches, as c, whom somebody may know of: everybody those who work here, but for whom they
// are kept apart from; coordinators all, and coaches themselves.
func visibleCoaches(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return db
		}
		return db.Where(`(c.id = ? or `+works+` and not exists (select from separations s where s.status = 'live' and (s.ends_on is null or s.ends_on >= ?)
			and (s.first_id = c.id and s.second_id = ? or s.second_id = c.id and s.first_id = ?)))`, actor.MemberID, models.SeparationDay(now), actor.MemberID, actor.MemberID)
	}
}

// coachesFor reads coaches as somebody sees them. Coordinators see nothing inside of the profile of somebody close to them, or
// whose record is kept to others.
func coachesFor(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Table("coaches as c").Scopes(visibleCoaches(actor, now)).Joins("join members m on m.id = c.id").Joins("left join members v on v.id = c.supervisor_id").
		Select(`c.*, coalesce(m.preferred_name, m.given_name) as given, m.family_name as family, `+nameOf+` as name_key, `+works+` as works, `+holdsAll("cast(@kinds as text[])", coachDay)+` as current,
			`+clientsOf+` as clients, (c.id = @me or @office and c.id not in (select closed_to(@me, cast(@today as date)))) as inside,
			trim(coalesce(v.preferred_name, v.given_name) || ' ' || v.family_name) as supervisor_name`,
			sql.Named("now", now), sql.Named("kinds", kindNames(false)), sql.Named("me", actor.MemberID), sql.Named("today", models.DateOf(now)),
			sql.Named("office", actor.Coordinates() || actor.Kind == models.ActorSystem))
}

// CoachQuery filters the list of coaches.
type CoachQuery struct {
	services.PageQuery
	Specialty []models.Focus    `query:"specialty,explode" maxItems:"16" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence" doc:"Who coaches any of these"`
	Language  []string          `query:"language,explode" maxItems:"10" maxLength:"35" doc:"BCP 47; who speaks any of these"`
	Modality  []models.Modality `query:"modality,explode" maxItems:"3" enum:"online,phone,in_person" doc:"Who works in any of these ways"`
	Accepting bool              `query:"accepting" doc:"Only who would take a new client today"`
	Minors    bool              `query:"with_minors" doc:"Only who takes clients under 18"`
	Status    CoachStatus       `query:"status" enum:"working,suspended,archived,no_account" default:"working" doc:"For coordinators: those who coach no more, or not now"`
}

var coachList = services.List[coachRow]{
	IDColumn: "c.id", ID: func(c coachRow) uuid.UUID { return c.ID }, Default: "name",
	Sorts: []services.Sort[coachRow]{
		{Name: "name", Column: nameOf, Cast: "text", Key: func(c coachRow) any { return c.NameKey }},
		{Name: "created_at", Column: "c.created_at", Cast: "timestamptz", Key: func(c coachRow) any { return c.CreatedAt }},
	},
}

func (in *CoachQuery) filter(db *gorm.DB, now time.Time) *gorm.DB {
	switch in.Status {
	case CoachSuspended:
		db = db.Where("c.suspended_at is not null and c.archived_at is null")
	case CoachArchived:
		db = db.Where("c.archived_at is not null")
	case CoachAway:
		db = db.Where("c.suspended_at is null and c.archived_at is null and not " + works)
	default:
		db = db.Where(works)
	}
	if len(in.Specialty) > 0 {
		db = db.Where("c.specialties && ?::text[]", models.Texts[models.Focus](in.Specialty))
	}
	if len(in.Language) > 0 {
		db = db.Where("c.languages && ?::text[]", models.Texts[string](in.Language))
	}
	if len(in.Modality) > 0 {
		db = db.Where("c.modalities && ?::text[]", models.Texts[models.Modality](in.Modality))
	}
	if in.Minors {
		db = db.Where("c.with_minors")
	}
	if in.Accepting {
		db = db.Where(works+` and c.accepting and `+clientsOf+` < c.caseload_limit and `+holdsAll("cast(@kinds as text[])", coachDay), sql.Named("kinds", kindNames(false)), sql.Named("now", now))
	}
	return db
}

// Coaches lists who coaches here, by first name. Coordinators see how each works and stands, too; whom the reader is kept apart
// from is not among them.
func (s *Service) Coaches(ctx context.Context, in CoachQuery) (services.Page[CoachView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[CoachView]{}, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[CoachView], error) {
		var out services.Page[CoachView]
		rows, err := coachList.Find(ctx, s.core, in.filter(coachesFor(db, actor, now), now), in.PageQuery)
		if err != nil {
			return out, err
		}
		out.NextCursor, out.Total = rows.NextCursor, rows.Total
		out.Data, err = coachViews(db, rows.Data, now)
		return out, err
	})
}

// Coach shows one. A coordinator's look at how somebody works and stands is written down.
// Errors: not_found.
func (s *Service) Coach(ctx context.Context, id uuid.UUID) (*CoachView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	if !actor.Coordinates() || id == actor.MemberID {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*CoachView, error) { return coachView(db, actor, now, id) })
	}
	return services.Disclose(ctx, s.core, "coach.read", func(d *services.Disclosure) (*CoachView, error) {
		d.Object(id)
		c, err := coachView(d.DB, actor, now, id)
		if err == nil {
			d.Subject(id)
		}
		return c, err
	})
}

func coachView(db *gorm.DB, actor *services.Actor, now time.Time, id uuid.UUID) (*CoachView, error) {
	rows, err := services.Rows[coachRow](coachesFor(db, actor, now).Where("c.id = ?", id), 1)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("coach")
	}
	views, err := coachViews(db, rows, now)
	if err != nil {
		return nil, err
	}
	return &views[0], nil
}

func coachViews(db *gorm.DB, rows []coachRow, now time.Time) ([]CoachView, error) {
	var inside []uuid.UUID
	for i := range rows {
		if rows[i].Inside {
			inside = append(inside, rows[i].ID)
		}
	}
	held, err := coachCredentials(db, inside)
	if err != nil {
		return nil, err
	}
	out := make([]CoachView, len(rows))
	for i := range rows {
		out[i] = rows[i].view(held[rows[i].ID], now)
	}
	return out, nil
}

// coachCredentials reads what coaches hold of what coaching asks for. One query.
func coachCredentials(db *gorm.DB, coaches []uuid.UUID) (map[uuid.UUID][]models.Credential, error) {
	out := map[uuid.UUID][]models.Credential{}
	if len(coaches) == 0 {
		return out, nil
	}
	var rows []models.Credential
	err := db.Where("member_id in ? and kind in ? and revoked_at is null", coaches, models.ForCoachesOf(true)).Find(&rows).Error
	for _, c := range rows {
		out[c.MemberID] = append(out[c.MemberID], c)
	}
	return out, err
}

func (r *coachRow) view(held []models.Credential, now time.Time) CoachView {
	c := &r.Coach
	v := CoachView{Record: c.Record, Name: models.Initialed(r.Given, r.Family), Bio: c.Bio, Specialties: c.Specialties, Languages: c.Languages, Modalities: c.Modalities, TimeZone: c.TimeZone,
		WithMinors: c.WithMinors, TakesClients: r.Works && r.Current && c.Accepting && r.Clients < c.CaseloadLimit, SessionMinutes: c.SessionMinutes, NoticeHours: c.NoticeHours,
		HorizonDays: c.HorizonDays, ApprovesBookings: c.ApprovesBookings, CancelNoticeHours: c.CancelNoticeHours, MovesAllowed: c.MovesAllowed}
	if !r.Inside {
		return v
	}
	v.Name = (&models.Member{GivenName: r.Given, FamilyName: r.Family}).Name()
	v.CoachWork = &CoachWork{Status: r.status(), MayCoach: r.Works && r.Current, Credentials: credentialsOn(held, c.WithMinors, models.DayIn(now, c.TimeZone)), Clients: r.Clients,
		CaseloadLimit: c.CaseloadLimit, Accepting: c.Accepting, Place: c.Place, PlaceVisible: c.PlaceVisible, OnlineRoom: c.OnlineRoom, JoinURL: c.JoinURL, SlotMinutes: c.SlotMinutes,
		BeforeMinutes: c.BeforeMinutes, AfterMinutes: c.AfterMinutes, MaxPerDay: c.MaxPerDay, MaxPerWeek: c.MaxPerWeek, ReminderHours: c.ReminderHours, RemindCoach: c.RemindCoach, SupervisorID: c.SupervisorID, SupervisorName: r.SupervisorName, Paid: c.Paid,
		SuspendedAt: c.SuspendedAt, ArchivedAt: c.ArchivedAt}
	return v
}

func (r *coachRow) status() CoachStatus {
	switch {
	case r.ArchivedAt != nil:
		return CoachArchived
	case r.SuspendedAt != nil:
		return CoachSuspended
	case !r.Works:
		return CoachAway
	}
	return CoachWorking
}

// credentialsOn says of each thing that a coach must hold whether they do on a day.
func credentialsOn(held []models.Credential, minors bool, day models.Date) []CoachCredential {
	out := []CoachCredential{}
	for _, kind := range models.ForCoachesOf(minors) {
		one := CoachCredential{Kind: kind}
		of := slices.DeleteFunc(slices.Clone(held), func(c models.Credential) bool { return c.Kind != kind })
		endless := slices.ContainsFunc(of, func(c models.Credential) bool { return c.ExpiresOn == nil && c.CountsOn(day) })
		for i := range of {
			one.Current = one.Current || of[i].CountsOn(day)
			if last := of[i].ExpiresOn; last != nil && !endless && (one.LastDay == nil || last.After(one.LastDay.Time)) {
				one.LastDay = last
			}
		}
		out = append(out, one)
	}
	return out
}
