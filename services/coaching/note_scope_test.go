package coaching_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
)

func TestALaterCoachReadsWhatWasAgreedAndTheFormerOneWhatTheyWrote(t *testing.T) {
	b := openNotebook(t)
	shared, private := b.signed(models.NoteShared, "shared"), b.signed(models.NotePrivate, "private")
	draft := b.write(b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "draft"})
	next, over := b.coach2("Nia"), practiceDay.Add(time.Hour)
	b.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, b.engagement, over)
	b.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at, history) values ($1, $2, $3, $4, false)`, services.NewID(), b.engagement, next, over)
	b.exec(`update engagements set coach_id = $2 where id = $1`, b.engagement, next)
	b.core.Clock.Set(over.Add(time.Hour))
	newest := must[*models.CoachingNote](t)(b.WriteEngagementNote(b.coaches(next), b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "newest", Sign: true})).ID
	see := func(when string, ctx context.Context, want ...string) {
		t.Helper()
		got := []string{b.reads(ctx, shared), b.reads(ctx, private), b.reads(ctx, newest)}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	see("the next coach, without history", b.coaches(next), "not_found", "not_found", "newest")
	b.exec(`update engagement_coaches set history = true where coach_id = $1`, next)
	see("the next coach, with history", b.coaches(next), "shared", "not_found", "newest")
	see("the former coach", b.coaches(b.coach), "shared", "private", "not_found")
	if got := b.lists(b.coaches(b.coach), b.engagement); len(got) != 3 {
		t.Errorf("the former coach lists %d notes", len(got))
	}
	refused(t, second(b.SaveNote(b.coaches(b.coach), draft.ID, coaching.SaveNote{Text: "x"})), coaching.CodeNoteClosed)
	refused(t, second(b.SignNote(b.coaches(b.coach), draft.ID)), coaching.CodeNoteClosed)
	refused(t, second(b.AmendNote(b.coaches(b.coach), shared, coaching.AmendNote{Text: "x", Reason: "x"})), coaching.CodeNoteClosed)
	refused(t, second(b.WriteEngagementNote(b.coaches(b.coach), b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "x"})), services.CodeNotFound)

	b.core.Clock.Set(over.Add(models.NotesKeptOpen - time.Second))
	see("the former coach on the last day", b.coaches(b.coach), "shared", "private", "not_found")
	b.core.Clock.Set(over.Add(models.NotesKeptOpen))
	see("the former coach after 90 days", b.coaches(b.coach), "not_found", "not_found", "not_found")
	if b.lists(b.coaches(b.coach), b.engagement) != nil {
		t.Error("the former coach still lists notes")
	}
	see("Mia", b.as(b.mia), "shared", "not_found", "newest")

	b.exec(`update engagements set state = 'completed', closed_at = $2 where id = $1`, b.engagement, b.core.Clock.Now())
	see("the coach after the end", b.coaches(next), "not_found", "not_found", "newest")
	must[*models.CoachingNote](t)(b.AmendNote(b.coaches(next), newest, coaching.AmendNote{Text: "amended", Reason: "A word was wrong."}))
	b.core.Clock.Set(b.core.Clock.Now().Add(models.NotesKeptOpen))
	see("the coach 90 days after the end", b.coaches(next), "not_found", "not_found", "not_found")
	refused(t, second(b.AmendNote(b.coaches(next), newest, coaching.AmendNote{Text: "x", Reason: "x"})), coaching.CodeNoteClosed)
	see("Mia after the end", b.as(b.mia), "shared", "not_found", "amended")
}

// That everybody agreed to history opens nothing to a coach who became close to the client, or is kept apart from them. It can be taken
// back, by the client alone; the coach reads on what came since.
func TestWhatALaterCoachReadsNoMore(t *testing.T) {
	b := openNotebook(t)
	ana := b.member("Ana")
	others := b.practice.engagement(b.coach, ana)
	next := b.coach2("Nia")
	of := map[uuid.UUID]uuid.UUID{}
	goal := b.goal(b.mia, b.engagement, "Sleep").ID
	for _, e := range []uuid.UUID{b.engagement, others} {
		of[e] = b.write(e, coaching.WriteNote{Tier: models.NoteShared, Text: "before", Sign: true}).ID
		b.exec(`update engagement_coaches set ends_at = $2, outcome = 'handed_over' where engagement_id = $1`, e, practiceDay.Add(time.Minute))
		b.exec(`insert into engagement_coaches (id, engagement_id, coach_id, starts_at, history) values ($1, $2, $3, $4, true)`, services.NewID(), e, next, practiceDay.Add(time.Minute))
		b.exec(`update engagements set coach_id = $2 where id = $1`, e, next)
	}
	b.core.Clock.Set(practiceDay.Add(time.Hour))
	see := func(when string, e uuid.UUID, want string) {
		t.Helper()
		if got := b.reads(b.coaches(next), of[e]); got != want {
			t.Errorf("%s: %q", when, got)
		}
	}
	see("with history", b.engagement, "before")
	separation := b.apart(b.mia, next, models.SeparationProtected)
	see("kept apart", b.engagement, "not_found")
	b.exec(`update separations set ends_on = '2026-08-01' where id = $1`, separation)
	see("no longer kept apart", b.engagement, "before")
	b.couple(next, ana)
	see("married", others, "not_found")

	for _, yes := range []services.Field[bool]{services.Some(true), {Set: true}} {
		refused(t, second(b.UpdateEngagement(b.as(b.mia), b.engagement, coaching.EngagementPatch{History: yes})), services.CodeInvalid)
	}
	refused(t, second(b.UpdateEngagement(b.coaches(next), b.engagement, coaching.EngagementPatch{History: services.Some(false)})), "coach_reads")
	see("before it is taken back", b.engagement, "before")
	must[*coaching.EngagementView](t)(b.UpdateEngagement(b.as(b.mia), b.engagement, coaching.EngagementPatch{History: services.Some(false)}))
	see("taken back", b.engagement, "not_found")
	if err := second(b.Goal(b.coaches(next), goal)); codeOf(err) != services.CodeNotFound {
		t.Errorf("the goal of before: %v", err)
	}
	of[b.engagement] = must[*models.CoachingNote](t)(b.WriteEngagementNote(b.coaches(next), b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "since", Sign: true})).ID
	see("what came since", b.engagement, "since")
}

func TestASuspendedCoachReadsAndWritesNothing(t *testing.T) {
	b := openNotebook(t)
	signed, draft := b.signed(models.NoteShared, "signed"), b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "draft"})
	b.exec(`update coaches set suspended_at = $2 where id = $1`, b.coach, practiceDay)
	coach := b.coaches(b.coach)
	if got := b.reads(coach, signed) + " " + b.reads(coach, draft.ID); got != "not_found not_found" {
		t.Errorf("they read %s", got)
	}
	refused(t, second(b.SaveNote(coach, draft.ID, coaching.SaveNote{Text: "x"})), coaching.CodeCoachSuspended)
	refused(t, second(b.SignNote(coach, draft.ID)), coaching.CodeCoachSuspended)
	refused(t, b.DeleteNote(coach, draft.ID), coaching.CodeCoachSuspended)
	refused(t, second(b.AmendNote(coach, signed, coaching.AmendNote{Text: "x", Reason: "x"})), coaching.CodeCoachSuspended)
	refused(t, second(b.WriteEngagementNote(coach, b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "x"})), coaching.CodeCoachSuspended)
	b.exec(`update coaches set suspended_at = null`)
	if got := b.reads(coach, draft.ID); got != "draft" {
		t.Errorf("reinstated they read %s", got)
	}
}

// Between two who are kept apart what is signed is taken, and not delivered: nothing tells either of them.
func TestWhatIsSignedBetweenTheSeparatedIsNotDelivered(t *testing.T) {
	b := openNotebook(t)
	early := b.signed(models.NoteShared, "early")
	draft := b.write(b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "draft"})
	before := b.lists(b.as(b.mia), b.engagement)
	view := fmt.Sprintf("%+v", must[*coaching.NoteReading](t)(b.Note(b.as(b.mia), early)))
	b.apart(b.mia, b.coach, models.SeparationProtected)
	b.core.Clock.Set(practiceDay.Add(time.Minute))
	coach := b.coaches(b.coach)
	must[*models.CoachingNote](t)(b.SignNote(coach, draft.ID))
	late := b.signed(models.NoteShared, "late")
	if n := b.mails(models.NoticeCoachingLogged, b.mia); n != 1 {
		t.Errorf("Mia is told %d times that there is something to read", n)
	}
	must[*models.CoachingNote](t)(b.AmendNote(coach, early, coaching.AmendNote{Text: "I know where you live", Reason: "Because"}))
	for id, want := range map[uuid.UUID]string{draft.ID: "draft", late: "late", early: "I know where you live"} {
		if got := b.reads(coach, id); got != want {
			t.Errorf("the coach reads %q of what they signed", got)
		}
	}
	if got := fmt.Sprintf("%+v", must[*coaching.NoteReading](t)(b.Note(b.as(b.mia), early))); got != view {
		t.Errorf("Mia reads %s, before it was %s", got, view)
	}
	if after := b.lists(b.as(b.mia), b.engagement); len(after) != len(before) || b.reads(b.as(b.mia), late) != "not_found" || b.reads(b.as(b.mia), draft.ID) != "not_found" {
		t.Errorf("Mia lists %v", after)
	}
	if page := must[services.Page[coaching.NoteVersion]](t)(b.NoteVersions(b.as(b.mia), early, services.PageQuery{Limit: 10})); len(page.Data) != 1 {
		t.Errorf("Mia reads %d versions", len(page.Data))
	}
}

// A supervisor who is kept apart from a client reads nothing that is said of them.
func TestASupervisorWhoIsKeptApartReadsNothing(t *testing.T) {
	b := openNotebook(t)
	supervisor := b.coach2("Sol")
	b.exec(`update coaches set supervisor_id = $2 where id = $1`, b.coach, supervisor)
	note := b.signed(models.NoteSupervision, "she moved to Elm Street")
	if got := b.reads(b.coaches(supervisor), note); got != "she moved to Elm Street" {
		t.Fatalf("the supervisor reads %s", got)
	}
	separation := b.apart(b.mia, supervisor, models.SeparationProtected)
	if got := b.reads(b.coaches(supervisor), note); got != "not_found" {
		t.Errorf("kept apart the supervisor reads %s", got)
	}
	if got := b.reads(b.coaches(b.coach), note); got != "she moved to Elm Street" {
		t.Errorf("the coach reads %s", got)
	}
	b.exec(`update separations set ends_on = '2026-08-01' where id = $1`, separation)
	if got := b.reads(b.coaches(supervisor), note); got != "she moved to Elm Street" {
		t.Errorf("afterwards the supervisor reads %s", got)
	}
	b.exec(`update coaches set suspended_at = $2 where id = $1`, supervisor, practiceDay)
	if got := b.reads(b.coaches(supervisor), note); got != "not_found" {
		t.Errorf("suspended the supervisor reads %s", got)
	}
	b.exec(`update coaches set suspended_at = null where id = $1`, supervisor)
	b.exec(`update engagements set state = 'completed', closed_at = $2 where id = $1`, b.engagement, practiceDay)
	for after, want := range map[time.Duration]string{models.NotesKeptOpen - time.Second: "she moved to Elm Street", models.NotesKeptOpen: "not_found"} {
		b.core.Clock.Set(practiceDay.Add(after))
		if got := b.reads(b.coaches(supervisor), note); got != want {
			t.Errorf("%v after the end the supervisor reads %s", after, got)
		}
	}
}

// Who has left coaching reads and writes no notes, even before somebody has taken their role and their clients.
func TestAnArchivedCoachReadsAndWritesNothing(t *testing.T) {
	b := openNotebook(t)
	private, draft := b.signed(models.NotePrivate, "signed"), b.write(b.engagement, coaching.WriteNote{Tier: models.NotePrivate, Text: "draft"})
	b.exec(`update coaches set archived_at = $2 where id = $1`, b.coach, practiceDay)
	coach := b.coaches(b.coach)
	if got := b.reads(coach, private); got != "not_found" {
		t.Errorf("they read %s", got)
	}
	refused(t, second(b.SaveNote(coach, draft.ID, coaching.SaveNote{Text: "x"})), coaching.CodeCoachSuspended)
	refused(t, second(b.AmendNote(coach, private, coaching.AmendNote{Text: "x", Reason: "x"})), coaching.CodeCoachSuspended)
	if err := second(b.WriteEngagementNote(coach, b.engagement, coaching.WriteNote{Tier: models.NoteShared, Text: "x"})); err == nil {
		t.Error("they write")
	}
}
