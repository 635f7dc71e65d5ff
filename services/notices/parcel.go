package notices

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

// parcel is a message with what the member's row says of how to reach them.
type parcel struct {
	models.Message
	name, email, language, zone, status string
	words, optIn, shared, account       bool
	safeChannel                         models.SafeChannel
	quietFrom, quietUntil               string // wall clock in zone, "" for none
	safeFrom, safeUntil                 string
}

// loadParcel locks the message; nil when there is none. An address is shared when another living adult has it too: that
// a child has a parent's is no news to the parent.
func loadParcel(tx *services.Tx, id uuid.UUID) (*parcel, error) {
	p, found := &parcel{}, false
	m := &p.Message
	err := tx.Batch(services.Statement{
		SQL: `select m.id, m.member_id, m.address, m.sent_to, m.event, m.state, m.record, m.record_id, m.data, m.calendar, m.neutral,
				m.created_at, m.send_after, m.claimed_at, m.sent_at, m.attempts, m.last_error,
				coalesce(p.preferred_name, p.given_name, m.name), coalesce(p.email, ''), coalesce(p.language, m.language), coalesce(p.time_zone, ''), coalesce(p.status, ''),
				coalesce(p.program_words, false), coalesce(p.email_opt_in, true), coalesce(p.safe_channel, ''),
				coalesce(p.quiet_from, ''), coalesce(p.quiet_until, ''), coalesce(p.safe_from, ''), coalesce(p.safe_until, ''),
				p.id is not null and exists (select from members o where lower(o.email) = lower(coalesce(nullif(m.address, ''), p.email)) and o.id <> p.id
					and o.status not in ('deceased', 'merged') and (o.birth_date is null or o.birth_date <= $2::date)),
				exists (select from accounts c where c.member_id = m.member_id and c.email_verified_at is not null)
			from messages m left join members p on p.id = m.member_id where m.id = $1 for update of m`,
		Args: []any{id, tx.Now().AddDate(-18, 0, 0)},
		Scan: one(&found, &m.ID, &m.MemberID, &m.Address, &m.SentTo, &m.Event, &m.State, &m.Record, &m.RecordID, &m.Data, &m.Calendar, &m.Neutral,
			&m.CreatedAt, &m.SendAfter, &m.ClaimedAt, &m.SentAt, &m.Attempts, &m.LastError,
			&p.name, &p.email, &p.language, &p.zone, &p.status, &p.words, &p.optIn, &p.safeChannel,
			&p.quietFrom, &p.quietUntil, &p.safeFrom, &p.safeUntil, &p.shared, &p.account),
	})
	if err != nil || !found {
		return nil, err
	}
	return p, nil
}

// free is when a worker may take the message.
func (p *parcel) free() time.Time {
	if p.State == models.MessageSending {
		return p.ClaimedAt.Add(lease)
	}
	return p.SendAfter
}

func (p *parcel) to() string {
	if p.Address != "" {
		return p.Address
	}
	return p.email
}

func (p *parcel) reader() *reader {
	return &reader{Name: p.name, Address: p.to(), Language: p.language, TimeZone: p.zone, Words: p.words, Shared: p.shared && p.Event.InInbox(), Account: p.account}
}

// askedFor says whether the person waits for this very mail, having asked for it a moment ago: then neither hours nor
// channel stand in its way.
func (p *parcel) askedFor() bool { return !p.Event.InInbox() }

// unfit says why a message is not to be mailed at all, or "".
func (p *parcel) unfit(d *Details, now time.Time) string {
	latest := d.latest(p.Event)
	switch {
	case p.status == "deceased" || p.status == "merged":
		return p.status
	case p.to() == "":
		return "no_address"
	case p.safeChannel != "" && p.safeChannel != models.SafeByEmail && !p.askedFor():
		return "safe_channel" // somebody else may read their mail
	case !p.optIn && p.Event.Optional() && !d.Urgent:
		return "opted_out"
	case latest != nil && !latest.After(now):
		return "too_late"
	}
	return ""
}

// hold is until when a message waits for the person's hours: what is not urgent for the end of their quiet hours, and
// everything that they did not just ask for until it is safe to write.
func (p *parcel) hold(d *Details, now time.Time) time.Time {
	at := now
	zone := zoneOf(p.zone)
	if p.Event.Quiet() && !d.Urgent {
		at = leaveWindow(at, zone, p.quietFrom, p.quietUntil)
	}
	if !p.askedFor() {
		at = leaveWindow(at, zone, p.safeUntil, p.safeFrom)
	}
	return at
}

// leaveWindow is t, or the end of the window from…until (wall clocks as 21:00) when t lies in it. A window may span
// midnight; one that ends where it starts is none.
func leaveWindow(t time.Time, zone *time.Location, from, until string) time.Time {
	local := t.In(zone)
	clock := local.Format("15:04")
	if !inWindow(clock, from, until) {
		return t
	}
	day := local
	if clock >= until {
		day = local.AddDate(0, 0, 1)
	}
	wall := day.Format(time.DateOnly) + "T" + until
	end, _, _, err := models.LocalTime(wall, zone.String())
	if err != nil || !end.After(t) {
		return t
	}
	return end
}

// inWindow says whether a wall clock lies between two others.
func inWindow(clock, from, until string) bool {
	switch {
	case from == "" || until == "" || from == until:
		return false
	case from > until:
		return clock >= from || clock < until
	}
	return clock >= from && clock < until
}

// windowBegins is when the window began in which t lies, if it lies in one.
func windowBegins(t time.Time, zone *time.Location, from, until string) (time.Time, bool) {
	local := t.In(zone)
	clock := local.Format("15:04")
	if !inWindow(clock, from, until) {
		return t, false
	}
	day := local
	if clock < from {
		day = local.AddDate(0, 0, -1)
	}
	begin, _, _, err := models.LocalTime(day.Format(time.DateOnly)+"T"+from, zone.String())
	return begin, err == nil && !begin.After(t)
}

// addressMAC is how the bounces table knows an address.
func (s *Service) addressMAC(address string) []byte {
	return s.core.Keys.MAC("mail addresses", []byte(strings.ToLower(strings.TrimSpace(address))))
}
