package coaching_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/online"
	"homefront/services/people"
)

var firstPage = services.PageQuery{Limit: 100}

// listed are the ids of the coaches whom somebody sees.
func (p *practice) listed(reader uuid.UUID, in coaching.CoachQuery, roles ...models.Role) (out []uuid.UUID) {
	p.t.Helper()
	in.PageQuery = firstPage
	for _, c := range must[services.Page[coaching.CoachView]](p.t)(p.Coaches(p.as(reader, roles...), in)).Data {
		out = append(out, c.ID)
	}
	return out
}

func TestWhoIsMadeACoach(t *testing.T) {
	p := openPractice(t)
	dana := p.staff("Dana", models.RoleCoach)
	made := must[*coaching.CoachView](t)(p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: dana}))
	if made.ID != dana || made.Name != "Dana Okafor" || made.CoachWork == nil || made.Status != coaching.CoachWorking || made.MayCoach || made.TakesClients || len(made.Credentials) != 3 ||
		!slices.Equal(made.Modalities, models.Texts[models.Modality]{"phone"}) || made.Languages[0] != "en" || made.TimeZone != "America/New_York" || made.SessionMinutes != 50 || made.CaseloadLimit != 12 {
		t.Errorf("%+v %+v", made, made.CoachWork)
	}
	_, err := p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: dana})
	refused(t, err, coaching.CodeCoachExists)
	_, err = p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: uuid.New()})
	refused(t, err, services.CodeNotFound)
	_, err = p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: p.boss})
	refused(t, err, "own_record")
	for _, no := range []uuid.UUID{p.member(), p.person(models.Member{GivenName: "Ann", FamilyName: "Lee"})} {
		if _, err = p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: no}); !slices.Equal(fieldsOf(err), []string{"/member_id not_a_coach"}) {
			t.Error(err, fieldsOf(err))
		}
	}
	room := coaching.NewCoach{MemberID: p.staff("Sam", models.RoleCoach), CoachPatch: coaching.CoachPatch{JoinURL: services.Some("https://meet.example.org/sam"), Place: services.Some("Room 2"),
		Languages: services.Some([]string{"EN", "es", "en"})}}
	sam := must[*coaching.CoachView](t)(p.CreateCoach(p.desk(), room))
	if len(sam.Modalities) != 3 || !slices.Equal(sam.Languages, models.Texts[string]{"en", "es"}) {
		t.Errorf("%v %v", sam.Modalities, sam.Languages)
	}
	_, err = p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: p.staff("Bad", models.RoleCoach), CoachPatch: coaching.CoachPatch{TimeZone: services.Some("Mars/Olympus"), JoinURL: services.Some("http://meet.example.org"),
		Modalities: services.Some([]models.Modality{"in_person"}), Languages: services.Some([]string{"en", "not a language"}), SupervisorID: services.Some(p.member())}})
	if want := []string{"/join_url invalid", "/languages/1 bad_language", "/place required", "/supervisor_id not_a_supervisor", "/time_zone unknown"}; !slices.Equal(fieldsOf(err), want) {
		t.Error(fieldsOf(err))
	}
}

// A room of a Jitsi that the organization does not have opens to nobody.
func TestARoomOfAJitsiThatIsNotThere(t *testing.T) {
	p := openPractice(t)
	jitsi := coaching.CoachPatch{OnlineRoom: services.Some(models.RoomJitsi), Modalities: services.Some([]models.Modality{models.ModalityOnline})}
	kim := p.staff("Kim", models.RoleCoach)
	_, err := p.CreateCoach(p.desk(), coaching.NewCoach{MemberID: kim, CoachPatch: jitsi})
	_, other := p.UpdateCoach(p.desk(), p.coach(), jitsi)
	for _, err := range []error{err, other} {
		if got := fieldsOf(err); !slices.Equal(got, []string{"/online_room not_configured"}) {
			t.Error(err, got)
		}
	}
	core := coretest.On(t, p.db)
	core.Clock.Set(practiceDay)
	with := coaching.New(core, coaching.Config{Jitsi: online.Jitsi{URL: "https://meet.example.org", AppID: "homefront", Secret: "0123456789abcdef"}})
	if v := must[*coaching.CoachView](t)(with.CreateCoach(p.desk(), coaching.NewCoach{MemberID: kim, CoachPatch: jitsi})); v.OnlineRoom != models.RoomJitsi {
		t.Errorf("%+v", v)
	}
}

func TestWhatIsSeenOfCoaches(t *testing.T) {
	p := openPractice(t)
	dana, alex, mia := p.coach("Dana"), p.coach("Alex"), p.member()
	p.exec(`update coaches set specialties = '{grief}', languages = '{es}', modalities = '{phone}', with_minors = false where id = $1`, alex)
	seen := must[services.Page[coaching.CoachView]](t)(p.Coaches(p.as(mia), coaching.CoachQuery{PageQuery: services.PageQuery{Limit: 1, Count: true}}))
	if len(seen.Data) != 1 || seen.Data[0].ID != alex || seen.Data[0].Name != "Alex O." || seen.Data[0].CoachWork != nil || !seen.Data[0].TakesClients || seen.NextCursor == nil || *seen.Total != 2 {
		t.Errorf("%+v", seen)
	}
	for name, in := range map[string]coaching.CoachQuery{
		"specialty": {Specialty: []models.Focus{"grief", "work"}}, "language": {Language: []string{"es"}}, "modality": {Modality: []models.Modality{"phone"}, Language: []string{"es"}},
	} {
		if got := p.listed(mia, in); !slices.Equal(got, []uuid.UUID{alex}) {
			t.Errorf("by %s: %v", name, got)
		}
	}
	if got := p.listed(mia, coaching.CoachQuery{Minors: true}); !slices.Equal(got, []uuid.UUID{dana}) {
		t.Errorf("with minors: %v", got)
	}
	full := p.member("Max")
	p.engagement(dana, full)
	p.exec(`update coaches set caseload_limit = 1 where id = $1`, dana)
	if got := p.listed(mia, coaching.CoachQuery{Accepting: true}); !slices.Equal(got, []uuid.UUID{alex}) {
		t.Errorf("who has room: %v", got)
	}
	p.exec(`update credentials set expires_on = '2026-08-31' where member_id = $1 and kind = 'coach_training'`, alex)
	if got := p.listed(mia, coaching.CoachQuery{Accepting: true}); len(got) != 0 {
		t.Errorf("lapsed, and takes clients: %v", got)
	}
	if got := p.listed(mia, coaching.CoachQuery{}); len(got) != 2 {
		t.Errorf("%d are seen", len(got))
	}
	inside := must[*coaching.CoachView](t)(p.Coach(p.desk(), alex))
	if inside.Name != "Alex Okafor" || inside.CoachWork == nil || inside.MayCoach || inside.Credentials[1].Current || inside.Credentials[1].LastDay.String() != "2026-08-31" || !inside.Credentials[0].Current {
		t.Errorf("%+v", inside.CoachWork)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coach.read' and outcome = 'read' and subjects = array[$1::uuid]`, alex); n != 1 {
		t.Errorf("%d rows of the look", n)
	}
	if own := must[*coaching.CoachView](t)(p.Coach(p.coaches(dana), dana)); own.CoachWork == nil || own.Clients != 1 || own.JoinURL == "" {
		t.Errorf("%+v", own.CoachWork)
	}
	if other := must[*coaching.CoachView](t)(p.Coach(p.coaches(dana), alex)); other.CoachWork != nil {
		t.Errorf("%+v", other.CoachWork)
	}
	p.couple(p.boss, alex)
	if kin := must[*coaching.CoachView](t)(p.Coach(p.desk(), alex)); kin.CoachWork != nil || kin.Name != "Alex O." {
		t.Errorf("a coordinator sees inside of the profile of their spouse: %+v", kin.CoachWork)
	}
}

// Whoever is kept apart from a coach finds nobody there, whichever of the two is protected.
func TestWhoIsKeptApartFromACoachDoesNotSeeThem(t *testing.T) {
	p := openPractice(t)
	dana, alex := p.coach("Dana"), p.coach("Alex")
	for _, kind := range []models.SeparationKind{models.SeparationMutual, models.SeparationProtected} {
		mia, max := p.member(), p.member("Max")
		p.apart(mia, dana, kind)
		p.apart(dana, max, kind)
		for _, m := range []uuid.UUID{mia, max} {
			if got := p.listed(m, coaching.CoachQuery{}); !slices.Equal(got, []uuid.UUID{alex}) {
				t.Errorf("%s: %v", kind, got)
			}
			_, err := p.Coach(p.as(m), dana)
			_, unknown := p.Coach(p.as(m), uuid.New())
			if err == nil || err.Error() != unknown.Error() {
				t.Errorf("%s: %v and %v", kind, err, unknown)
			}
		}
	}
	if got := p.listed(p.boss, coaching.CoachQuery{}, models.RoleCoordinator); len(got) != 2 {
		t.Errorf("%d", len(got))
	}
	p.exec(`update separations set status = 'ended', ended_at = $1, ended_by = $2`, practiceDay, p.boss)
	if got := p.listed(p.member(), coaching.CoachQuery{}); len(got) != 2 {
		t.Errorf("%d", len(got))
	}
}

func TestWhoChangesAProfile(t *testing.T) {
	p := openPractice(t)
	dana, alex := p.coach("Dana"), p.coach("Alex")
	own := must[*coaching.CoachView](t)(p.UpdateCoach(p.coaches(dana), dana, coaching.CoachPatch{Bio: services.Some("  New. "), MaxPerDay: services.Some(4), Accepting: services.Some(false)}))
	if own.Bio != "New." || *own.MaxPerDay != 4 || own.TakesClients || own.Version != 2 || !own.PlaceVisible {
		t.Errorf("%+v", own)
	}
	if moved := must[*coaching.CoachView](t)(p.UpdateCoach(p.coaches(dana), dana, coaching.CoachPatch{Place: services.Some("Cellar"), MaxPerDay: services.Null[int]()})); moved.PlaceVisible || moved.MaxPerDay != nil {
		t.Errorf("others see into a place that nobody has looked at: %+v", moved.CoachWork)
	}
	_, err := p.UpdateCoach(p.coaches(dana), dana, coaching.CoachPatch{CaseloadLimit: services.Some(99), SupervisorID: services.Some(alex), WithMinors: services.Some(true), PlaceVisible: services.Some(true)})
	if want := []string{"/caseload_limit coordinators_only", "/place_visible coordinators_only", "/supervisor_id coordinators_only", "/with_minors coordinators_only"}; !slices.Equal(fieldsOf(err), want) {
		t.Error(fieldsOf(err))
	}
	_, err = p.UpdateCoach(p.coaches(dana), alex, coaching.CoachPatch{Bio: services.Some("Not mine")})
	refused(t, err, services.CodeNotFound)
	_, err = p.UpdateCoach(p.as(dana), dana, coaching.CoachPatch{Bio: services.Some("A member alone")})
	refused(t, err, services.CodeNotFound)
	if set := must[*coaching.CoachView](t)(p.UpdateCoach(p.desk(), dana, coaching.CoachPatch{CaseloadLimit: services.Some(20), SupervisorID: services.Some(alex)})); set.CaseloadLimit != 20 || *set.SupervisorName != "Alex Okafor" {
		t.Errorf("%+v", set.CoachWork)
	}
	if n := p.count(`select count(*) from audit_log where action = 'coach.update' and changes::text like '%' || $1 || '%'`, alex); n != 1 {
		t.Errorf("%d rows tell who became the supervisor", n)
	}
	p.couple(p.boss, dana)
	_, err = p.UpdateCoach(p.desk(), dana, coaching.CoachPatch{CaseloadLimit: services.Some(30)})
	refused(t, err, "own_record")
}

// What is booked stays where it was booked, until it is moved: to the same hour, if need be.
func TestACoachWhoMeetsPeopleElsewhere(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	in := at(e, slot)
	p.bookAt(mia, e, slot.Add(time.Hour)) // by phone
	in.Modality = models.ModalityInPerson
	booked := p.booking(p.BookSession(p.as(mia), in)).ID
	change := func(c coaching.CoachPatch) []coaching.CoachElsewhere {
		t.Helper()
		return must[*coaching.CoachView](t)(p.UpdateCoach(p.coaches(coach), coach, c)).Elsewhere
	}
	same := coaching.RescheduleCoaching{StartsAt: slot}
	_, err := p.RescheduleSession(p.coaches(coach), booked, same)
	if f := fieldsOf(err); !slices.Equal(f, []string{"/starts_at unchanged"}) {
		t.Errorf("moved to where it was: %v", err)
	}
	if left := change(coaching.CoachPatch{Place: services.Some("Cellar")}); len(left) != 1 || left[0].SessionID != booked || left[0].EngagementID != e || left[0].Place != "Room 4" || !left[0].StartsAt.Equal(slot) {
		t.Errorf("%+v", left)
	}
	if left := change(coaching.CoachPatch{Bio: services.Some("New.")}); len(left) != 0 {
		t.Errorf("another change tells it again: %+v", left)
	}
	if moved := p.shows(p.RescheduleSession(p.coaches(coach), booked, same)); moved.Place != "Cellar" || !moved.StartsAt.Equal(slot) || p.mails(models.NoticeCoachingMoved, mia) != 1 {
		t.Errorf("%+v", moved)
	}
	if left := change(coaching.CoachPatch{Place: services.Some("Room 4")}); len(left) != 1 || left[0].Place != "Cellar" {
		t.Errorf("%+v", left)
	}
}

// Those who cannot be a supervisor are told apart by nothing.
func TestWhoSupervises(t *testing.T) {
	p := openPractice(t)
	dana, kin, foe, gone, fit := p.coach("Dana"), p.coach("Kim"), p.coach("Fay"), p.coach("Gil"), p.staff("Cleo", models.RoleCoordinator)
	p.couple(dana, kin)
	p.apart(dana, foe, models.SeparationMutual)
	p.exec(`update accounts set status = 'suspended' where member_id = $1`, gone)
	to := func(id uuid.UUID) error {
		_, err := p.UpdateCoach(p.desk(), dana, coaching.CoachPatch{SupervisorID: services.Some(id)})
		return err
	}
	told := map[string]bool{}
	for _, id := range []uuid.UUID{dana, kin, foe, gone, p.member(), uuid.New()} {
		err := to(id)
		if !slices.Equal(fieldsOf(err), []string{"/supervisor_id not_a_supervisor"}) {
			t.Error(err, fieldsOf(err))
			continue
		}
		told[err.Error()] = true
	}
	if len(told) != 1 {
		t.Errorf("%v", told)
	}
	if err := to(p.boss); !slices.Equal(fieldsOf(err), []string{"/supervisor_id not_yourself"}) {
		t.Error(fieldsOf(err))
	}
	if err := to(fit); err != nil {
		t.Error(err)
	}
}

func TestSuspendedAndArchivedCoachesAreNotThere(t *testing.T) {
	p := openPractice(t)
	dana, mia := p.coach("Dana"), p.member()
	why := people.StaffReason{Reason: "A complaint"}
	there := func(want int, status coaching.CoachStatus) {
		t.Helper()
		if got := p.listed(mia, coaching.CoachQuery{}); len(got) != want {
			t.Errorf("%d of them", len(got))
		}
		if got := p.listed(p.boss, coaching.CoachQuery{Status: status}, models.RoleCoordinator); !slices.Equal(got, []uuid.UUID{dana}) {
			t.Errorf("not among the %s", status)
		}
		if got := p.listed(mia, coaching.CoachQuery{Status: status}); len(got) != want {
			t.Errorf("a member sees %d who are %s", len(got), status)
		}
		if _, err := p.Coach(p.as(mia), dana); (err == nil) != (want == 1) {
			t.Error(err)
		}
	}
	there(1, coaching.CoachWorking)
	for range 2 { // twice is once
		must[*coaching.CoachView](t)(p.SuspendCoach(p.desk(), dana, why))
	}
	there(0, coaching.CoachSuspended)
	if own := must[*coaching.CoachView](t)(p.Coach(p.coaches(dana), dana)); own.Status != coaching.CoachSuspended || own.Version != 2 {
		t.Errorf("%+v", own.CoachWork)
	}
	must[*coaching.CoachView](t)(p.ReinstateCoach(p.desk(), dana, why))
	there(1, coaching.CoachWorking)
	must[*coaching.CoachView](t)(p.ArchiveCoach(p.desk(), dana, why))
	there(0, coaching.CoachArchived)
	must[*coaching.CoachView](t)(p.RestoreCoach(p.desk(), dana, why))
	there(1, coaching.CoachWorking)
	p.exec(`update accounts set roles = '{member}' where member_id = $1`, dana)
	there(0, coaching.CoachAway)

	if n := p.count(`select count(*) from audit_log where action in ('coach.suspend', 'coach.reinstate', 'coach.archive', 'coach.restore') and reason is not null`); n != 5 {
		t.Errorf("%d reasons are kept", n)
	}
	for _, ctx := range []uuid.UUID{dana, mia} {
		_, err := p.SuspendCoach(p.coaches(ctx), dana, why)
		refused(t, err, services.CodeNotFound)
	}
	_, err := p.SuspendCoach(p.desk(), uuid.New(), why)
	refused(t, err, services.CodeNotFound)
	p.couple(p.boss, dana)
	_, err = p.SuspendCoach(p.desk(), dana, why)
	refused(t, err, "own_record")
}
