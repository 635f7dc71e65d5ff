package records

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
)

// AccessEntry is one look of somebody on staff at a member's record: as what, at what, and on which day.
type AccessEntry struct {
	On   models.Date `json:"on" gorm:"-" doc:"The day, in your own time zone"`
	Role models.Role `json:"role" gorm:"-" enum:"admin,coordinator,coach,facilitator,moderator,responder,privacy_officer,analyst" doc:"As what they looked" example:"coordinator"`
	Kind string      `json:"kind" gorm:"-" enum:"record,search,registration,service,household,relationships,guardianship,consent,contacts,help_request,referral,credentials,enrollment,eligibility,timeline,account,log,duplicates,export,import,form,forms_asked,feedback,note,note_list,engagement,coaching_session,goals,coach_day,hours_log,message,coach" example:"record"`
	What string      `json:"what" gorm:"-" doc:"In plain words" example:"Read your record"`

	ID     uuid.UUID                 `json:"-"`
	At     time.Time                 `json:"-"`
	Action string                    `json:"-"`
	Roles  models.Texts[models.Role] `json:"-"`
	Zone   string                    `json:"-"`
}

// AccessQuery pages through the log.
type AccessQuery struct {
	From  time.Time `query:"at_gte" doc:"From the day of this moment on, in your own time zone: the log tells days, no hours"`
	Until time.Time `query:"at_lt" doc:"Up to the day of this moment; midnight ends the day before"`
	services.PageQuery
}

// shownReads are the looks that a person is told of, by the name of the use case. What is not here is told to nobody: what
// is sealed, such as separations and reports of a death, must not be given away by a line. A test keeps the list whole.
var shownReads = map[string]string{
	"member.read": "record", "member.search": "search", "needs.read": "record", "restriction.list": "record", "demographics.read": "record",
	"certificate.read": "registration", "certificate.list": "registration", "session.badges": "registration", "workshop.roster": "registration", "workshop.roster_needs": "record",
	"registration.read": "registration", "registration.list": "registration", "registration.queue": "registration", "workshop_pass.list": "registration", "waitlist.read": "registration", "check_in_pack.read": "registration",
	"guardianship.read": "guardianship", "household.read": "household",
	"relationship.read": "relationships", "relationship.list": "relationships",
	"service_record.read": "service", "service_record.list": "service",
	"credential.read": "credentials", "credential.list": "credentials",
	"consent.read": "consent", "contact.read": "contacts", "contact.list": "contacts",
	"help_request.read": "help_request", "help_request.list": "help_request", "referral.read": "referral", "referral.list": "referral",
	"enrollment.read": "enrollment", "enrollment.list": "enrollment", "enrollment.waitlist_read": "enrollment", "enrollment.certificate": "enrollment", "enrollment.history": "enrollment",
	"cohort.roster": "enrollment", "enrollment.bulk_preview": "enrollment",
	"eligibility.read": "eligibility", "waiver.read": "eligibility", "waiver.list": "eligibility", "form_response.read": "form", "form_response.list": "forms_asked",
	"coach.read": "coach", "coach_hours.read": "coach",
	"feedback.read":     "feedback",
	"note.read":         "note",
	"note.versions":     "note",
	"note.list":         "note_list",
	"break_glass.notes": "note_list",
	"engagement.read":   "engagement", "engagement.list": "engagement", "engagement.suggest": "engagement", "engagement.limits": "engagement",
	"hand_over.read": "engagement", "hand_over.list": "engagement",
	"coaching_session.read":       "coaching_session",
	"coaching_session.list":       "coaching_session",
	"coaching_session.join":       "coaching_session",
	"coaching_goal.read":          "goals",
	"coaching_goal.list":          "goals",
	"coaching_action.read":        "goals",
	"coaching_action.list":        "goals",
	"coaching.today":              "coach_day",
	"coaching.hours_log":          "hours_log",
	"workshop_message.deliveries": "message",
	"timeline.read":               "timeline", "account.read": "account", "account.search": "search", "audit.read": "log",
	"member.merge_preview": "duplicates", "merge.read": "duplicates", "import.problems": "import", "export.read": "export",
}

// sealedReads are never shown, nor is anything that begins with separation. A look of a guardian, or at one's own, is
// no look of staff. Among one's work are tasks about deaths and separations: a line would tell that there is one. That somebody
// began to take people out names nobody: each part of the file then tells whose data it holds.
var sealedReads = []string{"work.read", "member.export", "death.read", "dependent.read", "referral.list_own", "eligibility.read_for", "form_response.read_own", "enrollment.read_own", "certificate.read_own", "session.join", "session.join_by_link", "feedback.read_own", "thanks.read", "break_glass.list", "break_glass.read", "coaching_session.read_own", "coaching.read_own"}

// shownKinds puts the kinds into words.
var shownKinds = map[string]string{
	"record": "Read your record", "search": "Your name was among what a search found", "registration": "Read a registration of yours",
	"service": "Read your service", "household": "Read your household", "relationships": "Read whom you are linked with", "guardianship": "Read a guardianship of yours",
	"consent": "Read what you signed", "contacts": "Read the calls with you", "help_request": "Read your request for a call", "referral": "Read a referral of yours",
	"credentials": "Read your credentials", "enrollment": "Read an enrollment of yours", "eligibility": "Read which rules you meet",
	"form": "Read your answers to a form", "forms_asked": "Read which forms you were asked", "timeline": "Read your timeline", "account": "Read your account", "log": "Read the log of acts about you",
	"coach":      "Read your profile or your hours as a coach",
	"feedback":   "Read what was said of the sessions you led",
	"engagement": "Read where your coaching stands",
	"note":       "Read a note about your coaching",
	"note_list":  "Saw which notes about your coaching there are",
	"message":    "Read whether a message reached you",

	"goals":            "Read your goals and next steps",
	"hours_log":        "Listed when you met, in a log of a coach's hours",
	"coach_day":        "Looked at their day as a coach, with you in it",
	"coaching_session": "Read when you meet your coach, or your number to call you",
	"duplicates":       "Compared your record with another", "export": "Took your data out into a file", "import": "Compared a spreadsheet with your record",
}

var accessList = services.List[AccessEntry]{
	IDColumn: "looks.id", ID: func(e AccessEntry) uuid.UUID { return e.ID }, Default: "-at",
	Sorts: []services.Sort[AccessEntry]{{Name: "at", Column: "looks.at", Cast: "timestamptz", Key: func(e AccessEntry) any { return e.At }}},
}

// readsOf finds the looks of staff at a person through the index of subjects, also under records that were merged into
// theirs. What was read behind broken glass shows once they are told of that. The planner would rather walk the whole log backwards: it does not know how few rows are about one person, so
// the ids are found first.
const readsOf = `with about as materialized (
	select a.id, a.at, a.action, a.roles from audit_log a where a.subjects && (array(select id from members where merged_into = @me) || cast(@me as uuid))
		and a.outcome = 'read' and a.actor_kind = 'account' and a.member_id is distinct from @me and a.action = any(cast(@actions as text[])) and a.roles && cast(@staff as text[])
		and not exists (select from break_glass g where g.id = any(a.objects) and g.told_at is null))
	select about.*, (select time_zone from members where id = @me) as zone from about`

// AccessLog tells the caller who on staff read their record: as what, at what and on which day; newest first. Guardians
// are no staff, and are not told of.
func (s *Service) AccessLog(ctx context.Context, in AccessQuery) (services.Page[AccessEntry], error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return services.Page[AccessEntry]{}, err
	}
	staff := slices.DeleteFunc(slices.Clone(models.Roles()), func(r models.Role) bool { return !r.Staff() })
	return services.Read(ctx, s.core, func(db *gorm.DB) (services.Page[AccessEntry], error) {
		looks := db.Session(&gorm.Session{NewDB: true}).Raw(readsOf, map[string]any{"me": actor.MemberID, "staff": models.Texts[models.Role](staff),
			"actions": models.Texts[string](slices.Sorted(maps.Keys(shownReads)))})
		q := db.Table("(?) as looks", looks).Select("looks.id, looks.at, looks.action, looks.roles, looks.zone")
		if !in.From.IsZero() {
			q = q.Where("looks.at >= date_trunc('day', ?::timestamptz at time zone looks.zone) at time zone looks.zone", in.From)
		}
		if !in.Until.IsZero() {
			q = q.Where("looks.at < (date_trunc('day', (?::timestamptz at time zone looks.zone) - interval '1 microsecond') + interval '1 day') at time zone looks.zone", in.Until)
		}
		page, err := accessList.Find(ctx, s.core, q, in.PageQuery)
		for i := range page.Data {
			page.Data[i].tell()
		}
		return page, err
	})
}

// tell says of a look what the person is told. Of several roles it names the highest.
func (e *AccessEntry) tell() {
	e.On = models.DayIn(e.At, e.Zone)
	e.Kind = shownReads[e.Action]
	e.What = shownKinds[e.Kind]
	for _, r := range models.Roles() {
		if r.Staff() && slices.Contains(e.Roles, r) {
			e.Role = r
			return
		}
	}
}

// told says whether a look under this name is shown to the person, or sealed; false for one that nobody has thought of.
func told(action string) bool {
	_, shown := shownReads[action]
	return shown || slices.Contains(sealedReads, action) || strings.HasPrefix(action, "separation.")
}
