package people_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

func TestSearchForgivesTyposAndAccents(t *testing.T) {
	o := open(t)
	ids := map[string]uuid.UUID{}
	for _, m := range []models.Member{
		{GivenName: "María", FamilyName: "Rodríguez", Email: ptr("mrod@example.org"), Phone: ptr("910-555-0142")},
		{GivenName: "Katherine", FamilyName: "Smith", PreferredName: ptr("Kit")},
		{GivenName: "Jürgen", FamilyName: "Groß", LegalName: ptr("Hans-Jürgen Groß")},
		{GivenName: "Siobhán", FamilyName: "O'Neill", Email: ptr("100%_sure@example.org")},
		{GivenName: "Nguyễn", FamilyName: "Thị Hạnh", Phone: ptr("+84 24 3825 1234")},
	} {
		ids[m.GivenName] = o.known(m).ID
	}
	for query, want := range map[string]string{
		"rodriguez":             "María",
		"RODRÍGUEZ":             "María",
		"Rodrigez":              "María",
		"rodrigues maria":       "María",
		"marai rodriguez":       "María",
		"mrod@exampel.org":      "María",
		"555-0142":              "María",
		"(910) 555 0142":        "María",
		"+1 910 555 0142":       "María",
		"Catherine":             "Katherine",
		"Smyth":                 "Katherine",
		"kit":                   "Katherine",
		"gross":                 "Jürgen",
		"Hans":                  "Jürgen",
		"oneil":                 "Siobhán",
		"siobhan":               "Siobhán",
		"100%_sure":             "Siobhán",
		"nguyen hanh":           "Nguyễn",
		"  rodriguez\u00a0\t  ": "María",
	} {
		page, err := o.people.List(o.as(o.boss), people.MemberFilter{Q: query, PageQuery: all})
		if err != nil {
			t.Errorf("%q: %v", query, err)
			continue
		}
		if len(page.Data) == 0 || page.Data[0].ID != ids[want] {
			t.Errorf("%q finds %+v, want %s first", query, page.Data, want)
		}
	}
	for _, query := range []string{"zz%zzz", "%%%zzz", "zzz___", `zz\z`, "qqqqqq", "910 555 9999"} {
		if page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Q: query, PageQuery: all})); len(page.Data) != 0 {
			t.Errorf("%q finds %+v", query, page.Data)
		}
	}
}

func TestSearchIsBoundedAndLogged(t *testing.T) {
	o := open(t)
	for i := range 30 {
		o.known(models.Member{GivenName: "Walter", FamilyName: fmt.Sprintf("Brooks%02d", i)})
	}
	for _, query := range []string{"ab", "%%%%", "  a  b ", "___"} {
		_, err := o.people.List(o.as(o.boss), people.MemberFilter{Q: query, PageQuery: all})
		if got := fields(t, err); got["query/q"] != "too_short" {
			t.Errorf("%q: %v", query, got)
		}
	}
	_, err := o.people.List(o.as(o.boss), people.MemberFilter{Q: "walter", PageQuery: services.PageQuery{Sort: "name"}})
	if got := fields(t, err); got["query/q"] != "search_pages" {
		t.Errorf("%v", got)
	}
	page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Q: "walter", PageQuery: services.PageQuery{Limit: 100}}))
	if len(page.Data) != 20 || page.NextCursor != nil {
		t.Errorf("%d found", len(page.Data))
	}

	must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Q: "WALTER"}))
	if n := o.count(`select count(distinct objects) from audit_log where action = 'member.search' and outcome = 'read' and account_id = $1`, o.boss.account); n != 1 {
		t.Errorf("the same words have %d ids", n)
	}
	if n := o.count(`select cardinality(subjects) from audit_log where action = 'member.search' limit 1`); n != 20 {
		t.Errorf("the log names %d people", n)
	}
	if n := o.count(`select count(*) from audit_log a where action = 'member.search' and a::text ilike '%walter%'`); n != 0 {
		t.Error("the log holds the words")
	}

	refusedAt := 0
	for i := range 60 {
		if _, err := o.people.List(o.as(o.boss), people.MemberFilter{Q: "walter"}); err != nil {
			refused(t, err, services.KindTooMany, services.CodeTooMany)
			refusedAt = i
			break
		}
	}
	if refusedAt == 0 {
		t.Error("searching is not limited")
	}
	if _, err := o.people.List(o.as(o.person("Dan Reed", models.RoleAdmin)), people.MemberFilter{Q: "walter"}); err != nil {
		t.Errorf("somebody else is limited too: %v", err)
	}
}

func TestListsShowNothingOfHealthAndPageByName(t *testing.T) {
	o := open(t)
	for _, name := range []string{"Élise Ábel", "Zoe Adams", "Ann baker", "Bob Cole"} {
		given, family, _ := strings.Cut(name, " ")
		m := o.known(models.Member{GivenName: given, FamilyName: family, Kinds: models.Texts[models.Kind]{"veteran"},
			Needs: models.Needs{DietaryNeeds: "canary allergy"}, Address: models.Address{AddressLine1: "canary street"}, LegalName: ptr("canary legal")})
		_ = m
	}
	var seen []string
	in := people.MemberFilter{Criteria: models.Criteria{Kind: []models.Kind{"veteran"}}, PageQuery: services.PageQuery{Limit: 2, Count: true}}
	for {
		page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), in))
		told, _ := json.Marshal(page)
		if strings.Contains(string(told), "canary") {
			t.Errorf("a list tells too much: %s", told)
		}
		if *page.Total != 4 {
			t.Errorf("%d in all", *page.Total)
		}
		for _, m := range page.Data {
			seen = append(seen, m.FamilyName)
		}
		if page.NextCursor == nil {
			break
		}
		in.Cursor = *page.NextCursor
	}
	if !slices.Equal(seen, []string{"Ábel", "Adams", "baker", "Cole"}) {
		t.Errorf("%v", seen)
	}
	member := o.person("Nosy Member")
	page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(member), people.MemberFilter{PageQuery: all}))
	if len(page.Data) != 1 || page.Data[0].ID != member.member {
		t.Errorf("a member's scope holds %+v", page.Data)
	}
}

func TestAMemberIsTidiedAndEveryMistakeNamed(t *testing.T) {
	o := open(t)
	m := must[*models.Member](t)(o.people.Create(o.as(o.boss), people.CreateMember{GivenName: "  Lu\u0131\u0301s \n Alberto ", FamilyName: "Ortega\x07", Kinds: []models.Kind{"veteran", "veteran"},
		Email: ptr(" luis@example.org "), Phone: ptr("(910) 555-0142"), Country: "us", Tags: []string{"News", "news ", ""}, PreferredName: ptr("  ")}))
	if m.GivenName != "Lu\u0131\u0301s Alberto" || m.FamilyName != "Ortega" || *m.Email != "luis@example.org" || *m.Phone != "+19105550142" || m.Country != "US" ||
		!slices.Equal(m.Tags, []string{"news"}) || len(m.Kinds) != 1 || m.PreferredName != nil {
		t.Errorf("%+v", m)
	}
	if m.ProgramWords || !m.EmailOptIn || *m.QuietFrom != "21:00" || m.TimeZone != "America/New_York" || m.Status != models.MemberActive || m.Version != 1 {
		t.Errorf("defaults: %+v", m)
	}

	future := models.DateOf(noon.AddDate(0, 1, 0))
	_, err := o.people.Create(o.as(o.boss), people.CreateMember{GivenName: " ", BirthDate: &future, Kinds: []models.Kind{"veteran"}, Email: ptr("Luis <luis@example.org>"),
		Phone: ptr("call me"), Country: "U1", Language: "!!", TimeZone: "Mars/Olympus"})
	got := fields(t, err)
	for _, field := range []string{"/given_name", "/birth_date", "/email", "/phone", "/country", "/language", "/time_zone"} {
		if got[field] == "" {
			t.Errorf("%s was not named: %v", field, got)
		}
	}
	for _, zone := range []string{"Local", "../../etc/passwd", "EST5EDT\x00"} {
		_, err := o.people.Create(o.as(o.boss), people.CreateMember{GivenName: "Luis", Kinds: []models.Kind{"veteran"}, TimeZone: zone})
		if got := fields(t, err); got["/time_zone"] == "" {
			t.Errorf("%q: %v", zone, got)
		}
	}
}

func TestAMemberIsEditedByVersion(t *testing.T) {
	o := open(t)
	m := o.known(models.Member{GivenName: "Luis", FamilyName: "Ortega", Phone: ptr("9105550142"), Tags: models.Texts[string]{"news"}})
	edit := people.PatchMember{NamesPatch: people.NamesPatch{PreferredName: services.Some("Lou")}, ContactPatch: people.ContactPatch{Phone: services.Null[string]()},
		PreferencesPatch: people.PreferencesPatch{QuietFrom: services.Some("22:15")}, Tags: services.Some([]string{})}

	_, err := o.people.Update(o.as(o.boss), m.ID, edit)
	refused(t, err, services.KindUnconditional, services.CodeIfMatchRequired)
	_, err = o.people.Update(o.as(o.boss, 7), m.ID, edit)
	refused(t, err, services.KindStale, services.CodeStale)
	_, err = o.people.Update(o.as(o.boss), services.NewID(), edit)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	got := must[*models.Member](t)(o.people.Update(o.as(o.boss, 1), m.ID, edit))
	if got.Version != 2 || *got.PreferredName != "Lou" || got.Phone != nil || got.GivenName != "Luis" || *got.QuietFrom != "22:15" || len(got.Tags) != 0 {
		t.Errorf("%+v", got)
	}
	_, err = o.people.Update(o.as(o.boss, 2), m.ID, people.PatchMember{PreferencesPatch: people.PreferencesPatch{QuietUntil: services.Null[string](), SafeFrom: services.Some("25:00"), SafeUntil: services.Some("26:00")}})
	if bad := fields(t, err); bad["/quiet_from"] != "incomplete" || bad["/safe_from"] != "bad_time" || bad["/safe_until"] != "bad_time" {
		t.Errorf("%v", bad)
	}
	shown := must[*people.MemberView](t)(o.people.Get(o.as(o.boss), m.ID))
	if shown.Version != 2 || *shown.PreferredName != "Lou" || shown.HasAccount {
		t.Errorf("%+v", shown)
	}

	var wg sync.WaitGroup
	won := make([]error, 16)
	for i := range won {
		wg.Go(func() {
			_, won[i] = o.people.Update(o.as(o.boss, 2), m.ID, people.PatchMember{Status: services.Some(models.MemberInactive)})
		})
	}
	wg.Wait()
	ok := 0
	for _, err := range won {
		if err == nil {
			ok++
		} else {
			refused(t, err, services.KindStale, services.CodeStale)
		}
	}
	if ok != 1 {
		t.Errorf("%d edits of one version", ok)
	}
}

func TestALookAtARecordIsLoggedWhetherOrNotItExists(t *testing.T) {
	o := open(t)
	m := o.known(models.Member{GivenName: "Luis"})
	must[*people.MemberView](t)(o.people.Get(o.as(o.boss), m.ID))
	if n := o.count(`select count(*) from audit_log where action = 'member.read' and outcome = 'read' and subjects = array[$1::uuid]`, m.ID); n != 1 {
		t.Errorf("%d rows", n)
	}
	nobody := services.NewID()
	_, err := o.people.Get(o.as(o.boss), nobody)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.people.Get(o.as(o.person("Nosy Member")), m.ID)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	for _, id := range []uuid.UUID{nobody, m.ID} {
		if n := o.count(`select count(*) from audit_log where action = 'member.read' and outcome = 'not_found' and objects = array[$1::uuid] and subjects = '{}'`, id); n != 1 {
			t.Errorf("%d rows of looks in vain", n)
		}
	}
}

// Carol is a coordinator; Ben her husband, Lily her daughter, Sue who lives with her. She handles none of their records,
// and none after the ties have ended.
func TestStaffHandleNeitherTheirOwnRecordsNorThoseOfPeopleCloseToThem(t *testing.T) {
	o := open(t)
	ben := o.person("Ben Whitfield")
	link := must[*people.RelationshipLink](t)(o.people.Ask(o.as(o.boss), people.AskRelationship{Email: ben.email, Kind: models.RelationSpouse}))
	must[*people.RelationshipLink](t)(o.people.Accept(o.as(ben), link.ID))
	lily := o.child(o.boss, "Lily Whitfield", 8)
	sue := o.known(models.Member{GivenName: "Sue"})
	admin := o.person("Dan Reed", models.RoleAdmin)
	must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(admin), people.CreateHousehold{Name: "Whitfield", Members: []people.JoinHousehold{
		{MemberID: o.boss.member, Role: "adult"}, {MemberID: sue.ID, Role: "other"}}}))

	closed := func(t *testing.T, id uuid.UUID) {
		t.Helper()
		_, err := o.people.Get(o.as(o.boss), id)
		refused(t, err, services.KindForbidden, "own_record")
		_, err = o.people.Update(o.as(o.boss, 1), id, people.PatchMember{})
		refused(t, err, services.KindForbidden, "own_record")
		_, err = o.people.AddCredential(o.as(o.boss), id, people.AddCredential{Kind: "background_check", IssuedOn: models.DateOf(noon)})
		refused(t, err, services.KindForbidden, "own_record")
		_, err = o.people.ServiceRecords(o.as(o.boss), id)
		refused(t, err, services.KindForbidden, "own_record")
		_, err = o.people.ReplaceContacts(o.as(o.boss, 1), id, people.EmergencyContacts{})
		refused(t, err, services.KindForbidden, "own_record")
	}
	for name, id := range map[string]uuid.UUID{"herself": o.boss.member, "her husband": ben.member, "her daughter": lily.ID, "who lives with her": sue.ID} {
		t.Run(name, func(t *testing.T) { closed(t, id) })
	}
	claim := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(admin), people.GuardianshipFilter{PageQuery: all}))
	if own := must[*services.Page[models.Guardianship]](t)(o.people.ListGuardianships(o.as(o.boss), people.GuardianshipFilter{PageQuery: all})); len(own.Data) != 0 || len(claim.Data) != 1 {
		t.Errorf("she lists %+v", own.Data)
	}
	_, err := o.people.ConfirmGuardianship(o.as(o.boss), claim.Data[0].ID, people.ConfirmGuardianship{Evidence: "I know her"})
	refused(t, err, services.KindForbidden, "own_record")
	must[*models.Guardianship](t)(o.people.ConfirmGuardianship(o.as(admin), claim.Data[0].ID, people.ConfirmGuardianship{Evidence: "Birth certificate"}))

	if err := o.people.Unlink(o.as(o.boss), link.ID); err != nil {
		t.Fatal(err)
	}
	closed(t, ben.member)
	must[*people.MemberView](t)(o.people.Get(o.as(admin), ben.member))
}

func TestHouseholds(t *testing.T) {
	o := open(t)
	luis, maya := o.known(models.Member{GivenName: "Luis", FamilyName: "Ortega"}), o.known(models.Member{GivenName: "Maya", FamilyName: "Ortega", Kinds: models.Texts[models.Kind]{"child"}})
	day := func(d int) *models.Date { return ptr(models.NewDate(2026, time.February, d)) }
	h := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: " Ortega ", Members: []people.JoinHousehold{{MemberID: luis.ID, Role: "adult", StartsOn: day(1)}}}))
	other := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Becker", Members: []people.JoinHousehold{{MemberID: maya.ID, Role: "child", StartsOn: day(1)}}}))
	// A child of two homes belongs to two households at once, and to neither twice.
	h = must[*people.HouseholdView](t)(o.people.Join(o.as(o.boss), h.ID, people.JoinHousehold{MemberID: maya.ID, Role: "child", StartsOn: day(3)}))
	_, err := o.people.Join(o.as(o.boss), h.ID, people.JoinHousehold{MemberID: maya.ID, Role: "other", StartsOn: day(20)})
	refused(t, err, services.KindConflict, "already_in_household")
	if len(h.Members) != 2 || h.Members[1].Name != "Maya Ortega" || h.Name != "Ortega" {
		t.Errorf("%+v", h)
	}
	_, err = o.people.Leave(o.as(o.boss), h.ID, maya.ID, people.LeaveHousehold{On: day(2)})
	if got := fields(t, err); got["/on"] != "before_start" {
		t.Errorf("%v", got)
	}
	h = must[*people.HouseholdView](t)(o.people.Leave(o.as(o.boss), h.ID, maya.ID, people.LeaveHousehold{On: day(10)}))
	if h.Members[1].EndsOn.String() != "2026-02-10" {
		t.Errorf("%+v", h.Members[1])
	}
	_, err = o.people.Leave(o.as(o.boss), h.ID, maya.ID, people.LeaveHousehold{})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	// She comes back; then that turns out to be a mistake.
	must[*people.HouseholdView](t)(o.people.Join(o.as(o.boss), h.ID, people.JoinHousehold{MemberID: maya.ID, Role: "child", StartsOn: day(10)}))
	h = must[*people.HouseholdView](t)(o.people.Leave(o.as(o.boss), h.ID, maya.ID, people.LeaveHousehold{On: day(10)}))
	if len(h.Members) != 2 {
		t.Errorf("%+v", h.Members)
	}
	_, err = o.people.Join(o.as(o.boss), services.NewID(), people.JoinHousehold{MemberID: maya.ID, Role: "child"})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.people.Join(o.as(o.boss), h.ID, people.JoinHousehold{MemberID: services.NewID(), Role: "child"})
	refused(t, err, services.KindNotFound, services.CodeNotFound)

	_, err = o.people.UpdateHousehold(o.as(o.boss), h.ID, people.PatchHousehold{Name: services.Some("Ortega-Reyes")})
	refused(t, err, services.KindUnconditional, services.CodeIfMatchRequired)
	h = must[*people.HouseholdView](t)(o.people.UpdateHousehold(o.as(o.boss, 1), h.ID, people.PatchHousehold{Name: services.Some("Ortega-Reyes")}))
	if h.Name != "Ortega-Reyes" || h.Version != 2 {
		t.Errorf("%+v", h.Household)
	}
	page := must[*services.Page[people.HouseholdSummary]](t)(o.people.ListHouseholds(o.as(o.boss), people.HouseholdFilter{PageQuery: services.PageQuery{Limit: 25, Count: true}}))
	if len(page.Data) != 2 || page.Data[0].ID != other.ID || page.Data[0].Members != 1 || page.Data[1].Members != 1 {
		t.Errorf("%+v", page.Data)
	}
	page = must[*services.Page[people.HouseholdSummary]](t)(o.people.ListHouseholds(o.as(o.boss), people.HouseholdFilter{MemberID: maya.ID, PageQuery: all}))
	if len(page.Data) != 1 || page.Data[0].ID != other.ID {
		t.Errorf("%+v", page.Data)
	}
}

func TestServiceRecordsAndCredentials(t *testing.T) {
	o := open(t)
	luis := o.known(models.Member{GivenName: "Luis"})
	r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), luis.ID, people.AddServiceRecord{Component: "active", Branch: "army", EnteredOn: models.NewDate(2003, 7, 7)}))
	_, err := o.people.UpdateServiceRecord(o.as(o.boss, 1), r.ID, people.PatchServiceRecord{SeparatedOn: services.Some(models.NewDate(2001, 1, 1))})
	if got := fields(t, err); got["/separated_on"] != "before_start" {
		t.Errorf("%v", got)
	}
	r = must[*people.ServiceRecordView](t)(o.people.UpdateServiceRecord(o.as(o.boss, 1), r.ID, people.PatchServiceRecord{SeparatedOn: services.Some(models.NewDate(2011, 7, 6)), Character: services.Some(models.CharacterHonorable)}))
	if r.Version != 2 || r.SeparatedOn.String() != "2011-07-06" || r.Branch != "army" {
		t.Errorf("%+v", r)
	}
	if got := must[*services.Page[people.ServiceRecordView]](t)(o.people.ServiceRecords(o.as(o.boss), luis.ID)); len(got.Data) != 1 {
		t.Errorf("%+v", got.Data)
	}

	cleared := func(on time.Time) (bool, []models.CredentialKind) {
		var missing []models.CredentialKind
		ok, err := services.Mutate(o.as(o.boss), o.core, "test.cleared", func(tx *services.Tx) (bool, error) {
			tx.Unchanged()
			ok, m, err := people.Cleared(tx, luis.ID, on)
			missing = m
			return ok, err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ok, missing
	}
	if ok, missing := cleared(noon); ok || len(missing) != 2 {
		t.Errorf("%v %v", ok, missing)
	}
	add := func(kind models.CredentialKind, until *models.Date) *models.Credential {
		return must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), luis.ID, people.AddCredential{Kind: kind, IssuedOn: models.NewDate(2025, 9, 1), ExpiresOn: until}))
	}
	check := add(models.CredentialBackgroundCheck, ptr(models.NewDate(2026, 6, 30)))
	add(models.CredentialChildSafety, nil)
	for day, want := range map[time.Time]bool{
		noon: true, time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC): true, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC): false, time.Date(2025, 8, 31, 0, 0, 0, 0, time.UTC): false,
	} {
		if ok, missing := cleared(day); ok != want {
			t.Errorf("on %s: %v, missing %v", day, ok, missing)
		}
	}
	check = must[*models.Credential](t)(o.people.RevokeCredential(o.as(o.boss), check.ID, people.StaffReason{Reason: "Report withdrawn"}))
	if ok, missing := cleared(noon); ok || !slices.Equal(missing, []models.CredentialKind{models.CredentialBackgroundCheck}) || check.RevokedAt == nil {
		t.Errorf("%v %v", ok, missing)
	}
	_, err = o.people.RevokeCredential(o.as(o.boss), check.ID, people.StaffReason{Reason: "Report withdrawn"})
	refused(t, err, services.KindConflict, "credential_revoked")
	must[*models.Credential](t)(o.people.ReinstateCredential(o.as(o.boss), check.ID, people.StaffReason{Reason: "By mistake"}))
	if ok, _ := cleared(noon); !ok {
		t.Error("reinstated")
	}
	if n := o.count(`select count(*) from audit_log where action like 'credential.re%' and reason is not null and changes::text not like '%mistake%'`); n != 2 {
		t.Errorf("%d sealed reasons", n)
	}
}
