package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services/outreach"
	"homefront/services/people"
	"homefront/services/records"
	"homefront/services/tasks"
)

// cares is the daily work on people.
func (l *loader) cares() error {
	for _, part := range []func() error{l.calls, l.asksForHelp, l.refers, l.todo, l.labels, l.expiring} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// talks are contacts as they are logged: what kind, what came of it, the line, and in how many days somebody follows up.
var talks = []struct {
	kind    models.ContactKind
	in      bool
	outcome models.ContactOutcome
	line    string
	next    string
	after   int
}{
	{models.ContactCall, false, models.OutcomeReached, "Talked about the ride to Saturday. Will let us know by Thursday.", "Ask whether there is a seat in the van", 3},
	{models.ContactCall, false, models.OutcomeLeftMessage, "Left word that two seats are open at the cooking table.", "", 0},
	{models.ContactText, true, models.OutcomeReached, "Asked whether the dog may come along. The dog may.", "", 0},
	{models.ContactCall, false, models.OutcomeNoAnswer, "Rang at the hour we were given, nobody there.", "Ring again in the evening", 5},
	{models.ContactVisit, true, models.OutcomeReached, "Came by with the papers for the waiver and stayed for coffee.", "", 0},
	{models.ContactMail, false, models.OutcomeOther, "Sent the list of dates until the end of the year, as asked.", "", 0},
	{models.ContactCall, true, models.OutcomeReached, "New shifts at work; evenings are better from now on.", "Look for an evening group", 8},
	{models.ContactCall, false, models.OutcomeNotNow, "Not a good month. We may call again after the holidays.", "Call after the holidays", 60},
	{models.ContactCall, false, models.OutcomeWrongNumber, "This number is somebody else's now.", "Ask by mail for the new one", 2},
	{models.ContactText, false, models.OutcomeReached, "Confirmed the time of the first evening.", "", 0},
	{models.ContactCall, false, models.OutcomeReached, "Nights are better with the notebook. Wants to go on with it.", "", 0},
}

// calls of the last weeks; of what was to follow, some is overdue.
func (l *loader) calls() error {
	grown := append(l.signedUp(), l.ellery.people[0], l.folk["alive"])
	for i := range 44 {
		p, t := grown[len(grown)-1-(i*5)%len(grown)], talks[i%len(talks)]
		at := l.now.Add(-time.Duration(44-i)*11*time.Hour - time.Duration(i%7)*13*time.Minute)
		if at.Before(l.since(p)) {
			continue
		}
		in := outreach.LogContact{Kind: t.kind, Outcome: t.outcome, Line: t.line}
		if t.in {
			in.Direction = models.DirectionIn
		}
		if t.after > 0 {
			follow, next := at.AddDate(0, 0, t.after), t.next
			in.NextStep, in.FollowUpAt = &next, &follow
		}
		who := l.office[[]string{"coordinator", "coordinator", "carol.esposito", "sam.delgado"}[i%4]]
		made, err := l.s.Outreach.Log(l.at(at, who), p.member, in)
		if err != nil {
			return fmt.Errorf("contact with %s: %w", p.name(), err)
		}
		switch {
		case i == 20:
			line := "Talked about the ride to Sunday, not Saturday."
			_, err = l.s.Outreach.CorrectContact(l.at(at.Add(20*time.Minute), who), made.ID, outreach.PatchContact{Line: field(line)})
		case i == 31:
			_, err = l.s.Outreach.VoidContact(l.at(at.Add(30*time.Minute), who), made.ID, outreach.Reason{Reason: "Logged on the wrong person"})
		case t.after > 0 && i < 30 && i%5 > 0: // most was done when its time came
			err = l.done(who, made.ID, made.FollowUpAt.Add(2*time.Hour))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// done closes the follow-up of a contact, unless its time is to come.
func (l *loader) done(who *person, contact uuid.UUID, at time.Time) error {
	if at.After(l.now) {
		return nil
	}
	var id uuid.UUID
	if err := l.db.QueryRow(l.ctx, `select id from tasks where record = 'contact' and record_id = $1`, contact).Scan(&id); err != nil {
		return err
	}
	_, err := l.s.Tasks.Complete(l.at(at, who), id, tasks.CompleteTask{Outcome: "Talked again, all is settled."})
	return err
}

// asksForHelp: one waits since last night, one was taken just now, others were answered or taken back.
func (l *loader) asksForHelp() error {
	grown, ruth := l.signedUp(), l.office["responder"]
	from, until := "09:00", "20:00"
	ask := func(p *person, at time.Time, in outreach.AskForHelp) (uuid.UUID, error) {
		made, err := l.s.Outreach.Ask(l.at(at, p), in)
		if err != nil {
			return uuid.Nil, fmt.Errorf("%s asks: %w", p.name(), err)
		}
		return made.ID, nil
	}
	answer := func(id uuid.UUID, by *person, at time.Time, outcome models.ContactOutcome, line string) error {
		_, err := l.s.Outreach.AnswerHelp(l.at(at, by), id, outreach.LogContact{Kind: models.ContactCall, Outcome: outcome, Line: line})
		return err
	}
	answered, err := ask(grown[12], l.ago(6), outreach.AskForHelp{Topic: models.HelpBenefits, Note: "The letter says I have thirty days. I do not understand it."})
	if err != nil {
		return err
	}
	if err := answer(answered, ruth, l.ago(6).Add(40*time.Minute), models.OutcomeNoAnswer, "Rang, nobody there."); err != nil {
		return err
	}
	if err := answer(answered, ruth, l.ago(6).Add(3*time.Hour), models.OutcomeReached, "Read the letter together. The county office looks at it on Tuesday."); err != nil {
		return err
	}
	young, err := ask(l.folk["teen"], l.ago(2), outreach.AskForHelp{Topic: models.HelpFamily, Channel: models.HelpByText, Note: "can somebody talk to me, not to my parents"})
	if err != nil {
		return err
	}
	if err := answer(young, ruth, l.ago(2).Add(25*time.Minute), models.OutcomeReached, "Texted for half an hour. School, and moving between two homes."); err != nil {
		return err
	}
	back, err := ask(grown[20], l.ago(9), outreach.AskForHelp{Topic: models.HelpPractical})
	if err != nil {
		return err
	}
	if _, err := l.s.Outreach.Withdraw(l.at(l.ago(9).Add(time.Hour), grown[20]), back); err != nil {
		return err
	}
	if _, err := ask(grown[31], l.lastNight(), outreach.AskForHelp{SafeFrom: &from, SafeUntil: &until, Note: "It has been a hard week. Please call, not text."}); err != nil {
		return err
	}
	taken, err := ask(grown[44], l.now.Add(-50*time.Minute), outreach.AskForHelp{Topic: models.HelpEvent, Note: "Is there a quiet room on Saturday?"})
	if err != nil {
		return err
	}
	_, err = l.s.Outreach.Take(l.at(l.now.Add(-20*time.Minute), ruth), taken)
	return err
}

// lastNight is 22:40 in New York, the last time it was.
func (l *loader) lastNight() time.Time {
	zone, err := time.LoadLocation(eastern)
	if err != nil {
		return l.now.Add(-12 * time.Hour)
	}
	here := l.now.In(zone)
	at := time.Date(here.Year(), here.Month(), here.Day(), 22, 40, 0, 0, zone)
	for at.After(l.now.Add(-90 * time.Minute)) {
		at = at.AddDate(0, 0, -1)
	}
	return at.UTC()
}

var helpers = []outreach.AddPartner{
	{Name: "Cumberland County Veteran Services", Phone: "(910) 555-0190", URL: "https://ccvs.example.org", Needs: []models.Need{models.NeedBenefits, models.NeedMoney}, Region: "Cumberland County, NC", Note: "Ask for the duty officer"},
	{Name: "Fayetteville Vet Center", Phone: "(910) 555-0191", URL: "https://vetcenter.example.org", Needs: []models.Need{models.NeedCounseling, models.NeedFamily}, Region: "Fayetteville, NC", Note: "Walk-in on Wednesdays"},
	{Name: "Second Harvest of the Sandhills", Phone: "211", Needs: []models.Need{models.NeedFood}, Region: "North Carolina"},
	{Name: "Stone Bridge Legal Aid", Phone: "(254) 555-0192", URL: "https://stonebridge.example.org", Needs: []models.Need{models.NeedLegal, models.NeedHousing}, Region: "Bell County, TX"},
	{Name: "Harbor Steps Housing", Phone: "(619) 555-0193", Needs: []models.Need{models.NeedHousing}, Region: "San Diego, CA"},
	{Name: "Wheels Home", Phone: "(757) 555-0194", Needs: []models.Need{models.NeedTransport}, Region: "Hampton Roads, VA"},
}

// refers sends people on: referrals in every state.
func (l *loader) refers() error {
	joyce, carol, grown := l.office["coordinator"], l.office["carol.esposito"], l.signedUp()
	var ids []uuid.UUID
	for i, h := range helpers {
		made, err := l.s.Outreach.AddPartner(l.at(l.ago(400).Add(time.Duration(i)*time.Hour), joyce), h)
		if err != nil {
			return err
		}
		ids = append(ids, made.ID)
	}
	for i, r := range []struct {
		p      *person
		to     int
		need   models.Need
		text   string
		how    models.ReferralHow
		days   int
		status models.ReferralStatus
	}{
		{grown[12], 0, models.NeedBenefits, "Help with the letter about the appeal", models.ReferralInformation, 5, models.ReferralAccepted},
		{l.ellery.lead(), 1, models.NeedCounseling, "Somebody to talk with about sleep", models.ReferralWarm, 9, models.ReferralAccepted},
		{grown[3], 2, models.NeedFood, "", models.ReferralInformation, 24, models.ReferralConnected},
		{grown[7], 3, models.NeedLegal, "A lease that ends early", models.ReferralInformation, 40, models.ReferralNotConnected},
		{grown[16], 4, models.NeedHousing, "", models.ReferralInformation, 33, models.ReferralDeclined},
		{grown[22], 5, models.NeedTransport, "Rides to the clinic on Mondays", models.ReferralInformation, 3, models.ReferralOffered},
		{grown[28], 1, models.NeedFamily, "", models.ReferralWarm, 2, models.ReferralOffered},
		{grown[35], 0, models.NeedMoney, "The heating bill", models.ReferralInformation, 61, models.ReferralConnected},
	} {
		by, at := joyce, l.ago(r.days).Add(time.Duration(i)*20*time.Minute)
		if i%3 == 1 {
			by = carol
		}
		made, err := l.s.Outreach.Refer(l.at(at, by), r.p.member, outreach.Refer{PartnerID: &ids[r.to], Need: r.need, NeedText: r.text, How: r.how})
		if err != nil {
			return err
		}
		if r.how == models.ReferralWarm && r.status != models.ReferralOffered {
			if _, err := l.says(r.p, at.Add(2*time.Hour), models.ConsentClinicianRelease, people.Grant, nil); err != nil {
				return err
			}
		}
		if err := l.cameOf(made.ID, r.status, by, r.p, at); err != nil {
			return fmt.Errorf("referral %d: %w", i, err)
		}
	}
	return nil
}

func (l *loader) cameOf(id uuid.UUID, status models.ReferralStatus, by, p *person, at time.Time) (err error) {
	answer := at.Add(26 * time.Hour)
	switch status {
	case models.ReferralOffered:
		return nil
	case models.ReferralDeclined:
		_, err = l.s.Outreach.DeclineMine(l.at(answer, p), id, outreach.ReferralReason{Reason: "A cousin has a room for us."})
		return err
	}
	if _, err = l.s.Outreach.AcceptMine(l.at(answer, p), id); err != nil {
		return err
	}
	switch status {
	case models.ReferralConnected:
		_, err = l.s.Outreach.ConnectReferral(l.at(at.AddDate(0, 0, 12), by), id)
	case models.ReferralNotConnected:
		_, err = l.s.Outreach.FailReferral(l.at(at.AddDate(0, 0, 15), by), id, outreach.Reason{Reason: "They take nobody new until next month."})
	}
	return err
}

// todo is work that people here gave themselves and each other: mine, the queue's, overdue, put away and done.
func (l *loader) todo() error {
	joyce, carol, tom := l.office["coordinator"], l.office["carol.esposito"], l.office["coach"]
	lead := l.families[9].lead().member
	for i, t := range []struct {
		by     *person
		title  string
		queue  string
		owner  *person
		about  *uuid.UUID
		made   int // days ago
		due    int // days from now
		snooze int
		done   bool
	}{
		{joyce, "Send the seating plan for Saturday to the house", "coordinators", joyce, nil, 3, 1, 0, false},
		{joyce, "Ask about the wheelchair ramp for the long table", "coordinators", joyce, &lead, 6, -1, 0, false},
		{joyce, "Thank the bakery in writing", "coordinators", joyce, nil, 20, 5, 9, false},
		{carol, "Call back about the family retreat", "coordinators", nil, &lead, 2, 2, 0, false},
		{carol, "Count the chairs at the Balboa center", "coordinators", carol, nil, 12, -4, 0, true},
		{carol, "Find a second leader for the kite morning", "coordinators", nil, nil, 4, -2, 0, false},
		{joyce, "Read the new handout before it is printed", "coaches", tom, nil, 5, 3, 0, false},
		{joyce, "Renew the library's room agreement", "coordinators", carol, nil, 9, 12, 0, false},
	} {
		in := tasks.CreateTask{Title: t.title, Queue: t.queue, MemberID: t.about, DueAt: l.now.AddDate(0, 0, t.due).Truncate(time.Hour)}
		if t.owner != nil {
			in.OwnerID = &t.owner.member
		}
		made, err := l.s.Tasks.Create(l.at(l.ago(t.made).Add(time.Duration(i)*9*time.Minute), t.by), in)
		if err != nil {
			return err
		}
		switch {
		case t.snooze > 0:
			_, err = l.s.Tasks.Snooze(l.at(l.ago(t.made-2), t.owner), made.ID, tasks.SnoozeTask{Until: l.now.AddDate(0, 0, t.snooze)})
		case t.done:
			_, err = l.s.Tasks.Complete(l.at(l.ago(t.made-5), t.owner), made.ID, tasks.CompleteTask{Outcome: "Forty-four, two of them broken."})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// labels are tags, and searches with a name.
func (l *loader) labels() error {
	joyce, carol := l.office["coordinator"], l.office["carol.esposito"]
	var of [4][]uuid.UUID
	for i, f := range l.families {
		lead := f.lead().member
		for n, every := range []int{2, 7, 9, 13} {
			if i%every == 1 {
				of[n] = append(of[n], lead)
			}
		}
	}
	for n, tag := range []string{"newsletter", "can give rides", "speaks spanish", "retreat 2027"} {
		if _, err := l.s.People.TagMembers(l.at(l.ago(50-n), []*person{joyce, carol}[n%2]), people.TagMembers{MemberIDs: of[n], Add: []string{tag}}); err != nil {
			return err
		}
	}
	for i, s := range []struct {
		by *person
		in people.SaveSearch
	}{
		{joyce, people.SaveSearch{Name: "Post-9/11 veterans in North Carolina", Shared: true, Filter: models.Criteria{Kind: []models.Kind{models.KindVeteran}, Era: []models.Era{models.EraPost911}, Region: []string{"NC"}}}},
		{joyce, people.SaveSearch{Name: "Service still to look into", Filter: models.Criteria{Verification: []models.Verification{models.ServicePending, models.ServiceUnverified}, Account: "with"}}},
		{carol, people.SaveSearch{Name: "Caregivers on the newsletter", Filter: models.Criteria{Kind: []models.Kind{models.KindCaregiver}, Tag: []string{"newsletter"}}}},
	} {
		if _, err := l.s.People.SaveSearch(l.at(l.ago(45-i*6), s.by), s.in); err != nil {
			return err
		}
	}
	return nil
}

// expiring: one check of a colleague has lapsed and one ends in two weeks; the nightly look made the tasks.
func (l *loader) expiring() error {
	if err := l.nightly("credential.watch", l.ago(5)); err != nil {
		return err
	}
	_, err := l.s.People.AddCredential(l.at(l.ago(1), l.office["sam.delgado"]), l.office["anita.bello"].member, people.AddCredential{Kind: models.CredentialFirstAid, IssuedOn: l.day(-2)})
	return err
}

func newSeparation(protected, apart *person, review models.Date) records.NewSeparation {
	return records.NewSeparation{Kind: models.SeparationProtected, ProtectedID: protected.member, KeptApartID: apart.member, ReviewOn: review,
		Reason: "Asked for by the protected side, by telephone and in person."}
}
