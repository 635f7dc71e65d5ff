package coaching_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// Lists show each their own, and no more.
func TestWhoSeesSessions(t *testing.T) {
	p := openPractice(t)
	coach, mia, e := p.coachAndClient()
	luis, eve := p.member("Luis"), p.member("Eve")
	couple := p.engagement(coach, mia, luis)
	own, both := p.bookAt(mia, e, slot), p.booking(p.BookSession(p.as(luis), at(couple, slot.AddDate(0, 0, 1))))
	ids := func(ctx context.Context, in coaching.CoachingSessionQuery) (out []uuid.UUID) {
		in.Limit = 25
		page := must[services.Page[coaching.CoachingSessionView]](t)(p.Sessions(ctx, in))
		for _, s := range page.Data {
			out = append(out, s.ID)
		}
		return out
	}
	all := []uuid.UUID{own.ID, both.ID}
	for name, c := range map[string]struct {
		ctx  context.Context
		want []uuid.UUID
	}{
		"mia": {p.as(mia), all}, "luis": {p.as(luis), all[1:]}, "eve": {p.as(eve), nil}, "the coach": {p.coaches(coach), all}, "another coach": {p.coaches(p.coach("Omar")), nil},
		"the desk": {p.desk(), all}, "staff who are coached": {p.as(luis, models.RoleCoordinator), all},
	} {
		if got := ids(c.ctx, coaching.CoachingSessionQuery{}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := ids(p.desk(), coaching.CoachingSessionQuery{EngagementID: couple, MemberID: luis, CoachID: coach, State: []models.CoachingState{models.CoachingBooked}, Upcoming: true, From: slot, Until: slot.AddDate(0, 0, 2)}); !slices.Equal(got, all[1:]) {
		t.Errorf("%v", got)
	}
	p.exec(`update engagement_participants set state = 'left', left_at = $2 where engagement_id = $1 and member_id = $3`, couple, practiceDay, mia)
	later := p.booking(p.BookSession(p.as(luis), at(couple, slot.AddDate(0, 0, 4))))
	if got := ids(p.as(mia), coaching.CoachingSessionQuery{}); slices.Contains(got, later.ID) || len(got) != 2 {
		t.Errorf("who left sees what came after: %v", got)
	}
	_, err := p.Session(p.as(mia), later.ID)
	refused(t, err, services.CodeNotFound)
}

func TestTheCoachOfBeforeStillReadsWhatTheyHeld(t *testing.T) {
	p := openPractice(t)
	from, to, mia := p.coach(), p.coach("Sam"), p.member()
	e := p.engagement(from, mia)
	held, ahead := p.appointment(e, from, practiceDay.Add(-2*time.Hour), mia), p.appointment(e, from, practiceDay.AddDate(0, 0, 7).Add(2*time.Hour), mia)
	h, yes := p.proposed(e, to, true), true
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.as(mia), h, coaching.AnswerHandOver{History: &yes}))
	must[*coaching.HandOverView](t)(p.AcceptHandOver(p.coaches(to), h, coaching.AnswerHandOver{}))
	if v := p.shows(p.Session(p.coaches(from), held)); len(v.Can) != 1 || v.Can[0] != "log" {
		t.Errorf("%+v", v.Can)
	}
	_, err := p.Session(p.coaches(from), ahead)
	refused(t, err, services.CodeNotFound)
}
