// Package online makes the addresses of rooms in which people meet online.
package online

import (
	"encoding/base32"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"homefront/services"
)

// Jitsi is the organization's own, for rooms that open to those alone whom we send there. Empty where it has none.
type Jitsi struct {
	URL    string // where it is, without a slash at the end
	AppID  string // as in its configuration: app_id
	Secret string // app_secret
}

// Set says whether there is one.
func (j Jitsi) Set() bool { return j.URL != "" }

// Guest is who comes into a room, as the others in it see them. The id is good for one session: nobody is followed from one to
// the next.
type Guest struct {
	ID        string
	Name      string
	Moderator bool // they lead it
}

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

type roomUser struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Moderator   string `json:"moderator"`
	Affiliation string `json:"affiliation"`
}

// Enter is the address of a room with the token that opens it to one person from when to until.
func (j Jitsi) Enter(room string, who Guest, from, until time.Time) (string, error) {
	at, err := url.Parse(j.URL)
	if err != nil {
		return "", err
	}
	u := roomUser{ID: who.ID, Name: who.Name, Moderator: "false", Affiliation: "member"}
	if who.Moderator {
		u.Moderator, u.Affiliation = "true", "owner"
	}
	claims := roomClaims{Room: room, Context: roomContext{u}, RegisteredClaims: jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{"jitsi"}, Issuer: j.AppID, Subject: strings.ToLower(at.Hostname()), NotBefore: jwt.NewNumericDate(from), ExpiresAt: jwt.NewNumericDate(until),
	}}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(j.Secret))
	return j.URL + "/" + room + "?jwt=" + signed, err
}

// Unguessable is 128 bits that follow from the parts and the deployment's secret, in letters and digits: the name of a room, or
// who somebody is in it.
func Unguessable(k *services.Keys, use string, parts ...[]byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(k.MAC(use, parts...)[:16]))
}

// ShownName is a name on one line, without marks that nobody sees and that make a text read as another.
func ShownName(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
