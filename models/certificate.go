package models

import (
	"database/sql/driver"
	"time"

	"github.com/google/uuid"
)

var _ = table(Certificate{})

// AttendedSession is one session that a certificate counts.
type AttendedSession struct {
	On      Date `json:"on" doc:"The local day on which it began" example:"2026-10-27"`
	Minutes int  `json:"minutes" doc:"As noted, else the length of the session" example:"90"`
}

// AttendedSessions is a jsonb column.
type AttendedSessions []AttendedSession

// Scan implements sql.Scanner.
func (s *AttendedSessions) Scan(src any) error { return scanJSON("sessions", src, s) }

// Value implements driver.Valuer.
func (s AttendedSessions) Value() (driver.Value, error) { return valueJSON(s) }

// Statement is what a certificate says of somebody's attendance.
type Statement struct {
	Sessions AttendedSessions `json:"sessions" nullable:"false" gorm:"type:jsonb" privacy:"personal,erase=keep" doc:"Those attended, in order"`
	Minutes  int              `json:"minutes" privacy:"none,erase=keep" doc:"Of all of them together" example:"540"`
	Attended int              `json:"sessions_attended" gorm:"column:sessions_attended" privacy:"none,erase=keep" example:"6"`
	Offered  int              `json:"sessions_offered" gorm:"column:sessions_offered" privacy:"none,erase=keep" doc:"Completed sessions they could have come to; one they were excused from is among them" example:"7"`
	FirstOn  Date             `json:"first_on" privacy:"none,erase=keep" example:"2026-10-27"`
	LastOn   Date             `json:"last_on" privacy:"none,erase=keep" example:"2026-12-08"`
}

// Same says whether two say the same: the days, the minutes of each, and how many were offered.
func (s *Statement) Same(as *Statement) bool {
	if s.Offered != as.Offered || len(s.Sessions) != len(as.Sessions) {
		return false
	}
	for i := range s.Sessions {
		if s.Sessions[i].Minutes != as.Sessions[i].Minutes || s.Sessions[i].On.String() != as.Sessions[i].On.String() {
			return false
		}
	}
	return true
}

// SheetLine is what the sheet of a completed session says of somebody.
type SheetLine struct {
	Status  AttendanceStatus
	On      Date
	Minutes int
}

// SheetLines are those of one person, in the order of the sessions' starts.
type SheetLines []SheetLine

// Statement is what they add up to; nil when they attended none.
func (l SheetLines) Statement() *Statement {
	s := &Statement{Offered: len(l)}
	for _, line := range l {
		if !line.Status.Attended() {
			continue
		}
		if s.Attended++; s.Attended == 1 {
			s.FirstOn = line.On
		}
		s.LastOn = line.On
		s.Minutes += line.Minutes
		s.Sessions = append(s.Sessions, AttendedSession{On: line.On, Minutes: line.Minutes})
	}
	if s.Attended == 0 {
		return nil
	}
	return s
}

// Certificate of attendance, as it was printed. What it states is never rewritten: the next one supersedes it.
type Certificate struct {
	ID         uuid.UUID  `json:"id" gorm:"primaryKey" privacy:"none,erase=keep"`
	AttendeeID uuid.UUID  `json:"attendee_id" privacy:"none,erase=keep"`
	MemberID   *uuid.UUID `json:"-" privacy:"none,erase=keep"`
	Code       string     `json:"-" privacy:"secret,erase=keep"` // whoever has it reads what the certificate states
	Title      string     `json:"title" privacy:"none,erase=keep" doc:"Of the workshop, as it stands on the paper" example:"Living with Hypervigilance"`
	NameShown  string     `json:"-" privacy:"personal,erase=blank"`
	Statement
	IssuedAt      time.Time  `json:"issued_at" privacy:"none,erase=keep"`
	IssuedOn      Date       `json:"issued_on" privacy:"none,erase=keep" doc:"The day on the paper" example:"2026-12-09"`
	IssuedBy      uuid.UUID  `json:"issued_by" privacy:"none,erase=keep"`
	SupersededAt  *time.Time `json:"superseded_at" privacy:"none,erase=keep"`
	SupersededBy  *uuid.UUID `json:"superseded_by" nullable:"true" privacy:"none,erase=keep" doc:"The certificate that was made in its place"`
	RevokedAt     *time.Time `json:"revoked_at" privacy:"none,erase=keep"`
	RevokedBy     *uuid.UUID `json:"revoked_by" nullable:"true" privacy:"none,erase=keep"`
	RevokedReason string     `json:"revoked_reason" privacy:"personal,erase=blank" doc:"For staff; empty when it is not revoked" example:"Made for the wrong person"`
}

// TableName implements Model.
func (Certificate) TableName() string { return "certificates" }

// Subjects implements Model.
func (Certificate) Subjects() []string { return []string{"member_id"} }

// Identity is what an answer's Location header ends in.
func (c Certificate) Identity() uuid.UUID { return c.ID }

// Stands says whether the certificate is neither superseded nor revoked.
func (c *Certificate) Stands() bool { return c.SupersededAt == nil && c.RevokedAt == nil }

// CertificateStatus is what somebody who checks a certificate is told.
type CertificateStatus string

// The words. changed: it was right when it was printed, and the sheets have been corrected since.
const (
	CertificateValid      CertificateStatus = "valid"
	CertificateChanged    CertificateStatus = "changed"
	CertificateSuperseded CertificateStatus = "superseded"
	CertificateRevoked    CertificateStatus = "revoked"
)

// Status says how it stands beside what the sheets say now of as many sessions as it counted: those that followed are no correction.
func (c *Certificate) Status(now SheetLines) CertificateStatus {
	state := now[:min(c.Offered, len(now))].Statement()
	switch {
	case c.RevokedAt != nil:
		return CertificateRevoked
	case c.SupersededAt != nil:
		return CertificateSuperseded
	case state == nil || !c.Same(state):
		return CertificateChanged
	}
	return CertificateValid
}
