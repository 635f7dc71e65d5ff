package calendar

import (
	"homefront/services"
)

var links = services.Links(services.Link{Table: "commitments", Column: "resource_id"})

var _ = services.Meanings(map[string]*services.Error{
	"commitments_resource": services.Conflict(CodeDoubleBooked, "Somebody is booking this person right now. Try again."),
})

// Merge gives the winner the loser's bookings. Where both are booked by the same source, one booking is left.
// Errors: conflict double_booked when the two are booked in two places at one time.
func Merge(m *services.Merge) error {
	m.Tx.Locks(services.LockResources)
	m.Tx.Queue(`insert into resources (kind, id) select kind, $1 from resources where id = $2 order by kind on conflict do nothing`, m.Winner, m.Loser)
	m.Tx.Queue(`select 1 from resources where id in ($1, $2) order by kind, id for no key update`, m.Winner, m.Loser)
	const same = `t.resource_id = $2 and exists (select from commitments w where w.resource_kind = t.resource_kind and w.resource_id = $1
		and w.source = t.source and w.source_id = t.source_id and w.during && t.during)`
	if err := m.Remove("commitments", "id", same, m.Winner, m.Loser); err != nil {
		return err
	}
	return m.Move(links...)
}

// Unmerge gives them back.
func Unmerge(u *services.Unmerge) error {
	u.Tx.Locks(services.LockResources)
	u.Tx.Queue(`select 1 from resources where id in ($1, $2) order by kind, id for no key update`, u.Winner, u.Loser)
	return u.Back("commitments")
}
