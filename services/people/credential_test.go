package people_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// watched is an office whose mails and daily jobs run.
func watched(t *testing.T) (*office, func(time.Time)) {
	o := open(t)
	notices.New(o.core, noMail{}, notices.Config{BaseURL: "https://app.homefront.example", From: "hello@homefront.example"})
	return o, func(at time.Time) {
		t.Helper()
		_, err := o.core.Writes().Exec(t.Context(), `insert into river_job (state, queue, kind, args, max_attempts, scheduled_at, priority) values ('available', 'default', 'credential.watch', '{}', 3, $1, 1)`, at)
		if err == nil {
			_, err = o.core.RunDue(t.Context(), at)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

type noMail struct{}

func (noMail) Send(context.Context, notices.Mail) error { return nil }

func TestCredentialsCountAsLongAsTheirKindUsuallyDoes(t *testing.T) {
	o := open(t)
	carl := o.person("Carl Coach", models.RoleCoach)
	add := func(in people.AddCredential) (*models.Credential, error) {
		in.IssuedOn = models.NewDate(2026, time.March, 1)
		return o.people.AddCredential(o.as(o.boss), carl.member, in)
	}
	for kind, want := range map[models.CredentialKind]string{models.CredentialBackgroundCheck: "2028-02-29", models.CredentialChildSafety: "2027-02-28", models.CredentialCoachTraining: "2029-02-28"} {
		if c := must[*models.Credential](t)(add(people.AddCredential{Kind: kind})); c.ExpiresOn == nil || c.ExpiresOn.String() != want {
			t.Errorf("%s ends %v, want %s", kind, c.ExpiresOn, want)
		}
	}
	for _, in := range []people.AddCredential{{Kind: models.CredentialCoachingAgreement}, {Kind: models.CredentialFirstAid, NoExpiry: true}} {
		if c := must[*models.Credential](t)(add(in)); c.ExpiresOn != nil {
			t.Errorf("%s ends %v", in.Kind, c.ExpiresOn)
		}
	}
	_, err := add(people.AddCredential{Kind: models.CredentialFirstAid, NoExpiry: true, ExpiresOn: ptr(models.NewDate(2027, time.March, 1))})
	if fields(t, err)["/no_expiry"] != "contradicts" {
		t.Error(err)
	}
}

func TestTheEndOfACredentialIsToldInTime(t *testing.T) {
	o, day := watched(t)
	carl := o.person("Carl Coach", models.RoleCoach)
	end := models.NewDate(2026, time.May, 31)
	c := must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), carl.member, people.AddCredential{Kind: models.CredentialBackgroundCheck, IssuedOn: models.NewDate(2024, time.June, 1), ExpiresOn: &end}))
	live := func(kind models.TaskKind) int {
		return o.count(`select count(*) from tasks where kind = $1 and record_id = $2 and status = 'open' and member_id = $3`, kind, c.ID, carl.member)
	}
	told := func(event models.NoticeEvent) int {
		return o.count(`select count(*) from messages where event = $1 and member_id = $2`, event, carl.member)
	}
	want := func(on models.Date, expiring, lapsed, mails, last int) {
		t.Helper()
		for range 2 { // twice a day tells once
			day(on.Add(6 * time.Hour))
		}
		if a, b, c, d := live(models.TaskCredentialExpiring), live(models.TaskCredentialLapsed), told(models.NoticeCredentialExpiring), told(models.NoticeCredentialLapsed); a != expiring || b != lapsed || c != mails || d != last {
			t.Errorf("on %s: %d tasks before the end, %d after, %d mails before, %d after", on, a, b, c, d)
		}
	}
	want(models.NewDate(2026, time.March, 31), 0, 0, 0, 0)
	want(models.NewDate(2026, time.April, 1), 1, 0, 1, 0) // 60 days before
	want(models.NewDate(2026, time.April, 30), 1, 0, 1, 0)
	want(models.NewDate(2026, time.May, 1), 1, 0, 2, 0) // 30
	want(models.NewDate(2026, time.May, 23), 1, 0, 2, 0)
	want(models.NewDate(2026, time.May, 24), 1, 0, 3, 0) // 7
	want(models.NewDate(2026, time.May, 31), 1, 0, 3, 0)
	want(models.NewDate(2026, time.June, 1), 0, 1, 3, 1)

	list := func(p person, f people.CredentialFilter) int {
		f.PageQuery = all
		return len(must[*services.Page[people.ExpiringCredential]](t)(o.people.ExpiringCredentials(o.as(p), f)).Data)
	}
	if list(o.boss, people.CredentialFilter{}) != 1 || list(o.boss, people.CredentialFilter{Lapsed: true}) != 1 || list(o.boss, people.CredentialFilter{ExpiringBefore: "2026-05-31"}) != 0 ||
		list(carl, people.CredentialFilter{}) != 0 || list(o.boss, people.CredentialFilter{MemberID: uuid.New()}) != 0 {
		t.Error("the list is wrong")
	}
	if _, err := o.people.ExpiringCredentials(o.as(o.boss), people.CredentialFilter{PageQuery: all, ExpiringBefore: "soon"}); fields(t, err)["query/expiring_before"] != "bad_date" {
		t.Error(err)
	}
	must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), carl.member, people.AddCredential{Kind: models.CredentialBackgroundCheck, IssuedOn: models.NewDate(2026, time.May, 29)}))
	if live(models.TaskCredentialLapsed) != 0 || list(o.boss, people.CredentialFilter{}) != 0 {
		t.Error("a renewal leaves work")
	}
	want(models.NewDate(2026, time.June, 2), 0, 0, 3, 1)
}

// Who renewed in time hears nothing of the old one.
func TestWhatWasRenewedEndsInSilence(t *testing.T) {
	o, day := watched(t)
	carl := o.person("Carl Coach", models.RoleCoach)
	for _, in := range []people.AddCredential{{IssuedOn: models.NewDate(2024, time.March, 10)}, {IssuedOn: models.NewDate(2026, time.March, 1)}} {
		in.Kind = models.CredentialBackgroundCheck
		must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), carl.member, in))
	}
	day(noon)
	day(noon.AddDate(0, 0, 10))
	if n := o.count(`select count(*) from tasks`) + o.count(`select count(*) from messages`); n != 0 {
		t.Errorf("%d tasks and mails", n)
	}
}

// When a renewal is revoked, what it had renewed has lapsed after all.
func TestRevokingARenewalBringsBackTheWork(t *testing.T) {
	o, day := watched(t)
	carl := o.person("Carl Coach", models.RoleCoach)
	add := func(issued models.Date) *models.Credential {
		return must[*models.Credential](t)(o.people.AddCredential(o.as(o.boss), carl.member, people.AddCredential{Kind: models.CredentialBackgroundCheck, IssuedOn: issued}))
	}
	old := add(models.NewDate(2024, time.March, 1))
	day(noon)
	open := func() int {
		return o.count(`select count(*) from tasks where kind = $1 and record_id = $2 and status = 'open'`, models.TaskCredentialLapsed, old.ID)
	}
	if open() != 1 {
		t.Fatal("it has not lapsed")
	}
	renewal := add(models.NewDate(2026, time.March, 2))
	if open() != 0 {
		t.Error("a renewal leaves work")
	}
	why := people.StaffReason{Reason: "Of another Carl"}
	must[*models.Credential](t)(o.people.RevokeCredential(o.as(o.boss), renewal.ID, why))
	day(noon.AddDate(0, 0, 1))
	if open() != 1 {
		t.Errorf("%d tasks about what lapsed", open())
	}
	must[*models.Credential](t)(o.people.ReinstateCredential(o.as(o.boss), renewal.ID, why))
	if open() != 0 {
		t.Error("renewed again, the work stays")
	}
}
