//go:build !unsummed

package programs_test

// unsummed says whether this build sums attendance up without its locks.
const unsummed = false
