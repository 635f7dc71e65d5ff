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
	services.Handle(s.core.Jobs, 10, s.remind)
}

// promote offers free seats to the first waiting parties that fit. Planning calls it when seats were added or when a
// session or workshop that had been called off takes place after all; the pools are locked already.
func promote(tx *services.Tx, poolIDs []uuid.UUID) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{
		SQL:  `select distinct workshop_id, session_id from pools where id = any($1) and waiting > 0 order by workshop_id, session_id`,
		Args: []any{poolIDs}, Scan: rowsInto(&grounds),
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

// cancelAll ends every live registration of a workshop that is called off, and tells each adult. What the reason is to
// those who come, the workshop's own words say.
func cancelAll(tx *services.Tx, workshopID uuid.UUID, _ string) error {
	var grounds []models.Pool
	err := tx.Batch(services.Statement{
		SQL:  `select distinct workshop_id, session_id from pools where workshop_id = $1 order by workshop_id, session_id`,
		Args: []any{workshopID}, Scan: rowsInto(&grounds),
	})
	if err != nil {
		return err
	}
	for _, g := range grounds {
		if err := callOff(tx, g.WorkshopID, g.SessionID); err != nil {
			return err
		}
	}
	return nil
}

// callOff ends the live parties of one set of pools.
func callOff(tx *services.Tx, workshopID uuid.UUID, sessionID *uuid.UUID) error {
	d, parties, err := openLive(tx, workshopID, sessionID)
	if err != nil {
		return err
	}
	now := tx.Now()
	for _, p := range parties {
		d.change(p, func() { p.State, p.ClosedAt, p.OfferExpiresAt = models.RegistrationCancelled, &now, nil })
		d.store(p)
	}
	d.left, d.shrunk = nil, false // nobody takes over what is called off
	for _, p := range parties {
		notices.Recall(tx, "registration", p.ID, models.NoticeRegistrationOffered, models.NoticeSessionReminder)
		if err := d.tell(p, models.NoticeWorkshopCancelled); err != nil {
			return err
		}
	}
	return d.saveCounts()
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

// sessionMoved tells those who come that a session's time or place is another, and moves its reminder. Reminders know
// for which start they are, so that the one of the old start does nothing.
func sessionMoved(tx *services.Tx, before, after models.WorkshopSession) error {
	if !before.StartsAt.Equal(after.StartsAt) {
		if err := sessionPlanned(tx, after); err != nil {
			return err
		}
	}
	return tellSession(tx, after)
}

// sessionCancelled tells those who come that one session does not take place. The places of a drop-in session end with it.
func sessionCancelled(tx *services.Tx, session models.WorkshopSession) error {
	var own bool
	err := tx.Batch(services.Statement{SQL: `select exists (select from pools where session_id = $1)`, Args: []any{session.ID}, Scan: services.ScanOne("session", &own)})
	if err != nil {
		return err
	}
	if own {
		return callOff(tx, session.WorkshopID, &session.ID)
	}
	return tellSession(tx, session)
}

// sessionRestored tells those who come that a cancelled session takes place after all.
func sessionRestored(tx *services.Tx, session models.WorkshopSession) error {
	if err := sessionPlanned(tx, session); err != nil {
		return err
	}
	return tellSession(tx, session)
}

// tellSession writes to all who have a place that the session is for, with what their calendars must know.
func tellSession(tx *services.Tx, session models.WorkshopSession) error {
	parties, err := placesFor(tx, session)
	if err != nil || len(parties) == 0 {
		return err
	}
	d, at, err := readDesk(tx, session)
	if err != nil {
		return err
	}
	for _, p := range parties {
		for _, r := range readersOf(p) {
			if err := notices.Send(tx, notices.Notice{
				Event: models.NoticeWorkshopChanged, MemberID: r.member, Address: r.address, Name: r.name, Record: "registration", RecordID: p.ID,
				Key:  fmt.Sprintf("%s:%s:%d:%s", models.NoticeWorkshopChanged, session.ID, session.Sequence, r.key(p)),
				Data: about(&d.workshop, at), Events: d.calendar(p, models.NoticeWorkshopChanged, r, []meeting{*at}),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// placesFor reads the live parties whose place is good for a session.
func placesFor(tx *services.Tx, session models.WorkshopSession) ([]*party, error) {
	set := &partySet{}
	err := tx.Batch(set.statements(`r.workshop_id = $1 and (r.session_id is null or r.session_id = $2) and r.live`, "r.id", session.WorkshopID, session.ID)...)
	return set.parties(), err
}

// readDesk is a desk to write mails from: it locks nothing and counts nothing. The session is the one given, which the
// database may not hold yet.
func readDesk(tx *services.Tx, session models.WorkshopSession) (*desk, *meeting, error) {
	d := &desk{tx: tx}
	var found []models.Workshop
	var place string
	err := tx.Batch(
		services.Statement{SQL: readWorkshop, Args: []any{session.WorkshopID, session.ID}, Scan: func(rows pgx.Rows) error {
			var with []workshopRow
			err := rowsInto(&with)(rows)
			for _, w := range with {
				found = append(found, w.Workshop)
			}
			return err
		}},
		services.Statement{SQL: `select ` + placeOf + ` from (select $2::uuid as venue_id, $3::text as location_note) s cross join workshops w
			left join venues v on v.id = coalesce(s.venue_id, w.venue_id) where w.id = $1`,
			Args: []any{session.WorkshopID, session.VenueID, session.LocationNote}, Scan: services.ScanOne("workshop", &place)},
	)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 {
		return nil, nil, services.NotFound("workshop")
	}
	d.workshop = found[0]
	d.meetings = []meeting{{WorkshopSession: session, Place: place}}
	return d, &d.meetings[0], nil
}

// about is what the words of a mail about one session are made of.
func about(w *models.Workshop, m *meeting) map[string]any {
	return map[string]any{"title": titleOf(w.Title, m.Title), "starts_at": m.StartsAt.UTC(), "ends_at": m.EndsAt.UTC(), "time_zone": m.TimeZone, "place": strings.TrimSpace(m.Place)}
}

// excusedFrom says who of a party does not come to a session, having said so.
func excusedFrom(p *party, excused []uuid.UUID) bool {
	return !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.Goes() && !slices.Contains(excused, a.ID) })
}
