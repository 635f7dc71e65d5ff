package demodata

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
	"homefront/services/programs"
	"homefront/services/records"
)

func field[T any](v T) services.Field[T] { return services.Field[T]{Set: true, Value: &v} }

// losses are a death that two of the staff have seen to, one that was not true, and a report that waits for the second.
func (l *loader) losses() error {
	joyce, carol, abel, luther := l.office["coordinator"], l.office["carol.esposito"], l.folk["late"], l.folk["alive"]
	for _, p := range []*person{abel, luther} { // they were coming, which ends with it and comes back with them
		if _, err := l.comes(p, l.ago(5), nil); err != nil {
			return err
		}
	}
	died := l.day(-5)
	late, err := l.s.Records.Report(l.at(l.ago(4), joyce), abel.member, records.ReportDeath{DiedOn: &died, Source: "His wife Edith called this morning. She would like to be called, not written to."})
	if err != nil {
		return err
	}
	if _, err := l.s.Records.Confirm(l.at(l.ago(4).Add(2*time.Hour), carol), late.ID); err != nil {
		return err
	}
	wrong, err := l.s.Records.Report(l.at(l.ago(3), carol), luther.member, records.ReportDeath{Source: "A notice in the newspaper of Sunday."})
	if err != nil {
		return err
	}
	if _, err := l.s.Records.Confirm(l.at(l.ago(3).Add(time.Hour), joyce), wrong.ID); err != nil {
		return err
	}
	_, err = l.s.Records.Reverse(l.at(l.ago(2), joyce), wrong.ID, records.DeathReason{Reason: "It was a man of the same name. Luther called us himself."})
	return err
}

// twice are people whom we know twice, or who only look so.
func (l *loader) twice() error {
	joyce, carol := l.office["coordinator"], l.office["carol.esposito"]
	again := func(days int, given string, of *person, change func(*people.CreateMember)) (uuid.UUID, error) {
		born, phone, h := of.born, of.phone, l.homeOf(of)
		in := people.CreateMember{GivenName: given, FamilyName: of.family, BirthDate: &born, Kinds: of.kinds, Phone: &phone, AddressLine1: streetOf(of), City: h.city,
			Region: h.region, PostalCode: h.postal, Country: "US", TimeZone: h.zone}
		change(&in)
		made, err := l.s.People.Create(l.at(l.ago(days), joyce), in)
		if err != nil {
			return uuid.Nil, fmt.Errorf("%s %s: %w", given, of.family, err)
		}
		l.made.Members++
		return made.ID, nil
	}
	bill, err := again(90, "Bill", l.folk["known twice"], func(in *people.CreateMember) { in.AddressLine1 = "" })
	if err != nil {
		return err
	}
	if err := l.hisOther(bill, joyce); err != nil {
		return err
	}
	if _, err := again(25, "Catherine", l.folk["Katherine"], func(in *people.CreateMember) { in.Phone = nil }); err != nil {
		return err
	}
	if _, err := again(17, "Jon", l.folk["Jon"], func(in *people.CreateMember) { in.AddressLine1 = "" }); err != nil {
		return err
	}
	maria, err := again(60, "Maria", l.folk["Marta"], func(*people.CreateMember) {})
	if err != nil {
		return err
	}
	if err := l.search(l.ago(6)); err != nil {
		return err
	}
	if _, err := l.s.Records.Merge(l.at(l.ago(5), carol), l.folk["known twice"].member,
		records.MergeMember{LoserID: bill, Reason: "He goes by Bill; entered again on the telephone. He confirmed it."}); err != nil {
		return err
	}
	return l.looksForTwins(maria, carol)
}

// hisOther is what was written down on a record that turned out to be the second one of somebody.
func (l *loader) hisOther(bill uuid.UUID, by *person) error {
	left := models.NewDate(1996, time.June, 30)
	_, err := l.s.People.AddServiceRecord(l.at(l.ago(89), by), bill, people.AddServiceRecord{Component: models.ComponentReserve, Branch: models.BranchAirForce,
		EnteredOn: models.NewDate(1994, time.June, 1), SeparatedOn: &left, Rank: "Technical Sergeant"})
	if err != nil {
		return err
	}
	if _, err := l.s.Outreach.Log(l.at(l.ago(60), by), bill, contact("Asked for the dates of the writing circle.")); err != nil {
		return err
	}
	_, err = l.s.Programs.Apply(l.at(l.ago(60).Add(time.Hour), by), l.programs[happiness], programs.Apply{MemberID: &bill, State: models.EnrollmentWaitlisted})
	return err
}

// search is the nightly search for people known twice.
func (l *loader) search(at time.Time) error {
	for more := true; more; {
		var err error
		if more, err = l.s.Records.RefreshDuplicates(l.system(at)); err != nil {
			return err
		}
	}
	return nil
}

// looksForTwins: one pair that the search of last night found are two people.
func (l *loader) looksForTwins(maria uuid.UUID, by *person) error {
	if err := l.search(l.now.Add(-9 * time.Hour)); err != nil {
		return err
	}
	found, err := l.s.Records.Duplicates(l.at(l.now.Add(-8*time.Hour), by), records.DuplicateFilter{PageQuery: services.PageQuery{Limit: 20}, MemberID: maria})
	if err != nil {
		return err
	}
	for _, pair := range found.Data {
		if _, err := l.s.Records.Dismiss(l.at(l.now.Add(-8*time.Hour), by), pair.ID, records.DismissDuplicate{Reason: "Twins; both spoken to."}); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) homeOf(p *person) home {
	for _, f := range append(l.told, l.families...) {
		if slices.Contains(f.people, p) {
			return f.home
		}
	}
	return homes[0]
}
