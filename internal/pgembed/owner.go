//go:build unix

package pgembed

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// childEnv is all that PostgreSQL's programs need; English messages are read by this package.
var childEnv = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}

func ownerOf(st fs.FileInfo) int { return int(st.Sys().(*syscall.Stat_t).Uid) }

func groupOf(st fs.FileInfo) int { return int(st.Sys().(*syscall.Stat_t).Gid) }

// ordinaryUser returns the ids of the first of these users that exists, else those that nobody usually has.
func ordinaryUser(names ...string) (uid, gid int) {
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid > 0 {
			return uid, gid
		}
	}
	return 65534, 65534
}

// giveTo changes the owner of path and all below it. The top goes last: when it has the right owner, so has the rest.
func giveTo(path string, uid, gid int) error {
	if st, err := os.Lstat(path); err != nil || ownerOf(st) == uid {
		return err
	}
	var all []string
	err := filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		all = append(all, p)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range slices.Backward(all) {
		if err := os.Lchown(p, uid, gid); err != nil {
			return err
		}
	}
	return nil
}
