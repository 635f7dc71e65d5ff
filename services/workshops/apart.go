package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// CodeSeparationClash tells staff who may know it that two people who are kept apart would both have a place.
const CodeSeparationClash services.Code = "separation_clash"

// TaskSeparationClash asks staff to see to two people who are kept apart and both have a place.
const TaskSeparationClash models.TaskKind = "separation_clash"

// LookForClashes is the job that finds out whether somebody of a party is to be kept apart from somebody who has a place,
// too. It runs for whoever is protected, whether or not the other is there: so their own answer takes no longer for it,
// and their own entry in the audit log says nothing.
type LookForClashes struct {
	RegistrationID uuid.UUID `json:"registration_id"`
}

// Kind implements services.JobArgs.
func (LookForClashes) Kind() string { return "registration.look_for_clashes" }

// partyMembers are those of a registration who answer for themselves.
const partyMembers = `select lead_member_id from registrations where id = $1
	union select member_id from attendees where registration_id = $1 and state = 'attending' and member_id is not null`

// askApart asks about the separations of a party that somebody wants to enter: who they are, who is of the party that
// exists already, and who asks. The first statement comes before the lock of the pools.
func (e *entry) askApart(registrationID uuid.UUID) []services.Statement {
	ids := append(e.memberIDs(), e.lead)
	if !e.staff {
		ids = append(ids, e.tx.Actor().MemberID)
	}
	e.apart = people.SeparationsAmong(e.tx, partyMembers+` union select unnest($2::uuid[])`, registrationID, ids)
	return []services.Statement{e.apart.Lock(), e.apart.Read()}
}

// hold has staff look at what is asked by somebody, or for somebody, who is kept apart from anybody, wherever that one
// is; and at a share of everything else, so that this says nothing. Staff say so when there is nothing to look at, but
// not those who must not know of it.
func (e *entry) hold(d *desk, p *party) {
	concerned := append(e.memberIDs(), e.lead)
	waived := e.staff && e.in.WaiveReason != "" && !e.apart.Closed(concerned...)
	if !e.staff {
		concerned = append(concerned, e.tx.Actor().MemberID)
	}
	if !waived && e.apart.Held(concerned...) || !e.staff && people.Drawn(e.tx, d.workshop.ID, p.LeadMemberID, e.share) {
		p.lookAt(models.ReviewHeld)
	}
}

// openPartyApart is openParty that also reads the separations of its people.
func openPartyApart(tx *services.Tx, id uuid.UUID) (*desk, *party, error) {
	workshopID, sessionID, err := locate(tx, id)
	if err != nil {
		return nil, nil, err
	}
	return openKnownApart(tx, people.SeparationsAmong(tx, partyMembers+` union select $2::uuid`, id, tx.Actor().MemberID), workshopID, sessionID, id)
}

func openKnownApart(tx *services.Tx, apart *people.Separations, workshopID uuid.UUID, sessionID *uuid.UUID, id uuid.UUID, more ...services.Statement) (*desk, *party, error) {
	d, p, err := openAfter(tx, []services.Statement{apart.Lock()}, workshopID, sessionID, id, append([]services.Statement{apart.Read()}, more...)...)
	if err != nil {
		return nil, nil, err
	}
	d.apart = apart
	return d, p, nil
}

// heldFor says whether staff look at what is asked now for a party: for its people's sake, or for the sake of who asks.
func (d *desk) heldFor(p *party) bool {
	ids := p.members()
	if actor := d.tx.Actor(); !forOthers(actor, p) {
		ids = append(ids, actor.MemberID)
	}
	return d.apart.Held(ids...)
}

// members are those of a party who answer for themselves.
func (p *party) members() []uuid.UUID {
	ids := []uuid.UUID{p.LeadMemberID}
	for i := range p.attendees {
		if a := &p.attendees[i]; a.MemberID != nil && a.Goes() {
			ids = append(ids, *a.MemberID)
		}
	}
	return ids
}

// lookForClashes has it found out whether a party that staff do not look at brings somebody together with whom is kept
// apart from them.
func (d *desk) lookForClashes(p *party) error {
	if d.apart == nil || !d.apart.Protects(p.members()...) {
		return nil
	}
	return d.tx.Enqueue(LookForClashes{p.ID}, time.Time{})
}

// mustNotKnow keeps staff away from a party whose people have a separation that is not theirs to know of, in the words for
// their own record.
func (d *desk) mustNotKnow(p *party) error {
	if d.apart != nil && d.apart.Closed(p.members()...) {
		return errOwnRecord
	}
	return nil
}

// checkClash stops staff who are about to confirm a party of which somebody is to be kept apart from somebody who has a
// place, unless they say why all the same.
// Errors: conflict separation_clash.
func (d *desk) checkClash(p *party, reason string) error {
	if reason != "" || !d.apart.Protects(p.members()...) {
		return nil
	}
	found, err := clashes(d.tx, clashesOfParty, p.ID)
	if err != nil || len(found) == 0 {
		return err
	}
	e := services.Conflict(CodeSeparationClash, "Somebody of this party is kept apart from somebody who has a place here. Look at the separation; to confirm the party all the same, approve it by itself and say why.")
	for _, c := range found {
		e.Fields = append(e.Fields, services.FieldError{Field: "/reason", Code: CodeSeparationClash, Message: "Separation " + c.SeparationID.String() + "."})
	}
	return e
}

// SeparationClash is a place of somebody beside a place of whom they are kept apart from.
type SeparationClash struct {
	SeparationID        uuid.UUID  `json:"separation_id"`
	WorkshopID          uuid.UUID  `json:"workshop_id"`
	SessionID           *uuid.UUID `json:"session_id" nullable:"true" doc:"Drop-in workshops: the session in which both have a place"`
	Title               string     `json:"title" doc:"Of the workshop" example:"Living with Hypervigilance"`
	StartsAt            *time.Time `json:"starts_at"`
	FirstID             uuid.UUID  `json:"-"`
	SecondID            uuid.UUID  `json:"-"`
	FirstRegistrationID uuid.UUID  `json:"first_registration_id" doc:"The party of the protected side, or of the first of the two"`
	KeptRegistrationID  uuid.UUID  `json:"kept_apart_registration_id" doc:"The party of who is kept apart, or of the second of the two"`
}

const (
	clashesOf      = `s.id = $1`
	clashesOfParty = `s.status = 'live' and (s.ends_on is null or s.ends_on >= $3) and (s.first_id in (` + partyMembers + `) or s.second_id in (` + partyMembers + `))`

	clashesFrom = `with pairs as materialized (select s.id, s.first_id, s.second_id, $3::date as day from separations s where `
	clashesSQL  = `), places as (select p.id as pair, at.* from pairs p cross join lateral (
			select r.lead_member_id as member_id, r.id as registration_id, r.workshop_id, r.session_id from registrations r
				where r.live and r.lead_member_id in (p.first_id, p.second_id)
			union select a.member_id, r.id, r.workshop_id, r.session_id from attendees a join registrations r on r.id = a.registration_id
				where a.live and a.state = 'attending' and a.member_id in (p.first_id, p.second_id)) at)
		select distinct on (p.id, k.workshop_id, k.session_id) p.id as separation_id, p.first_id, p.second_id, k.workshop_id, k.session_id, w.title,
			coalesce(s.starts_at, w.starts_at) as starts_at, o.registration_id as first_registration_id, k.registration_id as kept_registration_id
		from pairs p join places o on o.pair = p.id and o.member_id = p.first_id
			join places k on k.pair = p.id and k.member_id = p.second_id and k.workshop_id = o.workshop_id and k.session_id is not distinct from o.session_id
			join workshops w on w.id = k.workshop_id left join workshop_sessions s on s.id = k.session_id
		where coalesce(s.ends_at, w.ends_at) > $2 and ($4::uuid is null or $4 in (o.registration_id, k.registration_id))
		order by p.id, k.workshop_id, k.session_id, k.registration_id, o.registration_id limit 500`
)

func clashes(tx *services.Tx, which string, id uuid.UUID) ([]SeparationClash, error) {
	found := []SeparationClash{}
	var party *uuid.UUID
	if which == clashesOfParty {
		party = &id
	}
	err := tx.Batch(services.Statement{SQL: clashesFrom + which + clashesSQL, Args: []any{id, tx.Now(), models.SeparationDay(tx.Now()).Time, party}, Scan: services.RowsInto(&found)})
	return found, err
}

// SeparationClashes finds where both sides of a separation have a place, or wait for one, in what is not over.
func SeparationClashes(tx *services.Tx, separationID uuid.UUID) ([]SeparationClash, error) {
	return clashes(tx, clashesOf, separationID)
}

// AskAboutClashes gives staff who are close to neither a task for each of them, due the same day.
func AskAboutClashes(tx *services.Tx, found []SeparationClash) error {
	for i := range found {
		c := &found[i]
		if _, err := tasks.Open(tx, tasks.New{Kind: TaskSeparationClash, MemberID: &c.SecondID, AlsoAbout: []uuid.UUID{c.FirstID}, Record: "registration", RecordID: &c.KeptRegistrationID,
			Queue: "coordinators", Title: "See to two people who are kept apart and have a place in the same workshop", DueAt: sameDay(tx.Now(), c.StartsAt)}); err != nil {
			return err
		}
	}
	return nil
}

// sameDay is in four hours, but no later than today, where the organization is, nor than the start.
func sameDay(now time.Time, start *time.Time) time.Time {
	due := now.Add(4 * time.Hour)
	if zone, err := time.LoadLocation(models.DefaultTimeZone); err == nil {
		y, m, d := now.In(zone).Date()
		if midnight := time.Date(y, m, d, 23, 59, 0, 0, zone).UTC(); midnight.Before(due) {
			due = midnight
		}
	}
	if start != nil && start.Before(due) && start.After(now) {
		due = *start
	}
	return due
}

func (s *Service) lookForClashes(ctx context.Context, args LookForClashes) error {
	_, err := services.Mutate(ctx, s.core, "separation.look", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		found, err := clashes(tx, clashesOfParty, args.RegistrationID)
		if err != nil {
			return nil, err
		}
		return nil, AskAboutClashes(tx, found)
	})
	return err
}
