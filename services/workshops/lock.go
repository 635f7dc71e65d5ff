//go:build !oversell

package workshops

// poolLock is what makes a count of free seats hold until the seats are taken: the pool's row is one party's at a time.
// It leaves foreign keys alone, which only need the row to stay.
const poolLock = " for no key update"
