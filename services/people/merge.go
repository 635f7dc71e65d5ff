package people

import (
	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "members", Column: "entered_by"},
	services.Link{Table: "members", Column: "merged_into"},
	services.Link{Table: "dependent_details", Column: "member_id", Unless: "exists (select from dependent_details w where w.member_id = $1 and w.entered_by = t.entered_by)"},
	services.Link{Table: "dependent_details", Column: "entered_by", Unless: "exists (select from dependent_details w where w.entered_by = $1 and w.member_id = t.member_id)"},
	services.Link{Table: "emergency_contacts", Column: "member_id", Unless: `exists (select from emergency_contacts w where w.member_id = $1 and w.place = t.place
		and w.entered_by = case when t.entered_by = $2 then $1 else t.entered_by end)`},
	services.Link{Table: "emergency_contacts", Column: "entered_by", Unless: `t.member_id = $2 or exists (select from emergency_contacts w
		where w.entered_by = $1 and w.place = t.place and w.member_id = t.member_id)`},
	services.Link{Table: "household_members", Column: "member_id", Unless: overlaps},
	services.Link{Table: "relationships", Column: "member_id", Unless: "t.other_id = $1"},
	services.Link{Table: "relationships", Column: "other_id", Unless: "t.member_id = $1"},
	services.Link{Table: "relationships", Column: "asked_by", Unless: "$1 in (t.member_id, t.other_id) and $2 in (t.member_id, t.other_id)"},
	services.Link{Table: "relationships", Column: "ended_by"},
	services.Link{Table: "guardianships", Column: "guardian_id", Unless: "t.child_id = $1"},
	services.Link{Table: "guardianships", Column: "child_id", Unless: "t.guardian_id = $1"},
	services.Link{Table: "guardianships", Column: "confirmed_by"},
	services.Link{Table: "guardianships", Column: "closed_by"},
	services.Link{Table: "credentials", Column: "member_id"},
	services.Link{Table: "credentials", Column: "recorded_by"},
	services.Link{Table: "service_records", Column: "member_id"},
	services.Link{Table: "service_records", Column: "verified_by"},
	services.Link{Table: "member_restrictions", Column: "member_id", Unless: "t.staff_id = $1 or exists (select from member_restrictions w where w.member_id = $1)"},
	services.Link{Table: "member_restrictions", Column: "staff_id", Unless: "t.member_id = $1 or exists (select from member_restrictions w where w.staff_id = $1 and w.member_id = t.member_id)"},
	services.Link{Table: "member_restrictions", Column: "restricted_by"},
	services.Link{Table: "saved_searches", Column: "owner_id", Unless: "exists (select from saved_searches w where w.owner_id = $1 and folded(w.name) = folded(t.name))"},
	services.Link{Table: "separations", Column: "first_id", Unless: "t.second_id = $1"},
	services.Link{Table: "separations", Column: "second_id", Unless: "t.first_id = $1"},
	services.Link{Table: "separations", Column: "created_by"},
	services.Link{Table: "separations", Column: "ended_by"},
	services.Link{Table: "member_holds", Column: "member_id", Unless: "t.resembles_id = $1 or exists (select from member_holds w where w.member_id = $1 and w.resembles_id = t.resembles_id)"},
	services.Link{Table: "member_holds", Column: "resembles_id", Unless: "t.member_id = $1 or exists (select from member_holds w where w.resembles_id = $1 and w.member_id = t.member_id)"},
	services.Link{Table: "member_holds", Column: "released_by"},
	services.Link{Table: "consents", Column: "member_id"},
	services.Link{Table: "consents", Column: "signed_by"},
	services.Link{Table: "consents", Column: "seen_by"},
	services.Link{Table: "consents", Column: "witness_id"},
	services.Link{Table: "consents", Column: "revoked_by"},
	services.Link{Table: "consents", Column: "decided_by"},
	services.Link{Table: "consent_document_versions", Column: "published_by"},
)

// What the constraints of these tables compare, with t the loser's row and w the winner's.
const (
	overlaps = `exists (select from household_members w where w.household_id = t.household_id and w.member_id = $1
		and daterange(w.starts_on, w.ends_on) && daterange(t.starts_on, t.ends_on))`
)

// gaveWay is how each table with a state of its own ends what the winner has too, or what was between the two. A statement
// finds the rows, the next ends them: its $1 is their ids, $2 now, $3 who merges.
var gaveWay = []struct{ table, find, end string }{
	{"relationships", `select t.id from relationships t where t.status = 'accepted' and (t.member_id = $1 and t.other_id = $2 or t.member_id = $2 and t.other_id = $1
		or $2 in (t.member_id, t.other_id) and exists (select from relationships w where w.id <> t.id and w.status = 'accepted' and w.kind = t.kind
			and w.member_id = case when t.member_id = $2 then $1 else t.member_id end and w.other_id = case when t.other_id = $2 then $1 else t.other_id end))
		order by t.id for no key update of t`,
		`update relationships set status = 'ended', ended_at = $2, ended_by = $3 where id = any($1)`},
	{"relationships", `select t.id from relationships t where t.asked_by = $2 and t.status in ('asked', 'declined') and exists (select from relationships w
			where w.asked_by = $1 and w.status in ('asked', 'declined') and w.kind = t.kind and (w.member_id is null) = (t.member_id is null) and lower(w.asked_email) = lower(t.asked_email))
		order by t.id for no key update of t`,
		`update relationships set status = 'lapsed', decided_at = $2 where id = any($1) and $3::uuid is not distinct from $3`},
	{"guardianships", `select t.id from guardianships t where t.status in ('claimed', 'confirmed') and (t.guardian_id = $1 and t.child_id = $2 or t.guardian_id = $2 and t.child_id = $1)
		order by t.id for no key update of t`,
		`update guardianships set status = 'ended', closed_at = $2, closed_by = $3 where id = any($1)`},
	// A guardianship that staff have confirmed stands before a claim, whichever of the two holds it.
	{"guardianships", `select case when t.status = 'confirmed' and w.status = 'claimed' then w.id else t.id end from guardianships t
			join guardianships w on w.status in ('claimed', 'confirmed') and (t.guardian_id = $2 and w.guardian_id = $1 and w.child_id = t.child_id
				or t.child_id = $2 and w.child_id = $1 and w.guardian_id = t.guardian_id)
		where t.status in ('claimed', 'confirmed') order by t.id for no key update of t, w`,
		`update guardianships set status = 'ended', closed_at = $2, closed_by = $3 where id = any($1)`},
	{"household_members", `select t.id from household_members t where t.member_id = $2 and ` + overlaps + ` order by t.id for no key update of t`,
		`update household_members set ends_on = greatest(starts_on, least(ends_on, ($2::timestamptz at time zone 'UTC')::date)) where id = any($1) and $3::uuid is not distinct from $3`},
	// Of two separations from the same person the one that holds longer goes on, whoever's it is: a lapsed one is live still.
	{"separations", `select case when coalesce(t.ends_on, 'infinity') > coalesce(w.ends_on, 'infinity') then w.id else t.id end from separations t
			join separations w on w.status = 'live' and w.id <> t.id and $1 in (w.first_id, w.second_id)
				and case when w.first_id = $1 then w.second_id else w.first_id end = case when t.first_id = $2 then t.second_id else t.first_id end
		where t.status = 'live' and $2 in (t.first_id, t.second_id) order by t.id for no key update of t, w`,
		`update separations set status = 'ended', ended_at = $2, ended_by = $3 where id = any($1)`},
	{"separations", `select t.id from separations t where t.status = 'live' and $1 in (t.first_id, t.second_id) and $2 in (t.first_id, t.second_id) for no key update of t`,
		`update separations set status = 'ended', ended_at = $2, ended_by = $3 where id = any($1)`},
	{"member_holds", `select t.id from member_holds t where t.released_at is null and (t.member_id = $1 and t.resembles_id = $2 or t.member_id = $2 and t.resembles_id = $1)
		order by t.id for no key update of t`,
		`update member_holds set released_at = $2, released_by = $3 where id = any($1)`},
	// What was said last stands, whichever of the two said it: paper counts from the day on it. A refusal stays one in the history.
	{"consents", `select id from (select c.id, row_number() over (partition by case when c.member_id = $2 then $1 else c.member_id end, c.document_id,
			case when c.signed_by = $2 then $1 else c.signed_by end order by coalesce(c.revoked_at, case when c.method = 'typed' then c.signed_at
				else least(c.signed_at, (c.signed_on + 1)::timestamp at time zone 'UTC') end) desc, $2 in (c.member_id, c.signed_by), c.id desc) as nth
		from consents c where c.latest and (c.member_id in ($1, $2) or c.signed_by in ($1, $2))) ranked where nth > 1 order by id`,
		`update consents set status = case when status in ('declined', 'revoked') then status else 'superseded' end, latest = false
		where id = any($1) and $2::timestamptz is not null and $3::uuid is not distinct from $3`},
}

// HoldMembers locks the rows of two members that are to be merged, in the order of their ids, against everything that would
// name one of them meanwhile.
// Errors: not_found; forbidden own_record; conflict same_person.
func HoldMembers(tx *services.Tx, winnerID, loserID uuid.UUID) (winner, loser *models.Member, err error) {
	if winnerID == loserID {
		return nil, nil, services.Conflict(CodeSamePerson, "These are one and the same record.")
	}
	tx.Locks(services.LockMembers)
	var rows []models.Member
	err = tx.DB.Raw(`select * from members where id in (?, ?) order by id for update`, winnerID, loserID).Scan(&rows).Error
	if err == nil && len(rows) < 2 {
		err = services.NotFound("member")
	}
	if err == nil {
		err = notOwn(tx.DB, tx.Actor(), tx.Now(), winnerID, loserID)
	}
	if err != nil {
		return nil, nil, err
	}
	if rows[0].ID == winnerID {
		return &rows[0], &rows[1], nil
	}
	return &rows[1], &rows[0], nil
}

// The codes of what stands against a merge.
const (
	CodeSamePerson    services.Code = "same_person"
	CodeAlreadyMerged services.Code = "already_merged"
	CodeOneDeceased   services.Code = "one_deceased"
	CodeAskColleague  services.Code = "ask_colleague"
	CodeChildrenFirst services.Code = "children_first"
	CodeChildAndAdult services.Code = "child_and_adult"
)

// CheckMerge says whether two members can be one.
// Errors: conflict already_merged, one_deceased, child_and_adult, children_first; ask_colleague for what only some may know.
func CheckMerge(tx *services.Tx, winner, loser *models.Member) error {
	switch {
	case loser.Status == models.MemberMerged || winner.Status == models.MemberMerged:
		return services.Conflict(CodeAlreadyMerged, "One of these records was merged before. Read it: merged_into says which one was kept.")
	case (winner.Status == models.MemberDeceased) != (loser.Status == models.MemberDeceased):
		return services.Conflict(CodeOneDeceased, "One of the two is recorded as having died. Record or correct that first.")
	case winner.BirthDate != nil && loser.BirthDate != nil && winner.MinorOn(today(tx, winner)) != loser.MinorOn(today(tx, loser)):
		// The adult would see whatever the child's guardians entered.
		return services.Conflict(CodeChildAndAdult, "One of the two is a child, the other an adult. If they are one person, correct the birth date first.")
	}
	var apart, children bool
	err := tx.Batch(services.Statement{Args: []any{winner.ID, loser.ID, models.SeparationDay(tx.Now()).String()}, Scan: services.ScanOne("member", &apart, &children),
		SQL: `select exists (select from separations s join separations o on o.status = 'live' and (o.ends_on is null or o.ends_on >= $3::text::date) and $2 in (o.first_id, o.second_id)
				where s.status = 'live' and (s.ends_on is null or s.ends_on >= $3::text::date) and $1 in (s.first_id, s.second_id) and (s.id = o.id or case when s.first_id = $1 then s.second_id else s.first_id end
					= case when o.first_id = $2 then o.second_id else o.first_id end and (s.kind <> o.kind or (s.first_id = $1) <> (o.first_id = $2) and s.kind <> 'mutual'))) as apart,
			exists (select from members a join members b on b.entered_by = $2 and folded(b.given_name) = folded(a.given_name) and folded(b.family_name) = folded(a.family_name)
				and b.birth_date = a.birth_date and b.status <> 'merged' where a.entered_by = $1 and a.status <> 'merged') as children`})
	switch {
	case err != nil:
		return err
	case apart:
		return services.Conflict(CodeAskColleague, "These two cannot be merged as they are. Ask an admin to look at both records.")
	case children:
		return services.Conflict(CodeChildrenFirst, "Both have entered a child with the same name and birth date. Merge the children first.")
	}
	return nil
}

// Merge gives the winner what is the loser's in these tables, and makes the loser's row answer with the winner's id. What both
// have in force once only stays the winner's; the loser's ends. What says something of the loser and has no state, such as the
// sixth emergency contact, stays with the loser.
func Merge(m *services.Merge) error {
	var ended []uuid.UUID
	for _, g := range gaveWay {
		ids, err := m.Find(g.find, m.Winner, m.Loser)
		if err != nil {
			return err
		}
		if g.table == "guardianships" {
			ended = append(ended, ids...)
		}
		if err := m.Rewrite(models.MoveSuperseded, g.table, ids, g.end, m.Tx.Now(), m.By); err != nil {
			return err
		}
	}
	if err := mergeAsks(m); err != nil {
		return err
	}
	if err := mergeContacts(m); err != nil {
		return err
	}
	if err := m.Move(links...); err != nil {
		return err
	}
	return mergedConsents(m, ended)
}

// mergedConsents ends what rested on a consent that the merge put an end to: of the two who are one, and of the children of
// guardianships that ended with it.
func mergedConsents(m *services.Merge, ended []uuid.UUID) error {
	refused, err := m.Find(`select id from members m where id = $1 and sms_opt_in and exists (select from consents c join consent_documents d on d.id = c.document_id and d.kind = 'sms'
		where c.member_id = m.id and c.signed_by = m.id and c.latest and c.status in ('declined', 'revoked'))`, m.Winner)
	if err != nil {
		return err
	}
	if err := m.Rewrite(models.MoveChanged, "members", refused, `update members set sms_opt_in = false where id = any($1)`); err != nil {
		return err
	}
	var children []uuid.UUID
	if len(ended) > 0 {
		if children, err = m.Find(`select distinct child_id from guardianships where id = any($1) order by 1`, ended); err != nil {
			return err
		}
	}
	for _, id := range ended {
		if err := m.Tx.Enqueue(GuardianshipChanged{id}, m.Tx.Now()); err != nil {
			return err
		}
	}
	for _, id := range distinctIDs(append(children, m.Winner)) {
		if err := m.Tx.Enqueue(TeenConsentEnded{MemberID: id}, m.Tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// mergeAsks moves the two columns of an ask at once: whoever asked is one of its sides, at any time.
func mergeAsks(m *services.Merge) error {
	ids, err := m.Find(`select id from relationships where status not in ('accepted', 'ended') and $1 in (member_id, other_id, asked_by) order by id for no key update`, m.Loser)
	if err != nil {
		return err
	}
	return m.Rewrite(models.MoveChanged, "relationships", ids, `update relationships set member_id = case when member_id = $3 then $2 else member_id end,
		other_id = case when other_id = $3 then $2 else other_id end, asked_by = case when asked_by = $3 then $2 else asked_by end
		where id = any($1) and not coalesce($2 in (member_id, other_id) and $3 in (member_id, other_id), false)`, m.Winner, m.Loser)
}

// mergeContacts finds places for the loser's emergency contacts in the winner's list, as long as there are any: those whose own
// place is taken there get one that is free in both lists.
func mergeContacts(m *services.Merge) error {
	ids, err := m.Find(`select id from emergency_contacts where $1 in (member_id, entered_by) order by id for no key update`, m.Loser)
	if err != nil {
		return err
	}
	return m.Rewrite(models.MoveChanged, "emergency_contacts", ids, `
		with mapped as (select c.id, c.place, c.phone, case when c.member_id = $3 then $2 else c.member_id end as member, case when c.entered_by = $3 then $2 else c.entered_by end as enterer,
				c.id = any($1) as theirs from emergency_contacts c where c.id = any($1) or c.member_id = $2 or c.entered_by = $2),
			clash as (select t.id, t.member, t.enterer, row_number() over (partition by t.member, t.enterer order by t.place) as nth from mapped t
				where t.theirs and exists (select from mapped w where not w.theirs and w.member = t.member and w.enterer = t.enterer and w.place = t.place)
					and not exists (select from mapped w where not w.theirs and w.member = t.member and w.enterer = t.enterer and w.phone = t.phone)),
			free as (select l.member, l.enterer, n.place, row_number() over (partition by l.member, l.enterer order by n.place) as nth
				from (select distinct member, enterer from clash) l cross join generate_series(1, 5) n(place)
				where not exists (select from mapped o where o.member = l.member and o.enterer = l.enterer and o.place = n.place))
		update emergency_contacts e set place = f.place from clash c join free f using (member, enterer, nth) where e.id = c.id`, m.Winner, m.Loser)
}

// StoreMerged stores the two rows of a merge: the winner's with what it took, the loser's as merged into it.
func StoreMerged(m *services.Merge, winner, loser models.Member) error {
	tx := m.Tx
	err := m.Watch(models.MoveChanged, "members", []uuid.UUID{winner.ID, loser.ID}, func() error {
		edited(tx, &winner.Record)
		err := tx.DB.Model(&models.Member{}).Where("id = ?", winner.ID).Select(memberColumns).Updates(&winner).Error
		if err == nil {
			tx.Queue(`update members set status = 'merged', merged_into = $2, version = version + 1, updated_at = $3 where id = $1`, loser.ID, winner.ID, tx.Now())
		}
		return err
	})
	m.Split("members", winner.ID, models.MergeFieldOf)
	return err
}

// Unmerge gives the loser back what was theirs.
func Unmerge(u *services.Unmerge) error {
	err := u.Back("members", "dependent_details", "emergency_contacts", "household_members", "relationships", "guardianships", "credentials", "service_records",
		"member_restrictions", "saved_searches", "separations", "member_holds", "consents", "consent_document_versions")
	// A search for duplicates that has passed them by comes again.
	u.Tx.Queue(`update members set version = version + 1, updated_at = $2 where id = any($1)`, []uuid.UUID{u.Winner, u.Loser}, u.Tx.Now())
	return err
}

// MayHandle says whether the caller may look at records of these members.
// Errors: not_found; forbidden own_record.
func MayHandle(tx *services.Tx, ids ...uuid.UUID) error {
	return notOwn(tx.DB, tx.Actor(), tx.Now(), ids...)
}
