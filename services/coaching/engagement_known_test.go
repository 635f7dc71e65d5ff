package coaching_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// limitsSeen is what somebody reads of who has agreed.
func (p *practice) limitsSeen(member, engagement uuid.UUID) (out []string) {
	p.t.Helper()
	l := must[*coaching.LimitsView](p.t)(p.Limits(p.as(member), engagement))
	for _, one := range l.People {
		word := " not yet"
		if one.Agreed {
			word = " agreed"
		}
		out = append(out, one.Name+word)
	}
	slices.Sort(out)
	return out
}

// Neither that somebody is coached by another, nor that they would rather not, is for the one who asked them along.
func TestWhatIsKnownOfWhoIsAskedAlong(t *testing.T) {
	p := openPractice(t)
	ann, bea, sam := p.member("Ann"), p.member("Bea"), p.coach("Sam")
	p.couple(ann, bea)
	alone := p.engagement(sam, bea)
	p.appointment(alone, sam, practiceDay.AddDate(0, 0, 7).Add(time.Hour), bea)
	dana := p.coach("Dana")
	e := p.asks(p.as(ann), coaching.AskForCoach{PartnerMemberID: &bea})
	look := func() (string, []string) {
		t.Helper()
		return shown(t, p.sees(p.as(ann), e.ID)), p.limitsSeen(ann, e.ID)
	}
	before, limits := look()
	if !slices.Equal(limits, []string{"Ann R. not yet", "Bea R. not yet"}) {
		t.Errorf("of who is asked it shows %v", limits)
	}
	_, err := p.EndEngagement(p.as(ann), e.ID, coaching.EndEngagement{})
	refused(t, err, "leave_alone")
	_, err = p.UpdateEngagement(p.as(bea), e.ID, coaching.EngagementPatch{Language: services.Some("es")})
	refused(t, err, coaching.CodeNotNow)
	days := coaching.SlotDaysQuery{From: "2026-09-08", To: "2026-09-08"}
	all := must[*coaching.CoachSlots](t)(p.CoachSlots(p.as(ann), dana, coaching.CoachSlotQuery{SlotDaysQuery: days}))
	with := must[*coaching.CoachSlots](t)(p.CoachSlots(p.as(ann), dana, coaching.CoachSlotQuery{SlotDaysQuery: days, EngagementID: e.ID}))
	if len(all.Days) != 1 || len(with.Days) != 1 || len(all.Days[0].Slots) != len(with.Days[0].Slots) {
		t.Error("it shows when who is asked along is with their own coach")
	}
	must[*coaching.EngagementNow](t)(p.RefuseEngagement(p.as(bea), e.ID))
	if after, now := look(); after != before || !slices.Equal(limits, now) {
		t.Errorf("a refusal shows: %v %v\n%s\n%s", limits, now, before, after)
	}
	_, err = p.EndEngagement(p.as(ann), e.ID, coaching.EndEngagement{})
	refused(t, err, "leave_alone")
	if v := must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(ann), e.ID)); v.State != models.EngagementEnded {
		t.Errorf("%+v", v)
	}
}

// Who left sees no more of it than they knew then, and changes nothing.
func TestWhoLeftSeesNoMoreOfIt(t *testing.T) {
	p := openPractice(t)
	ann, bea, dana, sam := p.member("Ann"), p.member("Bea"), p.coach(), p.coach("Sam")
	e := p.engagement(dana, ann, bea)
	must[*coaching.EngagementView](t)(p.LeaveEngagement(p.as(ann), e))
	before := shown(t, p.sees(p.as(ann), e))
	p.core.Clock.Set(practiceDay.AddDate(0, 0, 1))
	must[*coaching.EngagementView](t)(p.ResumeEngagement(p.desk(), e))
	must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(bea), e, coaching.EngagementPatch{FocusAreas: services.Some([]models.Focus{"grief"}), TimeZone: services.Some("America/Denver")}))
	h := p.proposed(e, sam, true)
	must[*coaching.CoachingBooking](t)(p.BookSession(p.as(bea), coaching.BookCoaching{EngagementID: e, StartsAt: practiceDay.AddDate(0, 0, 7).Add(2 * time.Hour), Modality: "online"}))
	must[*coaching.EngagementView](t)(p.AskForAnotherCoach(p.as(bea), e))
	p.takesBack(bea)
	if after := shown(t, p.sees(p.as(ann), e)); after != before {
		t.Errorf("what comes after shows:\n%s\n%s", before, after)
	}
	if l := p.limitsSeen(ann, e); !slices.Equal(l, []string{"Ann R. agreed"}) {
		t.Errorf("%v", l)
	}
	_, err := p.GetHandOver(p.as(ann), h)
	refused(t, err, services.CodeNotFound)
	for _, states := range [][]models.EngagementState{{models.EngagementActive}, {models.EngagementEnded}, {models.EngagementPaused}} {
		n := len(must[services.Page[coaching.EngagementView]](t)(p.Engagements(p.as(ann), coaching.EngagementQuery{State: states, PageQuery: services.PageQuery{Limit: 25}})).Data)
		if (states[0] == models.EngagementEnded) != (n == 1) {
			t.Errorf("%v finds %d", states, n)
		}
	}
	_, err = p.UpdateEngagement(p.as(ann), e, coaching.EngagementPatch{Language: services.Some("es")})
	refused(t, err, coaching.CodeNotNow)
	_, err = p.BookSession(p.as(ann), coaching.BookCoaching{EngagementID: e, StartsAt: practiceDay.AddDate(0, 0, 8).Add(2 * time.Hour), Modality: "online"})
	refused(t, err, coaching.CodeNotActive)
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(sam), h, coaching.AnswerHandOver{}))
	yes := true
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(bea), h, coaching.AnswerHandOver{History: &yes}))
	if got := p.text(`select history::text from engagement_coaches where engagement_id = $1 and ends_at is null`, e); got != "false" {
		t.Error("the new coach reads what came before, of whom nobody asked")
	}
	if v := p.sees(p.as(ann), e); v.Coach != "" || v.CoachID != nil {
		t.Errorf("who left learns of the new coach %s", v.Coach)
	}
}

// A wish for a child, or for an adult in somebody's care, beside one that there is already.
func TestASecondWishLooksLikeTheFirst(t *testing.T) {
	p := openPractice(t)
	one, two := p.member("Gia"), p.member("Hal")
	maya := p.child(one, true)
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, two, maya, p.boss)
	p.exec(`update accounts set roles = '{coordinator,member}' where id = $1`, one)
	first, second := p.asks(p.as(one), coaching.AskForCoach{MemberID: &maya}), p.asks(p.as(two), coaching.AskForCoach{MemberID: &maya})
	p.signsFor(two, maya)
	a, b := p.sees(p.as(one), first.ID), p.sees(p.as(two), second.ID)
	if x, y := shown(t, a), shown(t, b); x != y || !b.People[0].Agreed || slices.Contains(b.Missing, "limits") {
		t.Errorf("signed, the second shows:\n%s\n%s", x, y)
	}
	if x, y := p.limitsSeen(one, first.ID), p.limitsSeen(two, second.ID); !slices.Equal(x, y) || len(y) != 1 {
		t.Errorf("limits: %v, %v", x, y)
	}
	// The other guardian is not staff of it, whatever they are.
	boss := p.as(one, models.RoleCoordinator, models.RoleMember)
	_, err := p.Engagement(boss, second.ID)
	refused(t, err, services.CodeNotFound)
	if n := len(must[services.Page[coaching.EngagementView]](t)(p.Engagements(boss, coaching.EngagementQuery{MemberID: maya, PageQuery: services.PageQuery{Limit: 25}})).Data); n != 1 {
		t.Errorf("they find %d", n)
	}

	ask := func(adult uuid.UUID) *coaching.EngagementView {
		t.Helper()
		carer := p.member("Cal")
		p.exec(`insert into relationships (id, version, created_at, updated_at, member_id, other_id, kind, status, asked_by, decided_at)
			values ($1, 1, $2, $2, $3, $4, 'caregiver', 'accepted', $3, $2)`, services.NewID(), practiceDay, carer, adult)
		return p.asks(p.as(carer), coaching.AskForCoach{MemberID: &adult})
	}
	free, coached := p.member("Fay"), p.member("Guy")
	p.engagement(p.coach(), coached)
	p.signs(free)
	plain, beside := ask(free), ask(coached)
	if x, y := shown(t, plain), shown(t, beside); x != y {
		t.Errorf("a caregiver sees that the other has a coach:\n%s\n%s", x, y)
	}
	if v := p.sees(p.desk(), beside.ID); !slices.Equal(v.Review, []string{"second"}) {
		t.Errorf("%v", v.Review)
	}
}

// What was shared before is for a coach to read when those who are coached have said so, by whatever way the coach comes to it.
func TestHistoryIsForThoseToGiveWhoAreCoached(t *testing.T) {
	p := openPractice(t)
	dana, sam, ann := p.coach(), p.coach("Sam"), p.member("Ann")
	term := func(e uuid.UUID) string {
		t.Helper()
		return p.text(`select history::text || ' ' || (starts_at at time zone 'UTC')::date from engagement_coaches where engagement_id = $1 and ends_at is null`, e)
	}
	e := p.engagement(dana, ann)
	h, no := p.proposed(e, sam, false), false
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(sam), h, coaching.AnswerHandOver{}))
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(ann), h, coaching.AnswerHandOver{History: &no}))
	p.core.Clock.Set(practiceDay.AddDate(0, 0, 3))
	must[*coaching.EngagementView](t)(p.CompleteEngagement(p.coaches(sam), e, coaching.CompleteEngagement{}))
	must[*coaching.EngagementView](t)(p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "Closed by mistake."}))
	if got := term(e); got != "false 2026-09-01" {
		t.Errorf("reopened: %s", got)
	}
	must[*coaching.EngagementView](t)(p.EndEngagement(p.desk(), e, coaching.EndEngagement{}))
	p.exec(`update coaches set suspended_at = $2 where id = $1`, sam, practiceDay)
	must[*coaching.EngagementView](t)(p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "They want to go on."}))
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e, coaching.MatchCoach{CoachID: dana}))
	if got := term(e); got != "false 2026-09-04" {
		t.Errorf("matched anew: %s", got)
	}
	if got := term(p.matched(p.member("Bo"), dana)); got != "true 2026-09-04" {
		t.Errorf("matched for the first time: %s", got)
	}
}

// Why somebody called a session off was said to the coach of then.
func TestWhyASessionWasCalledOffIsForItsCoach(t *testing.T) {
	p := openPractice(t)
	dana, sam, ann := p.coach(), p.coach("Sam"), p.member("Ann")
	e := p.engagement(dana, ann)
	s := must[*coaching.CoachingBooking](t)(p.BookSession(p.as(ann), coaching.BookCoaching{EngagementID: e, StartsAt: practiceDay.AddDate(0, 0, 7).Add(2 * time.Hour), Modality: "online"}))
	must[*coaching.CoachingSessionView](t)(p.CancelSession(p.as(ann), s.ID, coaching.CancelCoaching{Reason: "Relapsed on Friday"}))
	reads := func(coach uuid.UUID) bool {
		t.Helper()
		return must[*coaching.CoachingSessionView](t)(p.Session(p.coaches(coach), s.ID)).Reason != nil
	}
	if !reads(dana) {
		t.Error("its coach does not read it")
	}
	must[*coaching.EngagementView](t)(p.CompleteEngagement(p.coaches(dana), e, coaching.CompleteEngagement{}))
	p.exec(`update engagements set closed_at = $2 where id = $1`, e, practiceDay.Add(-models.NotesKeptOpen))
	if v, err := p.Session(p.coaches(dana), s.ID); err == nil && v.Reason != nil {
		t.Error("its coach reads it for ever")
	}
	must[*coaching.EngagementView](t)(p.ReopenEngagement(p.desk(), e, people.StaffReason{Reason: "Goes on."}))
	h, no := p.proposed(e, sam, false), false
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(sam), h, coaching.AnswerHandOver{}))
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(ann), h, coaching.AnswerHandOver{History: &no}))
	if reads(sam) {
		t.Error("the next coach reads it")
	}
}

// No new contact: who is suspended or archived finds no client, by whatever way, and nobody comes to a session that is with staff.
func TestWhoDoesNotCoachNowFindsNoClient(t *testing.T) {
	p := openPractice(t)
	dana, ann := p.coach(), p.member("Ann")
	e := p.engagement(dana, ann)
	s := must[*coaching.CoachingBooking](t)(p.BookSession(p.as(ann), coaching.BookCoaching{EngagementID: e, StartsAt: practiceDay.AddDate(0, 0, 7).Add(2 * time.Hour), Modality: "phone"}))
	p.core.Clock.Set(s.StartsAt.Add(-5 * time.Minute))
	for _, column := range []string{"suspended_at", "archived_at"} {
		p.exec(`update coaches set `+column+` = $2 where id = $1`, dana, practiceDay)
		for _, coach := range []struct{ roles []models.Role }{{[]models.Role{models.RoleCoach}}, {[]models.Role{models.RoleCoach, models.RoleCoordinator}}} {
			as := p.as(dana, coach.roles...)
			_, err := p.Engagement(as, e)
			refused(t, err, services.CodeNotFound)
			_, err = p.Session(as, s.ID)
			refused(t, err, services.CodeNotFound)
			_, err = p.JoinSession(as, s.ID, coaching.JoinCoaching{})
			refused(t, err, services.CodeNotFound)
			_, err = p.StartSession(as, s.ID)
			refused(t, err, coaching.CodeCoachSuspended)
			if n := len(must[services.Page[coaching.EngagementView]](t)(p.Engagements(as, coaching.EngagementQuery{PageQuery: services.PageQuery{Limit: 25}})).Data); n != 0 {
				t.Errorf("%s: %d clients", column, n)
			}
		}
		p.exec(`update coaches set suspended_at = null, archived_at = null`)
	}
	_, err := p.Engagement(p.as(dana, models.RoleCoordinator), e) // who lost the role is not staff of their own client
	refused(t, err, services.CodeNotFound)
	must[*coaching.CoachingTicket](t)(p.JoinSession(p.coaches(dana), s.ID, coaching.JoinCoaching{}))
	p.exec(`update coaching_sessions set to_staff_at = $2 where id = $1`, s.ID, practiceDay)
	for _, who := range []uuid.UUID{dana, ann} {
		_, err := p.JoinSession(p.as(who, models.RoleCoach, models.RoleMember), s.ID, coaching.JoinCoaching{})
		refused(t, err, coaching.CodeSessionState)
	}
}

// What goes along in a hand-over could be booked with the new coach, too.
func TestAHandOverOfAMinorAsksWhatABookingAsks(t *testing.T) {
	p := openPractice(t)
	dana, sam, ana := p.coach(), p.coach("Sam"), p.member("Ana")
	maya := p.child(ana, true)
	p.signsFor(ana, maya)
	e := p.engagement(dana, maya)
	p.enteredBy(e, maya, ana)
	p.appointment(e, dana, practiceDay.AddDate(0, 0, 7).Add(2*time.Hour), maya)
	inPerson := p.appointment(e, dana, practiceDay.AddDate(0, 0, 8).Add(2*time.Hour), maya)
	p.exec(`update coaching_sessions set modality = 'in_person', place = 'Room 4' where id = $1`, inPerson)
	p.exec(`update coaches set place_visible = false, place = 'His cellar' where id = $1`, sam)
	h, yes := p.proposed(e, sam, true), true
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(sam), h, coaching.AnswerHandOver{}))
	answer := coaching.AnswerHandOver{History: &yes}
	p.exec(`update coaches set with_minors = false where id = $1`, sam)
	_, err := p.AcceptHandOver(p.as(ana), h, answer)
	refused(t, err, coaching.CodeCoachUnavailable)
	p.exec(`update coaches set with_minors = true where id = $1`, sam)
	p.couple(sam, maya)
	_, err = p.AcceptHandOver(p.as(ana), h, answer)
	refused(t, err, coaching.CodeCoachUnavailable)
	p.exec(`delete from relationships`)
	done := must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(ana), h, answer))
	if done.Moved != 1 || done.CalledOff != 1 || p.stateOf(inPerson) != models.CoachingCancelledByStaff {
		t.Errorf("%+v", done)
	}
}

// A minor's coach who works with minors no more has no new session with them.
func TestWhoWorksWithMinorsNoMoreIsNotBookedWithOne(t *testing.T) {
	p := openPractice(t)
	dana, ana := p.coach(), p.member("Ana")
	maya := p.child(ana, true)
	p.signsFor(ana, maya)
	e := p.engagement(dana, maya)
	p.enteredBy(e, maya, ana)
	p.exec(`update coaches set with_minors = false where id = $1`, dana)
	_, err := p.BookSession(p.as(ana), coaching.BookCoaching{EngagementID: e, StartsAt: practiceDay.AddDate(0, 0, 7).Add(2 * time.Hour), Modality: "online"})
	refused(t, err, coaching.CodeCoachUnavailable)
}
