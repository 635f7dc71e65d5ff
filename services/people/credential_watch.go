package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/tasks"
)

const (
	credentialRecord = "credential"
	warnBatch        = 500
)

// CredentialsChanged is the job that looks again at what is booked for somebody whose credentials lapsed, were renewed,
// revoked or reinstated. Its worker belongs to those who book.
type CredentialsChanged struct {
	MemberID uuid.UUID `json:"member_id"`
}

// Kind implements services.JobArgs.
func (CredentialsChanged) Kind() string { return "credential.changed" }

func recheck(tx *services.Tx, member uuid.UUID) error {
	return tx.Enqueue(CredentialsChanged{MemberID: member}, tx.Now())
}

// renewed closes the tasks about older credentials of the kind that end before the new one does.
func renewed(tx *services.Tx, c *models.Credential) error {
	if c.WarnStage(models.DateOf(tx.Now())) == models.Lapsed {
		return nil
	}
	var older []uuid.UUID
	q := tx.DB.Model(&models.Credential{}).Where("member_id = ? AND kind = ? AND id <> ?", c.MemberID, c.Kind, c.ID)
	if c.ExpiresOn != nil {
		q = q.Where("expires_on < ?", *c.ExpiresOn)
	}
	if err := q.Order("id").Limit(atMost).Pluck("id", &older).Error; err != nil {
		return err
	}
	for _, id := range older {
		if err := tasks.CloseFor(tx, credentialRecord, id); err != nil {
			return err
		}
	}
	return nil
}

// renewedNoMore asks staff again about the one that c, which is being revoked, had renewed: its tasks were closed, and the watch
// has told of it before.
func renewedNoMore(tx *services.Tx, c *models.Credential) error {
	var older []models.Credential
	q := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "credentials"}}).Joins("JOIN members m ON m.id = credentials.member_id AND m.status NOT IN ('deceased', 'merged')").
		Where("credentials.member_id = ? AND credentials.kind = ? AND credentials.id <> ? AND credentials.revoked_at IS NULL AND credentials.warned > 0", c.MemberID, c.Kind, c.ID).
		Where(`NOT EXISTS (SELECT FROM credentials newer WHERE newer.member_id = credentials.member_id AND newer.kind = credentials.kind AND newer.id <> ? AND newer.revoked_at IS NULL
			AND (newer.expires_on IS NULL OR newer.expires_on > credentials.expires_on))`, c.ID)
	if c.ExpiresOn != nil {
		q = q.Where("credentials.expires_on < ?", *c.ExpiresOn)
	}
	if err := q.Order("credentials.id").Limit(atMost).Find(&older).Error; err != nil {
		return err
	}
	for i := range older {
		if err := tellEnd(tx, &older[i], older[i].Warned); err != nil {
			return err
		}
	}
	return nil
}

// CredentialFilter picks credentials of the list across everybody.
type CredentialFilter struct {
	services.PageQuery
	ExpiringBefore string                  `query:"expiring_before" format:"date" maxLength:"10" doc:"Only those whose last day comes before this one, lapsed ones too. Absent: 30 days from today"`
	Kind           []models.CredentialKind `query:"kind,explode" maxItems:"6" enum:"background_check,child_safety_training,coaching_agreement,coach_training,responder_training,first_aid" doc:"Only of these kinds"`
	MemberID       uuid.UUID               `query:"member_id" doc:"Only of this member"`
	Lapsed         bool                    `query:"lapsed" doc:"Only those whose last day has passed"`
}

// ExpiringCredential is a credential that ends and was not renewed, and whose it is.
type ExpiringCredential struct {
	models.Credential
	Name   string `json:"name" doc:"What to call its holder" example:"Dana Whitfield"`
	Lapsed bool   `json:"lapsed" doc:"It counts no more today"`
}

var expiring = services.List[ExpiringCredential]{
	IDColumn: "credentials.id",
	ID:       func(c ExpiringCredential) uuid.UUID { return c.ID },
	Sorts: []services.Sort[ExpiringCredential]{
		{Name: "expires_on", Column: "credentials.expires_on", Cast: "date", Key: func(c ExpiringCredential) any { return c.ExpiresOn.String() }},
	},
	Default: "expires_on",
}

// notRenewed leaves out what a longer one of the same kind has taken the place of.
const notRenewed = `credentials.revoked_at IS NULL AND NOT EXISTS (SELECT FROM credentials newer WHERE newer.member_id = credentials.member_id
	AND newer.kind = credentials.kind AND newer.revoked_at IS NULL AND (newer.expires_on IS NULL OR newer.expires_on > credentials.expires_on))`

// ExpiringCredentials pages through the credentials that end soon or have ended and were not renewed, the first to end at
// the top. Nobody sees their own or those of somebody close. Errors: invalid for a date that is none.
func (s *Service) ExpiringCredentials(ctx context.Context, f CredentialFilter) (*services.Page[ExpiringCredential], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	today := models.DateOf(now)
	before := models.DateOf(today.AddDate(0, 0, 30))
	if f.ExpiringBefore != "" {
		if before, err = models.ParseDate(f.ExpiringBefore); err != nil {
			return nil, services.InvalidField("query/expiring_before", "bad_date", "Give a day like 2026-05-01.")
		}
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[ExpiringCredential], error) {
		q := db.Table("credentials").Scopes(actor.NotOwn("credentials.member_id", now)).
			Select(`credentials.*, trim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS name, credentials.expires_on < ? AS lapsed`, today).
			Joins("JOIN members m ON m.id = credentials.member_id AND m.status NOT IN ('deceased', 'merged')").
			Where("credentials.expires_on < ?", before).Where(notRenewed)
		if len(f.Kind) > 0 {
			q = q.Where("credentials.kind IN ?", f.Kind)
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("credentials.member_id = ?", f.MemberID)
		}
		if f.Lapsed {
			q = q.Where("credentials.expires_on < ?", today)
		}
		page, err := expiring.Find(ctx, s.core, q, f.PageQuery)
		return &page, err
	})
}

// watchCredentials is the daily job that tells in time what ends.
type watchCredentials struct{}

// Kind implements services.JobArgs.
func (watchCredentials) Kind() string { return "credential.watch" }

// watch warns of every credential that reached its next stage. What was told is kept on the row, so that a second run on
// the same day tells nothing.
func (s *Service) watch(ctx context.Context, _ watchCredentials) error {
	today := models.DateOf(s.core.Clock.Now())
	in := func(days int) models.Date { return models.DateOf(today.AddDate(0, 0, days)) }
	before := models.WarnedDaysBefore()
	ids, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Model(&models.Credential{}).Where("revoked_at IS NULL AND warned < ? AND expires_on <= ?", models.Lapsed, in(before[0])).
			Where("warned < CASE WHEN expires_on < ? THEN 4 WHEN expires_on <= ? THEN 3 WHEN expires_on <= ? THEN 2 ELSE 1 END", today, in(before[2]), in(before[1])).
			Order("expires_on, id").Limit(warnBatch).Pluck("id", &ids).Error
	})
	for _, id := range ids {
		_, failed := services.Mutate(services.AsSystem(ctx, watchCredentials{}.Kind()), s.core, "credential.warn", func(tx *services.Tx) (*struct{}, error) {
			return nil, warn(tx, id)
		})
		err = errors.Join(err, failed)
	}
	if err == nil && len(ids) == warnBatch {
		return s.watch(ctx, watchCredentials{})
	}
	return err
}

// warn asks again, under the lock, how far along the credential is.
func warn(tx *services.Tx, id uuid.UUID) error {
	tx.Unchanged()
	c, err := credential(tx.DB.Clauses(forUpdate), id)
	if err != nil {
		return err
	}
	before, stage := *c, c.WarnStage(models.DateOf(tx.Now()))
	if c.RevokedAt != nil || stage <= c.Warned {
		return nil
	}
	c.Warned = stage
	tx.Changed(before, *c)
	if err := tx.DB.Model(&models.Credential{}).Where("id = ?", c.ID).Select("warned").Updates(c).Error; err != nil {
		return err
	}
	matters, err := stillMatters(tx, c)
	if err != nil || !matters {
		return err
	}
	return tellEnd(tx, c, stage)
}

// stillMatters says whether nothing longer has taken its place and its holder is alive and ours.
func stillMatters(tx *services.Tx, c *models.Credential) (bool, error) {
	var n int64
	err := tx.DB.Table("credentials").Joins("JOIN members m ON m.id = credentials.member_id AND m.status NOT IN ('deceased', 'merged')").
		Where("credentials.id = ?", c.ID).Where(notRenewed).Count(&n).Error
	return n > 0, err
}

func tellEnd(tx *services.Tx, c *models.Credential, stage int) error {
	t := tasks.New{Kind: models.TaskCredentialExpiring, MemberID: &c.MemberID, Record: credentialRecord, RecordID: &c.ID, Queue: "coordinators",
		Title: "A credential ends soon: have it renewed", DueAt: c.ExpiresOn.Time}
	event, data := models.NoticeCredentialExpiring, map[string]any{"deadline": c.ExpiresOn.Add(12 * time.Hour).Format(time.RFC3339)}
	if stage == models.Lapsed {
		if err := tasks.CloseFor(tx, credentialRecord, c.ID, models.TaskCredentialExpiring); err != nil {
			return err
		}
		t.Kind, t.Title, t.DueAt = models.TaskCredentialLapsed, "A credential has lapsed: renew it or hand the work on", tx.Now().Add(24*time.Hour)
		event, data = models.NoticeCredentialLapsed, nil
		if err := recheck(tx, c.MemberID); err != nil {
			return err
		}
	}
	if _, err := tasks.Open(tx, t); err != nil {
		return err
	}
	return notices.Send(tx, notices.Notice{Event: event, MemberID: c.MemberID, Record: credentialRecord, RecordID: c.ID, Data: data, Key: fmt.Sprintf("credential:%s:%d", c.ID, stage)})
}
