package workshops

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// ScanQueue is what a scanner kept while it had no connection.
type ScanQueue struct {
	Scans []QueuedScan `json:"scans" minItems:"1" maxItems:"500" doc:"In any order; send the rest in the next call"`
}

// QueuedScan is one scan of a queue. What is wrong with one is said of that one: it does not hold the others up.
type QueuedScan struct {
	Code      string    `json:"code" maxLength:"8000" doc:"The text of the QR code, whatever it was" example:"HF1.AZnB8o9rejSw0WovDJvgAQABc2lnbmF0dXJlLTE2LWI"`
	Nonce     string    `json:"nonce" maxLength:"200" doc:"8 to 64 letters, digits, dots, hyphens and underscores, made by the scanner for this scan" example:"s7-000142-9f31"`
	ScannedAt time.Time `json:"scanned_at" doc:"When it was scanned, by the scanner's clock. At most 14 days ago"`
	Station   string    `json:"station,omitempty" maxLength:"40" doc:"Which door or desk" example:"Door 2"`
}

// SyncedScans answers a queue, one for one and in its order.
type SyncedScans struct {
	SessionID uuid.UUID    `json:"session_id"`
	CheckedIn int          `json:"checked_in" doc:"How many people are checked in by scans of this queue" example:"41"`
	Results   []SyncedScan `json:"results" nullable:"false"`
}

// SyncedScan is one scan's answer, or why it was not taken.
type SyncedScan struct {
	Nonce string      `json:"nonce"`
	Scan  *ScanAnswer `json:"scan,omitempty" doc:"As POST /v1/sessions/{session_id}/check-ins answers it"`
	Fault *ScanFault  `json:"fault,omitempty" doc:"In place of scan: it was not taken, and sending it again as it is will not help"`
}

// ScanFault is why a scan was not taken.
type ScanFault struct {
	Code    services.Code `json:"code" example:"nonce_reused"`
	Message string        `json:"message" example:"This nonce belongs to a scan of another code. Make a new one for each scan."`
}

var goodNonce = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// SyncCheckIns takes the queue of a scanner that was without connection, each scan as CheckIn takes it. What comes of it does
// not depend on which scanner sends its queue first: the earliest scan of a person is the check-in, and all others answer
// already_checked_in with its time. Sending a queue again changes nothing, and answers what holds then. A scan that cannot be
// taken is answered with its fault beside the others.
// Errors: not_found for a session that the caller does not lead.
func (s *Service) SyncCheckIns(ctx context.Context, sessionID uuid.UUID, in ScanQueue) (*SyncedScans, error) {
	return services.Mutate(ctx, s.core, "session.sync_check_ins", func(tx *services.Tx) (*SyncedScans, error) {
		looks := make([]*look, len(in.Scans))
		for i := range in.Scans {
			scan := &in.Scans[i]
			looks[i] = &look{code: scan.Code, nonce: scan.Nonce, station: scan.Station, at: &scan.ScannedAt}
		}
		d, err := openDoor(tx, sessionID, looks...)
		if err != nil {
			return nil, err
		}
		out := &SyncedScans{SessionID: sessionID, Results: make([]SyncedScan, len(looks))}
		for i, l := range looks {
			out.Results[i].Nonce = l.nonce
			if out.Results[i].Fault, err = d.faultOf(l); err != nil {
				return nil, err
			}
		}
		if err := d.close(); err != nil {
			return nil, err
		}
		for i, l := range looks {
			if out.Results[i].Fault != nil {
				continue
			}
			out.Results[i].Scan = d.answer(l)
			if out.Results[i].Scan.Result == models.ScanOK {
				out.CheckedIn++
			}
		}
		return out, nil
	})
}

// faultOf takes one scan of many, or says why it cannot be taken.
func (d *door) faultOf(l *look) (*ScanFault, error) {
	if !goodNonce.MatchString(l.nonce) {
		return &ScanFault{services.CodeInvalid, "A nonce is 8 to 64 letters, digits, dots, hyphens and underscores."}, nil
	}
	err := d.take(l)
	var refused *services.Error
	if errors.As(err, &refused) && refused.Kind == services.KindInvalid && len(refused.Fields) > 0 {
		return &ScanFault{refused.Fields[0].Code, refused.Fields[0].Message}, nil
	}
	return nil, err
}
