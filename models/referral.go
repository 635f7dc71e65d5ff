package models

import (
	"time"

	"github.com/google/uuid"
)

var _ = table(Referral{}, ReferralPartner{})

// Need is what somebody is sent on for.
type Need string

// The needs.
const (
	NeedHousing      Need = "housing"
	NeedFood         Need = "food"
	NeedMoney        Need = "money"
	NeedBenefits     Need = "benefits"
	NeedLegal        Need = "legal"
	NeedEmployment   Need = "employment"
	NeedEducation    Need = "education"
	NeedHealth       Need = "health"
	NeedCounseling   Need = "counseling"
	NeedSubstanceUse Need = "substance_use"
	NeedFamily       Need = "family"
	NeedChildCare    Need = "child_care"
	NeedTransport    Need = "transport"
	NeedOther        Need = "other"
)

// ReferralHow is whether we pass somebody on ourselves (warm), with their data, or tell them where to turn to.
type ReferralHow string

// The ways.
const (
	ReferralWarm        ReferralHow = "warm"
	ReferralInformation ReferralHow = "information"
)

// ReferralStatus is where a referral stands.
type ReferralStatus string

// The statuses. Offered and accepted are open.
const (
	ReferralOffered      ReferralStatus = "offered"
	ReferralAccepted     ReferralStatus = "accepted"
	ReferralConnected    ReferralStatus = "connected"
	ReferralNotConnected ReferralStatus = "not_connected"
	ReferralDeclined     ReferralStatus = "declined"
)

// Open says whether the referral still leads somewhere.
func (s ReferralStatus) Open() bool { return s == ReferralOffered || s == ReferralAccepted }

// Referral is somebody sent on to a person or an organization. Whom they were sent to and for what is health data: the
// name of a clinic says as much as a diagnosis.
type Referral struct {
	Record
	MemberID   uuid.UUID      `json:"member_id" privacy:"none,erase=keep"`
	PartnerID  *uuid.UUID     `json:"partner_id" nullable:"true" privacy:"health,erase=null" doc:"The entry of the directory it was made from"`
	ToName     string         `json:"to_name" privacy:"health,erase=blank" doc:"The organization or person" example:"Cumberland County Veteran Services"`
	ToPhone    string         `json:"to_phone" privacy:"health,erase=blank" example:"+19105550181"`
	ToURL      string         `json:"to_url" gorm:"column:to_url" privacy:"health,erase=blank" example:"https://ccvs.example.org"`
	Need       Need           `json:"need" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other" privacy:"health,erase=keep" example:"benefits"`
	NeedText   string         `json:"need_text" privacy:"health,erase=blank" doc:"In a line that the member may read" example:"Help with the appeal"`
	How        ReferralHow    `json:"how" enum:"warm,information" privacy:"none,erase=keep" doc:"warm: we pass them on ourselves, with their consent"`
	Status     ReferralStatus `json:"status" enum:"offered,accepted,connected,not_connected,declined" privacy:"none,erase=keep" example:"offered"`
	ByID       *uuid.UUID     `json:"by_id" nullable:"true" privacy:"none,erase=keep"`
	ReleasedAt *time.Time     `json:"released_at" privacy:"none,erase=keep" doc:"Warm: when we saw that they had agreed to have their data passed on"`
	AnsweredAt *time.Time     `json:"answered_at" privacy:"none,erase=keep" doc:"When it was accepted or declined"`
	ClosedAt   *time.Time     `json:"closed_at" privacy:"none,erase=keep"`
	ClosedBy   *uuid.UUID     `json:"closed_by" nullable:"true" privacy:"none,erase=keep"`
	Reason     *string        `json:"reason" privacy:"health,erase=null" doc:"Why it was not taken up, or came to nothing"`
	FollowUpAt *time.Time     `json:"follow_up_at" privacy:"none,erase=keep" doc:"When we ask how it went; a task waits for that time"`
}

// TableName implements Model.
func (Referral) TableName() string { return "referrals" }

// Subjects implements Model.
func (Referral) Subjects() []string { return []string{"member_id"} }

// ReferralPartner is an entry of the directory: one of the places that coordinators send people to again and again.
type ReferralPartner struct {
	Record
	Name   string      `json:"name" privacy:"none,erase=keep" example:"Cumberland County Veteran Services"`
	Phone  string      `json:"phone" privacy:"none,erase=keep" example:"+19105550181"`
	URL    string      `json:"url" gorm:"column:url" privacy:"none,erase=keep" example:"https://ccvs.example.org"`
	Needs  Texts[Need] `json:"needs" nullable:"false" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other" privacy:"none,erase=keep"`
	Region string      `json:"region" privacy:"none,erase=keep" doc:"Where they help, in words" example:"Cumberland County, NC"`
	Note   string      `json:"note" privacy:"none,erase=keep" doc:"What a colleague should know; nothing about a person" example:"Ask for the duty officer"`
	Active bool        `json:"active" privacy:"none,erase=keep" doc:"False: no longer offered; older referrals keep it"`
}

// TableName implements Model.
func (ReferralPartner) TableName() string { return "referral_partners" }

// Subjects implements Model.
func (ReferralPartner) Subjects() []string { return nil }
