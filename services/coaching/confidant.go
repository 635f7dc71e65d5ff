package coaching

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// confidant is somebody who reads what is said in an engagement, and writes it: one of those who are coached, or their coach.
type confidant struct {
	engagement   *models.Engagement
	participants []models.EngagementParticipant
	me           uuid.UUID
	coach        bool
	left         bool      // coached no more: their own words stay theirs
	since        time.Time // from when on a coach reads; zero: from the beginning
	until        time.Time // up to when, of a coach who handed over since; zero: to this day
	still        time.Time // a coach does not read what was touched from then on: our team lets it stand still; zero: it goes on
}

// confide says how the actor is in the confidence of an engagement. Coordinators and guardians are not, nor is a coach before
// it begins, after it ends, while they are suspended, or when somebody in it is close to them or kept to others.
// Errors: not_found, of what was asked for.
func confide(db *gorm.DB, actor *services.Actor, e *models.Engagement, participants []models.EngagementParticipant, s sight, now time.Time, what string) (*confidant, error) {
	c := &confidant{engagement: e, participants: participants, me: actor.MemberID, coach: s.Coach}
	switch {
	case s.Participant:
		for i := range participants {
			c.left = c.left || participants[i].MemberID == c.me && participants[i].State == models.ParticipantLeft
		}
		return c, nil
	case s.Coach && begun(e):
		var terms []models.EngagementCoach
		err := db.Table("engagement_coaches as t").Joins("join coaches c on c.id = t.coach_id and c.suspended_at is null and c.archived_at is null").
			Where("t.engagement_id = ? and t.coach_id = ? and t.ends_at is null", e.ID, c.me).Where(openTo("t.engagement_id", "?", "?"), c.me, c.me, models.DateOf(now)).Limit(1).Find(&terms).Error
		if err != nil {
			return nil, err
		}
		if len(terms) == 0 {
			return nil, services.NotFound(what)
		}
		if !terms[0].History {
			c.since = terms[0].StartsAt
		}
		if pausedByUs(e) {
			c.still = *e.PausedAt
		}
		return c, nil
	}
	return nil, services.NotFound(what)
}

// openTo is SQL that says whether nobody in an engagement is the reader, close to them, or kept to others, on a day.
func openTo(engagement, reader, day string) string {
	return `not exists (select from engagement_participants o where o.engagement_id = ` + engagement + ` and o.state <> 'refused'
		and (o.member_id = ` + reader + ` or o.member_id in (select closed_to(` + reader + `, ` + day + `))))`
}

// separated is SQL that says whether two people are kept apart, whichever of them from the other; day is models.SeparationDay.
func separated(one, other, day string) string {
	return `exists (select from separations s where s.status = 'live' and (s.ends_on is null or s.ends_on >= ` + day + `)
		and (s.first_id = ` + one + ` and s.second_id = ` + other + ` or s.second_id = ` + one + ` and s.first_id = ` + other + `))`
}

// pausedByUs says whether our team lets an engagement stand still, for whatever reason: nobody in it is told which.
func pausedByUs(e *models.Engagement) bool {
	return e.PauseReason != nil && (*e.PauseReason == models.PauseStaff || *e.PauseReason == models.PauseHeld)
}

// begun says whether its people meet, or will again.
func begun(e *models.Engagement) bool {
	return e.State == models.EngagementActive || e.State == models.EngagementPaused
}

// hearers are those whom changed words are sealed for: whose they are, even when they have left, or of both (nil) who still takes part.
func (c *confidant) hearers(whose *uuid.UUID) []uuid.UUID {
	if whose != nil {
		return []uuid.UUID{*whose}
	}
	return readers(c.participants, nil)
}

// readers are those whom words are sealed for: one of those who are coached, or nil for all of them.
func readers(participants []models.EngagementParticipant, member *uuid.UUID) []uuid.UUID {
	var out []uuid.UUID
	for i := range participants {
		p := &participants[i]
		if p.State == models.ParticipantJoined && (member == nil || p.MemberID == *member) {
			out = append(out, p.MemberID)
		}
	}
	return out
}

// alone is the only one who is coached, or nil when there are two.
func alone(participants []models.EngagementParticipant) *uuid.UUID {
	if joined := readers(participants, nil); len(joined) == 1 {
		return &joined[0]
	}
	return nil
}

// hears names in the audit log whose words are shown. Of a coach's look those hear whom it is about.
func (c *confidant) hears(d *services.Disclosure) {
	d.Object(c.engagement.ID)
	if !c.coach {
		d.Subject(c.me)
		return
	}
	d.Subject(readers(c.participants, nil)...)
}

// goals is the scope over goals, as x.
func (c *confidant) goals(db *gorm.DB) *gorm.DB { return c.theirs(db, "goal_id") }

// actions is the scope over steps, as x.
func (c *confidant) actions(db *gorm.DB) *gorm.DB {
	db = c.theirs(db, "action_id")
	if c.since.IsZero() {
		return db
	}
	return db.Where("not exists (select from coaching_sessions s where s.id = x.session_id and s.starts_at < ?)", c.since)
}

// theirs leaves what is said to the confidant, with words that can still be opened.
func (c *confidant) theirs(db *gorm.DB, of string) *gorm.DB {
	if !c.until.IsZero() {
		db = db.Where("x.created_at < ?", c.until)
	}
	if !c.still.IsZero() {
		db = db.Where("x.updated_at < ?", c.still)
	}
	readable := `exists (select from coaching_words w join subject_keys k on k.id = w.body_key and k.destroyed_at is null where w.` + of + ` = x.id`
	db = db.Where("x.engagement_id = ?", c.engagement.ID)
	switch {
	case c.coach && c.since.IsZero():
		return db.Where(readable + ")")
	case c.coach:
		return db.Where(readable+") and x.created_at >= ?", c.since)
	case c.left:
		return db.Where(readable+" and w.member_id = ?) and x.member_id = ?", c.me, c.me)
	}
	return db.Where(readable+" and w.member_id = ?) and (x.member_id is null and x.created_at < ? or x.member_id = ?)", c.me, c.heldSince(), c.me)
}

// heldSince is from when on two who are coached read nothing new that is of both: since something stands between them.
func (c *confidant) heldSince() time.Time {
	if why := c.engagement.PauseReason; why != nil && *why == models.PauseHeld {
		return *c.engagement.PausedAt
	}
	return time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// mayTouch says whether what is somebody's, or of both (nil), can be changed now. While two of them rest, for whatever reason,
// neither writes what the other reads. While our team lets it stand still the coach writes nothing: they may be kept apart.
// Errors: conflict engagement_not_active.
func (c *confidant) mayTouch(whose *uuid.UUID) error {
	if c.coach && pausedByUs(c.engagement) {
		return errWithStaff
	}
	if whose == nil && c.engagement.State != models.EngagementActive {
		return services.Conflict(CodeNotActive, "What is of both of them is changed while the engagement is active. This one is %s.", c.engagement.State)
	}
	return nil
}

var errWithStaff = services.Conflict(CodeNotActive, "Our team has a look at this engagement. Until it goes on its coach sets and changes no goals and steps.")

// spoken are the words of a goal or a step, as they are sealed.
type spoken struct {
	Text    string `json:"t"`
	Measure string `json:"m,omitempty"`
	Why     string `json:"y,omitempty"` // it was dropped

	broken bool // what is stored is not what was sealed: nothing of it is shown
}

func wordsRecord(id uuid.UUID) string { return "coaching_words:" + id.String() }

// wordsOf is which words belong to some goals (of goal_id) or steps (of action_id), for one reader or for whoever coaches. Of
// several copies the newest is taken: who has left does not get what was said since.
func (c *confidant) wordsOf(db *gorm.DB, of string, ids []uuid.UUID) ([]models.CoachingWords, error) {
	var rows []models.CoachingWords
	q := db.Table("coaching_words as w").Select("distinct on (w."+of+") w.*").Joins("join subject_keys k on k.id = w.body_key and k.destroyed_at is null").
		Where("w."+of+" = any(?)", models.IDs(ids)).Order("w." + of + ", w.edition desc, w.id")
	if !c.coach {
		q = q.Where("w.member_id = ?", c.me)
	}
	return rows, q.Find(&rows).Error
}

// said opens the words of goals or steps, by their ids. It takes two round trips, however many there are.
func (c *confidant) said(tx *services.Tx, of string, ids ...uuid.UUID) (map[uuid.UUID]spoken, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := c.wordsOf(tx.DB, of, ids)
	if err != nil {
		return nil, err
	}
	return openWords(tx, rows)
}

// openWords opens words, by the id of the goal or step that they belong to. Those that do not open are marked, and keep nobody from
// the others.
func openWords(tx *services.Tx, rows []models.CoachingWords) (map[uuid.UUID]spoken, error) {
	sealed := make([]services.SealedText, len(rows))
	for i := range rows {
		sealed[i] = services.SealedText{Key: rows[i].BodyKey, Record: wordsRecord(rows[i].ID), Version: rows[i].Edition, Sealed: rows[i].Body}
	}
	out := make(map[uuid.UUID]spoken, len(rows))
	return out, tx.UnsealEach(sealed, func(i int, text string, err error) {
		var w spoken
		if err != nil || json.Unmarshal([]byte(text), &w) != nil {
			w = spoken{broken: true}
		}
		out[belongsTo(&rows[i])] = w
	})
}

func belongsTo(w *models.CoachingWords) uuid.UUID {
	if w.GoalID != nil {
		return *w.GoalID
	}
	return *w.ActionID
}

// saying is words to be sealed, for one reader.
type saying struct {
	row  models.CoachingWords
	said spoken
}

// say seals words, each copy under the key of its reader, and stores them.
func say(tx *services.Tx, what ...saying) error {
	if len(what) == 0 {
		return errors.New("words that nobody would read")
	}
	texts := make([]services.Sealing, len(what))
	for i := range what {
		body, err := json.Marshal(what[i].said)
		if err != nil {
			return err
		}
		texts[i] = services.Sealing{Member: what[i].row.MemberID, Record: wordsRecord(what[i].row.ID), Version: what[i].row.Edition, Text: services.Padded(string(body), sealedBlock)}
	}
	sealed, err := tx.SealAll(texts...)
	if err != nil {
		return err
	}
	for i := range what {
		w := what[i].row
		w.Body, w.BodyKey = sealed[i].Sealed, sealed[i].Key
		tx.Changed(nil, w)
		tx.Queue(`insert into coaching_words (id, goal_id, action_id, member_id, edition, body, body_key) values ($1, $2, $3, $4, $5, $6, $7)
			on conflict (id) do update set edition = excluded.edition, body = excluded.body, body_key = excluded.body_key`,
			w.ID, w.GoalID, w.ActionID, w.MemberID, w.Edition, w.Body, w.BodyKey)
	}
	return nil
}

// anew seals changed words for all who read them now. row names the goal or step.
func anew(tx *services.Tx, row models.CoachingWords, to []uuid.UUID, words spoken) error {
	var known []models.CoachingWords
	q := tx.DB.Omit("body")
	if row.GoalID != nil {
		q = q.Where("goal_id = ?", *row.GoalID)
	} else {
		q = q.Where("action_id = ?", *row.ActionID)
	}
	if err := q.Find(&known).Error; err != nil {
		return err
	}
	edition, ids := 0, map[uuid.UUID]uuid.UUID{}
	for i := range known {
		edition, ids[known[i].MemberID] = max(edition, known[i].Edition), known[i].ID
	}
	copies := make([]saying, len(to))
	for i, reader := range to {
		row.MemberID, row.Edition = reader, edition+1
		if row.ID = ids[reader]; row.ID == uuid.Nil {
			row.ID = services.NewID()
		}
		copies[i] = saying{row, words}
	}
	return say(tx, copies...)
}
