package accounts

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// Login is what somebody signs in with.
type Login struct {
	Email    string `json:"email" maxLength:"254" example:"maria@example.org"`
	Password string `json:"password" minLength:"1" maxLength:"256" example:"a long sentence of your own"`
}

// SignedIn is an access token, the refresh token that renews it, and whose they are.
type SignedIn struct {
	AccessToken  string     `json:"access_token" doc:"Send it as Authorization: Bearer" example:"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9…"`
	RefreshToken string     `json:"refresh_token" doc:"Good for one use at POST /v1/auth/refresh. Keep it where no other app reads it" example:"q8nQ0uJ1…"`
	TokenType    string     `json:"token_type" example:"Bearer"`
	ExpiresIn    int        `json:"expires_in" doc:"Seconds until the access token ends" example:"600"`
	Account      OwnAccount `json:"account"`
}

// OwnAccount is an account as its owner sees it.
type OwnAccount struct {
	ID       uuid.UUID                 `json:"id"`
	MemberID uuid.UUID                 `json:"member_id" doc:"The member whose account this is"`
	Email    string                    `json:"email" example:"maria@example.org"`
	Roles    models.Texts[models.Role] `json:"roles" nullable:"false" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member"`
	Status   models.AccountStatus      `json:"status" enum:"active,suspended"`
}

// The device of a sign-in, as it says itself.
const maxUserAgent = 200

// grant is what a use case that opens or renews a session hands to mint.
type grant struct {
	Account models.Account
	Session models.Session
	Refresh string
}

var errBadCredentials = &services.Error{Kind: services.KindUnauthenticated, Code: "bad_credentials",
	Message: "The e-mail address or the password is not right."}

var errSuspended = services.Forbidden("account_suspended", "This account is suspended. Call us, and we will sort it out together.")

// Login opens a session. Unknown addresses and wrong passwords are answered alike and take as long. Where the sign-in
// comes from a device that is new to the account, its owner is told, unless they asked not to be.
// Errors: unauthenticated bad_credentials; forbidden account_suspended, told to the right password alone; too_many
// after ten wrong passwords from one network, after a hundred from networks that the account does not know, or when
// one network tries too many accounts; busy when too many passwords wait to be hashed.
func (s *Service) Login(ctx context.Context, in Login, userAgent string) (*SignedIn, error) {
	from, err := addressOf(ctx)
	if err != nil {
		return nil, err
	}
	email := plainEmail(in.Email)
	pair := use{loginByPair, email + " " + from}
	if err := s.take(ctx, use{s.byAddr, from}, pair); err != nil {
		return nil, err
	}
	found, err := s.findForLogin(ctx, email, from)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, loginByAccount, email); err != nil && !found.Familiar {
		return nil, err
	}
	right, err := s.hashes.verify(ctx, found.Account.PasswordHash, in.Password)
	if err != nil {
		return nil, err
	}
	got, err := services.Mutate(ctx, s.core, "auth.login", func(tx *services.Tx) (*grant, error) {
		tx.Object(found.Account.ID)
		tx.Subject(found.Account.MemberID)
		switch {
		case !right:
			return nil, tx.Refused("auth.login", errBadCredentials)
		case !found.Account.Active():
			return nil, tx.Refused("auth.login", errSuspended)
		}
		return s.openSession(tx, found.Account, cleanUserAgent(userAgent))
	})
	if err != nil {
		return nil, err
	}
	for _, u := range []use{pair, {loginByAccount, email}} {
		if err := s.core.Forgive(ctx, u.limit, u.key); err != nil {
			s.core.Log.WarnContext(ctx, "sign-in: the limit was not reset", "limit", u.limit.Name, "err", err)
		}
	}
	return s.signedIn(ctx, got)
}

type loginRow struct {
	Account  models.Account `gorm:"embedded"`
	Familiar bool           // somebody signed in to the account from this network before
}

// findForLogin answers a zero account for an unknown address.
func (s *Service) findForLogin(ctx context.Context, email, from string) (loginRow, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (row loginRow, err error) {
		err = db.Raw(`select a.id, a.member_id, a.email, a.password_hash, a.roles, a.status,
				exists (select 1 from sessions s where s.account_id = a.id and s.address <<= cast(? as inet)) as familiar
			from accounts a where lower(a.email) = lower(?)`, from, email).Scan(&row).Error
		return row, err
	})
}

// openSession makes the session and its first refresh token. The account may have changed since its password was
// verified: the row itself decides.
func (s *Service) openSession(tx *services.Tx, a models.Account, userAgent string) (*grant, error) {
	tx.Locks(services.LockAccounts)
	address := tx.Call().Address
	var still, before, seen bool
	err := tx.Batch(
		services.Statement{
			SQL: `update accounts set last_login_at = $3 where id = $1 and password_hash = $2 and status = 'active' returning quiet_logins, roles`, Args: []any{a.ID, *a.PasswordHash, tx.Now()},
			Scan: func(rows pgx.Rows) error {
				if !rows.Next() {
					return rows.Err()
				}
				still = true
				return rows.Scan(&a.QuietLogins, (*[]models.Role)(&a.Roles))
			},
		},
		services.Statement{
			SQL: `select exists (select 1 from sessions where account_id = $1),
				exists (select 1 from sessions where account_id = $1 and user_agent = $2 and address <<= $3::text::inet)`,
			Args: []any{a.ID, userAgent, network(address)}, Scan: services.ScanOne("session", &before, &seen),
		})
	if err != nil {
		return nil, err
	}
	if !still {
		return nil, tx.Refused("auth.login", errBadCredentials)
	}
	session := models.Session{ID: services.NewID(), AccountID: a.ID, CreatedAt: tx.Now(), LastUsedAt: tx.Now(), AuthTime: tx.Now(),
		ExpiresAt: models.SessionEnd(tx.Now(), a.Staff()), UserAgent: userAgent}
	if address != "" {
		session.Address = &address
	}
	tx.Queue(`insert into sessions (id, account_id, created_at, last_used_at, expires_at, auth_time, user_agent, address)
		values ($1, $2, $3, $3, $4, $3, $5, $6::text::inet)`, session.ID, a.ID, tx.Now(), session.ExpiresAt, userAgent, session.Address)
	tx.Changed(nil, session)
	if before && !seen && !a.QuietLogins {
		err = notices.Send(tx, notices.Notice{Event: models.NoticeAccountNewLogin, MemberID: a.MemberID, Address: a.Email,
			Record: "session", RecordID: session.ID, Key: "account.new_login:" + session.ID.String(),
			Data: map[string]any{"device": device(userAgent), "at": tx.Now().Format(time.RFC3339)}})
		if err != nil {
			return nil, err
		}
	}
	refresh := newRefreshToken()
	s.storeRefresh(tx, services.NewID(), session.ID, refresh)
	return &grant{a, session, refresh}, nil
}

func (s *Service) storeRefresh(tx *services.Tx, id, session uuid.UUID, token string) {
	hash, _ := refreshHash(token)
	tx.Queue(`insert into refresh_tokens (id, session_id, hash, issued_at) values ($1, $2, $3, $4)`, id, session, hash, tx.Now())
}

func (s *Service) signedIn(ctx context.Context, g *grant) (*SignedIn, error) {
	access, lives, err := s.mint(ctx, &g.Account, &g.Session)
	if err != nil {
		return nil, err
	}
	return &SignedIn{AccessToken: access, RefreshToken: g.Refresh, TokenType: "Bearer", ExpiresIn: int(lives.Seconds()), Account: ownView(&g.Account)}, nil
}

func ownView(a *models.Account) OwnAccount {
	return OwnAccount{ID: a.ID, MemberID: a.MemberID, Email: a.Email, Roles: a.Roles, Status: a.Status}
}

// cleanUserAgent keeps what can be shown on one line.
func cleanUserAgent(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return string([]rune(s)[:min(len([]rune(s)), maxUserAgent)])
}

// device names the kind of device in a word that a mail may carry.
func device(userAgent string) string {
	for _, d := range []struct{ mark, name string }{
		{"iPad", "iPad"}, {"iPhone", "iPhone"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"},
	} {
		if strings.Contains(userAgent, d.mark) {
			return d.name
		}
	}
	return ""
}
