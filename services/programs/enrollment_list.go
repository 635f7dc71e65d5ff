package programs

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// EnrollmentQuery filters and pages through enrollments.
type EnrollmentQuery struct {
	ProgramID uuid.UUID `query:"program_id" doc:"Only in this program"`
	EnrollmentFilter
}

// EnrollmentFilter filters and pages through the enrollments of one program.
type EnrollmentFilter struct {
	services.PageQuery
	CohortID   uuid.UUID                `query:"cohort_id" doc:"Only in this cohort, or wishing for it"`
	MemberID   uuid.UUID                `query:"member_id" doc:"Only of this person"`
	State      []models.EnrollmentState `query:"state,explode" maxItems:"9" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded" doc:"One or several, of those that show"`
	AbsentFrom int                      `query:"absences_gte" minimum:"0" maximum:"1000" doc:"Staff: only who missed at least so many in a row"`
	Review     bool                     `query:"review" doc:"Staff: only what there is something to look at"`
	Q          string                   `query:"q" minLength:"3" maxLength:"100" doc:"Staff: by name, e-mail or phone, whatever the case and accents. The search is logged"`
	Mine       bool                     `query:"mine" doc:"Staff: only one's own and one's children's, as members see them"`
}

// enrollmentSearches bounds how fast one account can look people up.
var enrollmentSearches = services.Limit{Name: "enrollment.search", Every: 2 * time.Second, Burst: 40}

func seenKey(r enrollmentRow) any {
	if r.LastSeenAt == nil {
		return "-infinity"
	}
	return *r.LastSeenAt
}

var enrollmentList = services.List[enrollmentRow]{
	IDColumn: "enrollments.id", ID: func(r enrollmentRow) uuid.UUID { return r.ID }, Default: "applied_at",
	Sorts: []services.Sort[enrollmentRow]{
		{Name: "applied_at", Column: "enrollments.applied_at", Cast: "timestamptz", Key: func(r enrollmentRow) any { return r.AppliedAt }},
		{Name: "name", Column: "folded(m.family_name || ' ' || m.given_name)", Cast: "text", Key: func(r enrollmentRow) any { return r.SortName }},
		{Name: "last_seen_at", Column: "coalesce(enrollments.last_seen_at, '-infinity'::timestamptz)", Cast: "timestamptz", Key: seenKey},
		{Name: "consecutive_absences", Column: "enrollments.consecutive_absences", Cast: "int", Key: func(r enrollmentRow) any { return r.ConsecutiveAbsences }},
	},
}

// What members may sort by: order and filters must not tell what a row does not show.
var ownEnrollmentList = services.List[enrollmentRow]{IDColumn: enrollmentList.IDColumn, ID: enrollmentList.ID, Default: enrollmentList.Default, Sorts: enrollmentList.Sorts[:2]}

// Enrollments pages through enrollments: staff see those of all but themselves and people close to them, and the look is
// logged; members their own and those they entered for whom they may act.
// Errors: those of a list; invalid staff_only for a filter of staff; of a search too_many.
func (s *Service) Enrollments(ctx context.Context, in EnrollmentQuery) (services.Page[EnrollmentView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[EnrollmentView]{}, err
	}
	if actor.Coordinates() && !in.Mine {
		return s.staffList(ctx, actor, in)
	}
	if err := in.checkOwn(); err != nil {
		return services.Page[EnrollmentView]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[EnrollmentView], error) {
		own, err := ownScope(db, actor, s.core)
		if err != nil {
			return services.Page[EnrollmentView]{}, err
		}
		now := s.core.Clock.Now()
		q := enrollmentRows(db, "enrollments").Scopes(own)
		if len(in.State) > 0 {
			q = q.Where("("+shownState+") IN ?", actor.MemberID, now, now, now, in.State)
			in.State = nil
		}
		rows, err := ownEnrollmentList.Find(ctx, s.core, in.on(q, now), in.PageQuery)
		return viewsOf(rows, actor, now, false), err
	})
}

// checkOwn refuses the filters that staff alone may use.
func (in *EnrollmentQuery) checkOwn() error {
	return staffOnly(map[string]bool{"query/absences_gte": in.AbsentFrom > 0, "query/review": in.Review, "query/q": in.Q != ""})
}

// ProgramEnrollments is Enrollments of one program, for staff. Errors: not_found; those of Enrollments.
func (s *Service) ProgramEnrollments(ctx context.Context, programID uuid.UUID, in EnrollmentFilter) (services.Page[EnrollmentView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[EnrollmentView]{}, err
	}
	if _, err := services.Read(ctx, s.core, func(db *gorm.DB) (*models.Program, error) { return program(db, programID) }); err != nil {
		return services.Page[EnrollmentView]{}, err
	}
	if in.Mine {
		return s.Enrollments(ctx, EnrollmentQuery{ProgramID: programID, EnrollmentFilter: in})
	}
	return s.staffList(ctx, actor, EnrollmentQuery{ProgramID: programID, EnrollmentFilter: in})
}

func (s *Service) staffList(ctx context.Context, actor *services.Actor, in EnrollmentQuery) (services.Page[EnrollmentView], error) {
	if in.Q != "" {
		if letters(in.Q) < 3 {
			return services.Page[EnrollmentView]{}, services.InvalidField("query/q", "too_short", "Write at least 3 letters or digits.")
		}
		if err := s.core.Take(ctx, enrollmentSearches, actor.AccountID.String()); err != nil {
			return services.Page[EnrollmentView]{}, err
		}
	}
	now := s.core.Clock.Now()
	member := eachMember
	if in.ProgramID == uuid.Nil {
		member = anyMember
	}
	return services.Disclose(ctx, s.core, "enrollment.list", func(d *services.Disclosure) (services.Page[EnrollmentView], error) {
		rows, err := enrollmentList.Find(ctx, s.core, in.on(enrollmentsJoined(d.DB, member, "enrollments").Scopes(visibleEnrollments(actor, now)), now), in.PageQuery)
		return shown(d, viewsOf(rows, actor, now, true)), err
	})
}

// shown names in the audit log whom a page shows.
func shown(d *services.Disclosure, page services.Page[EnrollmentView]) services.Page[EnrollmentView] {
	for i := range page.Data {
		d.Subject(page.Data[i].MemberID)
	}
	return page
}

func viewsOf(rows services.Page[enrollmentRow], actor *services.Actor, now time.Time, staff bool) services.Page[EnrollmentView] {
	page := services.Page[EnrollmentView]{Data: make([]EnrollmentView, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
	for i := range rows.Data {
		page.Data[i] = rows.Data[i].show(actor, now, staff)
	}
	return page
}

// stateNow is the state at this moment: a pause ends by itself on the day it lasts until, before a job writes it down.
const stateNow = `CASE WHEN enrollments.state <> 'paused' OR enrollments.paused_until > (?::timestamptz AT TIME ZONE p.time_zone)::date THEN enrollments.state
	WHEN enrollments.activated_at IS NULL THEN 'enrolled' ELSE 'active' END`

func (in *EnrollmentQuery) on(q *gorm.DB, now time.Time) *gorm.DB {
	if in.ProgramID != uuid.Nil {
		q = q.Where("enrollments.program_id = ?", in.ProgramID)
	}
	if in.CohortID != uuid.Nil {
		q = q.Where("enrollments.cohort_id = ?", in.CohortID)
	}
	if in.MemberID != uuid.Nil {
		q = q.Where("enrollments.member_id = ?", in.MemberID)
	}
	if len(in.State) > 0 {
		q = q.Where("("+stateNow+") IN ?", now, in.State)
	}
	if in.AbsentFrom > 0 {
		q = q.Where("enrollments.consecutive_absences >= ?", in.AbsentFrom)
	}
	if in.Review {
		q = q.Where("enrollments.live AND enrollments.review <> '{}'")
	}
	if in.Q != "" {
		q = q.Where("enrollments.member_id IN (SELECT id FROM members WHERE search_text LIKE '%' || replace(folded(?), '''', '') || '%')", likeLiteral.Replace(services.Line(in.Q)))
	}
	return q
}

var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func letters(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// WaitlistQuery pages through a line.
type WaitlistQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"600" doc:"The next_cursor of the page before"`
	Count  bool   `query:"count" doc:"Adds X-Total-Count"`
}

const inLineSQL = `(select e.*, row_number() over (order by coalesce(e.moved_ahead_at, 'infinity'::timestamptz), e.waitlisted_at, e.id) as position
	from enrollments e where e.program_id = ? and e.state = 'waitlisted') as enrollments`

var lineList = services.List[enrollmentRow]{
	IDColumn: "enrollments.id", ID: func(r enrollmentRow) uuid.UUID { return r.ID }, Default: "position",
	Sorts: []services.Sort[enrollmentRow]{{Name: "position", Column: "enrollments.position", Cast: "bigint", Key: func(r enrollmentRow) any { return r.Position }}},
}

// Line pages through a program's waitlist in its order: those moved ahead first, then as they came. Somebody whom the caller
// leaves to colleagues keeps their place in it and is not shown.
// Errors: not_found; those of a list.
func (s *Service) Line(ctx context.Context, programID uuid.UUID, in WaitlistQuery) (services.Page[EnrollmentView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[EnrollmentView]{}, err
	}
	now := s.core.Clock.Now()
	return services.Disclose(ctx, s.core, "enrollment.waitlist_read", func(d *services.Disclosure) (services.Page[EnrollmentView], error) {
		if _, err := program(d.DB, programID); err != nil {
			return services.Page[EnrollmentView]{}, err
		}
		rows, err := lineList.Find(ctx, s.core, enrollmentRows(d.DB, inLineSQL, programID).Scopes(visibleEnrollments(actor, now)),
			services.PageQuery{Limit: in.Limit, Cursor: in.Cursor, Count: in.Count})
		page := viewsOf(rows, actor, now, true)
		for i := range rows.Data {
			page.Data[i].WaitlistPosition = &rows.Data[i].Position
		}
		return shown(d, page), err
	})
}

// Enrollment shows one; the look of staff is logged. Errors: not_found.
func (s *Service) Enrollment(ctx context.Context, id uuid.UUID) (*EnrollmentView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if actor.Coordinates() {
		action, err := s.lookAs(ctx, actor, id, "enrollment.read")
		if err != nil {
			return nil, err
		}
		return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*EnrollmentView, error) {
			d.Object(id)
			v, err := viewOf(d.DB, d.Tx().Actor(), d.Tx().Now(), id)
			if err == nil {
				d.Subject(v.MemberID)
			}
			return v, err
		})
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*EnrollmentView, error) {
		return viewOf(db, actor, s.core.Clock.Now(), id)
	})
}

// lookAs is the name under which a look at an enrollment is logged: at one's own, or one that one entered, it is no look of staff.
func (s *Service) lookAs(ctx context.Context, actor *services.Actor, id uuid.UUID, staffs string) (string, error) {
	if !actor.Coordinates() {
		return lookAtOwn, nil
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (string, error) {
		now := s.core.Clock.Now()
		own, err := ownScope(db, actor, s.core)
		if err != nil {
			return "", err
		}
		var mine, staff int64
		if err := db.Table("enrollments").Scopes(own).Where("enrollments.id = ?", id).Count(&mine).Error; err != nil || mine == 0 {
			return staffs, err
		}
		if err := db.Table("enrollments").Scopes(visibleEnrollments(actor, now)).Where("enrollments.id = ?", id).Count(&staff).Error; err != nil || staff > 0 {
			return staffs, err
		}
		return lookAtOwn, nil
	})
}

const lookAtOwn = "enrollment.read_own"
