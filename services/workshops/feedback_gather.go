package workshops

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// How answers are shown without anybody's being seen.
//
// They are shown in groups alone, and everything that is shown of a session, a workshop, a facilitator or a program is the
// sum of whole groups. A group is formed of at least five people's answers that no group ever had, with whatever was left
// of groups that came apart. What it adds up to is fixed at that moment. So, however somebody adds and subtracts what they
// saw of whatever and whenever, the latest group in their sum has five people whom no other group in it has: nothing that
// they can compute depends on fewer than five.
//
// Who may read the results knows their own answer and can take it off. So whoever led a session is not asked about it, the
// answers of people with a role that reads count, but not among the five, and nobody is shown a group in which fewer than
// five others are: somebody may get such a role later.
//
// An answer that is changed counts as it was until its session has the next group, which takes the old one in. One that is
// taken back ends its group at once, since four are left. Words are shown with the first group of their author and never
// again: words that came or went without four others would tell whose they are.
//
// A session's answers wait for one another while it can be answered. What is left over then joins what is left over from
// other such sessions of its workshop, and when all of that is over, from other workshops of its program.

// GatherFeedback is the job that forms a group of a session's answers when there are enough.
type GatherFeedback struct {
	SessionID uuid.UUID `json:"session_id"`
}

// Kind implements services.JobArgs.
func (GatherFeedback) Kind() string { return "feedback.gather" }

// ReleaseFeedback is the job that lets the answers of a group go when one of them was taken back: they may come into
// another one.
type ReleaseFeedback struct {
	GroupID uuid.UUID `json:"group_id"`
}

// Kind implements services.JobArgs.
func (ReleaseFeedback) Kind() string { return "feedback.release" }

// gatherLeft is the job that looks for what is left over.
type gatherLeft struct{}

// Kind implements services.JobArgs.
func (gatherLeft) Kind() string { return "feedback.gather_left" }

const (
	gatherLeftEvery = 6 * time.Hour
	gatherAfter     = models.FeedbackOpenFor + time.Hour // of the end of a session: nobody answers any more
	gatherBatch     = 100
)

func (s *Service) feedbackJobs() {
	services.Handle(s.core.Jobs, 10, s.gatherFeedback)
	services.Handle(s.core.Jobs, 10, s.releaseFeedback)
	services.Handle(s.core.Jobs, 3, s.gatherLeft)
	services.Every(s.core.Jobs, gatherLeftEvery, gatherLeft{})
	services.Handle(s.core.Jobs, 10, s.deliverThanks)
	services.Handle(s.core.Jobs, 10, s.askFeedback)
	services.Handle(s.core.Jobs, 3, s.askDue)
	services.Every(s.core.Jobs, askEvery, askDue{})
}

// pile is where the answers of a group come from: SQL on session_feedback f, workshop_sessions s and workshops w.
type pile struct {
	where string
	args  []any
	of    models.FeedbackGroup
}

// loose are answers that no group has.
const loose = `f.answer is not null and f.group_id is null`

// insider says of an answer f whether who gave it may read results, and so knows one of the answers in them.
var insider = `exists (select from accounts c where c.member_id = f.member_id and c.roles && '{` + readingRoles() + `}')`

func readingRoles() string {
	names := make([]string, len(services.CanReadFeedback.Roles))
	for i, r := range services.CanReadFeedback.Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ",")
}

// opened says of an answer f whether its key is there yet.
const opened = `exists (select from subject_keys k where k.id = f.answer_key and k.wrapped is not null)`

func sessionPile(session, workshop uuid.UUID) pile {
	return pile{where: `f.session_id = $1 and f.answer is not null and (f.group_id is null
			or f.group_id in (select o.group_id from session_feedback o join feedback_groups g on g.id = o.group_id and g.session_id = $1 where o.session_id = $1 and o.revised))`,
		args: []any{session}, of: models.FeedbackGroup{SessionID: &session, WorkshopID: &workshop}}
}

func workshopPile(workshop uuid.UUID, over time.Time) pile {
	return pile{where: `s.workshop_id = $1 and s.ends_at <= $2 and ` + loose, args: []any{workshop, over}, of: models.FeedbackGroup{WorkshopID: &workshop}}
}

func programPile(program uuid.UUID, over time.Time) pile {
	return pile{where: `w.program_id = $1 and w.ends_at <= $2 and ` + loose, args: []any{program, over}, of: models.FeedbackGroup{ProgramID: &program}}
}

const pileFrom = `session_feedback f join workshop_sessions s on s.id = f.session_id join workshops w on w.id = s.workshop_id where `

// gatherFeedback looks first whether there are enough: most answers complete no group.
func (s *Service) gatherFeedback(ctx context.Context, args GatherFeedback) error {
	var workshops []uuid.UUID
	_, err := services.Read(ctx, s.core, func(db *gorm.DB) (struct{}, error) {
		return struct{}{}, db.Raw(`select s.workshop_id from workshop_sessions s where s.id = ? and (select count(*) from session_feedback f
			where f.session_id = s.id and `+loose+` and not f.seen and not `+insider+`) >= ?`, args.SessionID, models.FeedbackGroupSize).Scan(&workshops).Error
	})
	if err != nil || len(workshops) == 0 {
		return err
	}
	return s.gather(ctx, GatherFeedback{}.Kind(), sessionPile(args.SessionID, workshops[0]))
}

// gathered is one answer of a pile.
type gathered struct {
	models.SessionFeedback
	Insider bool
	said    answered
}

// gather forms a group of a pile, when five people or more are in it who read no results and of whom no group had the answer.
func (s *Service) gather(ctx context.Context, as string, p pile) error {
	_, err := services.Mutate(services.AsSystem(ctx, as), s.core, "feedback.gather", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		rows, err := takePile(tx, p)
		if err != nil {
			return nil, err
		}
		people := map[uuid.UUID]bool{}
		for i := range rows {
			if !rows[i].Seen && !rows[i].Insider {
				people[rows[i].MemberID] = true
			}
		}
		if len(people) < models.FeedbackGroupSize {
			return nil, nil
		}
		return nil, formGroup(tx, p.of, rows)
	})
	return err
}

// takePile locks the answers of a pile and opens them. Where the key of one is gone it is nobody's any more.
func takePile(tx *services.Tx, p pile) ([]gathered, error) {
	var rows []gathered
	tx.Queue(`select from `+pileFrom+p.where+` order by f.id for no key update of f`, p.args...)
	err := tx.Batch(services.Statement{SQL: `select f.*, ` + insider + ` as insider from ` + pileFrom + p.where + ` and ` + opened + ` order by f.id`,
		Args: p.args, Scan: services.RowsInto(&rows)})
	if err != nil {
		return nil, err
	}
	sealed := make([]services.SealedText, len(rows))
	for i := range rows {
		sealed[i] = services.SealedText{Key: *rows[i].AnswerKey, Record: feedbackRecord(rows[i].ID), Version: feedbackVersion, Sealed: rows[i].Answer}
	}
	texts, err := tx.UnsealAll(sealed...)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if err := json.Unmarshal([]byte(texts[i]), &rows[i].said); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// formGroup stores a group and puts the answers into it. Who is in it stands in no log: that follows from rows that it has.
func formGroup(tx *services.Tx, g models.FeedbackGroup, rows []gathered) error {
	g.ID, g.FormedAt = services.NewID(), tx.Now()
	ids, words := make([]uuid.UUID, len(rows)), []uuid.UUID{}
	for i := range rows {
		g.Add(rows[i].said.Score)
		ids[i] = rows[i].ID
		if !rows[i].Seen && rows[i].said.Word != "" {
			words = append(words, rows[i].ID)
		}
	}
	tx.Changed(nil, g)
	tx.Queue(`insert into feedback_groups (id, session_id, workshop_id, program_id, n, score_sum, low, middle, high, formed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		g.ID, g.SessionID, g.WorkshopID, g.ProgramID, g.N, g.ScoreSum, g.Low, g.Middle, g.High, g.FormedAt)
	tx.Queue(`update session_feedback set group_id = $2, seen = true, revised = false,
			shown = case when id = any($3) then answer end, shown_key = case when id = any($3) then answer_key end where id = any($1)`, ids, g.ID, words)
	return nil
}

// stands says of group g whether all its answers are there and can be opened: nothing else of it is ever shown.
const stands = `g.n = (select count(*) from session_feedback f join subject_keys k on k.id = f.answer_key and k.wrapped is not null where f.group_id = g.id)`

func (s *Service) releaseFeedback(ctx context.Context, args ReleaseFeedback) error {
	_, err := services.Mutate(ctx, s.core, "feedback.release", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged() // and no object: the log would tell whose answer was in which group
		tx.Queue(`select from session_feedback where group_id = $1 order by id for no key update`, args.GroupID)
		tx.Queue(`update session_feedback set group_id = null, shown = null, shown_key = null, revised = false
			where group_id = $1 and exists (select from feedback_groups g where g.id = $1 and not `+stands+`)`, args.GroupID)
		return nil, nil
	})
	return err
}

// releaseFallen lets go of groups that do not stand, though nobody took anything back: a key was destroyed, or somebody erased.
func (s *Service) releaseFallen(ctx context.Context) error {
	groups, err := services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
		return ids, db.Raw(`select g.id from feedback_groups g where exists (select from session_feedback f where f.group_id = g.id) and not `+stands+` order by g.id limit ?`, gatherBatch).Scan(&ids).Error
	})
	for _, id := range groups {
		err = errors.Join(err, s.releaseFeedback(services.AsSystem(ctx, gatherLeft{}.Kind()), ReleaseFeedback{id}))
	}
	return err
}

// gatherLeft forms groups of what is left over: of sessions that nobody can answer any more in each workshop, then of
// workshops that are over in each program. Before that it lets go what a destroyed key has left of groups.
func (s *Service) gatherLeft(ctx context.Context, _ gatherLeft) error {
	if err := s.releaseFallen(ctx); err != nil {
		return err
	}
	over := s.core.Clock.Now().Add(-gatherAfter)
	of := func(column, where string) (ids []uuid.UUID, err error) {
		return services.Read(ctx, s.core, func(db *gorm.DB) (ids []uuid.UUID, err error) {
			return ids, db.Raw(`select `+column+` from `+pileFrom+loose+` and not f.seen and `+opened+` and not `+insider+` and `+column+` is not null and `+where+` <= ?
				group by `+column+` having count(distinct f.member_id) >= ? order by 1 limit ?`, over, models.FeedbackGroupSize, gatherBatch).Scan(&ids).Error
		})
	}
	workshops, err := of("s.workshop_id", "s.ends_at")
	for _, id := range workshops {
		err = errors.Join(err, s.gather(ctx, gatherLeft{}.Kind(), workshopPile(id, over)))
	}
	if err != nil {
		return err
	}
	programs, err := of("w.program_id", "w.ends_at")
	for _, id := range programs {
		err = errors.Join(err, s.gather(ctx, gatherLeft{}.Kind(), programPile(id, over)))
	}
	return err
}
