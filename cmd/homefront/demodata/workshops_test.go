package demodata_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

func (p *program) id(t *testing.T, sql string, args ...any) uuid.UUID {
	t.Helper()
	found := p.column(sql, args...)
	if len(found) == 0 {
		t.Fatalf("nothing found: %s", sql)
	}
	return uuid.MustParse(found[0])
}

// workshops: what issue 5 brought is there, in each of its states.
func (p *program) workshops(t *testing.T) {
	p.Core.Clock.Set(now)
	defer p.Core.Clock.Reset()
	for want, sql := range map[string]string{
		"5":                         `select count(*)::text from rooms`,
		"2":                         `select count(distinct venue_id)::text from rooms`,
		"registered walk_in":        `select string_agg(distinct source, ' ' order by source) from registrations`,
		"false true":                `select string_agg(distinct a.beyond::text, ' ' order by a.beyond::text) from attendees a join registrations r on r.id = a.registration_id where r.source = 'walk_in'`,
		"Front door|Garden gate":    `select string_agg(distinct station, '|' order by station) from check_ins where station <> ''`,
		"14":                        `select count(*)::text from check_ins c where station <> '' and result = 'ok' and not by_hand or station <> '' and by_hand and nonce like 'supper%'`,
		"22":                        `select total::text from head_counts`,
		"15 1 1":                    `select count(*) filter (where superseded_at is null and revoked_at is null) || ' ' || count(*) filter (where superseded_at is not null) || ' ' || count(*) filter (where revoked_at is not null) from certificates`,
		"0/1 2/8":                   `select string_agg(used || '/' || uses, ' ' order by used) from workshop_passes where revoked_at is null`,
		"1":                         `select count(*)::text from workshop_passes where revoked_at is not null`,
		"recalled sent":             `select string_agg(state, ' ' order by state) from workshop_messages`,
		"1 people to call":          `select count(*) || ' people to call' from tasks where record = 'workshop_message' and status = 'open' and kind = 'call'`,
		"1 decision":                `select count(*) || ' decision' from tasks t join workshops w on w.id = t.record_id where t.kind = 'decide_to_run' and t.status = 'open' and w.decide_by < $1 and w.ran_anyway_at is null`,
		"1 ran anyway":              `select count(*) || ' ran anyway' from workshops where ran_anyway_at is not null and visibility = 'published'`,
		"1 transferred":             `select count(*) || ' transferred' from registrations a join registrations b on b.id = a.transferred_to and b.transferred_from = a.id where b.state = 'confirmed'`,
		"11 in 1":                   `select sum(n) || ' in ' || count(*) from feedback_groups`,
		"2 to thank, 0 not for her": `select count(distinct (session_id, from_member_id)) || ' to thank, ' || count(*) filter (where withheld) || ' not for her' from thanks`,
		"{48,2}":                    `select distinct reminder_hours::text from workshops where title = 'Six Strings, Slow Songs'`,
		"Garden Room 4":             `select r.name || ' ' || count(*) from workshop_sessions s join rooms r on r.id = s.room_id join workshops w on w.id = s.workshop_id where w.title = 'Six Strings, Slow Songs' group by r.name`,
	} {
		args := []any{}
		if strings.Contains(sql, "$1") {
			args = append(args, now)
		}
		if have := p.column(sql, args...); len(have) != 1 || have[0] != want {
			t.Errorf("want %q, have %q: %s", want, have, sql)
		}
	}
	if n := p.count(`select count(*) from registrations r join workshops w on w.id = r.workshop_id where w.title = 'Morning on the Water' and r.state = 'confirmed'`); n != 7 {
		t.Errorf("%d have a place where all had one before it was called off, and one moved over", n)
	}
	p.shownFeedback(t)
	p.shownToAll(t)
	p.papers(t)
	p.doors(t)
}

func (p *program) shownFeedback(t *testing.T) {
	joyce := p.as("coordinator")
	seen, err := p.Workshops.WorkshopFeedback(joyce, p.id(t, `select id::text from workshops where title = 'Welcome Home Supper'`))
	if err != nil || seen.Feedback == nil || seen.Feedback.N != 11 || len(seen.Words) < 7 {
		t.Errorf("of the supper: %+v, %v", seen, err)
	}
	few := `select s.workshop_id::text from session_feedback f join workshop_sessions s on s.id = f.session_id where f.given_at is not null group by s.workshop_id having count(*) = 3`
	hidden, err := p.Workshops.WorkshopFeedback(joyce, p.id(t, few))
	if err != nil || hidden.Feedback != nil || len(hidden.Words) > 0 || len(hidden.Sessions) > 0 {
		t.Errorf("of three answers is shown: %+v, %v", hidden, err)
	}
	thanks, err := p.Workshops.Thanks(p.as("facilitator"), services.PageQuery{Limit: 10})
	if err != nil || len(thanks.Data) != 2 {
		t.Errorf("thanks for facilitator@: %+v, %v", thanks, err)
	}
}

func (p *program) shownToAll(t *testing.T) {
	public, err := p.Workshops.PublicWorkshops(services.AsAnonymous(t.Context()), workshops.PublicQuery{PageQuery: services.PageQuery{Limit: 50}})
	if err != nil || len(public.Data) < 6 || len(public.Data) > 9 {
		t.Errorf("%d public workshops, %v", len(public.Data), err)
	}
	queue, err := p.Workshops.Queue(p.as("coordinator"), workshops.QueueQuery{PageQuery: services.PageQuery{Limit: 100}})
	of := map[uuid.UUID]bool{}
	for _, r := range queue.Data {
		of[r.WorkshopID] = true
	}
	if err != nil || len(queue.Data) < 8 || len(of) < 3 {
		t.Errorf("%d parties of %d workshops wait for staff, %v", len(queue.Data), len(of), err)
	}
}

// papers: whoever has the code of a certificate learns how it stands.
func (p *program) papers(t *testing.T) {
	for status, where := range map[models.CertificateStatus]string{
		models.CertificateValid: `revoked_at is null and superseded_at is null`, models.CertificateRevoked: `revoked_at is not null`, models.CertificateSuperseded: `superseded_at is not null`,
	} {
		checked, err := p.Workshops.VerifyCertificate(services.AsAnonymous(t.Context()), p.column(`select code from certificates where ` + where + ` order by name_shown`)[0])
		if err != nil || checked.Status != status {
			t.Errorf("a certificate that is %s: %+v, %v", status, checked, err)
		}
	}
}

// doors: the evening tomorrow can be scanned without connection, and what runs online can be joined now.
func (p *program) doors(t *testing.T) {
	next := `select s.id::text from workshop_sessions s join workshops w on w.id = s.workshop_id where w.title = 'Living with Hypervigilance' and s.starts_at > $1 and s.starts_at < $1::timestamptz + interval '48 hours'`
	pack, err := p.Workshops.CheckInPack(p.as("facilitator"), p.id(t, next, now))
	if err != nil || len(pack.Contents.Entries) < 8 || pack.JWS == "" {
		t.Errorf("the pack: %+v, %v", pack, err)
	}
	online := p.id(t, `select s.id::text from workshop_sessions s join workshops w on w.id = s.workshop_id where w.title = 'Lunch Break, Online' order by s.starts_at`)
	ticket, err := p.Workshops.Join(p.as("member"), online, workshops.JoinRequest{})
	if err != nil || ticket.URL == "" {
		t.Errorf("joining: %+v, %v", ticket, err)
	}
}
