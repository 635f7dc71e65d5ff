package people

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// VerifyService is what staff saw of a period of service.
type VerifyService struct {
	Method models.VerificationMethod `json:"method" enum:"dd214_seen,ngb22_seen,va_letter,id_card,va_api,id_me,vouched" doc:"What was seen. The document itself is never kept: it carries an SSN"`
	On     *models.Date              `json:"on,omitempty" required:"false" doc:"The day on which it was seen; today when absent"`
	Note   string                    `json:"note,omitempty" maxLength:"300" doc:"What a colleague should know; no numbers from the document" example:"Seen at the front desk"`
}

// VerifyService says that a period of service was shown. Errors: forbidden own_record; not_found; conflict
// already_verified; invalid for a day to come.
func (s *Service) VerifyService(ctx context.Context, id uuid.UUID, in VerifyService) (*ServiceRecordView, error) {
	return s.changeService(ctx, id, "service_record.verify", func(tx *services.Tx, r *models.ServiceRecord) error {
		if r.Verification == models.ServiceVerified {
			return services.Conflict("already_verified", "This period of service is verified. Take that back first, if something else was seen.")
		}
		if err := judgeService(tx, r, models.ServiceVerified, in.On); err != nil {
			return err
		}
		r.VerificationMethod, r.VerificationReason = &in.Method, lineOrNull(&in.Note)
		return tasks.CloseFor(tx, serviceRecordRecord, r.ID, models.TaskVerifyService)
	})
}

// judgeService records who looked, and when.
func judgeService(tx *services.Tx, r *models.ServiceRecord, as models.Verification, on *models.Date) error {
	day, by := models.DateOf(tx.Now()), tx.Actor().MemberID
	if on != nil {
		if on.After(tx.Now().AddDate(0, 0, 1)) || on.Before(r.EnteredOn.Time) {
			return services.InvalidField("/on", "out_of_range", "Give a day that has been, after the service began.")
		}
		day = *on
	}
	r.Verification, r.VerifiedBy, r.VerifiedOn, r.VerificationMethod = as, &by, &day, nil
	return nil
}

// PendingService is what is waited for.
type PendingService struct {
	Note string `json:"note,omitempty" maxLength:"300" example:"Asked the archive on 3 March"`
}

// MarkServicePending says that proof was asked for. Errors: forbidden own_record; not_found; conflict already_pending, and
// already_verified for what is verified.
func (s *Service) MarkServicePending(ctx context.Context, id uuid.UUID, in PendingService) (*ServiceRecordView, error) {
	return s.changeService(ctx, id, "service_record.mark_pending", func(_ *services.Tx, r *models.ServiceRecord) error {
		switch r.Verification {
		case models.ServiceVerified:
			return services.Conflict("already_verified", "This period of service is verified. Take that back first.")
		case models.ServicePending:
			return services.Conflict("already_pending", "Proof was asked for already.")
		}
		unjudge(r)
		r.Verification, r.VerificationReason = models.ServicePending, lineOrNull(&in.Note)
		return nil
	})
}

// NotConfirmService says that what was asked for did not show this service. It does not say that they did not serve.
// Errors: forbidden own_record; not_found; conflict already_verified and already_not_confirmed; invalid without a reason.
func (s *Service) NotConfirmService(ctx context.Context, id uuid.UUID, in NotConfirmService) (*ServiceRecordView, error) {
	return s.changeService(ctx, id, "service_record.not_confirm", func(tx *services.Tx, r *models.ServiceRecord) error {
		switch r.Verification {
		case models.ServiceVerified:
			return services.Conflict("already_verified", "This period of service is verified. Take that back first.")
		case models.ServiceNotConfirmed:
			return services.Conflict("already_not_confirmed", "This was recorded already.")
		}
		why := lineOrNull(&in.Reason)
		if why == nil {
			return services.InvalidField("/reason", "required", "Say why.")
		}
		if err := judgeService(tx, r, models.ServiceNotConfirmed, nil); err != nil {
			return err
		}
		r.VerificationReason = why
		return tasks.CloseFor(tx, serviceRecordRecord, r.ID, models.TaskVerifyService)
	})
}

// NotConfirmService says why service could not be confirmed.
type NotConfirmService struct {
	Reason string `json:"reason" minLength:"3" maxLength:"300" doc:"Shown to staff with the record" example:"The archive has no record under this name"`
}

// UndoServiceVerification is the way back from verified, pending and not confirmed: unverified again. Errors: forbidden
// own_record; not_found; conflict not_verified; invalid without a reason.
func (s *Service) UndoServiceVerification(ctx context.Context, id uuid.UUID, in StaffReason) (*ServiceRecordView, error) {
	return s.changeService(ctx, id, "service_record.undo_verification", func(tx *services.Tx, r *models.ServiceRecord) error {
		if r.Verification == models.ServiceUnverified {
			return services.Conflict("not_verified", "This period of service is unverified already.")
		}
		unjudge(r)
		return tx.Because(r.MemberID, in.Reason)
	})
}

func unjudge(r *models.ServiceRecord) {
	r.Verification, r.VerificationMethod, r.VerifiedBy, r.VerifiedOn, r.VerificationReason = models.ServiceUnverified, nil, nil, nil, nil
}
