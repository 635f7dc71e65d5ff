package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

var maria = accounts.SignUp{Email: " Maria@Example.org", Password: newPassword, Name: "Maria  López", BirthDate: models.NewDate(1984, 3, 17)}

func (w *world) signUp(in accounts.SignUp) {
	w.t.Helper()
	_, err := w.Register(w.nobody(), in)
	w.ok(err)
	w.runDue()
}

func TestSignUp(t *testing.T) {
	w := newWorld(t)
	w.signUp(maria)
	if n := w.count(`select count(*) from accounts`); n != 0 {
		t.Fatal("there is an account before the address is verified")
	}
	token := w.mailed(models.NoticeAccountVerify, "maria@example.org")

	if done := together(2, func(int) error {
		_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: token})
		return err
	}); done != 1 {
		t.Fatalf("a token worked %d times", done)
	}
	_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: token})
	w.want(err, "bad_token")

	in, err := w.Login(w.nobody(), accounts.Login{Email: "MARIA@example.org ", Password: newPassword}, phone)
	w.ok(err)
	if in.TokenType != "Bearer" || in.ExpiresIn != 600 || in.Account.Email != "maria@example.org" || len(in.Account.Roles) != 1 || in.Account.Roles[0] != models.RoleMember {
		t.Errorf("signed in as %+v", in)
	}
	var status, given, family string
	w.scan(`select status, given_name, family_name from members where id = $1`, []any{in.Account.MemberID}, &status, &given, &family)
	if status != "prospective" || given != "Maria" || family != "López" {
		t.Errorf("the member is %s %s %s", status, given, family)
	}
	if n := w.count(`select count(*) from tasks where kind = 'link_person' and member_id = $1`, in.Account.MemberID); n != 1 {
		t.Errorf("%d tasks ask who this is", n)
	}
	if n := w.count(`select count(*) from one_time_tokens where password_hash is not null or name is not null`); n != 0 {
		t.Error("a used sign-up still knows the person")
	}
}

func TestSignUpIsRefused(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		change func(*accounts.SignUp)
		code   string
	}{
		"no address":         {func(r *accounts.SignUp) { r.Email = "maria" }, "bad_format"},
		"two addresses":      {func(r *accounts.SignUp) { r.Email = "a@example.org,b@example.org" }, "bad_format"},
		"a header":           {func(r *accounts.SignUp) { r.Email = "a@example.org\r\nBcc: b@example.org" }, "bad_format"},
		"no name":            {func(r *accounts.SignUp) { r.Name = " \t " }, "bad_format"},
		"12 years old":       {func(r *accounts.SignUp) { r.BirthDate = models.NewDate(2013, 10, 2) }, "too_young"},
		"not born":           {func(r *accounts.SignUp) { r.BirthDate = models.NewDate(2027, 1, 1) }, "out_of_range"},
		"14 characters":      {func(r *accounts.SignUp) { r.Password = "xk2v9 qm4z7 p1" }, "password_too_short"},
		"their own name":     {func(r *accounts.SignUp) { r.Password = "MariaLopez-1-2!" }, "password_too_common"},
		"the organization":   {func(r *accounts.SignUp) { r.Password = "HarvestingHappiness1" }, "password_too_common"},
		"a common word":      {func(r *accounts.SignUp) { r.Password = "P@ssw0rdP@ssw0rd1!" }, "password_too_common"},
		"keys side by side":  {func(r *accounts.SignUp) { r.Password = "qwertyuiop12345678" }, "password_too_common"},
		"common words alone": {func(r *accounts.SignUp) { r.Password = "iloveyouforever" }, "password_too_common"},
		"repetition":         {func(r *accounts.SignUp) { r.Password = strings.Repeat("ab7", 8) }, "password_too_common"},
		"one letter":         {func(r *accounts.SignUp) { r.Password = strings.Repeat("z", 40) }, "password_too_common"},
		"word and year":      {func(r *accounts.SignUp) { r.Password = "Summer2024Summer2024!" }, "password_too_common"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			in := maria
			tc.change(&in)
			_, err := w.Register(w.nobody(), in)
			w.want(err, services.Code(tc.code))
		})
	}
	w.t = t
	if n := w.count(`select count(*) from one_time_tokens`); n != 0 {
		t.Errorf("%d refused sign-ups left a row", n)
	}
}

func TestGoodPasswords(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("the kettle sings before snow, ", 7)[:200]
	for i, p := range []string{password, newPassword, "naïve café über 雪 в лесу", "correct horse battery staple", "x7#Kq0 vW2!mz9Lp", long, long[:64], "   spaces  are  kept   here "} {
		in := maria
		in.Email, in.Password = string(rune('a'+i))+"@example.org", p
		w.signUp(in)
		_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: w.mailed(models.NoticeAccountVerify, in.Email)})
		w.ok(err)
		_, err = w.Login(w.nobody(), accounts.Login{Email: in.Email, Password: p}, phone)
		w.ok(err)
		_, err = w.Login(w.nobody(), accounts.Login{Email: in.Email, Password: p[:len(p)-1] + "?"}, phone)
		w.want(err, "bad_credentials")
	}
	if n := w.count(`select count(*) from accounts where password_hash like '$argon2id$v=19$m=19456,t=2,p=1$%'`); n != 8 {
		t.Errorf("%d hashes have the cost they should", n)
	}
}

// Whoever asks learns nothing: the same answer, one row and one job, whether the address is known or not.
func TestSignUpAndForgottenPasswordTellNothing(t *testing.T) {
	w := newWorld(t)
	w.account("known@example.org", "Known Person", models.RoleMember)
	w.runDue()
	left := func(do func(email string) (*accounts.MailPromised, error), email string) (string, int, int, int) {
		rows, jobs := w.count(`select count(*) from one_time_tokens`), w.count(`select count(*) from river_job where state = 'available'`)
		audit := w.count(`select count(*) from audit_log`)
		answer, err := do(email)
		w.ok(err)
		return answer.Status + answer.Detail, w.count(`select count(*) from one_time_tokens`) - rows, w.count(`select count(*) from river_job where state = 'available'`) - jobs,
			w.count(`select count(*) from audit_log`) - audit
	}
	for name, do := range map[string]func(string) (*accounts.MailPromised, error){
		"sign-up": func(email string) (*accounts.MailPromised, error) {
			in := maria
			in.Email = email
			return w.Register(w.nobody(), in)
		},
		"forgotten": func(email string) (*accounts.MailPromised, error) {
			return w.ForgotPassword(w.nobody(), accounts.ForgotPassword{Email: email})
		},
	} {
		a1, r1, j1, l1 := left(do, "known@example.org")
		a2, r2, j2, l2 := left(do, "unknown@example.org")
		if a1 != a2 || r1 != 1 || r2 != 1 || j1 != 1 || j2 != 1 || l1 != 1 || l2 != 1 {
			t.Errorf("%s: known %s %d %d %d, unknown %s %d %d %d", name, a1, r1, j1, l1, a2, r2, j2, l2)
		}
	}
	w.runDue()
	if w.messages(models.NoticeAccountExists) != 1 || w.messages(models.NoticeAccountVerify) != 1 || w.messages(models.NoticeAccountReset) != 1 {
		t.Error("not the mails that fit")
	}
	if n := w.count(`select count(*) from messages where address = 'unknown@example.org' and event <> 'account.verify'`); n != 0 {
		t.Error("an address without an account was told of one")
	}
}

func TestSignUpFindsTheKnownPerson(t *testing.T) {
	for name, tc := range map[string]struct {
		members []string // name, birth date and status of those with the address
		account bool     // the first has an account
		linked  bool
	}{
		"same name and birth date":    {[]string{"Maria Lopez|1984-03-17|active"}, false, true},
		"accents and case":            {[]string{"MARÍA LOPEZ|1984-03-17|inactive"}, false, true},
		"another birth date":          {[]string{"Maria Lopez|1984-03-18|active"}, false, false},
		"another name":                {[]string{"Mario Lopez|1984-03-17|active"}, false, false},
		"two people with the address": {[]string{"Maria Lopez|1984-03-17|active", "Jorge Lopez|1980-01-01|active"}, false, false},
		"beside somebody who died":    {[]string{"Maria Lopez|1984-03-17|active", "Jorge Lopez|1980-01-01|deceased"}, false, true},
		"has an account":              {[]string{"Maria Lopez|1984-03-17|active"}, true, false},
		"nobody":                      {nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var ids []uuid.UUID
			for _, m := range tc.members {
				part := strings.Split(m, "|")
				given, family, _ := strings.Cut(part[0], " ")
				id := uuid.New()
				ids = append(ids, id)
				w.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, birth_date, status, email, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
					values ($1, 1, $2, $2, $3, $4, $5::text::date, $6, 'Maria@example.org', 'en', 'America/New_York', true, false, false, false)`, id, start, given, family, part[1], part[2])
			}
			if tc.account {
				w.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, auth_changed_at) values ($1, 1, $2, $2, $1, 'other@example.org', '{member}', 'active', $2)`, ids[0], start)
			}
			w.signUp(maria)
			_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: w.mailed(models.NoticeAccountVerify, "maria@example.org")})
			w.ok(err)
			var member uuid.UUID
			w.scan(`select member_id from accounts where email = 'maria@example.org'`, nil, &member)
			if linked := len(ids) > 0 && member == ids[0]; linked != tc.linked {
				t.Errorf("linked is %v", linked)
			}
			if tasks := w.count(`select count(*) from tasks where kind = 'link_person'`); (tasks == 0) != tc.linked {
				t.Errorf("%d tasks", tasks)
			}
		})
	}
}

func TestVerificationEnds(t *testing.T) {
	w := newWorld(t)
	w.signUp(maria)
	token := w.mailed(models.NoticeAccountVerify, "maria@example.org")
	for _, forged := range []string{"", "x", token[:len(token)-1], token + "A", strings.ToUpper(token), "AAAA" + token[4:]} {
		_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: forged})
		w.want(err, "bad_token")
	}
	w.core.Clock.Advance(24 * time.Hour)
	_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: token})
	w.want(err, "bad_token")
}

func TestTheFirstVerifiedSignUpWins(t *testing.T) {
	w := newWorld(t)
	w.signUp(maria)
	first := w.mailed(models.NoticeAccountVerify, "maria@example.org")
	w.signUp(maria)
	second := w.mailed(models.NoticeAccountVerify, "maria@example.org")
	_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: second})
	w.ok(err)
	_, err = w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: first})
	w.want(err, "account_exists")
	if n := w.count(`select count(*) from members`); n != 1 {
		t.Errorf("%d members", n)
	}
}

// No row of the database opens anything: a dump holds neither tokens nor passwords.
func TestNoTokenRestsInTheDatabase(t *testing.T) {
	w := newWorld(t)
	w.signUp(maria)
	token := w.mailed(models.NoticeAccountVerify, "maria@example.org")
	_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: token})
	w.ok(err)
	in, err := w.Login(w.nobody(), accounts.Login{Email: maria.Email, Password: newPassword}, phone)
	w.ok(err)
	w.runDue()
	for _, table := range []string{"one_time_tokens", "messages", "river_job", "sessions", "refresh_tokens", "accounts", "audit_log", "invitations", "signing_keys"} {
		for _, secret := range []string{token, newPassword, in.AccessToken, in.RefreshToken} {
			if n := w.count(`select count(*) from `+table+` t where t::text like '%' || $1 || '%'`, secret); n != 0 {
				t.Errorf("%s holds a secret", table)
			}
		}
	}
}
