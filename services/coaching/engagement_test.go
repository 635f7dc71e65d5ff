package coaching_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// asks is a wish for a coach that must be taken.
func (p *practice) asks(ctx context.Context, in coaching.AskForCoach) *coaching.EngagementView {
	p.t.Helper()
	return must[*coaching.EngagementView](p.t)(p.AskForCoach(ctx, in))
}

// sees reads an engagement that must be found.
func (p *practice) sees(ctx context.Context, id uuid.UUID) *coaching.EngagementView {
	p.t.Helper()
	return must[*coaching.EngagementView](p.t)(p.Engagement(ctx, id))
}

// matched is a member's request with a coach proposed.
func (p *practice) matched(member, coach uuid.UUID) uuid.UUID {
	p.t.Helper()
	e := p.asks(p.as(member), coaching.AskForCoach{})
	must[*coaching.EngagementView](p.t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach}))
	return e.ID
}

// appointment books a session by SQL, for everybody in an engagement.
func (p *practice) appointment(engagement, coach uuid.UUID, at time.Time, members ...uuid.UUID) uuid.UUID {
	p.t.Helper()
	id := services.NewID()
	p.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id)
		values ($1, $2, $2, $3, $4, 'booked', $5, $6, 'America/New_York', 'online', $4, $1)`, id, practiceDay, engagement, coach, at, at.Add(50*time.Minute))
	for _, m := range members {
		p.exec(`insert into coaching_attendance (session_id, member_id) values ($1, $2)`, id, m)
		p.commit(id, m, at)
	}
	p.commit(id, coach, at)
	return id
}

func (p *practice) commit(session, who uuid.UUID, at time.Time) {
	p.t.Helper()
	p.exec(`insert into resources (kind, id) values ('person', $1) on conflict do nothing`, who)
	p.exec(`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
		values ($1, 'person', $2, tstzrange($3, $4), $3, $4, 'coaching_session', $5)`, services.NewID(), who, at, at.Add(50*time.Minute), session)
}

func TestFromAskingToTheFirstSession(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	asked := p.asks(p.as(mia), coaching.AskForCoach{Hopes: "Sleep through the night.", CoachWishes: coaching.CoachWishes{FocusAreas: []models.Focus{"sleep"}, Hours: []string{"MO 10:00-12:00"}}})
	if asked.State != models.EngagementRequested || asked.ProgramID != p.program || asked.Language != "en" || asked.People[0].Hopes != nil || !slices.Equal(asked.Missing, []string{"match", "limits"}) {
		t.Fatalf("%+v", asked)
	}
	if p.openTasks(models.TaskMatchCoach, asked.ID) != 1 {
		t.Error("nobody is asked to find a coach")
	}
	_, err := p.AskForCoach(p.as(mia), coaching.AskForCoach{})
	refused(t, err, coaching.CodeAlreadyAsked)

	p.core.Clock.Set(practiceDay.AddDate(0, 0, 3))
	queue := must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.desk(), coaching.EngagementQuery{Waiting: true, PageQuery: services.PageQuery{Limit: 25, Sort: "requested_at"}}))
	if len(queue.Data) != 1 || *queue.Data[0].WaitingDays != 3 || queue.Data[0].As != "staff" {
		t.Fatalf("%+v", queue)
	}
	found := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.desk(), asked.ID))
	if len(found.Data) != 1 || found.Data[0].CoachID != coach || found.Data[0].Free == 0 || found.Data[0].NextFree.In(newYork(t)).Weekday() != time.Monday {
		t.Fatalf("%+v", found.Data)
	}
	must[*coaching.EngagementView](t)(p.Match(p.desk(), asked.ID, coaching.MatchCoach{CoachID: coach, Reason: "Knows night shifts."}))
	if p.openTasks(models.TaskMatchCoach, asked.ID) != 0 || p.mails(models.NoticeCoachingMatched, mia) != 1 || p.mails(models.NoticeCoachingProposed, coach) != 1 {
		t.Error("the task stays, or somebody is not told")
	}
	if h := p.sees(p.coaches(coach), asked.ID).People[0].Hopes; h == nil || *h != "Sleep through the night." {
		t.Errorf("the coach who is proposed reads %v", h)
	}
	if h := p.sees(p.desk(), asked.ID).People[0].Hopes; h != nil {
		t.Error("staff read what somebody hopes")
	}
	if v := must[*coaching.EngagementView](t)(p.AcceptMatch(p.coaches(coach), asked.ID, coaching.SayYes{})); v.State != models.EngagementMatched || !slices.Contains(v.Missing, "their_yes") {
		t.Fatalf("%+v", v)
	}
	v := must[*coaching.EngagementView](t)(p.AcceptMatch(p.as(mia), asked.ID, coaching.SayYes{}))
	if v.State != models.EngagementActive || !slices.Equal(v.Missing, []string{"limits"}) || v.SessionsLeft != 6 || p.mails(models.NoticeCoachingActive, coach) != 1 {
		t.Fatalf("%+v", v)
	}
	if l := must[*coaching.LimitsView](t)(p.Limits(p.as(mia), asked.ID)); l.Agreed || l.Text == nil || l.Text.VersionID != p.limits || l.People[0].Agreed {
		t.Fatalf("%+v", l)
	}
	p.signs(mia)
	if l := must[*coaching.LimitsView](t)(p.Limits(p.as(mia), asked.ID)); !l.Agreed || l.People[0].SignedOn == nil {
		t.Fatalf("%+v", l)
	}
	p.takesBack(mia)
	if l := must[*coaching.LimitsView](t)(p.Limits(p.coaches(coach), asked.ID)); l.Agreed || l.People[0].SignedOn != nil {
		t.Fatalf("%+v", l)
	}
}

func newYork(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestWhatSomebodyHopesIsForThemAndTheirCoach(t *testing.T) {
	p := openPractice(t)
	const canary = "heliotrope quince"
	coach, other, mia, leo := p.coach(), p.coach("Sam"), p.member(), p.member("Leo")
	p.couple(mia, leo)
	e := p.asks(p.as(mia), coaching.AskForCoach{Hopes: canary, PartnerMemberID: &leo})
	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(leo), e.ID))
	must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(leo), e.ID, coaching.EngagementPatch{Hopes: services.Some("Leo's own " + canary)}))
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach}))
	for _, c := range []struct {
		as   context.Context
		want int
	}{{p.as(mia), 1}, {p.as(leo), 1}, {p.coaches(coach), 2}, {p.desk(), 0}} {
		got := 0
		for _, one := range p.sees(c.as, e.ID).People {
			if one.Hopes != nil {
				got++
			}
		}
		if got != c.want {
			t.Errorf("%d hopes are shown, want %d", got, c.want)
		}
	}
	_, hidden := p.Engagement(p.coaches(other), e.ID)
	_, unknown := p.Engagement(p.coaches(other), services.NewID())
	if hidden == nil || hidden.Error() != unknown.Error() {
		t.Errorf("%v, %v", hidden, unknown)
	}
	_, err := p.UpdateEngagement(p.desk(), e.ID, coaching.EngagementPatch{Hopes: services.Some("Staff say so")})
	refused(t, err, "own_hopes")
	_, err = p.UpdateEngagement(p.coaches(coach), e.ID, coaching.EngagementPatch{Language: services.Some("es")})
	refused(t, err, "coach_reads")
	for table, rows := range p.db.Dump(t) {
		if strings.Contains(rows, "heliotrope") {
			t.Errorf("%s holds what somebody hopes", table)
		}
	}
}

func TestWhatCannotBeIsToldByItsField(t *testing.T) {
	p := openPractice(t)
	mia := p.member()
	nobody := services.NewID()
	_, err := p.AskForCoach(p.as(mia), coaching.AskForCoach{ProgramID: &nobody, CoachWishes: coaching.CoachWishes{Hours: []string{"MO 10:00-12:00", "MO 12:00-10:00"}, TimeZone: "Mars/Olympus", Language: "?"}})
	if want := []string{"/hours/1 not_hours", "/language bad_language", "/program_id unknown", "/time_zone unknown"}; !slices.Equal(fieldsOf(err), want) {
		t.Errorf("%v", fieldsOf(err))
	}
	for field, in := range map[string]coaching.AskForCoach{
		"/member_id unknown_member":     {MemberID: &nobody},
		"/partner_member_id not_linked": {PartnerMemberID: &nobody},
		"/wanted_coach_id unknown":      {CoachWishes: coaching.CoachWishes{WantedCoachID: &nobody}},
		"/guardian_id staff_only":       {GuardianID: &nobody},
		"/package_sessions staff_only":  {PackageSessions: new(9)},
	} {
		_, err := p.AskForCoach(p.as(mia), in)
		if !slices.Equal(fieldsOf(err), []string{field}) {
			t.Errorf("%v, want %s", err, field)
		}
	}
	// A coach from whom one is kept apart is none, nor is somebody unlinked a partner.
	kept, leo := p.coach(), p.member("Leo")
	p.apart(kept, mia, models.SeparationProtected)
	_, err = p.AskForCoach(p.as(mia), coaching.AskForCoach{CoachWishes: coaching.CoachWishes{WantedCoachID: &kept}})
	if !slices.Equal(fieldsOf(err), []string{"/wanted_coach_id unknown"}) {
		t.Error(err)
	}
	_, err = p.AskForCoach(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	if !slices.Equal(fieldsOf(err), []string{"/partner_member_id not_linked"}) {
		t.Error(err)
	}
	p.exec(`insert into programs (id, version, created_at, updated_at, name, slug, status) values ($1, 1, $2, $2, 'Other', 'other', 'active')`, services.NewID(), practiceDay)
	if _, err = p.AskForCoach(p.as(mia), coaching.AskForCoach{}); !slices.Equal(fieldsOf(err), []string{"/program_id required"}) {
		t.Error(err)
	}
	p.asks(p.as(leo), coaching.AskForCoach{ProgramID: &p.program})
	if got := p.asks(p.as(mia), coaching.AskForCoach{}); got.ProgramID != p.program {
		t.Error("the only program that has had coaching is not taken")
	}
}

func TestAPartnerWhoWouldRatherNotIsNotGivenAway(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo := p.coach(), p.member(), p.member("Leo")
	p.couple(mia, leo)
	e := p.asks(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	if p.mails(models.NoticeCoachingInvited, leo) != 1 {
		t.Error("the partner is not asked")
	}
	before := shown(t, p.sees(p.as(mia), e.ID))
	if now := must[*coaching.EngagementNow](t)(p.RefuseEngagement(p.as(leo), e.ID)); now.State != models.EngagementRequested {
		t.Errorf("%+v", now)
	}
	if after := shown(t, p.sees(p.as(mia), e.ID)); after != before {
		t.Errorf("it shows:\n%s\n%s", before, after)
	}
	if n := len(must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.as(mia), coaching.EngagementQuery{MemberID: leo, PageQuery: services.PageQuery{Limit: 25}})).Data); n != 1 {
		t.Error("a filter gives it away")
	}
	if _, err := p.Engagement(p.as(leo), e.ID); codeOf(err) != services.CodeNotFound {
		t.Error("who refused still sees it")
	}
	_, err := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach})
	refused(t, err, coaching.CodePartnerNotIn)
	if v := p.sees(p.desk(), e.ID); v.People[1].State != models.ParticipantRefused && v.People[0].State != models.ParticipantRefused {
		t.Error("staff do not see it")
	}
	must[*coaching.EngagementView](t)(p.AskPartner(p.desk(), e.ID, people.StaffReason{Reason: "Changed his mind."}))
	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(leo), e.ID))
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach}))
	p.signs(mia, leo)
	must[*coaching.EngagementView](t)(p.AcceptMatch(p.as(mia), e.ID, coaching.SayYes{}))
	must[*coaching.EngagementView](t)(p.AcceptMatch(p.coaches(coach), e.ID, coaching.SayYes{}))
	if v := must[*coaching.EngagementView](t)(p.AcceptMatch(p.desk(), e.ID, coaching.SayYes{MemberID: &leo})); v.State != models.EngagementActive {
		t.Errorf("%+v", v)
	}

	_, err = p.EndEngagement(p.as(leo), e.ID, coaching.EndEngagement{})
	refused(t, err, "leave_alone")
	p.appointment(e.ID, coach, practiceDay.AddDate(0, 0, 7), mia, leo)
	left := must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(leo), e.ID))
	if left.State != models.EngagementEnded || p.sees(p.as(mia), e.ID).State != models.EngagementPaused || p.count(`select count(*) from coaching_sessions where live`) != 0 || p.openTasks(models.TaskHeldEngagement, e.ID) != 1 {
		t.Errorf("%+v", left)
	}
	_, err = p.ResumeEngagement(p.as(mia), e.ID)
	refused(t, err, coaching.CodeStaffResume)
	must[*coaching.EngagementView](t)(p.ResumeEngagement(p.desk(), e.ID))
}

// shown is what somebody sees, without what differs in any two requests.
func shown(t *testing.T, v *coaching.EngagementView) string {
	t.Helper()
	out := *v
	out.ID, out.CreatedAt, out.UpdatedAt, out.RequestedAt, out.RequestedBy = uuid.Nil, time.Time{}, time.Time{}, time.Time{}, uuid.Nil
	out.People = slices.Clone(v.People)
	for i := range out.People {
		out.People[i].MemberID, out.People[i].Name = uuid.Nil, ""
	}
	raw, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWhatStaffLookAtLooksLikeEverythingElse(t *testing.T) {
	p := openPractice(t)
	ask := func(first, second uuid.UUID) string {
		p.couple(first, second)
		return shown(t, p.asks(p.as(first), coaching.AskForCoach{PartnerMemberID: &second}))
	}
	plain := ask(p.member("Ana"), p.member("Ben"))
	kept, protected := p.member("Kay"), p.member("Pat")
	p.apart(protected, kept, models.SeparationProtected)
	if got := ask(kept, protected); got != plain {
		t.Errorf("a partner from whom one is kept apart shows:\n%s\n%s", plain, got)
	}
	if p.mails(models.NoticeCoachingInvited, protected) != 0 {
		t.Error("the protected side is written to")
	}
	if page := must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.as(protected), coaching.EngagementQuery{PageQuery: services.PageQuery{Limit: 25}})); len(page.Data) != 0 {
		t.Error("or sees it")
	}
	elsewhere := p.member("Eve")
	p.apart(p.member("Far"), elsewhere, models.SeparationProtected)
	if got := ask(elsewhere, p.member("Flo")); got != plain {
		t.Errorf("a separation from somebody else shows:\n%s\n%s", plain, got)
	}
	taken, busy := p.member("Tom"), p.member("Uma")
	p.engagement(p.coach(), busy, p.member("Vic"))
	if got := ask(taken, busy); got != plain {
		t.Errorf("a partner who is coached with another shows:\n%s\n%s", plain, got)
	}
	// Two guardians of one child.
	one, two := p.member("Gia"), p.member("Hal")
	maya := p.child(one, true)
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, two, maya, p.boss)
	first := p.asks(p.as(one), coaching.AskForCoach{MemberID: &maya})
	second := p.asks(p.as(two), coaching.AskForCoach{MemberID: &maya})
	if _, err := p.Match(p.desk(), second.ID, coaching.MatchCoach{CoachID: p.coach("Jo")}); codeOf(err) != coaching.CodePartnerNotIn || !strings.Contains(err.Error(), "another wish") {
		t.Errorf("staff are told of a couple: %v", err)
	}
	if a, b := shown(t, first), shown(t, second); a != b {
		t.Errorf("another guardian's request shows:\n%s\n%s", a, b)
	}
	for _, g := range []uuid.UUID{one, two} {
		_, err := p.AskForCoach(p.as(g), coaching.AskForCoach{MemberID: &maya})
		refused(t, err, coaching.CodeAlreadyAsked)
	}
	if _, err := p.Engagement(p.as(one), second.ID); codeOf(err) != services.CodeNotFound {
		t.Error("a guardian sees what the other asked for")
	}
	if v := p.sees(p.desk(), second.ID); !slices.Equal(v.Review, []string{"second"}) {
		t.Errorf("%v", v.Review)
	}
}

func TestAChildIsAskedForAndAnsweredForByAGuardian(t *testing.T) {
	p := openPractice(t)
	coach, ana := p.coach(), p.member("Ana")
	maya := p.child(ana, true)
	_, err := p.AskForCoach(p.as(maya), coaching.AskForCoach{})
	if !slices.Equal(fieldsOf(err), []string{"/member_id adult_required"}) {
		t.Error(err)
	}
	e := p.asks(p.desk(), coaching.AskForCoach{MemberID: &maya, Hopes: "Less fear of school.", PackageSessions: new(8)})
	if e.PackageSessions != 8 {
		t.Errorf("%+v", e)
	}
	unready := p.coach("Una")
	p.exec(`update coaches set with_minors = false where id = $1`, unready)
	_, err = p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: unready})
	refused(t, err, coaching.CodeCoachUnavailable)
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach}))
	if p.mails(models.NoticeCoachingMatched, ana) != 1 || p.mails(models.NoticeCoachingMatched, maya) != 0 {
		t.Error("the guardian is not told, or the child is")
	}
	v := p.sees(p.as(ana), e.ID)
	if v.As != "guardian" || v.People[0].Hopes != nil || !slices.Contains(v.Missing, "your_yes") {
		t.Errorf("%+v", v)
	}
	_, err = p.AcceptMatch(p.as(maya), e.ID, coaching.SayYes{})
	if !slices.Equal(fieldsOf(err), []string{"/member_id unknown_member"}) {
		t.Error(err)
	}
	must[*coaching.EngagementView](t)(p.AcceptMatch(p.as(ana), e.ID, coaching.SayYes{}))
	if v := must[*coaching.EngagementView](t)(p.AcceptMatch(p.coaches(coach), e.ID, coaching.SayYes{})); v.State != models.EngagementActive || !slices.Equal(v.Missing, []string{"limits"}) {
		t.Errorf("%+v", v)
	}
	p.signsFor(ana, maya)
	if v := p.sees(p.as(ana), e.ID); len(v.Missing) != 0 {
		t.Errorf("%+v", v.Missing)
	}
}

func TestNobodyIsStaffForThemselvesOrKin(t *testing.T) {
	p := openPractice(t)
	coach, sue := p.coach(), p.staff("Sue", models.RoleCoordinator)
	own := p.asks(p.as(sue, models.RoleCoordinator), coaching.AskForCoach{})
	_, err := p.Match(p.as(sue, models.RoleCoordinator), own.ID, coaching.MatchCoach{CoachID: coach})
	refused(t, err, "own_record")
	if got := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.as(sue, models.RoleCoordinator), own.ID)).Data; len(got) != 1 || got[0].MatchWeight != nil {
		t.Errorf("a coordinator who asks for herself sees what staff see: %+v", got)
	}
	kin := p.member("Kin")
	p.couple(sue, kin)
	e := p.asks(p.as(kin), coaching.AskForCoach{})
	_, err = p.Match(p.as(sue, models.RoleCoordinator), e.ID, coaching.MatchCoach{CoachID: coach})
	refused(t, err, services.CodeNotFound)
	must[*coaching.EngagementView](t)(p.Match(p.desk(), own.ID, coaching.MatchCoach{CoachID: coach}))
}

func TestThatOneOfTwoLeftIsNotToldToTheOther(t *testing.T) {
	p := openPractice(t)
	coach, mia, leo := p.coach(), p.member(), p.member("Leo")
	e := p.engagement(coach, mia, leo)
	h := p.proposed(e, p.coach("Omar"), false)
	must[*coaching.EngagementView](t)(p.PauseEngagement(p.desk(), e, coaching.PauseEngagement{}))
	mails := p.count(`select count(*) from messages where member_id = $1`, mia)
	state := func(ctx context.Context) (out models.ParticipantState) {
		for _, v := range p.sees(ctx, e).People {
			if v.MemberID == leo {
				out = v.State
			}
		}
		return out
	}
	limits := func() *coaching.LimitsView { return must[*coaching.LimitsView](t)(p.Limits(p.as(mia), e)) }
	before := shown(t, p.sees(p.as(mia), e))
	must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(leo), e))
	v := p.sees(p.as(mia), e)
	v.Version--
	if after := shown(t, v); after != before || len(limits().People) != 2 {
		t.Errorf("it shows:\n%s\n%s", before, after)
	}
	if len(must[*coaching.HandOverView](t)(p.GetHandOver(p.as(mia), h)).People) != 2 {
		t.Error("a hand-over that waits shows it")
	}
	if p.count(`select count(*) from messages where member_id = $1`, mia) != mails {
		t.Error("a pause is told that was one already")
	}
	_, err := p.EndEngagement(p.as(mia), e, coaching.EndEngagement{})
	refused(t, err, "leave_alone")
	if state(p.desk()) != models.ParticipantLeft || state(p.coaches(coach)) != models.ParticipantLeft || state(p.as(leo)) != models.ParticipantLeft {
		t.Error("our team, the coach or who left does not see it")
	}
	must[*coaching.EngagementView](t)(p.ResumeEngagement(p.desk(), e))
	if state(p.as(mia)) != models.ParticipantLeft || len(limits().People) != 1 {
		t.Error("it goes on, as if with both")
	}
}
