package programs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ProgramView is a program as the caller may see it.
type ProgramView struct {
	models.Program
	Taken  *int        `json:"taken" doc:"Places taken: enrolled, active and paused. For staff; null to others" example:"31"`
	Full   bool        `json:"full" doc:"Whether no place is free"`
	Open   bool        `json:"open" doc:"Whether members may apply today, in the program's zone; who finds no place waits"`
	Counts *HeadCounts `json:"counts,omitempty" doc:"For staff alone"`
}

// HeadCounts is how many enrollments stand where.
type HeadCounts struct {
	Applied    int `json:"applied" example:"4"`
	Waitlisted int `json:"waitlisted" example:"3"`
	Enrolled   int `json:"enrolled" example:"6"`
	Active     int `json:"active" example:"24"`
	Paused     int `json:"paused" example:"1"`
	Completed  int `json:"completed" example:"112"`
	Denied     int `json:"denied" example:"5"`
	Withdrawn  int `json:"withdrawn" example:"17"`
}

func (c *HeadCounts) add(state models.EnrollmentState, n int) {
	at := map[models.EnrollmentState]*int{
		models.EnrollmentApplied: &c.Applied, models.EnrollmentWaitlisted: &c.Waitlisted, models.EnrollmentEnrolled: &c.Enrolled, models.EnrollmentActive: &c.Active,
		models.EnrollmentPaused: &c.Paused, models.EnrollmentCompleted: &c.Completed, models.EnrollmentDenied: &c.Denied, models.EnrollmentWithdrawn: &c.Withdrawn,
	}[state]
	if at != nil {
		*at += n
	}
}

// ProgramQuery filters the list.
type ProgramQuery struct {
	services.PageQuery
	Status            []models.ProgramStatus `query:"status,explode" enum:"planned,active,completed,cancelled" maxItems:"4" doc:"One or several"`
	Q                 string                 `query:"q" maxLength:"80" doc:"In the name, the summary or the population"`
	TakesApplications bool                   `query:"takes_applications" doc:"Only those to which members may apply today"`
}

// row carries what the list is sorted by, in the database's own lower case.
type row struct {
	models.Program
	NameKey string
}

var list = services.List[row]{
	IDColumn: "id", ID: func(p row) uuid.UUID { return p.ID }, Default: "name",
	Sorts: []services.Sort[row]{{Name: "name", Column: "lower(name)", Cast: "text", Key: func(p row) any { return p.NameKey }}},
}

// Visible is the scope of the programs that somebody may see: staff all; others all but those that are still planned in
// silence, to which they cannot apply and in which nobody they speak for at this moment is enrolled.
func Visible(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Staff() || actor.Kind == models.ActorSystem {
			return db
		}
		fresh := db.Session(&gorm.Session{NewDB: true}) // a copy: a list builds its statement without running it
		fresh.DryRun = false
		ties, err := people.TiesOf(fresh, actor.MemberID)
		if err != nil {
			_ = db.AddError(err)
			return db.Where("false")
		}
		return db.Where(`(programs.status <> 'planned' or programs.takes_applications or exists (select from enrollments mine where mine.program_id = programs.id and mine.member_id = @me)
			or exists (select from enrollments mine where mine.program_id = programs.id and mine.entered_by = @me and mine.member_id <> all(cast(@released as uuid[]))))`,
			map[string]any{"me": actor.MemberID, "released": ties.Released(now)})
	}
}

// List gives the programs by name.
func (s *Service) List(ctx context.Context, in ProgramQuery) (services.Page[ProgramView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[ProgramView]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[ProgramView], error) {
		now := s.core.Clock.Now()
		q := db.Model(&models.Program{}).Select("programs.*, lower(name) as name_key").Scopes(Visible(actor, now))
		if len(in.Status) > 0 {
			q = q.Where("status in ?", in.Status)
		}
		if words := services.Line(in.Q); words != "" {
			q = q.Where("strpos(folded(name || ' ' || summary || ' ' || population), folded(?)) > 0", words)
		}
		if in.TakesApplications {
			q = q.Where(`takes_applications and status in ('planned', 'active') and (?::timestamptz at time zone time_zone)::date <= least(applications_close_on, last_day)`, now)
		}
		rows, err := list.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return services.Page[ProgramView]{}, err
		}
		found := make([]models.Program, len(rows.Data))
		for i := range rows.Data {
			found[i] = rows.Data[i].Program
		}
		data, err := views(db, actor, now, found)
		return services.Page[ProgramView]{Data: data, NextCursor: rows.NextCursor, Total: rows.Total}, err
	})
}

// Get shows one.
// Errors: not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*ProgramView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*ProgramView, error) {
		p, err := program(db.Scopes(Visible(actor, s.core.Clock.Now())), id)
		if err != nil {
			return nil, err
		}
		return programView(db, actor, s.core.Clock.Now(), p)
	})
}

func programView(db *gorm.DB, actor *services.Actor, now time.Time, p *models.Program) (*ProgramView, error) {
	out, err := views(db, actor, now, []models.Program{*p})
	if err != nil {
		return nil, err
	}
	return &out[0], nil
}

// views shows programs, with the counts of all of them in one query.
func views(db *gorm.DB, actor *services.Actor, now time.Time, programs []models.Program) ([]ProgramView, error) {
	out, ids := make([]ProgramView, len(programs)), make([]uuid.UUID, len(programs))
	for i, p := range programs {
		ids[i] = p.ID
		out[i] = ProgramView{Program: p, Full: p.Full(), Open: p.OpenOn(p.Today(now))}
		if actor.Staff() {
			out[i].Taken = &p.Taken
		} else {
			out[i].StatusReason = ""
		}
		if out[i].Rules == nil {
			out[i].Rules = models.Rules{}
		}
	}
	if !actor.Staff() {
		return out, nil
	}
	counts, err := headCounts(db, "program_id", ids)
	for i := range out {
		out[i].Counts = counts[ids[i]]
	}
	return out, err
}

// headCounts counts by program or by cohort; column is a constant. A child's second application is one of two about one
// person, and staff see both.
func headCounts(db *gorm.DB, column string, ids []uuid.UUID) (map[uuid.UUID]*HeadCounts, error) {
	out := make(map[uuid.UUID]*HeadCounts, len(ids))
	for _, id := range ids {
		out[id] = &HeadCounts{}
	}
	if len(ids) == 0 {
		return out, nil
	}
	var found []struct {
		ID    uuid.UUID
		State models.EnrollmentState
		N     int
	}
	// Each is counted in its index: grouped, all enrollments would be read.
	err := db.Session(&gorm.Session{NewDB: true}).Raw(`select x.id, s.state, (select count(*) from enrollments e where e.`+column+` = x.id and e.state = s.state) as n
		from unnest(?::uuid[]) x(id) cross join unnest(?::text[]) s(state)`, models.IDs(ids), models.Texts[models.EnrollmentState](models.EnrollmentStates())).Scan(&found).Error
	for _, f := range found {
		out[f.ID].add(f.State, f.N)
	}
	return out, err
}
