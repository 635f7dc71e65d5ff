package limit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// A workshop and its pools come as one row per pool.
const (
	listSQL = `select w.id, w.title, w.summary, w.program_id, w.format, w.attendance_mode, w.venue_id, v.name, w.time_zone, w.audience_kinds, w.minimum_age,
			w.starts_at, w.ends_at, w.opens_at, w.closes_at, w.visibility, w.is_template,
			(select count(*) from workshop_sessions c where c.workshop_id = w.id and c.status <> 'cancelled'),
			p.id, p.session_id, p.mode, p.capacity, p.child_capacity, p.taken, p.taken_children, p.waiting, p.starts_at
		from (select * from workshops where visibility = 'published' and listed_until > $1 and starts_at >= $2 order by starts_at, id limit $3) w
		left join venues v on v.id = w.venue_id` + poolsOf + ` limit 10) p on true
		order by w.starts_at, w.id, p.starts_at, p.mode, p.id`

	poolsOf = ` left join lateral (select p.*, s.starts_at from pools p left join workshop_sessions s on s.id = p.session_id
			where p.workshop_id = w.id and (p.session_id is null or (s.status = 'scheduled' and s.ends_at > $1)) order by s.starts_at, p.mode, p.id`

	getSQL = `select w.id, w.version, w.created_at, w.updated_at, w.program_id, w.title, w.summary, w.description, w.materials, w.format, w.attendance_mode,
			w.venue_id, w.room_id, w.location_note, w.online_room, w.time_zone, w.capacity, w.child_capacity, w.online_capacity, w.min_to_run, w.decide_by, w.waitlist_capacity, w.opens_at,
			w.closes_at, w.approval_required, w.cancel_deadline_hours, w.guests_per_party, w.max_party, w.minimum_age, w.teen_program, w.audience_kinds,
			w.rules::text, w.registration_form_id, w.offer_hours, w.reminder_hours, w.visibility, w.is_template, w.is_public, w.starts_at, w.ends_at, w.published_at, w.cancelled_at, w.completed_at, w.cancel_reason,
			(select name from programs where id = w.program_id), v.id, v.name, v.address, v.time_zone, v.accessibility, (select json_build_object('id', id, 'name', name, 'accessibility', accessibility)::text from rooms where id = w.room_id),
			(select count(*) from workshop_sessions c where c.workshop_id = w.id and c.status <> 'cancelled'),
			case when exists (select from workshop_facilitators where workshop_id = w.id and member_id = $3)
				or exists (select from session_facilitators f join workshop_sessions s on s.id = f.session_id where s.workshop_id = w.id and f.member_id = $3) then w.join_url else '' end,
			f.given, f.family, p.id, p.session_id, p.mode, p.capacity, p.child_capacity, p.taken, p.taken_children, p.waiting, p.starts_at
		from workshops w left join venues v on v.id = w.venue_id
		left join lateral (select array_agg(coalesce(m.preferred_name, m.given_name) order by m.given_name, m.id) as given, array_agg(m.family_name order by m.given_name, m.id) as family
			from workshop_facilitators f join members m on m.id = f.member_id where f.workshop_id = w.id) f on true` + poolsOf + `) p on true
		where w.id = $2 and (w.visibility = 'published'
			or exists (select from workshop_facilitators where workshop_id = w.id and member_id = $3)
			or exists (select from session_facilitators f join workshop_sessions s on s.id = f.session_id where s.workshop_id = w.id and f.member_id = $3)
			or w.visibility in ('cancelled', 'completed') and (exists (select from registrations r where r.workshop_id = w.id and r.lead_member_id = $3)
				or exists (select from attendees a join registrations r on r.id = a.registration_id where r.workshop_id = w.id and a.member_id = $3)))`
)

// shown is a workshop as both answers need it.
type shown struct {
	models.Workshop
	audience                         []string
	rules                            string
	visibility, format, admission    string
	onlineRoom                       string
	reminders                        []int
	room                             *string // as it is shown
	venueName                        *string
	sessions                         int
	pools                            []seats
	program, address, zone, entrance *string
	given, family                    []string
}

type seats struct {
	id, session                      *uuid.UUID
	mode                             *string
	capacity, taken, children, waits *int
	childCapacity                    *int
	starts                           *time.Time
}

func (s *seats) into() []any {
	return []any{&s.id, &s.session, &s.mode, &s.capacity, &s.childCapacity, &s.taken, &s.children, &s.waits, &s.starts}
}

func (l *Server) list(c *fiber.Ctx, actor *services.Actor) error {
	args := c.Request().URI().QueryArgs()
	limit, err := args.GetUint("limit")
	if err != nil || limit < 1 || limit > 100 {
		return fiber.ErrUnprocessableEntity
	}
	from, filter := time.Time{}, ""
	if text := args.Peek("starts_gte"); text != nil {
		if from, err = time.Parse(time.RFC3339Nano, string(text)); err != nil {
			return fiber.ErrBadRequest
		}
		filter = "starts_gte=" + url.QueryEscape(string(text))
	}
	now := time.Now()
	rows, err := l.reads.Query(context.Background(), listSQL, now, from, limit+1)
	if err != nil {
		return err
	}
	found := make([]shown, 0, limit+1)
	var w shown
	var pool seats
	into := append([]any{&w.ID, &w.Title, &w.Summary, &w.ProgramID, &w.format, &w.admission, &w.VenueID, &w.venueName, &w.TimeZone, &w.audience,
		&w.MinimumAge, &w.StartsAt, &w.EndsAt, &w.OpensAt, &w.ClosesAt, &w.visibility, &w.IsTemplate, &w.sessions}, pool.into()...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if n := len(found); n == 0 || found[n-1].ID != w.ID {
			found = append(found, w)
		}
		if pool.id != nil {
			last := &found[len(found)-1]
			last.pools = append(last.pools, pool)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	b := append(make([]byte, 0, 1024*(limit+1)), `{"data":[`...)
	for i := range min(limit, len(found)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = found[i].appendRow(b, now)
	}
	b = append(b, `],"next_cursor":`...)
	if len(found) > limit {
		b = l.appendCursor(b, actor.AccountID, filter, &found[limit-1])
	} else {
		b = append(b, "null"...)
	}
	b = append(b, '}')
	sum := sha256.Sum256(b)
	var tag [18]byte
	etag := append(base64.RawURLEncoding.AppendEncode(append(tag[:0], '"'), sum[:12]), '"')
	c.Response().Header.SetBytesV("ETag", etag)
	c.Response().Header.Set("Cache-Control", "private, no-cache")
	if bytes.Contains(c.Request().Header.Peek("If-None-Match"), etag) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	return send(c, 200, b)
}

func (l *Server) appendCursor(b []byte, account uuid.UUID, filter string, last *shown) []byte {
	binding := appendID(append(make([]byte, 0, 160), '['), &account)
	binding = append(binding, `,"/v1/workshops","starts_at",false,`...)
	binding = append(appendString(binding, filter), ']')
	body := appendTime(append(make([]byte, 0, 112), `{"k":`...), last.StartsAt)
	body = append(appendID(append(body, `,"i":`...), &last.ID), '}')
	b = append(b, '"')
	b = base64.RawURLEncoding.AppendEncode(b, append(mac(l.cursorKey, binding, body)[:16:16], body...))
	return append(b, '"')
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return h.Sum(make([]byte, 0, 160))
}

func (w *shown) appendRow(b []byte, now time.Time) []byte {
	w.settle()
	b = appendID(append(b, `{"id":`...), &w.ID)
	b = appendString(append(b, `,"title":`...), w.Title)
	b = appendString(append(b, `,"summary":`...), w.Summary)
	b = appendID(append(b, `,"program_id":`...), w.ProgramID)
	b = appendString(append(b, `,"format":`...), w.format)
	b = appendString(append(b, `,"attendance_mode":`...), w.admission)
	b = appendID(append(b, `,"venue_id":`...), w.VenueID)
	b = appendText(append(b, `,"venue_name":`...), w.venueName)
	b = appendString(append(b, `,"time_zone":`...), w.TimeZone)
	b = appendTexts(append(b, `,"audience_kinds":`...), w.audience)
	b = appendInt(append(b, `,"minimum_age":`...), w.MinimumAge)
	b = appendTime(append(b, `,"starts_at":`...), w.StartsAt)
	b = appendTime(append(b, `,"ends_at":`...), w.EndsAt)
	b = appendTime(append(b, `,"opens_at":`...), w.OpensAt)
	b = appendTime(append(b, `,"closes_at":`...), w.ClosesAt)
	b = appendString(append(b, `,"visibility":`...), w.visibility)
	b = strconv.AppendBool(append(b, `,"is_template":`...), w.IsTemplate)
	return append(w.appendSeats(b, now), '}')
}

// settle gives the predicates of models what they look at.
func (w *shown) settle() {
	w.Visibility, w.AttendanceMode = models.Visibility(w.visibility), models.Admission(w.admission)
}

var rank = map[models.Window]int{models.WindowNotYetOpen: 1, models.WindowFull: 2, models.WindowOpen: 3}

func (w *shown) appendSeats(b []byte, now time.Time) []byte {
	b = strconv.AppendInt(append(b, `,"sessions":`...), int64(w.sessions), 10)
	b = append(b, `,"seats":[`...)
	whole := models.WindowClosed
	for i := range w.pools {
		p := &w.pools[i]
		if i > 0 {
			b = append(b, ',')
		}
		counted := models.Pool{Capacity: *p.capacity, ChildCapacity: p.childCapacity, Taken: *p.taken, TakenChildren: *p.children}
		open, children := counted.Open()
		word, start := models.WindowClosed, p.starts
		if start == nil {
			start = w.StartsAt
		}
		if start != nil {
			word = w.WindowAt(now, *start)
		}
		if word == models.WindowOpen && open == 0 {
			word = models.WindowFull
		}
		if rank[word] > rank[whole] {
			whole = word
		}
		b = appendID(append(b, `{"pool_id":`...), p.id)
		b = appendID(append(b, `,"session_id":`...), p.session)
		b = appendTime(append(b, `,"starts_at":`...), p.starts)
		b = appendText(append(b, `,"mode":`...), p.mode)
		b = appendInt(append(b, `,"capacity":`...), p.capacity)
		b = appendInt(append(b, `,"open":`...), &open)
		b = appendInt(append(b, `,"child_capacity":`...), p.childCapacity)
		b = append(b, `,"open_for_children":`...)
		if p.childCapacity == nil {
			b = append(b, "null"...)
		} else {
			b = appendInt(b, &children)
		}
		b = appendInt(append(b, `,"waiting":`...), p.waits)
		b = append(appendString(append(b, `,"registration":`...), string(word)), '}')
	}
	return appendString(append(b, `],"registration":`...), string(whole))
}

func (l *Server) get(c *fiber.Ctx, actor *services.Actor) error {
	id, err := uuid.Parse(c.Params("id"))
	if err != nil {
		return fiber.ErrBadRequest
	}
	now := time.Now()
	rows, err := l.reads.Query(context.Background(), getSQL, now, id, actor.MemberID)
	if err != nil {
		return err
	}
	var w shown
	var pool seats
	var venue *uuid.UUID
	into := append([]any{&w.ID, &w.Version, &w.CreatedAt, &w.UpdatedAt, &w.ProgramID, &w.Title, &w.Summary, &w.Description, &w.Materials, &w.format, &w.admission,
		&w.VenueID, &w.RoomID, &w.LocationNote, &w.onlineRoom, &w.TimeZone, &w.Capacity, &w.ChildCapacity, &w.OnlineCapacity, &w.MinToRun, &w.DecideBy, &w.WaitlistCapacity, &w.OpensAt,
		&w.ClosesAt, &w.ApprovalRequired, &w.CancelDeadlineHours, &w.GuestsPerParty, &w.MaxParty, &w.MinimumAge, &w.TeenProgram, &w.audience,
		&w.rules, &w.RegistrationFormID, &w.OfferHours, &w.reminders, &w.visibility, &w.IsTemplate, &w.IsPublic, &w.StartsAt, &w.EndsAt, &w.PublishedAt, &w.CancelledAt, &w.CompletedAt, &w.CancelReason,
		&w.program, &venue, &w.venueName, &w.address, &w.zone, &w.entrance, &w.room, &w.sessions, &w.JoinURL, &w.given, &w.family}, pool.into()...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if pool.id != nil {
			w.pools = append(w.pools, pool)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if w.ID == uuid.Nil {
		return fiber.ErrNotFound
	}
	var tag [16]byte
	c.Response().Header.SetBytesV("ETag", append(strconv.AppendInt(append(tag[:0], '"'), int64(w.Version), 10), '"'))
	return send(c, 200, w.appendDetail(make([]byte, 0, 4096), now))
}

func (w *shown) appendDetail(b []byte, now time.Time) []byte {
	w.settle()
	b = appendID(append(b, `{"id":`...), &w.ID)
	b = appendInt(append(b, `,"version":`...), &w.Version)
	b = appendTime(append(b, `,"created_at":`...), &w.CreatedAt)
	b = appendTime(append(b, `,"updated_at":`...), &w.UpdatedAt)
	b = appendID(append(b, `,"program_id":`...), w.ProgramID)
	b = appendString(append(b, `,"title":`...), w.Title)
	b = appendString(append(b, `,"summary":`...), w.Summary)
	b = appendString(append(b, `,"description":`...), w.Description)
	b = appendString(append(b, `,"materials":`...), w.Materials)
	b = appendString(append(b, `,"format":`...), w.format)
	b = appendString(append(b, `,"attendance_mode":`...), w.admission)
	b = appendID(append(b, `,"venue_id":`...), w.VenueID)
	b = appendID(append(b, `,"room_id":`...), w.RoomID)
	b = appendString(append(b, `,"location_note":`...), w.LocationNote)
	b = appendString(append(b, `,"join_url":`...), w.JoinURL)
	b = appendString(append(b, `,"online_room":`...), w.onlineRoom)
	b = appendString(append(b, `,"time_zone":`...), w.TimeZone)
	b = appendInt(append(b, `,"capacity":`...), w.Capacity)
	b = appendInt(append(b, `,"child_capacity":`...), w.ChildCapacity)
	b = appendInt(append(b, `,"online_capacity":`...), w.OnlineCapacity)
	b = appendInt(append(b, `,"min_to_run":`...), w.MinToRun)
	b = appendTime(append(b, `,"decide_by":`...), w.DecideBy)
	b = appendInt(append(b, `,"waitlist_capacity":`...), w.WaitlistCapacity)
	b = appendTime(append(b, `,"opens_at":`...), w.OpensAt)
	b = appendTime(append(b, `,"closes_at":`...), w.ClosesAt)
	b = strconv.AppendBool(append(b, `,"approval_required":`...), w.ApprovalRequired)
	b = appendInt(append(b, `,"cancel_deadline_hours":`...), &w.CancelDeadlineHours)
	b = appendInt(append(b, `,"guests_per_party":`...), &w.GuestsPerParty)
	b = appendInt(append(b, `,"max_party":`...), &w.MaxParty)
	b = appendInt(append(b, `,"minimum_age":`...), w.MinimumAge)
	b = strconv.AppendBool(append(b, `,"teen_program":`...), w.TeenProgram)
	b = appendTexts(append(b, `,"audience_kinds":`...), w.audience)
	b = append(append(b, `,"rules":`...), w.rules...)
	b = appendID(append(b, `,"registration_form_id":`...), w.RegistrationFormID)
	b = appendInt(append(b, `,"offer_hours":`...), &w.OfferHours)
	b = append(b, `,"reminder_hours":[`...)
	for i := range w.reminders {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, &w.reminders[i])
	}
	b = append(b, ']')
	b = appendString(append(b, `,"visibility":`...), w.visibility)
	b = strconv.AppendBool(append(b, `,"is_template":`...), w.IsTemplate)
	b = strconv.AppendBool(append(b, `,"is_public":`...), w.IsPublic)
	b = appendTime(append(b, `,"starts_at":`...), w.StartsAt)
	b = appendTime(append(b, `,"ends_at":`...), w.EndsAt)
	b = appendTime(append(b, `,"published_at":`...), w.PublishedAt)
	b = appendTime(append(b, `,"cancelled_at":`...), w.CancelledAt)
	b = appendTime(append(b, `,"completed_at":`...), w.CompletedAt)
	b = appendString(append(b, `,"cancel_reason":`...), w.CancelReason)
	b = appendText(append(b, `,"program":`...), w.program)
	b = append(w.appendPeopleAndPlace(b), ""...)
	return append(w.appendSeats(b, now), '}')
}

func (w *shown) appendPeopleAndPlace(b []byte) []byte {
	b = append(b, `,"venue":`...)
	if w.VenueID == nil {
		b = append(b, "null"...)
	} else {
		b = appendID(append(b, `{"id":`...), w.VenueID)
		b = appendText(append(b, `,"name":`...), w.venueName)
		b = appendText(append(b, `,"address":`...), w.address)
		b = appendText(append(b, `,"time_zone":`...), w.zone)
		b = appendText(append(b, `,"accessibility":`...), w.entrance)
		b = append(b, `,"room":`...)
		if w.room == nil {
			b = append(b, "null"...)
		} else {
			b = append(b, *w.room...)
		}
		b = append(b, '}')
	}
	b = append(b, `,"facilitators":[`...)
	for i := range w.given {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"member_id":null,"name":`...), models.Initialed(w.given[i], w.family[i]))
		b = append(b, '}')
	}
	return append(b, ']')
}
