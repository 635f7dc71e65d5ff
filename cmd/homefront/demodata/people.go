package demodata

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"homefront/api"
	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/tasks"
)

// loader makes the data. What it has made so far is known by the names that the code uses.
type loader struct {
	ctx  context.Context
	s    api.Services
	db   *pgxpool.Pool
	rng  *rand.Rand
	now  time.Time
	made Summary

	cast     *casting
	hash     string // of the password, for all: each would take 30 ms
	office   map[string]*person
	teachers []*person // who lead workshops
	ellery   *family
	families []*family // in the order in which they came, without the Ellerys
	told     []*family // those of whom the demo tells a story
	folk     map[string]*person
	storied  []*course
	texts    map[models.ConsentKind]models.ConsentVersion // the first of each, the newest of the code of conduct

	forms    map[string]uuid.UUID // by title
	intake   uuid.UUID            // the version of it that is not published yet; Nil when it is
	programs map[string]uuid.UUID
	cohorts  map[string][]cohort // by program
	enrolled []*place
	venues   map[string]uuid.UUID
	rooms    map[string]uuid.UUID
	courses  []*course
	busy     map[string][]span // by the name of a leader or a venue
	agenda   []event           // what is to happen, in the order of time

	known     map[uuid.UUID]*person   // by member
	answering map[uuid.UUID]time.Time // which offer each party answers
	theirs    map[uuid.UUID]bool      // places of the Ellerys
	away      map[uuid.UUID]bool      // places of somebody who does not come any more
	asked     int                     // people who were asked for a day
	decided   int                     // parties that staff talked with
	periods   int                     // of service
	circle    []*person               // who come to what has a story
	turns     int                     // how many of them have been asked
	players   []guest                 // who have a place at the guitars

	mentors   map[string]*mentor // by the first word of the address
	clients   []*client          // veteran@, june@ and walt@, teen@, then the others
	meetings  int                // sessions of coaching that were booked
	unwritten int                // that are over, and not written down
}

// colleague is somebody of the staff. The first word of the address is also what the code calls them by.
type colleague struct {
	local, given, family string
	gender               models.Gender
	home                 int
	roles                []models.Role
	leads                bool
}

const (
	she = models.GenderWoman
	he  = models.GenderMan
)

var team = []colleague{
	{"admin", "Renee", "Castellanos", she, 0, []models.Role{models.RoleAdmin}, false},
	{"coordinator", "Joyce", "Whitmore", she, 0, []models.Role{models.RoleCoordinator}, false},
	{"coach", "Tom", "Okafor", he, 0, []models.Role{models.RoleCoach}, true},
	{"facilitator", "Priya", "Raman", she, 0, []models.Role{models.RoleFacilitator}, true},
	{"moderator", "Ben", "Halloran", he, 2, []models.Role{models.RoleModerator}, false},
	{"analyst", "Mei", "Tanaka", she, 2, []models.Role{models.RoleAnalyst}, false},
	{"responder", "Ruth", "Adler", she, 1, []models.Role{models.RoleResponder, models.RoleCoach}, false},
	{"privacy", "Gloria", "Stein", she, 0, []models.Role{models.RolePrivacyOfficer}, false},
	{"sam.delgado", "Sam", "Delgado", he, 0, []models.Role{models.RoleAdmin, models.RoleCoordinator}, false},
	{"carol.esposito", "Carol", "Esposito", she, 2, []models.Role{models.RoleCoordinator}, false},
	{"grant.wheeler", "Grant", "Wheeler", he, 0, []models.Role{models.RoleFacilitator}, true},
	{"anita.bello", "Anita", "Bello", she, 1, []models.Role{models.RoleFacilitator}, true},
	{"hal.norwood", "Hal", "Norwood", he, 2, []models.Role{models.RoleFacilitator, models.RoleCoach}, true},
	{"lucille.park", "Lucille", "Parrish", she, 2, []models.Role{models.RoleFacilitator}, true},
	{"ed.zielinski", "Ed", "Zielinski", he, 1, []models.Role{models.RoleCoach}, false},
}

// opened is how many days ago the organization began to use the program.
const opened = 760

// staff are there before anybody else. The first account is made as an operator makes it, and its password's hash serves
// for all.
func (l *loader) staff() error {
	l.cast = newCasting(l.rng, l.now)
	l.office = map[string]*person{}
	for i, c := range team {
		p := &person{given: c.given, family: c.family, gender: c.gender, kinds: []models.Kind{models.KindStaff}, email: c.local + "@" + Domain,
			phone: l.cast.telephone(homes[c.home]), roles: c.roles, status: models.MemberActive, born: models.DateOf(l.now.AddDate(-34-(i*7)%25, -(i*5)%12, -i))}
		l.office[c.local] = p
		if c.leads {
			l.teachers = append(l.teachers, p)
		}
		joined := l.ago(opened).Add(time.Duration(i) * 20 * time.Minute)
		if i == 0 {
			if err := l.first(p, joined); err != nil {
				return err
			}
			continue
		}
		if err := l.hire(p, homes[c.home], joined); err != nil {
			return err
		}
	}
	return l.credentials()
}

func (l *loader) first(p *person, joined time.Time) error {
	a, err := l.s.Accounts.CreateStaff(l.system(joined), p.email, Password, p.name(), p.roles...)
	if err != nil {
		return err
	}
	p.account, p.member = a.ID, a.MemberID
	l.made.Members++
	return l.db.QueryRow(l.ctx, `select password_hash from accounts where id = $1`, a.ID).Scan(&l.hash)
}

func (l *loader) hire(p *person, h home, joined time.Time) error {
	_, err := services.Mutate(l.system(joined), l.s.Core, "demo.hire", func(tx *services.Tx) (struct{}, error) {
		if err := l.store(tx, p, h, nil); err != nil {
			return struct{}{}, err
		}
		if p.email == lastAccount {
			return struct{}{}, nil // made at the very end
		}
		return struct{}{}, l.open(tx, p)
	})
	return err
}

// account makes the account of a member who is there already.
func (l *loader) account(p *person) error {
	_, err := services.Mutate(l.system(l.ago(opened-1)), l.s.Core, "demo.account", func(tx *services.Tx) (struct{}, error) {
		return struct{}{}, l.open(tx, p)
	})
	return err
}

// credentials: who works with minors is checked; of one a check lapsed last week.
func (l *loader) credentials() error {
	checker := l.office["sam.delgado"]
	for i, p := range slices.Concat(l.teachers, []*person{l.office["responder"], l.office["ed.zielinski"], l.office["moderator"]}) {
		kinds := models.ForMinors()
		if slices.Contains(p.roles, models.RoleCoach) {
			kinds = append(kinds, models.CredentialCoachTraining, models.CredentialCoachingAgreement)
		}
		if slices.Contains(p.roles, models.RoleResponder) {
			kinds = append(kinds, models.CredentialResponder)
		}
		if i%3 == 0 {
			kinds = append(kinds, models.CredentialFirstAid)
		}
		for _, kind := range kinds {
			expires := l.day(220 + 17*i)
			if p == l.office["ed.zielinski"] && kind == models.CredentialBackgroundCheck {
				expires = l.day(-6)
			}
			if p == l.office["hal.norwood"] && kind == models.CredentialChildSafety {
				expires = l.day(14)
			}
			_, err := l.s.People.AddCredential(l.at(l.ago(400).Add(time.Duration(i)*time.Minute), checker), p.member,
				people.AddCredential{Kind: kind, IssuedOn: l.day(-410), ExpiresOn: &expires})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// people store the cast, each household on the day it came.
func (l *loader) people() error {
	l.ellery = l.cast.ellery()
	l.families = l.cast.households()
	var alone, parted []*family
	for _, f := range l.families {
		if len(f.people) == 1 && f.lead().roles != nil && slices.Contains(f.lead().kinds, models.KindVeteran) {
			alone = append(alone, f)
		}
		if len(f.wards) > 0 && f.wards[0].guardian == f.wards[len(f.wards)-1].guardian && f.wards[0].confirmed {
			parted = append(parted, f)
		}
	}
	for i := range min(2, len(parted), len(alone)) {
		l.cast.twoHomes(parted[i], alone[i])
	}
	for i := 2; i+1 < len(alone) && i < 10; i += 2 { // battle buddies: those who came first asked
		later := alone[i]
		if later.joined.Before(alone[i+1].joined) {
			later = alone[i+1]
		}
		later.ties = append(later.ties, tie{one: alone[i].lead(), other: alone[i+1].lead(), kind: models.RelationBattleBuddy})
	}
	all := append(append(slices.Clone(l.families), l.ellery), l.stories()...)
	slices.SortStableFunc(all, func(a, b *family) int { return a.joined.Compare(b.joined) })
	for _, f := range all {
		if err := l.move(f); err != nil {
			return err
		}
	}
	return nil
}

// move stores a household with everything that it brings, in one transaction.
func (l *loader) move(f *family) error {
	_, err := services.Mutate(l.system(f.joined), l.s.Core, "demo.household", func(tx *services.Tx) (struct{}, error) {
		for _, p := range f.people {
			if p.member != uuid.Nil {
				continue // a child who has another home already
			}
			if err := l.store(tx, p, f.home, f.entered(p)); err != nil {
				return struct{}{}, err
			}
			if p.roles == nil {
				continue
			}
			if err := l.open(tx, p); err != nil {
				return struct{}{}, err
			}
		}
		for _, part := range []func(*services.Tx, *family) error{l.household, l.ties, l.wards, l.service, l.contacts} {
			if err := part(tx, f); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// entered is who added a child: the first guardian.
func (f *family) entered(p *person) *uuid.UUID {
	for _, w := range f.wards {
		if w.child == p {
			return &w.guardian.member
		}
	}
	return nil
}

func (l *loader) store(tx *services.Tx, p *person, h home, enteredBy *uuid.UUID) error {
	referral := pick(l.cast, referrals)
	m := &models.Member{GivenName: p.given, FamilyName: p.family, BirthDate: &p.born, Gender: &p.gender, Kinds: p.kinds, Status: p.status,
		TimeZone: h.zone, ReferralSource: &referral, EnteredBy: enteredBy, Needs: p.needs, Preferences: l.preferences(p)}
	if p.email != "" {
		m.Email, m.Phone = &p.email, &p.phone
		m.Address = models.Address{AddressLine1: streetOf(p), City: h.city, Region: h.region, PostalCode: h.postal, Country: "US"}
	} else {
		m.ReferralSource = nil
	}
	if err := people.NewMember(tx, m); err != nil {
		return err
	}
	p.member = m.ID
	l.known[m.ID] = p
	l.made.Members++
	return nil
}

func streetOf(p *person) string {
	n := 0
	for _, r := range p.family {
		n = n*31 + int(r)
	}
	return string(rune('1'+n%9)) + string(rune('0'+n/9%10)) + string(rune('0'+n/90%10)) + " " + streets[n%len(streets)]
}

// preferences: nearly everybody keeps what we propose, which names no program. The zero value asks for that.
func (l *loader) preferences(p *person) models.Preferences {
	if p.email == "" || slices.Contains(p.kinds, models.KindStaff) || slices.Contains(l.ellery.people, p) {
		return models.Preferences{}
	}
	from, until := models.QuietFrom, models.QuietUntil
	out := models.Preferences{EmailOptIn: true, PushOptIn: true, QuietFrom: &from, QuietUntil: &until}
	switch n := l.rng.IntN(100); {
	case n < 9: // has chosen words that say what it is about
		out.ProgramWords = true
	case n < 13: // may be reached in hours that are safe, on one channel
		channel, start, end := models.SafeBySMS, "10:00", "15:00"
		out.SafeChannel, out.SafeFrom, out.SafeUntil = &channel, &start, &end
	case n < 20:
		out.EmailOptIn = false
	case n < 45:
		out.SMSOptIn = true
	default:
		return models.Preferences{}
	}
	return out
}

func (l *loader) open(tx *services.Tx, p *person) error {
	now := tx.Now()
	a := models.Account{Record: models.Record{ID: services.NewID(), Version: 1, CreatedAt: now, UpdatedAt: now}, MemberID: p.member, Email: p.email,
		PasswordHash: &l.hash, Roles: models.SortedRoles(p.roles), Status: models.AccountActive, EmailVerifiedAt: &now, AuthChangedAt: now}
	p.account = a.ID
	tx.Changed(nil, a)
	return tx.DB.Create(&a).Error
}

func record(tx *services.Tx) models.Record {
	return models.Record{ID: services.NewID(), Version: 1, CreatedAt: tx.Now(), UpdatedAt: tx.Now()}
}

// insert stores rows of one table together.
func insert[T models.Model](tx *services.Tx, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	for _, r := range rows {
		tx.Changed(nil, r)
	}
	return tx.DB.Create(&rows).Error
}

func (l *loader) household(tx *services.Tx, f *family) error {
	l.made.Households++
	h := models.Household{Record: record(tx), Name: f.name}
	f.id = h.ID
	if err := insert(tx, []models.Household{h}); err != nil {
		return err
	}
	rows := make([]models.HouseholdMember, len(f.people))
	for i, p := range f.people {
		rows[i] = models.HouseholdMember{ID: services.NewID(), CreatedAt: tx.Now(), UpdatedAt: tx.Now(), HouseholdID: h.ID, MemberID: p.member, Role: p.role, StartsOn: models.DateOf(tx.Now())}
	}
	return insert(tx, rows)
}

// ties: adults asked and accepted, what a child's are was recorded by staff.
func (l *loader) ties(tx *services.Tx, f *family) error {
	var rows []models.Relationship
	now, on := tx.Now(), models.DateOf(tx.Now())
	for _, t := range f.ties {
		r := models.Relationship{Record: record(tx), MemberID: &t.one.member, Kind: t.kind, OtherID: &t.other.member, Status: models.RelationshipAccepted}
		if t.other.adult(on) && t.one.adult(on) {
			r.AskedBy, r.DecidedAt = &t.one.member, &now
		}
		rows = append(rows, r)
	}
	return insert(tx, rows)
}

// wards are the guardianships. Where nobody has confirmed one yet, a task asks for it.
func (l *loader) wards(tx *services.Tx, f *family) error {
	var rows []models.Guardianship
	seen, by, now := "Birth certificate, seen at the front desk", l.office["coordinator"].member, tx.Now()
	for _, w := range f.wards {
		g := models.Guardianship{Record: record(tx), GuardianID: w.guardian.member, ChildID: w.child.member, Status: models.GuardianshipClaimed}
		if w.confirmed {
			g.Status, g.Evidence, g.ConfirmedAt, g.ConfirmedBy = models.GuardianshipConfirmed, &seen, &now, &by
		}
		rows = append(rows, g)
	}
	if err := insert(tx, rows); err != nil {
		return err
	}
	for _, g := range rows {
		if g.Status == models.GuardianshipConfirmed {
			continue
		}
		if _, err := tasks.Open(tx, tasks.New{Kind: models.TaskConfirmGuardianship, MemberID: &g.ChildID, Record: "guardianship", RecordID: &g.ID,
			Queue: "coordinators", Title: "Confirm a guardianship", DueAt: now.AddDate(0, 0, 2)}); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) service(tx *services.Tx, f *family) error {
	var rows []models.ServiceRecord
	for _, p := range f.people {
		for _, s := range p.service {
			r := models.ServiceRecord{Record: record(tx), MemberID: p.member, Component: s.component, Branch: s.branch, EnteredOn: models.NewDate(p.born.Year()+s.entered, time.June, 14), Verification: models.ServiceUnverified}
			if s.years > 0 {
				left := models.NewDate(r.EnteredOn.Year()+s.years, time.August, 3)
				r.SeparatedOn = &left
			}
			l.tellOf(&r, l.periods)
			l.periods++
			rows = append(rows, r)
		}
	}
	return insert(tx, rows)
}

// contacts are whom to call in an emergency, and what a guardian keeps about a child.
func (l *loader) contacts(tx *services.Tx, f *family) error {
	var rows []models.EmergencyContact
	var details []models.DependentDetails
	add := func(of, by *person, place int, name, relation, phone string) {
		told := []models.MayBeTold{models.ToldEmergency, models.ToldEmergency, models.ToldMembership, models.ToldAnything}[l.rng.IntN(4)]
		rows = append(rows, models.EmergencyContact{ID: services.NewID(), CreatedAt: tx.Now(), MemberID: of.member, EnteredBy: by.member, Place: place,
			Name: name, Relation: relation, Phone: phone, MayBeTold: told})
	}
	for i, p := range f.people {
		switch {
		case p.role == models.HouseholdChild && f.entered(p) != nil && *f.entered(p) == f.lead().member:
			add(p, f.lead(), 1, pick(l.cast, womensNames)+" "+f.name, "grandmother", l.cast.telephone(f.home))
			if l.rng.IntN(3) == 0 {
				details = append(details, models.DependentDetails{Record: record(tx), MemberID: p.member, EnteredBy: f.lead().member,
					Needs: models.Needs{DietaryNeeds: pick(l.cast, []string{"No peanuts", "Vegetarian", "No shellfish", "No dairy"})}})
			}
		case p.role != models.HouseholdChild && (i == 0 || l.rng.IntN(2) == 0):
			if other := f.otherAdult(p); other != nil {
				add(p, p, 1, other.name(), "household", other.phone)
			}
			add(p, p, 2, pick(l.cast, womensNames)+" "+f.name, "sister", l.cast.telephone(f.home))
		}
	}
	if err := insert(tx, rows); err != nil {
		return err
	}
	return insert(tx, details)
}

func (f *family) otherAdult(p *person) *person {
	for _, o := range f.people {
		if o != p && o.role != models.HouseholdChild {
			return o
		}
	}
	return nil
}
