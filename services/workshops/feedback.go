package workshops

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/outreach"
)

// Codes of feedback and thanks.
const (
	CodeNotOver        services.Code = "session_not_over"
	CodeNotThere       services.Code = "not_attended"
	CodeFeedbackClosed services.Code = "feedback_closed"
	CodeLedIt          services.Code = "led_it"
	CodeAlreadyThanked services.Code = "already_thanked"
	CodeDelivered      services.Code = "delivered"
)

// GiveFeedback says how a session was.
type GiveFeedback struct {
	Score  int        `json:"score" minimum:"0" maximum:"10" doc:"From 0, not at all good, to 10" example:"9"`
	Word   string     `json:"word,omitempty" maxLength:"500" doc:"In their own words, if they like. Shown without who said it, and only among the words of others: names and stories tell who wrote them" example:"The breathing exercise helped me sleep"`
	Thanks *SayThanks `json:"thanks,omitempty" doc:"Thanks to those who led it. Absent: what was said before stands"`
}

// MyFeedback is what somebody said of a session, as they see it.
type MyFeedback struct {
	SessionID uuid.UUID             `json:"session_id"`
	Title     string                `json:"title" example:"Living with Hypervigilance: Sleep"`
	Score     *int                  `json:"score" doc:"Null while nothing is said, or when it was taken back" example:"9"`
	Word      string                `json:"word" example:"The breathing exercise helped me sleep"`
	GivenAt   *time.Time            `json:"given_at"`
	ChangedAt *time.Time            `json:"changed_at"`
	OpenUntil time.Time             `json:"open_until" doc:"Until then it can be said and changed; taking it back is always possible"`
	LedBy     []Leader              `json:"led_by" nullable:"false" doc:"Whom one can thank"`
	Thanks    []ThanksSaid          `json:"thanks" nullable:"false" doc:"The thanks one said"`
	HelpNow   []outreach.CrisisLine `json:"help_now" nullable:"false" doc:"Who answers at any hour, whatever was said"`
}

// Leader is one of those who led a session.
type Leader struct {
	MemberID uuid.UUID `json:"member_id"`
	Name     string    `json:"name" doc:"First name and initial" example:"Dana R."`
}

// answered is what one answer holds, as it is sealed.
type answered struct {
	Score int    `json:"s"`
	Word  string `json:"w,omitempty"`
}

const feedbackVersion = 1 // of what is sealed

func feedbackRecord(id uuid.UUID) string { return "session_feedback:" + id.String() }

// visit is a session with what somebody was to it.
type visit struct {
	ID       uuid.UUID
	Workshop string
	Title    string
	EndsAt   time.Time
	Status   models.SessionStatus
	Place    bool // they had one, as an adult
	There    bool
	Led      bool
}

// Attendance counts as an adult alone: children are not asked, and teens neither.
const (
	attendedAdults = `attendance t join attendees a on a.id = t.attendee_id and a.kind = 'adult' and t.status in ('present', 'late')`
	readVisit      = `select s.id, s.title, s.ends_at, s.status, w.title as workshop,
			exists (select from attendees a join registrations r on r.id = a.registration_id where a.member_id = $2 and a.kind = 'adult' and r.confirmed_at is not null
				and r.workshop_id = s.workshop_id and (r.session_id is null or r.session_id = s.id)) as place,
			exists (select from ` + attendedAdults + ` where t.session_id = s.id and a.member_id = $2) as there,
			exists (select from session_facilitators l where l.session_id = s.id and l.member_id = $2) as led
		from workshop_sessions s join workshops w on w.id = s.workshop_id where s.id = $1`
	readLeaders = `select m.id as member_id, coalesce(nullif(m.preferred_name, ''), m.given_name) as given, m.family_name as family
		from session_facilitators f join members m on m.id = f.member_id where f.session_id = $1 and f.member_id <> $2 and m.status not in ('deceased', 'merged') order by m.id`
)

func (v *visit) title() string        { return titleOf(v.Workshop, v.Title) }
func (v *visit) openUntil() time.Time { return v.EndsAt.Add(models.FeedbackOpenFor).UTC() }

// open says whether the caller may still say how the session was.
// Errors: conflict led_it, not_attended, session_not_over, feedback_closed.
func (v *visit) open(now time.Time) error {
	switch {
	case v.Led: // they read what the others said, less their own
		return services.Conflict(CodeLedIt, "You led this session: how it was is for the others to say.")
	case !v.There:
		return services.Conflict(CodeNotThere, "Only who was there can say how it was. If you were, ask who led it to enter you.")
	case v.Status == models.SessionScheduled && now.Before(v.EndsAt):
		return services.Conflict(CodeNotOver, "The session is not over yet.")
	case !now.Before(v.openUntil()):
		return services.Conflict(CodeFeedbackClosed, "It can be said, and changed, for %d days after the session. You can still take it back.", int(models.FeedbackOpenFor.Hours()/24))
	}
	return nil
}

// visited reads a session that the caller had a place in, with those who led it.
// Errors: not_found.
func visited(tx *services.Tx, sessionID uuid.UUID) (*visit, []Leader, error) {
	var found []visit
	var led []struct {
		MemberID      uuid.UUID
		Given, Family string
	}
	me := tx.Actor().MemberID
	err := tx.Batch(
		services.Statement{SQL: readVisit, Args: []any{sessionID, me}, Scan: services.RowsInto(&found)},
		services.Statement{SQL: readLeaders, Args: []any{sessionID, me}, Scan: services.RowsInto(&led)},
	)
	if err != nil {
		return nil, nil, err
	}
	if len(found) == 0 || !found[0].Place && !found[0].There {
		return nil, nil, services.NotFound("session")
	}
	leaders := []Leader{}
	for _, l := range led {
		leaders = append(leaders, Leader{l.MemberID, models.Initialed(l.Given, l.Family)})
	}
	return &found[0], leaders, nil
}

// GiveFeedback says, or says anew, how a session was for the caller, and thanks those who led it. Saying the same again
// changes nothing. Staff see it only together with what others said: see FeedbackGroup.
// Errors: not_found for a session that they had no place in; invalid for thanks to somebody who did not lead it; conflict
// led_it, not_attended, session_not_over, feedback_closed, or already_thanked for other words than those delivered.
func (s *Service) GiveFeedback(ctx context.Context, sessionID uuid.UUID, in GiveFeedback) (*MyFeedback, error) {
	in.Word = services.Prose(in.Word)
	return services.Mutate(ctx, s.core, "feedback.give", func(tx *services.Tx) (*MyFeedback, error) {
		tx.Unchanged() // when they said just that before
		v, leaders, err := visited(tx, sessionID)
		if err != nil {
			return nil, err
		}
		if err := v.open(tx.Now()); err != nil {
			return nil, err
		}
		row, said, err := ownFeedback(tx, sessionID) // first: a double tap waits for it
		if err != nil {
			return nil, err
		}
		if in.Thanks != nil {
			if err := sayThanks(tx, v, leaders, *in.Thanks); err != nil {
				return nil, err
			}
		}
		now := answered{Score: in.Score, Word: in.Word}
		if said == nil || *said != now {
			if err := answer(tx, row, said, now); err != nil {
				return nil, err
			}
		}
		return myFeedback(tx, v, leaders, row, &now)
	})
}

// ownFeedback locks the caller's row about a session, made when there is none, and opens what it says.
func ownFeedback(tx *services.Tx, sessionID uuid.UUID) (*models.SessionFeedback, *answered, error) {
	tx.Queue(`insert into session_feedback (id, session_id, member_id) values ($1, $2, $3) on conflict (session_id, member_id) do nothing`,
		services.NewID(), sessionID, tx.Actor().MemberID)
	row := &models.SessionFeedback{}
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("session_id = ? and member_id = ?", sessionID, tx.Actor().MemberID).Take(row).Error
	if err != nil {
		return nil, nil, err
	}
	said, err := openAnswer(tx, row)
	return row, said, err
}

// openAnswer opens what a row says; nil when it says nothing.
func openAnswer(tx *services.Tx, row *models.SessionFeedback) (*answered, error) {
	if row.Answer == nil {
		return nil, nil
	}
	text, err := tx.Unseal(*row.AnswerKey, feedbackRecord(row.ID), feedbackVersion, row.Answer)
	if err != nil {
		return nil, err
	}
	said := &answered{}
	return said, json.Unmarshal([]byte(text), said)
}

// answer stores what somebody says. Of an answer that is shown the group keeps what it was; one that no group ever had may
// complete one.
func answer(tx *services.Tx, row *models.SessionFeedback, was *answered, now answered) error {
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	before, at := *row, tx.Now()
	sealed, key, err := tx.Seal(row.MemberID, feedbackRecord(row.ID), feedbackVersion, string(text))
	if err != nil {
		return err
	}
	row.Answer, row.AnswerKey = sealed, &key
	if was == nil {
		row.GivenAt, row.ChangedAt = &at, nil
	} else {
		row.ChangedAt, row.Revised = &at, row.GroupID != nil
	}
	saveFeedback(tx, before, row)
	if row.Seen {
		return nil
	}
	return tx.Enqueue(GatherFeedback{row.SessionID}, time.Time{})
}

func saveFeedback(tx *services.Tx, before models.SessionFeedback, row *models.SessionFeedback) {
	tx.Changed(before, *row)
	tx.Queue(`update session_feedback set answer = $2, answer_key = $3, shown = $4, shown_key = $5, given_at = $6, changed_at = $7, group_id = $8, revised = $9 where id = $1`,
		row.ID, row.Answer, row.AnswerKey, row.Shown, row.ShownKey, row.GivenAt, row.ChangedAt, row.GroupID, row.Revised)
}

// WithdrawFeedback takes back what the caller said of a session, at any time. Where it was shown its whole group is shown no
// more, at once: what is left of it is fewer than five. Doing it again changes nothing.
// Errors: not_found for a session that they had no place in.
func (s *Service) WithdrawFeedback(ctx context.Context, sessionID uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "feedback.withdraw", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		if _, _, err := visited(tx, sessionID); err != nil {
			return nil, err
		}
		var rows []models.SessionFeedback
		err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("session_id = ? and member_id = ? and answer is not null", sessionID, tx.Actor().MemberID).
			Limit(1).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		before, row := rows[0], rows[0]
		row.Answer, row.AnswerKey, row.Shown, row.ShownKey, row.GivenAt, row.ChangedAt, row.GroupID, row.Revised = nil, nil, nil, nil, nil, nil, nil, false
		saveFeedback(tx, before, &row)
		if before.GroupID == nil {
			return nil, nil
		}
		return nil, tx.Enqueue(ReleaseFeedback{*before.GroupID}, time.Time{})
	})
	return err
}

// MyFeedback shows the caller what they said of a session, and whom they may thank.
// Errors: not_found for a session that they had no place in.
func (s *Service) MyFeedback(ctx context.Context, sessionID uuid.UUID) (*MyFeedback, error) {
	return services.Disclose(ctx, s.core, "feedback.read_own", func(d *services.Disclosure) (*MyFeedback, error) {
		tx := d.Tx()
		v, leaders, err := visited(tx, sessionID)
		if err != nil {
			return nil, err
		}
		var rows []models.SessionFeedback
		if err := tx.DB.Where("session_id = ? and member_id = ?", sessionID, tx.Actor().MemberID).Limit(1).Find(&rows).Error; err != nil {
			return nil, err
		}
		d.Object(sessionID)
		d.Subject(tx.Actor().MemberID)
		if len(rows) == 0 {
			return myFeedback(tx, v, leaders, &models.SessionFeedback{}, nil)
		}
		said, err := openAnswer(tx, &rows[0])
		if err != nil {
			return nil, err
		}
		return myFeedback(tx, v, leaders, &rows[0], said)
	})
}

func myFeedback(tx *services.Tx, v *visit, leaders []Leader, row *models.SessionFeedback, said *answered) (*MyFeedback, error) {
	out := &MyFeedback{SessionID: v.ID, Title: v.title(), GivenAt: inUTC(row.GivenAt), ChangedAt: inUTC(row.ChangedAt), OpenUntil: v.openUntil(), LedBy: leaders, HelpNow: outreach.CrisisLines()}
	if said != nil {
		out.Score, out.Word = &said.Score, said.Word
	}
	var err error
	out.Thanks, err = thanksSaid(tx, v.ID)
	slices.SortFunc(out.LedBy, func(a, b Leader) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}
