package coaching

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/online"
)

// Codes of what keeps somebody from joining.
const (
	CodeSessionOver services.Code = "over"
	CodeNoRoom      services.Code = "no_room"
)

// How long before the start those who are coached join, and the coach; and how long after the end at least both.
const (
	clientsJoin = 15 * time.Minute
	coachJoins  = time.Hour
	staysOpen   = 15 * time.Minute
)

// CoachingJoinState is whether it is time to meet.
type CoachingJoinState struct {
	SessionID uuid.UUID       `json:"session_id"`
	State     string          `json:"state" enum:"waiting,early,open,over" doc:"waiting: it is requested, and the coach has not answered; or the coach cannot hold it, and our team finds another time or coach. over: it has ended or was written down, or does not take place" example:"early"`
	As        string          `json:"as" enum:"client,coach" example:"client"`
	Modality  models.Modality `json:"modality" enum:"online,phone,in_person" doc:"phone: the coach calls; nobody is shown a number but the coach, when it is time" example:"online"`
	CoachName string          `json:"coach_name" example:"Dana R."`
	Place     string          `json:"place" doc:"Of a session in person; else empty" example:"Room 4, Haymount Community House"`
	OpensAt   time.Time       `json:"opens_at" doc:"15 minutes before the start; for the coach an hour before" example:"2026-12-01T22:45:00Z"`
	ClosesAt  time.Time       `json:"closes_at" doc:"The end of the minutes that the coach keeps free after it, 15 minutes at least; sooner once it is written down" example:"2026-12-02T00:05:00Z"`
	StartsAt  time.Time       `json:"starts_at" example:"2026-12-01T23:00:00Z"`
	TimeZone  string          `json:"time_zone" example:"America/New_York"`
}

// JoinCoaching says under which name somebody joins.
type JoinCoaching struct {
	Name string `json:"name,omitempty" maxLength:"40" doc:"What the other in the room is to see; absent: first name and initial. In a room at another address nobody is told it" example:"Lou"`
}

// CoachingTicket is how one person meets the other, now.
type CoachingTicket struct {
	SessionID uuid.UUID         `json:"session_id"`
	Modality  models.Modality   `json:"modality" enum:"online,phone,in_person" example:"online"`
	URL       string            `json:"url" doc:"Online: to open at once, and to keep nowhere; else empty" example:"https://meet.example.org/qx2m7ceo5v4hzr6nd3kfwyba1u?jwt=eyJhbGciOiJIUzI1NiJ9.e30.c2ln"`
	Room      models.OnlineRoom `json:"room" enum:"url,jitsi" doc:"What is behind url" example:"jitsi"`
	Call      []CoachingCall    `json:"call" nullable:"false" doc:"By phone, for the coach: whom to call"`
	Place     string            `json:"place" doc:"In person: where; else empty" example:"Room 4, Haymount Community House"`
	OpensAt   time.Time         `json:"opens_at" example:"2026-12-01T22:45:00Z"`
	ClosesAt  time.Time         `json:"closes_at" doc:"Until when the room opens with it" example:"2026-12-02T00:05:00Z"`
}

// CoachingCall is somebody whom the coach calls.
type CoachingCall struct {
	MemberID uuid.UUID `json:"member_id"`
	Name     string    `json:"name" doc:"Whom the session is for" example:"Luis O."`
	Phone    *string   `json:"phone" doc:"Null when we know none: ask staff. Of a child without one, that of the guardian who entered them" example:"+19105550142"`
}

// meeting is a session as one of those comes to it who meet in it.
type meeting struct {
	sessionRow
	sight  sight
	room   models.OnlineRoom
	url    string
	as     uuid.UUID // the member who comes: the caller, or the child in whose place a guardian opens the room
	called string
}

// SessionJoinState says when the caller may join a session. It changes nothing and tells no address, and can be polled.
// Errors: not_found; forbidden not_their_coach for who does not take part: staff, and guardians of who can sign in.
func (s *Service) SessionJoinState(ctx context.Context, id uuid.UUID) (*CoachingJoinState, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CoachingJoinState, error) {
		m, err := s.meeting(db, actor, id)
		if err != nil {
			return nil, err
		}
		now := s.core.Clock.Now()
		out := &CoachingJoinState{SessionID: id, State: m.at(now), As: "client", Modality: m.Modality, CoachName: models.Initialed(m.CoachGiven, m.CoachFamily), Place: m.Place,
			OpensAt: m.opens(), ClosesAt: m.closes(), StartsAt: m.StartsAt.UTC(), TimeZone: m.TimeZone}
		if m.sight.Coach {
			out.As = "coach"
		}
		return out, nil
	})
}

// JoinSession says how to meet, when it is time: the address of the room, the place, and to the coach of a session by phone whom to
// call. The look is logged.
// Errors: not_found; forbidden not_their_coach for who does not take part; conflict wrong_state, too_early, over, no_room.
func (s *Service) JoinSession(ctx context.Context, id uuid.UUID, in JoinCoaching) (*CoachingTicket, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "coaching_session.join", func(d *services.Disclosure) (*CoachingTicket, error) {
		d.Object(id)
		m, err := s.meeting(d.DB, actor, id)
		if err != nil {
			return nil, err
		}
		switch m.at(s.core.Clock.Now()) {
		case "waiting":
			if m.ToStaffAt != nil {
				return nil, services.Conflict(CodeSessionState, "The coach cannot hold this session. Our team finds another time or another coach.")
			}
			return nil, services.Conflict(CodeSessionState, "The coach has not answered yet.")
		case "early":
			return nil, services.Conflict(CodeTooEarly, "You can join from %s on.", m.opens().Format(time.RFC3339))
		case "over":
			if m.RescheduledTo != nil {
				return nil, services.Conflict(CodeSessionOver, "This session was moved. Read it again: rescheduled_to is the one in its place.")
			}
			return nil, services.Conflict(CodeSessionOver, "This session is over, or does not take place.")
		}
		out := &CoachingTicket{SessionID: id, Modality: m.Modality, Room: models.RoomURL, Call: []CoachingCall{}, Place: m.Place, OpensAt: m.opens(), ClosesAt: m.closes()}
		switch {
		case m.Modality == models.ModalityOnline:
			err = s.admit(m, in.Name, out)
		case m.Modality == models.ModalityPhone && m.sight.Coach:
			m.sessionRow.name(d)
			out.Call, err = m.numbers(d.Tx())
		}
		return out, err
	})
}

// meeting finds a session and how the caller comes to it. A guardian opens the room for a child who cannot sign in; what somebody
// says who can is not for guardians to hear, and nothing of it for staff.
func (s *Service) meeting(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*meeting, error) {
	row, err := findSession(db, actor, id, s.core.Clock.Now())
	if err != nil {
		return nil, err
	}
	m := &meeting{sessionRow: *row, sight: row.sight(actor), as: actor.MemberID}
	if m.sight.Staff {
		return nil, services.Forbidden(CodeNotTheirCoach, "Only those meet here who are coached, and their coach.")
	}
	if m.sight.Participant && !row.People.isOf(actor.MemberID) {
		if err := m.comeFor(db, actor); err != nil {
			return nil, err
		}
	}
	var c models.Coach
	if err := db.Where("id = ?", row.CoachID).Take(&c).Error; err != nil {
		return nil, err
	}
	m.room, m.url, m.called = c.OnlineRoom, c.JoinURL, models.Initialed(m.CoachGiven, m.CoachFamily)
	for _, p := range row.People {
		if p.MemberID == m.as {
			m.called = p.Name
		}
	}
	return m, nil
}

// comeFor has a guardian come in the place of a child of theirs without an account.
// Errors: forbidden not_their_coach.
func (m *meeting) comeFor(db *gorm.DB, actor *services.Actor) error {
	var child []uuid.UUID
	err := db.Raw(`select p.member_id from engagement_participants p where p.engagement_id = ? and p.entered_by = ? and p.state in ('asked', 'joined')
		and not exists (select from accounts a where a.member_id = p.member_id and a.status = 'active') order by p.member_id limit 1`, m.EngagementID, actor.MemberID).Scan(&child).Error
	if err == nil && len(child) == 0 {
		err = services.Forbidden(CodeNotTheirCoach, "Only those meet here who are coached, and their coach.")
	}
	if err != nil {
		return err
	}
	m.as = child[0]
	return nil
}

func (m *meeting) opens() time.Time {
	if m.sight.Coach {
		return m.StartsAt.Add(-coachJoins).UTC()
	}
	return m.StartsAt.Add(-clientsJoin).UTC()
}

func (m *meeting) at(now time.Time) string {
	switch {
	case m.State == models.CoachingRequested && m.StartsAt.After(now), m.State == models.CoachingBooked && m.ToStaffAt != nil && now.Before(m.closes()):
		return "waiting"
	case m.State != models.CoachingBooked && m.State != models.CoachingInProgress, !now.Before(m.closes()):
		return "over"
	case now.Before(m.opens()):
		return "early"
	}
	return "open"
}

// admit gives the address of the room: one of our own Jitsi, whose name stays the session's, or the coach's own.
// Errors: conflict no_room.
func (s *Service) admit(m *meeting, alias string, out *CoachingTicket) error {
	if m.room == models.RoomJitsi && s.cfg.Jitsi.Set() {
		name := online.ShownName(alias)
		if name == "" {
			name = m.called
		}
		guest := online.Guest{ID: online.Unguessable(s.core.Keys, "jitsi-user", m.ID[:], m.as[:]), Name: name, Moderator: m.sight.Coach}
		room := online.Unguessable(s.core.Keys, "jitsi-coaching", m.ID[:], m.CoachID[:])
		var err error
		out.Room = models.RoomJitsi
		out.URL, err = s.cfg.Jitsi.Enter(room, guest, out.OpensAt, out.ClosesAt)
		return err
	}
	if m.url == "" {
		return services.Conflict(CodeNoRoom, "The coach has not said yet where to join. Ask us to call you.")
	}
	out.URL = m.url
	return nil
}

// numbers are whom the coach calls: of a child without a number the guardian who entered them, and nobody else who did.
func (m *meeting) numbers(tx *services.Tx) ([]CoachingCall, error) {
	var out []CoachingCall
	err := tx.Batch(services.Statement{
		SQL: `select a.member_id, coalesce(m.phone, (select g.phone from engagement_participants p join members g on g.id = p.entered_by
					join guardianships k on k.guardian_id = g.id and k.child_id = m.id and k.status in ('claimed', 'confirmed') and (k.until is null or k.until >= $4)
				where p.engagement_id = $2 and p.member_id = a.member_id and (m.birth_date > $3 or m.birth_date is null and 'child' = any(m.kinds)))) as phone
			from coaching_attendance a join members m on m.id = a.member_id where a.session_id = $1 order by a.member_id`,
		Args: []any{m.ID, m.EngagementID, m.StartsAt.AddDate(-models.AdultAge, 0, 0), models.DayIn(m.StartsAt, m.TimeZone).Time}, Scan: services.RowsInto(&out)})
	for i := range out {
		for _, p := range m.People {
			if p.MemberID == out[i].MemberID {
				out[i].Name = p.Name
			}
		}
	}
	return out, err
}
