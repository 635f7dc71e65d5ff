package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// AccountView is an account as staff see it.
type AccountView struct {
	models.Account
	Name string `json:"name" doc:"What to call the person" example:"Maria Lopez"`
}

// AccountFilter narrows the list of accounts.
type AccountFilter struct {
	Role   []models.Role          `query:"role,explode" maxItems:"9" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member" doc:"Only accounts with this role; repeated, with any of them"`
	Status []models.AccountStatus `query:"status,explode" maxItems:"2" enum:"active,suspended"`
	Q      string                 `query:"q" minLength:"3" maxLength:"100" doc:"Part of the name or address, without regard to case and accents. The search is logged"`
	services.PageQuery
}

var accountList = services.List[AccountView]{
	IDColumn: "accounts.id",
	ID:       func(a AccountView) uuid.UUID { return a.ID },
	Sorts: []services.Sort[AccountView]{
		{Name: "created_at", Column: "accounts.created_at", Cast: "timestamptz", Key: func(a AccountView) any { return a.CreatedAt }},
		{Name: "email", Column: "accounts.email", Cast: "text", Key: func(a AccountView) any { return a.Email }},
	},
	Default: "-created_at",
}

// visible is the accounts that somebody may see: those who run programs see all, others none. Everyone's own is at /me.
func visible(a *services.Actor) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if a.Kind == models.ActorSystem || a.Coordinates() {
			return db
		}
		return db.Where("false")
	}
}

// searches bounds how fast one account can look others up.
var searches = services.Limit{Name: "account.search", Every: 2 * time.Second, Burst: 40}

func views(db *gorm.DB, a *services.Actor) *gorm.DB {
	return db.Table("accounts").Scopes(visible(a), a.NotRestricted("accounts.member_id")).Joins("join members m on m.id = accounts.member_id").
		Select(`accounts.id, accounts.version, accounts.created_at, accounts.updated_at, accounts.member_id, accounts.email, accounts.roles, accounts.status,
			accounts.email_verified_at, accounts.last_login_at, accounts.quiet_logins, btrim(coalesce(m.preferred_name, m.given_name) || ' ' || m.family_name) as name`)
}

// List finds accounts; those of people close to the caller are left to colleagues. A search by name or address is written
// to the audit log.
// Errors: those of a list; of a search too_many.
func (s *Service) List(ctx context.Context, in AccountFilter) (services.Page[AccountView], error) {
	a, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[AccountView]{}, err
	}
	find := func(db *gorm.DB) (services.Page[AccountView], error) {
		q := views(db, a).Scopes(in.narrow, a.NotKin("accounts.member_id", s.core.Clock.Now()))
		return accountList.Find(ctx, s.core, q, in.PageQuery)
	}
	if in.Q == "" {
		return services.Read(ctx, s.core, find)
	}
	if err := s.core.Take(ctx, searches, a.AccountID.String()); err != nil {
		return services.Page[AccountView]{}, err
	}
	return services.Disclose(ctx, s.core, "account.search", func(d *services.Disclosure) (services.Page[AccountView], error) {
		page, err := find(d.DB)
		for i := range page.Data {
			d.Subject(page.Data[i].MemberID)
		}
		return page, err
	})
}

var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// mostFound bounds how many accounts a piece of a name or address is looked up for: whoever finds so many writes more of it.
const mostFound = 200

func (f *AccountFilter) narrow(db *gorm.DB) *gorm.DB {
	if len(f.Role) > 0 {
		db = db.Where("accounts.roles && cast(? as text[])", models.Texts[models.Role](f.Role))
	}
	if len(f.Status) > 0 {
		db = db.Where("accounts.status in ?", f.Status)
	}
	if q := strings.TrimSpace(f.Q); q != "" {
		part := "%" + likeLiteral.Replace(q) + "%"
		db = db.Where(`accounts.id in ((select id from accounts where folded(email) like folded(?) limit ?)
			union (select a.id from members m join accounts a on a.member_id = m.id where m.search_text like folded(?) limit ?))`, part, mostFound, part, mostFound)
	}
	return db
}

// Get reads one account. The look is written to the audit log.
// Errors: forbidden own_record; not_found.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (*AccountView, error) {
	return services.Disclose(ctx, s.core, "account.read", func(d *services.Disclosure) (*AccountView, error) {
		d.Object(id)
		v, err := readView(d.Tx(), id)
		if err != nil {
			return nil, err
		}
		d.Subject(v.MemberID)
		if err := notKin(d.Tx(), v.MemberID); errors.Is(err, errOwnRecord) {
			return nil, d.Tx().Refused("account.read", errOwnRecord)
		} else if err != nil {
			return nil, err
		}
		return v, nil
	})
}

// notKin keeps staff away from the accounts of people close to them. Their own have rules of their own.
func notKin(tx *services.Tx, member uuid.UUID) error {
	a := tx.Actor()
	if a.Kind == models.ActorSystem || member == a.MemberID {
		return nil
	}
	near, err := people.Kin(tx, a.MemberID, []uuid.UUID{member})
	if err == nil && len(near) > 0 {
		return errOwnRecord
	}
	return err
}

func readView(tx *services.Tx, id uuid.UUID) (*AccountView, error) {
	var v AccountView
	err := views(tx.DB, tx.Actor()).Where("accounts.id = ?", id).Take(&v).Error
	return &v, notFound(err, "account")
}

// AccountChange is what staff may change of an account.
type AccountChange struct {
	Roles  services.Field[[]models.Role]        `json:"roles,omitzero" required:"false" minItems:"1" maxItems:"9" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst,member" doc:"All the roles that the account shall have"`
	Status services.Field[models.AccountStatus] `json:"status,omitzero" required:"false" enum:"active,suspended" doc:"Suspended: every session ends at once, and nobody signs in until it is active again"`
	Reason services.Field[string]               `json:"reason,omitzero" required:"false" maxLength:"500" doc:"Why; required to suspend. It stays in the audit log, sealed" example:"Left the team"`
}

// The errors of a change of roles or status.
var (
	errRoleAbove  = services.Forbidden("role_above_own", "You can give, take or suspend only roles that your own roles may grant.")
	errOwnAccount = services.Forbidden("own_account", "Nobody changes their own roles or status. Ask somebody else.")
	errOwnRecord  = services.Forbidden("own_record", "This is the account of somebody close to you. Ask a colleague to handle it.")
	errLastAdmin  = services.Conflict("last_admin", "This is the last admin. Make somebody else an admin first.")
)

// Change changes roles and status. It holds on every replica within a second, for access tokens in use too. The actor's
// own roles are read in the same transaction, under lock, with those of every admin: two admins who demote one another at
// the same moment leave one of them.
// Errors: not_found; unconditional, stale; forbidden role_above_own, own_account, own_record; conflict last_admin; invalid when a
// suspension has no reason, teens_are_members for other roles of somebody under 18, guardian_must_agree to let them in again.
func (s *Service) Change(ctx context.Context, id uuid.UUID, in AccountChange) (*AccountView, error) {
	return services.Mutate(ctx, s.core, "account.change", func(tx *services.Tx) (*AccountView, error) {
		rows, err := lockWithAdmins(tx, id)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(rows, func(a models.Account) bool { return a.ID == id })
		if at < 0 {
			return nil, services.NotFound("account")
		}
		a := &rows[at]
		if err := people.NotHidden(tx, "account", a.MemberID); err != nil {
			return nil, err
		}
		if err := notKin(tx, a.MemberID); err != nil {
			return nil, err
		}
		if err := tx.CheckVersion(a.Version); err != nil {
			return nil, err
		}
		before := *a
		a.Roles = models.SortedRoles(in.Roles.Or(before.Roles))
		a.Status = in.Status.Or(before.Status)
		if a.Active() {
			if err := departed(tx, a.MemberID); err != nil {
				return nil, err
			}
		}
		if err := mayChange(tx, rows, &before, a, in); err != nil {
			return nil, err
		}
		if err := fitForTeen(tx, &before, a); err != nil {
			return nil, err
		}
		if err := s.store(tx, before, a, in.Reason.Or("")); err != nil {
			return nil, err
		}
		return readView(tx, id)
	})
}

// lockWithAdmins locks the account, the actor's and those of all admins, in the order of their ids.
func lockWithAdmins(tx *services.Tx, id uuid.UUID) (rows []models.Account, err error) {
	tx.Locks(services.LockAccounts)
	err = tx.DB.Raw(`select * from accounts where id in (?, ?) or (status = 'active' and roles @> '{admin}') order by id for no key update`,
		id, tx.Actor().AccountID).Scan(&rows).Error
	return rows, err
}

func mayChange(tx *services.Tx, rows []models.Account, before, after *models.Account, in AccountChange) error {
	var wrong []*services.FieldError
	if len(after.Roles) == 0 {
		wrong = append(wrong, &services.FieldError{Field: "/roles", Code: "too_few", Message: "An account has at least one role."})
	}
	suspends := after.Status != before.Status && after.Status == models.AccountSuspended
	if suspends && strings.TrimSpace(in.Reason.Or("")) == "" {
		wrong = append(wrong, &services.FieldError{Field: "/reason", Code: "required", Message: "Say why you suspend this account."})
	}
	if err := invalid(wrong...); err != nil {
		return err
	}
	touched := models.RoleChanges(before.Roles, after.Roles)
	if after.Status != before.Status {
		touched = append(touched, before.Roles...)
	}
	if tx.Actor().Kind != models.ActorSystem && len(touched) > 0 {
		own := slices.IndexFunc(rows, func(a models.Account) bool { return a.ID == tx.Actor().AccountID })
		switch {
		case after.ID == tx.Actor().AccountID:
			return errOwnAccount
		case own < 0 || !rows[own].Active() || !rows[own].MayChange(touched...):
			return errRoleAbove
		}
	}
	if before.IsAdmin() && !after.IsAdmin() && !slices.ContainsFunc(rows, func(a models.Account) bool { return a.ID != after.ID && a.IsAdmin() }) {
		return errLastAdmin
	}
	return nil
}

func (s *Service) store(tx *services.Tx, before models.Account, a *models.Account, reason string) error {
	if slices.Equal(before.Roles, a.Roles) && before.Status == a.Status {
		tx.Unchanged()
		return nil
	}
	a.Version++
	a.UpdatedAt, a.AuthChangedAt = tx.Now(), tx.Now()
	tx.Changed(before, *a)
	if err := tx.Reason(a.MemberID, strings.TrimSpace(reason)); err != nil {
		return err
	}
	err := tx.DB.Model(a).Where("id = ?", a.ID).Select("roles", "status", "version", "updated_at", "auth_changed_at").Updates(*a).Error
	if err != nil || a.Active() {
		return err
	}
	_, err = endSessions(tx, a.ID, uuid.Nil, models.EndSuspended)
	return err
}

// CreateAdmin makes an account with the role of admin, of a new member of staff. It is for the command line, where the
// first admin comes from.
// Errors: invalid for a bad address, name or password; conflict account_exists.
func (s *Service) CreateAdmin(ctx context.Context, email, password, name string) (*models.Account, error) {
	return s.CreateStaff(ctx, email, password, name, models.RoleAdmin)
}

// CreateStaff is CreateAdmin for any roles: demo data is made with it.
func (s *Service) CreateStaff(ctx context.Context, email, password, name string, roles ...models.Role) (*models.Account, error) {
	email = plainEmail(email)
	name, badName := plainName(name)
	if err := invalid(checkEmail(email), badName, s.checkPassword("/password", password, email, name)); err != nil {
		return nil, err
	}
	hash, err := s.hashes.hash(ctx, password)
	if err != nil {
		return nil, err
	}
	return services.Mutate(services.AsSystem(ctx, "account.create"), s.core, "account.create", func(tx *services.Tx) (*models.Account, error) {
		m := newMember(name, email, models.MemberActive, models.KindStaff)
		if err := people.NewMember(tx, m); err != nil {
			return nil, err
		}
		a := models.Account{MemberID: m.ID, Email: email, PasswordHash: &hash, Roles: models.SortedRoles(roles)}
		return &a, createAccount(tx, &a)
	})
}
