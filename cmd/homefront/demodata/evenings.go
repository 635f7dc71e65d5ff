package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/workshops"
)

// What is planned, called off, brought back and decided about workshops; each of these has one story of its own.
var (
	supper = design{title: "Welcome Home Supper", program: awareness, format: models.FormatInPerson, minutes: 120, children: true, party: 4,
		summary: "A long table for whoever came home, lately or long ago, and whoever waited.", description: "Soup, bread, and places beside somebody you do not know yet.", materials: "Nothing but an appetite"}
	guitars = design{title: "Six Strings, Slow Songs", program: happiness, format: models.FormatInPerson, minutes: 90, minimumAge: 16, party: 2,
		summary: "Four evenings with a borrowed guitar and three chords.", description: "For hands that have never held one, and hands that have not for years.", materials: "Guitars are there"}
	woodshop = design{title: "Woodshop for Two Hands", program: awareness, format: models.FormatInPerson, minutes: 120, minimumAge: 16, party: 2,
		summary: "Build a birdhouse from one board.", description: "Hand tools alone, no loud machines. Every step can be done sitting down.", materials: "Closed shoes"}
	flies = design{title: "Tying Flies", program: happiness, format: models.FormatInPerson, minutes: 90, minimumAge: 16, party: 2,
		summary: "Thread, feathers, patience: an evening for quiet hands.", description: "Vises, lamps and magnifiers are on the tables."}
	paddle = design{title: "Morning on the Water", program: awareness, format: models.FormatInPerson, minutes: 240, minimumAge: 16, guests: 1, party: 3,
		summary: "Canoes for two on still water, and breakfast after.", description: "No experience asked. Life vests for all sizes.", materials: "Clothes that may get wet"}
	lunch = design{title: "Lunch Break, Online", program: happiness, format: models.FormatOnline, dropIn: true, minutes: 90, minimumAge: 18, party: 2,
		summary: "An open hour at noon or whenever yours is. Come for ten minutes or for all of it.", description: "Somebody hosts, nobody has to talk."}
	letters = design{title: "Letters We Never Sent", program: caregivers, format: models.FormatOnline, minutes: 90, minimumAge: 18, party: 2, approval: true,
		summary: "Write one letter in good company, and keep it.", description: "We talk with everybody before the first evening."}
)

// evenings are the stories around workshops.
func (l *loader) evenings() error {
	for _, story := range []func() error{l.lastWeek, l.saidHowItWas, l.fromATemplate, l.tooFew, l.runsAnyway, l.stormWarning, l.opensNow, l.waitForAWord, l.writesToThem} {
		if err := story(); err != nil {
			return err
		}
	}
	return nil
}

// guest is somebody who has a place.
type guest struct {
	who          *person
	registration uuid.UUID
	attendee     uuid.UUID
}

// next is whose turn it is to come: grown people with an account, who have been with us for some months.
func (l *loader) next() *person {
	if l.circle == nil {
		for _, p := range l.signedUp() {
			if f := l.familyOf(p); f.joined.Before(l.ago(90)) && p.adult(l.day(-40)) {
				l.circle = append(l.circle, p)
			}
		}
	}
	l.turns++
	return l.circle[l.turns*7%len(l.circle)]
}

func (l *loader) familyOf(p *person) *family {
	for _, f := range l.families {
		if f.has(p) {
			return f
		}
	}
	return nil
}

// books registers a party; whoever leads it acts, or the office for who has no account.
func (l *loader) books(c *course, p *person, at time.Time, in workshops.Register) ([]guest, error) {
	in.LeadMemberID = &p.member
	actor := p
	if p.roles == nil {
		actor = l.office["coordinator"]
	}
	view, err := l.s.Workshops.Register(l.at(at, actor), c.workshop, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %s registers: %w", c.title, p.name(), err)
	}
	l.made.Registrations++
	out := make([]guest, len(view.Attendees))
	for i, a := range view.Attendees {
		out[i] = guest{p, view.ID, a.ID}
	}
	return out, nil
}

// fills registers so many people one by one, from a time on.
func (l *loader) fills(c *course, n int, from time.Time, in workshops.Register) (out []guest, err error) {
	for i := range n {
		g, err := l.books(c, l.next(), from.Add(time.Duration(i)*5*time.Hour), in)
		if err != nil {
			return nil, err
		}
		out = append(out, g...)
	}
	return out, nil
}

// fromATemplate: a series made of a template moves to another room, all of it; one leaves it for another day; and links let
// people in past the queue.
func (l *loader) fromATemplate() error {
	joyce := l.office["coordinator"]
	model := &course{design: &guitars, suffix: " (template)", place: haymount, room: parlor, seats: 12, template: true, draft: true, public: true, remind: []int{48, 2}, lead: 30}
	if err := l.create(model); err != nil {
		return err
	}
	c := &course{design: &guitars, place: haymount, zone: homes[0].zone, leaders: []string{"coach"}, start: 11, clock: "18:00", weeks: 4}
	begins, err := l.begins(c)
	if err != nil {
		return err
	}
	made, err := l.s.Workshops.Clone(l.at(l.ago(20), joyce), model.workshop, workshops.CloneWorkshop{Title: guitars.title})
	if err != nil {
		return err
	}
	c.workshop = made.ID
	l.made.Workshops++
	leads := []uuid.UUID{l.office["coach"].member}
	if _, err := l.s.Workshops.Update(l.at(l.ago(20).Add(time.Hour), joyce), c.workshop, workshops.WorkshopPatch{FacilitatorIDs: services.Field[[]uuid.UUID]{Set: true, Value: &leads}}); err != nil {
		return err
	}
	series, err := l.s.Workshops.AddSessions(l.at(l.ago(20).Add(2*time.Hour), joyce), c.workshop, c.sessions(begins))
	if err != nil {
		return err
	}
	if _, err := l.s.Workshops.Publish(l.at(l.ago(19), joyce), c.workshop); err != nil {
		return err
	}
	if l.players, err = l.fills(c, 6, l.ago(17), workshops.Register{}); err != nil {
		return err
	}
	room, note := l.rooms[garden], "Through the garden gate on Old St"
	_, err = l.s.Workshops.UpdateSession(l.at(l.ago(9), joyce), series.Data[0].ID, workshops.SessionPatch{Scope: workshops.ScopeAll,
		RoomID: services.Field[uuid.UUID]{Set: true, Value: &room}, LocationNote: services.Field[string]{Set: true, Value: &note}})
	if err != nil {
		return err
	}
	return l.passes(c)
}

// passes: one is for one person and waits for her, one for a partner was used by two of their eight, one was taken back.
func (l *loader) passes(c *course) error {
	joyce, carol := l.office["coordinator"], l.office["carol.esposito"]
	invited := l.next()
	if _, err := l.s.Workshops.MakePass(l.at(l.ago(8), joyce), c.workshop, workshops.NewPass{Label: "Asked at the front desk", MemberID: &invited.member}); err != nil {
		return err
	}
	partner, err := l.s.Workshops.MakePass(l.at(l.ago(8).Add(time.Hour), joyce), c.workshop, workshops.NewPass{Label: "Vet Center, Bragg Boulevard", Uses: 8})
	if err != nil {
		return err
	}
	if _, err := l.fills(c, 2, l.ago(7), workshops.Register{Pass: partner.Token}); err != nil {
		return err
	}
	gone, err := l.s.Workshops.MakePass(l.at(l.ago(6), carol), c.workshop, workshops.NewPass{Label: "Flyer at the farmers' market", Uses: 20})
	if err != nil {
		return err
	}
	_, err = l.s.Workshops.RevokePass(l.at(l.ago(5), carol), gone.ID)
	return err
}

// tooFew: the day on which it is decided whether it runs has come, and a task says so.
func (l *loader) tooFew() error {
	c := &course{design: &woodshop, place: grange, leaders: []string{"anita.bello"}, start: 4, clock: "17:30", weeks: 1, seats: 12, lead: 24, minimum: 8, decide: -5 * time.Hour, public: true}
	if err := l.create(c); err != nil {
		return err
	}
	if _, err := l.fills(c, 3, l.ago(5), workshops.Register{}); err != nil {
		return err
	}
	return l.due(l.now.Add(c.decide + time.Minute))
}

// runsAnyway: four came together where six were asked for, and that was found to be enough.
func (l *loader) runsAnyway() error {
	c := &course{design: &flies, place: balboa, room: porch, leaders: []string{"lucille.park"}, start: 4, clock: "18:30", weeks: 1, seats: 10, lead: 24, minimum: 6, decide: -30 * time.Hour, public: true}
	if err := l.create(c); err != nil {
		return err
	}
	if _, err := l.fills(c, 4, l.ago(5), workshops.Register{}); err != nil {
		return err
	}
	if err := l.due(l.now.Add(c.decide + time.Minute)); err != nil {
		return err
	}
	_, err := l.s.Workshops.RunAnyway(l.at(l.now.Add(c.decide+4*time.Hour), l.office["carol.esposito"]), c.workshop, workshops.RunAnyway{Reason: "Four is a good number at one table"})
	return err
}

// stormWarning: a morning was called off and takes place after all, with everybody who had a place. Somebody from the guitars
// moves over to it.
func (l *loader) stormWarning() error {
	c := &course{design: &paddle, place: tide, leaders: []string{"grant.wheeler"}, start: 8, clock: "08:30", weeks: 1, seats: 14, lead: 26, public: true}
	if err := l.create(c); err != nil {
		return err
	}
	if _, err := l.fills(c, 6, l.ago(5), workshops.Register{}); err != nil {
		return err
	}
	joyce := l.office["coordinator"]
	if _, err := l.s.Workshops.CancelWorkshop(l.at(l.now.Add(-60*time.Hour), joyce), c.workshop, workshops.CancelReason{Reason: "There is a storm warning for that morning."}); err != nil {
		return err
	}
	if _, err := l.s.Workshops.RestoreWorkshop(l.at(l.now.Add(-29*time.Hour), joyce), c.workshop); err != nil {
		return err
	}
	_, err := l.s.Workshops.Transfer(l.at(l.now.Add(-28*time.Hour), joyce), l.players[3].registration,
		workshops.Transfer{WorkshopID: &c.workshop, Reason: "Called: weekday evenings do not work any more"})
	return err
}

// opensNow is online and has begun ten minutes ago: whoever has a place can join.
func (l *loader) opensNow() error {
	begins, err := l.justBegun()
	if err != nil {
		return err
	}
	c := &course{design: &lunch, zone: eastern, weeks: 2, seats: 20, lead: 20, public: true}
	for _, name := range []string{"lucille.park", "hal.norwood", "anita.bello", "grant.wheeler", "coach"} {
		if c.leaders = []string{name}; l.free(c, begins) {
			break
		}
	}
	c.begun = begins
	if err := l.create(c); err != nil {
		return err
	}
	in := workshops.Register{SessionID: &c.meetings[0].id}
	if _, err := l.books(c, l.ellery.lead(), l.ago(4), in); err != nil {
		return err
	}
	_, err = l.fills(c, 5, l.ago(3), in)
	return err
}

// waitForAWord: four ask for a place that staff give after a talk.
func (l *loader) waitForAWord() error {
	c := &course{design: &letters, zone: eastern, leaders: []string{"facilitator"}, start: 16, clock: "19:00", weeks: 2, seats: 10, lead: 30}
	if err := l.create(c); err != nil {
		return err
	}
	_, err := l.fills(c, 4, l.ago(3), workshops.Register{})
	return err
}

// writesToThem: those who come tomorrow are told where to park, but for somebody without an account, who is to be called; and
// what was written in haste is taken back.
func (l *loader) writesToThem() error {
	c := l.tomorrow()
	for _, f := range l.families {
		if p := f.lead(); p.roles == nil && p.status == models.MemberActive && p.adult(l.day(0)) && f.joined.Before(l.ago(90)) && l.fits(c, p, l.day(1)) {
			_, err := l.books(c, p, l.now.Add(-70*time.Hour), workshops.Register{})
			if refused(err) {
				continue
			}
			if err != nil {
				return err
			}
			break
		}
	}
	priya, at := l.office["facilitator"], l.now.Add(-27*time.Hour)
	_, err := l.s.Workshops.MessageWorkshop(l.at(at, priya), c.workshop, workshops.WriteToAttendees{Subject: "Parking has moved",
		Body: "The lot behind the house is closed on the first evening.\nPlease park at the library on Maiden Lane; it is three minutes on foot, and step-free.", Essential: true})
	if err != nil {
		return err
	}
	if err := l.due(at.Add(11 * time.Minute)); err != nil {
		return err
	}
	hasty, err := l.s.Workshops.MessageWorkshop(l.at(at.Add(2*time.Hour), priya), c.workshop, workshops.WriteToAttendees{Subject: "Bring a blanket", Body: "The heating is being repaired. Bring something warm."})
	if err != nil {
		return err
	}
	_, err = l.s.Workshops.RecallMessage(l.at(at.Add(2*time.Hour+4*time.Minute), priya), hasty.ID)
	return err
}

// tomorrow is the series that begins then.
func (l *loader) tomorrow() *course {
	for _, c := range l.courses {
		if c.design == &hypervigilance && c.start == 1 {
			return c
		}
	}
	return nil
}

// justBegun is ten minutes ago on a whole minute, or a little later where the clocks make a riddle of it.
func (l *loader) justBegun() (time.Time, error) {
	zone, err := time.LoadLocation(eastern)
	if err != nil {
		return time.Time{}, err
	}
	begins := l.now.In(zone).Add(-10 * time.Minute).Truncate(5 * time.Minute)
	_, _, twice, err := models.LocalTime(begins.Format(wallClock), eastern)
	if twice {
		begins = begins.Add(2 * time.Hour)
	}
	return begins, err
}
