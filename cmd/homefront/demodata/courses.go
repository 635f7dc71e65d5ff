package demodata

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
)

// design is a kind of workshop that is held again and again.
type design struct {
	title, program, summary, description, materials string
	format                                          models.Format
	dropIn                                          bool
	minutes                                         int
	audience                                        []models.Kind
	minimumAge                                      int // 0: none, so that children may come
	guests, party                                   int
	children                                        bool // parents bring them
	childSeats                                      int  // seats for children alone; 0: the same seats
	teens                                           bool
	approval                                        bool
	asks                                            string // the form for registration
}

var (
	warriors = []models.Kind{models.KindVeteran, models.KindServiceMember, models.KindGuardReserve}
	couples  = append([]models.Kind{models.KindSpouse, models.KindPartner}, warriors...)
)

const (
	battleBuddy = "Battle Buddy"
	awareness   = "Family Awareness"
	oneOnOne    = "Coaching"
	retreats    = "Retreats"
	happiness   = "Happiness Workshops"
	caregivers  = "Caregiver Circle"
)

var (
	hypervigilance = design{title: "Living with Hypervigilance", program: awareness, format: models.FormatInPerson, minutes: 90, minimumAge: 18, party: 4,
		audience:    append([]models.Kind{models.KindParent, models.KindSibling, models.KindCaregiver, models.KindPartner}, models.KindSpouse, models.KindVeteran, models.KindServiceMember, models.KindGuardReserve),
		summary:     "Six evenings for veterans and the people they live with: what a body on watch does, and what a household can do.",
		description: "We talk about sleep, crowds, driving and the sound of a dropped pan. Nobody has to tell a story. Each evening ends with one thing to try at home.", materials: "A notebook"}
	coffee = design{title: "Coffee and Company", program: battleBuddy, format: models.FormatInPerson, dropIn: true, minutes: 90, minimumAge: 18, guests: 1, party: 3,
		summary: "Come by, sit down, talk or do not. Coffee is on us.", description: "A table, a pot of coffee and people who have been there. Come for ten minutes or for all of it."}
	mornings = design{title: "Mindful Mornings", program: happiness, format: models.FormatOnline, minutes: 45, minimumAge: 16, party: 3,
		summary: "Forty-five quiet minutes online before the day begins.", description: "Breathing, a short walk in place, one good thing from yesterday. Cameras may stay off.", materials: "A chair and ten square feet"}
	kites = design{title: "Kids, Kites and Saturday", program: awareness, format: models.FormatInPerson, minutes: 180, children: true, guests: 1, party: 7, childSeats: 14,
		summary: "A morning outdoors for families: build a kite, fly it, eat a sandwich.", description: "For children of any age and the grown-ups who come with them.", materials: "Sun hats and water"}
	evening = design{title: "Caregivers' Evening", program: caregivers, format: models.FormatOnline, dropIn: true, minutes: 75, minimumAge: 18, party: 2,
		audience: []models.Kind{models.KindCaregiver, models.KindSpouse, models.KindPartner, models.KindParent, models.KindSibling},
		summary:  "An hour among people who look after somebody, with no need to explain.", description: "We begin with how the week was for you, not for the person you care for."}
	sleep = design{title: "Sleep, Night by Night", program: happiness, format: models.FormatHybrid, minutes: 75, minimumAge: 18, party: 2,
		summary: "Five sessions on better nights, in the room or online.", description: "Habits, light, caffeine, and what to do at three in the morning. Not therapy; a leader who has been sleepless too.", materials: "A week's sleep notes, if you keep any"}
	mission = design{title: "Finding the Next Mission", program: oneOnOne, format: models.FormatHybrid, minutes: 150, minimumAge: 18, party: 2, audience: couples,
		summary: "An afternoon on work, purpose and what comes after the uniform.", description: "Strengths on cards, stories in pairs, one step for the next month. A coach is there for questions."}
	talking = design{title: "Couples' Day: Talking Again", asks: forTheDay, program: retreats, format: models.FormatInPerson, minutes: 360, minimumAge: 18, party: 2, audience: couples, approval: true,
		summary: "A day for two, away from phones and dishes.", description: "Guided conversations, a long lunch, and an hour outdoors. We talk with each couple before we confirm.", materials: "Comfortable shoes"}
	gratitude = design{title: "Gratitude Writing Circle", program: happiness, format: models.FormatOnline, minutes: 60, minimumAge: 18, guests: 1, party: 3,
		summary: "A weekly hour to write three good lines, and to hear a few.", description: "No spelling counts. Reading aloud is by choice."}
	buddies = design{title: "Battle Buddy Training", program: battleBuddy, format: models.FormatInPerson, minutes: 180, minimumAge: 18, party: 2, audience: warriors,
		summary: "Two evenings for those who want to be somebody's buddy.", description: "Listening, limits, and where to turn when a friend is in danger. You are a friend, not a guard."}
	climb = design{title: "Teen Climb Night", program: awareness, format: models.FormatInPerson, minutes: 150, minimumAge: 10, party: 5, children: true, teens: true,
		summary: "Ropes, pizza and other kids who move a lot.", description: "Staffed for young people of ten and over; a parent may stay.", materials: "Clothes to move in"}
	grief = design{title: "Empty Chair, Full Table", program: caregivers, format: models.FormatOnline, minutes: 90, minimumAge: 18, party: 2,
		summary: "For those who lost somebody, around the days that are hardest.", description: "We plan for one hard day together: who, where, what to leave out."}
	yoga = design{title: "Yoga for Stiff Warriors", program: happiness, format: models.FormatInPerson, minutes: 60, minimumAge: 16, party: 2,
		summary: "Slow yoga, chairs welcome, doors in view.", description: "Nobody touches you. The lights stay on and the door stays open.", materials: "A mat, or borrow ours"}
	table = design{title: "Cooking at a Long Table", asks: forTheDay, program: awareness, format: models.FormatInPerson, minutes: 150, children: true, guests: 2, party: 8,
		summary: "Cook together, eat together, take the recipe home.", description: "Families and those who come alone. There is always somebody who can chop onions.", materials: "An apron"}
)

// A course is one edition of a design, and what becomes of it.
type course struct {
	*design
	suffix   string
	place    string // of venues; "" when it is online
	room     string // of the place; "" when it takes all of it
	zone     string // of what is online
	leaders  []string
	start    int    // days from today of the first session
	clock    string // wall clock of the start; "" is soon
	weeks    int    // sessions, a week apart
	seats    int
	online   int // seats online of a hybrid one
	fill     int // percent of the seats that are asked for; more than 100 makes a waitlist
	lead     int // days before the start at which it is published
	opensIn  int // days from today on which registration opens, when it has not
	draft    bool
	callOff  int // days from today on which it was called off; 0: never
	because  string
	template bool
	public   bool                                   // in the catalog for everybody
	minimum  int                                    // people without whom it does not run, unless somebody decides so
	decide   time.Duration                          // from now, when that is decided
	remind   []int                                  // hours before the start, when not a day
	begun    time.Time                              // when it begins, to the minute; zero: on a day and hour that suit it
	skips    int                                    // which session, counted from 0, was called off lately; 0: none
	moves    int                                    // which session was moved by an hour; 0: none
	dst      bool                                   // begins two weeks before the clocks change, when that is near
	cast     func(*loader, *course) (*request, int) // somebody of the cast who asks too, and after how many others

	silent   bool // the next who is offered seats does not answer
	workshop uuid.UUID
	first    time.Time
	last     time.Time
	meetings []session
	parties  int
}

// session is a planned meeting.
type session struct {
	id         uuid.UUID
	start, end time.Time
}

const (
	haymount = "Haymount Community House"
	creek    = "Cross Creek Library, Room B"
	grange   = "Grange Hall"
	balboa   = "Balboa Veterans Center"
	tide     = "Tidewater Meeting Rooms"
)

// places where we meet.
var places = []struct {
	name, address string
	home          int
	capacity      int
	accessibility string
	notes         string
}{
	{haymount, "212 Hay St, Fayetteville, NC 28301", 0, 40, "Step-free entrance on Old St; accessible toilet", "Key box by the side door; code from the office"},
	{creek, "300 Maiden Ln, Fayetteville, NC 28301", 0, 24, "Elevator; quiet room next door", "Closes at 21:00 sharp"},
	{grange, "88 Mesquite Rd, Killeen, TX 76541", 1, 60, "One step at the door; ramp on request", "Ask Bev for the kitchen"},
	{balboa, "1549 Park Way, San Diego, CA 92101", 2, 45, "Step-free; service animals have a run behind the house", ""},
	{tide, "41 Granby Sq, Norfolk, VA 23510", 3, 30, "Step-free", "Parking in the deck; we validate"},
}

// rooms of places, which are booked apart.
var rooms = []struct {
	place, name, accessibility string
	capacity                   int
}{
	{haymount, parlor, "Step-free; hearing loop", 14},
	{haymount, garden, "Step-free from Old St; double doors, wide enough for any chair", 24},
	{haymount, "Upstairs Study", "Fourteen steps, no elevator", 8},
	{balboa, "Long Room", "Step-free", 30},
	{balboa, porch, "One step; ramp beside the door", 10},
}

const parlor, garden, porch = "Front Parlor", "Garden Room", "Sun Porch"

const eastern, central, pacific = "America/New_York", "America/Chicago", "America/Los_Angeles"

// courses are the forty workshops, the two templates first. Leaders are whom the office knows by these names.
func courses() []*course {
	priya, tom, grant, anita, hal, lucille := "facilitator", "coach", "grant.wheeler", "anita.bello", "hal.norwood", "lucille.park"
	return []*course{
		{design: &hypervigilance, suffix: " (template)", place: haymount, leaders: []string{}, seats: 20, template: true, draft: true},
		{design: &kites, suffix: " (template)", place: balboa, leaders: []string{}, seats: 16, template: true, draft: true},

		// What the story of the first five minutes needs comes first, so that nothing else takes its hours.
		{design: &yoga, place: haymount, leaders: []string{priya}, start: 0, weeks: 1, seats: 20, fill: 60, lead: 20},
		{design: &hypervigilance, public: true, place: haymount, leaders: []string{priya, grant}, start: 1, clock: "18:00", weeks: 6, seats: 30, fill: 40, lead: 32},
		{design: &table, public: true, place: haymount, leaders: []string{grant}, start: 6, clock: "17:00", weeks: 1, seats: 16, fill: 85, lead: 35, cast: spouseAsksMember},
		{design: &mornings, zone: eastern, leaders: []string{tom}, start: 8, clock: "07:30", weeks: 4, seats: 12, fill: 140, lead: 30, cast: memberIsOffered},
		{design: &yoga, place: creek, leaders: []string{tom}, start: 12, clock: "18:30", weeks: 6, seats: 10, fill: 150, lead: 28, cast: memberWaits},
		{design: &buddies, place: haymount, leaders: []string{tom, priya}, start: 20, clock: "18:00", weeks: 2, seats: 18, fill: 55, lead: 30, cast: memberComes},
		{design: &table, place: haymount, leaders: []string{grant, priya}, start: -112, clock: "16:00", weeks: 1, seats: 20, fill: 85, lead: 30, cast: memberFamily},

		{design: &hypervigilance, place: haymount, leaders: []string{priya}, start: -168, clock: "18:00", weeks: 6, seats: 16, fill: 95, lead: 30},
		{design: &coffee, place: creek, leaders: []string{grant}, start: -150, clock: "09:30", weeks: 6, seats: 12, fill: 60, lead: 20},
		{design: &mornings, zone: eastern, leaders: []string{tom}, start: -140, clock: "07:30", weeks: 4, seats: 12, fill: 150, lead: 25, cast: nobodyAnswers},
		{design: &kites, place: balboa, leaders: []string{hal, lucille}, start: -133, clock: "10:00", weeks: 1, seats: 16, fill: 90, lead: 30},
		{design: &evening, zone: central, leaders: []string{anita}, start: -126, clock: "19:30", weeks: 4, seats: 10, fill: 50, lead: 20},
		{design: &buddies, place: grange, leaders: []string{anita}, start: -120, clock: "18:00", weeks: 2, seats: 14, fill: 75, lead: 25},
		{design: &sleep, place: balboa, leaders: []string{lucille}, start: -105, clock: "18:30", weeks: 5, seats: 10, online: 12, fill: 80, lead: 25},
		{design: &gratitude, zone: pacific, leaders: []string{hal}, start: -98, clock: "17:00", weeks: 4, seats: 12, fill: 140, lead: 25},
		{design: &talking, place: haymount, leaders: []string{tom, priya}, start: -91, clock: "09:30", weeks: 1, seats: 16, fill: 90, lead: 45},
		{design: &yoga, place: grange, leaders: []string{anita}, start: -84, clock: "17:30", weeks: 6, seats: 12, fill: 75, lead: 20},
		{design: &climb, place: balboa, leaders: []string{lucille, hal}, start: -77, clock: "17:00", weeks: 1, seats: 18, fill: 70, lead: 25},
		{design: &mission, place: haymount, leaders: []string{tom}, start: -70, clock: "13:00", weeks: 1, seats: 14, online: 10, fill: 70, lead: 30},
		{design: &hypervigilance, place: grange, leaders: []string{anita}, start: -63, clock: "18:00", weeks: 6, seats: 14, fill: 145, lead: 30},
		{design: &kites, place: haymount, leaders: []string{grant}, start: -56, clock: "10:00", weeks: 1, seats: 14, fill: 85, lead: 25},
		{design: &mornings, zone: pacific, leaders: []string{lucille}, start: -49, clock: "07:00", weeks: 4, seats: 12, fill: 75, lead: 20},
		{design: &grief, zone: eastern, leaders: []string{priya}, start: -42, clock: "19:00", weeks: 1, seats: 12, fill: 80, lead: 20},
		{design: &buddies, place: balboa, leaders: []string{hal}, start: -35, clock: "18:00", weeks: 2, seats: 12, fill: 80, lead: 25},
		{design: &table, place: grange, leaders: []string{anita}, start: -28, clock: "16:30", weeks: 1, seats: 20, fill: 80, lead: 25},
		{design: &kites, place: tide, leaders: []string{grant}, start: -19, clock: "10:00", weeks: 1, seats: 12, fill: 75, lead: 22},
		{design: &yoga, place: tide, leaders: []string{grant}, start: -12, clock: "18:00", weeks: 2, seats: 12, fill: 45, lead: 22, callOff: -16, because: "The house has a burst pipe. We are sorry, and will plan it again."},

		{design: &hypervigilance, place: balboa, leaders: []string{hal}, start: -17, clock: "18:00", weeks: 6, seats: 16, fill: 90, lead: 30, moves: 5},
		{design: &coffee, place: creek, leaders: []string{grant}, start: -23, clock: "09:30", weeks: 8, seats: 12, fill: 50, lead: 20},
		{design: &sleep, place: haymount, leaders: []string{tom}, start: -10, clock: "18:30", weeks: 5, seats: 12, online: 12, fill: 75, lead: 25, skips: 3},

		{design: &evening, zone: central, leaders: []string{anita}, start: 3, clock: "19:30", weeks: 6, seats: 12, fill: 75, lead: 18},
		{design: &kites, public: true, place: balboa, leaders: []string{lucille}, start: 9, clock: "10:00", weeks: 1, seats: 16, fill: 65, lead: 25},
		{design: &climb, place: grange, leaders: []string{anita}, start: 13, clock: "17:00", weeks: 1, seats: 16, fill: 85, lead: 25},
		{design: &yoga, suffix: " by the harbor", place: tide, leaders: []string{grant}, start: 15, clock: "11:00", weeks: 1, seats: 14, fill: 50, lead: 28, callOff: -3, because: "Our leader for this day is ill."},
		{design: &talking, place: haymount, leaders: []string{tom, grant}, start: 17, clock: "09:30", weeks: 1, seats: 16, fill: 80, lead: 35},
		{design: &grief, zone: eastern, leaders: []string{priya}, start: 18, clock: "19:00", weeks: 1, seats: 14, fill: 35, lead: 15},
		{design: &mission, place: grange, leaders: []string{anita}, start: 26, clock: "13:00", weeks: 1, seats: 16, online: 12, lead: 10, opensIn: 5},
		{design: &gratitude, zone: eastern, leaders: []string{lucille}, start: 14, clock: "19:00", weeks: 8, seats: 14, fill: 40, lead: 20, dst: true},
		{design: &talking, place: balboa, leaders: []string{hal}, start: 60, clock: "09:30", weeks: 1, seats: 12, draft: true},
		{design: &mission, suffix: ", second part", place: haymount, leaders: []string{}, draft: true},
	}
}
