package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// RegistrationQuery filters lists of registrations.
type RegistrationQuery struct {
	services.PageQuery
	State     []models.RegistrationState `query:"state,explode" enum:"pending_approval,confirmed,waitlisted,offered,cancelled,declined,expired,superseded" maxItems:"8" doc:"One or several"`
	SessionID uuid.UUID                  `query:"session_id" doc:"Drop-in workshops: of this session"`
}

// MyRegistrationQuery filters one's own.
type MyRegistrationQuery struct {
	services.PageQuery
	State []models.RegistrationState `query:"state,explode" enum:"pending_approval,confirmed,waitlisted,offered,cancelled,declined,expired,superseded" maxItems:"8" doc:"One or several"`
	When  string                     `query:"when" enum:"upcoming,past" doc:"upcoming: not over yet; past: over"`
}

// registrationRow is a row of a list, with what it is about.
type registrationRow struct {
	models.Registration `gorm:"embedded"`
	Title               string
	Format              models.Format
	TimeZone            string
	Joins               *uuid.UUID
	RegistrationFormID  *uuid.UUID
	StartsAt            *time.Time
	EndsAt              *time.Time
	Place               string
	Position            int
}

func (r *registrationRow) brief() WorkshopBrief {
	return WorkshopBrief{ID: r.WorkshopID, Title: r.Title, Format: r.Format, StartsAt: inUTC(r.StartsAt), EndsAt: inUTC(r.EndsAt), TimeZone: r.TimeZone, Place: r.Place}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

var registrationList = services.List[registrationRow]{
	IDColumn: "registrations.id", ID: func(r registrationRow) uuid.UUID { return r.ID }, Default: "created_at",
	Sorts: []services.Sort[registrationRow]{
		{Name: "created_at", Column: "registrations.created_at", Cast: "timestamptz", Key: func(r registrationRow) any { return r.CreatedAt }},
	},
}

var ownList = services.List[registrationRow]{
	IDColumn: "registrations.id", ID: func(r registrationRow) uuid.UUID { return r.ID }, Default: "starts_at",
	Sorts: []services.Sort[registrationRow]{
		{Name: "starts_at", Column: "coalesce(s.starts_at, w.starts_at, registrations.created_at)", Cast: "timestamptz", Key: func(r registrationRow) any {
			if r.StartsAt != nil {
				return *r.StartsAt
			}
			return r.CreatedAt
		}},
		registrationList.Sorts[0],
	},
}

// partyRowColumns points to the next session to come, or the last. Its arguments: now, twice.
const partyRowColumns = `registrations.*, w.title, w.format, w.time_zone, w.registration_form_id, coalesce(s.starts_at, w.starts_at) as starts_at, coalesce(s.ends_at, w.ends_at) as ends_at,
	coalesce(registrations.session_id, (select u.id from workshop_sessions u where u.workshop_id = w.id and u.status <> 'cancelled' order by (u.ends_at > ?) desc,
		case when u.ends_at > ? then u.starts_at end, u.starts_at desc, u.id limit 1)) as joins,
	` + placeOf + ` as place`

// registrationRows reads parties with what they come to, as it is at a time, and more columns.
func registrationRows(db *gorm.DB, now time.Time, more string) *gorm.DB {
	return db.Model(&models.Registration{}).Select(partyRowColumns+more, now, now).
		Joins("join workshops w on w.id = registrations.workshop_id").
		Joins("left join workshop_sessions s on s.id = registrations.session_id").
		Joins("left join venues v on v.id = coalesce(s.venue_id, w.venue_id)")
}

// Registration shows one party: to who leads it, comes with it or entered somebody of it; to staff, who leave a trace.
// Errors: not_found.
func (s *Service) Registration(ctx context.Context, id uuid.UUID) (*RegistrationView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if !actor.Coordinates() {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*RegistrationView, error) {
			sees, err := sightOf(db, actor, s.core.Clock.Now())
			if err != nil {
				return nil, err
			}
			return s.registration(db.Scopes(ownNow(actor.MemberID, sees.released, sees.children)), actor, sees, id)
		})
	}
	return services.Disclose(ctx, s.core, "registration.read", func(d *services.Disclosure) (*RegistrationView, error) {
		d.Object(id)
		out, err := s.registration(d.DB, actor, sight{}, id)
		if err == nil {
			d.Subject(out.LeadMemberID)
		}
		return out, err
	})
}

func (s *Service) registration(db *gorm.DB, actor *services.Actor, sees sight, id uuid.UUID) (*RegistrationView, error) {
	clean := db.Session(&gorm.Session{NewDB: true})
	var rows []registrationRow
	if err := registrationRows(db, s.core.Clock.Now(), "").Where("registrations.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("registration")
	}
	views, err := s.views(clean, actor, sees, rows)
	if err != nil {
		return nil, err
	}
	return &views[0], nil
}

// MyRegistrations lists the parties that the caller leads, comes with, or has entered somebody into.
func (s *Service) MyRegistrations(ctx context.Context, in MyRegistrationQuery) (services.Page[RegistrationView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[RegistrationView]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[RegistrationView], error) {
		now := s.core.Clock.Now()
		sees, err := sightOf(db, actor, now)
		if err != nil {
			return services.Page[RegistrationView]{}, err
		}
		q := registrationRows(db, now, "").Scopes(ownNow(actor.MemberID, sees.released, sees.children))
		if len(in.State) > 0 {
			q = q.Where("registrations.state in ?", in.State)
		}
		switch in.When {
		case "upcoming":
			q = q.Where("coalesce(s.ends_at, w.ends_at, ?) > ?", now.Add(time.Hour), now)
		case "past":
			q = q.Where("coalesce(s.ends_at, w.ends_at) <= ?", now)
		}
		return s.page(ctx, db, actor, sees, ownList, q, in.PageQuery)
	})
}

// Registrations lists a workshop's parties for staff, in the order in which they came.
// Errors: not_found for a workshop that does not exist.
func (s *Service) Registrations(ctx context.Context, workshopID uuid.UUID, in RegistrationQuery) (services.Page[RegistrationView], error) {
	return s.disclosePage(ctx, "registration.list", workshopID, func(db *gorm.DB, actor *services.Actor) (services.Page[RegistrationView], error) {
		q := registrationRows(db, s.core.Clock.Now(), "").Where("registrations.workshop_id = ?", workshopID)
		if len(in.State) > 0 {
			q = q.Where("registrations.state in ?", in.State)
		}
		if in.SessionID != uuid.Nil {
			q = q.Where("registrations.session_id = ?", in.SessionID)
		}
		return s.page(ctx, db, actor, sight{}, registrationList, q, in.PageQuery)
	})
}

// WaitlistQuery asks for one list of those that wait.
type WaitlistQuery struct {
	services.PageQuery
	SessionID uuid.UUID `query:"session_id" doc:"Drop-in workshops: the line of this session"`
}

var waitlist = services.List[registrationRow]{
	IDColumn: "registrations.id", ID: func(r registrationRow) uuid.UUID { return r.ID }, Default: "position",
	Sorts: []services.Sort[registrationRow]{{Name: "position", Column: "line.position", Cast: "bigint", Key: func(r registrationRow) any { return r.Position }}},
}

// Waitlist lists who waits, in the order in which they will be asked: those moved ahead first, then as they came. A party
// that does not fit what is free is passed over.
// Errors: not_found for a workshop that does not exist.
func (s *Service) Waitlist(ctx context.Context, workshopID uuid.UUID, in WaitlistQuery) (services.Page[RegistrationView], error) {
	return s.disclosePage(ctx, "waitlist.read", workshopID, func(db *gorm.DB, actor *services.Actor) (services.Page[RegistrationView], error) {
		var session *uuid.UUID
		if in.SessionID != uuid.Nil {
			session = &in.SessionID
		}
		q := registrationRows(db, s.core.Clock.Now(), ", line.position").
			Joins(`join (select r.id, row_number() over (partition by r.session_id order by `+lineOrder+`) as position from registrations r
				where r.workshop_id = ? and r.state = 'waitlisted' and (?::uuid is null or r.session_id = ?)) line on line.id = registrations.id`, workshopID, session, session)
		return s.page(ctx, db, actor, sight{}, waitlist, q, in.PageQuery)
	})
}

func (s *Service) disclosePage(ctx context.Context, action string, workshopID uuid.UUID,
	do func(*gorm.DB, *services.Actor) (services.Page[RegistrationView], error)) (services.Page[RegistrationView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[RegistrationView]{}, err
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (services.Page[RegistrationView], error) {
		d.Object(workshopID)
		var known bool
		if err := d.DB.Raw("select exists (select from workshops where id = ?)", workshopID).Scan(&known).Error; err != nil {
			return services.Page[RegistrationView]{}, err
		}
		if !known {
			return services.Page[RegistrationView]{}, services.NotFound("workshop")
		}
		page, err := do(d.DB, actor)
		for i := range page.Data {
			d.Subject(page.Data[i].LeadMemberID)
		}
		return page, err
	})
}

func (s *Service) page(ctx context.Context, db *gorm.DB, actor *services.Actor, sees sight, list services.List[registrationRow], q *gorm.DB, in services.PageQuery) (services.Page[RegistrationView], error) {
	rows, err := list.Find(ctx, s.core, q, in)
	page := services.Page[RegistrationView]{Data: []RegistrationView{}, NextCursor: rows.NextCursor, Total: rows.Total}
	if err != nil || len(rows.Data) == 0 {
		return page, err
	}
	page.Data, err = s.views(db, actor, sees, rows.Data)
	return page, err
}

// views completes rows with their attendees, names and places in line: three queries for the whole page, and one more where
// a form is asked.
func (s *Service) views(db *gorm.DB, actor *services.Actor, sees sight, rows []registrationRow) ([]RegistrationView, error) {
	set := &partySet{}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
		set.registrations = append(set.registrations, rows[i].Registration)
	}
	if err := db.Raw("select * from attendees where registration_id in ? order by id", ids).Scan(&set.attendees).Error; err != nil {
		return nil, err
	}
	if err := db.Raw("select "+personColumns+" from members m where m.id in (select member_id from attendees where registration_id in ? and member_id is not null)", ids).
		Scan(&set.people).Error; err != nil {
		return nil, err
	}
	line, err := standings(db, rows)
	if err != nil {
		return nil, err
	}
	closed, err := closedTo(db, actor, s.core.Clock.Now())
	if err != nil {
		return nil, err
	}
	forms, err := formsIn(db, rows)
	if err != nil {
		return nil, err
	}
	v := viewer{actor, s.core.Clock.Now(), sees.children, forms}
	out := make([]RegistrationView, len(rows))
	for i, p := range set.parties() {
		p.released, p.closed = sees.released, closed
		out[i] = *v.show(p, rows[i].brief(), rows[i].Joins)
		if position, ok := line[p.ID]; ok && (v.asStaff(p) || !p.sharedTo(actor)) {
			out[i].WaitlistPosition = &position
		}
	}
	return out, nil
}

// formsIn reads where forms stand for the attendees of a page.
func formsIn(db *gorm.DB, rows []registrationRow) (map[uuid.UUID]*AttendeeForm, error) {
	var asked models.IDs
	for i := range rows {
		if rows[i].RegistrationFormID != nil {
			asked = append(asked, rows[i].ID)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	var found []formRow
	err := db.Raw(formsOf, asked).Scan(&found).Error
	return formsByAttendee(found), err
}

func standings(db *gorm.DB, rows []registrationRow) (map[uuid.UUID]int, error) {
	out := map[uuid.UUID]int{}
	var waiting models.IDs
	for i := range rows {
		if rows[i].State == models.RegistrationWaitlisted {
			waiting = append(waiting, rows[i].ID)
		}
	}
	if len(waiting) == 0 {
		return out, nil
	}
	var found []standing
	if err := db.Raw(positionsOf, waiting).Scan(&found).Error; err != nil {
		return nil, err
	}
	for _, f := range found {
		out[f.ID] = f.Position
	}
	return out, nil
}

// stateToInvited is what somebody who was asked along is told: when the party they were to join has ended, that it is over.
func stateToInvited(a *models.Attendee, r *models.Registration) string {
	switch {
	case a.Accepted():
		return string(models.AttendeeAttending)
	case a.State == models.AttendeeInvited && !r.State.Live():
		return "over"
	}
	return string(a.State)
}

// invitations reads invitations by a condition on attendees a.
func invitations(db *gorm.DB, now time.Time, where string, args ...any) ([]Invitation, error) {
	var rows []struct {
		Row             registrationRow `gorm:"embedded"` // GORM passes over an embedded type that is not exported
		AttendeeID      uuid.UUID
		AttendeeState   models.AttendeeState
		InviteName      string
		InviteExpiresAt *time.Time
		InviteID        *uuid.UUID
		JoinedAt        *time.Time
		GivenName       string
		PreferredName   *string
	}
	err := registrationRows(db, now, ", a.id as attendee_id, a.state as attendee_state, a.invite_name, a.invite_expires_at, a.invite_id, a.joined_at, m.given_name, m.preferred_name").
		Joins("join attendees a on a.registration_id = registrations.id").Joins("join members m on m.id = registrations.lead_member_id").
		Where(where, args...).Where("a.invite_id is not null").Order("a.invite_expires_at, a.id").Limit(100).Find(&rows).Error
	out := make([]Invitation, len(rows))
	for i := range rows {
		r := &rows[i]
		a := models.Attendee{State: r.AttendeeState, InviteID: r.InviteID, JoinedAt: r.JoinedAt}
		out[i] = Invitation{AttendeeID: r.AttendeeID, RegistrationID: r.Row.ID, Name: r.InviteName, InvitedBy: firstName(models.Member{GivenName: r.GivenName, PreferredName: r.PreferredName}),
			State: stateToInvited(&a, &r.Row.Registration), ExpiresAt: inUTC(r.InviteExpiresAt), Workshop: r.Row.brief()}
	}
	return out, err
}
