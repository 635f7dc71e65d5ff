package workshops_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/workshops"
)

const (
	meet        = "https://meet.example.org/x"
	jitsiSecret = "a secret of the Jitsi next door, long enough"
)

// meetup is a hybrid workshop with somebody online, somebody in the room, and somebody who leads it.
type meetup struct {
	*hall
	session workshops.WorkshopSessionDetail
	id      uuid.UUID // the workshop's
	online  uuid.UUID
	room    uuid.UUID
}

func openMeetup(t *testing.T, in workshops.NewWorkshop) *meetup {
	t.Helper()
	h := openHall(t)
	in.Format, in.Capacity, in.OnlineCapacity, in.FacilitatorIDs = models.FormatHybrid, number(9), number(9), []uuid.UUID{h.ann}
	d := h.draft(in)
	c := &meetup{hall: h, id: d.ID, online: h.member, room: h.person("Roy", false)}
	c.session = h.planner.sessions(d.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 90})[0]
	if _, err := h.Publish(h.staff(), d.ID); err != nil {
		t.Fatal(err, fieldsOf(err))
	}
	for mode, who := range map[models.AttendanceMode]uuid.UUID{models.ModeOnline: c.online, models.ModeInPerson: c.room} {
		h.want(h.register(h.me(who), d.ID, c.by(mode, who)), models.RegistrationConfirmed)
	}
	return c
}

func (c *meetup) by(mode models.AttendanceMode, who ...uuid.UUID) workshops.Register {
	in := members(who...)
	for i := range in.Attendees {
		in.Attendees[i].Mode = &mode
	}
	return in
}

// leads is a call of who leads it, and of nothing else.
func (c *meetup) leads() *services.Call {
	return &services.Call{Actor: &services.Actor{Kind: models.ActorAccount, AccountID: c.ann, MemberID: c.ann, Roles: []models.Role{models.RoleFacilitator}}}
}

func TestOneJoinsInItsHoursWithAPlaceOnline(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	leads := services.WithCall(t.Context(), c.leads())
	starts, ends := c.session.StartsAt, c.session.EndsAt
	for _, s := range []struct {
		at            time.Time
		attend, staff services.Code
		state         string
	}{
		{starts.Add(-61 * time.Minute), workshops.CodeTooEarly, workshops.CodeTooEarly, "early"}, {starts.Add(-60 * time.Minute), workshops.CodeTooEarly, "", "early"},
		{starts.Add(-15*time.Minute - time.Second), workshops.CodeTooEarly, "", "early"}, {starts.Add(-15 * time.Minute), "", "", "open"},
		{ends.Add(-time.Second), "", "", "open"}, {ends, workshops.CodeOver, workshops.CodeOver, "over"},
	} {
		c.core.Clock.Set(s.at)
		got, err := c.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{})
		if codeOf(err) != s.attend || err == nil && (got.URL != meet || got.As != "attendee" || got.Room != models.RoomURL || !got.ClosesAt.Equal(ends)) {
			t.Errorf("%s: %v %+v", s.at, err, got)
		}
		if state, err := c.JoinState(c.me(c.online), c.session.ID); err != nil || state.State != s.state || !state.OpensAt.Equal(starts.Add(-15*time.Minute)) || len(state.Places) != 1 || state.Places[0].Name != "Mia R." {
			t.Errorf("%s: %v %+v", s.at, err, state)
		}
		for _, ctx := range []struct {
			who  string
			join func() (*workshops.JoinTicket, error)
		}{{"facilitator", func() (*workshops.JoinTicket, error) { return c.Join(leads, c.session.ID, workshops.JoinRequest{}) }},
			{"coordinator", func() (*workshops.JoinTicket, error) {
				return c.Join(c.staff(), c.session.ID, workshops.JoinRequest{})
			}}} {
			if got, err := ctx.join(); codeOf(err) != s.staff || err == nil && got.As != "staff" {
				t.Errorf("%s %s: %v %+v", s.at, ctx.who, err, got)
			}
		}
		for who, member := range map[string]uuid.UUID{"who sits in the room": c.room, "somebody else": c.bob} {
			if _, err := c.Join(c.me(member), c.session.ID, workshops.JoinRequest{}); codeOf(err) != services.CodeNotFound {
				t.Errorf("%s joins: %v", who, err)
			}
			if _, err := c.JoinState(c.me(member), c.session.ID); codeOf(err) != services.CodeNotFound {
				t.Errorf("%s sees: %v", who, err)
			}
		}
	}
	if n := c.count(`select count(*) from audit_log where action = 'session.join' and outcome = 'read' and $1 = any(subjects)`, c.online); n != 2 {
		t.Errorf("%d looks are logged", n)
	}
}

func TestTheTooEarlyAreToldWhen(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	_, err := c.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{})
	if err == nil || !strings.Contains(err.Error(), "Tuesday, October 27, 5:45 PM EDT") {
		t.Error(err)
	}
}

func TestTheHoursMoveWithTheSession(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	if _, err := c.UpdateSession(c.staff(), c.session.ID, workshops.SessionPatch{LocalStart: services.Some("2026-10-28T18:00")}); err != nil {
		t.Fatal(err)
	}
	c.core.Clock.Set(c.session.StartsAt)
	if _, err := c.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{}); codeOf(err) != workshops.CodeTooEarly {
		t.Errorf("at the old start: %v", err)
	}
	c.core.Clock.Set(c.session.StartsAt.Add(24 * time.Hour))
	if _, err := c.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{}); err != nil {
		t.Errorf("at the new one: %v", err)
	}
	other := c.planner.sessions(c.id, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90})[0]
	if _, err := c.CancelSession(c.staff(), other.ID, workshops.SessionCancellation{Reason: "Snow"}); err != nil {
		t.Fatal(err)
	}
	c.core.Clock.Set(other.StartsAt)
	if _, err := c.Join(c.me(c.online), other.ID, workshops.JoinRequest{}); codeOf(err) != workshops.CodeOver {
		t.Errorf("one that does not take place: %v", err)
	}
}

// Links are bounded by the address that they come from; what is none of ours uses up nobody's share of it.
func TestOneAddressUsesSoManyLinks(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	mine, err := c.MyRegistrations(c.me(c.online), workshops.MyRegistrationQuery{})
	if err != nil {
		t.Fatal(err)
	}
	link := workshops.JoinLink{SessionID: c.session.ID, Token: services.JoinToken(c.core.Keys, mine.Data[0].Attendees[0].ID, 1)}
	none := workshops.JoinLink{SessionID: c.session.ID, Token: services.OneTimeToken(c.core.Keys, mine.Data[0].Attendees[0].ID)}
	from := func(address string) context.Context {
		return services.WithCall(t.Context(), &services.Call{Address: address, Actor: &services.Actor{Kind: models.ActorAnonymous}})
	}
	for range 130 {
		if _, err := c.JoinByLink(from("192.0.2.1"), workshops.JoinByLink{JoinLink: none}); codeOf(err) != services.CodeNotFound {
			t.Fatal(err)
		}
	}
	for i := range 120 {
		if _, err := c.JoinStateByLink(from("192.0.2.1"), link); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if _, err := c.JoinStateByLink(from("192.0.2.1"), link); codeOf(err) != services.CodeTooMany {
		t.Errorf("the state: %v", err)
	}
	if _, err := c.JoinByLink(from("192.0.2.1"), workshops.JoinByLink{JoinLink: link}); codeOf(err) != services.CodeTooMany {
		t.Errorf("the address: %v", err)
	}
	if _, err := c.JoinByLink(from("192.0.2.2"), workshops.JoinByLink{JoinLink: link}); codeOf(err) != workshops.CodeTooEarly {
		t.Errorf("somebody elsewhere: %v", err)
	}
}

func TestWhoLostTheirPlaceJoinsNothing(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	mine, err := c.MyRegistrations(c.me(c.online), workshops.MyRegistrationQuery{})
	if err != nil || len(mine.Data) != 1 {
		t.Fatal(err)
	}
	c.core.Clock.Set(c.session.StartsAt.Add(-time.Minute))
	if _, err := c.Cancel(c.me(c.online), mine.Data[0].ID, workshops.Cancellation{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{}); codeOf(err) != services.CodeNotFound {
		t.Error(err)
	}
}

func TestAChildJoinsThroughWhoEnteredIt(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	father, mother := c.person("Luis", false), c.person("Ana", false)
	child := c.child(father, true)
	c.guard(mother, child, true)
	r := c.want(c.register(c.me(father), c.id, c.by(models.ModeOnline, father, child)), models.RegistrationConfirmed)
	c.core.Clock.Set(c.session.StartsAt)
	state, err := c.JoinState(c.me(father), c.session.ID)
	if err != nil || len(state.Places) != 2 || state.Places[0].Name != "Luis R." || state.Places[1].Name != "Maya R." || state.Places[1].Kind != models.SeatChild {
		t.Fatalf("%v %+v", err, state)
	}
	if _, err := c.Join(c.me(father), c.session.ID, workshops.JoinRequest{AttendeeID: &state.Places[1].AttendeeID}); err != nil {
		t.Error(err)
	}
	if _, err := c.Join(c.me(mother), c.session.ID, workshops.JoinRequest{}); codeOf(err) != services.CodeNotFound {
		t.Errorf("the other guardian joins by a booking that is not hers: %v", err)
	}
	c.exec(`update guardianships set until = '2026-10-01' where guardian_id = $1`, father)
	if _, err := c.Join(c.me(father), c.session.ID, workshops.JoinRequest{AttendeeID: &r.Attendees[1].ID}); codeOf(err) != services.CodeNotFound {
		t.Errorf("who may act for the child no longer: %v", err)
	}
}

func TestNobodyIsToldTheAddressBefore(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	ctx := c.me(c.online)
	mine, err := c.MyRegistrations(ctx, workshops.MyRegistrationQuery{})
	if err != nil {
		t.Fatal(err)
	}
	one, err1 := c.Registration(ctx, mine.Data[0].ID)
	session, err2 := c.Session(ctx, c.session.ID)
	all, err3 := c.Sessions(ctx, c.id, workshops.SessionQuery{})
	workshop, err4 := c.Get(ctx, c.id)
	list, err5 := c.List(ctx, workshops.CatalogQuery{})
	state, err6 := c.JoinState(ctx, c.session.ID)
	for _, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err != nil {
			t.Fatal(err)
		}
	}
	seen, _ := json.Marshal([]any{mine, one, session, all, workshop, list, state})
	if strings.Contains(string(seen), "meet.example.org") {
		t.Errorf("%s", seen)
	}
	if one.Workshop.JoinURL == nil || *one.Workshop.JoinURL != "/join/"+c.session.ID.String() {
		t.Errorf("where it is opened: %+v", one.Workshop)
	}
	c.later(c.session.StartsAt.Add(-time.Hour))
	if n := c.count(`select count(*) from messages where data::text || coalesce(calendar::text, '') like '%meet.example%'`); n != 0 {
		t.Errorf("%d mails hold the address", n)
	}
	if n := c.count(`select count(*) from messages where member_id = $1 and event in ('registration.confirmed', 'session.reminder') and data->'join'->>'session_id' = $2`, c.online, c.session.ID.String()); n != 2 {
		t.Errorf("%d mails lead to the page", n)
	}
	if n := c.count(`select count(*) from messages where member_id = $1 and data ? 'join'`, c.room); n != 0 {
		t.Errorf("%d mails lead who sits in the room there", n)
	}
}

// withJitsi is a replica of an organization that has a Jitsi.
func (h *hall) withJitsi() (*workshops.Service, *services.Core) {
	h.t.Helper()
	c, err := services.Open(h.t.Context(), services.Settings{DatabaseURL: h.db.AppURL, Secret: []byte("0123456789abcdefghijklmnopqrstuv"), ReadConns: 2, WriteConns: 2,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), DecodeAnswers: true})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	c.Clock.Set(planningDay)
	notices.New(c, nil, notices.Config{BaseURL: "https://homefront.example", From: "hello@homefront.example", OrgName: "Homefront"})
	return workshops.New(c, workshops.Config{BaseURL: "https://homefront.example", Jitsi: workshops.Jitsi{URL: "https://Meet.example.org", AppID: "homefront", Secret: jitsiSecret}}), c
}

// claims takes a token apart without the library that made it.
func claims(t *testing.T, address string) (room string, body map[string]any) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host != "Meet.example.org" {
		t.Fatalf("%q: %v", address, err)
	}
	parts := strings.Split(u.Query().Get("jwt"), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	mac := hmac.New(sha256.New, []byte(jitsiSecret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) != parts[2] {
		t.Error("the signature is another")
	}
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	if string(head) != `{"alg":"HS256","typ":"JWT"}` {
		t.Errorf("%s", head)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/"), body
}

func TestARoomOfOurOwnOpensToOnePersonInItsHours(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	s, core := c.withJitsi()
	if _, err := s.Update(c.staff(), c.id, workshops.WorkshopPatch{OnlineRoom: services.Some(models.RoomJitsi)}); err != nil {
		t.Fatal(err)
	}
	starts, ends := c.session.StartsAt, c.session.EndsAt
	core.Clock.Set(starts)
	mine, err := s.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{})
	if err != nil || mine.Room != models.RoomJitsi {
		t.Fatalf("%v %+v", err, mine)
	}
	room, body := claims(t, mine.URL)
	user := body["context"].(map[string]any)["user"].(map[string]any)
	if len(room) != 26 || body["room"] != room || body["iss"] != "homefront" || body["sub"] != "meet.example.org" || !slices.Equal(body["aud"].([]any), []any{"jitsi"}) ||
		body["nbf"] != float64(starts.Add(-15*time.Minute).Unix()) || body["exp"] != float64(ends.Unix()) || user["name"] != "Mia R." || user["moderator"] != "false" || user["affiliation"] != "member" {
		t.Errorf("%v", body)
	}
	for _, id := range []uuid.UUID{c.session.ID, c.id, c.online} {
		if strings.Contains(mine.URL, id.String()) {
			t.Error("the address names somebody or something")
		}
	}
	token := mine.URL[strings.Index(mine.URL, "?jwt=")+5:]
	at := func(when time.Time) error {
		_, err := jwt.Parse(token, func(*jwt.Token) (any, error) { return []byte(jitsiSecret), nil }, jwt.WithTimeFunc(func() time.Time { return when }), jwt.WithValidMethods([]string{"HS256"}), jwt.WithAudience("jitsi"), jwt.WithExpirationRequired())
		return err
	}
	if early, now, late := at(starts.Add(-16*time.Minute)), at(starts), at(ends.Add(time.Second)); early == nil || now != nil || late == nil {
		t.Errorf("early %v, now %v, late %v", early, now, late)
	}
	again, err := s.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{Name: " Lou\u202e \n the\tQuiet "})
	if err != nil {
		t.Fatal(err)
	}
	_, other := claims(t, again.URL)
	as := other["context"].(map[string]any)["user"].(map[string]any)
	if as["name"] != "Lou the Quiet" || as["id"] != user["id"] {
		t.Errorf("%v", as)
	}
	lead, err := s.Join(services.WithCall(t.Context(), c.leads()), c.session.ID, workshops.JoinRequest{})
	if err != nil {
		t.Fatal(err)
	}
	same, head := claims(t, lead.URL)
	boss := head["context"].(map[string]any)["user"].(map[string]any)
	if same != room || boss["name"] != "Ann R." || boss["moderator"] != "true" || boss["affiliation"] != "owner" || boss["id"] == user["id"] || head["nbf"] != float64(starts.Add(-time.Hour).Unix()) {
		t.Errorf("%v", head)
	}
}

func TestARoomStaysWhenItsSessionMovesAndIsAnotherWhenRenewed(t *testing.T) {
	c := openMeetup(t, workshops.NewWorkshop{JoinURL: meet})
	s, core := c.withJitsi()
	leads := services.WithCall(t.Context(), c.leads())
	if _, err := s.RenewRoom(leads, c.session.ID); codeOf(err) != workshops.CodeNotJitsi {
		t.Errorf("at an address: %v", err)
	}
	if _, err := s.Update(c.staff(), c.id, workshops.WorkshopPatch{OnlineRoom: services.Some(models.RoomJitsi)}); err != nil {
		t.Fatal(err)
	}
	next := c.planner.sessions(c.id, workshops.NewSessions{LocalStart: "2026-11-03T18:00", Minutes: 90})[0]
	join := func(session uuid.UUID, at time.Time) (room, user string) {
		t.Helper()
		core.Clock.Set(at)
		got, err := s.Join(c.me(c.online), session, workshops.JoinRequest{})
		if err != nil {
			t.Fatal(err)
		}
		room, body := claims(t, got.URL)
		return room, body["context"].(map[string]any)["user"].(map[string]any)["id"].(string)
	}
	room, user := join(c.session.ID, c.session.StartsAt)
	if other, elsewhere := join(next.ID, next.StartsAt); other == room || elsewhere == user {
		t.Error("two sessions have one room, or know a person again")
	}
	core.Clock.Set(planningDay)
	if _, err := s.UpdateSession(c.staff(), c.session.ID, workshops.SessionPatch{LocalStart: services.Some("2026-10-28T18:00")}); err != nil {
		t.Fatal(err)
	}
	if moved, _ := join(c.session.ID, c.session.StartsAt.Add(24*time.Hour)); moved != room {
		t.Error("it moved house with the session")
	}
	if _, err := s.RenewRoom(c.as(c.bob, "", models.RoleFacilitator), c.session.ID); codeOf(err) != services.CodeNotFound {
		t.Errorf("who does not lead it: %v", err)
	}
	if _, err := s.RenewRoom(leads, c.session.ID); err != nil {
		t.Fatal(err)
	}
	if renewed, _ := join(c.session.ID, c.session.StartsAt.Add(24*time.Hour)); renewed == room {
		t.Error("renewed, it is the same")
	}
	if _, err := s.UpdateSession(c.staff(), c.session.ID, workshops.SessionPatch{OnlineRoom: services.Some(models.RoomURL)}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Join(c.me(c.online), c.session.ID, workshops.JoinRequest{}); err != nil || got.URL != meet {
		t.Errorf("its own kind goes first: %v %+v", err, got)
	}
}

func TestRoomsOfOurOwnNeedAJitsi(t *testing.T) {
	h := openHall(t)
	if _, err := h.Create(h.staff(), workshops.NewWorkshop{Title: "Calm", Format: models.FormatOnline, OnlineRoom: models.RoomJitsi}); !slices.Equal(fieldsOf(err), []string{"/online_room not_configured"}) {
		t.Errorf("%v %v", err, fieldsOf(err))
	}
	s, core := h.withJitsi()
	w, err := s.Create(h.staff(), workshops.NewWorkshop{Title: "Calm", Summary: "Quiet", Format: models.FormatOnline, OnlineRoom: models.RoomJitsi, Capacity: number(5), FacilitatorIDs: []uuid.UUID{h.ann}})
	if err != nil {
		t.Fatal(err)
	}
	session := h.planner.sessions(w.ID, workshops.NewSessions{LocalStart: startsOn, Minutes: 60})[0]
	if _, err := s.Publish(h.staff(), w.ID); err != nil {
		t.Fatalf("an address is asked for: %v %v", err, fieldsOf(err))
	}
	h.want(h.register(h.me(h.member), w.ID, workshops.Register{}), models.RegistrationConfirmed)
	core.Clock.Set(session.StartsAt)
	h.core.Clock.Set(session.StartsAt)
	if _, err := s.Join(h.me(h.member), session.ID, workshops.JoinRequest{}); err != nil {
		t.Error(err)
	}
	if _, err := h.Join(h.me(h.member), session.ID, workshops.JoinRequest{}); codeOf(err) != workshops.CodeNoRoom {
		t.Errorf("after the Jitsi is gone: %v", err)
	}
}
