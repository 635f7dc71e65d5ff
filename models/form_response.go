package models

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

var _ = table(FormResponse{}, FormAnswer{})

// FormResponseStatus is where the answer to a form stands.
type FormResponseStatus string

// The statuses. Moot is what nobody needs any more: what it was asked for ended first.
const (
	FormResponseDue      FormResponseStatus = "due"
	FormResponseAnswered FormResponseStatus = "answered"
	FormResponseMoot     FormResponseStatus = "moot"
)

// What a form is asked for, by the name of the record.
const (
	FormRecordEnrollment = "enrollment"
	FormRecordAttendee   = "attendee"
)

// FormResponse is one person asked one form for one record. Whose entry it is decides which guardian sees it.
type FormResponse struct {
	Record
	FormID        uuid.UUID          `json:"form_id" privacy:"none,erase=keep"`
	FormVersionID *uuid.UUID         `json:"form_version_id" nullable:"true" privacy:"none,erase=keep" doc:"The version that was answered; null until then"`
	MemberID      uuid.UUID          `json:"member_id" privacy:"none,erase=keep" doc:"Whom it is about"`
	EnteredBy     uuid.UUID          `json:"-" privacy:"none,erase=keep"`
	RecordedBy    *uuid.UUID         `json:"recorded_by" nullable:"true" privacy:"none,erase=keep" doc:"Of the staff, who last typed what they were told"`
	AskedFor      string             `json:"record" gorm:"column:record" enum:"enrollment,attendee" privacy:"none,erase=keep" doc:"What it is asked for: an enrollment, or a place in a workshop" example:"attendee"`
	RecordID      uuid.UUID          `json:"record_id" privacy:"none,erase=keep"`
	Status        FormResponseStatus `json:"status" enum:"due,answered,moot" privacy:"none,erase=keep" example:"answered" doc:"moot: what it was asked for ended before it was answered"`
	AnsweredAt    *time.Time         `json:"answered_at" privacy:"none,erase=keep" doc:"When it was answered first; later changes count in version"`
	EndedOn       *Date              `json:"ended_on" nullable:"true" privacy:"none,erase=keep" doc:"When what it was asked for ended; from then on staff alone may change it"`
}

// TableName implements Model.
func (FormResponse) TableName() string { return "form_responses" }

// Subjects implements Model.
func (FormResponse) Subjects() []string { return []string{"member_id"} }

// FormAnswer is the answer to one question. Which questions somebody answered says something of them too, so the log names
// no field. Of a purged answer the date alone is left.
type FormAnswer struct {
	ID         uuid.UUID        `gorm:"primaryKey" privacy:"none,erase=keep"`
	ResponseID uuid.UUID        `privacy:"none,erase=keep"`
	Field      string           `privacy:"personal,erase=keep"`
	Value      *json.RawMessage `privacy:"personal,erase=row"`
	Sealed     Sealed           `json:"-" privacy:"confidential,erase=row"`
	SealedKey  *uuid.UUID       `json:"-" privacy:"none,erase=row"`
	Edition    int              `privacy:"none,erase=keep"`
	GivenOn    Date             `privacy:"none,erase=keep"` // the day in the person's zone
	PurgeOn    *Date            `privacy:"none,erase=keep"`
	PurgedAt   *time.Time       `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (FormAnswer) TableName() string { return "form_answers" }

// Subjects implements Model. The member is that of the response.
func (FormAnswer) Subjects() []string { return nil }

// PurgedBy says whether the answer is no longer to be had on a day, whether or not a job has removed it yet.
func (a *FormAnswer) PurgedBy(today Date) bool {
	return a.PurgedAt != nil || a.PurgeOn != nil && !today.Before(a.PurgeOn.Time)
}
