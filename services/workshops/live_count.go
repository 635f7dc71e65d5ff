package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// LiveCount is how it stands at the door.
type LiveCount struct {
	SessionID uuid.UUID            `json:"session_id"`
	Status    models.SessionStatus `json:"status" enum:"scheduled,completed,cancelled"`
	Capacity  int                  `json:"capacity" doc:"Seats, of all modes, those for children too" example:"30"`
	LiveCounts
	By         []LiveCountOf `json:"by" nullable:"false" doc:"The same by kind and mode"`
	HeadCount  *int          `json:"head_count" doc:"Of an open event: how many were counted by looking; null while nobody has" example:"164"`
	LastScanAt *time.Time    `json:"last_scan_at" doc:"When we last heard of a scan, whatever it came to"`
}

// LiveCounts are the numbers.
type LiveCounts struct {
	Expected  int `json:"expected" doc:"Who has a place and registered for it beforehand" example:"28"`
	CheckedIn int `json:"checked_in" doc:"Who is here, walk-ins among them" example:"24"`
	WalkIns   int `json:"walk_ins" doc:"Of those who are here, who came to this session without a registration" example:"2"`
	Beyond    int `json:"beyond" doc:"Of those who are here, who were let in although no seat was free" example:"1"`
	Late      int `json:"late" example:"3"`
	Excused   int `json:"excused" doc:"Of those expected, who said that they do not come" example:"2"`
	Absent    int `json:"absent" doc:"Of those expected, who were marked so" example:"0"`
	NotYet    int `json:"not_yet" doc:"Of those expected, of whom nothing is known yet" example:"4"`
}

// LiveCountOf are the numbers of one kind of people in one mode.
type LiveCountOf struct {
	Kind models.SeatKind        `json:"kind" enum:"adult,child"`
	Mode *models.AttendanceMode `json:"mode" enum:"in_person,online" doc:"Null in workshops that are not hybrid"`
	LiveCounts
}

// liveRow is a session as the door sees it.
type liveRow struct {
	SessionID  uuid.UUID
	WorkshopID uuid.UUID
	Status     models.SessionStatus
	Capacity   int
	HeadCount  *int
	LastScanAt *time.Time
}

const (
	liveSession = `s.id as session_id, s.workshop_id, s.status, h.total as head_count,
		(select max(c.recorded_at) from check_ins c where c.session_id = s.id) as last_scan_at,
		(select coalesce(sum(p.capacity + coalesce(p.child_capacity, 0)), 0) from pools p where p.workshop_id = s.workshop_id and (p.session_id is null or p.session_id = s.id)) as capacity`
	// liveRows tells each person once: who is here, by what staff said or else by a scan, and who is not. What is known of each is
	// looked up: while a session runs, the planner does not know yet how many rows it has, and would compare all with all.
	liveRows = `with known as materialized (
			select a.kind, a.mode, a.beyond, coalesce(r.walk_in_session_id = @session, false) as walk_in,
				(select t.status from attendance t where t.session_id = @session and t.attendee_id = a.id) as status,
				(select true from check_ins c where c.session_id = @session and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null) as scanned
			from registrations r join attendees a on a.registration_id = r.id
			where r.workshop_id = @workshop and (r.session_id is null or r.session_id = @session) and r.state = 'confirmed' and a.state = 'attending'),
			seats as (select *, coalesce(status in ('present', 'late'), scanned, false) as here from known)
		select kind, mode, count(*) filter (where not walk_in) as expected, count(*) filter (where here) as checked_in, count(*) filter (where here and walk_in) as walk_ins,
			count(*) filter (where here and beyond) as beyond, count(*) filter (where here and status = 'late') as late,
			count(*) filter (where not here and not walk_in and status = 'excused') as excused, count(*) filter (where not here and not walk_in and status = 'absent') as absent,
			count(*) filter (where not here and not walk_in and status is null) as not_yet
		from seats group by kind, mode order by kind, mode`
)

// LiveCount says how many have come to a session so far, for those who lead it. It names nobody.
// Errors: not_found for a session that the caller does not lead.
func (s *Service) LiveCount(ctx context.Context, sessionID uuid.UUID) (*LiveCount, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*LiveCount, error) {
		var found []liveRow
		err := db.Table("workshop_sessions as s").Select(liveSession).Joins("join workshops w on w.id = s.workshop_id").Joins("left join head_counts h on h.session_id = s.id").
			Scopes(led(actor)).Where("s.id = ?", sessionID).Limit(1).Scan(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("session")
		}
		at := &found[0]
		out := &LiveCount{SessionID: at.SessionID, Status: at.Status, Capacity: at.Capacity, HeadCount: at.HeadCount, LastScanAt: inUTC(at.LastScanAt), By: []LiveCountOf{}}
		if err := db.Raw(liveRows, map[string]any{"session": sessionID, "workshop": at.WorkshopID}).Scan(&out.By).Error; err != nil {
			return nil, err
		}
		for i := range out.By {
			out.add(out.By[i].LiveCounts)
		}
		return out, nil
	})
}

func (c *LiveCounts) add(o LiveCounts) {
	c.Expected, c.CheckedIn, c.WalkIns, c.Beyond = c.Expected+o.Expected, c.CheckedIn+o.CheckedIn, c.WalkIns+o.WalkIns, c.Beyond+o.Beyond
	c.Late, c.Excused, c.Absent, c.NotYet = c.Late+o.Late, c.Excused+o.Excused, c.Absent+o.Absent, c.NotYet+o.NotYet
}
