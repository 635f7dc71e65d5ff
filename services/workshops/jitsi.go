package workshops

import (
	"encoding/binary"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	meet "homefront/services/online"
)

// Jitsi is the organization's own, for rooms that open to those alone whom we send there. Empty where it has none.
type Jitsi = meet.Jitsi

// user is who comes in as a person of the session: a moderator where they lead it.
func (s *Service) user(session, person uuid.UUID, name string, moderator bool) meet.Guest {
	return meet.Guest{ID: meet.Unguessable(s.core.Keys, "jitsi-user", session[:], person[:]), Name: name, Moderator: moderator}
}

// roomOf is the name of a session's room. It stays when the session moves, and nobody can guess it.
func (s *Service) roomOf(session uuid.UUID, renewals int) string {
	return meet.Unguessable(s.core.Keys, "jitsi-room", session[:], binary.BigEndian.AppendUint32(nil, uint32(renewals))) //nolint:gosec // nobody renews a room four billion times
}

// checkRoom refuses rooms of a Jitsi that the organization does not have.
// Errors: invalid not_configured.
func (s *Service) checkRoom(kind models.OnlineRoom) error {
	if kind != models.RoomJitsi || s.cfg.Jitsi.Set() {
		return nil
	}
	return services.InvalidField("/online_room", "not_configured", "This organization has no Jitsi. Use url, and give the address in join_url.")
}

// roomKind is what a patch makes of it: null is an address again.
func roomKind(in services.Field[models.OnlineRoom], was models.OnlineRoom) models.OnlineRoom {
	if in.Set && in.Value == nil {
		return models.RoomURL
	}
	return in.Or(was)
}
