//go:build unseparated

package records_test

// unseparated says whether this build reads separations without a lock: the positive control of the race.
const unseparated = true
