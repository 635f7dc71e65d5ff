package programs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// EligibilityQuery says of whom.
type EligibilityQuery struct {
	MemberID uuid.UUID `query:"member_id" doc:"Whom it is about; the caller when absent"`
}

// EligibilityView is what the rules say of one person.
type EligibilityView struct {
	MemberID uuid.UUID   `json:"member_id"`
	On       models.Date `json:"on" doc:"The day on which ages count" example:"2027-03-01"`
	models.Eligibility
}

// Eligibility says whether somebody may enroll in a program, rule by rule. Members ask for themselves and those they act for,
// and are shown what they may know; staff ask for those they handle, and the look is logged.
// Errors: not_found for a program or member that the caller does not see; conflict member_merged.
func (s *Service) Eligibility(ctx context.Context, programID uuid.UUID, in EligibilityQuery) (*EligibilityView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	if in.MemberID == uuid.Nil || in.MemberID == actor.MemberID {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*EligibilityView, error) {
			view, err := eligibilityIn(db, actor, now, programID, actor.MemberID)
			if err != nil {
				return nil, err
			}
			view.Eligibility = view.ForMember()
			return view, nil
		})
	}
	action := "eligibility.read_for"
	if actor.Coordinates() {
		action = "eligibility.read"
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*EligibilityView, error) {
		d.Object(programID)
		return eligibilityOfOther(d, programID, in.MemberID)
	})
}

func eligibilityOfOther(d *services.Disclosure, programID, memberID uuid.UUID) (*EligibilityView, error) {
	acts, err := AsksFor(d, memberID)
	if err != nil {
		return nil, err
	}
	view, err := eligibilityIn(d.DB, d.Tx().Actor(), d.Tx().Now(), programID, memberID)
	if err == nil && acts {
		view.Eligibility = view.ForGuardian()
	}
	return view, err
}

// AsksFor sees that the caller may ask what rules say of a member who is not they, and says whether they ask as somebody who
// acts for them; else they are of the staff who handle them. The log says for whom they asked, also in vain.
// Errors: not_found; conflict member_merged.
func AsksFor(d *services.Disclosure, member uuid.UUID) (acts bool, err error) {
	d.Object(member)
	actor := d.Tx().Actor()
	acts, err = people.MayActFor(d.Tx(), actor, member)
	switch {
	case err != nil:
		return false, err
	case !acts && !actor.Coordinates():
		return false, services.NotFound("member")
	case !acts:
		if err := handles(d.DB, actor, member, d.Tx().Now()); err != nil {
			return false, err
		}
	}
	d.Subject(member)
	return acts, nil
}

func eligibilityIn(db *gorm.DB, actor *services.Actor, now time.Time, programID, memberID uuid.UUID) (*EligibilityView, error) {
	r, err := ruledBy(db.Scopes(Visible(actor, now)), now, Target{ProgramID: &programID})
	if err != nil {
		return nil, err
	}
	judged, err := Judge(db, now, Target{ProgramID: &programID}, r.Rules, r.On, memberID)
	if err != nil {
		return nil, err
	}
	view, ok := judged[memberID]
	if !ok {
		return nil, services.NotFound("member")
	}
	return &EligibilityView{MemberID: memberID, On: r.On, Eligibility: view}, nil
}

// handles says whether actor, of the staff, may look after a member.
// Errors: not_found, also for their own record and that of somebody close to them; conflict member_merged.
func handles(db *gorm.DB, actor *services.Actor, memberID uuid.UUID, now time.Time) error {
	var rows []models.Member
	err := db.Select("id", "status").Scopes(actor.NotOwn("members.id", now)).Where("id = ?", memberID).Limit(1).Find(&rows).Error
	switch {
	case err != nil:
		return err
	case len(rows) == 0:
		return services.NotFound("member")
	case rows[0].Status == models.MemberMerged:
		return services.Conflict("member_merged", "This record was merged into another one. Use that one.")
	}
	return nil
}
