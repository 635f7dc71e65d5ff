package coaching

import (
	"github.com/google/uuid"

	"homefront/services"
)

// held are the sessions that coaches have held with members $1, the first of each pair.
const held = `select s.coach_id, a.member_id, min(s.starts_at) as since from coaching_attendance a join coaching_sessions s on s.id = a.session_id and s.state = 'completed'
	where a.member_id = any($1) and coalesce(a.status, 'present') in ('present', 'late') group by s.coach_id, a.member_id`

// numberClients gives members a number with the coach who has held a session with them: the next of that coach, which then stays
// theirs.
func numberClients(tx *services.Tx, coach uuid.UUID, members []uuid.UUID) {
	number(tx, `select $1::uuid as coach_id, m as member_id, i as since from unnest($2::uuid[]) with ordinality as o(m, i)`, coach, members)
}

// numberAgain gives members the numbers that they lack, with whoever has held a session with them.
func numberAgain(tx *services.Tx, members ...uuid.UUID) { number(tx, held, members) }

// number gives pairs of coach and member their numbers. Those who number clients of one coach wait for one another.
func number(tx *services.Tx, pairs string, args ...any) {
	lacking := `(select p.* from (` + pairs + `) p where not exists (select from coach_clients n where n.coach_id = p.coach_id and n.member_id = p.member_id)) l`
	tx.Queue(`select pg_advisory_xact_lock(hashtextextended('client numbers ' || o.coach_id, 0)) from (select distinct l.coach_id from `+lacking+` order by l.coach_id) o`, args...)
	tx.Queue(`insert into coach_clients (coach_id, member_id, number)
		select l.coach_id, l.member_id, coalesce((select max(n.number) from coach_clients n where n.coach_id = l.coach_id), 0) + row_number() over (partition by l.coach_id order by l.since, l.member_id)
		from `+lacking, args...)
}
