package coaching

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CoachingSessionView is a session as those see it whom it concerns.
type CoachingSessionView struct {
	models.CoachingSession
	Joint     bool           `json:"joint" doc:"Two people are coached together"`
	CoachName string         `json:"coach_name" doc:"First name and initial" example:"Dana R."`
	People    CoachingPeople `json:"people" nullable:"false" doc:"Whom it is for"`
	FreeUntil time.Time      `json:"free_until" doc:"Until when those who are coached move it, and call it off without its counting as one of those agreed on" example:"2026-11-30T23:00:00Z"`
	MovesLeft int            `json:"moves_left" doc:"How often those who are coached may still move it" example:"2"`
	WithTeam  bool           `json:"with_team" doc:"It was said that the coach did not come. Our team looks at it, and until it has decided the coach does not change how the session ended"`
	Can       []string       `json:"can" nullable:"false" enum:"cancel,reschedule,accept,decline,start,no_show,log,restore,join" doc:"What the caller can do with it now"`
	Reason    *string        `json:"reason,omitempty" doc:"Why it was called off, where somebody said it: only when one session is read, by who wrote it, and by the coach whose session it was, as long as they coach them and for 90 days after" example:"My daughter is ill"`
	Broken    bool           `json:"reason_unreadable,omitempty" required:"false" doc:"What is stored of the reason is not what was written, and is left out. It has been logged"`
}

// CoachingPerson is one person whom a session is for.
type CoachingPerson struct {
	MemberID uuid.UUID                `json:"member_id"`
	Name     string                   `json:"name" doc:"First name and initial" example:"Luis O."`
	Status   *models.AttendanceStatus `json:"status" enum:"present,late,excused,absent" doc:"Whether they were there; null until it is known"`
}

// CoachingPeople is read from a JSON column.
type CoachingPeople []CoachingPerson

// Scan implements sql.Scanner.
func (l *CoachingPeople) Scan(src any) error {
	var raw []byte
	switch v := src.(type) {
	case []byte:
		raw = v
	case string:
		raw = []byte(v)
	default:
		return fmt.Errorf("people from %T", src)
	}
	var found []struct {
		MemberID      uuid.UUID `json:"member_id"`
		Given, Family string
		Status        *models.AttendanceStatus
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return err
	}
	*l = make(CoachingPeople, len(found))
	for i, p := range found {
		(*l)[i] = CoachingPerson{p.MemberID, models.Initialed(p.Given, p.Family), p.Status}
	}
	return nil
}

// sessionRow is a session with what its view is made of, and what the caller is to it.
type sessionRow struct {
	models.CoachingSession `gorm:"embedded"`
	Joint                  bool
	EngagementState        models.EngagementState
	EngagementClosedAt     *time.Time
	CoachGiven             string
	CoachFamily            string
	CancelNoticeHours      int
	MovesAllowed           int
	AfterMinutes           int
	People                 CoachingPeople `gorm:"type:json"`
	Client                 bool
	Coaches                bool
	Held                   bool // the reader is the coach of this session
	Missed                 bool // the reader said that the coach did not come
	Past                   bool `gorm:"-"` // the reader held it, and has handed the engagement over since
}

const sessionColumns = `s.*, e.joint, e.state as engagement_state, e.closed_at as engagement_closed_at, coalesce(nullif(btrim(cm.preferred_name), ''), cm.given_name) as coach_given, cm.family_name as coach_family,
	c.cancel_notice_hours, c.moves_allowed, c.after_minutes, e.id in (` + takenPart + `) as client, coalesce(e.coach_id = ?, false) as coaches, s.coach_id = ? as held,
	coalesce(s.missed_by = ?, false) as missed,
	coalesce((select json_agg(json_build_object('member_id', m.id, 'given', coalesce(nullif(btrim(m.preferred_name), ''), m.given_name), 'family', m.family_name, 'status', a.status) order by m.id)
		from coaching_attendance a join members m on m.id = a.member_id where a.session_id = s.id), '[]') as people`

// sessions are the sessions, as s, of engagements e.
func (v viewer) sessions(db *gorm.DB) *gorm.DB {
	me := v.actor.MemberID
	of := "join engagements e on e.id = s.engagement_id"
	if v.actor.Coordinates() { // who sees nearly all looks each one's up, in the order of the list
		of = "cross join lateral (select * from engagements where id = s.engagement_id offset 0) e"
	}
	return db.Table("coaching_sessions as s").Joins(of).
		Joins("join coaches c on c.id = s.coach_id").Joins("join members cm on cm.id = s.coach_id").
		Select(sessionColumns, me, me, v.acting, me, me, me)
}

// visibleSessions is the scope over sessions: those of the engagements that the viewer sees; of those in which they take part, or into
// which they entered somebody, the ones that they or these are part of.
func (v viewer) visibleSessions(db *gorm.DB) *gorm.DB {
	me := v.actor.MemberID
	return db.Scopes(v.engagements).Where(`(e.id not in (`+takenPart+`) or exists (select from coaching_attendance a where a.session_id = s.id and (a.member_id = ? or a.member_id = any(?))))`,
		me, me, v.acting, me, v.acting)
}

func (r *sessionRow) sight(a *services.Actor) sight {
	switch {
	case r.Client:
		return sight{Participant: true}
	case r.Past:
		return sight{Coach: true}
	case r.Coaches && a.Has(models.RoleCoach):
		return sight{Coach: true}
	}
	return sight{Staff: true}
}

func (r *sessionRow) view(s sight, now time.Time) CoachingSessionView {
	c := models.Coach{CancelNoticeHours: r.CancelNoticeHours, MovesAllowed: r.MovesAllowed}
	return CoachingSessionView{
		CoachingSession: r.CoachingSession, Joint: r.Joint, CoachName: models.Initialed(r.CoachGiven, r.CoachFamily), People: r.People,
		FreeUntil: deadline(&r.CoachingSession, &c).UTC(), MovesLeft: max(c.MovesAllowed-r.Moves, 0), WithTeam: r.Disputed(), Can: r.can(s, &c, now),
	}
}

// can lists what somebody can do with the session now.
func (r *sessionRow) can(s sight, c *models.Coach, now time.Time) []string {
	out := []string{}
	add := func(what string, may bool) {
		if may {
			out = append(out, what)
		}
	}
	ahead, works := r.StartsAt.After(now), !s.client()
	waits := r.State == models.CoachingRequested || r.State == models.CoachingBooked
	underWay := r.State == models.CoachingBooked || r.State == models.CoachingInProgress
	inTime := !now.After(r.StartsAt.Add(reportWithin))
	add("cancel", r.State.Live() && (works || ahead))
	add("reschedule", waits && ahead && r.EngagementState == models.EngagementActive &&
		(works || r.ToStaffAt != nil || !isLate(&r.CoachingSession, c, now) && r.Moves < c.MovesAllowed))
	add("accept", works && r.State == models.CoachingRequested && ahead)
	add("decline", works && r.State == models.CoachingRequested)
	add("start", works && r.State == models.CoachingBooked && !now.Before(r.StartsAt.Add(-startsBefore)))
	says := works && (s.Staff || r.MissedBy == nil) || s.client() && inTime && r.SettledAt == nil && r.State != models.CoachingNoShowCoach
	add("no_show", !now.Before(r.StartsAt.Add(noShowAfter)) && (underWay || r.State.NoShow()) && says)
	add("log", s.Coach && underWay && !ahead)
	if r.Past {
		return slices.DeleteFunc(out, func(what string) bool { return what != "log" })
	}
	add("restore", r.restorable(s, now))
	opens := r.StartsAt.Add(-clientsJoin)
	if s.Coach {
		opens = r.StartsAt.Add(-coachJoins)
	}
	add("join", !s.Staff && underWay && r.ToStaffAt == nil && !now.Before(opens) && now.Before(r.closes()))
	return out
}

// restorable says whether somebody can take back what became of the session.
func (r *sessionRow) restorable(s sight, now time.Time) bool {
	switch {
	case r.State.TookPlace() && s.client():
		return r.Missed && r.Disputed() && r.State == models.CoachingNoShowCoach && !now.After(r.StartsAt.Add(reportWithin))
	case r.State.TookPlace():
		return s.Staff || r.Held && r.MissedBy == nil && (r.State == models.CoachingInProgress || !now.After(r.EndsAt.Add(logLateFor)))
	case !r.State.Cancelled() && r.State != models.CoachingDeclined:
		return false
	case s.Staff:
		return !r.StartsAt.Before(now.Add(-staffBack))
	}
	return s.calledOff(r.State) && r.StartsAt.After(now) && r.ClosedAt != nil && !now.After(r.ClosedAt.Add(restoreWithin))
}

// closes is when nobody joins any more, unless it is written down before: a conversation may run over.
func (r *sessionRow) closes() time.Time {
	return r.EndsAt.Add(max(staysOpen, time.Duration(r.AfterMinutes)*time.Minute)).UTC()
}

// view is the session as the actor sees it, after what was done to it.
func (v *visit) view() (*CoachingSessionView, error) {
	return viewSession(v.tx, v.e, v.participants, v.sight, &v.session)
}

func viewSession(tx *services.Tx, _ *models.Engagement, _ []models.EngagementParticipant, s sight, session *models.CoachingSession) (*CoachingSessionView, error) {
	all := viewer{actor: tx.Actor(), now: tx.Now()}
	rows, err := services.Rows[sessionRow](all.sessions(tx.DB).Where("s.id = ?", session.ID), 1)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	view := rows[0].view(s, tx.Now())
	return &view, nil
}

// CoachingSessionQuery filters and pages through sessions.
type CoachingSessionQuery struct {
	services.PageQuery
	EngagementID uuid.UUID              `query:"engagement_id" doc:"Only of this engagement"`
	CoachID      uuid.UUID              `query:"coach_id" doc:"Only with this coach"`
	MemberID     uuid.UUID              `query:"member_id" doc:"Only those that this person is part of"`
	SeriesID     uuid.UUID              `query:"series_id" doc:"Only of this series"`
	State        []models.CoachingState `query:"state,explode" maxItems:"11" enum:"requested,booked,in_progress,completed,declined,cancelled_by_member,cancelled_by_coach,cancelled_by_staff,no_show_member,no_show_coach,rescheduled" doc:"One or several"`
	From         time.Time              `query:"starts_at_gte" doc:"That begin at this time or later" example:"2026-12-01T00:00:00Z"`
	Until        time.Time              `query:"starts_at_lt" doc:"That begin before this time" example:"2027-01-01T00:00:00Z"`
	Upcoming     bool                   `query:"upcoming" doc:"Only what is still to take place: requested, booked or under way, and not over"`
	ToStaff      bool                   `query:"to_staff" doc:"Only what staff find another time or another coach for"`
}

var sessionList = services.List[sessionRow]{
	IDColumn: "s.id", ID: func(r sessionRow) uuid.UUID { return r.ID }, Default: "starts_at",
	Sorts: []services.Sort[sessionRow]{{Name: "starts_at", Column: "s.starts_at", Cast: "timestamptz", Key: func(r sessionRow) any { return r.StartsAt }}},
}

func (in *CoachingSessionQuery) on(q *gorm.DB, now time.Time) *gorm.DB {
	for column, id := range map[string]uuid.UUID{"s.engagement_id": in.EngagementID, "s.coach_id": in.CoachID, "s.series_id": in.SeriesID} {
		if id != uuid.Nil {
			q = q.Where(column+" = ?", id)
		}
	}
	if in.MemberID != uuid.Nil {
		q = q.Where("s.id in (select session_id from coaching_attendance where member_id = ?)", in.MemberID)
	}
	if len(in.State) > 0 {
		q = q.Where("s.state in ?", in.State)
	}
	if !in.From.IsZero() {
		q = q.Where("s.starts_at >= ?", in.From)
	}
	if !in.Until.IsZero() {
		q = q.Where("s.starts_at < ?", in.Until)
	}
	if in.Upcoming {
		q = q.Where("s.state in ('requested', 'booked', 'in_progress') and s.ends_at > ?", now)
	}
	if in.ToStaff {
		q = q.Where("s.live and s.to_staff_at is not null")
	}
	return q
}

// Sessions pages through sessions by when they begin: members see their own and those of children whom they entered, coaches those
// of their clients, coordinators all but those of themselves and of people close to them. A look of who works here is logged.
// Errors: those of a list.
func (s *Service) Sessions(ctx context.Context, in CoachingSessionQuery) (services.Page[CoachingSessionView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[CoachingSessionView]{}, err
	}
	now := s.core.Clock.Now()
	if !actor.Coordinates() && !actor.Has(models.RoleCoach) {
		return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[CoachingSessionView], error) {
			return s.listSessions(ctx, db, actor, now, in, nil)
		})
	}
	return services.Disclose(ctx, s.core, "coaching_session.list", func(d *services.Disclosure) (services.Page[CoachingSessionView], error) {
		return s.listSessions(ctx, d.DB, actor, now, in, d)
	})
}

func (s *Service) listSessions(ctx context.Context, db *gorm.DB, actor *services.Actor, now time.Time, in CoachingSessionQuery, d *services.Disclosure) (services.Page[CoachingSessionView], error) {
	var page services.Page[CoachingSessionView]
	v, err := viewing(db, actor, now)
	if err != nil {
		return page, err
	}
	rows, err := sessionList.Find(ctx, s.core, in.on(v.sessions(db).Scopes(v.visibleSessions), now), in.PageQuery)
	if err != nil {
		return page, err
	}
	page = services.Page[CoachingSessionView]{Data: make([]CoachingSessionView, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
	for i := range rows.Data {
		r := &rows.Data[i]
		page.Data[i] = r.view(r.sight(actor), now)
		if d != nil {
			r.name(d)
		}
	}
	return page, nil
}

// Session reads one session. Who wrote why it was called off reads it, and the coach whose session it was, not one who came after.
// Errors: not_found.
func (s *Service) Session(ctx context.Context, id uuid.UUID) (*CoachingSessionView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	action := "coaching_session.read_own"
	if actor.Coordinates() || actor.Has(models.RoleCoach) {
		action = "coaching_session.read"
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*CoachingSessionView, error) {
		d.Object(id)
		row, err := findSession(d.DB, actor, id, s.core.Clock.Now())
		if services.IsNotFound(err) {
			row, err = findPast(d.DB, actor, id, s.core.Clock.Now())
		}
		if err != nil {
			return nil, err
		}
		row.name(d)
		sight := row.sight(actor)
		view := row.view(sight, s.core.Clock.Now())
		if row.ReasonBy == nil || *row.ReasonBy != actor.MemberID && !(sight.Coach && row.hears(actor.MemberID, s.core.Clock.Now())) {
			return &view, nil
		}
		sealed := services.SealedText{Key: *row.ReasonKey, Record: reasonOf(id), Version: 1, Sealed: row.CoachingSession.Reason}
		return &view, d.Tx().UnsealEach([]services.SealedText{sealed}, func(_ int, words string, err error) {
			view.Broken = errors.Is(err, services.ErrDoesNotOpen)
			if err == nil {
				view.Reason = &words
			}
		})
	})
}

// hears says whether why a session was called off was said to a coach, who has the engagement still or had it a short while ago.
func (r *sessionRow) hears(coach uuid.UUID, now time.Time) bool {
	return r.CoachID == coach && (r.EngagementClosedAt == nil || r.EngagementClosedAt.After(now.Add(-models.NotesKeptOpen)))
}

// findSession finds a session in the actor's scope.
// Errors: not_found.
func findSession(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*sessionRow, error) {
	v, err := viewing(db, actor, now)
	if err != nil {
		return nil, err
	}
	rows, err := services.Rows[sessionRow](v.sessions(db).Scopes(v.visibleSessions).Where("s.id = ?", id), 1)
	if err == nil && len(rows) == 0 {
		err = services.NotFound("session")
	}
	if err != nil {
		return nil, err
	}
	return &rows[0], nil
}

// findPast is findSession for a coach who has handed the engagement over since they held the session, and writes it down still.
// Errors: not_found.
func findPast(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*sessionRow, error) {
	v, err := viewing(db, actor, now)
	if err != nil {
		return nil, err
	}
	me := actor.MemberID
	rows, err := services.Rows[sessionRow](v.sessions(db).Where("s.id = ? and ?", id, v.coach).
		Where("s.coach_id = ? and s.starts_at <= ? and "+handedOverBy, me, now, me, now.Add(-logLateFor), me), 1)
	if err == nil && len(rows) == 0 {
		err = services.NotFound("session")
	}
	if err != nil {
		return nil, err
	}
	rows[0].Past = true
	return &rows[0], nil
}

// name names in the audit log whom a session shows to who works here.
func (r *sessionRow) name(d *services.Disclosure) {
	if r.Client {
		return
	}
	for _, p := range r.People {
		d.Subject(p.MemberID)
	}
}

// isOf says whether a session is for a member.
func (l CoachingPeople) isOf(member uuid.UUID) bool {
	return slices.ContainsFunc(l, func(p CoachingPerson) bool { return p.MemberID == member })
}
