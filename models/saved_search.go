package models

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

var _ = table(SavedSearch{})

// Criteria pick members of a list. All that are given must hold; of a list of values one is enough.
type Criteria struct {
	Kind         []Kind         `json:"kind,omitempty" query:"kind,explode" maxItems:"12" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" doc:"Only of these kinds"`
	Status       []MemberStatus `json:"status,omitempty" query:"status,explode" maxItems:"5" enum:"prospective,active,inactive,deceased,merged" doc:"Only of these statuses; all but deceased and merged when absent"`
	Tag          []string       `json:"tag,omitempty" query:"tag,explode" maxItems:"20" maxLength:"40" doc:"Only with one of these tags"`
	Era          []Era          `json:"era,omitempty" query:"era,explode" maxItems:"6" enum:"world_war_ii,korea,vietnam,gulf_war,post_9_11,peacetime" doc:"Only who served in one of these eras, as their service records say"`
	Branch       []Branch       `json:"branch,omitempty" query:"branch,explode" maxItems:"6" enum:"army,marine_corps,navy,air_force,space_force,coast_guard" doc:"Only who served in one of these branches"`
	Verification []Verification `json:"verification,omitempty" query:"verification,explode" maxItems:"4" enum:"unverified,pending,verified,not_confirmed" doc:"Only with a service record that stands so"`
	Region       []string       `json:"region,omitempty" query:"region,explode" maxItems:"20" maxLength:"80" doc:"Only in one of these states or provinces, as written; case and accents do not matter"`
	PostalCode   string         `json:"postal_code,omitempty" query:"postal_code" maxLength:"16" doc:"Only where the postal code begins so"`
	MinAge       int            `json:"min_age,omitempty" query:"min_age" minimum:"0" maximum:"130" doc:"Only this old or older today; who gave no birth date is left out"`
	MaxAge       int            `json:"max_age,omitempty" query:"max_age" minimum:"0" maximum:"130" doc:"Only this old or younger today; 0 for any"`
	HouseholdID  uuid.UUID      `json:"household_id,omitzero" required:"false" query:"household_id" doc:"Only who belongs to this household today"`
	Account      string         `json:"account,omitempty" query:"account" enum:"with,without" doc:"Only who can sign in, or cannot"`
	Referral     string         `json:"referral_source,omitempty" query:"referral_source" maxLength:"120" doc:"Only who came to us this way, as written; case and accents do not matter"`
	CreatedGTE   time.Time      `json:"created_gte,omitzero" required:"false" query:"created_gte" doc:"Only entered at or after this time"`
	CreatedLT    time.Time      `json:"created_lt,omitzero" required:"false" query:"created_lt" doc:"Only entered before this time"`
	UpdatedGTE   time.Time      `json:"updated_gte,omitzero" required:"false" query:"updated_gte" doc:"Only changed at or after this time"`
	UpdatedLT    time.Time      `json:"updated_lt,omitzero" required:"false" query:"updated_lt" doc:"Only changed before this time"`
}

// Scan implements sql.Scanner.
func (c *Criteria) Scan(src any) error { return scanJSON("criteria", src, c) }

// Value implements driver.Valuer.
func (c Criteria) Value() (driver.Value, error) { return valueJSON(c) }

// SavedSearch is a set of filters that staff gave a name. A shared one can be run by whoever may see members.
type SavedSearch struct {
	Record
	OwnerID uuid.UUID `json:"owner_id" privacy:"none,erase=keep" doc:"Who saved it, and alone may change it"`
	Name    string    `json:"name" privacy:"personal,erase=keep" example:"Post-9/11, North Carolina"`
	Shared  bool      `json:"shared" privacy:"none,erase=keep" doc:"Colleagues see and run it too"`
	Filter  Criteria  `json:"filter" gorm:"type:jsonb" privacy:"personal,erase=keep"`
}

// TableName implements Model.
func (SavedSearch) TableName() string { return "saved_searches" }

// Subjects implements Model.
func (SavedSearch) Subjects() []string { return []string{"owner_id"} }

// scanJSON reads a jsonb column; database/sql hands it over as text, pgx as bytes.
func scanJSON(what string, src, into any) error {
	switch v := src.(type) {
	case []byte:
		return json.Unmarshal(v, into)
	case string:
		return json.Unmarshal([]byte(v), into)
	}
	return fmt.Errorf("%s: cannot read %T", what, src)
}

func valueJSON(v any) (driver.Value, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
