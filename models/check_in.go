package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(CheckIn{})

// ScanResult is what a scan of a check-in code came to.
type ScanResult string

// The results.
const (
	ScanOK            ScanResult = "ok"
	ScanUnknown       ScanResult = "unknown"            // not a code of ours
	ScanWrongWorkshop ScanResult = "wrong_workshop"     // of another workshop or session
	ScanCancelled     ScanResult = "cancelled"          // the place was given up
	ScanNotConfirmed  ScanResult = "not_confirmed"      // waits for approval, for a seat or for an answer
	ScanAlready       ScanResult = "already_checked_in" // and since when
	ScanRevoked       ScanResult = "revoked"            // an older code of the same person
	ScanSeeStaff      ScanResult = "see_staff"          // it is not the time, or the session does not take place as planned
)

// CheckIn is one scan, told apart from its repetitions by the scanner's nonce.
type CheckIn struct {
	ID         uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	SessionID  uuid.UUID  `json:"session_id" privacy:"none,erase=keep"`
	AttendeeID *uuid.UUID `json:"attendee_id" privacy:"none,erase=keep"`
	Nonce      string     `json:"-" privacy:"none,erase=keep"`
	CodeMAC    string     `json:"-" privacy:"none,erase=keep"` // of what was scanned: a nonce belongs to one code
	Result     ScanResult `json:"result" enum:"ok,unknown,wrong_workshop,cancelled,not_confirmed,already_checked_in,revoked,see_staff" privacy:"none,erase=keep"`
	ScannedAt  time.Time  `json:"scanned_at" privacy:"none,erase=keep" doc:"When the code was held before the scanner, by the scanner's clock"`
	RecordedAt time.Time  `json:"recorded_at" privacy:"none,erase=keep" doc:"When we heard of it"`
	ScannedBy  uuid.UUID  `json:"scanned_by" privacy:"none,erase=keep"`
	UndoneAt   *time.Time `json:"undone_at" privacy:"none,erase=keep"`
	Station    string     `json:"station" privacy:"none,erase=keep" doc:"Which door or desk; empty when it did not say" example:"Door 2"`
	ByHand     bool       `json:"by_hand" privacy:"none,erase=keep" doc:"Found by name: no code was scanned"`
}

// TableName implements Model.
func (CheckIn) TableName() string { return "check_ins" }

// Subjects implements Model.
func (CheckIn) Subjects() []string { return nil }
