package programs

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/paper"
)

// The codes of a certificate that is not there yet, and of one that cannot be drawn.
const (
	CodeNotCompleted services.Code = "not_completed"
	CodeNotPrintable               = paper.CodeNotPrintable
)

// CertificateFile is a certificate as a file.
type CertificateFile struct {
	Name  string
	Bytes []byte
}

// Certificate draws the certificate of a completed enrollment, for the member, for who entered it while they may act for the
// child, and for coordinators. It names the person as they go by, never their legal name, and is the same bytes each time. How many
// sessions it were stands on it for the member and for coordinators, as far as they see it elsewhere.
// Errors: not_found; conflict not_completed, not_printable.
func (s *Service) Certificate(ctx context.Context, id uuid.UUID) (*CertificateFile, error) {
	actor, err := services.ActorFrom(ctx)
	if err != nil {
		return nil, err
	}
	action, err := s.lookAs(ctx, actor, id, "enrollment.certificate")
	if err != nil {
		return nil, err
	}
	return services.Disclose(ctx, s.core, action, func(d *services.Disclosure) (*CertificateFile, error) {
		d.Object(id)
		e, err := viewOf(d.DB, d.Tx().Actor(), d.Tx().Now(), id)
		if err != nil {
			return nil, err
		}
		d.Subject(e.MemberID)
		if e.State != models.EnrollmentCompleted {
			return nil, services.Conflict(CodeNotCompleted, "This enrollment is %s. A certificate is made when it is completed.", e.State)
		}
		drawn, err := s.certificate(e).PDF()
		return &CertificateFile{Name: "certificate-" + certificateNumber(e.ID) + ".pdf", Bytes: drawn}, err
	})
}

// dayInWords is how a day is written on paper.
const dayInWords = "January 2, 2006"

func (s *Service) certificate(e *EnrollmentView) paper.Certificate {
	c := paper.Certificate{Organization: s.cfg.OrgName, Title: "Certificate of Completion", Name: e.MemberName, Did: "has completed", What: e.Program.Name,
		Day: models.DayIn(*e.ClosedAt, e.Program.TimeZone).Format(dayInWords), Number: certificateNumber(e.ID), At: *e.ClosedAt}
	if e.Cohort != nil {
		c.Lines = append(c.Lines, e.Cohort.Name)
	}
	if e.StartsOn != nil && e.EndsOn != nil {
		c.Lines = append(c.Lines, daysInWords(*e.StartsOn, *e.EndsOn))
	}
	if e.Offered > 0 {
		c.Lines = append(c.Lines, strconv.Itoa(e.Attended)+" of "+counted(e.Offered, "session")+" attended")
	}
	return c
}

func daysInWords(from, until models.Date) string {
	if from == until {
		return from.Format(dayInWords)
	}
	return from.Format(dayInWords) + " – " + until.Format(dayInWords)
}

// certificateNumber is short, and finds the record that it certifies: it is the end of its id.
func certificateNumber(id uuid.UUID) string {
	end := strings.ToUpper(id.String()[24:])
	return end[:4] + "-" + end[4:8] + "-" + end[8:]
}
