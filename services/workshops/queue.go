package workshops

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// QueueQuery filters the registrations of all workshops.
type QueueQuery struct {
	services.PageQuery
	State      []models.RegistrationState `query:"state,explode" enum:"pending_approval,confirmed,waitlisted,offered,cancelled,declined,expired,superseded" maxItems:"8" doc:"One or several; absent: pending_approval"`
	Review     models.ReviewReason        `query:"review" enum:"approval_required,guardianship,second_booking,age,eligibility,held" doc:"Those that staff look at for this reason, beside others"`
	WorkshopID uuid.UUID                  `query:"workshop_id" doc:"Of this workshop"`
	StartsGTE  time.Time                  `query:"starts_gte" doc:"What they are for starts at or after this time"`
	StartsLT   time.Time                  `query:"starts_lt" doc:"What they are for starts before this time"`
}

var queueList = services.List[registrationRow]{
	IDColumn: "registrations.id", ID: func(r registrationRow) uuid.UUID { return r.ID }, Default: "created_at",
	Sorts: []services.Sort[registrationRow]{registrationList.Sorts[0], ownList.Sorts[0]},
}

// handled leaves out the parties about which the caller does not decide: their own, those with somebody close to them, those with
// somebody whose record is kept to others, and those of a separation that is not theirs to know of. Why staff look at these is not theirs to find out by asking for a reason. Each
// party's people are looked up: asked as exists, the planner would rather read all there are.
const handled = `registrations.lead_member_id <> ? and registrations.lead_member_id not in (` + notTheirsIn + `)
	and (select true from attendees a where a.registration_id = registrations.id and (a.member_id = ? or a.member_id in (` + notTheirsIn + `)) limit 1) is null`

// inStates names states in the statement itself: that few of all parties wait for something, no plan knows that is made for any.
func inStates(states []models.RegistrationState) string {
	var named []string
	for _, s := range models.RegistrationStates() {
		if slices.Contains(states, s) {
			named = append(named, "'"+string(s)+"'")
		}
	}
	return "registrations.state in (" + strings.Join(named, ", ") + ")"
}

// Queue lists registrations of all workshops for staff: what waits for them first of all, oldest first.
func (s *Service) Queue(ctx context.Context, in QueueQuery) (services.Page[RegistrationView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[RegistrationView]{}, err
	}
	return services.Disclose(ctx, s.core, "registration.queue", func(d *services.Disclosure) (services.Page[RegistrationView], error) {
		now := s.core.Clock.Now()
		me, day, last := actor.MemberID, models.DateOf(now), models.SeparationDay(now)
		q := registrationRows(d.DB, now, "").Where(handled, me, me, day, last, me, me, day, last)
		if len(in.State) == 0 {
			in.State = []models.RegistrationState{models.RegistrationPending}
		}
		q = q.Where(inStates(in.State))
		if in.Review != "" {
			q = q.Where("registrations.review @> array[cast(? as text)]", string(in.Review))
		}
		if in.WorkshopID != uuid.Nil {
			q = q.Where("registrations.workshop_id = ?", in.WorkshopID)
		}
		if !in.StartsGTE.IsZero() {
			q = q.Where("coalesce(s.starts_at, w.starts_at) >= ?", in.StartsGTE)
		}
		if !in.StartsLT.IsZero() {
			q = q.Where("coalesce(s.starts_at, w.starts_at) < ?", in.StartsLT)
		}
		page, err := s.page(ctx, d.DB.Session(&gorm.Session{NewDB: true}), actor, sight{}, queueList, q, in.PageQuery)
		for i := range page.Data {
			d.Subject(page.Data[i].LeadMemberID)
		}
		return page, err
	})
}

// Decision is a yes or a no to many registrations.
type Decision struct {
	IDs         []uuid.UUID `json:"ids" minItems:"1" maxItems:"100" nullable:"false" doc:"Registrations, decided in this order"`
	Decision    string      `json:"decision" enum:"approve,decline"`
	Reason      string      `json:"reason,omitempty" maxLength:"500" doc:"To decline: why, at least 3 characters. To approve: what there is to say of it; where somebody is kept apart from somebody there it changes nothing. Kept sealed" example:"All spoke with us on the telephone"`
	WaiveReason string      `json:"waive_reason,omitempty" maxLength:"500" doc:"To approve: why rules that are not met do not count for them"`
	DryRun      bool        `json:"dry_run,omitempty" doc:"Shows what would come of each, alone, and changes nothing"`
}

// Decided is what came of one of them.
type Decided struct {
	ID        uuid.UUID                 `json:"id"`
	Done      bool                      `json:"done" doc:"In a dry run: whether it would be"`
	State     *models.RegistrationState `json:"state" enum:"pending_approval,confirmed,waitlisted,offered,cancelled,declined,expired,superseded" doc:"What it is now; null where it was refused"`
	Code      services.Code             `json:"code" doc:"Why not; empty where it was done" example:"wrong_state"`
	Sentences []string                  `json:"sentences" nullable:"false" doc:"Why not, to show"`
}

// Decisions lists what came of all, in the order in which they were named.
type Decisions struct {
	DryRun bool      `json:"dry_run"`
	Done   int       `json:"done" doc:"How many were decided, or would be"`
	Items  []Decided `json:"items" nullable:"false"`
}

// errTried takes back what a dry run did.
var errTried = errors.New("this was a dry run")

// Decide approves or declines many, each by itself: one that is refused keeps nothing from the others, and what was done stays done.
// Asked again it says of those that they are decided already. Where people would meet who are kept apart, no reason for many is
// one: staff decide about that party by itself.
// Errors: invalid without a reason to decline; anything that is about none of them in particular.
func (s *Service) Decide(ctx context.Context, in Decision) (*Decisions, error) {
	call, err := services.CallFrom(ctx)
	if err != nil {
		return nil, err
	}
	if in.Decision == "decline" && len([]rune(services.Prose(in.Reason))) < 3 {
		return nil, services.InvalidField("/reason", "required", "Say why. It stays with staff.")
	}
	out := &Decisions{DryRun: in.DryRun, Items: []Decided{}}
	seen := map[uuid.UUID]bool{}
	for _, id := range in.IDs {
		if seen[id] {
			continue
		}
		seen[id] = true
		own := &services.Call{Actor: call.Actor, RequestID: call.RequestID, Address: call.Address}
		item, err := s.decideOne(services.WithCall(ctx, own), id, in)
		if err != nil {
			return nil, err
		}
		if item.Done {
			out.Done++
		}
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// decideOne decides about one, in a transaction of its own.
func (s *Service) decideOne(ctx context.Context, id uuid.UUID, in Decision) (Decided, error) {
	action := "registration." + in.Decision
	var view *RegistrationView
	_, err := services.Mutate(ctx, s.core, action, func(tx *services.Tx) (_ *RegistrationView, err error) {
		if in.Decision == "decline" {
			view, err = s.decline(tx, id, Justification{Reason: in.Reason})
		} else {
			view, err = s.approve(tx, id, Approval{Reason: in.Reason, WaiveReason: in.WaiveReason}, "")
		}
		if err == nil && in.DryRun {
			err = errTried
		}
		return view, err
	})
	item := Decided{ID: id, Sentences: []string{}}
	if err == nil || errors.Is(err, errTried) {
		item.Done, item.State = true, &view.State
		return item, nil
	}
	var refused *services.Error
	if !errors.As(err, &refused) || refused.Kind == services.KindUnavailable {
		return item, err
	}
	item.Code, item.Sentences = refused.Code, append(item.Sentences, refused.Message)
	for _, f := range refused.Fields {
		item.Sentences = append(item.Sentences, f.Message)
	}
	return item, nil
}
