package workshops

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// The codes of certificates that are not there to be had.
const (
	CodeNotIssued          services.Code = "not_issued"
	CodeCertificateChanged services.Code = "certificate_changed"
)

var _ = services.Meanings(map[string]*services.Error{
	"certificates_standing": services.Conflict(services.CodeBusy, "Somebody is issuing certificates of this workshop right now. Try again in a moment."),
})

// CertificateView is a certificate as staff see it.
type CertificateView struct {
	models.Certificate
	Name   string                   `json:"name" doc:"First name and initial; the paper shows the name whole" example:"Luis O."`
	Code   string                   `json:"code" doc:"As printed; who has it can check the certificate" example:"7ZQK-91XM-4T0C-VE5H-2BWD-R8GN-3P"`
	Status models.CertificateStatus `json:"status" enum:"valid,changed,superseded,revoked" doc:"changed: the attendance has been corrected since it was issued; issue it again" example:"valid"`
}

// certificateRow is a certificate with who it is of now.
type certificateRow struct {
	models.Certificate
	Given  string
	Family string
}

func (r *certificateRow) view(now models.SheetLines) CertificateView {
	return CertificateView{Certificate: r.Certificate, Name: models.Initialed(r.Given, r.Family), Code: grouped(r.Code), Status: r.Status(now)}
}

// Crockford's base 32: no letter of it is taken for another, on paper or on the telephone.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const certificateCodeBytes = 16

// newCertificateCode is 128 random bits: nobody guesses one.
func newCertificateCode() string {
	raw := make([]byte, certificateCodeBytes)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return crockford.EncodeToString(raw)
}

// readCertificateCode takes what somebody typed: small letters, and the look-alikes of which Crockford's alphabet has one each.
func readCertificateCode(typed string) (string, bool) {
	code := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	raw, err := crockford.DecodeString(code)
	return code, err == nil && len(raw) == certificateCodeBytes
}

// grouped is a code as it is printed, in fours.
func grouped(code string) string {
	var out strings.Builder
	for i, r := range code {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// checkedAt is where a certificate can be checked.
func (s *Service) checkedAt(code string) string {
	return s.cfg.BaseURL + "/v1/certificates/verify/" + code
}

// readSheets says what the sheets of completed sessions know of attendees now. Minutes are those noted, else the length of the session.
func readSheets(db *gorm.DB, attendees models.IDs) (map[uuid.UUID]models.SheetLines, error) {
	out := map[uuid.UUID]models.SheetLines{}
	if len(attendees) == 0 {
		return out, nil
	}
	var rows []struct {
		AttendeeID uuid.UUID
		Status     models.AttendanceStatus
		Minutes    int
		StartsAt   time.Time
		TimeZone   string
	}
	err := db.Raw(`select t.attendee_id, t.status, coalesce(t.minutes, round(extract(epoch from s.ends_at - s.starts_at) / 60)::int) as minutes, s.starts_at, s.time_zone
		from attendance t join workshop_sessions s on s.id = t.session_id where t.attendee_id = any(?::uuid[]) and s.status = 'completed' order by s.starts_at, s.id`, attendees).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.AttendeeID] = append(out[r.AttendeeID], models.SheetLine{Status: r.Status, On: models.DayIn(r.StartsAt, r.TimeZone), Minutes: r.Minutes})
	}
	return out, nil
}
