package coaching_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// offered are the coaches whom somebody is shown who asked.
func (p *practice) offered(ctx context.Context, engagement uuid.UUID) (out []uuid.UUID) {
	p.t.Helper()
	for _, m := range must[*coaching.MatchSuggestions](p.t)(p.MatchSuggestions(ctx, engagement)).Data {
		out = append(out, m.CoachID)
	}
	return out
}

func TestWhoAsksSeesWhoFits(t *testing.T) {
	p := openPractice(t)
	mia, best, kept := p.member(), p.coach("Best"), p.coach("Kept")
	for i := range 6 {
		other := p.coach(fmt.Sprintf("Other%d", i))
		p.exec(`update coaches set specialties = '{}' where id = $1`, other)
	}
	p.engagement(best, p.member("Busy")) // which does not count
	p.apart(kept, mia, models.SeparationProtected)
	e := p.asks(p.as(mia), coaching.AskForCoach{CoachWishes: coaching.CoachWishes{FocusAreas: []models.Focus{"sleep"}, Hours: []string{"MO 10:00-12:00"}}})
	found := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.as(mia), e.ID))
	if len(found.Data) != 5 || found.Data[0].CoachID != best || found.Data[0].Name != "Best O." || found.Data[0].MatchProfile == nil || found.Data[0].Bio == "" || found.Data[0].NextFree == nil {
		t.Fatalf("%+v", found)
	}
	if slices.Contains(p.offered(p.as(mia), e.ID), kept) {
		t.Error("from whom she is kept apart")
	}
	raw, err := json.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{`"points"`, `"clients"`, `"limit"`, `"free"`, `"declined"`, `"eligibility"`, `"load"`, `"wanted"`} {
		if strings.Contains(string(raw), not) {
			t.Errorf("%s is shown: %s", not, raw)
		}
	}
	if !strings.Contains(string(raw), `{"code":"language","words":"Speaks the language asked for"}`) || strings.Contains(string(raw), `"gender"`) {
		t.Errorf("%s", raw)
	}
	chosen := found.Data[0].CoachID
	if v := must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(mia), e.ID, coaching.EngagementPatch{WantedCoachID: services.Some(chosen)})); *v.WantedCoachID != best {
		t.Errorf("%+v", v)
	}
	_, err = p.MatchSuggestions(p.as(p.member("Eve")), e.ID)
	refused(t, err, services.CodeNotFound)
	_, err = p.MatchSuggestions(p.coaches(best), e.ID)
	refused(t, err, services.CodeNotFound)
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: best}))
	_, err = p.MatchSuggestions(p.as(mia), e.ID)
	refused(t, err, coaching.CodeNotNow)
	must[*coaching.EngagementNow](t)(p.DeclineMatch(p.coaches(best), e.ID))
	if slices.Contains(p.offered(p.as(mia), e.ID), best) {
		t.Error("who declined comes before others")
	}
}

// From whom the other of a couple is kept apart, or is close to, shows to neither of them in the other's list; nor whether they come along.
func TestWhoFitsTellsNothingOfThePartner(t *testing.T) {
	p := openPractice(t)
	mia, leo, sam, kin := p.member(), p.member("Leo"), p.coach("Sam"), p.coach("Kin")
	p.couple(mia, leo)
	p.couple(leo, kin)
	p.apart(leo, sam, models.SeparationMutual)
	e := p.asks(p.as(mia), coaching.AskForCoach{PartnerMemberID: &leo})
	seen := func(who uuid.UUID, want ...uuid.UUID) {
		t.Helper()
		got := p.offered(p.as(who), e.ID)
		slices.SortFunc(got, compareIDs)
		slices.SortFunc(want, compareIDs)
		if !slices.Equal(got, want) {
			t.Errorf("%d coaches, want %d", len(got), len(want))
		}
	}
	seen(mia, sam, kin)
	_, err := p.MatchSuggestions(p.as(leo), e.ID)
	refused(t, err, coaching.CodeNotNow)
	must[*coaching.EngagementView](t)(p.JoinEngagement(p.as(leo), e.ID))
	seen(mia, sam, kin)
	seen(leo)
	must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(mia), e.ID, coaching.EngagementPatch{WantedCoachID: services.Some(sam)}))
	if got := p.offered(p.desk(), e.ID); len(got) != 0 {
		t.Errorf("staff are offered whom the partner is kept apart from: %v", got)
	}
	refusing, late := p.member("Ann"), p.member("Bea")
	p.couple(refusing, late)
	f := p.asks(p.as(refusing), coaching.AskForCoach{PartnerMemberID: &late})
	before := p.offered(p.as(refusing), f.ID)
	must[*coaching.EngagementNow](t)(p.RefuseEngagement(p.as(late), f.ID))
	if after := p.offered(p.as(refusing), f.ID); len(before) != 2 || !slices.Equal(before, after) {
		t.Errorf("a refusal shows: %v, %v", before, after)
	}
	_, err = p.MatchSuggestions(p.as(late), f.ID)
	refused(t, err, services.CodeNotFound)
}

func compareIDs(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// A guardian sees whom the list of coaches shows them: from whom the child is kept apart is not theirs to know. A second wish shows the same.
func TestWhoFitsAChild(t *testing.T) {
	p := openPractice(t)
	ana, two := p.member("Ana"), p.member("Hal")
	maya := p.child(ana, true)
	p.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $5, $2)`, services.NewID(), practiceDay, two, maya, p.boss)
	sam, fits, adults := p.coach("Sam"), p.coach("Fits"), p.coach("Adults")
	p.exec(`update coaches set with_minors = false where id = $1`, adults)
	p.apart(maya, sam, models.SeparationProtected)
	first, second := p.asks(p.as(ana), coaching.AskForCoach{MemberID: &maya}), p.asks(p.as(two), coaching.AskForCoach{MemberID: &maya})
	a, b := p.offered(p.as(ana), first.ID), p.offered(p.as(two), second.ID)
	if len(a) != 2 || slices.Contains(a, adults) || !slices.Equal(a, b) {
		t.Errorf("%v, %v", a, b)
	}
	must[*coaching.EngagementView](t)(p.UpdateEngagement(p.as(ana), first.ID, coaching.EngagementPatch{WantedCoachID: services.Some(sam)}))
	if got := p.offered(p.desk(), first.ID); !slices.Equal(got, []uuid.UUID{fits}) {
		t.Errorf("staff are offered %v", got)
	}
	if got := p.offered(p.as(maya), first.ID); !slices.Equal(got, []uuid.UUID{fits}) {
		t.Errorf("she is offered %v", got)
	}
}
