package coaching

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// EngagementPerson is one of those who are coached, as the reader sees them.
type EngagementPerson struct {
	MemberID   uuid.UUID               `json:"member_id"`
	Name       string                  `json:"name" doc:"First name and initial" example:"Luis O."`
	You        bool                    `json:"you" doc:"The reader themselves"`
	Minor      bool                    `json:"minor" doc:"Under 18 today"`
	State      models.ParticipantState `json:"state" enum:"asked,joined,refused,left" doc:"asked: they have not said yes. That somebody does not want to is shown to our team alone; that somebody left to the other of a couple only once it goes on without them"`
	AcceptedAt *time.Time              `json:"accepted_at" doc:"When they, or their guardian, said yes to the coach who is proposed"`
	Agreed     bool                    `json:"agreed" doc:"The limits of confidentiality are agreed to, as they stand now"`
	Hopes      *string                 `json:"hopes" doc:"One's own, and of clients for the coach; read them with GET /v1/engagements/{engagement_id}. Null in every other answer"`
	Unreadable bool                    `json:"hopes_unreadable,omitempty" required:"false" doc:"What is stored of the hopes is not what was written, and is left out. It has been logged; new ones can be written"`
}

// EngagementSessionAhead is the next session of an engagement.
type EngagementSessionAhead struct {
	ID       uuid.UUID            `json:"id"`
	StartsAt time.Time            `json:"starts_at"`
	EndsAt   time.Time            `json:"ends_at"`
	Modality models.Modality      `json:"modality" enum:"online,phone,in_person"`
	State    models.CoachingState `json:"state" enum:"requested,booked,in_progress"`
}

// EngagementView is an engagement as the reader sees it.
type EngagementView struct {
	models.Engagement
	As             string                  `json:"as" enum:"participant,guardian,coach,staff" doc:"What the reader is to it" example:"participant"`
	Coach          string                  `json:"coach" doc:"First name and initial; empty until one is proposed" example:"Dana R."`
	People         []EngagementPerson      `json:"people" nullable:"false" doc:"Who is coached"`
	SessionsUsed   int                     `json:"sessions_used" doc:"Of the package: held, booked, missed, or called off too late" example:"2"`
	SessionsLeft   int                     `json:"sessions_left" example:"4"`
	Next           *EngagementSessionAhead `json:"next" doc:"The next session; null when none is booked"`
	Missing        []string                `json:"missing" nullable:"false" enum:"partner,match,coach_yes,your_yes,their_yes,limits" doc:"What stands before the first session, in order: the partner's yes, a coach, the coach's yes, the reader's, that of the others, and the limits of confidentiality"`
	WaitingDays    *int                    `json:"waiting_days" doc:"How long they have been without a coach, in days; null for the rest" example:"3"`
	Review         []string                `json:"review" nullable:"false" enum:"guardianship,second,held,eligibility,partner_not_asked" doc:"For our team alone: why to look twice. guardianship: not confirmed yet. second: there is a request of another guardian for the same child, or of the person themselves or another for the same adult. held: for a reason that must not show, or by lot. eligibility: when they asked, somebody did not meet the rules of the program, or it was not known; GET /v1/engagements/{engagement_id}/match-suggestions says how it stands. partner_not_asked: see POST /v1/engagements/{engagement_id}/ask-partner"`
	ChangeAskedAt  *time.Time              `json:"change_asked_at" doc:"When somebody asked for another coach. For whoever asked, and our team; never for the coach"`
	PausedByUs     bool                    `json:"paused_by_us" doc:"Our team has paused it, and lets it go on"`
	OpenHandOverID *uuid.UUID              `json:"open_hand_over_id" nullable:"true" doc:"A hand-over to another coach that waits for answers, when the reader may know of it"`
}

// engagementFacts is what a view adds to an engagement, of one or of many.
type engagementFacts struct {
	ID       uuid.UUID
	Used     int
	HandOver *uuid.UUID
	Since    *time.Time // the coach began
	Given    *string    // of the coach
	Family   *string
}

const factsSQL = `select e.id, (select count(*) from coaching_sessions s where s.engagement_id = e.id and ` + models.UsesPackageSQL + `) as used,
		(select h.id from hand_overs h where h.engagement_id = e.id and h.state = 'proposed') as hand_over,
		(select max(t.starts_at) from engagement_coaches t where t.engagement_id = e.id and t.coach_id = e.coach_id) as since,
		coalesce(nullif(m.preferred_name, ''), m.given_name) as given, m.family_name as family
	from engagements e left join members m on m.id = e.coach_id where e.id = any($1)`

// aheadSQL are the next sessions; what a coach has not yet said yes to counts.
const aheadSQL = `select distinct on (s.engagement_id) s.engagement_id, s.id, s.starts_at, s.ends_at, s.modality, s.state from coaching_sessions s
	where s.engagement_id = any($1) and s.live and s.ends_at > $2 order by s.engagement_id, s.starts_at, s.id`

type aheadRow struct {
	EngagementID uuid.UUID
	EngagementSessionAhead
}

// viewEngagements shows engagements, of a page or one. It takes five statements, however many there are.
func viewEngagements(tx *services.Tx, v viewer, found []models.Engagement) ([]EngagementView, error) {
	ids := make([]uuid.UUID, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	var facts []engagementFacts
	var ahead []aheadRow
	var parts []models.EngagementParticipant
	if err := tx.DB.Where("engagement_id = any(?)", models.IDs(ids)).Order("engagement_id, id").Find(&parts).Error; err != nil {
		return nil, err
	}
	err := tx.Batch(
		services.Statement{SQL: factsSQL, Args: []any{ids}, Scan: services.RowsInto(&facts)},
		services.Statement{SQL: aheadSQL, Args: []any{ids, tx.Now()}, Scan: func(rows pgx.Rows) error {
			for rows.Next() {
				var a aheadRow
				if err := rows.Scan(&a.EngagementID, &a.ID, &a.StartsAt, &a.EndsAt, &a.Modality, &a.State); err != nil {
					return err
				}
				ahead = append(ahead, a)
			}
			return rows.Err()
		}},
	)
	if err != nil {
		return nil, err
	}
	members := make([]uuid.UUID, len(parts))
	for i := range parts {
		members[i] = parts[i].MemberID
	}
	who, err := people.Load(tx, members)
	if err != nil {
		return nil, err
	}
	lacks, err := people.MissingConsents(tx, members, []models.ConsentKind{models.ConsentConfidentiality})
	if err != nil {
		return nil, err
	}
	out := make([]EngagementView, len(found))
	for i := range found {
		o := &engagementShown{tx: tx, v: v, e: found[i], facts: facts, ahead: ahead, who: who, lacks: lacks}
		for _, p := range parts {
			if p.EngagementID == found[i].ID {
				o.parts = append(o.parts, p)
			}
		}
		out[i] = o.view()
	}
	return out, nil
}

// engagementShown is one engagement on its way to being shown.
type engagementShown struct {
	tx    *services.Tx
	v     viewer
	e     models.Engagement
	parts []models.EngagementParticipant
	facts []engagementFacts
	ahead []aheadRow
	who   []models.Member
	lacks map[uuid.UUID][]models.ConsentKind
	sight sight
}

func (o *engagementShown) view() EngagementView {
	o.sight = o.v.sightOf(&o.e, o.parts)
	out := EngagementView{Engagement: o.e, As: o.sight.word(), People: []EngagementPerson{}, Review: []string{}}
	var coachSince *time.Time
	for i := range o.facts {
		if f := &o.facts[i]; f.ID == o.e.ID {
			coachSince = f.Since
			out.SessionsUsed, out.SessionsLeft = f.Used, max(0, o.e.PackageSessions-f.Used)
			if f.Given != nil {
				out.Coach = models.Initialed(*f.Given, *f.Family)
			}
			if f.HandOver != nil && !o.sight.Guardian {
				out.OpenHandOverID = f.HandOver
			}
		}
	}
	for i := range o.ahead {
		if o.ahead[i].EngagementID == o.e.ID {
			next := o.ahead[i].EngagementSessionAhead
			next.StartsAt, next.EndsAt = next.StartsAt.UTC(), next.EndsAt.UTC()
			out.Next = &next
		}
	}
	for i := range o.parts {
		out.People = append(out.People, o.person(&o.parts[i]))
	}
	if o.e.State == models.EngagementRequested {
		days := int(o.tx.Now().Sub(o.e.RequestedAt) / (24 * time.Hour))
		out.WaitingDays = &days
	} else {
		out.AnswerBy = nil
	}
	if o.sight.Staff {
		out.Review = append(out.Review, o.e.Review...)
	}
	if o.sight.Staff {
		out.ChangeAskedAt = o.e.ChangeAskedAt
	} else if p := o.sight.speaksFor(o.parts, o.v.actor.MemberID); p != nil && o.e.ChangeAskedAt != nil {
		out.ChangeAskedAt = p.ChangeAskedAt
	}
	out.PausedByUs = pausedByUs(&o.e)
	out.Missing = o.missing(out.People)
	if o.sight.Left {
		o.asLeft(&out, coachSince)
	}
	return out
}

// person shows one of those who are coached.
func (o *engagementShown) person(p *models.EngagementParticipant) EngagementPerson {
	out := EngagementPerson{MemberID: p.MemberID, You: p.MemberID == o.v.actor.MemberID, State: o.sight.known(&o.e, p), AcceptedAt: p.AcceptedAt}
	if out.You {
		out.State = p.State
	}
	out.Agreed = len(o.lacks[p.MemberID]) == 0 && o.sight.seesAgreed(out.State, out.You)
	if i := slices.IndexFunc(o.who, func(m models.Member) bool { return m.ID == p.MemberID }); i >= 0 {
		out.Name, out.Minor = called(&o.who[i]), o.who[i].MinorOn(o.who[i].Today(o.tx.Now()))
	}
	return out
}

// missing is what stands before the first session.
func (o *engagementShown) missing(people []EngagementPerson) []string {
	out := []string{}
	add := func(is bool, what string) {
		if is {
			out = append(out, what)
		}
	}
	if !o.e.State.Live() {
		return out
	}
	any := func(is func(EngagementPerson) bool) bool { return slices.ContainsFunc(people, is) }
	proposed := o.e.State == models.EngagementMatched
	mine := func(p EngagementPerson) bool { return p.You || o.sight.Guardian && p.Minor }
	add(any(func(p EngagementPerson) bool { return p.State == models.ParticipantAsked }), "partner")
	add(o.e.State == models.EngagementRequested, "match")
	add(proposed && o.e.CoachAcceptedAt == nil, "coach_yes")
	add(proposed && any(func(p EngagementPerson) bool {
		return p.State == models.ParticipantJoined && p.AcceptedAt == nil && mine(p)
	}), "your_yes")
	add(proposed && any(func(p EngagementPerson) bool {
		return p.State == models.ParticipantJoined && p.AcceptedAt == nil && !mine(p)
	}), "their_yes")
	add(any(func(p EngagementPerson) bool { return p.State == models.ParticipantJoined && !p.Agreed }), "limits")
	return out
}

func (s sight) word() string {
	switch {
	case s.Participant:
		return "participant"
	case s.Guardian:
		return "guardian"
	case s.Coach:
		return "coach"
	}
	return "staff"
}

// subjects are those whose coaching is shown.
func (e *EngagementView) subjects() []uuid.UUID {
	out := make([]uuid.UUID, len(e.People))
	for i := range e.People {
		out[i] = e.People[i].MemberID
	}
	return out
}

// view shows what was changed; without hopes, since it may be kept for a day.
func (g *engaging) view() (*EngagementView, error) { return shownEngagement(g.tx, g.e.ID) }

// shownEngagement shows one as it is now, in whatever state: whoever changed it may have left it with that.
func shownEngagement(tx *services.Tx, id uuid.UUID) (*EngagementView, error) {
	v, err := viewing(tx.DB, tx.Actor(), tx.Now())
	if err != nil {
		return nil, err
	}
	var found []models.Engagement
	if err := tx.DB.Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	out, err := viewEngagements(tx, v, found)
	if err != nil || len(out) == 0 {
		return nil, firstOf(err, services.NotFound("engagement"))
	}
	return &out[0], nil
}

// lookAt shows something of one engagement to who has it in their scope, and the look is logged by its id.
// Errors: not_found.
func lookAt[T any](ctx context.Context, s *Service, action string, id uuid.UUID, show func(*services.Disclosure, viewer, *engaging) (*T, error)) (*T, error) {
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*T, error) {
		tx := d.Tx()
		v, err := viewing(d.DB, tx.Actor(), tx.Now())
		if err != nil {
			return nil, err
		}
		d.Object(id)
		e, participants, err := v.engagement(d.DB, id)
		if err != nil {
			return nil, err
		}
		return show(d, v, &engaging{tx: tx, e: e, participants: participants, sight: v.sightOf(e, participants)})
	})
}

// Engagement shows one: to those who are coached, to the guardian who asked for one of them without words, to its coach, and to
// coordinators without words. The hopes are read with it by whoever they are for.
// Errors: not_found.
func (s *Service) Engagement(ctx context.Context, id uuid.UUID) (*EngagementView, error) {
	return lookAt(ctx, s, "engagement.read", id, func(d *services.Disclosure, v viewer, g *engaging) (*EngagementView, error) {
		out, err := viewEngagements(g.tx, v, []models.Engagement{*g.e})
		if err != nil {
			return nil, err
		}
		d.Subject(out[0].subjects()...)
		return &out[0], openHopes(g.tx, g.sight, g.e, g.participants, &out[0])
	})
}

// openHopes adds the hopes: to each their own, to the coach those of their clients, unless our team lets it stand still. Whose keys
// were destroyed has none; those that do not open are marked.
func openHopes(tx *services.Tx, s sight, e *models.Engagement, participants []models.EngagementParticipant, out *EngagementView) error {
	coach := s.Coach && e.State.OnCaseload() && !pausedByUs(e)
	var sealed []services.SealedText
	var whose []uuid.UUID
	for i := range participants {
		p := &participants[i]
		if p.Hopes == nil || p.State != models.ParticipantJoined || !coach && !(s.Participant && p.MemberID == tx.Actor().MemberID) {
			continue
		}
		sealed = append(sealed, services.SealedText{Key: *p.HopesKey, Record: hopesRecord(p.ID), Version: hopesVersion, Sealed: p.Hopes})
		whose = append(whose, p.MemberID)
	}
	return tx.UnsealEach(sealed, func(i int, text string, err error) {
		text = strings.TrimRight(text, " ") // that it was padded with
		for j := range out.People {
			if p := &out.People[j]; p.MemberID == whose[i] {
				p.Unreadable = errors.Is(err, services.ErrDoesNotOpen)
				if err == nil {
					p.Hopes = &text
				}
			}
		}
	})
}

// EngagementQuery filters engagements.
type EngagementQuery struct {
	State       []models.EngagementState `query:"state,explode" maxItems:"6" enum:"requested,matched,active,paused,completed,ended" doc:"Only in these states"`
	CoachID     uuid.UUID                `query:"coach_id" doc:"Only with this coach"`
	MemberID    uuid.UUID                `query:"member_id" doc:"Only of this member"`
	ProgramID   uuid.UUID                `query:"program_id" doc:"Only of this program"`
	Waiting     bool                     `query:"waiting" doc:"Only those who wait for a coach: the match queue. Sort it by requested_at, the longest first"`
	ChangeAsked bool                     `query:"change_asked" doc:"Only those in which somebody asked for another coach; our team alone"`
	Joint       bool                     `query:"joint" doc:"Only couples"`
	services.PageQuery
}

var engagementList = services.List[models.Engagement]{
	IDColumn: "e.id", ID: func(e models.Engagement) uuid.UUID { return e.ID }, Default: "-requested_at",
	Sorts: []services.Sort[models.Engagement]{
		{Name: "requested_at", Column: "e.requested_at", Cast: "timestamptz", Key: func(e models.Engagement) any { return e.RequestedAt }},
		{Name: "created_at", Column: "e.created_at", Cast: "timestamptz", Key: func(e models.Engagement) any { return e.CreatedAt }},
	},
}

// Engagements lists those that the caller sees: members those they take part in or did, guardians those they asked for, coaches
// their clients, coordinators all but their own and those of people close to them.
func (s *Service) Engagements(ctx context.Context, in EngagementQuery) (services.Page[EngagementView], error) {
	return services.Disclose(ctx, s.core, "engagement.list", func(d *services.Disclosure) (services.Page[EngagementView], error) {
		tx := d.Tx()
		page := services.Page[EngagementView]{}
		v, err := viewing(d.DB, tx.Actor(), tx.Now())
		if err != nil {
			return page, err
		}
		found, err := engagementList.Find(ctx, s.core, in.filter(d.DB.Table("engagements as e").Select("e.*").Scopes(v.engagements), v), in.PageQuery)
		if err != nil {
			return page, err
		}
		page.NextCursor, page.Total = found.NextCursor, found.Total
		if page.Data, err = viewEngagements(tx, v, found.Data); err != nil {
			return page, err
		}
		for i := range page.Data {
			d.Object(page.Data[i].ID)
			d.Subject(page.Data[i].subjects()...)
		}
		return page, nil
	})
}

func (in *EngagementQuery) filter(q *gorm.DB, v viewer) *gorm.DB {
	me := v.actor.MemberID
	switch { // to who left it is over
	case len(in.State) > 0 && slices.Contains(in.State, models.EngagementEnded) && !v.actor.Coordinates():
		q = q.Where("(e.state in ? or "+leftBy+")", in.State, me)
	case len(in.State) > 0:
		q = q.Where("e.state in ?", in.State).Where("not "+leftBy, me)
	}
	if in.CoachID != uuid.Nil || in.Waiting || in.ChangeAsked {
		q = q.Where("not "+leftBy, me)
	}
	if in.CoachID != uuid.Nil {
		q = q.Where("e.coach_id = ?", in.CoachID)
	}
	if in.ProgramID != uuid.Nil {
		q = q.Where("e.program_id = ?", in.ProgramID)
	}
	if in.MemberID != uuid.Nil {
		q = q.Where("e.id in (select p.engagement_id from engagement_participants p where p.member_id = ?)", in.MemberID)
	}
	if in.Waiting {
		q = q.Where("e.state = 'requested'")
	}
	if in.ChangeAsked {
		q = q.Where("e.change_asked_at is not null")
		if !v.actor.Coordinates() {
			q = q.Where("false")
		}
	}
	if in.Joint {
		q = q.Where("e.joint")
	}
	return q
}
