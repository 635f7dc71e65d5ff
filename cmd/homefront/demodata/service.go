package demodata

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/people"
)

// ranks, trades and places by how long ago somebody served. What they tell of is common; nobody in particular is meant.
var (
	ranks  = []string{"Sergeant", "Specialist", "Staff Sergeant", "Petty Officer Second Class", "Corporal", "Captain", "Sergeant First Class", "Airman First Class"}
	trades = []string{"Infantry", "Combat medic", "Motor transport", "Military police", "Aviation mechanic", "Signals", "Logistics", "Engineer"}
)

// tellOf is what somebody said of a period of service beside its dates.
func (l *loader) tellOf(r *models.ServiceRecord, n int) {
	if n%4 == 3 {
		return
	}
	r.Rank, r.Specialty = ranks[n%len(ranks)], trades[n/2%len(trades)]
	from := models.DateOf(r.EnteredOn.AddDate(1, 2, 0))
	until := models.DateOf(from.AddDate(0, 11, 0))
	if r.SeparatedOn == nil || until.After(r.SeparatedOn.Time) || until.After(l.now) {
		return
	}
	place := map[bool]string{true: "Iraq", false: "Afghanistan"}[n%2 == 0]
	switch y := from.Year(); {
	case y < 1955:
		place = "Korea"
	case y < 1974:
		place = "Vietnam"
	case y < 1990:
		place = "Germany"
	case y < 1992:
		place = "Saudi Arabia"
	case y < 2001:
		place = "Bosnia"
	}
	r.Deployments = models.Deployments{{Place: place, From: &from, Until: &until}}
}

var methods = []models.VerificationMethod{models.MethodDD214, models.MethodNGB22, models.MethodDD214, models.MethodVA, models.MethodIDCard, models.MethodVouched}

// verified is how far staff have looked into the service of some, and one who changed theirs afterwards.
func (l *loader) verified() error {
	rows, err := l.db.Query(l.ctx, `select s.id, s.created_at from service_records s join members m on m.id = s.member_id order by s.created_at, m.family_name, m.given_name, s.entered_on`)
	if err != nil {
		return err
	}
	type record struct {
		id    uuid.UUID
		since time.Time
	}
	var all []record
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.id, &r.since); err != nil {
			rows.Close()
			return err
		}
		all = append(all, r)
	}
	rows.Close()
	for i, r := range all {
		at := r.since.AddDate(0, 0, 6+i%20)
		if at.After(l.now) || i > 110 {
			break
		}
		if err := l.lookInto(i, r.id, at); err != nil {
			return fmt.Errorf("service record %d: %w", i, err)
		}
	}
	return l.changesHisRank()
}

func (l *loader) lookInto(i int, id uuid.UUID, at time.Time) (err error) {
	ctx := l.at(at, l.office[[]string{"coordinator", "carol.esposito"}[i%2]])
	switch {
	case i%3 == 0:
		_, err = l.s.People.VerifyService(ctx, id, people.VerifyService{Method: methods[i/3%len(methods)]})
	case i%7 == 1:
		_, err = l.s.People.MarkServicePending(ctx, id, people.PendingService{Note: "Asked the archive; six weeks, they say"})
	case i%23 == 5:
		_, err = l.s.People.NotConfirmService(ctx, id, people.NotConfirmService{Reason: "The archive found no record under this name; a fire in 1973 took many"})
	}
	return err
}

// changesHisRank: what staff had seen is to be looked at once more.
func (l *loader) changesHisRank() error {
	marcus := l.ellery.lead()
	own, err := l.s.People.OwnServiceRecords(l.at(l.ago(3), marcus))
	if err != nil || len(own.Data) == 0 {
		return err
	}
	id := own.Data[0].ID
	if own.Data[0].Verification == models.ServiceUnverified {
		if _, err := l.s.People.VerifyService(l.at(l.ago(200), l.office["coordinator"]), id, people.VerifyService{Method: models.MethodDD214}); err != nil {
			return err
		}
	}
	rank := "Sergeant First Class"
	_, err = l.s.People.UpdateOwnServiceRecord(l.at(l.ago(3), marcus), id, people.PatchServiceRecord{Rank: services.Field[string]{Set: true, Value: &rank}})
	return err
}
