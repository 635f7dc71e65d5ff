package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	meet "homefront/services/online"
	"homefront/services/people"
)

// Codes of what keeps somebody from joining.
const (
	CodeTooEarly  services.Code = "too_early"
	CodeOver      services.Code = "over"
	CodeNotOnline services.Code = "not_online"
	CodeNotYet    services.Code = "not_published"
	CodeNoRoom    services.Code = "no_room"
	CodeNotJitsi  services.Code = "not_jitsi"
)

// How long before the start one may join: those who come, and those who lead or look after it.
const (
	joinBefore = 15 * time.Minute
	leadBefore = time.Hour
)

// JoinState is whether it is time to join a session.
type JoinState struct {
	SessionID uuid.UUID   `json:"session_id"`
	Title     string      `json:"title" example:"Living with Hypervigilance: Sleep"`
	State     string      `json:"state" enum:"early,open,over" doc:"over: it has ended, or does not take place" example:"early"`
	As        string      `json:"as" enum:"attendee,staff" example:"attendee"`
	OpensAt   time.Time   `json:"opens_at" doc:"From when one may join: 15 minutes before the start; who leads it an hour before" example:"2026-10-27T21:45:00Z"`
	ClosesAt  time.Time   `json:"closes_at" doc:"The end of the session" example:"2026-10-27T23:30:00Z"`
	StartsAt  time.Time   `json:"starts_at" example:"2026-10-27T22:00:00Z"`
	TimeZone  string      `json:"time_zone" example:"America/New_York"`
	Places    []JoinPlace `json:"places" nullable:"false" doc:"As whom the caller may join: themselves, their children, their guests. Empty for staff who have none"`
}

// JoinPlace is a confirmed place online that the caller may join with.
type JoinPlace struct {
	AttendeeID uuid.UUID       `json:"attendee_id"`
	Name       string          `json:"name" doc:"As the others in the room see it, unless another is chosen" example:"Luis O."`
	Kind       models.SeatKind `json:"kind" enum:"adult,child"`
}

// JoinRequest says as whom somebody joins.
type JoinRequest struct {
	AttendeeID *uuid.UUID `json:"attendee_id,omitempty" doc:"One of places; absent: one's own, else the first"`
	Name       string     `json:"name,omitempty" maxLength:"40" doc:"What the others in the room are to see; absent: first name and initial. In a room at another address nobody is told it" example:"Lou"`
}

// JoinByLink is the same of somebody without an account, with the link from their mail.
type JoinByLink struct {
	JoinLink
	Name string `json:"name,omitempty" maxLength:"40" doc:"What the others in the room are to see; absent: first name and initial" example:"Lou"`
}

// JoinLink is what the link of a mail holds. The secret goes in the body, so that no log of addresses keeps it.
type JoinLink struct {
	SessionID uuid.UUID `json:"session_id" doc:"From the path of the link"`
	Token     string    `json:"token" minLength:"20" maxLength:"100" doc:"From the link"`
}

// JoinTicket opens the room to one person.
type JoinTicket struct {
	SessionID uuid.UUID         `json:"session_id"`
	URL       string            `json:"url" doc:"To open at once, and to keep nowhere: it is good for this person alone" example:"https://meet.example.org/qx2m7ceo5v4hzr6nd3kfwyba1u?jwt=eyJhbGciOiJIUzI1NiJ9.e30.c2ln"`
	Room      models.OnlineRoom `json:"room" enum:"url,jitsi" example:"jitsi"`
	As        string            `json:"as" enum:"attendee,staff" example:"attendee"`
	OpensAt   time.Time         `json:"opens_at" example:"2026-10-27T21:45:00Z"`
	ClosesAt  time.Time         `json:"closes_at" doc:"Until when the room opens with it" example:"2026-10-27T23:30:00Z"`
}

// joinedSession is a session with what its workshop says of joining it.
type joinedSession struct {
	models.WorkshopSession `gorm:"embedded"`
	Workshop               string
	Format                 models.Format
	Visibility             models.Visibility
	WorkshopURL            string
	WorkshopRoom           models.OnlineRoom
	Leads                  bool
}

func (s *joinedSession) room() (models.OnlineRoom, string) {
	w := models.Workshop{JoinURL: s.WorkshopURL, OnlineRoom: s.WorkshopRoom}
	return w.RoomOf(&s.WorkshopSession)
}

// joinedPlace is an attendee who takes part online.
type joinedPlace struct {
	AttendeeID uuid.UUID
	MemberID   *uuid.UUID
	Kind       models.SeatKind
	Given      string
	Family     string
	Own        bool
}

func (p *joinedPlace) name() string { return models.Initialed(p.Given, p.Family) }

// entrance is a session as one person comes to it: with a place, or as one of its staff.
type entrance struct {
	session joinedSession
	places  []joinedPlace
	place   *joinedPlace
}

const joinSessionColumns = `s.*, w.title as workshop, w.format, w.visibility, w.join_url as workshop_url, w.online_room as workshop_room, w.id in ` + facilitated + ` as leads`

// findPlaces reads the confirmed places online in a session; whose, is put behind it.
const (
	findPlaces = `select a.id as attendee_id, a.member_id, a.kind, coalesce(nullif(btrim(m.preferred_name), ''), m.given_name, a.guest_name, a.invite_name) as given,
			coalesce(m.family_name, '') as family, a.member_id is not distinct from @me as own
		from attendees a join registrations r on r.id = a.registration_id left join members m on m.id = a.member_id
		where r.workshop_id = @workshop and (r.session_id is null or r.session_id = @session) and r.state = 'confirmed' and a.live and a.state = 'attending'
			and (@format = 'online' or @format = 'hybrid' and a.mode = 'online') and `
	// The caller's own place, their children's, and those of guests whom they bring. What staff entered for others is not theirs.
	placesOfCaller = `a.id in (select id from attendees where member_id = @me and live and not second
		union all select id from attendees where entered_by = @me and member_id <> @me and live and invite_id is null and kind = 'child'
			and not member_id = any(@released) and (not @coordinates or member_id = any(@children))
		union all select x.id from registrations l join attendees x on x.registration_id = l.id where l.lead_member_id = @me and l.workshop_id = @workshop and x.live
			and (x.member_id is null and x.guest_name is not null or x.kind = 'child' and x.invite_id is null and x.member_id = any(@children)))
		order by own desc, a.id limit 20`
	placeOfLink = `a.id = @attendee and a.code_version = @version`
)

// JoinState says when the caller may join a session online. It changes nothing and tells no address, and can be polled.
// Errors: not_found for who has no place online in it, and where nobody joins online.
func (s *Service) JoinState(ctx context.Context, sessionID uuid.UUID) (*JoinState, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*JoinState, error) {
		e, err := s.enter(db, actor, sessionID, nil)
		if err == nil && e.closedToStaff() != nil {
			err = services.NotFound("session") // nobody joins it: there is no state to tell
		}
		if err != nil {
			return nil, err
		}
		return e.state(s.core.Clock.Now()), nil
	})
}

// Join gives the address of the room: to who has a confirmed place online, from 15 minutes before the start until the end;
// to those who lead the workshop and to coordinators from an hour before. The look is logged.
// Errors: not_found for who has no place online in it; conflict too_early, over, no_room, or to staff not_online and not_published.
func (s *Service) Join(ctx context.Context, sessionID uuid.UUID, in JoinRequest) (*JoinTicket, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "session.join", func(d *services.Disclosure) (*JoinTicket, error) {
		d.Object(sessionID)
		e, err := s.enter(d.DB, actor, sessionID, in.AttendeeID)
		if err == nil {
			err = e.closedToStaff()
		}
		if err != nil {
			return nil, err
		}
		return s.admit(d, e, actor.MemberID, in.Name)
	})
}

// JoinStateByLink is JoinState with the link of a mail.
// Errors: not_found, for a link that does not work any more as for one that never did; too_many.
func (s *Service) JoinStateByLink(ctx context.Context, in JoinLink) (*JoinState, error) {
	link, err := s.readLink(ctx, in)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*JoinState, error) {
		e, err := s.enterByLink(db, link)
		if err != nil {
			return nil, err
		}
		return e.state(s.core.Clock.Now()), nil
	})
}

// JoinByLink is Join with the link of a mail.
// Errors: not_found, for a link that does not work any more as for one that never did; conflict too_early, over, no_room; too_many.
func (s *Service) JoinByLink(ctx context.Context, in JoinByLink) (*JoinTicket, error) {
	link, err := s.readLink(ctx, in.JoinLink)
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, "session.join_by_link", func(d *services.Disclosure) (*JoinTicket, error) {
		d.Object(in.SessionID)
		e, err := s.enterByLink(d.DB, link)
		if err != nil {
			return nil, err
		}
		return s.admit(d, e, uuid.Nil, in.Name)
	})
}

// enter finds how the caller comes to a session. Who leads it comes as staff, also with a place of their own; a coordinator
// with a place comes as anybody. With attendee they come as that one.
func (s *Service) enter(db *gorm.DB, actor *services.Actor, sessionID uuid.UUID, attendee *uuid.UUID) (*entrance, error) {
	session, err := findJoined(db, sessionID, actor.MemberID)
	if err != nil {
		return nil, err
	}
	e := &entrance{session: *session}
	ties, err := people.TiesOf(db, actor.MemberID)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	args := map[string]any{"me": actor.MemberID, "workshop": session.WorkshopID, "session": session.ID, "format": string(session.Format), "coordinates": actor.Coordinates(),
		"released": models.IDs(ties.Released(now)), "children": models.IDs(ties.Children(now))}
	if err := db.Raw(findPlaces+placesOfCaller, args).Scan(&e.places).Error; err != nil {
		return nil, err
	}
	return e, e.choose(actor, attendee)
}

func (e *entrance) choose(actor *services.Actor, attendee *uuid.UUID) error {
	switch {
	case attendee != nil:
		for i := range e.places {
			if e.places[i].AttendeeID == *attendee {
				e.place = &e.places[i]
				return nil
			}
		}
		return services.NotFound("attendee")
	case e.session.Leads, actor.Coordinates() && (len(e.places) == 0 || !e.places[0].Own):
		return nil
	case len(e.places) == 0:
		return services.NotFound("session")
	}
	e.place = &e.places[0]
	return nil
}

// closedToStaff says why there is nothing to join for staff. Who has a place in it has one online, in what is published.
func (e *entrance) closedToStaff() error {
	switch {
	case e.place != nil:
		return nil
	case e.session.Format == models.FormatInPerson:
		return services.Conflict(CodeNotOnline, "Nobody joins this session online: it takes place in person.")
	case e.session.Visibility == models.VisibilityDraft:
		return services.Conflict(CodeNotYet, "This workshop is a draft. Publish it first.")
	}
	return nil
}

// joinsByAddress bounds how often links are used from one address: a class in one building joins at once, and their pages poll.
var joinsByAddress = services.Limit{Name: "session.join_by_link", Every: 500 * time.Millisecond, Burst: 120}

// mailedLink is what a link of ours says.
type mailedLink struct {
	session, attendee uuid.UUID
	version           int
}

// readLink knows a link of ours by its MAC. Others end here: they cost no row of the log, and use up nobody's share.
// Errors: not_found; too_many.
func (s *Service) readLink(ctx context.Context, in JoinLink) (mailedLink, error) {
	call, err := services.CallFrom(ctx)
	if err != nil {
		return mailedLink{}, err
	}
	attendee, version, ok := services.ReadJoinToken(s.core.Keys, in.Token)
	if !ok {
		return mailedLink{}, services.NotFound("link")
	}
	return mailedLink{in.SessionID, attendee, version}, s.core.Take(ctx, joinsByAddress, call.Address)
}

// enterByLink finds the place that the link of a mail is for.
func (s *Service) enterByLink(db *gorm.DB, in mailedLink) (*entrance, error) {
	session, err := findJoined(db, in.session, uuid.Nil)
	if missing := services.NotFound("session"); missing.Is(err) {
		return nil, services.NotFound("link")
	} else if err != nil {
		return nil, err
	}
	e := &entrance{session: *session}
	args := map[string]any{"me": uuid.Nil, "workshop": session.WorkshopID, "session": session.ID, "format": string(session.Format), "attendee": in.attendee, "version": in.version}
	if err := db.Raw(findPlaces+placeOfLink, args).Scan(&e.places).Error; err != nil {
		return nil, err
	}
	if len(e.places) == 0 {
		return nil, services.NotFound("link")
	}
	e.place = &e.places[0]
	return e, nil
}

// findJoined reads a session with what its workshop says of joining it.
// Errors: not_found.
func findJoined(db *gorm.DB, id, member uuid.UUID) (*joinedSession, error) {
	var found []joinedSession
	err := db.Table("workshop_sessions as s").Joins("join workshops w on w.id = s.workshop_id").Select(joinSessionColumns, member, member).Where("s.id = ?", id).Limit(1).Find(&found).Error
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("session")
	}
	return &found[0], nil
}

func (e *entrance) as() string {
	if e.place == nil {
		return "staff"
	}
	return "attendee"
}

func (e *entrance) opens() time.Time {
	if e.place == nil {
		return e.session.StartsAt.Add(-leadBefore).UTC()
	}
	return e.session.StartsAt.Add(-joinBefore).UTC()
}

func (e *entrance) at(now time.Time) string {
	switch {
	case e.session.Status == models.SessionCancelled, e.session.Visibility == models.VisibilityCancelled, !now.Before(e.session.EndsAt):
		return "over"
	case now.Before(e.opens()):
		return "early"
	}
	return "open"
}

func (e *entrance) state(now time.Time) *JoinState {
	s := &e.session
	out := &JoinState{SessionID: s.ID, Title: titleOf(s.Workshop, s.Title), State: e.at(now), As: e.as(), OpensAt: e.opens(), ClosesAt: s.EndsAt.UTC(), StartsAt: s.StartsAt.UTC(),
		TimeZone: s.TimeZone, Places: make([]JoinPlace, len(e.places))}
	for i := range e.places {
		p := &e.places[i]
		out.Places[i] = JoinPlace{AttendeeID: p.AttendeeID, Name: p.name(), Kind: p.Kind}
	}
	return out
}

// admit gives the address, when it is time. Caller is the member who asks as staff.
func (s *Service) admit(d *services.Disclosure, e *entrance, caller uuid.UUID, alias string) (*JoinTicket, error) {
	session := &e.session
	switch e.at(s.core.Clock.Now()) {
	case "early":
		opens := local(e.opens(), session.TimeZone).Format("Monday, January 2, 3:04 PM MST")
		return nil, services.Conflict(CodeTooEarly, "You can join from %s on.", opens)
	case "over":
		return nil, services.Conflict(CodeOver, "This session is over, or does not take place.")
	}
	if e.place != nil && e.place.MemberID != nil {
		d.Subject(*e.place.MemberID)
	}
	kind, address := session.room()
	out := &JoinTicket{SessionID: session.ID, URL: address, Room: kind, As: e.as(), OpensAt: e.opens(), ClosesAt: session.EndsAt.UTC()}
	if kind == models.RoomJitsi && s.cfg.Jitsi.Set() {
		who, err := s.guest(d.DB, e, caller, alias)
		if err != nil {
			return nil, err
		}
		out.URL, err = s.cfg.Jitsi.Enter(s.roomOf(session.ID, session.RoomRenewals), who, out.OpensAt, out.ClosesAt)
		return out, err
	}
	if address == "" {
		return nil, services.Conflict(CodeNoRoom, "Nobody has said yet where to join. Ask us to call you.")
	}
	return out, nil
}

// guest is who comes into a room of ours: under the name that they chose, else first name and initial.
func (s *Service) guest(db *gorm.DB, e *entrance, caller uuid.UUID, alias string) (meet.Guest, error) {
	person, name := caller, meet.ShownName(clean(alias))
	if e.place != nil {
		person = e.place.AttendeeID
		if name == "" {
			name = e.place.name()
		}
	}
	if name == "" {
		var m models.Member
		if err := db.Model(&m).Select("given_name", "preferred_name", "family_name").Where("id = ?", caller).Take(&m).Error; err != nil {
			return meet.Guest{}, err
		}
		name = models.Initialed(firstName(m), m.FamilyName)
	}
	return s.user(e.session.ID, person, name, e.place == nil), nil
}

// RenewRoom gives a session another room of our own Jitsi, as when somebody is in it who should not be: everybody joins
// again, and whoever has no place stays out. What was given before leads to the room before.
// Errors: not_found; conflict not_jitsi where the session is at an address that somebody wrote down.
func (s *Service) RenewRoom(ctx context.Context, sessionID uuid.UUID) (*WorkshopSessionDetail, error) {
	return services.Mutate(ctx, s.core, "session.renew_room", func(tx *services.Tx) (*WorkshopSessionDetail, error) {
		before, err := ledSession(tx.DB, tx.Actor(), sessionID, alone)
		if err != nil {
			return nil, err
		}
		session, err := findJoined(tx.DB, sessionID, tx.Actor().MemberID)
		if err != nil {
			return nil, err
		}
		if kind, _ := session.room(); kind != models.RoomJitsi {
			return nil, services.Conflict(CodeNotJitsi, "This session has no room of our own. Change join_url instead.")
		}
		after := *before
		after.RoomRenewals++
		tx.Changed(*before, after)
		if err := tx.DB.Model(&after).Select("room_renewals").Where("id = ?", after.ID).Updates(after).Error; err != nil {
			return nil, err
		}
		return sessionDetail(tx.DB, tx.Actor(), sessionID)
	})
}
