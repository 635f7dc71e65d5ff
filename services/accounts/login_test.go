package accounts_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

func (w *world) tryLogin(email, password, address string) error {
	_, err := w.Login(w.nobody(address), accounts.Login{Email: email, Password: password}, phone)
	return err
}

func TestWrongSignInsAreAlike(t *testing.T) {
	w := newWorld(t)
	w.account("known@example.org", "Known Person", models.RoleMember)
	known, unknown := w.tryLogin("known@example.org", "wrong", home), w.tryLogin("unknown@example.org", "wrong", home)
	w.want(known, "bad_credentials")
	if known.Error() != unknown.Error() {
		t.Errorf("%v, %v", known, unknown)
	}
	if n := w.count(`select count(*) from audit_log where action = 'auth.login' and outcome = 'refused' and host(address) = $1`, home); n != 2 {
		t.Errorf("%d refusals are in the audit log", n)
	}
	if n := w.count(`select count(*) from audit_log a where a::text like '%known@%'`); n != 0 {
		t.Error("the audit log holds an address")
	}
	w.exec(`update accounts set status = 'suspended'`)
	w.want(w.tryLogin("known@example.org", "wrong", home), "bad_credentials")
	w.want(w.tryLogin("known@example.org", password, home), "account_suspended")
	if n := w.count(`select count(*) from sessions`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestTenWrongPasswordsWait(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	for _, email := range []string{"sam@example.org", "unknown@example.org"} {
		for range 10 {
			w.want(w.tryLogin(email, "wrong", home), "bad_credentials")
		}
		err := w.tryLogin(email, password, home)
		w.want(err, services.CodeTooMany)
		var e *services.Error
		if errors.As(err, &e); e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
			t.Errorf("wait %v", e.RetryAfter)
		}
	}
	w.ok(w.tryLogin("sam@example.org", password, "198.51.100.4"))
	w.core.Clock.Advance(time.Minute)
	w.ok(w.tryLogin("sam@example.org", password, home))
	for range 9 { // the right password starts the count anew
		w.want(w.tryLogin("sam@example.org", "wrong", home), "bad_credentials")
	}
	w.ok(w.tryLogin("sam@example.org", password, home))
}

// A spiteful housemate, or a botnet, guesses from elsewhere: the owner gets in from where they have been before.
func TestGuessesFromElsewhereLockNobodyOut(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	w.ok(w.tryLogin("sam@example.org", password, home))
	// Ninety guesses were made already; each real one costs a hash.
	for range 90 {
		w.ok(w.core.Take(t.Context(), services.Limit{Name: "login/account", Every: time.Hour, Burst: 100}, "sam@example.org"))
	}
	refused := 0
	for i := range 30 {
		err := w.tryLogin("sam@example.org", "wrong", fmt.Sprintf("198.51.100.%d", i))
		if errors.Is(err, services.TooMany(0, "")) {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 30 guesses from unknown networks were not even looked at, want 20", refused)
	}
	w.want(w.tryLogin("sam@example.org", password, "192.0.2.1"), services.CodeTooMany)
	w.ok(w.tryLogin("sam@example.org", password, home))
}

func TestOneNetworkTriesManyAccounts(t *testing.T) {
	w := newWorld(t, func(s *accounts.Settings) { s.LoginsPerAddress = 5 })
	for i := range 6 {
		// All of one /64: an IPv6 home has that many addresses.
		err := w.tryLogin(fmt.Sprintf("u%d@example.org", i), "wrong", fmt.Sprintf("2001:db8:0:1::%x", i))
		if i < 5 {
			w.want(err, "bad_credentials")
		} else {
			w.want(err, services.CodeTooMany)
		}
	}
	w.want(w.tryLogin("u9@example.org", "wrong", "2001:db8:0:2::1"), "bad_credentials")
}

func TestNewDeviceIsTold(t *testing.T) {
	w := newWorld(t)
	a := w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	try := func(address, agent string) {
		t.Helper()
		_, err := w.Login(w.nobody(address), accounts.Login{Email: a.Email, Password: password}, agent)
		w.ok(err)
	}
	try(home, phone)
	try(home, phone)
	if n := w.messages(models.NoticeAccountNewLogin); n != 0 {
		t.Errorf("told %d times of the first device", n)
	}
	try("198.51.100.4", phone)
	try(home, "Mozilla/5.0 (Windows NT 10.0)\r\nBcc: x")
	if n := w.messages(models.NoticeAccountNewLogin); n != 2 {
		t.Errorf("told %d times of two new devices", n)
	}
	w.exec(`update accounts set quiet_logins = true`)
	try("198.51.100.5", phone)
	if n := w.messages(models.NoticeAccountNewLogin); n != 2 {
		t.Error("told in spite of quiet sign-ins")
	}
	if n := w.count(`select count(*) from sessions where user_agent ~ '[[:cntrl:]]'`); n != 0 {
		t.Error("a line break was kept")
	}
}

// The right password is counted as a try until it is known to be right, so a few of many at once are told to wait.
func TestManySignInsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	if done := together(16, func(int) error { return w.tryLogin("sam@example.org", password, home) }); done < 10 {
		t.Errorf("%d of 16", done)
	}
}
