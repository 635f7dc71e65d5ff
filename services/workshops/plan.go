package workshops

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
)

// NewWorkshop is what makes a draft. Only the title and the format must be known.
type NewWorkshop struct {
	Title               string            `json:"title" minLength:"1" maxLength:"160" example:"Living with Hypervigilance"`
	Summary             string            `json:"summary,omitempty" maxLength:"500" doc:"One or two sentences for the catalog" example:"Six evenings for veterans and the people they live with"`
	Description         string            `json:"description,omitempty" maxLength:"20000"`
	Materials           string            `json:"materials,omitempty" maxLength:"4000" doc:"What to bring or prepare" example:"A notebook"`
	ProgramID           *uuid.UUID        `json:"program_id,omitempty"`
	Format              models.Format     `json:"format" enum:"in_person,online,hybrid" example:"in_person"`
	AttendanceMode      models.Admission  `json:"attendance_mode,omitempty" enum:"series,drop_in" default:"series" doc:"series: one place for all sessions; drop_in: a place per session" example:"series"`
	VenueID             *uuid.UUID        `json:"venue_id,omitempty"`
	RoomID              *uuid.UUID        `json:"room_id,omitempty" doc:"A room of the venue; absent for all of it. Without venue_id the room's venue"`
	LocationNote        string            `json:"location_note,omitempty" maxLength:"500" doc:"How to find the room" example:"Second floor, ring twice"`
	JoinURL             string            `json:"join_url,omitempty" maxLength:"500" doc:"https; shown to staff alone: who has a place online joins with POST /v1/sessions/{session_id}/join" example:"https://meet.example.org/hv-6"`
	OnlineRoom          models.OnlineRoom `json:"online_room,omitempty" enum:"url,jitsi" default:"url" doc:"url: at join_url; jitsi: in a room of our own for each session, where the organization has a Jitsi" example:"url"`
	TimeZone            string            `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name; absent: the venue's, else America/New_York" example:"America/New_York"`
	Capacity            *int              `json:"capacity,omitempty" minimum:"1" maximum:"5000" doc:"Seats; of a hybrid workshop those in the room; of drop-in those of each session" example:"30"`
	ChildCapacity       *int              `json:"child_capacity,omitempty" minimum:"0" maximum:"5000" doc:"Seats for children, apart from capacity; absent when children sit on the same seats" example:"10"`
	OnlineCapacity      *int              `json:"online_capacity,omitempty" minimum:"1" maximum:"5000" doc:"Hybrid only: places online" example:"100"`
	MinToRun            *int              `json:"min_to_run,omitempty" minimum:"1" maximum:"5000" doc:"Fewer people than this and staff may call it off" example:"6"`
	DecideBy            *time.Time        `json:"decide_by,omitempty" doc:"When that is decided, before the first session: coordinators get a task then when fewer are confirmed. Only with min_to_run"`
	WaitlistCapacity    *int              `json:"waitlist_capacity,omitempty" minimum:"0" maximum:"5000" doc:"Parties that may wait per pool of seats; 0 for no waitlist, absent for no limit" example:"10"`
	OpensAt             *time.Time        `json:"opens_at,omitempty" doc:"When registration opens; absent for at once"`
	ClosesAt            *time.Time        `json:"closes_at,omitempty" doc:"When registration closes; absent for at the start"`
	ApprovalRequired    bool              `json:"approval_required,omitempty" doc:"Staff decide on every registration; the seats are held meanwhile"`
	CancelDeadlineHours *int              `json:"cancel_deadline_hours,omitempty" minimum:"0" maximum:"720" default:"24" doc:"A cancellation in the last hours before the start is marked late"`
	GuestsPerParty      int               `json:"guests_per_party,omitempty" minimum:"0" maximum:"10" doc:"Named guests a party may bring" example:"1"`
	MaxParty            *int              `json:"max_party,omitempty" minimum:"1" maximum:"20" default:"8" doc:"People in a party, guests included"`
	MinimumAge          *int              `json:"minimum_age,omitempty" minimum:"0" maximum:"99" doc:"Age in whole years on the local date of the first session" example:"16"`
	TeenProgram         bool              `json:"teen_program,omitempty" doc:"Staffed for minors who come without an adult of their party"`
	AudienceKinds       []models.Kind     `json:"audience_kinds,omitempty" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" maxItems:"12" doc:"Kinds of member it is for; empty for everybody"`
	Rules               models.Rules      `json:"rules,omitempty" maxItems:"20" doc:"Who may come, beyond age and audience: all of these must be met. Absent for everybody"`
	RegistrationFormID  *uuid.UUID        `json:"registration_form_id,omitempty" doc:"What each member who comes is asked; a published form for registrations"`
	OfferHours          *int              `json:"offer_hours,omitempty" minimum:"2" maximum:"168" default:"24" doc:"How long an offered seat is kept"`
	ReminderHours       []int             `json:"reminder_hours,omitempty" maxItems:"3" doc:"How many hours before each session people are reminded: one to three values of 1 to 168. Absent: 24. Reminders keep out of quiet hours" example:"[48, 2]"`
	IsPublic            bool              `json:"is_public,omitempty" doc:"Once published, shown in the public catalog without sign-in, too"`
	IsTemplate          bool              `json:"is_template,omitempty" doc:"A draft kept to be cloned"`
	FacilitatorIDs      []uuid.UUID       `json:"facilitator_ids,omitempty" maxItems:"20" doc:"Members who lead it; every session begins with them"`
}

// WorkshopPatch changes a workshop; what is absent stays, null clears.
type WorkshopPatch struct {
	Title               services.Field[string]            `json:"title,omitzero" required:"false" minLength:"1" maxLength:"160"`
	Summary             services.Field[string]            `json:"summary,omitzero" required:"false" maxLength:"500"`
	Description         services.Field[string]            `json:"description,omitzero" required:"false" maxLength:"20000"`
	Materials           services.Field[string]            `json:"materials,omitzero" required:"false" maxLength:"4000"`
	ProgramID           services.Field[uuid.UUID]         `json:"program_id,omitzero" required:"false"`
	Format              services.Field[models.Format]     `json:"format,omitzero" required:"false" enum:"in_person,online,hybrid" doc:"Only before the first registration"`
	AttendanceMode      services.Field[models.Admission]  `json:"attendance_mode,omitzero" required:"false" enum:"series,drop_in" doc:"Only before the first registration"`
	VenueID             services.Field[uuid.UUID]         `json:"venue_id,omitzero" required:"false" doc:"Sessions to come without a venue of their own move with it"`
	RoomID              services.Field[uuid.UUID]         `json:"room_id,omitzero" required:"false" doc:"A room of the venue; null for all of it. Another venue_id alone leaves the room behind"`
	LocationNote        services.Field[string]            `json:"location_note,omitzero" required:"false" maxLength:"500"`
	JoinURL             services.Field[string]            `json:"join_url,omitzero" required:"false" maxLength:"500" doc:"https"`
	OnlineRoom          services.Field[models.OnlineRoom] `json:"online_room,omitzero" required:"false" enum:"url,jitsi" doc:"null: url"`
	TimeZone            services.Field[string]            `json:"time_zone,omitzero" required:"false" minLength:"1" maxLength:"60" doc:"IANA name; sessions that are planned keep theirs"`
	Capacity            services.Field[int]               `json:"capacity,omitzero" required:"false" minimum:"1" maximum:"5000" doc:"More seats go to the waitlist at once; never below what is taken"`
	ChildCapacity       services.Field[int]               `json:"child_capacity,omitzero" required:"false" minimum:"0" maximum:"5000"`
	OnlineCapacity      services.Field[int]               `json:"online_capacity,omitzero" required:"false" minimum:"1" maximum:"5000"`
	MinToRun            services.Field[int]               `json:"min_to_run,omitzero" required:"false" minimum:"1" maximum:"5000"`
	DecideBy            services.Field[time.Time]         `json:"decide_by,omitzero" required:"false" doc:"Another day or minimum asks for the decision anew"`
	WaitlistCapacity    services.Field[int]               `json:"waitlist_capacity,omitzero" required:"false" minimum:"0" maximum:"5000"`
	OpensAt             services.Field[time.Time]         `json:"opens_at,omitzero" required:"false"`
	ClosesAt            services.Field[time.Time]         `json:"closes_at,omitzero" required:"false"`
	ApprovalRequired    services.Field[bool]              `json:"approval_required,omitzero" required:"false"`
	CancelDeadlineHours services.Field[int]               `json:"cancel_deadline_hours,omitzero" required:"false" minimum:"0" maximum:"720"`
	GuestsPerParty      services.Field[int]               `json:"guests_per_party,omitzero" required:"false" minimum:"0" maximum:"10"`
	MaxParty            services.Field[int]               `json:"max_party,omitzero" required:"false" minimum:"1" maximum:"20"`
	MinimumAge          services.Field[int]               `json:"minimum_age,omitzero" required:"false" minimum:"0" maximum:"99"`
	TeenProgram         services.Field[bool]              `json:"teen_program,omitzero" required:"false"`
	AudienceKinds       services.Field[[]models.Kind]     `json:"audience_kinds,omitzero" required:"false" enum:"veteran,service_member,guard_reserve,spouse,partner,child,parent,sibling,caregiver,survivor,supporter,staff" maxItems:"12"`
	Rules               services.Field[models.Rules]      `json:"rules,omitzero" required:"false" maxItems:"20" doc:"Whoever has a place keeps it, whatever the new rules say"`
	RegistrationFormID  services.Field[uuid.UUID]         `json:"registration_form_id,omitzero" required:"false" doc:"Everybody who has a place is asked, too. Answers to the form before it are kept as long as it says; what was not answered yet need not be"`
	OfferHours          services.Field[int]               `json:"offer_hours,omitzero" required:"false" minimum:"2" maximum:"168"`
	ReminderHours       services.Field[[]int]             `json:"reminder_hours,omitzero" required:"false" maxItems:"3" doc:"Of sessions to come; what has gone out stays. Null for 24" example:"[48, 2]"`
	IsPublic            services.Field[bool]              `json:"is_public,omitzero" required:"false"`
	IsTemplate          services.Field[bool]              `json:"is_template,omitzero" required:"false" doc:"Drafts only"`
	FacilitatorIDs      services.Field[[]uuid.UUID]       `json:"facilitator_ids,omitzero" required:"false" maxItems:"20" doc:"Who is added or left out here is so in every session to come, too"`
}

// Defaults of a workshop whose planner said nothing else.
const (
	defaultDeadlineHours = 24
	defaultMaxParty      = 8
	defaultOfferHours    = 24
)

// Create makes a draft, which only staff see.
// Errors: invalid for values that contradict one another, unknown references, or facilitators who are not cleared.
func (s *Service) Create(ctx context.Context, in NewWorkshop) (*WorkshopDetail, error) {
	if err := s.checkRoom(in.OnlineRoom); err != nil {
		return nil, err
	}
	return services.Mutate(ctx, s.core, "workshop.create", func(tx *services.Tx) (*WorkshopDetail, error) {
		w := in.draft(tx.Now())
		room, err := findRoom(tx, w.RoomID)
		if err != nil {
			return nil, err
		}
		if w.VenueID == nil && room != nil {
			w.VenueID = &room.VenueID
		}
		at, err := findSite(tx, w.VenueID, w.RoomID)
		if err != nil {
			return nil, err
		}
		if w.TimeZone == "" && at.venue != nil {
			w.TimeZone = at.venue.TimeZone
		}
		if w.TimeZone == "" {
			w.TimeZone = models.DefaultTimeZone
		}
		team := distinctIDs(in.FacilitatorIDs)
		if err := checkWorkshop(tx, w, at, team, nil); err != nil {
			return nil, err
		}
		tx.Changed(nil, w)
		if err := tx.DB.Create(&w).Error; err != nil {
			return nil, err
		}
		setTeam(tx, w.ID, nil, team)
		if err := syncPools(tx, w); err != nil {
			return nil, err
		}
		return detail(tx.DB, tx.Actor(), w.ID, tx.Now())
	})
}

func (in *NewWorkshop) draft(now time.Time) models.Workshop {
	w := models.Workshop{
		Record:    models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now},
		ProgramID: in.ProgramID, Title: clean(in.Title), Summary: clean(in.Summary), Description: clean(in.Description), Materials: clean(in.Materials),
		Format: in.Format, AttendanceMode: in.AttendanceMode, VenueID: in.VenueID, RoomID: in.RoomID, LocationNote: clean(in.LocationNote), JoinURL: strings.TrimSpace(in.JoinURL), OnlineRoom: in.OnlineRoom, TimeZone: in.TimeZone,
		Capacity: in.Capacity, ChildCapacity: in.ChildCapacity, OnlineCapacity: in.OnlineCapacity, MinToRun: in.MinToRun, DecideBy: whole(in.DecideBy), WaitlistCapacity: in.WaitlistCapacity,
		OpensAt: whole(in.OpensAt), ClosesAt: whole(in.ClosesAt), ApprovalRequired: in.ApprovalRequired, GuestsPerParty: in.GuestsPerParty, MinimumAge: in.MinimumAge, TeenProgram: in.TeenProgram,
		CancelDeadlineHours: or(in.CancelDeadlineHours, defaultDeadlineHours), MaxParty: or(in.MaxParty, defaultMaxParty), OfferHours: or(in.OfferHours, defaultOfferHours), ReminderHours: models.Hours(in.ReminderHours).InOrder(),
		AudienceKinds: kindsOf(in.AudienceKinds), Rules: rulesOf(in.Rules), RegistrationFormID: in.RegistrationFormID,
		Visibility: models.VisibilityDraft, IsPublic: in.IsPublic, IsTemplate: in.IsTemplate,
	}
	if w.AttendanceMode == "" {
		w.AttendanceMode = models.AttendSeries
	}
	if w.OnlineRoom == "" {
		w.OnlineRoom = models.RoomURL
	}
	return w
}

// apply gives w what the patch says; room is the one that it names.
func (in *WorkshopPatch) apply(w *models.Workshop, room *models.Room) {
	w.Title, w.Summary = clean(in.Title.Or(w.Title)), clean(in.Summary.Or(w.Summary))
	w.Description, w.Materials = clean(in.Description.Or(w.Description)), clean(in.Materials.Or(w.Materials))
	w.ProgramID = in.ProgramID.OrNull(w.ProgramID)
	w.VenueID, w.RoomID = relocated(w.VenueID, w.RoomID, in.VenueID, in.RoomID, room)
	w.Format, w.AttendanceMode = in.Format.Or(w.Format), in.AttendanceMode.Or(w.AttendanceMode)
	w.LocationNote, w.JoinURL = clean(in.LocationNote.Or(w.LocationNote)), strings.TrimSpace(in.JoinURL.Or(w.JoinURL))
	w.OnlineRoom = roomKind(in.OnlineRoom, w.OnlineRoom)
	w.TimeZone = in.TimeZone.Or(w.TimeZone)
	w.Capacity, w.ChildCapacity, w.OnlineCapacity = in.Capacity.OrNull(w.Capacity), in.ChildCapacity.OrNull(w.ChildCapacity), in.OnlineCapacity.OrNull(w.OnlineCapacity)
	w.WaitlistCapacity = in.WaitlistCapacity.OrNull(w.WaitlistCapacity)
	w.OpensAt, w.ClosesAt = whole(in.OpensAt.OrNull(w.OpensAt)), whole(in.ClosesAt.OrNull(w.ClosesAt))
	w.ApprovalRequired, w.CancelDeadlineHours = in.ApprovalRequired.Or(w.ApprovalRequired), in.CancelDeadlineHours.Or(w.CancelDeadlineHours)
	w.GuestsPerParty, w.MaxParty = in.GuestsPerParty.Or(w.GuestsPerParty), in.MaxParty.Or(w.MaxParty)
	w.MinimumAge, w.TeenProgram = in.MinimumAge.OrNull(w.MinimumAge), in.TeenProgram.Or(w.TeenProgram)
	if in.AudienceKinds.Set {
		w.AudienceKinds = kindsOf(in.AudienceKinds.Or(nil))
	}
	if in.Rules.Set {
		w.Rules = rulesOf(in.Rules.Or(nil))
	}
	w.RegistrationFormID = in.RegistrationFormID.OrNull(w.RegistrationFormID)
	w.OfferHours, w.IsTemplate, w.IsPublic = in.OfferHours.Or(w.OfferHours), in.IsTemplate.Or(w.IsTemplate), in.IsPublic.Or(w.IsPublic)
	in.decision(w)
	if in.ReminderHours.Set {
		w.ReminderHours = models.Hours(in.ReminderHours.Or(nil)).InOrder()
	}
}

// editable are the columns that an edit of a workshop may change.
var editable = []string{
	"program_id", "title", "summary", "description", "materials", "format", "attendance_mode", "venue_id", "room_id", "location_note", "join_url", "online_room", "time_zone", "capacity",
	"child_capacity", "online_capacity", "min_to_run", "decide_by", "ran_anyway_at", "run_anyway_reason", "waitlist_capacity", "opens_at", "closes_at", "approval_required", "cancel_deadline_hours",
	"guests_per_party", "max_party", "minimum_age", "teen_program", "audience_kinds", "rules", "registration_form_id", "offer_hours", "reminder_hours", "is_public", "is_template", "version", "updated_at",
}

// lockWorkshop reads a workshop for a change of its plan. Its row comes before calendar resources and pools in the order
// of locks, so that two planners of one workshop never meet halfway.
func lockWorkshop(tx *services.Tx, id uuid.UUID) (models.Workshop, error) {
	var found []models.Workshop
	err := tx.DB.Table("workshops as w").Scopes(visible(tx.Actor())).Where("w.id = ?", id).
		Clauses(clause.Locking{Strength: "NO KEY UPDATE", Table: clause.Table{Name: "w"}}).Limit(1).Find(&found).Error
	if err != nil {
		return models.Workshop{}, err
	}
	if len(found) == 0 {
		return models.Workshop{}, services.NotFound("workshop")
	}
	return found[0], nil
}

// saveWorkshop writes columns of w, and counts an edit.
func saveWorkshop(tx *services.Tx, before models.Workshop, w *models.Workshop, columns ...string) error {
	w.Version, w.UpdatedAt = before.Version+1, tx.Now()
	tx.Changed(before, *w)
	return tx.DB.Model(w).Select(append(columns, "version", "updated_at")).Where("id = ?", w.ID).Updates(*w).Error
}

func clean(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

func or(v *int, otherwise int) int {
	if v == nil {
		return otherwise
	}
	return *v
}

// whole is a time as PostgreSQL keeps it.
func whole(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC().Truncate(time.Microsecond)
	return &at
}

func kindsOf(kinds []models.Kind) models.Texts[models.Kind] {
	out := models.Texts[models.Kind]{}
	for _, k := range kinds {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// rulesOf are the rules as they are kept: none is an empty set.
func rulesOf(rules models.Rules) models.Rules {
	if rules == nil {
		return models.Rules{}
	}
	return rules
}

func distinctIDs(ids []uuid.UUID) []uuid.UUID {
	out := []uuid.UUID{}
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
