package workshops

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/tasks"
)

// LapseInvitation is the job that ends an invitation nobody answered.
type LapseInvitation struct {
	AttendeeID uuid.UUID `json:"attendee_id"`
}

// Kind implements services.JobArgs.
func (LapseInvitation) Kind() string { return "registration.lapse_invitation" }

// Invitation is what somebody who is asked along is shown.
type Invitation struct {
	AttendeeID     uuid.UUID     `json:"attendee_id"`
	RegistrationID uuid.UUID     `json:"registration_id"`
	Name           string        `json:"name" doc:"As it was written in the invitation" example:"Ana Ortega"`
	InvitedBy      string        `json:"invited_by" doc:"First name" example:"Luis"`
	State          string        `json:"state" enum:"invited,attending,refused,lapsed,removed,over" doc:"over: the party has ended; one can still register oneself" example:"invited"`
	ExpiresAt      *time.Time    `json:"expires_at" doc:"Until when they may accept"`
	Workshop       WorkshopBrief `json:"workshop"`
}

// InvitationToken is the secret of a mailed link. It goes in the body, so that no log of addresses keeps it.
type InvitationToken struct {
	Token string `json:"token" minLength:"20" maxLength:"100" doc:"From the link in the mail"`
}

// Acceptance is an invited adult's yes.
type Acceptance struct {
	MemberID    *uuid.UUID     `json:"member_id,omitempty" doc:"Staff alone, on the telephone: which member it is"`
	Answers     map[string]any `json:"answers,omitempty" maxProperties:"100" doc:"To the workshop's registration form, by the keys of its fields. Absent: they are asked, and answer later"`
	WaiveReason string         `json:"waive_reason,omitempty" maxLength:"500" doc:"Staff alone: why rules that are not met do not count for them"`
}

// InvitationsByMember is how many people a member may ask along: each is a mail in our name to an address that they chose.
var InvitationsByMember = services.Limit{Name: "party.invite", Every: 30 * time.Minute, Burst: 20}

// takeInvitations counts those among in whom a member asks along. Staff ask for the organization.
// Errors: too_many.
func (s *Service) takeInvitations(ctx context.Context, in ...AttendeeInput) error {
	actor, err := services.ActorFrom(ctx)
	if err != nil || actor.Coordinates() {
		return err
	}
	for i := range in {
		if in[i].Invite == nil {
			continue
		}
		if err := s.core.Take(ctx, InvitationsByMember, actor.MemberID.String()); err != nil {
			return err
		}
	}
	return nil
}

// takeInvitationsOf counts those of a party who are asked anew when a member moves it: all who have not answered, as far as it
// may know.
// Errors: too_many.
func (s *Service) takeInvitationsOf(ctx context.Context, id uuid.UUID) error {
	actor, err := services.ActorFrom(ctx)
	if err != nil || actor.Coordinates() {
		return err
	}
	asked, err := services.Read(ctx, s.core, func(db *gorm.DB) (n int64, err error) {
		return n, db.Model(&models.Registration{}).Scopes(visibleRegistrations(actor)).Joins("join attendees a on a.registration_id = registrations.id").
			Where("registrations.id = ? and a.live and (a.state = 'invited' or a.state = 'refused' and a.invite_expires_at > ?)", id, s.core.Clock.Now()).Count(&n).Error
	})
	for range asked {
		if err == nil {
			err = s.core.Take(ctx, InvitationsByMember, actor.MemberID.String())
		}
	}
	return err
}

// invite asks everybody of a new party who is to answer for themselves.
func (d *desk) invite(p *party) error {
	for i := range p.attendees {
		if p.attendees[i].State == models.AttendeeInvited {
			if err := d.inviteOne(p, &p.attendees[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// inviteOne sends the invitation, or has staff call somebody who has no e-mail.
func (d *desk) inviteOne(p *party, a *models.Attendee) error {
	if err := d.tx.Enqueue(LapseInvitation{a.ID}, *a.InviteExpiresAt); err != nil {
		return err
	}
	if apart, err := d.apartFromAddressee(p, a); err != nil || apart {
		return err
	}
	if a.InviteEmail == nil {
		_, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskCall, MemberID: &p.LeadMemberID, Record: "attendee", RecordID: &a.ID, Queue: "coordinators",
			Title: "Call: somebody is invited to a party and has no e-mail", DueAt: soon(d.tx.Now(), *a.InviteExpiresAt)})
		return err
	}
	data := d.details(p, models.NoticeRegistrationInvited)
	data["deadline"], data["token_id"], data["by"] = a.InviteExpiresAt, a.InviteID, firstName(p.people[p.LeadMemberID])
	return notices.Send(d.tx, notices.Notice{Event: models.NoticeRegistrationInvited, Address: *a.InviteEmail, Name: *a.InviteName, Record: "registration", RecordID: p.ID,
		Key: fmt.Sprintf("registration.invited:%s:%d", a.InviteID, a.InviteExpiresAt.Unix()), Data: data})
}

// apartFromAddressee says whether an invitation would go to somebody who is kept apart from those who ask. It is kept back
// then, which looks like no answer.
func (d *desk) apartFromAddressee(p *party, a *models.Attendee) (apart bool, err error) {
	if d.apart == nil {
		return false, nil
	}
	var others []uuid.UUID
	for _, m := range append(p.members(), d.tx.Actor().MemberID) {
		others = append(others, d.apart.Of(m).From...)
	}
	if len(others) == 0 {
		return false, nil
	}
	return apart, d.tx.Batch(services.Statement{
		SQL:  `select exists (select from members m left join accounts c on c.member_id = m.id where m.id = any($1) and (lower($2) in (lower(m.email), lower(c.email)) or m.phone = $3))`,
		Args: []any{others, a.InviteEmail, a.InvitePhone}, Scan: services.ScanOne("member", &apart),
	})
}

// AcceptInvitation is an invited adult's own yes, in the app, under the address that was invited; or staff's, who called.
// Errors: not_found when the invitation is not the caller's; forbidden own_record when staff lead the party; invalid for an
// unknown member, not_eligible, or for answers; conflict invitation_over, already_registered, adult_required.
func (s *Service) AcceptInvitation(ctx context.Context, id, attendeeID uuid.UUID, in Acceptance) (*Invitation, error) {
	return services.Mutate(ctx, s.core, "invitation.accept", func(tx *services.Tx) (*Invitation, error) {
		at, err := invited(tx, id, attendeeID)
		if err != nil {
			return nil, err
		}
		who := &tx.Actor().MemberID
		if at.byStaff {
			who = in.MemberID
		}
		at.in, at.share = in, s.cfg.ReviewShare
		return at.accept(tx, who)
	})
}

// RefuseInvitation is an invited adult's no. Who invited them is not told: it looks like no answer.
// Errors: those of AcceptInvitation.
func (s *Service) RefuseInvitation(ctx context.Context, id, attendeeID uuid.UUID) (*Invitation, error) {
	return services.Mutate(ctx, s.core, "invitation.refuse", func(tx *services.Tx) (*Invitation, error) {
		at, err := invited(tx, id, attendeeID)
		if err != nil {
			return nil, err
		}
		return at.refuse(tx)
	})
}

// ShowInvitation is what a mailed link leads to. Looking changes nothing.
// Errors: not_found.
func (s *Service) ShowInvitation(ctx context.Context, in InvitationToken) (*Invitation, error) {
	inviteID, ok := services.OneTimeID(s.core.Keys, in.Token)
	if !ok {
		return nil, services.NotFound("invitation")
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*Invitation, error) {
		found, err := invitations(db, s.core.Clock.Now(), "a.invite_id = ?", inviteID)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("invitation")
		}
		return &found[0], nil
	})
}

// AcceptByLink is the yes of whoever holds the mailed link. Where exactly one member has that address, it is them. The answer
// is the same whether staff look at them or not, and whether we know them or not.
// Errors: not_found; conflict invitation_over, already_registered, adult_required.
func (s *Service) AcceptByLink(ctx context.Context, in InvitationToken) (*Invitation, error) {
	return s.byLink(ctx, "invitation.accept_by_link", in, func(tx *services.Tx, at *asked) (*Invitation, error) {
		who, err := at.addressee(tx)
		if err != nil {
			return nil, err
		}
		at.byLink, at.share = true, s.cfg.ReviewShare
		return at.accept(tx, who)
	})
}

// RefuseByLink is the no of whoever holds the mailed link.
// Errors: not_found; conflict invitation_over.
func (s *Service) RefuseByLink(ctx context.Context, in InvitationToken) (*Invitation, error) {
	return s.byLink(ctx, "invitation.refuse_by_link", in, func(tx *services.Tx, at *asked) (*Invitation, error) {
		at.byLink = true
		return at.refuse(tx)
	})
}

func (s *Service) byLink(ctx context.Context, action string, in InvitationToken, do func(*services.Tx, *asked) (*Invitation, error)) (*Invitation, error) {
	inviteID, ok := services.OneTimeID(s.core.Keys, in.Token)
	if !ok {
		return nil, services.NotFound("invitation")
	}
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*Invitation, error) {
		at, err := findAsked(tx, "a.invite_id = $1", inviteID)
		if err != nil {
			return nil, err
		}
		return do(tx, at)
	})
}

// asked is where an invitation leads.
type asked struct {
	AttendeeID     uuid.UUID
	RegistrationID uuid.UUID
	WorkshopID     uuid.UUID
	SessionID      *uuid.UUID
	LeadMemberID   uuid.UUID
	InviteEmail    *string
	in             Acceptance
	byStaff        bool
	byLink         bool
	share          int // per cent of requests that are looked at by lot
}

func findAsked(tx *services.Tx, where string, args ...any) (*asked, error) {
	var found []asked
	err := tx.Batch(services.Statement{
		SQL: `select a.id as attendee_id, a.registration_id, r.workshop_id, r.session_id, r.lead_member_id, a.invite_email from attendees a join registrations r on r.id = a.registration_id
			where a.invite_id is not null and ` + where,
		Args: args, Scan: services.RowsInto(&found),
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("invitation")
	}
	return &found[0], nil
}

// invitedAs: an invitation is not there for who is kept apart from anybody of the party that asks.
const (
	invitedAs = `exists (select from accounts c where c.id = $3 and c.email_verified_at is not null and lower(c.email) = lower(a.invite_email)
		and not exists (select from separations s where s.status = 'live' and (s.ends_on is null or s.ends_on >= $4) and c.member_id in (s.first_id, s.second_id) and exists (` + otherSideInParty + `)))`
	otherSideInParty = `select from (select r.lead_member_id as id union all
		select o.member_id from attendees o where o.registration_id = r.id and o.state = 'attending') m where m.id <> c.member_id and m.id in (s.first_id, s.second_id)`
)

// invited finds an invitation that is the caller's to answer, as the one who is asked or as staff who called them.
// Errors: not_found; forbidden own_record when staff lead the party that asks.
func invited(tx *services.Tx, id, attendeeID uuid.UUID) (*asked, error) {
	at, err := findAsked(tx, `a.registration_id = $1 and a.id = $2 and `+invitedAs, id, attendeeID, tx.Actor().AccountID, models.SeparationDay(tx.Now()).Time)
	if err == nil || !tx.Actor().Coordinates() {
		return at, err
	}
	at, err = findAsked(tx, `a.registration_id = $1 and a.id = $2`, id, attendeeID)
	if err != nil {
		return nil, err
	}
	if at.LeadMemberID == tx.Actor().MemberID {
		return nil, services.Forbidden(CodeOwnRecord, "Somebody else answers for whom you asked along.")
	}
	at.byStaff = true
	return at, nil
}

// addressee is the one member whose address was invited, or nil when there is none or there are several.
func (at *asked) addressee(tx *services.Tx) (*uuid.UUID, error) {
	if at.InviteEmail == nil {
		return nil, nil
	}
	var ids []uuid.UUID
	err := tx.Batch(services.Statement{
		SQL:  `select id from members where lower(email) = lower($1) and status not in ('merged', 'deceased') limit 2`,
		Args: []any{*at.InviteEmail},
		Scan: func(rows pgx.Rows) (err error) {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		},
	})
	if err != nil || len(ids) != 1 {
		return nil, err
	}
	return &ids[0], nil
}

// open opens the party that asks, with what is known of the separations of those who answer.
func (at *asked) open(tx *services.Tx, answering ...uuid.UUID) (*desk, *party, *models.Attendee, error) {
	d, p, err := openKnownApart(tx, people.SeparationsOf(tx, append([]uuid.UUID{}, answering...)...), at.WorkshopID, at.SessionID, at.RegistrationID)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := p.attendee(at.AttendeeID)
	return d, p, a, err
}

// lapseDue says whether an invitation still waits when its time has passed, or was the last of its party.
const lapseDue = `select exists (select from attendees a where a.id = ? and a.live and a.invite_expires_at <= ? and (a.state = 'invited' or a.state = 'refused'
	and not exists (select from attendees o where o.registration_id = a.registration_id and o.state in ('invited', 'attending'))))`

// lapse ends an invitation whose time has passed, and gives the seat to the next. Most are answered by then, which a look
// tells without a transaction.
func (s *Service) lapse(ctx context.Context, args LapseInvitation) error {
	due, err := s.due(ctx, lapseDue, args.AttendeeID)
	if err != nil || !due {
		return err
	}
	_, err = services.Mutate(ctx, s.core, "invitation.lapse", func(tx *services.Tx) (*struct{}, error) {
		at, err := findAsked(tx, "a.id = $1", args.AttendeeID)
		if err != nil {
			return nil, err
		}
		d, p, a, err := at.open(tx)
		if err != nil {
			return nil, err
		}
		tx.Unchanged() // unless it was answered, or its time changed, while we waited for the lock
		if !p.State.Live() || tx.Now().Before(*a.InviteExpiresAt) {
			return nil, nil
		}
		if a.State == models.AttendeeInvited && !a.Accepted() { // else staff look, however long it takes
			if err := d.giveBack(p, a, models.AttendeeLapsed); err != nil {
				return nil, err
			}
		}
		return nil, d.endDeserted(p)
	})
	return err
}

// endDeserted ends a party of which nobody is left.
func (d *desk) endDeserted(p *party) error {
	if !p.deserted(d.tx.Now()) {
		return nil
	}
	p.quiet = false
	if err := d.end(p, models.RegistrationCancelled); err != nil {
		return err
	}
	if err := d.close(p); err != nil {
		return err
	}
	return d.settle(p, models.NoticeRegistrationCancelled)
}

// MyInvitations lists what the caller is asked to join, under the address that they have shown to be theirs.
func (s *Service) MyInvitations(ctx context.Context) (services.Page[Invitation], error) {
	page := services.Page[Invitation]{Data: []Invitation{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[Invitation], error) {
		now := s.core.Clock.Now()
		found, err := invitations(db, now, `a.state = 'invited' and a.live and a.invite_expires_at > ? and lower(a.invite_email) =
			(select lower(c.email) from accounts c where c.id = ? and c.email_verified_at is not null)
			and not exists (select from separations x where x.status = 'live' and (x.ends_on is null or x.ends_on >= ?) and (x.first_id = ? or x.second_id = ?)
				and exists (select from (select registrations.lead_member_id as id union all
					select o.member_id from attendees o where o.registration_id = registrations.id and o.state = 'attending') m where m.id <> ? and m.id in (x.first_id, x.second_id)))`,
			now, actor.AccountID, models.SeparationDay(now), actor.MemberID, actor.MemberID, actor.MemberID)
		page.Data = append(page.Data, found...)
		return page, err
	})
}
