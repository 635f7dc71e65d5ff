package tasks

import (
	"homefront/models"
	"homefront/services"
)

var links = services.Links(
	services.Link{Table: "tasks", Column: "member_id"},
	services.Link{Table: "tasks", Column: "owner_id"},
	services.Link{Table: "tasks", Column: "closed_by"},
	services.Link{Table: "tasks", Column: "also_about", Array: true},
	services.Link{Table: "tasks", Column: "record_id", Unless: "t.record <> 'member'"},
)

// Merge gives the winner the loser's tasks. What both have to be done for is done once.
func Merge(m *services.Merge) error {
	twice, err := m.Find(`select t.id from tasks t where t.status in ('open', 'snoozed') and t.record <> '' and (t.member_id = $2 or t.record = 'member' and t.record_id = $2)
		and exists (select from tasks w where w.id <> t.id and w.status in ('open', 'snoozed') and w.record = t.record and w.kind = t.kind
			and w.record_id = case when t.record = 'member' and t.record_id = $2 then $1 else t.record_id end
			and w.member_id is not distinct from case when t.member_id = $2 then $1 else t.member_id end)
		order by t.id for no key update of t`, m.Winner, m.Loser)
	if err != nil {
		return err
	}
	err = m.Rewrite(models.MoveSuperseded, "tasks", twice, `update tasks set status = 'dropped', snoozed_until = null, reason = $2, closed_at = $3 where id = any($1)`, moot, m.Tx.Now())
	if err != nil {
		return err
	}
	if err := m.Both(links[3]); err != nil {
		return err
	}
	return m.Move(links...)
}

// Unmerge gives them back.
func Unmerge(u *services.Unmerge) error { return u.Back("tasks") }
