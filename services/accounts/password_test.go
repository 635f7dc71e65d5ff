package accounts_test

import (
	"testing"
	"time"

	"homefront/models"
	"homefront/services/accounts"
)

func (w *world) forgot(email string) string {
	w.t.Helper()
	_, err := w.ForgotPassword(w.nobody(), accounts.ForgotPassword{Email: email})
	w.ok(err)
	w.runDue()
	return w.mailed(models.NoticeAccountReset, email)
}

func TestForgottenPassword(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	older, token := w.forgot("sam@example.org"), w.forgot("sam@example.org")
	_, err := w.ResetPassword(w.nobody(), accounts.ResetPassword{Token: token, Password: "SamOrtizSamOrtiz1"})
	w.want(err, "password_too_common")

	if done := together(2, func(int) error {
		_, err := w.ResetPassword(w.nobody(), accounts.ResetPassword{Token: token, Password: newPassword})
		return err
	}); done != 1 {
		t.Fatalf("a link worked %d times", done)
	}
	for _, dead := range []string{token, older, "x"} {
		_, err := w.ResetPassword(w.nobody(), accounts.ResetPassword{Token: dead, Password: newPassword})
		w.want(err, "bad_token")
	}
	w.refused(in.AccessToken)
	w.want(w.tryLogin("sam@example.org", password, home), "bad_credentials")
	w.ok(w.tryLogin("sam@example.org", newPassword, home))
	if n := w.messages(models.NoticeAccountPasswordChanged); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestNobodyFillsAStrangersInbox(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	for range 8 {
		w.forgot("sam@example.org")
	}
	if n := w.messages(models.NoticeAccountReset); n != 5 {
		t.Errorf("%d mails", n)
	}
	w.core.Clock.Advance(16 * time.Minute)
	w.forgot("sam@example.org")
	if n := w.messages(models.NoticeAccountReset); n != 6 {
		t.Errorf("%d mails after a while", n)
	}
}

func TestResetLinkEnds(t *testing.T) {
	w := newWorld(t)
	a := w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	reset := func(token string) error {
		_, err := w.ResetPassword(w.nobody(), accounts.ResetPassword{Token: token, Password: newPassword})
		return err
	}
	token := w.forgot(a.Email)
	w.core.Clock.Advance(models.ResetFor)
	w.want(reset(token), "bad_token")

	token = w.forgot(a.Email)
	w.exec(`update accounts set email = 'sam.new@example.org'`)
	w.want(reset(token), "bad_token")
	w.exec(`update accounts set email = 'sam@example.org', status = 'suspended'`)
	w.want(reset(token), "bad_token")
	w.exec(`update accounts set status = 'active'`)
	w.ok(reset(token))

	w.signUp(maria)
	w.want(reset(w.mailed(models.NoticeAccountVerify, "maria@example.org")), "bad_token")
	_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: w.forgot(a.Email)})
	w.want(err, "bad_token")
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	here, there := w.login("sam@example.org"), w.login("sam@example.org")
	w.core.Clock.Advance(time.Second)
	change := func(old, fresh string) error {
		_, err := w.ChangePassword(w.as(here.AccessToken), accounts.ChangePassword{CurrentPassword: old, NewPassword: fresh})
		return err
	}
	w.want(change("wrong", newPassword), "wrong_password")
	w.want(change(password, "short"), "password_too_short")
	w.want(change(password, "sam.ortiz.sam.ortiz"), "password_too_common")
	w.as(there.AccessToken)
	w.ok(change(password, newPassword))
	w.as(here.AccessToken)
	w.refused(there.AccessToken)
	_, err := w.refresh(there.RefreshToken)
	w.want(err, "session_ended")
	w.want(w.tryLogin("sam@example.org", password, home), "bad_credentials")
	w.ok(w.tryLogin("sam@example.org", newPassword, home))
	if n := w.count(`select count(*) from audit_log where action = 'account.change_password' and outcome = 'refused'`); n != 1 {
		t.Errorf("%d refusals in the audit log", n)
	}
}
