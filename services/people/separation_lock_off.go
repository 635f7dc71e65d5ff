//go:build unseparated

package people

import "testing"

// Without the lock a separation misses what is registered while it is created, which the race test must be able to see.
// No program may be built so.
const separationLock = ""

func init() {
	if !testing.Testing() {
		panic("built with the tag unseparated: separations are not guarded")
	}
}
