package workshops

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/paper"
)

// PaperFile is something to print, as a file.
type PaperFile struct {
	Name        string
	ContentType string
	Bytes       []byte
}

const pdfType = "application/pdf"

// lookAtOwnCertificate is the name of a look that is no look of staff.
const lookAtOwnCertificate = "certificate.read_own"

// certificateReader is who asks for somebody's certificate: themselves, whoever entered them, or staff.
type certificateReader struct {
	memberID *uuid.UUID
	own      bool
}

// Certificate draws the certificate of one attendee, for themselves, for whoever entered them and may act for them still, and for
// staff who lead the workshop. It is the one that stands, as it was issued: the same bytes each time.
// Errors: not_found; conflict not_issued, certificate_changed when the attendance has been corrected since and it must be issued
// again.
func (s *Service) Certificate(ctx context.Context, registrationID, attendeeID uuid.UUID) (*PaperFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	who, err := services.Read(ctx, s.core, func(db *gorm.DB) (*certificateReader, error) {
		return certificateReaderOf(db, actor, registrationID, attendeeID, s.core.Clock.Now())
	})
	action := "certificate.read"
	if !actor.Staff() || err == nil && who.own {
		action = lookAtOwnCertificate
	}
	found, err := services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*models.Certificate, error) {
		d.Object(attendeeID)
		if err != nil {
			return nil, err
		}
		if who.memberID != nil {
			d.Subject(*who.memberID)
		}
		return standingCertificate(d.DB, attendeeID)
	})
	if err != nil {
		return nil, err
	}
	return s.drawCertificate(found)
}

// certificateReaderOf says as what the actor may see the certificate of an attendee.
// Errors: not_found.
func certificateReaderOf(db *gorm.DB, actor *services.Actor, registrationID, attendeeID uuid.UUID, now time.Time) (*certificateReader, error) {
	var found []struct {
		Attendee     models.Attendee `gorm:"embedded"`
		LeadMemberID uuid.UUID
		Closed       bool
		Led          bool
	}
	err := db.Table("attendees as a").Joins("join registrations r on r.id = a.registration_id").Where("a.id = ? and r.id = ?", attendeeID, registrationID).
		Select("a.*, r.lead_member_id, coalesce(a.member_id in (select closed_to(?, ?)), false) as closed, r.workshop_id in "+facilitated+" as led",
			actor.MemberID, models.DateOf(now), actor.MemberID, actor.MemberID).Limit(1).Find(&found).Error
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.NotFound("certificate")
	}
	f := &found[0]
	a := &f.Attendee
	sees, err := sightOf(db, actor, now)
	if err != nil {
		return nil, err
	}
	who := &certificateReader{memberID: a.MemberID}
	switch {
	case a.MemberID == nil:
		who.own = f.LeadMemberID == actor.MemberID || a.EnteredBy == actor.MemberID
	case *a.MemberID == actor.MemberID:
		who.own = !a.Second
	default:
		who.own = a.InviteID == nil && a.EnteredBy == actor.MemberID && !slices.Contains(sees.released, *a.MemberID)
	}
	if who.own || !f.Closed && (actor.Coordinates() || f.Led && actor.Has(models.RoleFacilitator)) {
		return who, nil
	}
	return nil, services.NotFound("certificate")
}

// standingCertificate is the one that may be handed out.
// Errors: conflict not_issued, certificate_changed.
func standingCertificate(db *gorm.DB, attendeeID uuid.UUID) (*models.Certificate, error) {
	var found []models.Certificate
	if err := db.Where("attendee_id = ? and superseded_at is null and revoked_at is null", attendeeID).Limit(1).Find(&found).Error; err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, services.Conflict(CodeNotIssued, "There is no certificate yet. Whoever leads the workshop issues it after the sessions.")
	}
	sheets, err := readSheets(db, models.IDs{attendeeID})
	if err != nil {
		return nil, err
	}
	if found[0].Status(sheets[attendeeID]) != models.CertificateValid {
		return nil, services.Conflict(CodeCertificateChanged, "The attendance has been corrected since this certificate was issued. Whoever leads the workshop has to issue it again.")
	}
	return &found[0], nil
}

const (
	dayInWords   = "January 2, 2006"
	codeInDrawn  = 320 // pixels a side
	daysOnOneRow = "Jan 2"
)

func (s *Service) drawCertificate(c *models.Certificate) (*PaperFile, error) {
	at := s.checkedAt(c.Code)
	qr, err := QRPNG(at, codeInDrawn)
	if err != nil {
		return nil, err
	}
	sheet := paper.Certificate{Organization: s.cfg.OrgName, Title: "Certificate of Attendance", Name: c.NameShown, Did: "has attended", What: cmp.Or(paper.Readable(c.Title), "a workshop"),
		Lines: []string{daysInWords(c.FirstOn, c.LastOn), strconv.Itoa(c.Attended) + " of " + numbered(c.Offered, "session") + ", " + timeInWords(c.Minutes)},
		Day:   c.IssuedOn.Format(dayInWords), Number: grouped(c.Code), Check: at, QR: qr, At: c.IssuedAt}
	layout := daysOnOneRow
	if c.FirstOn.Year() != c.LastOn.Year() {
		layout = "Jan 2 2006"
	}
	for _, session := range c.Sessions {
		sheet.Small = append(sheet.Small, session.On.Format(layout)+" ("+strconv.Itoa(session.Minutes)+" min)")
	}
	drawn, err := sheet.PDF()
	return &PaperFile{Name: "certificate-" + c.Code[:8] + ".pdf", ContentType: pdfType, Bytes: drawn}, err
}

func daysInWords(from, until models.Date) string {
	if from.String() == until.String() {
		return from.Format(dayInWords)
	}
	return from.Format(dayInWords) + " – " + until.Format(dayInWords)
}

func numbered(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// timeInWords is a length of time in hours and minutes.
func timeInWords(minutes int) string {
	var parts []string
	if h := minutes / 60; h > 0 {
		parts = append(parts, numbered(h, "hour"))
	}
	if m := minutes % 60; m > 0 || minutes == 0 {
		parts = append(parts, numbered(m, "minute"))
	}
	return strings.Join(parts, " ")
}

var certificateList = services.List[certificateRow]{
	IDColumn: "c.id", ID: func(r certificateRow) uuid.UUID { return r.ID }, Default: "-issued_at",
	Sorts: []services.Sort[certificateRow]{{Name: "issued_at", Column: "c.issued_at", Cast: "timestamptz", Key: func(r certificateRow) any { return r.IssuedAt }}},
}

// Certificates lists those of a workshop, the newest first, those that are superseded and revoked too, for those who lead it. Not
// those of the caller, of people close to them, and of records kept to others.
// Errors: not_found; those of a list.
func (s *Service) Certificates(ctx context.Context, workshopID uuid.UUID, in services.PageQuery) (services.Page[CertificateView], error) {
	page := services.Page[CertificateView]{Data: []CertificateView{}}
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return page, err
	}
	return services.Disclose(ctx, s.core, "certificate.list", func(d *services.Disclosure) (services.Page[CertificateView], error) {
		d.Object(workshopID)
		if err := ledWorkshop(d.DB, actor, workshopID); err != nil {
			return page, err
		}
		q := certificatesLed(d.DB, actor, d.Tx().Now()).Where("r.workshop_id = ?", workshopID)
		rows, err := certificateList.Find(ctx, s.core, q, in)
		if err != nil {
			return page, err
		}
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		ids := make(models.IDs, len(rows.Data))
		for i := range rows.Data {
			ids[i] = rows.Data[i].AttendeeID
			if member := rows.Data[i].MemberID; member != nil {
				d.Subject(*member)
			}
		}
		sheets, err := readSheets(d.DB, ids)
		for i := range rows.Data {
			page.Data = append(page.Data, rows.Data[i].view(sheets[rows.Data[i].AttendeeID]))
		}
		return page, err
	})
}

// certificatesLed are those of workshops that the actor leads.
func certificatesLed(db *gorm.DB, actor *services.Actor, now time.Time) *gorm.DB {
	return db.Table("certificates as c").Joins("join attendees a on a.id = c.attendee_id").Joins("join registrations r on r.id = a.registration_id").
		Joins("join workshops w on w.id = r.workshop_id").Joins("left join members m on m.id = a.member_id").
		Scopes(led(actor), actor.NotOwn("c.member_id", now)).Select("c.*, " + certificateNames)
}

// RevokeCertificate takes back a certificate that should not have been given: whoever checks it is told so from then on. Revoking it
// again changes nothing. What is issued after it has another code.
// Errors: not_found.
func (s *Service) RevokeCertificate(ctx context.Context, id uuid.UUID, in Justification) (*CertificateView, error) {
	return services.Mutate(ctx, s.core, "certificate.revoke", func(tx *services.Tx) (*CertificateView, error) {
		var found []certificateRow
		err := certificatesLed(tx.DB, tx.Actor(), tx.Now()).Where("c.id = ?", id).Clauses(clause.Locking{Strength: alone, Table: clause.Table{Name: "c"}}).Limit(1).Find(&found).Error
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, services.NotFound("certificate")
		}
		row := &found[0]
		if row.RevokedAt != nil {
			tx.Unchanged()
			out := row.view(nil)
			return &out, nil
		}
		before, now, by := row.Certificate, tx.Now(), tx.Actor().MemberID
		row.RevokedAt, row.RevokedBy, row.RevokedReason = &now, &by, services.Prose(in.Reason)
		about := by
		if row.MemberID != nil {
			about = *row.MemberID
		}
		if err := tx.Because(about, in.Reason); err != nil {
			return nil, err
		}
		tx.Queue(`update certificates set revoked_at = $2, revoked_by = $3, revoked_reason = $4 where id = $1`, id, now, by, row.RevokedReason)
		tx.Changed(before, row.Certificate)
		out := row.view(nil)
		return &out, nil
	})
}
