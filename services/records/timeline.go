package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// TimelineKind is the part of a life with us that an entry belongs to.
type TimelineKind string

// TimelineEntry is one thing that happened with a member.
type TimelineEntry struct {
	ID       uuid.UUID      `json:"-"` // of the entry alone; it breaks ties
	At       time.Time      `json:"at"`
	Kind     TimelineKind   `json:"kind" enum:"account,attendance,coaching_session,consent,contact,credential,death,eligibility_waiver,engagement,enrollment,form,guardianship,help_request,household,import,member,merge,referral,registration,relationship,service_record,task" example:"registration"`
	Title    string         `json:"title" gorm:"-" doc:"What happened, in plain words" example:"Place confirmed: Living with Hypervigilance"`
	Record   string         `json:"record" doc:"The kind of record it is about" example:"registration"`
	RecordID uuid.UUID      `json:"record_id" doc:"That record's id"`
	By       *string        `json:"by" gorm:"-" doc:"First name of the member of staff who did it; null when it was nobody of the staff" example:"Cora"`
	Detail   TimelineDetail `json:"detail" gorm:"type:json" doc:"A little more, as far as the kind has it"`
	Step     string         `json:"step" doc:"What became of the record: created, confirmed, cancelled and the like" example:"confirmed"`
	ByID     *uuid.UUID     `json:"-"`
}

// TimelineDetail is what an entry says beside its title. Absent fields do not apply.
type TimelineDetail struct {
	About  string `json:"about,omitempty" doc:"The workshop, document, place or line that it is about" example:"Living with Hypervigilance"`
	What   string `json:"what,omitempty" doc:"Which kind of that: of a credential, contact, relationship, need, topic, task" example:"background_check"`
	Status string `json:"status,omitempty" doc:"How the record stands now, or came out" example:"confirmed"`
}

// Scan implements sql.Scanner.
func (d *TimelineDetail) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(v, d)
	case string:
		return json.Unmarshal([]byte(v), d)
	}
	return fmt.Errorf("timeline detail: cannot read %T", src)
}

// Value implements driver.Valuer, without which GORM takes the field for a relation.
func (d TimelineDetail) Value() (driver.Value, error) {
	b, err := json.Marshal(d)
	return string(b), err
}

// TimelineFilter picks entries.
type TimelineFilter struct {
	Kind  []TimelineKind `query:"kind,explode" maxItems:"22" enum:"account,attendance,coaching_session,consent,contact,credential,death,eligibility_waiver,engagement,enrollment,form,guardianship,help_request,household,import,member,merge,referral,registration,relationship,service_record,task" doc:"Only of these kinds; repeat it for several"`
	From  time.Time      `query:"at_gte" doc:"From this moment on"`
	Until time.Time      `query:"at_lt" doc:"Before this moment"`
	services.PageQuery
}

var timelineList = services.List[TimelineEntry]{
	IDColumn: "timeline.id", ID: func(e TimelineEntry) uuid.UUID { return e.ID }, Default: "-at",
	Sorts: []services.Sort[TimelineEntry]{{Name: "at", Column: "timeline.at", Cast: "timestamptz", Key: func(e TimelineEntry) any { return e.At }}},
}

// Timeline shows what happened with a member, newest first, as far as the caller may see it. Coordinators see all but
// separations, which are shown to nobody here; the look is logged. Everybody sees their own, which leaves out the work of
// staff and what others entered about them.
// Errors: not_found for another's, unless one coordinates; forbidden own_record for somebody close.
func (s *Service) Timeline(ctx context.Context, memberID uuid.UUID, in TimelineFilter) (services.Page[TimelineEntry], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[TimelineEntry]{}, err
	}
	if memberID == actor.MemberID {
		return s.OwnTimeline(ctx, in)
	}
	return services.Disclose(ctx, s.core, "timeline.read", func(d *services.Disclosure) (services.Page[TimelineEntry], error) {
		d.Object(memberID)
		var seen []uuid.UUID
		if err := d.DB.Model(&models.Member{}).Scopes(people.Visible(actor)).Where("members.id = ?", memberID).Limit(1).Pluck("members.id", &seen).Error; err != nil {
			return services.Page[TimelineEntry]{}, err
		}
		if len(seen) == 0 {
			return services.Page[TimelineEntry]{}, services.NotFound("member")
		}
		d.Subject(memberID)
		var own *services.Error
		if err := handles(d.Tx(), memberID); errors.As(err, &own) {
			return services.Page[TimelineEntry]{}, d.Tx().Refused("timeline.read", own)
		} else if err != nil {
			return services.Page[TimelineEntry]{}, err
		}
		return s.timeline(ctx, d.DB, actor, memberID, in, staffSources)
	})
}

// handles keeps staff from their own record and those of people close to them.
func handles(tx *services.Tx, memberID uuid.UUID) error {
	near, err := people.Kin(tx, tx.Actor().MemberID, []uuid.UUID{memberID})
	if err == nil && len(near) > 0 {
		return services.Forbidden("own_record", "This is your own record or that of somebody close to you. Ask a colleague to handle it.")
	}
	return err
}

// OwnTimeline is the caller's own.
func (s *Service) OwnTimeline(ctx context.Context, in TimelineFilter) (services.Page[TimelineEntry], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[TimelineEntry]{}, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[TimelineEntry], error) {
		return s.timeline(ctx, db, actor, actor.MemberID, in, ownSources)
	})
}

// timeline reads one page from the sources that are asked for. The conditions of the page reach into each of them, and
// each finds the rows of the one person by an index.
func (s *Service) timeline(ctx context.Context, db *gorm.DB, actor *services.Actor, memberID uuid.UUID, in TimelineFilter, from []source) (services.Page[TimelineEntry], error) {
	now := s.core.Clock.Now()
	var parts []string
	for _, src := range from {
		if len(in.Kind) == 0 || slices.Contains(in.Kind, src.kind) {
			parts = append(parts, src.sql())
		}
	}
	if len(parts) == 0 {
		return services.Page[TimelineEntry]{Data: []TimelineEntry{}}, nil
	}
	clean := db.Session(&gorm.Session{NewDB: true})
	work := clean.Model(&models.Task{}).Scopes(tasks.Visible(actor, now)).Where("tasks.member_id = ?", memberID).Select("tasks.*")
	q := db.Table("(?) AS timeline", clean.Raw(strings.Join(parts, "\nunion all "), map[string]any{"member": memberID, "tasks": work})).
		Select("timeline.id, timeline.at, timeline.kind, timeline.step, timeline.record, timeline.record_id, timeline.by_id, timeline.detail").
		Where("timeline.at <= ?", now)
	if !in.From.IsZero() {
		q = q.Where("timeline.at >= ?", in.From)
	}
	if !in.Until.IsZero() {
		q = q.Where("timeline.at < ?", in.Until)
	}
	page, err := timelineList.Find(ctx, s.core, q, in.PageQuery)
	if err != nil {
		return page, err
	}
	return page, tell(clean, page.Data, memberID)
}

// tell puts the entries of one page into words and names the staff in them by their first names.
func tell(db *gorm.DB, entries []TimelineEntry, memberID uuid.UUID) error {
	var ids []uuid.UUID
	for i := range entries {
		e := &entries[i]
		e.At, e.Title = e.At.UTC(), e.words()
		if e.ByID != nil && *e.ByID != memberID && !slices.Contains(ids, *e.ByID) {
			ids = append(ids, *e.ByID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var staff []struct {
		ID   uuid.UUID
		Name string
	}
	err := db.Raw(`select m.id, coalesce(nullif(btrim(m.preferred_name), ''), m.given_name) as name from members m join accounts a on a.member_id = m.id
		where m.id in ? and a.roles <> '{member}'`, ids).Scan(&staff).Error
	for i := range entries {
		for j := range staff {
			if entries[i].ByID != nil && *entries[i].ByID == staff[j].ID && staff[j].ID != memberID {
				entries[i].By = &staff[j].Name
			}
		}
	}
	return err
}
