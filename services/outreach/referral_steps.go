package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// changeReferral locks a referral of somebody the caller works with, changes it and stores it.
func (s *Service) changeReferral(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Referral) error) (*models.Referral, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*models.Referral, error) {
		r, err := referral(tx.DB.Clauses(forUpdate), tx.Actor(), id, tx.Now())
		if err != nil {
			return nil, err
		}
		before := *r
		if err := do(tx, r); err != nil {
			return nil, err
		}
		return r, storeReferral(tx, before, r)
	})
}

func storeReferral(tx *services.Tx, before models.Referral, r *models.Referral) error {
	edited(tx, &r.Record)
	tx.Changed(before, *r)
	return tx.DB.Model(&models.Referral{}).Where("id = ?", r.ID).Select("to_name", "to_phone", "to_url", "need", "need_text", "status", "released_at", "answered_at",
		"closed_at", "closed_by", "reason", "follow_up_at", "version", "updated_at").Updates(r).Error
}

// PatchReferral is what can be edited of an open referral.
type PatchReferral struct {
	ToName     services.Field[string]      `json:"to_name,omitzero" required:"false" minLength:"1" maxLength:"160"`
	ToPhone    services.Field[string]      `json:"to_phone,omitzero" required:"false" maxLength:"40"`
	ToURL      services.Field[string]      `json:"to_url,omitzero" required:"false" maxLength:"500"`
	Need       services.Field[models.Need] `json:"need,omitzero" required:"false" enum:"housing,food,money,benefits,legal,employment,education,health,counseling,substance_use,family,child_care,transport,other"`
	NeedText   services.Field[string]      `json:"need_text,omitzero" required:"false" maxLength:"280"`
	FollowUpAt services.Field[time.Time]   `json:"follow_up_at,omitzero" required:"false" doc:"Moves the task that waits; null drops it"`
}

// UpdateReferral edits an open referral. Errors: not_found; unconditional, stale; conflict referral_closed; invalid.
func (s *Service) UpdateReferral(ctx context.Context, id uuid.UUID, in PatchReferral) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.update", func(tx *services.Tx, r *models.Referral) error {
		if err := tx.CheckVersion(r.Version); err != nil {
			return err
		}
		if !r.Status.Open() {
			return errReferralClosed
		}
		was := r.FollowUpAt
		r.ToName, r.ToPhone, r.ToURL = services.Line(in.ToName.Or(r.ToName)), services.Line(in.ToPhone.OrZero(r.ToPhone)), services.Line(in.ToURL.OrZero(r.ToURL))
		r.Need, r.NeedText, r.FollowUpAt = in.Need.Or(r.Need), services.Line(in.NeedText.OrZero(r.NeedText)), utc(in.FollowUpAt.OrNull(r.FollowUpAt))
		moved := !same(was, r.FollowUpAt)
		if err := tidyReferral(tx, r, moved); err != nil || !moved {
			return err
		}
		if err := tasks.CloseFor(tx, referralRecord, r.ID); err != nil {
			return err
		}
		return followReferral(tx, r)
	})
}

var (
	errReferralClosed = services.Conflict("referral_closed", "This referral is closed. Reopen it first.")
	errNotOffered     = services.Conflict("not_offered", "This referral is not one that waits for an answer.")
)

// AcceptReferral records that the member said yes. Errors: not_found; conflict not_offered, consent_missing for a warm
// referral without a signed release.
func (s *Service) AcceptReferral(ctx context.Context, id uuid.UUID) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.accept", accept)
}

func accept(tx *services.Tx, r *models.Referral) error {
	if r.Status != models.ReferralOffered {
		return errNotOffered
	}
	if err := release(tx, r); err != nil {
		return err
	}
	at := tx.Now()
	r.Status, r.AnsweredAt = models.ReferralAccepted, &at
	return nil
}

// release lets nobody's data pass on without their consent, which is asked anew each time a warm referral moves.
func release(tx *services.Tx, r *models.Referral) error {
	if r.How != models.ReferralWarm {
		return nil
	}
	signed, err := people.HasConsent(tx, r.MemberID, models.ConsentClinicianRelease)
	if err != nil {
		return err
	}
	if !signed {
		return services.Conflict("consent_missing", "A warm referral passes personal data on: the release (clinician_release) must be signed first.")
	}
	at := tx.Now()
	r.ReleasedAt = &at
	return nil
}

// ReferralReason is why a referral was not taken up, or came to nothing.
type ReferralReason struct {
	Reason string `json:"reason,omitempty" maxLength:"1000" example:"The wait is three months"`
}

// DeclineReferral records that the member said no; they need give no reason. Errors: not_found; conflict referral_closed.
func (s *Service) DeclineReferral(ctx context.Context, id uuid.UUID, in ReferralReason) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.decline", func(tx *services.Tx, r *models.Referral) error {
		return closeReferral(tx, r, models.ReferralDeclined, in.Reason)
	})
}

// closeReferral ends an open referral and drops the task about it.
func closeReferral(tx *services.Tx, r *models.Referral, as models.ReferralStatus, reason string) error {
	if !r.Status.Open() {
		return errReferralClosed
	}
	at, by := tx.Now(), tx.Actor().MemberID
	r.Status, r.ClosedAt, r.ClosedBy, r.Reason = as, &at, &by, nil
	if as == models.ReferralDeclined {
		r.AnsweredAt = &at
	}
	if words := services.Prose(reason); words != "" {
		r.Reason = &words
	}
	return tasks.DoneFor(tx, referralRecord, r.ID, "The referral came to an end")
}

// ConnectReferral records that they met: the referral did what it was for. Errors: not_found; conflict referral_closed,
// consent_missing for a warm one.
func (s *Service) ConnectReferral(ctx context.Context, id uuid.UUID) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.connect", func(tx *services.Tx, r *models.Referral) error {
		if !r.Status.Open() {
			return errReferralClosed
		}
		if err := release(tx, r); err != nil {
			return err
		}
		if r.AnsweredAt == nil {
			at := tx.Now()
			r.AnsweredAt = &at
		}
		return closeReferral(tx, r, models.ReferralConnected, "")
	})
}

// FailReferral records that it came to nothing, and why: what we learn of a place stands there. Errors: not_found; conflict
// referral_closed; invalid for a blank reason.
func (s *Service) FailReferral(ctx context.Context, id uuid.UUID, in Reason) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.fail", func(tx *services.Tx, r *models.Referral) error {
		if services.Prose(in.Reason) == "" {
			return services.InvalidField("/reason", "required", "Say why it came to nothing.")
		}
		return closeReferral(tx, r, models.ReferralNotConnected, in.Reason)
	})
}

// ReopenReferral is the way back from connected, not connected and declined. The task to ask how it went waits again, a
// week from now at the earliest. Errors: not_found; conflict referral_open; invalid for a blank reason.
func (s *Service) ReopenReferral(ctx context.Context, id uuid.UUID, in Reason) (*models.Referral, error) {
	return s.changeReferral(ctx, id, "referral.reopen", func(tx *services.Tx, r *models.Referral) error {
		if r.Status.Open() {
			return services.Conflict("referral_open", "This referral is open.")
		}
		if err := tx.Because(r.MemberID, in.Reason); err != nil {
			return err
		}
		if r.Status == models.ReferralDeclined || r.AnsweredAt == nil {
			r.Status, r.AnsweredAt = models.ReferralOffered, nil
		} else {
			r.Status = models.ReferralAccepted
		}
		r.ClosedAt, r.ClosedBy, r.Reason = nil, nil, nil
		if week := tx.Now().Add(askAfterWarm); r.FollowUpAt == nil || r.FollowUpAt.Before(week) {
			r.FollowUpAt = &week
		}
		return followReferral(tx, r)
	})
}

// AcceptMine is the member's own yes. Errors: not_found; conflict not_offered, consent_missing.
func (s *Service) AcceptMine(ctx context.Context, id uuid.UUID) (*MyReferral, error) {
	return s.answerMine(ctx, id, "referral.accept_own", accept)
}

// DeclineMine is the member's own no, also after a yes. They need give no reason. Errors: not_found; conflict
// referral_closed.
func (s *Service) DeclineMine(ctx context.Context, id uuid.UUID, in ReferralReason) (*MyReferral, error) {
	return s.answerMine(ctx, id, "referral.decline_own", func(tx *services.Tx, r *models.Referral) error {
		return closeReferral(tx, r, models.ReferralDeclined, in.Reason)
	})
}

func (s *Service) answerMine(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.Referral) error) (*MyReferral, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*MyReferral, error) {
		r, err := oneReferral(tx.DB.Clauses(forUpdate).Where("referrals.member_id = ?", tx.Actor().MemberID), id)
		if err != nil {
			return nil, err
		}
		before := *r
		if err := do(tx, r); err != nil {
			return nil, err
		}
		if err := storeReferral(tx, before, r); err != nil {
			return nil, err
		}
		var mine MyReferral
		return &mine, tx.DB.Table("referrals").Select(myReferralColumns).Where("referrals.id = ?", id).Take(&mine).Error
	})
}
