package coaching

import (
	"fmt"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

func engagementLink(id uuid.UUID) string { return "/engagements/" + id.String() }

// inform writes to those who are coached, or are asked to, that something has happened to the engagement; not to whoever did it.
func (g *engaging) inform(event models.NoticeEvent) error {
	who, err := g.members()
	if err != nil {
		return err
	}
	for i := range g.participants {
		p := &g.participants[i]
		if !p.State.Takes() || who[p.MemberID] == nil {
			continue
		}
		to, err := engagementReader(g.tx, who[p.MemberID], p)
		if err != nil {
			return err
		}
		if err := g.write(event, to); err != nil {
			return err
		}
	}
	return nil
}

// informAll is inform, to the coach of now too, if there is one.
func (g *engaging) informAll(event models.NoticeEvent) error {
	if g.e.CoachID != nil {
		if err := g.informCoach(event, *g.e.CoachID); err != nil {
			return err
		}
	}
	return g.inform(event)
}

// informCoach writes to somebody who coaches, or is asked to.
func (g *engaging) informCoach(event models.NoticeEvent, coach uuid.UUID) error {
	return g.write(event, coach)
}

func (g *engaging) write(event models.NoticeEvent, to uuid.UUID) error {
	if to == uuid.Nil || to == g.tx.Actor().MemberID {
		return nil
	}
	return notices.Send(g.tx, notices.Notice{Event: event, MemberID: to, Record: engagementRecord, RecordID: g.e.ID,
		Key: fmt.Sprintf("%s:%s:%s:%d", event, g.e.ID, to, g.tx.Now().UnixMilli()), Data: map[string]any{"link": engagementLink(g.e.ID)}})
}

// engagementReader is who reads what is written to somebody who is coached: of a minor the guardian who asked, as long as they may
// act for them. Nil is nobody.
func engagementReader(tx *services.Tx, m *models.Member, p *models.EngagementParticipant) (uuid.UUID, error) {
	switch {
	case m.Gone():
		return uuid.Nil, nil
	case !m.MinorOn(m.Today(tx.Now())):
		return m.ID, nil
	case p.EnteredBy == nil:
		return uuid.Nil, nil
	}
	may, err := people.MayActFor(tx, &services.Actor{MemberID: *p.EnteredBy}, m.ID)
	if err != nil || !may {
		return uuid.Nil, err
	}
	return *p.EnteredBy, nil
}

// received tells whoever asked, or for whom staff asked, that we have it, and by when they hear from us.
func (a *asking) received() error {
	to := a.member.ID
	if a.by != nil {
		to = *a.by
	}
	return notices.Send(a.tx, notices.Notice{Event: models.NoticeCoachingReceived, MemberID: to, Record: engagementRecord, RecordID: a.e.ID,
		Key: fmt.Sprintf("%s:%s", models.NoticeCoachingReceived, a.e.ID), Data: map[string]any{"link": engagementLink(a.e.ID), "deadline": a.e.AnswerBy}})
}

// invitePartner asks the other of a couple along; again when they said no once.
func invitePartner(tx *services.Tx, engagement, partner uuid.UUID) error {
	return notices.Send(tx, notices.Notice{Event: models.NoticeCoachingInvited, MemberID: partner, Record: engagementRecord, RecordID: engagement,
		Key: fmt.Sprintf("%s:%s:%d", models.NoticeCoachingInvited, engagement, tx.Now().UnixMilli()), Data: map[string]any{"link": engagementLink(engagement)}})
}
