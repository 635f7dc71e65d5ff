package records_test

import (
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/workshops"
)

// What was told of a session that was closed between a merge and its undo is told again of who was there: no move of the merge
// knows of it.
func TestAttendanceOfASessionClosedBetweenMergeAndUndo(t *testing.T) {
	h := build(t)
	line := h.program("Battle Buddy", 0)
	w, l := h.human("Luis Ortega"), h.human("Lou Ortega")
	theirs, his := h.enrolled(w.member, w.member, line, nil, models.EnrollmentEnrolled), h.enrolled(l.member, l.member, h.program("Coaching", 0), nil, models.EnrollmentEnrolled)
	workshop := h.workshop("Sleep", 5)
	h.exec(`update workshops set program_id = $2 where id = $1`, workshop, line)
	h.register(l, workshop)
	session := uuid.MustParse(h.text(`select id::text from workshop_sessions where workshop_id = $1`, workshop))
	later := noon.AddDate(0, 0, 8)
	m := h.one(w, l)
	h.core.Clock.Set(later)
	if _, err := h.workshops.CompleteSession(h.as(h.cora), session); err != nil {
		t.Fatal(err)
	}
	known := func(of uuid.UUID, offered int) {
		t.Helper()
		if n := h.count(`select count(*) from program_attendance where member_id = $1 and source_id = $2 and status = 'absent'`, of, session); n != 1 {
			t.Errorf("%d lines of them", n)
		}
		if n := h.count(`select count(*) from program_attendance`); n != 1 {
			t.Errorf("%d lines in all", n)
		}
		if n := h.count(`select sessions_offered from enrollments where id = $1`, theirs); n != offered {
			t.Errorf("the kept record was offered %d", n)
		}
	}
	known(w.member, 1)
	h.apart(m)
	h.exec(`delete from river_job where kind <> $1`, workshops.TellPrograms{}.Kind())
	if _, err := h.core.RunDue(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	known(l.member, 0)
	if n := h.count(`select count(*) from enrollments where id = $1 and member_id = $2`, his, l.member); n != 1 {
		t.Error("the other's enrollment did not go back")
	}
}
