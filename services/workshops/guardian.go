package workshops

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homefront/models"
	"homefront/services"
	"homefront/services/forms"
	"homefront/services/notices"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/tasks"
)

// followGuardian does for a child's places and enrollments what became of a guardianship: when its guardian may act no longer, each place
// that they entered leaves their party and waits for staff; when they may again, it is theirs again. Doing it twice does
// nothing more.
func (s *Service) followGuardian(ctx context.Context, job people.GuardianshipChanged) error {
	type entered struct {
		RegistrationID uuid.UUID
		GuardianID     uuid.UUID
	}
	rows, err := services.Read(ctx, s.core, func(db *gorm.DB) (rows []entered, err error) {
		return rows, db.Raw(`select distinct a.registration_id, g.guardian_id from guardianships g join attendees a on a.member_id = g.child_id and a.state = 'attending' and a.live
			join registrations r on r.id = a.registration_id join workshops w on w.id = r.workshop_id left join workshop_sessions s on s.id = r.session_id
			where g.id = ? and coalesce(s.ends_at, w.ends_at) > ?
				and (a.entered_by = g.guardian_id or exists (select from released_places p where p.attendee_id = a.id and p.released_from = g.guardian_id))
			order by a.registration_id`, job.GuardianshipID, s.core.Clock.Now()).Scan(&rows).Error
	})
	for _, row := range rows {
		_, failed := services.Mutate(services.AsSystem(ctx, job.Kind()), s.core, "registration.follow_guardian", func(tx *services.Tx) (*struct{}, error) {
			tx.Unchanged()
			return nil, followIn(tx, row.RegistrationID, job.GuardianshipID)
		})
		err = errors.Join(err, failed)
	}
	return errors.Join(err, programs.FollowGuardian(ctx, s.core, job.GuardianshipID))
}

// followIn looks at one party again, under its locks.
func followIn(tx *services.Tx, registrationID, guardianshipID uuid.UUID) error {
	d, p, err := openParty(tx, registrationID)
	if err != nil || !p.State.Live() {
		return err
	}
	g, _, err := people.InForce(tx, guardianshipID)
	if err != nil {
		return err
	}
	authority, err := people.AuthorityOver(tx, &services.Actor{MemberID: g.GuardianID}, []uuid.UUID{g.ChildID})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.attendees, func(a models.Attendee) bool { return a.Goes() && a.MemberID != nil && *a.MemberID == g.ChildID })
	if i < 0 {
		return nil
	}
	may := authority[g.ChildID]
	switch a := &p.attendees[i]; {
	case may.Allowed && a.EnteredBy != g.GuardianID:
		return d.handBack(p, a, g.GuardianID, may.NeedsReview)
	case !may.Allowed && a.EnteredBy == g.GuardianID:
		return d.release(p, a, g.GuardianID)
	}
	return nil
}

// release takes the place that a guardian entered out of their hands. An adult who leads the party and may act for the
// child takes it over; else it stands alone, led by the child, and staff find out who looks after it. It keeps its seat
// or its place in line, and nobody is written to. What a form still asks goes with it; what was answered does not.
func (d *desk) release(p *party, a *models.Attendee, guardian uuid.UUID) error {
	child := *a.MemberID
	d.tx.Queue(`insert into released_places (attendee_id, released_from, released_at) values ($1, $2, $3)
		on conflict (attendee_id) do update set released_from = excluded.released_from, released_at = excluded.released_at`, a.ID, guardian, d.tx.Now())
	a.CodeVersion++ // whoever has a picture of the old code does not come in with it
	attendee := a.ID
	if heir, err := d.heir(p, child, guardian); err != nil {
		return err
	} else if heir {
		a.EnteredBy = p.LeadMemberID
		if err := d.close(p); err != nil {
			return err
		}
		return forms.Hand(d.tx, models.FormRecordAttendee, p.LeadMemberID, attendee)
	}
	a.EnteredBy = child
	minor := d.minorNow(p, child)
	parties := []*party{p}
	waits := p.State == models.RegistrationWaitlisted
	alone := !slices.ContainsFunc(p.attendees, func(o models.Attendee) bool { return o.ID != a.ID && o.StillThere(d.tx.Now()) })
	if alone {
		p.LeadMemberID, p.EnteredBy, p.Note, p.SharedWithGuardians = child, child, "", false
		notices.Recall(d.tx, "registration", p.ID)
	} else {
		parties = []*party{d.standAlone(p, a.ID), p}
	}
	q := parties[0]
	d.change(q, func() {
		if !minor {
			return
		}
		q.lookAt(models.ReviewGuardianship)
		if q.State == models.RegistrationConfirmed {
			q.State = models.RegistrationPending
		}
	})
	d.shrunk = waits && !alone // what stays behind asks for less than before
	if err := d.close(parties...); err != nil {
		return err
	}
	if err := forms.Hand(d.tx, models.FormRecordAttendee, child, attendee); err != nil {
		return err
	}
	if q.State == models.RegistrationOffered && !alone {
		if err := d.tx.Enqueue(ExpireOffer{q.ID}, *q.OfferExpiresAt); err != nil {
			return err
		}
	}
	_, err := tasks.Open(d.tx, tasks.New{Kind: models.TaskGuardianGone, MemberID: &child, AlsoAbout: []uuid.UUID{guardian}, Record: "registration", RecordID: &q.ID,
		Queue: "coordinators", Title: "A place whose guardian has gone: who looks after it now?", DueAt: today(d.tx.Now(), d.starts(), d.workshop.TimeZone)})
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// heir says whether who leads the party may act for the child, too.
func (d *desk) heir(p *party, child, guardian uuid.UUID) (bool, error) {
	if p.LeadMemberID == guardian || p.LeadMemberID == child {
		return false, nil
	}
	a, err := people.AuthorityOver(d.tx, &services.Actor{MemberID: p.LeadMemberID}, []uuid.UUID{child})
	return a[child].Allowed, err
}

func (d *desk) minorNow(p *party, member uuid.UUID) bool {
	m := p.people[member]
	return m.MinorOn(m.Today(d.tx.Now()))
}

// standAlone moves one attendee into a party of their own, in the state of the old one.
func (d *desk) standAlone(p *party, attendeeID uuid.UUID) *party {
	now, i := d.tx.Now(), slices.IndexFunc(p.attendees, func(a models.Attendee) bool { return a.ID == attendeeID })
	q := &party{Registration: p.Registration, people: p.people}
	d.count(p, -1)
	a := p.attendees[i]
	a.RegistrationID = services.NewID()
	q.Record = models.Record{ID: a.RegistrationID, Version: p.Version + 1, CreatedAt: now, UpdatedAt: now}
	q.LeadMemberID, q.EnteredBy, q.Note, q.SharedWithGuardians = *a.MemberID, *a.MemberID, "", false
	q.Review = slices.DeleteFunc(slices.Clone(p.Review), func(why models.ReviewReason) bool { return why == models.ReviewSecondBooking && !a.Second })
	q.attendees = []models.Attendee{a}
	was := p.wasThere
	p.attendees = slices.Delete(slices.Clone(p.attendees), i, i+1)
	q.wasThere, p.wasThere = movedFrom(was, q.attendees), movedFrom(was, p.attendees)
	d.count(p, +1)
	d.count(q, +1)
	return q
}

// handBack puts a place into the hands of the guardian who had entered it. It stays in the state that staff left it in; a
// claim that is not confirmed has them look at it again.
func (d *desk) handBack(p *party, a *models.Attendee, guardian uuid.UUID, review bool) error {
	if p.LeadMemberID == *a.MemberID {
		p.LeadMemberID, p.EnteredBy = guardian, guardian
	}
	a.EnteredBy, a.CodeVersion = guardian, a.CodeVersion+1
	d.tx.Queue(`delete from released_places where attendee_id = $1`, a.ID)
	if review {
		d.change(p, func() { d.reviewAgain(p, []models.ReviewReason{models.ReviewGuardianship}) })
	}
	attendee := a.ID
	if err := d.close(p); err != nil {
		return err
	}
	if err := forms.Hand(d.tx, models.FormRecordAttendee, guardian, attendee); err != nil {
		return err
	}
	if err := tasks.CloseFor(d.tx, "registration", p.ID, models.TaskGuardianGone); err != nil {
		return err
	}
	return d.askToReview(p)
}

// today is the end of this day in a zone, or when it starts if that comes first.
func today(now, starts time.Time, zone string) time.Time {
	at := now
	if place, err := time.LoadLocation(zone); err == nil {
		at = now.In(place)
	}
	end := time.Date(at.Year(), at.Month(), at.Day(), 23, 59, 0, 0, at.Location()).UTC()
	if starts.After(now) && starts.Before(end) {
		return starts
	}
	return end
}

// readers are readersOf without a lead who comes themselves to nothing of it and of whom nobody else is left to hear: all
// that the party is, they entered for members whom they may act for no longer.
func (d *desk) readers(p *party) ([]reader, error) {
	out := readersOf(p)
	if out[0].seat != nil || !slices.ContainsFunc(p.attendees, func(a models.Attendee) bool { return a.Kind == models.SeatChild && a.MemberID != nil }) {
		return out, nil
	}
	ties, err := people.TiesOf(d.tx.DB, p.LeadMemberID)
	seen := party{Registration: p.Registration, attendees: p.attendees, released: ties.Released(d.tx.Now())}
	if seen.lostTo(&services.Actor{MemberID: p.LeadMemberID}) {
		return out[1:], err
	}
	return out, err
}

// Share shows a party's children's places to the other guardians of those children, who may look and change nothing.
// Errors: not_found; forbidden not_yours_to_change unless the caller leads the party.
func (s *Service) Share(ctx context.Context, id uuid.UUID) (*RegistrationView, error) {
	return s.setShared(ctx, "registration.share", id, true)
}

// Unshare takes that back. Nobody is told.
// Errors: those of Share.
func (s *Service) Unshare(ctx context.Context, id uuid.UUID) (*RegistrationView, error) {
	return s.setShared(ctx, "registration.unshare", id, false)
}

func (s *Service) setShared(ctx context.Context, action string, id uuid.UUID, shared bool) (*RegistrationView, error) {
	return services.Mutate(ctx, s.core, action, func(tx *services.Tx) (*RegistrationView, error) {
		d, p, err := openParty(tx, id)
		if err != nil {
			return nil, err
		}
		if p.LeadMemberID != tx.Actor().MemberID {
			return nil, services.Forbidden(CodeNotYours, "Only who leads the party decides who else sees it.")
		}
		tx.Unchanged()
		if p.SharedWithGuardians == shared {
			return d.view(p)
		}
		p.SharedWithGuardians = shared
		return d.finish(p, func(*party) error { return nil })
	})
}
