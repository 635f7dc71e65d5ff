package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Codes of registrations.
const (
	CodeAlreadyRegistered services.Code = "already_registered"
	CodeNotOpen           services.Code = "registration_not_open"
	CodeClosed            services.Code = "registration_closed"
	CodeFull              services.Code = "full"
	CodeOfferExpired      services.Code = "offer_expired"
	CodeInvitationOver    services.Code = "invitation_over"
	CodeAdultRequired     services.Code = "adult_required"
	CodeNotYours          services.Code = "not_yours_to_change"
	CodeOwnRecord         services.Code = "own_record"
	CodeNotConfirmed      services.Code = "not_confirmed"
	CodeNonceReused       services.Code = "nonce_reused"
	CodeNotAName          services.Code = "not_a_name"
	CodeNotEligible       services.Code = "not_eligible"
)

var _ = services.Meanings(map[string]*services.Error{
	"attendees_one_place":  services.Conflict(CodeAlreadyRegistered, "This person already has a place here, or waits for one."),
	"registrations_lead":   services.InvalidField("/lead_member_id", "unknown_member", "There is no such person among those you may register."),
	"attendees_member":     services.InvalidField("/attendees", "unknown_member", "There is no such person among those you may register."),
	"attendance_attendee":  services.InvalidField("/entries", "unknown_attendee", "One of these people is not on the roster."),
	"registrations_review": services.InvalidField("/attendees", services.CodeInvalid, "This party cannot be registered."),
})

// party is a registration with everyone in it, and what it was when the use case began.
type party struct {
	models.Registration
	attendees []models.Attendee
	people    map[uuid.UUID]models.Member

	was      *models.Registration // nil: new
	wasThere []models.Attendee
	quiet    bool // nothing of the registration itself changes, nor may its version tell that an attendee did

	closed   models.IDs // members whose record the caller, of the staff, must not handle: they see who comes and no more
	released models.IDs // members for whom the caller acted once and may act no longer: they are nobody to them here
}

// lookAt has staff look at the party before it is confirmed.
func (p *party) lookAt(why models.ReviewReason) {
	if !slices.Contains(p.Review, why) {
		p.Review = append(slices.Clone(p.Review), why)
	}
}

// need counts the seats of those who hold or ask for one.
func (p *party) need() need {
	n := need{}
	for i := range p.attendees {
		a := &p.attendees[i]
		if !a.State.HoldsSeat() || a.Beyond {
			continue
		}
		s := n[a.PoolID]
		if a.Kind == models.SeatChild {
			s.children++
		} else {
			s.adults++
		}
		n[a.PoolID] = s
	}
	return n
}

// size is how many people those are.
func (n need) size() (total int) {
	for _, s := range n {
		total += s.adults + s.children
	}
	return total
}

// attendee finds one of the party.
// Errors: not_found.
func (p *party) attendee(id uuid.UUID) (*models.Attendee, error) {
	i := slices.IndexFunc(p.attendees, func(a models.Attendee) bool { return a.ID == id })
	if i < 0 {
		return nil, services.NotFound("attendee")
	}
	return &p.attendees[i], nil
}

// empty says whether nobody is left for whom the party exists.
func (p *party) empty() bool {
	return !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.State.HoldsSeat() })
}

// deserted says whether nobody is left as far as the party may know: somebody who refused in silence still counts.
func (p *party) deserted(now time.Time) bool {
	return !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.StillThere(now) })
}

// unaccompanied says whether a minor would come without an adult who comes for certain.
func (p *party) unaccompanied() bool {
	minors, adults := false, false
	for i := range p.attendees {
		a := &p.attendees[i]
		minors = minors || a.State.HoldsSeat() && a.Kind == models.SeatChild
		adults = adults || a.Goes() && a.Kind == models.SeatAdult
	}
	return minors && !adults
}

const (
	registrationColumns = `r.id, r.version, r.created_at, r.updated_at, r.workshop_id, r.session_id, r.lead_member_id, r.entered_by, r.state, r.live, r.review,
		r.queued_at, r.moved_ahead_at, r.offered_at, r.offer_expires_at, r.confirmed_at, r.closed_at, r.late_cancel, r.note, r.shared_with_guardians, r.source, r.walk_in_session_id,
		r.pass_id, r.transferred_from, r.transferred_to, r.called_off_as`
	attendeeColumns = `a.id, a.created_at, a.updated_at, a.registration_id, a.live, a.pool_id, a.mode, a.kind, a.state, a.member_id, a.guest_name, a.invite_name,
		a.invite_email, a.invite_phone, a.invite_id, a.invite_expires_at, a.entered_by, a.second, a.beyond, a.code_version, a.joined_at, a.left_at,
		a.sessions_offered as offered, a.sessions_attended as attended, a.sessions_excused as excused, a.sessions_missed as missed, a.consecutive_absences, a.last_seen_at`
	personColumns = `m.id, m.given_name, m.family_name, m.preferred_name, m.birth_date, m.kinds, m.status, m.time_zone, m.quiet_from, m.quiet_until`
)

// openParty finds a registration through the caller's scope, locks its pools and reads it again under the lock.
// Errors: not_found.
func openParty(tx *services.Tx, id uuid.UUID) (*desk, *party, error) {
	workshopID, sessionID, err := locate(tx, id)
	if err != nil {
		return nil, nil, err
	}
	return openKnown(tx, workshopID, sessionID, id)
}

// locate says to which pools a registration belongs, which never changes.
func locate(tx *services.Tx, id uuid.UUID) (uuid.UUID, *uuid.UUID, error) {
	var at []models.Registration
	err := tx.DB.Scopes(visibleRegistrations(tx.Actor())).Select("workshop_id", "session_id").Where("registrations.id = ?", id).Limit(1).Find(&at).Error
	if err != nil {
		return uuid.Nil, nil, err
	}
	if len(at) == 0 {
		return uuid.Nil, nil, services.NotFound("registration")
	}
	return at[0].WorkshopID, at[0].SessionID, nil
}

func openKnown(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID, id uuid.UUID, more ...services.Statement) (*desk, *party, error) {
	return openAfter(tx, nil, workshopID, sessionID, id, more...)
}

// openAfter is how every party is opened: with whom the caller lost, or whose records are closed to them, and with
// statements that come before the pools are locked.
func openAfter(tx *services.Tx, first []services.Statement, workshopID uuid.UUID, sessionID *uuid.UUID, id uuid.UUID, more ...services.Statement) (*desk, *party, error) {
	set, actor := &partySet{}, tx.Actor()
	ties, closed := people.Ties{}, []uuid.UUID{}
	read := append(set.statements("r.id = $1", "", id), more...)
	switch {
	case actor.Coordinates():
		read = append(read, services.Statement{SQL: notTheirs, Args: []any{actor.MemberID, models.DateOf(tx.Now()).Time, models.SeparationDay(tx.Now()).Time}, Scan: idsInto(&closed)})
	case actor.MemberID != uuid.Nil:
		read = append(read, services.Statement{SQL: people.TiesSQL, Args: []any{actor.MemberID}, Scan: services.RowsInto((*[]people.Tie)(&ties))})
	}
	d, err := openDeskAfter(tx, first, workshopID, sessionID, read...)
	if err != nil {
		return nil, nil, err
	}
	parties := set.parties()
	if len(parties) == 0 {
		return nil, nil, services.NotFound("registration")
	}
	p := parties[0]
	d.released, d.closed = ties.Released(tx.Now()), closed
	d.seen(p)
	return d, p, p.settled(tx)
}

// seen has a party shown and handled as far as the caller may.
func (d *desk) seen(p *party) {
	if p.released, p.closed = d.released, d.closed; d.mustNotKnow(p) != nil {
		p.closed = append(slices.Clone(p.closed), p.LeadMemberID)
	}
}

// partySet reads whole parties in three statements, however many they are.
type partySet struct {
	registrations []models.Registration
	attendees     []models.Attendee
	people        []models.Member
}

// statements selects the parties by a condition on registrations r. Conditions and orders are constants.
func (s *partySet) statements(where, order string, args ...any) []services.Statement {
	if order != "" {
		order = " order by " + order
	}
	of := " where " + where
	return []services.Statement{
		{SQL: `select ` + registrationColumns + ` from registrations r` + of + order, Args: args, Scan: services.RowsInto(&s.registrations)},
		{SQL: `select ` + attendeeColumns + ` from attendees a join registrations r on r.id = a.registration_id` + of + ` order by a.id`, Args: args, Scan: services.RowsInto(&s.attendees)},
		{SQL: `select ` + personColumns + ` from members m where m.id in (select r.lead_member_id from registrations r` + of + ` union
			select a.member_id from attendees a join registrations r on r.id = a.registration_id` + of + ` and a.member_id is not null)`, Args: args, Scan: services.RowsInto(&s.people)},
	}
}

func (s *partySet) parties() []*party {
	people := make(map[uuid.UUID]models.Member, len(s.people))
	for _, m := range s.people {
		people[m.ID] = m
	}
	out := make([]*party, len(s.registrations))
	byID := map[uuid.UUID]*party{}
	for i, r := range s.registrations {
		was := r
		out[i] = &party{Registration: r, was: &was, people: people}
		byID[r.ID] = out[i]
	}
	for _, a := range s.attendees {
		p := byID[a.RegistrationID]
		p.attendees = append(p.attendees, a)
	}
	for _, p := range out {
		p.wasThere = slices.Clone(p.attendees)
	}
	return out
}

// visibleRegistrations is the scope of list and get: coordinators see all; others what they lead or entered, and the
// parties they have accepted to be part of. Another guardian's booking of the same child is not among these.
func visibleRegistrations(actor *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Coordinates() || actor.Kind == models.ActorSystem {
			return db
		}
		return ownRegistrations(actor.MemberID)(db)
	}
}

// store queues what became of a party. New rows are inserted; attendees follow the registration, whose liveness their key
// carries.
func (d *desk) store(p *party) {
	p.Live = p.State.Live()
	if p.State != models.RegistrationCancelled {
		p.CalledOffAs = nil
	}
	before := p.was
	switch {
	case p.was == nil:
		d.insert(p)
	case !p.quiet:
		p.Version, p.UpdatedAt = p.Version+1, d.tx.Now()
		d.tx.Queue(`update registrations set version = $2, updated_at = $3, lead_member_id = $4, state = $5, review = $6, queued_at = $7, moved_ahead_at = $8,
			offered_at = $9, offer_expires_at = $10, confirmed_at = $11, closed_at = $12, late_cancel = $13, note = $14, shared_with_guardians = $15, entered_by = $16,
			transferred_to = $17, called_off_as = $18 where id = $1`,
			p.ID, p.Version, p.UpdatedAt, p.LeadMemberID, string(p.State), textsOf(p.Review), p.QueuedAt, p.MovedAheadAt,
			p.OfferedAt, p.OfferExpiresAt, p.ConfirmedAt, p.ClosedAt, p.LateCancel, p.Note, p.SharedWithGuardians, p.EnteredBy,
			p.TransferredTo, textOf(p.CalledOffAs))
		d.tx.Changed(*p.was, p.Registration)
	}
	was := p.Registration
	p.was = &was
	for i := range p.attendees {
		d.storeAttendee(p, before, &p.attendees[i])
	}
	p.wasThere = slices.Clone(p.attendees)
}

func (d *desk) insert(p *party) {
	if p.Source == "" {
		p.Source = models.SourceRegistered
	}
	d.tx.Queue(`insert into registrations (id, version, created_at, updated_at, workshop_id, session_id, lead_member_id, entered_by, state, review, queued_at,
		moved_ahead_at, offered_at, offer_expires_at, confirmed_at, closed_at, late_cancel, note, source, walk_in_session_id, pass_id, transferred_from, shared_with_guardians)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		p.ID, p.Version, p.CreatedAt, p.UpdatedAt, p.WorkshopID, p.SessionID, p.LeadMemberID, p.EnteredBy, string(p.State), textsOf(p.Review), p.QueuedAt,
		p.MovedAheadAt, p.OfferedAt, p.OfferExpiresAt, p.ConfirmedAt, p.ClosedAt, p.LateCancel, p.Note, string(p.Source), p.WalkInSessionID, p.PassID, p.TransferredFrom, p.SharedWithGuardians)
	d.tx.Changed(nil, p.Registration)
}

func (d *desk) storeAttendee(p *party, before *models.Registration, a *models.Attendee) {
	a.Live = p.Live
	i := slices.IndexFunc(p.wasThere, func(was models.Attendee) bool { return was.ID == a.ID })
	if i < 0 {
		d.follow(p, before, nil, a)
		d.tx.Queue(`insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, mode, kind, state, member_id, guest_name, invite_name,
			invite_email, invite_phone, invite_id, invite_expires_at, entered_by, second, code_version, joined_at, left_at, beyond)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
			a.ID, a.CreatedAt, a.UpdatedAt, a.RegistrationID, a.Live, a.PoolID, textOf(a.Mode), string(a.Kind), string(a.State), a.MemberID, a.GuestName, a.InviteName,
			a.InviteEmail, a.InvitePhone, a.InviteID, a.InviteExpiresAt, a.EnteredBy, a.Second, a.CodeVersion, a.JoinedAt, a.LeftAt, a.Beyond)
		d.tx.Changed(nil, *a)
		return
	}
	was := p.wasThere[i]
	d.follow(p, before, &was, a)
	asKept := was
	if asKept.Live = a.Live; asKept == *a {
		return // at most the registration's liveness changed, which the key carries
	}
	a.UpdatedAt = d.tx.Now()
	d.tx.Queue(`update attendees set updated_at = $2, registration_id = $3, live = $4, pool_id = $5, mode = $6, kind = $7, state = $8, member_id = $9, guest_name = $10,
		invite_name = $11, invite_email = $12, invite_phone = $13, invite_id = $14, invite_expires_at = $15, entered_by = $16, second = $17, code_version = $18, joined_at = $19, left_at = $20
		where id = $1`,
		a.ID, a.UpdatedAt, a.RegistrationID, a.Live, a.PoolID, textOf(a.Mode), string(a.Kind), string(a.State), a.MemberID, a.GuestName,
		a.InviteName, a.InviteEmail, a.InvitePhone, a.InviteID, a.InviteExpiresAt, a.EnteredBy, a.Second, a.CodeVersion,
		a.JoinedAt, a.LeftAt)
	d.tx.Changed(was, *a)
}

func textsOf[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}

func textOf[T ~string](in *T) *string {
	if in == nil {
		return nil
	}
	s := string(*in)
	return &s
}
