package workshops_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/workshops"
)

// form is a published form for registrations: an open question that must be answered, and a sensitive one.
func (h *hall) form() uuid.UUID {
	h.t.Helper()
	no, short := false, 20
	fields := models.FormFields{
		{Key: "seat", Type: models.FieldText, Label: "Where do you like to sit?", Required: true, Sensitive: &no, MaxLength: &short},
		{Key: "ease", Type: models.FieldText, Label: "What helps you feel at ease?", RetentionFrom: models.RetentionEnded, RetentionDays: number(30)},
	}
	questions, err := json.Marshal(fields)
	if err != nil {
		h.t.Fatal(err)
	}
	schema, err := json.Marshal(fields.Schema())
	if err != nil {
		h.t.Fatal(err)
	}
	id := services.NewID()
	h.exec(`insert into forms (id, version, created_at, updated_at, title, purpose) values ($1, 1, $2, $2, 'Before you come', 'registration')`, id, planningDay)
	h.exec(`insert into form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at, published_by) values ($1, 1, $2, $2, $3, 1, $4::jsonb, $5::jsonb, $2, $6)`,
		services.NewID(), planningDay, id, string(questions), string(schema), h.boss)
	return id
}

func (h *hall) asking() workshops.NewWorkshop {
	form := h.form()
	return workshops.NewWorkshop{Capacity: number(10), GuestsPerParty: 3, MaxParty: number(6), RegistrationFormID: &form}
}

// response is how somebody's form stands: its status and whose entry it is, or nothing.
func (h *hall) response(attendee uuid.UUID) (status string, by uuid.UUID) {
	h.t.Helper()
	h.scan(`select coalesce(max(status), ''), coalesce((array_agg(entered_by))[1], '00000000-0000-0000-0000-000000000000') from form_responses where record = 'attendee' and record_id = $1`, attendee, &status, &by)
	return status, by
}

func (h *hall) wantForm(attendee uuid.UUID, status string) {
	h.t.Helper()
	if got, _ := h.response(attendee); got != status {
		h.t.Errorf("the form is %q, want %q", got, status)
	}
}

func answering(member uuid.UUID, seat string) workshops.AttendeeInput {
	return workshops.AttendeeInput{MemberID: &member, Answers: map[string]any{"seat": seat, "ease": "A quiet corner"}}
}

func TestAFormIsAnsweredWithThePlaceOrLater(t *testing.T) {
	h := openHall(t)
	lead := h.person("Luis", false)
	child, w := h.child(lead, true), h.workshop(h.asking())
	in := workshops.Register{Attendees: []workshops.AttendeeInput{answering(lead, "Near the door"), {MemberID: &child}, {Guest: &workshops.GuestInput{Name: "Rosa Ortega", Kind: models.SeatAdult}}}}
	r := h.want(h.register(h.me(lead), w, in), models.RegistrationConfirmed)
	for i, want := range []models.FormResponseStatus{models.FormResponseAnswered, models.FormResponseDue} {
		a := r.Attendees[i]
		status, by := h.response(a.ID)
		if a.Form == nil || a.Form.Status != want || status != string(want) || by != lead {
			t.Errorf("number %d: %+v %s %s", i, a.Form, status, by)
		}
	}
	if r.Attendees[2].Form != nil {
		t.Errorf("a guest is asked: %+v", r.Attendees[2].Form)
	}
	if n := h.count(`select count(*) from form_answers a join form_responses r on r.id = a.response_id where r.record_id = $1 and (a.field = 'seat' and a.value = '"Near the door"' or a.field = 'ease' and a.sealed is not null)`,
		r.Attendees[0].ID); n != 2 {
		t.Errorf("%d answers", n)
	}
	mine, err := h.MyRegistrations(h.me(lead), workshops.MyRegistrationQuery{})
	if err != nil || len(mine.Data) != 1 || mine.Data[0].Attendees[1].Form == nil || mine.Data[0].Attendees[1].Form.ResponseID != r.Attendees[1].Form.ResponseID {
		t.Errorf("%v %+v", err, mine)
	}
	if got := h.now(r.ID); got.Attendees[0].Form == nil || got.Attendees[0].Form.Status != models.FormResponseAnswered {
		t.Errorf("staff see %+v", got.Attendees[0].Form)
	}
	if _, err := forms.New(h.core).Answer(h.me(lead), r.Attendees[1].Form.ResponseID, forms.GiveAnswers{Answers: map[string]any{"seat": "With her father"}}); err != nil {
		t.Fatal(err)
	}
	roster, err := h.Roster(h.staff(), w, workshops.RosterQuery{PageQuery: services.PageQuery{Limit: 25}})
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, e := range roster.Data {
		told[e.Name] = e.Form
	}
	if told["Luis R."] != "answered" || told["Maya R."] != "answered" || told["Rosa O."] != "none" {
		t.Errorf("%v", told)
	}
}

// What is wrong with answers is told with all the rest, and nothing of it is kept.
func TestAnswersAreToldWithEverythingElse(t *testing.T) {
	h := openHall(t)
	w, plain := h.workshop(h.asking()), h.workshop(workshops.NewWorkshop{})
	bad := answering(h.member, strings.Repeat("x", 21))
	bad.Answers["ease"], bad.Answers["more"] = 7, "y"
	unknown := services.NewID()
	in := workshops.Register{Attendees: []workshops.AttendeeInput{bad, {MemberID: &unknown}, {Guest: &workshops.GuestInput{Name: "Rosa", Kind: models.SeatAdult}, Answers: map[string]any{}}}}
	_, err := h.Register(h.me(h.member), w, in)
	want := []string{"/attendees/0/answers/ease wrong_type", "/attendees/0/answers/more unknown_field", "/attendees/0/answers/seat too_long", "/attendees/1/member_id unknown_member", "/attendees/2/answers not_asked"}
	if got := fieldsOf(err); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	_, err = h.Register(h.me(h.member), plain, workshops.Register{Attendees: []workshops.AttendeeInput{answering(h.member, "Here")}})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/attendees/0/answers not_asked"}) {
		t.Errorf("%v", got)
	}
	if n := h.count(`select (select count(*) from form_responses) + (select count(*) from form_answers) + (select count(*) from registrations)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	r := h.register(h.me(h.member), w, workshops.Register{})
	spouse := h.child(h.member, true)
	wrong := answering(spouse, "")
	_, err = h.AddAttendee(h.me(h.member), r.ID, wrong)
	if got := fieldsOf(err); !slices.Equal(got, []string{"/answers/seat required"}) {
		t.Errorf("%v", got)
	}
	r, err = h.AddAttendee(h.me(h.member), r.ID, answering(spouse, "Here"))
	if err != nil {
		t.Fatal(err)
	}
	h.wantForm(r.Attendees[1].ID, "answered")
}

// Whoever waits for a seat is asked when they take it, unless they have answered before.
func TestWhoWaitsIsAskedWithTheSeat(t *testing.T) {
	h := openHall(t)
	in := h.asking()
	in.Capacity = number(1)
	w := h.workshop(in)
	first := h.want(h.register(h.me(h.member), w, workshops.Register{}), models.RegistrationConfirmed)
	ana, eva := h.person("Ana", false), h.person("Eva", false)
	answered := h.want(h.register(h.me(ana), w, workshops.Register{Attendees: []workshops.AttendeeInput{answering(ana, "Here")}}), models.RegistrationWaitlisted)
	later := h.want(h.register(h.me(eva), w, workshops.Register{}), models.RegistrationWaitlisted)
	h.wantForm(answered.Attendees[0].ID, "answered")
	h.wantForm(later.Attendees[0].ID, "")
	give := func(who uuid.UUID, from, to *workshops.RegistrationView) {
		t.Helper()
		if _, err := h.Cancel(h.me(who), from.ID, workshops.Cancellation{}); err != nil {
			t.Fatal(err)
		}
		h.want(h.now(to.ID), models.RegistrationOffered)
	}
	give(h.member, first, answered)
	if _, err := h.AcceptOffer(h.me(ana), answered.ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(answered.Attendees[0].ID, "answered")
	give(ana, answered, later)
	h.wantForm(later.Attendees[0].ID, "")
	taken, err := h.AcceptOffer(h.me(eva), later.ID)
	if err != nil || taken.Attendees[0].Form == nil || taken.Attendees[0].Form.Status != models.FormResponseDue {
		t.Errorf("%v %+v", err, taken)
	}
}

func TestAnInvitedAdultAnswersTheirOwnForm(t *testing.T) {
	h := openHall(t)
	w, ana := h.workshop(h.asking()), h.person("Ana", false)
	h.exec(`update members set email = 'ana@example.org' where id = $1`, ana)
	h.account(ana, "ana@example.org")
	r := h.register(h.me(h.member), w, invite(h.member, "ana@example.org"))
	at := r.Attendees[1].ID
	_, err := h.AcceptInvitation(h.me(ana), r.ID, at, workshops.Acceptance{Answers: map[string]any{}})
	if got := fieldsOf(err); !slices.Equal(got, []string{"/answers/seat required"}) {
		t.Errorf("%v", got)
	}
	h.wantForm(at, "")
	if _, err := h.AcceptInvitation(h.me(ana), r.ID, at, workshops.Acceptance{Answers: map[string]any{"seat": "By the door"}}); err != nil {
		t.Fatal(err)
	}
	if status, by := h.response(at); status != "answered" || by != ana {
		t.Errorf("%s, entered by %s", status, by)
	}
	seen, err := h.Registration(h.me(h.member), r.ID)
	if err != nil || seen.Attendees[1].Form != nil {
		t.Errorf("the lead sees %+v %v", seen.Attendees[1].Form, err)
	}
	own, err := h.Registration(h.me(ana), r.ID)
	if err != nil || own.Attendees[1].Form == nil || own.Attendees[0].Form != nil {
		t.Errorf("%v %+v", err, own)
	}

	// By the link of the mail nobody has shown who they are: they are asked when they sign in.
	lead := h.person("Luis", false)
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	r = h.register(h.me(lead), w, invite(lead, "ana@example.org"))
	if _, err := h.AcceptByLink(services.AsAnonymous(t.Context()), h.token(r.ID)); err != nil {
		t.Fatal(err)
	}
	if status, by := h.response(r.Attendees[1].ID); status != "due" || by != ana {
		t.Errorf("%s, entered by %s", status, by)
	}
}

func TestTwoGuardiansHaveAFormEach(t *testing.T) {
	h := openHall(t)
	w, ana, luis := h.workshop(h.asking()), h.person("Ana", false), h.person("Luis", false)
	child := h.child(ana, true)
	h.guard(luis, child, true)
	a := h.register(h.me(ana), w, workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &ana}, answering(child, "Here")}})
	b := h.register(h.me(luis), w, members(luis, child))
	if a.Attendees[1].Form.Status != models.FormResponseAnswered || b.Attendees[1].Form.Status != models.FormResponseDue || a.Attendees[1].Form.ResponseID == b.Attendees[1].Form.ResponseID {
		t.Errorf("%+v %+v", a.Attendees[1].Form, b.Attendees[1].Form)
	}
	office := forms.New(h.core)
	if _, err := office.Response(h.me(luis), a.Attendees[1].Form.ResponseID); codeOf(err) != services.CodeNotFound {
		t.Errorf("%v", err)
	}
	if got, err := office.Response(h.me(ana), a.Attendees[1].Form.ResponseID); err != nil {
		t.Errorf("%v %+v", err, got)
	}
	if got := h.now(b.ID); !got.Attendees[1].Second || got.Attendees[1].Form == nil {
		t.Errorf("%+v", got.Attendees[1])
	}
}

// What is asked for a place ends with it, and goes on with it.
func TestFormsEndWithThePlace(t *testing.T) {
	h := openHall(t)
	w := h.open(h.asking(), startsOn)
	lead := h.person("Luis", false)
	child := h.child(lead, true)
	r := h.register(h.me(lead), w.ID, workshops.Register{Attendees: []workshops.AttendeeInput{answering(lead, "Here"), {MemberID: &child}}})
	mine, theirs := r.Attendees[0].ID, r.Attendees[1].ID
	ended := func(attendee uuid.UUID) string {
		t.Helper()
		var on string
		h.scan(`select coalesce(ended_on::text, '') || ' ' || coalesce((select purge_on::text from form_answers a where a.response_id = f.id and a.field = 'ease'), '') from form_responses f where record_id = $1`, attendee, &on)
		return strings.TrimSpace(on)
	}
	if err := h.RemoveAttendee(h.as(lead, "*", models.RoleMember), r.ID, theirs); err != nil {
		t.Fatal(err)
	}
	h.wantForm(theirs, "moot")
	h.wantForm(mine, "answered")
	if got := ended(theirs); got != "2026-09-01" {
		t.Errorf("%q", got)
	}
	if _, err := h.Cancel(h.me(lead), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if got := ended(mine); got != "2026-09-01 2026-10-01" {
		t.Errorf("after cancelling: %q", got)
	}
	if _, err := h.Reinstate(h.staff(), r.ID, workshops.Reinstatement{Reason: "A misunderstanding"}); err != nil {
		t.Fatal(err)
	}
	if got := ended(mine); strings.HasPrefix(got, "2026") && strings.Contains(got, " ") {
		t.Errorf("after it was reinstated: %q", got)
	}
	h.wantForm(mine, "answered")
	h.wantForm(theirs, "moot")
	other := h.register(h.me(h.member), w.ID, workshops.Register{})
	h.wantForm(other.Attendees[0].ID, "due")
	if _, err := h.CancelWorkshop(h.staff(), w.ID, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	h.wantForm(other.Attendees[0].ID, "moot")
	if _, err := h.RestoreWorkshop(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(other.Attendees[0].ID, "due") // the place is there again

	h.core.Clock.Set(w.EndsAt.AddDate(0, 0, 1))
	sessions, err := h.Sessions(h.staff(), w.ID, workshops.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.CompleteSession(h.staff(), sessions.Data[0].ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(other.Attendees[0].ID, "due") // a place in a series is for the workshop
	if _, err := h.CompleteWorkshop(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(other.Attendees[0].ID, "moot")
	if got := ended(other.Attendees[0].ID); got != "2026-10-27" {
		t.Errorf("%q", got)
	}
	if _, err := h.RestoreWorkshop(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(other.Attendees[0].ID, "due")
}

func TestADropInPlacesFormEndsWithItsSession(t *testing.T) {
	h := openHall(t)
	in := h.asking()
	in.AttendanceMode, in.FacilitatorIDs = models.AttendDropIn, []uuid.UUID{h.ann}
	w := h.draft(in)
	sessions := h.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90, Recurrence: weekly("FREQ=WEEKLY;COUNT=2")})
	if _, err := h.Publish(h.staff(), w.ID); err != nil {
		t.Fatal(err)
	}
	var at []uuid.UUID
	for i := range sessions {
		at = append(at, h.register(h.me(h.member), w.ID, workshops.Register{SessionID: &sessions[i].ID}).Attendees[0].ID)
	}
	h.core.Clock.Set(sessions[0].EndsAt)
	if _, err := h.CompleteSession(h.staff(), sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	h.wantForm(at[0], "moot")
	h.wantForm(at[1], "due")
	if _, err := h.ReopenSession(h.staff(), sessions[0].ID, workshops.Justification{Reason: "Closed too early"}); err != nil {
		t.Fatal(err)
	}
	h.wantForm(at[0], "due")
}

func TestAnotherFormIsAskedOfEverybodyWhoComes(t *testing.T) {
	h := openHall(t)
	w := h.open(workshops.NewWorkshop{Capacity: number(10), MaxParty: number(6)}, startsOn)
	r := h.register(h.me(h.member), w.ID, workshops.Register{})
	first, second := h.form(), h.form()
	statuses := func() (out string) {
		h.t.Helper()
		h.scan(`select coalesce(string_agg(case form_id when $1 then 'first ' else 'second ' end || status, ', ' order by created_at, id), '') from form_responses`, first, &out)
		return out
	}
	for _, step := range []struct {
		form services.Field[uuid.UUID]
		want string
	}{
		{services.Some(first), "first due"}, {services.Null[uuid.UUID](), "first moot"}, {services.Some(second), "first moot, second due"}, {services.Some(first), "first due, second moot"},
	} {
		if _, err := h.Update(h.staff(), w.ID, workshops.WorkshopPatch{RegistrationFormID: step.form}); err != nil {
			t.Fatal(err)
		}
		if got := statuses(); got != step.want {
			t.Errorf("got %q, want %q", got, step.want)
		}
	}
	if _, err := h.Update(h.staff(), w.ID, workshops.WorkshopPatch{RegistrationFormID: services.Null[uuid.UUID]()}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Cancel(h.me(h.member), r.ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(`select count(*) from form_responses where ended_on is null`); n != 0 {
		t.Errorf("%d responses never end", n)
	}
	copied, err := h.Clone(h.staff(), h.draft(h.asking()).ID, workshops.CloneWorkshop{})
	if err != nil || copied.RegistrationFormID == nil {
		t.Errorf("%v %+v", err, copied)
	}
	gone := services.NewID()
	if _, err := h.Create(h.staff(), workshops.NewWorkshop{Title: "x", Format: models.FormatInPerson, RegistrationFormID: &gone}); !slices.Equal(fieldsOf(err), []string{"/registration_form_id unknown_form"}) {
		t.Errorf("%v", fieldsOf(err))
	}
	in := h.asking()
	in.FacilitatorIDs = []uuid.UUID{h.bob}
	draft := h.draft(in)
	h.sessions(draft.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90})
	h.exec(`update forms set archived_at = $2 where id = $1`, *in.RegistrationFormID, planningDay)
	if _, err := h.Publish(h.staff(), draft.ID); codeOf(err) != workshops.CodeNotReady {
		t.Errorf("%v", err)
	}
	h.exec(`update forms set archived_at = null where id = $1`, *in.RegistrationFormID)
	if _, err := h.Publish(h.staff(), draft.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.CancelWorkshop(h.staff(), draft.ID, workshops.CancelReason{Reason: "The hall is flooded"}); err != nil {
		t.Fatal(err)
	}
	h.exec(`update forms set archived_at = $2 where id = $1`, *in.RegistrationFormID, planningDay)
	if _, err := h.RestoreWorkshop(h.staff(), draft.ID); codeOf(err) != workshops.CodeNotReady || !slices.Equal(fieldsOf(err), []string{"/registration_form_id form_archived"}) {
		t.Errorf("restored: %v", err)
	}
}

// 60 parties of a parent and a child want 40 seats, of a workshop with rules and a form, on two servers.
func TestRaceWithRulesAndAForm(t *testing.T) {
	h := openHall(t)
	in := h.asking()
	in.Capacity, in.Rules = number(40), models.Rules{forVeterans, ages(5)}
	w := h.workshop(in)
	servers := []*workshops.Service{h.Service, h.replica()}
	type family struct{ lead, child uuid.UUID }
	families := make([]family, 60)
	for i := range families {
		lead := h.person(fmt.Sprintf("Lead %d", i), false)
		families[i] = family{lead, h.child(lead, true)}
	}
	states, failed := make([]models.RegistrationState, len(families)), make([]error, len(families))
	var all sync.WaitGroup
	for i, f := range families {
		all.Go(func() {
			failed[i] = patiently(func() error {
				party := workshops.Register{Attendees: []workshops.AttendeeInput{answering(f.lead, "Here"), {MemberID: &f.child}}}
				r, err := servers[i%2].Register(h.me(f.lead), w, party)
				if err == nil {
					states[i] = r.State
				}
				return err
			})
		})
	}
	all.Wait()
	seated := 0
	for i, s := range states {
		if failed[i] != nil {
			t.Fatal(failed[i])
		}
		if s == models.RegistrationConfirmed {
			seated++
		}
	}
	if seated != 20 {
		t.Errorf("%d parties of two are seated on 40 seats", seated)
	}
	for status, want := range map[string]int{"answered": 60, "due": 20} {
		if n := h.count(`select count(*) from form_responses where status = $1`, status); n != want {
			t.Errorf("%d are %s, want %d", n, status, want)
		}
	}
	if n := h.count(`select count(*) from (select record_id from form_responses group by record_id having count(*) > 1) twice`); n != 0 {
		t.Errorf("%d were asked twice", n)
	}
	h.checkCounts()
}
