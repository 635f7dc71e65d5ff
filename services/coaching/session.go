package coaching

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Codes of sessions.
const (
	CodeSessionState   services.Code = "wrong_state"
	CodeSessionBegun   services.Code = "session_begun"
	CodePackageUsed    services.Code = "package_used"
	CodePlaceNotSeen   services.Code = "place_not_visible"
	CodeTooLate        services.Code = "too_late"
	CodeMovesUsed      services.Code = "moves_used"
	CodeTooEarly       services.Code = "too_early"
	CodeNotTheirCoach  services.Code = "not_their_coach"
	CodeSessionIDTaken services.Code = "id_taken"
)

// sourceSession is what sessions are called as records of tasks and messages, as sources in the calendar, and as occasions of a
// program.
const sourceSession = "coaching_session"

var _ = services.Meanings(map[string]*services.Error{
	"coaching_sessions_pkey":       errIDTaken,
	"coaching_sessions_moved_from": services.Conflict(CodeSessionState, "This session has been moved already. Read it again."),
})

// visit is one session with all that belongs to it, under the lock of its engagement.
type visit struct {
	tx           *services.Tx
	e            *models.Engagement
	participants []models.EngagementParticipant
	sight        sight
	session      models.CoachingSession
	people       []models.CoachingAttendance // whom it is for, by id
}

// openSession locks a session in the actor's scope.
// Errors: not_found.
func openSession(tx *services.Tx, id uuid.UUID) (*visit, error) {
	var of []struct{ EngagementID uuid.UUID }
	viewer, err := viewingWith(tx, services.Statement{SQL: `select engagement_id from coaching_sessions where id = $1`, Args: []any{id}, Scan: services.RowsInto(&of)})
	if err != nil {
		return nil, err
	}
	if len(of) == 0 {
		return nil, services.NotFound("session")
	}
	e, participants, sight, err := viewer.open(tx, of[0].EngagementID)
	if services.NotFound("").Is(err) {
		return nil, services.NotFound("session")
	}
	if err != nil {
		return nil, err
	}
	v := &visit{tx: tx, e: e, participants: participants, sight: sight}
	var sessions []models.CoachingSession
	one, err := services.Find(tx.DB.Where("id = ?", id).Clauses(forUpdate).Limit(1), &sessions)
	if err != nil {
		return nil, err
	}
	who, err := services.Find(tx.DB.Where("session_id = ?", id).Order("member_id"), &v.people)
	if err != nil {
		return nil, err
	}
	if err := tx.Batch(one, who); err != nil {
		return nil, err
	}
	if len(sessions) == 0 || !v.mine() {
		return nil, services.NotFound("session")
	}
	v.session = sessions[0]
	tx.Subject(v.members()...)
	return v, nil
}

// mine says whether the session is one that the actor sees of an engagement that they see: who takes part, or entered somebody
// who does, sees those that they are part of.
func (v *visit) mine() bool {
	if !v.sight.Participant && !v.sight.Guardian {
		return true
	}
	me := v.tx.Actor().MemberID
	return slices.ContainsFunc(v.people, func(a models.CoachingAttendance) bool {
		return a.MemberID == me || slices.ContainsFunc(v.participants, func(p models.EngagementParticipant) bool {
			return p.MemberID == a.MemberID && p.EnteredBy != nil && *p.EnteredBy == me
		})
	})
}

func (v *visit) members() []uuid.UUID {
	out := make([]uuid.UUID, len(v.people))
	for i := range v.people {
		out[i] = v.people[i].MemberID
	}
	return out
}

// client says whether the actor is one of those who are coached, or acts for one.
func (s sight) client() bool { return s.Participant || s.Guardian }

// works refuses what is the coach's and staff's to do.
// Errors: forbidden not_their_coach.
func (s sight) works() error {
	if s.Coach || s.Staff {
		return nil
	}
	return services.Forbidden(CodeNotTheirCoach, "Only the coach of this session, or a coordinator, can do this.")
}

// keep stores what became of the session.
func (v *visit) keep(change func(s *models.CoachingSession), columns ...string) error {
	before := v.session
	change(&v.session)
	return storeSession(v.tx, before, &v.session, columns...)
}

// storeSession stores columns of a session that changed.
func storeSession(tx *services.Tx, before models.CoachingSession, after *models.CoachingSession, columns ...string) error {
	after.Version, after.UpdatedAt = before.Version+1, tx.Now()
	tx.Changed(before, *after)
	return tx.DB.Model(after).Select(append(columns, "version", "updated_at")).Where("id = ?", after.ID).Updates(after).Error
}

// addSessions stores new sessions, and whom they are for. Their ids and times are their own; all else is that of the first. That an id
// is taken shows with the next statement that is answered.
func addSessions(tx *services.Tx, sessions []models.CoachingSession, members []uuid.UUID) {
	n := len(sessions)
	ids, chains, starts, ends := make([]uuid.UUID, n), make([]uuid.UUID, n), make([]time.Time, n), make([]time.Time, n)
	for i := range sessions {
		s := &sessions[i]
		s.Version, s.CreatedAt, s.UpdatedAt = 1, tx.Now(), tx.Now()
		tx.Changed(nil, *s)
		ids[i], chains[i], starts[i], ends[i] = s.ID, s.ChainID, s.StartsAt, s.EndsAt
	}
	s := &sessions[0]
	tx.Queue(`insert into coaching_sessions (id, chain_id, starts_at, ends_at, version, created_at, updated_at, engagement_id, coach_id, state, time_zone, modality, place, booked_by, series_id, sequence, moves, rescheduled_from)
		select s.id, s.chain_id, s.starts_at, s.ends_at, 1, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
		from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) as s(id, chain_id, starts_at, ends_at)`,
		ids, chains, starts, ends, tx.Now(), s.EngagementID, s.CoachID, string(s.State), s.TimeZone, string(s.Modality), s.Place, s.BookedBy, s.SeriesID, s.Sequence, s.Moves, s.RescheduledFrom)
	tx.Queue(`insert into coaching_attendance (session_id, member_id) select s.id, m.id from unnest($1::uuid[]) s(id), unnest($2::uuid[]) m(id)`, ids, members)
	tx.Subject(members...)
}

func idsOfSessions(sessions []models.CoachingSession) []uuid.UUID {
	ids := make([]uuid.UUID, len(sessions))
	for i := range sessions {
		ids[i] = sessions[i].ID
	}
	return ids
}
