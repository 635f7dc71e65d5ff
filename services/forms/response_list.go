package forms

import (
	"context"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// FormResponseFilter picks responses.
type FormResponseFilter struct {
	services.PageQuery
	FormID   uuid.UUID                   `query:"form_id" doc:"Only of this form"`
	Record   string                      `query:"record" enum:"enrollment,attendee" doc:"Only what was asked for an enrollment, or for a place in a workshop"`
	RecordID uuid.UUID                   `query:"record_id" doc:"Only what was asked for this enrollment or attendee; with record"`
	MemberID uuid.UUID                   `query:"member_id" doc:"Only about this member"`
	Status   []models.FormResponseStatus `query:"status,explode" maxItems:"3" enum:"due,answered,moot" doc:"Only in these statuses"`
}

func (f *FormResponseFilter) scope(db *gorm.DB) *gorm.DB {
	if f.FormID != uuid.Nil {
		db = db.Where("form_responses.form_id = ?", f.FormID)
	}
	if f.Record != "" {
		db = db.Where("form_responses.record = ?", f.Record)
	}
	if f.RecordID != uuid.Nil {
		db = db.Where("form_responses.record IN ('enrollment', 'attendee') AND form_responses.record_id = ?", f.RecordID)
	}
	if f.MemberID != uuid.Nil {
		db = db.Where("form_responses.member_id = ?", f.MemberID)
	}
	if len(f.Status) == 1 && f.Status[0] == models.FormResponseDue {
		return db.Where("form_responses.status = 'due'") // as the index of them says it
	}
	if len(f.Status) > 0 {
		db = db.Where("form_responses.status IN ?", f.Status)
	}
	return db
}

var responseList = services.List[look]{
	IDColumn: "form_responses.id", ID: func(l look) uuid.UUID { return l.ID }, Default: "-created_at",
	Sorts: []services.Sort[look]{{Name: "created_at", Column: "form_responses.created_at", Cast: "timestamptz", Key: func(l look) any { return l.CreatedAt }}},
}

// Responses pages through who was asked and who has answered, the latest asked first. It holds no answers; the look is logged.
func (s *Service) Responses(ctx context.Context, f FormResponseFilter) (*services.Page[FormResponseRow], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Disclose(ctx, s.core, "form_response.list", func(d *services.Disclosure) (*services.Page[FormResponseRow], error) {
		if f.MemberID != uuid.Nil {
			d.Object(f.MemberID)
		}
		found, err := responseList.Find(ctx, s.core, lookRows(d.DB).Scopes(handled(actor, now), f.scope), f.PageQuery)
		page := &services.Page[FormResponseRow]{Data: make([]FormResponseRow, len(found.Data)), NextCursor: found.NextCursor, Total: found.Total}
		for i := range found.Data {
			page.Data[i] = found.Data[i].row(actor)
			d.Subject(found.Data[i].MemberID)
		}
		return page, err
	})
}

// MyFormResponse is a form asked of oneself, or of somebody one acts for.
type MyFormResponse struct {
	FormResponseRow
	Self      bool              `json:"self" doc:"It is about the caller"`
	MayAnswer bool              `json:"may_answer" doc:"Whether the caller may answer it, or change the answers, at this moment"`
	AsksID    *uuid.UUID        `json:"asks_version_id" nullable:"true" doc:"The version whose questions are in fields"`
	Fields    models.FormFields `json:"fields" nullable:"false" maxItems:"100" doc:"Of one that is due: the questions that are asked now, for the first five forms of the page. Else empty; the response itself has them"`
}

// MyFormResponseFilter picks one's own.
type MyFormResponseFilter struct {
	services.PageQuery
	Status []models.FormResponseStatus `query:"status,explode" maxItems:"3" enum:"due,answered,moot" doc:"Only in these statuses"`
}

const dueFirst = "(CASE form_responses.status WHEN 'due' THEN 0 ELSE 1 END)"

var myResponses = services.List[look]{
	IDColumn: "form_responses.id", ID: func(l look) uuid.UUID { return l.ID }, Default: "due",
	Sorts: []services.Sort[look]{
		{Name: "due", Column: dueFirst, Cast: "int", Key: func(l look) any {
			if l.Status == models.FormResponseDue {
				return 0
			}
			return 1
		}},
		{Name: "created_at", Column: "form_responses.created_at", Cast: "timestamptz", Key: func(l look) any { return l.CreatedAt }},
	},
}

// shownForms bounds how many forms' questions travel with a page.
const shownForms = 5

// MyResponses pages through what the caller was asked, and through what they entered for those whom they may act for: what is
// due first, then by when it was asked.
func (s *Service) MyResponses(ctx context.Context, f MyFormResponseFilter) (*services.Page[MyFormResponse], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[MyFormResponse], error) {
		ties, err := people.TiesOf(db, actor.MemberID)
		if err != nil {
			return nil, err
		}
		q := lookRows(db).Scopes(own(actor.MemberID, ties.Acting(now)))
		if len(f.Status) > 0 {
			q = q.Where("form_responses.status IN ?", f.Status)
		}
		found, err := myResponses.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return nil, err
		}
		versions, err := askedOn(db, found.Data)
		page := &services.Page[MyFormResponse]{Data: make([]MyFormResponse, len(found.Data)), NextCursor: found.NextCursor, Total: found.Total}
		for i := range found.Data {
			l := &found.Data[i]
			self := l.MemberID == actor.MemberID
			l.sight = sightOf{Own: true, Theirs: !self || l.EnteredBy == actor.MemberID || !l.member().MinorOn(l.member().Today(now))}
			page.Data[i] = MyFormResponse{FormResponseRow: l.row(actor), Self: self, MayAnswer: l.hinders(actor) == nil, Fields: models.FormFields{}}
			if v := versions[l.FormID]; v != nil && l.Status == models.FormResponseDue {
				page.Data[i].Fields, page.Data[i].AsksID = v.Fields, &v.ID
			}
		}
		return page, err
	})
}

// askedOn reads the questions of the first forms that are due on a page.
func askedOn(db *gorm.DB, page []look) (map[uuid.UUID]*models.FormVersion, error) {
	var ids []uuid.UUID
	seen := map[uuid.UUID]bool{}
	for i := range page {
		if id := page[i].FormID; page[i].Status == models.FormResponseDue && !seen[id] && len(ids) < shownForms {
			ids, seen[id] = append(ids, id), true
		}
	}
	return Published(db, ids...)
}
