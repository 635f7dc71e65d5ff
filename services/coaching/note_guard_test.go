package coaching_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// A hundred windows are open on one draft, and each adds its own line. Whoever is late is told, reads, and saves again: no line is lost.
func TestAHundredParallelEditsLoseNone(t *testing.T) {
	b := openNotebook(t, func(s *services.Settings) { s.WriteConns = 8 })
	n := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "begin"})
	const editors = 100
	var wg sync.WaitGroup
	var mu sync.Mutex
	stale, others, typing := 0, b.replica(), make(chan struct{}, 10) // as many save at the same moment
	for i := range editors {
		wg.Go(func() {
			typing <- struct{}{}
			defer func() { <-typing }()
			s := pick(i%2 == 0, b.Service, others)
			for {
				var now *coaching.NoteReading
				err := patiently(func() (err error) { now, err = s.Note(b.coaches(b.coach), n.ID); return err })
				if err != nil {
					t.Error(err)
					return
				}
				err = patiently(func() error {
					_, err := s.SaveNote(matching(b.coaches(b.coach), now.Version), n.ID, coaching.SaveNote{Text: now.Words.Text + fmt.Sprintf("\nline %d.", i)})
					return err
				})
				if err == nil {
					return
				}
				if codeOf(err) != services.CodeStale {
					t.Error(err)
					return
				}
				mu.Lock()
				stale++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	got := must[*coaching.NoteReading](t)(b.Note(b.coaches(b.coach), n.ID))
	for i := range editors {
		if !strings.Contains(got.Words.Text, fmt.Sprintf("\nline %d.", i)) {
			t.Errorf("the line of editor %d is lost", i)
		}
	}
	if got.Version != 1+editors || stale == 0 {
		t.Errorf("after %d edits the draft is of version %d; %d were told that they are late", editors, got.Version, stale)
	}
}

// A hundred save what they read at the same moment: one is stored, and 99 are told.
func TestOfAHundredEditsOfOneVersionOneIsStored(t *testing.T) {
	b := openNotebook(t, func(s *services.Settings) { s.WriteConns = 8 })
	n := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "begin"})
	codes := map[services.Code]int{}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range 100 {
		wg.Go(func() {
			err := patiently(func() error {
				_, err := b.SaveNote(matching(b.coaches(b.coach), 1), n.ID, coaching.SaveNote{Text: fmt.Sprint("text ", i)})
				return err
			})
			mu.Lock()
			codes[codeOf(err)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if codes[""] != 1 || codes[services.CodeStale] != 99 {
		t.Errorf("the answers are %v", codes)
	}
}

// Rows that somebody with hands in the database altered or moved do not open, whichever way: to another person, note, tier or version.
func TestAMovedRowDoesNotOpen(t *testing.T) {
	ways := map[string]string{
		"words of another person":               `update coaching_note_texts t set body = o.body from coaching_note_texts o where t.note_id = $1 and o.note_id = $2`,
		"words and key of another":              `update coaching_note_texts t set body = o.body, body_key = o.body_key from coaching_note_texts o where t.note_id = $1 and o.note_id = $2`,
		"the row given to another":              `update coaching_note_texts t set member_id = o.member_id from coaching_note_texts o where t.note_id = $1 and o.note_id = $2`,
		"the note and its row given":            `with n as (update coaching_notes n set member_id = o.member_id from coaching_notes o where n.id = $1 and o.id = $2 returning n.member_id) update coaching_note_texts t set member_id = n.member_id from n where t.note_id = $1`,
		"the note given to another":             `update coaching_notes n set member_id = o.member_id from coaching_notes o where n.id = $1 and o.id = $2`,
		"another note of the same person":       `update coaching_note_texts t set body = o.body, body_key = o.body_key from coaching_note_texts o where t.note_id = $1 and o.note_id = $3 and $2::uuid is not null`,
		"another version":                       `update coaching_note_texts t set body = o.body, body_key = o.body_key from coaching_note_texts o where t.note_id = $1 and t.number = 2 and o.note_id = $1 and o.number = 1 and $2::uuid is not null`,
		"a bit of the words":                    `update coaching_note_texts set body = set_byte(body, octet_length(body) - 1, get_byte(body, octet_length(body) - 1) # 1) where note_id = $1 and $2::uuid is not null`,
		"the note's tier made one of more eyes": `update coaching_notes set tier = 'shared' where id = $1 and $2::uuid is not null`,
	}
	for name, sql := range ways {
		t.Run(name, func(t *testing.T) {
			var logged bytes.Buffer
			b := openNotebook(t, func(s *services.Settings) {
				s.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			luis := b.member("Luis")
			theirs := b.practice.engagement(b.coach, luis)
			note := b.signed(models.NotePrivate, "canary-amber")
			other := b.signed(models.NotePrivate, "canary-birch")
			must[*models.CoachingNote](t)(b.AmendNote(b.coaches(b.coach), note, coaching.AmendNote{Text: "canary-cedar", Reason: "canary-dune"}))
			of := must[*models.CoachingNote](t)(b.WriteEngagementNote(b.coaches(b.coach), theirs, coaching.WriteNote{Tier: models.NotePrivate, Text: "canary-elder", Sign: true}))
			if b.reads(b.coaches(b.coach), note) != "canary-cedar" {
				t.Fatal("the note does not open as it was written")
			}
			args := []any{note, of.ID}
			if strings.Contains(sql, "$3") {
				args = append(args, other)
			}
			// Of several versions all are moved that can be: the check of a CHECK, a trigger or a key would be another protection.
			b.exec(`alter table coaching_note_texts disable trigger coaching_note_texts_final`)
			b.exec(sql, args...)
			reader := pick(strings.Contains(sql, "'shared'"), b.as(b.mia), b.coaches(b.coach))
			if got := b.reads(reader, note); got != string(coaching.CodeNoteUnreadable) {
				t.Errorf("the reader is answered %q", got)
			}
			who := pick(strings.Contains(sql, "'shared'"), b.mia, b.coach)
			if n := b.count(`select count(*) from audit_log where action = 'note.unreadable' and outcome = 'refused' and member_id = $1 and $2 = any(objects)`, who, note); n != 1 {
				t.Errorf("the log of acts tells of it %d times", n)
			}
			if text := logged.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, note.String()) || strings.Contains(text, "canary") {
				t.Errorf("the log says %q", text)
			}
		})
	}
}

// Nor does what stood there before, for whoever takes the trigger away: a draft in the place of what was signed, or the note without its
// last amendment.
func TestWhatWasBeforeIsNotPutBack(t *testing.T) {
	b := openNotebook(t)
	coach := b.coaches(b.coach)
	n := b.write(b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "a first thought"})
	before := b.text(`select encode(body, 'hex') from coaching_note_texts where note_id = $1`, n.ID)
	must[*models.CoachingNote](t)(b.SaveNote(coach, n.ID, coaching.SaveNote{Text: "what was signed"}))
	must[*models.CoachingNote](t)(b.SignNote(coach, n.ID))
	amended := b.signed(models.NoteShared, "Sunday")
	must[*models.CoachingNote](t)(b.AmendNote(coach, amended, coaching.AmendNote{Text: "Monday", Reason: "It was Monday"}))
	const back = `update coaching_note_texts set body = decode($2, 'hex') where note_id = $1`
	if err := b.try(b.db.AppURL, back, n.ID, before); err == nil {
		t.Error("the program may put a draft back over what was signed")
	}
	if got := b.reads(b.as(b.mia), n.ID); got != "what was signed" {
		t.Errorf("Mia reads %q", got)
	}
	b.exec(`alter table coaching_note_texts disable trigger coaching_note_texts_final`)
	b.exec(back, n.ID, before)
	b.exec(`delete from coaching_note_texts where note_id = $1 and number = 2`, amended)
	for who, ctx := range map[string]context.Context{"Mia": b.as(b.mia), "the coach": coach} {
		for name, id := range map[string]uuid.UUID{"the draft": n.ID, "without its amendment": amended} {
			if got := b.reads(ctx, id); got != string(coaching.CodeNoteUnreadable) {
				t.Errorf("%s reads %q: %s", who, got, name)
			}
			refused(t, second(b.NoteVersions(ctx, id, services.PageQuery{Limit: 10})), coaching.CodeNoteUnreadable)
		}
	}
	if n := b.count(`select count(*) from audit_log where action = 'note.unreadable' and outcome = 'refused'`); n != 8 {
		t.Errorf("the log tells of %d looks", n)
	}
}

// A draft that an earlier release sealed is read, moved to a new key and signed as any other.
func TestADraftOfAnEarlierReleaseOpens(t *testing.T) {
	b := openNotebook(t)
	n := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "x"})
	ctx := services.AsSystem(t.Context(), "test")
	var sealed models.Sealed
	must[int](t)(services.Mutate(ctx, b.core, "test.seal", func(tx *services.Tx) (_ int, err error) {
		tx.Unchanged()
		sealed, _, err = tx.Seal(b.mia, models.NoteRecord(n.ID, n.Tier), 1, `{"t":"begun last week"}`)
		return 0, err
	}))
	b.exec(`update coaching_note_texts set body = $2 where note_id = $1`, n.ID, []byte(sealed))
	for _, rotated := range []bool{false, true} {
		if rotated {
			b.core.Clock.Set(practiceDay.Add(time.Minute))
			if r := b.rotate(); r.Broken != 0 || r.Moved != 1 {
				t.Errorf("%+v", r)
			}
		}
		if got := b.reads(b.coaches(b.coach), n.ID); got != "begun last week" {
			t.Errorf("rotated %v: %q", rotated, got)
		}
	}
	must[*models.CoachingNote](t)(b.SignNote(b.coaches(b.coach), n.ID))
	if got := b.reads(b.coaches(b.coach), n.ID); got != "begun last week" {
		t.Errorf("signed: %q", got)
	}
}

// A merge hands the keys over, and its undo leaves what was sealed in between under the key of the other: neither hides a note.
func TestAMergedPersonsNotesOpen(t *testing.T) {
	b := openNotebook(t)
	note, winner := b.signed(models.NotePrivate, "words"), b.member("Mia again")
	b.exec(`insert into merges (id, winner_id, loser_id, merged_by, merged_at, undo_until, loser_before) values ($1, $2, $3, $4, $5, $5, '{}')`,
		services.NewID(), winner, b.mia, b.boss, practiceDay)
	b.exec(`update subject_keys set member_id = $2, current = false where member_id = $1`, b.mia, winner)
	if got := b.reads(b.coaches(b.coach), note); got != "words" {
		t.Errorf("after the merge it reads %q", got)
	}
}

func TestStaffGiveTheirPasswordBeforeTheyRead(t *testing.T) {
	b := openNotebook(t)
	id, other := b.signed(models.NoteShared, "words"), b.coach2("Ora")
	author, mia, else2 := b.coaches(b.coach), b.as(b.mia), b.coaches(other)
	b.core.Clock.Set(practiceDay.Add(services.StepUpFor + time.Second))
	for who, want := range map[string]struct {
		ctx  context.Context
		says string
	}{"the author": {author, string(services.CodeStepUpRequired)}, "Mia": {mia, "words"}, "another": {else2, "not_found"}} {
		if got := b.reads(want.ctx, id); got != want.says {
			t.Errorf("%s is answered %q", who, got)
		}
	}
	refused(t, second(b.NoteVersions(author, id, services.PageQuery{Limit: 1})), services.CodeStepUpRequired)
	if b.audited("note.read", models.OutcomeRefused, b.coach) != 2 {
		t.Error("the log does not tell of the looks that were turned down")
	}
	if got := b.reads(b.coaches(b.coach), id); got != "words" {
		t.Errorf("with the password given it is %q", got)
	}
}

// A stolen password opens twenty notes in ten minutes, whatever happens at once and on whatever replica.
func TestStaffOpenTwentyNotesInTenMinutes(t *testing.T) {
	b := openNotebook(t)
	var ids []uuid.UUID
	for i := range 30 {
		ids = append(ids, b.signed(models.NoteShared, fmt.Sprint("words ", i)))
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes, opened, others := map[services.Code]int{}, []uuid.UUID{}, b.replica()
	for i, id := range ids {
		wg.Go(func() {
			err := patiently(func() error { return second(pick(i%2 == 0, b.Service, others).Note(b.coaches(b.coach), id)) })
			mu.Lock()
			defer mu.Unlock()
			codes[codeOf(err)]++
			if err == nil {
				opened = append(opened, id)
			}
		})
	}
	wg.Wait()
	if codes[""] != models.NoteReadsMost || codes[services.CodeTooMany] != 10 {
		t.Fatalf("the answers are %v", codes)
	}
	if got := b.reads(b.coaches(b.coach), opened[0]); !strings.HasPrefix(got, "words") {
		t.Errorf("one that is open already is %q", got)
	}
	for _, id := range ids { // whom they are about reads all of them
		if got := b.reads(b.as(b.mia), id); !strings.HasPrefix(got, "words") {
			t.Errorf("Mia is answered %q", got)
		}
	}
	b.core.Clock.Set(practiceDay.Add(models.NoteReadsWindow))
	for _, id := range ids[:20] {
		if got := b.reads(b.coaches(b.coach), id); !strings.HasPrefix(got, "words") {
			t.Errorf("ten minutes later it is %q", got)
		}
	}
}

// No row in the log, no words.
func TestWithoutItsAuditRowNoNoteIsRead(t *testing.T) {
	b := openNotebook(t)
	id := b.signed(models.NoteShared, "words")
	b.exec(`revoke insert on audit_log from homefront_runtime`)
	for who, ctx := range map[string]context.Context{"Mia": b.as(b.mia), "the coach": b.coaches(b.coach)} {
		if got := b.reads(ctx, id); got != string(services.CodeUnavailable) {
			t.Errorf("%s is answered %q", who, got)
		}
	}
	b.exec(`grant insert on audit_log to homefront_runtime`)
	if got := b.reads(b.as(b.mia), id); got != "words" || b.audited("note.read", models.OutcomeRead, b.mia) != 1 {
		t.Errorf("with the log back it is %q", got)
	}
}

// glass is an admin's, broken over a member for an hour from the time it is.
func (b *notebook) glass(admin, member uuid.UUID) uuid.UUID {
	b.t.Helper()
	id, now := services.NewID(), b.core.Clock.Now()
	b.exec(`insert into break_glass (id, created_at, updated_at, member_id, opened_by, opened_at, until, reason, reason_key, notice_due_at)
		select $1, $2, $2, $3, $4, $2, $5, set_byte(decode(repeat('00', 40), 'hex'), 0, 1), k.id, $5 from subject_keys k where k.member_id = $3 and k.current`, id, now, member, admin, now.Add(time.Hour))
	return id
}

func TestBehindBrokenGlassAnAdminReadsOneMembersNotesOfAllTiers(t *testing.T) {
	b := openNotebook(t)
	admin := b.staff("Ada", models.RoleAdmin)
	notes := map[string]uuid.UUID{"shared": b.signed(models.NoteShared, "shared"), "private": b.signed(models.NotePrivate, "private"), "supervision": b.signed(models.NoteSupervision, "supervision"),
		"draft": b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "draft"}).ID}
	luis := b.member("Luis")
	theirs := b.write(b.practice.engagement(b.coach, luis), coaching.WriteNote{Tier: models.NoteShared, Text: "Luis", Sign: true}).ID
	see := func(when string, ctx context.Context, open bool) {
		t.Helper()
		for name, id := range notes {
			if got := b.reads(ctx, id); got != pick(open, name, "not_found") {
				t.Errorf("%s: %q of the note %s", when, got, name)
			}
		}
		if got := b.reads(ctx, theirs); got != "not_found" {
			t.Errorf("%s: of somebody else %q", when, got)
		}
	}
	as := func() context.Context { return b.as(admin, models.RoleAdmin) }
	see("before", as(), false)
	id := b.glass(admin, b.mia)
	see("behind it", as(), true)
	got := must[*coaching.NoteReading](t)(b.Note(as(), notes["private"]))
	if got.BreakGlass == nil || got.BreakGlass.ID != id || !got.BreakGlass.Until.Equal(practiceDay.Add(time.Hour)) || got.Author != "Dana O." {
		t.Errorf("the answer is %+v", got)
	}
	see("another admin", b.as(b.staff("Bo", models.RoleAdmin), models.RoleAdmin), false)
	see("no admin any more", b.as(admin, models.RoleCoordinator), false)
	stale := as()
	b.core.Clock.Set(practiceDay.Add(time.Hour - time.Second))
	refused(t, second(b.Note(stale, notes["private"])), services.CodeStepUpRequired)
	see("in the last second", as(), true)
	b.core.Clock.Set(practiceDay.Add(time.Hour))
	see("after it", as(), false)
	if n := b.count(`select count(*) from audit_log where action = 'note.read' and outcome = 'read' and member_id = $1 and $2 = any(objects) and $3 = any(subjects)`, admin, id, b.mia); n != 9 {
		t.Errorf("%d looks name the glass", n)
	}

	// Over a couple one of whom is close to the admin nothing is read of what both said.
	ana, sam := b.member("Ana"), b.member("Sam")
	couple := b.practice.engagement(b.coach, ana, sam)
	together := b.write(couple, coaching.WriteNote{Tier: models.NoteShared, Text: "together", Sign: true}).ID
	over := b.glass(admin, ana)
	if got := b.reads(as(), together); got != "together" {
		t.Errorf("of a joint note %q", got)
	}
	b.couple(admin, sam)
	if page := must[services.Page[models.CoachingNote]](t)(b.GlassNotes(as(), over, services.PageQuery{Limit: 10})); len(page.Data) != 0 {
		t.Errorf("a joint note with a relative is listed: %+v", page.Data)
	}
	if got := b.reads(as(), together); got != "not_found" {
		t.Errorf("of a joint note with a relative %q", got)
	}
}

func TestNoWordOfANoteLeavesTheKeys(t *testing.T) {
	var logged bytes.Buffer
	b := openNotebook(t, func(s *services.Settings) {
		s.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	canaries := map[string]string{}
	canary := func(what string) string {
		word := "Zq" + strings.ReplaceAll(uuid.NewString(), "-", "")
		canaries[what] = word
		return "before " + word + " after"
	}
	coach := b.coaches(b.coach)
	keyed := services.WithCall(coach, &services.Call{Actor: actorOf(t, coach), IfMatch: "*", Method: "POST", Path: "/v1/engagements/x/notes", IdempotencyKey: "k", BodyMAC: []byte("m")})
	must[*models.CoachingNote](t)(b.WriteEngagementNote(keyed, b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: canary("under a key"), Sign: true}))
	for _, tier := range []models.NoteTier{models.NoteShared, models.NotePrivate, models.NoteSupervision} {
		n := b.write(b.engagement, coaching.WriteNote{Tier: tier, Text: canary("draft " + string(tier))})
		must[*models.CoachingNote](t)(b.SaveNote(coach, n.ID, coaching.SaveNote{Text: canary("saved " + string(tier))}))
		must[*models.CoachingNote](t)(b.SignNote(coach, n.ID))
		must[*models.CoachingNote](t)(b.AmendNote(coach, n.ID, coaching.AmendNote{Text: canary("amended " + string(tier)), Reason: canary("reason " + string(tier))}))
		must[*coaching.NoteReading](t)(b.Note(coach, n.ID))
		_, err := b.SaveNote(coach, n.ID, coaching.SaveNote{Text: canary("refused " + string(tier))})
		if err == nil || holds(fmt.Sprintf("%+v", err), canaries["refused "+string(tier)]) != "" {
			t.Errorf("the refusal says %v", err)
		}
	}
	couple := b.practice.engagement(b.coach, b.member("Ana"), b.member("Sam"))
	b.write(couple, coaching.WriteNote{Tier: models.NoteShared, Text: canary("joint"), Sign: true})
	thrown := b.write(couple, coaching.WriteNote{Tier: models.NoteShared, Text: canary("thrown away")})
	if err := b.DeleteNote(coach, thrown.ID); err != nil {
		t.Fatal(err)
	}
	session := b.session()
	must[*models.CoachingNote](t)(b.WriteSessionNote(coach, session, coaching.WriteNote{Tier: models.NoteShared, Text: canary("of a session"), Sign: true}))
	_, err := b.WriteEngagementNote(coach, couple, coaching.WriteNote{Tier: models.NotePrivate, Text: canary("invalid")})
	refused(t, err, services.CodeInvalid)

	dump := b.dump()
	if holds(dump, "Rivera") == "" || holds(dump, "I coach sleep and anger.") == "" {
		t.Fatal("the dump does not hold what is in the clear")
	}
	for what, word := range canaries {
		if way := holds(dump, word); way != "" {
			t.Errorf("the database holds the words of %s: %s", what, way)
		}
		if way := holds(logged.String(), word); way != "" {
			t.Errorf("the log holds the words of %s: %s", what, way)
		}
	}
}

// A note that was altered and is sent again by its phone is told in both logs, as when it is read.
func TestANoteSentAgainThatDoesNotOpenIsTold(t *testing.T) {
	var logged bytes.Buffer
	b := openNotebook(t, func(s *services.Settings) { s.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	in := coaching.WriteNote{ID: services.NewID(), Tier: models.NotePrivate, Text: "words"}
	b.write(b.engagement, in)
	b.exec(`update coaching_note_texts set body = set_byte(body, octet_length(body) - 1, get_byte(body, octet_length(body) - 1) # 1) where note_id = $1`, in.ID)
	refused(t, second(b.WriteEngagementNote(b.coaches(b.coach), b.engagement, in)), coaching.CodeNoteUnreadable)
	if n := b.count(`select count(*) from audit_log where action = 'note.unreadable' and member_id = $1`, b.coach); n != 1 || !strings.Contains(logged.String(), in.ID.String()) {
		t.Errorf("%d rows in the audit log; the log says %s", n, logged.String())
	}
}
