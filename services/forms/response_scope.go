package forms

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// eventWindow is for how long before and after an event those who lead it see what its people answered.
const eventWindow = 7 * 24 * time.Hour

// ledSQL are the places in workshops that a member leads, in whole or one session of, around the time of it. Its arguments:
// the member, the moment until which it must have begun, the one after which it must have ended; then the same again.
const ledSQL = `select a.id from workshop_facilitators f join workshops w on w.id = f.workshop_id and w.visibility in ('published', 'completed')
		join registrations r on r.workshop_id = w.id and r.state = 'confirmed' join attendees a on a.registration_id = r.id and a.state = 'attending'
		where f.member_id = ? and w.starts_at <= ? and w.ends_at > ?
	union all select a.id from session_facilitators f join workshop_sessions s on s.id = f.session_id and s.status <> 'cancelled' join workshops w on w.id = s.workshop_id and w.visibility in ('published', 'completed')
		join registrations r on r.workshop_id = w.id and (r.session_id is null or r.session_id = s.id) and r.state = 'confirmed'
		join attendees a on a.registration_id = r.id and a.state = 'attending'
		where f.member_id = ? and s.starts_at <= ? and s.ends_at > ?`

// handled is the scope of the staff over form_responses: coordinators all of them, facilitators those of people who come to
// what they lead, from a week before to a week after. Nobody handles their own, those of people close to them, or records kept
// to others.
func handled(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		db = db.Scopes(actor.NotOwn("form_responses.member_id", now))
		switch {
		case actor.Coordinates():
			return db
		case actor.Has(models.RoleFacilitator):
			begun, over := now.Add(eventWindow), now.Add(-eventWindow)
			return db.Where("form_responses.record = 'attendee' AND form_responses.record_id IN ("+ledSQL+")", actor.MemberID, begun, over, actor.MemberID, begun, over)
		}
		return db.Where("false")
	}
}

// own is the scope of a person over form_responses: what is about them, and what they entered for somebody whom they may act
// for still. What another guardian entered is not theirs.
func own(member uuid.UUID, acting models.IDs) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if len(acting) == 0 {
			return db.Where("form_responses.member_id = ?", member)
		}
		return db.Where(`form_responses.id IN (SELECT id FROM form_responses WHERE member_id = ?
			UNION SELECT id FROM form_responses WHERE entered_by = ? AND member_id IN ?)`, member, member, []uuid.UUID(acting))
	}
}

// sightOf says what somebody may see and do with a response.
type sightOf struct {
	Own     bool // about them, or entered by them for somebody whom they may act for
	Theirs  bool // their own entry, to answer and to change
	Handles bool // as staff; coordinators may record what they are told
}

// look is a response with its person, as far as the caller may see it.
type look struct {
	models.FormResponse `gorm:"embedded"`
	Title               string
	Description         string
	BirthDate           *models.Date
	Kinds               models.Texts[models.Kind]
	TimeZone            string
	GivenName           string
	PreferredName       *string
	FamilyName          string

	sight sightOf `gorm:"-"`
}

func (l *look) member() *models.Member {
	return &models.Member{Record: models.Record{ID: l.MemberID}, BirthDate: l.BirthDate, Kinds: l.Kinds, TimeZone: l.TimeZone, GivenName: l.GivenName, PreferredName: l.PreferredName, FamilyName: l.FamilyName}
}

const lookColumns = `form_responses.*, f.title, f.description, m.birth_date, m.kinds, m.time_zone, m.given_name, m.preferred_name, m.family_name`

func lookRows(db *gorm.DB) *gorm.DB {
	return db.Table("form_responses").Select(lookColumns).Joins("JOIN forms f ON f.id = form_responses.form_id").Joins("JOIN members m ON m.id = form_responses.member_id")
}

// seen reads a response that the caller may see, as the person or as staff; lock holds the row.
// Errors: not_found, the same for one that is hidden and one that is not there.
func seen(tx *services.Tx, id uuid.UUID, lock bool) (*look, error) {
	actor, now := tx.Actor(), tx.Now()
	q := lookRows(tx.DB).Where("form_responses.id = ?", id)
	if lock {
		q = q.Clauses(lockResponse)
	}
	var found []look
	if err := q.Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoResponse
	}
	l := &found[0]
	if err := l.belongs(tx); err != nil {
		return nil, err
	}
	if l.sight.Own {
		return l, nil
	}
	var n int64
	if err := tx.DB.Table("form_responses").Scopes(handled(actor, now)).Where("form_responses.id = ?", id).Count(&n).Error; err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errNoResponse
	}
	l.sight.Handles = true
	return l, nil
}

// belongs finds out whether the response is the caller's own. A minor reads what a guardian entered about them and leaves it
// as it is: what they changed in it would be read by that guardian.
func (l *look) belongs(tx *services.Tx) error {
	actor := tx.Actor()
	if actor.MemberID == uuid.Nil {
		return nil
	}
	if l.MemberID == actor.MemberID {
		l.sight = sightOf{Own: true, Theirs: l.EnteredBy == actor.MemberID || !l.member().MinorOn(l.member().Today(tx.Now()))}
		return nil
	}
	if l.EnteredBy != actor.MemberID {
		return nil
	}
	may, err := people.MayActFor(tx, actor, l.MemberID)
	if may {
		l.sight = sightOf{Own: true, Theirs: true}
	}
	return err
}
