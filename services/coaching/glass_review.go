package coaching

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// GlassReason is why a reviewer does something.
type GlassReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed; the reviewers read it" example:"Her husband reads her messages; the safety plan says so"`
}

// CloseGlass is what came of a review.
type CloseGlass struct {
	Words string `json:"words" minLength:"3" maxLength:"2000" doc:"What you found, and what follows from it. Kept sealed" example:"I called both. It was right, and she is safe with her sister."`
}

// GlassDetail is an opening with what was said of it.
type GlassDetail struct {
	GlassView
	ReasonWords     *string `json:"reason" doc:"Why the notes were opened; null once the member's keys are destroyed"`
	SealReasonWords *string `json:"seal_reason" doc:"Why the member is told later"`
	ReviewWords     *string `json:"words" doc:"What the reviewer found"`
	Unreadable      bool    `json:"unreadable,omitempty" required:"false" doc:"What is stored of these words is not what was written, and is left out. It has been logged; the review goes on"`
}

// GlassFilter picks openings of the list.
type GlassFilter struct {
	services.PageQuery
	Review   string    `query:"review" enum:"open,closed" doc:"Only those whose review is open, or closed"`
	MemberID uuid.UUID `query:"member_id" doc:"Only of this member's notes"`
	OpenedBy uuid.UUID `query:"opened_by" doc:"Only by this admin"`
}

var glassList = services.List[models.BreakGlass]{
	IDColumn: "g.id", ID: func(g models.BreakGlass) uuid.UUID { return g.ID }, Default: "-opened_at",
	Sorts: []services.Sort[models.BreakGlass]{{Name: "opened_at", Column: "g.opened_at", Cast: "timestamptz", Key: func(g models.BreakGlass) any { return g.OpenedAt }}},
}

// Glasses pages through the openings that the caller may know of, without the reasons.
func (s *Service) Glasses(ctx context.Context, f GlassFilter) (services.Page[GlassView], error) {
	return services.Disclose(ctx, s.core, "break_glass.list", func(d *services.Disclosure) (services.Page[GlassView], error) {
		now := d.Tx().Now()
		q := d.DB.Table("break_glass as g").Scopes(visibleGlass(d.Tx().Actor(), now))
		switch f.Review {
		case "open":
			q = q.Where("g.closed_at is null")
		case "closed":
			q = q.Where("g.closed_at is not null")
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("g.member_id = ?", f.MemberID)
		}
		if f.OpenedBy != uuid.Nil {
			q = q.Where("g.opened_by = ?", f.OpenedBy)
		}
		rows, err := glassList.Find(ctx, s.core, q, f.PageQuery)
		page := services.Page[GlassView]{Data: make([]GlassView, len(rows.Data)), NextCursor: rows.NextCursor, Total: rows.Total}
		for i := range rows.Data {
			page.Data[i] = *viewGlass(rows.Data[i], now)
			d.Object(rows.Data[i].ID)
			d.Subject(rows.Data[i].MemberID)
		}
		return page, err
	})
}

// Glass is one opening, with why and what the review found.
// Errors: not_found.
func (s *Service) Glass(ctx context.Context, id uuid.UUID) (*GlassDetail, error) {
	return services.Disclose(ctx, s.core, "break_glass.read", func(d *services.Disclosure) (*GlassDetail, error) {
		d.Object(id)
		g, err := oneGlass(d.DB, d.Tx().Actor(), id, d.Tx().Now())
		if err != nil {
			return nil, err
		}
		d.Subject(g.MemberID)
		out := &GlassDetail{GlassView: *viewGlass(*g, d.Tx().Now())}
		var sealed []services.SealedText
		var into []**string
		for _, w := range []struct {
			name   string
			sealed models.Sealed
			key    *uuid.UUID
			into   **string
		}{{"reason", g.Reason, &g.ReasonKey, &out.ReasonWords}, {"seal_reason", g.SealReason, g.SealReasonKey, &out.SealReasonWords}, {"words", g.Words, g.WordsKey, &out.ReviewWords}} {
			if w.key == nil {
				continue
			}
			sealed = append(sealed, services.SealedText{Key: *w.key, Record: sealedGlass(g.ID, w.name), Version: 1, Sealed: w.sealed})
			into = append(into, w.into)
		}
		return out, d.Tx().UnsealEach(sealed, func(i int, text string, err error) { // none when the person was erased
			out.Unreadable = out.Unreadable || errors.Is(err, services.ErrDoesNotOpen)
			if err == nil {
				*into[i] = &text
			}
		})
	})
}

// oneGlass reads one in the actor's scope. Errors: not_found.
func oneGlass(db *gorm.DB, actor *services.Actor, id uuid.UUID, now time.Time) (*models.BreakGlass, error) {
	var found []models.BreakGlass
	err := db.Table("break_glass as g").Scopes(visibleGlass(actor, now)).Where("g.id = ?", id).Limit(1).Find(&found).Error
	if err == nil && len(found) == 0 {
		err = services.NotFound("opening")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

var glassNotes = services.List[models.CoachingNote]{
	IDColumn: "n.id", ID: func(n models.CoachingNote) uuid.UUID { return n.ID }, Default: "-created_at",
	Sorts: []services.Sort[models.CoachingNote]{{Name: "created_at", Column: "n.created_at", Cast: "timestamptz", Key: func(n models.CoachingNote) any { return n.CreatedAt }}},
}

// GlassNotes lists every note on the member, of all tiers and without a word, to the admin who opened them. Not what was said together with
// somebody who is close to the admin.
// Errors: not_found, also for an opening of somebody else; conflict not_open when the time is up.
func (s *Service) GlassNotes(ctx context.Context, id uuid.UUID, in services.PageQuery) (services.Page[models.CoachingNote], error) {
	return services.Disclose(ctx, s.core, "break_glass.notes", func(d *services.Disclosure) (services.Page[models.CoachingNote], error) {
		d.Object(id)
		actor, now := d.Tx().Actor(), d.Tx().Now()
		g, err := oneGlass(d.DB, actor, id, now)
		if err == nil && g.OpenedBy != actor.MemberID {
			err = services.NotFound("opening")
		}
		if err != nil {
			return services.Page[models.CoachingNote]{}, err
		}
		d.Subject(g.MemberID)
		open, err := glassOpen(d.DB, actor, g.MemberID, now)
		if err == nil && (open == nil || open.ID != id) {
			err = services.Conflict(CodeGlassOver, "The time is up, and the notes are closed. If they are needed again, say why again.")
		}
		if err != nil {
			return services.Page[models.CoachingNote]{}, err
		}
		q := d.DB.Table("coaching_notes as n").Where(`exists (select from coaching_note_texts t where t.note_id = n.id and t.member_id = ?)
			and not exists (select from coaching_note_texts t where t.note_id = n.id and (t.member_id = ? or t.member_id in (select closed_to(?, ?))))`,
			g.MemberID, actor.MemberID, actor.MemberID, models.DateOf(now))
		return glassNotes.Find(ctx, s.core, q, in)
	})
}

// changeGlass locks one and lets do change it. It answers which columns are stored.
func (s *Service) changeGlass(ctx context.Context, id uuid.UUID, action string, do func(*services.Tx, *models.BreakGlass) (columns []string, err error)) (*GlassView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*GlassView, error) {
		g, err := oneGlass(tx.DB.Clauses(forUpdate), tx.Actor(), id, tx.Now())
		if err != nil {
			return nil, tx.Hidden(err, id)
		}
		before := *g
		columns, err := do(tx, g)
		if err != nil {
			return nil, err
		}
		if len(columns) == 0 {
			tx.Unchanged()
			return viewGlass(*g, tx.Now()), nil
		}
		g.Version++
		g.UpdatedAt = tx.Now()
		tx.Changed(before, *g)
		if err := tx.DB.Model(g).Select(append(columns, "version", "updated_at")).Updates(*g).Error; err != nil {
			return nil, err
		}
		if g.ToldAt == nil && !tx.Now().Before(g.NoticeAt()) {
			err = tellMember(tx, g)
		}
		return viewGlass(*g, tx.Now()), err
	})
}

// EndGlass closes the notes again before the time is up: who opened them does, or any reviewer who finds that they should not be open.
// Errors: not_found. One that is over stays as it is.
func (s *Service) EndGlass(ctx context.Context, id uuid.UUID) (*GlassView, error) {
	return s.changeGlass(ctx, id, "break_glass.end", func(tx *services.Tx, g *models.BreakGlass) ([]string, error) {
		if !g.Open(tx.Now()) {
			return nil, nil
		}
		now := tx.Now()
		g.EndedAt = &now
		return []string{"ended_at"}, nil
	})
}

// SealGlassNotice keeps the notice from the member, and what was read from their access log, for 90 days from the opening on: where
// whoever stands beside them must not learn of it. Then they are told.
// Errors: not_found; forbidden own_review; conflict already_told, notice_sealed.
func (s *Service) SealGlassNotice(ctx context.Context, id uuid.UUID, in GlassReason) (*GlassView, error) {
	return s.changeGlass(ctx, id, "break_glass.seal_notice", func(tx *services.Tx, g *models.BreakGlass) (columns []string, err error) {
		switch {
		case g.OpenedBy == tx.Actor().MemberID:
			return nil, tx.Refused("break_glass.seal_notice", errOwnReview)
		case g.ToldAt != nil:
			return nil, services.Conflict(CodeMemberTold, "The member has been told already.")
		case g.SealedUntil != nil:
			return nil, services.Conflict(CodeNoticeSealed, "The notice is sealed already.")
		}
		reason := services.Prose(in.Reason)
		if err := tx.Because(g.MemberID, reason); err != nil {
			return nil, err
		}
		sealed, key, err := tx.Seal(g.MemberID, sealedGlass(g.ID, "seal_reason"), 1, reason)
		if err != nil {
			return nil, err
		}
		now, until, me := tx.Now(), g.OpenedAt.Add(models.GlassSealedFor), tx.Actor().MemberID
		g.NoticeSealedAt, g.NoticeSealedBy, g.SealedUntil, g.SealReason, g.SealReasonKey = &now, &me, &until, sealed, &key
		return []string{"notice_sealed_at", "notice_sealed_by", "sealed_until", "seal_reason", "seal_reason_key"}, tasks.CloseFor(tx, glassRecord, g.ID, models.TaskTellOfGlass)
	})
}

// UnsealGlassNotice takes the seal off: the member is told at once.
// Errors: not_found; forbidden own_review; conflict already_told, not_sealed; invalid without a reason.
func (s *Service) UnsealGlassNotice(ctx context.Context, id uuid.UUID, in GlassReason) (*GlassView, error) {
	return s.changeGlass(ctx, id, "break_glass.unseal_notice", func(tx *services.Tx, g *models.BreakGlass) ([]string, error) {
		switch {
		case g.OpenedBy == tx.Actor().MemberID:
			return nil, tx.Refused("break_glass.unseal_notice", errOwnReview)
		case g.ToldAt != nil:
			return nil, services.Conflict(CodeMemberTold, "The member has been told already.")
		case g.SealedUntil == nil:
			return nil, services.Conflict(CodeNoticeOpen, "The notice is not sealed.")
		}
		now := tx.Now()
		g.SealedUntil = &now
		return []string{"sealed_until"}, tx.Because(g.MemberID, in.Reason)
	})
}

// CloseGlass ends a review with what was found. The member is told now, unless the notice is sealed.
// Errors: not_found; forbidden own_review; conflict already_reviewed, still_open while the notes can still be read; invalid without words.
func (s *Service) CloseGlass(ctx context.Context, id uuid.UUID, in CloseGlass) (*GlassView, error) {
	return s.changeGlass(ctx, id, "break_glass.close", func(tx *services.Tx, g *models.BreakGlass) (columns []string, err error) {
		words := services.Prose(in.Words)
		switch {
		case g.OpenedBy == tx.Actor().MemberID:
			return nil, tx.Refused("break_glass.close", errOwnReview)
		case g.ClosedAt != nil:
			return nil, services.Conflict(CodeGlassReviewed, "This review is closed already.")
		case g.Open(tx.Now()):
			return nil, services.Conflict(CodeGlassReadable, "The notes can still be read. End it first, or wait until the time is up.")
		case words == "":
			return nil, services.InvalidField("/words", "required", "Say what you found.")
		}
		if err := tx.Reason(g.MemberID, words); err != nil { // the log keeps them when the review is opened again
			return nil, err
		}
		sealed, key, err := tx.Seal(g.MemberID, sealedGlass(g.ID, "words"), 1, words)
		if err != nil {
			return nil, err
		}
		now, me := tx.Now(), tx.Actor().MemberID
		g.ClosedAt, g.ClosedBy, g.Words, g.WordsKey = &now, &me, sealed, &key
		return []string{"closed_at", "closed_by", "words", "words_key"}, tasks.DoneFor(tx, glassRecord, g.ID, "reviewed", models.TaskReviewBreakGlass)
	})
}

// ReopenGlass opens a review again, with a reason. Who was told stays told.
// Errors: not_found; forbidden own_review; conflict in_review; invalid without a reason.
func (s *Service) ReopenGlass(ctx context.Context, id uuid.UUID, in GlassReason) (*GlassView, error) {
	return s.changeGlass(ctx, id, "break_glass.reopen", func(tx *services.Tx, g *models.BreakGlass) ([]string, error) {
		switch {
		case g.OpenedBy == tx.Actor().MemberID:
			return nil, tx.Refused("break_glass.reopen", errOwnReview)
		case g.ClosedAt == nil:
			return nil, services.Conflict(CodeGlassInReview, "This review is open.")
		}
		if err := tx.Because(g.MemberID, in.Reason); err != nil {
			return nil, err
		}
		g.ClosedAt, g.ClosedBy, g.Words, g.WordsKey = nil, nil, nil, nil
		_, err := tasks.Open(tx, tasks.New{Kind: models.TaskReviewBreakGlass, MemberID: &g.MemberID, AlsoAbout: []uuid.UUID{g.OpenedBy}, Record: glassRecord, RecordID: &g.ID,
			Queue: "admins", Title: reviewTitle, DueAt: tx.Now().Add(models.GlassNoticeAfter)})
		return []string{"closed_at", "closed_by", "words", "words_key"}, err
	})
}

// GlassReviewers counts those who could review what another admin opens.
func (s *Service) GlassReviewers(ctx context.Context) (n int, err error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (n int, err error) {
		err = db.Raw(`select count(*) from accounts where status = 'active' and roles && array['admin', 'privacy_officer']`).Scan(&n).Error
		return n, err
	})
}
