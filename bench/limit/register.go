package limit

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"homefront/services"
)

// Functions are made in the bench's database alone. bench_register does all of a registration of one person in one
// round trip, and leaves the very rows behind that the product does; what it answers is the product's answer too.
const Functions = `
create or replace function zulu(timestamptz) returns text language sql immutable
	return to_char($1 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

create or replace function bench_register(_at timestamptz, _now text, _workshop uuid, _account uuid, _member uuid, _session uuid, _roles text[],
	_party uuid, _seat uuid, _audit uuid, _message uuid, _key text, _mac bytea, _path text, _request text, _address inet) returns text language plpgsql as $$
declare
	p pools; w workshops; m members; s record;
	said text;
begin
	insert into idempotency_keys (account_id, method, path, key, body_mac, created_at) values (_account, 'POST', _path, _key, _mac, _at) on conflict do nothing;
	if not found then
		raise 'a replay' using errcode = 'P0003';
	end if;
	select * into p from pools where workshop_id = _workshop and session_id is null for no key update;
	select * into w from workshops where id = _workshop;
	select * into m from members where id = _member and status not in ('merged', 'deceased');
	if p.id is null or m.id is null then
		raise 'not found' using errcode = 'P0002';
	end if;
	select min(x.starts_at) as starts, max(x.starts_at) as last_starts, count(*) as meetings, max(x.ends_at) as ends, min(x.ends_at) as first_ends, (array_agg(x.place order by x.starts_at, x.id))[1] as place,
			(array_agg(x.id order by x.starts_at, x.id) filter (where x.ends_at > _at))[1] as joins,
			jsonb_agg(jsonb_build_object('UID', _seat || '.' || x.id || '@homefront', 'URL', '', 'Rule', '', 'Stamp', _now, 'Title', w.title, 'EndsAt', zulu(x.ends_at),
				'Attendee', '{"Name": "", "Email": ""}'::jsonb, 'Location', x.place, 'Sequence', x.sequence + 1, 'StartsAt', zulu(x.starts_at), 'TimeZone', x.time_zone,
				'Cancelled', false, 'Organizer', '{"Name": "", "Email": ""}'::jsonb, 'Description', '', 'ExceptDates', null)
				|| case when w.format = 'online' then jsonb_build_object('Join', jsonb_build_object('session_id', x.id, 'attendee_id', _seat, 'version', 1)) else '{}' end order by x.starts_at, x.id) as events
		into s from (select c.*, case when w.format = 'online' then 'Online'
				else concat_ws(', ', nullif(v.name, ''), nullif(v.address, ''), nullif(coalesce(nullif(c.location_note, ''), w.location_note), '')) end as place
			from workshop_sessions c left join venues v on v.id = coalesce(c.venue_id, w.venue_id)
			where c.workshop_id = _workshop and c.status <> 'cancelled') x;
	if w.visibility <> 'published' or _at < w.opens_at or _at >= coalesce(w.closes_at, s.starts) or _at >= w.ends_at
			or extract(year from age(s.starts, m.birth_date)) < coalesce(w.minimum_age, 0) or not (w.audience_kinds = '{}' or w.audience_kinds && m.kinds)
			or p.taken >= p.capacity
			or exists (select from attendees a where a.pool_id = p.id and a.member_id = _member and a.live and a.state = 'attending') then
		raise 'refused' using errcode = 'P0004';
	end if;
	insert into registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, confirmed_at)
		values (_party, 1, _at, _at, _workshop, _member, _member, 'confirmed', _at);
	insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at)
		values (_seat, _at, _at, _party, true, p.id, 'adult', 'attending', _member, _member, _at);
	update pools set taken = taken + 1 where id = p.id;
	insert into messages (id, member_id, event, key, record, record_id, data, calendar, created_at, send_after)
		values (_message, _member, 'registration.confirmed', 'registration.confirmed:' || _party || ':1:' || _seat, 'registration', _party,
			jsonb_build_object('place', s.place, 'seats', 1, 'title', w.title, 'ends_at', zulu(s.first_ends), 'starts_at', zulu(s.starts), 'time_zone', w.time_zone,
				'online', w.format = 'online', 'begun', false)
				|| case when w.format = 'online' then jsonb_build_object('join', jsonb_build_object('session_id', s.joins, 'attendee_id', _seat, 'version', 1)) else '{}' end
				|| case when s.meetings > 1 then jsonb_build_object('more', s.meetings - 1, 'last_at', zulu(s.last_starts)) else '{}' end,
			jsonb_build_object('events', s.events, 'method', case when jsonb_array_length(s.events) = 1 then 'REQUEST' else 'PUBLISH' end), _at, _at)
		on conflict (key) where key is not null do nothing;
	insert into river_job (args, kind, max_attempts, priority, queue, scheduled_at, state, created_at)
		values (jsonb_build_object('message_id', _message), 'message.send', 10, 1, 'default', _at, 'available', _at);
	said := format('{"id":"%1$s","version":1,"created_at":"%2$s","updated_at":"%2$s","workshop_id":"%3$s","session_id":null,"lead_member_id":"%4$s","state":"confirmed","queued_at":null,"offered_at":null,"offer_expires_at":null,"confirmed_at":"%2$s","closed_at":null,"late_cancel":false,"source":"registered","transferred_from":null,"transferred_to":null,"shared_with_guardians":false,'
		|| '"workshop":{"id":"%3$s","title":%5$s,"format":"%6$s","starts_at":"%7$s","ends_at":"%8$s","time_zone":"%9$s","place":%10$s,"join_url":%11$s},"waitlist_position":null,"note":"",'
		|| '"attendees":[{"id":"%12$s","name":%13$s,"kind":"adult","state":"attending","mode":null,"member_id":"%4$s","invite_expires_at":null,"attendance":{"offered":0,"attended":0,"excused":0,"missed":0,"consecutive_absences":0,"last_seen_at":null,"rate":null}}]}',
		_party, _now, _workshop, _member, to_json(w.title), w.format, zulu(s.starts), zulu(s.ends), w.time_zone, to_json(s.place),
		case when w.format = 'online' then '"/join/' || s.joins || '"' else 'null' end, _seat, to_json(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name));
	insert into audit_log (id, at, actor_kind, account_id, member_id, session_id, roles, action, outcome, objects, subjects, changes, request_id, address)
		values (_audit, _at, 'account', _account, _member, _session, _roles, 'registration.create', 'done', array[_party, _seat, p.id], array[_member],
			jsonb_build_array(
				jsonb_build_object('table', 'registrations', 'id', _party, 'columns', '["review", "note"]'::jsonb, 'values', jsonb_build_object(
					'id', json_build_array(null, _party), 'live', '[null, true]'::jsonb, 'state', '[null, "confirmed"]'::jsonb, 'source', '[null, "registered"]'::jsonb, 'version', '[null, 1]'::jsonb,
					'created_at', json_build_array(null, _now), 'entered_by', json_build_array(null, _member), 'updated_at', json_build_array(null, _now),
					'late_cancel', '[null, false]'::jsonb, 'shared_with_guardians', '[null, false]'::jsonb, 'workshop_id', json_build_array(null, _workshop), 'confirmed_at', json_build_array(null, _now),
					'lead_member_id', json_build_array(null, _member))),
				jsonb_build_object('table', 'attendees', 'id', _seat, 'columns', '["second"]'::jsonb, 'values', jsonb_build_object(
					'id', json_build_array(null, _seat), 'kind', '[null, "adult"]'::jsonb, 'live', '[null, true]'::jsonb, 'state', '[null, "attending"]'::jsonb,
					'pool_id', json_build_array(null, p.id), 'joined_at', json_build_array(null, _now), 'member_id', json_build_array(null, _member),
					'created_at', json_build_array(null, _now), 'entered_by', json_build_array(null, _member), 'updated_at', json_build_array(null, _now),
					'code_version', '[null, 1]'::jsonb, 'beyond', '[null, false]'::jsonb, 'registration_id', json_build_array(null, _party), 'sessions_missed', '[null, 0]'::jsonb,
					'sessions_excused', '[null, 0]'::jsonb, 'sessions_offered', '[null, 0]'::jsonb, 'sessions_attended', '[null, 0]'::jsonb,
					'consecutive_absences', '[null, 0]'::jsonb)),
				jsonb_build_object('table', 'pools', 'id', p.id, 'values', jsonb_build_object('taken', json_build_array(p.taken, p.taken + 1)))),
			_request, _address);
	update idempotency_keys set answer = said::jsonb where account_id = _account and method = 'POST' and path = _path and key = _key;
	return said;
end $$;`

// bareSQL is the seat check and the insert, and nothing that a product must do beside.
const bareSQL = `with p as (update pools set taken = taken + 1 where workshop_id = $1 and session_id is null and taken < capacity returning id),
	r as (insert into registrations (id, version, created_at, updated_at, workshop_id, lead_member_id, entered_by, state, confirmed_at)
		select $2, 1, $4, $4, $1, $5, $5, 'confirmed', $4 from p returning id)
	insert into attendees (id, created_at, updated_at, registration_id, live, pool_id, kind, state, member_id, entered_by, joined_at)
		select $3, $4, $4, r.id, true, p.id, 'adult', 'attending', $5, $5, $4 from p, r`

const registerSQL = `select bench_register($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::text::inet)`

type registration struct {
	Attendees []json.RawMessage `json:"attendees"`
	Note      string            `json:"note"`
}

func (l *Server) register(c *fiber.Ctx, actor *services.Actor) error {
	workshop, party, now, err := l.asked(c)
	if err != nil {
		return err
	}
	key := string(c.Request().Header.Peek("Idempotency-Key"))
	if key == "" {
		return fiber.ErrBadRequest
	}
	roles := make([]string, len(actor.Roles))
	for i, r := range actor.Roles {
		roles[i] = string(r)
	}
	var answer []byte
	err = l.writes.QueryRow(context.Background(), registerSQL, now, now.Format(time.RFC3339Nano), workshop, actor.AccountID, actor.MemberID, actor.SessionID, roles,
		party, services.NewID(), services.NewID(), services.NewID(), key, mac(l.idempotentKey, c.Request().URI().QueryString(), c.Body()), c.Path(),
		string(c.Response().Header.Peek("X-Request-Id")), c.IP()).Scan(&answer)
	if err != nil {
		return refused(err)
	}
	return l.created(c, party, answer)
}

func (l *Server) registerBare(c *fiber.Ctx, actor *services.Actor) error {
	workshop, party, now, err := l.asked(c)
	if err != nil {
		return err
	}
	done, err := l.writes.Exec(context.Background(), bareSQL, workshop, party, services.NewID(), now, actor.MemberID)
	if err != nil {
		return refused(err)
	}
	if done.RowsAffected() == 0 {
		return fiber.ErrConflict
	}
	return l.created(c, party, append(appendID([]byte(`{"id":`), &party), `,"state":"confirmed"}`...))
}

func (l *Server) asked(c *fiber.Ctx) (workshop, party uuid.UUID, now time.Time, err error) {
	var in registration
	if workshop, err = uuid.Parse(c.Params("id")); err == nil {
		err = json.Unmarshal(c.Body(), &in)
	}
	if err != nil || len(in.Attendees) > 0 {
		err = fiber.ErrBadRequest
	}
	return workshop, services.NewID(), time.Now().UTC().Truncate(time.Microsecond), err
}

func refused(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code[:2] == "P0" {
		return fiber.NewError(fiber.StatusConflict, pg.Message)
	}
	return err
}

func (l *Server) created(c *fiber.Ctx, id uuid.UUID, body []byte) error {
	c.Response().Header.Set("ETag", `"1"`)
	c.Response().Header.Set("Location", "/v1/registrations/"+id.String())
	return send(c, fiber.StatusCreated, body)
}
