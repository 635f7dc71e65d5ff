package programs

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// Occasion is something that a program offered and that has taken place, such as a session of a workshop.
type Occasion struct {
	Source    string // of what kind it is
	SourceID  uuid.UUID
	ProgramID *uuid.UUID // nil: of no program, or of none any more
	StartsAt  time.Time
	Day       models.Date // in the occasion's own zone
}

// Presence is what is known of one person at an occasion.
type Presence struct {
	MemberID uuid.UUID
	Status   models.AttendanceStatus
}

// Sheet is all that is known of one occasion.
type Sheet struct {
	Occasion
	There []Presence
}

// LockOccasions makes the occasions the transaction's own until it ends. Whoever states who was there takes them before
// reading it, or of two who change different people of one roster the later would take back what the earlier wrote.
// It costs no round trip of its own.
func LockOccasions(tx *services.Tx, source string, ids ...uuid.UUID) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = source + " " + id.String()
	}
	slices.Sort(keys)
	tx.Queue(`select pg_advisory_xact_lock(hashtextextended(k, 0)) from (select k from unnest($1::text[]) with ordinality u(k, n) order by n) o`, slices.Compact(keys))
}

// RecordAttendance replaces all that is known of an occasion, and the sums of everybody it concerned before or concerns now
// follow. Without a program, or with nobody there, nothing is known of it any more. Of somebody who is named twice the best
// counts: present, late, excused, absent. Once in a transaction: several occasions are one RecordSheets.
func RecordAttendance(tx *services.Tx, o Occasion, there []Presence) error {
	return RecordSheets(tx, Sheet{o, there})
}

// RecordSheets is RecordAttendance for several occasions at once: two round trips, however many there are and however many
// people were there. Attendance is no change of its own: it follows from rows that the audit log shows.
//
// Three locks make the sums right whatever else happens at the same time. The occasions', so that two who state the same one
// follow each other. The enrollments', taken before the attendance is read that is added up: of two who record different
// occasions of one person the later waits, and then sees what the earlier wrote. And a share of the program's row, for an
// enrollment that is only just being made and that nobody else can see yet: whoever gives a place holds the program's row
// alone and recounts after that. If they come first we wait, and see the enrollment; if we do, they see our attendance.
func RecordSheets(tx *services.Tx, sheets ...Sheet) error {
	if len(sheets) == 0 {
		return nil
	}
	known, err := knownOf(tx, sheets)
	if err != nil {
		return err
	}
	d := difference{tx: tx}
	for _, s := range sheets {
		d.compare(known[key{s.Source, s.SourceID}], s)
	}
	if len(d.concerned) == 0 {
		return nil
	}
	d.store()
	return recountPairs(tx, d.concerned)
}

// key names an occasion.
type key struct {
	source string
	id     uuid.UUID
}

// knownOf reads what is known of the occasions, under the locks.
func knownOf(tx *services.Tx, sheets []Sheet) (map[key][]models.ProgramAttendance, error) {
	bySource := map[string][]uuid.UUID{}
	var sources []string
	var ids, programs []uuid.UUID
	for _, s := range sheets {
		bySource[s.Source] = append(bySource[s.Source], s.SourceID)
		sources, ids = append(sources, s.Source), append(ids, s.SourceID)
		if s.ProgramID != nil {
			programs = append(programs, *s.ProgramID)
		}
	}
	tx.Locks(services.LockPrograms)
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		LockOccasions(tx, source, bySource[source]...)
	}
	tx.Queue(`select from programs where id = any($3::uuid[]) or id in (select a.program_id from `+ofOccasions+`) order by id`+programLock, sources, ids, programs)
	var rows []models.ProgramAttendance
	err := tx.Batch(services.Statement{SQL: `select ` + attendanceColumns + ` from ` + ofOccasions, Args: []any{sources, ids}, Scan: services.RowsInto(&rows)})
	known := map[key][]models.ProgramAttendance{}
	for _, r := range rows {
		k := key{r.Source, r.SourceID}
		known[k] = append(known[k], r)
	}
	return known, err
}

// ofOccasions looks up one occasion after the other: a plan that does not know how many there are, or how many people come to
// one, may find it cheaper to read all attendance once.
const ofOccasions = `unnest($1::text[], $2::uuid[]) o(source, id) cross join lateral (select * from program_attendance where source = o.source and source_id = o.id offset 0) a`

const attendanceColumns = `a.id, a.source, a.source_id, a.program_id, a.member_id, a.starts_at, a.on_day, a.status`

// pair is one person in one program.
type pair struct{ program, member uuid.UUID }

func (p pair) compare(q pair) int {
	return cmp.Or(slices.Compare(p.program[:], q.program[:]), slices.Compare(p.member[:], q.member[:]))
}

// difference is what statements of occasions change.
type difference struct {
	tx        *services.Tx
	gone      []uuid.UUID
	fresh     []models.ProgramAttendance
	concerned []pair
}

// compare takes up what a sheet changes of what was known.
func (d *difference) compare(known []models.ProgramAttendance, s Sheet) {
	best := map[uuid.UUID]models.AttendanceStatus{}
	if s.ProgramID != nil {
		for _, p := range s.There {
			best[p.MemberID] = p.Status.Better(best[p.MemberID])
		}
	}
	for _, was := range known {
		status, there := best[was.MemberID]
		delete(best, was.MemberID)
		if !there {
			d.gone = append(d.gone, was.ID)
			d.concern(was.ProgramID, was.MemberID)
			continue
		}
		now := models.ProgramAttendance{ID: was.ID, Source: s.Source, SourceID: s.SourceID, ProgramID: *s.ProgramID, MemberID: was.MemberID,
			StartsAt: s.StartsAt, OnDay: s.Day, Status: status}
		if now.ProgramID != was.ProgramID || !now.StartsAt.Equal(was.StartsAt) || !now.OnDay.Equal(was.OnDay.Time) || now.Status != was.Status {
			d.fresh = append(d.fresh, now)
			d.concern(was.ProgramID, was.MemberID)
			d.concern(now.ProgramID, now.MemberID)
		}
	}
	for member, status := range best {
		d.fresh = append(d.fresh, models.ProgramAttendance{ID: services.NewID(), Source: s.Source, SourceID: s.SourceID, ProgramID: *s.ProgramID, MemberID: member,
			StartsAt: s.StartsAt, OnDay: s.Day, Status: status})
		d.concern(*s.ProgramID, member)
	}
}

func (d *difference) concern(program, member uuid.UUID) {
	d.concerned = append(d.concerned, pair{program, member})
}

// store queues what changes as two statements.
func (d *difference) store() {
	if len(d.gone) > 0 {
		d.tx.Queue(`delete from program_attendance where id = any($1)`, d.gone)
	}
	if len(d.fresh) == 0 {
		return
	}
	var ids, of, programs, members []uuid.UUID
	var sources, statuses []string
	var starts []time.Time
	var days []time.Time
	for _, r := range d.fresh {
		ids, of, programs, members = append(ids, r.ID), append(of, r.SourceID), append(programs, r.ProgramID), append(members, r.MemberID)
		sources, statuses, starts, days = append(sources, r.Source), append(statuses, string(r.Status)), append(starts, r.StartsAt), append(days, r.OnDay.Time)
	}
	d.tx.Queue(`insert into program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status)
		select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::date[], $8::text[])
		on conflict (source, source_id, member_id) do update set program_id = excluded.program_id, starts_at = excluded.starts_at, on_day = excluded.on_day, status = excluded.status`,
		ids, sources, of, programs, members, starts, days, statuses)
}
