//go:build !oversell

package workshops_test

// oversells says whether this build takes seats without a lock.
const oversells = false
