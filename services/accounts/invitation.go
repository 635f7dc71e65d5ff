package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// invitedFor is how long an invitation stands when whoever invites does not say.
const invitedFor = 7 * 24 * time.Hour

// Invite offers roles to somebody by mail.
type Invite struct {
	Email     string        `json:"email" maxLength:"254" example:"sam@example.org"`
	Name      string        `json:"name,omitempty" required:"false" maxLength:"120" doc:"How the mail greets them" example:"Sam Ortiz"`
	Roles     []models.Role `json:"roles" minItems:"1" maxItems:"9" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member" doc:"Only roles that your own roles may grant"`
	MemberID  *uuid.UUID    `json:"member_id,omitempty" required:"false" doc:"A person we know and who has no account: it becomes theirs"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty" required:"false" doc:"Within 30 days; seven days from now unless you say otherwise"`
}

// InvitationView is an invitation with what became of it.
type InvitationView struct {
	models.Invitation
	Status models.InvitationState `json:"status" gorm:"-" enum:"open,accepted,withdrawn,expired"`
}

// InvitationFilter narrows the list of invitations.
type InvitationFilter struct {
	Status models.InvitationState `query:"status" enum:"open,accepted,withdrawn,expired"`
	services.PageQuery
}

var invitationList = services.List[InvitationView]{
	IDColumn: "invitations.id",
	ID:       func(i InvitationView) uuid.UUID { return i.ID },
	Sorts: []services.Sort[InvitationView]{
		{Name: "created_at", Column: "invitations.created_at", Cast: "timestamptz", Key: func(i InvitationView) any { return i.CreatedAt }},
		{Name: "expires_at", Column: "invitations.expires_at", Cast: "timestamptz", Key: func(i InvitationView) any { return i.ExpiresAt }},
	},
	Default: "-created_at",
}

// Invite sends an invitation. Known and unknown addresses are answered alike: who has an account already gives its
// password when they accept, and gets the roles.
// Errors: invalid for a bad address or an expiry that is not within 30 days, unknown_member, or too_young, guardian_must_agree, guardians_address; forbidden
// role_above_own, own_account, own_record; conflict member_has_account; too_many.
func (s *Service) Invite(ctx context.Context, in Invite) (*InvitationView, error) {
	email := plainEmail(in.Email)
	now := s.core.Clock.Now()
	expires := now.Add(invitedFor)
	if in.ExpiresAt != nil {
		expires = in.ExpiresAt.UTC().Truncate(time.Microsecond)
	}
	var badName, badExpiry *services.FieldError
	if in.Name != "" {
		in.Name, badName = plainName(in.Name)
	}
	if !expires.After(now) || expires.After(now.AddDate(0, 0, 30)) {
		badExpiry = &services.FieldError{Field: "/expires_at", Code: "out_of_range", Message: "An invitation ends within 30 days from now."}
	}
	if err := invalid(checkEmail(email), badName, badExpiry); err != nil {
		return nil, err
	}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.core.Take(ctx, inviteByStaff, actor.AccountID.String()); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "invitation.create", func(tx *services.Tx) (*InvitationView, error) {
		inviter, err := lockAccount(tx, tx.Actor().AccountID)
		if err != nil {
			return nil, err
		}
		i := models.Invitation{
			Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			Email:  email, Name: in.Name, Roles: models.SortedRoles(in.Roles), MemberID: in.MemberID, InvitedBy: inviter.MemberID, ExpiresAt: expires,
		}
		switch {
		case email == inviter.Email || in.MemberID != nil && *in.MemberID == inviter.MemberID:
			return nil, errOwnAccount
		case !inviter.Active() || !inviter.MayChange(i.Roles...):
			return nil, errRoleAbove
		}
		if err := checkInvited(tx, &i); err != nil {
			return nil, err
		}
		if err := tx.DB.Create(&i).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, i)
		err = notices.Send(tx, notices.Notice{Event: models.NoticeAccountInvited, Address: email, Name: i.Name, Record: "invitation", RecordID: i.ID,
			Key: "account.invited:" + i.ID.String(), Data: map[string]any{"token_id": i.ID, "deadline": expires.Format(time.RFC3339)}})
		return viewed(&i, tx.Now()), err
	})
}

// checkInvited says whether the person can be given an account.
func checkInvited(tx *services.Tx, i *models.Invitation) error {
	member := i.MemberID
	if member == nil {
		return nil
	}
	if err := people.NotHidden(tx, "member", *member); err != nil {
		return err
	}
	if err := notKin(tx, *member); err != nil {
		return err
	}
	unfit, err := unfitForAccount(tx, i)
	if err == nil {
		err = invalid(unfit)
	}
	if err != nil {
		return err
	}
	var has bool
	err = tx.DB.Raw(`select exists (select 1 from accounts where member_id = ?)`, *member).Scan(&has).Error
	if err == nil && has {
		return services.Conflict("member_has_account", "This person already has an account.")
	}
	return err
}

// unfitForAccount says why a known person cannot sign in, or nil.
func unfitForAccount(tx *services.Tx, i *models.Invitation) (*services.FieldError, error) {
	found, err := people.Load(tx, []uuid.UUID{*i.MemberID})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0 || found[0].Gone():
		return &services.FieldError{Field: "/member_id", Code: "unknown_member", Message: "There is no such member."}, nil
	}
	return unfitAddress(tx, i, &found[0])
}

func viewed(i *models.Invitation, now time.Time) *InvitationView {
	return &InvitationView{*i, i.State(now)}
}

// Invitations lists what was sent and what became of it.
func (s *Service) Invitations(ctx context.Context, in InvitationFilter) (services.Page[InvitationView], error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[InvitationView], error) {
		a, err := services.ActorFrom(ctx)
		if err != nil {
			return services.Page[InvitationView]{}, err
		}
		now := s.core.Clock.Now()
		q := db.Table("invitations").Scopes(visible(a))
		switch in.Status {
		case models.InvitationAccepted:
			q = q.Where("accepted_at is not null")
		case models.InvitationWithdrawn:
			q = q.Where("withdrawn_at is not null")
		case models.InvitationOpen:
			q = q.Where("accepted_at is null and withdrawn_at is null and expires_at > ?", now)
		case models.InvitationExpired:
			q = q.Where("accepted_at is null and withdrawn_at is null and expires_at <= ?", now)
		}
		page, err := invitationList.Find(ctx, s.core, q, in.PageQuery)
		for i := range page.Data {
			page.Data[i].Status = page.Data[i].State(now)
		}
		return page, err
	})
}

// Invitation reads one invitation.
// Errors: not_found.
func (s *Service) Invitation(ctx context.Context, id uuid.UUID) (*InvitationView, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*InvitationView, error) {
		a, err := services.ActorFrom(ctx)
		if err != nil {
			return nil, err
		}
		var i models.Invitation
		err = db.Scopes(visible(a)).Where("id = ?", id).Take(&i).Error
		return viewed(&i, s.core.Clock.Now()), notFound(err, "invitation")
	})
}

// WithdrawInvitation makes its link worthless.
// Errors: not_found; conflict invitation_accepted; it is no error when it was withdrawn before.
func (s *Service) WithdrawInvitation(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "invitation.withdraw", func(tx *services.Tx) (struct{}, error) {
		var i models.Invitation
		err := tx.DB.Scopes(visible(tx.Actor())).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&i).Error
		switch {
		case err != nil:
			return struct{}{}, notFound(err, "invitation")
		case i.AcceptedAt != nil:
			return struct{}{}, services.Conflict("invitation_accepted", "This invitation was accepted. Change the account instead.")
		case i.WithdrawnAt != nil:
			tx.Unchanged()
			return struct{}{}, nil
		}
		before, now := i, tx.Now()
		i.WithdrawnAt, i.Version, i.UpdatedAt = &now, i.Version+1, now
		tx.Changed(before, i)
		notices.Recall(tx, "invitation", i.ID)
		return struct{}{}, tx.DB.Model(&i).Where("id = ?", i.ID).Select("withdrawn_at", "version", "updated_at").Updates(i).Error
	})
	return err
}

// AcceptInvitation takes the roles that were offered.
type AcceptInvitation struct {
	Token    string `json:"token" maxLength:"100" example:"AZwB8o9ueju…"`
	Password string `json:"password" minLength:"1" maxLength:"256" doc:"For the new account, at least 15 characters; of the account that the address already has, its password" example:"a long sentence of your own"`
	Name     string `json:"name,omitempty" required:"false" maxLength:"120" doc:"First name and family name; needed unless the invitation holds one or is for a person we know" example:"Sam Ortiz"`
}

// AcceptInvitation makes the account, or gives the offered roles to the account that the address already has, once its
// password is given. What was offered must still be the inviter's to give.
// Errors: invalid bad_token for a link that was used, withdrawn, has expired or is none of ours; invalid for a name that is missing,
// a password that is too easy, or wrong_password; forbidden role_above_own; conflict member_has_account; too_many.
func (s *Service) AcceptInvitation(ctx context.Context, in AcceptInvitation) (*OwnAccount, error) {
	id, err := s.openToken(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	offer, err := s.readOffer(ctx, id)
	if err != nil {
		return nil, err
	}
	hash, right, err := s.passwordFor(ctx, offer, &in)
	if err != nil {
		return nil, err
	}
	a, err := services.Mutate(ctx, s.core, "invitation.accept", func(tx *services.Tx) (*models.Account, error) {
		tx.Object(id)
		if !right {
			return nil, tx.Refused("invitation.accept", errWrongPassword)
		}
		i, err := lockOffer(tx, id)
		if err != nil {
			return nil, err
		}
		a := &offer.account
		if a.ID != uuid.Nil {
			if err = fitForRoles(tx, a.MemberID, i.Roles); err == nil {
				err = joinRoles(tx, a, i.Roles)
			}
		} else {
			a, err = accountFor(tx, i, hash, in.Name)
		}
		if err != nil {
			return nil, err
		}
		before, now := *i, tx.Now()
		i.AcceptedAt, i.Version, i.UpdatedAt = &now, i.Version+1, now
		tx.Changed(before, *i)
		return a, tx.DB.Model(i).Where("id = ?", i.ID).Select("accepted_at", "version", "updated_at").Updates(*i).Error
	})
	if err != nil {
		return nil, err
	}
	v := ownView(a)
	return &v, nil
}

// offered is an invitation with the account that its address already has, if any.
type offered struct {
	invitation models.Invitation
	account    models.Account
}

func (s *Service) readOffer(ctx context.Context, id uuid.UUID) (*offered, error) {
	return services.Read(ctx, s.core, func(db *gorm.DB) (*offered, error) {
		var o offered
		err := db.Where("id = ?", id).Take(&o.invitation).Error
		if err != nil || o.invitation.State(s.core.Clock.Now()) != models.InvitationOpen {
			return nil, badToken(notFound(err, "invitation"))
		}
		err = db.Where("lower(email) = lower(?)", o.invitation.Email).Take(&o.account).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			err = nil
		}
		return &o, err
	})
}

// passwordFor hashes the password of a new account, or verifies that of the one there is.
func (s *Service) passwordFor(ctx context.Context, o *offered, in *AcceptInvitation) (hash string, right bool, err error) {
	if o.account.ID != uuid.Nil {
		key := o.account.ID.String()
		if err := s.core.Take(ctx, passwordAgain, key); err != nil {
			return "", false, err
		}
		right, err = s.hashes.verify(ctx, o.account.PasswordHash, in.Password)
		if right {
			s.forgive(ctx, passwordAgain, key)
		}
		return "", right && o.account.Active(), err
	}
	var badName *services.FieldError
	if in.Name == "" {
		in.Name = o.invitation.Name
	}
	if in.Name != "" || o.invitation.MemberID == nil {
		in.Name, badName = plainName(in.Name)
	}
	if err := invalid(badName, s.checkPassword("/password", in.Password, o.invitation.Email, in.Name)); err != nil {
		return "", false, err
	}
	hash, err = s.hashes.hash(ctx, in.Password)
	return hash, err == nil, err
}

// lockOffer locks the invitation and asks whether it still stands, and whether whoever made it may still make it.
func lockOffer(tx *services.Tx, id uuid.UUID) (*models.Invitation, error) {
	var i models.Invitation
	err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Take(&i).Error
	if err != nil || i.State(tx.Now()) != models.InvitationOpen {
		return nil, badToken(notFound(err, "invitation"))
	}
	var inviter models.Account
	err = tx.DB.Raw(`select id, roles, status from accounts where member_id = ?`, i.InvitedBy).Scan(&inviter).Error
	if err == nil && (!inviter.Active() || !inviter.MayChange(i.Roles...)) {
		err = errRoleAbove
	}
	return &i, err
}

// accountFor makes the account of a known person, or of a new one: staff, unless all they are offered is to be a member.
func accountFor(tx *services.Tx, i *models.Invitation, hash, name string) (*models.Account, error) {
	a := &models.Account{Email: i.Email, PasswordHash: &hash, Roles: i.Roles}
	if i.MemberID != nil {
		unfit, err := unfitForAccount(tx, i)
		if err != nil || unfit != nil {
			return nil, badToken(err)
		}
		a.MemberID = *i.MemberID
		return a, createAccount(tx, a)
	}
	m := newMember(name, i.Email, models.MemberActive, models.KindStaff)
	if !a.Staff() {
		m = newMember(name, i.Email, models.MemberProspective)
	}
	if err := people.NewMember(tx, m); err != nil {
		return nil, err
	}
	a.MemberID = m.ID
	return a, createAccount(tx, a)
}

// joinRoles adds roles to an account whose owner has shown its password.
func joinRoles(tx *services.Tx, a *models.Account, roles []models.Role) error {
	now, err := lockAccount(tx, a.ID)
	if err != nil {
		return err
	}
	if !now.Active() || now.PasswordHash == nil || *now.PasswordHash != *a.PasswordHash {
		return errBadToken
	}
	before := *now
	now.Roles = models.SortedRoles(append(append([]models.Role{}, now.Roles...), roles...))
	now.Version, now.UpdatedAt, now.AuthChangedAt = now.Version+1, tx.Now(), tx.Now()
	tx.Changed(before, *now)
	*a = *now
	return tx.DB.Model(now).Where("id = ?", now.ID).Select("roles", "version", "updated_at", "auth_changed_at").Updates(*now).Error
}
