package coaching

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/people"
	"homefront/services/tasks"
)

// What deaths end, by the name under which the effect is kept.
const (
	effectEngagement = "engagement"
	effectSession    = "coaching_session"
	effectCoach      = "coach"
)

// heldEngagement is what must be known of an engagement to give it back.
type heldEngagement struct {
	State       models.EngagementState `json:"state"`
	PausedAt    *time.Time             `json:"paused_at,omitempty"`
	PauseReason *models.PauseReason    `json:"pause_reason,omitempty"`
	ResumeOn    *models.Date           `json:"resume_on,omitempty"`
}

// heldSession is what must be known of a session that was called off to book it again, or that went to staff to take it from them.
type heldSession struct {
	EngagementID uuid.UUID            `json:"engagement_id"`
	State        models.CoachingState `json:"state"`
	ToStaffAt    *time.Time           `json:"to_staff_at,omitempty"`
}

// Depart ends the engagements of somebody who has died and calls off what was to come, and says nothing to anybody: their coach,
// and the other of a couple, are called by a person. Of a coach who has died the engagements stay as they are: their coming
// sessions wait for staff, who call each client and find another coach. The member's row is locked.
func Depart(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var ids []uuid.UUID
	err = tx.DB.Raw(`select p.engagement_id from engagement_participants p where p.member_id = ? and p.live and p.state in ('asked', 'joined')
		union select e.id from engagements e where e.coach_id = ? and e.state in ('matched', 'active', 'paused')`, memberID, memberID).Scan(&ids).Error
	if err != nil {
		return nil, err
	}
	tx.Locks(services.LockEngagements)
	rows, err := engageAll(tx, ids)
	if err != nil {
		return nil, err
	}
	near, err := people.CloseOnes(tx, memberID)
	if err != nil {
		return nil, err
	}
	for _, g := range rows {
		if !g.e.State.Live() {
			continue
		}
		d := departure{engaging: g, who: memberID, near: near}
		if err := d.end(); err != nil {
			return nil, err
		}
		out = append(out, d.effects...)
	}
	left, err := departCoach(tx, memberID)
	return append(out, left...), err
}

// departure takes somebody who has died out of one engagement.
type departure struct {
	*engaging
	who     uuid.UUID
	near    []models.Member // whom staff call anyway
	effects []models.DeathEffect
}

func (d *departure) end() error {
	if !slices.Contains(takingPart(d.participants), d.who) {
		return d.withoutCoach()
	}
	held := heldEngagement{d.e.State, d.e.PausedAt, d.e.PauseReason, d.e.ResumeOn}
	sessions, err := sessionsAhead(d.tx, d.e)
	if err != nil {
		return err
	}
	if _, err := callOffAhead(d.tx, d.e, d.participants, models.CoachingCancelledByStaff, false); err != nil {
		return err
	}
	if err := d.endAs(models.EngagementEndDied); err != nil {
		return err
	}
	d.effects = append(d.effects, models.NewDeathEffect(effectEngagement, d.e.ID, models.DeathEnded, held))
	for i := range sessions {
		d.effects = append(d.effects, models.NewDeathEffect(effectSession, sessions[i].ID, models.DeathEnded, heldSession{EngagementID: d.e.ID, State: sessions[i].State}))
	}
	if d.e.CoachID != nil && held.State != models.EngagementMatched {
		if err := d.call(*d.e.CoachID); err != nil {
			return err
		}
	}
	for _, id := range takingPart(d.participants) {
		if id != d.who {
			if err := d.call(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutCoach leaves it to staff to find another coach, and to call those who are coached. What is booked stays so until then. What
// staff have already, since the coach could not hold it anyway, is nothing that the death did.
func (d *departure) withoutCoach() error {
	sessions, err := sessionsAhead(d.tx, d.e)
	if err != nil {
		return err
	}
	if len(sessions) > 0 {
		now := d.tx.Now()
		d.tx.Queue(`update coaching_sessions set to_staff_at = coalesce(to_staff_at, $2), version = version + 1, updated_at = $2 where id = any($1)`, idsOfSessions(sessions), now)
		recallReminders(d.tx, idsOfSessions(sessions))
		task, err := openNewTimeTask(d.tx, d.e, d.participants, d.who)
		if err != nil {
			return err
		}
		had := false
		for i := range sessions {
			if s := &sessions[i]; s.ToStaffAt != nil {
				had = true
			} else {
				d.effects = append(d.effects, models.NewDeathEffect(effectSession, s.ID, models.DeathToStaff, heldSession{d.e.ID, s.State, &now}))
			}
		}
		if !had && task != uuid.Nil {
			d.effects = append(d.effects, models.NewDeathEffect("task", task, models.DeathOpened, nil))
		}
	}
	d.tx.Object(d.e.ID)
	for _, id := range takingPart(d.participants) {
		if err := d.call(id); err != nil {
			return err
		}
	}
	return nil
}

// call has a person call somebody. The title stands in lists and says nothing.
func (d *departure) call(member uuid.UUID) error {
	if slices.ContainsFunc(d.near, func(m models.Member) bool { return m.ID == member }) {
		return nil
	}
	task, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskCall, MemberID: &member, AlsoAbout: []uuid.UUID{d.who}, Record: engagementRecord, RecordID: &d.e.ID, Queue: "coordinators",
		Title: "Call this person, in person and with time", DueAt: d.tx.Now().AddDate(0, 0, 1)})
	d.effects = append(d.effects, models.NewDeathEffect("task", task, models.DeathOpened, nil))
	return err
}

// departCoach takes a coach out of the lists, and has staff find others for their clients.
func departCoach(tx *services.Tx, memberID uuid.UUID) (out []models.DeathEffect, err error) {
	var rows []models.Coach
	if err := tx.DB.Clauses(forUpdate).Where("id = ? AND archived_at IS NULL", memberID).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	before, c, now := rows[0], &rows[0], tx.Now()
	c.ArchivedAt, c.Version, c.UpdatedAt = &now, c.Version+1, now
	tx.Changed(before, *c)
	if err := tx.DB.Model(&models.Coach{}).Where("id = ?", c.ID).Select("archived_at", "version", "updated_at").Updates(c).Error; err != nil {
		return nil, err
	}
	out = append(out, models.NewDeathEffect(effectCoach, c.ID, models.DeathEnded, nil))
	var clients int64
	if err := tx.DB.Model(&models.Engagement{}).Where("coach_id = ? AND state IN ('matched', 'active', 'paused')", memberID).Count(&clients).Error; err != nil || clients == 0 {
		return out, err
	}
	task, err := tasks.Open(tx, tasks.New{Kind: models.TaskReassignClients, AlsoAbout: []uuid.UUID{memberID}, Record: effectCoach, RecordID: &c.ID, Queue: "coordinators",
		Title: "Find other coaches for the clients of this one, and call each of them", DueAt: now.AddDate(0, 0, 1)})
	return append(out, models.NewDeathEffect("task", task, models.DeathOpened, nil)), err
}

// endAs ends a live engagement for a reason that nobody chose, and tells nobody.
func (g *engaging) endAs(why models.EngagementEnd) error {
	if err := g.close(models.EngagementEnded, why); err != nil {
		return err
	}
	return g.save()
}

// reopenAs makes an engagement that endAs ended what it was, with its coach.
func (g *engaging) reopenAs(state models.EngagementState, pausedAt *time.Time, why *models.PauseReason, resumeOn *models.Date) error {
	ended := g.e.ClosedAt
	g.e.State, g.e.PausedAt, g.e.PauseReason, g.e.ResumeOn, g.e.ClosedAt, g.e.EndReason = state, pausedAt, why, resumeOn, nil, nil
	if err := g.save(); err != nil {
		return err
	}
	g.tx.Queue(`update engagement_coaches set ends_at = null, outcome = null where engagement_id = $1 and coach_id = $2 and ends_at = $3 and outcome = 'ended'`, g.e.ID, g.e.CoachID, ended)
	if state != models.EngagementRequested {
		return nil
	}
	return g.askDesk(models.TaskMatchCoach, "Find a coach for somebody who asked for one")
}

// HoldEffects locks the engagements of effects by their ids.
func HoldEffects(tx *services.Tx, effects []*models.DeathEffect) error {
	var ids []uuid.UUID
	for _, e := range effects {
		switch e.About {
		case effectEngagement:
			ids = append(ids, e.RecordID)
		case effectSession:
			var held heldSession
			if err := e.Held(&held); err != nil {
				return err
			}
			ids = append(ids, held.EngagementID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	tx.Locks(services.LockEngagements)
	_, err := engageAll(tx, ids)
	return err
}

// GiveBack undoes what Depart did to one row: an engagement goes on unless another was begun since, and a session is booked again
// while its time is free. Nobody is told: staff speak with the person.
func GiveBack(tx *services.Tx, e *models.DeathEffect) (models.DeathOutcome, error) {
	switch e.About {
	case effectEngagement:
		return reviveEngagement(tx, e)
	case effectSession:
		return reviveSession(tx, e)
	case effectCoach:
		tx.Queue(`update coaches set archived_at = null, version = version + 1, updated_at = $2 where id = $1`, e.RecordID, tx.Now())
		tx.Object(e.RecordID)
		return models.DeathGivenBack, nil
	}
	return models.DeathNotPossible, nil
}

func reviveEngagement(tx *services.Tx, effect *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldEngagement
	if err := effect.Held(&held); err != nil {
		return "", err
	}
	rows, err := engageAll(tx, []uuid.UUID{effect.RecordID})
	if err != nil || len(rows) == 0 || rows[0].e.EndReason == nil || *rows[0].e.EndReason != models.EngagementEndDied {
		return models.DeathSettled, err
	}
	var taken bool
	err = tx.DB.Raw(`select exists (select from engagement_participants p join engagement_participants o on o.member_id = p.member_id and o.joint = p.joint and o.live
		and o.state in ('asked', 'joined') where p.engagement_id = ? and p.state in ('asked', 'joined'))`, effect.RecordID).Scan(&taken).Error
	if err != nil || taken {
		return models.DeathNotPossible, err
	}
	return models.DeathGivenBack, rows[0].reopenAs(held.State, held.PausedAt, held.PauseReason, held.ResumeOn)
}

func reviveSession(tx *services.Tx, effect *models.DeathEffect) (models.DeathOutcome, error) {
	var held heldSession
	if err := effect.Held(&held); err != nil {
		return "", err
	}
	if held.ToStaffAt != nil {
		return takeFromStaff(tx, effect.RecordID, held)
	}
	done, err := bookAgain(tx, effect.RecordID, held.State)
	switch {
	case err != nil:
		return "", err
	case done:
		return models.DeathGivenBack, nil
	}
	return models.DeathNotPossible, nil
}

// takeFromStaff takes off the mark that the death of its coach left on a session, unless staff have settled it since. Who was never told
// that we look for another time is not told that this one holds.
func takeFromStaff(tx *services.Tx, id uuid.UUID, held heldSession) (models.DeathOutcome, error) {
	var rows []models.CoachingSession
	err := tx.DB.Clauses(forUpdate).Where("id = ? and live and to_staff_at = ? and starts_at > ?", id, held.ToStaffAt, tx.Now()).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return models.DeathSettled, err
	}
	before, s := rows[0], &rows[0]
	s.ToStaffAt, s.Version, s.UpdatedAt = nil, s.Version+1, tx.Now()
	tx.Changed(before, *s)
	return models.DeathGivenBack, tx.DB.Model(&models.CoachingSession{}).Where("id = ?", id).Select("to_staff_at", "version", "updated_at").Updates(s).Error
}

// bookAgain books a session that staff called off as it was, while its time is to come and free.
func bookAgain(tx *services.Tx, id uuid.UUID, as models.CoachingState) (bool, error) {
	var rows []models.CoachingSession
	err := tx.DB.Raw(`select s.* from coaching_sessions s join engagements e on e.id = s.engagement_id and e.coach_id = s.coach_id and e.state = 'active'
		where s.id = ? and s.state = 'cancelled_by_staff' and s.starts_at > ?`, id, tx.Now()).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return false, err
	}
	of, err := engageAll(tx, []uuid.UUID{rows[0].EngagementID})
	if err != nil || len(of) == 0 {
		return false, err
	}
	s, before := &rows[0], rows[0]
	b := &booking{tx: tx, e: of[0].e, participants: of[0].participants, members: takingPart(of[0].participants)}
	if err := tx.DB.Where("id = ?", s.CoachID).Take(&b.coach).Error; err != nil {
		return false, err
	}
	taken, err := calendar.HoldEach(tx, b.claim(s))
	if err != nil || taken[0] != nil {
		return false, err
	}
	s.State, s.ClosedAt, s.Sequence = as, nil, s.Sequence+1
	s.Version, s.UpdatedAt = s.Version+1, tx.Now()
	if err := tx.DB.Model(&models.CoachingSession{}).Where("id = ?", s.ID).Select("state", "closed_at", "sequence", "version", "updated_at").Updates(s).Error; err != nil {
		return false, err
	}
	tx.Changed(before, *s)
	return true, planSessions(tx, &b.coach, *s)
}
