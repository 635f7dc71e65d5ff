package coaching

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// human is somebody of an engagement, as far as mails need to know them.
type human struct {
	ID        uuid.UUID
	Given     string
	Family    string
	BirthDate *models.Date
	Kinds     models.Texts[models.Kind]
	TimeZone  string
	Language  string
	Phone     *string
	Account   bool
}

// Name is what the others of an engagement call them.
func (h *human) name() string { return models.Initialed(h.Given, h.Family) }

func (h *human) minorOn(on models.Date) bool {
	m := models.Member{BirthDate: h.BirthDate, Kinds: h.Kinds}
	return m.MinorOn(on)
}

const humansSQL = `select m.id, coalesce(nullif(btrim(m.preferred_name), ''), m.given_name) as given, coalesce(m.family_name, '') as family, m.birth_date, m.kinds, m.time_zone, m.language, m.phone,
		exists (select from accounts a where a.member_id = m.id and a.status = 'active') as account
	from members m where m.id = any($1)`

// readHumans reads members by id.
func readHumans(tx *services.Tx, ids ...uuid.UUID) (map[uuid.UUID]human, error) {
	var found []human
	err := tx.Batch(services.Statement{SQL: humansSQL, Args: []any{ids}, Scan: services.RowsInto(&found)})
	return humansOf(found), err
}

func humansOf(found []human) map[uuid.UUID]human {
	out := make(map[uuid.UUID]human, len(found))
	for _, h := range found {
		out[h.ID] = h
	}
	return out
}

// correspondent is somebody who has mails about the sessions of an engagement, and whom they are for: themselves, or a child.
type correspondent struct{ to, about uuid.UUID }

// teller writes about the sessions of one engagement to those whom they are for, each their own mail, and to their coach.
type teller struct {
	tx      *services.Tx
	coach   uuid.UUID
	clients []uuid.UUID
	readers []correspondent
	humans  map[uuid.UUID]human

	reads  []services.Statement // go into a Batch, before settle
	found  []human
	by, of models.IDs // who entered whom
	may    []people.Authority
}

// readTeller finds whom to write to. A minor is written to where they can sign in; and a guardian who entered them and may still
// act for them has the mails about times and places, too. An adult has their mails alone.
func readTeller(tx *services.Tx, _ *models.Engagement, participants []models.EngagementParticipant, coach uuid.UUID) (*teller, error) {
	t, err := askTeller(tx, participants, coach)
	if err == nil {
		err = tx.Batch(t.reads...)
	}
	if err != nil {
		return nil, err
	}
	t.settle()
	return t, nil
}

// askTeller is readTeller for a use case that has more to ask in the same round trip; others are people who must be known too.
func askTeller(tx *services.Tx, participants []models.EngagementParticipant, coach uuid.UUID, others ...uuid.UUID) (*teller, error) {
	t := &teller{tx: tx, coach: coach, clients: takingPart(participants)}
	ids := slices.Concat(t.clients, others, []uuid.UUID{coach})
	for i := range participants {
		p := &participants[i]
		if p.State.Takes() && p.EnteredBy != nil && *p.EnteredBy != p.MemberID {
			t.by, t.of = append(t.by, *p.EnteredBy), append(t.of, p.MemberID)
			ids = append(ids, *p.EnteredBy)
		}
	}
	t.reads = []services.Statement{{SQL: humansSQL, Args: []any{ids}, Scan: services.RowsInto(&t.found)}}
	if t.may = make([]people.Authority, len(t.by)); len(t.by) == 0 {
		return t, nil
	}
	read, err := people.AskAuthorities(tx, t.by, t.of, t.may)
	t.reads = append(t.reads, read)
	return t, err
}

// settle says who is written to, once it is known who may act for whom.
func (t *teller) settle() {
	t.humans = humansOf(t.found)
	for _, id := range t.clients {
		client := t.humans[id]
		minor, entered := client.minorOn(models.DayIn(t.tx.Now(), client.TimeZone)), false
		for i := range t.of {
			if t.of[i] == id && minor && t.may[i].Allowed {
				t.readers = append(t.readers, correspondent{t.by[i], id})
				entered = true
			}
		}
		if !minor || client.Account || !entered {
			t.readers = append(t.readers, correspondent{id, id})
		}
	}
}

// tellAll tells those whom sessions are for, and their coach.
func tellAll(tx *services.Tx, e *models.Engagement, participants []models.EngagementParticipant, event models.NoticeEvent, sessions []models.CoachingSession) error {
	t, err := readTeller(tx, e, participants, sessions[0].CoachID)
	if err != nil {
		return err
	}
	return t.tellAll(event, sessions)
}

// tellAll tells everybody.
func (t *teller) tellAll(event models.NoticeEvent, sessions []models.CoachingSession) error {
	if err := t.tellClients(event, sessions); err != nil {
		return err
	}
	return t.tellCoach(event, sessions)
}

// tellClients sends each of those who are coached one mail about sessions, which are in order of time.
func (t *teller) tellClients(event models.NoticeEvent, sessions []models.CoachingSession) error {
	for _, r := range t.readers {
		if err := t.send(event, r, sessions); err != nil {
			return err
		}
	}
	return nil
}

// tellCoach sends the coach theirs; of what they did themselves only what changes their calendar.
func (t *teller) tellCoach(event models.NoticeEvent, sessions []models.CoachingSession) error {
	r := correspondent{t.coach, t.coach}
	if t.tx.Actor().MemberID == t.coach && len(t.calendar(event, r, sessions)) == 0 {
		return nil
	}
	return t.send(event, r, sessions)
}

func (t *teller) send(event models.NoticeEvent, r correspondent, sessions []models.CoachingSession) error {
	first := &sessions[0]
	return notices.Send(t.tx, notices.Notice{
		Event: event, MemberID: r.to, Record: sourceSession, RecordID: first.ID,
		Key:  fmt.Sprintf("%s:%s:%d.%d:%s:%s", event, first.ID, first.Version, first.Sequence, r.to, r.about),
		Data: t.details(r, sessions), Events: t.calendar(event, r, sessions),
	})
}

// details are what the words are made of. The title is shown only to those who want to read what it is about.
func (t *teller) details(r correspondent, sessions []models.CoachingSession) map[string]any {
	s := &sessions[0]
	data := map[string]any{
		"title": t.title(r), "starts_at": s.StartsAt.UTC(), "ends_at": s.EndsAt.UTC(), "time_zone": s.TimeZone, "online": s.Modality != models.ModalityInPerson,
		"place": t.place(r, s), "link": "/coaching/sessions/" + s.ID.String(),
	}
	if n := len(sessions) - 1; n > 0 {
		data["more"], data["last_at"] = n, sessions[n].StartsAt.UTC()
	}
	return data
}

// title says who meets whom, as the reader sees it: "Coaching with Dana R.", to a guardian "Coaching of Maya".
func (t *teller) title(r correspondent) string {
	of, with := "Coaching of", "Coaching with"
	spanish := t.spanish(r)
	if spanish {
		of, with = "Coaching de", "Coaching con"
	}
	switch {
	case r.to == t.coach:
		var names []string
		for _, id := range t.clients {
			h := t.humans[id]
			names = append(names, h.name())
		}
		and := " and "
		if spanish {
			and = " y "
		}
		return with + " " + strings.Join(names, and)
	case r.to != r.about:
		return of + " " + t.humans[r.about].Given
	}
	coach := t.humans[t.coach]
	return with + " " + coach.name()
}

func (t *teller) spanish(r correspondent) bool {
	return strings.HasPrefix(strings.ToLower(t.humans[r.to].Language), "es")
}

func (t *teller) place(r correspondent, s *models.CoachingSession) string {
	spanish := t.spanish(r)
	switch {
	case s.Modality == models.ModalityInPerson:
		return s.Place
	case s.Modality == models.ModalityOnline && spanish:
		return "En línea"
	case s.Modality == models.ModalityOnline:
		return "Online"
	case spanish:
		return "Por teléfono"
	}
	return "By phone"
}

// calendar is what goes into the reader's calendar, or out of it. An entry is known by the first session of a chain of moves and by
// whose calendar it is; its number rises with each move, cancellation and return.
func (t *teller) calendar(event models.NoticeEvent, r correspondent, sessions []models.CoachingSession) []notices.CalendarEvent {
	switch event {
	case models.NoticeCoachingBooked, models.NoticeCoachingMoved, models.NoticeCoachingCancelled, models.NoticeCoachingReminder:
	default:
		return nil
	}
	out := make([]notices.CalendarEvent, 0, len(sessions))
	for i := range sessions {
		s := &sessions[i]
		if s.State == models.CoachingRequested || !s.EndsAt.After(t.tx.Now()) && event != models.NoticeCoachingCancelled {
			continue
		}
		out = append(out, notices.CalendarEvent{
			UID: entryID(s, r.to), Sequence: s.Sequence, Title: t.title(r), Location: t.place(r, s), TimeZone: t.zone(r, s), StartsAt: s.StartsAt, EndsAt: s.EndsAt,
		})
	}
	return out
}

// entryID is the UID of a session in somebody's calendar.
func entryID(s *models.CoachingSession, whose uuid.UUID) string {
	return s.ChainID.String() + "." + whose.String() + "@homefront"
}

// zone is by whose clock the entry is written: that of those who booked it, and for the coach their own.
func (t *teller) zone(r correspondent, s *models.CoachingSession) string {
	if zone := t.humans[r.to].TimeZone; zone != "" && s.Modality != models.ModalityInPerson {
		if _, err := time.LoadLocation(zone); err == nil {
			return zone
		}
	}
	return s.TimeZone
}
