package demodata

import "time"

// What happened two days ago and before is history: its mails were sent then. Those of the last two days are really
// sent, when the server starts.
const historyEnds = 48 * time.Hour

// due runs the jobs due at a time: what lapses and expires. Mails, reminders and the question how it was are no part of it;
// only what these jobs themselves have to say is sent on the spot.
func (l *loader) due(at time.Time) error {
	if err := l.forget(at); err != nil {
		return err
	}
	const later, mails = `interval '1000 years'`, `kind in ('message.send', 'session.remind', 'feedback.ask', 'coaching_session.remind')`
	if _, err := l.db.Exec(l.ctx, `update river_job set scheduled_at = scheduled_at + `+later+` where `+mails+` and scheduled_at <= $1`, at); err != nil {
		return err
	}
	if _, err := l.s.Core.RunDue(l.ctx, at); err != nil {
		return err
	}
	_, err := l.db.Exec(l.ctx, `update river_job set scheduled_at = scheduled_at - `+later+` where `+mails+` and scheduled_at > $1`, l.now.AddDate(900, 0, 0))
	return err
}

// forget makes history of what was to be mailed up to a time: the messages stand as sent, their jobs are done, and people
// have read what is older than a week.
func (l *loader) forget(at time.Time) error {
	if end := l.now.Add(-historyEnds); at.After(end) {
		at = end
	}
	for _, sql := range []string{
		`delete from river_job where kind in ('message.send', 'session.remind', 'feedback.ask', 'coaching_session.remind') and scheduled_at <= $1`,
		`delete from river_job j where kind = 'coaching_session.unlogged' and scheduled_at <= $1
			and exists (select from coaching_sessions s where s.id = (j.args ->> 'session_id')::uuid and not s.live)`,
		`update messages m set state = 'sent', sent_at = m.send_after, claimed_at = m.send_after, attempts = 1, language = 'en',
			sent_to = coalesce(nullif(m.address, ''), (select email from members where id = m.member_id), ''),
			neutral = not coalesce((select program_words from members where id = m.member_id), false),
			read_at = case when m.member_id is not null and m.send_after < $1 - interval '5 days' then m.send_after + interval '3 hours' end
			where m.state = 'queued' and m.send_after <= $1`,
	} {
		if _, err := l.db.Exec(l.ctx, sql, at); err != nil {
			return err
		}
	}
	return nil
}

// mail ends the history.
func (l *loader) mail() error {
	if err := l.due(l.now); err != nil {
		return err
	}
	_, err := l.db.Exec(l.ctx, `delete from river_job where state = 'completed'`)
	return err
}
