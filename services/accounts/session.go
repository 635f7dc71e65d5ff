package accounts

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// OwnSession is one sign-in as its owner sees it.
type OwnSession struct {
	ID         uuid.UUID `json:"id"`
	Current    bool      `json:"current" gorm:"-" doc:"The session of this very request"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at" doc:"When it was last renewed; at most ten minutes before its last request"`
	ExpiresAt  time.Time `json:"expires_at" doc:"When it ends, whatever is used"`
	UserAgent  string    `json:"user_agent" doc:"What the app or browser said of itself" example:"Homefront/1.4 (iPhone; iOS 19.1)"`
	Address    *string   `json:"address" doc:"Network address it was opened from" example:"203.0.113.7"`
}

var sessionList = services.List[OwnSession]{
	IDColumn: "sessions.id",
	ID:       func(s OwnSession) uuid.UUID { return s.ID },
	Sorts: []services.Sort[OwnSession]{
		{Name: "last_used_at", Column: "sessions.last_used_at", Cast: "timestamptz", Key: func(s OwnSession) any { return s.LastUsedAt }},
		{Name: "created_at", Column: "sessions.created_at", Cast: "timestamptz", Key: func(s OwnSession) any { return s.CreatedAt }},
	},
	Default: "-last_used_at",
}

// live is the sessions of the account that acts.
func live(a *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		db = db.Where("sessions.account_id = ? and sessions.ended_at is null and sessions.expires_at > ?", a.AccountID, now)
		if a.Staff() {
			db = db.Where("sessions.last_used_at > ?", now.Add(-models.StaffIdle))
		}
		return db
	}
}

// Sessions lists where the account is signed in.
func (s *Service) Sessions(ctx context.Context, in services.PageQuery) (services.Page[OwnSession], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[OwnSession], error) {
		a, err := services.ActorFrom(ctx)
		if err != nil {
			return services.Page[OwnSession]{}, err
		}
		page, err := sessionList.Find(ctx, s.core, db.Table("sessions").Scopes(live(a, s.core.Clock.Now())).
			Select("id, created_at, last_used_at, expires_at, user_agent, host(address) as address"), in)
		for i := range page.Data {
			page.Data[i].Current = page.Data[i].ID == a.SessionID
		}
		return page, err
	})
}

// EndSession ends one of the account's own sessions, this one too. Its access token stops working within a second.
// Errors: not_found for a session that is not the account's, or has ended.
func (s *Service) EndSession(ctx context.Context, id uuid.UUID) error {
	return s.endOwn(ctx, "session.end", id, models.EndByOwner)
}

// Logout ends the session of this request.
func (s *Service) Logout(ctx context.Context) error {
	a, err := services.ActorFrom(ctx)
	if err != nil {
		return err
	}
	return s.endOwn(ctx, "auth.logout", a.SessionID, models.EndSignedOut)
}

func (s *Service) endOwn(ctx context.Context, action string, id uuid.UUID, why models.EndReason) error {
	_, err := services.Mutate(ctx, s.core, action, func(tx *services.Tx) (struct{}, error) {
		tx.Locks(services.LockAccounts)
		var session models.Session
		err := tx.DB.Model(&session).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Scopes(live(tx.Actor(), tx.Now())).
			Where("id = ?", id).Omit("address").Take(&session).Error
		if err != nil {
			return struct{}{}, notFound(err, "session")
		}
		tx.Subject(tx.Actor().MemberID)
		endSession(tx, session, why)
		return struct{}{}, nil
	})
	return err
}

// EndOtherSessions ends every session of the account but this one.
func (s *Service) EndOtherSessions(ctx context.Context) error {
	_, err := services.Mutate(ctx, s.core, "session.end_others", func(tx *services.Tx) (struct{}, error) {
		a := tx.Actor()
		if _, err := lockAccount(tx, a.AccountID); err != nil {
			return struct{}{}, err
		}
		tx.Subject(a.MemberID)
		tx.Unchanged()
		_, err := endSessions(tx, a.AccountID, a.SessionID, models.EndByOwner)
		return struct{}{}, err
	})
	return err
}

// StepUp is the password given once more.
type StepUp struct {
	Password string `json:"password" minLength:"1" maxLength:"256" example:"a long sentence of your own"`
}

// SteppedUp is the access token that shows it.
type SteppedUp struct {
	AccessToken string    `json:"access_token" example:"eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9…"`
	TokenType   string    `json:"token_type" example:"Bearer"`
	ExpiresIn   int       `json:"expires_in" doc:"Seconds until the access token ends" example:"600"`
	AuthTime    time.Time `json:"auth_time" doc:"When the password was given; good for five minutes from then"`
}

var errWrongPassword = services.InvalidField("/password", "wrong_password", "This is not your password.")

// StepUp takes the password again and answers an access token that says so, good for what asks for a fresh one.
// Errors: invalid wrong_password; too_many after ten wrong ones; unauthenticated when the session has ended.
func (s *Service) StepUp(ctx context.Context, in StepUp) (*SteppedUp, error) {
	a, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	right, hash, err := s.ownPassword(ctx, a, in.Password)
	if err != nil {
		return nil, err
	}
	got, err := services.Mutate(ctx, s.core, "auth.step_up", func(tx *services.Tx) (*grant, error) {
		if !right {
			return nil, tx.Refused("auth.step_up", errWrongPassword)
		}
		account, err := lockAccount(tx, a.AccountID)
		if err != nil {
			return nil, err
		}
		row, err := readSession(tx.DB, a.SessionID)
		if err != nil {
			return nil, err
		}
		if account.PasswordHash == nil || *account.PasswordHash != hash || !row.Session.LiveAt(tx.Now(), account.Staff()) {
			return nil, errNotSignedIn
		}
		before := row.Session
		row.Session.AuthTime, row.Session.LastUsedAt = tx.Now(), tx.Now()
		tx.Queue(`update sessions set auth_time = $2, last_used_at = $2 where id = $1`, row.Session.ID, tx.Now())
		tx.Changed(before, row.Session)
		tx.Subject(account.MemberID)
		return &grant{Account: *account, Session: row.Session}, nil
	})
	if err != nil {
		return nil, err
	}
	s.forgive(ctx, passwordAgain, a.AccountID.String())
	access, lives, err := s.mint(ctx, &got.Account, &got.Session)
	if err != nil {
		return nil, err
	}
	return &SteppedUp{AccessToken: access, TokenType: "Bearer", ExpiresIn: int(lives.Seconds()), AuthTime: got.Session.AuthTime}, nil
}

// ownPassword verifies the password of whoever is signed in, and answers the hash that it was compared with.
func (s *Service) ownPassword(ctx context.Context, a *services.Actor, password string) (right bool, hash string, err error) {
	if err := s.core.Take(ctx, passwordAgain, a.AccountID.String()); err != nil {
		return false, "", err
	}
	account, err := services.Read(ctx, s.core, func(db *gorm.DB) (account models.Account, err error) {
		return account, db.Raw(`select id, password_hash from accounts where id = ?`, a.AccountID).Scan(&account).Error
	})
	if err != nil {
		return false, "", err
	}
	if account.PasswordHash != nil {
		hash = *account.PasswordHash
	}
	right, err = s.hashes.verify(ctx, account.PasswordHash, password)
	return right, hash, err
}

func (s *Service) forgive(ctx context.Context, l services.Limit, key string) {
	if err := s.core.Forgive(ctx, l, key); err != nil {
		s.core.Log.WarnContext(ctx, "a limit was not reset", "limit", l.Name, "err", err)
	}
}

// lockAccount reads an account for update.
func lockAccount(tx *services.Tx, id uuid.UUID) (*models.Account, error) {
	tx.Locks(services.LockAccounts)
	var a models.Account
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&a).Error
	return &a, notFound(err, "account")
}
