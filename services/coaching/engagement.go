package coaching

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// Codes of engagements.
const (
	CodeLimitsNotAgreed services.Code = "limits_not_agreed"
	CodeAlreadyAsked    services.Code = "already_asked"
	CodeNotNow          services.Code = "not_now"
	CodeStaffResume     services.Code = "staff_resume"
	CodePartnerNotIn    services.Code = "partner_not_in"
	CodeCaseloadFull    services.Code = "caseload_full"
)

const (
	engagementRecord = "engagement"
	coachDesk        = "coordinators"
	// matchWithin is how soon somebody who asked should have a coach proposed, and callWithin how soon staff see to what else
	// comes up.
	matchWithin = 48 * time.Hour
	callWithin  = 24 * time.Hour
)

var _ = services.Meanings(map[string]*services.Error{
	"engagement_participants_one_live": services.Conflict(CodeAlreadyAsked, "There is a request or a coach already. See it in your list, or end it first."),
	"engagement_participants_member":   services.NotFound("member"),
	"engagements_program":              services.InvalidField("/program_id", "unknown", "There is no such program."),
	"engagements_wanted_coach":         errUnknownCoach,
})

var errUnknownCoach = services.InvalidField("/wanted_coach_id", "unknown", "There is no such coach.")

// engaging is an engagement that is being changed, under its lock, or looked at.
type engaging struct {
	tx           *services.Tx
	e            *models.Engagement
	was          models.Engagement
	participants []models.EngagementParticipant
	sight        sight
	apart        map[uuid.UUID]people.Apartness
	people       map[uuid.UUID]*models.Member
	unseen       bool // a change that the coach must not notice, not even by the version
}

// engage locks an engagement in the actor's scope, to change it.
// Errors: not_found.
func engage(tx *services.Tx, id uuid.UUID) (*engaging, error) {
	e, participants, s, err := openEngagement(tx, id)
	if err != nil {
		return nil, err
	}
	return &engaging{tx: tx, e: e, was: *e, participants: participants, sight: s}, nil
}

// engageApart is engage, knowing what separations mean for its people, its coach and the others. The rows of members are
// locked first, so that a separation made at the same time waits, or is seen.
// Errors: not_found; unavailable busy when its people change meanwhile.
func engageApart(tx *services.Tx, id uuid.UUID, others ...uuid.UUID) (*engaging, error) {
	v, err := viewing(tx.DB, tx.Actor(), tx.Now())
	if err != nil {
		return nil, err
	}
	return engageAs(tx, v, id, others...)
}

// engageAs is engageApart in the scope of a given viewer. With busy it answers the engagement as it is now, of whose people it does
// not know all that separations mean.
func engageAs(tx *services.Tx, v viewer, id uuid.UUID, others ...uuid.UUID) (*engaging, error) {
	e, participants, err := v.engagement(tx.DB, id)
	if err != nil {
		return nil, err
	}
	members := append(takingPart(participants), others...)
	if e.CoachID != nil {
		members = append(members, *e.CoachID)
	}
	apart, err := people.Apart(tx, members)
	if err != nil {
		return nil, err
	}
	if e, participants, err = v.locked(tx, id); err != nil {
		return nil, err
	}
	g := &engaging{tx: tx, e: e, was: *e, participants: participants, sight: v.sightOf(e, participants), apart: apart}
	return g, g.among(members)
}

// among says whether all people of an engagement are among those whose separations were read before it was locked.
// Errors: unavailable busy.
func (g *engaging) among(members []uuid.UUID) error {
	known := func(m uuid.UUID) bool { return slices.Contains(members, m) }
	if slices.ContainsFunc(takingPart(g.participants), func(m uuid.UUID) bool { return !known(m) }) || g.e.CoachID != nil && !known(*g.e.CoachID) {
		return services.Unavailable(services.CodeBusy, "Somebody else is changing this right now. Try again shortly.")
	}
	return nil
}

// stored are the columns that change in an engagement's life.
var stored = []string{"version", "updated_at", "coach_id", "state", "focus_areas", "language", "coach_gender", "modalities", "wanted_coach_id", "time_zone", "hours", "package_sessions",
	"review", "answer_by", "matched_at", "matched_by", "coach_accepted_at", "activated_at", "paused_at", "pause_reason", "resume_on", "closed_at", "end_reason", "change_asked_at"}

// save stores the engagement, whose participants follow it by themselves.
func (g *engaging) save() error {
	if !g.unseen {
		g.e.Version, g.e.UpdatedAt = g.was.Version+1, g.tx.Now()
	}
	g.tx.Changed(g.was, *g.e)
	g.tx.Subject(takingPart(g.participants)...)
	return g.tx.DB.Model(&models.Engagement{}).Where("id = ?", g.e.ID).Select(stored).UpdateColumns(g.e).Error // Updates would set updated_at by itself
}

// saveParticipant stores what became of one of those who are coached.
func (g *engaging) saveParticipant(before models.EngagementParticipant, p *models.EngagementParticipant) error {
	g.tx.Changed(before, *p)
	return g.tx.DB.Model(&models.EngagementParticipant{}).Where("id = ?", p.ID).Select("state", "hopes", "hopes_key", "accepted_at", "left_at", "change_asked_at").Updates(p).Error
}

// members reads those who are coached, by id, once.
func (g *engaging) members() (map[uuid.UUID]*models.Member, error) {
	if g.people != nil {
		return g.people, nil
	}
	found, err := people.Load(g.tx, takingPart(g.participants))
	g.people = make(map[uuid.UUID]*models.Member, len(found))
	for i := range found {
		g.people[found[i].ID] = &found[i]
	}
	return g.people, err
}

// minors says whether one of those who are coached is under 18 today.
func (g *engaging) minors() (bool, error) {
	who, err := g.members()
	for _, m := range who {
		if m.MinorOn(m.Today(g.tx.Now())) {
			return true, err
		}
	}
	return false, err
}

// kept says whether somebody is kept apart from anybody who is coached, or was so at the moment of asking.
func (g *engaging) kept(from uuid.UUID) bool {
	return slices.ContainsFunc(takingPart(g.participants), func(m uuid.UUID) bool { return slices.Contains(g.apart[m].From, from) })
}

// split says whether those who are coached together are kept apart.
func (g *engaging) split() bool {
	return slices.ContainsFunc(takingPart(g.participants), g.kept)
}

// by says what the actor is to the engagement when they do something to it that more than one kind of people may do.
func (g *engaging) by() models.PauseReason {
	switch {
	case g.sight.Staff:
		return models.PauseStaff
	case g.sight.Coach:
		return models.PauseAway
	}
	return models.PauseAsked
}

// calledOffBy is the state of sessions that are called off with what the actor does.
func (g *engaging) calledOffBy() models.CoachingState {
	switch {
	case g.sight.Staff:
		return models.CoachingCancelledByStaff
	case g.sight.Coach:
		return models.CoachingCancelledByCoach
	}
	return models.CoachingCancelledByMember
}

// only lets staff go on. Nobody is staff for themselves, for people close to them, or for their own clients.
// Errors: forbidden own_record.
func (g *engaging) only() error {
	if !g.sight.Staff {
		return services.Forbidden("own_record", "You are part of this yourself. Ask a colleague to do it.")
	}
	return nil
}

// because keeps the words of staff, sealed under the key of the first who is coached.
// Errors: invalid for words that say nothing, where some must be said.
func (g *engaging) because(words string, must bool) error {
	about := g.participants[0].MemberID
	if must {
		return g.tx.Because(about, words)
	}
	return g.tx.Reason(about, services.Prose(words))
}

// notNow is the conflict of a step that does not fit where an engagement stands.
func (g *engaging) notNow() error {
	state := g.e.State
	if g.sight.Left {
		state = models.EngagementEnded
	}
	return services.Conflict(CodeNotNow, "This is %s now. Read it again, and see what can be done with it.", state)
}

// takingPart are the members who take part in an engagement, or are asked to.
func takingPart(participants []models.EngagementParticipant) []uuid.UUID {
	var out []uuid.UUID
	for i := range participants {
		if participants[i].State.Takes() {
			out = append(out, participants[i].MemberID)
		}
	}
	return out
}

// agreed says whether everybody who takes part has agreed to the limits of confidentiality, as they stand now: for a minor a
// guardian has, whom staff have confirmed. It is asked at each booking, so that a consent taken back counts at once.
// Errors: conflict limits_not_agreed, which says who has still to sign.
func agreed(tx *services.Tx, participants []models.EngagementParticipant) error {
	a, err := askAgreed(tx, participants)
	if err == nil {
		err = tx.Batch(a.Reads...)
	}
	if err != nil {
		return err
	}
	return haveAgreed(tx, a)
}

// askAgreed asks what haveAgreed judges.
func askAgreed(tx *services.Tx, participants []models.EngagementParticipant) (*people.ConsentsAsked, error) {
	return people.AskConsents(tx, takingPart(participants), []models.ConsentKind{models.ConsentConfidentiality})
}

// haveAgreed is agreed, once it is answered.
func haveAgreed(tx *services.Tx, a *people.ConsentsAsked) error {
	missing := a.Missing()
	if len(missing) == 0 {
		return nil
	}
	var say []string
	for i := range a.Members {
		if _, lacks := missing[a.Members[i].ID]; lacks {
			say = append(say, hasToSign(tx, &a.Members[i]))
		}
	}
	slices.Sort(say)
	return services.Conflict(CodeLimitsNotAgreed, "%s They come before the first session.", strings.Join(say, " "))
}

func hasToSign(tx *services.Tx, m *models.Member) string {
	switch {
	case m.MinorOn(m.Today(tx.Now())):
		return "A guardian of " + called(m) + " has still to agree to the limits of confidentiality."
	case m.ID == tx.Actor().MemberID:
		return "You have still to agree to the limits of confidentiality."
	}
	return called(m) + " has still to agree to the limits of confidentiality."
}

// called is the first name and initial of a member.
func called(m *models.Member) string {
	if m.PreferredName != nil && *m.PreferredName != "" {
		return models.Initialed(*m.PreferredName, m.FamilyName)
	}
	return models.Initialed(m.GivenName, m.FamilyName)
}

// calledSQL are the columns that called is made of, of a member m.
const calledSQL = `coalesce(nullif(m.preferred_name, ''), m.given_name) as given, m.family_name as family`

// handles says whether staff may handle the records of all these members: none is theirs, or of somebody close to them, or
// kept to others.
func handles(db *gorm.DB, actor *services.Actor, now time.Time, members ...uuid.UUID) (bool, error) {
	var n int64
	err := db.Table("members").Scopes(actor.NotOwn("members.id", now)).Where("members.id in ?", members).Count(&n).Error
	return int(n) == len(members), err
}

// othersApart are those from whom any of these members is kept apart, whichever of the two is protected.
func othersApart(db *gorm.DB, now time.Time, members []uuid.UUID) ([]uuid.UUID, error) {
	var out []uuid.UUID
	return out, db.Raw(`select case when first_id = any(@who) then second_id else first_id end from separations
		where (first_id = any(@who) or second_id = any(@who)) and status = 'live' and (ends_on is null or ends_on >= @day)`,
		map[string]any{"who": models.IDs(members), "day": models.SeparationDay(now)}).Scan(&out).Error
}
