package workshops

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/notices"
)

// reader is somebody who gets their own mail about a party: who leads it, and each adult who comes. Children hear of it
// through who entered them.
type reader struct {
	member  uuid.UUID
	address string
	name    string
	seat    *models.Attendee // nil for a lead who does not come themselves
}

func readersOf(p *party) []reader {
	out := []reader{{member: p.LeadMemberID}}
	for i := range p.attendees {
		a := &p.attendees[i]
		if !a.Goes() {
			continue
		}
		if r, ok := readerOf(a); ok && r.member == p.LeadMemberID {
			out[0].seat = a
		} else if ok && a.Kind == models.SeatAdult {
			out = append(out, r)
		}
	}
	return out
}

// readerOf is how to reach one attendee: as a member, or where they were invited.
func readerOf(a *models.Attendee) (reader, bool) {
	switch {
	case a.MemberID != nil:
		return reader{member: *a.MemberID, seat: a}, true
	case a.InviteEmail != nil:
		return reader{address: *a.InviteEmail, name: *a.InviteName, seat: a}, true
	}
	return reader{}, false
}

// eventOf is what a party is told when it enters a state.
func eventOf(s models.RegistrationState) models.NoticeEvent {
	switch s {
	case models.RegistrationConfirmed:
		return models.NoticeRegistrationConfirmed
	case models.RegistrationWaitlisted:
		return models.NoticeRegistrationWaitlisted
	case models.RegistrationOffered:
		return models.NoticeRegistrationOffered
	case models.RegistrationDeclined:
		return models.NoticeRegistrationDeclined
	case models.RegistrationExpired:
		return models.NoticeRegistrationExpired
	case models.RegistrationCancelled:
		return models.NoticeRegistrationCancelled
	}
	return models.NoticeRegistrationReceived
}

// tellState tells everybody of a party where it stands.
func (d *desk) tellState(p *party) error { return d.tell(p, eventOf(p.State)) }

// tell sends each adult of a party their own mail. What is asked is asked of the lead alone.
func (d *desk) tell(p *party, event models.NoticeEvent) error {
	readers, err := d.readers(p)
	if err != nil {
		return err
	}
	if event == models.NoticeRegistrationOffered {
		readers = slices.DeleteFunc(readers, func(r reader) bool { return r.member != p.LeadMemberID })
	}
	for _, r := range readers {
		if err := d.write(p, event, r, d.meetings); err != nil {
			return err
		}
	}
	return nil
}

func (d *desk) tellLead(p *party) error {
	return d.write(p, eventOf(p.State), readersOf(p)[0], d.meetings)
}

// tellOne writes to one attendee, unless they are a child or a guest whom we know no way to reach.
func (d *desk) tellOne(p *party, event models.NoticeEvent, a *models.Attendee) error {
	r, ok := readerOf(a)
	if !ok || a.Kind == models.SeatChild || !a.Goes() {
		return nil
	}
	if event == models.NoticeRegistrationOffered && r.member != p.LeadMemberID { // only the lead can answer; the others wait until then
		event = models.NoticeRegistrationWaitlisted
	}
	return d.write(p, event, r, d.meetings)
}

// write sends one mail about one party to one reader, with their calendar where it is concerned.
func (d *desk) write(p *party, event models.NoticeEvent, r reader, meetings []meeting) error {
	data := d.detailsFor(p, event, r.seat)
	if i := d.next(); i >= 0 {
		d.addJoin(data, p, r, &d.meetings[i])
	}
	return notices.Send(d.tx, notices.Notice{
		Event: event, MemberID: r.member, Address: r.address, Name: r.name, Record: "registration", RecordID: p.ID,
		Key: fmt.Sprintf("%s:%s:%d:%s", event, p.ID, p.Version, r.key(p)), Data: data, Events: d.calendar(p, event, r, meetings),
	})
}

// key tells the readers of one registration apart; it holds no address.
func (r reader) key(p *party) string {
	if r.seat != nil {
		return r.seat.ID.String()
	}
	return p.ID.String()
}

func (d *desk) details(p *party, event models.NoticeEvent) map[string]any {
	data := map[string]any{"title": d.workshop.Title, "time_zone": d.workshop.TimeZone, "seats": p.need().size()}
	data["online"] = d.workshop.Format == models.FormatOnline
	if i := d.next(); i >= 0 {
		m := &d.meetings[i]
		data["starts_at"], data["ends_at"], data["time_zone"], data["place"] = m.StartsAt.UTC(), m.EndsAt.UTC(), m.TimeZone, m.Place
		andMore(data, d.meetings[i:])
		data["begun"] = i > 0
	}
	switch event {
	case models.NoticeRegistrationOffered:
		data["deadline"] = p.OfferExpiresAt
	case models.NoticeRegistrationWaitlisted:
		if position := d.lastPosition(p); position > 0 {
			data["position"] = position
		}
	}
	return data
}

// detailsFor are the details for one reader, of whom a seat says whether they come or take part online.
func (d *desk) detailsFor(p *party, event models.NoticeEvent, seat *models.Attendee) map[string]any {
	data := d.details(p, event)
	if online(seat) {
		data["online"], data["place"] = true, onlinePlace
	}
	return data
}

// andMore says how many more meetings follow the first, and when the last one is.
func andMore(data map[string]any, meetings []meeting) {
	if n := len(meetings) - 1; n > 0 {
		data["more"], data["last_at"] = n, meetings[n].StartsAt.UTC()
	}
}

// toCome says whether a meeting is not over yet.
func (d *desk) toCome(m *meeting) bool {
	return m.Status != models.SessionCompleted && d.tx.Now().Before(m.EndsAt)
}

// next is the index of the first meeting that is still to come, or of the last one; -1 when there is none.
func (d *desk) next() int {
	for i := range d.meetings {
		if d.toCome(&d.meetings[i]) {
			return i
		}
	}
	return len(d.meetings) - 1
}

// lastPosition is the place in line of a party that has just joined it, or 0 when that takes a look at the list.
func (d *desk) lastPosition(p *party) int {
	n := p.need()
	if p.State != models.RegistrationWaitlisted || p.MovedAheadAt != nil || d.lastQueued == nil || !p.QueuedAt.Equal(*d.lastQueued) || len(n) != 1 {
		return 0
	}
	for id := range n {
		return d.pool(id).Waiting
	}
	return 0
}

// calendar is what goes into the reader's calendar, or out of it. Entries are known by who comes and to what; their
// number rises with each change of the session and of the registration.
func (d *desk) calendar(p *party, event models.NoticeEvent, r reader, meetings []meeting) []notices.CalendarEvent {
	switch event {
	case models.NoticeRegistrationConfirmed, models.NoticeRegistrationReinstated, models.NoticeSessionReminder:
	case models.NoticeRegistrationCancelled, models.NoticeWorkshopCancelled, models.NoticeWorkshopChanged, models.NoticeSessionCancelled, models.NoticeSessionRestored:
		if p.ConfirmedAt == nil {
			return nil // it never came into a calendar
		}
	default:
		return nil
	}
	var out []notices.CalendarEvent
	for i := range meetings {
		m := &meetings[i]
		if !d.toCome(m) {
			continue
		}
		out = append(out, notices.CalendarEvent{
			UID: r.key(p) + "." + m.ID.String() + "@homefront", Sequence: m.Sequence + p.Version, Title: titleOf(d.workshop.Title, m.Title), Location: placeFor(m, r.seat),
			Join: d.doorOf(p, r, m), TimeZone: m.TimeZone, StartsAt: m.StartsAt, EndsAt: m.EndsAt, Cancelled: m.Status == models.SessionCancelled,
		})
	}
	return out
}

func titleOf(workshop, session string) string {
	if session == "" {
		return workshop
	}
	return workshop + ": " + session
}

func online(a *models.Attendee) bool {
	return a != nil && a.Mode != nil && *a.Mode == models.ModeOnline
}

// onlinePlace is where who takes part online comes.
const onlinePlace = "Online"

func placeFor(m *meeting, a *models.Attendee) string {
	if online(a) {
		return onlinePlace
	}
	return m.Place
}

// firstName is what others are told of somebody who asks them along.
func firstName(m models.Member) string {
	if m.PreferredName != nil && strings.TrimSpace(*m.PreferredName) != "" {
		return strings.TrimSpace(*m.PreferredName)
	}
	return m.GivenName
}

// soon is when staff should have done what comes next: in a day, or by the last moment at which it is of use.
func soon(now, last time.Time) time.Time {
	due := now.Add(24 * time.Hour)
	if last.Before(due) {
		return last
	}
	return due
}
