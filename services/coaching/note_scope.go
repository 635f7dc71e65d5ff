package coaching

import (
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// noteRow is a note with what the reader is to it. At most one of the four is true.
type noteRow struct {
	models.CoachingNote
	ForMe      bool // shared with them
	Mine       bool // they wrote it
	Coached    bool // a shared note of an earlier coach of whom they coach now
	Supervised bool
	Shown      int // versions that were delivered to them
	ShownAt    *time.Time
	Given      string // of the author
	Family     string
}

// staff says whether it is part of the reader's work.
func (n *noteRow) staff() bool { return !n.ForMe }

// notesSeen are the notes that somebody may read, by what they are to them:
//   - those a shared and signed note is about, what was delivered to them;
//   - the author, as long as they coach here, and for a while after the hand-over or the end;
//   - the coach now, the shared and signed notes since they began, and those before where everybody agreed to that;
//   - the supervisor whom the author has now, the signed supervision notes.
//
// Nobody reads as staff of themselves, of people close to them, or of whom is kept to others, nor what others wrote about whom they are
// kept apart from; no coach who is suspended reads at all, and none who has left coaching as a coach.
var notesSeen = `select * from (select n.*, coalesce(nullif(a.preferred_name, ''), a.given_name) as given, a.family_name as family, shown.n as shown, shown.at as shown_at,
		(n.tier = 'shared' and shown.n > 0) as for_me,
		(me.coach and me.open and n.author_id = @me and (e.coach_id = @me and (e.closed_at is null or e.closed_at > @since)
			or exists (select from engagement_coaches c where c.engagement_id = e.id and c.coach_id = @me and c.ends_at > @since))) as mine,
		(me.coach and me.open and not me.apart and n.author_id <> @me and n.tier = 'shared' and n.state = 'signed' and e.coach_id = @me and e.state in ('active', 'paused')
			and exists (select from engagement_coaches c where c.engagement_id = e.id and c.coach_id = @me and c.ends_at is null and (c.history or n.signed_at >= c.starts_at))) as coached,
		(me.staff and me.open and not me.apart and n.tier = 'supervision' and n.state = 'signed' and (e.closed_at is null or e.closed_at > @since)
			and exists (select from coaches c where c.id = n.author_id and c.supervisor_id = @me)) as supervised
	from coaching_notes n join engagements e on e.id = n.engagement_id join members a on a.id = n.author_id
	cross join lateral (select count(*) as n, max(t.written_at) as at from coaching_note_texts t where t.note_id = n.id and t.member_id = @me and t.kind <> 'draft' and not t.withheld) shown
	cross join lateral (select cast(@coach as boolean) and not exists (select from coaches c where c.id = @me and ` + away + `) as coach, cast(@staff as boolean) as staff,
		not exists (select from coaches c where c.id = @me and c.suspended_at is not null)
		and ` + openTo("e.id", "@me", "@day") + ` as open,
		exists (select from engagement_participants x where x.engagement_id = e.id and x.state <> 'refused' and ` + separated("x.member_id", "@me", "@last") + `) as apart) me
	where `

// away is SQL that says whether a coach c does not coach now.
const away = `(c.suspended_at is not null or c.archived_at is not null)`

// The notes in question.
var (
	noteByID          = notesSeen + `n.id = @of) n where n.for_me or n.mine or n.coached or n.supervised`
	notesOfEngagement = notesSeen + `n.engagement_id = @of) n where n.for_me or n.mine or n.coached or n.supervised`
	notesOfSession    = notesSeen + `n.session_id = @of) n where n.for_me or n.mine or n.coached or n.supervised`
	notesToSupervise  = notesSeen + `n.tier = 'supervision' and n.state = 'signed' and n.author_id in (select c.id from coaches c where c.supervisor_id = @of)) n where n.supervised`
)

// notes is the query of those among the given that an actor may read.
func notes(db *gorm.DB, query string, of uuid.UUID, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true}).Raw(query, map[string]any{"of": of, "me": actor.MemberID, "day": models.DateOf(now), "last": models.SeparationDay(now), "since": now.Add(-models.NotesKeptOpen),
		"coach": actor.Has(models.RoleCoach), "staff": actor.Has(models.RoleCoach, models.RoleCoordinator, models.RoleAdmin)})
}

// NoteView is a note without its words.
type NoteView struct {
	models.CoachingNote
	Author string `json:"author" doc:"First name and initial" example:"Dana R."`
	Mine   bool   `json:"mine" doc:"The reader wrote it"`
}

// view is a note as its reader sees it: those it is about see no more of how it came about than what was delivered to them.
func (n *noteRow) view() NoteView {
	v := NoteView{CoachingNote: n.CoachingNote, Author: models.Initialed(n.Given, n.Family), Mine: n.Mine}
	if n.ForMe && n.ShownAt != nil {
		v.Version, v.Current, v.UpdatedAt = n.Shown, n.Shown, *n.ShownAt
	}
	return v
}
