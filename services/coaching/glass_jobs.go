package coaching

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// toldAtOnce are those who hear of an opening at once: who coaches the member or did until lately, the other admins and the privacy
// officers. Not somebody who is close to the member or kept apart from them, whatever they are here, nor who opened the notes.
var toldAtOnce = `select a.member_id from accounts a where a.status = 'active' and a.member_id not in (@opener, @member)
	and (a.roles && array['admin', 'privacy_officer'] or 'coach' = any(a.roles) and a.member_id in (
		select c.coach_id from engagement_coaches c join engagements e on e.id = c.engagement_id join engagement_participants p on p.engagement_id = c.engagement_id
		where p.member_id = @member and p.state in ('joined', 'left') and c.outcome is distinct from 'declined'
			and (c.ends_at is null or c.ends_at > @lately) and (e.closed_at is null or e.closed_at > @lately)))
	and not exists (select from kin_of(a.member_id, @today) k where k = @member)
	and not ` + separated("a.member_id", "@member", "@last") + `
	order by a.member_id`

func tellStaffOfGlass(tx *services.Tx, g *models.BreakGlass) error {
	var readers []uuid.UUID
	err := tx.DB.Raw(toldAtOnce, map[string]any{"opener": g.OpenedBy, "member": g.MemberID, "lately": tx.Now().Add(-models.NotesKeptOpen),
		"today": models.DateOf(tx.Now()), "last": models.SeparationDay(tx.Now())}).Scan(&readers).Error
	if err != nil {
		return err
	}
	for _, reader := range readers {
		if err := tellOfGlass(tx, g, reader); err != nil {
			return err
		}
	}
	return nil
}

// tellOfGlass tells one of them. No mail and no notification says whose notes, or why.
func tellOfGlass(tx *services.Tx, g *models.BreakGlass, reader uuid.UUID) error {
	return notices.Send(tx, glassNotice(g, reader))
}

func glassNotice(g *models.BreakGlass, reader uuid.UUID) notices.Notice {
	data := map[string]any{"title": "Notes were opened in an emergency", "at": g.OpenedAt.UTC().Format(time.RFC3339)}
	if reader == g.MemberID {
		data["own"] = true
	}
	return notices.Notice{Event: models.NoticeGlassBroken, MemberID: reader, Record: glassRecord, RecordID: g.ID, Key: fmt.Sprintf("%s:%s:%s", models.NoticeGlassBroken, g.ID, reader), Data: data}
}

// tellMember tells the member, once and for all: somebody under 18 in another way.
func tellMember(tx *services.Tx, g *models.BreakGlass) error {
	who, err := people.Load(tx, []uuid.UUID{g.MemberID})
	if err != nil {
		return err
	}
	if len(who) > 0 && !who[0].Gone() && who[0].MinorOn(who[0].Today(tx.Now())) {
		return tellMinor(tx, g)
	}
	return errors.Join(told(tx, g, tx.Now()), tellOfGlass(tx, g, g.MemberID))
}

// told notes when the member was.
func told(tx *services.Tx, g *models.BreakGlass, at time.Time) error {
	before := *g
	g.ToldAt = &at
	tx.Changed(before, *g)
	return tx.DB.Model(g).Select("told_at").Updates(*g).Error
}

// tellMinor mails nothing: a guardian may read it, who may be why the notes were opened. One of the reviewers tells them in person, and
// an account shows it, too. Without one they know when the task is done; one that was dropped is not opened again.
func tellMinor(tx *services.Tx, g *models.BreakGlass) error {
	var account bool
	if err := tx.DB.Raw(`select exists (select from accounts where member_id = ? and status = 'active')`, g.MemberID).Scan(&account).Error; err != nil {
		return err
	}
	var asked []models.Task // since it was time: a seal may have taken back what was asked before
	err := tx.DB.Where("record = ? and record <> '' and record_id = ? and kind = ? and created_at >= ?", glassRecord, g.ID, models.TaskTellOfGlass, g.NoticeAt()).
		Order("created_at desc").Limit(1).Find(&asked).Error
	if err == nil && len(asked) == 0 {
		_, err = tasks.Open(tx, tasks.New{Kind: models.TaskTellOfGlass, MemberID: &g.MemberID, AlsoAbout: []uuid.UUID{g.OpenedBy}, Record: glassRecord, RecordID: &g.ID,
			Queue: "admins", Title: "Tell somebody under 18, in person, that their notes were opened", DueAt: tx.Now().Add(models.GlassNoticeAfter)})
	}
	switch {
	case err != nil:
		return err
	case account:
		n := glassNotice(g, g.MemberID)
		n.InApp = true
		return errors.Join(told(tx, g, tx.Now()), notices.Send(tx, n))
	case len(asked) > 0 && asked[0].Status == models.TaskDone:
		return told(tx, g, *asked[0].ClosedAt)
	}
	return nil
}

// TellOfGlass is the job that tells a member that their notes were opened, unless they know by then.
type TellOfGlass struct {
	GlassID uuid.UUID `json:"glass_id"`
}

// Kind implements services.JobArgs.
func (TellOfGlass) Kind() string { return "break_glass.tell" }

// tellOverdue finds those who are to know by now and do not: their job was lost, or a person tells them.
type tellOverdue struct{}

// Kind implements services.JobArgs.
func (tellOverdue) Kind() string { return "break_glass.overdue" }

func (s *Service) glassJobs() {
	services.Handle(s.core.Jobs, 10, s.tellOfGlassJob)
	services.Handle(s.core.Jobs, 3, s.tellOverdue)
	services.Every(s.core.Jobs, time.Hour, tellOverdue{})
}

func (s *Service) tellOverdue(ctx context.Context, _ tellOverdue) error {
	ids, err := s.idsOf(ctx, `select id from break_glass where told_at is null and coalesce(sealed_until, notice_due_at) <= @now order by coalesce(sealed_until, notice_due_at) limit 500`,
		map[string]any{"now": s.core.Clock.Now()})
	for _, id := range ids {
		err = errors.Join(err, s.tellOfGlassJob(ctx, TellOfGlass{id}))
	}
	return err
}

func (s *Service) tellOfGlassJob(ctx context.Context, job TellOfGlass) error {
	_, err := services.Mutate(ctx, s.core, "break_glass.tell", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var found []models.BreakGlass
		if err := tx.DB.Clauses(forUpdate).Where("id = ? and told_at is null", job.GlassID).Limit(1).Find(&found).Error; err != nil || len(found) == 0 {
			return nil, err
		}
		if due := found[0].NoticeAt(); tx.Now().Before(due) { // sealed meanwhile
			return nil, tx.Enqueue(job, due)
		}
		return nil, tellMember(tx, &found[0])
	})
	return err
}
