package coaching

import (
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

const coachStays = "whoever coaches is the one who is kept"

var links = services.Links(
	services.Link{Table: "coaches", Column: "id", Stays: coachStays},
	services.Link{Table: "coaches", Column: "supervisor_id"},
	services.Link{Table: "coach_clients", Column: "coach_id", Key: "member_id", Stays: coachStays},
	services.Link{Table: "coach_clients", Column: "member_id", Key: "coach_id", // that of the loser is nobody else's, either
		Unless: "exists (select from coach_clients w where w.coach_id = t.coach_id and w.member_id = $1)"},
	services.Link{Table: "coach_schedules", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "coach_overrides", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "coach_time_off", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "engagements", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "engagements", Column: "wanted_coach_id", Stays: coachStays},
	services.Link{Table: "engagements", Column: "requested_by"},
	services.Link{Table: "engagements", Column: "matched_by"},
	services.Link{Table: "engagement_participants", Column: "member_id",
		Unless: "exists (select from engagement_participants w where w.engagement_id = t.engagement_id and w.member_id = $1)"},
	services.Link{Table: "engagement_participants", Column: "entered_by"},
	services.Link{Table: "engagement_coaches", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "coaching_sessions", Column: "coach_id", Stays: coachStays},
	services.Link{Table: "coaching_sessions", Column: "booked_by"},
	services.Link{Table: "coaching_sessions", Column: "logged_by"},
	services.Link{Table: "coaching_sessions", Column: "reason_by"},
	services.Link{Table: "coaching_sessions", Column: "missed_by"},
	services.Link{Table: "coaching_attendance", Column: "member_id", Key: "session_id"},
	services.Link{Table: "hand_overs", Column: "from_coach_id", Stays: coachStays},
	services.Link{Table: "hand_overs", Column: "to_coach_id", Stays: coachStays},
	services.Link{Table: "hand_overs", Column: "proposed_by"},
	services.Link{Table: "hand_over_answers", Column: "member_id", Key: "hand_over_id",
		Unless: "exists (select from hand_over_answers w where w.hand_over_id = t.hand_over_id and w.member_id = $1)"},
	services.Link{Table: "hand_over_answers", Column: "answered_by", Key: "hand_over_id"},
	services.Link{Table: "coaching_notes", Column: "author_id"},
	services.Link{Table: "coaching_notes", Column: "member_id"},
	services.Link{Table: "coaching_note_texts", Column: "member_id",
		Unless: "exists (select from coaching_note_texts w where w.note_id = t.note_id and w.number = t.number and w.member_id = $1)"},
	services.Link{Table: "coaching_note_texts", Column: "written_by"},
	services.Link{Table: "break_glass", Column: "member_id", Unless: "t.opened_by = $1"},
	services.Link{Table: "break_glass", Column: "opened_by", Unless: "$1 in (t.member_id, t.closed_by, t.notice_sealed_by)"},
	services.Link{Table: "break_glass", Column: "closed_by", Unless: "t.opened_by = $1"},
	services.Link{Table: "break_glass", Column: "notice_sealed_by", Unless: "t.opened_by = $1"},
	services.Link{Table: "coaching_goals", Column: "member_id"},
	services.Link{Table: "coaching_goals", Column: "set_by"},
	services.Link{Table: "coaching_goal_moves", Column: "moved_by"},
	services.Link{Table: "coaching_actions", Column: "member_id"},
	services.Link{Table: "coaching_actions", Column: "owner_id"},
	services.Link{Table: "coaching_actions", Column: "set_by"},
	services.Link{Table: "coaching_actions", Column: "done_by"},
	services.Link{Table: "coaching_words", Column: "member_id",
		Unless: "exists (select from coaching_words w where w.member_id = $1 and (w.goal_id = t.goal_id or w.action_id = t.action_id))"},
	services.Link{Table: "coaching_logs", Column: "logged_by"},
)

// mergedTables are those whose rows an undo gives back.
var mergedTables = []string{"coaches", "coach_clients", "engagements", "engagement_participants", "coaching_sessions", "coaching_attendance", "hand_overs", "hand_over_answers", "coaching_notes",
	"coaching_note_texts", "break_glass", "coaching_goals", "coaching_goal_moves", "coaching_actions", "coaching_words", "coaching_logs"}

// CodeLoserCoaches says that the record of somebody who coaches is the one to keep.
const CodeLoserCoaches services.Code = "loser_coaches"

const (
	// lockTheirs keeps everybody else's hands off the engagements of the two, and of those whom they coach or entered.
	lockTheirs = `select e.id from engagements e where e.id in (select engagement_id from engagement_participants where member_id in ($1, $2)
			union select engagement_id from engagement_participants where entered_by in ($1, $2) union select id from engagements where coach_id in ($1, $2) and live)
		order by e.id for no key update of e`
	liveOfTwo = `select distinct on (e.id, p.member_id) e.*, p.member_id as of_member, p.entered_by from engagements e join engagement_participants p on p.engagement_id = e.id
		where e.live and p.state in ('asked', 'joined') and p.member_id in (?, ?) order by e.id, p.member_id`
)

// ofTwo is a live engagement of one of two records.
type ofTwo struct {
	models.Engagement `gorm:"embedded"`
	OfMember          uuid.UUID
	EnteredBy         *uuid.UUID
}

func (e *ofTwo) begun() bool {
	return e.State == models.EngagementActive || e.State == models.EngagementPaused
}

// Merge gives the winner the loser's engagements. Where both are coached at the same time, each alone or each with a partner, one
// engagement goes on, the winner's unless only the loser's has begun; the other ends as superseded and its coming sessions are
// called off. So ends one in which the two were a couple, and one of whom the other coaches. A wish of another guardian for the same
// child waits for staff. Whom a separation keeps from
// each other now, without having done so before, is held.
// Errors: conflict loser_coaches.
func Merge(m *services.Merge) error {
	coaches, err := m.Find(`select id from coaches where id = $1`, m.Loser)
	if err != nil {
		return err
	}
	if len(coaches) > 0 {
		return services.Conflict(CodeLoserCoaches, "The other record is that of somebody who coaches, whose clients know it. Keep that one and merge this one into it; if both coach, hand the clients of one over first.")
	}
	m.Tx.Locks(services.LockEngagements)
	if _, err := m.Find(lockTheirs, m.Winner, m.Loser); err != nil {
		return err
	}
	var live []ofTwo
	if err := m.Tx.DB.Raw(liveOfTwo, m.Winner, m.Loser).Scan(&live).Error; err != nil {
		return err
	}
	giving, err := engageAll(m.Tx, givingWay(m, live))
	if err != nil {
		return err
	}
	for _, g := range giving {
		step := superseded
		if g.twoGuardians(live) {
			step = keptAsSecond
		}
		if err := step(m, g); err != nil {
			return err
		}
	}
	supervised, err := m.Find(`select id from coaches where id = $1 and supervisor_id = $2`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	if err := m.Rewrite(models.MoveChanged, "coaches", supervised, `update coaches set supervisor_id = null where id = any($1)`); err != nil {
		return err
	}
	err = m.Remove("coaching_attendance", "session_id", `t.member_id = $2 and exists (select from coaching_attendance w where w.session_id = t.session_id and w.member_id = $1)`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	if err := m.Move(links...); err != nil {
		return err
	}
	return holdApart(m.Tx, clashesOfMerged, map[string]any{"winner": m.Winner, "loser": m.Loser, "day": models.SeparationDay(m.Tx.Now()).Time})
}

// givingWay are the engagements that cannot go on once the two are one.
func givingWay(m *services.Merge, live []ofTwo) (out []uuid.UUID) {
	gone := map[uuid.UUID]bool{}
	giveWay := func(e *ofTwo) {
		if !gone[e.ID] {
			gone[e.ID], out = true, append(out, e.ID)
		}
	}
	for i := range live {
		e := &live[i]
		couple := slices.ContainsFunc(live[:i], func(o ofTwo) bool { return o.ID == e.ID })
		if couple || e.CoachID != nil && *e.CoachID == m.Winner {
			giveWay(e)
		}
	}
	for i := range live {
		for j := range live {
			w, l := &live[i], &live[j]
			if w.OfMember != m.Winner || l.OfMember != m.Loser || w.Joint != l.Joint || gone[w.ID] || gone[l.ID] {
				continue
			}
			if l.begun() && !w.begun() {
				giveWay(w)
			} else {
				giveWay(l)
			}
		}
	}
	return out
}

// twoGuardians says whether a wish that would give way is that of one guardian for a child, beside another's.
func (g *engaging) twoGuardians(live []ofTwo) bool {
	if g.e.Joint || g.e.State != models.EngagementRequested || len(g.participants) == 0 || g.participants[0].EnteredBy == nil {
		return false
	}
	return slices.ContainsFunc(live, func(o ofTwo) bool {
		return o.ID != g.e.ID && !o.Joint && o.EnteredBy != nil && *o.EnteredBy != *g.participants[0].EnteredBy
	})
}

// keptAsSecond keeps it for staff to look at, as if both had asked for the one child: neither guardian learns of the other.
func keptAsSecond(m *services.Merge, g *engaging) error {
	err := m.Rewrite(models.MoveChanged, "engagement_participants", []uuid.UUID{g.participants[0].ID}, `update engagement_participants set state = 'refused' where id = any($1)`)
	if err != nil {
		return err
	}
	return m.Rewrite(models.MoveChanged, "engagements", []uuid.UUID{g.e.ID}, `update engagements set review = array_append(array_remove(review, $2), $2) where id = any($1)`, reviewSecond)
}

// superseded ends one of them. Who was to come to a session hears that it is called off, as of any.
func superseded(m *services.Merge, g *engaging) error {
	coming, err := sessionsAhead(m.Tx, g.e)
	if err != nil {
		return err
	}
	err = m.Watch(models.MoveSuperseded, "coaching_sessions", idsOfSessions(coming), func() error {
		_, err := callOffAhead(m.Tx, g.e, g.participants, models.CoachingCancelledByStaff, true)
		return err
	})
	if err != nil {
		return err
	}
	return m.Watch(models.MoveSuperseded, "engagements", []uuid.UUID{g.e.ID}, func() error { return g.endAs(models.EngagementEndSuperseded) })
}

// Unmerge gives the loser back what was theirs. An engagement that was superseded goes on again unless another was begun since, and
// its sessions are booked again while their time is to come and free; the rest is left for staff to see to.
func Unmerge(u *services.Unmerge) error {
	u.Tx.Locks(services.LockEngagements)
	var moved []uuid.UUID
	for _, table := range mergedTables {
		for _, move := range u.Of(table) {
			moved = append(moved, move.RowID)
		}
	}
	u.Tx.Queue(`select e.id from engagements e where e.id = any($1) or e.id in (select engagement_id from engagement_participants where id = any($1)
			union select engagement_id from coaching_sessions where id = any($1)) order by e.id for no key update of e`, moved)
	ended := func(m *models.MergeMove) (bool, error) {
		return m.What == models.MoveSuperseded, nil
	}
	if err := u.BackWith(mergedTables, ended); err != nil {
		return err
	}
	for _, move := range u.Of("engagements") {
		if move.What != models.MoveSuperseded {
			continue
		}
		done, err := u.Try(func() (bool, error) { return goesOnAgain(u, move) })
		if err != nil {
			return err
		}
		move.End(done)
	}
	for _, move := range u.Of("coaching_sessions") {
		if move.What != models.MoveSuperseded {
			continue
		}
		var was struct{ State models.CoachingState }
		if err := json.Unmarshal(*move.Before, &was); err != nil {
			return err
		}
		done, err := u.Try(func() (bool, error) { return bookAgain(u.Tx, move.RowID, was.State) })
		if err != nil {
			return err
		}
		move.End(done)
	}
	numberAgain(u.Tx, u.Winner, u.Loser) // a number that went back leaves who keeps sessions held since without one
	return nil
}

// goesOnAgain makes a superseded engagement what it was. A constraint refuses it where another was begun since.
func goesOnAgain(u *services.Unmerge, move *models.MergeMove) (bool, error) {
	rows, err := engageAll(u.Tx, []uuid.UUID{move.RowID})
	if err != nil || len(rows) == 0 || rows[0].e.EndReason == nil || *rows[0].e.EndReason != models.EngagementEndSuperseded {
		return false, err
	}
	was := rows[0].was
	if err := json.Unmarshal(*move.Before, &was); err != nil {
		return false, err
	}
	var why struct {
		PauseReason *models.PauseReason `json:"pause_reason"` // which nobody is told
	}
	if err := json.Unmarshal(*move.Before, &why); err != nil {
		return false, err
	}
	return true, rows[0].reopenAs(was.State, was.PausedAt, why.PauseReason, was.ResumeOn)
}
