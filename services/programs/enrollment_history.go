package programs

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// Who took a step, as the person may be told.
const (
	byYou    = "you"
	byWriter = "entered_by"
	byTeam   = "team"
	byItself = "itself"
)

// EnrollmentLine is one line of an enrollment's own history.
type EnrollmentLine struct {
	ID         uuid.UUID               `json:"id"`
	At         time.Time               `json:"at"`
	Step       models.EnrollmentStep   `json:"step" enum:"apply,waitlist,enroll,deny,activate,pause,resume,complete,withdraw,reopen,move,move_ahead,supersede,restore"`
	FromState  *models.EnrollmentState `json:"from_state" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded" doc:"Null for the first line"`
	ToState    models.EnrollmentState  `json:"to_state" enum:"applied,waitlisted,enrolled,active,paused,completed,denied,withdrawn,superseded"`
	CohortName *string                 `json:"cohort_name" doc:"Where they are after it, or wish to be" example:"Spring 2027"`
	Reason     *models.EnrollmentEnd   `json:"reason" enum:"finished,goals_met,member_request,moved_away,schedule,other_help_fits_better,no_contact,conduct,not_eligible,no_place,duplicate,program_closed,died,merged,other"`
	By         string                  `json:"by" gorm:"-" enum:"you,entered_by,team,itself" doc:"entered_by: the guardian or caregiver who entered it; itself: a day came, somebody attended" example:"team"`
	ByName     *string                 `json:"by_name,omitempty" doc:"For staff" example:"Dana Whitfield"`
	Words      *string                 `json:"words,omitempty" gorm:"-" doc:"For staff: what the colleague wrote" example:"Spoke on the telephone"`

	ByID     *uuid.UUID    `json:"-"`
	Sealed   models.Sealed `json:"-"`
	WordsKey *uuid.UUID    `json:"-"`
}

var enrollmentLines = services.List[EnrollmentLine]{
	IDColumn: "h.id", ID: func(l EnrollmentLine) uuid.UUID { return l.ID }, Default: "at",
	Sorts: []services.Sort[EnrollmentLine]{{Name: "at", Column: "h.at", Cast: "timestamptz", Key: func(l EnrollmentLine) any { return l.At }}},
}

// History pages through what happened to an enrollment, the oldest first: staff see who and in what words, and the look is
// logged; members see that it was our team, and what they are told of (ToldToMembers).
// Errors: not_found; those of a list.
func (s *Service) History(ctx context.Context, id uuid.UUID, in services.PageQuery) (services.Page[EnrollmentLine], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[EnrollmentLine]{}, err
	}
	if !actor.Coordinates() {
		return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[EnrollmentLine], error) {
			e, err := viewOf(db, actor, s.core.Clock.Now(), id)
			if err != nil {
				return services.Page[EnrollmentLine]{}, err
			}
			return s.lines(ctx, db, actor, e, in, false)
		})
	}
	action, err := s.lookAs(ctx, actor, id, "enrollment.history")
	if err != nil {
		return services.Page[EnrollmentLine]{}, err
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (services.Page[EnrollmentLine], error) {
		d.Object(id)
		e, err := viewOf(d.DB, actor, d.Tx().Now(), id)
		if err != nil {
			return services.Page[EnrollmentLine]{}, err
		}
		d.Subject(e.MemberID)
		staff := e.EnteredByID != nil // else it is their own
		page, err := s.lines(ctx, d.DB, actor, e, in, staff)
		if err != nil || !staff {
			return page, err
		}
		return page, unsealWords(d.Tx(), page.Data)
	})
}

func (s *Service) lines(ctx context.Context, db *gorm.DB, actor *services.Actor, e *EnrollmentView, in services.PageQuery, staff bool) (services.Page[EnrollmentLine], error) {
	columns := "h.id, h.at, h.step, h.from_state, h.to_state, h.reason, h.by_id, c.name AS cohort_name"
	if staff {
		columns += ", h.words AS sealed, h.words_key, btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) AS by_name"
	}
	q := db.Table("enrollment_events AS h").Select(columns).Joins("LEFT JOIN cohorts c ON c.id = h.cohort_id").Joins("LEFT JOIN members m ON m.id = h.by_id").Where("h.enrollment_id = ?", e.ID)
	own := e.MemberID == actor.MemberID
	if !staff {
		q = q.Where(ToldToMembers("h"))
	}
	if !staff && !own {
		q = q.Where("(h.step <> 'activate' OR h.from_state IS NULL)")
	}
	page, err := enrollmentLines.Find(ctx, s.core, q, in)
	for i := range page.Data {
		l := &page.Data[i]
		switch {
		case l.ByID == nil:
			l.By = byItself
		case *l.ByID == actor.MemberID:
			l.By = byYou
		case *l.ByID == e.MemberID || *l.ByID == e.EnteredBy:
			l.By = byWriter
		default:
			l.By = byTeam
		}
		if !staff {
			l.plain(own)
		}
	}
	return page, err
}

// ToldToMembers is which lines of the history in the table of that alias are told to others than staff. Nobody is told where in
// line they are; what a death did, and that it or a merge was taken back, is work of staff.
func ToldToMembers(alias string) string {
	return alias + ".step NOT IN ('move_ahead', 'restore') AND " + alias + ".reason IS DISTINCT FROM 'died'"
}

// plain puts a line into the words of show.
func (l *EnrollmentLine) plain(own bool) {
	l.ToState, l.Reason = plainState(l.ToState, own), plainReason(l.Reason)
	if l.FromState != nil {
		*l.FromState = plainState(*l.FromState, own)
	}
	switch {
	case own:
	case l.Step == models.StepSupersede:
		l.Step, l.By = models.StepWithdraw, byTeam
	case l.Step == models.StepActivate:
		l.Step = models.StepEnroll
	}
}

// unsealWords opens the words of colleagues. Those of a person whose keys were destroyed are gone.
func unsealWords(tx *services.Tx, lines []EnrollmentLine) error {
	var sealed []services.SealedText
	var of []int
	for i := range lines {
		if l := &lines[i]; l.WordsKey != nil {
			sealed, of = append(sealed, services.SealedText{Key: *l.WordsKey, Record: eventWords, Sealed: l.Sealed}), append(of, i)
		}
	}
	if len(sealed) == 0 {
		return nil
	}
	texts, err := tx.UnsealAll(sealed...)
	if err != nil {
		if services.IsNotFound(err) {
			return nil
		}
		return err
	}
	for n, i := range of {
		lines[i].Words = &texts[n]
	}
	return nil
}
