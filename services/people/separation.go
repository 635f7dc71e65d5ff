package people

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"homefront/models"
	"homefront/services"
)

var _ = services.Meanings(map[string]*services.Error{
	"separations_one_live": services.Conflict("already_separated", "These two are kept apart already. Change that separation instead."),
	"separations_two":      services.InvalidField("/kept_apart_id", "same_person", "Choose two different people."),
	"separations_first":    services.NotFound("member"),
	"separations_second":   services.NotFound("member"),
})

// Apartness is what separations mean for what one person asks for. It never says where the others are.
type Apartness struct {
	Held bool        // staff look at what they ask for: they are kept apart from somebody, or their account is held
	From []uuid.UUID // the other sides of their separations, whoever is the protected one
}

// Separations is what is known of the separations of some people, and what to ask for it.
type Separations struct {
	Rows  []SeparatedPair
	held  []uuid.UUID
	tx    *services.Tx
	among string
	args  []any
}

// SeparatedPair is a separation in force. Closed: whoever asks is a party or close to one, and must not learn of it.
type SeparatedPair struct {
	ID       uuid.UUID
	Kind     models.SeparationKind
	FirstID  uuid.UUID
	SecondID uuid.UUID
	Closed   bool
}

func (p *SeparatedPair) row() *models.Separation {
	return &models.Separation{Kind: p.Kind, FirstID: p.FirstID, SecondID: p.SecondID}
}

// SeparationsAmong asks about the members whom a query names, which is a constant.
func SeparationsAmong(tx *services.Tx, query string, args ...any) *Separations {
	return &Separations{tx: tx, among: query, args: args}
}

// Lock is the statement to send first. It keeps a separation that is created at the same time waiting until what is asked
// for here is stored, where that one looks for it; or it waits until that one is stored, and is read here.
// Rows of members are locked before any pool.
func (s *Separations) Lock() services.Statement {
	s.tx.Locks(services.LockMembers)
	return services.Statement{SQL: `select m.id from members m where m.id in (` + s.among + `) order by m.id` + separationLock, Args: s.args, Scan: func(rows pgx.Rows) error {
		for rows.Next() { // they are locked as they are read
			continue
		}
		return rows.Err()
	}}
}

// Read is the statement that comes after the lock.
func (s *Separations) Read() services.Statement {
	n := len(s.args)
	me, today, last := fmt.Sprintf("$%d", n+1), fmt.Sprintf("$%d", n+2), fmt.Sprintf("$%d", n+3)
	sql := `with concerned as materialized (` + s.among + `)
		select s.id, s.kind, s.first_id, s.second_id, (` + me + ` in (s.first_id, s.second_id) or exists (select from closed_to(` + me + `, ` + today + `) k where k in (s.first_id, s.second_id))) as closed
			from separations s where (s.first_id = any(array(select * from concerned)) or s.second_id = any(array(select * from concerned))) and s.status = 'live' and (s.ends_on is null or s.ends_on >= ` + last + `)
		union all select h.id, '', h.member_id, h.resembles_id, false from member_holds h where h.member_id in (select * from concerned) and h.released_at is null`
	now := s.tx.Now()
	args := append(slices.Clone(s.args), s.tx.Actor().MemberID, models.DateOf(now).Time, models.SeparationDay(now).Time)
	return services.Statement{SQL: sql, Args: args, Scan: func(rows pgx.Rows) error {
		s.Rows, s.held = nil, nil
		found, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[SeparatedPair])
		for _, f := range found {
			if f.Kind == "" {
				s.held = append(s.held, f.FirstID)
				continue
			}
			s.Rows = append(s.Rows, f)
		}
		return err
	}}
}

// Of is what they mean for one person.
func (s *Separations) Of(member uuid.UUID) Apartness {
	a := Apartness{Held: slices.Contains(s.held, member)}
	for i := range s.Rows {
		p := s.Rows[i].row()
		if p.FirstID != member && p.SecondID != member {
			continue
		}
		a.Held = a.Held || p.KeepsApart(member)
		a.From = append(a.From, p.Other(member))
	}
	return a
}

// Held says whether staff look at what any of these people asks for.
func (s *Separations) Held(members ...uuid.UUID) bool {
	return slices.ContainsFunc(members, func(m uuid.UUID) bool { return s.Of(m).Held })
}

// Protects says whether anybody else is to be kept apart from one of these people.
func (s *Separations) Protects(members ...uuid.UUID) bool {
	return slices.ContainsFunc(members, func(m uuid.UUID) bool { return len(s.Of(m).From) > 0 })
}

// Closed says whether whoever asks must not learn of the separations of these people.
func (s *Separations) Closed(members ...uuid.UUID) bool {
	return slices.ContainsFunc(s.Rows, func(p SeparatedPair) bool {
		return p.Closed && (slices.Contains(members, p.FirstID) || slices.Contains(members, p.SecondID))
	})
}

// Drawn says whether what somebody asks of a workshop or program is of the share that staff look at anyway, in per cent: so
// that review itself says nothing. Whoever asks again draws the same.
func Drawn(tx *services.Tx, of, who uuid.UUID, share int) bool {
	if share <= 0 {
		return false
	}
	mac := tx.Keys().MAC("review share", of[:], who[:])
	return binary.BigEndian.Uint64(mac)%100 < uint64(share)
}

const membersGiven = `select unnest($1::uuid[])`

// SeparationsOf asks about the given members.
func SeparationsOf(tx *services.Tx, members ...uuid.UUID) *Separations {
	return SeparationsAmong(tx, membersGiven, members)
}

// Apart locks the rows of the members and says for each what separations mean for what they ask for. One round trip.
func Apart(tx *services.Tx, members []uuid.UUID) (map[uuid.UUID]Apartness, error) {
	s := SeparationsOf(tx, members...)
	if err := tx.Batch(s.Lock(), s.Read()); err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]Apartness, len(members))
	for _, m := range members {
		out[m] = s.Of(m)
	}
	return out, nil
}
