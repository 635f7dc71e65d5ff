package workshops

import (
	"slices"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// member is whom we know, or somebody new, with those whom they resemble.
// Errors: invalid for a name or an address that is none.
func (w *walkIn) member() (m *models.Member, alike []uuid.UUID, err error) {
	if len(w.known) > 0 {
		return &w.known[0], nil, nil
	}
	m = &models.Member{GivenName: w.in.GivenName, FamilyName: w.in.FamilyName, Email: w.in.Email, Phone: w.in.Phone, Status: models.MemberProspective,
		TimeZone: w.session.TimeZone, Kinds: models.Texts[models.Kind]{}}
	if w.kind() == models.SeatChild {
		m.Kinds = models.Texts[models.Kind]{models.KindChild}
	}
	if err := people.NewMember(w.tx, m); err != nil {
		return nil, nil, err
	}
	if err := people.HoldIfAlike(w.tx, m); err != nil {
		return nil, nil, err
	}
	alike, err = people.Resembling(w.tx, m)
	return m, alike, err
}

// lookedAt says whether staff see to somebody before they are let in, as they look at a registration: for a separation or a
// hold, which must not show, where everybody is approved, of a child whose age nobody knows where it matters, and by lot. Of
// somebody new it is a likeness to anybody whom we know.
func (w *walkIn) lookedAt(m *models.Member, alike []uuid.UUID) bool {
	of := &w.d.workshop
	switch {
	case w.waives():
		return false
	case len(alike) > 0, of.ApprovalRequired, w.apart.Held(m.ID):
		return true
	case of.MinimumAge != nil && *of.MinimumAge > 0 && m.BirthDate == nil && w.kind() == models.SeatChild:
		return true
	}
	return len(w.known) > 0 && people.Drawn(w.tx, of.ID, m.ID, w.share)
}

// seeStaff asks coordinators to see to somebody, the same day. Somebody new is entered for that, and what was sent is kept as a
// scan that came to nothing: sent again, it enters nobody a second time.
func (w *walkIn) seeStaff(m *models.Member, alike []uuid.UUID) (*WalkedIn, error) {
	if len(w.known) > 0 {
		w.tx.Unchanged()
	} else {
		scan := w.scan(nil, models.ScanSeeStaff)
		saveCheckIns(w.tx, []*models.CheckIn{&scan})
		w.tx.Changed(nil, scan)
	}
	w.tx.Subject(m.ID)
	_, err := tasks.Open(w.tx, tasks.New{Kind: TaskWalkIn, MemberID: &m.ID, AlsoAbout: alike, Record: sourceSession, RecordID: &w.session.ID, Queue: "coordinators",
		Title: "See to somebody who came to the door of a session", DueAt: sameDay(w.tx.Now(), nil)})
	return &WalkedIn{Result: models.ScanSeeStaff, Name: models.Initialed(firstName(*m), m.FamilyName), Kind: w.kind()}, err
}

// waits answers again somebody new who was to see staff.
// Errors: conflict id_taken for the id of something else, or of somebody else.
func (w *walkIn) waits() (*WalkedIn, error) {
	if !w.same() {
		return nil, errIDTaken
	}
	w.tx.Unchanged()
	return &WalkedIn{Result: models.ScanSeeStaff, Name: models.Initialed(services.Line(w.in.GivenName), services.Line(w.in.FamilyName)), Kind: w.kind()}, nil
}

// scan is the row that a walk-in leaves at the door.
func (w *walkIn) scan(attendee *uuid.UUID, result models.ScanResult) models.CheckIn {
	return models.CheckIn{ID: services.NewID(), SessionID: w.session.ID, AttendeeID: attendee, Nonce: walkInNonce(w.id),
		CodeMAC: w.mac(), Result: result, ScannedAt: w.at, RecordedAt: w.tx.Now(), ScannedBy: w.tx.Actor().MemberID,
		Station: services.Line(w.in.Station), ByHand: true}
}

// mac is what is kept of who was sent with an id, whatever becomes of their record.
func (w *walkIn) mac() string {
	who := services.Line(w.in.GivenName) + "\n" + services.Line(w.in.FamilyName)
	if w.in.MemberID != nil {
		who = w.in.MemberID.String()
	}
	return scannedMAC(w.tx.Keys(), "walk in "+w.id.String()+" "+who)
}

// same says whether the caller sent this id with this person before.
func (w *walkIn) same() bool {
	mac := w.mac()
	return slices.ContainsFunc(w.sent, func(c models.CheckIn) bool { return c.CodeMAC == mac })
}

func walkInNonce(id uuid.UUID) string { return "walk-in-" + id.String() }
