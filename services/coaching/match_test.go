package coaching_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestTwoWhoWantTheLastPlaceWithACoach(t *testing.T) {
	p := openPractice(t)
	coach := p.coach()
	p.exec(`update coaches set caseload_limit = 3 where id = $1`, coach)
	p.engagement(coach, p.member())
	p.engagement(coach, p.member())
	const many = 12
	ids := make([]uuid.UUID, many)
	for i := range ids {
		ids[i] = p.asks(p.as(p.member()), coaching.AskForCoach{}).ID
	}
	replica := p.replica()
	won := make(chan uuid.UUID, many)
	var wg sync.WaitGroup
	for i, id := range ids {
		service := p.Service
		if i%2 == 0 {
			service = replica
		}
		wg.Go(func() {
			err := patiently(func() error {
				_, err := service.Match(p.desk(), id, coaching.MatchCoach{CoachID: coach})
				return err
			})
			switch {
			case err == nil:
				won <- id
			case codeOf(err) != coaching.CodeCaseloadFull:
				t.Errorf("neither matched nor refused: %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d got the last place", len(won))
	}
}

func TestSeveralProposeACoachAtOnce(t *testing.T) {
	p := openPractice(t)
	coaches := []uuid.UUID{p.coach(), p.coach("Omar"), p.coach("Sol")}
	for range 3 {
		e := p.asks(p.as(p.member()), coaching.AskForCoach{})
		services := []*coaching.Service{p.Service, p.replica()}
		got := make([]error, 12)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { _, got[i] = services[i%2].Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coaches[i%3]}) })
		}
		wg.Wait()
		won := 0
		for _, err := range got {
			switch {
			case err == nil:
				won++
			case codeOf(err) != coaching.CodeNotNow:
				t.Errorf("neither proposed nor told that somebody was faster: %v", err)
			}
		}
		if won != 1 {
			t.Errorf("%d coaches are proposed", won)
		}
	}
}

func TestNobodyCoachesThemselves(t *testing.T) {
	p := openPractice(t)
	coach, other := p.coach(), p.coach("Omar")
	e := p.asks(p.as(coach), coaching.AskForCoach{})
	apart := p.asks(p.as(p.member()), coaching.AskForCoach{})
	p.apart(coach, apart.People[0].MemberID, models.SeparationProtected)
	_, own := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach})
	_, kept := p.Match(p.desk(), apart.ID, coaching.MatchCoach{CoachID: coach})
	if codeOf(own) != coaching.CodeCoachUnavailable || own.Error() != kept.Error() {
		t.Errorf("%v, %v", own, kept)
	}
	sol := p.coach("Sol")
	_, err := p.HandOver(p.desk(), p.engagement(other, sol), coaching.ProposeHandOver{ToCoachID: sol})
	refused(t, err, coaching.CodeCoachUnavailable)
}

func TestADeclinedCoachComesLast(t *testing.T) {
	p := openPractice(t)
	mia, best, other := p.member(), p.coach("Best"), p.coach("Other")
	p.exec(`update coaches set specialties = '{}' where id = $1`, other)
	e := p.asks(p.as(mia), coaching.AskForCoach{CoachWishes: coaching.CoachWishes{FocusAreas: []models.Focus{"sleep", "anger"}, WantedCoachID: &best}})
	order := func() (out []uuid.UUID) {
		for _, s := range must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.desk(), e.ID)).Data {
			out = append(out, s.CoachID)
			sum := 0
			for _, r := range s.Reasons {
				sum += *r.Points
			}
			if sum != s.Points {
				t.Errorf("%d points for reasons of %d: %+v", s.Points, sum, s.Reasons)
			}
		}
		return out
	}
	if got := order(); !slices.Equal(got, []uuid.UUID{best, other}) {
		t.Fatalf("%v", got)
	}
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: best}))
	must[*coaching.EngagementNow](t)(p.DeclineMatch(p.coaches(best), e.ID))
	if _, err := p.Engagement(p.coaches(best), e.ID); codeOf(err) != services.CodeNotFound {
		t.Error("who declined still sees it")
	}
	if v := p.sees(p.as(mia), e.ID); v.State != models.EngagementRequested || v.CoachID != nil || p.openTasks(models.TaskMatchCoach, e.ID) != 1 {
		t.Errorf("%+v", v)
	}
	if got := order(); !slices.Equal(got, []uuid.UUID{other, best}) {
		t.Errorf("%v", got)
	}
}

func TestWhoIsNotSuggested(t *testing.T) {
	p := openPractice(t)
	mia := p.member()
	fits := p.coach("Fits")
	out := map[string]uuid.UUID{"apart": p.coach(), "kin": p.coach(), "closed": p.coach(), "full": p.coach(), "lapsed": p.coach(), "suspended": p.coach(), "archived": p.coach(), "account": p.coach()}
	p.apart(mia, out["apart"], models.SeparationProtected)
	p.couple(mia, out["kin"])
	p.exec(`update coaches set accepting = false where id = $1`, out["closed"])
	p.exec(`update coaches set caseload_limit = 0 where id = $1`, out["full"])
	p.exec(`update credentials set expires_on = '2026-08-31' where member_id = $1 and kind = 'coach_training'`, out["lapsed"])
	p.exec(`update coaches set suspended_at = $2 where id = $1`, out["suspended"], practiceDay)
	p.exec(`update coaches set archived_at = $2 where id = $1`, out["archived"], practiceDay)
	p.exec(`update accounts set status = 'suspended' where member_id = $1`, out["account"])
	e := p.asks(p.as(mia), coaching.AskForCoach{})
	got := must[*coaching.MatchSuggestions](t)(p.MatchSuggestions(p.desk(), e.ID)).Data
	if len(got) != 1 || got[0].CoachID != fits {
		t.Errorf("%+v", got)
	}
	var words []string
	for why, id := range out {
		_, err := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: id})
		want := coaching.CodeCoachUnavailable
		if why == "full" {
			want = coaching.CodeCaseloadFull
		}
		if codeOf(err) != want {
			t.Errorf("%s: %v", why, err)
		}
		if why == "apart" || why == "kin" {
			words = append(words, err.Error())
		}
	}
	if words[0] != words[1] {
		t.Errorf("a separation has words of its own: %v", words)
	}
}

// A coach answers for themselves. Whom they name has not said yes by that, and nor have they.
func TestACoachSaysYesForNobodyElse(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	e := p.matched(mia, coach)
	_, err := p.AcceptMatch(p.coaches(coach), e, coaching.SayYes{MemberID: &mia})
	if !slices.Equal(fieldsOf(err), []string{"/member_id unknown_member"}) {
		t.Error(err)
	}
	if v := p.sees(p.desk(), e); v.CoachAcceptedAt != nil || v.State != models.EngagementMatched {
		t.Errorf("%+v", v)
	}
	must[*coaching.EngagementView](t)(p.AcceptMatch(p.coaches(coach), e, coaching.SayYes{}))
	if v := must[*coaching.EngagementView](t)(p.AcceptMatch(p.desk(), e, coaching.SayYes{MemberID: &mia})); v.State != models.EngagementActive {
		t.Errorf("%+v", v)
	}
}

// Whether a coach is checked today is a question of their own day: what ends with the first of the month has ended in Auckland when it is eight in the morning in New York.
func TestACoachIsCheckedByTheirOwnDay(t *testing.T) {
	p := openPractice(t)
	coach, mia := p.coach(), p.member()
	p.exec(`update coaches set time_zone = 'Pacific/Auckland' where id = $1`, coach)
	p.exec(`update credentials set expires_on = '2026-09-01' where member_id = $1 and kind = 'background_check'`, coach)
	e := p.asks(p.as(mia), coaching.AskForCoach{})
	_, err := p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach})
	refused(t, err, coaching.CodeCoachUnavailable)
	p.core.Clock.Set(practiceDay.Add(-time.Minute))
	must[*coaching.EngagementView](t)(p.Match(p.desk(), e.ID, coaching.MatchCoach{CoachID: coach}))
}
