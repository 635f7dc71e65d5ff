package coaching

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/language"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// CodeCoachExists is the code of somebody who has a profile as a coach already.
const CodeCoachExists services.Code = "coach_exists"

var _ = services.Meanings(map[string]*services.Error{
	"coaches_pkey":       services.Conflict(CodeCoachExists, "They have a profile as a coach already. Change that one, or restore it."),
	"coaches_member":     services.NotFound("member"),
	"coaches_supervisor": services.InvalidField("/supervisor_id", "unknown", "There is no such member."),
})

// CoachPatch changes how somebody coaches; what is absent stays.
type CoachPatch struct {
	Bio               services.Field[string]            `json:"bio,omitzero" required:"false" maxLength:"2000" doc:"What clients read of them"`
	Specialties       services.Field[[]models.Focus]    `json:"specialties,omitzero" required:"false" maxItems:"16" enum:"sleep,stress,anger,grief,family,relationships,parenting,purpose,work,education,health_habits,substance_recovery,moral_injury,transition,caregiving,confidence"`
	Languages         services.Field[[]string]          `json:"languages,omitzero" required:"false" maxItems:"10" doc:"BCP 47; the language of their record when it was never said" example:"[\"en\",\"es\"]"`
	Modalities        services.Field[[]models.Modality] `json:"modalities,omitzero" required:"false" minItems:"1" maxItems:"3" enum:"online,phone,in_person" doc:"A new profile: phone, and what its room and place allow"`
	TimeZone          services.Field[string]            `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name; their record's for a new profile" example:"America/Chicago"`
	Place             services.Field[string]            `json:"place,omitzero" required:"false" maxLength:"300" doc:"Where they meet people; wanted by in_person" example:"Room 4, Haymount Community House"`
	PlaceVisible      services.Field[bool]              `json:"place_visible,omitzero" required:"false" doc:"By coordinators: others can see into it. A coach who moves elsewhere makes it false"`
	OnlineRoom        services.Field[models.OnlineRoom] `json:"online_room,omitzero" required:"false" enum:"url,jitsi" doc:"url: at join_url; jitsi: in a room of our own for each session, where the organization has a Jitsi (else 422 not_configured)"`
	JoinURL           services.Field[string]            `json:"join_url,omitzero" required:"false" maxLength:"500" doc:"Their own room online; wanted by online unless online_room is jitsi" example:"https://meet.example.org/dana"`
	WithMinors        services.Field[bool]              `json:"with_minors,omitzero" required:"false" doc:"By coordinators"`
	Accepting         services.Field[bool]              `json:"accepting,omitzero" required:"false" doc:"Takes new clients"`
	CaseloadLimit     services.Field[int]               `json:"caseload_limit,omitzero" required:"false" minimum:"0" maximum:"200" doc:"By coordinators: most clients at a time"`
	SessionMinutes    services.Field[int]               `json:"session_minutes,omitzero" required:"false" minimum:"10" maximum:"240"`
	SlotMinutes       services.Field[int]               `json:"slot_minutes,omitzero" required:"false" minimum:"5" maximum:"240" doc:"Sessions may begin so many minutes apart"`
	BeforeMinutes     services.Field[int]               `json:"before_minutes,omitzero" required:"false" minimum:"0" maximum:"120" doc:"Kept free before each session"`
	AfterMinutes      services.Field[int]               `json:"after_minutes,omitzero" required:"false" minimum:"0" maximum:"120" doc:"Kept free after it"`
	NoticeHours       services.Field[int]               `json:"notice_hours,omitzero" required:"false" minimum:"0" maximum:"336"`
	HorizonDays       services.Field[int]               `json:"horizon_days,omitzero" required:"false" minimum:"1" maximum:"366"`
	MaxPerDay         services.Field[int]               `json:"max_per_day,omitzero" required:"false" minimum:"1" maximum:"24" doc:"Null for no limit"`
	MaxPerWeek        services.Field[int]               `json:"max_per_week,omitzero" required:"false" minimum:"1" maximum:"100" doc:"Null for no limit"`
	ApprovesBookings  services.Field[bool]              `json:"approves_bookings,omitzero" required:"false"`
	CancelNoticeHours services.Field[int]               `json:"cancel_notice_hours,omitzero" required:"false" minimum:"0" maximum:"336"`
	MovesAllowed      services.Field[int]               `json:"moves_allowed,omitzero" required:"false" minimum:"0" maximum:"20"`
	ReminderHours     services.Field[[]int]             `json:"reminder_hours,omitzero" required:"false" maxItems:"3" doc:"How many hours before each session people are reminded: one to three values of 1 to 168, for sessions that are booked too; what has gone out stays. Null, and for a new profile absent: 24. Reminders keep out of quiet hours" example:"[48, 2]"`
	RemindCoach       services.Field[bool]              `json:"remind_coach,omitzero" required:"false" doc:"Remind the coach, too"`
	SupervisorID      services.Field[uuid.UUID]         `json:"supervisor_id,omitzero" required:"false" doc:"By coordinators: who reads their supervision notes, a coach, coordinator or admin. Null for nobody"`
	Paid              services.Field[bool]              `json:"paid,omitzero" required:"false" doc:"By coordinators: they are paid for their coaching, by whom and however little; else it is pro bono. Holds for what is logged from now on"`
}

// NewCoach makes a profile for somebody with the role coach.
type NewCoach struct {
	MemberID uuid.UUID `json:"member_id" doc:"Whose profile it is"`
	CoachPatch
}

// coachDefaults is a profile of which nothing is said.
func coachDefaults(tx *services.Tx, m *models.Member) models.Coach {
	c := models.Coach{Record: models.Record{ID: m.ID, Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, Specialties: models.Texts[models.Focus]{}, Languages: models.Texts[string]{m.Language},
		Modalities: models.Texts[models.Modality]{}, TimeZone: m.TimeZone, OnlineRoom: models.RoomURL, Accepting: true, CaseloadLimit: 12, SessionMinutes: 50, SlotMinutes: 30, AfterMinutes: 10,
		NoticeHours: 24, HorizonDays: 60, CancelNoticeHours: 24, MovesAllowed: 2, ReminderHours: models.DefaultReminderHours()}
	return c
}

// CreateCoach makes the profile of somebody who has the role of a coach.
// Errors: not_found; forbidden own_record; conflict coach_exists; invalid not_a_coach for somebody without an active account of the
// role, and what else does not fit.
func (s *Service) CreateCoach(ctx context.Context, in NewCoach) (*CoachView, error) {
	return services.Mutate(ctx, s.core, "coach.create", func(tx *services.Tx) (*CoachView, error) {
		if err := people.MayHandle(tx, in.MemberID); err != nil {
			return nil, err
		}
		found, err := people.Load(tx, []uuid.UUID{in.MemberID})
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("member")
		}
		if fit, err := accountWith(tx, in.MemberID, models.RoleCoach); err != nil || !fit {
			return nil, orElse(err, services.InvalidField("/member_id", "not_a_coach", "Give them the role of a coach first; their account must be active."))
		}
		none := coachDefaults(tx, &found[0])
		c := in.apply(none)
		if !in.Modalities.Set {
			c.Modalities = modalitiesOf(&c)
		}
		if err := s.checkCoach(tx, none, &c); err != nil {
			return nil, err
		}
		tx.Changed(nil, c)
		if err := tx.DB.Create(&c).Error; err != nil {
			return nil, err
		}
		return coachView(tx.DB, tx.Actor(), tx.Now(), c.ID)
	})
}

// orElse is err, or what is wrong when there was none.
func orElse(err error, wrong *services.Error) error {
	if err != nil {
		return err
	}
	return wrong
}

// accountWith says whether somebody is alive and has an active account with any of the roles.
func accountWith(tx *services.Tx, member uuid.UUID, roles ...models.Role) (bool, error) {
	var n int64
	err := tx.DB.Table("accounts as a").Joins("join members m on m.id = a.member_id and m.status not in ('deceased', 'merged')").
		Where("a.member_id = ? and a.status = 'active' and a.roles && ?::text[]", member, models.Texts[models.Role](roles)).Count(&n).Error
	return n > 0, err
}

// modalitiesOf is how somebody can work of whom nobody has said it.
func modalitiesOf(c *models.Coach) models.Texts[models.Modality] {
	out := models.Texts[models.Modality]{models.ModalityPhone}
	if c.JoinURL != "" || c.OnlineRoom == models.RoomJitsi {
		out = append(out, models.ModalityOnline)
	}
	if c.Place != "" {
		out = append(out, models.ModalityInPerson)
	}
	return out
}

// officeOnly names the fields that are set and not the coach's own to set.
func (p *CoachPatch) officeOnly() (out []services.FieldError) {
	for _, f := range []struct {
		set  bool
		name string
	}{{p.PlaceVisible.Set, "/place_visible"}, {p.WithMinors.Set, "/with_minors"}, {p.CaseloadLimit.Set, "/caseload_limit"}, {p.SupervisorID.Set, "/supervisor_id"}, {p.Paid.Set, "/paid"}} {
		if f.set {
			out = append(out, services.FieldError{Field: f.name, Code: "coordinators_only", Message: "A coordinator sets this."})
		}
	}
	return out
}

// apply is the profile with the changes.
func (p *CoachPatch) apply(c models.Coach) models.Coach {
	c.Bio, c.Place, c.JoinURL = services.Prose(p.Bio.OrZero(c.Bio)), services.Line(p.Place.OrZero(c.Place)), services.Line(p.JoinURL.OrZero(c.JoinURL))
	if p.Specialties.Set {
		c.Specialties = distinct(p.Specialties.OrZero(nil))
	}
	if p.Languages.Set {
		c.Languages = distinct(p.Languages.OrZero(nil))
	}
	if p.Modalities.Set {
		c.Modalities = distinct(p.Modalities.OrZero(nil))
	}
	c.TimeZone, c.PlaceVisible, c.OnlineRoom = p.TimeZone.Or(c.TimeZone), p.PlaceVisible.Or(c.PlaceVisible), p.OnlineRoom.Or(c.OnlineRoom)
	c.WithMinors, c.Accepting, c.CaseloadLimit = p.WithMinors.Or(c.WithMinors), p.Accepting.Or(c.Accepting), p.CaseloadLimit.Or(c.CaseloadLimit)
	c.SessionMinutes, c.SlotMinutes = p.SessionMinutes.Or(c.SessionMinutes), p.SlotMinutes.Or(c.SlotMinutes)
	c.BeforeMinutes, c.AfterMinutes = p.BeforeMinutes.Or(c.BeforeMinutes), p.AfterMinutes.Or(c.AfterMinutes)
	c.NoticeHours, c.HorizonDays = p.NoticeHours.Or(c.NoticeHours), p.HorizonDays.Or(c.HorizonDays)
	c.MaxPerDay, c.MaxPerWeek = p.MaxPerDay.OrNull(c.MaxPerDay), p.MaxPerWeek.OrNull(c.MaxPerWeek)
	c.ApprovesBookings, c.CancelNoticeHours = p.ApprovesBookings.Or(c.ApprovesBookings), p.CancelNoticeHours.Or(c.CancelNoticeHours)
	c.MovesAllowed, c.SupervisorID, c.Paid = p.MovesAllowed.Or(c.MovesAllowed), p.SupervisorID.OrNull(c.SupervisorID), p.Paid.Or(c.Paid)
	if c.RemindCoach = p.RemindCoach.Or(c.RemindCoach); p.ReminderHours.Set {
		c.ReminderHours = models.Hours(p.ReminderHours.OrZero(nil)).InOrder()
	}
	return c
}

// distinct drops repetitions.
func distinct[T ~string](in []T) models.Texts[T] {
	out := models.Texts[T]{}
	for _, v := range in {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// coachToEdit locks the profile of a coach for whom the caller may do something: the coach themselves, and coordinators who are
// not close to them. own says which.
// Errors: not_found; forbidden own_record.
func coachToEdit(tx *services.Tx, id uuid.UUID) (c *models.Coach, own bool, err error) {
	actor := tx.Actor()
	own = id == actor.MemberID && actor.Has(models.RoleCoach)
	switch {
	case own:
	case actor.Coordinates():
		if err := people.MayHandle(tx, id); err != nil {
			return nil, false, notFoundAs("coach", err)
		}
	case actor.Kind != models.ActorSystem:
		return nil, false, services.NotFound("coach")
	}
	c, err = lockCoach(tx.DB.Clauses(forUpdate), id)
	return c, own, err
}

func lockCoach(db *gorm.DB, id uuid.UUID) (*models.Coach, error) {
	var rows []models.Coach
	if err := db.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("coach")
	}
	return &rows[0], nil
}

// notFoundAs names what is not found as the caller asked for it.
func notFoundAs(what string, err error) error {
	var e *services.Error
	if errors.As(err, &e) && e.Kind == services.KindNotFound {
		return services.NotFound(what)
	}
	return err
}

// UpdateCoach changes a profile: coordinators all of it, coaches their own but for what coordinators_only names. What is booked
// stays as it is; the answer to another place lists what is booked at the old one.
// Errors: not_found; forbidden own_record; unconditional and stale as for every edit; invalid for what does not fit.
func (s *Service) UpdateCoach(ctx context.Context, id uuid.UUID, in CoachPatch) (*CoachView, error) {
	return services.Mutate(ctx, s.core, "coach.update", func(tx *services.Tx) (*CoachView, error) {
		before, own, err := coachToEdit(tx, id)
		if err != nil {
			return nil, err
		}
		if wrong := in.officeOnly(); own && len(wrong) > 0 {
			return nil, services.Invalid(wrong...)
		}
		if err := tx.CheckVersion(before.Version); err != nil {
			return nil, err
		}
		c := in.apply(*before)
		if own && c.Place != before.Place {
			c.PlaceVisible = false
		}
		if err := s.checkCoach(tx, *before, &c); err != nil {
			return nil, err
		}
		out, err := s.storeCoach(tx, before, &c, coachColumns...)
		if err == nil && !slices.Equal(c.ReminderHours, before.ReminderHours) {
			err = remindAnew(tx, &c)
		}
		if err == nil && c.Place != before.Place && out.CoachWork != nil {
			out.Elsewhere, err = elsewhere(tx.DB, &c, tx.Now())
		}
		return out, err
	})
}

// elsewhere are the sessions ahead that are booked in person at another place than the coach's.
func elsewhere(db *gorm.DB, c *models.Coach, now time.Time) (out []CoachElsewhere, err error) {
	err = db.Table("coaching_sessions").Select("id as session_id, engagement_id, starts_at, place").
		Where("coach_id = ? and live and starts_at > ? and modality = 'in_person' and place <> ?", c.ID, now, c.Place).Order("starts_at, id").Limit(mostOutside).Scan(&out).Error
	return out, err
}

var coachColumns = []string{"bio", "specialties", "languages", "modalities", "time_zone", "place", "place_visible", "online_room", "join_url", "with_minors", "accepting", "caseload_limit",
	"session_minutes", "slot_minutes", "before_minutes", "after_minutes", "notice_hours", "horizon_days", "max_per_day", "max_per_week", "approves_bookings", "cancel_notice_hours",
	"moves_allowed", "reminder_hours", "remind_coach", "supervisor_id", "paid"}

// storeCoach writes what became of a profile, and shows it.
func (s *Service) storeCoach(tx *services.Tx, before, c *models.Coach, columns ...string) (*CoachView, error) {
	c.Version, c.UpdatedAt = c.Version+1, tx.Now()
	tx.Changed(*before, *c)
	if err := tx.DB.Model(&models.Coach{}).Where("id = ?", c.ID).Select(append([]string{"version", "updated_at"}, columns...)).Updates(c).Error; err != nil {
		return nil, err
	}
	return coachView(tx.DB, tx.Actor(), tx.Now(), c.ID)
}

// checkCoach lists all that does not fit, after the languages were written in one form.
func (s *Service) checkCoach(tx *services.Tx, before models.Coach, c *models.Coach) error {
	var wrong []services.FieldError
	add := func(bad bool, field string, code services.Code, message string) {
		if bad {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	has := func(m models.Modality) bool { return slices.Contains(c.Modalities, m) }
	add(!models.KnownZone(c.TimeZone), "/time_zone", "unknown", "Use an IANA time zone such as America/New_York.")
	add(len(c.Modalities) == 0, "/modalities", "required", "Say how they work: online, by phone or in person.")
	add(len(c.Languages) == 0, "/languages", "required", "Say which languages they coach in.")
	for i, l := range c.Languages {
		tag, err := language.Parse(l)
		add(err != nil || len(l) > 35, fmt.Sprintf("/languages/%d", i), "bad_language", "Write the language as BCP 47 has it, like en or es-MX.")
		c.Languages[i] = tag.String()
	}
	c.Languages = distinct(c.Languages)
	add(c.JoinURL != "" && !secureAddress(c.JoinURL), "/join_url", "invalid", "Use a whole address that begins with https://.")
	add(has(models.ModalityOnline) && c.JoinURL == "" && c.OnlineRoom != models.RoomJitsi, "/join_url", "required", "Give the address of their room online, or leave online out.")
	add(has(models.ModalityInPerson) && c.Place == "", "/place", "required", "Say where they meet people, or leave in_person out.")
	add(!c.ReminderHours.Sensible(), "/reminder_hours", "out_of_range", "Remind people one to three times, each 1 to 168 hours before.")
	add(c.OnlineRoom == models.RoomJitsi && before.OnlineRoom != models.RoomJitsi && !s.cfg.Jitsi.Set(), "/online_room", "not_configured",
		"This organization has no Jitsi. Use url, and give the address in join_url.")
	supervisor, err := checkSupervisor(tx, before.SupervisorID, c)
	if err != nil {
		return err
	}
	if wrong = append(wrong, supervisor...); len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

func secureAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil
}

// checkSupervisor refuses a new supervisor who does not work here as a coach, coordinator or admin, who is close to the coach or is kept
// apart from them, all in the same words. Nobody makes themselves one: they would open notes to themselves.
func checkSupervisor(tx *services.Tx, before *uuid.UUID, c *models.Coach) ([]services.FieldError, error) {
	if c.SupervisorID == nil || before != nil && *before == *c.SupervisorID {
		return nil, nil
	}
	id := *c.SupervisorID
	if id == tx.Actor().MemberID {
		return []services.FieldError{{Field: "/supervisor_id", Code: "not_yourself", Message: "You cannot make yourself the supervisor. Ask a colleague to do it."}}, nil
	}
	fit, err := accountWith(tx, id, models.RoleCoach, models.RoleCoordinator, models.RoleAdmin)
	if err != nil {
		return nil, err
	}
	kin, err := people.Kin(tx, c.ID, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	apart, err := people.Apart(tx, []uuid.UUID{c.ID, id})
	if err != nil {
		return nil, err
	}
	if !fit || len(kin) > 0 || slices.Contains(apart[c.ID].From, id) {
		return []services.FieldError{{Field: "/supervisor_id", Code: "not_a_supervisor", Message: "Choose another coach, a coordinator or an admin with an active account, and nobody close to the coach."}}, nil
	}
	return nil, nil
}

// SuspendCoach has a coach take nothing new: staff find other times or coaches for what is booked, within the hour.
// Errors: not_found; forbidden own_record; invalid for a blank reason.
func (s *Service) SuspendCoach(ctx context.Context, id uuid.UUID, in people.StaffReason) (*CoachView, error) {
	return s.turn(ctx, "coach.suspend", id, in, func(c *models.Coach, now time.Time) bool { return marked(&c.SuspendedAt, now) })
}

// ReinstateCoach is the way back. Sessions that staff have found nothing else for stay with the coach.
// Errors: not_found; forbidden own_record; invalid for a blank reason.
func (s *Service) ReinstateCoach(ctx context.Context, id uuid.UUID, in people.StaffReason) (*CoachView, error) {
	return s.turn(ctx, "coach.reinstate", id, in, func(c *models.Coach, _ time.Time) bool { return unmarked(&c.SuspendedAt) })
}

// ArchiveCoach keeps the profile of somebody who coaches no more. What is still booked goes to staff, as do their clients.
// Errors: not_found; forbidden own_record; invalid for a blank reason.
func (s *Service) ArchiveCoach(ctx context.Context, id uuid.UUID, in people.StaffReason) (*CoachView, error) {
	return s.turn(ctx, "coach.archive", id, in, func(c *models.Coach, now time.Time) bool { return marked(&c.ArchivedAt, now) })
}

// RestoreCoach takes an archived profile into use again.
// Errors: not_found; forbidden own_record; invalid for a blank reason.
func (s *Service) RestoreCoach(ctx context.Context, id uuid.UUID, in people.StaffReason) (*CoachView, error) {
	return s.turn(ctx, "coach.restore", id, in, func(c *models.Coach, _ time.Time) bool { return unmarked(&c.ArchivedAt) })
}

func marked(at **time.Time, now time.Time) bool {
	if *at != nil {
		return false
	}
	*at = &now
	return true
}

func unmarked(at **time.Time) bool {
	was := *at != nil
	*at = nil
	return was
}

// turn changes whether somebody coaches, and has what is booked with them looked at. Twice is once.
func (s *Service) turn(ctx context.Context, action string, id uuid.UUID, why people.StaffReason, do func(*models.Coach, time.Time) bool) (*CoachView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*CoachView, error) {
		if !tx.Actor().Coordinates() {
			return nil, services.NotFound("coach")
		}
		if err := people.MayHandle(tx, id); err != nil {
			return nil, notFoundAs("coach", err)
		}
		before, err := lockCoach(tx.DB.Clauses(forUpdate), id)
		if err != nil {
			return nil, err
		}
		c := *before
		if err := tx.Because(id, why.Reason); err != nil {
			return nil, err
		}
		if !do(&c, tx.Now()) {
			tx.Unchanged()
			return coachView(tx.DB, tx.Actor(), tx.Now(), id)
		}
		if err := tx.Enqueue(coachChanged{CoachID: id}, tx.Now()); err != nil {
			return nil, err
		}
		return s.storeCoach(tx, before, &c, "suspended_at", "archived_at")
	})
}
