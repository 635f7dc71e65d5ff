package coaching

import (
	"context"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// NoteQuery filters and pages through notes.
type NoteQuery struct {
	Tier  []models.NoteTier  `query:"tier,explode" enum:"shared,private,supervision" maxItems:"3" doc:"Only of these tiers"`
	State []models.NoteState `query:"state,explode" enum:"draft,signed" maxItems:"2" doc:"Only drafts, or only what is signed"`
	services.PageQuery
}

var noteList = services.List[noteRow]{
	IDColumn: "n.id", ID: func(n noteRow) uuid.UUID { return n.ID }, Default: "-created_at",
	Sorts: []services.Sort[noteRow]{{Name: "created_at", Column: "n.created_at", Cast: "timestamptz", Key: func(n noteRow) any { return n.CreatedAt }}},
}

// EngagementNotes lists the notes of an engagement that the caller may read, never a word of them. Whoever sees the engagement and may
// read none gets an empty list.
// Errors: not_found.
func (s *Service) EngagementNotes(ctx context.Context, engagementID uuid.UUID, in NoteQuery) (services.Page[NoteView], error) {
	return services.Disclose(ctx, s.core, "note.list", func(d *services.Disclosure) (services.Page[NoteView], error) {
		return s.noteList(ctx, d, "engagement", notesOfEngagement, engagementID, engagementID, in)
	})
}

// SessionNotes lists the notes about a session that the caller may read, as EngagementNotes does.
// Errors: not_found.
func (s *Service) SessionNotes(ctx context.Context, sessionID uuid.UUID, in NoteQuery) (services.Page[NoteView], error) {
	return services.Disclose(ctx, s.core, "note.list", func(d *services.Disclosure) (services.Page[NoteView], error) {
		var engagements []uuid.UUID
		if err := d.DB.Model(&models.CoachingSession{}).Where("id = ?", sessionID).Limit(1).Pluck("engagement_id", &engagements).Error; err != nil {
			return services.Page[NoteView]{}, err
		}
		engagement := uuid.Nil // of no session
		if len(engagements) > 0 {
			engagement = engagements[0]
		}
		return s.noteList(ctx, d, "session", notesOfSession, sessionID, engagement, in)
	})
}

// SupervisionNotes lists the signed supervision notes that the caller may read as the supervisor of who wrote them, never a word of them.
func (s *Service) SupervisionNotes(ctx context.Context, in services.PageQuery) (services.Page[NoteView], error) {
	return services.Disclose(ctx, s.core, "note.list", func(d *services.Disclosure) (services.Page[NoteView], error) {
		page := services.Page[NoteView]{Data: []NoteView{}}
		actor := d.Tx().Actor()
		rows, err := noteList.Find(ctx, s.core, d.DB.Table("(?) as n", notes(d.DB, notesToSupervise, actor.MemberID, actor, d.Tx().Now())), in)
		if err != nil {
			return page, err
		}
		for i := range rows.Data {
			d.Object(rows.Data[i].ID)
			d.Subject(*rows.Data[i].MemberID) // only a shared note is about several
			page.Data = append(page.Data, rows.Data[i].view())
		}
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		return page, nil
	})
}

func (s *Service) noteList(ctx context.Context, d *services.Disclosure, what, query string, of, engagement uuid.UUID, in NoteQuery) (services.Page[NoteView], error) {
	page := services.Page[NoteView]{Data: []NoteView{}}
	d.Object(of)
	actor, now := d.Tx().Actor(), d.Tx().Now()
	q := d.DB.Table("(?) as n", notes(d.DB, query, of, actor, now))
	if len(in.Tier) > 0 {
		q = q.Where("n.tier in ?", in.Tier)
	}
	if len(in.State) > 0 {
		q = q.Where("n.state in ?", in.State)
	}
	rows, err := noteList.Find(ctx, s.core, q, in.PageQuery)
	if err != nil {
		return page, err
	}
	if len(rows.Data) == 0 {
		page.Total = rows.Total
		return page, seesNone(d, what, query, of, engagement)
	}
	for i := range rows.Data {
		page.Data = append(page.Data, rows.Data[i].view())
	}
	page.NextCursor, page.Total = rows.NextCursor, rows.Total
	return page, nameSubjects(d, engagement, rows.Data)
}

// seesNone tells who may read none of the notes, or none that the filters leave, from who does not see what they hang on.
// Errors: not_found.
func seesNone(d *services.Disclosure, what, query string, of, engagement uuid.UUID) error {
	v, err := viewing(d.DB, d.Tx().Actor(), d.Tx().Now())
	if err != nil {
		return err
	}
	if _, _, err = v.engagement(d.DB, engagement); !services.IsNotFound(err) {
		return err
	}
	var any int64
	if err := d.DB.Table("(?) as n", notes(d.DB, query, of, d.Tx().Actor(), d.Tx().Now())).Count(&any).Error; err != nil || any > 0 {
		return err
	}
	return services.NotFound(what)
}

// nameSubjects tells the log whom the listed notes are about: a reader whom they are for, themselves alone.
func nameSubjects(d *services.Disclosure, engagement uuid.UUID, rows []noteRow) error {
	if rows[0].ForMe {
		d.Subject(d.Tx().Actor().MemberID)
		return nil
	}
	var about []uuid.UUID
	err := d.DB.Model(&models.EngagementParticipant{}).Where("engagement_id = ? and state in ('joined', 'left')", engagement).Order("id").Pluck("member_id", &about).Error
	d.Subject(about...)
	return err
}
