package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// WorkshopBrief is what a party needs to know of what it comes to.
type WorkshopBrief struct {
	ID       uuid.UUID     `json:"id"`
	Title    string        `json:"title" example:"Living with Hypervigilance"`
	Format   models.Format `json:"format" enum:"in_person,online,hybrid"`
	StartsAt *time.Time    `json:"starts_at" doc:"Of the session in a drop-in workshop, else of the first one"`
	EndsAt   *time.Time    `json:"ends_at"`
	TimeZone string        `json:"time_zone" example:"America/New_York"`
	Place    string        `json:"place" example:"Haymount Hall, 418 Haymount Ave, Fayetteville"`
	JoinURL  *string       `json:"join_url" nullable:"true" doc:"Path of the app's page to join at, for those who are confirmed to take part online: /join/ and the id of the session that comes next, for GET and POST /v1/sessions/{session_id}/join" example:"/join/0199c1f2-8f6b-7a34-b0d1-6a2f0c9be0c2"`
}

// RegistrationView is a party as the one who asks may see it.
type RegistrationView struct {
	models.Registration
	Workshop         WorkshopBrief         `json:"workshop"`
	WaitlistPosition *int                  `json:"waitlist_position" doc:"Place in line from 1, while waitlisted" example:"3"`
	Note             *string               `json:"note" doc:"For who leads the party and for staff"`
	Review           []models.ReviewReason `json:"review,omitempty" enum:"approval_required,guardianship,second_booking,age,eligibility,held" doc:"For staff: what to look at. eligibility: GET /v1/workshops/{workshop_id}/eligibility says what of whom. held: for a reason that is told elsewhere, to those who may know it; a few are drawn by lot"`
	Attendees        []AttendeeView        `json:"attendees" nullable:"false"`
}

// AttendeeView is one of a party. Attendance is shown to themselves, to who entered them, and to staff.
type AttendeeView struct {
	ID              uuid.UUID              `json:"id"`
	Name            string                 `json:"name" example:"Luis Ortega"`
	Kind            models.SeatKind        `json:"kind" enum:"adult,child"`
	State           models.AttendeeState   `json:"state" enum:"invited,attending,refused,lapsed,removed" doc:"Somebody who refused and somebody who does not answer look the same to the others"`
	Mode            *models.AttendanceMode `json:"mode" enum:"in_person,online"`
	MemberID        *uuid.UUID             `json:"member_id"`
	InviteExpiresAt *time.Time             `json:"invite_expires_at" doc:"Until when somebody invited may accept"`
	InvitePhone     *string                `json:"invite_phone,omitempty" doc:"For staff: whom to call, of somebody invited without e-mail" example:"+19105550142"`
	Second          bool                   `json:"second,omitempty" doc:"For staff: another guardian has booked this child too"`
	Attendance      *AttendanceSummary     `json:"attendance"`
	Form            *AttendeeForm          `json:"form,omitempty" doc:"Where the workshop's registration form stands, for themselves, who entered the answers or is to, and staff; absent where they are not asked"`
}

// AttendanceSummary is attendance summed up.
type AttendanceSummary struct {
	models.RollUp
	Rate *float64 `json:"rate" doc:"Share attended of what was not excused; null before the first" example:"0.75"`
}

func summaryOf(r models.RollUp) *AttendanceSummary { return &AttendanceSummary{r, r.Rate()} }

// viewer is who looks, and how much they may see.
type viewer struct {
	actor    *services.Actor
	now      time.Time
	children models.IDs // whose guardian they are, where another guardian's party may be shared with them
	forms    map[uuid.UUID]*AttendeeForm
}

// guards says whether the attendee is a child of the viewer's.
func (v viewer) guards(a *models.Attendee) bool {
	return a.MemberID != nil && a.Kind == models.SeatChild && slices.Contains(v.children, *a.MemberID)
}

// asStaff says whether they look as staff: not at a party that they are of themselves, nor at one with somebody close to
// them. A colleague handles that; they see who comes.
func (v viewer) asStaff(p *party) bool {
	return v.actor.Kind == models.ActorSystem || forOthers(v.actor, p) && !p.closedToCaller()
}

// view answers a party from under its locks.
func (d *desk) view(p *party) (*RegistrationView, error) {
	brief := WorkshopBrief{ID: d.workshop.ID, Title: d.workshop.Title, Format: d.workshop.Format, TimeZone: d.workshop.TimeZone}
	if len(d.meetings) > 0 {
		starts, ends := d.starts().UTC(), d.ends().UTC()
		brief.StartsAt, brief.EndsAt, brief.Place = &starts, &ends, d.meetings[0].Place
	}
	var join *uuid.UUID
	if i := d.next(); i >= 0 {
		join = &d.meetings[i].ID
	}
	d.seen(p)
	forms, err := d.readForms(p)
	if err != nil {
		return nil, err
	}
	out := viewer{actor: d.tx.Actor(), now: d.tx.Now(), forms: forms}.show(p, brief, join)
	if p.State != models.RegistrationWaitlisted {
		return out, nil
	}
	position, err := d.position(p)
	out.WaitlistPosition = &position
	return out, err
}

// position is the party's place in line: known of the last, else looked up.
func (d *desk) position(p *party) (int, error) {
	if n := d.lastPosition(p); n > 0 {
		return n, nil
	}
	var found []standing
	err := d.tx.Batch(services.Statement{SQL: positions, Args: []any{[]uuid.UUID{p.ID}}, Scan: services.RowsInto(&found)})
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0].Position, nil
}

// standing is one party's place in line.
type standing struct {
	ID       uuid.UUID
	Position int
}

// positions counts who is ahead in the line for the same seats; positionsOf is the same in GORM's words.
const (
	positions   = positionsFor + `($1) and r.state = 'waitlisted'`
	positionsOf = positionsFor + `(?::uuid[]) and r.state = 'waitlisted'`

	positionsFor = `select r.id, (select count(*) from registrations o where o.workshop_id = r.workshop_id and o.session_id is not distinct from r.session_id
		and o.state = 'waitlisted' and (coalesce(o.moved_ahead_at, 'infinity'::timestamptz), o.queued_at, o.id) <= (coalesce(r.moved_ahead_at, 'infinity'::timestamptz), r.queued_at, r.id)
		and (o.id = r.id or exists (select from attendees a join attendees b on b.pool_id = a.pool_id where a.registration_id = o.id and b.registration_id = r.id
			and a.state in ('invited', 'attending') and b.state in ('invited', 'attending'))))::int as position
	from registrations r where r.id = any`
)

func (v viewer) show(p *party, brief WorkshopBrief, joins *uuid.UUID) *RegistrationView {
	staff := v.asStaff(p)
	out := &RegistrationView{Registration: p.Registration, Workshop: brief, Attendees: []AttendeeView{}}
	out.Registration.Review = nil
	shared := len(v.children) > 0 && p.SharedWithGuardians && !forOthers(v.actor, p) && p.sharedTo(v.actor)
	if staff || p.LeadMemberID == v.actor.MemberID {
		note := p.Note
		out.Note = &note
	}
	if staff {
		out.Review = p.Review
	}
	for i := range p.attendees {
		a := &p.attendees[i]
		if !staff && (a.State == models.AttendeeRemoved || p.hides(a) || shared && !v.guards(a)) {
			continue
		}
		out.Attendees = append(out.Attendees, v.showAttendee(p, a, staff))
		goes := a.Goes() && (a.MemberID != nil && *a.MemberID == v.actor.MemberID || ownEntry(v.actor, p, a))
		if goes && p.State == models.RegistrationConfirmed && joins != nil && (brief.Format == models.FormatOnline || brief.Format == models.FormatHybrid && online(a)) {
			at := notices.JoinPath(*joins)
			out.Workshop.JoinURL = &at
		}
	}
	return out
}

func (v viewer) showAttendee(p *party, a *models.Attendee, staff bool) AttendeeView {
	self := a.MemberID != nil && *a.MemberID == v.actor.MemberID
	out := AttendeeView{ID: a.ID, Name: nameIn(p, a, staff || self), Kind: a.Kind, State: a.StateForParty(v.now), Mode: a.Mode, InviteExpiresAt: a.InviteExpiresAt}
	own := staff || self || a.InviteID == nil && a.EnteredBy == v.actor.MemberID
	if own {
		out.MemberID = a.MemberID
	}
	if own && a.Goes() {
		out.Attendance = summaryOf(a.RollUp)
		if form := v.forms[a.ID]; form != nil && (staff || self || form.by == v.actor.MemberID) {
			out.Form = form // else the answers are another guardian's, and none of the viewer's to read
		}
	}
	if staff {
		out.State, out.Second, out.InvitePhone = a.State, a.Second, a.InvitePhone
	}
	return out
}

// nameIn is what the party calls somebody. Who was invited keeps the name they were invited by.
func nameIn(p *party, a *models.Attendee, full bool) string {
	switch {
	case a.GuestName != nil:
		return *a.GuestName
	case a.InviteName != nil && (!full || a.MemberID == nil):
		return *a.InviteName
	case a.MemberID != nil:
		m := p.people[*a.MemberID]
		return m.Name()
	}
	return ""
}

// invitation answers an invitation from under its locks.
func (d *desk) invitation(p *party, a *models.Attendee) (*Invitation, error) {
	v, err := d.view(p)
	if err != nil {
		return nil, err
	}
	v.Workshop.JoinURL = nil
	return &Invitation{AttendeeID: a.ID, RegistrationID: p.ID, Name: *a.InviteName, InvitedBy: firstName(p.people[p.LeadMemberID]), State: stateToInvited(a, &p.Registration),
		ExpiresAt: a.InviteExpiresAt, Workshop: v.Workshop}, nil
}
