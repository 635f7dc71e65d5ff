package workshops

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// FeedbackNumbers is what answers add up to.
type FeedbackNumbers struct {
	N      int     `json:"n" doc:"How many answers it is made of: five or more" example:"10"`
	Mean   float64 `json:"mean" doc:"Of the scores from 0 to 10, to one decimal" example:"8.4"`
	Low    int     `json:"low" doc:"Answers from 0 to 6" example:"1"`
	Middle int     `json:"middle" doc:"Answers of 7 and 8" example:"4"`
	High   int     `json:"high" doc:"Answers of 9 and 10" example:"5"`
}

// FeedbackSummary is what is shown of the answers of many sessions.
type FeedbackSummary struct {
	Feedback *FeedbackNumbers `json:"feedback" doc:"Null while there are not enough answers to show any"`
	Words    []string         `json:"words" nullable:"false" doc:"What people wrote, in no order; the newest 200 at most"`
}

// WorkshopFeedback is what is shown of the answers to a workshop.
type WorkshopFeedback struct {
	WorkshopID uuid.UUID `json:"workshop_id"`
	FeedbackSummary
	Sessions []SessionNumbers `json:"sessions" nullable:"false" doc:"Those with enough answers of their own, in order. They need not add up to the whole"`
}

// SessionNumbers is what the answers to one session add up to.
type SessionNumbers struct {
	SessionID uuid.UUID       `json:"session_id"`
	Title     string          `json:"title" doc:"Of the session; empty when it has none" example:"Sleep"`
	StartsAt  time.Time       `json:"starts_at"`
	Feedback  FeedbackNumbers `json:"feedback"`
}

const wordsAtMost = 200

// feedbackScope is which groups somebody asks for: SQL on feedback_groups g with $1. Everything shown is the sum of whole groups.
type feedbackScope struct {
	where string
	of    uuid.UUID
	// leader leaves only groups all of whose sessions this member led.
	leader *uuid.UUID
	reader uuid.UUID
}

const (
	groupsOfWorkshop = `g.workshop_id = $1`
	groupsOfProgram  = `(g.program_id = $1 or g.workshop_id = any(array(select id from workshops where program_id = $1)))`
	groupsOfLeader   = `g.id in (select f.group_id from session_facilitators l cross join lateral (select distinct o.group_id from session_feedback o where o.session_id = l.session_id and o.group_id is not null) f where l.member_id = $1)`
	ledWholly        = `($2::uuid is null or not exists (select from session_feedback f where f.group_id = g.id
		and not exists (select from session_facilitators l where l.session_id = f.session_id and l.member_id = $2)))`
	ofOthers = `(select count(distinct f.member_id) from session_feedback f where f.group_id = g.id and f.member_id <> $3) >= $4`
)

func (f *feedbackScope) groups() string {
	return ` from feedback_groups g where ` + f.where + ` and ` + ledWholly + ` and ` + stands + ` and ` + ofOthers
}

func (f *feedbackScope) args() []any {
	return []any{f.of, f.leader, f.reader, models.FeedbackGroupSize}
}

// scopeFor is the scope for whoever calls: those who do not coordinate see what was said of sessions that they led themselves.
func scopeFor(actor *services.Actor, where string, of uuid.UUID) feedbackScope {
	scope := feedbackScope{where: where, of: of, reader: actor.MemberID}
	if !actor.Coordinates() {
		scope.leader = &actor.MemberID
	}
	return scope
}

// tally is the sum of some groups.
type tally struct {
	SessionID *uuid.UUID
	Title     string
	StartsAt  *time.Time
	N         int
	ScoreSum  int
	Low       int
	Middle    int
	High      int
}

func (t *tally) numbers() FeedbackNumbers {
	return FeedbackNumbers{N: t.N, Mean: math.Round(float64(t.ScoreSum)/float64(t.N)*10) / 10, Low: t.Low, Middle: t.Middle, High: t.High}
}

const sums = `coalesce(sum(g.n), 0)::int as n, coalesce(sum(g.score_sum), 0)::int as score_sum, coalesce(sum(g.low), 0)::int as low, coalesce(sum(g.middle), 0)::int as middle, coalesce(sum(g.high), 0)::int as high`

// summary adds up the groups of a scope, and reads their words, with more statements in the same round trip.
func (f *feedbackScope) summary(tx *services.Tx, more ...services.Statement) (*FeedbackSummary, error) {
	var total []tally
	var written []struct {
		models.SessionFeedback
		FormedAt time.Time
	}
	args := f.args()
	err := tx.Batch(append([]services.Statement{
		{SQL: `select ` + sums + f.groups(), Args: args, Scan: services.RowsInto(&total)},
		// The newest groups with words, as many as hold enough of them, each whole.
		{SQL: `with newest as materialized (select g.id, g.formed_at` + f.groups() + ` and exists (select from session_feedback f where f.group_id = g.id and f.shown is not null)
				order by g.formed_at desc, g.id desc limit 200)
			select f.id, f.shown, f.shown_key, f.group_id, n.formed_at from newest n join session_feedback f on f.group_id = n.id and f.shown is not null
			order by n.formed_at desc, n.id desc, f.id`, Args: args, Scan: services.RowsInto(&written)},
	}, more...)...)
	if err != nil {
		return nil, err
	}
	out := &FeedbackSummary{Words: []string{}}
	if len(total) > 0 && total[0].N > 0 {
		numbers := total[0].numbers()
		out.Feedback = &numbers
	}
	var sealed []services.SealedText
	for i := 0; i < len(written); {
		end := i
		for end < len(written) && *written[end].GroupID == *written[i].GroupID {
			end++
		}
		if len(sealed) > 0 && len(sealed)+end-i > wordsAtMost {
			break
		}
		for _, w := range written[i:end] {
			sealed = append(sealed, services.SealedText{Key: *w.ShownKey, Record: feedbackRecord(w.ID), Version: feedbackVersion, Sealed: w.Shown})
		}
		i = end
	}
	out.Words, err = shuffled(tx, f.of, sealed)
	return out, err
}

// shuffled opens words and puts them into an order that follows from the words themselves: not from who wrote them, nor when.
func shuffled(tx *services.Tx, of uuid.UUID, sealed []services.SealedText) ([]string, error) {
	texts, err := tx.UnsealAll(sealed...)
	if err != nil {
		return nil, err
	}
	words := []string{}
	for _, text := range texts {
		var said answered
		if err := json.Unmarshal([]byte(text), &said); err != nil {
			return nil, err
		}
		words = append(words, said.Word)
	}
	key := func(word string) []byte { return tx.Keys().MAC("feedback words", of[:], []byte(word)) }
	slices.SortFunc(words, func(a, b string) int { return bytes.Compare(key(a), key(b)) })
	return words, nil
}

// WorkshopFeedback shows what people said of a workshop, from five answers up. Coordinators see all of it, others what was
// said of sessions that they led.
// Errors: not_found for a workshop that the caller does not lead.
func (s *Service) WorkshopFeedback(ctx context.Context, workshopID uuid.UUID) (*WorkshopFeedback, error) {
	return services.Disclose(ctx, s.core, "feedback.read", func(d *services.Disclosure) (*WorkshopFeedback, error) {
		tx := d.Tx()
		d.Object(workshopID)
		if err := ledWorkshop(tx.DB, tx.Actor(), workshopID); err != nil {
			return nil, err
		}
		scope := scopeFor(tx.Actor(), groupsOfWorkshop, workshopID)
		var each []tally
		summary, err := scope.summary(tx, services.Statement{
			SQL: `select s.id as session_id, s.title, s.starts_at, t.n, t.score_sum, t.low, t.middle, t.high from (select g.session_id, ` + sums + scope.groups() + ` and g.session_id is not null
				group by g.session_id) t join workshop_sessions s on s.id = t.session_id order by s.starts_at, s.id`,
			Args: scope.args(), Scan: services.RowsInto(&each),
		})
		if err != nil {
			return nil, err
		}
		out := &WorkshopFeedback{WorkshopID: workshopID, FeedbackSummary: *summary, Sessions: []SessionNumbers{}}
		for i := range each {
			out.Sessions = append(out.Sessions, SessionNumbers{SessionID: *each[i].SessionID, Title: each[i].Title, StartsAt: each[i].StartsAt.UTC(), Feedback: each[i].numbers()})
		}
		return out, nil
	})
}

// FacilitatorFeedback shows what people said of the sessions that somebody led, from five answers up: to them, and to
// coordinators who are not close to them.
// Errors: not_found for anybody else, and for somebody who led none.
func (s *Service) FacilitatorFeedback(ctx context.Context, memberID uuid.UUID) (*FeedbackSummary, error) {
	return services.Disclose(ctx, s.core, "feedback.read", func(d *services.Disclosure) (*FeedbackSummary, error) {
		tx := d.Tx()
		q := tx.DB.Table("session_facilitators as l").Where("l.member_id = ?", memberID)
		switch actor := tx.Actor(); {
		case actor.MemberID == memberID:
		case actor.Coordinates():
			q = q.Scopes(actor.NotKin("l.member_id", tx.Now()))
		default:
			q = q.Where("false")
		}
		var led []uuid.UUID
		if err := q.Limit(1).Pluck("l.member_id", &led).Error; err != nil {
			return nil, err
		}
		if len(led) == 0 {
			return nil, services.NotFound("facilitator")
		}
		d.Subject(memberID)
		scope := feedbackScope{where: groupsOfLeader, of: memberID, leader: &memberID, reader: tx.Actor().MemberID}
		return scope.summary(tx)
	})
}

// ProgramFeedback shows what people said of the workshops of a program, from five answers up. Coordinators see all of it,
// others what was said of sessions that they led.
// Errors: not_found.
func (s *Service) ProgramFeedback(ctx context.Context, programID uuid.UUID) (*FeedbackSummary, error) {
	return services.Disclose(ctx, s.core, "feedback.read", func(d *services.Disclosure) (*FeedbackSummary, error) {
		tx := d.Tx()
		d.Object(programID)
		var n int64
		if err := tx.DB.Model(&models.Program{}).Where("id = ?", programID).Count(&n).Error; err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, services.NotFound("program")
		}
		scope := scopeFor(tx.Actor(), groupsOfProgram, programID)
		return scope.summary(tx)
	})
}
