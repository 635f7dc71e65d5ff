package coaching

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// viewer is who asks about engagements, with the people whom they may act for.
type viewer struct {
	actor  *services.Actor
	acting models.IDs
	coach  bool // coaches here now: who is suspended or archived has nobody to coach
	now    time.Time
}

// viewing reads whom the actor may act for, and whether they coach.
func viewing(db *gorm.DB, actor *services.Actor, now time.Time) (viewer, error) {
	v := viewer{actor: actor, now: now}
	if actor.Kind == models.ActorSystem {
		return v, nil
	}
	ties, err := people.TiesOf(db, actor.MemberID)
	if err != nil {
		return v, err
	}
	v.acting = ties.Acting(now)
	if !actor.Has(models.RoleCoach) {
		return v, nil
	}
	err = db.Raw(`select exists (select from coaches where id = ? and suspended_at is null and archived_at is null)`, actor.MemberID).Scan(&v.coach).Error
	return v, err
}

// takenPart are the engagements that a member takes part in or did, or that they entered for somebody whom they act for.
const takenPart = `select p.engagement_id from engagement_participants p where p.member_id = ? and p.state <> 'refused'
	union select p.engagement_id from engagement_participants p where p.entered_by = ? and p.member_id = any(?)`

// engagements is the scope over engagements, as e: those the viewer takes part in, those they coach, for a while after the end
// too, and of coordinators all but those of themselves, their own clients, people close to them, who need not want to take part, and records kept to others.
func (v viewer) engagements(db *gorm.DB) *gorm.DB {
	me := v.actor.MemberID
	switch {
	case v.actor.Kind == models.ActorSystem:
		return db
	case v.actor.Coordinates():
		return db.Where(`(e.id not in (select x.engagement_id from engagement_participants x where x.member_id = any(array(select cast(? as uuid) union all select closed_to(?, ?))))
				and e.coach_id is distinct from ?
				or e.coach_id = ? and ? and (e.closed_at is null or e.closed_at > ?) or e.id in (`+takenPart+`))`,
			me, me, models.DateOf(v.now), me, me, v.coach, v.openSince(), me, me, v.acting)
	case v.coach:
		return db.Where(`e.id = any(array(select c.id from engagements c where c.coach_id = ? and (c.closed_at is null or c.closed_at > ?) union `+takenPart+`))`, me, v.openSince(), me, me, v.acting)
	}
	return db.Where(`e.id = any(array(`+takenPart+`))`, me, me, v.acting)
}

// openSince is since when an engagement may be over that its last coach still reads.
func (v viewer) openSince() time.Time { return v.now.Add(-models.NotesKeptOpen) }

// sight is what somebody is to one engagement. Who takes part in it, or is close to somebody who does, is nothing else to it.
type sight struct {
	Participant bool // coached, or asked to be
	Left        bool // a participant no more: of two who were coached together
	Guardian    bool // entered it for somebody whom they act for: times and places, never words
	Coach       bool // its coach now
	Staff       bool // a coordinator: facts, never words
}

// sightOf says what the viewer, in whose scope the engagement is, is to it.
func (v viewer) sightOf(e *models.Engagement, participants []models.EngagementParticipant) sight {
	var s sight
	for i := range participants {
		p := &participants[i]
		switch {
		case p.MemberID == v.actor.MemberID && p.State != models.ParticipantRefused:
			s.Participant, s.Left = true, p.State == models.ParticipantLeft
		case p.EnteredBy != nil && *p.EnteredBy == v.actor.MemberID && slices.Contains(v.acting, p.MemberID):
			s.Guardian = true
		}
	}
	if s.Participant {
		return sight{Participant: true, Left: s.Left}
	}
	own := e.CoachID != nil && *e.CoachID == v.actor.MemberID
	s.Coach = own && v.coach && (e.ClosedAt == nil || e.ClosedAt.After(v.openSince()))
	s.Staff = !s.Guardian && !own && v.actor.Coordinates() || v.actor.Kind == models.ActorSystem
	return s
}

// engagement reads one in the viewer's scope, with its participants; locked in a use case that writes.
// Errors: not_found.
func (v viewer) engagement(db *gorm.DB, id uuid.UUID, lock bool) (*models.Engagement, []models.EngagementParticipant, error) {
	var e models.Engagement
	q := db.Table("engagements as e").Scopes(v.engagements).Where("e.id = ?", id)
	if lock {
		q = q.Clauses(forUpdate)
	}
	found := q.Limit(1).Find(&e)
	if found.Error != nil {
		return nil, nil, found.Error
	}
	if found.RowsAffected == 0 {
		return nil, nil, services.NotFound("engagement")
	}
	var participants []models.EngagementParticipant
	err := db.Where("engagement_id = ?", id).Order("id").Find(&participants).Error
	return &e, participants, err
}

// openEngagement locks an engagement in the actor's scope. Everything that happens in it, sessions too, happens under this
// lock; the resources of the calendar are locked after it.
// Errors: not_found; forbidden coach_suspended for its coach, who does not coach at present: what they wrote offline is not lost.
func openEngagement(tx *services.Tx, id uuid.UUID) (*models.Engagement, []models.EngagementParticipant, sight, error) {
	v, err := viewing(tx.DB, tx.Actor(), tx.Now())
	if err != nil {
		return nil, nil, sight{}, err
	}
	tx.Locks(services.LockEngagements)
	e, participants, err := v.engagement(tx.DB, id, true)
	if err != nil {
		return nil, nil, sight{}, v.suspended(tx.DB, id, err)
	}
	return e, participants, v.sightOf(e, participants), nil
}

var errNotCoaching = services.Forbidden(CodeCoachSuspended, "You do not coach at present. What you wrote stays as it is; talk to our staff.")

// suspended answers in place of an error why the coach of an engagement, who knows of it, has it in their scope no more.
func (v viewer) suspended(db *gorm.DB, id uuid.UUID, otherwise error) error {
	if !services.IsNotFound(otherwise) || v.coach || !v.actor.Has(models.RoleCoach) {
		return otherwise
	}
	own := false
	err := db.Raw(`select exists (select from engagements where id = ? and coach_id = ?)`, id, v.actor.MemberID).Scan(&own).Error
	if err == nil && own {
		err = errNotCoaching
	}
	return firstOf(err, otherwise)
}
