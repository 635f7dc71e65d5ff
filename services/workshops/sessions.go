package workshops

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/calendar"
)

// Codes of sessions.
const (
	CodeLastSession     services.Code = "last_session"
	CodeTooManySessions services.Code = "too_many_sessions"
	CodeSessionOver     services.Code = "session_over"
)

// SessionRule makes a series of sessions.
type SessionRule struct {
	Rule        string   `json:"rule" minLength:"1" maxLength:"500" doc:"RFC 5545 RRULE of daily frequency or slower, bounded by COUNT or UNTIL; at most 200 sessions. Wall-clock time is kept across daylight-saving changes" example:"FREQ=WEEKLY;COUNT=6"`
	ExceptDates []string `json:"except_dates,omitempty" maxItems:"200" doc:"Local dates on which the rule's session does not take place" example:"2026-11-24"`
}

// NewSessions is one session, or with a rule a series of them.
type NewSessions struct {
	LocalStart     string             `json:"local_start" minLength:"16" maxLength:"16" doc:"Wall-clock time of the first session. One that does not exist that day moves forward by the gap; of one that exists twice the first is taken" example:"2026-10-27T18:00"`
	Minutes        int                `json:"minutes" minimum:"1" maximum:"10080" doc:"Elapsed length" example:"90"`
	TimeZone       string             `json:"time_zone,omitempty" maxLength:"60" doc:"IANA name; absent: the workshop's" example:"America/New_York"`
	Recurrence     *SessionRule       `json:"recurrence,omitempty" doc:"Absent: one session"`
	Title          string             `json:"title,omitempty" maxLength:"160" example:"Sleep"`
	VenueID        *uuid.UUID         `json:"venue_id,omitempty" doc:"Absent: the workshop's"`
	RoomID         *uuid.UUID         `json:"room_id,omitempty" doc:"A room, with its venue where venue_id is absent; absent: all of venue_id, or where the workshop is"`
	LocationNote   string             `json:"location_note,omitempty" maxLength:"500" doc:"Absent: the workshop's"`
	JoinURL        string             `json:"join_url,omitempty" maxLength:"500" doc:"https; absent: the workshop's"`
	OnlineRoom     *models.OnlineRoom `json:"online_room,omitempty" enum:"url,jitsi" doc:"Absent: at join_url where one is given, else as the workshop"`
	Capacity       *int               `json:"capacity,omitempty" minimum:"1" maximum:"5000" doc:"Drop-in only: seats of these sessions; absent: the workshop's"`
	ChildCapacity  *int               `json:"child_capacity,omitempty" minimum:"0" maximum:"5000" doc:"Drop-in only"`
	OnlineCapacity *int               `json:"online_capacity,omitempty" minimum:"1" maximum:"5000" doc:"Drop-in and hybrid only"`
	FacilitatorIDs *[]uuid.UUID       `json:"facilitator_ids,omitempty" maxItems:"20" doc:"Who leads them; absent: who leads the workshop"`
}

// SessionPreview is a session as a rule would make it.
type SessionPreview struct {
	StartsAt   time.Time `json:"starts_at"`
	EndsAt     time.Time `json:"ends_at"`
	LocalStart string    `json:"local_start" doc:"What the clock on the wall shows at the start" example:"2026-10-27T18:00"`
	TimeZone   string    `json:"time_zone" example:"America/New_York"`
	Moved      bool      `json:"moved" doc:"The wall-clock time does not exist that day; it moved forward by the gap"`
	Ambiguous  bool      `json:"ambiguous" doc:"The wall-clock time exists twice that day; this is the first"`
	Busy       bool      `json:"busy" doc:"A facilitator or the venue is booked already; making it would answer 409 double_booked"`
}

// SessionPreviews is what a rule would make, in order.
type SessionPreviews struct {
	Data []SessionPreview `json:"data" nullable:"false"`
}

// WorkshopSessionDetail is one session with who leads it and where.
type WorkshopSessionDetail struct {
	models.WorkshopSession
	Place        *WorkshopPlace  `json:"venue" gorm:"type:json" doc:"Its own, or the workshop's"`
	Facilitators FacilitatorList `json:"facilitators" gorm:"type:json" nullable:"false"`
	Leads        bool            `json:"-"`
}

// SessionSeries is what was made together, in order.
type SessionSeries struct {
	Data []WorkshopSessionDetail `json:"data" nullable:"false"`
}

// Identity is that of the first: there is always one.
func (s SessionSeries) Identity() uuid.UUID { return s.Data[0].ID }

// SessionChange is a session that was changed, and the others that changed with it.
type SessionChange struct {
	WorkshopSessionDetail
	Following []WorkshopSessionDetail `json:"following" nullable:"false" doc:"The others that changed with it, in order; empty unless the scope reached further than this"`
}

// maxSessions bounds a workshop: four years of weekly sessions.
const maxSessions = models.MaxOccurrences

// AddSessions plans sessions; everything that a session needs of the calendar is held, or none is made.
// Errors: not_found; invalid for a rule that gives no or too many sessions, or one in the past, or values that contradict the workshop;
// conflict workshop_over, too_many_sessions, venue_archived or room_archived where the workshop's place is out of use, or
// double_booked, which names what is in the way.
func (s *Service) AddSessions(ctx context.Context, workshopID uuid.UUID, in NewSessions) (*SessionSeries, error) {
	if in.OnlineRoom != nil {
		if err := s.checkRoom(*in.OnlineRoom); err != nil {
			return nil, err
		}
	}
	return services.Mutate(ctx, s.core, "session.create", func(tx *services.Tx) (*SessionSeries, error) {
		w, err := lockWorkshop(tx, workshopID)
		if err != nil {
			return nil, err
		}
		if w.Visibility.Over() {
			return nil, services.Conflict(CodeWorkshopOver, "This workshop is %s. Restore it first.", w.Visibility)
		}
		team, err := in.team(tx, w.ID)
		if err != nil {
			return nil, err
		}
		made, err := in.sessions(tx, w, team)
		if err != nil {
			return nil, err
		}
		if err := addSessions(tx, w, made, func(int) []uuid.UUID { return team }); err != nil {
			return nil, err
		}
		all, err := sessionDetails(tx, made)
		return &SessionSeries{Data: all}, err
	})
}

// addSessions stores sessions and all that hangs on them: their teams, bookings, pools, and the workshop's times.
func addSessions(tx *services.Tx, w models.Workshop, made []models.WorkshopSession, team func(int) []uuid.UUID) error {
	var planned int64
	if err := tx.DB.Model(&models.WorkshopSession{}).Where("workshop_id = ?", w.ID).Count(&planned).Error; err != nil {
		return err
	}
	if int(planned)+len(made) > maxSessions {
		return services.Conflict(CodeTooManySessions, "A workshop has at most %d sessions; this one has %d. Clone it for more.", maxSessions, planned)
	}
	if err := tx.DB.Create(&made).Error; err != nil {
		return err
	}
	bookings := make([]calendar.Booking, len(made))
	for i := range made {
		tx.Changed(nil, made[i])
		setSessionTeam(tx, made[i].ID, nil, team(i))
		bookings[i] = booking(&w, &made[i], team(i))
	}
	if err := hold(tx, bookings); err != nil {
		return err
	}
	if err := storeTimes(tx, w); err != nil {
		return err
	}
	if w.AttendanceMode == models.AttendDropIn {
		if err := syncPools(tx, w); err != nil {
			return err
		}
	}
	if w.Visibility != models.VisibilityPublished {
		return nil
	}
	return sessionsPlanned(tx, made...)
}

func (in *NewSessions) team(tx *services.Tx, workshopID uuid.UUID) ([]uuid.UUID, error) {
	if in.FacilitatorIDs != nil {
		return distinctIDs(*in.FacilitatorIDs), nil
	}
	return teamOf(tx, workshopID)
}

// sessions are the rows that in asks for.
func (in *NewSessions) sessions(tx *services.Tx, w models.Workshop, team []uuid.UUID) ([]models.WorkshopSession, error) {
	occurrences, zone, err := in.expand(w.TimeZone)
	if err != nil {
		return nil, err
	}
	var group *uuid.UUID
	if in.Recurrence != nil {
		id := services.NewID()
		group = &id
	}
	venue, err := venueOfRoom(tx.DB, in.VenueID, in.RoomID)
	if err != nil {
		return nil, err
	}
	made := make([]models.WorkshopSession, len(occurrences))
	for i, o := range occurrences {
		made[i] = models.WorkshopSession{
			Record:     models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()},
			WorkshopID: w.ID, Title: clean(in.Title), StartsAt: o.StartsAt, EndsAt: o.EndsAt, LocalStart: o.LocalStart, TimeZone: zone,
			VenueID: venue, RoomID: in.RoomID, LocationNote: clean(in.LocationNote), JoinURL: strings.TrimSpace(in.JoinURL), OnlineRoom: in.OnlineRoom,
			Capacity: in.Capacity, ChildCapacity: in.ChildCapacity, OnlineCapacity: in.OnlineCapacity,
			Status: models.SessionScheduled, RuleGroup: group,
		}
	}
	last := made[len(made)-1]
	return made, checkSession(tx, w, last, models.WorkshopSession{}, team, "/local_start", !made[0].StartsAt.After(tx.Now()))
}

// expand finds the instants, with the fields of what is wrong as the body names them.
func (in *NewSessions) expand(zone string) ([]models.Occurrence, string, error) {
	r := models.Recurrence{Rule: "FREQ=DAILY;COUNT=1", Start: in.LocalStart, TimeZone: zone, Minutes: in.Minutes}
	if in.TimeZone != "" {
		r.TimeZone = in.TimeZone
	}
	if in.Recurrence != nil {
		r.Rule, r.ExceptDates = in.Recurrence.Rule, in.Recurrence.ExceptDates
	}
	out, err := r.Expand(maxSessions)
	return out, r.TimeZone, ruleErrors(err)
}

func ruleErrors(err error) error {
	if err == nil {
		return nil
	}
	var wrong []services.FieldError
	for _, e := range models.FieldErrors(err) {
		field := "/" + e.Field
		switch {
		case e.Field == "start":
			field = "/local_start"
		case e.Field == "rule", strings.HasPrefix(e.Field, "except_dates"):
			field = "/recurrence/" + e.Field
		}
		wrong = append(wrong, services.FieldError{Field: field, Code: services.Code(e.Code), Message: sentence(e)})
	}
	return services.Invalid(wrong...)
}

// sentence makes one of a field error's words.
func sentence(e models.FieldError) string {
	subject := map[string]string{"start": "The start", "rule": "The rule", "minutes": "The length", "time_zone": "The time zone"}[e.Field]
	if subject == "" {
		subject = "This date"
	}
	return subject + " " + strings.TrimSuffix(e.Message, ".") + "."
}

// checkSession says everything that is wrong with a session in its workshop. past says that it would start in the past,
// which no new one may, and of those that are moved only a draft's.
func checkSession(tx *services.Tx, w models.Workshop, s, before models.WorkshopSession, team []uuid.UUID, startField string, past bool) error {
	at, err := findSite(tx, s.VenueID, s.RoomID)
	if err != nil {
		return err
	}
	wrong := checkSite(w.Format, s.VenueID, s.RoomID, at, sameID(before.VenueID, s.VenueID), sameID(before.RoomID, s.RoomID))
	crowded, err := checkSeats(tx, w, s, before, at)
	if err != nil {
		return err
	}
	wrong = append(wrong, crowded...)
	add := func(broken bool, field string, code services.Code, message string) {
		if broken {
			wrong = append(wrong, services.FieldError{Field: field, Code: code, Message: message})
		}
	}
	series := w.AttendanceMode == models.AttendSeries
	add(s.JoinURL != "" && !secureURL(s.JoinURL), "/join_url", "invalid", "Use a whole address that begins with https://.")
	add(series && s.Capacity != nil, "/capacity", "drop_in_only", "A series has the same seats for all sessions: change the workshop's capacity.")
	add(series && s.ChildCapacity != nil, "/child_capacity", "drop_in_only", "A series has the same seats for all sessions: change the workshop's.")
	add(s.OnlineCapacity != nil && (series || w.Format != models.FormatHybrid), "/online_capacity", "drop_in_only", "Only sessions of a hybrid drop-in workshop have places online of their own.")
	fresh := before.ID == uuid.Nil
	add(past && fresh, startField, "in_the_past", "Plan it in the future: this time has passed.")
	add(past && !fresh && w.Visibility == models.VisibilityPublished, startField, "past", "People could register for it: plan it in the future.")
	unfit, err := checkTeam(tx, "/facilitator_ids", team, w.MinorsAllowed() && !w.IsTemplate, local(s.EndsAt, s.TimeZone))
	if err != nil {
		return err
	}
	if wrong = append(wrong, unfit...); len(wrong) > 0 {
		return services.Invalid(wrong...)
	}
	return nil
}

// Preview says what AddSessions would make of the same body, and stores nothing.
// Errors: not_found; invalid for a rule that gives no or too many sessions.
func (s *Service) Preview(ctx context.Context, workshopID uuid.UUID, in NewSessions) (*SessionPreviews, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	return services.Read(ctx, s.core, func(db *gorm.DB) (*SessionPreviews, error) {
		var found []models.Workshop
		if err := db.Table("workshops as w").Scopes(visible(actor)).Where("w.id = ?", workshopID).Limit(1).Find(&found).Error; err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("workshop")
		}
		occurrences, zone, err := in.expand(found[0].TimeZone)
		if err != nil {
			return nil, err
		}
		team := []uuid.UUID{}
		if in.FacilitatorIDs != nil {
			team = *in.FacilitatorIDs
		} else if err := db.Model(&models.WorkshopFacilitator{}).Where("workshop_id = ?", workshopID).Pluck("member_id", &team).Error; err != nil {
			return nil, err
		}
		venue, err := venueOfRoom(db, in.VenueID, in.RoomID)
		if err != nil {
			return nil, err
		}
		like := models.WorkshopSession{VenueID: venue, RoomID: in.RoomID, Status: models.SessionScheduled}
		return preview(db, &found[0], like, team, occurrences, zone)
	})
}

func preview(db *gorm.DB, w *models.Workshop, like models.WorkshopSession, team []uuid.UUID, occurrences []models.Occurrence, zone string) (*SessionPreviews, error) {
	out := &SessionPreviews{Data: make([]SessionPreview, len(occurrences))}
	at := map[uuid.UUID]int{}
	var bookings []calendar.Booking
	for i, o := range occurrences {
		out.Data[i] = SessionPreview{StartsAt: o.StartsAt, EndsAt: o.EndsAt, LocalStart: o.LocalStart, TimeZone: zone, Moved: o.Moved, Ambiguous: o.Ambiguous}
		s := like
		s.ID, s.StartsAt, s.EndsAt = services.NewID(), o.StartsAt, o.EndsAt
		at[s.ID] = i
		bookings = append(bookings, booking(w, &s, team))
	}
	clashes, err := calendar.Busy(db, 1, bookings...)
	for _, c := range clashes {
		out.Data[at[c.Wanted]].Busy = true
	}
	for i := 1; i < len(out.Data); i++ { // a rule can clash with itself
		if out.Data[i].StartsAt.Before(out.Data[i-1].EndsAt) && len(bookings[i].Resources) > 0 {
			out.Data[i].Busy = true
		}
	}
	return out, err
}
