package workshops

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// What planning does to those who are registered. Each of these is a step: it runs in the transaction of the change that
// causes it, after the pools are locked where it takes or frees seats.

// followUps declares the jobs that registrations leave behind.
func (s *Service) followUps() {
	services.Handle(s.core.Jobs, 10, s.expireOffer)
	services.Handle(s.core.Jobs, 10, s.lapse)
	services.Handle(s.core.Jobs, 10, s.lookForClashes)
	services.Handle(s.core.Jobs, 10, s.remind)
}

// promote offers free seats to the first waiting parties that fit. Planning calls it when seats were added or when a
// session or workshop that had been called off takes place after all; the pools are locked already.
func promote(tx *services.Tx, poolIDs []uuid.UUID) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{
		SQL:  `select distinct workshop_id, session_id from pools where id = any($1) and waiting > 0 order by workshop_id, session_id`,
		Args: []any{poolIDs}, Scan: services.RowsInto(&grounds),
	})
	if err != nil {
		return err
	}
	for _, g := range grounds {
		d, err := openDesk(tx, g.WorkshopID, g.SessionID)
		if err != nil {
			return err
		}
		d.shrunk = true
		if err := d.close(); err != nil {
			return err
		}
	}
	return nil
}

// cancelAll ends every live registration of a workshop that is called off, and tells each adult. Why, the workshop itself
// says.
func cancelAll(tx *services.Tx, workshopID uuid.UUID) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{
		SQL:  `select distinct workshop_id, session_id from pools where workshop_id = $1 order by workshop_id, session_id`,
		Args: []any{workshopID}, Scan: services.RowsInto(&grounds),
	})
	if err := firstOf(err, atOnce(tx, `r.workshop_id = $1 and r.live`, workshopID)); err != nil {
		return err
	}
	for _, g := range grounds {
		if err := callOff(tx, g.WorkshopID, g.SessionID); err != nil {
			return err
		}
	}
	return noLongerBack(tx, workshopID)
}

// CodeTooManyAtOnce: what was asked for would take longer than one transaction may.
const CodeTooManyAtOnce services.Code = "too_many_at_once"

// Of sessions with places of their own so many, with so many parties, are called off at once; and no more come back at once than that.
const (
	mostSessionsAtOnce = 100
	mostPartiesAtOnce  = 600
)

// atOnce keeps what reaches the parties of many sessions to what can be done, and be taken back, in one go. The parties are
// selected by a condition on registrations r.
// Errors: conflict too_many_at_once.
func atOnce(tx *services.Tx, where string, args ...any) error {
	var found []struct{ Sessions, Parties int }
	err := tx.Batch(services.Statement{SQL: `select count(distinct r.session_id)::int as sessions, count(*)::int as parties from registrations r where r.session_id is not null and ` + where,
		Args: args, Scan: services.RowsInto(&found)})
	if err == nil && found[0].Sessions > 1 && (found[0].Sessions > mostSessionsAtOnce || found[0].Parties > mostPartiesAtOnce) {
		err = services.Conflict(CodeTooManyAtOnce, "%d parties have places in %d sessions of this: too many at once. Take the later sessions first, by this_and_following from one of them on, then the rest.",
			found[0].Parties, found[0].Sessions)
	}
	return err
}

// callOff ends the live parties of one set of pools: those of a workshop, or of the session of it that is called off.
func callOff(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID, session ...models.WorkshopSession) error {
	d, parties, err := openLive(tx, workshopID, sessionID)
	if err != nil {
		return err
	}
	if len(session) > 0 { // it counts as no meeting any more, and is what there is to tell of
		told, err := readDesk(tx, session...)
		if err != nil {
			return err
		}
		d.meetings = told.meetings
	}
	for i := range d.meetings {
		notices.Recall(tx, "session", d.meetings[i].ID, models.NoticeSessionReminder)
	}
	for _, p := range parties {
		if err := d.callOffParty(p); err != nil {
			return err
		}
	}
	d.shrunk = false // nobody takes over what is called off
	d.saveCounts()
	return d.askAll()
}

func (d *desk) callOffParty(p *party) error {
	now, asks := d.tx.Now(), asks(p)
	was := p.State
	d.change(p, func() {
		p.State, p.ClosedAt, p.OfferExpiresAt, p.CalledOffAs = models.RegistrationCancelled, &now, nil, &was
	})
	d.store(p)
	if i := d.next(); i >= 0 && !d.toCome(&d.meetings[i]) { // of what has been, nothing is called off
		return d.withdraw(p)
	}
	return d.settleOne(p, asks, models.NoticeWorkshopCancelled)
}

// asks says whether anybody is asked anything about a party: its lead, somebody invited, or staff. Of most of the many that
// end together there is nothing to withdraw.
func asks(p *party) bool {
	return p.State == models.RegistrationPending || p.State == models.RegistrationOffered ||
		slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.State == models.AttendeeInvited })
}

func (d *desk) settleOne(p *party, asked bool, event models.NoticeEvent) error {
	if asked {
		return d.settle(p, event)
	}
	return d.tell(p, event)
}

// openLive opens one set of pools with all live parties.
func openLive(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID) (*desk, []*party, error) {
	set := &partySet{}
	d, err := openDesk(tx, workshopID, sessionID, set.statements(`r.workshop_id = $1 and r.session_id is not distinct from $2 and r.live`, "r.id", workshopID, sessionID)...)
	if err != nil {
		return nil, nil, err
	}
	return d, set.parties(), nil
}

// sessionsMoved tells those who come that the time or place of sessions is another, in one mail for all of them, and moves
// the reminders. Those know for which start they are, so that the one of the old start does nothing. Sessions of which
// people need not be told have kept their sequence.
func sessionsMoved(tx *services.Tx, was, now []models.WorkshopSession) error {
	var moved, planned []models.WorkshopSession
	for i := range now {
		if now[i].Sequence == was[i].Sequence {
			continue
		}
		moved = append(moved, now[i])
		if was[i].StartsAt.Equal(now[i].StartsAt) {
			continue
		}
		notices.Recall(tx, "session", now[i].ID, models.NoticeSessionReminder)
		planned = append(planned, now[i])
	}
	if err := sessionsPlanned(tx, planned...); err != nil {
		return err
	}
	return tellSessions(tx, models.NoticeWorkshopChanged, 0, moved...)
}

// sessionsCancelled tells those who come that sessions of a workshop do not take place, in one mail for all of them. The
// places of a drop-in session end with it: of those, there is a mail for each.
func sessionsCancelled(tx *services.Tx, sessions ...models.WorkshopSession) error {
	var own bool
	workshopID := sessions[0].WorkshopID
	err := tx.Batch(services.Statement{SQL: `select exists (select from pools where session_id = $1)`, Args: []any{sessions[0].ID}, Scan: services.ScanOne("session", &own)})
	if err := firstOf(err, atOnce(tx, `r.workshop_id = $1 and r.session_id = any($2) and r.live`, workshopID, idsOf(sessions))); err != nil {
		return err
	}
	for _, session := range sessions {
		notices.Recall(tx, "session", session.ID, models.NoticeSessionReminder)
		if !own {
			continue
		}
		if err := callOff(tx, workshopID, &session.ID, session); err != nil {
			return err
		}
	}
	if own {
		return noLongerBack(tx, workshopID, idsOf(sessions)...)
	}
	left, err := upcoming(tx, workshopID)
	if err != nil {
		return err
	}
	return tellSessions(tx, models.NoticeSessionCancelled, len(left), sessions...)
}

// sessionsRestored tells those who come that cancelled sessions take place after all.
func sessionsRestored(tx *services.Tx, sessions ...models.WorkshopSession) error {
	if err := sessionsPlanned(tx, sessions...); err != nil {
		return err
	}
	return tellSessions(tx, models.NoticeSessionRestored, 0, sessions...)
}

// tellSessions writes to all who have a place in sessions of one workshop, with what their calendars must know. Others is
// how many more sessions are still to come, where that is told.
func tellSessions(tx *services.Tx, event models.NoticeEvent, others int, sessions ...models.WorkshopSession) error {
	if len(sessions) == 0 {
		return nil
	}
	parties, err := placesFor(tx, sessions...)
	if err != nil || len(parties) == 0 {
		return err
	}
	d, err := readDesk(tx, sessions...)
	if err != nil {
		return err
	}
	for _, p := range parties {
		theirs := d.meetingsOf(p)
		readers, err := d.readers(p)
		if err != nil {
			return err
		}
		for _, r := range readers {
			data := d.addJoin(d.about(&theirs[0], r.seat), p, r, &theirs[0])
			andMore(data, theirs)
			data["others"] = others
			if err := notices.Send(tx, notices.Notice{
				Event: event, MemberID: r.member, Address: r.address, Name: r.name, Record: "registration", RecordID: p.ID,
				Key:  fmt.Sprintf("%s:%s:%d:%s", event, theirs[0].ID, theirs[0].Sequence, r.key(p)),
				Data: data, Events: d.calendar(p, event, r, theirs),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// meetingsOf are those that a party's place is good for.
func (d *desk) meetingsOf(p *party) (out []meeting) {
	for _, m := range d.meetings {
		if p.SessionID == nil || *p.SessionID == m.ID {
			out = append(out, m)
		}
	}
	return out
}

// placesFor reads the live parties whose place is good for any of the sessions of one workshop.
func placesFor(tx *services.Tx, sessions ...models.WorkshopSession) ([]*party, error) {
	ids := make([]uuid.UUID, len(sessions))
	for i := range sessions {
		ids[i] = sessions[i].ID
	}
	set := &partySet{}
	err := tx.Batch(set.statements(`r.workshop_id = $1 and (r.session_id is null or r.session_id = any($2)) and r.live`, "r.id", sessions[0].WorkshopID, ids)...)
	return set.parties(), err
}

// readDesk is a desk to write mails from: it locks nothing and counts nothing. The sessions are the ones given, of which
// the database may not hold all yet.
func readDesk(tx *services.Tx, sessions ...models.WorkshopSession) (*desk, error) {
	venues, rooms := make([]*uuid.UUID, len(sessions)), make([]*uuid.UUID, len(sessions))
	notes := make([]string, len(sessions))
	for i := range sessions {
		venues[i], rooms[i], notes[i] = sessions[i].VenueID, sessions[i].RoomID, sessions[i].LocationNote
	}
	var found []workshopRow
	var places []string
	err := tx.Batch(
		services.Statement{SQL: readWorkshop, Args: []any{sessions[0].WorkshopID, nil}, Scan: services.RowsInto(&found)},
		services.Statement{SQL: `select ` + placeOf + ` from unnest($2::uuid[], $3::uuid[], $4::text[]) with ordinality s(venue_id, room_id, location_note, number) cross join workshops w
			left join venues v on v.id = coalesce(s.venue_id, w.venue_id) where w.id = $1 order by s.number`,
			Args: []any{sessions[0].WorkshopID, venues, rooms, notes}, Scan: func(rows pgx.Rows) (err error) {
				places, err = pgx.CollectRows(rows, pgx.RowTo[string])
				return err
			}},
	)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || len(places) != len(sessions) {
		return nil, services.NotFound("workshop")
	}
	d := &desk{tx: tx, workshop: found[0].Workshop}
	for i := range sessions {
		d.meetings = append(d.meetings, meeting{WorkshopSession: sessions[i], Place: places[i]})
	}
	return d, nil
}

// about is what the words of a mail about one session are made of, for the reader with that seat.
func (d *desk) about(m *meeting, seat *models.Attendee) map[string]any {
	return map[string]any{"title": titleOf(d.workshop.Title, m.Title), "starts_at": m.StartsAt.UTC(), "ends_at": m.EndsAt.UTC(), "time_zone": m.TimeZone,
		"place": strings.TrimSpace(placeFor(m, seat)), "online": d.workshop.Format == models.FormatOnline || online(seat)}
}

// excusedFrom says who of a party does not come to a session, having said so.
func excusedFrom(p *party, excused []uuid.UUID) bool {
	return !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.Goes() && !slices.Contains(excused, a.ID) })
}
