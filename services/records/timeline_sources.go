package records

import (
	"fmt"
	"slices"
	"strings"

	"homefront/services/programs"
)

// source is one table's part of the timeline: which rows of the member @member (from), what happened to each and when
// (steps: name, time and who, as SQL), and a little more (about, what and status, as SQL).
type source struct {
	kind   TimelineKind
	record string // of the entry; the kind's name where it is empty
	id     string
	row    string // which row of several of one record it is, as SQL; empty where each record has one
	from   string
	steps  [][3]string
	about  string
	what   string
	status string
}

func (s source) sql() string {
	record := s.record
	if record == "" {
		record = string(s.kind)
	}
	values := make([]string, len(s.steps))
	for i, step := range s.steps {
		values[i] = fmt.Sprintf("(%s::text, %s, %s::uuid)", step[0], step[1], step[2])
	}
	text := func(sql string) string {
		if sql == "" {
			return "null::text"
		}
		return sql
	}
	row := s.row
	if row == "" {
		row = s.id
	}
	return fmt.Sprintf(`select md5('%[1]s' || step.name || %[9]s)::uuid as id, step.at, '%[1]s'::text as kind, step.name as step, '%[3]s'::text as record, %[2]s as record_id, step.by_id,
	jsonb_strip_nulls(jsonb_build_object('about', %[4]s, 'what', %[5]s, 'status', %[6]s)) as detail
	from %[7]s cross join lateral (values %[8]s) step(name, at, by_id) where step.at is not null`,
		s.kind, s.id, record, text(s.about), text(s.what), text(s.status), s.from, strings.Join(values, ", "), row)
}

const nobody = "null"

// What both staff and the person see.
var (
	accountSource = source{kind: "account", id: "t.id", from: "(select * from accounts where member_id = @member) t", steps: [][3]string{{"'created'", "t.created_at", nobody}}}

	memberSource = source{kind: "member", id: "t.id", from: "(select * from members where id = @member) t", steps: [][3]string{{"'created'", "t.created_at", nobody}}}

	registrationSteps = [][3]string{{"'created'", "t.joined", nobody}, {"'confirmed'", "t.confirmed_at", nobody}, {"t.state", "t.closed_at", nobody}, {"'left'", "t.left_at", nobody}}

	ownAttendance = attendanceSource("and not a.second")

	ownRegistrations = registrationSource("and not a.second")

	ownServiceRecords = source{kind: "service_record", id: "t.id", from: "(select * from service_records where member_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"case when t.verification = 'verified' then t.verification end", "case when t.verification = 'verified' then t.updated_at end", "t.verified_by"}},
		what:  "t.branch", status: "t.verification"}

	credentialSource = source{kind: "credential", id: "t.id", from: "(select * from credentials where member_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", "t.recorded_by"}, {"'revoked'", "t.revoked_at", nobody}}, what: "t.kind"}

	contactSource = source{kind: "contact", id: "t.id", from: "(select * from contacts where member_id = @member and superseded_by is null and voided_at is null) t",
		steps: [][3]string{{"t.direction", "t.at", "t.by_id"}}, about: "t.line", what: "t.kind", status: "t.outcome"}

	helpSource = source{kind: "help_request", id: "t.id", from: "(select * from help_requests where member_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"'taken'", "t.taken_at", "t.taken_by"}, {"t.status", "t.ended_at", "t.ended_by"}}, what: "t.topic", status: "t.status"}

	referralSource = source{kind: "referral", id: "t.id", from: "(select * from referrals where member_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", "t.by_id"}, {"'accepted'", "case when t.status <> 'declined' then t.answered_at end", nobody}, {"t.status", "t.closed_at", "t.closed_by"}},
		about: "t.to_name", what: "t.need", status: "t.status"}

	waiverSource = source{kind: "eligibility_waiver", id: "t.id", about: "t.target", what: "t.rule_key",
		from: `(select v.*, coalesce(p.name, w.title) as target from eligibility_waivers v left join programs p on p.id = v.program_id left join workshops w on w.id = v.workshop_id
			where v.member_id = @member) t`,
		steps: [][3]string{{"'waived'", "t.waived_at", "t.waived_by"}, {"'withdrawn'", "t.withdrawn_at", "t.withdrawn_by"}}}
)

// Of coaching there are facts alone, and never a word of what was said: when it began and ended, and which sessions took place.
var (
	coachingSource = source{kind: "engagement", id: "t.id", about: "t.name", status: "t.state",
		steps: [][3]string{{"'requested'", "t.requested_at", nobody}, {"'began'", "t.activated_at", nobody}, {"'left'", "t.left_at", nobody}, {"t.state", "t.closed_at", nobody}},
		from: `(select e.id, e.state, e.requested_at, e.activated_at, p.name, case when x.state = 'left' then x.left_at end as left_at,
				case when x.state = 'joined' then e.closed_at end as closed_at
			from engagement_participants x join engagements e on e.id = x.engagement_id join programs p on p.id = e.program_id
			where x.member_id = @member and x.state in ('joined', 'left')) t`}

	coachingSessionSource = source{kind: "coaching_session", id: "t.id", what: "t.modality", status: "t.state", steps: [][3]string{{"t.state", "t.starts_at", "t.coach_id"}},
		from: `(select s.id, s.state, s.starts_at, s.modality, s.coach_id from coaching_attendance a join coaching_sessions s on s.id = a.session_id
			where a.member_id = @member and s.state in ('completed', 'no_show_member', 'no_show_coach')) t`}
)

// enrollmentHistory is all of it, for staff. The person's own has the lines of the enrollment's own timeline for members, without who
// took the step and why: the reason, as far as it is told, is with the enrollment. Somebody else's second entry is not in it.
var (
	enrollmentHistory = enrollmentSource("v.by_id, v.reason", "")
	ownEnrollments    = enrollmentSource("null::uuid as by_id, null as reason", "and not e.second and "+programs.ToldToMembers("v"))

	ownForms = formSource(`and not exists (select from enrollments e where e.id = r.record_id and e.second) and not exists (select from attendees a where a.id = r.record_id and a.second)`)
)

func enrollmentSource(of, seen string) source {
	return source{kind: "enrollment", id: "t.enrollment_id", row: "t.id", about: "t.name", what: "t.reason", status: "t.state", steps: [][3]string{{"t.step", "t.at", "t.by_id"}},
		from: `(select v.id, v.enrollment_id, v.step, v.at, e.state, p.name, ` + of + ` from enrollments e join enrollment_events v on v.enrollment_id = e.id
			join programs p on p.id = e.program_id where e.member_id = @member ` + seen + `) t`}
}

func formSource(seen string) source {
	return source{kind: "form", record: "form_response", id: "t.id", about: "t.title", what: "t.purpose", status: "t.status", steps: [][3]string{{"'answered'", "t.answered_at", "t.recorded_by"}},
		from: `(select r.*, f.title, f.purpose from form_responses r join forms f on f.id = r.form_id where r.member_id = @member ` + seen + `) t`}
}

// registrationSource is parties that the member is of, or leads without coming themselves.
func registrationSource(seen string) source {
	return source{kind: "registration", id: "t.id", steps: registrationSteps, about: "t.title", status: "t.state",
		from: `(select r.id, r.state, r.confirmed_at, r.closed_at, w.title, a.joined_at as joined, case when a.state = 'removed' then a.left_at end as left_at
			from attendees a join registrations r on r.id = a.registration_id join workshops w on w.id = r.workshop_id
			where a.member_id = @member and a.joined_at is not null ` + seen + `
		union all select r.id, r.state, r.confirmed_at, r.closed_at, w.title, r.created_at, null from registrations r join workshops w on w.id = r.workshop_id
			where r.lead_member_id = @member and not exists (select from attendees a where a.registration_id = r.id and a.member_id = r.lead_member_id)) t`}
}

func attendanceSource(seen string) source {
	return source{kind: "attendance", id: "t.id", about: "t.title", status: "t.status", steps: [][3]string{{"t.status", "t.at", "t.recorded_by"}},
		from: `(select x.id, x.status, x.recorded_by, w.title, case when x.status = 'excused' then x.recorded_at else least(x.recorded_at, s.starts_at) end as at
			from attendees a join attendance x on x.attendee_id = a.id join workshop_sessions s on s.id = x.session_id join workshops w on w.id = s.workshop_id
			where a.member_id = @member ` + seen + `) t`}
}

func consentSource(seen string) source {
	return source{kind: "consent", id: "t.id", about: "t.title", what: "t.kind", status: "t.status",
		from:  `(select c.*, d.title, d.kind from consents c join consent_documents d on d.id = c.document_id where c.member_id = @member ` + seen + `) t`,
		steps: [][3]string{{"case when t.status = 'declined' then 'declined' else 'signed' end", "t.signed_at", "t.seen_by"}, {"'revoked'", "t.revoked_at", "t.revoked_by"}}}
}

// What staff see: also the rows that others entered, and the work on the person.
var staffSources = []source{
	accountSource, memberSource, registrationSource(""), attendanceSource(""), consentSource(""), credentialSource, contactSource, helpSource, referralSource,
	enrollmentHistory, formSource(""), waiverSource, coachingSource, coachingSessionSource,
	{kind: "service_record", id: "t.id", from: "(select * from service_records where member_id = @member) t", what: "t.branch", status: "t.verification",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"t.verification", "case when t.verified_by is not null then t.updated_at end", "t.verified_by"}}},
	{kind: "relationship", id: "t.id", what: "t.kind", status: "t.status",
		from:  "(select * from relationships where member_id = @member and status in ('accepted', 'ended') union all select * from relationships where other_id = @member and status in ('accepted', 'ended')) t",
		steps: [][3]string{{"'linked'", "coalesce(t.decided_at, t.created_at)", nobody}, {"'ended'", "t.ended_at", "t.ended_by"}}},
	{kind: "guardianship", id: "t.id", status: "t.status", what: "t.side",
		from:  "(select *, 'guardian' as side from guardianships where guardian_id = @member union all select *, 'child' from guardianships where child_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"'confirmed'", "t.confirmed_at", "t.confirmed_by"}, {"t.status", "t.closed_at", "t.closed_by"}}},
	{kind: "household", id: "t.household_id", what: "t.role", from: "(select * from household_members where member_id = @member) t",
		steps: [][3]string{{"'joined'", "t.created_at", nobody}, {"'left'", "case when t.ends_on is not null then t.updated_at end", nobody}}},
	{kind: "task", id: "t.id", about: "t.title", what: "t.kind", status: "t.status", from: "(@tasks) t",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"t.status", "t.closed_at", "t.closed_by"}}},
	{kind: "death", id: "t.id", status: "t.status", from: "(select * from deaths where member_id = @member) t",
		steps: [][3]string{{"'reported'", "t.reported_at", "t.reported_by"}, {"'confirmed'", "t.confirmed_at", "t.confirmed_by"}, {"t.status", "t.closed_at", "t.closed_by"}}},
	{kind: "merge", id: "t.id", from: "(select * from merges where winner_id = @member union all select * from merges where loser_id = @member) t",
		steps: [][3]string{{"'merged'", "t.merged_at", "t.merged_by"}, {"'undone'", "t.undone_at", "t.undone_by"}}},
	{kind: "import", id: "t.import_id", status: "t.fate",
		from:  "(select r.import_id, r.fate, i.created_by, i.created_at from import_rows r join imports i on i.id = r.import_id where r.member_id = @member and r.state in ('written', 'kept')) t",
		steps: [][3]string{{"'written'", "t.created_at", "t.created_by"}}},
}

// What the person sees: their own acts and what staff did with them. Not there are tasks, households, merges, imports and
// deaths, which are the work of staff; a second guardian's bookings, what guardians signed or claimed about them, and
// that somebody else ended a link.
var ownSources = []source{
	accountSource, memberSource, ownRegistrations, ownAttendance, consentSource("and c.signed_by = @member"), credentialSource, contactSource, helpSource, referralSource, ownServiceRecords,
	ownEnrollments, ownForms, coachingSource, coachingSessionSource,
	{kind: "relationship", id: "t.id", what: "t.kind", status: "t.shown",
		from: `(select *, case when ended_by = @member then status else 'accepted' end as shown from relationships where member_id = @member and status in ('accepted', 'ended') and asked_by is not null
			union all select *, case when ended_by = @member then status else 'accepted' end from relationships where other_id = @member and status in ('accepted', 'ended') and asked_by is not null) t`,
		steps: [][3]string{{"'linked'", "coalesce(t.decided_at, t.created_at)", nobody}, {"'ended'", "case when t.ended_by = @member then t.ended_at end", nobody}}},
	{kind: "guardianship", id: "t.id", status: "t.status", what: "'guardian'", from: "(select * from guardianships where guardian_id = @member) t",
		steps: [][3]string{{"'created'", "t.created_at", nobody}, {"'confirmed'", "t.confirmed_at", "t.confirmed_by"}, {"t.status", "t.closed_at", "t.closed_by"}}},
}

// phrases are the titles, by kind and step; %s is what the entry is about.
var phrases = map[TimelineKind]map[string]string{
	"account":      {"created": "Account opened"},
	"member":       {"created": "Record opened"},
	"registration": {"created": "Registered: %s", "confirmed": "Place confirmed: %s", "cancelled": "Registration cancelled: %s", "declined": "Registration declined: %s", "expired": "Registration ran out: %s", "superseded": "Registration went on under another record: %s", "left": "Left the party: %s"},
	"attendance":   {"present": "Was there: %s", "late": "Came late: %s", "excused": "Excused: %s", "absent": "Was not there: %s"},
	"consent":      {"signed": "Signed: %s", "declined": "Declined to sign: %s", "revoked": "Took back the signature: %s"},
	"credential":   {"created": "Credential recorded", "revoked": "Credential revoked"},
	"contact":      {"in": "They reached us", "out": "We reached out"},
	"help_request": {"created": "Asked for a call", "taken": "Somebody took the request for a call", "answered": "Request for a call answered", "withdrawn": "Request for a call taken back", "closed": "Request for a call closed"},
	"referral":     {"created": "Referred to %s", "accepted": "Accepted the referral to %s", "connected": "Connected with %s", "not_connected": "Not connected with %s", "declined": "Declined the referral to %s"},
	"enrollment": {"apply": "Applied: %s", "waitlist": "On the waitlist: %s", "enroll": "Given a place: %s", "deny": "Application declined: %s", "activate": "Began: %s", "pause": "Paused: %s",
		"resume": "Went on: %s", "complete": "Completed: %s", "withdraw": "Left the program: %s", "reopen": "Opened again: %s", "move": "Changed the group: %s", "move_ahead": "Moved ahead on the waitlist: %s",
		"supersede": "Enrollment went on under another record: %s", "restore": "Given back: %s"},
	"engagement":       {"requested": "Asked for a coach: %s", "began": "Coaching began: %s", "left": "Left the coaching: %s", "completed": "Coaching completed: %s", "ended": "Coaching ended: %s"},
	"coaching_session": {"completed": "Met with a coach", "no_show_member": "Was not at a session with a coach", "no_show_coach": "The coach was not at a session"},

	"form":               {"answered": "Answered a form: %s"},
	"eligibility_waiver": {"waived": "A rule does not count for them: %s", "withdrawn": "The rule counts again: %s"},
	"service_record":     {"created": "Service recorded", "verified": "Service verified", "not_confirmed": "Service could not be confirmed"},
	"relationship":       {"linked": "Linked with somebody", "ended": "Link ended"},
	"guardianship":       {"created": "Guardianship claimed", "confirmed": "Guardianship confirmed", "refused": "Guardianship refused", "ended": "Guardianship ended"},
	"household":          {"joined": "Joined a household", "left": "Left a household"},
	"task":               {"created": "Task opened: %s", "done": "Task done: %s", "dropped": "Task dropped: %s"},
	"death":              {"reported": "Death reported", "confirmed": "Death confirmed", "withdrawn": "Report of a death withdrawn", "reversed": "Death reversed"},
	"merge":              {"merged": "Two records became one", "undone": "Merge undone"},
	"import":             {"written": "Brought in or changed by an import"},
}

// words is the title of an entry.
func (e *TimelineEntry) words() string {
	phrase, ok := phrases[e.Kind][e.Step]
	switch {
	case !ok:
		return strings.ReplaceAll(string(e.Kind)+": "+e.Step, "_", " ")
	case strings.Contains(phrase, "%s"):
		return fmt.Sprintf(phrase, e.Detail.About)
	}
	return phrase
}

// TimelineKinds lists the kinds that there are.
func TimelineKinds() []TimelineKind {
	var out []TimelineKind
	for _, s := range staffSources {
		out = append(out, s.kind)
	}
	slices.Sort(out)
	return out
}
