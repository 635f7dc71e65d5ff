package programs

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

var errAlreadyWaived = services.Conflict("already_waived", "This rule is waived for this person already.")

var _ = services.Meanings(map[string]*services.Error{
	"eligibility_waivers_one":      errAlreadyWaived,
	"eligibility_waivers_member":   services.NotFound("member"),
	"eligibility_waivers_program":  services.NotFound("program"),
	"eligibility_waivers_workshop": services.NotFound("workshop"),
})

// shortestReason is how many characters say something.
const shortestReason = 3

// WaiveRule lets one rule not count for one person.
type WaiveRule struct {
	MemberID uuid.UUID `json:"member_id" doc:"For whom"`
	RuleKey  string    `json:"rule_key" minLength:"1" maxLength:"40" doc:"The rule, at any depth of the set" example:"veterans"`
	Reason   string    `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Served with us for years as a contractor"`
}

// WaiverReason says why a rule counts again.
type WaiverReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" example:"It was meant for another person"`
}

// WaiverFilter picks waivers.
type WaiverFilter struct {
	services.PageQuery
	MemberID  uuid.UUID `query:"member_id" doc:"Only those of this member"`
	Withdrawn bool      `query:"withdrawn" doc:"Also those that were withdrawn"`
}

// WaiverRow is a waiver of the staff's list, and whose it is.
type WaiverRow struct {
	models.EligibilityWaiver
	Name     string `json:"name" example:"Lou Ortega"`
	WaivedAs string `json:"waived_by_name" example:"Dana Whitfield"`
}

var waiverList = services.List[WaiverRow]{
	IDColumn: "eligibility_waivers.id", ID: func(w WaiverRow) uuid.UUID { return w.ID }, Default: "-waived_at",
	Sorts: []services.Sort[WaiverRow]{{Name: "waived_at", Column: "eligibility_waivers.waived_at", Cast: "timestamptz", Key: func(w WaiverRow) any { return w.WaivedAt }}},
}

const waiverColumns = `eligibility_waivers.*, btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS name,
	btrim(coalesce(s.preferred_name, s.given_name) || ' ' || s.family_name) AS waived_as`

// waiversSeen reads the waivers of the members that actor handles, with the names.
func waiversSeen(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Table("eligibility_waivers").Select(waiverColumns).Joins("JOIN members m ON m.id = eligibility_waivers.member_id").
		Joins("JOIN members s ON s.id = eligibility_waivers.waived_by").Scopes(actor.NotOwn("eligibility_waivers.member_id", now))
}

// Waivers pages through the waivers of a program or workshop, the latest first; those that stand, unless asked for more. The
// look is logged. Errors: not_found, also for a member_id that the caller does not handle; conflict member_merged.
func (s *Service) Waivers(ctx context.Context, t Target, f WaiverFilter) (*services.Page[WaiverRow], error) {
	return services.Disclose(ctx, s.core, "waiver.list", func(d *services.Disclosure) (*services.Page[WaiverRow], error) {
		actor, now := d.Tx().Actor(), d.Tx().Now()
		if _, err := ruledBy(d.DB, now, t); err != nil {
			return nil, err
		}
		q := waiversSeen(d.DB, actor, now).Scopes(t.waivers)
		if f.MemberID != uuid.Nil {
			d.Object(f.MemberID)
			if err := handles(d.DB, actor, f.MemberID, now); err != nil {
				return nil, err
			}
			q = q.Where("eligibility_waivers.member_id = ?", f.MemberID)
		}
		if !f.Withdrawn {
			q = q.Where("eligibility_waivers.withdrawn_at IS NULL")
		}
		page, err := waiverList.Find(ctx, s.core, q, f.PageQuery)
		for i := range page.Data {
			d.Subject(page.Data[i].MemberID)
		}
		return &page, err
	})
}

// Waiver shows one; the look is logged. Errors: not_found.
func (s *Service) Waiver(ctx context.Context, id uuid.UUID) (*WaiverRow, error) {
	return services.Disclose(ctx, s.core, "waiver.read", func(d *services.Disclosure) (*WaiverRow, error) {
		d.Object(id)
		rows, err := services.Rows[WaiverRow](waiversSeen(d.DB, d.Tx().Actor(), d.Tx().Now()).Where("eligibility_waivers.id = ?", id), 1)
		if err == nil && len(rows) == 0 {
			err = services.NotFound("waiver")
		}
		if err != nil {
			return nil, err
		}
		d.Subject(rows[0].MemberID)
		return &rows[0], nil
	})
}

// Waive lets one rule of a program or workshop not count for one person, until it is withdrawn.
// Errors: not_found for the target and for a member that the caller does not handle, so themselves; conflict member_merged,
// already_waived; invalid for a key that no rule of the set has, and for a blank reason.
func (s *Service) Waive(ctx context.Context, t Target, in WaiveRule) (*models.EligibilityWaiver, error) {
	return services.Mutate(ctx, s.core, "waiver.create", func(tx *services.Tx) (*models.EligibilityWaiver, error) {
		r, err := ruledBy(tx.DB, tx.Now(), t)
		if err != nil {
			return nil, err
		}
		if err := handles(tx.DB, tx.Actor(), in.MemberID, tx.Now()); err != nil {
			return nil, err
		}
		if !r.Rules.Has(in.RuleKey) {
			return nil, services.InvalidField("/rule_key", "unknown_rule", "No rule of this set has this key.")
		}
		if err := tx.Because(in.MemberID, in.Reason); err != nil {
			return nil, err
		}
		w := t.waiver(tx, in.MemberID, in.RuleKey)
		tx.Changed(nil, w)
		return &w, tx.DB.Create(&w).Error
	})
}

func (t Target) waiver(tx *services.Tx, member uuid.UUID, key string) models.EligibilityWaiver {
	w := models.EligibilityWaiver{ID: services.NewID(), MemberID: member, WorkshopID: t.WorkshopID, RuleKey: key, WaivedBy: tx.Actor().MemberID, WaivedAt: tx.Now()}
	if t.WorkshopID == nil {
		w.ProgramID = t.ProgramID
	}
	return w
}

// WithdrawWaiver lets the rule count again. What was decided while it did not stays.
// Errors: not_found; conflict waiver_withdrawn; invalid for a blank reason.
func (s *Service) WithdrawWaiver(ctx context.Context, id uuid.UUID, in WaiverReason) (*models.EligibilityWaiver, error) {
	return services.Mutate(ctx, s.core, "waiver.withdraw", func(tx *services.Tx) (*models.EligibilityWaiver, error) {
		var rows []models.EligibilityWaiver
		err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Scopes(tx.Actor().NotOwn("eligibility_waivers.member_id", tx.Now())).Where("id = ?", id).Limit(1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("waiver")
		}
		w, before := &rows[0], rows[0]
		if w.WithdrawnAt != nil {
			return nil, services.Conflict("waiver_withdrawn", "This waiver was withdrawn already.")
		}
		if err := tx.Because(w.MemberID, in.Reason); err != nil {
			return nil, err
		}
		by, at := tx.Actor().MemberID, tx.Now()
		w.WithdrawnBy, w.WithdrawnAt = &by, &at
		tx.Changed(before, *w)
		return w, tx.DB.Model(w).Select("withdrawn_by", "withdrawn_at").Where("id = ?", id).Updates(*w).Error
	})
}

// WaiveAll lets every rule of a verdict of Judge that is not met, or not known to be, not count for the person: staff enroll or
// register them all the same, and say why. Nothing is waived when the rules are met. The reason is sealed in the audit row of
// the use case.
// Errors: invalid at /waive_reason for a reason that says nothing; forbidden for others than coordinators, and own_record for
// their own record or that of somebody close to them.
func WaiveAll(tx *services.Tx, t Target, member uuid.UUID, verdict models.Eligibility, reason string) error {
	open := verdict.Unsettled()
	if len(open) == 0 {
		return nil
	}
	if reason = services.Prose(reason); utf8.RuneCountInString(reason) < shortestReason {
		return services.InvalidField("/waive_reason", "required", "Say why the rules do not count for this person.")
	}
	if err := mayWaive(tx, member); err != nil {
		return err
	}
	for _, key := range open {
		w := t.waiver(tx, member, key)
		made := tx.DB.Clauses(clause.OnConflict{DoNothing: true}).Create(&w)
		if made.Error != nil {
			return made.Error
		}
		if made.RowsAffected > 0 { // else a colleague has waived it this moment
			tx.Changed(nil, w)
		}
	}
	return tx.Reason(member, reason)
}

// RulesReplaced withdraws the waivers of rules that ask something else from now on, or are gone: a waiver names a rule by its
// key, and was given for what that rule asked. Whoever stores the rules of a target calls it in the same transaction; was and
// is are the target before and after, whose program is what "this program" means.
func RulesReplaced(tx *services.Tx, was Target, before models.Rules, is Target, after models.Rules) error {
	keys := before.Outdated(was.ProgramID, after, is.ProgramID)
	if len(keys) == 0 {
		return nil
	}
	var standing []models.EligibilityWaiver
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Scopes(is.waivers).Where("rule_key IN ? AND withdrawn_at IS NULL", keys).Order("id").Find(&standing).Error
	if err != nil || len(standing) == 0 {
		return err
	}
	by, at, ids := tx.Actor().MemberID, tx.Now(), make([]uuid.UUID, len(standing))
	for i, w := range standing {
		ids[i], w.WithdrawnBy, w.WithdrawnAt = w.ID, &by, &at
		tx.Changed(standing[i], w)
	}
	return tx.DB.Model(&models.EligibilityWaiver{}).Where("id IN ?", ids).Updates(map[string]any{"withdrawn_by": by, "withdrawn_at": at}).Error
}

func mayWaive(tx *services.Tx, member uuid.UUID) error {
	if !services.CanWaiveRules.Allows(tx.Actor()) {
		return services.Forbidden(services.CodeForbidden, "Only coordinators let rules not count. Ask one.")
	}
	own, err := people.Kin(tx, tx.Actor().MemberID, []uuid.UUID{member})
	if err == nil && len(own) > 0 {
		err = services.Forbidden("own_record", "This is your own record or that of somebody close to you. Ask a colleague to handle it.")
	}
	return err
}
