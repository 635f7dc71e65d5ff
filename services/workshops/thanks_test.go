package workshops_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func TestThanksGoStraightToOnePerson(t *testing.T) {
	e := openHall(t).evenings("1")
	luis := e.person("Luis", false)
	e.register(e.me(luis), e.workshop, workshops.Register{})
	e.exec(`insert into session_facilitators (session_id, member_id) values ($1, $2)`, e.sessions[0].ID, e.bob)
	now := e.sessions[0].EndsAt
	e.core.Clock.Set(now)
	e.were(0, models.AttendancePresent, luis)
	read := func(who uuid.UUID, want ...string) {
		t.Helper()
		page, err := e.Thanks(e.me(who), services.PageQuery{Limit: 25})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, th := range page.Data {
			got = append(got, th.From+": "+th.Words)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	_, err := e.GiveFeedback(e.me(luis), e.sessions[0].ID, workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you", ToMemberIDs: []uuid.UUID{e.leader, e.ann}}})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/thanks/to_member_ids/1 did_not_lead"}) {
		t.Errorf("%v", got)
	}
	if n := e.count(`select count(*) from thanks`) + e.count(`select count(*) from session_feedback where answer is not null`); n != 0 {
		t.Errorf("a refused answer left %d rows", n)
	}
	mine := e.says(luis, 0, workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you"}})
	if len(mine.LedBy) != 2 || len(mine.Thanks) != 2 || !mine.Thanks[0].Until.Equal(now.Add(10*time.Minute)) {
		t.Fatalf("%+v", mine)
	}
	e.says(luis, 0, workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you both"}})
	read(e.leader)
	for _, th := range mine.Thanks {
		if th.To.MemberID == e.bob {
			if err := e.TakeBackThanks(e.me(e.bob), th.ID); codeOf(err) != services.CodeNotFound {
				t.Error(err)
			}
			if err := e.TakeBackThanks(e.me(luis), th.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := e.count(`select count(*) from messages where event = 'thanks.received'`); n != 0 {
		t.Errorf("%d are told of what can be taken back", n)
	}
	e.later(now.Add(10 * time.Minute))
	read(e.leader, "Luis R.: Thank you both")
	read(e.bob)
	read(e.boss)
	read(luis)
	if n := e.count(`select count(*) from messages where event = 'thanks.received' and member_id = $1 and data = '{"link": "/thanks"}' and send_after >= $2`, e.leader, now.Add(10*time.Minute)); n != 1 {
		t.Errorf("%d are told", n)
	}
	if n := e.count(`select count(*) from messages where event = 'thanks.received'`); n != 1 {
		t.Errorf("%d are told in all", n)
	}
	same := workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you both", ToMemberIDs: []uuid.UUID{e.leader}}}
	e.says(luis, 0, same)
	same.Thanks.Words = "Thanks for nothing"
	if _, err := e.GiveFeedback(e.me(luis), e.sessions[0].ID, same); codeOf(err) != workshops.CodeAlreadyThanked {
		t.Error(err)
	}
	left, err := e.MyFeedback(e.me(luis), e.sessions[0].ID)
	if err != nil || len(left.Thanks) != 1 || left.Thanks[0].Words != "Thank you both" {
		t.Fatalf("%v %+v", err, left)
	}
	if err := e.TakeBackThanks(e.me(luis), left.Thanks[0].ID); codeOf(err) != workshops.CodeDelivered {
		t.Error(err)
	}
	if err := e.WithdrawFeedback(e.me(luis), e.sessions[0].ID); err != nil { // apart from thanks
		t.Fatal(err)
	}
	read(e.leader, "Luis R.: Thank you both")
	// A separation that is made later ends it, too.
	e.apart(models.SeparationProtected, e.leader, luis)
	read(e.leader)
}

func TestThanksBetweenTwoWhoAreKeptApartAreTakenAndNotDelivered(t *testing.T) {
	for name, first := range map[string]bool{"from who is kept apart": true, "from who is protected": false} {
		t.Run(name, func(t *testing.T) {
			e := openHall(t).evenings("1")
			luis, ana := e.person("Luis", false), e.person("Ana", false)
			for _, m := range []uuid.UUID{luis, ana} {
				e.register(e.me(m), e.workshop, workshops.Register{})
			}
			e.core.Clock.Set(e.sessions[0].EndsAt)
			e.were(0, models.AttendancePresent, luis, ana)
			if first {
				e.apart(models.SeparationProtected, e.leader, luis)
			} else {
				e.apart(models.SeparationProtected, luis, e.leader)
			}
			in := workshops.GiveFeedback{Score: 9, Thanks: &workshops.SayThanks{Words: "Thank you"}}
			looks := func(m uuid.UUID) string {
				got := e.says(m, 0, in)
				if len(got.Thanks) != 1 || got.Thanks[0].Words != "Thank you" {
					t.Fatalf("%+v", got)
				}
				return strings.Join([]string{got.Thanks[0].To.Name, got.Thanks[0].Until.String(), got.Title}, " ")
			}
			if a, b := looks(luis), looks(ana); a != b {
				t.Errorf("%s, and of others %s", a, b)
			}
			e.later(e.sessions[0].EndsAt.Add(time.Hour))
			page, err := e.Thanks(e.me(e.leader), services.PageQuery{Limit: 25, Count: true})
			if err != nil || len(page.Data) != 1 || page.Data[0].From != "Ana R." || *page.Total != 1 {
				t.Errorf("%v %+v", err, page)
			}
			if n := e.count(`select count(*) from messages where event = 'thanks.received'`); n != 1 {
				t.Errorf("%d mails", n)
			}
		})
	}
}
