package workshops

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/paper"
)

// IssueCertificates says whose certificates are to be made: of some, or of all who attended.
type IssueCertificates struct {
	AttendeeIDs []uuid.UUID `json:"attendee_ids,omitempty" required:"false" minItems:"1" maxItems:"500" doc:"Whose; leave it out with all"`
	All         bool        `json:"all,omitempty" required:"false" doc:"Of everybody who attended a completed session" example:"true"`
}

// IssuedCertificates is what came of it.
type IssuedCertificates struct {
	Data    []CertificateView `json:"data" nullable:"false" doc:"What stands now for those who were asked for, be it new or as it was. With all only what is new"`
	LeftOut []NotCertified    `json:"left_out" nullable:"false" doc:"With all the first 5,000"`
	More    bool              `json:"more" doc:"With all: there are more to make; ask again"`
}

// NotCertified is somebody who got none, and why.
type NotCertified struct {
	AttendeeID uuid.UUID `json:"attendee_id"`
	Reason     string    `json:"reason" enum:"not_attended,colleague,not_printable" doc:"not_attended: no completed session; colleague: yourself, somebody close to you, or a record that is kept to others; not_printable: a name in letters that certificates cannot show, enter a preferred name" example:"not_attended"`
}

const (
	mostIssued    = 500   // in one call
	mostAttendees = 5_000 // read at once, and left out by name
)

// candidate is somebody who may get a certificate.
type candidate struct {
	ID        uuid.UUID
	MemberID  *uuid.UUID
	GuestName *string
	Given     string
	Family    string
	Closed    bool
}

func (c *candidate) name() string {
	if c.MemberID == nil {
		return services.Line(c.Given)
	}
	return services.Line(c.Given + " " + c.Family)
}

const certificateNames = `coalesce(nullif(m.preferred_name, ''), m.given_name, a.guest_name, a.invite_name, '') as given, coalesce(m.family_name, '') as family`

// IssueCertificates makes the certificates of attendance of those who attended at least one completed session. Asking again makes
// nothing new, unless what it would state is another by now: the attendance was corrected, sessions followed, the name or the title
// changed. Then the new one supersedes the old. One that was revoked is followed by a new one.
// Errors: not_found; invalid for somebody who is not of the workshop, and when neither or both of ids and all are given.
func (s *Service) IssueCertificates(ctx context.Context, workshopID uuid.UUID, in IssueCertificates) (*IssuedCertificates, error) {
	if in.All == (len(in.AttendeeIDs) > 0) {
		return nil, services.InvalidField("/attendee_ids", "one_of", "Say whose certificates to make: attendee_ids, or all.")
	}
	return services.Mutate(ctx, s.core, "certificate.issue", func(tx *services.Tx) (*IssuedCertificates, error) {
		if err := ledWorkshop(tx.DB, tx.Actor(), workshopID); err != nil {
			return nil, err
		}
		i, err := openIssue(tx, workshopID, in)
		if err != nil {
			return nil, err
		}
		for more := true; more && !i.out.More; {
			if more, err = i.read(workshopID, in); err != nil {
				return nil, err
			}
			for n := range i.candidates {
				i.consider(&i.candidates[n])
			}
		}
		return i.out, i.store()
	})
}

// issue is one call: what is known, and what is to be stored.
type issue struct {
	tx         *services.Tx
	all        bool
	title      string
	today      models.Date
	candidates []candidate // those read last
	last       uuid.UUID
	sheets     map[uuid.UUID]models.SheetLines
	standing   map[uuid.UUID]*models.Certificate
	fresh      []models.Certificate
	replaced   []*models.Certificate
	out        *IssuedCertificates
}

func openIssue(tx *services.Tx, workshopID uuid.UUID, in IssueCertificates) (*issue, error) {
	i := &issue{tx: tx, all: in.All, standing: map[uuid.UUID]*models.Certificate{}, out: &IssuedCertificates{Data: []CertificateView{}, LeftOut: []NotCertified{}}}
	var w models.Workshop
	if err := tx.DB.Table("workshops").Select("title, time_zone").Where("id = ?", workshopID).Take(&w).Error; err != nil {
		return nil, err
	}
	i.title, i.today = w.Title, models.DayIn(tx.Now(), w.TimeZone)
	tx.Locks(services.LockAttendees)
	return i, nil
}

// read locks the next attendees, so that nobody corrects their attendance meanwhile, and reads what they did. It says whether there
// may be more of them.
func (i *issue) read(workshopID uuid.UUID, in IssueCertificates) (bool, error) {
	tx := i.tx
	i.candidates = nil
	q := tx.DB.Table("attendees as a").Joins("join registrations r on r.id = a.registration_id").Joins("left join members m on m.id = a.member_id").Where("r.workshop_id = ? and a.id > ?", workshopID, i.last).
		Select("a.id, a.member_id, a.guest_name, "+certificateNames+", coalesce(a.member_id = ? or a.member_id in (select closed_to(?, ?)), false) as closed",
			tx.Actor().MemberID, tx.Actor().MemberID, models.DateOf(tx.Now()))
	if in.All {
		q = q.Where("exists (select from attendance t join workshop_sessions s on s.id = t.session_id where t.attendee_id = a.id and t.status in ('present', 'late') and s.status = 'completed')")
	} else {
		q = q.Where("a.id = any(?::uuid[])", models.IDs(in.AttendeeIDs))
	}
	if err := q.Clauses(clause.Locking{Strength: alone, Table: clause.Table{Name: "a"}}).Order("a.id").Limit(mostAttendees).Find(&i.candidates).Error; err != nil {
		return false, err
	}
	if err := i.known(in); err != nil {
		return false, err
	}
	ids := make(models.IDs, len(i.candidates))
	for n := range i.candidates {
		ids[n] = i.candidates[n].ID
		i.last = ids[n]
	}
	var stand []models.Certificate
	err := tx.DB.Where("attendee_id = any(?::uuid[]) and superseded_at is null and revoked_at is null", ids).Find(&stand).Error
	if err != nil {
		return false, err
	}
	for n := range stand {
		i.standing[stand[n].AttendeeID] = &stand[n]
	}
	i.sheets, err = readSheets(tx.DB, ids)
	return len(ids) == mostAttendees, err
}

// known checks that everybody who was asked for is of the workshop.
// Errors: invalid, naming each who is not.
func (i *issue) known(in IssueCertificates) error {
	var faults []services.FieldError
	for n, id := range in.AttendeeIDs {
		if !slices.ContainsFunc(i.candidates, func(c candidate) bool { return c.ID == id }) {
			faults = append(faults, services.FieldError{Field: fmt.Sprintf("/attendee_ids/%d", n), Code: "unknown_attendee", Message: "This person is not of this workshop."})
		}
	}
	if len(faults) > 0 {
		return services.Invalid(faults...)
	}
	return nil
}

// consider decides what becomes of one person, as long as there is room for one more.
func (i *issue) consider(c *candidate) {
	state, stands := i.sheets[c.ID].Statement(), i.standing[c.ID]
	switch name := c.name(); {
	case c.Closed:
		i.leaveOut(c, "colleague")
	case state == nil:
		i.leaveOut(c, "not_attended")
	case stands != nil && stands.Same(state) && stands.NameShown == name && stands.Title == i.title:
		if !i.all {
			i.show(stands, c)
		}
	case name == "" || paper.Unprintable(name) != "":
		i.leaveOut(c, "not_printable")
	case i.out.More || len(i.fresh) == mostIssued:
		i.out.More = true
	default:
		made := models.Certificate{ID: services.NewID(), AttendeeID: c.ID, MemberID: c.MemberID, Code: newCertificateCode(), Title: i.title, NameShown: name, Statement: *state,
			IssuedAt: i.tx.Now(), IssuedOn: i.today, IssuedBy: i.tx.Actor().MemberID}
		i.fresh = append(i.fresh, made)
		if stands != nil {
			before, at := *stands, i.tx.Now()
			stands.SupersededAt, stands.SupersededBy = &at, &made.ID
			i.tx.Changed(before, *stands)
			i.replaced = append(i.replaced, stands)
		}
		i.tx.Changed(nil, made)
		i.show(&made, c)
	}
}

func (i *issue) leaveOut(c *candidate, reason string) {
	if len(i.out.LeftOut) < mostAttendees {
		i.out.LeftOut = append(i.out.LeftOut, NotCertified{c.ID, reason})
	}
}

func (i *issue) show(made *models.Certificate, c *candidate) {
	row := certificateRow{Certificate: *made, Given: c.Given, Family: c.Family}
	i.out.Data = append(i.out.Data, row.view(i.sheets[c.ID]))
}

// store writes all of it: first those that are superseded, for one alone stands for each person.
func (i *issue) store() error {
	if len(i.fresh) == 0 {
		i.tx.Unchanged()
		return nil
	}
	var old, next []uuid.UUID
	var at []time.Time
	for _, c := range i.replaced {
		old, next, at = append(old, c.ID), append(next, *c.SupersededBy), append(at, *c.SupersededAt)
	}
	if len(old) > 0 {
		i.tx.Queue(`update certificates c set superseded_at = u.at, superseded_by = u.next from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) u(id, next, at) where c.id = u.id`, old, next, at)
	}
	return i.tx.DB.CreateInBatches(i.fresh, mostIssued).Error
}
