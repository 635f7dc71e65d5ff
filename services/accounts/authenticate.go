package accounts

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

const (
	// pollEvery and pollStale bound how long an ended session still works on another replica: under a second.
	pollEvery = 500 * time.Millisecond
	pollStale = 800 * time.Millisecond
	// pollBack is how far back the poll looks: the life of an access token, and a minute for transactions that commit
	// late and clocks that differ.
	pollBack = models.AccessTokenFor + time.Minute
	// tokenBytes is more than any access token of ours takes.
	tokenBytes = 4096
)

// signedIn is a verified token and what the database said of it.
type signedIn struct {
	actor   *services.Actor
	expires time.Time
	changed time.Time // the account's auth_changed_at as it was seen
}

// revocations is what ended or changed lately, as of one poll.
type revocations struct {
	asOf     time.Time // by the real clock: the age of the poll is no matter of the service's time
	ended    map[uuid.UUID]struct{}
	accounts map[uuid.UUID]time.Time
}

func (r *revocations) fresh() bool {
	return r != nil && time.Since(r.asOf) < pollStale //nolint:forbidigo // a measure of age, not a time of ours
}

var errNotSignedIn = services.Unauthenticated("This access token is not valid, or its session has ended. Sign in again, or renew it.")

// Authenticate answers whose access token this is. A token that was verified before costs a hash and two look-ups;
// while the poll of revocations is late, also a query.
// Errors: unauthenticated for anything that is not a live token of a live session; unavailable when that cannot be asked.
func (s *Service) Authenticate(ctx context.Context, token string) (*services.Actor, error) {
	if len(token) > tokenBytes {
		return nil, errNotSignedIn
	}
	key := sha256.Sum256([]byte(token))
	known, hit := s.tokens.Get(key)
	if !hit {
		return s.admit(ctx, key, token)
	}
	if !s.core.Clock.Now().Before(known.expires) {
		s.tokens.Remove(key)
		return nil, errNotSignedIn
	}
	lately := s.watched.Load()
	if !lately.fresh() {
		return s.reread(ctx, key, known)
	}
	if _, ended := lately.ended[known.actor.SessionID]; ended {
		s.tokens.Remove(key)
		return nil, errNotSignedIn
	}
	if at, changed := lately.accounts[known.actor.AccountID]; changed && !at.Equal(known.changed) {
		return s.reread(ctx, key, known)
	}
	return known.actor, nil
}

// admit verifies a token that was not seen before.
func (s *Service) admit(ctx context.Context, key [32]byte, token string) (*services.Actor, error) {
	c, err := s.parse(ctx, token)
	if err != nil {
		var ours *services.Error
		if errors.As(err, &ours) {
			return nil, ours
		}
		return nil, errNotSignedIn
	}
	account, err := uuid.Parse(c.Subject)
	if err != nil {
		return nil, errNotSignedIn
	}
	return s.reread(ctx, key, &signedIn{
		actor:   &services.Actor{AccountID: account, SessionID: c.Session, AuthTime: c.AuthTime.UTC()},
		expires: c.ExpiresAt.Time,
	})
}

// reread asks the database for the session and the account, and remembers the answer. Roles come from the account's
// row: those in the token may be ten minutes old.
func (s *Service) reread(ctx context.Context, key [32]byte, known *signedIn) (*services.Actor, error) {
	row, err := services.Read(services.AsSystem(ctx, "authenticate"), s.core, func(db *gorm.DB) (accountSession, error) {
		return readSession(db, known.actor.SessionID)
	})
	if err != nil {
		return nil, err
	}
	a := &row.Account
	if row.Session.AccountID != known.actor.AccountID || !a.Active() || !row.Session.LiveAt(s.core.Clock.Now(), a.Staff()) {
		s.tokens.Remove(key)
		return nil, errNotSignedIn
	}
	actor := &services.Actor{Kind: models.ActorAccount, AccountID: a.ID, SessionID: row.Session.ID, MemberID: a.MemberID,
		Roles: a.Roles, AuthTime: known.actor.AuthTime}
	s.tokens.Add(key, &signedIn{actor: actor, expires: known.expires, changed: a.AuthChangedAt})
	return actor, nil
}

// accountSession is a session with its account; zero when there is none.
type accountSession struct {
	Account models.Account `gorm:"embedded;embeddedPrefix:a_"`
	Session models.Session `gorm:"embedded;embeddedPrefix:s_"`
}

func readSession(db *gorm.DB, id uuid.UUID) (row accountSession, err error) {
	err = db.Raw(`select s.id as s_id, s.account_id as s_account_id, s.created_at as s_created_at, s.last_used_at as s_last_used_at,
			s.expires_at as s_expires_at, s.auth_time as s_auth_time, s.ended_at as s_ended_at,
			a.id as a_id, a.member_id as a_member_id, a.email as a_email, a.roles as a_roles, a.status as a_status,
			a.email_verified_at as a_email_verified_at, a.auth_changed_at as a_auth_changed_at
		from sessions s join accounts a on a.id = s.account_id where s.id = ?`, id).Scan(&row).Error
	return row, err
}

// Watch keeps up with sessions that ended, accounts that changed and keys that were rotated on other replicas, until ctx
// ends. While it fails, each request asks the database instead.
func (s *Service) Watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	failing := false
	for {
		err := s.poll(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.core.Log.WarnContext(ctx, "sessions: cannot poll for revocations; every request asks the database", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// poll rereads all that matters, each time: a cursor would lose what commits late.
func (s *Service) poll(ctx context.Context) error {
	asOf := time.Now() //nolint:forbidigo // see revocations.asOf
	ctx, cancel := context.WithTimeout(services.AsSystem(ctx, "sessions.watch"), pollStale)
	defer cancel()
	type row struct {
		Kind string
		ID   uuid.UUID
		At   time.Time
	}
	rows, err := services.Read(ctx, s.core, func(db *gorm.DB) (rows []row, err error) {
		since := s.core.Clock.Now().Add(-pollBack)
		err = db.Raw(`select 'session' as kind, id, ended_at as at from sessions where ended_at > ?
			union all select 'account', id, auth_changed_at from accounts where auth_changed_at > ?
			union all select 'key', id, created_at from signing_keys where retired_at is null`, since, since).Scan(&rows).Error
		return rows, err
	})
	if err != nil {
		return err
	}
	next := &revocations{asOf: asOf, ended: map[uuid.UUID]struct{}{}, accounts: map[uuid.UUID]time.Time{}}
	for _, r := range rows {
		switch r.Kind {
		case "session":
			next.ended[r.ID] = struct{}{}
		case "account":
			next.accounts[r.ID] = r.At
		default:
			if ring := s.keys.Load(); ring != nil && ring.current != r.ID {
				err = s.loadKeys(ctx)
			}
		}
	}
	s.watched.Store(next)
	return err
}
