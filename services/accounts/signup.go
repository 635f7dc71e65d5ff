package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// SignUp is what somebody signs up with.
type SignUp struct {
	Email     string      `json:"email" maxLength:"254" example:"maria@example.org"`
	Password  string      `json:"password" maxLength:"256" doc:"At least 15 characters; any, spaces too. Not one that is widely used, and not made of your name, your address or ours" example:"a long sentence of your own"`
	Name      string      `json:"name" minLength:"1" maxLength:"120" doc:"First name and family name" example:"Maria Lopez"`
	BirthDate models.Date `json:"birth_date" doc:"Accounts are for people of 13 and over; until 18 a parent or guardian has to agree first"`
}

// MailPromised is the one answer to a sign-up and to a forgotten password, whoever it is.
type MailPromised struct {
	Status string `json:"status" enum:"accepted" example:"accepted"`
	Detail string `json:"detail" example:"If the address is right, a mail is on its way."`
}

var accepted = &MailPromised{"accepted", "If the address is right, a mail is on its way."}

// MailToken is the job that finds out what the mail about a one-time token says, and sends it.
type MailToken struct {
	TokenID uuid.UUID `json:"token_id"`
}

// Kind implements services.JobArgs.
func (MailToken) Kind() string { return "account.mail_token" }

// One address gets at most mailsAtOnce of these mails in mailWindow. What is asked for beyond that is answered as ever and
// not mailed, or anybody could fill a stranger's inbox.
const (
	mailsAtOnce = 5
	mailWindow  = 15 * time.Minute
)

// Register takes a sign-up. It does the same for every address: one hash, one row, one job. Whether the address is known
// is asked by the job alone, so that neither the answer nor its timing tells. The account is made when the address is
// verified.
// Errors: invalid for a password that is too easy (password_too_short, password_too_common), a bad address or name, or
// somebody under 13 (too_young); too_many.
func (s *Service) Register(ctx context.Context, in SignUp) (*MailPromised, error) {
	email := plainEmail(in.Email)
	name, badName := plainName(in.Name)
	now := s.core.Clock.Now()
	if err := invalid(checkEmail(email), badName, checkBirth(in.BirthDate, now), s.checkPassword("/password", in.Password, email, name)); err != nil {
		return nil, err
	}
	if err := s.takeMail(ctx); err != nil {
		return nil, err
	}
	hash, err := s.hashes.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	return s.askByMail(ctx, "account.register", models.OneTimeToken{Kind: models.OneTimeVerify, ExpiresAt: now.Add(models.VerifyFor),
		Email: email, Name: &name, BirthDate: &in.BirthDate, PasswordHash: &hash})
}

func checkBirth(born models.Date, now time.Time) *services.FieldError {
	today := models.DayIn(now, models.DefaultTimeZone) // the zone of a new member, where the birthday is counted
	switch {
	case born.Year() < 1900 || born.After(today.Time):
		return &services.FieldError{Field: "/birth_date", Code: "out_of_range", Message: "Give your date of birth."}
	case born.Age(today) < models.TeenAge:
		return &services.FieldError{Field: "/birth_date", Code: "too_young", Message: "Accounts are for people of 13 and over. A parent or guardian can register you from theirs."}
	}
	return nil
}

func (s *Service) takeMail(ctx context.Context) error {
	from, err := addressOf(ctx)
	if err != nil {
		return err
	}
	return s.core.Take(ctx, mailByAddress, from)
}

// askByMail leaves one row and one job.
func (s *Service) askByMail(ctx context.Context, action string, t models.OneTimeToken) (*MailPromised, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*MailPromised, error) {
		t.ID, t.CreatedAt = services.NewID(), tx.Now()
		tx.Queue(`insert into one_time_tokens (id, kind, created_at, expires_at, email, name, birth_date, password_hash, account_id)
			values ($1, $2, $3, $4, $5, $6, $7::text::date, $8, $9)`, t.ID, string(t.Kind), t.CreatedAt, t.ExpiresAt, t.Email, t.Name, dateText(t.BirthDate), t.PasswordHash, t.AccountID)
		tx.Changed(nil, t)
		return accepted, tx.Enqueue(MailToken{t.ID}, tx.Now())
	})
}

func dateText(d *models.Date) *string {
	if d == nil {
		return nil
	}
	text := d.String()
	return &text
}

// mailToken sends what fits the address: the link, or word that there is an account already. A forgotten password of an
// address that has none is dropped.
func (s *Service) mailToken(ctx context.Context, job MailToken) error {
	_, err := services.Mutate(ctx, s.core, "account.mail_token", func(tx *services.Tx) (struct{}, error) {
		t, err := lockToken(tx, job.TokenID)
		if err != nil || t.UsedAt != nil || !tx.Now().Before(t.ExpiresAt) {
			tx.Unchanged()
			return struct{}{}, err
		}
		account, err := accountOf(tx, t.Email)
		if err != nil {
			return struct{}{}, err
		}
		often, err := askedOften(tx, t)
		if err != nil {
			return struct{}{}, err
		}
		dead, err := ofTheDead(tx, t.Email)
		if err != nil {
			return struct{}{}, err
		}
		before := *t
		n := notices.Notice{Address: t.Email, Record: "account", Key: "account.token:" + t.ID.String(),
			Data: map[string]any{"token_id": t.ID, "deadline": t.ExpiresAt.Format(time.RFC3339)}}
		switch {
		case often, dead:
			useUp(tx, t)
		case t.Kind == models.OneTimeContact:
			n.Event, n.RecordID = models.NoticeContactVerify, t.ID
			account = nil // whoever signs in with that address is not told
		case t.Kind == models.OneTimeVerify && account == nil:
			n.Event, n.Name, n.RecordID = models.NoticeAccountVerify, *t.Name, t.ID
		case t.Kind == models.OneTimeVerify:
			n.Event, n.Data = models.NoticeAccountExists, nil
			useUp(tx, t)
		case account != nil && account.Active():
			n.Event = models.NoticeAccountReset
			t.AccountID = &account.ID
			tx.Queue(`update one_time_tokens set account_id = $2 where id = $1`, t.ID, account.ID)
		default:
			useUp(tx, t)
		}
		tx.Changed(before, *t)
		if n.Event == "" {
			return struct{}{}, nil
		}
		if account != nil {
			n.MemberID, n.RecordID, n.Address = account.MemberID, account.ID, account.Email
		}
		return struct{}{}, notices.Send(tx, n)
	})
	return err
}

func askedOften(tx *services.Tx, t *models.OneTimeToken) (bool, error) {
	var before int
	err := tx.DB.Raw(`select count(*) from (select 1 from one_time_tokens where email = ? and created_at > ? and id < ? limit ?) as asked`,
		t.Email, t.CreatedAt.Add(-mailWindow), t.ID, mailsAtOnce).Scan(&before).Error
	return before >= mailsAtOnce, err
}

// useUp ends a token, and forgets what it knew of a person who has no account.
func useUp(tx *services.Tx, t *models.OneTimeToken) {
	now := tx.Now()
	t.UsedAt, t.Name, t.BirthDate, t.PasswordHash = &now, nil, nil, nil
	tx.Queue(`update one_time_tokens set used_at = $2, name = null, birth_date = null, password_hash = null where id = $1`, t.ID, now)
}

func lockToken(tx *services.Tx, id uuid.UUID) (*models.OneTimeToken, error) {
	var t models.OneTimeToken
	err := tx.DB.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id).Take(&t).Error
	return &t, notFound(err, "token")
}

// accountOf answers nil for an address without an account.
func accountOf(tx *services.Tx, email string) (*models.Account, error) {
	var a models.Account
	err := tx.DB.Where("lower(email) = lower(?)", email).Take(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &a, err
}

// VerifyEmail is the token of the mail.
type VerifyEmail struct {
	Token string `json:"token" maxLength:"100" example:"AZwB8o9ueju…"`
}

// EmailVerified is whose address it was.
type EmailVerified struct {
	Email  string `json:"email" example:"maria@example.org"`
	Status string `json:"status" enum:"verified" example:"verified"`
}

var errBadToken = services.InvalidField("/token", "bad_token", "This link is not valid any more. Ask for a new one.")

// VerifyEmail makes the account that Register promised. It becomes the account of a known person only when exactly one
// member without an account has that address, and their name and birth date are those given; else of a new,
// prospective member, and a coordinator is asked to look for a person we know. Somebody of 13 to 17 gets an account only as
// a known person, with a guardian's consent on file; else the answer is the same, and a mail says what is missing. The link
// of ChangeContact leads here too: then we write to that address from now on.
// Errors: invalid bad_token for a link that was used, has expired or is none of ours; conflict account_exists when the
// address got an account meanwhile.
func (s *Service) VerifyEmail(ctx context.Context, in VerifyEmail) (*EmailVerified, error) {
	id, err := s.openToken(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "account.verify", func(tx *services.Tx) (*EmailVerified, error) {
		tx.Locks(services.LockAccounts)
		t, err := lockToken(tx, id)
		if err == nil && t.Good(models.OneTimeContact, tx.Now()) {
			return &EmailVerified{Email: t.Email, Status: "verified"}, confirmContact(tx, t)
		}
		if err != nil || !t.Good(models.OneTimeVerify, tx.Now()) {
			return nil, badToken(err)
		}
		if dead, err := ofTheDead(tx, t.Email); err != nil || dead {
			return nil, badToken(err)
		}
		verified := &EmailVerified{Email: t.Email, Status: "verified"}
		if t.BirthDate.Age(models.DayIn(tx.Now(), models.DefaultTimeZone)) < models.AdultAge {
			return verified, s.verifyTeen(tx, t)
		}
		member, err := s.memberFor(tx, t)
		if err != nil {
			return nil, err
		}
		return verified, makeAccount(tx, t, member)
	})
}

// makeAccount makes the account that a sign-up asked for, and forgets the rest of it.
func makeAccount(tx *services.Tx, t *models.OneTimeToken, member uuid.UUID) error {
	a := models.Account{MemberID: member, Email: t.Email, PasswordHash: t.PasswordHash, Roles: models.Texts[models.Role]{models.RoleMember}}
	if err := createAccount(tx, &a); err != nil {
		return err
	}
	before := *t
	useUp(tx, t)
	tx.Changed(before, *t)
	return nil
}

// openToken counts the try and takes the id out of a mailed token.
func (s *Service) openToken(ctx context.Context, token string) (uuid.UUID, error) {
	from, err := addressOf(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	if err := s.core.Take(ctx, tokenByAddress, from); err != nil {
		return uuid.Nil, err
	}
	id, ok := services.OneTimeID(s.core.Keys, token)
	if !ok {
		return uuid.Nil, errBadToken
	}
	return id, nil
}

// badToken hides whether there was such a row: unknown, used and expired tokens are told alike.
func badToken(err error) error {
	var e *services.Error
	if err == nil || errors.As(err, &e) && e.Kind == services.KindNotFound {
		return errBadToken
	}
	return err
}

// knownPerson finds the one member without an account who has the address of a sign-up, its name and its birth date, or
// nobody. An address that a guardian of theirs reads is not theirs.
func knownPerson(tx *services.Tx, t *models.OneTimeToken) (uuid.UUID, error) {
	type row struct {
		ID    uuid.UUID
		Match bool
	}
	var rows []row
	err := tx.DB.Raw(`select m.id, coalesce(m.birth_date = cast(? as date) and folded(?) in (folded(m.given_name || ' ' || m.family_name),
				folded(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name), folded(m.legal_name)), false) and not address_of_guardian(m.id, m.email) as match
			from members m where lower(m.email) = lower(?) and m.status not in ('merged', 'deceased')
			and not exists (select 1 from accounts a where a.member_id = m.id) order by m.id limit 2 for key share of m`, dateText(t.BirthDate), *t.Name, t.Email).Scan(&rows).Error
	if err != nil || len(rows) != 1 || !rows[0].Match {
		return uuid.Nil, err
	}
	return rows[0].ID, nil
}

// memberFor is the person we know, or a new one.
func (s *Service) memberFor(tx *services.Tx, t *models.OneTimeToken) (uuid.UUID, error) {
	if known, err := knownPerson(tx, t); err != nil || known != uuid.Nil {
		return known, err
	}
	m := newMember(*t.Name, t.Email, models.MemberProspective)
	m.BirthDate = t.BirthDate
	if err := people.NewMember(tx, m); err != nil {
		return uuid.Nil, err
	}
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskLinkPerson, MemberID: &m.ID, Record: "member", RecordID: &m.ID, Queue: "coordinators",
		Title: "Somebody new signed up: do we know this person?", DueAt: tx.Now().AddDate(0, 0, 7)})
	return m.ID, err
}
