package people

import (
	"context"
	"reflect"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

const (
	mostServiceRecords = 20
	verifyAgainWithin  = 7 * 24 * time.Hour
)

// OwnServiceRecord is a period of service as the person themselves sees it: not who looked, nor what they noted.
type OwnServiceRecord struct {
	models.Record
	Component          models.Component           `json:"component" enum:"active,reserve,national_guard"`
	Branch             models.Branch              `json:"branch" enum:"army,marine_corps,navy,air_force,space_force,coast_guard"`
	EnteredOn          models.Date                `json:"entered_on"`
	SeparatedOn        *models.Date               `json:"separated_on" nullable:"true" doc:"The last day; null while you serve"`
	Rank               string                     `json:"rank" example:"Staff Sergeant"`
	Specialty          string                     `json:"specialty" example:"68W combat medic"`
	Deployments        models.Deployments         `json:"deployments" nullable:"false"`
	Character          *models.Character          `json:"character" enum:"honorable,general,other_than_honorable,bad_conduct,dishonorable,uncharacterized,undisclosed"`
	Eras               []models.Era               `json:"eras" nullable:"false" enum:"world_war_ii,korea,vietnam,gulf_war,post_9_11,peacetime"`
	Verification       models.Verification        `json:"verification" enum:"unverified,pending,verified,not_confirmed" doc:"not_confirmed says that what we asked did not show it, not that you did not serve"`
	VerificationMethod *models.VerificationMethod `json:"verification_method" enum:"dd214_seen,ngb22_seen,va_letter,id_card,va_api,id_me,vouched"`
	VerifiedOn         *models.Date               `json:"verified_on" nullable:"true"`
}

func ownService(r *models.ServiceRecord) *OwnServiceRecord {
	return &OwnServiceRecord{Record: r.Record, Component: r.Component, Branch: r.Branch, EnteredOn: r.EnteredOn, SeparatedOn: r.SeparatedOn, Rank: r.Rank, Specialty: r.Specialty,
		Deployments: r.Deployments, Character: r.Character, Eras: r.Eras(), Verification: r.Verification, VerificationMethod: r.VerificationMethod, VerifiedOn: r.VerifiedOn}
}

// OwnServiceRecords lists the caller's own periods of service, the latest first.
func (s *Service) OwnServiceRecords(ctx context.Context) (*services.Page[OwnServiceRecord], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*services.Page[OwnServiceRecord], error) {
		var rows []models.ServiceRecord
		if err := db.Where("member_id = ?", actor.MemberID).Order("entered_on desc, id desc").Limit(atMost).Find(&rows).Error; err != nil {
			return nil, err
		}
		page := &services.Page[OwnServiceRecord]{Data: make([]OwnServiceRecord, len(rows))}
		for i := range rows {
			page.Data[i] = *ownService(&rows[i])
		}
		return page, nil
	})
}

func ownServiceRecord(db *gorm.DB, actor *services.Actor, id uuid.UUID) (*models.ServiceRecord, error) {
	return serviceRecord(db.Where("member_id = ?", actor.MemberID), id)
}

// OwnServiceRecord answers one of the caller's own periods of service. Errors: not_found.
func (s *Service) OwnServiceRecord(ctx context.Context, id uuid.UUID) (*OwnServiceRecord, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*OwnServiceRecord, error) {
		r, err := ownServiceRecord(db, actor, id)
		if err != nil {
			return nil, err
		}
		return ownService(r), nil
	})
}

// AddOwnServiceRecord adds a period of the caller's own service, unverified. Errors: conflict too_many_records; invalid,
// naming each value.
func (s *Service) AddOwnServiceRecord(ctx context.Context, in AddServiceRecord) (*OwnServiceRecord, error) {
	return services.Mutate(ctx, s.core, "service_record.create_own", func(tx *services.Tx) (*OwnServiceRecord, error) {
		tx.Locks(services.LockMembers)
		me, err := self(tx.DB.Clauses(forUpdate), tx.Actor())
		if err != nil {
			return nil, err
		}
		var n int64
		if err := tx.DB.Model(&models.ServiceRecord{}).Where("member_id = ?", me.ID).Count(&n).Error; err != nil {
			return nil, err
		}
		if n >= mostServiceRecords {
			return nil, services.Conflict("too_many_records", "There are %d periods of service on your record. Ask us to add another.", n)
		}
		r := in.row(tx, me.ID)
		if err := insertService(tx, r, me); err != nil {
			return nil, err
		}
		return ownService(r), nil
	})
}

// UpdateOwnServiceRecord edits a period of the caller's own service; If-Match is optional. What staff had looked into is
// unverified again, and a task asks them to look once more. Errors: not_found; stale; invalid, naming each value.
func (s *Service) UpdateOwnServiceRecord(ctx context.Context, id uuid.UUID, in PatchServiceRecord) (*OwnServiceRecord, error) {
	return services.Mutate(ctx, s.core, "service_record.update_own", func(tx *services.Tx) (*OwnServiceRecord, error) {
		me, err := self(tx.DB, tx.Actor())
		if err != nil {
			return nil, err
		}
		r, err := ownServiceRecord(tx.DB.Clauses(forUpdate), tx.Actor(), id)
		if err != nil {
			return nil, err
		}
		if tx.Call().IfMatch != "" {
			if err := tx.CheckVersion(r.Version); err != nil {
				return nil, err
			}
		}
		before := *r
		in.apply(r)
		if err := tidyService(r, me, tx.Now()).err(); err != nil {
			return nil, err
		}
		if r.VerifiedBy != nil && !sameFacts(before, *r) {
			unjudge(r)
			if err := askToVerify(tx, r); err != nil {
				return nil, err
			}
		}
		if err := storeService(tx, before, r); err != nil {
			return nil, err
		}
		return ownService(r), nil
	})
}

func sameFacts(a, b models.ServiceRecord) bool {
	if len(a.Deployments) == 0 && len(b.Deployments) == 0 {
		a.Deployments, b.Deployments = nil, nil
	}
	return reflect.DeepEqual(a, b)
}

func askToVerify(tx *services.Tx, r *models.ServiceRecord) error {
	_, err := tasks.Open(tx, tasks.New{Kind: models.TaskVerifyService, MemberID: &r.MemberID, Record: serviceRecordRecord, RecordID: &r.ID,
		Queue: "coordinators", Title: "Look at a period of service again: the member changed it", DueAt: tx.Now().Add(verifyAgainWithin)})
	return err
}
