package coaching

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

var _ = services.Meanings(map[string]*services.Error{
	"hand_overs_one_open": errAlreadyProposed,
})

var errAlreadyProposed = services.Conflict("already_proposed", "A hand-over of this engagement waits for answers already. Cancel it first.")

// ProposeHandOver names the coach who is to take over.
type ProposeHandOver struct {
	ToCoachID    uuid.UUID `json:"to_coach_id" doc:"The new coach's member id"`
	MoveSessions bool      `json:"move_sessions,omitempty" doc:"What is booked goes along where it lies in the new coach's hours, outside their time off, on a day and in a week in which they take more, and where they are free; the rest is called off. False: all of it is called off"`
	Reason       string    `json:"reason,omitempty" maxLength:"1000" doc:"For colleagues: kept sealed, in the audit log" example:"Dana moves away in December."`
}

// AnswerHandOver is a yes to a hand-over.
type AnswerHandOver struct {
	MemberID *uuid.UUID `json:"member_id,omitempty" doc:"Staff, other than the two coaches: who said yes to them, on the phone say. Absent: the caller, or the child whom they asked for"`
	History  *bool      `json:"history,omitempty" doc:"Those who are coached have to say it: may the new coach read the shared notes, goals and steps from before? Of two both have to agree to that; who has left has not. The new coach leaves it out" example:"true"`
}

// HandOverPerson is one of those who are coached, with what they said to it.
type HandOverPerson struct {
	MemberID   uuid.UUID  `json:"member_id"`
	Name       string     `json:"name" doc:"First name and initial" example:"Luis O."`
	AnsweredAt *time.Time `json:"answered_at" doc:"When they, or their guardian, said yes; null before"`
	History    *bool      `json:"history" doc:"One's own answer, and those that staff took down: the new coach may read what came before"`
}

// HandOverView is a hand-over as the reader sees it.
type HandOverView struct {
	models.HandOver
	FromCoach string           `json:"from_coach" doc:"First name and initial" example:"Dana R."`
	ToCoach   string           `json:"to_coach" doc:"First name and initial" example:"Sam K."`
	People    []HandOverPerson `json:"people" nullable:"false" doc:"Who is coached"`
}

// HandOver proposes another coach, by staff or by the coach of now. The new coach and each of those who are coached say yes or no;
// when all have said yes it happens, at once. Until then nothing changes. The place with the new coach is kept meanwhile.
// Errors: not_found; forbidden coach_or_staff; conflict not_now unless the engagement is active or paused, already_proposed,
// coach_unavailable, caseload_full.
func (s *Service) HandOver(ctx context.Context, id uuid.UUID, in ProposeHandOver) (*HandOverView, error) {
	return services.Mutate(ctx, s.core, "engagement.hand_over", func(tx *services.Tx) (*HandOverView, error) {
		g, err := engageApart(tx, id, in.ToCoachID)
		if err != nil {
			return nil, err
		}
		if err := g.leads(); err != nil {
			return nil, err
		}
		h, err := g.handOver(in)
		if err != nil {
			return nil, err
		}
		return handOverOf(tx, h.ID)
	})
}

// handOver stores a proposal and tells those who are to answer it.
func (g *engaging) handOver(in ProposeHandOver) (*models.HandOver, error) {
	if g.e.State != models.EngagementActive && g.e.State != models.EngagementPaused {
		return nil, g.notNow()
	}
	if *g.e.CoachID == in.ToCoachID {
		return nil, services.Conflict(CodeNotNow, "That is their coach already. Choose another.")
	}
	if err := g.roomWith(in.ToCoachID); err != nil {
		return nil, err
	}
	var open int64
	if err := g.tx.DB.Model(&models.HandOver{}).Where("engagement_id = ? and state = 'proposed'", g.e.ID).Count(&open).Error; err != nil {
		return nil, err
	}
	if open > 0 {
		return nil, errAlreadyProposed
	}
	if err := g.because(in.Reason, false); err != nil {
		return nil, err
	}
	now := g.tx.Now()
	h := models.HandOver{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, EngagementID: g.e.ID, FromCoachID: *g.e.CoachID, ToCoachID: in.ToCoachID,
		State: models.HandOverProposed, MoveSessions: in.MoveSessions, ProposedBy: g.tx.Actor().MemberID}
	if err := g.tx.DB.Create(&h).Error; err != nil {
		return nil, err
	}
	g.tx.Changed(nil, h)
	g.tx.Subject(takingPart(g.participants)...)
	if err := g.informCoach(models.NoticeCoachingProposed, h.ToCoachID); err != nil {
		return nil, err
	}
	return &h, g.inform(models.NoticeCoachingHandOver)
}

// handOvers is the scope over hand-overs, as h: those of engagements that the viewer takes part in and has not left, coaches or coordinates, and those
// in which they are to take over, as long as these wait for answers.
func (v viewer) handOvers(db *gorm.DB) *gorm.DB {
	fresh := db.Session(&gorm.Session{NewDB: true})
	mine, in := v.engagements(fresh.Table("engagements as e").Select("e.id")), "h.engagement_id = any(array(?))"
	if v.actor.Coordinates() || v.actor.Kind == models.ActorSystem { // who sees nearly all looks each one's up
		mine, in = v.engagements(fresh.Table("engagements as e").Select("e.id").Where("e.id = h.engagement_id")), "exists (? offset 0)"
	}
	me := v.actor.MemberID
	return db.Where(`(`+in+` and h.engagement_id not in (select p.engagement_id from engagement_participants p where p.member_id = ? and p.state = 'left')
		or h.to_coach_id = ? and h.state = 'proposed' and ?)`, mine, me, me, v.coach)
}

// handing is a hand-over that is being answered, with its engagement, both locked.
type handing struct {
	*engaging
	h   *models.HandOver
	new bool // the actor is who would take over
}

// openHandOver locks a hand-over in the actor's scope that waits for answers.
// Errors: not_found; conflict not_now when it is over.
func openHandOver(tx *services.Tx, id uuid.UUID) (*handing, error) {
	v, err := viewing(tx.DB, tx.Actor(), tx.Now())
	if err != nil {
		return nil, err
	}
	var found []models.HandOver
	if err := tx.DB.Table("hand_overs as h").Select("h.*").Scopes(v.handOvers).Where("h.id = ?", id).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("hand-over")
	}
	first := found[0]
	o := &handing{h: &models.HandOver{}, new: first.ToCoachID == tx.Actor().MemberID}
	if o.engaging, err = engageFor(tx, v, &first); err != nil {
		return nil, err
	}
	if err := tx.DB.Clauses(forUpdate).Where("id = ?", id).Take(o.h).Error; err != nil {
		return nil, err
	}
	if o.h.State != models.HandOverProposed {
		return nil, services.Conflict(CodeNotNow, "This hand-over is %s. Read it again.", o.h.State)
	}
	return o, nil
}

// engageFor locks the engagement of a hand-over, knowing what separations mean. Who would take over is not in its scope yet.
func engageFor(tx *services.Tx, v viewer, h *models.HandOver) (*engaging, error) {
	if h.ToCoachID != v.actor.MemberID {
		return engageApart(tx, h.EngagementID, h.ToCoachID)
	}
	asked := *tx.Actor()
	return engageAs(tx, viewer{actor: &services.Actor{Kind: models.ActorSystem, MemberID: asked.MemberID}, now: v.now}, h.EngagementID, h.ToCoachID)
}

// HandOverQuery filters hand-overs.
type HandOverQuery struct {
	State        []models.HandOverState `query:"state,explode" maxItems:"4" enum:"proposed,done,declined,cancelled" doc:"Only in these states"`
	EngagementID uuid.UUID              `query:"engagement_id" doc:"Only of this engagement"`
	services.PageQuery
}

var handOverList = services.List[models.HandOver]{
	IDColumn: "h.id", ID: func(h models.HandOver) uuid.UUID { return h.ID }, Default: "-created_at",
	Sorts: []services.Sort[models.HandOver]{{Name: "created_at", Column: "h.created_at", Cast: "timestamptz", Key: func(h models.HandOver) any { return h.CreatedAt }}},
}

// HandOvers lists those that the caller has a say in: of their own engagements, of their clients, to them, or as staff.
func (s *Service) HandOvers(ctx context.Context, in HandOverQuery) (services.Page[HandOverView], error) {
	return services.Disclose(ctx, s.core, "hand_over.list", func(d *services.Disclosure) (services.Page[HandOverView], error) {
		tx, page := d.Tx(), services.Page[HandOverView]{}
		v, err := viewing(d.DB, tx.Actor(), tx.Now())
		if err != nil {
			return page, err
		}
		q := d.DB.Table("hand_overs as h").Select("h.*").Scopes(v.handOvers)
		if len(in.State) > 0 {
			q = q.Where("h.state in ?", in.State)
		}
		if in.EngagementID != uuid.Nil {
			q = q.Where("h.engagement_id = ?", in.EngagementID)
		}
		found, err := handOverList.Find(ctx, s.core, q, in.PageQuery)
		if err != nil {
			return page, err
		}
		page.NextCursor, page.Total = found.NextCursor, found.Total
		if page.Data, err = viewHandOvers(tx, v, found.Data); err != nil {
			return page, err
		}
		for i := range page.Data {
			d.Object(page.Data[i].ID)
			for _, p := range page.Data[i].People {
				d.Subject(p.MemberID)
			}
		}
		return page, nil
	})
}

// handOverPeopleSQL are those who were coached when it was proposed: that one has left since is not for the other to see here.
const handOverPeopleSQL = `select h.id as hand_over_id, p.member_id, p.entered_by, ` + calledSQL + `, a.answered_at, a.answered_by, a.history
	from hand_overs h join engagement_participants p on p.engagement_id = h.engagement_id and (p.state = 'joined' or p.left_at >= h.created_at) join members m on m.id = p.member_id
		left join hand_over_answers a on a.hand_over_id = h.id and a.member_id = p.member_id
	where h.id = any($1) order by p.id`

type handOverPerson struct {
	HandOverID    uuid.UUID
	MemberID      uuid.UUID
	EnteredBy     *uuid.UUID
	Given, Family string
	AnsweredAt    *time.Time
	AnsweredBy    *uuid.UUID
	History       *bool
}

type nameRow struct {
	ID            uuid.UUID
	Given, Family string
}

// viewHandOvers shows hand-overs, in one round trip.
func viewHandOvers(tx *services.Tx, v viewer, found []models.HandOver) ([]HandOverView, error) {
	ids, coaches := []uuid.UUID{}, []uuid.UUID{}
	for i := range found {
		ids, coaches = append(ids, found[i].ID), append(coaches, found[i].FromCoachID, found[i].ToCoachID)
	}
	var parts []handOverPerson
	var names []nameRow
	err := tx.Batch(
		services.Statement{SQL: handOverPeopleSQL, Args: []any{ids}, Scan: services.RowsInto(&parts)},
		services.Statement{SQL: `select m.id, ` + calledSQL + ` from members m where m.id = any($1)`, Args: []any{coaches}, Scan: services.RowsInto(&names)},
	)
	if err != nil {
		return nil, err
	}
	name := func(id uuid.UUID) string {
		if i := slices.IndexFunc(names, func(n nameRow) bool { return n.ID == id }); i >= 0 {
			return models.Initialed(names[i].Given, names[i].Family)
		}
		return ""
	}
	out := make([]HandOverView, len(found))
	for i, h := range found {
		out[i] = HandOverView{HandOver: h, FromCoach: name(h.FromCoachID), ToCoach: name(h.ToCoachID), People: []HandOverPerson{}}
		for _, p := range parts {
			if p.HandOverID != h.ID {
				continue
			}
			shown := HandOverPerson{MemberID: p.MemberID, Name: models.Initialed(p.Given, p.Family), AnsweredAt: p.AnsweredAt}
			if me := v.actor.MemberID; p.MemberID == me || p.AnsweredBy != nil && *p.AnsweredBy == me {
				shown.History = p.History
			}
			out[i].People = append(out[i].People, shown)
		}
	}
	return out, nil
}

// handOverOf shows one as it is now.
func handOverOf(tx *services.Tx, id uuid.UUID) (*HandOverView, error) {
	var found []models.HandOver
	if err := tx.DB.Where("id = ?", id).Find(&found).Error; err != nil {
		return nil, err
	}
	out, err := viewHandOvers(tx, viewer{actor: tx.Actor(), now: tx.Now()}, found)
	if err != nil || len(out) == 0 {
		return nil, firstOf(err, services.NotFound("hand-over"))
	}
	return &out[0], nil
}

// GetHandOver shows one.
// Errors: not_found.
func (s *Service) GetHandOver(ctx context.Context, id uuid.UUID) (*HandOverView, error) {
	return services.Disclose(ctx, s.core, "hand_over.read", func(d *services.Disclosure) (*HandOverView, error) {
		tx := d.Tx()
		v, err := viewing(d.DB, tx.Actor(), tx.Now())
		if err != nil {
			return nil, err
		}
		d.Object(id)
		var found []models.HandOver
		if err := d.DB.Table("hand_overs as h").Select("h.*").Scopes(v.handOvers).Where("h.id = ?", id).Limit(1).Find(&found).Error; err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("hand-over")
		}
		out, err := viewHandOvers(tx, v, found)
		if err != nil {
			return nil, err
		}
		for _, p := range out[0].People {
			d.Subject(p.MemberID)
		}
		return &out[0], nil
	})
}
