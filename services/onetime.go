package services

import (
	"crypto/hmac"
	"encoding/base64"

	"github.com/google/uuid"
)

// oneTimeMAC is how much of the MAC a token carries: 128 bits, out of reach for guessing.
const oneTimeMAC = 16

// OneTimeToken is the secret of a mailed link. It is derived from the id of the row that says what it is good for, so
// that neither that row nor the message holds it: a dump of the database opens nothing.
func OneTimeToken(k *Keys, id uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString(append(id[:], k.MAC("one-time", id[:])[:oneTimeMAC]...))
}

// OneTimeID is the way back; false for what OneTimeToken did not make. Whether it still works is the row's to say.
func OneTimeID(k *Keys, token string) (uuid.UUID, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != len(uuid.UUID{})+oneTimeMAC {
		return uuid.Nil, false
	}
	id := uuid.UUID(raw[:16])
	if !hmac.Equal(raw[16:], k.MAC("one-time", id[:])[:oneTimeMAC]) {
		return uuid.Nil, false
	}
	return id, true
}
