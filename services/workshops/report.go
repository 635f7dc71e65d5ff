package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// WorkshopReport is what came of a workshop, in numbers: for the debrief, and for those who pay for it. Attendance is counted in
// completed sessions. Staff who took part as staff alone count nowhere.
type WorkshopReport struct {
	Workshop      ReportedWorkshop      `json:"workshop"`
	AsOf          time.Time             `json:"as_of" doc:"Later corrections change the numbers"`
	Planned       int                   `json:"sessions_planned" doc:"Those that were cancelled are not among them" example:"6"`
	Held          int                   `json:"sessions_held" doc:"Completed" example:"6"`
	Cancelled     int                   `json:"sessions_cancelled" example:"1"`
	People        ReportedPeople        `json:"people"`
	Attendance    ReportedAttendance    `json:"attendance"`
	Registrations ReportedRegistrations `json:"registrations"`
	HeadCount     int                   `json:"head_count" doc:"Counted by looking, at open events: contacts, on top of the attendances and never people" example:"0"`
	Sessions      []ReportedSession     `json:"sessions" nullable:"false"`
}

// ReportedWorkshop is which workshop it is.
type ReportedWorkshop struct {
	ID         uuid.UUID         `json:"id"`
	Title      string            `json:"title" example:"Living with Hypervigilance"`
	Program    *string           `json:"program" example:"Family Awareness"`
	Format     models.Format     `json:"format" enum:"in_person,online,hybrid"`
	Visibility models.Visibility `json:"visibility" enum:"draft,published,cancelled,completed"`
	TimeZone   string            `json:"time_zone" example:"America/New_York"`
	StartsAt   *time.Time        `json:"starts_at"`
	EndsAt     *time.Time        `json:"ends_at"`
}

// ReportedPeople are people who attended, each once.
type ReportedPeople struct {
	Attended   int          `json:"attended" doc:"Members who attended at least once, each counted once" example:"24"`
	Guests     int          `json:"guests" doc:"Named guests who attended: nobody knows whether two of them are one, so each place counts, apart from attended" example:"2"`
	WalkIns    int          `json:"walk_ins" doc:"Who came to the door without a registration; those we know are among attended" example:"3"`
	Veterans   int          `json:"veterans" example:"14"`
	Serving    int          `json:"serving" doc:"Service members, Guard and Reserve" example:"2"`
	Family     int          `json:"family" doc:"Spouses, partners, survivors, caregivers, parents, siblings, children" example:"7"`
	Supporters int          `json:"supporters" example:"1"`
	ByKind     []KindNumber `json:"by_kind" nullable:"false" doc:"The same people by the first kind that fits, in the order veteran, service_member, guard_reserve, spouse, partner, survivor, caregiver, parent, sibling, child, supporter; unknown for those of whom none is"`
}

// KindNumber is how many people are of a kind.
type KindNumber struct {
	Kind  models.Kind `json:"kind" enum:"veteran,service_member,guard_reserve,spouse,partner,survivor,caregiver,parent,sibling,child,supporter,unknown" example:"veteran"`
	Count int         `json:"count" example:"14"`
}

// ReportedAttendance is the attendance of all completed sessions.
type ReportedAttendance struct {
	Attendances int      `json:"attendances" doc:"Present or late, everybody at every session" example:"118"`
	Late        int      `json:"late" example:"9"`
	Excused     int      `json:"excused" example:"4"`
	NoShows     int      `json:"no_shows" doc:"Had a place, were not excused and did not come" example:"12"`
	Minutes     int      `json:"minutes" doc:"Of all together: those noted, else the length of the session" example:"10620"`
	Hours       float64  `json:"hours" example:"177"`
	Rate        *float64 `json:"rate" doc:"Share attended of what was not excused; null before the first completed session" example:"0.9076923076923077"`
}

// ReportedRegistrations are what became of the parties.
type ReportedRegistrations struct {
	Parties        int `json:"parties" doc:"Walk-ins are not among them; a party that moved its place counts once, where it is now" example:"16"`
	Confirmed      int `json:"confirmed" doc:"Parties whose place stands" example:"13"`
	Cancelled      int `json:"cancelled" example:"2"`
	LateCancels    int `json:"late_cancels" doc:"Of the cancelled, those after the deadline" example:"1"`
	Declined       int `json:"declined" example:"0"`
	Expired        int `json:"expired" doc:"An offer or the wait ended without a place" example:"1"`
	WaitlistPeople int `json:"waitlist_people" doc:"Who ever stood in line" example:"6"`
	WaitlistSeated int `json:"waitlist_seated" doc:"Of those, who got a place" example:"4"`
}

// ReportedSession is one session in numbers.
type ReportedSession struct {
	ID        uuid.UUID            `json:"id"`
	Title     string               `json:"title" example:"Sleep"`
	StartsAt  time.Time            `json:"starts_at"`
	On        models.Date          `json:"on" gorm:"-" doc:"The local day" example:"2026-10-27"`
	Status    models.SessionStatus `json:"status" enum:"scheduled,completed,cancelled"`
	Present   int                  `json:"present" example:"19"`
	Late      int                  `json:"late" example:"2"`
	Excused   int                  `json:"excused" example:"1"`
	Absent    int                  `json:"absent" example:"2"`
	Minutes   int                  `json:"minutes" doc:"Of those who attended, together" example:"1890"`
	WalkIns   int                  `json:"walk_ins" doc:"People who came to its door without a registration" example:"1"`
	HeadCount int                  `json:"head_count" example:"0"`
	TimeZone  string               `json:"-"`
}

const (
	// notStaffAlone leaves out those who are known to us as staff alone, of attendees a and members m.
	notStaffAlone = `coalesce(m.kinds <> '{staff}', true)`

	reportSessions = `select s.id, s.title, s.starts_at, s.time_zone, s.status, x.present, x.late, x.excused, x.absent, x.minutes,
			(select count(*) from registrations r join attendees a on a.registration_id = r.id where r.walk_in_session_id = s.id and r.state = 'confirmed' and a.state = 'attending') as walk_ins,
			coalesce((select h.total from head_counts h where h.session_id = s.id), 0) as head_count
		from workshop_sessions s cross join lateral (
			select count(*) filter (where t.status = 'present') as present, count(*) filter (where t.status = 'late') as late,
				count(*) filter (where t.status = 'excused') as excused, count(*) filter (where t.status = 'absent') as absent,
				coalesce(sum(coalesce(t.minutes, round(extract(epoch from s.ends_at - s.starts_at) / 60)::int)) filter (where t.status in ('present', 'late')), 0) as minutes
			from attendance t join attendees a on a.id = t.attendee_id left join members m on m.id = a.member_id
			where t.session_id = s.id and ` + notStaffAlone + `) x
		where s.workshop_id = ? order by s.starts_at, s.id`

	// reportAttended are the attendees a of a workshop who came to a completed session.
	reportAttended = `from registrations r join attendees a on a.registration_id = r.id left join members m on m.id = a.member_id
		where r.workshop_id = ? and ` + notStaffAlone + ` and exists (select from attendance t join workshop_sessions s on s.id = t.session_id
			where t.attendee_id = a.id and t.status in ('present', 'late') and s.status = 'completed')`

	reportKinds = `select kind, count(*)::int as count from (
			select distinct on (a.member_id) coalesce((select o.kind from unnest(?::text[]) with ordinality o(kind, n) where o.kind = any(m.kinds) order by o.n limit 1), 'unknown') as kind ` +
		reportAttended + ` and a.member_id is not null) who group by kind`

	reportGuests = `select count(*) ` + reportAttended + ` and a.member_id is null`

	reportParties = `select count(*) filter (where r.source <> 'walk_in') as parties, count(*) filter (where r.state = 'confirmed' and r.source <> 'walk_in') as confirmed,
			count(*) filter (where r.state = 'cancelled' and r.source <> 'walk_in') as cancelled, count(*) filter (where r.state = 'cancelled' and r.late_cancel) as late_cancels,
			count(*) filter (where r.state = 'declined') as declined, count(*) filter (where r.state = 'expired') as expired,
			coalesce(sum(x.people) filter (where r.queued_at is not null), 0)::int as waitlist_people,
			coalesce(sum(x.people) filter (where r.queued_at is not null and r.confirmed_at >= r.queued_at), 0)::int as waitlist_seated
		from registrations r cross join lateral (select count(*) as people from attendees a where a.registration_id = r.id and a.state in ('invited', 'attending')) x
		where r.workshop_id = ? and r.state <> 'superseded' and r.transferred_to is null`
)

// reportOrder counts a person of several kinds as the first of these.
var reportOrder = models.Texts[models.Kind]{models.KindVeteran, models.KindServiceMember, models.KindGuardReserve, models.KindSpouse, models.KindPartner, models.KindSurvivor, models.KindCaregiver,
	models.KindParent, models.KindSibling, models.KindChild, models.KindSupporter}

// Report sums a workshop up. The numbers are whole: nothing is held back that is small, for it is for staff.
// Errors: not_found.
func (s *Service) Report(ctx context.Context, workshopID uuid.UUID) (*WorkshopReport, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*WorkshopReport, error) {
		out := &WorkshopReport{AsOf: s.core.Clock.Now(), Sessions: []ReportedSession{}}
		var found []ReportedWorkshop
		err := db.Table("workshops as w").Select("w.*, (select name from programs p where p.id = w.program_id) as program").Where("w.id = ?", workshopID).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("workshop")
		}
		out.Workshop = found[0]
		out.Workshop.StartsAt, out.Workshop.EndsAt = inUTC(found[0].StartsAt), inUTC(found[0].EndsAt)
		if err := db.Raw(reportSessions, workshopID).Scan(&out.Sessions).Error; err != nil {
			return nil, err
		}
		out.sumSessions()
		if err := db.Raw(reportParties, workshopID).Scan(&out.Registrations).Error; err != nil {
			return nil, err
		}
		return out, out.People.read(db, workshopID)
	})
}

// sumSessions adds up what the sessions say; those that are not completed say it for themselves alone.
func (r *WorkshopReport) sumSessions() {
	a := &r.Attendance
	for i := range r.Sessions {
		s := &r.Sessions[i]
		s.On, s.StartsAt = models.DayIn(s.StartsAt, s.TimeZone), s.StartsAt.UTC()
		r.HeadCount += s.HeadCount
		r.People.WalkIns += s.WalkIns
		if s.Status == models.SessionCancelled {
			r.Cancelled++
			continue
		}
		if r.Planned++; s.Status != models.SessionCompleted {
			continue
		}
		r.Held++
		a.Attendances += s.Present + s.Late
		a.Late += s.Late
		a.Excused += s.Excused
		a.NoShows += s.Absent
		a.Minutes += s.Minutes
	}
	a.Hours = hours(a.Minutes)
	a.Rate = models.RollUp{Offered: a.Attendances + a.Excused + a.NoShows, Attended: a.Attendances, Excused: a.Excused}.Rate()
}

func (p *ReportedPeople) read(db *gorm.DB, workshopID uuid.UUID) error {
	var found []KindNumber
	if err := db.Raw(reportKinds, reportOrder, workshopID).Scan(&found).Error; err != nil {
		return err
	}
	count := map[models.Kind]int{}
	for _, k := range found {
		count[k.Kind] = k.Count
		p.Attended += k.Count
	}
	p.ByKind = []KindNumber{}
	for _, kind := range append(append(models.Texts[models.Kind]{}, reportOrder...), "unknown") {
		n := count[kind]
		p.ByKind = append(p.ByKind, KindNumber{kind, n})
		switch kind {
		case models.KindVeteran:
			p.Veterans += n
		case models.KindServiceMember, models.KindGuardReserve:
			p.Serving += n
		case models.KindSupporter:
			p.Supporters += n
		case "unknown":
		default:
			p.Family += n
		}
	}
	return db.Raw(reportGuests, workshopID).Scan(&p.Guests).Error
}
