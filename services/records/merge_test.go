package records_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
	"homefront/services/records"
)

// Every column that names a member is declared by the domain that owns it: a merge then moves it, or somebody has said why not.
func TestEveryColumnThatNamesAMemberIsMerged(t *testing.T) {
	h := build(t)
	declared := map[string]bool{}
	for _, l := range services.AllLinks() {
		at := l.Table + "." + l.Column
		if declared[at] {
			t.Errorf("%s is declared twice", at)
		}
		declared[at] = true
	}
	rows, err := h.core.Writes().Query(t.Context(), `select c.conrelid::regclass::text || '.' || a.attname from pg_constraint c
		join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey) where c.contype = 'f' and c.confrelid = 'members'::regclass`)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models.All() {
		for _, s := range m.Subjects() {
			if m.TableName() != "members" {
				columns = append(columns, m.TableName()+"."+s)
			}
		}
	}
	for _, c := range columns {
		if !declared[c] {
			t.Errorf("%s names a member, and nobody says what a merge does with it", c)
		}
	}
	if len(columns) < 90 {
		t.Errorf("only %d columns were looked at", len(columns))
	}
}

// lives are two records of one person, the kept and the other, with a row of each wherever a row can name a member.
type lives struct {
	*house
	w, l, x  human
	child    uuid.UUID
	shared   uuid.UUID // a workshop in which both have the same place
	boss     human     // an admin
	unlinked []string
}

func live(t *testing.T) *lives {
	t.Helper()
	h := build(t)
	v := &lives{house: h, w: h.human("Luis Ortega"), l: h.human("Lou Ortega"), x: h.human("Xenia Moss"), boss: h.human("Ada Boss", models.RoleAdmin)}
	v.child = h.known("Maya Ortega", 9, models.KindChild)
	v.shared = h.workshop("Shared", 2)
	own, line := h.workshop("Own", 5), h.workshop("Line", 1)
	h.register(v.w, v.shared)
	h.register(v.l, v.shared)
	h.register(v.x, v.shared) // waits
	h.register(v.l, own)
	h.register(v.x, line)
	h.register(v.w, line)
	h.register(v.l, line) // both wait
	h.link(v.x.member, models.RelationBattleBuddy, v.l.member)
	h.link(v.x.member, models.RelationBattleBuddy, v.w.member)
	h.link(v.w.member, models.RelationSibling, v.l.member)
	h.link(v.l.member, models.RelationPartner, v.x.member)
	h.guard(v.l.member, v.child)
	h.guard(v.w.member, v.child)
	for i, q := range strings.Split(seedSQL, ";\n") {
		if q = v.fill(q); strings.TrimSpace(q) != "" {
			if _, err := h.core.Writes().Exec(t.Context(), q); err != nil {
				t.Fatalf("%d: %s\n%v", i, q, err)
			}
		}
	}
	// A text sealed under each one's key.
	for _, who := range []human{v.w, v.l} {
		v.seal(who.member)
	}
	return v
}

func (v *lives) fill(q string) string {
	return strings.NewReplacer(":W", "'"+v.w.member.String()+"'::uuid", ":L", "'"+v.l.member.String()+"'::uuid", ":X", "'"+v.x.member.String()+"'::uuid",
		":S", "'"+v.cora.member.String()+"'::uuid", ":C", "'"+v.child.String()+"'::uuid", ":ID", "gen_random_uuid()", ":T", "'2026-03-01T12:00:00Z'::timestamptz",
		":R", "gen_random_uuid(), 1, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z'").Replace(q)
}

func (v *lives) seal(member uuid.UUID) {
	v.Helper()
	_, err := services.Mutate(services.AsSystem(v.Context(), "test"), v.core, "test.seal", func(tx *services.Tx) (struct{}, error) {
		tx.Unchanged()
		return struct{}{}, tx.Reason(member, "what "+member.String()[30:]+" said")
	})
	if err != nil {
		v.Fatal(err)
	}
}

const seedSQL = `
update members set entered_by = :L where id = :C;
insert into dependent_details (id, version, created_at, updated_at, member_id, entered_by, city) values (:R, :C, :L, 'Theirs'), (:R, :C, :W, 'Ours'), (:R, :L, :X, 'Of X'), (:R, :W, :X, 'Of X too');
insert into emergency_contacts (id, created_at, member_id, entered_by, place, name, phone, may_be_told) values (:ID, :T, :L, :L, 1, 'Rosa', '+19105550101', 'anything'), (:ID, :T, :L, :L, 2, 'Bea', '+19105550102', 'anything'),
	(:ID, :T, :W, :W, 1, 'Rosa', '+19105550101', 'anything'), (:ID, :T, :W, :W, 2, 'Cal', '+19105550103', 'anything'), (:ID, :T, :C, :L, 1, 'Dee', '+19105550104', 'anything');
insert into households (id, version, created_at, updated_at, name) values (:R, 'Ortega'), (:R, 'Cabin');
insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) select :ID, :T, :T, h.id, m, 'adult', date '2020-01-01' from households h cross join unnest(array[:W, :L, :X]) m where h.name = 'Ortega';
insert into household_members (id, created_at, updated_at, household_id, member_id, role, starts_on) select :ID, :T, :T, id, :L, 'adult', '2024-01-01' from households where name = 'Cabin';
insert into relationships (id, version, created_at, updated_at, member_id, kind, status, asked_by, asked_email, expires_at) values (:R, :L, 'sibling', 'asked', :L, 'a@example.org', '2026-04-01'),
	(:R, :W, 'sibling', 'asked', :W, 'a@example.org', '2026-04-01'), (:R, :L, 'parent', 'asked', :L, 'b@example.org', '2026-04-01');
insert into relationships (id, version, created_at, updated_at, other_id, kind, status, asked_by, asked_email, expires_at) values (:R, :L, 'caregiver', 'declined', :L, 'c@example.org', '2026-04-01');
insert into relationships (id, version, created_at, updated_at, member_id, kind, other_id, status, ended_at, ended_by) values (:R, :X, 'former_spouse', :C, 'ended', :T, :L);
update guardianships set closed_by = :L, confirmed_by = :L where guardian_id = :W;
insert into guardianships (id, version, created_at, updated_at, guardian_id, child_id, status) values (:R, :X, :L, 'ended');
insert into credentials (id, version, created_at, updated_at, member_id, kind, issued_on, recorded_by) values (:R, :L, 'first_aid', '2025-01-01', :S), (:R, :X, 'first_aid', '2025-01-01', :L);
insert into service_records (id, version, created_at, updated_at, member_id, component, branch, entered_on, verification, verification_method, verified_by, verified_on)
	values (:R, :L, 'active', 'army', '2002-01-01', 'verified', 'dd214_seen', :S, '2026-01-01'), (:R, :X, 'active', 'army', '2002-01-01', 'verified', 'dd214_seen', :L, '2026-01-01');
insert into member_restrictions (id, created_at, member_id, staff_id, restricted_by) values (:ID, :T, :L, :S, :L), (:ID, :T, :X, :L, :S), (:ID, :T, :X, :W, :S), (:ID, :T, :C, :L, :S), (:ID, :T, :C, :S, :L);
insert into saved_searches (id, version, created_at, updated_at, owner_id, name, shared, filter) values (:R, :L, 'Mine', false, '{}'), (:R, :L, 'Same', false, '{}'), (:R, :W, 'same', false, '{}');
insert into separations (id, version, created_at, updated_at, kind, first_id, second_id, review_on, status, created_by, ended_by, ended_at) values (:R, 'mutual', :L, :X, '2026-06-01', 'live', :L, null, null), (:R, 'mutual', :W, :X, '2026-06-01', 'live', :S, null, null),
	(:R, 'mutual', :C, :L, '2026-06-01', 'ended', :S, :L, :T);
insert into member_holds (id, created_at, member_id, resembles_id, reasons) values (:ID, :T, :L, :X, '{name}'), (:ID, :T, :X, :L, '{name}'), (:ID, :T, :L, :W, '{name}');
insert into member_holds (id, created_at, member_id, resembles_id, reasons, released_at, released_by) values (:ID, :T, :X, :C, '{name}', :T, :L);
insert into consent_documents (id, version, created_at, updated_at, kind, title, optional, assent, status) values (:R, 'photo_release', 'Photos', true, false, 'published'), (:R, 'research', 'Research', true, false, 'published');
insert into consent_document_versions (id, version, created_at, updated_at, document_id, number, language, body, text_hash, material, effective_from, published_at, published_by)
	select :R, d.id, 1, 'en', 'Text', encode(sha256(convert_to('Text', 'UTF8')), 'hex'), true, :T, :T, :L from consent_documents d;
insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, name_typed, signed_on, signed_at, text_hash)
	select :R, m, d.id, v.id, 'granted', true, 'typed', m, 'Luis', '2026-01-01', :T, v.text_hash from consent_documents d join consent_document_versions v on v.document_id = d.id cross join unnest(array[:L, :W]) m
	where d.kind = 'photo_release' or m = :L;
insert into consents (id, version, created_at, updated_at, member_id, document_id, version_id, status, latest, method, signed_by, seen_by, witness_id, read_aloud, revoked_at, revoked_by, decision, decided_at, decided_by, signed_on, signed_at, text_hash)
	select :R, :X, d.id, v.id, 'revoked', true, 'verbal', :X, :L, :L, true, :T, :L, 'stands', :T, :L, '2026-01-01', :T, v.text_hash from consent_documents d join consent_document_versions v on v.document_id = d.id where d.kind = 'research';
insert into invitations (id, version, created_at, updated_at, email, roles, member_id, invited_by, expires_at) values (:R, 'lou@example.org', '{coach}', :L, :S, '2026-04-01'), (:R, 'mo@example.org', '{coach}', :X, :L, '2026-04-01');
insert into tasks (id, version, created_at, updated_at, kind, title, member_id, record, record_id, queue, owner_id, due_at, status, also_about) values
	(:R, 'general', 'Call', :L, '', null, 'coordinators', :L, :T, 'open', '{}'), (:R, 'link_person', 'Link', :L, 'member', :L, 'coordinators', null, :T, 'open', '{}'), (:R, 'link_person', 'Link', :W, 'member', :W, 'coordinators', null, :T, 'open', '{}'),
	(:R, 'general', 'Both', :X, '', null, 'coordinators', null, :T, 'open', array[:W, :L]), (:R, 'general', 'One', :X, '', null, 'coordinators', null, :T, 'open', array[:L, :S]);
insert into tasks (id, version, created_at, updated_at, kind, title, queue, due_at, status, closed_at, closed_by) values (:R, 'general', 'Done', 'coordinators', :T, 'done', :T, :L);
insert into messages (id, member_id, event, created_at, send_after) values (:ID, :L, 'session.reminder', :T, '2026-03-09T00:00:00Z');
insert into resources values ('person', :L), ('person', :W);
insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id) select :ID, 'person', m, tstzrange(starts_at, ends_at), starts_at, ends_at, 'session', id
	from workshop_sessions, unnest(array[:W, :L]) m where workshop_id = (select id from workshops where title = 'Shared');
insert into commitments (id, resource_kind, resource_id, during, starts_at, ends_at, source, source_id) values (:ID, 'person', :L, '[2026-05-01, 2026-05-02)', '2026-05-01', '2026-05-02', 'session', :ID);
insert into workshop_facilitators select w.id, m from workshops w cross join unnest(array[:W, :L]) m where w.title = 'Shared' or m = :L;
insert into workshop_passes (id, version, created_at, updated_at, workshop_id, label, uses, expires_at, made_by, member_id) select gen_random_uuid(), 1, :T, :T, w.id, 'Pass', 1, :T, :L, :L from workshops w;
insert into session_facilitators select s.id, m from workshop_sessions s join workshops w on w.id = s.workshop_id cross join unnest(array[:W, :L]) m where w.title = 'Shared' or m = :L;
insert into check_ins (id, session_id, nonce, code_mac, result, scanned_at, recorded_at, scanned_by) select :ID, s.id, n, 'm', 'unknown', :T, :T, m from workshop_sessions s join workshops w on w.id = s.workshop_id and w.title = 'Shared'
	cross join (values ('nonce-one', :W), ('nonce-one', :L), ('nonce-two', :L)) v(n, m);
insert into attendance (id, session_id, attendee_id, status, source, recorded_by, recorded_at) select :ID, s.id, a.id, 'present', 'staff', :L, :T from attendees a join pools p on p.id = a.pool_id join workshop_sessions s on s.workshop_id = p.workshop_id where a.member_id in (:L, :X);
insert into head_counts (session_id, version, veterans, recorded_by, recorded_at) select s.id, 1, 12, :L, :T from workshop_sessions s join workshops w on w.id = s.workshop_id where w.title = 'Shared';
insert into certificates (id, attendee_id, member_id, code, title, name_shown, sessions, minutes, sessions_attended, sessions_offered, first_on, last_on, issued_at, issued_on, issued_by, revoked_at, revoked_by)
	select :ID, a.id, a.member_id, '01234567890123456789ABCDEF', 'Evenings', 'Lou', '[]', 90, 1, 1, '2026-01-01', '2026-01-01', :T, '2026-01-01', :L, :T, :L from attendees a where a.member_id = :L limit 1;
insert into released_places (attendee_id, released_from, released_at) select id, :L, :T from attendees where member_id = :X limit 1;
insert into workshop_messages (id, created_at, workshop_id, written_by, subject, body, states, kinds, modes, attendance, essential, state, sends_at, recalled_at, recalled_by)
	select :ID, :T, w.id, :L, 'Parking', 'It has moved.', '{confirmed}', '{}', '{}', '{}', false, 'recalled', :T, :T, :L from workshops w where w.title = 'Shared';
insert into workshop_message_people (id, created_at, workshop_message_id, member_id) select :ID, :T, w.id, :L from workshop_messages w;
insert into session_feedback (id, session_id, member_id, asked_at) select :ID, s.id, m, :T from workshop_sessions s join workshops w on w.id = s.workshop_id cross join unnest(array[:W, :L, :X]) m where w.title = 'Shared' or m = :L;
insert into subject_keys (id, member_id, wrapped, current, created_at) values (:ID, :X, '\x01', false, :T);
insert into thanks (id, session_id, from_member_id, to_member_id, words, words_key, said_at, delivered_at) select :ID, s.id, v.f, v.t, decode('01' || repeat('00', 40), 'hex'), k.id, :T, :T from workshop_sessions s
	join workshops w on w.id = s.workshop_id and w.title = 'Shared' join subject_keys k on k.member_id = :X cross join (values (:W, :X), (:L, :X), (:X, :L), (:L, :W), (:L, :S), (:S, :L), (:S, :W)) v(f, t);
insert into help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at) values (:R, :L, 'talk', 'call', 'UTC', 'received', false, :T, '2026-03-03'), (:R, :W, 'talk', 'call', 'UTC', 'received', false, :T, '2026-03-05');
insert into help_requests (id, version, created_at, updated_at, member_id, topic, channel, time_zone, status, minor, asked_at, due_at, taken_by, taken_at, ended_at, ended_by, guardian_told, guardian_decided_at, guardian_decided_by)
	values (:R, :X, 'talk', 'call', 'UTC', 'answered', true, :T, :T, :L, :T, :T, :L, false, :T, :L);
insert into help_request_asks (id, created_at, help_request_id, member_id, topic) select :ID, :T, id, :L, 'talk' from help_requests where member_id = :L;
insert into contacts (id, version, created_at, updated_at, member_id, kind, direction, at, by_id, outcome, line, voided_at, voided_by) values (:R, :L, 'call', 'out', :T, :S, 'reached', 'Spoke', null, null), (:R, :X, 'call', 'out', :T, :L, 'reached', 'Spoke', :T, :L);
insert into referrals (id, version, created_at, updated_at, member_id, to_name, need, how, status, by_id, closed_at, closed_by) values (:R, :L, 'Food bank', 'food', 'information', 'offered', :L, null, null), (:R, :X, 'Food bank', 'food', 'information', 'connected', :S, :T, :L);
insert into programs (id, version, created_at, updated_at, name, slug, status, starts_on, ends_on, time_zone, capacity) values (:R, 'Both in', 'both-in', 'active', '2026-01-01', '2026-12-31', 'America/New_York', 3),
	(:R, 'Only in', 'only-in', 'active', '2026-01-01', null, 'America/New_York', null), (:R, 'Loser in', 'loser-in', 'active', null, null, 'America/New_York', 1);
insert into cohorts (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, name, starts_on, capacity, status) select :R, id, first_day, last_day, 'Spring', '2026-01-01', 2, 'active' from programs where slug = 'both-in';
insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, cohort_id, member_id, entered_by, state, starts_on, paused_until, applied_at, enrolled_at, activated_at)
	select :R, p.id, p.first_day, p.last_day, (select c.id from cohorts c where c.program_id = p.id), e.member, e.entered, e.state, '2026-02-01', case e.state when 'paused' then date '2026-05-01' end, :T, :T, case e.state when 'paused' then :T end
	from programs p join (values ('both-in', :W, :W, 'enrolled'), ('both-in', :L, :L, 'paused'), ('only-in', :L, :L, 'enrolled'), ('only-in', :C, :L, 'enrolled'), ('loser-in', :L, :L, 'enrolled')) e(slug, member, entered, state) on e.slug = p.slug;
insert into enrollments (id, version, created_at, updated_at, program_id, program_first_day, program_last_day, member_id, entered_by, state, applied_at) select :R, id, first_day, last_day, :W, :W, 'applied', :T from programs where slug = 'loser-in';
update programs p set taken = (select count(*) from enrollments e where e.program_id = p.id and e.state in ('enrolled', 'active', 'paused'));
update cohorts c set taken = (select count(*) from enrollments e where e.cohort_id = c.id and e.state in ('enrolled', 'active', 'paused'));
insert into enrollment_pauses (id, enrollment_id, from_on, until_on) select :ID, id, '2026-03-01', paused_until from enrollments where state = 'paused';
insert into enrollment_events (id, enrollment_id, at, by_id, step, to_state) select :ID, id, applied_at, entered_by, 'apply', 'applied' from enrollments;
insert into program_attendance (id, source, source_id, program_id, member_id, starts_at, on_day, status) select :ID, 'test', md5(o.n::text)::uuid, p.id, o.member, '2026-02-01'::timestamptz + o.n * interval '1 day', date '2026-02-01' + o.n, o.status
	from programs p cross join (values (1, :W, 'absent'), (1, :L, 'present'), (2, :W, 'late'), (2, :L, 'excused'), (3, :L, 'absent')) o(n, member, status) where p.slug = 'both-in';
update enrollments e set sessions_offered = 2, sessions_attended = 1, sessions_missed = 1, last_seen_at = '2026-02-03', activated_at = :T, state = 'active' from programs p where p.id = e.program_id and p.slug = 'both-in' and e.member_id = :W;
update enrollments e set sessions_offered = 3, sessions_attended = 1, sessions_excused = 1, sessions_missed = 1, consecutive_absences = 1, last_seen_at = '2026-02-02' from programs p where p.id = e.program_id and p.slug = 'both-in' and e.member_id = :L;
insert into eligibility_waivers (id, member_id, program_id, rule_key, waived_by, waived_at) select :ID, o.member, p.id, o.key, :S, :T from programs p cross join (values (:W, 'age'), (:L, 'age'), (:L, 'era')) o(member, key) where p.slug = 'both-in';
insert into eligibility_waivers (id, member_id, program_id, rule_key, waived_by, waived_at, withdrawn_by, withdrawn_at) select :ID, :X, p.id, 'age', :L, :T, :L, :T from programs p where p.slug = 'both-in';
insert into forms (id, version, created_at, updated_at, title, purpose) values (:R, 'Intake', 'intake');
insert into form_versions (id, version, created_at, updated_at, form_id, number, fields, schema, published_at, published_by) select :R, id, 1, '[]', '{}', :T, :L from forms;
insert into form_responses (id, version, created_at, updated_at, form_id, form_version_id, member_id, entered_by, recorded_by, record, record_id, status, answered_at)
	select :R, v.form_id, v.id, :L, :L, :L, 'enrollment', e.id, 'answered', :T from form_versions v cross join enrollments e join programs p on p.id = e.program_id where e.member_id = :L and p.slug = 'only-in';
insert into form_responses (id, version, created_at, updated_at, form_id, member_id, entered_by, record, record_id, status) select :R, f.id, :L, :L, 'enrollment', e.id, 'due' from forms f cross join enrollments e
	join programs p on p.id = e.program_id where e.member_id = :L and p.slug = 'both-in';
insert into coaches (id, created_at, updated_at, modalities, time_zone, supervisor_id) values (:S, :T, :T, '{online}', 'UTC', null), (:X, :T, :T, '{online}', 'UTC', :L);
insert into engagements (id, created_at, updated_at, program_id, coach_id, state, joint, language, time_zone, requested_at, requested_by, matched_by, closed_at, end_reason, coach_gender) select :ID, :T, :T, p.id, :S, v.state, v.joint, 'en', 'UTC', :T, v.by, v.by,
	case when v.state = 'ended' then :T end, case when v.state = 'ended' then 'asked' end, v.mark from programs p cross join (values ('active', false, :W, null), ('active', false, :L, null), ('ended', false, :L, 'woman'), ('ended', true, :W, 'man')) v(state, joint, by, mark) where p.slug = 'both-in';
insert into engagement_participants (id, engagement_id, member_id, entered_by, joint, live, state) select :ID, e.id, m, case when m = :C then :L end, e.joint, e.live, 'joined' from engagements e
	cross join lateral unnest(case when e.joint then array[:W, :L] when e.coach_gender = 'woman' then array[:C] else array[e.requested_by] end) m;
insert into engagement_coaches (id, engagement_id, coach_id, starts_at, ends_at, outcome) select :ID, id, :S, :T, closed_at, case when not live then 'ended' end from engagements;
insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, reason, reason_key, reason_by) select :ID, :T, :T, e.id, :S, 'cancelled_by_member', '2026-02-01', '2026-02-02', 'UTC', 'online',
	:L, e.id, :T, decode('01' || repeat('00', 40), 'hex'), k.id, :L from engagements e join subject_keys k on k.member_id = :X where e.joint;
insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, missed_by) select :ID, :T, :T, e.id, :S, 'no_show_coach', '2026-02-05', '2026-02-06', 'UTC', 'online', :L, e.id, :T, :L from engagements e;
insert into coaching_sessions (id, created_at, updated_at, engagement_id, coach_id, state, starts_at, ends_at, time_zone, modality, booked_by, chain_id, closed_at, logged_at, logged_by) select :ID, :T, :T, e.id, :S, 'completed', '2026-02-03', '2026-02-04', 'UTC', 'online', :L, e.id, :T, :T, :L from engagements e;
insert into coaching_attendance (session_id, member_id, status) select s.id, p.member_id, 'present' from coaching_sessions s join engagement_participants p on p.engagement_id = s.engagement_id where s.state = 'completed';
insert into coach_clients (coach_id, member_id, number) values (:S, :W, 1), (:S, :L, 2), (:X, :L, 1);
insert into hand_overs (id, created_at, updated_at, engagement_id, from_coach_id, to_coach_id, state, move_sessions, proposed_by, closed_at) select :ID, :T, :T, id, :S, :X, 'done', false, :L, :T from engagements where joint;
insert into hand_over_answers (hand_over_id, member_id, history, answered_at, answered_by) select h.id, m, true, :T, :L from hand_overs h cross join unnest(array[:W, :L]) m;
insert into hand_overs (id, created_at, updated_at, engagement_id, from_coach_id, to_coach_id, state, move_sessions, proposed_by, closed_at) select :ID, :T, :T, id, :S, :X, 'done', false, :S, :T from engagements where requested_by = :L and not joint;
insert into hand_over_answers (hand_over_id, member_id, history, answered_at, answered_by) select h.id, :L, true, :T, :S from hand_overs h join engagements e on e.id = h.engagement_id where not e.joint;
insert into coaching_notes (id, created_at, updated_at, engagement_id, author_id, tier, member_id, state, signed_at) select :ID, :T, :T, id, :L, 'shared', case when not joint then :L end, 'signed', :T from engagements;
insert into coaching_note_texts (id, note_id, number, kind, member_id, body, body_key, written_at, written_by) select :ID, n.id, 1, 'signed', m, decode('01' || repeat('00', 40), 'hex'), k.id, :T, :L from coaching_notes n join subject_keys k on k.member_id = :X
	cross join lateral unnest(case when n.member_id is null then array[:W, :L] else array[:L] end) m;
insert into break_glass (id, created_at, updated_at, member_id, opened_by, opened_at, until, reason, reason_key, notice_due_at, closed_at, closed_by, words, words_key, notice_sealed_at, notice_sealed_by, sealed_until, seal_reason, seal_reason_key)
	select :ID, :T, :T, v.member, v.opener, :T, :T + interval '1 hour', b, k.id, :T, :T, v.closer, b, k.id, :T, v.closer, :T, b, k.id from subject_keys k cross join decode('01' || repeat('00', 40), 'hex') b cross join (values (:L, :S, :X), (:X, :L, :S), (:X, :S, :L)) v(member, opener, closer)
	where k.member_id = :X;
insert into coaching_goals (id, created_at, updated_at, engagement_id, member_id, set_by, state) select :ID, :T, :T, id, case when not joint then :L end, :L, 'open' from engagements;
insert into coaching_goal_moves (id, goal_id, at, recorded_at, moved_by, state, progress) select :ID, id, :T, :T, :L, 'open', 10 from coaching_goals;
insert into coaching_actions (id, created_at, updated_at, engagement_id, goal_id, member_id, owner_id, set_by, done_at, done_by) select :ID, :T, :T, engagement_id, id, member_id, member_id, :L, :T, :L from coaching_goals;
insert into coaching_words (id, goal_id, member_id, edition, body, body_key) select :ID, g.id, m, 1, decode('01' || repeat('00', 40), 'hex'), k.id from coaching_goals g join subject_keys k on k.member_id = :X
	cross join lateral unnest(case when g.member_id is null then array[:W, :L] else array[:L] end) m;
insert into coaching_logs (id, session_id, logged_by, logged_at, body_mac, answer) select :ID, id, :L, :T, '\x01', '{}' from coaching_sessions where state = 'completed';
insert into imports (id, version, created_at, updated_at, created_by, file_name, file_hash, format, rows, columns, mapping, options, status) values (:R, :L, 'a.csv', sha256('a'), 'csv', 3, '[]', '[]', '{}', 'done');
insert into import_rows (id, import_id, number, cells, fingerprint, state, member_id, match_id, member_ids) select :ID, id, n, '[]', 'f', 'written', :L, :L, case n when 1 then array[:L] else array[:W, :L] end from imports, generate_series(1, 2) n;
insert into exports (id, created_at, created_by, format, columns, filter, rows) values (:ID, :T, :L, 'csv', '{}', '{}', 1), (:ID, :T, :W, 'csv', '{}', '{}', 1);
insert into deaths (id, version, created_at, updated_at, member_id, status, source, source_key, reported_by, reported_at, closed_by, closed_at) values (:R, :L, 'withdrawn', decode('01' || repeat('00', 40), 'hex'), :ID, :S, :T, :L, :T);
insert into deaths (id, version, created_at, updated_at, member_id, status, source, source_key, reported_by, reported_at, confirmed_by, confirmed_at) values (:R, :X, 'confirmed', decode('01' || repeat('00', 40), 'hex'), :ID, :L, :T, :S, :T),
	(:R, :C, 'confirmed', decode('01' || repeat('00', 40), 'hex'), :ID, :S, :T, :L, :T);
insert into duplicate_pairs (id, first_id, second_id, score, reasons, status, found_at) values (:ID, least(:W, :L), greatest(:W, :L), 90, '{same_email}', 'open', :T), (:ID, least(:X, :L), greatest(:X, :L), 60, '{same_email}', 'open', :T);
insert into duplicate_pairs (id, first_id, second_id, score, reasons, status, found_at, closed_at, closed_by) values (:ID, least(:X, :C), greatest(:X, :C), 60, '{same_email}', 'dismissed', :T, :T, :L);
insert into members (id, version, created_at, updated_at, given_name, status, language, time_zone, email_opt_in, sms_opt_in, push_opt_in, program_words, merged_into) values (:R, 'Old', 'merged', 'en', 'UTC', true, true, true, false, :L)`

// naming counts, per declared column, the rows that name a member, but for those that the merge says it kept.
func (v *lives) naming(member uuid.UUID) map[string]int {
	v.Helper()
	out := map[string]int{}
	for _, l := range services.AllLinks() {
		if l.Stays != "" {
			continue
		}
		where := "t." + l.Column + " = $1"
		if l.Array {
			where = "$1 = any(t." + l.Column + ")"
		}
		key := l.Key
		if key == "" {
			key = "id"
		}
		out[l.Table+"."+l.Column] = v.count("select count(*) from "+l.Table+" t where "+where+` and not exists (select from merge_moves k
			where k.what = 'kept' and k.table_name = $2 and k.row_id = t.`+key+` and k.column_name = $3)`, member, l.Table, l.Column)
	}
	return out
}

// snapshot is every row of every table that an undo puts back, by table, without what counts edits.
func (v *lives) snapshot() map[string][]string {
	v.Helper()
	out := map[string][]string{}
	for _, m := range models.All() {
		table := m.TableName()
		if slices.Contains([]string{"audit_log", "audit_chain", "merges", "merge_moves", "idempotency_keys", "rate_limits", "sessions", "messages", "signing_keys"}, table) {
			continue
		}
		rows, err := v.core.Writes().Query(v.Context(), "select (to_jsonb(t) - array['version', 'updated_at', 'auth_changed_at'])::text from "+table+" t order by 1")
		if err != nil {
			v.Fatal(err)
		}
		if out[table], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			v.Fatal(err)
		}
	}
	return out
}

func (v *lives) merge(as human) *records.MergeView {
	v.Helper()
	m, err := v.records.Merge(v.as(as), v.w.member, records.MergeMember{LoserID: v.l.member, Fields: []string{"email"}, Reason: "One person"})
	if err != nil {
		v.Fatal(err)
	}
	return m
}

func TestMergeMovesEverythingAndUndoPutsItBack(t *testing.T) {
	v := live(t)
	for column, n := range v.naming(v.l.member) {
		if n == 0 {
			t.Errorf("no row of this test names the loser in %s", column)
		}
	}
	before := v.snapshot()
	audit := v.count(`select count(*) from audit_log where $1 = any(subjects)`, v.l.member)

	preview, err := v.records.Preview(v.as(v.cora), v.w.member, records.MergePreview{With: v.l.member, Fields: []string{"email"}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a preview changes nothing", before, v.snapshot())
	m := v.merge(v.cora)
	if said, did := asText(preview.Records, preview.Differences, preview.Ended), asText(m.Records, m.Differences, m.Ended); said != did {
		t.Errorf("the preview said\n%s\n%s", said, did)
	}
	if n := v.count(`select count(*) from merge_moves k left join relationships r on r.id = k.row_id where k.what = 'kept' and not coalesce(case k.table_name
		when 'relationships' then r.member_id in ($1, $2) and r.other_id in ($1, $2) when 'accounts' then true end, k.table_name in
		('household_members', 'saved_searches', 'eligibility_waivers', 'check_ins', 'exports', 'emergency_contacts', 'dependent_details', 'member_restrictions', 'member_holds', 'session_feedback', 'thanks',
		'engagement_participants', 'hand_over_answers', 'coaching_note_texts', 'coaching_words', 'coach_clients'))`, v.w.member, v.l.member); n > 0 {
		t.Errorf("%d rows stay with the loser that need not", n)
	}
	for column, n := range v.naming(v.l.member) {
		if n > 0 && column != "members.merged_into" {
			t.Errorf("%d rows still name the loser in %s", n, column)
		}
	}
	v.checkCounts()
	if got := v.text(`select status || ' ' || merged_into from members where id = $1`, v.l.member); got != "merged "+v.w.member.String() {
		t.Errorf("the loser is %s", got)
	}
	if got := v.text(`select coalesce(email, '') from members where id = $1`, v.w.member); got != v.l.email {
		t.Errorf("the winner's mail is %s", got)
	}
	if got := v.text(`select string_agg(p.slug || ' ' || e.state || ' ' || p.taken, ', ' order by p.slug, e.state) from enrollments e join programs p on p.id = e.program_id where e.member_id = $1`, v.w.member); got !=
		"both-in active 1, both-in superseded 1, loser-in enrolled 1, loser-in superseded 1, only-in enrolled 2" {
		t.Errorf("the enrollments are %s", got)
	}
	if got := v.text(`select concat_ws(' ', sessions_offered, sessions_attended, sessions_missed, consecutive_absences) from enrollments e join programs p on p.id = e.program_id
		where p.slug = 'both-in' and e.state = 'active'`); got != "3 2 1 1" {
		t.Errorf("of two histories of attendance the sums are %s", got)
	}
	if got := v.text(`select string_agg(e.state || coalesce(' ' || e.end_reason, ''), ', ' order by e.state, e.end_reason) from engagements e join engagement_participants p on p.engagement_id = e.id where p.member_id = $1`, v.w.member); got !=
		"active, ended asked, ended superseded" {
		t.Errorf("the engagements are %s", got)
	}
	if n := v.count(`select count(*) from registrations where state = 'superseded'`); n != 2 {
		t.Errorf("%d registrations gave way, want a seat and a place in line", n)
	}
	if n := v.count(`select count(*) from registrations where lead_member_id = $1 and state = 'offered'`, v.x.member); n != 1 {
		t.Error("the freed seat is not offered to who waits")
	}
	if n := v.count(`select count(*) from members where merged_into = $1`, v.w.member); n != 2 {
		t.Error("a chain of merges does not end at the winner")
	}
	if n := v.count(`select count(*) from audit_log where $1 = any(subjects)`, v.l.member); n < audit+2 {
		t.Error("the log was rewritten")
	}
	v.opens(v.l.member)

	// What the winner does later is theirs; the seat that was freed is taken by now.
	later := v.register(v.w, v.workshop("Later", 3))
	v.exec(`insert into tasks (id, version, created_at, updated_at, kind, title, member_id, queue, due_at, status) values ($1, 1, $2, $2, 'general', 'Later', $3, 'coordinators', $2, 'open')`, services.NewID(), noon, v.w.member)
	now, err := v.records.GetMerge(v.as(v.cora), m.ID)
	if err != nil || !now.Undoable || len(now.Left) == 0 {
		t.Fatalf("%v %+v", err, now)
	}
	undone, err := v.records.Undo(v.as(v.cora), m.ID, records.UndoMerge{Reason: "Cousins"})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(now.Left) != fmt.Sprint(undone.Left) {
		t.Errorf("said %v would stay, %v did", now.Left, undone.Left)
	}
	after := v.snapshot()
	for _, table := range []string{"registrations", "attendees", "pools"} {
		v.unlinked = append(v.unlinked, table) // judged below: others moved up
		delete(before, table)
		delete(after, table)
	}
	for _, table := range []string{"workshops", "workshop_sessions", "tasks"} {
		after[table] = slices.DeleteFunc(after[table], func(row string) bool {
			return strings.Contains(row, "Later") || strings.Contains(row, later.WorkshopID.String())
		})
	}
	after["tasks"] = slices.DeleteFunc(after["tasks"], func(row string) bool { // what a merge and its undo ask staff to look at
		return strings.Contains(row, `"review_registration"`) || strings.Contains(row, `"review_enrollment"`) || strings.Contains(row, `"separation_clash"`)
	})
	after["enrollment_events"] = slices.DeleteFunc(after["enrollment_events"], func(row string) bool {
		return strings.Contains(row, `"supersede"`) || strings.Contains(row, `"restore"`)
	})
	same(t, "after the undo", before, after)
	v.checkCounts()
	if n := v.count(`select count(*) from registrations where lead_member_id = $1`, v.l.member); n != 3 {
		t.Errorf("%d registrations of the loser's, want 3", n)
	}
	if got := v.text(`select string_agg(state, ' ' order by state) from registrations where lead_member_id = $1`, v.l.member); got != "confirmed superseded waitlisted" {
		t.Errorf("the loser's registrations are %s: the seat is offered to somebody else, the place in line is free", got)
	}
	if got := v.text(`select lead_member_id::text from registrations where id = $1`, later.ID); got != v.w.member.String() {
		t.Error("what was made later went to the loser")
	}
	if _, err := v.records.Undo(v.as(v.cora), m.ID, records.UndoMerge{Reason: "Again"}); codeOf(err) != records.CodeAlreadyUndone {
		t.Errorf("a second undo: %v", err)
	}
	v.opens(v.l.member)
	v.merge(v.cora) // and they can be one again
}

func asText(values ...any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// same compares two snapshots row by row.
func same(t *testing.T, when string, before, after map[string][]string) {
	t.Helper()
	for table := range before {
		for _, row := range before[table] {
			if !slices.Contains(after[table], row) {
				t.Errorf("%s: %s lost %s", when, table, row)
			}
		}
		for _, row := range after[table] {
			if !slices.Contains(before[table], row) {
				t.Errorf("%s: %s has %s", when, table, row)
			}
		}
	}
}

// opens says that what was sealed about a member opens still, whoever holds the key.
func (v *lives) opens(member uuid.UUID) {
	v.Helper()
	rows, err := v.core.Writes().Query(v.Context(), `select reason, reason_key from audit_log where action = 'test.seal'`)
	if err != nil {
		v.Fatal(err)
	}
	type sealed struct {
		Reason    []byte
		ReasonKey uuid.UUID
	}
	texts, err := pgx.CollectRows(rows, pgx.RowToStructByName[sealed])
	if err != nil {
		v.Fatal(err)
	}
	found := false
	for _, s := range texts {
		words, err := services.Mutate(services.AsSystem(v.Context(), "test"), v.core, "test.open", func(tx *services.Tx) (string, error) {
			tx.Unchanged()
			return tx.Unseal(s.ReasonKey, "test.seal", 0, s.Reason)
		})
		if err != nil {
			v.Error(err)
		}
		found = found || strings.Contains(words, member.String()[30:])
	}
	if !found {
		v.Error("what was sealed about the loser does not open")
	}
}
