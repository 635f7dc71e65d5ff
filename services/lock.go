package services

import "fmt"

// LockRank is the place of a kind of row in the one order in which locks are taken. Two use cases that need the same
// rows then wait for one another and never deadlock. Within a rank, rows are locked by ascending id.
type LockRank int

// The order. The idempotency key comes before all of these, in Mutate itself.
const (
	LockAccounts LockRank = iota + 1
	LockMembers
	LockEngagements // their sessions after them
	LockResources
	LockPools
	LockRegistrations
	LockAttendees
	LockPrograms // cohorts after their program
	LockEnrollments
)

// Locks declares that rows of this rank are about to be locked. Out of order it panics, in tests and in life alike:
// a deadlock found by one user in a thousand is worse than a use case that never worked.
func (tx *Tx) Locks(rank LockRank) {
	if rank < tx.rank {
		panic(fmt.Sprintf("%s: lock rank %d after %d", tx.entry.action, rank, tx.rank))
	}
	tx.rank = rank
}
