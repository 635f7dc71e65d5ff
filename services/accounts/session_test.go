package accounts_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

func TestRefreshRotates(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	first := w.login("sam@example.org")
	w.core.Clock.Advance(9 * time.Minute)
	second, err := w.refresh(first.RefreshToken)
	w.ok(err)
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("nothing was renewed")
	}
	third, err := w.refresh(second.RefreshToken)
	w.ok(err)
	w.as(third.AccessToken)
	for _, wrong := range []string{"", "x", third.AccessToken, third.RefreshToken[1:], third.RefreshToken + "A"} {
		_, err := w.refresh(wrong)
		w.want(err, "session_ended")
	}
}

func TestReusedRefreshTokenEndsTheSession(t *testing.T) {
	w := newWorld(t)
	a := w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	first := w.login("sam@example.org")
	second, err := w.refresh(first.RefreshToken)
	w.ok(err)
	w.core.Clock.Advance(models.RefreshGrace + time.Second)
	_, err = w.refresh(first.RefreshToken)
	w.want(err, "session_ended")
	_, err = w.refresh(second.RefreshToken)
	w.want(err, "session_ended")
	_, err = w.refresh(first.RefreshToken)
	w.want(err, "session_ended")
	w.refused(first.AccessToken)
	w.refused(second.AccessToken)
	if n := w.count(`select count(*) from audit_log where action = 'auth.refresh_reuse' and outcome = 'refused' and $1 = any(subjects)`, a.MemberID); n != 1 {
		t.Errorf("%d audit rows tell of it", n)
	}
	if n := w.messages(models.NoticeAccountSessionEnded); n != 1 {
		t.Errorf("the owner was told %d times", n)
	}
}

func TestLostAnswerIsGivenAgain(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	first := w.login("sam@example.org")
	second, err := w.refresh(first.RefreshToken)
	w.ok(err)
	w.core.Clock.Advance(models.RefreshGrace)
	again, err := w.refresh(first.RefreshToken)
	w.ok(err)
	if again.RefreshToken != second.RefreshToken {
		t.Error("another successor")
	}
	_, err = w.refresh(second.RefreshToken)
	w.ok(err)
}

// Once the successor was used, the old token is a stolen one, even within the grace (django-oauth-toolkit #1617).
func TestNoGraceOnceTheSuccessorWasUsed(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	first := w.login("sam@example.org")
	second, err := w.refresh(first.RefreshToken)
	w.ok(err)
	third, err := w.refresh(second.RefreshToken)
	w.ok(err)
	_, err = w.refresh(first.RefreshToken)
	w.want(err, "session_ended")
	_, err = w.refresh(third.RefreshToken)
	w.want(err, "session_ended")
	w.refused(third.AccessToken)
}

func TestParallelRefreshesMakeOneSuccessor(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	first := w.login("sam@example.org")
	answers := make([]string, 20)
	if done := together(20, func(i int) error {
		in, err := w.refresh(first.RefreshToken)
		if err == nil {
			answers[i] = in.RefreshToken
		}
		return err
	}); done != 20 {
		t.Fatalf("%d of 20 were answered", done)
	}
	for _, a := range answers {
		if a != answers[0] {
			t.Fatal("two successors")
		}
	}
	if n := w.count(`select count(*) from refresh_tokens where spent_at is null`); n != 1 {
		t.Errorf("%d live tokens", n)
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	w := newWorld(t)
	w.account("member@example.org", "Sam Ortiz", models.RoleMember)
	w.account("staff@example.org", "Kim Lee", models.RoleCoach)

	in := w.login("member@example.org")
	for range 29 {
		w.core.Clock.Advance(24 * time.Hour)
		var err error
		in, err = w.refresh(in.RefreshToken)
		w.ok(err)
	}
	w.core.Clock.Advance(24*time.Hour - time.Minute)
	in, err := w.refresh(in.RefreshToken)
	w.ok(err)
	if in.ExpiresIn != 60 {
		t.Errorf("the last token lives %d s", in.ExpiresIn)
	}
	w.core.Clock.Advance(59 * time.Second)
	w.as(in.AccessToken)
	w.core.Clock.Advance(2 * time.Second)
	w.refused(in.AccessToken)
	_, err = w.refresh(in.RefreshToken)
	w.want(err, "session_ended")

	idle := w.login("staff@example.org")
	w.core.Clock.Advance(30*time.Minute + time.Second)
	_, err = w.refresh(idle.RefreshToken)
	w.want(err, "session_ended")

	busy := w.login("staff@example.org")
	for range 12*60/25 - 1 {
		w.core.Clock.Advance(25 * time.Minute)
		busy, err = w.refresh(busy.RefreshToken)
		w.ok(err)
	}
	w.core.Clock.Advance(29 * time.Minute)
	busy, err = w.refresh(busy.RefreshToken)
	w.ok(err)
	w.core.Clock.Advance(16*time.Minute + time.Second)
	_, err = w.refresh(busy.RefreshToken)
	w.want(err, "session_ended")
}

func TestAccessTokenEndsAfterTenMinutes(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	w.core.Clock.Advance(10*time.Minute - time.Second)
	w.as(in.AccessToken)
	w.core.Clock.Advance(time.Second)
	w.refused(in.AccessToken)
}

func TestOwnSessions(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	w.account("kim@example.org", "Kim Lee", models.RoleMember)
	one, two, three, other := w.login("sam@example.org"), w.login("sam@example.org"), w.login("sam@example.org"), w.login("kim@example.org")
	list := func() services.Page[accounts.OwnSession] {
		page, err := w.Sessions(w.as(one.AccessToken), services.PageQuery{Limit: 25})
		w.ok(err)
		return page
	}
	page := list()
	current := 0
	for _, s := range page.Data {
		if s.Current {
			current++
		}
		if s.UserAgent != phone || s.Address == nil || *s.Address != home {
			t.Errorf("session %+v", s)
		}
	}
	if len(page.Data) != 3 || current != 1 {
		t.Fatalf("%d sessions, %d current", len(page.Data), current)
	}
	theirs := w.sessionOf(other)
	w.want(w.EndSession(w.as(one.AccessToken), theirs.SessionID), services.CodeNotFound)
	w.ok(w.EndSession(w.as(one.AccessToken), w.sessionOf(two).SessionID))
	w.refused(two.AccessToken)
	w.want(w.EndSession(w.as(one.AccessToken), services.NewID()), services.CodeNotFound)
	w.ok(w.EndOtherSessions(w.as(one.AccessToken)))
	w.refused(three.AccessToken)
	w.as(other.AccessToken)
	w.ok(w.Logout(w.as(one.AccessToken)))
	w.refused(one.AccessToken)
	_, err := w.refresh(one.RefreshToken)
	w.want(err, "session_ended")
}

func (w *world) sessionOf(in *accounts.SignedIn) *services.Actor {
	w.t.Helper()
	a, err := w.Authenticate(w.t.Context(), in.AccessToken)
	w.ok(err)
	return a
}

func TestStepUp(t *testing.T) {
	w := newWorld(t)
	w.account("sam@example.org", "Sam Ortiz", models.RoleMember)
	in := w.login("sam@example.org")
	w.core.Clock.Advance(6 * time.Minute)
	if age := w.core.Clock.Now().Sub(w.sessionOf(in).AuthTime); age != 6*time.Minute {
		t.Fatalf("the password is %v old", age)
	}
	_, err := w.StepUp(w.as(in.AccessToken), accounts.StepUp{Password: "wrong"})
	w.want(err, "wrong_password")
	up, err := w.StepUp(w.as(in.AccessToken), accounts.StepUp{Password: password})
	w.ok(err)
	if a, err := w.Authenticate(t.Context(), up.AccessToken); err != nil || !a.AuthTime.Equal(w.core.Clock.Now()) {
		t.Errorf("stepped up at %v, %v", a.AuthTime, err)
	}
	if age := w.core.Clock.Now().Sub(w.sessionOf(in).AuthTime); age != 6*time.Minute {
		t.Error("the old token was raised too")
	}
	for range 10 {
		_, err = w.StepUp(w.as(up.AccessToken), accounts.StepUp{Password: "wrong"})
		w.want(err, "wrong_password")
	}
	_, err = w.StepUp(w.as(up.AccessToken), accounts.StepUp{Password: password})
	w.want(err, services.CodeTooMany)
}

// What happens on one replica holds on another within a second, for access tokens that it has verified and cached.
func TestRevocationReachesOtherReplicas(t *testing.T) {
	here := newWorld(t)
	there := replica(t, here.db)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go there.Watch(ctx)
	here.account("admin@example.org", "Ada King", models.RoleAdmin)
	boss := here.login("admin@example.org")

	for name, tc := range map[string]struct {
		revoke func(a *models.Account, in *accounts.SignedIn)
		gone   bool
	}{
		"sign-out": {func(_ *models.Account, in *accounts.SignedIn) { here.ok(here.Logout(here.as(in.AccessToken))) }, true},
		"everywhere else": {func(a *models.Account, _ *accounts.SignedIn) {
			here.ok(here.EndOtherSessions(here.as(here.login(a.Email).AccessToken)))
		}, true},
		"new password": {func(a *models.Account, _ *accounts.SignedIn) {
			_, err := here.ChangePassword(here.as(here.login(a.Email).AccessToken), accounts.ChangePassword{CurrentPassword: password, NewPassword: newPassword})
			here.ok(err)
		}, true},
		"suspension": {func(a *models.Account, _ *accounts.SignedIn) {
			here.change(boss, a, accounts.AccountChange{Status: services.Some(models.AccountSuspended), Reason: services.Some("left")})
		}, true},
		"new roles": {func(a *models.Account, _ *accounts.SignedIn) {
			here.change(boss, a, accounts.AccountChange{Roles: services.Some([]models.Role{models.RoleCoach})})
		}, false},
	} {
		a := here.account(strings.ReplaceAll(name, " ", "")+"@example.org", "Sam Ortiz", models.RoleMember)
		in := here.login(a.Email)
		there.as(in.AccessToken)
		here.core.Clock.Advance(time.Millisecond)
		tc.revoke(a, in)
		done := time.Now()
		for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
			actor, err := there.Authenticate(t.Context(), in.AccessToken)
			if tc.gone && err != nil || !tc.gone && err == nil && actor.Has(models.RoleCoach) {
				break
			}
			if time.Since(done) > time.Second {
				t.Fatalf("%s: still as before after a second", name)
			}
		}
	}
}

func (w *world) change(by *accounts.SignedIn, a *models.Account, in accounts.AccountChange) {
	w.t.Helper()
	w.ok(w.tryChange(by, a, in))
}

func (w *world) tryChange(by *accounts.SignedIn, a *models.Account, in accounts.AccountChange) error {
	call, err := services.CallFrom(w.as(by.AccessToken))
	w.ok(err)
	call.Method, call.IfMatch = "PATCH", "*"
	_, err = w.Change(services.WithCall(w.t.Context(), call), a.ID, in)
	return err
}
