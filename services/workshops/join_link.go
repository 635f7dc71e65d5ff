package workshops

import (
	"slices"

	"homefront/models"
	"homefront/services/notices"
)

// doorOf is where a reader takes part in a meeting online, for as long as their place is confirmed; nil where they do not. Who
// leads a party and does not come themselves joins with a child of it.
func (d *desk) doorOf(p *party, r reader, m *meeting) *notices.Join {
	if p.State != models.RegistrationConfirmed || m.Status == models.SessionCancelled {
		return nil
	}
	seat := r.seat
	if seat == nil {
		i := slices.IndexFunc(p.attendees, func(a models.Attendee) bool {
			return a.Kind == models.SeatChild && a.InviteID == nil && !p.hides(&a) && d.takesPart(&a)
		})
		if i < 0 {
			return nil
		}
		seat = &p.attendees[i]
	}
	if !d.takesPart(seat) {
		return nil
	}
	return &notices.Join{SessionID: m.ID, AttendeeID: seat.ID, Version: seat.CodeVersion}
}

// takesPart says whether somebody comes online.
func (d *desk) takesPart(a *models.Attendee) bool {
	return a.Goes() && (d.workshop.Format == models.FormatOnline || d.workshop.Format == models.FormatHybrid && online(a))
}

// addJoin tells a mail about a meeting where its reader joins.
func (d *desk) addJoin(data map[string]any, p *party, r reader, m *meeting) map[string]any {
	if to := d.doorOf(p, r, m); to != nil {
		data["join"] = to
	}
	return data
}
