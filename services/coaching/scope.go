package coaching

import (
	"slices"
	"strings"
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
	err = db.Raw(strings.ReplaceAll(coachesNow, "$1", "?"), actor.MemberID).Scan(&v.coach).Error
	return v, err
}

// coachesNow says whether $1 coaches here now.
const coachesNow = `select exists (select from coaches where id = $1 and suspended_at is null and archived_at is null)`

// viewingWith is viewing in a use case that writes, with other questions in the same round trip.
func viewingWith(tx *services.Tx, more ...services.Statement) (viewer, error) {
	v := viewer{actor: tx.Actor(), now: tx.Now()}
	if v.actor.Kind == models.ActorSystem {
		if len(more) == 0 {
			return v, nil
		}
		return v, tx.Batch(more...)
	}
	var ties people.Ties
	more = append(more, services.Statement{SQL: people.TiesSQL, Args: []any{v.actor.MemberID}, Scan: services.RowsInto((*[]people.Tie)(&ties))})
	if v.actor.Has(models.RoleCoach) {
		more = append(more, services.Statement{SQL: coachesNow, Args: []any{v.actor.MemberID}, Scan: services.ScanOne("coach", &v.coach)})
	}
	err := tx.Batch(more...)
	v.acting = ties.Acting(v.now)
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

// engagement reads one in the viewer's scope, with its participants.
// Errors: not_found.
func (v viewer) engagement(db *gorm.DB, id uuid.UUID) (*models.Engagement, []models.EngagementParticipant, error) {
	var e models.Engagement
	found := db.Table("engagements as e").Scopes(v.engagements).Where("e.id = ?", id).Limit(1).Find(&e)
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

// locked is engagement for a use case that writes: it locks it, and asks what else is to be asked under its lock.
// Errors: not_found.
func (v viewer) locked(tx *services.Tx, id uuid.UUID, more ...services.Statement) (*models.Engagement, []models.EngagementParticipant, error) {
	var found []models.Engagement
	var participants []models.EngagementParticipant
	one, err := services.Find(tx.DB.Table("engagements as e").Scopes(v.engagements).Where("e.id = ?", id).Clauses(forUpdate).Limit(1), &found)
	if err != nil {
		return nil, nil, err
	}
	who, err := services.Find(tx.DB.Where("engagement_id = ?", id).Order("id"), &participants)
	if err != nil {
		return nil, nil, err
	}
	tx.Locks(services.LockEngagements)
	if err := tx.Batch(append([]services.Statement{one, who}, more...)...); err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, services.NotFound("engagement")
	}
	return &found[0], participants, nil
}

// openEngagement locks an engagement in the actor's scope. Everything that happens in it, sessions too, happens under this
// lock; the resources of the calendar are locked after it. What else is asked is asked under the lock.
// Errors: not_found; forbidden coach_suspended for its coach, who does not coach at present: what they wrote offline is not lost.
func openEngagement(tx *services.Tx, id uuid.UUID, more ...services.Statement) (*models.Engagement, []models.EngagementParticipant, sight, error) {
	v, err := viewingWith(tx)
	if err != nil {
		return nil, nil, sight{}, err
	}
	return v.open(tx, id, more...)
}

func (v viewer) open(tx *services.Tx, id uuid.UUID, more ...services.Statement) (*models.Engagement, []models.EngagementParticipant, sight, error) {
	e, participants, err := v.locked(tx, id, more...)
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
