package programs

import (
	"slices"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// bench is what steps work on: enrollments with their programs and cohorts, all under their locks.
type bench struct {
	tx       *services.Tx
	programs map[uuid.UUID]*models.Program
	cohorts  map[uuid.UUID]*models.Cohort
	people   map[uuid.UUID]models.Member
	rows     []*models.Enrollment
	editions map[uuid.UUID]int                              // of the rows, before anything ended by itself
	apart    *people.Separations                            // nil: not asked, as when nobody gets a place
	judged   map[uuid.UUID]map[uuid.UUID]models.Eligibility // by program, then by member
	later    *afterwards                                    // nil: what follows from a step is done with it
}

// benchOf says what is to lie on a bench.
type benchOf struct {
	Enrollments []uuid.UUID
	Scope       func(*gorm.DB) *gorm.DB // which of the enrollments the caller may change; nil: all
	Programs    []uuid.UUID             // beside those of the enrollments
	Cohorts     []uuid.UUID             // beside those of the enrollments; of one of the programs
	Members     []uuid.UUID             // who come new
	Beside      []uuid.UUID             // for whose sake, too, separations are asked about
	Apart       bool                    // somebody may get a place, or is held already: what separations say is asked, before anything is locked
}

// openBench locks, in the one order, the members whom separations concern, the programs, the cohorts and the enrollments,
// and lets end what has ended by itself. Cohort and state of an enrollment change only under its program's lock.
// Errors: not_found for an enrollment or program; invalid unknown_cohort.
func openBench(tx *services.Tx, of benchOf) (*bench, error) {
	b := &bench{tx: tx, programs: map[uuid.UUID]*models.Program{}, cohorts: map[uuid.UUID]*models.Cohort{}, people: map[uuid.UUID]models.Member{}, editions: map[uuid.UUID]int{}}
	known, err := b.find(&of)
	if err != nil {
		return nil, err
	}
	if of.Apart && len(of.Members) > 0 {
		b.apart = people.SeparationsOf(tx, append(slices.Clone(of.Members), of.Beside...)...)
		if err := tx.Batch(b.apart.Lock(), b.apart.Read()); err != nil {
			return nil, err
		}
	}
	if err := b.lock(&of); err != nil {
		return nil, err
	}
	members, err := people.Load(tx, of.Members)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		b.people[m.ID] = m
	}
	for _, e := range b.rows {
		if e.MemberID != known[e.ID] {
			return nil, services.Unavailable(services.CodeBusy, "Two records of this person are being merged. Try again shortly.")
		}
		b.editions[e.ID] = e.Version
		if err := b.settle(e); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// find learns whose enrollments they are, and of which programs: neither changes but by a merge.
func (b *bench) find(of *benchOf) (map[uuid.UUID]uuid.UUID, error) {
	known := map[uuid.UUID]uuid.UUID{}
	if len(of.Enrollments) == 0 {
		return known, nil
	}
	var found []struct {
		ID, ProgramID, MemberID uuid.UUID
		Held                    bool
	}
	q := b.tx.DB.Table("enrollments").Select("enrollments.id, enrollments.program_id, enrollments.member_id, 'held' = any(enrollments.review) as held").Where("enrollments.id IN ?", of.Enrollments)
	if of.Scope != nil {
		q = q.Scopes(of.Scope)
	}
	if err := q.Find(&found).Error; err != nil {
		return nil, err
	}
	for _, f := range found {
		known[f.ID] = f.MemberID
		of.Programs, of.Members, of.Apart = append(of.Programs, f.ProgramID), append(of.Members, f.MemberID), of.Apart || f.Held
	}
	for _, id := range of.Enrollments {
		if _, ok := known[id]; !ok {
			return nil, services.NotFound("enrollment")
		}
	}
	return known, nil
}

func (b *bench) lock(of *benchOf) error {
	for _, id := range inOrder(of.Programs) {
		p, err := lockProgram(b.tx, id)
		if err != nil {
			return err
		}
		b.programs[id] = p
	}
	var theirs []uuid.UUID
	if len(of.Enrollments) > 0 {
		if err := b.tx.DB.Table("enrollments").Where("id IN ? AND cohort_id IS NOT NULL", of.Enrollments).Pluck("cohort_id", &theirs).Error; err != nil {
			return err
		}
	}
	if err := b.lockCohorts(inOrder(append(theirs, of.Cohorts...))); err != nil || len(of.Enrollments) == 0 {
		return err
	}
	b.tx.Locks(services.LockEnrollments)
	return b.tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id IN ?", of.Enrollments).Order("id").Find(&b.rows).Error
}

func (b *bench) lockCohorts(ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	var of []struct{ ID, ProgramID uuid.UUID }
	if err := b.tx.DB.Table("cohorts").Select("id, program_id").Where("id IN ?", ids).Find(&of).Error; err != nil {
		return err
	}
	for _, id := range ids {
		i := slices.IndexFunc(of, func(c struct{ ID, ProgramID uuid.UUID }) bool { return c.ID == id })
		if i < 0 || b.programs[of[i].ProgramID] == nil {
			return errUnknownCohort
		}
		c, err := lockCohort(b.tx, of[i].ProgramID, id)
		if err != nil {
			return err
		}
		b.cohorts[id] = c
	}
	return nil
}

func inOrder(ids []uuid.UUID) []uuid.UUID {
	out := slices.Clone(ids)
	slices.SortFunc(out, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(out)
}

// settle lets a pause end whose day has come, before anything else happens to it.
func (b *bench) settle(e *models.Enrollment) error {
	if e.StateOn(b.programs[e.ProgramID].Today(b.tx.Now())) == e.State {
		return nil
	}
	return b.step(e, models.StepResume, StepInput{Itself: true})
}

// again reads an enrollment as this transaction has stored it: its sums may have changed with it.
func (b *bench) again(id uuid.UUID) (*models.Enrollment, error) {
	var e models.Enrollment
	return &e, b.tx.DB.Where("id = ?", id).Take(&e).Error
}
