//go:build race

package workshops_test

// slowed says whether the race detector looks on, which takes several times as long.
const slowed = true
