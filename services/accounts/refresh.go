package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
)

// RefreshSession is what a session is renewed with.
type RefreshSession struct {
	RefreshToken string `json:"refresh_token" maxLength:"200" example:"q8nQ0uJ1…"`
}

var errBadRefresh = &services.Error{Kind: services.KindUnauthenticated, Code: "session_ended",
	Message: "This session has ended. Sign in again."}

// Refresh renews a session: the refresh token is spent, and its successor answered. A phone that lost the answer may ask
// again with the same token for 60 seconds and gets the same successor, as long as that was not used itself. Any other
// use of a spent token means that two hold it: the session ends, the audit log tells, and so do we its owner.
// Errors: unauthenticated session_ended for anything but a live token of a live session.
func (s *Service) Refresh(ctx context.Context, in RefreshSession) (*SignedIn, error) {
	hash, ok := refreshHash(in.RefreshToken)
	if !ok {
		return nil, errBadRefresh
	}
	got, err := services.Mutate(ctx, s.core, "auth.refresh", func(tx *services.Tx) (*grant, error) {
		chain, err := lockChain(tx, hash)
		if err != nil {
			return nil, err
		}
		tx.Object(chain.account.ID)
		tx.Subject(chain.account.MemberID)
		switch {
		case !chain.account.Active() || !chain.session.LiveAt(tx.Now(), chain.account.Staff()):
			return nil, errBadRefresh
		case chain.token.SpentAt == nil:
			s.spend(tx, &chain, successor(tx.Keys(), in.RefreshToken))
		case chain.successorSpent || tx.Now().Sub(*chain.token.SpentAt) > models.RefreshGrace:
			return nil, s.reused(tx, &chain)
		default:
			tx.Object(chain.session.ID)
			tx.Unchanged()
		}
		return &grant{chain.account, chain.session, successor(tx.Keys(), in.RefreshToken)}, nil
	})
	if err != nil {
		return nil, err
	}
	return s.signedIn(ctx, got)
}

// chain is a refresh token with all that decides about it.
type chain struct {
	token          models.RefreshToken
	successorSpent bool
	session        models.Session
	account        models.Account
}

// lockChain locks the session first and reads after that: twins wait for one another, and the second sees the token as
// the first left it.
func lockChain(tx *services.Tx, hash []byte) (c chain, err error) {
	tx.Locks(services.LockAccounts)
	err = tx.Batch(
		services.Statement{
			SQL:  `select id from sessions where id = (select session_id from refresh_tokens where hash = $1) for no key update`,
			Args: []any{hash}, Scan: func(pgx.Rows) error { return nil },
		},
		services.Statement{
			SQL: `select t.id, t.session_id, t.spent_at, coalesce(n.spent_at is not null, false),
					s.id, s.account_id, s.created_at, s.last_used_at, s.expires_at, s.auth_time, s.ended_at, s.user_agent, host(s.address),
					a.id, a.member_id, a.email, a.roles, a.status
				from refresh_tokens t join sessions s on s.id = t.session_id join accounts a on a.id = s.account_id
				left join refresh_tokens n on n.id = t.successor_id where t.hash = $1`,
			Args: []any{hash}, Scan: services.ScanOne("refresh token", &c.token.ID, &c.token.SessionID, &c.token.SpentAt, &c.successorSpent,
				&c.session.ID, &c.session.AccountID, &c.session.CreatedAt, &c.session.LastUsedAt, &c.session.ExpiresAt, &c.session.AuthTime, &c.session.EndedAt,
				&c.session.UserAgent, &c.session.Address, &c.account.ID, &c.account.MemberID, &c.account.Email, (*[]models.Role)(&c.account.Roles), &c.account.Status),
		})
	var e *services.Error
	if errors.As(err, &e) && e.Kind == services.KindNotFound {
		err = errBadRefresh
	}
	return c, err
}

// spend marks the token as used and stores its successor.
func (s *Service) spend(tx *services.Tx, c *chain, next string) {
	before := c.session
	c.session.LastUsedAt = tx.Now()
	id := services.NewID()
	s.storeRefresh(tx, id, c.session.ID, next)
	tx.Queue(`update refresh_tokens set spent_at = $2, successor_id = $3 where id = $1`, c.token.ID, tx.Now(), id)
	tx.Queue(`update sessions set last_used_at = $2 where id = $1`, c.session.ID, tx.Now())
	tx.Changed(before, c.session)
}

func (s *Service) reused(tx *services.Tx, c *chain) error {
	endSession(tx, c.session, models.EndRefreshReuse)
	err := notices.Send(tx, notices.Notice{Event: models.NoticeAccountSessionEnded, MemberID: c.account.MemberID, Address: c.account.Email,
		Record: "session", RecordID: c.session.ID, Key: "account.session_ended:" + c.session.ID.String(),
		Data: map[string]any{"device": device(c.session.UserAgent), "at": tx.Now().Format(time.RFC3339)}})
	if err != nil {
		return err
	}
	return tx.Refused("auth.refresh_reuse", errBadRefresh)
}

// endSession ends one session, whose row the caller has read in this transaction.
func endSession(tx *services.Tx, session models.Session, why models.EndReason) {
	before, now := session, tx.Now()
	session.EndedAt, session.EndReason = &now, &why
	tx.Queue(`update sessions set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null`, session.ID, now, string(why))
	tx.Changed(before, session)
}

// endSessions ends every live session of an account but one (none with the zero id), and answers how many there were.
// The account's row is locked by the caller, so that no session begins meanwhile.
func endSessions(tx *services.Tx, account, but uuid.UUID, why models.EndReason) (int, error) {
	var ended []models.Session
	err := tx.DB.Raw(`update sessions set ended_at = ?, end_reason = ? where account_id = ? and ended_at is null and expires_at > ? and id <> ?
		returning id, account_id, created_at, last_used_at, expires_at, auth_time, ended_at, end_reason`, tx.Now(), string(why), account, tx.Now(), but).Scan(&ended).Error
	if err != nil {
		return 0, err
	}
	for i := range ended {
		before := ended[i]
		before.EndedAt, before.EndReason = nil, nil
		tx.Changed(before, ended[i])
	}
	return len(ended), nil
}
