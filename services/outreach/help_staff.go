package outreach

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// helpVisible is the scope of the help requests somebody on staff may answer. Nobody sees their own here, or one of somebody
// close. Coordinators see all others; responders the live ones and those of people whose request they took of late; coaches those of people whose work
// they own.
func helpVisible(actor *services.Actor, now time.Time) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if !actor.Has(models.RoleResponder) {
			return WorksWith(actor, "help_requests.member_id", now)(db)
		}
		db = actor.NotOwn("help_requests.member_id", now)(db)
		if actor.Coordinates() {
			return db
		}
		return db.Where("(help_requests.status IN ('received', 'taken') OR "+inCharge("help_requests.member_id")+")", actor.MemberID, actor.MemberID, now.Add(-afterHelp))
	}
}

// HelpFilter picks help requests of the staff's list.
type HelpFilter struct {
	services.PageQuery
	Status   []models.HelpStatus `query:"status,explode" maxItems:"5" enum:"received,taken,answered,withdrawn,closed" doc:"Only in these statuses; the live ones (received, taken) when absent"`
	Topic    []models.HelpTopic  `query:"topic,explode" maxItems:"6" enum:"talk,practical,benefits,family,event,other" doc:"Only of these topics"`
	MemberID uuid.UUID           `query:"member_id" doc:"Only of this person"`
	Mine     bool                `query:"mine" doc:"Only those I took"`
	Overdue  bool                `query:"overdue" doc:"Only those whose time has passed"`
}

// HelpRow is one help request of the staff's list.
type HelpRow struct {
	models.HelpRequest
	Name        string  `json:"name" doc:"What to call the person" example:"Lou Ortega"`
	TakenByName *string `json:"taken_by_name" example:"Dana Whitfield"`
	SafeNow     bool    `json:"safe_now" gorm:"-" doc:"Now is within the hours in which it is safe to reach them"`
}

var helpList = services.List[HelpRow]{
	IDColumn: "help_requests.id",
	ID:       func(h HelpRow) uuid.UUID { return h.ID },
	Sorts: []services.Sort[HelpRow]{
		{Name: "created_at", Column: "help_requests.created_at", Cast: "timestamptz", Key: func(h HelpRow) any { return h.CreatedAt }},
		{Name: "due_at", Column: "help_requests.due_at", Cast: "timestamptz", Key: func(h HelpRow) any { return h.DueAt }},
	},
	Default: "created_at",
}

var helpRowColumns = "help_requests.*, " + fullName("m") + " AS name, (SELECT " + fullName("t") + " FROM members t WHERE t.id = help_requests.taken_by) AS taken_by_name"

// HelpRequests pages through who asked for a call, the oldest first; the look at those it shows is logged.
func (s *Service) HelpRequests(ctx context.Context, f HelpFilter) (*services.Page[HelpRow], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	now := s.core.Clock.Now()
	return services.Disclose(ctx, s.core, "help_request.list", func(d *services.Disclosure) (*services.Page[HelpRow], error) {
		q := d.DB.Table("help_requests").Select(helpRowColumns).Joins("JOIN members m ON m.id = help_requests.member_id").Scopes(helpVisible(actor, now))
		if len(f.Status) > 0 {
			q = q.Where("help_requests.status IN ?", f.Status)
		} else {
			q = q.Where("help_requests.status IN ('received', 'taken')")
		}
		if len(f.Topic) > 0 {
			q = q.Where("help_requests.topic IN ?", f.Topic)
		}
		if f.MemberID != uuid.Nil {
			q = q.Where("help_requests.member_id = ?", f.MemberID)
		}
		if f.Mine {
			q = q.Where("help_requests.taken_by = ?", actor.MemberID)
		}
		if f.Overdue {
			q = q.Where("help_requests.due_at < ? AND help_requests.status IN ('received', 'taken')", now)
		}
		page, err := helpList.Find(ctx, s.core, q, f.PageQuery)
		for i := range page.Data {
			page.Data[i].judge(now)
			d.Subject(page.Data[i].MemberID)
		}
		return &page, err
	})
}

func (h *HelpRow) judge(now time.Time) {
	h.SafeNow = models.InHours(now, h.TimeZone, h.SafeFrom, h.SafeUntil)
}

// Asked is one time that somebody asked.
type Asked struct {
	At    time.Time        `json:"at"`
	Topic models.HelpTopic `json:"topic" enum:"talk,practical,benefits,family,event,other"`
	Note  string           `json:"note" doc:"In their own words; empty when they wrote none" example:"It has been a hard week."`
}

// HelpView is one help request with all that whoever calls needs.
type HelpView struct {
	HelpRow
	Pronouns      *string             `json:"pronouns" example:"he/him"`
	Phone         *string             `json:"phone" doc:"E.164" example:"+19105550142"`
	Email         *string             `json:"email"`
	Language      string              `json:"language" doc:"BCP 47" example:"en"`
	SafeChannel   *models.SafeChannel `json:"safe_channel" enum:"email,sms,push,call" doc:"The one channel that only this person sees"`
	Asks          []Asked             `json:"asks" gorm:"-" nullable:"false" doc:"Each time they asked, the first one first"`
	Contacts      []models.Contact    `json:"contacts" gorm:"-" nullable:"false" doc:"What was tried since, the latest first"`
	GuardianWords *string             `json:"guardian_reason" gorm:"-" doc:"Why a guardian is told or not"`
}

// HelpRequest shows one help request and the words of whoever asked; the look is logged. Errors: not_found.
func (s *Service) HelpRequest(ctx context.Context, id uuid.UUID) (*HelpView, error) {
	return services.Disclose(ctx, s.core, "help_request.read", func(d *services.Disclosure) (*HelpView, error) {
		d.Object(id)
		tx := d.Tx()
		var rows []HelpView
		err := d.DB.Table("help_requests").Select(helpRowColumns+", m.pronouns, m.phone, m.email, m.language, m.safe_channel").
			Joins("JOIN members m ON m.id = help_requests.member_id").Scopes(helpVisible(tx.Actor(), tx.Now())).Where("help_requests.id = ?", id).Limit(1).Find(&rows).Error
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, services.NotFound("help request")
		}
		v := &rows[0]
		v.judge(tx.Now())
		d.Subject(v.MemberID)
		v.Contacts = []models.Contact{}
		if err := d.DB.Where("help_request_id = ? AND superseded_by IS NULL", id).Order("at DESC, id DESC").Limit(50).Find(&v.Contacts).Error; err != nil {
			return nil, err
		}
		if v.GuardianReasonKey != nil {
			words, err := tx.Unseal(*v.GuardianReasonKey, guardianRecord+":"+v.ID.String(), 1, v.GuardianReason)
			if err != nil {
				return nil, err
			}
			v.GuardianWords = &words
		}
		v.Asks, err = asksOf(tx, id)
		return v, err
	})
}

func asksOf(tx *services.Tx, request uuid.UUID) ([]Asked, error) {
	var rows []models.HelpRequestAsk
	if err := tx.DB.Where("help_request_id = ?", request).Order("created_at, id").Limit(asksAtMost).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]Asked, len(rows))
	for i, a := range rows {
		out[i] = Asked{At: a.CreatedAt, Topic: a.Topic}
		if a.NoteKey == nil {
			continue
		}
		note, err := tx.Unseal(*a.NoteKey, askRecord+":"+a.ID.String(), 1, a.Note)
		if err != nil {
			return nil, err
		}
		out[i].Note = note
	}
	return out, nil
}
