package services

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	// sealWindow bounds the search for rows to seal: a transaction lives seconds, so a settled row older than this
	// was sealed, or stems from a time when no sealer ran. The first round of a process has no bound.
	sealWindow = 15 * time.Minute
	sealBatch  = 2000
	sealLock   = 0x486f6d65 // any number of our own for pg_try_advisory_xact_lock
)

// auditText is what the chain is laid over: everything a row says, but for the address, which erasure may take.
const auditText = `jsonb_build_array(a.id, a.at, a.actor_kind, a.actor_name, a.account_id, a.member_id, a.session_id, a.roles, a.action, a.outcome,
	a.objects, a.subjects, a.changes, encode(a.reason, 'hex'), a.reason_key, a.request_id)::text`

// ChainHead is the last link of the audit chain. Kept elsewhere, it shows when links were cut off.
type ChainHead struct {
	Seq  int64
	Hash []byte
}

func (h ChainHead) String() string { return fmt.Sprintf("%d:%s", h.Seq, hex.EncodeToString(h.Hash)) }

// ParseChainHead reads what String writes.
func ParseChainHead(s string) (ChainHead, error) {
	var h ChainHead
	var hash string
	if _, err := fmt.Sscanf(s, "%d:%s", &h.Seq, &hash); err != nil {
		return h, errors.New("a chain head is written SEQ:HASH, as the log has it")
	}
	var err error
	h.Hash, err = hex.DecodeString(hash)
	return h, err
}

// SealAudit lays the hash chain over the rows of the audit log that are settled, meaning that no transaction still
// running could come before them. One replica does it at a time; the others find the lock taken and leave.
// since is zero for all, else only rows from then on are looked at.
func (c *Core) SealAudit(ctx context.Context, since time.Time) (sealed int, head ChainHead, err error) {
	err = pgx.BeginFunc(ctx, c.writes, func(tx pgx.Tx) error {
		var mine bool
		if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock($1)`, sealLock).Scan(&mine); err != nil || !mine {
			return err
		}
		if err := chainHead(ctx, tx, &head); err != nil {
			return err
		}
		ids, texts, err := unsealed(ctx, tx, since)
		if err != nil {
			return err
		}
		rows := make([][]any, len(ids))
		for i := range ids {
			head = ChainHead{head.Seq + 1, c.link(head, texts[i])}
			rows[i] = []any{head.Seq, ids[i], head.Hash}
		}
		sealed = len(rows)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"audit_chain"}, []string{"seq", "audit_id", "hash"}, pgx.CopyFromRows(rows))
		return err
	})
	return sealed, head, translate(err)
}

func chainHead(ctx context.Context, tx pgx.Tx, head *ChainHead) error {
	err := tx.QueryRow(ctx, `select seq, hash from audit_chain order by seq desc limit 1`).Scan(&head.Seq, &head.Hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// unsealed takes settled rows that are absent from the chain, never "rows after the last": ids and times of rows that
// commit late lie before those of rows already sealed. The second half of the rule takes rows from before a restore,
// whose transaction ids are another cluster's.
func unsealed(ctx context.Context, tx pgx.Tx, since time.Time) (ids []uuid.UUID, texts []string, err error) {
	rows, err := tx.Query(ctx, `select a.id, `+auditText+` from audit_log a, pg_current_snapshot() s
		where a.at >= $1 and (a.xid < pg_snapshot_xmin(s) or a.xid >= pg_snapshot_xmax(s))
		  and not exists (select 1 from audit_chain c where c.audit_id = a.id)
		order by a.at, a.id limit $2`, since, sealBatch)
	if err != nil {
		return nil, nil, err
	}
	var id uuid.UUID
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		ids, texts = append(ids, id), append(texts, text)
		return nil
	})
	return ids, texts, err
}

// link is keyed, so that who can write to the database alone cannot lay a chain of their own.
func (c *Core) link(before ChainHead, text string) []byte {
	return c.Keys.MAC("audit chain", before.Hash, []byte(strconv.FormatInt(before.Seq+1, 10)), []byte(text))
}

// WatchAudit seals each second until ctx ends, and logs the head each hour, for keeping elsewhere.
func (c *Core) WatchAudit(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var since, told time.Time
	for {
		n, head, err := c.SealAudit(ctx, since)
		switch {
		case err != nil && ctx.Err() == nil:
			c.Log.WarnContext(ctx, "the audit log could not be sealed", "err", err)
		case err == nil && n < sealBatch:
			since = c.Clock.Now().Add(-sealWindow)
		}
		if err == nil && c.Clock.Now().Sub(told) >= time.Hour && head.Seq > 0 {
			told = c.Clock.Now()
			c.Log.InfoContext(ctx, "audit chain head", "head", head.String())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// AuditFault is the first thing that is wrong with the audit log.
type AuditFault struct { //nolint:errname // what it tells is a fault of the log, not of the call
	Seq     int64
	AuditID uuid.UUID
	What    string
}

func (f *AuditFault) Error() string {
	return fmt.Sprintf("link %d, audit row %s: %s", f.Seq, f.AuditID, f.What)
}

// VerifyAudit walks the whole chain and answers its head, or the first row that was altered, removed or put elsewhere,
// as an *AuditFault. With an earlier head it also finds links that were cut off since.
func (c *Core) VerifyAudit(ctx context.Context, known *ChainHead) (ChainHead, error) {
	var head ChainHead
	rows, err := c.reads.Query(ctx, `select c.seq, c.audit_id, c.hash, coalesce(`+auditText+`, ''), a.id is not null
		from audit_chain c left join audit_log a on a.id = c.audit_id order by c.seq`)
	if err != nil {
		return head, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		var id uuid.UUID
		var hash []byte
		var text string
		var there bool
		if err := rows.Scan(&seq, &id, &hash, &text, &there); err != nil {
			return head, err
		}
		switch {
		case seq != head.Seq+1:
			return head, &AuditFault{head.Seq + 1, id, "the links before this row were removed"}
		case !there:
			return head, &AuditFault{seq, id, "the row was removed"}
		case !hmac.Equal(hash, c.link(head, text)):
			return head, &AuditFault{seq, id, "the row or its place was altered"}
		case known != nil && seq == known.Seq && !hmac.Equal(hash, known.Hash):
			return head, &AuditFault{seq, id, "the chain is another one than the known head's"}
		}
		head = ChainHead{seq, hash}
	}
	if err := rows.Err(); err != nil {
		return head, err
	}
	if known != nil && head.Seq < known.Seq {
		return head, &AuditFault{head.Seq + 1, uuid.Nil, fmt.Sprintf("links up to %d were cut off", known.Seq)}
	}
	return head, c.verifyUnsealed(ctx)
}

// verifyUnsealed finds rows that were put into the log behind the sealer's back.
func (c *Core) verifyUnsealed(ctx context.Context) error {
	var id uuid.UUID
	err := c.reads.QueryRow(ctx, `select a.id from audit_log a where a.at < $1 and not exists (select 1 from audit_chain c where c.audit_id = a.id)
		order by a.at limit 1`, c.Clock.Now().Add(-time.Hour)).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &AuditFault{0, id, "the row is older than an hour and was never sealed"}
}
