package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(DuplicatePair{}, DuplicateScan{})

// DuplicateReason is one thing that two records have in common, or that speaks against their being one person.
type DuplicateReason string

// The reasons. Those from DuplicateOtherGiven on speak against.
const (
	DuplicateSameName      DuplicateReason = "same_name"
	DuplicateSimilarFamily DuplicateReason = "similar_family_name"
	DuplicateSimilarGiven  DuplicateReason = "similar_given_name"
	DuplicateNickname      DuplicateReason = "nickname"
	DuplicateInitial       DuplicateReason = "initial"
	DuplicateSwappedNames  DuplicateReason = "names_swapped"
	DuplicateSameBirth     DuplicateReason = "same_birth_date"
	DuplicateSwappedBirth  DuplicateReason = "birth_day_and_month_swapped"
	DuplicateNearBirth     DuplicateReason = "birth_date_one_digit_off"
	DuplicateSameEmail     DuplicateReason = "same_email"
	DuplicateSamePhone     DuplicateReason = "same_phone"
	DuplicateSameAddress   DuplicateReason = "same_address"
	DuplicateOtherGiven    DuplicateReason = "other_given_name"
	DuplicateOtherFamily   DuplicateReason = "other_family_name"
	DuplicateOtherBirth    DuplicateReason = "other_birth_date"
	DuplicateOtherSuffix   DuplicateReason = "junior_and_senior"
)

// DuplicateStatus is what staff made of a pair.
type DuplicateStatus string

// The statuses. A dismissed pair opens again when more speaks for it than when it was dismissed.
const (
	DuplicateOpen      DuplicateStatus = "open"
	DuplicateDismissed DuplicateStatus = "dismissed"
	DuplicateMerged    DuplicateStatus = "merged"
)

// DuplicateScore is from how many points on a pair is kept for staff to look at.
const DuplicateScore = 50

// DuplicatePair is two records that may be one person.
type DuplicatePair struct {
	ID       uuid.UUID              `json:"id" gorm:"primaryKey" privacy:"none,erase=row"`
	FirstID  uuid.UUID              `json:"first_id" privacy:"none,erase=row"`
	SecondID uuid.UUID              `json:"second_id" privacy:"none,erase=row"`
	Score    int                    `json:"score" privacy:"personal,erase=row" doc:"0 to 100: 85 and more is nearly certain, 70 likely, 50 possible" example:"92"`
	Reasons  Texts[DuplicateReason] `json:"reasons" nullable:"false" privacy:"personal,erase=row" doc:"What the two have in common, and what speaks against"`
	Status   DuplicateStatus        `json:"status" enum:"open,dismissed,merged" privacy:"none,erase=row"`
	FoundAt  time.Time              `json:"found_at" privacy:"none,erase=row"`
	ClosedAt *time.Time             `json:"closed_at" privacy:"none,erase=row" doc:"When it was dismissed or the two were merged"`
	ClosedBy *uuid.UUID             `json:"closed_by" nullable:"true" privacy:"none,erase=row"`
}

// TableName implements Model.
func (DuplicatePair) TableName() string { return "duplicate_pairs" }

// Subjects implements Model.
func (DuplicatePair) Subjects() []string { return []string{"first_id", "second_id"} }

// DuplicateScan is how far the search for duplicates has come.
type DuplicateScan struct {
	ID        int       `gorm:"primaryKey" privacy:"none,erase=keep"`
	ChangedAt time.Time `privacy:"none,erase=keep"`
	MemberID  uuid.UUID `privacy:"none,erase=keep"`
}

// TableName implements Model.
func (DuplicateScan) TableName() string { return "duplicate_scans" }

// Subjects implements Model.
func (DuplicateScan) Subjects() []string { return nil }
