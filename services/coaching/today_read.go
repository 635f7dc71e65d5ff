package coaching

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// How much of a day is shown at most.
const (
	todayAtMost   = 60
	overdueAtMost = 100
	agreedAtMost  = 20
)

// readTodayCoach is the profile with what waits for the coach's answer, and with the last day of each credential that coaching asks
// for ($3), of those with minors only who coach minors.
const readTodayCoach = `select c.time_zone, c.suspended_at, c.archived_at,
		coalesce((select jsonb_agg(p order by p.since, p.engagement_id) from (
			select e.id as engagement_id, null::uuid as hand_over_id, e.matched_at as since from engagements e where e.coach_id = c.id and e.state = 'matched' and e.coach_accepted_at is null
			union all select h.engagement_id, h.id, h.created_at from hand_overs h where h.to_coach_id = c.id and h.state = 'proposed' and h.coach_accepted_at is null limit 60) p), '[]') as proposals,
		(select jsonb_agg(jsonb_build_object('kind', need.kind, 'held', k.n > 0, 'expires_on', k.until)) from unnest($3::text[]) need(kind)
			cross join lateral (select count(*) as n, case when bool_or(r.expires_on is null) then null else max(r.expires_on) end as until from credentials r
				where r.member_id = c.id and r.kind = need.kind and r.revoked_at is null and r.issued_on <= $2) k
			where c.with_minors or need.kind <> 'child_safety_training') as credentials
	from coaches c where c.id = $1`

type todayCoach struct {
	TimeZone    string
	SuspendedAt *time.Time
	ArchivedAt  *time.Time
	Proposals   []todayProposal
	Credentials []todayCredential
}

type todayProposal struct {
	EngagementID uuid.UUID  `json:"engagement_id"`
	HandOverID   *uuid.UUID `json:"hand_over_id"`
	Since        time.Time  `json:"since"`
}

type todayCredential struct {
	Kind      models.CredentialKind `json:"kind"`
	Held      bool                  `json:"held"`
	ExpiresOn *models.Date          `json:"expires_on"`
}

// ending are the credentials that end soon, or have ended.
func (c *todayCoach) ending(day models.Date) []TodayCredential {
	soon := models.Date{Time: day.AddDate(0, 0, models.WarnedDaysBefore()[0])}
	out := []TodayCredential{}
	for _, k := range c.Credentials {
		if k.Held && (k.ExpiresOn == nil || k.ExpiresOn.After(soon.Time)) {
			continue
		}
		out = append(out, TodayCredential{Kind: k.Kind, ExpiresOn: k.ExpiresOn, Lapsed: !k.Held || k.ExpiresOn.Before(day.Time)})
	}
	slices.SortFunc(out, func(a, b TodayCredential) int { return bytes.Compare([]byte(a.Kind), []byte(b.Kind)) })
	return out
}

// readToday are the sessions of a day, those before it that are not written down, and those after it that wait for the coach's yes.
// n counts those of the package up to each. Who is close to the coach by now, or kept to others, is not named.
var (
	todayPeople = `coalesce((select jsonb_agg(jsonb_build_object('member_id', m.id, 'first_name', coalesce(nullif(btrim(m.preferred_name), ''), m.given_name), 'birth_date', m.birth_date, 'kinds', m.kinds) order by m.id)`
	readToday   = `select s.id, s.engagement_id, s.state, s.starts_at, s.ends_at, s.modality, s.place, s.to_staff_at, s.logged_at, e.joint, e.package_sessions, e.state as engagement_state,
			(select count(*)::int from coaching_sessions o where o.engagement_id = s.engagement_id and (o.starts_at, o.id) <= (s.starts_at, s.id)
				and (o.live or o.state in ('completed', 'no_show_member') or o.state = 'cancelled_by_member' and o.late)) as number,
			(select count(*)::int from coaching_sessions o where o.engagement_id = s.engagement_id and o.state = 'no_show_member' and o.starts_at < s.starts_at
				and not exists (select from coaching_sessions c where c.engagement_id = s.engagement_id and c.state = 'completed' and c.starts_at > o.starts_at and c.starts_at < s.starts_at)) as no_shows,
			` + todayPeople + ` from coaching_attendance a join members m on m.id = a.member_id where a.session_id = s.id and ` + openTo("s.engagement_id", "$1", "$6") + `), '[]') as people
		from ((select id from coaching_sessions where coach_id = $1 and starts_at >= $2 and starts_at < $3 and (live or state in ('completed', 'no_show_member', 'no_show_coach'))
				order by starts_at, id limit $5)
			union (select id from coaching_sessions where coach_id = $1 and starts_at < $2 and ends_at <= $4 and state in ('booked', 'in_progress') order by starts_at, id limit $5)
			union (select id from coaching_sessions where coach_id = $1 and starts_at >= $4 and state = 'requested' order by starts_at, id limit $5)) k
		join coaching_sessions s on s.id = k.id
		join engagements e on e.id = s.engagement_id order by s.starts_at, s.id`
)

type todayPerson struct {
	MemberID  uuid.UUID     `json:"member_id"`
	FirstName string        `json:"first_name"`
	BirthDate *models.Date  `json:"birth_date"`
	Kinds     []models.Kind `json:"kinds"`
}

func (p *todayPerson) minor(day models.Date) bool {
	m := models.Member{BirthDate: p.BirthDate, Kinds: p.Kinds}
	return m.MinorOn(day)
}

func firstNames(of []todayPerson) []TodayPerson {
	out := make([]TodayPerson, len(of))
	for i := range of {
		out[i] = TodayPerson{of[i].MemberID, of[i].FirstName}
	}
	return out
}

type todaySession struct {
	ID              uuid.UUID
	EngagementID    uuid.UUID
	State           models.CoachingState
	StartsAt        time.Time
	EndsAt          time.Time
	Modality        models.Modality
	Place           string
	ToStaffAt       *time.Time
	LoggedAt        *time.Time
	Joint           bool
	PackageSessions int
	EngagementState models.EngagementState
	Number          int
	NoShows         int
	People          []todayPerson
}

func (t *today) readSessions() error {
	return t.tx.Batch(services.Statement{SQL: readToday, Args: []any{t.me, t.from, t.to, t.now, todayAtMost, models.DateOf(t.now).Time}, Scan: services.RowsInto(&t.sessions)})
}

// readTodaySteps are some open steps ($6) of each of the engagements of the sessions ($2), and of all clients those that were due longest
// before the day ($3, $4 of them), as far as the coach is in their confidence. Neither takes the other's place.
var readTodaySteps = `with theirs as not materialized (select x.id, x.engagement_id, x.due_on, x.created_at
		from engagements e join engagement_coaches t on t.engagement_id = e.id and t.coach_id = $1 and t.ends_at is null
		join coaching_actions x on x.engagement_id = e.id and x.done_at is null and x.dropped_at is null
			and (t.history or x.created_at >= t.starts_at and not exists (select from coaching_sessions b where b.id = x.session_id and b.starts_at < t.starts_at))
		where e.coach_id = $1 and e.state in ('active', 'paused') and ` + openTo("e.id", "$1", "$5") + `
			and (e.pause_reason is null or e.pause_reason not in ('staff', 'held') or x.updated_at < e.paused_at)
			and exists (select from coaching_words w join subject_keys k on k.id = w.body_key and k.destroyed_at is null where w.action_id = x.id))
	select x.id, x.engagement_id, x.session_id, x.member_id, x.owner_id, x.due_on, w.id as words_id, w.edition, w.body, w.body_key,
		` + todayPeople + ` from engagement_participants a join members m on m.id = a.member_id where a.engagement_id = e.id and a.state = 'joined'), '[]') as people
	from ((select o.id from theirs o where o.due_on < $3 order by o.due_on, o.created_at, o.id limit $4)
		union select o.id from unnest($2::uuid[]) of(id) cross join lateral (
			select o.id from theirs o where o.engagement_id = of.id order by coalesce(o.due_on < $3, false) desc, o.due_on nulls last, o.created_at, o.id limit $6) o) k
	join coaching_actions x on x.id = k.id join engagements e on e.id = x.engagement_id
	cross join lateral (select w.* from coaching_words w join subject_keys k on k.id = w.body_key and k.destroyed_at is null where w.action_id = x.id order by w.edition desc, w.id limit 1) w
	order by coalesce(x.due_on < $3, false) desc, x.due_on nulls last, x.created_at, x.id`

type todayStep struct {
	ID           uuid.UUID
	EngagementID uuid.UUID
	SessionID    *uuid.UUID
	MemberID     *uuid.UUID
	OwnerID      *uuid.UUID
	DueOn        *models.Date
	WordsID      uuid.UUID
	Edition      int
	Body         []byte
	BodyKey      uuid.UUID
	People       []todayPerson
	said         spoken
}

func (s *todayStep) view(day models.Date) TodayStep {
	return TodayStep{ID: s.ID, EngagementID: s.EngagementID, Text: s.said.Text, Broken: s.said.broken, MemberID: s.MemberID, OwnerID: s.OwnerID, People: firstNames(s.People), DueOn: s.DueOn,
		Overdue: s.DueOn != nil && s.DueOn.Before(day.Time), SessionID: s.SessionID}
}

// readSteps reads and opens what was agreed; nothing of it for a coach who is suspended.
func (t *today) readSteps() error {
	if t.coach.SuspendedAt != nil || t.coach.ArchivedAt != nil {
		return nil
	}
	var engagements []uuid.UUID
	for i := range t.sessions {
		engagements = append(engagements, t.sessions[i].EngagementID)
	}
	err := t.tx.Batch(services.Statement{SQL: readTodaySteps, Args: []any{t.me, engagements, t.day.Time, overdueAtMost, models.DateOf(t.now).Time, agreedAtMost}, Scan: services.RowsInto(&t.steps)})
	if err != nil {
		return err
	}
	rows := make([]models.CoachingWords, len(t.steps))
	for i := range t.steps {
		s := &t.steps[i]
		rows[i] = models.CoachingWords{ID: s.WordsID, ActionID: &s.ID, Edition: s.Edition, Body: s.Body, BodyKey: s.BodyKey}
	}
	said, err := openWords(t.tx, rows)
	for i := range t.steps {
		t.steps[i].said = said[t.steps[i].ID]
	}
	return err
}

func compareIDs(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }
