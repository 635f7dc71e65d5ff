package forms

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// DueForm is a form that waits for the caller's answer.
type DueForm struct {
	ResponseID uuid.UUID `json:"response_id"`
	FormID     uuid.UUID `json:"form_id"`
	Title      string    `json:"title" example:"Before we meet"`
	MemberID   uuid.UUID `json:"member_id" doc:"Whom it is about"`
	MemberName string    `json:"member_name" example:"Maya Ortega"`
	Self       bool      `json:"self" doc:"It is about the caller"`
	Record     string    `json:"record" enum:"enrollment,attendee" doc:"What it is asked for"`
	RecordID   uuid.UUID `json:"record_id"`
	AskedAt    time.Time `json:"asked_at"`
}

// DueFor reads the forms that wait for the actor's own answer, the first asked first: about themselves, and about those whom
// they entered and may act for. What a guardian is to answer for a minor does not wait for the minor.
func DueFor(db *gorm.DB, actor *services.Actor, now time.Time, limit int) ([]DueForm, error) {
	out := []DueForm{}
	ties, err := people.TiesOf(db, actor.MemberID)
	if err != nil {
		return out, err
	}
	var found []look
	q := lookRows(db).Scopes(own(actor.MemberID, ties.Acting(now))).Where("form_responses.status = 'due'").
		Where("form_responses.entered_by = ? OR m.birth_date <= ? OR m.birth_date IS NULL AND NOT 'child' = ANY(m.kinds)", actor.MemberID, *after(models.DateOf(now.AddDate(-models.AdultAge, 0, 0).UTC()), 1))
	if err := q.Order("form_responses.created_at, form_responses.id").Limit(limit).Find(&found).Error; err != nil {
		return out, err
	}
	for i := range found {
		l := &found[i]
		self := l.MemberID == actor.MemberID
		if self && l.EnteredBy != actor.MemberID && l.member().MinorOn(l.member().Today(now)) {
			continue // 18 elsewhere on earth already
		}
		out = append(out, DueForm{ResponseID: l.ID, FormID: l.FormID, Title: l.Title, MemberID: l.MemberID, MemberName: nameFor(l.member(), actor, true), Self: self,
			Record: l.AskedFor, RecordID: l.RecordID, AskedAt: l.CreatedAt})
	}
	return out, nil
}
