package demodata_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// coaching: what issue 6 brought is there, in each of its states.
func (p *program) coaching(t *testing.T) {
	p.Core.Clock.Set(now)
	defer p.Core.Clock.Reset()
	for want, sql := range map[string]string{
		"active 27, completed 11, ended 6, matched 4, paused 4, requested 8":                                                                                 `select string_agg(state || ' ' || n, ', ' order by state) from (select state, count(*) n from engagements group by state) x`,
		"booked cancelled_by_coach cancelled_by_member cancelled_by_staff completed declined in_progress no_show_coach no_show_member requested rescheduled": `select string_agg(distinct state, ' ' order by state) from coaching_sessions`,
		"8 coaches, 1 suspended, 1 takes nobody, 4 supervised":                                                                                               `select count(*) || ' coaches, ' || count(suspended_at) || ' suspended, ' || count(*) filter (where not accepting) || ' takes nobody, ' || count(supervisor_id) || ' supervised' from coaches`,
		"9 schedules, 1 override, 2 absences":                                                                                                                `select count(*) || ' schedules, ' || (select count(*) from coach_overrides) || ' override, ' || (select count(*) from coach_time_off) || ' absences' from coach_schedules`,
		"3 are paid, 0 clients without a number": `select (select count(*) from coaches where paid) || ' are paid, ' || count(distinct (s.coach_id, a.member_id)) filter (where not exists
			(select from coach_clients n where n.coach_id = s.coach_id and n.member_id = a.member_id)) || ' clients without a number' from coaching_sessions s join coaching_attendance a on a.session_id = s.id where s.state = 'completed' and a.status in ('present', 'late')`,
		"6 couples":                  `select count(*) || ' couples' from engagements where joint`,
		"1 under age":                `select count(*) || ' under age' from engagement_participants p join engagements e on e.id = p.engagement_id and e.state = 'active' join members m on m.id = p.member_id where m.birth_date > '2008-10-05' and p.entered_by is not null`,
		"1 would like another coach": `select count(*) || ' would like another coach' from engagements where change_asked_at is not null and live`,
		"declined done proposed":     `select string_agg(state, ' ' order by state) from hand_overs`,
		"private draft, private signed, shared draft, shared signed, supervision signed": `select string_agg(distinct tier || ' ' || state, ', ' order by tier || ' ' || state) from coaching_notes where not (tier = 'supervision' and state = 'draft')`,
		"amendment draft signed": `select string_agg(distinct kind, ' ' order by kind) from coaching_note_texts`,
		"achieved dropped open":  `select string_agg(distinct state, ' ' order by state) from coaching_goals`,
		"1 reviewed, 1 waits":    `select count(closed_at) || ' reviewed, ' || count(*) filter (where closed_at is null) || ' waits' from break_glass`,
		"another_coach call find_new_time log_session match_coach reassign_clients review_break_glass": `select string_agg(distinct kind, ' ' order by kind) from tasks where status = 'open' and kind in ('match_coach', 'another_coach', 'find_new_time', 'reassign_clients', 'log_session', 'review_break_glass', 'call')`,
	} {
		if have := p.column(sql); len(have) != 1 || have[0] != want {
			t.Errorf("want %q, have %q: %s", want, have, sql)
		}
	}
	for what, sql := range map[string]string{
		"many sessions":                              `select count(*) / 500 from coaching_sessions`,
		"sessions ahead":                             `select count(*) / 30 from coaching_sessions where live and starts_at > $1`,
		"two that wait for a coach's yes":            `select count(*) / 2 from coaching_sessions where state = 'requested' and starts_at > $1`,
		"one that was moved twice":                   `select count(*) from coaching_sessions where rescheduled_from is not null and rescheduled_to is not null`,
		"one that was called off late":               `select count(*) from coaching_sessions where late`,
		"hours paid and pro bono of one coach":       `select count(*) from (select coach_id from coaching_sessions where state = 'completed' group by coach_id having bool_or(paid) and not bool_and(paid)) c`,
		"a reason that was given":                    `select count(*) from coaching_sessions where reason is not null`,
		"sessions that staff find a new time for":    `select count(*) from coaching_sessions where to_staff_at is not null and live`,
		"one that is to be written down":             `select count(*) from coaching_sessions where live and ends_at < $1`,
		"a note that both of a couple read":          `select count(*) / 10 from coaching_notes where member_id is null and state = 'signed'`,
		"one that one of a couple reads alone":       `select count(*) from coaching_notes n join engagements e on e.id = n.engagement_id where e.joint and n.member_id is not null and n.tier = 'shared'`,
		"steps that are done, and some that are not": `select least(count(done_at) / 60, count(*) filter (where done_at is null and due_on < $1::timestamptz::date) / 10) from coaching_actions`,
		"one who rested and went on by itself":       `select count(*) from messages where event = 'engagement.resumed'`,
		"a coach whose training ends this week":      `select count(*) from credentials k join coaches c on c.id = k.member_id where k.expires_on = ($1::timestamptz + interval '5 days')::date`,
		"somebody who waits for weeks":               `select count(*) from engagements where state = 'requested' and requested_at < $1::timestamptz - interval '20 days'`,
		"one of two who has not answered":            `select count(*) from engagement_participants where state = 'asked' and live`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if p.count(sql, args...) == 0 {
			t.Errorf("there is no %s", what)
		}
	}
	for what, sql := range map[string]string{
		"sessions from before somebody asked": `select count(*) from coaching_sessions s join engagements e on e.id = s.engagement_id where s.starts_at < e.requested_at`,
		"sessions to come that were held":     `select count(*) from coaching_sessions where starts_at > $1 and state in ('completed', 'in_progress', 'no_show_member', 'no_show_coach')`,
		"logs that are to come":               `select count(*) from coaching_sessions where logged_at > $1`,
		"engagements before somebody came":    `select count(*) from engagement_participants p join members m on m.id = p.member_id join engagements e on e.id = p.engagement_id where e.requested_at < m.created_at`,
		"packages that are overdrawn": `select count(*) from engagements e where package_sessions <
			(select count(*) from coaching_sessions s where s.engagement_id = e.id and ` + models.UsesPackageSQL + `)`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if n := p.count(sql, args...); n > 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	p.coachToday(t)
	p.coachedNow(t)
	p.coachQueue(t)
}

// coachToday: the first coach's day is full, and shows what is to be known.
func (p *program) coachToday(t *testing.T) {
	day, err := p.Coaching.Today(p.as("coach"), coaching.TodayQuery{})
	if err != nil || len(day.Sessions) < 6 || len(day.Proposals) == 0 || len(day.Overdue) == 0 {
		t.Fatalf("%+v, %v", day, err)
	}
	var ahead, agreed int
	flags := map[coaching.TodayFlag]int{}
	for _, s := range day.Sessions {
		if s.MinutesUntil > 0 {
			ahead++
		}
		agreed += len(s.Agreed)
		for _, f := range s.Flags {
			flags[f]++
		}
	}
	if ahead < 2 || agreed == 0 || flags[coaching.FlagNeedsLog] == 0 || flags[coaching.FlagLimitsNotAgreed] == 0 {
		t.Errorf("%d ahead, %d steps, %v", ahead, agreed, flags)
	}
}

// coachedNow: who is coached finds what was written for them, and who supervises what was brought to them.
func (p *program) coachedNow(t *testing.T) {
	mine, err := p.Coaching.My(p.as("veteran"))
	if err != nil || len(mine.Engagements) != 1 {
		t.Fatalf("%+v, %v", mine, err)
	}
	id := p.id(t, `select n.id::text from coaching_notes n join members m on m.id = n.member_id where m.email like 'veteran@%' and tier = 'shared' and state = 'signed' order by n.created_at desc`)
	if note, err := p.Coaching.Note(p.as("veteran"), id); err != nil || len(note.Words.Text) < 20 {
		t.Errorf("%+v, %v", note, err)
	}
	if _, err := p.Coaching.Note(p.as("june"), id); !services.NotFound("").Is(err) {
		t.Errorf("another's note: %v", err)
	}
	both := p.id(t, `select n.id::text from coaching_notes n join engagement_participants p on p.engagement_id = n.engagement_id join members m on m.id = p.member_id
		where m.email like 'june@%' and n.member_id is null and n.state = 'signed' order by n.created_at desc`)
	for _, who := range []string{"june", "walt"} {
		if note, err := p.Coaching.Note(p.as(who), both); err != nil || note.Words.Text == "" {
			t.Errorf("%s: %+v, %v", who, note, err)
		}
	}
	brought := p.id(t, `select n.id::text from coaching_notes n join members m on m.id = n.author_id where m.email like 'coach@%' and tier = 'supervision' and state = 'signed' order by n.created_at desc`)
	if note, err := p.Coaching.Note(p.as("supervisor"), brought); err != nil || note.Words.Text == "" {
		t.Errorf("%+v, %v", note, err)
	}
	soon := p.id(t, `select s.id::text from coaching_sessions s join coaching_attendance a on a.session_id = s.id join members m on m.id = a.member_id
		where m.email like 'veteran@%' and s.state = 'booked' and s.modality = 'online' and s.starts_at between $1 and $1::timestamptz + interval '2 hours'`, now)
	if state, err := p.Coaching.SessionJoinState(p.as("veteran"), soon); err != nil {
		t.Errorf("%+v, %v", state, err)
	}
	teen, err := p.Coaching.My(p.as("teen"))
	if err != nil || len(teen.Engagements) != 1 {
		t.Errorf("%+v, %v", teen, err)
	}
}

// coachQueue: who waits is there with the days they have waited, and somebody can be proposed to them.
func (p *program) coachQueue(t *testing.T) {
	queue, err := p.Coaching.Engagements(p.as("coordinator"), coaching.EngagementQuery{PageQuery: services.PageQuery{Limit: 50, Sort: "requested_at"}, Waiting: true})
	if err != nil || len(queue.Data) != 8 || queue.Data[0].WaitingDays == nil || *queue.Data[0].WaitingDays < 20 {
		t.Fatalf("%d wait, %v", len(queue.Data), err)
	}
	joint := slices.IndexFunc(queue.Data, func(e coaching.EngagementView) bool { return e.Joint })
	for i, e := range queue.Data {
		if i == joint {
			continue
		}
		found, err := p.Coaching.MatchSuggestions(p.as("coordinator"), e.ID)
		if err != nil || len(found.Data) < 3 {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

// Whatever the hour at which it is loaded, there is a session in every state.
func TestASessionInEveryStateOnASundayNight(t *testing.T) {
	at := time.Date(2026, 11, 23, 4, 40, 0, 0, time.UTC) // 23:40 in New York
	p := open(t)
	if _, err := p.loadAt(at); err != nil {
		t.Fatal(err)
	}
	states := p.column(`select distinct state from coaching_sessions order by 1`)
	if want := strings.Fields("booked cancelled_by_coach cancelled_by_member cancelled_by_staff completed declined in_progress no_show_coach no_show_member requested rescheduled"); !slices.Equal(states, want) {
		t.Errorf("%v", states)
	}
	if n := p.count(`select count(*) from coaching_sessions where starts_at > $1 and state in ('completed', 'in_progress', 'no_show_member', 'no_show_coach')`, at); n > 0 {
		t.Errorf("%d sessions to come that were held", n)
	}
}
