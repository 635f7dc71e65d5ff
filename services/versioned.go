package services

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"

	"github.com/google/uuid"
)

// JoinToken is the secret of a mailed link that works as long as a row is of the version that it was made for. Like a
// one-time token it is derived, and stored nowhere.
func JoinToken(k *Keys, id uuid.UUID, version int) string {
	body := binary.BigEndian.AppendUint32(append(make([]byte, 0, 20+oneTimeMAC), id[:]...), uint32(version)) //nolint:gosec // versions are small counts
	return base64.RawURLEncoding.EncodeToString(append(body, k.MAC("join", body)[:oneTimeMAC]...))
}

// ReadJoinToken is the way back; false for what JoinToken did not make. Whether the version still holds is the row's to say.
func ReadJoinToken(k *Keys, token string) (id uuid.UUID, version int, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != 20+oneTimeMAC || !hmac.Equal(raw[20:], k.MAC("join", raw[:20])[:oneTimeMAC]) {
		return uuid.Nil, 0, false
	}
	return uuid.UUID(raw[:16]), int(binary.BigEndian.Uint32(raw[16:20])), true
}
