package workshops_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/internal/pgtest"
	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/workshops"
)

// planner is a planner's desk: the use cases, and a few people.
type planner struct {
	*workshops.Service
	t        *testing.T
	core     *services.Core
	db       *pgtest.DB
	calendar *calendar.Service
	ann, bob uuid.UUID // cleared to work with minors
	member   uuid.UUID
	boss     uuid.UUID
}

// planningDay is when the tests plan: before both daylight-saving changes of New York that they cross.
var planningDay = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func plan(t *testing.T) *planner {
	t.Helper()
	db := pgtest.New(t)
	c, err := services.Open(t.Context(), services.Settings{DatabaseURL: db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 4, WriteConns: 8,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.Clock.Set(planningDay)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "Homefront <hello@homefront.example>", OrgName: "Homefront"})
	p := &planner{Service: workshops.New(c, workshops.Config{BaseURL: "https://homefront.example"}), t: t, core: c, db: db, calendar: calendar.New(c)}
	p.ann, p.bob, p.member, p.boss = p.person("Ann", true), p.person("Bob", true), p.person("Mia", false), p.person("Cora", false)
	return p
}

func (p *planner) as(member uuid.UUID, ifMatch string, roles ...models.Role) context.Context {
	return services.WithCall(context.Background(), &services.Call{IfMatch: ifMatch,
		Actor: &services.Actor{Kind: models.ActorAccount, AccountID: member, MemberID: member, Roles: roles, AuthTime: planningDay}})
}

// boss coordinates, with the record as it is.
func (p *planner) staff() context.Context { return p.as(p.boss, "*", models.RoleCoordinator) }

func (p *planner) visitor() context.Context { return p.as(p.member, "", models.RoleMember) }

func (p *planner) person(name string, cleared bool) uuid.UUID {
	p.t.Helper()
	born := models.NewDate(1980, time.May, 2)
	m := models.Member{GivenName: name, FamilyName: "Rivera", BirthDate: &born, Kinds: models.Texts[models.Kind]{models.KindVeteran}, Status: models.MemberActive}
	ctx := services.AsSystem(context.Background(), "test")
	_, err := services.Mutate(ctx, p.core, "test.person", func(tx *services.Tx) (struct{}, error) {
		if err := people.NewMember(tx, &m); err != nil || !cleared {
			return struct{}{}, err
		}
		until := models.NewDate(2027, time.December, 31)
		for _, kind := range models.ForMinors() {
			c := models.Credential{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, MemberID: m.ID, Kind: kind, IssuedOn: models.NewDate(2026, time.January, 1), ExpiresOn: &until}
			if err := tx.DB.Create(&c).Error; err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return m.ID
}

func (p *planner) venue(name string) uuid.UUID {
	p.t.Helper()
	v, err := p.calendar.CreateVenue(p.staff(), calendar.NewVenue{Name: name, TimeZone: "America/New_York"})
	if err != nil {
		p.t.Fatal(err)
	}
	return v.ID
}

func (p *planner) draft(in workshops.NewWorkshop) *workshops.WorkshopDetail {
	p.t.Helper()
	if in.Title == "" {
		in.Title = "Living with Hypervigilance"
	}
	if in.Format == "" {
		in.Format = models.FormatInPerson
	}
	if in.Summary == "" {
		in.Summary = "Six evenings"
	}
	if in.LocationNote == "" {
		in.LocationNote = "Room 2"
	}
	if in.Capacity == nil {
		in.Capacity = number(30)
	}
	w, err := p.Create(p.staff(), in)
	if err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (p *planner) sessions(w uuid.UUID, in workshops.NewSessions) []workshops.WorkshopSessionDetail {
	p.t.Helper()
	made, err := p.AddSessions(p.staff(), w, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return made.Data
}

// open is a published workshop with one session.
func (p *planner) open(in workshops.NewWorkshop, start string) *workshops.WorkshopDetail {
	p.t.Helper()
	if in.FacilitatorIDs == nil {
		in.FacilitatorIDs = []uuid.UUID{p.person("Lead", true)}
	}
	w := p.draft(in)
	p.sessions(w.ID, workshops.NewSessions{LocalStart: start, Minutes: 90})
	out, err := p.Publish(p.staff(), w.ID)
	if err != nil {
		p.t.Fatalf("publish: %v %+v", err, fieldsOf(err))
	}
	return out
}

func number(n int) *int { return &n }

var codeOf, fieldsOf, patiently = coretest.CodeOf, coretest.FieldsOf, coretest.Patiently

func weekly(rule string) *workshops.SessionRule { return &workshops.SessionRule{Rule: rule} }

func TestPublishListsAllThatIsMissing(t *testing.T) {
	p := plan(t)
	w, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "Bare", Format: models.FormatHybrid})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Publish(p.staff(), w.ID)
	if want := []string{"/capacity required", "/online_capacity required", "/sessions required", "/summary required"}; codeOf(err) != workshops.CodeNotReady || !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	_, err = p.Publish(p.staff(), w.ID)
	if want := []string{"/capacity required", "/facilitator_ids required", "/join_url required", "/online_capacity required", "/summary required", "/venue_id required"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
}

func TestWhoIsNotClearedLeadsNoMinors(t *testing.T) {
	p := plan(t)
	dan := p.person("Dan", false)
	_, err := p.Create(p.staff(), workshops.NewWorkshop{Title: "Teens", Format: models.FormatInPerson, FacilitatorIDs: []uuid.UUID{p.ann, dan, services.NewID()}})
	if want := []string{"/facilitator_ids/1 not_cleared", "/facilitator_ids/2 unknown"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
	w := p.open(workshops.NewWorkshop{MinimumAge: number(18), FacilitatorIDs: []uuid.UUID{dan}}, "2026-10-27T18:00")
	_, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{MinimumAge: services.Null[int]()})
	if want := []string{"/facilitator_ids/0 not_cleared"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("minors let in under somebody unchecked: %v %v", err, fieldsOf(err))
	}
	// A credential that ends before the last session does not count.
	late := p.draft(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}})
	_, err = p.AddSessions(p.staff(), late.ID, workshops.NewSessions{LocalStart: "2028-01-10T18:00", Minutes: 60})
	if want := []string{"/facilitator_ids/0 not_cleared"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
}

// take has parties of one take so many seats.
func (p *planner) take(w uuid.UUID, n int, sessionID *uuid.UUID) {
	p.t.Helper()
	for i := range n {
		who := p.person(fmt.Sprint("Guest ", i), false)
		if _, err := p.Register(p.as(who, "", models.RoleMember), w, workshops.Register{SessionID: sessionID}); err != nil {
			p.t.Fatalf("register: %v %v", err, fieldsOf(err))
		}
	}
}

func TestCapacityIsNotLoweredBelowWhatIsTaken(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{Capacity: number(3)}, "2026-10-27T18:00")
	p.take(w.ID, 5, nil)
	got, err := p.Get(p.visitor(), w.ID)
	if err != nil || got.Seats[0].Open != 0 || got.Seats[0].Waiting != 2 || got.Registration != models.WindowFull {
		t.Fatalf("%+v %v", got.Seats, err)
	}
	_, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(2)})
	if codeOf(err) != workshops.CodeCapacityTaken || !strings.Contains(err.Error(), "3 seats are taken") || !slices.Equal(fieldsOf(err), []string{"/capacity capacity_below_taken"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	raised, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(4)})
	if err != nil || raised.Seats[0].Open != 0 || raised.Seats[0].Waiting != 1 {
		t.Errorf("the seat that was added is not offered at once: %+v %v", raised.Seats, err)
	}
	if _, err := p.Unpublish(p.staff(), w.ID); codeOf(err) != workshops.CodeHasRegistrations {
		t.Error(err)
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{AttendanceMode: services.Some(models.AttendDropIn)}); codeOf(err) != workshops.CodeHasRegistrations {
		t.Error(err)
	}
}

func TestPoolsFollowTheForm(t *testing.T) {
	p := plan(t)
	hall := p.venue("Hall")
	w := p.draft(workshops.NewWorkshop{Format: models.FormatHybrid, AttendanceMode: models.AttendDropIn, VenueID: &hall, Capacity: number(10), OnlineCapacity: number(50),
		JoinURL: "https://meet.example.org/x", FacilitatorIDs: []uuid.UUID{p.ann}})
	if len(w.Seats) != 0 {
		t.Errorf("seats without sessions: %+v", w.Seats)
	}
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")})
	got, err := p.Publish(p.staff(), w.ID)
	if err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	if len(got.Seats) != 6 || got.Seats[0].Capacity+got.Seats[1].Capacity != 60 || got.Seats[0].SessionID == nil || got.Seats[0].StartsAt == nil {
		t.Fatalf("%+v", got.Seats)
	}
	// One session gets seats of its own; the others keep the workshop's when that changes.
	if _, err := p.UpdateSession(p.staff(), made[1].ID, workshops.SessionPatch{Capacity: services.Some(5)}); err != nil {
		t.Fatal(err)
	}
	got, err = p.Update(p.staff(), w.ID, workshops.WorkshopPatch{Capacity: services.Some(12)})
	if err != nil {
		t.Fatal(err)
	}
	var inPerson []int
	for _, s := range got.Seats {
		if *s.Mode == models.ModeInPerson {
			inPerson = append(inPerson, s.Capacity)
		}
	}
	if !slices.Equal(inPerson, []int{12, 5, 12}) {
		t.Errorf("%v", inPerson)
	}
	online := models.ModeOnline
	who := p.person("Olga", false)
	if _, err := p.Register(p.as(who, "", models.RoleMember), w.ID, workshops.Register{SessionID: &made[0].ID, Attendees: []workshops.AttendeeInput{{MemberID: &who, Mode: &online}}}); err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	got, _ = p.Get(p.visitor(), w.ID)
	for _, s := range got.Seats {
		if (*s.SessionID == made[0].ID && *s.Mode == online) != (s.Open == s.Capacity-1) {
			t.Errorf("%+v", s)
		}
	}
	// A draft that nobody registered for may become something else.
	d := p.draft(workshops.NewWorkshop{})
	changed, err := p.Update(p.staff(), d.ID, workshops.WorkshopPatch{Format: services.Some(models.FormatHybrid), OnlineCapacity: services.Some(7)})
	if err != nil || len(changed.Seats) != 2 {
		t.Errorf("%+v %v", changed, err)
	}
}

func TestCallingOffAndRestoringAWorkshop(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{FacilitatorIDs: []uuid.UUID{p.ann}}, "2026-10-27T18:00")
	p.take(w.ID, 2, nil)
	off, err := p.CancelWorkshop(p.staff(), w.ID, workshops.CancelReason{Reason: "Ann is ill"})
	if err != nil || off.Visibility != models.VisibilityCancelled || off.Seats[0].Open != 30 || off.CancelReason != "Ann is ill" {
		t.Fatalf("%+v %v", off, err)
	}
	if _, err := p.Get(p.visitor(), w.ID); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
	p.draftWithAnn()
	if _, err := p.RestoreWorkshop(p.staff(), w.ID); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	other := p.open(workshops.NewWorkshop{}, "2026-10-28T18:00")
	if _, err := p.CancelWorkshop(p.staff(), other.ID, workshops.CancelReason{Reason: "Too few"}); err != nil {
		t.Fatal(err)
	}
	if back, err := p.RestoreWorkshop(p.staff(), other.ID); err != nil || back.Visibility != models.VisibilityPublished || back.CancelReason != "" {
		t.Errorf("%+v %v", back, err)
	}
	if _, err := p.CancelWorkshop(p.staff(), other.ID, workshops.CancelReason{Reason: "Too few"}); err != nil {
		t.Fatal(err)
	}
	p.core.Clock.Set(time.Date(2026, 10, 29, 0, 0, 0, 0, time.UTC))
	if _, err := p.RestoreWorkshop(p.staff(), other.ID); codeOf(err) != workshops.CodeWrongState {
		t.Errorf("restored after its start: %v", err)
	}
}

func (p *planner) draftWithAnn() {
	p.t.Helper()
	p.sessions(p.draft(workshops.NewWorkshop{}).ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60, FacilitatorIDs: &[]uuid.UUID{p.ann}})
}

func TestWhatHasEndedIsCompleted(t *testing.T) {
	p := plan(t)
	w := p.open(workshops.NewWorkshop{}, "2026-10-27T18:00")
	if _, err := p.CompleteWorkshop(p.staff(), w.ID); codeOf(err) != workshops.CodeWrongState {
		t.Error(err)
	}
	p.core.Clock.Set(time.Date(2026, 10, 28, 23, 31, 0, 0, time.UTC))
	if err := p.CompleteEnded(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Get(p.staff(), w.ID); err != nil || got.Visibility != models.VisibilityCompleted || got.CompletedAt == nil {
		t.Errorf("%+v %v", got, err)
	}
}

func TestACloneKeepsTheTimeOnTheWall(t *testing.T) {
	p := plan(t)
	opens := time.Date(2026, 10, 1, 13, 0, 0, 0, time.UTC) // 09:00 in New York
	w := p.draft(workshops.NewWorkshop{OpensAt: &opens, FacilitatorIDs: []uuid.UUID{p.ann}})
	made := p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-10-06T18:00", Minutes: 60, Recurrence: weekly("FREQ=WEEKLY;COUNT=3")})
	if _, err := p.CancelSession(p.staff(), made[1].ID, workshops.SessionCancellation{Reason: "Holiday"}); err != nil {
		t.Fatal(err)
	}
	on := models.NewDate(2026, time.November, 10)
	copied, err := p.Clone(p.staff(), w.ID, workshops.CloneWorkshop{Title: "Again", StartsOn: &on})
	if err != nil {
		t.Fatal(err)
	}
	if copied.ID == w.ID || copied.Title != "Again" || copied.Visibility != models.VisibilityDraft || copied.Version != 1 || len(copied.Facilitators) != 1 || len(copied.Seats) != 1 {
		t.Errorf("%+v", copied)
	}
	if want := time.Date(2026, 11, 5, 14, 0, 0, 0, time.UTC); !copied.OpensAt.Equal(want) {
		t.Errorf("opens at %s, want 09:00 in New York", copied.OpensAt)
	}
	page, err := p.Sessions(p.staff(), copied.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || len(page.Data) != 2 || page.Data[0].LocalStart != "2026-11-10T18:00" || page.Data[1].LocalStart != "2026-11-24T18:00" || page.Data[0].StartsAt.Hour() != 23 {
		t.Errorf("%+v %v", page.Data, err)
	}
	if page.Data[0].RuleGroup == nil || *page.Data[0].RuleGroup == *made[0].RuleGroup {
		t.Error("the copy's sessions are of the original's rule")
	}
	bare, err := p.Clone(p.staff(), w.ID, workshops.CloneWorkshop{IsTemplate: true})
	if err != nil || !bare.IsTemplate || bare.Title != w.Title || bare.StartsAt != nil || bare.OpensAt != nil {
		t.Errorf("%+v %v", bare, err)
	}
	if _, err := p.Publish(p.staff(), bare.ID); codeOf(err) != workshops.CodeNotReady {
		t.Error(err)
	}
	if page, err := p.List(p.staff(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}, Templates: true}); err != nil || len(page.Data) != 1 {
		t.Errorf("%+v %v", page, err)
	}
}

func TestTheVenueMovesWithTheWorkshop(t *testing.T) {
	p := plan(t)
	hall, barn := p.venue("Hall"), p.venue("Barn")
	w := p.open(workshops.NewWorkshop{VenueID: &hall}, "2026-10-27T18:00")
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{VenueID: services.Some(barn)}); err != nil {
		t.Fatal(err)
	}
	rival := p.draft(workshops.NewWorkshop{VenueID: &hall})
	p.sessions(rival.ID, workshops.NewSessions{LocalStart: "2026-10-27T18:00", Minutes: 60})
	if _, err := p.Update(p.staff(), rival.ID, workshops.WorkshopPatch{VenueID: services.Some(barn)}); codeOf(err) != calendar.CodeDoubleBooked {
		t.Error(err)
	}
	page, err := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil || page.Data[0].Place.Name != "Barn" || page.Data[0].Sequence != 1 {
		t.Errorf("%+v %v", page, err)
	}
	if got, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{FacilitatorIDs: services.Some([]uuid.UUID{p.bob})}); err != nil || got.Facilitators[0].Name != "Bob R." {
		t.Errorf("%+v %v", got, err)
	}
	if page, _ := p.Sessions(p.staff(), w.ID, workshops.SessionQuery{PageQuery: services.PageQuery{Limit: 25}}); len(page.Data[0].Facilitators) != 1 || page.Data[0].Facilitators[0].Name != "Bob R." {
		t.Errorf("%+v", page.Data[0].Facilitators)
	}
	if _, err := p.Update(p.staff(), w.ID, workshops.WorkshopPatch{FacilitatorIDs: services.Some([]uuid.UUID{})}); codeOf(err) != workshops.CodeNotReady {
		t.Errorf("a published workshop that nobody leads: %v", err)
	}
}

func TestRegistrationWords(t *testing.T) {
	p := plan(t)
	opens, closes := planningDay.Add(24*time.Hour), time.Date(2026, 10, 28, 0, 0, 0, 0, time.UTC) // half an hour past the first evening
	w := p.open(workshops.NewWorkshop{OpensAt: &opens, ClosesAt: &closes}, "2026-10-27T18:00")
	p.sessions(w.ID, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 60})
	for at, want := range map[time.Time]models.Window{
		planningDay:              models.WindowNotYetOpen,
		opens:                    models.WindowOpen,
		closes.Add(-time.Second): models.WindowOpen,
		closes:                   models.WindowClosed,
	} {
		p.core.Clock.Set(at)
		got, err := p.Get(p.visitor(), w.ID)
		if err != nil || got.Registration != want || got.Seats[0].Registration != want {
			t.Errorf("%s: %+v %v, want %s", at, got.Registration, err, want)
		}
		page, err := p.List(p.visitor(), workshops.CatalogQuery{PageQuery: services.PageQuery{Limit: 25}})
		if err != nil || (len(page.Data) == 1) != (want != models.WindowClosed) {
			t.Errorf("%s: %d in the catalog", at, len(page.Data))
		}
	}
}
