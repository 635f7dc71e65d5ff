package workshops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// PackType is what the signed list of a session calls itself.
const PackType = "check-in-pack+jws"

const (
	packFormat    = 1    // of what is in a pack; rises when a scanner must know
	packAttendees = 5000 // at most; a pack that leaves people out says so
	packRevoked   = 20   // older codes of one person
)

// CheckInPack is what a scanner needs to answer without connection.
type CheckInPack struct {
	JWS      string              `json:"jws" doc:"contents as a compact JWS (RFC 7515): EdDSA, typ check-in-pack+jws, by a key of /.well-known/jwks.json" example:"eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiIsInR5cCI6ImNoZWNrLWluLXBhY2srandzIn0.e30.c2ln"`
	Contents CheckInPackContents `json:"contents"`
}

// CheckInPackContents is who comes to one session, by what their codes hash to.
type CheckInPackContents struct {
	Version    int                `json:"version" doc:"Of this format" example:"1"`
	SessionID  uuid.UUID          `json:"session_id"`
	WorkshopID uuid.UUID          `json:"workshop_id"`
	Title      string             `json:"title" doc:"For staff" example:"Living with Hypervigilance"`
	StartsAt   time.Time          `json:"starts_at"`
	EndsAt     time.Time          `json:"ends_at"`
	TimeZone   string             `json:"time_zone" example:"America/New_York"`
	DoorsFrom  time.Time          `json:"doors_from" doc:"A scan before it answers see_staff"`
	DoorsUntil time.Time          `json:"doors_until" doc:"And so does one after it"`
	LateAfter  time.Time          `json:"late_after" doc:"Who is scanned after it was late"`
	IssuedAt   time.Time          `json:"issued_at"`
	ExpiresAt  time.Time          `json:"expires_at" doc:"Do not use it any more from then on, and forget it"`
	Complete   bool               `json:"complete" doc:"False when there were too many people to list: then a code that is not listed answers see_staff, else unknown"`
	Entries    []CheckInPackEntry `json:"entries" nullable:"false" maxItems:"105000"`
}

// CheckInPackEntry is one code. Of a person there may be several: those before a renewal are revoked.
type CheckInPackEntry struct {
	AttendeeID uuid.UUID              `json:"attendee_id"`
	CodeSHA256 string                 `json:"code_sha256" doc:"SHA-256 of the code's text, in lowercase hexadecimal" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Answer     models.ScanResult      `json:"answer" enum:"ok,wrong_workshop,cancelled,not_confirmed,already_checked_in,revoked,see_staff" example:"ok"`
	Since      *time.Time             `json:"since" doc:"When they were checked in, with already_checked_in"`
	Name       string                 `json:"name" doc:"First name and initial" example:"Luis O."`
	Kind       models.SeatKind        `json:"kind" enum:"adult,child"`
	Mode       *models.AttendanceMode `json:"mode" enum:"in_person,online"`
}

// packed is somebody with a code, and when they were checked in.
type packed struct {
	scanned
	CheckedInAt *time.Time
}

// readPacked takes everybody who has, or had, a code in the workshop, those of the session first: a scanner then knows why
// any of them does not count.
const readPacked = `select ` + attendeeColumns + `, r.state as registration_state, r.workshop_id, r.session_id,
		coalesce(nullif(m.preferred_name, ''), m.given_name) as given_name, m.family_name, m.status as member_status, c.scanned_at as checked_in_at
	from registrations r join attendees a on a.registration_id = r.id left join members m on m.id = a.member_id
		left join check_ins c on c.session_id = $2 and c.attendee_id = a.id and c.result = 'ok' and c.undone_at is null
	where r.workshop_id = $1 and a.joined_at is not null
	order by (r.session_id is null or r.session_id = $2) desc, a.live desc, a.id limit $3`

// CheckInPack lists everybody who has a code in a session's workshop, with what a scan of it answers, signed: a scanner that
// fetched it answers without connection as we would, and sends its scans later. It holds first names and initials, and no codes.
// The look is logged.
// Errors: not_found for a session that the caller does not lead; conflict wrong_state before the workshop is published, and 12
// hours after the session's end.
func (s *Service) CheckInPack(ctx context.Context, sessionID uuid.UUID) (*CheckInPack, error) {
	if s.cfg.Sign == nil {
		return nil, errors.New("there is nothing to sign with")
	}
	contents, err := services.Disclose(ctx, s.core, "check_in_pack.read", func(d *services.Disclosure) (*CheckInPackContents, error) {
		return packFor(d, sessionID)
	})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(contents)
	if err != nil {
		return nil, err
	}
	jws, err := s.cfg.Sign(ctx, PackType, text)
	return &CheckInPack{JWS: jws, Contents: *contents}, err
}

func packFor(d *services.Disclosure, sessionID uuid.UUID) (*CheckInPackContents, error) {
	tx := d.Tx()
	d.Object(sessionID)
	session, err := ledSession(d.DB, tx.Actor(), sessionID, beside)
	if err != nil {
		return nil, err
	}
	var of []models.Workshop
	if err := d.DB.Select("title", "visibility").Where("id = ?", session.WorkshopID).Find(&of).Error; err != nil {
		return nil, err
	}
	out := &CheckInPackContents{Version: packFormat, SessionID: session.ID, WorkshopID: session.WorkshopID, Title: titleOf(of[0].Title, session.Title), StartsAt: session.StartsAt.UTC(),
		EndsAt: session.EndsAt.UTC(), TimeZone: session.TimeZone, DoorsFrom: session.StartsAt.Add(-doorsBefore).UTC(), DoorsUntil: session.EndsAt.Add(doorsAfter).UTC(),
		LateAfter: session.StartsAt.Add(lateAfter).UTC(), IssuedAt: tx.Now().UTC(), ExpiresAt: session.EndsAt.Add(doorsAfter).UTC(), Complete: true, Entries: []CheckInPackEntry{}}
	switch {
	case of[0].Visibility == models.VisibilityDraft:
		return nil, services.Conflict(CodeWrongState, "The workshop is not published yet.")
	case !tx.Now().Before(out.ExpiresAt):
		return nil, services.Conflict(CodeWrongState, "The session is over, and so is the time for scans. Enter the attendance instead.")
	}
	var people []packed
	if err := tx.Batch(services.Statement{SQL: readPacked, Args: []any{session.WorkshopID, session.ID, packAttendees + 1}, Scan: services.RowsInto(&people)}); err != nil {
		return nil, err
	}
	if len(people) > packAttendees {
		people, out.Complete = people[:packAttendees], false
	}
	for i := range people {
		out.add(tx.Keys(), session, &people[i])
		if who := people[i].MemberID; who != nil {
			d.Subject(*who)
		}
	}
	return out, nil
}

// add lists one person's codes: the one that counts, and those before it.
func (c *CheckInPackContents) add(k *services.Keys, session *models.WorkshopSession, p *packed) {
	entry := CheckInPackEntry{AttendeeID: p.ID, Name: p.name(), Kind: p.Kind, Mode: p.Mode, Answer: judge(session, &p.scanned, p.CodeVersion, session.StartsAt)}
	if entry.Answer == models.ScanOK && p.CheckedInAt != nil {
		entry.Answer, entry.Since = models.ScanAlready, inUTC(p.CheckedInAt)
	}
	entry.CodeSHA256 = codeHash(k, p.ID, p.CodeVersion)
	c.Entries = append(c.Entries, entry)
	entry.Answer, entry.Since = models.ScanRevoked, nil
	for v := p.CodeVersion - 1; v >= max(1, p.CodeVersion-packRevoked); v-- {
		entry.CodeSHA256 = codeHash(k, p.ID, v)
		c.Entries = append(c.Entries, entry)
	}
}

func codeHash(k *services.Keys, attendee uuid.UUID, version int) string {
	sum := sha256.Sum256([]byte(checkInCode(k, attendee, version)))
	return hex.EncodeToString(sum[:])
}
