package workshops

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	codePrefix = "HF1."
	codeBody   = 16 + 2 // the attendee and the version
	codeMAC    = 16
	codePixels = 512
)

// CheckInCode is what a phone shows at the door. It names nobody.
type CheckInCode struct {
	AttendeeID uuid.UUID `json:"attendee_id"`
	Code       string    `json:"code" doc:"The text of the QR code" example:"HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI"`
}

// checkInCode signs an attendee and the version of their code: a new version revokes the ones before it.
func checkInCode(k *services.Keys, attendee uuid.UUID, version int) string {
	body := binary.BigEndian.AppendUint16(append(make([]byte, 0, codeBody+codeMAC), attendee[:]...), uint16(version)) //nolint:gosec // people do not ask for 65,536 codes
	return codePrefix + base64.RawURLEncoding.EncodeToString(append(body, k.MAC("check-in", body)[:codeMAC]...))
}

// scannedMAC tells the codes that scanners sent apart without keeping them.
func scannedMAC(k *services.Keys, text string) string {
	return base64.RawURLEncoding.EncodeToString(k.MAC("scan", []byte(strings.TrimSpace(text)))[:codeMAC])
}

// readCheckInCode is the way back; false for what checkInCode did not make.
func readCheckInCode(k *services.Keys, text string) (attendee uuid.UUID, version int, ok bool) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), codePrefix)
	if !ok {
		return uuid.Nil, 0, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) != codeBody+codeMAC || !hmac.Equal(raw[codeBody:], k.MAC("check-in", raw[:codeBody])[:codeMAC]) {
		return uuid.Nil, 0, false
	}
	return uuid.UUID(raw[:16]), int(binary.BigEndian.Uint16(raw[16:codeBody])), true
}

// CheckInCode gives the code of one attendee, to themselves and to who entered them.
// Errors: not_found; forbidden not_yours_to_change; conflict not_confirmed.
func (s *Service) CheckInCode(ctx context.Context, id, attendeeID uuid.UUID) (*CheckInCode, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CheckInCode, error) {
		p, err := readParty(db, actor, id, s.core.Clock.Now())
		if err != nil {
			return nil, err
		}
		a, err := showable(actor, p, attendeeID)
		if err != nil {
			return nil, err
		}
		return &CheckInCode{a.ID, checkInCode(s.core.Keys, a.ID, a.CodeVersion)}, nil
	})
}

// CheckInPicture draws the code as a PNG.
// Errors: those of CheckInCode.
func (s *Service) CheckInPicture(ctx context.Context, id, attendeeID uuid.UUID) ([]byte, error) {
	code, err := s.CheckInCode(ctx, id, attendeeID)
	if err != nil {
		return nil, err
	}
	return QRPNG(code.Code, codePixels)
}

// RenewCheckInCode makes a new code, as after a phone was lost; the one before it answers revoked from then on.
// Errors: those of CheckInCode.
func (s *Service) RenewCheckInCode(ctx context.Context, id, attendeeID uuid.UUID) (*CheckInCode, error) {
	return services.Mutate(ctx, s.core, "check_in_code.renew", func(tx *services.Tx) (*CheckInCode, error) {
		d, p, err := openParty(tx, id)
		if err != nil {
			return nil, err
		}
		a, err := showable(tx.Actor(), p, attendeeID)
		if err != nil {
			return nil, err
		}
		a.CodeVersion++
		return &CheckInCode{a.ID, checkInCode(tx.Keys(), a.ID, a.CodeVersion)}, d.close(p)
	})
}

// showable is an attendee who has a code that the caller may show.
func showable(actor *services.Actor, p *party, attendeeID uuid.UUID) (*models.Attendee, error) {
	a, err := p.attendee(attendeeID)
	if err != nil {
		return nil, err
	}
	if p.hides(a) {
		return nil, services.NotFound("attendee")
	}
	if !ownEntry(actor, p, a) {
		return nil, services.Forbidden(CodeNotYours, "Only they themselves can show their code.")
	}
	if p.State != models.RegistrationConfirmed || !a.Goes() {
		return nil, services.Conflict(CodeNotConfirmed, "There is a code once the place is confirmed.")
	}
	return a, nil
}

// readParty reads one party through the caller's scope, without locks and without names.
// Errors: not_found.
func readParty(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*party, error) {
	set := &partySet{}
	var sees sight
	if !actor.Coordinates() {
		var err error
		if sees, err = sightOf(db, actor, now); err != nil {
			return nil, err
		}
	}
	if err := db.Scopes(visibleRegistrations(actor)).Where("registrations.id = ?", id).Limit(1).Find(&set.registrations).Error; err != nil {
		return nil, err
	}
	if len(set.registrations) == 0 {
		return nil, services.NotFound("registration")
	}
	if err := db.Where("registration_id = ?", id).Order("id").Find(&set.attendees).Error; err != nil {
		return nil, err
	}
	p := set.parties()[0]
	if p.released = sees.released; p.lostTo(actor) {
		return nil, services.NotFound("registration")
	}
	return p, nil
}
