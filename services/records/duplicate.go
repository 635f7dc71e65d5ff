package records

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// DuplicateView is two records that may be one person.
type DuplicateView struct {
	models.DuplicatePair
	First  people.MemberSummary `json:"first" gorm:"-"`
	Second people.MemberSummary `json:"second" gorm:"-"`
}

// Identity is what an answer's Location header ends in.
func (v DuplicateView) Identity() uuid.UUID { return v.ID }

// DuplicateFilter picks pairs of the list.
type DuplicateFilter struct {
	services.PageQuery
	Status   models.DuplicateStatus `query:"status" enum:"open,dismissed,merged" default:"open" doc:"What waits, what was dismissed, or what was merged"`
	MinScore int                    `query:"min_score" minimum:"0" maximum:"100" doc:"Only pairs with at least so many points"`
	MemberID uuid.UUID              `query:"member_id" doc:"Only pairs of this member"`
}

var duplicateList = services.List[DuplicateView]{
	IDColumn: "duplicate_pairs.id", ID: func(v DuplicateView) uuid.UUID { return v.ID }, Default: "-score",
	Sorts: []services.Sort[DuplicateView]{
		{Name: "score", Column: "duplicate_pairs.score", Cast: "int", Key: func(v DuplicateView) any { return v.Score }},
		{Name: "found_at", Column: "duplicate_pairs.found_at", Cast: "timestamptz", Key: func(v DuplicateView) any { return v.FoundAt }},
	},
}

// handled is the pairs that the caller may see: neither of the two is their own record, or closed to them.
func handled(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		return actor.NotOwn("duplicate_pairs.second_id", now)(actor.NotOwn("duplicate_pairs.first_id", now)(db))
	}
}

// Duplicates lists who may be known twice, the likeliest first. Errors: those of a list.
func (s *Service) Duplicates(ctx context.Context, f DuplicateFilter) (services.Page[DuplicateView], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[DuplicateView], error) {
		actor, err := services.ActorFrom(ctx)
		if err != nil {
			return services.Page[DuplicateView]{}, err
		}
		if f.Status == "" {
			f.Status = models.DuplicateOpen
		}
		q := db.Table("duplicate_pairs").Scopes(handled(actor, s.core.Clock.Now())).Where("duplicate_pairs.status = ?", f.Status)
		if f.MinScore > 0 {
			q = q.Where("duplicate_pairs.score >= ?", f.MinScore)
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("duplicate_pairs.id in (select id from duplicate_pairs where first_id = ? union select id from duplicate_pairs where second_id = ?)", f.MemberID, f.MemberID)
		}
		page, err := duplicateList.Find(ctx, s.core, q, f.PageQuery)
		if err != nil {
			return page, err
		}
		return page, name(db, page.Data)
	})
}

func name(db *gorm.DB, pairs []DuplicateView) error {
	var ids []uuid.UUID
	for i := range pairs {
		ids = append(ids, pairs[i].FirstID, pairs[i].SecondID)
	}
	who, err := people.Summaries(db, ids)
	for i := range pairs {
		pairs[i].First, pairs[i].Second = who[pairs[i].FirstID], who[pairs[i].SecondID]
	}
	return err
}

// DismissDuplicate says why two records are two people.
type DismissDuplicate struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Twins; both spoken to"`
}

// CodePairMerged is the code of a pair that is one record by now.
const CodePairMerged services.Code = "pair_merged"

// Dismiss takes a pair off the list: the two are two people. It comes back only when more speaks for it than today.
// Errors: not_found; invalid without a reason; conflict pair_merged.
func (s *Service) Dismiss(ctx context.Context, id uuid.UUID, in DismissDuplicate) (*DuplicateView, error) {
	return s.judge(ctx, "duplicate.dismiss", id, models.DuplicateDismissed, in.Reason)
}

// Reopen puts a dismissed pair back on the list. Errors: not_found; invalid without a reason; conflict pair_merged.
func (s *Service) Reopen(ctx context.Context, id uuid.UUID, in DismissDuplicate) (*DuplicateView, error) {
	return s.judge(ctx, "duplicate.reopen", id, models.DuplicateOpen, in.Reason)
}

func (s *Service) judge(ctx context.Context, action string, id uuid.UUID, status models.DuplicateStatus, reason string) (*DuplicateView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*DuplicateView, error) {
		var rows []models.DuplicatePair
		err := tx.DB.Clauses(forUpdate).Scopes(handled(tx.Actor(), tx.Now())).Where("duplicate_pairs.id = ?", id).Limit(1).Find(&rows).Error
		if err == nil && len(rows) == 0 {
			err = services.NotFound("pair")
		}
		if err != nil {
			return nil, err
		}
		v := []DuplicateView{{DuplicatePair: rows[0]}}
		pair := &v[0].DuplicatePair
		switch pair.Status {
		case models.DuplicateMerged:
			return nil, services.Conflict(CodePairMerged, "These two records are one by now.")
		case status:
			tx.Unchanged()
			return &v[0], name(tx.DB, v)
		}
		before, at, by := *pair, tx.Now(), tx.Actor().MemberID
		pair.Status, pair.ClosedAt, pair.ClosedBy = status, &at, &by
		if status == models.DuplicateOpen {
			pair.FoundAt, pair.ClosedAt, pair.ClosedBy = at, nil, nil
		}
		if err := tx.Because(pair.FirstID, reason); err != nil {
			return nil, err
		}
		tx.Queue(`update duplicate_pairs set status = $2, closed_at = $3, closed_by = $4, found_at = $5 where id = $1`, pair.ID, string(pair.Status), pair.ClosedAt, pair.ClosedBy, pair.FoundAt)
		tx.Changed(before, *pair)
		return &v[0], name(tx.DB, v)
	})
}

// FindDuplicates is the nightly job that looks for duplicates of whoever changed since it last did; the first time, of everybody.
// It does one batch and puts itself in line again while there is more, so that a stop costs a batch at most.
type FindDuplicates struct{}

// Kind implements services.JobArgs.
func (FindDuplicates) Kind() string { return "duplicates.find" }

const (
	scanBatch = 200
	// settledAfter is longer than any transaction of ours runs: nobody who changed before it is still to appear.
	settledAfter = 10 * time.Second
)

// RefreshDuplicates does one batch, and says whether there is more.
func (s *Service) RefreshDuplicates(ctx context.Context) (bool, error) {
	return services.Mutate(ctx, s.core, "duplicates.find", func(tx *services.Tx) (bool, error) {
		tx.Unchanged()
		var scan []models.DuplicateScan
		if err := tx.DB.Raw(`select * from duplicate_scans where id = 1 for update skip locked`).Scan(&scan).Error; err != nil || len(scan) == 0 {
			return false, err // another replica is at it
		}
		var batch []models.Member
		err := tx.DB.Where("(updated_at, id) > (?::timestamptz, ?::uuid) AND updated_at < ?", scan[0].ChangedAt, scan[0].MemberID, tx.Now().Add(-settledAfter)).
			Select("id", "updated_at", "status", "given_name", "family_name", "preferred_name", "birth_date", "email", "phone", "postal_code", "address_line1").
			Order("updated_at, id").Limit(scanBatch).Find(&batch).Error
		if err != nil || len(batch) == 0 {
			return false, err
		}
		if err := refresh(tx, batch); err != nil {
			return false, err
		}
		last := &batch[len(batch)-1]
		tx.Queue(`update duplicate_scans set changed_at = $1, member_id = $2 where id = 1`, last.UpdatedAt, last.ID)
		more := len(batch) == scanBatch
		if more {
			err = tx.Enqueue(FindDuplicates{}, tx.Now())
		}
		return more, err
	})
}

// refresh finds the pairs of some members anew: new ones appear, those that no longer score enough go, and what was dismissed
// stays so unless more speaks for it now.
func refresh(tx *services.Tx, batch []models.Member) error {
	var likes []people.Likeness
	ids := make([]uuid.UUID, len(batch))
	for i := range batch {
		ids[i] = batch[i].ID
		if batch[i].Status != models.MemberMerged {
			likes = append(likes, people.LikenessOf(&batch[i]))
		}
	}
	found, err := people.FindDuplicates(tx.DB, likes)
	if err != nil {
		return err
	}
	type pair struct{ first, second uuid.UUID }
	seen := map[pair]bool{}
	var news, firsts, seconds []uuid.UUID
	var scores []int
	var reasons []string
	for i, matches := range found {
		for _, m := range matches {
			p := pair{likes[i].MemberID, m.MemberID}
			if bytes.Compare(p.first[:], p.second[:]) > 0 {
				p.first, p.second = p.second, p.first
			}
			if seen[p] {
				continue
			}
			seen[p] = true
			why, err := models.Texts[models.DuplicateReason](m.Reasons).Value()
			if err != nil {
				return err
			}
			news, firsts, seconds, scores, reasons = append(news, services.NewID()), append(firsts, p.first), append(seconds, p.second), append(scores, m.Score), append(reasons, why.(string))
		}
	}
	return tx.Batch(services.Statement{SQL: `delete from duplicate_pairs p where p.status = 'open' and (p.first_id = any($1) or p.second_id = any($1))
			and not exists (select from unnest($2::uuid[], $3::uuid[]) f(first, second) where f.first = p.first_id and f.second = p.second_id)`,
		Args: []any{ids, firsts, seconds}, Scan: func(pgx.Rows) error { return nil }},
		services.Statement{SQL: `insert into duplicate_pairs as p (id, first_id, second_id, score, reasons, status, found_at)
			select f.id, f.first, f.second, f.score, f.reasons::text[], 'open', $6 from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[]) f(id, first, second, score, reasons)
			order by f.first, f.second
			on conflict (first_id, second_id) do update set score = excluded.score, reasons = excluded.reasons, status = 'open', closed_at = null, closed_by = null,
				found_at = case when p.status = 'open' then p.found_at else excluded.found_at end
			where p.status = 'open' and (p.score, p.reasons) is distinct from (excluded.score, excluded.reasons) or p.status = 'dismissed' and excluded.score > p.score`,
			Args: []any{news, firsts, seconds, scores, reasons, tx.Now()}, Scan: func(pgx.Rows) error { return nil }})
}
