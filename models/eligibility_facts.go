package models

import "github.com/google/uuid"

// Facts is what is known of one person on one day. Whoever asks supplies them: the rules read nothing themselves.
type Facts struct {
	MemberID  uuid.UUID
	On        Date // ages count on this day
	Kinds     []Kind
	BirthDate *Date
	Gender    *Gender
	Region    string
	Country   string
	Service   []ServiceRecord
	Consents  []ConsentKind // granted and in force

	// ProgramID is what a rule means by "this program"; nil when there is none.
	ProgramID *uuid.UUID
	// ProgramNames are the names of the programs that the rules name, for the sentences.
	ProgramNames map[uuid.UUID]string
	Programs     []Standing

	// Household is who else lives with them today, in every household they belong to; InHousehold says that we know of one.
	InHousehold  bool
	Household    []uuid.UUID
	HouseholdHad []uuid.UUID // programs in which one of those others has, or had, a place
}

// Standing is how somebody stands with one program.
type Standing struct {
	ProgramID uuid.UUID
	HasPlace  bool // now
	HadPlace  bool // now or at any time before
	Completed bool
}

// RuleFault is what is wrong with a rule as it was written. Pointer is a JSON pointer.
type RuleFault struct{ Pointer, Code, Message string }
