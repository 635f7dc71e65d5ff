package people

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// GuardianshipChanged is the job that follows a guardianship which ended or came back: what its guardian entered for the
// child gets somebody else to look after it, or is the guardian's again. It is worked where places are.
type GuardianshipChanged struct {
	GuardianshipID uuid.UUID `json:"guardianship_id"`
}

// Kind implements services.JobArgs.
func (GuardianshipChanged) Kind() string { return "guardianship.changed" }

// endDue is the job that makes visible what ended by itself: with the 18th birthday, or the last day of an order.
type endDue struct{}

// Kind implements services.JobArgs.
func (endDue) Kind() string { return "guardianship.end_due" }

const (
	// endDueEvery is how long a party that a guardian shares with a child who has just turned 18 cannot be changed, at most.
	endDueEvery = 15 * time.Minute
	endBatch    = 500
	// A guardian who registers the child at the very moment when the right to do so ends may be the later one to commit. So
	// the places are looked at again for a day.
	toldAgainFor = 25 * time.Hour
	// contactWithin is how soon staff should have asked a new adult how to reach them.
	contactWithin = 3 * 24 * time.Hour
)

func (s *Service) endDue(ctx context.Context, job endDue) error {
	now := s.core.Clock.Now()
	// A day ahead of UTC it is a birthday already somewhere; the child's own zone decides, under the lock.
	ahead := models.DateOf(now.AddDate(0, 0, 1))
	due, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(`select g.id from guardianships g join members m on m.id = g.child_id
			where g.status in ('claimed', 'confirmed') and m.status not in ('deceased', 'merged') and (g.until < ? or m.birth_date <= ?)
			order by least(g.until, (m.birth_date + interval '18 years')::date), g.id limit ?`,
			ahead, models.DateOf(ahead.AddDate(-models.AdultAge, 0, 0)), endBatch).Scan(&ids).Error
	})
	for _, id := range due {
		_, failed := services.Mutate(services.AsSystem(ctx, job.Kind()), s.core, "guardianship.end_due", func(tx *services.Tx) (struct{}, error) {
			return struct{}{}, endOne(tx, id)
		})
		err = errors.Join(err, failed)
	}
	return errors.Join(err, s.tellAgain(ctx, job, now.Add(-toldAgainFor)))
}

// endOne ends a guardianship whose time has passed.
func endOne(tx *services.Tx, id uuid.UUID) error {
	tx.Unchanged()
	tx.Locks(services.LockMembers)
	g, err := guardianship(tx.DB.Clauses(forUpdate), id)
	if err != nil || !g.Status.Live() {
		return err
	}
	child, err := aloneByID(tx, g.ChildID)
	if err != nil || child.Gone() || g.InForce(child, today(tx, child)) {
		return err
	}
	before, at := *g, tx.Now()
	g.Status, g.ClosedAt, g.ClosedBy = models.GuardianshipEnded, &at, nil
	if err := storeGuardianship(tx, before, g); err != nil {
		return err
	}
	if err := closed(tx, g); err != nil || child.MinorOn(today(tx, child)) {
		return err
	}
	return ownContact(tx, child)
}

func aloneByID(tx *services.Tx, id uuid.UUID) (*models.Member, error) {
	var m models.Member
	return &m, tx.DB.Clauses(forUpdate).Where("id = ?", id).Take(&m).Error
}

// ownContact takes from a new adult's record the address and telephone that a guardian reads or answers, and asks staff to
// find out theirs.
func ownContact(tx *services.Tx, m *models.Member) error {
	var shared struct{ Email, Phone bool }
	err := tx.DB.Raw(`select coalesce(address_of_guardian(m.id, m.email), false) as email, exists (select from guardianships g join members p on p.id = g.guardian_id
		where g.child_id = m.id and g.status <> 'refused' and p.phone = m.phone) as phone from members m where m.id = ?`, m.ID).Scan(&shared).Error
	if err != nil || !shared.Email && !shared.Phone {
		return err
	}
	before := *m
	if shared.Email {
		m.Email = nil
	}
	if shared.Phone {
		m.Phone = nil
	}
	if err := storeMember(tx, before, m); err != nil {
		return err
	}
	_, err = tasks.Open(tx, tasks.New{Kind: models.TaskNewContact, MemberID: &m.ID, Record: "member", RecordID: &m.ID, Queue: "coordinators",
		Title: "Ask somebody who turned 18 how to reach them", DueAt: tx.Now().Add(contactWithin)})
	return err
}

// tellAgain repeats the job about every guardianship that closed lately.
func (s *Service) tellAgain(ctx context.Context, job endDue, since time.Time) error {
	closedLately, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(`select id from guardianships where closed_at > ? order by closed_at desc limit ?`, since, 2*endBatch).Scan(&ids).Error
	})
	if err != nil || len(closedLately) == 0 {
		return err
	}
	_, err = services.Mutate(services.AsSystem(ctx, job.Kind()), s.core, "guardianship.look_again", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		for _, id := range closedLately {
			if err := tx.Enqueue(GuardianshipChanged{id}, tx.Now()); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// Tie is what somebody had or has with a member whom they act or acted for.
type Tie struct {
	ID             uuid.UUID
	BirthDate      *models.Date
	Kinds          models.Texts[models.Kind]
	Status         models.MemberStatus
	TimeZone       string
	GuardianStatus *models.GuardianshipStatus
	GuardianUntil  *models.Date
	Caregiver      bool // and accepted to this day
}

// TiesSQL reads the ties of the person $1, the ended ones too.
const TiesSQL = `select m.id, m.birth_date, m.kinds, m.status, m.time_zone, t.guardian_status, t.guardian_until, t.caregiver from (
		select child_id as id, status as guardian_status, until as guardian_until, false as caregiver from guardianships where guardian_id = $1
		union all
		select other_id, null, null, status = 'accepted' from relationships where member_id = $1 and kind = 'caregiver' and status in ('accepted', 'ended') and asked_by is not null
	) t join members m on m.id = t.id`

// Ties are all ties of one person.
type Ties []Tie

// Released lists the members for whom the person once acted and may act no longer: the guardianship was refused, ended, its
// term passed or the child came of age; the adult unlinked from their caregiver. From that moment on they see nothing of
// what they entered for them. Judged at use, as every right to act is. A death changes nothing here.
func (ties Ties) Released(now time.Time) models.IDs {
	holds, order := map[uuid.UUID]bool{}, models.IDs{}
	for i := range ties {
		t := &ties[i]
		if _, seen := holds[t.ID]; !seen {
			holds[t.ID] = false
			order = append(order, t.ID)
		}
		c := charge{Member: models.Member{BirthDate: t.BirthDate, Kinds: t.Kinds, Status: t.Status, TimeZone: t.TimeZone},
			GuardianStatus: t.GuardianStatus, GuardianUntil: t.GuardianUntil, Caregiver: t.Caregiver}
		if c.Gone() || c.authority(now).Allowed {
			holds[t.ID] = true
		}
	}
	var out models.IDs
	for _, id := range order {
		if !holds[id] {
			out = append(out, id)
		}
	}
	return out
}

// Children lists the members whose guardian the person is at this moment.
func (ties Ties) Children(now time.Time) models.IDs {
	var out models.IDs
	for i := range ties {
		t := &ties[i]
		c := charge{Member: models.Member{BirthDate: t.BirthDate, Kinds: t.Kinds, Status: t.Status, TimeZone: t.TimeZone}, GuardianStatus: t.GuardianStatus, GuardianUntil: t.GuardianUntil}
		if c.guarded(now) {
			out = append(out, t.ID)
		}
	}
	return out
}

// Acting lists the members whom the person may act for at this moment: children as their guardian, adults as their caregiver.
func (ties Ties) Acting(now time.Time) models.IDs {
	var out models.IDs
	for i := range ties {
		t := &ties[i]
		c := charge{Member: models.Member{BirthDate: t.BirthDate, Kinds: t.Kinds, Status: t.Status, TimeZone: t.TimeZone},
			GuardianStatus: t.GuardianStatus, GuardianUntil: t.GuardianUntil, Caregiver: t.Caregiver}
		if c.authority(now).Allowed {
			out = append(out, t.ID)
		}
	}
	return out
}

// TiesOf reads the ties of one person.
func TiesOf(db *gorm.DB, person uuid.UUID) (Ties, error) {
	var ties Ties
	return ties, db.Raw(strings.ReplaceAll(TiesSQL, "$1", "@person"), sql.Named("person", person)).Scan(&ties).Error
}

// InForce says whether the guardianship lets its guardian act at this moment. Errors: not_found.
func InForce(tx *services.Tx, id uuid.UUID) (*models.Guardianship, bool, error) {
	g, err := guardianship(tx.DB, id)
	if err != nil {
		return nil, false, err
	}
	children, err := Load(tx, []uuid.UUID{g.ChildID})
	if err != nil || len(children) == 0 {
		return g, false, err
	}
	return g, g.InForce(&children[0], today(tx, &children[0])), nil
}
