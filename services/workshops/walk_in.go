package workshops

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Codes of the door.
const (
	CodeDoorsClosed services.Code = "doors_closed"
	CodeIDTaken     services.Code = "id_taken"
)

// TaskWalkIn asks staff to see to a member who came to the door and was asked to wait for them.
const TaskWalkIn models.TaskKind = "walk_in"

// WalkIn is somebody who comes to the door without a registration.
type WalkIn struct {
	ID                 *uuid.UUID             `json:"id,omitempty" doc:"Made by the scanner, a UUIDv7: what is sent again with it counts once"`
	MemberID           *uuid.UUID             `json:"member_id,omitempty" doc:"Coordinators alone: a member, in place of a name"`
	GivenName          string                 `json:"given_name,omitempty" maxLength:"80" doc:"All that must be known of somebody new" example:"Luis"`
	FamilyName         string                 `json:"family_name,omitempty" maxLength:"80" example:"Ortega"`
	Kind               models.SeatKind        `json:"kind,omitempty" enum:"adult,child" default:"adult" doc:"Of somebody new; a member's follows from their age"`
	Mode               *models.AttendanceMode `json:"mode,omitempty" enum:"in_person,online" doc:"Hybrid workshops; absent: in_person"`
	Email              *string                `json:"email,omitempty" maxLength:"254" example:"luis.ortega@example.org"`
	Phone              *string                `json:"phone,omitempty" maxLength:"40" example:"(910) 555-0142"`
	WithAttendeeID     *uuid.UUID             `json:"with_attendee_id,omitempty" doc:"Of a child: the adult here who answers for it, checked in already"`
	OverCapacityReason string                 `json:"over_capacity_reason,omitempty" maxLength:"500" doc:"Why they are let in although no seat is free. Kept sealed" example:"Drove two hours; the hall has room for chairs"`
	WaiveReason        string                 `json:"waive_reason,omitempty" maxLength:"500" doc:"Coordinators alone, of a member: why the age, the audience and the rules do not count this time, and nobody looks at it first. Kept sealed"`
	ScannedAt          *time.Time             `json:"scanned_at,omitempty" doc:"When they came, when that was earlier. At most 14 days ago"`
	Station            string                 `json:"station,omitempty" maxLength:"40" doc:"Which door or desk" example:"Door 2"`
}

// WalkedIn is what became of it.
type WalkedIn struct {
	Result         models.ScanResult `json:"result" enum:"ok,see_staff,cancelled" doc:"see_staff: they are not let in yet, and coordinators have a task. cancelled: it was undone" example:"ok"`
	RegistrationID *uuid.UUID        `json:"registration_id" nullable:"true" doc:"The id that was sent with it, if one was"`
	AttendeeID     *uuid.UUID        `json:"attendee_id" nullable:"true"`
	Name           string            `json:"name" doc:"First name and initial" example:"Luis O."`
	Kind           models.SeatKind   `json:"kind" enum:"adult,child"`
	Beyond         bool              `json:"beyond" doc:"No seat was free"`
	Since          *time.Time        `json:"since" doc:"When they were checked in"`
}

// walkIn is one on the way to being a place.
type walkIn struct {
	tx      *services.Tx
	in      WalkIn
	session *models.WorkshopSession
	id      uuid.UUID
	at      time.Time
	d       *desk
	apart   *people.Separations
	known   []models.Member // whom member_id names
	places  []place
	adults  []companion // whom with_attendee_id names
	before  []models.Registration
	asked   []models.CheckIn // what this id came to before, when that was to see staff
	sent    []models.CheckIn // what the caller sent with it, whatever it came to
	share   int              // per cent of requests that are looked at by lot
	closed  []uuid.UUID
	faults  []services.FieldError
}

// companion is the adult who answers for a child.
type companion struct {
	scanned
	LeadMemberID uuid.UUID
	Here         bool
}

const readCompanion = `select ` + attendeeColumns + `, r.state as registration_state, r.workshop_id, r.session_id, r.lead_member_id,
		exists (select from check_ins c where c.session_id = $2 and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null) as here
	from attendees a join registrations r on r.id = a.registration_id where a.id = $1`

// WalkIn lets somebody in who has not registered: a first name will do, and they are a prospective member from then on, with a
// confirmed place, checked in. They get a seat that is free. Those who wait are not asked first, they are not here; but a seat
// that is offered to somebody, or kept for somebody invited, is not free. Beyond the seats they are let in for a reason, and are
// counted apart. In a series it is a place for what is left of it. A child comes with an adult who is checked in, but to what is
// staffed for minors; a member's child with somebody who may act for it. What would be looked at in a registration, and somebody
// new who may be somebody we know, answers see_staff, and coordinators have a task for the same day. The same id counts once.
// Errors: not_found for a session that the caller does not lead; invalid with everything that is wrong, and not_eligible; conflict
// doors_closed, full without a reason, adult_required, already_registered, wrong_state before the workshop is published, id_taken.
func (s *Service) WalkIn(ctx context.Context, sessionID uuid.UUID, in WalkIn) (*WalkedIn, error) {
	return services.Mutate(ctx, s.core, "session.walk_in", func(tx *services.Tx) (*WalkedIn, error) {
		w := &walkIn{tx: tx, in: in, share: s.cfg.ReviewShare}
		if err := w.open(sessionID); err != nil {
			return nil, err
		}
		if len(w.before) > 0 {
			return w.again()
		}
		if len(w.asked) > 0 {
			return w.waits()
		}
		if err := w.check(); err != nil {
			return nil, err
		}
		m, alike, err := w.member()
		if err != nil {
			return nil, err
		}
		if w.lookedAt(m, alike) {
			return w.seeStaff(m, alike)
		}
		p, err := w.party(m)
		if err != nil {
			return nil, err
		}
		return w.letIn(p)
	})
}

// open locks the pools of the session and reads who is meant.
func (w *walkIn) open(sessionID uuid.UUID) (err error) {
	tx, in := w.tx, &w.in
	if w.session, err = ledSession(tx.DB, tx.Actor(), sessionID, beside); err != nil {
		return err
	}
	if w.at, err = scanTime(in.ScannedAt, tx.Now()); err != nil {
		return err
	}
	if w.id = services.NewID(); in.ID != nil {
		w.id = *in.ID
	}
	if !tx.Actor().Coordinates() && (in.MemberID != nil || in.WaiveReason != "") {
		return services.Forbidden(services.CodeForbidden, "Coordinators alone look members up, and waive rules for them. Enter who came by their name.")
	}
	own, err := ownPools(tx, sessionID)
	if err != nil {
		return err
	}
	of := []uuid.UUID{}
	if in.MemberID != nil {
		of = append(of, *in.MemberID)
	}
	w.apart = people.SeparationsAmong(tx, `select unnest($1::uuid[])`, of)
	w.d, err = openDeskAfter(tx, []services.Statement{w.apart.Lock()}, w.session.WorkshopID, own, w.apart.Read(),
		services.Statement{SQL: `select ` + registrationColumns + ` from registrations r where r.id = $1`, Args: []any{w.id}, Scan: services.RowsInto(&w.before)},
		services.Statement{SQL: `select ` + checkInRow + ` from check_ins where session_id = $1 and nonce = $2 and result = 'see_staff'`, Args: []any{sessionID, walkInNonce(w.id)}, Scan: services.RowsInto(&w.asked)},
		services.Statement{SQL: `select ` + checkInRow + ` from check_ins where session_id = $1 and nonce = $2 and scanned_by = $3`, Args: []any{sessionID, walkInNonce(w.id), tx.Actor().MemberID}, Scan: services.RowsInto(&w.sent)},
		services.Statement{SQL: `select ` + personColumns + ` from members m where m.id = any($1) and m.status not in ('merged', 'deceased')`, Args: []any{of}, Scan: services.RowsInto(&w.known)},
		services.Statement{SQL: placesSQL, Args: []any{w.session.WorkshopID, own, of}, Scan: services.RowsInto(&w.places)},
		services.Statement{SQL: `select closed_to($1, $2)`, Args: []any{tx.Actor().MemberID, models.DateOf(tx.Now()).Time}, Scan: idsInto(&w.closed)},
		services.Statement{SQL: readCompanion, Args: []any{in.WithAttendeeID, sessionID}, Scan: services.RowsInto(&w.adults)},
	)
	if err == nil {
		w.d.apart = w.apart
	}
	return err
}

// ownPools is the session where it has pools of its own, as in a drop-in workshop; else nil.
func ownPools(tx *services.Tx, sessionID uuid.UUID) (*uuid.UUID, error) {
	var own bool
	err := tx.Batch(services.Statement{SQL: `select exists (select from pools where session_id = $1)`, Args: []any{sessionID}, Scan: services.ScanOne("session", &own)})
	if !own {
		return nil, err
	}
	return &sessionID, err
}

func (w *walkIn) waives() bool {
	return strings.TrimSpace(w.in.WaiveReason) != "" && len(w.known) > 0 && !w.apart.Closed(w.known[0].ID)
}

var errIDTaken = services.Conflict(CodeIDTaken, "This id belongs to something else. Make a new one for each person.")

// again answers one that was sent before.
// Errors: conflict id_taken for the id of something else, or of somebody else.
func (w *walkIn) again() (*WalkedIn, error) {
	r := &w.before[0]
	if r.WalkInSessionID == nil || *r.WalkInSessionID != w.session.ID || r.EnteredBy != w.tx.Actor().MemberID || !w.same() {
		return nil, errIDTaken
	}
	w.tx.Unchanged()
	p, err := w.d.again(r.ID)
	if err != nil {
		return nil, err
	}
	return walkedIn(p, r.ConfirmedAt), nil
}

func walkedIn(p *party, since *time.Time) *WalkedIn {
	a := &p.attendees[0]
	out := &WalkedIn{Result: models.ScanOK, RegistrationID: &p.ID, AttendeeID: &a.ID, Kind: a.Kind, Beyond: a.Beyond, Since: inUTC(since)}
	if m, ok := p.people[*a.MemberID]; ok {
		out.Name = models.Initialed(firstName(m), m.FamilyName)
	}
	if !p.State.Live() || !a.Goes() {
		out.Result, out.Since = models.ScanCancelled, nil
	}
	return out
}

func (w *walkIn) fault(field string, code services.Code, message string, args ...any) {
	w.faults = append(w.faults, services.FieldError{Field: field, Code: code, Message: fmt.Sprintf(message, args...)})
}

// check asks everything that can be asked before anybody is entered.
func (w *walkIn) check() error {
	visible := w.d.workshop.Visibility
	switch {
	case visible != models.VisibilityPublished && visible != models.VisibilityCompleted || len(w.d.pools) == 0:
		return services.Conflict(CodeWrongState, "This workshop is %s: nobody can be let in.", visible)
	case w.session.Status == models.SessionCancelled, w.at.Before(w.session.StartsAt.Add(-doorsBefore)), w.at.After(w.session.EndsAt.Add(doorsAfter)):
		return services.Conflict(CodeDoorsClosed, "People are let in from 3 hours before the start until 12 hours after the end of a session that takes place.")
	}
	w.checkWho()
	w.checkMode()
	w.checkCompanion()
	switch {
	case len(w.faults) > 0:
		return services.Invalid(w.faults...)
	case len(w.places) > 0:
		return services.Conflict(CodeAlreadyRegistered, "This person has a place here already, or waits for one. Check them in by name, with POST /v1/sessions/%s/attendees/{attendee_id}/check-in: that lets in who waits, too, if their party finds seats.", w.session.ID)
	}
	return w.checkChild()
}

func (w *walkIn) checkWho() {
	in := &w.in
	switch {
	case in.MemberID == nil:
		if services.Line(in.GivenName) == "" {
			w.fault("/given_name", "required", "Give at least a first name.")
		}
		if w.kind() == models.SeatChild && w.forAdults() {
			w.fault("/kind", "too_young", tooYoung, *w.d.workshop.MinimumAge)
		}
		return
	case in.GivenName != "" || in.FamilyName != "" || in.Email != nil || in.Phone != nil:
		w.fault("/member_id", "one_of", "Give a member or a name, not both.")
	}
	if len(w.known) == 0 || slices.Contains(w.closed, *in.MemberID) { // somebody else's record and no record are told the same
		w.fault("/member_id", "unknown_member", "There is no such person among those you may register.")
		return
	}
	m := &w.known[0]
	if w.waives() {
		return
	}
	if least := w.d.workshop.MinimumAge; least != nil && (m.BirthDate != nil && m.BirthDate.Age(w.d.firstDay()) < *least || w.kind() == models.SeatChild && w.forAdults()) {
		w.fault("/member_id", "too_young", tooYoung, *least)
	}
	if !w.d.workshop.For(m.Kinds) {
		w.fault("/member_id", "not_in_audience", "This is for %s.", kindsInWords(w.d.workshop.AudienceKinds))
	}
}

const tooYoung = "Everybody must be %d or older on the first day."

// forAdults says whether nobody under age may come, whatever their age is.
func (w *walkIn) forAdults() bool {
	least := w.d.workshop.MinimumAge
	return least != nil && *least >= models.AdultAge
}

func (w *walkIn) checkMode() {
	hybrid := w.d.workshop.Format == models.FormatHybrid
	if hybrid && w.in.Mode == nil {
		here := models.ModeInPerson
		w.in.Mode = &here
	}
	if !hybrid && w.in.Mode != nil {
		w.fault("/mode", "not_hybrid", "There is only one way to take part here. Leave mode out.")
	}
}

func (w *walkIn) checkCompanion() {
	const at = "/with_attendee_id"
	switch {
	case w.in.WithAttendeeID == nil:
	case len(w.adults) == 0 || judge(w.session, &w.adults[0].scanned, w.adults[0].CodeVersion, w.session.StartsAt) != models.ScanOK:
		w.fault(at, "unknown_attendee", "This person is not on the roster.")
	case w.adults[0].Kind != models.SeatAdult:
		w.fault(at, CodeAdultRequired, "An adult must answer for a child.")
	case !w.adults[0].Here:
		w.fault(at, "not_checked_in", "Check the adult in first.")
	case w.kind() == models.SeatAdult:
		w.fault(at, "not_a_child", "Adults answer for themselves. Leave with_attendee_id out.")
	}
}

// kind is which seats they take: a member's by their age on the first day.
func (w *walkIn) kind() models.SeatKind {
	switch {
	case len(w.known) > 0 && w.known[0].MinorOn(w.d.firstDay()):
		return models.SeatChild
	case len(w.known) > 0 || w.in.Kind == "":
		return models.SeatAdult
	}
	return w.in.Kind
}

// checkChild: a child comes with an adult who is here. For a child whom we know that is somebody who may act for it.
// Errors: conflict adult_required.
func (w *walkIn) checkChild() error {
	if w.kind() == models.SeatAdult || len(w.adults) == 0 && w.d.workshop.TeenProgram {
		return nil
	}
	if len(w.adults) == 0 {
		return services.Conflict(CodeAdultRequired, "A child comes with an adult. Check the adult in first, and name them in with_attendee_id.")
	}
	if len(w.known) == 0 {
		return nil
	}
	if id := w.adults[0].MemberID; id != nil {
		may, err := people.AuthorityOver(w.tx, &services.Actor{MemberID: *id}, []uuid.UUID{w.known[0].ID})
		if err != nil || may[w.known[0].ID].Allowed && !may[w.known[0].ID].NeedsReview {
			return err
		}
	}
	return services.Conflict(CodeAdultRequired, "This child comes with somebody who may act for it. Ask a coordinator to look at that.")
}

// party makes the party of one.
// Errors: conflict full.
func (w *walkIn) party(m *models.Member) (*party, error) {
	now, lead, by := w.tx.Now(), m.ID, m.ID
	if len(w.adults) > 0 {
		if lead = w.adults[0].LeadMemberID; w.adults[0].MemberID != nil {
			lead = *w.adults[0].MemberID
		}
		by = lead
	}
	p := &party{people: map[uuid.UUID]models.Member{m.ID: *m}, Registration: models.Registration{
		Record:     models.Record{ID: w.id, Version: 1, CreatedAt: now, UpdatedAt: now},
		WorkshopID: w.session.WorkshopID, SessionID: w.d.sessionID, LeadMemberID: lead, EnteredBy: w.tx.Actor().MemberID,
		Source: models.SourceWalkIn, WalkInSessionID: &w.session.ID,
	}}
	a := models.Attendee{ID: services.NewID(), CreatedAt: now, UpdatedAt: now, RegistrationID: p.ID, PoolID: w.d.poolOf(w.in.Mode).ID, Mode: w.in.Mode, Kind: w.kind(),
		State: models.AttendeeAttending, MemberID: &m.ID, EnteredBy: by, CodeVersion: 1, JoinedAt: &w.at}
	p.attendees = []models.Attendee{a}
	if !w.d.fits(p.need()) {
		if strings.TrimSpace(w.in.OverCapacityReason) == "" {
			return nil, services.Conflict(CodeFull, "No seat is free. Say in over_capacity_reason why they are let in all the same.")
		}
		p.attendees[0].Beyond = true
	}
	return p, nil
}

// letIn stores the place, the check-in and the attendance.
// Errors: invalid not_eligible.
func (w *walkIn) letIn(p *party) (*WalkedIn, error) {
	if len(w.known) > 0 {
		notMet, err := w.d.notEligible(p, w.in.WaiveReason)
		if err != nil {
			return nil, err
		}
		if len(notMet) > 0 {
			return nil, services.Invalid(notMet...)
		}
	}
	if err := w.tx.Reason(p.LeadMemberID, w.reasons(p)); err != nil {
		return nil, err
	}
	w.d.change(p, func() { p.State, p.ConfirmedAt = models.RegistrationConfirmed, &w.at })
	if err := firstOf(w.d.close(p), w.d.lookForClashes(p)); err != nil {
		return nil, err
	}
	scan := w.scan(&p.attendees[0].ID, models.ScanOK)
	there := presenceBy(w.session, &scan)
	saveCheckIns(w.tx, []*models.CheckIn{&scan})
	saveAttendance(w.tx, []models.Attendance{there})
	w.tx.Changed(nil, scan)
	w.tx.Changed(nil, there)
	return walkedIn(p, &w.at), sumsFollow(w.tx, w.session, p.attendees[0].ID)
}

// reasons are why they were let in beyond the seats, and why rules do not count: a row of the log has room for one.
func (w *walkIn) reasons(p *party) string {
	var why []string
	if p.attendees[0].Beyond {
		why = append(why, strings.TrimSpace(w.in.OverCapacityReason))
	}
	if len(w.known) > 0 && strings.TrimSpace(w.in.WaiveReason) != "" {
		why = append(why, strings.TrimSpace(w.in.WaiveReason))
	}
	return strings.Join(why, "\n\n")
}

// sumsFollow takes what changed at a session that is completed into the sums.
func sumsFollow(tx *services.Tx, session *models.WorkshopSession, attendees ...uuid.UUID) error {
	if session.Status != models.SessionCompleted {
		return nil
	}
	if err := sumUp(tx, attendees); err != nil {
		return err
	}
	return tellPrograms(tx, session.ID)
}
