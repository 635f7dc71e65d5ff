package workshops

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
)

// judged is a member who is entered, and whose own rules are asked.
type judged struct {
	at     string // JSON pointer to what names them
	member uuid.UUID
}

// judge asks the workshop's rules about the members of a party as it is entered. Whoever acts for themselves or their own is
// refused when they are not met, with the sentences that are theirs to read; where a fact is missing, or one that is not
// theirs to know decides, staff look at the party. Staff decide by entering it: what is not known passes, and what is not met
// needs a waiver, or a reason to make one. About those close to them they decide nothing. Guests are of whoever brings them,
// so that a party without any member who comes is looked at, too.
func (e *entry) judge(d *desk, p *party) error {
	if len(d.workshop.Rules) == 0 {
		return nil
	}
	if len(e.judged) == 0 {
		if !e.staff && !e.alone {
			p.lookAt(models.ReviewEligibility)
		}
		return nil
	}
	verdicts, err := d.verdicts(e.judgedIDs()...)
	if err != nil {
		return err
	}
	for _, j := range e.judged {
		if e.staff && !slices.Contains(d.closed, j.member) {
			if verdicts[j.member].Verdict == models.VerdictNotMet {
				if err := e.waive(d, j, verdicts[j.member]); err != nil {
					return err
				}
			}
			continue
		}
		switch seen := seenBy(e.tx.Actor(), j.member, verdicts[j.member]); seen.Verdict {
		case models.VerdictMet:
		case models.VerdictNotMet:
			e.faults = append(e.faults, refusals(j.at, seen)...)
		default:
			p.lookAt(models.ReviewEligibility)
		}
	}
	return nil
}

func (e *entry) judgedIDs() []uuid.UUID {
	ids := make([]uuid.UUID, len(e.judged))
	for i := range e.judged {
		ids[i] = e.judged[i].member
	}
	return ids
}

// waive lets a rule that is not met not count, where staff say why.
func (e *entry) waive(d *desk, j judged, verdict models.Eligibility) error {
	if e.in.WaiveReason == "" {
		e.faults = append(e.faults, refusals(j.at, verdict)...)
		return nil
	}
	if len(e.faults) > 0 {
		return nil // nothing comes of it
	}
	return programs.WaiveAll(e.tx, d.target(), j.member, verdict, e.in.WaiveReason)
}

// target is what has the rules.
func (d *desk) target() programs.Target {
	return programs.Target{WorkshopID: &d.workshop.ID, ProgramID: d.workshop.ProgramID}
}

// verdicts asks the rules about members, on the local date on which ages count. It also finds out whose records the caller,
// of the staff, must not handle, unless that is known.
func (d *desk) verdicts(members ...uuid.UUID) (map[uuid.UUID]models.Eligibility, error) {
	if actor := d.tx.Actor(); actor.Coordinates() && d.closed == nil {
		d.closed = models.IDs{}
		closed := []uuid.UUID(nil)
		err := d.tx.Batch(services.Statement{SQL: `select closed_to($1, $2)`, Args: []any{actor.MemberID, models.DateOf(d.tx.Now()).Time}, Scan: idsInto(&closed)})
		if err != nil {
			return nil, err
		}
		d.closed = append(d.closed, closed...)
	}
	return programs.Judge(d.tx.DB, d.tx.Now(), d.target(), d.workshop.Rules, d.firstDay(), members...)
}

// seenBy is a verdict as far as it is the caller's to know: their own, or that of somebody they bring.
func seenBy(actor *services.Actor, member uuid.UUID, e models.Eligibility) models.Eligibility {
	if actor.MemberID == member {
		return e.ForMember()
	}
	return e.ForGuardian()
}

// refusals are the rules that somebody does not meet, in the sentences of the verdict.
func refusals(at string, e models.Eligibility) (out []services.FieldError) {
	for _, sentence := range e.Sentences(models.VerdictNotMet) {
		out = append(out, services.FieldError{Field: at, Code: CodeNotEligible, Message: sentence})
	}
	return out
}

// lookAt is why staff look at somebody who accepts before they come along.
// Of somebody whom we do not know by the link they hold, that is all the rules there are; staff who enter them decide by it.
// Errors: invalid not_eligible.
func (at *asked) lookAt(d *desk, p *party, member *uuid.UUID) (why models.Texts[models.ReviewReason], err error) {
	if member == nil {
		if at.byLink && len(d.workshop.Rules) > 0 {
			why = append(why, models.ReviewEligibility)
		}
		return why, nil
	}
	if d.apart.Held(*member) || d.apartInside(p, *member) || people.Drawn(d.tx, d.workshop.ID, *member, at.share) {
		why = append(why, models.ReviewHeld)
	}
	review, err := at.judgeInvited(d, *member)
	if review {
		why = append(why, models.ReviewEligibility)
	}
	return why, err
}

// judgeInvited asks the rules about an adult who accepts, and says whether staff are to look at them. Nothing of it is told to
// whoever invited them. Whoever holds a mailed link has shown nobody who they are: staff look, whatever it is that is not met,
// and nothing is refused.
// Errors: invalid not_eligible.
func (at *asked) judgeInvited(d *desk, member uuid.UUID) (review bool, err error) {
	if len(d.workshop.Rules) == 0 {
		return false, nil
	}
	verdicts, err := d.verdicts(member)
	if err != nil {
		return false, err
	}
	verdict := verdicts[member]
	if at.byStaff && !slices.Contains(d.closed, member) {
		switch {
		case verdict.Verdict != models.VerdictNotMet:
			return false, nil
		case at.in.WaiveReason == "":
			return false, services.Invalid(refusals("/member_id", verdict)...)
		}
		return false, programs.WaiveAll(d.tx, d.target(), member, verdict, at.in.WaiveReason)
	}
	seen := seenBy(d.tx.Actor(), member, verdict)
	switch {
	case at.byLink:
		seen = verdict.ForMember()
	case at.byStaff:
		seen = verdict.ForGuardian()
	}
	switch {
	case seen.Verdict == models.VerdictMet:
		return false, nil
	case at.byLink || seen.Verdict != models.VerdictNotMet:
		return true, nil
	}
	return false, services.Invalid(refusals("", seen)...)
}

// notEligible says which rules those who come do not meet, for staff who are about to confirm a party. With a reason these do
// not count for them from now on, and nothing is said.
func (d *desk) notEligible(p *party, reason string) (refused []services.FieldError, err error) {
	if len(d.workshop.Rules) == 0 {
		return nil, nil
	}
	if utf8.RuneCountInString(services.Prose(reason)) < 3 {
		reason = "" // it says nothing
	}
	var members []uuid.UUID
	for i := range p.attendees {
		if a := &p.attendees[i]; a.Goes() && a.MemberID != nil {
			members = append(members, *a.MemberID)
		}
	}
	if len(members) == 0 {
		return nil, nil
	}
	verdicts, err := d.verdicts(members...)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		switch {
		case verdicts[m].Verdict != models.VerdictNotMet:
		case reason == "":
			refused = append(refused, refusals("/waive_reason", verdicts[m])...)
		default:
			if err := programs.WaiveAll(d.tx, d.target(), m, verdicts[m], reason); err != nil {
				return nil, err
			}
		}
	}
	return refused, nil
}

// unfit says whether somebody of a party that has waited is not who the workshop is for by now.
func (d *desk) unfit(p *party) (bool, error) {
	var members []uuid.UUID
	for i := range p.attendees {
		a := &p.attendees[i]
		if !a.Goes() || a.MemberID == nil {
			continue
		}
		m, least := p.people[*a.MemberID], d.workshop.MinimumAge
		if !d.workshop.For(m.Kinds) || least != nil && m.BirthDate != nil && m.BirthDate.Age(d.firstDay()) < *least {
			return true, nil
		}
		members = append(members, m.ID)
	}
	if len(d.workshop.Rules) == 0 || len(members) == 0 {
		return false, nil
	}
	verdicts, err := d.verdicts(members...)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(members, func(m uuid.UUID) bool { return verdicts[m].Verdict == models.VerdictNotMet }), nil
}

// EligibilityQuery asks what a workshop's rules say of somebody.
type EligibilityQuery struct {
	programs.EligibilityQuery
	SessionID uuid.UUID `query:"session_id" doc:"Drop-in workshops: on the day of which session; absent: of the next"`
}

// Eligibility says whether somebody may come to a workshop, rule by rule, on the day on which ages count. Members ask for
// themselves and those they act for, and are shown what they may know; staff ask for those they handle, and the look is logged.
// Errors: not_found for a workshop that the caller does not see, and for a member about whom they may not ask; conflict
// member_merged; invalid for an unknown session.
func (s *Service) Eligibility(ctx context.Context, workshopID uuid.UUID, in EligibilityQuery) (*programs.EligibilityView, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if in.MemberID == uuid.Nil || in.MemberID == actor.MemberID {
		return services.Read(ctx, s.core, func(db *gorm.DB) (*programs.EligibilityView, error) {
			out, err := eligibilityIn(db, actor, s.core.Clock.Now(), workshopID, in.SessionID, actor.MemberID)
			if err == nil {
				out.Eligibility = out.ForMember()
			}
			return out, err
		})
	}
	action := "eligibility.read_for"
	if actor.Coordinates() {
		action = "eligibility.read"
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*programs.EligibilityView, error) {
		d.Object(workshopID)
		acts, err := programs.AsksFor(d, in.MemberID)
		if err != nil {
			return nil, err
		}
		out, err := eligibilityIn(d.DB, actor, d.Tx().Now(), workshopID, in.SessionID, in.MemberID)
		if err == nil && acts {
			out.Eligibility = out.ForGuardian()
		}
		return out, err
	})
}

// eligibilityIn asks the rules of one workshop about one member.
func eligibilityIn(db *gorm.DB, actor *services.Actor, now time.Time, workshopID, sessionID, member uuid.UUID) (*programs.EligibilityView, error) {
	var found []models.Workshop
	if err := db.Table("workshops as w").Scopes(visible(actor)).Select("w.id", "w.program_id", "w.rules", "w.starts_at", "w.time_zone", "w.attendance_mode").
		Where("w.id = ?", workshopID).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("workshop")
	}
	on, err := judgedOn(db, &found[0], sessionID, now)
	if err != nil {
		return nil, err
	}
	verdicts, err := programs.Judge(db, now, programs.Target{WorkshopID: &workshopID, ProgramID: found[0].ProgramID}, found[0].Rules, on, member)
	if err != nil {
		return nil, err
	}
	verdict, known := verdicts[member]
	if !known {
		return nil, services.NotFound("member")
	}
	return &programs.EligibilityView{MemberID: member, On: on, Eligibility: verdict}, nil
}

// judgedOn is the local date of the first session, or of one of a drop-in workshop; today while none is planned.
func judgedOn(db *gorm.DB, w *models.Workshop, sessionID uuid.UUID, now time.Time) (models.Date, error) {
	if sessionID == uuid.Nil && w.AttendanceMode != models.AttendDropIn {
		if w.StartsAt != nil {
			now = *w.StartsAt
		}
		return models.DayIn(now, w.TimeZone), nil
	}
	var at []models.WorkshopSession
	q := db.Select("starts_at", "time_zone").Where("workshop_id = ? and status <> 'cancelled'", w.ID)
	if sessionID != uuid.Nil {
		q = q.Where("id = ?", sessionID)
	} else {
		q = q.Where("ends_at > ?", now).Order("starts_at, id")
	}
	err := q.Limit(1).Find(&at).Error
	switch {
	case err != nil:
		return models.Date{}, err
	case len(at) > 0:
		return models.DayIn(at[0].StartsAt, at[0].TimeZone), nil
	case sessionID != uuid.Nil:
		return models.Date{}, services.InvalidField("query/session_id", "unknown_session", "This workshop has no such session.")
	}
	return models.DayIn(now, w.TimeZone), nil
}
