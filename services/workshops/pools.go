package workshops

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// Codes of changes that those who are registered stand in the way of.
const (
	CodeCapacityTaken    services.Code = "capacity_below_taken"
	CodeHasRegistrations services.Code = "has_registrations"
)

var _ = services.Meanings(map[string]*services.Error{
	"pools_not_oversold": services.Conflict(CodeCapacityTaken, "More seats are taken than that. Read the workshop again, then choose a capacity that holds them."),
	"attendees_pool":     services.Conflict(CodeHasRegistrations, "People have registered for this. Make a new workshop for another form of it."),
})

// lockAllPools takes the locks of a workshop's pools: from then on nobody takes or frees a seat of it but us.
func lockAllPools(tx *services.Tx, workshopID uuid.UUID) ([]models.Pool, error) {
	tx.Locks(services.LockPools)
	var pools []models.Pool
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("workshop_id = ?", workshopID).Order("id").Find(&pools).Error
	return pools, err
}

// syncPools gives a workshop the pools that its plan asks for, with their capacities. Seats that are added go to those
// who wait; promote is called once, with everything changed.
// Errors: conflict capacity_below_taken, which says where and how many; conflict has_registrations when a pool would go.
func syncPools(tx *services.Tx, w models.Workshop) error {
	pools, err := lockAllPools(tx, w.ID)
	if err != nil {
		return err
	}
	wanted, err := poolsOf(tx, w)
	if err != nil {
		return err
	}
	var changed []uuid.UUID
	var short []services.FieldError
	for _, p := range pools {
		key := keyOf(p)
		want, stays := wanted[key]
		delete(wanted, key)
		if !stays {
			tx.Changed(p, nil)
			tx.Queue(`delete from pools where id = $1`, p.ID)
			continue
		}
		if p.Capacity == want.Capacity && sameInt(p.ChildCapacity, want.ChildCapacity) {
			continue
		}
		if !p.Holds(want.Capacity, want.ChildCapacity) {
			short = append(short, tooLow(p, want))
			continue
		}
		after := p
		after.Capacity, after.ChildCapacity = want.Capacity, want.ChildCapacity
		tx.Changed(p, after)
		tx.Queue(`update pools set capacity = $2, child_capacity = $3 where id = $1`, p.ID, want.Capacity, want.ChildCapacity)
		changed = append(changed, p.ID)
	}
	if len(short) > 0 {
		refused := services.Conflict(CodeCapacityTaken, "%s", short[0].Message)
		refused.Fields = short
		return refused
	}
	for _, p := range wanted {
		tx.Changed(nil, p)
		tx.Queue(`insert into pools (id, workshop_id, session_id, mode, capacity, child_capacity) values ($1, $2, $3, $4, $5, $6)`,
			p.ID, p.WorkshopID, p.SessionID, p.Mode, p.Capacity, p.ChildCapacity)
	}
	if len(changed) == 0 || w.Visibility != models.VisibilityPublished {
		return nil
	}
	return promote(tx, changed)
}

// poolKey is what a pool is for.
type poolKey struct {
	session uuid.UUID
	mode    models.AttendanceMode
}

func keyOf(p models.Pool) (k poolKey) {
	if p.SessionID != nil {
		k.session = *p.SessionID
	}
	if p.Mode != nil {
		k.mode = *p.Mode
	}
	return k
}

// poolsOf are the pools that a plan asks for. A cancelled session keeps its own, so that it can be restored.
func poolsOf(tx *services.Tx, w models.Workshop) (map[poolKey]models.Pool, error) {
	of := []*models.WorkshopSession{nil}
	if w.AttendanceMode == models.AttendDropIn {
		sessions, err := sessionsOf(tx, w.ID)
		if err != nil {
			return nil, err
		}
		of = of[:0]
		for i := range sessions {
			of = append(of, &sessions[i])
		}
	}
	wanted := map[poolKey]models.Pool{}
	for _, s := range of {
		for _, mode := range w.Format.Modes() {
			p := models.Pool{ID: services.NewID(), WorkshopID: w.ID, Mode: mode}
			p.Capacity, p.ChildCapacity = w.Seats(mode, s)
			if s != nil {
				p.SessionID = &s.ID
			}
			wanted[keyOf(p)] = p
		}
	}
	return wanted, nil
}

// tooLow says how many are seated where the new capacity would not hold them.
func tooLow(p, want models.Pool) services.FieldError {
	where := ""
	if p.Mode != nil {
		where = " " + strings.ReplaceAll(string(*p.Mode), "_", " ")
	}
	if want.ChildCapacity != nil && p.TakenChildren > *want.ChildCapacity {
		return services.FieldError{Field: "/child_capacity", Code: CodeCapacityTaken,
			Message: fmt.Sprintf("%d seats for children are taken%s, so there cannot be %d. Move or cancel registrations first.", p.TakenChildren, where, *want.ChildCapacity)}
	}
	taken := p.Taken
	if want.ChildCapacity != nil {
		taken -= p.TakenChildren
	}
	field := "/capacity"
	if p.Mode != nil && *p.Mode == models.ModeOnline {
		field = "/online_capacity"
	}
	return services.FieldError{Field: field, Code: CodeCapacityTaken,
		Message: fmt.Sprintf("%d seats are taken%s, so there cannot be %d. Move or cancel registrations first.", taken, where, want.Capacity)}
}

func sameInt(a, b *int) bool { return a == b || (a != nil && b != nil && *a == *b) }
