//go:build unsummed

package programs

import "testing"

// Without the locks sums lose what is written at the same moment, which the race test must be able to see. No program may be
// built so.
const (
	programLock    = ""
	enrollmentLock = ""
)

func init() {
	if !testing.Testing() {
		panic("built with the tag unsummed: the sums of attendance are not guarded")
	}
}
