package workshops

import (
	"encoding/base32"
	"encoding/binary"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Jitsi is the organization's own, for rooms that open to those alone whom we send there. Empty where it has none.
type Jitsi struct {
	URL    string // where it is, without a slash at the end
	AppID  string // as in its configuration: app_id
	Secret string // app_secret
}

func (j Jitsi) set() bool { return j.URL != "" }

// roomClaims are the claims that Jitsi's token authentication asks for, and what its handbook says of them
// (https://jitsi.github.io/handbook, lib-jitsi-meet's doc/tokens.md): the room is matched as it is written, and every
// value of the user must be a text, also the yes and no of moderator, which plugins read as affiliation.
type roomClaims struct {
	Room    string      `json:"room"`
	Context roomContext `json:"context"`
	jwt.RegisteredClaims
}

type roomContext struct {
	User roomUser `json:"user"`
}

// roomUser is who comes in, as the others in the room see them. Their id is good for one session: nobody is followed from
// one to the next.
type roomUser struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Moderator   string `json:"moderator"`
	Affiliation string `json:"affiliation"`
}

// enter is the address of a room with the token that opens it to one person from when to until.
func (j Jitsi) enter(room string, who roomUser, from, until time.Time) (string, error) {
	at, err := url.Parse(j.URL)
	if err != nil {
		return "", err
	}
	claims := roomClaims{Room: room, Context: roomContext{who}, RegisteredClaims: jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{"jitsi"}, Issuer: j.AppID, Subject: strings.ToLower(at.Hostname()), NotBefore: jwt.NewNumericDate(from), ExpiresAt: jwt.NewNumericDate(until),
	}}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(j.Secret))
	return j.URL + "/" + room + "?jwt=" + signed, err
}

// user is who comes in as a person of the session: a moderator where they lead it.
func (s *Service) user(session, person uuid.UUID, name string, moderator bool) roomUser {
	u := roomUser{ID: s.unguessable("jitsi-user", session[:], person[:]), Name: name, Moderator: "false", Affiliation: "member"}
	if moderator {
		u.Moderator, u.Affiliation = "true", "owner"
	}
	return u
}

// roomOf is the name of a session's room. It stays when the session moves, and nobody can guess it.
func (s *Service) roomOf(session uuid.UUID, renewals int) string {
	return s.unguessable("jitsi-room", session[:], binary.BigEndian.AppendUint32(nil, uint32(renewals))) //nolint:gosec // nobody renews a room four billion times
}

// unguessable is 128 bits that follow from the parts and the deployment's secret, in letters and digits.
func (s *Service) unguessable(use string, parts ...[]byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s.core.Keys.MAC(use, parts...)[:16]))
}

// checkRoom refuses rooms of a Jitsi that the organization does not have.
// Errors: invalid not_configured.
func (s *Service) checkRoom(kind models.OnlineRoom) error {
	if kind != models.RoomJitsi || s.cfg.Jitsi.set() {
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
