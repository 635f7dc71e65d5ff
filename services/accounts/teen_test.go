package accounts_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
)

type ctx = context.Context

// household is a mother and her child of 15, whom we know, and the office that keeps what she agrees to.
type household struct {
	*world
	people       *people.Service
	boss         *accounts.SignedIn
	mother, noah uuid.UUID
	version      *models.ConsentVersion
}

var noahSignsUp = accounts.SignUp{Email: "noah@example.org", Password: newPassword, Name: "Noah Lopez", BirthDate: models.NewDate(2011, 3, 17)}

func openHousehold(t *testing.T) *household {
	w := newWorld(t)
	h := &household{world: w, people: people.New(w.core)}
	services.Handle(w.core.Jobs, 1, func(_ ctx, _ people.GuardianshipChanged) error { return nil })
	services.Handle(w.core.Jobs, 1, func(_ ctx, _ people.CredentialsChanged) error { return nil })
	h.account("ada@example.org", "Ada Byron", models.RoleAdmin)
	h.boss = h.login("ada@example.org")
	h.mother = h.member("Elena", "elena@example.org", "1984-03-17")
	h.noah = h.member("Noah", "noah@example.org", "2011-03-17")
	h.exec(`insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status, evidence, confirmed_by, confirmed_at)
		values ($1, 1, $2, $2, $3, $4, 'confirmed', 'Birth certificate', $3, $2)`, services.NewID(), start, h.mother, h.noah)
	d, err := h.people.CreateConsentDocument(h.staff(), people.CreateConsentDocument{Kind: models.ConsentTeenAccount, Title: "An account for a teen", Body: "I agree that my child has an account."})
	w.ok(err)
	versions, err := h.people.ConsentVersions(h.staff(), d.ID)
	w.ok(err)
	h.version, err = h.people.PublishConsentVersion(h.staff(), versions.Data[0].ID, people.PublishConsentVersion{})
	w.ok(err)
	return h
}

func (h *household) member(name, email, born string) uuid.UUID {
	h.t.Helper()
	id := services.NewID()
	h.exec(`insert into members (id, version, created_at, updated_at, given_name, family_name, email, birth_date, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words)
		values ($1, 1, $2, $2, $3, 'Lopez', $4, $5::text::date, 'active', 'en', 'America/New_York', true, false, true, false)`, id, start, name, email, born)
	return id
}

func (h *household) staff() ctx { return h.as(h.boss.AccessToken) }

func (h *household) agrees(decision people.Answer) *people.ConsentRow {
	h.t.Helper()
	row, err := h.people.RecordConsent(h.staff(), h.noah, people.RecordConsent{VersionID: h.version.ID, TextHash: h.version.TextHash, Decision: decision, Method: models.ConsentPaper,
		SignedBy: &h.mother, SignedOn: models.DateOf(h.core.Clock.Now()), Name: "Elena Lopez"})
	h.ok(err)
	return row
}

// verify signs somebody up and follows the link.
func (h *household) verify(in accounts.SignUp) *accounts.EmailVerified {
	h.t.Helper()
	h.signUp(in)
	got, err := h.VerifyEmail(h.nobody(), accounts.VerifyEmail{Token: h.mailed(models.NoticeAccountVerify, in.Email)})
	h.ok(err)
	return got
}

// Without a guardian's consent, and for a teen whom we do not know, everything is told alike; the account is made for a
// known one whose guardian agreed, and for nobody else.
func TestATeenSignsUp(t *testing.T) {
	h := openHousehold(t)
	young := noahSignsUp
	young.BirthDate = models.NewDate(2014, 10, 2)
	_, err := h.Register(h.nobody(), young)
	h.want(err, "too_young")

	stranger := noahSignsUp
	stranger.Email = "sam@example.org"
	promised, err := h.Register(h.nobody(), noahSignsUp)
	h.ok(err)
	also, err := h.Register(h.nobody(), stranger)
	h.ok(err)
	if *promised != *also {
		t.Errorf("%+v, %+v", promised, also)
	}
	words := map[string]string{}
	for _, in := range []accounts.SignUp{noahSignsUp, stranger} {
		got := h.verify(in)
		if got.Status != "verified" || got.Email != in.Email {
			t.Errorf("%+v", got)
		}
		var told string
		h.scan(`select string_agg(event || name || language || data::text || record, ',') from messages where address = $1 and event = 'account.teen'`, []any{in.Email}, &told)
		words[in.Email] = told
		_, err := h.Login(h.nobody(), accounts.Login{Email: in.Email, Password: newPassword}, phone)
		h.want(err, "bad_credentials")
	}
	if words["noah@example.org"] != words["sam@example.org"] || words["noah@example.org"] == "" {
		t.Errorf("%q", words)
	}
	if n := h.count(`select count(*) from tasks where kind = 'teen_account' and member_id = $1`, h.noah); n != 1 {
		t.Errorf("%d tasks about the one we know", n)
	}
	if n := h.count(`select count(*) from tasks`) - 1; n != 0 {
		t.Errorf("%d tasks about the one we do not", n)
	}
	if n := h.count(`select count(*) from members where email = 'sam@example.org'`); n != 0 {
		t.Error("a record of a teen we do not know was made")
	}
	if n := h.count(`select count(*) from one_time_tokens where used_at is not null and (password_hash is not null or name is not null or birth_date is not null)`); n != 0 {
		t.Error("what they typed is kept")
	}

	h.agrees(people.Grant)
	h.verify(noahSignsUp)
	in, err := h.Login(h.nobody(), accounts.Login{Email: "noah@example.org", Password: newPassword}, phone)
	h.ok(err)
	if in.Account.MemberID != h.noah {
		t.Error("it is somebody else's account")
	}
	// On the 18th birthday the account goes on as an adult's; the consent ends, and nothing is suspended.
	h.core.Clock.Set(time.Date(2029, 3, 17, 12, 0, 0, 0, time.UTC))
	h.ended()
	_, err = h.Login(h.nobody(), accounts.Login{Email: "noah@example.org", Password: newPassword}, phone)
	h.ok(err)
}

// ended is the job that follows the end of a consent.
func (h *household) ended() {
	h.t.Helper()
	_, err := services.Mutate(services.AsSystem(h.t.Context(), "test"), h.core, "test.ended", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, tx.Enqueue(people.TeenConsentEnded{MemberID: h.noah}, tx.Now())
	})
	h.ok(err)
	h.runDue()
}

func TestAConsentTakenBackSuspendsATeensAccount(t *testing.T) {
	for name, take := range map[string]func(h *household, c *people.ConsentRow){
		"revoked": func(h *household, c *people.ConsentRow) {
			_, err := h.people.RevokeConsent(h.staff(), c.ID, people.StaffReason{Reason: "The mother called"})
			h.ok(err)
		},
		"declined": func(h *household, _ *people.ConsentRow) { h.agrees(people.Decline) },
		"the guardianship ended": func(h *household, _ *people.ConsentRow) {
			var g uuid.UUID
			h.scan(`select id from guardianships`, nil, &g)
			_, err := h.people.EndGuardianship(h.staff(), g, people.StaffReason{Reason: "Court order"})
			h.ok(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHousehold(t)
			c := h.agrees(people.Grant)
			h.verify(noahSignsUp)
			in, err := h.Login(h.nobody(), accounts.Login{Email: "noah@example.org", Password: newPassword}, phone)
			h.ok(err)
			h.as(in.AccessToken)
			take(h, c)
			h.runDue()
			h.refused(in.AccessToken) // the next request
			_, err = h.Login(h.nobody(), accounts.Login{Email: "noah@example.org", Password: newPassword}, phone)
			h.want(err, "account_suspended")

			back := accounts.AccountChange{Status: services.Some(models.AccountActive)}
			change := func() error {
				call := h.staff()
				c, err := services.CallFrom(call)
				h.ok(err)
				c.IfMatch = "*"
				_, err = h.Change(call, in.Account.ID, back)
				return err
			}
			h.want(change(), "guardian_must_agree")
			if name == "the guardianship ended" {
				return
			}
			h.core.Clock.Advance(time.Minute)
			h.agrees(people.Grant)
			h.ok(change())
			_, err = h.Login(h.nobody(), accounts.Login{Email: "noah@example.org", Password: newPassword}, phone)
			h.ok(err)
		})
	}
}

func TestStaffInviteATeen(t *testing.T) {
	h := openHousehold(t)
	invite := func(email string, roles ...models.Role) error {
		_, err := h.Invite(h.staff(), accounts.Invite{Email: email, Roles: roles, MemberID: &h.noah})
		return err
	}
	h.want(invite("noah@example.org", models.RoleMember), "guardian_must_agree")
	c := h.agrees(people.Grant)
	h.want(invite("noah@example.org", models.RoleMember, models.RoleFacilitator), "teens_are_members")
	h.want(invite("elena@example.org", models.RoleMember), "guardians_address")
	h.ok(invite("noah@example.org", models.RoleMember))
	token := h.mailed(models.NoticeAccountInvited, "noah@example.org")
	_, err := h.people.RevokeConsent(h.staff(), c.ID, people.StaffReason{Reason: "The mother called"})
	h.ok(err)
	_, err = h.AcceptInvitation(h.nobody(), accounts.AcceptInvitation{Token: token, Password: newPassword})
	h.want(err, "bad_token")
	h.core.Clock.Advance(time.Minute)
	h.agrees(people.Grant)
	own, err := h.AcceptInvitation(h.nobody(), accounts.AcceptInvitation{Token: token, Password: newPassword})
	h.ok(err)

	h.want(func() error {
		call := h.staff()
		c, err := services.CallFrom(call)
		h.ok(err)
		c.IfMatch = "*"
		_, err = h.Change(call, own.ID, accounts.AccountChange{Roles: services.Some([]models.Role{models.RoleMember, models.RoleFacilitator})})
		return err
	}(), "teens_are_members")
}

// An address that a guardian reads makes nobody the owner of the child's record, at 18 no more than before.
func TestAGuardiansAddressIsNotTheNewAdults(t *testing.T) {
	h := openHousehold(t)
	h.exec(`update members set birth_date = '2008-03-17', email = 'elena@example.org' where id = $1`, h.noah)
	h.exec(`update members set email = 'ELENA@example.org' where id = $1`, h.mother)
	h.account("elena@example.net", "Elena Other", models.RoleMember)
	in := noahSignsUp
	in.Email, in.BirthDate = "elena@example.org", models.NewDate(2008, 3, 17)
	// The mother has an account of another address, so that the address belongs to one member without an account alone.
	h.exec(`insert into accounts (id, version, created_at, updated_at, member_id, email, roles, status, email_verified_at, auth_changed_at)
		values ($1, 1, $2, $2, $3, 'elena@example.com', '{member}', 'active', $2, $2)`, services.NewID(), start, h.mother)
	h.verify(in)
	signed, err := h.Login(h.nobody(), accounts.Login{Email: in.Email, Password: newPassword}, phone)
	h.ok(err)
	if signed.Account.MemberID == h.noah {
		t.Error("who reads the mother's mail got the record of her grown son")
	}
	if n := h.count(`select count(*) from tasks where kind = 'link_person' and member_id = $1`, signed.Account.MemberID); n != 1 {
		t.Errorf("%d tasks ask who this is", n)
	}
}

// Staff correct a birth date, and an account turns out to be a teen's: it needs what any teen's account needs.
func TestACorrectedBirthDateAsksForAGuardiansConsent(t *testing.T) {
	h := openHousehold(t)
	a := h.account("nina@example.org", "Nina Young", models.RoleMember)
	h.login("nina@example.org")
	correct := func(born models.Date) {
		t.Helper()
		call := h.staff()
		c, err := services.CallFrom(call)
		h.ok(err)
		c.IfMatch = "*"
		_, err = h.people.Update(call, a.MemberID, people.PatchMember{BirthDate: services.Some(born)})
		h.ok(err)
		h.runDue()
	}
	correct(models.NewDate(1990, 1, 1))
	h.login("nina@example.org")
	correct(models.NewDate(2011, 1, 1))
	_, err := h.Login(h.nobody(), accounts.Login{Email: "nina@example.org", Password: password}, phone)
	h.want(err, "account_suspended")
}
