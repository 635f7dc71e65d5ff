package coaching

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/tasks"
)

// Codes of logs.
const (
	CodeNotLoggable   services.Code = "not_loggable"
	CodeAlreadyLogged services.Code = "already_logged"
	CodeLogIDTaken    services.Code = "log_id_taken"
	CodeNotLogged     services.Code = "not_logged"
)

// logLateFor is how long a coach who handed an engagement over may still write down the sessions that they held.
const logLateFor = 30 * 24 * time.Hour

// LogCoaching is what a coach writes down of a session that is over, in one call.
type LogCoaching struct {
	LogID           uuid.UUID        `json:"log_id" doc:"Made by the client (UUIDv7). The same log may be sent again, for ever: the answer is the same. For another log make another"`
	Outcome         CoachingOutcome  `json:"outcome" enum:"completed,no_show_member,no_show_coach" example:"completed"`
	Minutes         *int             `json:"minutes,omitempty" minimum:"0" maximum:"480" doc:"That it really took, 1 at least when it took place. Absent: as long as it was booked; 0 when it did not take place" example:"50"`
	Modality        *models.Modality `json:"modality,omitempty" enum:"online,phone,in_person" doc:"How it took place; absent: as it was booked"`
	Paid            *bool            `json:"paid,omitempty" doc:"The coach was paid for it, else it was pro bono; absent: as their profile says when the log arrives"`
	Attendance      []LogAttendance  `json:"attendance,omitempty" maxItems:"2" doc:"Of a couple, when not both were there. Who is absent from it was there, or with no_show_member was not"`
	SharedSummary   *LogNote         `json:"shared_summary,omitempty" doc:"What those who are coached read: of a couple what was said together"`
	PrivateNote     *LogNote         `json:"private_note,omitempty" doc:"For the coach alone. Of a couple it names one of them"`
	SupervisionNote *LogNote         `json:"supervision_note,omitempty" doc:"For the coach and their supervisor. Of a couple it names one of them"`
	Notes           []LogTieredNote  `json:"notes,omitempty" maxItems:"6" doc:"More notes: of a couple, what one says alone is written under that one"`
	NextSteps       []NewAction      `json:"next_steps,omitempty" maxItems:"20"`
	Goals           []GoalProgress   `json:"goals,omitempty" maxItems:"30" doc:"How far they are. What was said after this session stays what holds, whenever the log arrives"`
	Next            *NextCoaching    `json:"next,omitempty" doc:"The next session. That it does not fit does not lose the log"`
	Sign            *bool            `json:"sign,omitempty" doc:"Absent or true: notes are signed, and shared ones can be read. False: they stay drafts"`
}

// CoachingOutcome is what came of a session.
type CoachingOutcome string

// LogNote is one note of a log.
type LogNote struct {
	ID       *uuid.UUID `json:"id,omitempty" doc:"Made by the client; absent: the server makes one"`
	MemberID *uuid.UUID `json:"member_id,omitempty" doc:"Whom it is about; absent: of whoever is coached, and of a couple of both"`
	Text     string     `json:"text" minLength:"1" maxLength:"20000" example:"We looked at the evenings. Luis reads before he sleeps now."`
}

// LogTieredNote is a note of any tier.
type LogTieredNote struct {
	Tier models.NoteTier `json:"tier" enum:"shared,private,supervision" example:"shared"`
	LogNote
}

// LogAttendance is whether one of those who are coached was there.
type LogAttendance struct {
	MemberID uuid.UUID               `json:"member_id"`
	Status   models.AttendanceStatus `json:"status" enum:"present,late,excused,absent"`
}

// NextCoaching is a session to book.
type NextCoaching struct {
	ID       *uuid.UUID      `json:"id,omitempty" doc:"Made by the client"`
	StartsAt time.Time       `json:"starts_at" example:"2026-12-15T23:00:00Z"`
	Modality models.Modality `json:"modality,omitempty" enum:"online,phone,in_person" doc:"Absent: as this session"`
}

// LoggedFacts is what is on record of a session that was written down.
type LoggedFacts struct {
	LogID     uuid.UUID            `json:"log_id"`
	SessionID uuid.UUID            `json:"coaching_session_id"`
	Version   int                  `json:"version" doc:"Of the session; its ETag" example:"3"`
	State     models.CoachingState `json:"state" enum:"completed,no_show_member,no_show_coach" example:"completed"`
	Minutes   int                  `json:"minutes" example:"50"`
	Modality  models.Modality      `json:"modality" enum:"online,phone,in_person"`
	Paid      bool                 `json:"paid" doc:"The coach was paid for it; else it was pro bono"`
	LoggedAt  time.Time            `json:"logged_at"`
}

// Edition is what the ETag of an answer says.
func (f LoggedFacts) Edition() int { return f.Version }

// LoggedCoaching is what came of a log: ids and facts, no words.
type LoggedCoaching struct {
	LoggedFacts
	Notes   []LoggedNote `json:"notes" nullable:"false"`
	StepIDs []uuid.UUID  `json:"step_ids" nullable:"false"`
	GoalIDs []uuid.UUID  `json:"goal_ids" nullable:"false" doc:"Of the goals that it tells of"`
	Next    *LoggedNext  `json:"next" doc:"Null when none was asked for"`
}

// LoggedNote is one note of a log, without its words.
type LoggedNote struct {
	ID       uuid.UUID        `json:"id"`
	Tier     models.NoteTier  `json:"tier" enum:"shared,private,supervision"`
	State    models.NoteState `json:"state" enum:"draft,signed"`
	MemberID *uuid.UUID       `json:"member_id" nullable:"true" doc:"Whom it is about; null: both"`
}

// LoggedNext is what came of the booking in a log.
type LoggedNext struct {
	Booked    bool          `json:"booked"`
	SessionID *uuid.UUID    `json:"coaching_session_id" nullable:"true"`
	StartsAt  time.Time     `json:"starts_at"`
	Code      services.Code `json:"code" doc:"Why it was not booked, as POST /v1/coaching-sessions says it; empty when it was" example:"double_booked"`
	Reason    string        `json:"reason" doc:"The same in words" example:"This time is taken. Choose another."`
}

// LogSession writes a session down: what came of it, notes, next steps, how far goals are, and the next session, all at once or not at
// all, but for the next session. It may come days later and in any order: before the session was started, and before the log of an
// earlier one. The same log_id is answered the same, for ever. Who held the session writes it down, a month after a hand-over still.
// Errors: not_found; invalid for people, goals and notes that do not fit; forbidden coach_suspended; conflict engagement_not_active for
// steps and goals while our team lets the engagement stand still, not_loggable for a session that did not come to its time (the answer
// names its state, and nothing is stored), with_our_team when it was said that the coach did not come, too_early, already_logged, log_id_taken, and those of notes.
func (s *Service) LogSession(ctx context.Context, id uuid.UUID, in LogCoaching) (*LoggedCoaching, error) {
	return services.Mutate(ctx, s.core, "coaching_session.log", func(tx *services.Tx) (*LoggedCoaching, error) {
		mac, err := in.mac(tx, id)
		if err != nil {
			return nil, err
		}
		v, hold := openHeld(tx, id)
		if hold != nil && !services.IsNotFound(hold) && !errNotCoaching.Is(hold) {
			return nil, hold
		}
		before, err := loggedBefore(tx, id, in.LogID, mac) // under the lock: a double tap waits for it
		if hold != nil && isConflict(err) {
			return nil, tx.Hidden(hold, id) // what others logged is nothing to who does not see the session
		}
		if err != nil || before != nil {
			tx.Unchanged()
			return before, err
		}
		if hold != nil {
			return nil, tx.Hidden(hold, id)
		}
		if err := v.loggable(models.CoachingState(in.Outcome)); err != nil {
			return nil, err
		}
		out, err := s.writeLog(v, &in)
		if err != nil {
			return nil, err
		}
		return out, storeLog(tx, out, mac)
	})
}

// storeLog keeps a log to be known again, and what was answered to it.
func storeLog(tx *services.Tx, out *LoggedCoaching, mac []byte) error {
	answer, err := json.Marshal(out)
	if err != nil {
		return err
	}
	row := models.CoachingLog{ID: out.LogID, SessionID: out.SessionID, LoggedBy: tx.Actor().MemberID, LoggedAt: tx.Now()}
	tx.Changed(nil, row)
	tx.Queue(`insert into coaching_logs (id, session_id, logged_by, logged_at, body_mac, answer) values ($1, $2, $3, $4, $5, $6)`,
		row.ID, row.SessionID, row.LoggedBy, row.LoggedAt, mac, answer)
	return nil
}

// mac tells a log from another with the same id.
func (in *LogCoaching) mac(tx *services.Tx, session uuid.UUID) ([]byte, error) {
	body, err := canonical(in)
	return tx.Keys().MAC("coaching log", session[:], body), err
}

// canonical is a log as the same bytes for ever: names in order, and nothing that is null or empty, so that fields that logs get later
// leave those alone that were sent before.
func canonical(log any) ([]byte, error) {
	body, err := json.Marshal(log)
	if err != nil {
		return nil, err
	}
	var sent any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&sent); err != nil {
		return nil, err
	}
	return json.Marshal(filled(sent))
}

// filled leaves out what is null or empty: nil when that is all.
func filled(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, of := range v {
			if v[name] = filled(of); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// loggedBefore is the answer to the same log, when it came before. After some days its id, who sent it and of which session tell it.
// Errors: conflict log_id_taken for another log of that id.
func loggedBefore(tx *services.Tx, session, id uuid.UUID, mac []byte) (*LoggedCoaching, error) {
	var known []models.CoachingLog
	if err := tx.DB.Where("id = ?", id).Limit(1).Find(&known).Error; err != nil || len(known) == 0 {
		return nil, err
	}
	k := &known[0]
	if k.LoggedBy != tx.Actor().MemberID || k.SessionID != session || k.BodyMAC != nil && !slices.Equal(k.BodyMAC, mac) {
		return nil, services.Conflict(CodeLogIDTaken, "Another log was sent under this log_id. Make a new one for each log; facts of a log are changed by PATCH, its notes by amending them.")
	}
	out := &LoggedCoaching{}
	return out, json.Unmarshal(k.Answer, out)
}

// openHeld locks a session for the coach who holds it or held it.
// Errors: not_found.
func openHeld(tx *services.Tx, id uuid.UUID) (*visit, error) {
	v, err := openSession(tx, id)
	if err == nil && v.sight.Coach && v.session.CoachID == tx.Actor().MemberID {
		return v, nil
	}
	if err != nil && !services.IsNotFound(err) {
		return nil, err
	}
	return openPast(tx, id)
}

// handedOverBy is SQL for the engagements e that a coach, who is none of those who are coached, has handed over since a time.
const handedOverBy = `exists (select from engagement_coaches t where t.engagement_id = e.id and t.coach_id = ? and t.outcome = 'handed_over' and t.ends_at > ?)
	and not exists (select from engagement_participants p where p.engagement_id = e.id and p.member_id = ?)`

// openPast is openHeld for a coach who has handed the engagement over since.
// Errors: not_found.
func openPast(tx *services.Tx, id uuid.UUID) (*visit, error) {
	me := tx.Actor().MemberID
	var engagements []models.Engagement
	q := tx.DB.Table("engagements as e").Where(`e.id = (select s.engagement_id from coaching_sessions s where s.id = ? and s.coach_id = ?)
		and `+handedOverBy, id, me, me, tx.Now().Add(-logLateFor), me)
	tx.Locks(services.LockEngagements)
	if err := q.Clauses(forUpdate).Limit(1).Find(&engagements).Error; err != nil {
		return nil, err
	}
	if len(engagements) == 0 || !tx.Actor().Has(models.RoleCoach) {
		return nil, services.NotFound("session")
	}
	v := &visit{tx: tx, e: &engagements[0], sight: sight{Coach: true}}
	if err := tx.DB.Where("engagement_id = ?", v.e.ID).Order("id").Find(&v.participants).Error; err != nil {
		return nil, err
	}
	if err := tx.DB.Where("id = ?", id).Clauses(forUpdate).Take(&v.session).Error; err != nil {
		return nil, err
	}
	if err := tx.DB.Where("session_id = ?", id).Order("member_id").Find(&v.people).Error; err != nil {
		return nil, err
	}
	tx.Subject(v.members()...)
	return v, nil
}

// loggable says whether the session can be written down now, with an outcome.
// Errors: conflict with_our_team, not_loggable, already_logged, too_early.
func (v *visit) loggable(outcome models.CoachingState) error {
	s, now := &v.session, v.tx.Now()
	begins := s.StartsAt
	switch {
	case outcome != models.CoachingCompleted:
		begins = begins.Add(noShowAfter)
	case s.State == models.CoachingInProgress:
		begins = begins.Add(-startsBefore)
	}
	if err := v.undisputed(); err != nil {
		return err
	}
	switch {
	case s.LoggedAt != nil:
		return services.Conflict(CodeAlreadyLogged, "This session is written down already. Change its facts by PATCH, and amend its notes.")
	case !s.State.Live() && !s.State.TookPlace():
		err := services.Conflict(CodeNotLoggable, "This session is %s, so nothing was stored. Keep the log; if the session took place all the same, ask a coordinator to restore it, or book it at its time, then send the log.",
			wordsOf([]models.CoachingState{s.State}))
		err.Fields = []services.FieldError{{Field: "path/coaching_session_id", Code: services.Code(s.State), Message: "The state of the session."}}
		return err
	case now.Before(begins):
		return services.Conflict(CodeTooEarly, "Its time has not come yet. That somebody did not come can be said from ten minutes after the start on.")
	}
	return nil
}

// writeLog does all that a log says. Locks of bookings come before those of programs, so the attendance is last.
func (s *Service) writeLog(v *visit, in *LogCoaching) (*LoggedCoaching, error) {
	people, err := in.there(v.people)
	if err != nil {
		return nil, err
	}
	held := *v.e
	held.CoachID = &v.session.CoachID // who held it writes of it
	if err := mayWriteNotes(v.tx, &held); err != nil {
		return nil, notFoundAs("session", v.tx.Hidden(err, v.session.ID))
	}
	c, err := v.teller(&held, in)
	if err != nil {
		return nil, err
	}
	notes, err := s.writeNotes(v.tx, &held, &v.session, in.notes(), in.Sign == nil || *in.Sign)
	if err != nil {
		return nil, err
	}
	steps, err := c.addActions(v.tx, &v.session.ID, in.NextSteps)
	if err != nil {
		return nil, err
	}
	if err := c.moveGoals(v.tx, &v.session, in.Goals); err != nil {
		return nil, err
	}
	if err := v.logFacts(in); err != nil {
		return nil, err
	}
	next, err := v.bookNextOf(in.Next)
	if err != nil {
		return nil, err
	}
	out := &LoggedCoaching{LoggedFacts: loggedAs(in.LogID, &v.session), Notes: []LoggedNote{}, StepIDs: []uuid.UUID{}, GoalIDs: []uuid.UUID{}, Next: next}
	for i := range notes {
		out.Notes = append(out.Notes, LoggedNote{notes[i].ID, notes[i].Tier, notes[i].State, notes[i].MemberID})
	}
	for i := range steps {
		out.StepIDs = append(out.StepIDs, steps[i].ID)
	}
	for i := range in.Goals {
		out.GoalIDs = append(out.GoalIDs, in.Goals[i].GoalID)
	}
	return out, v.afterLog(people)
}

// teller is who held the session, in the confidence that they have in it, or had while they coached: what was said before or after
// is not theirs to change. While our team lets the engagement stand still, and from somebody who is kept apart, no log brings steps
// or goals.
// Errors: conflict engagement_not_active.
func (v *visit) teller(e *models.Engagement, in *LogCoaching) (*confidant, error) {
	c := &confidant{engagement: e, participants: v.participants, me: v.tx.Actor().MemberID, coach: true}
	if len(in.NextSteps)+len(in.Goals) == 0 {
		return c, nil
	}
	var apart bool
	err := v.tx.DB.Raw(`select exists (select from engagement_participants p where p.engagement_id = ? and p.state <> 'refused' and `+separated("p.member_id", "?", "?")+`)`,
		e.ID, models.SeparationDay(v.tx.Now()), c.me, c.me).Scan(&apart).Error
	if err != nil {
		return nil, err
	}
	if apart || pausedByUs(e) {
		return nil, services.Conflict(CodeNotActive, "Our team has a look at this engagement, so nothing was stored. Keep the next steps and the goals for later, and send the log without them.")
	}
	var terms []models.EngagementCoach
	if err := v.tx.DB.Where("engagement_id = ? and coach_id = ?", e.ID, c.me).Order("ends_at desc nulls first, starts_at desc").Limit(1).Find(&terms).Error; err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		return nil, services.NotFound("session")
	}
	if !terms[0].History {
		c.since = terms[0].StartsAt
	}
	if terms[0].EndsAt != nil {
		c.until = *terms[0].EndsAt
	}
	return c, nil
}

// afterLog ends the tasks that wait for the session, and states who was there to the program and to the coach's log of hours.
func (v *visit) afterLog(people []models.CoachingAttendance) error {
	if err := tasks.CloseFor(v.tx, sourceSession, v.session.ID, models.TaskLogSession); err != nil {
		return err
	}
	v.people = people
	if err := recordSession(v.tx, v.e, &v.session, people); err != nil {
		return err
	}
	if met := v.met(); len(met) > 0 {
		numberClients(v.tx, v.session.CoachID, met)
	}
	return nil
}

// met are those who were there when the session took place.
func (v *visit) met() []uuid.UUID {
	var out []uuid.UUID
	for i := range v.people {
		if s := v.people[i].Status; v.session.State == models.CoachingCompleted && (s == nil || s.Attended()) {
			out = append(out, v.people[i].MemberID)
		}
	}
	return out
}

func loggedAs(id uuid.UUID, s *models.CoachingSession) LoggedFacts {
	return LoggedFacts{LogID: id, SessionID: s.ID, Version: s.Version, State: s.State, Minutes: *s.Minutes, Modality: s.Modality, Paid: s.Paid, LoggedAt: s.LoggedAt.UTC()}
}

// notes are all notes of a log.
func (in *LogCoaching) notes() []NoteInput {
	var out []NoteInput
	add := func(tier models.NoteTier, n *LogNote, at string) {
		if n == nil {
			return
		}
		note := NoteInput{Tier: tier, MemberID: n.MemberID, Text: n.Text, At: at}
		if n.ID != nil {
			note.ID = *n.ID
		}
		out = append(out, note)
	}
	add(models.NoteShared, in.SharedSummary, "/shared_summary")
	add(models.NotePrivate, in.PrivateNote, "/private_note")
	add(models.NoteSupervision, in.SupervisionNote, "/supervision_note")
	for i := range in.Notes {
		add(in.Notes[i].Tier, &in.Notes[i].LogNote, "/notes/"+strconv.Itoa(i))
	}
	return out
}
