package accounts_test

import (
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
)

// Nobody can have us write to a stranger, and the old address, which somebody else may read, hears nothing of a new one. A
// fresh password keeps out who holds another's unlocked telephone; the edge asks for it.
func TestANewAddressIsProvedBeforeWeWriteThere(t *testing.T) {
	w := newWorld(t)
	luis := w.account("luis@example.org", "Luis Ortega", models.RoleMember)
	w.account("taken@example.org", "Ana Ortega", models.RoleMember)
	token := w.login("luis@example.org").AccessToken
	address := func() (email string) {
		w.scan(`select email from members where id = $1`, []any{luis.MemberID}, &email)
		return email
	}
	_, err := w.ChangeContact(w.as(token), accounts.ContactAddress{Email: "a@example.org\r\nBcc: b@example.org"})
	w.want(err, "bad_format")
	free, err := w.ChangeContact(w.as(token), accounts.ContactAddress{Email: "First@example.net"})
	w.ok(err)
	taken, err := w.ChangeContact(w.as(token), accounts.ContactAddress{Email: "taken@example.org"})
	w.ok(err)
	if *free != *taken {
		t.Error("the answer tells which address is known")
	}
	_, err = w.ChangeContact(w.as(token), accounts.ContactAddress{Email: "new@example.net"})
	w.ok(err)
	w.runDue()
	if address() != "luis@example.org" {
		t.Fatal("it changed before it was proved")
	}
	if !services.CanChangeContact.StepUp {
		t.Error("it takes no fresh password")
	}
	told := w.count(`select count(*) from messages where address = 'luis@example.org'`)
	first, last := w.mailed(models.NoticeContactVerify, "first@example.net"), w.mailed(models.NoticeContactVerify, "new@example.net")
	got, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: last})
	w.ok(err)
	if got.Email != "new@example.net" || address() != "new@example.net" {
		t.Errorf("%+v, %s", got, address())
	}
	w.runDue()
	if n := w.count(`select count(*) from messages where address = 'luis@example.org'`); n != told {
		t.Errorf("%d mails more to the old address", n-told)
	}
	for _, used := range []string{last, first} { // neither link works again
		_, err := w.VerifyEmail(w.nobody(), accounts.VerifyEmail{Token: used})
		w.want(err, "bad_token")
	}
	w.login("luis@example.org") // which keeps its own address
}

// Whichever way an account came to be: it is held when its owner resembles somebody who is kept apart, and so is one whose
// owner takes that person's address while it is new.
func TestEveryNewAccountIsComparedWithWhoIsKeptApart(t *testing.T) {
	h := openHousehold(t)
	kept, safe := h.member("Xavier", "x@example.org", "1980-01-01"), h.member("Yara", "y@example.org", "1981-01-01")
	h.exec(`update members set phone = '+19105550101' where id in ($1, $2)`, kept, safe)
	h.exec(`insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by) values ($1, 1, $2, $2, 'protected', $3, $4, '2027-01-31', 'live', $5)`,
		services.NewID(), start, safe, kept, h.boss.Account.MemberID)
	held := func(member uuid.UUID) int {
		return h.count(`select count(*) from member_holds where member_id = $1 and resembles_id = $2`, member, kept)
	}
	invited := func(email string, member *uuid.UUID) uuid.UUID {
		t.Helper()
		_, err := h.Invite(h.staff(), accounts.Invite{Email: email, Name: "Sam Ortiz", Roles: []models.Role{models.RoleMember}, MemberID: member})
		h.ok(err)
		own, err := h.AcceptInvitation(h.nobody(), accounts.AcceptInvitation{Token: h.mailed(models.NoticeAccountInvited, email), Password: newPassword})
		h.ok(err)
		return own.MemberID
	}
	if held(invited("x@example.org", nil)) != 1 {
		t.Error("an account from an invitation, of a new person")
	}
	sam := h.member("Sam", "sam@example.org", "1979-01-01")
	h.exec(`update members set phone = '+19105550101' where id = $1`, sam)
	if held(invited("sam@example.net", &sam)) != 1 {
		t.Error("an account from an invitation, of a person we know")
	}
	mia := h.member("Maria", "maria@example.org", "1984-03-17")
	h.exec(`update members set phone = '+19105550101' where id = $1`, mia)
	known := maria
	known.Email = "maria@example.org"
	h.verify(known)
	h.exec(`update members set phone = '+19105550101' where id = $1`, h.noah)
	h.agrees("grant")
	h.verify(noahSignsUp)
	if held(mia) != 1 || held(h.noah) != 1 {
		t.Errorf("sign-ups of people we know: %d, %d", held(mia), held(h.noah))
	}
	if held(invited("y@example.org", &safe)) != 0 {
		t.Error("whom he is kept apart from is not him, and has his old telephone")
	}

	luis := h.account("luis@example.org", "Luis Ortega", models.RoleMember)
	h.exec(`update accounts set email = 'x@example.com' where member_id in (select member_id from accounts where email = 'x@example.org')`)
	if held(luis.MemberID) != 0 {
		t.Fatal("he resembles nobody yet")
	}
	_, err := h.ChangeContact(h.as(h.login("luis@example.org").AccessToken), accounts.ContactAddress{Email: "x@example.org"})
	h.ok(err)
	h.runDue()
	_, err = h.VerifyEmail(h.nobody(), accounts.VerifyEmail{Token: h.mailed(models.NoticeContactVerify, "x@example.org")})
	h.ok(err)
	if held(luis.MemberID) != 1 {
		t.Error("a new account takes his address")
	}
}
