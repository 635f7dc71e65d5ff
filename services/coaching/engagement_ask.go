package coaching

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/text/language"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
)

// CoachWishes are what somebody would like of their coaching. Hopes are theirs alone, and their coach's.
type CoachWishes struct {
	FocusAreas    []models.Focus    `json:"focus_areas,omitempty" required:"false" nullable:"false" maxItems:"16" uniqueItems:"true" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence" doc:"What they come for. None is a diagnosis"`
	Hours         []string          `json:"hours,omitempty" required:"false" nullable:"false" maxItems:"42" doc:"That suit them, each as MO 18:00-20:00, at most until 24:00, in time_zone" example:"[\"MO 18:00-20:00\",\"SA 09:00-12:00\"]"`
	TimeZone      string            `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name; theirs when absent" example:"America/New_York"`
	Language      string            `json:"language,omitempty" maxLength:"35" doc:"BCP 47; theirs when absent" example:"en"`
	CoachGender   models.Gender     `json:"coach_gender,omitempty" enum:"woman,man,nonbinary" doc:"Whom they would rather talk to; absent when it does not matter"`
	Modalities    []models.Modality `json:"modalities,omitempty" required:"false" nullable:"false" maxItems:"3" uniqueItems:"true" enum:"online,phone,in_person" doc:"That suit them; absent when any does"`
	WantedCoachID *uuid.UUID        `json:"wanted_coach_id,omitempty" doc:"The coach they would like, of GET /v1/coaches. A wish"`
}

// AskForCoach is the wish for a coach.
type AskForCoach struct {
	CoachWishes
	MemberID        *uuid.UUID `json:"member_id,omitempty" doc:"Who is to be coached; the caller when absent. A parent or guardian names their child, a caregiver the adult they may act for, staff anybody"`
	PartnerMemberID *uuid.UUID `json:"partner_member_id,omitempty" doc:"Coached together with them: an adult with whom they are linked (GET /v1/me/relationships). They are asked, and need not say yes"`
	GuardianID      *uuid.UUID `json:"guardian_id,omitempty" doc:"Staff alone, of somebody under 18: the parent or guardian for whom they ask, who then sees it and answers. Absent: the one confirmed guardian, if there is exactly one"`
	ProgramID       *uuid.UUID `json:"program_id,omitempty" doc:"A running program. Absent: the only running one, or the only running one that has had coaching before"`
	Hopes           string     `json:"hopes,omitempty" maxLength:"4000" doc:"In their own words: what should be different in some months? Kept sealed. Who is to be coached reads it, also where somebody else wrote it for them, and the coach who is proposed; nobody else, not even who wrote it" example:"Sleep through the night, and be less short with my kids."`
	PackageSessions *int       `json:"package_sessions,omitempty" minimum:"1" maximum:"100" doc:"Staff alone: how many sessions are agreed on; 6 when absent" example:"6"`
}

// asking is a wish for a coach on its way to being an engagement.
type asking struct {
	tx      *services.Tx
	in      *AskForCoach
	share   int
	staff   bool
	own     bool
	may     people.Authority
	member  *models.Member
	partner *models.Member
	minor   bool
	by      *uuid.UUID // who entered it for them
	e       *models.Engagement
	faults  []services.FieldError
}

var (
	errUnknownPerson  = services.InvalidField("/member_id", "unknown_member", "There is no such person among those you may ask for.")
	errUnknownPartner = services.InvalidField("/partner_member_id", "not_linked", "Choose an adult with whom you are linked. Both of you have to have agreed to the link.")
	errWhichGuardian  = services.InvalidField("/guardian_id", "guardian_required", "Name the parent or guardian for whom you ask: they answer for the child.")
	errWhichProgram   = services.InvalidField("/program_id", "required", "Say in which program: several are running, or none is.")
)

// AskForCoach takes the wish for a coach, and asks the other of a couple along. A person finds the coach: whatever else there is
// to look at, such as a separation, a guardianship that is not confirmed, rules of the program that are not met or an engagement that
// another guardian or the person asked for, looks the same to whoever asks. While staff look, a partner is not asked yet; that they are not looks the same, too.
//
// Errors: conflict already_asked when there is a live one of the kind; invalid unknown_member, adult_required for somebody under 18
// who asks themselves, not_linked and alone_only of partners, guardian_required and not_guardian of staff, staff_only, and for
// values that cannot be; for program_id unknown, not_running, or required when it is not clear.
func (s *Service) AskForCoach(ctx context.Context, in AskForCoach) (*EngagementView, error) {
	return services.Mutate(ctx, s.core, "engagement.ask", func(tx *services.Tx) (*EngagementView, error) {
		a := &asking{tx: tx, in: &in, share: s.cfg.ReviewShare}
		if err := a.who(); err != nil {
			return nil, err
		}
		if err := a.with(); err != nil {
			return nil, err
		}
		if err := a.make(); err != nil {
			return nil, err
		}
		return a.store()
	})
}

// who finds out for whom the caller asks, and as what.
func (a *asking) who() error {
	actor, id := a.tx.Actor(), a.tx.Actor().MemberID
	if a.in.MemberID != nil {
		id = *a.in.MemberID
	}
	may, err := people.AuthorityOver(a.tx, actor, []uuid.UUID{id})
	if err != nil {
		return err
	}
	if a.may, a.own = may[id], id == actor.MemberID; !a.may.Allowed {
		if a.staff, err = handles(a.tx.DB, actor, a.tx.Now(), id); err != nil || !a.staff || !actor.Coordinates() {
			return firstOf(err, errUnknownPerson)
		}
	}
	found, err := people.Load(a.tx, []uuid.UUID{id})
	if err != nil || len(found) == 0 || found[0].Gone() {
		return firstOf(err, errUnknownPerson)
	}
	a.member = &found[0]
	a.minor = a.member.MinorOn(a.member.Today(a.tx.Now()))
	if a.own && a.minor {
		return services.InvalidField("/member_id", "adult_required", "Until your 18th birthday a parent or guardian asks for you. You can ask us for a call at any time.")
	}
	return a.enteredBy()
}

// enteredBy is who entered it for them: whoever acts for them, and where staff ask for somebody under 18 the guardian who answers.
func (a *asking) enteredBy() error {
	switch {
	case !a.staff && a.in.GuardianID != nil:
		return services.InvalidField("/guardian_id", "staff_only", "Only our team says this. Leave it out.")
	case !a.staff && a.in.PackageSessions != nil:
		return services.InvalidField("/package_sessions", "staff_only", "Only our team says this. Leave it out.")
	case a.own, a.staff && !a.minor: // staff of an adult act for nobody
		return nil
	case !a.staff:
		a.by = &a.tx.Actor().MemberID
		return nil
	}
	var guardians []uuid.UUID
	q := a.tx.DB.Table("guardianships as g").Scopes(a.tx.Actor().NotRestricted("g.guardian_id")).Joins("join members m on m.id = g.guardian_id and m.status not in ('deceased', 'merged')").
		Where("g.child_id = ? and g.status = 'confirmed' and (g.until is null or g.until >= ?)", a.member.ID, a.member.Today(a.tx.Now()))
	if a.in.GuardianID != nil {
		q = q.Where("g.guardian_id = ?", *a.in.GuardianID)
	}
	if err := q.Limit(2).Pluck("g.guardian_id", &guardians).Error; err != nil {
		return err
	}
	switch {
	case len(guardians) == 1:
		a.by = &guardians[0]
		return nil
	case a.in.GuardianID != nil:
		return services.InvalidField("/guardian_id", "not_guardian", "Name a parent or guardian whom we have confirmed.")
	}
	return errWhichGuardian
}

// with finds the partner.
func (a *asking) with() error {
	id := a.in.PartnerMemberID
	switch {
	case id == nil:
		return nil
	case !a.own && !a.staff, a.minor, *id == a.member.ID:
		return services.InvalidField("/partner_member_id", "alone_only", "Two adults are coached together, and one of them asks.")
	}
	found, err := people.Load(a.tx, []uuid.UUID{*id})
	if err != nil || len(found) == 0 || found[0].Gone() || found[0].MinorOn(found[0].Today(a.tx.Now())) {
		return firstOf(err, errUnknownPartner)
	}
	a.partner = &found[0]
	if a.staff {
		may, err := handles(a.tx.DB, a.tx.Actor(), a.tx.Now(), *id)
		if err == nil && !may {
			err = errUnknownPartner
		}
		return err
	}
	var linked int64
	err = a.tx.DB.Table("relationships").Where(`status = 'accepted' and asked_by is not null and ((member_id = ? and other_id = ?) or (member_id = ? and other_id = ?))`,
		a.member.ID, *id, *id, a.member.ID).Limit(1).Count(&linked).Error
	if err == nil && linked == 0 {
		err = errUnknownPartner
	}
	return err
}

// make puts the engagement together.
func (a *asking) make() error {
	now, in := a.tx.Now(), a.in
	e := &models.Engagement{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, State: models.EngagementRequested, Joint: a.partner != nil,
		Language: a.member.Language, TimeZone: a.member.TimeZone, PackageSessions: 6, RequestedAt: now, RequestedBy: a.tx.Actor().MemberID, AnswerBy: new(now.Add(matchWithin)),
		FocusAreas: models.Texts[models.Focus]{}, Modalities: models.Texts[models.Modality]{}, Hours: models.Texts[string]{}, Review: models.Texts[string]{}}
	a.e = e
	if in.PackageSessions != nil {
		e.PackageSessions = *in.PackageSessions
	}
	patch := EngagementPatch{}
	patch.from(&in.CoachWishes)
	a.faults = patch.apply(e)
	if err := a.program(); err != nil {
		return err
	}
	if len(a.faults) > 0 {
		return services.Invalid(a.faults...)
	}
	return nil
}

// program is the one that is named, or the only one it can be.
func (a *asking) program() error {
	var found []models.Program
	q := a.tx.DB.Model(&models.Program{}).Scopes(programs.Visible(a.tx.Actor(), a.tx.Now()))
	if id := a.in.ProgramID; id != nil {
		if err := q.Where("programs.id = ?", *id).Limit(1).Find(&found).Error; err != nil {
			return err
		}
		switch {
		case len(found) == 0:
			a.faults = append(a.faults, services.FieldError{Field: "/program_id", Code: "unknown", Message: "There is no such program."})
		case found[0].Status != models.ProgramActive:
			a.faults = append(a.faults, services.FieldError{Field: "/program_id", Code: "not_running", Message: "This program does not run now."})
		default:
			a.e.ProgramID = found[0].ID
		}
		return nil
	}
	err := q.Select("programs.id").Where("programs.status = 'active'").Limit(200).Find(&found).Error
	if err != nil {
		return err
	}
	if len(found) > 1 {
		var coached []uuid.UUID
		if err := a.tx.DB.Raw(`select p.id from programs p where p.status = 'active' and exists (select from engagements e where e.program_id = p.id) limit 2`).Scan(&coached).Error; err != nil {
			return err
		}
		found = slices.DeleteFunc(found, func(p models.Program) bool { return !slices.Contains(coached, p.ID) })
	}
	if len(found) != 1 {
		a.faults = append(a.faults, errWhichProgram.Fields...)
		return nil
	}
	a.e.ProgramID = found[0].ID
	return nil
}

// store stores the engagement and its people. Separations are asked with the rows of all of them locked.
func (a *asking) store() (*EngagementView, error) {
	members := []uuid.UUID{a.member.ID}
	if a.partner != nil {
		members = append(members, a.partner.ID)
	}
	apart := people.SeparationsOf(a.tx, append(members, a.tx.Actor().MemberID)...)
	if err := a.tx.Batch(apart.Lock(), apart.Read()); err != nil {
		return nil, err
	}
	if err := a.wanted(apart); err != nil {
		return nil, err
	}
	a.look(apart)
	if err := a.judge(members); err != nil {
		return nil, err
	}
	a.tx.Locks(services.LockEngagements)
	second, err := a.second()
	if err != nil {
		return nil, err
	}
	if err := a.tx.DB.Create(a.e).Error; err != nil {
		return nil, err
	}
	a.tx.Changed(nil, *a.e)
	state := models.ParticipantJoined
	if second {
		state = models.ParticipantRefused // it looks like any other to this guardian, and waits for staff
	}
	if err := a.enterFirst(state); err != nil {
		return nil, err
	}
	if a.partner != nil {
		if err := a.askPartner(); err != nil {
			return nil, err
		}
	}
	if err := a.tell(); err != nil {
		return nil, err
	}
	return shownEngagement(a.tx, a.e.ID)
}

// wanted: a coach whom whoever asks does not find in the list is none. From whom somebody is kept apart for whom they ask is not for
// them to know; staff find all.
func (a *asking) wanted(apart *people.Separations) error {
	id := a.e.WantedCoachID
	switch {
	case id == nil:
		return nil
	case a.staff:
		return knownCoach(a.tx, *id, apart.Of(a.member.ID).From)
	}
	return knownCoach(a.tx, *id, apart.Of(a.tx.Actor().MemberID).From)
}

// knownCoach says whether a coach is one whom a member finds in the list.
func knownCoach(tx *services.Tx, id uuid.UUID, apart []uuid.UUID) error {
	var n int64
	err := tx.DB.Table("coaches as c").Where("c.id = ? and "+works, id).Count(&n).Error
	if err == nil && (n == 0 || slices.Contains(apart, id)) {
		err = errUnknownCoach
	}
	return err
}

// Why staff look twice at a wish for a coach. Whoever asks never sees it.
const (
	reviewGuardianship = "guardianship" // not confirmed yet
	reviewSecond       = "second"       // somebody else has asked for the same person, or they themselves
	reviewHeld         = "held"         // for a reason that must not show, or by lot
	reviewNotAsked     = "partner_not_asked"
	reviewEligibility  = "eligibility" // somebody does not meet the rules of the program, or it is not known whether they do
)

// look says why staff look twice.
func (a *asking) look(apart *people.Separations) {
	if a.may.NeedsReview {
		a.e.Review = append(a.e.Review, reviewGuardianship)
	}
	if apart.Held(a.member.ID, a.tx.Actor().MemberID) || people.Drawn(a.tx, a.e.ProgramID, a.member.ID, a.share) ||
		a.partner != nil && slices.Contains(apart.Of(a.member.ID).From, a.partner.ID) {
		a.e.Review = append(a.e.Review, reviewHeld)
	}
}

// second says whether there is a live wish for the same person that somebody else has, another guardian or they themselves. It must
// not show to who asks for somebody, so it is no conflict.
func (a *asking) second() (bool, error) {
	if a.staff || a.own {
		return false, nil
	}
	var rows []models.EngagementParticipant
	err := a.tx.DB.Where("member_id = ? and not joint and live and state <> 'left'", a.member.ID).Limit(100).Find(&rows).Error
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(rows, func(p models.EngagementParticipant) bool { return p.EnteredBy != nil && *p.EnteredBy == *a.by }) {
		return false, services.Conflict(CodeAlreadyAsked, "There is a request or a coach already. See it in your list, or end it first.")
	}
	second := slices.ContainsFunc(rows, func(p models.EngagementParticipant) bool { return p.State.Takes() })
	if second {
		a.e.Review = append(a.e.Review, reviewSecond)
	}
	return second, nil
}

// enterFirst stores whom it is for. Where somebody else's wish for them came in between, this one is the second.
// Errors: conflict already_asked.
func (a *asking) enterFirst(state models.ParticipantState) error {
	if state == models.ParticipantRefused || a.staff || a.own {
		return a.enter(a.member.ID, state, a.by, a.in.Hopes)
	}
	between, err := a.tx.Attempt(func() error { return a.enter(a.member.ID, state, a.by, a.in.Hopes) })
	if err != nil || between == nil {
		return err
	}
	if between.Code != CodeAlreadyAsked {
		return between
	}
	second, err := a.second()
	if err != nil {
		return err
	}
	if second {
		state = models.ParticipantRefused
		a.tx.Queue(`update engagements set review = $2 where id = $1`, a.e.ID, a.e.Review)
	}
	return a.enter(a.member.ID, state, a.by, a.in.Hopes)
}

// enter stores one of those who are coached.
func (a *asking) enter(member uuid.UUID, state models.ParticipantState, by *uuid.UUID, hopes string) error {
	p := models.EngagementParticipant{ID: services.NewID(), EngagementID: a.e.ID, MemberID: member, EnteredBy: by, Joint: a.e.Joint, Live: true, State: state}
	if err := sealHopes(a.tx, &p, hopes); err != nil {
		return err
	}
	a.tx.Changed(nil, p)
	return a.tx.DB.Create(&p).Error
}

// askPartner asks the other of a couple along; while staff look at it, they are not asked yet. Nor are they when they are
// coached together with somebody else, which is not for the first to know.
func (a *asking) askPartner() error {
	var taken int64
	err := a.tx.DB.Model(&models.EngagementParticipant{}).Where("member_id = ? and joint and live and state in ('asked', 'joined')", a.partner.ID).Count(&taken).Error
	if err != nil {
		return err
	}
	if taken > 0 || a.looked() {
		return a.partnerNotAsked()
	}
	between, err := a.tx.Attempt(func() error { return a.enter(a.partner.ID, models.ParticipantAsked, nil, "") })
	switch {
	case err != nil:
		return err
	case between == nil:
		return invitePartner(a.tx, a.e.ID, a.partner.ID)
	case between.Code != CodeAlreadyAsked:
		return between
	}
	return a.partnerNotAsked() // somebody else asked them in between
}

// partnerNotAsked stores a partner who is not asked along, for staff to see to.
func (a *asking) partnerNotAsked() error {
	a.e.Review = append(a.e.Review, reviewNotAsked)
	a.tx.Queue(`update engagements set review = $2 where id = $1`, a.e.ID, a.e.Review)
	return a.enter(a.partner.ID, models.ParticipantRefused, nil, "")
}

// tell gives staff the task to find a coach, and tells whoever asked, or for whom staff asked, that we have it.
func (a *asking) tell() error {
	if err := a.received(); err != nil {
		return err
	}
	_, err := tasks.Open(a.tx, tasks.New{Kind: models.TaskMatchCoach, MemberID: &a.member.ID, AlsoAbout: a.others(), Record: engagementRecord, RecordID: &a.e.ID, Queue: coachDesk,
		Title: "Find a coach for somebody who asked for one", DueAt: *a.e.AnswerBy})
	return err
}

func (a *asking) others() []uuid.UUID {
	if a.partner == nil {
		return nil
	}
	return []uuid.UUID{a.partner.ID}
}

func hopesRecord(id uuid.UUID) string { return "engagement_participants:" + id.String() }

const hopesVersion = 1 // of what is sealed

// sealHopes seals what somebody hopes under their own key; blank takes it away.
func sealHopes(tx *services.Tx, p *models.EngagementParticipant, words string) error {
	if words = services.Prose(words); words == "" {
		p.Hopes, p.HopesKey = nil, nil
		return nil
	}
	sealed, key, err := tx.Seal(p.MemberID, hopesRecord(p.ID), hopesVersion, services.Padded(words, sealedBlock))
	p.Hopes, p.HopesKey = sealed, &key
	return err
}

// knownLanguage writes a language as BCP 47 has it, or answers false.
func knownLanguage(s string) (string, bool) {
	tag, err := language.Parse(s)
	return tag.String(), err == nil
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
