package models

// OnlineRoom is where a session takes place online.
type OnlineRoom string

// The kinds: any address that the planner writes down, or a room of the organization's own Jitsi, made for the session.
const (
	RoomURL   OnlineRoom = "url"
	RoomJitsi OnlineRoom = "jitsi"
)

// RoomOf is where a session of w takes place online, and of an address what it is; empty where nobody has said it yet. The
// session's own kind of room goes first, then its own address, then what the workshop says.
func (w *Workshop) RoomOf(s *WorkshopSession) (OnlineRoom, string) {
	address := s.JoinURL
	if address == "" {
		address = w.JoinURL
	}
	switch {
	case s.OnlineRoom != nil && *s.OnlineRoom == RoomJitsi, s.OnlineRoom == nil && s.JoinURL == "" && w.OnlineRoom == RoomJitsi:
		return RoomJitsi, ""
	}
	return RoomURL, address
}
