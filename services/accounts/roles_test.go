package accounts_test

import (
	"slices"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

func roles(r ...models.Role) accounts.AccountChange {
	return accounts.AccountChange{Roles: services.Some(r)}
}

var suspend = accounts.AccountChange{Status: services.Some(models.AccountSuspended), Reason: services.Some("They left the team")}

func TestWhoMayChangeAccounts(t *testing.T) {
	w := newWorld(t)
	admin := w.account("admin@example.org", "Ada King", models.RoleAdmin)
	coordinator := w.account("coordinator@example.org", "Cora Diaz", models.RoleCoordinator)
	other := w.account("other@example.org", "Otto Diaz", models.RoleCoordinator)
	coach := w.account("coach@example.org", "Kim Lee", models.RoleCoach)
	boss, plans := w.login(admin.Email), w.login(coordinator.Email)

	w.ok(w.tryChange(plans, coach, roles(models.RoleFacilitator, models.RoleMember)))
	for name, tc := range map[string]struct {
		by   *accounts.SignedIn
		to   *models.Account
		in   accounts.AccountChange
		code services.Code
	}{
		"a coordinator makes a responder":     {plans, coach, roles(models.RoleResponder), "role_above_own"},
		"a coordinator makes an admin":        {plans, coach, roles(models.RoleAdmin, models.RoleMember), "role_above_own"},
		"a coordinator demotes a coordinator": {plans, other, roles(models.RoleMember), "role_above_own"},
		"a coordinator suspends an admin":     {plans, admin, suspend, "role_above_own"},
		"a coordinator raises themselves":     {plans, coordinator, roles(models.RoleCoordinator, models.RoleCoach), "own_account"},
		"an admin demotes themselves":         {boss, admin, roles(models.RoleMember), "own_account"},
		"an admin suspends themselves":        {boss, admin, suspend, "own_account"},
		"no roles":                            {boss, coach, roles(), "too_few"},
		"no reason":                           {boss, coach, accounts.AccountChange{Status: services.Some(models.AccountSuspended)}, "required"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.want(w.tryChange(tc.by, tc.to, tc.in), tc.code)
		})
	}
	w.t = t
	w.want(w.tryChange(boss, &models.Account{Record: models.Record{ID: services.NewID()}}, suspend), services.CodeNotFound)
	w.ok(w.tryChange(boss, coordinator, roles(models.RoleAdmin)))
	w.ok(w.tryChange(boss, coordinator, roles(models.RoleAdmin))) // nothing to change is no error
}

func TestChangeWantsTheVersion(t *testing.T) {
	w := newWorld(t)
	w.account("admin@example.org", "Ada King", models.RoleAdmin)
	coach := w.account("coach@example.org", "Kim Lee", models.RoleCoach)
	boss := w.login("admin@example.org")
	change := func(match string) error {
		call, err := services.CallFrom(w.as(boss.AccessToken))
		w.ok(err)
		call.IfMatch = match
		_, err = w.Change(services.WithCall(t.Context(), call), coach.ID, roles(models.RoleFacilitator))
		return err
	}
	w.want(change(""), services.CodeIfMatchRequired)
	w.want(change(`"7"`), services.CodeStale)
	w.ok(change(`"1"`))
	w.want(change(`"1"`), services.CodeStale)
}

func TestSuspension(t *testing.T) {
	w := newWorld(t)
	w.account("admin@example.org", "Ada King", models.RoleAdmin)
	coach := w.account("coach@example.org", "Kim Lee", models.RoleCoach)
	boss, in := w.login("admin@example.org"), w.login(coach.Email)
	w.core.Clock.Advance(time.Second)
	w.change(boss, coach, suspend)
	w.refused(in.AccessToken)
	_, err := w.refresh(in.RefreshToken)
	w.want(err, "session_ended")
	w.want(w.tryLogin(coach.Email, password, home), "account_suspended")
	_, err = w.ForgotPassword(w.nobody(), accounts.ForgotPassword{Email: coach.Email})
	w.ok(err)
	w.runDue()
	if n := w.messages(models.NoticeAccountReset); n != 0 {
		t.Error("a suspended account was sent a link")
	}
	if n := w.count(`select count(*) from audit_log where action = 'account.change' and reason is not null and $1 = any(subjects)`, coach.MemberID); n != 1 {
		t.Errorf("%d reasons in the audit log", n)
	}
	w.change(boss, coach, accounts.AccountChange{Status: services.Some(models.AccountActive)})
	w.refused(in.AccessToken)
	w.ok(w.tryLogin(coach.Email, password, home))
}

func TestTwoAdminsCannotDemoteOneAnotherAtOnce(t *testing.T) {
	for range 5 {
		w := newWorld(t)
		a, b := w.account("a@example.org", "Ada King", models.RoleAdmin), w.account("b@example.org", "Bea King", models.RoleAdmin)
		tokens := []*accounts.SignedIn{w.login(a.Email), w.login(b.Email)}
		targets := []*models.Account{b, a}
		if done := together(2, func(i int) error { return w.tryChange(tokens[i], targets[i], roles(models.RoleMember)) }); done != 1 {
			t.Errorf("%d demotions", done)
		}
		if n := w.count(`select count(*) from accounts where 'admin' = any(roles)`); n != 1 {
			t.Fatalf("%d admins are left", n)
		}
	}
}

func TestTheLastAdminStays(t *testing.T) {
	w := newWorld(t)
	a := w.account("a@example.org", "Ada King", models.RoleAdmin)
	b := w.account("b@example.org", "Bea King", models.RoleAdmin)
	first, second := w.login(a.Email), w.login(b.Email)
	w.change(first, b, suspend)
	w.refused(second.AccessToken)
	w.want(w.tryChange(first, a, roles(models.RoleMember)), "own_account")
	w.exec(`update accounts set status = 'active', roles = '{coordinator}' where id = $1`, b.ID)
	w.want(w.tryChange(w.login(b.Email), a, roles(models.RoleMember)), "role_above_own")
}

func TestAccountsAreFound(t *testing.T) {
	w := newWorld(t)
	w.account("admin@example.org", "Ada King", models.RoleAdmin)
	w.account("jose@example.org", "José Núñez", models.RoleCoach, models.RoleMember)
	w.account("kim_lee@example.org", "Kim Lee", models.RoleMember)
	boss := w.login("admin@example.org")
	find := func(in accounts.AccountFilter) (emails []string) {
		t.Helper()
		in.Limit, in.Count = 25, true
		page, err := w.List(w.as(boss.AccessToken), in)
		w.ok(err)
		for _, a := range page.Data {
			emails = append(emails, a.Email)
		}
		if int(*page.Total) != len(emails) {
			t.Errorf("%d are counted, %d listed", *page.Total, len(emails))
		}
		return emails
	}
	for name, tc := range map[string]struct {
		in   accounts.AccountFilter
		want int
	}{
		"all":            {accounts.AccountFilter{}, 3},
		"coaches":        {accounts.AccountFilter{Role: []models.Role{models.RoleCoach}}, 1},
		"either role":    {accounts.AccountFilter{Role: []models.Role{models.RoleCoach, models.RoleAdmin}}, 2},
		"suspended":      {accounts.AccountFilter{Status: []models.AccountStatus{models.AccountSuspended}}, 0},
		"name, accents":  {accounts.AccountFilter{Q: "nunez"}, 1},
		"address":        {accounts.AccountFilter{Q: "EXAMPLE.org"}, 3},
		"no wildcard":    {accounts.AccountFilter{Q: "kim%lee"}, 0},
		"literal":        {accounts.AccountFilter{Q: "kim_lee"}, 1},
		"quote":          {accounts.AccountFilter{Q: "' or 1=1"}, 0},
		"by email":       {accounts.AccountFilter{PageQuery: services.PageQuery{Sort: "email"}}, 3},
		"search is none": {accounts.AccountFilter{Q: "nobody"}, 0},
	} {
		if got := find(tc.in); len(got) != tc.want {
			t.Errorf("%s: %v, want %d", name, got, tc.want)
		}
	}
	if n := w.count(`select count(*) from audit_log where action = 'account.search'`); n != 6 {
		t.Errorf("%d searches in the audit log", n)
	}
	page, err := w.List(w.as(boss.AccessToken), accounts.AccountFilter{PageQuery: services.PageQuery{Limit: 2, Sort: "email"}})
	w.ok(err)
	next, err := w.List(w.as(boss.AccessToken), accounts.AccountFilter{PageQuery: services.PageQuery{Limit: 2, Sort: "email", Cursor: *page.NextCursor}})
	w.ok(err)
	if len(next.Data) != 1 || next.Data[0].Email != "kim_lee@example.org" || next.Data[0].Name != "Kim Lee" {
		t.Errorf("the second page is %+v", next.Data)
	}
	_, err = w.Get(w.as(boss.AccessToken), services.NewID())
	w.want(err, services.CodeNotFound)
	got, err := w.Get(w.as(boss.AccessToken), next.Data[0].ID)
	w.ok(err)
	if got.Name != "Kim Lee" {
		t.Errorf("got %+v", got)
	}
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	w.account("admin@example.org", "Ada King", models.RoleAdmin)
	coordinator := w.account("coordinator@example.org", "Cora Diaz", models.RoleCoordinator)
	plans, boss := w.login("coordinator@example.org"), w.login("admin@example.org")
	invite := func(by *accounts.SignedIn, email string, r ...models.Role) (*accounts.InvitationView, error) {
		return w.Invite(w.as(by.AccessToken), accounts.Invite{Email: email, Roles: r})
	}
	accept := func(token, password, name string) (*accounts.OwnAccount, error) {
		return w.AcceptInvitation(w.nobody(), accounts.AcceptInvitation{Token: token, Password: password, Name: name})
	}
	_, err := invite(plans, "x@example.org", models.RoleAdmin)
	w.want(err, "role_above_own")
	_, err = invite(plans, coordinator.Email, models.RoleCoach)
	w.want(err, "own_account")
	_, err = w.Invite(w.as(plans.AccessToken), accounts.Invite{Email: "x@example.org", Roles: []models.Role{models.RoleCoach}, MemberID: &[]models.Account{*coordinator}[0].ID})
	w.want(err, "unknown_member")
	late := start.AddDate(0, 0, 31)
	_, err = w.Invite(w.as(plans.AccessToken), accounts.Invite{Email: "x@example.org", Roles: []models.Role{models.RoleCoach}, ExpiresAt: &late})
	w.want(err, "out_of_range")

	sent, err := invite(plans, "Kim@example.org", models.RoleCoach)
	w.ok(err)
	token := w.mailed(models.NoticeAccountInvited, "kim@example.org")
	_, err = accept(token, newPassword, "")
	w.want(err, "bad_format")
	_, err = accept(token, "short", "Kim Lee")
	w.want(err, "password_too_short")
	if done := together(2, func(int) error { _, err := accept(token, newPassword, "Kim Lee"); return err }); done != 1 {
		t.Fatalf("accepted %d times", done)
	}
	_, err = accept(token, newPassword, "Kim Lee")
	w.want(err, "bad_token")
	w.ok(w.tryLogin("kim@example.org", newPassword, home))
	var kinds []string
	w.scan(`select m.kinds from members m join accounts a on a.member_id = m.id where a.email = 'kim@example.org'`, nil, &kinds)
	if len(kinds) != 1 || kinds[0] != "staff" {
		t.Errorf("an invited coach is %v", kinds)
	}
	w.want(w.WithdrawInvitation(w.as(plans.AccessToken), sent.ID), "invitation_accepted")

	// Who has an account gets the roles for its password.
	_, err = invite(boss, "kim@example.org", models.RoleResponder)
	w.ok(err)
	token = w.mailed(models.NoticeAccountInvited, "kim@example.org")
	_, err = accept(token, password, "")
	w.want(err, "wrong_password")
	got, err := accept(token, newPassword, "")
	w.ok(err)
	if len(got.Roles) != 2 {
		t.Errorf("the roles are %v", got.Roles)
	}

	sent, err = invite(plans, "ann@example.org", models.RoleFacilitator)
	w.ok(err)
	token = w.mailed(models.NoticeAccountInvited, "ann@example.org")
	w.ok(w.WithdrawInvitation(w.as(plans.AccessToken), sent.ID))
	w.ok(w.WithdrawInvitation(w.as(plans.AccessToken), sent.ID))
	_, err = accept(token, newPassword, "Ann Lee")
	w.want(err, "bad_token")

	_, err = invite(plans, "bob@example.org", models.RoleFacilitator)
	w.ok(err)
	token = w.mailed(models.NoticeAccountInvited, "bob@example.org")
	w.change(boss, coordinator, roles(models.RoleMember))
	_, err = accept(token, newPassword, "Bob Lee")
	w.want(err, "role_above_own")
	w.core.Clock.Advance(8 * 24 * time.Hour)
	_, err = accept(token, newPassword, "Bob Lee")
	w.want(err, "bad_token")

	boss = w.login("admin@example.org")
	for state, want := range map[models.InvitationState]int{"": 4, models.InvitationAccepted: 2, models.InvitationWithdrawn: 1, models.InvitationExpired: 1, models.InvitationOpen: 0} {
		page, err := w.Invitations(w.as(boss.AccessToken), accounts.InvitationFilter{Status: state, PageQuery: services.PageQuery{Limit: 25}})
		w.ok(err)
		if len(page.Data) != want {
			t.Errorf("%q: %d, want %d", state, len(page.Data), want)
		}
		for _, i := range page.Data {
			if state != "" && i.Status != state {
				t.Errorf("%q: %s", state, i.Status)
			}
		}
	}
}

func TestCreateAdmin(t *testing.T) {
	w := newWorld(t)
	a, err := w.CreateAdmin(t.Context(), "Ada@example.org", password, "Ada King")
	w.ok(err)
	if !a.IsAdmin() {
		t.Errorf("roles %v", a.Roles)
	}
	_, err = w.CreateAdmin(t.Context(), "ada@EXAMPLE.org", password, "Ada King")
	w.want(err, "account_exists")
	_, err = w.CreateAdmin(t.Context(), "bea@example.org", "short", "Bea King")
	w.want(err, "password_too_short")
	w.login("ada@example.org")
}

func TestAuditLogIsRead(t *testing.T) {
	w := newWorld(t)
	admin := w.account("admin@example.org", "Ada King", models.RoleAdmin)
	coach := w.account("coach@example.org", "Kim Lee", models.RoleCoach)
	boss := w.login("admin@example.org")
	w.core.Clock.Advance(time.Minute)
	w.change(boss, coach, suspend)
	w.want(w.tryLogin(coach.Email, "wrong", home), "bad_credentials")
	read := func(in accounts.AuditFilter) services.Page[accounts.AuditEntry] {
		t.Helper()
		in.Limit = 100
		page, err := w.AuditLog(w.as(boss.AccessToken), in)
		w.ok(err)
		return page
	}
	changes := read(accounts.AuditFilter{Action: []string{"account.change"}})
	if len(changes.Data) != 1 {
		t.Fatalf("%d changes", len(changes.Data))
	}
	e := changes.Data[0]
	if *e.AccountID != admin.ID || e.Outcome != models.OutcomeDone || len(e.Subjects) != 1 || e.Subjects[0] != coach.MemberID || *e.Address != home || len(e.Roles) != 1 {
		t.Errorf("entry %+v", e)
	}
	if len(e.Changes) == 0 || e.Changes[0].Table != "accounts" || !slices.ContainsFunc(e.Changes[0].Values, func(v accounts.AuditValue) bool {
		return v.Column == "status" && *v.Before == "active" && *v.After == "suspended"
	}) {
		t.Errorf("changes %+v", e.Changes)
	}
	for name, tc := range map[string]struct {
		in   accounts.AuditFilter
		some bool
	}{
		"actor, account": {accounts.AuditFilter{Actor: admin.ID}, true},
		"actor, member":  {accounts.AuditFilter{Actor: admin.MemberID}, true},
		"actor, nobody":  {accounts.AuditFilter{Actor: coach.ID}, false},
		"object":         {accounts.AuditFilter{Object: coach.ID}, true},
		"object, none":   {accounts.AuditFilter{Object: services.NewID()}, false},
		"subject":        {accounts.AuditFilter{Subject: coach.MemberID}, true},
		"outcome":        {accounts.AuditFilter{Outcome: []models.Outcome{models.OutcomeRefused}}, true},
		"from":           {accounts.AuditFilter{From: start.Add(time.Second)}, true},
		"from later":     {accounts.AuditFilter{From: start.Add(time.Hour)}, false},
		"until":          {accounts.AuditFilter{Until: start}, false},
		"two actions":    {accounts.AuditFilter{Action: []string{"account.change", "auth.login"}}, true},
		"no such action": {accounts.AuditFilter{Action: []string{"' or true --"}}, false},
	} {
		if n := len(read(tc.in).Data); (n > 0) != tc.some {
			t.Errorf("%s: %d rows", name, n)
		}
	}
	if n := w.count(`select count(*) from audit_log where action = 'audit.read' and outcome = 'read'`); n != 13 {
		t.Errorf("%d looks at the log are in it", n)
	}
	seen := map[string]bool{}
	in := accounts.AuditFilter{Outcome: []models.Outcome{models.OutcomeDone}, PageQuery: services.PageQuery{Limit: 2}}
	for {
		page, err := w.AuditLog(w.as(boss.AccessToken), in)
		w.ok(err)
		for _, e := range page.Data {
			if seen[e.ID.String()] {
				t.Fatal("a row came twice")
			}
			seen[e.ID.String()] = true
		}
		if page.NextCursor == nil {
			break
		}
		in.Cursor = *page.NextCursor
	}
	if n := w.count(`select count(*) from audit_log where outcome = 'done'`); n != len(seen) {
		t.Errorf("%d of %d rows were listed", len(seen), n)
	}
}

func TestWhatEndedIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	for range 3 {
		var err error
		in, err = w.refresh(in.RefreshToken)
		w.ok(err)
	}
	w.ok(w.Logout(w.as(in.AccessToken)))
	w.signUp(maria)
	_, err := w.RotateKeys(t.Context())
	w.ok(err)
	purge := func() {
		t.Helper()
		w.exec(`insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at) values ('{}', 'account.purge', 3, 1, 'default', $1, 'available', $1)`, w.core.Clock.Now())
		w.runDue()
	}
	purge()
	if w.count(`select count(*) from sessions`) != 1 || w.count(`select count(*) from one_time_tokens`) != 1 || w.count(`select count(*) from signing_keys`) != 2 {
		t.Error("forgotten too soon")
	}
	w.core.Clock.Advance(32 * 24 * time.Hour)
	purge()
	if n := w.count(`select (select count(*) from sessions) + (select count(*) from refresh_tokens) + (select count(*) from one_time_tokens)`); n != 0 {
		t.Errorf("%d rows are kept", n)
	}
	if n := w.count(`select count(*) from signing_keys`); n != 1 {
		t.Errorf("%d keys are kept", n)
	}
	w.login("sam@example.org")
}
