package programs

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// TaskPlaceFree tells staff that a program has a place and somebody waits for one. Who gets it is for them to say.
const TaskPlaceFree models.TaskKind = "place_free"

// settleTasks opens and closes what staff have to do about an enrollment and about its program's line.
func (t *stepping) settleTasks() error {
	if t.next == models.EnrollmentApplied && (t.was == nil || t.was.State != models.EnrollmentApplied) {
		if err := askToReview(t.tx, t.e, t.program.Name, nil); err != nil {
			return err
		}
	}
	if t.was != nil && (t.was.State == models.EnrollmentApplied || len(t.was.Review) > 0) && t.next != models.EnrollmentApplied {
		if err := tasks.CloseFor(t.tx, enrollmentRecord, t.e.ID, TaskReviewEnrollment); err != nil {
			return err
		}
	}
	if t.was != nil && t.was.State.Live() && !t.next.Live() {
		if err := tasks.CloseFor(t.tx, enrollmentRecord, t.e.ID, taskSeparationClash); err != nil {
			return err
		}
	}
	if err := t.lookForClash(); err != nil {
		return err
	}
	held := t.was != nil && t.was.State.HoldsPlace()
	waited := t.was != nil && t.was.State == models.EnrollmentWaitlisted
	waits := t.next == models.EnrollmentWaitlisted
	left := held && t.next.HoldsPlace() && t.leftFullCohort()
	if held == t.next.HoldsPlace() && waited == waits && !left {
		return nil
	}
	return t.lookAtLine(left || held && !t.next.HoldsPlace())
}

// leftFullCohort says whether somebody else finds a place now where they were, and found none before.
func (t *stepping) leftFullCohort() bool {
	if t.was.CohortID == nil || t.e.CohortID != nil && *t.e.CohortID == *t.was.CohortID {
		return false
	}
	c := t.cohorts[*t.was.CohortID]
	return c != nil && c.Capacity != nil && c.Taken == *c.Capacity-1
}

// lookAtLine asks coordinators who gets a place that has become free while somebody waits; there is one such task for a
// program. It is moot once nobody waits, or nothing is free. The caller holds the program's row.
func lookAtLine(tx *services.Tx, p *models.Program, freed bool) error {
	waiting, err := inLine(tx, p.ID)
	switch {
	case err != nil:
		return err
	case waiting == 0 || p.Full():
		return tasks.CloseFor(tx, programRecord, p.ID, TaskPlaceFree)
	case !freed:
		return nil
	}
	_, err = tasks.Open(tx, tasks.New{Kind: TaskPlaceFree, Record: programRecord, RecordID: &p.ID, Queue: "coordinators",
		Title: "A place in " + p.Name + " has become free, and somebody waits for one", DueAt: tx.Now().Add(48 * time.Hour)})
	return err
}

// event is what a person is told of a step; empty for what they know already or need no mail for.
func (t *stepping) event() models.NoticeEvent {
	if t.in.Quiet || t.in.Itself {
		return ""
	}
	switch t.name {
	case models.StepApply:
		return models.NoticeEnrollmentReceived
	case models.StepWaitlist:
		return models.NoticeEnrollmentWaitlisted
	case models.StepEnroll:
		return models.NoticeEnrollmentEnrolled
	case models.StepActivate:
		if t.was == nil {
			return models.NoticeEnrollmentEnrolled
		}
	case models.StepDeny:
		return models.NoticeEnrollmentDenied
	case models.StepComplete:
		return models.NoticeEnrollmentCompleted
	case models.StepWithdraw:
		if a := t.tx.Actor(); a.MemberID != t.e.MemberID && a.MemberID != t.e.EnteredBy {
			return models.NoticeEnrollmentWithdrawn
		}
	case models.StepReopen:
		if t.next == models.EnrollmentWaitlisted {
			return models.NoticeEnrollmentWaitlisted
		}
		return models.NoticeEnrollmentReopened
	}
	return ""
}

// tell writes to the member; of a child to the guardian whose entry it is, as long as they may act for them.
func (t *stepping) tell() error {
	event := t.event()
	if event == "" {
		return nil
	}
	to, err := t.reader()
	if err != nil || to == uuid.Nil {
		return err
	}
	data := map[string]any{"title": t.program.Name, "link": t.leadsTo(event)}
	if t.next.HoldsPlace() && t.e.StartsOn != nil {
		data["first_day"] = *t.e.StartsOn
	}
	return notices.Send(t.tx, notices.Notice{Event: event, MemberID: to, Record: enrollmentRecord, RecordID: t.e.ID, Key: fmt.Sprintf("%s:%s:%d", event, t.e.ID, t.e.Version), Data: data})
}

// leadsTo is where the button of a mail leads in the app: to what it says.
func (t *stepping) leadsTo(event models.NoticeEvent) string {
	switch event {
	case models.NoticeEnrollmentDenied:
		return "/help-requests/new"
	case models.NoticeEnrollmentCompleted:
		return "/enrollments/" + t.e.ID.String() + "/certificate"
	}
	return "/enrollments/" + t.e.ID.String()
}

func (t *stepping) reader() (uuid.UUID, error) {
	m, known := t.people[t.e.MemberID]
	switch {
	case !known || m.Gone():
		return uuid.Nil, nil
	case !m.MinorOn(m.Today(t.tx.Now())):
		return m.ID, nil
	case t.e.EnteredBy == m.ID:
		return uuid.Nil, nil
	}
	may, err := people.MayActFor(t.tx, &services.Actor{MemberID: t.e.EnteredBy}, m.ID)
	if err != nil || !may {
		return uuid.Nil, err
	}
	return t.e.EnteredBy, nil
}
