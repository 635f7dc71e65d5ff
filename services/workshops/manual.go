package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/services"
)

// HandCheckIn checks somebody in who was found by name.
type HandCheckIn struct {
	Nonce     string     `json:"nonce" minLength:"8" maxLength:"64" pattern:"^[A-Za-z0-9._-]+$" doc:"Made by the caller for this check-in, and sent again with it" example:"desk-000017-4c1e"`
	ScannedAt *time.Time `json:"scanned_at,omitempty" doc:"When they came, when that was earlier. At most 14 days ago"`
	Station   string     `json:"station,omitempty" maxLength:"40" doc:"Which door or desk" example:"Door 2"`
}

// CheckInByHand checks in somebody who has forgotten their code: staff find them on the roster by name. It is judged, and
// answered, as a scan of their code would be; but who waits, or is offered a seat, is let in with their party when all of it finds
// seats that are free: their place is confirmed by that.
// Errors: those of CheckIn; not_found for somebody who is not of this workshop.
func (s *Service) CheckInByHand(ctx context.Context, sessionID, attendeeID uuid.UUID, in HandCheckIn) (*ScanAnswer, error) {
	return services.Mutate(ctx, s.core, "session.check_in_by_hand", func(tx *services.Tx) (*ScanAnswer, error) {
		if err := seatAtDoor(tx, sessionID, attendeeID, in); err != nil {
			return nil, err
		}
		l := look{byHand: &attendeeID, nonce: in.Nonce, station: in.Station, at: in.ScannedAt}
		return takeOne(tx, sessionID, &l)
	})
}
