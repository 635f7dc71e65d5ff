package coaching

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// HomeSession is the next session with a coach that the caller comes to, or a minor for whom they asked.
type HomeSession struct {
	SessionID    uuid.UUID            `json:"coaching_session_id"`
	EngagementID uuid.UUID            `json:"engagement_id"`
	State        models.CoachingState `json:"state" enum:"requested,booked,in_progress" doc:"requested waits for the coach's yes"`
	StartsAt     time.Time            `json:"starts_at"`
	EndsAt       time.Time            `json:"ends_at"`
	TimeZone     string               `json:"time_zone" doc:"IANA name; of those who booked it" example:"America/New_York"`
	Modality     models.Modality      `json:"modality" enum:"online,phone,in_person" doc:"online: GET /v1/coaching-sessions/{coaching_session_id}/join says how and from when on; phone: the coach calls"`
	Place        string               `json:"place" doc:"Of a session in person" example:"Room 4, Haymount Community House"`
	Coach        string               `json:"coach" doc:"First name" example:"Dana"`
	NewTime      bool                 `json:"new_time_wanted" doc:"The coach cannot hold it: staff look for another time or coach"`
	ChildID      *uuid.UUID           `json:"child_id" nullable:"true" doc:"Whose session it is, when a minor's; null for one's own"`
	ChildName    *string              `json:"child_name" example:"Maya"`
}

const (
	homeSessions = 5

	readHome = `select s.id as session_id, s.engagement_id, s.state, s.starts_at, s.ends_at, s.time_zone, s.modality, s.place, s.to_staff_at is not null as new_time,
			coalesce(nullif(btrim(c.preferred_name), ''), c.given_name) as coach, case when x.member_id <> @me then x.member_id end as child_id,
			case when x.member_id <> @me then coalesce(nullif(btrim(m.preferred_name), ''), m.given_name) end as child_name
		from (select * from engagement_participants where member_id = @me and live and state = 'joined'
			union all select * from engagement_participants where entered_by = @me and member_id <> @me and live and state = 'joined' and member_id = any(@acting)) x
		join coaching_sessions s on s.engagement_id = x.engagement_id join members c on c.id = s.coach_id join members m on m.id = x.member_id
		where s.live and s.ends_at > @now order by s.starts_at, s.id, x.id limit @most`
)

// HomeOf reads the sessions of the first screen, soonest first: one query, and one for whom the caller may act for.
func HomeOf(db *gorm.DB, actor *services.Actor, now time.Time) ([]HomeSession, error) {
	ties, err := people.TiesOf(db, actor.MemberID)
	if err != nil {
		return nil, err
	}
	out := []HomeSession{}
	err = db.Raw(readHome, map[string]any{"me": actor.MemberID, "acting": models.IDs(ties.Acting(now)), "now": now, "most": homeSessions}).Scan(&out).Error
	for i := range out {
		out[i].StartsAt, out[i].EndsAt = out[i].StartsAt.UTC(), out[i].EndsAt.UTC()
	}
	return out, err
}
