package workshops

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// Codes of passes.
const (
	CodePassUsedUp  services.Code = "pass_used_up"
	CodePassExpired services.Code = "pass_expired"
	CodePassRevoked services.Code = "pass_revoked"
)

// NewPass makes a link past the queue.
type NewPass struct {
	Label     string     `json:"label" minLength:"1" maxLength:"120" doc:"For staff: what it is for" example:"Partner clinic, spring"`
	Uses      int        `json:"uses,omitempty" minimum:"1" maximum:"200" default:"1" doc:"How many parties may register with it. A pass for one person has one use"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Until when it works, but no longer than until the last session ends; absent: until the first one starts"`
	MemberID  *uuid.UUID `json:"member_id,omitempty" doc:"For this member alone; it is mailed to them"`
	Email     string     `json:"email,omitempty" maxLength:"254" format:"email" doc:"For somebody who is no member yet: where to mail it"`
}

// MadePass is a pass as it is answered once, with its link.
type MadePass struct {
	models.WorkshopPass
	State models.PassState `json:"state" enum:"valid,used_up,expired,revoked"`
	Token string           `json:"token" doc:"For registering (pass). It is answered this once, and stored nowhere" example:"AZnB8o9rejSw0WovDJvgAf2rnqhS0WbEaFz1QGtk3kI"`
	Link  string           `json:"link" doc:"Leads to the app with the token" example:"https://homefront.example/pass?token=AZnB8o9rejSw0WovDJvgAf2rnqhS0WbEaFz1QGtk3kI"`
}

// PassView is a pass as staff see it.
type PassView struct {
	models.WorkshopPass
	State models.PassState `json:"state" enum:"valid,used_up,expired,revoked"`
}

// PassToken is the secret of a pass. It goes in the body, so that no log of addresses keeps it.
type PassToken struct {
	Token string `json:"token" minLength:"20" maxLength:"100" doc:"From the link"`
}

// PassFacts are what whoever holds a link is told without signing in: nothing of what it is for.
type PassFacts struct {
	WorkshopID uuid.UUID        `json:"workshop_id"`
	State      models.PassState `json:"state" enum:"valid,used_up,expired,revoked" example:"valid"`
	ExpiresAt  time.Time        `json:"expires_at"`
	StartsAt   *time.Time       `json:"starts_at"`
	TimeZone   string           `json:"time_zone" example:"America/New_York"`
	ForOne     bool             `json:"for_one" doc:"It is for one member, who signs in to use it"`
}

// MakePass makes a link that lets somebody register past the queue. One for one person is mailed to them.
// Errors: not_found; invalid for an unknown member, for both a member and an address, or for a time that has passed; forbidden
// own_record for oneself and those close to one; conflict wrong_state when it is not published.
func (s *Service) MakePass(ctx context.Context, workshopID uuid.UUID, in NewPass) (*MadePass, error) {
	return services.Mutate(ctx, s.core, "workshop_pass.create", func(tx *services.Tx) (*MadePass, error) {
		w, err := lockWorkshop(tx, workshopID)
		if err != nil {
			return nil, err
		}
		if w.Visibility != models.VisibilityPublished {
			return nil, services.Conflict(CodeWrongState, "This workshop is %s. Passes are for what people can register for.", w.Visibility)
		}
		pass, err := newPass(tx, &w, in)
		if err != nil {
			return nil, err
		}
		if err := tx.DB.Create(pass).Error; err != nil {
			return nil, err
		}
		tx.Changed(nil, *pass)
		if err := mailPass(tx, &w, pass); err != nil {
			return nil, err
		}
		token := services.OneTimeToken(tx.Keys(), pass.ID)
		return &MadePass{*pass, pass.StateAt(tx.Now()), token, s.cfg.BaseURL + "/pass?token=" + url.QueryEscape(token)}, nil
	})
}

func newPass(tx *services.Tx, w *models.Workshop, in NewPass) (*models.WorkshopPass, error) {
	now := tx.Now()
	p := &models.WorkshopPass{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, WorkshopID: w.ID,
		Label: clean(in.Label), Uses: max(in.Uses, 1), MadeBy: tx.Actor().MemberID, MemberID: in.MemberID}
	if email := strings.ToLower(strings.TrimSpace(in.Email)); email != "" {
		p.Address = &email
	}
	switch p.ExpiresAt = *w.StartsAt; {
	case in.ExpiresAt != nil:
		p.ExpiresAt = *whole(in.ExpiresAt)
	case !p.ExpiresAt.After(now): // a series that people may join after it began, or a later session of drop-in
		p.ExpiresAt = *w.EndsAt
	}
	if p.ExpiresAt.After(*w.EndsAt) { // there is nothing to register for
		p.ExpiresAt = *w.EndsAt
	}
	var wrong []services.FieldError
	fault := func(field string, code services.Code, message string) {
		wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
	}
	if p.Label == "" {
		fault("/label", "required", "Say what the pass is for.")
	}
	if !p.ExpiresAt.After(now) {
		fault("/expires_at", "out_of_range", "This time has passed.")
	}
	if p.MemberID != nil && p.Address != nil {
		fault("/email", "one_of", "Give a member or an address, not both.")
	}
	if (p.MemberID != nil || p.Address != nil) && p.Uses > 1 {
		fault("/uses", "out_of_range", "A pass for one person has one use.")
	}
	known, err := forWhom(tx, p.MemberID)
	if err != nil {
		return nil, err
	}
	if !known {
		fault("/member_id", "unknown_member", "There is no such person.")
	}
	if len(wrong) > 0 {
		return nil, services.Invalid(wrong...)
	}
	return p, nil
}

// forWhom says whether the member is somebody to make a pass for.
// Errors: forbidden own_record: a pass is a decision about them.
func forWhom(tx *services.Tx, member *uuid.UUID) (bool, error) {
	if member == nil {
		return true, nil
	}
	var known []uuid.UUID
	var closed bool
	err := tx.Batch(services.Statement{SQL: `select id from members where id = $1 and status not in ('merged', 'deceased')`, Args: []any{*member}, Scan: idsInto(&known)},
		services.Statement{SQL: `select $1::uuid = $2::uuid or $1 in (select closed_to($2::uuid, $3::date))`, Args: []any{*member, tx.Actor().MemberID, models.DateOf(tx.Now()).Time}, Scan: services.ScanOne("member", &closed)})
	if err == nil && closed {
		err = errOwnRecord
	}
	return len(known) > 0, err
}

func mailPass(tx *services.Tx, w *models.Workshop, p *models.WorkshopPass) error {
	n := notices.Notice{Event: models.NoticeWorkshopPass, Record: "workshop_pass", RecordID: p.ID, Key: "workshop.pass:" + p.ID.String(),
		Data: map[string]any{"title": w.Title, "starts_at": w.StartsAt, "time_zone": w.TimeZone, "deadline": p.ExpiresAt, "token_id": p.ID}}
	switch {
	case p.MemberID != nil:
		n.MemberID = *p.MemberID
	case p.Address != nil:
		n.Address = *p.Address
	default:
		return nil
	}
	return notices.Send(tx, n)
}

var passList = services.List[models.WorkshopPass]{
	IDColumn: "workshop_passes.id", ID: func(p models.WorkshopPass) uuid.UUID { return p.ID }, Default: "-created_at",
	Sorts: []services.Sort[models.WorkshopPass]{{Name: "created_at", Column: "workshop_passes.created_at", Cast: "timestamptz", Key: func(p models.WorkshopPass) any { return p.CreatedAt }}},
}

// Passes lists the passes of a workshop, newest first, but for those of people whose records are closed to the caller.
// Errors: not_found.
func (s *Service) Passes(ctx context.Context, workshopID uuid.UUID, in services.PageQuery) (services.Page[PassView], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[PassView]{}, err
	}
	return services.Disclose(ctx, s.core, "workshop_pass.list", func(d *services.Disclosure) (services.Page[PassView], error) {
		d.Object(workshopID)
		out, now := services.Page[PassView]{Data: []PassView{}}, s.core.Clock.Now()
		if err := ledWorkshop(d.DB, actor, workshopID); err != nil {
			return out, err
		}
		page, err := passList.Find(ctx, s.core, d.DB.Model(&models.WorkshopPass{}).Where("workshop_id = ?", workshopID).
			Where("(member_id is null or member_id not in (select closed_to(?, ?)))", actor.MemberID, models.DateOf(now)), in)
		out.NextCursor, out.Total = page.NextCursor, page.Total
		for _, p := range page.Data {
			out.Data = append(out.Data, PassView{p, p.StateAt(now)})
			if p.MemberID != nil {
				d.Subject(*p.MemberID)
			}
		}
		return out, err
	})
}

// RevokePass ends a pass. Who has registered with it keeps their place. Doing it twice changes nothing.
// Errors: not_found; forbidden own_record.
func (s *Service) RevokePass(ctx context.Context, id uuid.UUID) (*PassView, error) {
	return services.Mutate(ctx, s.core, "workshop_pass.revoke", func(tx *services.Tx) (*PassView, error) {
		var found []models.WorkshopPass
		if err := tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", id).Limit(1).Find(&found).Error; err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("pass")
		}
		p := found[0]
		if p.RevokedAt != nil {
			tx.Unchanged()
			return &PassView{p, p.StateAt(tx.Now())}, nil
		}
		if _, err := forWhom(tx, p.MemberID); err != nil {
			return nil, err
		}
		now := tx.Now()
		p.RevokedAt, p.Version, p.UpdatedAt = &now, p.Version+1, now
		tx.Changed(found[0], p)
		notices.Recall(tx, "workshop_pass", p.ID, models.NoticeWorkshopPass)
		return &PassView{p, p.StateAt(now)}, tx.DB.Model(&p).Select("revoked_at", "version", "updated_at").Where("id = ?", id).Updates(p).Error
	})
}

// ShowPass is what a link leads to. Looking changes nothing.
// Errors: not_found.
func (s *Service) ShowPass(ctx context.Context, in PassToken) (*PassFacts, error) {
	id, ok := services.OneTimeID(s.core.Keys, in.Token)
	if !ok {
		return nil, services.NotFound("pass")
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*PassFacts, error) {
		var found []struct {
			Pass       models.WorkshopPass `gorm:"embedded"`
			StartsAt   *time.Time
			TimeZone   string
			Visibility models.Visibility
		}
		err := db.Model(&models.WorkshopPass{}).Select("workshop_passes.*, w.starts_at, w.time_zone, w.visibility").Joins("join workshops w on w.id = workshop_passes.workshop_id").
			Where("workshop_passes.id = ?", id).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("pass")
		}
		p := &found[0].Pass
		state := p.StateAt(s.core.Clock.Now())
		if state == models.PassValid && found[0].Visibility != models.VisibilityPublished { // it was called off, or is over
			state = models.PassExpired
		}
		return &PassFacts{WorkshopID: p.WorkshopID, State: state, ExpiresAt: p.ExpiresAt.UTC(), StartsAt: inUTC(found[0].StartsAt),
			TimeZone: found[0].TimeZone, ForOne: p.MemberID != nil}, nil
	})
}

// passOf locks the pass that came along, after the pools: of two who come with the last use one is second.
// Errors: not_found.
func (e *entry) passOf() (read []services.Statement, found *[]models.WorkshopPass, err error) {
	found = new([]models.WorkshopPass)
	if e.in.Pass == "" {
		return nil, found, nil
	}
	id, ok := services.OneTimeID(e.tx.Keys(), e.in.Pass)
	if !ok {
		return nil, nil, services.NotFound("pass")
	}
	return []services.Statement{{SQL: `select id, version, created_at, updated_at, workshop_id, label, uses, used, expires_at, revoked_at, made_by, member_id, address
		from workshop_passes where id = $1 for no key update`, Args: []any{id}, Scan: services.RowsInto(found)}}, found, nil
}

// take says whether the pass that came along is good for this party.
// Errors: not_found for one that does not exist, is for something else or for somebody else, or was made by somebody of the party
// or close to them; conflict pass_used_up, pass_expired, pass_revoked.
func (e *entry) take(d *desk, found []models.WorkshopPass) error {
	if e.in.Pass == "" {
		return nil
	}
	if len(found) == 0 || found[0].WorkshopID != d.workshop.ID || found[0].MemberID != nil && *found[0].MemberID != e.lead {
		return services.NotFound("pass")
	}
	kin, err := people.Kin(e.tx, found[0].MadeBy, append(e.memberIDs(), e.lead))
	switch {
	case err != nil:
		return err
	case len(kin) > 0: // nobody makes one for themselves or those close to them
		return services.NotFound("pass")
	}
	switch p := found[0]; p.StateAt(e.tx.Now()) {
	case models.PassRevoked:
		return services.Conflict(CodePassRevoked, "This link was taken back. You can register without one, when registration is open.")
	case models.PassExpired:
		return services.Conflict(CodePassExpired, "This link has expired. You can register without one, when registration is open.")
	case models.PassUsedUp:
		return services.Conflict(CodePassUsedUp, "This link has been used already. You can register without one, when registration is open.")
	}
	e.pass = &found[0]
	return nil
}

// use counts a use of the pass for good. Whoever leaves does not give it back, so that nobody's link can be worn out and used anew.
func (e *entry) use(p *party) {
	if e.pass == nil {
		return
	}
	after := *e.pass
	after.Used++
	p.PassID = &after.ID
	e.tx.Changed(*e.pass, after)
	e.tx.Queue(`update workshop_passes set used = used + 1 where id = $1`, after.ID)
}

// needApproval has staff look at a party where every party is approved. What staff enter they approve by that, but for themselves
// and those close to them; a pass spares it, too.
func (e *entry) needApproval(d *desk, p *party) error {
	if !d.workshop.ApprovalRequired || e.pass != nil {
		return nil
	}
	if e.staff {
		kin, err := people.Kin(e.tx, e.tx.Actor().MemberID, p.members())
		if err != nil || len(kin) == 0 {
			return err
		}
	}
	p.lookAt(models.ReviewByRule)
	return nil
}
