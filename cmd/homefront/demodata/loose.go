package demodata

import (
	"time"

	"homefront/models"
	"homefront/services"
	"homefront/services/accounts"
	"homefront/services/people"
	"homefront/services/tasks"
)

// loose are the ends that lie open on any day: work in the queues, an invitation to a new colleague, an ask that waits.
func (l *loader) loose() error {
	priya := l.office["facilitator"].member
	for i, t := range []tasks.New{
		{Kind: models.TaskGeneral, Queue: "coordinators", Title: "Order folding chairs for the house on Hay Street", DueAt: l.now.AddDate(0, 0, 9)},
		{Kind: models.TaskGeneral, Queue: "facilitators", Owner: &priya, Title: "Print the handouts for the first evening", DueAt: l.now.Add(10 * time.Hour)},
		{Kind: models.TaskGeneral, Queue: "admins", Title: "Review who has the key box codes", DueAt: l.now.AddDate(0, 0, 14)},
	} {
		_, err := services.Mutate(l.system(l.now.Add(-time.Duration(40-i)*time.Hour)), l.s.Core, "demo.task", func(tx *services.Tx) (struct{}, error) {
			_, err := tasks.Open(tx, t)
			return struct{}{}, err
		})
		if err != nil {
			return err
		}
	}
	if _, err := l.s.Accounts.Invite(l.at(l.now.Add(-7*time.Hour), l.office["sam.delgado"]),
		accounts.Invite{Email: "nadia.farouk@" + Domain, Name: "Nadia Farouk", Roles: []models.Role{models.RoleFacilitator}}); err != nil {
		return err
	}
	for _, f := range l.families {
		if len(f.people) == 1 && f.lead().roles != nil && len(f.ties) == 0 && f.lead().status == models.MemberActive {
			_, err := l.s.People.Ask(l.at(l.now.Add(-30*time.Hour), f.lead()), people.AskRelationship{Email: l.ellery.lead().email, Kind: models.RelationBattleBuddy, Direction: people.IAm})
			return err
		}
	}
	return nil
}
