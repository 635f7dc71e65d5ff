//go:build !race

package workshops_test

// slowed says whether the race detector looks on.
const slowed = false
