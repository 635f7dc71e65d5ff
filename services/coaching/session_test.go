package coaching_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
	"homefront/services/coaching"
)

// coachAndClient is one member with a coach, and their engagement.
func (p *practice) coachAndClient() (coach, mia, engagement uuid.UUID) {
	coach, mia = p.coach(), p.member()
	return coach, mia, p.engagement(coach, mia)
}

func (p *practice) bookAt(member, engagement uuid.UUID, start time.Time) *coaching.CoachingBooking {
	p.t.Helper()
	return p.booking(p.BookSession(p.as(member), at(engagement, start)))
}

func (p *practice) stateOf(session uuid.UUID) models.CoachingState {
	p.t.Helper()
	return models.CoachingState(p.text(`select state from coaching_sessions where id = $1`, session))
}

func (p *practice) keepsTime(session uuid.UUID) bool {
	p.t.Helper()
	return p.count(`select count(*) from commitments where source_id = $1`, session) > 0
}

// shows is a call about a session that has to succeed.
func (p *practice) shows(v *coaching.CoachingSessionView, err error) *coaching.CoachingSessionView {
	p.t.Helper()
	return must[*coaching.CoachingSessionView](p.t)(v, err)
}

func TestASessionIsBooked(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	got := p.bookAt(mia, e, slot)
	if got.State != models.CoachingBooked || !got.EndsAt.Equal(slot.Add(50*time.Minute)) || got.CoachName != "Dana O." || len(got.People) != 1 || got.People[0].Name != "Mia R." || got.Series != nil ||
		got.MovesLeft != 2 || !slices.Equal(got.Can, []string{"cancel", "reschedule"}) || !got.FreeUntil.Equal(slot.Add(-24*time.Hour)) {
		t.Errorf("%+v", got)
	}
	if p.mails(models.NoticeCoachingBooked, mia) != 1 || p.mails(models.NoticeCoachingBooked, coach) != 1 {
		t.Error("not everybody was told")
	}
	if n := p.count(`select count(*) from commitments where source_id = $1`, got.ID); n != 2 {
		t.Errorf("%d commitments, want the coach's and the member's", n)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		in   coaching.BookCoaching
		want services.Code
	}{
		"between two slots":       {p.as(mia), at(e, slot.Add(24*time.Hour).Add(10*time.Minute)), coaching.CodeNotASlot},
		"within the notice":       {p.as(mia), at(e, practiceDay.Add(4*time.Hour)), coaching.CodeTooSoon},
		"beyond the horizon":      {p.as(mia), at(e, slot.AddDate(0, 0, 63)), coaching.CodeTooFar},
		"far beyond it":           {p.as(mia), at(e, time.Date(9999, 12, 31, 12, 0, 0, 0, time.UTC)), coaching.CodeTooFar},
		"the coach, beyond years": {p.coaches(coach), at(e, time.Date(2036, 3, 1, 12, 0, 0, 0, time.UTC)), coaching.CodeTooFar},
		"taken":                   {p.as(mia), at(e, slot), calendar.CodeDoubleBooked},
		"with seconds":            {p.desk(), at(e, slot.Add(24*time.Hour+time.Second)), services.CodeInvalid},
		"of somebody else":        {p.as(p.member("Eve")), at(e, slot.Add(24*time.Hour)), services.CodeNotFound},
		"of a coach of others":    {p.coaches(p.coach("Omar")), at(e, slot.Add(24*time.Hour)), services.CodeNotFound},
		"of nothing":              {p.as(mia), at(services.NewID(), slot), services.CodeNotFound},
		"in a zone of Mars":       {p.as(mia), coaching.BookCoaching{EngagementID: e, StartsAt: slot.Add(24 * time.Hour), Modality: "phone", TimeZone: "Mars/Olympus"}, services.CodeInvalid},
		"the coach, outside them": {p.coaches(coach), at(e, slot.Add(24*time.Hour).Add(10*time.Minute)), ""},
	} {
		if _, err := p.BookSession(c.ctx, c.in); codeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	leo := p.engagement(coach, p.member("Leo"))
	p.exec(`update engagements set activated_at = $2 where id = $1`, leo, practiceDay.Add(-24*time.Hour))
	_, err := p.BookSession(p.coaches(coach), at(leo, practiceDay.Add(-25*time.Hour)))
	refused(t, err, coaching.CodeTooSoon) // nobody had said yes to it
	if _, err = p.BookSession(p.coaches(coach), at(leo, practiceDay.Add(-23*time.Hour))); err != nil {
		t.Errorf("what took place, entered afterwards: %v", err)
	}
	_, err = p.RescheduleSession(p.as(mia), got.ID, coaching.RescheduleCoaching{StartsAt: slot})
	if f := fieldsOf(err); len(f) != 1 || f[0] != "/starts_at unchanged" {
		t.Errorf("moved to where it was: %v", err)
	}
	p.exec(`update coaches set modalities = '{phone}' where id = $1`, coach)
	_, err = p.BookSession(p.as(mia), coaching.BookCoaching{EngagementID: e, StartsAt: slot.Add(48 * time.Hour), Modality: models.ModalityOnline})
	if f := fieldsOf(err); len(f) != 1 || f[0] != "/modality not_offered" {
		t.Errorf("%v", f)
	}
}

// Sent again with the id that the app made, a booking is answered with what came of it.
func TestABookingSentAgain(t *testing.T) {
	p := openPractice(t)
	_, mia, e := p.coachAndClient()
	id := services.NewID()
	in := at(e, slot)
	in.ID = &id
	for range 2 {
		if got := p.booking(p.BookSession(p.as(mia), in)); got.ID != id {
			t.Errorf("%s", got.ID)
		}
	}
	if n := p.count(`select count(*) from coaching_sessions`); n != 1 || p.mails(models.NoticeCoachingBooked, mia) != 1 {
		t.Errorf("%d sessions", n)
	}
	eve := p.member("Eve")
	in.EngagementID = p.engagement(p.coach("Omar"), eve)
	_, err := p.BookSession(p.as(eve), in)
	refused(t, err, coaching.CodeSessionIDTaken)

	series := services.NewID()
	in = coaching.BookCoaching{ID: &series, EngagementID: e, StartsAt: slot.AddDate(0, 0, 1), Modality: models.ModalityPhone, Repeat: &coaching.CoachingRepeat{EveryWeeks: 1, Times: 2}}
	first, again := p.booking(p.BookSession(p.as(mia), in)), p.booking(p.BookSession(p.as(mia), in))
	if first.ID != again.ID || first.Series.SeriesID != series || len(again.Series.Booked) != 2 || p.count(`select count(*) from coaching_sessions where series_id = $1`, series) != 2 {
		t.Errorf("%+v %+v", first.Series, again.Series)
	}
}

// What a booking asks of the engagement is asked each time, and a consent taken back counts at once.
func TestWhatABookingAsks(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	p.bookAt(mia, e, slot)
	next := at(e, slot.AddDate(0, 0, 1))
	try := func() error { _, err := p.BookSession(p.as(mia), next); return err }
	p.takesBack(mia)
	refused(t, try(), coaching.CodeLimitsNotAgreed)
	p.exec(`delete from consents`)
	p.signs(mia)
	p.exec(`update coaches set suspended_at = $2 where id = $1`, coach, practiceDay)
	refused(t, try(), coaching.CodeCoachUnavailable)
	p.exec(`update coaches set suspended_at = null where id = $1`, coach)
	p.exec(`update credentials set expires_on = $2 where member_id = $1 and kind = 'background_check'`, coach, slot)
	refused(t, try(), coaching.CodeCoachUnavailable)
	p.exec(`update credentials set expires_on = '2027-12-31' where member_id = $1`, coach)
	p.exec(`update engagements set state = 'paused', paused_at = $2 where id = $1`, e, practiceDay)
	refused(t, try(), coaching.CodeNotActive)
	p.exec(`update engagements set state = 'active', paused_at = null, package_sessions = 1 where id = $1`, e)
	refused(t, try(), coaching.CodePackageUsed)
	p.exec(`update engagements set package_sessions = 2 where id = $1`, e)
	if err := try(); err != nil {
		t.Error(err)
	}
}

// Who is under 18 meets a coach where others can see in; the guardian who entered them books, and has the mails.
func TestAMinorsSession(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	maya := p.child(mia, true)
	p.signsFor(mia, maya)
	e := p.engagement(coach, maya)
	p.enteredBy(e, maya, mia)
	in := at(e, slot)
	in.Modality = models.ModalityInPerson
	p.exec(`update coaches set place_visible = false where id = $1`, coach)
	_, err := p.BookSession(p.as(mia), in)
	refused(t, err, coaching.CodePlaceNotSeen)
	p.exec(`update coaches set place_visible = true where id = $1`, coach)
	got := p.booking(p.BookSession(p.as(mia), in))
	if got.Place != "Room 4" || p.mails(models.NoticeCoachingBooked, mia) != 1 || p.mails(models.NoticeCoachingBooked, maya) != 0 {
		t.Errorf("%+v", got)
	}
	p.exec(`update credentials set revoked_at = $2 where member_id = $1 and kind = 'child_safety_training'`, coach, practiceDay)
	in.StartsAt = slot.AddDate(0, 0, 1)
	_, err = p.BookSession(p.as(mia), in)
	refused(t, err, coaching.CodeCoachUnavailable)
	other := p.member("Paul")
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, other, maya, p.boss)
	_, err = p.Session(p.as(other), got.ID)
	refused(t, err, services.CodeNotFound)
}

// Every other week at six on the wall, across the end of daylight saving; dates that do not fit are listed.
func TestASeriesStaysAtItsHour(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	p.exec(`update coaches set horizon_days = 100 where id = $1`, coach)
	p.exec(`update engagements set package_sessions = 5 where id = $1`, e)
	omar := p.member("Omar")
	p.bookAt(omar, p.engagement(coach, omar), slot.AddDate(0, 0, 14))
	in := at(e, slot)
	in.Repeat = &coaching.CoachingRepeat{EveryWeeks: 2, Times: 7}
	got := p.booking(p.BookSession(p.as(mia), in))
	var walls []string
	for _, b := range got.Series.Booked {
		walls = append(walls, b.LocalStart)
	}
	if want := []string{"2026-09-10T10:00", "2026-10-08T10:00", "2026-10-22T10:00", "2026-11-05T10:00", "2026-11-19T10:00"}; !slices.Equal(walls, want) {
		t.Errorf("%v", walls)
	}
	if last := got.Series.Booked[4].StartsAt; !last.Equal(time.Date(2026, 11, 19, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("%s: an hour later in UTC after the clocks went back", last)
	}
	if n := got.Series.NotBooked; len(n) != 2 || n[0].Code != calendar.CodeDoubleBooked || n[0].LocalStart != "2026-09-24T10:00" || n[1].Code != coaching.CodePackageUsed {
		t.Errorf("%+v", n)
	}
	if p.mails(models.NoticeCoachingBooked, mia) != 1 {
		t.Error("one mail for the whole series")
	}
	if n := p.count(`select jsonb_array_length(calendar->'events') from messages where member_id = $1 and event = 'coaching.booked'`, mia); n != 5 {
		t.Errorf("%d calendar entries", n)
	}
	p.exec(`update coaches set cancel_notice_hours = 240 where id = $1`, coach)
	gone := must[*coaching.CoachingSeriesCancelled](t)(p.CancelSeries(p.as(mia), got.Series.SeriesID, coaching.CancelCoaching{}))
	if len(gone.Cancelled) != 5 || gone.Late != 1 || p.count(`select count(*) from coaching_sessions where engagement_id = $1 and live`, e) != 0 {
		t.Errorf("%+v", gone)
	}
	_, err := p.CancelSeries(p.as(p.member("Eve")), got.Series.SeriesID, coaching.CancelCoaching{})
	refused(t, err, services.CodeNotFound)
}

func TestASessionMoves(t *testing.T) {
	p := openPractice(t)
	_, mia, e := p.coachAndClient()
	first := p.bookAt(mia, e, slot)
	id := services.NewID()
	in := coaching.RescheduleCoaching{ID: &id, StartsAt: slot.AddDate(0, 0, 1)}
	second := p.shows(p.RescheduleSession(p.as(mia), first.ID, in))
	if again := p.shows(p.RescheduleSession(p.as(mia), first.ID, in)); again.ID != id || p.mails(models.NoticeCoachingMoved, mia) != 1 {
		t.Error("sent again, it is moved once")
	}
	if second.ID != id || second.Sequence != 1 || second.Moves != 1 || second.MovesLeft != 1 || second.RescheduledFrom == nil || *second.RescheduledFrom != first.ID || p.keepsTime(first.ID) || !p.keepsTime(id) {
		t.Errorf("%+v", second)
	}
	p.core.Clock.Set(slot.Add(-time.Minute))
	if _, err := p.JoinSession(p.as(mia), first.ID, coaching.JoinCoaching{}); codeOf(err) != coaching.CodeSessionOver || !strings.Contains(err.Error(), "was moved") {
		t.Errorf("who comes to the old time is not told that it was moved: %v", err)
	}
	p.core.Clock.Set(practiceDay)
	old := p.shows(p.Session(p.as(mia), first.ID))
	if old.State != models.CoachingRescheduled || *old.RescheduledTo != id || len(old.Can) != 0 {
		t.Errorf("%+v", old)
	}
	uid := `select string_agg(distinct calendar->'events'->0->>'UID', ',') from messages where member_id = $1`
	if got := p.text(uid, mia); strings.Contains(got, ",") || !strings.HasPrefix(got, first.ID.String()+".") {
		t.Errorf("one entry under one name: %s", got)
	}
	third := p.shows(p.RescheduleSession(p.as(mia), id, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 5)}))
	_, err := p.RescheduleSession(p.as(mia), third.ID, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 6)})
	refused(t, err, coaching.CodeMovesUsed)
	fourth := p.shows(p.RescheduleSession(p.desk(), third.ID, coaching.RescheduleCoaching{StartsAt: slot}))
	if fourth.Moves != 2 || fourth.Sequence != 3 {
		t.Errorf("staff move it too, and that counts for nobody: %+v", fourth)
	}
	p.core.Clock.Set(slot.Add(-23 * time.Hour))
	p.exec(`update coaching_sessions set moves = 0`)
	_, err = p.RescheduleSession(p.as(mia), fourth.ID, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 6)})
	refused(t, err, coaching.CodeTooLate)
	if n := p.count(`select count(*) from coaching_sessions s where s.engagement_id = $1 and `+models.UsesPackageSQL, e); n != 1 {
		t.Errorf("a chain of moves uses %d sessions", n)
	}
}

// The words of who calls off are sealed: they and the coach read them, and nobody else.
func TestASessionIsCalledOff(t *testing.T) {
	const canary = "my daughter Heliotrope is ill"
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	got := p.bookAt(mia, e, slot)
	p.core.Clock.Set(slot.Add(-2 * time.Hour))
	off := p.shows(p.CancelSession(p.as(mia), got.ID, coaching.CancelCoaching{Reason: canary}))
	if off.State != models.CoachingCancelledByMember || !off.Late || off.Reason != nil || p.keepsTime(got.ID) || off.Sequence != 1 {
		t.Errorf("%+v", off)
	}
	if p.mails(models.NoticeCoachingCancelled, mia) != 1 || p.mails(models.NoticeCoachingCancelled, coach) != 1 {
		t.Error("not everybody was told")
	}
	for who, ctx := range map[string]context.Context{"mia": p.as(mia), "coach": p.coaches(coach)} {
		if v := p.shows(p.Session(ctx, got.ID)); v.Reason == nil || *v.Reason != canary {
			t.Errorf("%s reads %v", who, v.Reason)
		}
	}
	if v := p.shows(p.Session(p.desk(), got.ID)); v.Reason != nil {
		t.Error("the coordinator reads why")
	}
	if way := holds(p.dump(), canary); way != "" {
		t.Errorf("the database holds the words, %s", way)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coaching_session.read' and outcome = 'read' and $1 = any(subjects)`, mia); n != 2 {
		t.Errorf("%d looks of the coach and the coordinator", n)
	}
	_, err := p.RestoreSession(p.coaches(coach), got.ID, coaching.RestoreCoaching{})
	refused(t, err, coaching.CodeOthersCalledOff)
	_, err = p.RestoreSession(p.as(mia), got.ID, coaching.RestoreCoaching{})
	refused(t, err, coaching.CodeTooSoon) // by what a booking of hers asks
	_, err = p.RestoreSession(p.desk(), got.ID, coaching.RestoreCoaching{Reason: "  "})
	refused(t, err, services.CodeInvalid)
	back := p.shows(p.RestoreSession(p.desk(), got.ID, coaching.RestoreCoaching{Reason: "She called."}))
	if back.State != models.CoachingBooked || back.Late || back.Sequence != 2 || !p.keepsTime(got.ID) || p.count(`select count(*) from coaching_sessions where reason is not null`) != 0 {
		t.Errorf("%+v", back)
	}
	p.core.Clock.Set(slot.Add(time.Minute))
	_, err = p.CancelSession(p.as(mia), got.ID, coaching.CancelCoaching{})
	refused(t, err, coaching.CodeSessionBegun)
	if v := p.shows(p.CancelSession(p.coaches(coach), got.ID, coaching.CancelCoaching{})); v.State != models.CoachingCancelledByCoach || v.Late {
		t.Errorf("%+v", v)
	}
}

// Somebody else has the time by now: what was called off cannot come back.
func TestWhatIsTakenDoesNotComeBack(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	got := p.bookAt(mia, e, slot)
	p.shows(p.CancelSession(p.as(mia), got.ID, coaching.CancelCoaching{}))
	omar := p.member("Omar")
	p.bookAt(omar, p.engagement(coach, omar), slot)
	_, err := p.RestoreSession(p.as(mia), got.ID, coaching.RestoreCoaching{})
	refused(t, err, calendar.CodeDoubleBooked)
	if p.stateOf(got.ID) != models.CoachingCancelledByMember {
		t.Error(p.stateOf(got.ID))
	}
	p.core.Clock.Set(practiceDay.Add(25 * time.Hour))
	_, err = p.RestoreSession(p.as(mia), got.ID, coaching.RestoreCoaching{})
	refused(t, err, coaching.CodeTooLate)
}

func TestACoachApprovesBookings(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	p.exec(`update coaches set approves_bookings = true where id = $1`, coach)
	a, b, c := p.bookAt(mia, e, slot), p.bookAt(mia, e, slot.AddDate(0, 0, 1)), p.bookAt(mia, e, slot.AddDate(0, 0, 4))
	if a.State != models.CoachingRequested || !p.keepsTime(a.ID) || p.mails(models.NoticeCoachingAsked, coach) != 3 || p.mails(models.NoticeCoachingBooked, mia) != 0 {
		t.Errorf("%+v", a)
	}
	_, err := p.AcceptSession(p.as(mia), a.ID)
	refused(t, err, coaching.CodeNotTheirCoach)
	if got := p.shows(p.AcceptSession(p.coaches(coach), a.ID)); got.State != models.CoachingBooked || p.mails(models.NoticeCoachingBooked, mia) != 1 {
		t.Errorf("%+v", got)
	}
	if got := p.shows(p.DeclineSession(p.coaches(coach), b.ID)); got.State != models.CoachingDeclined || p.keepsTime(b.ID) || p.mails(models.NoticeCoachingDeclined, mia) != 1 {
		t.Errorf("%+v", got)
	}
	p.later(slot.AddDate(0, 0, 4))
	if p.stateOf(c.ID) != models.CoachingDeclined || p.keepsTime(c.ID) {
		t.Errorf("without an answer it is %s", p.stateOf(c.ID))
	}
	if got := p.booking(p.BookSession(p.coaches(coach), at(e, slot.AddDate(0, 0, 7)))); got.State != models.CoachingBooked {
		t.Errorf("what the coach books is %s", got.State)
	}
}

func TestSomebodyDoesNotCome(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	got := p.bookAt(mia, e, slot)
	p.core.Clock.Set(slot.Add(9 * time.Minute))
	_, err := p.MarkNoShow(p.coaches(coach), got.ID, coaching.CoachingNoShow{Who: "member"})
	refused(t, err, coaching.CodeTooEarly)
	p.core.Clock.Set(slot.Add(10 * time.Minute))
	_, err = p.MarkNoShow(p.as(mia), got.ID, coaching.CoachingNoShow{Who: "member"})
	refused(t, err, coaching.CodeNotTheirCoach)
	attended := `select count(*) from program_attendance where source = 'coaching_session' and source_id = $1 and member_id = $2 and status = 'absent'`
	if v := p.shows(p.MarkNoShow(p.coaches(coach), got.ID, coaching.CoachingNoShow{Who: "member"})); v.State != models.CoachingNoShowMember || *v.People[0].Status != models.AttendanceAbsent || p.count(attended, got.ID, mia) != 1 {
		t.Errorf("%+v", v)
	}
	if v := p.shows(p.MarkNoShow(p.coaches(coach), got.ID, coaching.CoachingNoShow{Who: "coach"})); v.State != models.CoachingNoShowCoach || v.WithTeam || p.count(attended, got.ID, mia) != 0 {
		t.Errorf("corrected: %+v", v)
	}
	if v := p.shows(p.RestoreSession(p.coaches(coach), got.ID, coaching.RestoreCoaching{})); v.State != models.CoachingBooked || v.People[0].Status != nil {
		t.Errorf("taken back: %+v", v)
	}
	if v := p.shows(p.StartSession(p.coaches(coach), got.ID)); v.State != models.CoachingInProgress || !slices.Contains(v.Can, "log") {
		t.Errorf("%+v", v)
	}
	p.later(slot.AddDate(0, 0, 2))
	if p.openTasks(models.TaskLogSession, got.ID) != 1 {
		t.Error("nobody is asked to write it down")
	}
	if n := p.count(`select count(*) from tasks where kind = 'log_session' and owner_id = $1`, coach); n != 1 {
		t.Errorf("%d tasks of the coach", n)
	}
}

// A reminder goes out a day before, after somebody's quiet hours, once; it dies with the session and follows where it moves.
func TestReminders(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	moved, off, kept := p.bookAt(mia, e, slot), p.bookAt(mia, e, slot.Add(2*time.Hour)), p.bookAt(mia, e, slot.Add(4*time.Hour))
	next := p.shows(p.RescheduleSession(p.as(mia), moved.ID, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 7)}))
	p.shows(p.CancelSession(p.as(mia), off.ID, coaching.CancelCoaching{}))
	p.later(slot.Add(-20 * time.Hour))
	p.later(slot)
	if n := p.mails(models.NoticeCoachingReminder, mia); n != 1 || p.count(`select count(*) from messages where event = 'coaching.reminder' and record_id = $1`, kept.ID) != 1 {
		t.Errorf("%d reminders", n)
	}
	if p.mails(models.NoticeCoachingReminder, coach) != 0 {
		t.Error("the coach is reminded")
	}
	p.exec(`update members set quiet_from = '06:00', quiet_until = '20:30' where id = $1`, mia)
	p.later(next.StartsAt.Add(-24 * time.Hour))
	if n := p.mails(models.NoticeCoachingReminder, mia); n != 1 {
		t.Errorf("%d: within the quiet hours", n)
	}
	p.later(next.StartsAt.Add(-24 * time.Hour).Add(10*time.Hour + 35*time.Minute))
	if n := p.mails(models.NoticeCoachingReminder, mia); n != 2 {
		t.Errorf("%d: after the quiet hours", n)
	}
}

func TestTheCalendarOfACoachFollowsWhatIsRequested(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	booked := p.bookAt(mia, e, slot)
	p.exec(`update coaches set approves_bookings = true where id = $1`, coach)
	moved := p.shows(p.RescheduleSession(p.as(mia), booked.ID, coaching.RescheduleCoaching{StartsAt: slot.AddDate(0, 0, 1)}))
	if p.mails(models.NoticeCoachingCancelled, coach) != 1 {
		t.Error("the old time stays in the coach's calendar")
	}
	p.shows(p.AcceptSession(p.coaches(coach), moved.ID))
	if p.count(`select count(*) from messages where member_id = $1 and event = 'coaching.booked' and calendar->'events'->0->>'UID' like $2`, coach, booked.ID.String()+"%") != 2 {
		t.Error("the new time does not come into the coach's calendar")
	}
}

func TestATimeThatCannotBeIsInvalid(t *testing.T) {
	p := openPractice(t)
	_, mia, e := p.coachAndClient()
	in := at(e, time.Date(2999, 12, 25, 15, 0, 0, 0, time.UTC))
	in.Repeat = &coaching.CoachingRepeat{EveryWeeks: 8, Times: 4}
	_, err := p.BookSession(p.desk(), in)
	refused(t, err, services.CodeInvalid)
	in = at(e, slot)
	in.TimeZone = "posix/America/New_York"
	_, err = p.BookSession(p.as(mia), in)
	refused(t, err, services.CodeInvalid)
}
