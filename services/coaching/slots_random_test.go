package coaching_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/internal/slowslots"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// storedCase is an availability that is stored, and what of it only counts for some questions.
type storedCase struct {
	*slowslots.Case
	coach, session uuid.UUID // the session is the one that may be left out of account
	members        []uuid.UUID
	busy           []storedBusy
	counted        []time.Time // by the session, too, which is the first then
	leavesOut      bool        // the session counts
	works          bool
}

// storedBusy is a commitment.
type storedBusy struct {
	models.TimeSpan
	who        uuid.UUID
	ofSession  bool // of the session that may be left out of account
	sameNumber bool // of something else that has the same id
}

// question is one for the slots of a coach, and what the slow way has to know for it.
func (c *storedCase) question(r *rand.Rand) coaching.SlotsAsked {
	q := coaching.SlotsAsked{Coaches: []uuid.UUID{c.coach}, From: slowslots.At(c.From), Till: slowslots.At(c.Until), Now: slowslots.At(c.Now), Limits: c.Limits, Minors: r.IntN(3) == 0}
	if r.IntN(2) == 0 {
		q.Members = c.members
	}
	if r.IntN(2) == 0 {
		q.Except = []uuid.UUID{services.NewID(), c.session}
	}
	return q
}

// answer draws on paper what a question asks for.
func (c *storedCase) answer(q *coaching.SlotsAsked) *slowslots.Slow {
	one := *c.Case
	one.From, one.Until, one.Now, one.Limits = slowslots.Minute(q.From), slowslots.Minute(q.Till), slowslots.Minute(q.Now), q.Limits
	one.Busy, one.Counted, one.Needed = nil, c.counted, models.ForCoachesOf(q.Minors)
	except := slices.Contains(q.Except, c.session)
	for _, b := range c.busy {
		if (b.who == c.coach || slices.Contains(q.Members, b.who)) && !(except && b.ofSession) {
			one.Busy = append(one.Busy, b.TimeSpan)
		}
	}
	if except && c.leavesOut {
		one.Counted = one.Counted[1:]
	}
	return one.Slow()
}

func (c *storedCase) slots(q *coaching.SlotsAsked) []models.Slot {
	if !c.works {
		return nil
	}
	return c.answer(q).Slots()
}

// rowsOf are rows of tables.
type rowsOf map[string][]map[string]any

// random adds a coach with all that hangs on them.
func (rows rowsOf) random(r *rand.Rand, base time.Time, engagement uuid.UUID) *storedCase {
	c := &storedCase{Case: slowslots.Random(r, base), coach: services.NewID(), session: services.NewID(), members: []uuid.UUID{services.NewID(), services.NewID()}, works: r.IntN(16) > 0}
	add := func(table string, row map[string]any) {
		if table != "resources" && table != "commitments" && table != "coach_hours" {
			row["created_at"], row["updated_at"] = base, base
		}
		rows[table] = append(rows[table], row)
	}
	suspended := any(nil)
	if !c.works {
		suspended = base
	}
	add("members", map[string]any{"id": c.coach, "version": 1, "given_name": "Dana", "kinds": []string{"staff"}, "status": "active", "language": "en", "time_zone": "UTC", "email_opt_in": true, "sms_opt_in": false,
		"push_opt_in": false, "program_words": false})
	add("accounts", map[string]any{"id": c.coach, "version": 1, "member_id": c.coach, "email": c.coach.String() + "@example.org", "roles": []string{"coach"}, "status": "active", "email_verified_at": base, "auth_changed_at": base})
	k, one := &c.Coach, 1
	k.ID = c.coach
	if r.IntN(3) == 0 {
		k.MaxPerDay = &one
	}
	add("coaches", map[string]any{"id": c.coach, "modalities": []string{"online"}, "time_zone": k.TimeZone, "session_minutes": k.SessionMinutes, "slot_minutes": k.SlotMinutes, "before_minutes": k.BeforeMinutes,
		"after_minutes": k.AfterMinutes, "notice_hours": k.NoticeHours, "horizon_days": k.HorizonDays, "max_per_day": k.MaxPerDay, "max_per_week": k.MaxPerWeek, "suspended_at": suspended})
	for i, s := range c.Schedules {
		id := services.NewID()
		add("coach_schedules", map[string]any{"id": id, "coach_id": c.coach, "name": fmt.Sprint(i), "time_zone": s.TimeZone, "starts_on": s.StartsOn, "ends_on": s.EndsOn})
		for _, h := range s.Hours {
			add("coach_hours", map[string]any{"id": services.NewID(), "schedule_id": id, "rule": h.Rule, "from_time": h.FromTime, "until_time": h.UntilTime})
		}
	}
	for _, o := range c.Overrides {
		add("coach_overrides", map[string]any{"id": services.NewID(), "coach_id": c.coach, "day": o.Day, "time_zone": o.TimeZone, "windows": append([]string{}, o.Windows...)})
	}
	for _, off := range c.TimeOff {
		add("coach_time_off", map[string]any{"id": services.NewID(), "coach_id": c.coach, "starts_at": off.From, "ends_at": off.Until})
	}
	c.commits(r, add)
	c.counts(r, engagement, add)
	c.checks(r, add)
	return c
}

// commits spreads what is busy over the coach and those who are coached, of each as much as fits without an overlap.
func (c *storedCase) commits(r *rand.Rand, add func(string, map[string]any)) {
	everybody := append([]uuid.UUID{c.coach}, c.members...)
	for _, who := range everybody {
		add("resources", map[string]any{"kind": "person", "id": who})
	}
	for _, span := range c.Busy {
		first := r.IntN(4)
		for i := range everybody {
			b := storedBusy{TimeSpan: span, who: everybody[(max(first, 1)-1+i)%3], ofSession: r.IntN(4) == 0, sameNumber: r.IntN(6) == 0}
			if slices.ContainsFunc(c.busy, func(other storedBusy) bool {
				return other.who == b.who && other.From.Before(b.Until) && b.From.Before(other.Until)
			}) {
				continue
			}
			source, id := "coaching_session", services.NewID()
			switch {
			case b.ofSession:
				id = c.session
			case b.sameNumber:
				source, id = "workshop_session", c.session
			}
			add("commitments", map[string]any{"id": services.NewID(), "resource_kind": "person", "resource_id": b.who, "source": source, "source_id": id, "starts_at": b.From, "ends_at": b.Until,
				"during": fmt.Sprintf("[%s,%s)", b.From.Format(time.RFC3339), b.Until.Format(time.RFC3339))})
			c.busy = append(c.busy, b)
			break
		}
	}
}

// counts stores the sessions that the limits count, and some that they do not.
func (c *storedCase) counts(r *rand.Rand, engagement uuid.UUID, add func(string, map[string]any)) {
	session := func(id uuid.UUID, at time.Time, states ...models.CoachingState) {
		state, closed := states[r.IntN(len(states))], any(nil)
		if !state.Live() {
			closed = at
		}
		add("coaching_sessions", map[string]any{"id": id, "engagement_id": engagement, "coach_id": c.coach, "state": state, "starts_at": at, "ends_at": at.Add(time.Hour), "time_zone": "UTC", "modality": "online",
			"booked_by": c.coach, "chain_id": id, "closed_at": closed})
	}
	c.counted, c.leavesOut = c.Counted, len(c.Counted) > 0 && r.IntN(2) == 0
	for i, at := range c.counted {
		id := services.NewID()
		if i == 0 && c.leavesOut {
			id = c.session
		}
		session(id, at, models.CoachingRequested, models.CoachingBooked, models.CoachingInProgress, models.CoachingCompleted, models.CoachingNoShowMember)
	}
	for range r.IntN(6) {
		session(services.NewID(), slowslots.At(c.From+r.IntN(c.Until-c.From)), models.CoachingDeclined, models.CoachingCancelledByMember, models.CoachingCancelledByCoach, models.CoachingCancelledByStaff, models.CoachingNoShowCoach)
	}
}

// checks stores what the coach holds: of the first kind what chance says, if anything, of the others all.
func (c *storedCase) checks(r *rand.Rand, add func(string, map[string]any)) {
	chance := c.Credentials
	always := models.Date{Time: slowslots.At(c.Base).AddDate(-1, 0, 0).Truncate(24 * time.Hour)}
	for i, kind := range models.ForCoachesOf(true) {
		if i == 0 && c.Needed != nil || r.IntN(8) == 0 && kind == models.CredentialChildSafety {
			continue
		}
		chance = append(chance, models.Credential{Kind: kind, IssuedOn: always})
	}
	c.Credentials = chance
	for _, k := range chance {
		add("credentials", map[string]any{"id": services.NewID(), "version": 1, "member_id": c.coach, "kind": k.Kind, "issued_on": k.IssuedOn, "expires_on": k.ExpiresOn, "revoked_at": nil})
	}
	add("credentials", map[string]any{"id": services.NewID(), "version": 1, "member_id": c.coach, "kind": models.ForCoaches()[0], "issued_on": always, "expires_on": nil, "revoked_at": slowslots.At(c.Base)})
}

// store writes all rows of a table at once.
func (p *practice) store(table string, rows []map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(rows)
	if err != nil {
		p.t.Fatal(err)
	}
	columns := strings.Join(slices.Sorted(maps.Keys(rows[0])), ", ")
	p.exec(`insert into `+table+` (`+columns+`) select `+columns+` from jsonb_populate_recordset(null::`+table+`, $1::jsonb)`, string(body))
}

func sameSlot(a, b models.Slot) bool {
	return a.StartsAt.Equal(b.StartsAt) && a.EndsAt.Equal(b.EndsAt) && a.Moved == b.Moved
}

// What is read of the database is what slots are made of: random availabilities, some hundred and stored, have the same slots as by
// the slow way, each by itself, for an engagement and its move, and all together.
func TestStoredSlotsAgainstTheSlowWay(t *testing.T) {
	const each = 80
	p := openPractice(t)
	r := rand.New(rand.NewPCG(6, 20))
	engagement := p.engagement(p.coach(), p.member())
	rows, groups := rowsOf{}, [][]*storedCase{}
	for _, base := range []time.Time{slowslots.Bases[0], slowslots.Bases[2], slowslots.Bases[4], slowslots.Bases[8]} {
		var group []*storedCase
		for range each {
			group = append(group, rows.random(r, base, engagement))
		}
		groups = append(groups, group)
	}
	for _, table := range []string{"members", "accounts", "credentials", "coaches", "coach_schedules", "coach_hours", "coach_overrides", "coach_time_off", "coaching_sessions", "resources", "commitments"} {
		p.store(table, rows[table])
	}
	p.super(func(c *pgx.Conn) error { _, err := c.Exec(t.Context(), `analyze`); return err })
	seen := map[string]int{}
	for _, group := range groups {
		p.compareEach(r, group, seen)
		p.compareAny(r, group, seen)
	}
	for _, what := range []string{"slots", "slots with members", "slots with except", "slots with minors", "of any", "", "too_soon", "too_far", "not_a_slot", "day_full", "week_full", "takes", "takes not"} {
		if seen[what] < 5 {
			t.Errorf("%q is hardly among what was asked: %d", what, seen[what])
		}
	}
}

// compareEach asks for the slots of each coach, and whether one session can be booked or taken over.
func (p *practice) compareEach(r *rand.Rand, group []*storedCase, seen map[string]int) {
	p.t.Helper()
	var asked []coaching.SlotsAsked
	var booked []coaching.Booked
	drawn := make([]*slowslots.Slow, len(group))
	wants := make([][]models.Slot, len(group))
	for i, c := range group {
		q := c.question(r)
		asked, drawn[i] = append(asked, q), c.answer(&q)
		if c.works {
			wants[i] = drawn[i].Slots()
		}
		drawn[i].Limits = false
		at := q.From.Add(time.Duration(r.IntN(c.Until-c.From)) * time.Minute)
		if inHours := drawn[i].Slots(); len(inHours) > 0 && r.IntN(4) > 0 {
			at = inHours[r.IntN(len(inHours))].StartsAt
		}
		booked = append(booked, coaching.Booked{Coach: c.Coach, At: at, Until: at.Add(time.Duration(1+r.IntN(90)) * time.Minute), Now: q.Now, Except: q.Except})
	}
	system := services.AsSystem(context.Background(), "test")
	got := must[[]map[uuid.UUID][]models.Slot](p.t)(p.SlotsOf(system, asked))
	answers := must[[]coaching.BookedAnswer](p.t)(p.WhyNotBooked(system, booked))
	for i, c := range group {
		q := &asked[i]
		if !slices.EqualFunc(got[i][c.coach], wants[i], sameSlot) {
			p.t.Fatalf("%+v of %+v\nstored %v\nslow   %v", q, c, got[i][c.coach], wants[i])
		}
		seen["slots"] += len(wants[i])
		seen["slots with members"] += len(wants[i]) * len(q.Members)
		seen["slots with except"] += len(wants[i]) * len(q.Except)
		if q.Minors {
			seen["slots with minors"] += len(wants[i])
		}
		if !c.works {
			continue // who may coach is asked by itself
		}
		drawn[i].Needed = nil
		at, until := slowslots.Minute(booked[i].At), slowslots.Minute(booked[i].Until)
		why, takes := string(drawn[i].Why(at)), drawn[i].Takes(at, until) == ""
		if said := string(answers[i].Why); said != why || answers[i].Takes != takes {
			p.t.Fatalf("%+v of %+v: stored %q %t, slow %q %t", booked[i], c, said, answers[i].Takes, why, takes)
		}
		seen[why]++
		seen[map[bool]string{true: "takes", false: "takes not"}[takes]]++
	}
}

// compareAny asks for the first slots of several coaches together, as often as the group lasts.
func (p *practice) compareAny(r *rand.Rand, group []*storedCase, seen map[string]int) {
	p.t.Helper()
	for some := range slices.Chunk(group, 10) {
		from := some[0].From
		q := coaching.SlotsAsked{From: slowslots.At(from), Till: slowslots.At(from + (5+r.IntN(8))*24*60), Now: slowslots.At(from - r.IntN(2*24*60)), Limits: true, Most: 1 + r.IntN(150)}
		var want []coaching.AnySlot
		for i, c := range some {
			q.Coaches = append(q.Coaches, c.coach)
			for _, s := range c.slots(&q) {
				want = append(want, coaching.AnySlot{Slot: s, Coach: i})
			}
		}
		slices.SortFunc(want, func(a, b coaching.AnySlot) int {
			return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Coach, b.Coach))
		})
		got := must[[]coaching.AnySlot](p.t)(p.SlotsOfAny(services.AsSystem(context.Background(), "test"), q))
		got, want = got[:min(len(got), q.Most)], want[:min(len(want), q.Most)]
		if !slices.EqualFunc(got, want, func(a, b coaching.AnySlot) bool { return a.Coach == b.Coach && sameSlot(a.Slot, b.Slot) }) {
			p.t.Fatalf("%+v\nstored %v\nslow   %v", q, got, want)
		}
		seen["of any"] += len(want)
	}
}
