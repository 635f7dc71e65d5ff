package workshops

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// look is one person at the door: by the code that was scanned, or found by name.
type look struct {
	code    string
	byHand  *uuid.UUID // an attendee, in place of a code
	nonce   string
	station string
	at      *time.Time // nil: now

	attendee uuid.UUID // whom the code is of, if it is genuine
	version  int
	genuine  bool
	mac      string
	row      *models.CheckIn
	who      *scanned
}

// read finds out what was scanned.
func (l *look) read(k *services.Keys) {
	if l.byHand != nil {
		l.attendee, l.genuine, l.mac = *l.byHand, true, scannedMAC(k, "by hand "+l.byHand.String())
		return
	}
	l.attendee, l.version, l.genuine = readCheckInCode(k, l.code)
	l.mac = scannedMAC(k, l.code)
}

// door is the ground of every check-in: one session, the attendees who are looked at, locked, and what is known of them. Of
// two scans of one person the lock has the second see the first.
type door struct {
	tx         *services.Tx
	session    *models.WorkshopSession
	draft      bool // nobody is expected yet
	people     map[uuid.UUID]*scanned
	sent       map[string]*models.CheckIn    // by the nonces of this scanner
	first      map[uuid.UUID]*models.CheckIn // the scan by which somebody is checked in
	undone     map[uuid.UUID]time.Time       // when a check-in was last taken back
	attendance map[uuid.UUID]models.Attendance
	stored     []models.CheckIn // as they were
	rows       []*models.CheckIn
	added      []*models.CheckIn
}

const (
	// One scanner's own scans come one after the other: a nonce that is sent twice at once counts once.
	lockScanner  = `select pg_advisory_xact_lock(hashtextextended($1, 7))`
	lockScanned  = `select from attendees where id = any($1) order by id for no key update`
	checkInRow   = `id, session_id, attendee_id, nonce, code_mac, result, scanned_at, recorded_at, scanned_by, undone_at, station, by_hand`
	readCheckIns = `select ` + checkInRow + ` from check_ins where session_id = $1 and scanned_by = $2 and nonce = any($3)
		union select ` + checkInRow + ` from check_ins where session_id = $1 and attendee_id = any($4) and result = 'ok'`
	readPresence = `select id, session_id, attendee_id, status, minutes, source, recorded_by, recorded_at from attendance
		where session_id = $1 and attendee_id = any($2) for no key update`
)

// openDoor reads and locks who is looked at.
// Errors: not_found for a session that the caller does not lead.
func openDoor(tx *services.Tx, sessionID uuid.UUID, looks ...*look) (*door, error) {
	session, err := ledSession(tx.DB, tx.Actor(), sessionID, beside)
	if err != nil {
		return nil, err
	}
	d := &door{tx: tx, session: session, people: map[uuid.UUID]*scanned{}, sent: map[string]*models.CheckIn{}, first: map[uuid.UUID]*models.CheckIn{},
		undone: map[uuid.UUID]time.Time{}, attendance: map[uuid.UUID]models.Attendance{}}
	ids, nonces := []uuid.UUID{}, []string{}
	for _, l := range looks {
		l.read(tx.Keys())
		nonces = append(nonces, l.nonce)
		if l.genuine && !slices.Contains(ids, l.attendee) {
			ids = append(ids, l.attendee)
		}
	}
	me := tx.Actor().MemberID
	tx.Locks(services.LockAttendees)
	tx.Queue(lockScanner, sessionID.String()+me.String())
	tx.Queue(lockScanned, ids)
	var people []scanned
	var there []models.Attendance
	err = tx.Batch(
		services.Statement{SQL: isDraft, Args: []any{session.WorkshopID}, Scan: services.ScanOne("workshop", &d.draft)},
		services.Statement{SQL: readScanned, Args: []any{ids}, Scan: services.RowsInto(&people)},
		services.Statement{SQL: readCheckIns, Args: []any{sessionID, me, nonces, ids}, Scan: services.RowsInto(&d.stored)},
		services.Statement{SQL: readPresence, Args: []any{sessionID, ids}, Scan: services.RowsInto(&there)},
	)
	for i := range people {
		d.people[people[i].ID] = &people[i]
	}
	for i := range there {
		d.attendance[there[i].AttendeeID] = there[i]
	}
	d.know(me)
	return d, err
}

// know sorts what was scanned before.
func (d *door) know(me uuid.UUID) {
	d.rows = make([]*models.CheckIn, len(d.stored))
	for i := range d.stored {
		row := d.stored[i]
		d.rows[i] = &row
		if row.ScannedBy == me {
			d.sent[row.Nonce] = &row
		}
		if row.Result != models.ScanOK || row.AttendeeID == nil {
			continue
		}
		if row.UndoneAt == nil {
			d.first[*row.AttendeeID] = &row
		} else if row.UndoneAt.After(d.undone[*row.AttendeeID]) {
			d.undone[*row.AttendeeID] = *row.UndoneAt
		}
	}
}

// take judges one look, unless its nonce has been sent before.
// Errors: invalid for its time, and nonce_reused for the nonce of another code, which would not be checked in.
func (d *door) take(l *look) error {
	if l.genuine {
		l.who = d.people[l.attendee]
	}
	if had := d.sent[l.nonce]; had != nil {
		if had.CodeMAC != l.mac {
			return services.InvalidField("/nonce", CodeNonceReused, "This nonce belongs to a scan of another code. Make a new one for each scan.")
		}
		l.row = had
		return nil
	}
	at, err := scanTime(l.at, d.tx.Now())
	if err != nil {
		return err
	}
	if l.byHand != nil && l.who != nil {
		l.version = l.who.CodeVersion
	}
	l.row = &models.CheckIn{ID: services.NewID(), SessionID: d.session.ID, Nonce: l.nonce, CodeMAC: l.mac, Result: judge(d.session, l.who, l.version, at), ScannedAt: at,
		RecordedAt: d.tx.Now(), ScannedBy: d.tx.Actor().MemberID, Station: services.Line(l.station), ByHand: l.byHand != nil}
	if l.who != nil {
		l.row.AttendeeID = &l.who.ID
	}
	if d.draft {
		l.row.Result = models.ScanSeeStaff
	}
	if l.row.Result == models.ScanOK {
		d.place(l.row, l.at != nil)
	}
	d.sent[l.nonce] = l.row
	d.added = append(d.added, l.row)
	return nil
}

// place says which scan of a person is the check-in: the earliest by the scanners' clocks, so that it is the same whoever
// sends their queue first. Only a scan that says when it was can be earlier than one that is known.
func (d *door) place(row *models.CheckIn, dated bool) {
	id := *row.AttendeeID
	first := d.first[id]
	switch {
	case row.ScannedAt.Before(d.undone[id]):
		row.Result = models.ScanSeeStaff
	case first == nil:
		d.first[id] = row
	case dated && (row.ScannedAt.Before(first.ScannedAt) || row.ScannedAt.Equal(first.ScannedAt) && row.Nonce < first.Nonce):
		first.Result = models.ScanAlready
		d.first[id] = row
	default:
		row.Result = models.ScanAlready
	}
}

// close stores what was scanned, and who was there by it.
func (d *door) close() error {
	if len(d.added) == 0 {
		d.tx.Unchanged()
		return nil
	}
	var second []uuid.UUID
	for i := range d.stored {
		if d.stored[i].Result != d.rows[i].Result {
			second = append(second, d.stored[i].ID)
			d.tx.Changed(d.stored[i], *d.rows[i])
		}
	}
	if len(second) > 0 {
		d.tx.Queue(`update check_ins set result = 'already_checked_in' where id = any($1)`, second)
	}
	saveCheckIns(d.tx, d.added)
	for _, row := range d.added {
		d.tx.Changed(nil, *row)
		if row.AttendeeID == nil {
			continue
		}
		if who := d.people[*row.AttendeeID]; who.MemberID != nil {
			d.tx.Subject(*who.MemberID)
		}
	}
	return d.attend()
}

// saveCheckIns queues all rows as one statement.
func saveCheckIns(tx *services.Tx, rows []*models.CheckIn) {
	var ids, sessions, by []uuid.UUID
	var attendees []*uuid.UUID
	var nonces, macs, results, stations []string
	var scanned, recorded []time.Time
	var hands []bool
	for _, r := range rows {
		ids, sessions, by, attendees = append(ids, r.ID), append(sessions, r.SessionID), append(by, r.ScannedBy), append(attendees, r.AttendeeID)
		nonces, macs, results, stations = append(nonces, r.Nonce), append(macs, r.CodeMAC), append(results, string(r.Result)), append(stations, r.Station)
		scanned, recorded, hands = append(scanned, r.ScannedAt), append(recorded, r.RecordedAt), append(hands, r.ByHand)
	}
	tx.Queue(`insert into check_ins (id, session_id, attendee_id, nonce, code_mac, result, scanned_at, recorded_at, scanned_by, station, by_hand)
		select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::uuid[], $10::text[], $11::boolean[])`,
		ids, sessions, attendees, nonces, macs, results, scanned, recorded, by, stations, hands)
}

// attend has those who are checked in by a new scan be there. What staff entered stands. The sums follow when the session
// is in them.
func (d *door) attend() error {
	var rows []models.Attendance
	var ids []uuid.UUID
	for _, scan := range d.added {
		if scan.Result != models.ScanOK {
			continue
		}
		now := presenceBy(d.session, scan)
		was, known := d.attendance[now.AttendeeID]
		switch {
		case known && was.Source == models.FromStaff:
			continue
		case known:
			now.ID = was.ID
			d.tx.Changed(was, now)
		default:
			d.tx.Changed(nil, now)
		}
		rows, ids = append(rows, now), append(ids, now.AttendeeID)
	}
	if len(rows) == 0 {
		return nil
	}
	saveAttendance(d.tx, rows)
	return sumsFollow(d.tx, d.session, ids...)
}

// presenceBy is what follows from a check-in.
func presenceBy(session *models.WorkshopSession, scan *models.CheckIn) models.Attendance {
	out := models.Attendance{ID: services.NewID(), SessionID: session.ID, AttendeeID: *scan.AttendeeID, Status: models.AttendancePresent, Source: models.FromCheckIn,
		RecordedBy: &scan.ScannedBy, RecordedAt: scan.RecordedAt}
	if scan.ScannedAt.After(session.StartsAt.Add(lateAfter)) {
		out.Status = models.AttendanceLate
	}
	return out
}

// answer is what the person at the door needs to know, of what holds now.
func (d *door) answer(l *look) *ScanAnswer {
	out := &ScanAnswer{ID: l.row.ID, Result: l.row.Result, ScannedAt: l.row.ScannedAt}
	if l.row.UndoneAt != nil {
		out.Result = models.ScanSeeStaff
	}
	if l.who == nil {
		return out
	}
	name := l.who.name()
	out.Name, out.Kind = &name, &l.who.Kind
	if out.Result != models.ScanOK && out.Result != models.ScanAlready {
		return out
	}
	if first := d.first[l.who.ID]; first != nil {
		out.Since = &first.ScannedAt
	} else { // what it was second to was undone
		out.Result = models.ScanSeeStaff
	}
	return out
}

// takeOne is a look that stands alone.
func takeOne(tx *services.Tx, sessionID uuid.UUID, l *look) (*ScanAnswer, error) {
	d, err := openDoor(tx, sessionID, l)
	if err != nil {
		return nil, err
	}
	if l.byHand != nil && d.elsewhere(*l.byHand) {
		return nil, services.NotFound("attendee")
	}
	if err := d.take(l); err != nil {
		return nil, err
	}
	if err := d.close(); err != nil {
		return nil, err
	}
	return d.answer(l), nil
}

// elsewhere says whether somebody is not of this session's workshop: whoever leads one sees its people alone.
func (d *door) elsewhere(attendee uuid.UUID) bool {
	who := d.people[attendee]
	return who == nil || who.WorkshopID != d.session.WorkshopID
}
