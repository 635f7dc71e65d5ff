package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/workshops"
)

const (
	frontDoor = "Front door"
	gate      = "Garden gate" // its telephone was without connection
)

// lastWeek is one evening from its first guest to its papers.
func (l *loader) lastWeek() error {
	c := &course{design: &supper, place: haymount, room: garden, leaders: []string{"facilitator", "grant.wheeler"}, start: -10, clock: "18:00", weeks: 1, seats: 16, lead: 30, public: true}
	if err := l.create(c); err != nil {
		return err
	}
	guests, err := l.comeToSupper(c)
	if err != nil {
		return err
	}
	for _, part := range []func(*course, []guest) error{l.atTheDoor, l.unannounced, l.afterwards, l.papers, l.sayHowItWas} {
		if err := part(c, guests); err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
	}
	return nil
}

// comeToSupper: twelve who register themselves, a parent with a child, and one by telephone.
func (l *loader) comeToSupper(c *course) ([]guest, error) {
	from := c.first.AddDate(0, 0, -16)
	guests, err := l.fills(c, 12, from, workshops.Register{})
	if err != nil {
		return nil, err
	}
	var family, called bool
	for _, f := range l.families {
		p := f.lead()
		kids := f.children(p, true)
		switch {
		case p.status != models.MemberActive || !p.adult(l.day(-40)) || f.joined.After(l.ago(90)):
			continue
		case p.roles != nil && !family && len(kids) == 1 && kids[0].born.Age(l.day(0)) < 12:
			family = true
		case p.roles == nil && !called && len(kids) == 0:
			called = true
		default:
			continue
		}
		in := workshops.Register{Attendees: []workshops.AttendeeInput{{MemberID: &p.member}}}
		if len(kids) == 1 {
			in.Attendees = append(in.Attendees, workshops.AttendeeInput{MemberID: &kids[0].member})
		}
		more, err := l.books(c, p, from.Add(61*time.Hour), in)
		if refused(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		guests = append(guests, more...)
	}
	return guests, nil
}

// noShow of the guests did not come, and late came after the soup.
const noShow, late = 11, 10

// atTheDoor: two people scan, one of them without connection, so that somebody is scanned twice; three are found by name.
func (l *loader) atTheDoor(c *course, guests []guest) error {
	priya, grant, evening := l.office["facilitator"], l.office["grant.wheeler"], c.meetings[0].id
	queue := workshops.ScanQueue{}
	for i, g := range guests {
		at := c.first.Add(time.Duration(i-14) * 40 * time.Second)
		if i == late {
			at = c.first.Add(22 * time.Minute)
		}
		nonce := fmt.Sprintf("supper-%02d", i)
		if i > noShow {
			if _, err := l.s.Workshops.CheckInByHand(l.at(at, priya), evening, g.attendee, workshops.HandCheckIn{Nonce: nonce, Station: frontDoor}); err != nil {
				return err
			}
			continue
		}
		if i == noShow {
			continue
		}
		code, err := l.s.Workshops.CheckInCode(l.at(at, l.office["coordinator"]), g.registration, g.attendee)
		if err != nil {
			return err
		}
		if i >= 6 {
			queue.Scans = append(queue.Scans, workshops.QueuedScan{Code: code.Code, Nonce: "gate-" + nonce, ScannedAt: at, Station: gate})
		}
		if i <= 6 {
			if _, err := l.s.Workshops.CheckIn(l.at(at, priya), evening, workshops.Scan{Code: code.Code, Nonce: nonce, Station: frontDoor}); err != nil {
				return err
			}
		}
	}
	_, err := l.s.Workshops.SyncCheckIns(l.at(c.first.Add(40*time.Minute), grant), evening, queue)
	return err
}

// unannounced: two come without a place. One takes the last seat, for the other a chair is found. Then heads are counted.
func (l *loader) unannounced(c *course, _ []guest) error {
	priya, evening := l.office["facilitator"], c.meetings[0].id
	for i, in := range []workshops.WalkIn{
		{GivenName: "Rosalind", Station: frontDoor},
		{GivenName: "Theo", FamilyName: "Baptiste", Station: frontDoor, OverCapacityReason: "Drove two hours with his brother's flag; there was a chair in the kitchen"},
	} {
		if _, err := l.s.Workshops.WalkIn(l.at(c.first.Add(time.Duration(8+i)*time.Minute), priya), evening, in); err != nil {
			return err
		}
	}
	_, err := l.s.Workshops.PutHeadCount(l.at(c.last, priya), evening, workshops.HeadCountInput{Note: "Counted at dessert, with those who only looked in",
		Counts: []workshops.HeadCountOf{{Kind: models.HeadVeteran, Count: 9}, {Kind: models.HeadFamily, Count: 6}, {Kind: models.HeadChild, Count: 3}, {Kind: models.HeadUnknown, Count: 4}}})
	return err
}

// afterwards the sheet is closed, and with it the evening.
func (l *loader) afterwards(c *course, _ []guest) error {
	if _, err := l.s.Workshops.CompleteSession(l.at(c.last.Add(20*time.Minute), l.office["facilitator"]), c.meetings[0].id); err != nil {
		return err
	}
	at := c.last.Add(18 * time.Hour)
	if err := l.due(at); err != nil {
		return err
	}
	_, err := l.s.Workshops.CompleteWorkshop(l.at(at, l.office["coordinator"]), c.workshop)
	return err
}

// papers: everybody who was there has a certificate. One states less since a correction, one was made for somebody else of that name.
func (l *loader) papers(c *course, guests []guest) error {
	joyce, at := l.office["coordinator"], c.last.Add(20*time.Hour)
	if _, err := l.s.Workshops.IssueCertificates(l.at(at, joyce), c.workshop, workshops.IssueCertificates{All: true}); err != nil {
		return err
	}
	stayed := 70
	_, err := l.s.Workshops.RecordAttendance(l.at(at.Add(2*time.Hour), joyce), c.meetings[0].id, workshops.AttendanceSheet{Entries: []workshops.AttendanceEntry{
		{AttendeeID: guests[late].attendee, Status: models.AttendanceLate, Minutes: &stayed}}})
	if err != nil {
		return err
	}
	if _, err := l.s.Workshops.IssueCertificates(l.at(at.Add(3*time.Hour), joyce), c.workshop, workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{guests[late].attendee}}); err != nil {
		return err
	}
	again, err := l.s.Workshops.IssueCertificates(l.at(at.Add(4*time.Hour), joyce), c.workshop, workshops.IssueCertificates{AttendeeIDs: []uuid.UUID{guests[2].attendee}})
	if err != nil {
		return err
	}
	_, err = l.s.Workshops.RevokeCertificate(l.at(at.Add(5*time.Hour), joyce), again.Data[0].ID, workshops.Justification{Reason: "Made for another person of the same name"})
	return err
}

// words that people found for an evening, with how many of ten points they gave it.
var words = []workshops.GiveFeedback{
	{Score: 10, Word: "The first table in years where I stayed until the end.", Thanks: &workshops.SayThanks{Words: "You saved me the chair by the wall without my asking. Thank you."}},
	{Score: 9, Word: "Good soup, better company."}, {Score: 8}, {Score: 10, Word: "Nobody asked me what I did over there."},
	{Score: 7, Word: "A bit loud after eight o'clock.", Thanks: &workshops.SayThanks{Words: "Thank you for walking out to the car with me."}},
	{Score: 9}, {Score: 6, Word: "The parking is far when your knees are like mine."}, {Score: 10, Word: "More of this, please."}, {Score: 9}, {Score: 8, Word: "I will bring my brother."}, {Score: 5},
}

// sayHowItWas: eleven of those who were there do.
func (l *loader) sayHowItWas(c *course, guests []guest) error {
	for i, said := range words {
		if _, err := l.s.Workshops.GiveFeedback(l.at(c.last.Add(time.Duration(26+3*i)*time.Hour), guests[i].who), c.meetings[0].id, said); err != nil {
			return err
		}
	}
	return l.due(c.last.Add(60 * time.Hour))
}

// saidHowItWas: of another evening only three have said so by now, and nobody sees what.
func (l *loader) saidHowItWas() error {
	for _, c := range l.courses {
		for _, s := range c.meetings {
			if s.end.Before(l.ago(12)) || s.end.After(l.ago(2)) || c.callOff != 0 {
				continue
			}
			there, err := l.there(s.id)
			if err != nil || len(there) >= 3 {
				return l.three(s, there, err)
			}
		}
	}
	return nil
}

func (l *loader) three(s session, there []*person, err error) error {
	for i := range min(3, len(there)) {
		if err == nil {
			_, err = l.s.Workshops.GiveFeedback(l.at(s.end.Add(time.Duration(5+9*i)*time.Hour), there[i]), s.id, workshops.GiveFeedback{Score: 7 + i})
		}
	}
	return err
}

// there are the grown people with an account who were at a session and did not lead it, by name.
func (l *loader) there(session uuid.UUID) (out []*person, err error) {
	rows, err := l.db.Query(l.ctx, `select m.id from attendance t join attendees a on a.id = t.attendee_id join members m on m.id = a.member_id join accounts c on c.member_id = m.id
		where t.session_id = $1 and t.status in ('present', 'late') and a.kind = 'adult' and c.status = 'active' order by m.family_name, m.given_name, m.birth_date`, session)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if p, ok := l.known[id]; ok {
			out = append(out, p)
		}
	}
	return out, rows.Err()
}
