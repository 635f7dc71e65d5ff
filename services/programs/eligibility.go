package programs

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Target is what has the rules: a program, or a workshop. With WorkshopID set, ProgramID is the program it belongs to, which
// is looked up when it is left out and a rule means "this program".
type Target struct{ ProgramID, WorkshopID *uuid.UUID }

// waivers is the scope of the waivers that are for the target.
func (t Target) waivers(db *gorm.DB) *gorm.DB {
	if t.WorkshopID != nil {
		return db.Where("eligibility_waivers.workshop_id = ?", *t.WorkshopID)
	}
	return db.Where("eligibility_waivers.program_id = ?", t.ProgramID)
}

// Judge says of each member what the rules say to what is known of them, ages being those of the day on, with what was waived
// for them. The answer is for staff: whoever shows it to the person asks ForMember first, to somebody who acts for the person
// ForGuardian. An id that is nobody's is left out. Without rules it asks the database nothing; otherwise at most nine
// queries, however many members.
func Judge(db *gorm.DB, now time.Time, t Target, rules models.Rules, on models.Date, members ...uuid.UUID) (map[uuid.UUID]models.Eligibility, error) {
	out := make(map[uuid.UUID]models.Eligibility, len(members))
	if len(rules) == 0 {
		for _, id := range members {
			out[id] = rules.Judge(nil, nil)
		}
		return out, nil
	}
	facts, err := people.EligibilityFacts(db, now, on, members)
	if err != nil || len(facts) == 0 {
		return out, err
	}
	if err := programFacts(db, now, t, rules, facts); err != nil {
		return nil, err
	}
	waived, err := waivedFor(db, t, members)
	for id, f := range facts {
		out[id] = rules.Judge(f, waived[id])
	}
	return out, err
}

// JudgeIn is Judge by the rules of a program as they stand now, for what people do in it without being enrolled. Errors: not_found.
func JudgeIn(db *gorm.DB, now time.Time, programID uuid.UUID, members ...uuid.UUID) (map[uuid.UUID]models.Eligibility, error) {
	r, err := ruledBy(db, now, Target{ProgramID: &programID})
	if err != nil {
		return nil, err
	}
	return Judge(db, now, Target{ProgramID: &programID}, r.Rules, r.On, members...)
}

// programFacts adds what the members, and those who live with them, have to do with the programs that the rules name.
func programFacts(db *gorm.DB, now time.Time, t Target, rules models.Rules, facts map[uuid.UUID]*models.Facts) error {
	named, this := rules.Programs()
	if len(named) == 0 && !this {
		return nil
	}
	own := t.ProgramID
	if own == nil && t.WorkshopID != nil {
		var of struct{ ProgramID *uuid.UUID }
		if err := db.Raw("SELECT program_id FROM workshops WHERE id = ?", *t.WorkshopID).Scan(&of).Error; err != nil {
			return err
		}
		own = of.ProgramID
	}
	names, err := NamesSeen(db, now, named)
	if err != nil {
		return err
	}
	if own != nil && !slices.Contains(named, *own) {
		named = append(named, *own)
	}
	stand, err := standings(db, named, facts)
	if err != nil {
		return err
	}
	for id, f := range facts {
		f.ProgramID, f.ProgramNames = own, names
		for _, s := range stand[id] {
			if t.ProgramID != nil && *t.ProgramID == s.ProgramID {
				s.HadPlace = s.HadBefore // the place that they have or ask for is none of before
			}
			f.Programs = append(f.Programs, s.Standing)
		}
		for _, other := range f.Household {
			for _, s := range stand[other] {
				if s.HadPlace {
					f.HouseholdHad = append(f.HouseholdHad, s.ProgramID)
				}
			}
		}
	}
	return nil
}

// NamesSeen are the names of programs for the sentences of rules, as far as they are the caller's to know: one that is planned
// behind closed doors is not named to members.
func NamesSeen(db *gorm.DB, now time.Time, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	actor, err := services.ActorFrom(db.Statement.Context)
	if err != nil {
		return nil, err
	}
	return programNames(db.Scopes(Visible(actor, now)), ids)
}

func programNames(db *gorm.DB, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	var rows []models.Program
	err := db.Select("id", "name").Where("id IN ?", ids).Find(&rows).Error
	for i := range rows {
		names[rows[i].ID] = rows[i].Name
	}
	return names, err
}

// memberStanding is whose standing it is, too.
type memberStanding struct {
	MemberID uuid.UUID
	models.Standing
	HadBefore bool // in an enrollment that has ended
}

// standings says how the members, and those who live with them, stand with programs. Who was ever given a place had one,
// whatever came of it.
func standings(db *gorm.DB, programs []uuid.UUID, facts map[uuid.UUID]*models.Facts) (map[uuid.UUID][]memberStanding, error) {
	out := map[uuid.UUID][]memberStanding{}
	var whom []uuid.UUID
	for id, f := range facts {
		whom = append(append(whom, id), f.Household...)
	}
	if len(programs) == 0 {
		return out, nil
	}
	var rows []memberStanding
	err := db.Raw(`SELECT member_id, program_id, bool_or(state IN ('enrolled', 'active', 'paused')) AS has_place, bool_or(enrolled_at IS NOT NULL) AS had_place,
		bool_or(enrolled_at IS NOT NULL AND NOT live) AS had_before,
		bool_or(state = 'completed') AS completed FROM enrollments WHERE member_id IN ? AND program_id IN ? GROUP BY member_id, program_id`, whom, programs).Scan(&rows).Error
	for _, r := range rows {
		out[r.MemberID] = append(out[r.MemberID], r)
	}
	return out, err
}

func waivedFor(db *gorm.DB, t Target, members []uuid.UUID) (map[uuid.UUID]map[string]bool, error) {
	var rows []models.EligibilityWaiver
	err := db.Select("member_id", "rule_key").Scopes(t.waivers).Where("member_id IN ? AND withdrawn_at IS NULL", members).Find(&rows).Error
	out := map[uuid.UUID]map[string]bool{}
	for _, w := range rows {
		if out[w.MemberID] == nil {
			out[w.MemberID] = map[string]bool{}
		}
		out[w.MemberID][w.RuleKey] = true
	}
	return out, err
}

// RulesDay is the day on which ages count in a program: its first, or today once that has passed.
func RulesDay(p *models.Program, now time.Time) models.Date {
	on := p.Today(now)
	if p.StartsOn != nil && p.StartsOn.After(on.Time) {
		return *p.StartsOn
	}
	return on
}

// ruled is what has rules, as far as it takes to judge by them.
type ruled struct {
	Rules models.Rules
	On    models.Date
}

// ruledBy reads the rules of a target and the day on which ages count: of a workshop that of its first session, today while
// it has none. Errors: not_found.
func ruledBy(db *gorm.DB, now time.Time, t Target) (*ruled, error) {
	if t.WorkshopID == nil {
		p, err := program(db, *t.ProgramID)
		if err != nil {
			return nil, err
		}
		return &ruled{p.Rules, RulesDay(p, now)}, nil
	}
	var rows []models.Workshop
	if err := db.Select("id", "rules", "starts_at", "time_zone").Where("id = ?", *t.WorkshopID).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("workshop")
	}
	begins := now
	if rows[0].StartsAt != nil {
		begins = *rows[0].StartsAt
	}
	return &ruled{rows[0].Rules, models.DayIn(begins, rows[0].TimeZone)}, nil
}

// CheckRules says everything that is wrong with rules that are about to be stored: their shape, and programs that do not
// exist. pointer is where they are in the body.
func CheckRules(tx *services.Tx, pointer string, rules models.Rules) ([]services.FieldError, error) {
	var wrong []services.FieldError
	for _, f := range rules.Check(pointer) {
		wrong = append(wrong, services.FieldError{Field: f.Pointer, Code: services.Code(f.Code), Message: f.Message})
	}
	named, _ := rules.Programs()
	if len(named) == 0 || len(wrong) > 0 {
		return wrong, nil
	}
	known, err := programNames(tx.DB, named)
	return unknownPrograms(pointer, rules, known), err
}

func unknownPrograms(at string, rules []models.Rule, known map[uuid.UUID]string) (wrong []services.FieldError) {
	for i := range rules {
		place := fmt.Sprintf("%s/%d", at, i)
		for j, id := range rules[i].ProgramIDs {
			if _, ok := known[id]; !ok {
				wrong = append(wrong, services.FieldError{Field: fmt.Sprintf("%s/program_ids/%d", place, j), Code: "unknown_program", Message: "There is no such program."})
			}
		}
		wrong = append(wrong, unknownPrograms(place+"/rules", rules[i].Rules, known)...)
	}
	return wrong
}
