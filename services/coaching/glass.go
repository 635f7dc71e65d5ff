package coaching

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// Codes of breaking glass.
const (
	CodeGlassOften    services.Code = "too_many"
	CodeGlassOpen     services.Code = "already_open"
	CodeGlassOver     services.Code = "not_open"
	CodeGlassReadable services.Code = "still_open"
	CodeOwnReview     services.Code = "own_review"
	CodeGlassReviewed services.Code = "already_reviewed"
	CodeGlassInReview services.Code = "in_review"
	CodeMemberTold    services.Code = "already_told"
	CodeNoticeSealed  services.Code = "notice_sealed"
	CodeNoticeOpen    services.Code = "not_sealed"
)

var errOwnReview = services.Forbidden(CodeOwnReview, "Nobody reviews what they opened themselves. Another admin or a privacy officer does.")

var _ = services.Meanings(map[string]*services.Error{
	"break_glass_not_oneself":       services.NotFound("member"),
	"break_glass_member":            services.NotFound("member"),
	"break_glass_review_by_another": errOwnReview,
})

const (
	glassRecord = "break_glass"
	reviewTitle = "Review an opening of notes in an emergency"
)

// BreakGlassIn is why somebody opens a member's notes in an emergency.
type BreakGlassIn struct {
	MemberID uuid.UUID `json:"member_id" doc:"Whose notes"`
	Reason   string    `json:"reason" minLength:"20" maxLength:"1000" doc:"What the emergency is, in 20 characters or more. Kept sealed; the reviewers read it" example:"She told a facilitator tonight that she will not be here tomorrow and does not answer the phone"`
	Minutes  int       `json:"minutes,omitempty" required:"false" minimum:"5" maximum:"60" doc:"How long; 60 when absent" example:"30"`
}

// GlassView is an opening of somebody's notes, as a fact.
type GlassView struct {
	models.BreakGlass
	Open bool `json:"open" doc:"The notes can be read under it now, by who opened them"`
}

// viewGlass takes no sealed words along: an answer may be stored for a replay.
func viewGlass(g models.BreakGlass, now time.Time) *GlassView {
	g.Reason, g.SealReason, g.Words = nil, nil, nil
	return &GlassView{g, g.Open(now)}
}

// visibleGlass is the scope of the openings that somebody may know of, as g: admins and privacy officers, but of none that is about
// themselves or somebody close to them, or from whom they are kept apart. Of a record that is kept to named staff those know, and the
// privacy officers: somebody has to look into it.
func visibleGlass(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if actor.Kind == models.ActorSystem {
			return db
		}
		if !actor.Has(models.RoleAdmin, models.RolePrivacyOfficer) {
			return db.Where("false")
		}
		if !actor.Has(models.RolePrivacyOfficer) {
			db = actor.NotRestricted("g.member_id")(db)
		}
		return db.Where("g.member_id <> ? and g.member_id not in (select kin_of(?, ?))", actor.MemberID, actor.MemberID, models.DateOf(now)).
			Where("not "+separated("?", "g.member_id", "?"), models.SeparationDay(now), actor.MemberID, actor.MemberID)
	}
}

// glassOpen is the glass that the actor has broken over one member's notes and that is open at this minute, or nil. It asks anew at
// every look: somebody who is no admin any more, or turned out to be close to the member, reads nothing. What is read under it names
// it in the disclosure (d.Object(glass.ID)): as long as the member is not told of the one, their access log is silent on the other.
func glassOpen(db *gorm.DB, actor *services.Actor, memberID uuid.UUID, now time.Time) (*models.BreakGlass, error) {
	if actor.Kind != models.ActorAccount || !actor.Has(models.RoleAdmin) {
		return nil, nil
	}
	var found []models.BreakGlass
	err := db.Table("break_glass as g").Scopes(visibleGlass(actor, now), actor.NotRestricted("g.member_id")).
		Where("g.member_id = ? and g.opened_by = ? and g.opened_at > ? and g.ended_at is null and g.until > ?", memberID, actor.MemberID, now.Add(-models.GlassMinutes*time.Minute), now).
		Order("g.until desc").Limit(1).Find(&found).Error
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// BreakGlass opens the notes of one member to the calling admin, all tiers of them, for some minutes. Who coaches the member, the other
// admins and the privacy officers are told at once, the member when the review is closed and after 24 hours at the latest, unless a
// reviewer seals that. A review stays open until somebody else closes it.
// Errors: not_found alike for nobody, oneself, somebody close, somebody from whom one is kept apart and a record that is kept to others;
// forbidden too_many for the sixth within 24 hours; conflict already_open; invalid for a reason under 20 characters.
func (s *Service) BreakGlass(ctx context.Context, in BreakGlassIn) (*GlassView, error) {
	reason := services.Prose(in.Reason)
	if utf8.RuneCountInString(reason) < 20 {
		return nil, services.InvalidField("/reason", "too_short", "Say in 20 characters or more what the emergency is. Somebody will read it.")
	}
	minutes := in.Minutes
	if minutes == 0 {
		minutes = models.GlassMinutes
	}
	return services.Mutate(ctx, s.core, "break_glass.open", func(tx *services.Tx) (*GlassView, error) {
		if refused, err := mayBreakGlass(tx, in.MemberID); err != nil || refused != nil {
			if err == nil {
				tx.Object(in.MemberID)
				err = tx.Refused("break_glass.open", refused)
			}
			return nil, err
		}
		now := tx.Now()
		g := models.BreakGlass{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, MemberID: in.MemberID, OpenedBy: tx.Actor().MemberID,
			OpenedAt: now, Until: now.Add(time.Duration(minutes) * time.Minute), NoticeDueAt: now.Add(models.GlassNoticeAfter)}
		var err error
		if g.Reason, g.ReasonKey, err = tx.Seal(g.MemberID, sealedGlass(g.ID, "reason"), 1, reason); err != nil {
			return nil, err
		}
		tx.Changed(nil, g)
		if err := tx.DB.Create(&g).Error; err != nil {
			return nil, err
		}
		if err := s.raiseAlarm(tx, &g); err != nil {
			return nil, err
		}
		return viewGlass(g, now), nil
	})
}

// sealedGlass is what the words of an opening are sealed for.
func sealedGlass(id uuid.UUID, words string) string {
	return glassRecord + ":" + id.String() + ":" + words
}

// mayBreakGlass answers why the actor may not, or nil. One admin's openings wait for one another, so that they are counted.
func mayBreakGlass(tx *services.Tx, memberID uuid.UUID) (*services.Error, error) {
	me, now := tx.Actor().MemberID, tx.Now()
	tx.Locks(services.LockAccounts)
	if err := tx.DB.Exec("select id from accounts where member_id = ? for no key update", me).Error; err != nil {
		return nil, err
	}
	var known int64
	if err := tx.DB.Table("(select id as member_id from members where id = ? and merged_into is null) as g", memberID).Scopes(visibleGlass(tx.Actor(), now), tx.Actor().NotRestricted("g.member_id")).Count(&known).Error; err != nil {
		return nil, err
	}
	if known == 0 {
		return services.NotFound("member"), nil
	}
	var recent []models.BreakGlass
	if err := tx.DB.Where("opened_by = ? and opened_at > ?", me, now.Add(-24*time.Hour)).Order("opened_at").Limit(2 * models.GlassPerDay).Find(&recent).Error; err != nil {
		return nil, err
	}
	for i := range recent {
		if recent[i].MemberID == memberID && recent[i].Open(now) {
			return services.Conflict(CodeGlassOpen, "You have opened the notes of this member already, and can still read them."), nil
		}
	}
	if len(recent) >= models.GlassPerDay {
		return services.Forbidden(CodeGlassOften, "You have opened notes %d times within 24 hours, and that is the most one person may. Another admin can, if they have to be opened.", len(recent)), nil
	}
	return nil, nil
}

// raiseAlarm opens the review and tells those who are told at once.
func (s *Service) raiseAlarm(tx *services.Tx, g *models.BreakGlass) error {
	if _, err := tasks.Open(tx, tasks.New{Kind: models.TaskReviewBreakGlass, MemberID: &g.MemberID, AlsoAbout: []uuid.UUID{g.OpenedBy}, Record: glassRecord, RecordID: &g.ID,
		Queue: "admins", Title: reviewTitle, DueAt: g.NoticeDueAt}); err != nil {
		return err
	}
	if err := tellStaffOfGlass(tx, g); err != nil {
		return err
	}
	return tx.Enqueue(TellOfGlass{g.ID}, g.NoticeDueAt)
}
