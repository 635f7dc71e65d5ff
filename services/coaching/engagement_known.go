package coaching

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"homefront/models"
)

// known is where one of those who are coached stands, as the reader may know it: that somebody does not want to take part, or was
// not asked, is for staff alone; that somebody left is not for the other of the two, until it goes on with them alone.
func (s sight) known(e *models.Engagement, p *models.EngagementParticipant) models.ParticipantState {
	switch {
	case p.State == models.ParticipantLeft && e.State != models.EngagementActive && !s.Staff && !s.Coach:
		return models.ParticipantJoined
	case p.State != models.ParticipantRefused || s.Staff:
		return p.State
	case e.Joint:
		return models.ParticipantAsked
	}
	return models.ParticipantJoined
}

// taking are those who take part or are asked to, as the reader may know it. Who left knows it of nobody any more.
func (s sight) taking(e *models.Engagement, participants []models.EngagementParticipant, me uuid.UUID) []uuid.UUID {
	if s.Left {
		return []uuid.UUID{me}
	}
	var out []uuid.UUID
	for i := range participants {
		if s.known(e, &participants[i]).Takes() {
			out = append(out, participants[i].MemberID)
		}
	}
	return out
}

// seesAgreed says whether the reader may know that somebody has agreed to the limits of confidentiality: of who is only asked it would
// tell that they are coached elsewhere, and of the other of a couple it is nothing to who left.
func (s sight) seesAgreed(state models.ParticipantState, you bool) bool {
	return you || s.Staff || state != models.ParticipantAsked && !s.Left
}

// leftBy is SQL for the engagements e that a member took part in as one of two, and left.
const leftBy = `e.id in (select p.engagement_id from engagement_participants p where p.member_id = ? and p.state = 'left')`

// asLeft takes out of what is shown to somebody who left what came after that: to them it is over. Whether and how the other goes on is
// not for them to know, nor what the other would like.
func (o *engagementShown) asLeft(out *EngagementView, coachSince *time.Time) {
	me := o.v.actor.MemberID
	at := o.e.UpdatedAt
	if i := slices.IndexFunc(o.parts, func(p models.EngagementParticipant) bool { return p.MemberID == me }); i >= 0 && o.parts[i].LeftAt != nil {
		at = *o.parts[i].LeftAt
	}
	known := func(t *time.Time) *time.Time {
		if t != nil && t.After(at) {
			return nil
		}
		return t
	}
	e, asked := &out.Engagement, models.EngagementEndAsked
	e.Version, e.UpdatedAt, e.State, e.ClosedAt, e.EndReason = 1, at, models.EngagementEnded, &at, &asked
	e.MatchedAt, e.CoachAcceptedAt, e.ActivatedAt = known(e.MatchedAt), known(e.CoachAcceptedAt), known(e.ActivatedAt)
	e.AnswerBy, e.PausedAt, e.PauseReason, e.ResumeOn, e.CoachGender, e.WantedCoachID, e.PackageSessions = nil, nil, nil, nil, nil, nil, 0
	e.FocusAreas, e.Modalities, e.Hours = models.Texts[models.Focus]{}, models.Texts[models.Modality]{}, models.Texts[string]{}
	if i := slices.IndexFunc(o.who, func(m models.Member) bool { return m.ID == me }); i >= 0 {
		e.TimeZone, e.Language = o.who[i].TimeZone, o.who[i].Language
	}
	if known(coachSince) == nil {
		e.CoachID, out.Coach = nil, ""
	}
	out.SessionsUsed, out.SessionsLeft, out.Next, out.WaitingDays, out.ChangeAskedAt, out.OpenHandOverID = 0, 0, nil, nil, nil, nil
	out.PausedByUs, out.Missing = false, []string{}
	for i := range out.People {
		p := &out.People[i]
		p.AcceptedAt = known(p.AcceptedAt)
		if left := o.parts[i].LeftAt; !p.You && (left == nil || left.After(at)) {
			p.State = models.ParticipantJoined
		}
	}
}
