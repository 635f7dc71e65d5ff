//go:build !unseparated

package people

// separationLock makes what somebody asks for and a separation that is created at the same time wait for one another. It
// leaves other changes of the member alone.
const separationLock = " for key share"
