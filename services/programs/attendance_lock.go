//go:build !unsummed

package programs

// What keeps the sums right while several people write: see RecordSheets.
const (
	programLock    = " for share"
	enrollmentLock = " for no key update of e"
)
