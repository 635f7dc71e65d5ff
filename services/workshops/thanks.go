package workshops

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"homefront/models"
	"homefront/services"
	"homefront/services/notices"
	"homefront/services/people"
)

// SayThanks is what somebody says to those who led a session.
type SayThanks struct {
	ToMemberIDs []uuid.UUID `json:"to_member_ids,omitempty" required:"false" nullable:"false" maxItems:"20" uniqueItems:"true" doc:"Which of those who led it. Absent: all of them"`
	Words       string      `json:"words" minLength:"1" maxLength:"500" doc:"Each of them reads these words with your first name and initial, and nobody else does" example:"Thank you for staying on the line with me."`
}

// ThanksSaid is thanks as the sender sees them.
type ThanksSaid struct {
	ID     uuid.UUID `json:"id"`
	To     Leader    `json:"to"`
	Words  string    `json:"words" example:"Thank you for staying on the line with me."`
	SaidAt time.Time `json:"said_at"`
	Until  time.Time `json:"until" doc:"Until then they can be changed and taken back"`
}

// ThanksReceived is thanks as the one who is thanked reads them.
type ThanksReceived struct {
	ID        uuid.UUID   `json:"id"`
	From      string      `json:"from" doc:"First name and initial" example:"Luis O."`
	Words     string      `json:"words" example:"Thank you for staying on the line with me."`
	SessionID uuid.UUID   `json:"session_id"`
	Title     string      `json:"title" doc:"Of what they came to" example:"Living with Hypervigilance: Sleep"`
	On        models.Date `json:"on" doc:"Day of that session, where it was"`
}

func thanksRecord(id uuid.UUID) string { return "thanks:" + id.String() }

// sayThanks keeps thanks for ten minutes and has them delivered then. Between two who are kept apart they look the same, and
// are not delivered.
// Errors: invalid for somebody who did not lead the session; conflict already_thanked for other words than those delivered.
func sayThanks(tx *services.Tx, v *visit, leaders []Leader, in SayThanks) error {
	me := tx.Actor().MemberID
	to, err := thanked(leaders, in.ToMemberIDs)
	if err != nil {
		return err
	}
	if in.Words = services.Prose(in.Words); in.Words == "" {
		return services.InvalidField("/thanks/words", "required", "Write what you want to say.")
	}
	apart, err := people.Apart(tx, append(slices.Clone(to), me))
	if err != nil {
		return err
	}
	var said []models.Thanks
	err = tx.DB.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("session_id = ? and from_member_id = ?", v.ID, me).Order("to_member_id").Find(&said).Error
	if err != nil {
		return err
	}
	for _, id := range to {
		i := slices.IndexFunc(said, func(t models.Thanks) bool { return t.ToMemberID == id })
		if i >= 0 {
			err = rephrase(tx, said[i], in.Words)
		} else {
			err = thank(tx, models.Thanks{ID: services.NewID(), SessionID: v.ID, FromMemberID: me, ToMemberID: id, SaidAt: tx.Now(), DeliveredAt: tx.Now().Add(models.ThanksHeldFor),
				Withheld: slices.Contains(apart[me].From, id)}, in.Words)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// thanked are those whom thanks go to, by ascending id.
func thanked(leaders []Leader, asked []uuid.UUID) (to []uuid.UUID, err error) {
	for _, l := range leaders {
		if len(asked) == 0 || slices.Contains(asked, l.MemberID) {
			to = append(to, l.MemberID)
		}
	}
	var faults []services.FieldError
	for i, id := range asked {
		if !slices.Contains(to, id) {
			faults = append(faults, services.FieldError{Field: fmt.Sprintf("/thanks/to_member_ids/%d", i), Code: "did_not_lead", Message: "This person did not lead the session."})
		}
	}
	switch {
	case len(faults) > 0:
		return nil, services.Invalid(faults...)
	case len(to) == 0:
		return nil, services.InvalidField("/thanks", "nobody_to_thank", "There is nobody to thank for this session.")
	}
	return to, nil
}

func thank(tx *services.Tx, t models.Thanks, words string) (err error) {
	if t.Words, t.WordsKey, err = tx.Seal(t.ToMemberID, thanksRecord(t.ID), 1, words); err != nil {
		return err
	}
	tx.Changed(nil, t)
	tx.Queue(`insert into thanks (id, session_id, from_member_id, to_member_id, words, words_key, said_at, delivered_at, withheld) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.ID, t.SessionID, t.FromMemberID, t.ToMemberID, t.Words, t.WordsKey, t.SaidAt, t.DeliveredAt, t.Withheld)
	if t.Withheld {
		return nil
	}
	return tx.Enqueue(DeliverThanks{t.ID}, t.DeliveredAt)
}

// DeliverThanks is the job that tells somebody of thanks, when they can be taken back no more.
type DeliverThanks struct {
	ThanksID uuid.UUID `json:"thanks_id"`
}

// Kind implements services.JobArgs.
func (DeliverThanks) Kind() string { return "thanks.deliver" }

// deliverThanks mails whoever is thanked, unless the thanks were taken back or the two are kept apart by now.
func (s *Service) deliverThanks(ctx context.Context, job DeliverThanks) error {
	_, err := services.Mutate(ctx, s.core, "thanks.deliver", func(tx *services.Tx) (*struct{}, error) {
		tx.Unchanged()
		var found []models.Thanks
		if err := tx.DB.Where("id = ? and not withheld", job.ThanksID).Limit(1).Find(&found).Error; err != nil || len(found) == 0 {
			return nil, err
		}
		t := &found[0]
		if !t.Final(tx.Now()) { // the clock that woke us is ahead of ours
			return nil, tx.Enqueue(job, t.DeliveredAt)
		}
		apart, err := people.Apart(tx, []uuid.UUID{t.FromMemberID, t.ToMemberID})
		if err != nil || slices.Contains(apart[t.FromMemberID].From, t.ToMemberID) {
			return nil, err
		}
		return nil, notices.Send(tx, notices.Notice{Event: models.NoticeThanksReceived, MemberID: t.ToMemberID, Record: "thanks", RecordID: t.ID,
			Key: fmt.Sprintf("%s:%s", models.NoticeThanksReceived, t.ID), Data: map[string]any{"link": "/thanks"}})
	})
	return err
}

// rephrase changes words that nobody has read yet.
func rephrase(tx *services.Tx, t models.Thanks, words string) error {
	was, err := tx.Unseal(t.WordsKey, thanksRecord(t.ID), 1, t.Words)
	switch {
	case err != nil || was == words:
		return err
	case t.Final(tx.Now()):
		return services.Conflict(CodeAlreadyThanked, "Your thanks were delivered, and stay as they were.")
	}
	before := t
	if t.Words, t.WordsKey, err = tx.Seal(t.ToMemberID, thanksRecord(t.ID), 1, words); err != nil {
		return err
	}
	tx.Changed(before, t)
	tx.Queue(`update thanks set words = $2, words_key = $3 where id = $1`, t.ID, t.Words, t.WordsKey)
	return nil
}

// thanksSaid reads what the caller said in thanks for a session.
func thanksSaid(tx *services.Tx, sessionID uuid.UUID) ([]ThanksSaid, error) {
	var rows []struct {
		models.Thanks
		Given, Family string
	}
	err := tx.Batch(services.Statement{SQL: `select t.*, coalesce(nullif(m.preferred_name, ''), m.given_name) as given, m.family_name as family
		from thanks t join members m on m.id = t.to_member_id where t.session_id = $1 and t.from_member_id = $2 order by t.id`,
		Args: []any{sessionID, tx.Actor().MemberID}, Scan: services.RowsInto(&rows)})
	if err != nil {
		return nil, err
	}
	out, sealed := make([]ThanksSaid, len(rows)), make([]services.SealedText, len(rows))
	for i, r := range rows {
		out[i] = ThanksSaid{ID: r.ID, To: Leader{r.ToMemberID, models.Initialed(r.Given, r.Family)}, SaidAt: r.SaidAt.UTC(), Until: r.DeliveredAt.UTC()}
		sealed[i] = services.SealedText{Key: r.WordsKey, Record: thanksRecord(r.ID), Version: 1, Sealed: r.Words}
	}
	texts, err := tx.UnsealAll(sealed...)
	for i := range texts {
		out[i].Words = texts[i]
	}
	return out, err
}

// TakeBackThanks takes thanks back within ten minutes, before anybody has read them.
// Errors: not_found for thanks that the caller did not say; conflict delivered.
func (s *Service) TakeBackThanks(ctx context.Context, id uuid.UUID) error {
	_, err := services.Mutate(ctx, s.core, "thanks.take_back", func(tx *services.Tx) (*struct{}, error) {
		var found []models.Thanks
		err := tx.DB.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ? and from_member_id = ?", id, tx.Actor().MemberID).Limit(1).Find(&found).Error
		switch {
		case err != nil:
			return nil, err
		case len(found) == 0:
			return nil, services.NotFound("thanks")
		case found[0].Final(tx.Now()):
			return nil, services.Conflict(CodeDelivered, "Your thanks were delivered. They can be taken back for %d minutes only.", int(models.ThanksHeldFor.Minutes()))
		}
		tx.Changed(found[0], nil)
		tx.Queue(`delete from thanks where id = $1`, id)
		return nil, nil
	})
	return err
}

// thanksRow is thanks with what is shown beside them.
type thanksRow struct {
	models.Thanks
	Given, Family     string
	Workshop, Session string
	StartsAt          time.Time
	TimeZone          string
}

var thanksList = services.List[thanksRow]{
	IDColumn: "t.id", ID: func(r thanksRow) uuid.UUID { return r.ID }, Default: "-said_at",
	Sorts: []services.Sort[thanksRow]{{Name: "said_at", Column: "t.said_at", Cast: "timestamptz", Key: func(r thanksRow) any { return r.SaidAt }}},
}

// Thanks lists what was said in thanks to the caller, and to nobody else; the newest first. Of somebody whom they are kept
// apart from there is nothing.
func (s *Service) Thanks(ctx context.Context, in services.PageQuery) (services.Page[ThanksReceived], error) {
	return services.Disclose(ctx, s.core, "thanks.read", func(d *services.Disclosure) (services.Page[ThanksReceived], error) {
		tx, page := d.Tx(), services.Page[ThanksReceived]{Data: []ThanksReceived{}}
		me := tx.Actor().MemberID
		d.Subject(me)
		q := tx.DB.Table("thanks as t").Select(`t.*, coalesce(nullif(m.preferred_name, ''), m.given_name) as given, m.family_name as family, w.title as workshop, s.title as session, s.starts_at, s.time_zone`).
			Joins("join members m on m.id = t.from_member_id").Joins("join workshop_sessions s on s.id = t.session_id").Joins("join workshops w on w.id = s.workshop_id").
			Where("t.to_member_id = ? and t.delivered_at <= ? and not t.withheld", me, tx.Now()).
			Where(`not exists (select from separations p where p.status = 'live' and (p.ends_on is null or p.ends_on >= ?)
				and (p.first_id = t.from_member_id and p.second_id = t.to_member_id or p.second_id = t.from_member_id and p.first_id = t.to_member_id))`, models.SeparationDay(tx.Now()).Time)
		rows, err := thanksList.Find(tx.Context(), s.core, q, in)
		if err != nil {
			return page, err
		}
		page.NextCursor, page.Total = rows.NextCursor, rows.Total
		sealed := make([]services.SealedText, len(rows.Data))
		for i, r := range rows.Data {
			sealed[i] = services.SealedText{Key: r.WordsKey, Record: thanksRecord(r.ID), Version: 1, Sealed: r.Words}
		}
		texts, err := tx.UnsealAll(sealed...)
		if err != nil {
			return page, err
		}
		for i, r := range rows.Data {
			page.Data = append(page.Data, ThanksReceived{ID: r.ID, From: models.Initialed(r.Given, r.Family), Words: texts[i], SessionID: r.SessionID, Title: titleOf(r.Workshop, r.Session),
				On: models.DayIn(r.StartsAt, r.TimeZone)})
		}
		return page, nil
	})
}
