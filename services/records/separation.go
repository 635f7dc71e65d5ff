package records

import (
	"context"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
	"homefront/services/workshops"
)

const (
	separationRecord                        = "separation"
	taskReviewSeparation    models.TaskKind = "review_separation"
	codeSeparationEnded     services.Code   = "separation_ended"
	codeSeparationStanding  services.Code   = "separation_stands"
	codeSeparationRecordOff services.Code   = "record_closed"
)

// SeparationSide is one of two people who are kept apart.
type SeparationSide struct {
	MemberID uuid.UUID `json:"member_id"`
	Name     string    `json:"name" example:"Ana Ortega"`
}

// SeparationView is a separation as the staff see it who look after it.
type SeparationView struct {
	models.Record
	Kind        models.SeparationKind       `json:"kind" enum:"mutual,protected" doc:"protected: the one is protected from the other; mutual: each from the other"`
	Protected   SeparationSide              `json:"protected" doc:"The protected side; of a mutual one, either of the two"`
	KeptApart   SeparationSide              `json:"kept_apart" doc:"Whose requests staff look at; of a mutual one those of both"`
	ReviewOn    models.Date                 `json:"review_on" doc:"When staff are to see whether it is still needed"`
	EndsOn      *models.Date                `json:"ends_on" nullable:"true" doc:"The last day on which it holds; null until staff end it"`
	Status      models.SeparationStatus     `json:"status" enum:"live,ended"`
	InForce     bool                        `json:"in_force" doc:"Live, and its last day has not passed"`
	CreatedBy   uuid.UUID                   `json:"created_by"`
	EndedBy     *uuid.UUID                  `json:"ended_by" nullable:"true"`
	EndedAt     *time.Time                  `json:"ended_at"`
	Clashes     []workshops.SeparationClash `json:"clashes,omitempty" doc:"Of one separation alone: where both have a place, or wait for one. Nothing is cancelled: each is a task"`
	Cohorts     []programs.CohortClash      `json:"cohort_clashes,omitempty" doc:"Of one separation alone: the cohorts in which both are, or for which they wait. Nothing is ended: each is a task"`
	Engagements []coaching.EngagementClash  `json:"engagements,omitempty" doc:"Of one separation alone: engagements that bring both together. Coaching stops at once: what had begun is paused and its coming sessions are called off, in words that say nothing; each is a task"`
}

// separationRow is a separation with the names of both.
type separationRow struct {
	models.Separation `gorm:"embedded"`
	FirstName         string
	SecondName        string
}

func (r *separationRow) view(now time.Time) SeparationView {
	s := &r.Separation
	return SeparationView{Record: s.Record, Kind: s.Kind, Protected: SeparationSide{s.FirstID, r.FirstName}, KeptApart: SeparationSide{s.SecondID, r.SecondName},
		ReviewOn: s.ReviewOn, EndsOn: s.EndsOn, Status: s.Status, InForce: s.InForce(now), CreatedBy: s.CreatedBy, EndedBy: s.EndedBy, EndedAt: s.EndedAt}
}

func separationRows(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Model(&models.Separation{}).Scopes(people.VisibleSeparations(actor, now)).
		Select(`separations.*, btrim(coalesce(nullif(f.preferred_name, ''), f.given_name) || ' ' || f.family_name) as first_name,
			btrim(coalesce(nullif(k.preferred_name, ''), k.given_name) || ' ' || k.family_name) as second_name`).
		Joins("join members f on f.id = separations.first_id").Joins("join members k on k.id = separations.second_id")
}

// findSeparation reads one through the caller's scope. Errors: not_found.
func findSeparation(db *gorm.DB, actor *services.Actor, now time.Time, id uuid.UUID) (*separationRow, error) {
	var rows []separationRow
	if err := separationRows(db, actor, now).Where("separations.id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, services.NotFound("separation")
	}
	return &rows[0], nil
}

// NewSeparation keeps two people apart.
type NewSeparation struct {
	Kind        models.SeparationKind `json:"kind" enum:"mutual,protected" doc:"protected: protected_id from kept_apart_id; mutual: each from the other" example:"protected"`
	ProtectedID uuid.UUID             `json:"protected_id" doc:"Who is protected; of a mutual one, either of the two"`
	KeptApartID uuid.UUID             `json:"kept_apart_id" doc:"Whose requests staff look at"`
	ReviewOn    models.Date           `json:"review_on" doc:"When staff are to see whether it is still needed: within two years"`
	EndsOn      *models.Date          `json:"ends_on,omitempty" required:"false" nullable:"true" doc:"The last day on which it holds"`
	Reason      string                `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log. A court's order is never stored, nor what it says" example:"Asked for by Ana; seen by our counsel"`
}

// CreateSeparation keeps two people apart from now on. Coaching that brings them together stops at once. What else both have by
// now is cancelled nowhere: the answer lists it, and each is a task of the same day for staff who are close to neither. What the one asks for while this is created is not
// missed.
// Errors: forbidden own_record when either is the caller or close to them; not_found; conflict already_separated; invalid
// same_person, record_closed, or for dates that have passed.
func (s *Service) CreateSeparation(ctx context.Context, in NewSeparation) (*SeparationView, error) {
	return services.Mutate(ctx, s.core, "separation.create", func(tx *services.Tx) (*SeparationView, error) {
		if in.ProtectedID == in.KeptApartID {
			return nil, services.InvalidField("/kept_apart_id", "same_person", "Choose two different people.")
		}
		if err := checkDays(tx.Now(), in.ReviewOn, in.EndsOn); err != nil {
			return nil, err
		}
		both, err := people.LockPair(tx, in.ProtectedID, in.KeptApartID)
		if err != nil {
			return nil, err
		}
		for field, id := range map[string]uuid.UUID{"/protected_id": in.ProtectedID, "/kept_apart_id": in.KeptApartID} {
			if m := both[id]; m.Gone() {
				return nil, services.InvalidField(field, codeSeparationRecordOff, "The record of this person is closed.")
			}
		}
		row := models.Separation{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}, Kind: in.Kind,
			FirstID: in.ProtectedID, SecondID: in.KeptApartID, ReviewOn: in.ReviewOn, EndsOn: in.EndsOn, Status: models.SeparationLive, CreatedBy: tx.Actor().MemberID}
		if err := whyApart(tx, &row, in.Reason); err != nil {
			return nil, err
		}
		if err := people.AddSeparation(tx, &row); err != nil {
			return nil, err
		}
		return s.stands(tx, row.ID)
	})
}

func checkDays(now time.Time, review models.Date, ends *models.Date) error {
	today := models.SeparationDay(now)
	var bad []services.FieldError
	if review.Before(today.Time) || review.After(today.AddDate(2, 0, 0)) {
		bad = append(bad, services.FieldError{Field: "/review_on", Code: "out_of_range", Message: "Give a day from today on, within two years."})
	}
	if ends != nil && ends.Before(today.Time) {
		bad = append(bad, services.FieldError{Field: "/ends_on", Code: "out_of_range", Message: "Give a day from today on, or leave it out."})
	}
	if len(bad) > 0 {
		return services.Invalid(bad...)
	}
	return nil
}

// whyApart keeps the reason, sealed under the key of the protected side. Errors: invalid for a blank reason.
func whyApart(tx *services.Tx, s *models.Separation, reason string) error {
	if reason = services.Prose(reason); reason == "" {
		return services.InvalidField("/reason", "required", "Say why.")
	}
	return tx.Reason(s.FirstID, reason)
}

// stands answers a separation that stands from now on: it looks through what both have, gives staff what is to do, and ends
// the link of two battle buddies.
func (s *Service) stands(tx *services.Tx, id uuid.UUID) (*SeparationView, error) {
	row, err := findSeparation(tx.DB, tx.Actor(), tx.Now(), id)
	if err != nil {
		return nil, err
	}
	out := row.view(tx.Now())
	if !out.InForce {
		return &out, nil
	}
	if err := people.EndBuddyLinks(tx, row.FirstID, row.SecondID); err != nil {
		return nil, err
	}
	if err := askToReviewSeparation(tx, &row.Separation); err != nil {
		return nil, err
	}
	if err := coaching.HoldApart(tx, id); err != nil {
		return nil, err
	}
	return &out, out.askAboutClashes(tx)
}

// findClashes finds where both have a place, or wait for one, in what is not over.
func (v *SeparationView) findClashes(tx *services.Tx) (err error) {
	if v.Clashes, err = workshops.SeparationClashes(tx, v.ID); err != nil {
		return err
	}
	if v.Engagements, err = coaching.SeparationClashes(tx, v.ID); err != nil {
		return err
	}
	v.Cohorts, err = programs.CohortClashes(tx, v.ID)
	return err
}

// askAboutClashes finds them, and gives staff a task for each.
func (v *SeparationView) askAboutClashes(tx *services.Tx) error {
	if err := v.findClashes(tx); err != nil {
		return err
	}
	if err := workshops.AskAboutClashes(tx, v.Clashes); err != nil {
		return err
	}
	return programs.AskAboutCohortClashes(tx, v.Cohorts)
}

// askToReviewSeparation has staff see whether it is still needed, before it ends by itself too.
func askToReviewSeparation(tx *services.Tx, s *models.Separation) error {
	due := s.ReviewOn
	if s.EndsOn != nil && s.EndsOn.Before(due.Time) {
		due = *s.EndsOn
	}
	_, err := tasks.Open(tx, tasks.New{Kind: taskReviewSeparation, MemberID: &s.SecondID, AlsoAbout: []uuid.UUID{s.FirstID}, Record: separationRecord, RecordID: &s.ID,
		Queue: "coordinators", Title: "See whether two people must still be kept apart", DueAt: due.Add(17 * time.Hour)})
	return err
}

// PatchSeparation changes when it is reviewed and when it ends.
type PatchSeparation struct {
	ReviewOn services.Field[models.Date] `json:"review_on,omitzero" required:"false" doc:"When staff are to see whether it is still needed"`
	EndsOn   services.Field[models.Date] `json:"ends_on,omitzero" required:"false" doc:"The last day on which it holds; null for until staff end it"`
	Reason   string                      `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Reviewed with both; still needed"`
}

// UpdateSeparation changes its dates. One that comes into force again by that is looked through like a new one.
// Errors: not_found; stale; conflict separation_ended; invalid for dates that have passed.
func (s *Service) UpdateSeparation(ctx context.Context, id uuid.UUID, in PatchSeparation) (*SeparationView, error) {
	return s.change(ctx, id, "separation.update", in.Reason, func(tx *services.Tx, row *models.Separation) error {
		if err := tx.CheckVersion(row.Version); err != nil {
			return err
		}
		if row.Status != models.SeparationLive {
			return errSeparationEnded
		}
		review := models.SeparationDay(tx.Now()) // what is not given stays as it is, passed or not
		var ends *models.Date
		if in.ReviewOn.Set {
			if in.ReviewOn.Value == nil {
				return services.InvalidField("/review_on", "required", "Give a day.")
			}
			row.ReviewOn = *in.ReviewOn.Value
			review = row.ReviewOn
		}
		if in.EndsOn.Set {
			row.EndsOn = in.EndsOn.Value
			ends = row.EndsOn
		}
		if err := checkDays(tx.Now(), review, ends); err != nil {
			return err
		}
		return tasks.CloseFor(tx, separationRecord, row.ID, taskReviewSeparation) // a new one has the new day
	})
}

var errSeparationEnded = services.Conflict(codeSeparationEnded, "This separation has ended. Reinstate it first.")

// SeparationReason is why staff do it.
type SeparationReason struct {
	Reason string `json:"reason" minLength:"3" maxLength:"1000" doc:"Kept sealed in the audit log" example:"Both asked for it, each on their own"`
}

// EndSeparation lets the two meet again. What waits for staff waits on, for them to look at.
// Errors: not_found; conflict separation_ended.
func (s *Service) EndSeparation(ctx context.Context, id uuid.UUID, in SeparationReason) (*SeparationView, error) {
	return s.change(ctx, id, "separation.end", in.Reason, func(tx *services.Tx, row *models.Separation) error {
		if row.Status != models.SeparationLive {
			return errSeparationEnded
		}
		at, by := tx.Now(), tx.Actor().MemberID
		row.Status, row.EndedAt, row.EndedBy = models.SeparationEnded, &at, &by
		return tasks.CloseFor(tx, separationRecord, row.ID, taskReviewSeparation)
	})
}

// ReinstateSeparation takes the end back, and looks through what both have by now. A last day that has passed is dropped.
// Errors: not_found; conflict separation_stands, and already_separated when a newer one stands.
func (s *Service) ReinstateSeparation(ctx context.Context, id uuid.UUID, in SeparationReason) (*SeparationView, error) {
	return s.change(ctx, id, "separation.reinstate", in.Reason, func(tx *services.Tx, row *models.Separation) error {
		if row.Status == models.SeparationLive {
			return services.Conflict(codeSeparationStanding, "This separation has not ended.")
		}
		row.Status, row.EndedAt, row.EndedBy = models.SeparationLive, nil, nil
		if row.EndsOn != nil && row.EndsOn.Before(models.SeparationDay(tx.Now()).Time) {
			row.EndsOn = nil
		}
		return nil
	})
}

// change is a use case on one separation. Its pair is locked, as when it was created, and it is read again under the lock.
func (s *Service) change(ctx context.Context, id uuid.UUID, action, reason string, do func(*services.Tx, *models.Separation) error) (*SeparationView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*SeparationView, error) {
		known, err := findSeparation(tx.DB, tx.Actor(), tx.Now(), id)
		if err != nil {
			return nil, err
		}
		if _, err := people.LockPair(tx, known.FirstID, known.SecondID); err != nil {
			return nil, err
		}
		fresh, err := findSeparation(tx.DB, tx.Actor(), tx.Now(), id)
		if err != nil {
			return nil, err
		}
		row := fresh.Separation
		if err := do(tx, &row); err != nil {
			return nil, err
		}
		if err := whyApart(tx, &row, reason); err != nil {
			return nil, err
		}
		if err := people.SaveSeparation(tx, fresh.Separation, &row); err != nil {
			return nil, err
		}
		return s.stands(tx, id)
	})
}

// Separation shows one, with the clashes that stand.
// Errors: not_found, as for an unknown one, to who must not know of it.
func (s *Service) Separation(ctx context.Context, id uuid.UUID) (*SeparationView, error) {
	return services.Disclose(ctx, s.core, "separation.read", func(d *services.Disclosure) (*SeparationView, error) {
		d.Object(id)
		tx := d.Tx()
		row, err := findSeparation(d.DB, tx.Actor(), tx.Now(), id)
		if err != nil {
			return nil, err
		}
		d.Subject(row.FirstID, row.SecondID)
		out := row.view(tx.Now())
		if out.InForce {
			err = out.findClashes(tx)
		}
		return &out, err
	})
}

// SeparationFilter picks separations of the list.
type SeparationFilter struct {
	services.PageQuery
	MemberID uuid.UUID                 `query:"member_id" doc:"Only of this person, on either side"`
	Status   []models.SeparationStatus `query:"status,explode" maxItems:"2" enum:"live,ended" doc:"Only in these statuses"`
}

var separationList = services.List[separationRow]{
	IDColumn: "separations.id", ID: func(r separationRow) uuid.UUID { return r.ID }, Default: "created_at",
	Sorts: []services.Sort[separationRow]{
		{Name: "created_at", Column: "separations.created_at", Cast: "timestamptz", Key: func(r separationRow) any { return r.CreatedAt }},
		{Name: "review_on", Column: "separations.review_on", Cast: "date", Key: func(r separationRow) any { return r.ReviewOn }},
	},
}

// Separations pages through those that the caller may know of; the others are absent, from the count too.
func (s *Service) Separations(ctx context.Context, f SeparationFilter) (services.Page[SeparationView], error) {
	return services.Disclose(ctx, s.core, "separation.list", func(d *services.Disclosure) (services.Page[SeparationView], error) {
		now := d.Tx().Now()
		q := separationRows(d.DB, d.Tx().Actor(), now)
		if f.MemberID != uuid.Nil {
			d.Object(f.MemberID) // no subject: that somebody looked says nothing of them
			q = q.Where("(separations.first_id = ? OR separations.second_id = ?)", f.MemberID, f.MemberID)
		}
		if len(f.Status) > 0 {
			q = q.Where("separations.status IN ?", f.Status)
		}
		rows, err := separationList.Find(ctx, s.core, q, f.PageQuery)
		page := services.Page[SeparationView]{Data: []SeparationView{}, NextCursor: rows.NextCursor, Total: rows.Total}
		for i := range rows.Data {
			page.Data = append(page.Data, rows.Data[i].view(now))
			d.Subject(rows.Data[i].FirstID, rows.Data[i].SecondID)
		}
		return page, err
	})
}
