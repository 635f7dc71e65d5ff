package workshops

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// HomeItem is the next thing that the caller comes to, or a child that they registered.
type HomeItem struct {
	RegistrationID uuid.UUID  `json:"registration_id"`
	AttendeeID     uuid.UUID  `json:"attendee_id"`
	WorkshopID     uuid.UUID  `json:"workshop_id"`
	SessionID      uuid.UUID  `json:"session_id"`
	Title          string     `json:"title" example:"Living with Hypervigilance"`
	StartsAt       time.Time  `json:"starts_at"`
	EndsAt         time.Time  `json:"ends_at"`
	TimeZone       string     `json:"time_zone" example:"America/New_York"`
	Place          string     `json:"place" example:"Haymount Hall, 418 Haymount Ave, Fayetteville"`
	JoinURL        *string    `json:"join_url" doc:"For those who take part online: path of the app's page to join at, which asks GET and POST /v1/sessions/{session_id}/join" example:"/join/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c2"`
	CheckInCode    string     `json:"check_in_code" doc:"The text of the QR code to show at the door. It works offline" example:"HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI"`
	ChildID        *uuid.UUID `json:"child_id" nullable:"true" doc:"Whose place it is, when a child's; null for one's own"`
	ChildName      *string    `json:"child_name" example:"Maya"`
	Excused        bool       `json:"excused" doc:"They said that they do not come this time"`
}

// HomeOffer is seats that are held until the caller answers.
type HomeOffer struct {
	RegistrationID uuid.UUID  `json:"registration_id"`
	WorkshopID     uuid.UUID  `json:"workshop_id"`
	Title          string     `json:"title" example:"Living with Hypervigilance"`
	StartsAt       *time.Time `json:"starts_at"`
	TimeZone       string     `json:"time_zone" example:"America/New_York"`
	Seats          int        `json:"seats" example:"2"`
	ExpiresAt      time.Time  `json:"expires_at" doc:"Until when the offer stands"`
}

// HomeInvitation is a party that asks the caller along.
type HomeInvitation struct {
	RegistrationID uuid.UUID  `json:"registration_id"`
	AttendeeID     uuid.UUID  `json:"attendee_id"`
	InvitedBy      string     `json:"invited_by" doc:"First name" example:"Luis"`
	Title          string     `json:"title" example:"Living with Hypervigilance"`
	StartsAt       *time.Time `json:"starts_at"`
	TimeZone       string     `json:"time_zone" example:"America/New_York"`
	ExpiresAt      *time.Time `json:"expires_at"`
}

// Home is what workshops have for the first screen.
type Home struct {
	Items       []HomeItem
	Offers      []HomeOffer
	Invitations []HomeInvitation
}

const (
	homeItems  = 8
	homeOffers = 5

	// readHome takes the sessions that are still to come of places that are the caller's own, or that they entered for a
	// child, except children whom they may act for no longer.
	readHome = `select t.registration_id, t.id as attendee_id, t.code_version, t.member_id, t.mode, r.workshop_id, s.id as session_id, w.title as workshop, s.title as session,
			w.format, s.starts_at, s.ends_at, s.time_zone, ` + placeOf + ` as place,
			coalesce(nullif(btrim(m.preferred_name), ''), m.given_name) as first_name,
			exists (select from attendance x where x.session_id = s.id and x.attendee_id = t.id and x.status = 'excused') as excused
		from (select * from attendees where member_id = @me and live and state = 'attending' and not second
			union all select * from attendees where entered_by = @me and member_id <> @me and live and state = 'attending' and invite_id is null and kind = 'child'
				and not member_id = any(@released)) t
		join registrations r on r.id = t.registration_id join workshops w on w.id = r.workshop_id
		join workshop_sessions s on s.workshop_id = w.id and (r.session_id is null or s.id = r.session_id)
		join members m on m.id = t.member_id left join venues v on v.id = coalesce(s.venue_id, w.venue_id)
		where r.state = 'confirmed' and s.status = 'scheduled' and s.ends_at > @now order by s.starts_at, s.id, t.id limit @most`

	readOffers = `select r.id as registration_id, r.workshop_id, w.title, coalesce(s.starts_at, w.starts_at) as starts_at, w.time_zone, r.offer_expires_at as expires_at,
			(select count(*) from attendees a where a.registration_id = r.id and a.state in ('invited', 'attending')) as seats
		from registrations r join workshops w on w.id = r.workshop_id left join workshop_sessions s on s.id = r.session_id
		where r.lead_member_id = @me and r.live and r.state = 'offered' and r.offer_expires_at > @now order by r.offer_expires_at, r.id limit @most`
)

// homeRow is a place at a session.
type homeRow struct {
	HomeItem    `gorm:"embedded"`
	MemberID    uuid.UUID
	CodeVersion int
	Mode        *models.AttendanceMode
	Format      models.Format
	Workshop    string
	Session     string
	FirstName   string
}

// HomeOf reads them: three queries, and one for whom the caller may act for no longer.
func HomeOf(db *gorm.DB, keys *services.Keys, actor *services.Actor, now time.Time) (*Home, error) {
	ties, err := people.TiesOf(db, actor.MemberID)
	if err != nil {
		return nil, err
	}
	out := &Home{Items: []HomeItem{}, Offers: []HomeOffer{}, Invitations: []HomeInvitation{}}
	var rows []homeRow
	args := map[string]any{"me": actor.MemberID, "now": now, "released": models.IDs(ties.Released(now)), "most": homeItems}
	if err := db.Raw(readHome, args).Scan(&rows).Error; err != nil {
		return nil, err
	}
	for i := range rows {
		out.Items = append(out.Items, rows[i].item(keys, actor))
	}
	args["most"] = homeOffers
	if err := db.Raw(readOffers, args).Scan(&out.Offers).Error; err != nil {
		return nil, err
	}
	for i := range out.Offers {
		o := &out.Offers[i]
		o.StartsAt, o.ExpiresAt = inUTC(o.StartsAt), o.ExpiresAt.UTC()
	}
	asked, err := invitations(db, now, `a.state = 'invited' and a.live and a.invite_expires_at > ? and lower(a.invite_email) =
		(select lower(c.email) from accounts c where c.id = ? and c.email_verified_at is not null)`, now, actor.AccountID)
	for i := range asked[:min(len(asked), homeOffers)] {
		a := &asked[i]
		out.Invitations = append(out.Invitations, HomeInvitation{a.RegistrationID, a.AttendeeID, a.InvitedBy, a.Workshop.Title, a.Workshop.StartsAt, a.Workshop.TimeZone, a.ExpiresAt})
	}
	return out, err
}

// item is what the caller may know of a row: where to join only who takes part online.
func (r *homeRow) item(keys *services.Keys, actor *services.Actor) HomeItem {
	out := r.HomeItem
	out.Title, out.StartsAt, out.EndsAt = titleOf(r.Workshop, r.Session), r.StartsAt.UTC(), r.EndsAt.UTC()
	out.CheckInCode, out.JoinURL = checkInCode(keys, r.AttendeeID, r.CodeVersion), nil
	there := r.Mode != nil && *r.Mode == models.ModeOnline
	if there {
		out.Place = onlinePlace
	}
	if r.Format == models.FormatOnline || r.Format == models.FormatHybrid && there {
		page := notices.JoinPath(r.SessionID)
		out.JoinURL = &page
	}
	if r.MemberID != actor.MemberID {
		child, name := r.MemberID, r.FirstName
		out.ChildID, out.ChildName = &child, &name
	}
	return out
}
