package people

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// settleConsents writes down what has become of answers by themselves, which every use judges anyway: superseded by a text
// in force, expired by their term or the 18th birthday, and no longer pending because staff have confirmed the guardian.
type settleConsents struct{}

// Kind implements services.JobArgs.
func (settleConsents) Kind() string { return "consent.settle" }

const (
	settleAtOnce = 500
	// begunEverywhere: a day that has begun here in UTC−12 has begun in every zone, so nothing is stored too early.
	begunEverywhere = -12 * time.Hour
)

// consentEndSQL is what an answer has become for good; a guardianship that ended may be reinstated, so that is left to use.
const consentEndSQL = `CASE ` + endedSQL + `
	WHEN NOT ` + minorSQL + ` THEN 'expired'
	WHEN consents.status = 'pending' AND g.status = 'confirmed' AND (g.until IS NULL OR g.until >= CAST(@today AS date)) THEN 'granted_on_behalf'
	ELSE consents.status END`

// settleConsents walks through the open answers of one document after another, each batch its own transaction, so that it can
// be stopped at any time and run again. Where guardians differ comes first: staff wait for that.
func (s *Service) settleConsents(ctx context.Context, _ settleConsents) error {
	err := s.settleDisputes(ctx)
	documents, failed := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Model(&models.ConsentDocument{}).Order("id").Pluck("id", &ids).Error
	})
	err = errors.Join(err, failed)
	for _, id := range documents {
		err = errors.Join(err, s.settleDocument(ctx, id))
	}
	return err
}

// settleDocument goes by the key: what a batch has seen, none after it reads again.
func (s *Service) settleDocument(ctx context.Context, id uuid.UUID) error {
	for after := uuid.Nil; ; {
		last, err := services.Mutate(ctx, s.core, "consent.settle", func(tx *services.Tx) (*uuid.UUID, error) {
			last, err := lastOfBatch(tx.DB, id, after)
			if err != nil {
				return nil, err
			}
			return last, settleBatch(tx, id, after, last)
		})
		if err != nil || last == nil {
			return err
		}
		after = *last
	}
}

// lastOfBatch is the last of the next open answers of a document, nil when they are fewer than a batch.
func lastOfBatch(db *gorm.DB, documentID, after uuid.UUID) (*uuid.UUID, error) {
	var ids []uuid.UUID
	err := db.Table("consents").Where("document_id = ? AND id > ? AND latest AND "+openSQL, documentID, after).Order("id").Offset(settleAtOnce-1).Limit(1).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return &ids[0], nil
}

// settleDisputes sees to the tasks where guardians have come to differ, or no longer do, without either answering: because
// staff confirmed a guardian or a guardianship ended.
func (s *Service) settleDisputes(ctx context.Context) error {
	type pair struct{ MemberID, DocumentID uuid.UUID }
	pairs, err := services.Read(ctx, s.core, func(db *gorm.DB) (out []pair, err error) {
		return out, db.Raw(`SELECT DISTINCT y.member_id, y.document_id FROM consents n
			JOIN consents y ON y.member_id = n.member_id AND y.document_id = n.document_id AND y.signed_by <> n.signed_by AND y.latest AND y.status IN ('pending', 'granted_on_behalf')
			WHERE n.latest AND n.status IN ('declined', 'revoked') AND n.guardianship_id IS NOT NULL ORDER BY 1, 2 LIMIT ?`, atMost*10).Scan(&out).Error
	})
	for _, p := range pairs {
		_, failed := services.Mutate(ctx, s.core, "consent.weigh", func(tx *services.Tx) (struct{}, error) {
			tx.Unchanged()
			return struct{}{}, weighAgain(tx, p.MemberID, p.DocumentID)
		})
		err = errors.Join(err, failed)
	}
	return err
}

func weighAgain(tx *services.Tx, memberID, documentID uuid.UUID) error {
	if err := lockMember(tx, memberID); err != nil {
		return err
	}
	members, err := Load(tx, []uuid.UUID{memberID})
	if err != nil {
		return err
	}
	d, err := consentDocument(tx.DB, documentID)
	if err != nil {
		return err
	}
	return weigh(tx, d, &members[0], false)
}

func settleBatch(tx *services.Tx, documentID, after uuid.UUID, last *uuid.UUID) error {
	tx.Unchanged()
	on := map[string]any{"now": tx.Now(), "today": models.DateOf(tx.Now().Add(begunEverywhere))}
	var rows []struct {
		models.Consent
		Kind   models.ConsentKind
		Became models.ConsentStatus
	}
	q := tx.DB.Table("consents").Select("consents.*, d.kind, "+consentEndSQL+" AS became", on).
		Joins("JOIN members ON members.id = consents.member_id").Joins("JOIN consent_documents d ON d.id = consents.document_id").
		Joins("JOIN consent_document_versions v ON v.id = consents.version_id").
		Joins("LEFT JOIN guardianships g ON g.guardian_id = consents.signed_by AND g.child_id = consents.member_id AND g.status IN ('claimed', 'confirmed')").
		Where("consents.document_id = ? AND consents.id > ? AND consents.latest AND "+openSQL, documentID, after).
		Where(consentEndSQL+" <> consents.status", on).
		Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "consents"}, Options: "SKIP LOCKED"})
	if last != nil {
		q = q.Where("consents.id <= ?", *last)
	}
	if err := q.Order("consents.id").Limit(settleAtOnce).Find(&rows).Error; err != nil {
		return err
	}
	teens, became := map[uuid.UUID]bool{}, map[models.ConsentStatus][]uuid.UUID{}
	for i := range rows {
		before, c := rows[i].Consent, &rows[i].Consent
		c.Status = rows[i].Became
		became[c.Status] = append(became[c.Status], c.ID)
		edited(tx, &c.Record)
		tx.Changed(before, *c)
		if before.Status == models.ConsentGrantedOnBehalf {
			if err := tasks.CloseFor(tx, consentRecord, c.ID, models.TaskDecideConsent); err != nil {
				return err
			}
		}
		if rows[i].Kind == models.ConsentTeenAccount && !c.Status.Yes() {
			teens[c.MemberID] = true
		}
	}
	for status, ids := range became {
		if err := tx.DB.Exec("UPDATE consents SET status = ?, version = version + 1, updated_at = ? WHERE id IN ?", status, tx.Now(), ids).Error; err != nil {
			return err
		}
	}
	for id := range teens {
		if err := tx.Enqueue(TeenConsentEnded{MemberID: id}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
