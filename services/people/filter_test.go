package people_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

func TestEveryFilterPicksWhomItSays(t *testing.T) {
	o := open(t)
	kinds := func(k ...models.Kind) models.Texts[models.Kind] { return k }
	luis := o.known(models.Member{GivenName: "Luis", Kinds: kinds("veteran", "parent"), BirthDate: born(40), Tags: models.Texts[string]{"speaker", "news"},
		Address: models.Address{Region: "Québec", PostalCode: "g1k 3x2"}, ReferralSource: ptr("VA Clinic")})
	ana := o.known(models.Member{GivenName: "Ana", Kinds: kinds("spouse"), BirthDate: born(39), Status: models.MemberInactive, Tags: models.Texts[string]{"news"},
		Address: models.Address{Region: "NC", PostalCode: "28305"}})
	old := o.known(models.Member{GivenName: "Walt", Kinds: kinds("veteran"), BirthDate: born(99), Address: models.Address{Region: "nc", PostalCode: "28310-0001"}})
	signed := o.person("Sue Signed")
	for id, in := range map[uuid.UUID]people.AddServiceRecord{luis.ID: army("2003-07-07", "2011-07-06"), old.ID: {Component: "active", Branch: "navy", EnteredOn: *date("1945-05-01"), SeparatedOn: date("1960-01-01")}} {
		r := must[*people.ServiceRecordView](t)(o.people.AddServiceRecord(o.as(o.boss), id, in))
		if id == luis.ID {
			must[*people.ServiceRecordView](t)(o.people.VerifyService(o.as(o.boss), r.ID, people.VerifyService{Method: models.MethodDD214}))
		}
	}
	home := must[*people.HouseholdView](t)(o.people.CreateHousehold(o.as(o.boss), people.CreateHousehold{Name: "Ortega", Members: []people.JoinHousehold{{MemberID: luis.ID, Role: "adult"}, {MemberID: ana.ID, Role: "adult"}}}))
	must[*people.HouseholdView](t)(o.people.Leave(o.as(o.boss), home.ID, ana.ID, people.LeaveHousehold{}))
	o.core.Clock.Set(noon.Add(time.Hour))
	late := o.known(models.Member{GivenName: "Late", Kinds: kinds("supporter")})

	name := map[uuid.UUID]string{luis.ID: "luis", ana.ID: "ana", old.ID: "walt", signed.member: "sue", late.ID: "late"}
	for about, c := range map[string]struct {
		models.Criteria
		want []string
	}{
		"kind":             {models.Criteria{Kind: []models.Kind{"spouse", "parent"}}, []string{"ana", "luis"}},
		"status":           {models.Criteria{Status: []models.MemberStatus{"inactive"}}, []string{"ana"}},
		"tag":              {models.Criteria{Tag: []string{" Speaker"}}, []string{"luis"}},
		"either tag":       {models.Criteria{Tag: []string{"speaker", "news"}}, []string{"ana", "luis"}},
		"era":              {models.Criteria{Era: []models.Era{"post_9_11"}}, []string{"luis"}},
		"either era":       {models.Criteria{Era: []models.Era{"post_9_11", "world_war_ii"}}, []string{"luis", "walt"}},
		"branch":           {models.Criteria{Branch: []models.Branch{"navy"}}, []string{"walt"}},
		"verified":         {models.Criteria{Verification: []models.Verification{"verified"}}, []string{"luis"}},
		"unverified":       {models.Criteria{Verification: []models.Verification{"unverified"}}, []string{"walt"}},
		"region":           {models.Criteria{Region: []string{"quebec", "NC"}}, []string{"ana", "luis", "walt"}},
		"postal code":      {models.Criteria{PostalCode: "283"}, []string{"ana", "walt"}},
		"postal code, low": {models.Criteria{PostalCode: "G1k"}, []string{"luis"}},
		"age":              {models.Criteria{MinAge: 40, MaxAge: 98}, []string{"luis", "sue"}},
		"oldest":           {models.Criteria{MinAge: 99}, []string{"walt"}},
		"youngest":         {models.Criteria{MaxAge: 39}, []string{"ana"}},
		"household":        {models.Criteria{HouseholdID: home.ID}, []string{"luis"}},
		"account":          {models.Criteria{Account: "with"}, []string{"sue"}},
		"no account":       {models.Criteria{Account: "without"}, []string{"ana", "late", "luis", "walt"}},
		"referral":         {models.Criteria{Referral: "va clinic"}, []string{"luis"}},
		"created":          {models.Criteria{CreatedGTE: noon.Add(time.Minute)}, []string{"late"}},
		"created before":   {models.Criteria{CreatedLT: noon.Add(time.Minute)}, []string{"ana", "luis", "sue", "walt"}},
		"updated":          {models.Criteria{UpdatedGTE: noon.Add(time.Hour), UpdatedLT: noon.Add(2 * time.Hour)}, []string{"late"}},
		"all together":     {models.Criteria{Kind: []models.Kind{"veteran"}, Era: []models.Era{"gulf_war"}, Tag: []string{"news"}, MinAge: 18, Account: "without"}, []string{"luis"}},
		"a wildcard":       {models.Criteria{Region: []string{"%"}}, nil},
	} {
		page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Criteria: c.Criteria, PageQuery: services.PageQuery{Limit: 25, Count: true}}))
		var got []string
		for _, m := range page.Data {
			got = append(got, name[m.ID])
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) || *page.Total != int64(len(c.want)) {
			t.Errorf("%s: %v of %d, want %v", about, got, *page.Total, c.want)
		}
	}
}

// Of 29 February in a common year, people turn a year older on 1 March.
func TestAgesOfTheFilterAreThoseOfTheRecord(t *testing.T) {
	o := open(t)
	births := []string{"2000-02-28", "2000-02-29", "2000-03-01", "2007-02-28", "2007-03-01", "2008-02-29", "2010-02-28", "2010-03-01"}
	for _, b := range births {
		o.known(models.Member{GivenName: "B" + b, BirthDate: date(b)})
	}
	for _, today := range []string{"2028-02-28", "2028-02-29", "2028-03-01", "2026-02-28", "2026-03-01"} {
		at, _ := time.Parse(time.RFC3339, today+"T12:00:00Z")
		o.core.Clock.Set(at)
		for age := 15; age < 30; age++ {
			want := 0
			for _, b := range births {
				if date(b).Age(models.DateOf(at)) == age {
					want++
				}
			}
			page := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Criteria: models.Criteria{MinAge: age, MaxAge: age}, PageQuery: all}))
			if len(page.Data) != want {
				t.Errorf("on %s %d are %d, want %d", today, len(page.Data), age, want)
			}
		}
	}
}

func TestSavedSearchesAreOnesOwnOrShared(t *testing.T) {
	o := open(t)
	dan := o.person("Dan Reed", models.RoleAdmin)
	for i := range 5 {
		o.known(models.Member{GivenName: fmt.Sprintf("V%d", i), Kinds: models.Texts[models.Kind]{"veteran"}})
	}
	saved := must[*models.SavedSearch](t)(o.people.SaveSearch(o.as(o.boss), people.SaveSearch{Name: " Veterans ", Filter: models.Criteria{Kind: []models.Kind{"veteran"}}}))
	if saved.Name != "Veterans" || saved.OwnerID != o.boss.member {
		t.Errorf("%+v", saved)
	}
	_, err := o.people.SaveSearch(o.as(o.boss), people.SaveSearch{Name: "VETERANS"})
	refused(t, err, services.KindConflict, "name_taken")
	_, err = o.people.SaveSearch(o.as(o.boss), people.SaveSearch{Name: "Odd", Filter: models.Criteria{MinAge: 40, MaxAge: 30}})
	if got := fields(t, err); got["/filter/max_age"] == "" {
		t.Errorf("%v", got)
	}
	run := func(p person, in services.PageQuery) (*services.Page[people.MemberSummary], error) {
		return o.people.SavedSearchMembers(o.as(p), saved.ID, in)
	}
	page := must[*services.Page[people.MemberSummary]](t)(run(o.boss, services.PageQuery{Limit: 3, Count: true}))
	if len(page.Data) != 3 || *page.Total != 5 || page.NextCursor == nil {
		t.Errorf("%d of %d", len(page.Data), *page.Total)
	}
	rest := must[*services.Page[people.MemberSummary]](t)(run(o.boss, services.PageQuery{Limit: 3, Cursor: *page.NextCursor}))
	if len(rest.Data) != 2 {
		t.Errorf("%d on the second page", len(rest.Data))
	}

	listed := func(p person) int {
		return len(must[*services.Page[people.SavedSearchRow]](t)(o.people.ListSavedSearches(o.as(p), all)).Data)
	}
	_, err = run(dan, all)
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	if listed(dan) != 0 || listed(o.boss) != 1 {
		t.Errorf("dan lists %d", listed(dan))
	}
	_, err = o.people.UpdateSavedSearch(o.as(dan, 1), saved.ID, people.PatchSavedSearch{Shared: services.Some(true)})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	saved = must[*models.SavedSearch](t)(o.people.UpdateSavedSearch(o.as(o.boss, 1), saved.ID, people.PatchSavedSearch{Shared: services.Some(true)}))
	if !saved.Shared || saved.Version != 2 || len(saved.Filter.Kind) != 1 || listed(dan) != 1 {
		t.Errorf("%+v", saved)
	}
	if got := must[*services.Page[people.MemberSummary]](t)(run(dan, all)); len(got.Data) != 5 {
		t.Errorf("dan finds %d", len(got.Data))
	}
	refused(t, o.people.DeleteSavedSearch(o.as(dan, 2), saved.ID), services.KindForbidden, "not_owner")
	refused(t, o.people.DeleteSavedSearch(o.as(o.boss, 1), saved.ID), services.KindStale, services.CodeStale)
	if err := o.people.DeleteSavedSearch(o.as(o.boss, 2), saved.ID); err != nil || listed(o.boss) != 0 {
		t.Errorf("%v, %d", err, listed(o.boss))
	}
}

func TestManyAreTaggedAtOnceAndEachIsTold(t *testing.T) {
	o := open(t)
	full := models.Texts[string]{}
	for i := range 20 {
		full = append(full, fmt.Sprintf("t%d", i))
	}
	luis := o.known(models.Member{GivenName: "Luis", Kinds: models.Texts[models.Kind]{"veteran"}})
	ana := o.known(models.Member{GivenName: "Ana", Tags: models.Texts[string]{"news"}})
	max := o.known(models.Member{GivenName: "Max", Tags: full})
	dead := o.known(models.Member{GivenName: "Dee", Status: models.MemberDeceased})
	nobody := services.NewID()
	in := people.TagMembers{MemberIDs: []uuid.UUID{luis.ID, ana.ID, max.ID, dead.ID, nobody, o.boss.member, luis.ID}, Add: []string{"News "}}
	got := must[*people.TaggedMembers](t)(o.people.TagMembers(o.as(o.boss), in))
	want := []people.TaggedMember{{luis.ID, people.TagsChanged}, {ana.ID, people.TagsUnchanged}, {max.ID, people.TagsTooMany}, {dead.ID, people.TagsClosed}, {nobody, people.TagsNotFound}, {o.boss.member, people.TagsOwn}}
	if got.Changed != 1 || !slices.Equal(got.Results, want) {
		t.Errorf("%+v", got)
	}
	if m := must[*people.MemberView](t)(o.people.Get(o.as(o.boss), luis.ID)); !slices.Equal(m.Tags, []string{"news"}) || m.Version != 2 {
		t.Errorf("%v, version %d", m.Tags, m.Version)
	}
	saved := must[*models.SavedSearch](t)(o.people.SaveSearch(o.as(o.boss), people.SaveSearch{Name: "News", Filter: models.Criteria{Tag: []string{"news"}}}))
	both := must[*people.TaggedMembers](t)(o.people.TagMembers(o.as(o.boss), people.TagMembers{SavedSearchID: &saved.ID, Add: []string{"letter"}, Remove: []string{"news"}}))
	if both.Changed != 2 || len(both.Results) != 2 {
		t.Errorf("%+v", both)
	}
	for about, bad := range map[string]people.TagMembers{"nobody": {Add: []string{"x"}}, "both": {MemberIDs: []uuid.UUID{luis.ID}, SavedSearchID: &saved.ID, Add: []string{"x"}},
		"no tag": {MemberIDs: []uuid.UUID{luis.ID}, Add: []string{"  "}}, "contradiction": {MemberIDs: []uuid.UUID{luis.ID}, Add: []string{"x"}, Remove: []string{"X"}}} {
		if _, err := o.people.TagMembers(o.as(o.boss), bad); len(fields(t, err)) == 0 {
			t.Errorf("%s: %v", about, err)
		}
	}

	counts := func() map[string]int {
		out := map[string]int{}
		for _, c := range must[*services.Page[people.TagCount]](t)(o.people.Tags(o.as(o.boss), people.TagFilter{Q: "le", Limit: 10})).Data {
			out[c.Tag] = c.Members
		}
		return out
	}
	must[*people.TaggedMembers](t)(o.people.TagMembers(o.as(o.boss), people.TagMembers{MemberIDs: []uuid.UUID{luis.ID}, Add: []string{"leaflet"}}))
	if got := counts(); got["letter"] != 2 || got["leaflet"] != 1 || len(got) != 2 {
		t.Errorf("%v", got)
	}
	renamed := must[*people.RenamedTag](t)(o.people.RenameTag(o.as(o.boss), people.RenameTag{From: "Leaflet", To: "letter"}))
	if got := counts(); renamed.Changed != 1 || got["letter"] != 2 || len(got) != 1 {
		t.Errorf("%+v %v", renamed, got)
	}
	_, err := o.people.RenameTag(o.as(o.boss), people.RenameTag{From: "leaflet", To: "letter"})
	refused(t, err, services.KindNotFound, services.CodeNotFound)
	_, err = o.people.RenameTag(o.as(o.boss), people.RenameTag{From: "letter", To: "LETTER "})
	if got := fields(t, err); got["/to"] != "required" {
		t.Errorf("%v", got)
	}
}

func TestASearchThatFindsTooManyIsNotTagged(t *testing.T) {
	o := open(t)
	if _, err := o.core.Writes().Exec(t.Context(), `insert into members (id, version, created_at, updated_at, given_name, kinds, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		select gen_random_uuid(), 1, $1, $1, 'V' || n, '{veteran}', 'active', 'en', 'UTC', true, false, true, false from generate_series(1, 501) n`, noon); err != nil {
		t.Fatal(err)
	}
	saved := must[*models.SavedSearch](t)(o.people.SaveSearch(o.as(o.boss), people.SaveSearch{Name: "All", Filter: models.Criteria{Kind: []models.Kind{"veteran"}}}))
	_, err := o.people.TagMembers(o.as(o.boss), people.TagMembers{SavedSearchID: &saved.ID, Add: []string{"all"}})
	refused(t, err, services.KindConflict, "too_many_members")
	if n := o.count("select count(*) from members where 'all' = any(tags)"); n != 0 {
		t.Errorf("%d are tagged", n)
	}
}

func TestFormerNamesAndOwnWords(t *testing.T) {
	o := open(t)
	ana := must[*models.Member](t)(o.people.Create(o.as(o.boss), people.CreateMember{GivenName: "Ana", FamilyName: "Ortega", FormerNames: ptr("Ana Zielińska"), Kinds: []models.Kind{"spouse"},
		Gender: ptr(models.GenderSelfDescribed), GenderWords: ptr("agender"), RaceEthnicity: []models.RaceEthnicity{"white", "hispanic_or_latino", "white"}}))
	if *ana.GenderWords != "agender" {
		t.Errorf("%+v", ana)
	}
	if n := o.count("select cardinality(race_ethnicity) from members where id = $1", ana.ID); n != 2 {
		t.Errorf("%d answers", n)
	}
	found := must[*services.Page[people.MemberSummary]](t)(o.people.List(o.as(o.boss), people.MemberFilter{Q: "zielinska", PageQuery: all}))
	if len(found.Data) != 1 || found.Data[0].ID != ana.ID {
		t.Errorf("%+v", found.Data)
	}
	ana = must[*models.Member](t)(o.people.Update(o.as(o.boss, 1), ana.ID, people.PatchMember{NamesPatch: people.NamesPatch{Gender: services.Some(models.GenderWoman)}}))
	if ana.GenderWords != nil {
		t.Error("their words stay with another answer")
	}
	luis := o.person("Luis Ortega")
	got := must[*people.Demographics](t)(o.people.ReplaceOwnDemographics(o.as(luis), people.GiveDemographics{RaceEthnicity: []models.RaceEthnicity{"asian"}}))
	if len(got.RaceEthnicity) != 1 {
		t.Errorf("%+v", got)
	}
	must[*people.Demographics](t)(o.people.ReplaceOwnDemographics(o.as(luis), people.GiveDemographics{}))
	if got = must[*people.Demographics](t)(o.people.OwnDemographics(o.as(luis))); got.RaceEthnicity == nil || len(got.RaceEthnicity) != 0 {
		t.Errorf("%+v", got)
	}
}

// A transaction that holds thousands of rows makes everybody else wait.
func TestATagOfManyIsNotRenamedAtOnce(t *testing.T) {
	o := open(t)
	if _, err := o.core.Writes().Exec(t.Context(), `insert into members (id, version, created_at, updated_at, given_name, kinds, tags, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		select gen_random_uuid(), 1, $1, $1, 'V' || n, '{veteran}', '{many}', 'active', 'en', 'UTC', true, false, true, false from generate_series(1, 1001) n`, noon); err != nil {
		t.Fatal(err)
	}
	_, err := o.people.RenameTag(o.as(o.boss), people.RenameTag{From: "many", To: "more"})
	refused(t, err, services.KindConflict, "too_many_members")
	if n := o.count("select count(*) from members where 'more' = any(tags)"); n != 0 {
		t.Errorf("%d are renamed", n)
	}
}
