package accounts_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

// Ada is an admin; Ben was her husband. What he does, and his account, are a colleague's.
func TestStaffLeaveTheAccountsOfPeopleCloseToThemToColleagues(t *testing.T) {
	w := newWorld(t)
	ada, ben := w.account("ada@example.org", "Ada King", models.RoleAdmin), w.account("ben@example.org", "Ben King", models.RoleMember)
	w.account("other@example.org", "Otto Diaz", models.RoleAdmin)
	w.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, asked_by, ended_at)
		values ($1, 1, $2, $2, $3, 'spouse', $4, 'ended', $3, $2)`, services.NewID(), start, ada.MemberID, ben.MemberID)
	known := services.NewID()
	w.exec(`insert into members (id, version, created_at, updated_at, given_name, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, 'Lily', 'active', 'en', 'America/New_York', true, false, true, false)`, known, start)
	w.exec(`insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status) values ($1, 1, $2, $2, $3, 'sibling', $4, 'accepted')`,
		services.NewID(), start, ada.MemberID, known)
	boss, other := w.login("ada@example.org"), w.login("other@example.org")
	w.login("ben@example.org")

	emails := func(by *accounts.SignedIn, q string) int {
		t.Helper()
		page, err := w.List(w.as(by.AccessToken), accounts.AccountFilter{Q: q, PageQuery: services.PageQuery{Limit: 25}})
		w.ok(err)
		return len(page.Data)
	}
	if hers, his := emails(boss, "ben@"), emails(other, "ben@"); hers != 0 || his != 1 {
		t.Errorf("she finds %d, a colleague %d", hers, his)
	}
	if n := emails(boss, ""); n != 2 {
		t.Errorf("she lists %d", n)
	}
	_, err := w.Get(w.as(boss.AccessToken), ben.ID)
	w.want(err, "own_record")
	if n := w.count(`select count(*) from audit_log where action = 'account.read' and outcome = 'refused' and $1 = any(subjects)`, ben.MemberID); n != 1 {
		t.Errorf("%d attempts in the log", n)
	}
	w.want(w.tryChange(boss, ben, suspend), "own_record")
	_, err = w.Invite(w.as(boss.AccessToken), accounts.Invite{Email: "mine@example.org", Roles: []models.Role{models.RoleMember}, MemberID: &known})
	w.want(err, "own_record")

	log := func(by *accounts.SignedIn) (of int) {
		t.Helper()
		page, err := w.AuditLog(w.as(by.AccessToken), accounts.AuditFilter{Subject: ben.MemberID, PageQuery: services.PageQuery{Limit: 100}})
		w.ok(err)
		for _, e := range page.Data {
			if e.Action == "auth.login" {
				of++
			}
		}
		return of
	}
	if hers, his := log(boss), log(other); hers != 0 || his != 1 {
		t.Errorf("she reads of %d sign-ins of his, a colleague of %d", hers, his)
	}
	if n := w.count(`select count(*) from audit_log where action = 'audit.read' and subjects = array[$1::uuid]`, ben.MemberID); n != 2 {
		t.Errorf("%d looks at the log name whom they were after", n)
	}
	w.ok(w.tryChange(other, ben, suspend))
}

func TestSearchingAccountsIsLimited(t *testing.T) {
	w := newWorld(t)
	w.account("ada@example.org", "Ada King", models.RoleAdmin)
	boss := w.login("ada@example.org")
	var err error
	for range 60 {
		if _, err = w.List(w.as(boss.AccessToken), accounts.AccountFilter{Q: "king"}); err != nil {
			break
		}
	}
	w.want(err, services.CodeTooMany)
}

func TestNobodyUnder18IsInvited(t *testing.T) {
	w := newWorld(t)
	w.account("ada@example.org", "Ada King", models.RoleAdmin)
	boss := w.login("ada@example.org")
	id := services.NewID()
	w.exec(`insert into members (id, version, created_at, updated_at, given_name, birth_date, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, 'Noah', '2008-10-02', 'active', 'en', 'America/New_York', true, false, true, false)`, id, start)
	invite := func() error {
		_, err := w.Invite(w.as(boss.AccessToken), accounts.Invite{Email: "noah@example.org", Roles: []models.Role{models.RoleMember}, MemberID: &id})
		return err
	}
	w.want(invite(), "guardian_must_agree")
	w.core.Clock.Set(time.Date(2026, 10, 2, 4, 0, 0, 0, time.UTC)) // midnight in New York
	boss = w.login("ada@example.org")
	w.ok(invite())
	w.exec(`update members set birth_date = '2010-10-02' where id = $1`, id) // corrected before it is accepted
	_, err := w.AcceptInvitation(w.nobody(), accounts.AcceptInvitation{Token: w.mailed(models.NoticeAccountInvited, "noah@example.org"), Password: newPassword})
	w.want(err, "bad_token")
}

// The birthday is counted where new members are taken to live, as guardianship counts it.
func TestSignUpOpensOnThe13thBirthday(t *testing.T) {
	w := newWorld(t)
	in := maria
	in.BirthDate = models.NewDate(2013, 10, 2)
	w.core.Clock.Set(time.Date(2026, 10, 2, 3, 59, 0, 0, time.UTC)) // the evening before, in New York
	_, err := w.Register(w.nobody(), in)
	w.want(err, "too_young")
	w.core.Clock.Advance(time.Minute)
	_, err = w.Register(w.nobody(), in)
	w.ok(err)
}
