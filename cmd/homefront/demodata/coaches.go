package demodata

import (
	"fmt"
	"strings"
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/coaching"
	"homefront/services/people"
)

// mentor is somebody who coaches, and when. Each client has an hour of one weekday.
type mentor struct {
	local, given, family string // of those who came for this alone; the others are on the team already
	gender               models.Gender
	home                 int
	bio, place           string
	specialties          []models.Focus
	languages            []string
	days                 []time.Weekday // empty: today's, and two more of the week
	from, until          int            // hours of these days, on the clock of the town
	supervised, minors   bool
	approves, paid       bool // paid for it; the others are volunteers
	limit                int
	expires              int // in how many days the training ends; 0: not soon

	who   *person
	zone  *time.Location
	fresh bool // the first of the days is kept for those whom he sees today
	hours int  // given away so far
}

// trained is how long the training of most coaches counts, in days from now.
const trained = 300

func mentors() []*mentor {
	weekdays := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	return []*mentor{
		{local: "supervisor", given: "Imogen", family: "Sato", gender: she, home: 0, bio: "Navy hospital corps, then a school counselor. Moral injury, grief, and whatever nobody has a word for.",
			specialties: []models.Focus{"moral_injury", "grief", "family", "parenting"}, languages: []string{"en"}, days: weekdays[:3], from: 9, until: 13, minors: true, limit: 10, paid: true},
		{local: "coach", bio: "Army, 2003 to 2011. Sleep, anger, and the first year at home.", place: "Parlor, Haymount Community House", home: 0,
			specialties: []models.Focus{"sleep", "anger", "stress", "relationships"}, languages: []string{"en"}, from: 9, until: 18, supervised: true, minors: true, limit: 16, paid: true},
		{local: "responder", bio: "Twenty years on an ambulance. Stress, caregiving, teenagers.", place: "Garden room, behind glass", home: 1,
			specialties: []models.Focus{"stress", "caregiving", "parenting", "confidence"}, languages: []string{"en"}, days: weekdays[1:4], from: 13, until: 19, supervised: true, minors: true, limit: 10},
		{local: "hal.norwood", bio: "Marine, mechanic, father of three. Work, purpose, and being told what to do by a younger boss.", home: 2,
			specialties: []models.Focus{"work", "purpose", "transition"}, languages: []string{"en"}, days: weekdays[:4], from: 8, until: 12, approves: true, limit: 12},
		{local: "ed.zielinski", bio: "Retired first sergeant. Health, habits, a straight answer.", home: 1, specialties: []models.Focus{"health_habits", "confidence"}, languages: []string{"en", "pl"},
			days: weekdays[2:], from: 10, until: 14, limit: 8},
		{local: "rosa.quintana", given: "Rosa", family: "Quintana", gender: she, home: 1, bio: "Creció entre dos idiomas. Parejas, familia, duelo. / Couples, family, grief, in Spanish and English.",
			specialties: []models.Focus{"relationships", "family", "grief", "parenting"}, languages: []string{"en", "es"}, days: weekdays, from: 15, until: 20, supervised: true, limit: 12, expires: 5, paid: true},
		{local: "dev.malhotra", given: "Dev", family: "Malhotra", gender: he, home: 5, bio: "Air Force, then twenty years of teaching. Education and what comes next.",
			specialties: []models.Focus{"education", "transition", "work", "confidence"}, languages: []string{"en", "hi"}, days: weekdays[:4], from: 14, until: 19, supervised: true, limit: 9},
		{local: "walter.boyd", given: "Walter", family: "Boyd", gender: he, home: 4, bio: "Guard, chaplain's assistant. Purpose and substance recovery.",
			specialties: []models.Focus{"substance_recovery", "purpose", "moral_injury"}, languages: []string{"en"}, days: weekdays[1:], from: 9, until: 13, limit: 10},
	}
}

// mentorsSince is how many days ago coaching began to be kept here.
const mentorsSince = 372

// coaches are there before anybody is coached: their checks, their profiles, their hours.
func (l *loader) coaches() error {
	l.mentors = map[string]*mentor{}
	for i, m := range mentors() {
		zone, err := time.LoadLocation(homes[m.home].zone)
		if err != nil {
			return err
		}
		m.zone = zone
		if m.days == nil {
			today := l.now.In(zone).Weekday()
			m.days, m.fresh = []time.Weekday{today, (today + 2) % 7, (today + 4) % 7}, true
		}
		if m.who = l.office[m.local]; m.who == nil {
			if err := l.joins(m, i); err != nil {
				return err
			}
		}
		l.mentors[m.local] = m
		if err := l.profile(m, l.ago(mentorsSince).Add(time.Duration(i)*time.Hour)); err != nil {
			return fmt.Errorf("coach %s: %w", m.who.name(), err)
		}
	}
	return l.changesOfHours()
}

// joins hires somebody as a coach, and takes down what they were checked for.
func (l *loader) joins(m *mentor, i int) error {
	p := &person{given: m.given, family: m.family, gender: m.gender, kinds: []models.Kind{models.KindStaff}, email: m.local + "@" + Domain, phone: l.cast.telephone(homes[m.home]),
		roles: []models.Role{models.RoleCoach}, status: models.MemberActive, born: models.DateOf(l.now.AddDate(-41-3*i, -i, -2*i))}
	m.who, l.office[m.local] = p, p
	if err := l.hire(p, homes[m.home], l.ago(opened-20).Add(time.Duration(i)*time.Hour)); err != nil {
		return err
	}
	for n, kind := range models.ForCoachesOf(true) {
		expires := l.day(trained + 11*i)
		if kind == models.CredentialCoachTraining && m.expires > 0 {
			expires = l.day(m.expires)
		}
		if _, err := l.s.People.AddCredential(l.at(l.ago(400).Add(time.Duration(i*10+n)*time.Minute), l.office["sam.delgado"]), p.member,
			people.AddCredential{Kind: kind, IssuedOn: l.day(-410), ExpiresOn: &expires}); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) profile(m *mentor, at time.Time) error {
	joyce := l.office["coordinator"]
	ways := []models.Modality{models.ModalityOnline, models.ModalityPhone}
	if m.place != "" {
		ways = append(ways, models.ModalityInPerson)
	}
	in := coaching.NewCoach{MemberID: m.who.member, CoachPatch: coaching.CoachPatch{Bio: field(m.bio), Specialties: field(m.specialties), Languages: field(m.languages), Modalities: field(ways),
		TimeZone: field(m.zone.String()), Place: field(m.place), PlaceVisible: field(m.place != ""), JoinURL: field("https://meet." + Domain + "/" + m.local), WithMinors: field(m.minors),
		CaseloadLimit: field(m.limit), SlotMinutes: field(60), HorizonDays: field(130), ApprovesBookings: field(m.approves), Paid: field(m.paid)}}
	if m.supervised {
		in.SupervisorID = services.Some(l.mentors["supervisor"].who.member)
	}
	if _, err := l.s.Coaching.CreateCoach(l.at(at, joyce), in); err != nil {
		return err
	}
	from := models.DateOf(at)
	_, err := l.s.Coaching.CreateSchedule(l.at(at.Add(10*time.Minute), m.who), m.who.member, coaching.NewCoachSchedule{Name: "All year", StartsOn: &from,
		Hours: []coaching.CoachHoursInput{{Rule: "FREQ=WEEKLY;BYDAY=" + byDay(m.days), FromTime: fmt.Sprintf("%02d:00", m.from), UntilTime: fmt.Sprintf("%02d:00", m.until)}}})
	return err
}

// byDay writes weekdays as RFC 5545 has them.
func byDay(days []time.Weekday) string {
	out := make([]string, len(days))
	for i, d := range days {
		out[i] = strings.ToUpper(d.String()[:2])
	}
	return strings.Join(out, ",")
}

// changesOfHours are days that are not like the others: every other Saturday of one, an override, absences, and one who has as many
// as he can do well.
func (l *loader) changesOfHours() error {
	tom, ruth, dev, imogen := l.mentors["coach"], l.mentors["responder"], l.mentors["dev.malhotra"], l.mentors["supervisor"]
	from := l.day(-30)
	for _, do := range []func() error{
		func() error {
			_, err := l.s.Coaching.CreateSchedule(l.at(l.ago(30), ruth.who), ruth.who.member, coaching.NewCoachSchedule{Name: "Saturdays", StartsOn: &from,
				Hours: []coaching.CoachHoursInput{{Rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", FromTime: "09:00", UntilTime: "12:00"}}})
			return err
		},
		func() error {
			day := models.DayIn(l.now.AddDate(0, 0, 7), tom.zone.String())
			_, err := l.s.Coaching.PutOverride(l.at(l.ago(12), tom.who), tom.who.member, day.String(), coaching.SetOverride{Windows: []string{"09:00-12:00", "15:00-18:00"}})
			return err
		},
		func() error {
			_, err := l.s.Coaching.CreateTimeOff(l.at(l.ago(60), imogen.who), imogen.who.member, coaching.NewCoachTimeOff{StartsAt: l.now.AddDate(0, 0, 24), EndsAt: l.now.AddDate(0, 0, 31), Note: "A week by the sea"})
			return err
		},
		func() error {
			_, err := l.s.Coaching.CreateTimeOff(l.at(l.ago(9), dev.who), dev.who.member, coaching.NewCoachTimeOff{StartsAt: l.now.AddDate(0, 0, 12), EndsAt: l.now.AddDate(0, 0, 17), Note: "Family visit"})
			return err
		},
	} {
		if err := do(); err != nil {
			return err
		}
	}
	l.when(l.ago(3), func(at time.Time) error {
		_, err := l.s.Coaching.UpdateCoach(l.at(at, dev.who), dev.who.member, coaching.CoachPatch{Accepting: field(false)})
		return err
	})
	return nil
}

// hour is a weekday and an hour that the next client of somebody gets for theirs.
func (m *mentor) hour() (time.Weekday, int) {
	days, n := m.days, m.hours
	if m.fresh {
		days = days[1:]
	}
	m.hours++
	return days[n%len(days)], m.from + n/len(days)%(m.until-m.from)
}

// next is the first such hour after a time.
func (m *mentor) next(day time.Weekday, hour int, after time.Time) time.Time {
	local := after.In(m.zone)
	at := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, m.zone)
	for at.Weekday() != day || !at.After(after) {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, hour, 0, 0, 0, m.zone)
	}
	return at.UTC()
}
