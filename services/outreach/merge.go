package outreach

import (
	"time"

	"github.com/google/uuid"

	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "help_requests", Column: "member_id"},
	services.Link{Table: "help_requests", Column: "taken_by"},
	services.Link{Table: "help_requests", Column: "ended_by"},
	services.Link{Table: "help_requests", Column: "guardian_decided_by"},
	services.Link{Table: "help_request_asks", Column: "member_id"},
	services.Link{Table: "contacts", Column: "member_id"},
	services.Link{Table: "contacts", Column: "by_id"},
	services.Link{Table: "contacts", Column: "voided_by"},
	services.Link{Table: "referrals", Column: "member_id"},
	services.Link{Table: "referrals", Column: "by_id"},
	services.Link{Table: "referrals", Column: "closed_by"},
)

// Merge gives the winner the loser's contacts, referrals and help requests. Of two open help requests the winner's stays, due
// when the earlier of the two is, with what was asked for last and all that was written; the other is closed, and its task
// dropped.
func Merge(m *services.Merge) error {
	both, err := m.Find(`select id from help_requests where member_id in ($1, $2) and status in ('received', 'taken') order by id for no key update`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	if len(both) == 2 {
		if err := mergeLive(m, both); err != nil {
			return err
		}
	}
	return m.Move(links...)
}

// mergeLive makes one of two live help requests, as if both asks had been of one person: see asked and askAgain.
func mergeLive(m *services.Merge, both []uuid.UUID) error {
	err := m.Rewrite(models.MoveChanged, "help_requests", both, `update help_requests w set due_at = least(w.due_at, l.due_at), asked_at = greatest(w.asked_at, l.asked_at),
			topic = case when l.asked_at > w.asked_at then l.topic else w.topic end, channel = case when l.asked_at > w.asked_at then l.channel else w.channel end,
			(safe_from, safe_until, time_zone) = (select h.safe_from, h.safe_until, h.time_zone from help_requests h where h.id in (w.id, l.id)
				order by h.safe_from is null, h.asked_at desc, h.member_id = $2 desc limit 1)
		from help_requests l where w.id = any($1) and w.member_id = $2 and l.id = any($1) and l.member_id <> $2`, m.Winner)
	if err != nil {
		return err
	}
	asks, err := m.Find(`select a.id from help_request_asks a join help_requests l on l.id = a.help_request_id where l.id = any($1) and l.member_id = $2 order by a.id for no key update of a`, both, m.Loser)
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveChanged, "help_request_asks", asks, `update help_request_asks set help_request_id = (select id from help_requests where id = any($2) and member_id = $3)
		where id = any($1)`, both, m.Winner)
	if err != nil {
		return err
	}
	work, err := m.Find(`select t.id from tasks t join help_requests l on l.id = t.record_id where t.record = 'help_request' and t.kind = $3 and t.status in ('open', 'snoozed')
		and l.id = any($1) and l.member_id = $2 order by t.id for no key update of t`, both, m.Loser, string(models.TaskHelpRequest))
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveSuperseded, "tasks", work, `update tasks set status = 'dropped', snoozed_until = null, reason = $2, closed_at = $3 where id = any($1)`,
		"The two who asked are one person; the other request stays.", m.Tx.Now())
	if err != nil {
		return err
	}
	kept, err := m.Find(`select t.id from tasks t join help_requests w on w.id = t.record_id where t.record = 'help_request' and t.kind = $3 and t.status in ('open', 'snoozed')
		and w.id = any($1) and w.member_id = $2 and t.due_at > w.due_at order by t.id for no key update of t`, both, m.Winner, string(models.TaskHelpRequest))
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveChanged, "tasks", kept, `update tasks t set due_at = w.due_at from help_requests w where t.id = any($1) and w.id = t.record_id`)
	if err != nil {
		return err
	}
	if err := remindAnew(m, both); err != nil {
		return err
	}
	return m.Rewrite(models.MoveSuperseded, "help_requests", both, `update help_requests set status = 'closed', ended_at = $2, ended_by = $3 where id = any($1) and member_id = $4`,
		m.Tx.Now(), m.By, m.Loser)
}

// remindAnew is the reminder of the request that stays, which may be due earlier than it was.
func remindAnew(m *services.Merge, both []uuid.UUID) error {
	var job HelpDue
	var due time.Time
	err := m.Tx.Batch(services.Statement{SQL: `select id, escalations, due_at from help_requests where id = any($1) and member_id = $2`, Args: []any{both, m.Winner},
		Scan: services.ScanOne("help request", &job.HelpRequestID, &job.Level, &due)})
	if err != nil {
		return err
	}
	return m.Tx.Enqueue(job, due)
}

// Unmerge gives them back.
func Unmerge(u *services.Unmerge) error {
	return u.Back("help_requests", "help_request_asks", "contacts", "referrals")
}
