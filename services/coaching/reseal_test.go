package coaching_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/internal/coretest"
	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

// rotate runs a rotation of keys up to where it waits for those who read, or to its end.
func (b *notebook) rotate() services.Rotation {
	b.t.Helper()
	return must[services.Rotation](b.t)(b.RotateKeys(context.Background(), func(services.Rotation) {}))
}

func (b *notebook) liveKeys(member uuid.UUID) int {
	b.t.Helper()
	return b.count(`select count(*) from subject_keys where member_id = $1 and wrapped is not null`, member)
}

// Every sealed column of coaching moves: the database says which there are.
func TestEverySealedColumnOfCoachingMovesToTheNewKey(t *testing.T) {
	o := openGlassOffice(t)
	b := o.notebook
	signed := b.signed(models.NoteShared, "signed")
	must[*models.CoachingNote](t)(b.AmendNote(b.coaches(b.coach), signed, coaching.AmendNote{Text: "amended", Reason: "a slip"}))
	draft := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "draft"}).ID
	sam := b.member("Sam")
	couple := b.practice.engagement(b.coach, b.mia, sam)
	joint := b.write(couple, coaching.WriteNote{Tier: models.NoteShared, Text: "together", Sign: true}).ID
	glass := o.breaks(b.mia)
	must[*coaching.GlassView](t)(o.SealGlassNotice(o.asOfficer(), glass.ID, coaching.GlassReason{Reason: "the seal"}))
	must[*coaching.GlassView](t)(o.EndGlass(o.asOfficer(), glass.ID))
	must[*coaching.GlassView](t)(o.CloseGlass(o.asOfficer(), glass.ID, coaching.CloseGlass{Words: "the review"}))
	columns := strings.Split(b.text(`select string_agg(distinct c.relname || '.' || a.attname, ' ' order by c.relname || '.' || a.attname) from pg_constraint k join pg_class c on c.oid = k.conrelid
		join pg_attribute a on a.attrelid = c.oid and a.attnum = any(k.conkey) join pg_type y on y.oid = a.atttypid
		where k.contype = 'c' and pg_get_constraintdef(k.oid) like '%get_byte(%' and y.typname = 'bytea' and (c.relname like 'coach%' or c.relname like 'engagement%' or c.relname in ('hand_overs', 'break_glass'))`), " ")
	if moved := coaching.SealedColumns(); !slices.Equal(columns, moved) {
		t.Errorf("the database seals %v, a rotation moves %v", columns, moved)
	}

	begun := practiceDay.Add(time.Minute)
	b.core.Clock.Set(begun)
	r := b.rotate()
	if r.Given < 2 || r.Moved < 8 || r.Broken != 0 || r.Destroyed != 0 || !r.WaitUntil.Equal(begun.Add(20*time.Second)) {
		t.Errorf("%+v", r)
	}
	if n := b.liveKeys(b.mia); n != 2 {
		t.Errorf("%d keys while others may read", n)
	}
	if r := b.rotate(); r.Given+r.Moved+r.Destroyed != 0 || r.WaitUntil.IsZero() {
		t.Errorf("again before the time: %+v", r)
	}
	b.core.Clock.Set(begun.Add(20 * time.Second))
	r = b.rotate()
	if !r.WaitUntil.IsZero() || r.Moved != 0 || r.Destroyed == 0 {
		t.Errorf("in the end: %+v", r)
	}
	for note, want := range map[uuid.UUID]string{signed: "amended", draft: "draft", joint: "together"} {
		if got := b.reads(b.coaches(b.coach), note); got != want {
			t.Errorf("the coach reads %q, not %q", got, want)
		}
	}
	if got := b.reads(b.as(sam), joint); got != "together" {
		t.Errorf("the partner reads %q", got)
	}
	detail := must[*coaching.GlassDetail](t)(o.Glass(o.asOfficer(), glass.ID))
	if *detail.ReasonWords != emergency || *detail.SealReasonWords != "the seal" || *detail.ReviewWords != "the review" {
		t.Errorf("%+v", detail)
	}
	for _, column := range columns {
		table, body, _ := strings.Cut(column, ".")
		if n := b.count(fmt.Sprintf(`select count(*) from %s t join subject_keys k on k.id = t.%s_key where t.%s is not null and not k.current`, table, body, body)); n != 0 {
			t.Errorf("%d of %s are under an old key", n, column)
		}
	}
	// What a reviewer wrote stands in the audit log, too: its key opens it for as long as it is kept.
	if n := b.liveKeys(b.mia); n != 2 || b.liveKeys(sam) != 1 {
		t.Errorf("%d keys of Mia, %d of Sam", n, b.liveKeys(sam))
	}
	if n := b.count(`select count(*) from subject_keys where member_id = $1 and destroyed_at is not null and wrapped is null`, sam); n != 1 {
		t.Error("Sam's old key is not destroyed")
	}
	if n := b.count(`select count(*) from key_rotations where finished_at is not null`); n != 1 {
		t.Errorf("%d rotations", n)
	}
	b.core.Clock.Set(practiceDay.Add(time.Hour))
	if r := b.rotate(); r.Given == 0 || r.Moved == 0 {
		t.Errorf("the next rotation: %+v", r)
	}
}

// How much somebody said does not show in what is stored, nor after keys rotate; what is read is what was written.
func TestSealedWordsDoNotShowHowManyTheyAre(t *testing.T) {
	b := openNotebook(t)
	leo := b.member("Leo")
	other := b.practice.engagement(b.coach, leo)
	said := map[uuid.UUID]string{b.engagement: "No", other: strings.Repeat("Yes, and I will say why. ", 12) + "That is all."}
	notes := map[uuid.UUID]string{}
	for e, text := range said {
		who := pick(e == other, leo, b.mia)
		signed := b.write(e, coaching.WriteNote{Tier: models.NoteShared, Text: "x", Sign: true}).ID
		must[*models.CoachingNote](t)(b.AmendNote(b.coaches(b.coach), signed, coaching.AmendNote{Text: text, Reason: "a slip"}))
		draft := b.write(e, coaching.WriteNote{Tier: models.NotePrivate, Text: "x"}).ID
		must[*models.CoachingNote](t)(b.SaveNote(b.coaches(b.coach), draft, coaching.SaveNote{Text: text}))
		notes[signed], notes[draft] = text, text
		must[*coaching.EngagementView](t)(b.UpdateEngagement(b.as(who), e, coaching.EngagementPatch{Hopes: services.Some(text)}))
		goal := must[*models.CoachingGoal](t)(b.SetGoal(b.as(who), e, coaching.NewGoal{Words: text}))
		must[*models.CoachingAction](t)(b.AddActionTo(b.as(who), goal.ID, coaching.NewAction{Text: text}))
	}
	same := func() {
		t.Helper()
		for column, table := range map[string]string{"body": "coaching_note_texts", "t.body": "coaching_words", "hopes": "engagement_participants"} {
			if n := b.count(`select count(distinct octet_length(` + column + `)) from ` + table + ` t`); n != 1 {
				t.Errorf("what %s holds is of %d lengths", table, n)
			}
		}
	}
	same()
	b.core.Clock.Set(practiceDay.Add(time.Minute))
	if r := b.rotate(); r.Moved < 12 || r.Broken != 0 {
		t.Errorf("%+v", r)
	}
	same()
	for note, want := range notes {
		if got := b.reads(b.coaches(b.coach), note); got != want {
			t.Errorf("the coach reads %q, not %q", got, want)
		}
	}
	for e, want := range said {
		if got := b.sees(b.coaches(b.coach), e).People[0].Hopes; got == nil || *got != want {
			t.Errorf("the coach reads of hopes %v, not %q", got, want)
		}
		goals := must[services.Page[coaching.GoalView]](t)(b.Goals(b.coaches(b.coach), e, coaching.GoalQuery{PageQuery: services.PageQuery{Limit: 25}}))
		if len(goals.Data) != 1 || goals.Data[0].Words != want {
			t.Errorf("the coach reads of goals %+v", goals.Data)
		}
	}
}

// Coaches and members read and write all the time, on two replicas, while keys rotate twice and the key-encryption key changes.
func TestKeysRotateUnderLoad(t *testing.T) {
	first, next := []byte("first-key-encryption-key-1234567"), []byte("2nd-key-encryption-key-abcdefghi")
	b := openNotebook(t, func(s *services.Settings) { s.KEK, s.OtherKEKs = first, [][]byte{next} })
	c := coretest.On(t, b.db, func(s *services.Settings) { s.KEK, s.OtherKEKs, s.WriteConns = next, [][]byte{first}, 8 })
	c.Clock.Set(practiceDay.Add(time.Second))
	replica := coaching.New(c, coaching.Config{BaseURL: "https://homefront.example", OrgName: "Homefront"})
	coach := b.coaches(b.coach)
	draft := b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "draft 0"})
	var notes []uuid.UUID
	for i := range 12 {
		notes = append(notes, b.signed(models.NoteShared, fmt.Sprint("note ", i)))
	}
	stop, load := make(chan struct{}), sync.WaitGroup{}
	var reads, writes atomic.Int32
	during := func(do func(n int) error) {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := patiently(func() error { return do(n) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, s := range []*coaching.Service{b.Service, replica} {
		during(func(n int) error {
			got, err := s.Note(b.as(b.mia), notes[n%len(notes)])
			if err == nil && got.Words.Text != fmt.Sprint("note ", n%len(notes)) {
				err = fmt.Errorf("Mia reads %q", got.Words.Text)
			}
			reads.Add(1)
			return err
		})
	}
	during(func(n int) error { // autosave
		writes.Add(1)
		_, err := replica.SaveNote(b.coaches(b.coach), draft.ID, coaching.SaveNote{Text: fmt.Sprint("draft ", n+1)})
		return err
	})
	during(func(n int) error {
		_, err := b.WriteEngagementNote(b.coaches(b.coach), b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: fmt.Sprint("new ", n)})
		return err
	})
	rotation := func(s *coaching.Service) services.Rotation {
		return must[services.Rotation](t)(s.RotateKeys(context.Background(), func(services.Rotation) {}))
	}
	var moved services.Rotation
	for range 3 {
		r := rotation(replica)
		moved.Given, moved.Moved = moved.Given+r.Given, moved.Moved+r.Moved
	}
	if moved.Given == 0 || moved.Moved < len(notes) {
		t.Errorf("%+v", moved)
	}
	if unopened, err := c.RewrapKeys(context.Background(), func(services.Resealed) {}); err != nil || len(unopened) > 0 {
		t.Errorf("%v, %v", unopened, err)
	}
	for i, note := range notes {
		if got := b.reads(b.as(b.mia), note); got != fmt.Sprint("note ", i) {
			t.Errorf("Mia reads %q", got)
		}
	}
	close(stop)
	load.Wait()
	if reads.Load() < 20 || writes.Load() < 5 {
		t.Errorf("%d reads and %d writes meanwhile", reads.Load(), writes.Load())
	}
	for i := 0; ; i++ { // what was written meanwhile moves, too, and the old keys end when nobody reads any more
		c.Clock.Set(practiceDay.Add(time.Duration(i+1) * time.Minute))
		b.core.Clock.Set(c.Clock.Now())
		if r := rotation(replica); r.WaitUntil.IsZero() {
			break
		} else if i == 5 {
			t.Fatalf("it does not end: %+v", r)
		}
	}
	if n := b.count(`select count(*) from coaching_note_texts t join subject_keys k on k.id = t.body_key where not k.current or k.wrapped is null`); n != 0 || b.liveKeys(b.mia) != 1 {
		t.Errorf("%d texts are under an old key, %d keys of Mia", n, b.liveKeys(b.mia))
	}
	for i, note := range notes {
		if got := b.reads(b.as(b.mia), note); got != fmt.Sprint("note ", i) {
			t.Errorf("Mia reads %q", got)
		}
	}
	if got := b.reads(coach, draft.ID); !strings.HasPrefix(got, "draft ") || got == "draft 0" {
		t.Errorf("the coach reads %q", got)
	}
}

func TestATextThatDoesNotOpenStaysAndKeepsItsKey(t *testing.T) {
	b := openNotebook(t)
	good, bad := b.signed(models.NoteShared, "good"), b.signed(models.NoteShared, "bad")
	b.exec(`alter table coaching_note_texts disable trigger coaching_note_texts_final`)
	b.exec(`update coaching_note_texts set body = set_byte(body, 30, get_byte(body, 30) # 1) where note_id = $1`, bad)
	b.core.Clock.Set(practiceDay.Add(time.Second))
	if r := b.rotate(); r.Broken != 1 || r.Moved != 1 {
		t.Errorf("%+v", r)
	}
	b.core.Clock.Set(practiceDay.Add(time.Minute))
	if r := b.rotate(); !r.WaitUntil.IsZero() || r.Broken != 1 || r.Kept != 1 || r.Destroyed != 0 {
		t.Errorf("%+v", r)
	}
	if got := b.reads(b.as(b.mia), good); got != "good" {
		t.Errorf("%q", got)
	}
	if got := b.reads(b.as(b.mia), bad); got != "unreadable" {
		t.Errorf("%q", got)
	}
}

func TestWhoseKeysAreDestroyedStaysUnreadable(t *testing.T) {
	b := openNotebook(t)
	note := b.signed(models.NoteShared, "gone")
	b.exec(`update subject_keys set wrapped = null, destroyed_at = now() where member_id = $1`, b.mia)
	b.core.Clock.Set(practiceDay.Add(time.Second))
	b.rotate()
	b.core.Clock.Set(practiceDay.Add(time.Minute))
	b.rotate()
	for name, ctx := range map[string]context.Context{"Mia": b.as(b.mia), "the coach": b.coaches(b.coach)} {
		if got := b.reads(ctx, note); got != "not_found" {
			t.Errorf("%s reads %q", name, got)
		}
	}
}
