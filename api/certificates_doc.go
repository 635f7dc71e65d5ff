package api

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

var (
	certificateID  = uuid.MustParse("0199c1f2-8f6b-7a34-b0d1-6a2f0c9b2501")
	certifiedTimes = models.Statement{Sessions: models.AttendedSessions{{On: models.NewDate(2026, time.October, 27), Minutes: 90}, {On: models.NewDate(2026, time.November, 3), Minutes: 90}},
		Minutes: 180, Attended: 2, Offered: 3, FirstOn: models.NewDate(2026, time.October, 27), LastOn: models.NewDate(2026, time.November, 3)}
	certificateExample = workshops.CertificateView{Name: scannedName, Code: "7ZQK-91XM-4T0C-VE5H-2BWD-R8GN-3P", Status: models.CertificateValid,
		Certificate: models.Certificate{ID: certificateID, AttendeeID: attendeeID, Title: "Living with Hypervigilance", Statement: certifiedTimes, IssuedAt: workshopEnds, IssuedOn: models.NewDate(2026, time.November, 11), IssuedBy: attendingLead}}
	revokedCertificate = func() workshops.CertificateView {
		c := certificateExample
		c.Status, c.RevokedAt, c.RevokedBy, c.RevokedReason = models.CertificateRevoked, &workshopEnds, &attendingLead, "Made for the wrong child"
		return c
	}()
)

var issueCertificatesOp = op{
	ID: "issueCertificates", Tag: "Certificates", Summary: "Issue certificates of attendance",
	Doc: `For coordinators, and for those who lead the workshop: of up to 500 people by ` + "`attendee_ids`" + `, or of ` + "`all`" + ` who attended. Whoever was present or late at a completed session can get
one, members, children, named guests and walk-ins alike. It states the days, the minutes of each (those noted with the attendance, else the length of the session) and how many sessions they could have come to.

Asking again is safe: nobody gets a second one while it would state the same. When the attendance was corrected, sessions followed, or the name or the title is another by now, a new one
supersedes the old, whose code answers ` + "`superseded`" + ` from then on. With ` + "`all`" + ` the answer holds what is new alone, 500 at most, and ` + "`more`" + ` says to ask again.

` + "`left_out`" + ` says of whom no certificate was made: ` + "`not_attended`" + `; ` + "`colleague`" + `, for oneself, people close to oneself and records kept to others; ` + "`not_printable`" + `, for a name in letters that
certificates cannot show (they know Latin letters, Vietnamese ones included, Greek and Cyrillic): enter a preferred name in one of these.`,
	Request: workshops.IssueCertificates{All: true},
	Example: workshops.IssuedCertificates{Data: []workshops.CertificateView{certificateExample}, LeftOut: []workshops.NotCertified{{AttendeeID: registrationID, Reason: "not_printable"}}},
}

var listCertificatesOp = op{
	ID: "listCertificates", Tag: "Certificates", Summary: "The certificates of a workshop",
	Doc: `The newest first, those that were superseded or revoked too, for coordinators and those who lead the workshop. ` + "`status`" + ` is as the public check says it: ` + "`changed`" + ` ones are to be issued again. Not there are
those of the caller, of people close to them, and of records kept to others. The look is logged.`,
	Example: services.Page[workshops.CertificateView]{Data: []workshops.CertificateView{certificateExample}},
}

var getAttendanceCertificateOp = op{
	ID: "getAttendanceCertificate", Tag: "Certificates", Summary: "A certificate of attendance as PDF",
	Doc: `A sheet of letter paper: the organization, the name the person goes by (never the legal name), the workshop, days and hours, sessions attended of those offered, a number, and a QR code that leads to
` + "`GET /v1/certificates/verify/{code}`" + `. For the attendee, for who entered them and may act for them still, and for staff who lead the workshop. It is the one that stands, the same bytes each time.

| 409 | meaning |
|---|---|
| ` + "`not_issued`" + ` | whoever leads the workshop has not issued it yet, or revoked it |
| ` + "`certificate_changed`" + ` | the attendance was corrected since; it has to be issued again. Sessions that followed are no correction |

A title in letters that certificates cannot show stands there in Latin letters; pictures are left out.`,
	Errors: []services.Code{workshops.CodeNotIssued, workshops.CodeCertificateChanged}, Example: File{ContentType: "application/pdf"},
}

var revokeCertificateOp = op{
	ID: "revokeCertificate", Tag: "Certificates", Summary: "Revoke a certificate",
	Doc:     "As after it was made for the wrong person. Whoever checks it is told `revoked`, and nothing of what stands on it. Revoking it again changes nothing; what is issued after it has a code of its own.",
	Request: workshops.Justification{Reason: "Made for the wrong child"}, Example: revokedCertificate,
}

var verifyCertificateOp = op{
	ID: "verifyCertificate", Tag: "Certificates", Summary: "Check a certificate",
	Doc: `For whoever holds the paper, without signing in: the QR code on it leads here. The code is 26 letters and digits (128 random bits); small letters, hyphens, spaces and the look-alikes O, I and L do not matter.
The name comes as first name and initial, to compare with the paper.

| status | meaning |
|---|---|
| ` + "`valid`" + ` | it states what the attendance sheets say |
| ` + "`changed`" + ` | the sheets have been corrected since it was issued; sessions that followed are no correction |
| ` + "`superseded`" + ` | another certificate was issued in its place |
| ` + "`revoked`" + ` | it must not be relied on; what stood on it is not told |

What is no code and what is nobody's answer the same 404. Each address may check 60 at once, then one every 5 seconds.`,
	Example: workshops.CertificateCheck{Status: models.CertificateValid, Organization: "Harvesting Happiness for Heroes", IssuedOn: models.NewDate(2026, time.November, 11),
		Statement: &workshops.CertifiedStatement{Name: scannedName, Title: "Living with Hypervigilance", Statement: certifiedTimes, Hours: 3}},
}
