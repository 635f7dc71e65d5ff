package coaching_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// desk of notes: a coach with a client, and ways to write.
type notebook struct {
	*practice
	coach, mia, engagement uuid.UUID
}

func openNotebook(t *testing.T, change ...func(*services.Settings)) *notebook {
	t.Helper()
	p := openPractice(t, change...)
	b := &notebook{practice: p, coach: p.coach(), mia: p.member()}
	b.engagement = p.engagement(b.coach, b.mia)
	return b
}

func (b *notebook) write(engagement uuid.UUID, in coaching.WriteNote) *models.CoachingNote {
	b.t.Helper()
	return must[*models.CoachingNote](b.t)(b.WriteEngagementNote(b.coaches(b.coach), engagement, in))
}

func (b *notebook) signed(tier models.NoteTier, text string) uuid.UUID {
	b.t.Helper()
	return b.write(b.engagement, coaching.WriteNote{Tier: tier, Text: text, Sign: true}).ID
}

// matching is a call with a version in If-Match.
func matching(ctx context.Context, version int) context.Context {
	call, err := services.CallFrom(ctx)
	if err != nil {
		panic(err)
	}
	return services.WithCall(ctx, &services.Call{Actor: call.Actor, IfMatch: services.ETag(version)})
}

// reads says what somebody is answered who opens a note: its words, or the code of the error.
func (b *notebook) reads(ctx context.Context, note uuid.UUID) string {
	b.t.Helper()
	got, err := b.Note(ctx, note)
	if err != nil {
		if codeOf(err) == "" {
			b.t.Errorf("a refused look answers %v", err)
		}
		return string(codeOf(err))
	}
	return got.Words.Text
}

// lists are the ids that somebody is shown of the engagement's notes; nil when they do not see the engagement.
func (b *notebook) lists(ctx context.Context, engagement uuid.UUID) []uuid.UUID {
	b.t.Helper()
	page, err := b.EngagementNotes(ctx, engagement, coaching.NoteQuery{PageQuery: services.PageQuery{Limit: 100, Count: true}})
	if codeOf(err) == services.CodeNotFound {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	if *page.Total != int64(len(page.Data)) {
		b.t.Errorf("%d notes are counted and %d listed", *page.Total, len(page.Data))
	}
	ids := []uuid.UUID{}
	for i := range page.Data {
		ids = append(ids, page.Data[i].ID)
	}
	return ids
}

func (b *notebook) audited(action string, outcome models.Outcome, member uuid.UUID) int {
	b.t.Helper()
	return b.count(`select count(*) from audit_log where action = $1 and outcome = $2 and member_id = $3`, action, string(outcome), member)
}

func TestWhoReadsANote(t *testing.T) {
	b := openNotebook(t)
	supervisor, elsewhere, other := b.coach2("Sol"), b.coach2("Eli"), b.coach2("Ora")
	b.exec(`update coaches set supervisor_id = $2 where id = $1`, b.coach, supervisor)
	b.exec(`update coaches set supervisor_id = $2 where id = $1`, other, elsewhere)
	luis := b.member("Luis")
	b.practice.engagement(other, luis)
	spouse := b.member("Sam")
	b.couple(b.mia, spouse)

	notes := map[string]uuid.UUID{}
	for _, tier := range []models.NoteTier{models.NoteShared, models.NotePrivate, models.NoteSupervision} {
		notes[string(tier)] = b.signed(tier, "words "+string(tier))
		notes["draft "+string(tier)] = b.write(b.engagement, coaching.WriteNote{Tier: tier, Text: "words draft " + string(tier)}).ID
	}
	readers := map[string]struct {
		ctx  context.Context
		sees []string
	}{
		"the author":                 {b.coaches(b.coach), []string{"shared", "private", "supervision", "draft shared", "draft private", "draft supervision"}},
		"the member":                 {b.as(b.mia), []string{"shared"}},
		"the supervisor":             {b.coaches(supervisor), []string{"supervision"}},
		"somebody else's supervisor": {b.coaches(elsewhere), nil},
		"another coach":              {b.coaches(other), nil},
		"a member":                   {b.as(luis), nil},
		"her husband":                {b.as(spouse), nil},
		"a coordinator":              {b.desk(), nil},
		"an admin":                   {b.as(b.staff("Ada", models.RoleAdmin), models.RoleAdmin), nil},
		"all roles":                  {b.as(b.staff("Max", models.Roles()...), models.Roles()...), nil},
		"a facilitator":              {b.as(b.staff("Fay", models.RoleFacilitator), models.RoleFacilitator), nil},
		"the author, role lost":      {b.as(b.coach), nil},
	}
	for who, r := range readers {
		for name, id := range notes {
			want := string(services.CodeNotFound)
			if slices.Contains(r.sees, name) {
				want = "words " + name
			}
			if got := b.reads(r.ctx, id); got != want {
				t.Errorf("%s reads of %q: %q, want %q", who, name, got, want)
			}
			_, err := b.NoteVersions(r.ctx, id, services.PageQuery{Limit: 10})
			if (err == nil) != slices.Contains(r.sees, name) || err != nil && codeOf(err) != services.CodeNotFound {
				t.Errorf("%s asks for the versions of %q: %v", who, name, err)
			}
		}
		listed := b.lists(r.ctx, b.engagement)
		for name, id := range notes {
			if slices.Contains(listed, id) != slices.Contains(r.sees, name) {
				t.Errorf("%s lists %d notes, among them %q or not", who, len(listed), name)
			}
		}
	}
	b.exec(`update coaches set supervisor_id = $2 where id = $1`, b.coach, elsewhere)
	if got := b.reads(b.coaches(supervisor), notes["supervision"]); got != "not_found" {
		t.Errorf("who supervises no more reads %q", got)
	}
	if got := b.reads(b.coaches(elsewhere), notes["supervision"]); got != "words supervision" {
		t.Errorf("who supervises now reads %q", got)
	}
	b.couple(elsewhere, b.mia)
	if got := b.reads(b.coaches(elsewhere), notes["supervision"]); got != "not_found" {
		t.Errorf("a supervisor reads of their wife %q", got)
	}
}

func (b *notebook) coach2(name string) uuid.UUID { b.t.Helper(); return b.practice.coach(name) }

func TestARefusedLookIsLoggedLikeThatOfAnUnknownID(t *testing.T) {
	b := openNotebook(t)
	private, other := b.signed(models.NotePrivate, "words"), b.coach2("Ora")
	for _, id := range []uuid.UUID{private, services.NewID()} {
		refused(t, second(b.Note(b.coaches(other), id)), services.CodeNotFound)
		refused(t, second(b.NoteVersions(b.coaches(other), id, services.PageQuery{})), services.CodeNotFound)
		refused(t, second(b.EngagementNotes(b.coaches(other), pick(id == private, b.engagement, id), coaching.NoteQuery{})), services.CodeNotFound)
		refused(t, second(b.SessionNotes(b.coaches(other), id, coaching.NoteQuery{})), services.CodeNotFound)
		refused(t, second(b.SaveNote(b.coaches(other), id, coaching.SaveNote{Text: "x"})), services.CodeNotFound)
		refused(t, second(b.SignNote(b.coaches(other), id)), services.CodeNotFound)
		refused(t, second(b.AmendNote(b.coaches(other), id, coaching.AmendNote{Text: "x", Reason: "x"})), services.CodeNotFound)
		refused(t, b.DeleteNote(b.coaches(other), id), services.CodeNotFound)
	}
	rows := b.text(`select string_agg(n::text, ', ' order by action) from (select action, count(*) n, count(distinct (outcome, cardinality(objects), subjects, changes, reason)) d
		from audit_log where member_id = $1 group by 1) x where d = 1`, other)
	if rows != "8, 4, 2, 2" { // change, list, read, versions: each the same for both but for the id that was asked for
		t.Errorf("the log holds %s rows", rows)
	}
}

func second[T any](_ T, err error) error { return err }

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

func TestWhatACoupleSaysTogetherAndAlone(t *testing.T) {
	b := openNotebook(t)
	ana, sam := b.member("Ana"), b.member("Sam")
	couple := b.practice.engagement(b.coach, ana, sam)
	together := b.write(couple, coaching.WriteNote{Tier: models.NoteShared, Text: "said together", Sign: true})
	alone := b.write(couple, coaching.WriteNote{Tier: models.NoteShared, MemberID: &ana, Text: "Ana alone", Sign: true})
	if together.MemberID != nil || b.count(`select count(distinct body) from coaching_note_texts where note_id = $1`, together.ID) != 2 {
		t.Errorf("the joint note is about %v, and is not sealed for each of the two", together.MemberID)
	}
	for _, tier := range []models.NoteTier{models.NotePrivate, models.NoteSupervision} {
		_, err := b.WriteEngagementNote(b.coaches(b.coach), couple, coaching.WriteNote{Tier: tier, Text: "x"})
		refused(t, err, services.CodeInvalid)
	}
	_, err := b.WriteEngagementNote(b.coaches(b.coach), couple, coaching.WriteNote{Tier: models.NoteShared, MemberID: &b.mia, Text: "x"})
	refused(t, err, services.CodeInvalid)

	for who, want := range map[uuid.UUID][2]string{ana: {"said together", "Ana alone"}, sam: {"said together", "not_found"}} {
		if got := [2]string{b.reads(b.as(who), together.ID), b.reads(b.as(who), alone.ID)}; got != want {
			t.Errorf("one of the couple reads %v, want %v", got, want)
		}
	}
	if got := b.lists(b.as(sam), couple); len(got) != 1 || got[0] != together.ID {
		t.Errorf("Sam lists %v", got)
	}
	if n := b.count(`select count(*) from audit_log where action = 'note.read' and member_id = $1 and $2 = any(subjects)`, sam, ana); n != 0 {
		t.Errorf("that Sam read names Ana %d times", n)
	}

	if got := b.reads(b.coaches(b.coach), together.ID); got != "said together" {
		t.Errorf("the coach reads %q", got)
	}
	for _, who := range []uuid.UUID{ana, sam} { // both find it in their access log
		if n := b.count(`select count(*) from audit_log where action = 'note.read' and member_id = $1 and $2 = any(objects) and $3 = any(subjects)`, b.coach, together.ID, who); n != 1 {
			t.Errorf("the coach's look at what both said names one of them %d times", n)
		}
	}

	// The keys of one are destroyed: for that one it is gone, for good.
	b.exec(`update subject_keys set wrapped = null, destroyed_at = $2 where member_id = $1`, ana, practiceDay)
	for _, look := range []struct {
		who  string
		ctx  context.Context
		note uuid.UUID
		want string
	}{
		{"Ana", b.as(ana), together.ID, "not_found"}, {"Ana", b.as(ana), alone.ID, "not_found"}, {"Sam", b.as(sam), together.ID, "said together"},
		{"the coach", b.coaches(b.coach), together.ID, "said together"}, {"the coach", b.coaches(b.coach), alone.ID, "not_found"},
	} {
		if got := b.reads(look.ctx, look.note); got != look.want {
			t.Errorf("after the erasure %s reads %q, want %q", look.who, got, look.want)
		}
	}
}

func TestADraftIsSavedSignedAndAmended(t *testing.T) {
	b := openNotebook(t)
	coach := b.coaches(b.coach)
	n := b.write(b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: ""})
	if n.State != models.NoteDraft || n.Version != 1 || *n.MemberID != b.mia {
		t.Fatalf("the draft is %+v", n)
	}
	refused(t, second(b.SignNote(coach, n.ID)), services.CodeInvalid)
	n = must[*models.CoachingNote](t)(b.SaveNote(matching(coach, 1), n.ID, coaching.SaveNote{Text: " first "}))
	refused(t, second(b.SaveNote(matching(coach, 1), n.ID, coaching.SaveNote{Text: "lost"})), services.CodeStale)
	refused(t, second(b.SaveNote(services.WithCall(coach, &services.Call{Actor: actorOf(t, coach)}), n.ID, coaching.SaveNote{Text: "lost"})), services.CodeIfMatchRequired)
	refused(t, second(b.SignNote(matching(coach, 1), n.ID)), services.CodeStale)
	refused(t, second(b.AmendNote(coach, n.ID, coaching.AmendNote{Text: "x", Reason: "x"})), coaching.CodeNoteDraft)
	if b.count(`select count(*) from coaching_note_texts where note_id = $1`, n.ID) != 1 {
		t.Error("a draft has several texts")
	}
	b.core.Clock.Set(practiceDay.Add(time.Minute))
	coach = b.coaches(b.coach)
	n = must[*models.CoachingNote](t)(b.SignNote(matching(coach, 2), n.ID))
	if n.State != models.NoteSigned || !n.SignedAt.Equal(practiceDay.Add(time.Minute)) || n.Current != 1 {
		t.Errorf("the signed note is %+v", n)
	}
	again := must[*models.CoachingNote](t)(b.SignNote(coach, n.ID))
	if again.Version != n.Version {
		t.Error("signing again changed something")
	}
	refused(t, second(b.SaveNote(coach, n.ID, coaching.SaveNote{Text: "x"})), coaching.CodeNoteSigned)
	refused(t, b.DeleteNote(coach, n.ID), coaching.CodeNoteSigned)
	refused(t, second(b.AmendNote(coach, n.ID, coaching.AmendNote{Text: " ", Reason: " "})), services.CodeInvalid)
	must[*models.CoachingNote](t)(b.AmendNote(coach, n.ID, coaching.AmendNote{Text: "second", Reason: "A word was wrong."}))
	for who, ctx := range map[string]context.Context{"Mia": b.as(b.mia), "the coach": coach} {
		got := must[*coaching.NoteReading](t)(b.Note(ctx, n.ID))
		if got.Words.Text != "second" || got.Words.Number != 2 || got.Current != 2 || got.Author != "Dana O." {
			t.Errorf("%s reads %+v", who, got)
		}
		page := must[services.Page[coaching.NoteVersion]](t)(b.NoteVersions(ctx, n.ID, services.PageQuery{Limit: 10}))
		if len(page.Data) != 2 || page.Data[0].Text != "first" || page.Data[0].Kind != models.NoteKindSigned || page.Data[1].Reason != "A word was wrong." {
			t.Errorf("%s reads the versions %+v", who, page.Data)
		}
	}
	for range 2 {
		draft := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "thrown away"})
		if err := b.DeleteNote(matching(coach, 1), draft.ID); err != nil {
			t.Fatal(err)
		}
		refused(t, b.DeleteNote(matching(coach, 1), draft.ID), services.CodeNotFound)
	}
}

func actorOf(t *testing.T, ctx context.Context) *services.Actor {
	t.Helper()
	a, err := services.ActorFrom(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What was signed cannot be changed or removed by the program's own role, nor by the owner of the database, who would have to take
// the trigger away first. Its ciphertext can be put under another key.
func TestTheDatabaseKeepsWhatWasSigned(t *testing.T) {
	b := openNotebook(t)
	id := b.signed(models.NoteShared, "words")
	b.write(b.practice.engagement(b.coach, b.member("Luis")), coaching.WriteNote{Tier: models.NotePrivate, Text: "under another key"})
	for _, sql := range []string{
		`update coaching_note_texts set kind = 'draft' where note_id = $1`, `update coaching_note_texts set withheld = true where note_id = $1`,
		`update coaching_note_texts set written_at = written_at + interval '1 day' where note_id = $1`, `delete from coaching_note_texts where note_id = $1`,
		`delete from coaching_notes where id = $1`, `update coaching_notes set tier = 'private', member_id = null where id = $1`, `update coaching_note_texts set body = 'plain words that are long enough to be sealed'::bytea where note_id = $1`,
		`update coaching_note_texts set body = set_byte(body, 40, get_byte(body, 40) # 1) where note_id = $1`,
		`update coaching_note_texts set body_key = (select id from subject_keys where id <> body_key limit 1) where note_id = $1`,
		`update coaching_note_texts set body = set_byte(body, 40, get_byte(body, 40) # 1), body_key = (select id from subject_keys where id <> body_key limit 1) where note_id = $1`,
	} {
		if err := b.try(b.db.SuperURL, sql, id); err == nil {
			t.Errorf("the owner may %s", sql)
		}
	}
	for _, sql := range []string{`update coaching_notes set tier = 'private' where id = $1`, `update coaching_notes set engagement_id = gen_random_uuid() where id = $1`,
		`update coaching_note_texts set number = 7 where note_id = $1`, `update coaching_note_texts set note_id = gen_random_uuid() where note_id = $1`} {
		if err := b.try(b.db.AppURL, sql, id); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("the program may %s: %v", sql, err)
		}
	}
	if err := b.try(b.db.AppURL, `update coaching_note_texts set body = body, body_key = body_key where note_id = $1`, id); err != nil {
		t.Errorf("a text cannot be put under another key: %v", err)
	}
}

// A phone that got no answer sends its note again, with the id it made.
func TestANoteIsWrittenOnceUnderTheIDOfItsClient(t *testing.T) {
	b := openNotebook(t)
	in := coaching.WriteNote{ID: services.NewID(), Tier: models.NoteShared, Text: "words", Sign: true}
	for range 3 {
		if n := b.write(b.engagement, in); n.ID != in.ID || n.Version != 1 || n.State != models.NoteSigned {
			t.Errorf("answered %+v", n)
		}
	}
	if n := b.count(`select count(*) from coaching_note_texts`); n != 1 {
		t.Errorf("%d texts are stored", n)
	}
	for _, change := range []func(*coaching.WriteNote){func(w *coaching.WriteNote) { w.Text = "other" }, func(w *coaching.WriteNote) { w.Tier = models.NotePrivate }} {
		changed := in
		change(&changed)
		refused(t, second(b.WriteEngagementNote(b.coaches(b.coach), b.engagement, changed)), coaching.CodeNoteTaken)
	}
	other := b.coach2("Ora")
	theirs := b.practice.engagement(other, b.member("Luis"))
	refused(t, second(b.WriteEngagementNote(b.coaches(other), theirs, in)), coaching.CodeNoteTaken)
}

func TestNobodyWritesWhereTheyDoNotCoach(t *testing.T) {
	b := openNotebook(t)
	in := coaching.WriteNote{Tier: models.NoteShared, Text: "words"}
	for who, ctx := range map[string]context.Context{"another coach": b.coaches(b.coach2("Ora")), "a coordinator": b.as(b.boss, models.RoleCoordinator, models.RoleCoach),
		"the client": b.coaches(b.mia), "nobody's": b.as(b.member("Luis"))} {
		if _, err := b.WriteEngagementNote(ctx, b.engagement, in); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s writes: %v", who, err)
		}
		session := b.session()
		if _, err := b.WriteSessionNote(ctx, session, in); codeOf(err) != services.CodeNotFound {
			t.Errorf("%s writes about a session: %v", who, err)
		}
	}
	matched := b.practice.engagement(b.coach, b.member("Omar"))
	b.exec(`update engagements set state = 'matched', activated_at = null where id = $1`, matched)
	refused(t, second(b.WriteEngagementNote(b.coaches(b.coach), matched, in)), coaching.CodeNotBegun)
}

// session is one that the coach held with Mia an hour ago.
func (b *notebook) session() uuid.UUID {
	b.t.Helper()
	id, at := services.NewID(), practiceDay.Add(-time.Hour).Add(-time.Duration(b.count(`select count(*) from coaching_sessions`))*24*time.Hour)
	b.exec(`insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at)
		values ($1, $2, $2, $3, $4, 'completed', $2, $5, 'America/New_York', 'online', $6, $1, $5)`, id, at, b.engagement, b.coach, at.Add(50*time.Minute), b.mia)
	b.exec(`insert into coaching_attendance (session_id, member_id, status) values ($1, $2, 'present')`, id, b.mia)
	return id
}

func TestNotesOfASession(t *testing.T) {
	b := openNotebook(t)
	session := b.session()
	n := must[*models.CoachingNote](t)(b.WriteSessionNote(b.coaches(b.coach), session, coaching.WriteNote{Tier: models.NoteShared, Text: "words", Sign: true}))
	b.signed(models.NoteShared, "not about the session")
	for who, want := range map[string]int{"mia": 1, "coach": 1, "desk": 0} {
		ctx := map[string]context.Context{"mia": b.as(b.mia), "coach": b.coaches(b.coach), "desk": b.desk()}[who]
		page := must[services.Page[coaching.NoteView]](t)(b.SessionNotes(ctx, session, coaching.NoteQuery{PageQuery: services.PageQuery{Limit: 10}}))
		if len(page.Data) != want || want == 1 && (page.Data[0].ID != n.ID || *page.Data[0].SessionID != session) {
			t.Errorf("%s lists %+v", who, page.Data)
		}
	}
	refused(t, second(b.SessionNotes(b.as(b.member("Luis")), session, coaching.NoteQuery{})), services.CodeNotFound)
}

func TestAListIsPagedAndFiltered(t *testing.T) {
	b := openNotebook(t)
	for i := range 7 {
		b.core.Clock.Set(practiceDay.Add(time.Duration(i) * time.Minute))
		b.signed(pick(i%2 == 0, models.NoteShared, models.NotePrivate), fmt.Sprint("words ", i))
	}
	var got []uuid.UUID
	in := coaching.NoteQuery{PageQuery: services.PageQuery{Limit: 3}}
	for {
		page := must[services.Page[coaching.NoteView]](t)(b.EngagementNotes(b.coaches(b.coach), b.engagement, in))
		for i := range page.Data {
			got = append(got, page.Data[i].ID)
		}
		if page.NextCursor == nil {
			break
		}
		in.Cursor = *page.NextCursor
	}
	if len(got) != 7 || !slices.Equal(got, b.lists(b.coaches(b.coach), b.engagement)) {
		t.Errorf("the pages hold %d notes", len(got))
	}
	page := must[services.Page[coaching.NoteView]](t)(b.EngagementNotes(b.coaches(b.coach), b.engagement,
		coaching.NoteQuery{Tier: []models.NoteTier{models.NotePrivate}, State: []models.NoteState{models.NoteSigned}, PageQuery: services.PageQuery{Limit: 10}}))
	if len(page.Data) != 3 {
		t.Errorf("%d private notes are listed", len(page.Data))
	}
}

// What is written to a child goes to a guardian, and a shared note is not the guardian's: the child finds it in the app.
func TestNoMailTellsOfAChildsNote(t *testing.T) {
	b := openNotebook(t)
	maya := b.child(b.mia, true)
	id := b.write(b.practice.engagement(b.coach, maya), coaching.WriteNote{Tier: models.NoteShared, Text: "for Maya", Sign: true}).ID
	if n := b.mails(models.NoticeCoachingLogged, maya) + b.mails(models.NoticeCoachingLogged, b.mia); n != 0 {
		t.Errorf("%d messages tell of it", n)
	}
	if got := b.reads(b.as(maya), id); got != "for Maya" {
		t.Errorf("Maya reads %q", got)
	}
}

// try runs one statement as a role of the database, and answers why it was refused.
func (b *notebook) try(url, sql string, args ...any) error {
	b.t.Helper()
	c, err := pgx.Connect(b.t.Context(), url)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	_, err = c.Exec(b.t.Context(), sql, args...)
	return err
}
