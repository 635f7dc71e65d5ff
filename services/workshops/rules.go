package workshops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// How long an invited adult has to answer while a seat is held, and how long before the start the seat must be certain.
const (
	inviteFor    = 48 * time.Hour
	certainUntil = 2 * time.Hour
)

// add makes the attendee of one line of input, noting what is wrong with it.
func (e *entry) add(d *desk, p *party, i int) {
	in, at := e.in.Attendees[i], fmt.Sprintf("/attendees/%d", i)
	if e.alone {
		at = ""
	}
	now := e.tx.Now()
	a := models.Attendee{ID: services.NewID(), CreatedAt: now, UpdatedAt: now, RegistrationID: p.ID, Mode: in.Mode, Kind: models.SeatAdult,
		State: models.AttendeeAttending, EnteredBy: e.enteredBy(in.MemberID, d), CodeVersion: 1, JoinedAt: &now}
	pool := d.poolOf(in.Mode)
	switch {
	case pool != nil:
		a.PoolID = pool.ID
	case in.Mode == nil:
		e.fault(at+"/mode", "required", "Say whether they come in person or online.")
	default:
		e.fault(at+"/mode", "not_hybrid", "There is only one way to take part here. Leave mode out.")
	}
	if in.WaiveReason != "" && !e.alone {
		e.fault(at+"/waive_reason", "not_here", "Say it once for the whole party, in waive_reason beside attendees.")
	}
	if count(in.MemberID != nil, in.Guest != nil, in.Invite != nil) != 1 {
		e.fault(at, "one_of", "Give exactly one of member_id, guest and invite.")
		return
	}
	switch {
	case in.MemberID != nil:
		e.addMember(d, p, &a, at, *in.MemberID)
	case in.Guest != nil:
		e.addGuest(d, p, &a, at, *in.Guest)
	default:
		e.addInvited(d, &a, at, *in.Invite)
	}
	if e.moved != nil {
		e.carryOver(&a, &e.moved[i])
	}
	e.answers(d, &a, at, in)
	p.attendees = append(p.attendees, a)
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// enteredBy is whose entry the attendee is. What staff enter on the telephone is the lead's, but for another adult whom the
// lead may not act for: that place is their own.
func (e *entry) enteredBy(member *uuid.UUID, d *desk) uuid.UUID {
	if !e.staff {
		return e.tx.Actor().MemberID
	}
	if member != nil && !e.authority[*member].Allowed {
		if m := e.member(*member); m != nil && !m.MinorOn(d.firstDay()) {
			return *member
		}
	}
	return e.lead
}

func (e *entry) addMember(d *desk, p *party, a *models.Attendee, at string, id uuid.UUID) {
	at += "/member_id"
	m := e.member(id)
	if m == nil {
		e.fault(at, "unknown_member", "There is no such person among those you may register. Invite other adults instead.")
		return
	}
	a.MemberID = &id
	if slices.ContainsFunc(p.attendees, func(o models.Attendee) bool { return o.State.HoldsSeat() && o.MemberID != nil && *o.MemberID == id }) {
		e.fault(at, "listed_twice", "This person is in the party already.")
	}
	if m.MinorOn(d.firstDay()) {
		a.Kind = models.SeatChild
	}
	if e.authority[id].NeedsReview && !e.staff {
		p.lookAt(models.ReviewGuardianship)
	}
	e.judged = append(e.judged, judged{at, id})
	if e.staff && e.in.WaiveReason != "" {
		return
	}
	if least := d.workshop.MinimumAge; least != nil && m.BirthDate != nil && m.BirthDate.Age(d.firstDay()) < *least {
		e.fault(at, "too_young", fmt.Sprintf("Everybody must be %d or older on the first day.", *least))
	}
	if !d.workshop.For(m.Kinds) {
		e.fault(at, "not_in_audience", "This is for "+kindsInWords(d.workshop.AudienceKinds)+".")
	}
}

// addGuest: of a guest we know no birth date, so that where an age matters staff have a look at children.
func (e *entry) addGuest(d *desk, p *party, a *models.Attendee, at string, in GuestInput) {
	name := strings.TrimSpace(in.Name)
	if name == "" {
		e.fault(at+"/guest/name", "required", "Give the guest's name.")
	}
	e.checkName(at+"/guest/name", name)
	a.GuestName, a.Kind = &name, in.Kind
	least := d.workshop.MinimumAge
	if in.Kind != models.SeatChild || least == nil || *least == 0 || e.staff && e.in.WaiveReason != "" {
		return
	}
	if *least >= models.AdultAge {
		e.fault(at+"/guest/kind", "too_young", fmt.Sprintf("Everybody must be %d or older on the first day.", *least))
		return
	}
	p.lookAt(models.ReviewAge)
}

func (e *entry) addInvited(d *desk, a *models.Attendee, at string, in InviteInput) {
	at += "/invite"
	name, email := strings.TrimSpace(in.Name), strings.ToLower(strings.TrimSpace(in.Email))
	if name == "" {
		e.fault(at+"/name", "required", "Give the name of the person you invite.")
	}
	e.checkName(at+"/name", name)
	if email == "" && in.Phone == "" {
		e.fault(at, "no_address", "Give an e-mail address or a telephone number.")
	}
	if in.Phone != "" {
		phone, ok := models.Phone(in.Phone)
		if !ok {
			e.fault(at+"/phone", "bad_format", "Write the number with its country, as in +1 910 555 0142.")
		}
		a.InvitePhone = &phone
	}
	expires := e.tx.Now().Add(inviteFor)
	if last := d.lastSeat().Add(-certainUntil); last.Before(expires) {
		expires = last
	}
	if !expires.After(e.tx.Now()) {
		e.fault(at, "too_late", "It starts too soon to invite somebody. They can register themselves.")
	}
	id := services.NewID()
	a.InviteName, a.InviteID, a.InviteExpiresAt, a.State, a.JoinedAt = &name, &id, &expires, models.AttendeeInvited, nil
	if email != "" {
		a.InviteEmail = &email
	}
}

func (e *entry) checkName(field, name string) {
	if !models.PlainName(name) {
		e.fault(field, CodeNotAName, models.NotAName)
	}
}

// checkParty asks what only the whole party can answer.
func (e *entry) checkParty(d *desk, p *party) {
	e.checkTeen(d)
	holding, guests := 0, 0
	for _, b := range e.beside {
		holding, guests = b.People, b.Guests
	}
	if e.staff && e.in.WaiveReason != "" {
		holding, guests = 0, 0
	}
	for i := range p.attendees {
		if p.attendees[i].StillThere(e.tx.Now()) {
			holding++
			if p.attendees[i].GuestName != nil {
				guests++
			}
		}
	}
	if holding > d.workshop.MaxParty {
		e.fault("/attendees", "party_too_large", fmt.Sprintf("A party may have %d people here.", d.workshop.MaxParty))
	}
	if len(e.faults) == 0 && !p.State.HoldsSeats() {
		e.checkCapacity(d, p)
	}
	if guests > d.workshop.GuestsPerParty {
		e.fault("/attendees", "too_many_guests", fmt.Sprintf("A party may bring %d guests here.", d.workshop.GuestsPerParty))
	}
	if p.unaccompanied() && !d.workshop.TeenProgram && len(e.faults) == 0 {
		e.fault("/attendees", CodeAdultRequired, "Children come with an adult of their party, who comes for certain.")
	}
}

// checkCapacity refuses a party that would wait forever: it is seated together, and there are not so many seats.
func (e *entry) checkCapacity(d *desk, p *party) {
	for id, s := range p.need() {
		pool := *d.pool(id)
		if pool.Taken, pool.TakenChildren = 0, 0; pool.Fits(s.adults, s.children) {
			continue
		}
		seats := strconv.Itoa(pool.Capacity) + " seats"
		if pool.ChildCapacity != nil {
			seats += fmt.Sprintf(" for adults and %d for children", *pool.ChildCapacity)
		}
		e.fault("/attendees", "party_too_large", "There are only "+seats+" here in all, and a party is seated together. Make it smaller, or register in parts.")
	}
}

func kindsInWords(kinds []models.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = strings.ReplaceAll(string(k), "_", " ")
	}
	return strings.Join(words, ", ")
}
