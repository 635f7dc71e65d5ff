//go:build oversell

package workshops

import "testing"

// Without the lock parties oversell a workshop, which the race test must be able to see. No program may be built so.
const poolLock = ""

func init() {
	if !testing.Testing() {
		panic("built with the tag oversell: seats are not guarded")
	}
}
