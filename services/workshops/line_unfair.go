//go:build unfair

package workshops

import "testing"

// Asked like this, who came last goes first, which the simulator of the waitlist must be able to see. No program may be built so.
const askOrder = `r.queued_at desc, r.id desc`

func init() {
	if !testing.Testing() {
		panic("built with the tag unfair: the waitlist is not in order")
	}
}
