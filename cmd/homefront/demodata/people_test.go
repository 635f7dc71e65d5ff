package demodata_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"homefront/cmd/homefront/demodata"
	"homefront/models"
	"homefront/services"
	"homefront/services/imports"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/records"
)

// people: what issue 3 brought is there, in each of its states.
func (p *program) people(t *testing.T) {
	for want, sql := range map[string]string{
		"not_confirmed pending unverified verified":                  `select string_agg(distinct verification, ' ' order by verification) from service_records`,
		"gulf_war korea peacetime post_9_11 vietnam":                 `select string_agg(distinct e, ' ' order by e) from service_records, unnest(eras_of(entered_on, separated_on, deployments)) e`,
		"declined granted granted_on_behalf revoked superseded":      `select string_agg(distinct status, ' ' order by status) from consents where status <> 'expired'`,
		"paper typed verbal":                                         `select string_agg(distinct method, ' ' order by method) from consents`,
		"7 8":                                                        `select count(distinct d.id) || ' ' || count(*) from consent_documents d join consent_document_versions v on v.document_id = d.id where v.published_at is not null`,
		"accepted connected declined not_connected offered":          `select string_agg(distinct status, ' ' order by status) from referrals`,
		"answered received taken withdrawn":                          `select string_agg(distinct status, ' ' order by status) from help_requests`,
		"call mail text visit":                                       `select string_agg(distinct kind, ' ' order by kind) from contacts`,
		"declined left_message no_answer other reached wrong_number": `select string_agg(distinct outcome, ' ' order by outcome) from contacts`,
		"done dropped open snoozed":                                  `select string_agg(distinct status, ' ' order by status) from tasks`,
		"confirmed reversed":                                         `select string_agg(status, ' ' order by status) from deaths`,
		"dismissed merged open":                                      `select string_agg(distinct status, ' ' order by status) from duplicate_pairs`,
		"checked done":                                               `select string_agg(status, ' ' order by status) from imports`,
		"create duplicate error skipped unchanged update":            `select string_agg(distinct fate, ' ' order by fate) from import_rows r join imports i on i.id = r.import_id where i.status = 'done'`,
		"1":     `select count(*)::text from separations where status = 'live'`,
		"1 3":   `select count(*) filter (where shared) || ' ' || count(*) from saved_searches`,
		"2":     `select count(distinct staff_id)::text from member_restrictions`,
		"ended": `select g.status from guardianships g join members m on m.id = g.child_id where m.given_name = 'Maddie' and m.family_name = 'Coyle'`,
	} {
		if have := p.column(sql); len(have) != 1 || have[0] != want {
			t.Errorf("want %q, have %q: %s", want, have, sql)
		}
	}
	for what, sql := range map[string]string{
		"a row of a finished import that waits for a decision": `select count(*) from import_rows r join imports i on i.id = r.import_id where i.status = 'done' and r.fate = 'duplicate' and r.decision is null`,
		"a request of who is kept apart that waits":            `select count(*) from registrations r join members m on m.id = r.lead_member_id where m.email = 'apart@` + demodata.Domain + `' and r.state = 'pending_approval' and r.review = '{held}'`,
		"a task to decide where two guardians differ":          `select count(*) from tasks where kind = 'decide_consent' and status = 'open'`,
		"a lapsed credential with its task":                    `select count(*) from tasks where kind = 'credential_lapsed' and status = 'open'`,
		"one that ends soon with its task":                     `select count(*) from tasks where kind = 'credential_expiring' and status = 'open'`,
		"a claim of a guardian that waits":                     `select count(*) from tasks where kind = 'confirm_guardianship' and status = 'open'`,
		"work that is overdue":                                 `select count(*) from tasks where status = 'open' and due_at < $1 and owner_id is not null`,
		"an ask to be linked that waits":                       `select count(*) from relationships where status = 'asked' and expires_at > $1`,
		"service to be looked into once more":                  `select count(*) from tasks where kind = 'verify_service' and status = 'open'`,
		"a call to the widow":                                  `select count(*) from tasks t join members m on m.id = t.member_id where t.kind = 'call' and m.given_name = 'Edith' and t.status = 'open'`,
		"a tag that many have":                                 `select count(*) / 30 from members where tags @> '{newsletter}'`,
	} {
		args := []any{now}
		if !strings.Contains(sql, "$1") {
			args = nil
		}
		if p.count(sql, args...) == 0 {
			t.Errorf("there is no %s", what)
		}
	}
	p.livesOn(t)
}

var all = services.PageQuery{Limit: 100}

// livesOn: what the demo shows can be gone on with, by the accounts that it names.
func (p *program) livesOn(t *testing.T) {
	p.Core.Clock.Set(now)
	carol := p.as("carol.esposito")
	merges, err := p.Records.Merges(carol, records.MergeFilter{PageQuery: all})
	if err != nil || len(merges.Data) != 1 {
		t.Fatalf("%+v, %v", merges, err)
	}
	if view, err := p.Records.GetMerge(carol, merges.Data[0].ID); err != nil || !view.Undoable || len(view.Records) == 0 {
		t.Errorf("the merge cannot be undone: %+v, %v", view, err)
	}
	for _, name := range []string{"coordinator", "carol.esposito"} {
		if sheets, err := p.Imports.List(p.as(name), imports.Filter{PageQuery: all}); err != nil || len(sheets.Data) != 1 {
			t.Errorf("%s brought %d spreadsheets, %v", name, len(sheets.Data), err)
		}
	}
	day, err := p.Outreach.Work(p.as("coordinator"), outreach.WorkQuery{PageQuery: all})
	if err != nil || day.Counts.Mine == 0 || day.Counts.Queue == 0 || day.Counts.Overdue == 0 || day.Counts.HelpWaiting != 1 {
		t.Errorf("%+v, %v", day, err)
	}
	for _, id := range p.column(`select id::text from help_requests where status = 'received'`) {
		if view, err := p.Outreach.HelpRequest(p.as("responder"), uuid.MustParse(id)); err != nil || len(view.Asks) != 1 || view.Asks[0].Note == "" {
			t.Errorf("%+v, %v", view, err)
		}
	}
	for _, name := range []string{"member", "guardian"} { // each has their own children, and the one of two homes
		children, err := p.People.Dependents(p.as(name))
		want := map[string]int{"member": 3, "guardian": 2}[name]
		if err != nil || len(children.Data) != want {
			t.Errorf("%s acts for %+v, %v", name, children, err)
		}
		due, err := p.People.DueConsents(p.as(name))
		if err != nil || len(due.Data) == 0 {
			t.Errorf("%s is asked to sign nothing: %v", name, err)
		}
	}
	seen, err := p.People.List(carol, people.MemberFilter{PageQuery: all, Q: "Tanaka"})
	if err != nil || slices.ContainsFunc(seen.Data, func(m people.MemberSummary) bool { return m.FamilyName == "Tanaka" }) {
		t.Errorf("a record kept to others is found: %+v, %v", seen, err)
	}
	home, err := p.Records.Home(p.as("teen"))
	if err != nil {
		t.Errorf("%+v, %v", home, err)
	}
}

// as is a call by one of the demo accounts.
func (p *program) as(name string) context.Context {
	p.t.Helper()
	email := name + "@" + demodata.Domain
	ids := p.column(`select unnest(array[id, member_id])::text from accounts where email = $1`, email)
	a := &services.Actor{Kind: models.ActorAccount, AccountID: uuid.MustParse(ids[0]), MemberID: uuid.MustParse(ids[1]), AuthTime: now}
	for _, r := range p.column(`select unnest(roles) from accounts where email = $1`, email) {
		a.Roles = append(a.Roles, models.Role(r))
	}
	return services.WithCall(p.t.Context(), &services.Call{Actor: a, RequestID: "test", IfMatch: "*"})
}
