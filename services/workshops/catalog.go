package workshops

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CatalogQuery filters the list of workshops.
type CatalogQuery struct {
	services.PageQuery
	Q            string              `query:"q" maxLength:"120" doc:"Words of the title or summary; accents, case and small typing mistakes do not matter"`
	Format       []models.Format     `query:"format,explode" enum:"in_person,online,hybrid" maxItems:"3" doc:"One or several"`
	Audience     models.Kind         `query:"audience" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" doc:"Those that a person of this kind may come to"`
	ProgramID    uuid.UUID           `query:"program_id"`
	StartsGTE    time.Time           `query:"starts_gte" doc:"First session at or after this time"`
	StartsLT     time.Time           `query:"starts_lt" doc:"First session before this time"`
	OpenSeats    bool                `query:"open_seats" doc:"Only those with a free seat"`
	TimeZone     []string            `query:"time_zone,explode" maxItems:"10" doc:"IANA names; one or several"`
	NearTimeZone string              `query:"near_time_zone" maxLength:"60" doc:"IANA name; those whose clocks differ from it by at most an hour on the day"`
	Visibility   []models.Visibility `query:"visibility,explode" enum:"draft,published,cancelled,completed" maxItems:"4" doc:"For coordinators: one or several; absent for all"`
	Templates    bool                `query:"templates" doc:"For coordinators: templates, in place of workshops"`
	Facilitating bool                `query:"facilitating" doc:"Only those that the caller leads, drafts and past ones too"`
}

func titleSort(r WorkshopRow) any { return r.TitleKey }

// The catalog is read by people who come, in order of the start; staff also see what has no start yet.
var (
	catalog = services.List[WorkshopRow]{
		IDColumn: "w.id", ID: func(r WorkshopRow) uuid.UUID { return r.ID }, Default: "starts_at",
		Sorts: []services.Sort[WorkshopRow]{
			{Name: "starts_at", Column: "w.starts_at", Cast: "timestamptz", Key: func(r WorkshopRow) any { return *r.StartsAt }},
			{Name: "title", Column: "lower(w.title)", Cast: "text", Key: titleSort},
		},
	}
	planned = services.List[WorkshopRow]{
		IDColumn: "w.id", ID: func(r WorkshopRow) uuid.UUID { return r.ID }, Default: "starts_at",
		Sorts: []services.Sort[WorkshopRow]{
			{Name: "starts_at", Column: "coalesce(w.starts_at, 'infinity'::timestamptz)", Cast: "timestamptz", Key: startOrNever},
			{Name: "title", Column: "lower(w.title)", Cast: "text", Key: titleSort},
		},
	}
)

func startOrNever(r WorkshopRow) any {
	if r.StartsAt == nil {
		return "infinity"
	}
	return *r.StartsAt
}

const rowColumns = `w.id, w.title, w.summary, w.program_id, w.format, w.attendance_mode, w.venue_id, w.time_zone, w.audience_kinds, w.minimum_age,
	w.starts_at, w.ends_at, w.opens_at, w.closes_at, w.visibility, w.is_template, lower(w.title) as title_key,
	(select v.name from venues v where v.id = w.venue_id) as venue_name, ` + sessionsColumn + `, ` + seatsColumn

// rowPools bounds what a row of the list tells of a drop_in workshop.
const rowPools = 10

// List gives the catalog: what is published and can still be joined, soonest first. Coordinators see everything;
// facilitating=true gives anybody what they lead.
// Errors: forbidden when somebody else asks for drafts or templates; invalid for an unknown time zone.
func (s *Service) List(ctx context.Context, in CatalogQuery) (services.Page[WorkshopRow], error) {
	var none services.Page[WorkshopRow]
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return none, err
	}
	if err := in.check(actor); err != nil {
		return none, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (page services.Page[WorkshopRow], err error) {
		find := func(db *gorm.DB) error {
			q, list := in.scope(db.Table("workshops as w").Select(rowColumns, now, rowPools), actor, now)
			page, err = list.Find(ctx, s.core, in.filter(q, now), in.PageQuery)
			return err
		}
		if in.Q == "" {
			err = find(db)
		} else {
			err = closely(db, find)
		}
		for i := range page.Data {
			page.Data[i].tell(now)
		}
		return page, err
	})
}

// closeness is how much of a word must be like one of the title: less than PostgreSQL's 0.6, which takes a typing mistake
// in a short word for another word.
const closeness = "0.45"

// closely searches with that closeness, which is a setting of the transaction.
func closely(db *gorm.DB, find func(*gorm.DB) error) error {
	return db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("select set_config('pg_trgm.word_similarity_threshold', ?, true)", closeness).Error; err != nil {
			return err
		}
		return find(tx)
	})
}

func (in *CatalogQuery) check(actor *services.Actor) error {
	if (len(in.Visibility) > 0 || in.Templates) && !actor.Coordinates() {
		return services.Forbidden(services.CodeForbidden, "Only coordinators list drafts, templates and what is over. Leave visibility and templates out.")
	}
	var wrong []services.FieldError
	for _, zone := range append([]string{in.NearTimeZone}, in.TimeZone...) {
		if zone != "" && !models.KnownZone(zone) {
			field := "query/time_zone"
			if zone == in.NearTimeZone {
				field = "query/near_time_zone"
			}
			wrong = append(wrong, services.FieldError{Field: field, Code: "unknown", Message: "Use an IANA time zone such as America/New_York."})
		}
	}
	if len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// scope says which workshops the caller's list is of, and in which order it can be read.
func (in *CatalogQuery) scope(q *gorm.DB, actor *services.Actor, now time.Time) (*gorm.DB, services.List[WorkshopRow]) {
	if in.Facilitating {
		q = q.Where("w.id in "+facilitated, actor.MemberID, actor.MemberID)
	}
	if !actor.Coordinates() && !in.Facilitating {
		return q.Where("w.visibility = 'published' and w.listed_until > ?", now), catalog
	}
	if len(in.Visibility) > 0 {
		q = q.Where("w.visibility in ?", in.Visibility)
	}
	return q.Where("w.is_template = ?", in.Templates), planned
}

func (in *CatalogQuery) filter(q *gorm.DB, now time.Time) *gorm.DB {
	q = matching(q, in.Q)
	if len(in.Format) > 0 {
		q = q.Where("w.format in ?", in.Format)
	}
	if in.Audience != "" {
		q = q.Where("(w.audience_kinds = '{}' or ? = any(w.audience_kinds))", string(in.Audience))
	}
	if in.ProgramID != uuid.Nil {
		q = q.Where("w.program_id = ?", in.ProgramID)
	}
	if !in.StartsGTE.IsZero() {
		q = q.Where("w.starts_at >= ?", in.StartsGTE)
	}
	if !in.StartsLT.IsZero() {
		q = q.Where("w.starts_at < ?", in.StartsLT)
	}
	if len(in.TimeZone) > 0 {
		q = q.Where("w.time_zone in ?", in.TimeZone)
	}
	if in.NearTimeZone != "" {
		q = q.Where(`abs(extract(epoch from (w.starts_at at time zone w.time_zone) - (w.starts_at at time zone ?))) <= 3600`, in.NearTimeZone)
	}
	if in.OpenSeats {
		q = q.Where(`exists (select 1 from pools p left join workshop_sessions s on s.id = p.session_id
			where p.workshop_id = w.id and (p.session_id is null or (s.status = 'scheduled' and s.starts_at > ?))
			and case when p.child_capacity is null then p.taken < p.capacity else p.taken - p.taken_children < p.capacity end)`, now)
	}
	return q
}

// maxWords is how many words of a search count.
const maxWords = 8

// matching finds workshops with all the words of text in title and summary, or words much like them. As an array the
// matches are found first, by the index of trigrams; else the planner may walk the catalog in its order and compare
// every row.
func matching(q *gorm.DB, text string) *gorm.DB {
	words := strings.Fields(text)
	words = words[:min(len(words), maxWords)]
	if len(words) == 0 {
		return q
	}
	var each []string
	var args []any
	for _, word := range words {
		each = append(each, `(folded(m.title || ' ' || m.summary) like '%' || folded(?) || '%' or folded(?) <% folded(m.title || ' ' || m.summary))`)
		args = append(args, likeLiteral(word), word)
	}
	return q.Where(`w.id = any(array(select m.id from workshops m where `+strings.Join(each, " and ")+`))`, args...)
}

// likeLiteral makes text match itself alone in LIKE.
func likeLiteral(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// Get shows one workshop with its open seats. Where to join online is shown to coordinators and to those who lead it;
// who has a place online joins by its session.
// Errors: not_found, for a draft of others as for an unknown id.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*WorkshopDetail, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*WorkshopDetail, error) {
		return detail(db, actor, id, s.core.Clock.Now())
	})
}
