package workshops

import (
	"context"
	"time"

	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// CertificateCheck is what somebody who holds a certificate is told.
type CertificateCheck struct {
	Status       models.CertificateStatus `json:"status" enum:"valid,changed,superseded,revoked" doc:"valid: it states what the attendance sheets say; changed: they have been corrected since; superseded: another certificate was issued in its place; revoked: it must not be relied on" example:"valid"`
	Organization string                   `json:"organization" example:"Harvesting Happiness for Heroes"`
	IssuedOn     models.Date              `json:"issued_on" example:"2026-12-09"`
	Statement    *CertifiedStatement      `json:"statement,omitempty" doc:"What stands on it, to compare with the paper. Absent when it is revoked"`
}

// CertifiedStatement is what stands on a certificate, with the name shortened.
type CertifiedStatement struct {
	Name  string `json:"name" doc:"First name and initial" example:"Luis O."`
	Title string `json:"title" doc:"What they attended" example:"Living with Hypervigilance"`
	models.Statement
	Hours float64 `json:"hours" doc:"The minutes, in hours" example:"9"`
}

// verifications bounds how often one address may try codes. Nobody guesses one; this keeps the trying cheap for us.
var verifications = services.Limit{Name: "certificate.verify", Every: 5 * time.Second, Burst: 60}

// VerifyCertificate tells whoever has the code of a certificate how it stands. What is no code and what is nobody's answer alike.
// Errors: not_found; too_many.
func (s *Service) VerifyCertificate(ctx context.Context, typed string) (*CertificateCheck, error) {
	call, err := services.CallFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, verifications, call.Address); err != nil {
		return nil, err
	}
	code, ok := readCertificateCode(typed)
	if !ok {
		return nil, services.NotFound("certificate")
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*CertificateCheck, error) {
		var found []models.Certificate
		if err := db.Where("code = ?", code).Limit(1).Find(&found).Error; err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("certificate")
		}
		sheets, err := readSheets(db, models.IDs{found[0].AttendeeID})
		if err != nil {
			return nil, err
		}
		return s.checked(&found[0], sheets[found[0].AttendeeID]), nil
	})
}

func (s *Service) checked(c *models.Certificate, now models.SheetLines) *CertificateCheck {
	out := &CertificateCheck{Status: c.Status(now), Organization: s.cfg.OrgName, IssuedOn: c.IssuedOn}
	if out.Status != models.CertificateRevoked {
		out.Statement = &CertifiedStatement{Name: models.Initialed(c.NameShown, ""), Title: c.Title, Statement: c.Statement, Hours: hours(c.Minutes)}
	}
	return out
}

// hours are minutes as a number that people add up: to a hundredth.
func hours(minutes int) float64 {
	return float64((minutes*100+30)/60) / 100
}
