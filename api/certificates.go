package api

import (
	"context"

	"github.com/google/uuid"

	"homefront/services"
	"homefront/services/workshops"
)

// CertificatePath names a certificate of attendance.
type CertificatePath struct {
	CertificateID uuid.UUID `path:"certificate_id" doc:"The certificate's id"`
}

func (s *Server) certificates(r *router) {
	act(r, "/workshops/{workshop_id}/certificates", issueCertificatesOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopPath
		Body workshops.IssueCertificates
	}) (*workshops.IssuedCertificates, error) {
		return s.Workshops.IssueCertificates(ctx, in.WorkshopID, in.Body)
	})
	get(r, "/workshops/{workshop_id}/certificates", listCertificatesOp, services.CanAttend, func(ctx context.Context, in *struct {
		WorkshopPath
		services.PageQuery
	}) (services.Page[workshops.CertificateView], error) {
		return s.Workshops.Certificates(ctx, in.WorkshopID, in.PageQuery)
	})
	get(r, "/registrations/{registration_id}/attendees/{attendee_id}/certificate", getAttendanceCertificateOp, services.CanCertify, func(ctx context.Context, in *struct{ AttendeePath }) (File, error) {
		return paperFile(s.Workshops.Certificate(ctx, in.RegistrationID, in.AttendeeID))
	})
	act(r, "/certificates/{certificate_id}/revoke", revokeCertificateOp, services.CanAttend, func(ctx context.Context, in *struct {
		CertificatePath
		Body workshops.Justification
	}) (*workshops.CertificateView, error) {
		return s.Workshops.RevokeCertificate(ctx, in.CertificateID, in.Body)
	})
	get(r, "/certificates/verify/{code}", verifyCertificateOp, services.CanVerify, func(ctx context.Context, in *struct {
		Code string `path:"code" maxLength:"64" doc:"As printed; small letters, hyphens and spaces do not matter" example:"7ZQK-91XM-4T0C-VE5H-2BWD-R8GN-3P"`
	}) (*workshops.CertificateCheck, error) {
		return s.Workshops.VerifyCertificate(ctx, in.Code)
	})
}

// paperFile answers what was drawn, or why not.
func paperFile(f *workshops.PaperFile, err error) (File, error) {
	if err != nil {
		return File{}, err
	}
	return File{ContentType: f.ContentType, Name: f.Name, Bytes: f.Bytes}, nil
}
