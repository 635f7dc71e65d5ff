package workshops

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
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
	State          string        `json:"state" enum:"invited,attending,refused,lapsed,removed" example:"invited"`
	ExpiresAt      *time.Time    `json:"expires_at" doc:"Until when they may accept"`
	Workshop       WorkshopBrief `json:"workshop"`
}

// InvitationToken is the secret of a mailed link. It goes in the body, so that no log of addresses keeps it.
type InvitationToken struct {
	Token string `json:"token" minLength:"20" maxLength:"100" doc:"From the link in the mail"`
}

// Acceptance is an invited adult's yes.
type Acceptance struct {
	MemberID *uuid.UUID `json:"member_id,omitempty" doc:"Staff alone, on the telephone: which member it is"`
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
	if a.InviteEmail == nil {
		_, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskCall, Record: "attendee", RecordID: &a.ID, Queue: "coordinators",
			Title: "Call: somebody is invited to a party and has no e-mail", DueAt: soon(d.tx.Now(), *a.InviteExpiresAt)})
		return err
	}
	data := d.details(p, models.NoticeRegistrationInvited)
	data["deadline"], data["token_id"], data["by"] = a.InviteExpiresAt, a.InviteID, firstName(p.people[p.LeadMemberID])
	return notices.Send(d.tx, notices.Notice{Event: models.NoticeRegistrationInvited, Address: *a.InviteEmail, Name: *a.InviteName, Record: "registration", RecordID: p.ID,
		Key: "registration.invited:" + a.InviteID.String(), Data: data})
}

// AcceptInvitation is an invited adult's own yes, in the app, under the address that was invited; or staff's, who called.
// Errors: not_found when the invitation is not the caller's; conflict invitation_over, already_registered, adult_required.
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
		found, err := invitations(db, "a.invite_id = ?", inviteID)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("invitation")
		}
		return &found[0], nil
	})
}

// AcceptByLink is the yes of whoever holds the mailed link. Where exactly one member has that address, it is them.
// Errors: not_found; conflict invitation_over, already_registered.
func (s *Service) AcceptByLink(ctx context.Context, in InvitationToken) (*Invitation, error) {
	return s.byLink(ctx, "invitation.accept_by_link", in, func(tx *services.Tx, at *asked) (*Invitation, error) {
		who, err := at.addressee(tx)
		if err != nil {
			return nil, err
		}
		return at.accept(tx, who)
	})
}

// RefuseByLink is the no of whoever holds the mailed link.
// Errors: not_found; conflict invitation_over.
func (s *Service) RefuseByLink(ctx context.Context, in InvitationToken) (*Invitation, error) {
	return s.byLink(ctx, "invitation.refuse_by_link", in, func(tx *services.Tx, at *asked) (*Invitation, error) { return at.refuse(tx) })
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
	InviteEmail    *string
	byStaff        bool
}

func findAsked(tx *services.Tx, where string, args ...any) (*asked, error) {
	var found []asked
	err := tx.Batch(services.Statement{
		SQL: `select a.id as attendee_id, a.registration_id, r.workshop_id, r.session_id, a.invite_email from attendees a join registrations r on r.id = a.registration_id
			where a.invite_id is not null and ` + where,
		Args: args, Scan: rowsInto(&found),
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("invitation")
	}
	return &found[0], nil
}

const invitedAs = `exists (select from accounts c where c.id = $3 and c.email_verified_at is not null and lower(c.email) = lower(a.invite_email))`

// invited finds an invitation that is the caller's to answer.
func invited(tx *services.Tx, id, attendeeID uuid.UUID) (*asked, error) {
	if tx.Actor().Coordinates() {
		at, err := findAsked(tx, `a.registration_id = $1 and a.id = $2`, id, attendeeID)
		if at != nil {
			at.byStaff = true
		}
		return at, err
	}
	return findAsked(tx, `a.registration_id = $1 and a.id = $2 and `+invitedAs, id, attendeeID, tx.Actor().AccountID)
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

func (at *asked) open(tx *services.Tx) (*desk, *party, *models.Attendee, error) {
	d, p, err := openKnown(tx, at.WorkshopID, at.SessionID, at.RegistrationID)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err := p.attendee(at.AttendeeID)
	return d, p, a, err
}

// accept makes the invited person one who comes. The rest of the party is told nothing but that.
func (at *asked) accept(tx *services.Tx, member *uuid.UUID) (*Invitation, error) {
	d, p, a, err := at.open(tx)
	if err != nil {
		return nil, err
	}
	if a.Goes() {
		tx.Unchanged()
		return d.invitation(p, a)
	}
	now := tx.Now()
	if a.State != models.AttendeeInvited || !now.Before(*a.InviteExpiresAt) || !p.State.Live() || d.over() {
		return nil, services.Conflict(CodeInvitationOver, "This invitation is over. You can register yourself.")
	}
	if err := d.checkFree(member); err != nil {
		return nil, err
	}
	d.change(p, func() { a.State, a.MemberID, a.JoinedAt = models.AttendeeAttending, member, &now })
	d.shrunk = false
	if err := d.close(p); err != nil {
		return nil, err
	}
	if err := d.answered(a); err != nil {
		return nil, err
	}
	if err := d.tellOne(p, eventOf(p.State), a); err != nil {
		return nil, err
	}
	return d.invitation(p, a)
}

// checkFree: of somebody we know it can be said whether they are old enough, and whether they have a place already. In a
// hybrid workshop that may be on other seats than those that the index compares.
func (d *desk) checkFree(member *uuid.UUID) error {
	if member == nil {
		return nil
	}
	var had []place
	var known []models.Member
	if err := d.tx.Batch(
		services.Statement{SQL: placesSQL, Args: []any{d.workshop.ID, d.sessionID, []uuid.UUID{*member}}, Scan: rowsInto(&had)},
		services.Statement{SQL: `select ` + personColumns + ` from members m where m.id = $1`, Args: []any{*member}, Scan: rowsInto(&known)},
	); err != nil {
		return err
	}
	if len(had) > 0 {
		return services.Conflict(CodeAlreadyRegistered, "You already have a place here, or wait for one.")
	}
	for _, m := range known {
		least := max(models.AdultAge, or(d.workshop.MinimumAge, 0))
		if m.MinorOn(d.firstDay()) || m.BirthDate != nil && m.BirthDate.Age(d.firstDay()) < least {
			return services.Conflict(CodeAdultRequired, "One must be %d on the first day to come by invitation.", least)
		}
	}
	return nil
}

func (at *asked) refuse(tx *services.Tx) (*Invitation, error) {
	d, p, a, err := at.open(tx)
	if err != nil {
		return nil, err
	}
	if a.State == models.AttendeeRefused {
		tx.Unchanged()
		return d.invitation(p, a)
	}
	if a.State != models.AttendeeInvited {
		return nil, services.Conflict(CodeInvitationOver, "This invitation is over.")
	}
	if err := d.giveBack(p, a, models.AttendeeRefused); err != nil {
		return nil, err
	}
	return d.invitation(p, a)
}

// giveBack frees the seat of somebody who does not come after all.
func (d *desk) giveBack(p *party, a *models.Attendee, state models.AttendeeState) error {
	now := d.tx.Now()
	d.change(p, func() { a.State, a.LeftAt = state, &now })
	if p.State.Live() && p.empty() {
		if err := d.end(p, models.RegistrationCancelled); err != nil {
			return err
		}
	}
	if err := d.close(p); err != nil {
		return err
	}
	return d.answered(a)
}

// answered withdraws what still asks.
func (d *desk) answered(a *models.Attendee) error {
	if a.InvitePhone == nil {
		return nil
	}
	return tasks.CloseFor(d.tx, "attendee", a.ID, models.TaskCall)
}

// lapse ends an invitation whose time has passed, and gives the seat to the next.
func (s *Service) lapse(ctx context.Context, args LapseInvitation) error {
	_, err := services.Mutate(ctx, s.core, "invitation.lapse", func(tx *services.Tx) (*struct{}, error) {
		at, err := findAsked(tx, "a.id = $1", args.AttendeeID)
		if err != nil {
			return nil, err
		}
		d, p, a, err := at.open(tx)
		if err != nil {
			return nil, err
		}
		if a.State != models.AttendeeInvited || tx.Now().Before(*a.InviteExpiresAt) {
			tx.Unchanged()
			return nil, nil
		}
		return nil, d.giveBack(p, a, models.AttendeeLapsed)
	})
	return err
}

// MyInvitations lists what the caller is asked to join, under the address that they have shown to be theirs.
func (s *Service) MyInvitations(ctx context.Context) (services.Page[Invitation], error) {
	page := services.Page[Invitation]{Data: []Invitation{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[Invitation], error) {
		found, err := invitations(db, `a.state = 'invited' and a.live and a.invite_expires_at > ? and lower(a.invite_email) =
			(select lower(c.email) from accounts c where c.id = ? and c.email_verified_at is not null)`, s.core.Clock.Now(), actor.AccountID)
		page.Data = append(page.Data, found...)
		return page, err
	})
}
