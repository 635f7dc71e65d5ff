package records_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/records"
)

// coaches are the use cases of coaching in this house.
func (h *house) coaches() *coaching.Service {
	h.Helper()
	return coaching.New(h.core, coaching.Config{BaseURL: "https://homefront.example", OrgName: "Homefront"})
}

// coach is somebody who coaches.
func (h *house) coach(name string) human {
	h.Helper()
	c := h.human(name, models.RoleCoach)
	h.exec(`insert into coaches (id, created_at, updated_at, modalities, time_zone) values ($1, $2, $2, '{online}', 'America/New_York')`, c.member, noon)
	for _, kind := range models.ForCoachesOf(true) {
		h.exec(`insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on) values ($1, 1, $2, $2, $3, $4, '2026-01-01')`, services.NewID(), noon, c.member, string(kind))
	}
	return c
}

// engaged is an engagement in a state, with a coach unless it is only requested.
func (h *house) engaged(state models.EngagementState, coach human, members ...uuid.UUID) uuid.UUID {
	h.Helper()
	id := services.NewID()
	var with *uuid.UUID
	if state != models.EngagementRequested {
		with = &coach.member
	}
	h.exec(`insert into engagements (id, created_at, updated_at, program_id, coach_id, state, joint, language, time_zone, requested_at, requested_by, paused_at, activated_at)
		values ($1, $2, $2, $3, $4, $5, $6, 'en', 'America/New_York', $2, $7, case when $5 = 'paused' then $2::timestamptz end, case when $5 in ('active', 'paused') then $2::timestamptz end)`,
		id, noon, h.program("Coaching "+id.String(), 0), with, string(state), len(members) > 1, members[0])
	if with != nil {
		h.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at) values ($1, $2, $3, $4)`, services.NewID(), id, coach.member, noon)
	}
	for _, m := range members {
		h.exec(`insert into engagement_participants (id, engagement_id, member_id, joint, live, state) values ($1, $2, $3, $4, true, 'joined')`, services.NewID(), id, m, len(members) > 1)
	}
	return id
}

// meets books a session of an engagement some days ahead, as booking does.
func (h *house) meets(engagement uuid.UUID, days int) uuid.UUID {
	h.Helper()
	id, start := services.NewID(), noon.AddDate(0, 0, days)
	h.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id)
		select $1, $2, $2, id, coach_id, 'booked', $4, $5, 'America/New_York', 'online', requested_by, $1 from engagements where id = $3`, id, noon, engagement, start, start.Add(50*time.Minute))
	h.exec(`insert into coaching_attendance (session_id, member_id) select $1, member_id from engagement_participants where engagement_id = $2`, id, engagement)
	who := `(select 'person' as kind, coach_id as id from engagements where id = $1 union select 'person', member_id from engagement_participants where engagement_id = $1) w`
	h.exec(`insert into resources (kind, id) select w.kind, w.id from `+who+` on conflict do nothing`, engagement)
	h.exec(`insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id)
		select gen_random_uuid(), w.kind, w.id, tstzrange($2, $3), $2, $3, 'coaching_session', $4 from `+who, engagement, start, start.Add(50*time.Minute), id)
	return id
}

func (h *house) engagement(id uuid.UUID) string {
	h.Helper()
	return h.text(`select concat_ws(' ', state, pause_reason, end_reason, case when coach_id is null then 'uncoached' end, nullif(array_to_string(review, ','), '')) from engagements where id = $1`, id)
}

func (h *house) session(id uuid.UUID) string {
	h.Helper()
	return h.text(`select concat_ws(' ', s.state, case when s.to_staff_at is not null then 'to_staff' end, (select count(*) from commitments c where c.source_id = s.id)) from coaching_sessions s where s.id = $1`, id)
}

func (h *house) is(what, got, want string) {
	h.Helper()
	if got != want {
		h.Errorf("%s is %q, want %q", what, got, want)
	}
}

// A separation of two people stops coaching that brings them together at once, and says nothing.
func TestASeparationStopsCoachingAtOnce(t *testing.T) {
	h := build(t)
	h.coaches()
	dana, eli := h.coach("Dana Wells"), h.coach("Eli Stone")
	mia, max := h.human("Mia Reyes"), h.human("Max Reyes")
	teen := h.known("Tom Reyes", 15, models.KindChild)
	h.guard(max.member, teen)
	couple, alone, theirs := h.engaged(models.EngagementActive, dana, mia.member, max.member), h.engaged(models.EngagementActive, eli, mia.member), h.engaged(models.EngagementActive, eli, teen)
	h.exec(`update engagement_participants set entered_by = $2 where engagement_id = $1`, theirs, max.member)
	booked, other, hers := h.meets(couple, 3), h.meets(alone, 4), h.meets(theirs, 5)

	s := h.separate(h.cora, models.SeparationProtected, mia.member, max.member)
	h.is("the couple's engagement", h.engagement(couple), "paused held")
	h.is("their session", h.session(booked), "cancelled_by_staff 0")
	h.is("what she has alone", h.engagement(alone)+" "+h.session(other), "active booked 2")
	if len(s.Engagements) != 1 || s.Engagements[0].EngagementID != couple || s.Engagements[0].State != models.EngagementPaused {
		t.Errorf("the separation tells of %+v", s.Engagements)
	}
	for _, who := range []human{mia, max, dana} {
		if n := h.count(`select count(*) from messages where member_id = $1 and event = 'coaching.cancelled'`, who.member); n != 1 {
			t.Errorf("%s has %d mails, want one as of any session that is called off", who.email, n)
		}
	}
	if n := h.count(`select count(*) from messages where event like '%separat%' or data::text ~* 'separat|apart|held'`); n > 0 {
		t.Errorf("%d messages say why", n)
	}
	if n := h.count(`select count(*) from tasks where kind = 'held_engagement' and record_id = $1 and member_id = $2 and also_about = array[$3::uuid]`, couple, max.member, mia.member); n != 1 {
		t.Errorf("%d tasks", n)
	}
	if n := h.count(`select count(*) from audit_log where action = 'engagement.pause'`); n > 0 {
		t.Error("the log of acts tells of a pause")
	}

	// Of a coach and a client, and of a coach and the guardian who comes with a minor.
	h.separate(h.cora, models.SeparationMutual, eli.member, max.member)
	h.is("the minor's engagement", h.engagement(theirs)+" "+h.session(hers), "paused held cancelled_by_staff 0")
	h.separate(h.cora, models.SeparationMutual, eli.member, mia.member)
	h.is("what she has alone", h.engagement(alone)+" "+h.session(other), "paused held cancelled_by_staff 0")

	// Once it ends staff let it go on; nothing goes on by itself.
	if _, err := h.records.EndSeparation(h.as(h.cora), s.ID, records.SeparationReason{Reason: "Both asked for it"}); err != nil {
		t.Fatal(err)
	}
	h.is("the couple's engagement", h.engagement(couple), "paused held")
}

// What has not begun waits for staff: a coach who was proposed is taken out as if they had declined.
func TestASeparationTakesAProposalBack(t *testing.T) {
	h := build(t)
	h.coaches()
	dana := h.coach("Dana Wells")
	mia, max := h.human("Mia Reyes"), h.human("Max Reyes")
	matched, asked := h.engaged(models.EngagementMatched, dana, mia.member), h.engaged(models.EngagementRequested, dana, mia.member, max.member)
	h.separate(h.cora, models.SeparationMutual, dana.member, mia.member)
	h.separate(h.cora, models.SeparationMutual, max.member, mia.member)
	h.is("what was proposed", h.engagement(matched), "requested uncoached held")
	h.is("the request", h.engagement(asked), "requested uncoached held")
	if n := h.count(`select count(*) from engagement_coaches where engagement_id = $1 and outcome = 'declined'`, matched); n != 1 {
		t.Error("the coach's time does not end as of one who declined")
	}
	if n := h.count(`select count(*) from tasks where kind = 'held_engagement'`); n != 2 {
		t.Errorf("%d tasks", n)
	}
	if n := h.count(`select count(*) from tasks where kind = 'match_coach' and record_id = $1`, matched); n != 1 {
		t.Errorf("%d tasks to match", n)
	}
}

// Whoever wants it to go on hears the same, whether our team has paused it or something stands between its people.
func TestAHeldEngagementLooksLikeAnyThatStaffPaused(t *testing.T) {
	h := build(t)
	c := h.coaches()
	dana := h.coach("Dana Wells")
	mia, ben := h.human("Mia Reyes"), h.human("Ben Price")
	held, paused := h.engaged(models.EngagementActive, dana, mia.member), h.engaged(models.EngagementPaused, dana, ben.member)
	h.exec(`update engagements set pause_reason = 'staff' where id = $1`, paused)
	h.separate(h.cora, models.SeparationProtected, dana.member, mia.member)
	_, one := c.ResumeEngagement(h.as(mia), held)
	_, two := c.ResumeEngagement(h.as(ben), paused)
	if codeOf(one) != coaching.CodeStaffResume || one.Error() != two.Error() {
		t.Errorf("%v and %v", one, two)
	}
	seen, err := c.Engagement(h.as(mia), held)
	other, failed := c.Engagement(h.as(ben), paused)
	if err != nil || failed != nil || seen.State != other.State || seen.ResumeOn != nil || len(seen.Review) != len(other.Review) {
		t.Errorf("%+v %v, %+v %v", seen, err, other, failed)
	}
	_, err = c.ResumeEngagement(h.as(h.cora), held)
	if codeOf(err) != coaching.CodeStaffResume {
		t.Errorf("staff let it go on while it stands: %v", err)
	}
}

// Of a separation and a resumption at once, the engagement never goes on.
func TestASeparationAgainstAResumption(t *testing.T) {
	h := build(t)
	c := h.coaches()
	dana := h.coach("Dana Wells")
	for i := range 10 {
		mia := h.human("Mia Reyes " + string(rune('a'+i)))
		e := h.engaged(models.EngagementPaused, dana, mia.member)
		h.exec(`update engagements set pause_reason = 'asked' where id = $1`, e)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = h.try(h.cora, models.SeparationMutual, dana.member, mia.member) })
		wg.Go(func() { _, _ = c.ResumeEngagement(h.as(mia), e) })
		wg.Wait()
		if got := h.engagement(e); got != "paused held" {
			t.Errorf("round %d: %s", i, got)
		}
	}
}

// handedTo is a hand-over that waits for no more than the yes of who would take over.
func (h *house) handedTo(c *coaching.Service, engagement uuid.UUID, mia, to human) uuid.UUID {
	h.Helper()
	yes := true
	o, err := c.HandOver(h.as(h.cora), engagement, coaching.ProposeHandOver{ToCoachID: to.member})
	if err == nil {
		_, err = c.AcceptHandOver(h.as(mia), o.ID, coaching.AnswerHandOver{History: &yes})
	}
	if err != nil {
		h.Fatal(err)
	}
	return o.ID
}

// A separation while a hand-over waits takes it back when it is from the coach who would take over; with the coach of now it is the way out.
func TestASeparationWhileAHandOverWaits(t *testing.T) {
	h := build(t)
	c := h.coaches()
	dana, sam, mia, ben := h.coach("Dana Wells"), h.coach("Sam Stone"), h.human("Mia Reyes"), h.human("Ben Price")
	e := h.engaged(models.EngagementActive, dana, mia.member)
	o, booked := h.handedTo(c, e, mia, sam), h.meets(e, 3)
	h.separate(h.cora, models.SeparationProtected, mia.member, sam.member)
	if _, err := c.GetHandOver(h.as(sam), o); codeOf(err) != services.CodeNotFound {
		t.Errorf("who is kept apart reads it: %v", err)
	}
	_, err := c.AcceptHandOver(h.as(sam), o, coaching.AnswerHandOver{})
	if codeOf(err) != services.CodeNotFound {
		t.Errorf("or takes over: %v", err)
	}
	h.is("what they do not take over", h.engagement(e)+" "+h.session(booked), "active booked 2")
	if n := h.count(`select count(*) from tasks where kind = 'held_engagement' and record_id = $1 and status = 'open'`, e); n != 1 {
		t.Errorf("%d tasks", n)
	}

	bens := h.engaged(models.EngagementActive, dana, ben.member)
	o = h.handedTo(c, bens, ben, sam)
	h.separate(h.cora, models.SeparationProtected, ben.member, dana.member)
	h.is("what is held", h.engagement(bens), "paused held")
	if v, err := c.AcceptHandOver(h.as(sam), o, coaching.AnswerHandOver{}); err != nil || v.State != models.HandOverDone {
		t.Fatalf("%+v %v", v, err)
	}
	if _, err := c.ResumeEngagement(h.as(h.cora), bens); err != nil {
		t.Errorf("with another coach staff let it go on: %v", err)
	}
}

// Of a separation and the last yes to a hand-over at once, nobody coaches from whom they are kept apart.
func TestASeparationAgainstAHandOver(t *testing.T) {
	h := build(t)
	c := h.coaches()
	dana, sam := h.coach("Dana Wells"), h.coach("Sam Stone")
	for i := range 10 {
		mia := h.human("Mia Reyes " + string(rune('a'+i)))
		e := h.engaged(models.EngagementActive, dana, mia.member)
		o := h.handedTo(c, e, mia, sam)
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := coretest.Patiently(func() error { _, err := h.try(h.cora, models.SeparationMutual, sam.member, mia.member); return err }); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			err := coretest.Patiently(func() error { _, err := c.AcceptHandOver(h.as(sam), o, coaching.AnswerHandOver{}); return err })
			if code := codeOf(err); err != nil && code != services.CodeNotFound && code != coaching.CodeNotNow {
				t.Error(err)
			}
		})
		wg.Wait()
		got := h.engagement(e) + " " + h.text(`select concat(h.state, ' ', e.coach_id = h.to_coach_id) from hand_overs h join engagements e on e.id = h.engagement_id where h.id = $1`, o)
		if got != "paused held done t" && got != "active cancelled f" {
			t.Errorf("round %d: %s", i, got)
		}
	}
}

// The death of somebody who is coached ends it without a word from us: people call.
func TestADeathEndsCoachingInSilence(t *testing.T) {
	h := build(t)
	h.coaches()
	dana := h.coach("Dana Wells")
	luis, ana, eve := h.human("Luis Ortega"), h.human("Ana Ortega"), h.human("Eve Stone")
	couple, alone := h.engaged(models.EngagementActive, dana, luis.member, ana.member), h.engaged(models.EngagementActive, dana, luis.member)
	first, second, clashing := h.meets(couple, 3), h.meets(couple, 17), h.meets(alone, 5)
	id := h.bury(luis.member)
	for _, e := range []uuid.UUID{couple, alone} {
		h.is("an engagement", h.engagement(e), "ended died")
	}
	for _, s := range []uuid.UUID{first, second, clashing} {
		h.is("a session", h.session(s), "cancelled_by_staff 0")
	}
	if n := h.count(`select count(*) from messages where event like 'coaching.%' or event like 'engagement.%'`); n > 0 {
		t.Errorf("%d messages", n)
	}
	for _, who := range []human{dana, ana} {
		if n := h.count(`select count(*) from tasks where kind = 'call' and member_id = $1 and also_about = array[$2::uuid] and status = 'open'`, who.member, luis.member); n == 0 {
			t.Errorf("nobody is to call %s", who.email)
		}
	}

	// It was not true, and one of the times is taken by now.
	taken := h.engaged(models.EngagementActive, dana, eve.member)
	h.meets(taken, 5)
	v, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another man"})
	if err != nil {
		t.Fatal(err)
	}
	h.is("the couple's", h.engagement(couple)+" "+h.session(first)+" "+h.session(second), "active booked 3 booked 3")
	h.is("his own", h.engagement(alone)+" "+h.session(clashing), "active cancelled_by_staff 0")
	if n := h.count(`select count(*) from engagement_coaches where ends_at is null`); n != 3 {
		t.Errorf("%d engagements have a coach, want three", n)
	}
	left := slices.ContainsFunc(v.Effects, func(e models.DeathEffect) bool {
		return e.RecordID == clashing && e.Outcome != nil && *e.Outcome == models.DeathNotPossible
	})
	if !left || h.count(`select count(*) from tasks where kind = 'not_given_back' and status = 'open'`) != 1 {
		t.Errorf("staff do not learn of the session that has no place to go back to: %+v", v.Effects)
	}
	if n := h.count(`select count(*) from messages where event like 'coaching.%' or event like 'engagement.%'`); n > 0 {
		t.Errorf("%d messages", n)
	}
}

// Who was coached by somebody who has died is called, and hears nothing before.
func TestTheDeathOfACoachIsToldByPeople(t *testing.T) {
	h := build(t)
	h.coaches()
	dana, mia := h.coach("Dana Wells"), h.human("Mia Reyes")
	e := h.engaged(models.EngagementActive, dana, mia.member)
	s := h.meets(e, 3)
	id := h.bury(dana.member)
	h.is("it", h.engagement(e)+" "+h.session(s), "active booked to_staff 2")
	if n := h.count(`select count(*) from messages where event like 'coaching.%' or event like 'engagement.%'`); n > 0 {
		t.Errorf("%d messages", n)
	}
	for kind, n := range map[models.TaskKind]int{models.TaskReassignClients: 1, models.TaskFindNewTime: 1, models.TaskCall: 1} {
		if got := h.count(`select count(*) from tasks where kind = $1 and status = 'open'`, string(kind)); got != n {
			t.Errorf("%d tasks %s, want %d", got, kind, n)
		}
	}
	if n := h.count(`select count(*) from coaches where archived_at is null`); n != 0 {
		t.Error("they coach still")
	}
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another woman"}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from coaches where archived_at is null`); n != 1 {
		t.Error("they do not coach again")
	}
	if n := h.count(`select count(*) from tasks where kind in ('reassign_clients', 'find_new_time', 'call') and status = 'open'`); n != 0 {
		t.Error("staff are to find others still")
	}
	// Nobody was told that we look for a new time, and nobody hears that the old one holds.
	h.is("it", h.engagement(e)+" "+h.session(s), "active booked 2")
	h.exec(`delete from river_job`)
	h.exec(`insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'coach.watch', '{}', 3, $1, 1)`, noon)
	if _, err := h.core.RunDue(h.Context(), h.core.Clock.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	h.is("afterwards", h.engagement(e)+" "+h.session(s), "active booked 2")
	if n := h.count(`select count(*) from messages where event like 'coaching.%' or event like 'engagement.%'`); n > 0 {
		t.Errorf("%d messages: %s", n, h.text(`select string_agg(event, ' ') from messages`))
	}
}

// What the coach could not hold anyway stays with staff when the death was not true, and so does the task.
func TestADeathOfACoachWhoWasSuspended(t *testing.T) {
	h := build(t)
	h.coaches()
	dana, mia := h.coach("Dana Wells"), h.human("Mia Reyes")
	e := h.engaged(models.EngagementActive, dana, mia.member)
	s := h.meets(e, 3)
	h.exec(`update coaching_sessions set to_staff_at = $2 where id = $1`, s, noon)
	id := h.bury(dana.member)
	if _, err := h.records.Reverse(h.as(h.cora), id, records.DeathReason{Reason: "Another woman"}); err != nil {
		t.Fatal(err)
	}
	h.is("it", h.engagement(e)+" "+h.session(s), "active booked to_staff 2")
	if n := h.count(`select count(*) from tasks where kind = 'find_new_time' and status = 'open'`); n != 1 {
		t.Errorf("%d tasks", n)
	}
}

// The first screen has one's own next sessions, and those of minors for whom one asked and may still act.
func TestHomeShowsSessionsWithACoach(t *testing.T) {
	h := build(t)
	dana, luis, ana := h.coach("Dana Wells"), h.human("Luis Ortega"), h.human("Ana Ortega")
	maya := h.known("Maya Ortega", 15, models.KindChild)
	claim := h.guard(luis.member, maya)
	couple, hers := h.engaged(models.EngagementActive, dana, luis.member, ana.member), h.engaged(models.EngagementActive, dana, maya)
	h.exec(`update engagement_participants set entered_by = $2 where engagement_id = $1`, hers, luis.member)
	later, soon, off := h.meets(couple, 9), h.meets(hers, 2), h.meets(couple, 4)
	h.exec(`update coaching_sessions set state = 'cancelled_by_coach', closed_at = $2 where id = $1`, off, noon)
	next := func(p human) (out []uuid.UUID) {
		home, err := h.records.Home(h.as(p))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range home.Coaching {
			if s.Coach != "Dana" || (s.SessionID == soon) != (s.ChildID != nil) || s.ChildID != nil && *s.ChildName != "Maya" {
				t.Errorf("%+v", s)
			}
			out = append(out, s.SessionID)
		}
		return out
	}
	if got := next(luis); !slices.Equal(got, []uuid.UUID{soon, later}) {
		t.Errorf("he sees %v", got)
	}
	if got := next(ana); !slices.Equal(got, []uuid.UUID{later}) {
		t.Errorf("she sees %v", got)
	}
	if got := next(dana); len(got) != 0 {
		t.Errorf("the coach sees %v: theirs are in their day", got)
	}
	h.exec(`update guardianships set status = 'ended', closed_at = $2, closed_by = $3 where id = $1`, claim, noon, h.cora.member)
	if got := next(luis); !slices.Equal(got, []uuid.UUID{later}) {
		t.Errorf("once the guardianship has ended he sees %v", got)
	}
}
