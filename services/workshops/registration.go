package workshops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/people"
	"homefront/services/tasks"
)

// Register asks for places for a party.
type Register struct {
	Attendees    []AttendeeInput `json:"attendees,omitempty" maxItems:"20" doc:"Who comes. Absent: who leads the party, alone"`
	LeadMemberID *uuid.UUID      `json:"lead_member_id,omitempty" doc:"Who answers for the party; the caller unless staff say otherwise"`
	SessionID    *uuid.UUID      `json:"session_id,omitempty" doc:"Drop-in workshops: which session"`
	Note         string          `json:"note,omitempty" maxLength:"1000" doc:"For staff; nothing about health" example:"We arrive with a stroller"`
	Pass         string          `json:"pass,omitempty" maxLength:"100" doc:"The token of a pass, for the member who leads the party: no approval, no window of registration, and ahead of those who wait"`
	WaiveReason  string          `json:"waive_reason,omitempty" maxLength:"500" doc:"Staff alone: why the window of registration, the age, the audience and the rules do not count this time"`
}

// AttendeeInput is one person of a party: exactly one of member_id, guest and invite.
type AttendeeInput struct {
	MemberID    *uuid.UUID             `json:"member_id,omitempty" doc:"The caller, or somebody they may act for"`
	Guest       *GuestInput            `json:"guest,omitempty" doc:"Somebody we know by name only"`
	Invite      *InviteInput           `json:"invite,omitempty" doc:"Any other adult: they are asked, and answer for themselves while a seat is held"`
	Mode        *models.AttendanceMode `json:"mode,omitempty" enum:"in_person,online" doc:"Hybrid workshops: how they take part"`
	WaiveReason string                 `json:"waive_reason,omitempty" maxLength:"500" doc:"Staff alone, who add or swap somebody: why the age, the audience and the rules do not count for them. For a whole party say it beside attendees"`
	Answers     map[string]any         `json:"answers,omitempty" maxProperties:"100" doc:"To the workshop's registration form, by the keys of its fields, for a member who comes. Absent: they are asked, and answer later"`
}

// GuestInput is a named guest.
type GuestInput struct {
	Name string          `json:"name" minLength:"1" maxLength:"60" doc:"A name alone; links are refused" example:"Rosa Ortega"`
	Kind models.SeatKind `json:"kind" enum:"adult,child" example:"adult"`
}

// InviteInput is an adult to be asked.
type InviteInput struct {
	Name  string `json:"name" minLength:"1" maxLength:"60" doc:"A name alone; links are refused" example:"Ana Ortega"`
	Email string `json:"email,omitempty" maxLength:"254" format:"email" doc:"Where to ask; this or phone" example:"ana@example.org"`
	Phone string `json:"phone,omitempty" maxLength:"32" doc:"Staff call when there is no e-mail" example:"+1 910 555 0142"`
}

// Register books a party, all of it or none: it is confirmed when there are seats and nobody who waits would fit,
// waitlisted when there are not, and pending while staff have something to look at. A child whose guardian is not
// confirmed, or whom another guardian has registered too, is looked at; the words for that are always the same.
//
// Errors: not_found; invalid with every rule that the party breaks; conflict registration_not_open, registration_closed,
// already_registered, or full when there is no room on the waitlist either; pass_used_up, pass_expired, pass_revoked; too_many
// after many invitations.
func (s *Service) Register(ctx context.Context, workshopID uuid.UUID, in Register) (*RegistrationView, error) {
	if err := s.takeInvitations(ctx, in.Attendees...); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "registration.create", func(tx *services.Tx) (*RegistrationView, error) {
		e := newEntry(tx, in, s.cfg.ReviewShare)
		if err := e.authorize(); err != nil {
			return nil, err
		}
		apart := e.askApart(uuid.Nil)
		pass, passed, err := e.passOf()
		if err != nil {
			return nil, err
		}
		d, err := openDeskAfter(tx, apart[:1], workshopID, in.SessionID, slices.Concat(e.facts(workshopID, uuid.Nil), apart[1:], pass)...)
		if err != nil {
			return nil, err
		}
		if err := firstOf(e.checkSeen(d), e.take(d, *passed)); err != nil {
			return nil, err
		}
		d.apart = e.apart
		p, err := e.party(d)
		if err != nil {
			return nil, err
		}
		if in.WaiveReason != "" {
			if err := tx.Reason(p.LeadMemberID, in.WaiveReason); err != nil {
				return nil, err
			}
		}
		e.use(p)
		if err := d.admit(p); err != nil {
			return nil, err
		}
		return d.view(p)
	})
}

// entry is a party as it is asked for, on its way to being one.
type entry struct {
	tx        *services.Tx
	in        Register
	staff     bool // acts for the organization, not for themselves or their own
	lead      uuid.UUID
	authority map[uuid.UUID]people.Authority
	members   []models.Member
	places    []place
	beside    []headcount
	faults    []services.FieldError
	judged    []judged      // of whom the workshop's rules are asked
	given     []forms.Asked // answers to its form
	alone     bool          // the body is one attendee, not a party
	apart     *people.Separations
	share     int               // per cent of requests that are looked at by lot
	moved     []models.Attendee // those who come from another place, in the order of the input; nil of who is new
	pass      *models.WorkshopPass
}

// place is one that somebody of the party has here already.
type place struct {
	MemberID  uuid.UUID
	EnteredBy uuid.UUID
	Second    bool
}

// headcount is how many people, and guests among them, come with other parties of the same lead. A party that is entered
// in parts is no larger than one that is entered at once.
type headcount struct{ People, Guests int }

func newEntry(tx *services.Tx, in Register, share int) *entry {
	actor := tx.Actor()
	e := &entry{tx: tx, in: in, lead: actor.MemberID, share: share}
	if in.LeadMemberID != nil {
		e.lead = *in.LeadMemberID
	}
	if len(e.in.Attendees) == 0 {
		e.in.Attendees = []AttendeeInput{{MemberID: &e.lead}}
	}
	if actor.Coordinates() && !e.ownParty() {
		e.staff = true
		if in.LeadMemberID == nil {
			e.lead = e.firstMember()
		}
	}
	return e
}

// ownParty says whether the caller is of the party: a coordinator who comes themselves registers like anybody.
func (e *entry) ownParty() bool {
	return e.lead == e.tx.Actor().MemberID && (e.in.LeadMemberID != nil || slices.Contains(e.memberIDs(), e.lead))
}

func (e *entry) firstMember() uuid.UUID {
	if ids := e.memberIDs(); len(ids) > 0 {
		return ids[0]
	}
	return uuid.Nil
}

func (e *entry) memberIDs() (ids []uuid.UUID) {
	for _, a := range e.in.Attendees {
		if a.MemberID != nil && a.Guest == nil && a.Invite == nil {
			ids = append(ids, *a.MemberID)
		}
	}
	return ids
}

// authorize asks for whom the caller may act, or of a party that staff enter, its lead; it takes no round trip for somebody
// who comes alone.
func (e *entry) authorize() (err error) {
	who := e.tx.Actor()
	if e.staff {
		who = &services.Actor{MemberID: e.lead}
	}
	e.authority, err = people.AuthorityOver(e.tx, who, append(e.memberIDs(), e.lead))
	return err
}

// checkSeen: what the caller does not find in the catalog is no workshop for them.
// Errors: not_found.
func (e *entry) checkSeen(d *desk) error {
	if e.staff || d.workshop.Visibility == models.VisibilityPublished {
		return nil
	}
	var seen []uuid.UUID
	err := e.tx.DB.Table("workshops as w").Scopes(visible(e.tx.Actor())).Where("w.id = ?", d.workshop.ID).Limit(1).Pluck("w.id", &seen).Error
	if err == nil && (len(seen) == 0 || d.workshop.Visibility == models.VisibilityDraft) {
		err = services.NotFound("workshop")
	}
	return err
}

// facts reads, under the lock, the people of the party, the places that they have already, and who else comes with its
// lead. It is a new party, or the one of the given id.
func (e *entry) facts(workshopID, registrationID uuid.UUID) []services.Statement {
	ids := append(e.memberIDs(), e.lead)
	facts := []services.Statement{
		{SQL: `select ` + personColumns + ` from members m where m.id = any($1) and m.status not in ('merged', 'deceased')`, Args: []any{ids}, Scan: services.RowsInto(&e.members)},
		{SQL: placesSQL, Args: []any{workshopID, e.in.SessionID, ids}, Scan: services.RowsInto(&e.places)},
	}
	if registrationID == uuid.Nil && len(ids) == 2 && len(e.in.Attendees) == 1 && ids[0] == e.lead {
		return facts // who comes alone has one place at most, whatever else they lead
	}
	return append(facts, services.Statement{SQL: besideSQL, Args: []any{workshopID, e.in.SessionID, e.lead, registrationID}, Scan: services.RowsInto(&e.beside)})
}

const besideSQL = `select count(*)::int as people, count(a.guest_name)::int as guests from registrations r join attendees a on a.registration_id = r.id
	where r.lead_member_id = coalesce((select lead_member_id from registrations where id = $4), $3) and r.id <> $4
		and r.workshop_id = $1 and r.session_id is not distinct from $2 and r.live and a.state in ('invited', 'attending')`

const placesSQL = `select a.member_id, a.entered_by, a.second from attendees a join pools p on p.id = a.pool_id
	where p.workshop_id = $1 and p.session_id is not distinct from $2 and a.live and a.state = 'attending' and a.member_id = any($3)`

func (e *entry) member(id uuid.UUID) *models.Member {
	i := slices.IndexFunc(e.members, func(m models.Member) bool { return m.ID == id })
	if i < 0 || !e.staff && !e.authority[id].Allowed {
		return nil // somebody else's id and no id at all are told the same
	}
	return &e.members[i]
}

func (e *entry) fault(field string, code services.Code, message string) {
	e.faults = append(e.faults, services.FieldError{Field: field, Code: code, Message: message})
}

// party makes the party, or says everything that is wrong with it.
func (e *entry) party(d *desk) (*party, error) {
	now := e.tx.Now()
	p := &party{people: map[uuid.UUID]models.Member{}, Registration: models.Registration{
		Record:     models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now},
		WorkshopID: d.workshop.ID, SessionID: d.sessionID, LeadMemberID: e.lead, EnteredBy: e.tx.Actor().MemberID, Note: strings.TrimSpace(e.in.Note),
	}}
	for _, m := range e.members {
		p.people[m.ID] = m
	}
	if err := e.checkSession(d); err != nil {
		return nil, err
	}
	e.checkLead(d)
	for i := range e.in.Attendees {
		e.add(d, p, i)
	}
	e.checkParty(d, p)
	if err := firstOf(e.judge(d, p), e.ask(d)); err != nil {
		return nil, err
	}
	if len(e.faults) > 0 {
		return nil, services.Invalid(e.faults...)
	}
	if err := e.checkWindow(d); err != nil {
		return nil, err
	}
	if err := e.checkPlaces(p); err != nil {
		return nil, err
	}
	if err := e.needApproval(d, p); err != nil {
		return nil, err
	}
	e.hold(d, p)
	return p, nil
}

// checkSession: a drop-in place is for one session, a place in a series for all.
func (e *entry) checkSession(d *desk) error {
	dropIn := d.workshop.AttendanceMode == models.AttendDropIn
	switch {
	case dropIn && e.in.SessionID == nil:
		return services.InvalidField("/session_id", "required", "Say which session: places here are for one session each.")
	case !dropIn && e.in.SessionID != nil:
		return services.InvalidField("/session_id", "not_drop_in", "A place here is for all sessions. Leave session_id out.")
	case len(d.pools) == 0 || len(d.meetings) == 0:
		if dropIn {
			return services.InvalidField("/session_id", "unknown_session", "This workshop has no such session.")
		}
		if d.workshop.Visibility == models.VisibilityPublished && len(d.pools) == 0 {
			return errNoPools
		}
		return services.Conflict(CodeClosed, "Registration is closed.")
	}
	return nil
}

func (e *entry) checkLead(d *desk) {
	lead := e.member(e.lead)
	switch {
	case lead == nil && e.in.LeadMemberID == nil && e.staff:
		e.fault("/lead_member_id", "required", "Say which member answers for the party.")
	case lead == nil:
		e.fault("/lead_member_id", "unknown_member", "There is no such person among those you may register.")
	case lead.MinorOn(d.firstDay()) && !d.workshop.TeenProgram:
		e.fault("/lead_member_id", CodeAdultRequired, "An adult must answer for the party.")
	}
}

func (e *entry) checkWindow(d *desk) error {
	if e.staff && e.in.WaiveReason != "" && !d.over() {
		return nil
	}
	if e.pass != nil && !d.over() && e.tx.Now().Before(d.starts()) {
		return nil
	}
	switch d.workshop.WindowAt(e.tx.Now(), d.starts()) {
	case models.WindowNotYetOpen:
		return services.Conflict(CodeNotOpen, "Registration opens at %s.", d.workshop.OpensAt.Format(time.RFC3339))
	case models.WindowClosed:
		return services.Conflict(CodeClosed, "Registration is closed.")
	}
	return nil
}

// checkPlaces: one live place for each. A child whom another guardian registered is the exception: this booking stands
// beside that one, and staff look at it.
func (e *entry) checkPlaces(p *party) error {
	for i := range p.attendees {
		a := &p.attendees[i]
		if a.MemberID == nil {
			continue
		}
		for _, had := range e.places {
			if had.MemberID != *a.MemberID {
				continue
			}
			if e.staff || a.Kind != models.SeatChild || *a.MemberID == e.tx.Actor().MemberID || had.EnteredBy == a.EnteredBy {
				return services.Conflict(CodeAlreadyRegistered, "This person already has a place here, or waits for one.")
			}
			a.Second = true
			p.lookAt(models.ReviewSecondBooking)
		}
	}
	return nil
}

// admit seats the party, puts it on the list, or has it looked at, and stores it. Those who wait and fit are offered
// their seats first, or where there is no time for that keep them, so that a newcomer takes none that was theirs; but for who
// comes with a pass, who goes before them.
func (d *desk) admit(p *party) error {
	ahead := p.PassID != nil
	if !ahead {
		if err := d.promote(); err != nil {
			return err
		}
	}
	seated, err := d.spare(p.need())
	if err != nil {
		return err
	}
	seated = seated || ahead && d.fits(p.need())
	switch {
	case !seated:
		if err := d.checkListHasRoom(p); err != nil && !ahead {
			return err
		}
		d.change(p, func() {
			if d.queue(p); ahead {
				p.MovedAheadAt = p.QueuedAt
			}
		})
	case len(p.Review) > 0:
		d.change(p, func() { p.State = models.RegistrationPending })
	default:
		now := d.tx.Now()
		d.change(p, func() { p.State, p.ConfirmedAt = models.RegistrationConfirmed, &now })
	}
	if err := d.close(p); err != nil {
		return err
	}
	if err := d.askToReview(p); err != nil {
		return err
	}
	if err := d.invite(p); err != nil {
		return err
	}
	return d.tellState(p)
}

func (d *desk) checkListHasRoom(p *party) error {
	for id := range p.need() {
		if most := d.workshop.WaitlistCapacity; most != nil && d.pool(id).Waiting >= *most {
			return services.Conflict(CodeFull, "All seats are taken, and the waitlist is full.")
		}
	}
	return nil
}

// queue puts a party at the end of the list. The clock of a use case stands still at its start, before it waited for the
// lock; so the place in line is taken from the line itself.
func (d *desk) queue(p *party) {
	at := d.tx.Now()
	if d.lastQueued != nil && !at.After(*d.lastQueued) {
		at = d.lastQueued.Add(time.Microsecond)
	}
	d.lastQueued = &at
	p.State, p.QueuedAt = models.RegistrationWaitlisted, &at
}

// askToReview gives staff the task to look at a party that waits for them. The words never say why. At any other they look
// only where it brings people together who are kept apart.
func (d *desk) askToReview(p *party) error {
	if p.State != models.RegistrationPending {
		return d.lookForClashes(p)
	}
	due := d.tx.Now().Add(24 * time.Hour)
	if start := d.starts(); start.Before(due) {
		due = start
	}
	_, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskReviewRegistration, MemberID: &p.LeadMemberID, Record: "registration", RecordID: &p.ID,
		Queue: "coordinators", Title: "Look at a registration", DueAt: due})
	return err
}
