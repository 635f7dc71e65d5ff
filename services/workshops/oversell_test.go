//go:build oversell

package workshops_test

// oversells says whether this build takes seats without a lock: the positive control of the race.
const oversells = true
